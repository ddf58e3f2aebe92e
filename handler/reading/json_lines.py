"""JSON: one record on each line, one after the other, or in a list: an array, or an object whose keys are their ids,
wherever it is in the document. A record is an object, whose keys are the columns (`user.email` for one in an object
inside it), a list of cells, or a single cell.

Where a record ends is found out before it is decoded, outside of strings and by counting brackets: so it is bounded,
and one that is no JSON costs itself only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Final, TypeGuard

from handler.errors import SourceProblem
from handler.limits import BLOCK_CHARS, FIELD_CHARS, JSON_DEPTH, RECORD_CELLS, RECORD_CHARS, SAMPLE_ROWS
from handler.reading.allowance import Allowance
from handler.reading.charset import UNDECODABLE, decode, detect, mended
from handler.reading.consent_headings import names_no
from handler.reading.headings import Fit, fit
from handler.reading.json_list import Finding, Path, find_list, is_group_of_no
from handler.reading.outside import Outside, harmless
from handler.reading.said_no import SaidNo
from handler.reading.streams import bounded_lines, pieces
from handler.reading.tables import Hints, RowBlock, RowFault, Table
from handler.reading.tabulation import Gathering, tabulate
from handler.reading.variables import folded
from handler.said import Said

_STEP: Final = 65_536
_MOST_BYTES: Final = 4
"""Of one character."""
_LOOK_AHEAD_LINES: Final = 20
_PREFIX_CHARS: Final = 200  # it stands before every key inside: a long one would be there a thousand times
_DIGITS: Final = 1_000  # of a number that is one; the time `int` takes grows with their square
_STRING: Final = r'"[^"\\]*(?:\\.[^"\\]*)*"'
_TOKEN: Final = re.compile(rf'\{{[^"{{}}\[\]]*(?:{_STRING}[^"{{}}\[\]]*)*\}}|{_STRING}|["{{}}\[\],]', re.DOTALL)
"""A whole flat object, a whole string, or one character that matters. A lone `"` begins a string that goes on."""
_OUTSIDE: Final = re.compile(rf'{_STRING}|["{{}}\[\],]', re.DOTALL)
"""The same outside of the list, where a flat object may be the list."""
_STRINGS: Final = re.compile(_STRING, re.DOTALL)
_NO: Final = "unsubscribed"
"""The column that says so of everybody in a record."""
_NAME_CHARS: Final = 80
"""A longer key is no name of a list."""
_BRACKETS: Final = re.compile(rf"{_STRING}|[{{}}\[\]]", re.DOTALL)
_OPENING: Final = frozenset("{[")
_BETWEEN: Final = frozenset(" \t,;\x1e")
"""What may stand between records on one line; RS is from RFC 7464."""
_KEY_OF_ADDRESS: Final = re.compile(r'"([^"\\]{1,60})"\s*:[\s\[{]*"[^"]*@')
_DOTS: Final = re.compile(r"\.")
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
    has_key: bool = False
    """Whether its key stands before it: it is one of those in an object."""


@dataclass(frozen=True, slots=True)
class _Content:
    """A record, decoded."""

    record: _Record
    value: object
    fault: RowFault | None


def read_json(chunks: Iterable[bytes], hints: Hints, allowance: Allowance) -> Iterator[Table]:
    """The table of a JSON file; its `lines` are those on which the records begin, or, where all begin on one, the
    numbers of the records. A second one has those who said no,
    in lists beside that one.

    Raises `SourceProblem`: `damaged` for an array that does not end, `too_large` for an endless or endlessly nested
    record in an array, or for far too many brackets, `empty_file`, `no_email_column`.
    """
    charset, stream = detect(chunks, hints.encoding)
    texts = decode(pieces(stream, _STEP), charset)
    head, found = _look(texts)
    outside = Outside()
    with SaidNo(allowance) as noes:
        records = _records(head, chain((head,), texts), found, _Aside(allowance, outside, noes))
        contents = _contents(records, found, allowance, outside)
        first = _sample(contents)
        keys = _keys(first)
        numbered = _numbered(chain(first, contents)) if _are_on_one_line(first) else chain(first, contents)
        rows = _rows(numbered, keys, outside, hints.headings)
        table = tabulate(rows, hints, "json", heading=keys, outside=outside)
        name = harmless(found.name) if found.name else None
        facts = replace(table.facts, encoding=charset.name, records=name)
        yield replace(table, facts=facts, title=found.title)
        yield from noes.tables("json", charset.name)


def _look(texts: Iterator[str]) -> tuple[str, Finding]:
    """The beginning of the text, and what list it is of: more of it where the list does not begin at once."""
    head = ""
    for text in texts:
        head += text
        found = find_list(head.lstrip())
        if found.path is not None or found.is_whole or len(head) >= RECORD_CHARS:
            break
    else:
        found = find_list(head.lstrip())
    return head, found


def _records(head: str, texts: Iterator[str], found: Finding, aside: _Aside) -> Iterator[_Record]:
    head = head.lstrip()
    is_array = head.startswith("[")
    if found.path or (found.path is not None and not is_array):
        return _elements(texts, _Scanner(found.path, aside, found.noes))
    if _is_by_line(head, is_followed=found.is_followed):
        return _lines(texts)
    return _elements(texts, _Scanner(() if is_array else None, aside))


def _is_by_line(head: str, *, is_followed: bool) -> bool:
    """Whether a line is a record. Not so in a file that is written over many lines, or as one long array, or as one
    record behind the other in a line that may have no end."""
    lines = head.split("\n", _LOOK_AHEAD_LINES)
    if head.startswith("["):
        return bool("".join(lines[1:]).strip()) and _is_row(_decoded(lines[0]))
    if len(lines) == 1:
        return len(head) * _MOST_BYTES < _STEP or not is_followed
    return any(isinstance(_decoded(line), dict) for line in lines)


def _is_row(value: object) -> bool:
    return isinstance(value, list) and not any(isinstance(cell, (dict, list)) for cell in value)


def _lines(texts: Iterable[str]) -> Iterator[_Record]:
    for line in bounded_lines(texts):
        yield _Record(line.number, line.text.strip(), _TOO_LONG if line.too_long else None)


def _elements(texts: Iterable[str], scanner: _Scanner) -> Iterator[_Record]:
    for text in texts:
        yield from scanner.feed(text)
    scanner.finish()


@dataclass(frozen=True, slots=True)
class _Aside:
    """What becomes of the text outside of the list."""

    allowance: Allowance
    outside: Outside
    noes: SaidNo

    def take(self, text: str, no_name: str, line: int) -> None:
        """Counts its addresses; in a list of people who said no, of this name, it keeps them."""
        if no_name:
            for string in _STRINGS.finditer(text):
                if "@" in string[0]:
                    self.noes.keep(str(_decoded(string[0])), no_name, line + text.count("\n", 0, string.start()))
        else:
            self.outside.look(text, _key_of_address(text))


class _Scanner:
    """Finds where records end: at the commas of a list, or with the last bracket of each of several objects."""

    def __init__(self, path: Path | None, aside: _Aside, noes: frozenset[str] = frozenset()) -> None:
        self._aside = aside
        self._noes = noes
        """Keys that are those of such lists, too."""
        self._path = path or ()
        self._base = 0 if path is None else len(path) + 1
        """How many brackets are open around a record."""
        self._depth = 0
        self._on_path = 0
        """How many of the open brackets, from the first one on, lead to the list."""
        self._inside = path is None
        """Whether they have led there."""
        self._in_object = False
        self._text = ""
        """The last text outside of the list: a key, where a bracket follows."""
        self._no_depth = 0
        """Where in the open brackets a list of people who said no begins, beside the list; 0 outside of one."""
        self._no_name = ""
        self._held = ""
        self._scanned = 0
        self._line = 1  # on which `_held` begins

    def feed(self, text: str) -> Iterator[_Record]:
        """Raises `SourceProblem` (`too_large`) for a record without end."""
        self._held += text
        begin, resume, tokens = 0, len(self._held), 0
        for token in self._tokens():
            tokens += 1
            mark = token[0]
            if mark == '"':
                resume = token.start()
                break
            is_record, no_name = self._inside or not self._depth, self._no_name
            if self._is_border(mark):
                end = token.end() if not self._base and mark[-1] == "}" else token.start()
                yield from self._segment(self._held[begin:end], no_name, is_record=is_record)
                begin = token.end()
        if self._depth and not self._inside:
            yield from self._segment(self._held[begin:resume], self._no_name, is_record=False)
            begin = resume
        self._aside.allowance.draw_steps(tokens)
        self._held, self._scanned = self._held[begin:], resume - begin
        if len(self._held) > RECORD_CHARS:
            raise SourceProblem("too_large", Said("file.record_long", number=RECORD_CHARS))

    def finish(self) -> None:
        """Raises `SourceProblem` (`damaged`) when there should have been more."""
        if self._depth or self._held.strip():
            raise SourceProblem("damaged", Said("file.record_open"))

    def _tokens(self) -> Iterator[re.Match[str]]:
        """Inside and outside of the list different ones, from what was not scanned on."""
        at = self._scanned
        while at >= 0:
            inside, start, at = self._inside, at, -1
            for token in (_TOKEN if inside else _OUTSIDE).finditer(self._held, start):
                yield token
                if self._inside != inside:
                    at = token.end()
                    break

    def _segment(self, raw: str, no_name: str, *, is_record: bool) -> Iterator[_Record]:
        """The record that this is, or nothing of the list."""
        text = raw.lstrip()
        line = self._line + raw.count("\n", 0, len(raw) - len(text))
        self._line += raw.count("\n")
        if text and is_record:
            yield _Record(line, text.rstrip(), has_key=self._in_object)
        elif "@" in text:
            self._aside.take(text, no_name, line)

    def _is_border(self, mark: str) -> bool:
        if len(mark) > 1:
            if not self._inside:
                self._text = mark
            return self._depth == self._base == 0 and mark[0] == "{"
        if mark == ",":
            self._text = ""
            return self._inside and self._depth == self._base
        return self._opens(mark) if mark in "[{" else self._closes()

    def _opens(self, mark: str) -> bool:
        """Whether this bracket is that of the list."""
        self._depth += 1
        if self._depth > JSON_DEPTH:
            raise SourceProblem("too_large", Said("file.record_deep", number=JSON_DEPTH))
        if self._inside:
            return False
        key, self._text = self._text, ""
        if self._on_path < self._depth - 1 or not self._leads_on(key):
            return self._begins_noes(key)
        self._on_path = self._depth
        self._inside = self._on_path == self._base
        self._in_object = mark == "{"
        return self._inside

    def _leads_on(self, key: str) -> bool:
        if self._depth == 1:
            return True
        wanted = self._path[self._depth - 2]
        return not self._names_no(key) if wanted is None else key != "" and _decoded(key) == wanted

    def _begins_noes(self, key: str) -> bool:
        if self._no_depth or not self._names_no(key):
            return False
        self._no_depth, self._no_name = self._depth, str(_decoded(key))
        return True

    def _names_no(self, key: str) -> bool:
        if not 0 < len(key) <= _NAME_CHARS:
            return False
        name = str(_decoded(key))
        return name in self._noes or names_no(name)

    def _closes(self) -> bool:
        """Whether a list ends here, or an object that is by itself."""
        self._depth -= 1
        if self._depth < 0:
            raise SourceProblem("damaged", Said("file.brackets"))
        if not self._base:
            return self._depth == 0
        if self._no_depth > self._depth:
            self._no_depth, self._no_name = 0, ""
            return True
        was_inside = self._inside
        self._on_path = min(self._on_path, self._depth)
        self._inside = self._on_path == self._base
        return self._depth == 0 or (was_inside and not self._inside)


def _contents(records: Iterable[_Record], found: Finding, allowance: Allowance, outside: Outside) -> Iterator[_Content]:
    """The records, decoded. In an object that is a list, what stands between them is none of them; nor is what has
    neither keys nor an address, where there are several lists."""
    several = None in (found.path or ())
    for content in chain.from_iterable(_apart(record, allowance) for record in records):
        record = content.record
        if not record.has_key or content.fault:
            if not several or isinstance(content.value, dict) or "@" in record.text:
                yield content
        elif isinstance(content.value, dict):
            for key, value in content.value.items():
                if isinstance(value, dict):
                    yield replace(content, value={"key": key, **value})
                elif found.plain or "@" in key:
                    yield replace(content, value={"key": key, "value": value})
                else:
                    outside.look(record.text, key)


def _apart(record: _Record, allowance: Allowance) -> Iterator[_Content]:
    """The record, or the several ones of a line; what is left of it and cannot be read is one, with its fault."""
    whole = _content(allowance, record)
    if whole.fault is not _NO_JSON or record.has_key:
        yield whole
        return
    at = _next_value(record.text, 0)
    parts: list[str] = []
    while record.text[at : at + 1] in _OPENING:
        end = _end_of_value(record.text, at)
        parts.append(record.text[at:end])
        at = _next_value(record.text, end)
    if at < len(record.text):
        yield whole
    else:
        yield from (_content(allowance, replace(record, text=part)) for part in parts)


def _next_value(text: str, at: int) -> int:
    while text[at : at + 1] in _BETWEEN:
        at += 1
    return at


def _end_of_value(text: str, at: int) -> int:
    """Where the object or list ends that begins there: with the text, if it cannot be read."""
    try:
        return _DECODER.raw_decode(text, at)[1]
    except ValueError:
        return len(text)


def _content(allowance: Allowance, record: _Record) -> _Content:
    if record.fault or not record.text:
        return _Content(record, None, record.fault)
    value = _decoded(f"{{{record.text}}}" if record.has_key else record.text, allowance)
    if isinstance(value, dict) and is_group_of_no(value):
        value = {**value, _NO: "true"}
    return _Content(record, None, value) if isinstance(value, RowFault) else _Content(record, value, None)


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
        return json.loads(text, parse_int=_whole_number, parse_float=_Fraction)
    except ValueError:
        return _NO_JSON


def _depth(text: str) -> int:
    depth = deepest = 0
    for token in _BRACKETS.finditer(text):
        mark = token[0]
        depth += (mark in "[{") - (mark in "]}")
        deepest = max(deepest, depth)
    return deepest


class _Fraction(float):
    """A number as it is written: `1.50` may be a price."""

    def __init__(self, text: str) -> None:
        self.text = text


def _whole_number(digits: str) -> int | str:
    return int(digits) if len(digits) <= _DIGITS else digits


_DECODER: Final = json.JSONDecoder(parse_int=_whole_number, parse_float=_Fraction)


def _sample(contents: Iterator[_Content]) -> list[_Content]:
    taken: list[_Content] = []
    chars = 0
    for content in islice(contents, SAMPLE_ROWS):
        taken.append(content)
        chars += len(content.record.text)
        if chars > BLOCK_CHARS:
            break
    return taken


def _are_on_one_line(contents: Sequence[_Content]) -> bool:
    """Whether several records begin on one and the same line, so that its number tells none of them from another."""
    return len(contents) > 1 and len({content.record.line for content in contents}) == 1


def _numbered(contents: Iterable[_Content]) -> Iterator[_Content]:
    """The records with their own numbers, from 1 on, in place of those of their lines."""
    for number, content in enumerate(contents, 1):
        yield replace(content, record=replace(content.record, line=number))


def _keys(contents: Sequence[_Content]) -> tuple[str, ...] | None:
    """The columns: all keys of the first records, as they come; None where these are no objects."""
    objects = [content.value for content in contents if isinstance(content.value, dict)]
    keys = dict.fromkeys(mended(key) for value in objects for key in _flat(value))
    return tuple(islice(keys, RECORD_CELLS)) if objects else None


def _rows(
    contents: Iterable[_Content], keys: tuple[str, ...] | None, outside: Outside, headings: Sequence[str] | None
) -> Iterator[RowBlock]:
    """Where cells go into a mail, what has another shape than in other records is no blank: `_show_other_shapes`."""
    gathering = Gathering()
    places = {key: at for at, key in enumerate(keys or ())}
    inside = None if headings is None else _inside(places, headings)
    for content in contents:
        cells, fault = _cells(content.value, places, inside), content.fault
        if len(cells) > RECORD_CELLS or any(len(cell) > FIELD_CHARS for cell in cells):
            cells, fault = [], _TOO_WIDE
        joined = "\n".join(cells)
        if not fault and places and "@" in content.record.text and "@" not in joined:
            cells = _with_lost(cells, content.value, places)
            joined = "\n".join(cells)
        if content.record.text.count("@") > joined.count("@"):
            lost = _key_of_address(content.record.text) if fault else _lost_key(content.value, places)
            outside.look(content.record.text, lost, joined)
        if not joined.isascii() and UNDECODABLE.search(joined):
            # Half of an escaped character ("\ud83d"), or a byte: it costs its cell, unless that is the address.
            fault = _BROKEN if any("@" in cell and UNDECODABLE.search(cell) for cell in cells) else fault
            cells = [mended(cell) for cell in cells]
        gathering.add(content.record.line, cells, len(content.record.text), fault)
        if gathering.is_full:
            yield gathering.take()
    if gathering.lines:
        yield gathering.take()


def _with_lost(cells: list[str], value: object, places: Mapping[str, int]) -> list[str]:
    """The cells of a record without an address, and behind the columns one under a key that none of the first records
    has: it is not the row's own, and the row is listed with it."""
    lost = _flat(value).get(_lost_key(value, places)) if isinstance(value, dict) else None
    return cells if lost is None else [*cells, *[""] * (len(places) - len(cells)), _cell(lost)[:FIELD_CHARS]]


