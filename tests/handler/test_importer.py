"""One file from its drop to its report: what the flows through every event and every failure do not show."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from itertools import cycle
from typing import Any
from urllib.parse import quote

import pytest

from handler.errors import OperatorProblem, TryLater
from local.cloud.faults import Fault
from local.cloud.journal import Call
from tests.stage import BUCKET, GROUP, Stage

TIMER = {"Type": "Timer", "TriggerName": "sweep", "Time": "2026-11-23T00:00:00Z", "Message": ""}


@pytest.mark.parametrize(
    ("key", "content", "settings"),
    [
        ("incoming/list.csv", b"email\nann@example.com\n", {}),
        ("incoming/1002/list.csv", b"email\nann@example.com\n", {}),
        ("incoming/1001/list.csv", b"email\nno address\n", {}),
        ("incoming/1001/list.csv", b"email\nann@example.com\n", {"DRY_RUN": "true"}),
    ],
    ids=["no group", "not this group", "bad rows", "dry run"],
)
def test_a_service_that_was_sent_nothing_has_nothing_left_to_finish(
    stage: Stage, key: str, content: bytes, settings: dict[str, str]
) -> None:
    """Whoever reads the report must not wait for an upload that never began."""
    report = stage.run(content, key, **settings)
    assert report["group"] is None or report["group"]["upload_finished"]


def test_the_log_gives_the_code_of_a_refusal(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    """When the file is judged and when it is reported; a file that is not refused has none."""
    stage.run(b"email\nno address\n")
    stage.cloud.faults.script("CreateReceiverDetail", Fault.refuse("InvalidParameter"))
    stage.run(b"email\nann@example.com\n", "incoming/1001/refused by the service.csv")
    stage.run(b"email\nann@example.com\n", "incoming/1001/good.csv")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    codes = [(line["event"], line.get("refusal", line.get("reason"))) for line in lines]
    assert [code for code in codes if code[0] in {"planned", "reported"}] == [
        ("planned", "too_many_invalid"),
        ("reported", "too_many_invalid"),
        ("planned", None),
        ("reported", "InvalidParameter"),
        ("planned", None),
        ("reported", None),
    ]


def requests(stage: Stage) -> dict[str, int]:
    """What was asked for since the last time, by kind."""
    counts = Counter(call.action for call in stage.cloud.calls)
    stage.cloud.forget()
    return dict(counts)


def test_an_import_makes_no_more_requests_than_these(stage: Stage) -> None:
    """One batch into an empty group: one write to it, and 32 others."""
    stage.run(b"email\nann@example.com\n")
    made = requests(stage)
    assert made == {
        # The file; note, before and under the lock; report, twice; the group's memory; the history;
        # the page of all groups.
        "GetObject": 8,
        # The lock; imports of other versions under way; who waits; what groups have news.
        "ListObjects": 4,
        "GetBucketVersioning": 1,
        "ListReceivers": 2,  # before, and after
        "ListReceiverDetails": 1,  # a count of 0 alone proves nothing
        "CreateReceiverDetail": 1,
        # Lock; that it is open; plan; memory twice; imported.csv, report.json, report.html, history twice, its news;
        # note; lock; the page of all groups twice.
        "PutObject": 15,
        "DeleteObject": 1,  # that it is open
    }
    assert sum(made.values()) - made["CreateReceiverDetail"] == 32


def test_the_next_import_makes_no_more(stage: Stage) -> None:
    """What the last lock says of the bucket need not be asked again."""
    stage.run(b"email\nann@example.com\n")
    stage.clock.sleep(60)
    requests(stage)
    stage.run(b"email\nbo@example.com\n", "incoming/1001/next.csv")
    made = requests(stage)
    assert "GetBucketVersioning" not in made
    assert sum(made.values()) - made["CreateReceiverDetail"] == 32


def test_an_event_that_comes_again_is_answered_from_what_is_known(stage: Stage) -> None:
    """Nothing is written, no group is looked at; the same when only the report is left of it."""
    event = stage.drop(b"email\nann@example.com\n")
    first = stage.invoke(event)
    requests(stage)
    assert stage.invoke(event) == first
    assert requests(stage) == {"GetObject": 3, "ListObjects": 2}  # file, note, page of all groups; who waits, news
    stage.clock.sleep(9 * 86_400)
    stage.invoke(TIMER)
    assert stage.keys("state/imports/") == []
    assert stage.invoke(event) == first
    assert stage.calls("ListReceivers") == 0


def large(stage: Stage) -> dict[str, Any]:
    """An event for a file that is not whole with its first bytes."""
    return stage.drop(b"email,note\n" + b"ann@example.com,%s\n" % (b"x" * 20_000) * 120)


def slow_reading(stage: Stage, seconds: float) -> None:
    """Has what follows the first bytes of a file take so long, each time."""

    def strike(call: Call) -> Fault | None:
        looked_up = stage.cloud.calls and stage.cloud.calls[-1].action.startswith("ListReceiver")
        return Fault.slow(seconds) if looked_up and call.action == "GetObject" else None

    stage.cloud.faults.hook = strike


def test_a_file_that_can_never_be_read_in_time_is_refused(stage: Stage) -> None:
    """After three readings that had most of an invocation's time each; the owner is told to split it."""
    event = large(stage)
    slow_reading(stage, 890)
    for _ in range(2):
        with pytest.raises(TryLater, match="read the file to its end"):
            stage.invoke(event)
        assert stage.keys("reports/") == []
    report = stage.report(stage.invoke(event))
    assert (report["status"], report["reason"]["code"]) == ("refused", "too_large")
    assert "split it" in report["reason"]["message"]
    assert stage.members() == []
    assert stage.invoke(TIMER) == {"imports": [], "ignored": []}


