"""What is wrong with .env, said by every command that reads it before anything is done."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from handler.settings import Settings
from local import deployment
from local.__main__ import main
from tests.stage import ROOT

EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")
KEYS = "TENCENT_SECRET_ID=AKIDexample\nTENCENT_SECRET_KEY=example\n"
GOOD = re.sub("TENCENT_SECRET_(ID|KEY)=\n", "", EXAMPLE).replace("drops-1250000000", "mine-1250000001") + KEYS
COMMANDS: dict[str, Callable[[], int]] = {
    "doctor": lambda: main(["doctor"]),
    "doctor --emulator": lambda: main(["doctor", "--emulator"]),
    "policy": lambda: main(["policy"]),
    "deployment": deployment.main,
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for .env, and an environment that sets nothing."""
    monkeypatch.chdir(tmp_path)
    for field in Settings.model_fields.values():
        monkeypatch.delenv(str(field.alias), raising=False)
    return tmp_path


def said(command: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = COMMANDS[command]()
    printed = capsys.readouterr()
    return code, printed.out + printed.err


@pytest.mark.parametrize("command", ["doctor --emulator", "policy", "deployment"])
def test_all_is_well(folder: Path, capsys: pytest.CaptureFixture[str], command: str) -> None:
    """The example is, filled in, with a mark as Windows writes it, and with what other tools read; the environment may
    hold anything."""
    others = "export TF_VAR_bucket=x\nHTTPS_PROXY=http://127.0.0.1:1\nSERVERLESS_PLATFORM_VENDOR=tencent\n"
    (folder / ".env").write_bytes(f"\ufeffDRY_RUN=true\r\n{others}{GOOD}".encode())
    code, text = said(command, capsys)
    assert (code, "FAIL" in text) == (0, False)
    assert deployment.read(environ=os.environ)["DRY_RUN"] == "true"


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("DRY_RUN: true", "cannot be read"),
        ("DRY_RUN", "cannot be read"),
        ("dry_run=true", "there is no setting dry_run; did you mean DRY_RUN?"),
        ("DRYRUN=true", "there is no setting DRYRUN; did you mean DRY_RUN?"),
        ("RECIEVER_ID=5", "there is no setting RECIEVER_ID; did you mean RECEIVER_ID?"),
        ("FAVOURITE=SEKRET", "there is no setting FAVOURITE; remove the line"),
        ("\n\nFAVOURITE=SEKRET", "there is no setting FAVOURITE; remove the line"),
        ("DRY_RUN=true # for now", "write the comment on a line of its own"),
        ('ROLE="mine" # SEKRET', "write the comment on a line of its own"),
        ("DRY_RUN='true", "cannot be read"),
    ],
)
def test_what_is_said_in_vain(
    folder: Path, capsys: pytest.CaptureFixture[str], command: str, line: str, words: str
) -> None:
    """A line that cannot be read, or whose name nobody knows, is named by its number, and nothing else is done."""
    (folder / ".env").write_text(f"# mine\n{line}\n{GOOD}", encoding="utf-8")
    code, text = said(command, capsys)
    number = 2 + line.count("\n")
    assert code == 2
    assert f"Line {number} of .env{' ' if 'cannot' in words else ': '}{words}" in text
    assert "SEKRET" not in text


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    "body", [GOOD.replace("# The", "# 函数").encode("gb18030"), GOOD.encode("utf-16"), GOOD.encode("utf-16-le")]
)
def test_no_text(folder: Path, capsys: pytest.CaptureFixture[str], command: str, body: bytes) -> None:
    """Another charset is one sentence."""
    (folder / ".env").write_bytes(body)
    assert said(command, capsys) == (2, "error: .env is no text in UTF-8: save it as such.\n")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("BUCKET=SEKRET", "BUCKET"),
        ("STATE_BUCKET=SEKRET_X", "STATE_BUCKET"),
        ("SES_ENDPOINT=SEKRET", "SES_ENDPOINT"),
        ("COS_ENDPOINT=SEKRET", "COS_ENDPOINT"),
        ("REGION=sgp", "REGION"),
        ("FUNCTION_NAME=SEKRET name", "FUNCTION_NAME"),
        ("FUNCTION_NAME=1SEKRET", "FUNCTION_NAME"),
        ("ROLE=qcs::cam::uin/1:SEKRET", "ROLE"),
        ("CLS_TOPIC_ID=SEKRET topic", "CLS_TOPIC_ID"),
        ("STATE_PREFIX=SEKRET\x07/", "STATE_PREFIX"),
        ("SWEEP_DAYS=3000000", "SWEEP_DAYS"),
    ],
)
def test_wrong_settings(folder: Path, capsys: pytest.CaptureFixture[str], command: str, line: str, name: str) -> None:
    """Each is named once, by the name that it has in .env, and no value is shown."""
    (folder / ".env").write_text(f"{GOOD}{line}\n", encoding="utf-8")
    code, text = said(command, capsys)
    assert code == 2
    assert re.findall(r"(?:FAIL  settings +|error: )(\w+) must", text) == [name]
    assert "_REGION" not in text
    assert "SEKRET" not in text


@pytest.mark.parametrize("command", ["doctor", "policy"])
def test_no_env(capsys: pytest.CaptureFixture[str], command: str) -> None:
    """Where there is no .env, all that want one say the same."""
    code, text = said(command, capsys)
    assert code == 2
    assert "there is no .env here" in text
    assert "cp .env.example .env" in text


def test_nobody_filled_it_in(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A copy of the example as it is: whatever would ask the cloud names the keys and the bucket; the policy, which
    asks nobody, warns of the bucket."""
    (folder / ".env").write_text(EXAMPLE, encoding="utf-8")
    code, text = said("doctor", capsys)
    assert code == 2
    assert re.findall(r"FAIL +(?:keys|settings) +(\w+) is", text) == [
        *("TENCENT_SECRET_ID", "TENCENT_SECRET_KEY"),
        "BUCKET",
    ]
    assert "BUCKET is still the one of .env.example" in said("deployment", capsys)[1]
    assert said("doctor --emulator", capsys)[0] == 0
    code, text = said("policy", capsys)
    assert (code, "warning: BUCKET is still" in text) == (0, True)


@pytest.mark.parametrize("number", ["0", "-1", "x", "9223372036854775808"])
def test_no_group(number: str) -> None:
    """What is no group's number is a wrong call, and not "all groups"."""
    with pytest.raises(SystemExit) as stopped:
        main(["doctor", "--emulator", "--group", number])
    assert stopped.value.code == 2
