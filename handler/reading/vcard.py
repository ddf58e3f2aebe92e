"""vCard 2.1 to 4.0 (RFC 6350), as address books export it: a row for each card, with its name and its addresses, and
with those properties that the file's owner wants in the mail.

Lines are read as bytes that are not decoded yet: in vCard 2.1 each property may be in a charset of its own.
"""

from __future__ import annotations

import quopri
import re
from base64 import b64decode
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from io import IncrementalNewlineDecoder
from itertools import chain, islice
from typing import Final

from handler.limits import CARD_STEPS, FIELD_CHARS, RECORD_CELLS, SAMPLE_ROWS
from handler.reading.allowance import Allowance
from handler.reading.charset import Charset, decode, detect, mended
from handler.reading.consent_words import says_no_anywhere
from handler.reading.outside import Outside
from handler.reading.streams import bounded_lines, pieces
from handler.reading.tables import Hints, RowBlock, RowFault, Table
from handler.reading.tabulation import Gathering, tabulate
from handler.reading.variables import no_such_heading
from handler.said import Said

_STEP: Final = 65_536
_BYTES: Final = Charset("latin-1", "latin-1")
"""Each byte is a character, and comes back as what it was."""
_WIDE: Final = ("utf-16", "utf-32", "iso2022")
"""In these the byte of a line end may be half of a character."""
_PROPERTY: Final = re.compile(r'([\w.-]+)((?:;[^":\n]*(?:"[^"\n]*"[^":\n]*)*)?):', re.ASCII)
"""`item1.EMAIL;TYPE=home:`, the name with its group, and the parameters."""
_COMMON: Final = re.compile(
    r"(?:[\w-]+\.)?(?:ADR|AGENT|BDAY|BEGIN|CATEGORIES|EMAIL|END|FN|IMPP|KEY|LABEL|LOGO|N|NICKNAME|NOTE|ORG|PHOTO|REV|ROLE"
    r"|SOUND|TEL|TITLE|UID|URL|VERSION|X-[\w-]+)[;:]",
    re.ASCII | re.IGNORECASE,
)
"""Begins no line that goes on with the one before."""
_TOGETHER: Final = re.compile(r"(END:VCARD)\s*(?:\xef\xbb\xbf)?\s*(?=BEGIN:VCARD)", re.ASCII | re.IGNORECASE)
_FOLDS: Final = frozenset(" \t")
_END_CHARS: Final = len("END:VCARD")
_MARK: Final = "\xef\xbb\xbf"
"""The byte order mark of the second of two files that were put together."""
_MAY_BE_MORE: Final = frozenset({"END", "end", "End", _MARK})
_BASE64: Final = re.compile(r";(?:ENCODING=)?(?:B|BASE64)(?:;|$)", re.IGNORECASE)
_ENCODED: Final = re.compile("QUOTED-PRINTABLE|BASE64|ENCODING=B|ISO-2022", re.IGNORECASE)
_CHARSET: Final = re.compile(r';CHARSET="?([\w.:-]+)', re.ASCII | re.IGNORECASE)
_SUPERSETS: Final = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "euc-kr": "cp949",
    "big5": "big5hkscs",
    "iso-8859-1": "cp1252",
}
"""A charset as it is named, and what Windows and telephones write under that name."""
_REMARKS: Final = frozenset({"CATEGORIES", "NOTE"})
_BETWEEN: Final = re.compile(r"[,;\n]|\\n")
"""Between categories, and between the lines of a note."""
_WANTED: Final = _REMARKS | {"FN", "EMAIL"}
_EDGES: Final = frozenset({"BEGIN", "END", "AGENT"})
_READ: Final = _WANTED | _EDGES
_NO_PEOPLE: Final = (_READ - _REMARKS) | {"UID", "PRODID", "SOURCE", "PHOTO", "LOGO", "KEY", "SOUND"}
"""In whose values an "@" is no address of anybody: neither those that are read, nor marks of the program."""
_PREFERENCE: Final = re.compile(r';PREF="?(\d{1,3})\b|[;,="]PREF(?=[;,"]|$)', re.ASCII | re.IGNORECASE)
"""`PREF=1` to `PREF=100` of vCard 4.0, the lowest first; `TYPE=PREF` of 3.0, `PREF` alone of 2.1."""
_LEAST: Final = 101
_ESCAPED: Final = re.compile(r"\\([\\,;:])")
_LINE_END: Final = re.compile(r"(?<!\\)((?:\\\\)*)\\[nN]")
_STRUCTURED: Final = frozenset({"N", "ADR", "ORG"})
"""Their values have parts, with a semicolon between them (RFC 6350, 6.2.2, 6.3.1, 6.6.4)."""
_PART_END: Final = re.compile(r"(?<!\\);")
_UNREADABLE: Final = "\ufffd"
_BROKEN: Final = RowFault("undecodable", Said("row.card_broken"))


