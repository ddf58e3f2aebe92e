"""Delivers events to the function as SCF does: asynchronously, at least once, and not for ever.

Facts: an invocation that raises or runs into its time limit is retried twice, a minute apart, and then dropped; an
instance takes one event at a time and is used again; many run side by side.
Source: https://www.tencentcloud.com/document/product/583/9694 (retry policy of asynchronous invocations).
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Final, Literal

from local.platform.clock import ScaledClock
from local.platform.events import Event, timer
from local.platform.gate import Arrival, Doom
from local.platform.instance import Function, Instance

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

RETRIES: Final = 2
RETRY_SECONDS: Final = 60.0
LOOK_SECONDS: Final = 0.05
"""Real ones, between two looks around while nothing is due."""

Fate = Literal["returned", "raised", "operator", "killed", "timed_out"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event on its way."""

    event: Event = field(repr=False)
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call of the function that is over."""

    invocation: int
    delivery: Delivery
    fate: Fate
    message: str
    """Of the exception, where one was raised."""
    seconds: float
    """On the platform's clock."""

    @property
    def dropped(self) -> bool:
        """Whether the platform gave the event up for it."""
        return self.fate != "returned" and self.delivery.attempt > RETRIES


@dataclass(order=True, slots=True)
class _Due:
    at: float
    number: int
    act: Callable[[], None] = field(compare=False)


@dataclass(slots=True)
class _Job:
    invocation: int
    delivery: Delivery
    fate: Fate = "killed"
    """If nothing is heard of it any more."""


class Platform:
    """The function's platform, for as long as a `with` lasts."""

    def __init__(
        self,
        app: WSGIApplication,
        function: Function,
        clock: ScaledClock,
        fate: Callable[[], Doom | None] = lambda: None,
    ) -> None:
        """`app` is the cloud. `fate` is asked at every call of the function whether, and when, it is to be killed."""
        self.attempts: list[Attempt] = []
        self._app = app
        self._function = function
        self._clock = clock
        self._fate = fate
        self._agenda: list[_Due] = []
        self._waiting: list[Delivery] = []
        self._jobs: dict[Instance, _Job] = {}
        self._instances: list[Instance] = []
        self._numbers = itertools.count(1)
        self._timer: tuple[float, float] | None = None

    def __enter__(self) -> Platform:
        for number in range(self._function.instances):
            self._instances.append(Instance(number, self._function, self._clock, self._app))
        return self

    def __exit__(self, *_: object) -> None:
        for instance in self._instances:
            instance.close()

    @property
    def arrivals(self) -> list[Arrival]:
        """Every call of every instance to the cloud, instance by instance in order."""
        return [arrival for instance in self._instances for arrival in instance.arrivals]

    def at(self, seconds: float, act: Callable[[], None]) -> None:
        """Has something done so many seconds from now."""
        heapq.heappush(self._agenda, _Due(self._clock.monotonic() + seconds, next(self._numbers), act))

    def send(self, event: Event, after: float = 0.0) -> None:
        """Delivers an event, after so many seconds."""
        self.at(after, lambda: self._waiting.append(Delivery(event)))

    def start_timer(self, seconds: float) -> None:
        """Ticks so often from now on, without regard to whether the last tick's sweep is done."""
        self._timer = (seconds, self._clock.monotonic() + seconds)

    def stop_timer(self) -> None:
        self._timer = None

    def run_until_quiet(self) -> None:
        """Returns once nothing is on the agenda, no event waits and no instance works. The timer does not count."""
        while self._agenda or self._waiting or self._jobs:
            self._tick()
            self._do_what_is_due()
            self._call_instances()
            self._listen()
            self._kill_overdue()

    # Inside

    def _tick(self) -> None:
        if self._timer is None:
            return
        seconds, due = self._timer
        if self._clock.monotonic() >= due:
            self._timer = (seconds, due + seconds)
            self.send(timer(self._clock.now()))

    def _do_what_is_due(self) -> None:
        now = self._clock.monotonic()
        while self._agenda and self._agenda[0].at <= now:
            heapq.heappop(self._agenda).act()

    def _call_instances(self) -> None:
        for instance in self._instances:
            if not self._waiting:
                return
            if instance.ready and instance not in self._jobs:
                job = _Job(next(self._numbers), self._waiting.pop(0))
                self._jobs[instance] = job
                instance.call(job.invocation, job.delivery.event, self._fate())

    def _listen(self) -> None:
        """Waits until something is due or an instance has something to say."""
        speakers = [instance for instance in self._instances if instance in self._jobs or not instance.ready]
        by_connection = {instance.connection: instance for instance in speakers}
        for connection in wait(list(by_connection), self._patience()):
            instance = by_connection[connection]  # type: ignore[index]  # wait() gives back what it was given
            if instance.ready:
                self._conclude(instance)
            else:
                instance.greet()

    def _patience(self) -> float:
        """Real seconds until the next thing to do."""
        moments = [instance.since + self._function.time_limit for instance in self._jobs if instance.since is not None]
        moments += [due.at for due in self._agenda[:1]] + ([self._timer[1]] if self._timer else [])
        left = min(moments, default=0.0) - self._clock.monotonic()
        return max(0.0, left / self._clock.scale) if moments else LOOK_SECONDS

    def _conclude(self, instance: Instance) -> None:
        job = self._jobs.pop(instance)
        seconds = self._clock.monotonic() - (instance.since or 0.0)
        ending = instance.ending()
        if ending is None:
            instance.replace()
        fate, message = ending or (job.fate, "")
        attempt = Attempt(job.invocation, job.delivery, fate, message, seconds)
        self.attempts.append(attempt)
        if fate != "returned" and not attempt.dropped:
            again = Delivery(job.delivery.event, job.delivery.attempt + 1)
            self.at(RETRY_SECONDS, lambda: self._waiting.append(again))

    def _kill_overdue(self) -> None:
        now = self._clock.monotonic()
        for instance, job in self._jobs.items():
            if instance.since is not None and now - instance.since >= self._function.time_limit:
                job.fate = "timed_out"
                instance.kill()
