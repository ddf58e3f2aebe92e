"""Objects through the COS SDK, over the wire: what the SDK leaves to its user, and what its errors become."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from fastcrc.crc64 import xz

from handler.clouds import cos
from handler.clouds.cos import CosBucket
from handler.errors import ImportProblem, OperatorProblem, TryLater
from handler.intake.source import stream
from handler.settings import Settings
from handler.state.store import BrokenOff, Replaced, StoredObject
from handler.timing import Deadline
from local.cloud.faults import Fault
from local.cloud.journal import Call
from tests.stage import BUCKET, Stage

KEY = "incoming/1001/bob@example.com 名单+1.csv"
BODY = b"email\n" + b"".join(b"user%d@example.com\n" % number for number in range(120_000))
FIRST = cos.FIRST_CHUNKS * cos.CHUNK_BYTES
"""What comes with the look at a file; the body is larger."""


@pytest.fixture
def bucket(stage: Stage) -> CosBucket:
    return bucket_of(stage)


def bucket_of(stage: Stage, name: str = BUCKET, seconds: float = 900, **settings: str) -> CosBucket:
    client = cos.connect(Settings.read(stage.environment(**settings)), "ap-singapore")
    return CosBucket(client, name, Deadline.after(seconds, stage.clock))


def put(stage: Stage, bucket: CosBucket, body: bytes = BODY) -> StoredObject:
    stage.cloud.objects.put(BUCKET, KEY, body)
    source = bucket.head(KEY)
    assert source
    stage.cloud.forget()
    return replace(source, first=b"")  # so that all of it is still to be read


def texts_of(problem: BaseException | None) -> Iterator[str]:
    """All that anybody could print of an exception and of what lies behind it."""
    while problem is not None:
        yield f"{problem} {problem!r}"
        yield from texts_of(problem.__context__) if problem.__context__ is not problem.__cause__ else ()
        problem = problem.__cause__


# Reading


def test_head_tells_all_that_an_import_wants_to_know(stage: Stage, bucket: CosBucket) -> None:
    """Size, checksum, time and the owner's metadata, their names in lower case, their values as they were meant: in
    UTF-8, where somebody did not percent-encode them."""
    said = {"x-cos-meta-receiver-id": "7", "x-cos-meta-template-data": "name=姓名", "x-cos-meta-only": "S=%41|é"}
    stage.cloud.objects.put(BUCKET, KEY, b"abc", said)
    source = bucket.head(KEY)
    assert source
    assert (source.key, source.version_id, source.size, source.crc64) == (KEY, None, 3, xz(b"abc"))
    assert source.etag == "900150983cd24fb0d6963f7d28e17f72"
    assert source.metadata == said
    assert abs(source.last_modified - datetime.now(timezone.utc)) < timedelta(minutes=2)


@pytest.mark.parametrize("size", [0, 1, cos.CHUNK_BYTES, FIRST - 1, FIRST, FIRST + 1, len(BODY)])
def test_a_file_is_read_from_where_the_look_at_it_ended(stage: Stage, bucket: CosBucket, size: int) -> None:
    """Its first bytes come with what is told of the file: most need no second request, an empty one neither."""
    stage.cloud.objects.put(BUCKET, KEY, BODY[:size])
    source = bucket.head(KEY)
    assert source
    assert b"".join(stream(bucket, source, bucket.deadline)) == BODY[:size]
    assert stage.calls("GetObject") == (1 if size <= FIRST else 2)


def test_what_is_not_there_is_none(bucket: CosBucket) -> None:
    """For an object that may be missing that is no error."""
    assert bucket.head("incoming/none.csv") is None
    assert bucket.read("state/none") is None
    bucket.delete("state/none")


def test_a_version_is_read_by_its_id(stage: Stage, bucket: CosBucket) -> None:
    """Also when there is a newer one."""
    stage.cloud.objects.set_versioning(BUCKET, "enabled")
    first = put(stage, bucket, b"first")
    put(stage, bucket, b"second")
    found = bucket.head(KEY, first.version_id)
    assert found == first
    assert b"".join(bucket.open(found, 0)) == b"first"


def test_a_body_comes_as_it_is_stored(stage: Stage, bucket: CosBucket) -> None:
    """The SDK would unzip what carries `Content-Encoding: gzip`; its length and checksum are those of the gzip."""
    body = gzip.compress(BODY)
    stage.cloud.objects.put(BUCKET, KEY, body, system={"content-encoding": "gzip"})
    source = bucket.head(KEY)
    assert source
    assert b"".join(stream(bucket, source, bucket.deadline)) == body
    assert bucket.read(KEY) == body


@pytest.mark.parametrize("start", [0, 1, len(BODY) - 1])
def test_a_body_is_opened_anywhere(stage: Stage, bucket: CosBucket, start: int) -> None:
    """With a Range, from the second byte on."""
    source = put(stage, bucket)
    assert b"".join(bucket.open(source, start)) == BODY[start:]


@pytest.mark.parametrize("cut", [0, 1, 262_143, 262_144, 262_145, len(BODY) - 1])
def test_a_cut_body_is_resumed(stage: Stage, bucket: CosBucket, cut: int) -> None:
    """The SDK raises urllib3's errors and tries nothing again; here each byte comes once, by Range and If-Match."""
    source = put(stage, bucket)
    stage.cloud.faults.script("GetObject", Fault.cut(cut))
    stage.cloud.faults.script("GetObject", Fault.cut(cut // 3), 2)
    assert b"".join(stream(bucket, source, bucket.deadline)) == BODY
    assert stage.calls("GetObject") == (2 if cut == len(BODY) - 1 else 3)


@pytest.mark.parametrize("nth", [1, 2])
def test_a_file_replaced_while_it_is_read_is_noticed(stage: Stage, bucket: CosBucket, nth: int) -> None:
    """Before the first byte, and where a body that broke off is to go on: never bytes of two versions."""
    source = put(stage, bucket)

    def replace_it(call: Call) -> Fault | None:
        if call.action == "GetObject" and stage.calls("GetObject") == nth - 1:
            stage.cloud.objects.put(BUCKET, KEY, BODY.replace(b"user", b"USER"))
        return Fault.cut(300_000) if call.action == "GetObject" else None

    stage.cloud.faults.hook = replace_it
    with pytest.raises(Replaced, match=r"^the file was replaced while it was read$"):
        b"".join(stream(bucket, source, bucket.deadline))


def test_a_file_removed_while_it_is_read_is_noticed(stage: Stage, bucket: CosBucket) -> None:
    """As if it had been replaced."""
    source = put(stage, bucket)
    stage.cloud.objects.delete(BUCKET, KEY)
    with pytest.raises(Replaced):
        b"".join(bucket.open(source, 0))


def test_a_shorter_file_in_its_place_is_noticed(stage: Stage, bucket: CosBucket) -> None:
    """Where the range that is asked for lies behind its end."""
    source = put(stage, bucket)
    stage.cloud.faults.script("GetObject", Fault.refuse("InvalidRange", http_status=416))
    with pytest.raises(Replaced):
        b"".join(bucket.open(source, 100))


@pytest.mark.parametrize(("start", "end"), [(0, len(BODY)), (3, 300_000), (5, 5)])
def test_a_part_of_an_object_is_read_again_where_it_breaks_off(
    stage: Stage, bucket: CosBucket, start: int, end: int
) -> None:
    """And the part ends where it is to end."""
    put(stage, bucket)
    stage.cloud.faults.script("GetObject", Fault.cut(1_000))
    stage.cloud.faults.script("GetObject", Fault.cut(0), 2)
    assert b"".join(bucket.read_range(KEY, start, end)) == BODY[start:end]


def test_a_part_that_never_comes_is_given_up(stage: Stage, bucket: CosBucket) -> None:
    """After so many tries without a byte."""
    put(stage, bucket)
    stage.cloud.faults.script("GetObject", Fault.cut(0), times=1_000)
    with pytest.raises(BrokenOff):
        b"".join(bucket.read_range(KEY, 0, 1_000))
    assert stage.calls("GetObject") == 6


def test_a_part_of_an_object_that_is_gone_is_the_operators(bucket: CosBucket) -> None:
    """Nothing but the function itself may change what it has written."""
    with pytest.raises(OperatorProblem, match="an object of this function is gone"):
        b"".join(bucket.read_range("reports/none.csv", 0, 10))


# Writing


def test_what_is_written_is_there(stage: Stage, bucket: CosBucket) -> None:
    """In place of what was there, and with its type."""
    bucket.write("reports/a b+c.json", b"one", "application/json")
    bucket.write("reports/a b+c.json", b"two", "application/json")
    assert bucket.read("reports/a b+c.json") == b"two"
    found = stage.cloud.objects.head(BUCKET, "reports/a b+c.json")
    assert found.headers.system["content-type"] == "application/json"


def test_a_large_object_is_written_in_parts(stage: Stage, bucket: CosBucket, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of which may be tried again; the object appears as a whole, and no part stays behind."""
    monkeypatch.setattr(cos, "PART_BYTES", 1 << 20)
    for nth in (1, 2, 3):
        stage.cloud.faults.script("UploadPart", Fault.drop_after() if nth == 2 else Fault.status(503), nth)
    stage.cloud.faults.script("CompleteMultipartUpload", Fault.drop_after())
    chunks = [BODY[:1_000_000], b"", BODY[1_000_000:], BODY, BODY]
    bucket.upload("reports/large.csv", iter(chunks), "text/csv")
    assert bucket.read("reports/large.csv") == BODY * 3
    assert stage.cloud.objects.uploads(BUCKET) == []


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 2 << 20])
def test_an_object_of_any_size_is_written(bucket: CosBucket, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """One that fits into a part is one request."""
    monkeypatch.setattr(cos, "PART_BYTES", 1 << 20)
    body = (BODY * 2)[:size]
    bucket.upload("reports/some.csv", iter([body]), "text/csv")
    assert bucket.read("reports/some.csv") == body


def test_an_upload_that_fails_leaves_nothing_behind(
    stage: Stage, bucket: CosBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither an object nor parts that nobody sees and somebody pays for."""
    monkeypatch.setattr(cos, "PART_BYTES", 1 << 20)
    stage.cloud.faults.script("UploadPart", Fault.status(503), 2, times=100)
    with pytest.raises(BrokenOff):
        bucket.upload("reports/large.csv", iter([BODY, BODY]), "text/csv")
    assert bucket.head("reports/large.csv") is None
    assert stage.cloud.objects.uploads(BUCKET) == []


def test_a_completion_that_says_200_and_means_500_is_tried_again(
    stage: Stage, bucket: CosBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """COS begins its answer before it knows."""
    monkeypatch.setattr(cos, "PART_BYTES", 1 << 20)
    stage.cloud.faults.script("CompleteMultipartUpload", Fault.refuse("InternalError", http_status=200))
    bucket.upload("reports/large.csv", iter([BODY, BODY]), "text/csv")
    assert bucket.read("reports/large.csv") == BODY * 2


def test_creating_never_overwrites(bucket: CosBucket) -> None:
    """The second one is told that there is one."""
    assert bucket.create("state/locks/1", b"mine")
    assert not bucket.create("state/locks/1", b"yours")
    assert bucket.read("state/locks/1") == b"mine"


def test_a_creation_whose_answer_is_lost_meets_itself(stage: Stage, bucket: CosBucket) -> None:
    """Which is why whoever creates reads back what is there."""
    stage.cloud.faults.script("PutObject", Fault.drop_after())
    assert not bucket.create("state/locks/1", b"mine")
    assert bucket.read("state/locks/1") == b"mine"


# Listing


def test_a_listing_has_all_pages(stage: Stage, bucket: CosBucket) -> None:
    """In the order of the keys, whatever characters they have, and nothing outside the prefix."""
    keys = [f"state/done/{number:04}" for number in range(1_003)]
    odd = ["state/done/a+b c%20d&e.json", "state/done/春 @.json"]
    for key in [*keys, *odd, "state/other"]:
        stage.cloud.objects.put(BUCKET, key, b"12345")
    found = list(bucket.list("state/done/"))
    assert [entry.key for entry in found] == sorted([*keys, *odd], key=str.encode)
    assert {(entry.size, entry.etag) for entry in found} == {(5, "827ccb0eea8a706c4c34a16891f84e7b")}
    assert found[0].last_modified.tzinfo is not None
    assert stage.calls("ListObjects") == 2


def test_a_listing_may_be_empty_or_have_one(stage: Stage, bucket: CosBucket) -> None:
    """The SDK's XML reader makes no list of one by itself."""
    assert list(bucket.list("state/")) == []
    stage.cloud.objects.put(BUCKET, "state/one", b"")
    assert [entry.key for entry in bucket.list("state/")] == ["state/one"]


def test_a_creation_that_makes_a_version_is_none(stage: Stage, bucket: CosBucket) -> None:
    """Where versioning was enabled a moment ago, another one may have been overwritten."""
    stage.cloud.objects.set_versioning(BUCKET, "enabled")
    with pytest.raises(OperatorProblem, match="STATE_BUCKET"):
        bucket.create("state/lock", b"ours")


@pytest.mark.parametrize(("versioning", "expected"), [(None, False), ("enabled", True), ("suspended", True)])
def test_versioning_is_seen(stage: Stage, bucket: CosBucket, versioning: str | None, expected: bool) -> None:
    """Suspended counts: creating would overwrite there, too."""
    if versioning:
        stage.cloud.objects.set_versioning(BUCKET, versioning)  # type: ignore[arg-type]
    assert bucket.is_versioned() is expected


# What goes wrong

CALLS: dict[str, Callable[[CosBucket], object]] = {
    "GetObject": lambda bucket: bucket.read("reports/a"),
    "PutObject": lambda bucket: bucket.write("reports/a", b"x"),
    "DeleteObject": lambda bucket: bucket.delete("reports/a"),
    "ListObjects": lambda bucket: list(bucket.list("reports/")),
    "GetBucketVersioning": lambda bucket: bucket.is_versioned(),
}
PASSING = {
    "no answer": Fault.drop_before(),
    "an answer that is lost": Fault.drop_after(),
    "500": Fault.status(500),
    "502": Fault.status(502),
    "503 SlowDown": Fault.refuse("SlowDown", http_status=503),
    "a status nobody knows": Fault.status(599),
    "429": Fault.status(429),
}


@pytest.mark.parametrize("action", CALLS)
@pytest.mark.parametrize("name", PASSING)
def test_what_passes_is_tried_again_in_one_layer(stage: Stage, bucket: CosBucket, name: str, action: str) -> None:
    """Not by the SDK, which would sleep for seconds and mark its own retries."""
    bucket.write("reports/a", b"before")
    stage.cloud.forget()
    stage.cloud.faults.script(action, PASSING[name], times=2)
    CALLS[action](bucket)
    assert stage.calls(action) == 3
    assert 0.3 <= stage.clock.monotonic() <= 0.6 + 0.2


@pytest.mark.parametrize("action", CALLS)
def test_what_does_not_pass_is_left_for_later(stage: Stage, bucket: CosBucket, action: str) -> None:
    """After six tries."""
    stage.cloud.faults.script(action, Fault.status(503), times=100)
    with pytest.raises(TryLater, match=r"^COS: \w+ on bucket drops-1250000000: HTTP 503"):
        CALLS[action](bucket)
    assert stage.calls(action) == 6


@pytest.mark.parametrize("action", ["GetObject", "PutObject", "ListObjects"])
def test_a_page_of_some_proxy_is_no_answer(stage: Stage, bucket: CosBucket, action: str) -> None:
    """HTML with status 200: neither an empty listing nor an object."""
    bucket.write("reports/a", b"before")
    stage.cloud.faults.script(action, Fault.not_json())
    result = CALLS[action](bucket)
    assert result == b"before" if action == "GetObject" else not isinstance(result, bytes)
    assert stage.calls(action) == 2 + (action == "PutObject")


@pytest.mark.parametrize("action", CALLS)
def test_missing_rights_are_the_operators_and_no_key_is_quoted(stage: Stage, bucket: CosBucket, action: str) -> None:
    """Keys are chosen by people and may hold an address; nobody tries again."""
    stage.cloud.objects.put(BUCKET, KEY, b"x")
    stage.cloud.faults.script(action, Fault.refuse("AccessDenied", http_status=403))
    with pytest.raises(OperatorProblem, match=r"HTTP 403.*check that the bucket is there") as raised:
        CALLS[action](bucket)
    assert stage.calls(action) == 1
    for text in texts_of(raised.value):
        assert "reports/a" not in text
        assert stage.cloud.credentials.secret_id not in text


def test_a_bucket_that_is_not_there_is_the_operators(stage: Stage) -> None:
    """Where the answer tells it from an object that is not there."""
    elsewhere = bucket_of(stage, "elsewhere-1250000000")
    for call in (elsewhere.is_versioned, lambda: elsewhere.read("a"), lambda: elsewhere.write("a", b"")):
        with pytest.raises(OperatorProblem, match="elsewhere-1250000000: HTTP 404 NoSuchBucket"):
            call()


def test_no_connection_is_tried_again_and_left_for_later(stage: Stage) -> None:
    """Nothing listens there: the message names the bucket, and not the key or the host."""
    bucket = bucket_of(stage, COS_ENDPOINT="http://127.0.0.1:9")
    with pytest.raises(BrokenOff, match=r"^COS: no answer from bucket drops-1250000000 to put_object$") as raised:
        bucket.write("reports/a", b"x")
    assert not any("127.0.0.1" in text for text in texts_of(raised.value))


def test_tries_end_with_the_time(stage: Stage) -> None:
    """The deadline is the invocation's."""
    bucket = bucket_of(stage, seconds=0.5)
    stage.cloud.faults.script("PutObject", Fault.status(503), times=100)
    with pytest.raises(ImportProblem, match="not enough time left to reach the bucket again"):
        bucket.write("reports/a", b"x")
    assert stage.calls("PutObject") < 6


def test_the_token_is_no_part_of_a_representation(stage: Stage, bucket: CosBucket) -> None:
    """A bucket may end up in somebody's log."""
    assert not re.search("AKID|secret|token", repr(bucket))


def test_a_body_that_drips_ends_before_the_time_is_up(stage: Stage) -> None:
    """A time-out begins anew with every byte: what never ends is ended by the deadline, and is to be tried again."""
    stage.cloud.objects.put(BUCKET, "state/x", b"drop by drop")
    stage.cloud.faults.script("GetObject", Fault.drip(100), times=20)
    bucket = CosBucket(
        cos.connect(Settings.read(stage.environment()), "ap-singapore"), BUCKET, Deadline.after(600, stage.clock)
    )
    with pytest.raises(TryLater):
        bucket.fetch("state/x")
    assert stage.clock.monotonic() >= 600
