from __future__ import annotations

import base64

import pytest

from handler.limits import RECORD_CHARS
from handler.reading import read
from handler.reading.tables import Hints
from tests.handler.reading.files import Found, found

CARDS = """BEGIN:VCARD
VERSION:3.0
N:Berg;Anna;;;
FN:Anna Berg
EMAIL;TYPE=INTERNET;TYPE=WORK:anna@example.com
END:VCARD
BEGIN:VCARD
VERSION:4.0
FN:Bert\\, the
  second
item1.EMAIL;type=pref:bert@exam
 ple.com
item2.email:bert@example.org
TEL:+49 30 1234
END:VCARD
begin:vcard
FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=E5=AE=89=
=E5=A8=9C
end:vcard
"""
ROWS = [
    ["Anna Berg", "anna@example.com"],
    ["Bert, the second", "bert@example.com", "bert@example.org"],
    ["安娜"],
]


def only(data: bytes, size: int = 50_000) -> Found:
    [table] = found(data, size)
    return table


@pytest.mark.parametrize("size", [1, 7, 100_000])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_each_card_is_a_row(encoding: str, end: str, size: int) -> None:
    """Whole, byte by byte: folded lines joined, groups and parameters left out, the line on which the card begins."""
    table = only(CARDS.replace("\n", end).encode(encoding), size)
    assert table.rows == ROWS
    assert table.lines == [1, 7, 16]
    assert table.columns == ("name", "email", "email 2")
    assert table.email_columns == (1, 2)
    assert (table.facts.format, table.facts.email_column) == ("vcard", "email")


def test_a_byte_that_does_not_decode_costs_its_cell() -> None:
    """As it stands or written `=FF`: a name is no reason to lose an address. A quoted NUL is dropped like any other."""
    card = "BEGIN:VCARD\nFN;ENCODING=QUOTED-PRINTABLE:{}\nEMAIL:a@example.com\nEND:VCARD\n"
    table = only("".join(map(card.format, ("=41=00", "=FF", "B"))).encode())
    assert table.rows == [["A", "a@example.com"], ["\ufffd", "a@example.com"], ["B", "a@example.com"]]
    broken = b"BEGIN:VCARD\nFN:\xff\nEMAIL:x@example.com\nEND:VCARD\n"
    table = only("BEGIN:VCARD\nFN:Zoë ü é à\nEMAIL:z@example.com\nEND:VCARD\n".encode() * 9 + broken)
    assert (table.rows[-1], table.faults) == (["\ufffd", "x@example.com"], {})


def test_an_address_that_does_not_decode_costs_its_card() -> None:
    """Unless the card has another one."""
    names = "BEGIN:VCARD\nFN:Zoë ü é à\nEMAIL:z@example.com\nEND:VCARD\n".encode() * 9
    broken = b"BEGIN:VCARD\nEMAIL:x\xff@example.com\nEND:VCARD\n"
    both = b"BEGIN:VCARD\nEMAIL:x\xff@example.com\nEMAIL:y@example.com\nEND:VCARD\n"
    assert only(names + broken + both).faults == {37: "undecodable"}


