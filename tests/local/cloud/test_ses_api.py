"""SES through its own SDK."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from tencentcloud.common.common_client import CommonClient
from tencentcloud.common.credential import Credential
from tencentcloud.common.exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile

from local.cloud import Cloud, Credentials
from tests.local.cloud.conftest import KEYS, Ses, SteppedClock, ses_caller

DAYS = {"StartDate": "2026-11-22", "EndDate": "2026-11-22"}
"""The day before that of the emulator's clock."""


def code_of(call: Callable[..., Any], *arguments: object, **params: object) -> str:
    with pytest.raises(TencentCloudSDKException) as problem:
        call(*arguments, **params)
    assert problem.value.get_request_id()
    code: str = problem.value.get_code()
    return code


@pytest.fixture
def raw(endpoint: str) -> Callable[..., Any]:
    """Calls what the SDK's models would not let through."""

    def call(action: str, version: str = "2020-10-02", **params: object) -> Any:
        http = HttpProfile(protocol="http", endpoint=urlsplit(endpoint).netloc)
        credential = Credential(KEYS.secret_id, KEYS.secret_key, KEYS.token)
        client = CommonClient("ses", version, credential, "ap-singapore", ClientProfile(httpProfile=http))
        return client.call_json(action, params)

    return call


def test_a_group_from_its_creation_to_its_end(cloud: Cloud, ses: Ses) -> None:
    """Created, filled, listed, read back, deleted: every answer has the fields that the SDK knows."""
    number = ses("CreateReceiver", ReceiversName="spring", Desc="春").ReceiverId
    counts = ses("CreateReceiverDetail", ReceiverId=number, Emails=["a@example.com", "b@example.com"])
    assert (counts.TotalCount, counts.ValidCount, counts.RepeatCount) == (2, 2, 0)
    assert (counts.TooLongCount, counts.EmptyEmailCount) == (0, 0)
    group = ses("ListReceivers", Offset=0, Limit=100).Data[0]
    assert (group.ReceiverId, group.ReceiversName, group.Desc) == (number, "spring", "春")
    assert (group.Count, group.InvalidCount, group.ReceiversStatus) == (2, 0, 3)
    assert group.CreateTime == "2026-11-23 08:00:00"
    page = ses("ListReceiverDetails", ReceiverId=number, Offset=1, Limit=100)
    assert (page.TotalCount, page.ValidCount, page.InvalidCount) == (2, 2, 0)
    assert [(member.Email, member.Status, member.Reason) for member in page.Data] == [("b@example.com", 1, "")]
    ses("DeleteReceiver", ReceiverId=number)
    assert ses("ListReceivers", Offset=0, Limit=100).TotalCount == 0
    assert cloud.problems == []


def test_the_counts_are_those_of_the_published_example(cloud: Cloud, ses: Ses) -> None:
    """Two addresses, one of them in the group already: 2 in total, 1 valid, 1 repeat, where repeats are dropped."""
    cloud.groups.create("example", 1, ["example@qq.com"])
    cloud.groups.drops_repeats = "group"
    counts = ses("CreateReceiverDetail", ReceiverId=1, Emails=["example@gmail.com", "example@qq.com"])
    assert (counts.TotalCount, counts.ValidCount, counts.RepeatCount) == (2, 1, 1)


def test_members_with_template_data(cloud: Cloud, ses: Ses) -> None:
    """The data is kept with the address."""
    cloud.groups.create("spring", 1)
    data = [{"Email": "a@example.com", "TemplateData": '{"name": "Ann"}'}]
    assert ses("CreateReceiverDetailWithData", ReceiverId=1, Datas=data).ValidCount == 1
    assert ses("ListReceiverDetails", ReceiverId=1, Offset=0, Limit=1).Data[0].TemplateData == '{"name": "Ann"}'


def test_the_black_list_by_days(cloud: Cloud, ses: Ses) -> None:
    """Both days included, as in the published example; an entry has a time, an address and a reason."""
    for days_ago, name in enumerate(["today", "yesterday", "before"]):
        cloud.groups.black_list.put([f"{name}@example.com"], days_ago)
    answer = ses("ListBlackEmailAddress", **DAYS, Offset=0, Limit=100)
    assert (answer.TotalCount, [entry.EmailAddress for entry in answer.BlackList]) == (1, ["yesterday@example.com"])
    assert answer.BlackList[0].BounceTime == "2026-11-22 08:00:00"
    assert answer.BlackList[0].IspDesc.startswith("550 ")
    days = {"StartDate": "2020-01-01", "EndDate": "2026-11-23"}
    answer = ses("ListBlackEmailAddress", **days, Offset=1, Limit=1)
    assert (answer.TotalCount, [entry.EmailAddress for entry in answer.BlackList]) == (3, ["yesterday@example.com"])
    answer = ses("ListBlackEmailAddress", **days, Offset=0, Limit=10, EmailAddress="before@example.com", TaskID="1")
    assert answer.TotalCount == 1
    cloud.groups.black_list.take_off(["Today@example.com", "before@example.com"])
    assert ses("ListBlackEmailAddress", **days, Offset=0, Limit=1).TotalCount == 1


