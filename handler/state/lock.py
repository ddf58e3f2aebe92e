"""One importer at a time for each group.

COS offers create-if-absent and nothing stronger, so a lock is a row of generations, one object each:
`locks/<receiver id>/<generation>`, or with the name of a group that is not there yet in place of its id. Whoever
creates the next generation has the lock until it releases it (by rewriting its own object) or until it expires: it says
for how many seconds it holds, which is what the invocation has left before the platform kills it. Nobody creates a
generation before having seen the one before released or expired.

Expiry goes by one clock, the store's: the object's `Last-Modified` against the `Date` of the answer that shows it. The
clocks of the machines that the function runs on may be minutes apart.

Nothing relies on listings being fresh. A stale one shows an older generation, and creating the next one fails.
The highest generation is never deleted, and lower ones only when they are a day old, so that no listing can be stale
enough to have an old generation created anew.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from handler import log
from handler.errors import OperatorProblem, TryLater
from handler.state.store import Bucket, Fetched
from handler.state.stored import from_json, to_json
from handler.timing import Deadline

GRACE: Final = timedelta(seconds=10)
"""Past the end of an invocation's time: for the platform to kill it, and for a request of its last moment to arrive."""
LONGEST_SECONDS: Final = 900.0
"""No invocation has more. Locks of former versions do not say for how long they hold."""
KEPT: Final = timedelta(days=1)
CLEAN_UP_EVERY: Final = 50
"""Generations: the listing stays within one page."""
CHECKED_FOR: Final = timedelta(days=1)
"""How long a bucket counts as one without versioning. Where that is changed meanwhile, the next lock shows it."""
LOOK_SECONDS: Final = 2.0
"""Between two looks at a lock that somebody holds."""


class Held(TryLater):
    """Another import has the group."""

    def __init__(self, name: str) -> None:
        super().__init__("another import into the same group is under way")
        self.name = name
        """Of the lock."""


@dataclass(frozen=True, slots=True)
class Lock:
    """One generation, as it is stored."""

    owner: str
    """The request id of the invocation that has it, or had it."""
    token: str = field(repr=False)
    released: bool
    seconds: float = LONGEST_SECONDS
    """How long it holds, from when it was written."""
    checked_until: datetime | None = None
    """Until when the bucket counts as one without versioning."""


@dataclass(frozen=True, slots=True)
class View:
    """A lock as it was when it was looked at."""

    name: str
    """Of the lock."""
    generation: int
    """The highest one; 0 where there was none."""
    held_by: str | None
    """The request id of the invocation that has it; `None` where it is free."""
    checked_until: datetime | None = None
    old_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lease:
    """A lock that is ours until it is released, or until the invocation's time is up."""

    key: str
    lock: Lock


