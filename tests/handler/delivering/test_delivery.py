"""What the service may answer to a write request, and what becomes of the group and of the report."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

import pytest

from handler import limits
from handler.errors import OperatorProblem, TryLater
from local.cloud import Call, Fault
from tests.stage import GROUP, Stage

BATCH = 10
ADDRESSES = [f"user{number:02}@example.com" for number in range(25)]
"""Three requests: 10, 10 and 5."""
SIZES = [10, 10, 5]

pytestmark = pytest.mark.data

UNKNOWN = {
    "no answer, no effect": Fault.drop_before(),
    "no answer, full effect": Fault.drop_after(),
    "503, no effect": Fault.status(503),
    "500, full effect": Fault.status_after(500),
    "504, full effect": Fault.status_after(504),
    "a page of HTML, no effect": Fault.not_json(),
    "a page of HTML, full effect": Fault.not_json(applied=True),
    "an error that looks like a success": Fault.charset_header("InternalError"),
    "no counts, no effect": Fault.no_counts(applied=False),
    "no counts, full effect": Fault.no_counts(),
    "an answer cut off at once": Fault.cut(0),
    "an answer cut off half way": Fault.cut(40),
    "InternalError": Fault.refuse("InternalError"),
    "FailedOperation": Fault.refuse("FailedOperation"),
    "a code nobody has heard of": Fault.refuse("FailedOperation.SomethingNew"),
    "another code nobody has heard of": Fault.refuse("ServiceUnavailable"),
}
NOTHING_HAPPENED = [
    "RequestLimitExceeded",
    "RequestLimitExceeded.UinLimitExceeded",
    "FailedOperation.ServiceNotAvailable",
]
REFUSED_FOR_GOOD = [
    "InvalidParameterValue.TemplateDataError",
    "InvalidParameterValue.TemplateDataInconsistent",
    "LimitExceeded.ReceiverDetailCountLimit",
    "LimitExceeded.ReceiverDetailRequestLimit",
    "MissingParameter.EmailsNecessary",
    "MissingParameter.ReceiverIdNecessary",
    "OperationDenied.ReceiverNotExist",
    "OperationDenied",
    "InvalidParameter",
    "RequestSizeLimitExceeded",
]
OPERATOR_MUST_ACT = [
    "AuthFailure.SignatureExpire",
    "AuthFailure.SecretIdNotFound",
    "AuthFailure.UnauthorizedOperation",
    "UnauthorizedOperation",
    "UnsupportedRegion",
    "IpNotInWhitelist",
]


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BATCH_SIZE", BATCH)


def list_of(addresses: Sequence[str]) -> bytes:
    return "\n".join(["email", *addresses, ""]).encode()


def rows_of(stage: Stage, report: dict[str, Any], name: str) -> list[tuple[str, str]]:
    """The addresses of a list, each with its reason."""
    return [(row["email"], row["reason"]) for row in csv.DictReader(io.StringIO(stage.text(report["files"][name])))]


def interrupted(stage: Stage) -> dict[str, Any]:
    """The report of an import that is to go on by itself."""
    (key,) = [key for key in stage.keys("reports/") if key.endswith("report.json")]
    return stage.report({"imports": [{"report": key}]})


@pytest.mark.parametrize(("name", "nth"), [(name, 1 + at % 3) for at, name in enumerate(UNKNOWN)])
def test_an_unknown_outcome_leaves_the_group_exact(stage: Stage, name: str, nth: int) -> None:
    """Every address once, whether the call had its effect or not, and never a request more than is needed."""
    fault = UNKNOWN[name]
    stage.cloud.faults.script("CreateReceiverDetail", fault, nth)
    report = stage.run(list_of(ADDRESSES))
    assert stage.members() == ADDRESSES
    assert (report["status"], report["rows"]["imported"]) == ("imported", 25)
    assert stage.calls("CreateReceiverDetail") == (3 if fault.applied else 4)
    assert [batch["outcome"] for batch in report["batches"]] == ["accepted"] * 3
    attempts = [1, 1, 1]
    attempts[nth - 1] += not fault.applied
    assert [batch["attempts"] for batch in report["batches"]] == attempts
    known = [bool(batch["service_counts"]) for batch in report["batches"]]
    assert known == [number != nth or not fault.applied for number in (1, 2, 3)]


@pytest.mark.parametrize(
    ("name", "admits", "shows"),
    [
        ("no answer, no effect", True, "at_end"),
        ("no answer, no effect", False, "at_once"),
        ("no answer, full effect", True, "gradually"),
        ("no answer, full effect", True, "at_once"),
        ("no answer, full effect", False, "at_end"),
    ],
)
def test_an_unknown_outcome_is_judged_once_the_upload_is_done(
    stage: Stage, name: str, admits: bool, shows: Any
) -> None:
    """While the group is uploading its members prove nothing: nobody is sent twice because they are not there yet."""
    groups = stage.cloud.groups
    groups.upload_seconds, groups.admits_during_upload, groups.shows = 40, admits, shows
    stage.cloud.faults.script("CreateReceiverDetail", UNKNOWN[name], 2)
    report = stage.run(list_of(ADDRESSES))
    assert sorted(stage.members()) == ADDRESSES
    assert (report["status"], report["rows"]["imported"]) == ("imported", 25)


def test_a_member_of_an_unknown_batch_that_is_missing_is_sent_alone(stage: Stage) -> None:
    """A batch that arrived in part is completed, not repeated."""
    stage.cloud.groups.loses = {ADDRESSES[12], ADDRESSES[17]}
    stage.cloud.faults.script("CreateReceiverDetail", Fault.drop_after(), 2)
    sizes = []

    def keep_from_then_on(call: Any) -> None:
        if call.is_called("CreateReceiverDetail"):
            sizes.append(call.size)
        if call.action == "ListReceiverDetails" and sizes:
            stage.cloud.groups.loses = ()

    stage.cloud.faults.hook = keep_from_then_on
    report = stage.run(list_of(ADDRESSES))
    assert sizes == [10, 10, 2, 5]
    assert sorted(stage.members()) == ADDRESSES
    assert (report["status"], report["rows"]["imported"]) == ("imported", 25)


@pytest.mark.parametrize(("nth", "times"), [(1, 3), (2, 1)])
@pytest.mark.parametrize("code", NOTHING_HAPPENED)
def test_what_had_no_effect_is_sent_again_after_a_pause(stage: Stage, code: str, nth: int, times: int) -> None:
    """The service says so itself, so nobody is read back after the plan is made; the pauses grow."""
    stage.cloud.faults.script("CreateReceiverDetail", Fault.refuse(code), nth, times=times)
    report = stage.run(list_of(ADDRESSES))
    assert stage.members() == ADDRESSES
    assert report["status"] == "imported"
    assert (stage.calls("CreateReceiverDetail"), stage.calls("ListReceiverDetails")) == (3 + times, 1)
    assert report["batches"][nth - 1]["attempts"] == 1 + times
    assert len(set(report["batches"][nth - 1]["request_ids"])) == 1 + times
    assert stage.clock.monotonic() >= {1: 0.5, 3: 0.5 + 1 + 2}[times]


@pytest.mark.parametrize("admits", [True, False])
@pytest.mark.parametrize("shows", ["at_end", "at_once", "gradually"])
def test_uploads_that_take_time_are_waited_for(stage: Stage, admits: bool, shows: Any) -> None:
    """Whether the service takes further batches meanwhile or not; the import is done when the group is uploaded."""
    groups = stage.cloud.groups
    groups.upload_seconds, groups.admits_during_upload, groups.shows = 30, admits, shows
    report = stage.run(list_of(ADDRESSES))
    assert sorted(stage.members()) == ADDRESSES
    assert report["status"] == "imported"
    assert report["group"]["upload_finished"]
    assert report["group"]["count_after"] == 25
    assert stage.calls("CreateReceiverDetail") == (3 if admits else 5)
    assert stage.clock.monotonic() >= (30 if admits else 90)


def test_a_group_that_only_says_that_it_is_uploading_is_not_hammered(stage: Stage) -> None:
    """Where status and answer disagree there are pauses between the requests, and an end to them."""
    stage.cloud.faults.script("CreateReceiverDetail", Fault.refuse("OperationDenied.ReceiverIsOperating"), times=10_000)
    with pytest.raises(TryLater, match="time left"):
        stage.invoke(stage.drop(list_of(ADDRESSES)))
    assert stage.calls("CreateReceiverDetail") < 100
    report = interrupted(stage)
    assert (report["status"], report["rows"]["not_attempted"]) == ("interrupted", 25)


@pytest.mark.parametrize(("code", "nth"), [(code, 1 + at % 2) for at, code in enumerate(REFUSED_FOR_GOOD)])
def test_what_is_refused_for_good_stops_the_import(stage: Stage, code: str, nth: int) -> None:
    """The report has the service's own code, remaining.csv has exactly those that are not in the group."""
    stage.cloud.faults.script("CreateReceiverDetail", Fault.refuse(code), nth)
    report = stage.run(list_of(ADDRESSES))
    sent = (nth - 1) * BATCH
    assert stage.members() == ADDRESSES[:sent]
    assert (report["status"], report["reason"]["code"]) == ("partial" if sent else "refused", code)
    assert (report["rows"]["imported"], report["rows"]["not_attempted"]) == (sent, 25 - sent)
    assert [batch["outcome"] for batch in report["batches"]] == {
        1: ["refused", "not_attempted", "not_attempted"],
        2: ["accepted", "refused", "not_attempted"],
    }[nth]
    assert rows_of(stage, report, "remaining") == [(address, "not_attempted") for address in ADDRESSES[sent:]]
    assert stage.calls("CreateReceiverDetail") == nth


