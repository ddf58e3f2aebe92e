"""The service's black list, over the wire: when how much of it is asked for, and what is believed of it."""

from __future__ import annotations

import json
import random
import tracemalloc
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import date, datetime, timezone
from functools import partial
from typing import Any

import pytest

from handler import limits
from handler.clouds import cos, ses
from handler.delivering.digests import digest
from handler.errors import OperatorProblem, TryLater
from handler.settings import Settings
from handler.state import blocked
from handler.state.blocked import Blocked, BlockedKeys, BlockedList, number_of
from handler.state.store import NoState
from handler.timing import Deadline
from local.cloud import Behaviour, Call, Fault, any_behaviour
from local.cloud.policies import Policy
from tests.stage import BUCKET, GROUP, FakeClock, Stage

ACTION = "ListBlackEmailAddress"
STATE = "state/blocked"
DAY = 86_400
SKIP = {"SKIP_BLOCKED": "true"}
LIST = b"email\nann@example.com\nben@example.com\ncyd@example.com\n"
OLD = [f"old{number}@example.com" for number in range(250)]


def changed(behaviour: Behaviour) -> str:
    """The switches that are turned."""
    usual = asdict(Behaviour())
    return " ".join(f"{name} {value}" for name, value in asdict(behaviour).items() if value != usual[name])


@pytest.fixture
def asked(stage: Stage) -> Callable[[], int]:
    """How many pages of the list were asked for since the last time."""

    def count() -> int:
        found = stage.calls(ACTION)
        stage.cloud.forget()
        return found

    return count


def imported(stage: Stage, **settings: str) -> list[str]:
    """Who of the list comes into an empty group."""
    stage.cloud.groups.remove(GROUP, stage.contents())
    stage.clock.sleep(2 * 3600)
    stage.run(LIST, SETTLE_HOURS="1", **{**SKIP, **settings})
    return [address.partition("@")[0] for address in stage.members()]


def test_the_whole_list_is_read_once_and_then_what_is_new(stage: Stage, asked: Callable[[], int]) -> None:
    """Three pages at first, then one that holds what came in the last days."""
    stage.cloud.groups.black_list.put([*OLD, "Ann@Example.COM"], days_ago=1500)
    assert (imported(stage), asked()) == (["ben", "cyd"], 3)
    stage.cloud.groups.black_list.put(["ben@example.com"])
    assert (imported(stage), asked()) == (["cyd"], 1)
    before = stage.cloud.objects.read(BUCKET, STATE)
    assert (imported(stage), asked()) == (["cyd"], 1)
    assert stage.cloud.objects.read(BUCKET, STATE) == before


