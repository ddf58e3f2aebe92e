"""vCard 2.1 to 4.0 (RFC 6350), as address books export it: a row for each card, with its name and its addresses."""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import Final

from handler.errors import SourceProblem
from handler.limits import CARD_STEPS, FIELD_CHARS, RECORD_CELLS, SAMPLE_ROWS
from handler.reading.allowance import Allowance
from handler.reading.charset import UNDECODABLE, decode, detect, mended
from handler.reading.streams import bounded_lines, pieces
from handler.reading.tables import Hints, RowBlock, RowFault, Table
from handler.reading.tabulation import Gathering, tabulate
from handler.said import Said

_STEP: Final = 65_536
_ESCAPED: Final = re.compile(r"\\([\\,;:])")
_BROKEN: Final = RowFault("undecodable", Said("row.card_broken"))


@dataclass(slots=True)
class _Property:
    """`EMAIL;TYPE=home:anna@example.com`, its lines joined."""

    line: int
    text: str

    @property
    def name(self) -> str:
        return self.text.partition(":")[0].partition(";")[0].rpartition(".")[2].upper()

    @property
    def is_quoted_printable(self) -> bool:
        return "QUOTED-PRINTABLE" in self.text.partition(":")[0].upper()

    @property
    def value(self) -> str:
        value = self.text.partition(":")[2]
        if self.is_quoted_printable:
            raw = quopri.decodestring(value.encode("utf-8", "surrogatepass"))
            value = raw.decode("utf-8", "surrogateescape").replace("\0", "")
        return _ESCAPED.sub(r"\1", value).strip()


@dataclass(slots=True)
class _Card:
    line: int
    name: str = ""
    emails: list[str] = field(default_factory=list)

    @property
    def cells(self) -> list[str]:
        return [self.name, *self.emails] if self.name or self.emails else []

    def take(self, found: _Property) -> None:
        if found.name == "FN":
            self.name = found.value
        elif found.name == "EMAIL" and len(self.emails) < RECORD_CELLS - 1:
            self.emails.append(found.value)


def read_vcard(chunks: Iterable[bytes], hints: Hints, allowance: Allowance) -> Iterator[Table]:
    """The one table of the cards; its `lines` are those on which the cards begin.

    Raises `SourceProblem`: `damaged` where the last card does not end, `too_large`, `no_email_column`.
    """
    charset, stream = detect(chunks, hints.encoding)
    cards = _cards(_properties(_counted(decode(pieces(stream, _STEP), charset), allowance)))
    first = list(islice(cards, SAMPLE_ROWS))
    numbers = range(2, max((len(card.emails) for card in first), default=0) + 1)
    heading = ("name", "email", *(f"email {number}" for number in numbers))
    table = tabulate(_rows(chain(first, cards)), hints, "vcard", heading=heading)
    yield replace(table, facts=replace(table.facts, encoding=charset.name))


def _counted(texts: Iterable[str], allowance: Allowance) -> Iterator[str]:
    for text in texts:
        allowance.draw_steps(CARD_STEPS * text.count("\n"))
        yield text


def _properties(texts: Iterable[str]) -> Iterator[_Property]:
    """Folded lines begin with a space; quoted-printable ones end with `=`. What is long is a photograph: cut."""
    held: _Property | None = None
    for line in bounded_lines(texts):
        if held and line.text.startswith((" ", "\t")):
            held.text += line.text[1:] if len(held.text) < FIELD_CHARS else ""
        elif held and held.text.endswith("=") and held.is_quoted_printable and len(held.text) < FIELD_CHARS:
            held.text = held.text[:-1] + line.text
        else:
            if held:
                yield held
            held = _Property(line.number, line.text)
    if held:
        yield held


def _cards(properties: Iterable[_Property]) -> Iterator[_Card]:
    card: _Card | None = None
    for found in properties:
        if found.name == "BEGIN":
            card = card or _Card(found.line)
        elif found.name == "END" and card:
            yield card
            card = None
        elif card:
            card.take(found)
    if card:
        raise SourceProblem("damaged", Said("file.card_open"))


def _rows(cards: Iterable[_Card]) -> Iterator[RowBlock]:
    gathering = Gathering()
    for card in cards:
        cells = [cell[:FIELD_CHARS] for cell in card.cells]
        fault = _BROKEN if any(map(UNDECODABLE.search, cells)) else None
        gathering.add(card.line, [mended(cell) for cell in cells], sum(map(len, cells)), fault)
        if gathering.is_full:
            yield gathering.take()
    if gathering.lines:
        yield gathering.take()
