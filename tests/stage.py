"""A stage for the function: real SDKs, the emulator over the wire, a clock that moves only when somebody waits."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from handler.app import Invocation
from handler.settings import Settings
from local.cloud import Cloud
from local.cloud.group import GroupProblem
from local.cloud.policies import Policy
from local.platform.events import created, merged
from local.platform.simulation import Simulation
from local.policy import policy

BUCKET = "drops-1250000000"
GROUP = 1001
ROOT = Path(__file__).parent.parent


OWN_ADDRESS = "mail=email"


def _data_of(address: str) -> str:
    return f'{{"mail":"{address}"}}' if address else ""


class FakeClock:
    """Time that passes only when somebody sleeps. It begins at the real time, by which the SDKs sign, and at a whole
    second, as stores tell it: what depends on that is the same in each run."""

    def __init__(self) -> None:
        self._start = datetime.now(timezone.utc).replace(microsecond=0)
        self._passed = 0.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._passed)

    def monotonic(self) -> float:
        return self._passed

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self._passed += max(seconds, 0.0)


@dataclass
class Stage:
    """A bucket, a group, and the function in front of them."""

    cloud: Cloud
    endpoint: str
    clock: FakeClock | Simulation
    settings: dict[str, str] = field(default_factory=dict)
    enforced: bool = True
    """Whether the emulator refuses what the role's policy does not allow."""
    template_data: str = ""
    """The setting TEMPLATE_DATA."""
    _events: int = 0

    def use_data(self) -> None:
        """From now on each address has itself as its data, whoever adds it."""
        self.template_data = OWN_ADDRESS
        self.cloud.groups.console_data = _data_of

    def add(self, addresses: Sequence[str], receiver_id: int = GROUP) -> None:
        """Somebody else adds members."""
        data = [*map(_data_of, addresses)] if self.template_data else None
        self.cloud.groups.add(receiver_id, addresses, data)

    def assert_data(self, receiver_id: int = GROUP) -> None:
        """Each member of the group has itself as its data, where data are used."""
        if self.template_data == OWN_ADDRESS:
            with suppress(GroupProblem):  # the group was deleted
                data = self.cloud.groups.data(receiver_id)
                assert data == {address: _data_of(address) for address in data}

    def drop(self, content: bytes | Path, key: str = f"incoming/{GROUP}/list.csv", **metadata: str) -> dict[str, Any]:
        """Puts a file into the bucket; the event that COS sends for it."""
        named = {f"x-cos-meta-{name.replace('_', '-')}": value for name, value in metadata.items()}
        etag = self.cloud.objects.put(BUCKET, key, content, named).etag
        self._events += 1
        return created(BUCKET, key, self.cloud.objects.now(), self._events, etag)

    def event(self, *keys: str) -> dict[str, Any]:
        """A new event for these files, which does not tell which version of them it speaks of."""
        self._events += 1
        return merged([created(BUCKET, key, self.cloud.objects.now(), self._events) for key in keys])

    def invoke(self, event: object, seconds: float = 900.0, **settings: str) -> dict[str, Any]:
        """Calls the function once, as the platform does."""
        environ = self.environment(**settings)
        if self.enforced:
            self.cloud.policy = self.rights(environ)
        context = {"time_limit_in_ms": seconds * 1000, "request_id": f"request-{self._events}"}
        return Invocation(environ, context, self.clock).handle(event)

    @staticmethod
    def rights(environ: Mapping[str, str]) -> Policy | None:
        """What the role is allowed with these settings: every flow runs under the policy that is deployed with it."""
        settings = Settings.read(environ)
        return Policy(policy(settings)) if settings.bucket else None

    def environment(self, **settings: str) -> Mapping[str, str]:
        """The function's environment variables."""
        keys = self.cloud.credentials
        return {
            "TENCENTCLOUD_SECRETID": keys.secret_id,
            "TENCENTCLOUD_SECRETKEY": keys.secret_key,
            "TENCENTCLOUD_SESSIONTOKEN": keys.token or "",
            "TENCENTCLOUD_REGION": "ap-singapore",
            "SES_ENDPOINT": self.endpoint,
            "COS_ENDPOINT": self.endpoint,
            "BUCKET": BUCKET,
            "TEMPLATE_DATA": self.template_data,
            **self.settings,
            **settings,
        }

    def run(self, content: bytes | Path, key: str = f"incoming/{GROUP}/list.csv", **settings: Any) -> dict[str, Any]:
        """Drops a file and calls the function for it; the report."""
        return self.report(self.invoke(self.drop(content, key), **settings))

    def report(self, result: Mapping[str, Any]) -> dict[str, Any]:
        """The report of the only import of a result."""
        (imported,) = result["imports"]
        report: dict[str, Any] = json.loads(self.cloud.objects.read(BUCKET, imported["report"]))
        assert report["rows"]["total"] == sum(count for fate, count in report["rows"].items() if fate != "total")
        return report

    def members(self, receiver_id: int = GROUP) -> list[str]:
        """The members that the group shows by now, doubles and all."""
        return self.cloud.groups.members(receiver_id)

    def contents(self, receiver_id: int = GROUP) -> list[str]:
        """What was truly accepted into the group, shown by now or not, doubles and all."""
        return self.cloud.groups.contents(receiver_id)

    def calls(self, action: str) -> int:
        """How many calls of this kind there were."""
        return sum(call.is_called(action) for call in self.cloud.calls)

    def text(self, key: str) -> str:
        """A written file as text."""
        return self.cloud.objects.read(BUCKET, key).decode("utf-8-sig")

    def keys(self, prefix: str = "") -> list[str]:
        """The keys in the bucket."""
        return self.cloud.objects.keys(BUCKET, prefix)
