"""README.md says what is true: its output is real, its tables are complete."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import Any, get_args
from urllib.parse import unquote

import pytest
from pydantic import TypeAdapter

from handler.errors import RefusalReason
from handler.reading.tables import RejectionReason
from handler.reporting.report import Report
from handler.settings import Endpoint, Settings
from local import readme
from local.bench.costs import costs
from local.bench.tables import put_in
from tests.browser.pictures import PICTURES
from tests.stage import ROOT

TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
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


def section(heading: str) -> str:
    """The text below a heading, up to the next one of any level."""
    (found,) = re.findall(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", TEXT, re.MULTILINE | re.DOTALL)
    return str(found)


def table(heading: str) -> dict[str, list[str]]:
    """The first table below a heading: the other cells by the first one, which may hold several names."""
    rows = re.findall(r"^\| (`.*?) \|$", section(heading), re.MULTILINE)
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


def anchors(text: str) -> set[str]:
    """What links within a page may point to, as GitHub makes it of headings."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


def test_output_is_real(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the commands are shown to print is what they print: `make readme` writes it anew."""
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.delenv("TTY_COMPATIBLE", raising=False)
    assert readme.renewed(TEXT) == TEXT
    assert readme.BLOCKS.keys() == set(re.findall(r"<!-- generated: (\w+) -->", TEXT))


def test_only_what_differs_is_fixed() -> None:
    """Times and request ids are put in a fixed form, different ones staying different; nothing else is touched."""
    first, second = "0b6e5f3a-1d2c-4e5f-8a9b-0c1d2e3f4a5b", "7b6e5f3a-1d2c-4e5f-8a9b-0c1d2e3f4a5b"
    text = f"list.csv  imported  12.3 s\n7 rows, request {first}, {second}\nversion 2.1 stays"
    fixed = readme.fixed(text)
    ids = re.findall(r"[0-9a-f-]{36}", fixed)
    assert len(set(ids)) == 2
    assert fixed == f"list.csv  imported  0.1 s\n7 rows, request {ids[0]}, {ids[1]}\nversion 2.1 stays"


def test_settings() -> None:
    """Every setting is told of, no other is, and each with its default."""
    told = {name: cells[0] for name, cells in table("Settings").items()}
    names = {str(setting.alias): setting.default for setting in Settings.model_fields.values()}
    assert told == {name: IN_WORDS.get(name) or shown(default) for name, default in names.items()}


def test_report_fields() -> None:
    """Every field of report.json is told of, in its order, and no other."""
    schema = TypeAdapter(Report).json_schema(mode="serialization")
    assert list(table("report.json")) == list(fields_of(schema, schema))


def test_refusals() -> None:
    """Every code that a file can be refused with is told of, and no other."""
    assert set(table("Why a file is refused")) == set(get_args(RefusalReason))


def test_rejections() -> None:
    """Every code that a row can be rejected with is told of, and no other."""
    assert set(table("Why a row is rejected")) == set(get_args(RejectionReason))


def test_targets() -> None:
    """Every `make` target that is spoken of is there, and every one that `make help` lists is spoken of."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    spoken_of = set(re.findall(r"(?:`|\$ )(?:[A-Z_]+=\w+ )?make ([a-z]+)", TEXT))
    listed = set(re.findall(r"^([a-z]+):.*## ", makefile, re.MULTILINE)) - {"help"}
    assert len(listed) > 10
    assert listed <= spoken_of
    assert [target for target in spoken_of if not re.search(rf"^{target}:", makefile, re.MULTILINE)] == []


def test_pictures() -> None:
    """Every picture is there, was taken by `make pictures`, is of its size, quickly loaded, and told of in words."""
    shown = dict(re.findall(r'<img src="docs/([\w-]+)\.png" width="\d+%" alt="([^"]{20,})">', TEXT))
    assert shown.keys() == PICTURES.keys() == {path.stem for path in (ROOT / "docs").glob("*.png")}
    for name, picture in PICTURES.items():
        content = (ROOT / "docs" / f"{name}.png").read_bytes()
        assert len(content) < LARGEST_PICTURE
        size = (int(picture.width * picture.scale), int(picture.height * picture.scale))
        assert content[:24] == b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", *size)


def test_links() -> None:
    """Every link leads somewhere: to a file that is there, to a heading of this page."""
    links = [unquote(link) for link in re.findall(r"\]\(([^)]+)\)", TEXT) if not link.startswith("https://")]
    assert len(links) > 5
    inside = {link.removeprefix("#") for link in links if link.startswith("#")}
    assert inside <= anchors(TEXT)
    assert [link for link in links if not link.startswith("#") and not (ROOT / link).exists()] == []
    for page in (ROOT / "docs").glob("*.md"):
        links = re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8"))
        assert [link for link in links if not (page.parent / link).exists()] == []


def test_costs_are_those_of_the_bench() -> None:
    """What a month costs follows from the figures of docs/speed.md: `BENCH=--write make bench` writes both."""
    page = (ROOT / "docs/speed.md").read_text(encoding="utf-8")
    assert put_in(TEXT, {"costs": costs(page)}) == TEXT
    assert "<!-- measured: costs -->\n| " in TEXT
    each = r"([\d,]+) × ([\d.]+) s × ([\d.]+) GB = ([\d,]+) GB-s \| ([\d.]+) "
    lines = re.findall(each, section("What it costs"))
    counted = [[float(number.replace(",", "")) for number in line] for line in lines]
    assert len(counted) == 4
    for count, seconds, memory, product, dollars in counted:
        assert product == pytest.approx(count * seconds * memory, rel=0.01)
        assert dollars == pytest.approx(product * 0.0000167 + count * 0.0000002, abs=0.006)
