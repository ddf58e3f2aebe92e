from __future__ import annotations

import copy
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handler.errors import OperatorProblem
from handler.intake.event import Drop, Drops, Ignored, Sweep, import_id_of, read_event
from handler.intake.route import Route, Routing, no_group, route
from handler.limits import KEY_BYTES
from handler.reporting.words import in_english
from handler.settings import Prefixes

PREFIXES = Prefixes(incoming="incoming/", reports="reports/", state="state/")
KEY = "/1250000000/drops/incoming/1001/spring.csv"


def record(key: str = KEY, name: str = "cos:ObjectCreated:Put", **event: Any) -> dict[str, Any]:
    """One record as the documentation shows it."""
    return {
        "cos": {
            "cosSchemaVersion": "1.0",
            "cosObject": {
                "url": "http://drops-1250000000.cos.ap-singapore.myqcloud.com/incoming/1001/spring.csv",
                "meta": {"x-cos-request-id": "NjU=", "Content-Type": ""},
                "vid": "",
                "key": key,
                "size": 1029,
            },
            "cosBucket": {"region": "sg", "name": "drops", "appid": "1250000000"},
            "cosNotificationId": "unkown",
        },
        "event": {
            "eventName": name,
            "eventVersion": "1.0",
            "eventTime": 1795420800,
            "eventSource": "qcs::cos",
            "requestParameters": {"requestSourceIP": "192.0.2.7", "requestHeaders": {"Authorization": "Example"}},
            "eventQueue": "qcs:0:scf:ap-singapore:appid/1250000000:default.import.$LATEST",
            "reservedInfo": "",
            "reqid": 179398952,
            **event,
        },
    }


def read(*records: object, appid: str | None = None, only_bucket: str | None = None) -> Drops:
    found = read_event({"Records": list(records)}, PREFIXES, appid=appid, only_bucket=only_bucket)
    assert isinstance(found, Drops)
    return found


def drop(*records: object) -> Drop:
    found = read(*records)
    assert found.ignored == ()
    (only,) = found.drops
    return only


def why(given: object, **home: str) -> str:
    found = read(given, **home)
    assert found.drops == ()
    (ignored,) = found.ignored
    return ignored.why


def test_drop() -> None:
    """A record is a drop with the bucket's whole name, the full region, and the key without the bucket before it."""
    found = drop(record())
    assert re.fullmatch("[0-9a-f]{16}", found.import_id)
    assert found == Drop("drops-1250000000", "ap-singapore", "incoming/1001/spring.csv", None, found.import_id)


def test_import_id_is_pinned() -> None:
    """A change of the id would make a delivery that comes again after an upgrade another import."""
    assert drop(record()).import_id == import_id_of(
        "drops-1250000000", "incoming/1001/spring.csv", None, "1795420800", "179398952", None, "NjU="
    )
    assert drop(record()).import_id == "e8d186b7f958ea37"


@pytest.mark.parametrize("kind", ["Put", "Post", "Copy", "CompleteMultipartUpload", "Origin", "Replication", "New"])
def test_every_creation_counts(kind: str) -> None:
    """However an object came about, also in a way that is not documented yet, it is a drop."""
    assert drop(record(name=f"cos:ObjectCreated:{kind}")).key == "incoming/1001/spring.csv"


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("/1250000000/drops/incoming/a.csv", "incoming/a.csv"),
        ("incoming/a.csv", "incoming/a.csv"),
        ("/1250000000/drops/incoming//1250000000/drops/incoming/a.csv", "incoming//1250000000/drops/incoming/a.csv"),
        ("/1250000000/drops/incoming/%E6%98%A5 a+b%20.csv", "incoming/%E6%98%A5 a+b%20.csv"),
        ("/1250000000/drops/incoming/春.csv", "incoming/春.csv"),
    ],
)
def test_key(key: str, expected: str) -> None:
    """What stands before the key is taken off once, at the start only; the key itself is not decoded."""
    assert drop(record(key)).key == expected


