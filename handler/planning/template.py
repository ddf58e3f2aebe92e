"""The data that go into the mail, of all tables of a file: the same variables for each row, and as the members of the
group have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from handler.errors import SourceProblem
from handler.judging.data import NO_DATA, RowData, data_of
from handler.planning.plan import GoodRows, Refusal
from handler.reading.tables import Table
from handler.reading.variables import DataColumns, data_columns
from handler.said import Said, Value
from handler.template_data import Variables


class MemberData(Protocol):
    """What the members of a group have."""

    @property
    def variables(self) -> frozenset[frozenset[str]]:
        """The variables of those who were looked at: the service wants the same for all."""

    def has_data(self, key: str, data: str) -> bool | None:
        """Whether the member with this comparison key has these data; `None` where nobody looked."""


class Template:
    """What is to go into the mail; nothing without `variables`."""

    def __init__(self, variables: Variables | None = None, members: MemberData | None = None) -> None:
        self.headings: Mapping[str, str] = {}
        """Each variable, and the heading of its column in the first table."""
        self.variables = variables
        self._members = members
        self._table: Table | None = None
        self._columns: DataColumns | None = None
        self.missing: Refusal | None = None
        """Why the file cannot be sent as a whole: a table has not the columns. The rows are counted all the same."""

    def begin(self, table: Table) -> None:
        """Finds the columns of the table that rows come from now. What `*` means is told by the first one."""
        if self.variables is None or self.missing or table is self._table:
            return
        try:
            self._table, self._columns = table, data_columns(table, self.variables)
        except SourceProblem as problem:
            said = problem.said if table.name is None else Said("row.in_table", table=table.name, sentence=problem.said)
            self._columns, self.missing = None, Refusal(problem.code, said)
            return
        self.headings = self.headings or dict(zip(self._columns.names, self._columns.headings, strict=True))
        if not self.variables.named:
            self.variables = Variables(tuple(self.headings.items()))

    def data_of(self, good: GoodRows) -> RowData:
        """What is sent beside each address of the present table; nothing where nothing goes into the mail."""
        if self.missing:
            return RowData([NO_DATA] * len(good.addresses))
        return data_of(self._columns, good.rows, good.addresses) if self._columns else RowData()

    def said_of_member(self, key: str, data: str) -> Said | None:
        """What is to be said to somebody in the file who is in the group already, with other data perhaps."""
        is_same = self._members is None or data == NO_DATA or self._members.has_data(key, data)
        if is_same:
            return None
        return Said("row.in_group_keeps" if is_same is None else "row.in_group_differs")

    def refusal(self) -> Refusal | None:
        """That the members of the group have other variables: the service would take nobody."""
        ours = frozenset(self.headings)
        others = [theirs for theirs in (self._members.variables if self._members else ()) if theirs != ours]
        if not others:
            return None
        said = Said("file.data_group", theirs=_listed(min(others, key=sorted)), ours=_listed(ours))
        return Refusal("template_data", said)


def _listed(variables: frozenset[str]) -> Value:
    return tuple(sorted(variables)) or Said("what.no_variables")
