"""The CSV files beside the report: what stands in them, and that they can be dropped again."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handler import limits
from handler.judging.verdicts import Rejection
from handler.planning.decision import Decision, Policy, decide
from handler.planning.lists import CsvFile, PlannedRows, RowFiles, guard, read_planned, said_in
from handler.planning.plan import GoodRows, PlannedRow
from handler.reading import read
from handler.reading.own_csv import strip_guard
from handler.reading.tables import FileFacts, Hints, RowFault, Table
from handler.reporting.words import in_english
from handler.said import Said

FACTS = FileFacts("csv", None, "utf-8", ",", header=True, email_column="email")
OWN = ["line", "reason", "message", "suggestion"]


def table(*columns: str, email: int = 0) -> Table:
    return Table(FACTS, columns, (email,), iter(()))


@contextmanager
def files() -> Iterator[RowFiles]:
    with closing(RowFiles(in_english)) as rows:
        yield rows


def good(line: int, *cells: str) -> GoodRows:
    """One row whose first cell is its address."""
    return GoodRows([line], cells[:1], [list(cells)])


def written(file: CsvFile) -> bytes:
    return b"".join(file.chunks())


def records(body: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")))


def test_the_form_is_that_of_the_contract() -> None:
    """UTF-8 with BOM, comma, CRLF, quotes where RFC 4180 wants them; the file's own columns come first."""
    with files() as rows:
        rows.open_table(table("email", "name"))
        rows.rejected(3, ["nobody", 'Ann "A", 李\nB'], Rejection("missing_at", "nobody"))
        body = written(rows.files["rejected"])
    assert (
        body
        == (
            "\ufeffemail,name,line,reason,message,suggestion\r\n"
            'nobody,"Ann ""A"", 李\nB",3,missing_at,There is no @ in it: an address looks like name@example.com.,\r\n'
        ).encode()
    )


def test_each_file_says_what_a_reader_of_it_wants_to_know() -> None:
    """Reasons, and sentences that say what to do; a rejection with what was probably meant."""
    with files() as rows:
        rows.open_table(table("email"))
        rows.rejected(2, ["ann@gmial,com"], Rejection("domain", "ann@gmial,com"))
        rows.rejected(3, ["x"], RowFault("malformed_row", Said("row.open_quote")))
        rows.duplicate(4, ["a@example.com"], 2)
        rows.already_in_group(5, ["b@example.com"])
        rows.over_capacity(good(6, "c@example.com"))
        listed = {name: records(written(file))[1:] for name, file in rows.files.items()}
    assert listed["rejected"][0][:3] == ["ann@gmial,com", "2", "domain"]
    assert listed["rejected"][0][4] == "ann@gmail.com"
    assert listed["rejected"][1:] == [
        ["x", "3", "malformed_row", "A quote opens in this row and is not closed properly.", ""]
    ]
    assert listed["skipped"] == [
        ["a@example.com", "4", "duplicate", "The same address is in line 2 already.", ""],
        ["b@example.com", "5", "already_in_group", "The group has this address already.", ""],
    ]
    message = "The group has no room for this address: drop this file into another group's folder."
    assert listed["remaining"] == [["c@example.com", "6", "over_capacity", message, ""]]


def test_a_message_says_in_which_table_its_line_is() -> None:
    """Where a file has several, in all three files, and as no formula; rows that wait to be sent know it."""
    with files() as rows:
        rows.open_table(replace(table("email"), name="=March"))
        rows.planned(good(2, "a@example.com"))
        rows.open_table(replace(table("email"), name="April"))
        rows.rejected(2, ["x"], RowFault("malformed_row", Said("row.no_json")))
        rows.duplicate(3, ["a@example.com"], 2, "=March")
        rows.duplicate(4, ["b@example.com"], 2, "April")
        rows.over_capacity(good(5, "c@example.com"))
        rows.planned(good(6, "d@example.com"))
        rows.planned(good(7, "e@example.com"))
        said = {name: [row[3] for row in records(written(file))[1:]] for name, file in rows.files.items()}
        assert [row.table for row in read_planned(rows.planned_body(), with_data=False)] == ["=March", "April", "April"]
    assert said["rejected"] == ["April: This record is not valid JSON."]
    assert said["skipped"] == [
        "April: The same address is in line 2 of =March already.",
        "April: The same address is in line 2 already.",
    ]
    assert said["remaining"] == [
        "April: The group has no room for this address: drop this file into another group's folder."
    ]


