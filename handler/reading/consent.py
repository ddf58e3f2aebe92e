"""Who said no: the columns of an export that tell who has unsubscribed, bounced, complained or never confirmed.

A heading and the values below it say it together: a `Status` of orders says nothing about mail. Where a column is
certainly about mail, by its heading or by one value that can mean nothing else, the rows that say no are left out; it
is told of where it has values nobody knows. The words are in `consent_headings` and `consent_words`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Final

from handler.errors import SourceProblem
from handler.reading.blanks import is_blank
from handler.reading.consent_headings import Role, is_bare_state, is_of_subscribers, may_say_no, role_of
from handler.reading.consent_words import (
    MEAN_NO,
    Verdict,
    agrees,
    is_a_no,
    is_of_another_channel,
    is_of_another_matter,
    may_hold_no,
    says_no_anywhere,
    says_no_plainly,
    says_no_within,
    state_of,
    words,
)
from handler.reading.own_csv import OUR_COLUMNS, own_columns, without_mark
from handler.reading.tables import Table
from handler.said import Said
from handler.template_data import shown

_LISTED: Final = 20
"""Headings named in a message."""
_SHOWN_CHARS: Final = 60
_FEW: Final = 100
"""Rows that are too few to tell whether values repeat."""
_TIMES: Final = 2
"""How often they do where they are states of something."""
_REMEMBERED: Final = 1_000
"""Different values of a column whose verdicts are kept."""
NO_HEADING: Final = "…"
"""What a column is called that has none, and that nobody can name."""
ANY_VALUE: Final = "…"
"""What a value is called that may be anything: a date, somebody's reason."""

_NUMBER: Final = re.compile(r"\d+(?:[.,]\d+)?")
_DATE: Final = re.compile(r"\d{4}[-/.年]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}")
_ZERO_YEAR: Final = r"(?:0\d{3}|1[0-8]\d\d|19[0-6]\d|1970|9999)"
"""Of a date that nobody set: programs begin to count in 1, 1601, 1899, 1900, 1970, or end in 9999."""
_NEVER: Final = re.compile(
    rf"-?{_ZERO_YEAR}[-/.年]\d{{1,2}}[-/.月]\d{{1,2}}(?!\d).*|\d{{1,2}}[-/.]\d{{1,2}}[-/.]{_ZERO_YEAR}(?!\d).*|\d?\d/00?/00"
    r"|\[\]|\{\}|0(?:[.,]0+)?"
)
_CONFIRMED: Final = {"registriert", "aktiviert"}
"""Of CleverReach: dates, the second of which whoever never confirmed has not."""
_PARTS: Final = re.compile(r"(?:[,;|/，；、()（）\[\]\"]|(?<!\w)'|'(?!\w)|:::|\s[-–—]+\s)+")
_ADDRESS: Final = re.compile(r"[^\s(（<]+[@＠][^\s)）>]+")


class Column:
    """One column that may say no, and what it was found to say so far."""

    is_any = False
    """Whether any value at all means no, so that values are not told apart."""
    is_told = True
    """Whether values nobody knows are worth telling of."""

    def __init__(self, at: int, name: str, *, is_certain: bool = True, is_of_else: bool = False) -> None:
        self.at = at
        self.name = name[:_SHOWN_CHARS]
        self._is_certain = is_certain
        """Whether the heading alone says that it is about mail."""
        self._is_of_else = is_of_else
        """Whether it speaks of something else: only what can mean nothing but mail counts below it."""
        self._seen: set[Verdict] = set()
        self._known: dict[str, Verdict] = {}

    def judge(self, value: str) -> Verdict:
        """What a value says."""
        raise NotImplementedError

    def look(self, values: Collection[str]) -> Mapping[str, Verdict]:
        """What these values say."""
        if len(self._known) > _REMEMBERED:
            self._known.clear()
        for value in values:
            if value not in self._known:
                self._known[value] = self.judge(value) if _says_something(value) else Verdict.YES
                self._seen.add(self._known[value])
        return self._known

    @property
    def is_certain(self) -> bool:
        """Whether it is about mail, as far as is known."""
        seen = self._seen
        return (
            self._is_certain
            or Verdict.NO in seen
            or (Verdict.OTHER not in seen and (Verdict.SUBSCRIBED in seen or (self._may_be_gone and self._is_known)))
        )

    @property
    def _may_be_gone(self) -> bool:
        return not self._is_of_else and not self._seen.isdisjoint((Verdict.GONE, Verdict.LOST))

    @property
    def _is_known(self) -> bool:
        return Verdict.GONE in self._seen or Verdict.UNKNOWN not in self._seen

    @property
    def is_unclear(self) -> bool:
        """Whether it is about mail, or might well be, and has values nobody knows."""
        unknown = self._seen & {Verdict.UNKNOWN, Verdict.OTHER}
        might_be = self.is_certain or (self._may_be_gone and Verdict.OTHER not in unknown)
        return self.is_told and might_be and bool(unknown)


