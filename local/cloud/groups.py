"""The state of SES: recipient groups, and what its actions do to them. Knows no HTTP.

Source: https://www.tencentcloud.com/document/product/1084/49496 (CreateReceiverDetail) and its neighbours. Where they
leave a behaviour open, it is a switch in `behaviour.py`, so that a test can try both. `upload`, `remove`, `create` and
`delete` are also what a person at the console does; `Cloud.after` and `Fault.meanwhile` do them at a given moment.
"""

from __future__ import annotations

import itertools
import random
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from math import inf
from typing import Any, Final, Literal

from handler.limits import BATCH_SIZE, GROUP_LIMIT
from local.cloud import listing
from local.cloud.acceptance import (
    Counts,
    inconsistent_templates,
    key_of,
    refuse_no_emails,
    sort_out,
    template_variables,
)
from local.cloud.behaviour import Addresses, Behaviour, among
from local.cloud.black_list import BlackList, Blocked, Days
from local.cloud.group import Entry, Group, GroupProblem, Upload
from local.cloud.listing import Filters, GroupFacts, MemberPage, Page
from local.cloud.timeline import Timeline

NAME_CHARS: Final = 50
"""The longest name of a group; the service says that there is a limit, not which (ReceiverNameIllegal)."""
DESCRIPTION_CHARS: Final = 300
"""ReceiverDescIllegal: "1-300 characters"."""
STEPS: Final = 20
"""In so many the members of an upload show that shows little by little."""


def _switch(name: str) -> Any:
    """A single switch of the behaviour, for tests that turn one at a time."""

    def turn(groups: Groups, value: Any) -> None:
        groups.behaviour = replace(groups.behaviour, **{name: value})

    return property(lambda groups: getattr(groups.behaviour, name), turn)


