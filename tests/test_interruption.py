"""The platform kills the function between any two of its calls; the next delivery, or the sweep alone, ends the import
exactly: each address once, none lost, one finished report whose rows add up, nothing left behind or sent twice."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from handler import limits
from local.cloud import Cloud
from local.cloud import groups as service
from tests.platform import Killed, Platform, kill_after, kill_before
from tests.stage import BUCKET, GROUP, FakeClock, Stage

ALL = os.environ.get("INTERRUPTIONS") == "all"
"""`INTERRUPTIONS=all` (and `--timeout=0`) tries every moment in every way, in a quarter of an hour."""
STEP, STEP_OF_SERIES = (1, 1) if ALL else (4, 16)
"""Else one call in so many is interrupted in each of the four ways, of a plain import so each call in one of them."""
TIMER = {"Type": "Timer", "TriggerName": "sweep", "Time": "2026-11-23T00:00:00Z", "Message": ""}
EXPIRY = 912.0
"""Seconds after which a lock is free whose holder was killed: the longest invocation and its grace."""

LIST = b"""email,name
one@example.com,1
two@example.com,2
old@example.com,in the group
three@example.com,3
bad@,rejected
ONE@example.com,a duplicate
four@example.com,4
five@example.com,5
"""
MEMBERS = ["first@example.com", "old@example.com"]
NEW = [f"{name}@example.com" for name in ("one", "two", "three", "four", "five")]
ROWS = {"imported": 5, "already_in_group": 1, "duplicate": 1, "rejected": 1}
BATCHES = 2
"""The five new addresses, three at a time."""
DATA = [{"name": str(number), "mail": address} for number, address in enumerate(NEW, start=1)]
"""What is sent beside them where files have data for the mail's template."""


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Platform:
    return Platform.install(monkeypatch)


@contextmanager
def new_stage(*, with_data: bool = False, **settings: str) -> Iterator[Stage]:
    """An empty bucket, and a group with two members."""
    clock = FakeClock()
    cloud = Cloud(clock=clock)
    cloud.objects.create_bucket(BUCKET)
    if with_data:
        settings["TEMPLATE_DATA"] = "name=name,mail=email"
        cloud.groups.console_data = lambda address: json.dumps({"mail": address, "name": ""})
    cloud.groups.create("spring", receiver_id=GROUP, members=MEMBERS)
    with cloud.serve() as endpoint:
        yield Stage(cloud, endpoint, clock, settings)
    assert cloud.problems == []


@pytest.fixture
def stage() -> Iterator[Stage]:
    with new_stage() as stage:
        yield stage


def reports(stage: Stage) -> list[dict[str, Any]]:
    keys = [key for key in stage.keys("reports/") if key.endswith("report.json")]
    return [stage.report({"imports": [{"report": key}]}) for key in keys]


def fates(report: dict[str, Any]) -> dict[str, int]:
    return {fate: rows for fate, rows in report["rows"].items() if rows and fate != "total"}


def is_exact(stage: Stage) -> None:
    """Each address is there once, sent once, and the one finished report says so."""
    assert sorted(stage.members()) == sorted(MEMBERS + NEW)
    assert stage.calls("CreateReceiverDetail") == BATCHES
    held = [stage.cloud.groups.data(GROUP)[address] for address in NEW]
    assert held == ["" for _ in NEW] or [json.loads(data) for data in held] == DATA
    assert (held[0] == "") == ("TEMPLATE_DATA" not in stage.settings)
    (report,) = reports(stage)
    assert (report["status"], fates(report)) == ("imported", ROWS)
    assert {batch["outcome"] for batch in report["batches"]} == {"accepted"}
    lists = {name: len(stage.text(key).splitlines()) - 1 for name, key in report["files"].items()}
    assert lists == {"imported": 5, "rejected": 1, "skipped": 2}
    (entry,) = json.loads(stage.text(f"reports/{GROUP}/latest.json"))["imports"]
    assert (entry["status"], entry["rows"]) == (report["status"], report["rows"])
    assert "<bdi>bad@</bdi>" in stage.text(entry["page"])


def is_tidy(stage: Stage) -> None:
    """Nothing is remembered but that it is done, who has had the lock, what the page of all groups shows, and who is in
    the group, by digests."""
    assert {key.split("/")[1] for key in stage.keys("state/")} <= {"groups", "imports", "locks", "members", "swept"}
    (note,) = stage.keys("state/imports/")
    assert stage.cloud.objects.read(BUCKET, note) == b""
    (report,) = [key for key in stage.keys("reports/") if key.endswith("/report.json")]
    lists = {key.rpartition("/")[0] for key in stage.keys("reports/") if key.endswith(".csv")}
    assert lists <= {report.rpartition("/")[0]}, "lists without a report"


def die(stage: Stage, platform: Platform, event: object, calls: int, *, applied: bool) -> bool:
    """Calls the function and has it killed; `False` where it came to its end before that. Then its lock expires."""
    try:
        platform.call(stage, event, {calls + 1: kill_after if applied else kill_before})
    except Killed:
        return True
    finally:
        stage.clock.sleep(EXPIRY)
    return False


WAYS = pytest.mark.parametrize(
    ("applied", "delivered_again", "way"),
    [(False, False, 0), (False, True, 1), (True, False, 2), (True, True, 3)],
    ids=["before the call, swept", "before the call, again", "after the call, swept", "after the call, again"],
)