def test_no_address_is_kept_or_logged(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    """The object holds a time and eight bytes for each; the log says how many."""
    stage.cloud.groups.black_list.put(["ann@example.com", *OLD])
    imported(stage)
    head, _, digests = stage.cloud.objects.read(BUCKET, STATE).partition(b"\n")
    assert json.loads(head).keys() == {"format", "whole_at"}
    assert len(digests) == 8 * 251
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (line,) = [line for line in lines if line["event"] == "blocked_read"]
    assert (line["asked_for"], line["entries"], line["blocked"]) == ("all", 251, 251)
    assert "@example.com" not in json.dumps(lines)


def test_who_is_taken_off_the_list_is_sent_again_a_day_later(stage: Stage, asked: Callable[[], int]) -> None:
    """What is asked for in between can only add; the whole list is read anew each day."""
    stage.cloud.groups.black_list.put(["ann@example.com"], days_ago=30)
    stage.cloud.groups.black_list.put(OLD, days_ago=30)
    assert imported(stage) == ["ben", "cyd"]
    stage.cloud.groups.black_list.take_off(["ann@example.com"])
    asked()
    assert (imported(stage), asked()) == (["ben", "cyd"], 1)
    stage.clock.sleep(DAY)
    assert (imported(stage), asked()) == (["ann", "ben", "cyd"], 3)


def test_nobody_asks_unless_it_is_set(stage: Stage) -> None:
    """Not one request, nothing in the state; the role has no right to it either."""
    stage.cloud.groups.black_list.put(["ann@example.com"])
    report = stage.run(LIST)
    assert (report["rows"]["imported"], stage.calls(ACTION)) == (3, 0)
    assert stage.keys(STATE) == []


@pytest.mark.parametrize(
    "behaviour",
    [
        Behaviour(page_size=7),
        Behaviour(short_pages=1.0),
        Behaviour(members_order="newest_first"),
        Behaviour(members_order="shuffled"),
        Behaviour(members_order="reshuffled"),
        Behaviour(displaced=0.05),
        Behaviour(filters_by_time=False),
        Behaviour(zone_hours=8.0),
        Behaviour(zone_hours=-5.0, filter_zone_hours=8.0),
        Behaviour(filter_zone_hours=14.0),
        Behaviour(filter_zone_hours=-12.0),
    ],
    ids=changed,
)
def test_however_the_service_gives_its_pages(stage: Stage) -> None:
    """Small or short ones, in any order, entries on two of them, days in another time zone: nobody is missed."""
    stage.cloud.groups.black_list.put([*OLD, "ann@example.com"], days_ago=2)
    assert imported(stage) == ["ben", "cyd"]
    stage.cloud.groups.black_list.put(["ben@example.com"])
    assert imported(stage) == ["cyd"]


def test_whatever_the_service_does(stage: Stage) -> None:
    """All switches at random: nobody is missed, first or later, or it is left for another time."""
    settings, black_list = Settings.read(stage.environment()), stage.cloud.groups.black_list
    left_for_later = 0
    for seed in range(30):
        stage.cloud.behaviour = replace(any_behaviour(random.Random(seed)), total_goes_on=True)  # else nobody can know
        black_list.take_off([*OLD, "ann@example.com", "ben@example.com"])
        for days_ago in range(5):
            black_list.put(OLD[days_ago * 50 : days_ago * 50 + 50], days_ago)
        key = f"state/{seed}"
        for name in ("ann@example.com", "ben@example.com"):
            black_list.put([name])
            deadline = Deadline.after(900, stage.clock)
            groups = ses.SesGroups(partial(ses.connect, settings, stage.clock), stage.clock)
            bucket = cos.CosBucket(cos.connect(settings, "ap-singapore"), BUCKET, deadline)
            try:
                found = BlockedList(groups, bucket, key, deadline, reserve=15).read()
            except TryLater:
                left_for_later += 1
            else:
                assert [address for address in (*OLD, name) if address not in found] == [], changed(
                    stage.cloud.behaviour
                )
    assert left_for_later < 12


@pytest.mark.parametrize(
    "behaviour",
    [
        Behaviour(listing_ends_at=150, total_goes_on=True),
        Behaviour(listing_ends_at=150, total_goes_on=True, short_pages=0.5),
        Behaviour(listing_ends_at=0, total_goes_on=True),
    ],
    ids=changed,
)
def test_a_list_that_does_not_add_up_is_left_for_later(stage: Stage) -> None:
    """It is read again some times; nothing is sent, and nothing kept of it."""
    stage.cloud.groups.black_list.put(OLD)
    with pytest.raises(TryLater, match="does not add up"):
        stage.run(LIST, **SKIP)
    assert (stage.contents(), stage.keys(STATE)) == ([], [])
    assert stage.calls(ACTION) >= blocked.READINGS


def test_entries_that_are_the_same_in_all_that_is_said_of_them(stage: Stage) -> None:
    """One mailing to a group that has somebody twice: two bounces in one second. They have no id to be told by."""
    stage.cloud.groups.black_list.put([*OLD, "ann@example.com", "ann@example.com"])
    assert imported(stage) == ["ben", "cyd"]
    assert stage.calls(ACTION) == 3 * (1 + blocked.ALIKE)


@pytest.mark.parametrize(
    "behaviour", [Behaviour(), Behaviour(members_order="newest_first"), Behaviour(page_size=60)], ids=changed
)
def test_a_list_that_grows_while_it_is_read(stage: Stage) -> None:
    """Bounces of a mailing come in with every page: whoever was on the list when the reading began is left out."""
    late = iter(range(1_000))

    def bounce(call: Call) -> Fault | None:
        if call.action != ACTION:
            return None
        return Fault.meanwhile(lambda: stage.cloud.groups.black_list.put([f"late{next(late)}@example.com"]))

    stage.cloud.groups.black_list.put(["ann@example.com", *OLD, "ben@example.com"], days_ago=30)
    stage.cloud.faults.hook = bounce
    assert imported(stage) == ["cyd"]
    assert next(late) < 20


def test_a_list_that_shrinks_while_it_is_read(stage: Stage) -> None:
    """Whoever is moved from one page to another by that is not lost: it is read again."""
    black_list = stage.cloud.groups.black_list
    black_list.put([*OLD[:100], "ann@example.com", *OLD[100:]])
    stage.cloud.faults.script(ACTION, Fault.meanwhile(lambda: black_list.take_off(OLD[:1])), nth=2)
    assert imported(stage) == ["ben", "cyd"]
    assert stage.calls(ACTION) <= 7


def test_pages_that_fail_are_asked_for_again(stage: Stage) -> None:
    """Throttled, lost or broken answers change nothing."""
    stage.cloud.groups.black_list.put([*OLD, "ann@example.com"])
    for nth, fault in enumerate(
        [Fault.refuse("RequestLimitExceeded"), Fault.drop_after(), Fault.status(502), Fault.no_counts()], start=1
    ):
        stage.cloud.faults.script(ACTION, fault, nth=nth)
    assert imported(stage) == ["ben", "cyd"]


def test_a_full_list_is_read_within_the_rate(stage: Stage) -> None:
    """40 pages, and not one is refused as too fast."""
    stage.cloud.groups.black_list.put([f"p{number}@example.com" for number in range(4_000)])
    imported(stage)
    assert [call.code for call in stage.cloud.calls if call.action == ACTION] == [""] * 40


def test_without_the_right_nothing_is_sent(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever deployed it is told which right is missing, or what to set; it is not asked for page by page."""
    stage.cloud.groups.black_list.put(["ann@example.com"])
    stage.enforced = False
    rights: Any = {"effect": "allow", "action": ["name/cos:*", "ses:*Receiver*"], "resource": ["*", "qcs::cos:*"]}
    stage.cloud.policy = Policy({"version": "2.0", "statement": [rights]})
    with pytest.raises(
        OperatorProblem, match=r"lacks the permission.*ses:ListBlackEmailAddress.*SKIP_BLOCKED to false"
    ):
        stage.run(LIST, **SKIP)
    assert (stage.contents(), stage.calls(ACTION)) == ([], 1)
    assert "@example.com" not in capsys.readouterr().out


def test_a_refusal_of_the_dates_is_for_the_operator_too(stage: Stage) -> None:
    """How far back the service looks, nobody wrote down."""
    stage.cloud.faults.script(ACTION, Fault.refuse("InvalidParameterValue"))
    with pytest.raises(OperatorProblem, match=r"InvalidParameterValue.*SKIP_BLOCKED"):
        stage.run(LIST, **SKIP)
    assert stage.contents() == []


def test_a_list_that_is_too_long(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first page says so."""
    monkeypatch.setattr(limits, "BLOCKED", 249)
    stage.cloud.groups.black_list.put(OLD)
    with pytest.raises(OperatorProblem, match="250 addresses"):
        stage.run(LIST, **SKIP)
    assert (stage.contents(), stage.calls(ACTION)) == ([], 1)


def test_time_that_is_too_short_for_the_list(stage: Stage) -> None:
    """Nothing is sent; what is left is enough to say so."""
    stage.cloud.groups.black_list.put(OLD)
    stage.cloud.faults.script(ACTION, Fault.slow(40), times=3)
    with pytest.raises(TryLater, match="not enough time left"):
        stage.invoke(stage.drop(LIST), seconds=100, **SKIP)
    assert stage.contents() == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no list",
        b"{}\n",
        b'{"format":2,"whole_at":"2026-11-23T00:00:00Z"}\n',
        b'{"format":1,"whole_at":"2026-11-23T00:00:00"}\n',
    ],
)
def test_what_cannot_be_read_is_read_anew(stage: Stage, body: bytes) -> None:
    """It holds nothing that the service does not say again."""
    stage.cloud.groups.black_list.put([*OLD, "ann@example.com"], days_ago=30)
    stage.cloud.objects.put(BUCKET, STATE, body)
    assert imported(stage) == ["ben", "cyd"]
    assert len(stage.cloud.objects.read(BUCKET, STATE)) > 8 * 251


