"""Carries a plan out: the only place that decides to send, or not to send again.

The service has no idempotency token and does not deduplicate, so an answer that did not arrive proves nothing. What is
in the group decides: after a lost answer the members are read back, and only those that are missing are sent again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from handler.delivering.group import WatchedGroup
from handler.errors import (
    GroupUploading,
    OperatorProblem,
    OutcomeUnknown,
    RefusedForGood,
    ServiceAnswer,
    TryLater,
)
from handler.judging import keys
from handler.planning.group import Group
from handler.planning.plan import Batch, BatchOutcome, Refusal, RowCounts
from handler.said import Said


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is known of a plan's addresses, by their index in the plan; those not named here are in the group."""

    batches: Sequence[Batch]
    group: Group | None = None
    """As it was when it was last looked at."""
    settled: bool = False
    """The service has done its work."""
    refusal: Refusal | None = None
    """Why the service took no more."""
    not_attempted: frozenset[int] = field(default_factory=frozenset, repr=False)
    unconfirmed: frozenset[int] = field(default_factory=frozenset, repr=False)
    already_in_group: frozenset[int] = field(default_factory=frozenset, repr=False)
    left_out: Mapping[int, Said] = field(default_factory=dict, repr=False)
    """What the service took and did not add, each with why."""

    @property
    def elsewhere(self) -> frozenset[int]:
        """The addresses of the plan that this import did not put into the group, as far as is known."""
        return self.not_attempted | self.unconfirmed | self.already_in_group | self.left_out.keys()

    def count(self, planned: RowCounts) -> RowCounts:
        """The counts of the plan, in which everything that is to be sent is `not_attempted`, as they are now."""
        return replace(
            planned,
            imported=planned.not_attempted - len(self.elsewhere),
            not_attempted=len(self.not_attempted),
            unconfirmed=len(self.unconfirmed),
            already_in_group=planned.already_in_group + len(self.already_in_group),
            rejected=planned.rejected + len(self.left_out),
        )

    def reasons(self, planned: Mapping[str, int]) -> dict[str, int]:
        """`rejected_by_reason`, with what the service left out."""
        return {**planned, "refused_by_service": len(self.left_out)} if self.left_out else dict(planned)


REQUEST_SECONDS: Final = 60.0
"""What a request may take; none is begun with less time left."""

FAILED: Final = "FailedOperation"
"""Says no more than that: whether anything happened, the group has to tell."""


