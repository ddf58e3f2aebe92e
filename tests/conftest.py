"""Fixtures for everybody."""

from __future__ import annotations

import os
from collections.abc import Iterator
from zlib import crc32

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
def with_data(request: pytest.FixtureRequest) -> bool:
    """Whether the rows of files, and the members of groups, have data for the mail's template: told by the test's name,
    so that it is every second one of those that are marked `data`."""
    if request.node.get_closest_marker("data") is None:
        return False
    wanted = os.environ.get("WITH_DATA", "some")
    return wanted == "all" or (wanted == "some" and crc32(request.node.name.encode()) % 2 == 0)


@pytest.fixture
def stage(clock: FakeClock, behaviour: Behaviour, with_data: bool) -> Iterator[Stage]:
    """The function in front of an empty bucket and an empty group; no signature refused, nothing unknown asked for."""
    cloud = Cloud(clock=clock, behaviour=behaviour)
    cloud.objects.create_bucket(BUCKET)
    cloud.groups.create("spring", receiver_id=GROUP)
    with cloud.serve() as endpoint:
        stage = Stage(cloud, endpoint, clock)
        if with_data:
            stage.use_data()
        yield stage
    assert cloud.problems == []
    stage.assert_data()
