"""The state of COS: buckets, versions of objects, uploads in parts. Knows no HTTP.

Large bodies lie in files; nothing here holds more than `SMALL_BYTES` of one in memory.
"""

from __future__ import annotations

import base64
import bisect
import hashlib
import itertools
import re
import shutil
import tempfile
import threading
import uuid
import weakref
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final, Literal

from fastcrc import crc64

from handler.timing import Clock

Versioning = Literal["enabled", "suspended"]

SMALL_BYTES: Final = 1 << 20
CHUNK_BYTES: Final = 1 << 18
LISTED_KEYS: Final = 1_000
"""The largest `max-keys`: https://www.tencentcloud.com/document/product/436/30614."""
PART_BYTES: Final = 1 << 20
"""The smallest part of an upload, the last one excepted: https://www.tencentcloud.com/document/product/436/7742."""
PARTS: Final = 10_000
"""The highest part number: https://www.tencentcloud.com/document/product/436/7750."""
METADATA_VALUE_BYTES: Final = 2_048
METADATA_BYTES: Final = 4_096
"""All `x-cos-meta-` headers together: https://www.tencentcloud.com/document/product/436/7749."""

_BUCKET_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,48}[a-z0-9])?-\d+")
_METADATA_NAME: Final = re.compile(r"[a-z0-9-]+")