@pytest.mark.parametrize("code", OPERATOR_MUST_ACT)
def test_what_the_operator_must_mend_is_raised_and_goes_on_afterwards(stage: Stage, code: str) -> None:
    """The platform hears of it, the report says that it goes on, nothing counts as unconfirmed, and it does go on."""
    stage.cloud.faults.script("CreateReceiverDetail", Fault.refuse(code), 2)
    event = stage.drop(list_of(ADDRESSES))
    with pytest.raises(OperatorProblem, match=code):
        stage.invoke(event)
    report = interrupted(stage)
    assert report["status"] == "interrupted"
    assert (report["rows"]["imported"], report["rows"]["not_attempted"], report["rows"]["unconfirmed"]) == (10, 15, 0)
    report = stage.report(stage.invoke(event))
    assert (report["status"], stage.members()) == ("imported", ADDRESSES)


@pytest.mark.parametrize(
    ("fault", "fate"),
    [
        (Fault.refuse("RequestLimitExceeded"), "not_attempted"),
        (Fault.refuse("FailedOperation.ServiceNotAvailable"), "not_attempted"),
        (Fault.refuse("InternalError"), "unconfirmed"),
        (Fault.drop_before(), "unconfirmed"),
        (Fault.status(502), "unconfirmed"),
    ],
    ids=lambda value: getattr(value, "code", "") or getattr(value, "name", value),
)
def test_what_does_not_pass_is_left_for_later(stage: Stage, fault: Fault, fate: str) -> None:
    """After so many tries, or where the account makes too many requests as long as there is time, the import is
    interrupted; it goes on where it stood, and the group ends exact."""
    stage.cloud.faults.script("CreateReceiverDetail", fault, 2, times=1_000)
    event = stage.drop(list_of(ADDRESSES))
    with pytest.raises(TryLater, match=r"8 times|not enough time left"):
        stage.invoke(event)
    report = interrupted(stage)
    assert report["status"] == "interrupted"
    assert report["rows"] == {**dict.fromkeys(report["rows"], 0), "total": 25, "imported": 10} | (
        {"not_attempted": 15} if fate == "not_attempted" else {"unconfirmed": 10, "not_attempted": 5}
    )
    tries = stage.calls("CreateReceiverDetail") - 1
    assert tries > 8 if fault.code == "RequestLimitExceeded" else tries == 8
    stage.cloud.faults.clear()
    report = stage.report(stage.invoke(event))
    assert (report["status"], stage.members()) == ("imported", ADDRESSES)


