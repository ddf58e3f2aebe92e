"""A recipient group watched over the wire: how it stands, whether it holds still, who its members are.

Members are read several pages at once, within the service's rate, and again when the pages do not add up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Final, Protocol, TypeVar

from handler import limits
from handler.delivering.digests import Digests, digest, digests
from handler.delivering.memory import SHOWN_WITHIN, Keeper, Known, Members, Memory
from handler.delivering.pages import read_pages
from handler.errors import (
    GroupUploading,
    ImportProblem,
    NothingHappened,
    OperatorProblem,
    OutcomeUnknown,
    RefusedForGood,
    SourceProblem,
    TryLater,
)
from handler.judging import keys
from handler.planning.group import Group, Member
from handler.said import Said
from handler.timing import Deadline, Pauses


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the service answered to an accepted batch."""

    request_id: str
    counts: Mapping[str, int]
    """`TotalCount`, `ValidCount`, `TooLongCount`, `EmptyEmailCount`, `RepeatCount`, as the service names them."""


T = TypeVar("T")

GONE: Final = "OperationDenied.ReceiverNotExist"
READINGS: Final = 8
QUIET_SECONDS: Final = 30.0
"""After a lost answer the group must look the same for so long before its members are believed. The request may still
be under way, and what it does may take a while to show: neither is documented."""
FILTER_CHARS: Final = 50
"""The longest address that members can be asked for."""
LOOK_SECONDS: Final = 2.0
"""Between two looks at a group that is uploading."""
FIRST_LOOKS: Final = 0.5
"""Between those of the first seconds: an upload of some addresses is done within one."""


class NotWhole(OperatorProblem):
    """The group counts more members than it lists: who they are cannot be known."""


class Groups(Protocol):
    """What an import needs of SES."""

    def find(self, receiver_id: int) -> Group | None: ...

    def all(self) -> Sequence[Group]: ...

    def create(self, name: str, description: str) -> int: ...

    def members_page(
        self, receiver_id: int, offset: int, since: str = "", email: str = ""
    ) -> tuple[int, list[Member]]: ...

    def add(self, receiver_id: int, addresses: Sequence[str], data: Sequence[str] | None = None) -> Receipt: ...


