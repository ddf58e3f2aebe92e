"""COS and SES on 127.0.0.1 until Ctrl-C, for trying things out by hand."""

from __future__ import annotations

import signal
import threading
from typing import Final

from handler.errors import OperatorProblem
from local import sandbox
from local.cloud import Cloud

NAME: Final = "spring"


def serve(port: int) -> int:
    """Prints the settings that lead the function here, and serves until it is interrupted or terminated."""
    cloud = Cloud()
    cloud.objects.create_bucket(sandbox.BUCKET)
    cloud.groups.create(NAME, receiver_id=sandbox.GROUP)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        with cloud.serve(port) as endpoint:
            settings = sandbox.access(cloud, endpoint) | {"BUCKET": sandbox.BUCKET}
            print(f"# COS and SES at {endpoint}: bucket {sandbox.BUCKET}, recipient group {sandbox.GROUP} ({NAME}).")
            print("\n".join(f"export {name}={value}" for name, value in settings.items() if value))
            print("# Ctrl-C ends it, and forgets everything.", flush=True)
            stopped.wait()
    except SystemExit:  # werkzeug's way of saying that it cannot listen there; it has printed why
        raise OperatorProblem(f"127.0.0.1:{port} cannot be listened on: choose another --port.") from None
    return 0
