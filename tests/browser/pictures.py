"""The pictures in README.md: `make pictures` takes them anew."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.browser import bucket
from tests.browser.reader import DESK, TELEPHONE, browser


@dataclass(frozen=True)
class Picture:
    """One look at one page."""

    page: str
    width: int
    height: int
    theme: Any
    scale: float = 1


PICTURES: Final = {
    "report-light": Picture("some-rejected/en", DESK, 1000, "light"),
    "report-dark-360": Picture("some-rejected/zh-CN", TELEPHONE, 760, "dark", 2),
}


def take(folder: Path) -> None:
    """Writes every picture into a folder."""
    folder.mkdir(exist_ok=True)
    with browser() as chromium:
        for name, picture in PICTURES.items():
            size: Any = {"width": picture.width, "height": picture.height}
            page = chromium.new_page(viewport=size, color_scheme=picture.theme, device_scale_factor=picture.scale)
            shown = bucket.report(picture.page)
            page.set_content(shown.objects[shown.key].decode())
            page.screenshot(path=folder / f"{name}.png")
            page.close()


if __name__ == "__main__":
    take(Path(sys.argv[1]))
