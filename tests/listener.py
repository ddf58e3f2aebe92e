"""Somebody who listens at NOTIFY_URL, and writes down what he is told."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Asked:
    """One request."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Listener:
    """What it was asked, and what it answers from now on."""

    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    status: int = 200
    answer: bytes = b"ok"
    headers: Mapping[str, str] = field(default_factory=dict)
    slow: str = ""
    """`answer`: none comes; `drip`: it comes byte by byte, and never ends."""
    look: Callable[[], object] = bool
    """Called when a request arrives."""
    closing: threading.Event = field(default_factory=threading.Event)


class _Server(ThreadingHTTPServer):
    def __init__(self, listener: Listener) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.listener = listener

    def handle_error(self, request: object, client_address: object) -> None:
        """A handshake that the other side breaks off is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.listener.asked.append(Asked(self.path, dict(self.headers), body))
        self.server.listener.look()
        with suppress(OSError):  # whoever asked has gone
            self._answer(self.server.listener)

    def _answer(self, listener: Listener) -> None:
        if listener.slow == "answer":
            listener.closing.wait(30)
        self.send_response(listener.status)
        for name, value in {"Content-Length": str(len(listener.answer)), **listener.headers}.items():
            self.send_header(name, value)
        self.flush_headers()
        while listener.slow == "drip" and not listener.closing.wait(0.05):
            self.wfile.write(b"X-More: and more\r\n")
        self.end_headers()
        self.wfile.write(listener.answer)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the library's name
        """Nothing."""


@contextmanager
def listening(context: ssl.SSLContext | None = None) -> Iterator[Listener]:
    """A server on loopback; with a context, it speaks TLS."""
    listener = Listener()
    with _Server(listener) as server:
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        listener.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield listener
        finally:
            listener.closing.set()
            server.shutdown()
            thread.join()
