"""JSON: one record on each line, an array of records, or one after the other. A record is an object, whose keys are the
columns (`user.email` for one in an object inside it), a list of cells, or a single cell.

Where a record ends is found out before it is decoded, outside of strings and by counting brackets: so it is bounded,
and one that is no JSON costs itself only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, islice
from typing import Final

from handler.errors import SourceProblem
from handler.limits import BLOCK_CHARS, FIELD_CHARS, JSON_DEPTH, RECORD_CELLS, RECORD_CHARS, SAMPLE_ROWS
from handler.reading.allowance import Allowance
from handler.reading.charset import UNDECODABLE, decode, detect, mended
from handler.reading.streams import bounded_lines, pieces
from handler.reading.tables import Hints, RowBlock, RowFault, Table
from handler.reading.tabulation import Gathering, tabulate
from handler.said import Said

_STEP: Final = 65_536
_LOOK_AHEAD_LINES: Final = 20
_PREFIX_CHARS: Final = 200  # it stands before every key inside: a long one would be there a thousand times
_DIGITS: Final = 1_000  # of a number that is one; the time `int` takes grows with their square
_STRING: Final = r'"[^"\\]*(?:\\.[^"\\]*)*"'
_TOKEN: Final = re.compile(rf'\{{[^"{{}}\[\]]*(?:{_STRING}[^"{{}}\[\]]*)*\}}|{_STRING}|["{{}}\[\],]', re.DOTALL)
"""A whole flat object, a whole string, or one character that matters. A lone `"` begins a string that goes on."""
_BRACKETS: Final = re.compile(rf"{_STRING}|[{{}}\[\]]", re.DOTALL)
_NUL: Final = r"\u0000"
_ESCAPES: Final = re.compile(r"\\u0000|(\\.)")

_NO_JSON: Final = RowFault("malformed_row", Said("row.no_json"))
_TOO_LONG: Final = RowFault("malformed_row", Said("row.record_long", number=RECORD_CHARS))
_TOO_DEEP: Final = RowFault("malformed_row", Said("row.record_deep", number=JSON_DEPTH))
_TOO_WIDE: Final = RowFault("malformed_row", Said("row.record_wide", number=RECORD_CELLS, characters=FIELD_CHARS))
_BROKEN: Final = RowFault("undecodable", Said("row.record_broken"))


@dataclass(frozen=True, slots=True)
class _Record:
    line: int
    text: str
    """Without what surrounds it; "" for a blank line."""
    fault: RowFault | None = None


@dataclass(frozen=True, slots=True)
class _Content:
    """A record, decoded."""

    record: _Record
    value: object
    fault: RowFault | None


def read_json(chunks: Iterable[bytes], hints: Hints, allowance: Allowance) -> Iterator[Table]:
    """The one table of a JSON file; its `lines` are those on which the records begin.

    Raises `SourceProblem`: `damaged` for an array that does not end, `too_large` for an endless or endlessly nested
    record in an array, or for far too many brackets, `empty_file`, `no_email_column`.
    """
    charset, stream = detect(chunks, hints.encoding)
    contents = map(partial(_content, allowance), _records(decode(pieces(stream, _STEP), charset), allowance))
    first = _sample(contents)
    keys = _keys(first)
    rows = _rows(chain(first, contents), keys)
    table = tabulate(rows, hints, "json", heading=keys)
    yield replace(table, facts=replace(table.facts, encoding=charset.name))


def _records(texts: Iterator[str], allowance: Allowance) -> Iterator[_Record]:
    head = next(texts, "")
    texts = chain((head,), texts)
    if _is_by_line(head.lstrip()):
        return _lines(texts)
    return _elements(texts, _Scanner(allowance, in_array=head.lstrip().startswith("[")))


def _is_by_line(head: str) -> bool:
    """Whether a line is a record. Not so in a file that is written over many lines, or as one long array."""
    lines = head.split("\n", _LOOK_AHEAD_LINES)
    if head.startswith("["):
        return bool("".join(lines[1:]).strip()) and _is_row(_decoded(lines[0]))
    return len(lines) == 1 or any(isinstance(_decoded(line), dict) for line in lines)


def _is_row(value: object) -> bool:
    return isinstance(value, list) and not any(isinstance(cell, (dict, list)) for cell in value)


def _lines(texts: Iterable[str]) -> Iterator[_Record]:
    for line in bounded_lines(texts):
        yield _Record(line.number, line.text.strip(), _TOO_LONG if line.too_long else None)


def _elements(texts: Iterable[str], scanner: _Scanner) -> Iterator[_Record]:
    for text in texts:
        yield from scanner.feed(text)
    scanner.finish()


class _Scanner:
    """Finds where records end: at the commas of an array, or with the last bracket of each of several objects."""

    def __init__(self, allowance: Allowance, *, in_array: bool) -> None:
        self._allowance = allowance
        self._base = 1 if in_array else 0
        self._depth = 0
        self._held = ""
        self._scanned = 0
        self._line = 1  # on which `_held` begins

    def feed(self, text: str) -> Iterator[_Record]:
        """Raises `SourceProblem` (`too_large`) for a record without end."""
        self._held += text
        begin, resume, tokens = 0, len(self._held), 0
        for token in _TOKEN.finditer(self._held, self._scanned):
            tokens += 1
            mark = token[0]
            if mark == '"':
                resume = token.start()
                break
            if self._is_border(mark):
                end = token.end() if not self._base and mark[-1] == "}" else token.start()
                yield from self._record(self._held[begin:end])
                begin = token.end()
        self._allowance.draw_steps(tokens)
        self._held, self._scanned = self._held[begin:], resume - begin
        if len(self._held) > RECORD_CHARS:
            raise SourceProblem("too_large", Said("file.record_long", number=RECORD_CHARS))

    def finish(self) -> None:
        """Raises `SourceProblem` (`damaged`) when there should have been more."""
        if self._depth or self._held.strip():
            raise SourceProblem("damaged", Said("file.record_open"))

    def _record(self, raw: str) -> Iterator[_Record]:
        text = raw.lstrip()
        line = self._line + raw.count("\n", 0, len(raw) - len(text))
        self._line += raw.count("\n")
        if text:
            yield _Record(line, text.rstrip())

    def _is_border(self, mark: str) -> bool:
        if len(mark) > 1:
            return self._depth == self._base == 0 and mark[0] == "{"
        if mark == ",":
            return self._depth == self._base
        return self._opens() if mark in "[{" else self._closes()

    def _opens(self) -> bool:
        self._depth += 1
        if self._depth > JSON_DEPTH:
            raise SourceProblem("too_large", Said("file.record_deep", number=JSON_DEPTH))
        return self._depth == self._base

    def _closes(self) -> bool:
        self._depth -= 1
        if self._depth < 0:
            raise SourceProblem("damaged", Said("file.brackets"))
        return self._depth == 0


def _content(allowance: Allowance, record: _Record) -> _Content:
    if record.fault or not record.text:
        return _Content(record, None, record.fault)
    value = _decoded(record.text, allowance)
    if isinstance(value, RowFault):
        return _Content(record, None, value)
    return _Content(record, value, _BROKEN if UNDECODABLE.search(record.text) else None)


def _decoded(text: str, allowance: Allowance | None = None) -> object:
    """The value, or why there is none. Depth is counted first: `json` would raise RecursionError. NULs are dropped, as
    `decode` does with those that are not escaped: up to Python 3.10 `csv` writes none."""
    brackets = text.count("[") + text.count("{")
    if brackets > JSON_DEPTH:
        if allowance:
            allowance.draw_steps(brackets)
        if _depth(text) > JSON_DEPTH:
            return _TOO_DEEP
    if _NUL in text:
        text = _ESCAPES.sub(r"\1", text)
    try:
        return json.loads(text, parse_int=_whole_number)
    except ValueError:
        return _NO_JSON


def _depth(text: str) -> int:
    depth = deepest = 0
    for token in _BRACKETS.finditer(text):
        mark = token[0]
        depth += (mark in "[{") - (mark in "]}")
        deepest = max(deepest, depth)
    return deepest


def _whole_number(digits: str) -> int | str:
    return int(digits) if len(digits) <= _DIGITS else digits


def _sample(contents: Iterator[_Content]) -> list[_Content]:
    taken: list[_Content] = []
    chars = 0
    for content in islice(contents, SAMPLE_ROWS):
        taken.append(content)
        chars += len(content.record.text)
        if chars > BLOCK_CHARS:
            break
    return taken


def _keys(contents: Sequence[_Content]) -> tuple[str, ...] | None:
    """The columns: all keys of the first records, as they come; None where these are no objects."""
    objects = [content.value for content in contents if isinstance(content.value, dict)]
    keys = dict.fromkeys(mended(key) for value in objects for key in _flat(value))
    return tuple(islice(keys, RECORD_CELLS)) if objects else None


def _rows(contents: Iterable[_Content], keys: tuple[str, ...] | None) -> Iterator[RowBlock]:
    gathering = Gathering()
    places = {key: at for at, key in enumerate(keys or ())}
    for content in contents:
        cells, fault = _cells(content.value, places), content.fault
        if len(cells) > RECORD_CELLS or any(len(cell) > FIELD_CHARS for cell in cells):
            cells, fault = [], _TOO_WIDE
        if any(map(UNDECODABLE.search, cells)):  # half of an escaped character: "\ud83d"
            cells, fault = [mended(cell) for cell in cells], _BROKEN
        gathering.add(content.record.line, cells, len(content.record.text), fault)
        if gathering.is_full:
            yield gathering.take()
    if gathering.lines:
        yield gathering.take()


def _cells(value: object, places: Mapping[str, int]) -> list[str]:
    if isinstance(value, dict):
        return _placed(value, places)
    if isinstance(value, list):
        return [_cell(item) for item in value[: RECORD_CELLS + 1]]
    return [] if value is None else [_cell(value)]


def _placed(value: dict[str, object], places: Mapping[str, int]) -> list[str]:
    """The cells up to the last one that the record has: there may be 4,096 columns, and one key in each record."""
    cells: list[str] = []
    for key, item in _flat(value).items():
        at = places.get(key, -1)
        if at == len(cells):
            cells.append(_cell(item))
        elif at >= 0:
            cells += [""] * (at + 1 - len(cells))
            cells[at] = _cell(item)
    return cells


def _flat(value: dict[str, object]) -> dict[str, object]:
    return dict(_flattened(value, "")) if dict in map(type, value.values()) else value


def _flattened(value: dict[str, object], prefix: str) -> Iterator[tuple[str, object]]:
    for key, item in value.items():
        if isinstance(item, dict) and item and len(prefix) + len(key) <= _PREFIX_CHARS:
            yield from _flattened(item, f"{prefix}{key}.")
        else:
            yield prefix + key, item


def _cell(value: object) -> str:
    if isinstance(value, str):
        return value
    if type(value) is int:
        return str(value)  # `json.dumps` takes 2 us, and there may be 4,096 of them in each record
    return "" if value is None else json.dumps(value, ensure_ascii=False)
