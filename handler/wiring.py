"""Builds everything an invocation works with, in one place."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from handler import limits
from handler.clouds import cos, ses
from handler.delivering.group import QUIET_SECONDS
from handler.errors import OperatorProblem
from handler.importer import Importer, Rules
from handler.intake.route import Routing
from handler.planning.decision import Policy
from handler.reporting.index import IndexPage
from handler.reporting.notice import Notices
from handler.reporting.publishing import Publisher
from handler.reporting.webhook import Webhook
from handler.settings import Settings
from handler.state.blocked import BlockedList
from handler.state.ledger import Ledger
from handler.state.lock import GroupLocks
from handler.state.members import GroupMemory
from handler.state.store import Bucket, NoState
from handler.state.swept import SweptFiles
from handler.state.waiting import Waiting
from handler.sweep import Sweeper
from handler.timing import Clock, Deadline


def rules_of(settings: Settings, settle_seconds: float) -> Rules:
    """What the settings say about every import; how long it waits for an upload depends on who asks for it."""
    return Rules(
        routing=Routing(
            settings.prefixes, settings.receiver_id, settings.group_folders, by_metadata=settings.group_by_metadata
        ),
        policy=Policy(
            settings.on_overflow,
            settings.on_invalid,
            settings.max_invalid_percent,
            settings.on_no_consent,
            settings.max_groups,
        ),
        template_data=settings.template_data,
        creates_groups=settings.create_groups,
        settle_seconds=settle_seconds,
        settle_hours=settings.settle_hours,
        lists_imported=settings.list_imported,
        dry_run=settings.dry_run,
    )


@dataclass(frozen=True)
class Assembly:
    """What one invocation needs, made from its settings; clients are made when they are first needed, and once."""

    settings: Settings
    clock: Clock
    deadline: Deadline
    """The invocation's."""
    request_id: str
    seconds: float
    """What the invocation may take."""
    notices: dict[str, Notices] = field(default_factory=dict, init=False)
    """By bucket."""
    indexes: dict[str, IndexPage] = field(default_factory=dict, init=False)
    """By bucket."""
    _clients: dict[str, Any] = field(default_factory=dict, init=False, repr=False)

    def importer(
        self, bucket: str, region: str, deadline: Deadline, *, lock_seconds: float, settle_seconds: float | None = None
    ) -> Importer:
        """Imports the files of one bucket.

        One that meets a group which another import holds waits for so many seconds; or, where it waits for the upload
        of its own and sweeps come by, it leaves a note and does not wait.
        """
        settings = self.settings
        files, state = self._buckets(bucket, region, deadline)
        waiting = self.waiting(bucket, region) if settle_seconds is None else None
        blocked = BlockedList(self._groups, state, f"{settings.state_prefix}blocked", deadline, self.reserve)
        return Importer(
            rules=rules_of(settings, settings.settle_seconds if settle_seconds is None else settle_seconds),
            bucket=files,
            publisher=Publisher(
                bucket=files,
                incoming=settings.incoming_prefix,
                reports=settings.reports_prefix,
                language=settings.report_language,
                by_name=settings.group_folders == "name",
                dry_run=settings.dry_run,
                notices=self.notices_of(bucket, region),
                index=self._index_of(bucket, region),
            ),
            groups=self._groups,
            ledger=Ledger(state, settings.state_prefix),
            locks=GroupLocks(
                bucket=state,
                prefix=f"{settings.state_prefix}locks/",
                owner=self.request_id,
                invocation=self.deadline,
                deadline=deadline,
                patience=0.0 if waiting else lock_seconds,
                reserve=self.reserve,
            ),
            waiting=waiting,
            memories=lambda receiver_id: GroupMemory(
                state, f"{settings.state_prefix}members/{receiver_id}", self.clock, settings.settle_hours
            ),
            clock=self.clock,
            deadline=deadline,
            blocked=blocked.read if settings.skip_blocked else None,
            send_seconds=self.send_seconds,
            reserve=self.reserve,
            long_reading=self.seconds / 3,
        )

    def notices_of(self, bucket: str, region: str) -> Notices | None:
        """The messages about the imports of a bucket, where anybody is to be told."""
        settings = self.settings
        if settings.notify_url is None or settings.dry_run:
            return None
        if bucket not in self.notices:
            files, state = self._buckets(bucket, region, self.deadline)
            self.notices[bucket] = Notices(
                state=state,
                reports=files,
                folder=Ledger(state, settings.state_prefix).folder("notices", bucket),
                webhook=Webhook(settings.notify_url, limits.NOTIFY_SECONDS),
                deadline=self.deadline,
                language=settings.report_language,
            )
        return self.notices[bucket]

    def _index_of(self, bucket: str, region: str) -> IndexPage | None:
        settings = self.settings
        if settings.dry_run:
            return None
        if bucket not in self.indexes:
            files, state = self._buckets(bucket, region, self.deadline)
            self.indexes[bucket] = IndexPage(
                state=state,
                files=files,
                folder=Ledger(state, settings.state_prefix).folder("groups", bucket),
                reports=settings.reports_prefix,
                language=settings.report_language,
                deadline=self.deadline,
                reserve=self.reserve / 3,  # an import that used up all of its time has just written its report
            )
        return self.indexes[bucket]

    def waiting(self, bucket: str, region: str) -> Waiting | None:
        """The files that wait for their groups; `None` where no sweep would find those that nobody takes."""
        settings = self.settings
        if settings.bucket is None or settings.dry_run:
            return None
        _, state = self._buckets(bucket, region, self.deadline)
        return Waiting(state, Ledger(state, settings.state_prefix).todo("waiting", bucket))

    def sweeper(self) -> Sweeper:
        """Finds what there is left to do. Raises `OperatorProblem` where no setting says in which bucket."""
        settings = self.settings
        bucket = settings.bucket
        if bucket is None:
            raise OperatorProblem("BUCKET is missing: a sweep has to be told which bucket files are dropped into.")
        region = settings.region_for(None)
        files, state = self._buckets(bucket, region, self.deadline)
        return Sweeper(
            bucket=bucket,
            region=region,
            files=files,
            state=state,
            ledger=Ledger(state, settings.state_prefix),
            waiting=self.waiting(bucket, region),
            swept_files=SweptFiles(state, f"{settings.state_prefix}swept/{bucket}"),
            incoming=settings.incoming_prefix,
            days=settings.sweep_days,
            clock=self.clock,
        )

    def _buckets(self, bucket: str, region: str, deadline: Deadline) -> tuple[Bucket, Bucket]:
        """The bucket that files are dropped into, and the one that holds the state; often they are the same."""
        if region not in self._clients:
            self._clients[region] = cos.connect(self.settings, region)
        client = self._clients[region]
        files = cos.CosBucket(client, bucket, deadline)
        if self.settings.dry_run:
            return files, NoState()
        return files, cos.CosBucket(client, self.settings.state_bucket or bucket, deadline)

    @cached_property
    def _groups(self) -> ses.SesGroups:
        return ses.SesGroups(lambda: ses.connect(self.settings, self.clock, self.request_seconds), self.clock)

    @property
    def request_seconds(self) -> float:
        """What one request to SES may take: a quarter of an invocation that is configured short."""
        return min(60.0, self.seconds / 4)

    @property
    def send_seconds(self) -> float:
        """What is left at least when a batch is sent: for the request, and for finding out what became of it; half of
        an invocation that is configured short, which leaves that to the next one."""
        return min(self.request_seconds + QUIET_SECONDS + self.reserve, self.seconds / 2)

    @property
    def reserve(self) -> float:
        """What is kept back for writing the report."""
        return min(15.0, self.seconds / 10)
