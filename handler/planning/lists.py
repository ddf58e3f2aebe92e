"""The rows somebody may want to look up or drop again: rejected.csv, skipped.csv, remaining.csv, imported.csv, and the
planned rows.

They are written to /tmp as the file is read, so that memory does not grow with the file. Each CSV has the file's own
columns and then `line, reason, message, suggestion`; a row with more cells than there are headings carries them at its
end. Dropped into the incoming folder again, each is read as the original would be, and its four columns are not kept.
"""

from __future__ import annotations

import csv
import gzip
import io
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby, islice
from operator import itemgetter
from typing import IO, Final

from handler import limits
from handler.errors import SourceProblem
from handler.judging import explain, preferred
from handler.judging.verdicts import Explanation, Rejection
from handler.planning.plan import GoodRows, PlannedRow
from handler.planning.records import END, SUSPECT, CsvBlock, encoded
from handler.planning.samples import Sampling
from handler.reading.own_csv import (
    GUARDED,
    IMPORTED_COLUMNS,
    OUR_COLUMNS,
    columns_named,
    columns_of_ours,
    strip_guard,
    with_mark,
)
from handler.reading.tables import RowFault, Table
from handler.said import Said

BOM: Final = "\ufeff"
_LONGEST: Final = limits.RECORD_CHARS * 7 // 8
"""Characters of the file's own cells in a record. What is left is enough for a delimiter, two quotes and a guard around
each of 4,096 cells, and for our own columns."""
_SUSPECT: Final = tuple(SUSPECT)
CHUNK_BYTES: Final = 2 * 1024 * 1024
"""As much as COS is sent at once: then it is not copied."""

UNBOUNDED: Final = 1 << 62
BOUNDS: Final[dict[str, tuple[int, int]]] = {
    "rejected": (limits.LISTED_ROWS, limits.LISTED_BYTES),
    "skipped": (limits.LISTED_ROWS, limits.LISTED_BYTES),
    "remaining": (UNBOUNDED, limits.REMAINING_BYTES),
}
"""The most rows and bytes of each file."""


class CsvFile:
    """One CSV under way in /tmp: UTF-8 with BOM, CRLF, comma, RFC 4180."""

    def __init__(self, headings: Sequence[str], most_rows: int = UNBOUNDED, most_bytes: int = UNBOUNDED) -> None:
        self.rows = 0
        self.truncated = False
        self.width = len(headings)
        self._most_rows = most_rows
        self._most_bytes = most_bytes
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the import: see `close`
        self._text = io.TextIOWrapper(self._file, encoding="utf-8", errors="replace", newline="")
        self._writer = csv.writer(self._text, lineterminator=END)
        self._text.write(BOM)
        self._writer.writerow([*map(guard, headings), *OUR_COLUMNS])
        self.heading_bytes = self.size

    def add(self, line: int, cells: Sequence[str], reason: str, message: str, suggestion: str = "") -> None:
        """Adds one record of the file, and what is to be said of it. A file that is full takes no more."""
        if self._fitting(1):
            self._writer.writerow(_record(self.width, line, cells, [reason, guard(message), guard(suggestion)]))

    def add_all(self, rows: GoodRows, reason: str, message: str) -> None:
        """Adds records of which the same is to be said."""
        fit = self._fitting(len(rows.lines))
        lines, cells, told = rows.lines[:fit], rows.rows[:fit], [reason, guard(message), ""]
        if set(map(len, cells)) == {self.width}:
            self._text.write(_even(lines, cells, told))
        else:
            self._writer.writerows([_record(self.width, *row, told) for row in zip(lines, cells, strict=True)])

    def remove(self, gone: Mapping[str, int]) -> list[tuple[int, Sequence[str]]]:
        """Takes out the records in which an address stands, given by its key and its line; their lines and cells."""
        removed: list[tuple[int, Sequence[str]]] = []
        keys: dict[int, list[str]] = {}
        for key, line in gone.items():
            keys.setdefault(line, []).append(key)
        own, start = slice(self.width, self.width + len(OUR_COLUMNS)), len(BOM.encode())
        self._text.seek(start)
        kept = CsvFile((), self._most_rows, self._most_bytes)
        kept._text.seek(start)
        kept._text.truncate()
        for number, record in enumerate(csv.reader(self._text)):
            line = int(record[own][0]) if number else 0
            if line in keys and any(key in "\n".join(record).casefold() for key in keys[line]):
                removed.append((line, [*map(strip_guard, (*record[: self.width], *record[own.stop :]))]))
            else:
                kept._writer.writerow(record)
        self._text.close()
        self._file, self._text, self._writer = kept._file, kept._text, kept._writer
        self.rows -= len(removed)
        return removed

    @property
    def size(self) -> int:
        """How many bytes it has so far."""
        self._text.flush()
        return self._file.tell()

    def chunks(self, start: int = 0) -> Iterator[bytes]:
        """The bytes written so far, from `start` on."""
        self._text.flush()
        self._file.seek(start)
        while chunk := self._file.read(CHUNK_BYTES):
            yield chunk

    def close(self) -> None:
        """Removes the file."""
        self._text.close()

    def _fitting(self, count: int) -> int:
        """How many of so many records there is room for; they are counted."""
        fit = 0 if self.truncated or self._file.tell() >= self._most_bytes else self._most_rows - self.rows
        self.truncated = self.truncated or count > fit
        self.rows += min(count, fit)
        return min(count, fit)


