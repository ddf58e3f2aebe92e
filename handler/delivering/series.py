"""Carries a plan out over the groups of a series: in turns, so that none is waited for while another could take a
batch. Each group is made when the first batch for it is due.

Names are unique, so a group whose creation has an unknown outcome is looked for by its name: nothing is made twice.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Final

from handler.delivering.delivery import Delivery, Progress
from handler.delivering.group import Groups, WatchedGroup, all_groups
from handler.delivering.memory import Members
from handler.delivering.outcome import Indices, Outcome
from handler.errors import NothingHappened, OutcomeUnknown, RefusedForGood, SourceProblem, TryLater
from handler.planning.addresses import Addresses
from handler.planning.group import Group
from handler.planning.plan import Refusal, Share
from handler.planning.series import composed
from handler.timing import Deadline, Pauses

DESCRIPTION: Final = "Made by ses-recipient-import"
CONTINUATION: Final = f"{DESCRIPTION} to continue another group"
"""By which our own groups are known at the console; and the continuations among them, so that one which somebody had
made for itself is told of before a series uses it."""
WHAT: Final = "create the next group"
TAKEN: Final = "InvalidParameterValue.RepeatReceiverName"
NO_MORE: Final = "LimitExceeded.ExceedReceiverLimit"


@dataclass(slots=True)
class SeriesDelivery:
    """The delivery of one plan, by whoever holds the locks of its groups."""

    groups: Groups
    progress: Progress
    addresses: Addresses = field(repr=False)
    watch: Callable[[int], WatchedGroup]
    lock: Callable[[int], None]
    """Takes the lock of a group that was made just now, to be given back with the others. Raises `Held`."""
    deadline: Deadline
    reserve: float
    """Seconds kept back for writing the report."""
    send_seconds: float
    hours: float
    resumed_beside: Sequence[Group] | None = None
    """For a plan that was made by an earlier invocation: the groups of its series that are not in it. Another import
    may have put there, or into another group of the plan, whom this one has not sent yet."""
    pauses: Pauses = field(default_factory=lambda: Pauses(first=1.0, longest=15.0, tries=8))
    _deliveries: dict[int, Delivery] = field(default_factory=dict)
    """By share; those of groups that are there."""
    _lost: dict[int, Refusal] = field(default_factory=dict)
    """Shares whose group somebody has removed."""
    _members: dict[int, Members] = field(default_factory=dict, repr=False)
    """Of a plan that is resumed, by receiver id."""

    def send(self) -> None:
        """Sends every batch that was not accepted yet, and stops at the first one of a group that is refused for good.

        Raises `TryLater` when the time is up, `OperatorProblem` when permissions are missing; the ledger knows where it
        stands.
        """
        waiting = deque(share for share in self._with_batches() if not self._is_settled(share))
        if self.resumed_beside is not None and any(map(self._is_open, waiting)):
            self._read_members(self.resumed_beside)
        for share in waiting:
            if self._is_there(share):
                members = self._members.get(self._shares[share].group.receiver_id)
                self._delivery(share).begin(members, self._elsewhere(share))
        denied = 0
        while waiting := deque(filter(self._is_open, waiting)):
            share, goes_on = waiting[0], True
            with self._unless_gone(share):
                goes_on = self._send_next(share, patiently=len(waiting) == 1 or denied >= len(waiting))
            denied = 0 if goes_on else denied + 1
            waiting.rotate(-1)

    def _read_members(self, others: Sequence[Group]) -> None:
        """Who is in the groups that something is still to be sent to, and in all others of their series."""
        is_series = len(self._shares) + len(others) > 1
        for share in filter(self._is_there, range(len(self._shares))):
            with self._unless_gone(share):
                if is_series or self._is_open(share):
                    self._members[self._shares[share].group.receiver_id] = self._delivery(share).members()
        for other in others:
            with suppress(SourceProblem):  # somebody has removed it
                group = self.watch(other.receiver_id)
                self._members[other.receiver_id] = group.members(group.settled())

    def _elsewhere(self, share: int) -> Sequence[Container[str]]:
        """Who is in the other groups."""
        own = self._shares[share].group.receiver_id
        return [members for receiver_id, members in self._members.items() if receiver_id != own]

    def settle(self, seconds: float) -> Outcome:
        """Waits up to `seconds` for all groups together to show what the service accepted, and says what they show."""
        end = self.deadline.clock.monotonic() + seconds
        shares = [self._settle(share, end) for share in range(len(self._shares))]
        return Outcome.of_all(shares, self.progress.plan.batches)

    def outcome(self) -> Outcome:
        """What is known at this moment."""
        return Outcome.of_all([*map(self._outcome, range(len(self._shares)))], self.progress.plan.batches)

    # One group among them

    @property
    def _shares(self) -> Sequence[Share]:
        return self.progress.plan.shares

    def _with_batches(self) -> Sequence[int]:
        return sorted({batch.share for batch in self.progress.plan.batches})

    def _is_there(self, share: int) -> bool:
        return self._shares[share].group.receiver_id > 0

    def _is_settled(self, share: int) -> bool:
        return self._shares[share].settled is not None

    def _is_open(self, share: int) -> bool:
        if share in self._lost or self._shares[share].refusal:
            return False
        return self._delivery(share).is_open if self._is_there(share) else True

    def _delivery(self, share: int) -> Delivery:
        if share not in self._deliveries:
            group = self.watch(self._shares[share].group.receiver_id)
            self.progress.groups.append(group)
            self._deliveries[share] = Delivery(
                group,
                self.progress,
                share,
                self.addresses,
                self.send_seconds,
                self.hours,
                resumed=self.resumed_beside is not None,
            )
        return self._deliveries[share]

    @contextmanager
    def _unless_gone(self, share: int) -> Iterator[None]:
        """Where somebody has removed the group, that is no matter of the others."""
        try:
            yield
        except SourceProblem as problem:
            self._lost[share] = Refusal(problem.code, problem.said)

    def _send_next(self, share: int, *, patiently: bool) -> bool:
        if not self._is_there(share):
            self._make(share)
            return True
        return self._delivery(share).send_next(patiently=patiently)

    def _settle(self, share: int, end: float) -> Outcome:
        """What one group shows, by this time of the clock at the latest."""
        known = self._without_delivery(share)
        if known is not None or share in self._lost:
            return known or self._outcome(share)
        found: list[Outcome] = []
        with self._unless_gone(share):
            found.append(self._delivery(share).settle(max(0.0, end - self.deadline.clock.monotonic())))
        for outcome in found:
            if outcome.settled and outcome.group and not outcome.elsewhere and not outcome.warnings:
                self.progress.set_share(share, settled=outcome.group)
            return outcome
        return self._outcome(share)

    def _outcome(self, share: int) -> Outcome:
        known = self._without_delivery(share)
        if known is not None:
            return known
        outcome = self._delivery(share).outcome()
        lost = self._lost.get(share)
        if lost is None:
            return outcome
        accepted = [batch for batch in outcome.batches if batch.outcome == "accepted"]
        never_shown = ([index for index in batch.indices if index not in batch.present] for batch in accepted)
        unconfirmed = Indices([[*outcome.unconfirmed], *never_shown])
        return replace(outcome, refusal=lost, settled=True, unconfirmed=unconfirmed)

    def _without_delivery(self, share: int) -> Outcome | None:
        """What became of a share that nothing is to be asked about; `None` for others."""
        known, batches = self._shares[share], self.progress.plan.of_share(share)
        if not batches:
            return Outcome(batches, known.group, settled=True)
        if known.settled:
            return Outcome(batches, known.settled, settled=True)
        if not self._is_there(share):
            unsent = Indices(batch.indices for batch in batches)
            return Outcome(batches, None, settled=True, refusal=known.refusal, not_attempted=unsent)
        return None

    # A group that is not there yet

    def _make(self, share: int) -> None:
        """Creates the group of a share, and finds what is to be sent to it."""
        name = self._shares[share].group.name
        other = next((each.refusal for each in self._shares if each.refusal and each.refusal.code == NO_MORE), None)
        if other:
            self.progress.set_share(share, refusal=other)
            return
        try:
            group = self._created(share, name)
        except RefusedForGood as answer:
            self.progress.set_share(share, refusal=Refusal(answer.code, answer.said), creation="none")
            return
        self.progress.set_share(share, group=group)
        self.lock(group.receiver_id)
        self._delivery(share).group.is_new = True
        self._delivery(share).begin(self._delivery(share).members(), self._elsewhere(share))

    def _created(self, share: int, name: str) -> Group:
        """The group, be it that it was made before, or by somebody else in the meantime. Raises `RefusedForGood`."""
        may_be_ours, taken = self._shares[share].creation != "none", None
        for attempt in range(1, self.pauses.tries + 1):
            self.deadline.wait(self.pauses.before(attempt), WHAT, self.reserve)
            self.deadline.require(self.send_seconds, WHAT)
            if (may_be_ours or taken) and (found := self._found(name)):
                self.progress.set_share(share, creation="done" if may_be_ours else "none")
                return found
            self.progress.set_share(share, creation="asked")
            self.progress.write_down()
            try:
                receiver_id = self.groups.create(name, CONTINUATION if share else DESCRIPTION)
                group = Group(receiver_id, name, 0, uploading=False)
            except OutcomeUnknown:
                may_be_ours = True
            except NothingHappened:
                pass
            except RefusedForGood as answer:
                if answer.code != TAKEN:
                    raise
                taken = answer
            else:
                self.progress.set_share(share, creation="done")
                return group
        raise taken or TryLater("the next group could not be created")

    def _found(self, name: str) -> Group | None:
        groups = all_groups(self.groups, self.deadline, self.reserve)
        return next((group for group in groups if composed(group.name) == composed(name)), None)