def test_only_files_with_rows_are_begun() -> None:
    """A planned row makes none of them."""
    with files() as rows:
        rows.open_table(table("email"))
        rows.planned(good(2, "a@example.com"))
        assert (rows.files, rows.planned_count) == ({}, 1)


def test_ragged_rows_keep_our_columns_below_their_headings() -> None:
    """A short row is filled up; what a long one has too much comes at its end."""
    with closing(CsvFile(["email", "name"])) as file:
        file.add(2, ["a"], "syntax", "m")
        file.add(3, ["a", "b", "c", "d"], "syntax", "m", "s")
        assert records(written(file))[1:] == [
            ["a", "", "2", "syntax", "m", ""],
            ["a", "b", "3", "syntax", "m", "s", "c", "d"],
        ]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(start: str) -> None:
    """Not the file's own, not its headings, not the suggestion, not the cells at the end."""
    with closing(CsvFile([f"{start}h"])) as file:
        file.add(2, [f"{start}a", f"{start}b"], "syntax", "m", f"{start}c")
        heading, row = records(written(file))
    assert heading == [f"'{start}h", *OWN]
    assert row == [f"'{start}a", "2", "syntax", "m", f"'{start}c", f"'{start}b"]


@given(st.text(st.sampled_from("'=+-@\t\r\n a"), max_size=6))
def test_reading_takes_the_guard_off_again(cell: str) -> None:
    """What a cell is read as does not change by being written and read, however often."""
    once = strip_guard(cell)
    assert strip_guard(guard(once)) == once


@given(st.lists(st.lists(st.text(st.sampled_from("ab=+-@'\"\t\r\n,; ü李"), max_size=4), max_size=4), max_size=6))
def test_rows_that_come_at_once_are_written_as_one_by_one(cells: list[list[str]]) -> None:
    """Quotes, guards and ragged rows: a block of rows makes the bytes that each of them makes alone."""
    with closing(CsvFile(["email", "name"])) as at_once, closing(CsvFile(["email", "name"])) as alone:
        at_once.add_all(GoodRows(range(len(cells)), [""] * len(cells), cells), "over_capacity", "=m, n")
        for line, row in enumerate(cells):
            alone.add(line, row, "over_capacity", "=m, n")
        assert written(at_once) == written(alone)


def test_a_long_row_is_cut_in_a_block_too() -> None:
    """It keeps what may be its address and nothing else; the rows around it keep everything."""
    rows = GoodRows([2, 3, 4], ["", "", ""], [["a@example.com", "A"], ["b@example.com", "x" * 250_000], ["c", "C"]])
    with closing(CsvFile(["email", "name"])) as file:
        file.add_all(rows, "over_capacity", "m")
        kept = [row[:2] for row in records(written(file))[1:]]
    assert kept == [["a@example.com", "A"], ["b@example.com", ""], ["c", "C"]]


def test_blocks_end_at_the_most_rows() -> None:
    """A block that does not fit is cut, and no later one is let in."""
    with closing(CsvFile(["email"], most_rows=3)) as file:
        rows = GoodRows(range(2, 4), ["a", "b"], [["a"], ["b"]])
        file.add_all(rows, "over_capacity", "m")
        assert not file.truncated
        file.add_all(rows, "over_capacity", "m")
        file.add_all(good(9, "c"), "over_capacity", "m")
        assert (file.truncated, file.rows) == (True, 3)
        assert [row[:2] for row in records(written(file))[1:]] == [["a", "2"], ["b", "3"], ["a", "2"]]


