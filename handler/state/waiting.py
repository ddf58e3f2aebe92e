"""Files that wait for a group which another import holds: whoever holds it takes them next.

A note for each lies at `todo/<bucket>/waiting/<lock>/<time of the drop>-<import id>` below the state prefix; the lock
of most groups is called by their receiver id.
Whoever waits writes its note first and looks at the lock once more; whoever holds the lock looks for notes after
releasing it. So one of the two sees the other. A sweep takes what is left where an invocation dies or has no time left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from handler.errors import OperatorProblem
from handler.intake.event import Drop
from handler.intake.source import Import
from handler.state.store import Bucket, Listed
from handler.state.stored import from_json, to_json


@dataclass(frozen=True, slots=True)
class Note:
    """A file that waits."""

    key: str
    since: datetime
    bucket: str
    body: bytes = field(repr=False)

    @property
    def drop(self) -> Drop:
        """Of the file. Raises `OperatorProblem` where the note cannot be read."""
        try:
            return from_json(Drop, self.body)
        except ValueError:
            raise OperatorProblem(
                f"{self.key} in the bucket {self.bucket} cannot be read. It says that a file waits for its group: "
                "remove it, and the next sweep finds the file by itself."
            ) from None


@dataclass(frozen=True, slots=True)
class Waiting:
    """The notes about the files of one bucket."""

    bucket: Bucket
    prefix: str
    """Such as `state/todo/drops-1250000000/waiting/`."""

    def add(self, lock: str, of: Import, drop: Drop) -> str:
        """Leaves a note that this file waits for its group; its key."""
        key = f"{self.prefix}{lock}/{of.source.last_modified}-{drop.import_id}"
        self.bucket.write(key, to_json(drop))
        return key

    def of_lock(self, lock: str) -> Iterator[Note]:
        """Those that wait for a lock, in the order of the drops."""
        return self.read(self.bucket.list(f"{self.prefix}{lock}/"))

    def read(self, entries: Iterable[Listed]) -> Iterator[Note]:
        """Those that a listing shows."""
        for entry in entries:
            body = self.bucket.read(entry.key)
            if body is not None:
                yield Note(entry.key, entry.last_modified, self.bucket.name, body)

    def remove(self, key: str) -> None:
        """The file waits no more."""
        self.bucket.delete(key)
