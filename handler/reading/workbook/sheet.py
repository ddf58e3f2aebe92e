"""One sheet of a workbook: its XML in, blocks of rows out (ECMA-376 part 1, 18.3.1).

Cells say where they are, so that gaps cost nothing; rows and cells that do not say it follow the one before.
"""

from __future__ import annotations

import re
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
from handler.reading.workbook.formats import Formats
from handler.reading.workbook.links import Links, Merges, address_of
from handler.reading.workbook.shared_strings import SharedStrings, Text, unescape
from handler.reading.workbook.xml_parts import DAMAGED, Attributes, parse
from handler.said import Said

_TRUE: Final = ("1", "true")  # xsd:boolean
_BRACKETS: Final = re.compile("[<>]")
_LINK: Final = re.compile(r'HYPERLINK\(\s*"(mailto:[^"]*)"\s*[,;)]', re.IGNORECASE)
_CONSTANT: Final = re.compile(r'\s*"([^"]+)"\s*')
_LETTERS: Final = 3  # XFD is the last column
_EXACT: Final = 1e15  # a spreadsheet keeps 15 digits
_TOO_WIDE: Final = RowFault("malformed_row", Said("row.wide_value", number=RECORD_CELLS))
_TOO_LONG: Final = RowFault("malformed_row", Said("row.long_cell", number=FIELD_CHARS))
_TOO_MUCH: Final = RowFault("malformed_row", Said("row.long", number=RECORD_CHARS))


class NoResult(str):
    """What a cell shows whose formula has no result: the formula. The file was written by a program that does not
    calculate, and not opened in one that does."""

    __slots__ = ()


class SheetRows:
    """The rows of one sheet, and what was noticed on the way."""

    def __init__(
        self,
        strings: SharedStrings,
        links: Links | None = None,
        merges: Merges | None = None,
        formats: Formats | None = None,
        *,
        all_hidden: bool = False,
    ) -> None:
        """Without `formats` numbers are shown as they are."""
        self._rows = _Rows(strings, links or {}, formats, merges or {}, all_hidden=all_hidden)

    @property
    def hidden(self) -> int:
        """How many of the rows read so far a filter or a person has hidden, be it with the sheet; blank ones, and the
        first one that has something, left out: those are headings."""
        return self._rows.hidden

    @property
    def without_result(self) -> int:
        """How many of the cells read so far are formulas without a result."""
        return self._rows.without_result

    def read(self, chunks: Iterable[bytes], allowance: Allowance) -> Iterator[RowBlock]:
        """The rows that the sheet has, in its order; a row without values has no cells. `lines` are Excel's row
        numbers.

        Raises `SourceProblem`: `damaged`, `too_large`.
        """
        rows = self._rows
        for _ in parse(chunks, rows):
            allowance.earn_tags(rows.take_count())
            allowance.draw_inflated(rows.take_repeated())
            yield from rows.blocks
            rows.blocks.clear()
        rows.end_sheet()
        yield from rows.blocks


