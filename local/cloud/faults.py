"""Faults on demand: "the second CreateReceiverDetail: apply it, then drop the connection"."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Literal

from local.cloud.journal import Call
from local.cloud.timeline import Act

Kind = Literal[
    "refuse", "drop", "late", "slow", "meanwhile", "cut", "drip", "status", "not_json", "charset_header", "no_counts"
]


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with one call. Use the functions below; `applied` tells whether the call has its effect."""

    kind: Kind
    applied: bool
    code: str = ""
    message: str = "scripted"  # without one the COS SDK would not find the code either
    http_status: int = 200
    seconds: float = 0.0
    bytes_sent: int = 0
    act: Act | None = None

    @property
    def name(self) -> str:
        return f"{self.kind}_{'after' if self.applied else 'before'}"

    @staticmethod
    def refuse(code: str, message: str = "scripted", http_status: int = 0, *, applied: bool = False) -> Fault:
        """The service's own error code. `http_status` is for COS, which has one for each code."""
        return Fault("refuse", applied=applied, code=code, message=message, http_status=http_status)

    @staticmethod
    def drop_before() -> Fault:
        """The connection is closed without an answer; nothing applied."""
        return Fault("drop", applied=False)

    @staticmethod
    def drop_after() -> Fault:
        """The call is applied, then the connection is closed without an answer."""
        return Fault("drop", applied=True)

    @staticmethod
    def late(seconds: float) -> Fault:
        """The connection is closed without an answer; the call is applied so many seconds later, if it can be then."""
        return Fault("late", applied=False, seconds=seconds)

    @staticmethod
    def slow(seconds: float) -> Fault:
        """So many seconds pass on the emulator's clock, then the call goes its ordinary way."""
        return Fault("slow", applied=True, seconds=seconds)

    @staticmethod
    def meanwhile(act: Act) -> Fault:
        """Somebody does this just before the call, which goes its ordinary way then. Not over the wire."""
        return Fault("meanwhile", applied=True, act=act)

    @staticmethod
    def cut(bytes_sent: int) -> Fault:
        """The call is applied and the whole length announced, but the body ends after so many bytes."""
        return Fault("cut", applied=True, bytes_sent=bytes_sent)

    @staticmethod
    def drip(seconds: float, bytes_sent: int = 1) -> Fault:
        """The call is applied, and its answer comes by so many bytes, with so many seconds before each of them.

        The seconds pass on the emulator's clock as the server sends, which may be ahead of what the client has read.
        """
        return Fault("drip", applied=True, seconds=seconds, bytes_sent=bytes_sent)

    @staticmethod
    def status(http_status: int = 503) -> Fault:
        """An HTTP status from in front of the service; nothing applied."""
        return Fault("status", applied=False, code="ServiceUnavailable", http_status=http_status)

    @staticmethod
    def status_after(http_status: int = 500) -> Fault:
        """The call is applied, then answered with this HTTP status."""
        return Fault("status", applied=True, code="InternalError", http_status=http_status)

    @staticmethod
    def not_json(*, applied: bool = False) -> Fault:
        """HTTP 200 with a page of HTML, as a proxy in between may give."""
        return Fault("not_json", applied=applied)

    @staticmethod
    def charset_header(code: str, message: str = "scripted") -> Fault:
        """SES: the service's error code as `application/json; charset=utf-8`, which the SDK takes for a success."""
        return Fault("charset_header", applied=False, code=code, message=message)

    @staticmethod
    def no_counts(*, applied: bool = True) -> Fault:
        """SES: an answer that holds nothing but its RequestId."""
        return Fault("no_counts", applied=applied)


@dataclass(frozen=True, slots=True)
class _Script:
    action: str
    fault: Fault
    waits: int
    """Calls that go unharmed before it strikes."""
    strikes: int
    key: str | None

    def matches(self, call: Call) -> bool:
        return call.is_called(self.action) and (self.key is None or fnmatchcase(call.key or "", self.key))


class Faults:
    """The faults still to come."""

    def __init__(self) -> None:
        self.hook: Callable[[Call], Fault | None] | None = None
        """Asked for every call after the scripted faults; called from several threads."""
        self._scripts: list[_Script] = []
        self._lock = threading.Lock()

    def script(self, action: str, fault: Fault, nth: int = 1, *, times: int = 1, key: str | None = None) -> None:
        """Strikes the `nth` such call from now on, 1 being the next, and `times` - 1 of those that follow it.

        `CreateReceiverDetail` stands for both ways to add members. `key` (COS) narrows it to the keys that match, with
        the wildcards of `fnmatch`. Several faults may strike the same call: `slow`, `meanwhile` and something else.
        """
        with self._lock:
            self._scripts.append(_Script(action, fault, nth - 1, times, key))

    def randomly(self, seed: int, share: float, kinds: Collection[Fault], actions: Collection[str] = ()) -> None:
        """Sets the hook: this share of all calls (of those actions, where given) is struck by one of the faults."""
        dice = random.Random(seed)  # noqa: S311 - repeatable, not secret
        choices = tuple(kinds)

        def strike(call: Call) -> Fault | None:
            concerned = not actions or call.action in actions
            return dice.choice(choices) if concerned and dice.random() < share else None

        self.hook = strike

    def clear(self) -> None:
        with self._lock:
            self._scripts.clear()
            self.hook = None

    @property
    def pending(self) -> int:
        """Scripted faults that have not struck yet."""
        with self._lock:
            return sum(script.strikes for script in self._scripts)

    def strike(self, call: Call) -> list[Fault]:
        """The faults that hit this call; each call may be asked about once."""
        with self._lock:
            struck = [self._advance(script, call) for script in list(self._scripts)]
            hook = self.hook
        faults = [fault for fault in struck if fault]
        extra = hook(call) if hook else None
        return [*faults, extra] if extra else faults

    def _advance(self, script: _Script, call: Call) -> Fault | None:
        if not script.matches(call):
            return None
        place = self._scripts.index(script)
        if script.waits:
            self._scripts[place] = replace(script, waits=script.waits - 1)
            return None
        if script.strikes > 1:
            self._scripts[place] = replace(script, strikes=script.strikes - 1)
        else:
            del self._scripts[place]
        return script.fault
