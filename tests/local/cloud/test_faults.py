"""Each fault as the SDKs see it, and which call it strikes."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from typing import Any

import pytest
import requests
from qcloud_cos import CosClientError, CosS3Client, CosServiceError
from tencentcloud.common.exception import TencentCloudSDKException
from urllib3.exceptions import ProtocolError

from local.cloud import Behaviour, Cloud, Fault, server
from local.cloud.faults import Faults
from local.cloud.journal import Call
from tests.local.cloud.conftest import BUCKET, Ses, SteppedClock, cos_client


@pytest.fixture
def group(cloud: Cloud) -> int:
    return cloud.groups.create("spring", 1)


@pytest.fixture
def send(ses: Ses, group: int) -> Callable[[], Any]:
    return lambda: ses("CreateReceiverDetail", ReceiverId=group, Emails=["a@example.com"])


def call(action: str, clock: SteppedClock, key: str | None = None) -> Call:
    return Call("cos", action, clock.now(), key=key)


def outcome(send: Callable[[], Any]) -> str:
    """The SDK's code of a call that fails."""
    with pytest.raises(TencentCloudSDKException) as problem:
        send()
    code: str = problem.value.get_code()
    return code


@pytest.mark.parametrize(
    ("fault", "code", "count", "status"),
    [
        (Fault.refuse("FailedOperation.ServiceNotAvailable"), "FailedOperation.ServiceNotAvailable", 0, 200),
        (Fault.refuse("InternalError"), "InternalError", 0, 200),
        (Fault.refuse("FailedOperation"), "FailedOperation", 0, 200),
        (Fault.drop_before(), "ClientNetworkError", 0, 0),
        (Fault.drop_after(), "ClientNetworkError", 1, 0),
        (Fault.status(503), "ServerNetworkError", 0, 503),
        (Fault.status_after(502), "ServerNetworkError", 1, 502),
        (Fault.cut(10), "ChunkedEncodingError", 1, 200),
    ],
)
def test_what_ses_may_come_to(
    cloud: Cloud, group: int, send: Callable[[], Any], fault: Fault, code: str, count: int, status: int
) -> None:
    """The SDK reports it, the group shows whether it was applied, the journal names it; the next call is unharmed."""
    cloud.faults.script("CreateReceiverDetail", fault)
    assert outcome(send) == code
    assert cloud.groups.count(group) == count
    assert (cloud.calls[-1].status, cloud.calls[-1].fault) == (status, fault.name)
    assert send().ValidCount == 1
    assert (cloud.calls[-1].fault, cloud.faults.pending) == ("", 0)
    assert cloud.problems == []


@pytest.mark.parametrize(("applied", "count"), [(False, 0), (True, 1)])
def test_a_page_of_html_is_no_json(
    cloud: Cloud, group: int, send: Callable[[], Any], applied: bool, count: int
) -> None:
    """The SDK falls over it, whether or not the call was applied."""
    cloud.faults.script("CreateReceiverDetail", Fault.not_json(applied=applied))
    with pytest.raises((TencentCloudSDKException, json.JSONDecodeError)):
        send()
    assert cloud.groups.count(group) == count


@pytest.mark.parametrize(
    ("fault", "count"),
    [
        (Fault.charset_header("FailedOperation.ServiceNotAvailable"), 0),
        (Fault.no_counts(), 1),
        (Fault.no_counts(applied=False), 0),
    ],
)
def test_a_success_may_be_none(cloud: Cloud, group: int, send: Callable[[], Any], fault: Fault, count: int) -> None:
    """An error whose Content-Type names a charset, and an answer without counts, look alike to the SDK: all None."""
    cloud.faults.script("CreateReceiverDetail", fault)
    answer = send()
    assert (answer.TotalCount, answer.ValidCount, answer.RepeatCount) == (None, None, None)
    assert cloud.groups.count(group) == count


def test_slow_is_slow_on_the_clock_given(cloud: Cloud, send: Callable[[], Any], clock: SteppedClock) -> None:
    """The time passes, then the call goes its way; together with another fault, that one follows."""
    cloud.faults.script("CreateReceiverDetail", Fault.slow(30), times=2)
    cloud.faults.script("CreateReceiverDetail", Fault.drop_after(), nth=2)
    assert send().ValidCount == 1
    assert clock.monotonic() == 30
    assert outcome(send) == "ClientNetworkError"
    assert clock.monotonic() == 60
    assert cloud.calls[-1].fault == "slow_after+drop_after"


