"""COS through its own SDK."""

from __future__ import annotations

import base64
import hashlib
import io
from pathlib import Path
from typing import Any

import pytest
import requests
from qcloud_cos import CosS3Client, CosServiceError
from qcloud_cos.cos_auth import CosS3Auth

from local.cloud import Cloud, Credentials
from tests.local.cloud.conftest import BUCKET, KEYS, REGION, SteppedClock, cos_client

HOST = f"{BUCKET}.cos.{REGION}.myqcloud.com"


def body(answer: dict[str, Any]) -> bytes:
    raw: bytes = answer["Body"].get_raw_stream().read()
    return raw


def refused(cos: CosS3Client, method: str, **arguments: object) -> tuple[int, str]:
    with pytest.raises(CosServiceError) as problem:
        getattr(cos, method)(Bucket=BUCKET, **arguments)
    return problem.value.get_status_code(), problem.value.get_error_code()


@pytest.mark.parametrize("key", ["plain.csv", "incoming/1001/春 a+b&c=d%20'(1)'.csv", "a//b/./c"])
def test_an_object_comes_back(cloud: Cloud, cos: CosS3Client, key: str) -> None:
    """PUT, GET and HEAD agree on bytes, ETag, checksum, length and metadata, whatever the key."""
    put = cos.put_object(Bucket=BUCKET, Key=key, Body=b"123456789", Metadata={"x-cos-meta-name": "春 spring"})
    got = cos.get_object(Bucket=BUCKET, Key=key, AcceptEncoding="identity")
    head = cos.head_object(Bucket=BUCKET, Key=key)
    assert body(got) == b"123456789"
    for answer in (put, got, head):
        assert answer["ETag"] == f'"{hashlib.md5(b"123456789", usedforsecurity=False).hexdigest()}"'
        assert answer["x-cos-hash-crc64ecma"] == "11051210869376104954"
        assert answer["x-cos-request-id"]
    assert got["Content-Length"] == head["Content-Length"] == "9"
    assert got["x-cos-meta-name"].encode("latin-1").decode() == "春 spring"
    assert got["Last-Modified"] == head["Last-Modified"] == "Mon, 23 Nov 2026 08:00:00 GMT"
    assert "x-cos-version-id" not in got
    assert cloud.objects.keys(BUCKET) == [key]
    assert cloud.problems == []


def test_system_headers_are_kept(cloud: Cloud, cos: CosS3Client) -> None:
    """Content-Type, Content-Encoding and the encryption come back as they were put; without a type it is bytes."""
    cos.put_object(
        Bucket=BUCKET,
        Key="a",
        Body=b"{}",
        ContentType="application/json",
        ContentEncoding="gzip",
        ServerSideEncryption="AES256",
    )
    head = cos.head_object(Bucket=BUCKET, Key="a")
    kept = (head["content-type"], head["content-encoding"], head["x-cos-server-side-encryption"])
    assert kept == ("application/json", "gzip", "AES256")
    cloud.objects.put(BUCKET, "b", b"")
    assert cos.head_object(Bucket=BUCKET, Key="b")["content-type"] == "application/octet-stream"


@pytest.mark.parametrize(
    ("encryption", "get", "head"),
    [
        ({"StorageClass": "ARCHIVE"}, (403, "InvalidObjectState"), 200),
        ({"StorageClass": "DEEP_ARCHIVE"}, (403, "InvalidObjectState"), 200),
        ({"ServerSideEncryption": "cos/kms", "SSEKMSKeyId": "key-1"}, (403, "AccessDenied"), 200),
        (
            {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "a2V5", "SSECustomerKeyMD5": "bWQ1"},
            (400, "InvalidRequest"),
            400,
        ),
    ],
)
def test_an_object_cannot_be_read(
    cloud: Cloud, cos: CosS3Client, encryption: dict[str, str], get: tuple[int, str], head: int
) -> None:
    """Archived, encrypted with the owner's own key, or with one of KMS that the keys may not use: written all the same.

    HEAD tells of it, but for what only the owner's key opens.
    """
    cos.put_object(Bucket=BUCKET, Key="a", Body=b"x", **encryption)
    assert refused(cos, "get_object", Key="a") == get
    if head == 200:
        assert set(encryption.values()) <= set(cos.head_object(Bucket=BUCKET, Key="a").values())
    else:
        assert refused(cos, "head_object", Key="a")[0] == head
    listed = cos.list_objects(Bucket=BUCKET)["Contents"][0]["StorageClass"]
    assert listed == encryption.get("StorageClass", "STANDARD")
    assert cloud.problems == []


