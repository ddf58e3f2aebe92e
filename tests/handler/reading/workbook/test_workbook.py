from __future__ import annotations

import io
import json
import random
import re
import subprocess
import sys
import zipfile
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

from handler.errors import SourceProblem
from handler.limits import (
    FIELD_CHARS,
    INFLATE_FREE,
    PARTS,
    RECORD_CELLS,
    RECORD_CHARS,
    SHEET_LINKS,
    SHEETS,
    XML_DEPTH,
    XML_NAMES,
    XML_TOKEN_BYTES,
)
from handler.reading import read
from handler.reading.allowance import Allowance, Scratch
from handler.reading.archive import read_zip
from handler.reading.tables import Hints
from handler.reading.workbook.shared_strings import SharedStrings, read_shared_strings
from handler.reading.workbook.sheet import SheetRows
from handler.reporting.words import in_english
from handler.said import Said
from tests.handler.reading import judges
from tests.handler.reading.files import (
    OFFICE,
    STRICT_MAIN,
    STRICT_OFFICE,
    XLSX,
    Found,
    found,
    inline,
    parts,
    pieces,
    refusal,
    relationship,
    relationships,
    shared,
    sheet,
    zipped,
)

ANNA = f'<row r="1">{inline("A1", "anna@example.com")}</row>'


