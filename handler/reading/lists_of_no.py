"""Lists of nobody but people who said no: by their names, their headings, or as exports that hold nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from handler.reading.consent import Column, is_of_no
from handler.reading.consent_words import names_no, names_yes, role_of
from handler.reading.own_csv import without_mark
from handler.reading.tables import Table

_LISTS_OF_NO: Final = tuple(
    (frozenset(headings.split()), heading, re.compile(values, re.IGNORECASE))
    for headings, heading, values in (
        # SendGrid: bounces and blocks, invalid emails, spam reports
        ("status reason email created", "status", r"\d\.\d+\.\d+.*|\d{3}|bounced?|blocked|"),
        ("reason email created", "reason", r".*(?:mail|domain|address|recipient|user|bounce|invalid|unknown|\d{3}).*|"),
        ("ip email created", "ip", r"[\d.:a-f]*"),
        # Mailgun: bounces, unsubscribes, complaints
        ("address code error created_at", "code", r"\d*"),
        ("address tags created_at", "address", r".*"),
        ("address created_at", "address", r".*"),
        # SES, Postmark
        ("emailaddress reason lastupdatetime", "reason", r"bounce|complaint|"),
        ("emailaddress suppressionreason origin createdat", "emailaddress", r".*"),
        # SparkPost
        ("recipient type source description", "type", r"(?:non[_ -])?transactional|"),
        ("recipient type source description non_transactional", "type", r"(?:non[_ -])?transactional|"),
    )
)
"""The columns of exports that list nobody but people who said no, and what must stand in one of them."""


class Sections:
    """Where a table lists people who said no: all of it, or what stands below a line such as "Unsubscribed"."""

    def __init__(self, *, is_list: bool) -> None:
        self._is_list = is_list

    def look(self, rows: Sequence[Sequence[str]], addresses: Sequence[str], table: Table) -> Iterable[int]:
        """The rows that are in such a part, by index."""
        if "" not in addresses:
            return range(len(rows)) if self._is_list else ()
        found: list[int] = []
        for index, address in enumerate(addresses):
            if not address:
                self._turn(rows[index], table)
            elif self._is_list:
                found.append(index)
        return found

    def _turn(self, row: Sequence[str], table: Table) -> None:
        filled = [at for at, cell in enumerate(row) if cell.strip()]
        if len(filled) == 1 and filled[0] in {0, *table.email_columns}:
            cell = row[filled[0]]
            if "@" not in cell and (
                filled[0] in table.email_columns or len(row) == 1 or not _is_asked(table, filled[0])
            ):
                self._is_list = names_no(cell) or (self._is_list and not names_yes(cell))


def _is_asked(table: Table, at: int) -> bool:
    return role_of(table.columns[at]) is not None


def lists_nobody_else(table: Table, rows: Sequence[Sequence[str]]) -> bool:
    """Whether the table lists nobody but people who said no: by its name, by the heading of its addresses, or as an
    export that has these columns and values."""
    if any(
        map(names_no, re.split(r": |[./]", f"{table.name or ''}: {table.title or ''}: {table.facts.records or ''}"))
    ):
        return True
    headings = [without_mark(heading) for heading in table.columns]
    if (
        table.facts.header
        and table.email_columns
        and all(names_no(heading) for at in table.email_columns for heading in headings[at : at + 1])
    ):
        return True
    plain = [heading.strip().casefold().replace(" ", "") for heading in headings]
    for columns, heading, values in _LISTS_OF_NO:
        if columns == {*plain}:
            at = plain.index(heading)
            return all(values.fullmatch(row[at].strip()) for row in rows if at < len(row))
    return False


def addresses_of_no(rows: Sequence[Sequence[str]], columns: Iterable[Column]) -> list[str]:
    """The cells with addresses in columns of people who said no, beside the row's own: `Unsubscribed emails`."""
    asked = [column.at for column in columns if is_of_no(column)]
    return [row[at] for at in asked for row in rows if at < len(row) and "@" in row[at]]
