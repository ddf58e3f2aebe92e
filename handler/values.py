"""The values that pass between the stages. All of them are frozen; none of them knows a client, a clock or a logger.

A file is read as tables, a table as blocks of rows, and a block is worked on as a whole: per row there is a list of
cells and nothing else, which keeps the loops over rows inside `csv`, `re` and `set`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import Literal

RejectionReason = Literal[
    "syntax",
    "missing_at",
    "too_long",
    "domain",
    "non_ascii_local",
    "undecodable",
    "malformed_row",
    "missing_column",
    "refused_by_service",
]
"""Why a row cannot be sent: the codes of `rejected_by_reason` in report.json."""


@dataclass(frozen=True, slots=True)
class Hints:
    """What the owner of a file says about it, in its metadata; `None` where they leave it to us."""

    email_column: str | None = None
    """`x-cos-meta-email-column`: the column's heading, or its number, 1 being the first."""
    delimiter: str | None = None
    """`x-cos-meta-delimiter`: one character, or `tab`."""
    encoding: str | None = None
    """`x-cos-meta-encoding`: a charset Python knows."""


@dataclass(frozen=True, slots=True)
class TableFacts:
    """One sheet or member among several: an entry of `file.tables` in report.json."""

    name: str
    rows: int
    """As `rows.total` counts them."""
    format: str
    header: bool
    email_column: str | None
    """`None` where no column holds addresses: nothing of it is read then."""


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What was detected in a file: `file` in report.json."""

    format: str
    compression: str | None
    encoding: str | None
    delimiter: str | None
    header: bool
    email_column: str | None
    """The heading of the address column, or `column 2` where the file has no header."""
    other_email_columns: tuple[str, ...] = ()
    """Those that count, one after the other, where the first one has no address."""
    tables: tuple[TableFacts, ...] = ()
    """The sheets and members of a file that has several, in its order; the rest describes the first one with rows."""


@dataclass(frozen=True, slots=True)
class RowFault:
    """A record that cannot be read as the others are: its own row is lost, no neighbour."""

    reason: RejectionReason
    message: str


@dataclass(frozen=True, slots=True)
class RowBlock:
    """Some consecutive records of a table, in file order."""

    lines: Sequence[int]
    """The physical line on which each record begins, 1 being the first line of the file (for a workbook: its row)."""
    rows: Sequence[Sequence[str]] = field(repr=False)
    """The cells of each record as they stand in the file; no cells at all for a blank line."""
    faults: Mapping[int, RowFault] = field(default_factory=dict)
    """What the reader found wrong, by index into `rows`; the cells are then what could be saved of the record."""

    def part(self, start: int, stop: int) -> RowBlock:
        """The records from `start` on, up to `stop`."""
        faults = {at - start: fault for at, fault in self.faults.items() if start <= at < stop}
        return RowBlock(self.lines[start:stop], self.rows[start:stop], faults)


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a file: the whole of a CSV, one sheet of a workbook, one member of a zip."""

    facts: FileFacts
    columns: tuple[str, ...]
    """The headings, made up where the file has none, such that the table is read the same when written with them."""
    email_columns: tuple[int, ...]
    """Indices of the columns with addresses; the first one that has an address counts for a row. None where the table
    is no list, which is no reason to refuse a file that has another one: it has no blocks then."""
    blocks: Iterator[RowBlock]
    name: str | None = None
    """The sheet's or the member's name, where the file has several tables."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """An address that cannot be sent, and the code that says why; `addresses.explain` makes the sentence on demand."""

    reason: RejectionReason
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Explanation:
    """A sentence for the owner of the list, and the address that was probably meant ("" where nothing is likely)."""

    message: str = field(repr=False)
    suggestion: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Checked:
    """The verdict on one column of cells."""

    addresses: Sequence[str] = field(repr=False)
    """For each cell the address to send: ASCII, trimmed, its domain in lower case; "" where `others` tells."""
    others: Mapping[int, tuple[str | Rejection, ...]] = field(repr=False)
    """The cells that do not hold exactly one good address, by index: `()` is an empty cell, more than one entry is a
    cell with several addresses."""


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """The very object an import is made from: `source` in report.json."""

    bucket: str
    key: str
    version_id: str | None
    etag: str
    size: int
    """Bytes."""
    last_modified: str
    """ISO 8601, UTC, to the second."""


@dataclass(frozen=True, slots=True)
class Group:
    """A recipient group as the service describes it."""

    receiver_id: int
    name: str
    count: int
    """Members, valid or not."""
    uploading: bool
    """Whether an accepted upload is still being worked on (status 2)."""
    invalid: int = 0
    """Members that the service has marked invalid."""


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a group, as read back."""

    address: str = field(repr=False)
    invalid_because: str | None = None
    """The service's own reason, where the service marked the address invalid."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the service answered to an accepted batch."""

    request_id: str
    counts: Mapping[str, int]
    """`TotalCount`, `ValidCount`, `TooLongCount`, `EmptyEmailCount`, `RepeatCount`, as the service names them."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing, or not all, was sent: `reason` in report.json."""

    code: str
    message: str


