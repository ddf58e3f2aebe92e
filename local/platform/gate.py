"""The port through which one instance reaches the cloud: it is known whose each call is, and who is to die at it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handler.timing import Clock
from local.cloud.wire import Dropped

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


@dataclass(frozen=True, slots=True)
class Doom:
    """At which of its calls an invocation is killed."""

    call: int
    """1 being the first."""
    applied: bool
    """Whether that call has its effect."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A call of one invocation."""

    invocation: int
    action: str
    """SES: the action; "" for COS."""
    at: float
    """On the platform's clock."""


class Gate:
    """A WSGI application in front of the cloud's, for one instance."""

    def __init__(self, app: WSGIApplication, clock: Clock, kill: Callable[[], None]) -> None:
        self.arrivals: list[Arrival] = []
        self._app = app
        self._clock = clock
        self._kill = kill
        self._invocation = 0
        self._doom: Doom | None = None
        self._calls = 0
        self._lock = threading.Lock()

    def open(self, invocation: int, doom: Doom | None) -> None:
        """The calls from now on are those of another invocation."""
        with self._lock:
            self._invocation, self._doom, self._calls = invocation, doom, 0

    def app(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        doom = self._count(environ.get("HTTP_X_TC_ACTION", ""))
        if doom and not doom.applied:
            self._kill()
            raise Dropped
        answer = self._app(environ, start_response)
        if doom:
            self._kill()
        return answer

    def _count(self, action: str) -> Doom | None:
        """Notes a call; the doom that it brings."""
        with self._lock:
            self._calls += 1
            self.arrivals.append(Arrival(self._invocation, action, self._clock.monotonic()))
            return self._doom if self._doom and self._doom.call == self._calls else None
