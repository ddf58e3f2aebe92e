"""README.md and docs/ say what is true: their output is real, their tables are complete, their links lead somewhere."""

from __future__ import annotations

import re
import shlex
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args
from urllib.parse import unquote

import pytest
from pydantic import TypeAdapter

from handler.errors import RefusalReason
from handler.reading.tables import RejectionReason
from handler.reporting.index import Index
from handler.reporting.report import Report
from handler.settings import Endpoint, Settings
from local import readme
from local.bench.costs import costs
from local.bench.tables import put_in
from local.command_line import parser
from tests.browser.pictures import PICTURES
from tests.stage import ROOT

PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("events/*.md"))
}
README, DEPLOY, REPORT = (PAGES[name] for name in ("README.md", "docs/deploy.md", "docs/report.md"))
LONGEST_README = 12_000
"""Bytes."""
BY_THE_PLATFORM = {str(setting.alias) for setting in Settings.model_fields.values()} - {
    name.upper() for name in Settings.model_fields
}
LARGEST_PICTURE = 150_000
"""Bytes."""
IN_WORDS = {
    "STATE_BUCKET": "the file's bucket",
    "COS_REGION": "from the event, else `TENCENTCLOUD_REGION`",
    **dict.fromkeys(BY_THE_PLATFORM, "set by SCF"),
}
"""Defaults that no constant holds."""


