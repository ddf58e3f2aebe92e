"""One file from its drop to its report: the verbs in a row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from io import BytesIO
from typing import IO, Final, Protocol
from urllib.parse import unquote

from handler import limits, log
from handler.delivering.delivery import Delivery, Outcome
from handler.delivering.group import Groups, WatchedGroup
from handler.errors import ImportProblem, OperatorProblem, SourceProblem, TryLater
from handler.intake.event import Drop, Ignored
from handler.intake.route import Route, route
from handler.intake.source import Objects, Replaced, SourceFacts, StoredObject, find, stream
from handler.judging import keys
from handler.planning.decision import Decision, Policy, decide, in_batches
from handler.planning.lists import RowFiles, read_planned
from handler.planning.plan import Batch, FoundBy, ImportPlan, Refusal
from handler.planning.samples import Samples, typo_domains
from handler.reading import read
from handler.reading.tables import Hints, Table
from handler.reporting.publishing import publish_outcome, publish_rows
from handler.reporting.report import FINAL, Report, build_report, build_unread
from handler.reporting.words import in_english
from handler.said import Said
from handler.settings import Language, Prefixes, language_of
from handler.state.ledger import Begun, Finished, Ledger, Status, Stored
from handler.state.lock import TOLERANCE, GroupLocks, Lease, View
from handler.timing import Clock, Deadline

LOCK_SECONDS: Final = 2.0
"""Between two looks at a lock that somebody holds."""
READINGS: Final = 3
"""Of a file that keeps being replaced while it is read, or that cannot be read to its end in the time there is."""
METADATA: Final = "x-cos-meta-"

PlannedBody = Callable[[], IO[bytes]]
Reader = Callable[[Iterable[bytes], Hints], Iterator[Table]]


class Bucket(Objects, Protocol):
    """What an import needs of the bucket that the file lies in."""

    @property
    def name(self) -> str: ...

    def read(self, key: str) -> bytes | None: ...

    def read_range(self, key: str, start: int, end: int) -> Iterator[bytes]: ...

    def write(self, key: str, body: bytes, content_type: str = ...) -> None: ...

    def upload(self, key: str, chunks: Iterable[bytes], content_type: str) -> None: ...


class Publisher(Protocol):
    """Writes a report, in whatever forms."""

    def publish(self, report: Report, folder: str, samples: Samples, language: Language | None) -> None: ...

    def show(self, report: Report, folder: str, samples: Samples, language: Language | None) -> None: ...

    def mend(self, report: Report, folder: str, language: Language | None) -> None: ...


@dataclass(frozen=True, slots=True)
class Imported:
    """What the function returns for one file."""

    key: str
    import_id: str
    receiver_id: int | None
    status: Status
    report: str
    """The key of report.json."""


Known = Imported | Begun | Stored | None
"""How far an import has come: done, under way, or not begun."""
LookUp = Callable[[View], Known]


@dataclass(frozen=True, slots=True)
class Rules:
    """What the settings say about every import."""

    prefixes: Prefixes
    policy: Policy
    default_receiver: int | None
    settle_seconds: float
    dry_run: bool


@dataclass(frozen=True, slots=True)
class _Task:
    """A drop, the object it speaks of, and where both are to go."""

    drop: Drop
    source: StoredObject
    receiver_id: int
    """0 where nothing says which group it is: such a file is refused."""
    folder: str
    """Where the report goes."""
    found_by: FoundBy
    readings: int = 0
    """How often it could not be read to its end in the time there was."""

    @property
    def facts(self) -> SourceFacts:
        return source_facts(self.drop.bucket, self.source)

    @property
    def begun(self) -> Begun:
        return Begun(self.drop.import_id, self.found_by, self.folder, self.receiver_id, self.facts, self.readings)

    def as_begun(self, begun: Begun) -> _Task:
        """The same under the id under which it was begun, so that nothing of it is left over."""
        drop = replace(self.drop, import_id=begun.import_id)
        return replace(self, drop=drop, folder=begun.folder, found_by=begun.found_by, readings=begun.readings)


@dataclass(frozen=True, slots=True)
class Importer:
    """Imports the files of one bucket, within one invocation."""

    rules: Rules
    bucket: Bucket
    publisher: Publisher
    groups: Groups
    ledger: Ledger
    locks: GroupLocks
    clock: Clock
    deadline: Deadline
    request_seconds: float
    """What one request to SES may take."""
    reserve: float
    """Seconds kept back for writing the report."""
    lock_seconds: float
    """How long to wait for a group that another import holds."""
    long_reading: float = 0.0
    """A file that cannot be read to its end in so many seconds is one that may be too large; in less, there was only
    little time left."""
    reader: Reader = read
    """Makes tables of a file; whoever wants to see the rows go by puts something in front of it."""

    def take(self, drop: Drop, found_by: FoundBy = "event") -> Imported | Ignored:
        """Imports a file, or goes on with an import of it that was interrupted, or answers from its report.

        Raises `TryLater` and `OperatorProblem`; a file at fault gets a report.
        """
        with log.bind(import_id=drop.import_id):
            for _ in range(READINGS):
                try:
                    return self._take(drop, found_by)
                except Replaced:
                    log.info("file_replaced")
        raise TryLater("the file keeps being replaced while it is read")

    def resume(self, opened: Begun | Stored) -> Imported | None:
        """Goes on with an import that was interrupted, or whose upload was not done yet; `None` if it is done by now.

        What was decided stands: it does not matter what has become of the file, its metadata or the settings.
        """
        known = _facts_of(opened)
        with log.bind(import_id=known.import_id, receiver_id=known.receiver_id), self._locked(known.receiver_id):
            now = self.ledger.look(known.source)
            if not isinstance(now, Begun | Stored) or _facts_of(now).import_id != known.import_id:
                return None
            return self._carry_on(now) if isinstance(now, Stored) else self._begin_again(now)

    def _take(self, drop: Drop, found_by: FoundBy) -> Imported | Ignored:
        source = find(self.bucket, drop.key, drop.version_id)
        where = self._route(source.key, source.metadata) if source else self._route(drop.key, {})
        with log.bind(receiver_id=where.receiver_id):
            if resumed := self._resume_earlier(drop, source, found_by):
                return resumed
            if source is None:
                return self._answer_gone(drop)
            task = _Task(drop, source, where.receiver_id or 0, where.report_key(drop.import_id, ""), found_by)
            if not where.problem and not self.rules.dry_run:
                return self._take_locked(task)
            if known := self._look_up(task):
                return known if isinstance(known, Imported) else self._resume_elsewhere(known)
            return self._refuse(task, where.problem, self.clock.now()) if where.problem else self._import(task)

    def _resume_earlier(self, drop: Drop, source: StoredObject | None, found_by: FoundBy) -> Imported | None:
        """Goes on with the import of an earlier version that this very drop was of, where another one lies there now;
        with that of any drop where the file is gone."""
        if self.rules.dry_run or (source and not _may_be_another(drop, source, found_by)):
            return None
        for key in [source.key] if source else _forms(drop.key):
            for opened in self.ledger.opened(drop.bucket, key):
                known = _facts_of(opened)
                if source is None or (
                    known.import_id == drop.import_id and known.source != source_facts(drop.bucket, source)
                ):
                    return self.resume(opened)
        return None

    def _resume_elsewhere(self, opened: Begun | Stored) -> Imported:
        """Goes on with an import into the group that the file was meant for when it began."""
        if resumed := self.resume(opened):
            return resumed
        raise TryLater("an import of this file into another group has only just been finished")

    def _answer_gone(self, drop: Drop) -> Imported | Ignored:
        """The file is not there any more: an import of it may have been finished."""
        for key in _forms(drop.key):
            folder = self._route(key, {}).report_key(drop.import_id, "")
            if report := self._final_report(folder):
                return _told(report, folder)
        return Ignored(drop.key, "the file is gone")

    def _take_locked(self, task: _Task) -> Imported | Ignored:
        def look_up(view: View) -> Known:
            return None if self._is_new(task, view) else self._look_up(task)

        with self._locked(task.receiver_id, look_up) as known:
            if isinstance(known, Imported):
                return known
            if known is None:
                return self._import(task)
            if _facts_of(known).receiver_id == task.receiver_id:
                return self._carry_on(known) if isinstance(known, Stored) else self._import(task.as_begun(known))
        return self._resume_elsewhere(known)

    def _is_new(self, task: _Task, view: View) -> bool:
        """Whether nobody can have done anything about this version of the file yet: nobody has had the lock since it
        was dropped. Where the group is a setting's, it may have been another's lock; and where the drop may be that of
        an earlier version, its import may be finished."""
        if _may_be_another(task.drop, task.source, task.found_by):
            return False
        default = route(task.source.key, task.source.metadata, self.rules.prefixes, None).receiver_id is None
        return not default and view.is_unused_since(task.source.last_modified)

    @contextmanager
    def _locked(self, receiver_id: int, look_up: LookUp = lambda _: None) -> Iterator[Known]:
        """Holds the group's lock, and gives what `look_up` has found; but an answer, where there is one, without it."""
        lease, known = self._lock(receiver_id, look_up)
        try:
            yield known
        finally:
            if lease:
                self._release(lease)

    def _lock(self, receiver_id: int, look_up: LookUp) -> tuple[Lease | None, Known]:
        """Waits for the group's lock, unless there is an answer without it."""
        until = self.clock.monotonic() + self.lock_seconds
        while True:
            view = self.locks.look(receiver_id)
            known = look_up(view)
            if isinstance(known, Imported):
                return None, known
            if view.held_by is None and (lease := self.locks.take(view)):
                return lease, known
            log.info("waiting_for_lock", held_by=view.held_by)
            if self.clock.monotonic() + LOCK_SECONDS > until:
                raise TryLater("another import into the same group is under way")
            self.deadline.wait(LOCK_SECONDS, "wait for another import into the same group", self.reserve)

    def _release(self, lease: Lease) -> None:
        """A lock that cannot be given back expires; what was done under it is done all the same."""
        try:
            self.locks.release(lease)
        except ImportProblem as problem:
            log.failure("lock_not_released", problem)

    def _look_up(self, task: _Task) -> Known:
        """How far the import of this version of the file has come; the result, where this drop's is finished. A sweep's
        drop is the same as any event's."""
        state = None if self.rules.dry_run else self.ledger.look(task.facts)
        if isinstance(state, Begun | Stored):
            return state
        if state and ("sweep" in {state.found_by, task.found_by} or state.import_id == task.drop.import_id):
            return Imported(task.source.key, state.import_id, state.receiver_id, state.status, state.report)
        report = self._final_report(task.folder)
        if report is None:
            return None
        if state or self.rules.dry_run or report.source != task.facts:
            return _told(report, task.folder)
        return self._take_over(task.begun, report, _language(task.source))

    def _final_report(self, folder: str) -> Report | None:
        """The report of an import, if it is there and will not change any more."""
        body = self.bucket.read(f"{folder}report.json")
        report = Report.from_json(body) if body else None
        if report is None or report.status not in FINAL:
            return None
        return None if report.status == "dry_run" and not self.rules.dry_run else report

    def _begin_again(self, begun: Begun) -> Imported:
        """Imports a file of which nothing was sent yet from its first byte on, under the id that it has; without the
        file, the lists that lie in the bucket get a report all the same."""
        source = find(self.bucket, begun.source.key, begun.source.version_id)
        if source and source_facts(self.bucket.name, source) == begun.source:
            drop = Drop(self.bucket.name, None, source.key, source.version_id, begun.import_id)
            return self._import(_Task(drop, source, begun.receiver_id, begun.folder, begun.found_by).as_begun(begun))
        if report := self._final_report(begun.folder):
            return self._take_over(begun, report, None)
        refusal = Refusal("unreadable", Said("file.removed"))
        return self._conclude_unread(begun, refusal, self.clock.now())

    def _import(self, task: _Task) -> Imported:
        """Imports a file from its first byte on."""
        started_at = self.clock.now()
        group = self._watched(task.receiver_id)
        with closing(RowFiles(in_english)) as rows:
            try:
                plan, addresses, refusal = self._plan(task, group, rows, started_at)
            except SourceProblem as problem:
                return self._refuse(task, problem, started_at)
            if refusal or self.rules.dry_run or not plan.batches:
                return self._conclude_unsent(task, plan, rows, refusal)
            return self._deliver(self._publish_plan(task, plan, rows), group, addresses, rows.planned_body)

    def _plan(
        self, task: _Task, group: WatchedGroup, rows: RowFiles, started_at: datetime
    ) -> tuple[ImportPlan, Sequence[str], Refusal | None]:
        """Reads the file and decides what is to be sent."""
        before = group.wait()
        members = set(keys([member.address for member in group.members()])) if before.count else set()
        room = max(0, limits.GROUP_LIMIT - max(before.count, len(members)))
        decision = self._decide(task, members, room, rows)
        plan = ImportPlan(
            import_id=task.drop.import_id,
            found_by=task.found_by,
            folder=task.folder,
            receiver_id=before.receiver_id,
            before=before,
            source=task.facts,
            facts=decision.facts,
            counts=decision.counts,
            rejected_by_reason=decision.rejected_by_reason,
            headings=rows.headings,
            listed={},
            started_at=started_at,
            batches=in_batches(len(decision.addresses)),
            samples=Samples(rows.sampling.rows, typo_domains(decision.addresses)),
            language=_language(task.source),
        )
        refusal = decision.refusal.code if decision.refusal else None
        log.info("planned", addresses=len(decision.addresses), batches=len(plan.batches), refusal=refusal)
        return plan, decision.addresses, decision.refusal

    def _decide(self, task: _Task, members: set[str], room: int, rows: RowFiles) -> Decision:
        """Reads the file to its end, with enough time left to say so where that is not possible."""
        deadline = replace(self.deadline, at=self.deadline.at - self.reserve)
        given = deadline.remaining()
        chunks = stream(self.bucket, task.source, deadline)
        try:
            return decide(self.reader(chunks, _hints(task.source)), members, room, self.rules.policy, rows)
        except TryLater:
            if deadline.remaining() <= 0 and given >= self.long_reading and not self.rules.dry_run:
                self._count_reading(task, given)
            raise

    def _count_reading(self, task: _Task, seconds: float) -> None:
        """Remembers that the time was not enough; refuses the file when it never is."""
        readings = task.readings + 1
        if readings >= READINGS:
            raise SourceProblem(
                "too_large",
                Said("file.slow", seconds=round(seconds), times=readings),
            ) from None
        self.ledger.begin(replace(task.begun, readings=readings))

    def _publish_plan(self, task: _Task, plan: ImportPlan, rows: RowFiles) -> ImportPlan:
        """Writes the lists: they must outlive this invocation."""
        if rows.files:
            self.ledger.begin(task.begun)
        return replace(plan, listed=publish_rows(self.bucket, plan.folder, rows, nothing_sent=False))

    def _carry_on(self, stored: Stored) -> Imported:
        """Carries out a plan that was stored."""
        plan = stored.plan
        report = self._final_report(plan.folder)
        if report and report.source == plan.source:  # whoever wrote it died before the end of `_finish`
            self.publisher.show(report, plan.folder, plan.samples, plan.language)
            return self._finish(plan, _told(report, plan.folder))
        log.info("resumed", outcomes=[batch.outcome for batch in plan.batches])
        addresses = [row.address for row in read_planned(BytesIO(stored.rows))]
        return self._deliver(
            plan, self._watched(plan.receiver_id), addresses, lambda: BytesIO(stored.rows), resumed=True
        )

    def _deliver(
        self,
        plan: ImportPlan,
        group: WatchedGroup,
        addresses: Sequence[str],
        rows: PlannedBody,
        *,
        resumed: bool = False,
    ) -> Imported:
        record = _Record(self.ledger, plan, rows)
        delivery = Delivery(group, record, addresses, list(plan.batches), self.request_seconds, resumed=resumed)
        try:
            delivery.send()
            outcome = delivery.settle(plan.before, self.rules.settle_seconds)
        except SourceProblem as problem:
            outcome = replace(delivery.outcome(), refusal=Refusal(problem.code, problem.said), settled=True)
        except (TryLater, OperatorProblem):
            record.record(delivery.batches)
            self._report(plan, delivery.outcome(), "interrupted")
            raise
        if not outcome.settled:
            return self._report(plan, outcome, "uploading")
        plan = publish_outcome(self.bucket, plan, outcome, rows())
        return self._finish(plan, self._report(plan, outcome, _status(plan, outcome)))

    def _conclude_unsent(self, task: _Task, plan: ImportPlan, rows: RowFiles, refusal: Refusal | None) -> Imported:
        """Nothing of the file is sent: its good rows, if it has any, remain."""
        status: Status = "refused" if refusal else "dry_run" if self.rules.dry_run else "imported"
        if not self.rules.dry_run and (rows.files or rows.planned_count):
            self.ledger.begin(task.begun)
        plan = replace(plan, listed=publish_rows(self.bucket, plan.folder, rows, nothing_sent=True))
        outcome = Outcome(
            plan.batches,
            plan.before,
            settled=True,
            refusal=refusal,
            not_attempted=frozenset(range(plan.counts.not_attempted)),
        )
        imported = self._report(plan, outcome, status)
        return imported if self.rules.dry_run else self._finish(plan, imported)

    def _refuse(self, task: _Task, problem: SourceProblem, started_at: datetime) -> Imported:
        """Refuses a file for a reason that does not lie in its rows, so that it is not even read."""
        return self._conclude_unread(
            task.begun, Refusal(problem.code, problem.said), started_at, _language(task.source)
        )

    def _conclude_unread(
        self, begun: Begun, refusal: Refusal, started_at: datetime, language: Language | None = None
    ) -> Imported:
        report = build_unread(begun.import_id, begun.source, begun.receiver_id, refusal, started_at)
        imported = self._publish(report, begun.folder, Samples(), language)
        return imported if self.rules.dry_run else self._finish(begun, imported)

    def _report(self, plan: ImportPlan, outcome: Outcome, status: Status) -> Imported:
        """Writes the report as things stand now."""
        report = build_report(plan, outcome, status, self.clock.now())
        return self._publish(report, plan.folder, plan.samples, plan.language)

    def _publish(self, report: Report, folder: str, samples: Samples, language: Language | None) -> Imported:
        self.publisher.publish(report, folder, samples, language)
        imported = _told(report, folder)
        reason = report.reason.code if report.reason else None
        rows = asdict(report.rows)
        log.info("reported", status=report.status, reason=reason, rows=rows, report=imported.report)
        return imported

    def _take_over(self, begun: Begun, report: Report, language: Language | None) -> Imported:
        """Ends an import that has its report: the note is gone, or whoever wrote them died, perhaps before the page."""
        self.publisher.mend(report, begun.folder, language)
        return self._finish(begun, _told(report, begun.folder))

    def _finish(self, known: Begun | ImportPlan, imported: Imported) -> Imported:
        """Notes, in place of what was known, that there is nothing more to do."""
        note = Finished(imported.import_id, known.found_by, imported.receiver_id, imported.status, imported.report)
        self.ledger.finish(known.source, note)
        return imported

    def _watched(self, receiver_id: int) -> WatchedGroup:
        return WatchedGroup(self.groups, receiver_id, self.deadline, reserve=self.reserve)

    def _route(self, key: str, metadata: Mapping[str, str]) -> Route:
        return route(key, metadata, self.rules.prefixes, self.rules.default_receiver)


