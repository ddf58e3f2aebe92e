"""Which groups a file is for, as they are now, and the locks that whoever imports it has to hold.

The locks of a series are those of all of its groups, in the order of their ids: so a file for one of them by its number
and a file for the series keep each other out, and no two wait for each other in a ring. A group that is not there yet
is locked by its name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from handler.delivering.group import Groups, all_groups
from handler.errors import SourceProblem
from handler.intake.source import Import
from handler.planning.group import Group
from handler.planning.plan import ImportPlan
from handler.planning.series import Series, alone, composed, named, series
from handler.said import Said
from handler.state.ledger import Opened, Stored
from handler.state.lock import lock_of, lock_of_name
from handler.timing import Deadline


@dataclass(frozen=True, slots=True)
class Target:
    """What a file is for."""

    locks: tuple[str, ...]
    series: Series | None = None
    """`None` where nothing says it and where it cannot be. Where a plan says it already, those that are not in it."""
    problem: SourceProblem | None = None
    """Why it cannot be."""


@dataclass(frozen=True, slots=True)
class Targets:
    """Finds what files are for, by what the settings say."""

    groups: Groups
    deadline: Deadline
    reserve: float
    splits: bool
    """Whether the continuations of a group take what it has no room for."""
    creates: bool
    """Whether a group that is named and not there is created."""
    most: int
    """Groups of a series."""

    def of(self, known: Opened) -> Target:
        """What the file of an import is for. Only where a name has to be looked up does it take a request."""
        if isinstance(known, Stored):
            return self._by_plan(known.plan)
        of = known.of
        if of.name is not None:
            try:
                return self._by_name(composed(of.name))
            except SourceProblem as problem:
                return Target((lock_of_name(composed(of.name)),), problem=problem)
        return self._by_id(of) if of.receiver_id is not None else Target(())

    def _by_plan(self, plan: ImportPlan) -> Target:
        """The groups of a plan, and those that have come into its series since: another import may have put there whom
        this one has not sent yet."""
        groups = [share.group for share in plan.shares]
        first = composed(
            plan.of.name or next((each.name for each in groups if each.receiver_id == plan.of.receiver_id), "")
        )
        missing = next((group.name for group in groups if not group.receiver_id and group.name == first), None)
        there = [group for group in groups if group.receiver_id]
        if not (first and (self.splits or len(groups) > 1)):
            return Target(_locks(missing, there))
        known = {group.receiver_id for group in there}
        others = tuple(each for each in series(first, self._all(), self.most).groups if each.receiver_id not in known)
        return Target(_locks(missing, [*there, *others]), Series(first, others))

    def _by_id(self, of: Import) -> Target:
        receiver_id = of.receiver_id or 0
        unknown = Group(receiver_id, "", 0, uploading=False)
        if not self.splits:
            return _target(alone(unknown))
        groups = self._all()
        found = next((group for group in groups if group.receiver_id == receiver_id), None)
        return _target(series(found.name, groups, self.most) if found else alone(unknown))

    def _by_name(self, name: str) -> Target:
        groups = self._all()
        found = named(name, groups)
        if found is None and not self.creates:
            raise SourceProblem("group_not_found", Said("file.no_such_name", name=name))
        if self.splits:
            return _target(series(found.name if found else name, groups, self.most))
        return _target(alone(found) if found else Series(name, (), (name,)))

    def _all(self) -> Sequence[Group]:
        return all_groups(self.groups, self.deadline, self.reserve)


def _target(found: Series) -> Target:
    missing = None if found.has_first else found.name
    return Target(_locks(missing, found.groups), found)


def _locks(missing: str | None, groups: Sequence[Group]) -> tuple[str, ...]:
    by_name = () if missing is None else (lock_of_name(missing),)
    return (*by_name, *map(lock_of, sorted(group.receiver_id for group in groups)))
