"""report.json: the names and meanings that scripts hold on to."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from handler.delivering.outcome import Outcome
from handler.intake.source import Import, SourceFacts
from handler.planning.group import Group
from handler.planning.plan import Batch, BatchOutcome, ImportPlan, ListedFile, Refusal, RowCounts, Share
from handler.reading.tables import FileFacts
from handler.reporting.report import FINAL, Report, ReportReason, build_report, build_unread
from handler.said import Said

NOW = datetime(2026, 11, 23, 8, 0, 0, 654_321, tzinfo=timezone.utc)
COUNTS = {"TotalCount": 3, "ValidCount": 3, "TooLongCount": 0, "EmptyEmailCount": 0, "RepeatCount": 0}
SOURCE = SourceFacts("drops-1250000000", "incoming/1001/春.csv", None, "etag", 1834021, "2026-11-23T08:00:00Z")
BATCHES = (
    Batch(1, 0, 3, "accepted", 2, ("r1", "r2"), COUNTS),
    Batch(2, 3, 3, "refused", 1, ("r3",)),
    Batch(3, 6, 1, "sending", 1),
    Batch(4, 7, 1),
)


def import_of(receiver_id: int | None) -> Import:
    return Import("3f9c0d1e2b4a5968", SOURCE, receiver_id, "reports/1001/春.csv/3f9c0d1e2b4a5968/", "event")


def plan_of(batches: tuple[Batch, ...] = BATCHES) -> ImportPlan:
    return ImportPlan(
        of=import_of(1001),
        shares=(Share(Group(1001, "spring", 120, uploading=False)),),
        facts=FileFacts("csv", None, "utf-8", ",", header=True, email_column="email"),
        counts=RowCounts(0, 1, 2, 3, 4, 5, 8, 0),
        rejected_by_reason={"syntax": 2, "missing_at": 1},
        headings=("email",),
        listed={"skipped": ListedFile("s", 3, 9, truncated=False), "rejected": ListedFile("r", 3, 9, truncated=True)},
        started_at=NOW,
        batches=batches,
    )


NOT_ACCEPTED = Said("file.service", what=Said("what.not_accepted"), code="OperationDenied")


def told(report: Report) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(report.to_json())
    return loaded


def test_every_field_is_as_the_contract_says() -> None:
    """Names, order and forms."""
    outcome = Outcome(
        BATCHES,
        Group(1001, "spring", 123, uploading=False),
        settled=True,
        refusal=Refusal("OperationDenied", NOT_ACCEPTED),
        not_attempted=frozenset({3, 4, 5, 7}),
        unconfirmed=frozenset({6}),
    )
    report = told(build_report(plan_of(), outcome, "partial", NOW + timedelta(seconds=6.42)))
    batches = report.pop("batches")
    assert report == {
        "report_version": 1,
        "import_id": "3f9c0d1e2b4a5968",
        "status": "partial",
        "reason": {
            "code": "OperationDenied",
            "message": "SES: the request was not accepted (OperationDenied)",
            "said": {
                "code": "file.service",
                "fields": {"what": {"code": "what.not_accepted", "fields": {}}, "code": "OperationDenied"},
            },
        },
        "source": {
            "bucket": "drops-1250000000",
            "key": "incoming/1001/春.csv",
            "version_id": None,
            "etag": "etag",
            "size": 1834021,
            "last_modified": "2026-11-23T08:00:00Z",
        },
        "file": {
            "format": "csv",
            "compression": None,
            "encoding": "utf-8",
            "delimiter": ",",
            "header": True,
            "email_column": "email",
            "other_email_columns": [],
            "records": None,
            "tables": [],
            "consent_column": None,
            "consent_values": {},
            "template_data": {},
        },
        "group": {
            "receiver_id": 1001,
            "name": "spring",
            "limit": 50000,
            "count_before": 120,
            "count_after": 123,
            "upload_finished": True,
            "created": False,
        },
        "groups": [
            {
                "receiver_id": 1001,
                "name": "spring",
                "limit": 50000,
                "count_before": 120,
                "count_after": 123,
                "upload_finished": True,
                "created": False,
                "planned": 8,
                "imported": 3,
            }
        ],
        "rows": {
            "total": 23,
            "imported": 3,
            "already_in_group": 1,
            "duplicate": 2,
            "rejected": 3,
            "empty": 4,
            "over_capacity": 5,
            "not_attempted": 4,
            "unconfirmed": 1,
            "no_consent": 0,
        },
        "rejected_by_reason": {"syntax": 2, "missing_at": 1},
        "warnings": [],
        "files": {"rejected": "r", "skipped": "s"},
        "truncated": ["rejected"],
        "started_at": "2026-11-23T08:00:00Z",
        "finished_at": "2026-11-23T08:00:07Z",
        "seconds": 6.4,
    }
    assert batches[0] | {"number": 1, "size": 3, "outcome": "accepted", "attempts": 2} == batches[0]
    assert (batches[0]["request_ids"], batches[0]["service_counts"]) == (["r1", "r2"], COUNTS)
    assert [batch["outcome"] for batch in batches] == ["accepted", "refused", "unconfirmed", "not_attempted"]
    assert batches[3]["service_counts"] is None
    assert "春" in build_report(plan_of(), outcome, "partial", NOW).to_json().decode()


@pytest.mark.parametrize(
    ("known", "shown"),
    [("planned", "not_attempted"), ("sending", "unconfirmed"), ("accepted", "accepted"), ("refused", "refused")],
)
def test_each_state_of_a_batch_has_its_word(known: BatchOutcome, shown: str) -> None:
    """Those of the ledger are for the function, those of the report for people."""
    batches = (Batch(1, 0, 8, known),)
    report = build_report(plan_of(batches), Outcome(batches), "interrupted", NOW)
    assert [batch.outcome for batch in report.batches] == [shown]


def test_a_group_that_was_not_looked_at_again_has_no_count_after() -> None:
    """Better nothing than a number of before."""
    report = build_report(plan_of(()), Outcome(()), "interrupted", NOW)
    assert report.group
    assert (report.group.count_after, report.group.upload_finished) == (None, False)


@pytest.mark.parametrize("receiver_id", [1001, None])
def test_a_file_that_was_not_read_has_a_report_all_the_same(receiver_id: int | None) -> None:
    """With no rows, no facts, and the group only where there is one."""
    refusal = Refusal("no_group", Said("file.no_number", header="x-cos-meta-receiver-id"))
    report = told(build_unread(import_of(receiver_id), refusal, NOW))
    assert report["status"] == "refused"
    assert report["reason"] == {
        "code": "no_group",
        "message": "The metadata x-cos-meta-receiver-id is not the number of a recipient group.",
        "said": {"code": "file.no_number", "fields": {"header": "x-cos-meta-receiver-id"}},
    }
    assert set(report["rows"].values()) == {0}
    assert (report["file"], report["batches"], report["files"]) == (None, [], {})
    assert (report["group"] and report["group"]["receiver_id"]) == receiver_id


def test_a_report_is_read_as_it_was_written() -> None:
    """It is how a later delivery of the same event learns what came of it."""
    report = build_report(plan_of(), Outcome(BATCHES), "imported", NOW)
    assert Report.from_json(report.to_json()).to_json() == report.to_json()


def test_a_report_of_a_former_version_is_read() -> None:
    """Its reason has a sentence in English and nothing else."""
    report = told(build_unread(import_of(7), Refusal("no_group", NOT_ACCEPTED), NOW))
    del report["reason"]["said"]
    reason = Report.from_json(json.dumps(report).encode()).reason
    assert reason == ReportReason(code="no_group", message="SES: the request was not accepted (OperationDenied)")


def test_what_is_final_needs_no_more_work() -> None:
    """The other two go on by themselves."""
    assert {"imported", "partial", "refused", "dry_run"} == FINAL
