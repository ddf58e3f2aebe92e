"""serverless.yml, held against the code that deploys it: unknown keys are ignored in silence there, and not here."""

from __future__ import annotations

import copy
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from handler.settings import Settings
from local import deployment
from local.deployment import OWN_KEYS, REQUIRED
from tests.npm import installed
from tests.stage import ROOT

HERE = ROOT / "tests/serverless"
SET_BY_SCF = {*OWN_KEYS, "TENCENTCLOUD_REGION", "TENCENTCLOUD_APPID"}
LOOPBACK_ONLY = {"COS_ENDPOINT"}


@pytest.fixture(scope="session")
def modules() -> Path:
    """The deploying code, in the version that the lock file names; kept between runs."""
    return installed(HERE)


def read_env(**changes: str) -> dict[str, str]:
    """`.env` as a newcomer has it: the example, and the keys filled in."""
    keys = {"TENCENT_SECRET_ID": "AKIDexample", "TENCENT_SECRET_KEY": "example"}
    return {**deployment.read(ROOT / ".env.example", {}), **keys, **changes}


def filled(value: Any, env: dict[str, str]) -> Any:
    """A value with its names resolved as `scf` does it: one that stands alone and is not set is left out."""
    if isinstance(value, dict):
        each = {name: filled(inner, env) for name, inner in value.items()}
        return {name: inner for name, inner in each.items() if inner is not None}
    if isinstance(value, list):
        return [filled(inner, env) for inner in value]
    if not isinstance(value, str):
        return value
    alone = re.fullmatch(r"\$\{env:(\w+)\}", value)
    return env.get(alone[1]) if alone else re.sub(r"\$\{env:(\w+)\}", lambda name: env[name[1]], value)


def inputs(env: dict[str, str]) -> Any:
    return filled(yaml.safe_load((ROOT / "serverless.yml").read_text(encoding="utf-8"))["inputs"], env)