def test_a_request_may_arrive_late(
    cloud: Cloud, group: int, send: Callable[[], Any], ses: Ses, clock: SteppedClock
) -> None:
    """After its connection was dropped, at its own second, and with the delays and times of that."""
    cloud.behaviour = Behaviour(upload_seconds=5)
    cloud.faults.script("CreateReceiverDetail", Fault.late(10))
    assert outcome(send) == "ClientNetworkError"
    assert (cloud.calls[-1].fault, cloud.calls[-1].status) == ("late_before", 0)
    clock.sleep(9)
    assert cloud.groups.contents(group) == []
    clock.sleep(3)
    assert (cloud.groups.contents(group), cloud.groups.status(group)) == (["a@example.com"], 2)
    clock.sleep(3)
    page = ses("ListReceiverDetails", ReceiverId=group, Offset=0, Limit=1)
    assert page.Data[0].CreateTime == "2026-11-23 08:00:10"
    assert cloud.groups.status(group) == 3


def test_a_late_request_may_come_in_vain(
    cloud: Cloud, group: int, send: Callable[[], Any], clock: SteppedClock
) -> None:
    """Refused when it arrives, without anybody to hear it."""
    cloud.faults.script("CreateReceiverDetail", Fault.late(10))
    outcome(send)
    cloud.after(9, lambda: cloud.groups.upload(group, ["theirs@example.com"], seconds=5))
    clock.sleep(20)
    assert cloud.groups.contents(group) == ["theirs@example.com"]
    assert cloud.problems == []


def test_an_object_may_be_written_late(cloud: Cloud, cos: CosS3Client, clock: SteppedClock) -> None:
    """It is there with the first request after its time, and bears that time."""
    cloud.faults.script("PutObject", Fault.late(10))
    with pytest.raises(CosClientError):
        cos.put_object(Bucket=BUCKET, Key="a", Body=b"x")
    clock.sleep(9)
    with pytest.raises(CosServiceError):
        cos.head_object(Bucket=BUCKET, Key="a")
    clock.sleep(9)
    assert cos.head_object(Bucket=BUCKET, Key="a")["Last-Modified"] == "Mon, 23 Nov 2026 08:00:10 GMT"
    assert cloud.objects.read(BUCKET, "a") == b"x"


def test_a_body_drips(cloud: Cloud, cos: CosS3Client, send: Callable[[], Any], clock: SteppedClock) -> None:
    """It comes whole, a few bytes at a time, and each of them takes its seconds."""
    cloud.objects.put(BUCKET, "a", b"0123456789")
    cloud.faults.script("GetObject", Fault.drip(20, bytes_sent=4))
    got = cos.get_object(Bucket=BUCKET, Key="a")
    assert got["Body"].get_raw_stream().read() == b"0123456789"
    assert clock.monotonic() == 60
    cloud.faults.script("CreateReceiverDetail", Fault.drip(1))
    assert send().ValidCount == 1
    assert clock.monotonic() > 100


def test_a_throttled_call_does_not_use_up_a_fault(
    cloud: Cloud, send: Callable[[], Any], group: int, clock: SteppedClock
) -> None:
    """What the limit keeps out never gets as far as the fault."""
    cloud.groups.requests_per_second = 1
    send()
    cloud.faults.script("CreateReceiverDetail", Fault.drop_before())
    assert outcome(send) == "RequestLimitExceeded"
    clock.sleep(1)
    assert outcome(send) == "ClientNetworkError"
    assert cloud.groups.count(group) == 1


@pytest.mark.parametrize(
    ("fault", "error", "written"),
    [
        (Fault.drop_before(), CosClientError, False),
        (Fault.drop_after(), CosClientError, True),
        (Fault.status(503), CosServiceError, False),
        (Fault.status_after(500), CosServiceError, True),
        (Fault.refuse("AccessDenied"), CosServiceError, False),
    ],
)
def test_what_a_put_may_come_to(
    cloud: Cloud, cos: CosS3Client, fault: Fault, error: type[Exception], written: bool
) -> None:
    """The SDK's own error, and the bucket shows whether it was applied."""
    cloud.faults.script("PutObject", fault)
    with pytest.raises(error):
        cos.put_object(Bucket=BUCKET, Key="a", Body=b"x")
    assert cloud.objects.keys(BUCKET) == (["a"] if written else [])


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (Fault.refuse("AccessDenied"), 403, "AccessDenied"),
        (Fault.refuse("SlowDown"), 503, "SlowDown"),
        (Fault.refuse("Whatever", http_status=418), 418, "Whatever"),
        (Fault.status(500), 500, "ServiceUnavailable"),
    ],
)
def test_cos_refuses_with_the_status_of_the_code(
    cloud: Cloud, cos: CosS3Client, fault: Fault, status: int, code: str
) -> None:
    """The error is COS's XML."""
    cloud.faults.script("GetObject", fault)
    with pytest.raises(CosServiceError) as problem:
        cos.get_object(Bucket=BUCKET, Key="a")
    assert (problem.value.get_status_code(), problem.value.get_error_code()) == (status, code)


