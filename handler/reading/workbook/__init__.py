"""Excel workbooks (.xlsx, .xlsm), streamed: first the texts that all sheets share, then sheet by sheet.

Parts are found as ECMA-376 part 2 has it, by content types and relationships, never by their usual names alone.
"""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import Final

from handler.errors import SourceProblem
from handler.limits import SHEETS
from handler.reading.allowance import Allowance, Scratch
from handler.reading.outside import Outside, harmless
from handler.reading.tables import Hints, RowBlock, RowFault, Table
from handler.reading.tabulation import NO_LIST, left_out, one_of_several, picked, tabulate
from handler.reading.workbook.formats import Formats, read_formats
from handler.reading.workbook.links import Links, Merges, read_below, read_targets
from handler.reading.workbook.package import Package
from handler.reading.workbook.shared_strings import SharedStrings, read_shared_strings
from handler.reading.workbook.sheet import NoResult, SheetRows
from handler.reading.workbook.xml_parts import DAMAGED, elements, local
from handler.said import Said

_NO_RESULTS: Final = Said("file.no_results")
_NO_RESULT: Final = RowFault("malformed_row", Said("row.no_result"))
_BLOCKS_LOOKED_AT: Final = 10
"""Of a sheet that is no list: some ten thousand rows."""
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


_NOTHING: Final = _Relationship("", "")
_WITH_ROWS: Final = ("worksheet", _NOTHING.kind)


@dataclass(frozen=True, slots=True)
class _Sheet:
    name: str | None
    """None for the only one."""
    part: str
    content: zipfile.ZipInfo | None
    """None where the part is missing: some programs list what they do not write, such as modules of macros."""
    is_hidden: bool
    title: str | None = None
    """The name of the only one."""


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

    Raises `SourceProblem`: `damaged`, `too_large`, `unreadable` where formulas have no results, `empty_file` or
    `no_email_column` where no sheet is a list.
    """
    workbook = _main_part(package)
    relationships = _relationships(package, workbook)
    sheets = _sheets(package, workbook, relationships)
    if not sheets:
        raise SourceProblem("empty_file", Said("file.no_sheets"))
    if not any(sheet.content for sheet in sheets):
        raise SourceProblem("damaged", DAMAGED)
    with Scratch(allowance) as scratch:
        strings = _strings(package, relationships, scratch, allowance)
        formats = None if hints.headings is None else _formats(package, workbook, relationships)
        yield from _Book(package, file_format, hints, allowance, strings, formats).tables(sheets)


@dataclass(frozen=True, slots=True)
class _Book:
    """What the sheets of a workbook are read with."""

    package: Package
    file_format: str
    hints: Hints
    allowance: Allowance
    strings: SharedStrings
    formats: Formats | None

    def tables(self, sheets: Sequence[_Sheet]) -> Iterator[Table]:
        alone = len(sheets) == 1
        refused: list[SourceProblem] = []
        for sheet in sheets:
            try:
                table = self._table(sheet, certain=alone or self.hints.email_column is not None)
            except SourceProblem as problem:
                if alone or problem.code not in NO_LIST:
                    raise
                refused.append(problem)
                table = left_out(self.file_format, sheet.name, problem, self._said_in(sheet))
            yield replace(table, beside=tuple(sheet.name for sheet in sheets if sheet.name))
        if len(refused) == len(sheets):
            raise max(refused, key=_weight)

    def _table(self, sheet: _Sheet, *, certain: bool) -> Table:
        if sheet.content is None:
            raise SourceProblem("empty_file", DAMAGED if sheet.part else Said("file.no_rows"))
        rows, blocks = self._read(sheet)
        try:
            table = tabulate(blocks, self.hints, self.file_format, sheet.name)
            table = table if certain else one_of_several(table)
        except SourceProblem as problem:
            if problem.code in NO_LIST and rows.without_result:
                raise SourceProblem("empty_file", _NO_RESULTS) from problem
            raise
        blocks = _checked(table.blocks, table.email_columns, rows)
        return replace(table, blocks=blocks, warnings=partial(_warnings, rows, table), title=sheet.title)

    def _read(self, sheet: _Sheet) -> tuple[SheetRows, Iterator[RowBlock]]:
        rows = SheetRows(self.strings, *self._below(sheet), self.formats, all_hidden=sheet.is_hidden)
        return rows, rows.read(self.package.open_xml(sheet.content), self.allowance) if sheet.content else iter(())

    def _said_in(self, sheet: _Sheet) -> Outside:
        """The addresses in the first rows of a sheet that is no list, as far as it can be read."""
        outside = Outside()
        _, blocks = self._read(sheet)
        with suppress(SourceProblem):
            for block in islice(blocks, _BLOCKS_LOOKED_AT):
                for row in block.rows:
                    outside.look(" ".join(row), sheet.name or "")
        return outside

    def _below(self, sheet: _Sheet) -> tuple[Links, Merges]:
        """The addresses behind its cells, and those that are merged."""
        listing = self.package.find(_listing_of(sheet.part))
        targets = read_targets(self.package.open_xml(listing)) if listing else {}
        return read_below(self.package.open(sheet.content), targets) if sheet.content else ({}, {})


def _weight(problem: SourceProblem) -> tuple[bool, str]:
    """How much a problem says about a workbook without a list; "no_..." says more than "empty_..."."""
    return problem.said.code == _NO_RESULTS.code, problem.code


def _warnings(rows: SheetRows, table: Table) -> Sequence[Said]:
    hidden = (Said("warning.hidden_rows", number=rows.hidden),) if rows.hidden else ()
    return (*hidden, *table.warnings())


def _checked(blocks: Iterable[RowBlock], columns: Sequence[int], seen: SheetRows) -> Iterator[RowBlock]:
    """The blocks, those rows marked whose address is a formula without a result.

    Raises `SourceProblem` (`unreadable`) where most of the first ones are.
    """
    begun = False
    for block in blocks:
        if not seen.without_result:
            yield block
            begun = True
            continue
        cells = [picked(row, columns) for row in block.rows]
        faults = {
            index: _NO_RESULT
            for index, of_row in enumerate(cells)
            if of_row and all(isinstance(cell, NoResult) for cell in of_row)
        }
        if not begun and len(faults) * 2 > sum(map(bool, cells)):
            raise SourceProblem("unreadable", _NO_RESULTS)
        begun = True
        yield replace(block, faults={**faults, **block.faults}) if faults else block


def _main_part(package: Package) -> str:
    for relationship in _relationships(package, "").values():
        if relationship.kind == "officeDocument":
            return relationship.target
    return "xl/workbook.xml"


def _relationships(package: Package, part: str) -> dict[str, _Relationship]:
    """What the part points to, by id. A target is relative to the part's folder, or absolute within the package."""
    listing = package.find(_listing_of(part))
    if listing is None:
        return {}
    found = {}
    for entry in elements(package.open_xml(listing), "Relationship"):
        if entry.get("TargetMode") != "External":
            kind = entry.get("Type", "").rpartition("/")[2]
            target = posixpath.normpath(
                posixpath.join("/", posixpath.dirname(part), entry.get("Target", "").replace("\\", "/"))
            )
            found[entry.get("Id", "")] = _Relationship(kind, target)
    return found