def test_a_file_ends_at_its_most_rows() -> None:
    """The last row that fits is written and nothing is said to be missing; the next one makes it truncated."""
    with closing(CsvFile(["email"], most_rows=2)) as file:
        file.add(2, ["a"], "syntax", "m")
        file.add(3, ["b"], "syntax", "m")
        assert not file.truncated
        file.add(4, ["c"], "syntax", "m")
        assert (file.truncated, file.rows, len(records(written(file)))) == (True, 2, 3)


def test_a_file_ends_at_its_most_bytes() -> None:
    """Within one buffer of it, whole rows only; a short row after a long one that did not fit is not let in either."""
    with closing(CsvFile(["email"], most_bytes=20_000)) as file:
        for number in range(2, 100):
            file.add(number, ["x" * 1_000], "syntax", "m")
        file.add(100, ["y"], "syntax", "m")
        assert file.truncated
        assert 20_000 <= file.size < 40_000
        assert [row[1] for row in records(written(file))[1:]] == [str(number) for number in range(2, 2 + file.rows)]


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(["\U0001f600" * limits.FIELD_CHARS] * 2, id="characters of four bytes"),
        pytest.param(['"', "="] * 2_000, id="quotes and guards"),
        pytest.param(["a@example.com"], id="short rows in a wide table"),
    ],
)
def test_what_a_block_adds_to_a_full_file_is_bounded(row: list[str]) -> None:
    """It is written whole, and /tmp has an end: as many rows as a block can have, with the longest of names."""
    width = limits.RECORD_CELLS
    weight = sum(map(len, row)) + len(row)
    count = min(limits.BLOCK_ROWS, limits.BLOCK_CHARS // weight + 1, limits.BLOCK_CELLS // width)
    with closing(CsvFile(["h"] * width, most_bytes=1_000_000)) as file:
        rows = GoodRows(range(count), ["a@example.com"] * count, [row] * count)
        file.add_all(rows, "over_capacity", in_english(said_in("\U0001f600" * 80, Said("row.over_capacity"))))
        assert file.rows == count
        assert file.size - file.heading_bytes < limits.BLOCK_BYTES
        file.add_all(rows, "over_capacity", "m")
        file.add_all(rows, "over_capacity", "m")
        assert file.size < 1_000_000 + limits.BLOCK_BYTES


def test_rejected_and_skipped_have_their_100_000_rows_and_remaining_has_all() -> None:
    """`truncated` tells of it; nothing else is cut."""
    with files() as rows:
        rows.open_table(table("email"))
        fault = RowFault("malformed_row", Said("row.no_json"))
        for number in range(limits.LISTED_ROWS + 1):
            rows.duplicate(number, ["a"], 2)
            rows.rejected(number, ["a"], fault)
            rows.over_capacity(good(number, "a"))
        told = {name: (file.rows, file.truncated) for name, file in rows.files.items()}
    assert told == {"rejected": (100_000, True), "skipped": (100_000, True), "remaining": (100_001, False)}


def test_bytes_come_from_wherever_they_are_asked_for() -> None:
    """From the beginning, or behind the headings; and rows can still be added afterwards."""
    with closing(CsvFile(["email"])) as file:
        headings = written(file)
        assert len(headings) == file.heading_bytes == file.size
        file.add(2, ["a"], "syntax", "m")
        row = b"".join(file.chunks(file.heading_bytes))
        assert row == b"a,2,syntax,m,\r\n"
        file.add(3, ["b"], "syntax", "m")
        assert written(file) == headings + row + b"b,3,syntax,m,\r\n"
        assert file.size == len(written(file))


@given(
    st.lists(
        st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), max_size=4), max_size=5
    )
)
def test_planned_rows_come_back_as_they_were(cells: list[list[str]]) -> None:
    """Line, address and every cell: quotes, line breaks of any kind, and any character."""
    given_rows = [PlannedRow(number, f"user{number}@example.com", row) for number, row in enumerate(cells, start=2)]
    with closing(PlannedRows()) as planned:
        for row in given_rows:
            planned.add(GoodRows([row.line], [row.address], [row.cells]))
        assert list(read_planned(planned.body(), with_data=False)) == given_rows
        assert list(read_planned(planned.body(), with_data=False)) == given_rows


