"""report.html: what it says of each kind of import, in each language, and that nothing in it is more than text."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from itertools import cycle, pairwise
from typing import Any, get_args

import pytest

from handler import limits
from handler.judging.verdicts import Explanation
from handler.planning.samples import SampleRow, Samples, Sampling, TypoDomain
from handler.reading.tables import RejectionReason, TableFacts
from handler.reporting.page import LARGEST, Place, render
from handler.reporting.report import Report, ReportReason
from handler.reporting.words import words
from handler.said import Said
from handler.settings import LANGUAGES, Language
from tests.pages import HOSTILE, SCENES, played
from tests.stage import BUCKET, GROUP

LONG = {"over-capacity", "filled", "many-rejections", "series", "series-dry-run"}
"""Scenes that take their time."""
INLINE = {"a", "b", "bdi", "code", "small", "span"}
VOID = {"meta", "link", "br", "wbr"}
KNOWN_TAGS = VOID | set(
    """html head title style body header main footer section div p h1 h2 h3 small span b bdi code a ul ol li dl dt dd
    table thead tbody tfoot tr th td svg rect""".split()
)
SCENE_NAMES = [name for name in SCENES if name != "many-rejections"]
each_scene = pytest.mark.parametrize("name", SCENE_NAMES)


class Page(HTMLParser):
    """A page as a browser takes it apart: elements, and the text in them."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self.source = body.decode()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.comments: list[str] = []
        self._open: list[str] = []
        self.feed(self.source)
        self.close()
        assert self._open == [], "what is opened is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag
        if tag not in INLINE:
            self.texts.append(" ")

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    @property
    def text(self) -> str:
        """All that can be read, in one line."""
        return " ".join("".join(self.texts).split())

    def all(self, *tags: str) -> list[dict[str, str]]:
        return [attributes for tag, attributes in self.elements if tag in tags]


@cache
def made(name: str) -> tuple[Page, dict[str, Any]]:
    """The page and report.json of a scene."""
    with played(SCENES[name]) as (stage, folder):
        report = json.loads(stage.text(f"{folder}report.json"))
        return Page(stage.cloud.objects.read(BUCKET, f"{folder}report.html")), {**report, "folder": folder}


def steps(page: Page) -> str:
    """What is said below "What to do next"."""
    return page.text.partition("What to do next")[2].partition("What became of the rows")[0].strip()


def report_of(name: str = "some-rejected") -> Report:
    report = dict(made(name)[1])
    del report["folder"]
    return Report.from_json(json.dumps(report).encode())


def drawn(report: Report, samples: Samples = Samples(), language: Language = "en") -> Page:  # noqa: B008 - is frozen
    return Page(render(report, samples, language, Place("reports/1001/a.csv/0123/", "incoming/")))


