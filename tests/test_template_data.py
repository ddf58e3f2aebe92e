"""The whole way of data for the mail's template: what the emulator holds is what the file says."""

from __future__ import annotations

import csv
import io
import json
from typing import Any
from urllib.parse import quote

import openpyxl
import pytest

from handler import limits
from handler.limits import SAMPLE_ROWS, TEMPLATE_BYTES
from local.cloud.faults import Fault
from tests.handler.reading.files import zipped
from tests.stage import BUCKET, GROUP, Stage

SAID = "name=姓名,city=城市"
NAMES = ("张伟", "Zoë Müller", "Иван Петров", "محمد علي", "さくら 山田")
"""Five scripts."""
ODD = ('"', "\\", "a\r\nb", "\U0001f600", "{{x}}", "", " ", "'=x", "a,b;c", "\u2028", "=1+1", "<3")


def written(rows: list[list[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([["邮箱", "姓名", "城市"], *rows])
    return text.getvalue().encode()


def held(stage: Stage, receiver_id: int = GROUP) -> dict[str, Any]:
    """What the emulator holds beside each address."""
    return {address: json.loads(data) for address, data in stage.cloud.groups.data(receiver_id).items()}


def imported(stage: Stage, content: bytes, said: str = SAID, **settings: Any) -> dict[str, Any]:
    event = stage.drop(content, template_data=quote(said))
    return stage.report(stage.invoke(event, **settings))


def listed(stage: Stage, report: dict[str, Any], name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(stage.text(report["files"][name]), newline="")))


def test_45_000_rows(stage: Stage) -> None:
    """Names in five scripts and all that is odd, each with its own address; requests of both bounds."""
    rows = [
        [f"p{number}@example.com", f"{NAMES[number % 5]} {number}", (ODD[number % len(ODD)] + "市" * (number % 200))]
        for number in range(45_000)
    ]
    report = imported(stage, written(rows))
    assert (report["status"], report["rows"]["imported"]) == ("imported", 45_000)
    assert report["file"]["template_data"] == {"name": "姓名", "city": "城市"}
    # A `'` before what a spreadsheet would run is a guard, and none of the value.
    assert held(stage) == {
        address: {"name": name, "city": city.removeprefix("'") if city.startswith("'=") else city}
        for address, name, city in rows
    }
    writes = [call for call in stage.cloud.calls if call.action == "CreateReceiverDetailWithData"]
    assert [call.size for call in writes] == [batch["size"] for batch in report["batches"]]
    assert max(call.size for call in writes) < limits.BATCH_SIZE
    assert {call.code for call in writes} == {""}
    assert stage.calls("CreateReceiverDetail") == len(writes) > 3


def test_rows_that_the_service_would_not_take_are_rejected(stage: Stage) -> None:
    """Each with its sentence, and nothing of it stripped; a later row of the same person may be good."""
    frame = len('{"name":"","city":""}')
    fits, too_long = ("名" * 259 + "x" * (TEMPLATE_BYTES - frame - 777 + more) for more in (0, 1))
    rows = [
        ["fits@example.com", fits, ""],
        ["long@example.com", too_long, ""],
        ["bold@example.com", "<b>Ann</b>", ""],
        ["both@example.com", "Ann", "<i>Rome"],
        ["both@example.com", "Ann", "Rome"],
        ["less@example.com", "a < b", "1 <2"],
    ]
    report = imported(stage, written(rows))
    assert report["rejected_by_reason"] == {"template_data": 3}
    assert held(stage) == {
        "fits@example.com": {"name": fits, "city": ""},
        "both@example.com": {"name": "Ann", "city": "Rome"},
        "less@example.com": {"name": "a < b", "city": "1 <2"},
    }
    assert len(stage.cloud.groups.data(GROUP)["fits@example.com"].encode()) == TEMPLATE_BYTES
    added = [(row["邮箱"], row["姓名"], row["城市"]) for row in listed(stage, report, "imported")]
    assert added == [(address, of["name"], of["city"]) for address, of in held(stage).items()]
    rejected = listed(stage, report, "rejected")
    assert [(row["line"], row["reason"], row["姓名"], row["城市"]) for row in rejected] == [
        ("3", "template_data", too_long, ""),
        ("4", "template_data", "<b>Ann</b>", ""),
        ("5", "template_data", "Ann", "<i>Rome"),
    ]
    assert "801 bytes" in rejected[0]["message"]
    assert "“姓名” has HTML" in rejected[1]["message"]


def test_the_setting_holds_for_files_that_say_nothing(stage: Stage) -> None:
    """Of which `none` is one that says something."""
    stage.settings["TEMPLATE_DATA"] = SAID
    stage.cloud.groups.create("plain", receiver_id=1002)
    report = stage.run(written([["ann@example.com", "Ann", "Rome"]]))
    assert report["file"]["template_data"] == {"name": "姓名", "city": "城市"}
    event = stage.drop(written([["bob@example.com", "Bob", ""]]), "incoming/1002/a.csv", template_data="none")
    report = stage.report(stage.invoke(event))
    assert (report["file"]["template_data"], stage.cloud.groups.data(1002)) == ({}, {"bob@example.com": ""})
    event = stage.drop(written([["cyd@example.com", "Cyd", "Bonn"]]), template_data=quote("city=城市,name=姓名"))
    assert stage.report(stage.invoke(event))["status"] == "imported"
    assert held(stage)["cyd@example.com"] == {"name": "Cyd", "city": "Bonn"}


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("name=Name", "no column Name, which is to go into the template"),
        ("name", "variable=heading"),
        ("1st=姓名", "“1st” cannot be the name"),
        ("name=姓名,name=城市", "“name” is given two columns"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_sent(stage: Stage, said: str, sentence: str) -> None:
    """The report says what is wrong, and what there is."""
    report = imported(stage, written([["ann@example.com", "Ann", "Rome"]]), said)
    assert (report["status"], report["reason"]["code"]) == ("refused", "template_data")
    assert sentence in report["reason"]["message"]
    assert stage.calls("CreateReceiverDetail") == 0
    (page,) = [key for key in stage.keys("reports/") if key.endswith("report.html")]
    assert "x-cos-meta-template-data" in stage.text(page)


def test_several_tables_need_all_headings(stage: Stage) -> None:
    """In any order; a list of people who want no mail needs none."""
    first = written([["ann@example.com", "Ann", "Rome"]])
    second = "城市,email,姓名\nBonn,bob@example.com,Bob\n".encode()
    gone = b"email,reason\nann@example.com,x\n"
    report = imported(stage, zipped({"a.csv": first, "b.csv": second, "unsubscribed.csv": gone}), "*")
    assert (report["status"], report["rows"]["no_consent"]) == ("imported", 2)
    assert held(stage) == {"bob@example.com": {"姓名": "Bob", "城市": "Bonn"}}
    report = imported(stage, zipped({"a.csv": first, "c.csv": b"email,city\ncyd@example.com,x\n"}))
    assert (report["status"], report["reason"]["code"]) == ("refused", "template_data")
    assert report["reason"]["message"].startswith("c.csv: The file has no column 姓名, 城市")


def test_the_rows_of_a_refused_file_are_all_counted(stage: Stage) -> None:
    """Whatever becomes of them, be it before or behind those of which the columns are missing."""
    first = "email,name,Status\nann@example.com,Ann,active\nbob@example.com,Bob,unsubscribed\n"
    others = [f"p{number}@example.com" for number in range(3_000)]
    second = "email,Status\nnobody,active\nbob@example.com,active\n,\ncyd@example.com,active\nCyd@example.com,active\n"
    second += "gone@example.com,unsubscribed\n" + "".join(f"{address},active\n" for address in others)
    content = zipped({"a.csv": first.encode(), "b.csv": second.encode(), "c.csv": first.encode()})
    report = imported(stage, content, "name=name")
    assert (report["status"], report["reason"]["code"]) == ("refused", "template_data")
    assert {fate: count for fate, count in report["rows"].items() if count} == {
        "total": 3_010,
        "not_attempted": 3_002,
        "no_consent": 4,
        "duplicate": 2,
        "rejected": 1,
        "empty": 1,
    }
    assert len(listed(stage, report, "remaining")) == 3_002
    assert stage.calls("CreateReceiverDetail") == 0


def book(*rows: list[str]) -> bytes:
    file = io.BytesIO()
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.active.append(row)
    workbook.save(file)
    return file.getvalue()


ERRORS = [["邮箱", "姓名", "城市"], ["ann@example.com", "#N/A", "#DIV/0!"], ["bob@example.com", "Bob", "#REF!"]]


@pytest.mark.parametrize("content", [book(*ERRORS), written(ERRORS[1:])], ids=["workbook", "CSV"])
def test_errors_of_a_spreadsheet_are_sent_empty(stage: Stage, content: bytes) -> None:
    """And counted; the next drop finds that nothing differs."""
    report = imported(stage, content)
    assert held(stage) == {"ann@example.com": {"name": "", "city": ""}, "bob@example.com": {"name": "Bob", "city": ""}}
    assert [(each["code"], each["count"]) for each in report["warnings"]] == [("data_errors", 3)]
    report = imported(stage, content)
    assert (report["rows"]["already_in_group"], report["warnings"]) == (2, [])
    assert {row["message"] for row in listed(stage, report, "skipped")} == {"The group has this address already."}


@pytest.mark.parametrize("said", ["name=name", "*"])
@pytest.mark.parametrize("nested", [{"first": "Bob"}, {"x": {"mail": "x@example.com"}}, ["Bob", "Rob"], [{"a": 1}]])
def test_what_is_several_values_in_json_is_no_blank(stage: Stage, said: str, nested: object) -> None:
    """The row is rejected, and the others are sent."""
    records = [
        {"email": "ann@example.com", "name": "Ann"},
        {"email": "cyd@example.com", "name": None},
        {"email": "dan@example.com", "name": ["Dan"]},
    ]
    records += [{"email": f"p{number}@example.com", "name": "P"} for number in range(SAMPLE_ROWS)]
    report = imported(stage, json.dumps([*records, {"email": "bob@example.com", "name": nested}]).encode(), said)
    assert (report["rows"]["imported"], report["rejected_by_reason"]) == (len(records), {"template_data": 1})
    assert [*held(stage).items()][:3] == [
        ("ann@example.com", {"name": "Ann"}),
        ("cyd@example.com", {"name": ""}),
        ("dan@example.com", {"name": "Dan"}),
    ]
    (rejected,) = listed(stage, report, "rejected")
    assert "“name” holds JSON in place of one value" in rejected["message"]


def test_a_text_where_other_records_have_an_object_is_no_blank(stage: Stage) -> None:
    """Nor is a list. What is in no record at all is one; numbers stay as they are written."""
    records = [f'{{"email": "p{number}@example.com", "name": {{"first": "P"}}}}' for number in range(SAMPLE_ROWS)]
    odd = ['"Bob Ray"', '["Bob", "Rob"]', "null", '{"last": "Ray"}', '{"first": 1.50}']
    records += [f'{{"email": "odd{number}@example.com", "name": {name}}}' for number, name in enumerate(odd)]
    report = imported(stage, "\n".join(records).encode(), "name=name.first")
    assert report["rejected_by_reason"] == {"template_data": 2}
    found = {address: data["name"] for address, data in held(stage).items() if address.startswith("odd")}
    assert found == {"odd2@example.com": "", "odd3@example.com": "", "odd4@example.com": "1.50"}
    assert listed(stage, report, "rejected")[0]["name.first"] == '{"name": "Bob Ray"}'


def test_a_row_with_a_cell_too_many_greets_nobody_by_another_name(stage: Stage) -> None:
    """An unquoted comma has shifted its cells; rejected.csv shows them, and is rejected again as it is."""
    content = "email,name,city\nann@example.com,Lee, Ann,Rome\nbob@example.com,Bob,Bonn,,\ncyd@example.com,Cyd\n"
    report = imported(stage, content.encode(), "*")
    assert [*held(stage).values()] == [{"name": "Bob", "city": "Bonn"}, {"name": "Cyd", "city": ""}]
    assert report["rejected_by_reason"] == {"template_data": 1}
    again = stage.cloud.objects.read(BUCKET, report["files"]["rejected"])
    report = imported(stage, again, "*")
    assert (report["status"], report["reason"]["message"]) == (
        "refused",
        "1 of 1 rows have data for the template that cannot be sent: rejected.csv says why.",
    )


def test_padding_is_no_part_of_a_value(stage: Stage) -> None:
    """As tables that databases print have it, around their headings, too."""
    imported(stage, b"| email           | name   |\n| ann@example.com | Ann L  |\n", "name=name")
    assert held(stage) == {"ann@example.com": {"name": "Ann L"}}


def test_each_address_of_a_cell_has_the_data_of_its_row(stage: Stage) -> None:
    """A column of further addresses among them."""
    content = 'email,email 2,name\n"ann@example.com, al@example.com",old@example.com,Ann\n'
    imported(stage, content.encode(), "other=email 2,name=name")
    assert {*map(str, held(stage).values())} == {"{'other': 'old@example.com', 'name': 'Ann'}"}


def test_a_duplicate_says_where_its_data_are_others(stage: Stage) -> None:
    """The first one counts."""
    rows = [["ann@example.com", "Ann", ""], ["ANN@example.com", "Anna", ""], ["ann@example.com", "Ann", ""]]
    report = imported(stage, written(rows))
    messages = [row["message"] for row in listed(stage, report, "skipped")]
    assert "Its data for the template are others" in messages[0]
    assert messages[1] == "The same address is in line 2 already."
    assert held(stage)["ann@example.com"] == {"name": "Ann", "city": ""}


THEIRS = '{"name":"x","city":"y"}'


@pytest.mark.parametrize(
    ("theirs", "said", "sentence"),
    [
        ('{"other":"x"}', SAID, "(other) than the file gives (city, name)"),
        ("", SAID, "(none) than the file gives (city, name)"),
        (THEIRS, "none", "(city, name) than the file gives (none)"),
        (THEIRS, "name=姓名", "(city, name) than the file gives (name)"),
    ],
)
@pytest.mark.parametrize("dry_run", ["false", "true"])
def test_other_variables_than_the_members_have_are_refused(
    stage: Stage, theirs: str, said: str, sentence: str, dry_run: str
) -> None:
    """Before anything is sent, be it none that one of the two has; nothing new is no reason to refuse."""
    stage.cloud.groups.console_data = lambda _: theirs
    stage.cloud.groups.upload(GROUP, ["old@example.com"], seconds=0)
    report = imported(stage, written([["ann@example.com", "Ann", "Rome"]]), said, DRY_RUN=dry_run)
    assert (report["status"], report["reason"]["code"]) == ("refused", "template_data")
    assert sentence in report["reason"]["message"]
    assert stage.calls("CreateReceiverDetail") == 0
    assert imported(stage, written([["old@example.com", "Ann", "Rome"]]), said)["status"] == "imported"


def test_members_without_data_beside_others_tell_nothing(stage: Stage) -> None:
    """Somebody at the console may have left them out; the service goes by those who have some."""
    stage.cloud.groups.add(GROUP, ["ada@example.com"], [THEIRS])
    stage.cloud.groups.upload(GROUP, ["old@example.com"], seconds=0)
    report = imported(stage, written([["ann@example.com", "Ann", "Rome"]]))
    assert (report["status"], report["rows"]["imported"]) == ("imported", 1)
    report = imported(stage, written([["bob@example.com", "Bob", "Rome"]]), "none")
    assert (report["status"], report["reason"]["code"]) == ("refused", "template_data")


def test_members_keep_their_data(stage: Stage) -> None:
    """skipped.csv says so where the file has others; and where the members were not all looked at once more."""
    old = [[f"old{number}@example.com", f"Old {number}", ""] for number in range(250)]
    imported(stage, written(old))
    stage.clock.sleep(3_600)
    again = [*old, ["new@example.com", "New", ""]]
    again[1] = ["OLD1@example.com", "Other", ""]
    again[2] = ["old2@example.com", "<b>", ""]
    report = imported(stage, written(again))
    messages = [row["message"] for row in listed(stage, report, "skipped")]
    assert len(messages) == report["rows"]["already_in_group"] == 250
    assert "with other data" in messages[1]
    assert "with other data" in messages[2]
    assert messages.count("The group has this address already.") == 248
    assert held(stage)["old1@example.com"] == {"name": "Old 1", "city": ""}
    stage.clock.sleep(3_600)
    report = imported(stage, written([*again, ["newer@example.com", "Newer", ""]]))
    messages = [row["message"] for row in listed(stage, report, "skipped")]
    assert "with other data" in messages[1]  # it is on the first page
    assert "keeps the data for the template that it has" in messages[-2]
    assert stage.calls("CreateReceiverDetail") == 3


def test_a_lost_answer_and_a_part_that_arrived(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is sent again has the same data, be it by another invocation."""
    monkeypatch.setattr(limits, "BATCH_SIZE", 10)
    rows = [[f"p{number}@example.com", NAMES[number % 5], ODD[number % 7]] for number in range(25)]
    stage.cloud.groups.loses = {rows[12][0]}
    stage.cloud.faults.script("CreateReceiverDetail", Fault.drop_after(), 2)
    event = stage.drop(written(rows), template_data=quote(SAID))
    with pytest.raises(Exception, match="time left"):
        stage.invoke(event, seconds=30)
    stage.cloud.groups.loses = ()
    report = stage.report(stage.invoke(event))
    assert (report["status"], report["rows"]["imported"]) == ("imported", 25)
    assert held(stage) == {address: {"name": name, "city": city} for address, name, city in rows}


def test_people_who_want_no_mail_take_their_data_with_them(stage: Stage) -> None:
    """Those who are found further on in the file, between others."""
    rows = "".join(f"p{number}@example.com,Name {number},active\n" for number in range(2_500))
    content = f"email,name,Status\n{rows}p7@example.com,,unsubscribed\np1500@example.com,,unsubscribed\n"
    report = imported(stage, content.encode(), "name=name")
    assert (report["rows"]["imported"], report["rows"]["no_consent"]) == (2_498, 4)
    assert held(stage) == {
        f"p{number}@example.com": {"name": f"Name {number}"} for number in range(2_500) if number not in {7, 1500}
    }


def test_what_remains_can_be_dropped_again(stage: Stage) -> None:
    """remaining.csv of a dry run, with the same metadata."""
    rows = [["ann@example.com", '=Ann "A"', "x\ny"], ["bob@example.com", "Bob", "-1"]]
    report = imported(stage, written(rows), DRY_RUN="true")
    assert (report["status"], report["rows"]["not_attempted"]) == ("dry_run", 2)
    remaining = stage.cloud.objects.read("drops-1250000000", report["files"]["remaining"])
    assert imported(stage, remaining)["status"] == "imported"
    assert held(stage) == {address: {"name": name, "city": city} for address, name, city in rows}


def test_the_page_shows_the_first_recipient(stage: Stage) -> None:
    """As text, whatever it is; and the report which columns are sent."""
    rows = [["ann@example.com", '{{ 7 * 7 }} & "<3', "\u202eRome"], ["bob@example.com", "Bob", ""]]
    event = stage.drop(written(rows), template_data=quote(SAID), language="zh-CN")
    report = stage.report(stage.invoke(event))
    assert report["status"] == "imported"
    (page,) = [stage.text(key) for key in stage.keys("reports/") if key.endswith("report.html")]
    assert "<bdi>name: 姓名</bdi>" in page
    assert "<bdi>ann@example.com</bdi>" in page
    assert "<bdi>name: {{ 7 * 7 }} &amp; &#34;&lt;3</bdi>" in page
    assert "\u202e" not in page
    assert "bob@example.com" not in page
