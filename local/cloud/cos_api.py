"""COS over the wire: the bucket in the `Host`, the key in the path, answers and errors in XML."""

from __future__ import annotations

import re
import time
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from urllib.parse import quote
from xml.sax.saxutils import escape

from werkzeug.http import http_date

from handler.timing import Clock
from local.cloud.faults import Fault
from local.cloud.journal import Call
from local.cloud.objects import LISTED_KEYS, ObjectProblem, Objects, Version
from local.cloud.policies import Deed
from local.cloud.signatures import Credentials, SignatureRefused, verify_cos
from local.cloud.wire import Answer, Asked, Refused, header_value

KEY_BYTES: Final = 850
"""https://www.tencentcloud.com/document/product/436/13324: "the object key can have up to 850 bytes"."""

_HOST: Final = re.compile(r"(?P<bucket>[a-z0-9-]+-\d+)\.cos\.(?P<region>[a-z0-9-]+)\.(?:myqcloud\.com|tencentcos\.cn)")
_RANGE: Final = re.compile(r"bytes=(\d*)-(\d*)")

_CAM_NAMES: Final = {"ListObjects": "GetBucket"}
"""Where a policy has another name for it."""

_EVERYWHERE: Final = frozenset(
    {
        *("accept", "accept-encoding", "authorization", "connection", "content-length", "content-md5", "content-type"),
        *("date", "expect", "host", "transfer-encoding", "user-agent", "x-cos-sdk-retry", "x-cos-security-token"),
    }
)
_KEPT: Final = frozenset(
    {
        *("cache-control", "content-disposition", "content-encoding", "content-language", "content-type", "expires"),
        *("x-cos-storage-class", "x-cos-server-side-encryption", "x-cos-server-side-encryption-cos-kms-key-id"),
        "x-cos-server-side-encryption-customer-algorithm",
        "x-cos-server-side-encryption-customer-key-md5",
    }
)
"""Headers of a PUT that belong to the object."""
_CUSTOMER_KEY: Final = "x-cos-server-side-encryption-customer-key"
_ARCHIVED: Final = frozenset({"ARCHIVE", "DEEP_ARCHIVE"})

_STATUS: Final = {
    "AccessDenied": 403,
    "FileAlreadyExists": 409,
    "InternalError": 500,
    "InvalidAccessKeyId": 403,
    "InvalidArgument": 400,
    "NoSuchBucket": 404,
    "NoSuchKey": 404,
    "NotImplemented": 501,
    "PreconditionFailed": 412,
    "RequestIsExpired": 403,
    "RequestTimeTooSkewed": 403,
    "ServiceUnavailable": 503,
    "SignatureDoesNotMatch": 403,
    "SlowDown": 503,
}


@dataclass(frozen=True, slots=True)
class _Operation:
    action: str
    method: str
    on_key: bool
    perform: Callable[[_Cos, Asked], Answer]
    required: frozenset[str] = frozenset()
    """Parameters that make it this operation and no other."""
    optional: frozenset[str] = frozenset()
    headers: frozenset[str] = frozenset()

    def matches(self, asked: Asked, key: str) -> bool:
        return self.method == asked.method and self.on_key == bool(key) and self.required <= asked.params.keys()

    def unknown(self, asked: Asked) -> set[str]:
        """The parameters and headers that this emulator gives no meaning to."""
        headers = {name for name in asked.headers if not (name.startswith("x-cos-meta-") and self.headers & _KEPT)}
        return (headers - _EVERYWHERE - self.headers) | (asked.params.keys() - self.required - self.optional)


@dataclass(frozen=True, slots=True)
class _Cos:
    """What an operation works on."""

    objects: Objects
    bucket: str
    key: str


