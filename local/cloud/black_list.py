"""Whom the service delivers to no more, since mail to them bounced for good: ListBlackEmailAddress.

https://www.tencentcloud.com/document/product/1084/39416. What it leaves open goes by the switches of the members'
listing: orders, pages, time zones.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from local.cloud.behaviour import Behaviour
from local.cloud.group import GroupProblem, in_order
from local.cloud.listing import STAMP, Page, displaced, local
from local.cloud.timeline import Timeline

REASON: Final = "550 5.1.1 The email account that you tried to reach does not exist."


class _Bounce(NamedTuple):
    number: int
    email: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Blocked:
    """An entry as ListBlackEmailAddress shows it: it has no id."""

    email: str
    bounced: str
    reason: str


@dataclass(frozen=True, slots=True)
class Days:
    """From one day to another, both included. Raises `GroupProblem` for what is no date."""

    begin: str
    end: str
    email: str = ""
    """Only this address; empty for all."""
    first: date = field(init=False)
    last: date = field(init=False)

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "first", date.fromisoformat(self.begin))
            object.__setattr__(self, "last", date.fromisoformat(self.end))
        except ValueError:
            raise GroupProblem("InvalidParameterValue", "A date must be written as 2020-09-22.") from None
        if self.first > self.last:
            raise GroupProblem("InvalidParameterValue", "StartDate must not be after EndDate.")


class BlackList:
    """The list of the account."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._bounces: list[_Bounce] = []
        self._numbers = 0
        self._view: tuple[object, list[_Bounce]] | None = None

    def put(self, addresses: Iterable[str], days_ago: float = 0, reason: str = REASON) -> None:
        """Mail to these bounced so many days ago."""
        with self._timeline.lock:
            at = self._timeline.now() - timedelta(days=days_ago)
            for address in addresses:
                self._numbers += 1
                self._bounces.append(_Bounce(self._numbers, address, at, reason))
            self._view = None

    def take_off(self, addresses: Iterable[str]) -> None:
        """DeleteBlackList, as somebody does it at the console."""
        with self._timeline.lock:
            gone = {address.lower() for address in addresses}
            self._bounces = [bounce for bounce in self._bounces if bounce.email.lower() not in gone]
            self._view = None

    def page(self, days: Days, page: Page, behaviour: Behaviour, dice: random.Random) -> tuple[int, Sequence[Blocked]]:
        """How many were blocked in these days, and a page of them."""
        rows: Sequence[_Bounce] = self._rows(days, behaviour)
        total = len(rows)
        if behaviour.listing_ends_at is not None:
            rows = rows[: behaviour.listing_ends_at]
            total = total if behaviour.total_goes_on else len(rows)
        if share := 1.0 if behaviour.members_order == "reshuffled" else behaviour.displaced:
            rows = displaced(rows, share, dice)
        return total, [
            Blocked(bounce.email, local(bounce.at, behaviour.zone_hours).strftime(STAMP), bounce.reason)
            for bounce in page.of(rows, behaviour, dice)
        ]

    def _rows(self, days: Days, behaviour: Behaviour) -> list[_Bounce]:
        """Kept while it holds: a long list takes hundreds of looks."""
        asked = (days, behaviour)
        if self._view is None or self._view[0] != asked:
            zone = behaviour.zone_hours if behaviour.filter_zone_hours is None else behaviour.filter_zone_hours
            found = (
                bounce
                for bounce in self._bounces
                if not behaviour.filters_by_time or days.first <= local(bounce.at, zone).date() <= days.last
                if days.email in {"", bounce.email}
            )
            self._view = asked, in_order(found, behaviour.members_order, behaviour.seed, lambda bounce: bounce.number)
        return self._view[1]
