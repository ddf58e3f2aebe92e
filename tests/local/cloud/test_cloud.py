"""The emulator as a whole: its journals, many callers at once, its own defects."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import requests
from qcloud_cos import CosS3Client, CosServiceError
from tencentcloud.common.exception import TencentCloudSDKException

from handler.timing import SystemClock
from local.cloud import Cloud
from tests.local.cloud.conftest import BUCKET, Ses, SteppedClock, cos_client


def test_every_call_is_in_the_journal(cloud: Cloud, cos: CosS3Client, ses: Ses, clock: SteppedClock) -> None:
    """In the order of the answers, with the place, the size, the time and what came of it."""
    cos.put_object(Bucket=BUCKET, Key="a", Body=b"xyz")
    clock.sleep(2)
    with pytest.raises(CosServiceError):
        cos.get_object(Bucket=BUCKET, Key="b")
    with pytest.raises(TencentCloudSDKException):
        ses("DeleteReceiver", ReceiverId=5)
    put, get, delete = cloud.calls
    assert (put.service, put.action, put.bucket, put.key, put.size) == ("cos", "PutObject", BUCKET, "a", 3)
    assert (put.status, put.code) == (200, "")
    assert (get.action, get.key, get.status, get.code) == ("GetObject", "b", 404, "NoSuchKey")
    assert (get.at - put.at).total_seconds() == 2
    assert (delete.service, delete.receiver_id, delete.status) == ("ses", 5, 200)
    assert delete.code == "OperationDenied.ReceiverNotExist"
    cloud.forget()
    assert cloud.calls == []


def test_one_of_many_gets_the_lock(cloud: Cloud, endpoint: str) -> None:
    """Creating the same key from many threads at once succeeds exactly once."""

    def create(number: int) -> bool:
        with requests.Session() as session:
            cos = cos_client(endpoint, session)
            try:
                body = f"owner {number}".encode()
                cos.put_object(Bucket=BUCKET, Key="lock", Body=body, Metadata={"x-cos-forbid-overwrite": "true"})
            except CosServiceError:
                return False
            return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(create, range(16)))
    assert won.count(True) == 1
    assert cloud.objects.read(BUCKET, "lock") == f"owner {won.index(True)}".encode()
    assert len(cloud.calls) == 16


def test_a_defect_of_the_emulator_is_a_problem(cloud: Cloud, ses: Ses) -> None:
    """It is answered 500 and noted, with its place; the server goes on."""

    def broken(address: str) -> bool:
        raise LookupError(address)

    cloud.groups.create("spring", 1)
    cloud.groups.refuses = broken
    with pytest.raises(TencentCloudSDKException):
        ses("CreateReceiverDetail", ReceiverId=1, Emails=["a@example.com"])
    assert [problem.kind for problem in cloud.problems] == ["crash"]
    assert "LookupError" in cloud.problems[0].message
    assert "example.com" not in repr(cloud.problems)
    assert cloud.calls[-1].status == 500
    assert ses("ListReceivers", Offset=0, Limit=1).TotalCount == 1


def test_the_real_clock_is_the_default(session: requests.Session) -> None:
    """Without arguments it runs on the system's time and its own keys."""
    cloud = Cloud()
    cloud.objects.create_bucket(BUCKET)
    before = replace(cloud.objects.put(BUCKET, "a", b"")).last_modified
    with cloud.serve() as endpoint:
        cos_client(endpoint, session, cloud.credentials).head_object(Bucket=BUCKET, Key="a")
    assert before <= cloud.calls[0].at <= SystemClock().now()
