"""Which Python interpreters this machine has, whatever brought them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ASK: Final = "import sys; print('%d.%d' % sys.version_info[:2])"


def find(version: str) -> Path | None:
    """An interpreter of this version, such as `3.10`: the running one, one on the PATH, pyenv's, or uv's own."""
    return next((path for path in _candidates(version) if _version(path) == version), None)


def uv() -> str:
    """The uv of this environment, else the one on the PATH."""
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.exists() else shutil.which("uv")
    if found is None:
        raise FileNotFoundError("uv is missing: `make setup` brings it.")
    return found


def synced(place: Path, project: Path, python: Path | str, *options: str) -> Path:
    """The interpreter of an environment with what a project has locked, by the options of `uv sync`; kept for later."""
    command = [uv(), "sync", "--quiet", "--frozen", *options, f"--python={python}", f"--project={project}"]
    subprocess.run(command, check=True, env={**os.environ, "UV_PROJECT_ENVIRONMENT": str(place)})  # noqa: S603 - ours
    return place / "bin/python"


def _candidates(version: str) -> Iterator[Path]:
    yield Path(sys.executable)
    if on_path := shutil.which(f"python{version}"):
        yield Path(on_path)
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from sorted(pyenv.glob(f"versions/{version}*/bin/python"), reverse=True)
    managed = _output(uv(), "python", "find", "--managed-python", "--no-python-downloads", "--quiet", version)
    if managed:
        yield Path(managed)


def _version(path: Path) -> str:
    return _output(str(path), "-I", "-S", "-c", ASK)


def _output(*command: str) -> str:
    """What a command prints; nothing where it fails, as pyenv's stand-ins for versions that are not chosen do."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603 - ours
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
