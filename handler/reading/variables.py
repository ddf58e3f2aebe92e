"""Where the values for a mail's template stand in the rows of a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from unicodedata import normalize

from handler.errors import SourceProblem
from handler.reading.own_csv import columns_of_ours, made_up, without_mark
from handler.reading.tables import Table
from handler.said import Said, Value
from handler.template_data import Variables, refuse_no_name, shown

_LISTED: Final = 20
"""Headings named in a message."""


@dataclass(frozen=True, slots=True)
class DataColumns:
    """The variables of a table, in the order in which they are sent, and the column of each."""

    names: tuple[str, ...]
    headings: tuple[str, ...]
    """As they stand in the file."""
    places: tuple[int | None, ...]
    """`None` stands for the row's own address, as it is sent."""
    padded: frozenset[int] = frozenset()
    """Columns whose headings have spaces around them: so have their values, as tables that databases print."""
    width: int | None = None
    """How many columns have headings, where cells are told apart by a delimiter: one too many shifts those behind it.
    `None` where no variable stands behind the address, which is found in its place."""
    ours: range = range(0)
    """The columns of a file of ours that are none of the original's. Such a file may have cells without headings."""

    def is_shifted(self, row: Sequence[str]) -> bool:
        """Whether nobody can tell which cell of the row stands below which heading."""
        if self.width is None or len(row) <= self.width:
            return False
        if not self.ours:
            return any(map(str.strip, row[self.width :]))
        further = (*row[self.width : self.ours.start], *row[self.ours.stop :])
        return any(map(str.strip, further)) and "template_data" in row[self.ours.start : self.ours.stop]


def data_columns(table: Table, variables: Variables) -> DataColumns:
    """The columns of a table for these variables.

    Raises `SourceProblem` (`template_data`) where one has none, or more than one; where a heading that is to be a
    variable is no name; where every column is meant, and none has a heading.
    """
    headings = _headings(table)
    named = variables.named or _all_of(table, headings)
    places = [_places(heading, headings) for _, heading in named]
    if missing := [heading for (_, heading), found in zip(named, places, strict=True) if not found]:
        raise no_such_heading(missing, headings, len(table.columns))
    for (_, heading), found in zip(named, places, strict=True):
        if len(found) > 1:
            raise SourceProblem("template_data", Said("file.data_twice", name=shown(heading)))
    is_delimited, ours = table.facts.format == "csv", columns_of_ours(table.columns)
    may_be_shifted = is_delimited and any(at > table.email_columns[0] for (at,) in places)
    return DataColumns(
        names=tuple(name for name, _ in named),
        headings=tuple(headings[at] for (at,) in places),
        places=tuple(None if (at,) == table.email_columns else at for (at,) in places),
        padded=frozenset(at for (at,) in places if is_delimited and table.columns[at] != table.columns[at].strip()),
        width=_width(table.columns[: ours.start] if ours else table.columns) if may_be_shifted else None,
        ours=ours,
    )


def _width(columns: Sequence[str]) -> int:
    """Without those that rows have beyond the headings."""
    width = len(columns)
    while columns[width - 1] == made_up(width - 1):
        width -= 1
    return width


def no_such_heading(missing: Sequence[str], headings: Iterable[str], width: int = 0) -> SourceProblem:
    """What to say of headings that a table of so many columns has not."""
    there: Value = Said("file.has_number", number=width)
    if known := [shown(heading) for heading in headings if heading][:_LISTED]:
        there = Said("file.has_columns", columns=tuple(known))
    return SourceProblem("template_data", Said("file.data_missing", columns=tuple(map(shown, missing)), there=there))


def _headings(table: Table) -> list[str]:
    """Those of the file's own columns; "" where a column has none."""
    if not table.facts.header:
        return []
    ours = columns_of_ours(table.columns)
    own = table.columns[: ours.start] if ours else table.columns
    headings = [without_mark(heading).strip() for heading in own]
    return ["" if heading == made_up(at) else heading for at, heading in enumerate(headings)]


def _all_of(table: Table, headings: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Every column but those of the addresses, which are sent beside the data."""
    found = [heading for at, heading in enumerate(headings) if heading and at not in table.email_columns]
    if not found:
        raise SourceProblem("template_data", Said("file.data_none"))
    for heading in found:
        refuse_no_name(heading)
    return tuple((heading, heading) for heading in found)


def _places(heading: str, headings: Sequence[str]) -> list[int]:
    """The columns of this heading; where none is written just so, those that differ in case and spaces only."""
    exact = [at for at, found in enumerate(headings) if found == heading]
    return exact or [at for at, found in enumerate(headings) if folded(found) == folded(heading)]


def folded(heading: str) -> str:
    """The same for headings that differ in case and spaces only, or in how a character is written: accents beside
    their letters, and wide letters, look like others to whoever types the name."""
    return " ".join(normalize("NFKC", heading).casefold().split())
