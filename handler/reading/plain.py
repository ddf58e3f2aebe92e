"""Plain lists to rows: one address on a line, or many with commas, semicolons or spaces between them.

Each address is a row of its own, with the line it stands on. `Name <a@b>` is one address; what is between two
separators and is no address is a row too, so that the report can name it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from handler.limits import PIECE_BYTES, RECORD_CHARS
from handler.reading.delimited import ENDLESS, mend
from handler.reading.streams import split, whole_lines
from handler.reading.tables import RowBlock

_MARKS: Final = (",", ";", " ", "\t", "<", '"', "，", "；", "、", "\u3000")
"""A piece of text without any of these has one address on each line."""
_SEPARATOR: Final = re.compile(r"[,;，；、][,;，；、\s]*")
"""With all that follows it: what stands between two of them and is not there is no entry."""
_PART: Final = re.compile(r'"[^"]*"|<[^<>]*>|[,;，；、]|[^,;，；、"<]+|["<]')
_MAILBOX: Final = re.compile(r"[^<>]*<[^<>]*>|[^<>]+|[<>]")


def blocks(texts: Iterable[str]) -> Iterator[RowBlock]:
    """The entries of a list, a blank line being a row without cells.

    Raises `SourceProblem` for an entry that does not end within RECORD_CHARS; a line may be of any length.
    """
    carry, line, continued = "", 1, False
    for text in texts:
        carry += text
        end = whole_lines(carry)
        cut = end or _between_entries(carry)
        if not cut and len(carry) > RECORD_CHARS:
            raise ENDLESS
        block, count = _block(carry[:cut], line, continued=continued)
        line += count if end else 0
        continued = not end and (continued or bool(cut))
        carry = carry[cut:]
        if block.rows:
            yield block
    block, _ = _block(carry, line, continued=continued)
    if block.rows:
        yield block


def entries(line: str) -> list[str]:
    """What one line holds, each address by itself."""
    if "<" not in line and '"' not in line:
        return [entry for item in _SEPARATOR.split(line) for entry in _apart(item)]
    return [
        entry
        for item in _items(line)
        for mailbox in _MAILBOX.findall(item)
        for entry in ([mailbox.strip()] if "<" in mailbox else _apart(mailbox))
    ]


def _between_entries(line: str) -> int:
    """Where a line that is too long for one piece may be cut."""
    if len(line) <= PIECE_BYTES:
        return 0
    if "<" in line:
        return line.rfind(">") + 1
    return max(map(line.rfind, ",;，；、 \t\u3000")) + 1


def _block(text: str, first: int, *, continued: bool) -> tuple[RowBlock, int]:
    """The rows of some lines, and how many lines they are."""
    lines = split(text)
    if not any(mark in text for mark in _MARKS) and not continued:
        rows = [[line] if line else [] for line in lines]
        return mend(text, RowBlock(range(first, first + len(lines)), rows)), len(lines)
    rows, numbers = [], []
    for number, line in enumerate(lines, first):
        found = [[entry] for entry in entries(line)]
        if not found and not (continued and number == first):
            found = [[]]
        rows += found
        numbers += [number] * len(found)
    return mend(text, RowBlock(numbers, rows)), len(lines)


def _items(line: str) -> list[str]:
    """The line cut at its separators, those inside quotes and angle brackets left alone."""
    items = [""]
    for part in _PART.findall(line):
        if _SEPARATOR.fullmatch(part):
            items.append("")
        else:
            items[-1] += part
    return items


def _apart(item: str) -> list[str]:
    """Addresses with nothing but spaces between them; anything else with a space in it stays whole, to be reported."""
    item = item.strip()
    if len(item) > 1 and item[0] == item[-1] == '"':
        item = item[1:-1].strip()
    words = item.split()
    return words if words and all("@" in word for word in words) else [item] if item else []