@pytest.mark.parametrize(
    ("parameters", "raw", "name"),
    [
        ("CHARSET=GB2312;ENCODING=QUOTED-PRINTABLE", b"=D5=C5=CE=B0", "张伟"),
        ("CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE", b"Ren=E9 M=FCller", "René Müller"),
        ("ENCODING=QUOTED-PRINTABLE;CHARSET=Windows-1251", b"=C8=E2=E0=ED", "Иван"),
        ("CHARSET=windows-1251", "Иван".encode("cp1251"), "Иван"),
        ('CHARSET="shift_jis"', "①山田".encode("cp932"), "①山田"),
        ("CHARSET=UTF-8", "张伟".encode(), "张伟"),
        ("CHARSET=klingon;ENCODING=QUOTED-PRINTABLE", b"=E5=BC=A0", "张"),
        ("CHARSET=UTF-8;ENCODING=BASE64", b"5byg5Lyf", "张伟"),
        ("ENCODING=b", b"5byg5Lyf", "张伟"),
        ("QUOTED-PRINTABLE", b"=E5=BC=A0=E4=BC=9F", "张伟"),
        ("ENCODING=QUOTED-PRINTABLE", b"Ann=\n =E5=BC=A0=\n\t=E4=BC=9F", "Ann张伟"),
        ("ENCODING=QUOTED-PRINTABLE", b"Ann=\n=E5=BC=A0=\n=E4=BC=9F", "Ann张伟"),
        ("ENCODING=QUOTED-PRINTABLE", b"Ann=", "Ann"),
        ('LANGUAGE=en;X="a:b"', b"Ann", "Ann"),
    ],
)
def test_each_property_says_how_it_is_written(parameters: str, raw: bytes, name: str) -> None:
    """Its charset and its encoding hold for its own value alone, whatever the rest of the file is in."""
    card = b"BEGIN:VCARD\nFN;" + parameters.encode() + b":" + raw + b"\nEMAIL:a@example.com\nEND:VCARD\n"
    table = only(card * 2, 7)
    assert table.rows == [[name, "a@example.com"]] * 2


@pytest.mark.parametrize("between", ["", " ", "\ufeff", "\n\ufeff", "\n\n", "\r\n", "\r", "\r\r"])
def test_cards_that_run_together_are_told_apart(between: str) -> None:
    """On one line, with the byte order marks of files that were put together, with the line ends of an old Mac."""
    cards = [f"BEGIN:VCARD\nFN:{name}\nEMAIL:{name}@example.com\nEND:VCARD" for name in ("ada", "ben", "cyd")]
    text = between.join(cards)
    if "\r" in between:
        text = text.replace("\n", between[0])
    assert [row[1] for row in only(text.encode()).rows] == ["ada@example.com", "ben@example.com", "cyd@example.com"]


def test_a_card_without_an_end_is_a_card() -> None:
    """The next one ends it, or the file does: nobody's address goes into the card of somebody else."""
    begun = "BEGIN:VCARD\nFN:Ada\nEMAIL:ada@example.com\n"
    assert only((begun * 2 + begun.rstrip()).encode()).rows == [["Ada", "ada@example.com"]] * 3
    assert only(CARDS[:-11].encode()).rows == ROWS
    stray = "BEGIN:VCARD\nFN:Ada\nEND:VCARD\nEMAIL:ada@example.com\nEND:VCARD\n"
    assert only(stray.encode()).rows == [["Ada"], ["", "ada@example.com"]]


@pytest.mark.parametrize("begin", ["AGENT:\nBEGIN:VCARD", "AGENT;X=y:BEGIN:VCARD", "AGENT:\n\nbegin:vcard"])
def test_an_agent_is_another_person(begin: str) -> None:
    """The card inside a card is that of a secretary, who may have one in turn."""
    inner = f"{begin}\nFN:Agent\nEMAIL:agent@example.org\nEND:VCARD\n"
    nested = inner.replace("END", f"{inner}END", 1)
    for agent in (inner, nested):
        card = f"BEGIN:VCARD\nFN:Ada\n{agent}EMAIL:ada@example.com\nEND:VCARD\n"
        assert only((card * 2).encode()).rows == [["Ada", "ada@example.com"]] * 2
    open_agent = f"BEGIN:VCARD\nEMAIL:ada@example.com\n{begin}\nEMAIL:agent@example.org\nEND:VCARD\n"
    assert only((open_agent * 2).encode()).rows == [["", "ada@example.com"]] * 2


@pytest.mark.parametrize(
    "note",
    [
        "first line\nsecond line: x\nend",
        "met at\nEND:VCARD party",
        "begin\nbegin: with\nBEGIN:VCARDS",
        "end\n\nmore",
        "her assistant:\nEmail: boss@example.org",
        "N",
    ],
)
def test_a_note_may_say_anything(note: str) -> None:
    """Not folded, and with words that look like those of a card: the address is that of the card."""
    card = f"BEGIN:VCARD\nFN:Ada\nNOTE:{note}\nEMAIL:ada@example.com\nEND:VCARD\n"
    assert only((card * 2).encode()).rows == [["Ada", "ada@example.com"]] * 2


