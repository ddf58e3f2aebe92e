"""The scheduled invocation: what was missed, what was interrupted, what was still uploading.

It is what makes the promise hold when a delivery was lost: the platform drops an event after two retries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Final

from handler.importer import Imported, Importer
from handler.intake.event import Drop, Ignored, import_id_of_version
from handler.intake.source import SourceFacts, facts_of
from handler.state.ledger import Kind, Ledger
from handler.state.store import Bucket, Listed
from handler.state.waiting import Note, Waiting
from handler.timing import Clock

KEPT_LONGER: Final = timedelta(days=1)
"""Notes of finished imports outlive the files that a sweep still looks at."""
NEVER: Final = datetime.min.replace(tzinfo=timezone.utc)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One piece of work of a sweep."""

    name: str
    """Unique, and fit for a key."""
    since: datetime
    run: Callable[[Importer], Imported | Ignored | None]
    """`None` where somebody else has finished it meanwhile."""


@dataclass(frozen=True, slots=True)
class Sweeper:
    """Finds the work of one bucket."""

    bucket: str
    region: str
    files: Bucket
    state: Bucket
    ledger: Ledger
    waiting: Waiting | None
    incoming: str
    days: int
    clock: Clock

    def attempts(self, only: str | None) -> list[Attempt]:
        """What there is to do, oldest first; what earlier sweeps did not bring to an end comes last, in turns.

        `only`: one key, or a prefix, of files to take whatever their age.
        """
        begun = list(self._listed("imports"))
        work = (
            [*self._asked_for(only, begun)]
            if only
            else [*self._left_over(begun), *self._waiting(), *self._missed(begun)]
        )
        tried = {entry.key: entry.last_modified for entry in self._listed("tried")}
        return sorted(work, key=lambda attempt: (tried.get(self._mark(attempt), NEVER), attempt.since))

    def run(self, attempt: Attempt, importer: Importer) -> Imported | Ignored | None:
        """Makes one attempt. It leaves a mark if it fails, or if the platform kills it, by which the next sweep knows
        that others come first."""
        self.state.write(self._mark(attempt), b"")
        result = attempt.run(importer)
        self.state.delete(self._mark(attempt))
        return result

    def clean_up(self, work: Iterable[Attempt]) -> None:
        """Removes what no sweep needs any more, `work` being all that there was to do for this one."""
        oldest = self.clock.now() - timedelta(days=self.days) - KEPT_LONGER
        notes = [entry.key for entry in self._listed("imports") if not entry.size and entry.last_modified < oldest]
        there = {self._mark(attempt) for attempt in work}
        marks = [entry.key for entry in self._listed("tried") if entry.key not in there]
        for key in (*notes, *marks):
            self.state.delete(key)

    def _left_over(self, begun: Sequence[Listed]) -> Iterator[Attempt]:
        """What invocations have left behind that were killed, had no time left, or did not wait for an upload."""
        return (self._resumption(entry) for entry in begun if entry.size)

    def _waiting(self) -> Iterator[Attempt]:
        """Files whose group was held by an import that did not come to take them."""
        for note in self.waiting.notes() if self.waiting else ():
            yield Attempt(note.drop.import_id, note.since, partial(self._take_waiting, note))

    def _take_waiting(self, note: Note, importer: Importer) -> Imported | Ignored:
        result = importer.take(note.drop)
        if self.waiting:
            self.waiting.remove(note.key)
        return result

    def _missed(self, begun: Sequence[Listed]) -> Iterator[Attempt]:
        """Files without an import, finished or under way."""
        oldest = self.clock.now() - timedelta(days=self.days)
        for attempt in self._files(self.incoming, {entry.key for entry in begun}):
            if attempt.since >= oldest:
                yield attempt

    def _asked_for(self, only: str, begun: Sequence[Listed]) -> Iterator[Attempt]:
        """Files that somebody names, however old, and whether or not an import of them has begun."""
        prefix = only if only.startswith(self.incoming) else f"{self.incoming}{only}"
        return self._files(prefix, {entry.key for entry in begun if not entry.size})

    def _files(self, prefix: str, but: Set[str]) -> Iterator[Attempt]:
        """The files below a prefix, but for those whose import is one of these."""
        for entry in self.files.list(prefix):
            facts = facts_of(self.bucket, entry)
            if not entry.key.endswith("/") and self.ledger.key(facts) not in but:
                yield self._import(facts, entry)

    def _resumption(self, entry: Listed) -> Attempt:
        return Attempt(entry.key.rpartition("/")[2], entry.last_modified, lambda importer: importer.resume(entry.key))

    def _import(self, facts: SourceFacts, entry: Listed) -> Attempt:
        import_id = import_id_of_version(facts)
        drop = Drop(self.bucket, self.region, entry.key, None, import_id)
        return Attempt(import_id, entry.last_modified, lambda importer: importer.take(drop, "sweep"))

    def _listed(self, kind: Kind) -> Iterator[Listed]:
        return self.state.list(self.ledger.folder(kind, self.bucket))

    def _mark(self, attempt: Attempt) -> str:
        return f"{self.ledger.folder('tried', self.bucket)}{attempt.name}"
