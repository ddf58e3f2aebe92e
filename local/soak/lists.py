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
NAMES: Final = ("Doe, Jo", "张伟", "Zoë; Müller", "{{x}}", "Иван", "'=1+1", "a\\b")
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
    names: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What goes into each one's mail; empty where nothing does."""

    @property
    def metadata(self) -> dict[str, str]:
        """What is said of the file."""
        return {"x-cos-meta-template-data": "name=name"} if self.names else {}

    @property
    def odd(self) -> int:
        """Different addresses that the service will mark invalid."""
        return sum(address.startswith(INVALID) for address in set(self.addresses))


@dataclass(slots=True)
class Pool:
    """All the addresses of one group's files so far."""

    dice: Random
    receiver_id: int
    with_data: bool = False
    """Whether the names in its files go into the mail."""
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
        rows_of = [(cells[place], self._name()) for place in order]
        kept: dict[str, str] = {}
        for place, (_, name) in zip(order, rows_of, strict=True):
            if self.with_data and place < len(good):
                kept.setdefault(good[place], name.removeprefix("'"))  # a guard, and none of the name
        return AddressFile(
            extension,
            FORMATS[extension](rows_of),
            [good[place] for place in order if place < len(good)],
            bad,
            empty,
            names=kept,
        )

    def _name(self) -> str:
        return f"{self.dice.choice(NAMES)} {self.dice.randint(1, 99)}" if self.with_data else NAMES[0]

    def _good(self, rows: int) -> list[str]:
        drawn = list(dict.fromkeys(self.draw() for _ in range(rows)))
        doubles = [self.dice.choice(drawn) for _ in drawn if self.dice.random() < DOUBLE_SHARE]
        return drawn + doubles

    def _as_typed(self, address: str) -> str:
        """The same address, as another person may have typed it."""
        return self.dice.choice((str.lower, str.lower, str.upper, str.title))(address)


Rows = Sequence[tuple[str, str]]
"""Addresses, as they are typed, and names."""


def _csv(rows: Rows) -> bytes:
    return _lines("email,name", [f'{cell},"{name}"' for cell, name in rows], "\r\n")


def _semicolons(rows: Rows) -> bytes:
    return _lines("Name;E-Mail;City", [f'"{name}";{cell};Köln' for cell, name in rows], "\n")


def _tabs(rows: Rows) -> bytes:
    return _lines("name\temail", [f"{name}\t{cell}" for cell, name in rows], "\n")


def _json_lines(rows: Rows) -> bytes:
    return "".join(json.dumps({"email": cell, "name": name.removeprefix("'")}) + "\n" for cell, name in rows).encode()


def _lines(heading: str, rows: Sequence[str], end: str) -> bytes:
    return "".join(row + end for row in (heading, *rows)).encode()


FORMATS: Final[Mapping[str, Callable[[Rows], bytes]]] = {
    ".csv": _csv,
    ".txt": _semicolons,
    ".tsv": _tabs,
    ".jsonl": _json_lines,
    ".csv.gz": lambda rows: gzip.compress(_csv(rows), mtime=0),
}
