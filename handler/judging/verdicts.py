"""What is said of addresses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from handler.reading.tables import AddressFault
from handler.said import Said


@dataclass(frozen=True, slots=True)
class Rejection:
    """An address that cannot be sent, and the code that says why; `judging.explain` makes the sentence on demand."""

    reason: AddressFault
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Explanation:
    """A sentence for the owner of the list, and the address that was probably meant ("" where nothing is likely)."""

    said: Said = field(repr=False)
    suggestion: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Checked:
    """The verdict on one column of cells."""

    addresses: Sequence[str] = field(repr=False)
    """For each cell the address to send: ASCII, trimmed, its domain in lower case; "" where `others` tells."""
    others: Mapping[int, tuple[str | Rejection, ...]] = field(repr=False)
    """The cells that do not hold exactly one good address, by index: `()` is an empty cell, more than one entry is a
    cell with several addresses."""