def test_an_upload_is_seen_in_the_status(cloud: Cloud, ses: Ses, clock: SteppedClock) -> None:
    """Status 2 and the old count until the time is over."""
    cloud.groups.create("spring", 1)
    cloud.groups.upload_seconds = 30
    ses("CreateReceiverDetail", ReceiverId=1, Emails=["a@example.com"])
    assert [(group.ReceiversStatus, group.Count) for group in ses("ListReceivers", Offset=0, Limit=1).Data] == [(2, 0)]
    clock.sleep(30)
    assert [(group.ReceiversStatus, group.Count) for group in ses("ListReceivers", Offset=0, Limit=1).Data] == [(3, 1)]


@pytest.mark.parametrize(
    ("action", "params", "code"),
    [
        ("CreateReceiver", {"Desc": "x"}, "InvalidParameterValue.ReceiverNameIllegal"),
        ("CreateReceiver", {"ReceiversName": "x" * 51, "Desc": "x"}, "InvalidParameterValue.ReceiverNameIllegal"),
        ("CreateReceiver", {"ReceiversName": "new", "Desc": ""}, "InvalidParameterValue.ReceiverDescIllegal"),
        ("CreateReceiver", {"ReceiversName": "new", "Desc": "x" * 301}, "InvalidParameterValue.ReceiverDescIllegal"),
        ("CreateReceiver", {"ReceiversName": "spring", "Desc": "x"}, "InvalidParameterValue.RepeatReceiverName"),
        ("CreateReceiverDetail", {"Emails": ["a@example.com"]}, "MissingParameter.ReceiverIdNecessary"),
        ("CreateReceiverDetail", {"ReceiverId": 1}, "MissingParameter.EmailsNecessary"),
        ("CreateReceiverDetail", {"ReceiverId": 1, "Emails": []}, "MissingParameter.EmailsNecessary"),
        ("CreateReceiverDetail", {"ReceiverId": 9, "Emails": ["a@example.com"]}, "OperationDenied.ReceiverNotExist"),
        (
            "CreateReceiverDetail",
            {"ReceiverId": 1, "Emails": ["x"] * 20_001},
            "LimitExceeded.ReceiverDetailRequestLimit",
        ),
        ("CreateReceiverDetail", {"ReceiverId": 2, "Emails": ["x"] * 2}, "LimitExceeded.ReceiverDetailCountLimit"),
        ("CreateReceiverDetail", {"ReceiverId": "1", "Emails": ["x"]}, "InvalidParameter"),
        ("CreateReceiverDetail", {"ReceiverId": 1, "Emails": [1]}, "InvalidParameter"),
        (
            "CreateReceiverDetailWithData",
            {"ReceiverId": 1, "Datas": [{"Email": "x", "TemplateData": "no"}]},
            "InvalidParameterValue.TemplateDataError",
        ),
        (
            "CreateReceiverDetailWithData",
            {"ReceiverId": 2, "Datas": [{"Email": "x", "TemplateData": '{"name": "x"}'}]},
            "InvalidParameterValue.TemplateDataInconsistent",
        ),
        ("CreateReceiverDetailWithData", {"ReceiverId": 1, "Datas": []}, "MissingParameter.EmailsNecessary"),
        ("ListReceivers", {"Offset": 0}, "MissingParameter"),
        ("ListReceivers", {"Offset": 0, "Limit": 101}, "FailedOperation.InvalidLimit"),
        ("ListReceivers", {"Offset": -1, "Limit": 1}, "InvalidParameterValue"),
        ("ListReceiverDetails", {"ReceiverId": 9, "Offset": 0, "Limit": 1}, "OperationDenied.ReceiverNotExist"),
        ("ListReceiverDetails", {"ReceiverId": 1, "Offset": 0, "Limit": 101}, "FailedOperation.InvalidLimit"),
        ("ListBlackEmailAddress", {**DAYS, "Offset": 0}, "MissingParameter"),
        ("ListBlackEmailAddress", {"StartDate": "2026-11-23", "Offset": 0, "Limit": 1}, "MissingParameter"),
        ("ListBlackEmailAddress", {**DAYS, "Offset": 0, "Limit": 101}, "FailedOperation.InvalidLimit"),
        ("ListBlackEmailAddress", {**DAYS, "Offset": 0, "Limit": 1, "EndDate": "23.11.2026"}, "InvalidParameterValue"),
        ("ListBlackEmailAddress", {**DAYS, "Offset": 0, "Limit": 1, "EndDate": "2026-11-21"}, "InvalidParameterValue"),
        ("DeleteReceiver", {}, "MissingParameter.ReceiverIdNecessary"),
        ("DeleteReceiver", {"ReceiverId": 9}, "OperationDenied.ReceiverNotExist"),
    ],
)
def test_the_service_refuses(cloud: Cloud, ses: Ses, action: str, params: dict[str, object], code: str) -> None:
    """Each documented code that the state of things can bring about, as the SDK reports it; nothing is changed."""
    cloud.groups.create("spring", 1)
    members = 49_999 if code.endswith("CountLimit") else 1
    cloud.groups.create("another", 2, [f"user{number}@example.com" for number in range(members)])
    assert code_of(ses, action, **params) == code
    assert (cloud.groups.count(1), cloud.groups.count(2)) == (0, members)
    assert cloud.calls[-1].code == code


