from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from handler.errors import ImportProblem, OperatorProblem, TryLater
from handler.importer import Importer
from handler.intake.event import Drop, Ignored
from handler.intake.source import FoundBy
from handler.lookup import Imported
from local.replay import Replayed, replay, show
from local.sandbox import metadata_in
from tests.stage import ROOT

WITHOUT = "Failed, without a report: "


def event(*keys: str, bucket: str = "drops", meta: dict[str, str] | None = None) -> dict[str, Any]:
    """An event for some files."""
    cos_bucket = {"region": "ap-singapore", "name": bucket, "appid": "1250000000"}
    records = [
        {
            "cos": {"cosObject": {"key": f"/1250000000/{bucket}/{key}", "meta": meta or {}}, "cosBucket": cos_bucket},
            "event": {"eventName": "cos:ObjectCreated:Put", "eventTime": 1, "reqid": 1},
        }
        for key in keys
    ]
    return {"Records": records}


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder to be the bucket."""
    return tmp_path / "bucket"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def put(files: Path, key: str, text: str) -> None:
    path = files / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")


def printed(replayed: Replayed, width: int = 0) -> str:
    """What is printed; to a terminal of this width, or into a file."""
    output = io.StringIO()
    console = Console(file=output, force_terminal=bool(width), width=width or 1_000, highlight=False)
    show(replayed, console)
    return output.getvalue()


def test_samples(out: Path) -> None:
    """The main job: the printed sums are those of the reports, which lie where the summary says."""
    given = json.loads((ROOT / "events/object-created.json").read_text(encoding="utf-8"))
    replayed = replay(given, ROOT / "events/bucket", out, {})
    text = printed(replayed)
    assert "3 files: 34 rows = 25 imported + 1 already in group + 2 duplicate + 5 rejected + 1 empty." in text
    paths = [Path(line.split()[1]) for line in text.splitlines() if line.startswith("  report")]
    assert {path.name for path in paths} == {"report.html"}
    found = [json.loads(path.with_name("report.json").read_text(encoding="utf-8")) for path in paths]
    assert [report["rows"]["imported"] for report in found] == [12, 7, 6]
    listed = {key for report in found for key in report["files"].values()}
    assert listed == {
        path.relative_to(out).as_posix() for path in out.rglob("*") if path.stem in {"imported", "rejected", "skipped"}
    }
    assert all(request in text for report in found for batch in report["batches"] for request in batch["request_ids"])
    assert replayed.exit_code == 0


def test_plain_in_a_file(files: Path, out: Path) -> None:
    """Piped there are no colours, no spaces at line ends, and a rejection is one line; a terminal gets colours."""
    put(files, "incoming/7/list.csv", "email\na@example.com\nhe.xue@example\n")
    replayed = replay(event("incoming/7/list.csv"), files, out, {})
    lines = printed(replayed).splitlines()
    assert all(line == line.rstrip() and line.isprintable() for line in lines)
    assert any(
        "line 3" in line and "he.xue@example" in line and line.endswith("should have a period.") for line in lines
    )
    assert "\x1b[" in printed(replayed, width=80)


def test_path_can_be_copied(files: Path, out: Path) -> None:
    """However narrow the terminal, the report's path is not broken in two."""
    put(files, "incoming/7/list.csv", "email\na@example.com\n")
    replayed = replay(event("incoming/7/list.csv"), files, out, {})
    assert str(replayed.told[0].folder / "report.html") in printed(replayed, width=40)


def test_terminal_obeys_no_file(files: Path, out: Path) -> None:
    """What would steer a terminal, in a cell or in a file's name, is shown as something that does not."""
    put(files, "incoming/7/\x1b[31mlist.csv", "email\na@example.com\n\x1b[2Jbad\n")
    text = printed(replay(event("incoming/7/\x1b[31mlist.csv"), files, out, {}))
    assert "\N{REPLACEMENT CHARACTER}[2Jbad" in text
    assert "\x1b" not in text


