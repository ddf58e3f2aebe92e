"""Domains that look like slips of well-known ones."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final

PROVIDERS: Final = (
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


def likely_typo(domain: str) -> str | None:
    """The domain that was probably meant by one that looks like a slip of a well-known one, or ends in `.con`."""
    domain = domain.lower()
    name, _, end = domain.rpartition(".")
    meant = f"{name}.com" if name and end in _NOT_COM else domain
    meant = _slips().get(meant, meant)
    return meant if meant != domain else None


@cache
def _slips() -> dict[str, str]:
    """Each likely slip of a provider's domain, and the domain. Short names get none: `q.com` and `123.com` exist."""
    slips = {}
    for domain in PROVIDERS:
        name = domain.partition(".")[0]
        wrong = [f"{name}.{end}" for end in _NEARLY_COM]
        if len(name) > 4:  # noqa: PLR2004 - from five letters on a slip is likelier than another name
            wrong += [f"{slip}.com" for slip in _slips_of(name)]
        slips.update(dict.fromkeys(wrong, domain))
    return {slip: domain for slip, domain in slips.items() if slip not in _OTHERS and slip not in PROVIDERS}


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
