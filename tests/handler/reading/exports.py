"""One list of 500 people, as the tools of this world export it."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field

import openpyxl

HEADINGS = ("name", "email", "city", "note")
PLACES = ("Ærø", "Łódź", "São Paulo", "München", "İzmir")
CJK_PLACES = ("上海", "東京", "廣州", "深圳", "台北")
NOTES = ("", "likes tea", 'says "hi"', "two\nlines", "a, b; c")
PLAIN_NOTES = ("", "likes tea", "VIP", "new", "a b c")


@dataclass(frozen=True)
class Person:
    """One row."""

    name: str
    email: str
    city: str
    note: str

    @property
    def cells(self) -> list[str]:
        return [self.name, self.email, self.city, self.note]


@dataclass(frozen=True)
class Export:
    """A file, and the line on which each person stands in it."""

    name: str
    data: bytes = field(repr=False)
    lines: list[int] = field(repr=False)


def people(places: tuple[str, ...], notes: tuple[str, ...]) -> list[Person]:
    return [
        Person(f"{places[at % 5]} {at}", f"Person.{at}@Mail{at % 7}.Example.org", places[at % 5], notes[at % 5])
        for at in range(500)
    ]


LATIN = people(PLACES[2:4] * 2 + PLACES[2:3], NOTES)
CENTRAL = people(PLACES, NOTES)
CJK = people(CJK_PLACES, NOTES)
PLAIN_CJK = people(CJK_PLACES, PLAIN_NOTES)
SIMPLIFIED = people(("上海", "北京", "广州", "深圳", "成都"), NOTES)
JAPANESE = people(("東京", "大阪", "京都", "札幌", "さくら"), NOTES)
TRADITIONAL = people(("台北", "廣州", "東京", "高雄", "臺中"), NOTES)
KOREAN = people(("서울", "부산", "대구", "인천", "광주"), NOTES)
RUSSIAN = people(("Москва", "Казань", "Омск", "Томск", "Пермь"), NOTES)


def exports() -> Iterator[Export]:
    """All of them; the names are unique."""
    yield from _dialects()
    yield from _charsets()
    yield from _layouts()
    yield from _lists()
    yield from _workbooks()
    yield from _json()
    yield from _packed()


def table(
    rows: list[Person], delimiter: str = ",", end: str = "\r\n", quoting: int = csv.QUOTE_MINIMAL, above: str = ""
) -> tuple[str, list[int]]:
    """A delimited file, and the line of each person; quoted line breaks count as lines."""
    text = io.StringIO(newline="")
    text.write(above)
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting)  # type: ignore[arg-type]
    writer.writerow(HEADINGS)
    line = _lines(text.getvalue())
    lines = []
    for person in rows:
        lines.append(line + 1)
        start = text.tell()
        writer.writerow(person.cells)
        line += _lines(text.getvalue()[start:])
    return text.getvalue(), lines


def _lines(text: str) -> int:
    return text.replace("\r\n", "\n").replace("\r", "\n").count("\n")


def _dialects() -> Iterator[Export]:
    for word, delimiter in (("comma", ","), ("semicolon", ";"), ("tab", "\t"), ("pipe", "|")):
        for ending, end in (("crlf", "\r\n"), ("lf", "\n")):
            text, lines = table(CJK, delimiter, end)
            yield Export(f"{word}-{ending}", text.encode(), lines)
        text, lines = table(CJK, delimiter, quoting=csv.QUOTE_ALL)
        yield Export(f"{word}-quoted", text.encode(), lines)
    text, lines = table(PLAIN_CJK, ",", "\r")
    yield Export("comma-cr", text.encode(), lines)


def _charsets() -> Iterator[Export]:
    text, lines = table(CJK)
    for charset in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"):
        yield Export(charset, text.encode(charset), lines)
    for charset, rows in (
        ("gb18030", SIMPLIFIED),
        ("big5", TRADITIONAL),
        ("shift_jis", JAPANESE),
        ("euc_jp", JAPANESE),
        ("euc_kr", KOREAN),
        ("cp1251", RUSSIAN),
        ("cp1252", LATIN),
    ):
        text, lines = table(rows, ";")
        yield Export(f"{charset}-semicolon", text.encode(charset), lines)
    text, lines = table(CENTRAL, "\t")
    yield Export("utf-16-tab", text.encode("utf-16"), lines)


def _layouts() -> Iterator[Export]:
    for name, above in (
        ("sep", "sep=,\r\n"),
        ("title", "Contacts of spring\r\n\r\n"),
        ("comment", "# exported by a tool\r\n"),
    ):
        text, lines = table(CJK, above=above)
        yield Export(name, text.encode(), lines)
    text, lines = table(CJK)
    yield Export("no-last-line-end", text.encode().rstrip(b"\r\n"), lines)
    body = text.partition("\r\n")[2]
    yield Export("no-header", body.encode(), [line - 1 for line in lines])
    chinese = text.replace("name,email,city,note", "姓名,邮箱,城市,备注", 1)
    yield Export("chinese-header", chinese.encode("gb18030"), lines)
    guarded, lines = table([Person(p.name, p.email, p.city, f"'=1+{at}") for at, p in enumerate(CJK)])
    yield Export("guarded-cells", guarded.encode(), lines)


def _lists() -> Iterator[Export]:
    addresses = [person.email for person in CJK]
    one_each = list(range(1, 501))
    yield Export("one-per-line", "\n".join(addresses).encode(), one_each)
    yield Export("one-per-line-utf-16", "\r\n".join(addresses).encode("utf-16"), one_each)
    yield Export("with-heading", "\n".join(["E-Mail", *addresses]).encode(), [line + 1 for line in one_each])
    yield Export("one-line-commas", ", ".join(addresses).encode(), [1] * 500)
    yield Export("one-line-semicolons", "; ".join(addresses).encode(), [1] * 500)
    by_ten = [" ".join(addresses[at : at + 10]) for at in range(0, 500, 10)]
    yield Export("ten-per-line-spaces", "\n".join(by_ten).encode(), [at // 10 + 1 for at in range(500)])
    named = [f'"{person.city}, {at}" <{person.email}>' for at, person in enumerate(CJK)]
    yield Export("pasted-from-a-mail", "; ".join(named).encode(), [1] * 500)


def _workbooks() -> Iterator[Export]:
    for name, first in (("xlsx", 1), ("xlsx-with-title", 3)):
        book = openpyxl.Workbook()
        sheet = book.active
        if first > 1:
            sheet.append(["Contacts of spring"])
            sheet.append([])
        sheet.append(HEADINGS)
        for person in CJK:
            sheet.append(person.cells)
        file = io.BytesIO()
        book.save(file)
        yield Export(name, file.getvalue(), [first + 1 + at for at in range(500)])


def _json() -> Iterator[Export]:
    rows = [dict(zip(HEADINGS, person.cells, strict=True)) for person in CJK]
    lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    yield Export("json-lines", lines.encode(), list(range(1, 501)))
    yield Export("json-lines-escaped", "\r\n".join(map(json.dumps, rows)).encode(), list(range(1, 501)))
    yield Export("json-array", json.dumps(rows, ensure_ascii=False).encode(), list(range(1, 501)))
    indented = "[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n"
    yield Export("json-array-by-lines", indented.encode(), list(range(2, 502)))
    yield Export("json-strings", json.dumps([person.email for person in CJK]).encode(), list(range(1, 501)))


def _packed() -> Iterator[Export]:
    text, lines = table(CJK)
    for name, data in (("csv", text.encode()), ("utf-16", text.encode("utf-16"))):
        yield Export(f"{name}-gz", gzip.compress(data), lines)
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("名单.csv", data)
            archive.writestr("__MACOSX/._x", b"junk")
        yield Export(f"{name}-zip", file.getvalue(), lines)
    workbook = next(_workbooks())
    yield Export("xlsx-gz", gzip.compress(workbook.data), workbook.lines)
    half = len(text.encode()) // 2
    halves = gzip.compress(text.encode()[:half]) + gzip.compress(text.encode()[half:])
    yield Export("csv-gz-two-members", halves, lines)
