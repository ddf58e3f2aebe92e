"""A short run of the fuzzer, with a fixed seed."""

from __future__ import annotations

from tests.fuzz import fuzz


def test_any_bytes_give_rows_or_a_refusal() -> None:
    """Every end is one that is meant, and both kinds of end occur."""
    ends = fuzz(seed=20261123, inputs=700)
    assert not [end for end in ends if end.startswith("CRASH")]
    assert ends["tables"] > 25
    assert ends["damaged"] > 2
