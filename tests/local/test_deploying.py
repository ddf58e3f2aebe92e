"""`make deploy` and `make undeploy`: which way is taken, what is missing, and what the programs get."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from local import deploying, package
from tests.local.test_deployment import GOOD
from tests.stage import ROOT

PROGRAM = """#!/bin/sh
PATH=/usr/bin:/bin
echo "$0 $*" >> "$ASKED"
env | grep ^TENCENTCLOUD_ >> "$ASKED"
exit ${EXIT:-0}
"""


class Machine:
    """What is installed on it, and what the programs were asked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.variables = folder / "terraform.tfvars.json"
        self._asked = folder / "asked"
        (folder / "bin").mkdir()

    def install(self, name: str) -> None:
        path = self._folder / "bin" / name
        path.write_text(PROGRAM, encoding="utf-8")
        path.chmod(0o755)

    @property
    def asked(self) -> list[str]:
        text = self._asked.read_text(encoding="utf-8") if self._asked.exists() else ""
        return text.replace(f"{self._folder}/bin/", "").replace(str(self._folder), "").splitlines()


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """One without any of the programs, in a folder with a good .env, where packages are built at once."""
    machine = Machine(tmp_path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text(f"{GOOD}DRY_RUN=true\n", encoding="utf-8")
    monkeypatch.setenv("PATH", f"{tmp_path}/bin")
    monkeypatch.setenv("ASKED", str(tmp_path / "asked"))
    for name in deploying.PROVIDER_KEYS.values():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(deploying, "VARIABLES", machine.variables)
    monkeypatch.setattr(package, "main", lambda _: 0)
    return machine


def test_terraform_comes_first(machine: Machine, capfd: pytest.CaptureFixture[str]) -> None:
    """Where both are installed, it is Terraform, told the settings in .env, with the keys in its own names."""
    machine.install("scf")
    machine.install("terraform")
    assert deploying.main([]) == 0
    assert "deploying with terraform: deploy/main.tf" in capfd.readouterr().out
    keys = ["TENCENTCLOUD_SECRET_ID=AKIDexample", "TENCENTCLOUD_SECRET_KEY=example"]
    init, *rest = machine.asked
    assert init == f"terraform -chdir={ROOT / 'deploy'} init -input=false"
    assert sorted(rest) == sorted(
        [f"terraform -chdir={ROOT / 'deploy'} apply -var-file=/terraform.tfvars.json", *keys, *keys]
    )
    said = json.loads(machine.variables.read_text(encoding="utf-8"))
    assert (said["bucket"], said["region"]) == ("mine-1250000001", "ap-singapore")
    assert said["settings"] == {
        "DRY_RUN": "true",
        "SES_REGION": "ap-singapore",
        "SES_ENDPOINT": "ses.intl.tencentcloudapi.com",
    }
    assert "AKIDexample" not in machine.variables.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("undo", "wanted"), [(False, "scf deploy"), (True, "scf remove")], ids=["deploying", "removing"]
)
def test_scf(machine: Machine, capfd: pytest.CaptureFixture[str], undo: bool, wanted: str) -> None:
    """Where there is no Terraform, or `scf` is asked for, it is `scf`."""
    machine.install("scf")
    assert deploying.main(["--undo"] if undo else []) == 0
    machine.install("terraform")
    assert deploying.main(["scf", *(["--undo"] if undo else [])]) == 0
    assert [line for line in machine.asked if "TENCENTCLOUD" not in line] == [wanted, wanted]
    assert f"{'removing' if undo else 'deploying'} with scf: serverless.yml" in capfd.readouterr().out


def test_undoing_with_terraform(machine: Machine) -> None:
    """What is destroyed is told the same."""
    machine.install("terraform")
    assert deploying.main(["--undo"]) == 0
    assert any(line.endswith(" destroy -var-file=/terraform.tfvars.json") for line in machine.asked)
    assert json.loads(machine.variables.read_text(encoding="utf-8"))["bucket"] == "mine-1250000001"


@pytest.mark.parametrize(
    ("arguments", "missing"), [([], ["terraform", "scf"]), (["scf"], ["scf"]), (["terraform"], ["terraform"])]
)
def test_what_is_missing(
    machine: Machine, capfd: pytest.CaptureFixture[str], arguments: list[str], missing: list[str]
) -> None:
    """A program that is not installed is named, with how to get it, and so is the way without."""
    assert deploying.main(arguments) == 2
    lines = capfd.readouterr().err.splitlines()
    assert [line.split()[1] for line in lines if "is not installed" in line] == missing
    assert "tccli: docs/deploy.md" in lines[-1]


def test_no_way(machine: Machine, capfd: pytest.CaptureFixture[str]) -> None:
    """What is no way is told with those that are."""
    assert deploying.main(["foo"]) == 2
    assert capfd.readouterr().err.startswith("error: there is no way foo: WAY is terraform or scf.\nerror: The third")


@pytest.mark.parametrize(
    ("env", "words"),
    [
        (None, "there is no .env here"),
        (GOOD.replace("BUCKET=", "#BUCKET="), "BUCKET is missing"),
        (f"{GOOD}CLS_TOPIC_ID=mine\n", "CLS_TOPIC_ID: only scf reads this"),
    ],
)
def test_nothing_is_deployed_by_wrong_settings(
    machine: Machine, capfd: pytest.CaptureFixture[str], env: str | None, words: str
) -> None:
    """What is wrong with .env is said, and no program is run."""
    machine.install("terraform")
    Path(".env").unlink()
    if env is not None:
        Path(".env").write_text(env, encoding="utf-8")
    assert deploying.main([]) == 2
    assert words in capfd.readouterr().err
    assert machine.asked == []


def test_all_that_is_wrong_is_said_at_once(machine: Machine, capfd: pytest.CaptureFixture[str]) -> None:
    """The program that is not there, and each setting; for Terraform the keys as well."""
    text = GOOD.replace("AKIDexample", "").replace("BUCKET=mine", "BUCKET=drops").replace("-1250000001", "-1250000000")
    Path(".env").write_text(f"{text}DRYRUN=true\nSWEEP_DAYS=0\nCLS_TOPIC_ID=mine\n", encoding="utf-8")
    assert deploying.main([]) == 2
    assert "terraform is not installed" in (first := capfd.readouterr().err)
    machine.install("terraform")
    assert deploying.main([]) == 2
    second = capfd.readouterr().err
    for words in ("DRYRUN", "SWEEP_DAYS must", "BUCKET is still"):
        assert words in first
        assert words in second
    assert "TENCENT_SECRET_ID is missing" in second
    assert "CLS_TOPIC_ID: only scf" in second
    assert machine.asked == []


def test_a_program_that_fails(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is run after it, and the exit code says so."""
    machine.install("terraform")
    monkeypatch.setenv("EXIT", "1")
    assert deploying.main([]) == 2
    assert len([line for line in machine.asked if line.startswith("terraform")]) == 1
