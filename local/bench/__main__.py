"""`python -m local.bench`: how long users wait, how fast the function reads, and how large it is."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from rich.console import Console

from local.bench.costs import costs
from local.bench.environment import prepare
from local.bench.measurements import MEASURED, QUICK, Bench, Size
from local.bench.tables import Table, put_in
from local.bench.waits import SIMULATED, TINY, Extent
from local.bench.world import World
from local.package import ROOT

PAGE: Final = ROOT / "docs/speed.md"
COSTS: Final = ROOT / "docs/deploy.md"
"""Which tells what a month costs by the figures of that page."""
CONDITIONS: Final = "conditions"
"""The block of the page that says what the measured ones were measured on."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Makes every table, shows it, and writes it where that is asked for."""
    options = _parse(arguments)
    console = Console()
    started = time.monotonic()
    blocks = {}
    for name, table in _tables(options):
        console.print(table.for_terminal())
        blocks[name] = table.as_markdown()
    console.print(f"It took {time.monotonic() - started:.0f} s.")
    if not MEASURED.keys().isdisjoint(blocks):
        blocks[CONDITIONS] = f"{_conditions()}\n"
    if options.write:
        page = put_in(PAGE.read_text(encoding="utf-8"), blocks)
        PAGE.write_text(page, encoding="utf-8")
        COSTS.write_text(put_in(COSTS.read_text(encoding="utf-8"), {"costs": costs(page)}), encoding="utf-8")
    return 0


def _tables(options: argparse.Namespace) -> Iterator[tuple[str, Table]]:
    extent = TINY if options.quick else Extent()
    if options.hours:
        extent = replace(extent, hours=options.hours)
    for name, simulate in SIMULATED.items():
        if name in options.only:
            yield name, simulate(extent)
    if MEASURED.keys().isdisjoint(options.only):
        return
    with World.open() as world:
        bench = Bench(prepare(), world, QUICK if options.quick else Size())
        for name, measured in MEASURED.items():
            if name in options.only:
                yield name, measured(bench)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    names = [*SIMULATED, *MEASURED]
    parser = argparse.ArgumentParser("python -m local.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="little of everything: whether it works at all")
    parser.add_argument(
        "--write",
        action="store_true",
        help="puts the tables into docs/speed.md, and what follows from them into docs/deploy.md",
    )
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("--hours", type=float, help="of the table of that name: 24 for a day")
    options = parser.parse_args(arguments)
    if options.write and (options.quick or options.hours):
        parser.error("--write takes whole tables")
    return options


def _conditions() -> str:
    cores = os.cpu_count()
    machine = f"Python 3.10, {platform.system()}, {cores} cores"
    return f"{machine}; medians of several runs, one after the other, each in a process of its own."


if __name__ == "__main__":
    sys.exit(main())
