"""Rows -> their data for the mail's template, as the JSON that is sent; or why the service would not take them.

A block of rows is written as a whole: what is done row by row is joining, and concerns only rows that are not simply
good.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from json.encoder import encode_basestring
from typing import Final

from handler.limits import TEMPLATE_BYTES
from handler.reading.blanks import ERROR_VALUES
from handler.reading.tables import RowFault
from handler.reading.variables import DataColumns
from handler.reading.workbook.sheet import NoResult
from handler.said import Said

_MARKUP: Final = re.compile(r"<[a-zA-Z/!?]")
"""What a browser takes for the beginning of a tag, be it closed or not
(https://html.spec.whatwg.org/multipage/parsing.html#tag-open-state). `a < b` and `<3` are none."""
_BROKEN: Final = re.compile("[\ufffd\ud800-\udfff]")
_DOUBTFUL: Final = re.compile(r"[<=\ufffd\ud800-\udfff{\[]")
"""One of these is in whatever is wrong with a value: markup, a formula, a character that did not decode, JSON."""
_BRACKETS: Final = ("{", "[")
_MOST_BYTES: Final = 4
"""Of one character."""


NO_DATA: Final = "{}"


@dataclass(frozen=True, slots=True)
class RowData:
    """The data of some rows."""

    json: Sequence[str] = field(default=(), repr=False)
    """What is sent beside each address; empty where nothing is."""
    faults: Mapping[int, RowFault] = field(default_factory=dict)
    """What is wrong with those that cannot be sent, by index."""
    errors: Mapping[int, int] = field(default_factory=dict)
    """How many values are a spreadsheet's errors, by index: they are sent empty."""


def data_of(columns: DataColumns, rows: Sequence[Sequence[str]], addresses: Sequence[str]) -> RowData:
    """The data of each row: every variable, in the same order, "" where the row has no such cell, or an error there."""
    values = [addresses if at is None else _column(rows, at) for at in columns.places]
    for at in (columns.places.index(padded) for padded in columns.padded):
        values[at] = [value.strip(" ") for value in values[at]]
    texts = ["".join(column) for column in values]
    errors: Counter[int] = Counter()
    for at, text in enumerate(texts):
        if "#" in text:
            errors.update(index for index, value in enumerate(values[at]) if value in ERROR_VALUES)
            values[at] = ["" if value in ERROR_VALUES else value for value in values[at]]
    names = [encode_basestring(name).replace("%", "%%") for name in columns.names]
    frame = "{" + ",".join(f"{name}:%s" for name in names) + "}"
    found = [*map(frame.__mod__, zip(*(map(encode_basestring, column) for column in values), strict=True))]
    is_short = len(max(found, key=len, default="")) * _MOST_BYTES <= TEMPLATE_BYTES
    is_even = columns.width is None or max(map(len, rows), default=0) <= columns.width
    if is_short and is_even and not any(map(_DOUBTFUL.search, texts)):
        return RowData(found, {}, errors)
    judged = (_fault(columns, rows[at], [column[at] for column in values], data) for at, data in enumerate(found))
    return RowData(found, {at: fault for at, fault in enumerate(judged) if fault}, errors)


def variables_in(data: str) -> frozenset[str] | None:
    """The variables of a member's data as the service shows them; `None` where it cannot be told."""
    loaded = _loaded(data)
    return None if loaded is None else frozenset(loaded)


def sorted_json(data: str) -> str:
    """The same for all data that say the same, however they are written."""
    loaded = _loaded(data)
    return data if loaded is None else json.dumps(loaded, sort_keys=True)


def _column(rows: Sequence[Sequence[str]], at: int) -> list[str]:
    try:
        return [row[at] for row in rows]
    except IndexError:
        return [row[at] if at < len(row) else "" for row in rows]


def _fault(columns: DataColumns, row: Sequence[str], values: Sequence[str], data: str) -> RowFault | None:
    """What the service would not take of a row, or what would greet somebody by a wrong name."""
    if columns.is_shifted(row):
        return RowFault("template_data", Said("row.data_shifted"))
    for heading, value in zip(columns.headings, values, strict=True):
        if code := _said_of(value):
            return RowFault("template_data", Said(code, column=heading))
    size = len(data.encode("utf-8", "replace"))
    if size > TEMPLATE_BYTES:
        return RowFault("template_data", Said("row.data_long", bytes=size, limit=TEMPLATE_BYTES))
    return None


def _said_of(value: str) -> str:
    """The sentence for a value that cannot be sent; "" for any other."""
    if _MARKUP.search(value):
        return "row.data_markup"
    if isinstance(value, NoResult):
        return "row.data_formula"
    if _BROKEN.search(value):
        return "row.data_broken"
    return "row.data_nested" if value[:1] in _BRACKETS and _is_json(value) else ""


def _is_json(value: str) -> bool:
    """Whether a value is several ones in one, as a program writes them: nobody wants that in a greeting. `{{x}}` and
    `[VIP]` are none."""
    try:
        json.loads(value)
    except (ValueError, RecursionError):
        return False
    return True


def _loaded(data: str) -> dict[str, object] | None:
    try:
        loaded = json.loads(data or "{}")
    except ValueError:
        return None
    return loaded if isinstance(loaded, dict) else None
