"""The columns that go into the mail: found by their headings, whatever the format."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable
from datetime import datetime

import openpyxl
import pytest

from handler.errors import SourceProblem
from handler.judging.data import data_of
from handler.reading import read
from handler.reading.tables import Hints
from handler.reading.variables import DataColumns, data_columns
from handler.reporting.words import in_english
from handler.template_data import read_variables
from tests.handler.reading.files import zipped

ROWS = [["Email", "姓名", "City"], ["ann@example.com", "安", "Rome"], ["bob@example.com", "", "x, y"]]


def as_csv(delimiter: str = ",") -> bytes:
    return "\n".join(delimiter.join(f'"{cell}"' for cell in row) for row in ROWS).encode()


def as_book() -> bytes:
    book, file = openpyxl.Workbook(), io.BytesIO()
    for row in ROWS:
        book.active.append(row)
    book.save(file)
    return file.getvalue()


def as_json() -> bytes:
    return json.dumps([dict(zip(ROWS[0], row, strict=True)) for row in ROWS[1:]]).encode()


FORMATS: dict[str, Callable[[], bytes]] = {
    "csv": as_csv,
    "semicolons": lambda: as_csv(";"),
    "gzip": lambda: gzip.compress(as_csv("\t")),
    "zip": lambda: zipped({"list.csv": as_csv()}),
    "workbook": as_book,
    "JSON": as_json,
}


def found(content: bytes, said: str) -> tuple[DataColumns, list[list[str]]]:
    """The columns of the only table, and what stands in them."""
    variables = read_variables(said)
    assert variables
    (table,) = read([content], Hints(headings=variables.headings))
    columns = data_columns(table, variables)
    places = [at for at in columns.places if at is not None]
    rows = [row for block in table.blocks for row in block.rows]
    return columns, [[row[at] if at < len(row) else "" for at in places] for row in rows]


def refusal(content: bytes, said: str) -> str:
    with pytest.raises(SourceProblem) as raised:
        found(content, said)
    assert raised.value.code == "template_data"
    return in_english(raised.value.said)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("said", ["name=姓名,city= city ", "*"])
def test_every_format_with_headings(name: str, said: str) -> None:
    """Case and spaces do not matter; `*` takes every column but that of the addresses."""
    columns, rows = found(FORMATS[name](), said)
    assert columns.names == (("姓名", "City") if said == "*" else ("name", "city"))
    assert columns.headings == ("姓名", "City")
    assert rows == [["安", "Rome"], ["", "x, y"]]


def test_the_column_of_the_addresses_can_be_named() -> None:
    """It stands for the address that is sent."""
    columns, _ = found(as_csv(), "mail=email,name=姓名")
    assert columns.places == (None, 1)
    columns, _ = found(b"email,email 2\nann@example.com,an@example.com\n", "mail=email,further=email 2")
    assert columns.places == (0, 1), "of several each is what stands in it"


def test_json_keys_inside_others() -> None:
    """By the way that leads to them, as in the report."""
    record = {"user": {"email": "ann@example.com", "name": "Ann"}, "tags": ["a"], "age": 7, "gone": None}
    columns, rows = found(json.dumps([record]).encode(), "name=user.name,tags=tags,age=age,gone=gone")
    assert columns.places == (1, 2, 3, 4)
    assert rows == [["Ann", "a", "7", ""]]


CARD = """BEGIN:VCARD
VERSION:3.0
N:Berg;Anna;;Dr.;
FN:Anna Berg
ORG:Acme\\; Sons;Sales
ADR;TYPE=home:;;1 Main St;Springfield;;62701;
TEL;TYPE=home:1
TEL;PREF=1:2
NOTE:two\\nlines \\, of ann@example.org
EMAIL:anna@example.com
EMAIL:anna@example.net
END:VCARD
BEGIN:VCARD
FN:Bert
EMAIL:bert@example.com
END:VCARD
"""


NOTE = "two\nlines , of ann@example.org"


def test_properties_of_cards() -> None:
    """By their names, in any case: as one would write them into a mail, the preferred one of several."""
    said = "full=FN,last=N,firm=org,where=ADR,phone=TEL,note=NOTE"
    columns, rows = found(CARD.encode(), said)
    assert columns.names == ("full", "last", "firm", "where", "phone", "note")
    assert rows == [
        ["Anna Berg", "Berg, Anna, Dr.", "Acme; Sons, Sales", "1 Main St, Springfield, 62701", "2", NOTE],
        ["Bert", "", "", "", "", ""],
    ]
    assert found(CARD.encode(), "name=name")[1] == [["Anna Berg"], ["Bert"]]
    assert found(CARD.encode(), "*")[0].names == ("name",)
    assert found(CARD.encode(), "mail=EMAIL")[0].places == (1,), "the preferred one, as it stands there"


def test_dates_in_workbooks() -> None:
    """As one would write them, not as the numbers that they are; only where they go into a mail."""
    book, file = openpyxl.Workbook(), io.BytesIO()
    moment = datetime(2026, 11, 28, 14, 30)  # noqa: DTZ001 - workbooks know no zones
    book.active.append(["email", "day", "at", "moment", "price", "own", "share", "formula"])
    book.active.append(["ann@example.com", moment.date(), moment.time(), moment, 1234.5, moment, 0.1 + 0.2, "=1+1"])
    book.active["E2"].number_format = '#,##0.00 "days" [Red]'
    book.active["F2"].number_format = 'd. mmmm yyyy "um" hh"h"'
    book.save(file)
    said = "d=day,a=at,m=moment,p=price,o=own,s=share"
    _, rows = found(file.getvalue(), said)
    assert rows == [["2026-11-28", "14:30", "2026-11-28 14:30", "1234.50", "2026-11-28 14:30", "0.3"]]
    (table,) = read([file.getvalue()], Hints())
    assert [row[1] for block in table.blocks for row in block.rows] == ["46354"]


@pytest.mark.parametrize(
    ("number", "code", "shown"),
    [
        (1_234, "00000", "01234"),
        (12.5, "0.00", "12.50"),
        (1_234.005, '[$€-407]#,##0.00_);[Red]"("0.00")"', "1234.01"),
        (-0.004, "0.00", "0.00"),
        (-2.5, "0", "-3"),
        (2.5, "0.0##", "2.5"),
        (0.255, "0%", "26%"),
        (0.255, "0.0%", "25.5%"),
        (1.25, "[h]:mm", "30:00"),
        (1.25, "[hh]:mm:ss", "30:00"),
        (0.0625, "[mm]:ss", "90:00"),
        (5.25, "# ?/?", "5.25"),
        (1_500, "0.0E+00", "1500"),
        (7, "0" * 200, "7"),
    ],
)
def test_numbers_in_workbooks(number: float, code: str, shown: str) -> None:
    """With the digits that a person sees, not what the workbook's language or currency makes of them."""
    book, file = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["email", "sum"])
    book.active.append(["ann@example.com", number])
    book.active["B2"].number_format = code
    book.save(file)
    assert found(file.getvalue(), "s=sum")[1] == [[shown]]


