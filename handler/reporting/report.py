"""report.json: what became of a file. The field names are fixed; docs/report.md explains them one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, Literal

from handler import limits
from handler.delivering.outcome import Outcome
from handler.intake.source import Import, SourceFacts
from handler.planning.plan import Batch, BatchOutcome, ImportPlan, Refusal, RowCounts
from handler.reading.tables import FileFacts
from handler.reporting.words import in_english, words
from handler.said import Said
from handler.settings import DEFAULT
from handler.state.ledger import Status
from handler.state.stored import from_json, to_json

FINAL: Final[frozenset[Status]] = frozenset({"imported", "partial", "refused", "dry_run"})
"""The others go on by themselves."""

BatchFate = Literal["accepted", "refused", "not_attempted", "unconfirmed"]
BATCH_OUTCOMES: Final[Mapping[BatchOutcome, BatchFate]] = {
    "planned": "not_attempted",
    "sending": "unconfirmed",
    "accepted": "accepted",
    "refused": "refused",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportReason:
    """Why nothing, or not all, was sent."""

    code: str
    message: str
    """In English, whatever the page is in."""
    said: Said | None = None
    """The same for a page in any language; reports of former versions have none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportGroup:
    """The recipient group."""

    receiver_id: int | None
    """`None` for a group that is not there yet."""
    name: str | None = None
    limit: int
    count_before: int | None = None
    count_after: int | None = None
    upload_finished: bool
    created: bool = False
    """Whether this import has created it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportShare(ReportGroup):
    """One group of those that take the file."""

    planned: int = 0
    """Rows that are meant for it."""
    imported: int = 0
    """Rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRows:
    """The rows by their fate; `total` is the sum of the other nine."""

    total: int
    imported: int
    already_in_group: int
    duplicate: int
    rejected: int
    empty: int
    over_capacity: int
    not_attempted: int
    unconfirmed: int
    no_consent: int = 0
    """Reports of former versions have none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportBatch:
    """One write request."""

    number: int
    size: int
    outcome: BatchFate
    attempts: int
    request_ids: Sequence[str]
    service_counts: Mapping[str, int] | None
    began_after: float | None = None
    """Seconds from the start of the import."""
    ended_after: float | None = None
    receiver_id: int | None = None
    """The group that took it, or is to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportWarning:
    """What is told of a file beside what became of its rows."""

    code: str
    message: str
    """In English, whatever the page is in."""
    count: int
    said: Said


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The whole of report.json."""

    report_version: Literal[1] = 1
    import_id: str
    status: Status
    reason: ReportReason | None
    source: SourceFacts
    file: FileFacts | None
    group: ReportGroup | None
    """The one that the file is for."""
    groups: Sequence[ReportShare] = ()
    """All that take it, the first one included."""
    rows: ReportRows
    rejected_by_reason: Mapping[str, int]
    warnings: Sequence[ReportWarning] = ()
    batches: Sequence[ReportBatch]
    files: Mapping[str, str]
    truncated: Sequence[str]
    started_at: datetime
    finished_at: datetime
    seconds: float

    def to_json(self) -> bytes:
        """As it is written into the bucket."""
        return to_json(self, indent=2) + b"\n"

    @property
    def blocked(self) -> int:
        """How many of `rows.no_consent` the service's own black list holds."""
        return sum(warning.count for warning in self.warnings if warning.code == "blocked")

    @classmethod
    def from_json(cls, body: bytes) -> Report:
        """As it was written. Raises `ValueError` where the body is no report."""
        return from_json(cls, body)


def build_report(plan: ImportPlan, outcome: Outcome, status: Status, now: datetime) -> Report:
    """The report of a plan, as far as it has come."""
    return Report(
        import_id=plan.of.import_id,
        status=status,
        reason=_reason(outcome.refusal),
        source=plan.of.source,
        file=plan.facts,
        group=_group(plan, 0, outcome.shares[0] if outcome.shares else outcome),
        groups=_groups(plan, outcome),
        rows=_rows(outcome.count(plan.counts)),
        rejected_by_reason=outcome.reasons(plan.rejected_by_reason),
        warnings=tuple(map(_warning, (*plan.warnings, *outcome.warnings))),
        batches=_batches(plan, outcome.batches),
        files={name: file.key for name, file in sorted(plan.listed.items())},
        truncated=sorted(name for name, file in plan.listed.items() if file.truncated),
        started_at=plan.started_at.replace(microsecond=0),
        finished_at=now.replace(microsecond=0),
        seconds=round((now - plan.started_at).total_seconds(), 1),
    )


