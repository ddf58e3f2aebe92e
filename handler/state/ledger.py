"""What has to outlive an invocation: how far the import of each version of a file has come.

That is one object for each version, `imports/<bucket>/<file>-<version>` below the state prefix, in a folder for each
bucket, as buckets may share a `STATE_BUCKET`. `<file>` stands for the key, `<version>` for ETag and time of the last
change: what a listing shows. Everything is in that one object, so each step is one request, and none is done by halves:

- `Begun`: nothing is sent, and whoever comes next reads the file again. Only where there is something to remember.
- `Stored`: the plan with the state of its batches, and behind it the rows that it sends. Written before each call that
  changes the group, and before each wait.
- `Finished`: an empty object, so that a listing tells it from the others; its metadata say what it came to.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any, Final, Literal, Protocol

from handler.errors import OperatorProblem
from handler.intake.source import SourceFacts
from handler.planning.plan import FoundBy, ImportPlan
from handler.state.stored import from_json, to_json

FORMAT: Final = 1
PLAN_FORMAT: Final = 2
"""Of what holds a plan. 1 had sentences in English where there are `Said` now."""
FINISHED_HEADER: Final = "x-cos-meta-finished"

Kind = Literal["imports", "tried", "notices"]
"""The folders of the state prefix that have one folder for each bucket; `tried` is the sweep's, and
`notices` are the messages that have not arrived yet."""


Status = Literal["imported", "uploading", "partial", "refused", "interrupted", "dry_run"]
"""What has become of a file: `status` in report.json."""


class ListedState(Protocol):
    """An object of the ledger in a listing."""

    @property
    def key(self) -> str: ...

    @property
    def size(self) -> int: ...


class FetchedState(Protocol):
    """An object of the ledger as it was read."""

    @property
    def body(self) -> bytes: ...

    @property
    def metadata(self) -> Mapping[str, str]: ...


class StateObjects(Protocol):
    """What the ledger needs of the store."""

    def list(self, prefix: str) -> Iterator[ListedState]: ...

    def fetch(self, key: str) -> FetchedState | None: ...

    def write(self, key: str, body: bytes, content_type: str = ..., metadata: Mapping[str, str] = ...) -> None: ...


@dataclass(frozen=True, slots=True)
class Begun:
    """An import that has sent nothing yet and has left something behind: lists without a report, or lost time."""

    import_id: str
    found_by: FoundBy
    folder: str
    receiver_id: int
    source: SourceFacts
    readings: int = 0
    """How often the file could not be read to its end in the time there was."""
    kind: Literal["begun"] = "begun"


@dataclass(frozen=True, slots=True)
class Stored:
    """A plan as it is stored."""

    plan: ImportPlan
    rows: bytes = field(repr=False)
    """The rows that it sends, as `lists.PlannedRows` made them."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A finished import of one version of a file."""

    import_id: str
    found_by: FoundBy
    receiver_id: int | None
    status: Status
    report: str
    """The key of report.json."""


State = Begun | Stored | Finished


@dataclass(frozen=True, slots=True)
class Ledger:
    """The imports of files, as the state prefix of one bucket holds them."""

    objects: StateObjects
    prefix: str
    """Such as `state/`."""

    def look(self, source: SourceFacts) -> State | None:
        """How far the import of this version of a file has come."""
        return self.look_at(self.key(source))

    def look_at(self, key: str) -> State | None:
        """The same, by the key that a listing shows."""
        found = self.objects.fetch(key)
        if found is None:
            return None
        if not found.body:
            note = base64.b64decode(found.metadata[FINISHED_HEADER])
            _known(note, key)
            return from_json(Finished, note)
        head, _, rows = found.body.partition(b"\n")
        if _known(head, key)["kind"] == "plan":
            return Stored(from_json(ImportPlan, head), rows)
        return from_json(Begun, head)

    def opened(self, bucket: str, key: str) -> Iterator[Begun | Stored]:
        """The imports of any version of a file that are under way; a very new one may be missing."""
        for entry in self.objects.list(f"{self.folder('imports', bucket)}{_digest(key)}-"):
            state = self.look_at(entry.key) if entry.size else None
            if isinstance(state, Begun | Stored):
                yield state

    def begin(self, begun: Begun) -> None:
        """Notes what an import leaves behind before it has a plan."""
        self.objects.write(self.key(begun.source), _told(begun))

    def save(self, plan: ImportPlan, rows: IO[bytes]) -> None:
        """Writes the plan with the present state of its batches."""
        self.objects.write(self.key(plan.source), _told(plan) + b"\n" + rows.read())

    def finish(self, source: SourceFacts, finished: Finished) -> None:
        """Notes that this version of the file needs no more work."""
        note = base64.b64encode(_told(finished)).decode()
        self.objects.write(self.key(source), b"", metadata={FINISHED_HEADER: note})

    def key(self, source: SourceFacts) -> str:
        """Where the import of this version of a file is."""
        version = _digest(source.etag, source.last_modified)
        return f"{self.folder('imports', source.bucket)}{_digest(source.key)}-{version}"

    def folder(self, kind: Kind, bucket: str) -> str:
        """Where the objects of one kind lie that belong to a bucket's files."""
        return f"{self.prefix}{kind}/{bucket}/"


def _known(body: bytes, key: str) -> dict[str, Any]:
    """What stands there, in a format that this version of the function reads."""
    found: dict[str, Any] = json.loads(body)
    known = PLAN_FORMAT if found.get("kind") == "plan" else FORMAT
    if (written := found.get("format")) != known:
        raise OperatorProblem(
            f"{key} was written by another version of this function (format {written}, this one knows {known}): "
            "deploy that version once more until its imports are done."
        )
    return found


def _told(value: object) -> bytes:
    """A JSON object with the format that it is written in."""
    return b'{"format":%d,' % (PLAN_FORMAT if isinstance(value, ImportPlan) else FORMAT) + to_json(value)[1:]


def _digest(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:20]
