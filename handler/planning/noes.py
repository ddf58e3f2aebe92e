"""Who of a file said no, in all of its tables: an address that is a no in one row is none to write to in another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Final

from handler import limits
from handler.errors import SourceProblem
from handler.planning.plan import GoodRows
from handler.reading.consent import Column, Only, columns_of, lists_nobody_else, no_in, only_column
from handler.reading.tables import Table
from handler.said import Said

_VALUES: Final = 20
"""Different values that are counted one by one."""


class Noes:
    """The people who want no mail, found so far."""

    def __init__(self, only: str | None = None, *, is_sent: bool = False) -> None:
        """`only` is the file's `x-cos-meta-only`, and wins over what is recognised; `is_sent` is ON_NO_CONSENT=send."""
        self.column: str | None = None
        """The heading of the first column that said no."""
        self.values: Counter[str] = Counter()
        self._only = only
        self._is_sent = is_sent and only is None
        self._sent = 0
        self._unclear: dict[str, None] = {}
        self._known: set[int] = set()
        """Hashes of the keys: a list of people who are gone may be far longer than a group."""
        self._table: Table | None = None
        self._columns: list[Column] = []
        self._is_list = False

    @property
    def is_known(self) -> bool:
        """Whether there is anybody yet."""
        return bool(self._known)

    def has(self, key: str) -> bool:
        """Whether the address with this key is one of them."""
        return hash(key) in self._known

    def remember(self, key: str) -> None:
        """Raises `SourceProblem` (`too_large`) where they are more than memory has room for."""
        self._known.add(hash(key))
        if len(self._known) > limits.NOES:
            raise SourceProblem("too_large", Said("file.noes", number=limits.NOES))

    def look(self, good: GoodRows, table: Table) -> Mapping[int, Said]:
        """Which of these rows say no, by index, and what is to be said of them."""
        if table is not self._table:
            self._begin(table, good)
        if self._is_list:
            said = dict.fromkeys(range(len(good.lines)), Said("row.no_listed"))
        elif self._columns:
            said = {index: _said(*found) for index, found in no_in(good.rows, self._columns).items()}
        else:
            return {}
        said = {index: why for index, why in said.items() if good.addresses[index]}
        if self._is_sent:
            self._sent += len(said)
            return {}
        for why in said.values():
            if column := why.fields.get("column"):
                self.column = self.column or str(column)
                if len(self.values) < _VALUES or why.fields["value"] in self.values:
                    self.values[str(why.fields["value"])] += 1
        return said

    def warnings(self) -> Collection[Said]:
        """That they are sent all the same, and which columns may mean it and cannot be understood."""
        told = [Said("warning.consent_sent", number=self._sent)] if self._sent else []
        if self._unclear:
            told.append(Said("warning.consent_unclear", number=len(self._unclear), columns=tuple(self._unclear)))
        return told

    def _begin(self, table: Table, good: GoodRows) -> None:
        self._table, self._columns, self._is_list = table, [], False
        if self._only is not None:
            column = only_column(table, self._only)
            self._columns = [column] if column else []
            return
        self._is_list = lists_nobody_else(table)
        self._columns, unclear = columns_of(table, good.rows)
        self._unclear.update(dict.fromkeys(unclear))


def _said(column: Column, value: str) -> Said:
    code = "row.not_only" if isinstance(column, Only) else "row.no_consent"
    return Said(code, column=column.name, value=value)
