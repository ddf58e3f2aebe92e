from __future__ import annotations

import csv
import gzip
import io
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from handler import limits
from handler.errors import OperatorProblem, TryLater
from handler.reporting.report import Report
from local.preview import Asked, LocalPublisher, preview
from local.summary import show_file
from tests.stage import ROOT, Stage

SAMPLES = sorted((ROOT / "events/bucket/incoming/1001").glob("*.csv"))
Preview = Callable[..., Report]


@dataclass
class Seen:
    """Keeps what it is told of the progress."""

    positions: list[int] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)

    def bytes_read(self, position: int) -> None:
        self.positions.append(position)

    def rows_read(self, count: int) -> None:
        self.rows.append(count)


@pytest.fixture
def run(tmp_path: Path) -> Preview:
    """Previews a file of this content; the report."""

    def previewed(content: bytes | Path, settings: dict[str, str] | None = None, **asked: Any) -> Report:
        path = content if isinstance(content, Path) else tmp_path / "list.csv"
        if isinstance(content, bytes):
            path.write_bytes(content)
        return preview(Asked(path, str(path), **asked), tmp_path / "out", settings or {}, Seen()).report

    return previewed


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_as_the_function_does(stage: Stage, run: Preview, tmp_path: Path, path: Path) -> None:
    """The same file through the function, as a dry run: the same report and the same CSV files, byte for byte, but for
    where they lie."""
    told = stage.run(path, DRY_RUN="true")
    local = run(path)
    elsewhere = {"import_id", "source", "files", "group", "groups", "started_at", "finished_at", "seconds"}
    for batch in told["batches"]:
        batch["receiver_id"] = None
    assert {name: value for name, value in json.loads(local.to_json()).items() if name not in elsewhere} == {
        name: value for name, value in told.items() if name not in elsewhere
    }
    assert local.files.keys() == told["files"].keys()
    for name, written in local.files.items():
        assert Path(written).read_bytes().decode("utf-8-sig") == stage.text(told["files"][name])


