"""Physical lines: they end with LF, CRLF or CR, and with nothing else.

`str.splitlines` would also end one at U+2028, U+0085, form feeds and the like, which are data inside a cell.
"""

from __future__ import annotations

import re
from io import IncrementalNewlineDecoder
from typing import Final

LINE_END: Final = re.compile(r"\r\n|\r|\n")


def whole_lines(text: str) -> int:
    """How many characters of a text that goes on belong to whole lines. A CR at its end may be half of a CRLF."""
    return max(text.rfind("\n"), text.rfind("\r", 0, -1)) + 1


def split(text: str) -> list[str]:
    """The lines without their ends; no empty line after the last end."""
    if "\r" in text:
        text = IncrementalNewlineDecoder(None, translate=True).decode(text, final=True)
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    return lines
