"""Recipient groups through the SES SDK, with every answer of the service translated into who must act.

What the SDK does on the wire that one has to know:

- its own retryer sends again after it has recovered, so the default that sends once stays in place;
- an answer whose `Content-Type` is not exactly `application/json` is taken for a success with all counts `None`;
- `ClientNetworkError` stands for a refused connection and for a read time-out alike: the outcome is unknown;
- a service's message can quote the request, so it is dropped, and so is the SDK's exception (`from None`): no address
  may reach an exception's text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from handler import limits
from handler.clouds.timely import TimelyConnection
from handler.delivering.group import Receipt
from handler.errors import (
    GroupUploading,
    ImportProblem,
    NothingHappened,
    OperatorProblem,
    OutcomeUnknown,
    RefusedForGood,
    Throttled,
)
from handler.planning.group import Group, Member
from handler.state.blocked import Blocked
from handler.timing import Clock, RateLimit

if TYPE_CHECKING:
    from handler.settings import Settings

UPLOADING: Final = 2
"""`ReceiversStatus`: 1 to be uploaded, 2 uploading, 3 uploaded."""
INVALID: Final = 2
"""`Status` of a member: 1 valid, 2 invalid, with a `Reason`."""

LOOKS: Final = 6
"""Passes over all groups, at most, and how many must have shown all of them without the one that is looked for."""
ENOUGH: Final = 2

NO_ANSWER: Final = "ClientNetworkError"
"""The SDK's own code: nobody answered, or not in time."""
COUNTS: Final = ("TotalCount", "ValidCount", "TooLongCount", "EmptyEmailCount", "RepeatCount")

OPERATOR_CODES: Final = (
    "AuthFailure",
    "UnauthorizedOperation",
    "UnsupportedRegion",
    "UnsupportedProtocol",
    "InvalidAction",
    "NoSuchProduct",
    "NoSuchVersion",
    "ActionOffline",
    "IpInBlacklist",
    "IpNotInWhitelist",
    "ResourceInsufficient",
)
"""The families of codes that only whoever deployed the function can do something about."""
THROTTLED_CODES: Final = ("RequestLimitExceeded",)
NOTHING_HAPPENED_CODES: Final = ("FailedOperation.ServiceNotAvailable",)
REFUSED_CODES: Final = (
    "LimitExceeded",
    "OperationDenied",
    "InvalidParameter",
    "InvalidParameterValue",
    "MissingParameter",
    "UnknownParameter",
    "ResourceNotFound",
    "UnsupportedOperation",
    "InvalidRequest",
    "RequestSizeLimitExceeded",
)
WHATS: Final = {
    "LimitExceeded.ReceiverDetailCountLimit": "what.no_room",
    "LimitExceeded.ReceiverDetailRequestLimit": "what.too_many",
    "LimitExceeded.ExceedReceiverLimit": "what.too_many_groups",
    "InvalidParameterValue.ReceiverNameIllegal": "what.bad_name",
    "InvalidParameterValue.RepeatReceiverName": "what.name_taken",
    "OperationDenied.ReceiverNotExist": "what.gone",
    "MissingParameter.EmailsNecessary": "what.no_emails",
    "MissingParameter.ReceiverIdNecessary": "what.no_receiver",
    "InvalidParameterValue.TemplateDataError": "what.data_error",
    "InvalidParameterValue.TemplateDataInconsistent": "what.data_names",
    "InvalidParameterValue.TemplateDataLenLimit": "what.data_long",
    "InvalidParameterValue.InValidTemplateData": "what.data_markup",
    "InvalidParameterValue.ReceiverEmailInvalid": "what.email_invalid",
}
"""What is said to the owner of the file of a request that was refused."""
OPERATOR_SENTENCES: Final = {
    "AuthFailure.SignatureExpire": "the request was signed by a clock that is off by more than five minutes",
    "AuthFailure.UnauthorizedOperation": "the function's role lacks the permission to do this",
    "UnauthorizedOperation": "the function's role lacks the permission to do this",
}


