"""A report in one sentence: which one of `handler.languages`, and what its fields are."""

from __future__ import annotations

from typing import Any, Final

from handler.report import Report, ReportRows
from handler.wording import DEFAULT, words

FATES: Final = (
    "imported",
    "not_attempted",
    "unconfirmed",
    "already_in_group",
    "duplicate",
    "over_capacity",
    "rejected",
    "empty",
)
"""What becomes of rows, in the order in which it is shown."""


def verdict(report: Report) -> tuple[str, dict[str, Any]]:
    """The sentence's name and the values of its fields; `group` is up to whoever says it."""
    status, rows = report.status, report.rows
    if status == "refused":
        return refusal(report.reason.code if report.reason else "", rows)
    if status == "dry_run":
        return "verdict.dry_run", {"n": rows.not_attempted}
    if status == "imported" and not rows.imported:
        known = rows.already_in_group and not rows.over_capacity
        return "verdict.imported_none_new" if known else "verdict.imported_none", {}
    return f"verdict.{status}", {"n": rows.imported}


def refusal(code: str, rows: ReportRows) -> tuple[str, dict[str, Any]]:
    """The same for a file of which nothing was sent, by the code that says why."""
    name = f"refused.{code}"
    if name not in words(DEFAULT).texts:
        return "refused.service", {"code": code}
    return name, {
        "new": rows.not_attempted + rows.over_capacity,
        "fit": rows.not_attempted,
        "rejected": rows.rejected,
        "filled": rows.total - rows.empty,
        "n": rows.rejected,
    }
