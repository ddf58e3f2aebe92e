"""What is still to come: acts that are done once their moment is there, on the clock that is passed in.

Nothing runs by itself: whoever looks, or is asked for something, catches up first. An act sees the time at which it was
due, not the time at which somebody looked.
"""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from handler.timing import Clock

Act = Callable[[], object]


class Timeline:
    """A clock on which things can be put off. Implements `handler.timing.Clock`."""

    def __init__(self, clock: Clock) -> None:
        self.lock = threading.RLock()
        """Held while an act is done."""
        self._clock = clock
        self._due: list[tuple[float, int, Act]] = []
        self._numbers = itertools.count()
        self._thread = threading.local()

    def now(self) -> datetime:
        moment = self._moment
        now = self._clock.now()
        return now if moment is None else now - timedelta(seconds=self._clock.monotonic() - moment)

    def monotonic(self) -> float:
        moment = self._moment
        return self._clock.monotonic() if moment is None else moment

    def sleep(self, seconds: float) -> None:
        self._clock.sleep(seconds)

    def after(self, seconds: float, act: Act) -> None:
        """Has it done so many seconds from now; at once where that is none. It must not call over the wire."""
        with self.lock:
            if seconds <= 0:
                act()
            else:
                heapq.heappush(self._due, (self.monotonic() + seconds, next(self._numbers), act))

    def catch_up(self) -> None:
        """Does what is due by now, in order."""
        with self.lock:
            while self._moment is None and self._due and self._due[0][0] <= self._clock.monotonic():
                self._do_next()

    def finish(self) -> None:
        """Does everything that is still to come, whatever the clock says."""
        with self.lock:
            while self._moment is None and self._due:
                self._do_next()

    @property
    def _moment(self) -> float | None:
        """When the act that this thread is doing was due; None outside of one."""
        return getattr(self._thread, "moment", None)

    def _do_next(self) -> None:
        self._thread.moment, _, act = heapq.heappop(self._due)
        try:
            act()
        finally:
            self._thread.moment = None
