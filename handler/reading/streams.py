"""gzip: several members, padding and garbage at the end, as gzip(1) takes them. Streamed, a small step at a time."""

from __future__ import annotations

import re
import zlib
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, replace
from io import IncrementalNewlineDecoder
from itertools import chain
from typing import Final

from handler.errors import SourceProblem
from handler.limits import GZIP_MEMBERS, RECORD_CHARS
from handler.reading.allowance import Allowance, check_ratio
from handler.reading.signatures import GZIP, is_gzip
from handler.reading.tables import Table
from handler.said import Said


@dataclass(frozen=True, slots=True)
class Line:
    """A line without its end."""

    number: int
    text: str
    too_long: bool = False


def bounded_lines(texts: Iterable[str]) -> Iterator[Line]:
    """The lines, as LF or CRLF end them; no empty line after the last end."""
    held, number, too_long = "", 1, False
    for text in texts:
        *ended, held = (held + text).split("\n")
        for content in ended:
            yield _line(number, content, too_long=too_long)
            number, too_long = number + 1, False
        if len(held) > RECORD_CHARS:
            held, too_long = "", True
    if held or too_long:
        yield _line(number, held, too_long=too_long)


def _line(number: int, content: str, *, too_long: bool) -> Line:
    if too_long or len(content) > RECORD_CHARS:
        return Line(number, "", too_long=True)
    return Line(number, content.removesuffix("\r"))


def look_ahead(chunks: Iterable[bytes], size: int) -> tuple[bytes, Iterator[bytes]]:
    """The first `size` bytes or a little more (all there are, where they are fewer), and the whole stream anew."""
    stream = iter(chunks)
    seen: list[bytes] = []
    held = 0
    for chunk in stream:
        seen.append(chunk)
        held += len(chunk)
        if held >= size:
            break
    head = b"".join(seen)
    return head, chain((head,), stream)


def pieces(chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """The same bytes in pieces of exactly `size`, the last one excepted: what is read never depends on the network."""
    held = bytearray()
    for chunk in chunks:
        for start in range(0, len(chunk), size):
            held += chunk[start : start + size]
            if len(held) >= size:
                yield bytes(held[:size])
                del held[:size]
    if held:
        yield bytes(held)


LINE_END: Final = re.compile(r"\r\n|\r|\n")


def whole_lines(text: str) -> int:
    """How many characters of a text that goes on belong to whole lines. A CR at its end may be half of a CRLF."""
    return max(text.rfind("\n"), text.rfind("\r", 0, -1)) + 1


def split(text: str) -> list[str]:
    """The lines without their ends; no empty line after the last end."""
    if "\r" in text:
        text = IncrementalNewlineDecoder(None, translate=True).decode(text, final=True)
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    return lines


STEP: Final = 65_536
"""Bytes fed and bytes taken at a time. Without such a limit 64 KB inflate into a single piece of 67 MB."""
_GZIP_HEADER: Final = 31  # zlib's wbits for a member with its header and checksum


def packed(table: Table, by: str) -> Table:
    """The same table, with what it was packed by: the outermost layer first."""
    inner = table.facts.compression
    return replace(table, facts=replace(table.facts, compression=f"{by}, {inner}" if inner else by))


def inflate(chunks: Iterable[bytes], allowance: Allowance) -> Iterator[bytes]:
    """The bytes inside a gzip file.

    Raises `SourceProblem`: `damaged` for what is corrupt, and at the end for what is cut short; `too_large` for a bomb.
    """
    members = _Members()
    fed = inflated = 0
    for piece in pieces(chunks, STEP):
        fed += len(piece)
        for out in members.feed(piece):
            inflated += len(out)
            allowance.draw_inflated(len(out))
            check_ratio(inflated, fed)
            yield out
    if members.unfinished:
        raise SourceProblem("damaged", Said("file.gzip_cut"))


class _Members:
    """Inflates one member after the other."""

    def __init__(self) -> None:
        self._inflater = zlib.decompressobj(_GZIP_HEADER)
        self._count = 1
        self._between = b""
        self._over = False

    @property
    def unfinished(self) -> bool:
        return not self._inflater.eof or bool(self._between)

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data and not self._over:
            data = self._open_next(data) if self._inflater.eof else (yield from self._inflate(data))

    def _inflate(self, data: bytes) -> Generator[bytes, None, bytes]:
        """What the member makes of `data`; returns what lies behind the member."""
        out = self._decompress(data)
        while out:
            yield out
            out = self._decompress(self._inflater.unconsumed_tail)
        return self._inflater.unused_data

    def _decompress(self, data: bytes) -> bytes:
        try:
            return self._inflater.decompress(data, STEP)
        except zlib.error as error:
            raise SourceProblem("damaged", Said("file.gzip_damaged")) from error

    def _open_next(self, data: bytes) -> bytes:
        """Zeros between members are padding; whatever else is no member ends the file, as gzip(1) has it."""
        self._between = (self._between + data).lstrip(b"\0")
        if len(self._between) < len(GZIP) and GZIP.startswith(self._between):
            return b""  # the first bytes of a member, perhaps: the next piece tells
        data, self._between = self._between, b""
        if not is_gzip(data):
            self._over = True
            return b""
        self._inflater = zlib.decompressobj(_GZIP_HEADER)
        self._count += 1
        if self._count > GZIP_MEMBERS:
            raise SourceProblem("too_large", Said("file.gzip_parts", number=GZIP_MEMBERS))
        return data
