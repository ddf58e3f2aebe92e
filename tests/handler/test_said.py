"""Sentences as data."""

from __future__ import annotations

import pytest

from handler.said import Said
from handler.state.stored import from_json, to_json


@pytest.mark.parametrize(
    "said",
    [
        Said("file.no_rows"),
        Said("file.rows", number=6_000_000),
        Said("file.too_many_invalid", rejected=2, filled=3, percent=50.0),
        Said("file.no_such_column", what="7", there=Said("file.has_columns", columns=("7", "email"))),
    ],
    ids=lambda said: said.code,
)
def test_it_is_stored_as_it_is(said: Said) -> None:
    """A text that looks like a number stays a text, and a number a number of its kind."""
    read = from_json(Said, to_json(said))
    assert read == said
    assert [*map(type, read.fields.values())] == [*map(type, said.fields.values())]


@pytest.mark.parametrize(
    ("code", "fields"),
    [
        ("file.unheard_of", {}),
        ("file.rows", {}),
        ("file.no_rows", {"number": 1}),
        ("file.rows", {"number": 1, "name": "x"}),
        ("file.rows", {"count": 1}),
    ],
)
def test_nothing_is_said_without_words(code: str, fields: dict[str, int]) -> None:
    """No code that no language knows, no field too many, none too few; nor is such a thing read."""
    with pytest.raises(ValueError, match=f"{code} with .* is no sentence"):
        Said(code, **fields)
    with pytest.raises(ValueError, match=f"{code} with .* is no sentence"):
        from_json(Said, to_json({"code": code, "fields": fields}))


def test_no_field_shows_in_logs() -> None:
    """One of them may hold what stands in the file."""
    assert repr(Said("row.marked", why="ada@example.com")) == "Said(code='row.marked')"
