"""The addresses that are to be sent, in file order, and their data for the template. They may be a million: they wait
in /tmp until their batch is sent, and as many are read back as one request takes."""

from __future__ import annotations

import tempfile
import weakref
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, overload

from handler import limits

_BLOCK: Final = 1_000
"""Addresses that are written and read together."""


class Addresses(Sequence[str]):
    """A sequence that is added to first, and read afterwards. Few addresses stay in memory."""

    def __init__(self, addresses: Iterable[str] = (), *, with_data: bool = False) -> None:
        """With data there is JSON for each address, which has no line breaks either."""
        self.data = Addresses() if with_data else None
        self._file = tempfile.SpooledTemporaryFile(limits.SCRATCH_MEMORY)  # noqa: SIM115 - lives as long as this
        weakref.finalize(self, self._file.close)
        self._ends = array("Q", [0])
        """Where each block ends in the file, behind where the first one begins."""
        self._held: list[str] = []
        """Those that do not fill a block yet."""
        self.add(addresses)

    def add(self, addresses: Iterable[str], data: Iterable[str] = ()) -> None:
        """Adds some behind those that are there, each with its data where it has any. No address has a line break."""
        if self.data is not None:
            self.data.add(data)
        self._held += addresses
        while len(self._held) >= _BLOCK:
            block, self._held = self._held[:_BLOCK], self._held[_BLOCK:]
            self._file.seek(self._ends[-1])
            self._ends.append(self._ends[-1] + self._file.write("\n".join(block).encode()))

    @property
    def size(self) -> int:
        """Bytes in the file."""
        return self._ends[-1]

    def blocks(self, most: int = _BLOCK) -> Iterator[list[str]]:
        """All of them, so many at a time."""
        return (self[start : start + most] for start in range(0, len(self), most))

    def at(self, indices: Sequence[int]) -> list[str]:
        """Those at these indices, which ascend."""
        if not indices:
            return []
        start = indices[0]
        between = self[start : indices[-1] + 1]
        return between if len(between) == len(indices) else [between[index - start] for index in indices]

    def data_at(self, indices: Sequence[int]) -> list[str] | None:
        """The data of those at these indices; `None` where there are none."""
        return None if self.data is None else self.data.at(indices)

    def __len__(self) -> int:
        return (len(self._ends) - 1) * _BLOCK + len(self._held)

    def __iter__(self) -> Iterator[str]:
        return (address for block in self.blocks() for address in block)

    @overload
    def __getitem__(self, at: int) -> str: ...

    @overload
    def __getitem__(self, at: slice) -> list[str]: ...

    def __getitem__(self, at: int | slice) -> str | list[str]:
        if isinstance(at, int):
            (found,) = self._between(range(len(self))[at], 1)
            return found
        wanted = range(len(self))[at]
        if wanted.step != 1:
            raise ValueError("addresses are read one after the other")
        return self._between(wanted.start, len(wanted))

    def _between(self, start: int, count: int) -> list[str]:
        if not count:
            return []
        block, ahead = divmod(start, _BLOCK)
        last = min(-(-(start + count) // _BLOCK), len(self._ends) - 1)
        found: list[str] = []
        if block < last:
            self._file.seek(self._ends[block])
            for number in range(block, last):
                found += self._file.read(self._ends[number + 1] - self._ends[number]).decode().split("\n")
        else:
            ahead = start - (len(self._ends) - 1) * _BLOCK
        return [*islice([*found, *self._held], ahead, ahead + count)]