def test_a_failure_that_the_service_repeats_without_effect_is_a_refusal(stage: Stage) -> None:
    """`FailedOperation` again and again, and each time the group shows that nothing happened."""
    stage.cloud.faults.script("CreateReceiverDetail", Fault.refuse("FailedOperation"), 2, times=1_000)
    report = stage.run(list_of(ADDRESSES))
    assert (report["status"], report["reason"]["code"]) == ("partial", "FailedOperation")
    assert stage.members() == ADDRESSES[:10]
    assert rows_of(stage, report, "remaining") == [(address, "not_attempted") for address in ADDRESSES[10:]]


@pytest.mark.parametrize("name", [*UNKNOWN, *NOTHING_HAPPENED][::2])
def test_reading_is_repeated_whatever_went_wrong(stage: Stage, name: str) -> None:
    """Reading twice does no harm: not the groups, and not the members."""
    stage.add(ADDRESSES[:1])
    fault = UNKNOWN.get(name) or Fault.refuse(name)
    stage.cloud.faults.script("ListReceivers", fault, times=2)
    stage.cloud.faults.script("ListReceiverDetails", fault, times=2)
    report = stage.run(list_of(ADDRESSES))
    assert (report["status"], stage.members()) == ("imported", ADDRESSES)
    assert report["rows"]["already_in_group"] == 1


