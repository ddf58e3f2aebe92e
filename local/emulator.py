"""COS, SES and the function's platform on 127.0.0.1 until Ctrl-C, for trying things out by hand."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from rich.console import Console

from handler.clouds import cos
from handler.errors import OperatorProblem
from handler.reporting.report import Report
from handler.settings import Settings
from handler.timing import Deadline
from local import sandbox
from local.cloud import Cloud, Created
from local.output import write_whole
from local.platform.events import Event, created
from local.platform.live import Called, LivePlatform, StoppableClock
from local.summary import STATUS, report_path, show_line, shown, sum_of
from local.watch import Watch

NAME: Final = "spring"
"""Of the group, where folders are names."""
LOOK_SECONDS: Final = 0.2
"""Between two looks at the folder, and at whatever else is due."""
UPLOAD_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Account:
    """An account of one's own: a bucket whose trigger calls the function, and its groups."""

    cloud: Cloud
    endpoint: str
    environ: Mapping[str, str]
    """The function's variables, by which any client finds it, too."""
    platform: LivePlatform
    clock: StoppableClock

    @property
    def settings(self) -> Settings:
        return Settings.read(self.environ)


@contextmanager
def account(environ: Mapping[str, str], port: int = 0, clock: StoppableClock | None = None) -> Iterator[Account]:
    """An account on this port, any free one being 0, until the `with` ends; the function has the settings in `environ`.

    Raises `OperatorProblem` where a setting is wrong, or the port is taken.
    """
    clock = clock or StoppableClock()
    cloud = Cloud(clock=clock)
    with closing(LivePlatform(clock)) as platform, _served(cloud, port) as endpoint:
        platform.environ = {**environ, **sandbox.access(cloud, endpoint), "BUCKET": sandbox.BUCKET}
        settings = Settings.read(platform.environ)
        for bucket in {sandbox.BUCKET, settings.state_bucket or sandbox.BUCKET}:
            cloud.objects.create_bucket(bucket)
        cloud.on_created = _trigger(settings.incoming_prefix, platform.send)
        yield Account(cloud, endpoint, platform.environ, platform, clock)


def serve(
    environ: Mapping[str, str],
    port: int,
    watch: Path | None,
    console: Console,
    clock: StoppableClock | None = None,
    out: Path | None = None,
) -> int:
    """Prints the settings that lead clients here, and a line for each call and each import, until it is interrupted.
    The reports are copied to `out`, if it is given."""
    if watch and not watch.is_dir():
        raise OperatorProblem(f"{watch} is not a folder: make it first.")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with account(environ, port, clock) as here:
            here.cloud.groups.create(_group_name(here), sandbox.GROUP)
            _introduce(here, watch, console)
            folder = watch and Watch(watch, _uploads(here), here.clock)
            problems, copied = 0, dict[str, str]()
            while True:
                if called := here.platform.step(LOOK_SECONDS):
                    if out:
                        _copy_reports(here, out, copied)
                    _say(told_of(called, here, out), console)
                if folder:
                    _say((_line("upload", shown(name)) for name in folder.look()), console)
                found = here.cloud.problems[problems:]
                problems += len(found)
                _say((_line("refused", f"{each.kind}: {shown(each.message, 300)}") for each in found), console)
    except KeyboardInterrupt:
        return 0


def _copy_reports(here: Account, out: Path, copied: dict[str, str]) -> None:
    """Whatever has changed below the reports prefix; `copied` has the ETags of what was copied before."""
    for key in here.cloud.objects.keys(sandbox.BUCKET, here.settings.reports_prefix):
        etag = here.cloud.objects.head(sandbox.BUCKET, key).etag
        if copied.get(key) != etag:
            write_whole(out / key, [here.cloud.objects.read(sandbox.BUCKET, key)])
            copied[key] = etag


def told_of(called: Called, here: Account, out: Path | None = None) -> Iterator[str]:
    """A line for a call, and one for each file that it imported or did not look at. Reports were copied to `out`."""
    tries = f", attempt {called.attempt}" if called.attempt > 1 else ""
    yield _line(f"call {called.number}", f"{_name(called.event)}, {called.seconds:.1f} s{tries}")
    if called.failure:
        again = "it is called again in a minute" if called.is_retried else "it is given up"
        yield _line("failed", f"{shown(called.failure, 300)}; {again}")
    for imported in called.result.get("imports", ()):
        yield _line("import", f"{shown(imported['key'], 120)}  {_outcome(imported, here, out)}")
    for ignored in called.result.get("ignored", ()):
        yield _line("ignored", f"{shown(ignored['key'], 120)}  {shown(ignored['why'], 300)}")


