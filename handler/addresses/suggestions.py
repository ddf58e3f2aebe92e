"""What was probably meant. A suggestion is for a person to look at: it is never sent in place of what was written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Final

from handler.addresses.syntax import ATEXT, judge
from handler.limits import ADDRESS_BYTES

_PROVIDERS: Final = (
    *("gmail.com", "hotmail.com", "outlook.com", "yahoo.com", "icloud.com", "protonmail.com"),
    *("qq.com", "163.com", "126.com", "sina.com", "foxmail.com", "aliyun.com", "sohu.com", "naver.com"),
)
"""Where most of the world's private mailboxes are."""

_NOT_COM: Final = frozenset(
    ("con", "cmo", "ocm", "comm", "coom", "ccom", "cpm", "vom", "xom", "cim", "comn", "conm", "clm", "c0m")
)
"""Slips of `com` that are no top-level domains themselves. https://data.iana.org/TLD/tlds-alpha-by-domain.txt"""
_NEARLY_COM: Final = ("co", "cm", "om")
"""Top-level domains, but not those of the providers."""
_OTHERS: Final = frozenset({"yahoo.co"})
"""What is left of yahoo.co.jp and yahoo.co.uk may be either."""

_KEYBOARD: Final = ("qwertyuiop", "asdfghjkl", "zxcvbnm")

_LONGEST: Final = 2 * ADDRESS_BYTES
"""A longer text is no address with a mistake in it."""

_AT: Final = re.compile(r"\s*[(\[{<]\s*at\s*[)\]}>]\s*|\s+at\s+", re.IGNORECASE)
_DOT: Final = re.compile(r"\s*[(\[{<]\s*dot\s*[)\]}>]\s*|\s+dot\s+", re.IGNORECASE)
_GAP_AT_SIGN: Final = re.compile(r"\s*([@.])\s*")
_GAP_IN_LOCAL: Final = re.compile(r"([a-z0-9._-]+)\s+(\S+@\S+)")
_STANDS_ALONE: Final = re.compile(rf"(?:^|(?<=[\s<(\[:]))[{ATEXT}.]+@[a-zA-Z0-9.\-]+(?=$|[\s>)\]]|[,;:](?:\s|$))")
_DOTLESS_COM: Final = re.compile(r"([a-z0-9-]{3,})(?<!tele)(?<!inter)com")
_ONE_LETTER_END: Final = re.compile(r"\..$")
"""`gmail.co,m`: email-validator would take `gmail.co.m`, but nobody means it."""


def suggest(text: str) -> str:
    """The good address that was probably meant by a text that is none; "" where nothing is likely."""
    if len(text) > _LONGEST:
        return ""
    for guess in _guesses(_plain(text)):
        verdict = judge(guess)
        if isinstance(verdict, str) and not _ONE_LETTER_END.search(verdict):
            return _at_right_domain(verdict)
    return ""


def _guesses(text: str) -> Iterator[str]:
    closed = _closed(text)
    yield closed
    yield _only_address(text)
    yield _mended(closed)


def likely_typo(domain: str) -> str | None:
    """The domain that was probably meant by one that looks like a slip of a well-known one, or ends in `.con`."""
    domain = domain.lower()
    name, _, end = domain.rpartition(".")
    meant = f"{name}.com" if name and end in _NOT_COM else domain
    meant = _slips().get(meant, meant)
    return meant if meant != domain else None


def _at_right_domain(address: str) -> str:
    local, _, domain = address.partition("@")
    return f"{local}@{likely_typo(domain) or domain}"


def _plain(text: str) -> str:
    """Full-width characters as plain ones, `(at)` and `(dot)` as what they stand for."""
    text = unicodedata.normalize("NFKC", text).replace("。", ".").replace("、", ",").strip()
    if "@" not in text:
        text = _AT.sub("@", text)
        if "@" in text:
            text = _DOT.sub(".", text)
    return text


def _closed(text: str) -> str:
    """Without the spaces beside @ and dots, and without the one in `john smith@`; `John smith@` may be a name."""
    text = _GAP_AT_SIGN.sub(r"\1", text)
    gap = _GAP_IN_LOCAL.fullmatch(text)
    if gap:
        return gap[1] + gap[2]
    local, _, domain = text.partition("@")
    together = "".join(domain.split())
    return f"{local}@{together}" if together.lower() in _PROVIDERS else text


def _only_address(text: str) -> str:
    """The one address that stands in a longer text."""
    found = {verdict for verdict in map(judge, _STANDS_ALONE.findall(text)) if isinstance(verdict, str)}
    return found.pop() if len(found) == 1 else ""


def _mended(text: str) -> str:
    """Doubled and misplaced dots and at-signs, commas for dots, stray brackets and quotes."""
    text = re.sub(r"[.,;]*@[@.,;]*", "@", text)
    text = re.sub(r"[.,;]+", ".", text)
    text = text.lstrip('.:!?<(["“‘«').rstrip(".:!?>)]\"”’»'/|\\*-_")
    local, at, domain = (text if "@" in text else _parted(text)).partition("@")
    return f"{local}{at}{_dotted(domain.strip('-').lower())}"


def _parted(text: str) -> str:
    """`johngmail.com` with its @, if that is what it is."""
    for domain in _PROVIDERS:
        local = text[: -len(domain)]
        if text.lower().endswith(domain) and local[-1:].isalnum() and not local.startswith(("www.", "http")):
            return f"{local}@{domain}"
    return text


def _dotted(domain: str) -> str:
    """`gmailcom` and `gmail` with their dots."""
    if "." in domain:
        return domain
    for provider in _PROVIDERS:
        if domain in {provider.replace(".", ""), provider.partition(".")[0]}:
            return provider
    dotless = _DOTLESS_COM.fullmatch(domain)
    return f"{dotless[1]}.com" if dotless else domain


@cache
def _slips() -> dict[str, str]:
    """Each likely slip of a provider's domain, and the domain. Short names get none: `q.com` and `123.com` exist."""
    slips = {}
    for domain in _PROVIDERS:
        name = domain.partition(".")[0]
        wrong = [f"{name}.{end}" for end in _NEARLY_COM]
        if len(name) > 4:  # noqa: PLR2004 - from five letters on a slip is likelier than another name
            wrong += [f"{slip}.com" for slip in _slips_of(name)]
        slips.update(dict.fromkeys(wrong, domain))
    return {slip: domain for slip, domain in slips.items() if slip not in _OTHERS and slip not in _PROVIDERS}


def _slips_of(name: str) -> Iterator[str]:
    """One letter left out, doubled, swapped with the next, or the key beside it. The first letter stays, but for
    doubling and swapping: `email.com`, `mail.com`, `ymail.com` and `cloud.com` exist."""
    for i, letter in enumerate(name):
        yield name[:i] + letter + name[i:]
        if i + 1 < len(name):
            yield name[:i] + name[i + 1] + letter + name[i + 2 :]
        if i > 0:
            yield name[:i] + name[i + 1 :]
            for key in _beside(letter):
                yield name[:i] + key + name[i + 1 :]


def _beside(key: str) -> Iterator[str]:
    for row, keys in enumerate(_KEYBOARD):
        i = keys.find(key)
        if i >= 0:
            yield from keys[max(i - 1, 0) : i] + keys[i + 1 : i + 2]
            if row > 0:
                yield from _KEYBOARD[row - 1][i : i + 2]
            if row + 1 < len(_KEYBOARD):
                yield from _KEYBOARD[row + 1][max(i - 1, 0) : i + 1]
