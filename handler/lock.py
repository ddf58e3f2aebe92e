"""One importer at a time for each group.

COS offers create-if-absent and nothing stronger, so a lock is a row of generations, one object each:
`locks/<receiver id>/<generation>`. Whoever creates the next generation has the lock until it releases it (by rewriting
its own object) or until it expires: its expiry is the end of the invocation's own time, past which the platform has
killed it. Nobody creates a generation before having seen the one before released or expired.

Nothing relies on listings being fresh. A stale one shows an older generation, and creating the next one fails.
The highest generation is never deleted, and lower ones only when they are a day old, so that no listing can be stale
enough to have an old generation created anew.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

from handler.clock import Clock
from handler.errors import OperatorProblem

GRACE: Final = timedelta(seconds=5)
"""Past the end of an invocation's time: for clocks that differ, and for the platform to kill it."""
KEPT: Final = timedelta(days=1)
CLEAN_UP_EVERY: Final = 50
"""Generations: the listing stays within one page."""


class ListedLock(Protocol):
    """A lock's object in a listing."""

    @property
    def key(self) -> str: ...

    @property
    def last_modified(self) -> datetime: ...


class LockObjects(Protocol):
    """What locking needs of the store."""

    @property
    def name(self) -> str: ...

    def list(self, prefix: str) -> Iterator[ListedLock]: ...

    def read(self, key: str) -> bytes | None: ...

    def create(self, key: str, body: bytes) -> bool: ...

    def write(self, key: str, body: bytes) -> None: ...

    def delete(self, key: str) -> None: ...

    def is_versioned(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class View:
    """A lock as it was when it was looked at."""

    receiver_id: int
    generation: int
    """The highest one; 0 where there was none."""
    held_by: str | None
    """The request id of the invocation that has it; `None` where it is free."""
    old_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lease:
    """A lock that is ours until it is released, or until the invocation's time is up."""

    key: str
    token: str = field(repr=False)


@dataclass(slots=True)
class GroupLocks:
    """The locks of all groups, as one invocation sees them."""

    objects: LockObjects
    prefix: str
    """Such as `state/locks/`."""
    owner: str
    """The invocation's request id."""
    expires_at: datetime
    """The end of the invocation's time."""
    clock: Clock
    new_token: Callable[[], str] = secrets.token_hex
    """Tells each taking of a lock from all others: a release that comes late must never end another lease."""
    _trusted: bool = False

    def look(self, receiver_id: int) -> View:
        """Who has the lock. Whatever is read between a look and a `take` of that look still holds when `take` succeeds,
        as nobody can have had the lock in between."""
        listed = sorted(self.objects.list(f"{self.prefix}{receiver_id}/"), key=lambda entry: entry.key)
        if not listed:
            return View(receiver_id, 0, None)
        *lower, highest = listed
        body, now = self.objects.read(highest.key), self.clock.now()
        return View(
            receiver_id,
            generation=int(highest.key.rpartition("/")[2]),
            held_by=_holder(body, now),
            old_keys=tuple(entry.key for entry in lower if entry.last_modified < now - KEPT),
        )

    def take(self, view: View) -> Lease | None:
        """Takes a lock that was free when it was looked at; `None` when somebody was quicker.

        Raises `OperatorProblem` where the bucket has versioning, and create-if-absent therefore overwrites.
        """
        self._require_create_if_absent()
        self._clean_up(view)  # first: what goes wrong with it must not leave a lock behind that nobody knows of
        lease = Lease(f"{self.prefix}{view.receiver_id}/{view.generation + 1:010d}", self.new_token())
        body = self._body(lease, released=False)
        if self.objects.create(lease.key, body) or self.objects.read(lease.key) == body:
            return lease  # had the answer to our own create been lost, we would have read our own token
        return None

    def release(self, lease: Lease) -> None:
        """Gives the lock back."""
        self.objects.write(lease.key, self._body(lease, released=True))

    def _clean_up(self, view: View) -> None:
        if len(view.old_keys) >= CLEAN_UP_EVERY:
            for key in view.old_keys:
                self.objects.delete(key)

    def _body(self, lease: Lease, *, released: bool) -> bytes:
        expires_at = (self.expires_at + GRACE).isoformat()
        lock = {"token": lease.token, "owner": self.owner, "expires_at": expires_at, "released": released}
        return json.dumps(lock).encode()

    def _require_create_if_absent(self) -> None:
        if not self._trusted and self.objects.is_versioned():
            raise OperatorProblem(
                f"The bucket {self.objects.name} has versioning, so COS cannot refuse a second creation of the same "
                "object, and two imports could run at once: name a bucket without versioning in STATE_BUCKET."
            )
        self._trusted = True


def _holder(body: bytes | None, now: datetime) -> str | None:
    """Who has a lock; `None` where it is free."""
    if body is None:
        return "unknown"  # listed and not there: wait for the next look
    lock = json.loads(body)
    expired = datetime.fromisoformat(lock["expires_at"]) < now
    return None if lock["released"] or expired else str(lock["owner"])
