"""Addresses where no row has its own: how many are told of, and where they stand."""

from __future__ import annotations

import json

import pytest

from handler.reading import read
from handler.reading.outside import Outside
from handler.reading.tables import Hints
from handler.said import Said
from tests.handler.reading.files import pieces, zipped

ADA = "BEGIN:VCARD\nFN:Ada\n{}EMAIL:ada@example.com\nEND:VCARD\n"
PEOPLE = [{"email": f"p{n}@example.com"} for n in range(120)]


def told(data: str | bytes, size: int = 50_000) -> dict[str, tuple[int, tuple[str, ...]]]:
    """What is told of a file, by code: the number and the places."""
    found: list[Said] = []
    for table in read(pieces(data.encode() if isinstance(data, str) else data, size), Hints()):
        for _ in table.blocks:
            pass
        found += table.warnings()
    return {said.code: (said.fields["number"], said.fields.get("places", ())) for said in found}  # type: ignore[misc]


def outside(data: str | bytes, size: int = 50_000) -> tuple[int, tuple[str, ...]] | None:
    return told(data, size).get("warning.addresses_elsewhere")


@pytest.mark.parametrize("size", [1, 50_000])
@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", None),
        ("UID:1234@icloud.example\n", None),
        ("NOTE:ask boss@example.org or\n cio@example.org\n", (2, ("NOTE",))),
        ("NOTE:her boss\nEmail: boss@example.org\n", (1, ("NOTE",))),
        ("NOTE:her boss\nis boss@example.org\n", (1, ("NOTE",))),
        ("AGENT:\nBEGIN:VCARD\nEMAIL:agent@example.org\nEND:VCARD\n", (1, ("AGENT",))),
    ],
)
def test_what_a_card_says_of_others_is_counted(more: str, expected: object, size: int) -> None:
    """Its notes and its agent, not the names that programs give to cards."""
    assert outside(ADA.format(more), size) == expected


@pytest.mark.parametrize("size", [7, 50_000])
@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (PEOPLE, None),
        ({"owner": "boss@example.org", "contacts": PEOPLE}, (1, ("owner",))),
        ({"contacts": PEOPLE, "by": {"admins": ["a@example.org", "b@example.org"]}}, (2, ("admins",))),
        ({"note": "a @ b", "contacts": PEOPLE}, None),
        ([*PEOPLE, {"email": "x@example.com", "second": "y@example.com"}], (1, ("second",))),
        ({**{f"u{n}": one for n, one in enumerate(PEOPLE)}, "owner": "boss@example.org"}, (1, ("owner",))),
        ({"x@example.org": "x@example.org", "contacts": PEOPLE}, (2, ("…",))),
    ],
    ids=["none", "wrapper", "another list", "no address", "a late key", "among ids", "a key"],
)
def test_what_a_document_says_around_its_list_is_counted(document: object, expected: object, size: int) -> None:
    """And what stands in its records under keys that the first of them do not have."""
    assert outside(json.dumps(document), size) == expected


def test_a_key_that_stands_twice_hides_an_address() -> None:
    """JSON keeps the last one."""
    assert outside('[{"email": "a@example.com", "email": "b@example.com"}]') == (1, ("…",))


def test_addresses_in_a_file_beside_a_list_are_counted() -> None:
    """On a page, in a note."""
    page = "<!DOCTYPE html>" + "".join(f"<p>p{n}@example.org</p>" + "\n" * (n % 2) for n in range(3_000))
    data = zipped({"index.html": page, "list.csv": "email\nada@example.com\n"})
    assert outside(data) == (3_000, ("index.html",))
    note = "Hello there,\nthis is the list.\nYours, the boss\n" * 9 + "Ask boss@example.org\n"
    assert outside(zipped({"readme.txt": note, "list.csv": "email\nada@example.com\n"})) == (1, ("readme.txt",))


@pytest.mark.parametrize("size", [1, 5, 64, 66_000, 1_000_000])
def test_a_file_is_looked_through_piece_by_piece(size: int) -> None:
    """However it arrives, no address is counted twice, and none is missed."""
    text = " ".join(f"p{n}@example.org" for n in range(9_000)).encode()
    seen = Outside()
    seen.look_through(pieces(text, size), "page")
    [said] = seen.warnings()
    assert said.fields["number"] == 9_000
