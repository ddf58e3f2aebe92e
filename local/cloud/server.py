"""One port on loopback, for as long as a `with` lasts.

werkzeug's own request handler closes the connection after every answer; real services keep it open, and clients have
bugs there. So this one keeps it open, and can also close it without an answer.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.test import run_wsgi_app

from local.cloud.wire import Dropped


class Handler(WSGIRequestHandler):
    """Answers on a connection that stays open. The application reads every body to its end."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else the second packet of an answer waits for the client's delayed ACK, 40 ms

    def run_wsgi(self) -> None:
        try:
            body, status, headers = run_wsgi_app(self.server.app, self.make_environ())
        except Dropped:
            self.close_connection = True
            return
        code, _, phrase = status.partition(" ")
        self.send_response_only(int(code), phrase)  # with no `Date` of its own: the application's clock is another one
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        for chunk in body:
            self.wfile.write(chunk)

    def log(self, *_: Any) -> None:
        """The journal knows it all; a test's output is no place for it."""


class LoopbackServer(ThreadedWSGIServer):
    """A thread for each connection; stopping ends them all."""

    daemon_threads = False  # so that closing waits for them

    def __init__(self, port: int, app: Any) -> None:
        """Raises `OSError` where the port is taken: werkzeug itself would print and exit."""
        self._connections: set[socket.socket] = set()
        with socket.create_server(("127.0.0.1", port)) as listening:
            super().__init__("127.0.0.1", port, app, Handler, fd=listening.fileno())

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def stop(self) -> None:
        self.shutdown()
        for connection in list(self._connections):
            with contextlib.suppress(OSError):  # the client was faster
                connection.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def serve(app: Any, port: int = 0) -> Iterator[str]:
    """Serves on 127.0.0.1 until the `with` ends; gives the endpoint, `http://127.0.0.1:PORT`."""
    server = LoopbackServer(port, app)
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.01}, name="local-cloud", daemon=True
    )
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.stop()
        thread.join()