BatchOutcome = Literal["planned", "sending", "accepted", "refused"]
"""What is known of a batch. `sending` is written before the call: found later, it means that nobody knows."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One request's share of a plan, and what became of it."""

    number: int
    """1 being the first."""
    start: int
    """Where its addresses begin in the plan's."""
    size: int
    outcome: BatchOutcome = "planned"
    attempts: int = 0
    request_ids: tuple[str, ...] = ()
    service_counts: Mapping[str, int] | None = None
    refusal: Refusal | None = None
    """Why the service took it not, for good: an outcome of `refused` stands, whoever comes next."""
    present: tuple[int, ...] = ()
    """What somebody else had added before it was first sent, by index in the plan."""
    began_at: datetime | None = None
    """When it was first sent."""
    ended_at: datetime | None = None
    """When the service's last word on it came."""

    @property
    def indices(self) -> range:
        """Its addresses' indices in the plan."""
        return range(self.start, self.start + self.size)


@dataclass(frozen=True, slots=True)
class RowCounts:
    """What became of the rows of a file. Their sum is the number of rows, always."""

    imported: int = 0
    already_in_group: int = 0
    duplicate: int = 0
    rejected: int = 0
    empty: int = 0
    over_capacity: int = 0
    not_attempted: int = 0
    unconfirmed: int = 0


@dataclass(frozen=True, slots=True)
class GoodRows:
    """Some rows of a table, in file order, with the address to send that each holds: columns of the same length."""

    lines: Sequence[int]
    addresses: Sequence[str] = field(repr=False)
    rows: Sequence[Sequence[str]] = field(repr=False)
    """The cells of each record of the file."""

    def at(self, indices: Sequence[int]) -> GoodRows:
        """Some of them."""
        lines, addresses, rows = self.lines, self.addresses, self.rows
        if len(indices) > 1:
            pick = itemgetter(*indices)  # of one index it would make no tuple
            return GoodRows(pick(lines), pick(addresses), pick(rows))
        return GoodRows([lines[at] for at in indices], [addresses[at] for at in indices], [rows[at] for at in indices])


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """One address that is to be sent, and the record of the file that holds it."""

    line: int
    address: str = field(repr=False)
    cells: Sequence[str] = field(repr=False)
    table: str | None = None
    """The sheet or member that the line is counted in, where the file has several."""


@dataclass(frozen=True, slots=True)
class SampleRow:
    """One of the first rows that were rejected for a reason, to be shown to whoever owns the file."""

    line: int
    reason: RejectionReason
    text: str = field(repr=False)
    """What stands there in place of an address, cut where it is long."""
    message: str = field(repr=False)
    suggestion: str = field(default="", repr=False)
    table: str | None = None
    """The sheet or member that its line is counted in, where the file has several."""


@dataclass(frozen=True, slots=True)
class TypoDomain:
    """A domain among the good addresses that looks like a slip of a well-known one."""

    domain: str
    meant: str
    count: int
    """Addresses with it."""


@dataclass(frozen=True, slots=True)
class Samples:
    """What report.html shows of a file's rows. It is stored with the plan, so it stays small whatever the file."""

    rejected: tuple[SampleRow, ...] = ()
    """The first rows of each reason, in the order of the file."""
    typos: tuple[TypoDomain, ...] = ()
    """The most frequent first."""
