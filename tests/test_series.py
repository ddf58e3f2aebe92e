"""A list that is larger than a group: the group that it names and its continuations take it, each address in exactly
one of them, whatever happens on the way."""

from __future__ import annotations

import csv
import io
import json
import posixpath
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote, unquote

import pytest

from handler import limits
from handler.errors import TryLater
from handler.state.lock import Lock
from handler.state.stored import to_json
from local.cloud import Behaviour, Call, Cloud, Fault
from local.cloud import groups as service
from tests.stage import BUCKET, FakeClock, Stage

TIMER = {"Type": "Timer", "TriggerName": "sweep", "Time": "2026-11-23T00:00:00Z", "Message": ""}
SERIES = {"ON_OVERFLOW": "split", "GROUP_FOLDERS": "name", "CREATE_GROUPS": "true"}
pytestmark = pytest.mark.data
ROOM, BATCH = 10, 4
"""Members of a group, and addresses of a request, in place of 50,000 and 20,000."""


@pytest.fixture
def stage(clock: FakeClock, behaviour: Behaviour, with_data: bool) -> Iterator[Stage]:
    """An account without groups, and an empty bucket."""
    cloud = Cloud(clock=clock, behaviour=behaviour)
    cloud.objects.create_bucket(BUCKET)
    with cloud.serve() as endpoint:
        stage = Stage(cloud, endpoint, clock, dict(SERIES))
        if with_data:
            stage.use_data()
        yield stage
    assert cloud.problems == []
    for receiver_id in ids(stage):
        stage.assert_data(receiver_id)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (limits, service):
        monkeypatch.setattr(module, "GROUP_LIMIT", ROOM)
        monkeypatch.setattr(module, "BATCH_SIZE", BATCH)


def people(count: int, start: int = 0) -> list[str]:
    return [f"someone{number}@example.com" for number in range(start, start + count)]


def list_of(addresses: Sequence[str]) -> bytes:
    return "\n".join(["email", *addresses, ""]).encode()


def ids(stage: Stage) -> list[int]:
    return [group.receiver_id for group in stage.cloud.groups.every()]


def held(stage: Stage) -> list[list[str]]:
    """What each group holds, in the order of the ids."""
    return [stage.contents(receiver_id) for receiver_id in ids(stage)]


def are_exact(stage: Stage, addresses: Sequence[str]) -> None:
    """Each of them is in one group, once, and nobody else is."""
    assert sorted(address for group in held(stage) for address in group) == sorted(addresses)


def of_groups(report: dict[str, Any], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(group[name] for name in names) for group in report["groups"]]


