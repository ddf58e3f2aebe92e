"""Answers that drip end by themselves; others are never cut off, however slow the clock says they were."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
import requests
from urllib3 import HTTPResponse

from handler.clouds.timely import FEW_PIECES, TimelyConnection
from tests.stage import FakeClock


@dataclass
class Pieces:
    """A body as a socket gives it: so many bytes at once, each time after so many seconds."""

    clock: FakeClock
    pieces: Iterator[bytes]
    seconds: float
    closed: bool = False

    def read1(self, amount: int, **_: object) -> bytes:
        self.clock.sleep(self.seconds)
        return next(self.pieces, b"")[:amount]

    def close(self) -> None:
        self.closed = True


@dataclass
class Connection:
    """What the SDK sends its requests with."""

    body: Pieces
    request_length: int = field(default=7)

    def request(self, *_: object, **__: object) -> requests.Response:
        answer = requests.Response()
        answer.raw = self.body
        return answer


def answer(clock: FakeClock, pieces: list[bytes], seconds: float) -> requests.Response:
    connection = TimelyConnection(Connection(Pieces(clock, iter(pieces), seconds)), 60, clock)
    assert connection.request_length == 7  # what the SDK asks of it otherwise
    found = connection.request("POST", "http://127.0.0.1")
    assert isinstance(found, requests.Response)
    return found


def test_an_answer_that_drips_ends(clock: FakeClock) -> None:
    """Each byte comes in time, and all of them would take for ever."""
    dripping = answer(clock, [b"x"] * 10_000, 10)
    with pytest.raises(TimeoutError):
        _ = dripping.content
    assert clock.monotonic() <= 80
    assert dripping.raw.closed


def test_an_answer_in_few_pieces_is_left_alone(clock: FakeClock) -> None:
    """Others may wait on the same clock meanwhile; the time-out of the socket is enough."""
    assert answer(clock, [b"ab"] * FEW_PIECES, 600).content == b"ab" * FEW_PIECES


def test_a_large_answer_is_read_whole(clock: FakeClock) -> None:
    """Many pieces in time are no drops."""
    assert answer(clock, [b"abc"] * 1_000, 0.01).content == b"abc" * 1_000


def test_urllib3_has_what_is_asked_of_it() -> None:
    """The method that gives what is there, and waits for no more."""
    assert hasattr(HTTPResponse, "read1")
