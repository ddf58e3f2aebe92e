"""A rejection -> a sentence for the owner of the list. Slow, and so made for the rows that are listed only."""

from __future__ import annotations

from typing import Final

from handler.judging.refusals import refusal
from handler.judging.suggestions import suggest
from handler.judging.syntax import size
from handler.judging.verdicts import Explanation, Rejection
from handler.limits import ADDRESS_BYTES, LOCAL_PART_BYTES
from handler.reading.tables import RejectionReason

_LONGEST: Final = 200
"""Characters of a sentence: it stands in a cell of a table."""
_NAMED_CHARACTERS: Final = 5

_SENTENCES: Final[dict[RejectionReason, str]] = {
    "syntax": "This is not how an email address is written.",
    "missing_at": "There is no @ in it: an address looks like name@example.com.",
    "too_long": f"The address is longer than {ADDRESS_BYTES} bytes.",
    "domain": "What stands after the @ is not a domain that receives mail.",
    "non_ascii_local": "Before the @ there are characters other than ASCII: mail cannot be sent there.",
    "undecodable": "The row cannot be read in the file's encoding.",
    "malformed_row": "The row cannot be read as the others are.",
    "missing_column": "The row ends before the column with the address.",
    "refused_by_service": "The service did not take this address.",
}


def explain(rejection: Rejection) -> Explanation:
    """What is wrong with an address and where, in one sentence, and the address that was probably meant."""
    explained = _EXPLAINED.get(rejection.reason)
    if explained is None:
        return Explanation(_SENTENCES[rejection.reason])
    return Explanation(_short(explained(rejection.value)), suggest(rejection.value))


def _missing_at(text: str) -> str:
    for sign in "＠﹫":
        if sign in text:
            return f'The sign "{sign}" is not the at-sign of an address: that is "@".'
    return _SENTENCES["missing_at"]


def _too_long(text: str) -> str:
    local = text.partition("@")[0]
    if len(local) > LOCAL_PART_BYTES:
        return f"Before the @ there are more than {LOCAL_PART_BYTES} characters."
    if size(text) > ADDRESS_BYTES:
        return _SENTENCES["too_long"]
    return f"The address is longer than {ADDRESS_BYTES} bytes in one of the two ways to write its domain."


def _non_ascii_local(text: str) -> str:
    local = text.partition("@")[0]
    foreign = list(dict.fromkeys(char for char in local if not char.isascii()))
    shown = ", ".join(
        f'"{char}"' if char.isprintable() else f"U+{ord(char):04X}" for char in foreign[:_NAMED_CHARACTERS]
    )
    return f"Before the @ there are characters other than ASCII: {shown}. Mail cannot be sent there."


def _syntax(text: str) -> str:
    local, _, rest = text.partition("@")
    if '"' in local:
        return 'There is a quotation mark (") before the @.'
    if "<" not in local and "@" in rest:
        return "There is more than one @ in it."
    return refusal(text) or _SENTENCES["syntax"]


def _domain(text: str) -> str:
    return refusal(text) or _SENTENCES["domain"]


def _short(sentence: str) -> str:
    """The sentence, cut where it lists too much."""
    return sentence if len(sentence) <= _LONGEST else sentence[: _LONGEST - 1] + "…"


_EXPLAINED: Final = {
    "syntax": _syntax,
    "missing_at": _missing_at,
    "too_long": _too_long,
    "domain": _domain,
    "non_ascii_local": _non_ascii_local,
}
