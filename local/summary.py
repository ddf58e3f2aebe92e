"""What became of a file, for a terminal: aligned and coloured there, plain lines where it is piped."""

from __future__ import annotations

import csv
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from handler.intake.event import Ignored
from handler.planning.samples import SampleRecipient, TypoDomain
from handler.reading.own_csv import OUR_COLUMNS, without_mark
from handler.reading.tables import FileFacts, TableFacts
from handler.reporting.report import Report, ReportBatch, ReportGroup

LISTED: Final = 5
"""Rejections that are shown; the rest lies in rejected.csv."""
LONGEST: Final = 60
"""Characters shown of a cell."""
SENTENCE: Final = 300
"""Characters shown of a sentence."""
PATH: Final = 4_096
LABEL: Final = len("  detected")
NARROW: Final = 100
"""Columns below which a sentence stands under its address rather than beside it."""
PIPED_WIDTH: Final = 1_000
"""Where nobody's window limits it, a rejection is one line."""
SPEED_FROM: Final = 1.0
"""Seconds below which rows a second say more about the start of Python than about the file."""

STATUS: Final = {
    "imported": ("green", "imported"),
    "uploading": ("yellow", "accepted; the service is still uploading"),
    "partial": ("yellow", "imported in part"),
    "refused": ("red", "refused, nothing was sent"),
    "interrupted": ("yellow", "interrupted, will go on by itself"),
    "dry_run": ("cyan", "dry run, nothing was sent"),
}
FATES: Final = {
    "imported": ("imported", "green"),
    "already_in_group": ("already in group", "cyan"),
    "duplicate": ("duplicate", "cyan"),
    "no_consent": ("no consent", "cyan"),
    "rejected": ("rejected", "red"),
    "empty": ("empty", "dim"),
    "over_capacity": ("over capacity", "yellow"),
    "not_attempted": ("not attempted", "yellow"),
    "unconfirmed": ("unconfirmed", "yellow"),
}
DELIMITERS: Final = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", " ": "spaces"}


@dataclass(frozen=True, slots=True)
class Told:
    """A report, and where it lies."""

    report: Report
    name: str
    """The file, as its owner calls it."""
    folder: Path
    """What holds the page and the CSV files."""
    typos: Sequence[TypoDomain] = ()
    """Domains of good addresses that look like typing mistakes, where it is known: report.json has none."""
    recipients: Sequence[SampleRecipient] = ()
    """The first who would be sent, with their data for the template, where it is known: report.json has none."""


def console(*, stderr: bool = False) -> Console:
    """Where summaries are printed: as wide as the terminal, or wide enough where there is none."""
    file = sys.stderr if stderr else sys.stdout  # as they are now: the function's log may be led elsewhere
    found = Console(file=file, highlight=False, emoji=False, markup=False)
    if not found.is_terminal:
        found.width = PIPED_WIDTH
    return found


def show_file(told: Told, console: Console) -> None:
    """All there is to say about one file."""
    colour, verdict = STATUS[told.report.status]
    heading = Text.assemble(
        (shown(told.name, LONGEST * 2), "bold"), "  ", (verdict, f"bold {colour}"), (f"  {_time(told.report)}", "dim")
    )
    facts = Table.grid(padding=(0, 2, 0, 0))
    facts.add_column(style="dim", no_wrap=True, min_width=LABEL)
    facts.add_column(overflow="fold")
    for label, content in (*_file_facts(told.report), *_row_facts(told, narrow=console.width < NARROW)):
        facts.add_row(f"  {label}", content)
    _print(heading, console)
    _print(facts, console)
    path = shown(str(report_path(told.folder)), PATH)
    _print(Text.assemble(("  report".ljust(LABEL + 2), "dim"), path), console)
    _print(Text(), console)


def show_ignored(ignored: Ignored, console: Console) -> None:
    """What was not looked at, and why."""
    key, why = shown(ignored.key, LONGEST * 2), shown(ignored.why, SENTENCE)
    _print(Text.assemble((key, "bold"), "  ", ("ignored", "bold dim"), f"  {why}\n"), console)


def show_line(text: Text | str, console: Console) -> None:
    """One line, whatever the width."""
    _print(Text(text) if isinstance(text, str) else text, console)


def show_short(told: Told, console: Console) -> None:
    """One line for a file among several."""
    report, (colour, verdict) = told.report, STATUS[told.report.status]
    because = f"{report.reason.code}: {shown(report.reason.message, SENTENCE)}  " if report.reason else ""
    warned = f"  {warnings_of([report])}" if report.warnings else ""
    warned += f"  typos: {sum(typo.count for typo in told.typos):,}" if told.typos else ""
    name = (shown(told.name, LONGEST * 2), "bold")
    show_line(Text.assemble(name, "  ", (verdict, colour), f"  {because}{sum_of([report])}{warned}"), console)


