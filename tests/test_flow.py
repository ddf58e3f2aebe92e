"""The whole path, one event of events/ after the other: the files of events/bucket/ are dropped, the event arrives, and
then the group and the reports are looked at."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.stage import BUCKET, ROOT, Stage

EVENTS = ROOT / "events"
FILES = EVENTS / "bucket"
FOLDER = "incoming/1001/"

# The good addresses of each file, as they are to be sent, in the order of the file.
SPRING = """li.wei@example.com wang.fang@example.com zhang.min@example.com liu.yang@example.org chen.jing@example.org
yang.jun@example.org zhao.lei@example.net huang.li@example.net ada.okafor@example.com jonas.berg@example.net
marta.silva@mail.example.org ken.tanaka@mail.example.org""".split()
MISTAKES = """zhou.jie@example.com wu.ting@example.org xu.hao@example.net sun.yue@example.com li.wei@example.com
elena.rossi@example.net tom.hill@example.org noor.aziz@example.net""".split()
EXCEL = """juergen.weiss@example.com zoe.mueller@example.net office@baecker.example.org francois.levy@example.org
anna.nowak@example.com soeren.dahl@example.net""".split()
CHINESE = "guo.ming@example.com luo.lan@example.org liang.yu@example.net song.jia@example.com".split()

BAD_ROWS = {"duplicate": 2, "rejected": 5, "empty": 1}
"""What with-mistakes.csv has beside its eight good rows."""


@pytest.fixture
def bucket(stage: Stage) -> Stage:
    """The stage with the sample files dropped."""
    for path in sorted(path for path in FILES.rglob("*") if path.is_file()):
        stage.cloud.objects.put(BUCKET, path.relative_to(FILES).as_posix(), path)
    return stage


def load(name: str) -> Any:
    return json.loads((EVENTS / name).read_text(encoding="utf-8"))


def reports(stage: Stage, result: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The reports of a result, by the file's name, each of which adds up."""
    found = [stage.report({"imports": [imported]}) for imported in result["imports"]]
    assert [imported["status"] for imported in result["imports"]] == [report["status"] for report in found]
    return {report["source"]["key"].removeprefix(FOLDER): report for report in found}


def fates(report: dict[str, Any]) -> dict[str, int]:
    return {fate: number for fate, number in report["rows"].items() if number and fate != "total"}


def rows_of(stage: Stage, key: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(stage.text(key), newline="")))


def test_object_created(bucket: Stage) -> None:
    """Three records in one event: each file is imported, in their order, and what an earlier one brought is known."""
    found = reports(bucket, bucket.invoke(load("object-created.json")))
    assert list(found) == ["spring.csv", "with-mistakes.csv", "excel-semicolons.csv"]
    assert {report["status"] for report in found.values()} == {"imported"}
    assert fates(found["spring.csv"]) == {"imported": 12}
    assert fates(found["with-mistakes.csv"]) == {"imported": 7, "already_in_group": 1, **BAD_ROWS}
    assert fates(found["excel-semicolons.csv"]) == {"imported": 6}
    assert bucket.members() == [*SPRING, *(each for each in MISTAKES if each not in SPRING), *EXCEL]
    assert bucket.calls("CreateReceiverDetail") == 3


def test_post(bucket: Stage) -> None:
    """A file with semicolons, a byte order mark and a line break inside a cell: all of it is found out."""
    (report,) = reports(bucket, bucket.invoke(load("post.json"))).values()
    assert report["file"] == {
        "format": "csv",
        "compression": None,
        "encoding": "utf-8",
        "delimiter": ";",
        "header": True,
        "email_column": "E-Mail-Adresse",
        "other_email_columns": [],
        "records": None,
        "tables": [],
        "consent_column": None,
        "consent_values": {},
        "template_data": {},
    }
    assert [*report["files"]] == ["imported"]
    assert bucket.members() == EXCEL


def test_copy(bucket: Stage) -> None:
    """A file with mistakes: the good rows are sent, and each other one is listed with its line, why, and what next."""
    (report,) = reports(bucket, bucket.invoke(load("copy.json"))).values()
    assert fates(report) == {"imported": 8, **BAD_ROWS}
    assert report["rejected_by_reason"] == {"missing_at": 1, "domain": 2, "syntax": 2}
    rejected = rows_of(bucket, report["files"]["rejected"])
    assert [(row["line"], row["email"], row["reason"], row["suggestion"]) for row in rejected] == [
        ("9", "ma.chao#example.com", "missing_at", ""),
        ("10", "zhu.lin@example,com", "domain", "zhu.lin@example.com"),
        ("11", "hu.bin@@example.org", "syntax", "hu.bin@example.org"),
        ("12", "lin..feng@example.com", "syntax", "lin.feng@example.com"),
        ("13", "he.xue@example", "domain", ""),
    ]
    skipped = rows_of(bucket, report["files"]["skipped"])
    assert [(row["line"], row["reason"], row["message"]) for row in skipped] == [
        ("4", "duplicate", "The same address is in line 3 already."),
        ("7", "duplicate", "The same address is in line 6 already."),
    ]
    assert "remaining" not in report["files"]
    assert bucket.members() == MISTAKES


