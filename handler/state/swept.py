"""What sweeps know of finished imports, so that each of them asks only for what is new: `swept/<bucket>` below the
state prefix, a line of JSON and behind it a digest for each import.

It saves requests, and decides nothing: a file that is not in it is looked up in the ledger.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Final

from handler import log
from handler.delivering.digests import DIGEST_BYTES
from handler.state.store import Bucket
from handler.state.stored import each_digest, split_digests, with_digests

FORMAT: Final = 1
NEVER: Final = datetime.min.replace(tzinfo=timezone.utc)


@dataclass(frozen=True, slots=True)
class Swept:
    """What the last sweep has left to the next one."""

    finished: frozenset[bytes] = field(default_factory=frozenset, repr=False)
    """The digests of the names of finished imports."""
    after: str = ""
    """The key of the last file that was looked at; "" where the next sweep begins with the first one."""
    listed_at: datetime = NEVER
    """When all imports were last listed."""

    def has(self, name: str) -> bool:
        """Whether the import of this name is finished."""
        return digest(name) in self.finished


@dataclass(frozen=True, slots=True)
class _Head:
    format: int
    after: str
    listed_at: datetime


def digest(name: str) -> bytes:
    """What stands for an import: half of what its name says of the file, and of its version."""
    file, _, version = name.rpartition("/")[2].partition("-")
    return bytes.fromhex(file[:DIGEST_BYTES] + version[:DIGEST_BYTES])


@dataclass(frozen=True, slots=True)
class SweptFiles:
    """Where it is kept."""

    bucket: Bucket
    key: str

    def load(self) -> Swept:
        """What was kept; nothing where it cannot be read."""
        body = self.bucket.read(self.key)
        if body is None:
            return Swept()
        with suppress(ValueError):
            head, packed = split_digests(_Head, body)
            if head.format == FORMAT:
                return Swept(frozenset(each_digest(packed)), head.after, head.listed_at)
        log.warning("swept_not_read")
        return Swept()

    def save(self, swept: Swept) -> None:
        """Puts this in its place."""
        self.bucket.write(self.key, with_digests(_Head(FORMAT, swept.after, swept.listed_at), swept.finished))