def written(book: openpyxl.Workbook) -> bytes:
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def people(*rows: list[Any]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    return written(book)


def only(data: bytes, size: int = 50_000) -> Found:
    [table] = found(data, size)
    return table


def cells(xml: str, strings: str | None = None) -> list[list[str]]:
    """The rows of a sheet of these cells, each row with an address in a note in its column A."""
    rows = f'<row r="1">{inline("A1", "see a@example.com")}{xml}</row>'
    return [row[1:] for row in only(zipped(parts(sheet(rows), strings=strings))).rows]


# What a workbook is


@pytest.mark.parametrize("size", [1, 3, 1000, 1_000_000])
@pytest.mark.parametrize("tail", [b"", b"\r\n", b"\0" * 500])
def test_a_workbook_is_one_table_with_the_sheets_own_row_numbers(tail: bytes, size: int) -> None:
    """Whole, byte by byte and with a tail; the title above the header and the gap below it are no rows."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["A1"] = "Spring list"
    sheet["A3"], sheet["B3"] = "Name", "E-Mail"
    sheet["A7"], sheet["B7"] = "Anna", "anna@example.com"
    sheet["A8"], sheet["B8"] = "Bert", "bert@example.com"
    table = only(written(book) + tail, size)
    assert table.numbered == [(7, ["Anna", "anna@example.com"]), (8, ["Bert", "bert@example.com"])]
    assert table.columns == ("Name", "E-Mail")
    assert table.facts.format == "xlsx"
    assert (table.facts.compression, table.facts.encoding, table.facts.delimiter) == (None, None, None)
    assert (table.facts.header, table.facts.email_column, table.name) == (True, "E-Mail", None)


@pytest.mark.parametrize(
    ("content_type", "file_format"),
    [
        (XLSX, "xlsx"),
        ("application/vnd.ms-excel.sheet.macroEnabled.main+xml", "xlsm"),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.template.main+xml", "xlsx"),
        ("application/vnd.ms-excel.template.macroEnabled.main+xml", "xlsm"),
    ],
)
def test_workbooks_and_templates_are_told_by_their_content_type(content_type: str, file_format: str) -> None:
    """With macros or without: the macros are not looked at."""
    assert only(zipped(parts(sheet(ANNA), content_type=content_type))).facts.format == file_format


def test_a_default_content_type_counts_too() -> None:
    """Some writers declare the workbook's type for all files that end in xml."""
    made = parts(sheet(ANNA))
    made["[Content_Types].xml"] = f'<Types><Default Extension="xml" ContentType="{XLSX}"/></Types>'
    assert only(zipped(made)).rows == [["anna@example.com"]]


def test_all_sheets_with_addresses_are_read_in_the_workbooks_order() -> None:
    """Hidden ones too; those without addresses are passed over, and chart sheets are none."""
    book = openpyxl.Workbook()
    book.active.title = "Notes"
    book.active.append(["Nothing here", "to see"])
    for title, state in (("Zurich", "visible"), ("Bern", "hidden"), ("Aarau", "veryHidden")):
        sheet = book.create_sheet(title)
        sheet.sheet_state = state
        sheet.append(["email"])
        sheet.append([f"anna@{title.lower()}.example"])
    book.create_chartsheet("Chart")
    book.create_sheet("Empty")
    named = [(table.name, table.facts.email_column) for table in read([written(book)], Hints())]
    assert named == [("Notes", None), ("Zurich", "email"), ("Bern", "email"), ("Aarau", "email"), ("Empty", None)]
    tables = found(written(book))
    assert [table.rows for table in tables] == [[[f"anna@{name}.example"]] for name in ("zurich", "bern", "aarau")]


def test_a_chart_beside_the_only_sheet_is_no_sheet() -> None:
    """A workbook with one list has one table, which needs no name."""
    made = parts(sheet(ANNA), sheet("<row/>"))
    made["xl/_rels/workbook.xml.rels"] = relationships(
        relationship("rId1", f"{OFFICE}/worksheet", "worksheets/s1.xml")
        + relationship("rId2", f"{OFFICE}/chartsheet", "worksheets/s2.xml")
    )
    assert only(zipped(made)).name is None


def test_hidden_rows_and_filtered_rows_count() -> None:
    """What a filter hides is still in the list; who wants it out must delete it."""
    book = openpyxl.Workbook()
    for row in (["email"], ["anna@example.com"], ["bert@example.com"]):
        book.active.append(row)
    book.active.row_dimensions[3].hidden = True
    assert only(written(book)).lines == [2, 3]


def warnings(data: bytes) -> list[tuple[str, dict[str, Any]]]:
    """What is told of a file's tables once they have been read."""
    told: list[Said] = []
    for table in read([data], Hints()):
        for _ in table.blocks:
            pass
        told += table.warnings()
    return [(said.code, dict(said.fields)) for said in told]


def test_hidden_rows_are_told_of() -> None:
    """Those that hold something, below the headings; all of a hidden sheet's."""
    book = openpyxl.Workbook()
    for row in (["email"], ["anna@example.com"], [], ["bert@example.com"], ["carl@example.com"]):
        book.active.append(row)
    assert warnings(written(book)) == []
    for number in (1, 3, 4, 5):
        book.active.row_dimensions[number].hidden = True
    assert warnings(written(book)) == [("warning.hidden_rows", {"number": 2})]
    other = book.create_sheet("Old")
    other.sheet_state = "hidden"
    other.append(["email"])
    other.append(["dora@example.com"])
    assert warnings(written(book)) == [("warning.hidden_rows", {"number": 2}), ("warning.hidden_rows", {"number": 1})]


def test_sheets_that_are_no_lists_are_told_of() -> None:
    """Unless they are blank, as the second and third sheet of many a workbook are."""
    note = sheet(f'<row r="1">{inline("A1", "Nothing here")}</row>')
    assert warnings(zipped(parts(sheet(ANNA), sheet("")))) == []
    assert warnings(zipped(parts(sheet(ANNA), note))) == [("warning.members_left_out", {"number": 1, "names": ("S2",)})]


def test_addresses_on_a_sheet_that_is_no_list_are_counted() -> None:
    """And those above the headings of one that is."""
    texts = ["Notes", *["Read this first"] * 9, "Ask carla@example.com"]
    note = sheet("".join(f'<row r="{at}">{inline(f"A{at}", text)}</row>' for at, text in enumerate(texts, 1)))
    elsewhere = ("warning.addresses_elsewhere", {"number": 1, "places": ("S2",)})
    assert elsewhere in warnings(zipped(parts(sheet(ANNA), note)))
    book = openpyxl.Workbook()
    for row in (["by boss@example.com"], ["name", "email"], ["Anna", "anna@example.com"]):
        book.active.append(row)
    assert warnings(written(book)) == [("warning.addresses_elsewhere", {"number": 1, "places": ("line 1",)})]


def test_the_members_of_a_company_are_read_below_the_notes_of_the_program() -> None:
    """As WeCom exports them: notes in a merged cell on top; a company's address where the private one is blank."""
    rows = [
        ["填写须知：\n如有疑问请联系 admin@example.cn"],
        ["姓名", "帐号", "个人邮箱", "企业邮箱"],
        ["张伟", "zhangwei", None, "zhangwei@corp.example.cn"],
        ["王芳", "wangfang", "wangfang@example.com", "wangfang@corp.example.cn"],
    ]
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.active.merge_cells("A1:D1")
    table = only(written(book))
    assert (table.lines, table.email_columns) == ([3, 4], (2, 3))


def test_a_column_named_in_the_metadata_is_looked_for_in_every_sheet() -> None:
    """A sheet without it is passed over; where none has it, the sentence names what there is."""
    data = zipped(parts(sheet(ANNA), sheet(f'<row r="1">{inline("B1", "login")}</row>{ANNA.replace("A1", "B2")}')))
    [table] = found(data, hints=Hints(email_column="login"))
    assert table.name == "S2"
    assert refusal(data, hints=Hints(email_column="nick")).code == "no_email_column"


def test_a_workbook_without_addresses_is_refused() -> None:
    """One sentence for the whole file, not one for each sheet."""
    assert refusal(zipped(parts(sheet(""), sheet(f"<row>{inline('A1', 'Hello')}</row>")))).code == "no_email_column"
    assert refusal(zipped(parts(sheet(""), sheet("")))).code == "empty_file"
    assert refusal(zipped(parts())).code == "empty_file"


def test_old_and_encrypted_workbooks_are_refused_by_name() -> None:
    """Both are OLE containers: the sentence fits either."""
    problem = refusal(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    assert problem.code == "unsupported_format"
    assert ".xls" in in_english(problem.said)
    assert "password" in in_english(problem.said)
    assert ".xlsx or CSV" in in_english(problem.said)


# Where the parts lie


def test_the_strict_format_is_read() -> None:
    """ISO 29500 strict has other namespaces, and the same words."""
    strings = shared("<t>anna@example.com</t>", namespace=STRICT_MAIN)
    rows = sheet('<row r="1"><c r="A1" t="s"><v>0</v></c></row>', namespace=STRICT_MAIN)
    assert only(zipped(parts(rows, strings=strings, main=STRICT_MAIN, office=STRICT_OFFICE))).rows == [
        ["anna@example.com"]
    ]


def test_prefixed_elements_are_read() -> None:
    """Some writers give every element of SpreadsheetML a prefix."""
    rows = '<x:row r="1"><x:c r="A1" t="inlineStr"><x:is><x:t>anna@example.com</x:t></x:is></x:c></x:row>'
    made = parts(f'<x:worksheet xmlns:x="u"><x:sheetData>{rows}</x:sheetData></x:worksheet>')
    assert only(zipped(made)).rows == [["anna@example.com"]]


@pytest.mark.parametrize(
    ("target", "part"),
    [
        ("/xl/worksheets/s1.xml", "xl/worksheets/s1.xml"),
        ("../data/s.xml", "data/s.xml"),
        ("./worksheets/../odd.xml", "xl/odd.xml"),
        ("worksheets\\s1.xml", "xl/worksheets/s1.xml"),
        ("worksheets/s1.xml", "xl\\worksheets\\s1.xml"),
        ("Worksheets/S1.XML", "xl/worksheets/s1.xml"),
        ("../../../etc/s.xml", "etc/s.xml"),
    ],
)
def test_sheets_are_found_through_their_relationships(target: str, part: str) -> None:
    """Absolute or relative, with the other slash, in another case: as Excel and the writers have it."""
    made = parts(sheet(ANNA))
    made[part] = made.pop("xl/worksheets/s1.xml")
    made["xl/_rels/workbook.xml.rels"] = relationships(relationship("rId1", f"{OFFICE}/worksheet", target))
    assert only(zipped(made)).rows == [["anna@example.com"]]


def test_the_workbook_itself_is_found_through_a_relationship() -> None:
    """Its usual place is only usual; without a relationship, it is tried."""
    made = parts(sheet(ANNA))
    del made["_rels/.rels"]
    assert only(zipped(made)).rows == [["anna@example.com"]]
    made = parts(sheet(ANNA))
    made["book.xml"] = made.pop("xl/workbook.xml")
    made["_rels/book.xml.rels"] = relationships(relationship("rId1", f"{OFFICE}/worksheet", "xl/worksheets/s1.xml"))
    made["_rels/.rels"] = relationships(relationship("r", f"{OFFICE}/officeDocument", "book.xml"))
    del made["xl/_rels/workbook.xml.rels"]
    assert only(zipped(made)).rows == [["anna@example.com"]]


def test_a_sheet_without_a_part_is_left_out_beside_one_that_has_its_own() -> None:
    """Modules of macros are listed and not written; of a sheet that got lost the report tells."""
    made = parts(sheet(ANNA), sheet(ANNA))
    del made["xl/worksheets/s2.xml"]
    whole = str(made["xl/workbook.xml"])
    for listed, told in ((whole, 1), (whole.replace('"rId2"', '""'), 0)):
        made["xl/workbook.xml"] = listed
        assert len(warnings(zipped(made))) == told
        tables = [*read([zipped(made)], Hints())]
        assert [(table.name, bool(table.email_columns)) for table in tables] == [("S1", True), ("S2", False)]


def test_shared_strings_without_a_part_are_missed_where_a_cell_points_to_them() -> None:
    """Some programs list the part whether they write it or not."""
    made = parts(sheet(ANNA), strings=shared("<t>x</t>"))
    del made["xl/sharedStrings.xml"]
    assert only(zipped(made)).rows == [["anna@example.com"]]
    made["xl/worksheets/s1.xml"] = sheet('<row r="1"><c r="A1" t="s"><v>0</v></c></row>')
    assert refusal(zipped(made)).code == "damaged"


@pytest.mark.parametrize("missing", ["xl/workbook.xml", "xl/worksheets/s1.xml", "xl/_rels/workbook.xml.rels"])
def test_a_missing_part_is_damage(missing: str) -> None:
    """The zip is sound, the workbook is not."""
    made = parts(sheet(ANNA))
    del made[missing]
    assert refusal(zipped(made)).code == "damaged"


# What a cell holds


@pytest.mark.parametrize(
    ("xml", "text"),
    [
        ('<c r="B1"><v>12</v></c>', "12"),
        ('<c r="B1" t="n"><v>13800138000</v></c>', "13800138000"),
        ('<c r="B1"><v>12.0</v></c>', "12"),
        ('<c r="B1"><v>1.38001380001E11</v></c>', "138001380001"),
        ('<c r="B1"><v>0.1</v></c>', "0.1"),
        ('<c r="B1"><v>-7.5</v></c>', "-7.5"),
        ('<c r="B1"><v>1.0000000000000001E-5</v></c>', "1e-05"),
        ('<c r="B1"><v>1E400</v></c>', "1E400"),
        ('<c r="B1"><v>no number</v></c>', "no number"),
        ('<c r="B1" t="b"><v>1</v></c>', "TRUE"),
        ('<c r="B1" t="b"><v>0</v></c>', "FALSE"),
        ('<c r="B1" t="e"><v>#N/A</v></c>', "#N/A"),
        ('<c r="B1" t="d"><v>2026-11-23</v></c>', "2026-11-23"),
        ('<c r="B1" t="str"><f>LOWER("B@EXAMPLE.COM")</f><v>b@example.com</v></c>', "b@example.com"),
        ('<c r="B1"><f>6*7</f><v>42</v></c>', "42"),
        (
            '<c r="B1" t="inlineStr"><is><r><t>b@exa</t></r><r><rPr><b/></rPr><t>mple.com</t></r></is></c>',
            "b@example.com",
        ),
        ('<c r="B1" t="inlineStr"><is><t xml:space="preserve"> b </t></is></c>', " b "),
        ('<c r="B1" t="inlineStr"><is><t>a &amp; &lt;b&gt; &#x540d;<![CDATA[<c>]]></t></is></c>', "a & <b> 名<c>"),
        ('<c r="B1" t="inlineStr"><is><t>a_x000D_\nb_x005F_x0041_ _x41_</t></is></c>', "a\r\nb_x0041_ _x41_"),
        ('<c r="B1" t="inlineStr"><is><t>_xD83D_ _x0000_</t></is></c>', "_xD83D_ _x0000_"),
        ('<c r="B1" t="inlineStr"><is><t>\'=1+1</t></is></c>', "=1+1"),
        ('<c r="B1" t="s"><v>1</v></c>', "second"),
        ('<c r="B1" t="s"><v>2</v></c>', "東京"),
        ('<c r="B1" t="s"><v>3</v></c>', "one two"),
        ('<c r="B1" t="s"><v> 4 </v></c>', "last"),
        ('<c r="B1" t="inlineStr"><v>b</v><is><t>b</t></is></c>', "b"),
        ('<c r="B1" t="inlineStr"><is><t>b</t></is><v>b</v></c>', "b"),
        ('<c r="B1" t="inlineStr"><v>b</v></c>', "b"),
        ('<c r="B1" t="str"><v>b</v><is><r><t>x</t></r></is></c>', "b"),
        ('<c r="B1"><v>7</v><is><t>x</t></is></c>', "7"),
        ('<c r="b1" t="inlineStr"><is><t>b</t></is></c>', "b"),
        ('<c r="B1"><f>A1&amp;"x"</f></c>', '=A1&"x"'),
        ('<c r="B1"><f>A1&amp;"x"</f><v></v></c>', '=A1&"x"'),
        ('<c r="B1"><f t="shared" si="0"/></c>', "="),
        ('\n <c r="B1">\n  <f>\n1</f>\n <v>5</v>\n </c>\n', "5"),
    ],
)
def test_a_cell_reads_as_it_shows(xml: str, text: str) -> None:
    """Numbers without noise, results and not formulas, runs joined, phonetic readings left out, escapes undone."""
    strings = shared(
        "<t>first</t>",
        "<t>second</t>",
        "<t>東京</t><rPh sb='0' eb='2'><t>トウキョウ</t></rPh>",
        "<r><t>one</t></r><r><rPr/><t xml:space='preserve'> two</t></r>",
        "<t>last</t>",
    )
    assert cells(xml, strings) == [[text]]


@pytest.mark.parametrize("number", ["5", "-1", "x", "", "1.5", "99999999999999999999"])
def test_a_text_that_is_not_there_is_damage(number: str) -> None:
    """A cell points beyond the shared strings: what it should have said, nobody knows. An empty cell says nothing."""
    rows = f'<row r="1">{inline("A1", "a@example.com")}<c r="B1" t="s"><v>{number}</v></c></row>'
    data = zipped(parts(sheet(rows), strings=shared("<t>only</t>")))
    if number:
        assert refusal(data).code == "damaged"
    else:
        assert only(data).rows == [["a@example.com"]]


def test_shared_strings_are_found_from_anywhere() -> None:
    """Texts of all lengths, empty ones too, in order and out of order, over many blocks."""
    pick = random.Random(4)
    texts = ["é" * pick.choice((0, 1, 20, 5000)) + str(number) * pick.choice((0, 1)) for number in range(3000)]
    with Scratch(Allowance()) as scratch:
        strings = SharedStrings(scratch)
        for text in texts:
            strings.add(text)
        strings.finish()
        order = [*range(3000), *(pick.randrange(3000) for _ in range(1000))]
        assert all(strings.text(number) == texts[number] for number in order)


def test_an_empty_text_is_the_result_of_a_formula() -> None:
    """`IF(A2="","",...)`: Excel writes the value, and nothing in it."""
    assert cells('<c r="B1" t="str"><f>IF(A2="","","x")</f><v></v></c>') == [[]]


def table_of(*rows: str) -> str:
    """A sheet with the headings name and email, and these cells in the column B of the rows below."""
    lines = [f'<row r="1">{inline("A1", "name")}{inline("B1", "email")}</row>']
    lines += [f'<row r="{n}">{inline(f"A{n}", f"N{n}")}{cell.format(n)}</row>' for n, cell in enumerate(rows, 2)]
    return sheet("".join(lines))


FORMULA = '<c r="B{0}"><f>A{0}&amp;"@example.com"</f></c>'
LOOKED_UP = '<c r="B{0}"><f>VLOOKUP(A{0},X:Y,2,0)</f><v></v></c>'
GOOD = '<c r="B{0}" t="inlineStr"><is><t>n{0}@example.com</t></is></c>'


def test_a_formula_without_a_result_costs_its_row() -> None:
    """The file was written by a program that does not calculate: the row is listed, with what the cell holds."""
    table = only(zipped(parts(table_of(GOOD, FORMULA, GOOD, LOOKED_UP, GOOD))))
    assert table.faults == {3: "malformed_row", 5: "malformed_row"}
    assert table.rows[1] == ["N3", '=A3&"@example.com"']


@pytest.mark.parametrize("formula", [FORMULA, LOOKED_UP])
def test_formulas_without_results_are_told_of(formula: str) -> None:
    """All of them, or most; with a heading that says "email", or without."""
    for heading in ("email", "contact"):
        for rows in ([formula] * 3, [formula, GOOD, formula]):
            problem = refusal(zipped(parts(table_of(*rows).replace("email", heading))))
            if heading == "email" or GOOD not in rows:
                assert problem.code in {"unreadable", "empty_file"}
                assert "formulas without saved results: open it in Excel, save it" in in_english(problem.said)


def test_formulas_without_results_in_a_sheet_aside_do_not_matter() -> None:
    """A summary that counts mails is no list; a sheet that puts addresses together is one."""
    summary = '<c r="B{0}"><f>SUM(C:C)</f></c>'
    tables = [*read([zipped(parts(table_of(summary, summary), table_of(GOOD)))], Hints())]
    assert [(table.name, bool(table.email_columns)) for table in tables] == [("S1", False), ("S2", True)]
    assert refusal(zipped(parts(table_of(FORMULA), table_of(GOOD)))).code == "unreadable"


@pytest.mark.parametrize("value", ["12", "yes", "0"])
def test_a_sheet_that_counts_mails_is_no_list_beside_one(value: str) -> None:
    """Its column is called "mail", and holds no address. Alone it is read, and its rows are listed."""
    counts = table_of(*[f'<c r="B{{0}}" t="str"><v>{value}</v></c>'] * 3)
    tables = [*read([zipped(parts(counts, table_of(GOOD)))], Hints())]
    assert [(table.name, bool(table.email_columns)) for table in tables] == [("S1", False), ("S2", True)]
    assert refusal(zipped(parts(counts, counts))).code == "no_email_column"
    assert len(only(zipped(parts(counts))).rows) == 3


# Links


def linked(rows: str, *links: tuple[str, str]) -> bytes:
    """A workbook whose cells have these links."""
    tags = "".join(f'<hyperlink ref="{place}" r:id="h{n}"/>' for n, (place, _) in enumerate(links))
    made = parts(rows.replace("</worksheet>", f"<hyperlinks>{tags}</hyperlinks></worksheet>"))
    made["xl/worksheets/s1.xml"] = str(made["xl/worksheets/s1.xml"]).replace(
        "<worksheet ", f'<worksheet xmlns:r="{OFFICE}" ', 1
    )
    made["xl/worksheets/_rels/s1.xml.rels"] = relationships(
        "".join(
            f'<Relationship Id="h{n}" Type="{OFFICE}/hyperlink" Target="{target}" TargetMode="External"/>'
            for n, (_, target) in enumerate(links)
        )
    )
    return zipped(made)


@pytest.mark.parametrize("size", [1, 100_000])
@pytest.mark.parametrize(
    ("place", "target", "cell"),
    [
        ("B2", "mailto:anna@example.com", "write <anna@example.com>"),
        ("$b$2", "MAILTO:anna@example.com", "write <anna@example.com>"),
        ("B2:C2", "mailto:anna@example.com?subject=Hello%20you&amp;body=x", "write <anna@example.com>"),
        ("B2", " mailto:anna%40example.com ", "write <anna@example.com>"),
        ("B2", "mailto:", "write"),
        ("B2", "https://example.com/anna@example.com", "write"),
        ("D2", "mailto:anna@example.com", "write"),
    ],
)
def test_a_link_behind_a_cell_is_its_address(place: str, target: str, cell: str, size: int) -> None:
    """Where the cell shows something else; the next row has its own."""
    rows = table_of('<c r="B{0}" t="str"><v>write</v></c>', GOOD)
    table = only(linked(rows, (place, target)), size)
    assert table.rows[0][:2] == ["N2", cell]
    assert table.rows[0][2:] == (["", "anna@example.com"] if place == "D2" else [])
    assert table.rows[1] == ["N3", "n3@example.com"]


def test_a_link_to_an_address_that_the_row_shows_says_nothing_new() -> None:
    """Excel makes a link of every address that is typed; people link names to them as well."""
    data = linked(table_of(GOOD), ("B2", "mailto:n2@example.com"), ("A2", "mailto:N2@Example.com"))
    assert only(data).rows == [["N2", "n2@example.com"]]
    old = linked(table_of(GOOD), ("B2", "mailto:former@example.com"))
    assert only(old).rows == [["N2", "n2@example.com"]]


def test_a_list_of_names_with_links_is_a_list() -> None:
    """No cell shows an address; other links, and links within the workbook, are none."""
    names = "".join(f'<row r="{n}">{inline(f"A{n}", f"Person {n}")}</row>' for n in (1, 2))
    data = linked(sheet(names), ("A1", "mailto:a@example.com"), ("A2", "mailto:b@example.com"), ("A1", "#S1!A1"))
    assert only(data).rows == [["Person 1 <a@example.com>"], ["Person 2 <b@example.com>"]]


@pytest.mark.parametrize("separator", [",", ";"])
def test_a_link_made_by_a_formula_is_its_address_too(separator: str) -> None:
    """`HYPERLINK` shows its second argument; its result need not be saved, nor that of a text."""
    formula = f'<f>HYPERLINK("mailto:anna@example.com?subject=x"{separator}"write")</f>'
    cell = f'<c r="B{{0}}" t="str">{formula}<v>write</v></c>'
    assert only(zipped(parts(table_of(cell, GOOD)))).rows[0] == ["N2", "write <anna@example.com>"]
    unsaved = f'<c r="B{{0}}">{formula}</c>'
    text = '<c r="B{0}"><f>"bert@example.com"</f></c>'
    assert only(zipped(parts(table_of(unsaved, text)))).rows == [["N2", "anna@example.com"], ["N3", "bert@example.com"]]


def test_links_without_end_are_not_kept() -> None:
    """As many as Excel allows in one sheet: the cells behind the others show what they show."""
    many = SHEET_LINKS + 10
    data = linked(table_of(GOOD), *[("B2", "mailto:n2@example.com")] * many, ("A2", "mailto:x@example.com"))
    assert only(data).rows == [["N2", "n2@example.com"]]


# Where a cell is


def test_rows_and_cells_that_do_not_say_where_they_are_follow_the_one_before() -> None:
    """The attribute `r` is optional, for both."""
    unplaced = '<c t="inlineStr"><is><t>{}</t></is></c>'
    rows = (
        f"<row>{unplaced.format('a@example.com')}</row>"
        f'<row r="5">{inline("C5", "x")}{unplaced.format("y")}</row>'
        f"<row><c/>{unplaced.format('z')}</row>"
    )
    table = only(zipped(parts(sheet(rows))))
    assert trimmed(table.numbered) == [(1, ["a@example.com"]), (5, ["", "", "x", "y"]), (6, ["", "z"])]


def test_rows_that_are_there_but_empty_are_blank_lines() -> None:
    """Rows that are left out are no rows, nor do formatted cells without a value make one less blank."""
    rows = f'{ANNA}<row r="2"/><row r="3"><c r="A3" s="1"/><c r="B3" t="s"><v></v></c></row>'
    rows += '<row r="9"><c r="C9" t="s"><v>0</v></c></row>'
    assert only(zipped(parts(sheet(rows), strings=shared("<t></t>")))).numbered == [
        (1, ["anna@example.com"]),
        (2, []),
        (3, []),
        (9, []),
    ]


def test_a_row_ends_with_its_last_cell() -> None:
    """What a sheet leaves out is not made up, however wide the table: an address is empty then, not wrong."""
    rows = "".join(f'<row r="{n}">{inline(f"A{n}", "x")}{inline(f"B{n}", f"b{n}@example.com")}</row>' for n in (1, 2))
    table = only(zipped(parts(sheet(f'{rows}<row r="3">{inline("A3", "Carl")}</row>'))))
    assert table.rows[-1] == ["Carl"]
    assert table.faults == {}


def test_cells_out_of_order_land_where_they_say() -> None:
    """No writer does it, and nothing is lost when one does."""
    rows = f'<row r="1">{inline("C1", "x")}{inline("A1", "a@example.com")}</row>'
    assert only(zipped(parts(sheet(rows)))).rows == [["a@example.com", "", "x"]]


def test_a_workbook_with_cells_at_a1_and_xfd1048576_costs_nothing() -> None:
    """The largest sheet there can be, in two cells: one row is read, the far one is told of."""
    rows = f'{ANNA}<row r="1048576">{inline("XFD1048576", "far away")}</row>'
    table = only(zipped(parts(sheet(rows))))
    assert table.numbered == [(1, ["anna@example.com"]), (1_048_576, [])]
    assert table.faults == {1_048_576: "malformed_row"}


@pytest.mark.parametrize("place", ["row='0'", "row='1048577'", "row='x'", "row='-3'", "c='11'", "c='ABCD1'"])
def test_places_that_no_sheet_has_are_damage(place: str) -> None:
    """Rows beyond the last, columns without letters or with too many."""
    row = place[5:-1] if place.startswith("row") else "1"
    cell = place[3:-1] if place.startswith("c=") else "A1"
    assert refusal(zipped(parts(sheet(f'<row r="{row}">{inline(cell, "a@example.com")}</row>')))).code == "damaged"


# Limits


def faults(cells: str) -> dict[int, str]:
    rows = (
        f'{ANNA}<row r="2">{inline("A2", "b@example.com")}{cells}</row><row r="3">{inline("A3", "c@example.com")}</row>'
    )
    table = only(zipped(parts(sheet(rows)), zipfile.ZIP_STORED))
    assert table.lines == [1, 2, 3]
    assert table.rows[2][0] == "c@example.com"
    return table.faults


def test_a_row_beyond_a_limit_costs_itself_only() -> None:
    """A cell too long, a row too long, too many cells: the rows around it are read."""
    assert faults(inline("B2", "x" * FIELD_CHARS)) == {}
    assert faults(inline("B2", "x" * (FIELD_CHARS + 1))) == {2: "malformed_row"}
    assert faults(inline("B2", "x" * 20 * FIELD_CHARS)) == {2: "malformed_row"}
    assert faults(inline("B2", "x" * FIELD_CHARS) + inline("C2", "x" * (RECORD_CHARS - FIELD_CHARS))) == {
        2: "malformed_row"
    }
    assert faults("<c><v>1</v></c>" * (RECORD_CELLS - 1)) == {}
    assert faults("<c><v>1</v></c>" * RECORD_CELLS) == {2: "malformed_row"}


def test_a_fault_keeps_to_its_row_below_a_header() -> None:
    """The first row below the header is the one that is too wide."""
    rows = (
        f'<row r="1">{inline("A1", "email")}</row><row r="2">{inline("A2", "x@example.com")}{inline("XFD2", "x")}</row>'
    )
    assert only(zipped(parts(sheet(rows + ANNA.replace("1", "3"))))).faults == {2: "malformed_row"}


def test_columns_without_end_cost_one_row() -> None:
    """What lies beyond the limit is read past, not kept."""
    assert faults("<c><v>1</v></c>" * 200_000) == {2: "malformed_row"}


def test_a_shared_string_beyond_the_limit_costs_the_rows_that_use_it() -> None:
    """It is cut when it is spooled, and still longer than a cell may be."""
    rows = f'{ANNA}<row r="2">{inline("A2", "b@example.com")}<c r="B2" t="s"><v>0</v></c></row>'
    table = only(zipped(parts(sheet(rows), strings=shared(f"<t>{'x' * 5 * FIELD_CHARS}</t>"))))
    assert table.faults == {2: "malformed_row"}


def test_a_shared_string_without_end_is_not_kept_whole() -> None:
    """Plain or in runs: what is spooled of it is a little more than a cell may be."""
    for item in (f"<t>{'x' * 9 * FIELD_CHARS}</t>", "<r><t>12345678</t></r>" * FIELD_CHARS):
        with Scratch(Allowance()) as scratch:
            strings = read_shared_strings(pieces(shared(item).encode(), 16_384), scratch, Allowance())
            assert FIELD_CHARS < len(strings.text(0)) < 2 * FIELD_CHARS


def test_blocks_are_small_even_where_cells_are_large() -> None:
    """A text that every cell points to is long once in the file; whoever joins a column must not pay for all of it."""
    rows = "".join(f'<row r="{n}"><c t="s"><v>0</v></c></row>' for n in range(1, 400))
    with Scratch(Allowance()) as scratch:
        strings = SharedStrings(scratch)
        strings.add("x" * FIELD_CHARS)
        strings.finish()
        blocks = list(SheetRows(strings).read([sheet(rows).encode()], Allowance()))
    assert sum(len(block.rows) for block in blocks) == 399
    assert max(sum(len(row[0]) for row in block.rows) for block in blocks) <= 1_000_000 + FIELD_CHARS


ENTITIES = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
    '<worksheet><sheetData><row><c t="str"><v>&c;</v></c></row></sheetData></worksheet>'
)


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        (ENTITIES, "damaged"),
        ('<!DOCTYPE x SYSTEM "file:///etc/passwd"><worksheet/>', "damaged"),
        ("<!DOCTYPE worksheet><worksheet/>", "damaged"),
        ("<worksheet><sheetData>", "damaged"),
        ("<worksheet></sheetData>", "damaged"),
        ("", "damaged"),
        ("no xml at all", "damaged"),
        ('<?xml version="1.0" encoding="klingon"?><worksheet/>', "damaged"),
        ('<?xml version="1.0" encoding="shift_jis"?><worksheet/>', "damaged"),
        (f"<worksheet>{'<a>' * (XML_DEPTH + 1)}", "too_large"),
        (f"<worksheet>{''.join(f'<a{n}/>' for n in range(XML_NAMES + 1))}</worksheet>", "too_large"),
        ("<worksheet><a " + " ".join(f"a{n}=''" for n in range(XML_NAMES + 1)) + "/></worksheet>", "too_large"),
        (f'<worksheet a="{"x" * 2 * XML_TOKEN_BYTES}"/>', "too_large"),
        (f"<worksheet><!--{'x' * 2 * XML_TOKEN_BYTES}--></worksheet>", "too_large"),
        (f"<worksheet><{'x' * 2 * XML_TOKEN_BYTES}/></worksheet>", "too_large"),
        (f"<worksheet><?x {'x' * 2 * XML_TOKEN_BYTES}?></worksheet>", "too_large"),
    ],
    ids=[
        "entities", "external", "doctype", "cut", "unbalanced", "empty", "text", "unknown charset", "multibyte charset",
        "deep", "names of elements", "names of attributes", "attribute", "comment", "name", "instruction",
    ],
)  # fmt: skip
def test_xml_that_no_spreadsheet_program_writes_is_refused(xml: str, code: str) -> None:
    """Entities above all; then whatever expat would keep in memory without a limit."""
    assert refusal(zipped(parts(sheet(ANNA), xml), zipfile.ZIP_STORED)).code == code
    assert refusal(zipped(parts(sheet(ANNA), strings=xml), zipfile.ZIP_STORED)).code == code