@dataclass(slots=True)
class _Property:
    """`EMAIL;TYPE=home:anna@example.com`, its lines joined."""

    line: int
    name: str
    parameters: str
    value: str

    @property
    def is_quoted_printable(self) -> bool:
        return "QUOTED-PRINTABLE" in self.parameters.upper()

    @property
    def preference(self) -> int:
        """The lower, the rather this one is meant."""
        found = _PREFERENCE.search(self.parameters)
        return int(found[1] or 1) if found else _LEAST

    def text(self, codec: str) -> str:
        """The value as it was meant, in the charset it names, else in that of the file."""
        return _unescaped(self._as_escaped(codec))

    def words(self, codec: str) -> str:
        """The same as one would write it into a mail: with its line breaks, and commas between the parts of a name, an
        address or an organisation."""
        value = _LINE_END.sub(r"\1\n", self._as_escaped(codec))
        parts = _PART_END.split(value) if self.name in _STRUCTURED else [value]
        return ", ".join(filter(None, map(_unescaped, parts)))

    def _as_escaped(self, codec: str) -> str:
        value = self.value
        if not value.isascii() or _ENCODED.search(self.parameters):
            value = self._decoded(value.encode(_BYTES.codec), codec).replace("\0", "")
        return value

    def _decoded(self, raw: bytes, codec: str) -> str:
        if self.is_quoted_printable:
            raw = quopri.decodestring(raw)
        elif _BASE64.search(self.parameters):
            with suppress(ValueError):
                raw = b64decode(raw)
        named = _CHARSET.search(self.parameters)
        told = named[1].lower() if named else "utf-8"
        for name in (_SUPERSETS.get(told, told), codec):
            with suppress(LookupError, ValueError):
                return mended(raw.decode(name))
        return raw.decode(codec, "replace")


def _unescaped(value: str) -> str:
    return (_ESCAPED.sub(r"\1", value) if "\\" in value else value).strip()


