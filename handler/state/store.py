"""A bucket, as everything here uses it: `clouds.cos` is the real one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from handler.errors import TryLater


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


@dataclass(frozen=True, slots=True)
class Listed:
    """An object as a listing shows it."""

    key: str
    etag: str
    size: int
    """Bytes."""
    last_modified: datetime


@dataclass(frozen=True, slots=True)
class Fetched:
    """A small object as a whole."""

    body: bytes = field(repr=False)
    last_modified: datetime
    read_at: datetime
    """When the store gave it, by its own clock, as `last_modified` is."""
    metadata: Mapping[str, str]
    """The `x-cos-meta-*` headers, their names in lower case."""


class Bucket(Protocol):
    """One bucket. Every method may raise `BrokenOff` or `OperatorProblem`."""

    @property
    def name(self) -> str: ...

    def head(self, key: str, version_id: str | None = None) -> StoredObject | None:
        """The object's properties and its first bytes; `None` where there is no such object."""

    def open(self, source: StoredObject, start: int) -> Iterator[bytes]:
        """The bytes of this very version from `start` on, in one try: raises `BrokenOff` or `Replaced`."""
        ...

    def fetch(self, key: str) -> Fetched | None:
        """A small object as a whole, with what is known of it; `None` where there is none."""

    def read(self, key: str) -> bytes | None:
        """The body alone."""

    def read_range(self, key: str, start: int, end: int) -> Iterator[bytes]:
        """Some bytes of an object that may be large, the last one being `end - 1`."""
        ...

    def write(self, key: str, body: bytes, content_type: str = ..., metadata: Mapping[str, str] = ...) -> None:
        """Writes a small object, in place of any that is there."""

    def upload(self, key: str, chunks: Iterable[bytes], content_type: str) -> None:
        """Writes an object that may be large."""

    def create(self, key: str, body: bytes) -> bool:
        """Writes an object only where there is none: `False` where there is one. A lost answer is tried again, and then
        meets its own object."""
        ...

    def delete(self, key: str) -> None:
        """Removes an object; one that is not there is no error."""

    def list(self, prefix: str, after: str = "") -> Iterator[Listed]:
        """All objects below a prefix, or those whose keys come after this one, in the order of their keys. How fresh a
        listing is, COS does not promise."""
        ...

    def is_versioned(self) -> bool:
        """Whether versioning was ever enabled: then a create-only write overwrites after all."""
        ...


class NoState:
    """The state of a dry run: a bucket that keeps nothing of what is written."""

    name = "no state"

    def __getattr__(self, method: str) -> Any:
        answers = {"create": True, "list": (), "is_versioned": False}
        return lambda *_, **__: answers.get(method)