@WAYS
def test_killed_at_any_call(platform: Platform, *, applied: bool, delivered_again: bool, way: int) -> None:
    """One kill, at every call there is: the next delivery, or the next sweep alone, makes the import exact; in half of
    the cases with data for the mail's template."""
    points = way % STEP
    died = True
    while died:
        with new_stage(with_data=applied == delivered_again) as stage:
            event = stage.drop(LIST)
            died = die(stage, platform, event, points, applied=applied)
            if delivered_again:
                stage.invoke(event)
                is_exact(stage)
            stage.invoke(TIMER)
            is_exact(stage)
            is_tidy(stage)
        points += STEP
    assert points > 16, "fewer calls than an import can need: is anything being killed?"


LONGER = LIST + b"".join(b"%d@example.com,more\n" % number for number in range(4))
EVERYBODY = sorted([*MEMBERS, *NEW, *(f"{number}@example.com" for number in range(4))])


def is_exact_series(stage: Stage) -> None:
    """Each address is in one group of three, sent once, and the one finished report says so."""
    groups = stage.cloud.groups.every()
    assert [group.name for group in groups] == ["spring", "spring (2)", "spring (3)"]
    held = [stage.contents(group.receiver_id) for group in groups]
    assert sorted(address for each in held for address in each) == EVERYBODY
    assert [len(each) for each in held] == [5, 5, 1]
    assert (stage.calls("CreateReceiver"), stage.calls("CreateReceiverDetail")) == (2, 4)
    (report,) = reports(stage)
    assert (report["status"], fates(report)) == ("imported", {**ROWS, "imported": 9})
    told = [(group["imported"], group["created"], group["upload_finished"]) for group in report["groups"]]
    assert told == [(3, False, True), (5, True, True), (1, True, True)]


@WAYS
def test_killed_at_any_call_of_a_series(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, *, applied: bool, delivered_again: bool, way: int
) -> None:
    """A group of five, and two that are made: whatever the moment, nothing is made, sent or told twice."""
    for module in (limits, service):
        monkeypatch.setattr(module, "GROUP_LIMIT", 5)
    points, died = 4 * way % STEP_OF_SERIES, True
    while died:
        with new_stage(ON_OVERFLOW="split") as stage:
            event = stage.drop(LONGER)
            died = die(stage, platform, event, points, applied=applied)
            stage.invoke(event if delivered_again else TIMER)
            is_exact_series(stage)
            stage.invoke(TIMER)
            is_exact_series(stage)
            is_tidy(stage)
        points += STEP_OF_SERIES
    assert points > 40, "fewer calls than an import can need: is anything being killed?"


PAIRS = 10_000 if ALL else 10
"""Of the 2,900 pairs of moments, once for each way to come again."""


def test_killed_twice(platform: Platform) -> None:
    """A second kill, while the first one is made good, is made good itself; whoever comes again, and when."""
    dice = random.Random(3)
    moments = [(first, second) for first in range(26) for second in range(28)]
    ways = [(first, second, by) for first, second in moments for by in ("event", "sweep", "both", "both reversed")]
    for first, second, by in dice.sample(ways, min(PAIRS, len(ways))):
        with new_stage(with_data=(first + second) % 2 == 0) as stage:
            event = stage.drop(LIST)
            again, at_last = {
                "event": (event, event),
                "sweep": (TIMER, TIMER),
                "both": (event, TIMER),
                "both reversed": (TIMER, event),
            }[by]
            die(stage, platform, event, first, applied=dice.random() < 0.5)
            die(stage, platform, again, second, applied=dice.random() < 0.5)
            stage.invoke(at_last)
            is_exact(stage)
            stage.invoke(TIMER)
            is_exact(stage)
            is_tidy(stage)


def test_killed_while_it_settles(platform: Platform) -> None:
    """The final counts, and the rows that the service refused, are written once, whenever the sweep is killed."""
    points = 0
    died = True
    while died:
        with new_stage(SETTLE_SECONDS="5") as stage:
            stage.cloud.groups.upload_seconds = 60
            stage.cloud.groups.refuses = frozenset({"two@example.com"})
            assert stage.report(stage.invoke(stage.drop(LIST)))["status"] == "uploading"
            stage.clock.sleep(60)
            died = die(stage, platform, TIMER, points, applied=True)
            stage.invoke(TIMER)
            (report,) = reports(stage)
            assert (report["status"], fates(report)) == ("imported", {**ROWS, "imported": 4, "rejected": 2})
            lines = stage.text(report["files"]["rejected"]).splitlines()
            assert [line.split(",")[0] for line in lines[1:]] == ["bad@", "two@example.com"]
            stage.invoke(TIMER)
            is_tidy(stage)
            assert stage.calls("CreateReceiverDetail") == BATCHES
        points += 1 if ALL else 3
    assert points > 10


@pytest.mark.parametrize(
    ("content", "code", "swept_first", "way"),
    [
        (b"email\nnot an address\n", "too_many_invalid", True, 0),
        (b"date,amount\n1,2\n", "no_email_column", False, 1),
        (b"%PDF-1.7\n", "unsupported_format", True, 2),
        (b"email\n", "empty_file", False, 3),
    ],
)
def test_killed_in_a_file_that_is_refused(
    platform: Platform, content: bytes, code: str, *, swept_first: bool, way: int
) -> None:
    """What sends nothing needs no plan: whoever comes next, it is refused once, under one id."""
    died, points = True, way % STEP
    while died:
        with new_stage() as stage:
            event = stage.drop(content)
            died = die(stage, platform, event, points, applied=True)
            for again in (TIMER, event) if swept_first else (event, TIMER):
                stage.invoke(again)
            (report,) = reports(stage)
            assert (report["status"], report["reason"]["code"]) == ("refused", code)
            if report["group"]:
                (entry,) = json.loads(stage.text(f"reports/{GROUP}/latest.json"))["imports"]
                assert entry["status"] == "refused"
            assert stage.members() == MEMBERS
            is_tidy(stage)
        points += STEP
    assert points > 10
