"""What the owner of a file may say of the columns that go into the mail, and what is said to them where it is wrong."""

from __future__ import annotations

import pytest

from handler.errors import SourceProblem
from handler.template_data import Variables, read_variables


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("name=姓名,city=城市", [("name", "姓名"), ("city", "城市")]),
        (" name = First name , city= City ", [("name", "First name"), ("city", "City")]),
        ("name=Last, first,city=City", [("name", "Last, first"), ("city", "City")]),
        ("sum=a=b", [("sum", "a=b")]),
        ("名=姓名,_1=x", [("名", "姓名"), ("_1", "x")]),
        ("a=Name,b=Name", [("a", "Name"), ("b", "Name")]),
        ("*", []),
    ],
)
def test_variables_and_headings(text: str, named: list[tuple[str, str]]) -> None:
    """In the order in which they are named; spaces around them do not count, and a heading may have commas."""
    assert read_variables(text) == Variables(tuple(named))


def test_none_says_that_there_are_no_data() -> None:
    """For one file among many for which a setting names columns."""
    assert read_variables(" none ") is None


@pytest.mark.parametrize(
    ("text", "code", "name"),
    [
        ("name", "file.data_form", None),
        ("name=", "file.data_form", None),
        ("name=姓名,city= ", "file.data_form", None),
        (",", "file.data_form", None),
        ("=姓名", "file.data_name", ""),
        ("1st=姓名", "file.data_name", "1st"),
        ("first name=姓名", "file.data_name", "first name"),
        ("{{name}}=姓名", "file.data_name", "{{name}}"),
        ("ada@example.com=姓名", "file.data_name", "…"),
        ("name=姓名,name=城市", "file.data_two", "name"),
    ],
)
def test_what_is_wrong_is_said(text: str, code: str, name: str | None) -> None:
    """Each mistake has its sentence, which repeats what may be repeated."""
    with pytest.raises(SourceProblem) as raised:
        read_variables(text)
    assert (raised.value.code, raised.value.said.code) == ("template_data", code)
    assert raised.value.said.fields.get("name") == name
