"""The memory of a group, kept in the bucket: `members/<receiver id>` below the state prefix.

A line of JSON, and behind it the digests of each batch, one after the other. Only the holder of the group's lock reads
and writes it.
"""

from __future__ import annotations

from dataclasses import dataclass
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
        """What is remembered, and for how many seconds it has not changed. Raises `OperatorProblem` where it cannot be
        read."""
        found = self.bucket.fetch(self.key)
        if found is None:
            return Memory(), 0.0
        try:
            return _read(found.body), (found.read_at - found.last_modified).total_seconds()
        except ValueError:
            raise OperatorProblem(
                f"{self.key} in the bucket {self.bucket.name} cannot be read. It says what one group was sent in the "
                f"last {self.hours:g} hours, and only files for this group wait for it: remove it when no import into "
                "the group is under way, and the last one is so many hours ago."
            ) from None

    def save(self, memory: Memory) -> None:
        """Writes it anew, without what is older than so many hours."""
        oldest = self.clock.now() - timedelta(hours=self.hours)
        kept = [sent for sent in memory.sent if sent.at >= oldest or not sent.accepted]
        head = _Head(
            FORMAT,
            memory.still,
            tuple(_Batch(each.import_id, each.batch, each.at, each.accepted, len(each.digests)) for each in kept),
        )
        self.bucket.write(self.key, b"\n".join([to_json(head), b"".join(b"".join(each.digests) for each in kept)]))


def _read(body: bytes) -> Memory:
    line, _, packed = body.partition(b"\n")
    head = from_json(_Head, line)
    if head.format != FORMAT or len(packed) != DIGEST_BYTES * sum(batch.size for batch in head.sent):
        raise ValueError("another format, or cut off")
    sent, start = [], 0
    for batch in head.sent:
        end = start + DIGEST_BYTES * batch.size
        digests = frozenset(packed[at : at + DIGEST_BYTES] for at in range(start, end, DIGEST_BYTES))
        sent.append(Sent(batch.import_id, batch.batch, batch.at, batch.accepted, digests))
        start = end
    return Memory(tuple(sent), head.still)
