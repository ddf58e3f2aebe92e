"""What everybody is measured with: Python 3.10, which the function runs on, and the package with its libraries."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from local.interpreters import find, synced
from local.package import PYTHON, ROOT, Package, build

FOLDER: Final = ROOT / "build/bench"
PROBES: Final = Path(__file__).parent / "probes"


@dataclass(frozen=True, slots=True)
class Environment:
    """Where the contenders run."""

    python: Path
    package: Package

    def command(self, probe: str, *arguments: str) -> list[str]:
        """The call of a probe, with nothing to import but what is in the package, as on the platform."""
        return [str(self.python), "-s", "-S", str(PROBES / f"{probe}.py"), *arguments]

    @property
    def variables(self) -> dict[str, str]:
        """The package comes first on the path: what it holds is what everybody gets. Behind it come the probes."""
        path = f"{self.package.tree}{os.pathsep}{ROOT}"
        return {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": path, "PYTHONUTF8": "1"}


def prepare() -> Environment:
    """Finds that Python, and builds the package anew."""
    interpreter = find(PYTHON) or PYTHON  # uv gets one where this machine has none
    return Environment(synced(FOLDER / "environment", ROOT, interpreter, "--no-default-groups"), build(FOLDER))