@dataclass(slots=True)
class Delivery:
    """The delivery of one plan to one group, by whoever holds the group's lock."""

    group: WatchedGroup
    keep: Callable[[Sequence[Batch]], None]
    """Writes the state of the batches down, so that whoever comes next knows it."""
    addresses: Sequence[str] = field(repr=False)
    batches: list[Batch]
    request_seconds: float = REQUEST_SECONDS
    pending: dict[int, list[int]] = field(default_factory=dict, repr=False)
    """By batch number: what is not in the group, as far as is known; by index in the plan."""
    resumed: bool = False
    """Whether the plan was made by an earlier invocation: it may be old, and so may be what was accepted."""
    _unsaved: bool = False

    @property
    def refusal(self) -> Refusal | None:
        """Why the service took no more."""
        return next((batch.refusal for batch in self.batches if batch.refusal), None)

    def send(self) -> None:
        """Sends every batch that was not accepted yet, in order, and stops at the first that is refused for good.

        What a resumed plan still has to send is compared with the group's members first. Raises `TryLater` when the
        time is up, `OperatorProblem` when rights are missing; the ledger knows where it stands.
        """
        members = self._standing() if self.resumed else ()
        for batch in self.batches:
            if batch.outcome != "accepted":
                self._compare(batch, members)
        for number in list(self.pending):
            if self.refusal:
                return
            self._send_batch(number)

    def settle(self, before: Group, seconds: float) -> Outcome:
        """Waits up to `seconds` for the service to finish, and compares what the group holds with what was sent.

        Of a plan that was resumed the count alone proves nothing: an address may have left the group by now, and
        another one come.
        """
        group = self.group.look()
        if group.uploading:
            self._keep()
            group = self.group.wait(seconds, group)
        if group.uploading:
            return self.outcome(group)
        present = self._present()
        accepted = [index for batch in self._accepted() for index in batch.indices if index not in present]
        as_planned = group.count == before.count + len(accepted) and group.invalid == before.invalid
        if (as_planned and self._all_counted() and not self.resumed) or not accepted:
            return self.outcome(group, settled=True)
        self._keep()
        return self.outcome(group, settled=True, left_out=self._left_out(accepted))

    def outcome(
        self, group: Group | None = None, *, settled: bool = False, left_out: Mapping[int, Said] | None = None
    ) -> Outcome:
        """What is known at this moment."""
        open_batches = [batch for batch in self.batches if batch.outcome != "accepted"]
        unknown = [batch for batch in open_batches if batch.outcome == "sending"]
        return Outcome(
            batches=tuple(self.batches),
            group=group,
            settled=settled,
            refusal=self.refusal,
            not_attempted=self._pending(batch for batch in open_batches if batch not in unknown),
            unconfirmed=self._pending(unknown),
            already_in_group=self._present(),
            left_out=left_out or {},
        )

    def _compare(self, batch: Batch, members: Collection[str]) -> None:
        """Finds what of a batch is still to be sent; what came into the group before it was ever sent is not ours."""
        missing = self._missing(batch, members)
        self.pending[batch.number] = missing
        if batch.outcome == "planned":
            there = tuple(sorted(set(batch.indices) - set(missing)))
            self.batches[batch.number - 1] = replace(batch, present=there)

    def _present(self) -> frozenset[int]:
        return frozenset(index for batch in self.batches for index in batch.present)

    def _pending(self, batches: Iterable[Batch]) -> frozenset[int]:
        return frozenset(index for batch in batches for index in self.pending.get(batch.number, batch.indices))

    def _accepted(self) -> list[Batch]:
        return [batch for batch in self.batches if batch.outcome == "accepted"]

    def _standing(self) -> Collection[str]:
        """The members, for a plan that was made some time ago and still has something to send."""
        outcomes = {batch.outcome for batch in self.batches}
        if outcomes == {"accepted"}:
            return ()
        if "sending" in outcomes:
            self.group.wait_until_quiet()
        else:
            self.group.wait()
        return self._members()

    def _send_batch(self, number: int) -> None:
        """Sends what is pending of a batch until the group has all of it or the service refuses it for good."""
        failures = waits = 0
        while self.pending[number]:
            answer = self._try(number)
            if answer is None or not self.pending[number]:
                break
            if self._is_final(answer, failures):
                return self._mark(number, "refused", refusal=Refusal(answer.code, answer.said))
            if isinstance(answer, GroupUploading):
                waits = self._wait_for_upload(waits)
            else:
                failures = self._pause(failures, answer)
        return self._mark(number, "accepted") if self._batch(number).outcome != "accepted" else None

    def _try(self, number: int) -> ServiceAnswer | None:
        """Sends what is pending of a batch once: `None` when the service accepted it, else its answer, by which time
        `pending` and the ledger have what is known."""
        self.group.deadline.require(self.request_seconds + self.group.reserve, "send the next batch")
        batch = self._batch(number)
        self._mark(number, "sending", attempts=batch.attempts + 1, began_at=batch.began_at or self._now())
        try:
            receipt = self.group.groups.add(
                self.group.receiver_id, [self.addresses[index] for index in self.pending[number]]
            )
        except OperatorProblem:
            self._mark(number, self._before_sending(number))
            raise
        except OutcomeUnknown as answer:
            self._note(number, "sending", answer.request_id)
            self._read_back(number)
            return answer
        except ServiceAnswer as answer:
            self._note(number, self._before_sending(number), answer.request_id)
            return answer
        self.pending[number] = []
        self._note(number, "accepted", receipt.request_id, service_counts=receipt.counts)
        return None

    def _before_sending(self, number: int) -> BatchOutcome:
        """What a batch is once more when a request had no effect: as good as new, unless one before it had some."""
        batch = self._batch(number)
        untouched = len(self.pending[number]) + len(batch.present) == batch.size
        return "planned" if untouched else "sending"

    def _read_back(self, number: int) -> None:
        """Finds out what the group has of a batch, once it has been quiet for long enough."""
        self.group.wait_until_quiet()
        missing = set(self._missing(self._batch(number), self._members()))
        self.pending[number] = [index for index in self.pending[number] if index in missing]

    def _wait_for_upload(self, waits: int) -> int:
        """Waits until the group says that its upload is done; longer each time that its answer says otherwise."""
        self.group.wait()
        if waits:
            self.group.deadline.wait(
                self.group.pauses.before(waits + 1), "send while the group is uploading", self.group.reserve
            )
        return waits + 1

    def _pause(self, failures: int, answer: ServiceAnswer) -> int:
        pauses = self.group.pauses
        failures += 1
        if failures >= pauses.tries:
            raise TryLater(f"{answer.message}, {failures} times in a row") from None
        self.group.deadline.wait(pauses.before(failures + 1), "try again", self.group.reserve)
        return failures

    def _is_final(self, answer: ServiceAnswer, failures: int) -> bool:
        """Refused for good; or the service keeps saying that it failed, and each time the group shows that it did."""
        failed = isinstance(answer, OutcomeUnknown) and answer.code.startswith(FAILED)
        return isinstance(answer, RefusedForGood) or (failed and failures + 1 >= self.group.pauses.tries)

    def _members(self) -> set[str]:
        return set(keys([member.address for member in self.group.members()]))

    def _missing(self, batch: Batch, members: Collection[str]) -> list[int]:
        if not members:
            return list(batch.indices)
        own = keys(self.addresses[batch.start : batch.start + batch.size])
        return [index for index, key in zip(batch.indices, own, strict=True) if key not in members]

    def _left_out(self, accepted: Sequence[int]) -> dict[int, Said]:
        members = self.group.members()
        invalid = {
            key: member.invalid_because for key, member in zip(keys([m.address for m in members]), members, strict=True)
        }
        left_out = {}
        for index, key in zip(accepted, keys([self.addresses[index] for index in accepted]), strict=True):
            if key not in invalid:
                left_out[index] = Said("row.not_added")
            elif (reason := invalid[key]) is not None:
                left_out[index] = Said("row.marked", why=reason or Said("what.no_reason"))
        return left_out

    def _all_counted(self) -> bool:
        """Whether the service said of each accepted batch that it took every address of it."""
        return all(
            batch.service_counts is not None and batch.service_counts["ValidCount"] == batch.size
            for batch in self._accepted()
        )

    def _note(self, number: int, outcome: BatchOutcome, request_id: str | None, **changes: Any) -> None:
        ids = self._batch(number).request_ids
        ids = (*ids, request_id) if request_id else ids
        self._mark(number, outcome, request_ids=ids, ended_at=self._now(), **changes)

    def _now(self) -> datetime:
        return self.group.deadline.clock.now()

    def _batch(self, number: int) -> Batch:
        return self.batches[number - 1]

    def _mark(self, number: int, outcome: BatchOutcome, **changes: Any) -> None:
        """Sets the state of a batch, and writes it down; that it was accepted only with what comes next: a batch, a
        wait, or the end. Whoever dies before that leaves it `sending`, and it is looked for in the group."""
        self.batches[number - 1] = replace(self._batch(number), outcome=outcome, **changes)
        self._unsaved = True
        if outcome != "accepted":
            self._keep()

    def _keep(self) -> None:
        if self._unsaved:
            self.keep(self.batches)
            self._unsaved = False
