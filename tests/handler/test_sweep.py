"""The sweep: what it finds, in which order, and when it stops."""

from __future__ import annotations

from typing import Any

from local.cloud.faults import Fault
from tests.stage import BUCKET, GROUP, Stage

DAY = 86_400.0


def timer(message: str = "") -> dict[str, str]:
    return {"Type": "Timer", "TriggerName": "sweep", "Time": "2026-11-23T00:00:00Z", "Message": message}


def drop(stage: Stage, name: str) -> None:
    """A file with one address of its own, a minute after the one before."""
    stage.drop(f"email\n{name}@example.com\n".encode(), f"incoming/{GROUP}/{name}.csv")
    stage.clock.sleep(60)


def swept(stage: Stage, message: str = "", **how: Any) -> list[str]:
    """The names of the files that a sweep imports, in its order."""
    imports = stage.invoke(timer(message), **how)["imports"]
    return [each["key"].rpartition("/")[2].removesuffix(".csv") for each in imports]


def test_the_oldest_comes_first_and_what_fails_comes_last(stage: Stage) -> None:
    """A file that fails each time holds up none behind it, however new, and has its turn again when it can."""
    for name in ("d", "c", "b"):
        drop(stage, name)
    stage.cloud.faults.script("GetObject", Fault.status(503), times=12, key="*/d.csv")
    assert swept(stage) == ["c", "b"]
    drop(stage, "a")
    assert swept(stage) == ["a"]
    assert swept(stage) == ["d"]
    assert swept(stage) == []
    assert sorted(stage.members()) == [f"{name}@example.com" for name in "abcd"]


def test_it_looks_back_so_many_days_unless_it_is_told_a_file(stage: Stage) -> None:
    """The timer's message names one key, or a prefix, with or without that of the incoming files."""
    for name in ("one", "two", "other"):
        drop(stage, name)
    stage.clock.sleep(3 * DAY)
    assert swept(stage, SWEEP_DAYS="2") == []
    assert swept(stage, f"{GROUP}/o", SWEEP_DAYS="2") == ["one", "other"]
    assert swept(stage, f"incoming/{GROUP}/two.csv", SWEEP_DAYS="2") == ["two"]
    assert swept(stage, f"{GROUP}/", SWEEP_DAYS="2") == []


def test_a_file_behind_a_thousand_objects_is_found(stage: Stage) -> None:
    """Listings come in pages."""
    for number in range(1_001):
        stage.cloud.objects.put(BUCKET, f"incoming/{GROUP}/{number:04}/", b"")
    drop(stage, "last")
    assert swept(stage) == ["last"]


def test_it_stops_in_time_and_the_next_one_goes_on(stage: Stage) -> None:
    """Nothing is begun that would be killed; nobody is told of it, as a sweep comes again anyway."""
    for name in "abcdef":
        drop(stage, name)
    stage.cloud.faults.hook = lambda call: Fault.slow(50) if call.action == "ListReceivers" else None
    rounds = [swept(stage, seconds=400) for _ in range(6)]
    assert sorted(name for names in rounds for name in names) == list("abcdef")
    assert 1 < sum(map(bool, rounds)) < 6
    assert stage.keys("state/todo/") == []


def test_what_nobody_needs_any_more_is_removed(stage: Stage) -> None:
    """Notes of finished imports, once no sweep asks for them; marks of what is done; never what is under way."""
    drop(stage, "done")
    swept(stage)
    stage.cloud.objects.put(BUCKET, f"state/todo/{BUCKET}/tried/gone", b"")
    stage.cloud.groups.upload_seconds = 20 * DAY
    drop(stage, "under-way")
    assert stage.invoke(timer())["imports"][0]["status"] == "uploading"
    assert len(stage.keys("state/imports/")) == 2
    stage.clock.sleep(8 * DAY)
    stage.invoke(timer())
    (left,) = stage.keys("state/imports/")
    assert stage.cloud.objects.read(BUCKET, left) != b""
    assert [key for key in stage.keys("state/todo/") if "/tried/" in key] == []


def test_a_dry_run_sweeps_nothing(stage: Stage) -> None:
    """What it would find is there to be sent."""
    drop(stage, "a")
    assert swept(stage, DRY_RUN="true") == []
    assert (stage.keys("reports/"), stage.keys("state/")) == ([], [])
