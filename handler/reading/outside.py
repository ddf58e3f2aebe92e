"""Addresses that a reader comes upon where no row has its own: they are counted, so that none goes unmentioned.

It stands alone for readers of every kind tell it, and nobody asks it before they are done.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from handler.limits import ADDRESS_BYTES, NAMED_IN_WARNINGS
from handler.reading.tables import RowBlock
from handler.reading.wide import at_signs, narrow
from handler.said import Said

_ADDRESS: Final = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[a-zA-Z]{2,}")
_HELD_CHARS: Final = 65_536
_SHOWN_CHARS: Final = 80
_TITLES: Final = 10
_LIKE_AN_ADDRESS: Final = re.compile(r"\S*@\S*")


def harmless(name: str) -> str:
    """What somebody called a file or a sheet, without control characters or anything like an address, and not long."""
    return _LIKE_AN_ADDRESS.sub("…", "".join(char if char.isprintable() else "?" for char in name[:_SHOWN_CHARS]))


def addresses_in(text: str) -> list[str]:
    """What looks like an address in a text."""
    return _ADDRESS.findall(narrow(text)) if at_signs(text) else []


class Outside:
    """How many there are, and in which places: those that have the most are named."""

    def __init__(self) -> None:
        self._places: Counter[str] = Counter()
        self._titles: list[str] = []

    def look(self, text: str, place: str, known: str = "") -> None:
        """Counts the addresses in a text, those left out that are in another one. Without an "@" it costs nothing."""
        if (found := addresses_in(text)) and (count := len(found) - len(addresses_in(known))) > 0:
            self._places[harmless(place)] += count

    def titles(self) -> Sequence[str]:
        """What stands alone in a row above a table, as far as it was read."""
        return self._titles

    def below(self, block: RowBlock, first: int, width: int, kept: Collection[int] = ()) -> RowBlock:
        """A block without its first rows, titles and headings: the addresses in them are counted.

        Those of them that are kept are rows of another table, in which the columns mean something else: their cells go
        behind the last column, where each row is told of with the address in it.
        """
        if first <= 0:
            return block
        moved = []
        for at, (line, row) in enumerate(zip(block.lines[:first], block.rows, strict=False)):
            if at in kept:
                moved.append((line, [*[""] * width, *row]))
            else:
                self.look(" ".join(row), f"line {line}")
                if len(filled := [cell for cell in row if cell.strip()]) == 1 and len(self._titles) < _TITLES:
                    self._titles += filled
        rest = block.part(first, len(block.lines))
        return RowBlock(
            [*(line for line, _ in moved), *rest.lines],
            [*(row for _, row in moved), *rest.rows],
            {at + len(moved): fault for at, fault in rest.faults.items()},
        )

    def look_through(self, chunks: Iterable[bytes], place: str) -> None:
        """The same for a file of any kind, piece by piece."""
        held = ""
        for chunk in chunks:
            held += chunk.decode("latin-1")
            if len(held) > _HELD_CHARS:
                whole = len(held) - ADDRESS_BYTES
                over = next((found for found in _ADDRESS.finditer(held) if found.end() > whole), None)
                whole = min(whole, over.start()) if over else whole
                self.look(held[:whole], place)
                held = held[whole:]
        self.look(held, place)

    def warnings(self) -> Sequence[Said]:
        """What is to be told of them."""
        if not self._places:
            return ()
        places = tuple(place for place, _ in self._places.most_common(NAMED_IN_WARNINGS))
        return (Said("warning.addresses_elsewhere", number=self._places.total(), places=places),)
