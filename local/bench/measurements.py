"""Every table: who takes part, how often, and what the figures come to."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from math import ceil
from pathlib import Path
from typing import Final

from handler.limits import BATCH_SIZE
from local import sandbox
from local.bench import lists
from local.bench.environment import FOLDER, Environment, full_sdk
from local.bench.processes import Measured, by_turns, measure
from local.bench.tables import Table, megabytes, seconds, times
from local.bench.world import World
from local.package import ROOT

SCRIPT: Final = "local.bench.probes.plain_script"
OURS: Final = "**this function**"
USUAL: Final = "`csv.DictReader` + email-validator"
READERS: Final = {
    "ours": f"{OURS}: read and check",
    "decision": f"{OURS}: and decide, list and store every row",
    "usual": USUAL,
    "pandas": "pandas + email-validator",
    "polars": "polars + the same checks",
    "limit": "`csv.reader` alone, the limit",
}
FORMATS: Final = {
    "gzip": "gzip",
    "gb18030": "GB18030",
    "utf-16": "UTF-16",
    "xlsx": "xlsx (the usual way: openpyxl)",
    "json lines": "JSON lines",
}
AIMS: Final = {
    "reading": ("read and validate, speed against csv.DictReader + email-validator", "at least 12"),
    "limit": ("read and validate, speed against csv.reader alone", "at least 0.35"),
    "memory": ("peak memory of the largest import, MB", "below 80"),
    "growth": ("the same, against that of the smallest", "at most 1.1"),
    "import": ("whole import, time against the script", "at most 1.3"),
    "nothing to do": ("cold start with nothing to do, against the imports", "at most 0.7"),
    "one row": ("cold start with one row, against the script", "at most 1.5"),
    "writes": ("write requests, against the fewest there can be", "1"),
    "requests": ("other requests of an import in one batch", "at most 14"),
}
NOTHING_TO_DO: Final = "reports/1001/list.csv"
"""A key that the function ignores: it lies outside of the incoming folder."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    rounds: int = 7
    rows: int = 50_000
    many_rows: int | None = 5_000_000
    """Read once by each: it takes the slowest two minutes."""
    growth: tuple[int, ...] = (1_000, 10_000, 50_000)
    junk_bytes: int | None = 2_000_000_000


QUICK: Final = Size(rounds=1, rows=2_000, many_rows=None, growth=(1_000, 2_000), junk_bytes=None)


