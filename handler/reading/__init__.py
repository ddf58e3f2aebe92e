"""Byte chunks in, tables out: what a file is, is judged by its content, never by its name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Final

from handler.errors import SourceProblem
from handler.limits import BLOCK_CELLS, SNIFFED_BYTES
from handler.reading import signatures
from handler.reading.allowance import Allowance
from handler.reading.archive import read_zip
from handler.reading.json_lines import read_json
from handler.reading.streams import inflate, look_ahead, packed
from handler.reading.tables import Hints, RowBlock, Table
from handler.reading.text import read_text
from handler.reading.vcard import read_vcard

Reader = Callable[[Iterator[bytes], Hints, Allowance], Iterator[Table]]


def read(chunks: Iterable[bytes], hints: Hints, allowance: Allowance | None = None) -> Iterator[Table]:
    """The tables of a file, in their order; a text file is one table. The rows of one are read before the next is asked
    for: what it lies in is open only so long.

    Raises `SourceProblem` where the file cannot be read: `empty_file`, `no_email_column`, `unreadable`,
    `unsupported_format`, `too_large`, `damaged`. What shows only further on is raised by the table's blocks.
    """
    allowance = allowance or Allowance()
    width = 1
    for table in _read(chunks, hints, allowance):
        width = max(width, len(table.columns))
        yield replace(table, blocks=_bounded(table.blocks, width, allowance))


def _bounded(blocks: Iterator[RowBlock], width: int, allowance: Allowance) -> Iterator[RowBlock]:
    """The blocks, counted, and cut such that all their rows, filled up to the width of the widest table, are still
    little to hold."""
    most = max(1, BLOCK_CELLS // width)
    for block in blocks:
        count = len(block.rows)
        allowance.draw_rows(count)
        allowance.draw_malformed(sum(fault.reason == "malformed_row" for fault in block.faults.values()))
        if count <= most:
            yield block
        else:
            yield from (block.part(start, start + most) for start in range(0, count, most))


def _read(chunks: Iterable[bytes], hints: Hints, allowance: Allowance) -> Iterator[Table]:
    head, stream = look_ahead(chunks, SNIFFED_BYTES)
    for fits, reader in _READERS:
        if fits(head):
            return reader(stream, hints, allowance)
    if what := signatures.recognise(head):
        raise SourceProblem("unsupported_format", signatures.refused(what))
    return read_text(stream, hints, allowance)


def _read_gzip(stream: Iterator[bytes], hints: Hints, allowance: Allowance) -> Iterator[Table]:
    with allowance.layer():
        for table in _read(inflate(stream, allowance), hints, allowance):
            yield packed(table, "gzip")


def _read_zip(stream: Iterator[bytes], hints: Hints, allowance: Allowance) -> Iterator[Table]:
    return read_zip(stream, hints, allowance, _read)


_READERS: Final[tuple[tuple[Callable[[bytes], bool], Reader], ...]] = (
    (signatures.is_gzip, _read_gzip),
    (signatures.is_zip, _read_zip),
    (signatures.is_json, read_json),
    (signatures.is_vcard, read_vcard),
)
"""The first whose test says yes to the first bytes reads the file; text is what is left."""
