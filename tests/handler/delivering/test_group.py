"""A recipient group watched over the wire: waited for, and its members read within the rate."""

from __future__ import annotations

from collections import deque
from datetime import datetime
from typing import Any

import pytest

from handler.clouds import cos, ses
from handler.clouds.cos import CosBucket
from handler.clouds.ses import SesGroups
from handler.delivering.group import QUIET_SECONDS, WatchedGroup
from handler.errors import OperatorProblem, SourceProblem, TryLater
from handler.planning.group import Group
from handler.reporting.words import in_english
from handler.settings import Settings
from handler.state.members import GroupMemory
from handler.timing import Deadline
from local.cloud.faults import Fault
from tests.stage import BUCKET, GROUP, Stage


def watched(stage: Stage, seconds: float = 900, receiver_id: int = GROUP) -> WatchedGroup:
    settings = Settings.read(stage.environment())
    groups = SesGroups(lambda: ses.connect(settings, stage.clock, 10), stage.clock)
    deadline = Deadline.after(seconds, stage.clock)
    bucket = CosBucket(cos.connect(settings, "ap-singapore"), BUCKET, deadline)
    keeper = GroupMemory(bucket, f"state/members/{receiver_id}", stage.clock, hours=24)
    return WatchedGroup(groups, receiver_id, deadline, keeper)


def listed(group: WatchedGroup) -> list[str]:
    """The addresses that the group lists."""
    return [member.address for member in group.listed(group.look())]


def fill(stage: Stage, count: int) -> list[str]:
    addresses = [f"user{number}@example.com" for number in range(count)]
    stage.cloud.groups.create("full", 2002, addresses)
    return addresses


def most_in_a_second(moments: list[datetime]) -> int:
    """The largest number of these in any second."""
    window: deque[datetime] = deque()
    most = 0
    for moment in sorted(moments):
        window.append(moment)
        # A microsecond is how finely the journal's times tell.
        while (moment - window[0]).total_seconds() > 1 - 2e-6:
            window.popleft()
        most = max(most, len(window))
    return most