@dataclass(slots=True)
class GroupLocks:
    """The locks of all groups, as one invocation sees them."""

    bucket: Bucket
    prefix: str
    """Such as `state/locks/`."""
    owner: str
    """The invocation's request id."""
    invocation: Deadline
    """When the platform kills the invocation."""
    deadline: Deadline
    patience: float = 0.0
    """Seconds to wait for a group that another import holds, but never into the last `reserve` seconds."""
    reserve: float = 0.0
    had: set[str] = field(default_factory=set)
    """The names of the locks that others may wait for: those that were held, and those of imports that were done."""
    new_token: Callable[[], str] = secrets.token_hex
    """Tells each taking of a lock from all others: a release that comes late must never end another lease."""
    _holding: set[str] = field(default_factory=set, repr=False)

    @contextmanager
    def held(self, names: Iterable[str]) -> Iterator[ExitStack]:
        """Holds the locks of some groups, taken in this order. Raises `Held` where another import keeps one for too
        long. What gives them back takes further ones."""
        with ExitStack() as stack:
            for name in names:
                stack.enter_context(self.one(name))
            yield stack

    @contextmanager
    def one(self, name: str) -> Iterator[None]:
        """Holds one lock; one that is held already stays so."""
        if name in self._holding:
            yield
            return
        lease = self._wait(name)
        self.had.add(name)
        self._holding.add(name)
        try:
            yield
        finally:
            self._holding.discard(name)
            with log.forgiving("lock_not_released"):  # it expires; what was done under it is done all the same
                self.release(lease)

    def _wait(self, name: str) -> Lease:
        clock = self.deadline.clock
        until = clock.monotonic() + self.patience
        while True:
            view = self.look(name)
            if view.held_by is None and (lease := self.take(view)):
                return lease
            log.info("waiting_for_lock", held_by=view.held_by)
            if clock.monotonic() + LOOK_SECONDS > until:
                raise Held(name)
            self.deadline.wait(LOOK_SECONDS, "wait for another import into the same group", self.reserve)

    def look(self, name: str) -> View:
        """Who has the lock."""
        entries = self.bucket.list(f"{self.prefix}{name}/")
        generations = (entry for entry in entries if entry.key.rpartition("/")[2].isdecimal())
        listed = sorted(generations, key=lambda entry: entry.key)
        if not listed:
            return View(name, 0, None)
        *lower, highest = listed
        view = View(name, int(highest.key.rpartition("/")[2]), held_by="unknown")
        found = self.bucket.fetch(highest.key)
        if found is None:
            return view  # listed and not there: the next look shows more
        lock, now = self._read(highest.key, found), found.read_at
        expired = found.last_modified + timedelta(seconds=lock.seconds) + GRACE < now
        return replace(
            view,
            held_by=None if lock.released or expired else lock.owner,
            checked_until=lock.checked_until if lock.checked_until and now < lock.checked_until else None,
            old_keys=tuple(entry.key for entry in lower if entry.last_modified < now - KEPT),
        )

    def _read(self, key: str, found: Fetched) -> Lock:
        try:
            return from_json(Lock, found.body)
        except ValueError:
            raise OperatorProblem(
                f"{key} in the bucket {self.bucket.name} cannot be read. It is the lock of one group, and only files "
                "for this group wait for it: remove it when no invocation of this function is under way."
            ) from None

    def take(self, view: View) -> Lease | None:
        """Takes a lock that was free when it was looked at; `None` when somebody was quicker.

        Raises `OperatorProblem` where the bucket has versioning, and create-if-absent therefore overwrites.
        """
        checked_until = view.checked_until or self._check_create_if_absent()
        self._clean_up(view)  # first: what goes wrong with it must not leave a lock behind that nobody knows of
        key = f"{self.prefix}{view.name}/{view.generation + 1:010d}"
        seconds = self.invocation.remaining()
        lease = Lease(key, Lock(self.owner, self.new_token(), False, seconds, checked_until))
        body = to_json(lease.lock)
        if self.bucket.create(key, body):
            return lease
        found = self.bucket.fetch(key)  # the answer to our own create may have been lost: the token tells
        return lease if found and found.body == body else None

    def release(self, lease: Lease) -> None:
        """Gives the lock back."""
        self.bucket.write(lease.key, to_json(replace(lease.lock, released=True)))

    def _clean_up(self, view: View) -> None:
        if len(view.old_keys) >= CLEAN_UP_EVERY:
            for key in view.old_keys:
                self.bucket.delete(key)

    def _check_create_if_absent(self) -> datetime:
        if self.bucket.is_versioned():
            raise versioned(self.bucket.name)
        return self.deadline.clock.now() + CHECKED_FOR


def lock_of(receiver_id: int) -> str:
    """The name of a group's lock."""
    return str(receiver_id)


def lock_of_name(name: str) -> str:
    """The same for a group that may not be there yet: names may have any character, and be long."""
    return f"name-{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()[:20]}"


def versioned(bucket: str) -> OperatorProblem:
    """The bucket has versioning, so a create-only write overwrites what is there."""
    return OperatorProblem(
        f"The bucket {bucket} has versioning, so COS cannot refuse a second creation of the same object, and two "
        "imports could run at once: name a bucket without versioning in STATE_BUCKET."
    )
