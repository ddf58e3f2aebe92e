"""What everybody is measured with: Python 3.10, which the function runs on, the locked libraries, and the package."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zipfile import ZipFile

from local.interpreters import find, synced
from local.package import PYTHON, ROOT, Package, build

FOLDER: Final = ROOT / "build/bench"
PROBES: Final = Path(__file__).parent / "probes"


@dataclass(frozen=True, slots=True)
class Environment:
    """Where the contenders run."""

    python: Path
    """Has every library that anybody needs."""
    package: Package

    def command(self, probe: str, *arguments: str, deployed: bool) -> list[str]:
        """The call of a probe; `deployed`: with nothing to import but what is in the package, as on the platform."""
        flags = ["-S"] if deployed else []
        return [str(self.python), "-s", *flags, str(PROBES / f"{probe}.py"), *arguments]

    @property
    def variables(self) -> dict[str, str]:
        """The package comes first on the path: what it holds is what everybody gets. Behind it come the probes."""
        path = f"{self.package.tree}{os.pathsep}{ROOT}"
        return {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": path, "PYTHONUTF8": "1"}


def prepare() -> Environment:
    """Brings the libraries that are locked for `bench`, and builds the package anew."""
    interpreter = find(PYTHON) or PYTHON  # uv gets one where this machine has none
    options = "--no-default-groups", "--group=bench", "--compile-bytecode"
    return Environment(synced(FOLDER / "environment", ROOT, interpreter, *options), build(FOLDER))


def full_sdk() -> tuple[int, int] | None:
    """The bytes of the SDK of all services, packed and unpacked; nothing where no package index answers."""
    folder = FOLDER / "full-sdk"
    if not any(folder.glob("*.whl")):
        options = "--quiet", "--no-deps", "--only-binary=:all:", f"--dest={folder}"
        command = [sys.executable, "-m", "pip", "download", *options, "tencentcloud-sdk-python"]
        if subprocess.run(command, check=False, capture_output=True).returncode:  # noqa: S603 - ours
            return None
    (wheel,) = folder.glob("*.whl")
    with ZipFile(wheel) as archive:
        return wheel.stat().st_size, sum(entry.file_size for entry in archive.infolist())
