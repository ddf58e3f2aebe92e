"""Figures as tables: in colour for the terminal, as Markdown for docs/speed.md."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import rich.table

OURS: Final = "**this function**"
SCRIPT: Final = "a script of 40 lines"
_BLOCK: Final = re.compile(r"(<!-- measured: (\w+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Table:
    """One table. Its first column says what was measured."""

    title: str
    headings: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]

    def for_terminal(self) -> rich.table.Table:
        """The table with its title above it."""
        table = rich.table.Table(title=self.title, title_justify="left", title_style="bold")
        for number, heading in enumerate(self.headings):
            table.add_column(_plain(heading), justify="right" if number else "left")
        for row in self.rows:
            table.add_row(*map(_plain, row))
        return table

    def as_markdown(self) -> str:
        """The table as Markdown; its title is the heading of the first column."""
        lines = [(self.title, *self.headings[1:]), ("---", *["---:"] * (len(self.headings) - 1)), *self.rows]
        return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def put_in(page: str, blocks: Mapping[str, str]) -> str:
    """The text of a page with these in place of those of the last time; others stay as they are."""
    return _BLOCK.sub(lambda block: f"{block[1]}{blocks[block[2]]}{block[4]}" if block[2] in blocks else block[0], page)


def cells(page: str, name: str) -> dict[str, list[str]]:
    """What a page shows of a table: the other cells by the first one of each row."""
    (text,) = (block[3] for block in _BLOCK.finditer(page) if block[2] == name)
    rows = (line.strip("| ").split(" | ") for line in text.splitlines())
    return {first: rest for first, *rest in rows}


def seconds(value: float) -> str:
    """Three digits of it."""
    return f"{value:,.0f} s" if value >= 100 else f"{value:.1f} s" if value >= 10 else f"{value:.2f} s"  # noqa: PLR2004


def clock_time(value: float) -> str:
    """Seconds up to ten minutes of them; minutes, and hours, where it is more."""
    if value < 600:  # noqa: PLR2004
        return seconds(value)
    return f"{value / 60:.0f} min" if value < 7_200 else f"{value / 3_600:.1f} h"  # noqa: PLR2004


def megabytes(value: float) -> str:
    """Megabytes of a million bytes."""
    return f"{value / 1e6:.0f} MB" if value >= 1e7 else f"{value / 1e6:.1f} MB"  # noqa: PLR2004


def times(value: float) -> str:
    """How many times as much."""
    return f"{value:.0f} ×" if value >= 100 else f"{value:.1f} ×" if value >= 10 else f"{value:.2f} ×"  # noqa: PLR2004


def _plain(cell: str) -> str:
    return cell.replace("*", "").replace("`", "")
