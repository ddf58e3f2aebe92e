"""Address files as people drop them, each with what is known about it: which rows are good, which are not."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

OLD_SHARE: Final = 0.3
"""Of the good rows: addresses that stand in other files of the group, too."""
DOUBLE_SHARE: Final = 0.03
BAD_SHARE: Final = 0.05
EMPTY_SHARE: Final = 0.02
FEW_ROWS: Final = 20
"""A handful of rows bears no bad ones, so that no file has too many of them by chance."""
UNFIT_SHARE: Final = 0.01
"""Of the files: not a list of addresses at all."""
LARGE_SHARE: Final = 0.1
"""Of the files: several batches."""
LARGE_ROWS: Final = (500, 1_000)
SMALL_ROWS: Final = (1, 300)
INVALID: Final = "invalid-"
"""Addresses that begin like this the service adds, and marks invalid."""
ODD_SHARE: Final = 0.0004
"""Of the good rows: every such address costs a look at the whole group."""
BAD_ADDRESSES: Final = ("nobody", "two@@example.com", "dots..dots@example.com", "white space@example.com", "at@nowhere")


@dataclass(frozen=True, slots=True)
class AddressFile:
    """The content of a file, and the truth about it."""

    extension: str
    body: bytes = field(repr=False)
    addresses: Sequence[str] = field(default=(), repr=False)
    """Those of the good rows, in lower case, in file order, with their doubles."""
    bad: int = 0
    empty: int = 0
    fit: bool = True
    """False: it is to be refused."""

    @property
    def odd(self) -> int:
        """Different addresses that the service will mark invalid."""
        return sum(address.startswith(INVALID) for address in set(self.addresses))


@dataclass(slots=True)
class Pool:
    """All the addresses of one group's files so far."""

    dice: Random
    receiver_id: int
    used: list[str] = field(default_factory=list, repr=False)

    def draw(self) -> str:
        """One that is in another file already, or a new one."""
        if self.used and self.dice.random() < OLD_SHARE:
            return self.dice.choice(self.used)
        kind = INVALID if self.dice.random() < ODD_SHARE else "someone-"
        self.used.append(f"{kind}{len(self.used)}@group-{self.receiver_id}.example.com")
        return self.used[-1]

    def make_file(self) -> AddressFile:
        """A file for this group."""
        dice = self.dice
        if dice.random() < UNFIT_SHARE:
            return AddressFile(".csv", b"date,amount\n" + b"2026-11-23,12.50\n" * dice.randint(1, 50), fit=False)
        rows = dice.randint(*(LARGE_ROWS if dice.random() < LARGE_SHARE else SMALL_ROWS))
        good = self._good(rows)
        bad = sum(dice.random() < BAD_SHARE for _ in range(rows)) if rows >= FEW_ROWS else 0
        empty = sum(dice.random() < EMPTY_SHARE for _ in range(rows)) if rows >= FEW_ROWS else 0
        cells = [*map(self._as_typed, good), *(dice.choice(BAD_ADDRESSES) for _ in range(bad)), *[""] * empty]
        extension = dice.choice(list(FORMATS))
        order = list(range(len(cells)))
        dice.shuffle(order)
        return AddressFile(
            extension,
            FORMATS[extension]([cells[place] for place in order]),
            [good[place] for place in order if place < len(good)],
            bad,
            empty,
        )

    def _good(self, rows: int) -> list[str]:
        drawn = list(dict.fromkeys(self.draw() for _ in range(rows)))
        doubles = [self.dice.choice(drawn) for _ in drawn if self.dice.random() < DOUBLE_SHARE]
        return drawn + doubles

    def _as_typed(self, address: str) -> str:
        """The same address, as another person may have typed it."""
        return self.dice.choice((str.lower, str.lower, str.upper, str.title))(address)


def _csv(cells: Sequence[str]) -> bytes:
    return _lines("email,name", [f'{cell},"Doe, Jo"' for cell in cells], "\r\n")


def _semicolons(cells: Sequence[str]) -> bytes:
    return _lines("Name;E-Mail;City", [f"Jo;{cell};Köln" for cell in cells], "\n")


def _tabs(cells: Sequence[str]) -> bytes:
    return _lines("id\temail", [f"{number}\t{cell}" for number, cell in enumerate(cells)], "\n")


def _json_lines(cells: Sequence[str]) -> bytes:
    return "".join(json.dumps({"email": cell, "name": "Jo"}) + "\n" for cell in cells).encode()


def _lines(heading: str, rows: Sequence[str], end: str) -> bytes:
    return "".join(row + end for row in (heading, *rows)).encode()


FORMATS: Final[Mapping[str, Callable[[Sequence[str]], bytes]]] = {
    ".csv": _csv,
    ".txt": _semicolons,
    ".tsv": _tabs,
    ".jsonl": _json_lines,
    ".csv.gz": lambda cells: gzip.compress(_csv(cells), mtime=0),
}
