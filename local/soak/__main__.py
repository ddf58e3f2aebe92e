"""`python -m local.soak`: the function on its platform, with everything going wrong that can.

Exits 1 when anything is different from what it should be.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from local.soak.run import Options, Soak
from local.soak.table import show
from local.soak.verdict import is_open, judge


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs once for each seed; what the instances wrote is kept where anything came out differently."""
    given = _parse(arguments)
    console = Console()
    logs = Path(tempfile.mkdtemp(prefix="soak-"))
    unclean = [seed for seed in _seeds(given.seed) if not _run(given, seed, logs, console)]
    if not unclean:
        shutil.rmtree(logs)
    return 1 if unclean else 0


def _run(given: argparse.Namespace, seed: int, logs: Path, console: Console) -> bool:
    own = logs / str(seed)
    own.mkdir()
    options = Options(
        files=given.files,
        groups=given.groups,
        seed=seed,
        faults=given.faults,
        kills=given.kills,
        data=given.data,
        room=given.room,
        scale=given.scale,
        instances=given.instances,
        logs=own,
    )
    run = Soak(options).carry_out(is_open)
    verdict = judge(run)
    show(run, verdict, console)
    return not verdict.differences


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    usual = Options()
    parser = argparse.ArgumentParser("python -m local.soak", description=__doc__)

    def add(name: str, default: float | str, meaning: str) -> None:
        variable = f"SOAK_{name.upper()}"
        given = os.environ.get(variable) or default
        parser.add_argument(f"--{name}", type=type(default), default=given, help=f"{meaning} (or {variable})")

    add("files", usual.files, "how many files are dropped")
    add("groups", usual.groups, "into how many groups")
    add("seed", "1,2,3", "one run for each of these, separated by commas")
    add("faults", usual.faults, "share of all calls to COS and SES that go wrong")
    add("kills", usual.kills, "share of all invocations that are killed")
    add("data", usual.data, "share of the groups whose mail calls everybody by name")
    add("room", usual.room, "how many a group takes")
    add("scale", usual.scale, "how much faster time passes")
    add("instances", usual.instances, "how many instances of the function there are")
    return parser.parse_args(arguments)


def _seeds(text: str) -> list[int]:
    return [int(seed) for seed in text.split(",")]


if __name__ == "__main__":
    sys.exit(main())
