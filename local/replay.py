"""Hands one event to the function on one's own machine: the real SDKs, the emulator, the files of a folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from rich.console import Console
from rich.text import Text

from handler.app import Invocation
from handler.errors import ImportProblem, OperatorProblem
from handler.intake.event import Drops, Ignored, Sweep, read_event
from handler.reporting.report import Report
from handler.settings import Settings
from handler.timing import SystemClock
from local import sandbox
from local.cloud import Cloud
from local.output import write_whole
from local.summary import Told, show_file, show_ignored, show_sum

CONTEXT: Final = {"request_id": "replay", "time_limit_in_ms": 900_000, "memory_limit_in_mb": 128}
"""What the platform says about an invocation."""
REPORT: Final = "/report.json"


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of an event."""

    told: Sequence[Told]
    """The reports there are, those of an invocation that failed included."""
    ignored: Sequence[Ignored]
    problem: ImportProblem | None
    """Why the function failed: the platform would call it again."""
    out: Path
    failed: Sequence[str] = ()
    """Files without a report, as the function failed."""
    nothing: str = ""
    """What is to be said where there is nothing to be told of."""
    written: Sequence[Path] = ()
    """Everything that was copied."""

    @property
    def exit_code(self) -> int:
        if isinstance(self.problem, OperatorProblem):
            return 2
        return 1 if self.problem or any(told.report.status == "refused" for told in self.told) else 0


def replay(event: object, files: Path, out: Path, environ: Mapping[str, str], blocked: Sequence[str] = ()) -> Replayed:
    """Calls the function once, with the settings in `environ`, and copies what it reported to `out`.

    The addresses in `blocked` are on the service's black list.

    Raises `OperatorProblem` for wrong settings and for what is no event.
    """
    cloud = Cloud()
    with cloud.serve() as endpoint:
        environ = {"BUCKET": _bucket_of_timer(event), **environ, **sandbox.access(cloud, endpoint)}
        settings = Settings.read(environ)
        asked = read_event(event, settings.prefixes, only_bucket=settings.bucket)
        drops = asked.drops if isinstance(asked, Drops) else ()
        buckets = list(dict.fromkeys(drop.bucket for drop in drops)) or [settings.bucket or sandbox.BUCKET]
        sandbox.fill(cloud, buckets, files, sandbox.metadata_in(event), settings)
        cloud.groups.black_list.put(blocked)
        result, problem = _call(event, environ)
        if cloud.problems:
            raise RuntimeError(f"the emulator was asked for what it does not know: {cloud.problems}")
        there = {(bucket, key) for bucket in buckets for key in cloud.objects.keys(bucket)}
        copied = [key for bucket in buckets for key in _copy_reports(cloud, bucket, settings.reports_prefix, out)]
    reports = [key for key in copied if key.endswith(REPORT)]
    order = {imported["import_id"]: number for number, imported in enumerate(result.get("imports", ()))}
    reports.sort(key=lambda key: order.get(key.split("/")[-2], len(order)))
    ignored = [Ignored(**each) for each in result.get("ignored", ())]
    told = [_told(out / key) for key in reports]
    done = {(each.report.source.bucket, each.report.source.key) for each in told}
    tried = dict.fromkeys((drop.bucket, key) for drop in drops for key in (drop.key, unquote(drop.key)))
    failed = [key for bucket, key in tried if (bucket, key) in there - done] if problem else []
    return Replayed(told, ignored, problem, out, failed, _nothing(asked, settings), [out / key for key in copied])


def show(replayed: Replayed, console: Console) -> None:
    """Prints what happened, file by file, and the sum of it."""
    for told in replayed.told:
        show_file(told, console)
    for ignored in replayed.ignored:
        show_ignored(ignored, console)
    if replayed.problem:
        console.print(Text(f"The function failed, and would be called again: {replayed.problem.message}", "bold red"))
    if replayed.told or replayed.failed:
        show_sum([told.report for told in replayed.told], replayed.failed, replayed.out, console)
    elif not replayed.problem:
        console.print(Text(replayed.nothing, "bold"))


def _bucket_of_timer(event: object) -> str:
    """The setting that only a sweep needs; events of COS name their bucket."""
    return sandbox.BUCKET if isinstance(event, dict) and event.get("Type") == "Timer" else ""


def _nothing(asked: Drops | Sweep, settings: Settings) -> str:
    if isinstance(asked, Sweep):
        return "A dry run sweeps nothing." if settings.dry_run else "The sweep found nothing to do."
    return "No file was imported." if asked.drops or asked.ignored else "The event has no records: nothing was done."


def _call(event: object, environ: Mapping[str, str]) -> tuple[dict[str, Any], ImportProblem | None]:
    try:
        return Invocation(environ, CONTEXT, SystemClock()).handle(event), None
    except ImportProblem as problem:
        return {}, problem


def _copy_reports(cloud: Cloud, bucket: str, prefix: str, out: Path) -> list[str]:
    """Copies all that lies below the prefix; its keys. What an earlier replay left beside the reports goes."""
    keys = cloud.objects.keys(bucket, prefix)
    for key in keys:
        if key.endswith(REPORT):
            for left in (out / key).parent.glob("*.*"):
                left.unlink()
    copied = []
    # A file called latest.html has a folder where a disk has room for the group's history only, or the other way round.
    for key in sorted(keys, key=len, reverse=True):
        path = out / key
        if not path.is_dir():
            write_whole(path, [cloud.objects.read(bucket, key)])
            copied.append(key)
    return copied


def _told(path: Path) -> Told:
    report = Report.from_json(path.read_bytes())
    return Told(report, report.source.key, path.parent)
