"""What SES remembers, and the behaviours its documentation leaves open."""

from __future__ import annotations

import json

import pytest

from local.cloud import Behaviour
from local.cloud.group import TO_BE_UPLOADED, UPLOADED, UPLOADING, GroupProblem
from local.cloud.groups import Groups
from local.cloud.listing import Filters
from local.cloud.timeline import Timeline
from tests.local.cloud.conftest import SteppedClock


@pytest.fixture
def groups(clock: SteppedClock) -> Groups:
    groups = Groups(Timeline(clock))
    groups.create("spring", 1001)
    return groups


def addresses(count: int, name: str = "user") -> list[str]:
    return [f"{name}{number}@example.com" for number in range(count)]


def code_of(groups: Groups, *args: object, **kwargs: object) -> str:
    with pytest.raises(GroupProblem) as refused:
        groups.add(*args, **kwargs)  # type: ignore[arg-type]
    return refused.value.code


def test_members_are_added_in_order_and_doubles_stay(groups: Groups) -> None:
    """The service does not deduplicate: what is sent twice is there twice, and counted."""
    first = groups.add(1001, ["a@example.com", "b@example.com", "a@example.com"])
    second = groups.add(1001, ["A@example.com"])
    assert groups.members(1001) == ["a@example.com", "b@example.com", "a@example.com", "A@example.com"]
    assert (first.total, first.valid, first.repeat) == (3, 3, 1)
    assert (second.total, second.valid, second.repeat) == (1, 1, 1)


@pytest.mark.parametrize(
    ("drops", "kept", "valid"),
    [
        ("never", ["a@b.cd", "a@b.cd", "c@b.cd", "c@b.cd"], 3),
        ("request", ["a@b.cd", "a@b.cd", "c@b.cd"], 2),
        ("group", ["a@b.cd", "c@b.cd"], 1),
    ],
)
def test_repeats_are_dropped_as_set(groups: Groups, drops: str, kept: list[str], valid: int) -> None:
    """All repeats are counted either way; those within the request, or also those of the group, may be dropped."""
    groups.add(1001, ["a@b.cd"])
    groups.drops_repeats = drops  # type: ignore[assignment]
    counts = groups.add(1001, ["a@b.cd", "c@b.cd", "c@b.cd"])
    assert groups.members(1001) == kept
    assert (counts.total, counts.repeat, counts.valid) == (3, 2, valid)


def test_empty_and_too_long_ones_are_counted_and_not_added(groups: Groups) -> None:
    """Each address is in one of the counts."""
    counts = groups.add(1001, ["", "  ", "a" * 243 + "@example.com", "a@example.com"])
    assert (counts.total, counts.valid, counts.empty, counts.too_long) == (4, 1, 2, 1)
    assert groups.members(1001) == ["a@example.com"]


def test_the_longest_address_is_a_switch(groups: Groups) -> None:
    """One byte more is too long."""
    groups.behaviour = Behaviour(longest_address=13)
    counts = groups.add(1001, ["a@example.com", "ab@example.com"])
    assert (counts.valid, counts.too_long) == (1, 1)


def test_an_address_may_be_marked_invalid(groups: Groups) -> None:
    """It is in the group, with status 2 and a reason."""
    groups.refuses = {"bad@example.com"}
    groups.add(1001, ["bad@example.com", "good@example.com"])
    page = groups.list_members(1001, 0, 100)
    assert [(member.email, member.status, bool(member.reason)) for member in page.members] == [
        ("bad@example.com", 2, True),
        ("good@example.com", 1, False),
    ]
    assert (page.total, page.valid, page.invalid) == (2, 1, 1)
    assert groups.list_members(1001, 0, 100, Filters(status=2)).total == 1
    assert [member.email for member in groups.list_members(1001, 0, 100, Filters(email="good")).members] == [
        "good@example.com"
    ]


@pytest.mark.parametrize(("counted", "valid"), [(False, 1), (True, 2)])
def test_an_address_may_be_lost(groups: Groups, counted: bool, valid: int) -> None:
    """It is not in the group, and the counts may or may not say so."""
    groups.loses = lambda address: address.startswith("lost")
    groups.counts_lost = counted
    assert groups.add(1001, ["lost@example.com", "good@example.com"]).valid == valid
    assert groups.members(1001) == ["good@example.com"]


