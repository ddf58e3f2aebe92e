"""`make package`: the deployable tree and its zip, the same bytes wherever the same zlib packs them.

What goes in is named by `uv.lock`, with hashes: wheels for Python 3.10 on manylinux2014 x86_64, whatever Python and
system build them, and the `.py` files of the two packages that have no wheels. The function runs where nothing writes
bytecode, so it is put beside the source; and so are the pages' templates, as the modules that Jinja2 makes of them.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from local.interpreters import find, uv

ROOT: Final = Path(__file__).parent.parent
PYTHON: Final = "3.10"
PLATFORM: Final = "x86_64-manylinux2014"
WITHOUT_WHEELS: Final = ("cos-python-sdk-v5", "crcmod")
"""Built from source. Both are plain Python; crcmod's optional C extension is left out."""
SHARES_FILES: Final = "tencentcloud-sdk-python-ses"
"""Brings a `tencentcloud/__init__.py`, as the SDK's common part does, with another version in it. uv unpacks wheels
side by side, and whichever is last wins: so this one is unpacked apart, and the common part's file counts."""
LARGEST_ZIP: Final = 8_000_000
RUNS_HERE: Final = (sys.platform, platform.machine()) == ("linux", "x86_64")
"""Whether this machine can run what it builds."""

LEFT_OUT: Final[Mapping[str, str]] = {
    "bin/*": "command lines",
    "*.dist-info/*": "metadata: nothing asks for it on our path",
    ".lock": "uv's own",
    "*.pyi": "types",
    "*/py.typed": "types",
    "Crypto/*": "pycryptodome: only for encryption on the client's side",
    "qcloud_cos/crypto.py": "encryption on the client's side",
    "qcloud_cos/cos_encryption_client.py": "encryption on the client's side",
    "qcloud_cos/intelligent_speech.py": "another service",
    "crcmod/*.so": "built for the machine that builds; the CRC that counts is fastcrc's",
    "crcmod/test.py": "tests",
    "dns/*": "dnspython: addresses are judged by their syntax, domains are not asked for",
    "email_validator/deliverability.py": "asks domains",
    "email_validator/__main__.py": "command line",
    "charset_normalizer/cli/*": "command line",
    "charset_normalizer/__main__.py": "command line",
    "idna/cli.py": "command line",
    "idna/__main__.py": "command line",
    "idna/codec.py": "a codec that nobody registers",
    "certifi/__main__.py": "command line",
    "pydantic/v1/*": "the old pydantic",
    "pydantic/mypy.py": "types",
    "tencentcloud/*_async.py": "asyncio",
    "urllib3/contrib/*": "for other platforms, proxies and TLS libraries",
}
"""What the function never imports, and why. A test runs the main job without it."""

COMPILE_TEMPLATES: Final = """
from jinja2 import FileSystemLoader
from handler.reporting.engine import COMPILED, TEMPLATES, environment
environment(FileSystemLoader(TEMPLATES)).compile_templates(COMPILED, ["j2"], zip=None, ignore_errors=False)
"""
"""By the library and the options that the package has, so that it is no matter what the building environment has."""

COMPILE: Final = """
import importlib.util, marshal, os, sys
UNCHECKED_HASH = (1).to_bytes(4, "little")  # PEP 552
for path in sys.stdin.read().split("\\0"):
    with open(path, "rb") as file:
        source = file.read()
    code = compile(source, path, "exec", dont_inherit=True, optimize=0)
    target = importlib.util.cache_from_source(path)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(target, "wb") as file:
        # Version 2 of the format has no back references, whose places depend on what else the interpreter holds.
        file.write(importlib.util.MAGIC_NUMBER + UNCHECKED_HASH + importlib.util.source_hash(source))
        file.write(marshal.dumps(code, 2))
"""


@dataclass(frozen=True, slots=True)
class Package:
    """What was built."""

    tree: Path
    zip: Path
    sizes: Mapping[str, int]
    """Unpacked bytes by what stands in the root of the tree."""
    left_out: Mapping[str, int]
    """Bytes that stayed out, by the pattern in `LEFT_OUT`."""
    has_bytecode: bool

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.zip.read_bytes()).hexdigest()


def build(folder: Path, source: Path = ROOT, python: str = PYTHON) -> Package:
    """Builds `package/` and `function.zip` in a folder, in place of any that are there.

    Another version of Python is for tests: SCF has no newer one.
    """
    tree = folder / "package"
    shutil.rmtree(tree, ignore_errors=True)
    left_out: Counter[str] = Counter()
    with TemporaryDirectory() as scratch:
        for libraries in _libraries(Path(scratch), source, python):
            left_out.update(_copy(libraries, tree, LEFT_OUT))
    _copy(source / "handler", tree / "handler", {"*.pyc": "made anew", "index.py": "goes into the root"})
    shutil.copyfile(source / "handler/index.py", tree / "index.py")
    _run(sys.executable, COMPILE_TEMPLATES, tree)
    has_bytecode = _compile(tree, python)
    names = sorted(path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_file())
    archive = folder / "function.zip"
    _zip(archive, tree, names)
    sizes: Counter[str] = Counter()
    for name in names:
        sizes[name.partition("/")[0]] += (tree / name).stat().st_size
    return Package(tree, archive, sizes, left_out, has_bytecode)


