"""Delimited text to rows: RFC 4180 and what people have, in bounded memory.

The text comes in pieces. Whole lines are parsed a piece at a time; what belongs to a record that is not whole yet is
carried over to the next piece. Four ways lead through a piece, the fastest that is right for it is taken:

1. No quote in it: every line is a record, `str.split` does what `csv.reader` would do.
2. Quotes, and every record ends on its line: `csv.reader` over all the lines at once.
3. Records that span lines, with no doubt about any quote: `csv.reader` in its strict mode, record by record.
4. From the first doubt on, records that are too long or whose quote never closes: line by line, with a way back.

Spaces around the quotes of a cell are dropped, and quotes that a backslash escapes are doubled, before that.

A record ends with its line unless a quote is open. An open quote is believed as long as the record stays below
RECORD_CHARS and the closing quote is followed by a delimiter or a line end. Otherwise the quote was none: the line it
stands in is lost, the lines it swallowed are read again. Each line is swallowed at most once, which is linear: the
line that closes one quote wrongly is the first on which the next one can open.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from io import StringIO
from itertools import chain
from typing import TYPE_CHECKING, Final

from handler.errors import SourceProblem
from handler.limits import ENDLESS_CHARS, EXCERPT_CHARS, FIELD_CHARS, RECORD_CHARS
from handler.reading.allowance import Allowance
from handler.reading.charset import mended
from handler.reading.own_csv import GUARDED, strip_guard
from handler.reading.streams import LINE_END, split, whole_lines
from handler.reading.tables import RowBlock, RowFault
from handler.said import Said

if TYPE_CHECKING:
    from _csv import Reader

SPACES: Final = " "
"""The delimiter of columns set apart by one or more spaces."""
_NO_DELIMITER: Final = "\udffe"
_ESCAPED: Final = re.compile(r'(?<!\\)((?:\\\\)*)\\"')
"""A quote behind an odd number of backslashes, as MySQL and PHP write it; RFC 4180 doubles it."""
_END: Final = "\udfff"
"""Fed behind the last line: it comes out as a record of its own, unless a quote is open. No text holds it."""

_UNCLOSED: Final = RowFault("malformed_row", Said("row.open_quote"))
_TOO_LONG: Final = RowFault("malformed_row", Said("row.endless", characters=RECORD_CHARS, cell=FIELD_CHARS))
_UNDECODABLE: Final = RowFault("undecodable", Said("row.bytes"))
ENDLESS: Final = SourceProblem("too_large", Said("file.long_line", number=RECORD_CHARS))


def blocks(texts: Iterable[str], delimiter: str | None, allowance: Allowance) -> Iterator[RowBlock]:
    """The records of a text, a blank line being one without cells. `None` as the delimiter: one cell on each line.

    Raises `SourceProblem` for a line that does not end within ENDLESS_CHARS, or that has nothing before it; for quotes
    without end.
    """
    reader = _Reader(delimiter, allowance)
    for text in texts:
        block = reader.feed(text)
        if block.rows:
            yield block
    block = reader.feed("", final=True)
    if block.rows:
        yield block


@dataclass(slots=True)
class _Found:
    """What a piece came to."""

    rows: list[list[str]]
    lines: Sequence[int]
    faults: dict[int, RowFault] = field(default_factory=dict)
    rest: str = ""
    """The beginning of a record whose end is not here."""


class _Reader:
    """Holds what is left over between two pieces."""

    def __init__(self, delimiter: str | None, allowance: Allowance) -> None:
        self._allowance = allowance
        self._spaces = delimiter == SPACES
        self._delimiter = delimiter or _NO_DELIMITER
        mark = re.escape(self._delimiter)
        self._padded = re.compile(rf'(?:{mark}|^) +"[^"\r\n]+" *(?={mark}|$)', re.MULTILINE)
        """A cell in quotes behind spaces: from the first one on, a quote opens behind spaces."""
        self._skips = self._spaces
        self._closing = re.compile(rf'"(?<=[^"{mark}\r\n]") +(?={mark}|[\r\n]|\Z)')
        """Spaces behind a cell in quotes."""
        self._escape = re.compile(rf'(?<!\\)\\"[^"{mark}\r\n]')
        """A backslash and a quote inside a cell: no closing quote stands before text."""
        self._escapes = False
        self._carry = ""
        self._line = 1
        """The number of the line on which the carry begins."""
        self._spans = False
        """The last piece had a record of several lines: the next one will, too."""
        self._overlong = 0
        """How much of an endless line was dropped so far."""
        self._excerpt: list[str] = []

    def feed(self, text: str, *, final: bool = False) -> RowBlock:
        """The records that `text` completes."""
        text = self._carry + text
        lost = self._skip(text, final=final) if self._overlong else None
        if lost is not None:
            if not lost.rows:
                return lost
            text = self._carry
        block = self._whole_records(text, final=final)
        return _joined(lost, block) if lost else block

    def _whole_records(self, text: str, *, final: bool) -> RowBlock:
        end = len(text) if final else whole_lines(text)
        if not end and len(text) > RECORD_CHARS:
            return self._begin_to_skip(text)
        found = self._parse(text[:end], len(text) - end, final=final)
        self._carry = found.rest + text[end:]
        return mend(text, RowBlock(found.lines, found.rows, found.faults))

    def _parse(self, text: str, behind: int, *, final: bool) -> _Found:
        """`behind` counts the characters of the unfinished line that follows."""
        if '"' in text and not self._spaces:
            text = self._as_in_rfc_4180(text)
        lines = split(text)
        rows = self._in_one_go(text, lines)
        if rows is not None:
            first = self._line
            self._line += len(lines)
            return _Found(rows, range(first, self._line))
        return self._line_by_line(self._record_by_record(text), behind, final=final)

    def _as_in_rfc_4180(self, text: str) -> str:
        """Without spaces behind the quotes of a cell, and with quotes inside it doubled where the file escapes them."""
        if '\\"' in text:
            self._escapes = self._escapes or self._does_escape(text)
            text = _ESCAPED.sub(r'\1""', text) if self._escapes else text
        if not self._skips and any(sign in text for sign in (f'{self._delimiter} "', '\n "', '  "')):
            self._skips = any(_is_outside_quotes(found) for found in self._padded.finditer(text))
        return self._closing.sub('"', text) if '" ' in text else text

    def _does_escape(self, text: str) -> bool:
        """A backslash before a closing quote is one of a path, unless the line has a quote too many."""
        if self._escape.search(text):
            return True
        return any('\\""' in line and line.count('"') % 2 for line in split(text))

    def _in_one_go(self, text: str, lines: list[str]) -> list[list[str]] | None:
        """All rows, where each line is one; `None` where it is not that easy."""
        if len(text) > FIELD_CHARS and max(map(len, lines), default=0) > FIELD_CHARS:
            return None
        if '"' not in text and not self._spaces:
            delimiter = self._delimiter
            rows = [line.split(delimiter) for line in lines]
            return [row if row != [""] else [] for row in rows] if "" in lines else rows
        if self._spans:
            return None
        try:
            rows = list(self._csv_reader(chain(lines, (_END,))))
        except csv.Error:
            return None
        if len(rows) <= len(lines):
            return None
        rows.pop()
        return rows

    def _record_by_record(self, text: str) -> _Lines:
        """The records before the first doubtful one, or before the one whose end is not here."""
        source = _Lines(list(StringIO(text, newline="")))
        if len(text) > RECORD_CHARS:
            return source
        reader = self._csv_reader(source.lines, strict=True)
        try:
            for row in reader:
                source.rows.append(row)
                source.numbers.append(self._line + source.at)
                source.at = reader.line_num
        except csv.Error:
            pass  # line by line from here
        self._spans = len(source.rows) < source.at
        return source

    def _line_by_line(self, source: _Lines, behind: int, *, final: bool) -> _Found:
        reader = self._csv_reader(source)
        rows, numbers = source.rows, source.numbers
        faults: dict[int, RowFault] = {}
        rest = ""
        while source.at < len(source.lines):
            start = source.at
            row, fault = self._next(reader, source)
            if fault is _UNCLOSED and source.open and not final:
                rest = "".join(source.lines[start:])
                if len(rest) + behind <= RECORD_CHARS:
                    break
                rest = ""
            if fault:
                self._allowance.draw_swallowed(source.at - start - 1)
                source.at = start + 1
                faults[len(rows)] = fault
                row = self._saved(source.lines[start])
            rows.append(row)
            numbers.append(self._line + start)
        self._line += start if rest else len(source.lines)
        return _Found(rows, numbers, faults, rest)

    def _next(self, reader: Iterator[list[str]], source: _Lines) -> tuple[list[str], RowFault | None]:
        start = source.at
        source.open = False
        try:
            row = next(reader)
        except csv.Error:
            return [], _TOO_LONG
        if source.at > len(source.lines):
            source.open = True
            return [], _UNCLOSED
        if source.at - start > 1 or len(source.lines[start]) > RECORD_CHARS:
            return row, self._doubt(source.lines[start : source.at])
        return row, None

    def _doubt(self, record: list[str]) -> RowFault | None:
        """A record of several lines is believed only where its quotes are beyond doubt."""
        if sum(map(len, record)) > RECORD_CHARS:
            return _TOO_LONG
        try:
            next(self._csv_reader(record, strict=True))
        except csv.Error:
            return _UNCLOSED
        return None

    def _csv_reader(self, lines: Iterable[str], *, strict: bool = False) -> Reader:
        return csv.reader(lines, delimiter=self._delimiter, skipinitialspace=self._skips, strict=strict)

    def _saved(self, line: str) -> list[str]:
        """Whole cells only: half an address may be the address of somebody else."""
        cells = line[:EXCERPT_CHARS].rstrip("\r\n").split(self._delimiter)
        return cells if len(line) <= EXCERPT_CHARS else cells[:-1]

    def _begin_to_skip(self, text: str) -> RowBlock:
        if self._line == 1:
            raise ENDLESS
        self._overlong = len(text)
        self._excerpt = self._saved(text)
        self._carry = "\r" if text.endswith("\r") else ""
        return RowBlock((), ())

    def _skip(self, text: str, *, final: bool) -> RowBlock:
        """Drops the rest of an endless line; the row it costs, once its end has come."""
        end = LINE_END.search(text)
        if not final and (end is None or (end.end() == len(text) and text.endswith("\r"))):
            self._overlong += len(text)
            self._carry = "\r" if text.endswith("\r") else ""
            if self._overlong > ENDLESS_CHARS:
                raise ENDLESS
            return RowBlock((), ())
        self._overlong = 0
        self._carry = text[end.end() :] if end else ""
        self._line += 1
        return RowBlock((self._line - 1,), (self._excerpt,), {0: _TOO_LONG})


class _Lines:
    """Lines that `csv.reader` takes one by one, and that one can go back in."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.at = 0
        self.rows: list[list[str]] = []
        """What was read from the lines before `at`."""
        self.numbers: list[int] = []
        """The line of the file on which each of the rows begins."""
        self.open = False
        """The last record was still open when the lines were at their end."""

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self.at > len(self.lines):
            raise StopIteration
        self.at += 1
        return self.lines[self.at - 1] if self.at <= len(self.lines) else _END


