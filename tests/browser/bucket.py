"""What the browser is shown: the reports and histories that the function wrote into the bucket, scene by scene."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from tests.pages import SCENES, Scene, played, played_in_a_row
from tests.stage import BUCKET, GROUP, Stage

HISTORY: Final = f"reports/{GROUP}/latest.html"
INDEX: Final = "reports/index.html"
LANGUAGES: Final = ("en", "zh-CN", "pt")
OVERVIEWS: Final = [f"{page}/{language}" for page in ("history", "index") for language in LANGUAGES]
LONG: Final = ("over-capacity", "filled", "many-rejections")
"""Scenes that take their time: they are looked at in one language."""

Objects = Mapping[str, bytes]
"""By key."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A page, and what lies in the bucket with it."""

    key: str
    objects: Objects


def names() -> Iterator[str]:
    """Every scene as `name/language`."""
    for name, scene in SCENES.items():
        if "language" in scene.metadata or scene.settings.get("REPORT_LANGUAGE"):
            continue
        for language in ["en"] if name in LONG else LANGUAGES:
            yield f"{name}/{language}"


@cache
def report(name: str) -> Shown:
    """The report of a scene."""
    scene, _, language = name.partition("/")
    found = SCENES[scene]
    return shown(replace(found, metadata={**found.metadata, "language": language}))


def shown(scene: Scene) -> Shown:
    with played(scene) as (stage, folder):
        return Shown(f"{folder}report.html", _objects(stage))


def page(name: str) -> Shown:
    """Any page by its name and language."""
    kind, _, language = name.partition("/")
    return overview(kind, language) if name in OVERVIEWS else report(name)


def overview(kind: str, language: str = "en") -> Shown:
    """The history of a group for which many files were dropped, one of them with a hostile name; or of all groups."""
    return Shown({"history": HISTORY, "index": INDEX}[kind], _many(language))


@cache
def _many(language: str) -> Objects:
    with played_in_a_row(language) as stage:
        return _objects(stage)


def _objects(stage: Stage) -> Objects:
    return {key: stage.cloud.objects.read(BUCKET, key) for key in stage.keys("reports/")}
