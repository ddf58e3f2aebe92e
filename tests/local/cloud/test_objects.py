"""What COS remembers."""

from __future__ import annotations

import io
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.cloud.objects import SMALL_BYTES, ObjectProblem, Objects
from tests.local.cloud.conftest import BUCKET, SteppedClock


@pytest.fixture
def objects(clock: SteppedClock) -> Objects:
    objects = Objects(clock)
    objects.create_bucket(BUCKET)
    return objects


def test_what_was_put_is_read(objects: Objects) -> None:
    """Bytes, a stream and a path all come back; the checksums are those of the bytes."""
    objects.put(BUCKET, "a", b"123456789")
    objects.put(BUCKET, "b", io.BytesIO(b"x" * (SMALL_BYTES + 1)))
    assert objects.read(BUCKET, "a") == b"123456789"
    assert objects.head(BUCKET, "a").content.crc64 == 11051210869376104954
    assert objects.read(BUCKET, "b") == b"x" * (SMALL_BYTES + 1)
    assert objects.keys(BUCKET) == ["a", "b"]


def test_a_path_is_served_from_disk(objects: Objects, tmp_path: Path) -> None:
    """A large file is neither loaded nor copied."""
    path = tmp_path / "large.csv"
    with path.open("wb") as file:
        file.truncate(64 << 20)
    tracemalloc.start()
    objects.put(BUCKET, "large.csv", path)
    size = sum(len(chunk) for chunk in objects.head(BUCKET, "large.csv").content.chunks(1))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size == (64 << 20) - 1
    assert peak < 4 << 20
    assert objects.head(BUCKET, "large.csv").content.source == path


def test_metadata_is_known_by_its_short_name(objects: Objects) -> None:
    """`x-cos-meta-receiver-id` and `receiver-id` are the same."""
    long = objects.put(BUCKET, "a", b"", {"x-cos-meta-receiver-id": "1001"})
    short = objects.put(BUCKET, "a", b"", {"receiver-id": "1001"})
    assert long.headers.metadata == short.headers.metadata == {"receiver-id": "1001"}


@pytest.mark.parametrize(
    ("metadata", "code"),
    [
        ({"receiver_id": "1"}, "InvalidArgument"),
        ({"a": "x" * 2049}, "MetadataTooLarge"),
        ({"a": "x" * 2000, "b": "x" * 2000, "c": "x" * 97}, "MetadataTooLarge"),
    ],
)
def test_metadata_has_its_limits(objects: Objects, metadata: dict[str, str], code: str) -> None:
    """Names are a-z, 0-9 and `-`; 2 KB each, 4 KB together."""
    with pytest.raises(ObjectProblem) as refused:
        objects.put(BUCKET, "a", b"", metadata)
    assert refused.value.code == code


def test_without_versioning_forbid_overwrite_holds(objects: Objects) -> None:
    """Creating what exists is refused, and the first one stays."""
    objects.put(BUCKET, "lock", b"mine", forbid_overwrite=True)
    with pytest.raises(ObjectProblem) as refused:
        objects.put(BUCKET, "lock", b"theirs", forbid_overwrite=True)
    assert (refused.value.status, refused.value.code) == (409, "FileAlreadyExists")
    assert objects.read(BUCKET, "lock") == b"mine"


@pytest.mark.parametrize("versioning", ["enabled", "suspended"])
def test_with_versioning_forbid_overwrite_is_toothless(objects: Objects, versioning: str) -> None:
    """Where versioning was ever enabled, creating what exists goes through."""
    objects.create_bucket("versions-1250000000", versioning=versioning)  # type: ignore[arg-type]
    objects.put("versions-1250000000", "lock", b"mine", forbid_overwrite=True)
    objects.put("versions-1250000000", "lock", b"theirs", forbid_overwrite=True)
    assert objects.read("versions-1250000000", "lock") == b"theirs"


def test_versions_stay_readable(objects: Objects) -> None:
    """With versioning, old versions are read by their id, and a deletion only marks."""
    objects.set_versioning(BUCKET, "enabled")
    first, second = objects.put(BUCKET, "a", b"one"), objects.put(BUCKET, "a", b"two")
    assert objects.head(BUCKET, "a", first.version_id).content.source == b"one"
    marker = objects.delete(BUCKET, "a")
    assert marker is not None
    assert objects.keys(BUCKET) == []
    with pytest.raises(ObjectProblem, match="marker"):
        objects.head(BUCKET, "a", marker.version_id)
    objects.delete(BUCKET, "a", marker.version_id)
    objects.delete(BUCKET, "a", second.version_id)
    assert objects.read(BUCKET, "a") == b"one"


def test_what_was_there_before_versioning_is_the_null_version(objects: Objects) -> None:
    """An object written before is kept as version "null"; suspending replaces that one only."""
    objects.put(BUCKET, "a", b"before")
    objects.set_versioning(BUCKET, "enabled")
    kept = objects.put(BUCKET, "a", b"during")
    assert objects.head(BUCKET, "a", "null").content.source == b"before"
    objects.set_versioning(BUCKET, "suspended")
    objects.put(BUCKET, "a", b"after")
    assert objects.head(BUCKET, "a", "null").content.source == b"after"
    assert objects.head(BUCKET, "a", kept.version_id).content.source == b"during"


