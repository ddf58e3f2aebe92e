"""How the lines of a plain list are written: what one line alone cannot tell, the first lines of the list can.

`1.ada@example.com` may be an address; with `2.ben@example.com` below it, it is none. `john smith@example.com` is a
mistake in a list of nothing but addresses; where most lines have a name beside the address, it is one of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from handler.reading.consent_headings import names_no, names_yes
from handler.reading.consent_words import may_hold_no
from handler.reading.headings import fit
from handler.reading.marks import BULLETS, COMMENT, GLUED_BULLET, GLUED_NUMBER, KEY, bare
from handler.reading.wide import at_signs

_MOSTLY: Final = 0.5
"""The share of the lines with an address from which on something is the habit of the list."""
_SOME: Final = 2
"""So many lines with a capital word before the address, and it is a name."""
_EACH: Final = 3
"""From so many lines for each address on, those between are no list of their own."""
_LONGEST_WORDS: Final = 300
_ADDRESS: Final = re.compile(r"[^\s@＠:：()（）\[\]【】<>,;，；、\"]+[@＠][^\s@＠:：()（）\[\]【】<>,;，；、\"?&]+")
_SCHEME: Final = re.compile(r"(?:mailto|smtp|https?|ftp|sip):\S*$", re.IGNORECASE)
_GLUED_NAME: Final = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+(?=[a-zA-Z0-9_])")
"""`张三ada@example.com`"""
_NUMBER: Final = re.compile(r"\s*[(（]?(\d{1,6})[.)）、．:：]")
_JOINING: Final = frozenset({"and", "or", "und", "oder", "et", "ou", "&", "+"})
_LETTER: Final = re.compile(r"[^\W\d_]")
_A_SLIP: Final = re.compile(r"\s*(?:[a-z0-9][a-z0-9-]{0,2}(?![^\s])|\S*\w\.\w)")
"""Behind an address: the rest of its domain."""
_WORD: Final = re.compile(r"\w")
_END_OF_NAME: Final = ":：)）]】>=|,，、»\"'*"
_NAME: Final = re.compile(r"\s*(?:[^\W\d_]+(?:(?:[ ,'’-]|\. )+[^\W\d_]+){0,5}\.?|\+?[\d ()/-]{6,20})\s*")
_AT_IN_WORDS: Final = re.compile(r"\b(?:at|dot)\b", re.IGNORECASE)
_LINE_OF_WORDS: Final = re.compile(".{0,120}")


@dataclass(frozen=True, slots=True)
class Habit:
    """What the lines of one list have in common."""

    named: bool = False
    """Most are `Name a@b`."""
    noted: bool = False
    """Most are `a@b Name`."""
    some_named: bool = False
    """A few are, with a capital letter."""
    bulleted: bool = False
    """`-a@b`, `*a@b`"""
    numbered: bool = False
    """`1.a@b`, `2.b@c`"""
    keyed: bool = False
    """`email=a@b`"""
    hashed: bool = False
    """`#a@b` on every line: no comment, then."""
    in_turns: bool = False
    """Words and addresses stand in turns on a line."""
    every: int = 0
    """An address on each so-manieth line, and words on those between."""
    first: int = 0
    below_names: bool = False
    """Names and telephone numbers stand on lines of their own, above the addresses or below them."""

    @property
    def is_marked(self) -> bool:
        """Whether something is glued to the addresses."""
        return self.bulleted or self.numbered or self.keyed


PLAIN: Final = Habit()


def has_at(text: str) -> bool:
    """Whether there may be an address in it."""
    return at_signs(text) > 0


def habit_of(lines: Sequence[str], cut: Callable[[str], list[str]]) -> Habit:
    """The habit of a list that begins so; `cut` gives what stands between the separators of a line."""
    telling = [line for line in lines if has_at(line)]
    hashed = len(telling) > 1 and all(line.lstrip().startswith("#") for line in telling)
    telling = [line for line in telling if hashed or not COMMENT.match(line)]
    most = _MOSTLY * len(telling)
    numbers = [int(found[1]) for line in telling if (found := GLUED_NUMBER.match(line) or _NUMBER.match(line))]
    in_order = len(numbers) > 1 and all(after == before + 1 for before, after in pairwise(numbers))
    glued = sum(bool(GLUED_BULLET.match(line) or (in_order and GLUED_NUMBER.match(line))) for line in telling)
    marked = sum(bool(BULLETS.match(line)) for line in telling) + glued
    parted = [parts for line in telling if (parts := _parts(without_marks(line, hashed=hashed)))]
    places = [at for at, line in enumerate(lines) if has_at(line)]
    every = _rhythm(lines, places)
    return Habit(
        named=sum(bool(_WORD.search(before)) for before, _, _ in parted) > most,
        noted=sum(bool(_WORD.search(after)) for _, _, after in parted) > most,
        some_named=sum(_is_capital(before) for before, _, _ in parted) >= _SOME,
        bulleted=glued > 1 and marked > most,
        numbered=in_order and marked > most,
        keyed=sum(bool(KEY.match(line)) for line in telling) > most,
        hashed=hashed,
        in_turns=_are_in_turns([[*map(has_at, cut(line))] for line in telling]),
        every=every,
        below_names=len(telling) > 1 and not any(map(fit, lines)) and _have_names(lines) > most,
        first=places[0] if every else 0,
    )


def _have_names(lines: Sequence[str]) -> int:
    """How many addresses have a name on the line above, or below, whichever is the habit."""
    filled = [line for line in lines if line.strip()]
    pairs = [(has_at(one), has_at(other), one, other) for one, other in pairwise(filled)]
    above = sum(is_address and not before and is_name(one) for before, is_address, one, _ in pairs)
    below = sum(is_address and not behind and is_name(other) for is_address, behind, _, other in pairs)
    return max(above, below)


def is_name(line: str) -> bool:
    """Whether a line holds somebody's name, or a telephone number, and is no heading of a part of the list."""
    is_one = _NAME.fullmatch(line) is not None and not _AT_IN_WORDS.search(line)
    return is_one and not names_no(line) and not names_yes(line)