def test_kms_may_be_allowed(cloud: Cloud, cos: CosS3Client) -> None:
    """Then the object is read like any other."""
    cloud.objects.may_decrypt = True
    cloud.objects.put(BUCKET, "a", b"x", system={"x-cos-server-side-encryption": "cos/kms"})
    assert body(cos.get_object(Bucket=BUCKET, Key="a")) == b"x"


def test_a_stream_may_be_put(cloud: Cloud, cos: CosS3Client) -> None:
    """A body without a length comes in chunks, one larger than memory allows goes to a file: both arrive whole."""
    large = b"0123456789" * 1_000_000
    cos.put_object(Bucket=BUCKET, Key="chunked", Body=iter([b"one,", b"two"]))
    cos.put_object(Bucket=BUCKET, Key="large", Body=io.BytesIO(large), EnableMD5=True)
    assert cloud.objects.read(BUCKET, "chunked") == b"one,two"
    assert cloud.objects.read(BUCKET, "large") == large


def test_a_damaged_body_is_refused(cos: CosS3Client) -> None:
    """Content-MD5 is checked where it is sent."""
    wrong = base64.b64encode(b"0" * 16).decode()
    assert refused(cos, "put_object", Key="a", Body=b"x", ContentMD5=wrong) == (400, "BadDigest")


@pytest.mark.parametrize(
    ("asked", "found", "content_range"),
    [
        ("bytes=2-4", b"234", "bytes 2-4/10"),
        ("bytes=7-", b"789", "bytes 7-9/10"),
        ("bytes=-3", b"789", "bytes 7-9/10"),
        ("bytes=-30", b"0123456789", "bytes 0-9/10"),
        ("bytes=8-30", b"89", "bytes 8-9/10"),
    ],
)
def test_a_range_is_read(cloud: Cloud, cos: CosS3Client, asked: str, found: bytes, content_range: str) -> None:
    """Closed, open and from the end: 206 with what was sent."""
    cloud.objects.put(BUCKET, "a", b"0123456789")
    got = cos.get_object(Bucket=BUCKET, Key="a", Range=asked)
    assert (body(got), got["Content-Range"], got["Content-Length"]) == (found, content_range, str(len(found)))
    assert cloud.calls[-1].status == 206


@pytest.mark.parametrize("asked", ["bytes=10-", "bytes=5-4", "bytes=-0"])
def test_a_range_past_the_end_is_refused(cloud: Cloud, cos: CosS3Client, asked: str) -> None:
    """416 InvalidRange."""
    cloud.objects.put(BUCKET, "a", b"0123456789")
    assert refused(cos, "get_object", Key="a", Range=asked) == (416, "InvalidRange")


def test_if_match_pins_the_version(cloud: Cloud, cos: CosS3Client) -> None:
    """The object is read while its ETag is the one given, and 412 once it was replaced."""
    etag = cloud.objects.put(BUCKET, "a", b"one").etag
    assert body(cos.get_object(Bucket=BUCKET, Key="a", IfMatch=etag)) == b"one"
    cloud.objects.put(BUCKET, "a", b"two")
    assert refused(cos, "get_object", Key="a", IfMatch=etag) == (412, "PreconditionFailed")


