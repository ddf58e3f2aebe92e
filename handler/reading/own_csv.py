"""What makes the CSV files we write readable again: formula guards, the mark of the address column, our columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from handler.reading.headings import Fit, fit

FORMULA_STARTS: Final = "=+-@\t\r\n＝＋－＠"
"""A spreadsheet takes a cell that begins so for a formula (OWASP, "CSV Injection"); the full-width signs, too, where
people write Chinese or Japanese."""
GUARDED: Final = re.compile(rf"'+[{re.escape(FORMULA_STARTS)}]")
"""A formula guard, as the written files have it: before such a cell, and before one that looks guarded already."""
OUR_COLUMNS: Final = ("line", "reason", "message", "suggestion")
"""What the CSV files we write have behind the columns of the original; `suggestion` holds addresses."""
IMPORTED_COLUMNS: Final = ("line", "receiver_id")
"""And what imported.csv has behind them."""
MARK: Final = " [email column]"
"""Said in a heading, it settles the matter. The CSV files we write say it where their headings alone would not lead
back to the column: it was named in the metadata, or found by what is in it, and what is rejected holds no address."""


def strip_guard(cell: str) -> str:
    """The cell without the `'` that keeps a spreadsheet from running it as a formula."""
    return cell[1:] if GUARDED.match(cell) else cell


def own_columns(headings: Sequence[str]) -> int | None:
    """How many columns a file of ours has before our four; `None` for any other file.

    What stands behind ours has no heading: the cells a row has too many, and what a spreadsheet program fills up with.
    """
    end = len(headings)
    while end and headings[end - 1].strip() in {"", made_up(end - 1)}:
        end -= 1
    own = end - len(OUR_COLUMNS)
    return own if own > 0 and tuple(heading.strip() for heading in headings[own:end]) == OUR_COLUMNS else None


def columns_of_ours(headings: Sequence[str]) -> range:
    """The columns that we have added to those of the original; none in any other file."""
    own = own_columns(headings)
    if own is not None:
        return range(own, own + len(OUR_COLUMNS))
    own = len(headings) - len(IMPORTED_COLUMNS)
    is_ours = own > 0 and tuple(heading.strip() for heading in headings[own:]) == IMPORTED_COLUMNS
    return range(own, len(headings)) if is_ours else range(0)


def with_mark(headings: Sequence[str], email_columns: tuple[int, ...]) -> tuple[str, ...]:
    """The headings of a file of ours, by which these columns are found again whatever its cells hold."""
    if columns_named(headings) == email_columns:
        return tuple(headings)
    return tuple(heading + MARK if at in email_columns else heading for at, heading in enumerate(headings))


def without_mark(heading: str) -> str:
    """The heading as it was."""
    while heading.endswith(MARK):
        heading = heading.removesuffix(MARK)
    return heading


def columns_named(headings: Sequence[str]) -> tuple[int, ...]:
    """The columns whose headings fit best: those with our mark, where there are any."""
    marked = tuple(index for index, heading in enumerate(headings) if heading.endswith(MARK))
    fits = [*map(fit, headings)]
    best = max(fits, default=Fit.NONE)
    return marked or tuple(index for index, found in enumerate(fits) if found == best > Fit.NONE)


def made_up(column: int) -> str:
    """The heading of a column that has none."""
    return f"column {column + 1}"