class SesGroups:
    """The recipient groups of one account, and its black list."""

    def __init__(self, connect: Callable[[], Any], clock: Clock) -> None:
        """`connect` gives the SDK's `SesClient` once it is needed; calls are spaced to what each API allows."""
        self._connect = cache(connect)
        self._rates = {
            action: RateLimit(limits.PACE, clock, limits.AT_ONCE)
            for action in (
                "ListReceivers",
                "ListReceiverDetails",
                "CreateReceiver",
                "CreateReceiverDetail",
                "CreateReceiverDetailWithData",
                "ListBlackEmailAddress",
            )
        }

    def find(self, receiver_id: int) -> Group | None:
        """The group, or `None` where the account has none with this id.

        The API cannot be asked for one by id. It is not there once all groups have been seen twice without it: somebody
        who deletes another group between two pages shifts it from the one to the other. Raises `OutcomeUnknown` where
        the groups never add up to their number.
        """
        missed = 0
        for _ in range(LOOKS):
            found, whole = self._look(receiver_id)
            if receiver_id in found:
                return found[receiver_id]
            missed += whole
            if missed == ENOUGH:
                return None
        raise OutcomeUnknown("GroupsKeepChanging")

    def all(self) -> Sequence[Group]:
        """All groups of the account. Raises `OutcomeUnknown` where they never add up to their number."""
        for _ in range(LOOKS):
            found, whole = self._look()
            if whole:
                return list(found.values())
        raise OutcomeUnknown("GroupsKeepChanging")

    def create(self, name: str, description: str) -> int:
        """Creates a group; its id. Sent once: names are unique, so whether it took effect can be looked up.

        Raises what `add` raises.
        """
        from tencentcloud.ses.v20201002.models import CreateReceiverRequest

        request = CreateReceiverRequest()
        request.ReceiversName, request.Desc = name, description
        answer = self._call("CreateReceiver", request)
        return _required(answer.ReceiverId, answer)

    def members_page(self, receiver_id: int, offset: int, since: str = "", email: str = "") -> tuple[int, list[Member]]:
        """The number of all members, and up to a page of them from `offset` on; of those only that have come `since`,
        written as `Member.created` is, or whose address holds `email`."""
        from tencentcloud.ses.v20201002.models import ListReceiverDetailsRequest

        request = ListReceiverDetailsRequest()
        request.ReceiverId, request.Offset, request.Limit = receiver_id, offset, limits.PAGE_SIZE
        request.CreateTimeBegin, request.Email = since or None, email or None
        answer = self._call("ListReceiverDetails", request)
        return _required(answer.TotalCount, answer), [_member(entry) for entry in answer.Data or []]

    def blocked_page(self, first: date, last: date, offset: int) -> tuple[int, list[Blocked]]:
        """How many addresses the service's black list took up from the first to the last day, and up to a page of them.

        An entry has no id, so what is said of it stands for one.
        """
        from tencentcloud.ses.v20201002.models import ListBlackEmailAddressRequest

        request = ListBlackEmailAddressRequest()
        request.StartDate, request.EndDate = first.isoformat(), last.isoformat()
        request.Offset, request.Limit = offset, limits.PAGE_SIZE
        answer = self._call("ListBlackEmailAddress", request)
        return _required(answer.TotalCount, answer), [
            Blocked(entry.EmailAddress or "", f"{entry.BounceTime} {entry.IspDesc}") for entry in answer.BlackList or []
        ]

    def add(self, receiver_id: int, addresses: Sequence[str], data: Sequence[str] | None = None) -> Receipt:
        """Adds the addresses, at most 20,000, each with its data for the template where there are any. Sent once:
        whether to send again is for the caller to decide.

        Raises `GroupUploading`, `NothingHappened`, `RefusedForGood`, `OutcomeUnknown` or `OperatorProblem`.
        """
        from tencentcloud.ses.v20201002.models import CreateReceiverDetailRequest, CreateReceiverDetailWithDataRequest

        if data is None:
            request = CreateReceiverDetailRequest()
            request.ReceiverId, request.Emails = receiver_id, list(addresses)
            answer = self._call("CreateReceiverDetail", request)
        else:
            request = CreateReceiverDetailWithDataRequest()
            # Plain objects: 20,000 of the SDK's `ReceiverInputData` would take it longer to write than all the rest.
            rows = zip(addresses, data, strict=True)
            request.ReceiverId = receiver_id
            request.Datas = [{"Email": address, "TemplateData": each} for address, each in rows]
            answer = self._call("CreateReceiverDetailWithData", request)
        return Receipt(answer.RequestId, {name: _required(getattr(answer, name), answer) for name in COUNTS})

    def _look(self, until: int | None = None) -> tuple[dict[int, Group], bool]:
        """The groups that one pass over the pages shows, whatever their size, by their ids; it ends with the one that
        it is made for. And whether it has shown all of them."""
        from tencentcloud.ses.v20201002.models import ListReceiversRequest

        found: dict[int, Group] = {}
        totals: set[int] = set()
        offset, total = 0, 1
        while offset < total:
            request = ListReceiversRequest()
            request.Offset, request.Limit = offset, limits.PAGE_SIZE
            answer = self._call("ListReceivers", request)
            total, entries = _required(answer.TotalCount, answer), answer.Data or []
            found.update((entry.ReceiverId, _group(entry)) for entry in entries)
            totals.add(total)
            if until in found:
                break
            if not entries:
                break
            offset += len(entries)
        return found, totals == {len(found)}

    def _call(self, action: str, request: Any) -> Any:
        from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException

        rate = self._rates[action]
        rate.wait()
        try:
            answer = getattr(self._connect(), action)(request)
        except TencentCloudSDKException as error:
            problem = translate(error.get_code() or "Unknown", error.get_request_id())
        else:
            rate.answered(refused=False)
            return answer
        if isinstance(problem, Throttled):
            rate.answered(refused=True)
        raise problem


