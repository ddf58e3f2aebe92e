"""Time, passed in: whoever waits or stamps asks for a `Clock`, so that a test needs no patience."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Final, Protocol, TypeVar

from handler.errors import ImportProblem, Throttled, TryLater

SIDE_BY_SIDE: Final = 4
"""Pieces of work at once."""


class Clock(Protocol):
    """What the import needs of time."""

    def now(self) -> datetime:
        """The date and time, in UTC."""

    def monotonic(self) -> float:
        """Seconds from some fixed point; never goes back."""

    def sleep(self, seconds: float) -> None:
        """Returns once so many seconds have passed."""


class SystemClock:
    """The real one."""

    def now(self) -> datetime:
        return datetime.now(timezone.utc)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Deadline:
    """The moment by which an invocation must be done."""

    clock: Clock
    at: float
    """On `clock.monotonic()`."""

    @classmethod
    def after(cls, seconds: float, clock: Clock) -> Deadline:
        return cls(clock, clock.monotonic() + seconds)

    def remaining(self) -> float:
        """Seconds left; negative once it has passed."""
        return self.at - self.clock.monotonic()

    def require(self, seconds: float, what: str) -> None:
        """Raises `TryLater` unless so many seconds are left for `what`."""
        if self.remaining() < seconds:
            raise TryLater(f"not enough time left to {what}: it goes on at the next invocation")

    def wait(self, seconds: float, what: str, reserve: float = 0.0) -> None:
        """Sleeps, unless that would leave less than `reserve` seconds: then raises `TryLater`."""
        self.require(seconds + reserve, what)
        self.clock.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Pauses:
    """Growing, jittered pauses between tries, with two limits: the number of tries and the deadline.

    The jitter keeps many instances that failed together from coming back together ("full jitter",
    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/), but never below half of the pause.
    """

    first: float = 0.2
    """Seconds."""
    longest: float = 10.0
    tries: int = 6

    def before(self, attempt: int) -> float:
        """The pause before this attempt, the first one being 1 and having none."""
        if attempt == 1:
            return 0.0
        pause = min(self.first * 2.0 ** (attempt - 2), self.longest)
        return pause * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing

    def retry(
        self,
        call: Callable[[], T],
        on: tuple[type[ImportProblem], ...],
        deadline: Deadline,
        what: str,
        reserve: float = 0.0,
    ) -> T:
        """Calls until there is an answer. Only for calls that may be repeated; raises the last problem, or `TryLater`
        where a pause would leave less than `reserve` seconds. What the account's rate refuses is called again as long
        as there is time."""
        attempt = 1
        while True:
            try:
                return call()
            except on as problem:
                attempt += 1
                if attempt > self.tries and not isinstance(problem, Throttled):
                    raise
                deadline.wait(self.before(attempt), what, reserve)


SLOWEST: Final = 0.25
"""Calls a second, however often they are refused."""
FASTER: Final = 0.125
"""What every call that is not refused adds to the calls of a second."""
ONE_REFUSAL: Final = 0.5
"""Seconds in which refusals count as one: calls under way were made at the pace before."""


class RateLimit:
    """Spaces the calls of all threads, so that no window of a second ever sees more than `per_second + at_once`.

    Evenly, but for the first few after a pause: where the service's second begins is not known.

    The rate belongs to the account, and other invocations use it too: when a call is refused for it the pace is halved,
    and each call that is not makes it a little faster. So all of them come to the same share (additive increase,
    multiplicative decrease: Chiu and Jain, 1989).
    """

    def __init__(self, per_second: float, clock: Clock, at_once: int = 1) -> None:
        self._most = self._pace = per_second
        self._ahead = (at_once - 1) / per_second
        """How much earlier than evenly a call may come. This is the generic cell rate algorithm (ITU-T I.371)."""
        self._clock = clock
        self._next = clock.monotonic()
        self._slowed_at = float("-inf")
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Returns when the next call may be made."""
        with self._lock:
            now = self._clock.monotonic()
            ahead = self._ahead if self._pace == self._most else 0.0
            turn = max(now, self._next - ahead)
            self._next = max(now, self._next) + 1.0 / self._pace
        if turn > now:
            self._clock.sleep(turn - now)

    def answered(self, *, refused: bool) -> None:
        """What a call came to: whether it was refused for the rate."""
        with self._lock:
            now = self._clock.monotonic()
            if not refused:
                self._pace = min(self._most, self._pace + FASTER)
            elif now - self._slowed_at >= ONE_REFUSAL:
                self._pace, self._slowed_at = max(SLOWEST, self._pace / 2), now
                self._next = max(self._next, now + random.uniform(0.5, 1.0) / self._pace)  # noqa: S311 - spreads load


def side_by_side(works: Sequence[Callable[[], T]]) -> list[T]:
    """Does them at the same time, as each of them mostly waits for a request; what they return. Raises what the first
    of them has raised, once all have come to their end."""
    if not works[1:]:
        return [work() for work in works]
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        futures = [pool.submit(copy_context().run, work) for work in works]
    return [future.result() for future in futures]
