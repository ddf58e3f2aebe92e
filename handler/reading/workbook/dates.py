"""Dates in cells, which are numbers that a style shows as dates (ECMA-376 part 1, 18.8.30 and 18.17.4): "45291" is no
greeting. They are told from other numbers only where cells go into a mail; an address is never one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from handler.reading.workbook.xml_parts import Attributes, Nested, parse

_BUILT_IN: Final = {
    **dict.fromkeys((*range(14, 18), *range(27, 32), 36, *range(50, 55), 57, 58), "d"),
    **dict.fromkeys((*range(18, 22), *range(32, 36), *range(45, 48), 55, 56), "h"),
    22: "dh",
}
"""What is shown by the formats that no workbook spells out: a date, a time of day, or both."""
_NO_LETTERS: Final = re.compile(r'"[^"]*"|\\.|[_*].|\[[^\]]*\]')
"""Text, spaces, colours and the like in a format; and hours that are counted past 24, which are no time of day."""
_EPOCH: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - no place, no zone
_EPOCH_1904: Final = datetime(1904, 1, 1)  # noqa: DTZ001
_EXACT: Final = 1e15
_LAST: Final = 2_958_466
"""Days from the epoch: 31 December 9999 is the last."""


@dataclass(frozen=True, slots=True)
class Dates:
    """Which styles of a workbook show dates."""

    styles: Mapping[str, str]
    """By the number of the style: `d` for a date, `h` for a time of day, `dh` for both."""
    from_1904: bool = False

    def shown(self, style: str, number: str) -> str:
        """A number in a cell of this style: `2026-11-28`, `14:30`, `2026-11-28 14:30`, whatever the workbook's language
        would make of it; any other number with the 15 digits that a spreadsheet shows."""
        kind = self.styles.get(style)
        try:
            days = float(number)
        except ValueError:
            return number
        if kind is None or not 0 <= days < _LAST:
            return f"{days:.15g}" if abs(days) < _EXACT else number
        seconds = round(days * 86_400)
        moment = (_EPOCH_1904 if self.from_1904 else _EPOCH) + timedelta(seconds=seconds)
        time = moment.strftime("%H:%M:%S").removesuffix(":00")
        return {"d": f"{moment:%Y-%m-%d}", "h": time}.get(kind, f"{moment:%Y-%m-%d} {time}")


def read_dates(styles: Iterable[bytes], *, from_1904: bool) -> Dates:
    """Those of a workbook, by the part with its styles. Raises `SourceProblem` (`damaged`, `too_large`)."""
    found = _Styles()
    for _ in parse(styles, found):
        pass
    kinds = {str(number): _kind(found.formats, of) for number, of in enumerate(found.cells)}
    return Dates({number: kind for number, kind in kinds.items() if kind}, from_1904)


class _Styles(Nested):
    """The number formats of a workbook, and which of them each style of cells has."""

    def __init__(self) -> None:
        super().__init__()
        self.formats: dict[str, str] = {}
        self.cells: list[str] = []
        self._is_of_cells = False
        self._openers.update(numFmt=self._format, cellXfs=self._begin, xf=self._style)
        self._closers.update(cellXfs=self._end)

    def _format(self, attributes: Attributes) -> None:
        self.formats[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")

    def _begin(self, _: Attributes) -> None:
        self._is_of_cells = True

    def _end(self) -> None:
        self._is_of_cells = False

    def _style(self, attributes: Attributes) -> None:
        if self._is_of_cells:
            self.cells.append(attributes.get("numFmtId", "0"))


def _kind(formats: Mapping[str, str], number: str) -> str:
    code = formats.get(number)
    if code is None:
        return _BUILT_IN.get(int(number), "") if number.isdecimal() else ""
    letters = _NO_LETTERS.sub("", code.partition(";")[0]).lower()
    if "general" in letters:
        return ""
    time = "h" if re.search("[hs]", letters) else ""
    return ("d" if re.search("[yd]", letters) or ("m" in letters and not time) else "") + time
