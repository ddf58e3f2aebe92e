"""NOTIFY_URL is told of each finished import, once; whatever becomes of the message, the import does not feel it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from handler import limits
from handler.reporting.notice import IN_HAND, TRIES
from handler.reporting.words import words
from local.cloud.faults import Fault
from tests.listener import Listener, listening
from tests.stage import BUCKET, GROUP, Stage

TIMER = {"Type": "Timer", "TriggerName": "sweep", "Time": "2026-11-23T00:00:00Z", "Message": ""}
LIST = b"email,name\nada@example.com,Ada\ngrace@example.com,Grace\nbad@,Bad\nADA@example.com,Ada\n"
FOLDER = f"state/notices/{BUCKET}/"


@pytest.fixture
def listener(stage: Stage) -> Iterator[Listener]:
    """Whoever is told by this stage."""
    with listening() as listener:
        stage.settings["NOTIFY_URL"] = f"http://127.0.0.1:{listener.port}/hook"
        yield listener


def told(listener: Listener) -> list[dict[str, Any]]:
    return [json.loads(asked.body) for asked in listener.asked]


def test_a_finished_import_is_told_of(stage: Stage, listener: Listener) -> None:
    """Status, counts and the report's key; no address of the file; and nothing is left behind."""
    result = stage.invoke(stage.drop(LIST))
    report, (notice,) = stage.report(result), told(listener)
    assert {name: notice[name] for name in ("import_id", "status", "reason", "rows")} == {
        name: report[name] for name in ("import_id", "status", "reason", "rows")
    }
    assert (notice["receiver_id"], notice["report"]) == (GROUP, result["imports"][0]["report"])
    assert "2 addresses were added to group 1001." in notice["text"]
    assert "Rejected: 1" in notice["text"]
    assert notice["report"] in notice["text"]
    assert b"@" not in listener.asked[0].body
    assert stage.keys(FOLDER) == []


def test_it_is_told_once(stage: Stage, listener: Listener) -> None:
    """A second delivery of the event, and every sweep after it, say nothing."""
    event = stage.drop(LIST)
    for each in (event, event, TIMER, TIMER):
        stage.invoke(each)
    assert len(listener.asked) == 1


@pytest.mark.parametrize(
    ("content", "key", "code"),
    [
        (b"name\nAda\n", f"incoming/{GROUP}/list.csv", "no_email_column"),
        (LIST, "incoming/list.csv", "no_group"),
        (LIST, "incoming/4711/list.csv", "group_not_found"),
    ],
)
def test_a_refused_file_is_told_of(stage: Stage, listener: Listener, content: bytes, key: str, code: str) -> None:
    """With the code of the reason."""
    stage.invoke(stage.drop(content, key))
    (notice,) = told(listener)
    assert (notice["status"], notice["reason"]) == ("refused", code)


def test_what_is_not_finished_is_not_told_of(stage: Stage, listener: Listener) -> None:
    """`uploading` is no end; the sweep that sees the end of it tells."""
    stage.cloud.groups.upload_seconds = 600.0
    stage.invoke(stage.drop(LIST), SETTLE_SECONDS="0")
    assert listener.asked == []
    stage.clock.sleep(700)
    stage.invoke(TIMER)
    assert [notice["status"] for notice in told(listener)] == ["imported"]


def test_a_dry_run_tells_nobody(stage: Stage, listener: Listener) -> None:
    """Neither of what would be sent nor of what would be refused."""
    for content in (LIST, b"name\nAda\n"):
        stage.invoke(stage.drop(content), DRY_RUN="true")
    assert listener.asked == []
    assert stage.keys("state/") == []


def test_names_that_are_addresses(stage: Stage, listener: Listener) -> None:
    """A file that is called like a mailbox is not told of by its name."""
    stage.invoke(stage.drop(LIST, f"incoming/{GROUP}/for ada@example.com.csv"))
    assert b"@" not in listener.asked[0].body
    assert told(listener)[0]["report"].startswith(f"reports/{GROUP}/for <address>/")


