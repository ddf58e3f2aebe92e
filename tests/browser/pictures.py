"""The pictures in docs/: `make pictures` takes them anew, the same ones as long as the page stays as it is."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from tests.browser import bucket
from tests.browser.reader import DESK, TELEPHONE, browser
from tests.pages import PICTURED, Scene
from tests.stage import GROUP

CHINESE: Final = replace(
    PICTURED, key=f"incoming/{GROUP}/春季名单.csv", group_name="春季通讯", metadata={"language": "zh-CN"}
)
IMPORT_ID: Final = "730e294e522c1722"
"""In the place of the one that each import gets anew."""
FONTS: Final = (
    "there is no font for Chinese on this machine, and boxes would be pictured: apt-get install fonts-noto-cjk"
)


@dataclass(frozen=True)
class Picture:
    """One look at one page."""

    scene: Scene
    width: int
    height: int
    theme: Any
    scale: float = 1


PICTURES: Final = {
    "report-light": Picture(PICTURED, DESK, 984, "light"),
    "report-dark-360": Picture(CHINESE, TELEPHONE, 756, "dark", 1.5),
}


def has_chinese() -> bool:
    """Whether a browser finds a font for Chinese, as far as fontconfig knows."""
    found = subprocess.run(["fc-list", ":lang=zh"], capture_output=True, check=False)  # noqa: S607 - wherever it is
    return bool(found.stdout.strip())


def take(folder: Path) -> None:
    """Writes every picture into a folder."""
    if not has_chinese():
        sys.exit(f"error: {FONTS}")
    folder.mkdir(exist_ok=True)
    with browser() as chromium:
        for name, picture in PICTURES.items():
            size: Any = {"width": picture.width, "height": picture.height}
            page = chromium.new_page(viewport=size, color_scheme=picture.theme, device_scale_factor=picture.scale)
            page.set_content(_page(picture.scene))
            page.screenshot(path=folder / f"{name}.png")
            page.close()


def _page(scene: Scene) -> str:
    shown = bucket.shown(scene)
    import_id = shown.key.split("/")[-2]
    return shown.objects[shown.key].decode().replace(import_id, IMPORT_ID)


if __name__ == "__main__":
    take(Path(sys.argv[1]))