def test_an_upload_takes_its_time(groups: Groups, clock: SteppedClock) -> None:
    """The members come at the end of the upload, and with them status 3."""
    groups.upload_seconds = 10
    assert groups.status(1001) == TO_BE_UPLOADED
    groups.add(1001, addresses(3))
    clock.sleep(9.5)
    assert (groups.status(1001), groups.count(1001)) == (UPLOADING, 0)
    clock.sleep(0.5)
    assert (groups.status(1001), groups.count(1001)) == (UPLOADED, 3)


@pytest.mark.parametrize(("shows", "counts"), [("at_end", [0, 0, 8]), ("at_once", [8, 8, 8]), ("gradually", [0, 4, 8])])
def test_members_show_when_set(groups: Groups, clock: SteppedClock, shows: str, counts: list[int]) -> None:
    """At the end, at once or little by little; never one twice."""
    groups.upload_seconds = 10
    groups.shows = shows  # type: ignore[assignment]
    groups.add(1001, addresses(8))
    found = []
    for seconds in (0, 5, 5):
        clock.sleep(seconds)
        found.append(groups.count(1001))
    assert found == counts
    assert groups.members(1001) == addresses(8)


def test_an_upload_may_keep_others_out(groups: Groups, clock: SteppedClock) -> None:
    """With `admits_during_upload` off, nothing is taken and nothing deleted until it is done."""
    groups.upload_seconds = 10
    groups.admits_during_upload = False
    groups.add(1001, addresses(1))
    assert code_of(groups, 1001, addresses(1, "more")) == "OperationDenied.ReceiverIsOperating"
    with pytest.raises(GroupProblem, match="uploaded"):
        groups.delete(1001)
    clock.sleep(10)
    groups.add(1001, addresses(1, "more"))
    groups.finish_uploads()
    assert groups.count(1001) == 2


def test_an_upload_lets_others_in_by_default(groups: Groups, clock: SteppedClock) -> None:
    """Each request has its own time; the group is uploaded when the last one is."""
    groups.upload_seconds = 10
    groups.add(1001, addresses(1))
    clock.sleep(5)
    groups.add(1001, addresses(1, "more"))
    clock.sleep(5)
    assert (groups.status(1001), groups.count(1001)) == (UPLOADING, 1)
    clock.sleep(5)
    assert (groups.status(1001), groups.count(1001)) == (UPLOADED, 2)


def test_a_request_holds_20000(groups: Groups) -> None:
    """One more is refused, and nothing is added."""
    assert groups.add(1001, addresses(20_000)).valid == 20_000
    assert code_of(groups, 1001, addresses(20_001)) == "LimitExceeded.ReceiverDetailRequestLimit"
    assert groups.count(1001) == 20_000


def test_a_group_holds_50000(groups: Groups) -> None:
    """What is on its way counts, too, and a request that does not fit is refused as a whole."""
    groups.create("full", 2, addresses(49_999))
    groups.upload_seconds = 10
    assert code_of(groups, 2, addresses(2, "more")) == "LimitExceeded.ReceiverDetailCountLimit"
    groups.add(2, addresses(1, "more"))
    assert code_of(groups, 2, addresses(1, "another")) == "LimitExceeded.ReceiverDetailCountLimit"
    groups.finish_uploads()
    assert groups.count(2) == 50_000


def test_twenty_requests_a_second_for_each_api(groups: Groups, clock: SteppedClock) -> None:
    """The window slides: the 21st is refused until the first is a second old; another API has its own."""
    for _ in range(20):
        groups.throttle("ListReceivers")
        clock.sleep(0.04)
    with pytest.raises(GroupProblem) as refused:
        groups.throttle("ListReceivers")
    assert refused.value.code == "RequestLimitExceeded"
    groups.throttle("CreateReceiver")
    clock.sleep(0.2)
    groups.throttle("ListReceivers")
    with pytest.raises(GroupProblem):
        groups.throttle("ListReceivers")
    groups.requests_per_second = None
    groups.throttle("ListReceivers")


