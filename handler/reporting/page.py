"""report.html: the report as somebody sees it who has five seconds. Did it work, how many, what is to be done.

It is one file that asks for no other and runs nothing. All that it says stands in report.json as well, but for the
first rows of each reason and the likely typing mistakes, which the import picks as it reads (`samples`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import quote

from handler import limits
from handler.planning.samples import SampleRow, Samples
from handler.reporting.advice import Adviser
from handler.reporting.html import Html, link_to, visible
from handler.reporting.report import FATES, Report, ReportGroup, verdict
from handler.reporting.words import words
from handler.said import Said
from handler.settings import Language

if TYPE_CHECKING:
    from markupsafe import Markup

LARGEST: Final = 290_000
"""Bytes. Rows whose every sign has to be escaped take ten times the usual: then fewer of them are shown."""
SCALE: Final = 1000
"""Pictures are drawn this wide, and stretched to the page."""
THINNEST: Final = 14
"""What there is little of is seen, too: four pixels of a telephone."""
SHOWN_MESSAGE: Final = 1000
"""Characters of the refusal's sentence."""
SHOWN_NAMES: Final = 20
"""Sheets, members or columns."""
SHOWN_REQUESTS: Final = 20
"""Request ids of one batch."""

TONES: Final = {
    "imported": "good",
    "uploading": "busy",
    "interrupted": "busy",
    "partial": "warn",
    "refused": "bad",
    "dry_run": "trial",
}
CALLED: Final = {
    "dry_run": {"not_attempted": "to_send"},
    "refused": {"not_attempted": "sendable"},
    "uploading": {"imported": "unconfirmed"},
}
"""What a fate is called where its own name would say too much, by status."""
DELIMITERS: Final = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", " ": "space"}
SAID_IN_FULL: Final = frozenset(
    f"file.{name}" for name in ("over_capacity", "too_many_invalid", "invalid_rows", "no_column", "no_consent")
)
"""Sentences about a refusal that say nothing but what the verdict and the steps say."""
EXPLAINED: Final = frozenset(
    f"row.{name}" for name in ("syntax", "missing_at", "too_long", "too_long_local", "domain", "bytes")
)
"""Sentences that say nothing about a row but what is said about its reason."""
REFUSALS_OF_ROWS: Final = frozenset({"too_many_invalid", "invalid_rows"})
"""Their verdict says how many rows are bad."""


# What is no more than its fields is a named tuple: no class is loaded in less time.
class Place(NamedTuple):
    """Where the page lies, and what it speaks of."""

    folder: str
    """The report's, with the import id."""
    incoming: str
    """The prefix that files are dropped below."""
    group: str | None = None
    """By what folders call the group: its id, or its name."""
    history: str | None = None
    """The key of the group's history, where there is one."""

    @property
    def link_to_history(self) -> str | None:
        """From the page to the history, which lies further up, or in the folder of the group's other reports."""
        if self.history is None:
            return None
        above, _, name = self.history.rpartition("/")
        if not self.folder.startswith(f"{above}/"):
            above, _, own = above.rpartition("/")
            name = f"{quote(own)}/{name}"
        return "../" * self.folder.removeprefix(f"{above}/").count("/") + name


class Part(NamedTuple):
    """One part of a bar, with its line in the legend."""

    kind: str
    label: Markup
    number: int
    share: str = ""
    x: int = 0
    width: int = 0


class Room(NamedTuple):
    """How full one group of a series is."""

    group: Markup
    note: Markup | None
    parts: Sequence[Part]
    picture: Markup


class Reason:
    """The rows that were rejected for one reason, and the first of them."""

    def __init__(self, code: str, number: int, rows: Sequence[SampleRow]) -> None:
        self.code = code
        self.number = number
        self.rows = rows

    @property
    def more(self) -> int:
        return self.number - len(self.rows)

    @cached_property
    def shared(self) -> Said | None:
        """The one sentence that there is to say about all of them."""
        if len(self.rows) < 2 or self.rows[0].suggestion:  # noqa: PLR2004 - one has nobody to share it with
            return None
        said = self.rows[0].said
        return said if all(row.said == said and not row.suggestion for row in self.rows) else None


