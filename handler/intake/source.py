"""The bytes of a dropped file, exactly as COS holds them: pinned to one version, resumed, counted and summed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Final, Protocol
from urllib.parse import unquote

from handler.errors import TryLater
from handler.timing import Deadline, Pauses


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


PIECE_BYTES: Final = 256 * 1024


class BrokenOff(TryLater):
    """The store did not answer, or not to the end; the same call may be made again."""


class Replaced(TryLater):
    """The file is not the one that was looked at: it was replaced or removed meanwhile."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One version of an object."""

    key: str
    version_id: str | None
    etag: str
    """Without its quotes."""
    size: int
    """Bytes."""
    last_modified: datetime
    crc64: int | None
    """CRC-64/XZ over the bytes (`x-cos-hash-crc64ecma`); objects of long ago have none."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    """The owner's `x-cos-meta-*` headers, their names in lower case."""
    first: bytes = field(default=b"", repr=False, compare=False)
    """Its first bytes, where they came with all this."""


class Objects(Protocol):
    """What reading a file needs of the store."""

    def head(self, key: str, version_id: str | None = None) -> StoredObject | None: ...

    def open(self, source: StoredObject, start: int) -> Iterator[bytes]: ...


def find(objects: Objects, key: str, version_id: str | None) -> StoredObject | None:
    """The object an event speaks of.

    Whether events percent-encode keys is written nowhere: the key is taken as it is, and decoded only where there is
    no such object.
    """
    found = objects.head(key, version_id)
    decoded = unquote(key)
    if found is None and decoded != key:
        found = objects.head(decoded, version_id)
    return found


def stream(objects: Objects, source: StoredObject, deadline: Deadline, pauses: Pauses | None = None) -> Iterator[bytes]:
    """The bytes of this very version, in chunks; a body that breaks off goes on where it broke off.

    Raises `Replaced` when the object is no longer this one, `BrokenOff` when it cannot be read to its end, or when
    length or checksum are not what COS says.
    """
    from fastcrc.crc64 import xz

    size = crc = 0
    position, pauses = len(source.first), pauses or Pauses()
    rest = resumed(lambda start: objects.open(source, start), position, source.size, deadline, pauses)
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
        raise BrokenOff("the bytes read are not those that COS holds: length or checksum differ")