def test_lists_of_parts_are_limited() -> None:
    """Thousands of relationships or sheets are no workbook."""
    made = parts(sheet(ANNA))
    made["xl/_rels/workbook.xml.rels"] = relationships(relationship("rId1", "worksheet", "x") * (PARTS + 1))
    assert refusal(zipped(made)).code == "too_large"
    made = parts(sheet(ANNA))
    made["xl/workbook.xml"] = str(made["xl/workbook.xml"]).replace("</sheets>", " " * 6_000_000 + "</sheets>")
    assert refusal(zipped(made, zipfile.ZIP_STORED)).code == "too_large"
    made = parts(sheet(ANNA))
    one = re.search("<sheet .*/>", str(made["xl/workbook.xml"]))
    assert one
    made["xl/workbook.xml"] = str(made["xl/workbook.xml"]).replace(one[0], one[0] * (SHEETS + 1))
    assert refusal(zipped(made)).code == "too_large"


def test_a_sheet_that_inflates_without_end_is_refused() -> None:
    """By what the zip says of it, before it is opened."""
    bomb = sheet("<row/>" * (INFLATE_FREE // 6 + 1))
    assert refusal(zipped(parts(bomb))).code == "too_large"


def test_cells_without_end_are_refused() -> None:
    """Their tags are counted over all parts: a sheet may stay below the ratio, and be pointed to many times."""
    data = zipped(parts(sheet(ANNA + "<row/>" * 500), sheet(ANNA + "<row/>" * 499)))
    assert counted_rows(data, Allowance(tags=1_200)) == 1_001
    with pytest.raises(SourceProblem) as problem:
        counted_rows(data, Allowance(tags=1_000))
    assert problem.value.code == "too_large"


@pytest.mark.parametrize("nothing", ['<c r="B2" s="7"/>', "<row/>", "<x/>", '<c t="s"><v>0</v></c>'])
def test_tags_that_lead_to_no_value_are_refused_sooner(nothing: str) -> None:
    """Cells that have a style and no text, and the like. As many tags around values are what a list is made of."""
    rows = nothing * 10_000 if nothing == "<row/>" else f"<row>{nothing * 10_000}</row>"
    data = zipped(parts(sheet(ANNA + rows), strings=shared("<t></t>")))
    with pytest.raises(SourceProblem) as problem:
        counted_rows(data, Allowance(idle_tags=9_000))
    assert problem.value.code == "too_large"
    honest = parts(sheet(ANNA * 4_000), strings=shared(*["<t>x</t>"] * 4_000))
    assert counted_rows(zipped(honest), Allowance(idle_tags=9_000)) == 4_000


def counted_rows(data: bytes, allowance: Allowance) -> int:
    tables = read_zip(pieces(data, 1000), Hints(), allowance, lambda *_: iter(()))
    return sum(len(block.rows) for table in tables for block in table.blocks)


def test_shared_strings_beyond_their_room_are_refused() -> None:
    """They are spooled to /tmp, which has an end."""
    with Scratch(Allowance(scratch=100_000)) as scratch, pytest.raises(SourceProblem) as problem:
        read_shared_strings([shared(*["<t>anna@example.com</t>"] * 10_000).encode()], scratch, Allowance())
    assert problem.value.code == "too_large"


# The judges


def judged(data: bytes) -> Any:
    """What calamine makes of it."""
    ran = subprocess.run([sys.executable, judges.__file__], input=data, capture_output=True, check=True)
    return json.loads(ran.stdout)


def plainly(value: Any) -> str:
    """A judge's value as this reader shows it."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value)


def trimmed(rows: list[tuple[int, list[str]]]) -> list[tuple[int, list[str]]]:
    """Without the empty cells at the end of a row, and without empty rows: the judges differ in those."""
    cut = [(line, row[: max((at for at, cell in enumerate(row, 1) if cell), default=0)]) for line, row in rows]
    return [(line, row) for line, row in cut if row]


def read_sheets(data: bytes) -> list[list[tuple[int, list[str]]]]:
    """All rows of all sheets, as they are before columns are looked for."""
    package = zipfile.ZipFile(io.BytesIO(data))
    names = [name for name in package.namelist() if name.startswith("xl/worksheets/sheet")]
    rows = []
    with Scratch(Allowance()) as scratch:
        strings = SharedStrings(scratch)
        if "xl/sharedStrings.xml" in package.namelist():
            strings = read_shared_strings([package.read("xl/sharedStrings.xml")], scratch, Allowance())
        for name in sorted(names):
            blocks = SheetRows(strings).read([package.read(name)], Allowance())
            found = [(line, list(row)) for block in blocks for line, row in zip(block.lines, block.rows, strict=True)]
            rows.append(trimmed(found))
    return rows


def by_openpyxl(data: bytes) -> list[list[tuple[int, list[str]]]]:
    book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    return [
        trimmed([(number, [plainly(cell) for cell in row]) for number, row in enumerate(sheet.values, 1)])
        for sheet in book.worksheets
    ]


def by_calamine(data: bytes) -> list[list[tuple[int, list[str]]]]:
    sheets = judged(data).values()
    return [trimmed([(number, [plainly(cell) for cell in row]) for number, row in rows]) for rows in sheets]


def awkward_workbook() -> bytes:
    """What people's workbooks hold, and what trips readers."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["B2"], sheet["C2"], sheet["E2"] = "E-Mail", "名字", "Zahl"
    for row in range(4, 60):
        sheet[f"B{row}"] = f"anna{row % 9}@example.com"
        sheet[f"C{row}"] = "安娜" if row % 2 else " Ünïcode & <tags> \n second line "
        sheet[f"E{row}"] = [row, row / 7, True, "00123", row * 1e9][row % 5]
    sheet["AB70"] = "far"
    sheet["B71"] = CellRichText("ri", TextBlock(InlineFont(b=True), "ch@"), "example.com")
    sheet.merge_cells("B80:D82")
    sheet["B80"] = "merged@example.com"
    other = book.create_sheet("Second")
    other.sheet_state = "hidden"
    other.append(["x" * 32_767, "end"])
    book.create_sheet("Third")
    return written(book)


def test_the_judges_agree_on_an_awkward_workbook() -> None:
    """The same cells in the same rows as openpyxl and calamine have them, for every sheet."""
    data = awkward_workbook()
    ours = read_sheets(data)
    assert ours == by_openpyxl(data)
    assert ours == by_calamine(data)
    assert len(ours[0]) == 60


def test_the_judges_agree_on_workbooks_made_by_hand() -> None:
    """Text results of formulas, inline strings, no places, strict namespaces, runs and phonetic readings."""
    strings = shared(
        "<t>a@example.com</t>", "<r><t>b@</t></r><r><t>example.com</t></r>", "<t>東</t><rPh><t>ト</t></rPh>"
    )
    rows = (
        '<row r="2"><c r="B2" t="s"><v>0</v></c><c r="D2" t="str"><f>A1</f><v>text</v></c></row>'
        '<row><c t="s"><v>1</v></c><c t="s"><v>2</v></c></row>'
        f'<row r="9">{inline("C9", "in line")}<c r="D9"><v>7</v></c></row>'
    )
    for office in (OFFICE, STRICT_OFFICE):
        made = parts(sheet(rows), strings=strings, office=office)
        made["xl/worksheets/sheet1.xml"] = made.pop("xl/worksheets/s1.xml")
        made["xl/_rels/workbook.xml.rels"] = str(made["xl/_rels/workbook.xml.rels"]).replace("s1.xml", "sheet1.xml")
        data = zipped(made)
        assert read_sheets(data) == by_calamine(data)


CELL = st.one_of(
    st.none(),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=12).filter(
        lambda t: not t.startswith(("=", "'"))
    ),
    st.integers(-(10**12), 10**12),
    st.booleans(),
    st.floats(-1e9, 1e9, allow_nan=False).map(lambda number: round(number, 4)),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(st.integers(1, 4), st.lists(CELL, max_size=6)), max_size=12), st.sampled_from([1, 7, 100_000])
)
def test_any_table_comes_back_as_it_was_written(table: list[tuple[int, list[Any]]], size: int) -> None:
    """Random cells at random rows, written by openpyxl: the same cells, the same row numbers, however it arrives."""
    book = openpyxl.Workbook()
    book.active.append(["anna@example.com"])
    expected, line = [(1, ["anna@example.com"])], 1
    for gap, cells in table:
        line += gap
        for column, value in enumerate(cells, 2):
            book.active.cell(line, column, value)
        if any(plainly(value) for value in cells):
            expected.append((line, ["", *map(plainly, cells)]))
    assert trimmed(only(written(book), size).numbered) == trimmed(expected)


