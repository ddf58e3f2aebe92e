"""The house's plan, read from the imports: which part of handler/ may know which."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from importlib.metadata import packages_distributions
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HANDLER = ROOT / "handler"

ORDER = (
    "limits",
    "said",
    "errors",
    "log",
    "timing",
    "template_data",
    "settings",
    "state/store",
    "intake",
    "reading",
    "judging",
    "planning",
    "delivering",
    "state",
    "reporting",
    "clouds",
    "lookup",
    "target",
    "importer",
    "sweep",
    "wiring",
    "app",
    "index",
)
"""Data flows down this list, imports only go up it. A new room must be given its place here."""

PURE = {
    "said",
    "errors",
    "limits",
    "template_data",
    "settings",
    "intake/event",
    "intake/route",
    "reading",
    "judging",
    "planning",
    "reporting/advice",
    "reporting/engine",
    "reporting/history",
    "reporting/html",
    "reporting/languages",
    "reporting/page",
    "reporting/report",
    "reporting/words",
}
"""Bytes in, plan out: these know no client, clock, environment or logger."""

IMPURE = {
    *("os", "time", "random", "secrets", "threading", "concurrent", "asyncio", "logging", "sys"),
    *("socket", "ssl", "http", "urllib.request", "requests", "urllib3", "subprocess", "qcloud_cos", "tencentcloud"),
    *(f"handler.{room}" for room in ("timing", "log", "clouds", "wiring", "app", "index")),
}
"""What nothing pure may import. `datetime` is a value; whoever asks it for the present is caught by its own tests."""

SDKS = {"qcloud_cos", "tencentcloud"}


def imports(source: str) -> Iterator[str]:
    """Every name that is imported, wherever in the file: `from a.b import c` is `a.b.c`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are written out in full, for people and for this test"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(name: str, parents: set[str]) -> bool:
    """Whether a name is one of these, or lies in one of them."""
    return any(name == parent or name.startswith(f"{parent}.") for parent in parents)


def offences(source: str, forbidden: set[str]) -> list[str]:
    return [name for name in imports(source) if within(name, forbidden)]


def part_of(path: Path) -> str:
    """The entry of ORDER that a file belongs to: a room, or a module that stands higher than its room."""
    name = path.relative_to(HANDLER).with_suffix("").as_posix()
    return name if name in ORDER else name.partition("/")[0]


def files() -> list[Path]:
    return [path for path in sorted(HANDLER.rglob("*.py")) if path != HANDLER / "__init__.py"]


def modules() -> dict[str, str]:
    """The dotted name of every file of handler/, with its source."""
    named = {path: ".".join(path.relative_to(ROOT).with_suffix("").parts) for path in files()}
    return {name.removesuffix(".__init__"): path.read_text(encoding="utf-8") for path, name in named.items()}


each_file = pytest.mark.parametrize("path", files(), ids=lambda path: path.relative_to(HANDLER).as_posix())


def test_every_module_has_its_place() -> None:
    """A module that is not in the list has not been thought about; one that is in it twice, or gone, neither."""
    there = {part_of(path) for path in files()}
    assert there <= set(ORDER)
    assert set(ORDER) == there
    assert len(ORDER) == len(set(ORDER))
    assert all((HANDLER / part).is_dir() or (HANDLER / f"{part}.py").is_file() for part in PURE)


@each_file
def test_imports_go_up(path: Path) -> None:
    """A module imports only what stands above it; inside a package everybody may know the others."""
    place = ORDER.index(part_of(path))
    below = {f"handler.{part.replace('/', '.')}" for part in ORDER[place + 1 :]}
    above = {f"handler.{part.replace('/', '.')}" for part in ORDER[: place + 1]}
    source = path.read_text(encoding="utf-8")
    assert [name for name in offences(source, below) if not within(name, above)] == []


@each_file
def test_handler_stands_alone(path: Path) -> None:
    """What is deployed never imports what is not."""
    assert offences(path.read_text(encoding="utf-8"), {"local", "tests"}) == []


@each_file
def test_sdks_stay_at_the_border(path: Path) -> None:
    """Only clouds/ knows an SDK, and loads it when it is first used: users wait for every import of a cold start."""
    source = path.read_text(encoding="utf-8")
    if part_of(path) != "clouds":
        assert offences(source, SDKS) == []
    at_once = [node for node in ast.parse(source).body if isinstance(node, ast.Import | ast.ImportFrom)]
    assert offences("\n".join(map(ast.unparse, at_once)), SDKS) == []


def is_pure(path: Path) -> bool:
    name = path.relative_to(HANDLER).with_suffix("").as_posix()
    return any(name == part or name.startswith(f"{part}/") for part in PURE)


@pytest.mark.parametrize("path", [*filter(is_pure, files())], ids=lambda path: path.stem)
def test_the_middle_is_pure(path: Path) -> None:
    """Reading, validating, planning and reporting know no client, clock, environment or logger."""
    assert offences(path.read_text(encoding="utf-8"), IMPURE) == []


def test_no_circles() -> None:
    """No module needs one that needs it, inside the packages either."""
    known = modules()
    needs = {name: {module_of(target, known) for target in imports(source)} for name, source in known.items()}
    order = TopologicalSorter({name: others - {name, ""} for name, others in needs.items()}).static_order()
    assert set(order) == set(known)


def module_of(target: str, known: dict[str, str]) -> str:
    """The file of ours that an imported name lies in; "" where it is somebody else's."""
    parent = target.rpartition(".")[0]
    return next((name for name in (target, parent) if name in known), "")


@pytest.mark.parametrize(
    "source",
    [
        "import handler.clouds.cos",
        "import handler.clouds as c",
        "from handler import clouds",
        "from handler.clouds import cos",
        "from handler.clouds.cos import Bucket",
        "def f():\n    from handler.clouds import cos",
        "if TYPE_CHECKING:\n    import handler.clouds",
        "try:\n    import handler.clouds\nexcept ImportError:\n    pass",
    ],
)
def test_no_import_goes_unseen(source: str) -> None:
    """However an import is written, it counts."""
    assert offences(source, {"handler.clouds"}) != []


@pytest.mark.parametrize("source", ["import handler.clouds_two", "from handler import cloud", "clouds = 1", ""])
def test_nothing_else_counts(source: str) -> None:
    """A name that only begins like a forbidden one is another name."""
    assert offences(source, {"handler.clouds"}) == []


def test_declared() -> None:
    """pyproject.toml declares every distribution that handler/ imports, and no other."""
    names = {name.partition(".")[0] for source in modules().values() for name in imports(source)}
    distributions = packages_distributions()
    imported = chain.from_iterable(distributions[name] for name in names - sys.stdlib_module_names - {"handler"})
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (declared,) = re.findall(r"^dependencies = \[\n(.*?)^\]", project, re.MULTILINE | re.DOTALL)
    assert set(re.findall(r'"([a-z0-9-]+)>=', declared)) == {name.lower().replace("_", "-") for name in imported}
