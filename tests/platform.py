"""The platform around the function, in the test's own process: it calls, and between any two requests it kills, has
the cloud misbehave, or calls a second time meanwhile. Time passes only when somebody waits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import pytest

from handler import limits
from handler.clouds import cos, ses
from tests.stage import Stage

Request = Callable[[], Any]
Trouble = Callable[[Request], Any]
"""What happens at a request to COS or SES: it is given the request, to carry it out or not."""
LONGEST: Final = 900.0
"""Seconds."""


class Killed(BaseException):
    """The platform has killed the invocation: nothing in it catches this, and none of its requests gets through."""


def kill_before(_: Request) -> None:
    """The request never leaves."""
    raise Killed


def kill_after(request: Request) -> None:
    """The request has its effect, and nobody hears of it."""
    with suppress(Exception):
        request()
    raise Killed


@dataclass
class _Invocation:
    """One call of the function, until it returns or dies."""

    stage: Stage
    troubles: Mapping[int, Trouble]
    ends: float
    """When the platform kills it, on the stage's clock."""
    requests: int = 0
    dead: bool = False

    def carry_out(self, request: Request) -> Any:
        self.requests += 1
        trouble = self.troubles.get(self.requests)

        def sent() -> Any:  # not any more, when the time has passed before it leaves
            self._live()
            return request()

        try:
            answer = trouble(sent) if trouble else sent()
            self._live()
        except Killed:
            self.dead = True
            raise
        return answer

    def _live(self) -> None:
        if self.dead or self.stage.clock.monotonic() >= self.ends:
            raise Killed


@dataclass
class Platform:
    """Calls the function. A call may be made in the middle of another one."""

    _under_way: list[_Invocation] = field(default_factory=list)

    @classmethod
    def install(cls, monkeypatch: pytest.MonkeyPatch, batch_size: int = 3) -> Platform:
        """Puts it between the function and the cloud. Batches are small, so that small files have several."""
        platform = cls()
        for module in (cos, ses):
            monkeypatch.setattr(module, "connect", platform._watched(module.connect))
        monkeypatch.setattr(limits, "BATCH_SIZE", batch_size)
        return platform

    def call(
        self, stage: Stage, event: object, troubles: Mapping[int, Trouble] | None = None, seconds: float = LONGEST
    ) -> dict[str, Any]:
        """Calls the function; `troubles` by the number of the request, 1 being the first. Raises `Killed`."""
        self._under_way.append(_Invocation(stage, troubles or {}, stage.clock.monotonic() + seconds))
        try:
            return stage.invoke(event, seconds)
        finally:
            self._under_way.pop()

    def _watched(self, connect: Callable[..., Any]) -> Callable[..., Any]:
        def connect_watched(*arguments: Any) -> Any:
            client = connect(*arguments)
            return _Client(client, self._under_way[-1]) if self._under_way else client

        return connect_watched


@dataclass
class _Client:
    """An SDK's client under the eyes of the platform."""

    client: Any
    invocation: _Invocation

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.client, name)
        return lambda *arguments, **named: self.invocation.carry_out(lambda: method(*arguments, **named))
