"""Recipient groups through the SES SDK, over the wire: what each answer of the service becomes."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from datetime import date
from urllib.parse import urlsplit

import pytest

from handler.clouds import ses
from handler.clouds.ses import SesGroups, translate
from handler.errors import (
    GroupUploading,
    ImportProblem,
    NothingHappened,
    OperatorProblem,
    OutcomeUnknown,
    RefusedForGood,
    ServiceAnswer,
    Throttled,
)
from handler.planning.group import Group, Member
from handler.said import Said
from handler.settings import Settings
from local.cloud.faults import Fault
from tests.stage import GROUP, Stage

ADDRESSES = ["ann@example.com", "bob@example.com"]
DATA = ['{"name":"Ann"}', '{"name":"鲍勃 \\"\U0001f600\\""}']

CALLS: dict[str, Callable[[SesGroups], object]] = {
    "CreateReceiverDetail": lambda groups: groups.add(GROUP, ADDRESSES),
    "CreateReceiverDetailWithData": lambda groups: groups.add(GROUP, ADDRESSES, ["{}", "{}"]),
    "ListReceivers": lambda groups: groups.find(GROUP),
    "ListReceiverDetails": lambda groups: groups.members_page(GROUP, 0),
    "ListBlackEmailAddress": lambda groups: groups.blocked_page(date(2020, 1, 1), date(2100, 1, 1), 0),
}

MEANINGS = {
    "FailedOperation": OutcomeUnknown,
    "FailedOperation.ServiceNotAvailable": NothingHappened,
    "FailedOperation.SomethingNew": OutcomeUnknown,
    "InternalError": OutcomeUnknown,
    "InternalError.Timeout": OutcomeUnknown,
    "ServiceUnavailable": OutcomeUnknown,
    "ResourceUnavailable": OutcomeUnknown,
    "Unheard": OutcomeUnknown,
    "LimitExceededOrNot": OutcomeUnknown,
    "RequestLimitExceeded": Throttled,
    "RequestLimitExceeded.UinLimitExceeded": Throttled,
    "OperationDenied.ReceiverIsOperating": GroupUploading,
    "OperationDenied.ReceiverNotExist": RefusedForGood,
    "OperationDenied": RefusedForGood,
    "InvalidParameterValue.TemplateDataError": RefusedForGood,
    "InvalidParameterValue.TemplateDataInconsistent": RefusedForGood,
    "InvalidParameterValue.TemplateDataLenLimit": RefusedForGood,
    "InvalidParameterValue.InValidTemplateData": RefusedForGood,
    "InvalidParameterValue.ReceiverEmailInvalid": RefusedForGood,
    "LimitExceeded.ReceiverDetailCountLimit": RefusedForGood,
    "LimitExceeded.ReceiverDetailRequestLimit": RefusedForGood,
    "MissingParameter.EmailsNecessary": RefusedForGood,
    "MissingParameter.ReceiverIdNecessary": RefusedForGood,
    "InvalidParameter": RefusedForGood,
    "InvalidRequest": RefusedForGood,
    "RequestSizeLimitExceeded": RefusedForGood,
    "UnknownParameter": RefusedForGood,
    "UnsupportedOperation": RefusedForGood,
    "ResourceNotFound": RefusedForGood,
    "AuthFailure.InvalidAuthorization": OperatorProblem,
    "AuthFailure.SecretIdNotFound": OperatorProblem,
    "AuthFailure.SignatureExpire": OperatorProblem,
    "AuthFailure.SignatureFailure": OperatorProblem,
    "AuthFailure.TokenFailure": OperatorProblem,
    "AuthFailure.UnauthorizedOperation": OperatorProblem,
    "UnauthorizedOperation": OperatorProblem,
    "UnsupportedRegion": OperatorProblem,
    "IpNotInWhitelist": OperatorProblem,
    "ActionOffline": OperatorProblem,
    "ResourceInsufficient": OperatorProblem,
}
"""Every code the API documents, the common ones, and some that it does not."""


@pytest.fixture
def groups(stage: Stage) -> SesGroups:
    return groups_of(stage)


def groups_of(stage: Stage, seconds: float = 10, **settings: str) -> SesGroups:
    wanted = Settings.read(stage.environment(**settings))
    return SesGroups(lambda: ses.connect(wanted, stage.clock, seconds), stage.clock)


def chain_of(problem: BaseException | None) -> Iterator[BaseException]:
    while problem is not None:
        yield problem
        problem = problem.__cause__ or problem.__context__


def test_a_group_is_found_by_its_id(stage: Stage, groups: SesGroups) -> None:
    """With its name, its members and how many of them are invalid."""
    stage.cloud.groups.refuses = {"bob@example.com"}
    stage.cloud.groups.add(GROUP, ADDRESSES)
    assert groups.find(GROUP) == Group(GROUP, "spring", 2, uploading=False, invalid=1, description="a group")
    assert groups.find(GROUP + 1) is None


def test_an_empty_group_is_not_uploading(groups: SesGroups) -> None:
    """Status 1, "to be uploaded", is what a new group has until somebody adds to it."""
    assert groups.find(GROUP) == Group(GROUP, "spring", 0, uploading=False, description="a group")


def test_an_upload_is_seen(stage: Stage, groups: SesGroups) -> None:
    """Status 2, and not any more once it is over."""
    stage.cloud.groups.upload_seconds = 30
    groups.add(GROUP, ADDRESSES)
    assert groups.find(GROUP) == Group(GROUP, "spring", 0, uploading=True, description="a group")
    stage.clock.sleep(30)
    assert groups.find(GROUP) == Group(GROUP, "spring", 2, uploading=False, description="a group")


@pytest.mark.parametrize("others", [99, 100, 199])
def test_a_group_on_a_later_page_is_found(stage: Stage, groups: SesGroups, others: int) -> None:
    """The API cannot be asked by id; a page has a hundred, and an empty one may be the last."""
    for number in range(others):
        stage.cloud.groups.create(f"group {number}", receiver_id=number + 1)
    found = groups.find(GROUP)
    assert found
    assert found.name == "spring"
    assert groups.find(5_000) is None


def test_members_come_in_pages(stage: Stage, groups: SesGroups) -> None:
    """With the number of all of them, and the service's reason where it marked one invalid."""
    addresses = [f"user{number}@example.com" for number in range(150)]
    stage.cloud.groups.refuses = {addresses[149]}
    stage.cloud.groups.add(GROUP, addresses)
    total, page = groups.members_page(GROUP, 100)
    assert (total, [member.address for member in page]) == (150, addresses[100:])
    created = stage.clock.now().strftime("%Y-%m-%d %H:%M:%S")
    assert page[0] == Member("101", "user100@example.com", None, created, "")
    assert page[49] == Member("150", "user149@example.com", "invalid address", created, "")


