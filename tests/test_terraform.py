"""deploy/main.tf, held against serverless.yml, against the role's policy, and against what the provider's documentation
names. `terraform validate` asks for the provider, which is on a registry of its own: this is what can be known without.
"""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote_plus

import hcl2
import pytest
import yaml

from local import deploying, deployment, policy
from local.deploying import variables
from tests.stage import ROOT
from tests.test_serverless import inputs, read_env

MAIN = ROOT / "deploy/main.tf"
TEXT = MAIN.read_text(encoding="utf-8")
ARGUMENTS = yaml.safe_load((ROOT / "tests/terraform/arguments.yml").read_text(encoding="utf-8"))
OF_TERRAFORM = {"count", "depends_on", "for_each"}
OWN_VARIABLES = {name.lower() for name in deploying.OWN_VARIABLES}
NOT_IN_THE_PROVIDER = {"initTimeout", "diskSize", "installDependency"}
"""What serverless.yml sets and the provider cannot: the platform's own defaults are the same, or do as well."""

FUNCTIONS: dict[str, Any] = {
    "coalesce": lambda *values: next(filter(None, values)),
    "concat": lambda first, second: [*first, *second],
    "contains": lambda values, value: value in values,
    "jsonencode": json.dumps,
    "lower": str.lower,
    "lookup": lambda mapping, name, default: mapping.get(name, default),
    "merge": lambda first, second: {**first, **second},
    "regex": lambda pattern, text: re.search(pattern, text)[0],  # type: ignore[index]
    "urlencode": quote_plus,
    "filesha256": lambda _: "0" * 64,
    "path": SimpleNamespace(module="."),
}
"""Terraform's functions, as far as they are used."""


class Configuration:
    """main.tf with variables filled in. What is written in it is close enough to Python to be evaluated as such."""

    def __init__(self, **variables: Any) -> None:
        parsed = _parsed(TEXT)
        given = {_plain(name): body for each in parsed["variable"] for name, body in each.items()}
        self.defaults = {name: body.get("default") for name, body in given.items()}
        self.options = given
        self._var = {**{name: self.value(default) for name, default in self.defaults.items()}, **variables}
        self._local = parsed["locals"][0]
        self.resources = {
            (_plain(kind), _plain(name)): body
            for each in parsed["resource"]
            for kind, named in each.items()
            for name, body in named.items()
        }

    def local(self, name: str) -> Any:
        return self.value(self._local[name])

    def resource(self, kind: str, name: str = "function") -> dict[str, Any]:
        """Its arguments, evaluated; what other resources only know once they are there stays as it is written."""
        return {argument: self.value(each) for argument, each in _arguments(self.resources[kind, name])}

    def value(self, written: Any) -> Any:
        """What an expression comes to."""
        if isinstance(written, dict):
            return {_plain(name): self.value(each) for name, each in written.items() if not name.startswith("__")}
        if isinstance(written, list) and all(isinstance(each, str) for each in written):
            return [self.value(each) for each in written]
        if not isinstance(written, str):
            return written
        if heredoc := re.fullmatch(r'"<<-(\w+)\n(.*)\n\s*\1"', written, re.DOTALL):
            return self._filled(heredoc[2])
        if whole := re.fullmatch(r"\$\{([^{}]*|jsonencode\(.*\))\}", written):
            return self._evaluated(whole[1])
        return self._filled(_plain(written))

    def _filled(self, template: str) -> str:
        return re.sub(r"\$\{(.*?)\}", lambda found: str(self._evaluated(found[1])), template)

    def _evaluated(self, expression: str) -> Any:
        if expression.startswith("tencentcloud_"):
            return expression
        python = re.sub(r"(\w+) = ", r'"\1": ', expression)
        python = re.sub(r"^(.+) \? (.+) : (.+)$", r"\2 if \1 else \3", python)
        scope = {**FUNCTIONS, "var": SimpleNamespace(**self._var), "local": _Locals(self)}
        return eval(python, {"__builtins__": {}}, scope)  # noqa: S307 - our own file


class _Locals:
    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration

    def __getattr__(self, name: str) -> Any:
        return self._configuration.local(name)


@cache
def _parsed(text: str) -> Any:
    return hcl2.loads(text)


def _plain(written: str) -> str:
    return written.removeprefix('"').removesuffix('"')


