"""A row -> its data for the mail's template, as the JSON that is sent; or why the service would not take them."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Final

from handler.limits import TEMPLATE_BYTES
from handler.reading.tables import RowFault
from handler.reading.variables import DataColumns
from handler.reading.workbook.sheet import NoResult
from handler.said import Said

_MARKUP: Final = re.compile(r"<[a-zA-Z/!?]")
"""What a browser takes for the beginning of a tag, be it closed or not
(https://html.spec.whatwg.org/multipage/parsing.html#tag-open-state). `a < b` and `<3` are none."""
_BROKEN: Final = "\ufffd"
_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def data_of(columns: DataColumns, cells: Sequence[str], address: str) -> str | RowFault:
    """The data of one row: every variable, in the same order for every row, "" where the row has no such cell.

    A value with a character that did not decode would greet people by a wrong name.
    """
    width = len(cells)
    values = [address if at is None else cells[at] if at < width else "" for at in columns.places]
    data = _encode(dict(zip(columns.names, values, strict=True)))
    if "<" in data and (found := _first(columns, values, _MARKUP)):
        return RowFault("template_data", Said("row.data_markup", column=found))
    if "=" in data and (at := _formula(values)) is not None:
        return RowFault("template_data", Said("row.data_formula", column=columns.headings[at]))
    if _BROKEN in data and (found := _first(columns, values, re.compile(_BROKEN))):
        return RowFault("template_data", Said("row.data_broken", column=found))
    size = len(data.encode("utf-8", "replace"))
    if size > TEMPLATE_BYTES:
        return RowFault("template_data", Said("row.data_long", bytes=size, limit=TEMPLATE_BYTES))
    return data


def _formula(values: Sequence[str]) -> int | None:
    """Which of them is one whose result was not saved."""
    return next((at for at, value in enumerate(values) if isinstance(value, NoResult)), None)


def variables_in(data: str) -> frozenset[str] | None:
    """The variables of a member's data as the service shows them; `None` where it cannot be told."""
    loaded = _loaded(data)
    return None if loaded is None else frozenset(loaded)


def sorted_json(data: str) -> str:
    """The same for all data that say the same, however they are written."""
    loaded = _loaded(data)
    return data if loaded is None else json.dumps(loaded, sort_keys=True)


def _loaded(data: str) -> dict[str, object] | None:
    try:
        loaded = json.loads(data or "{}")
    except ValueError:
        return None
    return loaded if isinstance(loaded, dict) else None


def _first(columns: DataColumns, values: Sequence[str], pattern: re.Pattern[str]) -> str | None:
    """The heading of the first value that has it; never one of a variable's own name."""
    found = (heading for heading, value in zip(columns.headings, values, strict=True) if pattern.search(value))
    return next(found, None)