class Stage(NamedTuple):
    """One bar of the time line."""

    label: Markup
    kind: str
    begin: float
    end: float
    details: Sequence[Markup] = ()
    requests: Sequence[Markup] = ()
    x: int = 0
    width: int = 0


def render(report: Report, samples: Samples, language: Language, place: Place) -> bytes:
    """The page. `samples` are what it shows of the file's rows."""
    html = Html(words(language))
    page = _Page(report, samples, html, place).render()
    while len(page) > LARGEST and samples.rejected:
        samples = replace(samples, rejected=samples.rejected[: len(samples.rejected) // 2])
        page = _Page(report, samples, html, place).render()
    return page


class _Page:
    """What the template asks for."""

    def __init__(self, report: Report, samples: Samples, html: Html, place: Place) -> None:
        self.report = report
        self.samples = samples
        self.html = html
        self.place = place
        self.tone = TONES[report.status]
        self.file_name = visible(report.source.key.rpartition("/")[2], limits.SHOWN_CHARS)
        self.json_link = html.code("report.json", link_to("report.json"))

    def render(self) -> bytes:
        return self.html.fill("report", page=self, report=self.report)

    @cached_property
    def verdict(self) -> Markup:
        """The whole report in one sentence."""
        return self.html.verdict(*verdict(self.report), self.group)

    @cached_property
    def group(self) -> Markup:
        group, number = self.report.group, len(self.report.groups)
        if group and group.name and number > 1:
            return self.html.say("group_series", n=number, name=self.html.name(group.name))
        return self._called(group)

    def _called(self, group: ReportGroup | None) -> Markup:
        if group is None:
            return self.html.say("group_none")
        return self.html.group(str(group.receiver_id or ""), group.name)

    @property
    def asides(self) -> Iterator[Markup]:
        """What the verdict leaves out, and somebody would ask for."""
        rows, code = self.report.rows, self._code
        bad = rows.rejected or rows.empty or rows.no_consent or self.report.warnings
        if rows.total and not bad and self.report.status not in {"interrupted", "refused"}:
            yield self.html.say("aside.clean")
        if rows.rejected and code not in REFUSALS_OF_ROWS:
            aside = "aside.rejected_data" if "template_data" in self.report.rejected_by_reason else "aside.rejected"
            yield self.html.say(aside, n=rows.rejected)
        noes = rows.no_consent - self.report.blocked  # a warning tells of the others
        if noes and code != "no_consent":
            yield self.html.say("aside.no_consent", n=noes)
        if rows.over_capacity and self.report.status != "refused":
            yield self.html.say("aside.over_capacity", n=rows.over_capacity)
        for warning in self.report.warnings:
            yield self.html.name(self.html.words.sentence(warning.said), SHOWN_MESSAGE)

    @cached_property
    def said(self) -> Markup | None:
        """The reason, in the page's language: in English where a former version wrote the report."""
        reason = self.report.reason
        if reason is None or (reason.said and reason.said.code in SAID_IN_FULL):
            return None
        if reason.said is None:
            return self.html.foreign(reason.message, SHOWN_MESSAGE)
        return self.html.name(self.html.words.sentence(reason.said), SHOWN_MESSAGE)

    def about(self, reason: Reason, row: SampleRow) -> Markup | None:
        """Where a row stands, and what is wrong with it alone."""
        why = None if reason.shared else self.told(row.said)
        table = self.html.name(row.table) if row.table else None
        return self.html.say("rejected.in_table", table=table, why=why) if table and why else table or why

    def told(self, said: Said | None) -> Markup | None:
        """What is wrong with a row, beyond what is said of its reason."""
        if said is None or said.code in EXPLAINED:
            return None
        return self.html.name(self.html.words.sentence(said), limits.SHOWN_SENTENCE)

    @property
    def steps(self) -> Sequence[Markup]:
        return Adviser(self.report, self.samples, self.html, self.place.incoming, self.place.group).steps()

    @cached_property
    def fates(self) -> Sequence[Part]:
        """The rows by their fate: what is nothing is left out."""
        rows = self.report.rows
        found = {fate: getattr(rows, fate) for fate in FATES if getattr(rows, fate)}
        called = CALLED.get(self.report.status, {})
        names = {fate: called.get(fate, fate) for fate in found}
        parts = [Part(names[fate], self.html.say(f"fate.{names[fate]}"), number) for fate, number in found.items()]
        shares = self.html.words.shares([part.number for part in parts])
        return _laid_out([part._replace(share=share) for part, share in zip(parts, shares, strict=True)])

    @cached_property
    def room(self) -> Sequence[Part]:
        """How full the group is; nothing where it was not looked at."""
        group = self.report.group
        if group is None or group.count_before is None:
            return ()
        return self._room(group.count_before, group.limit, self._new)

    @property
    def rooms(self) -> Iterator[Room]:
        """The same for each group of a series."""
        for group in self.report.groups if len(self.report.groups) > 1 else ():
            new = group.planned if self.report.status == "dry_run" else group.imported
            parts = self._room(group.count_before or 0, group.limit, new)
            note = self.html.say("room.created") if group.created else self.html.say("room.to_be_created")
            is_new = group.created or (group.receiver_id is None and group.planned > 0)
            yield Room(self._called(group), note if is_new else None, parts, self._picture(parts, group.limit))

    def _room(self, before: int, limit: int, new: int) -> Sequence[Part]:
        free = max(0, limit - before)
        added, over = min(new, free), max(0, new - free)
        if self.report.status == "refused":
            kinds = {"before": before, "free": free, "too_many": over}
        else:
            name = "planned" if self.report.status in {"dry_run", "uploading"} else "added"
            kinds = {"before": before, name: added, "too_many": over, "free": free - added}
        return _laid_out([Part(kind, self.html.say(f"room.{kind}"), n) for kind, n in kinds.items() if n])

    @property
    def room_picture(self) -> Markup:
        return self._picture(self.room, self.report.group.limit if self.report.group else 0)

    def _picture(self, parts: Sequence[Part], limit: int) -> Markup:
        numbers = {part.kind: part.number for part in parts}
        before = numbers.get("before", 0)
        if over := numbers.get("too_many"):
            free = limit - before if before < limit else 0
            return self.html.say("room.picture_over", before=before, free=free, limit=limit, over=over)
        added, free = numbers.get("added", numbers.get("planned", 0)), numbers.get("free", 0)
        return self.html.say("room.picture", before=before, added=added, free=free, limit=limit)

    @cached_property
    def room_now(self) -> Markup | None:
        group = self.report.group
        if group is None or group.count_after is None or not group.upload_finished:
            return None
        return self.html.say("room.now", now=group.count_after, limit=group.limit)

    @property
    def rejections(self) -> Iterator[Reason]:
        """The most frequent reason first."""
        by_reason: dict[str, list[SampleRow]] = {}
        for row in self.samples.rejected:
            by_reason.setdefault(row.reason, []).append(row)
        for code, number in sorted(self.report.rejected_by_reason.items(), key=lambda each: -each[1]):
            yield Reason(code, number, by_reason.get(code, ()))

    @cached_property
    def rejected_file(self) -> Markup | None:
        return self._file("rejected")

    @cached_property
    def imported_file(self) -> Markup | None:
        """The list of the rows that were added."""
        return self._file("imported")

    def _file(self, name: str) -> Markup | None:
        key = self.report.files.get(name)
        return self.html.code(key, link_to(f"{name}.csv")) if key else None

    @cached_property
    def stages(self) -> Sequence[Stage]:
        """Reading, each batch, and the wait for the service, one below the other on the same seconds."""
        batches = list(self._batches())
        if not batches:
            return ()
        first, last = min(batch.begin for batch in batches), max(batch.end for batch in batches)
        end = max(self.report.seconds, last)
        stages = [Stage(self.html.say("batches.read"), "read", 0.0, first), *batches]
        if end > last and self.report.group and self.report.status in {"imported", "partial", "uploading"}:
            stages.append(Stage(self.html.say("batches.settle"), "settle", last, end))
        return [_on_time_line(stage, end) for stage in stages]

    def picture(self, stage: Stage) -> Markup:
        """What the bar of a stage shows, in words."""
        end = max(each.end for each in self.stages)
        return self.html.say("batches.picture", begin=stage.begin, end=stage.end, total=end)

    @property
    def facts(self) -> Iterator[tuple[str, Markup]]:
        """What was found out about the file."""
        source, file, say = self.report.source, self.report.file, self.html.say
        dropped = datetime.fromisoformat(source.last_modified.replace("Z", "+00:00"))
        yield "key", self.html.code(source.key)
        yield "size", self.html.name(self.html.words.bytes(source.size))
        yield "dropped", self.html.name(f"{self.html.words.time(dropped)} UTC")
        if source.version_id:
            yield "version", self.html.code(source.version_id)
        if file is None:
            return
        yield "format", self.html.name(file.format)
        plain = {"compression": file.compression, "encoding": file.encoding, "records": file.records}
        yield from ((name, self.html.name(value)) for name, value in plain.items() if value)
        if file.delimiter:
            named = DELIMITERS.get(file.delimiter)
            yield "delimiter", say(f"delimiter.{named}") if named else self.html.code(file.delimiter)
        yield "header", say("file.has_header" if file.header else "file.no_header")
        if file.email_column:
            yield "email_column", self._listed([file.email_column, *file.other_email_columns])
        if file.consent_column:
            number = self.html.words.number
            values = [f"{value}: {number(count)}" for value, count in file.consent_values.items()]
            yield "consent_column", self._listed([file.consent_column, *values])
        yield from self._data(file.template_data)
        if file.tables:
            number = self.html.words.number
            yield "tables", self._listed([f"{table.name} ({number(table.rows)})" for table in file.tables])

    def _data(self, variables: Mapping[str, str]) -> Iterator[tuple[str, Markup]]:
        """The columns that go into the mail, and the first recipient's."""
        if variables:
            yield "template_data", self._listed([f"{name}: {heading}" for name, heading in variables.items()])
        for recipient in self.samples.recipients[:1]:
            values = [f"{name}: {value}" for name, value in recipient.values.items()]
            yield "template_example", self._listed([recipient.address, *values])

    def _listed(self, names: Sequence[str]) -> Markup:
        """The first names of several, each on its own."""
        some = [self.html.name(name) for name in names[:SHOWN_NAMES]]
        return self.html.join([*some, *(["…"] if len(names) > SHOWN_NAMES else [])])

    @property
    def _code(self) -> str:
        return self.report.reason.code if self.report.reason else ""

    @property
    def _new(self) -> int:
        """Addresses that the import has put into the group, or would have."""
        rows, status = self.report.rows, self.report.status
        if status == "dry_run" or self._code == "over_capacity":
            return rows.not_attempted + (rows.over_capacity if status == "refused" else 0)
        return rows.imported + rows.unconfirmed

    def _batches(self) -> Iterator[Stage]:
        for batch in self.report.batches:
            if batch.began_after is None:
                continue
            details = [self.html.say("batches.size", n=batch.size), self.html.say(f"outcome.{batch.outcome}")]
            if batch.attempts > 1:
                details.append(self.html.say("batches.attempts", n=batch.attempts))
            label = self.html.say("batches.batch", number=batch.number)
            requests = [self.html.code(request) for request in batch.request_ids[:SHOWN_REQUESTS]]
            end = self.report.seconds if batch.ended_after is None else batch.ended_after
            yield Stage(label, batch.outcome, batch.began_after, max(end, batch.began_after), details, requests)


def _laid_out(parts: Sequence[Part]) -> list[Part]:
    """The parts side by side: as wide as they are large, but none of them invisible."""
    total = sum(part.number for part in parts)
    widths = [max(THINNEST, round(SCALE * part.number / total)) for part in parts]
    if widths:
        widths[widths.index(max(widths))] += SCALE - sum(widths)
    starts = [sum(widths[:index]) for index in range(len(widths))]
    return [part._replace(x=x, width=width) for part, x, width in zip(parts, starts, widths, strict=True)]


def _on_time_line(stage: Stage, end: float) -> Stage:
    x = min(round(SCALE * stage.begin / end), SCALE - THINNEST) if end else 0
    width = max(THINNEST, round(SCALE * (stage.end - stage.begin) / end)) if end else SCALE
    return stage._replace(x=x, width=min(width, SCALE - x))