@dataclass(slots=True)
class WatchedGroup:
    """One group, looked at by the holder of its lock until the deadline, less what is kept back for the report."""

    groups: Groups
    receiver_id: int
    deadline: Deadline
    keeper: Keeper
    pauses: Pauses = field(default_factory=lambda: Pauses(first=1.0, longest=15.0, tries=8))
    reserve: float = 15.0
    """Seconds."""
    is_new: bool = False
    """Whether it was created just now, and may not be listed yet."""
    _memory: Memory | None = field(default=None, repr=False)
    _unsaved: bool = False
    _still_since: float = 0.0
    """On the deadline's clock."""

    @property
    def memory(self) -> Memory:
        """What is remembered of the group."""
        if self._memory is None:
            self._memory, age = self.keeper.load()
            self._still_since = self.deadline.clock.monotonic() - age
        return self._memory

    def remember(self, memory: Memory, *, later: bool = False) -> None:
        """Puts this in place of what was remembered; written down at once, or later with what comes next."""
        self._memory, self._unsaved = memory, True
        if not later:
            self.write_down()

    def write_down(self) -> None:
        """Writes what is remembered, where that was left for later."""
        if self._unsaved:
            self.keeper.save(self.memory)
            self._unsaved, self._still_since = False, self.deadline.clock.monotonic()

    def look(self) -> Group:
        """The group as it is now. Raises `SourceProblem` where it is not there."""
        while (group := self._ask(lambda: self.groups.find(self.receiver_id), "look the group up")) is None:
            if not self.is_new:
                raise self._not_found()
            self.deadline.wait(LOOK_SECONDS, "see the group that was created", self.reserve)
        return group

    def wait(self) -> Group:
        """The group, once it is not uploading any more. Raises `TryLater` when there is no time left to wait for it."""
        began = self.deadline.clock.monotonic()
        while (group := self.look()).uploading:
            left = self.deadline.remaining() - self.reserve
            if left <= 0:
                raise TryLater("the group is still uploading")
            self.deadline.clock.sleep(min(self.pause_after(began), left))
        return group

    def pause_after(self, began: float) -> float:
        """Seconds until the next look, where the first one was at this time of the clock."""
        return FIRST_LOOKS if self.deadline.clock.monotonic() - began < LOOK_SECONDS else LOOK_SECONDS

    def hold_still(self) -> Group:
        """The group, once it has looked the same for a while: what was in the air has arrived by then, or never will.

        The while goes on over invocations: one whose time is short only has to look.
        """
        while (group := self.wait()) != self.memory.still or self._still_for() < QUIET_SECONDS:
            if group != self.memory.still:
                self.remember(replace(self.memory, still=group))
            left = max(0.0, QUIET_SECONDS - self._still_for())
            self.deadline.wait(left, "learn what became of a request", self.reserve)
        self._memory = self.memory.landed()
        return group

    def settled(self) -> Group:
        """The group, not uploading, and with nothing in the air."""
        return self.hold_still() if self.memory.in_the_air else self.wait()

    def members(self, group: Group) -> Members:
        """Who is in the group: whom it lists, and whom our imports had accepted lately.

        Whom the group has shown once, and does not list any more, somebody has removed since, unless it is shortly
        after and the group may count more than it lists.
        """
        looked_at: list[Member] = []
        known = self._known_with_new(group, looked_at)
        is_cheap = known is not None
        if known is None:
            looked_at = [*self.listed(group)]
            known = Known.of(looked_at, self.deadline.clock.now())
        self.remember(replace(self.memory, known=known), later=is_cheap or known.total <= limits.PAGE_SIZE)
        behind = known.total - group.invalid < group.count
        unseen = Digests(self._expected() if behind else self._expected(timedelta())) - known.digests
        return Members.of(known.digests, unseen, known.further, looked_at)

    def _known_with_new(self, group: Group, looked_at: list[Member]) -> Known | None:
        """Who was in the group when its members were last read, with those that have come since; `None` where that does
        not add up, or the service does not say it. The members that are listed for it are added to `looked_at`."""
        known = self.memory.known
        if known is None or not known.is_of_use(self.deadline.clock.now()):
            return None
        found: dict[str, Member] = {}
        try:
            passed = read_pages(partial(self._page, since=known.since), found)
            total, page = self._page(0)
        except OperatorProblem:  # it does not understand the question
            return None
        if not passed.is_steady or passed.total != len(found):
            return None
        listed = list(found.values())
        looked_at += (*listed, *(member for _, member in page))
        now = Known.of(listed, self.deadline.clock.now()) if len(found) == total else known.with_new(listed, total)
        is_whole = now is not None and now.total >= group.count - len(self._expected() - now.digests)
        return now if is_whole else None

    def learn(self, addresses: Sequence[str]) -> None:
        """Takes addresses that have come into the group for known members, where the next import would list many others
        once more: all that is to be asked is when one of them came."""
        known, own = self.memory.known, keys(addresses)
        asked = next((address for address in reversed(addresses) if len(address) <= FILTER_CHARS), None)
        if known is None or asked is None or len(known.recent) <= limits.PAGE_SIZE:
            return
        with suppress(ImportProblem):  # nothing is lost by it
            _, page = self._page(0, email=asked)
            for _, member in page:
                if keys([member.address]) == keys([asked]):
                    self.remember(replace(self.memory, known=known.with_own(digests(own), member.created)), later=True)

    def listed(self, group: Group) -> Sequence[Member]:
        """Every member that the service lists, once, in no order that it promises.

        The list is whole with as many different ids as the service says that there are members, and no fewer than the
        group counts, but for those whom our imports had accepted and the list does not show yet. Raises `TryLater` when
        they keep changing while they are read, `NotWhole` when they never add up.
        """
        accepted = self._expected()
        found: dict[str, Member] = {}
        total: int | None = None
        for reading in range(1, READINGS + 1):
            before, passed = total, read_pages(self._page, found)
            total = passed.total if passed.is_steady else None
            if total is not None and len(found) == total >= group.count - _unseen(found, accepted):
                return list(found.values())
            if total is None or len(found) > total or before not in {None, total}:
                found.clear()  # somebody adds or removes members meanwhile
            if reading < READINGS:
                self.deadline.wait(self.pauses.before(reading + 1), "read the group's members", self.reserve)
                group = self.look()
        if len(found) == total:
            raise NotWhole(
                f"SES counts {group.count:,} members in group {self.receiver_id} and lists {total:,}: nothing is sent "
                "while nobody can know who is in it. It goes on by itself once the two agree."
            )
        raise TryLater("the group keeps changing while its members are read")

    def _expected(self, lag: timedelta = SHOWN_WITHIN) -> set[bytes]:
        """What imports had accepted, and the list may not show yet, being so much behind the count at most."""
        return self.memory.expected(self.deadline.clock.now() - lag)

    def _page(self, offset: int, since: str = "", email: str = "") -> tuple[int, list[tuple[str, Member]]]:
        page = partial(self.groups.members_page, self.receiver_id, offset, since=since, email=email)
        total, members = self._ask(page, "read the group's members")
        return total, [(member.member_id, member) for member in members]

    def _still_for(self) -> float:
        return self.deadline.clock.monotonic() - self._still_since

    def _ask(self, question: Callable[[], T], what: str) -> T:
        try:
            return _ask(question, what, self.deadline, self.pauses, self.reserve)
        except RefusedForGood as answer:
            if answer.code == GONE:
                raise self._not_found() from None
            raise OperatorProblem(f"{answer.message}, on trying to {what}; request id {answer.request_id}") from None

    def _not_found(self) -> SourceProblem:
        return SourceProblem("group_not_found", Said("file.not_found", id=str(self.receiver_id)))


def all_groups(groups: Groups, deadline: Deadline, reserve: float) -> Sequence[Group]:
    """All groups of the account. Raises `TryLater` where they never add up to their number."""
    what = "look the groups up"
    try:
        return _ask(groups.all, what, deadline, Pauses(first=1.0, longest=15.0, tries=8), reserve)
    except RefusedForGood as answer:
        raise OperatorProblem(f"{answer.message}, on trying to {what}; request id {answer.request_id}") from None


def _ask(question: Callable[[], T], what: str, deadline: Deadline, pauses: Pauses, reserve: float) -> T:
    """The answer to a question that changes nothing, and may therefore be asked again whatever went wrong."""
    passing = (NothingHappened, OutcomeUnknown, GroupUploading)
    try:
        return pauses.retry(question, passing, deadline, what, reserve)
    except passing as answer:
        raise TryLater(f"{answer.message}, {pauses.tries} times in a row, on trying to {what}") from None


def _unseen(found: Mapping[str, Member], accepted: set[bytes]) -> int:
    """How many of those whom imports had accepted are not among these members."""
    listed = map(digest, keys([member.address for member in found.values()])) if accepted else ()
    return len(accepted.difference(listed))
