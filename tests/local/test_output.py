"""What commands write: whole or not at all, and nobody else's."""

from __future__ import annotations

import errno
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from handler.errors import OperatorProblem
from local.__main__ import main
from local.output import OutputFolder, write_whole
from tests.local.test_main import local
from tests.stage import ROOT

HERE = {"PYTHONPATH": ":".join([str(ROOT), *sys.path]), "PYTHONDONTWRITEBYTECODE": "1"}
"""The environment of a child process in a folder of its own. On a full disk Python would leave half a `.pyc`."""
REPLAY = ["replay", str(ROOT / "events/copy.json"), "--files", str(ROOT / "events/bucket")]
SEND = ["send", "list.csv", "--group", "7", "--emulator"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def full_after(size: int) -> Callable[[], None]:
    """For a child process: a disk on which no file may be larger."""
    return partial(resource.setrlimit, resource.RLIMIT_FSIZE, (size, size))


@pytest.mark.parametrize(
    ("command", "named"),
    [(["preview", "list.csv"], "out/preview/list.csv/report.html"), (REPLAY, "report.html")],
)
def test_a_full_disk(tmp_path: Path, command: list[str], named: str) -> None:
    """The sentence names the file that did not fit, and nothing half written is left of it."""
    (tmp_path / "list.csv").write_bytes(b"email\na@example.com\n")
    child = subprocess.run(
        local(*command),
        capture_output=True,
        text=True,
        check=False,
        env=HERE,
        preexec_fn=full_after(3_000),
    )
    assert child.returncode == 2
    assert child.stderr.startswith("error: out/")
    assert child.stderr.endswith(f"{named}: File too large\n")
    left = [path for path in tmp_path.rglob("*") if path.suffix == ".part" or path.name == Path(named).name]
    assert left == []


def test_a_file_is_whole_or_as_it_was(tmp_path: Path) -> None:
    """Whatever breaks off the writing."""
    path = tmp_path / "report.json"
    write_whole(path, [b"before"])

    def chunks() -> object:
        yield b"half"
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space left") as full:
        write_whole(path, chunks())  # type: ignore[arg-type]
    assert full.value.filename == str(path)
    assert [each.name for each in tmp_path.iterdir()] == ["report.json"]
    assert path.read_bytes() == b"before"


def test_two_replays_at_once(tmp_path: Path) -> None:
    """The second one has a folder of its own, and says so; a folder that somebody asked for is refused."""
    with OutputFolder.take(Path("out"), is_given=False) as first:
        child = subprocess.run(
            local(*REPLAY),
            stdout=subprocess.PIPE,
            text=True,
            check=False,
            env=HERE,
        )
        assert (child.returncode, child.stdout.endswith("The reports are in out/2.\n")) == (0, True)
        assert [path.name for path in first.path.iterdir() if path.name != ".replay"] == ["2"]
        with (
            pytest.raises(OperatorProblem, match="choose another --out"),
            OutputFolder.take(Path("out"), is_given=True),
        ):
            pass
    with OutputFolder.take(Path("out"), is_given=True) as again:
        assert again.path == Path("out")


def test_nothing_of_before(tmp_path: Path) -> None:
    """What the last replay left is gone after the next one, and nothing that is somebody's own; a replay that comes to
    nothing removes nothing."""
    assert main(REPLAY, {}) == 0
    (tmp_path / "out/reports/1001/mine.txt").write_text("mine", encoding="utf-8")
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    assert main(REPLAY, {"SWEEP_DAYS": "x"}) == 2
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == before
    assert main(["replay", str(ROOT / "events/post.json"), *REPLAY[2:]], {}) == 0
    folders = {path.name for path in (tmp_path / "out/reports/1001").iterdir()}
    assert folders == {"excel-semicolons.csv", "latest.html", "latest.json", "mine.txt"}


INTERRUPTED = """
import os, runpy, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)  # until the command is there, Python itself would print a traceback
signal.signal(signal.SIGVTALRM, lambda *_: os.kill(os.getpid(), signal.SIGINT))
if (moment := float(sys.argv.pop(1))) > 0:
    import local.command_line
signal.setitimer(signal.ITIMER_VIRTUAL, abs(moment))
runpy.run_module("local", run_name="__main__", alter_sys=True)
"""
"""Presses Ctrl-C after so many seconds of computing: from the start where they are negative, else from when everything
is imported."""


@pytest.mark.parametrize("command", [["preview", "list.csv"], SEND], ids=lambda command: command[0])
def test_ctrl_c(tmp_path: Path, command: list[str]) -> None:
    """At any moment, from the first import to the end: no traceback, and nothing half written."""
    (tmp_path / "list.csv").write_bytes(b"email\na@example.com\n" * 20_000)
    moments = [-0.1, 0.001, 0.05, 0.2]
    children = [
        subprocess.Popen(
            [sys.executable, "-c", INTERRUPTED, str(moment), *command],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=HERE,
        )
        for moment in moments
    ]
    ended = [(child.communicate()[1], child.returncode) for child in children]
    assert {code for _, code in ended} <= {0, 2, -signal.SIGINT, 128 + signal.SIGINT}
    assert [said for said, _ in ended if "Traceback" in said or "Error" in said] == []
    assert {code for _, code in ended} & {-signal.SIGINT, 128 + signal.SIGINT}
    assert [path for path in tmp_path.rglob("*") if path.suffix == ".part"] == []
