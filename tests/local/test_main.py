from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from local.__main__ import main
from local.cloud import Cloud
from tests.stage import ROOT

STRICT = (
    "-W",
    "error",
    "-W",
    "ignore:datetime.datetime.utcfromtimestamp:DeprecationWarning:tencentcloud.common.abstract_client",
)
"""Warnings are errors, but for the one that the SDK causes from Python 3.12 on."""
GOOD = b"email\na@example.com\nb@example.com\n"


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may have asked all programs for colours."""
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a command keeps unless it is told otherwise is not kept in the checkout."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.csv"
    path.write_bytes(GOOD)
    return path


def local(*arguments: object) -> list[str]:
    """The command line of a child process."""
    return [sys.executable, *STRICT, "-m", "local", *map(str, arguments)]


def test_preview(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was detected and what would be sent; nothing is on standard error, where there is no terminal."""
    assert main(["preview", str(good)], {}) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith(f"{good}  dry run, nothing was sent  ")
    assert 'csv, utf-8, header, addresses in "email"' in printed.out
    assert re.search(r"2 = +2$", printed.out, re.MULTILINE)
    assert printed.err == ""


def test_preview_is_kept(good: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each file's page lies in a folder of its own, whose path is printed; with --json nothing is left behind."""
    assert main(["preview", str(good)], {}) == 0
    (path,) = re.findall(r"^  report +(.+)$", capsys.readouterr().out, re.MULTILINE)
    assert path == "out/preview/good.csv/report.html"
    assert "2 addresses would be added" in (tmp_path / path).read_text(encoding="utf-8")
    good.rename(tmp_path / "other.csv")
    assert main(["preview", str(tmp_path / "other.csv"), "--json"], {}) == 0
    assert [each.name for each in (tmp_path / "out/preview").iterdir()] == ["good.csv"]


def test_preview_names_every_column_in_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The second one counts where the first is blank: whoever looks must see both."""
    path = tmp_path / "list.csv"
    path.write_text("work email,private email\na@example.com,\n,b@example.com\n", encoding="utf-8")
    assert main(["preview", str(path)], {}) == 0
    assert 'addresses in "work email" or else "private email"' in " ".join(capsys.readouterr().out.split())


def test_preview_of_several(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each file, folders included, and one sum; files of one name in different folders keep their reports,
    in one call and in several; one that is refused is exit code 1."""
    for name, content in {
        "a/list.csv": GOOD,
        "b/c/list.csv": GOOD + b"bad\nd@gmial.com\n",
        "b/none.csv": b"name\nAnn\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    (tmp_path / "b/.hidden").write_bytes(b"\0")
    assert main(["preview", "a", "b", "a/list.csv"], {}) == 1
    first, second, third, last = capsys.readouterr().out.splitlines()
    assert first == "a/list.csv  dry run, nothing was sent  2 rows = 2 to be sent"
    assert second == "b/c/list.csv  dry run, nothing was sent  4 rows = 1 rejected + 3 to be sent  typos: 1"
    assert third.startswith("b/none.csv  refused, nothing was sent  no_email_column: No column of the file")
    assert last == "3 files, 1 refused: 6 rows = 1 rejected + 5 to be sent. The reports are in out/preview."
    found = {path.parent: path.read_bytes() for path in (tmp_path / "out/preview").rglob("report.json")}
    assert {path.relative_to(tmp_path / "out/preview").as_posix() for path in found} == {
        *("a/list.csv", "b/c/list.csv", "b/none.csv")
    }
    assert main(["preview", "b/c/list.csv"], {}) == 0
    assert (tmp_path / "out/preview/a/list.csv/report.json").read_bytes() == found[tmp_path / "out/preview/a/list.csv"]
    assert main(["preview", "b/c/list.csv", "a/list.csv", "--out", "kept"], {}) == 0
    assert [*map(str, sorted(Path("kept").rglob("report.json")))] == [
        *("kept/a/list.csv/report.json", "kept/b/c/list.csv/report.json")
    ]
    capsys.readouterr()
    assert main(["preview", "a", "b", "--json"], {}) == 1
    assert [report["rows"]["total"] for report in json.loads(capsys.readouterr().out)] == [2, 4, 0]


def test_preview_against_the_real_group(good: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By the keys in .env: who is in the group already is not sent again; nothing is written to the account."""
    cloud = Cloud()
    cloud.groups.create("spring", receiver_id=7, members=["B@example.com", *(f"m{n}@example.com" for n in range(250))])
    with cloud.serve() as endpoint:
        keys = "TENCENT_SECRET_ID=AKIDlocal\nTENCENT_SECRET_KEY=local-secret\nTENCENT_TOKEN=local-token\n"
        (tmp_path / ".env").write_text(f"{keys}SES_ENDPOINT={endpoint}\n", encoding="utf-8")
        assert main(["preview", str(good), "--group", "7"], {}) == 0
        printed = capsys.readouterr()
        assert re.search(r"group +7 “spring”, 251 members before", printed.out)
        assert re.search(r"total +already in group +to be sent\n +2 = +1 \+ +1\n", printed.out)
        pages = sum(call.action == "ListReceiverDetails" for call in cloud.calls)
        (tmp_path / "more").mkdir()
        (tmp_path / "more/list.csv").write_bytes(GOOD)
        assert main(["preview", str(good), "more", "--group", "spring"], {}) == 0
        assert sum(call.action == "ListReceiverDetails" for call in cloud.calls) == 2 * pages
        cloud.groups.create("with data", receiver_id=9)
        cloud.groups.add(9, ["b@example.com"], ['{"other":"x"}'])
        (tmp_path / "list.csv").write_bytes(b"email,name\nann@example.com,Ann\n")
        capsys.readouterr()
        assert main(["preview", "list.csv", "--group", "9", "--template-data", "name=name", "--json"], {}) == 1
        assert "other variables for the template (other)" in json.loads(capsys.readouterr().out)["reason"]["message"]
        assert main(["preview", "list.csv", "--group", "9", "--template-data", "other=name"], {}) == 0
        assert main(["preview", str(good), "--group", "8"], {}) == 2
        assert "There is no group 8" in capsys.readouterr().err
        assert main(["preview", str(good), "--group", "7"], {"TENCENT_SECRET_KEY": "wrong"}) == 2
        assert main(["preview", str(good), "--group", "7"], {"TENCENT_SECRET_KEY": " "}) == 2
        assert "TENCENT_SECRET_KEY is missing. Put your own key into .env" in capsys.readouterr().err
    assert {call.action for call in cloud.calls} == {"ListReceivers", "ListReceiverDetails"}
    assert main(["preview", str(good), "--group", "7"], {}) == 2
    assert "It could not be reached" in capsys.readouterr().err


def test_preview_against_a_group_by_its_name(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As the function finds it: a near one is none, those that continue it count, and one may be created."""
    cloud = Cloud()
    cloud.groups.create("spring", 7, ["b@example.com"])
    cloud.groups.create("spring (2)", 8, ["a@example.com"])
    cloud.groups.create("summer", 9, ["a@example.com"])
    with cloud.serve() as endpoint:
        keys = {"TENCENT_SECRET_ID": "AKIDlocal", "TENCENT_SECRET_KEY": "local-secret", "TENCENT_TOKEN": "local-token"}
        account = {**keys, "SES_ENDPOINT": endpoint}

        def rows(group: str, **settings: str) -> Mapping[str, int]:
            assert main(["preview", str(good), "--group", group, "--json"], account | settings) == 0
            return {name: n for name, n in json.loads(capsys.readouterr().out)["rows"].items() if n and name != "total"}

        assert rows("spring") == {"already_in_group": 1, "not_attempted": 1}
        assert rows("spring", ON_OVERFLOW="split") == rows("7", ON_OVERFLOW="split") == {"already_in_group": 2}
        assert rows("7", GROUP_FOLDERS="name", CREATE_GROUPS="true") == {"not_attempted": 2}
        assert main(["preview", str(good), "--group", "Spring"], account) == 2
        assert "differs from it in nothing but case or spaces: “spring”" in capsys.readouterr().err


def test_preview_names_what_else_is_to_be_looked_at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every table of a file that has several, and domains that look like typing mistakes."""
    with zipfile.ZipFile(tmp_path / "lists.zip", "w") as archive:
        archive.writestr("one.csv", "email\na@gmial.com\nb@gmial.com\nc@example.com\n")
        archive.writestr("two.csv", "name,city\nAnn,Bonn\n")
        archive.writestr("three.csv", "Mail,name\nd@example.com,Bob\n")
    assert main(["preview", "lists.zip"], {}) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert 'tables one.csv: 3 rows, addresses in "email" two.csv: 0 rows, no addresses three.csv: 1 row, addre' in text
    assert "typos 2 addresses at gmial.com: perhaps gmail.com is meant" in text


def test_who_said_no_is_told_by_column_and_value(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """So that whoever reads it sees at once whether that is what the column means."""
    (tmp_path / "list.csv").write_bytes(b"email,Status\na@example.com,bounced\nb@example.com,active\n")
    assert main(["preview", "list.csv"], {}) == 0
    assert '  said no   in "Status": bounced 1\n' in capsys.readouterr().out


def test_warnings_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Those of each file in its line, and those of all of them in the sum."""
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_bytes(b"email,note\na@example.com,\nb@example.com,ask c@example.com\n")
    assert main(["preview", "a.csv", "b.csv"], {}) == 0
    first, _, last = capsys.readouterr().out.splitlines()
    assert first.endswith("2 rows = 2 to be sent  warnings: 1 addresses_elsewhere")
    assert "= 4 to be sent. Warnings: 2 addresses_elsewhere. The reports" in last


def test_an_unknown_language_is_an_error(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Another one in its place would go unnoticed."""
    with pytest.raises(SystemExit) as ended:
        main(["preview", str(good), "--language", "fr"], {})
    assert ended.value.code == 2
    assert "'fr' is none of en, zh-CN, pt" in capsys.readouterr().err


def test_preview_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A refused file is exit code 1, with the sentence that says what to do."""
    path = tmp_path / "list.csv"
    path.write_bytes(b"name\nAnn\nBob\n")
    assert main(["preview", str(path)], {}) == 1
    assert "no_email_column: No column of the file" in capsys.readouterr().out


def test_preview_json(good: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The report alone is on standard output, the log asked for or not; with --out the same report lies there."""
    assert main(["preview", str(good), "--json", "-v", "--out", str(tmp_path / "out")], {}) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["rows"]["total"] == 2
    assert json.loads(printed.out) == json.loads((tmp_path / "out/report.json").read_bytes())
    assert '"event": "planned"' in printed.err


@pytest.mark.parametrize("flags", [["-v"], []])
def test_log(good: Path, capsys: pytest.CaptureFixture[str], flags: list[str]) -> None:
    """The function's log is shown where -v or LOG_LEVEL asks for it, and never among the results."""
    main(["preview", str(good), *flags], {} if flags else {"LOG_LEVEL": "debug"})
    printed = capsys.readouterr()
    assert '"event": "reported"' in printed.err
    assert "reported" not in printed.out


def test_replay(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The log stays away unless it is asked for; the paths printed are there."""
    arguments = ["replay", str(ROOT / "events/copy.json"), "--files", str(ROOT / "events/bucket"), "--out"]
    assert main([*arguments, str(tmp_path / "out")], {}) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    (path,) = re.findall(r"^  report +(.+)$", printed.out, re.MULTILINE)
    assert json.loads(Path(path).with_name("report.json").read_bytes())["status"] == "imported"
    assert path.endswith("/report.html")


def test_replay_with_a_black_list(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever is on the list that --blocked names is left out, where the setting says so."""
    blocked = tmp_path / "blocked.csv"
    first = (ROOT / "events/bucket/incoming/1001/spring.csv").read_text(encoding="utf-8").splitlines()[1]
    address = next(cell for cell in first.split(",") if "@" in cell)
    blocked.write_text(f"email\n{address}\n", encoding="utf-8")
    given = [str(ROOT / "events/object-created.json"), "--files", str(ROOT / "events/bucket")]
    arguments = ["replay", *given, "--blocked", str(blocked), "--out", str(tmp_path)]
    assert main(arguments, {"SKIP_BLOCKED": "true"}) == 0
    assert "= 24 imported" in capsys.readouterr().out
    assert main(arguments, {}) == 0
    assert "= 25 imported" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["replay", "{tmp}/none.json"], "none.json: No such file"),
        (["replay", "{tmp}/list.txt"], "list.txt is not JSON"),
        (["replay", "{tmp}/three.json", "--files", "{tmp}"], "neither from COS nor from a timer"),
        (["replay", "{tmp}/three.json", "--files", "{tmp}/none"], "none is not a folder"),
        (["replay", "{tmp}/deep.json"], "deep.json is not JSON"),
        (["replay", "{tmp}/timer.json", "--files", "{tmp}/files"], "has a name that is no UTF-8"),
        (["preview", "{tmp}/none.csv"], "none.csv: No such file"),
        (["preview", "{tmp}/empty"], "empty is a folder without a file"),
        (["preview", "{tmp}/list.txt", "{tmp}/none.csv"], "none.csv: No such file"),
        (["preview", "{tmp}/list.txt", "--members", "{tmp}/none.csv"], "none.csv: No such file"),
        (["preview", "{tmp}/list.txt", "--out", "{tmp}/three.json"], "three.json: File exists"),
    ],
)
def test_wrong_calls(tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str) -> None:
    """What cannot be done is exit code 2 and one line on standard error that names what is wrong."""
    (tmp_path / "list.txt").write_text("a@example.com\n", encoding="utf-8")
    (tmp_path / "three.json").write_text("3", encoding="utf-8")
    (tmp_path / "deep.json").write_text("[" * 100_000, encoding="utf-8")
    (tmp_path / "timer.json").write_text('{"Type": "Timer"}', encoding="utf-8")
    (tmp_path / "files").mkdir()
    (tmp_path / "empty").mkdir()
    (tmp_path / "files/bad\udcffname.csv").touch()
    assert main([each.format(tmp=tmp_path) for each in arguments], {}) == 2
    printed = capsys.readouterr()
    assert said in printed.err
    assert (printed.out, printed.err.count("\n")) == ("", 1)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["explode"],
        ["preview"],
        ["replay", "a", "b"],
        ["preview", "list.txt", "--nix"],
        ["doctor", "--port", "3"],
        *(["emulator", "--port", port] for port in ("x", "-1", "65536", "99999999999")),
        ["send", "list.txt"],
        ["send", "-", "--group", "7"],
        ["preview", "list.txt", "--group", "7", "--members", "list.txt"],
        ["preview", ""],
        ["preview", "list.txt", "--encoding", "utf-99"],
        ["preview", "list.txt", "--encoding", "\udc80"],
        ["preview", "list.txt", "--delimiter", "two"],
        ["preview", "list.txt", "--delimiter", "@"],
        ["preview", "list.txt", "--email-column", "\udc80"],
        ["preview", "list.txt", "--template-data", "1st=Name"],
        ["preview", "list.txt", "--template-data", "name"],
        *(["preview", "list.txt", "--only", only] for only in ("nix", "=x", "|", "nix=", "nix=|", "nix=\udc80")),
    ],
)
def test_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong command line is exit code 2, too, and shows how that command is used."""
    with pytest.raises(SystemExit) as stopped:
        main(arguments, {})
    assert stopped.value.code == 2
    command = f" {arguments[0]}" if arguments and arguments != ["explode"] else ""
    assert f"usage: python -m local{command} [-h]" in capsys.readouterr().err


def test_a_tab_is_a_delimiter(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As it is, and not only by its name; so is a space."""
    for sign, name in (("\t", "tabs"), (" ", "spaces")):
        (tmp_path / "list.txt").write_text(f"a,b{sign}email\n1,2{sign}a@example.com\n", encoding="utf-8")
        assert main(["preview", str(tmp_path / "list.txt"), "--delimiter", sign], {}) == 0
        assert f"csv, utf-8, {name}, header" in capsys.readouterr().out


def test_preview_reads_env(good: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The settings in .env count, the environment's before them, and what it says in vain is named."""
    good.write_bytes(GOOD + b"bad\n")
    (tmp_path / ".env").write_text("ON_INVALID=refuse\nRECEIVER_ID=7\nLOG_LEVEL=DEBUG\n", encoding="utf-8")
    assert main(["preview", str(good), "--json"], {}) == 1
    assert json.loads(capsys.readouterr().out)["group"]["receiver_id"] == 7
    assert main(["preview", str(good)], {"ON_INVALID": "skip"}) == 0
    capsys.readouterr()
    (tmp_path / ".env").write_text("ONINVALID=refuse\n", encoding="utf-8")
    assert main(["preview", str(good)], {}) == 2
    assert "did you mean ON_INVALID?" in capsys.readouterr().err


def test_replay_reads_env(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What .env says of the function counts, and not where things are on the account; the environment wins; what it
    says in vain is named."""
    arguments = ["replay", str(ROOT / "events/copy.json"), "--files", str(ROOT / "events/bucket")]
    places = "BUCKET=mine-1250000001\nREGION=ap-tokyo\nINCOMING_PREFIX=mine/\nSES_ENDPOINT=ses.tencentcloudapi.com\n"
    (tmp_path / ".env").write_text(f"{places}DRY_RUN=true\n", encoding="utf-8")
    assert main(arguments, {}) == 0
    assert "dry run, nothing was sent" in capsys.readouterr().out
    assert main(arguments, {"DRY_RUN": "false"}) == 0
    assert "imported" in capsys.readouterr().out
    (tmp_path / ".env").write_text("DRYRUN=true\n", encoding="utf-8")
    assert main(arguments, {}) == 2
    assert "did you mean DRY_RUN?" in capsys.readouterr().err


def test_a_full_disk(good: Path) -> None:
    """What cannot be printed is one line, with the reason."""
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        child = subprocess.run(
            local("preview", good, "--json"), stdout=full, stderr=subprocess.PIPE, cwd=ROOT, check=False
        )
    assert (child.returncode, child.stderr) == (2, b"error: standard output: No space left on device\n")


@pytest.mark.parametrize("command", [["preview", "{file}"], ["replay", "{event}", "--files", "{files}"]])
def test_wrong_settings(good: Path, capsys: pytest.CaptureFixture[str], command: list[str]) -> None:
    """A wrong setting is exit code 2, with its name."""
    names = {"file": good, "event": ROOT / "events/copy.json", "files": ROOT / "events/bucket"}
    assert main([each.format(**names) for each in command], {"LOG_LEVEL": "loud", "SWEEP_DAYS": "no"}) == 2
    assert re.search(r"^(error: (LOG_LEVEL|SWEEP_DAYS) must be .*\n){2}$", capsys.readouterr().err)


def test_standard_input(good: Path) -> None:
    """`-` reads what is piped in; so does the name of a pipe."""
    for name in ("-", "/dev/stdin"):
        child = subprocess.run(local("preview", name, "--json"), input=GOOD, capture_output=True, cwd=ROOT, check=False)
        assert (child.returncode, child.stderr) == (0, b"")
        report = json.loads(child.stdout)
        assert (report["source"]["key"], report["rows"]["total"]) == ("stdin", 2)


def test_whoever_reads_has_seen_enough(good: Path) -> None:
    """A closed pipe ends it without a word, as it does other commands."""
    with subprocess.Popen(
        local("preview", good, "--out", good.parent / "out"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        assert child.stderr.read() == b""
    assert child.returncode == 128 + signal.SIGPIPE


def test_progress_on_a_terminal(tmp_path: Path) -> None:
    """A terminal on standard error gets a bar that is gone in the end; standard output has nothing of it."""
    path = tmp_path / "long.csv"
    path.write_bytes(b"email\n" + b"a@example.com\n" * 200_000)
    here, there = pty.openpty()
    environ = {**os.environ, "TERM": "xterm-256color"}
    with subprocess.Popen(
        local("preview", path, "--out", tmp_path), stdout=subprocess.PIPE, stderr=there, cwd=ROOT, env=environ
    ) as child:
        os.close(there)
        seen = b""
        while select.select([here], [], [], 30)[0]:
            try:
                seen += os.read(here, 65_536)
            except OSError:  # Linux: the child's end is closed
                break
        os.close(here)
        assert child.stdout is not None
        out = child.stdout.read()
    assert b"reading" in seen
    assert re.search(rb"\d,\d\d\d rows, [\d,]+/s", seen)
    assert seen.rstrip().endswith(b"\x1b[2K")  # the line is wiped
    assert out.startswith(str(path).encode())
    assert b"\x1b" not in out


def test_emulator_on_a_taken_port(capsys: pytest.CaptureFixture[str]) -> None:
    """A port that is taken is exit code 2, and said so."""
    with Cloud().serve() as endpoint:
        port = endpoint.rpartition(":")[2]
        assert main(["emulator", "--port", port], {}) == 2
    assert capsys.readouterr().err == f"error: 127.0.0.1:{port}: address already in use: choose another --port.\n"