@pytest.mark.parametrize(
    ("templates", "code"),
    [
        (['{"name": "x"}', "not json"], "InvalidParameterValue.TemplateDataError"),
        (['{"name": "x"}', "[1]"], "InvalidParameterValue.TemplateDataError"),
        (['{"name": "x"}', '{"other": "x"}'], "InvalidParameterValue.TemplateDataInconsistent"),
        (['{"name": "x"}', '{"name":"%s"}' % ("x" * 790)], "InvalidParameterValue.TemplateDataLenLimit"),
        (['{"name": "x"}', '{"name":"%s"}' % ("名" * 264)], "InvalidParameterValue.TemplateDataLenLimit"),
        (['{"name": "x"}', '{"name": "a <b>bold</b> one"}'], "InvalidParameterValue.InValidTemplateData"),
    ],
)
def test_template_data_has_its_rules(groups: Groups, templates: list[str], code: str) -> None:
    """A JSON object of at most 800 bytes, with the same names for every recipient, and no HTML in its values."""
    assert code_of(groups, 1001, addresses(2), templates) == code


def test_template_data_up_to_the_limit(groups: Groups) -> None:
    """800 bytes are taken, and so is what only looks odd."""
    odd = json.dumps({"name": 'a < b, "q" \\ {{x}} \n \U0001f600'}, ensure_ascii=False)
    groups.add(1001, addresses(2), ['{"name":"%s"}' % ("x" * 789), odd])
    assert [*groups.data(1001).values()][1] == odd


@pytest.mark.parametrize("bad", ["nobody", "no body@example.com", "a@b"])
def test_an_address_that_is_none_is_refused_with_template_data_only(groups: Groups, bad: str) -> None:
    """`ReceiverEmailInvalid` is listed for CreateReceiverDetailWithData; nothing is added then."""
    template = '{"name": "x"}'
    assert code_of(groups, 1001, ["a@example.com", bad], [template] * 2) == "InvalidParameterValue.ReceiverEmailInvalid"
    assert groups.contents(1001) == []
    assert groups.add(1001, ["a@example.com", bad]).valid == 2


def test_template_names_hold_for_the_group(groups: Groups) -> None:
    """Later members must have the variables that the first ones have."""
    groups.add(1001, addresses(1), ['{"name": "x"}'])
    assert code_of(groups, 1001, addresses(1, "more")) == "InvalidParameterValue.TemplateDataInconsistent"
    groups.add(1001, addresses(1, "more"), ['{"name": "y"}'])
    assert groups.list_members(1001, 1, 1).members[0].template == '{"name": "y"}'


def test_template_names_hold_until_the_last_member_is_removed(groups: Groups) -> None:
    """Whatever is uploaded at the console meanwhile."""
    groups.add(1001, addresses(1), ['{"name": "x"}'])
    groups.upload(1001, addresses(1, "theirs"), seconds=0)
    groups.add(1001, addresses(1, "more"), ['{"name": "y"}'])
    groups.remove(1001, groups.contents(1001))
    assert groups.add(1001, addresses(1)).valid == 1


def test_groups_are_listed_by_page_status_and_keyword(groups: Groups) -> None:
    """The total is that of the filter, whatever the page."""
    groups.create("summer", members=addresses(1))
    groups.create("late summer")
    total, found = groups.list_groups(1, 1, None, "summer")
    assert (total, [group.name for group in found]) == (2, ["late summer"])
    assert [group.name for group in groups.list_groups(0, 100, UPLOADED, "")[1]] == ["summer"]
    with pytest.raises(GroupProblem) as refused:
        groups.list_groups(0, 101, None, "")
    assert refused.value.code == "FailedOperation.InvalidLimit"


def test_ids_are_given_once(groups: Groups) -> None:
    """An id that is asked for is taken; one that is not asked for is free."""
    assert groups.create("summer") == 1002
    with pytest.raises(ValueError, match="1001"):
        groups.create("autumn", 1001)
