from __future__ import annotations

import gzip
import io
import struct
import zipfile
from contextlib import suppress
from itertools import islice
from pathlib import Path

import pytest

from handler.errors import SourceProblem
from handler.limits import ARCHIVE_FILES, DIRECTORY_BYTES, INFLATE_FREE, SCRATCH_BYTES
from handler.reading import archive, read
from handler.reading.allowance import Allowance
from handler.reading.tables import Hints
from handler.reporting.words import in_english
from tests.handler.reading.files import found, gathered, inline, parts, pieces, refusal, sheet, zipped

DIRECTORY_ENTRY = "<4s4B4H3L5H2L"  # APPNOTE 4.3.12
DIRECTORY_END = "<4s4H2LH"  # APPNOTE 4.3.16

ANNA = "email,name\r\nanna@example.com,Anna\r\n"
BERT = "name;mail\r\nBert;bert@example.com\r\nBeate;beate@example.com\r\n"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
PEOPLE = zipped({"people.csv": ANNA})
ANNAS = [["anna@example.com", "Anna"]]


@pytest.mark.parametrize("size", [1, 2, 5, 1_000_000])
@pytest.mark.parametrize("tail", [b"", b"\0" * 30, b"what somebody's mail server added"])
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_the_one_file_in_a_zip_is_the_file(method: int, tail: bytes, size: int) -> None:
    """Whole, byte by byte and with a tail; alone it needs no name."""
    [table] = found(zipped({"people.csv": ANNA}, method) + tail, size)
    assert table.rows == ANNAS
    assert table.lines == [2]
    assert table.name is None
    assert (table.facts.format, table.facts.compression, table.facts.encoding) == ("csv", "zip", "utf-8")


def test_every_file_is_read_under_its_own_name() -> None:
    """In the order of the zip, each by its own content, whatever its name says."""
    book = zipped(parts(sheet(f'<row r="4">{inline("C4", "cleo@example.com")}</row>')))
    packed = zipped({"a/people.csv": ANNA, "liste.txt": BERT, "dan.gz": gzip.compress(ANNA.encode()), "book": book})
    tables = found(packed)
    assert [table.name for table in tables] == ["people.csv", "liste.txt", "dan.gz", "book"]
    assert [table.facts.compression for table in tables] == ["zip", "zip", "zip, gzip", "zip"]
    assert [table.facts.format for table in tables] == ["csv", "csv", "csv", "xlsx"]
    assert [len(table.rows) for table in tables] == [1, 2, 1, 1]
    assert tables[3].lines == [4]


def test_what_a_file_manager_adds_is_no_file() -> None:
    """Folders, resource forks and thumbnails do not make a second file."""
    clutter: dict[str, str | bytes] = {
        "list/": "",
        "__MACOSX/._people.csv": b"\0\5\x16\7",
        "list/.DS_Store": b"\0\0\0\1Bud1",
        "Thumbs.db": "x",
    }
    [table] = found(zipped({**clutter, "list/people.csv": ANNA}))
    assert table.name is None
    assert refusal(zipped(clutter)).code == "empty_file"
    assert refusal(zipped({})).code == "empty_file"