class Groups:
    """All recipient groups, and the account's black list. Every method may be called from several threads."""

    upload_seconds: float = _switch("upload_seconds")
    admits_during_upload: bool = _switch("admits_during_upload")
    shows: Literal["at_end", "at_once", "gradually"] = _switch("shows")
    drops_repeats: Literal["never", "request", "group"] = _switch("drops_repeats")
    refuses: Addresses = _switch("refuses")
    loses: Addresses = _switch("loses")
    counts_lost: bool = _switch("counts_lost")
    most_groups: int = _switch("most_groups")
    requests_per_second: int | None = _switch("requests_per_second")

    def __init__(self, timeline: Timeline, behaviour: Behaviour | None = None) -> None:
        self.behaviour = behaviour or Behaviour()
        """May be replaced at any time; what was accepted before goes on as it began."""
        self.console_data: Callable[[str], str] = _no_data
        """What people at the console upload beside an address, as JSON."""
        self.black_list = BlackList(timeline)
        self._timeline = timeline
        self._groups: dict[int, Group] = {}
        self._requests: dict[str, deque[float]] = {}
        self._ids = itertools.count(1_001)
        self._email_ids = itertools.count(1)
        self._looks = itertools.count()

    # What a test sets up and looks at, and a person does at the console

    def create(
        self, name: str, receiver_id: int | None = None, members: Iterable[str] = (), description: str = "a group"
    ) -> int:
        """A new group, its members uploaded; returns its id."""
        with self._up_to_date():
            if receiver_id in self._groups:
                raise ValueError(f"there is a group {receiver_id} already")
            group = self._new(name, description, receiver_id)
            if found := [*members, *[""] * self.behaviour.blank_members]:
                self._accept_by_hand(group, found, self._prompt())
            return group.receiver_id

    def upload(self, receiver_id: int, addresses: Iterable[str], seconds: float | None = None) -> None:
        """Somebody uploads at the console, and meanwhile every request to write is refused.

        The status is 2 for so many seconds, then all are counted and listed: with 0 at once. None: with the delays of
        a request.
        """
        with self._up_to_date():
            group, offered = self._group(receiver_id), list(addresses)
            behaviour = self.behaviour if seconds is None else replace(self._prompt(), upload_seconds=seconds)
            _, kept = sort_out(behaviour, offered, group.known)
            blank = [address for address in offered if not address]  # no request could bring those in
            self._accept_by_hand(group, [*(offered[place] for place in kept), *blank], behaviour)

    def remove(self, receiver_id: int, addresses: Iterable[str]) -> None:
        """Somebody removes these addresses at the console: at once, repeats included and whatever their case."""
        with self._up_to_date():
            group, key = self._group(receiver_id), key_of(self.behaviour)
            group.remove({address.lower() for address in addresses})
            group.known = {key(entry.email) for entry in group.entries}

    def every(self) -> list[GroupFacts]:
        """All groups that are there."""
        with self._up_to_date():
            return [self._facts(self._groups[number]) for number in sorted(self._groups)]

    def contents(self, receiver_id: int) -> list[str]:
        """What has truly been accepted into the group, listed or not, in the order of its arrival."""
        with self._up_to_date():
            return [entry.email for entry in self._group(receiver_id).entries]

    def data(self, receiver_id: int) -> dict[str, str]:
        """The `TemplateData` of each address that has been accepted, the last one's of repeats."""
        with self._up_to_date():
            return {entry.email: entry.template for entry in self._group(receiver_id).entries}

    def members(self, receiver_id: int) -> list[str]:
        """The addresses that are listed by now, in the order of their arrival, repeats included."""
        with self._up_to_date():
            now = self._timeline.monotonic()
            return [entry.email for entry in self._group(receiver_id).entries if entry.listed_at <= now]

    def count(self, receiver_id: int) -> int:
        """`Count`, as ListReceivers says it."""
        with self._up_to_date():
            return self._facts(self._group(receiver_id)).count

    def status(self, receiver_id: int) -> int:
        with self._up_to_date():
            return self._facts(self._group(receiver_id)).status

    def finish_uploads(self) -> None:
        """Everything that is on its way, or put off until later, is done now, whatever the clock says."""
        with self._timeline.lock:
            self._timeline.finish()
            for group in self._groups.values():
                group.hurry(self._timeline.monotonic())

    # What the service does

    def throttle(self, action: str) -> None:
        """Counts a request; raises `RequestLimitExceeded` where the second before it is full already."""
        limit = self.behaviour.requests_per_second
        if limit is None:
            return
        with self._timeline.lock:
            now = self._timeline.monotonic()
            window = self._requests.setdefault(action, deque())
            while window and now - window[0] >= 1:
                window.popleft()
            if len(window) >= limit:
                raise GroupProblem(
                    "RequestLimitExceeded",
                    f"Your current request times equals to `{len(window) + 1}` in a second, which exceeds the frequency"
                    f" limit `{limit}` for a second. Please reduce the frequency of calls.",
                )
            window.append(now)

    def add(self, receiver_id: int, addresses: Sequence[str], templates: Sequence[str] | None = None) -> Counts:
        """CreateReceiverDetail, and CreateReceiverDetailWithData where there are templates, one for each address."""
        if len(addresses) > BATCH_SIZE:
            raise GroupProblem(
                "LimitExceeded.ReceiverDetailRequestLimit", "The number of recipient addresses exceeds the limit."
            )
        variables = template_variables(templates)
        with self._up_to_date():
            group, behaviour = self._group(receiver_id), self.behaviour
            if self._denies(group):
                raise _is_operating()
            counts, kept = sort_out(behaviour, addresses, group.known)
            if len(group.entries) + len(kept) > (behaviour.most_members or GROUP_LIMIT):
                raise GroupProblem(
                    "LimitExceeded.ReceiverDetailCountLimit", "The recipient group would hold too many addresses."
                )
            if group.variables is not None and group.variables != variables:
                raise inconsistent_templates()
            if templates is not None:
                refuse_no_emails(map(addresses.__getitem__, kept))
            places = [place for place in kept if not among(addresses[place], behaviour.breaks)]
            found = [addresses[place] for place in places]
            data = [templates[place] for place in places] if templates else itertools.repeat("")
            self._accept(group, found, behaviour, data, variables)
            return counts

    def create_checked(self, name: str, description: str) -> int:
        """CreateReceiver."""
        with self._up_to_date():
            if len(self._groups) >= self.behaviour.most_groups:
                raise GroupProblem("LimitExceeded.ExceedReceiverLimit", "The number of recipient groups is exceeded.")
            return self._new(name, description).receiver_id

    def delete(self, receiver_id: int) -> None:
        """DeleteReceiver."""
        with self._up_to_date():
            if self._group(receiver_id).under_way(self._timeline.monotonic()):
                raise _is_operating()
            del self._groups[receiver_id]

    def list_groups(
        self, offset: int, limit: int, status: int | None = None, keyword: str = ""
    ) -> tuple[int, Sequence[GroupFacts]]:
        """ListReceivers: how many there are, and a page of them."""
        page = Page(offset, limit)
        with self._up_to_date():
            groups = [self._facts(self._groups[number]) for number in sorted(self._groups)]
            return listing.page_of_groups(
                groups,
                page,
                self.behaviour,
                self._dice(),
                lambda group: keyword in group.name and status in {None, group.status},
            )

    def list_members(self, receiver_id: int, offset: int, limit: int, filters: Filters | None = None) -> MemberPage:
        """ListReceiverDetails: a page of the members."""
        page = Page(offset, limit)
        with self._up_to_date():
            group, now = self._group(receiver_id), self._timeline.monotonic()
            return listing.page_of_members(group, now, page, filters or Filters(), self.behaviour, self._dice())

    def list_blocked(self, days: Days, offset: int, limit: int) -> tuple[int, Sequence[Blocked]]:
        """ListBlackEmailAddress: how many were blocked in these days, and a page of them."""
        page = Page(offset, limit)
        with self._up_to_date():
            return self.black_list.page(days, page, self.behaviour, self._dice())

    # Inside

    @contextmanager
    def _up_to_date(self) -> Iterator[None]:
        """Alone with the groups, as they are by now."""
        with self._timeline.lock:
            self._timeline.catch_up()
            yield

    def _new(self, name: str, description: str, receiver_id: int | None = None) -> Group:
        if not 1 <= len(name) <= NAME_CHARS:
            raise GroupProblem("InvalidParameterValue.ReceiverNameIllegal", "The recipient group name is invalid.")
        if not 1 <= len(description) <= DESCRIPTION_CHARS:
            raise GroupProblem(
                "InvalidParameterValue.ReceiverDescIllegal", "The description must have 1 to 300 characters."
            )
        if any(group.name == name for group in self._groups.values()):
            raise GroupProblem("InvalidParameterValue.RepeatReceiverName", "The recipient group name already exists.")
        number = receiver_id or next(free for free in self._ids if free not in self._groups)
        self._groups[number] = Group(number, name, description, self._timeline.now())
        return self._groups[number]

    def _group(self, receiver_id: int) -> Group:
        group = self._groups.get(receiver_id)
        if group is None:
            raise GroupProblem("OperationDenied.ReceiverNotExist", "The recipient group does not exist.")
        return group

    def _denies(self, group: Group) -> bool:
        """Whether uploads under way keep a request out."""
        now = self._timeline.monotonic()
        return any(
            upload.by_hand
            or (
                not self.behaviour.admits_during_upload and (upload.busy_at <= now or self.behaviour.denies_before_busy)
            )
            for upload in group.under_way(now)
        )

    def _prompt(self) -> Behaviour:
        """The behaviour without its delays."""
        return replace(
            self.behaviour,
            busy_after=0.0,
            upload_seconds=0.0,
            counts_after=None,
            members_after=None,
            invalid_after=0.0,
        )

    def _accept_by_hand(self, group: Group, addresses: Sequence[str], behaviour: Behaviour) -> None:
        """Takes in what somebody uploads at the console."""
        data = [*map(self.console_data, addresses)]
        variables = template_variables([each for each in data if each])
        self._accept(group, addresses, behaviour, data, variables, by_hand=True)

    def _accept(
        self,
        group: Group,
        addresses: Collection[str],
        behaviour: Behaviour,
        templates: Iterable[str] = itertools.repeat(""),
        variables: frozenset[str] = frozenset(),
        *,
        by_hand: bool = False,
    ) -> None:
        """Takes members in, with the moments at which that will show."""
        now, created, size = self._timeline.monotonic(), self._timeline.now(), len(addresses)
        steps = min(size, STEPS) if behaviour.shows == "gradually" else 1
        entries = [
            Entry(
                next(self._email_ids),
                address,
                created,
                template,
                counted_at=now + behaviour.counted_after * share,
                listed_at=inf if among(address, behaviour.hides) else now + behaviour.listed_after * share,
                invalid_at=now + behaviour.invalid_after if among(address, behaviour.refuses) else inf,
                reason=behaviour.reason,
            )
            for address, template, share in zip(addresses, templates, _shares(size, steps), strict=False)
        ]
        if any(addresses) and group.variables is None:
            group.variables = variables
        upload = Upload(size, now + behaviour.busy_after, now + behaviour.upload_seconds, by_hand)
        group.accept(upload, entries, map(key_of(behaviour), addresses))

    def _dice(self) -> random.Random:
        """Others for each look."""
        return random.Random(f"{self.behaviour.seed} {next(self._looks)}")  # noqa: S311 - repeatable, not secret

    def _facts(self, group: Group) -> GroupFacts:
        return listing.facts(group, self._timeline.monotonic(), self.behaviour)


def _no_data(_: str) -> str:
    return ""


def _shares(size: int, steps: int) -> list[float]:
    """Of a delay, for each of so many members: in so many steps up to 1."""
    return [(place * steps // size + 1) / steps for place in range(size)]


def _is_operating() -> GroupProblem:
    return GroupProblem(
        "OperationDenied.ReceiverIsOperating", "The recipient group is being uploaded. Try again later."
    )
