"""One message to NOTIFY_URL: within a few seconds or not at all, and to nobody but the host that is named there.

Whoever answers for that name cannot lead us into our own network: its addresses have to be public ones, the connection
goes to the very address that was looked at, and redirects are not followed. A loopback address is taken only where the
setting itself spells it out, with `http://`: for tests, as with the other services.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import IPv4Address, ip_address
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Final

from handler.errors import ImportProblem, OperatorProblem
from handler.settings import Hook

ANSWER_BYTES: Final = 10_000
SUCCESS: Final = range(HTTPStatus.OK, HTTPStatus.MULTIPLE_CHOICES)

Envelope = Callable[[str], dict[str, Any]]


def _named_text(text: str) -> dict[str, Any]:
    """https://developer.work.weixin.qq.com/document/path/91770, https://open.dingtalk.com/document/robots"""
    return {"msgtype": "text", "text": {"content": text}}


def _feishu_text(text: str) -> dict[str, Any]:
    """https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot"""
    return {"msg_type": "text", "content": {"text": text}}


def _slack_text(text: str) -> dict[str, Any]:
    """https://api.slack.com/reference/surfaces/formatting: three signs are its own."""
    return {"text": text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")}


ENVELOPES: Final[dict[str, Envelope]] = {
    "qyapi.weixin.qq.com": _named_text,
    "oapi.dingtalk.com": _named_text,
    "open.feishu.cn": _feishu_text,
    "open.larksuite.com": _feishu_text,
    "hooks.slack.com": _slack_text,
}
"""What a message looks like, by the host; any other gets all there is as plain JSON."""
REFUSALS: Final = ("errcode", "code", "StatusCode")
"""Where WeCom, DingTalk and Feishu put what is wrong; the HTTP status is 200 all the same."""


def public_address(host: str, port: int) -> str:
    """The address of a host, if it is on the internet, whoever answers for its name.

    Raises `OperatorProblem` where any of its addresses is private, loopback, link-local or otherwise not public.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in sorted(found, key=lambda entry: entry[0] != socket.AF_INET)]
    if not addresses or not all(map(is_public, addresses)):
        raise OperatorProblem("NOTIFY_URL: its host has an address that is not public, so nothing is sent there")
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether an address is one of the internet's, and stands for itself, not for an IPv4 address within it."""
    found = ip_address(address)
    if isinstance(found, IPv4Address):
        return found.is_global and not found.is_multicast
    translated = found.packed[:12] == NAT64
    wrapped = found.ipv4_mapped or found.sixtofour or found.teredo or translated
    return found.is_global and not found.is_multicast and not wrapped


NAT64: Final = bytes.fromhex("0064ff9b0000000000000000")
"""RFC 6052: addresses of the IPv4 internet, of private networks, too, through a gateway."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """Whoever listens at NOTIFY_URL."""

    hook: Hook
    seconds: float
    """For one message, from the look-up of the name to the end of the answer."""
    resolve: Callable[[str, int], str] = public_address
    authorities: str | None = None
    """A file with those whose certificates are trusted; else those of `certifi`."""

    def send(self, facts: Mapping[str, Any], text: str) -> None:
        """Sends a message. Raises `OperatorProblem` unless it was taken within the time there is.

        Neither a time-out of the socket nor one of `urllib3` bounds the look-up of a name, or an answer that comes byte
        by byte: the whole of it is done by a thread, and not waited for any longer.
        """
        envelope = ENVELOPES.get(self.hook.host)
        message = envelope(text) if envelope else {**facts, "text": text}
        ended: SimpleQueue[Exception | None] = SimpleQueue()

        def work() -> None:
            try:
                self._post(json.dumps(message, ensure_ascii=False).encode())
                ended.put(None)
            except Exception as error:  # noqa: BLE001 - nobody else would hear of it
                ended.put(error)

        from urllib3.exceptions import TimeoutError as SocketTimeout

        Thread(target=work, daemon=True).start()
        try:
            problem = ended.get(timeout=self.seconds)
        except Empty:
            problem = TimeoutError()
        if isinstance(problem, ImportProblem):
            raise problem
        if isinstance(problem, TimeoutError | SocketTimeout):  # of the two it is chance which comes first
            raise OperatorProblem(f"NOTIFY_URL: no answer within {self.seconds:g} seconds")
        if problem is not None:  # its own message may hold the URL, which is a secret
            raise OperatorProblem(f"NOTIFY_URL: {type(problem).__name__}") from None

    def _post(self, body: bytes) -> None:
        """One request to the very address that was checked: a name that changes its mind meanwhile changes nothing."""
        headers = {
            "Host": self.hook.netloc,
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "ses-recipient-import",
        }
        with self._connection() as pool:
            answer = pool.urlopen(
                "POST",
                self.hook.target,
                body=body,
                headers=headers,
                redirect=False,
                retries=False,
                preload_content=False,
            )
            said = answer.read(ANSWER_BYTES)
            answer.close()
        if answer.status not in SUCCESS:
            raise OperatorProblem(f"NOTIFY_URL: HTTP {answer.status}, and redirects are not followed")
        if self.hook.host in ENVELOPES and (code := _refusal(said)):
            raise OperatorProblem(f"NOTIFY_URL: the message was refused, code {code}")

    def _connection(self) -> Any:
        from urllib3 import HTTPConnectionPool, HTTPSConnectionPool

        host, timeout = self.hook.host, self.seconds
        if self.hook.scheme == "http":  # a loopback address, written out in the setting
            return HTTPConnectionPool(host, self.hook.port, timeout=timeout)
        from certifi import where

        return HTTPSConnectionPool(
            self.resolve(host, self.hook.port),
            self.hook.port,
            timeout=timeout,
            server_hostname=host,
            assert_hostname=host,
            cert_reqs="CERT_REQUIRED",
            ca_certs=self.authorities or where(),
        )


def _refusal(said: bytes) -> int | None:
    """The code that a service answers with when it does not take a message."""
    try:
        answer = json.loads(said)
    except ValueError:
        return None
    codes: Sequence[Any] = [answer.get(name) for name in REFUSALS] if isinstance(answer, dict) else ()
    return next((code for code in codes if isinstance(code, int) and code), None)