def _lost_key(value: object, places: Mapping[str, int]) -> str:
    """The key of an address that none of the first records has; where there is none, one key stands there twice."""
    flat = _flat(value) if isinstance(value, dict) else {}
    return next((key for key, item in flat.items() if key not in places and "@" in _cell(item)), "…")


def _key_of_address(text: str) -> str:
    found = _KEY_OF_ADDRESS.search(text)
    return found[1] if found else "…"


def _cells(value: object, places: Mapping[str, int], inside: Mapping[str, Sequence[int]] | None) -> list[str]:
    if isinstance(value, dict):
        cells = _placed(value, places)
        if inside is not None:
            _show_other_shapes(cells, value, places, inside)
        return cells
    if isinstance(value, list):
        return [", ".join(value)] if _is_addresses(value) else [_cell(item) for item in value[: RECORD_CELLS + 1]]
    return [] if value is None else [_cell(value)]


def _is_addresses(values: list[object]) -> TypeGuard[list[str]]:
    """Whether a list without headings is one of nothing but addresses, each of which counts."""
    return 1 < len(values) <= RECORD_CELLS and all(
        isinstance(value, str) and "@" in value and "," not in value for value in values
    )


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


def _inside(places: Mapping[str, int], headings: Sequence[str]) -> dict[str, list[int]]:
    """Those of the named columns that are inside of an object under a key: `user` has that of `user.name`."""
    named = {*map(folded, headings)}
    found: dict[str, list[int]] = {}
    for key, at in places.items():
        for dot in _DOTS.finditer(key) if folded(key) in named else ():
            found.setdefault(key[: dot.start()], []).append(at)
    return found