def test_a_list_for_three_groups(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three are made and filled in file order, in as few requests as there can be; rows so many are stored in parts."""
    monkeypatch.setattr("handler.state.ledger.AT_ONCE_BYTES", 20_000)
    for module in (limits, service):
        monkeypatch.setattr(module, "GROUP_LIMIT", 5_000)
        monkeypatch.setattr(module, "BATCH_SIZE", 2_000)
    report = stage.run(list_of(people(12_000)), "incoming/spring/list.csv")
    assert (report["status"], report["rows"]["imported"]) == ("imported", 12_000)
    names = ["spring", "spring (2)", "spring (3)"]
    assert of_groups(report, "name", "created", "count_after", "imported", "upload_finished") == [
        (name, True, count, count, True) for name, count in zip(names, (5_000, 5_000, 2_000), strict=True)
    ]
    assert held(stage) == [people(5_000), people(5_000, 5_000), people(2_000, 10_000)]
    assert (stage.calls("CreateReceiverDetail"), stage.calls("CreateReceiver")) == (7, 3)
    assert {batch["receiver_id"] for batch in report["batches"]} == {*ids(stage)}
    assert (report["group"]["receiver_id"], report["group"]["name"]) == (ids(stage)[0], "spring")


@pytest.mark.usefixtures("small")
def test_the_same_list_again(stage: Stage) -> None:
    """It adds nothing; a longer one adds what is new, where there is room."""
    stage.run(list_of(people(24)), "incoming/spring/list.csv")
    again = stage.run(list_of(people(24)), "incoming/spring/again.csv")
    assert (again["status"], again["rows"]["imported"], again["rows"]["already_in_group"]) == ("imported", 0, 24)
    assert of_groups(again, "count_after", "imported") == [(10, 0), (10, 0), (4, 0)]
    assert (stage.calls("CreateReceiverDetail"), stage.calls("CreateReceiver")) == (7, 3)
    more = stage.run(list_of(people(30)), "incoming/spring/more.csv")
    assert (more["rows"]["imported"], of_groups(more, "created", "imported")[2:]) == (6, [(False, 6)])
    assert (stage.calls("CreateReceiverDetail"), stage.calls("CreateReceiver")) == (9, 3)
    are_exact(stage, people(30))


LOST = {
    "no answer, no effect": Fault.drop_before(),
    "no answer, full effect": Fault.drop_after(),
    "503, no effect": Fault.status(503),
    "500, full effect": Fault.status_after(500),
    "a page of HTML, full effect": Fault.not_json(applied=True),
    "not available": Fault.refuse("FailedOperation.ServiceNotAvailable"),
    "throttled": Fault.refuse("RequestLimitExceeded"),
}


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(("name", "nth"), [(name, 1 + at % 3) for at, name in enumerate(LOST)])
def test_no_group_is_made_twice(stage: Stage, name: str, nth: int) -> None:
    """Whatever is answered to a creation, or is not: the group is looked up by its name."""
    stage.cloud.faults.script("CreateReceiver", LOST[name], nth)
    report = stage.run(list_of(people(25)), "incoming/spring/list.csv")
    assert report["status"] == "imported"
    assert of_groups(report, "name", "created", "imported") == [
        ("spring", True, 10),
        ("spring (2)", True, 10),
        ("spring (3)", True, 5),
    ]
    assert held(stage) == [people(10), people(10, 10), people(5, 20)]
    assert stage.calls("CreateReceiver") == 3 + (not LOST[name].applied)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("behaviour", [Behaviour(upload_seconds=20, admits_during_upload=False)])
def test_no_upload_is_waited_for_while_another_group_could_take_a_batch(stage: Stage) -> None:
    """Requests go round the groups, and none of them is refused; time passes only once all of them are uploading."""
    order: list[tuple[int | None, float]] = []

    def note(call: Call) -> None:
        if call.is_called("CreateReceiverDetail"):
            order.append((call.receiver_id, stage.clock.monotonic()))

    stage.cloud.faults.hook = note
    report = stage.run(list_of(people(30)), "incoming/spring/list.csv")
    assert report["status"] == "imported"
    assert [receiver_id for receiver_id, _ in order] == ids(stage) * 3
    rounds = [moment for _, moment in order]
    assert rounds[2] - rounds[0] < 5, "the first batches wait for nothing"
    assert rounds[-1] - rounds[0] < 60, "three uploads at a time"
    assert held(stage) == [people(10), people(10, 10), people(10, 20)]


@pytest.mark.usefixtures("small")
def test_more_than_the_series_may_hold_is_refused(stage: Stage) -> None:
    """Nothing is sent and nothing is made; with `fill` one group takes what it has room for."""
    report = stage.run(list_of(people(31)), "incoming/spring/list.csv", MAX_GROUPS="3")
    assert (report["status"], report["reason"]["code"]) == ("refused", "over_capacity")
    assert report["reason"]["message"].startswith(
        "The file has 31 new addresses, and the series of groups has room for 30, as it may come to 3 groups"
    )
    assert (ids(stage), stage.calls("CreateReceiver")) == ([], 0)
    filled = stage.run(list_of(people(31)), "incoming/spring/list.csv", ON_OVERFLOW="fill")
    assert (filled["rows"]["imported"], filled["rows"]["over_capacity"]) == (10, 21)
    assert held(stage) == [people(10)]


@pytest.mark.usefixtures("small")
def test_what_has_room_is_filled_first(stage: Stage) -> None:
    """The members of all of them are left out; one that a person has deleted is made anew, behind those that are there;
    neither order nor gaps of the ids matter. Of continuations that others have made it is told once."""
    groups = stage.cloud.groups
    groups.create("spring (4)", 7, people(8, 20))
    groups.create("spring", 9, people(10))
    groups.create("spring (2)", 8, ["other@example.com", *people(7, 10)])
    report = stage.run(list_of(people(40)), "incoming/spring/list.csv")
    assert (report["status"], report["rows"]["imported"], report["rows"]["already_in_group"]) == ("imported", 15, 25)
    assert of_groups(report, "receiver_id", "name", "created", "count_before", "imported") == [
        (9, "spring", False, 10, 0),
        (8, "spring (2)", False, 8, 2),
        (7, "spring (4)", False, 8, 2),
        (1001, "spring (3)", True, 0, 10),
        (1002, "spring (5)", True, 0, 1),
    ]
    are_exact(stage, ["other@example.com", *people(40)])
    (warning,) = report["warnings"]
    assert (warning["code"], warning["count"]) == ("continuation_found", 2)
    assert "(spring (2), spring (4))" in warning["message"].replace("“", "").replace("”", "")
    again = stage.run(list_of(people(50)), "incoming/spring/again.csv")
    assert (again["rows"]["imported"], again["warnings"]) == (10, [])


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("key", ["incoming/9/list.csv", "incoming/list.csv"])
def test_a_series_by_number(stage: Stage, key: str) -> None:
    """The first one is named by its id, or by RECEIVER_ID; one that continues it is for nothing but itself."""
    stage.settings = {"ON_OVERFLOW": "split", "RECEIVER_ID": "9"}
    stage.cloud.groups.create("spring", 9)
    assert stage.run(list_of(people(15)), key)["status"] == "imported"
    assert held(stage) == [people(10), people(5, 10)]
    report = stage.run(list_of(people(20)), "incoming/1001/list.csv")
    assert (report["status"], report["reason"]["code"]) == ("refused", "over_capacity")
    assert "15 new addresses and the group has room for 5:" in report["reason"]["message"]
    assert "is continued by none itself" in report["reason"]["message"]
    report = stage.run(list_of(people(5, 20)), "incoming/1001/rest.csv")
    assert (report["rows"]["imported"], len(report["groups"])) == (5, 1)
    assert held(stage) == [people(10), [*people(5, 10), *people(5, 20)]]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("code", ["LimitExceeded.ExceedReceiverLimit", "InvalidParameterValue.ReceiverNameIllegal"])
def test_a_group_that_cannot_be_made_costs_no_other_its_share(stage: Stage, code: str) -> None:
    """The import is partial, the sentence says why, and what was not sent is listed to be dropped again."""
    stage.cloud.faults.script("CreateReceiver", Fault.refuse(code), 2)
    if code.startswith("Limit"):
        stage.cloud.groups.most_groups = 1
    report = stage.run(list_of(people(25)), "incoming/spring/list.csv")
    assert (report["status"], report["reason"]["code"]) == ("partial", code)
    assert code in report["reason"]["message"]
    taken = of_groups(report, "receiver_id", "imported")
    assert taken[:2] == [(1001, 10), (None, 0)]
    assert held(stage)[0] == people(10)
    remaining = stage.text(report["files"]["remaining"])
    assert all(address in remaining for address in people(10, 10))
    stage.cloud.groups.most_groups = 100
    stage.run(remaining.encode(), "incoming/spring/remaining.csv")
    are_exact(stage, people(25))


@pytest.mark.usefixtures("small")
def test_a_group_that_is_deleted_meanwhile_costs_no_other_its_share(stage: Stage) -> None:
    """Its rows are not attempted; the next drop makes it anew."""
    for number in (7, 8, 9):
        stage.cloud.groups.create(f"spring ({number - 6})" if number > 7 else "spring", number)
    gone = Fault.meanwhile(lambda: stage.cloud.groups.delete(8))
    stage.cloud.faults.script("CreateReceiverDetail", gone)
    report = stage.run(list_of(people(25)), "incoming/spring/list.csv")
    assert (report["status"], report["reason"]["code"]) == ("partial", "group_not_found")
    assert of_groups(report, "receiver_id", "imported") == [(7, 10), (8, 0), (9, 5)]
    again = stage.run(list_of(people(25)), "incoming/spring/again.csv")
    assert (again["status"], of_groups(again, "name", "imported")) == (
        "imported",
        [("spring", 0), ("spring (3)", 5), ("spring (2)", 5)],
    )
    are_exact(stage, people(25))


@pytest.mark.usefixtures("small")
def test_the_first_group_may_be_missing(stage: Stage) -> None:
    """It is made anew once the others are full; whether it is or not, the report and the history are its own."""
    stage.run(list_of(people(15)), "incoming/spring/list.csv")
    first, second = ids(stage)
    stage.cloud.groups.delete(first)
    stage.clock.sleep(90_000)
    report = stage.run(list_of(people(5, 10)), "incoming/spring/known.csv")
    assert (report["status"], report["rows"]["already_in_group"], report["warnings"]) == ("imported", 5, [])
    assert of_groups(report, "name", "receiver_id", "planned") == [("spring", None, 0), ("spring (2)", second, 0)]
    assert (report["group"]["name"], len(ids(stage))) == ("spring", 1)
    assert json.loads(stage.text("reports/spring/latest.json"))["name"] == "spring"
    report = stage.run(list_of(people(18)), "incoming/spring/again.csv")
    third = ids(stage)[1]
    assert of_groups(report, "name", "receiver_id", "created", "imported") == [
        ("spring", third, True, 8),
        ("spring (2)", second, False, 5),
    ]
    assert (report["group"]["receiver_id"], report["warnings"]) == (third, [])
    assert held(stage) == [[*people(5, 10), *people(5)], [*people(5, 5), *people(3, 15)]]
    whole, part = (json.loads(stage.text(f"reports/{name}/latest.json")) for name in ("spring", "spring (2)"))
    assert (whole["receiver_id"], whole["imports"][0]["rows"]) == (third, report["rows"])
    assert (part["receiver_id"], [each["rows"]["imported"] for each in part["imports"]]) == (second, [5, 5])


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("behaviour", [Behaviour(counts_after=300, members_after=300)])
def test_what_is_still_uploading_takes_its_place(stage: Stage) -> None:
    """The report counts it among the members, whatever the service counts by then."""
    stage.run(list_of(people(15)), "incoming/spring/first.csv")
    report = stage.run(list_of(people(7, 20)), "incoming/spring/second.csv")
    assert of_groups(report, "count_before", "planned") == [(10, 0), (5, 5), (0, 2)]
    assert report["groups"][0]["count_after"] == 10
    stage.clock.sleep(600)
    stage.invoke(TIMER)
    assert held(stage) == [people(10), [*people(5, 10), *people(5, 20)], people(2, 25)]


@pytest.mark.usefixtures("small")
def test_a_group_of_its_own_that_a_series_takes_over_is_told_of(stage: Stage) -> None:
    """Also where we had made it, and had put people into it; once."""
    stage.run(list_of(people(3, 50)), "incoming/spring (2)/list.csv")
    stage.run(list_of(people(15)), "incoming/spring/first.csv", DRY_RUN="true")
    report = stage.run(list_of(people(15)), "incoming/spring/list.csv")
    (warning,) = report["warnings"]
    assert (warning["code"], warning["count"]) == ("continuation_found", 1)
    assert "not made for it" in warning["message"]
    assert held(stage) == [[*people(3, 50), *people(7)], people(8, 7)]
    assert stage.run(list_of(people(30)), "incoming/spring/more.csv")["warnings"] == []
    assert stage.run(list_of(people(30)), "incoming/spring/again.csv")["warnings"] == []


NAMES = ["spring", "春季名单", "1001", "a (b) [c] & d", "名 单", "50% off", "x" * 50]


@pytest.mark.parametrize("name", NAMES)
def test_names_have_any_character(stage: Stage, name: str) -> None:
    """As the folder, or in the metadata; the group's report lies below its name."""
    report = stage.run(list_of(people(3)), f"incoming/{name}/to/list.csv")
    assert (report["status"], report["group"]["name"], report["group"]["created"]) == ("imported", name, True)
    (key,) = [key for key in stage.keys("reports/") if key.endswith("/report.json")]
    assert key.startswith(f"reports/{name}/to/list.csv/")
    assert json.loads(stage.text(f"reports/{name}/latest.json"))["receiver_id"] == 1001
    event = stage.drop(list_of(people(4)), "incoming/elsewhere/list.csv", receiver_name=quote(name))
    report = stage.report(stage.invoke(event))
    assert (report["rows"]["imported"], report["group"]["created"], ids(stage)) == (1, False, [1001])


@pytest.mark.parametrize(
    ("key", "metadata", "settings", "code", "message"),
    [
        ("Spring/a.csv", {}, {}, "group_not_found", "“spring”. Name the folder"),
        ("spring /a.csv", {}, {}, "group_not_found", "“spring”. Name the folder"),
        ("spring\u200b/a.csv", {}, {}, "group_not_found", "“spring”. Name the folder"),
        ("autumn/a.csv", {}, {"CREATE_GROUPS": "false"}, "group_not_found", "no recipient group “autumn”"),
        ("a.csv", {}, {}, "no_group", "incoming/spring/ for the group"),
        ("spring/a.csv", {"receiver_id": "7", "receiver_name": "x"}, {}, "no_group", "leave out one of the two"),
        ("spring/a.csv", {"receiver_id": "8"}, {}, "group_not_found", "no recipient group 8"),
        (f"{'x' * 51}/a.csv", {}, {}, "InvalidParameterValue.ReceiverNameIllegal", "does not take this name"),
    ],
)
def test_a_group_is_never_guessed(
    stage: Stage, key: str, metadata: dict[str, str], settings: dict[str, str], code: str, message: str
) -> None:
    """A name that is nearly another's, one that nobody may make, or none: refused, and it is said what to do."""
    stage.settings |= settings
    stage.cloud.groups.create("spring", 7)
    report = stage.report(stage.invoke(stage.drop(list_of(people(3)), f"incoming/{key}", **metadata)))
    assert (report["status"], report["reason"]["code"]) == ("refused", code)
    assert message in report["reason"]["message"]
    assert (ids(stage), stage.contents(7)) == ([7], [])


def test_metadata_may_be_told_not_to_name_a_group(stage: Stage) -> None:
    """Then rights on folders are rights on groups."""
    event = stage.drop(list_of(people(3)), "incoming/spring/list.csv", receiver_name="autumn")
    report = stage.report(stage.invoke(event, GROUP_BY_METADATA="false"))
    assert report["group"]["name"] == "spring"


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("held_id", [8, 9])
def test_a_file_for_one_group_and_a_file_for_its_series_keep_each_other_out(stage: Stage, held_id: int) -> None:
    """Whichever group of the series is held: the file waits for it, and whoever gives it back takes it next."""
    stage.settings = {"ON_OVERFLOW": "split"}
    stage.cloud.groups.create("spring", 9)
    stage.cloud.groups.create("spring (2)", 8)
    one = stage.drop(list_of(people(5, 50)), f"incoming/{held_id}/one.csv")
    series = stage.drop(list_of(people(15)), "incoming/9/series.csv")
    statuses: list[str] = []

    def meet(call: Call) -> None:
        if call.is_called("CreateReceiverDetail"):
            stage.cloud.faults.clear()
            statuses.extend(each["status"] for each in stage.invoke(series)["imports"])

    stage.cloud.faults.hook = meet
    imported = stage.invoke(one)["imports"]
    assert statuses == ["waiting"]
    assert [each["status"] for each in imported] == ["imported", "imported"]
    are_exact(stage, [*people(5, 50), *people(15)])
    assert stage.keys("state/todo/") == []


@pytest.mark.usefixtures("small")
def test_two_files_make_one_series(stage: Stage) -> None:
    """A name is locked before its group is there: whoever comes second finds the groups that the first one made."""
    first = stage.drop(list_of(people(15)), "incoming/spring/first.csv")
    second = stage.drop(list_of(people(15, 10)), "incoming/spring/second.csv")

    def meet(call: Call) -> None:
        if call.action == "CreateReceiver":
            stage.cloud.faults.clear()
            assert [each["status"] for each in stage.invoke(second)["imports"]] == ["waiting"]

    stage.cloud.faults.hook = meet
    assert [each["status"] for each in stage.invoke(first)["imports"]] == ["imported", "imported"]
    assert len(ids(stage)) == 3
    are_exact(stage, people(25))


@pytest.mark.usefixtures("small")
def test_a_group_that_is_held_once_it_is_made_is_waited_for(stage: Stage) -> None:
    """Somebody who drops a file by the number of a group that was made a moment ago may be quicker."""
    event = stage.drop(list_of(people(5)), "incoming/spring/list.csv")
    lock = Lock("another", "token", released=False)
    key = "state/locks/1001/0000000001"
    stage.cloud.objects.put(BUCKET, key, to_json(lock))
    assert [each["status"] for each in stage.invoke(event)["imports"]] == ["waiting"]
    assert (len(ids(stage)), held(stage)) == (1, [[]])
    stage.clock.sleep(1_000)
    stage.invoke(TIMER)
    stage.invoke(TIMER)
    assert held(stage) == [people(5)]
    assert stage.keys("state/todo/") == []


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("behaviour", [Behaviour(upload_seconds=200)])
def test_what_is_still_uploading_is_settled_later(stage: Stage) -> None:
    """Each group for itself: what has shown its share is not read again."""
    event = stage.drop(list_of(people(25)), "incoming/spring/list.csv")
    assert stage.report(stage.invoke(event))["status"] == "uploading"
    for _ in range(3):
        stage.clock.sleep(300)
        stage.invoke(TIMER)
    report = stage.report(stage.invoke(event))
    assert (report["status"], of_groups(report, "imported", "upload_finished")) == (
        "imported",
        [(10, True), (10, True), (5, True)],
    )
    assert (stage.keys("state/todo/"), Counter(map(len, held(stage)))) == ([], Counter({10: 2, 5: 1}))


def rows_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("has_room", [True, False], ids=["all cells", "only the addresses"])
def test_what_was_added_is_listed_with_its_group(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, *, has_room: bool
) -> None:
    """With the file's own columns, the line and the group; of rows that /tmp has no room for the address alone."""
    if not has_room:
        monkeypatch.setattr(limits, "PLANNED_BYTES", 0)
    body = '\ufeffname,email\n=1+1,a@example.com\n"x, y",b@example.com,more\nbad,nobody\n'
    body += "".join(f"n{number},{address}\n" for number, address in enumerate(people(10)))
    report = stage.run(body.encode(), "incoming/spring/list.csv")
    rows = rows_of(stage.text(report["files"]["imported"]))
    assert rows[0] == ["name", "email", "line", "receiver_id"]
    assert [row[1] for row in rows[1:]] == ["a@example.com", "b@example.com", *people(10)]
    assert [row[2:4] for row in rows[1:]] == [[str(n), "1001" if n < 13 else "1002"] for n in (2, 3, *range(5, 15))]
    if has_room:
        assert rows[1:3] == [
            ["'=1+1", "a@example.com", "2", "1001"],
            ["x, y", "b@example.com", "3", "1001", "more"],
        ]
    again = stage.run(stage.text(report["files"]["imported"]).encode(), "incoming/spring/imported.csv")
    assert (again["rows"]["already_in_group"], "imported" in again["files"]) == (12, False)
    skipped = rows_of(stage.text(again["files"]["skipped"]))
    assert skipped[0] == ["name", "email", "line", "reason", "message", "suggestion"]
    assert [row[1] for row in skipped[1:]] == [row[1] for row in rows[1:]]


@pytest.mark.usefixtures("small")
def test_what_was_not_added_is_not_listed(stage: Stage) -> None:
    """Neither what a group refused, nor anything where nobody wants the list."""
    stage.cloud.faults.script("CreateReceiverDetail", Fault.refuse("InvalidParameter"), 2)
    report = stage.run(list_of(people(15)), "incoming/spring/list.csv")
    listed = [row[0] for row in rows_of(stage.text(report["files"]["imported"]))[1:]]
    remaining = [row[0] for row in rows_of(stage.text(report["files"]["remaining"]))[1:]]
    assert (listed, remaining) == ([*people(10)], people(5, 10))
    report = stage.run(list_of(people(15)), "incoming/spring/again.csv", LIST_IMPORTED="false")
    assert (report["rows"]["imported"], [*report["files"]]) == (5, ["skipped"])


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("folders", ["id", "name"])
def test_each_group_has_its_history(stage: Stage, folders: str) -> None:
    """Its own part of an import counts in that of a continuation, and the whole of it in that of the first one."""
    stage.settings["GROUP_FOLDERS"] = folders
    stage.cloud.groups.create("spring", 1001)
    first, second = ("1001", "1002") if folders == "id" else ("spring", "spring (2)")
    report = stage.run(list_of(people(15)), f"incoming/{first}/list.csv")
    (whole,) = json.loads(stage.text(f"reports/{first}/latest.json"))["imports"]
    part = json.loads(stage.text(f"reports/{second}/latest.json"))
    assert (part["receiver_id"], part["name"]) == (1002, "spring (2)")
    assert (whole["rows"], part["imports"][0]["rows"]["imported"]) == (report["rows"], 5)
    assert part["imports"][0]["page"] == whole["page"]
    link = f"./../{quote(whole['page'].removeprefix('reports/'))}"
    assert link in stage.text(f"reports/{second}/latest.html")


@pytest.mark.parametrize("folders", ["id", "name"])
def test_a_group_has_one_history_however_it_is_named(stage: Stage, folders: str) -> None:
    """It lies where folders would put it, and every report's page leads there."""
    stage.settings["GROUP_FOLDERS"] = folders
    stage.cloud.groups.create("a b", 1001)
    folder, other = ("1001", "a b") if folders == "id" else ("a b", "1001")
    by_other = {"receiver_name": "a%20b"} if folders == "id" else {"receiver_id": "1001"}
    stage.run(list_of(people(2)), f"incoming/{folder}/list.csv")
    stage.invoke(stage.drop(list_of(people(3)), "incoming/x/list.csv", **by_other))
    assert [key for key in stage.keys("reports/") if key.endswith("latest.json")] == [f"reports/{folder}/latest.json"]
    latest = json.loads(stage.text(f"reports/{folder}/latest.json"))
    assert (latest["name"], [each["rows"]["imported"] for each in latest["imports"]]) == ("a b", [1, 2])
    page = latest["imports"][0]["page"]
    assert page.startswith(f"reports/{other}/")
    (link,) = re.findall(r'href="([^"]+/latest\.html)"', stage.text(page))
    assert posixpath.normpath(f"{page}/../{unquote(link)}") == f"reports/{folder}/latest.html"


@pytest.mark.usefixtures("small")
def test_time_that_is_up_goes_on_where_it_was(stage: Stage) -> None:
    """With the groups that it had made, and those that it had not."""
    event = stage.drop(list_of(people(25)), "incoming/spring/list.csv")

    def run_out(call: Call) -> None:
        if call.action == "CreateReceiver" and stage.calls("CreateReceiver") == 2:
            stage.clock.sleep(880)

    stage.cloud.faults.hook = run_out
    with pytest.raises(TryLater):
        stage.invoke(event)
    stage.cloud.faults.clear()
    before = len(stage.cloud.calls)
    report = stage.report(stage.invoke(event))
    assert (report["status"], report["rows"]["imported"]) == ("imported", 25)
    assert held(stage) == [people(10), people(10, 10), people(5, 20)]
    read = Counter(call.receiver_id for call in stage.cloud.calls[before:] if call.action == "ListReceiverDetails")
    assert max(read.values()) == 2, "before anything is sent, and once all is there"
    assert (stage.calls("CreateReceiver"), stage.calls("CreateReceiverDetail")) == (3, 8)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("key", ["incoming/spring/other.csv", "incoming/{first}/other.csv"])
def test_whom_another_file_brought_while_an_import_was_down_is_in_one_group(stage: Stage, key: str) -> None:
    """Into whichever group of the series, be it one that the plan does not know."""
    stage.settings["GROUP_FOLDERS"] = "name" if "spring" in key else "id"
    first = stage.cloud.groups.create("spring")
    event = stage.drop(list_of(people(15)), f"incoming/{'spring' if 'spring' in key else first}/list.csv")

    def run_out(call: Call) -> None:
        if call.action == "CreateReceiver":
            stage.clock.sleep(880)

    stage.cloud.faults.hook = run_out
    with pytest.raises(TryLater):
        stage.invoke(event)
    stage.cloud.faults.clear()
    stage.run(list_of([*people(5, 30), *people(15)[::-1]]), key.format(first=first))
    report = stage.report(stage.invoke(event))
    assert report["rows"]["not_attempted"] == 0
    are_exact(stage, [*people(15), *people(5, 30)])


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(("is_gone", "lag"), [(False, 0), (False, 7_200), (True, 0)])
def test_a_plan_whose_room_another_file_took_is_made_anew(stage: Stage, *, is_gone: bool, lag: float) -> None:
    """As long as nothing of it was sent: the series goes on, whether the group counts the others already or not. Of a
    file that is gone the plan is all there is."""
    stage.cloud.groups.create("spring")
    stage.cloud.behaviour = Behaviour(counts_after=lag, members_after=lag)
    event = stage.drop(list_of(people(8)), "incoming/spring/list.csv")
    denied = Fault.refuse("FailedOperation.ServiceNotAvailable")
    stage.cloud.faults.script("CreateReceiverDetail", denied, times=1_000)
    with pytest.raises(TryLater):
        stage.invoke(event)
    stage.cloud.faults.clear()
    stage.run(list_of(people(7, 100)), "incoming/spring/other.csv")
    if is_gone:
        stage.cloud.objects.delete(BUCKET, "incoming/spring/list.csv")
    stage.clock.sleep(3_600)
    stage.invoke(event)
    stage.clock.sleep(2 * lag)
    stage.invoke(TIMER)
    report = stage.report(stage.invoke(event))
    if is_gone:
        assert (report["status"], report["reason"]["code"]) == ("refused", "LimitExceeded.ReceiverDetailCountLimit")
        assert held(stage) == [people(7, 100)]
    else:
        assert (report["status"], of_groups(report, "created", "imported")) == ("imported", [(False, 3), (True, 5)])
        are_exact(stage, [*people(8), *people(7, 100)])
