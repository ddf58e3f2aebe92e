"""The template engine of the pages. It stands alone, as `make package` loads nothing else to compile the templates."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import BaseLoader, Environment, FileSystemLoader, ModuleLoader, StrictUndefined

TEMPLATES: Final = Path(__file__).parent / "templates"
COMPILED: Final = TEMPLATES / "compiled"
"""The templates as modules, made by `make package`. A checkout has none, and compiles its templates as it runs."""


def environment(loader: BaseLoader) -> Environment:
    """What the templates are written for, wherever they come from."""
    return Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


@cache
def engine() -> Environment:
    """With the templates of this tree."""
    return environment(ModuleLoader(COMPILED) if COMPILED.is_dir() else FileSystemLoader(TEMPLATES))
