"""What report.html shows of a file's rows, picked as they go by: a few of each kind, whatever the file."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice

from handler import limits
from handler.judging import likely_typo
from handler.judging.data import NO_DATA
from handler.judging.verdicts import Explanation
from handler.planning.addresses import Addresses
from handler.reading.tables import RejectionReason
from handler.said import Said


@dataclass(frozen=True, slots=True)
class SampleRow:
    """One of the first rows that were rejected for a reason, to be shown to whoever owns the file."""

    line: int
    reason: RejectionReason
    text: str = field(repr=False)
    """What stands there in place of an address, cut where it is long."""
    said: Said = field(repr=False)
    suggestion: str = field(default="", repr=False)
    table: str | None = None
    """The sheet or member that its line is counted in, where the file has several."""


@dataclass(frozen=True, slots=True)
class TypoDomain:
    """A domain among the good addresses that looks like a slip of a well-known one."""

    domain: str
    meant: str
    count: int
    """Addresses with it."""


@dataclass(frozen=True, slots=True)
class SampleRecipient:
    """One of the first who are sent, with their data for the template."""

    address: str = field(repr=False)
    values: Mapping[str, str] = field(repr=False)
    """By variable, cut where they are long."""


@dataclass(frozen=True, slots=True)
class Samples:
    """What report.html shows of a file's rows. It is stored with the plan, so it stays small whatever the file."""

    rejected: tuple[SampleRow, ...] = ()
    """The first rows of each reason, in the order of the file."""
    typos: tuple[TypoDomain, ...] = ()
    """The most frequent first."""
    recipients: tuple[SampleRecipient, ...] = ()


class Sampling:
    """The rejected rows picked so far: the first of each reason."""

    def __init__(self, rows: Iterable[SampleRow] = ()) -> None:
        self._rows = list(rows)
        self._taken = Counter(row.reason for row in self._rows)

    def add(self, line: int, reason: RejectionReason, text: str, told: Explanation, table: str | None = None) -> None:
        """Picks a row, unless there are enough of its reason already."""
        if self._taken[reason] < limits.SHOWN_ROWS:
            self._taken[reason] += 1
            suggestion = _cut(told.suggestion, limits.SHOWN_CHARS)
            shown = _cut(text.strip(), limits.SHOWN_CHARS)
            place = table and _cut(table, limits.SHOWN_CHARS)
            self._rows.append(SampleRow(line, reason, shown, _with_short_texts(told.said), suggestion, place))

    @property
    def rows(self) -> tuple[SampleRow, ...]:
        return tuple(self._rows)


def first_recipients(addresses: Addresses) -> tuple[SampleRecipient, ...]:
    """The first who are sent; nobody where there are no data for the template."""
    if not addresses.data:
        return ()
    first = slice(limits.SHOWN_RECIPIENTS)
    found = zip(addresses[first], addresses.data[first], strict=True)
    return tuple(_recipient(address, data) for address, data in found if data != NO_DATA)


def _recipient(address: str, data: str) -> SampleRecipient:
    values = json.loads(data)
    return SampleRecipient(address, {name: _cut(value, limits.SHOWN_CHARS) for name, value in values.items()})


def typo_domains(addresses: Iterable[str]) -> tuple[TypoDomain, ...]:
    """The domains that look like slips of well-known ones, the most frequent first. Every address has its one @."""
    rest, slips = iter(addresses), Counter[tuple[str, str]]()
    while block := [*islice(rest, limits.GROUP_LIMIT)]:
        counts = Counter("@".join(block).split("@")[1::2])
        slips.update({(domain, meant): count for domain, count in counts.items() if (meant := likely_typo(domain))})
    typos = [TypoDomain(domain, meant, count) for (domain, meant), count in slips.items()]
    return tuple(sorted(typos, key=lambda typo: (-typo.count, typo.domain))[: limits.SHOWN_DOMAINS])


def _with_short_texts(said: Said) -> Said:
    """The service may say of an address what it likes."""
    fields = said.fields.items()
    short = {name: _cut(value, limits.SHOWN_SENTENCE) if isinstance(value, str) else value for name, value in fields}
    return Said(said.code, **short)


def _cut(text: str, longest: int) -> str:
    """The text, with an ellipsis in place of what is too much of it; of lone surrogates, which no file can hold, a
    replacement."""
    short = text if len(text) <= longest else text[: longest - 1] + "…"
    return short.encode("utf-8", "replace").decode()