def begin(name: str, headings: Sequence[str], rows: int = 0, size: int = 0) -> CsvFile:
    """A CSV file within its bounds, so many rows and bytes of which are written elsewhere already."""
    most_rows, most_bytes = BOUNDS[name]
    return CsvFile(headings, most_rows - rows, most_bytes - size)


_UNPACKED: Final = str.maketrans("\x01\x02", '",')
"""JSON has no control characters as they are: with these in place of quotes and commas a CSV needs no quotes for it."""


class PlannedRows:
    """The rows that are to be sent, gzipped as `line, address, cells...`: stored with the plan, so that whoever resumes
    it can list those that could not be sent after all. Of a file with several tables each has its name above its rows.
    Where there are data for the template, they stand behind the address.
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the import: see `close`
        self._zip = gzip.GzipFile(fileobj=self._file, mode="wb", compresslevel=1, mtime=0)
        self._table: str | None = None
        self._count = 0

    @property
    def size(self) -> int:
        """How many bytes they have so far."""
        return self._file.tell()

    def add(self, rows: GoodRows, table: str | None = None) -> None:
        """Adds rows. When they come to more than /tmp has room for, only what is sent is kept, with its line."""
        self._count += len(rows.lines)
        if table != self._table:
            self._table = table
            self._zip.write(CsvBlock([[table]]).body if table else f'""{END}'.encode())
        sent = [rows.addresses, _packed(rows.data)] if rows.data else [rows.addresses]
        lines = map(str, rows.lines)
        if self.size < limits.PLANNED_BYTES * max(1, self._count // limits.GROUP_LIMIT):
            self._zip.write(CsvBlock(rows.rows, lines, *sent).body)
        else:
            self._zip.write(CsvBlock([*zip(*sent, strict=True)], lines).body)

    def body(self) -> IO[bytes]:
        """The gzipped rows, from the first byte on. No row can be added after this."""
        self._zip.close()
        self._file.seek(0)
        return self._file

    def close(self) -> None:
        """Removes the file."""
        self.body().close()


def imported_csv(headings: Sequence[str], rows: Iterable[tuple[PlannedRow, int]]) -> Iterator[bytes]:
    """imported.csv, piece by piece: rows of a plan, each with the group that it came into."""
    width = len(headings)
    yield _written(BOM, [[*map(guard, headings), *IMPORTED_COLUMNS]])
    for receiver_id, of_group in groupby(rows, key=itemgetter(1)):
        told = [str(receiver_id)]
        while part := [row for row, _ in islice(of_group, limits.BLOCK_ROWS)]:
            cells = [cells_of(row, headings) for row in part]
            if {*map(len, cells)} == {width}:
                yield encoded(_even([row.line for row in part], cells, told))
            else:
                yield _written("", [_record(width, row.line, of, told) for row, of in zip(part, cells, strict=True)])


def cells_of(row: PlannedRow, headings: Sequence[str]) -> Sequence[str]:
    """The cells of a planned row; where there was no room for them, its address, below the heading of the column."""
    if row.cells:
        return row.cells
    at = next(iter(columns_named(headings)), 0)
    return [*[""] * at, row.address, *[""] * (len(headings) - at - 1)]


def _packed(data: Sequence[str]) -> list[str]:
    """The data of some rows, fit for a CSV; no JSON has a line break."""
    return "\n".join(data).replace('"', "\x01").replace(",", "\x02").split("\n")


def read_planned(body: IO[bytes], *, with_data: bool) -> Iterator[PlannedRow]:
    """The rows of `PlannedRows.body`; with data, where they had some."""
    with gzip.open(body, "rt", encoding="utf-8", newline="") as text:
        table: str | None = None
        for record in csv.reader(text):
            if len(record) == 1:
                (table,) = record  # the rows that follow are from this one
            else:
                line, address, *cells = record
                data = cells.pop(0).translate(_UNPACKED) if with_data else ""
                yield PlannedRow(int(line), address, cells, table, data)


@dataclass(frozen=True, slots=True)
class _Shape:
    """The columns of a table, without those that a file of ours has behind them."""

    headings: tuple[str, ...]
    dropped: range
    email_columns: tuple[int, ...]

    @classmethod
    def of(cls, table: Table) -> _Shape:
        ours = columns_of_ours(table.columns)
        return cls(table.columns[: ours.start] if ours else table.columns, ours, table.email_columns)

    def without_ours(self, cells: Sequence[str]) -> Sequence[str]:
        """The cells of the original."""
        return [*cells[: self.dropped.start], *cells[self.dropped.stop :]] if self.dropped else cells

    def places_below(self, first: _Shape) -> dict[int, int]:
        """Where the columns stand below the headings of another table: each below the same heading."""
        columns = {heading: column for column, heading in enumerate(self.headings) if column not in self.email_columns}
        columns.pop(first.headings[first.email_columns[0]], None)
        return {columns.pop(heading): at for at, heading in enumerate(first.headings) if heading in columns}

    def below(self, first: _Shape, places: Mapping[int, int], cells: Sequence[str]) -> Sequence[str]:
        """The cells as they stand there: the address below the first address column, and behind the last column what
        no heading is for."""
        placed = [""] * len(first.headings)
        (placed[first.email_columns[0]],) = preferred([[cells[at] for at in self.email_columns if at < len(cells)]])
        for column, cell in enumerate(cells):
            if column in places:
                placed[places[column]] = cell
            elif column not in self.email_columns and column not in self.dropped:
                placed.append(cell)
        return placed


class RowFiles:
    """All the rows of one import: the `RowListing` of the plan."""

    def __init__(self, say: Callable[[Said], str], headings: Sequence[str] = ()) -> None:
        """`say` gives the English sentence: the files are the same whoever reads the report."""
        self._say = say
        self.headings = tuple(headings)
        """Those of the first table; the cells of a later one are put below them."""
        self.files: dict[str, CsvFile] = {}
        """The CSV files that have rows: `rejected`, `skipped`, `remaining`."""
        self.sampling = Sampling()
        self.planned_count = 0
        self._sent_bytes = 0
        self._planned = PlannedRows()
        self._has_data = False
        self._first: _Shape | None = None
        self._table: str | None = None
        self._arranged: Callable[[Sequence[str]], Sequence[str]] = _as_they_are
        """Puts the cells of the present table below the headings."""

    def open_table(self, table: Table) -> None:
        self._table = table.name
        shape = _Shape.of(table)
        if self._first is None:
            self._first, self.headings = shape, with_mark(shape.headings, shape.email_columns)
        if shape == self._first:
            self._arranged = shape.without_ours if shape.dropped else _as_they_are
        else:
            self._arranged = partial(shape.below, self._first, shape.places_below(self._first))

    def planned(self, rows: GoodRows) -> None:
        """Raises `SourceProblem` (`too_large`) where those of a series, or their data for the template, come to more
        than /tmp has room for."""
        self.planned_count += len(rows.lines)
        self._has_data = bool(rows.data)
        self._sent_bytes += sum(len(encoded("\n".join(sent))) + 1 for sent in (rows.addresses, rows.data))
        if self.beyond_one_group > limits.SERIES_BYTES:
            raise SourceProblem("too_large", Said("file.long_rows", number=limits.SERIES_BYTES // 1_000_000))
        self._planned.add(self._all_arranged(rows), self._table)

    @property
    def beyond_one_group(self) -> int:
        """Bytes in /tmp beyond what rows and addresses for one group come to: remaining.csv has so much less room."""
        return max(0, self._planned.size + self._sent_bytes - limits.GROUP_BYTES)

    def planned_body(self) -> IO[bytes]:
        """The planned rows, gzipped; no row can be added after this."""
        return self._planned.body()

    def planned_rows(self) -> Iterator[PlannedRow]:
        """The same, row by row."""
        return read_planned(self.planned_body(), with_data=self._has_data)

    def rejected(self, line: int, cells: Sequence[str], why: Rejection | RowFault) -> None:
        file = self.file("rejected")
        if file.truncated:
            return  # explaining costs more than all the rest
        told = Explanation(why.said) if isinstance(why, RowFault) else explain(why)
        file.add(line, self._arranged(cells), why.reason, self._message(told.said), told.suggestion)
        text = why.value if isinstance(why, Rejection) else " ".join(filter(None, cells))
        self.sampling.add(line, why.reason, text, told, self._table)

    def duplicate(
        self, line: int, cells: Sequence[str], first_line: int, first_table: str | None = None, *, differs: bool = False
    ) -> None:
        if self.file("skipped").truncated:
            return  # there may be millions of them
        said = Said("row.duplicate", line=str(first_line))
        if first_table and first_table != self._table:
            said = Said("row.duplicate_in", line=str(first_line), table=first_table)
        self._skip(line, cells, "duplicate", Said("row.other_data", sentence=said) if differs else said)

    def already_in_group(self, line: int, cells: Sequence[str], said: Said | None = None) -> None:
        if not self.file("skipped").truncated:
            self._skip(line, cells, "already_in_group", said or Said("row.in_group"))

    def over_capacity(self, rows: GoodRows) -> None:
        file = self.file("remaining")
        if not file.truncated:
            file.add_all(self._all_arranged(rows), "over_capacity", self._message(Said("row.over_capacity")))

    def no_consent(self, line: int, cells: Sequence[str], said: Said) -> None:
        if not self.file("skipped").truncated:
            self._skip(line, cells, "no_consent", said)

    def blocked(self, line: int, cells: Sequence[str]) -> None:
        if not self.file("skipped").truncated:
            self._skip(line, cells, "blocked", Said("row.blocked"))

    def withdraw(self, addresses: Collection[str], left_out: Mapping[str, int]) -> None:
        self._withdraw_planned(addresses)
        for line, cells in self.file("remaining").remove(left_out) if left_out else ():
            self.file("skipped").add(line, cells, "no_consent", self._say(Said("row.no_elsewhere")))

    def _withdraw_planned(self, addresses: Collection[str]) -> None:
        kept = PlannedRows()
        self.planned_count = 0
        for table, rows in groupby(self.planned_rows(), key=lambda row: row.table):
            left: list[PlannedRow] = []
            for row in rows:
                if row.address in addresses:
                    message = self._say(said_in(table, Said("row.no_elsewhere")))
                    self.file("skipped").add(row.line, cells_of(row, self.headings), "no_consent", message)
                else:
                    left.append(row)
            for start in range(0, len(left), limits.BLOCK_ROWS):
                part = left[start : start + limits.BLOCK_ROWS]
                columns = zip(*[(row.line, row.address, row.cells, row.data) for row in part], strict=True)
                lines, good, cells, data = columns
                kept.add(GoodRows(lines, good, cells, data if self._has_data else ()), table)
            self.planned_count += len(left)
        self._planned.close()
        self._planned = kept

    def _skip(self, line: int, cells: Sequence[str], reason: str, said: Said) -> None:
        self.file("skipped").add(line, self._arranged(cells), reason, self._message(said))

    def _message(self, said: Said) -> str:
        return self._say(said_in(self._table, said))

    def _all_arranged(self, rows: GoodRows) -> GoodRows:
        return rows if self._arranged is _as_they_are else replace(rows, rows=[*map(self._arranged, rows.rows)])

    def file(self, name: str) -> CsvFile:
        """The CSV of this name, begun when it is first needed."""
        if name not in self.files:
            self.files[name] = begin(name, self.headings, size=self.beyond_one_group if name == "remaining" else 0)
        return self.files[name]

    def close(self) -> None:
        """Removes everything from /tmp."""
        self._planned.close()
        for file in self.files.values():
            file.close()


def said_in(table: str | None, said: Said) -> Said:
    """The same, with the sheet or member that its line is counted in, where the file has several."""
    return Said("row.in_table", table=table, sentence=said) if table else said


def _as_they_are(cells: Sequence[str]) -> Sequence[str]:
    return cells


def readable(cells: Sequence[str]) -> Sequence[str]:
    """The cells, such that they can be read again: quotes are written twice, and our own columns come on top of a
    record that was as long as one may be already. Such a long one keeps what may be its address."""
    if len("".join(cells)) * 2 <= _LONGEST or sum(len(cell) + cell.count('"') for cell in cells) <= _LONGEST:
        return cells
    return [cell[: limits.EXCERPT_CHARS] if "@" in cell else "" for cell in cells]


def _record(width: int, line: int, cells: Sequence[str], told: Sequence[str]) -> list[str | int]:
    """A record of a list: what has no heading comes behind our own columns."""
    guarded = _guarded(readable(cells))
    missing = [""] * (width - len(guarded))
    return [*guarded[:width], *missing, line, *told, *guarded[width:]]


def _written(start: str, records: Iterable[Sequence[str | int]]) -> bytes:
    text = io.StringIO(newline="")
    text.write(start)
    csv.writer(text, lineterminator=END).writerows(records)
    return encoded(text.getvalue())


def _even(lines: Sequence[int], rows: Sequence[Sequence[str]], told: Sequence[str]) -> str:
    """The records of rows that have a cell below each heading, as `csv.writer` writes them."""
    joined = CsvBlock(rows)
    if joined.is_suspect or len(max(joined.rows, key=len)) * 2 > _LONGEST:
        joined = CsvBlock([_guarded(readable(cells)) for cells in rows])
    (ours,) = CsvBlock([told]).rows
    return "".join([f"{cells},{line},{ours}{END}" for cells, line in zip(joined.rows, lines, strict=True)])


def _guarded(cells: Sequence[str]) -> Sequence[str]:
    return [guard(cell) if cell.startswith(_SUSPECT) else cell for cell in cells]


def guard(cell: str) -> str:
    """The cell, such that no spreadsheet takes it for a formula; reading takes the `'` off again."""
    return f"'{cell}" if cell.startswith(_SUSPECT) and GUARDED.match(f"'{cell}") else cell
