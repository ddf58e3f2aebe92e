"""Two invocations at once, one of them at the worst moment of the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from handler.errors import TryLater
from handler.state.lock import Lock
from handler.state.stored import to_json
from local.cloud import Call
from tests.platform import Killed, Platform, kill_after
from tests.stage import BUCKET, GROUP, Stage

pytestmark = pytest.mark.data

TIMER = {"Type": "Timer"}
SOME = ["ann", "bo", "cy"]


def once_at(stage: Stage, action: str, prefix: str, act: Callable[[], object]) -> None:
    """Has something happen just before the first such call is carried out."""

    def strike(call: Call) -> None:
        if call.action == action and (call.key or "").startswith(prefix):
            stage.cloud.faults.clear()
            act()

    stage.cloud.faults.hook = strike


def test_a_sweep_leaves_alone_what_an_event_has_finished_meanwhile(stage: Stage) -> None:
    """The sweep lists the files first and comes to them later: what is done by then is not done again."""
    event = stage.drop(b"email\nann@example.com\n")
    once_at(stage, "PutObject", f"state/todo/{BUCKET}/tried/", lambda: stage.invoke(event))
    (swept,) = stage.invoke({"Type": "Timer"})["imports"]
    (imported,) = stage.invoke(event)["imports"]
    assert swept == imported
    assert [key for key in stage.keys("reports/") if key.endswith("report.json")] == [imported["report"]]
    assert stage.members() == ["ann@example.com"]


def drop(stage: Stage, name: str) -> dict[str, Any]:
    """A file with somebody new and somebody whom all files have."""
    stage.clock.sleep(1)
    return stage.drop(f"email\n{name}@example.com\nall@example.com\n".encode(), f"incoming/{GROUP}/{name}.csv")


def statuses(result: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["key"].rpartition("/")[2].partition(".")[0], each["status"]) for each in result["imports"]]


def is_done(stage: Stage, *names: str) -> None:
    """Everybody is in the group once, each file has its report, and nothing waits."""
    assert sorted(stage.contents()) == sorted(f"{name}@example.com" for name in (*names, "all"))
    assert len([key for key in stage.keys("reports/") if key.endswith("/report.json")]) == len(names)
    assert stage.keys("state/todo/") == []


def test_files_that_come_while_another_has_the_group_wait_for_nobody(stage: Stage) -> None:
    """They leave a note and return; whoever has the group takes them next, in the order of the drops."""
    first, *others = [drop(stage, name) for name in ("first", *SOME)]
    waiting: list[tuple[str, str]] = []

    def meanwhile() -> None:
        for event in reversed(others):
            before = stage.clock.monotonic()
            waiting.extend(statuses(stage.invoke(event)))
            assert stage.clock.monotonic() - before < 1

    once_at(stage, "PutObject", "reports/", meanwhile)
    assert statuses(stage.invoke(first)) == [(name, "imported") for name in ("first", *SOME)]
    assert sorted(waiting) == [(name, "waiting") for name in SOME]
    is_done(stage, "first", *SOME)
    assert statuses(stage.invoke(others[0])) == [(SOME[0], "imported")]  # the event once more
    is_done(stage, "first", *SOME)


def test_a_file_that_comes_last_takes_itself(stage: Stage) -> None:
    """The group is given back between its first look and its note: nobody else would look for that."""
    event, lock = drop(stage, "last"), Lock("another", "token", released=False)
    key = f"state/locks/{GROUP}/0000000001"
    stage.cloud.objects.put(BUCKET, key, to_json(lock))
    released = to_json(replace(lock, released=True))
    once_at(stage, "PutObject", f"state/todo/{BUCKET}/waiting/", lambda: stage.cloud.objects.put(BUCKET, key, released))
    assert statuses(stage.invoke(event)) == [("last", "imported")]
    is_done(stage, "last")


def test_an_event_that_comes_again_takes_those_that_wait(stage: Stage) -> None:
    """Whoever held the group may have been killed once its own file was done."""
    first, second = drop(stage, "first"), drop(stage, "second")
    stage.invoke(first)
    lock = Lock("another", "token", released=False)
    key = f"state/locks/{GROUP}/{len(stage.keys(f'state/locks/{GROUP}/')) + 1:010d}"
    stage.cloud.objects.put(BUCKET, key, to_json(lock))
    assert statuses(stage.invoke(second)) == [("second", "waiting")]
    stage.cloud.objects.put(BUCKET, key, to_json(replace(lock, released=True)))
    assert statuses(stage.invoke(first)) == [("first", "imported"), ("second", "imported")]
    is_done(stage, "first", "second")


def test_files_whose_holder_dies_are_taken_by_the_sweep(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once its lock has expired."""
    platform = Platform.install(monkeypatch)
    first, *others = [drop(stage, name) for name in ("first", *SOME)]

    def meet(request: Callable[[], object]) -> None:
        for event in others:
            assert statuses(stage.invoke(event))[0][1] == "waiting"
        kill_after(request)

    with pytest.raises(Killed):
        platform.call(stage, first, {12: meet})
    stage.clock.sleep(1_000)
    for _ in range(3):
        stage.invoke(TIMER)
        stage.clock.sleep(300)
    is_done(stage, "first", *SOME)


def test_a_file_that_is_gone_when_its_turn_comes_waits_no_more(stage: Stage) -> None:
    """It is ignored, as it would be without a wait."""
    first, second = drop(stage, "first"), drop(stage, "second")

    def meet() -> None:
        stage.invoke(second)
        stage.cloud.objects.delete(BUCKET, f"incoming/{GROUP}/second.csv")

    once_at(stage, "PutObject", "reports/", meet)
    result = stage.invoke(first)
    assert [ignored["why"] for ignored in result["ignored"]] == ["the file is gone"]
    is_done(stage, "first")


def test_without_sweeps_a_file_waits_itself(stage: Stage) -> None:
    """Nobody would find it, if whoever has the group died."""
    first, second = drop(stage, "first"), drop(stage, "second")

    def meet() -> None:
        with pytest.raises(TryLater, match="another import into the same group"):
            stage.invoke(second, BUCKET="")

    once_at(stage, "PutObject", "reports/", meet)
    stage.invoke(first, BUCKET="")
    assert stage.keys("state/todo/") == []
