"""Files as people export them, and files that are none."""

from __future__ import annotations

import base64
import csv
import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from handler.errors import SourceProblem
from handler.limits import BLOCK_CELLS
from handler.reading import read, signatures
from handler.reading.allowance import Allowance
from handler.reading.tables import Hints, Table
from handler.reporting.words import in_english
from tests.handler.reading.files import zipped

CASES = Path(__file__).parent / "cases"
KEYS = {"case", "text", "base64", "encoding", "hints", "facts", "columns", "email_columns", "rows", "faults"}
CODES = {"empty_file", "no_email_column", "unreadable", "unsupported_format", "too_large", "damaged"}

Case = dict[str, Any]
Cut = Callable[[bytes], Iterator[bytes]]


def whole(data: bytes) -> Iterator[bytes]:
    """The file in one chunk."""
    yield data


def byte_by_byte(data: bytes) -> Iterator[bytes]:
    """The file a byte at a time, with nothing in between now and then."""
    for index in range(len(data)):
        yield data[index : index + 1]
        if index % 7 == 0:
            yield b""


def with_a_tail(data: bytes) -> Iterator[bytes]:
    """All but the last byte, then that one, then nothing more."""
    yield data[:-1]
    yield data[-1:]
    yield b""


def cases(*names: str) -> list[Any]:
    found = [case for name in names for case in yaml.safe_load((CASES / name).read_text(encoding="utf-8"))]
    return [pytest.param(case, id=case["case"]) for case in found]


def content(case: Case) -> bytes:
    if "base64" in case:
        return base64.b64decode(case["base64"])
    return str(case["text"]).encode(case.get("encoding", "utf-8"))


def one_table(data: Iterator[bytes], hints: Hints) -> Table:
    return next(read(data, hints))


@pytest.mark.parametrize("cut", [whole, byte_by_byte, with_a_tail])
@pytest.mark.parametrize("case", cases("tables.yml", "lists.yml"))
def test_a_file_gives_the_rows_it_should(case: Case, cut: Cut) -> None:
    """Facts, columns, addresses, lines and faults are those of the case, however the file is cut into chunks."""
    assert case.keys() <= KEYS
    table = one_table(cut(content(case)), Hints(**case.get("hints", {})))
    for name, value in case.get("facts", {}).items():
        assert (name, getattr(table.facts, name)) == (name, value)
    assert list(table.columns) == case.get("columns", list(table.columns))
    assert list(table.email_columns) == case.get("email_columns", list(table.email_columns))
    column = table.email_columns[0]
    rows: list[list[object]] = []
    faults = {}
    for block in table.blocks:
        assert len(block.lines) == len(block.rows)
        rows += [
            [line, row[column] if len(row) > column else None]
            for line, row in zip(block.lines, block.rows, strict=True)
        ]
        faults.update({block.lines[index]: fault.reason for index, fault in block.faults.items()})
    assert rows == case["rows"]
    assert faults == case.get("faults", {})


@pytest.mark.parametrize("cut", [whole, byte_by_byte, with_a_tail])
@pytest.mark.parametrize("case", cases("refused.yml"))
def test_a_file_that_cannot_be_read_is_refused_with_a_sentence(case: Case, cut: Cut) -> None:
    """The code is one of the report's, the sentence says what to do, and no address is in it."""
    assert case.keys() <= {"case", "text", "base64", "hints", "code", "says"}
    with pytest.raises(SourceProblem) as refused:
        everything(cut(content(case)), Hints(**case.get("hints", {})))
    assert refused.value.code == case["code"]
    assert case["says"] in in_english(refused.value.said)
    assert "@" not in in_english(refused.value.said)
    if refused.value.code == "unsupported_format":
        assert in_english(refused.value.said).endswith(
            (": export the list as .xlsx or CSV and drop that.", ": unpack it and drop the list that lies in it.")
        )


def test_every_format_that_is_known_at_sight_has_its_case() -> None:
    """No magic number without a file that begins with it."""
    heads = [content(case) for case in yaml.safe_load((CASES / "refused.yml").read_text(encoding="utf-8"))]
    assert [name for magic, name in signatures.MAGIC if not any(head.startswith(magic) for head in heads)] == []


def everything(data: Iterator[bytes], hints: Hints, allowance: Allowance | None = None) -> int:
    """Reads to the end what one would write a report from."""
    rows = 0
    for table in read(data, hints, allowance):
        assert max(table.email_columns, default=-1) < len(table.columns) + (not table.email_columns)
        for block in table.blocks:
            assert len(block.lines) == len(block.rows)
            assert all(0 <= index < len(block.rows) for index in block.faults)
            "".join(cell for row in block.rows for cell in row).encode()
            rows += len(block.rows)
    return rows


