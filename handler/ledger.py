"""What has to outlive an invocation: the stored plan with the state of its batches, and which files are finished.

Three kinds of objects below the state prefix, in a folder for each bucket, as buckets may share a `STATE_BUCKET`:

- `plans/<bucket>/<file>-<receiver id>.json`: an import under way, rewritten before and after each call that changes the
  group. At most one for each file and group; it is removed when the import is finished.
- `plans/<bucket>/<file>-<receiver id>.rows.gz`: the rows that import sends, written once, before the plan.
- `done/<bucket>/<file>-<version>`: a finished import of one version of a file.

`<file>` stands for the key, `<version>` for ETag and time of last change: what a listing shows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from typing import IO, Final, Literal, Protocol

from pydantic import TypeAdapter

from handler.errors import OperatorProblem
from handler.values import Batch, FileFacts, Group, RowCounts, Samples, SourceFacts
from handler.wording import Language

PLAN_VERSION: Final = 1
NOTE_VERSION: Final = 1
PLAN_ENDING: Final = ".json"
ROWS_ENDING: Final = ".rows.gz"

Kind = Literal["plans", "done", "tried", "notices"]
"""The folders of the state prefix that have one folder for each bucket; `tried` is the sweep's, and
`notices` are the messages that have not arrived yet."""

Status = Literal["imported", "uploading", "partial", "refused", "interrupted", "dry_run"]
"""What has become of a file: `status` in report.json."""


class ListedState(Protocol):
    """An object of the ledger in a listing."""

    @property
    def key(self) -> str: ...


class StateObjects(Protocol):
    """What the ledger needs of the store."""

    def list(self, prefix: str) -> Iterator[ListedState]: ...

    def read(self, key: str) -> bytes | None: ...

    def write(self, key: str, body: bytes) -> None: ...

    def upload(self, key: str, chunks: Iterable[bytes], content_type: str) -> None: ...

    def delete(self, key: str) -> None: ...


@dataclass(frozen=True, slots=True)
class ListedFile:
    """One of the report's CSV files as it was when the plan was made."""

    key: str
    rows: int
    bytes: int
    truncated: bool


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What was decided about a file, in the form in which it is stored."""

    import_id: str
    found_by: Literal["event", "sweep"]
    folder: str
    """Where the report goes, with the import id."""
    receiver_id: int
    before: Group
    """The group when the plan was made."""
    source: SourceFacts
    facts: FileFacts | None
    counts: RowCounts
    rejected_by_reason: Mapping[str, int]
    headings: tuple[str, ...]
    listed: Mapping[str, ListedFile]
    started_at: datetime
    batches: tuple[Batch, ...]
    samples: Samples = field(default_factory=Samples)
    """For report.html, so that it shows the same whoever ends the import."""
    language: Language | None = None
    """As the file's metadata has it."""
    version: int = PLAN_VERSION


@dataclass(frozen=True, slots=True)
class Finished:
    """A finished import of one version of a file."""

    import_id: str
    found_by: Literal["event", "sweep"]
    receiver_id: int | None
    status: Status
    report: str
    """The key of report.json."""
    version: int = NOTE_VERSION


PLAN: Final = TypeAdapter(ImportPlan)
FINISHED: Final = TypeAdapter(Finished)