def _outcome(imported: Mapping[str, str], here: Account, out: Path | None) -> str:
    if imported["status"] not in STATUS:
        return imported["status"]
    report = Report.from_json(here.cloud.objects.read(sandbox.BUCKET, imported["report"]))
    because = f"{report.reason.code}: {shown(report.reason.message, 300)}  " if report.reason else ""
    where = imported["report"] if out is None else str(report_path((out / imported["report"]).parent))
    return f"{STATUS[report.status][1]}  {because}{sum_of([report])}  {shown(where, 900)}"


def _line(what: str, says: str) -> str:
    return f"{datetime.now().astimezone():%H:%M:%S}  {what:<8}  {says}"


def _name(event: Event) -> str:
    if "Records" not in event:
        return "timer"
    record = event["Records"][0]
    key = record["cos"]["cosObject"]["key"].split("/", 3)[3]
    return f"{record['event']['eventName']} {shown(key, 120)}"


def _trigger(prefix: str, send: Callable[[Event], None]) -> Callable[[Created], None]:
    """What COS does as `serverless.yml` has it: an event for each object that comes in below the prefix."""

    def tell(found: Created) -> None:
        version = found.version
        if found.bucket == sandbox.BUCKET and version.key.startswith(prefix):
            send(
                created(
                    found.bucket,
                    version.key,
                    version.last_modified,
                    found.request_id,
                    version.etag,
                    how=found.how,
                    size=version.content.size,
                    content_type=version.headers.system.get("content-type", ""),
                    version_id=version.version_id or "",
                )
            )

    return tell


def _uploads(here: Account) -> Callable[[str, Path], None]:
    """Puts files below the incoming prefix, as any client does."""
    settings = here.settings
    client = cos.connect(settings, sandbox.REGION)

    def upload(name: str, path: Path) -> None:
        bucket = cos.CosBucket(client, sandbox.BUCKET, Deadline.after(UPLOAD_SECONDS, here.clock))
        with path.open("rb") as file:
            chunks = iter(lambda: file.read(cos.CHUNK_BYTES), b"")
            bucket.upload(f"{settings.incoming_prefix}{name}", chunks, "application/octet-stream")

    return upload


@contextmanager
def _served(cloud: Cloud, port: int) -> Iterator[str]:
    with ExitStack() as stack:
        try:
            endpoint = stack.enter_context(cloud.serve(port))
        except OSError as problem:
            why = os.strerror(problem.errno or 0).lower()
            raise OperatorProblem(f"127.0.0.1:{port}: {why}: choose another --port.") from None
        yield endpoint


def _group_name(here: Account) -> str:
    return NAME if here.settings.group_folders == "name" else sandbox.group_name(sandbox.GROUP)


def _introduce(here: Account, watch: Path | None, console: Console) -> None:
    incoming, name = here.settings.incoming_prefix, _group_name(here)
    folder = name if name == NAME else str(sandbox.GROUP)
    access = {name: here.environ[name] for name in (*sandbox.access(here.cloud, here.endpoint), "BUCKET")}
    lines = [
        f"# COS and SES at {here.endpoint}: bucket {sandbox.BUCKET}, recipient group {sandbox.GROUP} ({name}).",
        *(f"export {name}={value}" for name, value in access.items() if value),
        f"# What is put below {incoming} calls the function: {incoming}{folder}/list.csv is for the group.",
        f"# `python -m local send list.csv --group {folder} --port {here.endpoint.rpartition(':')[2]}` puts it there.",
        *([f"# So does what is put into {watch}: {watch / folder / 'list.csv'}."] if watch else []),
        "# Ctrl-C ends it, and forgets everything.",
    ]
    _say(lines, console)


def _say(lines: Iterable[str], console: Console) -> None:
    for line in lines:
        show_line(line, console)
        console.file.flush()