HEAD = b"email,name\n"
GOOD = b"a@x.com,Ann\n"
CARD = b"BEGIN:VCARD\nEMAIL:a@x.com\nEND:VCARD\n"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param([b"x" * 65_536] * 10, "too_large", id="a line without an end"),
        pytest.param([HEAD, GOOD, *[b"x" * 65_536] * 100], "too_large", id="one behind good rows"),
        pytest.param([b"a@x.com;b@x.com\n", *[b"x" * 65_536] * 100], "too_large", id="one in a list"),
        pytest.param([HEAD[:-1], b"," * 4_096, b"\n", GOOD], "too_large", id="too many columns"),
        pytest.param([HEAD, GOOD, *[b'a@x.com,"b\n' * 6_000] * 10], "damaged", id="a quote left open on every line"),
    ],
)
def test_a_hostile_file_is_refused(data: list[bytes], code: str) -> None:
    """Each for its reason, before it has cost much."""
    with pytest.raises(SourceProblem) as refused:
        everything(iter(data), Hints())
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("lines", "allowance", "code"),
    [
        pytest.param(b"b\n" * 200, Allowance(rows=1_000), "too_large", id="rows without number"),
        pytest.param(
            (b'b,"c\n' + b"c@x.com,d\n" * 2) * 100, Allowance(malformed=500), "damaged", id="quotes left open"
        ),
        pytest.param(
            (b'{"a":\n' + b'{"a":1}\n' * 2) * 100, Allowance(malformed=500), "damaged", id="records cut short"
        ),
        pytest.param(b'a,"' + b"b\n" * 300 + b'"x\n', Allowance(swallowed=1_000), "damaged", id="quotes around many"),
        pytest.param(b"\n" * 200, Allowance(rows=1_000), "too_large", id="blank lines without number"),
        pytest.param(b'{"email":1}\n' * 200, Allowance(rows=1_000), "too_large", id="records without number"),
        pytest.param(b'[{"email":"a@x.com"}' + b"," * 200 + b"]", Allowance(steps=1_000), "too_large", id="commas"),
        pytest.param(b"[" * 60 + b"]" * 61, Allowance(steps=500), "too_large", id="brackets in an array"),
        pytest.param(
            b'{"a":' + b"[[]," * 60 + b"1" + b"]" * 60 + b"}\n", Allowance(steps=500), "too_large", id="in lines"
        ),
        pytest.param(CARD + b"\n" * 50, Allowance(steps=1_000), "too_large", id="lines of cards"),
    ],
)
def test_what_one_file_may_cost_is_limited(lines: bytes, allowance: Allowance, code: str) -> None:
    """Rows, broken rows, and lines that are read twice: in all members of an archive together."""
    first = {b'{"': b'{"email":"a@x.com"}\n', b"[[": b'[{"email":"a@x.com"},', b"[{": b"", b"BE": b""}
    one = first.get(lines[:2], HEAD + GOOD) + lines
    data = zipped({f"{number}.txt": one for number in range(10)}, zipfile.ZIP_STORED)
    everything(iter([one]), Hints(), replace(allowance))
    with pytest.raises(SourceProblem) as refused:
        everything(iter([data]), Hints(), replace(allowance))
    assert refused.value.code == code


def test_malformed_rows_below_the_half_refuse_nothing() -> None:
    """Far more than a hundredth of a million: whether so many bad rows are too many is for the plan to say."""
    assert everything(iter([HEAD, b'a@x.com,"b\nc@x.com,d\nc@x.com,d\n' * 12_000]), Hints()) == 36_000


def test_a_row_with_too_many_cells_costs_itself() -> None:
    """Its first cells are kept."""
    wide = b"b@x.com" + b"," * 5_000 + b"\n"
    block = next(one_table(iter([HEAD, GOOD, wide, GOOD]), Hints()).blocks)
    assert {index: fault.reason for index, fault in block.faults.items()} == {1: "malformed_row"}
    assert block.rows[1][0] == "b@x.com"
    assert max(map(len, block.rows)) == 4_096


