"""Fixtures for everybody."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

from local.cloud import Behaviour, Cloud
from tests.stage import BUCKET, GROUP, FakeClock, Stage

settings.load_profile(
    "ci"
)  # no time limits, and the same examples every time: `--hypothesis-profile=default` has others


@pytest.fixture
def clock() -> FakeClock:
    """Time that passes only when somebody waits."""
    return FakeClock()


@pytest.fixture
def behaviour() -> Behaviour:
    """How slow and odd the cloud is: `@pytest.mark.parametrize("behaviour", [Behaviour(members_after=3)])` for a test.

    In the middle of one, `stage.cloud.behaviour` may be replaced.
    """
    return Behaviour()


@pytest.fixture
def stage(clock: FakeClock, behaviour: Behaviour) -> Iterator[Stage]:
    """The function in front of an empty bucket and an empty group; no signature refused, nothing unknown asked for."""
    cloud = Cloud(clock=clock, behaviour=behaviour)
    cloud.objects.create_bucket(BUCKET)
    cloud.groups.create("spring", receiver_id=GROUP)
    with cloud.serve() as endpoint:
        yield Stage(cloud, endpoint, clock)
    assert cloud.problems == []
