"""A bare address -> the form to send, or the code that says what is wrong with it.

The judge is email-validator, strict, without SMTPUTF8 and without looking anything up. Of an ASCII address the pattern
below knows exactly what it would say, and some fifty times as fast; it is asked only about domains that are
international or may be (`--`), and what it says of an address that is refused. The tests hold the two against each
other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from email_validator import validate_email

from handler.judging.verdicts import Rejection
from handler.limits import ADDRESS_BYTES, LABEL_BYTES, LOCAL_PART_BYTES
from handler.reading.marks import is_glued
from handler.reading.tables import AddressFault

ATEXT: Final = r"a-zA-Z0-9!#$%&'*+\-/=?^_`{|}~"
"""RFC 5322 3.2.3: what a part before the @ is made of, besides single dots between."""
_LOCAL: Final = rf"[{ATEXT}]+(?:\.[{ATEXT}]+)*"
_LABEL: Final = r"[a-zA-Z0-9]+(?:-[a-zA-Z0-9]+)*"
"""RFC 1123 2.1, but for `--`, which may be Punycode (`xn--`) or refused (`ab--`): the slow path decides."""
RESERVED: Final = ("arpa", "invalid", "local", "localhost", "onion", "test")
"""email-validator's SPECIAL_USE_DOMAIN_NAMES: reserved, nobody receives mail there. `example.com` is not among them."""
_NOT_RESERVED: Final = "".join(rf"(?<!\.{name})" for name in RESERVED)

ADDRESS: Final = (
    rf"(?=[{ATEXT}.]{{1,{LOCAL_PART_BYTES}}}@){_LOCAL}"
    rf"@(?:(?=[a-zA-Z0-9\-]{{1,{LABEL_BYTES}}}\.){_LABEL}\.)+(?=[a-zA-Z0-9\-]{{1,{LABEL_BYTES}}}(?![a-zA-Z0-9\-])){_LABEL}"
    rf"(?<=[a-zA-Z])(?i:{_NOT_RESERVED})"
)
"""An ASCII address that email-validator takes, but for its whole length. Nothing in it can be read in two ways, so it
never takes long to fail: dots divide atoms and hold none, likewise hyphens in labels."""

_ASCII_ADDRESS: Final = re.compile(ADDRESS)
_ASCII_LOCAL: Final = re.compile(_LOCAL)

_FULL_WIDTH: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0xFE6B: 0x40}
"""As a Chinese or Japanese keyboard writes them."""

_ROLES: Final = frozenset(
    (
        *("info", "marketing", "sales", "support"),
        *("abuse", "noc", "security"),
        *("postmaster", "hostmaster", "usenet", "news", "webmaster", "www", "uucp", "ftp"),
    )
)
"""RFC 2142: mailboxes whose case never matters; email-validator lowers it."""

_REMEMBERED_DOMAINS: Final = 4096
"""email-validator takes 0.1 ms for an international domain, and a list repeats its domains."""

_KEPT: Final = 4 * ADDRESS_BYTES
"""Characters of a refused text that are kept to explain it: a cell may be long, and there may be many."""


@dataclass(frozen=True, slots=True)
class Domain:
    """As email-validator takes it."""

    ascii: str
    longest: int
    """Bytes of its longest form: an address must fit in all of them."""


def is_good(address: str) -> bool:
    """Whether this is a good ASCII address, beyond any doubt about its domain."""
    return len(address) <= ADDRESS_BYTES and _ASCII_ADDRESS.fullmatch(address) is not None


def judge(address: str) -> str | Rejection:
    """The address as it is sent, or why it cannot be. Full-width signs are meant as plain ones."""
    verdict = _judged(address)
    if address.isascii() or isinstance(verdict, str):
        return verdict
    plain = _judged(address.translate(_FULL_WIDTH))
    return plain if isinstance(plain, str) else verdict


def _judged(address: str) -> str | Rejection:
    local, at, domain = address.partition("@")
    if not at:
        return Rejection("missing_at", address[:_KEPT])
    if is_good(address) and not is_glued(address):
        return address if address.islower() else normal(address)
    reason = _fault(address, local, domain)
    if reason:
        return Rejection(reason, address[:_KEPT])
    known = _domain(domain)
    if known is None:
        return Rejection("domain", address)
    if len(local) + 1 + known.longest > ADDRESS_BYTES:
        return Rejection("too_long", address)
    return normal(f"{local}@{known.ascii}")


def normal(address: str) -> str:
    """A good ASCII address in email-validator's normal form: the domain in lower case, the rest as it is."""
    local, _, domain = address.partition("@")
    lowered = local.lower()
    return f"{lowered if lowered in _ROLES else local}@{domain.lower()}"


def size(text: str) -> int:
    """Bytes of the text in UTF-8."""
    return len(text.encode("utf-8", "replace"))


def _fault(address: str, local: str, domain: str) -> AddressFault | None:
    """What can be told without email-validator; the first fault from left to right, as it does."""
    if size(address) > ADDRESS_BYTES or len(local) > LOCAL_PART_BYTES:
        return "too_long"
    if not _ASCII_LOCAL.fullmatch(local):
        return "non_ascii_local" if _ASCII_LOCAL.fullmatch(_in_ascii(local)) else "syntax"
    if "@" in domain or is_glued(address):
        return "syntax"
    return "domain" if domain.isascii() and "--" not in domain else None


def _in_ascii(local: str) -> str:
    """With a question mark, which an address may have, for every other character."""
    return local.encode("ascii", "replace").decode("ascii")


@lru_cache(_REMEMBERED_DOMAINS)
def _domain(domain: str) -> Domain | None:
    found = asked(f"x@{domain}")
    return None if isinstance(found, str) else found


def asked(address: str) -> Domain | str:
    """What email-validator knows of the domain of an address, or its sentence where it refuses the address."""
    try:
        found = validate_email(address, strict=True, check_deliverability=False, allow_smtputf8=False)
    except ValueError as problem:  # EmailNotValidError is one, and so is what idna raises
        return str(problem)
    return Domain(found.ascii_domain, max(len(found.ascii_domain), size(found.domain)))
