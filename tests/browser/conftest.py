"""One browser for all tests here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.reader import Reader, browser
from tests.npm import installed


@pytest.fixture(scope="session")
def reader() -> Iterator[Reader]:
    with browser() as chromium:
        yield Reader(chromium.new_page())


@pytest.fixture(scope="session")
def axe() -> str:
    """axe-core, which is a script: https://github.com/dequelabs/axe-core"""
    return (installed(Path(__file__).parent) / "axe-core/axe.min.js").read_text(encoding="utf-8")