class _Flag(Column):
    """A question, and what a yes to it means."""

    def __init__(self, at: int, name: str, *, yes: Verdict, no: Verdict) -> None:
        super().__init__(at, name)
        self._question = words(self.name)
        self._yes, self._no = yes, no

    def judge(self, value: str) -> Verdict:
        bare = value.strip()
        if "@" in bare:
            return Verdict.YES  # a list of its own: see `lists_of_no`
        if _NEVER.fullmatch(bare):
            return self._no
        if words(bare) == self._question:  # forms repeat the question that was ticked
            return self._yes
        if _NUMBER.fullmatch(bare) or _DATE.match(bare):
            return self._yes
        state = _state(bare)
        if state not in {Verdict.UNKNOWN, Verdict.OTHER}:
            return state
        said = agrees(bare)
        return Verdict.UNKNOWN if said is None else self._yes if said else self._no


class _Reason(Column):
    is_any = True

    def judge(self, value: str) -> Verdict:
        bare = value.strip()
        says_nothing = _NEVER.fullmatch(bare) or _ADDRESS.fullmatch(bare) or is_a_no(bare)
        return Verdict.YES if says_nothing else Verdict.NO


class _Confirmed(Column):
    """When somebody confirmed, which whoever never did has no date for."""

    is_any = True

    def look(self, values: Collection[str]) -> Mapping[str, Verdict]:
        return {value: self.judge(value) for value in values}

    def judge(self, value: str) -> Verdict:
        return Verdict.NO if is_blank(value) or _NEVER.fullmatch(value.strip()) else Verdict.YES


class _Status(Column):
    def judge(self, value: str) -> Verdict:
        state = _state(value)
        if state is Verdict.UNKNOWN and self._is_certain:
            said = bool(int(value)) if value.strip() in {"0", "1"} else agrees(value)
            return state if said is None else Verdict.YES if said else Verdict.PERHAPS_NOT
        return state


class _Beside(_Status):
    """What a list says in brackets, or a card by its categories: their other words are no states."""

    def judge(self, value: str) -> Verdict:
        state = super().judge(value)
        return Verdict.GONE if state is Verdict.LOST else state


class _Whatever(Column):
    """One whose heading says nothing, and which says no all the same."""

    is_told = False

    def judge(self, value: str) -> Verdict:
        return Verdict.NO if _says_no_in_part(value) else _state(value)


class _Note(_Whatever):
    """The same where hardly any two values are alike, so that few are looked at closely."""

    def judge(self, value: str) -> Verdict:
        says_no = may_hold_no([value]) and _says_no_in_part(value)
        return Verdict.NO if says_no else Verdict.YES


class _Curt(_Whatever):
    """The same where the heading is of something else."""

    def judge(self, value: str) -> Verdict:
        return Verdict.NO if says_no_plainly(value) else Verdict.YES


class _Ours(Column):
    """`reason` in a file of ours."""

    is_told = False

    def judge(self, value: str) -> Verdict:
        return Verdict.NO if value.strip() == "no_consent" else Verdict.YES


class Only(Column):
    """The column that `x-cos-meta-only` names: no other value than those it lists is sent."""

    is_told = False

    def __init__(self, at: int, name: str, values: Collection[str]) -> None:
        super().__init__(at, name)
        self._values = {value.strip().casefold() for value in values}

    def look(self, values: Collection[str]) -> Mapping[str, Verdict]:
        return {value: self.judge(value) for value in values}

    def judge(self, value: str) -> Verdict:
        return Verdict.YES if value.strip().casefold() in self._values else Verdict.NO