def test_a_body_breaks_off(cloud: Cloud, cos: CosS3Client) -> None:
    """The whole length is announced, so many bytes come, and the error is not one of the SDK's."""
    cloud.objects.put(BUCKET, "a", b"x" * 1_000_000)
    cloud.faults.script("GetObject", Fault.cut(300_000))
    got = cos.get_object(Bucket=BUCKET, Key="a")
    assert got["Content-Length"] == "1000000"
    raw = got["Body"].get_raw_stream()
    assert raw.read(300_000) == b"x" * 300_000
    with pytest.raises(ProtocolError):
        raw.read(1)


def test_the_nth_call_is_struck_and_so_many_after_it(clock: SteppedClock) -> None:
    """Counted from the scripting on, for that action alone."""
    faults = Faults()
    faults.script("PutObject", Fault.drop_before(), nth=2, times=2)
    struck = [bool(faults.strike(call("PutObject", clock))) for _ in range(5)]
    assert struck == [False, True, True, False, False]
    assert faults.strike(call("GetObject", clock)) == []


def test_a_key_narrows_it(clock: SteppedClock) -> None:
    """Only calls for that key count, and the key may have wildcards."""
    faults = Faults()
    faults.script("PutObject", Fault.drop_before(), nth=2, key="reports/*/report.json")
    keys = ["state/1", "reports/1/2/report.json", "reports/1/2/rejected.csv", "reports/1/3/report.json"]
    assert [bool(faults.strike(call("PutObject", clock, key))) for key in keys] == [False, False, False, True]


def test_two_equal_scripts_strike_twice(clock: SteppedClock) -> None:
    """Each script is one of its own."""
    faults = Faults()
    faults.script("PutObject", Fault.slow(1))
    faults.script("PutObject", Fault.slow(1))
    assert len(faults.strike(call("PutObject", clock))) == 2
    assert faults.pending == 0


def test_a_hook_is_asked_for_every_call(cloud: Cloud, send: Callable[[], Any], group: int) -> None:
    """It sees the call and may strike it."""
    seen = []
    cloud.faults.hook = lambda call: seen.append(call.size) or Fault.drop_after()  # type: ignore[func-returns-value]
    assert outcome(send) == "ClientNetworkError"
    cloud.faults.clear()
    send()
    assert (seen, cloud.groups.count(group)) == ([1], 2)


def test_chance_is_repeatable(clock: SteppedClock) -> None:
    """The same seed strikes the same calls, about as often as asked, and leaves other actions alone."""

    def run(seed: int) -> list[list[Fault]]:
        faults = Faults()
        faults.randomly(seed, 0.2, [Fault.drop_before(), Fault.drop_after()], {"PutObject"})
        assert faults.strike(call("GetObject", clock)) == []
        return [faults.strike(call("PutObject", clock)) for _ in range(500)]

    assert run(1) == run(1) != run(2)
    assert 60 <= sum(map(bool, run(1))) <= 140


@pytest.mark.parametrize(
    "fault", [Fault.not_json(), Fault.status(503), Fault.cut(10), Fault.refuse("NoSuchKey")], ids=lambda each: each.name
)
def test_head_is_answered_without_a_body_whatever_goes_wrong(
    cloud: Cloud, session: requests.Session, fault: Fault
) -> None:
    """A body would be taken for the beginning of the next answer on the same connection."""
    bodies: list[bytes] = []

    def recording(environ: Any, start_response: Any) -> list[bytes]:
        bodies.append(b"".join(cloud.app(environ, start_response)))
        return bodies[-1:]

    cloud.faults.script("HeadObject", fault)
    with server.serve(recording) as endpoint, contextlib.suppress(CosServiceError, CosClientError):
        cos_client(endpoint, session).head_object(BUCKET, "key")
    assert bodies == [b""]