def test_a_file_without_addresses_is_passed_over_beside_one_with() -> None:
    """A note beside the list is no reason to refuse the list; with no list at all, it is."""
    assert (
        found(zipped({"readme.txt": "Hello there, this is all.\n", "people.csv": ANNA, "empty.csv": ""}))[0].rows
        == ANNAS
    )
    with_headings = zipped({"none.csv": "name,email\n", "people.csv": ANNA})
    assert [table.rows for table in found(with_headings)] == [ANNAS]
    named = read([zipped({"readme.txt": "Hello there.\n", "people.csv": ANNA, "empty.csv": ""})], Hints())
    assert [(table.name, table.facts.email_column, [*table.blocks] == []) for table in named] == [
        ("readme.txt", None, True),
        ("people.csv", "email", False),
        ("empty.csv", None, True),
    ]
    problem = refusal(zipped({"readme.txt": "Hello there, this is all.\n", "more.txt": "And that is that.\n"}))
    assert problem.code == "no_email_column"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("logo.png", b"\x89PNG\r\n\x1a\n..."),
        ("photo.jpg", b"\xff\xd8\xff\xe0..."),
        ("icon.ico", b"\0\0\1\0..."),
        ("scan.bmp", b"BM\x76\0\0\0\0\0\0\0\x36\0\0\0"),
        ("film.mp4", b"\0\0\0\x18ftypmp42"),
        ("index.html", b"<!DOCTYPE html><html><body>Takeout</body></html>"),
        ("README.pdf", b"%PDF-1.4\n%x"),
        ("._people.csv", b"\0\5\x16\7\0\2\0\0Mac OS X        "),
        ("._people.csv", b"\1\2\3\4\5" * 99),
    ],
)
def test_what_people_pack_beside_a_list_is_left_out_and_named(name: str, content: bytes) -> None:
    """Pictures, pages and manuals, and what a Mac adds: no list is kept in them. Alone they are refused, by name."""
    tables = [*read([zipped({name: content, "people.csv": ANNA})], Hints())]
    assert [(table.name, bool(table.email_columns)) for table in tables] == [(name, False), ("people.csv", True)]
    assert [(said.code, said.fields["names"]) for table in tables for said in table.warnings()] == [
        ("warning.members_left_out", (name,))
    ]
    problem = refusal(zipped({f"a/{name}": content, "b.txt": "Hello there.\n"}))
    assert problem.code == "no_email_column"
    problem = refusal(zipped({name: content, "also.png": b"\x89PNG\r\n\x1a\n"}))
    assert problem.code in {"unsupported_format", "unreadable"}
    assert f"“{name}”" in in_english(problem.said)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("archive_browser.html", '<a href="mailto:zoe@example.org">Zoe</a>'),
        ("page.htm", "<!-- saved by a browser -->\n<div>zoe@example.org</div>"),
        ("part.html", "<ul>\n<li>zoe@example.org</li>\n</ul>\n"),
        ("data.xml", '<contacts version="1"><email>zoe@example.org</email></contacts>'),
        ("README.txt", "Questions? Write to zoe@example.org\n"),
        ("LICENSE", "Copyright Zoe <zoe@example.org>\n"),
        ("使用说明.txt", "zoe@example.org\n"),
    ],
)
def test_addresses_in_what_lies_beside_a_list_are_only_counted(name: str, content: str) -> None:
    """A page, a part of one, a note: whoever is named in it is not in the list."""
    tables = [*read([zipped({name: content, "people.csv": ANNA})], Hints())]
    assert [(table.name, bool(table.email_columns)) for table in tables] == [(name, False), ("people.csv", True)]
    assert [said.fields for said in tables[0].warnings()] == [
        {"number": 1, "names": (name,)},
        {"number": 1, "places": (name,)},
    ]


def test_lists_in_brackets_and_notes_that_are_alone_are_read() -> None:
    """What only begins like a tag, and a file of which nothing says what it is but its name."""
    packed = zipped({"a.txt": "<head@example.com>, <body@example.com>\n", "people.csv": ANNA})
    assert [table.rows for table in found(packed)] == [[["<head@example.com>"], ["<body@example.com>"]], ANNAS]
    assert [table.rows for table in found(zipped({"readme.txt": "anna@example.com\n"}))] == [[["anna@example.com"]]]


def test_a_file_that_counts_mails_is_left_out_beside_a_list() -> None:
    """Its column is called "mail", and holds no address. Alone its rows are listed as what they are."""
    counts = "month,mail,web\n" + "".join(f"2026-{month:02},{month},0\n" for month in range(1, 13))
    tables = [*read([zipped({"counts.csv": counts, "people.csv": ANNA})], Hints())]
    assert [(table.name, bool(table.email_columns)) for table in tables] == [
        ("counts.csv", False),
        ("people.csv", True),
    ]
    assert len(found(zipped({"counts.csv": counts}))[0].rows) == 12


@pytest.mark.parametrize(
    ("content", "code"),
    [(OLE, "unsupported_format"), (gzip.compress(b"email\na@example.com\n")[:-3], "damaged")],
    ids=["an old workbook", "a gzip that is cut"],
)
def test_a_file_that_cannot_be_read_is_named(content: bytes, code: str) -> None:
    """Nobody's addresses are left out silently: the zip is refused, and the sentence says which file is why."""
    problem = refusal(zipped({"people.csv": ANNA, "folder/more.dat": content}))
    assert problem.code == code
    assert "“more.dat”" in in_english(problem.said)


def test_a_file_is_named_when_what_lies_in_it_turns_out_to_be_damaged() -> None:
    """A gzip in a zip that is cut: the zip is sound, and the first rows of the list are."""
    rows = "".join(f"{number * 7919 % 100_003}@example.com\n" for number in range(100_000))
    cut = gzip.compress(b"email\n" + rows.encode())[:-9]
    problem = refusal(zipped({"people.csv": ANNA, "more.csv.gz": cut}))
    assert problem.code == "damaged"
    assert "“more.csv.gz”" in in_english(problem.said)