def connect(settings: Settings, clock: Clock, seconds: float = 60) -> Any:
    """The SDK's client for these settings: keeps its connection, sends once, waits `seconds` for an answer."""
    from tencentcloud.common.credential import Credential
    from tencentcloud.common.profile.client_profile import ClientProfile
    from tencentcloud.common.profile.http_profile import HttpProfile
    from tencentcloud.ses.v20201002.ses_client import SesClient

    http = HttpProfile(
        protocol=settings.ses_endpoint.scheme, endpoint=settings.ses_endpoint.netloc, reqTimeout=seconds, keepAlive=True
    )
    keys = (settings.secret_id, settings.secret_key, settings.session_token)
    credential = Credential(*(key.get_secret_value() for key in keys))
    client = SesClient(credential, settings.ses_region, ClientProfile(httpProfile=http))
    client.request.conn = TimelyConnection(client.request.conn, seconds, clock)
    return client


def translate(code: str, request_id: str | None) -> ImportProblem:
    """What an error code of the service means for us. What nobody documented counts as unknown, never as refused."""
    if _of(code, OPERATOR_CODES):
        sentence = OPERATOR_SENTENCES.get(code, "the request was not accepted")
        return OperatorProblem(f"SES: {sentence} ({code}); request id {request_id}")
    if code == "OperationDenied.ReceiverIsOperating":
        return GroupUploading(code, request_id)
    if _of(code, THROTTLED_CODES):
        return Throttled(code, request_id)
    if _of(code, NOTHING_HAPPENED_CODES):
        return NothingHappened(code, request_id)
    if _of(code, REFUSED_CODES):
        return RefusedForGood(code, request_id, WHATS.get(code, "what.not_accepted"))
    return OutcomeUnknown(code, request_id)


def _of(code: str, families: Sequence[str]) -> bool:
    return any(code == family or code.startswith(f"{family}.") for family in families)


def _required(count: int | None, answer: Any) -> int:
    if count is None:
        raise OutcomeUnknown("NoCounts", answer.RequestId)  # which proves nothing
    return count


def _group(entry: Any) -> Group:
    uploading = entry.ReceiversStatus == UPLOADING
    invalid, description = entry.InvalidCount or 0, entry.Desc or ""
    return Group(entry.ReceiverId, entry.ReceiversName, entry.Count or 0, uploading, invalid, description)


def _member(entry: Any) -> Member:
    address = entry.Email or ""
    invalid_because = (entry.Reason or "") if entry.Status == INVALID else None
    return Member(
        str(entry.EmailId or address), address, invalid_because, entry.CreateTime or "", entry.TemplateData or ""
    )
