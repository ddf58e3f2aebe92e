"""What became of the addresses of a plan."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from handler.planning.group import Group
from handler.planning.plan import Batch, Refusal, RowCounts
from handler.said import Said, together


class Indices(Collection[int]):
    """Some addresses of a plan, by their index in it: a byte for each address before the last of them."""

    def __init__(self, parts: Iterable[Sequence[int]] = ()) -> None:
        self._flags = bytearray()
        for part in parts:
            if not part:
                continue
            self._flags.extend(bytes(max(0, max(part) + 1 - len(self._flags))))
            if isinstance(part, range):
                self._flags[part.start : part.stop] = b"\1" * len(part)
            else:
                for index in part:
                    self._flags[index] = 1
        self._count = self._flags.count(1)

    def __contains__(self, index: object) -> bool:
        return isinstance(index, int) and index < len(self._flags) and self._flags[index] == 1

    def __iter__(self) -> Iterator[int]:
        return (index for index, is_in in enumerate(self._flags) if is_in)

    def __len__(self) -> int:
        return self._count


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is known of a plan's addresses, by their index in the plan. Those not named here are in the group; none is
    named twice."""

    batches: Sequence[Batch]
    group: Group | None = None
    """As it was when it was last looked at."""
    settled: bool = False
    """There is nothing more to wait for."""
    refusal: Refusal | None = None
    """Why the service took no more."""
    not_attempted: Collection[int] = field(default_factory=Indices, repr=False)
    unconfirmed: Collection[int] = field(default_factory=Indices, repr=False)
    already_in_group: Collection[int] = field(default_factory=Indices, repr=False)
    left_out: Mapping[int, Said] = field(default_factory=dict, repr=False)
    """What the service took and names invalid, each with why."""
    warnings: tuple[Said, ...] = ()
    """What is to be told of the group."""
    shares: tuple[Outcome, ...] = ()
    """The same for each group of the plan by itself, where that is known."""

    @property
    def elsewhere(self) -> int:
        """How many addresses of the plan this import did not put into the group, as far as is known."""
        return sum(map(len, (self.not_attempted, self.unconfirmed, self.already_in_group, self.left_out)))

    def count(self, planned: RowCounts) -> RowCounts:
        """The counts of the plan, in which everything that is to be sent is `not_attempted`, as they are now."""
        return replace(
            planned,
            imported=planned.not_attempted - self.elsewhere,
            not_attempted=len(self.not_attempted),
            unconfirmed=len(self.unconfirmed),
            already_in_group=planned.already_in_group + len(self.already_in_group),
            rejected=planned.rejected + len(self.left_out),
        )

    def reasons(self, planned: Mapping[str, int]) -> dict[str, int]:
        """`rejected_by_reason`, with what the service left out."""
        return {**planned, "refused_by_service": len(self.left_out)} if self.left_out else dict(planned)

    @classmethod
    def of_all(cls, shares: Sequence[Outcome], batches: Sequence[Batch]) -> Outcome:
        """What became of a plan, of what became of each group's share."""
        return cls(
            batches=batches,
            group=shares[0].group,
            settled=all(each.settled for each in shares),
            refusal=next((each.refusal for each in shares if each.refusal), None),
            not_attempted=Indices([*each.not_attempted] for each in shares),
            unconfirmed=Indices([*each.unconfirmed] for each in shares),
            already_in_group=Indices([*each.already_in_group] for each in shares),
            left_out={index: said for each in shares for index, said in each.left_out.items()},
            warnings=together(said for each in shares for said in each.warnings),
            shares=tuple(shares),
        )
