"""Lists as people paste them."""

from __future__ import annotations

import pytest

from handler.reading.plain import blocks


def entries(text: str) -> list[str]:
    return [cell for block in blocks([text]) for row in block.rows for cell in row]


@pytest.mark.parametrize(
    "text",
    [
        "1. a@x.org\n2) b@x.org\n(3) c@x.org\n",
        "• a@x.org\n- b@x.org\n* c@x.org\n",
        "Ada Ames: a@x.org\nBen：b@x.org\n王五：c@x.org\n",
        "Ada Ames a@x.org\nBen van Berg b@x.org\nCyd c@x.org\n",
        "Ada Ames (a@x.org)\nb@x.org (Ben)\nCyd [c@x.org]\n",
        "1、a@x.org\n2、b@x.org\n3、c@x.org\n",
    ],
)
def test_numbers_bullets_and_names_are_no_part_of_an_address(text: str) -> None:
    """In any of the ways that lists are written by hand."""
    assert entries(text) == ["a@x.org", "b@x.org", "c@x.org"]


def test_a_last_name_stays_with_its_address() -> None:
    """`Last, First <a@b>` is one entry, whatever stands between the entries; what is no name is one of its own."""
    assert entries("Ames, Ada <a@x.org>; Berg, Ben <b@x.org>; c@x.org") == [
        *("Ames, Ada <a@x.org>", "Berg, Ben <b@x.org>", "c@x.org"),
    ]
    assert entries("nobody; Berg, Ben <b@x.org>, Cole, Cyd <c@x.org>") == [
        *("nobody", "Berg, Ben <b@x.org>", "Cole, Cyd <c@x.org>"),
    ]


def test_a_mistake_among_addresses_is_no_name() -> None:
    """In a list of nothing but addresses, what has a space in it stays whole, to be reported."""
    assert entries("a@x.org\njohn smith@x.org\nb@x.org\n") == ["a@x.org", "john smith@x.org", "b@x.org"]