@pytest.mark.parametrize("seconds", [-3600, 2 * DAY])
def test_a_time_that_cannot_be(stage: Stage, seconds: int) -> None:
    """Of the future, by a clock that was wrong, or long ago: all is read."""
    stage.cloud.groups.black_list.put([*OLD, "ann@example.com"], days_ago=30)
    imported(stage)
    head, _, digests = stage.cloud.objects.read(BUCKET, STATE).partition(b"\n")
    at = datetime.fromtimestamp(stage.clock.now().timestamp() + 7200 - seconds, timezone.utc).isoformat()
    known = {**json.loads(head), "whole_at": at.replace("+00:00", "Z")}
    stage.cloud.objects.put(BUCKET, STATE, json.dumps(known).encode() + b"\n" + digests[:8])
    stage.cloud.forget()
    assert imported(stage) == ["ben", "cyd"]
    assert stage.calls(ACTION) == 3


def test_two_imports_that_write_it_at_once(stage: Stage) -> None:
    """The last one wins, be it the one that knew less: the next import asks for the rest again."""
    stage.cloud.groups.black_list.put(["ann@example.com"], days_ago=30)
    imported(stage)
    first = stage.cloud.objects.read(BUCKET, STATE)
    stage.cloud.groups.black_list.put(["ben@example.com"])
    assert imported(stage) == ["cyd"]
    stage.cloud.objects.put(BUCKET, STATE, first)
    assert imported(stage) == ["cyd"]


