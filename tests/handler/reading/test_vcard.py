from __future__ import annotations

import base64

import pytest

from handler.limits import RECORD_CHARS
from tests.handler.reading.files import Found, found, refusal

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


def test_a_quoted_byte_that_does_not_decode_costs_its_own_card() -> None:
    """Also where it is written `=FF`; a quoted NUL is dropped like any other."""
    card = "BEGIN:VCARD\nFN;ENCODING=QUOTED-PRINTABLE:{}\nEMAIL:a@example.com\nEND:VCARD\n"
    table = only("".join(map(card.format, ("=41=00", "=FF", "B"))).encode())
    assert table.rows == [["A", "a@example.com"], ["\ufffd", "a@example.com"], ["B", "a@example.com"]]
    assert table.faults == {5: "undecodable"}


def test_photographs_are_read_past() -> None:
    """Folded or in one endless line: the card keeps its address."""
    photo = base64.b64encode(bytes(RECORD_CHARS)).decode()
    folded = "\n ".join(photo[at : at + 70] for at in range(0, len(photo), 70))
    for content in (photo, folded):
        card = f"BEGIN:VCARD\nFN:A\nPHOTO;ENCODING=b:{content}\nEMAIL:a@example.com\nEND:VCARD\n"
        assert only(card.encode() * 3).rows == [["A", "a@example.com"]] * 3


def test_a_byte_that_does_not_decode_costs_its_own_card() -> None:
    """And no other."""
    broken = b"BEGIN:VCARD\nFN:\xff\nEMAIL:x@example.com\nEND:VCARD\n"
    table = only("BEGIN:VCARD\nFN:Zoë ü é à\nEMAIL:z@example.com\nEND:VCARD\n".encode() * 9 + broken)
    assert table.faults == {37: "undecodable"}


def test_a_card_that_does_not_end_is_damage() -> None:
    """The file was cut."""
    assert refusal(CARDS[:-12].encode()).code == "damaged"


def test_cards_without_addresses_are_rows_without_addresses() -> None:
    """There is nobody to write to, and each card is accounted for."""
    table = only(b"BEGIN:VCARD\nFN:Anna\nEND:VCARD\nBEGIN:VCARD\nEND:VCARD\n")
    assert table.numbered == [(1, ["Anna"]), (4, [])]
