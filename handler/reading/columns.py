"""Which column holds the addresses, and where the rows begin: judged by the first rows of a table.

Headings decide by whom they speak of; contents have a veto: a column called "email" that holds something else, beside
one that has addresses, is not it. A blank one may be: the sheet may be sorted so. Another person's column never takes
the place of the row's own. Where no heading says "email", the column with the most addresses is it. Titles, comments
and blank lines may stand above the headings.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise, zip_longest
from typing import Final

from handler.errors import SourceProblem
from handler.limits import SAMPLE_ROWS
from handler.reading.blanks import is_blank
from handler.reading.consent_headings import names_no
from handler.reading.headings import (
    Fit,
    are_parent_and_child,
    fit,
    is_of_a_login,
    is_of_the_person,
    says_whom_to_ask,
    speaks_of_another,
)
from handler.reading.own_csv import MARK, columns_named, made_up, own_columns, strip_guard, without_mark
from handler.reading.tables import Hints
from handler.reading.wide import at_signs, narrow
from handler.said import Said

_ADDRESS: Final = re.compile(
    r"""\s*"?(?:mailto:)?[^\s@<>,;:|"()\[\]]+@[^\s@<>,;:|"()\[\]]+\.[^\s@<>,;:|"()\[\].]{2,}"?\s*"""
    r"""|[^@<>]*<[^\s@<>,;]+@[^\s@<>,;]+>\s*|\s*['"]*([^\s@<>,;'"]+@[^\s@<>,;'"]+)['"]*\s*<\1>\s*""",
    re.IGNORECASE,
)
_HEADING: Final = re.compile(r"[^@.\d]{1,120}")
_NUMBER_OR_DATE: Final = re.compile(r"[\d\W]*\d[\d\W]*")
_TOP_ROWS: Final = 40
"""Headings are looked for among so many rows; exports have a dozen lines of title at most."""
_ENOUGH: Final = 0.2
"""The share of a column's cells from which on it may be the one; an "@" counts half an address."""
_CLEARLY: Final = 0.5
"""The share that overrules a heading."""
_SPARSE: Final = 0.5
"""A column with no more than this share of the addresses of another one is hardly that of the rows' people."""
_REPEATING: Final = 6
_EACH_TIMES: Final = 3
"""Addresses that stand in a column, and how often each does on average, from which on they are nobody's own."""
_MOST_TITLES: Final = 3
"""So many lines above the headings may say whom to ask; more of them are rows."""
_MOST_LISTS: Final = 4
"""Rows that may be the headings of a further list, of which so many are looked at."""
_LISTED: Final = 20
"""Headings named in a message."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What was found in the sample."""

    first_row: int
    """The index in the sample of the first row with data; the headings and what stands above them are skipped."""
    header: bool
    columns: tuple[str, ...]
    """The headings, made up where there are none, such that the table is read the same when written with them."""
    email_columns: tuple[int, ...]
    """The first one that has an address counts for a row."""
    others: tuple[int, ...] = ()
    """The columns of other people, by their headings or because few addresses repeat in them all the time."""
    is_told: bool = False
    """Whether the owner names the column, or a file of ours does, or a heading that says just "email"."""
    is_settled: bool = False
    """Whether the owner names the column, or a file of ours does."""
    doubt: tuple[str, ...] = ()
    """The headings of several columns of which nothing says which one is the row's own."""
    has_other_lists: bool = False
    """Whether the owner names no column, and others stand above or below this list, with columns of their own."""
    above: tuple[int, ...] = ()
    """The rows of the sample that stand above the headings and are no titles, for they have addresses: those of another
    table, as when lists were put one below the other."""

    def refuse_doubt(self) -> None:
        """Raises `SourceProblem` (`ambiguous_column`) where nothing says which of several columns or lists is meant."""
        if self.has_other_lists:
            raise several_lists()
        if self.doubt:
            columns = tuple(f"“{heading}”" for heading in _safe(self.doubt)[:_LISTED])
            raise SourceProblem("ambiguous_column", Said("file.ambiguous", columns=columns))

    @property
    def email_names(self) -> tuple[str, ...]:
        """What the report calls the columns with addresses."""
        return tuple(self.columns[at].strip() if self.header else made_up(at) for at in self.email_columns)


