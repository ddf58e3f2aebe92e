"""Zip: a workbook, which is one inside, or an archive of data files, each read as if it had been dropped alone."""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Final

from handler.errors import SourceProblem
from handler.limits import ARCHIVE_FILES, SNIFFED_BYTES
from handler.reading import signatures
from handler.reading.allowance import Allowance
from handler.reading.outside import Outside
from handler.reading.streams import look_ahead, packed
from handler.reading.tables import Hints, RowBlock, Table
from handler.reading.tabulation import NO_LIST, left_out, one_of_several
from handler.reading.workbook import office_format, read_workbook
from handler.reading.workbook.package import Package, file_name, spooled
from handler.said import Said

ReadInner = Callable[[Iterator[bytes], Hints, Allowance], Iterator[Table]]
"""The reader of any file: what lies in an archive is found out by its content, too."""

_CLUTTER: Final = {".ds_store", "thumbs.db", "desktop.ini"}
_NOTE: Final = re.compile(
    r"(?:read[ _-]?me|licen[cs]e|copying|notice|changelog|(?:使用|导出|匯出)?(?:说明|說明)|自述)"
    r"(?:\.(?:txt|md|rst|html?|docx?))?",
    re.IGNORECASE,
)
"""The names of what is written about a list: whoever is named in it has written it."""
_UNKNOWN: Final = "unknown"
"""The format of a file in which no addresses were found."""
_OPEN_DOCUMENT: Final = b"application/vnd.oasis.opendocument."


def read_zip(chunks: Iterable[bytes], hints: Hints, allowance: Allowance, read_inner: ReadInner) -> Iterator[Table]:
    """The tables in a zip. The rows of one must be read before the next one is asked for.

    Raises `SourceProblem`: `damaged`, `too_large`, `unsupported_format` (a password, no workbook), and whatever is
    wrong with a file in it, by name.
    """
    with spooled(chunks, allowance) as package:
        _refuse_other_documents(package)
        file_format = office_format(package)
        if file_format:
            yield from read_workbook(package, file_format, hints, allowance)
        else:
            with allowance.layer():
                yield from _read_files(package, hints, allowance, read_inner)


def _refuse_other_documents(package: Package) -> None:
    kind = package.find("mimetype")
    if kind and next(package.open(kind), b"").startswith(_OPEN_DOCUMENT):
        raise SourceProblem("unsupported_format", Said("file.open_document"))
    if package.find("Index/Document.iwa"):
        raise SourceProblem("unsupported_format", Said("file.numbers"))


def _read_files(package: Package, hints: Hints, allowance: Allowance, read_inner: ReadInner) -> Iterator[Table]:
    files = _data_files(package)
    alone = len(files) == 1 or hints.email_column is not None
    read = 0
    problems: list[SourceProblem] = []
    names = [*_names(files)]
    for info, name in zip(files, names, strict=True):
        own_name = name if len(files) > 1 else None
        head = b""
        try:
            head, content = look_ahead(package.open(info), SNIFFED_BYTES)
            if not alone and _NOTE.fullmatch(name):
                raise SourceProblem("no_email_column", Said("file.no_column"))
            for table in read_inner(content, hints, allowance):
                certain = table if alone or not table.email_columns else one_of_several(table)
                read += bool(table.email_columns)
                yield replace(_named(packed(certain, "zip"), info, own_name), beside=(*names, *table.beside))
        except SourceProblem as refused:
            problem = _named_problem(refused, info)
            if refused.code not in NO_LIST and not _is_no_list(head, info):
                raise problem from refused
            problems.append(problem)
            if own_name:
                yield packed(left_out(_UNKNOWN, own_name, refused, _said_in(package, info, own_name, head)), "zip")
    if not read and problems:
        raise min(problems, key=lambda problem: problem.code not in NO_LIST)  # rather that of a text than of a picture


def _is_no_list(head: bytes, info: zipfile.ZipInfo) -> bool:
    """Whether a file that cannot be read is no reason to refuse those beside it."""
    return signatures.is_beside_a_list(head) or file_name(info).startswith("._")


def _said_in(package: Package, info: zipfile.ZipInfo, name: str, head: bytes) -> Outside:
    """The addresses that a file says from which no list is read."""
    outside = Outside()
    if signatures.may_say_addresses(head):
        outside.look_through(package.open(info), name)
    return outside


def _data_files(package: Package) -> list[zipfile.ZipInfo]:
    files = [info for info in package.files if not _is_clutter(info.filename)]
    if not files:
        raise SourceProblem("empty_file", Said("file.zip_empty"))
    if len(files) > ARCHIVE_FILES:
        raise SourceProblem("too_large", Said("file.zip_files", number=len(files)))
    package.check_total(files)
    return files


def _is_clutter(name: str) -> bool:
    """What a file manager adds by itself."""
    folder, _, last = name.replace("\\", "/").lower().rpartition("/")
    return last in _CLUTTER or "__macosx" in folder.split("/")


def _names(files: Iterable[zipfile.ZipInfo]) -> Iterator[str]:
    """What to call the files: by their names, and numbered where two folders have the same."""
    seen: Counter[str] = Counter()
    for info in files:
        name = file_name(info)
        seen[name] += 1
        yield name if seen[name] == 1 else f"{name} ({seen[name]})"


def _named(table: Table, info: zipfile.ZipInfo, name: str | None) -> Table:
    """The table under the file's name, which also stands before whatever turns out to be wrong with its rows."""
    names = [part for part in (name, table.name) if part]
    title = f"{info.filename}: {table.title or ''}"
    return replace(table, name=": ".join(names) or None, title=title, blocks=_blocks(table, info, alone=name is None))


def _blocks(table: Table, info: zipfile.ZipInfo, *, alone: bool) -> Iterator[RowBlock]:
    try:
        yield from table.blocks
    except SourceProblem as problem:
        if alone or problem.code not in NO_LIST:  # headings without rows, beside a list that has some
            raise _named_problem(problem, info) from problem


def _named_problem(problem: SourceProblem, info: zipfile.ZipInfo) -> SourceProblem:
    return SourceProblem(problem.code, Said("file.member", name=file_name(info), sentence=problem.said))
