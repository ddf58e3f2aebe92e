"""The platform of `make soak`: child processes, on a clock that runs fifty times as fast as the real one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from local.cloud import Cloud, Fault
from local.platform import Doom, Function, Platform, ScaledClock, created, timer
from tests.stage import BUCKET, GROUP

pytestmark = pytest.mark.soak

KEY = f"incoming/{GROUP}/list.csv"
BODY = b"email\nann@example.com\nbo@example.com\nANN@example.com\n"
MEMBERS = ["ann@example.com", "bo@example.com"]


@dataclass
class Scene:
    """A cloud, and time that runs fifty times as fast."""

    cloud: Cloud
    clock: ScaledClock

    def drop(self, body: bytes = BODY, request: int = 1) -> dict[str, object]:
        """Puts the file into the bucket; its event."""
        self.cloud.objects.put(BUCKET, KEY, body)
        return created(BUCKET, KEY, self.clock.now(), request)

    @contextmanager
    def platform(
        self, seconds: float = 900.0, instances: int = 1, fate: Callable[[], Doom | None] = lambda: None
    ) -> Iterator[Platform]:
        """The function on its platform."""
        keys = self.cloud.credentials
        environment = {
            "TENCENTCLOUD_SECRETID": keys.secret_id,
            "TENCENTCLOUD_SECRETKEY": keys.secret_key,
            "TENCENTCLOUD_SESSIONTOKEN": keys.token or "",
            "TENCENTCLOUD_REGION": "ap-singapore",
            "BUCKET": BUCKET,
        }
        function = Function(environment, seconds, instances, {"BATCH_SIZE": 1})
        with Platform(self.cloud.app, function, self.clock, fate) as platform:
            yield platform

    def members(self) -> list[str]:
        return self.cloud.groups.members(GROUP)


@pytest.fixture
def scene() -> Iterator[Scene]:
    clock = ScaledClock(50)
    cloud = Cloud(clock=clock)
    cloud.objects.create_bucket(BUCKET)
    cloud.groups.create("spring", receiver_id=GROUP)
    yield Scene(cloud, clock)
    assert cloud.problems == []


def fates(platform: Platform) -> list[str]:
    """How the calls of the function ended, in that order."""
    return [attempt.fate for attempt in platform.attempts]


def test_a_clock_in_another_process_shows_the_same_time() -> None:
    """A scaled clock is its epoch and its scale: a copy agrees with it."""
    clock = ScaledClock(1_000)
    copy = ScaledClock(clock.scale, clock.began, clock.epoch)
    before, between, after = clock.monotonic(), copy.monotonic(), clock.monotonic()
    assert before < between < after
    assert (copy.now() - clock.began).total_seconds() >= after


def test_an_event_reaches_the_function(scene: Scene) -> None:
    """The function runs in another process, against the same cloud, with the limits that were asked for."""
    with scene.platform() as platform:
        platform.send(scene.drop())
        platform.run_until_quiet()
    assert fates(platform) == ["returned"]
    assert scene.members() == MEMBERS
    assert [arrival.action for arrival in platform.arrivals].count("CreateReceiverDetail") == 2


def test_many_instances_take_one_event_each(scene: Scene) -> None:
    """The same event three times at once, on three instances: imported once."""
    with scene.platform(instances=3) as platform:
        event = scene.drop()
        for _ in range(3):
            platform.send(event)
        platform.run_until_quiet()
    assert fates(platform) == ["returned"] * 3
    assert scene.members() == MEMBERS


def test_what_raises_is_retried_twice_a_minute_apart_and_dropped(scene: Scene) -> None:
    """Three attempts, two minutes; then the event is lost."""
    scene.cloud.faults.script("GetObject", Fault.refuse("AccessDenied", http_status=403), times=3)
    with scene.platform() as platform:
        platform.send(scene.drop())
        began = scene.clock.monotonic()
        platform.run_until_quiet()
    assert fates(platform) == ["operator"] * 3
    assert [attempt.dropped for attempt in platform.attempts] == [False, False, True]
    assert scene.clock.monotonic() - began >= 120
    assert scene.members() == []


@pytest.mark.parametrize("applied", [False, True])
def test_an_invocation_dies_at_the_call_it_is_to_die_at(scene: Scene, applied: bool) -> None:
    """It is killed before or after that call has its effect; the next one finishes, once the lock has expired."""
    dooms = iter([Doom(call=1, applied=False), Doom(call=9, applied=applied)])
    with scene.platform(seconds=60, fate=lambda: next(dooms, None)) as platform:
        platform.send(scene.drop())
        platform.run_until_quiet()
    assert fates(platform) == ["killed", "killed", "returned"]
    assert sum(arrival.invocation == platform.attempts[1].invocation for arrival in platform.arrivals) == 9
    assert scene.members() == MEMBERS


def test_an_invocation_is_killed_at_its_time_limit(scene: Scene) -> None:
    """What hangs is ended, and tried again."""
    scene.cloud.faults.script("GetObject", Fault.slow(100))
    with scene.platform(seconds=30) as platform:
        platform.send(scene.drop())
        platform.run_until_quiet()
    assert fates(platform) == ["timed_out", "returned"]
    assert 30 <= platform.attempts[0].seconds < 90
    assert scene.members() == MEMBERS


def test_the_timer_ticks_whatever_else_happens(scene: Scene) -> None:
    """A file whose event was lost is found by the sweep."""
    scene.drop()
    with scene.platform() as platform:
        platform.start_timer(20)
        platform.at(50, platform.stop_timer)
        platform.run_until_quiet()
    assert fates(platform) == ["returned"] * 2
    assert scene.members() == MEMBERS


def test_a_timer_event_may_carry_a_message(scene: Scene) -> None:
    """The sweep of one prefix leaves everything else alone."""
    scene.drop()
    with scene.platform() as platform:
        platform.send(timer(scene.clock.now(), "incoming/2002/"))
        platform.run_until_quiet()
        assert scene.members() == []
        platform.send(timer(scene.clock.now(), KEY))
        platform.run_until_quiet()
    assert scene.members() == MEMBERS
