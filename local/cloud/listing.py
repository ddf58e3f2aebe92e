"""What ListReceivers and ListReceiverDetails say: pages of rows, as orderly or odd as the service is."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from math import ceil
from operator import attrgetter
from typing import Final, TypeVar

from handler.limits import PAGE_SIZE
from local.cloud.behaviour import Behaviour
from local.cloud.group import UPLOADED, Entry, Group, GroupProblem, in_order

VALID: Final = 1
INVALID: Final = 2
PASSING_ID: Final = 900_001
"""The first of the groups that come and go."""
STAMP: Final = "%Y-%m-%d %H:%M:%S"

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class GroupFacts:
    """A group as ListReceivers shows it."""

    receiver_id: int
    name: str
    description: str
    count: int
    status: int
    created: str
    invalid_count: int


@dataclass(frozen=True, slots=True)
class Member:
    """A member as ListReceiverDetails shows it."""

    email: str | None
    created: str
    template: str
    reason: str
    """Why the service holds the address to be invalid; empty for a valid one."""
    email_id: int

    @property
    def status(self) -> int:
        return INVALID if self.reason else VALID


@dataclass(frozen=True, slots=True)
class MemberPage:
    """A page of ListReceiverDetails; the counts are those of all members that the filters let through."""

    total: int
    valid: int
    invalid: int
    members: Sequence[Member] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Page:
    """Which rows are asked for. Raises `GroupProblem` for what no page can be."""

    offset: int
    limit: int

    def __post_init__(self) -> None:
        if self.limit > PAGE_SIZE:
            raise GroupProblem("FailedOperation.InvalidLimit", "The limit is exceeded: at most 100.")
        if self.offset < 0 or self.limit < 1:
            raise GroupProblem("InvalidParameterValue", "Offset and Limit must not be negative.")

    def of(self, rows: Sequence[Row], behaviour: Behaviour, dice: random.Random) -> Sequence[Row]:
        size = min(self.limit, behaviour.page_size)
        if dice.random() < behaviour.short_pages:
            size = dice.randint(1, size)
        return rows[self.offset : self.offset + size]


@dataclass(frozen=True, slots=True)
class Filters:
    """Of ListReceiverDetails; what is None or empty lets everything through."""

    status: int | None = None
    email: str = ""
    begin: str = ""
    """`CreateTimeBegin`, as the service writes times; this second included, as is that of `end`."""
    end: str = ""

    def tests(self, now: float, behaviour: Behaviour) -> list[Callable[[Entry], bool]]:
        """What a row must pass."""
        zone = behaviour.zone_hours if behaviour.filter_zone_hours is None else behaviour.filter_zone_hours
        begin, end = _read(self.begin, zone), _read(self.end, zone)
        tests: list[Callable[[Entry], bool]] = []
        if self.status is not None:
            tests.append(lambda entry: self.status == (INVALID if entry.invalid_at <= now else VALID))
        if self.email:
            tests.append(lambda entry: self.email in entry.email)
        if begin and behaviour.filters_by_time:
            tests.append(lambda entry: begin <= entry.created)
        if end and behaviour.filters_by_time:
            tests.append(lambda entry: entry.created < end + timedelta(seconds=1))
        return tests


def facts(group: Group, now: float, behaviour: Behaviour) -> GroupFacts:
    view = group.view(now, behaviour)
    return GroupFacts(
        group.receiver_id,
        group.name,
        group.description,
        view.count if behaviour.counts_invalid else view.count - view.invalid_count,
        group.status(now),
        local(group.created, behaviour.zone_hours).strftime(STAMP),
        view.invalid_count,
    )


def page_of_groups(
    groups: Iterable[GroupFacts],
    page: Page,
    behaviour: Behaviour,
    dice: random.Random,
    lets: Callable[[GroupFacts], bool],
) -> tuple[int, Sequence[GroupFacts]]:
    """How many groups the filter lets through, and a page of them."""
    ordered: Sequence[GroupFacts] = in_order(groups, behaviour.groups_order, behaviour.seed, attrgetter("receiver_id"))
    if behaviour.groups_order == "reshuffled":
        ordered = displaced(ordered, 1.0, dice)
    passing = map(_passing, range(dice.randint(0, behaviour.passing_groups)))
    found = [group for group in (*passing, *ordered) if lets(group)]
    return len(found), page.of(found, behaviour, dice)


def page_of_members(
    group: Group, now: float, page: Page, filters: Filters, behaviour: Behaviour, dice: random.Random
) -> MemberPage:
    """A page of the members."""
    view = group.view(now, behaviour)
    rows, total, invalid = view.rows, view.total, view.invalid_rows
    if tests := filters.tests(now, behaviour):
        rows = [entry for entry in rows if all(test(entry) for test in tests)]
        total, invalid = len(rows), sum(entry.invalid_at <= now for entry in rows)
    if share := 1.0 if behaviour.members_order == "reshuffled" else behaviour.displaced:
        rows = displaced(rows, share, dice)
    shown = [_member(entry, now, behaviour) for entry in page.of(rows, behaviour, dice)]
    return MemberPage(total, total - invalid, invalid, shown)


def displaced(rows: Sequence[Row], share: float, dice: random.Random) -> Sequence[Row]:
    """The rows in the order of this one request: this share of them has changed places."""
    moved = list(rows)
    places = dice.sample(range(len(moved)), min(len(moved), max(2, ceil(len(moved) * share))))
    for place, other in zip(places, sorted(places), strict=True):
        moved[place] = rows[other]
    return moved


def _member(entry: Entry, now: float, behaviour: Behaviour) -> Member:
    email = None if behaviour.leaves_blank_out and not entry.email else entry.email
    created = local(entry.created, behaviour.zone_hours).strftime(STAMP)
    reason = entry.reason if entry.invalid_at <= now else ""
    return Member(email, created, entry.template, reason, entry.email_id)


def _passing(number: int) -> GroupFacts:
    return GroupFacts(PASSING_ID + number, f"passing {number}", "not ours", 1, UPLOADED, "2026-01-01 00:00:00", 0)


def local(moment: datetime, zone: float) -> datetime:
    return moment.replace(tzinfo=None, microsecond=0) + timedelta(hours=zone)


def _read(stamp: str, zone: float) -> datetime | None:
    """The moment that a time in this zone stands for."""
    try:
        return datetime.strptime(stamp, STAMP).replace(tzinfo=timezone(timedelta(hours=zone))) if stamp else None
    except ValueError:
        raise GroupProblem("InvalidParameterValue", "A time must be written as 2021-09-28 16:40:35.") from None
