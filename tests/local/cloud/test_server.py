"""The port: kept open between requests, closed for good at the end."""

from __future__ import annotations

import http.client
import socket
import threading
from urllib.parse import urlsplit

import pytest
import requests
from qcloud_cos import CosS3Client

from local.cloud import Cloud, Fault
from tests.local.cloud.conftest import BUCKET, Ses, cos_client


def connected(endpoint: str) -> socket.socket:
    url = urlsplit(endpoint)
    return socket.create_connection((url.hostname, url.port or 80), timeout=10)


def test_a_connection_carries_many_requests(cloud: Cloud, endpoint: str) -> None:
    """It stays open after an answer, after a refusal, and after a body nobody wanted."""
    connection = http.client.HTTPConnection(urlsplit(endpoint).netloc, timeout=10)
    connection.connect()
    first = connection.sock
    for body in (b"", b"x" * 100_000):
        connection.request("PUT", "/a", body=body, headers={"Host": f"{BUCKET}.cos.ap-guangzhou.myqcloud.com"})
        answer = connection.getresponse()
        assert (answer.status, b"AccessDenied" in answer.read()) == (403, True)
        assert connection.sock is first
    connection.close()


def test_a_drop_closes_the_connection(cloud: Cloud, cos: CosS3Client, session: requests.Session) -> None:
    """Nothing is said; the next request opens another one."""
    cloud.faults.script("HeadBucket", Fault.drop_before())
    with pytest.raises(Exception, match="closed connection"):
        cos.head_bucket(Bucket=BUCKET)
    cos.head_bucket(Bucket=BUCKET)


def test_a_body_that_waits_for_leave(endpoint: str) -> None:
    """`Expect: 100-continue` gets its 100."""
    with connected(endpoint) as raw:
        head = f"PUT /a HTTP/1.1\r\nHost: {BUCKET}.cos.ap-guangzhou.myqcloud.com\r\nExpect: 100-continue\r\n"
        raw.sendall(f"{head}Content-Length: 1\r\n\r\n".encode())
        assert raw.recv(1000).startswith(b"HTTP/1.1 100 Continue")
        raw.sendall(b"x")
        assert raw.recv(1000).startswith(b"HTTP/1.1 403")


def test_a_request_that_breaks_off_has_no_effect(cloud: Cloud, endpoint: str, ses: Ses) -> None:
    """A body shorter than announced is no body; the server goes on."""
    with connected(endpoint) as raw:
        raw.sendall(b"PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nshort")
    assert ses("ListReceivers", Offset=0, Limit=1).TotalCount == 0
    assert [call.service for call in cloud.calls] == ["ses"]


def test_stopping_ends_open_connections(cloud: Cloud, session: requests.Session) -> None:
    """No thread and no port is left, though a client keeps its connection, or leaves in the middle of a body."""
    before = set(threading.enumerate())
    cloud.objects.put(BUCKET, "large", b"x" * 5_000_000)
    with cloud.serve() as endpoint:
        cos = cos_client(endpoint, session)
        cos.head_bucket(Bucket=BUCKET)
        cos.get_object(Bucket=BUCKET, Key="large")["Body"].get_raw_stream().read(10)
    assert set(threading.enumerate()) <= before
    with pytest.raises(ConnectionRefusedError):
        connected(endpoint)


def test_a_port_may_be_chosen_and_used_again(cloud: Cloud) -> None:
    """The endpoint says which; the state outlives the server."""
    with cloud.serve() as endpoint:
        port = urlsplit(endpoint).port
    with cloud.serve(port=port or 0) as again, requests.Session() as session:
        assert again == endpoint
        cos_client(again, session).head_bucket(Bucket=BUCKET)