def test_a_line_may_be_folded_before_its_value() -> None:
    """In the middle of its parameters."""
    assert only(b"BEGIN:VCARD\nFN:Ada\nEMAIL;TYPE=INTERNET,\n HOME:ada@example.com\nEND:VCARD\n").rows == [
        ["Ada", "ada@example.com"]
    ]


def test_a_space_behind_every_colon_is_no_note() -> None:
    """Some programs write it so."""
    assert only(b"BEGIN:VCARD\nFN: Ada\nNOTE: x\nEMAIL: ada@example.com\nEND:VCARD\n").rows == [
        ["Ada", "ada@example.com"]
    ]


def test_photographs_are_read_past() -> None:
    """Folded or not, or in one endless line: the card keeps its address."""
    photo = base64.b64encode(bytes(RECORD_CHARS)).decode()
    lines = [photo[at : at + 70] for at in range(0, len(photo), 70)]
    for content in (photo, "\n ".join(lines), "\n".join(["", *lines, ""])):
        card = f"BEGIN:VCARD\nFN:A\nPHOTO;ENCODING=b:{content}\nEMAIL:a@example.com\nEND:VCARD\n"
        assert only(card.encode() * 3).rows == [["A", "a@example.com"]] * 3


def test_cards_without_addresses_are_rows_without_addresses() -> None:
    """There is nobody to write to, and each card is accounted for."""
    table = only(b"BEGIN:VCARD\nFN:Anna\nEND:VCARD\nBEGIN:VCARD\nEND:VCARD\n")
    assert table.numbered == [(1, ["Anna"]), (4, [])]


@pytest.mark.parametrize(
    ("first", "second", "third"),
    [
        ("EMAIL;TYPE=HOME", "EMAIL;TYPE=WORK,PREF", "EMAIL"),
        ("EMAIL;TYPE=HOME", "EMAIL;TYPE=INTERNET;TYPE=pref", "EMAIL"),
        ("EMAIL;HOME;INTERNET", "EMAIL;PREF;WORK", "EMAIL;CELL"),
        ("item1.EMAIL;type=INTERNET", 'item2.EMAIL;TYPE="work,pref"', "item3.EMAIL"),
        ("EMAIL;PREF=2", "EMAIL;PREF=1", "EMAIL;PREF=100"),
        ("EMAIL;PREF=10", 'EMAIL;TYPE=home;PREF="9"', "EMAIL"),
        ("EMAIL", "EMAIL;PREF=100", "EMAIL;TYPE=PREFAB;X-PREF=1"),
    ],
)
def test_the_preferred_address_is_the_one_to_take(first: str, second: str, third: str) -> None:
    """As each version writes it; the others stand behind it in their order."""
    lines = (f"{first}:a@example.com", f"{second}:b@example.com", f"{third}:c@example.com")
    card = "\n".join(("BEGIN:VCARD", "FN:Ada", *lines, "END:VCARD", ""))
    assert only(card.encode()).rows == [["Ada", "b@example.com", "a@example.com", "c@example.com"]]


def test_addresses_of_others_in_a_card_are_counted() -> None:
    """Whatever the property is called; what names a program or a photograph is none."""
    lines = ("X-ASSISTANT-EMAIL:x@example.org", "RELATED;VALUE=text:y@example.org", "UID:7@example.org")
    card = "\n".join(("BEGIN:VCARD", "EMAIL:ada@example.com", *lines, "END:VCARD", ""))
    [table] = read([card.encode()], Hints())
    assert [row for block in table.blocks for row in block.rows] == [["", "ada@example.com"]]
    assert [said.fields for said in table.warnings()] == [{"number": 2, "places": ("X-ASSISTANT-EMAIL", "RELATED")}]
