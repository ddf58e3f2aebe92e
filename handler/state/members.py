"""The memory of a group, kept in the bucket: `members/<receiver id>` below the state prefix.

A line of JSON, and behind it the digests of each batch, one after the other. Only the holder of the group's lock reads
and writes it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from handler.delivering.memory import DIGEST_BYTES, Memory, Sent
from handler.errors import OperatorProblem
from handler.planning.group import Group
from handler.state.store import Bucket
from handler.state.stored import from_json, to_json
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
class _Head:
    """The first line."""

    format: int
    still: Group | None
    sent: tuple[_Batch, ...]


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
        packed = b"".join(b"".join(each.digests) for each in memory.sent)
        self.bucket.write(self.key, b"\n".join([to_json(_Head(FORMAT, memory.still, tuple(batches))), packed]))


def _read(body: bytes) -> Memory:
    line, _, packed = body.partition(b"\n")
    head = from_json(_Head, line)
    if head.format != FORMAT or len(packed) != DIGEST_BYTES * sum(batch.size for batch in head.sent):
        raise ValueError("another format, or cut off")
    sent, start = [], 0
    for batch in head.sent:
        end = start + DIGEST_BYTES * batch.size
        digests = frozenset(packed[at : at + DIGEST_BYTES] for at in range(start, end, DIGEST_BYTES))
        sent.append(Sent(batch.import_id, batch.batch, batch.at, batch.accepted, digests, batch.shown))
        start = end
    return Memory(tuple(sent), head.still)
