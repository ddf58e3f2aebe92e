"""Rows whose cells are known already, gathered in blocks, judged by the first of them and handed on as a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from typing import Final

from handler.errors import SourceProblem
from handler.limits import BLOCK_CHARS, BLOCK_ROWS, SAMPLE_ROWS
from handler.reading.columns import Layout, locate, no_column
from handler.reading.outside import Outside
from handler.reading.prose import is_prose
from handler.reading.tables import FileFacts, Hints, RowBlock, RowFault, Table
from handler.reading.wide import at_signs
from handler.said import Said

NO_LIST: Final = frozenset({"empty_file", "no_email_column"})
"""What is no reason to refuse a file, as long as another table in it is a list."""


class Gathering:
    """A block in the making."""

    def __init__(self) -> None:
        self.lines: list[int] = []
        self._rows: list[Sequence[str]] = []
        self._faults: dict[int, RowFault] = {}
        self._weight = 0

    def add(self, line: int, cells: Sequence[str], chars: int, fault: RowFault | None) -> None:
        if fault:
            self._faults[len(self._rows)] = fault
        self.lines.append(line)
        self._rows.append(cells)
        self._weight += chars + len(cells)

    @property
    def is_full(self) -> bool:
        return len(self.lines) >= BLOCK_ROWS or self._weight >= BLOCK_CHARS

    def take(self) -> RowBlock:
        """What was gathered; gathering begins anew."""
        block = RowBlock(self.lines, self._rows, self._faults)
        self.__init__()  # type: ignore[misc]
        return block


def left_out(file_format: str, name: str | None, why: SourceProblem, outside: Outside | None = None) -> Table:
    """A table that is no list, beside one that is: the report names it, and warns unless it is blank."""
    facts = FileFacts(file_format, None, None, None, header=False, email_column=None)
    is_blank = why.said.code == "file.no_rows" or name is None
    told = [] if is_blank else [Said("warning.members_left_out", number=1, names=(str(name),))]
    return Table(facts, (), (), iter(()), name, lambda: [*told, *(outside.warnings() if outside else ())])


def tabulate(
    blocks: Iterator[RowBlock],
    hints: Hints,
    file_format: str,
    name: str | None = None,
    heading: Sequence[str] | None = None,
    outside: Outside | None = None,
) -> Table:
    """The table that these rows are. `heading` is the header where the format knows it, else it is found in the rows.
    `outside` is where the addresses above it are counted, with whatever else the reader comes upon.

    Raises `SourceProblem`: `empty_file`, or `no_email_column` where no column holds addresses.
    """
    first = next(blocks, None)
    if first is None:
        raise SourceProblem("empty_file", Said("file.no_rows"))
    rows = first.rows[:SAMPLE_ROWS]
    sample = [heading, *rows] if heading else rows
    layout = locate(sample, hints)
    if layout is None:
        raise SourceProblem("no_email_column", no_column(sample))
    outside = outside or Outside()
    shift = 1 if heading else 0
    above = [at - shift for at in layout.above]
    first = outside.below(first, layout.first_row - shift, len(layout.columns), above)
    facts = FileFacts(file_format, None, None, None, header=False, email_column=None)
    all_blocks = chain((first,) if first.rows else (), blocks)
    return replace(laid_out(layout, facts, all_blocks, outside, "\n".join(map(" ".join, rows))), name=name)


def laid_out(layout: Layout, facts: FileFacts, blocks: Iterator[RowBlock], outside: Outside, start: str) -> Table:
    """The table of these blocks, whose layout was found at its `start`; `facts` are what else is known of the file.

    Raises `SourceProblem` (`ambiguous_column`) where nothing says which column is meant.
    """
    layout.refuse_doubt()
    email_column, *others = layout.email_names
    return Table(
        facts=replace(facts, header=layout.header, email_column=email_column, other_email_columns=tuple(others)),
        columns=layout.columns,
        email_columns=layout.email_columns,
        blocks=blocks,
        warnings=outside.warnings,
        titles=outside.titles,
        others=layout.others,
        is_told=layout.is_told,
        is_settled=layout.is_settled,
        is_prose=not layout.is_told and len(layout.columns) == 1 and is_prose(start),
    )


def picked(row: Sequence[str], columns: Iterable[int]) -> list[str]:
    """What stands in these columns, blanks left out."""
    return [row[column] for column in columns if column < len(row) and row[column].strip()]


def one_of_several(table: Table) -> Table:
    """The table, unless its first addresses are none at all, or stand in sentences: beside a list there are sheets that
    count mails, whose column is called "mail", and such that say whom to ask.

    Raises `SourceProblem` (`no_email_column`).
    """
    first = list(islice(table.blocks, 1))
    cells = [cell for block in first for row in block.rows for cell in picked(row, table.email_columns)]
    if cells and (table.is_prose or not any(map(at_signs, cells))):
        raise SourceProblem("no_email_column", Said("file.no_column"))
    return replace(table, blocks=chain(first, table.blocks))
