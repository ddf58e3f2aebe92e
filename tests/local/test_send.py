"""Files dropped and followed to the end, over the wire: on somebody's account, and on one of the command's own."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from rich.console import Console

from handler.clouds.cos import PART_BYTES
from handler.errors import OperatorProblem
from handler.settings import Settings
from local.__main__ import main
from local.cloud import Behaviour, Created, Fault
from local.emulator import Account, account
from local.sandbox import BUCKET, GROUP
from local.send import PAGE_PATIENCE, PATIENCE, deliver, place_on
from tests.local.test_emulator import FastClock

GOOD = "email\na@example.com\nb@example.com\n"
MIXED = "email\nc@example.com\nbad\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two lists of one name in two folders, and an environment that sets nothing."""
    monkeypatch.chdir(tmp_path)
    for setting in Settings.model_fields.values():
        monkeypatch.delenv(str(setting.alias), raising=False)
    for name, content in {"a/list.csv": GOOD, "b/list.csv": MIXED}.items():
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(content, encoding="utf-8")
    return tmp_path


class Elsewhere(FastClock):
    """The sender's time, in which the function works for itself, if it works at all."""

    def __init__(self) -> None:
        super().__init__()
        self.works: Callable[[], object] = lambda: None

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self.works()


@dataclass
class Remote:
    """Somebody's account, and the sender's view of it."""

    here: Account
    clock: Elsewhere
    printed: io.StringIO = field(default_factory=io.StringIO)

    def deliver(self, *files: str) -> int:
        place = place_on(self.here.settings, str(GROUP), self.clock)
        return deliver(place, files, Path("out"), Console(file=self.printed, width=1_000))


@pytest.fixture
def remote(request: pytest.FixtureRequest) -> Iterator[Remote]:
    """The group is there; the function has the settings that the test is parametrised with."""
    clock = Elsewhere()
    with account(getattr(request, "param", {}), clock=clock) as here:
        here.cloud.groups.create("spring", receiver_id=GROUP)

        def work() -> None:
            here.platform.step(0.01)
            while here.platform.is_busy:
                here.platform.step(0.01)

        clock.works = work
        yield Remote(here, clock)


def reports(folder: Path) -> dict[str, str]:
    """The status of each report that was fetched, by the key of the file."""
    found = [json.loads(path.read_bytes()) for path in (folder / "out").rglob("report.json")]
    return {report["source"]["key"]: report["status"] for report in found}


def test_files_are_followed_to_their_reports(remote: Remote, folder: Path) -> None:
    """Each is dropped below its group's folder, printed as a replay prints it, and its report folder fetched; a report
    of an earlier drop of the same file is not taken for it."""
    assert remote.deliver("a/list.csv") == 0
    first = set(folder.rglob("report.json"))
    assert remote.deliver("a/list.csv", "b/list.csv") == 0
    text = remote.printed.getvalue()
    assert "a/list.csv  imported" in text
    assert "line 3" in text
    assert text.endswith("2 files: 4 rows = 1 imported + 2 already in group + 1 rejected. The reports are in out.\n")
    assert reports(folder) == dict.fromkeys(
        [f"incoming/1001/{name}" for name in ("list.csv", "a/list.csv", "b/list.csv")], "imported"
    )
    assert first < set(folder.rglob("report.json"))
    shown = re.findall(r"^  report +(.+/report.html)$", text, re.MULTILINE)
    assert len(shown) == 3
    assert all(Path(path).is_file() for path in shown)
    assert len([*(folder / "out").rglob("rejected.csv")]) == 1
    assert remote.here.cloud.groups.members(GROUP) == [f"{name}@example.com" for name in "abc"]


