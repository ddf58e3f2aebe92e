"""A whole column at once: the cells are joined, and one pattern runs over them in C.

The pattern only finds what may be an address. Its domain is judged once however many addresses have it; for most files
that is all there is to do. Only cells that hold something else are looked at one by one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Final

from handler.judging.cells import addresses_in
from handler.judging.syntax import ATEXT, is_good, judge, normal
from handler.judging.verdicts import Checked, Rejection
from handler.limits import ADDRESS_BYTES, LOCAL_PART_BYTES

_LONGEST_DOMAIN: Final = ADDRESS_BYTES - LOCAL_PART_BYTES - 1
_ATOM: Final = rf"[{ATEXT.replace('=', '')}]{{1,{LOCAL_PART_BYTES}}}"
_LOCAL: Final = rf"(?=[a-zA-Z0-9_]){_ATOM}(?:\.{_ATOM})*"
"""Other signs at its beginning, and a key before it (`email=`), may be no part of it."""
_CELLS: Final = re.compile(rf"[ \t\r]*({_LOCAL}@[a-zA-Z0-9.\-]{{1,{_LONGEST_DOMAIN}}})[ \t\r]*\n|.*\n")
"""One line for each cell, and in the group what may be its address. A few good ones are too long for it: they are
looked at one by one."""
_NAMED_CELLS: Final = re.compile(
    rf"[^<>@＠:\n]*<[ \t]*({_LOCAL}@[a-zA-Z0-9.\-]{{1,{_LONGEST_DOMAIN}}})[ \t]*>[ \t\r]*\n|.*\n"
)
"""The same for `Name <address>`, which address books and mail programs write: five times as fast as one by one."""
_REMEMBERED_DOMAINS: Final = 10_000


def check(cells: Sequence[str]) -> Checked:
    """The verdict on one column of cells: best some hundred to a few thousand of them at once."""
    text = _joined(cells)
    addresses: list[str] = _CELLS.findall(text)
    if "<" in text:
        left = [index for index, address in enumerate(addresses) if not address]
        for index, address in zip(left, _NAMED_CELLS.findall(_joined([cells[at] for at in left])), strict=True):
            addresses[index] = address
    if doubtful := _doubtful([*filter(None, addresses)]):
        addresses = [address if address not in doubtful else "" for address in addresses]
    if not text.islower():
        lowered = "\n".join(addresses).lower().split("\n")
        addresses = [one if one == lower else normal(one) for one, lower in zip(addresses, lowered, strict=False)]
    others: dict[int, tuple[str | Rejection, ...]] = {}
    left = [index for index, address in enumerate(addresses) if not address]
    for index, verdicts in zip(left, _one_by_one([cells[at] for at in left]), strict=True):
        match verdicts:
            case (str() as address,):
                addresses[index] = address
            case _:
                others[index] = verdicts
    return Checked(addresses, others)


def _one_by_one(cells: Sequence[str]) -> list[tuple[str | Rejection, ...]]:
    """The verdicts on the addresses in each cell."""
    return [tuple(map(judge, addresses_in(cell))) for cell in cells]


def preferred(choices: Sequence[Sequence[str]]) -> list[str]:
    """Of the cells that each row has for its address: the first with a good one in it, else the first with anything."""
    picked = [next(filter(str.strip, cells), "") for cells in choices]
    for index, verdicts in check(picked).others.items():
        if not any(isinstance(verdict, str) for verdict in verdicts):
            picked[index] = next(filter(_has_address, choices[index]), picked[index])
    return picked


def _has_address(cell: str) -> bool:
    (verdicts,) = _one_by_one([cell])
    return any(isinstance(verdict, str) for verdict in verdicts)


def _doubtful(found: Sequence[str]) -> Collection[str]:
    """What the pattern found and may yet be no good address, for its domain or for its length."""
    parts = "@".join(found).split("@")
    locals_, domains = parts[::2], parts[1::2]
    bad = {domain for domain in set(domains) if not _is_good_domain(domain)}
    doubtful = {address for address, domain in zip(found, domains, strict=False) if domain in bad} if bad else set()
    if max(map(len, locals_)) > LOCAL_PART_BYTES:
        doubtful.update([address for address in found if not is_good(address)])
    return doubtful


@lru_cache(_REMEMBERED_DOMAINS)
def _is_good_domain(domain: str) -> bool:
    return is_good(f"a@{domain}")


def keys(addresses: Sequence[str]) -> list[str]:
    """For each address the key by which duplicates are found. Two that differ only in case, or in how the domain is
    written, have the same one: members of a group may have come in by other ways than ours."""
    if not addresses:
        return []
    text = "\n".join(addresses)
    lowered = text.lower().split("\n")
    if text.isascii() and len(lowered) == len(addresses):
        return lowered
    return [(address if address.isascii() else _as_sent(address)).lower() for address in addresses]


def _as_sent(address: str) -> str:
    verdict = judge(address)
    return verdict if isinstance(verdict, str) else address


def _joined(cells: Sequence[str]) -> str:
    """Each cell with a line break behind it. One inside a cell becomes a space: no address has either."""
    text = "\n".join([*cells, ""])
    if text.count("\n") == len(cells):
        return text
    return "".join([cell.replace("\n", " ") + "\n" for cell in cells])
