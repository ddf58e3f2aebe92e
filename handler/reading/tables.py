"""What a file is read as: tables, their blocks of rows, and what was detected in it.

A block is worked on as a whole: per row there is a list of cells and nothing else, which keeps the loops over rows
inside `csv`, `re` and `set`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from handler.said import Said

AddressFault = Literal["syntax", "missing_at", "too_long", "domain", "non_ascii_local", "address_elsewhere"]
RejectionReason = Literal[
    AddressFault,
    "undecodable",
    "malformed_row",
    "missing_column",
    "template_data",
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
    headings: tuple[str, ...] | None = None
    """The columns that go into a mail, as `x-cos-meta-template-data` names them; empty where all do. A reader that
    leaves most of a record out reads those, too, and takes care of cells that are no addresses.
    """


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
    records: str | None = None
    """Where in a JSON file the list is, if not at its root: the keys that lead to it, such as `hits.hits`."""
    tables: tuple[TableFacts, ...] = ()
    """The sheets and members of a file that has several, in its order; the rest describes the first one with rows."""
    consent_column: str | None = None
    """The heading of the column that says who wants no mail."""
    consent_values: Mapping[str, int] = field(default_factory=dict)
    """How many rows were left out for each of its values; `…` stands for whatever is no set value, such as a date.
    Those of other columns have their headings in brackets behind them."""
    template_data: Mapping[str, str] = field(default_factory=dict)
    """The variables that are sent with each address, and the heading of each one's column."""


@dataclass(frozen=True, slots=True)
class RowFault:
    """A record that cannot be read as the others are: its own row is lost, no neighbour."""

    reason: RejectionReason
    said: Said


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
    warnings: Callable[[], Sequence[Said]] = tuple
    """What is to be told of it beside what becomes of its rows; known once the blocks have been read."""
    title: str | None = None
    """Names that say what it holds, and are not shown: the path of the file it lies in, the name of an only sheet."""
    beside: tuple[str, ...] = ()
    """The names of all sheets or members of its file."""
    titles: Callable[[], Sequence[str]] = tuple
    """What stands alone in the rows above it; known once the first block has been read."""
    others: tuple[int, ...] = ()
    """Indices of the columns that are other people's: their managers', their friends'. None of them is a row's own."""
    is_prose: bool = False
    """Whether it is rather sentences with an address in them, which are no list beside one."""
    is_told: bool = False
    """Whether the owner, a file of ours or a plain heading says which column is the row's own: nothing is in doubt."""
    is_settled: bool = False
    """Whether the owner or a file of ours does: no row begins another list."""