def test_language(stage: Stage, listener: Listener) -> None:
    """The deployer's, whatever the owner of the file asks for."""
    stage.invoke(stage.drop(LIST, language="pt"), REPORT_LANGUAGE="zh-CN")
    assert words("zh-CN").say("status.imported") in told(listener)[0]["text"]


def test_no_lock_is_held_meanwhile(stage: Stage, listener: Listener) -> None:
    """When the message arrives, the group is free for the next import."""
    released: list[bool] = []

    def look() -> None:
        (lock,) = stage.keys("state/locks/")
        released.append(json.loads(stage.text(lock))["released"])

    listener.look = look
    stage.invoke(stage.drop(LIST))
    assert released == [True]


@pytest.mark.parametrize("trouble", ["status", "slow"])
def test_three_tries(stage: Stage, listener: Listener, trouble: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The import is done as if nobody listened; the sweep tries twice more, and then it is given up."""
    monkeypatch.setattr(limits, "NOTIFY_SECONDS", 0.2)
    listener.status, listener.slow = (500, "") if trouble == "status" else (200, "answer")
    assert stage.report(stage.invoke(stage.drop(LIST)))["status"] == "imported"
    assert stage.members() == ["ada@example.com", "grace@example.com"]
    for sweep in range(1, 5):
        assert stage.invoke(TIMER) == {"imports": [], "ignored": []}
        assert len(listener.asked) == min(1 + sweep, TRIES)
    assert stage.keys(FOLDER) == []


def test_a_second_try_that_arrives_is_the_last(stage: Stage, listener: Listener) -> None:
    """The message is the same, however late."""
    listener.status = 503
    stage.invoke(stage.drop(LIST))
    listener.status = 200
    stage.invoke(TIMER)
    stage.invoke(TIMER)
    first, second = told(listener)
    assert first == second
    assert stage.keys(FOLDER) == []


def test_what_somebody_has_in_hand_is_left_to_them(stage: Stage, listener: Listener) -> None:
    """A sweep that meets a message of an invocation that may still be running waits until it cannot be any more."""
    stage.cloud.faults.script("DeleteObject", Fault.refuse("InternalError", http_status=500), times=10_000)
    stage.invoke(stage.drop(LIST))
    stage.cloud.faults.clear()
    assert len(stage.keys(FOLDER)) == 1
    before = len(listener.asked)
    stage.invoke(TIMER)
    assert len(listener.asked) == before
    stage.clock.sleep(IN_HAND.total_seconds() + 1)
    stage.invoke(TIMER)
    assert len(listener.asked) == before + 1
    assert stage.keys(FOLDER) == []


def test_no_message_without_its_report(stage: Stage, listener: Listener) -> None:
    """Where the report could not be written, nothing is told before somebody has written it; and then once."""
    stage.cloud.faults.hook = lambda call: (
        Fault.refuse("AccessDenied", http_status=403)
        if call.action == "PutObject" and (call.key or "").endswith("report.json")
        else None
    )
    event = stage.drop(LIST)
    with pytest.raises(Exception, match="the permission"):
        stage.invoke(event)
    assert listener.asked == []
    assert len(stage.keys(FOLDER)) == 1
    stage.cloud.faults.clear()
    stage.invoke(event)
    assert len(listener.asked) == 1
    assert stage.keys(FOLDER) == []


def test_what_is_no_message_is_removed(stage: Stage, listener: Listener) -> None:
    """Damaged state is not kept for ever, and stops nobody."""
    stage.cloud.objects.put(BUCKET, f"{FOLDER}0123456789abcdef", b"{")
    assert stage.invoke(TIMER) == {"imports": [], "ignored": []}
    assert stage.keys(FOLDER) == []
    assert listener.asked == []


def test_the_url_is_a_secret(stage: Stage, listener: Listener, capsys: pytest.CaptureFixture[str]) -> None:
    """It is in no log, whatever goes wrong."""
    listener.status = 500
    stage.invoke(stage.drop(LIST), NOTIFY_URL=f"http://127.0.0.1:{listener.port}/s3cr3t", LOG_LEVEL="DEBUG")
    log = capsys.readouterr().out
    assert "notice_not_sent" in log
    assert "s3cr3t" not in log