def main(arguments: Sequence[str] | None = None) -> int:
    """Builds, and says what takes the room."""
    parser = argparse.ArgumentParser("python -m local.package", description=__doc__)
    parser.add_argument("--out", type=Path, metavar="DIR", default=ROOT / "build", help="where to (default: build)")
    parser.add_argument("--source", type=Path, metavar="DIR", default=ROOT, help="the checkout (default: this one)")
    options = parser.parse_args(arguments)
    package = build(options.out, options.source)
    print("\n".join(_table(package)))
    if not package.has_bytecode:
        print(
            f"warning: there is no Python {PYTHON} on this machine, so {package.zip} holds no bytecode: the function "
            f"will work, but starts more slowly, and the zip is another one than with it. `uv python install {PYTHON}` "
            "brings one.",
            file=sys.stderr,
        )
    if package.zip.stat().st_size > LARGEST_ZIP:
        print(f"error: the zip is larger than {LARGEST_ZIP:,} bytes", file=sys.stderr)
        return 1
    return 0


def _table(package: Package) -> Iterator[str]:
    yield f"{'bytes':>12}  unpacked"
    for name, size in sorted(package.sizes.items(), key=lambda entry: -entry[1]):
        yield f"{size:12,}  {name}"
    yield f"{sum(package.sizes.values()):12,}  together"
    yield f"{sum(package.left_out.values()):12,}  left out"
    yield f"{package.zip.stat().st_size:12,}  {package.zip.name}"
    yield f"sha256 {package.sha256}"
    holds = f"the bytecode of Python {PYTHON}" if package.has_bytecode else "no bytecode"
    yield f"made {package.zip}, with {holds}"


def _libraries(scratch: Path, source: Path, python: str) -> Iterator[Path]:
    """Folders of libraries, to be copied one over the other: wheels for the platform, then what has none."""
    target = f"--python-version={python}", f"--python-platform={PLATFORM}", "--only-binary=:all:"
    others = [f"--no-emit-package={name}" for name in (*WITHOUT_WHEELS, SHARES_FILES)]
    sources = [f"--only-emit-package={name}" for name in WITHOUT_WHEELS]
    yield _install(scratch / "apart", _requirements(source, f"--only-emit-package={SHARES_FILES}"), *target)
    yield _install(scratch / "wheels", _requirements(source, *others), *target)
    yield _install(scratch / "sources", _requirements(source, *sources))


def _requirements(source: Path, *which: str) -> str:
    """What `uv.lock` says that the function needs, with hashes."""
    export = "--frozen", "--no-dev", "--no-emit-project", "--format=requirements-txt"
    return _uv("export", *export, *which, f"--project={source}")


def _install(target: Path, requirements: str, *options: str) -> Path:
    strict = "--no-deps", "--require-hashes", f"--python={sys.executable}"
    _uv("pip", "install", *strict, *options, f"--target={target}", "--requirements=-", given=requirements)
    records = [record.read_text(encoding="utf-8").splitlines() for record in target.glob("*.dist-info/RECORD")]
    owners = Counter(line.rsplit(",", 2)[0] for record in records for line in record)
    if twice := [name for name, count in owners.items() if count > 1]:
        raise RuntimeError(f"two packages bring the same files, and either may win: {twice}")
    return target


def _uv(*arguments: str, given: str | None = None) -> str:
    command = [uv(), *arguments, "--quiet"]
    return subprocess.run(command, input=given, stdout=subprocess.PIPE, text=True, check=True).stdout  # noqa: S603


def _copy(source: Path, target: Path, left_out: Mapping[str, str]) -> Counter[str]:
    """Copies files, and nothing of their times and modes; the bytes that stayed behind, by pattern."""
    behind: Counter[str] = Counter()
    for path in filter(Path.is_file, source.rglob("*")):
        name = path.relative_to(source).as_posix()
        pattern = next((pattern for pattern in left_out if fnmatchcase(name, pattern)), None)
        if pattern is None:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target / name)
        else:
            behind[pattern] += path.stat().st_size
    return behind


def _zip(target: Path, tree: Path, names: Sequence[str]) -> None:
    """Packs the tree's files in this order, with nothing of their times, their modes and the system in it."""
    with zipfile.ZipFile(target, "w") as archive:
        for name in names:
            entry = zipfile.ZipInfo(name)  # dated 1980, the first year that a zip can name
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            archive.writestr(entry, (tree / name).read_bytes(), zipfile.ZIP_DEFLATED, 9)


def _compile(tree: Path, version: str) -> bool:
    """Puts bytecode beside the source, with the Python that runs it, whichever builds; False where there is none.

    The paths in it are those within the tree.
    """
    python = find(version)
    if python is None:
        return False
    names = "\0".join(sorted(path.relative_to(tree).as_posix() for path in tree.rglob("*.py")))
    _run(str(python), COMPILE, tree, names)
    return True


def _run(python: str, script: str, tree: Path, given: str = "") -> None:
    """Runs a script of ours in the tree, where it finds the standard library, the tree and nothing else.

    The hash seed is fixed because it is in the order of sets.
    """
    command = [python, "-B", "-S", "-s", "-W", "ignore", "-c", script]
    env = {"PYTHONHASHSEED": "0", "PYTHONUTF8": "1", "PATH": os.environ.get("PATH", "")}
    subprocess.run(command, cwd=tree, input=given, text=True, check=True, env=env)  # noqa: S603 - our own script


if __name__ == "__main__":
    sys.exit(main())
