"""SES over the wire: API 3.0, version 2020-10-02. Errors are HTTP 200 with a `Response.Error`."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from handler.timing import Clock
from local.cloud.acceptance import Counts
from local.cloud.behaviour import among
from local.cloud.black_list import Days
from local.cloud.faults import Fault
from local.cloud.group import GroupProblem
from local.cloud.groups import Groups
from local.cloud.journal import Call
from local.cloud.listing import Filters, GroupFacts, Member
from local.cloud.policies import Deed
from local.cloud.signatures import Credentials, SignatureRefused, verify_tc3
from local.cloud.wire import Answer, Asked, Refused

VERSION: Final = "2020-10-02"
REGIONS: Final = frozenset({"ap-singapore", "ap-guangzhou", "ap-hongkong"})
"""ap-singapore on the international site, the others on the Chinese one."""
BODY_BYTES: Final = 10 << 20
"""API 3.0: "the request packet of a POST with signature v3 may have up to 10 MB"."""

Params = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Action:
    parameters: Mapping[str, type]
    required: Mapping[str, str]
    """With the code that says that it is missing."""
    perform: Callable[[Groups, Params], Params]


class SesApi:
    """Implements `local.cloud.wire.Service`."""

    name: Literal["cos", "ses"] = "ses"

    def __init__(self, groups: Groups, credentials: Credentials, clock: Clock) -> None:
        self._groups = groups
        self._credentials = credentials
        self._clock = clock

    def verify(self, asked: Asked) -> None:
        if asked.headers.get("x-tc-content-sha256"):
            raise Refused("UnsupportedOperation", "Only signed payloads are emulated.", kind="unimplemented")
        if asked.size > BODY_BYTES:
            raise Refused("RequestSizeLimitExceeded", "The request is larger than 10 MB.", kind="protocol")
        try:
            # The SDK stamps with the real time, so it is the real time that the stamp is held against.
            verify_tc3(asked.signed(asked.payload()), self._credentials, "ses", time.time())
        except SignatureRefused as problem:
            raise Refused(problem.code, problem.message, kind="signature") from problem

    def recognise(self, asked: Asked) -> Call:
        action = asked.headers.get("x-tc-action", "")
        if asked.method != "POST" or asked.path != "/" or asked.headers.get("content-type") != "application/json":
            raise Refused("UnsupportedProtocol", "Only POST / with JSON is emulated.", kind="unimplemented")
        if asked.headers.get("x-tc-version") != VERSION:
            raise Refused("NoSuchVersion", f"Only version {VERSION} is emulated.", kind="protocol")
        if asked.headers.get("x-tc-region") not in REGIONS:
            raise Refused("UnsupportedRegion", "The region is not supported.", kind="protocol")
        if action not in _ACTIONS:
            raise Refused("InvalidAction", f"The action {action!r} is not emulated.", kind="unimplemented")
        params = _params(asked)
        for name in params.keys() - _ACTIONS[action].parameters.keys():
            raise Refused("UnknownParameter", f"{action} has no parameter {name!r} here.", kind="unimplemented")
        addresses = params.get("Emails") or params.get("Datas") or ()
        receiver_id = params.get("ReceiverId")
        return Call(
            "ses",
            action,
            self._clock.now(),
            receiver_id=receiver_id if isinstance(receiver_id, int) else None,
            size=len(addresses) if isinstance(addresses, list) else 0,
        )

    def deed(self, call: Call, asked: Asked) -> Deed:  # noqa: ARG002 - COS needs it
        return Deed(f"ses:{call.action}", "*", {})

    def forbidden(self, deed: Deed) -> Refused:
        return Refused("AuthFailure.UnauthorizedOperation", f"No policy allows {deed.action}.")

    def admit(self, call: Call) -> None:
        try:
            self._groups.throttle(call.action)
        except GroupProblem as problem:
            raise Refused(problem.code, problem.message) from problem

    def faults(self, asked: Asked) -> list[Fault]:
        behaviour = self._groups.behaviour
        if not behaviour.breaks:
            return []
        params = _params(asked)
        offered = [*(params.get("Emails") or ()), *(data.get("Email") for data in params.get("Datas") or ())]
        return [behaviour.breaking] if any(among(str(email), behaviour.breaks) for email in offered) else []

    def perform(self, call: Call, asked: Asked) -> Answer:
        action, params = _ACTIONS[call.action], _params(asked)
        _check(action, params)
        try:
            return _answer(action.perform(self._groups, params))
        except GroupProblem as problem:
            raise Refused(problem.code, problem.message) from problem

    def refusal(self, refused: Refused, asked: Asked) -> Answer:  # noqa: ARG002 - COS needs it
        return _answer({"Error": {"Code": refused.code, "Message": refused.message}}, refused.code)

    def without_counts(self) -> Answer:
        return _answer({})


def _params(asked: Asked) -> Params:
    try:
        params = json.loads(asked.payload())
    except ValueError:
        params = None
    if not isinstance(params, dict):
        raise Refused("InvalidParameter", "The body is not a JSON object.", kind="protocol")
    return params


def _check(action: _Action, params: Params) -> None:
    for name, code in action.required.items():
        if params.get(name) in (None, "", []):
            raise Refused(code, f"The parameter {name} is required.")
    for name, value in params.items():
        if type(value) is not action.parameters[name]:
            raise Refused("InvalidParameter", f"The parameter {name} has the wrong type.", kind="protocol")


def _answer(fields: Mapping[str, Any], code: str = "") -> Answer:
    body = json.dumps({"Response": {**fields, "RequestId": str(uuid.uuid4())}}).encode()
    # Exactly this Content-Type: with a charset the SDK would not look for an error.
    return Answer(200, [body], len(body), {"Content-Type": "application/json"}, code)


# The actions


def _create_receiver(groups: Groups, params: Params) -> Params:
    return {"ReceiverId": groups.create_checked(params["ReceiversName"], params.get("Desc", ""))}


def _delete_receiver(groups: Groups, params: Params) -> Params:
    groups.delete(params["ReceiverId"])
    return {}


def _create_receiver_detail(groups: Groups, params: Params) -> Params:
    if not all(isinstance(email, str) for email in params["Emails"]):
        raise Refused("InvalidParameter", "Emails must be strings.", kind="protocol")
    return _counts(groups.add(params["ReceiverId"], params["Emails"]))


def _create_receiver_detail_with_data(groups: Groups, params: Params) -> Params:
    if not all(isinstance(data, dict) and data.keys() <= {"Email", "TemplateData"} for data in params["Datas"]):
        raise Refused("InvalidParameter", "Datas must hold Email and TemplateData.", kind="protocol")
    emails = [str(data.get("Email") or "") for data in params["Datas"]]
    templates = [str(data.get("TemplateData") or "") for data in params["Datas"]]
    return _counts(groups.add(params["ReceiverId"], emails, templates))


def _list_receivers(groups: Groups, params: Params) -> Params:
    total, found = groups.list_groups(
        params["Offset"], params["Limit"], params.get("Status"), params.get("KeyWord", "")
    )
    return {"TotalCount": total, "Data": [_group(group) for group in found]}


def _list_receiver_details(groups: Groups, params: Params) -> Params:
    filters = Filters(
        params.get("Status"),
        params.get("Email", ""),
        params.get("CreateTimeBegin", ""),
        params.get("CreateTimeEnd", ""),
    )
    page = groups.list_members(params["ReceiverId"], params["Offset"], params["Limit"], filters)
    return {
        "TotalCount": page.total,
        "ValidCount": page.valid,
        "InvalidCount": page.invalid,
        "Data": [_detail(member) for member in page.members],
    }


def _list_black_email_address(groups: Groups, params: Params) -> Params:
    days = Days(params["StartDate"], params["EndDate"], params.get("EmailAddress", ""))
    total, found = groups.list_blocked(days, params["Offset"], params["Limit"])
    return {
        "TotalCount": total,
        "BlackList": [
            {"BounceTime": each.bounced, "EmailAddress": each.email, "IspDesc": each.reason} for each in found
        ],
    }


def _counts(counts: Counts) -> Params:
    return {
        "TotalCount": counts.total,
        "ValidCount": counts.valid,
        "TooLongCount": counts.too_long,
        "EmptyEmailCount": counts.empty,
        "RepeatCount": counts.repeat,
    }


def _group(group: GroupFacts) -> Params:
    return {
        "ReceiverId": group.receiver_id,
        "ReceiversName": group.name,
        "Count": group.count,
        "Desc": group.description,
        "ReceiversStatus": group.status,
        "CreateTime": group.created,
        "InvalidCount": group.invalid_count,
    }


def _detail(member: Member) -> Params:
    return {
        **({} if member.email is None else {"Email": member.email}),
        "CreateTime": member.created,
        "TemplateData": member.template,
        "Reason": member.reason,
        "Status": member.status,
        "EmailId": member.email_id,
    }


_RECEIVER_ID: Final = {"ReceiverId": "MissingParameter.ReceiverIdNecessary"}
_PAGE: Final = {"Offset": "MissingParameter", "Limit": "MissingParameter"}

_TIMES: Final = {"CreateTimeBegin": str, "CreateTimeEnd": str}

_ACTIONS: Final[Mapping[str, _Action]] = {
    "CreateReceiver": _Action(
        {"ReceiversName": str, "Desc": str},
        {"ReceiversName": "InvalidParameterValue.ReceiverNameIllegal"},
        _create_receiver,
    ),
    "DeleteReceiver": _Action({"ReceiverId": int}, _RECEIVER_ID, _delete_receiver),
    "CreateReceiverDetail": _Action(
        {"ReceiverId": int, "Emails": list},
        {**_RECEIVER_ID, "Emails": "MissingParameter.EmailsNecessary"},
        _create_receiver_detail,
    ),
    "CreateReceiverDetailWithData": _Action(
        {"ReceiverId": int, "Datas": list},
        {**_RECEIVER_ID, "Datas": "MissingParameter.EmailsNecessary"},
        _create_receiver_detail_with_data,
    ),
    "ListReceivers": _Action({"Offset": int, "Limit": int, "Status": int, "KeyWord": str}, _PAGE, _list_receivers),
    "ListReceiverDetails": _Action(
        {"ReceiverId": int, "Offset": int, "Limit": int, "Status": int, "Email": str} | _TIMES,
        {**_RECEIVER_ID, **_PAGE},
        _list_receiver_details,
    ),
    "ListBlackEmailAddress": _Action(
        {"StartDate": str, "EndDate": str, "Offset": int, "Limit": int, "EmailAddress": str, "TaskID": str},
        {"StartDate": "MissingParameter", "EndDate": "MissingParameter", **_PAGE},
        _list_black_email_address,
    ),
}