def test_a_group_being_uploaded_is_not_touched(cloud: Cloud, ses: Ses) -> None:
    """Where the service lets nobody in meanwhile, both writing and deleting are denied."""
    cloud.groups.create("spring", 1)
    cloud.groups.upload_seconds = 30
    cloud.groups.admits_during_upload = False
    ses("CreateReceiverDetail", ReceiverId=1, Emails=["a@example.com"])
    again = {"ReceiverId": 1, "Emails": ["b@example.com"]}
    assert code_of(ses, "CreateReceiverDetail", **again) == "OperationDenied.ReceiverIsOperating"
    assert code_of(ses, "DeleteReceiver", ReceiverId=1) == "OperationDenied.ReceiverIsOperating"


def test_there_is_a_limit_of_groups(cloud: Cloud, ses: Ses) -> None:
    """Its figure is nowhere written, so it is a setting."""
    cloud.groups.most_groups = 1
    ses("CreateReceiver", ReceiversName="one", Desc="x")
    assert code_of(ses, "CreateReceiver", ReceiversName="two", Desc="x") == "LimitExceeded.ExceedReceiverLimit"


def test_the_21st_request_of_a_second_is_refused(ses: Ses, clock: SteppedClock) -> None:
    """The second is one of the emulator's clock."""
    for _ in range(20):
        ses("ListReceivers", Offset=0, Limit=1)
    assert code_of(ses, "ListReceivers", Offset=0, Limit=1) == "RequestLimitExceeded"
    clock.sleep(1)
    ses("ListReceivers", Offset=0, Limit=1)


@pytest.mark.parametrize(
    ("action", "params", "code"),
    [
        ("BatchSendEmail", {}, "InvalidAction"),
        ("ListReceivers", {"Offset": 0, "Limit": 1, "Sort": "name"}, "UnknownParameter"),
        ("ListReceiverDetails", {"CreateTime": "2026-01-01 00:00:00"}, "UnknownParameter"),
        ("ListReceivers", {"version": "2099-01-01"}, "NoSuchVersion"),
    ],
)
def test_what_is_not_emulated_is_refused_loudly(
    cloud: Cloud, raw: Callable[..., Any], action: str, params: dict[str, Any], code: str
) -> None:
    """The service's own code, and the journal of problems says what it was."""
    assert code_of(raw, action, **params) == code
    assert len(cloud.problems) == 1
    assert code in cloud.problems[0].message


def test_the_region_must_have_the_service(cloud: Cloud, endpoint: str) -> None:
    """SES lives in few regions; the bucket's may not be among them."""
    assert code_of(ses_caller(endpoint, region="eu-frankfurt"), "ListReceivers", Offset=0, Limit=1) == (
        "UnsupportedRegion"
    )
    assert cloud.problems[0].kind == "protocol"


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        (Credentials(KEYS.secret_id, "wrong", KEYS.token), "AuthFailure.SignatureFailure"),
        (Credentials("AKIDother", KEYS.secret_key, KEYS.token), "AuthFailure.SecretIdNotFound"),
        (Credentials(KEYS.secret_id, KEYS.secret_key, "other"), "AuthFailure.TokenFailure"),
        (Credentials(KEYS.secret_id, KEYS.secret_key), "AuthFailure.TokenFailure"),
    ],
)
def test_wrong_keys_are_refused(cloud: Cloud, endpoint: str, keys: Credentials, code: str) -> None:
    """Nothing is written, no call is counted, and the problem is noted."""
    assert code_of(ses_caller(endpoint, keys), "CreateReceiver", ReceiversName="spring", Desc="x") == code
    assert cloud.groups.list_groups(0, 1, None, "")[0] == 0
    assert cloud.calls == []
    assert [problem.kind for problem in cloud.problems] == ["signature"]


def test_a_body_has_10_mb(cloud: Cloud, endpoint: str, session: requests.Session) -> None:
    """A larger one is refused, in the form in which SES refuses."""
    headers = {"X-TC-Action": "CreateReceiverDetail", "Content-Type": "application/json"}
    answer = session.post(endpoint, headers=headers, data=b" " * ((10 << 20) + 1))
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["Response"]["Error"]["Code"] == "RequestSizeLimitExceeded"


def test_an_address_is_nowhere_but_in_its_group(cloud: Cloud, ses: Ses) -> None:
    """The journal counts the addresses of a request and names none."""
    cloud.groups.create("spring", 1)
    ses("CreateReceiverDetail", ReceiverId=1, Emails=["a@example.com", "b@example.com"])
    call = cloud.calls[-1]
    assert (call.service, call.action, call.receiver_id, call.size, call.status) == (
        "ses",
        "CreateReceiverDetail",
        1,
        2,
        200,
    )
    assert "example.com" not in repr(cloud.calls)
