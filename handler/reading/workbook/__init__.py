"""Excel workbooks (.xlsx, .xlsm), streamed: first the texts that all sheets share, then sheet by sheet.

Parts are found as ECMA-376 part 2 has it, by content types and relationships, never by their usual names alone.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from handler.errors import SourceProblem
from handler.limits import SHEETS
from handler.reading.allowance import Allowance, Scratch
from handler.reading.tables import Hints, Table
from handler.reading.tabulation import NO_LIST, left_out, tabulate
from handler.reading.workbook.package import Package, harmless
from handler.reading.workbook.shared_strings import SharedStrings, read_shared_strings
from handler.reading.workbook.sheet import read_rows
from handler.reading.workbook.xml_parts import DAMAGED, elements, local
from handler.said import Said

_MACROS: Final = "macroenabled"
_MAIN: Final = (
    "spreadsheetml.sheet.main+xml",
    "spreadsheetml.template.main+xml",
    "ms-excel.sheet.macroenabled.main+xml",
    "ms-excel.template.macroenabled.main+xml",
)
_OTHERS: Final[Mapping[str, str]] = {
    "ms-excel.sheet.binary.macroenabled.main": "what.xlsb",
    "wordprocessingml": "what.word",
    "presentationml": "what.presentation",
}


@dataclass(frozen=True, slots=True)
class _Relationship:
    kind: str
    """The last word of its type, which is the same in the strict and in the transitional namespace."""
    target: str


@dataclass(frozen=True, slots=True)
class _Sheet:
    name: str
    part: str


def office_format(package: Package) -> str | None:
    """`xlsx` or `xlsm`, or None for a zip that is no Office file.

    Raises `SourceProblem` (`unsupported_format`) for one that is no workbook, or one that is not written in XML.
    """
    listing = package.find("[Content_Types].xml")
    if listing is None:
        return None
    listed = elements(package.open_xml(listing), "Override", "Default")
    types = [entry.get("ContentType", "").lower() for entry in listed]
    for kind in types:
        if kind.endswith(_MAIN):
            return "xlsm" if _MACROS in kind else "xlsx"
    for mark, what in _OTHERS.items():
        if any(mark in kind for kind in types):
            raise SourceProblem("unsupported_format", Said("file.office", what=Said(what)))
    return None


def read_workbook(package: Package, file_format: str, hints: Hints, allowance: Allowance) -> Iterator[Table]:
    """A table for each sheet, hidden or not, in the workbook's order; those without addresses have no rows.

    Raises `SourceProblem`: `damaged`, `too_large`, `empty_file` or `no_email_column` where no sheet is a list.
    """
    workbook = _main_part(package)
    relationships = _relationships(package, workbook)
    sheets = _sheets(package, workbook, relationships)
    refused: list[SourceProblem] = []
    with Scratch(allowance) as scratch:
        strings = _strings(package, relationships, scratch, allowance)
        for sheet in sheets:
            rows = read_rows(_content(package, sheet.part), strings, allowance)
            try:
                table = tabulate(rows, hints, file_format, sheet.name if len(sheets) > 1 else None)
            except SourceProblem as problem:
                refused.append(problem)
                if problem.code not in NO_LIST:
                    raise
                if len(sheets) > 1:
                    yield left_out(file_format, sheet.name)
            else:
                yield table
    if len(refused) == len(sheets):
        nothing = SourceProblem("empty_file", Said("file.no_sheets"))
        raise max(refused, key=lambda problem: problem.code, default=nothing)  # "no_..." says more than "empty_..."


def _main_part(package: Package) -> str:
    for relationship in _relationships(package, "").values():
        if relationship.kind == "officeDocument":
            return relationship.target
    return "xl/workbook.xml"


def _relationships(package: Package, part: str) -> dict[str, _Relationship]:
    """What the part points to, by id. A target is relative to the part's folder, or absolute within the package."""
    folder, name = posixpath.split(part)
    listing = package.find(posixpath.join(folder, "_rels", f"{name}.rels"))
    if listing is None:
        return {}
    found = {}
    for entry in elements(package.open_xml(listing), "Relationship"):
        if entry.get("TargetMode") != "External":
            kind = entry.get("Type", "").rpartition("/")[2]
            target = posixpath.normpath(posixpath.join("/", folder, entry.get("Target", "").replace("\\", "/")))
            found[entry.get("Id", "")] = _Relationship(kind, target)
    return found


def _sheets(package: Package, workbook: str, relationships: Mapping[str, _Relationship]) -> list[_Sheet]:
    """The worksheets in their order; chart sheets and the like are left out."""
    found = []
    for entry in elements(_content(package, workbook), "sheet"):
        identity = next((value for name, value in entry.items() if ":" in name and local(name) == "id"), "")
        relationship = relationships.get(identity)
        if relationship is None:
            raise SourceProblem("damaged", DAMAGED)
        if relationship.kind == "worksheet":
            found.append(_Sheet(harmless(entry.get("name", "")), relationship.target))
    if len(found) > SHEETS:
        raise SourceProblem("too_large", Said("file.sheets", number=SHEETS))
    return found


def _strings(
    package: Package, relationships: Mapping[str, _Relationship], scratch: Scratch, allowance: Allowance
) -> SharedStrings:
    for relationship in relationships.values():
        if relationship.kind == "sharedStrings":
            return read_shared_strings(_content(package, relationship.target), scratch, allowance)
    return SharedStrings(scratch)


def _content(package: Package, part: str) -> Iterator[bytes]:
    info = package.find(part)
    if info is None:
        raise SourceProblem("damaged", DAMAGED)
    return package.open_xml(info)
