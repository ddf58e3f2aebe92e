"""A folder whose files are dropped into the bucket: each once it is whole, and again when it has changed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from handler.timing import Clock

STILL_SECONDS: Final = 2.0
"""A file that has not changed for so long is whole."""
UNFINISHED: Final = (".part", ".crdownload", ".tmp", ".swp", "~")
"""Endings that programs give to what they are still writing."""

Mark = tuple[int, int]
"""A file's size and time of change."""


@dataclass(frozen=True, slots=True)
class _Seen:
    mark: Mark
    since: float
    is_done: bool = False


class Watch:
    """Looks at a folder, whenever it is asked to, and uploads what has come to rest in it."""

    def __init__(self, folder: Path, upload: Callable[[str, Path], None], clock: Clock) -> None:
        """`upload` puts a file into the bucket, under a path such as `1001/list.csv`."""
        self._folder = folder
        self._upload = upload
        self._clock = clock
        self._seen: dict[Path, _Seen] = {}

    def look(self) -> Iterator[str]:
        """The paths below the folder of what has just been uploaded."""
        now = self._clock.monotonic()
        there = dict(self._files())
        self._seen = {path: seen for path, seen in self._seen.items() if path in there}
        for path, mark in there.items():
            seen = self._seen.get(path)
            if seen is None or seen.mark != mark:
                self._seen[path] = _Seen(mark, now)
            elif not seen.is_done and now - seen.since >= STILL_SECONDS and self._put(path, mark):
                self._seen[path] = replace(seen, is_done=True)
                yield self._name(path)

    def _files(self) -> Iterator[tuple[Path, Mark]]:
        for path in sorted(self._folder.rglob("*")):
            name = self._name(path)
            if any(part.startswith((".", "~")) for part in name.split("/")) or name.endswith(UNFINISHED):
                continue
            if (mark := _mark(path)) and path.is_file():
                yield path, mark

    def _put(self, path: Path, mark: Mark) -> bool:
        """Uploads a copy, so that nobody writes to it meanwhile; `False` where somebody did while it was made."""
        with TemporaryDirectory() as folder:
            copy = Path(folder) / "copy"
            with suppress(OSError):  # it is gone, or may not be read
                shutil.copyfile(path, copy)
            if _mark(path) != mark or not copy.exists():
                return False
            self._upload(self._name(path), copy)
        return True

    def _name(self, path: Path) -> str:
        return path.relative_to(self._folder).as_posix()


def _mark(path: Path) -> Mark | None:
    """`None` for what is gone."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns
