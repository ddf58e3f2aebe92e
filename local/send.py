"""`python -m local send`: drops files into the bucket, follows their imports to the end, fetches their reports."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Final
from urllib.parse import quote

from rich.console import Console

from handler.clouds import cos
from handler.errors import ImportProblem, OperatorProblem
from handler.intake.source import METADATA
from handler.limits import KEY_BYTES
from handler.planning.samples import TypoDomain
from handler.reporting.report import FINAL, Report
from handler.settings import Settings
from handler.timing import Clock, Deadline, SystemClock
from local import deployment, sandbox, summary
from local.cloud import Cloud
from local.emulator import LOOK_SECONDS, Account, account
from local.inputs import places
from local.output import write_whole
from local.preview import Asked, dry_run
from local.progress import bar
from local.summary import STATUS, Told, show_file, show_sum

REPORT: Final = "/report.json"
PAGE: Final = "/report.html"
PAGE_PATIENCE: Final = 20.0
"""Seconds that a page is waited for once the report is final."""
LOOK_EVERY: Final = 2.0
"""Seconds between two looks for reports."""
LATER_EVERY: Final = 10.0
"""The same, for what takes longer."""
PATIENCE: Final = 3_600.0
"""Seconds after which an import that is not over is followed no longer. A sweep comes by every five minutes."""
DOUBT: Final = 60.0
"""Seconds without a report after which something may be wrong."""
PREFIX_BYTES: Final = KEY_BYTES - 100
"""Of a key: the folder of a report is cut where its name is longer."""


class EmulatedTime(SystemClock):
    """Time in which the function is called: whoever waits lets it work."""

    def __init__(self, here: Account) -> None:
        self._here = here

    def sleep(self, seconds: float) -> None:
        called = self._here.platform.step(min(seconds, LOOK_SECONDS))
        if called and called.failure:
            print(f"The function failed: {called.failure}", file=sys.stderr)


@dataclass(frozen=True, slots=True)
class Place:
    """Where files are dropped, and who can tell when nothing more will come of it."""

    bucket: cos.CosBucket
    settings: Settings
    folder: str
    """Below the prefixes: the group's number or name."""
    clock: Clock
    account: Account | None = None

    @property
    def is_over(self) -> bool:
        """Whether nobody works on any file any more, as far as that can be known."""
        return self.account is not None and self.account.platform.is_idle


@dataclass(slots=True)
class Drop:
    """A file that was dropped."""

    name: str
    """As its owner calls it."""
    key: str
    etag: str
    typos: Sequence[TypoDomain]
    """Domains of its good addresses that look like typing mistakes."""
    reports: str
    """What the keys of its reports begin with."""
    before: frozenset[str]
    """Reports that were there already."""
    report: str = ""
    """The key of its report, once it is there."""
    status: str = ""
    final_since: float | None = None
    """When the report was first seen as final."""


def send(
    files: Sequence[str],
    group: str,
    environ: Mapping[str, str],
    out: Path,
    console: Console,
    *,
    hints: Mapping[str, str],
    emulator: int | None,
) -> int:
    """Drops the files for a group, waits for their reports, prints them as `replay` does: 0, or 1 if one was refused.
    `hints` are said in the metadata of each; `emulator` is the port of one that runs already, or 0 for one of
    this command's own.

    Raises `OperatorProblem` for wrong settings, and where the bucket cannot be reached or written to.
    """
    if emulator:
        return deliver(_running(environ, group, emulator), files, out, console, hints)
    with _deployed(environ, group) if emulator is None else _emulated(environ, group) as place:
        return deliver(place, files, out, console, hints)


