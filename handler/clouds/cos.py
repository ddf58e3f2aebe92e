"""Objects through the COS SDK, with every error of the service translated into who must act.

What the SDK does on the wire that one has to know:

- its own retries (`retry=3`) sleep for seconds and repeat a create that was applied: they are off, and calls that may
  be repeated are repeated here, in one layer;
- iterating a body unzips it when the object carries `Content-Encoding: gzip`, and nothing checks its length: the raw
  stream is read, and `source` counts and sums the bytes;
- a body that breaks off raises errors of `urllib3`, not of COS;
- an error without a readable body has no code: the HTTP status decides.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from itertools import chain, islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeVar
from xml.etree.ElementTree import ParseError

from handler.errors import ImportProblem, OperatorProblem, SourceProblem
from handler.intake.source import resumed
from handler.said import Said
from handler.state.lock import versioned
from handler.state.store import BrokenOff, Fetched, Listed, Replaced, StoredObject
from handler.timing import Deadline, Pauses

if TYPE_CHECKING:
    from handler.settings import Settings

T = TypeVar("T")

CHUNK_BYTES: Final = 256 * 1024
FIRST_CHUNKS: Final = 8
"""What is read of a file before it is known whether it will be imported: 2 MB, which is 25,000 rows, so that most files
are read with one request."""
PART_BYTES: Final = 2 * 1024 * 1024
"""Parts of a large upload, two of which are in memory at once; the largest list comes to two hundred. COS takes no less
than 1 MB, and no more than 10,000 parts."""
CLIENT_ERRORS: Final = range(400, 500)
"""The completion of an upload in parts can answer 200 and mean 500."""
PASSING: Final = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)
CHANGED: Final = (HTTPStatus.PRECONDITION_FAILED, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
METADATA: Final = "x-cos-meta-"
PROOFS: Final = {
    "list_objects": "istruncated",
    "create_multipart_upload": "uploadid",
    "get_bucket_versioning": "",
    "abort_multipart_upload": "",
}
"""By what an answer of COS is told from a page that some proxy made, where it is not by its request id."""
UNOPENED: Final = {
    "InvalidObjectState": "file.archived",
    "InvalidRequest": "file.own_key",
    "SSEContentNotSupported": "file.own_key",
    "MissingSecurityHeader": "file.own_key",
}
"""What COS says of an object that lies in the archive, or is encrypted with a key of its owner's."""
CREATE_ONLY: Final = {"x-cos-forbid-overwrite": "true"}
"""The SDK has no parameter of its own for this header; `Metadata` passes it on as it is."""
ENCRYPTED: Final = {"ServerSideEncryption": "AES256"}
"""Reports and state hold addresses: at rest they are encrypted, whatever the bucket's default. No call sets an ACL."""


