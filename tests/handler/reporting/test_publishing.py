"""What is written into the bucket: the CSV files of a plan, and what its delivery adds to them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone

import pytest

from handler import limits
from handler.delivering.outcome import Outcome
from handler.intake.source import Import, SourceFacts
from handler.judging.verdicts import Rejection
from handler.planning import lists
from handler.planning.group import Group
from handler.planning.lists import RowFiles
from handler.planning.plan import GoodRows, ImportPlan, RowCounts, Share
from handler.planning.samples import SampleRow
from handler.reading.tables import FileFacts, Table
from handler.reporting.publishing import CSV_TYPE, publish_outcome, publish_rows
from handler.reporting.words import in_english
from handler.said import Said
from handler.state.store import NoState

FOLDER = "reports/1001/list.csv/0123456789abcdef/"
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=timezone.utc)
SOURCE = SourceFacts("drops-1250000000", "incoming/1001/list.csv", None, "etag", 10, "2026-11-23T08:00:00Z")
TABLE = Table(FileFacts("csv", None, "utf-8", ",", header=True, email_column="email"), ("email",), (0,), iter(()))


@dataclass
class Bucket(NoState):
    """Objects by their keys."""

    bodies: dict[str, bytes] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)

    def read_range(self, key: str, start: int, end: int) -> Iterator[bytes]:
        yield self.bodies[key][start:end]

    def write(self, key: str, body: bytes, content_type: str = "", metadata: Mapping[str, str] = {}) -> None:  # noqa: ARG002
        self.bodies[key], self.types[key] = body, content_type

    def upload(self, key: str, chunks: Iterable[bytes], content_type: str) -> None:
        self.write(key, b"".join(chunks), content_type)

    def rows(self, name: str) -> list[tuple[str, str, str]]:
        """Address, line and reason of each row of a CSV file; its form is checked on the way."""
        text = self.bodies[f"{FOLDER}{name}.csv"].decode()
        assert text.startswith("\ufeffemail,line,reason,message,suggestion\r\n")
        assert text.count("\ufeff") == text.count("suggestion\r\n") == 1
        assert text.endswith("\r\n")
        return [(row["email"], row["line"], row["reason"]) for row in csv.DictReader(io.StringIO(text[1:], newline=""))]


@pytest.fixture
def bucket() -> Bucket:
    return Bucket()


@pytest.fixture
def rows() -> Iterator[RowFiles]:
    """Five rows to be sent, in the lines 2 to 6, two rejected and two over capacity."""
    with closing(RowFiles(in_english)) as rows:
        rows.open_table(TABLE)
        for line in range(2, 7):
            rows.planned(good(line, f"user{line}@example.com"))
        for line in (7, 8):
            rows.rejected(line, ["x"], Rejection("missing_at", "x"))
        for line in (9, 10):
            rows.over_capacity(good(line, f"user{line}@example.com"))
        yield rows


def good(line: int, *cells: str) -> GoodRows:
    """One row whose first cell is its address."""
    return GoodRows([line], cells[:1], [list(cells)])


def plan_of(bucket: Bucket, rows: RowFiles) -> ImportPlan:
    return ImportPlan(
        of=Import("0123456789abcdef", SOURCE, 1001, FOLDER, "event"),
        shares=(Share(Group(1001, "spring", 0, uploading=False)),),
        facts=TABLE.facts,
        counts=RowCounts(not_attempted=5, rejected=2, over_capacity=2),
        rejected_by_reason={"missing_at": 2},
        headings=rows.headings,
        listed=publish_rows(bucket, FOLDER, rows, unsent=None),
        started_at=NOW,
        batches=(),
    )


def test_a_plan_that_is_carried_out_has_its_own_rows_written(bucket: Bucket, rows: RowFiles) -> None:
    """What is to be sent is in none of the files; a file without rows is not written."""
    listed = publish_rows(bucket, FOLDER, rows, unsent=None)
    assert bucket.rows("rejected") == [("x", "7", "missing_at"), ("x", "8", "missing_at")]
    assert bucket.rows("remaining") == [
        ("user9@example.com", "9", "over_capacity"),
        ("user10@example.com", "10", "over_capacity"),
    ]
    assert set(bucket.bodies) == {f"{FOLDER}rejected.csv", f"{FOLDER}remaining.csv"}
    assert {name: (file.rows, file.bytes, file.truncated) for name, file in listed.items()} == {
        name: (2, len(bucket.bodies[f"{FOLDER}{name}.csv"]), False) for name in ("rejected", "remaining")
    }
    assert set(bucket.types.values()) == {CSV_TYPE}


def test_where_nothing_is_sent_every_good_row_remains(bucket: Bucket, rows: RowFiles) -> None:
    """First those that would have fit, then the others: the order of the file."""
    listed = publish_rows(bucket, FOLDER, rows, unsent=Said("row.not_attempted"))
    assert [row[1:] for row in bucket.rows("remaining")] == [
        *((str(line), "not_attempted") for line in range(2, 7)),
        ("9", "over_capacity"),
        ("10", "over_capacity"),
    ]
    assert (listed["remaining"].rows, listed["rejected"].rows) == (7, 2)


def test_where_nothing_could_be_sent_nothing_remains(bucket: Bucket) -> None:
    """No empty file."""
    with closing(RowFiles(in_english)) as rows:
        rows.open_table(TABLE)
        assert publish_rows(bucket, FOLDER, rows, unsent=Said("row.not_attempted")) == {}
    assert bucket.bodies == {}


def test_what_remains_is_bounded_as_a_whole(bucket: Bucket, rows: RowFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its two halves lie in /tmp together; what does not fit makes it truncated."""
    most = rows.files["remaining"].size + 200
    monkeypatch.setitem(lists.BOUNDS, "remaining", (lists.UNBOUNDED, most))
    for line in range(100, 1_000):
        rows.planned(good(line, "a" * 100))
    listed = publish_rows(bucket, FOLDER, rows, unsent=Said("row.not_attempted"))
    assert listed["remaining"].truncated
    assert len(bucket.bodies[f"{FOLDER}remaining.csv"]) < most + 10_000
    assert bucket.rows("remaining")[-1][1:] == ("10", "over_capacity")