@settings(max_examples=150, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 6))
def test_a_mutated_workbook_gives_tables_or_a_problem(pick: random.Random, changes: int) -> None:
    """Bytes of the zip, or of one of its parts, are changed: there is never another exception."""
    made = parts(sheet(ANNA * 3), strings=shared("<t>x</t>"))
    if pick.random() < 0.6:
        name = pick.choice(sorted(made))
        made[name] = mutated(str(made[name]).encode(), pick, changes)
    data = zipped(made, pick.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)))
    data = mutated(data, pick, changes) if pick.random() < 0.6 else data
    with suppress(SourceProblem):
        found(data, pick.choice((100, 100_000)))


def mutated(data: bytes, pick: random.Random, changes: int) -> bytes:
    altered = bytearray(data)
    for _ in range(changes):
        at = pick.randrange(len(altered) + 1)
        altered[at : at + pick.choice((0, 1, 1, 4))] = pick.choice(
            (b"", b"\0", b"\xff", b"<", b">", b"9", pick.randbytes(4))
        )
    return bytes(altered)


def test_dates_stay_the_numbers_they_are() -> None:
    """Known and accepted: what a date looks like is in the styles, which are not read."""
    assert only(people(["anna@example.com", datetime(2026, 11, 23)])).rows == [["anna@example.com", "46349"]]  # noqa: DTZ001 - cells have no zone


