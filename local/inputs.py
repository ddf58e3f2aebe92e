"""The files that a command is given: by their names, by the folders they lie in, or through a pipe."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final

from handler.errors import OperatorProblem

STDIN: Final = "-"


def chosen(names: Sequence[str]) -> list[str]:
    """Every file once; for a folder all that lies in it, but for what is hidden.

    Raises `OperatorProblem` for a folder without a file, and `OSError` for a file that is not there.
    """
    return list(dict.fromkeys(file for name in names for file in _below(name)))


def _below(name: str) -> list[str]:
    folder = Path(name)
    if name != STDIN:
        folder.stat()  # of several files none is worked on where one is not there
    if name == STDIN or not folder.is_dir():
        return [name]
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    files = [str(path) for path in paths if not _is_hidden(path.relative_to(folder))]
    if not files:
        raise OperatorProblem(f"{readable(name)} is a folder without a file.")
    return files


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def places(files: Sequence[str], base: Path | None) -> Mapping[str, Path]:
    """Where each file lies below `base`; without one, below the folder that all of them have in common.

    So files of one name that lie in different folders have different places.
    """
    paths = {file: Path(os.path.abspath(file)) for file in files if file != STDIN}  # noqa: PTH100 - links stay links
    common = base or Path(os.path.commonpath([path.parent for path in paths.values()] or [Path("/")]))
    return {file: _place(paths[file], common) if file in paths else Path("stdin") for file in files}


def _place(path: Path, base: Path) -> Path:
    return path.relative_to(base) if path.is_relative_to(base) else Path(*path.parts[1:])


def readable(name: str) -> str:
    """A name as text: it may hold bytes that are none, which no report can hold."""
    return "stdin" if name == STDIN else os.fsencode(name).decode(errors="replace")


@contextmanager
def regular(name: str) -> Iterator[Path]:
    """The file of this name; a copy of what comes through a pipe, or through standard input (`-`)."""
    path = Path(name)
    if name != STDIN and not path.is_fifo():
        yield path
        return
    with NamedTemporaryFile() as copy:
        with nullcontext(sys.stdin.buffer) if name == STDIN else path.open("rb") as pipe:
            shutil.copyfileobj(pipe, copy)
        copy.flush()
        yield Path(copy.name)
