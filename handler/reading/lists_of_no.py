"""Lists of nobody but people who said no: by their names, their headings, or as exports that hold nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from handler.reading.consent import says_no_beside, without_remark
from handler.reading.consent_headings import Role, names_no, names_no_beside, names_yes, role_of
from handler.reading.own_csv import own_columns, without_mark
from handler.reading.tables import Table

_NESTED: Final = re.compile(r": |/")
_ENDING: Final = re.compile(r"(?:\.\w{2,5})+$")

_BOUNCE_TYPES: Final = "hard|soft|complaint"
_LISTS_OF_NO: Final = tuple(
    (frozenset(headings.split()), heading, re.compile(values, re.IGNORECASE))
    for headings, heading, values in (
        # SendGrid: bounces and blocks, invalid emails, spam reports
        ("status reason email created", "status", r"\d\.\d+\.\d+.*|\d{3}|bounced?|blocked|"),
        ("reason email created", "reason", r".*(?:mail|domain|address|recipient|user|bounce|invalid|unknown|\d{3}).*|"),
        ("ip email created", "ip", r"[\d.:a-f]*"),
        # Mailgun: bounces, unsubscribes, complaints
        ("address code error created_at", "code", r"\d*"),
        ("address code error created_at messagehash", "code", r"\d*"),
        ("address tags created_at", "address", r".*"),
        ("address created_at", "address", r".*"),
        # SendGrid: who has left a group of mails
        ("email group_id group_name created_at", "created_at", r"\d*"),
        # Bounces of listmonk
        ("id type source meta created_at email subscriber_uuid subscriber_id campaign", "type", _BOUNCE_TYPES),
        (
            "id type source meta created_at email subscriber_uuid subscriber_id subscriber_status campaign",
            *("type", _BOUNCE_TYPES),
        ),
        # SES, Postmark
        ("emailaddress reason lastupdatetime", "reason", r"bounce|complaint|"),
        ("emailaddress suppressionreason origin createdat", "emailaddress", r".*"),
        # SparkPost
        ("recipient type source description", "type", r"(?:non[_ -])?transactional|"),
        ("recipient type source description non_transactional", "type", r"(?:non[_ -])?transactional|"),
    )
)
"""The columns of exports that list nobody but people who said no, and what must stand in one of them."""
_OBJECTS: Final = re.compile(r"(meta|campaign)\..*", re.DOTALL)
"""What listmonk says of a bounce: one object for all of it."""


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
            if address and self._is_list:
                found.append(index)
            elif not address and (name := _alone(rows[index], table)):
                is_no = names_no(name) and not _is_a_value(name, rows, addresses)
                self._is_list = is_no or (self._is_list and not names_yes(name))
        return found


def _alone(row: Sequence[str], table: Table) -> str | None:
    """What stands alone in a row, where a name of what follows would stand."""
    filled = [at for at, cell in enumerate(row) if cell.strip()]
    if len(filled) != 1 or "@" in row[filled[0]]:
        return None
    at = filled[0]
    may_be = at in table.email_columns or (at == 0 and not role_of("".join(table.columns[:1])))
    return row[at] if may_be else None


def _is_a_value(name: str, rows: Sequence[Sequence[str]], addresses: Sequence[str]) -> bool:
    """Whether it stands in rows with addresses as well: `unsubscribed,ada@example.com`."""
    return any(address and name in row for address, row in zip(addresses, rows, strict=True))


def file_names_no(name: str) -> bool:
    """Whether a file is called as lists of nobody but people who said no are: `退订名单.xlsx`, `bounces.csv.gz`."""
    return names_no(_ENDING.sub("", name))


def lists_others(table: Table) -> bool:
    """Whether a table of a file that is called so is one of people who get mail all the same, by its own name."""
    return any(map(names_yes, _names(table)))


def lists_nobody_else(table: Table, rows: Sequence[Sequence[str]]) -> bool:
    """Whether the table lists nobody but people who said no: by what it is called, or the column of its addresses, or
    as an export that has these columns and values."""
    headings = [without_mark(heading) for heading in table.columns]
    own = [headings[at] for at in table.email_columns if at < len(headings)]
    if _is_named_so(table) or (table.facts.header and own and all(map(names_no, own))):
        return True
    plain = [_OBJECTS.sub(r"\1", heading.strip().casefold().replace(" ", "")) for heading in headings]
    for columns, heading, values in _LISTS_OF_NO:
        if columns == {*plain}:
            at = plain.index(heading)
            return all(values.fullmatch(row[at].strip()) for row in rows if at < len(row))
    return False


def _is_named_so(table: Table) -> bool:
    beside = [_ENDING.sub("", name) for name in table.beside]
    return any(names_no(name) or names_no_beside(name.strip(), beside) for name in _names(table))


def _names(table: Table) -> Iterator[str]:
    """Of the table, of the files it lies in, and what stands above it."""
    for name in (table.name, table.title):
        yield from (_ENDING.sub("", part) for part in _NESTED.split(name or ""))
    yield from (table.facts.records or "").split(".")
    yield from table.titles()


def lists_beside(table: Table) -> Sequence[int]:
    """The columns, beside that of the rows' own addresses, in which those of people who said no would stand."""
    return [
        at
        for at, heading in enumerate(table.columns[: own_columns(table.columns)])
        if at not in table.email_columns and (role_of(heading) is Role.NO or names_no(without_mark(heading)))
    ]


def addresses_of_no(
    rows: Sequence[Sequence[str]], addresses: Sequence[str], columns: Iterable[int], table: Table
) -> list[str]:
    """The cells with addresses of people who said no, which are no row's own: those in such columns, and those that
    cannot be sent for what is said beside them: `a@b.c (unsubscribed)`."""
    found = [row[at] for at in columns for row in rows if at < len(row) and "@" in row[at]]
    if "" in addresses:
        for address, row in zip(addresses, rows, strict=True):
            cells = () if address else (row[at] for at in table.email_columns if at < len(row))
            found += (without_remark(cell) for cell in cells if says_no_beside(cell))
    return found
