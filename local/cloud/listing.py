"""What ListReceivers and ListReceiverDetails say: pages of rows, as orderly or odd as the service is."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, TypeVar

from handler.limits import PAGE_SIZE
from local.cloud.behaviour import Behaviour
from local.cloud.group import UPLOADED, Entry, Group, GroupProblem, in_order

VALID: Final = 1
INVALID: Final = 2
PASSING_ID: Final = 900_001
"""The first of the groups that come and go."""
_STAMP: Final = "%Y-%m-%d %H:%M:%S"

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

    def of(self, rows: Sequence[Row], behaviour: Behaviour) -> Sequence[Row]:
        return rows[self.offset : self.offset + min(self.limit, behaviour.page_size)]


@dataclass(frozen=True, slots=True)
class Filters:
    """Of ListReceiverDetails; what is None or empty lets everything through."""

    status: int | None = None
    email: str = ""
    begin: str = ""
    """`CreateTimeBegin`, as the service writes times; this second included, as is that of `end`."""
    end: str = ""

    def of(self, group: Group, ids: list[int], behaviour: Behaviour) -> list[int]:
        tests = self._tests(group, behaviour)
        return [each for each in ids if all(test(group.entries[each]) for test in tests)] if tests else ids

    def _tests(self, group: Group, behaviour: Behaviour) -> list[Callable[[Entry], bool]]:
        zone = behaviour.zone_hours if behaviour.filter_zone_hours is None else behaviour.filter_zone_hours
        begin, end = _read(self.begin), _read(self.end)
        tests: list[Callable[[Entry], bool]] = []
        if self.status is not None:
            tests.append(lambda entry: self.status == (INVALID if entry.email_id in group.reasons else VALID))
        if self.email:
            tests.append(lambda entry: self.email in entry.email)
        if begin and behaviour.filters_by_time:
            tests.append(lambda entry: begin <= _local(entry.created, zone))
        if end and behaviour.filters_by_time:
            tests.append(lambda entry: _local(entry.created, zone) <= end)
        return tests


def facts(group: Group, behaviour: Behaviour) -> GroupFacts:
    return GroupFacts(
        group.receiver_id,
        group.name,
        group.description,
        group.count(with_invalid=behaviour.counts_invalid),
        group.status,
        _local(group.created, behaviour.zone_hours).strftime(_STAMP),
        group.invalid_count,
    )


def page_of_groups(
    groups: Sequence[GroupFacts], page: Page, behaviour: Behaviour, request: int, lets: Callable[[GroupFacts], bool]
) -> tuple[int, Sequence[GroupFacts]]:
    """How many groups the filter lets through, and a page of them; `request` is the number of this look."""
    dice = _dice(behaviour, request)
    shown = {group.receiver_id: group for group in groups}
    ids = in_order(shown, behaviour.groups_order, behaviour.seed)
    if behaviour.groups_order == "reshuffled":
        dice.shuffle(ids)
    passing = [_passing(number) for number in range(dice.randint(0, behaviour.passing_groups))]
    found = [group for group in [*passing, *(shown[receiver_id] for receiver_id in ids)] if lets(group)]
    return len(found), page.of(found, behaviour)


def page_of_members(group: Group, page: Page, filters: Filters, behaviour: Behaviour, request: int) -> MemberPage:
    """A page of the members; `request` is the number of this look."""
    found = filters.of(group, group.listed(behaviour.members_order, behaviour.seed), behaviour)
    shown = found[: behaviour.listing_ends_at] if behaviour.listing_ends_at is not None else found
    total = len(found if behaviour.total_goes_on else shown)
    invalid = sum(map(group.reasons.__contains__, shown)) if group.reasons else 0
    rows = page.of(_restless(shown, behaviour, request), behaviour)
    return MemberPage(total, total - invalid, invalid, [_member(group, email_id, behaviour) for email_id in rows])


def _restless(ids: list[int], behaviour: Behaviour, request: int) -> list[int]:
    """The rows in the order of this one request."""
    swaps = round(len(ids) * behaviour.displaced / 2 + 0.5) if behaviour.displaced and ids else 0
    if behaviour.members_order != "reshuffled" and not swaps:
        return ids  # the way that must not cost more than its page
    dice, rows = _dice(behaviour, request), list(ids)
    if behaviour.members_order == "reshuffled":
        dice.shuffle(rows)
    for _ in range(swaps):
        one, other = dice.randrange(len(rows)), dice.randrange(len(rows))
        rows[one], rows[other] = rows[other], rows[one]
    return rows


def _member(group: Group, email_id: int, behaviour: Behaviour) -> Member:
    entry = group.entries[email_id]
    email = None if behaviour.leaves_blank_out and not entry.email else entry.email
    created = _local(entry.created, behaviour.zone_hours).strftime(_STAMP)
    return Member(email, created, entry.template, group.reasons.get(email_id, ""), email_id)


def _passing(number: int) -> GroupFacts:
    return GroupFacts(PASSING_ID + number, f"passing {number}", "not ours", 1, UPLOADED, "2026-01-01 00:00:00", 0)


def _dice(behaviour: Behaviour, request: int) -> random.Random:
    return random.Random(f"{behaviour.seed} {request}")  # noqa: S311 - repeatable, not secret


def _local(moment: datetime, zone: float) -> datetime:
    return moment.replace(tzinfo=None, microsecond=0) + timedelta(hours=zone)


def _read(stamp: str) -> datetime | None:
    try:
        return datetime.strptime(stamp, _STAMP) if stamp else None  # noqa: DTZ007 - the zone is the service's own
    except ValueError:
        raise GroupProblem("InvalidParameterValue", "A time must be written as 2021-09-28 16:40:35.") from None
