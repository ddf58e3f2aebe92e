from __future__ import annotations

import gzip
import random
from collections.abc import Callable

import pytest

from handler.errors import SourceProblem
from handler.limits import GZIP_MEMBERS, INFLATE_FREE, INFLATE_RATIO, INFLATED_BYTES
from handler.reading.allowance import Allowance
from handler.reading.streams import inflate
from handler.reporting.words import in_english
from tests.handler.reading.files import found, pieces, refusal, zipped

LIST = b"email,name\r\n" + b"".join(b"anna%d@example.com,Anna %d\r\n" % (n, n) for n in range(300))
ROWS = [[f"anna{n}@example.com", f"Anna {n}"] for n in range(300)]
SIZES = (1, 2, 3, 7, 65_536, 1_000_000)


def inflated(data: bytes, size: int, allowance: Allowance | None = None) -> bytes:
    return b"".join(inflate(pieces(data, size), allowance or Allowance()))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    "pack",
    [
        gzip.compress,
        lambda data: gzip.compress(data[:5000]) + gzip.compress(data[5000:]),
        lambda data: gzip.compress(b"") + gzip.compress(data) + gzip.compress(b""),
        lambda data: gzip.compress(data[:100]) + b"\0" * 700 + gzip.compress(data[100:]) + b"\0" * 20,
        lambda data: gzip.compress(data) + b"anything at all",
        lambda data: gzip.compress(data) + b"\x1f\x8c\x08",
        lambda data: gzip.compress(data) + b"\0\0garbage",
    ],
    ids=["one member", "two", "empty ones", "zeros between", "tail", "tail like a member", "zeros and a tail"],
)
def test_members_padding_and_garbage_are_taken_as_gzip_takes_them(pack: Callable[[bytes], bytes], size: int) -> None:
    """Whole, byte by byte and with a tail, what was packed comes out."""
    assert inflated(pack(LIST), size) == LIST


def test_a_packed_list_is_read_as_the_list_itself() -> None:
    """The facts say what is inside, and what it was packed by."""
    [table] = found(gzip.compress(LIST))
    assert table.rows == ROWS
    assert (table.facts.format, table.facts.compression, table.facts.email_column) == ("csv", "gzip", "email")
    assert table.lines[0] == 2


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("cut", [5, 12, 1000, -8, -1])
def test_a_file_that_is_cut_is_never_taken_for_whole(cut: int, size: int) -> None:
    """Wherever it was cut: in the header, the content or the checksum."""
    with pytest.raises(SourceProblem) as problem:
        inflated(gzip.compress(LIST)[:cut], size)
    assert problem.value.code == "damaged"


def test_the_rows_before_the_cut_come_before_the_refusal() -> None:
    """The stream breaks off at its end, not at its beginning: nobody waits for all of a file to be there."""
    data = gzip.compress(random.Random(4).randbytes(200_000))
    stream = inflate(pieces(data[:-1], 10_000), Allowance())
    assert sum(len(next(stream)) for _ in range(3)) > 100_000
    with pytest.raises(SourceProblem):
        list(stream)


@pytest.mark.parametrize("at", [15, 500, -6, -2])
def test_a_flipped_byte_is_found(at: int) -> None:
    """In the content or in the checksum."""
    data = bytearray(gzip.compress(LIST))
    data[at] ^= 0xFF
    with pytest.raises(SourceProblem) as problem:
        inflated(bytes(data), 65_536)
    assert problem.value.code == "damaged"


def test_a_bomb_is_stopped_by_its_ratio() -> None:
    """64 MB of zeros in 64 KB: refused once past what is free, in small pieces."""
    stream = inflate(pieces(gzip.compress(b"\0" * 2 * INFLATE_FREE), 50_000), Allowance())
    taken: list[int] = []
    with pytest.raises(SourceProblem) as problem:
        taken.extend(len(piece) for piece in stream)
    assert problem.value.code == "too_large"
    assert max(taken) <= 65_536
    assert sum(taken) <= INFLATE_FREE
    assert str(INFLATE_RATIO) in in_english(problem.value.said)


def test_the_total_is_limited_whatever_the_ratio() -> None:
    """1 GB for a file, and the allowance is what counts it down."""
    assert Allowance().inflated == INFLATED_BYTES
    with pytest.raises(SourceProblem) as problem:
        inflated(gzip.compress(LIST), 1000, Allowance(inflated=len(LIST) - 1))
    assert problem.value.code == "too_large"
    assert inflated(gzip.compress(LIST), 1000, Allowance(inflated=len(LIST))) == LIST


def test_members_without_end_are_refused() -> None:
    """Each costs an inflater, however little there is in it."""
    chunks = iter([gzip.compress(b"") * 500] * GZIP_MEMBERS)
    with pytest.raises(SourceProblem) as problem:
        list(inflate(chunks, Allowance()))
    assert problem.value.code == "too_large"
    assert len(list(chunks)) > GZIP_MEMBERS - 2 * GZIP_MEMBERS // 500, "it went on reading"


def test_layers_are_limited() -> None:
    """gzip in gzip is read, a third layer is not: a bomb nests."""
    twice = gzip.compress(gzip.compress(LIST))
    assert found(twice)[0].rows == ROWS
    assert found(twice)[0].facts.compression == "gzip, gzip"
    assert refusal(gzip.compress(twice)).code == "too_large"
    assert refusal(zipped({"a.csv.gz": twice})).code == "too_large"


def test_all_layers_share_one_allowance() -> None:
    """What the inner layer inflates is drawn from what the outer one left."""
    allowance = Allowance(inflated=len(LIST) + 10)
    outer = inflate(pieces(gzip.compress(gzip.compress(LIST)), 1000), allowance)
    with pytest.raises(SourceProblem):
        list(inflate(outer, allowance))


def test_a_gzip_of_nothing_is_an_empty_file() -> None:
    """The sentence is that of the list inside."""
    assert refusal(gzip.compress(b"")).code == "empty_file"
