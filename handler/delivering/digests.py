"""What stands for addresses in a state that holds no readable one, and in memory where they are many."""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence, Set
from hashlib import blake2b
from itertools import groupby
from typing import Any, Final

DIGEST_BYTES: Final = 8
"""Of a comparison key. Two of 50,000 members share one with a chance of one in ten billion, two of a million with one
of forty million."""


def digest(key: str) -> bytes:
    """What stands for an address."""
    return blake2b(key.encode(), digest_size=DIGEST_BYTES).digest()


class Digests(Set[bytes]):
    """A set that never changes: 8 bytes for each digest, where a set of Python's takes ninety."""

    __slots__ = ("_sorted",)

    def __init__(self, digests: Iterable[bytes] = ()) -> None:
        self._sorted = _sorted(b"".join(digests))

    @classmethod
    def from_packed(cls, packed: bytes) -> Digests:
        """Those that stand one after the other, in any order."""
        found = cls()
        found._sorted = _sorted(packed)
        return found

    @classmethod
    def together(cls, parts: Iterable[Digests]) -> Digests:
        """Those of several sets, without a set of Python's for all of them."""
        return cls.from_packed(b"".join(part.packed for part in parts))

    @property
    def packed(self) -> bytes:
        """All of them, one after the other."""
        return self._sorted.tobytes()

    def __contains__(self, found: object) -> bool:
        if not isinstance(found, bytes):
            return False
        number = int.from_bytes(found, sys.byteorder)
        place = bisect_left(self._sorted, number)
        return place < len(self._sorted) and self._sorted[place] == number

    def __iter__(self) -> Iterator[bytes]:
        packed = self.packed
        return (packed[at : at + DIGEST_BYTES] for at in range(0, len(packed), DIGEST_BYTES))

    def __len__(self) -> int:
        return len(self._sorted)

    # The operators of `Set` look members up one by one, which takes ten times as long.

    def __eq__(self, other: object) -> bool:
        return self._sorted == other._sorted if isinstance(other, Digests) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # as sets have none

    def __or__(self, other: Set[Any]) -> Digests:
        return Digests.from_packed(b"".join((self.packed, *other)))

    def __and__(self, other: Set[Any]) -> Digests:
        return Digests({*self}.intersection(other))

    def __sub__(self, other: Set[Any]) -> Digests:
        gone = {*other}
        return Digests(each for each in self if each not in gone)

    def __rsub__(self, other: Set[Any]) -> Digests:
        return Digests({*other}.difference(self))


def digests(keys: Sequence[str]) -> Digests:
    """Those of many keys."""
    return Digests(map(digest, keys))


def _sorted(packed: bytes) -> array[int]:
    numbers = array("Q", packed)
    return array("Q", [number for number, _ in groupby(sorted(numbers))])