def test_complete_multipart_upload(bucket: Stage) -> None:
    """One batch, its request named, the group counted before and after."""
    (report,) = reports(bucket, bucket.invoke(load("complete-multipart-upload.json"))).values()
    (batch,) = report["batches"]
    assert (batch["size"], batch["outcome"], batch["attempts"], len(batch["request_ids"])) == (12, "accepted", 1, 1)
    assert batch["service_counts"]["ValidCount"] == 12
    assert (report["group"]["count_before"], report["group"]["count_after"]) == (0, 12)
    assert bucket.members() == SPRING


def test_two_records(bucket: Stage) -> None:
    """A file whose name and headings are Chinese is imported as any other."""
    found = reports(bucket, bucket.invoke(load("two-records.json")))
    assert list(found) == ["spring.csv", "春季名单.csv"]
    assert found["春季名单.csv"]["file"]["email_column"] == "邮箱"
    assert bucket.members() == SPRING + CHINESE


def test_as_published(bucket: Stage) -> None:
    """An event as people have published it, with an ETag and without a request id of its own, is read as any other."""
    result = bucket.invoke(load("as-published.json"))
    assert list(reports(bucket, result)) == ["spring.csv"]
    assert bucket.members() == SPRING
    assert bucket.invoke(load("as-published.json")) == result


def test_object_removed(bucket: Stage) -> None:
    """A deletion asks for nothing: no call is made, and the result says why."""
    result = bucket.invoke(load("object-removed.json"))
    ignored = {"key": "incoming/1001/spring.csv", "why": "not a creation: cos:ObjectRemove:Delete"}
    assert result == {"imports": [], "ignored": [ignored]}
    assert bucket.cloud.calls == []


def test_encoded_key(bucket: Stage) -> None:
    """A key in percent-encoding is found as the object it means, and reported under that one's name."""
    result = bucket.invoke(load("encoded-key.json"))
    (report,) = reports(bucket, result).values()
    assert report["source"]["key"] == "incoming/1001/春季名单.csv"
    assert result["imports"][0]["report"].startswith("reports/1001/春季名单.csv/")
    assert bucket.members() == CHINESE


def test_timer(bucket: Stage) -> None:
    """The sweep imports every file that has no finished import, once each; the next one has nothing to do."""
    found = reports(bucket, bucket.invoke(load("timer.json")))
    assert sorted(found) == ["excel-semicolons.csv", "spring.csv", "with-mistakes.csv", "春季名单.csv"]
    assert sorted(bucket.members()) == sorted({*SPRING, *MISTAKES, *EXCEL, *CHINESE})
    assert bucket.invoke(load("timer.json")) == {"imports": [], "ignored": []}


@pytest.mark.parametrize("name", sorted(path.name for path in EVENTS.glob("*.json")))
def test_delivered_again(bucket: Stage, name: str) -> None:
    """Whatever the event, its second delivery changes no group, and whoever asks is told the same."""
    event = load(name)
    first = bucket.invoke(event)
    members, writes = bucket.members(), bucket.calls("CreateReceiverDetail")
    second = bucket.invoke(event)
    assert bucket.members() == members
    assert bucket.calls("CreateReceiverDetail") == writes
    assert second == (first if name != "timer.json" else {"imports": [], "ignored": []})


def test_every_event_has_its_test() -> None:
    """An event that is added here without a test of its own is not covered by any."""
    names = {path.stem.replace("-", "_") for path in EVENTS.glob("*.json")}
    source = Path(__file__).read_text(encoding="utf-8")
    assert [name for name in names if f"def test_{name}(" not in source] == []


def test_a_file_of_a_foreign_format_gets_a_report(stage: Stage) -> None:
    """What can be told from the first bytes is refused like anything else: with a report, and a normal return."""
    report = stage.run(b"%PDF-1.7\n")
    assert (report["status"], report["reason"]["code"]) == ("refused", "unsupported_format")