def _is_outside_quotes(found: re.Match[str]) -> bool:
    """Whether as many quotes open as close before it on its line."""
    text, at = found.string, found.start()
    start = max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1
    return text.count('"', start, at) % 2 == 0


def _joined(lost: RowBlock, block: RowBlock) -> RowBlock:
    return RowBlock(
        [*lost.lines, *block.lines],
        [*lost.rows, *block.rows],
        {**lost.faults, **{index + 1: fault for index, fault in block.faults.items()}},
    )


def mend(text: str, block: RowBlock) -> RowBlock:
    """Takes the guards off, and marks the rows with a byte that did not decode; the block was read from `text`."""
    rows, faults = block.rows, dict(block.faults)
    if "'" in text and GUARDED.search(text):
        rows = [[strip_guard(cell) for cell in row] for row in rows]
    if not (text.isascii() or _is_whole(text)):
        faults |= {index: _UNDECODABLE for index, row in enumerate(rows) if not _is_whole("".join(row))}
        rows = [[mended(cell) for cell in row] if index in faults else row for index, row in enumerate(rows)]
    return RowBlock(block.lines, rows, faults)


def _is_whole(text: str) -> bool:
    """No lone surrogate in it. Encoding is many times as fast as searching for one, and to UTF-16 the fastest: there is
    nothing to be done to the other characters."""
    try:
        text.encode("utf-16-le")
    except UnicodeEncodeError:
        return False
    return True
