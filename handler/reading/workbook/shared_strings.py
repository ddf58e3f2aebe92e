"""The texts of a workbook: kept once in a part of their own, which the cells of all sheets point into.

A million different texts fit no small memory, so they are spooled in file order and read back by blocks. Cells point to
texts in about the order in which they were written, so that most look-ups find their block open.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final

from handler.errors import SourceProblem
from handler.limits import FIELD_CHARS
from handler.reading.allowance import Allowance, Scratch
from handler.reading.workbook.xml_parts import DAMAGED, Attributes, Nested, parse

_BLOCK_CHARS: Final = 4_096
"""Of texts that are read back together: some 150 addresses, which is as long as a disk access is worth."""
_BLOCKS_OPEN: Final = 32
"""Blocks kept in memory: with the longest texts there are, 16 MB; as a rule, half a MB."""
_SEPARATOR: Final = "\0"  # no XML document can hold one
_ESCAPE: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")


def unescape(text: str) -> str:
    """`_x000D_` is how a workbook writes what XML cannot hold or would not keep (ECMA-376 22.4.2.4, `bstr`)."""
    return _ESCAPE.sub(_escaped, text) if "_x" in text else text


def _escaped(match: re.Match[str]) -> str:
    char = chr(int(match[1], 16))
    return match[0] if char == _SEPARATOR or "\ud800" <= char <= "\udfff" else char


class Text(Nested):
    """Gathers the text of one cell or one shared string: plain, or in runs, without its phonetic reading.

    Of what is longer than a cell may be, a little more than that is kept, for the reader of the cell to see.
    """

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[str] = []
        self._room = FIELD_CHARS
        self._values = 0
        self._wanted = False
        self._phonetic = False
        self._openers.update(t=self._begin, rPh=self._begin_phonetic)
        self._closers.update(t=self._end, rPh=self._end_phonetic)

    def text(self, text: str) -> None:
        if self._wanted and self._room >= 0:
            self._room -= len(text)
            self._parts.append(text)

    def take(self) -> str:
        """What was gathered; gathering begins anew."""
        text = "".join(self._parts)
        self._parts.clear()
        self._room = FIELD_CHARS
        return text

    def take_count(self) -> int:
        """How many texts or values were found since this was asked last, empty ones left out."""
        count, self._values = self._values, 0
        return count

    def _begin(self, _: Attributes) -> None:
        self._wanted = not self._phonetic

    def _end(self) -> None:
        self._wanted = False

    def _begin_phonetic(self, _: Attributes) -> None:
        self._phonetic = True

    def _end_phonetic(self) -> None:
        self._phonetic = False


class SharedStrings:
    """Texts by number, the first being 0."""

    def __init__(self, scratch: Scratch) -> None:
        self._scratch = scratch
        self._count = 0
        self._pending: list[str] = []
        self._pending_chars = 0
        self._firsts = array("Q")  # the number of each block's first text
        self._offsets = array("Q", [0])  # where each block begins, and where the last one ends
        self._block: Callable[[int], list[str]] = lru_cache(_BLOCKS_OPEN)(self._read_block)
        self._open: tuple[int, int, list[str]] = (0, 0, [])

    def add(self, text: str) -> None:
        self._pending.append(text)
        self._pending_chars += len(text) + 1
        if self._pending_chars >= _BLOCK_CHARS:
            self.finish()

    def finish(self) -> None:
        """Must be called when all texts have been added."""
        if self._pending:
            self._scratch.append(_SEPARATOR.join(self._pending).encode())
            self._firsts.append(self._count)
            self._offsets.append(self._scratch.size)
            self._count += len(self._pending)
            self._pending, self._pending_chars = [], 0

    def text(self, number: int) -> str:
        """Raises `SourceProblem` (`damaged`) for a number that there is no text for."""
        first, end, texts = self._open
        if first <= number < end:
            return texts[number - first]
        if not 0 <= number < self._count:
            raise SourceProblem("damaged", DAMAGED)
        block = bisect_right(self._firsts, number) - 1
        first, texts = self._firsts[block], self._block(block)
        self._open = (first, first + len(texts), texts)
        return texts[number - first]

    def _read_block(self, block: int) -> list[str]:
        start, end = self._offsets[block], self._offsets[block + 1]
        self._scratch.seek(start)
        return self._scratch.read(end - start).decode().split(_SEPARATOR)


class _Handler(Text):
    """Reads the part `sharedStrings.xml`."""

    def __init__(self, strings: SharedStrings) -> None:
        super().__init__()
        self._strings = strings
        self._closers.update(si=self._end_string)

    def _end_string(self) -> None:
        text = self.take()
        self._values += bool(text)
        self._strings.add(unescape(text))


def read_shared_strings(chunks: Iterable[bytes], scratch: Scratch, allowance: Allowance) -> SharedStrings:
    """All texts of the part, spooled. Raises `SourceProblem`: `damaged`, `too_large`."""
    strings = SharedStrings(scratch)
    handler = _Handler(strings)
    for _ in parse(chunks, handler):
        allowance.earn_tags(handler.take_count())
    strings.finish()
    return strings
