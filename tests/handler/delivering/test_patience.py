"""A service that takes its time, says things in any order, and has people at its console: the group ends exact."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from handler import limits
from handler.errors import OperatorProblem, TryLater
from handler.judging import keys
from local.cloud import Fault
from local.cloud.behaviour import Behaviour
from tests.platform import Killed, Platform, Request, kill_after, kill_before
from tests.stage import GROUP, Stage

pytestmark = pytest.mark.data

TIMER = {"Type": "Timer"}
BATCH = 10
OLD = [f"old{number:03}@example.com" for number in range(240)]
NEW = [f"new{number:02}@example.com" for number in range(25)]
BOTH = [*NEW, *OLD[::9]]
"""New ones, and some that the group has."""


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BATCH_SIZE", BATCH)


def list_of(addresses: Sequence[str]) -> bytes:
    return "\n".join(["email", *addresses, ""]).encode()


def fill(stage: Stage, behaviour: Behaviour) -> None:
    """A group with members in it, of a service that behaves so."""
    stage.cloud.groups.upload(GROUP, OLD, seconds=0)
    stage.cloud.behaviour = behaviour


def reports(stage: Stage) -> list[dict[str, Any]]:
    """All there are, final or not."""
    return [
        stage.report({"imports": [{"report": key}]}) for key in stage.keys("reports/") if key.endswith("report.json")
    ]


def ended(stage: Stage, event: dict[str, Any], every: float = 300, **how: Any) -> dict[str, Any]:
    """The final report about a file, after as many sweeps as it takes, so many seconds between them."""
    etag = event["Records"][0]["cos"]["cosObject"]["meta"]["ETag"].strip('"')
    with suppress(TryLater, Killed):
        stage.invoke(event, **how)
    for _ in range(300):
        about = [report for report in reports(stage) if report["source"]["etag"] == etag]
        if about and about[0]["status"] not in {"uploading", "interrupted"}:
            return about[0]
        stage.clock.sleep(every)
        stage.invoke(TIMER, **how)
    raise AssertionError("it never ends")


def is_exact(stage: Stage, people: Sequence[str] = ()) -> None:
    """Everybody is in the group once, and nobody else is."""
    held = Counter(keys(stage.cloud.groups.contents(GROUP)))
    assert held == Counter([*OLD, *NEW, *people])


SLOW = {
    "the status": Behaviour(busy_after=1.5, upload_seconds=20),
    "the status, and never": Behaviour(busy_after=60, upload_seconds=20, members_after=40, counts_after=40),
    "the count": Behaviour(counts_after=50),
    "the members": Behaviour(members_after=50),
    "count and members": Behaviour(counts_after=40, members_after=90),
    "members before the count": Behaviour(counts_after=90, members_after=5),
    "everything": Behaviour(busy_after=10, upload_seconds=45, counts_after=60, members_after=90),
    "everything, and lets nobody in": Behaviour(
        busy_after=1.5, upload_seconds=45, counts_after=60, members_after=90, admits_during_upload=False
    ),
    "minutes": Behaviour(counts_after=400, members_after=500),
}


@pytest.mark.parametrize("name", SLOW)
def test_what_shows_late_is_imported_and_nobody_is_doubled(stage: Stage, name: str) -> None:
    """Two files with the same people, one right after the other: none is called rejected, none is added twice."""
    fill(stage, SLOW[name])
    first = stage.drop(list_of(BOTH), f"incoming/{GROUP}/one.csv")
    second = stage.drop(list_of(BOTH[::-1]), f"incoming/{GROUP}/two.csv")
    for event in (first, second):
        stage.invoke(event)
    found = [ended(stage, event) for event in (first, second)]
    is_exact(stage)
    assert [(report["status"], report["rows"]["imported"]) for report in found] == [("imported", 25), ("imported", 0)]
    assert found[1]["rows"]["already_in_group"] == len(BOTH)
    assert "rejected" not in found[0]["files"]


LISTINGS = {
    "in any order": Behaviour(members_order="shuffled", seed=5),
    "newest first": Behaviour(members_order="newest_first"),
    "in another order each time": Behaviour(members_order="reshuffled", page_size=100, seed=3),
    "with rows that change places": Behaviour(displaced=0.02, seed=4),
    "in short pages": Behaviour(page_size=7),
    "with members that have no address": Behaviour(blank_members=3),
    "without any address field": Behaviour(blank_members=2, leaves_blank_out=True),
    "with groups that come and go": Behaviour(passing_groups=3, groups_order="reshuffled"),
    "without invalid members in the count": Behaviour(counts_invalid=False, refuses=frozenset(OLD[:40])),
}


@pytest.mark.parametrize("name", LISTINGS)
def test_members_are_read_to_the_last_however_they_are_listed(stage: Stage, name: str) -> None:
    """Nobody whom the group has is sent again."""
    stage.cloud.behaviour = LISTINGS[name]
    stage.cloud.groups.create("another", 2002, OLD[:3])
    stage.cloud.groups.upload(GROUP, [*OLD, *[""] * LISTINGS[name].blank_members], seconds=0)
    report = ended(stage, stage.drop(list_of(BOTH)))
    assert (report["status"], report["rows"]["imported"]) == ("imported", 25)
    is_exact(stage, [""] * LISTINGS[name].blank_members)


@pytest.mark.parametrize("total_goes_on", [False, True])
def test_nothing_is_sent_where_the_listing_ends_too_early(stage: Stage, total_goes_on: bool) -> None:
    """Whoever is in charge hears of it; once count and listing agree it goes on by itself."""
    fill(stage, Behaviour(listing_ends_at=150, total_goes_on=total_goes_on))
    event = stage.drop(list_of(BOTH))
    with pytest.raises((OperatorProblem, TryLater), match=r"nothing is sent|keeps changing"):
        stage.invoke(event)
    assert stage.calls("CreateReceiverDetail") == 0
    stage.cloud.behaviour = Behaviour()
    assert ended(stage, event)["rows"]["imported"] == 25
    is_exact(stage)


def test_a_count_of_nothing_proves_nothing(stage: Stage) -> None:
    """A group whose count is late is asked for its members all the same."""
    stage.cloud.behaviour = Behaviour(counts_after=600, members_after=0)
    stage.cloud.groups.upload(GROUP, OLD)
    event = stage.drop(list_of(BOTH))
    assert stage.cloud.groups.count(GROUP) == 0
    assert ended(stage, event)["rows"]["imported"] == 25
    is_exact(stage)


def test_a_person_who_uploads_meanwhile_doubles_nobody(stage: Stage) -> None:
    """The service refuses our batch while somebody uploads the same people at the console: they are looked for in the
    group before anything is sent again, and are theirs."""
    fill(stage, Behaviour(counts_after=20, members_after=25))
    people = NEW[8:22]
    stage.cloud.faults.script(
        "CreateReceiverDetail", Fault.meanwhile(lambda: stage.cloud.groups.upload(GROUP, people, 30))
    )
    report = ended(stage, stage.drop(list_of(BOTH)))
    is_exact(stage)
    assert (report["status"], report["rows"]["imported"]) == ("imported", 25 - len(people))
    assert report["rows"]["already_in_group"] == len(OLD[::9]) + len(people)


@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize("slow", [Behaviour(), Behaviour(busy_after=1.5, upload_seconds=10, members_after=12)])
def test_a_lost_request_that_arrives_late_doubles_nobody(stage: Stage, nth: int, slow: Behaviour) -> None:
    """The connection is dropped, and ten seconds later the request has its effect after all."""
    fill(stage, slow)
    stage.cloud.faults.script("CreateReceiverDetail", Fault.late(10), nth)
    report = ended(stage, stage.drop(list_of(BOTH)))
    is_exact(stage)
    assert (report["status"], report["rows"]["imported"]) == ("imported", 25)


def die_as_it_sends(stage: Stage, platform: Platform, event: object, seconds: float = 900) -> None:
    """Calls the function, and has it killed while its first write is under way. Then its lock expires."""
    before = stage.calls("CreateReceiverDetail")

    def killed(request: Request) -> Any:
        try:
            return request()
        finally:
            if stage.calls("CreateReceiverDetail") > before:
                raise Killed

    with pytest.raises(Killed):
        platform.call(stage, event, dict.fromkeys(range(1, 60), killed), seconds)
    stage.clock.sleep(seconds + 12)


@pytest.mark.parametrize("seconds", [30, 60, 900])
def test_what_is_in_the_air_belongs_to_the_group(stage: Stage, monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """An import dies while its request is under way, and the next file for the group, with the same people, comes as
    soon as the lock is free: it holds still first, whatever its time limit. What one brought the other does not claim.
    """
    platform = Platform.install(monkeypatch, BATCH)
    fill(stage, Behaviour(busy_after=1, upload_seconds=5, counts_after=6, members_after=8))
    first = stage.drop(list_of(BOTH), f"incoming/{GROUP}/one.csv")
    second = stage.drop(list_of([*NEW[5:], "more@example.com"]), f"incoming/{GROUP}/two.csv")
    stage.cloud.faults.script("CreateReceiverDetail", Fault.late(seconds + 20))

    die_as_it_sends(stage, platform, first, seconds)
    for event in (second, first):
        ended(stage, event, seconds=seconds)
    is_exact(stage, ["more@example.com"])
    assert [report["status"] for report in reports(stage)] == ["imported", "imported"]
    assert sum(report["rows"]["imported"] for report in reports(stage)) == 26


def test_two_requests_in_the_air_at_once_are_claimed_once(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two imports with the same people die as they send, and one of the requests arrives after both: whoever is
    resumed first claims them, and the other one hears of it."""
    platform = Platform.install(monkeypatch, BATCH)
    fill(stage, Behaviour())
    events = [stage.drop(list_of(NEW[at:]), f"incoming/{GROUP}/{at}.csv") for at in range(2)]
    stage.cloud.faults.script("CreateReceiverDetail", Fault.late(2_000))
    die_as_it_sends(stage, platform, events[0])
    stage.cloud.faults.script("CreateReceiverDetail", Fault.drop_before())
    die_as_it_sends(stage, platform, events[1])
    stage.clock.sleep(300)
    found = [ended(stage, event) for event in events]
    is_exact(stage)
    assert sum(report["rows"]["imported"] for report in found) == len(NEW)


