"""`python -m local.bench`: how fast and how large the function is, here and now, beside the alternatives."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Sequence

from rich.console import Console

from local.bench.environment import prepare
from local.bench.measurements import QUICK, TABLES, Bench, Size
from local.bench.tables import put_in
from local.bench.world import World
from local.readme import README


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures everything, shows it, and writes it where that is asked for."""
    options = _parse(arguments)
    console = Console()
    started = time.monotonic()
    tables = []
    with World.open() as world:
        bench = Bench(prepare(), world, QUICK if options.quick else Size())
        for make in TABLES:
            if options.only in make.__name__:
                tables.append(make(bench))
                console.print(tables[-1].for_terminal())
    conditions = _conditions()
    console.print(f"{conditions} It took {time.monotonic() - started:.0f} s.")
    if options.write:
        README.write_text(put_in(README.read_text(encoding="utf-8"), tables[:-1], conditions), encoding="utf-8")
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m local.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few rows, once: whether it works at all")
    parser.add_argument("--write", action="store_true", help="puts the tables into README.md")
    parser.add_argument(
        "--only", default="", metavar="NAME", help=f"one of {', '.join(make.__name__ for make in TABLES)}"
    )
    options = parser.parse_args(arguments)
    if options.write and (options.quick or options.only):
        parser.error("--write takes a whole run")
    return options


def _conditions() -> str:
    cores = os.cpu_count()
    return f"Python 3.10, {platform.system()}, {cores} cores; medians of runs by turns, each in a process of its own."


if __name__ == "__main__":
    sys.exit(main())
