"""What was decided about a file, and how far it has been carried out: frozen, and stored as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import Literal

from handler.intake.source import Import
from handler.planning.group import Group
from handler.planning.samples import Samples
from handler.reading.tables import FileFacts
from handler.said import Said
from handler.settings import Language


@dataclass(frozen=True, slots=True)
class ListedFile:
    """One of the report's CSV files as it was when the plan was made."""

    key: str
    rows: int
    bytes: int
    truncated: bool


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What was decided about a file, in the form in which it is stored."""

    of: Import
    shares: tuple[Share, ...]
    """The groups that take it, in the order of their series; the first one is the group that the file is for, be it
    there or not."""
    facts: FileFacts | None
    counts: RowCounts
    rejected_by_reason: Mapping[str, int]
    headings: tuple[str, ...]
    listed: Mapping[str, ListedFile]
    started_at: datetime
    batches: tuple[Batch, ...]
    samples: Samples = field(default_factory=Samples)
    """For report.html, so that it shows the same whoever ends the import."""
    language: Language | None = None
    """As the file's metadata has it."""
    warnings: tuple[Said, ...] = ()
    """What is to be told of the file beside what becomes of its rows."""
    kind: Literal["plan"] = "plan"

    @property
    def before(self) -> Group:
        """The group that the file is for, as it was when the plan was made."""
        return self.shares[0].group

    @property
    def has_data(self) -> bool:
        """Whether each address is sent with data for the template."""
        return bool(self.facts and self.facts.template_data)

    def of_share(self, share: int) -> list[Batch]:
        """The batches that one group takes."""
        return [batch for batch in self.batches if batch.share == share]


@dataclass(frozen=True, slots=True)
class Share:
    """One group of a plan."""

    group: Group
    """As it was when the plan was made. Where there was none yet its id is 0, and stays so until it is created."""
    count_lags: bool = False
    """Whether the service's count was behind the members when the plan was made, so that it is theirs: what the service
    counts then proves nothing."""
    creation: Literal["none", "asked", "done"] = "none"
    """Whether this import creates the group. `asked` is written before the call; found later, nobody knows."""
    refusal: Refusal | None = None
    """Why the service did not create it."""
    compared_at: datetime | None = None
    """When the members were last read back and did not show all that was accepted."""
    settled: Group | None = None
    """As it was once it had shown all that it took."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing, or not all, was sent: `reason` in report.json."""

    code: str
    """A `RefusalReason`, or a code of the service."""
    said: Said


BatchOutcome = Literal["planned", "sending", "accepted", "refused"]
"""What is known of a batch. `sending` is written before the call: found later, it means that nobody knows."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One request's share of a plan, and what became of it."""

    number: int
    """1 being the first."""
    start: int
    """Where its addresses begin in the plan's."""
    size: int
    outcome: BatchOutcome = "planned"
    attempts: int = 0
    request_ids: tuple[str, ...] = ()
    service_counts: Mapping[str, int] | None = None
    refusal: Refusal | None = None
    """Why the service refused it for good: an outcome of `refused` stands, whoever comes next."""
    present: tuple[int, ...] = ()
    """What somebody else had added before it was first sent, by index in the plan."""
    began_at: datetime | None = None
    """When it was first sent."""
    ended_at: datetime | None = None
    """When the service's last word on it came."""
    share: int = 0
    """Which of the plan's groups takes it."""

    @property
    def indices(self) -> range:
        """Its addresses' indices in the plan."""
        return range(self.start, self.start + self.size)


@dataclass(frozen=True, slots=True)
class RowCounts:
    """What became of the rows of a file. Their sum is the number of rows, always."""

    imported: int = 0
    already_in_group: int = 0
    duplicate: int = 0
    rejected: int = 0
    empty: int = 0
    over_capacity: int = 0
    not_attempted: int = 0
    unconfirmed: int = 0
    no_consent: int = 0


@dataclass(frozen=True, slots=True)
class GoodRows:
    """Some rows of a table, in file order, with the address to send that each holds: columns of the same length."""

    lines: Sequence[int]
    addresses: Sequence[str] = field(repr=False)
    rows: Sequence[Sequence[str]] = field(repr=False)
    """The cells of each record of the file."""
    data: Sequence[str] = field(default=(), repr=False)
    """What is sent beside each address; empty where it goes alone."""

    def at(self, indices: Sequence[int]) -> GoodRows:
        """Some of them."""
        lines, addresses, rows, data = self.lines, self.addresses, self.rows, self.data
        if len(indices) > 1:
            pick = itemgetter(*indices)  # of one index it would make no tuple
            return GoodRows(pick(lines), pick(addresses), pick(rows), pick(data) if data else ())
        return GoodRows(
            [lines[at] for at in indices],
            [addresses[at] for at in indices],
            [rows[at] for at in indices],
            [data[at] for at in indices] if data else (),
        )


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """One address that is to be sent, and the record of the file that holds it."""

    line: int
    address: str = field(repr=False)
    cells: Sequence[str] = field(repr=False)
    table: str | None = None
    """The sheet or member that the line is counted in, where the file has several."""
    data: str = field(default="", repr=False)
    """What is sent beside the address."""
