"""The commands of docs/deploy.md, held against what tccli knows of the actions, and against what `scf deploy` makes.
`make tccli` installs tccli and has it send them, as far as the wire.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import trustme
import yaml

from handler.settings import Settings
from local import deployment, policy
from tests.listener import listening
from tests.stage import ROOT
from tests.test_serverless import asked, deploy, inputs, modules, read_env

__all__ = ["modules"]  # a fixture

PAGE = (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
ARGUMENTS = yaml.safe_load((ROOT / "tests/tccli/arguments.yml").read_text(encoding="utf-8"))
GLOBAL = {"region", "endpoint"}
"""Options of tccli itself."""
OF_SCF_DEPLOY = {
    "Action",
    "Namespace",
    "Type",
    "DeployMode",
    "Description",
    "DiskSize",
    "L5Enable",
    "InstallDependency",
}
"""What `scf deploy` sends beside, all of it the platform's own default, or a matter of taste."""
SHELL = (
    f'POLICY={shlex.quote(json.dumps(policy.policy(deployment.settings_of(read_env()))))}; cat() {{ echo "$POLICY"; }}'
)
"""Where `cat policy.json` says what `python -m local policy` prints."""


@dataclass(frozen=True)
class Command:
    """One call of tccli, as a shell takes it apart."""

    words: tuple[str, ...]

    @property
    def service(self) -> str:
        return self.words[0]

    @property
    def action(self) -> str:
        return self.words[1]

    @property
    def arguments(self) -> dict[str, Any]:
        """What it says, with the structures in it read."""
        names, values = self.words[2::2], self.words[3::2]
        assert all(name.startswith("--") for name in names), self.words
        known = ARGUMENTS[self.service][self.action]
        given = {name[2:]: value for name, value in zip(names, values, strict=True)}
        return {name: _value(value, known.get(name, "")) for name, value in given.items() if name not in GLOBAL}


def _value(text: str, kind: Any) -> Any:
    return text if isinstance(kind, str) and kind.endswith("string") else json.loads(text)


def commands() -> Iterator[Command]:
    """Those of the page: a line of a console, or a piece of code in a sentence."""
    page = PAGE.replace("\n", "\n ")
    found = re.findall(r"^ \$ tccli (.*)$", page, re.MULTILINE)
    found += [re.sub(r"\s+", " ", code) for code in re.findall(r"`tccli ((?:cam|scf) [^`]+)`", page)]
    for line in dict.fromkeys(found):
        script = f'{SHELL}; for word in {_for_words(line)}; do printf "%s\\0" "$word"; done'
        words = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True).stdout
        yield Command(tuple(word.rstrip("\n") for word in words.split("\0")[:-1]))


def _for_words(line: str) -> str:
    assert not re.search(r"[;&|<>`\\]", re.sub(r"'[^']*'", "", line)), line
    return line


COMMANDS = list(commands())


def named(action: str, **arguments: str) -> Command:
    """The one of this action with these arguments; the first where there are several."""
    return next(
        each
        for each in COMMANDS
        if each.action == action and all(each.arguments.get(name) == value for name, value in arguments.items())
    )


def wrong(given: Any, known: Any, where: str) -> Iterator[str]:
    """What is not known, is missing, or is of another kind."""
    if isinstance(given, list):
        for each in given:
            yield from wrong(each, known, where) if isinstance(known, Mapping) else ()
        return
    if not isinstance(known, Mapping):
        if known.endswith("int") and not isinstance(given, int):
            yield f"{where} is no number"
        return
    if not isinstance(given, Mapping):
        yield f"{where} is no structure"
        return
    needed = {name for name, kind in known.items() if isinstance(kind, str) and kind.startswith("required")}
    yield from (f"{where} lacks {name}" for name in sorted(needed - given.keys()))
    for name, value in given.items():
        if name not in known:
            yield f"{where} has {name}"
        else:
            yield from wrong(value, known[name], f"{where}.{name}")


def complaints(command: Command) -> list[str]:
    return [*wrong(command.arguments, ARGUMENTS[command.service][command.action], command.action)]


def test_there_are_commands() -> None:
    """Those that make something, and those that undo it."""
    actions = {command.action for command in COMMANDS}
    assert {"CreateRole", "DeleteRole", "CreateFunction", "DeleteFunction", "CreatePolicy", "DeletePolicy"} <= actions
    assert actions == {action for service in ARGUMENTS.values() for action in service}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.action)