@pytest.mark.parametrize("kill", [kill_before, kill_after])
def test_what_another_file_brought_while_an_import_was_down_is_not_claimed_twice(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, kill: Any
) -> None:
    """Whatever moment it is killed at: the sum of `imported` is what is new in the group."""
    for at in range(14, 32, 4) if kill is kill_before else range(16, 32, 4):
        monkeypatch.undo()
        platform = Platform.install(monkeypatch, BATCH)
        people = [f"{number}-{at}@example.com" for number in range(25)]
        first = stage.drop(list_of(people), f"incoming/{GROUP}/one-{at}.csv")
        second = stage.drop(list_of(people[3:]), f"incoming/{GROUP}/two-{at}.csv")
        before = len(stage.members())
        try:
            platform.call(stage, first, {at: kill})
        except Killed:
            stage.clock.sleep(912)
        imported = sum(ended(stage, event)["rows"]["imported"] for event in (second, first))
        assert imported == len(stage.members()) - before == 25
        assert max(Counter(keys(stage.members())).values()) == 1


def test_repeats_that_the_service_dropped_are_members(stage: Stage) -> None:
    """A person added some in the very moment: the service's own count of repeats says that they are there."""
    fill(stage, Behaviour(drops_repeats="group"))
    stage.cloud.faults.script(
        "CreateReceiverDetail", Fault.meanwhile(lambda: stage.cloud.groups.upload(GROUP, NEW[:4], 0))
    )
    report = ended(stage, stage.drop(list_of(BOTH)))
    is_exact(stage)
    assert (report["status"], report["rows"]["rejected"], report["rows"]["unconfirmed"]) == ("imported", 0, 0)
    (warning,) = report["warnings"]
    assert (warning["code"], warning["count"]) == ("repeats", 4)
    assert "The service counted 4 of the addresses" in warning["message"]


