"""What was thrown at the function and what came out, as a table."""

from __future__ import annotations

from collections import Counter

from rich.console import Console
from rich.table import Table

from local.soak.run import Run
from local.soak.verdict import Verdict, lists_without_report


def show(run: Run, verdict: Verdict, console: Console) -> None:
    """Prints everything about one run."""
    table = Table(title=f"seed {run.options.seed}", show_header=False, title_justify="left")
    for heading, facts in (("thrown at it", _thrown(run)), ("came out", _came_out(run, verdict))):
        table.add_row(f"[bold]{heading}")
        for name, count in facts:
            table.add_row(f"  {name}", count)
        table.add_section()
    console.print(table)
    for difference in verdict.differences:
        console.print(f"[red]DIFFERENT[/red] {difference}", highlight=False, soft_wrap=True)
    if run.options.logs and verdict.differences:
        console.print(f"logs: {run.options.logs}")


def _thrown(run: Run) -> list[tuple[str, str]]:
    options, attempts = run.options, run.attempts
    fates: Counter[str] = Counter(attempt.fate for attempt in attempts)
    calls = len(run.cloud.calls)
    struck = sum(run.trouble.struck.values())
    throttled = sum(call.code == "RequestLimitExceeded" and not call.fault for call in run.cloud.calls)
    return [
        ("files", f"{len(run.drops):,} in {options.groups:,} groups, dropped {sum(run.drops.values()):,} times"),
        ("rows", f"{sum(len(file.addresses) + file.bad + file.empty for file in run.files.values()):,}"),
        ("events", _listed(run.events)),
        ("calls to COS and SES", f"{calls:,}"),
        ("faults", f"{struck:,} ({struck / max(calls, 1):.1%}): {_listed(run.trouble.struck)}"),
        ("refused by the account's own rate", f"{throttled:,}"),
        ("invocations", f"{len(attempts):,}: {_listed(fates)}"),
        ("killed", f"{(fates['killed'] + fates['timed_out']) / max(len(attempts), 1):.1%} of the invocations"),
        ("events given up by the platform", f"{sum(attempt.dropped for attempt in attempts):,}"),
    ]


def _came_out(run: Run, verdict: Verdict) -> list[tuple[str, str]]:
    rows: Counter[str] = Counter()
    for report in verdict.reports:
        rows.update(report["rows"])
    members = sum(run.cloud.groups.count(number) for number in run.members_before)
    writes = [call for call in run.cloud.calls if call.is_called("CreateReceiverDetail")]
    return [
        ("reports", _listed(Counter(report["status"] for report in verdict.reports))),
        ("rows in them", _listed(rows)),
        ("members of the groups", f"{members:,} in {len(run.cloud.groups.every()):,} groups"),
        ("writes to groups", f"{len(writes):,}, of which {sum(call.size for call in writes):,} addresses"),
        ("most requests in a second", f"{verdict.busiest} of one kind by one invocation"),
        ("left behind", f"{lists_without_report(run)} folders without a report"),
        ("sweeps in the end", f"{run.sweeps}, with the faults still on"),
        ("time", f"{run.seconds:.0f} s, in which {run.seconds * run.options.scale:,.0f} s passed"),
        ("differences", f"[bold]{len(verdict.differences)}[/bold]"),
    ]


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.most_common()) or "none"
