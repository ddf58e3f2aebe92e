"""The state of SES: recipient groups, their members, uploads that take time. Knows no HTTP.

Where the service's documentation leaves a behaviour open, it is a setting here, so that a test can try both.
Source: https://www.tencentcloud.com/document/product/1084/49496 (CreateReceiverDetail) and its neighbours.
"""

from __future__ import annotations

import itertools
import json
import threading
from collections import deque
from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from handler.limits import ADDRESS_BYTES, BATCH_SIZE, GROUP_LIMIT, PAGE_SIZE, REQUESTS_PER_SECOND
from handler.timing import Clock

NAME_CHARS: Final = 50
"""The longest name of a group; the service says that there is a limit, not which (ReceiverNameIllegal)."""
DESCRIPTION_CHARS: Final = 300
"""ReceiverDescIllegal: "1-300 characters"."""
TEMPLATE_BYTES: Final = 800
"""`TemplateData`: "the whole JSON structure is limited to 800 bytes" (the SDK's documentation of the field)."""

TO_BE_UPLOADED: Final = 1
UPLOADING: Final = 2
UPLOADED: Final = 3

VALID: Final = 1
INVALID: Final = 2

Addresses = Container[str] | Callable[[str], bool]


class GroupProblem(Exception):
    """SES refuses: `code` is its error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Member(NamedTuple):
    """One address in a group. A tuple, because 20,000 of them are made in one request."""

    email: str
    created: str
    template: str
    reason: str
    """Why the service holds the address to be invalid; empty for a valid one."""
    email_id: int

    @property
    def status(self) -> int:
        return INVALID if self.reason else VALID


@dataclass(frozen=True, slots=True)
class Counts:
    """What the service says about one request to add members."""

    total: int
    valid: int
    too_long: int
    empty: int
    repeat: int


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
class MemberPage:
    """A page of ListReceiverDetails; the counts are those of all members that the filters let through."""

    total: int
    valid: int
    invalid: int
    members: Sequence[Member] = field(repr=False)


@dataclass(slots=True)
class _Upload:
    """Members that are accepted and on their way."""

    members: list[Member]
    begins: float
    ends: float
    shown: int = 0


@dataclass(slots=True)
class _Group:
    receiver_id: int
    name: str
    description: str
    created: str
    members: list[Member] = field(default_factory=list)
    invalid: int = 0
    uploads: list[_Upload] = field(default_factory=list)
    known: set[str] = field(default_factory=set)
    """Every address accepted so far, in lower case, those on their way included."""
    accepted: int = 0
    """How many those are, repeats included."""
    variables: frozenset[str] | None = None
    """The template variables that every member has; None while there is no member."""


class Groups:
    """All recipient groups. Every method may be called from several threads."""

    def __init__(self, clock: Clock) -> None:
        self.upload_seconds = 0.0
        """From the acceptance of a request until the group is uploaded again."""
        self.admits_during_upload = True
        """Whether further requests are taken meanwhile, or refused as `OperationDenied.ReceiverIsOperating`."""
        self.shows: Literal["at_end", "at_once", "gradually"] = "at_end"
        """When members count and are listed: at the end of their upload, at its beginning, or little by little."""
        self.drops_repeats: Literal["never", "request", "group"] = "never"
        """Which repeats are not added: none; those within a request; those of what is in the group, too.
        `RepeatCount` counts them all either way, without regard to case."""
        self.refuses: Addresses = frozenset()
        """The addresses that are added, but marked invalid with a reason."""
        self.loses: Addresses = frozenset()
        """The addresses that are not added, without a word."""
        self.counts_lost = False
        """Whether `ValidCount` counts the lost ones all the same."""
        self.longest_address = ADDRESS_BYTES
        self.most_groups = 1_000
        self.requests_per_second: int | None = REQUESTS_PER_SECOND
        """For each API, in any second of the clock; None for no limit."""
        self._clock = clock
        self._groups: dict[int, _Group] = {}
        self._requests: dict[str, deque[float]] = {}
        self._ids = itertools.count(1_001)
        self._email_ids = itertools.count(1)
        self._lock = threading.RLock()

    # What a test sets up and looks at

    def create(
        self, name: str, receiver_id: int | None = None, members: Iterable[str] = (), description: str = "a group"
    ) -> int:
        """A new group, its members uploaded; returns its id."""
        with self._lock:
            self._check_new(name, description)
            if receiver_id in self._groups:
                raise ValueError(f"there is a group {receiver_id} already")
            number = receiver_id or next(free for free in self._ids if free not in self._groups)
            group = _Group(number, name, description, self._stamp())
            self._groups[number] = group
            found = [self._member(address, "", group.created) for address in members]
            if found:
                self._accept(group, found, frozenset(), seconds=0.0)
            return number

    def members(self, receiver_id: int) -> list[str]:
        """The addresses that are in the group by now, in the order of their arrival, repeats included."""
        with self._lock:
            return [member.email for member in self._settled(receiver_id).members]

    def count(self, receiver_id: int) -> int:
        with self._lock:
            return len(self._settled(receiver_id).members)

    def status(self, receiver_id: int) -> int:
        with self._lock:
            return _status(self._settled(receiver_id))

    def finish_uploads(self) -> None:
        """Ends every upload now, whatever the clock says."""
        with self._lock:
            for group in self._groups.values():
                for upload in group.uploads:
                    upload.ends = upload.begins
                self._settle(group)

    # What the service does

    def throttle(self, action: str) -> None:
        """Counts a request; raises `RequestLimitExceeded` where the second before it is full already."""
        if self.requests_per_second is None:
            return
        with self._lock:
            now = self._clock.monotonic()
            window = self._requests.setdefault(action, deque())
            while window and now - window[0] >= 1:
                window.popleft()
            if len(window) >= self.requests_per_second:
                raise GroupProblem(
                    "RequestLimitExceeded",
                    f"Your current request times equals to `{len(window) + 1}` in a second, which exceeds the frequency"
                    f" limit `{self.requests_per_second}` for a second. Please reduce the frequency of calls.",
                )
            window.append(now)

    def add(self, receiver_id: int, addresses: Sequence[str], templates: Sequence[str] | None = None) -> Counts:
        """CreateReceiverDetail, and CreateReceiverDetailWithData where there are templates, one for each address."""
        if len(addresses) > BATCH_SIZE:
            raise GroupProblem(
                "LimitExceeded.ReceiverDetailRequestLimit", "The number of recipient addresses exceeds the limit."
            )
        variables = _variables(templates)
        with self._lock:
            group = self._settled(receiver_id)
            if group.uploads and not self.admits_during_upload:
                raise _is_operating()
            counts, kept = self._sorted_out(group, addresses)
            if group.accepted + len(kept) > GROUP_LIMIT:
                raise GroupProblem(
                    "LimitExceeded.ReceiverDetailCountLimit", "The recipient group would hold too many addresses."
                )
            if group.variables is not None and group.variables != variables:
                raise GroupProblem(
                    "InvalidParameterValue.TemplateDataInconsistent",
                    "The name of a template parameter variable is not the same as the original name.",
                )
            now = self._stamp()
            members = [self._member(addresses[place], templates[place] if templates else "", now) for place in kept]
            self._accept(group, members, variables, self.upload_seconds)
            return counts

    def create_checked(self, name: str, description: str) -> int:
        """CreateReceiver."""
        with self._lock:
            if len(self._groups) >= self.most_groups:
                raise GroupProblem("LimitExceeded.ExceedReceiverLimit", "The number of recipient groups is exceeded.")
            return self.create(name, description=description)

    def delete(self, receiver_id: int) -> None:
        """DeleteReceiver."""
        with self._lock:
            if self._settled(receiver_id).uploads:
                raise _is_operating()
            del self._groups[receiver_id]

    def list_groups(self, offset: int, limit: int, status: int | None, keyword: str) -> tuple[int, list[GroupFacts]]:
        """ListReceivers: how many there are, and a page of them in the order of their ids."""
        _check_page(offset, limit)
        with self._lock:
            facts = [_facts(self._settled(number)) for number in sorted(self._groups)]
        found = [group for group in facts if keyword in group.name and status in {None, group.status}]
        return len(found), found[offset : offset + limit]

    def list_members(self, receiver_id: int, offset: int, limit: int, status: int | None, email: str) -> MemberPage:
        """ListReceiverDetails: a page of the members, in the order of their arrival."""
        _check_page(offset, limit)
        with self._lock:
            group = self._settled(receiver_id)
            if status is None and not email:  # the way that must not cost more than its page
                total = len(group.members)
                return MemberPage(total, total - group.invalid, group.invalid, group.members[offset : offset + limit])
            found = [member for member in group.members if email in member.email and status in {None, member.status}]
        invalid = sum(bool(member.reason) for member in found)
        return MemberPage(len(found), len(found) - invalid, invalid, found[offset : offset + limit])

    # Inside

    def _check_new(self, name: str, description: str) -> None:
        if not 1 <= len(name) <= NAME_CHARS:
            raise GroupProblem("InvalidParameterValue.ReceiverNameIllegal", "The recipient group name is invalid.")
        if not 1 <= len(description) <= DESCRIPTION_CHARS:
            raise GroupProblem(
                "InvalidParameterValue.ReceiverDescIllegal", "The description must have 1 to 300 characters."
            )
        if any(group.name == name for group in self._groups.values()):
            raise GroupProblem("InvalidParameterValue.RepeatReceiverName", "The recipient group name already exists.")

    def _settled(self, receiver_id: int) -> _Group:
        group = self._groups.get(receiver_id)
        if group is None:
            raise GroupProblem("OperationDenied.ReceiverNotExist", "The recipient group does not exist.")
        self._settle(group)
        return group

    def _settle(self, group: _Group) -> None:
        """Lets the uploads be as far as they are by now."""
        now = self._clock.monotonic()
        for upload in group.uploads:
            there = self._arrived(upload, now)
            fresh = upload.members[upload.shown : there]
            group.members.extend(fresh)
            group.invalid += sum(bool(member.reason) for member in fresh)
            upload.shown = max(upload.shown, there)
        group.uploads = [upload for upload in group.uploads if now < upload.ends]

    def _arrived(self, upload: _Upload, now: float) -> int:
        """How many members of an upload are to be seen."""
        if now >= upload.ends or self.shows == "at_once":
            return len(upload.members)
        if self.shows == "at_end":
            return 0
        return int(len(upload.members) * (now - upload.begins) / (upload.ends - upload.begins))

    def _sorted_out(self, group: _Group, addresses: Sequence[str]) -> tuple[Counts, list[int]]:
        """The counts of a request, and the places of the addresses that will be added."""
        too_long = empty = repeat = lost = 0
        seen: set[str] = set()
        kept: list[int] = []
        for place, address in enumerate(addresses):
            lower = address.strip().lower()
            if not lower:
                empty += 1
                continue
            if len(address.encode()) > self.longest_address:
                too_long += 1
                continue
            drops = self._drops(lower, seen, group.known)
            if lower in seen or lower in group.known:
                repeat += 1
            seen.add(lower)
            if drops:
                continue
            if _among(address, self.loses):
                lost += 1
                continue
            kept.append(place)
        valid = len(kept) + (lost if self.counts_lost else 0)
        return Counts(len(addresses), valid, too_long, empty, repeat), kept

    def _drops(self, lower: str, seen: Collection[str], known: Collection[str]) -> bool:
        if self.drops_repeats == "never":
            return False
        return lower in seen or (self.drops_repeats == "group" and lower in known)

    def _member(self, address: str, template: str, created: str) -> Member:
        reason = "invalid address" if _among(address, self.refuses) else ""
        return Member(address, created, template, reason, next(self._email_ids))

    def _accept(self, group: _Group, members: list[Member], variables: frozenset[str], seconds: float) -> None:
        if members:
            group.variables = variables
        group.known.update(member.email.strip().lower() for member in members)
        group.accepted += len(members)
        now = self._clock.monotonic()
        group.uploads.append(_Upload(members, now, now + seconds))
        self._settle(group)

    def _stamp(self) -> str:
        return self._clock.now().strftime("%Y-%m-%d %H:%M:%S")


def _is_operating() -> GroupProblem:
    return GroupProblem(
        "OperationDenied.ReceiverIsOperating", "The recipient group is being uploaded. Try again later."
    )


def _check_page(offset: int, limit: int) -> None:
    if limit > PAGE_SIZE:
        raise GroupProblem("FailedOperation.InvalidLimit", "The limit is exceeded: at most 100.")
    if offset < 0 or limit < 1:
        raise GroupProblem("InvalidParameterValue", "Offset and Limit must not be negative.")


def _among(address: str, addresses: Addresses) -> bool:
    return addresses(address) if callable(addresses) else address in addresses


def _status(group: _Group) -> int:
    if group.uploads:
        return UPLOADING
    return UPLOADED if group.members else TO_BE_UPLOADED


def _facts(group: _Group) -> GroupFacts:
    return GroupFacts(
        group.receiver_id,
        group.name,
        group.description,
        len(group.members),
        _status(group),
        group.created,
        group.invalid,
    )


def _variables(templates: Sequence[str] | None) -> frozenset[str]:
    """The names that every template of a request has; none where there are no templates."""
    if not templates:
        return frozenset()
    if any(len(template.encode()) > TEMPLATE_BYTES for template in templates):
        raise GroupProblem("InvalidParameterValue.TemplateDataLenLimit", "TemplateData is limited to 800 bytes.")
    names = {frozenset(_loaded(template)) for template in templates}
    if len(names) > 1:
        raise GroupProblem(
            "InvalidParameterValue.TemplateDataInconsistent",
            "The name of a template parameter variable is not the same as the original name.",
        )
    return names.pop()


def _loaded(template: str) -> Mapping[str, object]:
    try:
        data = json.loads(template or "{}")
    except ValueError:
        data = None
    if not isinstance(data, dict):
        raise GroupProblem("InvalidParameterValue.TemplateDataError", "Template parameters must be in JSON format.")
    return data
