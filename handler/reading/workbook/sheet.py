"""One sheet of a workbook: its XML in, blocks of rows out (ECMA-376 part 1, 18.3.1).

Cells say where they are, so that gaps cost nothing; rows and cells that do not say it follow the one before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from math import isfinite
from typing import Final

from handler.errors import SourceProblem
from handler.limits import (
    FIELD_CHARS,
    RECORD_CELLS,
    RECORD_CHARS,
    SHEET_ROWS,
)
from handler.reading.allowance import Allowance
from handler.reading.own_csv import strip_guard
from handler.reading.tables import RowBlock, RowFault
from handler.reading.tabulation import Gathering
from handler.reading.workbook.shared_strings import SharedStrings, Text, unescape
from handler.reading.workbook.xml_parts import DAMAGED, Attributes, parse
from handler.said import Said

_LETTERS: Final = 3  # XFD is the last column
_EXACT: Final = 1e15  # a spreadsheet keeps 15 digits
_TOO_WIDE: Final = RowFault("malformed_row", Said("row.wide_value", number=RECORD_CELLS))
_TOO_LONG: Final = RowFault("malformed_row", Said("row.long_cell", number=FIELD_CHARS))
_TOO_MUCH: Final = RowFault("malformed_row", Said("row.long", number=RECORD_CHARS))


def read_rows(chunks: Iterable[bytes], strings: SharedStrings, allowance: Allowance) -> Iterator[RowBlock]:
    """The rows that the sheet has, in its order; a row without values has no cells. `lines` are Excel's row numbers.

    Raises `SourceProblem`: `damaged`, `too_large`.
    """
    rows = _Rows(strings)
    for _ in parse(chunks, rows):
        allowance.earn_tags(rows.take_count())
        yield from rows.blocks
        rows.blocks.clear()
    rows.end_sheet()
    yield from rows.blocks


class _Rows(Text):
    """Gathers the rows of a sheet."""

    def __init__(self, strings: SharedStrings) -> None:
        super().__init__()
        self.blocks: list[RowBlock] = []
        self._gathered = Gathering()
        self._line = 0
        self._column = -1
        self._type = "n"
        self._cells: list[str] = []
        self._chars = 0
        self._fault: RowFault | None = None
        self._columns = _Columns()
        self._openers.update(row=self._open_row, c=self._open_cell, v=self._begin)
        self._closers.update(row=self._close_row, c=self._close_cell, v=self._end)
        self._readers: dict[str, Callable[[str], str]] = {
            "n": _number,
            "s": lambda number: strings.text(int(number)),
            "b": lambda truth: "TRUE" if truth.strip() == "1" else "FALSE",
        }  # what is not named here is text: "str", "inlineStr", "e" (an error such as #N/A), "d" (a date in ISO 8601)

    def end_sheet(self) -> None:
        if self._gathered.lines:
            self.blocks.append(self._gathered.take())

    def _open_row(self, attributes: Attributes) -> None:
        number = attributes.get("r")
        self._line = self._line + 1 if number is None else int(number)
        if not 0 < self._line <= SHEET_ROWS:
            raise SourceProblem("damaged", DAMAGED)
        self._column = -1

    def _close_row(self) -> None:
        self._gathered.add(self._line, self._cells, self._chars, self._fault)
        if self._gathered.is_full:
            self.blocks.append(self._gathered.take())
        self._cells, self._chars, self._fault = [], 0, None

    def _open_cell(self, attributes: Attributes) -> None:
        place = attributes.get("r")
        self._column = self._column + 1 if place is None else self._columns[place.rstrip("0123456789")]
        self._type = attributes.get("t", "n")

    def _close_cell(self) -> None:
        if not self._parts:
            return
        text = self._readers.get(self._type, unescape)(self.take())
        if not text:
            return  # an empty shared string
        self._values += 1
        if text[0] == "'":
            text = strip_guard(text)
        self._chars += len(text)
        if len(text) > FIELD_CHARS or self._chars > RECORD_CHARS or self._column >= RECORD_CELLS:
            self._fault = self._fault_of(text)
        elif self._column == len(self._cells):
            self._cells.append(text)
        else:
            self._place(text)

    def _fault_of(self, text: str) -> RowFault:
        if len(text) > FIELD_CHARS:
            return _TOO_LONG
        return _TOO_MUCH if self._chars > RECORD_CHARS else _TOO_WIDE

    def _place(self, text: str) -> None:
        """Where cells were left out, or come out of order."""
        gap = self._column + 1 - len(self._cells)
        self._cells += [""] * gap
        self._cells[self._column] = text


class _Columns(dict[str, int]):
    """Column letters to numbers, the first being 0."""

    def __missing__(self, letters: str) -> int:
        if not (letters.isascii() and letters.isalpha() and letters.isupper() and len(letters) <= _LETTERS):
            raise SourceProblem("damaged", DAMAGED)
        number = 0
        for letter in letters:
            number = number * 26 + ord(letter) - ord("A") + 1
        self[letters] = number - 1
        return number - 1


def _number(text: str) -> str:
    """A number without the noise of floating point: `12`, not `12.0` or `1.2E1`. Dates are numbers and stay so."""
    if text.isdigit():
        return text
    try:
        number = float(text)
    except ValueError:
        return text
    if not isfinite(number) or abs(number) >= _EXACT:
        return text
    return str(int(number)) if number.is_integer() else repr(number)
