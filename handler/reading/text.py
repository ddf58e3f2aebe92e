"""Text to tables: decode, judge the first rows, then stream all of them as a delimited file or as a plain list."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Final

from handler.errors import SourceProblem
from handler.limits import (
    MALFORMED_ROWS,
    PIECE_BYTES,
    RECORD_CELLS,
    SAMPLE_CHARS,
)
from handler.reading import charset as charsets
from handler.reading import delimited, plain
from handler.reading.allowance import Allowance
from handler.reading.columns import Layout
from handler.reading.dialect import Form, Sample, recognise
from handler.reading.notation import notation_of, rewritten
from handler.reading.outside import Outside
from handler.reading.own_csv import OUR_COLUMNS
from handler.reading.streams import pieces, whole_lines
from handler.reading.tables import FileFacts, Hints, RowBlock, RowFault, Table
from handler.reading.tabulation import laid_out
from handler.reading.wide import at_signs
from handler.said import Said

_CONTROLS: Final = re.compile("[\x01-\x08\x0e-\x19\x1b-\x1f\x7f]")
_BINARY: Final = 0.05
"""A text has next to no control characters; random bytes have one in ten."""
_GARBLED: Final = 0.2
"""So many characters that do not decode, and the charset is wrong."""
_WORD: Final = re.compile(r"[^\s<>,;]+")
_MOST_CELLS: Final = RECORD_CELLS + len(OUR_COLUMNS)
"""A file of ours has four more than its original."""
_TOO_WIDE: Final = RowFault("malformed_row", Said("row.too_wide", number=RECORD_CELLS))


def read_text(chunks: Iterable[bytes], hints: Hints, allowance: Allowance) -> Iterator[Table]:
    """The one table of a text file."""
    charset, stream = charsets.detect(chunks, hints.encoding)
    texts = charsets.decode(pieces(stream, PIECE_BYTES), charset)
    start, texts = _beginning(texts)
    _refuse_what_is_no_text(start, charset)
    if (rewrite := notation_of(start)) and not hints.delimiter:
        start, texts = "".join(rewritten([start], rewrite)), rewritten(texts, rewrite)
    try:
        form = recognise(Sample(start, hints))
    except SourceProblem as problem:
        raise _due_to_metadata(problem, start, hints, charset) from None
    facts = FileFacts(form.format, None, charset.name, form.delimiter, header=False, email_column=None)
    found = plain.blocks(texts) if form.format == "text" else delimited.blocks(texts, form.delimiter, allowance)
    outside = Outside()
    yield laid_out(form.layout, facts, _data(found, form, outside), outside, start)


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


def _due_to_metadata(problem: SourceProblem, start: str, hints: Hints, charset: charsets.Charset) -> SourceProblem:
    """The same problem; or, where there is no column in a file that is read as its owner says, that this may be why."""
    told = [name for name in ("encoding", "delimiter") if getattr(hints, name)]
    if problem.said.code not in {"file.no_column", "file.no_column_of"} or not told:
        return problem
    is_garbage = hints.encoding and "@" not in start and b"@" in start.encode(charset.codec, "replace")
    said = Said("file.told", headers=tuple(f"x-cos-meta-{name}" for name in told))
    return SourceProblem("unreadable" if is_garbage else "no_email_column", said)


def _refuse_what_is_no_text(start: str, charset: charsets.Charset) -> None:
    if not start.strip():
        raise SourceProblem("empty_file", Said("file.no_rows"))
    if len(_CONTROLS.findall(start)) > _BINARY * len(start):
        raise SourceProblem("unreadable", Said("file.binary"))
    if len(charsets.UNDECODABLE.findall(start)) > _GARBLED * len(start):
        raise SourceProblem("unreadable", Said("file.garbled", charset=charset.name))


def _data(blocks: Iterable[RowBlock], form: Form, outside: Outside) -> Iterator[RowBlock]:
    """The rows below the headings, those that cannot be read like the others marked; `outside` counts the addresses
    above."""
    rows = malformed = 0
    some = False
    for block in (_checked(_below_headings(block, form, outside), form.layout) for block in blocks):
        some = some or bool(block.faults) or any(cell.strip() for row in block.rows for cell in row)
        rows += len(block.rows)
        malformed += sum(fault.reason == "malformed_row" for fault in block.faults.values())
        if malformed > MALFORMED_ROWS and malformed * 2 > rows:
            raise SourceProblem("damaged", Said("file.blank"))
        if block.rows:
            yield block
    if not some:
        raise SourceProblem("empty_file", Said("file.headings" if form.layout.header else "file.no_rows"))


def _below_headings(block: RowBlock, form: Form, outside: Outside) -> RowBlock:
    """The rows below the headings, and those above them that are no titles."""
    if not block.rows or block.lines[0] >= form.first_line:
        return block
    first = bisect_left(block.lines, form.first_line)
    kept = [at for at in range(first) if block.lines[at] in form.lines_above]
    return outside.below(block, first, len(form.layout.columns), kept)


def _checked(block: RowBlock, layout: Layout) -> RowBlock:
    """Finds rows that are too short or too long; a row of nothing but spaces is a blank line."""
    email_column = layout.email_columns[0]
    if block.faults:
        block = _set_apart(_forgiven(block, layout), len(layout.columns))
    widths = set(map(len, block.rows))
    widths.discard(0)
    if not widths or (min(widths) > email_column and max(widths) <= _MOST_CELLS):
        return block
    missing = RowFault("missing_column", Said("row.ends_early", number=email_column + 1))
    rows, faults = list(block.rows), dict(block.faults)
    for index, row in enumerate(rows):
        if len(row) > _MOST_CELLS:
            rows[index] = row[:RECORD_CELLS]
            faults.setdefault(index, _TOO_WIDE)
        elif 0 < len(row) <= email_column and index not in faults:
            if any(map(at_signs, row)):
                rows[index] = [*row, *[""] * (email_column + 1 - len(row))]  # listed with the address that it has
            elif any(map(str.strip, row)):
                faults[index] = missing
            else:
                rows[index] = []
    return RowBlock(block.lines, rows, faults)


def _forgiven(block: RowBlock, layout: Layout) -> RowBlock:
    """Without the faults of rows in which a name or a note does not decode, and the address does."""
    faults = {
        index: fault
        for index, fault in block.faults.items()
        if fault.reason != "undecodable" or _is_broken(block.rows[index], layout)
    }
    return RowBlock(block.lines, block.rows, faults)


def _is_broken(row: Sequence[str], layout: Layout) -> bool:
    """The address itself has such a byte; the name beside it in its cell may."""
    cells = (row[column].strip() for column in layout.email_columns if column < len(row))
    cell = next(filter(None, cells), "")
    words = _WORD.findall(cell)
    return "\ufffd" in cell and not any("@" in word and "\ufffd" not in word for word in words)


def _set_apart(block: RowBlock, width: int) -> RowBlock:
    """Where a record that cannot be read has too many cells, nobody knows which one is the address: all of them go
    behind the last column, lest another one be taken for it when what is listed is dropped again."""
    rows = list(block.rows)
    for index, fault in block.faults.items():
        if fault.reason == "malformed_row" and len(rows[index]) > width:
            rows[index] = [*[""] * width, *rows[index]]
    return RowBlock(block.lines, rows, block.faults)
