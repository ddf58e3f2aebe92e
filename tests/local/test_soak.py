"""The verdict on a long run of the function sees what it is there to see."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from handler import limits
from local.cloud import Cloud, Fault
from local.soak.__main__ import main
from local.soak.lists import Pool
from local.soak.run import BATCH_SIZE, BUCKET, Options, Run, Soak
from local.soak.trouble import Trouble
from local.soak.verdict import is_open, judge
from tests.stage import GROUP, FakeClock, Stage

CALM = Options(files=2, groups=1, seed=3, faults=0, kills=0, scale=50, instances=1, latest=1, room=50_000)


@pytest.fixture
def calm(monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Two files, and nothing went wrong."""
    monkeypatch.setattr(limits, "BATCH_SIZE", BATCH_SIZE)
    clock = FakeClock()
    cloud = Cloud(clock=clock)
    run = Run(CALM, cloud, Trouble(1, 0, 0, 1, 1), members_before={GROUP: []})
    cloud.objects.create_bucket(BUCKET)
    cloud.groups.create("spring", receiver_id=GROUP)
    with cloud.serve() as endpoint:
        stage, pool = Stage(cloud, endpoint, clock), Pool(Random("1"), GROUP)
        for number in range(2):
            stage.invoke(run.drop(f"incoming/{GROUP}/{number}.csv", pool.make_file()))
        yield run


def spoil(run: Run, **changes: Any) -> None:
    """Changes the first report."""
    key = next(key for key in run.cloud.objects.keys(BUCKET, "reports/") if key.endswith("report.json"))
    report = json.loads(run.cloud.objects.read(BUCKET, key))
    run.cloud.objects.put(BUCKET, key, json.dumps(report | changes).encode())


def test_with_nothing_going_wrong_the_verdict_is_clean(calm: Run) -> None:
    """And every file was imported."""
    verdict = judge(calm)
    assert verdict.differences == []
    assert [report["status"] for report in verdict.reports] == ["imported"] * 2


def test_an_address_twice_is_seen(calm: Run) -> None:
    """Whatever its case."""
    address = calm.cloud.groups.members(1001)[0]
    calm.cloud.groups.add(1001, [address.swapcase()])
    calm.cloud.groups.finish_uploads()
    assert judge(calm).differences == ["group 1001: 1 addresses more than once, 0 missing, 0 not asked for"]


def test_an_address_that_nobody_asked_for_is_seen(calm: Run) -> None:
    """It is in no file of the group."""
    calm.cloud.groups.add(1001, ["stranger@example.com"])
    calm.cloud.groups.finish_uploads()
    first, second = judge(calm).differences
    assert first == "group 1001: 0 addresses more than once, 0 missing, 1 not asked for"
    assert second.startswith("group 1001: ")
    assert second.endswith(" are new in it")


def test_an_address_that_is_missing_is_seen(calm: Run) -> None:
    """A file promised it, and the group does not have it."""
    calm.members_before[1001] = [*calm.members_before[1001], "expected@example.com"]
    assert judge(calm).differences == ["group 1001: 0 addresses more than once, 1 missing, 0 not asked for"]


def test_a_report_that_is_missing_or_not_final_is_seen(calm: Run) -> None:
    """And a sweep is asked for."""
    assert not is_open(calm)
    spoil(calm, status="interrupted")
    assert is_open(calm)
    assert "interrupted" in judge(calm).differences[0]
    for key in calm.cloud.objects.keys(BUCKET, "reports/"):
        calm.cloud.objects.delete(BUCKET, key)
    assert is_open(calm)
    assert len([line for line in judge(calm).differences if "no report" in line]) == 2


def test_only_a_version_that_was_replaced_may_come_to_nothing(calm: Run) -> None:
    """What lies there must be imported; another version may have been replaced before it was."""
    reason = {"code": "unreadable", "message": "The file was removed or replaced before it could be imported."}
    spoil(calm, status="refused", reason=reason, rows={"total": 0, "imported": 0})
    (said,) = [line for line in judge(calm).differences if "refused" in line]
    name, file = next((version, file) for version, file in calm.files.items() if said.startswith(version.key))
    calm.files[name._replace(etag="another")] = file
    assert [line for line in judge(calm).differences if "refused" in line] == []


def test_rows_that_do_not_add_up_are_seen(calm: Run) -> None:
    """Neither in themselves nor to what the file holds."""
    spoil(calm, rows=dict.fromkeys(("total", "imported", "already_in_group", "duplicate", "rejected", "empty"), 1))
    sums, first, second = judge(calm).differences
    assert "are called imported" in sums
    assert "do not add up" in first
    assert "and should be" in second


def test_a_plan_that_is_left_is_seen(calm: Run) -> None:
    """It would be resumed for ever."""
    calm.cloud.objects.put(BUCKET, "state/imports/1001/x", b"{}")
    assert is_open(calm)
    assert judge(calm).differences == ["1 plans left"]


@pytest.mark.soak
def test_a_call_that_is_not_emulated_is_seen() -> None:
    """Whatever the emulator holds against its caller is a difference, and so is blaming the operator for it."""
    soak = Soak(CALM)
    soak.run.cloud.faults.script("GetObject", Fault.refuse("AccessDenied", http_status=403))
    assert any("blames the operator" in line for line in judge(soak.carry_out(is_open)).differences)


def test_files_are_the_same_for_the_same_seed() -> None:
    """So that a run can be repeated."""
    one, other = (Pool(Random("1"), 1001) for _ in range(2))
    assert [one.make_file() for _ in range(5)] == [other.make_file() for _ in range(5)]


@pytest.mark.soak
def test_the_command_prints_a_table_and_says_0(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 0 where nothing is different."""
    code = main("--files 2 --groups 1 --seed 3 --faults 0 --kills 0 --scale 200 --instances 1".split())
    assert code == 0
    assert "2 in 1 groups" in capsys.readouterr().out
