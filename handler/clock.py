"""Time, passed in: whoever waits or stamps asks for a `Clock`, so that a test needs no patience."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import Protocol


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
