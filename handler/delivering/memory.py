"""What is remembered of a group: who was in it when its members were last read, and what imports have sent to it since.

Reading all members of a large group takes half a minute. So the next import reads only those that have come since, and
takes old and new together for the members only where they add up to what the service says: `Known.with_new`.

The service shows what it accepted when it likes: seconds later, or minutes. Until then what it says of the group is not
the truth, so what our imports had accepted counts as members, whether it shows or not. And a request whose fate nobody
knows belongs to the group, not to the invocation that sent it: whoever has the lock next holds still first.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from functools import cached_property, reduce
from operator import attrgetter, or_
from typing import Final, Protocol

from handler.delivering.digests import Digests, digest, digests
from handler.judging import keys
from handler.judging.data import sorted_json, variables_in
from handler.planning.group import Group, Member

NOBODY: Final = Digests()
KNOWN_FOR: Final = timedelta(days=7)
"""Then all members are read once more, whatever adds up."""
SHOWN_WITHIN: Final = timedelta(minutes=10)
"""Who came into the group may show so much later, and be listed so much later than counted."""
_STAMP: Final = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True, slots=True)
class Known:
    """The members of a group as they were read, and what the next import asks for. Times are as the service writes
    them."""

    digests: Digests = field(repr=False)
    recent: Digests = field(repr=False)
    """Those of them that have come `since`, and are listed once more when it is asked for new ones."""
    further: int
    """Members without an address, and those with the address of another one."""
    newest: str
    """When the last of them came; "" where no member says it."""
    since: str
    """From when on members are to be asked for."""
    read_at: datetime
    """When all of them were last read."""

    @classmethod
    def of(cls, listed: Sequence[Member], now: datetime) -> Known:
        """What a whole list of members comes to."""
        newest = max((member.created for member in listed), default="")
        since = _after(newest, -SHOWN_WITHIN)
        found = digests(_keys(listed))
        return cls(found, _come_since(since, listed), len(listed) - len(found), newest, since, now)

    @property
    def total(self) -> int:
        """How many there are."""
        return len(self.digests) + self.further

    def is_of_use(self, now: datetime) -> bool:
        """Whether asking for new ones may tell who the members are."""
        return bool(self.recent) and now - self.read_at < KNOWN_FOR

    def with_new(self, listed: Sequence[Member], total: int) -> Known | None:
        """With those that are listed as having come since; `None` where that cannot be true.

        Old and new must be as many as the service says that there are members: nobody has been removed then. And of the
        old ones exactly those must be listed that came in that time: else the service filters by another time than it
        writes, or somebody has added an address once more.
        """
        found = digests(_keys(listed))
        both = self.digests | found
        if len(found) != len(listed) or found & self.digests != self.recent or len(both) + self.further != total:
            return None
        newest = max([self.newest, *(member.created for member in listed)])
        since = max(self.since, _after(newest, -SHOWN_WITHIN))
        return replace(self, digests=both, recent=_come_since(since, listed), newest=newest, since=since)

    def with_own(self, accepted: Digests, created: str) -> Known:
        """With those whom an import has added, the last of them at this time: the next one need not ask for whoever
        came before them."""
        since = max(self.since, _after(self.newest, timedelta(seconds=1)), _after(created, -SHOWN_WITHIN))
        if not since or since > created:
            return self
        return replace(self, digests=self.digests | accepted, recent=accepted, newest=created, since=since)


def variables_of(looked_at: Iterable[Member]) -> frozenset[frozenset[str]]:
    """The variables for the template that members of a group have. One without an address tells nothing, nor does what
    nobody can read, nor, beside others, one without data: somebody at the console may have left them out."""
    found = map(variables_in, {member.data for member in looked_at if member.address and member.data is not None})
    known = frozenset(each for each in found if each is not None)
    return frozenset(filter(None, known)) or known


def _with_data(key: str, data: str) -> bytes:
    """What stands for an address and its data."""
    return digest(f"{key}\n{sorted_json(data)}")


def _after(moment: str, delay: timedelta) -> str:
    """The time so much later; "" where it is none."""
    try:
        found = datetime.strptime(moment, _STAMP).replace(tzinfo=timezone.utc)  # whichever it is
    except ValueError:
        return ""
    return (found + delay).strftime(_STAMP)


def _come_since(moment: str, listed: Iterable[Member]) -> Digests:
    return digests(_keys(member for member in listed if member.created >= moment)) if moment else NOBODY


def _keys(listed: Iterable[Member]) -> list[str]:
    """Of those that have an address."""
    return keys([member.address for member in listed if member.address])


@dataclass(frozen=True, slots=True)
class Sent:
    """The addresses of one batch that was sent."""

    import_id: str
    batch: int
    at: datetime
    """When it was sent, or when the group was seen to show it."""
    accepted: bool
    """Whether the service said so; else nobody knows what became of the request."""
    digests: Digests = field(repr=False)
    shown: bool = False
    """Whether the group has shown them since."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered of one group."""

    sent: tuple[Sent, ...] = ()
    known: Known | None = None
    still: Group | None = None
    """The group as it looked when somebody began to wait for it to hold still."""
    series: str = ""
    """The name of the group that it has been used to continue."""

    @property
    def in_the_air(self) -> bool:
        """Whether there is a request whose fate nobody knows."""
        return not all(sent.accepted for sent in self.sent)

    def accepted(self, *, but: str) -> set[bytes]:
        """What imports had accepted, one of them excepted."""
        return _all(sent for sent in self.sent if sent.accepted and sent.import_id != but)

    def accepted_of(self, import_id: str, batch: int) -> set[bytes]:
        """What one batch had accepted."""
        return _all(sent for sent in self.sent if sent.accepted and (sent.import_id, sent.batch) == (import_id, batch))

    def expected(self, shown_since: datetime) -> set[bytes]:
        """What imports had accepted, and the group has not shown, or only since this time."""
        return _all(sent for sent in self.sent if sent.accepted and (not sent.shown or sent.at > shown_since))

    def with_sent(self, sent: Sent) -> Memory:
        """With one more request of a batch; what was accepted of the same batch before stays accepted."""
        if not sent.accepted:
            return replace(self, sent=(*self.without(sent.import_id, sent.batch).sent, sent), still=None)
        same = [each for each in self.sent if (each.import_id, each.batch) == (sent.import_id, sent.batch)]
        digests = reduce(or_, (each.digests for each in same if each.accepted), sent.digests)
        others = [each for each in self.sent if each not in same]
        return replace(self, sent=(*others, replace(sent, digests=digests)), still=None)

    def without(self, import_id: str, batch: int) -> Memory:
        """A request that is known to have had no effect was never sent."""
        kept = [each for each in self.sent if each.accepted or (each.import_id, each.batch) != (import_id, batch)]
        return replace(self, sent=tuple(kept))

    def with_shown(self, import_id: str, now: datetime, missing: Digests = NOBODY) -> Memory:
        """The group shows what the import sent, but for those that are missing and not expected any more."""
        return replace(
            self,
            sent=tuple(
                replace(each, at=now, digests=each.digests - missing, shown=True)
                if each.import_id == import_id
                else each
                for each in self.sent
            ),
        )

    def landed(self) -> Memory:
        """The group has held still: what was in the air has arrived by now, or never will."""
        return replace(self, sent=tuple(sent for sent in self.sent if sent.accepted))


