"""`doctor --probe`: every open fact of the service, seen both ways, and no group left behind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local import deployment
from local.cloud import Cloud, Credentials, Fault
from local.cloud.behaviour import Behaviour
from local.doctor import Finding, examine
from tests.stage import BUCKET, GROUP, ROOT, FakeClock

OWN_KEYS = Credentials("AKIDown", "own-secret", None)


@pytest.fixture
def cloud(clock: FakeClock) -> Iterator[Cloud]:
    """An account with a group that is nobody's business; afterwards it is the only one, as it was."""
    cloud = Cloud(OWN_KEYS, clock=clock)
    cloud.objects.create_bucket(BUCKET)
    cloud.groups.create("spring", GROUP, ["ann@example.com"])
    yield cloud
    assert cloud.groups.list_groups(0, 100)[0] == 1
    assert cloud.groups.contents(GROUP) == ["ann@example.com"]
    assert cloud.problems == []


def probed(cloud: Cloud, behaviour: Behaviour, **env: str) -> list[Finding]:
    """What the probe finds of a service that behaves so."""
    cloud.behaviour = behaviour
    keys = {"TENCENT_SECRET_ID": OWN_KEYS.secret_id, "TENCENT_SECRET_KEY": OWN_KEYS.secret_key}
    with cloud.serve() as endpoint:
        where = {"COS_ENDPOINT": endpoint, "SES_ENDPOINT": endpoint}
        example = deployment.read(ROOT / ".env.example", {})
        return list(examine({**example, **keys, **where, **env}, cloud.clock, probe=True))


def said(findings: list[Finding]) -> str:
    return "\n".join(f"{each.name}: {each.says}" for each in findings)


@pytest.mark.parametrize(
    ("behaviour", "lines"),
    [
        (
            Behaviour(),
            [
                "status: never says that it is uploading; uploaded after 0.0 s",
                "count: has grown after 0.0 s",
                "counts: of a request with one repeat: ValidCount 2, RepeatCount 1 of 2",
                "at once: a request right behind another one is accepted",
                "repeats: are kept, so that members are doubled",
                "invalid: no member was marked so: whether Count includes them was not seen",
                "pages: of 2 have 2 members",
                "order: the same for short and long pages",
                "order: oldest first",
                "zone: CreateTime is in UTC",
                "filter: CreateTimeBegin goes by the time that is listed",
                "data: for the template are taken: ValidCount 5, RepeatCount 0 of 5; status: never says",
                "data: of members are listed as they were sent",
            ],
        ),
        (
            Behaviour(busy_after=1.5, upload_seconds=6),
            ["status: says so after 1.5 s; uploaded after 6.0 s", "RepeatCount 0 of 5; status: says so after 1."],
        ),
        (
            Behaviour(counts_after=4, members_after=9),
            [
                "count: has grown after 4.0 s",
                "members: are listed after 9.0 s",
                "total: TotalCount of the members has grown after 9.0 s",
                "first sign: of a request after 4.0 s",
            ],
        ),
        (
            Behaviour(drops_repeats="group", members_order="newest_first", zone_hours=8, filter_zone_hours=0),
            [
                "counts: of a request with one repeat: ValidCount 1, RepeatCount 1 of 2",
                "repeats: in other case are dropped",
                "order: newest first",
                "filter: CreateTimeBegin goes by another time: 0 of",
            ],
        ),
        (
            Behaviour(counts_repeats=False, members_order="shuffled", seed=3),
            [
                "counts: of a request with one repeat: ValidCount 2, RepeatCount 0 of 2",
                "order: neither by age nor by number",
            ],
        ),
        (
            Behaviour(upload_seconds=5, admits_during_upload=False, refuses={"probe-2@example.com"}, zone_hours=8),
            [
                "at once: a request right behind another one is refused: OperationDenied.ReceiverIsOperating",
                "invalid: Count includes the 1 that were marked so",
                "zone: CreateTime is in UTC+8",
            ],
        ),
        (
            Behaviour(refuses={"probe-2@example.com"}, counts_invalid=False, filters_by_time=False),
            ["invalid: Count leaves out the 1 that were marked so", "filter: CreateTimeBegin is not heeded"],
        ),
        (Behaviour(page_size=1), ["pages: of 2 have 1 members"]),
        (Behaviour(members_order="reshuffled"), ["order: another one for short pages than for long ones"]),
    ],
)
def test_each_fact_comes_out_as_it_is(cloud: Cloud, behaviour: Behaviour, lines: list[str]) -> None:
    """Whichever way the service behaves."""
    found = said(probed(cloud, behaviour))
    assert [line for line in lines if line not in found] == []


