"""Bytes to text: which charset a file is in, and decoding that loses nothing silently.

The order is BOM, strict UTF-8, UTF-16 by its zeros, then `guess` among the charsets people export in. The
addresses are ASCII in all of them, so a wrong guess damages names, never an address.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final

from handler.errors import SourceProblem
from handler.limits import ASCII_LOOK_AHEAD, CHARSET_SAMPLE
from handler.reading.guess import CHARSETS, MARK_BYTE, guess
from handler.said import Said


@dataclass(frozen=True, slots=True)
class Charset:
    """How to decode a file."""

    name: str
    """As the report says it."""
    codec: str
    """As Python decodes it: the superset that Windows writes, where there is one."""
    bom: bytes = b""
    """What stands before the text."""


# UTF-32 first: its little-endian mark begins with that of UTF-16.
_BOMS: Final = (
    Charset("utf-8", "utf-8", codecs.BOM_UTF8),
    Charset("utf-32", "utf-32-le", codecs.BOM_UTF32_LE),
    Charset("utf-32", "utf-32-be", codecs.BOM_UTF32_BE),
    Charset("utf-16", "utf-16-le", codecs.BOM_UTF16_LE),
    Charset("utf-16", "utf-16-be", codecs.BOM_UTF16_BE),
)
_UTF_8: Final = Charset("utf-8", "utf-8")
_NOT_CHARSETS: Final = frozenset({"idna", "punycode", "raw_unicode_escape", "undefined", "unicode_escape", "utf_7"})
"""Python calls them text encodings; no file is in them, and they decode to anything."""
_ISO_2022_JP: Final = re.compile(rb"\x1b\$[@B].{0,400}?\x1b\([BJ]", re.DOTALL)
_WIDE_CHARACTER: Final = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_GOOD_FOR_ONE_BAD: Final = 2
"""So many good sequences of UTF-8 beside one bad one, and the file is UTF-8 with a broken byte, not another charset."""
_ZEROS: Final = 0.12
"""The share of zero bytes from which on a file may be UTF-16: every second byte of its ASCII part is one."""
_NEARLY: Final = 0.9
_NAMED: Final = 8
"""So many charsets, the most frequent ones, are named to somebody who names none."""
_CTRL_Z: Final = "\x1a"
_DOS_BLOCK: Final = 128
UNDECODABLE: Final = re.compile("[\ud800-\udfff]")
"""What `decode` puts in the place of each byte that does not decode: no text holds a lone surrogate."""


def detect(chunks: Iterable[bytes], hint: str | None) -> tuple[Charset, Iterator[bytes]]:
    """The charset of a stream, and the whole stream anew. Raises `SourceProblem` where the hint names no charset."""
    sample, stream = _sample(chunks)
    charset = _hinted(sample, hint) if hint else _detected(sample)
    return charset, stream


def decode(pieces: Iterable[bytes], charset: Charset) -> Iterator[str]:
    """The text of a stream, piece by piece; a character may straddle them. NULs are dropped: `csv` refuses them; so are
    the Ctrl-Z that end a file of a DOS program.

    A byte that does not decode becomes a lone surrogate, to be found with `UNDECODABLE`: never a replacement that
    looks like data, and never more than the byte itself, so that a line end behind it stays one.
    """
    decoder = codecs.getincrementaldecoder(charset.codec)(_errors(charset.codec))
    skip, padding = len(charset.bom), ""
    for piece in pieces:
        text = padding + decoder.decode(piece[skip:]).replace("\0", "")
        skip = max(0, skip - len(piece))
        padding = _padding(text)
        yield text[: len(text) - len(padding)]
    last = decoder.decode(b"", final=True).replace("\0", "")
    yield padding + last if last else ""


def _padding(text: str) -> str:
    """What a DOS program may have filled up the last block of a file with."""
    padding = text[len(text.rstrip(_CTRL_Z)) :]
    return padding if len(padding) <= _DOS_BLOCK else ""


def mended(cell: str) -> str:
    """The cell with U+FFFD for what did not decode, so that it can be written."""
    return UNDECODABLE.sub("\ufffd", cell)


def _sample(chunks: Iterable[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """Enough of the stream to judge it: the first name that is not ASCII may come late."""
    stream = iter(chunks)
    seen: list[bytes] = []
    held, plain = 0, True
    for chunk in stream:
        seen.append(chunk)
        held += len(chunk)
        plain = plain and chunk.isascii()
        if held >= (ASCII_LOOK_AHEAD if plain else CHARSET_SAMPLE):
            break
    sample = b"".join(seen)
    return sample, chain((sample,), stream)


def _hinted(sample: bytes, hint: str) -> Charset:
    """As the owner says; a mark is proof, and the CSV files we write have one, whatever their original was in."""
    for marked in _BOMS:
        if sample.startswith(marked.bom):
            return marked
    name = hint.strip().lower()
    try:
        codec = codecs.lookup(name).name
        b"text".decode(codec, "replace")
    except (LookupError, UnicodeError, ValueError):
        codec = ""
    if not codec or codec.replace("-", "_") in _NOT_CHARSETS:
        raise SourceProblem(
            "unreadable",
            Said("file.charset", charsets=CHARSETS[:_NAMED]),
        )
    if codec in {"utf-16", "utf-32"}:  # Python's decoders of these names insist on a mark
        return _utf_32(sample) or _utf_16(sample) or Charset(name, f"{codec}-le")
    return Charset(name, codec)


def _detected(sample: bytes) -> Charset:
    for charset in _BOMS:
        if sample.startswith(charset.bom):
            return charset
    wide = _utf_32(sample) or _utf_16(sample)
    if wide:
        return wide
    if sample.isascii():
        return Charset("iso2022_jp", "iso2022_jp") if _ISO_2022_JP.search(sample) else _UTF_8
    return _UTF_8 if _is_utf_8(sample) else _by_its_words(sample)


def _is_utf_8(sample: bytes) -> bool:
    """Strictly, or but for a few broken bytes. The sample may be cut inside a character."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    bad = len(UNDECODABLE.findall(decoder.decode(sample)))
    return bad == 0 or bad * _GOOD_FOR_ONE_BAD <= len(_WIDE_CHARACTER.findall(sample))


