"""The addresses that wait for their batch, and where each different one stood first."""

from __future__ import annotations

import pytest

from handler import limits
from handler.planning.addresses import Addresses
from handler.planning.first_seen import FirstSeen


@pytest.mark.parametrize("memory", [100, limits.SCRATCH_MEMORY], ids=["on disk", "in memory"])
@pytest.mark.parametrize("count", [0, 1, 999, 1_000, 1_001, 2_500])
@pytest.mark.parametrize("at_once", [1, 7, 2_500])
def test_they_are_read_as_they_were_added(
    monkeypatch: pytest.MonkeyPatch, count: int, at_once: int, memory: int
) -> None:
    """However they come, and whichever of them are asked for; also while more of them come."""
    monkeypatch.setattr(limits, "SCRATCH_MEMORY", memory)
    given = [f"ü{number}@example.com" for number in range(count)]
    addresses = Addresses()
    for start in range(0, count, at_once):
        addresses.add(given[start : start + at_once])
        assert addresses[-1:] == given[: start + at_once][-1:]
    assert (len(addresses), [*addresses]) == (count, given)
    for start, stop in ((0, 0), (0, 1), (0, 1_000), (998, 1_002), (1_000, 2_000), (1_990, 2_500), (5, 5), (-1, None)):
        assert addresses[start:stop] == given[start:stop]
    indices = [*range(0, count, 3)]
    assert addresses.at(indices) == [given[index] for index in indices]
    assert [addresses[index] for index in indices[-2:]] == [given[index] for index in indices[-2:]]
    assert [address for block in addresses.blocks(700) for address in block] == given


def test_the_first_place_of_each_is_known() -> None:
    """By its key for the first ones, by its hash for all others, which share buckets of a few."""
    seen, count = FirstSeen(), 200_000
    for number in range(count):
        seen.add(f"{number}@example.com", number + 2, ("March", "April")[number % 2], exactly=number < 10)
    assert len(seen.exact) == 10
    assert max(map(len, seen.further.values())) > 16, "no two share a bucket"
    places = [seen.place(f"{number}@example.com") for number in range(0, count, 97)]
    assert places == [(number + 2, ("March", "April")[number % 2]) for number in range(0, count, 97)]
    assert all(f"{number}@example.com" in seen for number in (0, 9, 10, count - 1))
    unknown = [f"{number}@example.org" for number in range(count)]
    assert not any(key in seen or seen.place(key) for key in unknown)


def test_a_table_without_a_name_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """And past all that is remembered an address is not told from its double."""
    monkeypatch.setattr(limits, "DIFFERENT_ADDRESSES", 1)
    seen = FirstSeen()
    for line, key in enumerate(("a", "b", "c"), start=1):
        seen.add(key, line, None, exactly=key == "a")
    assert [seen.place(key) for key in ("a", "b", "c", "d")] == [(1, None), (2, None), None, None]
