"""How far a long file is read: on a terminal, on standard error, gone when it is done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.table import Column
from rich.text import Text


class Bar:
    """What is told how far the reading has come, and shows it."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._task = progress.add_task("reading", total=total, rows=0)
        self._rows = 0

    def bytes_read(self, position: int) -> None:
        self._progress.update(self._task, completed=position)

    def rows_read(self, count: int) -> None:
        self._rows += count
        self._progress.update(self._task, rows=self._rows)


class _Rows(ProgressColumn):
    """`1,200,000 rows, 350,000/s`."""

    def __init__(self) -> None:
        super().__init__(Column(no_wrap=True))

    def render(self, task: Task) -> Text:
        rows, seconds = task.fields["rows"], task.elapsed
        speed = f", {rows / seconds:,.0f}/s" if seconds else ""
        return Text(f"{rows:,} rows{speed}", "progress.data.speed")


@contextmanager
def bar(total: int, console: Console) -> Iterator[Bar]:
    """Shows a bar where there is a terminal to show it on; `total` is the size of the file in bytes."""
    columns = (TextColumn("reading"), BarColumn(20), DownloadColumn(), _Rows(), TimeRemainingColumn(compact=True))
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield Bar(progress, total)