def test_what_the_delivery_adds_comes_behind_what_the_plan_wrote(bucket: Bucket, rows: RowFiles) -> None:
    """Each row with its reason; however often it is done, the same files come out."""
    plan = plan_of(bucket, rows)
    outcome = Outcome(
        (),
        not_attempted=frozenset({4}),
        unconfirmed=frozenset({3}),
        left_out={0: Said("row.marked", why="unknown user")},
    )
    for _ in range(2):
        listed = publish_outcome(bucket, plan, outcome, rows.planned_body()).listed
        assert bucket.rows("rejected")[2:] == [("user2@example.com", "2", "refused_by_service")]
        assert bucket.rows("remaining")[2:] == [
            ("user5@example.com", "5", "unconfirmed"),
            ("user6@example.com", "6", "not_attempted"),
        ]
        assert (listed["rejected"].rows, listed["remaining"].rows) == (3, 4)
    assert "The service marked this address invalid: unknown user." in bucket.bodies[f"{FOLDER}rejected.csv"].decode()


def test_a_delivery_that_adds_nothing_writes_nothing(bucket: Bucket, rows: RowFiles) -> None:
    """The plan's files stand as they are."""
    plan = plan_of(bucket, rows)
    bucket.bodies.clear()
    assert publish_outcome(bucket, plan, Outcome(()), rows.planned_body()) == plan
    assert bucket.bodies == {}


def test_a_file_that_the_plan_had_no_rows_for_is_begun(bucket: Bucket, rows: RowFiles) -> None:
    """With its headings."""
    plan = replace(plan_of(bucket, rows), listed={})
    bucket.bodies.clear()
    listed = publish_outcome(
        bucket, plan, Outcome((), left_out={1: Said("row.marked", why="unknown user")}), rows.planned_body()
    ).listed
    assert bucket.rows("rejected") == [("user3@example.com", "3", "refused_by_service")]
    assert list(listed) == ["rejected"]


def test_rejected_has_its_100_000_rows_with_those_of_the_delivery(bucket: Bucket, rows: RowFiles) -> None:
    """What the plan has used up is not there for the delivery."""
    plan = plan_of(bucket, rows)
    full = {"rejected": replace(plan.listed["rejected"], rows=limits.LISTED_ROWS - 1)}
    outcome = Outcome((), left_out=dict.fromkeys((0, 1), Said("row.marked", why="unknown user")))
    listed = publish_outcome(bucket, replace(plan, listed=full), outcome, rows.planned_body()).listed
    assert (listed["rejected"].rows, listed["rejected"].truncated) == (limits.LISTED_ROWS, True)
    assert bucket.rows("rejected")[2:] == [("user2@example.com", "2", "refused_by_service")]


def test_what_the_service_left_out_is_shown(bucket: Bucket, rows: RowFiles) -> None:
    """The samples of the plan have it too, with what the service says."""
    outcome = Outcome((), left_out={0: Said("row.marked", why="unknown user")})
    shown = publish_outcome(bucket, plan_of(bucket, rows), outcome, rows.planned_body()).samples.rejected
    assert shown == (SampleRow(2, "refused_by_service", "user2@example.com", Said("row.marked", why="unknown user")),)
