"""A request as it came and an answer as it goes: what both services' APIs are written in."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import BinaryIO, Final, Literal, Protocol, cast
from urllib.parse import parse_qsl, unquote

from werkzeug.exceptions import ClientDisconnected
from werkzeug.wrappers import Request

from local.cloud.faults import Fault
from local.cloud.journal import Call
from local.cloud.policies import Deed
from local.cloud.signatures import Signed

SPOOLED_BYTES: Final = 8 << 20
"""A larger body goes to a file."""
CHUNK_BYTES: Final = 1 << 18


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, read to its end."""

    method: str
    path: str
    """Decoded, with its leading `/`."""
    params: Mapping[str, str]
    headers: Mapping[str, str]
    """By name in lower case."""
    body: BinaryIO = field(repr=False)
    size: int

    def payload(self) -> bytes:
        self.body.seek(0)
        return self.body.read()

    def copy(self) -> Asked:
        """The same, to be kept when the request itself is over."""
        return replace(self, body=BytesIO(self.payload()))

    def signed(self, payload: bytes = b"") -> Signed:
        return Signed(self.method, self.path, self.params, self.headers, payload)


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back. `length` is what is announced; a body may be shorter, on purpose."""

    status: int
    body: Iterable[bytes] = field(default=(), repr=False)
    length: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    code: str = ""
    """The service's error code, for the journal."""

    def cut(self, size: int) -> Answer:
        """The same with a body that ends after so many bytes."""
        return replace(self, body=_cut(self.body, size), headers={**self.headers, "Connection": "close"})

    def dripping(self, size: int, wait: Callable[[], None]) -> Answer:
        """The same with a body that comes by so many bytes, each time after a wait."""
        return replace(self, body=_drops(self.body, size, wait))


class Dropped(Exception):
    """The connection is to be closed without an answer, or is closed already."""


class Refused(Exception):
    """The service says no. `kind` says what a correct client has to do with it: None where it may well happen."""

    def __init__(
        self,
        code: str,
        message: str,
        status: int = 0,
        kind: Literal["signature", "unimplemented", "protocol"] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.kind = kind


class Service(Protocol):
    """COS or SES, as the front sees it. Each step may raise `Refused`."""

    name: Literal["cos", "ses"]

    def verify(self, asked: Asked) -> None:
        """The signature."""

    def recognise(self, asked: Asked) -> Call:
        """Which call it is; what is not implemented is refused here."""

    def deed(self, call: Call, asked: Asked) -> Deed:
        """What the call is in the words of a policy."""

    def forbidden(self, deed: Deed) -> Refused:
        """The service's answer to what no policy allows."""

    def admit(self, call: Call) -> None:
        """The rate."""

    def faults(self, asked: Asked) -> Sequence[Fault]:
        """What goes wrong with such a call whenever it is made."""

    def perform(self, call: Call, asked: Asked) -> Answer:
        """The call itself."""

    def refusal(self, refused: Refused, asked: Asked) -> Answer:
        """The service's way to say no."""


def read(request: Request) -> Asked:
    """Reads a request to its end, so that the connection can carry the next one; raises `Dropped` if it breaks off."""
    raw_path, _, query = str(request.environ["RAW_URI"]).partition("?")
    body, size = _spooled(request)
    return Asked(
        method=request.method,
        path=unquote(raw_path),
        params=dict(parse_qsl(query, keep_blank_values=True)),
        headers={name.lower(): _decoded(value) for name, value in request.headers.items()},
        body=body,
        size=size,
    )


def html(status: int) -> Answer:
    """What stands in front of a service, or in between, may say."""
    page = b"<html><head><title>emulated</title></head><body>Not what you asked for</body></html>"
    return Answer(status, [page], len(page), {"Content-Type": "text/html"})


def header_value(value: str) -> str:
    """UTF-8 in a header, in the form in which WSGI carries bytes."""
    return value.encode().decode("latin-1")


def _spooled(request: Request) -> tuple[BinaryIO, int]:
    body = cast("BinaryIO", tempfile.SpooledTemporaryFile(max_size=SPOOLED_BYTES))  # noqa: SIM115 - the caller closes it
    try:
        while chunk := request.stream.read(CHUNK_BYTES):
            body.write(chunk)
    except (ClientDisconnected, OSError) as problem:
        body.close()
        raise Dropped from problem
    size = body.tell()
    body.seek(0)
    return body, size


def _decoded(value: str) -> str:
    return value.encode("latin-1").decode("utf-8", "replace")


def _cut(body: Iterable[bytes], size: int) -> Iterator[bytes]:
    left = size
    for chunk in body:
        if left <= 0:
            return
        yield chunk[:left]
        left -= len(chunk)


def _drops(body: Iterable[bytes], size: int, wait: Callable[[], None]) -> Iterator[bytes]:
    for chunk in body:
        for start in range(0, len(chunk), size):
            wait()
            yield chunk[start : start + size]
