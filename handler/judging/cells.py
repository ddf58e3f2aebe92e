"""A cell -> the addresses in it, bare. What is taken off can never be part of an address that is sent."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final
from urllib.parse import unquote

from handler.reading.blanks import is_blank
from handler.reading.marks import COMMENT, bare
from handler.reading.wide import at_signs

_INVISIBLE: Final = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202d\u2060-\u2064\u2066-\u206f\ufeff]+")
"""Soft hyphen, zero-width characters, byte order mark, marks and isolates of right-to-left text: they come along when
an address is copied from a page or a PDF, nobody sees them, and email-validator refuses every one of them. U+202E is
not among them: it shows the rest backwards, so what was seen is not what is written."""

_SEPARATORS: Final = ",;，；、"
"""None of them can stand in an address, unless quoted, which is refused."""
_AROUND: Final = _SEPARATORS + (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""They and all that `str.strip` takes for a space."""

_PAIRS: Final = dict(zip("\"'<([“‘„«＜〈《「『【（＂", "\"'>)]”’“»＞〉》」』】）＂", strict=True))
_CLOSING: Final = frozenset(_PAIRS.values())
_SCHEME: Final = re.compile(r"(?:(?:mailto|smtp):\s*)+", re.IGNORECASE)
_PROXIES: Final = re.compile(r"(?:(?:smtp|x500|x400|sip|eum|spo|ex):\S+[\s;,|]*)+", re.IGNORECASE)
_PRIMARY: Final = re.compile(r"\bSMTP:([^\s;,|]+)")
"""Exchange writes all names of a mailbox in one cell, the one it sends from in capitals (`proxyAddresses`)."""
_NAMED: Final = re.compile(r"([^<>]*)<([^<>]*)>")
"""RFC 5322 3.4: `display name <address>`."""
_QUOTED: Final = re.compile(r'"[^"]*"')

_WRAPPINGS: Final = 8
"""How often something is taken off at most: each time costs a copy of the cell, which may be long."""


def addresses_in(cell: str) -> list[str]:
    """The addresses in a cell, in order: none in a blank one; what cannot be taken apart with certainty is one."""
    text = visible(cell)
    if not at_signs(text):
        return [] if is_blank(text) else [text]
    if COMMENT.match(text):
        return [text]
    primary = _PRIMARY.findall(text) if "SMTP:" in text else ()
    if len(primary) == 1 and at_signs(text) > 1 and _PROXIES.fullmatch(text):
        return [primary[0]]
    return _parts(text) or [text]


def visible(text: str) -> str:
    """The text without characters nobody sees, and without spaces of any kind around it."""
    return (text if text.isascii() else _INVISIBLE.sub("", text)).strip()


def _parts(text: str) -> list[str]:
    text = _unwrapped(text)
    pieces = _pieces(text) if at_signs(text) > 1 else [text]
    if len(pieces) > 1:
        return [part for piece in pieces for part in _parts(piece)]
    return [text] if text else []


def _unwrapped(text: str) -> str:
    for _ in range(_WRAPPINGS):
        text = text.strip(_AROUND)
        inner = _without_name(_without_pair(_without_scheme(_without_mark(text)))) if _may_be_wrapped(text) else text
        inner = bare(text) if inner == text else inner
        if inner == text:
            break
        text = inner
    return text


def _may_be_wrapped(text: str) -> bool:
    return text[-1:] in _CLOSING or text[:7].lower() == "mailto:" or text[:5].lower() == "smtp:" or text[:1] == "'"


def _without_mark(text: str) -> str:
    """Without what tells a spreadsheet that it is a text: `'a@b`, `="a@b"`."""
    if text[:2] == '="' and text[-1:] == '"':
        return text[1:]
    return text[1:] if text[:1] == "'" and text.count("'") == 1 else text


def _without_scheme(text: str) -> str:
    """The address of `mailto:a@b?subject=...` (RFC 6068), unless another one follows: then the cell is cut first."""
    scheme = _SCHEME.match(text)
    if not scheme:
        return text
    address, _, headings = text[scheme.end() :].partition("?")
    return text if "mailto:" in headings.lower() else unquote(address)


def _without_pair(text: str) -> str:
    opening, inside, closing = text[:1], text[1:-1], text[-1:]
    if len(text) > 1 and _PAIRS.get(opening) == closing and opening not in inside and closing not in inside:
        return inside
    return text


def _without_name(text: str) -> str:
    """The address of `Name <address>`. A name that holds another address is no name: two addresses in one cell."""
    found = _NAMED.fullmatch(text)
    if not found:
        return text
    name, address = _QUOTED.sub("", found[1]).strip(), found[2]
    is_same = name.strip("'").lower() == _SCHEME.sub("", address.strip(), count=1).lower()
    return text if at_signs(name) and not is_same else address


def _cutter(separators: str) -> Callable[[str], list[str]]:
    """Cuts at the separators, not inside double quotes."""
    return re.compile(rf'(?:"[^"]*"|[^"{separators}]+|")+').findall


_AT_SEPARATORS: Final = _cutter(rf"{_SEPARATORS}\r\n\t")
_AT_SPACES: Final = _cutter(r"\s")
_AT_BARS: Final = _cutter("/|／｜")
_AT_COLONS: Final = re.compile(r"\s*:::\s*").split
"""As Google Contacts writes several values."""
_AT_WORDS: Final = re.compile(r"\s+(?:and|or|und|oder|et|ou|[^\s@])\s+", re.IGNORECASE).split


def _pieces(text: str) -> list[str]:
    """The text cut into pieces where at least two of them have an @, else whole.

    A space may belong to a name, a slash and a bar to an address: there every piece must have its @.
    """
    pieces = _with_names(_AT_SEPARATORS(text))
    if sum(map(bool, map(at_signs, pieces))) > 1:
        return [piece for piece in pieces if piece.strip()]
    for cut in (_AT_COLONS, _AT_SPACES, _AT_BARS):
        pieces = _with_names(cut(text))
        if len(pieces) > 1 and all(map(at_signs, pieces)):
            return pieces
    pieces = _AT_WORDS(text)
    return pieces if all(at_signs(piece) == 1 and piece.split() == [piece] for piece in pieces) else [text]


def _with_names(pieces: list[str]) -> list[str]:
    """`Wei, Li <a@b>` is cut at its comma; here the name comes back to its address."""
    joined: list[str] = []
    name: list[str] = []
    for piece in pieces:
        if not at_signs(piece):
            name.append(piece)
        elif "<" in piece:
            joined.append(" ".join([*name, piece]))
            name = []
        else:
            joined += [*name, piece]
            name = []
    return joined + name