def columns_of(table: Table) -> list[Column]:
    """The columns of a table that may say no, by their headings."""
    found: list[Column] = [*_confirmed(table.columns)]
    beside: list[Column] = []
    of_subscribers = any(map(is_of_subscribers, table.columns[: own_columns(table.columns)]))
    for at, name, role in _roles(table):
        match role:
            case Role.WHEN:
                found.append(_Reason(at, name))
            case Role.NO:
                found.append(_Flag(at, name, yes=Verdict.NO, no=Verdict.YES))
            case Role.NO_BESIDE:
                beside.append(_Flag(at, name, yes=Verdict.NO, no=Verdict.YES))
            case Role.YES | Role.BESIDE:
                column = _Flag(at, name, yes=Verdict.YES, no=Verdict.NO)
                (found if role is Role.YES else beside).append(column)
            case _:
                is_certain = role is Role.MAIL or (of_subscribers and is_bare_state(name))
                found.append(_Status(at, name, is_certain=is_certain, is_of_else=role is Role.ELSE))
    if table.facts.format in {"text", "vcard"}:
        at = 1 if table.facts.format == "text" else len(table.columns)  # the first rows of a list may have shown it
        found.append(_Beside(at, "".join(table.columns[at : at + 1]) or NO_HEADING, is_certain=False))
    if (end := own_columns(table.columns)) is not None:
        found.append(_Ours(end + OUR_COLUMNS.index("reason"), OUR_COLUMNS[1]))
    return [*found, *(beside if any(not isinstance(column, _Status) for column in found) else ())]


def _confirmed(headings: Sequence[str]) -> Iterator[Column]:
    plain = [words(heading) for heading in headings]
    if _CONFIRMED.issubset(plain):
        at = plain.index("aktiviert")
        yield _Confirmed(at, headings[at].strip())


def _roles(table: Table) -> Iterator[tuple[int, str, Role]]:
    for at, heading in enumerate(table.columns[: own_columns(table.columns)]):
        name = without_mark(heading).strip()
        if at not in table.email_columns and (role := role_of(name)):
            yield at, name, role


class _Remark(Column):
    """The column of addresses, where `a@b.c (unsubscribed)` stands in it."""

    is_any = True
    is_told = False

    def judge(self, value: str) -> Verdict:
        return Verdict.NO if says_no_beside(value) else Verdict.YES


def says_no_beside(cell: str) -> bool:
    """Whether it is said beside an address."""
    return "@" in cell and may_hold_no([cell]) and _says_no_in_part(_ADDRESS.sub(" ", cell))


def without_remark(cell: str) -> str:
    """The address without what is said beside it."""
    found = _ADDRESS.search(cell)
    return found[0] if found else cell


class Watch:
    """Looks for columns whose headings say nothing of consent, and which have cells that say no all the same.

    One no among thousands of notes is found as well: that costs some 0.3 us a cell.
    """

    def __init__(self, table: Table, known: Collection[Column]) -> None:
        asked = {column.at for column in known}
        headings = table.columns[: own_columns(table.columns)]
        self._names = {
            at: without_mark(heading).strip()
            for at, heading in enumerate(headings)
            if at not in asked and not is_of_another_matter(heading) and not is_of_another_channel(words(heading))
        }
        self._email_columns = table.email_columns
        self._kinds: dict[int, type[Column]] = {
            at: _Remark if at in table.email_columns else _Whatever if may_say_no(name) else _Curt
            for at, name in self._names.items()
        }
        self._seen: dict[int, set[str]] = {at: set() for at in self._names}
        self._notes: list[int] = []
        """The columns in which hardly any two values are alike."""

    def look(self, rows: Sequence[Sequence[str]], addresses: Sequence[str]) -> list[Column]:
        """Those that were found in these rows."""
        found = [*self._look_at_notes(rows)]
        for at, seen in [*self._seen.items()]:
            if at in self._email_columns and cells_of(rows, at) == addresses:
                continue
            different = {*cells_of(rows, at)}
            fresh = different - seen
            kind = self._kinds[at]
            column = kind(at, self._names[at])
            if may_hold_no(fresh) and any(column.judge(value) is Verdict.NO for value in fresh):
                found.append(column)
                del self._seen[at]
            elif kind is _Whatever and len(rows) > _FEW and len(different) * _TIMES > len(rows):
                del self._seen[at]
                self._notes.append(at)
            elif kind is _Whatever and len(seen) < _REMEMBERED:
                seen.update(fresh)
        return found

    def _look_at_notes(self, rows: Sequence[Sequence[str]]) -> Iterator[Column]:
        for at in [*self._notes]:
            cells = cells_of(rows, at)
            note = _Note(at, self._names[at])
            if may_hold_no(cells) and any(note.judge(cell) is Verdict.NO for cell in cells):
                self._notes.remove(at)
                yield note


