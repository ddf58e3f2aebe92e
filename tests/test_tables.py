"""No generated table loses an address without a word."""

from __future__ import annotations

import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tables import end, generate


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32))
def test_an_address_is_planned_or_told_of(seed: int) -> None:
    """Whatever columns of other people stand beside the rows' own, however the table is sorted or blanked: exactly the
    right addresses are planned, or the file is refused or warned of."""
    assert end(generate(random.Random(seed))) != "LOST"
