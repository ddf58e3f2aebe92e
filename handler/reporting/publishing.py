"""Writes the report, its CSV files and the group's history into the bucket.

The CSV files are written when the plan is made, before anything is sent, so that they outlive the invocation. What the
delivery adds comes behind the bytes that the plan wrote: however often that is done, the same file comes out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, repeat
from typing import IO, Final

from handler import log
from handler.delivering.outcome import Outcome
from handler.intake.route import group_label
from handler.judging.verdicts import Explanation
from handler.planning.lists import CsvFile, RowFiles, begin, cells_of, imported_csv, read_planned, said_in
from handler.planning.plan import ImportPlan, ListedFile, PlannedRow
from handler.planning.samples import Samples, Sampling
from handler.reporting import history
from handler.reporting.html import HTML_TYPE
from handler.reporting.index import JSON_TYPE, IndexPage
from handler.reporting.notice import Notices
from handler.reporting.page import Place, render
from handler.reporting.report import FINAL, Report, ReportGroup, ReportShare
from handler.reporting.words import in_english
from handler.said import Said
from handler.settings import DEFAULT, Language
from handler.state.store import Bucket
from handler.timing import side_by_side

CSV_TYPE: Final = "text/csv; charset=utf-8"


def publish_rows(bucket: Bucket, folder: str, rows: RowFiles, *, unsent: Said | None) -> dict[str, ListedFile]:
    """Writes the CSV files that the plan has rows for. Where nothing is sent, all that would have been remains, and
    `unsent` is said of it."""
    lists = {name: partial(_publish, bucket, folder, name, file) for name, file in rows.files.items()}
    if unsent and (rows.planned_count or "remaining" in rows.files):
        lists["remaining"] = partial(_publish_all_remaining, bucket, f"{folder}remaining.csv", rows, unsent)
    return dict(zip(lists, side_by_side([*lists.values()]), strict=True))


def _publish(bucket: Bucket, folder: str, name: str, file: CsvFile) -> ListedFile:
    key = f"{folder}{name}.csv"
    bucket.upload(key, file.chunks(), CSV_TYPE)
    return ListedFile(key, file.rows, file.size, file.truncated)


def _publish_all_remaining(bucket: Bucket, key: str, rows: RowFiles, said: Said) -> ListedFile:
    """Everything that could have been sent, in the order of the file: first what would have fit, then the rest."""
    rest = rows.files.get("remaining")
    with closing(begin("remaining", rows.headings, size=(rest.size if rest else 0) + rows.beyond_one_group)) as file:
        for row in rows.planned_rows():
            file.add(row.line, cells_of(row, rows.headings), "not_attempted", _message(row, said))
        tail = rest.chunks(rest.heading_bytes) if rest else ()
        bucket.upload(key, chain(file.chunks(), tail), CSV_TYPE)
        truncated = file.truncated or (rest is not None and rest.truncated)
        return ListedFile(key, file.rows + (rest.rows if rest else 0), file.size, truncated)


def publish_imported(bucket: Bucket, plan: ImportPlan, outcome: Outcome, planned: IO[bytes]) -> ImportPlan:
    """Writes imported.csv, where any row has come into a group; the plan with it. It never stands in /tmp."""
    rows = size = 0

    def imported() -> Iterator[tuple[PlannedRow, int]]:
        nonlocal rows
        ids = chain.from_iterable(repeat(plan.shares[each.share].group.receiver_id, each.size) for each in plan.batches)
        sent = read_planned(planned, with_data=plan.has_data)
        for index, (row, receiver_id) in enumerate(zip(sent, ids, strict=True)):
            if outcome.elsewhere and _fate(outcome, index):
                continue
            rows += 1
            yield row, receiver_id

    def counted(chunks: Iterable[bytes]) -> Iterator[bytes]:
        nonlocal size
        for chunk in chunks:
            size += len(chunk)
            yield chunk

    if outcome.elsewhere == sum(batch.size for batch in plan.batches):
        return plan
    key = f"{plan.of.folder}imported.csv"
    bucket.upload(key, counted(imported_csv(plan.headings, imported())), CSV_TYPE)
    listed = {**plan.listed, "imported": ListedFile(key, rows, size, truncated=False)}
    return replace(plan, listed=listed)


def publish_outcome(bucket: Bucket, plan: ImportPlan, outcome: Outcome, planned: IO[bytes]) -> ImportPlan:
    """Writes anew those CSV files to which the delivery adds rows; the plan with all of them.

    `planned` are the rows of the plan, as `PlannedRows` made them.
    """
    added: dict[str, CsvFile] = {}
    sampling = Sampling(plan.samples.rejected)
    with ExitStack() as stack:
        for name, row, reason, said in _fates(outcome, planned, with_data=plan.has_data):
            if name not in added:
                added[name] = stack.enter_context(closing(_begin_after(plan, name)))
            added[name].add(row.line, cells_of(row, plan.headings), reason, _message(row, said))
            if reason == "refused_by_service":
                sampling.add(row.line, "refused_by_service", row.address, Explanation(said), row.table)
        listed = {**plan.listed, **{name: _add_rows(bucket, plan, name, file) for name, file in added.items()}}
    return replace(plan, listed=listed, samples=replace(plan.samples, rejected=sampling.rows))


def _fates(outcome: Outcome, planned: IO[bytes], *, with_data: bool) -> Iterator[tuple[str, PlannedRow, str, Said]]:
    """The planned rows that did not come into the group by this import: where they are listed, and what is said."""
    if not outcome.elsewhere:
        return  # as nearly always: 50,000 rows need not be unpacked
    for index, row in enumerate(read_planned(planned, with_data=with_data)):
        if fate := _fate(outcome, index):
            name, reason, said = fate
            yield name, row, reason, said


def _fate(outcome: Outcome, index: int) -> tuple[str, str, Said] | None:
    """Where a planned row is listed that did not come into the group by this import, and what is said of it."""
    if index in outcome.left_out:
        return "rejected", "refused_by_service", outcome.left_out[index]
    if index in outcome.not_attempted:
        return "remaining", "not_attempted", Said("row.not_attempted")
    if index in outcome.unconfirmed:
        return "remaining", "unconfirmed", Said("row.unconfirmed")
    return ("skipped", "already_in_group", Said("row.in_group")) if index in outcome.already_in_group else None


def _message(row: PlannedRow, said: Said) -> str:
    return in_english(said_in(row.table, said))


def _begin_after(plan: ImportPlan, name: str) -> CsvFile:
    """The rows that come behind those of the plan, within what those leave of the file's bounds."""
    base = plan.listed.get(name)
    return begin(name, plan.headings, base.rows, base.bytes) if base else begin(name, plan.headings)


