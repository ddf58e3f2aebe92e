"""Sets of digests, against sets of Python's."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from handler.delivering.digests import Digests, digest, digests

SOME = st.sets(st.sampled_from([digest(str(number)) for number in range(9)]))


@given(SOME, SOME)
def test_they_are_sets(left: set[bytes], right: set[bytes]) -> None:
    """Whatever is done with them, and however they were stored."""
    one, other = Digests(left), Digests.from_packed(b"".join(right))
    assert ({*one}, len(one), {*other}, len(other)) == (left, len(left), right, len(right))
    assert ({*(one | other)}, {*(one & other)}, {*(one - other)}) == (left | right, left & right, left - right)
    assert ({*(one | right)}, {*(one - right)}, {*(left - other)}) == (left | right, left - right, left - right)
    assert (one == other, one != other) == (left == right, left != right)
    assert [each in one for each in sorted(right)] == [each in left for each in sorted(right)]
    assert Digests.from_packed(one.packed) == one


def test_an_address_has_one_digest() -> None:
    assert digests(["a@example.com", "b@example.com", "a@example.com"]) == digests(["b@example.com", "a@example.com"])
    assert digest("a@example.com") in digests(["a@example.com"])
