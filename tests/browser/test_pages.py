"""The pages in a real browser: they ask for nothing, can be read by everybody, and fit everywhere."""

from __future__ import annotations

import json
import re
from itertools import product
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import pytest

from tests.browser import bucket
from tests.browser.reader import DESK, ORIGIN, TELEPHONE, Reader, url_of

PAGES: Final = [*bucket.names(), *bucket.OVERVIEWS]
each_page = pytest.mark.parametrize("name", PAGES)
A4: Final = 718
"""Pixels that a sheet leaves between its margins of one centimetre."""
LOOKS: Final = list(product((TELEPHONE, DESK), ("light", "dark")))

AXE: Final = "options => axe.run({preload: false, ...options})"
BY_LOOK: Final = ["color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size"]
"""Rules of axe-core whose answer depends on the width or the theme."""
TOO_WIDE: Final = """() => [...document.body.querySelectorAll("*")]
    .filter(each => each.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5
        || each.getBoundingClientRect().left < -0.5)
    .map(each => each.outerHTML.slice(0, 100))"""
OVERLAPPING: Final = """() => [...document.querySelectorAll("th, td")].filter(cell => {
    const range = document.createRange()
    range.selectNodeContents(cell)
    const box = cell.getBoundingClientRect()
    return range.getBoundingClientRect().right > box.right + 0.5
}).map(cell => cell.textContent.slice(0, 100))"""
"""Cells whose words stand in the next one."""
TORN: Final = """() => [...document.querySelectorAll(".end")]
    .filter(end => new Set([...end.getClientRects()].map(piece => piece.top)).size > 1)
    .map(end => end.parentNode.textContent)"""
"""Names of files whose extension is on two lines."""
UNSEEN: Final = """() => [...document.body.querySelectorAll("*")]
    .filter(each => !each.checkVisibility({visibilityProperty: true, opacityProperty: true}))
    .map(each => each.outerHTML.slice(0, 100))"""

STRAYED: Final = """() => [...document.querySelectorAll("h1, p, li")].flatMap(block => {
    const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT)
    const tops = []
    for (let node; node = walker.nextNode();)
        for (let index = 0; index < node.length; index++) {
            const range = document.createRange()
            range.setStart(node, index)
            range.setEnd(node, index + 1)
            if (node.data[index].trim()) tops.push([node.data[index], range.getBoundingClientRect().bottom])
        }
    const closing = "。，：；、）”"
    return tops.filter(([char, bottom], index) => index && closing.includes(char) && bottom > tops[index - 1][1] + 9)
        .map(() => block.textContent)
})"""
"""Blocks of which a line begins with a mark that closes something, which no Chinese line does."""


def barriers(reader: Reader, *rules: str) -> list[str]:
    """What axe-core finds, by all of its rules or by these."""
    found: dict[str, Any] = reader.page.evaluate(AXE, {"runOnly": rules} if rules else {})
    assert len(found["passes"]) >= (1 if rules else 15)
    return [f"{each['id']}: {node['html']}" for each in found["violations"] for node in each["nodes"]]


@each_page
def test_it_asks_for_nothing(reader: Reader, name: str) -> None:
    """One request, the page itself; the console has nothing to say, and nothing pops up."""
    reader.open(bucket.page(name))
    assert reader.requests == [url_of(bucket.page(name).key)]
    assert (reader.complaints, reader.dialogs) == ([], [])


@each_page
def test_no_barriers(reader: Reader, axe: str, name: str) -> None:
    """axe-core objects to nothing, on a telephone and on a desk, in the light and in the dark."""
    reader.open(bucket.page(name), *LOOKS[0])
    reader.page.evaluate(axe)
    assert barriers(reader) == []
    for look in LOOKS[1:] if name.endswith("/en") else LOOKS[-1:]:
        reader.look(*look)
        assert barriers(reader, *BY_LOOK) == []


@each_page
def test_it_fits_a_telephone(reader: Reader, name: str) -> None:
    """Nothing is wider than 360 pixels, nor than the 320 that somebody has who reads it four times as large."""
    page = reader.open(bucket.page(name))
    for width in (TELEPHONE, 320):
        reader.look(width)
        assert page.evaluate(TOO_WIDE) == []
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.evaluate(TORN) == []
    for width in range(320, 441, 40):
        reader.look(width)
        assert page.evaluate(OVERLAPPING) == []


@pytest.mark.parametrize("name", [name for name in PAGES if name.endswith("/zh-CN")])
def test_chinese_lines(reader: Reader, name: str) -> None:
    """No line begins with a mark that closes something."""
    page = reader.open(bucket.page(name))
    for width in range(320, 440, 8):
        reader.look(width)
        assert page.evaluate(STRAYED) == []


@each_page
def test_it_can_be_printed(reader: Reader, name: str) -> None:
    """All of it is on paper, within the sheet and in dark ink, whatever the theme."""
    page = reader.open(bucket.page(name), theme="dark")
    reader.look(A4, "dark", "print")
    assert page.evaluate(UNSEEN) == []
    assert page.evaluate(TOO_WIDE) == []
    ink = "getComputedStyle(document.querySelector('h1')).color"
    assert max(map(int, re.findall(r"\d+", page.evaluate(ink)))) < 60
    assert page.pdf(format="A4").startswith(b"%PDF")


@each_page
def test_links_lead_to_objects(reader: Reader, name: str) -> None:
    """Each link leads, as the browser reads it, to an object in the bucket."""
    page = reader.open(bucket.page(name))
    links = page.eval_on_selector_all("a", "found => found.map(each => each.href)")
    assert links
    assert {unquote(link.removeprefix(ORIGIN)) for link in links} <= bucket.page(name).objects.keys()


def test_from_the_history_to_each_report_and_back(reader: Reader) -> None:
    """The newest import stands first; whoever clicks sees its report, and from there the history again."""
    page = reader.open(bucket.overview("history"))
    history = json.loads(bucket.overview("history").objects[f"{bucket.HISTORY.removesuffix('html')}json"])
    assert [each["started_at"] for each in history["imports"]] == sorted(
        (each["started_at"] for each in history["imports"]), reverse=True
    )
    for number, entry in enumerate(history["imports"]):
        page.locator("tbody a").nth(number).click()
        assert unquote(page.url) == ORIGIN + entry["page"]
        page.locator("footer a").first.click()
        assert unquote(page.url) == ORIGIN + bucket.HISTORY
    assert reader.complaints == []


def test_it_opens_from_the_disk(reader: Reader, tmp_path: Path) -> None:
    """A page that somebody has downloaded is as good as in the bucket."""
    page = bucket.report("some-rejected/en")
    path = tmp_path / "report.html"
    path.write_bytes(page.objects[page.key])
    reader.go(path.as_uri())
    assert reader.requests == [path.as_uri()]
    assert (reader.complaints, reader.dialogs) == ([], [])


def test_axe_sees_barriers(reader: Reader, axe: str) -> None:
    """A heading that is left out, a picture without words and faint letters are found."""
    page = reader.open(bucket.report("all-good/en"))
    page.evaluate(axe)
    page.evaluate("""() => {
        document.querySelector("h2").outerHTML = "<h4>No level between</h4>"
        document.querySelector("svg").removeAttribute("aria-label")
        document.querySelector("h1").style.color = "#ccc"
    }""")
    assert {found.partition(":")[0] for found in barriers(reader)} >= {"heading-order", "svg-img-alt", "color-contrast"}
