"""Rows that are joined come to what `csv.writer` makes of them."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handler.planning.lists import guard
from handler.planning.records import SUSPECT, CsvBlock, encoded

CELL = st.text(st.sampled_from("ab,\"\r\n\t=+-@' ü李\u2028\U0001f600"), max_size=5)
ROWS = st.lists(st.lists(CELL, max_size=4), max_size=6)


@given(ROWS)
def test_rows_are_joined_as_csv_writer_joins_them(rows: list[list[str]]) -> None:
    """Whatever their cells hold, and however many they have."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([1, *row, 2] for row in rows)
    joined = zip(CsvBlock(rows).rows, rows, strict=True)
    assert "".join([f"1,{cells},2\r\n" if row else "1,2\r\n" for cells, row in joined]) == text.getvalue()


@given(ROWS)
def test_columns_before_the_cells_are_joined_with_them(rows: list[list[str]]) -> None:
    """With a line end behind each row; a row without cells has nothing behind them."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([line, "a@b", *row] for line, row in enumerate(rows))
    assert CsvBlock(rows, map(str, range(len(rows))), ["a@b"] * len(rows)).body == encoded(text.getvalue())


@pytest.mark.parametrize("awkward", [",", '"', "\r", "\n", 'a "b", c\r\n', "", '""'])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_row_with_quotes_changes_no_other(awkward: str, place: int) -> None:
    """It has them where it needs them; the rows above and below stay as they are."""
    plain = ["1", "Ann", "x y"]
    row = [*plain[:place], awkward, *plain[place + 1 :]]
    first, middle, last = CsvBlock([plain, row, plain]).rows
    assert first == last == "1,Ann,x y"
    assert next(csv.reader(io.StringIO(middle, newline=""))) == row


@pytest.mark.parametrize("rows", [[], [[]], [[], []], [[], ["a"]], [["a"], []], [["a", "b"], [], [","]], [[""], []]])
def test_rows_without_cells_are_empty_texts(rows: list[list[str]]) -> None:
    """No row makes up for another that has one cell more."""
    assert CsvBlock(rows).rows == [",".join(row) if row != [","] else '","' for row in rows]


@given(ROWS)
def test_no_formula_escapes_suspicion(rows: list[list[str]]) -> None:
    """A block with a cell that is to be guarded is a suspect one, quotes or not."""
    if any(guard(cell) != cell for row in rows for cell in row):
        assert CsvBlock(rows).is_suspect


@pytest.mark.parametrize("start", SUSPECT)
@pytest.mark.parametrize("place", range(4))
def test_a_formula_is_found_wherever_it_stands(start: str, place: int) -> None:
    """In the first cell of all, of a row, and in the last; the same sign inside a cell is none. With quotes around a
    cell, as a CR or LF has them, nobody looks."""
    cells = ["a", "b", "c", "d"]
    cells[place] = f"{start}x"
    assert CsvBlock([cells[:2], cells[2:]]).is_suspect
    cells[place] = f"x{start}x"
    assert CsvBlock([cells[:2], cells[2:]]).is_suspect == (start in "\r\n")


def test_what_cannot_be_encoded_is_a_question_mark() -> None:
    """A lone surrogate costs its own character only, and no file its upload."""
    assert encoded("ü\ud800b") == "ü?b".encode()