def _listing_of(part: str) -> str:
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def _sheets(package: Package, workbook: str, relationships: Mapping[str, _Relationship]) -> list[_Sheet]:
    """The worksheets in their order; chart sheets and the like are left out."""
    found = []
    for entry in elements(_content(package, workbook), "sheet"):
        identity = next((value for name, value in entry.items() if ":" in name and local(name) == "id"), "")
        relationship = relationships.get(identity, _NOTHING)
        if relationship.kind in _WITH_ROWS:
            content = package.find(relationship.target) if relationship.target else None
            is_hidden = entry.get("state", "visible") != "visible"
            found.append(_Sheet(harmless(entry.get("name", "")), relationship.target, content, is_hidden))
    if len(found) > SHEETS:
        raise SourceProblem("too_large", Said("file.sheets", number=SHEETS))
    return found if len(found) > 1 else [replace(sheet, name=None, title=sheet.name) for sheet in found]


def _strings(
    package: Package, relationships: Mapping[str, _Relationship], scratch: Scratch, allowance: Allowance
) -> SharedStrings:
    for relationship in relationships.values():
        part = package.find(relationship.target) if relationship.kind == "sharedStrings" else None
        if part:
            return read_shared_strings(package.open_xml(part), scratch, allowance)
    return SharedStrings(scratch)


def _formats(package: Package, workbook: str, relationships: Mapping[str, _Relationship]) -> Formats:
    """What is told of formats; nothing where the workbook has no styles."""
    said = elements(_content(package, workbook), "workbookPr")
    from_1904 = any(each.get("date1904", "0") in {"1", "true"} for each in said)
    styles = (package.find(each.target) for each in relationships.values() if each.kind == "styles")
    part = next(filter(None, styles), None)
    return read_formats(package.open_xml(part), from_1904=from_1904) if part else Formats({})


def _content(package: Package, part: str) -> Iterator[bytes]:
    info = package.find(part)
    if info is None:
        raise SourceProblem("damaged", DAMAGED)
    return package.open_xml(info)
