"""A short run of the fuzzer, with a fixed seed."""

from __future__ import annotations

from tests.fuzz import fuzz


def test_any_bytes_give_rows_or_a_refusal() -> None:
    """Three thousand inputs: every end is one that is meant, and both kinds of end occur."""
    ends = fuzz(seed=20261123, inputs=3_000)
    assert not [end for end in ends if end.startswith("CRASH")]
    assert ends["tables"] > 100
    assert ends["damaged"] > 10
