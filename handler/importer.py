"""One file from its drop to its report: find, lock, look up, plan, deliver, report."""

from __future__ import annotations

import csv
import zlib
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from functools import cache, partial
from tempfile import SpooledTemporaryFile
from typing import IO, Final, Protocol
from urllib.parse import unquote

from handler import limits, log
from handler.delivering.delivery import Progress
from handler.delivering.group import Groups, WatchedGroup
from handler.delivering.memory import Keeper, Members
from handler.delivering.outcome import Indices, Outcome
from handler.delivering.series import CONTINUATION, SeriesDelivery
from handler.errors import OperatorProblem, SourceProblem, TryLater
from handler.intake.event import Drop, Ignored, import_id_of_version
from handler.intake.route import Routing, no_group, route
from handler.intake.source import FoundBy, Import, Mismatch, facts_of, find, said, stream
from handler.lookup import Imported, Lookup, imported_by
from handler.planning.addresses import Addresses
from handler.planning.decision import Decision, Policy, decide, in_batches
from handler.planning.group import Group
from handler.planning.lists import RowFiles, read_planned
from handler.planning.noes import Label
from handler.planning.plan import ImportPlan, Refusal, Share
from handler.planning.samples import Samples, first_recipients, typo_domains
from handler.planning.series import Series, composed, is_short
from handler.planning.template import Template
from handler.reading import read
from handler.reading.tables import Hints, Table
from handler.reporting.publishing import publish_imported, publish_outcome, publish_rows
from handler.reporting.report import Report, build_report, build_unread
from handler.reporting.words import in_english
from handler.said import Said
from handler.settings import Language, language_of
from handler.state.ledger import Begun, Finished, Ledger, Opened, Rows, Status, Stored
from handler.state.lock import GroupLocks, Held, lock_of
from handler.state.store import Bucket, Listed, Replaced, StoredObject
from handler.state.waiting import Waiting
from handler.target import Target, Targets
from handler.template_data import Variables, read_variables
from handler.timing import Clock, Deadline

READINGS: Final = 3
"""Of a file that keeps being replaced while it is read, or that cannot be read to its end in the time there is."""

Reader = Callable[[Iterable[bytes], Hints], Iterator[Table]]


Watch = Callable[[int], WatchedGroup]
"""The group with this receiver id, the same each time."""
LookUp = Callable[[], Imported | Opened | None]


class Publisher(Protocol):
    """Writes a report, in whatever forms."""

    def publish(self, report: Report, folder: str, samples: Samples, language: Language | None) -> None: ...

    def show(self, report: Report, folder: str, samples: Samples, language: Language | None) -> None: ...

    def mend(self, report: Report, folder: str, language: Language | None) -> None: ...


@dataclass(frozen=True, slots=True)
class Rules:
    """What the settings say about every import."""

    routing: Routing
    policy: Policy
    template_data: Variables | None
    """Which columns of a file go into the mail, where its metadata do not say it."""
    creates_groups: bool
    settle_seconds: float
    settle_hours: float
    lists_imported: bool
    dry_run: bool


@dataclass(frozen=True, slots=True)
class _There:
    """The groups of a series that are there, one beside the other."""

    shares: list[Share] = field(default_factory=list)
    members: list[Members] = field(default_factory=list)
    rooms: list[int] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    """The names of continuations that were not made for the series, and that no list for it has gone to."""

    @property
    def room_of(self) -> Mapping[str, int]:
        """By name."""
        return {share.group.name: room for share, room in zip(self.shares, self.rooms, strict=True)}

    @property
    def warnings(self) -> Sequence[Said]:
        names = tuple(self.strangers[: limits.NAMED_IN_WARNINGS])
        return [Said("warning.continuation_found", number=len(self.strangers), names=names)] if names else []