def test_adding_gives_the_counts_and_the_request_id(stage: Stage, groups: SesGroups) -> None:
    """As the service names them."""
    receipt = groups.add(GROUP, [*ADDRESSES, "ANN@example.com"])
    assert receipt.counts == {
        "TotalCount": 3,
        "ValidCount": 3,
        "TooLongCount": 0,
        "EmptyEmailCount": 0,
        "RepeatCount": 1,
    }
    assert len(receipt.request_id) == 36
    assert stage.members() == [*ADDRESSES, "ANN@example.com"]


def test_data_arrive_with_their_addresses_and_are_read_back(stage: Stage, groups: SesGroups) -> None:
    """Letter by letter."""
    groups.add(GROUP, ADDRESSES, DATA)
    _, members = groups.members_page(GROUP, 0)
    assert [(member.address, member.data) for member in members] == [*zip(ADDRESSES, DATA, strict=True)]
    assert stage.cloud.groups.data(GROUP) == dict(zip(ADDRESSES, DATA, strict=True))


@pytest.mark.parametrize("code", MEANINGS)
def test_each_code_says_who_must_act(code: str) -> None:
    """What nobody documented counts as unknown, never as refused, nor as without effect."""
    problem = translate(code, "request-id")
    assert type(problem) is MEANINGS[code]
    assert code in problem.message
    if isinstance(problem, ServiceAnswer):
        assert (problem.code, problem.request_id) == (code, "request-id")
        is_unknown = problem.said.fields["what"] == Said("what.unknown")
        assert is_unknown == isinstance(problem, OutcomeUnknown), "only then may anything have happened"
    else:
        assert problem.message.endswith("request id request-id")