@given(st.text(min_size=1).filter(lambda text: not text.endswith("/") and "." not in text and "%" not in text))
def test_any_key_survives(name: str) -> None:
    """Whatever a file is called, its key arrives unchanged."""
    assert drop(record(f"/1250000000/drops/incoming/{name}")).key == f"incoming/{name}"


@pytest.mark.parametrize(
    ("url", "short", "expected"),
    [
        ("http://drops-1250000000.cos.ap-chengdu.myqcloud.com/a", "cd", "ap-chengdu"),
        ("https://drops-1250000000.cos.ap-chengdu.tencentcos.cn/a", "cd", "ap-chengdu"),
        ("http://drops-1250000000.cos-internal.ap-shanghai-fsi.tencentcos.cn/a", None, "ap-shanghai-fsi"),
        ("http://drops-1250000000.cos.na-siliconvalley.myqcloud.com:80/a", "ap-tokyo", "na-siliconvalley"),
        ("http://drops-1250000000.cos.accelerate.myqcloud.com/a", "ap-tokyo", "ap-tokyo"),
        ("http://files.example.com/a", "gz", None),
        ("http://[broken", "eu-frankfurt", "eu-frankfurt"),
        (None, "ap-tokyo.example.com/", None),
        (None, None, None),
    ],
)
def test_region(url: str | None, short: str | None, expected: str | None) -> None:
    """The region is the one in the host, else the bucket's where that is no short code."""
    one = record()
    one["cos"]["cosObject"]["url"] = url
    one["cos"]["cosBucket"]["region"] = short
    assert drop(one).region == expected


def test_version() -> None:
    """In a bucket with versioning the event names the version."""
    one = record()
    one["cos"]["cosObject"]["vid"] = "MTg0NDUxNTc1NjIz"
    assert drop(one).version_id == "MTg0NDUxNTc1NjIz"


def test_real_captures() -> None:
    """Further keys, numbers for strings and the bucket's name with the account's id change nothing."""
    one = record()
    one["cos"]["cosBucket"] = {
        "appid": 1250000000,
        "cosRegion": "ap-singapore",
        "name": "drops-1250000000",
        "region": "sg",
        "s3Region": "ap-southeast-1",
    }
    one["event"] |= {"eventTime": "1795420800", "reqid": "179398952"}
    assert drop(one) == drop(record())


def test_overwritten_within_a_second() -> None:
    """Two drops of one second differ by ETag and request id alone where `reqid` is always 0: they are two drops."""
    several = [record(reqid=0) for _ in range(3)]
    several[1]["cos"]["cosObject"]["meta"]["ETag"] = '"9e107d9d372bb6826bd81d3542a419d6"'
    several[2]["cos"]["cosObject"]["meta"]["x-cos-request-id"] = "NjY="
    assert [each.etag for each in read(*several).drops] == [None, "9e107d9d372bb6826bd81d3542a419d6", None]
    assert len({each.import_id for each in read(*several).drops}) == 3


@pytest.mark.parametrize("meta", [None, [], "text", {"ETag": 5, "x-cos-request-id": ["NjU="]}, {"ETag": ""}])
def test_meta_of_another_kind(meta: object) -> None:
    """What is hardly documented cannot cost the record."""
    one = record()
    one["cos"]["cosObject"]["meta"] = meta
    assert drop(one).etag is None


def test_redelivery_has_the_same_import_id() -> None:
    """What a delivery adds to the event is not part of the id."""
    again = record()
    again["cos"]["cosNotificationId"] = "another"
    again["event"]["eventQueue"] = "another"
    assert drop(again).import_id == drop(record()).import_id


def test_another_drop_has_another_import_id() -> None:
    """Another bucket, key, version, time or request is another import, and the parts cannot run into each other."""
    others = [record(), record(KEY + "x"), record(eventTime=1), record(reqid=1), record(eventTime=None, reqid=None)]
    others += [record(eventTime=11, reqid=1), record(eventTime=1, reqid=11)]
    for part, name, value in [("cosObject", "vid", "v1"), ("cosBucket", "name", "drop")]:
        others.append(record("incoming/1001/spring.csv"))
        others[-1]["cos"][part][name] = value
    assert len({drop(one).import_id for one in others}) == len(others)


