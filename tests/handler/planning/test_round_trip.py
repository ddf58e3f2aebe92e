"""What is written beside a report, dropped again: the same addresses, whatever the file was."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial

import openpyxl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from handler.limits import RECORD_CELLS
from handler.planning.decision import Decision, Policy, decide
from handler.planning.lists import RowFiles
from handler.reading import read
from handler.reading.tables import Hints
from handler.reporting.words import in_english
from tests.handler.reading.exports import Export, exports
from tests.handler.reading.files import zipped

ANYTHING_GOES = Policy(on_overflow="fill", max_invalid_percent=100)


def dropped(body: bytes, hints: Hints = Hints(), room: int = 0) -> tuple[Decision, dict[str, bytes]]:  # noqa: B008 - frozen
    """The decision about a file, and the CSV files beside its report."""
    with closing(RowFiles(in_english)) as rows:
        decision = decide(read([body], hints), (), room, ANYTHING_GOES, rows)
        return decision, {name: b"".join(file.chunks()) for name, file in rows.files.items()}


def fates(body: bytes, hints: Hints = Hints()) -> tuple[set[str], int, dict[str, int]]:  # noqa: B008 - frozen
    """What a file comes to: its addresses, its doubles, and why others are rejected."""
    decision, _ = dropped(body, hints, room=100_000)
    assert decision.refusal is None or decision.refusal.code == "empty_file", decision.refusal
    return set(decision.addresses), decision.counts.duplicate, decision.rejected_by_reason


def assert_stable(body: bytes, *, told: Hints, again: Sequence[Hints]) -> None:
    """Every CSV file beside the report of `body` gives its own share of what `body` gives, twice in a row."""
    addresses, doubles, reasons = fates(body, told)
    _, files = dropped(body, told)
    for hints in again:
        if addresses:
            assert fates(files["remaining"], hints) == (addresses, 0, {})
        if doubles:
            found, _, rejected = fates(files["skipped"], hints)
            assert found <= addresses
            assert not rejected
        if reasons and not reasons.keys() & {"undecodable", "malformed_row", "missing_column"}:
            assert fates(files["rejected"], hints) == (set(), 0, reasons)
        for written in files.values():
            _, rewritten = dropped(written, hints)
            assert set().union(*(fates(each, hints)[0] for each in rewritten.values())) == fates(written, hints)[0]


@pytest.mark.parametrize("export", list(exports())[::4], ids=lambda export: export.name)
def test_every_export(export: Export) -> None:
    """Every fourth one of all formats, charsets, dialects and packings: their own tests have the rest."""
    assert_stable(export.data, told=Hints(), again=[Hints()])


ROWS = [
    ["Kontakt", "email", "privat", "note"],
    ["ann@firm.example", "boss@firm.example", "ann@home.example", "x"],
    ["bob@firm.example", "boss@firm.example", "ann@home.example", "twice"],
    ["cat@firm.example", "boss@firm.example", "cat at home", "no @ in it"],
    ["dan@firm.example", "boss@firm.example", "dan@home", "no dot in it"],
    ["eva@firm.example", "boss@firm.example", "eva@home.example", "y"],
]
"""Three columns with addresses: a wrong one is a letter to the wrong people."""


def as_csv(rows: Sequence[Sequence[str]], delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue().encode(encoding)


def as_book(rows: Sequence[Sequence[str]], sheets: int = 1) -> bytes:
    book = openpyxl.Workbook()
    for number in range(sheets):
        sheet = book.active if number == 0 else book.create_sheet()
        for row in rows:
            sheet.append(list(row))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def as_json_lines(rows: Sequence[Sequence[str]]) -> bytes:
    heading, *records = rows
    return "\n".join(json.dumps(dict(zip(heading, row, strict=True)), ensure_ascii=False) for row in records).encode()


def as_array(rows: Sequence[Sequence[str]]) -> bytes:
    heading, *records = rows
    return json.dumps([dict(zip(heading, row, strict=True)) for row in records], indent=1, ensure_ascii=False).encode()


FORMATS: dict[str, Callable[[Sequence[Sequence[str]]], bytes]] = {
    "csv": as_csv,
    "semicolons": partial(as_csv, delimiter=";"),
    "tabs in UTF-16": partial(as_csv, delimiter="\t", encoding="utf-16"),
    "GB18030": partial(as_csv, encoding="gb18030"),
    "UTF-32": partial(as_csv, encoding="utf-32"),
    "a workbook": as_book,
    "two sheets": partial(as_book, sheets=2),
    "JSON lines": as_json_lines,
    "a JSON array": as_array,
    "gzip": lambda rows: gzip.compress(as_csv(rows)),
    "zip": lambda rows: zipped({"list.csv": as_csv(rows)}),
    "zip of two": lambda rows: zipped({"a.csv": as_csv(rows), "b.json": as_json_lines(rows)}),
}


@pytest.mark.parametrize("column", ["privat", "PRIVAT", "3"])
@pytest.mark.parametrize("name", FORMATS)
def test_a_column_that_the_metadata_named_is_found_without_it(name: str, column: str) -> None:
    """By its heading or its number, in every format: the written files lead to that column and to no other, whether
    they are dropped with the same metadata or with none."""
    hints = Hints(email_column=column)
    body = FORMATS[name](ROWS)
    assert fates(body, hints)[0] == {"ann@home.example", "eva@home.example"}
    assert_stable(body, told=hints, again=[hints, Hints()])


@pytest.mark.parametrize("name", FORMATS)
def test_a_column_found_by_its_content_is_found_when_nothing_in_it_is_good(name: str) -> None:
    """The rejected rows hold no address where they should, and good ones elsewhere: in another column, and in what is
    said about them."""
    rows = [["Kontakt", "Betreuer", "note"]]
    rows += [[f"user{number}@example.com", "", ""] for number in range(9)]
    rows += [["nobody", "boss@firm.example", "x"], ["none", "boss@firm.example", "y"]]
    body = FORMATS[name](rows)
    assert fates(body) == ({f"user{number}@example.com" for number in range(9)}, fates(body)[1], fates(body)[2])
    assert set(fates(body)[2]) == {"missing_at"}
    assert_stable(body, told=Hints(), again=[Hints()])


def test_a_heading_is_overruled_once_and_for_all() -> None:
    """A column called email that held no address, beside one that did: the same again, from fewer rows."""
    body = b"email,login\nyes,a@example.com\nno,b@example.com\nyes,nobody\n"
    assert_stable(body, told=Hints(), again=[Hints()])
    _, files = dropped(body)
    assert files["rejected"].decode("utf-8-sig").startswith("email,login [email column],line,reason,")


def test_a_heading_that_is_overruled_by_few_rows_is_not() -> None:
    """The other way round: what is rejected looks as if the other column were the one."""
    good = [[f"user{number}@example.com", "no"] for number in range(30)]
    body = as_csv([["email", "Betreuer"], *good, ["ask her", "boss@firm.example"], ["ask him", "boss@firm.example"]])
    assert_stable(body, told=Hints(), again=[Hints()])
    assert dropped(body)[1]["rejected"].decode("utf-8-sig").startswith("email,Betreuer,line,reason,")


@pytest.mark.parametrize(
    "hints",
    [
        Hints(encoding="gb18030", delimiter=";"),
        Hints(email_column="privat", encoding="gb18030", delimiter=";"),
        Hints(email_column="3", encoding="gb18030", delimiter=";"),
    ],
    ids=["dialect", "and heading", "and number"],
)
def test_metadata_about_the_original_does_not_spoil_what_we_wrote(hints: Hints) -> None:
    """Our files are UTF-8 with commas, and are often dropped by the same script, with the same metadata."""
    rows = [[cell.replace("x", "张三") for cell in row] for row in ROWS]
    assert_stable(as_csv(rows, ";", "gb18030"), told=hints, again=[hints])


def test_a_written_file_may_be_saved_by_a_spreadsheet_program() -> None:
    """With other delimiters, without the byte order mark, filled up with empty cells, or as a workbook."""
    hints = Hints(email_column="privat")
    _, files = dropped(as_csv(ROWS), hints)
    for name, wanted in (("remaining", {"ann@home.example", "eva@home.example"}), ("rejected", set())):
        rows = [[*row, "", ""] for row in csv.reader(io.StringIO(files[name].decode("utf-8-sig"), newline=""))]
        saved = [as_csv(rows, ";", "cp1252"), as_csv(rows, "\t", "utf-16"), as_csv(rows), as_book(rows)]
        saved.append(as_csv([["list of today"], *rows], ";"))
        for body in saved:
            assert fates(body)[0] == fates(body, hints)[0] == wanted


def test_anybody_may_mark_a_heading() -> None:
    """What we write into a heading can be written there by hand, too; the report has the heading without it."""
    body = as_csv([[heading + " [email column]" * (heading == "privat") for heading in ROWS[0]], *ROWS[1:]])
    decision, _ = dropped(body, room=100)
    assert decision.facts
    assert (decision.facts.email_column, decision.facts.other_email_columns) == ("privat", ())
    assert set(decision.addresses) == {"ann@home.example", "eva@home.example"}


def test_a_row_as_wide_as_can_be_is_written_and_read() -> None:
    """Our four columns come on top of the most there may be."""
    heading = ["email", *(f"c{number}" for number in range(RECORD_CELLS - 1))]
    assert_stable(as_csv([heading, ["a@example.com"] * RECORD_CELLS]), told=Hints(), again=[Hints()])


@pytest.mark.parametrize(
    ("name", "filling"),
    [
        ("csv", "\n"),
        ("JSON lines", '"'),
        ("a workbook", '"'),
        ("a workbook", "x"),
    ],
)
def test_a_row_as_long_as_can_be_is_written_and_read(name: str, filling: str) -> None:
    """Our own columns, and quotes that are written twice, come on top of it."""
    size = 250_000 // 9 // (2 if name != "a workbook" and filling in '"\n' else 1)
    notes = [f"note {number}" for number in range(9)]
    body = FORMATS[name]([["email", *notes], ["a@example.com", *[filling * size] * 9], ["b@example.com", *[""] * 9]])
    assert fates(body)[0] == {"a@example.com", "b@example.com"}
    assert_stable(body, told=Hints(), again=[Hints()])


CELL = st.text(st.sampled_from("ab=+-@'\"\t\r\n,;| \0ü李\ufeff\u2028."), max_size=8)
ADDRESS = st.builds(
    "{}user{}@example.com{}".format,
    st.sampled_from(["", "'", "''", "'=", "=", "+", "-", " "]),
    st.integers(0, 9),
    st.sampled_from(["", " ", "\n", "\t"]),
)
HEADING = st.one_of(CELL, st.sampled_from(["email", "E-Mail", "Kontakt", "line", "suggestion", "email [email column]"]))


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(sorted(FORMATS)),
    headings=st.lists(HEADING, min_size=3, max_size=3, unique=True),
    rows=st.lists(st.tuples(ADDRESS, CELL, st.one_of(CELL, ADDRESS)), min_size=1, max_size=8),
    column=st.sampled_from([None, "1", "2", "3"]),
)
def test_awkward_cells_and_headings(
    name: str, headings: list[str], rows: list[tuple[str, str, str]], column: str | None
) -> None:
    """Formula characters, quotes, line breaks, guards, NULs, our own headings: in any format, wherever they stand."""
    if "JSON" not in name:  # nothing else can hold one
        headings = [heading.replace("\0", "") for heading in headings]
        rows = [(address, note.replace("\0", ""), last.replace("\0", "")) for address, note, last in rows]
    body = FORMATS[name]([headings, *rows])
    hints = Hints(email_column=column)
    decision, _ = dropped(body, hints, room=100)
    assume(decision.refusal is None)
    assert_stable(body, told=hints, again=[hints, Hints()])
