"""Calls a function's `main_handler` as the platform does: `invoke.py MODULE EVENT`."""

import json
import sys
from importlib import import_module
from time import monotonic


def main() -> None:
    began = monotonic()
    module, event = sys.argv[1:]
    handler = import_module(module).main_handler
    answer = handler(json.loads(event), {"time_limit_in_ms": 900_000, "request_id": "bench"})
    done = monotonic()

    from local.bench.probes.probe import tell

    tell(began, done, answer)


main()