def test_short_rows_below_many_headings_come_in_small_blocks() -> None:
    """Of the same table or of another one beside it: filled up to the last column they would be a thousand times as
    large. No row or fault is lost where a block is cut."""
    wide = b"email" + b",x" * 4_000 + b"\n"
    rows = b"".join(b"a%d@x.com\n" % number for number in range(999)) + b'b@x.com,"\n'
    for data in (wide + rows, zipped({"1.csv": wide + GOOD, "2.csv": HEAD + rows})):
        *_, blocks = [list(table.blocks) for table in read(iter([data]), Hints())]
        assert max(len(block.rows) for block in blocks) * 4_001 <= BLOCK_CELLS
        assert [line for block in blocks for line in block.lines] == [*range(2, 1_002)]
        assert [row[0] for block in blocks for row in block.rows][:999] == [f"a{number}@x.com" for number in range(999)]
        assert [block.lines[index] for block in blocks for index in block.faults] == [1_001]


@pytest.mark.parametrize("separator", ["; ", " "])
def test_a_list_may_be_one_long_line(separator: str) -> None:
    """Far longer than a record may be: every address is there once, and the lines behind it are counted right."""
    many = [f"user{number}@example.com" for number in range(20_000)]
    for tail in (separator + "\nlast@example.com\n", "\n\nlast@example.com"):
        blocks = list(one_table(whole((separator.join(many) + tail).encode()), Hints()).blocks)
        assert [row[0] for block in blocks for row in block.rows if row] == [*many, "last@example.com"]
        assert [line for block in blocks for line in block.lines][-1] == tail.count("\n", 0, -1) + 1
        assert sum(not row for block in blocks for row in block.rows) == tail.count("\n\n")


def test_a_list_cut_right_before_its_line_end_has_no_row_more() -> None:
    """Wherever a long line is cut, what is left of it is no blank line."""
    for length in (4, 5, 6):
        text = "a@x.com, " * 14_563 + "," * length + "\nb@x.com\n"  # with five commas, exactly two pieces
        rows = [row for block in one_table(whole(text.encode()), Hints()).blocks for row in block.rows]
        assert rows[-1] == ["b@x.com"]
        assert [] not in rows


NOTES = st.text(st.sampled_from(",;|\t\"' \n\r\nabcé张ル"), max_size=12).filter(lambda note: not note.startswith("'"))


@settings(max_examples=150, deadline=None)
@given(
    notes=st.lists(NOTES, min_size=2, max_size=12),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030"]),
    size=st.sampled_from([1, 2, 3, 50, 10_000]),
)
def test_what_csv_wrote_is_read_without_a_word_about_it(
    notes: list[str], delimiter: str, end: str, encoding: str, size: int
) -> None:
    """Any dialect, line end, charset and chunking: the delimiter and the column are found, every cell is as it was."""
    rows = [[f"n{number}", f"user{number}@example.com", note] for number, note in enumerate(notes)]
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([["name", "E-Mail", "note"], *rows])
    data = text.getvalue().encode(encoding)
    hints = Hints(encoding=encoding if encoding == "gb18030" else None)  # too little text to tell it by
    table = one_table((data[start : start + size] for start in range(0, len(data), size)), hints)
    assert (table.facts.delimiter, table.email_columns) == (delimiter, (1,))
    assert [row for block in table.blocks for row in block.rows] == rows


SCRAPS = st.sampled_from(
    [
        *(
            b"a@x.com",
            b"email",
            b"name",
            b",",
            b";",
            b"\t",
            b"|",
            b" ",
            b'"',
            b'""',
            b"'",
            b"'=",
            b"<",
            b">",
            b"sep=;\n",
        ),
        *(
            b"\n",
            b"\r",
            b"\r\n",
            b"\0",
            b"\xff",
            b"\xfe",
            b"\xef\xbb\xbf",
            b"\xff\xfe",
            b"\xd8\x00",
            b"\x81\x30",
            b"\x1b$B",
        ),
        *("é".encode(), "张三".encode("gb18030"), "メール".encode("shift_jis"), "メール".encode("utf-16-le")),
    ]
)


@settings(max_examples=300, deadline=None)
@given(
    data=st.one_of(st.binary(max_size=200), st.lists(SCRAPS, max_size=60).map(b"".join)),
    hints=st.one_of(
        st.just(Hints()),
        st.builds(
            Hints,
            email_column=st.sampled_from([None, "email", "2", "nowhere", "", "²"]),
            delimiter=st.sampled_from([None, ";", "tab", "é", " ", '"', ""]),
            encoding=st.sampled_from([None, "utf-16", "gb18030", "idna", "zip", "iso2022_jp", "cp037", "\0"]),
        ),
    ),
)
def test_any_bytes_are_read_or_refused(data: bytes, hints: Hints) -> None:
    """Whatever lies in the file and in its metadata: tables or a `SourceProblem`, never another exception."""
    try:
        everything(whole(data), hints)
    except SourceProblem as problem:
        assert problem.code in CODES  # noqa: PT017  (both ends are good ones)