class ObjectProblem(Exception):
    """COS refuses: `code` is its error code, `status` the HTTP status that goes with it."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of an object or of a part."""

    source: bytes | Path = field(repr=False)
    size: int
    md5: bytes = field(repr=False)
    crc64: int

    def chunks(self, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` on, `length` of them or all."""
        left = self.size - start if length is None else length
        with closing(self._open()) as stream:
            stream.seek(start)
            while left > 0 and (chunk := stream.read(min(left, CHUNK_BYTES))):
                left -= len(chunk)
                yield chunk

    def _open(self) -> BinaryIO:
        return BytesIO(self.source) if isinstance(self.source, bytes) else self.source.open("rb")


@dataclass(frozen=True, slots=True)
class Headers:
    """What is kept beside the bytes."""

    metadata: Mapping[str, str] = field(default_factory=dict)
    """By name without the `x-cos-meta-`."""
    system: Mapping[str, str] = field(default_factory=dict)
    """`Content-Type` and the like, given back with every answer about the object."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an object, or the marker that says that it was deleted."""

    key: str
    content: Content
    headers: Headers
    etag: str
    """In its quotation marks, as the services write it."""
    last_modified: datetime
    appeared_at: float
    """When the key came to be, on the monotonic clock: overwriting does not change it."""
    version_id: str | None
    """None in a bucket that never had versioning, and for what was written before; "null" while it is suspended."""
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a listing."""

    versions: tuple[Version, ...]
    common_prefixes: tuple[str, ...]
    next_marker: str | None
    """None where nothing follows."""


@dataclass(slots=True)
class PartUpload:
    """An upload in parts that is neither completed nor aborted."""

    upload_id: str
    key: str
    headers: Headers
    initiated: datetime
    parts: dict[int, Content] = field(default_factory=dict)


@dataclass(slots=True)
class Bucket:
    name: str
    versioning: Versioning | None
    """None: never enabled. Once enabled it can be suspended, never taken back."""
    history: dict[str, list[Version]] = field(default_factory=dict)
    """Per key the versions, the latest one last."""
    uploads: dict[str, PartUpload] = field(default_factory=dict)
    order: list[str] | None = None
    """The keys in order; `None` where they have changed since somebody last asked."""

    def keys_from(self, first: str) -> Iterator[str]:
        """The keys in order from this one on."""
        if self.order is None:
            self.order = sorted(self.history)
        return itertools.islice(self.order, bisect.bisect_left(self.order, first), None)


class Objects:
    """All buckets. Every method may be called from several threads."""

    def __init__(self, clock: Clock) -> None:
        self.listing_lag_seconds = 0.0
        """How long a new key stays out of listings: "due to the eventual consistency characteristic of this API, the
        response may not include the newly uploaded object" (document/product/436/30614)."""
        self.clock_ahead = 0.0
        """How many seconds its own clock is ahead of the one that is passed in."""
        self.may_decrypt = False
        """Whether the keys may use KMS, for objects whose `x-cos-server-side-encryption` is `cos/kms`."""
        self._clock = clock
        self._buckets: dict[str, Bucket] = {}
        self._lock = threading.RLock()
        self._directory = Path(tempfile.mkdtemp(prefix="local-cloud-"))
        self._cleanup = weakref.finalize(self, shutil.rmtree, self._directory, ignore_errors=True)

    def now(self) -> datetime:
        """The time by the store's own clock, which is that of `Date` and `Last-Modified`."""
        return self._clock.now() + timedelta(seconds=self.clock_ahead)

    # Buckets

    def create_bucket(self, name: str, versioning: Versioning | bool = False) -> None:
        """`name` ends with the APPID: `drops-1250000000`. `versioning=True` is "enabled"."""
        if not _BUCKET_NAME.fullmatch(name):
            raise ValueError(f"not a bucket name with its APPID: {name!r}")
        with self._lock:
            if name in self._buckets:
                raise ObjectProblem(409, "BucketAlreadyExists", "The requested bucket name is not available.")
            self._buckets[name] = Bucket(name, _versioning(versioning))

    def versioning(self, bucket: str) -> Versioning | None:
        with self._lock:
            return self._bucket(bucket).versioning

    def set_versioning(self, bucket: str, versioning: Versioning) -> None:
        with self._lock:
            self._bucket(bucket).versioning = versioning

    # Objects

    def put(
        self,
        bucket: str,
        key: str,
        data: bytes | Path | BinaryIO,
        metadata: Mapping[str, str] | None = None,
        *,
        system: Mapping[str, str] | None = None,
        forbid_overwrite: bool = False,
        content_md5: str | None = None,
    ) -> Version:
        """Stores an object. A path is served from where it lies and must not change; a stream is read to its end.

        `forbid_overwrite` has no effect in a bucket that ever had versioning: that is what the service does.
        """
        headers = Headers(_checked_metadata(metadata or {}), dict(system or {}))
        content = self._ingest(data)
        _check_md5(content, content_md5)
        with self._lock:
            place = self._bucket(bucket)
            if forbid_overwrite and place.versioning is None and self._latest(place, key):
                raise ObjectProblem(409, "FileAlreadyExists", "The object you want to put already exists.")
            return self._append(place, self._version(place, key, content, headers, f'"{content.md5.hex()}"'))

    def head(self, bucket: str, key: str, version_id: str | None = None) -> Version:
        """The latest version, or the one asked for; raises `ObjectProblem` where there is none."""
        with self._lock:
            place = self._bucket(bucket)
            if version_id is None:
                if found := self._latest(place, key):
                    return found
                raise ObjectProblem(404, "NoSuchKey", "The specified key does not exist.")
            for version in place.history.get(key, ()):
                if (version.version_id or "null") == version_id:
                    return _not_a_marker(version)
            raise ObjectProblem(404, "NoSuchVersion", "The specified version does not exist.")

    def read(self, bucket: str, key: str) -> bytes:
        return b"".join(self.head(bucket, key).content.chunks())

    def delete(self, bucket: str, key: str, version_id: str | None = None) -> Version | None:
        """Deletes it; with versioning a marker is written instead, which is returned. A missing key is no error."""
        with self._lock:
            place = self._bucket(bucket)
            if version_id is not None:
                self._forget(place, key, version_id)
                return None
            if place.versioning is None:
                place.order = None
                place.history.pop(key, None)
                return None
            return self._append(place, self._version(place, key, self._ingest(b""), Headers(), "", deleted=True))

    def keys(self, bucket: str, prefix: str = "") -> list[str]:
        """The keys there are, in order, whatever a listing would say."""
        with self._lock:
            place = self._bucket(bucket)
            return [key for key in sorted(place.history) if key.startswith(prefix) and self._latest(place, key)]

    def listing(
        self, bucket: str, prefix: str = "", delimiter: str = "", marker: str = "", max_keys: int = LISTED_KEYS
    ) -> Listing:
        """A page of the keys after `marker`; what they have in common up to the delimiter is told once."""
        with self._lock:
            place = self._bucket(bucket)
            keys = place.keys_from(max(prefix, marker))
            below = itertools.takewhile(lambda key: key.startswith(prefix), keys)
            shown = (version for key in below if (version := self._listed(place, key)))
            return self._page(shown, prefix, delimiter, marker, max_keys)

    @staticmethod
    def _page(versions: Iterable[Version], prefix: str, delimiter: str, marker: str, max_keys: int) -> Listing:
        entries: dict[str, Version | None] = {}
        for version in versions:
            if version.key <= marker:
                continue
            name = _rolled_up(version.key, prefix, delimiter)
            if name is not None and name == marker:
                continue
            entries.setdefault(name or version.key, None if name else version)
            if len(entries) > max_keys:
                break
        page = list(entries.items())[:max_keys]
        return Listing(
            versions=tuple(version for _, version in page if version),
            common_prefixes=tuple(name for name, version in page if version is None),
            next_marker=page[-1][0] if page and len(entries) > max_keys else None,
        )

    # Uploads in parts

    def start_upload(self, bucket: str, key: str, metadata: Mapping[str, str], system: Mapping[str, str]) -> PartUpload:
        headers = Headers(_checked_metadata(metadata), dict(system))
        with self._lock:
            place = self._bucket(bucket)
            upload = PartUpload(uuid.uuid4().hex, key, headers, self.now())
            place.uploads[upload.upload_id] = upload
            return upload

    def put_part(
        self, bucket: str, key: str, upload_id: str, number: int, data: bytes | BinaryIO, content_md5: str | None = None
    ) -> Content:
        if not 1 <= number <= PARTS:
            raise ObjectProblem(400, "InvalidArgument", "Part number must be an integer between 1 and 10000.")
        content = self._ingest(data)
        _check_md5(content, content_md5)
        with self._lock:
            self.upload(bucket, key, upload_id).parts[number] = content
            return content

    def complete_upload(self, bucket: str, key: str, upload_id: str, parts: Iterable[tuple[int, str]]) -> Version:
        """Makes one object of the parts named by number and ETag."""
        with self._lock:
            upload = self.upload(bucket, key, upload_id)
            contents = _chosen(upload, list(parts))
            whole = self._ingest(chunk for content in contents for chunk in content.chunks())
            digest = hashlib.md5(b"".join(content.md5 for content in contents), usedforsecurity=False).hexdigest()
            place = self._bucket(bucket)
            version = self._version(place, key, whole, upload.headers, f'"{digest}-{len(contents)}"')
            del place.uploads[upload_id]
            return self._append(place, version)

    def abort_upload(self, bucket: str, key: str, upload_id: str) -> None:
        with self._lock:
            del self._bucket(bucket).uploads[self.upload(bucket, key, upload_id).upload_id]

    def upload(self, bucket: str, key: str, upload_id: str) -> PartUpload:
        with self._lock:
            upload = self._bucket(bucket).uploads.get(upload_id)
            if upload is None or upload.key != key:
                raise ObjectProblem(404, "NoSuchUpload", "The specified multipart upload does not exist.")
            return upload

    def uploads(self, bucket: str, prefix: str = "") -> list[PartUpload]:
        """Those neither completed nor aborted, by key and time."""
        with self._lock:
            found = [upload for upload in self._bucket(bucket).uploads.values() if upload.key.startswith(prefix)]
            return sorted(found, key=lambda upload: (upload.key, upload.initiated))

    # Inside

    def _bucket(self, name: str) -> Bucket:
        if name not in self._buckets:
            raise ObjectProblem(404, "NoSuchBucket", "The specified bucket does not exist.")
        return self._buckets[name]

    def _version(
        self, place: Bucket, key: str, content: Content, headers: Headers, etag: str, *, deleted: bool = False
    ) -> Version:
        ids = {None: None, "enabled": uuid.uuid4().hex, "suspended": "null"}
        before = self._latest(place, key)
        appeared_at = before.appeared_at if before else self._clock.monotonic()
        return Version(key, content, headers, etag, self.now(), appeared_at, ids[place.versioning], deleted)

    def _append(self, place: Bucket, version: Version) -> Version:
        kept = place.history.get(version.key, [])
        if place.versioning != "enabled":
            kept = [old for old in kept if old.version_id not in {None, "null"}]
        if version.key not in place.history:
            place.order = None
        place.history[version.key] = [*kept, version]
        return version

    def _forget(self, place: Bucket, key: str, version_id: str) -> None:
        kept = [old for old in place.history.get(key, ()) if (old.version_id or "null") != version_id]
        place.history[key] = kept
        if not kept:
            place.order = None
            del place.history[key]

    def _latest(self, place: Bucket, key: str) -> Version | None:
        history = place.history.get(key)
        return history[-1] if history and not history[-1].deleted else None

    def _listed(self, place: Bucket, key: str) -> Version | None:
        """What a listing knows of the key."""
        latest = self._latest(place, key)
        young = latest and self._clock.monotonic() - latest.appeared_at < self.listing_lag_seconds
        return None if young else latest

    def _ingest(self, data: bytes | Path | BinaryIO | Iterable[bytes]) -> Content:
        if isinstance(data, bytes):
            return _content(data, iter([data]))
        if isinstance(data, Path):
            return _content(data, _blocks(data))
        return self._spool(iter(lambda: data.read(CHUNK_BYTES), b"") if hasattr(data, "read") else iter(data))

    def _spool(self, chunks: Iterator[bytes]) -> Content:
        """Small bodies stay in memory, others go to a file."""
        head = b""
        for chunk in chunks:
            head += chunk
            if len(head) > SMALL_BYTES:
                break
        else:
            return _content(head, iter([head]))
        path = self._directory / uuid.uuid4().hex
        with path.open("wb") as file:
            file.write(head)
            file.writelines(chunks)
        return _content(path, _blocks(path))


def _versioning(setting: Versioning | bool) -> Versioning | None:
    if isinstance(setting, bool):
        return "enabled" if setting else None
    return setting


def _content(source: bytes | Path, chunks: Iterator[bytes]) -> Content:
    digest, crc, size = hashlib.md5(usedforsecurity=False), 0, 0
    for chunk in chunks:
        digest.update(chunk)
        crc = crc64.xz(chunk, crc)
        size += len(chunk)
    return Content(source, size, digest.digest(), crc)


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from iter(lambda: file.read(CHUNK_BYTES), b"")


def _check_md5(content: Content, content_md5: str | None) -> None:
    if content_md5 is not None and base64.b64encode(content.md5).decode() != content_md5:
        raise ObjectProblem(400, "BadDigest", "The Content-MD5 you specified did not match what we received.")


def _checked_metadata(metadata: Mapping[str, str]) -> dict[str, str]:
    """Names lose their `x-cos-meta-`, if they have it, and are checked as the service does."""
    plain = {name.lower().removeprefix("x-cos-meta-"): value for name, value in metadata.items()}
    if not all(_METADATA_NAME.fullmatch(name) for name in plain):
        raise ObjectProblem(400, "InvalidArgument", "A name of metadata may hold a-z, 0-9 and - only.")
    sizes = [len(value.encode()) for value in plain.values()]
    if max(sizes, default=0) > METADATA_VALUE_BYTES or sum(sizes) > METADATA_BYTES:
        raise ObjectProblem(400, "MetadataTooLarge", "Your metadata headers exceed the maximum allowed size.")
    return plain


def _not_a_marker(version: Version) -> Version:
    if version.deleted:
        raise ObjectProblem(405, "MethodNotAllowed", "This version is a delete marker.")
    return version


def _rolled_up(key: str, prefix: str, delimiter: str) -> str | None:
    """The part of the key that a listing tells once for all keys that share it."""
    if not delimiter:
        return None
    end = key.find(delimiter, len(prefix))
    return None if end < 0 else key[: end + len(delimiter)]


def _chosen(upload: PartUpload, parts: list[tuple[int, str]]) -> list[Content]:
    numbers = [number for number, _ in parts]
    if not parts or numbers != sorted(set(numbers)):
        raise ObjectProblem(400, "InvalidPartOrder", "The list of parts was not in ascending order.")
    contents = [_part(upload, number, etag) for number, etag in parts]
    if any(content.size < PART_BYTES for content in contents[:-1]):
        raise ObjectProblem(400, "EntityTooSmall", "A part before the last one is smaller than 1 MB.")
    return contents


def _part(upload: PartUpload, number: int, etag: str) -> Content:
    content = upload.parts.get(number)
    if content is None or content.md5.hex() != etag.strip('"'):
        raise ObjectProblem(400, "InvalidPart", "One or more of the specified parts could not be found.")
    return content
