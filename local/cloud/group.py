"""One recipient group: what was accepted into it, and how much of that it lets on by now. Knows no clock."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple
from zlib import crc32

from local.cloud.behaviour import Order

TO_BE_UPLOADED: Final = 1
UPLOADING: Final = 2
UPLOADED: Final = 3


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


@dataclass(eq=False, slots=True)
class Upload:
    """Members that are accepted and on their way."""

    size: int
    by_hand: bool
    """Somebody uploads at the console, and nobody else gets in."""
    busy: bool = False
    """Whether the status says so by now."""


@dataclass(slots=True)
class Group:
    receiver_id: int
    name: str
    description: str
    created: datetime
    variables: frozenset[str] | None = None
    """The template variables that every member has; None while there is no member."""
    entries: dict[int, Entry] = field(default_factory=dict)
    """Everything accepted and not removed, by its EmailId, in the order of arrival."""
    known: set[str] = field(default_factory=set)
    """The keys by which repeats of those are told."""
    uncounted: set[int] = field(default_factory=set)
    """Those that `Count` does not include yet."""
    unlisted: set[int] = field(default_factory=set)
    """Those that ListReceiverDetails does not show yet, or never will."""
    reasons: dict[int, str] = field(default_factory=dict)
    """Why the service holds a member to be invalid; only those by now."""
    uploads: list[Upload] = field(default_factory=list)
    uploaded: bool = False
    """Whether an upload has ever come to its end."""
    _orders: dict[tuple[Order, int], list[int]] = field(default_factory=dict)

    @property
    def status(self) -> int:
        if any(upload.busy for upload in self.uploads):
            return UPLOADING
        return UPLOADED if self.uploaded else TO_BE_UPLOADED

    def count(self, *, with_invalid: bool) -> int:
        return len(self.entries) - len(self.uncounted) - (0 if with_invalid else self.invalid_count)

    @property
    def invalid_count(self) -> int:
        return len(self.reasons.keys() - self.uncounted)

    def listed(self, order: Order = "arrival", seed: int = 0) -> list[int]:
        """The EmailIds that are listed, in an order that holds still; not to be changed."""
        if (order, seed) not in self._orders:
            there = (email_id for email_id in self.entries if email_id not in self.unlisted)
            self._orders[order, seed] = in_order(there, order, seed)
        return self._orders[order, seed]

    # What happens to it, at the time at which it does

    def accept(self, upload: Upload, entries: Collection[Entry], keys: Iterable[str]) -> None:
        """Takes them in; nothing of it shows yet."""
        self.known.update(keys)
        ids = [entry.email_id for entry in entries]
        self.entries.update(zip(ids, entries, strict=True))
        self.uncounted.update(ids)
        self.unlisted.update(ids)
        self.uploads.append(upload)

    def begin(self, upload: Upload) -> None:
        upload.busy = True

    def count_in(self, ids: Iterable[int]) -> None:
        self.uncounted.difference_update(ids)

    def show(self, ids: Iterable[int]) -> None:
        self.unlisted.difference_update(ids)
        self._orders.clear()

    def invalidate(self, ids: Iterable[int], reason: str) -> None:
        self.reasons.update((email_id, reason) for email_id in ids if email_id in self.entries)

    def end(self, upload: Upload) -> None:
        self.uploads.remove(upload)
        self.uploaded = self.uploaded or upload.size > 0

    def remove(self, addresses: Collection[str]) -> None:
        """Takes these addresses out at once, repeats included and whatever their case."""
        gone = [email_id for email_id, entry in self.entries.items() if entry.email.lower() in addresses]
        for email_id in gone:
            del self.entries[email_id]
            self.reasons.pop(email_id, None)
        self.uncounted.difference_update(gone)
        self.unlisted.difference_update(gone)
        self._orders.clear()


def in_order(ids: Iterable[int], order: Order, seed: int) -> list[int]:
    """In the order in which a service may keep rows; `reshuffled` begins as `arrival`."""
    if order == "newest_first":
        return sorted(ids, reverse=True)
    if order == "shuffled":
        return sorted(ids, key=lambda number: crc32(b"%d %d" % (seed, number)))
    return list(ids)


def spread(ids: Collection[int], seconds: float, *, gradually: bool) -> Iterator[tuple[float, list[int]]]:
    """When which of them show: all at the end, or in up to twenty steps until then."""
    numbers = list(ids)
    steps = min(len(numbers), 20) if gradually and seconds > 0 else 1
    for step in range(steps):
        part = numbers[len(numbers) * step // steps : len(numbers) * (step + 1) // steps]
        yield seconds * (step + 1) / steps, part