def test_a_dry_run_asks_and_keeps_nothing(stage: Stage) -> None:
    """What it says would be sent is what would be."""
    stage.cloud.groups.black_list.put(["ann@example.com", *OLD])
    for _ in range(2):
        report = stage.run(LIST, **SKIP, DRY_RUN="true")
        assert (report["status"], report["rows"]["no_consent"], report["rows"]["not_attempted"]) == ("dry_run", 1, 2)
    assert stage.keys("state/") == []
    assert stage.calls(ACTION) == 6


class Long:
    """A list of 50,000, as the service would give it."""

    def blocked_page(self, first: date, last: date, offset: int) -> tuple[int, list[Blocked]]:
        assert first < last
        reason = "550 5.1.1 The email account that you tried to reach does not exist. Please try again."
        end = min(offset + limits.PAGE_SIZE, limits.GROUP_LIMIT)
        return limits.GROUP_LIMIT, [
            Blocked(f"somebody.{number}@example.com", f"2026-11-23 08:00:00 {reason}") for number in range(offset, end)
        ]


def test_50_000_entries_in_memory(clock: FakeClock) -> None:
    """Some 150 bytes for each of them while they are read, 8 afterwards; no address outlives its page."""
    state: Any = NoState()
    whole = BlockedList(Long(), state, STATE, Deadline.after(900, clock), reserve=15)
    tracemalloc.start()
    try:
        found = whole.read()
        left, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (len(found), "somebody.7@example.com" in found, "nobody@example.com" in found) == (50_000, True, False)
    assert most < 10_000_000
    assert left < 1_000_000


def test_digests() -> None:
    """A container of keys that holds none: packed and unpacked it is the same."""
    digests = BlockedKeys(map(number_of, ["b", "a", "b"]))
    again = BlockedKeys.from_bytes(digests.to_bytes())
    assert len(digests) == len(again) == 2
    assert all("a" in each and "b" in each and "c" not in each for each in (digests, again))
    assert again.with_all([number_of("a")]) is again
    assert "c" in again.with_all([number_of("c"), number_of("a")])
    assert "a" in BlockedKeys.from_bytes(digest("a"))
