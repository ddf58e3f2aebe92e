"""An account of COS and SES with the function on its platform, on a clock that passes only when everybody waits.

A request takes 30 ms and an upload to SES a second, which is what users wait for; computing takes no time. Each
invocation has an instance of its own. One that raises is called again after a minute, twice; the timer's sweep comes
every five minutes.
"""

from __future__ import annotations

import io
import itertools
import json
import os
import random
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from typing import Any, Final
from unittest import mock

from handler.app import Invocation
from handler.errors import ImportProblem
from handler.reporting.report import FINAL
from handler.state.store import Listed
from local import sandbox
from local.cloud import Behaviour, Call, Cloud
from local.platform.events import Event, created, merged, timer
from local.platform.platform import RETRIES, RETRY_SECONDS
from local.platform.simulation import Simulation

REQUEST_SECONDS: Final = 0.03
UPLOAD_SECONDS: Final = 1.0
SWEEP_SECONDS: Final = 300.0
"""As in serverless.yml."""
TIME_LIMIT: Final = 900.0
LONGEST_RUN: Final = 48 * 3_600.0
"""Nobody waits longer for what is not reported by then."""
FIRST_GROUP: Final = 1_001


@dataclass(slots=True)
class Figures:
    """What happened since they were last put back."""

    requests: Counter[str] = field(default_factory=Counter)
    """By service: `ses`, `cos`."""
    peaks: dict[str, int] = field(default_factory=dict)
    """The most calls of each SES API in any second, refused ones included."""
    throttled: Counter[str] = field(default_factory=Counter)
    """Those among them that SES refused for their rate."""
    invocations: int = 0
    raised: int = 0
    """Invocations that are to be called again."""
    billed: float = 0.0
    """Seconds, the sum over all invocations."""
    _recent: dict[str, deque[float]] = field(default_factory=dict)

    def count(self, call: Call) -> None:
        self.requests[call.service] += 1
        if call.service == "ses":
            recent, at = self._recent.setdefault(call.action, deque()), call.at.timestamp()
            recent.append(at)
            while recent[0] <= at - 1:
                recent.popleft()
            self.peaks[call.action] = max(self.peaks.get(call.action, 0), len(recent))
            self.throttled[call.action] += call.code == "RequestLimitExceeded"


