"""What became of a plan: every planned address has one fate, and the rows add up again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from handler.values import Batch, Group, Refusal, RowCounts


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is known of a plan's addresses, by their index in the plan; those not named here are in the group."""

    batches: Sequence[Batch]
    group: Group | None = None
    """As it was when it was last looked at."""
    settled: bool = False
    """The service has done its work."""
    refusal: Refusal | None = None
    """Why the service took no more."""
    not_attempted: frozenset[int] = field(default_factory=frozenset, repr=False)
    unconfirmed: frozenset[int] = field(default_factory=frozenset, repr=False)
    already_in_group: frozenset[int] = field(default_factory=frozenset, repr=False)
    left_out: Mapping[int, str] = field(default_factory=dict, repr=False)
    """What the service took and did not add, each with why."""

    @property
    def elsewhere(self) -> frozenset[int]:
        """The addresses of the plan that this import did not put into the group, as far as is known."""
        return self.not_attempted | self.unconfirmed | self.already_in_group | self.left_out.keys()

    def count(self, planned: RowCounts) -> RowCounts:
        """The counts of the plan, in which everything that is to be sent is `not_attempted`, as they are now."""
        return replace(
            planned,
            imported=planned.not_attempted - len(self.elsewhere),
            not_attempted=len(self.not_attempted),
            unconfirmed=len(self.unconfirmed),
            already_in_group=planned.already_in_group + len(self.already_in_group),
            rejected=planned.rejected + len(self.left_out),
        )

    def reasons(self, planned: Mapping[str, int]) -> dict[str, int]:
        """`rejected_by_reason`, with what the service left out."""
        return {**planned, "refused_by_service": len(self.left_out)} if self.left_out else dict(planned)