def test_forbid_overwrite(cloud: Cloud, cos: CosS3Client) -> None:
    """409 where the key exists; with versioning it goes through."""
    mine = {"x-cos-forbid-overwrite": "true"}
    cos.put_object(Bucket=BUCKET, Key="lock", Body=b"mine", Metadata=mine)
    assert refused(cos, "put_object", Key="lock", Body=b"other", Metadata=mine) == (409, "FileAlreadyExists")
    assert cloud.objects.read(BUCKET, "lock") == b"mine"
    cos.put_bucket_versioning(Bucket=BUCKET, Status="Enabled")
    cos.put_bucket_versioning(Bucket=BUCKET, Status="Suspended")
    cos.put_object(Bucket=BUCKET, Key="lock", Body=b"other", Metadata=mine)
    assert cloud.objects.read(BUCKET, "lock") == b"other"


def test_versioning(cos: CosS3Client) -> None:
    """The switch reads as it was set; versions are told and found by their ids."""
    assert "Status" not in cos.get_bucket_versioning(Bucket=BUCKET)
    cos.put_bucket_versioning(Bucket=BUCKET, Status="Enabled")
    assert cos.get_bucket_versioning(Bucket=BUCKET) == {"Status": "Enabled"}
    first = cos.put_object(Bucket=BUCKET, Key="a", Body=b"one")["x-cos-version-id"]
    cos.put_object(Bucket=BUCKET, Key="a", Body=b"two")
    assert body(cos.get_object(Bucket=BUCKET, Key="a", VersionId=first)) == b"one"
    marker = cos.delete_object(Bucket=BUCKET, Key="a")
    assert marker["x-cos-delete-marker"] == "true"
    assert refused(cos, "get_object", Key="a") == (404, "NoSuchKey")
    cos.delete_object(Bucket=BUCKET, Key="a", VersionId=marker["x-cos-version-id"])
    assert body(cos.get_object(Bucket=BUCKET, Key="a")) == b"two"
    assert refused(cos, "get_object", Key="a", VersionId="nonsense") == (404, "NoSuchVersion")


def test_delete(cloud: Cloud, cos: CosS3Client) -> None:
    """204, whether or not the key exists."""
    cloud.objects.put(BUCKET, "a", b"")
    cos.delete_object(Bucket=BUCKET, Key="a")
    cos.delete_object(Bucket=BUCKET, Key="a")
    assert cloud.objects.keys(BUCKET) == []
    assert [call.status for call in cloud.calls] == [204, 204]


def test_what_is_not_there(cos: CosS3Client) -> None:
    """A missing key and a missing bucket have their codes; HEAD has no body to put one into."""
    assert refused(cos, "get_object", Key="a") == (404, "NoSuchKey")
    assert refused(cos, "head_object", Key="a") == (404, "NoSuchResource")
    with pytest.raises(CosServiceError) as problem:
        cos.list_objects(Bucket="missing-1250000000")
    assert (problem.value.get_error_code(), problem.value.get_status_code()) == ("NoSuchBucket", 404)
    assert problem.value.get_request_id()
    assert problem.value.get_trace_id()
    cos.head_bucket(Bucket=BUCKET)


def test_listing_by_pages(cloud: Cloud, cos: CosS3Client, clock: SteppedClock) -> None:
    """1,000 keys a page at most, in order, each with its time, ETag and size; the marker leads on."""
    clock.sleep(0.25)
    for number in range(1_002):
        cloud.objects.put(BUCKET, f"state/é {number:04}&<>", b"xy")
    first = cos.list_objects(Bucket=BUCKET, Prefix="state/é ")
    second = cos.list_objects(Bucket=BUCKET, Prefix="state/é ", Marker=first["NextMarker"])
    assert (first["IsTruncated"], second["IsTruncated"]) == ("true", "false")
    assert "NextMarker" not in second
    found = [entry["Key"] for page in (first, second) for entry in page["Contents"]]
    assert found == cloud.objects.keys(BUCKET)
    entry = second["Contents"][0]
    assert (entry["LastModified"], entry["Size"]) == ("2026-11-23T08:00:00.250Z", "2")
    assert entry["ETag"] == cloud.objects.head(BUCKET, entry["Key"]).etag
    assert refused(cos, "list_objects", MaxKeys=1001) == (400, "InvalidArgument")