def section(page: str, heading: str) -> str:
    """The text below a heading, up to the next one of any level."""
    (found,) = re.findall(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", page, re.MULTILINE | re.DOTALL)
    return str(found)


def table(page: str, heading: str) -> dict[str, list[str]]:
    """The first table below a heading: the other cells by the first one, which may hold several names."""
    rows = re.findall(r"^\| (`.*?) \|$", section(page, heading), re.MULTILINE)
    cells = [row.split(" | ") for row in rows]
    return {name: rest for first, *rest in cells for name in re.findall(r"`([^`]+)`", first)}


def shown(default: object) -> str:
    """A default as the README writes it."""
    if isinstance(default, Endpoint):
        return f"`{default.netloc}`"
    if default is None:
        return "none"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def fields_of(schema: dict[str, Any], whole: dict[str, Any], name: str = "") -> Iterator[str]:
    """Every field of a JSON schema, as `batches[].size`; the names in a mapping are data, not fields."""
    for part in (schema, *schema.get("anyOf", ())):
        if "$ref" in part:
            yield from fields_of(whole["$defs"][part["$ref"].rpartition("/")[2]], whole, name)
        if "items" in part:
            yield from fields_of(part["items"], whole, f"{name}[]")
        for field, inner in part.get("properties", {}).items():
            path = f"{name}.{field}".removeprefix(".")
            yield path
            yield from fields_of(inner, whole, path)


def prose(page: str) -> str:
    """A page without its blocks of code, whose comments and brackets are neither headings nor links."""
    return re.sub(r"^```.*?^```$", "", page, flags=re.MULTILINE | re.DOTALL)


def anchors(page: str) -> set[str]:
    """What links to a page may point to, as GitHub makes it of headings."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


def broken(pages: Mapping[str, str], root: Path = ROOT) -> list[str]:
    """The links and pictures of these pages, each named by its path, that lead to no file or no heading."""
    found = []
    for name, page in pages.items():
        for link in re.findall(r'\]\(([^)\s]+)\)|<img [^>]*src="([^"]+)"', prose(page)):
            path, _, anchor = unquote("".join(link)).partition("#")
            if path.startswith("https://"):
                continue
            target = (root / name).parent / path if path else root / name
            is_there = target.resolve().is_relative_to(root.resolve()) and target.exists()
            if not is_there or (anchor and anchor not in anchors(target.read_text(encoding="utf-8"))):
                found.append(f"{name}: {''.join(link)}")
    return found


def test_output_is_real(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the commands are shown to print is what they print: `make readme` writes it anew."""
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.delenv("TTY_COMPATIBLE", raising=False)
    with_blocks = {name: page for name, page in PAGES.items() if "<!-- generated: " in page}
    assert with_blocks.keys() == {path.relative_to(ROOT).as_posix() for path in readme.PAGES}
    text = "".join(with_blocks.values())
    assert readme.renewed(text) == text
    assert readme.BLOCKS.keys() == set(re.findall(r"<!-- generated: (\w+) -->", text))


def test_the_readme_is_short() -> None:
    """Ten minutes are for trying it out, not for reading."""
    assert len(README.encode()) <= LONGEST_README


def test_only_what_differs_is_fixed() -> None:
    """Times and request ids are put in a fixed form, different ones staying different; nothing else is touched."""
    first, second = "0b6e5f3a-1d2c-4e5f-8a9b-0c1d2e3f4a5b", "7b6e5f3a-1d2c-4e5f-8a9b-0c1d2e3f4a5b"
    text = f"a.csv  imported  12.3 s\nb.csv  imported  1,203.2 s, 4 rows a second\n{first}, {second}\nversion 2.1 stays"
    fixed = readme.fixed(text)
    ids = re.findall(r"[0-9a-f-]{36}", fixed)
    assert len(set(ids)) == 2
    wanted = f"a.csv  imported  0.1 s\nb.csv  imported  0.1 s\n{ids[0]}, {ids[1]}\nversion 2.1 stays"
    assert fixed == wanted


def test_settings() -> None:
    """Every setting is told of, no other is, and each with its default."""
    told = {name: cells[0] for name, cells in table(README, "Settings").items()}
    names = {str(setting.alias): setting.default for setting in Settings.model_fields.values()}
    assert told == {name: IN_WORDS.get(name) or shown(default) for name, default in names.items()}


def test_report_fields() -> None:
    """Every field of report.json is told of, in its order, and no other."""
    schema = TypeAdapter(Report).json_schema(mode="serialization")
    assert list(table(REPORT, "report.json")) == list(fields_of(schema, schema))


def test_index_fields() -> None:
    """Every field of index.json is told of, in its order; those of an import stand with `latest.json`."""
    schema = TypeAdapter(Index).json_schema(mode="serialization")
    fields = [field for field in fields_of(schema, schema) if ".imports[]." not in field]
    assert list(table(REPORT, "All groups")) == fields


def test_refusals() -> None:
    """Every code that a file can be refused with is told of, and no other."""
    assert set(table(REPORT, "Why a file is refused")) == set(get_args(RefusalReason))


def test_rejections() -> None:
    """Every code that a row can be rejected with is told of, and no other."""
    assert set(table(REPORT, "Why a row is rejected")) == set(get_args(RejectionReason))


def test_targets() -> None:
    """Every `make` target that is spoken of is there, and every one that `make help` lists is spoken of."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    spoken_of = set(re.findall(r"(?:`|\$ )(?:[A-Z_]+=\w+ )?make ([a-z]+)", "".join(PAGES.values())))
    listed = set(re.findall(r"^([a-z]+):.*## ", makefile, re.MULTILINE)) - {"help"}
    assert len(listed) > 10
    assert listed <= spoken_of
    assert [target for target in spoken_of if not re.search(rf"^{target}:", makefile, re.MULTILINE)] == []


def test_commands() -> None:
    """Every command of `python -m local` that a page shows is one that it takes."""
    lines = re.findall(r"^\$ \.venv/bin/python -m local (.*)$", "\n".join(PAGES.values()), re.MULTILINE)
    commands = {tuple(shlex.split(line.partition(" >")[0], comments=True)) for line in lines}
    assert {command[0] for command in commands} >= {"preview", "send", "emulator", "doctor", "policy"}
    for command in commands:
        parser().parse_args(command)


def test_pictures() -> None:
    """Every picture is shown, told of in words and quickly loaded; those of pages were taken by `make pictures`."""
    shown = re.findall(r'<img src="(?:docs/)?([\w-]+\.\w+)" width="\d+%" alt="([^"]{20,})">', README + REPORT)
    there = {path.name: path.read_bytes() for path in (ROOT / "docs").iterdir() if path.suffix in {".png", ".svg"}}
    assert {name for name, _ in shown} == there.keys() == {"way.svg", *(f"{name}.png" for name in PICTURES)}
    assert [name for name, content in there.items() if len(content) > LARGEST_PICTURE] == []
    for name, picture in PICTURES.items():
        size = (int(picture.width * picture.scale), int(picture.height * picture.scale))
        assert there[f"{name}.png"][:24] == b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", *size)


def test_links() -> None:
    """Every link leads somewhere: to a file of this project, and to a heading that is there."""
    assert sum(page.count("](") for page in PAGES.values()) > 50
    assert broken(PAGES) == []


@pytest.mark.parametrize(
    ("link", "leads_nowhere"),
    [
        ("[x](docs/none.md)", True),
        ("[x](docs/deploy.md#none)", True),
        ("[x](#none)", True),
        ("[x](../outside.md)", True),
        ('<img src="none.png">', True),
        ("[x](docs/deploy.md#what-it-costs)", False),
        ("```\n[x](none)\n```", False),
    ],
)
def test_this_test_sees_broken_links(link: str, leads_nowhere: bool) -> None:
    """A file or a heading that is not there is found out."""
    assert (broken({"README.md": f"{README}\n{link}\n"}) != []) == leads_nowhere


def test_costs_are_those_of_the_bench() -> None:
    """What a month costs follows from the figures of docs/speed.md: `BENCH=--write make bench` writes both."""
    page = PAGES["docs/speed.md"]
    assert put_in(DEPLOY, {"costs": costs(page)}) == DEPLOY
    assert "<!-- measured: costs -->\n| " in DEPLOY
    each = r"([\d,]+) × ([\d.]+) s × ([\d.]+) GB = ([\d,]+) GB-s \| ([\d.]+) "
    lines = re.findall(each, section(DEPLOY, "What it costs"))
    counted = [[float(number.replace(",", "")) for number in line] for line in lines]
    assert len(counted) == 4
    for count, seconds, memory, product, dollars in counted:
        assert product == pytest.approx(count * seconds * memory, rel=0.01)
        assert dollars == pytest.approx(product * 0.0000167 + count * 0.0000002, abs=0.006)
