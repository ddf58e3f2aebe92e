"""Addresses as an East Asian keyboard writes them: full-width letters, dots and at-signs."""

from __future__ import annotations

import unicodedata
from typing import Final

WIDE_AT_SIGNS: Final = "＠﹫"
_FULL_STOPS: Final = str.maketrans("。｡", "..")


def at_signs(text: str) -> int:
    """How many there are, wide ones among them. In a text of Latin letters looking for the wide ones costs nothing."""
    return text.count("@") + sum(map(text.count, WIDE_AT_SIGNS))


def narrow(text: str) -> str:
    """The text as it is to be judged: with plain letters, dots and at-signs where it has a wide at-sign."""
    if text.isascii() or not any(sign in text for sign in WIDE_AT_SIGNS):
        return text
    return unicodedata.normalize("NFKC", text.translate(_FULL_STOPS))