def locate(sample: Sequence[Sequence[str]], hints: Hints) -> Layout | None:
    """The layout of a table; `None` where no column holds addresses. A row without cells is a blank line.

    Raises `SourceProblem` where the owner's `email_column` is not in the table.
    """
    rows = _Rows(sample)
    if hints.email_column:
        return _as_told(rows, hints.email_column.strip())
    top = rows.heading_row()
    if top is None:
        column = rows.likeliest_column()
        return None if column is None else _by_content(rows, column)
    columns = rows.named_columns(top)
    return _layout(rows, top, columns) if columns else None


def several_lists() -> SourceProblem:
    return SourceProblem("ambiguous_column", Said("file.several_lists"))


def begins_another_list(rows: Sequence[Sequence[str]], indices: Collection[int], columns: Collection[int]) -> bool:
    """Whether one of these rows of a list, by index, holds the headings of another one, below which the addresses stand
    in other columns, or are those of other people.

    Only a cell above addresses can be such a heading: what else is in the rows is not asked, for they may be many.
    """
    if not indices:
        return False
    with_at = [at for at, cells in enumerate(zip_longest(*rows, fillvalue="")) if at_signs("".join(cells))]
    for index in indices:
        row = [narrow(cell) for cell in rows[index]]
        is_heading = any(fit(_cell(row, at)) for at in with_at) and not any("@" in cell for cell in row)
        may_head = is_heading and _heads_another_list(row, columns)
        if may_head and _Rows(rows[index : index + SAMPLE_ROWS]).heads_what_follows(0):
            return True
    return False


def no_column(sample: Sequence[Sequence[str]]) -> Said:
    """What to say of a table without a column of addresses: which ones it has, where its first row names them."""
    cells = _Rows(sample).cells
    top = next((row for row in cells if _has_something(row)), [])
    headings = _safe(top)
    if len(headings) > 1 and _could_be_headings(top, 0):
        return Said("file.no_column_of", columns=tuple(headings[:_LISTED]))
    return Said("file.no_column")


def is_address(cell: str) -> bool:
    """Whether a cell looks like one address and nothing else: a judgement about a column, not about the address."""
    return _ADDRESS.fullmatch(narrow(cell)) is not None


