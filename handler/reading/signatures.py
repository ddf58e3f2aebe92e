"""What a file is by its first bytes, where that is no text with one row on each line.

Documents that no list is kept in are among them.
"""

from __future__ import annotations

import re
from typing import Final

GZIP: Final = b"\x1f\x8b\x08"
"""RFC 1952 2.3: ID1, ID2 and the only method there is."""
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")  # the first file's header; the end of an empty zip
_JSON: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:\{\s*[\"}]|\[\s*[\[\]{\"])")
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
    (b"RIFF", "what.media"),
    (b"{\\rtf", "what.rtf"),
    (b"7z\xbc\xaf\x27\x1c", "what.seven_zip"),
    (b"Rar!\x1a\x07", "what.rar"),
    (b"BZh", "what.bzip"),
    (b"\xfd7zXZ\x00", "what.xz"),
    (b"\x28\xb5\x2f\xfd", "what.zstandard"),
    (b"SQLite format 3\x00", "what.sqlite"),
    (b"\x7fELF", "what.program"),
)

_MARKUP: Final = re.compile(rb"\s*<(?:!doctype html|html|head|body|table|meta|\?xml|svg)\b", re.IGNORECASE)
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
    """Whether a file that begins like this is JSON. `[Title]` is not, and strings alone are a quoted plain list."""
    return _JSON.match(head.replace(b"\0", b"").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")) is not None


def is_vcard(head: bytes) -> bool:
    return _VCARD.match(head.replace(b"\0", b"")) is not None


def recognise(head: bytes) -> str | None:
    """What a file is, judged by its first bytes, where it is something no list is kept in: the code of a phrase."""
    for magic, what in MAGIC:
        if head.startswith(magic):
            return what
    head = head[:4096].removeprefix(b"\xef\xbb\xbf")
    if _MARKUP.match(head):
        return "what.markup"
    if (_MAIL_FIELD.match(head) or head.startswith(b"From ")) and len(_MAIL_FIELD.findall(head)) >= _MAIL_FIELDS:
        return "what.mail"
    return None
