"""What email-validator says of an address that it refuses.

Of what is ASCII it is known what it would say, and said here in its words: it takes 40 ms to load, and most lists with
a few mistakes in them need it for nothing else. The tests hold the two against each other.
"""

from __future__ import annotations

import re
from typing import Final

from handler.judging.syntax import ATEXT, RESERVED, asked
from handler.limits import ADDRESS_BYTES, LABEL_BYTES, LOCAL_PART_BYTES

_NOT_BEFORE: Final = re.compile(rf"[^{ATEXT}.]")
_NOT_AFTER: Final = re.compile(r"[^a-zA-Z0-9\-.]")


def refusal(address: str) -> str | None:
    """email-validator's sentence about an address; `None` where it takes it."""
    local, at, domain = address.partition("@")
    if at and len(address) <= ADDRESS_BYTES and _is_simple(local):
        known = _of_local(local) or _of_domain(domain)
        if known:
            return known
    found = asked(address)
    return found if isinstance(found, str) else None


def _is_simple(local: str) -> bool:
    """Whether it ends at the first @ for certain, and what is wrong with it is no matter of Unicode."""
    return len(local) <= LOCAL_PART_BYTES and local.isascii() and '"' not in local and "<" not in local


def _of_local(local: str) -> str | None:
    if not local:
        return "There must be something before the @-sign."
    strange = _NOT_BEFORE.findall(local)
    if strange:
        return f"The email address contains invalid characters before the @-sign: {_names(strange)}."
    if local.endswith("."):
        return "An email address cannot have a period immediately before the @-sign."
    if local.startswith("."):
        return "An email address cannot start with a period."
    return _TWO_PERIODS if ".." in local else None


def _of_domain(domain: str) -> str | None:
    if not domain:
        return "There must be something after the @-sign."
    if not domain.isascii() or "--" in domain or domain.startswith("["):
        return None
    strange = _NOT_AFTER.findall(domain)
    if strange:
        return f"The part after the @-sign contains invalid characters: {_names(strange)}."
    return _of_marks(domain) or _of_labels(domain.split("."))


def _of_marks(domain: str) -> str | None:
    """The periods first, then the hyphens."""
    for mark, name in ((".", "period"), ("-", "hyphen")):
        if domain.endswith(mark):
            return f"An email address cannot end with a {name}."
        if domain.startswith(mark):
            return f"An email address cannot have a {name} immediately after the @-sign."
        if ".." in domain:
            return _TWO_PERIODS
    if ".-" in domain or "-." in domain:
        return "An email address cannot have a period and a hyphen next to each other."
    return None


def _of_labels(labels: list[str]) -> str | None:
    excess = next((len(label) - LABEL_BYTES for label in labels if len(label) > LABEL_BYTES), 0)
    if excess:
        many = f"({excess} character{'s' if excess > 1 else ''} too many)"
        return f"After the @-sign, periods cannot be separated by so many characters {many}."
    if len(labels) == 1:
        return "The part after the @-sign is not valid. It should have a period."
    if not labels[-1][-1].isalpha():
        return "The part after the @-sign is not valid. It is not within a valid top-level domain."
    if labels[-1].lower() in RESERVED:
        return "The part after the @-sign is a special-use or reserved name that cannot be used with email."
    return None


def _names(characters: list[str]) -> str:
    return ", ".join(sorted(set(map(_name, characters))))


def _name(character: str) -> str:
    if character == "\\":
        return '"\\"'
    if character == " ":
        return "SPACE"
    return repr(character) if character.isprintable() else f"U+{ord(character):04X}"


_TWO_PERIODS: Final = "An email address cannot have two periods in a row."
