"""Text to tables: decode, judge the first rows, then stream all of them as a delimited file or as a plain list."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final

from handler.errors import SourceProblem
from handler.limits import (
    JUDGED_ROWS,
    MALFORMED_ROWS,
    PIECE_BYTES,
    RECORD_CELLS,
    SAMPLE_CHARS,
)
from handler.readers import charset as charsets
from handler.readers import delimited
from handler.readers.allowance import Allowance
from handler.readers.chunks import pieces
from handler.readers.columns import OUR_COLUMNS, Layout, is_address, locate, own_columns
from handler.readers.headings import Fit, fit
from handler.readers.lines import LINE_END, whole_lines
from handler.values import FileFacts, Hints, RowBlock, RowFault, Table

_DELIMITERS: Final = (",", ";", "\t", "|")
_NAMED_DELIMITERS: Final = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}
_NO_DELIMITERS: Final = frozenset("\"\r\n'@")
_SEP_LINE: Final = re.compile(r'"?sep=(.)"?[ ,;\t]*(?:\r\n|\r|\n|$)', re.IGNORECASE)
"""Excel writes and reads it: the delimiter, said in the first line."""
_CONTROLS: Final = re.compile("[\x01-\x08\x0e-\x19\x1b-\x1f\x7f]")
_BINARY: Final = 0.05
"""A text has next to no control characters; random bytes have one in ten."""
_GARBLED: Final = 0.2
"""So many characters that do not decode, and the charset is wrong."""
_LIST: Final = 0.9
"""The share of entries that must be addresses where a line with several of them is to be a list and not a table."""
_FIRST_ROWS: Final = 3
"""The headings of a file of ours stand in its first row, unless somebody has put something above them."""
_SPACED_ROWS: Final = 3
"""Columns set apart by spaces are believed from so many rows on, and only where all of them agree."""
_SPACED: Final = 0.95

_CLEARLY: Final = 0.5
"""A table below this score is compared with a single column and with columns set apart by spaces."""
_SOMETHING: Final = 0.1
"""What even rows are worth where no address is good: a file of nothing but bad ones is still a table."""

_EMPTY: Final = "The file has no rows: drop one with at least one address."
_ONLY_HEADINGS: Final = "The file has headings and no rows below them: export it again, with at least one address."
_DAMAGED: Final = "Most rows of the file have quotes that never close, or far too many cells: export the list again."
_MOST_CELLS: Final = RECORD_CELLS + len(OUR_COLUMNS)
"""A file of ours has four more than its original."""
_TOO_WIDE: Final = RowFault("malformed_row", f"This row has more than {RECORD_CELLS:,} cells.")


@dataclass(frozen=True, slots=True)
class _Form:
    """How a text is to be read."""

    format: str
    """`csv` or `text`."""
    delimiter: str | None
    layout: Layout
    first_line: int
    """Where the data begin."""
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class _Sample:
    """The beginning of a text, and what its owner says about it."""

    text: str
    hints: Hints

    def rows(self, delimiter: str | None) -> RowBlock:
        """The first rows, as they will be read."""
        return _first_rows(delimited.blocks((self.text,), delimiter, Allowance()))

    def entries(self) -> RowBlock:
        """The first entries of what may be a list."""
        return _first_rows(_entries((self.text,)))


def read_text(chunks: Iterable[bytes], hints: Hints, allowance: Allowance) -> Iterator[Table]:
    """The one table of a text file."""
    charset, stream = charsets.detect(chunks, hints.encoding)
    texts = charsets.decode(pieces(stream, PIECE_BYTES), charset)
    start, texts = _beginning(texts)
    _refuse_what_is_no_text(start, charset)
    form = _recognise(_Sample(start, hints))
    email_column, *others = form.layout.email_names
    header = form.layout.header
    facts = FileFacts(form.format, None, charset.name, form.delimiter, header, email_column, tuple(others))
    found = _entries(texts) if form.format == "text" else delimited.blocks(texts, form.delimiter, allowance)
    yield Table(facts, form.layout.columns, form.layout.email_columns, _data(found, form))


def _entries(texts: Iterable[str]) -> Iterator[RowBlock]:
    """Those of a plain list, which most files are not."""
    from handler.readers import plain

    return plain.blocks(texts)


def _beginning(texts: Iterator[str]) -> tuple[str, Iterator[str]]:
    """Whole lines to judge by, and the whole text anew."""
    seen: list[str] = []
    text = ""
    for piece in texts:
        seen.append(piece)
        text += piece
        if len(text) >= SAMPLE_CHARS:
            text = text[: whole_lines(text) or None]
            break
    return text, chain(seen, texts)


def _refuse_what_is_no_text(start: str, charset: charsets.Charset) -> None:
    if not start.strip():
        raise SourceProblem("empty_file", _EMPTY)
    if len(_CONTROLS.findall(start)) > _BINARY * len(start):
        raise SourceProblem(
            "unreadable",
            "This is not a text file but some binary format: export the list as .xlsx or CSV and drop that.",
        )
    if len(charsets.UNDECODABLE.findall(start)) > _GARBLED * len(start):
        raise SourceProblem(
            "unreadable", f"Most of the file cannot be read as {charset.name}: export it again as CSV in UTF-8."
        )


def _recognise(sample: _Sample) -> _Form:
    told = _delimiter_of_ours(sample) or _delimiter_told(sample)
    marks = (told,) if told else _DELIMITERS
    tables = [form for mark in marks if (form := _table(sample, mark)) and (told or len(form.layout.columns) > 1)]
    table = max(tables, key=lambda form: (_is_named(form), form.score, len(form.layout.columns)), default=None)
    form = table if table and _has_headings(table) else _list(sample, table) or table
    if told and told not in sample.text and (form is None or form.score <= _SOMETHING):
        form = None
    if not told and (form is None or form.score < _CLEARLY):
        form = _clearest(form, _column(sample), _spaced(sample))
    if form is None:
        raise _no_email_column(sample, marks)
    if len(form.layout.columns) > RECORD_CELLS + (_is_ours(form) and len(OUR_COLUMNS)):
        raise SourceProblem("too_large", f"The file has more than {RECORD_CELLS:,} columns: export those that matter.")
    return form


def _delimiter_of_ours(sample: _Sample) -> str | None:
    """A CSV that we have written has commas, whatever the metadata says about its original; saved anew by a spreadsheet
    program it may have others."""
    for mark in _DELIMITERS if OUR_COLUMNS[-1] in sample.text else ():
        if any(own_columns(row) is not None for row in sample.rows(mark).rows[:_FIRST_ROWS]):
            return mark
    return None


def _is_ours(form: _Form) -> bool:
    return own_columns(form.layout.columns) is not None


def _delimiter_told(sample: _Sample) -> str | None:
    hint = sample.hints.delimiter
    if hint:
        mark = hint if len(hint) == 1 else _NAMED_DELIMITERS.get(hint.strip().lower(), "")
        if not mark or mark in _NO_DELIMITERS:
            raise SourceProblem(
                "unreadable",
                "The delimiter named in the file's metadata (x-cos-meta-delimiter) is none: "
                "give one character such as , or ; or | or the word tab, or leave it out.",
            )
        return mark
    said = _SEP_LINE.match(sample.text)
    return said[1] if said and said[1] not in _NO_DELIMITERS else None


def _table(sample: _Sample, delimiter: str | None) -> _Form | None:
    """How the sample looks when cut at this delimiter; `None` where no column holds addresses then."""
    block = sample.rows(delimiter)
    skip = 1 if _SEP_LINE.match(sample.text) else 0
    try:
        layout = locate(block.rows[skip:], sample.hints)
    except SourceProblem:
        return None  # raised anew where no other delimiter does better
    if layout is None:
        return None
    layout = replace(layout, first_row=layout.first_row + skip)
    return _Form("csv", delimiter, layout, _line_of(block, layout.first_row), _score(block.rows, layout))


def _score(rows: Sequence[Sequence[str]], layout: Layout) -> float:
    """How alike the rows are, times how many of them have an address where it should be."""
    filled = [row for row in rows[layout.first_row - layout.header :] if any(row)]
    alike = Counter(map(len, filled)).most_common(1)[0][1] / len(filled) if filled else 0.0
    data = filled[1:] if layout.header else filled
    good = sum(any(is_address(row[column]) for column in layout.email_columns if column < len(row)) for row in data)
    return alike * (_SOMETHING + good / max(1, len(data)))


def _is_named(form: _Form) -> bool:
    """A heading that says no more and no less than "email": the delimiter that sets it free is the right one."""
    return form.layout.header and fit(form.layout.columns[form.layout.email_columns[0]]) == Fit.PLAIN


def _has_headings(form: _Form) -> bool:
    """A row of headings makes it a table, even where nothing but addresses stands below."""
    return (
        form.layout.header and sum(not made_up.startswith("column ") for made_up in form.layout.columns if made_up) > 1
    )


def _list(sample: _Sample, table: _Form | None) -> _Form | None:
    """A list, where nearly all that stands between any separators is an address."""
    if table and sample.hints.email_column:
        return None
    block = sample.entries()
    form = _list_of(sample, block)
    if form is None:
        return None
    data = [row[0] for row in block.rows[form.layout.first_row :] if row]
    if sum(map(is_address, data)) < _LIST * len(data):
        return None
    one_each = len(set(block.lines)) == len(block.lines)
    return _table(sample, None) if form.layout.header and one_each and table is None else form


def _list_of(sample: _Sample, block: RowBlock) -> _Form | None:
    try:
        layout = locate(block.rows, sample.hints)
    except SourceProblem:
        return None
    if layout is None:
        return None
    first = _line_of(block, layout.first_row)
    if layout.header and block.lines[layout.first_row - 1] == first:
        layout = Layout(0, header=False, columns=("email",), email_columns=(0,))  # words among addresses, no heading
    return _Form("text", None, layout, first, _score(block.rows, layout))


def _column(sample: _Sample) -> _Form | None:
    """One cell on each line: a CSV of one column where it has a heading, else a list."""
    form = _table(sample, None)
    return form if form is None or form.layout.header else _list_of(sample, sample.entries())


def _spaced(sample: _Sample) -> _Form | None:
    """Columns set apart by spaces, where that is beyond doubt."""
    form = _table(sample, delimited.SPACES)
    rows = [row for row in sample.rows(delimited.SPACES).rows if any(row)]
    clear = form and len(form.layout.columns) > 1 and len(rows) >= _SPACED_ROWS and form.score >= _SPACED
    return form if clear else None


def _clearest(*forms: _Form | None) -> _Form | None:
    return max((form for form in forms if form), key=lambda form: form.score, default=None)


def _no_email_column(sample: _Sample, marks: Sequence[str]) -> SourceProblem:
    """What to say where no delimiter gives a column of addresses."""
    if len(sample.text) >= SAMPLE_CHARS and not LINE_END.search(sample.text):
        return delimited.ENDLESS
    if sample.hints.email_column:
        widest = max((*marks, None), key=lambda mark: _evenness(sample.rows(mark).rows))
        try:
            locate(sample.rows(widest).rows, sample.hints)
        except SourceProblem as problem:
            return problem
    if sample.hints.delimiter and marks[0] not in sample.text:
        return SourceProblem(
            "no_email_column",
            "The delimiter named in the file's metadata (x-cos-meta-delimiter) does not occur in the file: "
            "correct it or leave it out.",
        )
    return SourceProblem(
        "no_email_column",
        'No column of the file holds e-mail addresses: call the column "email", '
        "or name it in the file's metadata (x-cos-meta-email-column).",
    )


def _evenness(rows: Sequence[Sequence[str]]) -> tuple[float, int]:
    widths = Counter(len(row) for row in rows if any(row))
    width, count = max(widths.items(), key=lambda item: item[1], default=(0, 0))
    return (count / widths.total() if width > 1 else 0.0, width)


def _data(blocks: Iterable[RowBlock], form: _Form) -> Iterator[RowBlock]:
    """The rows below the headings, those that cannot be read like the others marked."""
    rows = malformed = 0
    some = False
    for block in (_checked(_from_line(block, form.first_line), form.layout) for block in blocks):
        some = some or any(cell.strip() for row in block.rows for cell in row)
        rows += len(block.rows)
        malformed += sum(fault.reason == "malformed_row" for fault in block.faults.values())
        if malformed > MALFORMED_ROWS and malformed * 2 > rows:
            raise SourceProblem("damaged", _DAMAGED)
        if block.rows:
            yield block
    if not some:
        raise SourceProblem("empty_file", _ONLY_HEADINGS if form.layout.header else _EMPTY)


def _from_line(block: RowBlock, line: int) -> RowBlock:
    if not block.rows or block.lines[0] >= line:
        return block
    return block.part(bisect_left(block.lines, line), len(block.lines))


def _checked(block: RowBlock, layout: Layout) -> RowBlock:
    """Finds rows that are too short or too long; a row of nothing but spaces is a blank line."""
    email_column = layout.email_columns[0]
    if block.faults:
        block = _set_apart(block, len(layout.columns))
    widths = set(map(len, block.rows))
    widths.discard(0)
    if not widths or (min(widths) > email_column and max(widths) <= _MOST_CELLS):
        return block
    missing = RowFault("missing_column", f"This row ends before column {email_column + 1}, which holds the address.")
    rows, faults = list(block.rows), dict(block.faults)
    for index, row in enumerate(rows):
        if len(row) > _MOST_CELLS:
            rows[index] = row[:RECORD_CELLS]
            faults.setdefault(index, _TOO_WIDE)
        elif 0 < len(row) <= email_column and index not in faults:
            if any(map(str.strip, row)):
                faults[index] = missing
            else:
                rows[index] = []
    return RowBlock(block.lines, rows, faults)


def _set_apart(block: RowBlock, width: int) -> RowBlock:
    """Where a record that cannot be read has too many cells, nobody knows which one is the address: all of them go
    behind the last column, lest another one be taken for it when what is listed is dropped again."""
    rows = list(block.rows)
    for index, fault in block.faults.items():
        if fault.reason == "malformed_row" and len(rows[index]) > width:
            rows[index] = [*[""] * width, *rows[index]]
    return RowBlock(block.lines, rows, block.faults)


def _first_rows(blocks: Iterable[RowBlock]) -> RowBlock:
    """Faults do not matter to whoever judges."""
    rows: list[Sequence[str]] = []
    lines: list[int] = []
    for block in blocks:
        rows += block.rows
        lines += block.lines
    return RowBlock(lines[:JUDGED_ROWS], rows[:JUDGED_ROWS])


def _line_of(block: RowBlock, index: int) -> int:
    return block.lines[index] if index < len(block.lines) else block.lines[-1] + 1