def _add_rows(bucket: Bucket, plan: ImportPlan, name: str, added: CsvFile) -> ListedFile:
    key = f"{plan.of.folder}{name}.csv"
    base = plan.listed.get(name)
    if base is None:
        bucket.upload(key, added.chunks(), CSV_TYPE)
        return ListedFile(key, added.rows, added.size, added.truncated)
    rows = chain(bucket.read_range(key, 0, base.bytes), added.chunks(added.heading_bytes))
    bucket.upload(key, rows, CSV_TYPE)
    return ListedFile(key, base.rows + added.rows, base.bytes, base.truncated or added.truncated)


@dataclass(frozen=True, slots=True)
class Publisher:
    """Writes a report as programs and as people read it, and its entry in the history of the group."""

    bucket: Bucket
    incoming: str
    reports: str
    """The prefixes."""
    language: Language = DEFAULT
    """Of the history, and of reports whose files name none."""
    by_name: bool = False
    """Whether folders are groups' names, and not their ids."""
    dry_run: bool = False
    """It takes no lock, and therefore writes no history; and nobody is told of it."""
    notices: Notices | None = None
    """Who is to be told."""
    index: IndexPage | None = None
    """The page of all groups."""

    def publish(self, report: Report, folder: str, samples: Samples, language: Language | None) -> None:
        """Writes the report. report.json comes before the pages: they are made of it, and no import depends on them."""
        key = f"{folder}report.json"
        with self._telling(report, key):
            self.bucket.write(key, report.to_json(), JSON_TYPE)
        self.show(report, folder, samples, language)

    def show(self, report: Report, folder: str, samples: Samples, language: Language | None) -> None:
        """Writes report.html and the history. What cannot be written is missing then, and the import goes on."""
        page = partial(self._write_page, report, folder, samples, language or self.language)
        side_by_side([page, partial(self._write_histories, report, folder)])

    def mend(self, report: Report, folder: str, language: Language | None) -> None:
        """Writes the history, and report.html where it is not there, as whoever wrote report.json was killed before;
        nobody knows the rows any more."""
        with log.forgiving("page_not_written"):
            if self.bucket.read(f"{folder}report.html") is None:
                self._write_page(report, folder, Samples(), language or self.language)
        self._write_histories(report, folder)

    def _telling(self, report: Report, key: str) -> AbstractContextManager[None]:
        if self.notices is None or self.dry_run or report.status not in FINAL:
            return nullcontext()
        return self.notices.telling(report, key)

    def _write_page(self, report: Report, folder: str, samples: Samples, language: Language) -> None:
        with log.forgiving("page_not_written"):
            has_history = self._has_history(report)
            label = self._label(report.group, folder)
            place = Place(folder, self.incoming, label, f"{self.reports}{label}/latest.html" if has_history else None)
            self.bucket.write(f"{folder}report.html", render(report, samples, language, place), HTML_TYPE)

    def _write_histories(self, report: Report, folder: str) -> None:
        if not self._has_history(report):
            return
        with log.forgiving("history_not_written"):
            self._write_history(report, folder, self._label(report.group, folder))
            for share in report.groups[1:]:
                if share.receiver_id and share.planned:
                    self._write_history(report, folder, self._label(share, folder), share)

    def _write_history(self, report: Report, folder: str, label: str, share: ReportShare | None = None) -> None:
        group_folder, group = f"{self.reports}{label}/", share or report.group
        receiver_id = group.receiver_id if group else None
        known = history.read(self.bucket.read(f"{group_folder}latest.json"), receiver_id)
        if known is None:
            log.warning("history_begun_anew", key=f"{group_folder}latest.json")
        now = (known or history.History(receiver_id=receiver_id)).with_report(report, folder, share)
        page = f"{group_folder}latest.html"
        works = [
            partial(self.bucket.write, f"{group_folder}latest.json", now.to_json(), JSON_TYPE),
            partial(self.bucket.write, page, now.to_html(self.language, group_folder), HTML_TYPE),
        ]
        if self.index:
            works.append(partial(self.index.note, now, label, page))
        side_by_side(works)

    def _has_history(self, report: Report) -> bool:
        return not self.dry_run and report.group is not None

    def _label(self, group: ReportGroup | None, folder: str) -> str:
        """By what folders call the group, so that it has one history however files name it; of one that is not there,
        what its report's folder calls it."""
        if group and self.by_name and group.name:
            return group_label(None, group.name)
        if group and not self.by_name and group.receiver_id:
            return group_label(group.receiver_id, None)
        return folder.removeprefix(self.reports).partition("/")[0]
