"""`python -m local`: starts the command line, and ends it without a traceback whenever Ctrl-C is pressed."""

from __future__ import annotations

import os
import signal
import sys
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
    sys.exit(code)