class _Rows:
    """The sample, and what can be asked about it."""

    def __init__(self, sample: Sequence[Sequence[str]]) -> None:
        self.cells = [[narrow(strip_guard(cell)) for cell in row] for row in sample]
        widths = Counter(len(row) for row in self.cells if _has_something(row))
        self.width = max(widths, key=lambda width: (widths[width], width), default=0)
        """The number of columns most rows have."""
        self.doubt: tuple[str, ...] = ()
        """The headings of several columns of which nothing says which one is the row's own."""

    def heading_row(self) -> int | None:
        """The row that names an address column, or that is our own; above the first address of a full row."""
        best, at = Fit.NONE, None
        for index, row in enumerate(self.cells[:_TOP_ROWS]):
            if _settles(row):
                return index
            if any(map(is_address, row)):
                if len(row) >= self.width and not _is_title(row):
                    break
                continue
            found = max(map(fit, row), default=Fit.NONE)
            if found > Fit.NONE and found >= best and (not self.above(index) or self.heads_what_follows(index)):
                best, at = found, index
        return at

    def above(self, top: int) -> tuple[int, ...]:
        """The rows above a row of headings that have addresses, and are neither titles nor comments."""
        rows = [at for at, row in enumerate(self.cells[:top]) if any(map(is_address, row)) and not _is_comment(row)]
        titles = [at for at in rows if _is_title(self.cells[at])]
        return tuple(at for at in rows if at not in titles or len(titles) > _MOST_TITLES)

    def has_other_lists(self, first: int, columns: Collection[int]) -> bool:
        """Whether another list stands above the rows that begin here, or one with other columns among them."""
        above = self.above(first)
        if len(above) > 1 or any(fit(cell) for row in self.cells[: min(above, default=0)] for cell in row):
            return True
        without = (at for at in range(first, len(self.cells)) if not any("@" in cell for cell in self.cells[at]))
        headed = (at for at in without if _heads_another_list(self.cells[at], columns))
        return any(map(self.heads_what_follows, islice(headed, _MOST_LISTS)))

    def heads_what_follows(self, index: int) -> bool:
        """Whether a row among rows with addresses is one of headings: the column it names has addresses below it, and
        nothing that stands in it stands below it once more, as in rows of data."""
        named = [at for at, cell in enumerate(self.cells[index]) if fit(cell)]
        values = [(at, cell) for at, cell in enumerate(self.cells[index]) if cell.strip()]
        below = {(at, cell) for row in self.cells[index + 1 :] for at, cell in enumerate(row)}
        return any(self._share(at, index + 1) >= _CLEARLY for at in named) and below.isdisjoint(values)

    def headings(self, top: int) -> list[str]:
        """A row of headings, each with that of its group in the row above: it holds for the columns up to the next one.

        Only where several of them speak of addresses; a single cell above them is a title.
        """
        headings, above = self.cells[top], self.cells[top - 1] if top else []
        are_groups = sum(map(bool, map(str.strip, above))) > 1 and not any("@" in cell for cell in above)
        if not are_groups or sum(map(bool, map(fit, headings))) <= 1:
            return headings
        group, found = "", []
        for above_it, heading in zip_longest(above[: len(headings)], headings, fillvalue=""):
            group = above_it.strip() or group
            found.append(f"{group} {heading}".strip() if heading.strip() else "")
        return found

    def named_columns(self, top: int) -> tuple[int, ...]:
        """The columns that hold the address of the row's person: one, or several that count one after the other.

        Where nothing tells several apart, they are in `doubt`.
        """
        own = own_columns(self.cells[top])
        headings = self.headings(top)[:own]
        if _settles(self.cells[top]) and (settled := columns_named(self.cells[top][:own])):
            return settled
        first = top + 1
        named: dict[Fit, list[int]] = {}
        for index, heading in enumerate(headings):
            named.setdefault(fit(heading), []).append(index)
        self._doubt_parents_and_children(headings, [*named.get(Fit.OWN, ()), *named.get(Fit.OTHERS, ())], first)
        filled = {index for index in range(len(headings)) if self._share(index, first) > 0}
        possible = {
            each: [at for at in found if at in filled or self._is_blank(at, first)] for each, found in named.items()
        }
        for best in (Fit.PLAIN, Fit.OWN):
            if columns := possible.get(best):
                more = [*columns, *(at for at in possible.get(Fit.OWN, ()) if at in filled and at not in columns)]
                own_ones = self._without_shared(more, filled, first, headings)
                return self._with_a_login(self._without_repeated(own_ones, top), filled, first, own)
        columns = possible.get(Fit.QUALIFIED)
        if columns and not any(self.repeats(at, first) for at in columns):
            return (
                self._unless_sparse(self._only(columns, first), filled, first) if filled & {*columns} else (columns[0],)
            )
        return self._for_want_of_better(named, filled, first, own)

    def _for_want_of_better(
        self, named: dict[Fit, list[int]], filled: set[int], first: int, own: int | None
    ) -> tuple[int, ...]:
        """Where no heading speaks of the row's person: a column without such a heading, else another person's.

        A heading that does, above what is neither addresses nor numbers, is not overruled: it is in `doubt`.
        """
        unnamed = self.own_by_content(first, own, self.cells[first - 1])
        if unnamed is not None and self._share(unnamed, first) >= _CLEARLY:
            overruled = [at for better in (Fit.PLAIN, Fit.OWN) for at in named.get(better, ())]
            headings = self.cells[first - 1]
            is_clear = is_of_a_login(_cell(headings, unnamed)) or all(self._counts(at, first) for at in overruled)
            if overruled and not is_clear:
                self.doubt = tuple(_cell(headings, at) or made_up(at) for at in (*overruled, unnamed))
            return (unnamed,)
        repeated = [at for at in named.get(Fit.REPEATED, ()) if at in filled]
        for better in (Fit.PLAIN, Fit.OWN, Fit.QUALIFIED):
            if named.get(better) and not repeated:
                return tuple(self._without_shared(named[better], filled, first, self.cells[first - 1]))
        for worse in (Fit.OTHERS, Fit.REPEATED):
            if columns := [at for at in named.get(worse, ()) if at in filled]:
                return self._only(columns, first)
        other = self.best_column(first, own)
        worst = max((each for each in named if each), default=Fit.NONE)
        if worst and (other is None or self._share(other, first) < _CLEARLY):
            return tuple(named[worst])
        return ((0,) if own == 1 else ()) if other is None else (other,)

    def _without_shared(self, columns: list[int], filled: set[int], first: int, headings: Sequence[str]) -> list[int]:
        """The columns without those in which few addresses repeat, of hosts or of a shop, if others are left of them.

        If none is, and each row has another address beside them, nothing says whose the rows are: they are in `doubt`.
        """
        alone = [at for at in columns if at in filled and not self.repeats(at, first)]
        if alone or not filled & {*columns}:
            return [at for at in columns if at not in filled or at in alone]
        beside = [at for at in sorted(filled.difference(columns)) if not self.repeats(at, first)]
        beside = [at for at in beside if self._share(at, first) >= _CLEARLY]
        is_many = max(len(self._addresses(at, first)) for at in columns) >= _REPEATING
        if beside and (is_many or not any(fit(headings[at]) == Fit.PLAIN for at in columns)):
            self.doubt = tuple(headings[at] for at in (*columns, *beside))
        return columns

    def _without_repeated(self, columns: list[int], top: int) -> list[int]:
        """Columns of one and the same heading are those of several people, unless a group above says of whom: where
        rows have addresses in both, or other headings come again as well: `Name,Email,Name,Email`."""
        headings = [*map(_plain, self.headings(top))]
        if headings != [*map(_plain, self.cells[top])]:
            return columns
        others = [heading for at, heading in enumerate(headings) if heading and at not in columns]
        are_several = len({*others}) < len(others)
        known: dict[str, int] = {}
        for at in columns:
            first = known.setdefault(headings[at], at)
            both = (row for row in self.cells[top:] if "@" in _cell(row, at) and "@" in _cell(row, first))
            if first != at and (are_several or any(both)):
                columns = [column for column in columns if column != at]
        return columns

    def _with_a_login(self, columns: list[int], filled: set[int], first: int, own: int | None) -> tuple[int, ...]:
        """The columns, and where they are blank one of what people log in with, if that is an address."""
        headings = self.cells[first - 1]
        login = None if filled & {*columns} else self.own_by_content(first, own, headings)
        if login is not None and is_of_a_login(_cell(headings, login)) and self._share(login, first) >= _CLEARLY:
            return (*columns, login)
        return tuple(columns)

    def _only(self, columns: Sequence[int], first: int) -> tuple[int, ...]:
        """The one of several columns that can be the row's own."""
        filled = [at for at in columns if self._share(at, first) > 0]
        single = [at for at in filled if not self.repeats(at, first)] or filled
        if len(single) > 1:
            self.doubt = tuple(self.cells[first - 1][at] for at in single)
        return (single[0],)

    def _unless_sparse(self, columns: tuple[int, ...], filled: set[int], first: int) -> tuple[int, ...]:
        """Where another column has far more addresses, of buyers beside a few whom they gave something, it is in doubt
        whose the rows are."""
        most = max(filled, key=lambda at: (len(self._addresses(at, first)), -at))
        if len(self._addresses(columns[0], first)) <= _SPARSE * len(self._addresses(most, first)):
            self.doubt = tuple(self.cells[first - 1][at] for at in (*columns, most))
        return columns

    def _doubt_parents_and_children(self, headings: Sequence[str], columns: Sequence[int], first: int) -> None:
        names = [headings[at] for at in columns if self._share(at, first) > 0]
        if are_parent_and_child(names) and not any(fit(heading) == Fit.PLAIN for heading in headings):
            self.doubt = tuple(names)

    def own_by_content(self, first: int, end: int | None, headings: Sequence[str]) -> int | None:
        """The column with the most addresses that is not another person's."""
        width = max((len(row) for row in self.cells[first:]), default=0)
        others = {at for at in range(width) if self.is_of_others(at, first, headings)}
        return self.best_column(first, end, others)

    def is_of_others(self, column: int, first: int, headings: Sequence[str]) -> bool:
        """Whether a column is another person's, or of people who said no: by its heading, or by what stands in it."""
        return _names_others(_cell(headings, column)) or self.repeats(column, first)

    def repeats(self, column: int, first: int) -> bool:
        """Whether few different addresses stand in the column, over and over: those of the people in charge."""
        cells = self._addresses(column, first)
        different = len({*cells})
        return different == 1 < len(cells) or (len(cells) >= _REPEATING and different * _EACH_TIMES <= len(cells))

    def _addresses(self, column: int, first: int) -> list[str]:
        return [row[column].strip().casefold() for row in self.cells[first:] if "@" in _cell(row, column)]

    def best_column(self, first: int, end: int | None = None, without: Collection[int] = ()) -> int | None:
        """The column with the most addresses from row `first` on, the leftmost of several."""
        scores: Counter[int] = Counter()
        for row in self.cells[first:]:
            for index, cell in enumerate(row[:end]):
                if "@" in cell and index not in without:
                    scores[index] += 2 if is_address(cell) else 1
        column = max(scores, key=lambda index: (scores[index], -index), default=None)
        return column if column is not None and self._share(column, first) >= _ENOUGH else None

    def likeliest_column(self) -> int | None:
        """The column of addresses where no heading says which: that with the most of them, unless there are others.

        Where nothing tells several apart, they are in `doubt`.
        """
        best = self.best_column(0)
        if best is None:
            return None
        top = self.headings_above(best)
        first = 0 if top is None else top + 1
        headings = [] if top is None else self.cells[top]
        rivals = [at for at in range(max(self.width, best + 1)) if at == best or self._rivals(at, best, first)]
        own = [at for at in rivals if not self.is_of_others(at, first, headings)]
        own = own or [at for at in rivals if not self.repeats(at, first)] or rivals
        named = [at for at in own if is_of_the_person(_cell(headings, at))]
        likely = named if len(named) == 1 else own
        if len(likely) > 1 and (top is not None or len(self.in_turns(best)) == 1):
            self.doubt = tuple(headings[at] if at < len(headings) else made_up(at) for at in likely)
        return likely[0]

    def _rivals(self, column: int, best: int, first: int) -> bool:
        """Whether a column holds about as many addresses as another one, and not the same."""
        if self._share(column, first) <= _CLEARLY:
            return False
        pairs = [(_cell(row, column), _cell(row, best)) for row in self.cells[first:]]
        both = [(one, other) for one, other in pairs if "@" in one and "@" in other]
        number, most = sum("@" in one for one, _ in pairs), sum("@" in other for _, other in pairs)
        differ = sum(_plain(one) != _plain(other) for one, other in both)
        return number >= _CLEARLY * most and differ * 2 >= len(both)

    def column_named(self, name: str) -> tuple[int, int] | None:
        """Row and column of a heading. A number may stand in any row: it is one only in the row of headings."""
        wanted = _plain(name)
        top = self.heading_row()
        is_certain = wanted.isdecimal() or (top is not None and _settles(self.cells[top]))
        rows = [] if top is None else [top]
        for index in rows if is_certain else range(min(len(self.cells), _TOP_ROWS)):
            row = self.cells[index]
            if is_certain or not any(map(is_address, row)):
                for column, cell in enumerate(row[: own_columns(row)]):
                    if _plain(without_mark(cell)) == wanted:
                        return index, column
        return None

    def in_turns(self, column: int) -> tuple[int, ...]:
        """Where names and addresses stand in turns, all the columns of addresses; else this one."""
        columns = [at for at in range(self.width) if self._share(at, 0) >= _CLEARLY and not self.repeats(at, 0)]
        gaps = {after - before for before, after in pairwise(columns)}
        return tuple(columns) if column in columns and gaps == {2} else (column,)

    def headings_above(self, column: int) -> int | None:
        """The row of headings, where no heading says "email": words above the first address, as wide as the rest.
        Workbooks leave blank cells at the end of a row out."""
        first = self._first_with_at(column)
        for index, row in enumerate(self.cells[:first]):
            if len(row) >= self.width and column < len(row) and _could_be_headings(row, column):
                return index
        return None

    def first_filled(self, column: int) -> int:
        """The first row with something in the column, comments left out."""
        for index, row in enumerate(self.cells):
            if _cell(row, column).strip() and not _is_comment(row):
                return index
        return 0

    def _first_with_at(self, column: int) -> int:
        for index, row in enumerate(self.cells):
            if "@" in _cell(row, column) and not _is_comment(row) and not _is_title(row):
                return index
        return 1

    def _share(self, column: int, first: int) -> float:
        """How much of what the column has are addresses; 0 where it has none."""
        filled = [row[column] for row in self.cells[first:] if column < len(row) and not is_blank(row[column])]
        points = sum(1.0 if is_address(cell) else 0.5 for cell in filled if "@" in cell)
        return points / len(filled) if filled else 0.0

    def _counts(self, column: int, first: int) -> bool:
        """Whether the column holds numbers or dates: how many mails, or when."""
        return all(
            is_blank(cell) or _NUMBER_OR_DATE.fullmatch(cell)
            for cell in (_cell(row, column) for row in self.cells[first:])
        )

    def _is_blank(self, column: int, first: int) -> bool:
        return all(is_blank(row[column]) for row in self.cells[first:] if column < len(row))