def test_only_the_first_rejections(files: Path, out: Path) -> None:
    """Of many bad rows the first five are shown, and how many more there are."""
    put(files, "incoming/7/list.csv", "email\n" + "a@example.com\n" * 9 + "bad\n" * 8)
    text = printed(replay(event("incoming/7/list.csv"), files, out, {}))
    assert [line for line in range(1, 30) if f"line {line} " in text] == [11, 12, 13, 14, 15]
    assert "and 3 more rows in rejected.csv" in text


def test_refused(files: Path, out: Path) -> None:
    """A refused import is exit code 1, whatever became of the others; code and sentence are shown."""
    put(files, "incoming/7/good.csv", "email\na@example.com\n")
    put(files, "incoming/7/none.csv", "name\nAnn\nBob\n")
    replayed = replay(event("incoming/7/good.csv", "incoming/7/none.csv"), files, out, {})
    assert [told.report.status for told in replayed.told] == ["imported", "refused"]
    assert replayed.exit_code == 1
    assert "no_email_column: No column of the file holds" in printed(replayed)


@pytest.mark.parametrize(
    ("settings", "status"), [({}, "imported"), ({"ON_INVALID": "refuse"}, "refused"), ({"DRY_RUN": "true"}, "dry_run")]
)
def test_settings(files: Path, out: Path, settings: dict[str, str], status: str) -> None:
    """The function's own settings count."""
    put(files, "incoming/7/list.csv", "email\na@example.com\nb@example.com\nbad\n")
    (told,) = replay(event("incoming/7/list.csv"), files, out, settings).told
    assert told.report.status == status


@pytest.mark.parametrize(
    ("key", "meta", "settings", "group"),
    [
        ("incoming/7/list.csv", {}, {}, 7),
        ("incoming/7/list.csv", {"x-cos-meta-receiver-id": "8"}, {}, 8),
        ("incoming/list.csv", {}, {"RECEIVER_ID": "9"}, 9),
        ("drop here/10/list.csv", {}, {"INCOMING_PREFIX": "drop here/", "REPORTS_PREFIX": "told"}, 10),
    ],
)
def test_groups_are_there(
    files: Path, out: Path, key: str, meta: dict[str, str], settings: dict[str, str], group: int
) -> None:
    """The group that a file is for is created: the one of its folder, its metadata, or the setting."""
    put(files, key, "email\na@example.com\n")
    (told,) = replay(event(key, meta=meta), files, out, settings).told
    assert told.report.group is not None
    assert (told.report.status, told.report.group.receiver_id) == ("imported", group)


def test_another_bucket(files: Path, out: Path) -> None:
    """The bucket is the one that the event names, whichever it is."""
    put(files, "incoming/7/list.csv", "email\na@example.com\n")
    (told,) = replay(event("incoming/7/list.csv", bucket="others"), files, out, {}).told
    assert told.report.source.bucket == "others-1250000000"


def test_hints_of_the_event(files: Path, out: Path) -> None:
    """What the event says in `x-cos-meta-` is the file's metadata in the bucket."""
    put(files, "incoming/7/a b.csv", "one,two\na@example.com,b@example.com\n")
    given = event("incoming/7/a%20b.csv", meta={"x-cos-meta-email-column": "two", "Content-Type": "text/csv"})
    (told,) = replay(given, files, out, {}).told
    assert told.report.file is not None
    assert told.report.file.email_column == "two"
    assert metadata_in(given) == {"incoming/7/a b.csv": {"x-cos-meta-email-column": "two"}}


def test_nothing_of_before(files: Path, out: Path) -> None:
    """A file that this replay did not write is not beside its report; what else is in the folder stays."""
    put(files, "incoming/7/list.csv", "email\na@example.com\nbad\nb@example.com\n")
    (told,) = replay(event("incoming/7/list.csv"), files, out, {"ON_INVALID": "refuse"}).told
    assert (told.folder / "remaining.csv").exists()
    (out / "mine.txt").write_text("mine", encoding="utf-8")
    replay(event("incoming/7/list.csv"), files, out, {})
    assert (told.folder / "rejected.csv").exists()
    assert not (told.folder / "remaining.csv").exists()
    assert (out / "mine.txt").exists()


