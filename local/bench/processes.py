"""One contender in a process of its own, and several of them by turns."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class Measured:
    """What one process took."""

    seconds: float
    """For the work alone."""
    from_start: float
    """Seconds from the start of the process until the work was done."""
    peak: float
    """Bytes: the most memory that the process ever held."""
    answer: Any = None


def measure(command: Sequence[str], environ: Mapping[str, str]) -> Measured:
    """Runs a probe. What it prints before its last line is a log. Raises `RuntimeError` where it fails."""
    started = time.monotonic()
    ran = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    if ran.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{ran.stdout[-2_000:]}{ran.stderr[-2_000:]}")
    told = json.loads(ran.stdout.splitlines()[-1])
    return Measured(told["seconds"], told["done"] - started, told["peak"], told["answer"])


def by_turns(contenders: Mapping[str, Callable[[], Measured]], rounds: int) -> dict[str, Measured]:
    """The medians of so many rounds. In each round everybody has a turn, so that nobody has the machine's best hour."""
    runs: dict[str, list[Measured]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, contender in contenders.items():
            runs[name].append(contender())
    return {name: _median(measured) for name, measured in runs.items()}


def _median(runs: Sequence[Measured]) -> Measured:
    return Measured(
        median(run.seconds for run in runs),
        median(run.from_start for run in runs),
        median(run.peak for run in runs),
        runs[-1].answer,
    )