@given(st.lists(st.lists(st.text() | st.none()).map(tuple), unique=True, min_size=2, max_size=5))
def test_import_ids_differ(facts: list[tuple[str | None, ...]]) -> None:
    """No two lists of facts give the same id, wherever the borders between the facts are."""
    assert len({import_id_of(*each) for each in facts}) == len(facts)


def test_the_same_record_twice() -> None:
    """Two identical records within one event are one drop."""
    found = read(record(), record(), record(eventTime=1))
    assert len(found.drops) == 2
    assert found.ignored == (Ignored("incoming/1001/spring.csv", "the same record twice"),)


def test_every_record_counts() -> None:
    """A record that is of no use takes no other one with it."""
    found = read(None, record(), {}, record("reports/x"), record("incoming/b.csv"))
    assert [each.key for each in found.drops] == ["incoming/1001/spring.csv", "incoming/b.csv"]
    assert len(found.ignored) == 3


def test_no_records() -> None:
    """An event without records asks for nothing."""
    assert read() == Drops((), ())


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (record(name="cos:ObjectRemove:Delete"), "not a creation: cos:ObjectRemove:Delete"),
        (record(name="cos:ObjectRestore:Completed"), "not a creation: cos:ObjectRestore:Completed"),
        (record("/1250000000/drops/incoming/1001/"), "a folder, not a file"),
        (record("/1250000000/drops/reports/1001/a.csv/0/rejected.csv"), "our own"),
        (record("/1250000000/drops/state/plan"), "our own"),
        (record("/1250000000/drops/other/a.csv"), "not below incoming/"),
        (record("/1250000000/drops/Incoming/a.csv"), "not below incoming/"),
        (record("/1250000000/drops/a/incoming/a.csv"), "not below incoming/"),
        (record("/1250000000/drops//incoming/a.csv"), "not below incoming/"),
        (
            record("/1250000000/others/incoming/a.csv"),
            "the key begins with the name of another bucket than drops-12500",
        ),
        (record("/1250000001/drops/incoming/a.csv"), "the key begins with the name of another bucket than drops-12500"),
        (None, "the record is not what it should be"),
        ({}, "cos is missing; event is missing"),
    ],
)
def test_ignored(given: object, reason: str) -> None:
    """What asks for nothing is ignored, and the reason says why."""
    assert why(given).startswith(reason)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("cos.cosObject.key", "cos.cosObject.key is missing"),
        ("cos.cosBucket.name", "cos.cosBucket.name is missing"),
        ("cos.cosBucket.appid", "cos.cosBucket.appid is missing"),
        ("cos.cosBucket", "cos.cosBucket is missing"),
        ("event.eventName", "event.eventName is missing"),
    ],
)
def test_missing_field(path: str, reason: str) -> None:
    """A record that lacks what is needed is ignored; the reason names the field, and the key where there is one."""
    broken = copy.deepcopy(record())
    *way, last = path.split(".")
    part = broken
    for name in way:
        part = part[name]
    del part[last]
    expected = "" if last == "key" else KEY
    assert read(broken) == Drops((), (Ignored(expected, reason),))


def test_wrong_field() -> None:
    """A field of another kind is named too, and its value is not repeated."""
    broken = record()
    broken["cos"]["cosObject"]["key"] = ["someone@example.com"]
    broken["cos"]["cosBucket"]["name"] = ""
    assert why(broken) == "cos.cosObject.key is not what it should be; cos.cosBucket.name is empty"


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (record() | {"event": None}, "event is missing"),
        (record() | {"event": []}, "event is not what it should be"),
        (record(name=None), "event.eventName is missing"),  # type: ignore[arg-type]
        (record(name=True), "event.eventName is not what it should be"),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_text(broken: object, reason: str) -> None:
    """A null counts as missing; what is neither text nor number is told of, and once."""
    assert why(broken) == reason


