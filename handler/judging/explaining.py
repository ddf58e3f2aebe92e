"""A rejection -> what to say of it to the owner of the list. Slow, and so made for the rows that are listed only."""

from __future__ import annotations

from typing import Final

from handler.judging.suggestions import suggest
from handler.judging.syntax import asked, judge, size
from handler.judging.verdicts import Explanation, Rejection
from handler.limits import ADDRESS_BYTES, LOCAL_PART_BYTES
from handler.said import Said

_LONGEST: Final = 200
"""Characters of what email-validator says: it stands in a cell of a table."""
_NAMED_CHARACTERS: Final = 5


def explain(rejection: Rejection) -> Explanation:
    """What is wrong with an address and where, in one sentence, and the address that was probably meant."""
    if rejection.reason == "address_elsewhere":
        verdict = judge(rejection.value)
        suggestion = verdict if isinstance(verdict, str) else suggest(rejection.value)
        return Explanation(Said("row.elsewhere"), suggestion)
    return Explanation(_EXPLAINED[rejection.reason](rejection.value), suggest(rejection.value))


def _missing_at(text: str) -> Said:
    sign = next(filter(text.__contains__, "＠﹫"), None)
    return Said("row.other_at", sign=sign) if sign else Said("row.missing_at")


def _too_long(text: str) -> Said:
    local = text.partition("@")[0]
    if len(local) > LOCAL_PART_BYTES:
        return Said("row.too_long_local", characters=LOCAL_PART_BYTES)
    return Said("row.too_long" if size(text) > ADDRESS_BYTES else "row.too_long_domain", bytes=ADDRESS_BYTES)


def _non_ascii_local(text: str) -> Said:
    local = text.partition("@")[0]
    foreign = list(dict.fromkeys(char for char in local if not char.isascii()))
    shown = [f'"{char}"' if char.isprintable() else f"U+{ord(char):04X}" for char in foreign[:_NAMED_CHARACTERS]]
    return Said("row.non_ascii", characters=tuple(shown))


def _syntax(text: str) -> Said:
    local, _, rest = text.partition("@")
    if '"' in local:
        return Said("row.quote")
    if "<" not in local and "@" in rest:
        return Said("row.two_at")
    return _refused("row.syntax", text)


def _domain(text: str) -> Said:
    return _refused("row.domain", text)


def _refused(code: str, text: str) -> Said:
    """What email-validator says, cut where it lists too much."""
    found = asked(text)
    if not isinstance(found, str):
        return Said(code)
    return Said(f"{code}_why", why=found if len(found) <= _LONGEST else found[: _LONGEST - 1] + "…")


_EXPLAINED: Final = {
    "syntax": _syntax,
    "missing_at": _missing_at,
    "too_long": _too_long,
    "domain": _domain,
    "non_ascii_local": _non_ascii_local,
}