def sum_of(reports: Sequence[Report]) -> str:
    """`16 rows = 9 imported + 7 rejected`, the rows of all of them together: a sum that adds up, too."""
    totals: Counter[str] = Counter()
    for report in reports:
        for fate, (name, _) in _fates(report).items():
            totals[name] += getattr(report.rows, fate)
    fates = " + ".join(f"{number:,} {name}" for name, number in totals.items() if number)
    return f"{count(totals.total(), 'row')} = {fates}" if fates else "no rows"


def warnings_of(reports: Sequence[Report]) -> str:
    """`warnings: 12 addresses_elsewhere`, those of all of them together."""
    numbers: Counter[str] = Counter()
    for report in reports:
        for warning in report.warnings:
            numbers[warning.code] += warning.count
    return f"warnings: {', '.join(f'{number:,} {code}' for code, number in numbers.items())}" if numbers else ""


def show_sum(reports: Sequence[Report], failed: Sequence[str], out: Path | None, console: Console) -> None:
    """The sum of all files, and where their reports are, if anywhere. `failed` are files without a report."""
    where = f" The reports are in {out}." if out else ""
    refused = sum(report.status == "refused" for report in reports)
    files = f"{count(len(reports), 'file')}{f', {refused:,} refused' if refused else ''}"
    warned = f" {warnings_of(reports).capitalize()}." if any(report.warnings for report in reports) else ""
    told = f"{files}: {sum_of(reports)}.{warned}{where}"
    without = f"Failed, without a report: {', '.join(shown(key, LONGEST * 2) for key in failed)}."
    _print(Text(" ".join([told] * bool(reports) + [without] * bool(failed)), "bold"), console)


def _fates(report: Report) -> Mapping[str, tuple[str, str]]:
    """What each fate is called, and its colour."""
    return FATES | {"not_attempted": ("to be sent", "green")} if report.status == "dry_run" else FATES


def _print(content: RenderableType, console: Console) -> None:
    """A path or a sentence on a line of its own is left to the terminal to wrap, so that it can be copied whole.
    Tables are padded with spaces to their width, which nobody wants in a file."""
    if console.is_terminal:
        console.print(content, soft_wrap=isinstance(content, Text))
        return
    with console.capture() as capture:
        console.print(content)
    console.file.write("".join(f"{line.rstrip()}\n" for line in capture.get().splitlines()))


def shown(text: str, longest: int = LONGEST) -> str:
    """Text from a file or a key, fit for a terminal: what a terminal would obey is made visible."""
    plain = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
    return plain if len(plain) <= longest else f"{plain[: longest - 1]}…"


