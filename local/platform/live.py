"""The platform in real time, for somebody who works with it by hand: calls in threads of this process, the timer.

The facts are those of platform.py, but for the instances: none is killed here, and none is a process of its own.
"""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from queue import Empty, SimpleQueue
from typing import Any, Final

from handler.app import Invocation
from handler.errors import ImportProblem
from handler.timing import SystemClock
from local.platform.events import Event, timer
from local.platform.platform import RETRIES, RETRY_SECONDS

INSTANCES: Final = 4
TIMER_SECONDS: Final = 300
"""As `serverless.yml` has it: at every fifth minute of the hour."""
TIME_LIMIT: Final = 900.0
"""Seconds."""


class Stopped(BaseException):
    """The platform is closed: whoever still waits for something need not."""


class StoppableClock(SystemClock):
    """The real time, in which nobody sleeps any more once it is stopped."""

    def __init__(self) -> None:
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Wakes everybody up, with `Stopped`."""
        self._stopped.set()

    def sleep(self, seconds: float) -> None:
        if self._stopped.wait(max(seconds, 0.0)):
            raise Stopped


@dataclass(frozen=True, slots=True)
class Called:
    """A call of the function that is over."""

    number: int
    event: Event = field(repr=False)
    attempt: int
    seconds: float
    result: Mapping[str, Any]
    """What the function returned; nothing where it raised."""
    failure: str
    """Why it raised; empty where it returned."""

    @property
    def is_retried(self) -> bool:
        return bool(self.failure) and self.attempt <= RETRIES


class LivePlatform:
    """Calls the function for every event, as long as somebody steps on; `close` ends what is under way."""

    def __init__(self, clock: StoppableClock) -> None:
        self.environ: Mapping[str, str] = {}
        """The function's variables."""
        self._clock = clock
        self._inbox: SimpleQueue[Event | Called] = SimpleQueue()
        self._agenda: list[tuple[float, int, Event, int]] = []
        self._running = 0
        self._numbers = itertools.count(1)
        self._next_sweep = _next_tick(clock.now())
        self._pool = ThreadPoolExecutor(INSTANCES, "instance")

    def send(self, event: Event) -> None:
        """Has the function called for an event. From any thread."""
        self._inbox.put(event)

    @property
    def is_busy(self) -> bool:
        """Whether a call is under way, or about to begin."""
        return bool(self._running) or not self._inbox.empty()

    @property
    def is_idle(self) -> bool:
        """Whether nothing runs and nothing is to be tried again."""
        return not self.is_busy and not self._agenda

    def step(self, seconds: float) -> Called | None:
        """Calls what is due; then a call that has ended, or `None` where none has within so many real seconds."""
        self._call_due()
        try:
            found = self._inbox.get(timeout=seconds)
        except Empty:
            return None
        if not isinstance(found, Called):
            self._start(found, attempt=1)
            return None
        self._running -= 1
        if found.is_retried:
            at = self._clock.monotonic() + RETRY_SECONDS
            heapq.heappush(self._agenda, (at, next(self._numbers), found.event, found.attempt + 1))
        return found

    def close(self) -> None:
        """Returns once no call is under way any more."""
        self._clock.stop()
        self._pool.shutdown(cancel_futures=True)

    def _call_due(self) -> None:
        while self._agenda and self._agenda[0][0] <= self._clock.monotonic():
            _, _, event, attempt = heapq.heappop(self._agenda)
            self._start(event, attempt)
        if (now := self._clock.now()) >= self._next_sweep:
            self._start(timer(self._next_sweep), attempt=1)
            self._next_sweep = _next_tick(now)

    def _start(self, event: Event, attempt: int) -> None:
        self._running += 1
        self._pool.submit(self._call, next(self._numbers), event, attempt)

    def _call(self, number: int, event: Event, attempt: int) -> None:
        began = self._clock.monotonic()
        context = {"time_limit_in_ms": TIME_LIMIT * 1000, "request_id": f"call-{number}"}
        result, failure = {}, ""
        try:
            result = Invocation(self.environ, context, self._clock).handle(event)
        except ImportProblem as problem:
            failure = problem.message
        except Exception as problem:  # noqa: BLE001 - the platform takes any exception for a failure
            failure = type(problem).__name__
        self._inbox.put(Called(number, event, attempt, self._clock.monotonic() - began, result, failure))


def _next_tick(now: datetime) -> datetime:
    seconds = (now.timestamp() // TIMER_SECONDS + 1) * TIMER_SECONDS
    return datetime.fromtimestamp(0, timezone.utc) + timedelta(seconds=seconds)
