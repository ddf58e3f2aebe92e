"""A dry run of a file: the function's own importer, with a folder in place of the bucket and a list for the group."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from math import inf
from pathlib import Path
from tempfile import gettempdir
from typing import Final, Protocol, cast
from urllib.parse import quote

from handler import limits, log
from handler.clouds import ses
from handler.delivering.group import READINGS, Receipt
from handler.delivering.pages import Page, read_pages
from handler.errors import OperatorProblem, SourceProblem, TryLater
from handler.importer import Importer
from handler.intake.event import Drop, import_id_of
from handler.intake.source import METADATA
from handler.planning.decision import Policy, decide
from handler.planning.group import Group, Member
from handler.planning.lists import RowFiles
from handler.planning.samples import Samples
from handler.planning.series import named, series
from handler.reading import read
from handler.reading.tables import Hints, RowBlock, Table
from handler.reporting.page import Place, render
from handler.reporting.report import Report
from handler.reporting.words import in_english, words
from handler.settings import Language, Settings, language_of
from handler.state.ledger import Ledger
from handler.state.lock import GroupLocks
from handler.state.members import GroupMemory
from handler.state.store import Bucket, NoState, Replaced, StoredObject
from handler.timing import Deadline, SystemClock
from handler.wiring import rules_of
from local import output
from local.output import write_whole
from local.sandbox import is_group
from local.summary import Told

CHUNK_BYTES: Final = 1 << 18
BUCKET: Final = "local"
NO_GROUP: Final = 0
"""Where nothing says which group the file is for."""
NO_KEYS: Final = dict.fromkeys(("TENCENTCLOUD_SECRETID", "TENCENTCLOUD_SECRETKEY", "TENCENTCLOUD_SESSIONTOKEN"), "none")
"""Settings that the function always has, and that nothing here needs."""
REPORT: Final = "report.json"
PAGE: Final = "report.html"
LISTS: Final = ("rejected.csv", "skipped.csv", "remaining.csv")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be previewed."""

    path: Path
    name: str
    """The file, as its owner calls it."""
    hints: Mapping[str, str] = field(default_factory=dict)
    """What the owner would say in its metadata: `email-column`, `delimiter`, `encoding`, `only`, `template-data`,
    `language`."""
    members: Path | None = None
    """A list of the addresses that the group has already."""


class Progress(Protocol):
    """Who is told how far the reading has come."""

    def bytes_read(self, position: int) -> object:
        """All bytes before this one have been read."""

    def rows_read(self, count: int) -> object:
        """So many rows more have been decided upon."""


def preview(
    asked: Asked,
    folder: Path,
    environ: Mapping[str, str],
    progress: Progress,
    group: LocalGroup | None = None,
    *,
    kept: bool = True,
) -> Told:
    """Does everything that the function does but the sending, for this `group` or one of the members that are `asked`.

    The report, its page and its CSV files lie in `folder` then; report.json alone unless they are `kept`.
    Raises `OperatorProblem` for wrong settings, and `TryLater` for a file that keeps changing while it is read.
    """
    settings = Settings.read({**NO_KEYS, **environ})
    log.setup(settings.log_level)
    return dry_run(asked, folder, settings, progress, group, kept=kept)


def dry_run(
    asked: Asked,
    folder: Path,
    settings: Settings,
    progress: Progress,
    group: LocalGroup | None = None,
    *,
    kept: bool,
) -> Told:
    """The same by settings that were read already. Raises `TryLater`."""
    with asked.path.open("rb"):  # a call that comes to nothing leaves everything as it is
        addresses = addresses_in(asked.members) if asked.members else ()
        members = [Member(address, address) for address in addresses]
        group = group or LocalGroup(members, _called(asked, settings), settings.receiver_id or NO_GROUP)
    _clear(folder, [asked.path, *filter(None, [asked.members])])
    bucket = LocalBucket(asked, folder, progress, LISTS if kept else ())
    source = bucket.head(asked.name)
    drop = Drop(BUCKET, None, source.key, None, import_id_of(source.key, str(source.size), source.etag))
    publisher = LocalPublisher(folder, settings, kept)
    try:
        with output.named(gettempdir()):  # where the lists are until they are whole
            _importer(settings, bucket, group, publisher, progress).take(drop)
    except BaseException:
        _remove(folder)  # without a report, the next preview would take it for somebody's own
        raise
    report = Report.from_json((folder / REPORT).read_bytes())
    typos = [typo for samples in publisher.samples for typo in samples.typos]
    recipients = [recipient for samples in publisher.samples for recipient in samples.recipients]
    return Told(report, asked.name, folder, typos, recipients)


def _called(asked: Asked, settings: Settings) -> str:
    """What the group is called where nobody says it: those of a series have names."""
    language = language_of(asked.hints.get("language", "")) or settings.report_language
    return words(language).say("group_yours") if settings.on_overflow == "split" else ""