def count(number: int, singular: str, plural: str | None = None) -> str:
    """`1 row`, `2,000 rows`."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def _file_facts(report: Report) -> Iterator[tuple[str, RenderableType]]:
    if report.reason:
        yield "reason", Text.assemble((report.reason.code, "red"), f": {shown(report.reason.message, SENTENCE)}")
    if report.file:
        yield "detected", Text(_detected(report.file))
    if report.file and report.file.tables:
        yield "tables", Text("\n".join(map(_table, report.file.tables)))
    for warning in report.warnings:
        yield "warning", Text.assemble((warning.code, "yellow"), f": {shown(warning.message, SENTENCE)}")
    if report.group:
        yield "group", Text(_group(report.group, was_touched=report.status not in {"dry_run", "refused"}))
    if len(report.groups) > 1:
        yield "groups", Text(", ".join(f"{shown(share.name or '')}: {share.planned:,}" for share in report.groups))


def _row_facts(told: Told, *, narrow: bool) -> Iterator[tuple[str, RenderableType]]:
    report = told.report
    if report.rows.total:
        yield "rows", _rows(report)
    if report.status == "dry_run" and report.batches:
        yield "batches", Text(f"{len(report.batches)}: {' + '.join(f'{batch.size:,}' for batch in report.batches)}")
    elif any(batch.outcome != "not_attempted" for batch in report.batches):
        yield from ((f"batch {batch.number}", Text(_batch(batch))) for batch in report.batches)
    if report.file and report.file.consent_values:
        yield "said no", Text(_noes(report.file))
    if told.typos:
        yield "typos", Text("\n".join(map(_typo, told.typos[:LISTED])))
    if told.recipients:
        yield "such as", Text("\n".join(map(_recipient, told.recipients)))
    if report.rows.rejected:
        yield "rejected", _rejections(told, narrow=narrow)


def _detected(facts: FileFacts) -> str:
    columns = [shown(column) for column in (facts.email_column, *facts.other_email_columns) if column]
    quoted = " or else ".join(f'"{column}"' if facts.header else column for column in columns)
    parts = (
        f"{facts.format} in {facts.compression}" if facts.compression else facts.format,
        facts.encoding,
        facts.delimiter and DELIMITERS.get(facts.delimiter, f'delimiter "{shown(facts.delimiter)}"'),
        "header" if facts.header else "no header",
        f"records in {shown(facts.records)}" if facts.records else None,
        f"addresses in {quoted}" if columns else None,
        f"for the mail {_for_the_mail(facts)}" if facts.template_data else None,
    )
    return ", ".join(filter(None, parts))


def _table(table: TableFacts) -> str:
    """A sheet or a member among several."""
    column = shown(table.email_column or "")
    where = f'addresses in "{column}"' if table.header else f"addresses in {column}"
    return f"{shown(table.name)}: {count(table.rows, 'row')}, {where if column else 'no addresses'}"


def _noes(facts: FileFacts) -> str:
    """`in "Status": unsubscribed 12, bounced 3`"""
    values = [f"{shown(value)} {number:,}" for value, number in [*facts.consent_values.items()][:LISTED]]
    return f'in "{shown(facts.consent_column or "")}": {", ".join(values)}'


def _typo(typo: TypoDomain) -> str:
    addresses = count(typo.count, "address", "addresses")
    return f"{addresses} at {shown(typo.domain)}: perhaps {typo.meant} is meant"


def _for_the_mail(facts: FileFacts) -> str:
    """`name from "姓名" and city from "城市"`"""
    return " and ".join(f'{shown(name)} from "{shown(heading)}"' for name, heading in facts.template_data.items())


def _recipient(recipient: SampleRecipient) -> str:
    values = ", ".join(f'{shown(name)} "{shown(value)}"' for name, value in recipient.values.items())
    return f"{shown(recipient.address)}: {values}"


def _group(group: ReportGroup, *, was_touched: bool) -> str:
    if group.receiver_id is None:
        return f"“{group.name}”, which is not there yet"
    named = f"{group.receiver_id} “{shown(group.name)}”" if group.name else str(group.receiver_id)
    if group.count_before is None:
        return named
    now = f", {group.count_after:,} now" if was_touched and group.count_after is not None else ""
    return f"{named}, {count(group.count_before, 'member')} before{now}"


def _rows(report: Report) -> RenderableType:
    """The total, and the fates that it is the sum of, each above its number: `16 = 8 + 1 + 7`."""
    names = _fates(report)
    found = {fate: number for fate in names if (number := getattr(report.rows, fate))}
    table = Table.grid(padding=(0, 1, 0, 0))
    headings, numbers = [Text("total", "bold")], [Text(f"{report.rows.total:,}", "bold")]
    for sign, (fate, number) in zip("=" + "+" * len(found), found.items(), strict=False):
        name, colour = names[fate]
        headings += [Text(), Text(name, colour)]
        numbers += [Text(sign, "dim"), Text(f"{number:,}", colour)]
    for _ in headings:
        table.add_column(justify="right")
    table.add_row(*headings)
    table.add_row(*numbers)
    return table


def _batch(batch: ReportBatch) -> str:
    tries = f" at attempt {batch.attempts}" if batch.attempts > 1 else ""
    requests = ", ".join(batch.request_ids)
    outcome = batch.outcome.replace("_", " ")
    return f"{count(batch.size, 'address', 'addresses')}, {outcome}{tries}{f', request {requests}' if requests else ''}"


def _rejections(told: Told, *, narrow: bool) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(justify="right", no_wrap=True)
    table.add_column(style="red", no_wrap=True)
    table.add_column(overflow="fold")
    if not narrow:
        table.add_column(overflow="fold")
    facts = told.report.file
    column = facts.email_column if facts and facts.header else "email"  # which is what it is called where nothing is
    for row in _first_rejections(told.folder / "rejected.csv"):
        meant = f" Perhaps {shown(row['suggestion'])}?" if row["suggestion"] else ""
        cell, sentence = shown(row.get(column or "", "")), shown(row["message"], SENTENCE) + meant
        table.add_row(f"line {row['line']}", row["reason"], *([f"{cell}\n{sentence}"] if narrow else [cell, sentence]))
    more = told.report.rows.rejected - table.row_count
    if more <= 0:
        return table
    return Group(table, Text(f"and {count(more, 'more row')} in rejected.csv", "dim"))


def _first_rejections(path: Path) -> Iterator[Mapping[str, str]]:
    if not path.exists():
        return
    with path.open(encoding="utf-8-sig", newline="") as text:
        rows = csv.reader(text)
        headings = [*map(without_mark, next(rows))]
        own = len(headings) - len(OUR_COLUMNS)
        for row in islice(rows, LISTED):
            cells = [cell.removeprefix("'") for cell in row]
            # The file may have columns of these names itself: the importer's own come last.
            yield dict(zip(headings[:own], cells[:own], strict=False)) | dict(
                zip(OUR_COLUMNS, cells[own:], strict=False)
            )


def _time(report: Report) -> str:
    if report.seconds < SPEED_FROM:
        return f"{report.seconds:.1f} s"
    return f"{report.seconds:.1f} s, {report.rows.total / report.seconds:,.0f} rows a second"


def report_path(folder: Path) -> Path:
    """The page for people, where there is one."""
    page = folder / "report.html"
    return page if page.exists() else folder / "report.json"
