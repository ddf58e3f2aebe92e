"""The memory of a group, kept in the bucket: `members/<receiver id>` below the state prefix.

A line of JSON, and behind it the digests of each batch, and of the members, one after the other. Only the holder of
the group's lock reads and writes it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from io import BytesIO
from typing import Final

from handler.delivering.digests import DIGEST_BYTES, Digests
from handler.delivering.memory import Known, Memory, Sent
from handler.errors import OperatorProblem
from handler.planning.group import Group
from handler.state.store import Bucket
from handler.state.stored import split_digests, with_digests
from handler.timing import Clock

FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class _Batch:
    """What the first line says of one batch."""

    import_id: str
    batch: int
    at: datetime
    accepted: bool
    size: int
    """Digests."""
    shown: bool = False


@dataclass(frozen=True, slots=True)
class _Known:
    """What it says of the members that were read: their digests come last, the recent ones before the others."""

    size: int
    recent: int
    further: int
    newest: str
    since: str
    read_at: datetime


@dataclass(frozen=True, slots=True)
class _Head:
    """The first line."""

    format: int
    still: Group | None
    sent: tuple[_Batch, ...]
    known: _Known | None = None
    series: str = ""


@dataclass(frozen=True, slots=True)
class GroupMemory:
    """The memory of one group."""

    bucket: Bucket
    key: str
    clock: Clock
    hours: float
    """How long what was sent is remembered."""

    def load(self) -> tuple[Memory, float]:
        """What is remembered of the last hours, and for how many seconds it has not changed. Raises `OperatorProblem`
        where it cannot be read."""
        found = self.bucket.fetch(self.key)
        if found is None:
            return Memory(), 0.0
        try:
            memory = _read(found.body)
        except ValueError:
            raise OperatorProblem(
                f"{self.key} in the bucket {self.bucket.name} cannot be read. It says what one group was sent in the "
                f"last {self.hours:g} hours, and only files for this group wait for it: remove it when no import into "
                "the group is under way, and the last one is so many hours ago."
            ) from None
        oldest = self.clock.now() - timedelta(hours=self.hours)
        sent = tuple(each for each in memory.sent if each.at >= oldest or not each.accepted)
        return replace(memory, sent=sent), (found.read_at - found.last_modified).total_seconds()

    def save(self, memory: Memory) -> None:
        """Writes it anew."""
        batches = (
            _Batch(each.import_id, each.batch, each.at, each.accepted, len(each.digests), each.shown)
            for each in memory.sent
        )
        known = memory.known
        read = None
        if known:
            read = _Known(
                len(known.digests), len(known.recent), known.further, known.newest, known.since, known.read_at
            )
        members = (known.recent, known.digests - known.recent) if known else ()
        packed = (digests.packed for digests in (*(each.digests for each in memory.sent), *members))
        head = _Head(FORMAT, memory.still, tuple(batches), read, memory.series)
        self.bucket.write(self.key, with_digests(head, packed))


def _read(body: bytes) -> Memory:
    head, packed = split_digests(_Head, body)
    size = sum(each.size for each in head.sent) + (head.known.size if head.known else 0)
    if head.format != FORMAT or len(packed) != DIGEST_BYTES * size:
        raise ValueError("another format, or cut off")
    left = BytesIO(packed)

    def digests(count: int) -> Digests:
        return Digests.from_packed(left.read(count * DIGEST_BYTES))

    sent = tuple(
        Sent(each.import_id, each.batch, each.at, each.accepted, digests(each.size), each.shown) for each in head.sent
    )
    known = None
    if read := head.known:
        recent = digests(read.recent)
        others = digests(read.size - read.recent)
        known = Known(recent | others, recent, read.further, read.newest, read.since, read.read_at)
    return Memory(sent, known, head.still, head.series)
