"""What the owner of a file is to do next, with the very keys: the part of a report that asks for something."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from handler.planning.samples import Samples
from handler.reading.consent import NO_HEADING
from handler.reporting.html import Html, link_to
from handler.reporting.report import Report

if TYPE_CHECKING:
    from markupsafe import Markup

COLUMN_HEADER: Final = "x-cos-meta-email-column"
ONLY_HEADER: Final = "x-cos-meta-only"
DATA_HEADER: Final = "x-cos-meta-template-data"
EXAMPLE_GROUP: Final = 1001
UNREAD: Final = frozenset({"empty_file", "unreadable", "unsupported_format", "too_large", "damaged"})
"""Refusals after which the list has to be exported anew."""
BY_METADATA: Final = frozenset(
    f"file.{name}" for name in ("charset", "delimiter_absent", "delimiter_none", "only", "only_none", "told")
)
"""What is said where the file may be good, and what its metadata say of it is not."""
UNDER_WAY: Final = frozenset({"uploading", "interrupted"})


class Adviser:
    """Knows what there is to do about one report; `incoming` is the prefix that files are dropped below,
    `group` what folders call the group."""

    def __init__(self, report: Report, samples: Samples, html: Html, incoming: str, group: str | None) -> None:
        self.report = report
        self.samples = samples
        self.html = html
        self.incoming = incoming
        self.group = group

    def steps(self) -> list[Markup]:
        """A sentence for each thing to do; one that says that there is nothing, where there is nothing."""
        steps = [*self._about_the_file(), *self._about_rows(), *self._about_the_lists()]
        return steps or [self.html.say("next.nothing")]

    def _about_the_file(self) -> Iterator[Markup]:
        status, reason = self.report.status, self.report.reason
        if status in UNDER_WAY:
            yield self.html.say("next.wait")
        elif status == "dry_run":
            yield self._try_in_earnest()
        elif status == "refused" and reason:
            yield from self._after_refusal(reason.code, reason.said.code if reason.said else "")
        elif status == "partial":
            yield from self._send_the_rest()

    def _try_in_earnest(self) -> Markup:
        if self.report.group is None:  # a preview, on somebody's own machine
            return self.html.say("next.no_group", folder=self._folder)
        return self.html.say("next.dry_run", folder=self._folder)

    def _after_refusal(self, code: str, said: str) -> Iterator[Markup]:
        if said in BY_METADATA:
            yield self.html.say("next.metadata", folder=self._folder)
        elif code in UNREAD:
            yield self.html.say("next.export", folder=self._folder)
        elif code in {"group_not_found", "no_group", "no_email_column", "ambiguous_column"}:
            header = self.html.code(COLUMN_HEADER)
            yield self.html.say(f"next.{code}", folder=self._folder, header=header)
        elif code == "template_data":
            yield self.html.say("next.template_data", folder=self._folder, header=self.html.code(DATA_HEADER))
        elif code == "too_many_invalid":
            yield self.html.say("next.too_many_invalid", **self._column)
        elif code == "no_consent":
            return
        elif code == "over_capacity":
            yield from self._divide(said)
        else:
            yield from self._send_the_rest()

    def _divide(self, said: str) -> Iterator[Markup]:
        name, fit = "next.split" if self.report.rows.not_attempted else "next.full", self.report.rows.not_attempted
        yield self.html.say(name, file=self._file("remaining"), fit=fit, folder=self._other_folder)
        if said == "file.over_capacity":
            yield self.html.say("next.overflow")

    def _send_the_rest(self) -> Iterator[Markup]:
        if count := self.report.rows.not_attempted:
            yield self.html.say("next.again", n=count, file=self._file("remaining"), folder=self._folder)
        if any(batch.request_ids for batch in self.report.batches):
            yield self.html.say("next.support")

    def _about_rows(self) -> Iterator[Markup]:
        report, rows = self.report, self.report.rows
        refused = report.reason.code if report.status == "refused" and report.reason else None
        if rows.rejected and "rejected" in report.files:
            can_be_sent = report.status != "dry_run" and refused != "too_many_invalid"
            name = "next.fix_rejected" if can_be_sent else "next.look_rejected"
            yield self.html.say(name, n=rows.rejected, file=self._file("rejected"), folder=self._folder)
        if noes := rows.no_consent - report.blocked:
            example = self.html.code(f"{ONLY_HEADER}: {self._consent}")
            yield self.html.say("next.no_consent", n=noes, file=self._file("skipped"), example=example)
        if rows.over_capacity and not refused and "remaining" in report.files:
            file, folder = self._file("remaining"), self._other_folder
            yield self.html.say("next.other_group", n=rows.over_capacity, file=file, folder=folder)
        if rows.unconfirmed and report.status not in UNDER_WAY and "remaining" in report.files:
            yield self.html.say("next.unconfirmed", n=rows.unconfirmed, file=self._file("remaining"))

    def _about_the_lists(self) -> Iterator[Markup]:
        if self.samples.typos:
            yield self.html.say("next.typos")
        reason = self.report.reason and self.report.reason.code
        is_open = self.report.status in UNDER_WAY | {"dry_run"} or reason == "template_data"
        if self._data and not is_open and self.report.files.keys() & {"rejected", "remaining"}:
            yield self.html.say("next.data_again", header=self.html.code(DATA_HEADER))
        for name in self.report.truncated:
            yield self.html.say("next.truncated", file=self._file(name))

    @property
    def _column(self) -> dict[str, Any]:
        column = self.report.file.email_column if self.report.file else None
        return {
            "column": self.html.name(column or "?"),
            "header": self.html.code(COLUMN_HEADER),
            "folder": self._folder,
        }

    @property
    def _data(self) -> Mapping[str, str]:
        """The columns that go into the mail."""
        return self.report.file.template_data if self.report.file else {}

    @property
    def _consent(self) -> str:
        """What to say to have the rows sent all the same."""
        column = self.report.file and self.report.file.consent_column
        return f"{column}=…" if column and column != NO_HEADING else "*"

    @property
    def _folder(self) -> Markup:
        group = self.report.group
        label = self.group or group.receiver_id if group else EXAMPLE_GROUP
        return self.html.code(f"{self.incoming}{label}/")

    @property
    def _other_folder(self) -> Markup:
        return self.html.code(f"{self.incoming}‹{self.html.words.say('other_group')}›/")

    def _file(self, name: str) -> Markup:
        return self.html.code(self.report.files.get(name, f"{name}.csv"), link_to(f"{name}.csv"))
