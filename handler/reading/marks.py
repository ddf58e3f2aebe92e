"""What is glued to an address and is no part of it: bullets, numbers, keys, labels, quotes, links, comment signs.

Many of these signs are lawful before an @, and so email-validator takes them: it would be another mailbox.
"""

from __future__ import annotations

import re
from typing import Final

_CIRCLED: Final = "\u2460-\u249b\u24ea-\u24ff\u2776-\u2793"
_SYMBOLS: Final = "•·‣◦●○■□▪◆★☆✓✔☐☑☒➢➤▶→"
_ASIAN: Final = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_CLEAR: Final = r"\w[\w.+&/=~'-]*[@＠]\w[\w.\-．。]*\w"
"""An address that begins and ends with a letter or a digit."""

BULLETS: Final = re.compile(
    r"\s*(?:(?:"
    r"[(（]?\d{1,6}[.)）、．:：](?=\s)|[(（]?\d{1,6}[)）、．](?=\w)|#?\d{1,6}\s+(?=\[[ xX✓✔]?\])|#\d{1,6}[.:)]?(?=\s)"
    rf"|[a-z][.)](?=\s)|[*+–—-]+(?=\s)|[=–—-]*>+|[{_CIRCLED}{_SYMBOLS}]|[\[(][ xX✓✔]?[\])](?=\s)"
    r")\s*)+"
)
"""They have a sign that no address has, or a space behind them."""
GLUED_BULLET: Final = re.compile(r"\s*[*+~–—-]+(?=\w[^\s@＠,;|<]*[@＠])(?!.*[*~]\s*$)")
GLUED_NUMBER: Final = re.compile(r"\s*(\d{1,6})(?:[._]|-(?=\D))(?=\w[^\s@＠,;|<]*[@＠])")
"""Only the habit of a whole list tells these from the beginning of an address."""
KEY: Final = re.compile(
    r"\s*(?:[^@\s]{0,200}[?&])?(?:[\w.\-]{0,40}mail[\w.\-]{0,40}|to|b?cc|"
    r"[a-z][\w.\-]{0,40}(?==(?![^@]*\.(?:com|net|org|[a-z]{2})@)))=(?=\w)",
    re.IGNORECASE,
)
"""`email=` and `name=Ada&email=`; but `ada=example.com@list.example` is where a mail to ada@example.com comes back."""
COMMENT: Final = re.compile(r"\s*(?:#(?!\d)|//)")
"""What stands behind it was taken out by somebody."""
_OTHER_START: Final = re.compile(r"[^a-zA-Z0-9_]")

_LONGEST: Final = 400
"""A longer text is no address with something around it."""
_LINK: Final = re.compile(rf"!?\[([^\[\]]*)\]\(\s*<?(?:mailto:)?({_CLEAR})(?:\?[^()]*)?>?\s*\)", re.IGNORECASE)
_CERTAIN: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?:[*]{{1,3}}|_{{1,3}}|`+)({_CLEAR})(?:[*]{{1,3}}|_{{1,3}}|`+)",
        rf"['`“”‘’\[(（]*({_CLEAR})['`“”‘’\])）]*[.。．!！]?",
        rf"({_CLEAR})\s*<\s*(?:mailto:\s*)?\1\s*>",
        rf"[(（]?\d{{1,6}}[)）、．]\s*({_CLEAR})",
        rf"[=–—-]*[>{_CIRCLED}{_SYMBOLS}]+\s*({_CLEAR})",
        rf"[{_ASIAN}]*(?:邮|郵|信箱|メール|메일)[{_ASIAN}]*[:：]?\s*((?=[!-~＠]+$){_CLEAR})",
    )
)


def bare(text: str) -> str:
    """One address without what can be no part of it; anything else as it is."""
    if len(text) > _LONGEST:
        return text
    link = _LINK.fullmatch(text)
    if link and ("@" not in link[1] or link[1].strip().lower() == link[2].lower()):
        return link[2]
    for pattern in _CERTAIN:
        if (found := pattern.fullmatch(text)) and found[1] != text:
            return found[1]
    return text


def is_glued(address: str) -> bool:
    """Whether a good address begins with something that is hardly a part of it."""
    return _OTHER_START.match(address) is not None or KEY.match(address) is not None
