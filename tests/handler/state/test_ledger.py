"""The ledger: one object for each version of a file, and what of it a listing shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from io import BytesIO
from typing import cast

import pytest

from handler.errors import OperatorProblem
from handler.intake.source import Import, SourceFacts
from handler.planning.group import Group
from handler.planning.plan import Batch, ImportPlan, ListedFile, Refusal, RowCounts, Share
from handler.planning.samples import SampleRow, Samples
from handler.reading.tables import FileFacts
from handler.said import Said
from handler.state.ledger import Begun, Finished, Ledger, Stored
from handler.state.store import Bucket

SOURCE = SourceFacts("drops-1250000000", "incoming/1001/春.csv", None, "etag", 12, "2026-11-23T08:00:00Z")
IMPORT = Import("3f9c0d1e2b4a5968", SOURCE, 1001, "reports/1001/春.csv/3f9c0d1e2b4a5968/", "event")
BEGUN = Begun(IMPORT, readings=2)
PLAN = ImportPlan(
    of=IMPORT,
    shares=(
        Share(Group(1001, "spring", 7, uploading=False, invalid=1), settled=Group(1001, "spring", 9, uploading=False)),
        Share(Group(0, "spring (2)", 0, uploading=False), creation="asked"),
    ),
    facts=FileFacts("csv", None, "utf-8", ",", header=True, email_column="email"),
    counts=RowCounts(duplicate=1, not_attempted=3),
    rejected_by_reason={"syntax": 2},
    headings=("email", "名"),
    listed={"rejected": ListedFile("reports/r.csv", 2, 300, truncated=False)},
    started_at=datetime(2026, 11, 23, 8, 0, 0, 5, timezone.utc),
    batches=(
        Batch(1, 0, 2, "accepted", 2, ("r1", "r2"), {"ValidCount": 2}, present=(1,)),
        Batch(
            2,
            2,
            1,
            "refused",
            1,
            share=1,
            refusal=Refusal("LimitExceeded", Said("file.service", what=Said("what.no_room"), code="LimitExceeded")),
        ),
    ),
    samples=Samples((SampleRow(3, "syntax", "a b", Said("row.syntax_why", why="a space")),)),
    language="zh-CN",
)
FINISHED = Finished(IMPORT.import_id, "event", 1001, "imported", IMPORT.report)
ROWS = b"\x1f\x8b\n\nany bytes\n"


@dataclass(frozen=True)
class Entry:
    """An object, read or listed."""

    key: str
    body: bytes
    metadata: Mapping[str, str]

    @property
    def size(self) -> int:
        return len(self.body)


@dataclass
class Objects:
    """A store."""

    name = "state-1250000000"
    held: dict[str, Entry] = field(default_factory=dict)
    parts: list[bytes] = field(default_factory=list)
    """Of what was written in parts."""

    def list(self, prefix: str) -> Iterator[Entry]:
        return (entry for key, entry in self.held.items() if key.startswith(prefix))

    def fetch(self, key: str) -> Entry | None:
        return self.held.get(key)

    def write(self, key: str, body: bytes, content_type: str = "", metadata: Mapping[str, str] = {}) -> None:  # noqa: ARG002 - a store
        self.held[key] = Entry(key, body, metadata)

    def upload(self, key: str, chunks: Iterable[bytes], content_type: str) -> None:  # noqa: ARG002 - a store
        self.parts = [*chunks]
        self.write(key, b"".join(self.parts))

    def delete(self, key: str) -> None:
        self.held.pop(key, None)


def rows() -> BytesIO:
    return BytesIO(ROWS)


@pytest.fixture
def objects() -> Objects:
    return Objects()


@pytest.fixture
def ledger(objects: Objects) -> Ledger:
    return Ledger(cast("Bucket", objects), "state/")


def test_what_is_written_is_read(ledger: Ledger) -> None:
    """Each state replaces the one before it, whole."""
    assert ledger.look(SOURCE) is None
    ledger.begin(BEGUN)
    assert ledger.look(SOURCE) == BEGUN
    ledger.save(PLAN, rows)
    assert ledger.look(SOURCE) == Stored(PLAN)
    ledger.finish(SOURCE, FINISHED)
    assert ledger.look(SOURCE) == FINISHED


def test_rows_are_written_once(ledger: Ledger, objects: Objects) -> None:
    """However often the plan is: before it, and never again, whoever goes on with it. Nothing of them stays."""
    mark = ledger.key(SOURCE).replace("imports/drops-1250000000", "todo/drops-1250000000/open")
    ledger.begin(BEGUN)
    assert objects.held[mark].body == b""
    ledger.begin(BEGUN, rows)
    assert objects.held[mark].body == ROWS
    ledger.save(PLAN, lambda: pytest.fail("they are there"))
    another = Ledger(ledger.bucket, "state/")
    another.save(PLAN, None)
    another.begin(BEGUN, rows)
    assert objects.held[mark].body == ROWS
    ledger.finish(SOURCE, FINISHED)
    assert [*objects.held] == [ledger.key(SOURCE)]


def test_many_rows_are_written_in_parts(ledger: Ledger, objects: Objects, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory need not hold all of them."""
    monkeypatch.setattr("handler.state.ledger.AT_ONCE_BYTES", 4)
    ledger.save(PLAN, rows)
    (mark,) = objects.list("state/todo/")
    assert (mark.body, objects.parts) == (ROWS, [ROWS[at : at + 4] for at in range(0, len(ROWS), 4)])