@dataclass(frozen=True, slots=True)
class CosBucket:
    """One bucket. Reads, and writes that may be repeated, are tried again until `deadline`."""

    client: Any = field(repr=False)
    name: str
    deadline: Deadline
    pauses: Pauses = field(default_factory=Pauses)

    def head(self, key: str, version_id: str | None = None) -> StoredObject | None:
        """The object's properties and its first bytes; `None` where there is no such object.

        One GET, for most files are whole with their first bytes. It asks for no range: an empty object has none, and
        whether COS gives the checksum with a range is written nowhere.
        """
        return self._retried(lambda: self._head(key, version_id))

    def open(self, source: StoredObject, start: int) -> Iterator[bytes]:
        """The bytes of this very version from `start` on, in one try: raises `BrokenOff` or `Replaced`."""
        extra = {"Range": f"bytes={start}-"} if start else {}
        answer = self._call(
            "get_object",
            Key=source.key,
            IfMatch=f'"{source.etag}"',
            AcceptEncoding="identity",
            **extra,
            **_version(source.version_id),
        )
        if answer is None:
            raise Replaced("the file is gone")
        yield from self._chunks(answer)

    def read(self, key: str) -> bytes | None:
        """A small object as a whole; `None` where there is none."""
        found = self.fetch(key)
        return None if found is None else found.body

    def fetch(self, key: str) -> Fetched | None:
        """A small object as a whole, with what is known of it; `None` where there is none."""
        return self._retried(lambda: self._fetch(key))

    def write(
        self,
        key: str,
        body: bytes,
        content_type: str = "application/octet-stream",
        metadata: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Writes a small object, in place of any that is there."""
        self._call("put_object", Key=key, Body=body, ContentType=content_type, Metadata=dict(metadata), **ENCRYPTED)

    def upload(
        self,
        key: str,
        chunks: Iterable[bytes],
        content_type: str,
        metadata: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Writes an object that may be large, in parts where it is."""
        parts = _regrouped(chunks, PART_BYTES)
        first = next(parts, b"")
        if len(first) < PART_BYTES:
            self.write(key, first, content_type, metadata)
        else:
            self._upload_parts(key, chain((first,), parts), content_type, metadata)

    def read_range(self, key: str, start: int, end: int) -> Iterator[bytes]:
        """Some bytes of an object that may be large, the last one being `end - 1`; read again where they break off."""

        def open_at(position: int) -> Iterator[bytes]:
            part = f"bytes={position}-{end - 1}"
            answer = self._call("get_object", Key=key, Range=part, AcceptEncoding="identity")
            if answer is None:
                raise OperatorProblem(f"COS: an object of this function is gone from bucket {self.name}")
            return self._chunks(answer)

        return resumed(open_at, start, end, self.deadline, self.pauses)

    def create(self, key: str, body: bytes) -> bool:
        """Writes an object only where there is none: `False` where there is one.

        A lost answer is tried again, and then meets its own object: who needs to know whose it is puts something of
        their own into `body` and reads it back. Raises `OperatorProblem` where it was given a version: then there may
        have been one.
        """
        answer = self._call("put_object", Key=key, Body=body, Metadata=CREATE_ONLY, **ENCRYPTED)
        if answer is not None and "x-cos-version-id" in map(str.lower, answer):
            raise versioned(self.name)
        return answer is not None

    def delete(self, key: str) -> None:
        """Removes an object; one that is not there is no error."""
        self._call("delete_object", Key=key)

    def list(self, prefix: str, after: str = "") -> Iterator[Listed]:
        """All objects below a prefix, or those whose keys come after this one, in the order of their keys. How fresh a
        listing is, COS does not promise."""
        marker = after
        while True:
            page = self._call("list_objects", Prefix=prefix, Marker=marker)
            yield from map(_listed, page.get("Contents", ()))
            if page.get("IsTruncated") != "true":
                return
            marker = page["NextMarker"]

    def is_versioned(self) -> bool:
        """Whether versioning was ever enabled: then a create-only write overwrites after all."""
        return bool(self._call("get_bucket_versioning").get("Status"))

    def _upload_parts(self, key: str, bodies: Iterable[bytes], content_type: str, metadata: Mapping[str, str]) -> None:
        of_object = {"ContentType": content_type, "Metadata": dict(metadata), **ENCRYPTED}
        upload = self._call("create_multipart_upload", Key=key, **of_object)["UploadId"]
        try:
            parts = [self._upload_part(key, upload, number, body) for number, body in enumerate(bodies, start=1)]
            self._call("complete_multipart_upload", Key=key, UploadId=upload, MultipartUpload={"Part": parts})
        except BaseException:
            with suppress(ImportProblem):  # parts that nobody sees are paid for all the same
                self._once("abort_multipart_upload", Key=key, UploadId=upload)
            raise

    def _upload_part(self, key: str, upload: str, number: int, body: bytes) -> dict[str, Any]:
        part = self._call("upload_part", Key=key, Body=body, PartNumber=number, UploadId=upload)
        if part is None:
            raise BrokenOff(f"COS: an upload to bucket {self.name} is gone")
        return {"PartNumber": number, "ETag": part["ETag"]}

    def _head(self, key: str, version_id: str | None) -> StoredObject | None:
        answer = self._once("get_object", Key=key, AcceptEncoding="identity", **_version(version_id))
        if answer is None:
            return None
        with closing(self._chunks(answer)) as chunks:
            return _stored(key, answer, b"".join(islice(chunks, FIRST_CHUNKS)))

    def _fetch(self, key: str) -> Fetched | None:
        answer = self._once("get_object", Key=key, AcceptEncoding="identity")
        if answer is None:
            return None
        headers = _lower(answer)
        body = b"".join(self._chunks(answer))
        return Fetched(body, _moment(headers["last-modified"]), _moment(headers["date"]), _metadata(headers))

    def _chunks(self, answer: Mapping[str, Any]) -> Generator[bytes, None, None]:
        """The body as it lies in the bucket, in pieces of a size, as long as there is time. Raises `BrokenOff`."""
        from urllib3.exceptions import HTTPError

        raw, held, length = answer["Body"].get_raw_stream(), [], 0
        try:
            while piece := raw.read1(CHUNK_BYTES - length, decode_content=False):
                self.deadline.require(0, "read an object that comes drop by drop")
                held.append(piece)
                length += len(piece)
                if length == CHUNK_BYTES:
                    yield b"".join(held)
                    held, length = [], 0
            if held:
                yield b"".join(held)
        except (HTTPError, OSError):
            raise BrokenOff("COS: the body broke off") from None  # the original quotes the host and nothing of use
        finally:
            raw.close()

    def _call(self, method: str, **arguments: Any) -> Any:
        return self._retried(lambda: self._once(method, **arguments))

    def _retried(self, call: Callable[[], T]) -> T:
        return self.pauses.retry(call, (BrokenOff,), self.deadline, "reach the bucket again")

    def _once(self, method: str, **arguments: Any) -> Any:
        """One call: `None` where there is no such object, or, for a create-only write, where there is one."""
        from qcloud_cos.cos_exception import CosClientError, CosServiceError

        no_answer = BrokenOff(f"COS: no answer from bucket {self.name} to {method}")
        problem: Exception | None = no_answer
        try:
            answer = getattr(self.client, method)(Bucket=self.name, **arguments)
            if _is_of_cos(method, answer):
                return answer
            _close(answer)
        except CosServiceError as error:
            problem = self._translate(method, error)
        except (CosClientError, OSError, ParseError):
            problem = no_answer
        # Outside of the handler: the SDK's exception quotes URLs, and with them keys that people chose.
        if problem is not None:
            raise problem
        return None

    def _translate(self, method: str, error: Any) -> Exception | None:
        status, code = int(error.get_status_code()), _code(error)
        what = f"COS: {method} on bucket {self.name}: HTTP {status} {code}".rstrip()
        if status not in CLIENT_ERRORS or status in PASSING or code == "SlowDown":
            return BrokenOff(what)
        if method == "get_object" and code in UNOPENED:
            return SourceProblem("unreadable", Said(UNOPENED[code]))
        if status in CHANGED:
            return Replaced("the file was replaced while it was read")
        if (status == HTTPStatus.NOT_FOUND and code != "NoSuchBucket") or code == "FileAlreadyExists":
            return None
        return OperatorProblem(
            f"{what}: check that the bucket is there and that the function's role has the permission"
        )


def connect(settings: Settings, region: str) -> Any:
    """The SDK's client for one region. The connection pool is one for the whole process, however many clients."""
    from qcloud_cos import CosConfig, CosS3Client

    where: dict[str, Any] = {"Scheme": "https"}
    if endpoint := settings.cos_endpoint:
        where = {"Scheme": endpoint.scheme, "IP": endpoint.host, "Port": endpoint.port}
    config = CosConfig(
        Region=region,
        SecretId=settings.secret_id.get_secret_value(),
        SecretKey=settings.secret_key.get_secret_value(),
        Token=settings.session_token.get_secret_value() or None,  # an empty one would be sent, and refused
        Timeout=30,
        **where,
    )
    return CosS3Client(config, retry=0)


def _is_of_cos(method: str, answer: Any) -> bool:
    proof = PROOFS.get(method, "x-cos-request-id")
    return not proof or proof in map(str.lower, answer)


def _close(answer: Any) -> None:
    """Gives the connection up where the body was not read yet."""
    if isinstance(answer, dict) and "Body" in answer:
        answer["Body"].get_raw_stream().close()


def _regrouped(chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """The same bytes in pieces of at least `size`, the last one being what is left."""
    held: list[bytes] = []
    length = 0
    for chunk in chunks:
        held.append(chunk)
        length += len(chunk)
        if length >= size:
            piece, held, length = b"".join(held), [], 0
            yield piece
    if held:
        yield b"".join(held)


def _code(error: Any) -> str:
    digest = error.get_digest_msg()
    return str(digest.get("code", "")) if isinstance(digest, dict) else ""


def _version(version_id: str | None) -> dict[str, str]:
    return {"VersionId": version_id} if version_id else {}


def _stored(key: str, answer: Mapping[str, Any], first: bytes) -> StoredObject:
    headers = _lower(answer)
    crc = headers.get("x-cos-hash-crc64ecma")
    return StoredObject(
        key=key,
        version_id=headers.get("x-cos-version-id"),
        etag=headers["etag"].strip('"'),
        size=int(headers["content-length"]),
        last_modified=_moment(headers["last-modified"]),
        crc64=int(crc) if crc else None,
        metadata=_metadata(headers),
        first=first,
    )


def _lower(answer: Mapping[str, Any]) -> dict[str, Any]:
    return {name.lower(): value for name, value in answer.items()}


def _moment(header: str) -> datetime:
    return parsedate_to_datetime(header).astimezone(timezone.utc)


def _metadata(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: _as_text(value) for name, value in headers.items() if name.startswith(METADATA)}


def _as_text(value: str) -> str:
    """What somebody put there without percent-encoding it: UTF-8, which HTTP clients take for ISO-8859-1."""
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value


def _listed(entry: dict[str, str]) -> Listed:
    modified = datetime.fromisoformat(entry["LastModified"].replace("Z", "+00:00"))
    return Listed(entry["Key"], entry["ETag"].strip('"'), int(entry["Size"]), modified)