def deploy(modules: Path, given: Any) -> dict[str, Any]:
    """What the deploying code asks of Tencent Cloud: at the first deployment, and at a second one without a change."""
    command = [str(shutil.which("node")), str(HERE / "deploy.js"), str(modules)]
    done = subprocess.run(command, input=json.dumps(given), capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def asked(requests: list[dict[str, Any]], action: str) -> list[dict[str, Any]]:
    return [{**request, "Action": action} for request in requests if request["Action"] == action]


def test_nothing_is_ignored_or_defaulted(modules: Path) -> None:
    """Every key of ours is read, and the function is created with what the file says and nothing else."""
    deployed = deploy(modules, inputs(read_env()))
    assert deployed["ignored"] == []
    (created,) = asked(deployed["creating"], "CreateFunction")
    environment = {each["Key"]: each["Value"] for each in created.pop("Environment")["Variables"]}
    assert created == {
        "Action": "CreateFunction",
        "FunctionName": "ses-recipient-import",
        "Namespace": "default",
        "Description": "Imports address files from a COS bucket into SES recipient groups",
        "Type": "Event",
        "DeployMode": "code",
        "Code": {"CosBucketName": "code", "CosObjectName": "/code.zip"},
        "Handler": "index.main_handler",
        "Runtime": "Python3.10",
        "Role": "ses-recipient-import",
        "MemorySize": 256,
        "Timeout": 900,
        "InitTimeout": 60,
        "DiskSize": 512,
        "PublicNetConfig": {"PublicNetStatus": "ENABLE", "EipConfig": {"EipStatus": "DISABLE"}},
        "L5Enable": "FALSE",
        "InstallDependency": "FALSE",
    }
    assert environment == {
        "BUCKET": "drops-1250000000",
        "INCOMING_PREFIX": "incoming/",
        "REPORTS_PREFIX": "reports/",
        "STATE_PREFIX": "state/",
        "SES_REGION": "ap-singapore",
        "SES_ENDPOINT": "ses.intl.tencentcloudapi.com",
        "COS_REGION": "ap-singapore",
    }


def test_triggers_are_open(modules: Path) -> None:
    """Both triggers are created, open, on the default version: new files of the incoming prefix, and the sweep."""
    triggers = asked(deploy(modules, inputs(read_env()))["creating"], "CreateTrigger")
    assert [trigger["Type"] for trigger in triggers] == ["cos", "timer"]
    assert {(trigger["Enable"], trigger["Qualifier"]) for trigger in triggers} == {("OPEN", "$DEFAULT")}
    cos, timer = triggers
    assert cos["TriggerName"] == "drops-1250000000.cos.ap-singapore.myqcloud.com"
    wanted = {"event": "cos:ObjectCreated:*", "filter": {"Prefix": "incoming/", "Suffix": ""}}
    assert json.loads(cos["TriggerDesc"]) == wanted
    assert (timer["TriggerName"], timer["TriggerDesc"], timer["CustomArgument"]) == ("sweep", "0 */5 * * * * *", "")


def test_deploying_again_changes_nothing(modules: Path) -> None:
    """A second deployment keeps the environment, and neither removes nor makes a trigger."""
    deployed = deploy(modules, inputs(read_env()))
    (created,) = asked(deployed["creating"], "CreateFunction")
    (updated,) = asked(deployed["updating"], "UpdateFunctionConfiguration")
    assert [name for name in updated if name != "Action" and updated[name] != created[name]] == []
    assert {request["Action"] for request in deployed["updating"]}.isdisjoint({"CreateTrigger", "DeleteTrigger"})


def test_all_settings_reach_the_function(modules: Path) -> None:
    """Every setting of the function can be set in .env, and arrives as it is."""
    aliases = {str(setting.alias) for setting in Settings.model_fields.values()} - SET_BY_SCF - LOOPBACK_ONLY
    env = read_env(**{name: f"a value for {name}" for name in aliases}, CLS_LOGSET_ID="set", CLS_TOPIC_ID="topic")
    (created,) = asked(deploy(modules, inputs(env))["creating"], "CreateFunction")
    given = {each["Key"]: each["Value"] for each in created["Environment"]["Variables"]}
    assert given == {name: env[name] for name in aliases - {"COS_REGION"}} | {"COS_REGION": env["REGION"]}
    assert (created["ClsLogsetId"], created["ClsTopicId"]) == ("set", "topic")


def test_dead_letters_can_be_uncommented(modules: Path) -> None:
    """What serverless.yml has in a comment for dead letters is what the deploying code reads."""
    text = (ROOT / "serverless.yml").read_text(encoding="utf-8")
    (commented,) = re.findall(r"^  # deadLetter:\n(?:  #   .*\n)+", text, re.MULTILINE)
    given = {**inputs(read_env()), **yaml.safe_load(commented.replace("  # ", ""))}
    deployed = deploy(modules, given)
    assert deployed["ignored"] == []
    (created,) = asked(deployed["creating"], "CreateFunction")
    assert created["DeadLetterConfig"] == {"Type": "CMQ-QUEUE", "Name": "the queue's name"}


@pytest.mark.parametrize(
    ("place", "name"),
    [((), "memory"), (("events", 0, "cos", "parameters"), "prefix"), (("events", 1, "timer", "parameters"), "cron")],
)
def test_this_test_sees_what_is_ignored(modules: Path, place: tuple[Any, ...], name: str) -> None:
    """A key that the deploying code does not know is found out."""
    given = copy.deepcopy(inputs(read_env()))
    inner = given
    for step in place:
        inner = inner[step]
    inner[name] = "something"
    assert [path.rpartition(".")[2] for path in deploy(modules, given)["ignored"]] == [name]


def test_the_example_is_complete() -> None:
    """.env.example tells of every name that is used, and of no other; what is required is not commented out."""
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    told = set(re.findall(r"^#?([A-Z][A-Z_]*)=", text, re.MULTILINE))
    assert told == deployment.deployed() | {"TENCENT_SECRET_ID", "TENCENT_SECRET_KEY"}
    assert set(REQUIRED) <= set(deployment.read(ROOT / ".env.example", {}))
    assert list(deployment.problems(read_env())) == []


def test_the_example_names_the_defaults() -> None:
    """What .env.example shows for an optional setting is its default."""
    shown = re.findall(r"^#([A-Z_]+)=(.+)$", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(shown) >= 6
    assert deployment.settings_of(read_env(**dict(shown))) == deployment.settings_of(read_env())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"BUCKET": ""}, "BUCKET is missing"),
        ({"BUCKET": "drops"}, "BUCKET must be a bucket's name"),
        ({"INCOMING_PREFIX": "incoming"}, "must end with a slash"),
        ({"REPORTS_PREFIX": "incoming/reports/"}, "REPORTS_PREFIX must lie neither inside"),
        ({"ON_OVERFLOW": "fil"}, "ON_OVERFLOW must be"),
        ({"CLS_TOPIC_ID": ""}, "turns the log off"),
    ],
)
def test_wrong_settings_are_found_before(changes: dict[str, str], words: str) -> None:
    """What the function would complain about is said before it is deployed."""
    assert [words in problem for problem in deployment.problems(read_env(**changes))] == [True]


def test_reading_env(tmp_path: Path) -> None:
    """.env is read as `scf` reads it: comments on their own lines, quotes taken off, the environment wins."""
    path = tmp_path / ".env"
    path.write_text("# no\nA=1\n  B = 'two words' \nexport C=\"3\"\nD=\n#E=5\nF=a=b\n", encoding="utf-8")
    assert deployment.read(path, {"A": "0"}) == {"A": "0", "B": "two words", "C": "3", "D": "", "F": "a=b"}
    assert deployment.read(tmp_path / "none", {"A": "0"}) == {"A": "0"}
