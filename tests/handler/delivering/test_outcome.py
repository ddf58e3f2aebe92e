"""What became of a plan, in numbers that add up."""

from __future__ import annotations

from dataclasses import asdict

from hypothesis import given
from hypothesis import strategies as st

from handler.delivering.outcome import Outcome
from handler.planning.plan import RowCounts
from handler.said import Said

PLANNED = RowCounts(already_in_group=2, duplicate=3, rejected=4, empty=5, over_capacity=6, not_attempted=10)


def test_what_is_not_named_is_in_the_group() -> None:
    """The plan's counts hold everything that is to be sent as not attempted."""
    counts = Outcome(()).count(PLANNED)
    assert counts == RowCounts(10, 2, 3, 4, 5, 6, 0, 0)


def test_each_index_moves_its_row() -> None:
    """What the service left out is rejected, what somebody else had added is in the group already."""
    outcome = Outcome(
        (),
        not_attempted=frozenset({9}),
        unconfirmed=frozenset({7, 8}),
        already_in_group=frozenset({0}),
        left_out={1: Said("row.unconfirmed"), 2: Said("row.unconfirmed")},
    )
    assert outcome.count(PLANNED) == RowCounts(4, 3, 3, 6, 5, 6, 1, 2)


def test_left_out_addresses_are_a_reason_of_their_own() -> None:
    """Where there are none the reason is not named."""
    planned = {"syntax": 2}
    assert Outcome(()).reasons(planned) == {"syntax": 2}
    assert Outcome((), left_out={1: Said("row.unconfirmed")}).reasons(planned) == {"syntax": 2, "refused_by_service": 1}
    assert planned == {"syntax": 2}


@given(st.lists(st.sampled_from(["sent", "open", "unknown", "there", "left out"]), max_size=20))
def test_rows_add_up_whatever_became_of_them(fates: list[str]) -> None:
    """Each planned address is counted once."""

    def those(fate: str) -> frozenset[int]:
        return frozenset(index for index, found in enumerate(fates) if found == fate)

    planned = RowCounts(1, 2, 3, 4, 5, 6, len(fates), 7)
    outcome = Outcome(
        (),
        not_attempted=those("open"),
        unconfirmed=those("unknown"),
        already_in_group=those("there"),
        left_out=dict.fromkeys(those("left out"), Said("row.unconfirmed")),
    )
    counts = outcome.count(planned)
    assert counts.imported == fates.count("sent")
    assert sum(asdict(counts).values()) == sum(asdict(planned).values()) - planned.imported - planned.unconfirmed