def test_deleting_what_is_not_there_is_no_error(objects: Objects) -> None:
    """DELETE is idempotent; reading afterwards says NoSuchKey."""
    objects.delete(BUCKET, "a")
    with pytest.raises(ObjectProblem) as refused:
        objects.read(BUCKET, "a")
    assert (refused.value.status, refused.value.code) == (404, "NoSuchKey")


def test_parts_become_one_object(objects: Objects) -> None:
    """The parts named are joined in their order; the checksum is that of the whole."""
    upload = objects.start_upload(BUCKET, "a", {"receiver-id": "7"}, {})
    last = objects.put_part(BUCKET, "a", upload.upload_id, 2, b"end")
    first = objects.put_part(BUCKET, "a", upload.upload_id, 1, b"x" * (1 << 20))
    parts = [(1, first.md5.hex()), (2, f'"{last.md5.hex()}"')]
    whole = objects.complete_upload(BUCKET, "a", upload.upload_id, parts)
    assert objects.read(BUCKET, "a") == b"x" * (1 << 20) + b"end"
    assert whole.content.crc64 == objects.put(BUCKET, "b", objects.read(BUCKET, "a")).content.crc64
    assert whole.etag.endswith('-2"')
    assert whole.headers.metadata == {"receiver-id": "7"}
    assert objects.uploads(BUCKET) == []


@pytest.mark.parametrize(
    ("numbers", "code"),
    [([2, 1], "InvalidPartOrder"), ([], "InvalidPartOrder"), ([1, 3], "InvalidPart"), ([1, 2], "EntityTooSmall")],
)
def test_parts_have_their_rules(objects: Objects, numbers: list[int], code: str) -> None:
    """In ascending order, all of them there, 1 MB each but for the last."""
    upload = objects.start_upload(BUCKET, "a", {}, {})
    part = objects.put_part(BUCKET, "a", upload.upload_id, 1, b"small")
    objects.put_part(BUCKET, "a", upload.upload_id, 2, b"small")
    with pytest.raises(ObjectProblem) as refused:
        objects.complete_upload(BUCKET, "a", upload.upload_id, [(number, part.md5.hex()) for number in numbers])
    assert refused.value.code == code


def test_an_aborted_upload_is_gone(objects: Objects) -> None:
    """Nothing can be added to it, and no object appears."""
    upload = objects.start_upload(BUCKET, "a", {}, {})
    objects.abort_upload(BUCKET, "a", upload.upload_id)
    with pytest.raises(ObjectProblem) as refused:
        objects.put_part(BUCKET, "a", upload.upload_id, 1, b"x")
    assert refused.value.code == "NoSuchUpload"
    assert objects.keys(BUCKET) == []


def test_a_listing_may_lag(objects: Objects, clock: SteppedClock) -> None:
    """A new key stays out of listings for the time set; overwriting a listed one does not hide it."""
    objects.listing_lag_seconds = 5
    objects.put(BUCKET, "a", b"")
    assert objects.listing(BUCKET).versions == ()
    assert objects.keys(BUCKET) == ["a"]
    clock.sleep(5)
    objects.put(BUCKET, "a", b"again")
    assert [version.content.source for version in objects.listing(BUCKET).versions] == [b"again"]


KEYS = st.text(alphabet="ab/é", min_size=1, max_size=6)


@given(
    keys=st.sets(KEYS, max_size=20),
    prefix=st.sampled_from(["", "a", "a/", "é"]),
    delimiter=st.sampled_from(["", "/", "b"]),
    max_keys=st.integers(1, 4),
)
def test_pages_make_the_whole(keys: set[str], prefix: str, delimiter: str, max_keys: int) -> None:
    """However small the pages, together they list every key once, alone or in the one prefix it is rolled up into."""
    objects = Objects(SteppedClock())
    objects.create_bucket(BUCKET)
    for key in keys:
        objects.put(BUCKET, key, b"")
    found: list[str] = []
    marker: str | None = ""
    while marker is not None:
        page = objects.listing(BUCKET, prefix, delimiter, marker, max_keys)
        names = [version.key for version in page.versions] + list(page.common_prefixes)
        assert len(names) <= max_keys
        found += sorted(names)
        marker = page.next_marker
    expected = set()
    for key in keys:
        if key.startswith(prefix):
            rest = key[len(prefix) :]
            head, found_delimiter, _ = rest.partition(delimiter) if delimiter else (rest, "", "")
            expected.add(prefix + head + found_delimiter)
    assert found == sorted(expected)


def test_bucket_names_end_with_the_appid(objects: Objects) -> None:
    """A bucket without its APPID is a mistake of the test, and is told at once."""
    with pytest.raises(ValueError, match="APPID"):
        objects.create_bucket("drops")
    with pytest.raises(ObjectProblem, match="not available"):
        objects.create_bucket(BUCKET)