@dataclass(frozen=True, slots=True)
class Ledger:
    """The imports of files, as the state prefix of one bucket holds them."""

    objects: StateObjects
    prefix: str
    """Such as `state/`."""

    def plan(self, receiver_id: int, bucket: str, key: str) -> ImportPlan | None:
        """The import of this file into this group that is under way."""
        return self.plan_at(f"{self.file_place(bucket, key)}{receiver_id}")

    def plans(self, bucket: str, key: str) -> list[ImportPlan]:
        """The imports of this file that are under way, into whatever group; a very new one may be missing."""
        listed = (entry.key for entry in self.objects.list(self.file_place(bucket, key)))
        return [plan for plan in map(self.plan_at, map(place_of, filter(is_plan, listed))) if plan]

    def plan_at(self, place: str) -> ImportPlan | None:
        """The import that is stored at a place, as a listing shows it."""
        key = f"{place}{PLAN_ENDING}"
        body = self.objects.read(key)
        return None if body is None else PLAN.validate_json(_known(body, PLAN_VERSION, key))

    def save(self, plan: ImportPlan) -> None:
        """Writes the plan with the present state of its batches."""
        self.objects.write(f"{self._place(plan)}{PLAN_ENDING}", PLAN.dump_json(plan))

    def save_rows(self, plan: ImportPlan, rows: IO[bytes]) -> None:
        """Writes the rows that the plan sends. They come before the plan, so that no plan is without them."""
        chunks = iter(lambda: rows.read(1_000_000), b"")
        self.objects.upload(f"{self._place(plan)}{ROWS_ENDING}", chunks, "application/gzip")

    def rows(self, plan: ImportPlan) -> IO[bytes]:
        """The rows that the plan sends."""
        key = f"{self._place(plan)}{ROWS_ENDING}"
        body = self.objects.read(key)
        if body is None:
            raise OperatorProblem(f"{key} is gone: nothing but this function may change what is below {self.prefix}")
        return BytesIO(body)

    def forget(self, plan: ImportPlan) -> None:
        """Removes the plan of a finished import, and its rows after it."""
        self.objects.delete(f"{self._place(plan)}{PLAN_ENDING}")
        self.forget_rows(self._place(plan))

    def forget_rows(self, place: str) -> None:
        """Removes rows that no plan needs."""
        self.objects.delete(f"{place}{ROWS_ENDING}")

    def finished(self, source: SourceFacts) -> Finished | None:
        """The finished import of this version of a file."""
        key = self.done_key(source)
        body = self.objects.read(key)
        return None if body is None else FINISHED.validate_json(_known(body, NOTE_VERSION, key))

    def finish(self, source: SourceFacts, finished: Finished) -> None:
        """Notes that this version of the file needs no more work."""
        self.objects.write(self.done_key(source), FINISHED.dump_json(finished))

    def done_key(self, source: SourceFacts) -> str:
        """The key of `finished`."""
        version = _digest(source.etag, source.last_modified)
        return f"{self.folder('done', source.bucket)}{_digest(source.key)}-{version}"

    def folder(self, kind: Kind, bucket: str) -> str:
        """Where the objects of one kind lie that belong to a bucket's files."""
        return f"{self.prefix}{kind}/{bucket}/"

    def file_place(self, bucket: str, key: str) -> str:
        """How the places of all imports of a file begin."""
        return f"{self.folder('plans', bucket)}{_digest(key)}-"

    def _place(self, plan: ImportPlan) -> str:
        return f"{self.file_place(plan.source.bucket, plan.source.key)}{plan.receiver_id}"


def is_plan(key: str) -> bool:
    """Whether an object among the plans is one; the others are rows."""
    return key.endswith(PLAN_ENDING)


def place_of(key: str) -> str:
    """The place of an import, from the key of its plan or of its rows."""
    return key.removesuffix(PLAN_ENDING).removesuffix(ROWS_ENDING)


def file_of(place: str) -> str:
    """How the places of all imports of the same file begin."""
    return place[: place.rindex("-") + 1]


def receiver_at(place: str) -> int:
    """The group of the import that is stored at a place."""
    return int(place.rpartition("-")[2])


def _known(body: bytes, version: int, key: str) -> bytes:
    """The body, whose format is one that this version of the function reads."""
    if (found := json.loads(body).get("version")) != version:
        raise OperatorProblem(
            f"{key} was written by another version of this function (format {found}, this one knows {version}): "
            "deploy that version once more until its imports are done."
        )
    return body


def _digest(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:20]
