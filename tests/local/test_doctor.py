from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from handler.timing import SystemClock
from local import deployment
from local.__main__ import main
from local.cloud import Cloud, Credentials
from local.cloud.policies import Policy
from local.doctor import Finding, examine
from tests.stage import BUCKET, GROUP, ROOT

LOCKS = "locks-1250000000"
OWN_KEYS = Credentials("AKIDown", "own-secret", None)
WELL = ["settings", "prefixes", "bucket", "permissions", "clock", "versioning", "locks", "group", "members"]


class WrongClock(SystemClock):
    """A clock that is ten minutes fast."""

    def now(self) -> datetime:
        return super().now() + timedelta(minutes=10)


@dataclass
class Patient:
    """A deployment to be made: an account that the deployer has permanent keys for, and .env."""

    cloud: Cloud
    env: dict[str, str] = field(default_factory=dict)

    def findings(self, group: int | None = None, clock: SystemClock | None = None) -> list[Finding]:
        return list(examine(self.env, clock or SystemClock(), group))

    def failures(self, group: int | None = None, clock: SystemClock | None = None) -> dict[str, str]:
        """What is not well, with what is said of it and what to do."""
        found = self.findings(group, clock)
        return {finding.name: f"{finding.says} -> {finding.remedy}" for finding in found if not finding.is_well}


@pytest.fixture
def patient() -> Iterator[Patient]:
    """A bucket and a group, all as it should be; afterwards the bucket is as it was, and so are the groups."""
    cloud = Cloud(OWN_KEYS)
    cloud.objects.create_bucket(BUCKET)
    cloud.groups.create("spring", receiver_id=GROUP)
    with cloud.serve() as endpoint:
        env = deployment.read(ROOT / ".env.example", {})
        keys = {"TENCENT_SECRET_ID": OWN_KEYS.secret_id, "TENCENT_SECRET_KEY": OWN_KEYS.secret_key}
        yield Patient(cloud, {**env, **keys, "COS_ENDPOINT": endpoint, "SES_ENDPOINT": endpoint})
    assert cloud.objects.keys(BUCKET) == []
    assert not any(call.action == "CreateReceiverDetail" for call in cloud.calls)


def test_all_is_well(patient: Patient) -> None:
    """Every check is made, with keys that have no token, and none has anything to say."""
    assert [finding.name for finding in patient.findings()] == WELL
    assert patient.failures() == {}
    assert patient.cloud.problems == []


def test_the_black_list_is_looked_at_where_it_is_used(patient: Patient) -> None:
    """One request; without the right to it the remedy names the right and the setting, and without the setting nobody
    asks."""
    asked = {**patient.env, "SKIP_BLOCKED": "true"}
    patient.cloud.groups.black_list.put(["ann@example.com"], days_ago=500)
    (found,) = [finding for finding in examine(asked, SystemClock()) if finding.name == "black list"]
    assert (found.is_well, found.says) == (True, "it can be read, and has 1 on it")
    forbid("ses:ListBlackEmailAddress")(patient)
    (found,) = [finding for finding in examine(asked, SystemClock()) if not finding.is_well]
    assert found.name == "black list"
    assert "ses:ListBlackEmailAddress" in found.remedy
    assert "SKIP_BLOCKED" in found.remedy
    assert patient.failures() == {}
    assert sum(call.action == "ListBlackEmailAddress" for call in patient.cloud.calls) == 2


def enable_versioning(patient: Patient) -> None:
    patient.cloud.objects.set_versioning(BUCKET, "suspended")


def fill_group(patient: Patient) -> None:
    for start in range(0, 50_000, 20_000):
        patient.cloud.groups.add(GROUP, [f"p{n}@example.com" for n in range(start, min(start + 20_000, 50_000))])


def other_variables(patient: Patient) -> None:
    """A group whose members have other variables than the setting names."""
    patient.cloud.groups.console_data = lambda _: '{"name": "x", "city": "y"}'
    patient.cloud.groups.upload(GROUP, ["a@example.com"])
    patient.env["TEMPLATE_DATA"] = "name=Name"


def forbid(action: str) -> Callable[[Patient], None]:
    """Keys that may do everything but this."""

    def change(patient: Patient) -> None:
        actions = ["HeadBucket", "GetObject", "PutObject", "DeleteObject", "GetBucket", "GetBucketVersioning"]
        cos = [f"name/cos:{name}" for name in actions]
        ses = ["ses:ListReceivers", "ses:ListReceiverDetails"]
        allowed = [each for each in cos + ses if not each.endswith(f":{action}")]
        statement: Any = {"effect": "allow", "action": allowed, "resource": ["*", "qcs::cos:*"]}
        patient.cloud.policy = Policy({"version": "2.0", "statement": [statement]})

    return change


