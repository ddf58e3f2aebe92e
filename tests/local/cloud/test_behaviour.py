"""Each switch of the emulated service, as the SDK sees it; then all of them together."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from email.utils import parsedate_to_datetime
from typing import Any, Literal

import pytest
from qcloud_cos import CosS3Client
from tencentcloud.common.exception import TencentCloudSDKException

from local.cloud import Behaviour, Cloud, Fault, Some, any_behaviour
from local.cloud.acceptance import key_of
from local.cloud.behaviour import LONGEST_DELAY, Order, among
from tests.local.cloud.conftest import BUCKET, Ses, SteppedClock

GROUP = 1001
OPERATING = "OperationDenied.ReceiverIsOperating"


def addresses(count: int, name: str = "user") -> list[str]:
    return [f"{name}{number}@example.com" for number in range(count)]


@pytest.fixture
def group(cloud: Cloud) -> int:
    return cloud.groups.create("spring", GROUP)


@pytest.fixture
def send(ses: Ses, group: int) -> Callable[..., Any]:
    return lambda emails: ses("CreateReceiverDetail", ReceiverId=group, Emails=emails)


@pytest.fixture
def look(ses: Ses, group: int) -> Callable[[], Any]:
    """The group as ListReceivers shows it."""
    return lambda: next(each for each in ses("ListReceivers", Offset=0, Limit=100).Data if each.ReceiverId == group)


@pytest.fixture
def read(ses: Ses, clock: SteppedClock) -> Callable[..., list[Any]]:
    """Every row of ListReceiverDetails, by pages, until one is empty."""

    def pages(limit: int, **filters: object) -> Iterator[Any]:
        offset = 0
        while rows := ses("ListReceiverDetails", ReceiverId=GROUP, Offset=offset, Limit=limit, **filters).Data:
            yield from rows
            offset += len(rows)
            clock.sleep(0.1)

    return lambda limit=100, **filters: list(pages(limit, **filters))


def emails(rows: list[Any]) -> list[str]:
    return [row.Email for row in rows]


def code_of(call: Callable[..., Any], *arguments: object) -> str:
    with pytest.raises(TencentCloudSDKException) as problem:
        call(*arguments)
    code: str = problem.value.get_code()
    return code


# When it shows what was accepted


@pytest.mark.parametrize(
    ("delays", "seen"),
    [
        ({"busy_after": 2, "upload_seconds": 4}, [(3, 1, 1), (3, 1, 1), (2, 1, 1), (2, 1, 1), (3, 3, 3)]),
        ({"upload_seconds": 1, "counts_after": 3}, [(2, 1, 1), (3, 1, 3), (3, 1, 3), (3, 3, 3), (3, 3, 3)]),
        ({"upload_seconds": 1, "members_after": 3}, [(2, 1, 1), (3, 3, 1), (3, 3, 1), (3, 3, 3), (3, 3, 3)]),
        (
            {"busy_after": 1, "upload_seconds": 3, "counts_after": 4, "members_after": 0},
            [(3, 1, 3), (2, 1, 3), (2, 1, 3), (3, 1, 3), (3, 3, 3)],
        ),
        ({"busy_after": 3, "upload_seconds": 1}, [(3, 1, 1), (3, 3, 3), (3, 3, 3), (3, 3, 3), (3, 3, 3)]),
    ],
)
def test_status_count_and_members_come_in_their_own_time(
    cloud: Cloud,
    send: Callable[..., Any],
    look: Callable[[], Any],
    ses: Ses,
    clock: SteppedClock,
    delays: dict[str, float],
    seen: list[tuple[int, int, int]],
) -> None:
    """Four delays that know nothing of each other: status, `Count` and rows second by second."""
    cloud.groups.upload(GROUP, ["old@example.com"], seconds=0)
    cloud.behaviour = Behaviour(**delays)  # type: ignore[arg-type]
    send(addresses(2))
    began = clock.monotonic()
    found = []
    for second in range(5):
        clock.sleep(began + second - clock.monotonic())
        group, page = look(), ses("ListReceiverDetails", ReceiverId=GROUP, Offset=0, Limit=100)
        assert len(page.Data) == page.TotalCount
        found.append((group.ReceiversStatus, group.Count, page.TotalCount))
    assert found == seen
    assert cloud.groups.members(GROUP) == ["old@example.com", *addresses(2)]


def test_they_may_show_little_by_little(
    cloud: Cloud, send: Callable[..., Any], look: Callable[[], Any], read: Callable[..., list[Any]], clock: SteppedClock
) -> None:
    """Members within their own delay, and `Count` within its own."""
    cloud.behaviour = Behaviour(shows="gradually", counts_after=20, members_after=10)
    send(addresses(8))
    clock.sleep(5)
    assert (look().Count, len(read())) == (2, 4)


@pytest.mark.parametrize("before", [True, False])
def test_it_may_deny_before_it_is_seen_to_be_busy(
    cloud: Cloud, send: Callable[..., Any], clock: SteppedClock, before: bool
) -> None:
    """From the acceptance on, or while the status is 2."""
    cloud.behaviour = Behaviour(busy_after=2, upload_seconds=4, admits_during_upload=False, denies_before_busy=before)
    send(addresses(1))
    if before:
        assert code_of(send, addresses(1, "more")) == OPERATING
    else:
        send(addresses(1, "more"))
    clock.sleep(3)
    assert code_of(send, addresses(1, "late")) == OPERATING
    clock.sleep(1)
    assert send(addresses(1, "late")).ValidCount == 1


def test_addresses_turn_invalid_later(
    cloud: Cloud, send: Callable[..., Any], look: Callable[[], Any], read: Callable[..., list[Any]], clock: SteppedClock
) -> None:
    """Valid at first, then Status 2 with the reason, and no part of `Count` where that leaves them out."""
    cloud.behaviour = Behaviour(
        refuses={"user1@example.com"}, reason="mailbox unavailable", invalid_after=5, counts_invalid=False
    )
    send(addresses(3))
    assert {row.Status for row in read()} == {1}
    assert (look().Count, look().InvalidCount) == (3, 0)
    clock.sleep(5)
    assert [(row.Email, row.Reason) for row in read() if row.Status == 2] == [
        ("user1@example.com", "mailbox unavailable")
    ]
    assert (look().Count, look().InvalidCount) == (2, 1)
    cloud.behaviour = replace(cloud.behaviour, counts_invalid=True)
    assert look().Count == 3


# What becomes of addresses


@pytest.mark.parametrize(
    ("drops", "tells_case", "counts", "kept"),
    [
        ("never", False, (3, 3), ["a@b.cd", "A@b.cd", "e@b.cd", "E@b.cd"]),
        ("never", True, (3, 0), ["a@b.cd", "A@b.cd", "e@b.cd", "E@b.cd"]),
        ("request", False, (2, 2), ["a@b.cd", "A@b.cd", "e@b.cd"]),
        ("group", False, (1, 2), ["a@b.cd", "e@b.cd"]),
        ("group", True, (3, 0), ["a@b.cd", "A@b.cd", "e@b.cd", "E@b.cd"]),
    ],
)
def test_repeats_are_dropped_and_counted(
    cloud: Cloud,
    send: Callable[..., Any],
    read: Callable[..., list[Any]],
    drops: Literal["never", "request", "group"],
    tells_case: bool,
    counts: tuple[int, int],
    kept: list[str],
) -> None:
    """`ValidCount` less and `RepeatCount` more; or the doubles are kept; or they are none, for their case."""
    send(["a@b.cd"])
    cloud.behaviour = Behaviour(drops_repeats=drops, tells_case=tells_case)
    answer = send(["A@b.cd", "e@b.cd", "E@b.cd"])
    expected_repeats = 2 if not tells_case else 0
    assert (answer.TotalCount, answer.ValidCount, answer.RepeatCount) == (3, counts[0], expected_repeats)
    assert emails(read()) == kept


def test_repeats_may_be_dropped_without_a_word(cloud: Cloud, send: Callable[..., Any]) -> None:
    """`RepeatCount` 0, and `ValidCount` less all the same."""
    cloud.behaviour = Behaviour(drops_repeats="group", counts_repeats=False)
    answer = send(["a@b.cd", "a@b.cd"])
    assert (answer.ValidCount, answer.RepeatCount) == (1, 0)


def test_a_hidden_address_counts_and_is_never_listed(
    cloud: Cloud, send: Callable[..., Any], look: Callable[[], Any], read: Callable[..., list[Any]], clock: SteppedClock
) -> None:
    """`Count` is above `TotalCount` for good; the emulator itself knows what it holds."""
    cloud.behaviour = Behaviour(hides={"user1@example.com"}, upload_seconds=5)
    assert send(addresses(3)).ValidCount == 3
    clock.sleep(3600)
    assert (look().Count, emails(read())) == (3, ["user0@example.com", "user2@example.com"])
    assert cloud.groups.contents(GROUP) == addresses(3)


@pytest.mark.parametrize(
    ("way", "code", "status"),
    [
        ("InternalError", "InternalError", 200),
        ("FailedOperation", "FailedOperation", 200),
        ("502", "ServerNetworkError", 502),
        ("drop", "ClientNetworkError", 0),
    ],
)
@pytest.mark.parametrize("whole", [True, False])
def test_an_address_may_break_the_service(
    cloud: Cloud, send: Callable[..., Any], ses: Ses, way: str, code: str, status: int, whole: bool
) -> None:
    """Each request that holds it fails in the same way, without effect or with that of the others; no other does."""
    cloud.behaviour = Behaviour(breaks={"user1@example.com"}, breaks_with=way, breaks_whole=whole)
    for _ in range(2):
        assert code_of(send, addresses(3)) == code
        assert cloud.calls[-1].status == status
    with_data = [{"Email": "user1@example.com", "TemplateData": "{}"}]
    assert code_of(lambda: ses("CreateReceiverDetailWithData", ReceiverId=GROUP, Datas=with_data)) == code
    assert cloud.groups.contents(GROUP) == ([] if whole else ["user0@example.com", "user2@example.com"] * 2)
    assert send(["user7@example.com"]).ValidCount == 1
    assert ses("ListReceiverDetails", ReceiverId=GROUP, Offset=0, Limit=1, Email="user1").TotalCount == 0
    assert cloud.problems == []


def test_such_an_address_breaks_a_request_that_arrives_late(
    cloud: Cloud, send: Callable[..., Any], clock: SteppedClock
) -> None:
    """It is not in the group afterwards either."""
    cloud.behaviour = Behaviour(breaks={"user1@example.com"})
    cloud.faults.script("CreateReceiverDetail", Fault.late(10))
    assert code_of(send, addresses(3)) == "InternalError"
    clock.sleep(10)
    assert cloud.groups.contents(GROUP) == []


# How it lists


@pytest.mark.parametrize("order", ["newest_first", "shuffled"])
def test_rows_come_in_another_order_that_holds_still(
    cloud: Cloud, send: Callable[..., Any], read: Callable[..., list[Any]], order: Order
) -> None:
    """The same at every look, whatever the pages, and each row once; what comes later may come in between."""
    cloud.behaviour = Behaviour(members_order=order, seed=4)
    send(addresses(30))
    first = emails(read(7))
    assert first == emails(read(100)) != addresses(30)
    assert sorted(first) == sorted(addresses(30))
    send(addresses(30, "more"))
    assert [email for email in emails(read(7)) if not email.startswith("more")] == first
    assert len({row.EmailId for row in read(7)}) == 60


def test_another_seed_is_another_order(cloud: Cloud, send: Callable[..., Any], read: Callable[..., list[Any]]) -> None:
    """Of the same rows."""
    send(addresses(30))
    orders = []
    for seed in (1, 2):
        cloud.behaviour = Behaviour(members_order="shuffled", seed=seed)
        orders.append(emails(read()))
    assert orders[0] != orders[1]
    assert sorted(orders[0]) == sorted(orders[1])


@pytest.mark.parametrize("behaviour", [Behaviour(members_order="reshuffled", seed=1), Behaviour(displaced=0.2, seed=1)])
def test_rows_change_places_between_pages(
    cloud: Cloud, send: Callable[..., Any], read: Callable[..., list[Any]], behaviour: Behaviour
) -> None:
    """As many as there are, but some twice and others not at all: only their EmailIds tell."""
    cloud.behaviour = behaviour
    send(addresses(100))
    rows = read(10)
    ids = Counter(row.EmailId for row in rows)
    assert len(rows) == 100
    assert max(ids.values()) > 1
    assert len(ids) < 100
    assert len({row.EmailId for row in read(100)}) == 100


def test_pages_are_shorter_than_asked_for(
    cloud: Cloud, ses: Ses, send: Callable[..., Any], read: Callable[..., list[Any]]
) -> None:
    """Of members and of groups alike, and the totals are those of all."""
    cloud.behaviour = Behaviour(page_size=7)
    send(addresses(20))
    for number in range(9):
        cloud.groups.create(f"group {number}")
    page = ses("ListReceiverDetails", ReceiverId=GROUP, Offset=0, Limit=100)
    assert (page.TotalCount, len(page.Data)) == (20, 7)
    groups = ses("ListReceivers", Offset=0, Limit=100)
    assert (groups.TotalCount, len(groups.Data)) == (10, 7)
    assert emails(read(100)) == addresses(20)


def test_some_pages_are_short_by_chance(
    cloud: Cloud, ses: Ses, send: Callable[..., Any], read: Callable[..., list[Any]], clock: SteppedClock
) -> None:
    """In the middle of a listing, too, and none is empty before its end."""
    cloud.behaviour = Behaviour(short_pages=0.5, seed=1)
    send(addresses(60))
    sizes = []
    for _ in range(20):
        sizes.append(len(ses("ListReceiverDetails", ReceiverId=GROUP, Offset=0, Limit=10).Data))
        clock.sleep(0.1)
    assert 5 <= sizes.count(10) <= 15
    assert min(sizes) >= 1
    assert emails(read(10)) == addresses(60)


@pytest.mark.parametrize(("goes_on", "total"), [(False, 10), (True, 25)])
def test_a_listing_ends(
    cloud: Cloud,
    ses: Ses,
    send: Callable[..., Any],
    look: Callable[[], Any],
    read: Callable[..., list[Any]],
    goes_on: bool,
    total: int,
) -> None:
    """After so many rows, although `Count` is larger; `TotalCount` goes with either."""
    cloud.behaviour = Behaviour(listing_ends_at=10, total_goes_on=goes_on)
    send(addresses(25))
    assert (look().Count, emails(read(4))) == (25, addresses(10))
    assert ses("ListReceiverDetails", ReceiverId=GROUP, Offset=8, Limit=1).TotalCount == total


def test_groups_come_and_go_between_pages(cloud: Cloud, ses: Ses, clock: SteppedClock) -> None:
    """Ahead of the others, so that read by pages some are seen twice and others not at all."""
    for number in range(40):
        cloud.groups.create(f"group {number}")
    cloud.behaviour = Behaviour(passing_groups=3, seed=2)
    seen: Counter[str] = Counter()
    totals = set()
    for offset in range(0, 40, 4):
        page = ses("ListReceivers", Offset=offset, Limit=4)
        totals.add(page.TotalCount)
        seen.update(group.ReceiversName for group in page.Data if group.ReceiversName.startswith("group"))
        clock.sleep(0.1)
    assert 40 in totals
    assert 1 < len(totals) <= 4
    assert max(totals) <= 43
    assert max(seen.values()) == 2
    assert len(seen) < 40
    assert ses("ListReceivers", Offset=0, Limit=100, KeyWord="group").TotalCount == 40


@pytest.mark.parametrize("order", ["newest_first", "shuffled", "reshuffled"])
def test_groups_have_their_own_order(cloud: Cloud, ses: Ses, order: Order) -> None:
    """Which leaves that of the members as it is."""
    ids = [cloud.groups.create(f"group {number}", members=addresses(3)) for number in range(20)]
    cloud.behaviour = Behaviour(groups_order=order, seed=3)
    looks = [[group.ReceiverId for group in ses("ListReceivers", Offset=0, Limit=100).Data] for _ in range(2)]
    assert looks[0] != ids
    assert sorted(looks[0]) == ids
    assert (looks[0] == looks[1]) == (order != "reshuffled")
    assert emails(ses("ListReceiverDetails", ReceiverId=ids[0], Offset=0, Limit=3).Data) == addresses(3)


@pytest.mark.parametrize(("left_out", "shown"), [(False, ""), (True, None)])
def test_members_may_have_no_address(cloud: Cloud, ses: Ses, left_out: bool, shown: str | None) -> None:
    """An empty Email, or none; they count, whether they were there at first or came in at the console."""
    cloud.behaviour = Behaviour(blank_members=2, leaves_blank_out=left_out, drops_repeats="group")
    cloud.groups.create("blank", 7, addresses(1))
    cloud.groups.upload(7, ["", "theirs@example.com"], seconds=0)
    page = ses("ListReceiverDetails", ReceiverId=7, Offset=0, Limit=100)
    assert emails(page.Data) == [*addresses(1), shown, shown, "theirs@example.com", shown]
    assert (page.TotalCount, ses("ListReceivers", Offset=0, Limit=1).Data[0].Count) == (5, 5)


@pytest.mark.parametrize(
    ("behaviour", "begin", "found"),
    [
        (Behaviour(), "2026-11-23 08:00:30", ["new@example.com"]),
        (Behaviour(), "2026-11-23 08:00:00", ["old@example.com", "new@example.com"]),
        (Behaviour(filters_by_time=False), "2026-11-23 08:00:30", ["old@example.com", "new@example.com"]),
        (Behaviour(zone_hours=8), "2026-11-23 08:00:30", ["old@example.com", "new@example.com"]),
        (Behaviour(zone_hours=8), "2026-11-23 16:00:30", ["new@example.com"]),
        (Behaviour(zone_hours=8, filter_zone_hours=0), "2026-11-23 16:00:30", []),
    ],
)
def test_members_are_filtered_by_the_time_they_came(
    cloud: Cloud,
    send: Callable[..., Any],
    read: Callable[..., list[Any]],
    clock: SteppedClock,
    behaviour: Behaviour,
    begin: str,
    found: list[str],
) -> None:
    """Both ends included, in the zone in which times are written or in another, or not at all."""
    cloud.behaviour = behaviour
    send(["old@example.com"])
    clock.sleep(30)
    send(["new@example.com"])
    assert emails(read(CreateTimeBegin=begin)) == found
    if behaviour.filters_by_time:
        old = read()[0].CreateTime
        shift = "2026-11-23 08:00:00" if behaviour.filter_zone_hours == 0 else old
        assert old == f"2026-11-23 {8 + behaviour.zone_hours:02.0f}:00:00"
        assert emails(read(CreateTimeBegin=shift, CreateTimeEnd=shift)) == ["old@example.com"]


def test_a_time_has_its_form(cloud: Cloud, ses: Ses, group: int) -> None:
    """Another one is refused."""
    asked = {"ReceiverId": group, "Offset": 0, "Limit": 1, "CreateTimeBegin": "2026-11-23T08:00:00Z"}
    assert code_of(lambda: ses("ListReceiverDetails", **asked)) == "InvalidParameterValue"
    assert cloud.problems == []


# A person at the console


def test_somebody_uploads_at_the_console(
    cloud: Cloud, send: Callable[..., Any], look: Callable[[], Any], clock: SteppedClock
) -> None:
    """Nobody else gets in until it is done, even where requests let each other in."""
    cloud.groups.upload(GROUP, addresses(600, "theirs"), seconds=30)
    assert (look().ReceiversStatus, look().Count) == (2, 0)
    assert code_of(send, addresses(1)) == OPERATING
    clock.sleep(30)
    assert send(addresses(1)).ValidCount == 1
    assert (look().ReceiversStatus, look().Count) == (3, 601)


def test_an_upload_at_the_console_may_show_as_late_as_any(
    cloud: Cloud, look: Callable[[], Any], read: Callable[..., list[Any]], clock: SteppedClock, group: int
) -> None:
    """Without a time of its own it has the delays of a request."""
    cloud.behaviour = Behaviour(upload_seconds=3, counts_after=5, members_after=9)
    cloud.groups.upload(group, addresses(2))
    clock.sleep(6)
    assert (look().ReceiversStatus, look().Count, read()) == (3, 2, [])
    clock.sleep(3)
    assert emails(read()) == addresses(2)


@pytest.mark.parametrize(("drops", "times"), [("never", 2), ("group", 1)])
def test_an_upload_at_the_console_brings_repeats_or_not(
    cloud: Cloud, send: Callable[..., Any], drops: Literal["never", "group"], times: int
) -> None:
    """As a request does."""
    cloud.behaviour = Behaviour(drops_repeats=drops)
    send(addresses(1))
    cloud.groups.upload(GROUP, addresses(1), seconds=0)
    assert cloud.groups.contents(GROUP) == addresses(1) * times


def test_somebody_adds_and_removes_at_a_given_moment(
    cloud: Cloud, send: Callable[..., Any], look: Callable[[], Any], read: Callable[..., list[Any]], clock: SteppedClock
) -> None:
    """At once, repeats and what is still on its way included; what is gone comes in again as something new."""
    cloud.behaviour = Behaviour(members_after=60, drops_repeats="group")
    send(addresses(3))
    cloud.after(10, lambda: cloud.groups.upload(GROUP, ["theirs@example.com"], seconds=0))
    cloud.after(20, lambda: cloud.groups.remove(GROUP, ["USER1@example.com"]))
    clock.sleep(10)
    assert (look().Count, emails(read())) == (4, ["theirs@example.com"])
    clock.sleep(60)
    assert (look().Count, emails(read())) == (3, ["user0@example.com", "user2@example.com", "theirs@example.com"])
    assert send(["user0@example.com", "user1@example.com"]).ValidCount == 1


def test_somebody_acts_just_before_the_nth_request(cloud: Cloud, send: Callable[..., Any]) -> None:
    """The request meets what was done."""
    cloud.faults.script(
        "CreateReceiverDetail", Fault.meanwhile(lambda: cloud.groups.upload(GROUP, addresses(5), seconds=9)), nth=2
    )
    send(addresses(1, "ours"))
    assert code_of(send, addresses(1, "more")) == OPERATING
    assert cloud.calls[-1].fault == "meanwhile_after"


# The store


@pytest.mark.parametrize("ahead", [240.0, -240.0])
def test_the_store_has_its_own_clock(cloud: Cloud, ses: Ses, cos: CosS3Client, group: int, ahead: float) -> None:
    """`Date` and `Last-Modified` go by it, in answers and listings; what SES writes does not."""
    cloud.behaviour = Behaviour(store_ahead=ahead)
    put = cos.put_object(Bucket=BUCKET, Key="a", Body=b"x")
    head = cos.head_object(Bucket=BUCKET, Key="a")
    now = cloud.clock.now()
    for stamp in (put["Date"], head["Date"], head["Last-Modified"]):
        assert (parsedate_to_datetime(stamp) - now).total_seconds() == ahead
    listed = cos.list_objects(Bucket=BUCKET)["Contents"][0]["LastModified"]
    assert listed == ("2026-11-23T08:04:00.000Z" if ahead > 0 else "2026-11-23T07:56:00.000Z")
    assert ses("ListReceivers", Offset=0, Limit=1).Data[0].CreateTime == "2026-11-23 08:00:00"


# All together


def test_some_addresses_are_always_the_same() -> None:
    """About the share that was asked for, whatever the case, and others for another name."""
    some = Some("refused", 0.1)
    chosen = {address for address in addresses(2_000) if some(address)}
    assert 150 <= len(chosen) <= 250
    assert all(some(address.upper()) for address in chosen)
    assert chosen != {address for address in addresses(2_000) if Some("lost", 0.1)(address)}


def test_any_behaviour_turns_every_switch_and_repeats_itself() -> None:
    """Each one in some of many draws, and never one that takes longer than is promised."""
    drawn = [any_behaviour(random.Random(seed)) for seed in range(300)]
    assert drawn == [any_behaviour(random.Random(seed)) for seed in range(300)]
    kept = {"longest_address", "most_groups", "most_members", "requests_per_second", "reason"}
    turned = {
        field.name
        for field in fields(Behaviour)
        if any(getattr(each, field.name) != getattr(Behaviour(), field.name) for each in drawn)
    }
    assert turned == {field.name for field in fields(Behaviour)} - kept
    assert max(each.settles_after for each in drawn) == LONGEST_DELAY


@pytest.mark.parametrize("seed", range(60))
def test_what_is_in_the_group_in_the_end_is_exact(
    cloud: Cloud, ses: Ses, read: Callable[..., list[Any]], clock: SteppedClock, seed: int
) -> None:
    """With all switches at random, answers lost, requests that arrive late, and somebody at the console.

    Each address that was accepted is there once; or as often as it was sent, where the service keeps repeats.
    """
    dice = random.Random(seed)
    behaviour = cloud.behaviour = any_behaviour(dice)
    old, theirs = addresses(20, "old"), addresses(10)
    cloud.groups.create("spring", GROUP, old)
    cloud.after(4, lambda: cloud.groups.upload(GROUP, theirs, seconds=0))
    cloud.after(7, lambda: cloud.groups.remove(GROUP, old[:5]))
    accepted = [old[5:], theirs]
    for _ in range(8):
        batch = [_in_some_case(dice, address) for address in dice.choices(addresses(60), k=10)]
        fault = dice.choice([None, None, Fault.drop_before(), Fault.drop_after(), Fault.late(10), Fault.slow(3)])
        if fault == Fault.late(10) and not behaviour.admits_during_upload:
            fault = None  # nobody hears whether it was denied
        if _is_accepted(cloud, ses, batch, fault):
            accepted.append([address for address in batch if not among(address, behaviour.breaks)])
        clock.sleep(2)
    clock.sleep(10 + behaviour.settles_after)
    held = cloud.groups.contents(GROUP)
    assert Counter(filter(None, map(key_of(behaviour), held))) == _expected(behaviour, accepted)
    assert held.count("") == behaviour.blank_members
    listed = [address for address in held if not among(address, behaviour.hides)]
    rows = read()
    assert len(rows) == min(len(listed), behaviour.listing_ends_at or len(listed))
    holds_still = behaviour.members_order != "reshuffled" and not behaviour.displaced
    if holds_still and len(rows) == len(listed):
        assert Counter(row.Email or "" for row in rows) == Counter(listed)
    cloud.groups.finish_uploads()
    assert cloud.groups.contents(GROUP) == held
    assert cloud.problems == []


def _in_some_case(dice: random.Random, address: str) -> str:
    return dice.choice((str.lower, str.title))(address)


def _is_accepted(cloud: Cloud, ses: Ses, batch: list[str], fault: Fault | None) -> bool:
    """Whether the request has its effect, now or later."""
    if fault:
        cloud.faults.script("CreateReceiverDetail", fault)
    try:
        ses("CreateReceiverDetail", ReceiverId=GROUP, Emails=batch)
    except TencentCloudSDKException as problem:
        if any(among(address, cloud.behaviour.breaks) for address in batch):
            denied = problem.get_code() == OPERATING
            return not cloud.behaviour.breaks_whole and not denied and fault != Fault.drop_before()
        return fault in {Fault.drop_after(), Fault.late(10)} and problem.get_code() == "ClientNetworkError"
    return True


def _expected(behaviour: Behaviour, accepted: list[list[str]]) -> Counter[str]:
    """How often the group holds each address, by the key by which the service tells repeats."""
    key = key_of(behaviour)
    kept = [[key(each) for each in batch if not among(each, behaviour.loses)] for batch in accepted[1:]]
    total = Counter(map(key, accepted[0]))
    for batch in kept:
        total.update(batch if behaviour.drops_repeats == "never" else set(batch))
    return Counter(total.keys()) if behaviour.drops_repeats == "group" else total
