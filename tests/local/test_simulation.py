"""The simulation's clock: who overlaps takes the longer of their times, whatever the threads do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent import futures
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest
import requests

from handler.delivering import pages
from handler.timing import RateLimit
from local.cloud import Behaviour, Cloud
from local.platform import simulation
from local.platform.simulation import Simulation, Stuck
from tests.stage import BUCKET, GROUP, Stage


@pytest.fixture
def clock() -> Simulation:
    return Simulation()


@pytest.fixture
def slow(clock: Simulation) -> Iterator[Stage]:
    """The function, and 30 ms for each of its requests."""
    cloud = Cloud(clock=clock, behaviour=Behaviour(upload_seconds=1))
    cloud.objects.create_bucket(BUCKET)
    for number in (GROUP, GROUP + 1):
        cloud.groups.create(f"group {number}", number, [f"member{each}@example.com" for each in range(950)])
    with cloud.serve() as endpoint, clock.installed(0.03):
        yield Stage(cloud, endpoint, clock)


def in_turn(*works: Callable[[], object]) -> None:
    for work in works:
        work()


def taken(clock: Simulation, *works: Callable[[], object]) -> float:
    """How long they take side by side."""
    began = clock.monotonic()
    for work in works:
        clock.start(work)
    clock.run()
    return clock.monotonic() - began


def test_overlapping_takes_the_longer(clock: Simulation) -> None:
    """Two that overlap take the longer of their times; one after the other they take the sum."""
    assert taken(clock, lambda: clock.sleep(3), lambda: clock.sleep(5)) == 5
    assert taken(clock, partial(in_turn, lambda: clock.sleep(3), lambda: clock.sleep(5))) == 8
    assert clock.now() == clock.began + timedelta(seconds=13)


def test_turns_come_in_the_order_of_time(clock: Simulation) -> None:
    """Whoever is due first goes first, and of several who is due at once whoever came first."""
    said: list[str] = []

    def says(name: str, *pauses: float) -> None:
        for pause in pauses:
            clock.sleep(pause)
            said.append(f"{name} {clock.monotonic():g}")

    clock.start(lambda: says("late", 1), after=2)
    clock.start(lambda: says("one", 1, 2))
    clock.start(lambda: says("two", 1, 1))
    clock.run()
    assert said == ["one 1", "two 1", "two 2", "one 3", "late 3"]


def test_pools_are_part_of_it(clock: Simulation) -> None:
    """Four at once: ten tasks of a second each take three; so do they in a module that imports the pool later."""

    def doubled(number: int) -> int:
        clock.sleep(1)
        return 2 * number

    with clock.installed(0.03):
        for pool in (vars(pages)["ThreadPoolExecutor"], futures.ThreadPoolExecutor):

            def work() -> None:
                with pool(4) as workers:  # noqa: B023 - it is over by then
                    assert list(workers.map(doubled, range(10))) == [*range(0, 20, 2)]

            assert taken(clock, work) == 3
        with futures.ThreadPoolExecutor(1) as outside:
            assert outside.submit(doubled, 7).result() == 14
    assert vars(pages)["ThreadPoolExecutor"] is futures.ThreadPoolExecutor is ThreadPoolExecutor


def test_a_pool_that_nobody_asks_is_waited_for(clock: Simulation) -> None:
    """As the real one, it does not end before its tasks; what one of them raises is told to whoever asks."""

    def work() -> None:
        with futures.ThreadPoolExecutor(2) as pool:
            pool.submit(clock.sleep, 4)
            failed = pool.submit(lambda: 1 / 0)
        assert isinstance(failed.exception(), ZeroDivisionError)

    with clock.installed(0):
        assert taken(clock, work) == 4


def test_rates_hold(clock: Simulation) -> None:
    """What spaces its calls does so on this clock, over several threads."""
    rate = RateLimit(4, clock)
    assert taken(clock, *[rate.wait] * 9) == 2


def test_a_failure_ends_the_run(clock: Simulation) -> None:
    with pytest.raises(ZeroDivisionError):
        taken(clock, lambda: clock.sleep(1), lambda: 1 / 0)


def test_what_nobody_can_end_is_told(clock: Simulation, monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting for what never comes ends the run, as does blocking in a way that the simulation does not see."""
    never: futures.Future[None] = futures.Future()
    with pytest.raises(Stuck, match="somebody else"):
        taken(clock, lambda: clock.wait_for(never))
    monkeypatch.setattr(simulation, "PATIENCE", 0.01)
    blocked = Simulation()
    with pytest.raises(Stuck, match="does not know of"):
        taken(blocked, never.result)
    never.set_result(None)


def test_requests_take_their_time(slow: Stage, clock: Simulation) -> None:
    """30 ms each, half of them until it arrives; from outside of the simulation they take none."""
    adapter = requests.Session()
    assert taken(clock, *[lambda: adapter.get(slow.endpoint)] * 3) == pytest.approx(0.03)
    adapter.get(slow.endpoint)
    assert clock.monotonic() == pytest.approx(0.03)


def test_invocations_side_by_side(slow: Stage, clock: Simulation) -> None:
    """Two imports into two groups take as long as one; the pages of a group come four at once, at the pace of SES."""
    events = [slow.drop(b"email\nanna@example.com\n", f"incoming/{GROUP + each}/list.csv") for each in (0, 1)]
    again = [slow.drop(b"email\nberta@example.com\n", f"incoming/{GROUP + each}/more.csv") for each in (0, 1)]
    together = taken(clock, *[lambda event=event: slow.invoke(event) for event in events])
    assert [len(slow.members(GROUP + each)) for each in (0, 1)] == [951, 951]
    apart = taken(clock, partial(in_turn, *[lambda event=event: slow.invoke(event) for event in again]))
    assert 2 < together < 4
    assert apart == pytest.approx(2 * together, rel=0.1)
    assert slow.cloud.problems == []


def test_invocations_of_one_group_wait_for_each_other(slow: Stage, clock: Simulation) -> None:
    """The lock of the group is held on this clock: two at once take longer than one, and both arrive."""
    events = [slow.drop(b"email\n%d@example.com\n" % each, f"incoming/{GROUP}/{each}.csv") for each in (0, 1)]
    alone = taken(clock, lambda: slow.invoke(events[0]))
    more = [slow.drop(b"email\nmore%d@example.com\n" % each, f"incoming/{GROUP}/m{each}.csv") for each in (0, 1)]
    assert taken(clock, *[lambda event=event: slow.invoke(event) for event in more]) > alone
    assert len(slow.members()) == 953