def _importer(
    settings: Settings, bucket: LocalBucket, group: LocalGroup, publisher: LocalPublisher, progress: Progress
) -> Importer:
    clock, state, rules = SystemClock(), NoState(), rules_of(settings, settle_seconds=0)
    deadline = Deadline(clock, inf)
    return Importer(
        rules=replace(
            rules, routing=replace(rules.routing, default=settings.receiver_id or NO_GROUP, folders="id"), dry_run=True
        ),
        bucket=cast("Bucket", bucket),  # what a dry run needs of one
        publisher=publisher,
        groups=group,
        ledger=Ledger(state, settings.state_prefix),
        locks=GroupLocks(state, settings.state_prefix, "preview", deadline, deadline),
        waiting=None,
        memories=lambda _: GroupMemory(state, "preview", clock, hours=0),
        clock=clock,
        deadline=deadline,
        send_seconds=0,
        reserve=0,
        reader=lambda chunks, hints: (_watched(table, progress) for table in read(chunks, hints)),
    )


def _watched(table: Table, progress: Progress) -> Table:
    def blocks() -> Iterator[RowBlock]:
        for block in table.blocks:
            yield block
            progress.rows_read(len(block.rows))

    return replace(table, blocks=blocks())


@dataclass(frozen=True, slots=True)
class LocalBucket:
    """A bucket with one file in it; what is written goes to a folder, under the last part of its key."""

    asked: Asked
    folder: Path
    progress: Progress
    wanted: Sequence[str]
    """The files to write; others are dropped."""
    name: str = BUCKET

    def head(self, key: str, version_id: str | None = None) -> StoredObject:  # noqa: ARG002 - a file has no versions
        """The file, as a bucket would describe it."""
        found = self.asked.path.stat()
        return StoredObject(
            key=Path(key).name,
            version_id=None,
            etag=str(found.st_mtime_ns),
            size=found.st_size,
            last_modified=datetime.fromtimestamp(found.st_mtime, timezone.utc),
            crc64=None,
            metadata={f"{METADATA}{name}": quote(value) for name, value in self.asked.hints.items()},
        )

    def open(self, source: StoredObject, start: int) -> Iterator[bytes]:
        """The bytes of the file. Raises `Replaced` when it has changed meanwhile."""
        with output.named(self.asked.path), self.asked.path.open("rb") as file:
            file.seek(start)
            while chunk := file.read(CHUNK_BYTES):
                self.progress.bytes_read(file.tell())
                yield chunk
            if str(os.fstat(file.fileno()).st_mtime_ns) != source.etag:
                raise Replaced("the file was changed while it was read")

    def read(self, key: str) -> None:
        """Nothing: no report of an earlier preview counts."""

    def read_range(self, key: str, start: int, end: int) -> Iterator[bytes]:
        """Some bytes of what was written."""
        with (self.folder / Path(key).name).open("rb") as file:
            file.seek(start)
            yield file.read(end - start)

    def write(self, key: str, body: bytes, content_type: str = "") -> None:
        """Writes a file whole."""
        self.upload(key, (body,), content_type)

    def upload(self, key: str, chunks: Iterable[bytes], content_type: str) -> None:  # noqa: ARG002 - names tell it
        """Writes a file in pieces."""
        name = Path(key).name
        if name in self.wanted:
            write_whole(self.folder / name, chunks)


