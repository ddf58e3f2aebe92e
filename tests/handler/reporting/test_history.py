"""latest.html and latest.json: what a group's last imports came to."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from handler import limits
from handler.errors import OperatorProblem
from handler.intake.source import Import, SourceFacts
from handler.planning.plan import Refusal
from handler.reporting.history import History, read
from handler.reporting.report import Report, build_unread
from handler.said import Said
from local.cloud.faults import Fault
from tests.handler.reporting.test_page import Page
from tests.stage import BUCKET, GROUP, Stage

TIMER = {"Type": "Timer", "TriggerName": "sweep", "Time": "2026-11-23T00:00:00Z", "Message": ""}
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=timezone.utc)
LATEST = f"reports/{GROUP}/latest"


def history(stage: Stage) -> list[dict[str, Any]]:
    found = json.loads(stage.text(f"{LATEST}.json"))
    assert (found["history_version"], found["receiver_id"]) == (1, GROUP)
    return list(found["imports"])


def page(stage: Stage) -> Page:
    return Page(stage.cloud.objects.read(BUCKET, f"{LATEST}.html"))


def report(number: int) -> Report:
    """A refusal, `number` minutes after the first one."""
    source = SourceFacts("drops-1250000000", f"incoming/{GROUP}/{number}.csv", None, "etag", 10, "2026-11-23T08:00:00Z")
    at = NOW + timedelta(minutes=number)
    return build_unread(
        Import(f"{number:016x}", source, GROUP, folder(number), "event"),
        Refusal("group_not_found", Said("file.not_found", id="7")),
        at,
    )


def folder(number: int) -> str:
    return f"reports/{GROUP}/{number}.csv/{number:016x}/"


def test_imports_of_a_group(stage: Stage) -> None:
    """Newest first, refused ones, too: status, counts, and where the report is; a link to each from the page."""
    for name, content in (("a.csv", b"email\na@example.com\nbad\n"), ("b.csv", b"name\nAda\n")):
        stage.invoke(stage.drop(content, f"incoming/{GROUP}/{name}"))
        stage.clock.sleep(60)
    second, first = history(stage)
    assert [(entry["status"], entry["reason"]) for entry in (first, second)] == [
        ("imported", None),
        ("refused", "no_email_column"),
    ]
    assert (first["key"], first["rows"]["imported"], first["rows"]["rejected"]) == (f"incoming/{GROUP}/a.csv", 1, 1)
    assert all(stage.keys(entry[name]) for entry in (first, second) for name in ("report", "page"))
    *links, up = [found["href"] for found in page(stage).all("a")]
    assert up == "../index.html"
    assert links == [f"./{entry['page'].removeprefix(f'reports/{GROUP}/')}" for entry in (second, first)]
    assert "The last 2 imports, newest first." in page(stage).text
    assert "Nothing was sent: no column with email addresses was found in the file." in page(stage).text


def test_an_import_has_one_entry(stage: Stage) -> None:
    """What was `uploading` is `imported` later, in its place."""
    stage.cloud.groups.upload_seconds = 600.0
    stage.invoke(stage.drop(b"email\na@example.com\n"), SETTLE_SECONDS="0")
    assert [entry["status"] for entry in history(stage)] == ["uploading"]
    stage.clock.sleep(700)
    stage.invoke(TIMER)
    assert [entry["status"] for entry in history(stage)] == ["imported"]


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"history_version": 2}', b'{"imports": 1}', b"\xff"])
def test_a_damaged_history_is_begun_anew(stage: Stage, damage: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    """The import is not harmed, and the log says so."""
    stage.cloud.objects.put(BUCKET, f"{LATEST}.json", damage)
    assert stage.run(b"email\na@example.com\n")["status"] == "imported"
    assert len(history(stage)) == 1
    assert "history_begun_anew" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("status", "lost"), ("status", []), ("key", 7), ("page", None), ("started_at", "today"), ("started_at", 7)),
        *(("rows", None), ("rows", {"total": 1}), ("history_version", 2)),
    ],
)
def test_what_is_no_entry(name: str, value: object) -> None:
    """A history that cannot be shown is none."""
    written = json.loads(History(receiver_id=GROUP).with_report(report(1), folder(1)).to_json())
    (written if name in written else written["imports"][0])[name] = value
    assert read(json.dumps(written).encode(), GROUP) is None


def test_what_later_versions_add_is_left_out() -> None:
    """Whoever goes back to this version keeps the history."""
    known = History(receiver_id=GROUP).with_report(report(1), folder(1))
    written = json.loads(known.to_json())
    written["imports"][0] |= {"sender": "x"}
    written["imports"][0]["rows"] |= {"moved": 1}
    assert read(json.dumps(written | {"owner": "y"}).encode(), GROUP) == known


@pytest.mark.parametrize("name", ["report.html", "latest.json", "latest.html"])
def test_what_cannot_be_written_is_missing(stage: Stage, name: str) -> None:
    """The import is finished all the same, and no sweep tries again."""
    stage.cloud.faults.hook = lambda call: (
        Fault.refuse("AccessDenied", http_status=403)
        if call.action == "PutObject" and (call.key or "").endswith(f"/{name}")
        else None
    )
    assert stage.run(b"email\na@example.com\n")["status"] == "imported"
    assert stage.invoke(TIMER) == {"imports": [], "ignored": []}
    assert stage.members() == ["a@example.com"]


@pytest.mark.parametrize(
    ("key", "settings"), [("incoming/list.csv", {}), (f"incoming/{GROUP}/a.csv", {"DRY_RUN": "1"})]
)
def test_who_has_no_history(stage: Stage, key: str, settings: dict[str, str]) -> None:
    """No group, or no lock: nothing is written, and no page leads there."""
    result = stage.invoke(stage.drop(b"email\na@example.com\n", key), 900.0, **settings)
    assert [key for key in stage.keys("reports/") if "latest." in key] == []
    (imported,) = result["imports"]
    shown = Page(stage.cloud.objects.read(BUCKET, imported["report"].replace(".json", ".html")))
    assert [found["href"] for found in shown.all("a") if "latest" in found["href"]] == []


def test_it_costs_three_requests(stage: Stage) -> None:
    """One to read and two to write, however many imports there were."""
    for _ in range(2):
        stage.cloud.forget()
        stage.run(b"email\na@example.com\n")
        asked = [call.action for call in stage.cloud.calls if (call.key or "").startswith(LATEST)]
        assert asked == ["GetObject", "PutObject", "PutObject"]


def test_50_imports() -> None:
    """The oldest make room, in whatever order reports come."""
    found = History(receiver_id=GROUP)
    for number in [*range(10, 70), 5, 69]:
        found = found.with_report(report(number), folder(number))
    assert [int(entry.import_id, 16) for entry in found.imports] == list(range(69, 19, -1))
    assert len(found.imports) == limits.HISTORY_IMPORTS
    assert read(found.to_json(), GROUP) == found


def test_the_page_is_small_and_safe() -> None:
    """50 imports of files with the longest and worst names: names are text, links lead further down."""
    found = History(receiver_id=GROUP)
    for number in range(limits.HISTORY_IMPORTS):
        name = f"javascript:alert({number})\u202e<script>\"'&" + "&" * 700
        hostile = report(number)
        hostile = replace(hostile, source=SourceFacts("b-1", f"incoming/{GROUP}/{name}", None, "e", 1, ""))
        found = found.with_report(hostile, f"reports/{GROUP}/{name}/{number:016x}/")
    body = found.to_html("en", f"reports/{GROUP}/")
    assert len(body) < 300_000
    shown = Page(body)
    assert {tag for tag, _ in shown.elements}.isdisjoint({"script", "img"})
    *links, _ = shown.all("a")
    assert all(link["href"].startswith("./javascript%3Aalert") for link in links)
    assert "\u202e" not in shown.source


@pytest.mark.parametrize("language", ["en", "zh-CN", "pt"])
def test_languages(language: Any) -> None:
    """It is in the language of the setting."""
    shown = Page(History(receiver_id=GROUP).with_report(report(1), folder(1)).to_html(language, f"reports/{GROUP}/"))
    assert shown.all("html")[0]["lang"] == language


def test_a_page_that_was_never_written(stage: Stage) -> None:
    """Whoever was killed after report.json of a refused file leaves no page: the next delivery writes one."""
    event = stage.drop(b"name\nAda\n", language="pt")
    denied = Fault.refuse("AccessDenied", http_status=403)
    stage.cloud.faults.script("PutObject", denied, key="*report.html")
    stage.cloud.faults.script("PutObject", denied, 2, key="state/imports/*")
    with pytest.raises(OperatorProblem):
        stage.invoke(event)
    assert [key for key in stage.keys("reports/") if key.endswith("report.html")] == []
    stage.invoke(event)
    (key,) = [key for key in stage.keys("reports/") if key.endswith("report.html")]
    shown = Page(stage.cloud.objects.read(BUCKET, key))
    assert shown.all("html")[0]["lang"] == "pt"
    assert len(stage.keys("state/imports/")) == 1
