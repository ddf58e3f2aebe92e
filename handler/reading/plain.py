"""Plain lists to rows: one address on a line, or many with commas, semicolons or spaces between them.

Each address is a row of its own, with the line it stands on. `Last, First <a@b>` is one address; bullets, numbers and
names beside an address are no part of it. What is between two separators and is no address is a row too, so that the
report can name it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import Final

from handler.limits import PIECE_BYTES, RECORD_CHARS
from handler.reading.consent_words import Verdict, says_no, state_of
from handler.reading.delimited import ENDLESS, mend
from handler.reading.habit import PLAIN, Habit, habit_of, has_at, is_comment, is_name, without_marks, without_words
from handler.reading.streams import split, whole_lines
from handler.reading.tables import RowBlock

_MARKS: Final = ',; \t<"，；、\u3000(:：（[和及与與'
"""A piece of text without any of these has one address on each line."""
_SEPARATOR: Final = re.compile(r"[,;，；、][,;，；、\s]*")
"""With all that follows it: what stands between two of them and is not there is no entry."""
_JOINED: Final = re.compile(
    r"(@[A-Za-z0-9.-]+\.[A-Za-z]{2,})(?:\s*[和及与與、]\s*|\s+(?:and|und|et|y|e|or|oder|ou|&)\s+)(?=[\w.+-]+@)",
    re.ASCII,
)
"""`a@b.c and d@e.f`."""
_MAILTO: Final = re.compile(r"[\[<]\s*mailto:\s*([^\]>\s]+)\s*[\]>]", re.IGNORECASE)
"""Outlook's `Ada [mailto:a@b.c]`."""
_BARS: Final = re.compile(r"\t|\s\|\s|(?<=\w)\|(?=\w)")
"""Between several addresses on a line they are separators, too."""
_PART: Final = re.compile(r'"[^"]*"|<[^<>]*>|[,;，；、]|[^,;，；、"<]+|["<]')
_SOMETHING: Final = re.compile(r"\w")
_ADDRESS: Final = r"[^\s@:：()（）\[\]【】<>]+@[^\s@:：()（）\[\]【】<>]+"
_LABEL: Final = re.compile(rf"([^@:：]{{1,80}})[:：](?:[^@<>:：]*<)?\s*({_ADDRESS})\s*>?")
_LABELS: Final = re.compile(r"(?:^|[,;，；、\n])\s*([^@:：,;，；、\n]{1,80})[:：]")
_BRACKET: Final = re.compile(r"[(（\[【]([^@]*)[)）\]】]")
_REMARK: Final = re.compile(rf"({_ADDRESS})\s*[(（\[【]([^@]*)[)）\]】]")
_NAME: Final = re.compile(r"[^@<>]*[(（\[【]([^@<>()（）\[\]【】]*)[)）\]】]\s*<([^@<>]+@[^@<>]+)>")
_MAILBOX: Final = re.compile(r"[^<>]*<[^<>]*>|[^<>]+|[<>]")


def blocks(texts: Iterable[str]) -> Iterator[RowBlock]:
    """The entries of a list, a blank line being a row without cells.

    Raises `SourceProblem` for an entry that does not end within RECORD_CHARS; a line may be of any length.
    """
    carry, line, continued = "", 1, False
    habit: Habit | None = None
    for text in texts:
        habit = habit or habit_of(split(text), cut)
        carry += text
        end = whole_lines(carry)
        whole = end or _between_entries(carry)
        if not whole and len(carry) > RECORD_CHARS:
            raise ENDLESS
        block, count = _block(carry[:whole], line, continued=continued, habit=habit)
        line += count if end else 0
        continued = not end and (continued or bool(whole))
        carry = carry[whole:] if end or not whole else _label_of(carry[:whole]) + carry[whole:].lstrip(",;，；、 ")
        if block.rows:
            yield block
    block, _ = _block(carry, line, continued=continued, habit=habit or PLAIN)
    if block.rows:
        yield block


def entries(line: str, habit: Habit = PLAIN) -> list[str]:
    """What one line holds, each address by itself, without bullets, numbers and names."""
    if not has_at(line):
        return [entry for entry in cut(line) if _SOMETHING.search(entry)]
    if is_comment(line, habit):
        return [line.strip()]
    found = [without_words(entry, habit) for entry in cut(without_marks(line, hashed=habit.hashed))]
    return [entry for entry in found if has_at(entry)] if habit.in_turns else found