class CosApi:
    """Implements `local.cloud.wire.Service`."""

    name: Literal["cos", "ses"] = "cos"

    def __init__(self, objects: Objects, credentials: Credentials, clock: Clock) -> None:
        self._objects = objects
        self._credentials = credentials
        self._clock = clock

    def verify(self, asked: Asked) -> None:
        try:
            # The SDK stamps with the real time, so it is the real time that the stamp is held against.
            verify_cos(asked.signed(), self._credentials, time.time())
        except SignatureRefused as problem:
            raise Refused(problem.code, problem.message, _STATUS[problem.code], "signature") from problem

    def recognise(self, asked: Asked) -> Call:
        bucket, key = _place(asked)
        operation = _operation(asked, key)
        return Call("cos", operation.action, self._clock.now(), bucket, key or None, size=asked.size)

    def deed(self, call: Call, asked: Asked) -> Deed:
        region, appid = _region(asked), (call.bucket or "").rpartition("-")[2]
        return Deed(
            f"name/cos:{_CAM_NAMES.get(call.action, call.action)}",
            f"qcs::cos:{region}:uid/{appid}:{call.bucket}/{call.key or ''}",
            {"cos:prefix": asked.params.get("prefix", "")},
        )

    def forbidden(self, deed: Deed) -> Refused:
        return Refused("AccessDenied", f"Access Denied: no policy allows {deed.action}.", 403)

    def admit(self, call: Call) -> None:
        """COS allows tens of thousands of requests a second: nothing to count here."""

    def faults(self, asked: Asked) -> list[Fault]:  # noqa: ARG002 - SES needs it
        return []

    def perform(self, call: Call, asked: Asked) -> Answer:  # noqa: ARG002 - the key says which operation it is
        bucket, key = _place(asked)
        try:
            answer = _operation(asked, key).perform(_Cos(self._objects, bucket, key), asked)
        except ObjectProblem as problem:
            raise Refused(problem.code, problem.message, problem.status) from problem
        return Answer(answer.status, answer.body, answer.length, {**answer.headers, "x-cos-request-id": _request_id()})

    def refusal(self, refused: Refused, asked: Asked) -> Answer:
        request_id = _request_id()
        resource = asked.headers.get("host", "") + asked.path
        nodes = {"Code": refused.code, "Message": refused.message, "Resource": resource, "RequestId": request_id}
        body = _xml("Error", _nodes({**nodes, "TraceId": uuid.uuid4().hex}))
        headers = {"Content-Type": "application/xml", "x-cos-request-id": request_id}
        status = refused.status or _STATUS.get(refused.code, 503)
        if asked.method == "HEAD":
            return Answer(status, (), 0, headers, refused.code)
        return Answer(status, [body], len(body), headers, refused.code)


def _region(asked: Asked) -> str:
    match = _HOST.fullmatch(asked.headers.get("host", "").partition(":")[0])
    return match["region"] if match else ""


def _place(asked: Asked) -> tuple[str, str]:
    """The bucket and the key, which is empty for a request about the bucket itself."""
    match = _HOST.fullmatch(asked.headers.get("host", "").partition(":")[0])
    if match is None:
        raise Refused("NotImplemented", "The Host names no bucket.", 501, "unimplemented")
    key = asked.path[1:]
    if len(key.encode()) > KEY_BYTES:
        raise Refused("KeyTooLong", "The key is longer than 850 bytes.", 400)
    return match["bucket"], key


def _operation(asked: Asked, key: str) -> _Operation:
    for operation in _OPERATIONS:
        if not operation.matches(asked, key):
            continue
        if unknown := operation.unknown(asked):
            names = ", ".join(sorted(unknown))
            raise Refused("NotImplemented", f"{operation.action}: {names} not emulated.", 501, "unimplemented")
        return operation
    raise Refused("NotImplemented", f"{asked.method} of this is not emulated.", 501, "unimplemented")


# Objects


def _put_object(cos: _Cos, asked: Asked) -> Answer:
    version = cos.objects.put(
        cos.bucket,
        cos.key,
        asked.body,
        _metadata(asked),
        system=_system(asked),
        forbid_overwrite=asked.headers.get("x-cos-forbid-overwrite") == "true",
        content_md5=asked.headers.get("content-md5"),
    )
    return Answer(200, (), 0, _identity(version))


def _get_object(cos: _Cos, asked: Asked) -> Answer:
    version = _matching(cos, asked)
    _check_readable(cos.objects, version)
    start, length = _range(asked.headers.get("range"), version.content.size)
    headers = _object_headers(version)
    if length is None:
        return Answer(200, version.content.chunks(), version.content.size, headers)
    headers["Content-Range"] = f"bytes {start}-{start + length - 1}/{version.content.size}"
    return Answer(206, version.content.chunks(start, length), length, headers)


def _head_object(cos: _Cos, asked: Asked) -> Answer:
    version = _matching(cos, asked)
    return Answer(200, (), version.content.size, _object_headers(version))