def deliver(
    place: Place,
    files: Sequence[str],
    out: Path,
    console: Console,
    hints: Mapping[str, str] = MappingProxyType({}),
) -> int:
    """The same, once it is known where everything is."""
    found = places(files, None)
    for below in found.values():
        sandbox.require_text(below)
    drops = [_drop(place, Path(name), below.as_posix(), hints) for name, below in found.items()]
    if sys.stderr.isatty():
        print("Dropped. Waiting for the reports; Ctrl-C stops waiting, and no import.", file=sys.stderr)
    followed, told = _Followed(place, drops), []
    try:
        for drop in followed.finished():
            told.append(_fetched(place, drop, out))
            show_file(told[-1], console)
    except KeyboardInterrupt:
        if place.account is None:
            folders = ", ".join(drop.reports for drop in followed.open)
            print(f"What was dropped is imported all the same; reports: {folders}", file=sys.stderr)
        raise
    for drop in followed.open:
        if drop.report:  # which says how far it has come
            told.append(_fetched(place, drop, out))
            show_file(told[-1], console)
    reports = place.settings.reports_prefix
    histories = (f"{reports}{place.folder}/latest", f"{reports}index")  # which the pages of the reports lead to
    _copy(place, [f"{name}.{ending}" for name in histories for ending in ("html", "json")], out)
    show_sum([each.report for each in told], [drop.key for drop in followed.open if not drop.report], out, console)
    return 1 if followed.open or any(each.report.status == "refused" for each in told) else 0


@contextmanager
def _deployed(environ: Mapping[str, str], group: str) -> Iterator[Place]:
    """The bucket that `.env` names, by the deployer's own keys."""
    env, clock = deployment.read(environ=environ), SystemClock()
    settings = deployment.own_settings(env, needed=("BUCKET", "REGION"))
    yield place_on(settings, _folder(env, group), clock)


def _running(environ: Mapping[str, str], group: str, port: int) -> Place:
    """The bucket of an emulator that somebody has started. Raises `OperatorProblem` where nobody has."""
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        raise OperatorProblem(f"No emulator listens on 127.0.0.1:{port}: start one with --port {port}.") from None
    env = deployment.settings_here(environ, deployment.PLACES)
    access = sandbox.access(Cloud(), f"http://127.0.0.1:{port}")
    settings = Settings.read({**env, **access, "BUCKET": sandbox.BUCKET})
    return place_on(settings, _folder(env, group), SystemClock())


@contextmanager
def _emulated(environ: Mapping[str, str], group: str) -> Iterator[Place]:
    """An account without anything but the group, and the function on it, with the settings that `.env` has for it."""
    env = deployment.settings_here(environ, deployment.PLACES)
    folder = _folder(env, group)
    with account(env) as here:
        by_number = not _by_name(env)
        here.cloud.groups.create(*(sandbox.group_name(int(group)), int(group)) if by_number else (group,))
        yield place_on(here.settings, folder, EmulatedTime(here), here)


def place_on(settings: Settings, folder: str, clock: Clock, here: Account | None = None) -> Place:
    """A place by its settings, the group's folder, and the time that passes while somebody waits."""
    client = cos.connect(settings, settings.region_for(None))
    bucket = cos.CosBucket(client, str(settings.bucket), Deadline(clock, inf))
    return Place(bucket, settings, folder, clock, here)


def _by_name(env: Mapping[str, str]) -> bool:
    return env.get("GROUP_FOLDERS", "").strip().lower() == "name"


def _folder(env: Mapping[str, str], group: str) -> str:
    """The folder that is the group's. Raises `OperatorProblem` where there can be none."""
    if _by_name(env):
        if "/" in group:
            raise OperatorProblem("A group whose name has a slash has no folder: choose another name.")
        return group
    if not sandbox.is_group(group):
        raise OperatorProblem(
            "--group takes the group's number, as the SES console shows it. With GROUP_FOLDERS=name it takes its name."
        )
    return str(int(group))


def _drop(place: Place, path: Path, below: str, hints: Mapping[str, str]) -> Drop:
    settings, bucket = place.settings, place.bucket
    key = f"{settings.incoming_prefix}{place.folder}/{below}"
    reports = f"{settings.reports_prefix}{place.folder}/{below}".encode()[:PREFIX_BYTES].decode(errors="ignore")
    before = frozenset(entry.key for entry in bucket.list(reports))
    metadata = {f"{METADATA}{name}": quote(value, safe="=,|*") for name, value in hints.items()}
    with path.open("rb") as file:
        bucket.upload(key, iter(lambda: file.read(cos.CHUNK_BYTES), b""), "application/octet-stream", metadata)
    found = bucket.head(key)
    if found is None:
        raise OperatorProblem(f"{key} is gone as soon as it was dropped: does anything else remove it?")
    return Drop(str(path), key, found.etag, _typos(place, path, hints), reports, before)


