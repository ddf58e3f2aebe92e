"""Numbers in cells as their styles show them (ECMA-376 part 1, 18.8.30 and 18.17.4): "45291" is no greeting, and "1234"
no postcode of Boston. They are followed only where cells go into a mail; an address is never a number."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from handler.reading.workbook.xml_parts import Attributes, Nested, parse

_BUILT_IN: Final = {
    **dict.fromkeys((*range(14, 18), *range(27, 32), 36, *range(50, 55), 57, 58), "d"),
    **dict.fromkeys((*range(18, 22), *range(32, 36), 45, 47, 55, 56), "h"),
    **dict.fromkeys((1, 3, 5, 6, 37, 38, 41, 42), "0"),
    **dict.fromkeys((2, 4, 7, 8, 39, 40, 43, 44), "0.00"),
    9: "0%",
    10: "0.00%",
    22: "dh",
    46: "[h]",
}
"""What is shown by the formats that no workbook spells out."""
_NO_LETTERS: Final = re.compile(r'"[^"]*"|\\.|[_*].|\[[^\]]*\]')
"""Text, spaces, colours and the like in a format."""
_COUNTED: Final = re.compile(r"\[([hms])\1*\]", re.IGNORECASE)
"""Hours, minutes or seconds that are counted past 24 or 60, which are no time of day."""
_DIGITS: Final = re.compile(r"[#?,]*(0[0,]{0,30})?(\.[0#?]{1,10})?(%?)")
"""How many digits a number has, a zero for each that it always has: with more decimals it is shown as it is."""
_EPOCH: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - no place, no zone
_EPOCH_1904: Final = datetime(1904, 1, 1)  # noqa: DTZ001
_EXACT: Final = 1e15
_LAST: Final = 2_958_466
"""Days from the epoch: 31 December 9999 is the last."""


@dataclass(frozen=True, slots=True)
class Formats:
    """Which styles of a workbook show numbers in another way than they are."""

    styles: Mapping[str, str]
    """By the number of the style: `d` for a date, `h` for a time of day, `dh` for both; `[h]` for hours that are
    counted, `[m]` and `[s]` likewise; `00.00%` for digits."""
    from_1904: bool = False

    def shown(self, style: str, number: str) -> str:
        """A number in a cell of this style: `2026-11-28`, `14:30`, `2026-11-28 14:30`, `30:00`, `01234`, `12.50`,
        `25%`. What the workbook's language or currency would make of it is left out. Any other number has the 15 digits
        that a spreadsheet keeps."""
        kind = self.styles.get(style, "")
        try:
            value = float(number)
        except ValueError:
            return number
        if not abs(value) < _EXACT:
            return number
        if kind[:1] in {"d", "h", "["} and 0 <= value < _LAST:
            seconds = round(value * 86_400)
            return _counted(kind, seconds) if kind[0] == "[" else self._moment(kind, seconds)
        plain = f"{value:.15g}"
        return _digits(kind, Decimal(plain)) if kind[:1] in {"0", "."} else plain

    def _moment(self, kind: str, seconds: int) -> str:
        moment = (_EPOCH_1904 if self.from_1904 else _EPOCH) + timedelta(seconds=seconds)
        time = moment.strftime("%H:%M:%S").removesuffix(":00")
        return {"d": f"{moment:%Y-%m-%d}", "h": time}.get(kind, f"{moment:%Y-%m-%d} {time}")


def _counted(kind: str, seconds: int) -> str:
    if kind == "[h]":
        return f"{seconds // 3_600}:{seconds // 60 % 60:02}:{seconds % 60:02}".removesuffix(":00")
    return f"{seconds // 60}:{seconds % 60:02}" if kind == "[m]" else str(seconds)


def _digits(kind: str, value: Decimal) -> str:
    whole, _, rest = kind.removesuffix("%").partition(".")
    percent = "%" if kind.endswith("%") else ""
    if percent:
        value *= 100
    shown = f"{abs(value).quantize(Decimal(1).scaleb(-len(rest)), ROUND_HALF_UP):f}"
    digits, dot, decimals = shown.partition(".")
    kept = len(rest.rstrip("#"))
    decimals = decimals[:kept] + decimals[kept:].rstrip("0")
    sign = "-" if value < 0 and shown.strip("0.") else ""
    return sign + digits.zfill(len(whole)) + (dot if decimals else "") + decimals + percent


def read_formats(styles: Iterable[bytes], *, from_1904: bool) -> Formats:
    """Those of a workbook, by the part with its styles. Raises `SourceProblem` (`damaged`, `too_large`)."""
    found = _Styles()
    for _ in parse(styles, found):
        pass
    kinds = {str(number): _kind(found.formats, of) for number, of in enumerate(found.cells)}
    return Formats({number: kind for number, kind in kinds.items() if kind}, from_1904)


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
    code = code.partition(";")[0]
    if counted := _COUNTED.search(code):
        return f"[{counted[1].lower()}]"
    letters = _NO_LETTERS.sub("", code).strip().lower()
    if "general" in letters:
        return ""
    if digits := _DIGITS.fullmatch(letters):
        return "".join((digits[1] or "", digits[2] or "", digits[3])).replace(",", "").replace("?", "#")
    time = "h" if re.search("[hs]", letters) else ""
    return ("d" if re.search("[yd]", letters) or ("m" in letters and not time) else "") + time
