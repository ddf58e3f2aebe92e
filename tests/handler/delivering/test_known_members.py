"""Members that are known already: an import asks for those that have come since, and is as exact as with all read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest

from handler.delivering.group import NotWhole
from handler.delivering.memory import KNOWN_FOR
from handler.judging import keys
from local.cloud.behaviour import Behaviour
from tests.stage import BUCKET, GROUP, Stage

OLD = [f"old{number:04}@example.com" for number in range(1_000)]
WHOLE = 10
"""Requests in which all members are listed."""
SINCE = 2
"""Those that it takes where the new ones fit on a page: for them, and for how many there are in all."""

pytestmark = pytest.mark.data


@pytest.fixture
def known(stage: Stage) -> Stage:
    """A group with many members, half an hour after the last of several imports into it."""
    stage.cloud.groups.upload(GROUP, OLD, seconds=0)
    stage.clock.sleep(1_800)
    imported(stage, "first@example.com")
    stage.clock.sleep(1_800)
    return stage


def imported(stage: Stage, *people: str) -> int:
    """How many of them an import calls new; it doubles nobody."""
    body = "\n".join(["email", *people, ""]).encode()
    before = doubled(stage)
    report = stage.report(stage.invoke(stage.drop(body, f"incoming/{GROUP}/{people[0].partition('@')[0]}.csv")))
    assert report["status"] == "imported"
    assert doubled(stage) == before
    new: int = report["rows"]["imported"]
    return new


def doubled(stage: Stage) -> list[str]:
    held = Counter(filter(None, keys(stage.cloud.groups.contents(GROUP))))
    return [key for key, count in held.items() if count > 1]


def pages(stage: Stage, *people: str) -> int:
    """How often an import of these asks for members; one of them is new."""
    before = stage.calls("ListReceiverDetails")
    assert imported(stage, *people) == 1
    return stage.calls("ListReceiverDetails") - before


def test_an_import_asks_for_those_that_have_come_since(known: Stage) -> None:
    """Its own last one, and whomever a person has added meanwhile."""
    known.cloud.groups.upload(GROUP, ["console@example.com"], seconds=0)
    assert pages(known, "second@example.com", "first@example.com", "console@example.com", OLD[0]) == SINCE
    known.clock.sleep(1_800)
    assert pages(known, "third@example.com", "second@example.com") == SINCE


def test_what_is_kept_shows_no_address(known: Stage) -> None:
    """Digests, and nothing else."""
    kept = known.cloud.objects.read(BUCKET, f"state/members/{GROUP}")
    assert not [sign for sign in (b"@ex", b".com", b"old0", b"first") if sign in kept]


def swap(stage: Stage, new: str, *old: str) -> None:
    stage.cloud.groups.remove(GROUP, old or [OLD[7]])
    stage.cloud.groups.upload(GROUP, [new], seconds=0)


@pytest.fixture
def just_imported(stage: Stage) -> Stage:
    """A group of as many, all of whom an import brought just now."""
    stage.cloud.groups.upload(GROUP, OLD[:1], seconds=0)
    stage.clock.sleep(60)
    assert imported(stage, *OLD) == len(OLD) - 1
    return stage


MEANWHILE: dict[str, Callable[[Stage], None]] = {
    "one is removed": lambda stage: stage.cloud.groups.remove(GROUP, [OLD[7]]),
    "one is removed, another added": lambda stage: swap(stage, "console@example.com"),
    "one is removed, one without an address added": lambda stage: swap(stage, ""),
    "the newest is removed, another added": lambda stage: swap(stage, "console@example.com", "first@example.com"),
    "one is removed, another added once more": lambda stage: swap(stage, OLD[9].upper()),
}


@pytest.mark.parametrize("name", MEANWHILE)
def test_whatever_somebody_does_in_the_console(known: Stage, name: str) -> None:
    """Whoever was removed can be added again, whoever was added is not doubled: all are read where it may matter."""
    MEANWHILE[name](known)
    before = known.calls("ListReceiverDetails")
    held = {*known.cloud.groups.contents(GROUP)}
    people = ["second@example.com", OLD[7], OLD[8], "first@example.com", "console@example.com"]
    assert imported(known, *people) == len({*people} - held)
    assert known.calls("ListReceiverDetails") - before >= WHOLE


@pytest.mark.parametrize("name", [name for name in MEANWHILE if "newest" not in name])
def test_whatever_somebody_does_behind_a_large_import(just_imported: Stage, name: str) -> None:
    """The same within a second of it: who has come is never told by number alone."""
    test_whatever_somebody_does_in_the_console(just_imported, name)


def test_an_address_added_once_more_does_not_hide_that_another_was_removed(stage: Stage) -> None:
    """In other capitals, which the service may take for another address."""
    stage.cloud.groups.upload(GROUP, OLD, seconds=0)
    stage.clock.sleep(1_800)
    imported(stage, "first@example.com")
    stage.clock.sleep(1_800)
    swap(stage, OLD[9].upper())
    body = f"email\n{OLD[7]}\n{OLD[9]}\n".encode()
    rows = stage.report(stage.invoke(stage.drop(body)))["rows"]
    assert (rows["imported"], rows["already_in_group"]) == (1, 1)


ODD = {
    "a filter that is ignored": Behaviour(filters_by_time=False),
    "a filter of an earlier time zone": Behaviour(zone_hours=8.0, filter_zone_hours=0.0),
    "a filter of a later time zone": Behaviour(zone_hours=0.0, filter_zone_hours=8.0),
    "short pages": Behaviour(page_size=30, short_pages=0.5),
    "any order": Behaviour(members_order="shuffled", seed=5),
    "members that change places": Behaviour(displaced=0.01, seed=2),
    "members without an address": Behaviour(blank_members=2),
}


@pytest.mark.parametrize("name", ODD)
def test_however_the_service_filters_and_lists(stage: Stage, name: str) -> None:
    """Never wrong; at worst all members are read."""
    stage.cloud.behaviour = ODD[name]
    stage.cloud.groups.upload(GROUP, [*OLD, *[""] * ODD[name].blank_members], seconds=0)
    people: list[str] = []
    for number in range(2):
        stage.clock.sleep(1_800)
        stage.cloud.groups.upload(GROUP, [f"console{number}@example.com"], seconds=0)
        people += [f"console{number}@example.com", f"new{number}@example.com"]
        assert imported(stage, *reversed(people), OLD[number]) == 1
        swap(stage, f"swapped{number}@example.com")
        stage.cloud.groups.upload(GROUP, [OLD[7]], seconds=0)


def test_members_that_show_late_are_not_doubled(stage: Stage) -> None:
    """A person's, whom nobody knows of but the service."""
    stage.cloud.groups.upload(GROUP, OLD, seconds=0)
    stage.clock.sleep(1_800)
    imported(stage, "first@example.com")
    stage.clock.sleep(1_800)
    stage.cloud.behaviour = Behaviour(members_after=300, counts_after=300)
    stage.cloud.groups.upload(GROUP, ["late@example.com"], seconds=0)
    stage.clock.sleep(60)
    stage.invoke(stage.drop(b"email\nsecond@example.com\n", f"incoming/{GROUP}/second.csv"))
    stage.clock.sleep(600)
    stage.cloud.behaviour = Behaviour()
    assert imported(stage, "third@example.com", "late@example.com") == 1