def _all(parts: Iterable[Sent]) -> set[bytes]:
    return {each for sent in parts for each in sent.digests}


class Keeper(Protocol):
    """Where the memory of a group outlives the invocation."""

    def load(self) -> tuple[Memory, float]:
        """What is remembered and not too old to matter, and for how many seconds it has not changed, by the store's own
        clock."""
        ...

    def save(self, memory: Memory) -> None:
        """Puts this in its place."""


AT_HAND: Final = 200_000
"""Members that are looked up in a set of Python's, which takes 18 MB; more of them are looked for a little longer."""


@dataclass(frozen=True)
class Members(Container[str]):
    """Who is in a group, asked by comparison key: whom it lists, and whom it will."""

    listed: Digests = field(repr=False)
    unseen: Digests = field(repr=False)
    """Those whom the service accepted, and does not list yet."""
    further: int = 0
    """Members without an address, and those with the address of another one: they take room, too."""
    variables: frozenset[frozenset[str]] = frozenset()
    """The variables for the template that the members have who were looked at: the service sees to it that all have the
    same, so some of them tell."""
    looked_at: Digests = field(default_factory=Digests, repr=False)
    """Those whose data are known, where the members have any."""
    data: Digests = field(default_factory=Digests, repr=False)
    """Each of them together with their data."""

    @cached_property
    def _all(self) -> Container[bytes]:
        together = self.listed | self.unseen if self.unseen else self.listed
        return frozenset(together) if len(together) <= AT_HAND else together

    @classmethod
    def of(cls, listed: Digests, unseen: Digests, further: int, looked_at: Sequence[Member]) -> Members:
        """The members of a group, some or all of whom were looked at just now."""
        variables = variables_of(looked_at)
        if not any(variables):
            return cls(listed, unseen, further, variables)
        found = zip(keys([member.address for member in looked_at]), looked_at, strict=True)
        data = {key: member.data for key, member in found if key and member.data is not None}
        pairs = Digests(_with_data(key, each) for key, each in data.items())
        return cls(listed, unseen, further, variables, digests([*data]), pairs)

    def has_data(self, key: str, data: str) -> bool | None:
        """Whether the member with this key has these data; `None` for one who was not looked at."""
        return _with_data(key, data) in self.data if digest(key) in self.looked_at else None

    @classmethod
    def of_all(cls, parts: Sequence[Members]) -> Members:
        """Who is in any of several groups."""
        if len(parts) == 1:
            return parts[0]
        names = ("listed", "unseen", "looked_at", "data")
        listed, unseen, looked_at, data = (Digests.together(map(attrgetter(name), parts)) for name in names)
        variables = frozenset[frozenset[str]]().union(*(part.variables for part in parts))
        return cls(listed, unseen, sum(part.further for part in parts), variables, looked_at, data)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and len(self) > 0 and digest(key) in self._all

    def __len__(self) -> int:
        return len(self.listed) + len(self.unseen)

    @property
    def room_taken(self) -> int:
        """How many places of the group they take."""
        return len(self) + self.further

    def are_ahead_of(self, group: Group) -> bool:
        """Whether there are more of them than the group counts by now."""
        return bool(self.unseen) or len(self.listed) > group.count + group.invalid
