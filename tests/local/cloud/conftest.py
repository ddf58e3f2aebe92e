"""The real SDKs against the emulator."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from qcloud_cos import CosConfig, CosS3Client
from tencentcloud.common.credential import Credential
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.ses.v20201002 import models
from tencentcloud.ses.v20201002.ses_client import SesClient

from local.cloud import Cloud, Credentials

BUCKET = "drops-1250000000"
REGION = "ap-guangzhou"
KEYS = Credentials("AKIDexample", "example-secret", "example-token")

Ses = Callable[..., Any]


class SteppedClock:
    """A clock that stands still but for those who sleep on it."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        return datetime(2026, 11, 23, 8, 0, tzinfo=timezone.utc) + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        with self._lock:
            return self._seconds

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self._seconds += seconds


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
def cloud(clock: SteppedClock) -> Cloud:
    cloud = Cloud(KEYS, clock)
    cloud.objects.create_bucket(BUCKET)
    return cloud


@pytest.fixture
def endpoint(cloud: Cloud) -> Iterator[str]:
    with cloud.serve() as endpoint:
        yield endpoint


def cos_client(endpoint: str, session: requests.Session, keys: Credentials = KEYS) -> CosS3Client:
    port = urlsplit(endpoint).port
    config = CosConfig(
        Region=REGION,
        SecretId=keys.secret_id,
        SecretKey=keys.secret_key,
        Token=keys.token,
        Scheme="http",
        IP="127.0.0.1",
        Port=port,
        Timeout=10,
    )
    return CosS3Client(config, retry=0, session=session)


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


@pytest.fixture
def cos(endpoint: str, session: requests.Session) -> CosS3Client:
    return cos_client(endpoint, session)


def ses_caller(endpoint: str, keys: Credentials = KEYS, region: str = "ap-singapore") -> Ses:
    """Calls an action by its name and gives what it answers; the SDK's own exceptions come through."""
    http = HttpProfile(protocol="http", endpoint=urlsplit(endpoint).netloc, reqTimeout=10)
    credential = Credential(keys.secret_id, keys.secret_key, keys.token)
    client = SesClient(credential, region, ClientProfile(httpProfile=http))

    def call(action: str, **params: object) -> Any:
        request = getattr(models, f"{action}Request")()
        request._deserialize(params)  # noqa: SLF001 - the SDK's way to fill a request from a dict
        return getattr(client, action)(request)

    return call


@pytest.fixture
def ses(endpoint: str) -> Ses:
    return ses_caller(endpoint)
