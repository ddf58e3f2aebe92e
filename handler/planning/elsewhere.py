"""Addresses that stand in a file and were not read as a row's own: counted, so that no report calls a file good that
holds more than was sent."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, zip_longest
from typing import Final

from handler.judging.verdicts import Rejection
from handler.reading.own_csv import OUR_COLUMNS, own_columns
from handler.reading.tables import RowBlock, Table
from handler.reading.wide import at_signs, narrow
from handler.said import Said

_ADDRESS: Final = re.compile(r"[^\s@<>,;:|\"'()\[\]/=]+@[^\s@<>,;:|\"'()\[\]/=.]+(?:\.[^\s@<>,;:|\"'()\[\]/=.]+)+")
_PLACES: Final = 10
"""Columns named in a sentence."""


class Elsewhere:
    """What was found beside the rows' own addresses, in all tables of a file so far."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        """By the heading of the column, or whatever else a reader calls the place."""
        self.strange = 0
        """Those of them that are not in a column of other people: they may be what the owner of the file meant."""
        self.strange_places: Counter[str] = Counter()
        self._used: dict[str | None, dict[str, None]] = {}
        """By table its first address column, and the others from which rows have their addresses."""

    def look(self, block: RowBlock, taken: Sequence[str], table: Table) -> Mapping[int, Rejection]:
        """Counts what a block holds beside the cells that were taken for its rows' addresses.

        For the rows whose own cell has no address it gives the one that stands in another cell.
        """
        self._note_columns(block, taken, table)
        if at_signs("".join(chain.from_iterable(block.rows))) <= at_signs("".join(taken)):
            return {}
        found: dict[int, Rejection] = {}
        ours = own_columns(table.columns)
        own = range(0) if ours is None else range(ours, ours + len(OUR_COLUMNS))
        for column, cells in enumerate(zip_longest(*block.rows, fillvalue="")):
            if column in own or not at_signs("".join(cells)):
                continue
            is_strange = column not in table.others and column not in table.email_columns
            place = _name(table, column)
            for index, cell in enumerate(cells):
                if not at_signs(cell) or cell == taken[index] or index in block.faults:
                    continue
                others = _addresses(cell, taken[index])
                if others:
                    self.add(place, len(others), is_strange=is_strange and not table.is_told)
                    if is_strange and not at_signs(taken[index]):
                        found.setdefault(index, Rejection("address_elsewhere", others[0]))
        return found

    def _note_columns(self, block: RowBlock, taken: Sequence[str], table: Table) -> None:
        if len(table.email_columns) > 1:
            used = self._used.setdefault(table.name, {_name(table, table.email_columns[0]): None})
            used.update((_name(table, at), None) for at in dict.fromkeys(_columns_of(block, taken, table)))

    def add(self, place: str, number: int, *, is_strange: bool = False) -> None:
        """Counts so many addresses in a place."""
        self.counts[place] += number
        if is_strange:
            self.strange += number
            self.strange_places[place] += number

    def warnings(self) -> Iterator[Said]:
        """That there are some, and where; and that the rows of a table have theirs in different columns."""
        if number := self.counts.total():
            places = tuple(f"{place} ({self.counts[place]})" for place in most(self.counts))
            yield Said("warning.addresses_elsewhere", number=number, places=places)
        for columns in self._used.values():
            if len(columns) > 1:
                yield Said("warning.several_columns", number=len(columns), columns=tuple(columns))


def most(counts: Counter[str]) -> tuple[str, ...]:
    """The places that hold the most, at most ten, in an order that does not depend on the blocks of a file."""
    return tuple(sorted(counts, key=lambda place: (-counts[place], place))[:_PLACES])


def _columns_of(block: RowBlock, taken: Sequence[str], table: Table) -> Iterator[int]:
    """The columns that the addresses of these rows were taken from."""
    for row, cell in zip(block.rows, taken, strict=True):
        if "@" in cell:
            yield next(at for at in table.email_columns if at < len(row) and row[at] == cell)


def _addresses(cell: str, taken: str) -> list[str]:
    """The addresses in a cell, but for the row's own."""
    own = narrow(taken).casefold()
    return [address for address in dict.fromkeys(_ADDRESS.findall(narrow(cell))) if address.casefold() not in own]


def _name(table: Table, column: int) -> str:
    """What a message calls a column: never by an address."""
    heading = table.columns[column].strip() if column < len(table.columns) else ""
    return f"“{heading[:60]}”" if heading and "@" not in heading else f"column {column + 1}"