def test_ignored(files: Path, out: Path) -> None:
    """What is not taken is named with its reason: a file that is not there, one that lies elsewhere."""
    put(files, "elsewhere/list.csv", "email\na@example.com\n")
    replayed = replay(event("incoming/7/gone.csv", "elsewhere/list.csv"), files, out, {})
    text = printed(replayed)
    assert "elsewhere/list.csv  ignored  not below incoming/" in text
    assert "incoming/7/gone.csv  ignored  the file is gone" in text
    assert (replayed.told, replayed.exit_code) == ([], 0)


@pytest.mark.parametrize(
    ("given", "settings", "said"),
    [
        ({"Records": []}, {}, "The event has no records: nothing was done."),
        (event("elsewhere/list.csv"), {}, "No file was imported."),
        ({"Type": "Timer"}, {}, "The sweep found nothing to do."),
        ({"Type": "Timer"}, {"DRY_RUN": "true"}, "A dry run sweeps nothing."),
    ],
)
def test_nothing_to_tell_of(files: Path, out: Path, given: object, settings: dict[str, str], said: str) -> None:
    """Where no file was imported, one line says so."""
    files.mkdir()
    assert printed(replay(given, files, out, settings)).endswith(f"{said}\n")


def test_dry_run(files: Path, out: Path) -> None:
    """Nothing was meant to be sent: it would be, and neither the sum nor remaining.csv says that something failed."""
    put(files, "incoming/7/list.csv", "email\na@example.com\nbad\nb@example.com\n")
    replayed = replay(event("incoming/7/list.csv"), files, out, {"DRY_RUN": "true"})
    assert "1 file: 3 rows = 1 rejected + 2 to be sent." in printed(replayed)
    remaining = (replayed.told[0].folder / "remaining.csv").read_text(encoding="utf-8-sig")
    assert remaining.count("This address would be sent: this is a dry run.") == 2


def test_files_that_failed(files: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sum names the files without a report."""
    for name in ("good", "left"):
        put(files, f"incoming/7/{name}.csv", f"email\n{name}@example.com\n")
    take = Importer.take

    def fail(self: Importer, drop: Drop, found_by: FoundBy = "event") -> Imported | Ignored:
        if "left" in drop.key:
            raise TryLater("no time")
        return take(self, drop, found_by)

    monkeypatch.setattr(Importer, "take", fail)
    given = event("incoming/7/good.csv", "incoming/7/left.csv", "incoming/7/gone.csv")
    text = printed(replay(given, files, out, {}))
    assert "would be called again: no time\n" in text
    assert text.endswith(f"1 file: 1 row = 1 imported. The reports are in {out}. {WITHOUT}incoming/7/left.csv.\n")


@pytest.mark.parametrize(("problem", "exit_code"), [(OperatorProblem("no right"), 2), (TryLater("no time"), 1)])
def test_the_function_fails(out: Path, problem: ImportProblem, exit_code: int) -> None:
    """When the function raises, it is said why, and the exit code tells a wrong configuration from another try."""
    replayed = Replayed([], [], problem, out)
    assert replayed.exit_code == exit_code
    assert problem.message in printed(replayed)


def test_no_event(files: Path, out: Path) -> None:
    """What comes neither from COS nor from a timer is a wrong call."""
    files.mkdir()
    events: tuple[object, ...] = (3, {}, {"Records": None}, [])
    for given in events:
        with pytest.raises(OperatorProblem):
            replay(given, files, out, {})


def test_wrong_settings(files: Path, out: Path) -> None:
    """All wrong settings are named before anything is done."""
    files.mkdir()
    with pytest.raises(OperatorProblem, match=r"(?s)ON_OVERFLOW.*SWEEP_DAYS"):
        replay(event("incoming/7/list.csv"), files, out, {"ON_OVERFLOW": "x", "SWEEP_DAYS": "x"})
    assert not out.exists()
