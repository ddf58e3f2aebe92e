"""What a machine takes: tables whose figures differ from one to the next, so read the ratios."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from handler import limits
from local import sandbox
from local.bench import lists
from local.bench.environment import FOLDER, Environment
from local.bench.processes import Measured, by_turns, measure
from local.bench.tables import OURS, SCRIPT, Table, megabytes, seconds, times
from local.bench.world import World

PLAIN: Final = "local.bench.probes.plain_script"
READERS: Final = {"ours": f"{OURS}: read and check", "usual": "`csv.DictReader` + email-validator"}
NOTHING_TO_DO: Final = "reports/1001/list.csv"
"""A key that the function ignores: it lies outside of the incoming folder."""


MOST_MEMORY: Final = 200_000_000
"""Bytes. The function has 256 MB."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    rounds: int = 5
    rows: int = 50_000
    many_rows: int | None = 5_000_000
    """Read once by each: it takes the slower one minutes."""
    series_rows: int = 1_000_000
    """Of a list that goes into a series of groups."""

    @property
    def counts(self) -> list[int]:
        """Of rows."""
        return [count for count in (self.rows, self.many_rows) if count]


QUICK: Final = Size(rounds=1, rows=2_000, many_rows=None, series_rows=3_000)


@dataclass(frozen=True, slots=True)
class Bench:
    """One run."""

    environment: Environment
    world: World
    size: Size

    def reading(self) -> Table:
        """Reads and judges a CSV."""
        rounds = {count: self.size.rounds if count == self.size.rows else 1 for count in self.size.counts}
        found = [self._race(count, rounds[count]) for count in self.size.counts]
        headings = [heading for count in self.size.counts for heading in (f"{count:,} rows", "speed", "peak memory")]
        rows = [
            (label, *(cell for race in found for cell in _beside(race[name], race["usual"])))
            for name, label in READERS.items()
        ]
        return Table("read and validate a CSV", ("", *headings), rows)

    def memory(self) -> Table:
        """The most memory that the whole process holds, SDKs and all, when a file is imported. Raises `RuntimeError`
        where a list for a series takes more than it may."""
        found = {f"{count:,} rows": self._invoke("index", self._list(count)) for count in self.size.counts}
        count, groups = self.size.series_rows, -(-self.size.series_rows // limits.GROUP_LIMIT)
        into = f"{groups} groups" if groups > 1 else "one group"
        series = self._invoke("index", self._list(count), ON_OVERFLOW="split")
        if series.peak > MOST_MEMORY:
            raise RuntimeError(f"an import into {into} took {megabytes(series.peak)}")
        found[f"{count:,} rows, `ON_OVERFLOW=split`, into {into}"] = series
        rows = [(label, megabytes(run.peak), seconds(run.seconds)) for label, run in found.items()]
        return Table("a whole import, COS and SES answering at once", ("", "peak memory", "time"), rows)

    def data(self) -> Table:
        """The same rows, with and without data for the mail's template."""
        file = self._list(self.size.rows)
        found = by_turns(
            {
                "addresses alone": partial(self._invoke, "index", file),
                "with a name and a city": partial(self._invoke, "index", file, TEMPLATE_DATA="name=姓名,city=城市"),
            },
            self.size.rounds,
        )
        plain = next(iter(found.values()))
        rows = [
            (label, seconds(run.seconds), times(run.seconds / plain.seconds), megabytes(run.peak))
            for label, run in found.items()
        ]
        return Table(f"an import of {self.size.rows:,} rows, as above", ("", "time", "ratio", "peak memory"), rows)

    def cold_starts(self) -> Table:
        """From the start of a process until the handler has returned."""
        one_row = self._list(1)
        found = by_turns(
            {
                f"{OURS}, an event with nothing to do": partial(
                    self._probe, "invoke", "index", self.world.event(NOTHING_TO_DO)
                ),
                f"{OURS}, a sweep that finds nothing": self._sweep_of_nothing,
                f"{OURS}, a file with one row": partial(self._invoke, "index", one_row),
                f"{SCRIPT}, a file with one row": partial(self._invoke, PLAIN, one_row),
                "importing both SDKs and pydantic, no more": partial(self._probe, "imports"),
            },
            2 * self.size.rounds,
        )
        *_, imports = found.values()
        rows = [
            (label, seconds(run.from_start), times(run.from_start / imports.from_start)) for label, run in found.items()
        ]
        return Table("cold start", ("", "from process start", "ratio"), rows)

    def package(self) -> Table:
        """What is deployed."""
        package = self.environment.package
        sizes = package.zip.stat().st_size, sum(package.sizes.values())
        rows = [("the function, its libraries and their bytecode", *map(megabytes, sizes))]
        return Table("package", ("", "zip", "unpacked"), rows)

    # Inside

    def _race(self, count: int, rounds: int) -> dict[str, Measured]:
        """Raises `RuntimeError` where they do not find the same: then they did not do the same work."""
        file = str(self._list(count))
        found = by_turns({name: partial(self._probe, "read", name, file) for name in READERS}, rounds)
        answers = {name: run.answer for name, run in found.items()}
        if len({*map(tuple, answers.values())}) != 1:
            raise RuntimeError(f"they disagree about the rows: {answers}")
        return found

    def _probe(self, probe: str, *arguments: str, **variables: str) -> Measured:
        environment = self.environment
        command = environment.command(probe, *arguments)
        return measure(command, {**environment.variables, **self.world.variables, **variables})

    def _invoke(self, module: str, file: Path, **variables: str) -> Measured:
        return self._probe("invoke", module, self.world.drop(file), **variables)

    def _sweep_of_nothing(self) -> Measured:
        self.world.empty()
        return self._probe("invoke", "index", json.dumps({"Type": "Timer", "Message": ""}), BUCKET=sandbox.BUCKET)

    def _list(self, count: int) -> Path:
        return lists.written(FOLDER / "lists", count)


def _beside(run: Measured, usual: Measured) -> tuple[str, str, str]:
    return seconds(run.seconds), times(usual.seconds / run.seconds), megabytes(run.peak)


MEASURED: Final[Mapping[str, Callable[[Bench], Table]]] = {
    "reading": Bench.reading,
    "memory": Bench.memory,
    "data": Bench.data,
    "cold_starts": Bench.cold_starts,
    "package": Bench.package,
}
