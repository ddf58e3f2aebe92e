"""Decides what becomes of every row of a file: who is sent in which batch, who is not, and why.

Nothing is sent before the last row is read, so a file that does not fit, or is not a list of addresses at all, leaves
the group untouched. Memory holds the first 50,000 different new addresses, which is all that a group can take, and the
group's members; every other row goes to a `RowListing` as it comes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from handler import limits
from handler.addresses import check, keys, preferred
from handler.errors import SourceProblem
from handler.values import (
    Batch,
    FileFacts,
    PlannedRow,
    Refusal,
    Rejection,
    RowBlock,
    RowCounts,
    RowFault,
    Table,
    TableFacts,
)


class RowListing(Protocol):
    """Where the rows go that somebody may want to look up later, as they are decided upon."""

    def open_table(self, table: Table) -> None:
        """The rows that follow are rows of this table."""

    def planned(self, row: PlannedRow) -> None:
        """Will be sent, unless the file as a whole is refused."""

    def rejected(self, line: int, cells: Sequence[str], why: Rejection | RowFault) -> None:
        """Cannot be sent."""

    def duplicate(self, line: int, cells: Sequence[str], first_line: int, first_table: str | None) -> None:
        """The same address stands in an earlier row; `first_table` is the sheet or member it stands in, where the file
        has several."""

    def already_in_group(self, line: int, cells: Sequence[str]) -> None:
        """The group has this address."""

    def over_capacity(self, line: int, cells: Sequence[str]) -> None:
        """A new address that the group has no room for."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What the deployer decided about files that are not quite right."""

    on_overflow: Literal["refuse", "fill"] = "refuse"
    on_invalid: Literal["skip", "refuse"] = "skip"
    max_invalid_percent: float = 50.0


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict on a whole file."""

    addresses: Sequence[str] = field(repr=False)
    """All that can be sent, in file order, each once."""
    facts: FileFacts | None
    """What was detected in the file; `None` where not even that was possible."""
    counts: RowCounts
    """With everything that is to be sent under `not_attempted`: nothing has been sent yet."""
    rejected_by_reason: dict[str, int]
    refusal: Refusal | None
    """Why nothing of the file may be sent."""


def decide(
    tables: Iterable[Table], members: Collection[str], room: int, policy: Policy, listing: RowListing
) -> Decision:
    """Reads a file to its end and decides upon every row of it.

    `members` are the comparison keys of the group's members, `room` is how many more the group takes. A file that
    cannot be read to its end is refused; what was read of it is accounted for all the same.
    """
    reading = _Reading(members, room, listing)
    try:
        reading.take(tables)
        refusal = _refusal(reading, policy)
    except SourceProblem as problem:
        refusal = Refusal(problem.code, problem.message)
    return Decision(
        addresses=tuple(reading.addresses),
        facts=reading.facts and replace(reading.facts, tables=tuple(reading.tables)),
        counts=RowCounts(**reading.counts, not_attempted=len(reading.addresses)),
        rejected_by_reason=dict(reading.reasons),
        refusal=refusal,
    )


def in_batches(count: int) -> tuple[Batch, ...]:
    """Cuts so many addresses into as few requests as the service allows."""
    starts = range(0, count, limits.BATCH_SIZE)
    return tuple(
        Batch(number, start, min(limits.BATCH_SIZE, count - start)) for number, start in enumerate(starts, start=1)
    )


class _Reading:
    """The rows decided upon so far."""

    def __init__(self, members: Collection[str], room: int, listing: RowListing) -> None:
        self.addresses: list[str] = []
        self.counts: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.facts: FileFacts | None = None
        self.tables: list[TableFacts] = []
        """Those that have names, which they have where there are several."""
        self._members = members
        self._room = room
        self._listing = listing
        self._first_lines: dict[str, int] = {}
        self._first_tables: dict[str, str] = {}
        """For the rows of tables with names."""
        self._table: str | None = None

    def take(self, tables: Iterable[Table]) -> None:
        for table in tables:
            self._table = table.name
            if table.email_columns:
                self.facts = self.facts or table.facts
                self._listing.open_table(table)
            before = self._row_count
            try:
                for block in table.blocks:
                    self._take_block(block, table.email_columns)
            finally:
                self._name(table, self._row_count - before)

    @property
    def _row_count(self) -> int:
        return self.counts.total() + len(self.addresses)

    def _name(self, table: Table, rows: int) -> None:
        """Keeps what the report says of one table among several."""
        if table.name and len(self.tables) < limits.LISTED_TABLES:
            facts = table.facts
            self.tables.append(TableFacts(table.name, rows, facts.format, facts.header, facts.email_column))

    def _take_block(self, block: RowBlock, columns: tuple[int, ...]) -> None:
        cells_to_check = _address_cells(block.rows, columns)
        for index in block.faults:
            cells_to_check[index] = ""
        checked = check(cells_to_check)
        addresses = checked.addresses
        for index, key in enumerate(keys(addresses)):
            line, cells = block.lines[index], block.rows[index]
            if key:
                self._take_address(line, cells, addresses[index], key)
            elif index in block.faults:
                self._reject(line, cells, block.faults[index])
            else:
                self._take_other(line, cells, columns, checked.others[index])

    def _take_address(self, line: int, cells: Sequence[str], address: str, key: str) -> None:
        if key in self._first_lines:
            self.counts["duplicate"] += 1
            self._listing.duplicate(line, cells, self._first_lines[key], self._first_tables.get(key))
        elif key in self._members:
            self.counts["already_in_group"] += 1
            self._listing.already_in_group(line, cells)
        else:
            self._take_new(line, cells, address, key)

    def _take_new(self, line: int, cells: Sequence[str], address: str, key: str) -> None:
        if len(self._first_lines) < limits.GROUP_LIMIT:
            self._first_lines[key] = line
            if self._table:
                self._first_tables[key] = self._table
        if len(self.addresses) < self._room:
            self.addresses.append(address)
            self._listing.planned(PlannedRow(line, address, cells))
        else:
            self.counts["over_capacity"] += 1
            self._listing.over_capacity(line, cells)

    def _take_other(
        self, line: int, cells: Sequence[str], columns: tuple[int, ...], found: Sequence[str | Rejection]
    ) -> None:
        if not found:
            self.counts["empty"] += 1
        for one in found:
            own_cells = cells if len(found) == 1 else _with_only(one, cells, columns)
            if isinstance(one, Rejection):
                self._reject(line, own_cells, one)
            else:
                self._take_address(line, own_cells, one, *keys([one]))

    def _reject(self, line: int, cells: Sequence[str], why: Rejection | RowFault) -> None:
        self.counts["rejected"] += 1
        self.reasons[why.reason] += 1
        self._listing.rejected(line, cells, why)


def _address_cells(rows: Sequence[Sequence[str]], columns: tuple[int, ...]) -> list[str]:
    if len(columns) == 1:
        column = columns[0]
        try:
            return [row[column] for row in rows]
        except IndexError:
            return [row[column] if len(row) > column else "" for row in rows]
    return preferred([_picked(row, columns) for row in rows])


def _picked(row: Sequence[str], columns: tuple[int, ...]) -> list[str]:
    return [row[column] for column in columns if column < len(row)]


def _with_only(one: str | Rejection, cells: Sequence[str], columns: tuple[int, ...]) -> list[str]:
    """The record with but one of the several addresses in its cell, and no other address beside it, so that what is
    listed can be dropped again."""
    (taken,) = _address_cells([cells], columns)
    holder = next(column for column in columns if column < len(cells) and cells[column] == taken)
    alone = ["" if column in columns else cell for column, cell in enumerate(cells)]
    alone[holder] = one.value if isinstance(one, Rejection) else one
    return alone


def _refusal(reading: _Reading, policy: Policy) -> Refusal | None:
    counts = reading.counts
    rejected, filled = counts["rejected"], counts.total() - counts["empty"] + len(reading.addresses)
    if not filled:
        return Refusal("empty_file", "The file has no rows with an address: check that the right file was exported.")
    if rejected * 100 > policy.max_invalid_percent * filled:
        return Refusal(
            "too_many_invalid",
            f"{rejected:,} of {filled:,} rows hold no good address, more than {policy.max_invalid_percent:g} %: check "
            "that it is the right file and that the address column was found; rejected.csv has the rows.",
        )
    if rejected and policy.on_invalid == "refuse":
        return Refusal(
            "invalid_rows",
            f"Rows without a good address: {rejected:,}, and this importer is set to send nothing then. Correct or "
            "remove the rows listed in rejected.csv and drop the file again.",
        )
    if counts["over_capacity"] and policy.on_overflow == "refuse":
        fit, new = len(reading.addresses), len(reading.addresses) + counts["over_capacity"]
        return Refusal(
            "over_capacity",
            f"The file has {new:,} new addresses and the group has room for {fit:,}: remove {new - fit:,} of them, or "
            f"drop the rest into another group's folder; a group holds at most {limits.GROUP_LIMIT:,}.",
        )
    return None