@pytest.mark.parametrize(
    ("behaviour", "line"),
    [
        (Behaviour(page_size=2), "black list: 2 of 3 on a page, oldest first"),
        (Behaviour(members_order="newest_first"), "black list: 3 of 3 on a page, newest first"),
        (Behaviour(members_order="shuffled", seed=10), "black list: 3 of 3 on a page, in no order of time"),
        (Behaviour(), "black list: StartDate and EndDate go by the time that is listed: 1 are of"),
        (Behaviour(filters_by_time=False), "black list: StartDate and EndDate are not heeded: all 3 are of"),
        (
            Behaviour(zone_hours=12, filter_zone_hours=-12),
            "black list: StartDate and EndDate go by another time: none is of",
        ),
    ],
)
def test_the_black_list_is_read_where_it_is_used(cloud: Cloud, behaviour: Behaviour, line: str) -> None:
    """Which groups have nothing to do with."""
    for days in (90, 60, 30):
        cloud.groups.black_list.put([f"gone-{days}@example.com"], days_ago=days)
    found = said(probed(cloud, behaviour, SKIP_BLOCKED="true"))
    assert line in found
    assert "gone-" not in found


def test_what_the_black_list_says_of_itself_where_it_says_nothing(cloud: Cloud) -> None:
    """It is empty, or may not be read; nobody asks for it unless it is used."""
    assert "black list: is empty" in said(probed(cloud, Behaviour(), SKIP_BLOCKED="true"))
    assert "black list" not in said(probed(cloud, Behaviour()))
    cloud.faults.script("ListBlackEmailAddress", Fault.refuse("AuthFailure.UnauthorizedOperation"))
    _, first, *others = probed(cloud, Behaviour(), SKIP_BLOCKED="true")
    assert "ses:ListBlackEmailAddress" in first.remedy
    assert "deleted the group" in said(others)


def test_data_that_are_not_taken(cloud: Cloud) -> None:
    """The code says why; the group is deleted all the same."""
    cloud.faults.script("CreateReceiverDetailWithData", Fault.refuse("InvalidParameterValue.TemplateDataError"))
    *_, refused, last = probed(cloud, Behaviour())
    assert refused.says == "for the template are refused: InvalidParameterValue.TemplateDataError"
    assert "deleted the group" in last.says


def test_a_setting_that_does_not_fit_is_named(cloud: Cloud) -> None:
    """The service needs longer than SETTLE_SECONDS, or shows nothing for longer than the function waits."""
    found = probed(cloud, Behaviour(counts_after=50, members_after=50), SETTLE_SECONDS="20")
    remedies = {each.name: each.remedy for each in found if each.remedy}
    assert remedies["members"] == "SETTLE_SECONDS=20 is less: reports say `uploading` first. Set 100 or more."
    assert "30 s only" in remedies["first sign"]


def test_the_group_is_deleted_whatever_happens(cloud: Cloud) -> None:
    """The fixture looks."""
    cloud.faults.script("CreateReceiverDetail", Fault.refuse("InternalError"), nth=2)
    assert probed(cloud, Behaviour(upload_seconds=4))[-1].says == "SES: InternalError"


def test_keys_that_may_not_create_groups(cloud: Cloud) -> None:
    """Nothing was made, and the remedy says what is missing."""
    cloud.faults.script("CreateReceiver", Fault.refuse("AuthFailure.UnauthorizedOperation"))
    (last,) = probed(cloud, Behaviour())[-1:]
    assert "create and delete groups" in last.remedy
