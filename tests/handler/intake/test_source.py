"""The bytes of a dropped file: exactly those of one version, whatever happens on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import cast

import pytest
from fastcrc.crc64 import xz
from hypothesis import given
from hypothesis import strategies as st

from handler.errors import TryLater
from handler.intake.source import find, resumed, stream
from handler.state.store import BrokenOff, Bucket, Replaced, StoredObject
from handler.timing import Deadline, Pauses
from tests.stage import FakeClock

BODY = bytes(range(256)) * 4


def stored(body: bytes = BODY, key: str = "incoming/1001/a.csv", crc64: int | None = -1) -> StoredObject:
    modified = datetime(2026, 11, 23, tzinfo=timezone.utc)
    return StoredObject(key, None, "etag", len(body), modified, xz(body) if crc64 == -1 else crc64)


@dataclass
class Store:
    """A store whose connections break off after so many bytes each; the last one lasts."""

    body: bytes = BODY
    breaks: list[int] = field(default_factory=list)
    silently: bool = False
    """The body just ends, as if it were whole."""
    chunk: int = 100
    starts: list[int] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    heads: list[str] = field(default_factory=list)

    def head(self, key: str, version_id: str | None = None) -> StoredObject | None:
        self.heads.append(key)
        return replace(stored(self.body), key=key, version_id=version_id) if key in self.keys else None

    def open(self, source: StoredObject, start: int) -> Iterator[bytes]:
        assert source.size <= len(self.body) + 1
        self.starts.append(start)
        end = start + self.breaks.pop(0) if self.breaks else len(self.body)
        while start < min(end, len(self.body)):
            chunk = self.body[start : min(start + self.chunk, end)]
            start += len(chunk)
            yield chunk
        if start < len(self.body) and not self.silently:
            raise BrokenOff("COS: the body broke off")


def read(store: Store, clock: FakeClock, source: StoredObject | None = None, seconds: float = 900) -> bytes:
    return b"".join(stream(cast("Bucket", store), source or stored(store.body), Deadline.after(seconds, clock)))


def test_a_whole_body_is_read_in_one_go(clock: FakeClock) -> None:
    """From the first byte, without a pause."""
    store = Store()
    assert read(store, clock) == BODY
    assert (store.starts, clock.monotonic()) == ([0], 0)


def test_nothing_is_asked_for_where_there_is_nothing(clock: FakeClock) -> None:
    """An empty object has no range to ask for."""
    store = Store(b"")
    assert read(store, clock) == b""
    assert store.starts == []


@given(st.lists(st.integers(0, 300), max_size=5), st.booleans())
def test_a_body_that_breaks_off_goes_on_where_it_did(breaks: list[int], silently: bool) -> None:
    """Wherever that is, at a chunk's border, before the first byte, or behind the last; each byte comes once."""
    store = Store(breaks=breaks, silently=silently)
    assert read(store, FakeClock()) == BODY
    assert store.starts == sorted(store.starts)


def test_tries_without_a_byte_are_limited(clock: FakeClock) -> None:
    """Six of them, with pauses; then the platform comes again."""
    store = Store(breaks=[0] * 100)
    with pytest.raises(BrokenOff, match="COS: the body broke off"):
        read(store, clock)
    assert len(store.starts) == Pauses().tries
    assert clock.monotonic() > 1


def test_a_body_that_gets_on_is_read_to_its_end_however_often_it_breaks(clock: FakeClock) -> None:
    """Every byte is progress."""
    store = Store(breaks=[1] * (len(BODY) - 1))
    assert read(store, clock) == BODY


def test_the_deadline_ends_it(clock: FakeClock) -> None:
    """In the middle of a body as well as between two tries."""

    class Slow(Store):
        def open(self, source: StoredObject, start: int) -> Iterator[bytes]:
            for chunk in super().open(source, start):
                clock.sleep(60)
                yield chunk

    with pytest.raises(TryLater, match="not enough time left to read the file to its end"):
        read(Slow(), clock, seconds=300)
    assert clock.monotonic() == pytest.approx(360)


@pytest.mark.parametrize(
    "source",
    [stored(crc64=xz(BODY) ^ 1), replace(stored(), size=len(BODY) - 1), replace(stored(), size=len(BODY) + 1)],
    ids=["checksum", "longer than announced", "shorter than announced"],
)
def test_other_bytes_than_announced_are_not_believed(clock: FakeClock, source: StoredObject) -> None:
    """Nothing is imported from them; another reading may be right."""
    with pytest.raises(BrokenOff):
        read(Store(silently=True), clock, source)


def test_an_object_of_long_ago_has_no_checksum(clock: FakeClock) -> None:
    """Then its length has to do."""
    assert read(Store(), clock, stored(crc64=None)) == BODY


def test_a_replaced_file_is_not_read_further(clock: FakeClock) -> None:
    """Its bytes would be those of two files."""

    class Changing(Store):
        def open(self, source: StoredObject, start: int) -> Iterator[bytes]:
            if start:
                raise Replaced("the file was replaced while it was read")
            return super().open(source, start)

    store = Changing(breaks=[150])
    with pytest.raises(Replaced):
        read(store, clock)


@given(st.integers(0, 50), st.integers(0, 50), st.lists(st.integers(0, 9), max_size=5))
def test_any_part_of_anything_is_resumed(start: int, end: int, breaks: list[int]) -> None:
    """Nothing where the part is empty."""

    def open_at(position: int) -> Iterator[bytes]:
        stop = position + breaks.pop() if breaks else end
        yield from (BODY[place : place + 1] for place in range(position, min(stop, end)))

    deadline = Deadline.after(900, FakeClock())
    assert b"".join(resumed(open_at, start, end, deadline, Pauses())) == BODY[start:end]


@pytest.mark.parametrize(
    ("asked", "there", "found", "heads"),
    [
        ("a b+c%20d.csv", {"a b+c%20d.csv"}, "a b+c%20d.csv", 1),
        ("%E6%98%A5.csv", {"春.csv"}, "春.csv", 2),
        ("%E6%98%A5.csv", {"春.csv", "%E6%98%A5.csv"}, "%E6%98%A5.csv", 1),
        ("a+b.csv", {"a b.csv"}, None, 1),
        ("a.csv", set(), None, 1),
        ("a%2541.csv", {"aA.csv"}, None, 2),
    ],
)
def test_a_key_is_taken_as_it_is_and_decoded_once_where_there_is_no_such(
    asked: str, there: set[str], found: str | None, heads: int
) -> None:
    """A plus sign is a plus sign; what an event means by a percent sign is written nowhere."""
    store = Store(keys=there)
    source = find(cast("Bucket", store), asked, "v1")
    assert (source and source.key) == found
    assert (source.version_id if source else "v1") == "v1"
    assert len(store.heads) == heads