@pytest.mark.parametrize(
    ("code", "action"),
    [
        ("RequestLimitExceeded", "ListReceiverDetails"),
        ("InternalError", "ListReceivers"),
        ("InvalidParameter", "ListReceiverDetails"),
    ],
)
def test_reading_that_keeps_failing_during_the_delivery_interrupts_it(stage: Stage, code: str, action: str) -> None:
    """The report says that it goes on by itself, and whoever must act hears of it."""
    stage.cloud.faults.script("CreateReceiverDetail", Fault.drop_after(), 2)
    stage.cloud.faults.hook = lambda call: (
        Fault.refuse(code) if call.action == action and stage.calls("CreateReceiverDetail") == 2 else None
    )
    event = stage.drop(list_of(ADDRESSES))
    with pytest.raises(OperatorProblem if code == "InvalidParameter" else TryLater):
        stage.invoke(event)
    report = interrupted(stage)
    assert (report["status"], report["rows"]["unconfirmed"], report["rows"]["not_attempted"]) == ("interrupted", 10, 5)
    stage.cloud.faults.clear()
    report = stage.report(stage.invoke(event))
    assert (report["status"], stage.members()) == ("imported", ADDRESSES)


def test_a_group_deleted_meanwhile_is_said_to_be_gone(stage: Stage) -> None:
    """Nobody can know what became of the batch under way, and what was accepted before never showed; the rest was not
    attempted."""
    stage.cloud.faults.script("CreateReceiverDetail", Fault.drop_after(), 2)

    def delete(call: Any) -> None:
        if call.action == "ListReceivers" and stage.calls("CreateReceiverDetail") == 2:
            stage.cloud.groups.delete(GROUP)
            stage.cloud.faults.hook = None

    stage.cloud.faults.hook = delete
    report = stage.run(list_of(ADDRESSES))
    assert (report["status"], report["reason"]["code"]) == ("partial", "group_not_found")
    assert (report["rows"]["imported"], report["rows"]["unconfirmed"]) == (0, 20)
    assert rows_of(stage, report, "remaining") == [
        (address, "unconfirmed" if place < 20 else "not_attempted") for place, address in enumerate(ADDRESSES)
    ]


def test_a_group_that_settles_too_slowly_is_still_uploading(stage: Stage) -> None:
    """After SETTLE_SECONDS the report says so, and names no one as missing."""
    stage.cloud.groups.upload_seconds = 500
    report = stage.run(list_of(ADDRESSES), SETTLE_SECONDS="60")
    assert report["status"] == "uploading"
    assert not report["group"]["upload_finished"]
    assert (report["rows"]["imported"], report["rows"]["rejected"], report["reason"]) == (25, 0, None)
    assert 60 <= stage.clock.monotonic() < 70
    assert "remaining" not in report["files"]


