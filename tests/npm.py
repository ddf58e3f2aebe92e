"""Packages of npm that tests run, in the versions that a lock file names."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.stage import ROOT


def installed(here: Path) -> Path:
    """The `node_modules` for the package-lock.json in that folder, kept between runs."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip(f"there is no Node.js on this machine, and {here.name}/ needs packages of npm")
    place = ROOT / "build" / here.name
    place.mkdir(parents=True, exist_ok=True)
    stamp, lock = place / "installed", (here / "package-lock.json").read_text(encoding="utf-8")
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != lock:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(here / name, place)
        subprocess.run([npm, "ci", "--ignore-scripts", "--silent", "--no-audit"], cwd=place, check=True)
        stamp.write_text(lock, encoding="utf-8")
    return place / "node_modules"