@dataclass(frozen=True, slots=True)
class Bench:
    """One run."""

    environment: Environment
    world: World
    size: Size
    ratios: dict[str, float] = field(default_factory=dict)
    """What AIMS speaks of."""

    def reading(self) -> Table:
        """Reads and judges a CSV."""
        counts = [count for count in (self.size.rows, self.size.many_rows) if count]
        found = [self._race(READERS, "csv", count, self.size.rounds if count == counts[0] else 1) for count in counts]
        self.ratios["reading"] = found[-1]["usual"].seconds / found[-1]["ours"].seconds
        self.ratios["limit"] = found[-1]["limit"].seconds / found[-1]["ours"].seconds
        headings = tuple(heading for count in counts for heading in (f"{count:,} rows", "speed", "peak memory"))
        rows = [
            (label, *(cell for race in found for cell in _beside(race[name], race["usual"])))
            for name, label in READERS.items()
        ]
        return Table("read and validate a CSV", ("", *headings), rows)

    def formats(self) -> Table:
        """The same from other formats."""
        names = ("ours", "usual", "pandas")
        rows = []
        for kind, label in FORMATS.items():
            race = self._race(names, kind, self.size.rows, self.size.rounds)
            ahead = times(race["usual"].seconds / race["ours"].seconds)
            rows.append((label, *(seconds(race[name].seconds) for name in names), ahead))
        headings = ("", OURS, "the usual way", "pandas", "speed")
        return Table(f"the same from {self.size.rows:,} rows of", headings, rows)

    def imports(self) -> Table:
        """Whole imports, against a script that does no more than parse, slice and send."""
        growth = self.size.growth
        races = {
            count: by_turns(
                {name: partial(self._invoke, name, self._list("csv", count)) for name in ("index", SCRIPT)},
                self.size.rounds,
            )
            for count in growth
        }
        labels = {"index": OURS, SCRIPT: "a script of 40 lines that parses, slices and sends"}
        rows = [(label, *(seconds(races[count][name].seconds) for count in growth)) for name, label in labels.items()]
        ratios = [races[count]["index"].seconds / races[count][SCRIPT].seconds for count in growth]
        self.ratios["import"] = ratios[-1]
        heading = ("", *(f"{count:,} rows" for count in growth))
        return Table("a whole import of", heading, [*rows, ("ratio", *map(times, ratios))])

    def cold_starts(self) -> Table:
        """From the start of a process until the handler has returned."""
        one_row = self._list("csv", 1)
        found = by_turns(
            {
                "nothing": partial(self._probe, "invoke", "index", self.world.event(NOTHING_TO_DO)),
                "sweep": self._sweep_of_nothing,
                "imports": partial(self._probe, "imports"),
                "ours": partial(self._invoke, "index", one_row),
                "plain": partial(self._invoke, SCRIPT, one_row),
            },
            2 * self.size.rounds,
        )
        self.ratios["nothing to do"] = found["nothing"].from_start / found["imports"].from_start
        self.ratios["one row"] = found["ours"].from_start / found["plain"].from_start
        labels = {
            "nothing": (f"{OURS}, an event with nothing to do", "imports"),
            "sweep": (f"{OURS}, a sweep that finds nothing", "imports"),
            "imports": ("importing both SDKs and pydantic, no more", "imports"),
            "ours": (f"{OURS}, a file with one row", "plain"),
            "plain": ("the script of 40 lines, a file with one row", "plain"),
        }
        rows = [
            (label, seconds(found[name].from_start), times(found[name].from_start / found[against].from_start))
            for name, (label, against) in labels.items()
        ]
        return Table("cold start", ("", "from process start", "ratio"), rows)

    def memory(self) -> Table:
        """The most memory that the whole process holds, SDKs and all, when a file is imported."""
        files = {
            f"{count:,} rows": self._list("csv", count) for count in (self.size.rows, self.size.many_rows) if count
        }
        if self.size.junk_bytes:
            files["2 GB of junk"] = self._list("junk", self.size.junk_bytes)
        rows = []
        for label, file in files.items():
            found = self._invoke("index", file)
            rows.append((label, megabytes(found.peak), seconds(found.seconds)))
            self.ratios.setdefault("least memory", found.peak / 1e6)
            self.ratios["memory"] = max(self.ratios.get("memory", 0), found.peak / 1e6)
        self.ratios["growth"] = self.ratios["memory"] / self.ratios["least memory"]
        return Table("peak memory of a whole import", ("", "memory", "time"), rows)

    def package(self) -> Table:
        """What is deployed."""
        package = self.environment.package
        rows = [(f"{OURS}, its libraries and their bytecode", package.zip.stat().st_size, sum(package.sizes.values()))]
        if self.size != QUICK and (full := full_sdk()):
            rows.append(("the SDK of all services, which many functions pack", *full))
        return Table(
            "package",
            ("", "zip", "unpacked"),
            [(label, megabytes(zipped), megabytes(unpacked)) for label, zipped, unpacked in rows],
        )

    def requests(self) -> Table:
        """The calls of one import into an empty group."""
        most = min(BATCH_SIZE, self.size.rows)
        rows = []
        for count, kind, what in (
            (most, "clean csv", "all of them good"),
            (most, "csv", "some to be listed"),
            (self.size.rows, "csv", "some to be listed"),
        ):
            self._invoke("index", self._list(kind, count))
            calls = self.world.requests()
            rows.append((f"{count:,} rows, {what}", *map(_told, calls.values())))
            self.ratios["writes"] = calls["ses"]["CreateReceiverDetail"] / ceil(count / BATCH_SIZE)
            self.ratios.setdefault("requests", sum(map(Counter.total, calls.values())) - 1)
        return Table("requests of one import", ("", "SES", "COS"), rows)

    def cost(self) -> Table:
        """What an import of 10,000 rows is billed: the configured memory for as long as it takes, cold and warm."""
        file = self._list("csv", min(10_000, self.size.rows))
        found = by_turns(
            {
                "cold": partial(self._invoke, "index", file),
                "warm": partial(self._invoke, "index", self._list("csv", 1), file),
            },
            self.size.rounds,
        )
        memory = int(re.findall(r"memorySize: (\d+)", (ROOT / "serverless.yml").read_text(encoding="utf-8"))[0])
        rows = [
            (f"{name}", seconds(run.seconds), megabytes(run.peak), f"{run.seconds * memory / 1_024:.3f} GB-s")
            for name, run in found.items()
        ]
        return Table(
            f"an import of 10,000 rows with {memory} MB, less the service's own time",
            ("", "time", "memory", "billed"),
            rows,
        )

    def aims(self) -> Table:
        """How the figures compare with what they are to be; only for the terminal."""
        rows = [(what, aim, f"{self.ratios[name]:.2f}") for name, (what, aim) in AIMS.items() if name in self.ratios]
        return Table("aims", ("", "aim", "now"), rows)

    # Inside

    def _race(
        self, names: Mapping[str, str] | tuple[str, ...], kind: str, count: int, rounds: int
    ) -> dict[str, Measured]:
        """Raises `RuntimeError` where two of them do not find the same: then they did not do the same work."""
        file = str(self._list(kind, count))
        found = by_turns(
            {name: partial(self._probe, "read", name, kind, file, deployed=False) for name in names}, rounds
        )
        answers = {tuple(run.answer) for name, run in found.items() if name != "limit"}
        if len(answers) != 1:
            raise RuntimeError(
                f"{kind}: they disagree about the rows: { {name: run.answer for name, run in found.items()} }"
            )
        return found

    def _probe(self, probe: str, *arguments: str, deployed: bool = True, **variables: str) -> Measured:
        environment = self.environment
        command = environment.command(probe, *arguments, deployed=deployed)
        return measure(command, {**environment.variables, **self.world.variables, **variables})

    def _invoke(self, module: str, *files: Path) -> Measured:
        return self._probe("invoke", module, *self.world.drop(*files))

    def _sweep_of_nothing(self) -> Measured:
        self.world.drop()
        return self._probe("invoke", "index", json.dumps({"Type": "Timer", "Message": ""}), BUCKET=sandbox.BUCKET)

    def _list(self, kind: str, size: int) -> Path:
        return lists.written(FOLDER / "lists", kind, size)


def _beside(run: Measured, usual: Measured) -> tuple[str, str, str]:
    return seconds(run.seconds), times(usual.seconds / run.seconds), megabytes(run.peak)


def _told(calls: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(calls.items(), key=lambda call: -call[1]))


TABLES: Final[tuple[Callable[[Bench], Table], ...]] = (
    Bench.reading,
    Bench.formats,
    Bench.imports,
    Bench.cold_starts,
    Bench.memory,
    Bench.package,
    Bench.requests,
    Bench.cost,
    Bench.aims,
)