def test_only_what_the_service_names_invalid_is_rejected(stage: Stage) -> None:
    """It stands in rejected.csv with what the service says of it, and the counts add up."""
    stage.cloud.groups.refuses = {ADDRESSES[14]}
    report = stage.run(list_of(ADDRESSES) + b"no address\n")
    assert (report["status"], report["rows"]["imported"], report["rows"]["rejected"]) == ("imported", 24, 2)
    assert report["rejected_by_reason"] == {"missing_at": 1, "refused_by_service": 1}
    rows = list(csv.DictReader(io.StringIO(stage.text(report["files"]["rejected"]))))
    assert [(row["email"], row["line"], row["reason"]) for row in rows] == [
        ("no address", "27", "missing_at"),
        (ADDRESSES[14], "16", "refused_by_service"),
    ]
    assert rows[1]["message"] == "The service marked this address invalid: invalid address."


def test_what_does_not_show_is_looked_for_and_then_unconfirmed(stage: Stage) -> None:
    """The service says that it took every address, and one never shows: sweeps look for it, ever more seldom, and a day
    later the report says so. It is not rejected: nobody knows."""
    groups = stage.cloud.groups
    groups.loses, groups.counts_lost = {ADDRESSES[3]}, True
    report = stage.run(list_of(ADDRESSES))
    assert (report["status"], report["rows"]["imported"], report["rows"]["rejected"]) == ("uploading", 25, 0)
    reads = stage.calls("ListReceiverDetails")
    for _ in range(24):
        stage.clock.sleep(3_600)
        result = stage.invoke({"Type": "Timer"})
        if not result["imports"] or result["imports"][0]["status"] != "uploading":
            break
    report = stage.report(result)
    assert 86_000 < stage.clock.monotonic() < 94_000
    assert stage.calls("ListReceiverDetails") - reads < 15
    assert (report["status"], report["reason"]["code"]) == ("partial", "unconfirmed")
    assert (report["rows"]["imported"], report["rows"]["unconfirmed"], report["rows"]["rejected"]) == (24, 1, 0)
    assert rows_of(stage, report, "remaining") == [(ADDRESSES[3], "unconfirmed")]
    assert "rejected" not in report["files"]
    assert stage.invoke({"Type": "Timer"})["imports"] == []


def test_what_the_service_itself_did_not_take_is_unconfirmed_at_once(stage: Stage) -> None:
    """Its answer counts one less, and the group comes to just that: nobody waits for a day."""
    stage.cloud.groups.loses, stage.cloud.groups.counts_lost = {ADDRESSES[3]}, False
    report = stage.run(list_of(ADDRESSES))
    assert (report["status"], report["reason"]["code"]) == ("partial", "unconfirmed")
    assert (report["rows"]["imported"], report["rows"]["unconfirmed"], report["rows"]["rejected"]) == (24, 1, 0)
    assert rows_of(stage, report, "remaining") == [(ADDRESSES[3], "unconfirmed")]


def test_what_shows_late_is_imported(stage: Stage) -> None:
    """The status says at once that the upload is done, and the members come later than anybody waits: the sweep that
    finds them says that they were imported, and nothing was ever called rejected."""
    stage.cloud.groups.loses = set(ADDRESSES[5:15])
    stage.cloud.groups.counts_lost = True
    assert stage.run(list_of(ADDRESSES))["status"] == "uploading"
    stage.cloud.groups.loses = ()
    stage.add(ADDRESSES[5:15])
    stage.clock.sleep(300)
    report = stage.report(stage.invoke({"Type": "Timer"}))
    assert (report["status"], report["rows"]["imported"]) == ("imported", 25)
    assert stage.calls("CreateReceiverDetail") == 3


def test_a_member_that_was_invalid_before_is_not_counted_against_the_file(stage: Stage) -> None:
    """It was in the group already, and that is what the row's fate is."""
    groups = stage.cloud.groups
    groups.refuses = {ADDRESSES[0]}
    stage.add(ADDRESSES[:2])
    report = stage.run(list_of(ADDRESSES))
    assert (report["status"], stage.members()) == ("imported", ADDRESSES)
    assert (report["rows"]["already_in_group"], report["rows"]["imported"], report["rows"]["rejected"]) == (2, 23, 0)


