"""The sweep: what it finds, in which order, and when it stops."""

from __future__ import annotations

import re
from typing import Any

import pytest

from handler import sweep
from handler.errors import OperatorProblem
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


def cost(stage: Stage) -> int:
    """The requests of a sweep that finds nothing."""
    before = len(stage.cloud.calls)
    assert swept(stage) == []
    return len(stage.cloud.calls) - before


def test_finished_files_cost_a_sweep_nothing(stage: Stage) -> None:
    """However many there are: what there is to do, what is known, and a page of files."""
    for number in range(30):
        stage.drop(f"email\n{number}@example.com\n".encode(), f"incoming/{GROUP}/{number:02}.csv")
    swept(stage)
    swept(stage)
    assert cost(stage) == 3
    stage.invoke(stage.drop(b"email\nnew@example.com\n", f"incoming/{GROUP}/new.csv"))
    assert cost(stage) == 5  # it is looked up once, and is known then
    assert cost(stage) == 3


def test_a_large_listing_goes_on_where_the_last_sweep_stopped(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """And begins anew at its end: a file whose event was lost is found, wherever it lies."""
    monkeypatch.setattr(sweep, "LISTED", 10)
    monkeypatch.setattr(sweep, "LOOKED_UP", 3)
    names = [f"{number:02}" for number in range(25)]
    for name in names:
        stage.drop(f"email\n{name}@example.com\n".encode(), f"incoming/{GROUP}/{name}.csv")
    assert [swept(stage) for _ in range(4)] == [names[:10], names[10:20], names[20:], []]
    stage.drop(b"email\nlost@example.com\n", f"incoming/{GROUP}/155.csv")
    assert [name for _ in range(3) for name in swept(stage)] == ["155"]
    assert sorted(stage.members()) == sorted(f"{name}@example.com" for name in (*names, "lost"))


def test_what_fails_comes_last_in_a_large_listing_too(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sweeps that look at other files meanwhile do not forget it."""
    monkeypatch.setattr(sweep, "LISTED", 2)
    for name in ("a", "b", "c"):
        drop(stage, name)
    stage.cloud.faults.script("GetObject", Fault.status(503), times=6, key="*/a.csv")
    assert [swept(stage), swept(stage)] == [["b"], ["c"]]
    drop(stage, "aa")
    assert swept(stage) == ["aa", "a"]


def test_a_note_that_cannot_be_read_costs_its_own_group_only(stage: Stage) -> None:
    """Whoever operates the function is told of it, after all the others are done."""
    stage.cloud.groups.create("autumn", receiver_id=GROUP + 1)
    stage.cloud.objects.put(BUCKET, f"state/todo/{BUCKET}/waiting/{GROUP}/note", b"nothing of ours")
    stage.drop(b"email\nann@example.com\n", f"incoming/{GROUP + 1}/list.csv")
    drop(stage, "a")
    for _ in range(2):
        with pytest.raises(OperatorProblem, match=rf"/waiting/{GROUP}/note in the bucket .* cannot be read"):
            stage.invoke(timer())
    assert (stage.members(GROUP), stage.members(GROUP + 1)) == (["a@example.com"], ["ann@example.com"])
    assert [key for key in stage.keys("reports/index") if key.endswith(".html")]


def test_what_a_former_version_left_open_is_found(stage: Stage) -> None:
    """It noted it nowhere but in the import itself, with its rows behind the plan; the file is gone."""
    stage.cloud.groups.upload_seconds = 600
    event = stage.drop(b"email\nann@example.com\n")
    assert stage.invoke(event)["imports"][0]["status"] == "uploading"
    (key,) = stage.keys("state/imports/")
    plan = stage.cloud.objects.read(BUCKET, key).replace(b'"format":3', b'"format":2')
    stage.cloud.objects.put(BUCKET, key, plan + b"\n\x1f\x8b any bytes", {})
    for there in (*stage.keys("state/todo/"), *stage.keys("incoming/")):
        stage.cloud.objects.delete(BUCKET, there)
    stage.clock.sleep(900)
    with pytest.raises(OperatorProblem, match=rf"{re.escape(key)} .*format 2, this one knows 3\): deploy that version"):
        stage.invoke(timer())


def test_what_sweeps_know_may_be_lost(stage: Stage) -> None:
    """It saves requests and decides nothing."""
    for name in "abc":
        drop(stage, name)
    assert swept(stage) == ["a", "b", "c"]
    for body in (b"", b"nothing of ours", b'{"format":1'):
        stage.cloud.objects.put(BUCKET, f"state/swept/{BUCKET}", body)
        assert swept(stage) == []
    assert sorted(stage.members()) == ["a@example.com", "b@example.com", "c@example.com"]
