"""Time that passes only when everybody waits, so that hours take seconds and come to the same on every machine.

Each piece of work has a thread of its own, but only one of them runs at a time: whoever sleeps gives the turn to whom
it is due next, and the clock jumps there. Computing takes no time on this clock; a request takes as long as it is said
to. Whoever overlaps on it therefore takes the longer of their times, and not the sum.

What a work may wait for is the clock, a request, and the tasks of a `ThreadPoolExecutor`: those of `handler` are pieces
of work, too, while `installed()` lasts. Anything else that blocks is told of after a while, and ends the run.
"""

from __future__ import annotations

import heapq
import itertools
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent import futures
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any, Final, TypeVar
from unittest import mock

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter

T = TypeVar("T")

BEGAN: Final = datetime(2026, 1, 1, tzinfo=timezone.utc)
"""Always the same, for names are made of times, and what comes first is told by names. The SDKs sign by the real time,
and the emulator holds their signatures against that."""
PATIENCE: Final = 120.0
"""Real seconds in which somebody's turn must end: nobody computes for so long."""


class Stuck(RuntimeError):
    """Everybody waits for something that never comes."""


@dataclass(eq=False, slots=True)
class _Work:
    """Something that runs in a thread of its own once its time has come."""

    run: Callable[[], None]
    turn: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    started: bool = False


class Simulation:
    """The clock, and everybody who goes by it. Implements `handler.timing.Clock`."""

    def __init__(self) -> None:
        self.began: Final = BEGAN
        self._passed = 0.0
        self._agenda: list[tuple[float, int, _Work]] = []
        self._numbers = itertools.count()
        self._current = threading.local()
        self._unfinished = 0
        self._turns = 0
        self._over = threading.Event()
        self._failure: BaseException | None = None

    # The clock

    def now(self) -> datetime:
        return self.began + timedelta(seconds=self._passed)

    def monotonic(self) -> float:
        return self._passed

    def sleep(self, seconds: float) -> None:
        """Lets everybody else go on meanwhile. Whoever sets the scene, before anything runs, moves the clock."""
        work = self._here()
        if work is None:
            if self._unfinished:
                raise Stuck("a thread sleeps that the simulation does not know of")
            self._passed += max(seconds, 0.0)
            return
        self._put(work, seconds)
        self._wait(work)

    # Whoever goes by it

    def start(self, work: Callable[[], object], after: float = 0.0) -> None:
        """Has it done in a thread of its own, so many seconds from now."""
        self._unfinished += 1
        self._put(_Work(partial(self._do, work)), after)

    def run(self) -> None:
        """Returns once everybody is done. Raises what one of them raised, and `Stuck`."""
        self._over.clear()
        self._pass_on()
        turns = -1
        while not self._over.wait(PATIENCE):
            if turns == self._turns:
                raise Stuck("somebody waits for something that the simulation does not know of")
            turns = self._turns
        if self._failure:
            raise self._failure
        if self._unfinished:
            raise Stuck("everybody waits for somebody else")

    @property
    def is_here(self) -> bool:
        """Whether the present thread is one of the simulation's."""
        return self._here() is not None

    def wait_for(self, future: Future[Any]) -> None:
        """Returns once it is done."""
        work = self._here()
        if work is not None and not future.done():
            future.add_done_callback(lambda _: self._put(work, 0.0))
            self._wait(work)

    @contextmanager
    def installed(self, seconds: float) -> Iterator[None]:
        """Until the `with` ends, every request takes so many seconds: half of them until it arrives."""
        send = HTTPAdapter.send

        def send_slowly(adapter: HTTPAdapter, request: PreparedRequest, *arguments: Any, **named: Any) -> Response:
            if not self.is_here:
                return send(adapter, request, *arguments, **named)
            self.sleep(seconds / 2)
            answer = send(adapter, request, *arguments, **named)
            self.sleep(seconds / 2)
            return answer

        def pool(*arguments: Any, **named: Any) -> Executor:
            return (partial(_Pool, self) if self.is_here else ThreadPoolExecutor)(*arguments, **named)

        modules = [module for name, module in sys.modules.items() if name.startswith("handler.")]
        users = [module for module in modules if vars(module).get("ThreadPoolExecutor") is ThreadPoolExecutor]
        with ExitStack() as patches:
            patches.enter_context(mock.patch.object(HTTPAdapter, "send", send_slowly))
            for module in (futures, *users):
                patches.enter_context(mock.patch.object(module, "ThreadPoolExecutor", pool))
            yield

    # Inside

    def _here(self) -> _Work | None:
        return getattr(self._current, "work", None)

    def _put(self, work: _Work, seconds: float) -> None:
        heapq.heappush(self._agenda, (self._passed + max(seconds, 0.0), next(self._numbers), work))

    def _wait(self, work: _Work) -> None:
        self._pass_on()
        work.turn.acquire()

    def _pass_on(self) -> None:
        """Gives the turn to whom it is due next; to whoever runs the simulation, where that is nobody."""
        if self._failure or not self._agenda:
            self._over.set()
            return
        self._turns += 1
        at, _, work = heapq.heappop(self._agenda)
        self._passed = max(self._passed, at)
        if work.started:
            work.turn.release()
        else:
            work.started = True
            threading.Thread(target=self._live, args=(work,), daemon=True, name="simulated").start()

    def _live(self, work: _Work) -> None:
        self._current.work = work
        work.run()

    def _do(self, work: Callable[[], object]) -> None:
        try:
            work()
        except BaseException as failure:  # noqa: BLE001 - whoever runs the simulation raises it
            self._failure = self._failure or failure
        self._unfinished -= 1
        self._pass_on()


class _Pool(Executor):
    """A `ThreadPoolExecutor` whose tasks are pieces of work in the simulation."""

    def __init__(self, simulation: Simulation, max_workers: int = 5, *_: Any, **__: Any) -> None:
        self._simulation = simulation
        self._free = max_workers
        self._waiting: deque[Callable[[], None]] = deque()
        self._futures: list[Future[Any]] = []

    def submit(self, task: Callable[..., T], /, *arguments: Any, **named: Any) -> Future[T]:
        future: _Awaited[T] = _Awaited(self._simulation)
        self._futures.append(future)
        self._waiting.append(partial(self._do, future, partial(task, *arguments, **named)))
        self._fill()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        for future in self._futures:
            if cancel_futures:
                future.cancel()
            if wait:
                self._simulation.wait_for(future)

    def _fill(self) -> None:
        while self._free and self._waiting:
            self._free -= 1
            self._simulation.start(self._waiting.popleft())

    def _do(self, future: Future[T], task: Callable[[], T]) -> None:
        if future.set_running_or_notify_cancel():
            try:
                result = task()
            except BaseException as failure:  # noqa: BLE001 - whoever asks for the result gets it
                future.set_exception(failure)
            else:
                future.set_result(result)
        self._free += 1
        self._fill()


class _Awaited(Future[T]):
    """A future that whoever waits for it waits for on the simulation's clock."""

    def __init__(self, simulation: Simulation) -> None:
        super().__init__()
        self._simulation = simulation

    def result(self, timeout: float | None = None) -> T:
        self._simulation.wait_for(self)
        return super().result(timeout)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        self._simulation.wait_for(self)
        return super().exception(timeout)