def _delete_object(cos: _Cos, asked: Asked) -> Answer:
    marker = cos.objects.delete(cos.bucket, cos.key, asked.params.get("versionId"))
    if marker is None:
        return Answer(204)
    return Answer(204, headers={"x-cos-delete-marker": "true", "x-cos-version-id": marker.version_id or ""})


def _matching(cos: _Cos, asked: Asked) -> Version:
    version = cos.objects.head(cos.bucket, cos.key, asked.params.get("versionId"))
    wanted = asked.headers.get("if-match")
    if wanted is not None and wanted.strip('"') not in {"*", version.etag.strip('"')}:
        raise ObjectProblem(412, "PreconditionFailed", "The ETag is another one.")
    if "x-cos-server-side-encryption-customer-algorithm" in version.headers.system:
        # The pages ask for the key with GET and HEAD (436/7753, 436/7745) and name no code: this is S3's.
        raise ObjectProblem(400, "InvalidRequest", "The object is encrypted with a key that was not sent along.")
    return version


def _check_readable(objects: Objects, version: Version) -> None:
    """HEAD tells of such objects (436/7745); GET does not give them (436/7753, "Archive storage class")."""
    system = version.headers.system
    if system.get("x-cos-storage-class") in _ARCHIVED:
        raise ObjectProblem(403, "InvalidObjectState", "The object is archived and must be restored first.")
    if system.get("x-cos-server-side-encryption") == "cos/kms" and not objects.may_decrypt:
        raise ObjectProblem(403, "AccessDenied", "Access Denied: the keys may not use the object's key of KMS.")


def _range(header: str | None, size: int) -> tuple[int, int | None]:
    """Where to begin, and how many bytes; None for all of them."""
    if header is None:
        return 0, None
    match = _RANGE.fullmatch(header)
    if match is None or match.groups() == ("", ""):
        raise Refused("NotImplemented", "Only one range of bytes is emulated.", 501, "unimplemented")
    first, last = match.groups()
    start = int(first) if first else max(0, size - int(last))
    end = min(int(last), size - 1) if first and last else size - 1
    if start >= size or end < start:
        raise ObjectProblem(416, "InvalidRange", "The requested range is not satisfiable.")
    return start, end - start + 1


# Buckets


def _head_bucket(cos: _Cos, asked: Asked) -> Answer:  # noqa: ARG001 - one shape for all operations
    cos.objects.versioning(cos.bucket)
    return Answer(200, (), 0)


def _list_objects(cos: _Cos, asked: Asked) -> Answer:
    prefix, delimiter, marker = (asked.params.get(name, "") for name in ("prefix", "delimiter", "marker"))
    max_keys = _number(asked, "max-keys", LISTED_KEYS)
    page = cos.objects.listing(cos.bucket, prefix, delimiter, marker, max_keys)
    encoded = _encoding(asked)
    nodes = {"Name": cos.bucket, "Prefix": encoded(prefix), "Marker": encoded(marker), "MaxKeys": max_keys}
    if delimiter:
        nodes["Delimiter"] = encoded(delimiter)
    if asked.params.get("encoding-type"):
        nodes["EncodingType"] = "url"
    nodes["IsTruncated"] = "true" if page.next_marker else "false"
    if page.next_marker:
        nodes["NextMarker"] = encoded(page.next_marker)
    contents = "".join(_element("Contents", _nodes(_listed(version, encoded))) for version in page.versions)
    prefixes = "".join(_element("CommonPrefixes", _nodes({"Prefix": encoded(name)})) for name in page.common_prefixes)
    return _xml_answer("ListBucketResult", _nodes(nodes) + contents + prefixes)


def _listed(version: Version, encoded: Callable[[str], str]) -> Mapping[str, object]:
    return {
        "Key": encoded(version.key),
        "LastModified": _iso(version.last_modified),
        "ETag": version.etag,
        "Size": version.content.size,
        "StorageClass": version.headers.system.get("x-cos-storage-class", "STANDARD"),
    }


def _get_versioning(cos: _Cos, asked: Asked) -> Answer:  # noqa: ARG001 - one shape for all operations
    versioning = cos.objects.versioning(cos.bucket)
    return _xml_answer("VersioningConfiguration", _nodes({"Status": versioning.capitalize()}) if versioning else "")