def is_comment(line: str, habit: Habit) -> bool:
    return COMMENT.match(line) is not None and not habit.hashed


def without_marks(line: str, *, hashed: bool) -> str:
    """A line without what stands before its first entry."""
    if hashed:
        line = line.lstrip("# \t")
    found = BULLETS.match(line)
    return line[found.end() :] if found else line


def without_glued(line: str, habit: Habit) -> str:
    """A line without what is glued to the address it begins with."""
    for is_there, mark in ((habit.bulleted, GLUED_BULLET), (habit.numbered, GLUED_NUMBER), (habit.keyed, KEY)):
        if is_there and (found := mark.match(line)):
            line = line[found.end() :]
    return line


def without_words(entry: str, habit: Habit) -> str:
    """The one address of an entry, where the words around it can be nothing but words."""
    entry = bare(entry)
    parts = _parts(entry)
    if not parts:
        return entry
    before, address, after = parts
    if may_hold_no((before, after)):
        return entry  # it is listed with them, not sent to
    is_alone = (habit.named or _are_words(before, address, habit)) and (habit.noted or _is_note(after))
    return address if is_alone else entry


def _parts(entry: str) -> tuple[str, str, str] | None:
    """What stands before the only address of an entry, the address, and what stands behind it."""
    if "<" in entry or at_signs(entry) != 1:
        return None
    found = _ADDRESS.search(entry[:_LONGEST_WORDS])
    if not found or len(entry) > _LONGEST_WORDS or _SCHEME.search(entry[: found.start()]):
        return None
    name = _GLUED_NAME.match(found[0]) or (KEY.match(found[0]) if found.start() else None)
    start = found.start() + (name.end() if name else 0)
    return entry[:start], entry[start : found.end()], entry[found.end() :]


def _are_words(before: str, address: str, habit: Habit) -> bool:
    words = before.split()
    if (
        not words
        or before.strip().lower() in _JOINING
        or (len(words) == 1 and habit.some_named and _is_capital(before) and not address[0].isupper())
    ):
        return True
    if _GLUED_NAME.fullmatch(before):
        return False  # of a single line nobody knows
    if not before[-1].isspace() or not before.isascii() or words[-1][-1] in _END_OF_NAME or not _WORD.search(words[-1]):
        return True
    if not _LETTER.search(before):
        return not before.strip().isdecimal()
    return before[0].isupper() and (len(words) > 1 or address.lower().startswith(before.strip().lower()))


def _is_note(after: str) -> bool:
    return not after.strip() or not _A_SLIP.match(after)


def _is_capital(before: str) -> bool:
    return before[:1].isupper() and before[-1:].isspace()


def _rhythm(lines: Sequence[str], places: Sequence[int]) -> int:
    """On every how many lines an address stands, all along; 0 where there is no such rhythm."""
    gaps = {after - before for before, after in pairwise(places)}
    if len(gaps) != 1 or (every := gaps.pop()) < _EACH or places[0] >= every or len(lines) - places[-1] > every:
        return 0
    return every if all(has_at(line) or _is_line_of_words(line) for line in lines) else 0


def _is_line_of_words(line: str) -> bool:
    return _LINE_OF_WORDS.fullmatch(line) is not None and not may_hold_no([line])


def _are_in_turns(lines: Sequence[Sequence[bool]]) -> bool:
    """Whether between any two addresses of a line stand as many words, and nobody could take it for a table."""
    places = [[at for at, is_address in enumerate(line) if is_address] for line in lines]
    gaps = {after - before for line in places for before, after in pairwise(line)}
    uneven = len(lines) == 1 or len({*map(len, lines)}) > 1
    (gap,) = gaps if len(gaps) == 1 else (1,)
    return uneven and gap > 1 and len({line[0] for line in places}) == 1 and not any(len(line) % gap for line in lines)