def cells_of(rows: Sequence[Sequence[str]], at: int) -> list[str]:
    """One column of them."""
    try:
        return [*map(itemgetter(at), rows)]
    except IndexError:
        if at >= max(map(len, rows)):
            return []
        return [row[at] if at < len(row) else "" for row in rows]


def only_column(table: Table, said: str) -> Only | None:
    """The column that the owner names, and the values that are sent: `Status=active|subscribed`. `*` sends every row,
    for which there is no column.

    Raises `SourceProblem` (`unreadable`) where the table has none of this name.
    """
    if said.strip() == "*":
        return None
    name, _, values = said.partition("=")
    wanted = " ".join(name.casefold().split())
    for at, heading in enumerate(table.columns[: own_columns(table.columns)]):
        if " ".join(without_mark(heading).casefold().split()) == wanted:
            return Only(at, without_mark(heading).strip(), values.split("|"))
    columns = tuple(
        heading.strip()[:_SHOWN_CHARS] for heading in table.columns if heading.strip() and "@" not in heading
    )
    raise SourceProblem("unreadable", Said("file.only", what=shown(name.strip()), columns=columns[:_LISTED]))


def no_in(
    rows: Sequence[Sequence[str]], columns: Iterable[Column]
) -> tuple[Mapping[int, tuple[Column, str]], Mapping[Column, Sequence[int]]]:
    """The rows that say no, by index, with the column and the value that say it; and those that do where the column
    proves to be about mail further on."""
    noes: dict[int, tuple[Column, str]] = {}
    doubtful: defaultdict[Column, list[int]] = defaultdict(list)
    for column in columns:
        values = cells_of(rows, column.at)
        different = {*values}
        verdicts = column.look(different)
        meant = {value for value in different if verdicts[value] in MEAN_NO}
        if not meant:
            continue
        is_certain = column.is_certain
        for index, value in enumerate(values):
            if value in meant:
                if is_certain or verdicts[value] is Verdict.NO:
                    noes.setdefault(index, (column, ANY_VALUE if column.is_any else value.strip()[:_SHOWN_CHARS]))
                else:
                    doubtful[column].append(index)
    return noes, doubtful


def _says_something(value: str) -> bool:
    """Whether it is not blank; the Russian "no" is a blank elsewhere."""
    return not is_blank(value) or agrees(value) is not None


def _says_no_in_part(value: str) -> bool:
    return any(map(says_no_anywhere, _parts(value))) or says_no_within(value)


def _parts(value: str) -> list[str]:
    return [part for part in _PARTS.split(value) if part.strip()]


def _state(value: str) -> Verdict:
    """What a state says, or several: the worst of them."""
    state = state_of(value)
    if state is not Verdict.UNKNOWN or not _PARTS.search(value):
        return Verdict.NO if state is Verdict.UNKNOWN and says_no_anywhere(value) else state
    states = {*map(state_of, _parts(value))} or {state}
    return next((worst for worst in _WORST_FIRST if worst in states), state)


_WORST_FIRST: Final = (
    Verdict.NO,
    Verdict.GONE,
    Verdict.LOST,
    Verdict.PERHAPS_NOT,
    Verdict.UNKNOWN,
    Verdict.OTHER,
    Verdict.SUBSCRIBED,
)
