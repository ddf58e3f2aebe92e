"""What a file is by its first bytes, where that is no text with one row on each line.

Documents that no list is kept in are among them.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Final

from handler.said import Said

GZIP: Final = b"\x1f\x8b\x08"
"""RFC 1952 2.3: ID1, ID2 and the only method there is."""
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")  # the first file's header; the end of an empty zip
_JSON: Final = re.compile(rb"(?:\xef\xbb\xbf)?[\s\x1e]*(?:\{\s*[\"}]|\[\s*(?:[\[{\"]|\]\s*(?:\Z|[\[{,])))")
_VCARD: Final = re.compile(rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?\s*BEGIN:VCARD\s*[\r\n]", re.IGNORECASE)

MAGIC: Final[tuple[tuple[bytes, str], ...]] = (
    (b"%PDF-", "what.pdf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "what.xls"),
    (b"PAR1", "what.parquet"),
    (b"\x89PNG\r\n\x1a\n", "what.image"),
    (b"\xff\xd8\xff", "what.image"),
    (b"GIF87a", "what.image"),
    (b"GIF89a", "what.image"),
    (b"II*\x00", "what.image"),
    (b"MM\x00*", "what.image"),
    (b"8BPS\x00\x01", "what.image"),
    (b"\x00\x00\x01\x00", "what.image"),
    (b"RIFF", "what.media"),
    (b"{\\rtf", "what.rtf"),
    (b"7z\xbc\xaf\x27\x1c", "what.seven_zip"),
    (b"Rar!\x1a\x07", "what.rar"),
    (b"BZh", "what.bzip"),
    (b"\xfd7zXZ\x00", "what.xz"),
    (b"LZIP\x01", "what.lzma"),
    (b"\x1f\x9d", "what.compress"),
    (b"\x28\xb5\x2f\xfd", "what.zstandard"),
    (b"SQLite format 3\x00", "what.sqlite"),
    (b"\x00\x01\x00\x00Standard ", "what.access"),
    (b"!BDN", "what.outlook"),
    (b"\x7fELF", "what.program"),
    (b"\x00\x05\x16\x07", "what.apple_double"),
)
_PACKED: Final = frozenset(
    "what.seven_zip what.rar what.bzip what.xz what.lzma what.compress what.zstandard what.tar".split()
)
_BESIDE_A_LIST: Final = frozenset("what.pdf what.image what.media what.markup what.program what.apple_double".split())

_TAR_HEADER: Final = 512  # POSIX.1-1988; its checksum takes its own eight bytes for spaces
_TAR_CHECKSUM: Final = slice(148, 156)
_LZMA_HEADER: Final = 13
_LZMA_PROPERTIES: Final = 0x5D  # what every encoder writes: lc=3, lp=0, pb=2
_LZMA_BITS: Final = (1, 2)
_LZMA_LARGEST: Final = 1 << 38
_LZMA_UNKNOWN: Final = (1 << 64) - 1
_BITMAP: Final = re.compile(rb"BM.{4}\x00{4}", re.DOTALL)
_FILM: Final = re.compile(rb".{4}ftyp", re.DOTALL)
_LDIF: Final = re.compile(rb"(?:\s|#[^\n]*\n|version:\s*\d+[ \t]*\r?\n)*dn::?[ \t]*[^\s,]", re.IGNORECASE)

_MARKUP: Final = re.compile(
    rb"\s*<(?:!--|!doctype\b|\?xml\b|[a-z][\w:-]*\s+[a-z][\w:-]*\s*=\s*[\"']"
    rb"|(?:html|head|body|title|meta|link|style|script|svg|table|t[rdh]|thead|tbody|div|span|p|br|hr|h[1-6]|[uod]l|li|a|b|i"
    rb"|img|em|strong|font|center|section|article|main|nav|header|footer|form|pre|small|code)(?=[\s/>]))",
    re.IGNORECASE,
)
"""A page, or a part of one: a tag with an attribute, or one of HTML. `<head@example.com>` is none."""
_MAIL_FIELD: Final = re.compile(
    rb"^(?:from|to|subject|date|received|return-path|delivered-to|message-id|mime-version|content-type|x-[a-z-]+):",
    re.IGNORECASE | re.MULTILINE,
)
_MAIL_FIELDS: Final = 3
"""A list may have a title such as "Date: ..."; three such lines are a message."""


def is_gzip(head: bytes) -> bool:
    return head.startswith(GZIP)


def is_zip(head: bytes) -> bool:
    return head.startswith(_ZIP)


def is_json(head: bytes) -> bool:
    """Whether a file that begins like this is JSON. `[Title]` and `[ ] box` are not; strings alone are a plain list."""
    return _JSON.match(head.replace(b"\0", b"").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")) is not None


def is_vcard(head: bytes) -> bool:
    return _VCARD.match(head.replace(b"\0", b"")) is not None


def recognise(head: bytes) -> str | None:
    """What a file is, judged by its first bytes, where it is something no list is read from: the code of a phrase."""
    for magic, what in MAGIC:
        if head.startswith(magic):
            return what
    if _is_tar(head[:_TAR_HEADER]):
        return "what.tar"
    if _is_lzma(head[:_LZMA_HEADER]):
        return "what.lzma"
    if _BITMAP.match(head):
        return "what.image"
    if _FILM.match(head):
        return "what.media"
    return _recognise_text(head[:4096].removeprefix(b"\xef\xbb\xbf"))


def refused(what: str) -> Said:
    """What to do with a file that was recognised as this."""
    return Said("file.packed" if what in _PACKED else "file.known", what=Said(what))


def is_beside_a_list(head: bytes) -> bool:
    """Whether a file that begins like this may lie beside a list and be none: a picture, a page, a manual."""
    return recognise(head) in _BESIDE_A_LIST


def may_say_addresses(head: bytes) -> bool:
    """Whether it is a text or a web page: no list may have been read from it, and it may say addresses all the same."""
    return recognise(head) in {None, "what.markup"}


def _is_tar(header: bytes) -> bool:
    """By the checksum of the first file's header: the oldest ones have no mark."""
    if len(header) == _TAR_HEADER:
        with suppress(ValueError):
            told = int(header[_TAR_CHECKSUM].strip(b" \0"), 8)
            return told == sum(header) - sum(header[_TAR_CHECKSUM]) + 8 * ord(" ")
    return False


def _is_lzma(header: bytes) -> bool:
    """An .lzma file has no mark either. Its dictionary is a power of two, or the sum of two; its size is not absurd."""
    if len(header) < _LZMA_HEADER or header[0] != _LZMA_PROPERTIES:
        return False
    dictionary, size = int.from_bytes(header[1:5], "little"), int.from_bytes(header[5:], "little")
    return dictionary.bit_count() in _LZMA_BITS and (size < _LZMA_LARGEST or size == _LZMA_UNKNOWN)


def _recognise_text(head: bytes) -> str | None:
    if _MARKUP.match(head):
        return "what.markup"
    if (_MAIL_FIELD.match(head) or head.startswith(b"From ")) and len(_MAIL_FIELD.findall(head)) >= _MAIL_FIELDS:
        return "what.mail"
    return "what.ldif" if _LDIF.match(head) else None
