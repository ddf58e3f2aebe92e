"""Tells NOTIFY_URL of each import that is finished or refused: status, counts and where the report is, no address.

A message is written down in `notices/<bucket>/<import id>` below the state prefix before its report is, sent once the
group's lock is given back, and struck out when it has arrived. What does not arrive is sent again by the sweep, at most
three times in all, and then given up. Nothing that goes wrong here is felt by an import.

An ordinary run sends one message. Whoever is killed between the sending and the striking out leaves a message that the
sweep sends once more: better twice than never. Nobody else sends it before the time is up that an invocation can last.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from typing import Any, Final

from handler import log
from handler.errors import ImportProblem
from handler.reporting.report import FATES, Report, verdict
from handler.reporting.webhook import Webhook
from handler.reporting.words import words
from handler.settings import Language
from handler.state.ledger import Status
from handler.state.store import Bucket, Listed
from handler.state.stored import from_json, to_json
from handler.timing import Deadline

TRIES: Final = 3
IN_HAND: Final = timedelta(minutes=15)
"""So long a message is left to the invocation that wrote it down: none lasts longer."""
KEPT: Final = timedelta(days=1)
"""A message whose report never came is forgotten: the import was done under another id."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One message, as it is stored."""

    import_id: str
    receiver_id: int | None
    status: Status
    reason: str | None
    rows: dict[str, int]
    report: str
    """The key of report.json."""
    text: str
    tries: int = 1
    waiting: bool = False
    """Whether it was tried in vain; else somebody may have it in hand."""

    @property
    def facts(self) -> dict[str, Any]:
        """What whoever reads JSON gets."""
        return {
            "import_id": self.import_id,
            "receiver_id": self.receiver_id,
            "status": self.status,
            "reason": self.reason,
            "rows": self.rows,
            "report": log.masked(self.report),
        }


def notice_of(report: Report, key: str, language: Language) -> Notice:
    """The message about a report. A file's name may be somebody's address: it is taken out."""
    say, rows = words(language).say, asdict(report.rows)
    group = say("group_none")
    if report.group and len(report.groups) > 1:
        group = say("group_series", n=len(report.groups), name=report.group.name or "")
    elif report.group and report.group.receiver_id:
        group = say("group", id=str(report.group.receiver_id))
    elif report.group:
        group = say("group_called", name=report.group.name or "")
    name, values = verdict(report)
    fates = [f"{say(f'fate.{fate}')}: {words(language).number(rows[fate])}" for fate in FATES if rows[fate]]
    lines = [f"{say('title')} · {say(f'status.{report.status}')}", say(name, group=group, **values), *fates]
    return Notice(
        import_id=report.import_id,
        receiver_id=report.group.receiver_id if report.group else None,
        status=report.status,
        reason=report.reason.code if report.reason else None,
        rows=rows,
        report=key,
        text="\n".join([*lines, log.masked(key)]),
    )


@dataclass(frozen=True, slots=True)
class Notices:
    """The messages about the imports of one bucket."""

    state: Bucket
    reports: Bucket
    """Where the reports are: a message is not sent before its report can be looked at."""
    folder: str
    """Such as `state/notices/drops-1250000000/`."""
    webhook: Webhook
    deadline: Deadline
    language: Language
    due: list[Notice] = field(default_factory=list)
    """Those whose reports this invocation has written."""

    @contextmanager
    def telling(self, report: Report, key: str) -> Iterator[None]:
        """Makes sure that there will be a message about the report that is written meanwhile, whatever happens then."""
        notice = notice_of(report, key, self.language)
        self._save(notice)
        yield
        self.due.append(notice)

    def send_due(self) -> None:
        """Sends what this invocation has to tell. To be called by nobody who holds a lock."""
        while self.due and self._has_time():
            self._send(self.due.pop(0))

    def send_left_over(self) -> None:
        """Sends again what did not arrive, and what others were killed over."""
        for entry in self.state.list(self.folder):
            if not self._has_time():
                return
            with log.forgiving("notice_not_sent"):
                self._try_again(entry)

    def _try_again(self, entry: Listed) -> None:
        notice, age = self._stored(entry.key), self.deadline.clock.now() - entry.last_modified
        if notice and not notice.waiting and age < IN_HAND:
            return
        if notice is None or notice.tries >= TRIES or age > KEPT:
            log.warning("notice_given_up", import_id=notice and notice.import_id)
            self.state.delete(entry.key)
        elif self.reports.read(notice.report) is not None:
            again = replace(notice, tries=notice.tries + 1, waiting=False)
            self._save(again)
            self._send(again)

    def _send(self, notice: Notice) -> None:
        with log.bind(import_id=notice.import_id, tries=notice.tries), log.forgiving("notice_not_sent"):
            try:
                self.webhook.send(notice.facts, notice.text)
            except ImportProblem:
                self._keep(notice)
                raise
            self.state.delete(self._key(notice))
            log.info("notice_sent")

    def _keep(self, notice: Notice) -> None:
        """For the next sweep; the last one to fail is not kept."""
        if notice.tries < TRIES:
            self._save(replace(notice, waiting=True))
        else:
            log.warning("notice_given_up")
            self.state.delete(self._key(notice))

    def _stored(self, key: str) -> Notice | None:
        """`None` for what is no message, or one of another version."""
        try:
            return from_json(Notice, self.state.read(key) or b"")
        except ValueError:
            return None

    def _save(self, notice: Notice) -> None:
        self.state.write(self._key(notice), to_json(notice))

    def _key(self, notice: Notice) -> str:
        return f"{self.folder}{notice.import_id}"

    def _has_time(self) -> bool:
        return self.deadline.remaining() > 2 * self.webhook.seconds