@pytest.mark.parametrize("name", SCENE_NAMES[::3])  # `make browser` sees all of them
def test_it_asks_for_nothing_and_runs_nothing(name: str) -> None:
    """One file: no script, no style but its own, no source, no handler; what it links to lies in the same bucket."""
    page, _ = made(name)
    assert {tag for tag, _ in page.elements} <= KNOWN_TAGS
    assert page.comments == []
    attributes = {attribute for _, found in page.elements for attribute in found}
    assert attributes.isdisjoint({"style", "src", "srcset", "action", "formaction", "background"})
    assert not any(attribute.startswith("on") for attribute in attributes)
    links = [found["href"] for found in page.all("a")]
    assert all(re.match(r"\.\.?/", link) for link in links), links
    assert "url(" not in page.source
    assert "@import" not in page.source
    (policy,) = [found["content"] for found in page.all("meta") if found.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "script" not in policy
    assert "unsafe" not in policy


@each_scene
def test_it_can_be_heard(name: str) -> None:
    """A language, one title, headings without a gap, headers with a scope, and words for each picture."""
    page, _ = made(name)
    assert page.all("html")[0]["lang"] in LANGUAGES
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert all(found.get("scope") in {"col", "row"} for found in page.all("th"))
    assert all(found["role"] == "img" and found["aria-label"] for found in page.all("svg"))
    ids = [found["id"] for _, found in page.elements if "id" in found]
    assert len(ids) == len(set(ids))
    assert {found["aria-labelledby"] for _, found in page.elements if "aria-labelledby" in found} <= set(ids)


@each_scene
def test_bars_are_whole(name: str) -> None:
    """Each bar is filled from end to end, each part of it can be seen, and the rows in the legend add up."""
    page, report = made(name)
    parts = [found for found in page.all("rect") if found.get("height") == "24" and found["class"] != "gap"]
    assert all(int(part["width"]) > 0 for part in parts)
    bars = sum(part["x"] == "0" for part in parts)
    assert sum(int(part["width"]) for part in parts) == 1000 * bars
    groups = [group for group in report["groups"] if group["count_before"] is not None]
    assert bars == bool(report["rows"]["total"]) + len(groups)


VERDICTS = {
    "blocked": "Imported 24 addresses were added to group 1001 “spring”. Rows whose address is on the mail service's "
    "own black list, and which are left out: 12.",
    "all-good": "Imported 156 addresses were added to group 1001 “spring”. Every row of the file was good.",
    "nothing-new": "Imported Nothing new: group 1001 “spring” has all these addresses already.",
    "some-rejected": "Imported 124 addresses were added to group 1001 “spring”. 37 rows were left out",
    "some-rejected-zh-CN": "已导入 124 个地址已加入收件人列表 1001“spring”。",
    "some-rejected-pt": "Importado 124 endereços foram adicionados ao grupo 1001 “spring”.",
    "over-capacity": "Refused Nothing was sent: the file has 50,000 new addresses, and group 1001 “spring” has room "
    "for 47,000.",
    "filled": "Imported 47,000 addresses were added to group 1001 “spring”. Every row of the file was good. "
    "For 3,000 addresses there was no room.",
    "series": "Imported 51,976 addresses were added to the series “spring” (2 groups).",
    "series-dry-run": "Trial run A trial: 51,000 addresses would be added to the series “spring” (2 groups); nothing",
    "wrong-column": "Refused Nothing was sent: no column with email addresses was found in the file.",
    "too-many-invalid": "Refused Nothing was sent: 2 of 3 rows hold no good address.",
    "no-group": "Refused Nothing was sent: nothing says which group the file is for.",
    "partial": "Imported in part 20,000 addresses were added to group 1001 “spring”; the service refused the rest.",
    "uploading": "Under way 25,000 addresses were handed over, and the service is still adding them to group 1001",
    "dry-run": "Trial run A trial: 124 addresses would be added to group 1001 “spring”; nothing was sent.",
    "template-data": "Imported 61 addresses were added to group 1001 “spring”. 3 rows were left out",
    "many-rejections": "Imported 40,000 addresses were added to group 1001 “spring”. 10,000 rows were left out",
    "hostile": "Imported 20 addresses were added to group 1001 “<script>alert(1)</script>\N{REPLACEMENT CHARACTER}”.",
}


@pytest.mark.parametrize("name", SCENES)
def test_verdict(name: str) -> None:
    """The first thing it says: did it work, and how many."""
    page, _ = made(name)
    assert VERDICTS[name] in page.text
    assert page.text.index(VERDICTS[name]) < 200


NEXT = {
    "blocked": ["Nothing."],
    "all-good": ["Nothing. Everything that could be done is done."],
    "nothing-new": ["Nothing."],
    "some-rejected": ["Correct the 37 rows in {folder}rejected.csv and drop that file into incoming/1001/ .", "typing"],
    "over-capacity": [
        "Split {folder}remaining.csv",
        "the first 47,000 fit",
        "incoming/‹another group’s id›/",
        "ON_OVERFLOW",
    ],
    "filled": ["Drop {folder}remaining.csv into another group’s folder", "the 3,000 addresses"],
    "too-many-invalid": [
        "were looked for in email",
        "x-cos-meta-email-column",
        "See which 2 rows",
        "{folder}rejected.csv",
    ],
    "partial": ["drop {folder}remaining.csv into incoming/1001/", "the 10,000 addresses", "support the request ids"],
    "uploading": ["open it again in a few minutes"],
    "dry-run": ["DRY_RUN switched off", "See which 37 rows"],
}


@pytest.mark.parametrize("name", NEXT)
def test_next_steps(name: str) -> None:
    """What to do is said with the very keys, and nothing else is asked for."""
    page, report = made(name)
    said = steps(page).replace(" .", ".").replace(" ,", ",")
    for part in NEXT[name]:
        assert part.format(folder=report["folder"]).replace(" .", ".") in said
    assert set(re.findall(r"reports/\S+?\.csv/\S+\.csv", said)) <= set(report["files"].values())


@pytest.mark.parametrize(
    ("name", "said", "detail"),
    [
        (
            "wrong-column",
            "Call the column with the addresses “email”, or name it in the file’s metadata",
            "Its columns are: name, born.",
        ),
        ("no-group", "Drop the file into its group’s folder, such as incoming/1001/", "RECEIVER_ID"),
    ],
)
def test_next_steps_for_a_file_that_was_not_read(name: str, said: str, detail: str) -> None:
    """There is something to do, and no rows to show; what report.json says stands there where it says more."""
    page, _ = made(name)
    assert said in page.text
    assert detail in page.text.partition("In detail:")[2]


def test_metadata_are_spoken_of_where_they_matter() -> None:
    """They are to be given again where they brought data, and to be corrected where they are what is wrong."""
    report = report_of()
    assert report.file is not None
    again = "give the same to the one that you drop."
    assert again not in drawn(report).text
    files = {"rejected": "reports/1001/a.csv/0123/rejected.csv"}
    with_data = replace(report, files=files, file=replace(report.file, template_data={"name": "name"}))
    assert again in drawn(with_data).text
    said = Said("file.only", what="Statuss", columns=("email", "Status"))
    reason = ReportReason(code="unreadable", message="", said=said)
    text = drawn(replace(report, status="refused", reason=reason)).text
    assert "Correct what the file’s metadata say of it" in text
    assert "Export the list" not in text
    assert "The file has no column “Statuss”" in text


def test_rejections() -> None:
    """By reason, the most frequent first, with line, cell and suggestion; how many more there are, and where."""
    page, report = made("some-rejected")
    assert "No @ 31" in page.text
    assert "11 more" in page.text
    assert "zhu.lin@example;com" in page.text
    assert "Perhaps meant zhu.lin@example.com" in page.text
    assert page.text.index("No @ 31") < page.text.index("No such kind of domain 2")
    shown = page.text.count("number ")
    assert shown == limits.SHOWN_ROWS - 1
    assert f"all are in {report['files']['rejected']}" in page.text


def test_typing_mistakes() -> None:
    """Domains of good addresses that look like slips, with what was meant and how often."""
    page, _ = made("some-rejected")
    assert "gmial.com gmail.com 2" in page.text
    assert "hotmial.com hotmail.com 1" in page.text


def test_each_group_of_a_series_has_its_bar() -> None:
    """With its name, whether it is new, and what it took; the list of what was added is one link away."""
    page, report = made("series")
    assert "How full the groups are group 1001 “spring”" in page.text
    assert "24 addresses before, 49,976 added, 0 of 50,000 free group 1002 “spring (2)” created by this" in page.text
    assert "0 addresses before, 2,000 added, 48,000 of 50,000 free" in page.text
    assert f"{report['files']['imported']} lists the rows that were added, each with its group." in page.text
    page, report = made("series-dry-run")
    assert "group “spring (2)” not there yet 0 addresses before, 1,000 added" in page.text
    assert "imported" not in report["files"]


def test_request_ids() -> None:
    """Every request is named for support, with its batch's size, outcome and time."""
    page, report = made("partial")
    for batch in report["batches"]:
        assert all(request in page.text for request in batch["request_ids"])
    assert "Batch 1 · 20,000 addresses · accepted" in page.text
    assert "Batch 2 · 10,000 addresses · refused" in page.text


def test_what_was_detected() -> None:
    """The file, as it was understood."""
    page, report = made("some-rejected")
    assert f"Key {report['source']['key']}" in page.text
    assert "Format csv Characters utf-8 Separated by commas Headings yes Addresses in email" in page.text


def test_many_rejections_make_a_small_page() -> None:
    """50,000 rows with 10,000 rejections: the page is as small as any."""
    page, report = made("many-rejections")
    assert (report["rows"]["total"], report["rows"]["rejected"]) == (50_000, 10_000)
    assert len(page.source.encode()) < 300_000
    assert len(page.all("tr")) < 220


def hostile_samples(text: str) -> Samples:
    """As many rows as can be, every part of them as long as it can be."""
    sampling = Sampling()
    for line in range(1, 30):
        for reason in get_args(RejectionReason):
            sampling.add(line, reason, text, Explanation(Said("row.marked", why=f"{text}{line}"[::-1]), text))
    typos = tuple(TypoDomain("a" * 200 + ".example", "b" * 200, 1) for _ in range(limits.SHOWN_DOMAINS))
    return Samples(sampling.rows, typos)


@pytest.mark.parametrize("sign", ['"', "&", "\U0001f600", "a"])
def test_it_is_small_whatever_the_file(sign: str) -> None:
    """At most 200 sample rows, and never 300 KB, though every sign of every cell has to be escaped."""
    samples = hostile_samples(sign * 10_000)
    report = report_of()
    assert report.file is not None
    report = replace(
        report,
        rejected_by_reason=dict.fromkeys((row.reason for row in samples.rejected), 999),
        file=replace(report.file, email_column=sign * 10_000),
        source=replace(report.source, key=f"incoming/1001/{sign * 800}"),
    )
    page = drawn(report, samples)
    assert len(page.source.encode()) <= LARGEST < 300_000
    rows = sum('<th scope="row">' in line for line in page.source.splitlines())
    assert 50 < rows < 250


def test_hostile_cells_are_text() -> None:
    """They are there to be read, and are nothing else; what turns the direction of writing is taken out."""
    page, report = made("hostile")
    for cell in HOSTILE[:4] + HOSTILE[5:7]:
        assert cell in "".join(page.texts)
    assert report["group"]["name"] == "<script>alert(1)</script>\u202e"
    assert not re.search("[\u200e\u200f\u202a-\u202e\u2066-\u2069]", page.source)
    assert "n" * limits.SHOWN_CHARS not in page.source


def test_hostile_names_stand_alone() -> None:
    """Whatever comes from outside is isolated, so that Hebrew or Arabic in it moves nothing around it."""
    page, _ = made("hostile")
    for text in HOSTILE[:4]:
        escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&#34;")
        assert f"<bdi>{escaped}</bdi>" in page.source, text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language(language: Language) -> None:
    """Each language has the same page: the same elements, its own words."""
    report, samples = report_of(), Samples()
    page, english = drawn(report, samples, language), drawn(report, samples, "en")
    assert page.all("html")[0]["lang"] == language
    assert [tag for tag, _ in page.elements] == [tag for tag, _ in english.elements]
    assert words(language).say("next") in page.text


def pieces(language: Language) -> set[str]:
    """What the sentences of a language are made of, between their fields."""
    own = words(language)
    sentences = "|".join([*own.texts.values(), *own.sentences.values()])
    return {
        piece.strip() for piece in re.split(r"\{\w+\}|\||: ", sentences) if re.search("[a-z]+ [a-z]+ [a-z]+", piece)
    }


@pytest.mark.parametrize(
    ("name", "language"),
    [*zip([name for name in SCENES if name not in LONG and "some-rejected-" not in name], cycle(["zh-CN", "pt"]))],
)
def test_nothing_is_said_in_english(name: str, language: Language) -> None:
    """But for what stands in the file: verdict, steps, reasons and what is wrong with each row are in the language."""
    with played(replace(SCENES[name], metadata={"language": language})) as (stage, folder):
        page = Page(stage.cloud.objects.read(BUCKET, f"{folder}report.html"))
    assert {piece for piece in pieces("en") if piece in page.text} == set()
    assert sum(piece in made(name)[0].text for piece in pieces("en")) > 3
    assert not [found for _, found in page.elements if found.get("lang") == "en"]


def test_what_others_say_stands_as_it_is() -> None:
    """What the service and email-validator say of a row in a sentence of ours; what a former version said of a file."""
    marked = SampleRow(3, "refused_by_service", "ada@example.com", Said("row.marked", why="Mailbox full"))
    refused = SampleRow(4, "domain", "ada@b", Said("row.domain_why", why="It should have a period."))
    reason = ReportReason(code="Odd", message="Mailbox gone")
    report = replace(report_of(), rejected_by_reason={"refused_by_service": 1, "domain": 1}, reason=reason)
    page = drawn(report, Samples((marked, refused)), "pt")
    assert "O serviço marcou este endereço como inválido: Mailbox full." in page.text
    assert "O que vem depois do @ não é um domínio que recebe e-mail (It should have a period.)" in page.text
    assert '<span lang="en"><bdi>Mailbox gone</bdi></span>' in page.source


def test_rows_of_several_sheets() -> None:
    """Each row says in which sheet its line is, whether or not there is more to say about it."""
    samples = Samples(
        (
            SampleRow(3, "syntax", "a@@b.com", Said("row.two_at"), "a@b.com", "Kunden"),
            SampleRow(4, "missing_at", "ada", Said("row.missing_at"), "", "Presse"),
        )
    )
    report = replace(report_of(), rejected_by_reason={"syntax": 1, "missing_at": 1})
    page = drawn(report, samples, "pt")
    assert "Talvez a@b.com Kunden: Há mais de um @." in page.text
    assert "adaPresse" in page.text
    assert page.text.count("name@example.com") == 1


def test_unknown_codes_are_told_all_the_same() -> None:
    """A code of the service that nobody has words for is shown as it is."""
    report = report_of("wrong-column")
    assert report.reason is not None
    odd = replace(report, reason=replace(report.reason, code="Failed<Operation>", message="&"))
    assert "the service refused it (Failed<Operation>)" in drawn(odd).text


def test_the_way_to_the_history() -> None:
    """However deep a file lies, its report leads to the history of its group, and report.json is beside it."""
    with played(replace(SCENES["all-good"], key=f"incoming/{GROUP}/a/b//c.csv")) as (stage, folder):
        page = Page(stage.cloud.objects.read(BUCKET, f"{folder}report.html"))
    links = [found["href"] for found in page.all("a")]
    assert links == ["./imported.csv", "../../../../../latest.html", "./report.json"]
    assert folder.startswith(f"reports/{GROUP}/a/b//c.csv/")


def test_hostile_cells_are_inert_elsewhere_too(capsys: pytest.CaptureFixture[str]) -> None:
    """No cell of a CSV file is a formula, report.json holds none of them, and the log neither cells nor addresses."""
    with played(SCENES["hostile"]) as (stage, folder):
        text = stage.text(f"{folder}rejected.csv")
        as_json = stage.text(f"{folder}report.json")
    cells = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
    assert "'" + HOSTILE[3] in cells
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []
    assert all(HOSTILE[number] in cells for number in (0, 1, 2, 4, 5, 6, 7))
    assert [cell for cell in HOSTILE[1:] if json.dumps(cell)[1:-1] in as_json] == [HOSTILE[2]]  # it is in the key
    log = capsys.readouterr().out
    assert log.isascii()
    assert [cell for cell in (*HOSTILE[1:2], *HOSTILE[3:]) if json.dumps(cell)[1:-1] in log] == []
    assert not re.search(r"@(example|eve)", log)


def test_what_is_under_way_is_not_said_to_be_there() -> None:
    """While the service is at it, rows are not confirmed, and the group is not said to hold them."""
    page, _ = made("uploading")
    assert "Not confirmed yet 25,000" in page.text
    assert "Added to the group" not in page.text
    assert "25,000 to be added" in page.text
    assert "0 of 50,000" not in page.text


def test_several_tables() -> None:
    """A file of many sheets and columns is described by the first of them."""
    report = report_of()
    assert report.file is not None
    tables = tuple(
        TableFacts(f"sheet <{number}>", 1_000, "xlsx", header=True, email_column="a") for number in range(30)
    )
    file = replace(report.file, other_email_columns=("second", "third"), tables=tables)
    text = drawn(replace(report, file=file)).text
    assert "Addresses in email, second, third" in text
    assert "sheet <0> (1,000), sheet <1> (1,000)" in text
    assert "sheet <19> (1,000), …" in text
