"""What was probably meant. A suggestion is for a person to look at: it is never sent in place of what was written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from handler.judging.syntax import ATEXT, judge
from handler.judging.typos import PROVIDERS, likely_typo
from handler.limits import ADDRESS_BYTES
from handler.reading.marks import BULLETS, COMMENT, KEY

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
_GAP_AT_SIGN: Final = re.compile(r"\s*@\s*")
_GAP_BEFORE_DOT: Final = re.compile(r"\s+\.(?=\S)")
_GAP_AT_DOT: Final = re.compile(r"\s*\.\s*")
_KNOWN_END: Final = re.compile(r"\S+\.(?:com|net|org|edu|gov|info|[a-z]{2})")
_IN_TWO: Final = re.compile(r"((?:[a-z0-9._+-]+\s+)+|(?:[A-Z0-9._+-]+\s+)+(?=[A-Z])|[A-Z]\S*\s+(?=[A-Z]))\S+@.*")
"""`john smith@`, `John. Smith@`, `123 456@`: the first word may be half of the address, or a name."""
_CUT_OFF: Final = re.compile(r"[^@]+@\S+\.\S+\s+[a-z]{1,2}")
"""`ada@example.co m`"""
_DATE_OR_NUMBER: Final = re.compile(r"(?<!\S)(?=\S*[.-])[\d.-]+\s")
_OTHER_START: Final = re.compile(r"[^\w@\"'<(\[“‘]+")
_NAME_AND_COMMA: Final = re.compile(r"([^\s@,;]+)[,;]\s*(?=([^\s@,;]+)@)")
_BESIDE_ADDRESS: Final = re.compile(r"[\s<>()\[\]:,;]")
_STANDS_ALONE: Final = re.compile(
    rf"(?:^|(?<=[\s<(\[:]))[{ATEXT}.]+@[a-zA-Z0-9.\-]*[a-zA-Z0-9](?=$|[\s>)\]]|[,;:.!?](?:\s|$))"
)
_DOTLESS_COM: Final = re.compile(r"([a-z0-9-]{3,})(?<!tele)(?<!inter)com")
_AT_AMONG_MARKS: Final = re.compile(r"[.,;]+@[@.,;]*|@[@.,;]+")
_MARKS: Final = re.compile(r"[.,;]{2,}|[,;]")
_ENDS_BEFORE_COMMA: Final = re.compile(
    r"([^@]+@[^@,;\s]+\.(?:(?:com|net|org|edu|gov|info)|[a-z]{2}(?![,;][a-z]{2}$)))[,;](?!.$)[^@]*"
)
_ONE_LETTER_END: Final = re.compile(r"\..$")
"""`gmail.co,m`: email-validator would take `gmail.co.m`, but nobody means it."""


def suggest(text: str) -> str:
    """The good address that was probably meant by a text that `judge` refuses; "" where nothing is likely."""
    if len(text) > _LONGEST or text.strip(" \"'>").lower().endswith(_DOTS_MATTER):
        return ""
    refused = {"", text}
    for guess in _guesses(_without_marks(_plain(text))):
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
    words = _IN_TWO.fullmatch(text)
    if "://" in text or (words and not _DATE_OR_NUMBER.search(words[1])):
        return
    closed = _closed(text)
    yield closed
    if not _CUT_OFF.fullmatch(text):
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


def _without_marks(text: str) -> str:
    """Without bullets, numbers, signs of a comment, a key, and a name before a comma."""
    for mark in (COMMENT, BULLETS, KEY, _OTHER_START):
        if found := mark.match(text):
            text = text[found.end() :]
    named = _NAME_AND_COMMA.match(text)
    if named and ((named[1][0].isupper() and named[2][0].islower()) or named[2].lower().startswith(named[1].lower())):
        return text[named.end() :]
    return text


def _closed(text: str) -> str:
    """Without the spaces beside @ and dots."""
    if text.split() == [text]:
        return text
    local, at, domain = _GAP_AT_SIGN.sub("@", text).partition("@")
    together = "".join(domain.split())
    closed = _GAP_AT_DOT.sub(".", domain)
    if together.lower() in PROVIDERS or _KNOWN_END.fullmatch(closed):
        domain = together
    return f"{_GAP_BEFORE_DOT.sub('.', local)}{at}{domain}"


def _only_address(text: str) -> str:
    """The one address that stands in a longer text."""
    if "@" not in text or not _BESIDE_ADDRESS.search(text):
        return ""
    found = {verdict for verdict in map(judge, _STANDS_ALONE.findall(text)) if isinstance(verdict, str)}
    return found.pop() if len(found) == 1 else ""


def _mended(text: str) -> str:
    """Doubled and misplaced dots and at-signs, commas for dots, stray brackets and quotes."""
    if ended := _ENDS_BEFORE_COMMA.fullmatch(text):
        text = ended[1]
    text = _MARKS.sub(".", _AT_AMONG_MARKS.sub("@", text))
    text = text.lstrip('.:!?<(["“‘«').rstrip(".:!?>)]}\"”’»'`/|\\*~-_")
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
