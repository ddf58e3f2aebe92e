"""Picking what a report shows of a file's rows."""

from __future__ import annotations

from handler import limits
from handler.judging.verdicts import Explanation
from handler.planning.samples import SampleRow, Sampling, TypoDomain, typo_domains
from handler.said import Said


def test_the_first_rows_of_each_reason_are_kept() -> None:
    """However many rows are rejected, each reason has its first ones, and no more than its share."""
    sampling = Sampling()
    for line in range(1, 10_001):
        sampling.add(
            line, "missing_at" if line % 2 else "syntax", str(line), Explanation(Said("row.two_at"), "a@example.com")
        )
    sampling.add(10_001, "domain", "a@b", Explanation(Said("row.two_at")))
    rows = sampling.rows
    assert len(rows) == 2 * limits.SHOWN_ROWS + 1
    assert [row.line for row in rows if row.reason == "syntax"] == list(range(2, 2 * limits.SHOWN_ROWS + 1, 2))
    assert rows[-1] == SampleRow(10_001, "domain", "a@b", Said("row.two_at"))


def test_picking_goes_on_where_it_stopped() -> None:
    """Rows picked by an earlier invocation count."""
    first = Sampling()
    for line in range(limits.SHOWN_ROWS - 1):
        first.add(line, "syntax", "a", Explanation(Said("row.two_at")))
    second = Sampling(first.rows)
    second.add(100, "syntax", "b", Explanation(Said("row.two_at")))
    second.add(101, "syntax", "c", Explanation(Said("row.two_at")))
    assert [row.line for row in second.rows][-2:] == [limits.SHOWN_ROWS - 2, 100]


def test_long_cells_are_cut() -> None:
    """A cell of any length costs a plan a few bytes, and every one of them is text."""
    sampling = Sampling()
    sampling.add(1, "syntax", "x" * 100_000 + "\ud800", Explanation(Said("row.marked", why="m" * 9_999), "s" * 9_999))
    sampling.add(2, "syntax", " \ud800 ", Explanation(Said("row.two_at")))
    long, odd = sampling.rows
    why = str(long.said.fields["why"])
    assert (len(long.text), len(why), len(long.suggestion)) == (
        limits.SHOWN_CHARS,
        limits.SHOWN_SENTENCE,
        limits.SHOWN_CHARS,
    )
    assert long.text.endswith("…")
    assert odd.text == "?"


def test_likely_typing_mistakes_are_counted() -> None:
    """Slips of well-known domains are listed with what was meant, the most frequent first; other domains are not."""
    addresses = ["a@gmial.com", "b@gmial.com", "c@hotmial.com", "d@gmail.com", "e@example.org", "f@example.con"]
    assert typo_domains(addresses) == (
        TypoDomain("gmial.com", "gmail.com", 2),
        TypoDomain("example.con", "example.com", 1),
        TypoDomain("hotmial.com", "hotmail.com", 1),
    )


def test_few_mistakes_are_listed() -> None:
    """A file full of mistakes has a short list of them all the same."""
    typos = typo_domains(f"a@shop{number}.con" for number in range(1_000))
    assert len(typos) == limits.SHOWN_DOMAINS