def _utf_32(sample: bytes) -> Charset | None:
    """UTF-32 without a mark: half of each character is zero, but for the rarest ones, and not the other half."""
    whole = sample[: len(sample) // 4 * 4]
    count = len(whole) // 4
    zeros = [whole[at::4].count(0) for at in range(4)]
    if count and zeros[3] == count and zeros[2] >= _NEARLY * count and zeros[0] * 2 < count:
        return Charset("utf-32", "utf-32-le")
    if count and zeros[0] == count and zeros[1] >= _NEARLY * count and zeros[3] * 2 < count:
        return Charset("utf-32", "utf-32-be")
    return None


def _utf_16(sample: bytes) -> Charset | None:
    """UTF-16 without a mark: its ASCII characters have a zero in every second byte, always on the same side."""
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if even + odd < _ZEROS * len(sample) or min(even, odd) * 4 > max(even, odd):
        return None
    return Charset("utf-16", "utf-16-be" if even > odd else "utf-16-le")


def _by_its_words(sample: bytes) -> Charset:
    name = guess(sample)
    return Charset(name, name)


def _errors(codec: str) -> str:
    return "surrogateescape" if codec == "utf-8" else _BY_UNIT if codec.startswith(("utf-16", "utf-32")) else MARK_BYTE


def _mark_unit(problem: UnicodeError) -> tuple[str, int]:
    """All of a broken unit: half of one would put every unit behind it out of step."""
    if not isinstance(problem, UnicodeDecodeError):
        raise problem
    return "\udcff", problem.end


_BY_UNIT: Final = "ses-recipient-import:mark-unit"
codecs.register_error(_BY_UNIT, _mark_unit)