def _by_content(rows: _Rows, column: int) -> Layout:
    top = rows.headings_above(column)
    return _layout(rows, top, (column,)) if top is not None else _without_headings(rows, rows.in_turns(column))


def _layout(rows: _Rows, top: int, email_columns: tuple[int, ...], *, is_told: bool = False) -> Layout:
    columns = [without_mark(heading) for heading in rows.cells[top]]
    columns += map(made_up, range(len(columns), max(rows.width, email_columns[-1] + 1)))
    for column in email_columns:
        columns[column] = columns[column] or "email"
    headings = rows.headings(top)
    own = fit(_cell(headings, email_columns[0]))
    beside = (at for at in range(max(rows.width, len(headings))) if at not in email_columns)
    is_settled = is_told or _settles(rows.cells[top])
    # A file of ours has only some rows of another one: what repeats in it says nothing.
    others = [
        at for at in beside if _names_others(_cell(headings, at), own) or (not is_settled and rows.repeats(at, top + 1))
    ]
    return Layout(
        first_row=top + 1,
        header=True,
        columns=tuple(columns),
        email_columns=email_columns,
        others=tuple(others),
        is_told=is_settled or own == Fit.PLAIN,
        is_settled=is_settled,
        doubt=() if is_settled else rows.doubt,
        has_other_lists=not is_settled and rows.has_other_lists(top + 1, email_columns),
        above=rows.above(top),
    )