def test_members_that_show_late_are_not_doubled_beside_one_that_is_removed(known: Stage) -> None:
    """Whoever was removed is not the one that the group counts and does not list yet."""
    known.cloud.behaviour = Behaviour(members_after=300, counts_after=0)
    known.cloud.groups.remove(GROUP, ["first@example.com"])
    known.cloud.groups.upload(GROUP, ["late@example.com"])
    body = b"email\nlate@example.com\nfirst@example.com\n"
    with pytest.raises(NotWhole):
        known.invoke(known.drop(body))
    known.clock.sleep(300)
    assert imported(known, "first@example.com", "late@example.com") == 1


def test_whom_somebody_removes_beside_an_invalid_member_can_be_added_again(stage: Stage) -> None:
    """Whether a group counts those is written nowhere: as far as that goes, one may be missing in the list."""
    stage.cloud.behaviour = Behaviour(refuses=frozenset({"invalid@example.com"}))
    stage.cloud.groups.upload(GROUP, ["invalid@example.com"], seconds=0)
    imported(stage, "first@example.com")
    stage.clock.sleep(1_800)
    stage.cloud.groups.remove(GROUP, ["first@example.com"])
    assert imported(stage, "first@example.com") == 1


def test_all_are_read_once_a_week(known: Stage) -> None:
    """Whatever adds up."""
    known.clock.sleep(KNOWN_FOR / timedelta(seconds=1))
    assert pages(known, "second@example.com") >= WHOLE
