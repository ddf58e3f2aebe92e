"""Where each different address of a file stood first: what doubles are found by, however many there are.

The first 50,000, which is all that most files have, are known by their keys. Of all others there is a record of 16
bytes, found by a hash of the key that Python has computed anyway: a dictionary would take six times as much.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from struct import Struct
from typing import Final

from handler import limits

_RECORD: Final = Struct("<qII")
"""Hash, line and number of the table."""
_HASH: Final = Struct("<q")
_BUCKETS: Final = 1 << 16


@dataclass(slots=True)
class FirstSeen:
    """The places of the addresses seen so far, by comparison key."""

    exact: dict[str, int] = field(default_factory=dict)
    """The lines of the first ones."""
    further: dict[int, bytearray] = field(default_factory=dict)
    """The records of all others, by the last bits of their hashes."""
    _tables: dict[str, str] = field(default_factory=dict)
    """For those in `exact` whose table has a name."""
    _names: dict[str, int] = field(default_factory=dict)
    """The tables of all others, by the order in which they came."""
    _count: int = 0

    def __contains__(self, key: str) -> bool:
        return key in self.exact or (bool(self.further) and self.has_further(key))

    def has_further(self, key: str) -> bool:
        """Whether it is there, and none of the first ones."""
        return self._find(hash(key)) is not None

    def place(self, key: str) -> tuple[int, str | None] | None:
        """The line, and the table where it has a name; `None` for one that was not seen."""
        line = self.exact.get(key)
        if line is not None:
            return line, self._tables.get(key)
        found = self._find(hash(key)) if self.further else None
        if found is None:
            return None
        _, line, table = _RECORD.unpack(found)
        return line, next((name for name, number in self._names.items() if number == table), None)

    def add(self, key: str, line: int, table: str | None, *, exactly: bool) -> None:
        """Remembers one that was not seen before; past all that any import sends they are not told apart any more."""
        if exactly:
            self.exact[key] = line
            if table:
                self._tables[key] = table
        elif self._count < limits.DIFFERENT_ADDRESSES:
            number = self._names.setdefault(table, len(self._names) + 1) if table else 0
            hashed = hash(key)
            self.further.setdefault(hashed % _BUCKETS, bytearray()).extend(_RECORD.pack(hashed, line, number))
            self._count += 1

    def _find(self, hashed: int) -> bytes | None:
        """The record; the same bytes anywhere inside of one mean nothing."""
        bucket, wanted = self.further.get(hashed % _BUCKETS, b""), _HASH.pack(hashed)
        at = bucket.find(wanted)
        while at % _RECORD.size and at >= 0:
            at = bucket.find(wanted, at + 1)
        return bytes(bucket[at : at + _RECORD.size]) if at >= 0 else None