def _names_others(heading: str, own: Fit = Fit.NONE) -> bool:
    """Whether a heading says that the addresses below it are those of others. Beside one that says it is the `own` one,
    an address of nobody knows whom is none of the row's person."""
    is_nobodys = own >= Fit.OWN and fit(heading) == Fit.QUALIFIED
    return speaks_of_another(heading) or names_no(heading) or is_nobodys


def _without_headings(rows: _Rows, columns: tuple[int, ...]) -> Layout:
    headings = [*map(made_up, range(max(rows.width, columns[-1] + 1)))]
    for column in columns:
        headings[column] = "email"
    first = min(map(rows.first_filled, columns))
    return Layout(
        first_row=first,
        header=False,
        columns=tuple(headings),
        email_columns=columns,
        doubt=rows.doubt,
        has_other_lists=rows.has_other_lists(first, columns),
        above=rows.above(first),
    )


def _as_told(rows: _Rows, hint: str) -> Layout:
    named = rows.column_named(hint)
    if named:
        return _layout(rows, named[0], (named[1],), is_told=True)
    top = rows.heading_row()
    if hint.isdecimal() and 1 <= int(hint) <= rows.width:
        column = int(hint) - 1
        if top is None:
            return replace(
                _by_content(rows, column), email_columns=(column,), is_told=True, is_settled=True, has_other_lists=False
            )
        return _layout(rows, top, (column,), is_told=True)
    raise SourceProblem("no_email_column", _no_such_column(rows, hint, top))


