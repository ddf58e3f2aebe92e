"""The bytes of a dropped file, exactly as COS holds them: pinned to one version, resumed, counted and summed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final, Literal
from urllib.parse import unquote

from fastcrc.crc64 import xz

from handler.errors import SourceProblem
from handler.said import Said
from handler.state.store import BrokenOff, Bucket, Listed, StoredObject
from handler.timing import Deadline, Pauses

PIECE_BYTES: Final = 256 * 1024
METADATA: Final = "x-cos-meta-"

FoundBy = Literal["event", "sweep"]


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """The very object an import is made from: `source` in report.json."""

    bucket: str
    key: str
    version_id: str | None
    etag: str
    size: int
    """Bytes."""
    last_modified: str
    """ISO 8601, UTC, to the second."""


@dataclass(frozen=True, slots=True)
class Import:
    """The import of one version of a file: whatever speaks of an import holds this."""

    import_id: str
    source: SourceFacts
    receiver_id: int | None
    """`None` where nothing says which group the file is for, such a file is refused; or where it is said by name."""
    folder: str
    """Where its report goes, with the import id: `reports/1001/spring.csv/3f9c0d1e2b4a5968/`."""
    found_by: FoundBy
    name: str | None = None
    """The name of the group, where the file is for one by its name: then there is no id."""

    @property
    def report(self) -> str:
        """The key of report.json."""
        return f"{self.folder}report.json"


class Mismatch(BrokenOff):
    """What was read is not what COS says that it holds."""


def find(bucket: Bucket, key: str, version_id: str | None) -> StoredObject | None:
    """The object an event speaks of.

    Whether events percent-encode keys is written nowhere: the key is taken as it is, and decoded only where there is
    no such object. Raises `SourceProblem` for one that cannot be opened.
    """
    if not {".", ".."}.isdisjoint(unquote(key).split("/")):  # HTTP clients resolve them
        raise SourceProblem("unreadable", Said("file.unreachable"))
    found = bucket.head(key, version_id)
    decoded = unquote(key)
    if found is None and decoded != key:
        found = bucket.head(decoded, version_id)
    return found


def facts_of(bucket: str, found: StoredObject | Listed) -> SourceFacts:
    """The object as the report names it; a listing does not tell its version."""
    version = found.version_id if isinstance(found, StoredObject) else None
    modified = found.last_modified.strftime("%Y-%m-%dT%H:%M:%SZ")
    return SourceFacts(bucket, found.key, version, found.etag, found.size, modified)


def said(found: StoredObject, name: str) -> str | None:
    """What the owner says in the metadata of this name; percent-encoded where it is not ASCII, as HTTP headers are."""
    return unquote(found.metadata.get(f"{METADATA}{name}", "")).strip() or None


def stream(bucket: Bucket, source: StoredObject, deadline: Deadline, pauses: Pauses | None = None) -> Iterator[bytes]:
    """The bytes of this very version, in chunks; a body that breaks off goes on where it broke off.

    Raises `Replaced` when the object is no longer this one, `BrokenOff` when it cannot be read to its end, or when
    length or checksum are not what COS says.
    """
    size = crc = 0
    position, pauses = len(source.first), pauses or Pauses()
    rest = resumed(lambda start: bucket.open(source, start), position, source.size, deadline, pauses)
    for chunk in chain(_cut(source.first), rest):
        size += len(chunk)
        crc = xz(chunk, crc)
        yield chunk
    _verify(source, size, crc)


def resumed(
    open_at: Callable[[int], Iterator[bytes]], position: int, end: int, deadline: Deadline, pauses: Pauses
) -> Iterator[bytes]:
    """The bytes from `position` to `end` of what can be opened anywhere; where they break off it is opened again.

    Raises `BrokenOff` after so many failures with not a byte between them, `TryLater` when the time is up.
    """
    failures = 0
    while position < end:
        try:
            for chunk in open_at(position):
                deadline.require(0, "read the file to its end")
                position += len(chunk)
                failures = 0
                yield chunk
            if position < end:
                raise BrokenOff("COS: the body ended early")
        except BrokenOff:
            failures += 1
            if failures >= pauses.tries:
                raise
            deadline.wait(pauses.before(failures + 1), "read the file")


def _cut(first: bytes) -> Iterator[bytes]:
    """In pieces as small as those that come from the store."""
    return (first[start : start + PIECE_BYTES] for start in range(0, len(first), PIECE_BYTES))


def _verify(source: StoredObject, size: int, crc: int) -> None:
    if size != source.size or (source.crc64 is not None and crc != source.crc64):
        raise Mismatch("the bytes read are not those that COS holds: length or checksum differ")
