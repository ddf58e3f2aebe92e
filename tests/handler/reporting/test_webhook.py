"""One message to NOTIFY_URL: what each service is sent, and who is never spoken to."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme

from handler.errors import OperatorProblem
from handler.reporting.webhook import Webhook, is_public, public_address
from handler.settings import Hook
from tests.listener import Listener, listening

FACTS: dict[str, Any] = {"status": "imported", "rows": {"imported": 2}}
SECRET = "the-key-in-the-path"
SECONDS = 5.0


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


def hook(listener: Listener, path: str = f"/hook?key={SECRET}") -> Hook:
    return Hook("http", "127.0.0.1", listener.port, path)


def complaint(webhook: Webhook) -> str:
    with pytest.raises(OperatorProblem) as caught:
        webhook.send(FACTS, "text")
    assert SECRET not in caught.value.message
    assert caught.value.__cause__ is None
    return caught.value.message


def test_plain_json(listener: Listener) -> None:
    """Anybody's own server gets all there is, as JSON, at the path and query of the setting."""
    Webhook(hook(listener), SECONDS).send(FACTS, "Imported: 2 · 两个")
    (asked,) = listener.asked
    assert asked.path == f"/hook?key={SECRET}"
    assert asked.headers["Content-Type"] == "application/json; charset=utf-8"
    assert asked.headers["Host"] == f"127.0.0.1:{listener.port}"
    assert json.loads(asked.body) == {**FACTS, "text": "Imported: 2 · 两个"}


@pytest.fixture
def tls(tmp_path: Path) -> Callable[[str], Any]:
    """A server with a certificate for the name it is given, and a webhook of that name that is led there."""

    @contextmanager
    def serving(host: str, certified: str | None = None) -> Iterator[tuple[Listener, Webhook]]:
        authority = trustme.CA()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(certified or host).configure_cert(context)
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        with listening(context) as listener:
            resolve = lambda name, port: {(host, listener.port): "127.0.0.1"}[name, port]  # noqa: E731
            webhook = Webhook(
                Hook("https", host, listener.port, "/"), SECONDS, resolve=resolve, authorities=str(tmp_path / "ca.pem")
            )
            yield listener, webhook

    return serving


@pytest.mark.parametrize(
    ("host", "wanted"),
    [
        ("hooks.slack.com", {"text": "1 &lt; 2 &amp; 3"}),
        ("qyapi.weixin.qq.com", {"msgtype": "text", "text": {"content": "1 < 2 & 3"}}),
        ("oapi.dingtalk.com", {"msgtype": "text", "text": {"content": "1 < 2 & 3"}}),
        ("open.feishu.cn", {"msg_type": "text", "content": {"text": "1 < 2 & 3"}}),
        ("hooks.example.com", {**FACTS, "text": "1 < 2 & 3"}),
    ],
)
def test_each_service_gets_its_own_form(tls: Callable[[str], Any], host: str, wanted: dict[str, Any]) -> None:
    """By the host; over TLS to the address that was looked up, under the name that the setting has."""
    with tls(host) as (listener, webhook):
        webhook.send(FACTS, "1 < 2 & 3")
        (asked,) = listener.asked
        assert json.loads(asked.body) == wanted
        assert asked.headers["Host"] == f"{host}:{listener.port}"


def test_certificates_are_held_against_the_name(tls: Callable[..., Any]) -> None:
    """Whoever has a certificate for another name is told nothing."""
    with tls("hooks.example.com", "other.example.com") as (listener, webhook):
        assert "SSL" in complaint(webhook)
        assert listener.asked == []


@pytest.mark.parametrize("answer", ['{"errcode": 93000, "errmsg": "invalid webhook"}', '{"code": 19024}'])
def test_a_refusal_in_a_success_is_seen(tls: Callable[[str], Any], answer: str) -> None:
    """WeCom, DingTalk and Feishu say what is wrong behind an HTTP 200."""
    with tls("qyapi.weixin.qq.com") as (listener, webhook):
        listener.answer = answer.encode()
        assert "refused, code" in complaint(webhook)
        listener.answer = b'{"errcode": 0, "code": 0, "errmsg": "ok"}'
        webhook.send(FACTS, "text")


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 404, 500, 503])
def test_anything_but_success_is_a_failure(listener: Listener, status: int) -> None:
    """And a redirect leads nowhere."""
    listener.status, listener.headers = status, {"Location": f"http://127.0.0.1:{listener.port}/elsewhere"}
    assert f"HTTP {status}" in complaint(Webhook(hook(listener), SECONDS))
    assert [asked.path for asked in listener.asked] == [f"/hook?key={SECRET}"]


@pytest.mark.parametrize("slow", ["answer", "drip"])
def test_nobody_is_waited_for(listener: Listener, slow: str) -> None:
    """Neither for an answer that does not come, nor for one that comes byte by byte."""
    listener.slow = slow
    assert "no answer within 0.2 seconds" in complaint(Webhook(hook(listener), seconds=0.2))


def test_nobody_there() -> None:
    """A closed port is a failure like any other."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = Hook("http", "127.0.0.1", unused.getsockname()[1], f"/{SECRET}")
        assert complaint(Webhook(url, SECONDS)).startswith("NOTIFY_URL: ")


PRIVATE = """127.0.0.1 127.8.8.8 0.0.0.0 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 169.254.0.23 169.254.169.254
100.64.0.1 192.0.0.1 198.18.0.1 224.0.0.1 255.255.255.255 ::1 :: fe80::1 fe80::1%eth0 fc00::1 fd00::1 ff02::1
::ffff:10.0.0.1 ::ffff:8.8.8.8 64:ff9b::a00:1 2002:a00:1:: 2001:0:a00:1::""".split()


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_public(address: str) -> None:
    """Networks of one's own, loopback, link-local, shared and multicast addresses, and any that wraps another."""
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "43.152.0.1", "2606:4700:4700::1111", "240e::1"])
def test_what_is_public(address: str) -> None:
    """The internet."""
    assert is_public(address)


def names(*addresses: str) -> Callable[..., list[Any]]:
    """The system's answer for a name with these addresses."""

    def found(host: str, port: int, **kind: Any) -> list[Any]:
        families = [socket.AF_INET6 if ":" in address else socket.AF_INET for address in addresses]
        return [
            (family, socket.SOCK_STREAM, 6, "", (address, port))
            for family, address in zip(families, addresses, strict=True)
        ]

    return found


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["2606:4700::1", "::1"], []])
def test_names_that_lead_inside_are_refused(monkeypatch: pytest.MonkeyPatch, addresses: list[str]) -> None:
    """One address that is not public is enough; nobody is connected to."""
    monkeypatch.setattr(socket, "getaddrinfo", names(*addresses))
    webhook = Webhook(Hook("https", "hooks.example.com", 443, f"/{SECRET}"), SECONDS)
    assert "not public" in complaint(webhook)


def test_an_ipv4_address_is_preferred(monkeypatch: pytest.MonkeyPatch) -> None:
    """Functions have no way to the IPv6 internet."""
    monkeypatch.setattr(socket, "getaddrinfo", names("2606:4700::1", "8.8.8.8"))
    assert public_address("hooks.example.com", 443) == "8.8.8.8"


def test_a_name_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Is a failure like any other."""

    def unknown(*asked: Any, **kind: Any) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert complaint(Webhook(Hook("https", "hooks.example.com", 443, "/"), SECONDS)) == "NOTIFY_URL: gaierror"
