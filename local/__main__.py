"""`python -m local`: starts the command line, and ends it without a traceback whenever Ctrl-C is pressed."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Mapping, Sequence


def main(arguments: Sequence[str] | None = None, environ: Mapping[str, str] = os.environ) -> int:
    """Runs one command; its exit code."""
    from local.command_line import run  # here: while all this is imported, Ctrl-C just ends the process

    return run(arguments, environ)


def _interrupt(*_: object) -> None:
    """The first Ctrl-C unwinds, so that nothing half written is left; a second one does not wait for that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    import local.command_line  # noqa: F401 - before it may be interrupted

    code = 128 + signal.SIGINT
    try:
        signal.signal(signal.SIGINT, _interrupt)
        code = main()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    except KeyboardInterrupt:
        pass
    left = [thread for thread in threading.enumerate() if thread is not threading.main_thread() and not thread.daemon]
    if code == 128 + signal.SIGINT and left:
        os._exit(code)  # it was interrupted where a server was about to end: nobody is left to end it
    sys.exit(code)