def test_a_merged_cell_is_that_of_all_its_rows() -> None:
    """Unless it is an address, which is one person's; a heading over two rows is no reason to read another column."""
    book, file = openpyxl.Workbook(), io.BytesIO()
    for row in (["email", "name", "city"], [], ["a@example.com", "A", "Rome"], ["b@example.com"], [None, "C"], []):
        book.active.append(row)
    book.active.append(["d@example.com", "D", "Bonn"])
    for cells in ("A1:A2", "A4:A5", "C3:C6", "B3:B4"):
        book.active.merge_cells(cells)
    book.save(file)
    assert found(file.getvalue(), "n=name,c=city")[1][-5:] == [
        ["A", "Rome"],
        ["A", "Rome"],
        ["C", "Rome"],
        ["", ""],
        ["D", "Bonn"],
    ]


def test_a_formula_without_a_result_greets_nobody() -> None:
    """The row is rejected, and the sentence says what to do."""
    book, file = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["email", "name"])
    book.active.append(["ann@example.com", '=CONCATENATE("A", "nn")'])
    book.save(file)
    variables = read_variables("name=name")
    assert variables
    (table,) = read([file.getvalue()], Hints(headings=("name",)))
    (row,) = [row for block in table.blocks for row in block.rows]
    found = data_of(data_columns(table, variables), [row], ["ann@example.com"])
    assert found.faults[0].said.code == "row.data_formula"


def test_a_file_of_ours_is_read_as_its_original() -> None:
    """Its own four columns are none of the file's, the mark of the address column is no part of its heading, and a
    guarded value is the value itself."""
    ours = "x [email column],name,sum,line,reason,message,suggestion\nann@example.com,'=Ann,''-1,2,over_capacity,No.,\n"
    columns, rows = found(ours.encode(), "*")
    assert columns.names == ("name", "sum")
    assert rows == [["=Ann", "'-1"]]
    columns, _ = found(b"email,name,line,receiver_id\nann@example.com,Ann,2,1001\n", "*")
    assert columns.names == ("name",)


@pytest.mark.parametrize(
    ("content", "said", "names"),
    [
        (as_csv(), "name=Name,city=City", ["no column Name,", "Email, 姓名, City"]),
        (as_csv(), "a=one@example.com", ["no column …,"]),
        (b"ann@example.com,Ann\nbob@example.com,Bob\n", "name=Name", ["it has 2 columns"]),
        (b"ann@example.com\nbob@example.com\n", "*", ["no column with a heading"]),
        (b"email\nann@example.com\n", "*", ["no column with a heading"]),
        (b"email,Name,name\nann@example.com,1,2\n", "x=NAME", ["Several columns", "“NAME”"]),
        (b"email,name,name\nann@example.com,1,2\n", "*", ["Several columns", "“name”"]),
        (b"email,First name\nann@example.com,Ann\n", "*", ["“First name” cannot be"]),
        (CARD.encode(), "born=BDAY", ["no column BDAY,", "it has: name, FN, NOTE, email"]),
        (json.dumps([{"email": "a@example.com", "b": 1}]).encode(), "c=c", ["no column c,", "email, b"]),
    ],
)
def test_what_is_not_there_is_named_with_what_is(content: bytes, said: str, names: list[str]) -> None:
    """Nothing is guessed."""
    sentence = refusal(content, said)
    assert [name for name in names if name not in sentence] == []


def test_one_of_several_columns_that_is_written_just_so() -> None:
    """Needs no other reading."""
    assert found(b"email,Name,name\nann@example.com,1,2\n", "x=name")[1] == [["2"]]


@pytest.mark.parametrize("heading", ["Cafe\u0301", "ｃａｆé", "CAFÉ"])
def test_a_heading_is_found_however_its_characters_are_written(heading: str) -> None:
    """Accents beside their letters and wide letters cannot be told from others by whoever names the column."""
    assert found(f"email,{heading}\nann@example.com,1\n".encode(), "x=café")[1] == [["1"]]
