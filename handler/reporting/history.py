"""The history of a group: its last imports, in `latest.json` for programs and in `latest.html` for people.

Both lie in the group's folder below the reports prefix, and are written with each report by whoever holds the group's
lock, so that no two write at once. An import has one entry, which its next report replaces.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal

from handler import limits
from handler.reporting.html import Html, link_to
from handler.reporting.page import TONES
from handler.reporting.report import FATES, Report, ReportRows, ReportShare, refusal
from handler.reporting.words import words
from handler.settings import Language
from handler.state.ledger import Status
from handler.state.stored import from_json, to_json

if TYPE_CHECKING:
    from markupsafe import Markup

LONGEST_KEY: Final = 200
"""Characters of a file's key that the page shows."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One import."""

    import_id: str
    status: Status
    reason: str | None
    """The code only."""
    key: str
    """The file's."""
    started_at: datetime
    finished_at: datetime
    rows: ReportRows
    report: str
    """The key of report.json."""
    page: str
    """The key of report.html."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The whole of latest.json."""

    history_version: Literal[1] = 1
    receiver_id: int | None
    """`None` for a group that is not there yet."""
    name: str | None = None
    imports: tuple[Entry, ...] = ()
    """The newest first."""

    def with_report(self, report: Report, folder: str, share: ReportShare | None = None) -> History:
        """The history with one more import, or with later news of one that it has. `share` is what a continuation has
        taken of it: its rows alone count then."""
        entry = Entry(
            import_id=report.import_id,
            status=report.status,
            reason=report.reason.code if report.reason else None,
            key=report.source.key,
            started_at=report.started_at,
            finished_at=report.finished_at,
            rows=report.rows if share is None else _only(share.imported),
            report=f"{folder}report.json",
            page=f"{folder}report.html",
        )
        others = [other for other in self.imports if other.report != entry.report]
        newest_first = sorted([entry, *others], key=lambda each: each.started_at, reverse=True)
        receiver_id, name = self.receiver_id, self.name
        if group := share or report.group:
            receiver_id, name = group.receiver_id or receiver_id, group.name or name
        kept = tuple(newest_first[: limits.HISTORY_IMPORTS])
        return replace(self, receiver_id=receiver_id, name=name, imports=kept)

    def to_json(self) -> bytes:
        """As it is written into the bucket."""
        return to_json(self, indent=1) + b"\n"

    def to_html(self, language: Language, prefix: str) -> bytes:
        """The page; `prefix` is the folder that it lies in."""
        html = Html(words(language))
        by_id = self.receiver_id is not None
        group = html.say("group", id=str(self.receiver_id)) if by_id else html.group("", self.name)
        rows = [Row(entry, html, prefix, group) for entry in self.imports]
        return html.fill("history", history=self, rows=rows, id=str(self.receiver_id) if by_id else self.name)


class Row:
    """What the template asks for about one import."""

    def __init__(self, entry: Entry, html: Html, prefix: str, group: Markup) -> None:
        self.entry = entry
        self.tone = TONES[entry.status]
        self.file = html.path(entry.key, LONGEST_KEY)
        self.link = link_to(_from(prefix, entry.page))
        self.when = html.words.time(entry.started_at)
        self.html = html
        self.group = group

    @cached_property
    def why(self) -> Markup | None:
        """Why nothing was sent."""
        if self.entry.status != "refused":
            return None
        return self.html.verdict(*refusal(self.entry.reason or "", self.entry.rows), self.group)


def _from(folder: str, key: str) -> str:
    """The way from a page in a group's folder to another one, which may lie in another group's."""
    if key.startswith(folder):
        return key.removeprefix(folder)
    return f"../{key.removeprefix(folder.removesuffix('/').rpartition('/')[0] + '/')}"


def _only(imported: int) -> ReportRows:
    fates = dict.fromkeys((*FATES, "total"), 0)
    return ReportRows(**{**fates, "total": imported, "imported": imported})


def read(body: bytes | None, receiver_id: int | None) -> History | None:
    """The history that was written before, or the beginning of one; `None` for what is no history. What later versions
    may have added is left out."""
    if body is None:
        return History(receiver_id=receiver_id)
    try:
        return from_json(History, body)
    except ValueError:
        return None