@pytest.mark.parametrize("drops_repeats", ["never", "request", "group"])
def test_repeats_are_never_sent_whatever_the_service_does_with_them(stage: Stage, drops_repeats: Any) -> None:
    """Neither within a request nor of what is in the group: the group is the union, in any spelling."""
    stage.cloud.groups.drops_repeats = drops_repeats
    stage.add(["USER03@Example.com", "somebody.else@example.com"])
    rows = [*ADDRESSES, ADDRESSES[5].upper(), f" {ADDRESSES[6]} "]
    report = stage.run(list_of(rows))
    assert [member.lower() for member in stage.members()] == [
        ADDRESSES[3],
        "somebody.else@example.com",
        *(address for address in ADDRESSES if address != ADDRESSES[3]),
    ]
    assert (report["rows"]["imported"], report["rows"]["already_in_group"], report["rows"]["duplicate"]) == (24, 1, 2)
    assert {batch["service_counts"]["RepeatCount"] for batch in report["batches"]} == {0}


def test_counts_that_differ_have_the_members_read(stage: Stage) -> None:
    """The service took all and says that it took fewer: the group is looked at, and it has them all."""
    stage.cloud.groups.loses, stage.cloud.groups.counts_lost = {ADDRESSES[0]}, False

    def add_late(call: Any) -> None:
        if call.action == "ListReceivers" and stage.calls("CreateReceiverDetail") == 3:
            stage.cloud.faults.hook = None
            stage.cloud.groups.loses = ()
            stage.add(ADDRESSES[:1])

    stage.cloud.faults.hook = add_late
    report = stage.run(list_of(ADDRESSES))
    assert report["batches"][0]["service_counts"]["ValidCount"] == 9
    assert (report["status"], report["rows"]["imported"], report["rows"]["rejected"]) == ("imported", 25, 0)
    assert stage.calls("ListReceiverDetails") == 2  # for the plan, and to compare


def test_no_batch_is_begun_without_the_time_for_it(stage: Stage) -> None:
    """A request may take a minute: with less left the import is interrupted before it, and nothing is unknown."""
    stage.cloud.groups.upload_seconds, stage.cloud.groups.admits_during_upload = 45, False
    event = stage.drop(list_of(ADDRESSES))
    with pytest.raises(TryLater, match="not enough time left"):
        stage.invoke(event, seconds=140)
    report = interrupted(stage)
    assert (report["status"], report["rows"]["unconfirmed"]) == ("interrupted", 0)
    assert report["rows"]["not_attempted"] > 0
    for _ in range(5):
        try:
            report = stage.report(stage.invoke(event, seconds=140))
            break
        except TryLater:
            continue
    assert (report["status"], stage.members()) == ("imported", ADDRESSES)


def test_a_batch_that_arrived_in_part_and_was_then_refused_is_part_of_the_import(stage: Stage) -> None:
    """What came of the first try is in the group by this import, so the file was not refused as a whole."""
    stage.cloud.groups.loses = set(ADDRESSES[6:])
    stage.cloud.faults.script("CreateReceiverDetail", Fault.drop_after())
    stage.cloud.faults.script("CreateReceiverDetail", Fault.refuse("LimitExceeded.ReceiverDetailCountLimit"), 2)
    report = stage.run(list_of(ADDRESSES))
    assert stage.members() == ADDRESSES[:6]
    assert (report["rows"]["imported"], report["rows"]["not_attempted"]) == (6, 19)
    assert (report["status"], report["batches"][0]["outcome"]) == ("partial", "refused")
    assert rows_of(stage, report, "remaining") == [(address, "not_attempted") for address in ADDRESSES[6:]]


def test_a_refusal_stands_whoever_comes_next(stage: Stage) -> None:
    """A sweep that waits for the upload of the other batches sends nothing more, and gives the service's reason."""
    stage.cloud.groups.upload_seconds = 500
    stage.cloud.faults.script("CreateReceiverDetail", Fault.refuse("InvalidParameter"), 2)
    report = stage.run(list_of(ADDRESSES), SETTLE_SECONDS="60")
    assert (report["status"], report["reason"]["code"]) == ("uploading", "InvalidParameter")
    stage.clock.sleep(500)
    report = stage.report(stage.invoke({"Type": "Timer"}))
    assert (report["status"], report["reason"]["code"]) == ("partial", "InvalidParameter")
    assert (report["rows"]["imported"], report["rows"]["not_attempted"]) == (10, 15)
    assert stage.calls("CreateReceiverDetail") == 2


