"""What a sheet lists below its rows: addresses behind cells, which are `mailto:` links that its relationships spell
out, and cells that are merged.

They stand apart from the sheet's rows for they are read first. The sheet is searched for them, not parsed: expat would
take as long for it as for reading its rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import unquote
from xml.sax.saxutils import unescape

from handler.limits import SHEET_LINKS
from handler.reading.workbook.xml_parts import Attributes, Nested, parse

Links = dict[int, list[tuple[str | int, str]]]
"""By row: the cell's letters or its number, and what its link says behind `mailto:`."""

Merges = dict[int, list[tuple[str, int]]]
"""By row: the letters of the cell's column, and the last row of those over which it is shown."""

_LISTS: Final = (b"hyperlinks", b"mergeCells")
_BEGIN: Final = re.compile(rb"<(?:\w+:)?(?:hyperlinks|mergeCells)\b")
_TAG: Final = re.compile(rb"<(?:\w+:)?(hyperlink|mergeCell)\s([^<>]*)>")
_ATTRIBUTE: Final = re.compile(rb"(?:\w+:)?(id|ref)\s*=\s*[\"']([^\"']*)[\"']")
_PLACE: Final = re.compile(r"\$?([A-Za-z]{1,3})\$?(\d{1,7})")
_TAG_BYTES: Final = 10_000
_SCHEME: Final = "mailto:"


def address_of(target: str) -> str:
    """What stands behind `mailto:`, without a subject and the like (RFC 6068); "" for another kind of link."""
    target = target.strip()
    if target[: len(_SCHEME)].lower() != _SCHEME:
        return ""
    address = unquote(target[len(_SCHEME) :].partition("?")[0]).strip()
    return address if "@" in address else ""


def read_targets(chunks: Iterable[bytes]) -> dict[str, str]:
    """The addresses that a sheet's relationships point to, by id: as many as Excel allows in a sheet."""
    targets = _Targets()
    for _ in parse(chunks, targets):
        pass
    return targets.found


class _Targets(Nested):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self._openers.update(Relationship=self._keep)

    def _keep(self, attributes: Attributes) -> None:
        address = address_of(attributes.get("Target", ""))
        if address and len(self.found) < SHEET_LINKS:
            self.found[attributes.get("Id", "")] = address


def read_below(chunks: Iterable[bytes], targets: dict[str, str]) -> tuple[Links, Merges]:
    """Which cells of a sheet have such links, those of a range in the first one; and which are shown over several rows,
    so many at most."""
    links: Links = {}
    merges: Merges = {}
    left = SHEET_LINKS
    for name, tag in _tags(chunks):
        told = {attribute: value.decode("utf-8", "replace") for attribute, value in _ATTRIBUTE.findall(tag)}
        first, _, last = told.get(b"ref", "").partition(":")
        begin, end = _PLACE.match(first), _PLACE.match(last)
        address = targets.get(unescape(told.get(b"id", "")))
        if name == b"hyperlink":
            if address and begin:
                links.setdefault(int(begin[2]), []).append((begin[1].upper(), address))
        elif left:
            left -= 1
            if begin and end and int(end[2]) > int(begin[2]):
                merges.setdefault(int(begin[2]), []).append((begin[1].upper(), int(end[2])))
    return links, merges


def _tags(chunks: Iterable[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """The names of these tags, and their attributes."""
    held, begun = b"", False
    for chunk in chunks:
        held += chunk
        begin = None if begun or not any(name in held for name in _LISTS) else _BEGIN.search(held)
        begun = begun or begin is not None
        end = begin.end() if begin else 0
        for tag in _TAG.finditer(held, end) if begun else ():
            yield tag[1], tag[2]
            end = tag.end()
        held = held[max(end, len(held) - _TAG_BYTES) :]
