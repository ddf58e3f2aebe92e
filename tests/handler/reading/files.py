"""Files made for a test, and what is read from them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from handler.errors import SourceProblem
from handler.reading import read
from handler.reading.tables import FileFacts, Hints, Table

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_MAIN = "http://purl.oclc.org/ooxml/spreadsheetml/main"
STRICT_OFFICE = "http://purl.oclc.org/ooxml/officeDocument/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"


@dataclass
class Found:
    """A table, read to its end."""

    facts: FileFacts
    columns: tuple[str, ...]
    email_columns: tuple[int, ...]
    name: str | None
    lines: list[int] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    faults: dict[int, str] = field(default_factory=dict)
    """Reasons by line."""

    @property
    def numbered(self) -> list[tuple[int, list[str]]]:
        return list(zip(self.lines, self.rows, strict=True))


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


def found(data: bytes, size: int = 50_000, hints: Hints | None = None) -> list[Found]:
    """All tables in a file that arrives in chunks of `size`."""
    return gathered(pieces(data, size), hints)


def lists(chunks: Iterable[bytes], hints: Hints) -> Iterator[Table]:
    """The tables that hold addresses."""
    return (table for table in read(chunks, hints) if table.email_columns)


def gathered(chunks: Iterable[bytes], hints: Hints | None = None) -> list[Found]:
    tables = []
    for table in lists(chunks, hints or Hints()):
        one = Found(table.facts, table.columns, table.email_columns, table.name)
        for block in table.blocks:
            assert len(block.lines) == len(block.rows)
            one.faults.update({block.lines[at]: fault.reason for at, fault in block.faults.items()})
            one.lines += block.lines
            one.rows += [list(row) for row in block.rows]
        tables.append(one)
    return tables


def refusal(data: bytes, size: int = 50_000, hints: Hints | None = None) -> SourceProblem:
    """The problem that reading ends with."""
    try:
        tables = found(data, size, hints)
    except SourceProblem as problem:
        return problem
    raise AssertionError(f"read {len(tables)} tables without a problem")


def zipped(files: Mapping[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def sheet(rows: str, namespace: str = MAIN) -> str:
    return f'<?xml version="1.0"?><worksheet xmlns="{namespace}"><sheetData>{rows}</sheetData></worksheet>'


def shared(*items: str, namespace: str = MAIN) -> str:
    return f'<sst xmlns="{namespace}">' + "".join(f"<si>{item}</si>" for item in items) + "</sst>"


def parts(
    *sheets: str,
    strings: str | None = None,
    main: str = MAIN,
    office: str = OFFICE,
    content_type: str = XLSX,
) -> dict[str, str | bytes]:
    """The parts of a workbook, for a test to alter: sheet 1 is called S1 and lies in xl/worksheets/s1.xml."""
    numbers = range(1, len(sheets) + 1)
    listed = "".join(f'<sheet name="S{n}" sheetId="{n}" r:id="rId{n}"/>' for n in numbers)
    targets = "".join(relationship(f"rId{n}", f"{office}/worksheet", f"worksheets/s{n}.xml") for n in numbers)
    if strings is not None:
        targets += relationship("strings", f"{office}/sharedStrings", "sharedStrings.xml")
    made: dict[str, str | bytes] = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
        f'<Override PartName="/xl/workbook.xml" ContentType="{content_type}"/></Types>',
        "_rels/.rels": relationships(relationship("rId1", f"{office}/officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relationships(targets),
    }
    made.update({f"xl/worksheets/s{n}.xml": content for n, content in zip(numbers, sheets, strict=True)})
    if strings is not None:
        made["xl/sharedStrings.xml"] = strings
    return made


def relationship(identity: str, kind: str, target: str) -> str:
    return f'<Relationship Id="{identity}" Type="{kind}" Target="{target}"/>'


def relationships(entries: str) -> str:
    return f'<Relationships xmlns="{PACKAGE}/relationships">{entries}</Relationships>'


def inline(place: str, text: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'