@pytest.mark.parametrize("value", [[], {}, ["x"], True, None])
def test_what_can_be_missing_costs_no_record(value: object) -> None:
    """Whatever it is, the file is imported."""
    one = record(eventTime=value, reqid=value)
    one["cos"]["cosObject"] |= {"url": value, "vid": value}
    one["cos"]["cosBucket"] |= {"region": value}
    found = drop(one)
    assert (found.key, found.version_id, found.region) == ("incoming/1001/spring.csv", None, None)
    assert found.import_id == drop(record(eventTime=None, reqid=None)).import_id


def test_foreign_buckets() -> None:
    """Where our account or our bucket is known, those of others are ignored."""
    assert why(record(), appid="1250000001") == "the bucket drops-1250000000 belongs to another account"
    assert why(record(), only_bucket="other-1250000000").startswith("the bucket drops-1250000000 is not the one")
    assert read(record(), appid="1250000000", only_bucket="drops-1250000000").drops == read(record()).drops


def test_prefix_in_percent_encoding() -> None:
    """A prefix that is not ASCII is recognised in both forms."""
    prefixes = Prefixes(incoming="名单/", reports="报告/", state="state/")
    encoded = "%E5%90%8D%E5%8D%95/1001/a.csv"
    report = "%E6%8A%A5%E5%91%8A/1001/a.csv"
    found = read_event({"Records": [record(encoded), record("名单/1001/a.csv"), record(report)]}, prefixes)
    assert isinstance(found, Drops)
    assert [each.key for each in found.drops] == [encoded, "名单/1001/a.csv"]
    assert found.ignored == (Ignored(report, "our own"),)
    assert route(encoded, {}, Routing(prefixes)) == Route(1001, None, "报告/1001/a.csv/")


@pytest.mark.parametrize(
    ("message", "only"),
    [("", None), (" \n", None), (None, None), (7, None), (" incoming/1001/a.csv ", "incoming/1001/a.csv")],
)
def test_timer(message: object, only: str | None) -> None:
    """A timer asks for a sweep: of everything, or of what its message names."""
    timer = {"Type": "Timer", "TriggerName": "sweep", "Time": "2026-11-23T00:00:00Z", "Message": message}
    assert read_event(timer, PREFIXES) == Sweep(only)


def test_timer_with_a_message_that_is_no_key() -> None:
    """No key holds half a character."""
    with pytest.raises(OperatorProblem, match="message is no key"):
        read_event({"Type": "Timer", "Message": "incoming/\ud800"}, PREFIXES)


def test_timer_without_a_message() -> None:
    """A timer with nothing but its type is a sweep of everything."""
    assert read_event({"Type": "Timer"}, PREFIXES) == Sweep(None)


@pytest.mark.parametrize(
    "event",
    [None, [], "Records", {}, {"Records": "x"}, {"Records": {}}, {"Type": "CKafka"}, {"key1": "someone@example.com"}],
)
def test_other_events(event: object) -> None:
    """An event of another kind is the operator's to mend, and nothing of it is repeated."""
    with pytest.raises(OperatorProblem, match="neither from COS nor from a timer") as caught:
        read_event(event, PREFIXES)
    assert "@" not in str(caught.value)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(["cos", "event", "cosObject", "cosBucket", "key", "name", "eventName"]), inner
        )
    ),
    max_leaves=20,
)


@given(st.lists(_JSON, max_size=4))
def test_any_records(records: list[Any]) -> None:
    """Whatever the records look like, each is a drop or ignored, and nothing else is raised."""
    found = read(*records)
    assert len(found.drops) + len(found.ignored) == len(records)
    json.dumps([each.why for each in found.ignored])


