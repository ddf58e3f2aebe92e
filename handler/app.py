"""The function: works through an event, and says what came of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, TypeGuard

from handler import log
from handler.errors import ImportProblem, OperatorProblem, TryLater
from handler.intake.event import Context, Drop, Drops, Ignored, Sweep, read_event
from handler.settings import Settings
from handler.timing import Clock, Deadline, SystemClock

if TYPE_CHECKING:
    from handler.lookup import Imported
    from handler.state.waiting import Note
    from handler.wiring import Assembly

    Result = Imported | Ignored | None


def main_handler(event: object, context: object = None) -> dict[str, Any]:
    """What SCF calls: works through a COS event or a timer event.

    Returns `{"imports": [...], "ignored": [...]}`. Raises when configuration or permissions are at fault, or when it is
    to be called again: the platform takes any return for a success, and only an exception makes it come again.
    """
    return Invocation(os.environ, context, SystemClock()).handle(event)


class Invocation:
    """One call of the function, and everything it needs, made from its environment and its context."""

    def __init__(self, environ: Mapping[str, str], context: object, clock: Clock) -> None:
        log.setup("INFO")
        self._settings = Settings.read(environ)
        log.setup(self._settings.log_level)
        self._context = Context.read(context)
        self._clock = clock
        self._seconds = self._context.seconds
        self._deadline = Deadline.after(self._seconds, clock)
        self._problems: list[ImportProblem] = []

    def handle(self, event: object) -> dict[str, Any]:
        """Works through the event to its end, and only then raises the gravest of its problems."""
        settings = self._settings
        appid = settings.appid or self._context.tencentcloud_appid
        with log.bind(request_id=self._context.request_id):
            asked = read_event(event, settings.prefixes, appid=appid, only_bucket=settings.bucket)
            results = self._sweep(asked) if isinstance(asked, Sweep) else [*asked.ignored, *self._take_all(asked)]
            if any(map(_is_done, results)):
                self._write_indexes()
            if isinstance(asked, Sweep) or asked.drops:
                self._tell(left_over=isinstance(asked, Sweep))
        if self._problems:
            raise max(self._problems, key=lambda problem: isinstance(problem, OperatorProblem))
        return {
            "imports": [_as_returned(result) for result in results if result and not isinstance(result, Ignored)],
            "ignored": [_as_returned(result) for result in results if isinstance(result, Ignored)],
        }

    def _take_all(self, asked: Drops) -> Iterator[Result]:
        """Imports the files of an event, one after the other. No file waits for a lock in the time of those behind;
        what the time is too short for comes again with the event."""
        held: dict[tuple[str, str, str], None] = {}
        for left, drop in zip(range(len(asked.drops), 0, -1), asked.drops, strict=True):
            if self._is_time_up():
                self._problems.append(TryLater(f"{left} files of this event are left to its next delivery"))
                return
            had: set[str] = set()
            result = self._attempt(partial(self._take, drop, self._deadline.remaining() / left, had))
            yield result
            for lock in sorted(had):
                held[drop.bucket, self._settings.region_for(drop.region), lock] = None
        for bucket, region, lock in held:
            yield from self._take_waiting(bucket, region, lock)

    def _take(self, drop: Drop, patience: float, had: set[str]) -> Result:
        """Imports a file. `had` is told the locks of groups that others may wait for."""
        region = self._settings.region_for(drop.region)
        importer = self._assembly.importer(drop.bucket, region, self._deadline, lock_seconds=patience)
        try:
            return importer.take(drop)
        finally:
            had |= importer.locks.had

    def _take_waiting(self, bucket: str, region: str, lock: str) -> Iterator[Result]:
        """Imports the files that wait for a group which an import of this invocation has had, while there is time. What
        cannot be brought to an end is left to the sweep."""
        waiting = self._assembly.waiting(bucket, region)
        while waiting and (notes := [*waiting.of_lock(lock)]):
            for note in notes:
                if self._is_time_up():
                    return
                result = self._attempt(partial(self._take_note, note), is_asked=False)
                yield result
                if result is None or (not isinstance(result, Ignored) and result.status == "waiting"):
                    return  # another one has the group, and takes them
                waiting.remove(note.key)

    def _take_note(self, note: Note) -> Result:
        return self._take(note.drop, 0.0, set())

    def _sweep(self, asked: Sweep) -> list[Result]:
        """Works until the time is up; what is to be tried again is left to the next sweep."""
        if self._settings.dry_run:
            log.warning("no_sweep_in_a_dry_run")  # what it would find is there to be sent
            return []
        sweeper = self._assembly.sweeper()
        self._assembly.notices_of(sweeper.bucket, sweeper.region)
        results: list[Result] = []
        had: set[str] = set()
        work = sweeper.attempts(asked.only)
        for left, attempt in zip(range(len(work), 0, -1), work, strict=True):
            if self._is_time_up():
                log.info("sweep_out_of_time")
                break
            share = self._deadline
            if left > 1:  # no file may use up the time of those behind it
                share = Deadline.after((self._deadline.remaining() + self._assembly.reserve) / 2, self._clock)
            importer = self._assembly.importer(sweeper.bucket, sweeper.region, share, lock_seconds=0, settle_seconds=0)
            results.append(self._attempt(partial(sweeper.run, attempt, importer)))
            had |= importer.locks.had
        for lock in sorted(had):
            results += self._take_waiting(sweeper.bucket, sweeper.region, lock)
        if not asked.only:
            sweeper.clean_up(work)
        self._problems = [problem for problem in self._problems if not isinstance(problem, TryLater)]
        return results

    def _is_time_up(self) -> bool:
        """Whether what is left is too short to begin anything."""
        return self._deadline.remaining() < self._assembly.request_seconds + 2 * self._assembly.reserve

    def _write_indexes(self) -> None:
        """Brings the pages of all groups up to date, when no lock is held."""
        for index in self._assembly.indexes.values():
            with log.forgiving("index_not_written"):
                index.write()

    def _tell(self, *, left_over: bool) -> None:
        """Sends the messages, when everything else is done and no lock is held."""
        for notices in self._assembly.notices.values():
            with log.forgiving("notices_not_sent"):
                notices.send_due()
                if left_over:
                    notices.send_left_over()

    def _attempt(self, work: Callable[[], Result], *, is_asked: bool = True) -> Result:
        """Does one piece of work; a problem is kept until all the others are done. What nobody asked this invocation
        for is no reason to call it again."""
        try:
            return work()
        except ImportProblem as problem:
            log.failure("postponed", problem)
            if is_asked or isinstance(problem, OperatorProblem):
                self._problems.append(problem)
        except Exception as error:  # noqa: BLE001 - the entry: what nobody foresaw must not cost the other files
            log.failure("unforeseen", error)
            self._problems.append(OperatorProblem(f"An unforeseen {type(error).__name__}: the log says where."))
        return None

    @cached_property
    def _assembly(self) -> Assembly:
        from handler.wiring import Assembly  # here: an event with nothing to do needs none of it

        return Assembly(self._settings, self._clock, self._deadline, self._context.request_id, self._seconds)


def _is_done(result: Result) -> TypeGuard[Imported]:
    """Whether an import was brought to an end, or as far as it gets."""
    return not (result is None or isinstance(result, Ignored) or result.status == "waiting")


def _as_returned(result: Imported | Ignored) -> dict[str, object]:
    """A result as it is returned. The platform logs it: no key in it shows an address."""
    told = asdict(result)
    return {name: log.masked(value) if isinstance(value, str) else value for name, value in told.items()}
