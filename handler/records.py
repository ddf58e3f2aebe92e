"""Rows of cells as `csv.writer` writes them, for the price of a few joins.

`csv.writer` looks at every character by itself, for the cell may need quotes. Hardly one does: a block of rows is
joined as if none did, and one pass over the whole tells whether that was right. Only the rows of a block in which it
was not are looked at one by one.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import StringIO
from typing import Final

from handler.readers.columns import FORMULA_STARTS

SUSPECT: Final = f"{FORMULA_STARTS}'"
"""A cell that begins otherwise is no formula, and does not look like one with a guard."""
END: Final = "\r\n"

_SPECIAL: Final = b',"\r\n'
_QUOTES_OR_ENDS: Final = re.compile('["\r\n]')
_ALIKE: Final = bytes.maketrans(f"\n{SUSPECT}".encode(), b"," + b"=" * len(SUSPECT))
"""All that a cell may begin behind is a comma then, and all that it is suspected for an equals sign."""


@dataclass(frozen=True, slots=True)
class Joined:
    """A block of rows, each in one text."""

    rows: Sequence[str] = field(repr=False)
    """The cells with commas between, in quotes where they need them; no line end."""
    _bare: bytes = field(repr=False)
    """All of them, without the quotes."""

    @property
    def is_suspect(self) -> bool:
        """Whether some cell may begin as a formula does: never False where one does."""
        alike = self._bare.translate(_ALIKE)
        return alike.startswith(b"=") or b",=" in alike


def join(rows: Sequence[Sequence[str]]) -> Joined:
    """The rows as `csv.writer` writes them inside of longer records: alone, a single empty cell would be `""`."""
    joined = [*map(",".join, rows)]
    bare = encoded("\n".join(joined))
    # One for each cell but the very last, were no cell special. A row without cells comes to one too many, too.
    if len(bare) - len(bare.translate(None, _SPECIAL)) != sum(map(len, rows)) - 1:
        joined = [text if _is_plain(text, len(row)) else _quoted(row) for text, row in zip(joined, rows, strict=True)]
    return Joined(joined, bare)


def encoded(text: str) -> bytes:
    """UTF-8; of lone surrogates, which no file can hold, a question mark each."""
    return text.encode("utf-8", "replace")


def _is_plain(text: str, cells: int) -> bool:
    return text.count(",") == cells - 1 and not _QUOTES_OR_ENDS.search(text)


def _quoted(row: Sequence[str]) -> str:
    text = StringIO(newline="")
    csv.writer(text, lineterminator=END).writerow(row)
    return text.getvalue().removesuffix(END)
