"""Whom the service delivers to no more: its black list, as far as it is known, in `blocked` below the state prefix.

An address is put there when mail to it bounces for good, for all senders of the account, and somebody may take it off
again. So the whole list is read once a day, and what came since is added in between. What is kept is whole by itself:
of two imports that write it at once the last one wins, and nothing is lost but what the next one asks for again.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final, Protocol, TypeVar

from pydantic import AwareDatetime

from handler import limits, log
from handler.delivering.digests import Digests, digest
from handler.delivering.pages import read_pages
from handler.errors import NothingHappened, OperatorProblem, OutcomeUnknown, RefusedForGood, TryLater
from handler.judging import keys
from handler.state.store import Bucket
from handler.state.stored import split_digests, with_digests
from handler.timing import Deadline, Pauses

FORMAT: Final = 1
FIRST_DAY: Final = date(2020, 1, 1)
"""No bounce is older: the API's first version is of October 2020. How far back it looks, nobody wrote down."""
WHOLE_AGAIN: Final = timedelta(days=1)
"""How long somebody who was taken off the list may be left out all the same."""
OVERLAP: Final = timedelta(days=2)
"""Asked for again: in which time zone the service reads a date is not documented, nor how late a bounce is listed."""
READINGS: Final = 8
ALIKE: Final = 3
"""Readings in succession that show the same pages, until a list with fewer different entries than it counts is believed
to have some of them twice. Where the order changes from page to page, an entry that shows twice hides another one."""
WHAT: Final = "read the service's black list"
REMEDY: Final = (
    "The service's black list cannot be read, and nothing is sent without it: give the role the permission for "
    "ses:ListBlackEmailAddress (`python -m local policy` prints what it needs), or set SKIP_BLOCKED to false."
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Blocked:
    """One entry of the list. The service gives it no id."""

    address: str = field(repr=False)
    bounce: str = field(repr=False)
    """When it bounced, and what the other mail server said to it."""


class BlackList(Protocol):
    """What is needed of SES."""

    def blocked_page(self, first: date, last: date, offset: int) -> tuple[int, list[Blocked]]:
        """How many addresses were blocked from the first to the last day, and up to a page of them."""
        ...


class BlockedKeys(Container[str]):
    """Comparison keys, by their digests: 8 bytes each, so that 500,000 of them take 4 MB."""

    def __init__(self, numbers: Iterable[int] = ()) -> None:
        self._digests = _packed(numbers)

    @classmethod
    def from_bytes(cls, packed: bytes) -> BlockedKeys:
        """What `to_bytes` gave, on a machine of the same byte order: the platform has but one kind."""
        found = cls()
        found._digests = Digests.from_packed(packed)
        return found

    def to_bytes(self) -> bytes:
        return self._digests.packed

    def with_all(self, numbers: Iterable[int]) -> BlockedKeys:
        both = Digests.together([self._digests, _packed(numbers)])
        return self if len(both) == len(self) else BlockedKeys.from_bytes(both.packed)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and digest(key) in self._digests

    def __len__(self) -> int:
        return len(self._digests)


def _packed(numbers: Iterable[int]) -> Digests:
    return Digests.from_packed(array("Q", numbers).tobytes())


def number_of(key: str) -> int:
    """The digest of a key as a number whose bytes are the digest itself."""
    return int.from_bytes(digest(key), sys.byteorder)


def days_until(now: datetime) -> tuple[date, date]:
    """The days from the first one on; the last is tomorrow, which it may be already where the service is."""
    return FIRST_DAY, now.date() + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Head:
    """The first line; behind it the digests, one after the other."""

    format: int
    whole_at: AwareDatetime
    """When the whole list was last read."""


@dataclass(frozen=True, slots=True)
class _Known:
    whole_at: datetime
    blocked: BlockedKeys


@dataclass(frozen=True, slots=True)
class BlockedList:
    """The list, and the object that remembers it."""

    service: BlackList
    bucket: Bucket
    key: str
    deadline: Deadline
    reserve: float
    """Seconds kept back for writing the report."""
    pauses: Pauses = field(default_factory=lambda: Pauses(first=1.0, longest=15.0, tries=8))

    def read(self) -> BlockedKeys:
        """The comparison keys of everybody on the list. Raises `OperatorProblem` where it may not be read, `TryLater`
        where it never adds up or the time is too short."""
        now = self.deadline.clock.now()
        first, last = days_until(now)
        known = self._load(now)
        if known:
            found = self._listed(known.whole_at.date() - OVERLAP, last)
            blocked = known.blocked.with_all(found)
            if blocked is not known.blocked:
                self._save(_Known(known.whole_at, blocked))
        else:
            found = self._listed(first, last)
            blocked = BlockedKeys(found)
            self._save(_Known(now, blocked))
        log.info("blocked_read", asked_for="new" if known else "all", entries=len(found), blocked=len(blocked))
        return blocked

    def _load(self, now: datetime) -> _Known | None:
        """What is known and not too old. What cannot be read is as good as nothing: the list is read anew."""
        try:
            head, packed = split_digests(_Head, self.bucket.read(self.key) or b"")
        except ValueError:
            return None
        is_fresh = timedelta(0) <= now - head.whole_at < WHOLE_AGAIN
        return _Known(head.whole_at, BlockedKeys.from_bytes(packed)) if head.format == FORMAT and is_fresh else None

    def _save(self, known: _Known) -> None:
        self.bucket.write(self.key, with_digests(_Head(FORMAT, known.whole_at), [known.blocked.to_bytes()]))

    def _listed(self, first: date, last: date) -> list[int]:
        """Everybody blocked in these days. The list is whole with as many different entries as the service counted when
        the reading began: it may grow meanwhile, as bounces of a mailing come in."""
        found: dict[int, int] = {}
        pages: dict[int, int] = {}
        most = alike = 0

        def page(offset: int) -> tuple[int, list[tuple[int, int]]]:
            self.deadline.require(self.reserve, WHAT)
            count, entries = self._ask(lambda: self.service.blocked_page(first, last, offset))
            if count > limits.BLOCKED:
                raise OperatorProblem(
                    f"The service's black list has {count:,} addresses, and no more than {limits.BLOCKED:,} fit into "
                    "the function: set SKIP_BLOCKED to false."
                )
            numbers = [
                (number_of(f"{key} {entry.bounce}"), number_of(key))
                for key, entry in zip(keys([entry.address for entry in entries]), entries, strict=True)
            ]
            pages[offset] = hash(tuple(numbers))
            return count, numbers

        for reading in range(1, READINGS + 1):
            before = pages.copy()
            passed = read_pages(page, found)
            alike = alike + 1 if pages == before else 0
            has_shrunk = min(passed.totals) < max(passed.total, most)
            most = max(passed.totals)
            if has_shrunk or len(found) > most:
                found.clear()  # somebody was taken off: this says nothing of whom the list has now
                most = 0
            elif passed.shown >= passed.total and (len(found) >= passed.total or alike == ALIKE):
                return list(found.values())
            if reading < READINGS:
                self.deadline.wait(self.pauses.before(reading + 1), WHAT, self.reserve)
        raise TryLater("the service's black list keeps changing while it is read, or does not add up")

    def _ask(self, question: Callable[[], T]) -> T:
        try:
            return self.pauses.retry(question, (NothingHappened, OutcomeUnknown), self.deadline, WHAT, self.reserve)
        except (NothingHappened, OutcomeUnknown) as answer:
            raise TryLater(f"{answer.message}, {self.pauses.tries} times in a row, on trying to {WHAT}") from None
        except OperatorProblem as problem:
            raise OperatorProblem(f"{problem.message}. {REMEDY}") from None
        except RefusedForGood as answer:
            raise OperatorProblem(f"{answer.message}; request id {answer.request_id}. {REMEDY}") from None