@given(st.lists(st.lists(st.text(st.sampled_from('ab,"\r\n ü李\ud800'), max_size=4), max_size=3), max_size=6))
def test_planned_rows_are_stored_as_csv_writer_writes_them(cells: list[list[str]]) -> None:
    """Those of all versions can be read alike; a name needs quotes as a cell does."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    with closing(PlannedRows()) as planned:
        for table in ('one, "two"', None):
            planned.add(GoodRows(range(len(cells)), ["a@example.com"] * len(cells), cells), table)
            writer.writerow([table])
            writer.writerows([line, "a@example.com", *row] for line, row in enumerate(cells))
        assert gzip.decompress(planned.body().read()) == text.getvalue().encode("utf-8", "replace")


def test_planned_rows_without_room_keep_line_and_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their other cells are lost, the addresses are not."""
    monkeypatch.setattr(limits, "PLANNED_BYTES", 0)
    with closing(PlannedRows()) as planned:
        planned.add(good(2, "a@example.com", "Ann"))
        planned.add(good(3, "b@example.com", "Bob"))
        rows = list(read_planned(planned.body(), with_data=False))
        assert gzip.decompress(planned.body().read())
    assert rows[1] == PlannedRow(3, "b@example.com", [])


# Dropped again


def planned_from(body: bytes, room: int, hints: Hints | None = None) -> tuple[Decision, dict[str, bytes]]:
    """The decision about a file, and the files that are written beside its report."""
    policy = Policy(on_overflow="fill", max_invalid_percent=100)
    with files() as rows:
        decision = decide(read([body], hints or Hints()), set(), room, policy, rows)
        return decision, {name: written(file) for name, file in rows.files.items()}


def zipped(**members: str) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        for name, text in members.items():
            archive.writestr(f"{name}.csv", text)
    return body.getvalue()


