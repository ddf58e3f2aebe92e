"""What a command writes: files that are whole or not there, and a folder that no two replays write to at once."""

from __future__ import annotations

import fcntl
import itertools
import json
import sys
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from handler.errors import OperatorProblem

MARK: Final = ".replay"
"""In the folder: says what the last replay wrote there, and is locked while one is at work."""


def write_whole(path: Path, chunks: Iterable[bytes]) -> None:
    """Writes a file, in place of any that is there, once all of it is on the disk. An `OSError` names the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as file:
            file.writelines(chunks)
        part.replace(path)
    except BaseException as problem:
        part.unlink(missing_ok=True)
        if isinstance(problem, OSError):
            raise OSError(problem.errno, problem.strerror, str(path)) from None
        raise


def complain(message: str) -> None:
    """Says on standard error what is wrong: each of its lines is a sentence of its own."""
    for sentence in message.splitlines():
        print(f"error: {sentence}", file=sys.stderr)


@contextmanager
def named(path: Path | str) -> Iterator[None]:
    """An `OSError` of what is done inside names this file, where it names none itself."""
    try:
        yield
    except OSError as problem:
        problem.filename = problem.filename or str(path)
        raise


@dataclass(frozen=True, slots=True)
class OutputFolder:
    """A folder that is this replay's own for a while."""

    path: Path
    _mark: TextIO

    @classmethod
    @contextmanager
    def take(cls, wanted: Path, *, is_given: bool) -> Iterator[OutputFolder]:
        """The folder; one inside it, such as `out/2`, while another replay is at work there.

        Raises `OperatorProblem` where it `is_given`, which is to say that no other one will do.
        """
        for number in itertools.count(1):
            path = wanted if number == 1 else wanted / str(number)
            path.mkdir(parents=True, exist_ok=True)
            with (path / MARK).open("a+", encoding="utf-8") as mark:
                try:
                    fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    if is_given:
                        raise OperatorProblem(f"Another replay writes to {wanted}: choose another --out.") from None
                    continue
                yield cls(path, mark)
                return

    def keep(self, written: Collection[Path]) -> None:
        """Removes what the replay before has left here and this one has not written anew, and nothing else."""
        names = sorted(path.relative_to(self.path).as_posix() for path in written)
        for name in set(self._left()) - set(names):
            self._remove(self.path / name)
        self._mark.seek(0)
        self._mark.truncate()
        json.dump(names, self._mark)
        self._mark.flush()

    def _left(self) -> list[str]:
        self._mark.seek(0)
        try:
            names = json.load(self._mark)
        except ValueError:  # nobody has replayed here yet
            return []
        return [name for name in names if ".." not in Path(name).parts and not Path(name).is_absolute()]

    def _remove(self, path: Path) -> None:
        """The file, and the folders that are empty without it."""
        with suppress(OSError):
            path.unlink(missing_ok=True)
            for folder in itertools.takewhile(lambda parent: parent != self.path, path.parents):
                folder.rmdir()
