"""A row's data for the template: as they stand in the file, or why the service would not take them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handler.judging.data import data_of, sorted_json, variables_in
from handler.limits import TEMPLATE_BYTES
from handler.reading.tables import RowFault
from handler.reading.variables import DataColumns

COLUMNS = DataColumns(("name", "city"), ("Name", "Stadt"), (1, 3))
FRAME = len('{"name":"","city":""}')


def data(*cells: str) -> str | RowFault:
    """What becomes of one row, as one of two."""
    found = data_of(COLUMNS, [["", "Jo", "", "Bonn"], cells], ["b@example.com", "a@example.com"])
    assert (found.json[0], 0 in found.faults) == ('{"name":"Jo","city":"Bonn"}', False)
    return found.faults.get(1, found.json[1])


@pytest.mark.parametrize(
    "value",
    [
        "",
        " Ann ",
        'quo"ted',
        "back\\slash",
        "two\r\nlines\u2028three",
        "\U0001f600\U0001f468\u200d\U0001f469",
        "{{x}}",
        "[VIP] {1}",
        "#1",
        "#N/A?",
        "a < b, 1 <2 and <3",
        "Müller & Söhne &lt;b&gt;",
        "=SUM(A1)",
        "\x01\x7f",
        "张伟",
        "عمر",
    ],
)
def test_values_are_sent_as_they_are(value: str) -> None:
    """Whatever a service may read into them but HTML."""
    found = data("a@example.com", value, "other", "x")
    assert isinstance(found, str)
    assert json.loads(found) == {"name": value, "city": "x"}
    assert value in found or any(sign in value for sign in '"\\\r\n\x01')


def test_every_row_has_every_variable_in_the_same_order() -> None:
    """A row that ends early has no value for the rest."""
    assert data("a@example.com") == '{"name":"","city":""}'
    assert data("a@example.com", "Ann") == '{"name":"Ann","city":""}'


def test_the_address_column_gives_the_address_that_is_sent() -> None:
    """Not what stands around it in the file."""
    columns = DataColumns(("mail",), ("E-Mail",), (None,))
    found = data_of(columns, [["Ann <a@EXAMPLE.com>"]], ["a@example.com"])
    assert found.json == ['{"mail":"a@example.com"}']


@pytest.mark.parametrize("sign", ["x", "é", "名", "\U0001f600", '"', "\n"])
def test_800_bytes_are_taken_and_801_are_not(sign: str) -> None:
    """Counted as the JSON that the service gets, in UTF-8."""
    size = len(json.dumps(sign, ensure_ascii=False).encode()) - 2
    times, rest = divmod(TEMPLATE_BYTES - FRAME, size)
    fits = data("", sign * times, "", "x" * rest)
    assert isinstance(fits, str)
    assert len(fits.encode()) == TEMPLATE_BYTES
    fault = data("", sign * times, "", "x" * (rest + 1))
    assert isinstance(fault, RowFault)
    assert (fault.reason, fault.said.code) == ("template_data", "row.data_long")
    assert fault.said.fields == {"bytes": TEMPLATE_BYTES + 1, "limit": TEMPLATE_BYTES}


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("<b>", "row.data_markup"),
        ("</p", "row.data_markup"),
        ("a <!-- note", "row.data_markup"),
        ("x<script src=//e.example>", "row.data_markup"),
        ("J\ufffdrgen", "row.data_broken"),
        ("\ud83d", "row.data_broken"),
        ('{"first": "Ann"}', "row.data_nested"),
        ('["Ann", "Bob"]', "row.data_nested"),
    ],
)
@pytest.mark.parametrize("place", [1, 3])
def test_markup_and_broken_characters_cost_their_row(value: str, code: str, place: int) -> None:
    """The sentence names the column; nothing is stripped."""
    cells = ["", "", "", ""]
    cells[place] = value
    fault = data(*cells)
    assert isinstance(fault, RowFault)
    assert (fault.reason, fault.said.code) == ("template_data", code)
    assert fault.said.fields == {"column": {1: "Name", 3: "Stadt"}[place]}


@pytest.mark.parametrize("value", ["#N/A", "#DIV/0!", "#REF!", "#NAME?", "#NULL!", "#SPILL!", "#N/D", "#NV"])
def test_errors_of_a_spreadsheet_are_blank(value: str) -> None:
    """Nobody is greeted by one; they are counted."""
    found = data_of(COLUMNS, [["", "Jo", "", "Bonn"], ["", value, "", value], ["", "#1", "", value]], [""] * 3)
    assert found.json == [
        '{"name":"Jo","city":"Bonn"}',
        '{"name":"","city":""}',
        '{"name":"#1","city":""}',
    ]
    assert (found.faults, found.errors) == ({}, {1: 2, 2: 1})


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text(name: str, city: str) -> None:
    """What is sent says what the file says, or the row is rejected."""
    found = data("", name, "", city)
    if isinstance(found, str):
        assert json.loads(found) == {"name": name, "city": city}
        assert len(found.encode()) <= TEMPLATE_BYTES


def test_data_of_members() -> None:
    """However they are written; what is no JSON tells nothing."""
    assert variables_in('{"city": "x", "name": 1}') == frozenset({"name", "city"})
    assert variables_in("") == variables_in("{}") == frozenset()
    assert variables_in("name=x") is variables_in("[1]") is None
    assert sorted_json('{"a":"é","b":""}') == sorted_json('{"b": "", "a": "\\u00e9"}')
    assert sorted_json('{"a":"x"}') != sorted_json('{"a":"y"}')
    assert sorted_json("name=x") == "name=x"
