"""index.html and index.json: the last imports of every group, whoever writes them at the same moment."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import Any

import pytest

from handler import limits
from handler.reporting.history import History
from handler.reporting.index import GroupImports, Index
from local.cloud import Cloud
from local.cloud.faults import Fault
from tests.handler.reporting.test_history import folder, report
from tests.handler.reporting.test_page import Page
from tests.platform import Killed, Platform, Request, kill_before
from tests.stage import BUCKET, GROUP, FakeClock, Stage

OTHER = 1002
INDEX = "reports/index"
LAST_REQUESTS = 9
"""From the noting of the group on, and one to spare."""


@contextmanager
def two_groups() -> Iterator[Stage]:
    clock = FakeClock()
    cloud = Cloud(clock=clock)
    cloud.objects.create_bucket(BUCKET)
    cloud.groups.create("spring", receiver_id=GROUP)
    cloud.groups.create("autumn", receiver_id=OTHER)
    with cloud.serve() as endpoint:
        yield Stage(cloud, endpoint, clock)
    assert cloud.problems == []


def drop(stage: Stage, group: int, name: str) -> dict[str, Any]:
    stage.clock.sleep(60)
    return stage.drop(f"email\n{name}@example.com\n".encode(), f"incoming/{group}/{name}.csv")


def page(stage: Stage) -> Page:
    return Page(stage.cloud.objects.read(BUCKET, f"{INDEX}.html"))


def shown(stage: Stage) -> dict[int, list[str]]:
    """The files of each group, by index.json; the page shows the same."""
    groups = json.loads(stage.text(f"{INDEX}.json"))["groups"]
    found = {group["receiver_id"]: [each["key"].rpartition("/")[2] for each in group["imports"]] for group in groups}
    links = [link["href"] for link in page(stage).all("a")]
    wanted = [key for group in groups for key in (group["page"], *(each["page"] for each in group["imports"]))]
    assert links == [f"./{key.removeprefix('reports/')}" for key in wanted]
    return found


def test_the_last_imports_of_every_group() -> None:
    """The group with the newest import first, each with its last ones; links to its page and to the reports."""
    with two_groups() as stage:
        for number in range(limits.INDEX_IMPORTS + 1):
            stage.invoke(drop(stage, GROUP, f"a{number}"))
        stage.invoke(drop(stage, OTHER, "b"))
        assert shown(stage) == {OTHER: ["b.csv"], GROUP: ["a3.csv", "a2.csv", "a1.csv"]}
        assert list(shown(stage)) == [OTHER, GROUP]
        text = page(stage).text
        assert text.index("autumn") < text.index("spring")
        history = Page(stage.cloud.objects.read(BUCKET, f"reports/{GROUP}/latest.html"))
        assert history.all("a")[-1]["href"] == "../index.html"


def test_an_import_that_waits_to_the_end_of_its_time_is_on_the_page(stage: Stage) -> None:
    """What is kept back for its report is enough for the page as well."""
    stage.cloud.groups.upload_seconds = 600
    stage.invoke(drop(stage, GROUP, "a"), seconds=60)
    assert shown(stage) == {GROUP: ["a.csv"]}


def test_what_it_costs(stage: Stage) -> None:
    """One request for each import, and four for the page, after the lock is given back."""
    stage.invoke(drop(stage, GROUP, "a"))
    before = len(stage.cloud.calls)
    stage.invoke(drop(stage, GROUP, "b"))
    calls = [(call.action, call.key or "") for call in stage.cloud.calls[before:] if call.service == "cos"]
    released = max(index for index, (action, key) in enumerate(calls) if key.startswith("state/locks/"))
    pages = [("GetObject", f"{INDEX}.json"), ("PutObject", f"{INDEX}.html"), ("PutObject", f"{INDEX}.json")]
    assert [call for call in calls[released + 1 :] if "todo" not in call[1]][-4:-1] == pages
    assert sum(key == f"state/groups/{BUCKET}/{GROUP}" for _, key in calls) == 1
    assert sum(key.startswith(INDEX) for _, key in calls) == 3


@pytest.mark.parametrize("last", range(LAST_REQUESTS))
def test_two_imports_at_once(monkeypatch: pytest.MonkeyPatch, last: int) -> None:
    """Another invocation comes and goes at any moment of one that ends: both groups are on the page."""
    platform = Platform.install(monkeypatch)
    with two_groups() as stage:
        stage.invoke(drop(stage, GROUP, "first"))
        other = drop(stage, OTHER, "other")
        met = []

        def meet(request: Request) -> Any:
            met.append(stage.invoke(other))
            return request()

        platform.call(stage, drop(stage, GROUP, "last"), {requests_of_an_import() - last: meet})
        assert len(met) == 1
        assert shown(stage) == {GROUP: ["last.csv", "first.csv"], OTHER: ["other.csv"]}


@pytest.mark.parametrize("last", range(LAST_REQUESTS))
def test_killed(monkeypatch: pytest.MonkeyPatch, last: int) -> None:
    """Whenever the platform kills it, the next attempt completes the page."""
    platform = Platform.install(monkeypatch)
    with two_groups() as stage:
        stage.invoke(drop(stage, GROUP, "first"))
        event = drop(stage, GROUP, "last")
        with pytest.raises(Killed):
            platform.call(stage, event, {requests_of_an_import() - last: kill_before})
        stage.clock.sleep(1_000)
        stage.invoke(event)
        assert shown(stage) == {GROUP: ["last.csv", "first.csv"]}


@cache
def requests_of_an_import() -> int:
    """Into a group that is known."""
    with two_groups() as stage:
        stage.invoke(drop(stage, GROUP, "first"))
        before = len(stage.cloud.calls)
        stage.invoke(drop(stage, GROUP, "last"))
        return len(stage.cloud.calls) - before


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"index_version": 2}', b'{"versions": {"1001": "stale"}}'])
def test_a_damaged_index_is_made_anew(damage: bytes) -> None:
    """Of what the groups have noted."""
    with two_groups() as stage:
        stage.invoke(drop(stage, GROUP, "a"))
        stage.cloud.objects.put(BUCKET, f"{INDEX}.json", damage)
        stage.cloud.objects.put(BUCKET, f"state/groups/{BUCKET}/7", b"no group")
        stage.invoke(drop(stage, OTHER, "b"))
        assert shown(stage) == {OTHER: ["b.csv"], GROUP: ["a.csv"]}


def test_what_cannot_be_written_is_missing(stage: Stage) -> None:
    """The import is finished all the same, and the next one mends the page."""
    stage.cloud.faults.hook = lambda call: (
        Fault.refuse("AccessDenied", http_status=403)
        if call.action == "PutObject" and (call.key or "").startswith(INDEX)
        else None
    )
    assert stage.report(stage.invoke(drop(stage, GROUP, "a")))["status"] == "imported"
    assert stage.keys(INDEX) == []
    stage.cloud.faults.clear()
    stage.invoke(drop(stage, GROUP, "b"))
    assert shown(stage) == {GROUP: ["b.csv", "a.csv"]}


def test_a_dry_run_has_no_page(stage: Stage) -> None:
    """It keeps nothing, and shows nothing."""
    stage.invoke(drop(stage, GROUP, "a"), DRY_RUN="true")
    assert stage.keys(INDEX) == stage.keys("state/") == []


def test_many_groups() -> None:
    """The page keeps those with the newest imports, and says how many others there are."""
    index, now = Index(), datetime(2026, 11, 23, tzinfo=timezone.utc)
    for number in range(limits.INDEX_GROUPS + 2):
        history = History(receiver_id=number).with_report(report(number), folder(number))
        assert history.imports[0].started_at >= now + timedelta(hours=8, minutes=number)
        key = f"reports/{number}/latest.html"
        group = GroupImports(folder=str(number), receiver_id=number, name=None, page=key, imports=history.imports)
        index = index.with_group(str(number), f"etag {number}", group)
    assert [group.receiver_id for group in index.groups] == list(range(limits.INDEX_GROUPS + 1, 1, -1))
    shown = Page(index.to_html("en", "reports/"))
    assert len(shown.all("section")) == limits.INDEX_GROUPS
    assert "2 more groups have older imports." in shown.text
    assert index.with_group("5", "another", None).versions["5"] == "another"
