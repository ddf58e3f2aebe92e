"""Documents that are known at sight and are not lists of addresses: each gets a sentence that says what to do."""

from __future__ import annotations

import re
from typing import Final

_SAVE_AS: Final = "export the list as .xlsx or CSV and drop that."

MAGIC: Final[tuple[tuple[bytes, str], ...]] = (
    (b"%PDF-", "a PDF document"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook (.xls) or one that is protected by a password"),
    (b"PAR1", "a Parquet file"),
    (b"\x89PNG\r\n\x1a\n", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF87a", "an image"),
    (b"GIF89a", "an image"),
    (b"II*\x00", "an image"),
    (b"MM\x00*", "an image"),
    (b"RIFF", "an image, a sound or a film"),
    (b"{\\rtf", "a rich text document (RTF)"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"SQLite format 3\x00", "a SQLite database"),
    (b"\x7fELF", "a program"),
)

_MARKUP: Final = re.compile(rb"\s*<(?:!doctype html|html|head|body|table|meta|\?xml|svg)\b", re.IGNORECASE)
_MAIL_FIELD: Final = re.compile(
    rb"^(?:from|to|subject|date|received|return-path|delivered-to|message-id|mime-version|content-type|x-[a-z-]+):",
    re.IGNORECASE | re.MULTILINE,
)
_MAIL_FIELDS: Final = 3
"""A list may have a title such as "Date: ..."; three such lines are a message."""


def recognise(head: bytes) -> str | None:
    """What a file is, judged by its first bytes, where it is something no list is kept in."""
    for magic, name in MAGIC:
        if head.startswith(magic):
            return name
    head = head[:4096].removeprefix(b"\xef\xbb\xbf")
    if _MARKUP.match(head):
        return "a web page or an XML document"
    if (_MAIL_FIELD.match(head) or head.startswith(b"From ")) and len(_MAIL_FIELD.findall(head)) >= _MAIL_FIELDS:
        return "a mail message"
    return None


def refusal(name: str) -> str:
    """The sentence for the owner of such a file."""
    return f"This is {name}: {_SAVE_AS}"