def setting(**changes: str) -> Callable[[Patient], None]:
    return lambda patient: patient.env.update(changes)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (setting(TENCENT_SECRET_ID=""), {"keys": "Put your own key into .env"}),
        (setting(TENCENT_SECRET_ID="AKIDother"), {"bucket": "Are the keys right", "group": "the keys good for SES"}),
        (setting(TENCENT_SECRET_KEY="other"), {"bucket": "Are the keys right", "group": "the keys good for SES"}),
        (setting(BUCKET="other-1250000000"), {"bucket": "Is there such a bucket"}),
        (setting(STATE_BUCKET=LOCKS), {"state bucket": "Is there such a bucket"}),
        (setting(REPORTS_PREFIX="incoming/reports/"), {"settings": "REPORTS_PREFIX must lie neither inside"}),
        (setting(RECEIVER_ID="7"), {"group": "no group 7"}),
        (enable_versioning, {"versioning": "STATE_BUCKET", "locks": "STATE_BUCKET"}),
        (fill_group, {"group": "50,000 of 50,000 addresses -> It is full"}),
        (forbid("HeadBucket"), {"bucket": "do they have the permissions"}),
        (
            forbid("PutObject"),
            {"permissions": "your own keys", "clock": "do they have the permissions", "locks": "your own keys"},
        ),
        (forbid("GetObject"), {"permissions": "your own keys"}),
        (forbid("GetBucket"), {"permissions": "your own keys"}),
        (forbid("GetBucketVersioning"), {"versioning": "your own keys"}),
        (forbid("ListReceivers"), {"group": "AuthFailure.UnauthorizedOperation"}),
        (forbid("ListReceiverDetails"), {"group": "AuthFailure.UnauthorizedOperation"}),
        (other_variables, {"members": "for the template: city, name -> TEMPLATE_DATA names other variables"}),
        (lambda patient: patient.cloud.groups.delete(GROUP), {"group": "Create a recipient group"}),
    ],
)
def test_what_is_wrong_is_named(patient: Patient, change: Callable[[Patient], None], said: dict[str, str]) -> None:
    """Each thing that can be known to be wrong is found, says what to do, and spoils no other check."""
    change(patient)
    failures = patient.failures()
    assert set(failures) == set(said)
    assert [name for name in said if said[name].lower() not in failures[name].lower()] == []


def test_removal_is_a_right_too(patient: Patient) -> None:
    """Keys that may write and not remove are found out, though their test objects then stay."""
    forbid("DeleteObject")(patient)
    assert set(patient.failures()) == {"permissions"}
    assert all(key.startswith("state/doctor/") for key in patient.cloud.objects.keys(BUCKET))
    for key in patient.cloud.objects.keys(BUCKET):
        patient.cloud.objects.delete(BUCKET, key, None)


def test_a_wrong_clock(patient: Patient) -> None:
    """A machine's clock is held against that of COS."""
    failures = patient.failures(clock=WrongClock())
    assert set(failures) == {"clock"}
    assert re.fullmatch(r"6\d\d s off -> Set the clock of this machine\.", failures["clock"])  # and as long as it took


def test_a_bucket_with_versioning_and_another_for_the_state(patient: Patient) -> None:
    """The way out that is named is one."""
    enable_versioning(patient)
    patient.cloud.objects.create_bucket(LOCKS)
    patient.env["STATE_BUCKET"] = LOCKS
    assert patient.failures() == {}
    assert patient.cloud.objects.keys(LOCKS) == []


@pytest.mark.parametrize(
    ("change", "settings"),
    [
        (fill_group, {"ON_OVERFLOW": "split"}),
        (lambda patient: patient.cloud.groups.delete(GROUP), {"GROUP_FOLDERS": "name", "CREATE_GROUPS": "true"}),
    ],
    ids=["a full group that is continued", "no group where they are created"],
)
def test_what_the_function_sees_to_itself(
    patient: Patient, change: Callable[[Patient], None], settings: dict[str, str]
) -> None:
    """It makes the groups that it needs."""
    change(patient)
    patient.env |= settings
    assert patient.failures() == {}


def test_one_group_or_all(patient: Patient) -> None:
    """Asked for one group it tells of that one; else of all there are."""
    patient.cloud.groups.create("summer", receiver_id=1002)
    told = [finding.says.partition(":")[0] for finding in patient.findings() if finding.name == "group"]
    assert told == ["1001 spring", "1002 summer"]
    assert [finding.says[:11] for finding in patient.findings(1002) if finding.name == "group"] == ["1002 summer"]


def test_nobody_there(patient: Patient) -> None:
    """Where nothing answers, that is said, for both services."""
    patient.env |= {"COS_ENDPOINT": "http://127.0.0.1:9", "SES_ENDPOINT": "http://127.0.0.1:9"}
    failures = patient.failures()
    assert set(failures) == {"bucket", "group"}
    assert "It could not be reached" in failures["group"]


def test_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """On the emulator it works without .env, and exits with 0; without it, it asks for .env, and exits with 2."""
    monkeypatch.chdir(tmp_path)
    assert main(["doctor", "--emulator"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["ok"] * len(WELL)
    assert main(["doctor"]) == 2
    assert "cp .env.example .env" in capsys.readouterr().out


def test_policy_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The policy is printed as JSON that can be pasted."""
    monkeypatch.chdir(tmp_path)
    for name, value in deployment.read(ROOT / ".env.example", {}).items():
        monkeypatch.setenv(name, value)
    assert main(["policy"]) == 0
    assert json.loads(capsys.readouterr().out)["version"] == "2.0"