# Memory

_PEAK = """
import resource, sys
from handler.reading import read
from handler.reading.tables import Hints
from handler.reporting.words import in_english
from handler.said import Said
def chunks():
    with open(sys.argv[1], "rb") as file:
        while data := file.read(65536):
            yield data
def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
base, rows = peak(), 0
for table in read(chunks(), Hints()):
    for block in table.blocks:
        rows += len(block.rows)
print(rows, peak() - base)
"""


@pytest.mark.memory
def test_memory_does_not_grow_with_the_texts_of_a_workbook(tmp_path: Path) -> None:
    """60,000 rows with 120,000 different texts, 10 MB of them: read within 8 MB."""
    texts = (f"<t>anna{n}@example.com</t>" if n % 2 else f"<t>{n:0>150}</t>" for n in range(120_000))
    rows = "".join(
        f'<row r="{n + 1}"><c r="A{n + 1}" t="s"><v>{2 * n}</v></c><c r="B{n + 1}" t="s"><v>{2 * n + 1}</v></c></row>'
        for n in range(60_000)
    )
    path = tmp_path / "book.xlsx"
    path.write_bytes(zipped(parts(sheet(rows), strings=shared(*texts))))
    ran = subprocess.run([sys.executable, "-c", _PEAK, path], capture_output=True, check=True, text=True)
    read_rows, grown = map(int, ran.stdout.split())
    assert read_rows == 60_000
    assert grown < 8_000
