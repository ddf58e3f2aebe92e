"""Carries a plan out: the only place that decides to send, or not to send again.

The service has no idempotency token and promises no deduplication, so an answer that did not arrive proves nothing.
What is in the group decides: after a lost answer the members are read back, and only those that are missing are sent
again.

What the service says takes time to become true, and three sources are weighed: its answers' own counts, the group once
it has held still, and what our imports had accepted. That an address is not there is believed last of all.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from handler.delivering.digests import Digests, digest, digests
from handler.delivering.group import QUIET_SECONDS, NotWhole, WatchedGroup
from handler.delivering.memory import Members, Sent
from handler.delivering.outcome import Indices, Outcome
from handler.errors import (
    GroupUploading,
    OperatorProblem,
    OutcomeUnknown,
    RefusedForGood,
    ServiceAnswer,
    Throttled,
    TryLater,
)
from handler.judging import keys
from handler.planning.addresses import Addresses
from handler.planning.group import Group, Member
from handler.planning.plan import Batch, BatchOutcome, ImportPlan, Refusal, Share
from handler.said import Said

FAILED: Final = "FailedOperation"
"""Says no more than that: whether anything happened, the group has to tell."""
ATTEMPTS: Final = 24
ATTEMPTED_FOR: Final = timedelta(hours=1)
"""A batch is refused that has failed so often, and for so long, while the group could be read back each time."""


@dataclass(slots=True)
class Progress:
    """A plan that is being carried out, and where it is written down."""

    plan: ImportPlan
    save: Callable[[ImportPlan], None]
    """Writes the plan down as it stands, so that whoever comes next knows it."""
    groups: list[WatchedGroup] = field(default_factory=list)
    """Those that it is sent to: what is remembered of them is written down first."""
    _unsaved: bool = False

    def set_batch(self, batch: Batch) -> None:
        """Puts this in place of the batch of its number."""
        before, after = self.plan.batches[: batch.number - 1], self.plan.batches[batch.number :]
        self.plan, self._unsaved = replace(self.plan, batches=(*before, batch, *after)), True

    def set_share(self, number: int, **changes: Any) -> None:
        """Changes what is known of one group."""
        shares = [*self.plan.shares]
        shares[number] = replace(shares[number], **changes)
        self.plan, self._unsaved = replace(self.plan, shares=tuple(shares)), True

    def write_down(self, *, always: bool = False) -> None:
        """Writes what has changed; the plan in any case where it is to be there `always`."""
        for group in self.groups:
            group.write_down()
        if self._unsaved or always:
            self.save(self.plan)
            self._unsaved = False


@dataclass(slots=True)
class Delivery:
    """The delivery of one group's share of a plan, by whoever holds the group's lock."""

    group: WatchedGroup
    progress: Progress
    share: int
    addresses: Addresses = field(repr=False)
    """Those of the whole plan."""
    send_seconds: float
    """No batch is begun with less time left: what a request may take, and finding out what became of it."""
    hours: float
    """How long what was accepted is looked for in the group."""
    resumed: bool = False
    """Whether the plan was made by an earlier invocation: it may be old, and so may be what was accepted."""
    pending: dict[int, Sequence[int]] = field(default_factory=dict, repr=False)
    """By batch number: what is not in the group, as far as is known; by index in the plan."""
    _compared_with: Group | None = None
    _has_sent: bool = False
    _was_denied: bool = False
    _waits: int = 0
    _elsewhere: Sequence[Container[str]] = ()

    @property
    def batches(self) -> Sequence[Batch]:
        """As they stand."""
        return self.progress.plan.of_share(self.share)

    @property
    def refusal(self) -> Refusal | None:
        """Why the service took no more."""
        return next((batch.refusal for batch in self.batches if batch.refusal), None)

    @property
    def is_open(self) -> bool:
        """Whether there is a batch to be sent."""
        return not self.refusal and any(batch.outcome != "accepted" for batch in self.batches)

    def members(self) -> Members:
        """Who is in the group, once whatever may have been sent to it has arrived."""
        unknown = any(batch.outcome == "sending" for batch in self.batches)
        self._compared_with = self.group.hold_still() if unknown else self.group.settled()
        return self.group.members(self._compared_with)

    def begin(self, members: Members | None = None, elsewhere: Sequence[Container[str]] = ()) -> None:
        """Finds what is to be sent. What a resumed plan still has to send is compared with the group's members, as is
        what may be there for another reason; and with whoever is `elsewhere`, in other groups of the series."""
        self._elsewhere = elsewhere
        open_batches = [batch for batch in self.batches if batch.outcome != "accepted"]
        self.pending = {batch.number: self._left_of(batch) for batch in open_batches}
        if members is not None and self.is_open:
            self._compare_with(members)

    def send_next(self, *, patiently: bool) -> bool:
        """Sends the next batch that was not accepted yet, in order. `False`, unless it is to be done `patiently`, where
        the group is not done with the one before.

        Raises `TryLater` when the time is up, `OperatorProblem` when permissions are missing; the ledger knows where it
        stands.
        """
        if not patiently and self._has_sent and not self._is_done_uploading():
            return False
        number = next(batch.number for batch in self.batches if batch.outcome != "accepted")
        return self._send_batch(number, patiently=patiently)

    def _is_done_uploading(self) -> bool:
        """Whether the group shows what it took. One that is uploading may have been given something by others: then it
        has to be compared."""
        group = self.group.look()
        self._was_denied = self._was_denied or group.uploading
        return not group.uploading and self._is_as_promised(group)

    def settle(self, seconds: float) -> Outcome:
        """Waits up to `seconds` for the group to show what the service accepted, and says what it shows.

        Not settled: the group does not show all of it yet, and may still. Of a plan that was resumed the count alone
        proves nothing: an address may have left the group by now, and another one come.
        """
        group = self._wait_for_count(seconds)
        if group.uploading:
            return self._outcome(group)
        present = self._present()
        accepted = [index for batch in self._accepted() for index in batch.indices if index not in present]
        all_taken = self._is_as_promised(group) and not self._not_taken and group.invalid == self._before.invalid
        if not accepted:
            return self._outcome(group, settled=True)
        if all_taken and not self.resumed:
            self.group.learn(self.addresses.at(accepted))
            self.group.remember(self.group.memory.with_shown(self._import_id, self._now()))
            return self._outcome(group, settled=True)
        if not self._is_due():
            return self._outcome(group)
        try:
            listed = self.group.listed(group)
        except (TryLater, NotWhole):
            return self._outcome(group)
        return self._compared(group, accepted, listed)

    def outcome(self) -> Outcome:
        """What is known at this moment."""
        return self._outcome(None)

    # What the group shows

    def _compared(self, group: Group, accepted: Sequence[int], listed: Sequence[Member]) -> Outcome:
        """What is known once the members have been read: who is there, who is named invalid, who does not show."""
        marks = dict(zip(keys([member.address for member in listed]), listed, strict=True))
        own = keys(self.addresses.at(accepted))
        found = [(index, marks.get(key)) for index, key in zip(accepted, own, strict=True)]
        missing = [index for index, member in found if member is None]
        left_out = {
            index: Said("row.marked", why=member.invalid_because or Said("what.no_reason"))
            for index, member in found
            if member is not None and member.invalid_because is not None
        }
        if missing and not self._is_hopeless(group, len(missing)):
            self.progress.set_share(self.share, compared_at=self._now())
            self.progress.write_down()
            return self._outcome(group)
        hopeless = digests(self._keys(missing))
        self.group.remember(self.group.memory.with_shown(self._import_id, self._now(), hopeless))
        outcome = self._outcome(group, settled=True)
        refusal = outcome.refusal
        if missing and not refusal:
            refusal = Refusal("unconfirmed", Said("file.unconfirmed", number=len(missing)))
        fewer = 0 if self._promised is None else self._before.count + self._promised - group.count
        changed = (Said("warning.group_changed", number=fewer),) if fewer > len(missing) else ()
        return replace(
            outcome,
            left_out=left_out,
            unconfirmed=Indices([[*outcome.unconfirmed], missing]),
            refusal=refusal,
            warnings=(*outcome.warnings, *changed),
        )

    def _is_due(self) -> bool:
        """Whether the members are to be read back once more: they are hundreds of pages, so ever more seldom."""
        last = self._share.compared_at
        return last is None or self._is_over() or self._now() - last >= last - self._accepted_at

    def _is_hopeless(self, group: Group, missing: int) -> bool:
        """Whether those that do not show never will: the time is over, or the service itself took so many less, and the
        group has come to what it said."""
        return self._is_over() or (self._is_as_promised(group) and self._not_taken == missing)

    def _is_over(self) -> bool:
        return self._now() - self._accepted_at >= timedelta(hours=self.hours)

    @property
    def _accepted_at(self) -> datetime:
        return max(
            (batch.ended_at for batch in self._accepted() if batch.ended_at), default=self.progress.plan.started_at
        )

    @property
    def _share(self) -> Share:
        return self.progress.plan.shares[self.share]

    @property
    def _before(self) -> Group:
        return self._share.group

    @property
    def _promised(self) -> int | None:
        """How many members the answers promise; `None` where there is none, one was lost, or the count began wrong."""
        if self._share.count_lags:
            return None
        counts = [batch.service_counts for batch in self._accepted() if len(batch.present) < batch.size]
        return sum(each["ValidCount"] for each in counts if each) if counts and None not in counts else None

    @property
    def _not_taken(self) -> int:
        """How many of the accepted addresses the answers say were neither taken nor members already."""
        sizes = sum(batch.size - len(batch.present) for batch in self._accepted())
        return sizes - (self._promised or 0) - self._repeats

    @property
    def _repeats(self) -> int:
        return sum(batch.service_counts["RepeatCount"] for batch in self._accepted() if batch.service_counts)

    def _is_as_promised(self, group: Group) -> bool:
        """Whether the group has come to exactly what the service's answers promise."""
        return self._promised is not None and group.count == self._before.count + self._promised

    def _wait_for_count(self, seconds: float) -> Group:
        """The group, once it has come to what is promised, or has held still; or as it is after so many seconds."""
        clock = self.group.deadline.clock
        started = since = clock.monotonic()
        end = started + min(seconds, self.group.deadline.remaining() - self.group.reserve)
        group = self.group.look()
        while (now := clock.monotonic()) < end:
            if not group.uploading and (self._is_as_promised(group) or now - since >= QUIET_SECONDS):
                break
            self.progress.write_down()
            clock.sleep(min(self.group.pause_after(started), end - now))
            before, group = group, self.group.look()
            since = since if group == before else clock.monotonic()
        return group

    def _outcome(self, group: Group | None, *, settled: bool = False) -> Outcome:
        open_batches = [batch for batch in self.batches if batch.outcome != "accepted"]
        unknown = [batch for batch in open_batches if batch.outcome == "sending"]
        return Outcome(
            batches=self.batches,
            group=group,
            settled=settled,
            refusal=self.refusal,
            not_attempted=self._pending(batch for batch in open_batches if batch not in unknown),
            unconfirmed=self._pending(unknown),
            already_in_group=self._present(),
            warnings=(Said("warning.repeats", number=self._repeats),) if self._repeats else (),
        )

    def _present(self) -> Indices:
        return Indices(batch.present for batch in self.batches)

    def _pending(self, batches: Iterable[Batch]) -> Indices:
        return Indices(self.pending.get(batch.number, _not_present(batch)) for batch in batches)

    def _accepted(self) -> list[Batch]:
        return [batch for batch in self.batches if batch.outcome == "accepted"]

    # What is still to be sent

    def _left_of(self, batch: Batch) -> Sequence[int]:
        """What of a batch is not in the group, as far as is known. One that was refused is not compared any more: some
        of it may have come there before that, by a request of ours that was lost, and was not."""
        left = _not_present(batch)
        if batch.outcome != "refused":
            return left
        ours = self.group.memory.accepted_of(self._import_id, batch.number)
        return [index for index, key in zip(left, self._keys(left), strict=True) if digest(key) not in ours]

    def _compare(self, group: Group) -> None:
        """Finds what of the open batches is still to be sent."""
        self._compared_with = group
        self._compare_with(self.group.members(group))

    def _compare_with(self, members: Members) -> None:
        others = self.group.memory.accepted(but=self._import_id)
        for number in self.pending:
            self._compare_batch(self._batch(number), members, others)

    def _compare_batch(self, batch: Batch, members: Container[str], others: Container[bytes]) -> None:
        """What came into the group before the batch was ever sent is not ours, nor is what another import brought."""
        present, pending = set(batch.present), []
        for index, key in zip(batch.indices, self._keys(batch.indices), strict=True):
            if key in members:
                if batch.outcome == "planned" or digest(key) in others:
                    present.add(index)
            elif any(key in each for each in self._elsewhere):
                present.add(index)
            else:
                pending.append(index)
        self.pending[batch.number] = pending
        self.progress.set_batch(replace(batch, present=tuple(sorted(present.difference(pending)))))
        if ours := {*batch.indices} - present - {*pending}:  # of a request that was lost, and was not
            self._remember(batch.number, digests(self._keys(sorted(ours))), accepted=True)

    def _keys(self, indices: Sequence[int]) -> list[str]:
        return keys(self.addresses.at(indices))

    def _send_batch(self, number: int, *, patiently: bool) -> bool:
        """Sends what is pending of a batch until the group has all of it or the service refuses it for good."""
        failures = 0
        while self.pending[number]:
            if self._was_denied:
                self._was_denied, self._waits = False, self._wait_for_upload(self._waits)
                continue
            answer = self._try(number)
            if answer is None or not self.pending[number]:
                break
            if self._is_final(number, answer, failures):
                self._mark(number, "refused", refusal=Refusal(answer.code, answer.said))
                return True
            if not isinstance(answer, GroupUploading):
                failures = self._pause(failures, answer)
                continue
            self._was_denied = True
            if not patiently:
                return False
        self._waits, self._has_sent = 0, True
        if self._batch(number).outcome != "accepted":
            self._mark(number, "accepted")
        return True

    def _try(self, number: int) -> ServiceAnswer | None:
        """Sends what is pending of a batch once: `None` when the service accepted it, else its answer, by which time
        `pending`, the ledger and the group's memory have what is known."""
        self.group.deadline.require(self.send_seconds, "send the next batch")
        batch, pending = self._batch(number), self.pending[number]
        sent = digests(self._keys(pending))
        self._remember(number, sent, accepted=False)
        self._mark(number, "sending", attempts=batch.attempts + 1, began_at=batch.began_at or self._now())
        try:
            data = self.addresses.data_at(pending)
            receipt = self.group.groups.add(self.group.receiver_id, self.addresses.at(pending), data)
        except OutcomeUnknown as answer:
            self._note(number, "sending", answer.request_id)
            self._compare(self.group.hold_still())
            return answer
        except (OperatorProblem, ServiceAnswer) as answer:  # nothing happened
            self.group.remember(self.group.memory.without(self._import_id, number))
            if isinstance(answer, OperatorProblem):
                self._mark(number, self._before_sending(number))
                raise
            self._note(number, self._before_sending(number), answer.request_id)
            return answer
        self.pending[number] = []
        self._note(number, "accepted", receipt.request_id, service_counts=receipt.counts)
        self._remember(number, sent, accepted=True)
        return None

    def _remember(self, number: int, found: Digests, *, accepted: bool) -> None:
        """Whoever has the lock next has to know of it."""
        sent = Sent(self._import_id, number, self._now(), accepted, found)
        self.group.remember(self.group.memory.with_sent(sent), later=accepted)

    def _before_sending(self, number: int) -> BatchOutcome:
        """What a batch is once more when a request had no effect: as good as new, unless one before it had some."""
        batch = self._batch(number)
        untouched = len(self.pending[number]) + len(batch.present) == batch.size
        return "planned" if untouched else "sending"

    def _wait_for_upload(self, waits: int) -> int:
        """Waits until the group says that its upload is done; longer each time that its answer says otherwise.

        It is our own upload where the group then comes to what our answers promise. Else it is somebody's, or one of
        ours that was lost: what is still to be sent is compared with the members anew.
        """
        self.progress.write_down()
        self.group.wait()
        if waits:
            pause = self.group.pauses.before(waits + 1)
            self.group.deadline.wait(pause, "send while the group is uploading", self.group.reserve)
        group = self._wait_for_count(self.group.deadline.remaining() - self.send_seconds)
        if group.uploading:
            group = self.group.wait()
        if group != self._compared_with and (self.resumed or not self._accepted() or not self._is_as_promised(group)):
            self._compare(group)
        return waits + 1

    def _pause(self, failures: int, answer: ServiceAnswer) -> int:
        pauses = self.group.pauses
        failures += 1
        if failures >= pauses.tries and not isinstance(answer, Throttled):
            raise TryLater(f"{answer.message}, {failures} times in a row") from None
        self.group.deadline.wait(pauses.before(failures + 1), "try again", self.group.reserve)
        return failures

    def _is_final(self, number: int, answer: ServiceAnswer, failures: int) -> bool:
        """Refused for good; or the service keeps saying that it failed, and each time the group shows that it did; or
        it has been failing for so long that somebody has to look at it."""
        if isinstance(answer, RefusedForGood):
            return True
        if isinstance(answer, GroupUploading):
            return False
        batch, failed_now = self._batch(number), failures + 1 >= self.group.pauses.tries
        if failed_now and isinstance(answer, OutcomeUnknown) and answer.code.startswith(FAILED):
            return True
        age = self._now() - (batch.began_at or self._now())
        often = isinstance(answer, OutcomeUnknown) and batch.attempts >= ATTEMPTS
        return age >= timedelta(hours=self.hours) or (often and age >= ATTEMPTED_FOR)

    # What is written down

    def _note(self, number: int, outcome: BatchOutcome, request_id: str | None, **changes: Any) -> None:
        ids = self._batch(number).request_ids
        ids = (*ids, request_id) if request_id else ids
        self._mark(number, outcome, request_ids=ids, ended_at=self._now(), **changes)

    def _now(self) -> datetime:
        return self.group.deadline.clock.now()

    def _batch(self, number: int) -> Batch:
        return self.progress.plan.batches[number - 1]

    @property
    def _import_id(self) -> str:
        return self.progress.plan.of.import_id

    def _mark(self, number: int, outcome: BatchOutcome, **changes: Any) -> None:
        """Sets the state of a batch, and writes it down; that it was accepted only with what comes next: a batch, a
        wait, or the end. Whoever dies before that leaves it `sending`, and it is looked for in the group."""
        self.progress.set_batch(replace(self._batch(number), outcome=outcome, **changes))
        if outcome != "accepted":
            self.progress.write_down()


def _not_present(batch: Batch) -> Sequence[int]:
    """Its addresses, but for those that somebody else has added."""
    present = {*batch.present}
    return [index for index in batch.indices if index not in present] if present else batch.indices