@pytest.mark.parametrize("remote", [{"SETTLE_SECONDS": "0"}], indirect=True)
def test_a_report_that_is_not_final_is_waited_for(
    remote: Remote, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """While the service uploads, that is said once; the end is what the sweep finds."""
    remote.here.cloud.behaviour = Behaviour(upload_seconds=400)
    assert remote.deliver("a/list.csv") == 0
    assert capsys.readouterr().err.count("still uploading") == 1
    assert reports(folder) == {"incoming/1001/list.csv": "imported"}
    assert remote.clock.ahead > 300


def test_a_page_that_never_comes(remote: Remote, folder: Path) -> None:
    """It is waited for, but not for long."""
    remote.here.cloud.faults.script("PutObject", Fault.refuse("AccessDenied", http_status=403), times=99, key="*.html")
    began = remote.clock.monotonic()
    assert remote.deliver("a/list.csv") == 0
    assert PAGE_PATIENCE <= remote.clock.monotonic() - began < PATIENCE
    assert remote.printed.getvalue().count("/report.json\n") == 1


def test_nobody_imports_it(remote: Remote, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a function there is a hint what may be wrong, and in the end exit code 1 and the file's name."""
    remote.clock.works = lambda: None
    began = remote.clock.monotonic()
    assert remote.deliver("a/list.csv") == 1
    assert remote.clock.monotonic() - began > PATIENCE
    assert capsys.readouterr().err.count("No report yet of a/list.csv. Is the function deployed") == 1
    assert remote.printed.getvalue().endswith("Failed, without a report: incoming/1001/list.csv.\n")


def test_a_name_that_no_key_can_have(remote: Remote, folder: Path) -> None:
    """Nothing is dropped, of several files neither."""
    (folder / "bad\udcff.csv").write_text(GOOD, encoding="utf-8")
    with pytest.raises(OperatorProblem, match="no UTF-8"):
        remote.deliver("a/list.csv", "bad\udcff.csv")
    assert remote.here.cloud.objects.keys(BUCKET) == []


def test_ctrl_c(remote: Remote, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever stops waiting is told where the report will be."""

    def interrupt() -> None:
        raise KeyboardInterrupt

    remote.clock.works = interrupt
    with pytest.raises(KeyboardInterrupt):
        remote.deliver("a/list.csv")
    assert "imported all the same; reports: reports/1001/list.csv" in capsys.readouterr().err


def test_on_an_emulator(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without an account: a folder, for a group that is made for it; the settings in .env count, where they do not say
    where things are."""
    (folder / ".env").write_text(
        "ON_INVALID=refuse\nBUCKET=mine-1250000001\nNOTIFY_URL=https://example.com/x\n", encoding="utf-8"
    )
    assert main(["send", ".", "--group", "77", "--emulator", "--out", "kept"], {}) == 1
    printed = capsys.readouterr()
    assert printed.out.endswith(
        "2 files, 1 refused: 4 rows = 2 imported + 1 rejected + 1 not attempted. The reports are in kept.\n"
    )
    assert "invalid_rows" in printed.out
    assert printed.err == ""
    assert len([*(folder / "kept/reports/77").rglob("report.html")]) == 2


@pytest.fixture
def env(remote: Remote, folder: Path) -> Callable[..., None]:
    """Writes .env for somebody's account, with these changes."""
    keys = remote.here.cloud.credentials
    remote.clock.works = lambda: None

    def write(**changes: str) -> None:
        said = {
            "TENCENT_SECRET_ID": keys.secret_id,
            "TENCENT_SECRET_KEY": keys.secret_key,
            "TENCENT_TOKEN": keys.token or "",
            "BUCKET": BUCKET,
            "REGION": "ap-singapore",
            "COS_ENDPOINT": remote.here.endpoint,
            "SES_ENDPOINT": remote.here.endpoint,
            **changes,
        }
        text = "".join(f"{name}={value}\n" for name, value in said.items())
        (folder / ".env").write_text(text, encoding="utf-8")

    return write


@pytest.mark.parametrize(
    ("changes", "group", "said"),
    [
        (
            {"TENCENT_SECRET_ID": "", "BUCKET": ""},
            "7",
            "BUCKET is missing in .env.\nerror: TENCENT_SECRET_ID is missing.",
        ),
        ({"COS_ENDPOINT": ""}, "7", "BUCKET is still the one of .env.example"),
        ({"DRYRUN": "true"}, "7", "there is no setting DRYRUN; did you mean DRY_RUN?"),
        ({"BUCKET": "other-1250000000"}, "7", "check that the bucket is there"),
        ({"TENCENT_SECRET_KEY": "wrong"}, "7", "SignatureDoesNotMatch"),
        ({}, "spring", "With GROUP_FOLDERS=name it takes its name."),
        ({}, "0", "--group takes the group's number"),
    ],
)
def test_wrong_settings(
    env: Callable[..., None], capsys: pytest.CaptureFixture[str], changes: dict[str, str], group: str, said: str
) -> None:
    """What cannot work is said before anything is dropped, with exit code 2."""
    env(**changes)
    assert main(["send", "a/list.csv", "--group", group], {}) == 2
    printed = capsys.readouterr()
    assert said in printed.err
    assert printed.out == ""


def test_from_env(env: Callable[..., None], remote: Remote, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The whole command, against an account that `.env` names, with the deployer's keys."""
    env()
    trigger = remote.here.cloud.on_created

    def at_once(created: Created) -> None:  # so that nobody waits in real time
        trigger(created)
        while created.version.key.startswith("incoming/") and not remote.here.platform.is_idle:
            remote.here.platform.step(0.01)

    remote.here.cloud.on_created = at_once
    assert main(["send", "a/list.csv", "--group", str(GROUP)], {}) == 0
    assert "1 file: 2 rows = 2 imported. The reports are in out.\n" in capsys.readouterr().out
    assert reports(folder) == {"incoming/1001/list.csv": "imported"}
    (folder / ".env").unlink()  # an emulator that runs already needs none, and knows its members
    port = remote.here.endpoint.rpartition(":")[2]
    assert main(["send", "a/list.csv", "--group", str(GROUP), "--port", port], {}) == 0
    assert "1 file: 2 rows = 2 already in group." in capsys.readouterr().out
    assert main(["send", "a/list.csv", "--group", str(GROUP), "--port", "1"], {}) == 2
    assert "No emulator listens on 127.0.0.1:1" in capsys.readouterr().err


@pytest.mark.parametrize("bulk", [0, PART_BYTES])
def test_what_is_said_of_the_files(folder: Path, capsys: pytest.CaptureFixture[str], bulk: int) -> None:
    """It goes with them as metadata, of a large file, too; likely typing mistakes are told as `preview` tells them."""
    rows = "姓名~收信 %41~Status~Notes\nAnn~ann@gmial.com~在~\nBen~ben@example.com~gone~" + "x" * 60_000 + "\n"
    content = rows + f"~~~{'y' * 60_000}\n" * (bulk // 60_000)
    (folder / "list.txt").write_text(content, encoding="gb18030")
    said = ["--email-column", "收信 %41", "--delimiter", "~", "--encoding", "gb18030", "--only", "Status=在|here"]
    said += ["--template-data", "name=姓名", "--language", "zh-CN"]
    assert main(["send", "list.txt", "--group", "7", "--emulator", *said], {}) == 0
    printed = capsys.readouterr().out
    assert 'delimiter "~"' in printed
    assert 'addresses in "收信 %41", for the mail name from "姓名"' in printed
    assert "1 address at gmial.com: perhaps gmail.com is meant" in printed
    assert re.search(r"1 file: [0-9]+ rows = 1 imported \+ 1 no consent", printed)
    (page,) = (folder / "out/reports/7").rglob("report.html")
    assert 'lang="zh-CN"' in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("names", ["name", "NAME"])
def test_a_group_by_its_name(capsys: pytest.CaptureFixture[str], names: str) -> None:
    """Where folders are names, the name is the folder, whether the key is shown or the report."""
    settings = {"GROUP_FOLDERS": names}
    main(["send", "a/list.csv", "--group", "春季", "--emulator"], settings)
    assert "/春季/list.csv" in capsys.readouterr().out
    assert main(["send", "a/list.csv", "--group", "a/b", "--emulator"], settings) == 2
    assert "a slash" in capsys.readouterr().err
