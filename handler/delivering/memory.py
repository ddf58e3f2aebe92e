"""What imports have sent to a group within the last hours.

The service shows what it accepted when it likes: seconds later, or minutes. Until then what it says of the group is not
the truth, so what our imports had accepted counts as members, whether it shows or not. And a request whose fate nobody
knows belongs to the group, not to the invocation that sent it: whoever has the lock next holds still first.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import blake2b
from typing import Final, Protocol

from handler.planning.group import Group

DIGEST_BYTES: Final = 8
"""Of a comparison key. Two of 50,000 members share one with a chance of one in ten billion."""


def digest(key: str) -> bytes:
    """What stands for an address in a state that holds no readable one."""
    return blake2b(key.encode(), digest_size=DIGEST_BYTES).digest()


@dataclass(frozen=True, slots=True)
class Sent:
    """The addresses of one batch that was sent."""

    import_id: str
    batch: int
    at: datetime
    accepted: bool
    """Whether the service said so; else nobody knows what became of the request."""
    digests: frozenset[bytes] = field(repr=False)
    shown: bool = False
    """Whether the group has shown them since."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered of one group."""

    sent: tuple[Sent, ...] = ()
    still: Group | None = None
    """The group as it looked when somebody began to wait for it to hold still."""

    @property
    def in_the_air(self) -> bool:
        """Whether there is a request whose fate nobody knows."""
        return not all(sent.accepted for sent in self.sent)

    def accepted(self, *, but: str = "", shown: bool = True) -> set[bytes]:
        """What imports had accepted; one of them excepted perhaps, or what the group has shown since."""
        kept = (sent for sent in self.sent if sent.accepted and sent.import_id != but and (shown or not sent.shown))
        return {each for sent in kept for each in sent.digests}

    def with_sent(self, sent: Sent) -> Memory:
        """With one more request of a batch; what was accepted of the same batch before stays accepted."""
        if not sent.accepted:
            return replace(self, sent=(*self.without(sent.import_id, sent.batch).sent, sent), still=None)
        same = [each for each in self.sent if (each.import_id, each.batch) == (sent.import_id, sent.batch)]
        digests = sent.digests.union(*(each.digests for each in same if each.accepted))
        others = [each for each in self.sent if each not in same]
        return replace(self, sent=(*others, replace(sent, digests=digests)), still=None)

    def without(self, import_id: str, batch: int) -> Memory:
        """A request that is known to have had no effect was never sent."""
        kept = [each for each in self.sent if each.accepted or (each.import_id, each.batch) != (import_id, batch)]
        return replace(self, sent=tuple(kept))

    def with_shown(self, import_id: str, missing: frozenset[bytes] = frozenset()) -> Memory:
        """The group shows what the import sent, but for those that are missing and not expected any more."""
        return replace(
            self,
            sent=tuple(
                replace(each, digests=each.digests - missing, shown=True) if each.import_id == import_id else each
                for each in self.sent
            ),
        )

    def landed(self) -> Memory:
        """The group has held still: what was in the air has arrived by now, or never will."""
        return replace(self, sent=tuple(sent for sent in self.sent if sent.accepted))


class Keeper(Protocol):
    """Where the memory of a group outlives the invocation."""

    def load(self) -> tuple[Memory, float]:
        """What is remembered and not too old to matter, and for how many seconds it has not changed, by the store's own
        clock."""
        ...

    def save(self, memory: Memory) -> None:
        """Puts this in its place."""


@dataclass(frozen=True, slots=True)
class Members(Container[str]):
    """Who is in a group, by comparison key: whom it lists, and whom it will."""

    listed: frozenset[str] = field(repr=False)
    unseen: frozenset[bytes] = field(default_factory=frozenset, repr=False)
    """The digests of those whom the service accepted, and does not list yet."""

    @classmethod
    def of(cls, listed: Iterable[str], accepted: set[bytes]) -> Members:
        known = frozenset(filter(None, listed))  # the service may list a member without an address
        return cls(known, frozenset(accepted.difference(map(digest, known))) if accepted else frozenset())

    def __contains__(self, key: object) -> bool:
        return key in self.listed or (bool(self.unseen) and isinstance(key, str) and digest(key) in self.unseen)

    def __len__(self) -> int:
        return len(self.listed) + len(self.unseen)

    def are_ahead_of(self, group: Group) -> bool:
        """Whether there are more of them than the group counts by now."""
        return bool(self.unseen) or len(self.listed) > group.count + group.invalid


def digests(keys: Sequence[str]) -> frozenset[bytes]:
    """Those of many keys."""
    return frozenset(map(digest, keys))
