"""The whole emulator: state, faults and journals in one object, and what happens to a request on its way through."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from werkzeug.http import http_date
from werkzeug.wrappers import Request

from handler.timing import Clock, SystemClock
from local.cloud import server
from local.cloud.behaviour import Behaviour
from local.cloud.cos_api import CosApi
from local.cloud.faults import Fault, Faults
from local.cloud.groups import Groups
from local.cloud.journal import Call, Journal, Problem
from local.cloud.objects import Objects, Version
from local.cloud.policies import Policy
from local.cloud.ses_api import SesApi
from local.cloud.signatures import Credentials
from local.cloud.timeline import Act, Timeline
from local.cloud.wire import Answer, Asked, Dropped, Refused, Service, html, read

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

DEFAULT_CREDENTIALS: Final = Credentials("AKIDlocal", "local-secret", "local-token")
CREATING: Final = {"PutObject": "Put", "CompleteMultipartUpload": "CompleteMultipartUpload"}
"""The calls by which an object comes into a bucket, and what their events are called."""


@dataclass(frozen=True, slots=True)
class Created:
    """An object that somebody has put into a bucket over the wire."""

    bucket: str
    version: Version
    how: str
    """As the event is called: `Put`."""
    request_id: str


class Cloud:
    """COS and SES on one port.

        cloud = Cloud()
        cloud.objects.create_bucket("drops-1250000000")
        with cloud.serve() as endpoint:
            ...

    Signatures are held against the real time, because the SDKs stamp with it; everything else goes by `clock`.
    """

    def __init__(
        self,
        credentials: Credentials = DEFAULT_CREDENTIALS,
        clock: Clock | None = None,
        policy: Policy | None = None,
        behaviour: Behaviour | None = None,
    ) -> None:
        """Without a policy the keys are those of somebody who may do everything."""
        self.credentials = credentials
        self.policy = policy
        self.clock = clock or SystemClock()
        self._timeline = Timeline(self.clock)
        self.objects = Objects(self._timeline)
        self.groups = Groups(self._timeline)
        self.behaviour = behaviour or Behaviour()
        self.faults = Faults()
        self.on_created: Callable[[Created], None] = lambda _: None
        """Is told of every object that comes into a bucket over the wire, in the thread that answers the call."""
        self._calls: Journal[Call] = Journal()
        self._problems: Journal[Problem] = Journal()
        self._cos = CosApi(self.objects, credentials, self.clock)
        self._ses = SesApi(self.groups, credentials, self.clock)

    @property
    def behaviour(self) -> Behaviour:
        """How slow and how odd it is. May be replaced at any time; what was accepted before goes on as it began."""
        return self.groups.behaviour

    @behaviour.setter
    def behaviour(self, behaviour: Behaviour) -> None:
        self.groups.behaviour = behaviour
        self.objects.clock_ahead = behaviour.store_ahead

    def after(self, seconds: float, act: Act) -> None:
        """Has it done so many seconds from now: `cloud.after(5, lambda: cloud.groups.remove(1001, ["a@b.cd"]))`.

        It is done with the next request or look at a group once the time is there, and must not call over the wire.
        """
        self._timeline.after(seconds, act)

    @property
    def calls(self) -> list[Call]:
        """Every call that was known and carried a valid signature, in the order in which they were answered."""
        return self._calls.snapshot()

    @property
    def problems(self) -> list[Problem]:
        """What a correct client would not have asked for; empty after a good test."""
        return self._problems.snapshot()

    def forget(self) -> None:
        """Empties both journals."""
        self._calls.clear()
        self._problems.clear()

    def serve(self, port: int = 0) -> AbstractContextManager[str]:
        """Serves until the `with` ends; gives the endpoint, `http://127.0.0.1:PORT`."""
        return server.serve(self.app, port)

    def app(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """The emulator as a WSGI application; raises `Dropped` where the connection is to be closed."""
        asked = read(Request(environ))
        service = self._service(asked)
        with contextlib.closing(asked.body):
            answer = self._answer(service, asked)
        headers = {
            "Date": http_date(self.objects.now() if service is self._cos else self.clock.now()),
            **answer.headers,
        }
        if answer.length is not None:
            headers["Content-Length"] = str(answer.length)
        start_response(f"{answer.status} {_phrase(answer.status)}", list(headers.items()))
        return () if asked.method == "HEAD" else answer.body  # not even a fault may send one: HTTP has no place for it

    # Inside

    def _service(self, asked: Asked) -> Service:
        is_api_3 = "x-tc-action" in asked.headers or asked.headers.get("authorization", "").startswith("TC3-")
        return self._ses if is_api_3 else self._cos

    def _answer(self, service: Service, asked: Asked) -> Answer:
        try:
            service.verify(asked)
            call = service.recognise(asked)
        except Refused as refused:
            return self._refuse(service, refused, asked)
        except Exception as crash:  # noqa: BLE001 - a defect of the emulator must reach the test that meets it
            return self._crash(service, crash)
        return self._carry_out(service, call, asked)

    def _carry_out(self, service: Service, call: Call, asked: Asked) -> Answer:
        faults: list[Fault] = []
        try:
            self._authorise(service, call, asked)
            service.admit(call)
            faults = [*service.faults(asked), *self.faults.strike(call)]
            answer = self._struck(service, call, asked, faults)
        except Refused as refused:
            answer = self._refuse(service, refused, asked)
        except Dropped:
            self._calls.append(replace(call, fault=_names(faults)))
            raise
        except Exception as crash:  # noqa: BLE001 - as above
            answer = self._crash(service, crash)
        self._calls.append(replace(call, status=answer.status, code=answer.code, fault=_names(faults)))
        return answer

    def _authorise(self, service: Service, call: Call, asked: Asked) -> None:
        deed = service.deed(call, asked)
        if self.policy is not None and not self.policy.allows(deed):
            raise service.forbidden(deed)

    def _struck(self, service: Service, call: Call, asked: Asked, faults: list[Fault]) -> Answer:
        """The call, with what the faults do to it before and after."""
        for fault in faults:
            if fault.kind == "slow":
                self.clock.sleep(fault.seconds)
            if fault.act:
                fault.act()
        for fault in faults:
            if fault.kind == "late":
                self.after(fault.seconds, partial(_arrive, service, call, asked.copy()))
                raise Dropped
            if not fault.applied:
                return self._instead(service, fault, asked)
        self._timeline.catch_up()
        answer = service.perform(call, asked)
        self._tell_of(call, answer)
        for fault in faults:
            answer = self._spoilt(service, fault, answer, asked)
        return answer

    def _tell_of(self, call: Call, answer: Answer) -> None:
        how = CREATING.get(call.action)
        if how and call.bucket and call.key:
            version = self.objects.head(call.bucket, call.key)
            self.on_created(Created(call.bucket, version, how, answer.headers["x-cos-request-id"]))

    def _spoilt(self, service: Service, fault: Fault, answer: Answer, asked: Asked) -> Answer:
        if fault.kind in {"slow", "meanwhile"}:
            return answer
        if fault.kind == "drip":
            return answer.dripping(fault.bytes_sent, partial(self.clock.sleep, fault.seconds))
        return answer.cut(fault.bytes_sent) if fault.kind == "cut" else self._instead(service, fault, asked)

    def _instead(self, service: Service, fault: Fault, asked: Asked) -> Answer:
        """The answer that a fault gives in place of the right one."""
        refusal = service.refusal(Refused(fault.code, fault.message, fault.http_status), asked)
        if fault.kind == "drop":
            raise Dropped
        if fault.kind == "status":
            return replace(refusal if service.name == "cos" else html(fault.http_status), code=fault.code)
        if fault.kind == "not_json":
            return html(200)
        if fault.kind == "charset_header":
            return replace(refusal, headers={"Content-Type": "application/json; charset=utf-8"})
        if fault.kind == "no_counts":
            return self._ses.without_counts()
        return refusal

    def _crash(self, service: Service, crash: Exception) -> Answer:
        place = traceback.extract_tb(crash.__traceback__)[-1]
        self._problems.append(
            Problem("crash", service.name, f"{type(crash).__name__} at {place.filename}:{place.lineno}")
        )
        return html(500)

    def _refuse(self, service: Service, refused: Refused, asked: Asked) -> Answer:
        if refused.kind:
            self._problems.append(Problem(refused.kind, service.name, f"{refused.code}: {refused.message}"))
        return service.refusal(refused, asked)


def _arrive(service: Service, call: Call, asked: Asked) -> None:
    """A request whose sender has gone: nobody hears what is said to it."""
    with contextlib.suppress(Refused, Dropped):
        service.perform(call, asked)


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in set(HTTPStatus) else "Unknown"


def _names(faults: Iterable[Fault]) -> str:
    return "+".join(fault.name for fault in faults)
