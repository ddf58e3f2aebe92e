"""How a text is to be read: its delimiter, its columns, and where its rows begin, judged by its first rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from handler.errors import SourceProblem
from handler.limits import (
    JUDGED_ROWS,
    RECORD_CELLS,
    SAMPLE_CHARS,
)
from handler.reading import delimited, plain
from handler.reading.allowance import Allowance
from handler.reading.columns import Layout, is_address, locate, no_column
from handler.reading.habit import has_at
from handler.reading.headings import Fit, fit, is_of_a_sender
from handler.reading.own_csv import OUR_COLUMNS, own_columns
from handler.reading.streams import LINE_END
from handler.reading.tables import Hints, RowBlock
from handler.said import Said

_DELIMITERS: Final = (",", ";", "\t", "|")
_RARE_DELIMITERS: Final = ("^", "~")
"""Where nothing else makes a table."""
_WIDE_DELIMITERS: Final = ("，", "；")
"""As a Chinese keyboard writes them: likewise."""
_NAMED_DELIMITERS: Final = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}
_NO_DELIMITERS: Final = frozenset("\"\r\n'@")
_SEP_LINE: Final = re.compile(r'"?sep=(.)"?[ ,;\t]*(?:\r\n|\r|\n|$)', re.IGNORECASE)
"""Excel writes and reads it: the delimiter, said in the first line."""
_LIST: Final = 0.9
"""The share of entries that must be addresses where a line with several of them is to be a list and not a table."""
_LABEL: Final = re.compile(r"^[ \t]*([^\W\d_][^@:：<>\r\n]{0,30})[:：](?=.*[@＠])", re.MULTILINE)
_FIRST_ROWS: Final = 3
"""The headings of a file of ours stand in its first row, unless somebody has put something above them."""
_SPACED_ROWS: Final = 3
"""Columns set apart by spaces are believed from so many rows on, and only where all of them agree."""
_SPACED: Final = 0.95
_CLEARLY: Final = 0.5
"""A table below this score is compared with a single column and with columns set apart by spaces."""
_SOMETHING: Final = 0.1
"""What even rows are worth where no address is good: a file of nothing but bad ones is still a table."""


@dataclass(frozen=True, slots=True)
class Form:
    """How a text is to be read."""

    format: str
    """`csv` or `text`."""
    delimiter: str | None
    layout: Layout
    first_line: int
    """Where the data begin."""
    score: float = 0.0
    lines_above: frozenset[int] = frozenset()
    """Those of the rows above the headings that are no titles."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The beginning of a text, and what its owner says about it."""

    text: str
    hints: Hints

    def rows(self, delimiter: str | None) -> RowBlock:
        """The first rows, as they will be read."""
        return _first_rows(delimited.blocks((self.text,), delimiter, Allowance()))

    def entries(self) -> RowBlock:
        """The first entries of what may be a list."""
        return _first_rows(plain.blocks((self.text,)))


def recognise(sample: Sample) -> Form:
    told = _delimiter_of_ours(sample) or _delimiter_told(sample)
    marks = (told,) if told else _DELIMITERS
    rare = [mark for mark in (*_RARE_DELIMITERS, *_WIDE_DELIMITERS) if mark in sample.text]
    tables = _tables(sample, marks, told) or ([] if told else _tables(sample, rare))
    table = max(tables, key=lambda form: (_is_named(form), form.score, len(form.layout.columns)), default=None)
    is_table = table and (_has_headings(table) or table.delimiter in _RARE_DELIMITERS)
    form = table if is_table else _list(sample, table) or table
    if told and told not in sample.text and (form is None or form.score <= _SOMETHING):
        form = None
    if not told and (form is None or (form.score < _CLEARLY and not _speaks_of_the_rows(form))):
        form = _clearest(form, _spaced(sample), _column(sample))
    if form is None:
        raise _no_email_column(sample, marks)
    if len(form.layout.columns) > RECORD_CELLS + (_is_ours(form) and len(OUR_COLUMNS)):
        raise SourceProblem("too_large", Said("file.wide", number=RECORD_CELLS))
    return form


def _tables(sample: Sample, marks: Sequence[str], told: str | None = None) -> list[Form]:
    """How the sample looks when cut at each of these delimiters, where that makes columns of it."""
    forms = [form for mark in marks if (form := _table(sample, mark))]
    return [form for form in forms if told or len(form.layout.columns) > 1]


def _delimiter_of_ours(sample: Sample) -> str | None:
    """A CSV that we have written has commas, whatever the metadata says about its original; saved anew by a spreadsheet
    program it may have others."""
    for mark in _DELIMITERS if OUR_COLUMNS[-1] in sample.text else ():
        if any(own_columns(row) is not None for row in sample.rows(mark).rows[:_FIRST_ROWS]):
            return mark
    return None


def _is_ours(form: Form) -> bool:
    return own_columns(form.layout.columns) is not None


def _delimiter_told(sample: Sample) -> str | None:
    hint = sample.hints.delimiter
    if hint:
        mark = hint if len(hint) == 1 else _NAMED_DELIMITERS.get(hint.strip().lower(), "")
        if not mark or mark in _NO_DELIMITERS:
            raise SourceProblem("unreadable", Said("file.delimiter_none"))
        return mark
    said = _SEP_LINE.match(sample.text)
    return said[1] if said and said[1] not in _NO_DELIMITERS else None