def test_listing_by_folders(cloud: Cloud, cos: CosS3Client) -> None:
    """With a delimiter, what lies deeper is told once."""
    for key in ("a/1", "a/2", "b c/1", "top"):
        cloud.objects.put(BUCKET, key, b"")
    page = cos.list_objects(Bucket=BUCKET, Delimiter="/")
    assert [entry["Prefix"] for entry in page["CommonPrefixes"]] == ["a/", "b c/"]
    assert [entry["Key"] for entry in page["Contents"]] == ["top"]
    assert "CommonPrefixes" in cos.list_objects(Bucket=BUCKET, Delimiter="/", MaxKeys=1)


def test_names_are_encoded_only_when_asked(cloud: Cloud, cos: CosS3Client) -> None:
    """With encoding-type=url the caller gets percent signs."""
    cloud.objects.put(BUCKET, "a b", b"")
    assert cos.list_objects(Bucket=BUCKET, EncodingType="url")["Contents"][0]["Key"] == "a%20b"


def test_upload_file_goes_in_parts(cloud: Cloud, cos: CosS3Client, tmp_path: Path) -> None:
    """The SDK's own upload of a large file arrives whole, with its metadata."""
    path = tmp_path / "remaining.csv"
    path.write_bytes(b"line\r\n" * 500_000)
    answer = cos.upload_file(
        Bucket=BUCKET,
        Key="reports/remaining.csv",
        LocalFilePath=str(path),
        EnableMD5=True,
        Metadata={"x-cos-meta-receiver-id": "1001"},
    )
    version = cloud.objects.head(BUCKET, "reports/remaining.csv")
    assert cloud.objects.read(BUCKET, "reports/remaining.csv") == path.read_bytes()
    assert answer["x-cos-hash-crc64ecma"] == str(version.content.crc64)
    assert answer["ETag"] == version.etag
    assert version.headers.metadata == {"receiver-id": "1001"}
    assert cloud.problems == []


