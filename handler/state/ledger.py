"""What has to outlive an invocation: how far the import of each version of a file has come.

That is one object for each version, `imports/<bucket>/<file>-<version>` below the state prefix, in a folder for each
bucket, as buckets may share a `STATE_BUCKET`. `<file>` stands for the key, `<version>` for ETag and time of the last
change: what a listing shows. How far it is stands in that one object, so each step is one request, and none is done by
halves:

- `Begun`: nothing is sent, and whoever comes next reads the file again. Written before lists or a report of it
  lie in the bucket, and where its time was not enough.
- `Stored`: the plan with the state of its batches. Written before each call that changes the group, and before each
  wait.
- `Finished`: an empty object, so that a listing tells it from the others; its metadata say what it came to.

What is not finished has an object of the same name in `todo/<bucket>/open/`, for a sweep to find it among thousands
that are: written before the first state, removed after the last one. It holds the rows that the plan sends, which may
be a million and never change; it is empty as long as there is no plan.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from itertools import chain
from typing import IO, Final, Literal

from handler import log
from handler.errors import OperatorProblem
from handler.intake.source import FoundBy, Import, SourceFacts
from handler.planning.plan import ImportPlan
from handler.state.store import Bucket, Fetched, StoredObject
from handler.state.stored import from_json, to_json

FORMAT: Final = 3
"""Of what is under way; what is finished reads the same since the first version."""
AT_ONCE_BYTES: Final = 16_000_000
"""Rows that are written in one request. More are written in parts: that takes a permission more, and memory less."""
ROWS_TYPE: Final = "application/gzip"
FINISHED_HEADER: Final = "x-cos-meta-finished"

Kind = Literal["groups", "imports", "notices", "todo"]
"""The folders of the state prefix that have one folder for each bucket. The page of all groups is made of `groups`;
`notices` are the messages that have not arrived yet."""
Todo = Literal["open", "tried", "waiting"]
"""What a sweep lists at once: imports that are not finished, those that sweeps have tried in vain, and files that wait
for their groups."""

Status = Literal["imported", "uploading", "partial", "refused", "interrupted", "dry_run"]
"""What has become of a file: `status` in report.json."""


@dataclass(frozen=True, slots=True)
class Begun:
    """An import that has sent nothing: the file is read from its first byte on."""

    of: Import
    readings: int = 0
    """How often the file could not be read to its end in the time there was."""
    kind: Literal["begun"] = "begun"


@dataclass(frozen=True, slots=True)
class Stored:
    """An import whose plan is stored, and goes on with it. `Ledger.find_rows` has its rows."""

    plan: ImportPlan

    @property
    def of(self) -> Import:
        """Which import it is."""
        return self.plan.of


@dataclass(frozen=True, slots=True)
class Finished:
    """An import that needs no more work."""

    import_id: str
    found_by: FoundBy
    receiver_id: int | None
    status: Status
    report: str
    """The key of report.json."""


Rows = Callable[[], IO[bytes]]
"""The rows that a plan sends, from their first byte on, each time that it is called."""
Opened = Begun | Stored
"""An import that goes on."""
State = Opened | Finished


@dataclass(frozen=True, slots=True)
class Ledger:
    """The imports of files, as the state prefix of one bucket holds them."""

    bucket: Bucket
    prefix: str
    """Such as `state/`."""
    _marked: dict[str, bool] = field(default_factory=dict, repr=False)
    """Those that this invocation has noted as open, and whether their rows are there."""

    def look(self, source: SourceFacts) -> State | None:
        """How far the import of this version of a file has come."""
        return self.look_at(self.key(source))

    def look_at(self, key: str) -> State | None:
        """The same, by the key that a listing shows."""
        found = self.bucket.fetch(key)
        try:
            return _read(found, key) if found else None
        except (ValueError, KeyError, TypeError, RecursionError):
            raise self.damaged(key) from None

    def damaged(self, key: str) -> OperatorProblem:
        """What the ledger has under this key is not what was written."""
        return OperatorProblem(
            f"{key} in the bucket {self.bucket.name} cannot be read. Remove it if the import it stands for was "
            "never begun, or is finished: its report says. Else restore it."
        )

    def without_rows(self, source: SourceFacts) -> OperatorProblem:
        """The rows of a plan are not what was written, or not there."""
        key = self.key(source)
        return OperatorProblem(
            f"The rows of {key} in the bucket {self.bucket.name} cannot be read: {self._mark(key)} holds them. Remove "
            "both if the import they stand for was never begun, or is finished: its report says. Else restore them."
        )

    def opened(self, bucket: str, key: str) -> Iterator[Opened]:
        """The imports of any version of a file that are under way; a very new one may be missing."""
        for entry in self.bucket.list(f"{self.folder('imports', bucket)}{_digest(key)}-"):
            state = self.look_at(entry.key) if entry.size else None
            if isinstance(state, Opened):
                yield state

    def begin(self, begun: Begun, rows: Rows | None = None) -> None:
        """Notes what an import leaves behind before it has a plan; with its rows, where they are known."""
        self._open(begun.of.source, rows)
        self.bucket.write(self.key(begun.of.source), _with_format(begun))

    def begin_anew(self, begun: Begun) -> None:
        """Puts this in place of a plan of which nothing was sent; the next plan has its own rows."""
        key = self.key(begun.of.source)
        self.bucket.write(key, _with_format(begun))
        self._marked.pop(self._mark(key), None)

    def save(self, plan: ImportPlan, rows: Rows | None) -> None:
        """Writes the plan with the present state of its batches. The rows are as `lists.PlannedRows` makes them; `None`
        for a plan that was stored before, whose rows are there."""
        if rows:
            self._open(plan.of.source, rows)
        self.bucket.write(self.key(plan.of.source), _with_format(plan))

    def find_rows(self, source: SourceFacts) -> StoredObject | None:
        """The object with the rows of a stored plan."""
        return self.bucket.head(self._mark(self.key(source)))

    def finish(self, source: SourceFacts, finished: Finished) -> None:
        """Notes that this version of the file needs no more work."""
        note = base64.b64encode(_with_format(finished)).decode()
        self.bucket.write(self.key(source), b"", metadata={FINISHED_HEADER: note})
        with log.forgiving("open_mark_left"):  # the next sweep removes it
            self.close(self.key(source))

    def is_finished(self, key: str) -> bool:
        """Whether the import with this key is, whatever else there may be. An object that was emptied says nothing."""
        found = self.bucket.fetch(key)
        return found is not None and not found.body and FINISHED_HEADER in found.metadata

    def close(self, key: str) -> None:
        """An import that a listing of what is open need not show any more."""
        self.bucket.delete(self._mark(key))

    def _open(self, source: SourceFacts, rows: Rows | None) -> None:
        mark = self._mark(self.key(source))
        if mark in self._marked and (self._marked[mark] or not rows):
            return
        body = rows() if rows else BytesIO()
        first = body.read(AT_ONCE_BYTES)
        if len(first) < AT_ONCE_BYTES:
            self.bucket.write(mark, first)
        else:
            self.bucket.upload(mark, chain((first,), iter(partial(body.read, AT_ONCE_BYTES), b"")), ROWS_TYPE)
        self._marked[mark] = rows is not None

    def _mark(self, key: str) -> str:
        *_, bucket, name = key.split("/")
        return f"{self.todo('open', bucket)}{name}"

    def key(self, source: SourceFacts) -> str:
        """Where the import of this version of a file is."""
        version = _digest(source.etag, source.last_modified)
        return f"{self.folder('imports', source.bucket)}{_digest(source.key)}-{version}"

    def folder(self, kind: Kind, bucket: str) -> str:
        """Where the objects of one kind lie that belong to a bucket's files."""
        return f"{self.prefix}{kind}/{bucket}/"

    def todo(self, what: Todo, bucket: str) -> str:
        """The same for what a sweep has to do."""
        return f"{self.folder('todo', bucket)}{what}/"


def _read(found: Fetched, key: str) -> State:
    if not found.body:
        return from_json(Finished, base64.b64decode(found.metadata[FINISHED_HEADER]))
    head, _, _ = found.body.partition(b"\n")  # behind it are the rows, where a former version wrote it
    written = json.loads(head)
    if written["format"] != FORMAT:
        raise OperatorProblem(
            f"{key} was written by another version of this function (format {written['format']}, this one knows "
            f"{FORMAT}): deploy that version once more until its imports are done."
        )
    return Stored(from_json(ImportPlan, head)) if written["kind"] == "plan" else from_json(Begun, head)


def _with_format(value: object) -> bytes:
    """A JSON object with the format that it is written in."""
    return b'{"format":%d,' % FORMAT + to_json(value)[1:]


def _digest(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:20]
