"""One file from its drop to its report: the verbs in a row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import IO, Final, Literal, Protocol
from urllib.parse import unquote

from handler import limits, log
from handler.addresses import keys
from handler.clock import Clock
from handler.delivery import Delivery
from handler.errors import ImportProblem, OperatorProblem, SourceProblem, TryLater
from handler.group import Groups, WatchedGroup
from handler.ledger import Finished, ImportPlan, Ledger, Status, receiver_at
from handler.listing import RowFiles, read_planned
from handler.lock import GroupLocks, Lease
from handler.outcome import Outcome
from handler.patience import Deadline
from handler.plan import Policy, decide, in_batches
from handler.publishing import publish_outcome, publish_rows
from handler.readers import read
from handler.report import FINAL, Report, build_report, build_unread
from handler.samples import typo_domains
from handler.source import Objects, Replaced, StoredObject, find, stream
from handler.trigger import Drop, Ignored, Prefixes, Route, route
from handler.values import Batch, Group, Hints, Refusal, Samples, SourceFacts, Table
from handler.wording import Language, language_of

LOCK_SECONDS: Final = 2.0
"""Between two looks at a lock that somebody holds."""
READINGS: Final = 3
"""Of a file that keeps being replaced while it is read."""
METADATA: Final = "x-cos-meta-"

FoundBy = Literal["event", "sweep"]
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


@dataclass(frozen=True, slots=True)
class Imported:
    """What the function returns for one file."""

    key: str
    import_id: str
    receiver_id: int | None
    status: Status
    report: str
    """The key of report.json."""


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

    @property
    def facts(self) -> SourceFacts:
        return source_facts(self.drop.bucket, self.source)


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
    reader: Reader = read
    """Makes tables of a file; whoever wants to see the rows go by puts something in front of it."""

    def take(self, drop: Drop, found_by: FoundBy = "event") -> Imported | Ignored:
        """Imports a file, or goes on with an import of it that was interrupted, or answers from its report.

        Raises `TryLater` and `OperatorProblem`; a file at fault gets a report.
        """
        source = find(self.bucket, drop.key, drop.version_id)
        where = self._route(source.key, source.metadata) if source else self._route(drop.key, {})
        with log.bind(import_id=drop.import_id, receiver_id=where.receiver_id):
            if resumed := self._resume_stored(drop, source):
                return resumed
            if source is None:
                return self._answer_gone(drop)
            task = _Task(drop, source, where.receiver_id or 0, where.report_key(drop.import_id, ""), found_by)
            if where.problem:
                return self._answer(task) or self._refuse(task, where.problem, self.clock.now())
            if self.rules.dry_run:
                return self._answer(task) or self._start(task)
            return self._take_locked(task)

    def resume(self, plan: ImportPlan) -> Imported | None:
        """Goes on with an import that was interrupted, or whose upload was not done yet; `None` if it is done by now.

        What was decided stands: it does not matter what has become of the file, its metadata or the settings.
        """
        with log.bind(import_id=plan.import_id, receiver_id=plan.receiver_id), self._locked(plan.receiver_id):
            stored = self.ledger.plan(plan.receiver_id, plan.source.bucket, plan.source.key)
            return self._carry_on(stored) if stored and stored.import_id == plan.import_id else None

    def clear(self, place: str) -> None:
        """Removes rows whose import was killed before it could write its plan, or after it had removed it."""
        with self._locked(receiver_at(place)):
            if self.ledger.plan_at(place) is None:
                self.ledger.forget_rows(place)

    def _resume_stored(self, drop: Drop, source: StoredObject | None) -> Imported | None:
        """Goes on with the import of this very drop; with that of any drop where the file is not there any more."""
        if self.rules.dry_run:
            return None
        for key in [source.key] if source else _forms(drop.key):
            for plan in self.ledger.plans(drop.bucket, key):
                if source is None or plan.import_id == drop.import_id:
                    return self.resume(plan)
        return None

    def _answer_gone(self, drop: Drop) -> Imported | Ignored:
        """The file is not there any more: an import of it may have been finished."""
        for key in _forms(drop.key):
            folder = self._route(key, {}).report_key(drop.import_id, "")
            if report := self._final_report(folder):
                return _told(report, folder)
        return Ignored(drop.key, "the file is gone")

    def _take_locked(self, task: _Task) -> Imported | Ignored:
        with self._locked(task.receiver_id, lambda: self._answer(task)) as answered:
            if answered:
                return answered
            plan = self.ledger.plan(task.receiver_id, task.drop.bucket, task.source.key)
            if plan is None:
                return self._start(task)
            resumed = self._carry_on(plan)
            if plan.import_id == task.drop.import_id or plan.source == task.facts:
                return resumed
            if resumed.status not in FINAL:
                raise TryLater("an import of an earlier version of this file is not done yet")
            return self._start(task)

    @contextmanager
    def _locked(
        self, receiver_id: int, answer: Callable[[], Imported | None] = lambda: None
    ) -> Iterator[Imported | None]:
        """Holds the group's lock; or gives the answer, where there is one without the lock."""
        got = self._lock(receiver_id, answer)
        if isinstance(got, Imported):
            yield got
            return
        try:
            yield None
        finally:
            self._release(got)

    def _lock(self, receiver_id: int, answer: Callable[[], Imported | None]) -> Lease | Imported:
        """Waits for the group's lock, unless there is an answer without it."""
        until = self.clock.monotonic() + self.lock_seconds
        while True:
            view = self.locks.look(receiver_id)
            if answered := answer():
                return answered
            if view.held_by is None and (lease := self.locks.take(view)):
                return lease
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

    def _answer(self, task: _Task) -> Imported | None:
        """The result of an import of this drop that is finished. A sweep's is the same drop as any event's is."""
        finished = None if self.rules.dry_run else self.ledger.finished(task.facts)
        if finished and ("sweep" in {finished.found_by, task.found_by} or finished.import_id == task.drop.import_id):
            return Imported(task.source.key, finished.import_id, finished.receiver_id, finished.status, finished.report)
        report = self._final_report(task.folder)
        if report is None:
            return None
        imported = _told(report, task.folder)
        if not finished and not self.rules.dry_run and report.source == task.facts:
            self._note(task.facts, task.found_by, imported)  # whoever wrote that report died before the note
        return imported

    def _final_report(self, folder: str) -> Report | None:
        """The report of an import, if it is there and will not change any more."""
        body = self.bucket.read(f"{folder}report.json")
        report = Report.model_validate_json(body) if body else None
        if report is None or report.status not in FINAL:
            return None
        return None if report.status == "dry_run" and not self.rules.dry_run else report

    def _start(self, task: _Task) -> Imported | Ignored:
        """Imports a file from its first byte on; anew, when it is replaced meanwhile."""
        for _ in range(READINGS):
            try:
                return self._import(task)
            except Replaced:
                log.info("file_replaced")
                source = find(self.bucket, task.drop.key, task.drop.version_id)
                if source is None:
                    return Ignored(task.drop.key, "the file is gone")
                if self._route(source.key, source.metadata).receiver_id != task.receiver_id:
                    raise TryLater("the file was replaced by one for another group") from None
                task = replace(task, source=source)
        raise TryLater("the file keeps being replaced while it is read")

    def _import(self, task: _Task) -> Imported:
        started_at = self.clock.now()
        group = self._watched(task.receiver_id)
        try:
            before = group.wait()
        except SourceProblem as problem:
            return self._refuse(task, problem, started_at)
        with closing(RowFiles()) as rows:
            plan, addresses, refusal = self._plan(task, before, rows, started_at)
            if refusal or self.rules.dry_run or not plan.batches:
                return self._conclude_unsent(plan, rows, refusal)
            return self._deliver(self._publish_plan(plan, rows), group, addresses, rows.planned_body)

    def _plan(
        self, task: _Task, before: Group, rows: RowFiles, started_at: datetime
    ) -> tuple[ImportPlan, Sequence[str], Refusal | None]:
        """Reads the file and decides what is to be sent."""
        group = self._watched(before.receiver_id)
        members = set(keys([member.address for member in group.members()])) if before.count else set()
        room = max(0, limits.GROUP_LIMIT - max(before.count, len(members)))
        chunks = stream(self.bucket, task.source, self.deadline)
        decision = decide(self.reader(chunks, _hints(task.source)), members, room, self.rules.policy, rows)
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

    def _publish_plan(self, plan: ImportPlan, rows: RowFiles) -> ImportPlan:
        """Writes what must outlive this invocation."""
        plan = replace(plan, listed=publish_rows(self.bucket, plan.folder, rows, nothing_sent=False))
        self.ledger.save_rows(plan, rows.planned_body())
        return plan

    def _carry_on(self, plan: ImportPlan) -> Imported:
        """Carries out a plan that was stored."""
        if report := self._final_report(plan.folder):  # whoever wrote it died before the end of `_finish`
            imported = self._finish(plan, _told(report, plan.folder))
            self.publisher.show(report, plan.folder, plan.samples, plan.language)
            return imported
        log.info("resumed", outcomes=[batch.outcome for batch in plan.batches])
        rows = self.ledger.rows(plan)

        def body() -> IO[bytes]:
            rows.seek(0)
            return rows

        addresses = [row.address for row in read_planned(body())]
        return self._deliver(plan, self._watched(plan.receiver_id), addresses, body, resumed=True)

    def _deliver(
        self,
        plan: ImportPlan,
        group: WatchedGroup,
        addresses: Sequence[str],
        rows: PlannedBody,
        *,
        resumed: bool = False,
    ) -> Imported:
        record = _Record(self.ledger, plan)
        delivery = Delivery(group, record, addresses, list(plan.batches), self.request_seconds, resumed=resumed)
        try:
            delivery.send()
            outcome = delivery.settle(plan.before, self.rules.settle_seconds)
        except SourceProblem as problem:
            outcome = replace(delivery.outcome(), refusal=Refusal(problem.code, problem.message), settled=True)
        except (TryLater, OperatorProblem):
            self.ledger.save(replace(plan, batches=tuple(delivery.batches)))
            self._report(plan, delivery.outcome(), "interrupted")
            raise
        if not outcome.settled:
            return self._report(plan, outcome, "uploading")
        plan = publish_outcome(self.bucket, plan, outcome, rows())
        return self._finish(plan, self._report(plan, outcome, _status(plan, outcome)))

    def _conclude_unsent(self, plan: ImportPlan, rows: RowFiles, refusal: Refusal | None) -> Imported:
        """Nothing of the file is sent: its good rows, if it has any, remain."""
        status: Status = "refused" if refusal else "dry_run" if self.rules.dry_run else "imported"
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
        report = build_unread(
            task.drop.import_id, task.facts, task.receiver_id, Refusal(problem.code, problem.message), started_at
        )
        imported = self._publish(report, task.folder, Samples(), _language(task.source))
        if not self.rules.dry_run:
            self._note(task.facts, task.found_by, imported)
        return imported

    def _report(self, plan: ImportPlan, outcome: Outcome, status: Status) -> Imported:
        """Writes the report as things stand now."""
        report = build_report(plan, outcome, status, self.clock.now())
        return self._publish(report, plan.folder, plan.samples, plan.language)

    def _publish(self, report: Report, folder: str, samples: Samples, language: Language | None) -> Imported:
        self.publisher.publish(report, folder, samples, language)
        imported = _told(report, folder)
        reason = report.reason.code if report.reason else None
        rows = report.rows.model_dump()
        log.info("reported", status=report.status, reason=reason, rows=rows, report=imported.report)
        return imported

    def _finish(self, plan: ImportPlan, imported: Imported) -> Imported:
        """Notes that there is nothing more to do. The note comes first: a plan without a note is resumed."""
        self._note(plan.source, plan.found_by, imported)
        self.ledger.forget(plan)
        return imported

    def _note(self, source: SourceFacts, found_by: FoundBy, imported: Imported) -> None:
        note = Finished(imported.import_id, found_by, imported.receiver_id, imported.status, imported.report)
        self.ledger.finish(source, note)

    def _watched(self, receiver_id: int) -> WatchedGroup:
        return WatchedGroup(self.groups, receiver_id, self.deadline, reserve=self.reserve)

    def _route(self, key: str, metadata: Mapping[str, str]) -> Route:
        return route(key, metadata, self.rules.prefixes, self.rules.default_receiver)


@dataclass(frozen=True, slots=True)
class _Record:
    """Keeps the state of a plan's batches in its stored form."""

    ledger: Ledger
    plan: ImportPlan

    def record(self, batches: Sequence[Batch]) -> None:
        self.ledger.save(replace(self.plan, batches=tuple(batches)))


def source_facts(bucket: str, source: StoredObject) -> SourceFacts:
    """The object as the report names it."""
    modified = source.last_modified.strftime("%Y-%m-%dT%H:%M:%SZ")
    return SourceFacts(bucket, source.key, source.version_id, source.etag, source.size, modified)


def _told(report: Report, folder: str) -> Imported:
    """What the function returns for an import with this report."""
    receiver_id = report.group.receiver_id if report.group else None
    return Imported(report.source.key, report.import_id, receiver_id, report.status, f"{folder}report.json")


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