@pytest.mark.parametrize("gone", [OLD[:5], [*OLD[:5], NEW[3]]], ids=["old ones", "a new one, too"])
def test_members_whom_somebody_removed_are_not_called_rejected(stage: Stage, gone: list[str]) -> None:
    """While the upload is under way. Of a new one nobody can know whether it was ever there."""
    fill(stage, Behaviour(upload_seconds=30, shows="at_once"))
    remove = Fault.meanwhile(lambda: stage.cloud.groups.remove(GROUP, gone))
    stage.cloud.faults.script("ListReceivers", remove, nth=4)
    report = ended(stage, stage.drop(list_of(BOTH)), every=3_600)
    assert "rejected" not in report["files"]
    lost = len({*gone} & {*NEW})
    assert (report["rows"]["imported"], report["rows"]["unconfirmed"]) == (25 - lost, lost)
    assert [(each["code"], each["count"]) for each in report["warnings"]] == [("group_changed", len(gone))]
    assert stage.calls("CreateReceiverDetail") == 3


def test_a_count_that_our_own_last_import_raises_proves_nothing(stage: Stage) -> None:
    """Its member shows while the next import waits for one of its own, which the service then marks invalid."""
    fill(stage, Behaviour(counts_after=12, members_after=12, counts_invalid=False, refuses={"bad@example.com"}))
    stage.invoke(stage.drop(list_of(NEW[:1]), f"incoming/{GROUP}/one.csv"), SETTLE_SECONDS="0")
    stage.cloud.behaviour = replace(stage.cloud.behaviour, counts_after=60, members_after=60)
    report = ended(stage, stage.drop(list_of(["bad@example.com"]), f"incoming/{GROUP}/two.csv"))
    assert (report["rows"]["imported"], report["rows"]["rejected"]) == (0, 1)


