"""What was probably meant. A suggestion is for a person to look at: it is never sent in place of what was written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from handler.judging.syntax import ATEXT, judge
from handler.judging.typos import PROVIDERS, likely_typo
from handler.limits import ADDRESS_BYTES

_DOTLESS: Final = {
    **{provider.replace(".", ""): provider for provider in PROVIDERS},
    **{provider.partition(".")[0]: provider for provider in PROVIDERS},
}
_LONGEST: Final = 2 * ADDRESS_BYTES
"""A longer text is no address with a mistake in it."""

_DOTS_MATTER: Final = ("@docomo.ne.jp", "@ezweb.ne.jp", "@au.com", "@softbank.ne.jp", "@i.softbank.jp", "@disney.ne.jp")
"""Telephone companies that have given out addresses such as `a..b.@docomo.ne.jp`: without the dots they are others'."""

_AT: Final = re.compile(r"\s*[(\[{<]\s*at\s*[)\]}>]\s*|\s+at\s+", re.IGNORECASE)
_DOT: Final = re.compile(r"\s*[(\[{<]\s*dot\s*[)\]}>]\s*|\s+dot\s+", re.IGNORECASE)
_GAP_AT_SIGN: Final = re.compile(r"\s*([@.])\s*")
_GAP_IN_LOCAL: Final = re.compile(r"([a-z0-9._-]+)\s+(\S+@\S+)")
_BESIDE_ADDRESS: Final = re.compile(r"[\s<>()\[\]:,;]")
_STANDS_ALONE: Final = re.compile(rf"(?:^|(?<=[\s<(\[:]))[{ATEXT}.]+@[a-zA-Z0-9.\-]+(?=$|[\s>)\]]|[,;:](?:\s|$))")
_DOTLESS_COM: Final = re.compile(r"([a-z0-9-]{3,})(?<!tele)(?<!inter)com")
_AT_AMONG_MARKS: Final = re.compile(r"[.,;]+@[@.,;]*|@[@.,;]+")
_MARKS: Final = re.compile(r"[.,;]{2,}|[,;]")
_ONE_LETTER_END: Final = re.compile(r"\..$")
"""`gmail.co,m`: email-validator would take `gmail.co.m`, but nobody means it."""


def suggest(text: str) -> str:
    """The good address that was probably meant by a text that `judge` refuses; "" where nothing is likely."""
    if len(text) > _LONGEST or text.strip(" \"'>").lower().endswith(_DOTS_MATTER):
        return ""
    refused = {"", text}
    for guess in _guesses(_plain(text)):
        if guess not in refused:
            refused.add(guess)
            verdict = judge(guess)
            if isinstance(verdict, str) and _is_bare(verdict) and not _ONE_LETTER_END.search(verdict):
                return _at_right_domain(verdict)
    return ""


def _is_bare(address: str) -> bool:
    """Whether nothing of a link, a list or a name is glued to it."""
    return address[0].isalnum() and "/" not in address


def _guesses(text: str) -> Iterator[str]:
    closed = _closed(text)
    yield closed
    yield _only_address(text)
    yield _mended(closed)


def _at_right_domain(address: str) -> str:
    local, _, domain = address.partition("@")
    return f"{local}@{likely_typo(domain) or domain}"


def _plain(text: str) -> str:
    """Full-width characters as plain ones, `(at)` and `(dot)` as what they stand for."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).replace("。", ".").replace("、", ",")
    text = text.strip()
    if "@" not in text and "at" in text.lower():
        text = _AT.sub("@", text)
        if "@" in text:
            text = _DOT.sub(".", text)
    return text


def _closed(text: str) -> str:
    """Without the spaces beside @ and dots, and without the one in `john smith@`; `John smith@` may be a name."""
    if text.split() == [text]:
        return text
    text = _GAP_AT_SIGN.sub(r"\1", text)
    gap = _GAP_IN_LOCAL.fullmatch(text)
    if gap:
        return gap[1] + gap[2]
    local, _, domain = text.partition("@")
    together = "".join(domain.split())
    return f"{local}@{together}" if together.lower() in PROVIDERS else text


def _only_address(text: str) -> str:
    """The one address that stands in a longer text."""
    if "@" not in text or not _BESIDE_ADDRESS.search(text):
        return ""
    found = {verdict for verdict in map(judge, _STANDS_ALONE.findall(text)) if isinstance(verdict, str)}
    return found.pop() if len(found) == 1 else ""


def _mended(text: str) -> str:
    """Doubled and misplaced dots and at-signs, commas for dots, stray brackets and quotes."""
    text = _MARKS.sub(".", _AT_AMONG_MARKS.sub("@", text))
    text = text.lstrip('.:!?<(["“‘«').rstrip(".:!?>)]\"”’»'/|\\*-_")
    local, at, domain = (text if "@" in text else _parted(text)).partition("@")
    return f"{local}{at}{_dotted(domain.strip('-').lower())}"


def _parted(text: str) -> str:
    """`johngmail.com` with its @, if that is what it is."""
    if not text.lower().endswith(PROVIDERS):
        return text
    for domain in PROVIDERS:
        local = text[: -len(domain)]
        if text.lower().endswith(domain) and local[-1:].isalnum() and not local.startswith(("www.", "http")):
            return f"{local}@{domain}"
    return text


def _dotted(domain: str) -> str:
    """`gmailcom` and `gmail` with their dots."""
    if "." in domain:
        return domain
    provider = _DOTLESS.get(domain)
    if provider:
        return provider
    dotless = _DOTLESS_COM.fullmatch(domain)
    return f"{dotless[1]}.com" if dotless else domain