def test_a_reading_that_had_little_time_proves_nothing(stage: Stage) -> None:
    """A sweep has other files to see to, and an event may have waited for a lock."""
    event = large(stage)
    slow_reading(stage, 890)
    with pytest.raises(TryLater):
        stage.invoke(event)
    slow_reading(stage, 250)
    stage.clock.sleep(60)
    for _ in range(4):
        stage.cloud.groups.upload_seconds = 650
        stage.cloud.groups.add(GROUP, [f"another-{stage.clock.monotonic()}@example.com"])
        with pytest.raises(TryLater, match="read the file to its end"):
            stage.invoke(event)
    stage.cloud.faults.clear()
    stage.cloud.groups.upload_seconds = 0
    stage.clock.sleep(900)
    assert stage.report(stage.invoke(event))["status"] == "imported"


def test_an_interrupted_import_of_a_version_that_was_replaced_is_ended(stage: Stage) -> None:
    """Its event comes again and means what was dropped then; what lies there now has its own event and report."""
    first = stage.drop(b"email\nann@example.com\n")
    stage.cloud.faults.script("CreateReceiverDetail", Fault.refuse("FailedOperation.ServiceNotAvailable"), times=8)
    with pytest.raises(TryLater):
        stage.invoke(first)
    stage.clock.sleep(60)
    second = stage.drop(b"email\nbo@example.com\n")
    (ended,) = stage.invoke(first)["imports"]
    assert stage.members() == ["ann@example.com"]
    (imported,) = stage.invoke(second)["imports"]
    assert stage.members() == ["ann@example.com", "bo@example.com"]
    assert ended["import_id"] != imported["import_id"]
    assert [stage.report({"imports": [each]})["rows"]["imported"] for each in (ended, imported)] == [1, 1]


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "null": lambda _: b"null",
    "list": lambda _: b"[]",
    "number": lambda _: b"5",
    "text": lambda _: b'"text"',
    "brackets": lambda _: b"[" * 100_000,
    "cut": lambda body: body[:-5],
    "longer": lambda body: body + b"more",
    "flipped": lambda body: body[:-20] + bytes(255 - byte for byte in body[-20:]),
    "emptied": lambda _: b"",
}
STATES: dict[str, tuple[str, str]] = {
    "plan": ("state/imports/", r"{key} in the bucket .* cannot be read\. Remove it if"),
    "rows": (f"state/todo/{BUCKET}/open/", r"cannot be read: {key} holds them\. Remove both if"),
}