def test_the_members_of_a_full_group_are_read_within_the_rate(stage: Stage) -> None:
    """50,000 in 500 pages, several at once, never more than 20 in any second, each member once and in order."""
    addresses = fill(stage, 50_000)
    assert listed(watched(stage, receiver_id=2002)) == addresses
    moments = [call.at for call in stage.cloud.calls if call.action == "ListReceiverDetails"]
    assert len(moments) == 500
    assert most_in_a_second(moments) <= 20
    assert not any(call.code for call in stage.cloud.calls if call.service == "ses")


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 200])
def test_members_are_read_to_the_last_page(stage: Stage, count: int) -> None:
    """And no page further."""
    addresses = fill(stage, count)
    assert listed(watched(stage, receiver_id=2002)) == addresses
    assert stage.calls("ListReceiverDetails") == max(1, -(-count // 100))


def test_members_that_change_while_they_are_read_are_read_again(stage: Stage) -> None:
    """Pages of two states do not add up to one."""
    addresses = fill(stage, 250)

    def add_one(call: Any) -> None:
        if call.action == "ListReceiverDetails" and stage.calls("ListReceiverDetails") == 1:
            stage.cloud.faults.hook = None
            stage.cloud.groups.add(2002, ["late@example.com"])

    stage.cloud.faults.hook = add_one
    assert listed(watched(stage, receiver_id=2002)) == [*addresses, "late@example.com"]


def test_members_that_never_stand_still_are_left_for_later(stage: Stage) -> None:
    """After eight readings."""
    fill(stage, 250)
    late = iter(range(10_000))

    def add_one(call: Any) -> None:
        if call.action == "ListReceiverDetails":
            stage.cloud.groups.add(2002, [f"late{next(late)}@example.com"])

    stage.cloud.faults.hook = add_one
    with pytest.raises(TryLater, match="the group keeps changing while its members are read"):
        listed(watched(stage, receiver_id=2002))
    assert stage.calls("ListReceiverDetails") <= 50


def test_pages_that_fail_here_and_there_are_read_again(stage: Stage) -> None:
    """Each by itself; members are neither lost nor doubled."""
    addresses = fill(stage, 2_000)
    kinds = [Fault.refuse("RequestLimitExceeded"), Fault.drop_after(), Fault.status(503), Fault.no_counts()]
    stage.cloud.faults.randomly(seed=7, share=0.3, kinds=kinds, actions=["ListReceiverDetails"])
    assert listed(watched(stage, receiver_id=2002)) == addresses
    assert stage.calls("ListReceiverDetails") > 20


def test_what_nobody_may_read_is_not_asked_for_page_by_page(stage: Stage) -> None:
    """The first refusal ends the reading, but for the pages that others are reading until it is heard of."""
    fill(stage, 50_000)
    stage.cloud.faults.script("ListReceiverDetails", Fault.refuse("UnauthorizedOperation"), 2, times=1_000)
    with pytest.raises(OperatorProblem, match="UnauthorizedOperation"):
        listed(watched(stage, receiver_id=2002))
    assert stage.calls("ListReceiverDetails") < 250


def test_a_group_that_is_not_there_is_the_owners(stage: Stage) -> None:
    """Looked up or read: the message says what to check."""
    group = watched(stage, receiver_id=7)
    for ask in (group.look, lambda: group.listed(Group(7, "gone", 1, uploading=False))):
        with pytest.raises(SourceProblem) as raised:
            ask()
        assert raised.value.code == "group_not_found"
        assert in_english(raised.value.said) == (
            "There is no recipient group 7: check the number of the folder, or of the file's metadata, against the "
            "list of groups in the SES console."
        )


def test_what_the_service_refuses_to_tell_is_the_operators(stage: Stage) -> None:
    """The file's owner can do nothing about it, and another try neither."""
    stage.cloud.faults.script("ListReceivers", Fault.refuse("InvalidParameterValue"), times=10)
    with pytest.raises(OperatorProblem, match=r"^SES: InvalidParameterValue, on trying to look the group up; req"):
        watched(stage).look()
    assert stage.calls("ListReceivers") == 1


def test_questions_that_nobody_answers_are_left_for_later(stage: Stage) -> None:
    """After eight tries, with what is kept back for the report still there."""
    stage.cloud.faults.script("ListReceivers", Fault.status(503), times=1_000)
    group = watched(stage)
    with pytest.raises(TryLater, match="8 times in a row, on trying to look the group up"):
        group.look()
    assert stage.calls("ListReceivers") == 8
    short = watched(stage, seconds=20)
    with pytest.raises(TryLater, match="not enough time left to look the group up"):
        short.look()
    assert short.deadline.remaining() >= short.reserve


def test_an_upload_is_waited_for_as_long_as_it_takes(stage: Stage) -> None:
    """A look every two seconds, and more of them in the first ones."""
    stage.cloud.groups.upload_seconds = 60
    stage.cloud.groups.add(GROUP, ["ann@example.com"])
    group = watched(stage).wait()
    assert (group.uploading, group.count) == (False, 1)
    assert stage.clock.monotonic() == pytest.approx(60, abs=2)
    assert stage.calls("ListReceivers") == 34


def test_an_upload_that_outlasts_the_invocation_is_left_for_later(stage: Stage) -> None:
    """The reserve is not touched."""
    stage.cloud.groups.upload_seconds = 600
    stage.cloud.groups.add(GROUP, ["ann@example.com"])
    group = watched(stage, seconds=100)
    with pytest.raises(TryLater, match="the group is still uploading"):
        group.wait()
    assert group.deadline.remaining() == pytest.approx(group.reserve, abs=0.1)


def test_a_group_is_quiet_when_it_has_not_changed_for_a_while(stage: Stage) -> None:
    """A request that timed out here may still be under way there."""
    stage.cloud.groups.upload_seconds = 30
    stage.cloud.groups.add(GROUP, ["ann@example.com"])
    watched(stage).hold_still()
    assert 30 + QUIET_SECONDS <= stage.clock.monotonic() <= 33 + QUIET_SECONDS


def test_quiet_is_not_believed_while_members_arrive(stage: Stage) -> None:
    """Every change begins the while anew."""
    late = iter(range(5))

    def arrive(call: Any) -> None:
        if call.action == "ListReceivers" and (number := next(late, None)) is not None:
            stage.cloud.groups.add(GROUP, [f"late{number}@example.com"])

    stage.cloud.faults.hook = arrive
    watched(stage).hold_still()
    assert stage.calls("ListReceivers") == 6
    assert stage.clock.monotonic() >= 5 * QUIET_SECONDS