def test_a_file_is_named_when_its_rows_turn_out_to_be_damaged() -> None:
    """The last byte of a stored file is flipped: its checksum tells, after its rows were read."""
    data = bytearray(zipped({"people.csv": ANNA, "more.csv": BERT * 900}, zipfile.ZIP_STORED))
    data[data.rindex(b"beate@") + 2] ^= 1
    problem = refusal(bytes(data))
    assert problem.code == "damaged"
    assert "“more.csv”" in in_english(problem.said)


@pytest.mark.parametrize(
    ("name", "displayed"),
    [
        ("../../etc/passwd", "passwd"),
        ("/etc/passwd", "passwd"),
        ("C:\\Users\\anna\\list.csv", "list.csv"),
        ("a\n\x1b[31mb.csv", "a??[31mb.csv"),
        ("anna@example.com.csv", "…"),
        ("x" * 300, "x" * 80),
        ("名单.csv", "名单.csv"),
    ],
)
def test_names_are_shown_and_never_used(
    name: str, displayed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a name says: no folders, no control characters, no address in it, and no file by it."""
    monkeypatch.chdir(tmp_path)
    tables = found(zipped({name: ANNA, "other.csv": BERT}))
    assert tables[0].name == displayed
    assert tables[0].rows == ANNAS
    assert not list(tmp_path.iterdir())


def test_names_in_gb18030_are_shown_as_they_were_meant() -> None:
    """A Chinese Windows does not mark how it writes names; zipfile takes them for cp437."""
    raw = "名单.csv".encode("gb18030")
    data = zipped({"x" * len(raw): ANNA, "other.csv": BERT}).replace(b"x" * len(raw), raw)
    assert found(data)[0].name == "名单.csv"


def test_files_of_one_name_are_told_apart() -> None:
    """Those of several folders: a line number must not mean two rows."""
    tables = found(zipped({"de/list.csv": ANNA, "fr/list.csv": BERT, "it/list.csv": ANNA}))
    assert [table.name for table in tables] == ["list.csv", "list.csv (2)", "list.csv (3)"]


def test_a_file_without_a_name_is_read_all_the_same() -> None:
    """zipfile cuts names at a zero byte, and trips over what is left of this one."""
    [table] = found(zipped({"people.csv": ANNA}).replace(b"people.csv", b"\0eople.csv"))
    assert table.rows == ANNAS


def test_a_password_is_asked_to_be_removed() -> None:
    """Bit 0 of the flags, in the file's header and in the table of contents."""
    data = bytearray(PEOPLE)
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    problem = refusal(bytes(data))
    assert problem.code == "unsupported_format"
    assert "password" in in_english(problem.said)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_inflate_without_a_limit_are_refused(method: int) -> None:
    """zipfile inflates bzip2 and LZMA all at once: 4 KB may become 80 MB."""
    assert refusal(zipped({"people.csv": ANNA}, method)).code == "unsupported_format"


@pytest.mark.parametrize(
    ("files", "named"),
    [
        ({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<x/>"}, ".ods"),
        ({"Index/Document.iwa": b"\0"}, "Numbers"),
        (parts(content_type="application/vnd.ms-excel.sheet.binary.macroEnabled.main"), ".xlsb"),
        (
            parts(content_type="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"),
            "Word",
        ),
        (
            parts(content_type="application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"),
            "presentation",
        ),
    ],
)
def test_other_documents_are_named(files: dict[str, str | bytes], named: str) -> None:
    """And the sentence says what to save them as."""
    problem = refusal(zipped(files))
    assert problem.code == "unsupported_format"
    assert named in in_english(problem.said)
    assert ".xlsx or CSV" in in_english(problem.said)


def test_a_hundred_thousand_entries_are_refused() -> None:
    """By the length of the table of contents, before any of it becomes objects."""
    count = 100_000
    entry = zipfile.ZipInfo("a")
    directory = struct.pack(DIRECTORY_ENTRY, b"PK\1\2", *[0] * 9, 0, 0, 1, *[0] * 6) + entry.filename.encode()
    end = struct.pack(DIRECTORY_END, b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, len(directory) * count, 0, 0)
    assert len(directory) * count > DIRECTORY_BYTES
    assert refusal(b"PK\3\4" + directory * count + end).code == "too_large"


def test_many_files_are_refused() -> None:
    """A zip of a few hundred lists is one import; of thousands, it is a mistake."""
    files = {f"{number}.csv": "email\na@example.com\n" for number in range(ARCHIVE_FILES + 1)}
    assert refusal(zipped(files, zipfile.ZIP_STORED)).code == "too_large"
    files.popitem()
    assert len(found(zipped(files, zipfile.ZIP_STORED))) == ARCHIVE_FILES


def test_a_bomb_is_refused_by_what_it_claims() -> None:
    """Before a byte of it is inflated."""
    problem = refusal(zipped({"zeros.csv": b"\0" * (INFLATE_FREE + 1)}))
    assert problem.code == "too_large"


def test_a_bomb_that_claims_to_be_small_is_cut_where_it_claims_to_end() -> None:
    """No more is inflated than the table of contents says, and then the checksum does not fit."""
    data = bytearray(zipped({"zeros.csv": b"email\n" * 1_000_000}))
    at = data.index(b"PK\1\2") + 24
    data[at : at + 4] = struct.pack("<L", 600)
    assert refusal(bytes(data)).code == "damaged"


def test_files_that_share_their_bytes_are_refused_together() -> None:
    """An overlapping bomb: each entry is harmless, all of them point to the same compressed bytes."""
    people = (b"anna@example.com," + b"x" * 1_000 + b"\n") * 15_000
    data = zipped({"people.csv": people})
    start = data.index(b"PK\1\2")
    entry = data[start : data.index(b"PK\5\6")]
    for count, refused in ((1, False), (1 + INFLATE_FREE // len(people), True)):
        end = struct.pack(DIRECTORY_END, b"PK\5\6", 0, 0, count, count, len(entry) * count, start, 0)
        packed = data[:start] + entry * count + end
        if refused:
            assert refusal(packed).code == "too_large"
        else:
            assert len(found(packed)[0].rows) == 15_000


def test_a_zip_larger_than_its_room_in_tmp_is_refused() -> None:
    """Before it is written: nothing in a zip can be found without having all of it."""
    chunk = b"PK\3\4" + b"\0" * 999_996
    with pytest.raises(SourceProblem) as problem:
        gathered(chunk for _ in range(SCRATCH_BYTES // len(chunk) + 1))
    assert problem.value.code == "too_large"


def test_temporary_files_are_gone_whatever_happens() -> None:
    """At the end, after a refusal, and when nobody reads on: the room is given back when the file is closed."""
    noise = zipped({"people.csv": ANNA * 100_000, "more.csv": BERT}, zipfile.ZIP_STORED)
    for data, count in ((noise, 99), (noise, 1), (noise[:-30], 99)):
        allowance = Allowance()
        with suppress(SourceProblem):
            _begin_tables(data, count, allowance)
        assert allowance.scratch == SCRATCH_BYTES


def _begin_tables(data: bytes, count: int, allowance: Allowance) -> None:
    tables = archive.read_zip(pieces(data, 65_536), Hints(), allowance, lambda inner, hints, _: read(inner, hints))
    for table in islice(tables, count):
        assert allowance.scratch < SCRATCH_BYTES
        next(table.blocks)


def test_a_zip_in_a_zip_is_read_and_a_third_is_not() -> None:
    """Layers are counted, whatever they are made with."""
    twice = zipped({"inner.zip": PEOPLE})
    assert found(twice)[0].rows == ANNAS
    assert found(gzip.compress(PEOPLE))[0].facts.compression == "gzip, zip"
    assert refusal(zipped({"outer.zip": twice})).code == "too_large"


def test_what_is_cut_or_altered_ends_in_a_problem_that_says_so() -> None:
    """Every cut and every flipped byte of a small zip: the rows as they are, or `SourceProblem`, and nothing else."""
    good = found(PEOPLE)[0].rows
    for at in range(len(PEOPLE)):
        flipped = bytearray(PEOPLE)
        flipped[at] ^= 0xFF
        for data in (PEOPLE[:at], bytes(flipped)):
            try:
                tables = found(data)
            except SourceProblem:
                continue
            assert at < 4 or [table.rows for table in tables] == [good], at


def test_a_workbook_in_a_zip_without_content_types_is_just_files() -> None:
    """What an Office file is, its content types say; without them the parts are files, and XML is no list."""
    bare = parts(sheet(""))
    del bare["[Content_Types].xml"]
    assert refusal(zipped(bare)).code == "unsupported_format"


def test_zipfile_reads_what_was_spooled() -> None:
    """A zip of more than the memory's share goes through a file on disk, and comes out the same."""
    rows = "".join(f"{number}@example.com,{number * 7919}\n" for number in range(120_000))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as made:
        made.writestr("people.csv", "email,number\n" + rows)
    assert len(found(packed.getvalue())[0].rows) == 120_000