def test_arguments_are_known(command: Command) -> None:
    """tccli knows every argument, and gets every one that it asks for."""
    assert complaints(command) == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (("scf", "CreateTrigger", "--FunctionName", "x", "--Type", "cos"), "CreateTrigger lacks TriggerName"),
        (("scf", "DeleteFunction", "--FunctionName", "x", "--Name", '"x"'), "DeleteFunction has Name"),
        (("cam", "UpdatePolicy", "--PolicyId", '"x"'), "UpdatePolicy.PolicyId is no number"),
        (
            ("scf", "UpdateFunctionCode", "--FunctionName", "x", "--Code", '{"Zip": ""}'),
            "UpdateFunctionCode.Code has Zip",
        ),
    ],
)
def test_this_test_sees_what_is_wrong(line: tuple[str, ...], said: str) -> None:
    """An argument that is not known, is missing, or is no number is found out."""
    assert complaints(Command(line)) == [said]


def test_the_function_is_that_of_scf_deploy(modules: Path) -> None:
    """Both ways lead to the same function, with the same settings."""
    (wanted,) = asked(deploy(modules, inputs(read_env()))["creating"], "CreateFunction")
    made = dict(named("CreateFunction").arguments)
    assert made.pop("Code")["CosBucketName"] == read_env()["BUCKET"].rpartition("-")[0]
    theirs, ours = (_environment(each.pop("Environment")) for each in (wanted, made))
    assert made == {name: value for name, value in wanted.items() if name not in {*OF_SCF_DEPLOY, "Code"}}
    keys = dict.fromkeys(deployment.OWN_KEYS, "none")
    assert Settings.read({**ours, **keys}) == Settings.read({**theirs, **keys})


def test_the_triggers_are_those_of_scf_deploy(modules: Path) -> None:
    """Both ways lead to the same triggers, open."""
    for wanted in asked(deploy(modules, inputs(read_env()))["creating"], "CreateTrigger"):
        made = dict(named("CreateTrigger", Type=wanted["Type"]).arguments)
        if wanted["Type"] == "cos":
            assert json.loads(made.pop("TriggerDesc")) == json.loads(wanted.pop("TriggerDesc"))
        assert made == {name: wanted[name] for name in made}
        assert {name for name, value in wanted.items() if value and name not in made} <= {"Action", "Namespace"}


def test_the_role_is_that_of_terraform() -> None:
    """The policy is the one that `python -m local policy` prints, and only SCF may take the role."""
    wanted = policy.policy(deployment.settings_of(read_env()))
    assert json.loads(named("CreatePolicy").arguments["PolicyDocument"]) == wanted
    (trust,) = json.loads(named("CreateRole").arguments["PolicyDocument"])["statement"]
    assert (trust["action"], trust["principal"]) == (["name/sts:AssumeRole"], {"service": ["scf.qcloud.com"]})


def _environment(given: Mapping[str, Any]) -> dict[str, str]:
    return {each["Key"]: each["Value"] for each in given["Variables"]}


def test_tccli_sends_them(tmp_path: Path) -> None:
    """tccli itself takes every command, and sends just what it says."""
    program = shutil.which("tccli", path=f"{ROOT / 'build/tccli/bin'}:{os.environ['PATH']}")
    if program is None:
        pytest.skip("tccli is not on this machine: `make tccli` puts it into build/tccli")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    (tmp_path / "certifi").mkdir()  # whose file is the only one that the SDK trusts
    (tmp_path / "certifi/__init__.py").write_text(f"def where():\n    return {str(tmp_path / 'ca.pem')!r}\n")
    keys = {"TENCENTCLOUD_SECRET_ID": "AKIDexample", "TENCENTCLOUD_SECRET_KEY": "example"}
    env = {
        **os.environ,
        **keys,
        "HOME": str(tmp_path),
        "PYTHONPATH": str(tmp_path),
        "TENCENTCLOUD_REGION": "ap-singapore",
    }
    with listening(context) as listener, ThreadPoolExecutor(2) as pool:
        listener.answer, listener.headers = b'{"Response": {"RequestId": "r"}}', {"Content-Type": "application/json"}

        def run(command: Command) -> subprocess.CompletedProcess[str]:
            call = [program, *command.words, "--endpoint", f"localhost:{listener.port}"]
            return subprocess.run(call, env=env, capture_output=True, text=True, check=False, timeout=60)

        done = list(pool.map(run, COMMANDS))
    assert [each.stdout + each.stderr for each in done if each.returncode] == []
    sent = [(each.headers["X-TC-Action"], json.loads(each.body)) for each in listener.asked]
    assert sorted(sent, key=str) == sorted(((each.action, each.arguments) for each in COMMANDS), key=str)
