"""Who of a file said no, in all of its tables: an address that is a no in one row is none to write to in another."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from handler import limits
from handler.errors import SourceProblem
from handler.judging import check, keys
from handler.planning.plan import GoodRows
from handler.reading.consent import Column, Only, Watch, columns_of, no_in, only_column
from handler.reading.lists_of_no import (
    Sections,
    addresses_of_no,
    file_names_no,
    lists_beside,
    lists_nobody_else,
    lists_others,
)
from handler.reading.tables import Table
from handler.said import Said

_VALUES: Final = 20
"""Different values that are counted one by one."""


@dataclass(frozen=True, slots=True)
class Label:
    """What the owner of a file says of it."""

    only: str | None = None
    """Its `x-cos-meta-only`, which wins over what is recognised."""
    name: str = ""
    """What it is called."""


class Noes:
    """The people who want no mail, found so far."""

    def __init__(self, label: Label, *, is_sent: bool = False) -> None:
        """`is_sent` is ON_NO_CONSENT=send."""
        self.column: str | None = None
        """The heading of the first column that said no."""
        self.values: Counter[str] = Counter()
        """How often each value said no; that of another column has its heading behind it."""
        self.name = label.name if label.only is None and file_names_no(label.name) else None
        """The file's, where it says that its people want no mail."""
        self._only = label.only
        self._is_sent = is_sent and label.only is None
        self._sent = 0
        self._unclear: dict[str, None] = {}
        self._known: set[int] = set()
        """Hashes of the keys: a list of people who are gone may be far longer than a group."""
        self._doubtful: defaultdict[Column, set[int]] = defaultdict(set)
        """The same of those who said no if the column is about mail, which nothing has shown so far."""
        self._table: Table | None = None
        self._columns: list[Column] = []
        self._watch: Watch | None = None
        self._beside: Sequence[int] = ()
        self._sections = Sections(is_list=False)

    @property
    def is_known(self) -> bool:
        """Whether there is anybody yet."""
        return bool(self._known)

    def has(self, key: str) -> bool:
        """Whether the address with this key is one of them."""
        return hash(key) in self._known

    def look(self, good: GoodRows, table: Table) -> Mapping[int, Said]:
        """Which of these rows say no, by index, and what is to be said of them; their people are remembered.

        Raises `SourceProblem` (`too_large`) where they are more than memory has room for.
        """
        if table is not self._table:
            self._begin(table, good)
        if self._only is not None:
            noes, _ = no_in(good.rows, self._columns)
            said = {index: _said(*found) for index, found in noes.items()}
        else:
            said = self._recognised(good, table)
        said = {index: why for index, why in said.items() if good.addresses[index]}
        if self._is_sent:
            self._sent += len(said)
            return {}
        if said:
            self._remember(keys([good.addresses[index] for index in said]))
        for why in said.values():
            if column := why.fields.get("column"):
                self.column = self.column or str(column)
                value = str(why.fields["value"])
                value = value if column == self.column else f"{value} ({column})"
                if len(self.values) < _VALUES or value in self.values:
                    self.values[value] += 1
        return said

    def end(self) -> None:
        """Nothing of the table follows: what is in doubt is settled."""
        for column in self._columns:
            doubtful = self._doubtful.pop(column, ())
            if column.is_certain and doubtful:
                if self._is_sent:
                    self._sent += len(doubtful)
                else:
                    self._add(doubtful)
            if column.is_unclear:
                self._unclear[column.name] = None
        self._columns = []

    def warnings(self) -> Collection[Said]:
        """That they are sent all the same, and which columns may mean it and cannot be understood."""
        told = [Said("warning.consent_sent", number=self._sent)] if self._sent else []
        if self._unclear:
            told.append(Said("warning.consent_unclear", number=len(self._unclear), columns=tuple(self._unclear)))
        return told

    def _begin(self, table: Table, good: GoodRows) -> None:
        self.end()
        self._table = table
        if self._only is not None:
            column = only_column(table, self._only)
            self._columns = [column] if column else []
            return
        self._columns = columns_of(table)
        self._watch, self._beside = Watch(table, self._columns), lists_beside(table)
        is_named = self.name is not None and not lists_others(table)
        self._sections = Sections(is_list=is_named or lists_nobody_else(table, good.rows))

    def _recognised(self, good: GoodRows, table: Table) -> dict[int, Said]:
        self._columns += self._watch.look(good.rows, good.addresses) if self._watch else ()
        noes, doubtful = no_in(good.rows, self._columns)
        said = {index: _said(*found) for index, found in noes.items()}
        for index in self._sections.look(good.rows, good.addresses, table):
            said[index] = Said("row.no_listed")
        for column, indices in doubtful.items():
            known = keys([good.addresses[index] for index in indices])
            if len(self._doubtful[column]) <= limits.NOES:
                self._doubtful[column].update(map(hash, filter(None, known)))
        if not self._is_sent and (cells := addresses_of_no(good.rows, good.addresses, self._beside, table)):
            self._remember(keys([*filter(None, check(cells).addresses)]))
        return said

    def _remember(self, known: Sequence[str]) -> None:
        self._add(map(hash, filter(None, known)))

    def _add(self, hashes: Iterable[int]) -> None:
        self._known.update(hashes)
        if len(self._known) > limits.NOES:
            raise SourceProblem("too_large", Said("file.noes", number=limits.NOES))


def _said(column: Column, value: str) -> Said:
    code = "row.not_only" if isinstance(column, Only) else "row.no_consent"
    return Said(code, column=column.name, value=value)