class _Rows(Text):
    """Gathers the rows of a sheet."""

    def __init__(
        self, strings: SharedStrings, links: Links, formats: Formats | None, merges: Merges, *, all_hidden: bool
    ) -> None:
        super().__init__()
        self.blocks: list[RowBlock] = []
        self.hidden = 0
        self.without_result = 0
        self._gathered = Gathering()
        self._line = 0
        self._column = -1
        self._type = "n"
        self._cells: list[str] = []
        self._chars = 0
        self._fault: RowFault | None = None
        self._columns = _Columns()
        self._all_hidden = all_hidden
        self._has_rows = False
        self._is_hidden = all_hidden
        self._links = links
        self._merges = merges
        self._shown_over: dict[int, tuple[int, str]] = {}
        """By column: the last row over which a merged cell is shown, and what it shows."""
        self._repeated = 0
        self._formula: str | None = None
        """What the cell calculates, where it does."""
        self._has_value = False
        self._openers.update(
            row=self._open_row, c=self._open_cell, v=self._open_value, f=self._begin, **{"is": self._open_inline}
        )
        self._closers.update(
            row=self._close_row, c=self._close_cell, v=self._end, f=self._close_formula, **{"is": self._end_phonetic}
        )
        self._readers: dict[str, Callable[[str], str]] = {
            "n": _number,
            "s": lambda number: strings.text(int(number)),
            "b": lambda truth: "TRUE" if truth.strip() == "1" else "FALSE",
        }  # what is not named here is text: "str", "inlineStr", "e" (an error such as #N/A), "d" (a date in ISO 8601)
        self._style = ""
        self._has_formats = formats is not None
        if formats:
            self._readers["n"] = lambda number: formats.shown(self._style, _number(number))

    def end_sheet(self) -> None:
        if self._gathered.lines:
            self.blocks.append(self._gathered.take())

    def _open_row(self, attributes: Attributes) -> None:
        number = attributes.get("r")
        self._line = self._line + 1 if number is None else int(number)
        if not 0 < self._line <= SHEET_ROWS:
            raise SourceProblem("damaged", DAMAGED)
        self._column = -1
        self._is_hidden = self._all_hidden or attributes.get("hidden", "0") in _TRUE

    def _close_row(self) -> None:
        if self._links and self._line in self._links:
            self._follow(self._links.pop(self._line))
        if self._merges or self._shown_over:
            self._repeat_merged()
        if self._is_hidden and self._cells:
            self.hidden += self._has_rows
        self._has_rows = self._has_rows or bool(self._cells)
        self._gathered.add(self._line, self._cells, self._chars, self._fault)
        if self._gathered.is_full:
            self.blocks.append(self._gathered.take())
        self._cells, self._chars, self._fault = [], 0, None

    def _open_cell(self, attributes: Attributes) -> None:
        place = attributes.get("r")
        self._column = self._column + 1 if place is None else self._columns[place.rstrip("0123456789")]
        self._type = attributes.get("t", "n")
        if self._has_formats:
            self._style = attributes.get("s", "0")
        self._formula = None
        self._has_value = False

    def _open_value(self, _: Attributes) -> None:
        """Of a value and an inline text, some programs write both: the type says which one counts."""
        self._has_value = True
        self._wanted = not (self._parts and self._type == "inlineStr")

    def _open_inline(self, _: Attributes) -> None:
        if self._type == "inlineStr":
            self.take()
        self._phonetic = bool(self._parts)

    def _close_formula(self) -> None:
        self._wanted = False
        self._formula = self.take()

    def _close_cell(self) -> None:
        if self._formula is not None and self._is_without_result(self._formula):
            return
        if not self._parts:
            return
        text = self._readers.get(self._type, unescape)(self.take())
        if not text:
            return  # an empty shared string
        self._values += 1
        if text[0] == "'":
            text = strip_guard(text)
        self._add(text)

    def _add(self, text: str) -> None:
        self._chars += len(text)
        if len(text) > FIELD_CHARS or self._chars > RECORD_CHARS or self._column >= RECORD_CELLS:
            self._fault = self._fault_of(text)
        elif self._column == len(self._cells):
            self._cells.append(text)
        else:
            self._place(text)

    def _is_without_result(self, formula: str) -> bool:
        """Whether no result was saved: the formula says it, or stands for itself. An empty text is a result."""
        link = _LINK.search(formula) if "(" in formula else None
        address = address_of(link[1]) if link else ""
        if self._parts or (self._has_value and self._type == "str"):
            if address:
                self._links.setdefault(self._line, []).append((self._column, address))
            return False
        self._values += 1
        constant = _CONSTANT.fullmatch(formula)
        if address or constant:
            self._add(constant[1] if constant else address)
        else:
            self.without_result += 1
            self._add(NoResult(f"={formula}"))
        return True

    def _follow(self, links: Iterable[tuple[str | int, str]]) -> None:
        """Puts the addresses behind the cells where they show something else. One that the row shows in another cell
        says nothing new."""
        for place, address in links:
            column = place if isinstance(place, int) else self._columns[place]
            shown = self._cells[column] if column < len(self._cells) else ""
            if "@" in shown or not address or any(address.lower() in cell.lower() for cell in self._cells):
                continue
            self._column = column
            self._add(f"{_BRACKETS.sub(' ', shown).strip()} <{address}>" if shown else address)

    def take_repeated(self) -> int:
        """How many characters merged cells have come to since this was last asked."""
        count, self._repeated = self._repeated, 0
        return count

    def _repeat_merged(self) -> None:
        """Puts what merged cells show into each of their rows: a city that stands beside three people is that of all
        three. An address is one person's."""
        for column, (last, shown) in [*self._shown_over.items()]:
            if self._line > last:
                del self._shown_over[column]
            elif self._cells and not "".join(self._cells[column : column + 1]):
                self._column = column
                self._repeated += len(shown)
                self._add(shown)
        for letters, last in self._merges.pop(self._line, ()):
            column = self._columns[letters]
            shown = "".join(self._cells[column : column + 1])
            if shown and "@" not in shown:
                self._shown_over[column] = last, shown

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
        if not (letters.isascii() and letters.isalpha() and len(letters) <= _LETTERS):
            raise SourceProblem("damaged", DAMAGED)
        number = 0
        for letter in letters.upper():
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