def test_a_refused_batch_is_counted_the_same_by_whoever_comes_next(stage: Stage) -> None:
    """What somebody else had added, and what had come of it by a request that was lost, is not named once more."""
    code = "FailedOperation.ServiceNotAvailable"
    stage.cloud.faults.script("CreateReceiverDetail", Fault.refuse(code), times=1_000)
    with pytest.raises(TryLater):
        stage.invoke(stage.drop(list_of(ADDRESSES)))
    stage.add(ADDRESSES[2:4])
    stage.cloud.faults.clear()
    stage.cloud.groups.loses = set(ADDRESSES[6:])
    answers = iter([Fault.drop_after(), Fault.refuse("LimitExceeded.ReceiverDetailCountLimit")])

    def answer(call: Call) -> Fault | None:
        fault = next(answers) if call.is_called("CreateReceiverDetail") else None
        if fault and not fault.applied:  # somebody has filled it, and is still uploading
            stage.cloud.groups.upload(GROUP, ["other@example.com"], seconds=500)
        return fault

    stage.cloud.faults.hook = answer
    reports = []
    for _ in range(2):
        stage.clock.sleep(500)
        reports.append(stage.report(stage.invoke({"Type": "Timer"})))
    assert [report["status"] for report in reports] == ["uploading", "partial"]
    rows = {"total": 25, "imported": 4, "already_in_group": 2, "not_attempted": 19}
    assert [{fate: count for fate, count in report["rows"].items() if count} for report in reports] == [rows, rows]
    assert rows_of(stage, reports[1], "remaining") == [(address, "not_attempted") for address in ADDRESSES[6:]]


def test_what_another_import_brought_stays_its_own_through_every_interruption(stage: Stage) -> None:
    """Found by the first one that resumes, known to the second one, and listed where it can be looked up."""
    code = "FailedOperation.ServiceNotAvailable"
    stage.cloud.faults.script("CreateReceiverDetail", Fault.refuse(code), times=1_000)
    event = stage.drop(list_of(ADDRESSES))
    with pytest.raises(TryLater):
        stage.invoke(event)
    stage.add(ADDRESSES[2:4])
    stage.cloud.faults.clear()
    stage.cloud.faults.script("CreateReceiverDetail", Fault.drop_after())
    stage.cloud.faults.script("ListReceiverDetails", Fault.refuse("InternalError"), 2, times=1_000)
    with pytest.raises(TryLater):
        stage.invoke(event)
    stage.cloud.faults.clear()
    report = stage.report(stage.invoke(event))
    assert sorted(stage.members()) == ADDRESSES
    assert (report["status"], report["rows"]["imported"], report["rows"]["already_in_group"]) == ("imported", 23, 2)
    skipped = list(csv.DictReader(io.StringIO(stage.text(report["files"]["skipped"]))))
    assert [(row["email"], row["reason"]) for row in skipped] == [
        (address, "already_in_group") for address in ADDRESSES[2:4]
    ]


def test_a_count_that_is_right_by_chance_is_not_believed_later(stage: Stage) -> None:
    """While nobody looked an address was lost and a stranger came: the sweep does not take the one for the other."""
    stage.cloud.groups.upload_seconds, stage.cloud.groups.loses = 500, {ADDRESSES[7]}
    stage.cloud.groups.counts_lost = True
    assert stage.run(list_of(ADDRESSES), SETTLE_SECONDS="60")["status"] == "uploading"
    stage.cloud.groups.loses = ()
    stage.add(["stranger@example.com"])
    stage.clock.sleep(500)
    report = stage.report(stage.invoke({"Type": "Timer"}))
    assert (report["group"]["count_after"], report["status"]) == (25, "uploading")
    stage.clock.sleep(86_400)
    report = stage.report(stage.invoke({"Type": "Timer"}))
    assert (report["status"], report["rows"]["imported"], report["rows"]["unconfirmed"]) == ("partial", 24, 1)
    assert rows_of(stage, report, "remaining") == [(ADDRESSES[7], "unconfirmed")]