@pytest.mark.parametrize(("how", "what"), [*zip(DAMAGES, cycle(STATES))])
def test_a_damaged_state_is_named(stage: Stage, how: str, what: str) -> None:
    """Whatever became of what an import left behind: the event and the sweep name the object and what to do about it,
    and nothing is sent."""
    folder, sentence = STATES[what]
    event = stage.drop(b"email\nann@example.com\nbo@example.com\n")
    stage.cloud.faults.script("CreateReceiverDetail", Fault.refuse("FailedOperation.ServiceNotAvailable"), times=8)
    with pytest.raises(TryLater):
        stage.invoke(event)
    (key,) = stage.keys(folder)
    stage.cloud.objects.put(BUCKET, key, DAMAGES[how](stage.cloud.objects.read(BUCKET, key)), {})
    for asked in (event, TIMER, TIMER):
        stage.clock.sleep(1_000)
        with pytest.raises(OperatorProblem, match=sentence.format(key=re.escape(key))):
            stage.invoke(asked)
    assert stage.contents() == []


def test_an_emptied_state_among_many_files_is_named(stage: Stage) -> None:
    """Where a sweep lists all imports, an empty one is not taken for finished while it is noted as open; one that is
    finished, and whose note was left, is."""
    event = stage.drop(b"email\nann@example.com\n")
    stage.invoke(event)
    (done,) = stage.keys("state/imports/")
    stage.cloud.objects.put(
        BUCKET, done.replace("/imports/", "/todo/").replace(f"{BUCKET}/", f"{BUCKET}/open/"), b"", {}
    )
    event = stage.drop(b"email\nbo@example.com\n", f"incoming/{GROUP}/other.csv")
    stage.cloud.faults.script("CreateReceiverDetail", Fault.refuse("FailedOperation.ServiceNotAvailable"), times=8)
    with pytest.raises(TryLater):
        stage.invoke(event)
    (key,) = {*stage.keys("state/imports/")} - {done}
    stage.cloud.objects.put(BUCKET, key, b"", {})
    for number in range(30):
        stage.drop(b"email\n", f"incoming/{GROUP}/{number}.csv")
    for _ in range(2):
        with pytest.raises(OperatorProblem, match=rf"{re.escape(key)} in the bucket .* cannot be read"):
            stage.invoke(TIMER)
    assert [each.rpartition("/")[2] for each in stage.keys(f"state/todo/{BUCKET}/open/")] == [key.rpartition("/")[2]]


def test_a_finished_event_is_answered_when_its_file_was_replaced(stage: Stage) -> None:
    """What it brought has its report, which stays as it is; what lies there now is not imported under its id."""
    first = stage.drop(b"email\nann@example.com\n")
    finished = stage.invoke(first)
    report = stage.report(finished)
    stage.clock.sleep(60)
    second = stage.drop(b"email\nbo@example.com\n")
    assert stage.invoke(first) == finished
    assert stage.report(finished) == report
    assert stage.members() == ["ann@example.com"]
    assert stage.report(stage.invoke(second))["rows"]["imported"] == 1


def test_a_version_that_is_kept_is_imported_though_another_one_lies_there(stage: Stage) -> None:
    """In a bucket with versioning, when its event comes again and names none: it began with that very version."""
    stage.cloud.objects.set_versioning(BUCKET, "enabled")
    stage.cloud.objects.create_bucket("state-1250000000")
    stage.settings["STATE_BUCKET"] = "state-1250000000"
    stage.cloud.faults.script("PutObject", Fault.refuse("AccessDenied", http_status=403), key="*rejected.csv")
    first = stage.drop(b"email\nann@example.com\nno address\n")
    with pytest.raises(OperatorProblem):
        stage.invoke(first)
    stage.clock.sleep(60)
    stage.drop(b"email\nbo@example.com\n")
    assert stage.report(stage.invoke(first))["status"] == "imported"
    assert stage.members() == ["ann@example.com"]