def test_a_listing_tells_what_is_finished(ledger: Ledger, objects: Objects) -> None:
    """It is empty; nothing else is. The sweep reads none of them for that."""
    sizes = []
    writes: list[Callable[[], None]] = [
        lambda: ledger.begin(BEGUN),
        lambda: ledger.save(PLAN, BytesIO),
        lambda: ledger.finish(SOURCE, FINISHED),
    ]
    for write in writes:
        write()
        (entry,) = objects.list("state/imports/drops-1250000000/")
        is_open = [*objects.list("state/todo/drops-1250000000/open/")] != []
        sizes.append((entry.size > 0, is_open))
    assert sizes == [(True, True), (True, True), (False, False)]


@pytest.mark.parametrize(
    "other",
    [
        replace(SOURCE, etag="other"),
        replace(SOURCE, last_modified="2026-11-23T08:00:01Z"),
        replace(SOURCE, key="another"),
    ],
)
def test_each_version_has_its_own(ledger: Ledger, other: SourceFacts) -> None:
    """One that replaces another while that is imported takes nothing from it."""
    ledger.save(PLAN, rows)
    assert ledger.look(other) is None
    ledger.finish(other, FINISHED)
    assert ledger.look(SOURCE) == Stored(PLAN)


def test_what_is_under_way_is_found_by_the_file(ledger: Ledger) -> None:
    """Whatever its version, when nothing but the name is known any more; neither finished ones, nor other files'."""
    ledger.save(PLAN, rows)
    ledger.begin(replace(BEGUN, of=replace(IMPORT, source=replace(SOURCE, etag="second"))))
    ledger.finish(replace(SOURCE, etag="third"), FINISHED)
    ledger.begin(replace(BEGUN, of=replace(IMPORT, source=replace(SOURCE, key="incoming/1001/other.csv"))))
    found = list(ledger.opened(SOURCE.bucket, SOURCE.key))
    assert sorted(type(each).__name__ for each in found) == ["Begun", "Stored"]


def test_the_longest_note_fits_into_a_header(ledger: Ledger, objects: Objects) -> None:
    """COS takes 2 KB of ASCII in one header; a report's key has up to 850 bytes, and need not be ASCII."""
    key = "春" * 283
    ledger.finish(SOURCE, replace(FINISHED, report=key))
    ((_, note),) = objects.held[ledger.key(SOURCE)].metadata.items()
    assert len(note.encode("ascii")) < 2048
    assert ledger.look(SOURCE) == replace(FINISHED, report=key)


def test_what_another_version_has_written_is_left_alone(ledger: Ledger, objects: Objects) -> None:
    """Nothing is guessed: the operator is told which version can read it."""
    ledger.begin(BEGUN)
    key = ledger.key(SOURCE)
    objects.write(key, objects.held[key].body.replace(b'"format":3', b'"format":2'))
    with pytest.raises(OperatorProblem, match=r"format 2, this one knows 3\): deploy that version once more"):
        ledger.look(SOURCE)


def test_a_plan_of_the_former_version_is_left_to_it(ledger: Ledger, objects: Objects) -> None:
    """Its sentences are English: no page in another language could be made of them."""
    ledger.save(PLAN, rows)
    key = ledger.key(SOURCE)
    objects.write(key, objects.held[key].body.replace(b'"format":3', b'"format":2'))
    with pytest.raises(OperatorProblem, match=r"format 2, this one knows 3\): deploy that version once more"):
        ledger.look(SOURCE)