@dataclass(slots=True)
class _Card:
    line: int
    name: str = ""
    found: list[tuple[int, str]] = field(default_factory=list)
    """Its addresses, each with its preference."""
    remark: str = ""
    """What says that the person wants no mail."""
    further: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Its name once more, and the other properties that are wanted: the preferred one of each."""

    @property
    def emails(self) -> list[str]:
        """The preferred ones first, else as they come."""
        return [email for _, email in sorted(self.found, key=lambda one: one[0])]

    def cells(self, further: Sequence[str], width: int) -> list[str]:
        """Its name, what else is wanted, its addresses, and behind so many cells the remark, where there is one."""
        if not self.name and not self.found:
            return []
        cells = [self.name, *(self.further.get(name, (0, ""))[1] for name in further), *self.emails]
        if self.remark:
            cells[width:] = [*[""] * (width - len(cells)), self.remark, *cells[width:]]
        return cells

    def take(self, found: _Property, codec: str) -> None:
        if found.name == "FN":
            self.name = found.text(codec)
        if found.name in _REMARKS:
            self.remark = self.remark or next(filter(says_no_anywhere, _BETWEEN.split(found.text(codec))), "").strip()
        if found.name == "EMAIL":
            if len(self.found) < RECORD_CELLS - 1:
                self.found.append((found.preference, found.text(codec)))
        elif found.preference < self.further.get(found.name, (_LEAST + 1, ""))[0]:
            self.further[found.name] = found.preference, found.words(codec)


def read_vcard(chunks: Iterable[bytes], hints: Hints, allowance: Allowance) -> Iterator[Table]:
    """The one table of the cards; its `lines` are those on which the cards begin. Its columns are `name`, those
    properties that are wanted (`ORG`, `ADR`), and the addresses.

    Raises `SourceProblem`: `too_large`, `no_email_column`, `template_data` where no card has such a property.
    """
    charset, stream = detect(chunks, hints.encoding)
    texts, codec = _undecoded(pieces(stream, _STEP), charset)
    outside = Outside()
    further = _further(hints)
    properties = _properties(_counted(texts, allowance), outside, frozenset(further))
    cards = _cards(_without_agents(properties, outside), codec)
    first = list(islice(cards, SAMPLE_ROWS))
    there = {name for card in first for name in card.further}
    numbers = range(2, max((len(card.found) for card in first), default=0) + 1)
    emails = ("email", *(f"email {number}" for number in numbers))
    if missing := [heading for name, heading in further.items() if name not in there]:
        raise no_such_heading(missing, ("name", *sorted(there), *emails))
    heading = ("name", *further.values(), *emails)
    rows = _rows(chain(first, cards), (*further,), len(heading))
    if any(card.remark for card in first):
        heading += ("categories",)
    table = tabulate(rows, hints, "vcard", heading=heading, outside=outside)
    yield replace(table, facts=replace(table.facts, encoding=charset.name))


def _further(hints: Hints) -> dict[str, str]:
    """The properties that are wanted beside name and addresses, each with what its owner calls it."""
    known = {"name", "email"}
    return {
        heading.upper(): heading
        for heading in hints.headings or ()
        if heading.casefold() not in known and not heading.casefold().startswith("email ")
    }


def _undecoded(chunks: Iterable[bytes], charset: Charset) -> tuple[Iterator[str], str]:
    """The bytes as characters, and the codec that makes text of them."""
    if not charset.codec.startswith(_WIDE):
        return decode(chunks, replace(_BYTES, bom=charset.bom)), charset.codec
    texts = decode(chunks, charset)
    return (text.encode("utf-8", "surrogatepass").decode(_BYTES.codec) for text in texts), "utf-8"


def _counted(texts: Iterable[str], allowance: Allowance) -> Iterator[str]:
    """The texts with LF for every line end."""
    ends = IncrementalNewlineDecoder(None, translate=True)
    for text in chain(filter(None, texts), ("",)):
        translated = ends.decode(text, final=not text)
        allowance.draw_steps(CARD_STEPS * translated.count("\n"))
        yield translated


def _unfolded(texts: Iterable[str]) -> Iterator[tuple[int, str]]:
    """The lines by number. Folded ones begin with a space; quoted-printable ones end with `=`, and some telephones fold
    those as well. What is long is a photograph: cut."""
    number, held = 1, ""
    for line in bounded_lines(texts):
        text = line.text
        goes_on = held.endswith("=") and "QUOTED-PRINTABLE" in held.partition(":")[0].upper()
        if text[:1] in _FOLDS or (goes_on and not _COMMON.match(text)):
            if len(held) < FIELD_CHARS:
                held = held[: -1 if goes_on else None] + (text[1:] if text[:1] in _FOLDS else text)
            continue
        yield number, held
        number, held = line.number, text
    yield number, held


def _properties(texts: Iterable[str], outside: Outside, further: frozenset[str]) -> Iterator[_Property]:
    """Those that are read. A line that is no property is text that somebody did not fold."""
    held = _Property(0, "", "", "")
    read, no_people = _READ | further, _NO_PEOPLE | further
    for number, text in _unfolded(texts):
        for part in _parted(text) if text[:3] in _MAY_BE_MORE else (text,):
            following = _begun(held, part, number, outside, no_people)
            if following and held.name in read:
                yield held
            held = following or held
    if held.name in read:
        yield held


def _begun(held: _Property, line: str, number: int, outside: Outside, no_people: frozenset[str]) -> _Property | None:
    """The property that begins on a line; None for text that belongs to the one before."""
    found = _PROPERTY.match(line)
    if not found or _is_said_in_a_note(held, line[found.end() :]):
        outside.look(line, held.name)
        return None
    if held.name not in no_people:
        outside.look(held.value, held.name)
    return _Property(number, found[1].rpartition(".")[2].upper(), found[2], line[found.end() :])


def _parted(line: str) -> Sequence[str]:
    """`END:VCARDBEGIN:VCARD` as the two lines that it should be."""
    if len(line) <= _END_CHARS:
        return (line,)
    return _TOGETHER.sub(r"\1\n", line.removeprefix(_MARK)).split("\n")


def _is_said_in_a_note(held: _Property, value: str) -> bool:
    """`Email: ...` below the first line of a note, in a file that puts no space there itself."""
    return held.name == "NOTE" and value.startswith(" ") and not held.value.startswith(" ")


def _without_agents(properties: Iterable[_Property], outside: Outside) -> Iterator[_Property]:
    """A card inside an AGENT is another person's. One that does not end is ended by the next card."""
    depth, before = 0, ""
    for found in properties:
        edge = _edge(found)
        if edge == "BEGIN":
            depth = depth + 1 if "AGENT" in {before, found.name} else 0
        if not depth:
            yield found
        elif edge == "END":
            depth -= 1
        elif found.name == "EMAIL":
            outside.look(found.value, "AGENT")
        before = found.name


def _cards(properties: Iterable[_Property], codec: str) -> Iterator[_Card]:
    """A card without an end is ended by the next one, or with the file."""
    card: _Card | None = None
    for found in properties:
        edge = _edge(found)
        if card and edge:
            yield card
            card = None
        if edge == "BEGIN":
            card = _Card(found.line)
        elif found.name not in _EDGES:
            card = card or _Card(found.line)
            card.take(found, codec)
    if card:
        yield card


def _edge(found: _Property) -> str:
    """`BEGIN` or `END` of a card. A note may have a line that only begins like one."""
    name = found.name
    if name in {"BEGIN", "END"}:
        return name if found.value.strip().upper() == "VCARD" else ""
    return "BEGIN" if name == "AGENT" and found.value.strip().upper() == "BEGIN:VCARD" else ""


def _rows(cards: Iterable[_Card], further: Sequence[str], width: int) -> Iterator[RowBlock]:
    gathering = Gathering()
    for card in cards:
        cells = [cell[:FIELD_CHARS] for cell in card.cells(further, width)]
        is_broken = card.found and all(_UNREADABLE in email for _, email in card.found)
        gathering.add(card.line, cells, sum(map(len, cells)), _BROKEN if is_broken else None)
        if gathering.is_full:
            yield gathering.take()
    if gathering.lines:
        yield gathering.take()