def _put_versioning(cos: _Cos, asked: Asked) -> Answer:
    status = _parsed(asked).findtext("Status")
    if status == "Enabled":
        cos.objects.set_versioning(cos.bucket, "enabled")
    elif status == "Suspended":
        cos.objects.set_versioning(cos.bucket, "suspended")
    else:
        raise _malformed()
    return Answer(200, (), 0)


# Uploads in parts


def _initiate_upload(cos: _Cos, asked: Asked) -> Answer:
    upload = cos.objects.start_upload(cos.bucket, cos.key, _metadata(asked), _system(asked))
    return _xml_answer(
        "InitiateMultipartUploadResult",
        _nodes({"Bucket": cos.bucket, "Key": cos.key, "UploadId": upload.upload_id}),
    )


def _upload_part(cos: _Cos, asked: Asked) -> Answer:
    number = _number(asked, "partNumber", 10_000)
    content = cos.objects.put_part(
        cos.bucket, cos.key, asked.params["uploadId"], number, asked.body, asked.headers.get("content-md5")
    )
    return Answer(200, (), 0, {"ETag": f'"{content.md5.hex()}"', "x-cos-hash-crc64ecma": str(content.crc64)})


def _complete_upload(cos: _Cos, asked: Asked) -> Answer:
    named = [(part.findtext("PartNumber", ""), part.findtext("ETag", "")) for part in _parsed(asked).findall("Part")]
    if not all(number.isdigit() for number, _ in named):
        raise _malformed()
    parts = [(int(number), etag) for number, etag in named]
    version = cos.objects.complete_upload(cos.bucket, cos.key, asked.params["uploadId"], parts)
    location = f"http://{asked.headers['host']}/{quote(cos.key)}"
    answer = _xml_answer(
        "CompleteMultipartUploadResult",
        _nodes({"Location": location, "Bucket": cos.bucket, "Key": cos.key, "ETag": version.etag}),
    )
    return Answer(200, answer.body, answer.length, {**answer.headers, **_identity(version)})


def _abort_upload(cos: _Cos, asked: Asked) -> Answer:
    cos.objects.abort_upload(cos.bucket, cos.key, asked.params["uploadId"])
    return Answer(204)


def _list_parts(cos: _Cos, asked: Asked) -> Answer:
    upload = cos.objects.upload(cos.bucket, cos.key, asked.params["uploadId"])
    marker, max_parts = _number(asked, "part-number-marker", 0), _number(asked, "max-parts", LISTED_KEYS)
    numbers = [number for number in sorted(upload.parts) if number > marker]
    page, encoded = numbers[:max_parts], _encoding(asked)
    nodes = {"Bucket": cos.bucket, "Key": encoded(cos.key), "UploadId": upload.upload_id, "MaxParts": max_parts}
    nodes["PartNumberMarker"] = marker
    nodes["IsTruncated"] = "true" if len(numbers) > len(page) else "false"
    if len(numbers) > len(page):
        nodes["NextPartNumberMarker"] = page[-1]
    parts = [(number, upload.parts[number]) for number in page]
    listed = [{"PartNumber": number, "ETag": f'"{part.md5.hex()}"', "Size": part.size} for number, part in parts]
    return _xml_answer("ListPartsResult", _nodes(nodes) + "".join(_element("Part", _nodes(part)) for part in listed))


def _list_uploads(cos: _Cos, asked: Asked) -> Answer:
    unpaged = ("delimiter", "key-marker", "upload-id-marker")
    if any(asked.params.get(name) for name in unpaged):
        raise Refused("NotImplemented", "ListMultipartUploads: paging is not emulated.", 501, "unimplemented")
    prefix, encoded = asked.params.get("prefix", ""), _encoding(asked)
    found = [
        {"Key": encoded(upload.key), "UploadId": upload.upload_id, "Initiated": _iso(upload.initiated)}
        for upload in cos.objects.uploads(cos.bucket, prefix)
    ]
    head = _nodes({"Bucket": cos.bucket, "Prefix": encoded(prefix), "IsTruncated": "false"})
    return _xml_answer(
        "ListMultipartUploadsResult", head + "".join(_element("Upload", _nodes(upload)) for upload in found)
    )


# Headers and XML


def _metadata(asked: Asked) -> dict[str, str]:
    return {name: value for name, value in asked.headers.items() if name.startswith("x-cos-meta-")}


def _system(asked: Asked) -> dict[str, str]:
    return {name: value for name, value in asked.headers.items() if name in _KEPT}


