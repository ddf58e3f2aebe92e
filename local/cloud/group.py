"""One recipient group: what was accepted into it, and the moments at which that shows.

What somebody sees of it is a function of these and of the moment at which they look. Moments are those of the clock's
`monotonic()`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import inf
from operator import attrgetter
from typing import Final, NamedTuple, TypeVar
from zlib import crc32

from local.cloud.behaviour import Behaviour, Order

TO_BE_UPLOADED: Final = 1
UPLOADING: Final = 2
UPLOADED: Final = 3

Row = TypeVar("Row")


class GroupProblem(Exception):
    """SES refuses: `code` is its error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Entry(NamedTuple):
    """One address in a group. A tuple, because 20,000 of them are made in one request."""

    email_id: int
    email: str
    created: datetime
    template: str
    counted_at: float
    """From this moment on `Count` includes it."""
    listed_at: float
    """From this moment on ListReceiverDetails shows it; infinity for never."""
    invalid_at: float
    """From this moment on its Status is 2; infinity for never."""
    reason: str
    """Why it is invalid then."""


@dataclass(frozen=True, slots=True)
class Upload:
    """One accepted request, or one upload at the console."""

    size: int
    busy_at: float
    """From this moment until it ends the group's status is 2."""
    ends_at: float
    by_hand: bool
    """Somebody uploads at the console, and nobody else gets in."""


@dataclass(frozen=True, slots=True)
class View:
    """What is to be seen of a group's members until a given moment, with one behaviour."""

    behaviour: Behaviour
    until: float
    count: int
    """All that are counted, invalid ones included."""
    invalid_count: int
    rows: Sequence[Entry] = field(repr=False)
    """What ListReceiverDetails lists, in its order."""
    total: int
    invalid_rows: int

    @classmethod
    def at(cls, now: float, entries: Sequence[Entry], behaviour: Behaviour) -> View:
        counted = [entry for entry in entries if entry.counted_at <= now]
        there = (entry for entry in entries if entry.listed_at <= now)
        listed = in_order(there, behaviour.members_order, behaviour.seed, attrgetter("email_id"))
        rows = listed[: behaviour.listing_ends_at]
        moments = (moment for entry in entries for moment in (entry.counted_at, entry.listed_at, entry.invalid_at))
        return cls(
            behaviour,
            until=min((moment for moment in moments if moment > now), default=inf),
            count=len(counted),
            invalid_count=sum(entry.invalid_at <= now for entry in counted),
            rows=rows,
            total=len(listed if behaviour.total_goes_on else rows),
            invalid_rows=sum(entry.invalid_at <= now for entry in rows),
        )


@dataclass(slots=True)
class Group:
    receiver_id: int
    name: str
    description: str
    created: datetime
    variables: frozenset[str] | None = None
    """The template variables that every member has; None while there is no member."""
    entries: list[Entry] = field(default_factory=list)
    """Everything accepted and not removed, in the order of arrival."""
    known: set[str] = field(default_factory=set)
    """The keys by which repeats of those are told."""
    uploads: list[Upload] = field(default_factory=list)
    _view: View | None = None

    def accept(self, upload: Upload, entries: Iterable[Entry], keys: Iterable[str]) -> None:
        self.uploads.append(upload)
        self.entries.extend(entries)
        self.known.update(keys)
        self._view = None

    def remove(self, addresses: Collection[str]) -> None:
        """Takes these addresses, which are in lower case, out at once, repeats included and whatever their case."""
        self.entries = [entry for entry in self.entries if entry.email.lower() not in addresses]
        if not self.entries:
            self.variables = None
        self._view = None

    def hurry(self, now: float) -> None:
        """Lets everything that is to show later show now."""
        self.uploads = [replace(upload, ends_at=min(upload.ends_at, now)) for upload in self.uploads]
        self.entries = [
            entry._replace(
                counted_at=min(entry.counted_at, now),
                listed_at=min(entry.listed_at, now) if entry.listed_at < inf else inf,
                invalid_at=min(entry.invalid_at, now) if entry.invalid_at < inf else inf,
            )
            for entry in self.entries
        ]
        self._view = None

    def under_way(self, now: float) -> list[Upload]:
        return [upload for upload in self.uploads if now < upload.ends_at]

    def status(self, now: float) -> int:
        if any(upload.busy_at <= now for upload in self.under_way(now)):
            return UPLOADING
        return UPLOADED if any(upload.size and upload.ends_at <= now for upload in self.uploads) else TO_BE_UPLOADED

    def view(self, now: float, behaviour: Behaviour) -> View:
        """Kept while it holds, because reading a full group takes 500 looks."""
        view = self._view
        if view is None or view.behaviour is not behaviour or now >= view.until:
            view = self._view = View.at(now, self.entries, behaviour)
        return view


def in_order(rows: Iterable[Row], order: Order, seed: int, number: Callable[[Row], int]) -> list[Row]:
    """Rows that come in the order of their numbers, in the order in which a service may keep them."""
    if order == "newest_first":
        return sorted(rows, key=number, reverse=True)
    if order == "shuffled":
        return sorted(rows, key=lambda row: crc32(b"%d %d" % (seed, number(row))))
    return list(rows)