@dataclass(frozen=True, slots=True)
class Importer:
    """Imports the files of one bucket, within one invocation."""

    rules: Rules
    bucket: Bucket
    publisher: Publisher
    groups: Groups
    ledger: Ledger
    locks: GroupLocks
    waiting: Waiting | None
    """Where it is noted that a file waits for its group; `None` where the invocation waits itself."""
    memories: Callable[[int], Keeper]
    """What is remembered of a group, by receiver id."""
    clock: Clock
    deadline: Deadline
    send_seconds: float
    """What is left at least when a batch is sent."""
    reserve: float
    """Seconds kept back for writing the report."""
    blocked: Callable[[], Container[str]] | None = None
    """Whom the service delivers to no more, by comparison key; `None` where nobody asks."""
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
                    result = self._take(drop, found_by) or Ignored(drop.key, "the file is gone")
                except Replaced:
                    log.info("file_replaced")
                else:
                    if isinstance(result, Imported) and result.status != "waiting" and result.receiver_id:
                        # Whoever finished it may have been killed before it took those that waited.
                        self.locks.had.add(lock_of(result.receiver_id))
                    return result
        raise TryLater("the file keeps being replaced while it is read")

    def resume(self, key: str) -> Imported | None:
        """Goes on with the import that the ledger has under this key; `None` if it is finished by now.

        What was decided stands: it does not matter what has become of the file, its metadata or the settings.
        """

        def look_up() -> Opened | None:
            state = self.ledger.look_at(key)
            return None if isinstance(state, Finished) else state

        return self._go_on(look_up(), look_up)

    # Find, and look up

    def _take(self, drop: Drop, found_by: FoundBy) -> Imported | None:
        found: StoredObject | Listed | None
        try:
            found = file = find(self.bucket, drop.key, drop.version_id)
        except SourceProblem:  # it is refused once it is to be read; until then what a listing says of it will do
            found, file = self._listed(drop.key) or self._listed(unquote(drop.key)), None
        look_up_gone = partial(self._lookup.of_gone, drop)
        if found is None:
            return self._go_on(look_up_gone(), look_up_gone, drop)
        facts, import_id = facts_of(drop.bucket, found), drop.import_id
        if drop.etag not in {None, found.etag}:
            # The event of an earlier version. What lies there now is taken all the same, once, as a sweep takes it: the
            # event of its own may be lost, and whether an event's ETag is always the object's is written nowhere.
            if known := self._go_on(look_up_gone(), look_up_gone, drop):
                return known
            import_id, found_by = import_id_of_version(facts), "sweep"
        where = route(found.key, file.metadata if file else {}, self.rules.routing)
        folder = where.import_folder(import_id)
        this = Import(import_id, facts, where.receiver_id, folder, found_by, where.name)
        return self._go_on(self._lookup.noted(this) or Begun(this), partial(self._lookup.of, this), drop, file)

    def _listed(self, key: str) -> Listed | None:
        return next((entry for entry in self.bucket.list(key) if entry.key == key), None)

    def _go_on(
        self,
        known: Imported | Opened | None,
        look_up: LookUp,
        drop: Drop | None = None,
        file: StoredObject | None = None,
    ) -> Imported | None:
        """Ends an import wherever it stands, or leaves a note that it waits for its group. What is `known` of it says
        which locks it needs; what holds is looked up under them."""
        if not isinstance(known, Opened):
            return known
        of = known.of
        with log.bind(import_id=of.import_id, receiver_id=of.receiver_id):
            try:
                return self._end_alone(known, look_up, file)
            except Held as held:
                if self.waiting is None or drop is None:
                    raise
                lock = held.name
            note = self.waiting.add(lock, of, drop)
            try:  # once more: whoever had the group may have looked for notes just before
                ended = self._end_alone(known, look_up, file)
            except Held:
                return Imported(of.source.key, of.import_id, of.receiver_id, "waiting", of.report)
            self.waiting.remove(note)
            return ended

    def _end_alone(self, known: Opened, look_up: LookUp, file: StoredObject | None) -> Imported | None:
        """What is looked up under the locks stays as it is; it may ask for others."""
        for _ in range(READINGS):
            locks = self._targets.of(known).locks
            with self.locks.held(locks) as held:
                now = look_up()
                if not isinstance(now, Opened):
                    return now
                target = self._targets.of(now)
                if {*target.locks} <= {*locks}:
                    return self._end(now, file, target, held)
                known = now
        raise TryLater("the groups that the file is for keep changing")

    @property
    def _lookup(self) -> Lookup:
        return Lookup(self.bucket, self.ledger, self.rules.routing, is_dry_run=self.rules.dry_run)

    @property
    def _targets(self) -> Targets:
        policy = self.rules.policy
        return Targets(
            self.groups,
            self.deadline,
            self.reserve,
            splits=policy.on_overflow == "split",
            creates=self.rules.creates_groups,
            most=policy.max_groups,
        )

    def _end(self, state: Opened, file: StoredObject | None, target: Target, held: ExitStack) -> Imported:
        report = self._lookup.final_report(state.of.folder)
        if report and report.source == state.of.source:  # whoever wrote it died before it noted that
            self._mend(state, report, file)
            return self._finish(state.of, report)
        if isinstance(state, Begun):
            return self._import(state, file, target, held)
        anew = self._anew(state, target)
        if anew is not None:
            self.ledger.begin_anew(Begun(state.of))
            return self._import(Begun(state.of), None, anew, held)
        log.info("resumed", outcomes=[batch.outcome for batch in state.plan.batches])
        with self._stored_rows(state) as rows:
            addresses = self._planned(state, rows)
            others = target.series.groups if target.series else ()
            return self._deliver(
                state.plan, addresses, partial(_from_the_first, rows), cache(self._watched), held, resumed_beside=others
            )

    def _anew(self, state: Stored, target: Target) -> Target | None:
        """What the file is for by now, where nothing of its plan was sent, others have taken the room that it counts
        on, and the series may have more; `None` where the plan stands."""
        plan, of = state.plan, state.of
        is_begun = any(batch.outcome != "planned" for batch in plan.batches) or any(
            share.creation != "none" for share in plan.shares
        )
        if is_begun or self.rules.dry_run or not self._targets.splits:
            return None
        found = self._targets.of(Begun(of))
        if found.series is None or not {*found.locks} <= {*target.locks}:
            return None
        with suppress(SourceProblem):
            if not is_short(plan, self._look_at(found.series, cache(self._watched)).room_of):
                return None
            file = find(self.bucket, of.source.key, of.source.version_id)
            if file is not None and facts_of(of.source.bucket, file) == of.source:
                return found
        return None

    @contextmanager
    def _stored_rows(self, state: Stored) -> Iterator[IO[bytes]]:
        """The rows of a stored plan. Raises `OperatorProblem` where they are not there."""
        found = self.ledger.find_rows(state.of.source)
        if found is None:
            raise self.ledger.without_rows(state.of.source)
        with SpooledTemporaryFile(limits.SCRATCH_MEMORY) as rows:
            for chunk in stream(self.ledger.bucket, found, self.deadline):
                rows.write(chunk)
            yield rows

    def _planned(self, state: Stored, rows: IO[bytes]) -> Addresses:
        """The addresses of a stored plan. Raises `OperatorProblem` where they are not all there."""
        has_data = state.plan.has_data
        addresses = Addresses(with_data=has_data)
        try:
            for row in read_planned(_from_the_first(rows), with_data=has_data):
                addresses.add([row.address], [row.data] if has_data else ())
        except (EOFError, OSError, ValueError, zlib.error, csv.Error):
            addresses = Addresses()
        if len(addresses) != sum(batch.size for batch in state.plan.batches):
            raise self.ledger.without_rows(state.of.source)
        return addresses

    # Plan

    def _import(self, begun: Begun, file: StoredObject | None, target: Target, held: ExitStack) -> Imported:
        """Imports a file from its first byte on."""
        started_at, of = self.clock.now(), begun.of
        try:
            if file is None or facts_of(of.source.bucket, file) != of.source:  # its own version may still be there
                file = find(self.bucket, of.source.key, of.source.version_id)
            if file is None or facts_of(of.source.bucket, file) != of.source:
                raise SourceProblem("unreadable", Said("file.removed"))
        except SourceProblem as problem:
            return self._refuse(begun, Refusal(problem.code, problem.said), started_at)
        with closing(RowFiles(in_english)) as rows:
            try:
                if target.series is None:
                    raise target.problem or no_group(file.metadata, self.rules.routing)
                watch = cache(self._watched)
                plan, addresses, refused = self._plan(target.series, watch, begun, file, rows, started_at)
            except SourceProblem as problem:
                return self._refuse(begun, Refusal(problem.code, problem.said), started_at, _language(file))
            if refused or self.rules.dry_run or not plan.batches:
                return self._conclude_unsent(begun, plan, rows, refused)
            if rows.files:
                # The lists that are written now must not be left without a report.
                self.ledger.begin(begun, rows.planned_body)
            listed = publish_rows(self.bucket, of.folder, rows, unsent=None)
            return self._deliver(replace(plan, listed=listed), addresses, rows.planned_body, watch, held)

    def _plan(
        self, series: Series, watch: Watch, begun: Begun, file: StoredObject, rows: RowFiles, started_at: datetime
    ) -> tuple[ImportPlan, Addresses, Refusal | None]:
        """Reads the file and decides what is to be sent to which group."""
        variables = self._variables(file)
        there = self._look_at(series, watch)
        new = [Share(Group(0, name, 0, uploading=False)) for name in series.names]
        # The group that the file is for comes first, even if only its continuations are there.
        ahead = [] if series.has_first else new[:1] or [Share(Group(0, series.name, 0, uploading=False))]
        shares = [*ahead, *there.shares, *new[len(ahead) :]]
        known = range(len(ahead), len(ahead) + len(there.shares))
        rooms = dict(zip(known, there.rooms, strict=True))
        others = [share for share in range(len(shares)) if share not in known]
        rooms |= dict.fromkeys(others, limits.GROUP_LIMIT if new else 0)
        blocked = self.blocked() if self.blocked else ()
        policy = self.rules.policy
        if len(rooms) == 1 < policy.max_groups and policy.on_overflow == "split":
            policy = replace(policy, is_continuation=True)
        members = Members.of_all(there.members)
        template = Template(variables, members)
        judge = partial(
            decide,
            members=members,
            room=sum(rooms.values()),
            policy=policy,
            listing=rows,
            label=Label(said(file, "only"), file.key.rpartition("/")[2]),
            blocked=blocked,
            template=template,
        )
        decision = self._decide(begun, file, variables, judge)
        batches = in_batches(decision.addresses, rooms)
        taken = max([1, known.stop, *(batch.share + 1 for batch in batches)])
        plan = ImportPlan(
            of=begun.of,
            shares=tuple(shares[:taken]),
            facts=decision.facts,
            counts=decision.counts,
            rejected_by_reason=decision.rejected_by_reason,
            headings=rows.headings,
            listed={},
            started_at=started_at,
            batches=batches,
            samples=Samples(rows.sampling.rows, typo_domains(decision.addresses), first_recipients(decision.addresses)),
            language=_language(file),
            warnings=(*decision.warnings, *there.warnings),
        )
        refusal = decision.refusal.code if decision.refusal else None
        log.info("planned", addresses=len(decision.addresses), batches=len(plan.batches), refusal=refusal)
        return plan, decision.addresses, decision.refusal

    def _look_at(self, series: Series, watch: Watch) -> _There:
        """The groups of a series, as they are."""
        there, first = _There(), composed(series.name)
        for group in series.groups:
            watched = watch(group.receiver_id)
            before = watched.settled()
            if composed(group.name) != first:
                if before.description != CONTINUATION and watched.memory.series != first:
                    there.strangers.append(before.name)
                watched.remember(replace(watched.memory, series=first), later=True)
            members = watched.members(before)
            lags, taken = members.are_ahead_of(before), max(before.count, members.room_taken)
            there.shares.append(Share(replace(before, count=taken) if lags else before, count_lags=lags))
            there.members.append(members)
            there.rooms.append(max(0, limits.GROUP_LIMIT - taken))
        return there

    def _decide(
        self,
        begun: Begun,
        file: StoredObject,
        variables: Variables | None,
        judge: Callable[[Iterator[Table]], Decision],
    ) -> Decision:
        """Reads the file to its end, with enough time left to say so where that is not possible."""
        deadline = replace(self.deadline, at=self.deadline.at - self.reserve)
        given = deadline.remaining()
        chunks = stream(self.bucket, file, deadline)
        try:
            return judge(self.reader(chunks, _hints(file, variables)))
        except Mismatch:
            self._count_reading(begun, SourceProblem("damaged", Said("file.checksum")))
            raise
        except TryLater:
            if deadline.remaining() <= 0 and given >= self.long_reading:
                slow = Said("file.slow", seconds=round(given), times=READINGS)
                self._count_reading(begun, SourceProblem("too_large", slow))
            raise

    def _variables(self, file: StoredObject) -> Variables | None:
        """Which columns go into the mail. Raises `SourceProblem` (`template_data`) for metadata that cannot be read."""
        told = said(file, "template-data")
        return read_variables(told) if told else self.rules.template_data

    def _count_reading(self, begun: Begun, problem: SourceProblem) -> None:
        """Remembers that the file could not be read to its end; raises the problem when it never can."""
        readings = begun.readings + 1
        if readings >= READINGS:
            raise problem from None
        self.ledger.begin(replace(begun, readings=readings))

    # Deliver

    def _deliver(
        self,
        plan: ImportPlan,
        addresses: Addresses,
        rows: Rows,
        watch: Watch,
        held: ExitStack,
        *,
        resumed_beside: Sequence[Group] | None = None,
    ) -> Imported:
        """Carries a plan out, as far as it gets. One that is resumed may have other groups beside it by now."""

        def keep(plan: ImportPlan) -> None:
            self.ledger.save(plan, rows if resumed_beside is None else None)

        progress = Progress(plan, keep)
        delivery = SeriesDelivery(
            self.groups,
            progress,
            addresses,
            watch,
            lambda receiver_id: held.enter_context(self.locks.one(lock_of(receiver_id))),
            self.deadline,
            self.reserve,
            self.send_seconds,
            self.rules.settle_hours,
            resumed_beside=resumed_beside,
        )
        try:
            delivery.send()
            outcome = delivery.settle(self.rules.settle_seconds)
        except (TryLater, OperatorProblem):
            progress.write_down(always=True)
            self._report(progress.plan, delivery.outcome(), "interrupted")
            raise
        plan = progress.plan
        if not outcome.settled:
            progress.write_down(always=True)
            return imported_by(self._report(plan, outcome, "uploading"), plan.of.folder)
        plan = publish_outcome(self.bucket, plan, outcome, rows())
        if self.rules.lists_imported:
            plan = publish_imported(self.bucket, plan, outcome, rows())
        return self._finish(plan.of, self._report(plan, outcome, _status(plan, outcome)))

    # Report

    def _conclude_unsent(self, begun: Begun, plan: ImportPlan, rows: RowFiles, refusal: Refusal | None) -> Imported:
        """Nothing of the file is sent: its good rows, if it has any, remain."""
        self.ledger.begin(begun)
        status: Status = "refused" if refusal else "dry_run" if self.rules.dry_run else "imported"
        row_said = Said("row.would_be_sent" if status == "dry_run" else "row.not_attempted")
        plan = replace(plan, listed=publish_rows(self.bucket, plan.of.folder, rows, unsent=row_said))
        unsent = Indices([range(plan.counts.not_attempted)])
        outcome = Outcome(plan.batches, plan.before, settled=True, refusal=refusal, not_attempted=unsent)
        return self._finish(plan.of, self._report(plan, outcome, status))

    def _refuse(
        self, begun: Begun, refusal: Refusal, started_at: datetime, language: Language | None = None
    ) -> Imported:
        """Refuses a file for a reason that does not lie in its rows."""
        self.ledger.begin(begun)
        report = build_unread(begun.of, refusal, started_at)
        self._publish(report, begun.of, Samples(), language)
        return self._finish(begun.of, report)

    def _report(self, plan: ImportPlan, outcome: Outcome, status: Status) -> Report:
        """Writes the report as things stand now."""
        report = build_report(plan, outcome, status, self.clock.now())
        self._publish(report, plan.of, plan.samples, plan.language)
        return report

    def _publish(self, report: Report, of: Import, samples: Samples, language: Language | None) -> None:
        self.publisher.publish(report, of.folder, samples, language)
        reason = report.reason.code if report.reason else None
        log.info("reported", status=report.status, reason=reason, rows=asdict(report.rows), report=of.report)

    def _mend(self, state: Opened, report: Report, file: StoredObject | None) -> None:
        """Writes what whoever wrote report.json may have been killed before."""
        if isinstance(state, Stored):
            self.publisher.show(report, state.of.folder, state.plan.samples, state.plan.language)
        else:
            self.publisher.mend(report, state.of.folder, _language(file) if file else None)

    def _finish(self, of: Import, report: Report) -> Imported:
        """Notes, in place of what was known, that there is nothing more to do."""
        imported = imported_by(report, of.folder)
        note = Finished(imported.import_id, of.found_by, imported.receiver_id, report.status, imported.report)
        self.ledger.finish(of.source, note)
        return imported

    def _watched(self, receiver_id: int) -> WatchedGroup:
        return WatchedGroup(self.groups, receiver_id, self.deadline, self.memories(receiver_id), reserve=self.reserve)


def _from_the_first(rows: IO[bytes]) -> IO[bytes]:
    """The same file, to be read from its first byte on."""
    rows.seek(0)
    return rows


def _hints(file: StoredObject, variables: Variables | None) -> Hints:
    headings = variables.headings if variables else None
    return Hints(said(file, "email-column"), said(file, "delimiter"), said(file, "encoding"), headings)


def _language(file: StoredObject) -> Language | None:
    """The language that the owner asks for; `None` where it is none of ours."""
    return language_of(said(file, "language") or "")


def _status(plan: ImportPlan, outcome: Outcome) -> Status:
    """`refused` where nothing of the file came into the group, as far as anybody knows."""
    if outcome.refusal is None:
        return "imported"
    untouched = len(outcome.not_attempted) + len(outcome.already_in_group)
    return "refused" if untouched == plan.counts.not_attempted else "partial"