def _arguments(body: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    return ((name, each) for name, each in body.items() if name not in OF_TERRAFORM and not name.startswith("__"))


def wrong(body: Mapping[str, Any], known: Mapping[str, Any], where: str) -> Iterator[str]:
    """What the documentation does not name, what it asks for and is not there, and what is of another kind."""
    found = dict(_arguments(body))
    for dynamic in found.pop("dynamic", []):
        found |= {_plain(name): each["content"] for name, each in dynamic.items() if not name.startswith("__")}
    yield from (f"{where}.{name} is not known" for name in found.keys() - known.keys())
    needed = {name for name, kind in known.items() if isinstance(kind, str) and kind.startswith("required")}
    yield from (f"{where}.{name} is missing" for name in needed - found.keys())
    for name in found.keys() & known.keys():
        is_block = isinstance(found[name], list) and isinstance(found[name][0], dict)
        if is_block != isinstance(known[name], dict):
            yield f"{where}.{name} is of another kind"
        elif is_block:
            for each in found[name]:
                yield from wrong(each, known[name], f"{where}.{name}")


def complaints(resources: Mapping[tuple[str, str], Any]) -> Iterator[str]:
    for (kind, name), body in resources.items():
        yield from wrong(body, ARGUMENTS[kind], f"{kind}.{name}")


ENVS = [
    read_env(),
    read_env(RECEIVER_ID="1001", DRY_RUN="true", ON_OVERFLOW="fill", SKIP_BLOCKED="True"),
    read_env(STATE_BUCKET="locks-1250000000", BUCKET="other-1250000000", REGION="ap-guangzhou", STATE_PREFIX="a/b/"),
    read_env(ON_OVERFLOW="Split", MAX_GROUPS="3"),
    read_env(GROUP_FOLDERS="name", CREATE_GROUPS="yes", SKIP_BLOCKED="yes"),
    read_env(INCOMING_PREFIX="in/", REPORTS_PREFIX="out/", FUNCTION_NAME="other", ROLE="another", STATE_BUCKET=""),
]


@pytest.mark.parametrize("env", ENVS)
def test_the_same_as_serverless_yml(env: dict[str, str]) -> None:
    """The function is the one of serverless.yml, with the same settings; what the provider cannot set is named."""
    wanted = inputs(env)
    events = wanted.pop("events")
    function = Configuration(**variables(env)).resource("tencentcloud_scf_function")
    written = {
        "name": "name",
        "namespace": "namespace",
        "description": "description",
        "handler": "handler",
        "runtime": "runtime",
        "memorySize": "mem_size",
        "timeout": "timeout",
        "publicAccess": "enable_public_net",
        "eip": "enable_eip_config",
        "l5Enable": "l5_enable",
    }
    assert {name: function[written[name]] for name in written} == {name: wanted[name] for name in written}
    assert function["func_type"].lower() == wanted["type"]
    assert function["environment"] == wanted["environment"]["variables"]
    elsewhere = {"src", "type", "region", "role", "environment", "cls"}
    assert wanted.keys() - written.keys() - elsewhere == NOT_IN_THE_PROVIDER
    assert [next(iter(event)) for event in events] == ["cos", "timer"]


@pytest.mark.parametrize("env", ENVS)
def test_the_same_triggers(env: dict[str, str]) -> None:
    """Both triggers are those of serverless.yml, and open."""
    cos, timer = (next(iter(event.values()))["parameters"] for event in inputs(env)["events"])
    configuration = Configuration(**variables(env))
    drop, sweep = (configuration.resource("tencentcloud_scf_trigger", name) for name in ("cos", "timer"))
    assert {each["enable"] for each in (drop, sweep)} == {"OPEN"}
    assert {each["qualifier"] for each in (drop, sweep)} == {cos["qualifier"]} == {timer["qualifier"]}
    assert (drop["type"], drop["trigger_name"]) == ("cos", cos["bucket"])
    filtered = {"Prefix": cos["filter"]["prefix"], "Suffix": cos["filter"]["suffix"]}
    assert json.loads(drop["trigger_desc"]) == {"event": cos["events"], "filter": filtered}
    assert (sweep["type"], sweep["trigger_name"], sweep["trigger_desc"]) == (
        "timer",
        timer["name"],
        timer["cronExpression"],
    )


@pytest.mark.parametrize("env", ENVS)
def test_the_same_rights(env: dict[str, str]) -> None:
    """The policy is the one that `python -m local policy` prints; nobody but SCF may take the role."""
    configuration = Configuration(**variables(env))
    wanted = policy.policy(deployment.settings_of(env))
    assert json.loads(configuration.resource("tencentcloud_cam_policy")["document"]) == wanted
    role = configuration.resource("tencentcloud_cam_role")
    assert role["name"] == env["ROLE"]
    (trust,) = json.loads(role["document"])["statement"]
    assert trust["principal"] == {"service": ["scf.qcloud.com"]}


def test_defaults_are_those_of_the_example() -> None:
    """What can be left out is what .env.example has."""
    env = read_env()
    defaults = {name: Configuration().value(default) for name, default in Configuration().defaults.items()}
    assert {name: defaults[name] for name in OWN_VARIABLES if defaults[name] is not None} == {
        name: env[name.upper()] for name in OWN_VARIABLES - {"bucket", "region"}
    }


def test_every_setting_can_be_set() -> None:
    """`settings` takes every name that serverless.yml passes on and that has no variable of its own, and no other."""
    (check,) = Configuration().options["settings"]["validation"]
    allowed = set(re.findall(r'"([A-Z_]+)"', check["condition"]))
    passed_on = yaml.safe_load((ROOT / "serverless.yml").read_text(encoding="utf-8"))["inputs"]["environment"]
    assert allowed == passed_on["variables"].keys() - Configuration().local("required").keys()


def test_arguments_are_known() -> None:
    """Every resource and argument is documented by the provider, nothing that it asks for is missing."""
    found = Configuration().resources
    unknown = {kind for kind, _ in found} - ARGUMENTS.keys()
    assert unknown == set()
    assert list(complaints(found)) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("mem_size ", "memory_size ", "tencentcloud_scf_function.function.memory_size is not known"),
        ("role_id ", "role ", "tencentcloud_cam_role_policy_attachment.function.role_id is missing"),
        ("retry_num ", "retries ", "tencentcloud_scf_function_event_invoke_config.function.async_trigger_config"),
        ("msg_ttl = 21600", "msg_ttl {\n  x = 1\n}", "msg_ttl is of another kind"),
    ],
)
def test_this_test_sees_what_is_unknown(monkeypatch: pytest.MonkeyPatch, old: str, new: str, said: str) -> None:
    """An argument that the provider does not have, or does not get, is found out."""
    assert old in TEXT
    monkeypatch.setattr(f"{__name__}.TEXT", TEXT.replace(old, new))
    assert [line for line in complaints(Configuration().resources) if said in line] != []


