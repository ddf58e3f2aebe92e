"""A recipient group watched over the wire: how it stands, whether it is uploading, who its members are.

Members are read several pages at once, within the service's rate, and again when the pages do not add up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeVar

from handler import limits
from handler.errors import (
    GroupUploading,
    NothingHappened,
    OperatorProblem,
    OutcomeUnknown,
    RefusedForGood,
    SourceProblem,
    TryLater,
)
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
PAGES_AT_ONCE: Final = 4
"""At 16 requests a second a page has 62 ms; four at once keep that pace with answers that take up to 250 ms."""
READINGS: Final = 3
QUIET_SECONDS: Final = 10.0
"""After a lost answer the group must look the same for so long before its members are believed: a request that timed
out here may still be under way there."""
LOOK_SECONDS: Final = 2.0
"""Between two looks at a group that is uploading."""


class Groups(Protocol):
    """What an import needs of SES."""

    def find(self, receiver_id: int) -> Group | None: ...

    def members_page(self, receiver_id: int, offset: int) -> tuple[int, list[Member]]: ...

    def add(self, receiver_id: int, addresses: Sequence[str]) -> Receipt: ...


@dataclass(frozen=True, slots=True)
class WatchedGroup:
    """One group, looked at until the deadline, less what is kept back for writing the report."""

    groups: Groups
    receiver_id: int
    deadline: Deadline
    pauses: Pauses = field(default_factory=lambda: Pauses(first=1.0, longest=15.0, tries=8))
    reserve: float = 15.0
    """Seconds."""

    def look(self) -> Group:
        """The group as it is now. Raises `SourceProblem` where it is not there."""
        group = self._ask(lambda: self.groups.find(self.receiver_id), "look the group up")
        if group is None:
            raise self._not_found()
        return group

    def wait(self, seconds: float | None = None, seen: Group | None = None) -> Group:
        """The group, once it is not uploading any more, or as it is after so many seconds.

        Without `seconds` it waits as long as it can, and then raises `TryLater`. `seen` is what a look has just shown.
        """
        clock = self.deadline.clock
        patience = self.deadline.remaining() - self.reserve
        until = clock.monotonic() + (patience if seconds is None else min(seconds, patience))
        group = seen or self.look()
        while group.uploading:
            left = until - clock.monotonic()
            if left <= 0 and seconds is None:
                raise TryLater("the group is still uploading")
            if left <= 0:
                break
            clock.sleep(min(LOOK_SECONDS, left))
            group = self.look()
        return group

    def wait_until_quiet(self) -> None:
        """Returns once the group has looked the same for a while, and is not uploading."""
        before: Group | None = None
        while (group := self.wait()) != before:
            before = group
            self.deadline.wait(QUIET_SECONDS, "learn what became of a request", self.reserve)

    def members(self) -> Sequence[Member]:
        """All members, in the service's order. Raises `TryLater` when they keep changing while they are read."""
        for _ in range(READINGS):
            members = self._read_members()
            if members is not None:
                return members
        raise TryLater("the group keeps changing while its members are read")

    def _read_members(self) -> list[Member] | None:
        """The members, or `None` when the pages do not add up to the number that the service gave."""
        total, members = self._page(0)
        offsets = range(limits.PAGE_SIZE, total, limits.PAGE_SIZE)
        with ThreadPoolExecutor(PAGES_AT_ONCE) as pool:
            for total_now, more in pool.map(self._page, offsets):
                members += more
                if total_now != total:
                    return None
        return members if len(members) == total else None

    def _page(self, offset: int) -> tuple[int, list[Member]]:
        return self._ask(lambda: self.groups.members_page(self.receiver_id, offset), "read the group's members")

    def _ask(self, question: Callable[[], T], what: str) -> T:
        """The answer to a question that changes nothing, and may therefore be asked again whatever went wrong."""
        passing = (NothingHappened, OutcomeUnknown, GroupUploading)
        try:
            return self.pauses.retry(question, passing, self.deadline, what, self.reserve)
        except passing as answer:
            raise TryLater(f"{answer.message}, {self.pauses.tries} times in a row, on trying to {what}") from None
        except RefusedForGood as answer:
            if answer.code == GONE:
                raise self._not_found() from None
            raise OperatorProblem(f"{answer.message}, on trying to {what}; request id {answer.request_id}") from None

    def _not_found(self) -> SourceProblem:
        return SourceProblem("group_not_found", Said("file.not_found", id=str(self.receiver_id)))
