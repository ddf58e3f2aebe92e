"""A zip, spooled and looked into: what every kind of zip has in common, and the border to `zipfile` and its exceptions.

Names inside a zip are never paths here: nothing is unpacked to a file of its own.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, Final, cast

from handler.errors import SourceProblem
from handler.limits import DIRECTORY_BYTES
from handler.reading.allowance import Allowance, Scratch, check_ratio
from handler.reading.outside import harmless
from handler.said import Said

STEP: Final = 16_384
"""Bytes taken from a member at a time."""
_ENCRYPTED: Final = 0x1  # APPNOTE 4.4.4, bit 0
_NAMED_IN_UTF8: Final = 0x800  # APPNOTE 4.4.4, bit 11
_METHODS: Final = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}


class Package:
    """A zip in a temporary file."""

    def __init__(self, scratch: Scratch, allowance: Allowance) -> None:
        self._allowance = allowance
        self._size = scratch.size
        with _translated(Said("what.zip")):
            self._zip = zipfile.ZipFile(cast("IO[bytes]", _BoundedReads(scratch)))
        self.files = [info for info in self._zip.infolist() if not info.filename.endswith("/")]
        self._by_part_name = {_part_name(info.filename): info for info in self.files}

    def find(self, part: str) -> zipfile.ZipInfo | None:
        """The file of that name, as parts of Office files are named: whatever the case, with or without a first `/`."""
        return self._by_part_name.get(_part_name(part))

    def check_total(self, files: Iterable[zipfile.ZipInfo]) -> None:
        """Raises `SourceProblem` (`too_large`) where the files together claim to be more than the zip can hold.

        They may each look harmless: in an overlapping zip bomb all of them share the same compressed bytes.
        """
        check_ratio(sum(info.file_size for info in files), self._size)

    def open(self, info: zipfile.ZipInfo) -> Iterator[bytes]:
        """The content of one file, a step at a time.

        Raises `SourceProblem`: `damaged`, `too_large`, or `unsupported_format` where a password is needed.
        """
        name = file_name(info)
        if info.flag_bits & _ENCRYPTED:
            raise SourceProblem("unsupported_format", Said("file.password", name=name))
        if info.compress_type not in _METHODS:
            raise SourceProblem("unsupported_format", Said("file.rare_packing", name=name))
        check_ratio(info.file_size, min(info.compress_size, self._size))
        with _translated(Said("what.member", name=name)), self._zip.open(info) as member:
            while data := member.read(STEP):
                self._allowance.draw_inflated(len(data))
                yield data

    def open_xml(self, info: zipfile.ZipInfo) -> Iterator[bytes]:
        """The same for a part of an Office file, whose tags are counted: a few MB of zip may hold a day's worth."""
        for data in self.open(info):
            self._allowance.draw_tags(data.count(b"<"))
            yield data


@contextmanager
def spooled(chunks: Iterable[bytes], allowance: Allowance) -> Iterator[Package]:
    """The zip that these bytes are. Its temporary file is gone when the context is left."""
    with Scratch(allowance) as scratch:
        for chunk in chunks:
            scratch.append(chunk)
        yield Package(scratch, allowance)


def file_name(info: zipfile.ZipInfo) -> str:
    """A file's name as its owner may see it, without folders."""
    return harmless(_decoded_name(info).replace("\\", "/").rstrip("/").rpartition("/")[2])


def _decoded_name(info: zipfile.ZipInfo) -> str:
    """zipfile takes what is not marked as UTF-8 for cp437; the Windows of the file's owner wrote GB18030, say."""
    if info.flag_bits & _NAMED_IN_UTF8:
        return info.filename
    raw = info.filename.encode("cp437", "replace")
    with suppress(UnicodeDecodeError):
        return raw.decode()
    with suppress(UnicodeDecodeError):
        return raw.decode("gb18030")
    return info.filename


def _part_name(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()


class _BoundedReads:
    """What `zipfile` reads a zip through: it asks for the whole table of contents at once, however long it claims to
    be, and makes an object of 1 KB of each 50 bytes of it."""

    def __init__(self, scratch: Scratch) -> None:
        self._scratch = scratch
        self.seek, self.tell, self.seekable = scratch.seek, scratch.tell, scratch.seekable

    def read(self, size: int = -1) -> bytes:
        data = self._scratch.read(size if 0 <= size <= DIRECTORY_BYTES else DIRECTORY_BYTES + 1)
        if len(data) > DIRECTORY_BYTES:
            raise SourceProblem("too_large", Said("file.zip_many"))
        return data


_ZIP_ERRORS: Final = (zipfile.BadZipFile, zlib.error, EOFError, struct.error, ValueError, OverflowError, OSError)
"""What `zipfile` was seen to raise for zips that are cut, altered or made up."""


@contextmanager
def _translated(what: Said) -> Iterator[None]:
    try:
        yield
    except NotImplementedError as error:
        raise SourceProblem("unsupported_format", Said("file.rare_zip", what=what)) from error
    except (*_ZIP_ERRORS, RuntimeError) as error:
        raise SourceProblem("damaged", Said("file.member_damaged", what=what)) from error