def _no_such_column(rows: _Rows, hint: str, top: int | None) -> Said:
    what = f'"{_safe([hint])[0]}"' if _safe([hint]) else Said("what.that")
    if top is None and rows.width:
        top = next((index for index, row in enumerate(rows.cells) if _could_be_headings(row, 0)), None)
    there = Said("file.has_number", number=rows.width)
    if top is not None:
        there = Said("file.has_columns", columns=tuple(_safe(rows.cells[top])[:_LISTED]))
    return Said("file.no_such_column", what=what, there=there)


def _safe(headings: Iterable[str]) -> list[str]:
    """Headings as a message may repeat them: what might be an address is left out."""
    return [heading.strip()[:60] for heading in headings if heading.strip() and "@" not in heading]


def _could_be_headings(row: Sequence[str], column: int) -> bool:
    return (
        _has_something(row)
        and _HEADING.fullmatch(row[column].strip()) is not None
        and not _is_comment(row)
        and not any("@" in cell or _NUMBER_OR_DATE.fullmatch(cell) for cell in row)
    )


def _settles(row: Sequence[str]) -> bool:
    """A row of headings that says which column it is: those of a file of ours, or any with our mark."""
    return own_columns(row) is not None or any(cell.endswith(MARK) for cell in row)


def _is_comment(row: Sequence[str]) -> bool:
    return _cell(row, 0).lstrip().startswith("#")


def _is_title(row: Sequence[str]) -> bool:
    """A line that says whom to ask, as it stands above headings: `Contact:,help@example.com`."""
    words = " ".join(cell for cell in row if "@" not in cell).strip()
    return sum(bool(cell.strip()) for cell in row) <= 2 and says_whom_to_ask(words)  # noqa: PLR2004


def _heads_another_list(row: Sequence[str], columns: Collection[int]) -> bool:
    """Whether these may be headings by which the addresses stand in other columns, or are those of other people."""
    fits = [(at in columns, fit(cell)) for at, cell in enumerate(row)]
    return any(found == Fit.OTHERS if is_ours else found >= Fit.OWN for is_ours, found in fits)


def _cell(row: Sequence[str], column: int) -> str:
    return row[column] if column < len(row) else ""


def _has_something(row: Sequence[str]) -> bool:
    return any(cell.strip() for cell in row)


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())
