"""Rows of cells as `csv.writer` writes them, for the price of a few joins.

`csv.writer` looks at every character by itself, for the cell may need quotes. Hardly one does: a block of rows is
joined as if none did, and one pass over the whole tells whether that was right. Only the rows of a block in which it
was not are looked at one by one.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Final

from handler.reading.own_csv import FORMULA_STARTS

SUSPECT: Final = f"{FORMULA_STARTS}'"
"""A cell that begins otherwise is no formula, and does not look like one with a guard."""
END: Final = "\r\n"

_SPECIAL: Final = b',"\r\n'
_QUOTES_OR_ENDS: Final = re.compile('["\r\n]')
_BEGINNINGS: Final = bytes({char.encode()[0] for char in SUSPECT} - {*END.encode()})
_ALIKE: Final = bytes.maketrans(b"\n" + _BEGINNINGS, b"," + b"=" * len(_BEGINNINGS))
"""All that a cell may begin behind is a comma then, and all that it is suspected for an equals sign: of a sign that is
not ASCII its first byte, which others have, too."""


class CsvBlock:
    """A block of rows as CSV."""

    def __init__(self, rows: Sequence[Sequence[str]], *before: Iterable[str]) -> None:
        """`before` are columns of texts that need no quotes, which come before the cells."""
        cells = map(",".join, rows)
        self.rows: list[str] = [*map(",".join, zip(*before, cells, strict=True))] if before else [*cells]
        """Each without its line end, as `csv.writer` writes it inside of a longer record: alone, a single empty cell is
        `""`."""
        self._bare = encoded(END.join(self.rows))
        # Every cell has a comma or a line end behind it, but for the last one of all; a row without cells has one too
        # many, too.
        expected = sum(map(len, rows)) + len(rows) * (len(before) + 1) - 2
        self._is_plain = len(self._bare) - len(self._bare.translate(None, _SPECIAL)) == expected
        if not self._is_plain:
            self.rows = [_quoted(text, row, len(before)) for text, row in zip(self.rows, rows, strict=True)]

    @property
    def is_suspect(self) -> bool:
        """Whether some cell may begin as a formula does: never False where one does."""
        alike = self._bare.translate(_ALIKE)
        return not self._is_plain or alike.startswith(b"=") or b",=" in alike

    @property
    def body(self) -> bytes:
        """All of it, each row with its line end."""
        return self._bare + END.encode() if self._is_plain else encoded("".join([row + END for row in self.rows]))


def encoded(text: str) -> bytes:
    """UTF-8; of lone surrogates, which no file can hold, a question mark each."""
    return text.encode("utf-8", "replace")


def _quoted(joined: str, row: Sequence[str], before: int) -> str:
    """The row, with quotes where it needs them."""
    if joined.count(",") == before + len(row) - 1 and not _QUOTES_OR_ENDS.search(joined):
        return joined
    text = StringIO(newline="")
    csv.writer(text, lineterminator=END).writerow([*joined.split(",", before)[:before], *row])
    return text.getvalue().removesuffix(END)