@pytest.mark.parametrize(("how", "whole"), [("InternalError", False), ("drop", True)])
def test_an_address_that_breaks_the_service_ends_in_a_report(stage: Stage, how: Any, whole: bool) -> None:
    """After so many tries, with what is known: the batches before it are in the group, those after it remain."""
    fill(stage, Behaviour(breaks=frozenset({NEW[14]}), breaks_with=how, breaks_whole=whole))
    report = ended(stage, stage.drop(list_of(NEW)))
    assert report["status"] == "partial"
    assert report["rows"]["imported"] == (10 if whole else 19)
    rows = csv.DictReader(io.StringIO(stage.text(report["files"]["remaining"])))
    assert [row["email"] for row in rows] == (NEW[10:] if whole else [NEW[14], *NEW[20:]])
    assert max(Counter(keys(stage.cloud.groups.contents(GROUP))).values()) == 1


def test_a_short_time_limit_gets_on(stage: Stage) -> None:
    """Half a minute for each invocation, and two answers lost: the quiet goes on from one to the next."""
    fill(stage, Behaviour(busy_after=1, upload_seconds=4))
    stage.cloud.faults.script("CreateReceiverDetail", Fault.drop_after(), times=2)
    report = ended(stage, stage.drop(list_of(BOTH)), seconds=30)
    is_exact(stage)
    assert (report["status"], report["rows"]["imported"]) == ("imported", 25)


def test_a_store_whose_clock_is_another_one(stage: Stage) -> None:
    """Minutes ahead or behind: locks and memory go by it alone."""
    for ahead in (-240.0, 240.0):
        fill_with = f"clock{ahead:g}@example.com"
        stage.cloud.behaviour = Behaviour(store_ahead=ahead)
        stage.cloud.faults.script("CreateReceiverDetail", Fault.drop_after())
        report = ended(stage, stage.drop(list_of([fill_with]), f"incoming/{GROUP}/{ahead:g}.csv"))
        assert report["rows"]["imported"] == 1
    assert sorted(stage.members()) == ["clock-240@example.com", "clock240@example.com"]


@pytest.mark.parametrize("lag", [0, 90])
@pytest.mark.parametrize("hours", [1, 30 * 24])
def test_whom_somebody_removes_can_be_added_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, lag: float, hours: float
) -> None:
    """What an import had accepted counts as members only until the group has shown it."""
    monkeypatch.setattr(limits, "GROUP_LIMIT", len(NEW))
    stage.cloud.behaviour = Behaviour(members_after=lag, counts_after=lag / 2)
    ended(stage, stage.drop(list_of(NEW)))
    stage.clock.sleep(hours * 3600)
    stage.cloud.groups.remove(GROUP, NEW[5:])
    others = [f"other{number}@example.com" for number in range(15)]
    report = ended(stage, stage.drop(list_of([*NEW[:10], *others]), f"incoming/{GROUP}/again.csv"))
    assert (report["rows"]["imported"], report["rows"]["already_in_group"]) == (20, 5)
    assert Counter(keys(stage.contents())) == Counter([*NEW[:10], *others])


@pytest.mark.parametrize(("hours", "counts_lost"), [(0, True), (48, False)])
def test_whom_nobody_confirmed_can_be_added_again(stage: Stage, hours: float, counts_lost: bool) -> None:
    """The report offers remaining.csv for that: it must not be taken for a list of members."""
    stage.cloud.behaviour = Behaviour(loses=frozenset({NEW[3]}), counts_lost=counts_lost)
    assert ended(stage, stage.drop(list_of(NEW)), every=3600)["rows"]["unconfirmed"] == 1
    stage.cloud.behaviour = Behaviour()
    stage.clock.sleep(hours * 3600)
    report = ended(stage, stage.drop(list_of([NEW[3]]), f"incoming/{GROUP}/remaining.csv"))
    assert report["rows"]["imported"] == 1
    assert Counter(keys(stage.contents())) == Counter(NEW)