def _identity(version: Version) -> dict[str, str]:
    """The headers that tell which bytes these are."""
    headers = {"ETag": version.etag, "x-cos-hash-crc64ecma": str(version.content.crc64)}
    if version.version_id:
        headers["x-cos-version-id"] = version.version_id
    return headers | _encryption(version)


def _encryption(version: Version) -> dict[str, str]:
    return {name: value for name, value in version.headers.system.items() if name.startswith("x-cos-")}


def _object_headers(version: Version) -> dict[str, str]:
    system = {name: header_value(value) for name, value in version.headers.system.items()}
    metadata = {f"x-cos-meta-{name}": header_value(value) for name, value in version.headers.metadata.items()}
    return {
        "content-type": "application/octet-stream",
        **system,
        **metadata,
        **_identity(version),
        "Accept-Ranges": "bytes",
        "Last-Modified": http_date(version.last_modified),
    }


def _number(asked: Asked, name: str, default: int) -> int:
    value = asked.params.get(name) or str(default)
    if not value.isdigit() or (name == "max-keys" and int(value) > LISTED_KEYS):
        raise ObjectProblem(400, "InvalidArgument", f"{name} must be a number, and at most 1000.")
    return int(value)


def _encoding(asked: Asked) -> Callable[[str], str]:
    encoding = asked.params.get("encoding-type")
    if encoding not in {None, "url"}:
        raise ObjectProblem(400, "InvalidArgument", "encoding-type can only be url.")
    return quote if encoding else str


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def _request_id() -> str:
    return uuid.uuid4().hex


def _parsed(asked: Asked) -> ET.Element:
    try:
        return ET.fromstring(asked.payload())  # noqa: S314 - from the SDK on this machine
    except ET.ParseError as problem:
        raise _malformed() from problem


def _malformed() -> ObjectProblem:
    return ObjectProblem(400, "MalformedXML", "The XML you provided was not well-formed.")


def _xml_answer(root: str, inner: str) -> Answer:
    body = _xml(root, inner)
    return Answer(200, [body], len(body), {"Content-Type": "application/xml"})


def _xml(root: str, inner: str) -> bytes:
    return f"<?xml version='1.0' encoding='utf-8' ?>\n{_element(root, inner)}".encode()


def _nodes(values: Mapping[str, object]) -> str:
    return "".join(_element(name, escape(str(value))) for name, value in values.items())


def _element(name: str, inner: str) -> str:
    return f"<{name}>{inner}</{name}>"


def _names(names: str) -> frozenset[str]:
    return frozenset(names.split())


_OPERATIONS: Final = (
    _Operation("GetBucketVersioning", "GET", False, _get_versioning, _names("versioning")),
    _Operation("PutBucketVersioning", "PUT", False, _put_versioning, _names("versioning")),
    _Operation(
        "ListMultipartUploads",
        "GET",
        False,
        _list_uploads,
        _names("uploads"),
        _names("prefix delimiter key-marker upload-id-marker max-uploads encoding-type"),
    ),
    _Operation(
        "ListObjects",
        "GET",
        False,
        _list_objects,
        optional=_names("prefix delimiter marker max-keys encoding-type"),
    ),
    _Operation("HeadBucket", "HEAD", False, _head_bucket),
    _Operation("InitiateMultipartUpload", "POST", True, _initiate_upload, _names("uploads"), headers=_KEPT),
    _Operation("UploadPart", "PUT", True, _upload_part, _names("partNumber uploadId")),
    _Operation("CompleteMultipartUpload", "POST", True, _complete_upload, _names("uploadId")),
    _Operation("AbortMultipartUpload", "DELETE", True, _abort_upload, _names("uploadId")),
    _Operation(
        "ListParts",
        "GET",
        True,
        _list_parts,
        _names("uploadId"),
        _names("part-number-marker max-parts encoding-type"),
    ),
    _Operation("PutObject", "PUT", True, _put_object, headers=_KEPT | {"x-cos-forbid-overwrite", _CUSTOMER_KEY}),
    _Operation("GetObject", "GET", True, _get_object, optional=_names("versionId"), headers=_names("if-match range")),
    _Operation("HeadObject", "HEAD", True, _head_object, optional=_names("versionId"), headers=_names("if-match")),
    _Operation("DeleteObject", "DELETE", True, _delete_object, optional=_names("versionId")),
)
