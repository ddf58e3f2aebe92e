"""The scheduled invocation: what was missed, what was interrupted, what was still uploading.

It is what makes the promise hold when a delivery was lost: the platform drops an event after two retries.

It costs what is left to do. What is open stands by itself, as does what waits. Of the dropped files each sweep lists so
many, and goes on where the one before it stopped; those whose imports are known to be finished cost nothing more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Final, get_args

from handler.importer import Importer
from handler.intake.event import Drop, Ignored, import_id_of_version
from handler.intake.source import SourceFacts, facts_of
from handler.lookup import Imported
from handler.state.ledger import Finished, Kind, Ledger, Todo
from handler.state.store import Bucket, Listed
from handler.state.swept import NEVER, Swept, SweptFiles, digest
from handler.state.waiting import Note, Waiting
from handler.timing import Clock

KEPT_LONGER: Final = timedelta(days=1)
"""Notes of finished imports outlive the files that a sweep still looks at."""
LISTED: Final = 3_000
"""Files that a sweep lists: three pages, so that twelve of them in an hour see more than 30,000."""
LOOKED_UP: Final = 20
"""Imports that are looked up one by one; for more of them all imports are listed, a thousand at a time."""
LISTED_EVERY: Final = timedelta(days=1)
"""All imports are listed at least so often."""
REMOVED: Final = 500
"""Notes of finished imports that one sweep removes."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One piece of work of a sweep."""

    name: str
    """Unique, and fit for a key."""
    since: datetime
    run: Callable[[Importer], Imported | Ignored | None]
    """`None` where somebody else has finished it meanwhile."""