def _show_other_shapes(
    cells: list[str],
    value: dict[str, object],
    places: Mapping[str, int],
    inside: Mapping[str, Sequence[int]],
    prefix: str = "",
) -> None:
    """Puts an object where other records have a value, and, with its key, a value where they have an object. Addresses
    are left where they are: nobody is written to for it."""
    for key, item in value.items():
        path = prefix + key
        if isinstance(item, dict | list) and item and path in places:
            _fill(cells, places[path], _cell(item))
        if isinstance(item, dict):
            if len(path) <= _PREFIX_CHARS:
                _show_other_shapes(cells, item, places, inside, f"{path}.")
        elif path in inside and (cell := _cell(item)) and "@" not in cell:
            for at in inside[path]:
                _fill(cells, at, json.dumps({key: item}, ensure_ascii=False))


def _fill(cells: list[str], at: int, text: str) -> None:
    """Puts a text where nothing stands."""
    if not "".join(cells[at : at + 1]):
        cells += [""] * (at + 1 - len(cells))
        cells[at] = text


def _flat(value: dict[str, object]) -> dict[str, object]:
    types = {*map(type, value.values())}
    return dict(_flattened(value, "")) if dict in types or list in types else value


def _flattened(value: dict[str, object], prefix: str) -> Iterator[tuple[str, object]]:
    for key, item in value.items():
        if isinstance(item, dict) and item and len(prefix) + len(key) <= _PREFIX_CHARS:
            yield from _flattened(item, f"{prefix}{key}.")
        elif isinstance(item, list) and _has_addresses(key, item) and len(prefix) + len(key) <= _PREFIX_CHARS:
            yield from _gathered(item, f"{prefix}{key}.")
        else:
            yield prefix + key, item


def _has_addresses(key: str, items: list[object]) -> TypeGuard[list[dict[str, object]]]:
    """`"emails": [{"address": "anna@example.com", "verified": true}]`"""
    if not items or not all(isinstance(item, dict) for item in items):
        return False
    return fit(key) > Fit.NONE or any("@" in value for item in items for value in _texts(item))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)


def _gathered(items: list[dict[str, object]], prefix: str) -> Iterator[tuple[str, object]]:
    """What several objects have under one key stands in one cell."""
    found: dict[str, list[str]] = {}
    for item in items:
        for key, value in _flattened(item, prefix):
            if cell := _cell(value):
                found.setdefault(key, []).append(cell)
    for key, cells in found.items():
        yield key, ", ".join(cells)


def _cell(value: object) -> str:
    if isinstance(value, str):
        return value
    if type(value) is int:
        return str(value)  # `json.dumps` takes 2 us, and there may be 4,096 of them in each record
    if isinstance(value, _Fraction):
        return value.text
    if value is None or value in ([], {}):
        return ""
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
        return value[0]
    return json.dumps(value, ensure_ascii=False)
