"""Addresses that were not read as a row's own."""

from __future__ import annotations

from handler.planning.decision import Decision, Policy, decide
from handler.reading import read
from handler.reading.tables import Hints
from handler.said import Said
from tests.handler.planning.test_decision import Listing


def decided(text: str, listing: Listing | None = None, hints: Hints | None = None) -> Decision:
    tables = read([text.encode()], hints or Hints())
    return decide(tables, set(), 100, Policy(max_invalid_percent=100), listing or Listing())


def test_they_are_counted_by_their_column() -> None:
    """A manager's address is told of, and sent to nobody; the row's own, written once more, is none."""
    found = decided(
        "email,Manager email,note\n"
        "a@example.com,m@example.com,A@example.com\n"
        "b@example.com,m@example.com,<c@example.com>\n"
    )
    assert tuple(found.addresses) == ("a@example.com", "b@example.com")
    places = ("“Manager email” (2)", "“note” (1)")
    assert found.warnings == (Said("warning.addresses_elsewhere", number=3, places=places),)


def test_a_file_without_any_is_warned_of_nothing() -> None:
    """Every address of it is a row's own."""
    assert decided("email,note\na@example.com,x\nb@example.com,y\n").warnings == ()


def test_a_row_with_its_address_in_another_cell_is_rejected() -> None:
    """It is listed, with that address as the suggestion; a row that has only its manager's is empty."""
    listing = Listing()
    found = decided("email,Manager email,city\na@example.com,,Rome\n,,b@example.com\n,m@example.com,Oslo\n", listing)
    assert found.rejected_by_reason == {"address_elsewhere": 1}
    assert found.counts.empty == 1
    assert [(line, reason) for line, reason, _ in listing.files["rejected"]] == [(3, "address_elsewhere")]


def test_more_of_them_than_of_the_rows_own_refuse_the_file() -> None:
    """Unless the owner says which column it is."""
    text = "Team A,a@example.com,b@example.com,c@example.com\nTeam B,d@example.com,e@example.com,f@example.com\n"
    refusal = decided(text).refusal
    assert refusal
    assert refusal.code == "ambiguous_column"
    assert tuple(decided(text, hints=Hints(email_column="2")).addresses) == ("a@example.com", "d@example.com")


def test_those_above_the_headings_are_told_by_their_line() -> None:
    """Titles of an export, and headings that name somebody to ask."""
    found = decided("Members\nexported by boss@example.com\n\nemail,note (ask it@example.com)\na@example.com,x\n")
    assert tuple(found.addresses) == ("a@example.com",)
    places = ("line 2", "line 4")
    assert found.warnings == (Said("warning.addresses_elsewhere", number=2, places=places),)


def test_rows_with_their_addresses_in_different_columns_are_told_of() -> None:
    """Only where a further column was in use."""
    text = "email,personal email\na@example.com,\n,b@example.com\n"
    columns = ("“email”", "“personal email”")
    assert decided(text).warnings == (Said("warning.several_columns", number=2, columns=columns),)
    assert decided(text.replace(",b@example.com", "b@example.com,")).warnings == ()