@dataclass(frozen=True, slots=True)
class _Record:
    """Keeps the state of a plan's batches in its stored form."""

    ledger: Ledger
    plan: ImportPlan
    rows: PlannedBody

    def record(self, batches: Sequence[Batch]) -> None:
        self.ledger.save(replace(self.plan, batches=tuple(batches)), self.rows())


def source_facts(bucket: str, source: StoredObject) -> SourceFacts:
    """The object as the report names it."""
    modified = source.last_modified.strftime("%Y-%m-%dT%H:%M:%SZ")
    return SourceFacts(bucket, source.key, source.version_id, source.etag, source.size, modified)


def _told(report: Report, folder: str) -> Imported:
    """What the function returns for an import with this report."""
    receiver_id = report.group.receiver_id if report.group else None
    return Imported(report.source.key, report.import_id, receiver_id, report.status, f"{folder}report.json")


def _facts_of(opened: Begun | Stored) -> Begun | ImportPlan:
    """Which import it is."""
    return opened.plan if isinstance(opened, Stored) else opened


def _may_be_another(drop: Drop, source: StoredObject, found_by: FoundBy) -> bool:
    """Whether this may be another version of the file than the one that was dropped: a sweep means what lies there."""
    return found_by == "event" and (drop.at is None or source.last_modified > drop.at + TOLERANCE)


def _forms(key: str) -> Iterable[str]:
    """The keys that an event may mean: whether it percent-encodes them is written nowhere."""
    return dict.fromkeys((key, unquote(key)))


def _hints(source: StoredObject) -> Hints:
    """What the owner says in the metadata; percent-encoded where it is not ASCII, as HTTP headers are."""

    def said(name: str) -> str | None:
        return unquote(source.metadata.get(f"{METADATA}{name}", "")).strip() or None

    return Hints(said("email-column"), said("delimiter"), said("encoding"))


def _language(source: StoredObject) -> Language | None:
    """The language that the owner asks for; `None` where it is none of ours."""
    return language_of(source.metadata.get(f"{METADATA}language", ""))


def _status(plan: ImportPlan, outcome: Outcome) -> Status:
    """`refused` where nothing of the file came into the group, as far as anybody knows."""
    if outcome.refusal is None:
        return "imported"
    untouched = outcome.not_attempted | outcome.already_in_group
    return "refused" if len(untouched) == plan.counts.not_attempted else "partial"
