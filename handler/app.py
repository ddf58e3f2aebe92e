"""The function: builds everything in one place, works through an event, and says what came of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from datetime import timedelta
from functools import cached_property, partial
from typing import Any, Final

from handler import limits, log
from handler.clock import Clock, SystemClock
from handler.clouds import cos, ses
from handler.config import Settings
from handler.errors import ImportProblem, OperatorProblem, TryLater
from handler.importer import Imported, Importer, Rules
from handler.ledger import Ledger
from handler.lock import GroupLocks
from handler.notice import Notices
from handler.patience import Deadline
from handler.plan import Policy
from handler.publishing import Publisher
from handler.sweep import Sweeper
from handler.trigger import Drop, Drops, Ignored, Sweep, read_event
from handler.webhook import Webhook

Result = Imported | Ignored | None

LONGEST_SECONDS: Final = 900.0
"""What SCF allows an invocation at most."""


def main_handler(event: object, context: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What SCF calls: works through a COS event or a timer event.

    Returns `{"imports": [...], "ignored": [...]}`. Raises when configuration or rights are at fault, or when it is to
    be called again: the platform takes any return for a success, and only an exception makes it come again.
    """
    return Invocation(os.environ, context or {}, SystemClock()).handle(event)


class Invocation:
    """One call of the function, and everything it needs, made from its environment and its context."""

    def __init__(self, environ: Mapping[str, str], context: Mapping[str, Any], clock: Clock) -> None:
        log.setup("INFO")
        self._settings = Settings.read(environ)
        log.setup(self._settings.log_level)
        self._context = context
        self._clock = clock
        self._seconds = float(context.get("time_limit_in_ms") or LONGEST_SECONDS * 1000) / 1000
        self._deadline = Deadline.after(self._seconds, clock)
        self._problems: list[ImportProblem] = []
        self._clients: dict[str, Any] = {}
        self._notices: dict[str, Notices] = {}

    def handle(self, event: object) -> dict[str, Any]:
        """Works through the event to its end, and only then raises the gravest of its problems."""
        settings = self._settings
        appid = settings.appid or self._context.get("tencentcloud_appid")
        with log.bind(request_id=self._request_id):
            asked = read_event(event, settings.prefixes, appid=appid, only_bucket=settings.bucket)
            results = self._sweep(asked) if isinstance(asked, Sweep) else [*asked.ignored, *self._take_all(asked)]
            self._tell(left_over=isinstance(asked, Sweep))
        if self._problems:
            raise max(self._problems, key=lambda problem: isinstance(problem, OperatorProblem))
        return {
            "imports": [asdict(result) for result in results if isinstance(result, Imported)],
            "ignored": [asdict(result) for result in results if isinstance(result, Ignored)],
        }

    def _take_all(self, asked: Drops) -> Iterator[Result]:
        """Imports the files of an event, one after the other. No file waits for a lock in the time of those behind."""
        for left, drop in zip(range(len(asked.drops), 0, -1), asked.drops, strict=True):
            yield self._attempt(partial(self._take, drop, self._deadline.remaining() / left))

    def _take(self, drop: Drop, patience: float) -> Result:
        region = self._settings.region_for(drop.region)
        return self._importer(drop.bucket, region, self._deadline, lock_seconds=patience).take(drop)

    def _sweep(self, asked: Sweep) -> list[Result]:
        """Works until the time is up; what is to be tried again is left to the next sweep."""
        if self._settings.dry_run:
            log.warning("no_sweep_in_a_dry_run")  # what it would find is there to be sent
            return []
        sweeper = self._sweeper()
        self._notices_of(sweeper.bucket, sweeper.region)
        results: list[Result] = []
        work = sweeper.attempts(asked.only)
        for attempt in work:
            if self._deadline.remaining() < self._request_seconds + 2 * self._reserve:
                log.info("sweep_out_of_time")
                break
            # No file may use up the time of those behind it.
            share = Deadline.after((self._deadline.remaining() + self._reserve) / 2, self._clock)
            importer = self._importer(sweeper.bucket, sweeper.region, share, lock_seconds=0, settle_seconds=0)
            results.append(self._attempt(partial(sweeper.run, attempt, importer)))
        if not asked.only:
            sweeper.clean_up(work)
        self._problems = [problem for problem in self._problems if not isinstance(problem, TryLater)]
        return results

    def _tell(self, *, left_over: bool) -> None:
        """Sends the messages, when everything else is done and no lock is held."""
        for notices in self._notices.values():
            with log.forgiving("notices_not_sent"):
                notices.send_due()
                if left_over:
                    notices.send_left_over()

    def _attempt(self, work: Callable[[], Result]) -> Result:
        """Does one piece of work; a problem is kept until all the others are done."""
        try:
            return work()
        except ImportProblem as problem:
            log.failure("postponed", problem)
            self._problems.append(problem)
        except Exception as error:  # noqa: BLE001 - the entry: what nobody foresaw must not cost the other files
            log.failure("unforeseen", error)
            self._problems.append(OperatorProblem(f"An unforeseen {type(error).__name__}: the log says where."))
        return None

    def _importer(
        self, bucket: str, region: str, deadline: Deadline, *, lock_seconds: float, settle_seconds: float | None = None
    ) -> Importer:
        settings = self._settings
        files = cos.CosBucket(self._cos(region), bucket, deadline)
        state = cos.CosBucket(self._cos(region), settings.state_bucket or bucket, deadline)
        return Importer(
            rules=Rules(
                prefixes=settings.prefixes,
                policy=Policy(settings.on_overflow, settings.on_invalid, settings.max_invalid_percent),
                default_receiver=settings.receiver_id,
                settle_seconds=settings.settle_seconds if settle_seconds is None else settle_seconds,
                dry_run=settings.dry_run,
            ),
            bucket=files,
            publisher=Publisher(
                objects=files,
                incoming=settings.incoming_prefix,
                reports=settings.reports_prefix,
                language=settings.report_language,
                dry_run=settings.dry_run,
                notices=self._notices_of(bucket, region),
            ),
            groups=self._groups,
            ledger=Ledger(state, settings.state_prefix),
            locks=GroupLocks(
                objects=state,
                prefix=f"{settings.state_prefix}locks/",
                owner=self._request_id,
                expires_at=self._clock.now() + timedelta(seconds=self._deadline.remaining()),
                clock=self._clock,
            ),
            clock=self._clock,
            deadline=deadline,
            request_seconds=self._request_seconds,
            reserve=self._reserve,
            lock_seconds=lock_seconds,
            long_reading=self._seconds / 3,
        )

    def _notices_of(self, bucket: str, region: str) -> Notices | None:
        """The messages about the imports of a bucket, where anybody is to be told."""
        settings = self._settings
        if settings.notify_url is None or settings.dry_run:
            return None
        if bucket not in self._notices:
            state = cos.CosBucket(self._cos(region), settings.state_bucket or bucket, self._deadline)
            self._notices[bucket] = Notices(
                state=state,
                reports=cos.CosBucket(self._cos(region), bucket, self._deadline),
                folder=Ledger(state, settings.state_prefix).folder("notices", bucket),
                webhook=Webhook(settings.notify_url, limits.NOTIFY_SECONDS),
                deadline=self._deadline,
                language=settings.report_language,
            )
        return self._notices[bucket]

    def _sweeper(self) -> Sweeper:
        settings = self._settings
        bucket = settings.bucket
        if bucket is None:
            raise OperatorProblem("BUCKET is missing: a sweep has to be told which bucket files are dropped into.")
        region = settings.region_for(None)
        files = cos.CosBucket(self._cos(region), bucket, self._deadline)
        state = cos.CosBucket(self._cos(region), settings.state_bucket or bucket, self._deadline)
        return Sweeper(
            bucket=bucket,
            region=region,
            files=files,
            state=state,
            ledger=Ledger(state, settings.state_prefix),
            incoming=settings.incoming_prefix,
            days=settings.sweep_days,
            clock=self._clock,
        )

    def _cos(self, region: str) -> Any:
        if region not in self._clients:
            self._clients[region] = cos.connect(self._settings, region)
        return self._clients[region]

    @cached_property
    def _groups(self) -> ses.SesGroups:
        return ses.SesGroups(lambda: ses.connect(self._settings, self._request_seconds), self._clock)

    @property
    def _request_id(self) -> str:
        return str(self._context.get("request_id") or "unknown")

    @property
    def _request_seconds(self) -> float:
        """What one request to SES may take: a quarter of an invocation that is configured short."""
        return min(60.0, self._seconds / 4)

    @property
    def _reserve(self) -> float:
        """What is kept back for writing the report."""
        return min(15.0, self._seconds / 10)
