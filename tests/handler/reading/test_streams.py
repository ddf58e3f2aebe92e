"""Physical lines, and nothing else that may look like the end of one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from handler.reading.streams import LINE_END, split


@given(st.text(st.sampled_from("ab\r\n\x0b\x0c\x1c\x85\u2028李\udcff"), max_size=20))
def test_a_text_is_split_at_its_line_ends(text: str) -> None:
    """At LF, CRLF and CR, in any mixture and next to each other; no empty line comes after the last end."""
    lines = LINE_END.split(text)
    assert split(text) == (lines if lines[-1] else lines[:-1])