@pytest.mark.parametrize(
    ("key", "metadata", "default", "receiver_id", "folder"),
    [
        ("incoming/1001/spring.csv", {}, None, 1001, "reports/1001/spring.csv/"),
        ("incoming/1001/a/b/spring.csv", {}, 7, 1001, "reports/1001/a/b/spring.csv/"),
        ("incoming/spring.csv", {}, 7, 7, "reports/7/spring.csv/"),
        ("incoming/list/spring.csv", {}, 7, 7, "reports/7/list/spring.csv/"),
        ("incoming/1001", {}, 7, 7, "reports/7/1001/"),
        ("incoming/1001/spring.csv", {"x-cos-meta-receiver-id": "2"}, 7, 2, "reports/2/spring.csv/"),
        ("incoming/spring.csv", {"X-Cos-Meta-Receiver-Id": " 2 "}, None, 2, "reports/2/spring.csv/"),
        ("incoming/spring.csv", {"x-cos-meta-other": "2"}, 7, 7, "reports/7/spring.csv/"),
        ("incoming/9223372036854775807/a", {}, None, 2**63 - 1, "reports/9223372036854775807/a/"),
        ("incoming/9223372036854775808/a", {}, 7, 7, "reports/7/9223372036854775808/a/"),
        ("incoming/0/a", {}, 7, 7, "reports/7/0/a/"),
        ("incoming/-5/a", {}, 7, 7, "reports/7/-5/a/"),
        ("incoming/１００/a", {}, 7, 7, "reports/7/１００/a/"),
        ("incoming/1001/1001/a", {}, None, 1001, "reports/1001/1001/a/"),
        ("incoming/incoming/1001/a", {}, 7, 7, "reports/7/incoming/1001/a/"),
    ],
)
def test_route(key: str, metadata: dict[str, str], default: int | None, receiver_id: int, folder: str) -> None:
    """Metadata wins over the folder, the folder over the setting; the group's folder is not repeated in the report."""
    assert route(key, metadata, Routing(PREFIXES, default)) == Route(receiver_id, None, folder)


def test_no_group() -> None:
    """Without a group there is still a place for the report, and it names the three ways to give one."""
    found = route("incoming/list/spring.csv", {}, Routing(PREFIXES))
    assert (found.receiver_id, found.folder) == (None, "reports/no-group/list/spring.csv/")
    problem = no_group({}, Routing(PREFIXES))
    assert problem.code == "no_group"
    assert all(way in in_english(problem.said) for way in ("incoming/1001/", "x-cos-meta-receiver-id", "RECEIVER_ID"))


@pytest.mark.parametrize("value", ["", "0", "-1", "1.5", "spring", "１", "1 2", "9223372036854775808", "9" * 5000])
def test_metadata_that_names_no_group(value: str) -> None:
    """Metadata that is no group's number is said to be wrong; neither folder nor setting is taken in its stead."""
    metadata = {"x-cos-meta-receiver-id": value}
    found = route("incoming/1001/spring.csv", metadata, Routing(PREFIXES, 7))
    assert (found.receiver_id, found.folder) == (None, "reports/no-group/spring.csv/")
    problem = no_group(metadata, Routing(PREFIXES))
    assert problem.code == "no_group"
    assert "x-cos-meta-receiver-id" in in_english(problem.said)


def test_import_folder() -> None:
    """Every import has a folder of its own below the file's."""
    found = route("incoming/1001/a/spring.csv", {}, Routing(PREFIXES))
    assert found.import_folder("3f9c0d1e2b4a5968") == "reports/1001/a/spring.csv/3f9c0d1e2b4a5968/"


@given(st.text(alphabet="a春/é", max_size=KEY_BYTES))
def test_report_keys_fit(path: str) -> None:
    """A file with a name as long as COS allows still gets its report, in the longest folder there is."""
    found = route(f"incoming/{path}{'春' * 250}", {"x-cos-meta-receiver-id": str(2**63 - 1)}, Routing(PREFIXES))
    assert len((found.import_folder("0" * 16) + "remaining.csv").encode()) <= KEY_BYTES


def test_report_key_is_cut_only_where_it_must_be() -> None:
    """The longest report key that fits is left whole; one byte more is cut."""
    room = KEY_BYTES - len("reports/1//0123456789abcdef/remaining.csv")
    fits, long = "a" * room, "a" * (room + 1)
    assert route(f"incoming/1/{fits}", {}, Routing(PREFIXES)).folder == f"reports/1/{fits}/"
    assert route(f"incoming/1/{long}", {}, Routing(PREFIXES)).folder == f"reports/1/{fits}/"