@pytest.mark.parametrize("replaced", [True, False])
def test_lists_of_a_file_that_is_gone_get_a_report(stage: Stage, replaced: bool) -> None:
    """An import died between its lists and its plan, and the file went away: the sweep says so beside them."""
    stage.cloud.faults.script("PutObject", Fault.refuse("AccessDenied", http_status=403), key="*rejected.csv")
    event = stage.drop(b"email\nann@example.com\nno address\n")
    with pytest.raises(OperatorProblem):
        stage.invoke(event)
    stage.cloud.objects.delete(BUCKET, f"incoming/{GROUP}/list.csv")
    stage.clock.sleep(60)
    if replaced:
        stage.drop(b"email\nbo@example.com\n")
    results = stage.invoke(TIMER)["imports"]
    reports = [stage.report({"imports": [each]}) for each in results]
    assert [(each["status"], each["reason"] and each["reason"]["code"]) for each in reports] == [
        ("refused", "unreadable"),
        *([("imported", None)] if replaced else []),
    ]
    assert stage.members() == (["bo@example.com"] if replaced else [])
    assert stage.invoke(TIMER) == {"imports": [], "ignored": []}


def test_an_import_stays_with_the_group_that_it_began_with(stage: Stage) -> None:
    """The setting that named it was changed meanwhile: what comes again goes on, and nothing goes into both groups."""
    stage.cloud.groups.create("autumn", receiver_id=1002)
    stage.cloud.faults.script("CreateReceiverDetail", Fault.refuse("FailedOperation.ServiceNotAvailable"), times=8)
    event = stage.drop(b"email\nann@example.com\n", "incoming/list.csv")
    with pytest.raises(TryLater):
        stage.invoke(event, RECEIVER_ID="1001")
    (imported,) = stage.invoke(event, RECEIVER_ID="1002")["imports"]
    assert imported["receiver_id"] == 1001
    assert stage.invoke(event, RECEIVER_ID="1002")["imports"] == [imported]
    assert (stage.members(), stage.members(1002)) == (["ann@example.com"], [])


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_late_event_of_a_version_that_a_sweep_has_done(stage: Stage, order: tuple[int, int]) -> None:
    """Its file was dropped again since: what lies there now is imported once, whichever event comes first."""
    events: list[dict[str, Any]] = []
    for _ in range(2):
        events.append(stage.drop(f"email\nann@example.com\nbo{len(events)}@example.com\n".encode()))
        stage.clock.sleep(20)
        if len(events) == 1:
            stage.invoke(TIMER)
        stage.clock.sleep(20)
    for which in order:
        stage.invoke(events[which])
    reports = [json.loads(stage.text(key)) for key in stage.keys("reports/") if key.endswith("report.json")]
    assert sorted(report["rows"]["imported"] for report in reports) == [1, 2]
    assert stage.members() == ["ann@example.com", "bo0@example.com", "bo1@example.com"]


def test_an_event_with_another_etag_than_the_object_has(stage: Stage) -> None:
    """Whether it is always the object's is written nowhere: the file is imported all the same, once."""
    event = stage.drop(b"email\nann@example.com\n")
    event["Records"][0]["cos"]["cosObject"]["meta"]["ETag"] = "another kind of sum"
    first = stage.invoke(event)
    assert stage.report(first)["status"] == "imported"
    assert stage.invoke(event) == first


def test_two_versions_within_a_second_and_a_kill_between(stage: Stage) -> None:
    """Each keeps the report and the lists of its own; of one that was never read, what lies there now is imported."""
    stage.cloud.faults.script("CreateReceiverDetail", Fault.refuse("FailedOperation.ServiceNotAvailable"), times=8)
    events = [
        stage.drop(f"email\n{name}@example.com\n{'no address,' * at}\n".encode()) for at, name in enumerate("abc")
    ]
    with pytest.raises(TryLater):
        stage.invoke(events[2])
    stage.drop(b"email\nd@example.com\nno address\n")
    for event in events:
        stage.invoke(event)
    reports = [json.loads(stage.text(key)) for key in stage.keys("reports/") if key.endswith("report.json")]
    assert sorted(report["rows"]["rejected"] for report in reports) == [1, 1]
    assert sorted(stage.members()) == ["c@example.com", "d@example.com"]