@dataclass(frozen=True, slots=True)
class LocalPublisher:
    """Writes the report for somebody who has neither a bucket nor, as far as the file says, a group."""

    folder: Path
    settings: Settings
    kept: bool
    samples: list[Samples] = field(default_factory=list)
    """What the page shows of the rows, once it is published."""

    def publish(
        self,
        report: Report,
        folder: str,  # noqa: ARG002 - everything goes into ours
        samples: Samples,
        language: Language | None,
    ) -> None:
        """Writes report.json, and the page where it is to be kept."""
        files = {name: str(self.folder / f"{name}.csv") for name in report.files} if self.kept else {}
        report = replace(report, files=files)
        if not self.settings.receiver_id:
            batches = tuple(replace(batch, receiver_id=None) for batch in report.batches)
            groups = report.groups if len(report.groups) > 1 else ()
            report = replace(report, group=None, groups=groups, batches=batches)
        self.samples.append(samples)
        write_whole(self.folder / REPORT, [report.to_json()])
        if self.kept:
            self.show(report, "", samples, language)

    def show(self, report: Report, folder: str, samples: Samples, language: Language | None) -> None:
        """Writes report.html."""
        name = report.group.name if report.group and self.settings.group_folders == "name" else None
        place = Place(folder, self.settings.incoming_prefix, name)
        page = render(report, samples, language or self.settings.report_language, place)
        write_whole(self.folder / PAGE, [page])

    def mend(self, report: Report, folder: str, language: Language | None) -> None:
        """Never called: no report of an earlier preview counts."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class LocalGroup:
    """A group with these members, which takes no more."""

    members: Sequence[Member] = field(default=(), repr=False)
    name: str = ""
    receiver_id: int = NO_GROUP
    others: Sequence[LocalGroup] = ()
    """The other groups of the account, where they matter."""

    def find(self, receiver_id: int) -> Group:
        """Any group is there."""
        found = self._one(receiver_id)
        return Group(receiver_id, found.name, len(found.members), uploading=False)

    def all(self) -> Sequence[Group]:
        """This one, and the others."""
        return [self.find(each.receiver_id) for each in (self, *self.others)]

    def _one(self, receiver_id: int) -> LocalGroup:
        return next((each for each in self.others if each.receiver_id == receiver_id), self)

    def create(self, name: str, description: str) -> int:
        """Never called in a dry run."""
        raise NotImplementedError

    def members_page(
        self,
        receiver_id: int,
        offset: int,
        since: str = "",  # noqa: ARG002 - they have no times
        email: str = "",  # noqa: ARG002 - nobody asks for one
    ) -> tuple[int, list[Member]]:
        """A page of the members, as the service gives them."""
        members = self._one(receiver_id).members
        return len(members), [*members[offset : offset + limits.PAGE_SIZE]]

    def add(self, receiver_id: int, addresses: Sequence[str], data: Sequence[str] | None = None) -> Receipt:
        """Never called in a dry run."""
        raise NotImplementedError


def group_on_account(settings: Settings, asked: str) -> LocalGroup:
    """A group as SES shows it now, by its id or its name, read once for however many files; where a list may be split,
    the groups that continue it, too. One that would be created is empty.

    Raises `OperatorProblem` where the account has no such group or the keys are wrong, and `TryLater` where a group
    keeps changing while it is read.
    """
    clock = SystemClock()
    groups = ses.SesGroups(lambda: ses.connect(settings, clock), clock)
    by_name = settings.group_folders == "name" or not is_group(asked)
    there = groups.all() if by_name or settings.on_overflow == "split" else ()
    try:
        found = named(asked, there) if by_name else groups.find(int(asked))
    except SourceProblem as problem:
        raise OperatorProblem(in_english(problem.said)) from None
    if found is None and not (by_name and settings.create_groups):
        raise OperatorProblem(f"There is no group {asked}: compare it with the list in the SES console.")
    first = found or Group(NO_GROUP, asked, 0, uploading=False)
    there = there if settings.on_overflow == "split" else ()
    taking = series(first.name, there, settings.max_groups).groups
    others = [
        LocalGroup(_members(groups, each) if each in taking else (), each.name, each.receiver_id)
        for each in there
        if each.receiver_id != first.receiver_id
    ]
    return LocalGroup(_members(groups, first) if found else (), first.name, first.receiver_id, others)


def _members(groups: ses.SesGroups, group: Group) -> Sequence[Member]:
    """Those whose address is known. Raises `TryLater`."""

    def page(offset: int) -> Page[str, Member]:
        total, members = groups.members_page(group.receiver_id, offset)
        return total, [(member.member_id, member) for member in members]

    for _ in range(READINGS):
        members: dict[str, Member] = {}
        done = read_pages(page, members)
        if done.is_steady and len(members) == done.total:
            return [member for member in members.values() if member.address]
    raise TryLater(f"group {group.receiver_id} keeps changing while it is read")


def addresses_in(path: Path) -> Sequence[str]:
    """The good addresses of a file, each once. Raises `OperatorProblem` where it is no list."""
    chunks = iter([path.read_bytes()])
    with closing(RowFiles(in_english)) as rows:
        found = decide(read(chunks, Hints()), (), limits.GROUP_LIMIT, Policy(max_invalid_percent=100), rows)
    if found.refusal:
        raise OperatorProblem(f"{path}: {in_english(found.refusal.said)}")
    return found.addresses


def _clear(folder: Path, inputs: Collection[Path]) -> None:
    """Removes what an earlier preview left, for not every preview writes every file.

    Raises `OperatorProblem`, and removes nothing, where one of the files is to be read, or no preview wrote it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = _written(folder)
    there = [left for name in (REPORT, PAGE, *LISTS) if os.path.lexists(left := folder / name)]
    for left in there:
        if left.exists() and any(left.samefile(path) for path in inputs):
            raise OperatorProblem(f"{left} is a file to be read, and would be overwritten: choose another --out.")
        if left.name not in written:
            raise OperatorProblem(f"{left} was written by no preview, and would be overwritten: choose another --out.")
    _remove(folder)


def _remove(folder: Path) -> None:
    for name in (REPORT, PAGE, *LISTS):
        (folder / name).unlink(missing_ok=True)


def _written(folder: Path) -> Collection[str]:
    """The names of the files that the last preview wrote here, as its report has them."""
    try:
        report = Report.from_json((folder / REPORT).read_bytes())
    except (OSError, ValueError):
        return ()
    return {REPORT, PAGE, *(f"{name}.csv" for name in report.files)} if report.source.bucket == BUCKET else ()