@contextmanager
def _on_one_core() -> Iterator[None]:
    """Threads that take turns cost three times as much where each turn is on another core."""
    if sys.platform != "linux":
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {sorted(before)[os.getpid() % len(before)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class Account:
    """One account. Everything is set up first; then it runs until everybody is done."""

    def __init__(self, clock: Simulation, cloud: Cloud, endpoint: str) -> None:
        self.clock = clock
        self.cloud = cloud
        self.figures = Figures()
        self.waits: dict[str, float] = {}
        """Seconds from each drop to the report that stays, by key."""
        self.first_waits: dict[str, float] = {}
        """And to the first one, which may say that the upload goes on."""
        self.environment = {**sandbox.access(cloud, endpoint), "BUCKET": sandbox.BUCKET, "LOG_LEVEL": "ERROR"}
        self._dropped: dict[str, float] = {}
        self._numbers = itertools.count(1)
        self._busy = 0

    @classmethod
    @contextmanager
    def open(cls, **behaviour: Any) -> Iterator[Account]:
        """Until the `with` ends; `behaviour` is what SES does otherwise than by default."""
        clock = Simulation()
        cloud = Cloud(clock=clock, behaviour=Behaviour(upload_seconds=UPLOAD_SECONDS, **behaviour))
        cloud.objects.create_bucket(sandbox.BUCKET)
        random.seed(1)  # by which pauses are spread: every run is the same
        with _on_one_core(), cloud.serve() as endpoint, clock.installed(REQUEST_SECONDS):
            account = cls(clock, cloud, endpoint)
            with redirect_stdout(io.StringIO()), mock.patch.dict(os.environ, account.environment):
                yield account

    # The scene

    def add_group(self, members: int) -> int:
        """A group with so many members; its number."""
        number = FIRST_GROUP + next(self._numbers)
        addresses = (f"member{each}@example.com" for each in range(members))
        return self.cloud.groups.create(f"group {number}", number, addresses)

    def put(self, group: int, rows: int) -> Listed:
        """Puts a file of so many new addresses into a group's folder, and expects no report of it."""
        number = next(self._numbers)
        content = "email\n" + "".join(f"reader{each}.of.{number}@example.com\n" for each in range(rows))
        key = f"incoming/{group}/list-{number}.csv"
        put = self.cloud.objects.put(sandbox.BUCKET, key, content.encode())
        return Listed(key, put.etag.strip('"'), len(content), put.last_modified)

    def drop(self, group: int, rows: int) -> Event:
        """Puts such a file, whose report is waited for; its event."""
        file = self.put(group, rows)
        self._dropped[file.key] = self.clock.monotonic()
        return created(sandbox.BUCKET, file.key, self.cloud.objects.now(), next(self._numbers), file.etag)

    # What happens

    def send(self, *events: Event) -> None:
        """The platform delivers these now, as one."""
        self._start(lambda: self.deliver(merged(events)))

    def deliver(self, event: Event) -> None:
        """Delivers an event, and waits until it is delivered or given up."""
        for attempt in range(1 + RETRIES):
            if attempt:
                self.clock.sleep(RETRY_SECONDS)
            if self._invoke(event):
                return

    def after(self, seconds: float, act: Callable[[], object]) -> None:
        """Has something done in so many seconds."""
        self._start(act, seconds)

    def run(self, *, sweeps: bool = False, longest: float = LONGEST_RUN) -> Figures:
        """Goes on until nobody has anything to do, and, with sweeps, until every file has its report, or no more sweep
        comes. What it took."""
        self.figures = Figures()
        if sweeps:
            self.clock.start(lambda: self._sweep_until_done(longest))
        self.clock.run()
        return self.figures

    def sweep(self) -> Figures:
        """The next sweep of the timer. What it took."""
        self._sleep_until_sweep()
        self._start(self._deliver_sweep)
        return self.run()

    def call(self, function: Callable[[Event, None], object], event: Event) -> Figures:
        """Calls another function than ours, once. What it took; a failure is raised."""

        def billed() -> None:
            began = self.clock.monotonic()
            function(event, None)
            self._take_in(began)

        self._start(billed)
        return self.run()

    @property
    def unreported(self) -> int:
        """How many files have no report that stays."""
        return len(self._dropped) - len(self.waits)

    # Inside

    def _start(self, act: Callable[[], object], after: float = 0.0) -> None:
        def busily() -> None:
            try:
                act()
            finally:
                self._busy -= 1

        self._busy += 1
        self.clock.start(busily, after)

    def _sweep_until_done(self, longest: float) -> None:
        end = self.clock.monotonic() + longest
        while (self._busy or self.unreported) and self.clock.monotonic() < end:
            self._sleep_until_sweep()
            if self._busy or self.unreported:
                self._start(self._deliver_sweep)

    def _sleep_until_sweep(self) -> None:
        self.clock.sleep(SWEEP_SECONDS - self.clock.monotonic() % SWEEP_SECONDS)

    def _deliver_sweep(self) -> None:
        self.deliver(timer(self.clock.now()))

    def _invoke(self, event: Event) -> bool:
        began = self.clock.monotonic()
        context = {"time_limit_in_ms": TIME_LIMIT * 1_000, "request_id": f"request-{next(self._numbers)}"}
        try:
            Invocation(self.environment, context, self.clock).handle(event)
        except ImportProblem:
            self.figures.raised += 1
            return False
        finally:
            self._take_in(began)
        return True

    def _take_in(self, began: float) -> None:
        """Notes what an invocation took, and every call up to now."""
        self.figures.invocations += 1
        self.figures.billed += self.clock.monotonic() - began
        calls = self.cloud.calls
        self.cloud.forget()
        for call in calls:
            self.figures.count(call)
        self._note_reports(calls)

    def _note_reports(self, calls: Sequence[Call]) -> None:
        for call in calls:
            if call.action == "PutObject" and call.key and call.key.endswith("/report.json"):
                report = json.loads(self.cloud.objects.read(sandbox.BUCKET, call.key))
                key = report["source"]["key"]
                wait = (call.at - self.clock.began).total_seconds() - self._dropped[key]
                self.first_waits.setdefault(key, wait)
                if report["status"] in FINAL:
                    self.waits.setdefault(key, wait)