def test_metadata_names_no_group_where_it_must_not(stage: Stage) -> None:
    """With GROUP_BY_METADATA=false the folder alone decides, also where it names no group."""
    stage.cloud.groups.create("autumn", receiver_id=1002)
    event = stage.drop(b"email\nann@example.com\n", receiver_id="1002")
    assert stage.report(stage.invoke(event, GROUP_BY_METADATA="false"))["group"]["receiver_id"] == GROUP
    event = stage.drop(b"email\nann@example.com\n", "incoming/list.csv", receiver_id="1002")
    report = stage.report(stage.invoke(event, GROUP_BY_METADATA="false"))
    assert (report["status"], report["reason"]["code"]) == ("refused", "no_group")
    assert (stage.members(), stage.members(1002)) == (["ann@example.com"], [])


UNOPENED = {
    "InvalidObjectState": (403, "the archive of the bucket: restore it"),
    "InvalidRequest": (400, "encrypted with a key of its owner"),
}


@pytest.mark.parametrize("how", ["event", "event with an encoded key", "sweep"])
@pytest.mark.parametrize("code", UNOPENED)
def test_a_file_that_cannot_be_opened_is_refused_once(stage: Stage, code: str, how: str) -> None:
    """In the archive, or encrypted with the owner's own key: a report says what to do, and no sweep raises again."""
    key = f"incoming/{GROUP}/名单.csv"
    event = stage.drop(b"email\nann@example.com\n", key)
    if how == "event with an encoded key":
        dropped = event["Records"][0]["cos"]["cosObject"]
        dropped["key"] = dropped["key"].replace(key, quote(key))
    status, sentence = UNOPENED[code]
    fault = Fault.refuse(code, http_status=status)
    stage.cloud.faults.script("GetObject", fault, times=1_000, key="incoming/*")
    report = stage.report(stage.invoke(TIMER if how == "sweep" else event))
    assert (report["status"], report["reason"]["code"]) == ("refused", "unreadable")
    assert sentence in report["reason"]["message"]
    stage.clock.sleep(300)
    assert stage.invoke(TIMER)["imports"] == []


@pytest.mark.parametrize("key", ["incoming/1001/a/../b.csv", "incoming/1001/./b.csv", "incoming/1001/%2E%2E/b.csv"])
def test_a_file_that_nobody_can_ask_for_is_refused(stage: Stage, key: str) -> None:
    """HTTP clients resolve `.` and `..`: its owner is told to give it another name, in a report that can be read."""
    for event in (stage.drop(b"email\nann@example.com\n", key), TIMER):
        for imported in stage.invoke(event)["imports"]:
            report = stage.report({"imports": [imported]})
            assert (report["status"], report["source"]["key"]) == ("refused", key)
            assert "give it another name" in report["reason"]["message"]
            assert "/_/" in imported["report"]
    assert stage.members() == []


def test_a_file_whose_checksum_never_fits_is_refused(stage: Stage) -> None:
    """Three readings are enough."""
    key = f"incoming/{GROUP}/list.csv"
    version = stage.cloud.objects.put(BUCKET, key, b"email\nann@example.com\n")
    object.__setattr__(version.content, "crc64", 7)  # what the bucket says of it is wrong
    event = stage.event(key)
    for _ in range(2):
        with pytest.raises(TryLater, match="checksum"):
            stage.invoke(event)
    report = stage.report(stage.invoke(event))
    assert (report["status"], report["reason"]["code"]) == ("refused", "damaged")
    assert "drop it once more" in report["reason"]["message"]


WHO_SAID_NO = (
    "Email,Status\nada@example.com,active\nben@example.com,unsubscribed\nADA@example.com,bounced\ncyd@example.com,\n"
)


def test_who_said_no_is_written_to_by_nobody(stage: Stage) -> None:
    """Neither sent nor held back for another day: they stand in skipped.csv with the value that said so."""
    report = stage.run(WHO_SAID_NO.encode())
    assert stage.members() == ["cyd@example.com"]
    assert (report["status"], report["rows"]["imported"], report["rows"]["no_consent"]) == ("imported", 1, 3)
    assert report["file"]["consent_column"] == "Status"
    assert report["file"]["consent_values"] == {"unsubscribed": 1, "bounced": 1}
    assert report["files"].keys() == {"imported", "skipped"}
    assert "“Status” says “unsubscribed”" in stage.text(report["files"]["skipped"])
    page = stage.text(f"{report['files']['skipped'].rpartition('/')[0]}/report.html")
    assert "3 rows were left out because their people want no mail." in page


