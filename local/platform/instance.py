"""One instance of the function: a process of its own that is called again and again, until something kills it."""

from __future__ import annotations

import io
import multiprocessing
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from handler import limits
from handler.app import Invocation
from handler.clouds import ses
from handler.errors import OperatorProblem
from handler.timing import Clock
from local.cloud import server
from local.platform.clock import ScaledClock
from local.platform.events import Event
from local.platform.gate import Arrival, Doom, Gate

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from handler.settings import Settings

PRELOADED: Final = [
    __name__,
    "fastcrc.crc64",
    "handler.wiring",
    "qcloud_cos",
    "tencentcloud.common.profile.client_profile",
    "tencentcloud.ses.v20201002.models",
    "tencentcloud.ses.v20201002.ses_client",
]
"""Imported once, by the process that all instances are forked from."""

Ending = Literal["returned", "raised", "operator"]
"""`operator`: it raised, and says that configuration or rights are at fault."""


@dataclass(frozen=True, slots=True)
class Function:
    """The function as it is configured."""

    environment: Mapping[str, str]
    """Its variables; the endpoints are added."""
    time_limit: float = 900.0
    """Seconds on the platform's clock."""
    instances: int = 4
    limits: Mapping[str, int] = field(default_factory=dict)
    """What to set in `handler.limits`, so that small files make large imports."""
    logs: Path | None = None
    """A folder for what the instances write to standard output; nowhere, without one."""


class Instance:
    """A process and the port it reaches the cloud through. When it is killed, another one takes its place."""

    def __init__(self, number: int, function: Function, clock: ScaledClock, app: WSGIApplication) -> None:
        self.since: float | None = None
        """When it was called, on the platform's clock; `None` while it has nothing to do."""
        self.ready = False
        """Whether the process has started: starting it costs the platform's time, not the function's."""
        self._number = number
        self._function = function
        self._clock = clock
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(PRELOADED)
        self._gate = Gate(app, clock, self.kill)
        self._resources = ExitStack()
        self._endpoint = self._resources.enter_context(server.serve(self._gate.app))
        self._process, self.connection = self._start()

    @property
    def arrivals(self) -> list[Arrival]:
        """Every call it has made to the cloud."""
        return list(self._gate.arrivals)

    def call(self, invocation: int, event: Event, doom: Doom | None) -> None:
        """Calls the function; what it came to can be read from `connection`."""
        self._gate.open(invocation, doom)
        self.since = self._clock.monotonic()
        context = {"time_limit_in_ms": self._function.time_limit * 1000, "request_id": f"invocation-{invocation}"}
        environment = {"SES_ENDPOINT": self._endpoint, "COS_ENDPOINT": self._endpoint, **self._function.environment}
        self.connection.send((event, environment, context))

    def ending(self) -> tuple[Ending, str] | None:
        """How the call ended; `None` where the process did not live to tell."""
        self.since = None
        try:
            ending: tuple[Ending, str] = self.connection.recv()
        except (EOFError, ConnectionResetError):
            return None
        return ending

    def greet(self) -> None:
        """Reads the first thing that a process says."""
        try:
            self.ready = bool(self.connection.recv())
        except (EOFError, ConnectionResetError):  # a call of the one before, late at the gate, has killed it
            self.replace()

    def kill(self) -> None:
        """SIGKILL: what the process was doing, it does not finish."""
        self._process.kill()

    def replace(self) -> None:
        """Puts a new process in the place of one that is dead."""
        self._process.join()
        self._process.close()
        self.connection.close()
        self._process, self.connection = self._start()

    def close(self) -> None:
        """Ends everything."""
        self.kill()
        self._process.join()
        self._process.close()
        self.connection.close()
        self._resources.close()

    def _start(self) -> tuple[BaseProcess, Connection]:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=live, args=(theirs, self._clock, self._function, self._number), daemon=True
        )
        process.start()
        theirs.close()
        self.ready = False
        return process, ours


def live(connection: Connection, clock: ScaledClock, function: Function, number: int) -> None:
    """The life of the process: one event at a time."""
    vars(limits).update(function.limits)
    _scale_timeouts(clock.scale)
    sys.stdout = _log(function.logs, number)
    connection.send("ready")
    while True:
        event, environment, context = connection.recv()
        connection.send(_outcome(event, environment, context, clock))


def _outcome(
    event: Event, environment: Mapping[str, str], context: Mapping[str, Any], clock: ScaledClock
) -> tuple[Ending, str]:
    try:
        Invocation(environment, context, clock).handle(event)
    except OperatorProblem as problem:
        return "operator", problem.message
    except Exception as problem:  # noqa: BLE001 - the platform takes any exception for a failure
        return "raised", f"{type(problem).__name__}: {problem}"
    return "returned", ""


def _scale_timeouts(scale: float) -> None:
    """The SDK counts the time-out of a request in real seconds; on the platform's clock it is to be the same."""
    connect = ses.connect

    def connect_scaled(settings: Settings, clock: Clock, seconds: float = 60) -> Any:
        client = connect(settings, clock, seconds / scale)
        client.request.conn.seconds = seconds  # which goes by the clock
        return client

    ses.connect = connect_scaled


def _log(folder: Path | None, number: int) -> io.TextIOWrapper:
    path = Path("/dev/null") if folder is None else folder / f"instance-{number}.jsonl"
    return path.open("a", buffering=1, encoding="utf-8")