def test_what_is_kept(run: Preview, tmp_path: Path) -> None:
    """The report says where its files lie, and report.json is what is returned."""
    report = run(b"email\na@example.com\nA@example.com\nbad\n")
    assert report.files == {name: str(tmp_path / f"out/{name}.csv") for name in ("rejected", "remaining", "skipped")}
    assert Report.from_json((tmp_path / "out/report.json").read_bytes()) == report
    with (tmp_path / "out/rejected.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row["line"] for row in csv.DictReader(file)] == ["4"]


def test_nothing_is_kept(tmp_path: Path) -> None:
    """Where report.json is all that is asked for, it names no files, and there are none."""
    path = tmp_path / "list.csv"
    path.write_bytes(b"email\na@example.com\nbad\nbad\nb@example.com\n")
    told = preview(Asked(path, "list.csv"), tmp_path / "out", {}, Seen(), kept=False)
    assert told.report.files == {}
    assert {each.name for each in (tmp_path / "out").iterdir()} == {"report.json"}


def test_nothing_of_before(run: Preview, tmp_path: Path) -> None:
    """What an earlier preview wrote is not taken for this one's; what else is in the folder stays."""
    run(b"email\na@example.com\nb@example.com\nbad\n")
    (tmp_path / "out/mine.csv").write_bytes(b"mine")
    run(b"email\na@example.com\n")
    assert {each.name for each in (tmp_path / "out").iterdir()} == {
        *("report.json", "report.html"),
        *("remaining.csv", "mine.csv"),
    }


def test_own_file_is_not_overwritten(run: Preview, tmp_path: Path) -> None:
    """rejected.csv of one preview, previewed into the folder it lies in, is refused and still there."""
    run(b"email\na@example.com\nb@example.com\nbad\n")
    before = (tmp_path / "out/rejected.csv").read_bytes()
    with pytest.raises(OperatorProblem, match="choose another --out"):
        run(tmp_path / "out/rejected.csv")
    assert (tmp_path / "out/rejected.csv").read_bytes() == before


def test_a_list_of_members_is_not_overwritten(run: Preview, tmp_path: Path) -> None:
    """Nor is the list of members."""
    run(b"email\na@example.com\na@example.com\nb@example.com\n")
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    with pytest.raises(OperatorProblem, match=r"skipped\.csv is a file to be read"):
        run(b"email\na@example.com\n", members=tmp_path / "out/skipped.csv")
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before


@pytest.mark.parametrize("names", [["rejected.csv", "skipped.csv"], ["report.json", "rejected.csv"], ["report.html"]])
@pytest.mark.parametrize("earlier", [True, False])
def test_what_no_preview_wrote_stays(run: Preview, tmp_path: Path, names: list[str], *, earlier: bool) -> None:
    """Files of those names that are somebody's own are named, and all that is in the folder stays, what an earlier
    preview wrote there included."""
    if earlier:
        run(b"email\na@example.com\n")
        names = [name for name in names if name.endswith(".csv")]
    (tmp_path / "out").mkdir(exist_ok=True)
    for name in names:
        (tmp_path / "out" / name).write_bytes(b'{"mine": 1}')
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    if names:
        with pytest.raises(OperatorProblem, match=r"was written by no preview, .*: choose another --out"):
            run(b"email\na@example.com\n")
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before


def test_a_call_that_comes_to_nothing_removes_nothing(run: Preview, tmp_path: Path) -> None:
    """A list of members that is none, or a file that cannot be read, costs no earlier result."""
    run(b"email\na@example.com\nbad\nb@example.com\n")
    before = sorted((tmp_path / "out").iterdir())
    (tmp_path / "none.txt").write_bytes(b"name\nAnn\n")
    with pytest.raises(OperatorProblem):
        run(b"email\na@example.com\n", members=tmp_path / "none.txt")
    with pytest.raises(OSError, match="none"):
        run(tmp_path / "none.csv")
    assert sorted((tmp_path / "out").iterdir()) == before


def test_settings(run: Preview) -> None:
    """The function's settings count, and the wrong ones are named."""
    content = b"email\na@example.com\nb@example.com\nbad\n"
    assert run(content).status == "dry_run"
    refused = run(content, {"ON_INVALID": "refuse"})
    assert refused.reason is not None
    assert (refused.status, refused.reason.code) == ("refused", "invalid_rows")
    with pytest.raises(OperatorProblem, match="ON_INVALID"):
        run(content, {"ON_INVALID": "sometimes"})


@pytest.mark.parametrize(("settings", "group"), [({}, None), ({"RECEIVER_ID": "7"}, 7)])
def test_group(run: Preview, settings: dict[str, str], group: int | None) -> None:
    """No group is made up: the report has the one that the settings name, or none."""
    report = run(b"email\na@example.com\n", settings)
    assert (report.group and report.group.receiver_id) == group


def test_hints(run: Preview) -> None:
    """What the owner would say in the metadata is heeded, whatever characters it has."""
    content = "Köln %41~Zwei\na@example.com~b@example.com\n".encode("cp1252")
    hints = {"email-column": "Köln %41", "delimiter": "~", "encoding": "cp1252"}
    report = run(content, hints=hints)
    assert report.file is not None
    assert (report.file.email_column, report.file.delimiter, report.file.encoding) == ("Köln %41", "~", "cp1252")


@pytest.mark.parametrize(
    ("content", "hints", "code", "said"),
    [
        (b"email\na@example.com\n", {"encoding": "utf-16"}, "unreadable", "metadata (x-cos-meta-encoding) says"),
        (b"email\na@example.com\n", {"encoding": "cp500"}, "unreadable", "metadata (x-cos-meta-encoding) says"),
        (b"name\nAnn\n", {"encoding": "utf-8"}, "no_email_column", "metadata (x-cos-meta-encoding) says"),
        (b"name;a\nAnn;b\n", {"delimiter": ";"}, "no_email_column", "metadata (x-cos-meta-delimiter) says"),
        (b"name;a\nAnn;b\n", {}, "no_email_column", "No column of the file holds e-mail addresses: call"),
        (b"\nFull name;City\nAnn;Bonn\n", {}, "no_email_column", "Its columns are: Full name, City."),
        (b'{"name": "Ann", "city": "Bonn"}\n', {}, "no_email_column", "Its columns are: name, city."),
        (b"Ann;17\nBob;18\n", {}, "no_email_column", "(x-cos-meta-email-column)."),
        (
            b"email,name\na@example.com,Ann\n",
            {"only": "name=Z"},
            "unreadable",
            "No row of the file has one of the values",
        ),
        (b"email,name\na@example.com,Ann\n", {"only": "nix=Z"}, "unreadable", "has no column “nix”, which"),
        (b"email\n" + b"a@example.com " * 15_000, {}, "too_many_invalid", "1 of 1 rows"),
    ],
)
def test_what_the_reason_says(run: Preview, content: bytes, hints: dict[str, str], code: str, said: str) -> None:
    """A refusal says what is true: of what the owner named, that this may be wrong."""
    reason = run(content, hints=hints).reason
    assert reason is not None
    assert (reason.code, said in reason.message) == (code, True)


def test_data_for_the_template(tmp_path: Path) -> None:
    """The first three recipients are told with their variables; what the members have is not known."""
    path, members = tmp_path / "list.csv", tmp_path / "members.txt"
    path.write_text("email,Name\n" + "".join(f"p{number}@example.com,Name {number}\n" for number in range(9)))
    members.write_text("p0@example.com\n")
    told = preview(Asked(path, "list.csv", {"template-data": "name=Name"}, members), tmp_path / "out", {}, Seen())
    assert told.report.file is not None
    assert (told.report.status, told.report.file.template_data) == ("dry_run", {"name": "Name"})
    assert [(one.address, one.values) for one in told.recipients] == [
        (f"p{number}@example.com", {"name": f"Name {number}"}) for number in (1, 2, 3)
    ]
    terminal = io.StringIO()
    show_file(told, Console(file=terminal, width=200))
    shown = terminal.getvalue()
    assert 'for the mail name from "Name"' in shown
    assert 'such as   p1@example.com: name "Name 1"\n' in shown
    assert "p4@example.com" not in shown


def test_members(run: Preview, tmp_path: Path) -> None:
    """A list of the group's members, in any form, is counted against the rows and against the room."""
    members = tmp_path / "members.gz"
    members.write_bytes(gzip.compress("".join(f"user{n}@example.com\n" for n in range(49_999)).encode()))
    content = b"email\nUser1@Example.com\na@example.net\nb@example.net\n"
    report = run(content, members=members)
    assert report.reason is not None
    assert report.reason.code == "over_capacity"
    assert report.rows.already_in_group == 1
    assert run(content, {"ON_OVERFLOW": "fill"}, members=members).rows.not_attempted == 1


@pytest.mark.parametrize("named", [True, False])
def test_a_list_for_a_series(run: Preview, monkeypatch: pytest.MonkeyPatch, *, named: bool) -> None:
    """It shows the groups that the file would take, be it known or not which one is the first."""
    monkeypatch.setattr(limits, "GROUP_LIMIT", 3)
    settings = {"ON_OVERFLOW": "split", **({"RECEIVER_ID": "7"} if named else {})}
    told = run(b"email\n" + b"".join(b"a%d@example.com\n" % number for number in range(7)), settings)
    assert (told.status, told.rows.not_attempted) == ("dry_run", 7)
    taken = [(group.receiver_id, group.name, group.planned) for group in told.groups]
    assert taken == [(7 if named else None, "your group", 3), (None, "your group (2)", 3), (None, "your group (3)", 1)]


def test_members_are_a_list(run: Preview, tmp_path: Path) -> None:
    """A file that is no list is named."""
    members = tmp_path / "members.txt"
    members.write_bytes(b"name\nAnn\nBob\n")
    with pytest.raises(OperatorProblem, match=r"members\.txt: No column of the file"):
        run(b"email\na@example.com\n", members=members)


def test_progress(tmp_path: Path) -> None:
    """Bytes and rows are told as they are read, up to the file's end."""
    path = tmp_path / "list.csv"
    path.write_bytes(b"email\n" + b"a@example.com\n" * 100_000)
    seen = Seen()
    told = preview(Asked(path, "list.csv"), tmp_path / "out", {}, seen)
    assert seen.positions == sorted(seen.positions)
    assert len(seen.positions) > 3
    assert seen.positions[-1] == path.stat().st_size
    assert len(seen.rows) > 3
    assert sum(seen.rows) == told.report.rows.total == 100_000


def test_changed_meanwhile(tmp_path: Path) -> None:
    """A file that keeps changing while it is read is not judged by halves."""
    path = tmp_path / "list.csv"
    path.write_bytes(b"email\n" + b"a@example.com\n")
    times = iter(range(1, 100))

    class Touching(Seen):
        def bytes_read(self, position: int) -> None:  # noqa: ARG002 - wherever it is
            os.utime(path, (0, next(times)))

    with pytest.raises(TryLater, match="keeps being replaced"):
        preview(Asked(path, "list.csv"), tmp_path / "out", {}, Touching())


def test_what_was_broken_off_is_in_nobodys_way(run: Preview, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a preview that dies after it has written its lists nothing is left, and the next one works."""
    content = b"email\na@example.com\nbad\nb@example.com\n"

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(LocalPublisher, "publish", interrupt)
        with pytest.raises(KeyboardInterrupt):
            run(content)
    assert [*(tmp_path / "out").iterdir()] == []
    assert run(content).status == "dry_run"


def test_names(run: Preview, tmp_path: Path) -> None:
    """A file in a folder with a number is for no group because of that: it is not in the bucket yet."""
    folder = tmp_path / "incoming/7"
    folder.mkdir(parents=True)
    path = folder / "名单.csv"
    path.write_bytes(b"email\na@example.com\n")
    report = run(path)
    assert (report.source.key, report.group) == ("名单.csv", None)