FILES = {
    "with headings": b"email,name\nann@example.com,Ann\nbob@example.com,Bob\n",
    "without headings": b"Ann,ann@example.com,x\nBob,bob@example.com,y\n",
    "a list": b"ann@example.com\nbob@example.com\n",
    "a list with several in a line": b"ann@example.com, bob@example.com; carl@example.com\ndora@example.com\n",
    "one address": b"ann@example.com\n",
    "semicolons": b'name;email\n"Ann, ""A""";ann@example.com\nBob;bob@example.com\n',
    "an unusual heading": b"Kontakt,Name\nann@example.com,A\nbob@example.com,B\n",
    "a title above": b"Export of today\n\nname;email\nAnn;ann@example.com\nBob;bob@example.com\n",
    "quoted line breaks": b'email,note\r\nann@example.com,"a\r\nb"\r\nbob@example.com,"c\nd"\r\n',
    "formulas": b"email,note\nann@example.com,=1+1\nbob@example.com,'=x\ncarl@example.com,''=x\nd@x.org,\"\tx\"\n",
    "formulas as headings": b"=email,email\nx,ann@example.com\ny,bob@example.com\n",
    "extra cells": b"email,name\nann@example.com,Ann,bob@example.com,x\nbob@example.com\n,\n",
    "two address columns": b"email,email 2\nann@example.com;carl@example.com,bob@example.com\n,bob@example.com\n",
    "our headings in front": b"line,reason,message,suggestion,email\n1,a,b,c,ann@example.com\n2,a,b,c,b@x.org\n",
    "several in a cell": b'email,name\nann@example.com; bob@example.com,"A, B"\n',
    "other characters": "email,姓名\nann@例子.中国,李\nbob@example.com,\ufeffB\u2028b\n".encode(),
    "UTF-16": "email,姓名\nann@example.com,李\nbob@example.com,王\n".encode("utf-16"),
    "JSON": b'{"name": "A", "email": "ann@example.com"}\n{"email": "bob@example.com", "z": 1}\n',
    "tables of different shape": zipped(
        one="email,name\nann@example.com,Ann\n", two="name,phone,email\nBob,123,bob@example.com\nBo,,bo@example.com\n"
    ),
    "tables with different headings": zipped(one="email,name\nann@example.com,Ann\n", two="Kontakt\nbob@example.com\n"),
    "a second address where the first is none": b"email,email 2\nnone,ann@example.com\nx@; bob@example.com,c@x.org\n",
    "tables of which the second has the second address": zipped(
        one="email\nann@example.com\n", two="x,email,email 2\n1,bob@example.com,\n2,none,carl@example.com\n"
    ),
    "tables with and without a second address": zipped(
        one="email,email 2\n,ann@example.com\n", two="x,email,email 2\nbob@example.com,,carl@example.com\n"
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_what_remains_is_read_as_the_original(name: str) -> None:
    """The same addresses, neither more nor fewer nor others, dropped once more and twice more."""
    body = FILES[name]
    wanted, _ = planned_from(body, room=100)
    assert wanted.addresses
    for _ in range(2):
        _, listed = planned_from(body, room=0)
        body = listed["remaining"]
        assert sorted(planned_from(body, room=100)[0].addresses) == sorted(wanted.addresses)
    assert records(body)[0][-4:] == OWN
    assert records(body)[0].count("suggestion") == 1 + name.startswith("our headings")


REJECTED = {
    "with headings": b"email,name\nann@example.com,Ann\nnobody,Bob\nx@,=1\n",
    "without headings": b"Ann,ann@example.com\nBob,bob@example.com\nC,nobody\nD,x@\n",
    "a list": b"ann@example.com\nbob@example.com\nnobody\nfoo, bar\n",
    "several in a cell": b'email,name\nann@example.com,Ann\nnobody@; bob@example.com; x@y,"B\nC"\n',
}


@pytest.mark.parametrize("name", REJECTED)
def test_what_was_rejected_is_rejected_again_until_it_is_corrected(name: str) -> None:
    """For the same reasons; and the rows that somebody corrects are taken."""
    decision, listed = planned_from(REJECTED[name], room=100)
    again, _ = planned_from(listed["rejected"], room=100)
    assert again.rejected_by_reason == decision.rejected_by_reason
    corrected = listed["rejected"].replace(b"nobody@", b"nobody").replace(b"nobody", b"somebody@example.com")
    assert "somebody@example.com" in planned_from(corrected, room=100)[0].addresses


@pytest.mark.parametrize("name", FILES)
def test_what_was_skipped_is_read_as_the_original(name: str) -> None:
    """The rows that were members already, dropped for another group."""
    wanted, _ = planned_from(FILES[name], room=100)
    members = {address.lower() for address in wanted.addresses}
    with files() as rows:
        decide(read([FILES[name]], Hints()), members, 100, Policy(), rows)
        body = written(rows.files["skipped"])
    assert [*planned_from(body, room=100)[0].addresses] == [*wanted.addresses]


CELL = st.text(st.sampled_from("ab=+-@'\"\t\r\n,; ü李"), max_size=8)


@given(st.lists(st.lists(CELL, min_size=1, max_size=3), min_size=1, max_size=8))
def test_awkward_cells_change_no_address(notes: list[list[str]]) -> None:
    """Whatever stands beside the address, in however many cells."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["email", "a", "b"])
    for number, cells in enumerate(notes):
        writer.writerow([f"user{number}@example.com", *cells])
    body = text.getvalue().encode()
    wanted, _ = planned_from(body, room=100)
    assert len(wanted.addresses) == len(notes)
    _, listed = planned_from(body, room=0)
    assert [*planned_from(listed["remaining"], room=100)[0].addresses] == [*wanted.addresses]
