"""Names and cells that want to be more than text, in a real browser: they do nothing, and turn nothing around."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest

from tests.browser import bucket
from tests.browser.bucket import Shown
from tests.browser.reader import Reader, url_of
from tests.pages import SCENES

HOSTILE: Final = ["hostile/en", "hostile/zh-CN", "hostile/pt", "history/en", "index/en"]
ATTACK: Final = "<img src=x onerror=alert(1)><script>alert(2)</script><style>h1{display:none}</style>"
GLOBALS: Final = "Object.getOwnPropertyNames(window).sort()"
ALIVE: Final = "script, img, iframe, object, embed, form, input, base, body style, [onerror], [onload], [style]"

TURNED: Final = """() => {
    const turned = []
    const box = (node, start, end) => {
        const range = document.createRange()
        range.setStart(node, start)
        range.setEnd(node, end)
        return range.getBoundingClientRect()
    }
    for (const block of document.querySelectorAll("h1, h2, h3, p, li, dd, td, th")) {
        const pieces = []
        const walk = node => {
            if (node.nodeName === "BDI" && node.getClientRects().length === 1)
                pieces.push(node.getBoundingClientRect())
            else if (node.nodeType === Node.TEXT_NODE)
                [...node.data].length === node.data.length && [...node.data].forEach((char, index) =>
                    char.trim() && pieces.push(box(node, index, index + 1)))
            else if (!["BDI", "SVG"].includes(node.nodeName.toUpperCase()))
                node.childNodes.forEach(walk)
        }
        walk(block)
        pieces.slice(1).forEach((next, index) => {
            const before = pieces[index]
            const onOneLine = next.top < before.bottom - 4 && before.top < next.bottom - 4
            if (onOneLine ? next.left < before.right - 1 : next.top < before.top)
                turned.push(block.textContent)
        })
    }
    return turned
}"""
"""Blocks in which something stands left of, or above, what comes before it in the text. A name is one piece."""
OVERRIDE: Final = """unwrapped => document.querySelectorAll("bdi").forEach(each => {
    each.textContent = "\\u202eabc"
    if (unwrapped) each.replaceWith(...each.childNodes)
})"""


def attacked(policy: bool) -> Shown:
    """A report in which nothing is escaped, with its policy or without one."""
    page = bucket.report("all-good/en")
    body = page.objects[page.key].replace(b"</main>", f"{ATTACK}</main>".encode())
    if not policy:
        body = body.replace(b"Content-Security-Policy", b"nothing")
    return Shown(page.key, {page.key: body})


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_only_text(reader: Reader, name: str) -> None:
    """No element, no dialog, no request and no name in the page's globals comes of it, and it can be read."""
    untouched = reader.open(bucket.report("all-good/en")).evaluate(GLOBALS)
    page = reader.open(bucket.page(name))
    assert page.evaluate(GLOBALS) == untouched
    assert page.query_selector_all(ALIVE) == []
    assert reader.requests == [url_of(bucket.page(name).key)]
    assert (reader.complaints, reader.dialogs) == ([], [])
    assert "<script>alert(1)" in page.inner_text("main")


def test_the_policy_holds_by_itself(reader: Reader) -> None:
    """Were something not escaped, the page's policy would still forbid it: nothing is asked for, run or hidden."""
    page = reader.open(attacked(policy=True))
    assert len(reader.complaints) >= 3
    assert (len(reader.requests), reader.dialogs) == (1, [])
    assert page.is_visible("h1")


def test_this_reader_sees_attacks(reader: Reader) -> None:
    """Without the policy the same page does all of that, which the tests here notice."""
    page = reader.open(attacked(policy=False))
    assert set(reader.dialogs) == {"1", "2"}
    assert len(reader.requests) == 2
    assert not page.is_visible("h1")


@pytest.mark.parametrize("name", HOSTILE)
def test_it_turns_nothing_around(reader: Reader, name: str) -> None:
    """Overrides of the writing direction are not in the page; were they, they would turn around one name only."""
    page = reader.open(bucket.page(name))
    assert "\u202e" not in page.content()
    assert page.evaluate(TURNED) == []
    page.evaluate(OVERRIDE, False)
    assert page.evaluate(TURNED) == []
    page.evaluate(OVERRIDE, True)
    assert page.evaluate(TURNED) != []


@pytest.mark.parametrize("name", ["some-rejected", "filled"])
def test_names_from_right_to_left(reader: Reader, name: str) -> None:
    """Hebrew names of a file and a group leave the sentences around them as they are."""
    scene = replace(SCENES[name], key="incoming/1001/רשימה 3 (2).csv", group_name="אביב 2026 (12)")
    page = reader.open(bucket.shown(scene))
    assert "אביב 2026" in page.inner_text("h1")
    assert page.evaluate(TURNED) == []