def test_references_lead_somewhere() -> None:
    """Every variable, local value and resource that is spoken of is there, and every one that is there is used."""
    configuration = Configuration()
    text = re.sub(r"#.*", "", TEXT)
    assert set(re.findall(r"\bvar\.(\w+)", text)) == configuration.defaults.keys()
    locals_there = set(
        re.findall(r"^  (\w+) += ", text[text.index("\nlocals {") :].partition("\n}\n")[0], re.MULTILINE)
    )
    assert set(re.findall(r"\blocal\.(\w+)", text)) == locals_there
    assert set(re.findall(r"(tencentcloud_\w+)\.(\w+)\.", text)) <= configuration.resources.keys()


def test_the_docs_count_the_resources() -> None:
    """What `terraform apply` is said to make is what it makes where nothing more is asked for."""
    made = [body for body in Configuration().resources.values() if "count" not in body]
    assert f"({len(made)} resources)" in (ROOT / "docs/deploy.md").read_text(encoding="utf-8")


@pytest.fixture
def terraform() -> str:
    found = shutil.which("terraform")
    if found is None:
        pytest.skip("there is no Terraform on this machine: deploy/main.tf was read by python-hcl2 alone")
    return found


def test_terraform_reads_it_the_same(terraform: str, tmp_path: Path) -> None:
    """Terraform itself finds nothing to format, and comes to the values that these tests go by."""
    subprocess.run([terraform, "fmt", "-check", MAIN], check=True)
    env = ENVS[2]
    configuration = Configuration(**variables(env))
    blocks = re.findall(r"^(?:variable|locals) .*?^}\n", TEXT, re.MULTILINE | re.DOTALL)
    (tmp_path / "main.tf").write_text("\n".join(blocks), encoding="utf-8")
    (tmp_path / "terraform.tfvars.json").write_text(json.dumps(variables(env)), encoding="utf-8")
    names = ("environment", "policy", "trust", "trigger", "state_bucket")
    asked = f"base64encode(jsonencode({{{', '.join(f'{name} = local.{name}' for name in names)}}}))"
    done = subprocess.run([terraform, "console"], input=asked, cwd=tmp_path, capture_output=True, text=True, check=True)
    said = json.loads(base64.b64decode(done.stdout.strip().splitlines()[-1].strip('"')))
    for name in ("policy", "trust", "trigger"):
        assert json.loads(said.pop(name)) == json.loads(configuration.local(name)), name
    assert said == {name: configuration.local(name) for name in ("environment", "state_bucket")}


def test_the_provider_agrees(terraform: str) -> None:
    """Where `terraform init` was run in deploy/, so that the provider is there, `terraform validate` is content."""
    if not (ROOT / "deploy/.terraform/providers").exists():
        pytest.skip("the provider is not on this machine: `terraform init` in deploy/ fetches it")
    done = subprocess.run(
        [terraform, "validate", "-no-color"], cwd=MAIN.parent, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