def _table(sample: Sample, delimiter: str | None) -> Form | None:
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
    above = frozenset(block.lines[at + skip] for at in layout.above)
    return Form("csv", delimiter, layout, _line_of(block, layout.first_row), _score(block.rows, layout), above)


def _score(rows: Sequence[Sequence[str]], layout: Layout) -> float:
    """How alike the rows are, times how many of them have an address where it should be."""
    filled = [row for row in rows[layout.first_row - layout.header :] if any(row)]
    alike = Counter(map(len, filled)).most_common(1)[0][1] / len(filled) if filled else 0.0
    data = filled[1:] if layout.header else filled
    good = sum(any(is_address(row[column]) for column in layout.email_columns if column < len(row)) for row in data)
    return alike * (_SOMETHING + good / max(1, len(data)))


def _is_named(form: Form) -> bool:
    """A heading that says no more and no less than "email": the delimiter that sets it free is the right one."""
    return form.layout.header and fit(form.layout.columns[form.layout.email_columns[0]]) == Fit.PLAIN


def _speaks_of_the_rows(form: Form) -> bool:
    """A blank column of the rows' own addresses, beside other headings, or one that nothing tells from another: the
    file is no list of what else is in it."""
    is_own = fit(form.layout.columns[form.layout.email_columns[0]]) >= Fit.QUALIFIED
    return _has_headings(form) and (is_own or bool(form.layout.doubt))


def _has_headings(form: Form) -> bool:
    """A row of headings makes it a table, even where nothing but addresses stands below."""
    return (
        form.layout.header and sum(not made_up.startswith("column ") for made_up in form.layout.columns if made_up) > 1
    )


def _list(sample: Sample, table: Form | None) -> Form | None:
    """A list, where nearly all that stands between any separators is an address."""
    if table and sample.hints.email_column:
        return None
    block = sample.entries()
    form = _list_of(sample, block)
    if form is None:
        return None
    data = [row[0] for row in block.rows[form.layout.first_row :] if row]
    good = sum(map(is_address, data))
    are_mistyped = all(map(has_at, data)) and good > _CLEARLY * len(data)
    if not are_mistyped and good < _LIST * len(data):
        return None
    one_each = len(set(block.lines)) == len(block.lines)
    if form.layout.header and one_each and table is None:
        return _clearest(_table(sample, None), _spaced(sample), form)  # bullets are no part of an address
    return form


def _list_of(sample: Sample, block: RowBlock) -> Form | None:
    try:
        layout = locate(block.rows, sample.hints)
    except SourceProblem:
        return None
    if layout is None:
        return None
    first = _line_of(block, layout.first_row)
    if layout.header and block.lines[layout.first_row - 1] == first:
        layout = Layout(0, header=False, columns=("email",), email_columns=(0,))  # words among addresses, no heading
    if not sample.hints.email_column:
        layout = replace(layout, doubt=_mail_head(sample.text))
    return Form("text", None, layout, first, _score(block.rows, layout))


def _mail_head(text: str) -> tuple[str, ...]:
    """What stands before the addresses in the lines of a mail's head, where one of them is that of the sender."""
    labels = tuple(dict.fromkeys(_LABEL.findall(text)))
    return labels if any(map(is_of_a_sender, labels)) else ()


def _column(sample: Sample) -> Form | None:
    """One cell on each line: a CSV of one column where it has a heading, else a list, as with bullets before them."""
    form = _table(sample, None)
    if form is None:
        return None
    as_list = _list_of(sample, sample.entries())
    return _clearest(form, as_list) if form.layout.header else as_list


def _spaced(sample: Sample) -> Form | None:
    """Columns set apart by spaces, where that is beyond doubt."""
    form = _table(sample, delimited.SPACES)
    rows = [row for row in sample.rows(delimited.SPACES).rows if any(row)]
    clear = form and len(form.layout.columns) > 1 and len(rows) >= _SPACED_ROWS and form.score >= _SPACED
    return form if clear else None


def _clearest(*forms: Form | None) -> Form | None:
    """The one with the most addresses; of two the one whose headings tell its columns apart."""
    return max((form for form in forms if form), key=lambda form: (form.score, _has_headings(form)), default=None)


def _no_email_column(sample: Sample, marks: Sequence[str]) -> SourceProblem:
    """What to say where no delimiter gives a column of addresses."""
    if len(sample.text) >= SAMPLE_CHARS and not LINE_END.search(sample.text):
        return delimited.ENDLESS
    widest = max((*marks, None), key=lambda mark: _evenness(sample.rows(mark).rows))
    if sample.hints.email_column:
        try:
            locate(sample.rows(widest).rows, sample.hints)
        except SourceProblem as problem:
            return problem
    if sample.hints.delimiter and marks[0] not in sample.text:
        return SourceProblem("no_email_column", Said("file.delimiter_absent"))
    return SourceProblem("no_email_column", no_column(sample.rows(widest).rows))


def _evenness(rows: Sequence[Sequence[str]]) -> tuple[float, int]:
    widths = Counter(len(row) for row in rows if any(row))
    width, count = max(widths.items(), key=lambda item: item[1], default=(0, 0))
    return (count / widths.total() if width > 1 else 0.0, width)


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