def _typos(place: Place, path: Path, hints: Mapping[str, str]) -> Sequence[TypoDomain]:
    """Likely typing mistakes, by a dry run of the file: the function tells them on the page alone."""
    with (
        TemporaryDirectory() as folder,
        bar(path.stat().st_size, summary.console(stderr=True)) as progress,
        suppress(ImportProblem),  # the import itself says what is wrong with it
    ):
        return dry_run(Asked(path, path.name, hints), Path(folder), place.settings, progress, kept=False).typos
    return ()


@dataclass(slots=True)
class _Followed:
    """Files, until their imports are over."""

    place: Place
    drops: Sequence[Drop]
    open: list[Drop] = field(init=False)
    """Those that are not over."""

    def __post_init__(self) -> None:
        self.open = list(self.drops)

    def finished(self) -> Iterator[Drop]:
        """Each file as its import ends. Ends with some still `open` where nothing more is to be expected of them."""
        clock = self.place.clock
        began, is_told = clock.monotonic(), False
        while True:
            was_over = self.place.is_over  # asked first: then all that there is has been written
            for drop in list(self.open):
                if self._look(drop) and drop.status in FINAL and (was_over or self._has_page(drop)):
                    self.open.remove(drop)
                    yield drop
            waited = clock.monotonic() - began
            if not self.open or was_over or waited > PATIENCE:
                return
            if waited > DOUBT and not is_told:
                is_told = True
                self._doubt()
            clock.sleep(LOOK_EVERY if waited < DOUBT else LATER_EVERY)

    def _look(self, drop: Drop) -> bool:
        """Whether there is a report of the file; tells of one that is not final yet."""
        bucket = self.place.bucket
        keys = [drop.report] if drop.report else [entry.key for entry in bucket.list(drop.reports)]
        for key in keys:
            if not key.endswith(REPORT) or key in drop.before or not (body := bucket.read(key)):
                continue
            report = Report.from_json(body)
            if (report.source.key, report.source.etag) == (drop.key, drop.etag):
                if report.status != drop.status and report.status not in FINAL:
                    print(f"{drop.name}: {STATUS[report.status][1]} ...", file=sys.stderr)
                drop.report, drop.status = key, report.status
                return True
        return False

    def _has_page(self, drop: Drop) -> bool:
        """Whether the page is there, too, which is written last; an import can do without it, and so it is not waited
        for in vain."""
        now = self.place.clock.monotonic()
        drop.final_since = now if drop.final_since is None else drop.final_since
        folder = drop.report.removesuffix(REPORT)
        keys = (entry.key for entry in self.place.bucket.list(f"{folder}/"))
        return now - drop.final_since >= PAGE_PATIENCE or f"{folder}{PAGE}" in keys

    def _doubt(self) -> None:
        if without := [drop.name for drop in self.open if not drop.report]:
            print(
                f"No report yet of {', '.join(without)}. Is the function deployed, and its trigger switched on? "
                "`python -m local doctor` checks the rest. Ctrl-C stops waiting.",
                file=sys.stderr,
            )


def _fetched(place: Place, drop: Drop, out: Path) -> Told:
    """Copies the report folder; the report."""
    folder = drop.report.removesuffix(REPORT)
    _copy(place, [entry.key for entry in place.bucket.list(f"{folder}/")], out)
    report = Report.from_json((out / drop.report).read_bytes())
    return Told(report, drop.name, out / folder, drop.typos)


def _copy(place: Place, keys: Sequence[str], out: Path) -> None:
    for key in keys:
        if (body := place.bucket.read(key)) is not None:
            write_whole(out / key, [body])