def test_an_upload_is_listed_resumed_and_aborted(cloud: Cloud, cos: CosS3Client, tmp_path: Path) -> None:
    """Parts that are there already are not sent again; an aborted upload is gone."""
    path = tmp_path / "remaining.csv"
    path.write_bytes(b"0" * (1 << 20) + b"rest")
    upload = cos.create_multipart_upload(Bucket=BUCKET, Key="a")["UploadId"]
    cos.upload_part(Bucket=BUCKET, Key="a", Body=b"0" * (1 << 20), PartNumber=1, UploadId=upload)
    assert [part["Size"] for part in cos.list_parts(Bucket=BUCKET, Key="a", UploadId=upload)["Part"]] == ["1048576"]
    cos.upload_file(Bucket=BUCKET, Key="a", LocalFilePath=str(path))
    assert [call.action for call in cloud.calls].count("UploadPart") == 2
    assert cloud.objects.read(BUCKET, "a") == path.read_bytes()
    upload = cos.create_multipart_upload(Bucket=BUCKET, Key="b")["UploadId"]
    cos.abort_multipart_upload(Bucket=BUCKET, Key="b", UploadId=upload)
    assert refused(cos, "list_parts", Key="b", UploadId=upload) == (404, "NoSuchUpload")


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("get_object_acl", {"Key": "a"}),
        ("put_object", {"Key": "a", "Body": b"", "ACL": "public-read"}),
        ("put_object", {"Key": "a", "Body": b"", "Metadata": {"x-cos-something": "new"}}),
        ("get_object", {"Key": "a", "ResponseContentType": "text/plain"}),
        ("get_object", {"Key": "a", "IfNoneMatch": '"x"'}),
        ("get_object", {"Key": "a", "Range": "bytes=0-1,3-4"}),
        ("get_bucket_acl", {}),
        ("list_objects_versions", {}),
        ("list_multipart_uploads", {"Delimiter": "/"}),
        ("delete_objects", {"Delete": {"Object": [{"Key": "a"}]}}),
    ],
)
def test_what_is_not_emulated_is_refused_loudly(
    cloud: Cloud, cos: CosS3Client, method: str, arguments: dict[str, Any]
) -> None:
    """501 NotImplemented, and the journal of problems says what it was."""
    cloud.objects.put(BUCKET, "a", b"0123456789")
    assert refused(cos, method, **arguments) == (501, "NotImplemented")
    assert [problem.kind for problem in cloud.problems] == ["unimplemented"]


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        (Credentials(KEYS.secret_id, "wrong", KEYS.token), "SignatureDoesNotMatch"),
        (Credentials("AKIDother", KEYS.secret_key, KEYS.token), "InvalidAccessKeyId"),
        (Credentials(KEYS.secret_id, KEYS.secret_key, "other"), "InvalidAccessKeyId"),
        (Credentials(KEYS.secret_id, KEYS.secret_key), "InvalidAccessKeyId"),
    ],
)
def test_wrong_keys_are_refused(
    cloud: Cloud, endpoint: str, session: requests.Session, keys: Credentials, code: str
) -> None:
    """403 with COS's own code; nothing is written, no call is counted, and the problem is noted."""
    cos = cos_client(endpoint, session, keys)
    assert refused(cos, "put_object", Key="a", Body=b"") == (403, code)
    assert cloud.objects.keys(BUCKET) == []
    assert cloud.calls == []
    assert [problem.kind for problem in cloud.problems] == ["signature"]


def test_nobody_is_let_in_unsigned(cloud: Cloud, endpoint: str, session: requests.Session) -> None:
    """An anonymous request is denied, and the connection serves the next one."""
    cloud.objects.put(BUCKET, "a", b"secret")
    for method in ("GET", "PUT", "HEAD"):
        answer = session.request(method, f"{endpoint}/a", headers={"Host": HOST}, data=b"x")
        assert answer.status_code == 403
        assert b"secret" not in answer.content
    assert cloud.objects.read(BUCKET, "a") == b"secret"


def test_a_host_without_a_bucket_is_refused(
    cloud: Cloud, cos: CosS3Client, endpoint: str, session: requests.Session
) -> None:
    """Listing all buckets, for one, is not emulated."""
    auth = CosS3Auth(cos.get_conf(), "/", sign_host=False)
    headers = {"x-cos-security-token": KEYS.token or ""}
    assert session.get(f"{endpoint}/", auth=auth, headers=headers).status_code == 501
    assert cloud.problems[0].kind == "unimplemented"


def test_a_key_has_850_bytes(cos: CosS3Client) -> None:
    """One more is refused."""
    cos.put_object(Bucket=BUCKET, Key="é" * 425, Body=b"")
    assert refused(cos, "put_object", Key="é" * 425 + "a", Body=b"") == (400, "KeyTooLong")


def test_broken_xml_is_refused(cos: CosS3Client) -> None:
    """A part without a number is no list of parts."""
    upload = cos.create_multipart_upload(Bucket=BUCKET, Key="a")["UploadId"]
    parts = {"Part": [{"PartNumber": "one", "ETag": "x"}]}
    arguments: dict[str, object] = {"Key": "a", "UploadId": upload, "MultipartUpload": parts}
    assert refused(cos, "complete_multipart_upload", **arguments) == (400, "MalformedXML")
