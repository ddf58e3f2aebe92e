"""Time that runs faster than it does, so that a minute's pause before a retry costs a few seconds."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone


@dataclass(frozen=True, slots=True)
class ScaledClock:
    """A `handler.clock.Clock` that runs `scale` times as fast. A copy in another process shows the same time."""

    scale: float = 1.0
    began: datetime = field(default_factory=lambda: datetime.now(timezone.utc))
    epoch: float = field(default_factory=time.monotonic)
    """When it began, on the machine's own monotonic clock, which is one for all its processes."""

    def now(self) -> datetime:
        return self.began + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return (time.monotonic() - self.epoch) * self.scale

    def sleep(self, seconds: float) -> None:
        time.sleep(max(seconds, 0.0) / self.scale)