@pytest.mark.parametrize("action", CALLS)
@pytest.mark.parametrize(
    "code", ["InternalError", "RequestLimitExceeded", "AuthFailure.TokenFailure", "OperationDenied"]
)
def test_a_code_arrives_from_every_call(stage: Stage, groups: SesGroups, action: str, code: str) -> None:
    """Sent once: the SDK's own retryer stays off."""
    stage.cloud.faults.script(action, Fault.refuse(code, "said ann@example.com"))
    with pytest.raises(MEANINGS[code], match=code) as raised:
        CALLS[action](groups)
    assert stage.calls(action) == 1
    assert [type(problem) for problem in chain_of(raised.value)] == [MEANINGS[code]]
    assert "ann@example.com" not in str(raised.value)


@pytest.mark.parametrize("action", ["CreateReceiverDetail", "ListReceiverDetails"])
@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.drop_before(), "ClientNetworkError"),
        (Fault.drop_after(), "ClientNetworkError"),
        (Fault.cut(10), "ChunkedEncodingError"),
        (Fault.status(502), "ServerNetworkError"),
        (Fault.status_after(500), "ServerNetworkError"),
        (Fault.not_json(), "JSONDecodeError"),
        (Fault.no_counts(), "NoCounts"),
        (Fault.charset_header("AuthFailure.TokenFailure"), "NoCounts"),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_an_answer_that_proves_nothing_is_unknown(
    stage: Stage, groups: SesGroups, action: str, fault: Fault, code: str
) -> None:
    """No answer, an answer from somebody else, and one that the SDK takes for a success."""
    stage.cloud.faults.script(action, fault)
    with pytest.raises(OutcomeUnknown) as raised:
        CALLS[action](groups)
    assert raised.value.code == code
    assert list(chain_of(raised.value)) == [raised.value]
    assert stage.calls(action) == 1


def test_groups_without_a_count_are_no_groups(stage: Stage, groups: SesGroups) -> None:
    """An error that looks like a success must not mean that the group is not there."""
    stage.cloud.faults.script("ListReceivers", Fault.charset_header("InternalError"))
    with pytest.raises(OutcomeUnknown):
        groups.find(GROUP)


def test_a_service_that_does_not_answer_in_time_is_unknown(stage: Stage) -> None:
    """The same class as no connection at all, which is why both are unknown."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        groups = groups_of(stage, seconds=0.1, SES_ENDPOINT=f"http://127.0.0.1:{port}")
        with pytest.raises(OutcomeUnknown) as timed_out:
            groups.add(GROUP, ADDRESSES)
    groups = groups_of(stage, SES_ENDPOINT=f"http://127.0.0.1:{port}")
    with pytest.raises(OutcomeUnknown) as unconnected:
        groups.add(GROUP, ADDRESSES)
    assert timed_out.value.code == unconnected.value.code == "ClientNetworkError"
    for problem in (timed_out.value, unconnected.value):
        assert str(port) not in str(problem)


def test_a_connection_that_was_closed_meanwhile_is_not_hidden(stage: Stage, groups: SesGroups) -> None:
    """One connection serves many calls; when it breaks, the call on it is unknown and the next one has another."""
    groups.add(GROUP, ADDRESSES[:1])
    stage.cloud.faults.script("CreateReceiverDetail", Fault.drop_before())
    with pytest.raises(OutcomeUnknown):
        groups.add(GROUP, ADDRESSES[1:])
    groups.add(GROUP, ADDRESSES[1:])
    assert stage.members() == ADDRESSES


def test_the_rate_is_one_for_each_api(stage: Stage, groups: SesGroups) -> None:
    """What one of them has used up, the others still have."""
    for _ in range(15):
        for call in CALLS.values():
            call(groups)
    assert stage.clock.monotonic() == pytest.approx(12 / 16)  # three of each go at once


def test_the_client_is_made_when_it_is_needed() -> None:
    """A file that is refused before costs no import of the SDK."""

    def connect() -> object:
        raise AssertionError("nobody has asked for anything")

    class Clock:
        def monotonic(self) -> float:
            return 0.0

    SesGroups(connect, Clock())  # type: ignore[arg-type]


def test_the_region_and_the_keys_are_those_of_the_settings(stage: Stage) -> None:
    """Wrong ones are the operator's, who reads nothing of them in the message."""
    groups = groups_of(stage, TENCENTCLOUD_SECRETKEY="wrong-key")
    with pytest.raises(OperatorProblem, match=r"AuthFailure\.SignatureFailure") as raised:
        groups.find(GROUP)
    assert "wrong-key" not in str(raised.value)
    assert [problem.kind for problem in stage.cloud.problems] == ["signature"]
    stage.cloud.forget()
    assert urlsplit(stage.endpoint).port
    assert isinstance(raised.value, ImportProblem)
