"""Somebody with a browser who opens the pages; what the browser did and said meanwhile is written down."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from os import environ
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, unquote

import pytest

from tests.browser.bucket import Shown
from tests.stage import BUCKET

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Route

ORIGIN: Final = f"https://{BUCKET}.cos.ap-singapore.myqcloud.com/"
TYPES: Final = {"html": "text/html", "json": "application/json", "csv": "text/csv"}
TELEPHONE, DESK = 360, 1280
"""Pixels."""


@contextmanager
def browser() -> Iterator[Browser]:
    """Chromium, where it and what drives it are installed."""
    playwright = pytest.importorskip("playwright.sync_api", reason="`make browser` looks at the pages in a browser")
    program = shutil.which(environ.get("CHROMIUM", "chromium"))
    if program is None:
        pytest.skip("there is no chromium on this machine, by which the pages are looked at")
    with playwright.sync_playwright() as started:
        # Its own sandbox does not work in containers, nor for root.
        chromium = started.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@dataclass
class Reader:
    """One tab of a browser, which reaches nothing but its own disk and the objects that lie with the page."""

    page: Page
    shown: Shown | None = None
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    """Of the console: errors, warnings, what the page's policy forbade, what a script said."""
    dialogs: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.context.route("**/*", self._serve)
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", self._dismiss)
        self.page.context.on("page", lambda page: self.requests.append(page.url))

    def open(self, shown: Shown, width: int = DESK, theme: Any = "light") -> Page:
        """Opens a page of the bucket as COS serves it."""
        self.shown = shown
        self.look(width, theme)
        return self.go(url_of(shown.key))

    def go(self, url: str) -> Page:
        """Opens a page, with nothing written down of those before."""
        self.page.goto("about:blank")
        for seen in (self.requests, self.complaints, self.dialogs):
            seen.clear()
        self.page.goto(url)
        return self.page

    def look(self, width: int, theme: Any = "light", media: Any = "screen") -> None:
        """The same page on another device."""
        self.page.set_viewport_size({"width": width, "height": 800})
        self.page.emulate_media(color_scheme=theme, media=media)

    def _serve(self, route: Route) -> None:
        self.requests.append(route.request.url)
        if route.request.url.startswith("file:"):
            route.continue_()
            return
        key = unquote(route.request.url.removeprefix(ORIGIN))
        body = self.shown.objects.get(key) if self.shown else None
        if body is None:
            route.abort()
        else:
            route.fulfill(body=body, content_type=TYPES[key.rpartition(".")[2]])

    def _hear(self, message: ConsoleMessage) -> None:
        self.complaints.append(message.text)

    def _dismiss(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()


def url_of(key: str) -> str:
    return ORIGIN + quote(key)
