"""Which groups take a file: the one that it names, and its continuations `spring (2)`, `spring (3)` ...

A name is a group's only where it is exactly that, character for character. Where another group's differs from it in
nothing but case or spaces nobody can tell which is meant: such a file is refused.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, islice

from handler.errors import SourceProblem
from handler.planning.group import Group
from handler.planning.plan import ImportPlan
from handler.said import Said


@dataclass(frozen=True, slots=True)
class Series:
    """The groups that take a file."""

    name: str
    """That of the first one."""
    groups: tuple[Group, ...]
    """Those that are there, in the order in which they are filled."""
    names: tuple[str, ...] = ()
    """What those may be called that are created once these are full, in their order."""

    @property
    def has_first(self) -> bool:
        """Whether the group that is continued is there."""
        return any(composed(group.name) == composed(self.name) for group in self.groups)


def alone(group: Group) -> Series:
    """A group that takes all that it has room for."""
    return Series(group.name, (group,))


def named(name: str, groups: Sequence[Group]) -> Group | None:
    """The group of this name. Raises `SourceProblem` where there are two, or none, and another's is nearly the same."""
    exact = [group for group in groups if composed(group.name) == composed(name)]
    if len(exact) == 1:
        return exact[0]
    if near := next((group for group in groups if _folded(group.name) == _folded(name)), None):
        raise SourceProblem("group_not_found", Said("file.near_name", name=name, there=near.name))
    return None


def series(name: str, groups: Sequence[Group], most: int) -> Series:
    """The group of this name, if it is there, and all that continue it; with the names of further ones, as many as may
    be.

    A group that continues another one itself is continued by none: `spring (2)` alone is what a file is for that names
    it.
    """
    numbered = {number: group for group in groups if (number := _number(group.name, name))}
    if continues(name, groups):
        return alone(numbered[1]) if 1 in numbered else Series(name, (), (name,))
    found = tuple(numbered[number] for number in sorted(numbered))
    free = (_name(name, number) for number in count(1) if number not in numbered)
    return Series(name, found, tuple(islice(free, max(0, most - len(found)))))


def continues(name: str, groups: Iterable[Group]) -> bool:
    """Whether a group of this name continues another one that is there."""
    first, _, number = name.rpartition(" (")
    is_number = bool(first) and re.fullmatch(r"[1-9][0-9]*\)", number) is not None
    return is_number and _number(name, first) is not None and any(_number(group.name, first) == 1 for group in groups)


def is_short(plan: ImportPlan, room_of: Mapping[str, int]) -> bool:
    """Whether a group that is there has no room for its share of a plan any more: others have come since it was made.
    Rooms are by name."""
    rooms = {composed(name): room for name, room in room_of.items()}
    for number, share in enumerate(plan.shares):
        size = sum(batch.size - len(batch.present) for batch in plan.of_share(number))
        if size > rooms.get(composed(share.group.name), size):
            return True
    return False


def _name(first: str, number: int) -> str:
    return first if number == 1 else f"{first} ({number})"


def _number(name: str, first: str) -> int | None:
    """Which one of the series a group of this name is, if it belongs to it; 1 is the first one itself."""
    name, first = composed(name), composed(first)
    if name == first:
        return 1
    found = re.fullmatch(r" \(([1-9][0-9]{0,5})\)", name[len(first) :]) if name.startswith(first) else None
    return int(found[1]) if found and int(found[1]) > 1 else None


def composed(name: str) -> str:
    """Files from a Mac have names whose accents are characters by themselves."""
    return unicodedata.normalize("NFC", name)


def _folded(name: str) -> str:
    """Without what nobody sees, such as a space of no width that was copied along."""
    seen = (char for char in unicodedata.normalize("NFKC", name) if unicodedata.category(char) != "Cf")
    return " ".join("".join(seen).casefold().split())