def cut(line: str) -> list[str]:
    """What stands between the separators of a line."""
    if line.count("@") > 1:
        line = _JOINED.sub(r"\1; ", _MAILTO.sub(r"<\1>", line))
        if '"' not in line:
            line = _BARS.sub(";", line)
    if "<" not in line and '"' not in line:
        return [entry for item in _SEPARATOR.split(line) for entry in _apart(item)]
    return [
        entry
        for item in _items(line)
        for mailbox in _MAILBOX.findall(item)
        for entry in ([mailbox.strip()] if "<" in mailbox else _apart(mailbox))
    ]


def _between_entries(line: str) -> int:
    """Where a line that is too long for one piece may be cut."""
    if len(line) <= PIECE_BYTES:
        return 0
    if "<" in line:
        return line.rfind(">") + 1
    return max(map(line.rfind, ",;，；、 \t\u3000")) + 1


def _label_of(text: str) -> str:
    """What is said before a colon, and goes for the rest of a line that is cut there."""
    label = _LABELS.findall(text)[-1:]
    return f"{label[0]}: " if label and says_no(label[0]) else ""


def _block(text: str, first: int, *, continued: bool, habit: Habit) -> tuple[RowBlock, int]:
    """The rows of some lines, and how many lines they are."""
    lines = split(text)
    if habit == PLAIN and not any(mark in text for mark in _MARKS) and not continued:
        rows = [[line] if line else [] for line in lines]
        return mend(text, RowBlock(range(first, first + len(lines)), rows)), len(lines)
    rows, numbers = [], []
    for number, line in enumerate(lines, first):
        is_between = not has_at(line) and _is_between(line, number, habit)
        found = [] if is_between else _with_remarks(entries(line, habit))
        if not found and not (continued and number == first):
            found = [[]]
        rows += found
        numbers += [number] * len(found)
    return mend(text, RowBlock(numbers, rows)), len(lines)


def _is_between(line: str, number: int, habit: Habit) -> bool:
    """Whether a line without an address goes with one above or below it."""
    is_off = habit.every and (number - 1 - habit.first) % habit.every
    return bool(is_off) or (habit.below_names and is_name(line))


def _with_remarks(found: Iterable[str]) -> list[list[str]]:
    """The rows of a line; `Ada <a@b.c> (unsubscribed)` is one, with brackets and without, and what is said before a
    colon is said of all that follow."""
    rows: list[list[str]] = []
    said = ""
    for entry in found:
        bracket = _BRACKET.fullmatch(entry)
        remark = bracket[1] if bracket else entry
        if rows and not has_at(entry) and state_of(remark) is not Verdict.UNKNOWN:
            rows[-1].append(remark)
            continue
        if label := _LABEL.fullmatch(entry):
            said = label[1] if says_no(label[1]) else ""
        row = _with_remark(entry)
        rows.append([*row, said] if said and len(row) == 1 and has_at(entry) else row)
    return rows


def _with_remark(entry: str) -> list[str]:
    """Two cells for `a@b.c (unsubscribed)`, `Ada (unsubscribed) <a@b.c>` and `unsubscribed: a@b.c`, where it is no name
    that stands there."""
    if (found := _REMARK.fullmatch(entry)) and says_no(found[2]):
        return [found[1], found[2]]
    if (found := _NAME.fullmatch(entry)) and says_no(found[1]):
        return [found[2].strip(), found[1]]
    if (found := _LABEL.fullmatch(entry)) and (says_no(found[1]) or state_of(found[1]) is Verdict.SUBSCRIBED):
        return [found[2], found[1]]
    return [entry]


def _items(line: str) -> list[str]:
    """The line cut at its separators, those inside quotes and angle brackets left alone."""
    items, separators = [""], [""]
    for part in _PART.findall(line):
        if _SEPARATOR.fullmatch(part):
            items.append("")
            separators.append(part)
        else:
            items[-1] += part
    return _with_last_names(items, separators)


def _with_last_names(items: list[str], separators: list[str]) -> list[str]:
    """`Berg, Ben <ben@example.com>` is one: what stands before a comma and has no @ is a name."""
    joined: list[str] = []
    name = ""
    for item, following in zip_longest(items, separators[1:], fillvalue=""):
        whole = f"{name}, {item.strip()}" if name else item
        is_name = "@" not in item and item.strip() and following in {",", "，"}
        if is_name and "<" not in item:
            name = whole.strip()
        elif name and "<" not in item:
            joined += [*name.split(", "), item]  # no name before an address in brackets: each is an entry
            name = ""
        else:
            joined.append(whole)
            name = ""
    return joined + ([name] if name else [])


def _apart(item: str) -> list[str]:
    """Addresses with nothing but spaces between them; anything else with a space in it stays whole, to be reported."""
    item = item.strip()
    if len(item) > 1 and item[0] == item[-1] == '"':
        item = item[1:-1].strip()
    words = item.split()
    return words if words and all("@" in word for word in words) else [item] if item else []