def _groups(plan: ImportPlan, outcome: Outcome) -> tuple[ReportShare, ...]:
    """Each group that takes a part of the file."""
    rest = [Outcome((), share.group, settled=outcome.settled) for share in plan.shares[1:]]
    shares = outcome.shares or (outcome, *rest)
    return tuple(
        ReportShare(
            **asdict(_group(plan, number, of)),
            planned=sum(batch.size for batch in plan.of_share(number)),
            imported=sum(batch.size for batch in of.batches) - of.elsewhere,
        )
        for number, of in enumerate(shares)
    )


def _group(plan: ImportPlan, number: int, outcome: Outcome) -> ReportGroup:
    share = plan.shares[number]
    return ReportGroup(
        receiver_id=share.group.receiver_id or None,
        name=share.group.name,
        limit=limits.GROUP_LIMIT,
        count_before=share.group.count,
        count_after=outcome.group.count if outcome.group else None,
        upload_finished=outcome.settled,
        created=share.creation == "done",
    )


def build_unread(of: Import, refusal: Refusal, at: datetime) -> Report:
    """The report of a file that was refused before it was read: it has left the service nothing to finish."""
    group = None
    if of.receiver_id or of.name:
        group = ReportGroup(receiver_id=of.receiver_id, name=of.name, limit=limits.GROUP_LIMIT, upload_finished=True)
    return Report(
        import_id=of.import_id,
        status="refused",
        reason=_reason(refusal),
        source=of.source,
        file=None,
        group=group,
        groups=(ReportShare(**asdict(group)),) if group else (),
        rows=_rows(RowCounts()),
        rejected_by_reason={},
        batches=(),
        files={},
        truncated=(),
        started_at=at.replace(microsecond=0),
        finished_at=at.replace(microsecond=0),
        seconds=0.0,
    )


def _reason(refusal: Refusal | None) -> ReportReason | None:
    if refusal is None:
        return None
    return ReportReason(code=refusal.code, message=in_english(refusal.said), said=refusal.said)


def _warning(said: Said) -> ReportWarning:
    number = said.fields["number"]
    count = number if isinstance(number, int) else 0
    return ReportWarning(code=said.code.removeprefix("warning."), message=in_english(said), count=count, said=said)


def _rows(counts: RowCounts) -> ReportRows:
    """The rows as the report shows them, added up."""
    fates = asdict(counts)
    return ReportRows(total=sum(fates.values()), **fates)


def _batches(plan: ImportPlan, batches: Sequence[Batch]) -> tuple[ReportBatch, ...]:
    """The write requests as the report shows them."""

    def after(at: datetime | None) -> float | None:
        return None if at is None else round((at - plan.started_at).total_seconds(), 3)

    return tuple(
        ReportBatch(
            number=batch.number,
            size=batch.size,
            outcome=BATCH_OUTCOMES[batch.outcome],
            attempts=batch.attempts,
            request_ids=batch.request_ids,
            service_counts=batch.service_counts,
            began_after=after(batch.began_at),
            ended_after=after(batch.ended_at),
            receiver_id=plan.shares[batch.share].group.receiver_id or None,
        )
        for batch in batches
    )


FATES: Final = (
    "imported",
    "not_attempted",
    "unconfirmed",
    "already_in_group",
    "duplicate",
    "no_consent",
    "over_capacity",
    "rejected",
    "empty",
)
"""What becomes of rows, in the order in which it is shown."""


def verdict(report: Report) -> tuple[str, dict[str, Any]]:
    """The sentence's name and the values of its fields; `group` is up to whoever says it."""
    status, rows = report.status, report.rows
    if status == "refused":
        return refusal(report.reason.code if report.reason else "", rows)
    if status == "dry_run":
        return "verdict.dry_run", {"n": rows.not_attempted}
    if status == "imported" and not rows.imported:
        known = rows.already_in_group and not rows.over_capacity
        return "verdict.imported_none_new" if known else "verdict.imported_none", {}
    return f"verdict.{status}", {"n": rows.imported}


def refusal(code: str, rows: ReportRows) -> tuple[str, dict[str, Any]]:
    """The same for a file of which nothing was sent, by the code that says why."""
    name = f"refused.{code}"
    if name not in words(DEFAULT).texts:
        return "refused.service", {"code": code}
    return name, {
        "new": rows.not_attempted + rows.over_capacity,
        "fit": rows.not_attempted,
        "rejected": rows.rejected,
        "filled": rows.total - rows.empty,
        "n": rows.rejected,
    }
