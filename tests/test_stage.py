"""What the other tests stand on: a cloud in front of the function that may be slow and odd."""

from __future__ import annotations

import pytest

from local.cloud import Behaviour
from tests.stage import GROUP, Stage

ADDRESSES = ["ann@example.com", "bob@example.com"]


@pytest.mark.parametrize("behaviour", [Behaviour(members_after=3, store_ahead=240)])
def test_a_cloud_may_be_slow_and_odd(stage: Stage) -> None:
    """A test says how; what the group truly holds is known all the same, and events bear the store's time."""
    stage.cloud.groups.add(GROUP, ADDRESSES)
    assert (stage.members(), stage.contents()) == ([], ADDRESSES)
    stage.clock.sleep(3)
    assert stage.members() == ADDRESSES
    sent = stage.drop(b"email\nann@example.com\n")["Records"][0]["event"]["eventTime"]
    assert sent == int(stage.clock.now().timestamp()) + 240


def test_a_cloud_is_prompt_by_default(stage: Stage) -> None:
    """Whoever says nothing gets a service that shows at once what it takes."""
    stage.cloud.groups.add(GROUP, ADDRESSES)
    assert stage.members() == stage.contents() == ADDRESSES
    assert stage.cloud.behaviour == Behaviour()
