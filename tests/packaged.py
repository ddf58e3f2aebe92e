"""`make packaged`: the tests against the built package instead of the checkout, on Python 3.10, as the platform has it.

The function and its libraries come from the package alone: the interpreter's own environment has what the tests need
and nothing more, and the folder they run in has the package's `handler/` for its own.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from local import interpreters, package
from local.package import PYTHON, ROOT

NOT_COPIED: Final = {"handler", "build", "out", ".git", ".venv"}
LEFT_OUT: Final = (
    "tests/test_layering.py",
    "tests/test_readme.py",
    "tests/test_serverless.py",
    "tests/test_tccli.py",
    "tests/test_terraform.py",
    "tests/local/test_bench.py",
    "tests/local/test_package.py",
)
"""What is about the checkout: how it is laid out, described, packed and deployed."""
WHERE_FROM: Final = """
import importlib.util, os, sys
names = ("handler", "pydantic", "requests", "qcloud_cos", "tencentcloud", "email_validator", "fastcrc")
origins = [os.path.realpath(importlib.util.find_spec(name).origin) for name in names]
strangers = [origin for origin in origins if not origin.startswith(os.path.realpath(sys.argv[1]) + os.sep)]
sys.exit(bool(strangers) and f"not from the package: {strangers}")
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs them on each version asked for; what could not be run is said last, where it is seen."""
    parser = argparse.ArgumentParser("python -m tests.packaged", description=__doc__)
    parser.add_argument("versions", nargs="*", default=[PYTHON], metavar="VERSION", help="default: 3.10")
    parser.add_argument("--pytest", default="", metavar="OPTIONS", help="for pytest, such as '-k flow'")
    options = parser.parse_args(arguments)
    if not package.RUNS_HERE:
        print("NOT RUN: the package is for Linux on x86_64, and this machine is another.")
        return 0
    failed, missing = [], []
    for version in options.versions:
        python = interpreters.find(version)
        if python is None:
            missing.append(version)
        elif not _passes(version, python, options.pytest.split()):
            failed.append(version)
    for version in missing:
        print(f"NOT RUN: the package on Python {version}, for there is none on this machine.")
    for version in failed:
        print(f"FAILED: the package on Python {version}.")
    return 1 if failed else 0


def _passes(version: str, python: Path, options: Sequence[str]) -> bool:
    print(f"The package on Python {version}:", flush=True)
    # What the tests need, and nothing that the function does.
    own = interpreters.synced(ROOT / "build/tests" / version, ROOT, python, "--only-group=dev")
    with TemporaryDirectory() as scratch:
        tree = package.build(Path(scratch), ROOT, version).tree
        checkout = _around(tree, Path(scratch) / "checkout")
        env = {**os.environ, "PYTHONPATH": str(tree)}
        subprocess.run([str(own), "-c", WHERE_FROM, str(tree)], cwd=checkout, env=env, check=True)
        command = [str(own), "-m", "pytest", "-q", "-n", "auto", "--dist", "worksteal", *options]
        return subprocess.run(command, cwd=checkout, env=env, check=False).returncode == 0


def _around(tree: Path, target: Path) -> Path:
    """The checkout, but with the function out of the package."""

    def ignored(folder: str, names: list[str]) -> set[str]:
        made = {name for name in names if name == "__pycache__" or name.endswith("_cache")}
        return made | NOT_COPIED if Path(folder) == ROOT else made

    shutil.copytree(ROOT, target, ignore=ignored)
    (target / "handler").symlink_to(tree / "handler")
    for name in LEFT_OUT:
        (target / name).unlink()
    return target


if __name__ == "__main__":
    sys.exit(main())
