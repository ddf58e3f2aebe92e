"""A whole column at once: the cells are joined, and one pattern runs over them in C.

The pattern only finds what may be an address. Its domain is judged once however many addresses have it, and what is
wrong with dots before the @ shows in the joined text; for most files that is all there is to do. Only cells that hold
something else are looked at one by one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from handler.addresses.cells import addresses_in
from handler.addresses.syntax import ATEXT, is_good, judge, normal
from handler.limits import ADDRESS_BYTES, LOCAL_PART_BYTES
from handler.values import Checked, Rejection

_LONGEST_DOMAIN: Final = ADDRESS_BYTES - LOCAL_PART_BYTES - 1
_CELLS: Final = re.compile(
    rf"[ \t\r]*([{ATEXT}.]{{1,{LOCAL_PART_BYTES}}}@[a-zA-Z0-9.\-]{{1,{_LONGEST_DOMAIN}}})[ \t\r]*\n|.*\n"
)
"""One line for each cell, and in the group what may be its address. A few good ones are too long for it: they are
looked at one by one."""
_DOTS: Final = ("..", ".@", "@.")
"""A dot that does not stand between two atoms."""
_REMEMBERED_DOMAINS: Final = 10_000


def check(cells: Sequence[str]) -> Checked:
    """The verdict on one column of cells: best some hundred to a few thousand of them at once."""
    text = _joined(cells)
    addresses: list[str] = _CELLS.findall(text)
    if not _are_good(addresses):
        addresses = [address if is_good(address) else "" for address in addresses]
    if not text.islower():
        addresses = [address if not address or address.islower() else normal(address) for address in addresses]
    others: dict[int, tuple[str | Rejection, ...]] = {}
    for index in [index for index, address in enumerate(addresses) if not address]:
        match tuple(map(judge, addresses_in(cells[index]))):
            case (str() as address,):
                addresses[index] = address
            case verdicts:
                others[index] = verdicts
    return Checked(addresses, others)


def preferred(choices: Sequence[Sequence[str]]) -> list[str]:
    """Of the cells that each row has for its address: the first with a good one in it, else the first with anything."""
    picked = [next(filter(str.strip, cells), "") for cells in choices]
    for index, verdicts in check(picked).others.items():
        if not any(isinstance(verdict, str) for verdict in verdicts):
            picked[index] = next(filter(_has_address, choices[index]), picked[index])
    return picked


def _has_address(cell: str) -> bool:
    return any(isinstance(judge(address), str) for address in addresses_in(cell))


def _are_good(found: Sequence[str]) -> bool:
    """Whether all that the pattern found are good addresses."""
    text = "@".join(filter(None, found))
    if text.startswith(".") or any(dots in text for dots in _DOTS):
        return False
    return all(map(_is_good_domain, set(text.split("@")[1::2])))


@lru_cache(_REMEMBERED_DOMAINS)
def _is_good_domain(domain: str) -> bool:
    return is_good(f"a@{domain}")


def keys(addresses: Sequence[str]) -> list[str]:
    """What doubles are told by, for each address: the same for two that differ in case, or in how the domain is
    written (members of a group may have come in otherwise than by us)."""
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
    text = "".join([cell + "\n" for cell in cells])
    if text.count("\n") == len(cells):
        return text
    return "".join([cell.replace("\n", " ") + "\n" for cell in cells])
