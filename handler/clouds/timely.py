"""Bodies that drip: the time-out of a socket begins anew with every byte, so the sum of them is watched here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from handler.timing import Clock

PIECE_BYTES: Final = 64 * 1024
"""What is asked of a socket at once; it gives what it has."""
FEW_PIECES: Final = 4
"""An answer that comes in so few pieces does not drip: the time-out of the socket is enough for it."""


@dataclass(slots=True)
class TimelyConnection:
    """What the SES SDK sends its requests with; an answer that is not whole after so many seconds ends."""

    connection: Any = field(repr=False)
    """The SDK's own."""
    seconds: float
    clock: Clock

    def request(self, *arguments: Any, **named: Any) -> Any:
        """The answer, its body not read yet. Reading it raises `TimeoutError` when the time is up."""
        end = self.clock.monotonic() + self.seconds
        answer = self.connection.request(*arguments, **named)
        answer.raw = _TimelyBody(answer.raw, end, self.clock)
        return answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)


@dataclass(slots=True)
class _TimelyBody:
    raw: Any
    end: float
    """On `clock.monotonic()`."""
    clock: Clock

    def stream(self, amt: int, decode_content: bool | None = None) -> Iterator[bytes]:
        """As urllib3's own, which `requests` reads a body with."""
        pieces = 0
        while piece := self.raw.read1(max(amt, PIECE_BYTES), decode_content=decode_content):
            pieces += 1
            if pieces > FEW_PIECES and self.clock.monotonic() > self.end:
                self.raw.close()
                raise TimeoutError
            yield piece

    def __getattr__(self, name: str) -> Any:
        return getattr(self.raw, name)