@dataclass(slots=True)
class Sweeper:
    """Finds the work of one bucket."""

    bucket: str
    region: str
    files: Bucket
    state: Bucket
    ledger: Ledger
    waiting: Waiting | None
    swept_files: SweptFiles
    incoming: str
    days: int
    clock: Clock
    _swept: Swept = field(default_factory=Swept)
    _todo: Mapping[Todo, Sequence[Listed]] = field(default_factory=dict)
    _goes_round: bool = False
    """Whether the files are so many that each sweep looks at some of them."""
    _open: dict[str, Listed] = field(default_factory=dict)
    """Imports that are, by the key of their state."""

    def attempts(self, only: str | None) -> list[Attempt]:
        """What there is to do, oldest first; what earlier sweeps did not bring to an end comes last, in turns.

        `only`: one key, or a prefix, of files to take whatever their age.
        """
        before = self._swept = self.swept_files.load()
        todo = [*self._listed("todo")]
        self._todo = {
            what: [entry for entry in todo if entry.key.startswith(self.ledger.todo(what, self.bucket))]
            for what in get_args(Todo)
        }
        imports = self.ledger.folder("imports", self.bucket)
        self._open |= {f"{imports}{entry.key.rpartition('/')[2]}": entry for entry in self._todo["open"]}
        if self.clock.now() - before.listed_at > LISTED_EVERY:
            self._list_imports()
        work = [*self._asked_for(only)] if only else [*self._missed(), *self._left_over(), *self._waiting()]
        if self._swept != before:
            self.swept_files.save(self._swept)
        tried = {entry.key: entry.last_modified for entry in self._todo["tried"]}
        return sorted(work, key=lambda attempt: (tried.get(self._mark(attempt), NEVER), attempt.since))

    def run(self, attempt: Attempt, importer: Importer) -> Imported | Ignored | None:
        """Makes one attempt. It leaves a mark if it fails, or if the platform kills it, by which the next sweep knows
        that others come first."""
        self.state.write(self._mark(attempt), b"")
        result = attempt.run(importer)
        self.state.delete(self._mark(attempt))
        return result

    def clean_up(self, work: Iterable[Attempt]) -> None:
        """Removes the marks of what is done, `work` being all that there was to do for this sweep. One that has not
        looked at all files leaves alone what may be of the others."""
        there = {self._mark(attempt) for attempt in work}
        oldest = self.clock.now() - (LISTED_EVERY if self._goes_round else timedelta())
        for entry in self._todo["tried"]:
            if entry.key not in there and entry.last_modified <= oldest:
                self.state.delete(entry.key)

    def _left_over(self) -> Iterator[Attempt]:
        """What invocations have left behind that were killed, had no time left, or did not wait for an upload; the file
        may be gone by now, or old."""
        for key, entry in self._open.items():
            yield Attempt(key.rpartition("/")[2], entry.last_modified, partial(self._resume, key, entry))

    def _resume(self, key: str, entry: Listed, importer: Importer) -> Imported | None:
        result = importer.resume(key)
        if result is None and self._is_done_with(key, entry):
            self.ledger.close(key)  # whoever finished it died before it could
        return result

    def _is_done_with(self, key: str, entry: Listed) -> bool:
        """Whether an import is finished, or never came to anything. One that was begun just now needs its mark, which
        holds its rows."""
        state = self.ledger.look_at(key)
        if state is None:
            return self.clock.now() - entry.last_modified > KEPT_LONGER
        return isinstance(state, Finished)

    def _waiting(self) -> Iterator[Attempt]:
        """Files whose group was held by an import that did not come to take them."""
        for note in self.waiting.read(self._todo["waiting"]) if self.waiting else ():
            yield Attempt(note.key.rpartition("/")[2], note.since, partial(self._take_waiting, note))

    def _take_waiting(self, note: Note, importer: Importer) -> Imported | Ignored:
        result = importer.take(note.drop)
        if self.waiting:
            self.waiting.remove(note.key)
        return result

    def _missed(self) -> Iterator[Attempt]:
        """Files whose import is not finished, and most often has never begun."""
        oldest = self.clock.now() - timedelta(days=self.days)
        files = [*islice(self.files.list(self.incoming, self._swept.after), LISTED)]
        after = files[-1].key if len(files) == LISTED else ""
        self._goes_round = bool(self._swept.after or after)
        self._swept = replace(self._swept, after=after)
        return self._imports(entry for entry in files if entry.last_modified >= oldest)

    def _asked_for(self, only: str) -> Iterator[Attempt]:
        """Files that somebody names, however old."""
        return self._imports(self.files.list(only if only.startswith(self.incoming) else f"{self.incoming}{only}"))

    def _imports(self, files: Iterable[Listed]) -> Iterator[Attempt]:
        """The imports of these files that are not finished."""
        found = {self.ledger.key(facts_of(self.bucket, file)): file for file in files if not file.key.endswith("/")}
        unknown = [key for key in found if not self._swept.has(key)]
        if len(unknown) > LOOKED_UP:
            self._list_imports()
        else:
            finished = {digest(key) for key in unknown if self.ledger.is_finished(key)}
            self._swept = replace(self._swept, finished=self._swept.finished | finished)
        for key in unknown:
            if not self._swept.has(key):
                self._open.pop(key, None)
                yield self._import(facts_of(self.bucket, found[key]), found[key])

    def _list_imports(self) -> None:
        """Lists all imports: what is finished; what is open, as former versions have noted it nowhere else; and what
        is so old that no sweep asks for it, which is removed, so many at a time."""
        now = self.clock.now()
        oldest = now - timedelta(days=self.days) - KEPT_LONGER
        finished, old = set(), []
        for entry in self._listed("imports"):
            if entry.size:
                self._open[entry.key] = entry
            elif entry.key in self._open and not self.ledger.is_finished(entry.key):
                continue  # it was emptied, which an attempt says
            elif entry.last_modified >= oldest:
                finished.add(digest(entry.key))
            else:
                old.append(entry.key)
        for key in old[:REMOVED]:
            self.state.delete(key)
        self._swept = replace(
            self._swept, finished=frozenset(finished), listed_at=now if len(old) <= REMOVED else self._swept.listed_at
        )

    def _import(self, facts: SourceFacts, entry: Listed) -> Attempt:
        import_id = import_id_of_version(facts)
        drop = Drop(self.bucket, self.region, entry.key, None, import_id)
        return Attempt(import_id, entry.last_modified, lambda importer: importer.take(drop, "sweep"))

    def _listed(self, kind: Kind) -> Iterator[Listed]:
        return self.state.list(self.ledger.folder(kind, self.bucket))

    def _mark(self, attempt: Attempt) -> str:
        return f"{self.ledger.todo('tried', self.bucket)}{attempt.name}"
