"""Records from text in pieces of any size: what `csv` wrote comes back, and what it would choke on is bounded."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from handler.errors import SourceProblem
from handler.limits import ENDLESS_CHARS, PIECE_BYTES, RECORD_CHARS
from handler.reading.allowance import Allowance
from handler.reading.delimited import blocks

DELIMITERS = st.sampled_from([",", ";", "\t", "|"])
PIECES = st.sampled_from([1, 2, 3, 7, 64, PIECE_BYTES])
GUARD = re.compile(r"'[=+\-@\t\r]")
CELLS = st.text(
    st.one_of(
        st.sampled_from(",;|\t\"' \n\r\u2028\x0b\x85é张"),
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    ),
    max_size=8,
).filter(lambda cell: not GUARD.match(cell))


def pieces(text: str, size: int) -> Iterator[str]:
    """The text in pieces, and an empty one among them."""
    for start in range(0, len(text), size):
        yield text[start : start + size]
    yield ""


def read(text: str, delimiter: str = ",", size: int = PIECE_BYTES) -> tuple[list[list[str]], list[int], dict[int, str]]:
    """Rows, lines, and the reasons of the faults by line."""
    rows: list[list[str]] = []
    lines: list[int] = []
    faults: dict[int, str] = {}
    for block in blocks(pieces(text, size), delimiter, Allowance()):
        rows += [list(row) for row in block.rows]
        lines += block.lines
        faults.update({block.lines[index]: fault.reason for index, fault in block.faults.items()})
    return rows, lines, faults


def lines_of(records: list[str]) -> list[int]:
    """The line on which each record begins, counted the slow way."""
    found: list[int] = []
    line = 1
    for record in records:
        found.append(line)
        line += len(re.findall("\r\n|\r|\n", record))
    return found


@settings(max_examples=150, deadline=None)
@given(
    table=st.lists(st.lists(CELLS, min_size=1, max_size=4), max_size=8),
    delimiter=DELIMITERS,
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    size=PIECES,
)
def test_what_csv_wrote_comes_back(table: list[list[str]], delimiter: str, end: str, quoting: int, size: int) -> None:
    """Any table in any dialect, with any line end, cut anywhere: the same cells, each with its physical line."""
    records = []
    for row in table:
        record = io.StringIO(newline="")
        csv.writer(record, delimiter=delimiter, lineterminator=end, quoting=quoting).writerow(row)  # type: ignore[arg-type]
        records.append(record.getvalue())
    # csv.writer leaves a CR unquoted where it is not its line end (cpython issue 10515): that cell is two lines.
    assume(quoting != csv.QUOTE_MINIMAL or not any("\r" in cell or "\n" in cell for row in table for cell in row))
    assert read("".join(records), delimiter, size) == (table, lines_of(records), {})


@settings(max_examples=300, deadline=None)
@given(text=st.text(st.sampled_from('ab,"\n\r\u2028'), max_size=40), size=PIECES)
@example(text='a"b,c\n"x"y,z\n', size=1)
def test_a_bounded_reader_equals_csv_reader(text: str, size: int) -> None:
    """On any text in which no quote stays open or closes in doubt behind a line end, the rows are those of `csv`."""
    reader = csv.reader(io.StringIO(text, newline=""))
    lines = list(io.StringIO(text, newline=""))
    expected: list[list[str]] = []
    start = 0
    for row in reader:
        record = lines[start : reader.line_num]
        if len(record) > 1 or reader.line_num == len(lines):
            assume(closes(record))
        expected.append(row)
        start = reader.line_num
    rows, _, faults = read(text, ",", size)
    assert (rows, faults) == (expected, {})


def closes(record: list[str]) -> bool:
    try:
        list(csv.reader(record, strict=True))
    except csv.Error:
        return False
    return True


@settings(max_examples=200, deadline=None)
@given(text=st.text(st.sampled_from("ab,\"\n\r'=\udc80"), max_size=60), size=PIECES)
def test_the_pieces_do_not_matter(text: str, size: int) -> None:
    """However the text is cut: the same rows, lines and faults, open quotes and broken bytes included."""
    assert read(text, ",", size) == read(text)


@pytest.mark.parametrize("size", [1, PIECE_BYTES])
def test_an_unclosed_quote_costs_its_own_row_only(size: int) -> None:
    """The lines it swallowed are read again: those before the next quote, and those up to the end of the file."""
    rows, lines, faults = read('a,"x\nb,y\nc,"z"\nd,"u\ne,v\n', ",", size)
    assert rows == [["a", '"x'], ["b", "y"], ["c", "z"], ["d", '"u'], ["e", "v"]]
    assert lines == [1, 2, 3, 4, 5]
    assert faults == {1: "malformed_row", 4: "malformed_row"}


def test_an_unclosed_quote_before_a_long_file_costs_its_own_row_only() -> None:
    """More text than a record may have lies behind it: the quote is given up, and nothing after it is lost."""
    rest = [["c@x.com", str(number)] for number in range(60_000)]
    text = 'a@x.com,"\n' + "".join(f"{','.join(row)}\n" for row in rest)
    assert len(text) > 3 * RECORD_CHARS
    rows, lines, faults = read(text)
    assert rows[1:] == rest
    assert lines == list(range(1, 60_002))
    assert faults == {1: "malformed_row"}


def test_a_quote_left_open_on_every_line_stays_linear() -> None:
    """No line is read more than a few times: counted, not timed."""
    text = 'a@x.com,"x\n' * 50_000
    rows, _, faults = read(text)
    assert len(rows) == len(faults) == 50_000


def test_a_record_over_the_limit_costs_its_own_row_only() -> None:
    """Quoted lines without number, a cell too long, a line too long: each is one malformed row among good ones."""
    long = [
        '"' + "x\n" * (RECORD_CHARS // 2) + '"',
        "y" * (RECORD_CHARS // 2 + 1),
        "z," * RECORD_CHARS,
        "u" * (ENDLESS_CHARS // 2),
    ]
    for record in long:
        rows, lines, faults = read(f"a,b\n{record}\nc,d\n")
        assert rows[0] == ["a", "b"]
        assert rows[-1] == ["c", "d"]
        assert lines[-1] == record.count("\n") + 3
        assert faults[2] == "malformed_row"
        assert max(map(len, map("".join, rows))) < RECORD_CHARS


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_past_a_line_without_end(end: str) -> None:
    """A CRLF that is cut in two right behind the dropped line is one line end."""
    for more in (PIECE_BYTES, 2 * PIECE_BYTES):
        for length in range(RECORD_CHARS + more - 8, RECORD_CHARS + more + 8):
            _, lines, faults = read(f"a{end}{'x' * length}{end}b{end}")
            assert (lines, list(faults)) == ([1, 2, 3], [2])


def test_the_limit_of_a_record_does_not_depend_on_the_pieces() -> None:
    """A record of many short quoted cells that is too long as a whole: the same verdict when it comes at once."""
    text = "a,b\n" + '"x\n",' * (RECORD_CHARS // 4) + "z\nc,d\n"
    at_once = read(text, size=len(text))
    assert at_once[2][2] == "malformed_row"
    assert at_once == read(text)


def test_a_record_that_never_ends_is_given_up_in_time() -> None:
    """Its quotes open and close for ever: no more of it is held than a record may have."""
    taken = 0

    def endless() -> Iterator[str]:
        nonlocal taken
        yield "a,b\n"
        while True:
            taken += PIECE_BYTES
            yield '"x\n",' * (PIECE_BYTES // 5)

    found = (fault for block in blocks(endless(), ",", Allowance()) for fault in block.faults.values())
    assert next(found).reason == "malformed_row"
    assert taken <= RECORD_CHARS + 2 * PIECE_BYTES


@pytest.mark.parametrize("before", ["", "email,name\na@x.com,b\n"])
def test_an_endless_line_is_refused_early(before: str) -> None:
    """At once where nothing stands before it, soon where something does; never read to its end."""
    taken = 0

    def endless() -> Iterator[str]:
        nonlocal taken
        yield before
        while True:
            taken += PIECE_BYTES
            yield "x" * PIECE_BYTES

    with pytest.raises(SourceProblem) as refused:
        list(blocks(endless(), ",", Allowance()))
    assert refused.value.code == "too_large"
    assert taken <= (ENDLESS_CHARS if before else RECORD_CHARS) + 2 * PIECE_BYTES


def test_lines_are_a_range_where_no_record_spans_any() -> None:
    """With quotes or without, the block carries no list of numbers."""
    for text in ("a,b\nc,d\n\n", 'a,"b"\n"c",d\n'):
        assert all(isinstance(block.lines, range) for block in blocks((text,), ",", Allowance()))


def test_a_byte_that_did_not_decode_costs_its_own_row() -> None:
    """Its cells are what could be saved, and can be written."""
    block = next(blocks(("a,b\nc\udcff,d\ne,é\n",), ",", Allowance()))
    assert block.rows == [["a", "b"], ["c\ufffd", "d"], ["e", "é"]]
    assert {index: fault.reason for index, fault in block.faults.items()} == {1: "undecodable"}


def test_guards_are_taken_off_once() -> None:
    """Only before the characters that get one, and only the first."""
    rows, _, _ = read("'=1,'+2,'-3,'@4,'x,''=5,O'-6\n\"'\t7\",\"'\r8\",'\n")
    assert rows == [["=1", "+2", "-3", "@4", "'x", "'=5", "O'-6"], ["\t7", "\r8", "'"]]


DIALECTS = {
    "a space behind each comma": ('1, "Ames, Ada", a@example.com\n', [["1", "Ames, Ada", "a@example.com"]]),
    "spaces at the start of a line": ('  "1", "b"\n', [["1", "b"]]),
    "spaces behind a closing quote": ('"Ames, Ada"  ,"b" \n', [["Ames, Ada", "b"]]),
    "behind one of several lines": ('"one\ntwo" ,b\n', [["one\ntwo", "b"]]),
    "spaces inside quotes": ('"a, ",x,", y"\n', [["a, ", "x", ", y"]]),
    "quotes doubled inside quotes": ('"say, ""hi"" , you",b\n', [['say, "hi" , you', "b"]]),
    "inches": ('5" ,b\n', [['5"', "b"]]),
    "escaped quotes": (r'"who\"s, there",b' + "\n", [['who"s, there', "b"]]),
    "an escaped one at the end": (r'"48\"",b' + "\n" + r'"x",c' + "\n", [['48"', "b"], ["x", "c"]]),
    "paths that end with a backslash": (r'"C:\a\","b\"' + "\n", [["C:\\a\\", "b\\"]]),
    "a path, and doubled quotes": (r'"C:\""x\",b' + "\n", [[r"C:\"x" + "\\", "b"]]),
}


@pytest.mark.parametrize("size", [1, 5, PIECE_BYTES])
@pytest.mark.parametrize("name", DIALECTS)
def test_what_is_not_quite_rfc_4180_is_read_and_what_is_stays(name: str, size: int) -> None:
    """Spaces around quotes and escaped quotes are as common as they are outside the standard."""
    text, rows = DIALECTS[name]
    found, _, faults = read(text, size=size)
    assert (found, faults) == (rows, {})