def test_who_said_no_is_sent_where_somebody_says_so(stage: Stage) -> None:
    """The deployer by a setting, with a warning; the owner of the file by its metadata."""
    report = stage.run(WHO_SAID_NO.encode(), ON_NO_CONSENT="send")
    assert (report["rows"]["imported"], report["rows"]["no_consent"]) == (3, 0)
    assert [(each["code"], each["count"]) for each in report["warnings"]] == [("consent_sent", 2)]
    stage.cloud.groups.create("autumn", receiver_id=1002)
    told = stage.invoke(stage.drop(WHO_SAID_NO.encode(), "incoming/1002/list.csv", only=quote("Status=unsubscribed")))
    report = stage.report(told)
    assert (stage.members(1002), report["rows"]["no_consent"]) == (["ben@example.com"], 3)


def test_a_file_that_is_called_as_lists_of_people_who_said_no_are_is_refused(stage: Stage) -> None:
    """Folders do not matter; the metadata overrule it."""
    key = "incoming/1001/bounces/退订名单.csv"
    report = stage.run(b"email\nada@example.com\n", key)
    assert (report["status"], report["reason"]["code"]) == ("refused", "no_consent")
    assert "“退订名单.csv”" in report["reason"]["message"]
    report = stage.report(stage.invoke(stage.drop(b"email\nada@example.com\n", key, only="*")))
    assert (report["status"], stage.members()) == ("imported", ["ada@example.com"])
    assert stage.run(b"email\nben@example.com\n", "incoming/1001/bounces/list.csv")["status"] == "imported"


def test_who_is_blocked_is_left_out_and_told_apart(stage: Stage) -> None:
    """From those who want no mail: by the reason in skipped.csv, by a warning, and by what is to be done."""
    stage.cloud.groups.black_list.put(["ADA@example.com", "cyd@example.com"])
    report = stage.run(b"email\nada@example.com\nben@example.com\ncyd@example.com\n", SKIP_BLOCKED="true")
    assert (stage.members(), report["status"], report["rows"]["no_consent"]) == (["ben@example.com"], "imported", 2)
    assert [(each["code"], each["count"]) for each in report["warnings"]] == [("blocked", 2)]
    skipped = stage.text(report["files"]["skipped"]).splitlines()
    assert [row.split(",")[:3] for row in skipped[1:]] == [
        ["ada@example.com", "2", "blocked"],
        ["cyd@example.com", "4", "blocked"],
    ]
    page = stage.text(f"{report['files']['skipped'].rpartition('/')[0]}/report.html")
    assert "on the mail service&#39;s own black list, and which are left out: 2." in page
    assert "because their people want no mail" not in page
    assert "x-cos-meta-only" not in page


def test_who_is_blocked_is_left_out_whatever_is_said_of_consent(stage: Stage) -> None:
    """The black list has a switch of its own: neither ON_NO_CONSENT nor the file's owner turns it off."""
    stage.cloud.groups.black_list.put(["ada@example.com"])
    event = stage.drop(WHO_SAID_NO.encode(), only="*")
    report = stage.report(stage.invoke(event, SKIP_BLOCKED="true", ON_NO_CONSENT="send"))
    assert stage.members() == ["ben@example.com", "cyd@example.com"]
    assert (report["rows"]["no_consent"], report["rows"]["duplicate"]) == (1, 1)


def test_a_damaged_report_is_written_anew(stage: Stage) -> None:
    """By whoever meets it: nothing is sent twice, and the file does not fail for ever."""
    event = stage.drop(b"email\nann@example.com\n")
    (imported,) = stage.invoke(event)["imports"]
    for key in stage.keys("state/imports/"):
        stage.cloud.objects.delete(BUCKET, key)
    stage.cloud.objects.put(BUCKET, imported["report"], b"{")
    report = stage.report(stage.invoke(event))
    assert report["rows"]["already_in_group"] == 1
    assert stage.members() == ["ann@example.com"]
