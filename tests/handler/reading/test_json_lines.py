from __future__ import annotations

import gzip
import json
import random
from contextlib import closing, suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handler.errors import SourceProblem
from handler.limits import FIELD_CHARS, JSON_DEPTH, RECORD_CELLS, RECORD_CHARS
from handler.planning.decision import Decision, Policy, decide
from handler.planning.lists import RowFiles
from handler.reading import read
from handler.reading.signatures import is_json
from handler.reading.tables import Hints
from handler.reporting.words import in_english
from tests.handler.reading.files import Found, found, refusal

ANNA = '{"name": "Anna", "email": "anna@example.com"}'
BERT = '{"email": "bert@example.com", "name": "Bert", "later": 1}'
ROWS = [["Anna", "anna@example.com"], ["Bert", "bert@example.com", "1"]]


def only(text: str | bytes, size: int = 50_000) -> Found:
    [table] = found(text.encode() if isinstance(text, str) else text, size)
    return table


@pytest.mark.parametrize("size", [1, 2, 3, 5, 64, 1_000_000])
@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (f"{ANNA}\n{BERT}\n", [1, 2]),
        (f"{ANNA}\r\n{BERT}", [1, 2]),
        (f"[{ANNA},{BERT}]", [1, 2]),
        (f"[{ANNA},\n\n {BERT}]\n", [1, 3]),
        (f"\n\n[\n  {ANNA},\n  {BERT}\n]\n\n", [4, 5]),
        (json.dumps([json.loads(ANNA), json.loads(BERT)], indent=2), [2, 6]),
        (f"{json.dumps(json.loads(ANNA), indent=1)}\n{json.dumps(json.loads(BERT), indent=1)}\n", [1, 5]),
        (f"[{ANNA}]\n[{BERT}]\n", [1, 2]),
        (f"\ufeff[{ANNA},{BERT}]", [1, 2]),
    ],
    ids=["lines", "CRLF", "array", "gap", "array on lines", "indented", "objects on lines", "two arrays", "BOM"],
)
def test_records_are_found_however_they_are_laid_out(text: str, lines: list[int], size: int) -> None:
    """Whole, byte by byte, with a tail: the same rows, and the lines on which they begin; on one line the numbers of
    the records."""
    table = only(text, size)
    assert table.rows == ROWS
    assert table.lines == lines
    assert table.columns == ("name", "email", "later")
    assert table.email_columns == (1,)
    assert (table.facts.format, table.facts.encoding, table.facts.delimiter) == ("json", "utf-8", None)
    assert (table.facts.header, table.facts.email_column, table.facts.compression) == (True, "email", None)


@pytest.mark.parametrize(
    "text",
    [
        '["anna@example.com", "bert@example.com"]',
        '[\n"anna@example.com"\n,"bert@example.com"]',
        '["anna@example.com"]\n["bert@example.com"]\n',
        '[["anna@example.com"], ["bert@example.com"]]',
    ],
    ids=["strings", "strings on lines", "a list on each line", "lists"],
)
def test_strings_and_lists_are_rows_without_a_header(text: str) -> None:
    """A string is a row of one cell, a list a row of several."""
    table = only(text)
    assert table.rows == [["anna@example.com"], ["bert@example.com"]]
    assert (table.facts.header, table.facts.email_column) == (False, "column 1")


def test_the_first_of_several_lists_may_be_the_header() -> None:
    """As in a table: what stands above the addresses."""
    table = only('[["Name", "E-Mail"], ["Anna", "anna@example.com"]]')
    assert table.rows == [["Anna", "anna@example.com"]]
    assert table.columns == ("Name", "E-Mail")


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("null", ""),
        ("true", "true"),
        ("12", "12"),
        ("12345678901234567890123", "12345678901234567890123"),
        ("1.5", "1.5"),
        ('"12"', "12"),
        ('"a\\n\\"b\\" \\u540d \\ud83d\\ude00"', 'a\n"b" 名 😀'),
        ('[1, {"b": "é"}]', '[1, {"b": "é"}]'),
        ("{}", ""),
        ("[]", ""),
        ('["a"]', "a"),
        ('["a", "b"]', '["a", "b"]'),
        ('"}, {"', "}, {"),
        ('"\\\\"', "\\"),
        ('"[[[[{{{{"', "[[[[{{{{"),
        ('"a\\u0000b"', "ab"),
        ('"a\\\\u0000b"', "a\\u0000b"),
    ],
)
@pytest.mark.parametrize("form", ["{}\n{}", "[{},\n{}]"], ids=["lines", "array"])
def test_values_become_cells(form: str, value: str, cell: str) -> None:
    """Plain ones as they are, nested ones as JSON; brackets and quotes inside strings end nothing."""
    record = f'{{"email": "anna@example.com", "x": {value}}}'
    assert only(form.format(record, ANNA)).rows == [["anna@example.com", cell], ["anna@example.com", "", "Anna"]]


def test_columns_are_the_keys_of_the_first_records() -> None:
    """In the order in which they come up; a key that comes up later than that has no column."""
    records = [{"email": f"a{n}@example.com", f"k{n // 60}": n} for n in range(1200)]
    table = only("\n".join(map(json.dumps, records)))
    assert table.columns[:3] == ("email", "k0", "k1")
    assert table.columns[-1] != "k19"
    assert len(table.rows) == 1200
    assert table.rows[-1][0] == "a1199@example.com"


def test_keys_are_found_again_without_their_nuls() -> None:
    """`csv` of Python 3.10 writes none, and no value is to be lost for it."""
    table = only('{"email": "anna@example.com", "\\u0000": "x", "na\\u0000me": "Anna"}')
    assert table.columns == ("email", "", "name")
    assert table.rows == [["anna@example.com", "x", "Anna"]]


def test_the_keys_of_objects_inside_are_columns_too() -> None:
    """As exports of nested records have them."""
    table = only(
        '{"id": 1, "user": {"name": "Anna", "contact": {"email": "anna@example.com"}}, "plan": "x"}\n'
        '{"plan": {"name": "y"}, "user": {"contact": {"email": "bert@example.com"}}}\n'
        '{"user": "nobody"}\n'
    )
    assert table.columns == ("id", "user.name", "user.contact.email", "plan", "plan.name", "user")
    assert table.email_columns == (2,)
    assert table.rows == [
        ["1", "Anna", "anna@example.com", "x"],
        ["", "", "bert@example.com", "", "y"],
        ["", "", "", "", "", "nobody"],
    ]


def test_long_keys_around_many_are_not_put_before_each() -> None:
    """A record of 20 KB would become one of 20 MB."""
    inside = {f"k{n}": n for n in range(2_000)}
    table = only(json.dumps({"email": "anna@example.com", "x" * 10_000: inside}))
    assert len(table.columns) == 2
    assert table.rows == [["anna@example.com", json.dumps(inside)]]


def test_keys_that_are_no_words_are_still_keys() -> None:
    """The keys are the header, whatever they look like."""
    table = only('[{"1": "Anna", "2": "anna@example.com"}, {"1": "Bert", "2": "bert@example.com"}]')
    assert table.rows == [["Anna", "anna@example.com"], ["Bert", "bert@example.com"]]
    assert table.email_columns == (1,)


@pytest.mark.parametrize("size", [1, 10, 100_000])
@pytest.mark.parametrize(
    "bad",
    [
        '{"email": "x@example.com"',
        '{"email": }',
        "{email: 1}",
        '{"email": "x@exam',
        "oops",
        "]",
        '{"email": "x"}}',
        "'",
    ],
)
def test_a_bad_line_costs_its_own_row(bad: str, size: int) -> None:
    """Whatever is wrong with it, its neighbours are read."""
    table = only(f"{ANNA}\n{bad}\n{ANNA}\n", size)
    assert table.faults == {2: "malformed_row"}
    assert [table.rows[0], table.rows[2]] == [["Anna", "anna@example.com"]] * 2
    assert table.lines == [1, 2, 3]


def test_a_bad_record_in_an_array_costs_its_own_row() -> None:
    """As long as its brackets and quotes are balanced."""
    table = only(f'[{ANNA},\n{{"email": oops}},\n{ANNA}]')
    assert table.faults == {2: "malformed_row"}
    assert len(table.rows) == 3


def test_blank_lines_are_blank_rows() -> None:
    """As in any other list of lines; null is a record without cells, too."""
    table = only(f"{ANNA}\n\n{ANNA}\nnull\n")
    assert table.lines == [1, 2, 3, 4]
    assert [bool(row) for row in table.rows] == [True, False, True, False]


def test_a_byte_that_does_not_decode_costs_its_cell() -> None:
    """A note or a name is no reason to lose an address; nor is half of an escaped character, or a key."""
    names = '{"name": "Zoë é à ü", "email": "zoe@example.com"}\n' * 9
    broken = '{"name": "B\xff", "email": "b@example.com"}\n'.encode("latin-1")
    half = '{"name": "\\ud83d", "email": "c@example.com"}\n'
    key = '{"n\xff": "D", "email": "d@example.com"}\n'.encode("latin-1")
    table = only(names.encode() + broken + half.encode() + key + ANNA.encode())
    assert table.rows[9:11] == [["B\ufffd", "b@example.com"], ["\ufffd", "c@example.com"]]
    assert table.rows[11][1:2] == ["d@example.com"]
    assert table.rows[12] == ["Anna", "anna@example.com"]
    assert table.faults == {}


def test_an_address_that_does_not_decode_costs_its_row() -> None:
    """And no other."""
    names = '{"name": "Zoë é à ü", "email": "zoe@example.com"}\n' * 9
    broken = '{"email": "b\xff@example.com"}\n'.encode("latin-1") + b'{"email": "\\ud83dc@example.com"}\n'
    assert only(names.encode() + broken).faults == {10: "undecodable", 11: "undecodable"}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"])
def test_other_charsets_are_read(encoding: str) -> None:
    """What PowerShell writes is UTF-16."""
    table = only(f"[{ANNA},\n{BERT}]".encode(encoding), 7)
    assert table.rows == ROWS
    assert table.lines == [1, 2]


def test_a_named_charset_is_believed() -> None:
    """`x-cos-meta-encoding` decides, here as for CSV."""
    data = '[{"名": "安娜", "email": "anna@example.com"}]'.encode("gb18030")
    assert found(data, hints=Hints(encoding="gb18030"))[0].rows == [["安娜", "anna@example.com"]]


def test_packed_json_is_read() -> None:
    """What is inside decides."""
    table = only(gzip.compress(f"[{ANNA},{BERT}]".encode()))
    assert table.rows == ROWS
    assert table.facts.compression == "gzip"


@pytest.mark.parametrize(
    "text", ["[Spring list]\nanna@example.com\n", '"email"\n"anna@example.com"\n', "{anna@example.com}\n"]
)
def test_what_only_begins_like_json_is_text(text: str) -> None:
    """A title in brackets, a quoted list."""
    assert not is_json(text.encode())
    assert only(text).facts.format != "json"


@pytest.mark.parametrize("text", ["[]", "[ ]\n", "[[]]", "{}"])
def test_json_without_records_has_no_addresses(text: str) -> None:
    """Nothing to read, or nothing in it."""
    assert refusal(text.encode()).code in {"empty_file", "no_email_column"}


def test_json_without_addresses_is_refused() -> None:
    """And the owner's column is looked for by its key."""
    assert refusal(b'[{"a": 1}, {"a": 2}]').code == "no_email_column"
    data = f"[{ANNA}]".encode()
    assert found(data, hints=Hints(email_column="name"))[0].email_columns == (0,)
    assert refusal(data, hints=Hints(email_column="mail2")).code == "no_email_column"


# Where the list is

EMAILS = [["anna@example.com"], ["bert@example.com"], ["carl@example.com"]]


def people(*names: str) -> list[dict[str, str]]:
    return [{"email": f"{name}@example.com"} for name in names]


@pytest.mark.parametrize("size", [1, 3, 64, 1_000_000])
@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize(
    ("document", "records"),
    [
        ({"count": 3, "contacts": people("anna", "bert", "carl"), "next": None}, "contacts"),
        ({"owner": "boss@example.org", "contacts": people("anna", "bert", "carl")}, "contacts"),
        ({"a": {"b": [1, "]"], "c": {"list": people("anna", "bert", "carl")}}, "z": "{"}, "a.c.list"),
        ({"list": {"list": people("anna", "bert", "carl")}, "x": {"list": [{"n": 1}]}}, "list.list"),
        ({"emails": ["anna@example.com", "bert@example.com", "carl@example.com"]}, "emails"),
        ({"lists": [["anna@example.com"], ["bert@example.com"], ["carl@example.com"]]}, "lists"),
        ({"2025": people("anna", "bert"), "2026": people("carl"), "years": ["2025", "2026"]}, "*"),
        ({"users": people("anna", "bert", "carl"), "admins": [{"mail": "root@example.org"}]}, "users"),
        ({"admins": [{"mail": "root@example.org"}], "users": people("anna", "bert", "carl")}, "users"),
        ([{"type": "header"}, {"type": "table", "data": people("anna", "bert", "carl") * 2}], "*.data"),
        ({'q"uo\\te': people("anna", "bert", "carl")}, 'q"uo\\te'),
        ({"boss@example.org": people("anna", "bert", "carl")}, "…"),
    ],
    ids=[
        "wrapped",
        "an owner",
        "deep",
        "twice",
        "strings",
        "lists",
        "by year",
        "admins",
        "last",
        "SQL",
        "quotes",
        "address",
    ],
)
def test_a_list_is_found_wherever_it_is(document: Any, records: str, indent: int | None, size: int) -> None:
    """What the objects around it say of themselves is no part of it, an address of theirs included."""
    table = only(json.dumps(document, indent=indent), size)
    found = [[row[table.email_columns[0]]] for row in table.rows]
    assert found == EMAILS * (2 if records == "*.data" else 1)
    assert table.facts.records == records


@pytest.mark.parametrize("size", [1, 64, 1_000_000])
@pytest.mark.parametrize(
    ("document", "column", "records"),
    [
        ({"hits": {"total": 2, "hits": [{"_id": n, "_source": p} for n, p in enumerate(people("anna", "bert"))]}},
         "_source.email", "hits.hits"),
        ({"type": "FeatureCollection", "features": [{"geometry": {"coordinates": [1.0, 2.0]}, "properties": p}
                                                    for p in people("anna", "bert")]}, "properties.email", "features"),
        ({"users": dict(zip(("-Nx0", "-Nx1"), people("anna", "bert"), strict=True)), "settings": {"dark": True}},
         "email", "users"),
        ({"data": {"users": {"edges": [{"node": p} for p in people("anna", "bert")]}}}, "node.email",
         "data.users.edges"),
        ({"@odata.context": "https://example.org/$metadata#users", "value": people("anna", "bert")}, "email", "value"),
        (dict(zip(("u1", "u2"), people("anna", "bert"), strict=True)), "email", None),
        ({"u1": {"email": "anna@example.com", "boss": {"email": "boss@example.org"}},
          "u2": {"email": "bert@example.com"}, "version": 2, "owner": "boss@example.org"}, "email", None),
        ({"anna@example.com": {"name": "Anna"}, "bert@example.com": {"name": "Bert"}}, "key", None),
        ({"anna@example.com": "Anna", "bert@example.com": None}, "key", None),
        ({"Anna": "anna@example.com", "Bert": "bert@example.com"}, "value", None),
    ],
    ids=["Elasticsearch", "GeoJSON", "Firebase", "GraphQL", "OData", "ids", "bosses", "addresses", "addresses alone",
         "names"],
)  # fmt: skip
def test_the_exports_of_services_are_read(document: Any, column: str, records: str | None, size: int) -> None:
    """Lists in their wrappers, objects that are lists, keyed by id, by address or by name."""
    table = only(json.dumps(document), size)
    assert [row[table.email_columns[0]] for row in table.rows] == ["anna@example.com", "bert@example.com"]
    assert (table.facts.email_column, table.facts.records) == (column, records)


@pytest.mark.parametrize(
    "document",
    [
        {"email": "anna@example.com", "manager": {"email": "boss@example.org"}},
        {"email": "anna@example.com", "boss": "boss@example.org"},
        {"email": "anna@example.com", "orders": [{"id": 1}, {"id": 2}], "address": {"city": "Rome"}},
    ],
)
def test_one_record_is_no_list(document: Any) -> None:
    """Nor is what it says of others."""
    for text in (json.dumps(document), json.dumps(document, indent=1)):
        table = only(text)
        assert [row[0] for row in table.rows] == ["anna@example.com"]
        assert (table.email_columns, table.facts.records) == ((0,), None)


@pytest.mark.parametrize("contacts", [[], [{"name": "Anna"}]])
def test_the_address_of_a_wrapper_is_not_the_list(contacts: Any) -> None:
    """Not even where the list has none."""
    document = {"owner": "boss@example.org", "admin_email": "boss@example.org", "contacts": contacts}
    assert refusal(json.dumps(document).encode()).code in {"empty_file", "no_email_column"}


@pytest.mark.parametrize("bad", ['{"email": oops}', '{"email": "x@example.com" 1}', ""])
def test_a_bad_record_in_a_wrapped_list_costs_its_own_row(bad: str) -> None:
    """Among the first ones, too, by which the list is found. A comma too many costs none."""
    records = [json.dumps(one) for one in people("anna", "bert")]
    table = only(f'{{"contacts": [{records[0]},\n{bad},\n{records[1]}]}}')
    assert [table.rows[0], table.rows[-1]] == [["anna@example.com"], ["bert@example.com"]]
    assert table.faults == ({2: "malformed_row"} if bad else {})


def test_lines_are_those_of_the_file() -> None:
    """What lies around the list is counted, too."""
    text = json.dumps({"meta": {"a": [1, 2]}, "contacts": people("anna", "bert"), "end": [1]}, indent=1)
    where = [number for number, line in enumerate(text.split("\n"), 1) if "email" in line]
    assert only(text, 5).lines == [number - 1 for number in where]


def test_a_wrapped_list_is_read_piece_by_piece() -> None:
    """However long it is, and however long what stands before it; a bad record costs its own row."""
    records = [json.dumps({"email": f"a{n}@example.com"}) for n in range(20_000)]
    records[15_000] = '{"email": oops}'
    text = f'{{"note": "{"x" * 200_000}", "people": [{", ".join(records)}], "more": [{"1, " * 99_999}1]}}'
    table = only(text)
    assert len(table.rows) == 20_000
    assert table.rows[-1] == ["a19999@example.com"]
    assert table.faults == {15_001: "malformed_row"}
    assert table.facts.records == "people"


@pytest.mark.parametrize("size", [1, 100_000])
@pytest.mark.parametrize("cut", [1, 2, 30])
def test_a_wrapped_list_that_does_not_end_is_damaged(cut: int, size: int) -> None:
    """As an array is."""
    text = json.dumps({"contacts": people("anna", "bert"), "total": 2})
    assert refusal(text[:-cut].encode(), size).code == "damaged"
    assert refusal(f"{text}}}".encode(), size).code in {"damaged", "no_email_column"}


@pytest.mark.parametrize(
    ("emails", "cell"),
    [
        ([{"address": "anna@example.com", "verified": True}], "anna@example.com"),
        ([{"address": "anna@example.com"}, {"address": "a2@example.com"}], "anna@example.com, a2@example.com"),
        (["anna@example.com"], "anna@example.com"),
        (["anna@example.com", "a2@example.com"], '["anna@example.com", "a2@example.com"]'),
        ([], ""),
    ],
)
def test_several_addresses_of_a_record_are_one_cell(emails: Any, cell: str) -> None:
    """As Meteor, SCIM or the People API write them: the cell is taken apart later."""
    records = [{"id": 1, "emails": emails}, {"id": 2, "emails": emails or ["bert@example.com"]}]
    table = only("\n".join(map(json.dumps, records)))
    assert [*table.rows[0], ""][table.email_columns[0]] == cell


def test_every_address_counts_in_lists_without_headings() -> None:
    """Nothing says that one of them is somebody else's."""
    assert only('[["a@example.com", "b@example.com"], ["c@example.com"]]').rows == [
        ["a@example.com, b@example.com"],
        ["c@example.com"],
    ]


# Several records on one line


@pytest.mark.parametrize("size", [1, 10, 100_000])
@pytest.mark.parametrize("between", ["", " ", ", ", ";", "\x1e"])
@pytest.mark.parametrize("end", ["", ",", "\n", "\n\n"])
def test_records_may_stand_on_one_line(end: str, between: str, size: int) -> None:
    """One behind the other, or each with a comma; with RS as RFC 7464 has it."""
    first = between.join((ANNA, BERT))
    rows = [*ROWS, ["Anna", "anna@example.com"]]
    table = only(f"{first}\n{ANNA}{end}", size)
    assert [row for row in table.rows if row] == rows
    assert (table.lines[:3], table.faults) == ([1, 1, 2], {})
    assert only(f"\x1e{ANNA}\n\x1e{BERT}\n", size).rows == ROWS
    assert only('["anna@example.com"]["bert@example.com"]\n["carl@example.com"]', size).rows == EMAILS


def test_one_line_of_records_may_be_longer_than_any_line() -> None:
    """There is no line end to wait for."""
    record = '{"email": "a%d@example.com", "note": "' + "x" * 200 + '"}'
    count = RECORD_CHARS // 200
    table = only("".join(record % number for number in range(count)))
    assert (len(table.rows), table.faults, {*table.lines}) == (count, {}, {*range(1, count + 1)})


@pytest.mark.parametrize(
    ("line", "faults", "lost"),
    [
        (f'{ANNA}{{"email": oops "x@example.com"}}', 1, 1),
        (f"{ANNA} and x@example.com", 1, 2),
        ('{"email": "x@example.com",}', 1, 1),
        ('{"email": "x@exam', 1, 0),
    ],
)
def test_addresses_in_what_cannot_be_read_are_counted(line: str, faults: int, lost: int) -> None:
    """The row has no cells in which they could be shown."""
    [table] = read([f"{BERT}\n{line}\n".encode()], Hints())
    blocks = [*table.blocks]
    assert sum(len(block.faults) for block in blocks) == faults
    assert [said.fields["number"] for said in table.warnings()] == ([lost] if lost else [])


def test_a_long_word_with_an_at_sign_is_looked_at_once() -> None:
    """Not once from each of its characters on."""
    long = json.dumps({"name": "x" * (FIELD_CHARS + 1), "email": "x@example.com"})
    assert only(f"{ANNA}\n{long}\n").faults == {2: "malformed_row"}


# Objects that are records, and lists of people who said no


@pytest.mark.parametrize("form", ["array", "wrapped", "attributes", "one", "alone"])
@pytest.mark.parametrize(
    ("own", "other"),
    [
        ("user", "manager"),
        ("contact", "emergency"),
        ("employee", "supervisor"),
        ("customer", "seller"),
    ],
)
@pytest.mark.parametrize("plain", [False, True])
def test_objects_in_a_record_are_columns(own: str, other: str, form: str, *, plain: bool) -> None:
    """As they are in a record that stands alone on its line: nobody else's address is a row."""
    records: list[Any] = [
        {own: name if plain else {"email": name}, other: "boss@example.org" if plain else {"email": "boss@example.org"}}
        for name in ("anna@example.com", "bert@example.com")
    ]
    if form in {"one", "alone"}:
        records = records[:1]
    document = {
        "array": records,
        "wrapped": {"results": records},
        "attributes": [{"id": 1, "attributes": record} for record in records],
        "one": records,
        "alone": records[0],
    }[form]
    table = only(json.dumps(document))
    found = [row[table.email_columns[0]] for row in table.rows]
    assert found == ["anna@example.com", "bert@example.com"][: len(records)]
    assert not any("boss@example.org" in row[at] for row in table.rows for at in table.email_columns)


@pytest.mark.parametrize(
    "document",
    [
        [{"u1": {"email": "anna@example.com"}, "u2": {"email": "bert@example.com"}}],
        [{"page": 1, "users": {"a1": {"email": "anna@example.com"}}}, {"page": 2, "users": {"b1": people("bert")[0]}}],
        {"employee anna": {"email": "anna@example.com"}, "employee bert": {"email": "bert@example.com"}},
        [
            {"email": "anna@example.com", "friends": people(*"uvwx")},
            {"email": "bert@example.com", "friends": people("y")},
        ],
        [{"to": people("anna"), "from": "x@example.org"}, {"to": people("bert"), "from": "x@example.org"}],
    ],
)
def test_what_is_a_list_all_the_same(document: Any) -> None:
    """Objects keyed by id; records that have lists of others."""
    table = only(json.dumps(document))
    assert [row[table.email_columns[0]] for row in table.rows] == ["anna@example.com", "bert@example.com"]


@pytest.mark.parametrize("size", [1, 7, 100_000])
@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize(
    ("document", "records", "noes"),
    [
        ({"subscribers": people("anna"), "unsubscribed": people("bert")}, "subscribers", ["bert"]),
        ({"unsubscribed": people(*"uvwxyz"), "subscribers": people("anna")}, "subscribers", [*"uvwxyz"]),
        ({"subscribed": ["anna@example.com"], "bounced": ["bert@example.com"]}, "subscribed", ["bert"]),
        ({"vip": people("anna"), "blacklist": [{"Address": "Bert <bert@example.com>"}]}, "vip", ["bert"]),
        ({"订阅": people("anna"), "退订": people("bert"), "黑名单": ["carl@example.com"]}, "订阅", ["bert", "carl"]),
        ({"active": {"u1": people("anna")[0]}, "optedOut": {"u2": people("bert")[0]}}, "active", ["bert"]),
        ({"users": {"anna@example.com": {}}, "spam complaints": {"bert@example.com": {}}}, "users", ["bert"]),
        (
            {"audience": {"members": people("anna")}, "suppressions": {"manual": people("bert"), "x": people("carl")}},
            "audience.members",
            ["bert", "carl"],
        ),
        ({"2025": people("anna"), "2026": [], "bounced": people("bert")}, "2025", ["bert"]),
    ],
)
def test_lists_of_people_who_said_no_come_behind_the_list(
    document: Any, records: str, noes: list[str], indent: int | None, size: int
) -> None:
    """Whatever they look like and wherever they are: they are a table of their own, which sends to nobody."""
    table, other = found(json.dumps(document, indent=indent, ensure_ascii=size == 7).encode(), size)
    assert ([row[table.email_columns[0]] for row in table.rows], table.facts.records) == (["anna@example.com"], records)
    assert other.rows == [[f"{name}@example.com"] for name in noes]


@pytest.mark.parametrize("many", [2, 9])
@pytest.mark.parametrize("key", ["status", "name", "list"])
def test_a_group_may_say_that_its_people_want_no_mail(key: str, many: int) -> None:
    """It is a record then, however many are in it, and so are those beside it."""
    groups = [
        {key: "Newsletter", "members": [{"email": f"a{n}@example.com"} for n in range(many)]},
        {key: "Unsubscribed", "members": [{"email": f"b{n}@example.com"} for n in range(many)]},
    ]
    for document in (groups, {"lists": groups}, {"lists": [groups[0]] * 30 + [groups[1]]}):
        assert sorted(decided(document).addresses) == [f"a{n}@example.com" for n in range(many)]
    alone = decided(groups[1]).refusal
    assert alone
    assert alone.code == "no_consent"


def decided(document: Any) -> Decision:
    text = json.dumps(document, indent=0)
    with closing(RowFiles(in_english)) as rows:
        return decide(read([text.encode()], Hints()), set(), 100, Policy(), rows)


def test_whoever_said_no_is_sent_nothing() -> None:
    """Standing in both lists, or in a list of nobody else; on the line where the address stands."""
    both = decided({"subscribers": people("anna", "bert"), "unsubscribed": people("bert", "carl")})
    assert (tuple(both.addresses), both.counts.no_consent, both.warnings) == (("anna@example.com",), 3, ())
    alone = decided({"unsubscribed": people("bert"), "bounces": people("carl")})
    assert alone.refusal
    assert (alone.refusal.code, alone.counts.no_consent) == ("no_consent", 2)
    table, other = found(json.dumps({"list": people("anna"), "bounces": people("bert")}, indent=0).encode())
    assert (table.lines, other.lines) == ([3], [9])


# Limits


@pytest.mark.parametrize("size", [1, 9, 100_000])
@pytest.mark.parametrize(
    "text", [f"[{ANNA}", f"[{ANNA},", f'[{ANNA},{{"a": "', f"[{ANNA}]]", f"[{ANNA}] and more", '{"a":\n "b",\n']
)
def test_an_array_that_does_not_end_as_it_should_is_damaged(text: str, size: int) -> None:
    """What was read so far is not taken for the whole."""
    assert refusal(text.encode(), size).code == "damaged"


def test_deep_json_is_never_followed_down() -> None:
    """A line costs itself; an array that goes so deep has no records. Python's decoder would raise RecursionError."""
    fits, deep = ("[" * depth + "]" * depth for depth in (JSON_DEPTH - 1, 100_000))
    lines = f'{ANNA}\n{{"email": "x@example.com", "x": {deep}}}\n{{"email": "y@example.com", "x": {fits}}}\n'
    assert only(lines).faults == {2: "malformed_row"}
    assert refusal(f'[{{"email": "x@example.com", "x": {deep}}}]'.encode()).code == "too_large"
    assert refusal(b"[" * 3_000_000).code == "too_large"
    assert refusal(b'{"a":' * 600_000).code in {"no_email_column", "too_large"}


def test_a_record_without_end_costs_its_line_or_the_array() -> None:
    """A line ends somewhere and the rest is read; in an array, where the next record would begin is anybody's guess."""
    long = '{"email": "x@example.com", "x": "' + "x" * 3 * RECORD_CHARS + '"}'
    table = only(f"{ANNA}\n{long}\n{ANNA}\n")
    assert table.faults == {2: "malformed_row"}
    assert table.lines == [1, 2, 3]
    assert refusal(f"[{ANNA},{long}]".encode()).code == "too_large"
    assert refusal(f"[{ANNA},".encode() + b" " * 3 * RECORD_CHARS + b"]").code == "too_large"


def test_cells_beyond_the_limits_cost_their_row() -> None:
    """One that is too long, and too many of them."""
    long = json.dumps({"name": "x" * (FIELD_CHARS + 1), "email": "x@example.com"})
    assert only(f"{ANNA}\n{long}\n").faults == {2: "malformed_row"}
    wide = json.dumps(["x@example.com"] * (RECORD_CELLS + 1))
    assert only(f'["anna@example.com"]\n{wide}\n').faults == {2: "malformed_row"}


def test_keys_without_end_are_cut_off() -> None:
    """No table is wider than a record may be."""
    record = json.dumps({"email": "x@example.com"} | {f"k{n}": n for n in range(RECORD_CELLS + 10)})
    assert len(only(f"[{record}]").columns) == RECORD_CELLS


# Any input

CHARACTERS = st.characters(codec="utf-8", exclude_characters="\0")
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-99, 10**25)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(CHARACTERS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(CHARACTERS, max_size=3), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        VALUES.filter(lambda value: not (value and isinstance(value, dict)) and "@" not in str(value)), max_size=5
    ),
    st.sampled_from([None, 1]),
    st.booleans(),
    st.sampled_from([1, 11, 100_000]),
)
def test_any_records_come_back(values: list[Any], indent: int | None, plain: bool, size: int) -> None:
    """As an array or as lines, indented or not, escaped or not, however it arrives."""
    records = [{"email": "anna@example.com", "x": value} for value in values]
    text = json.dumps([{"email": "a@example.com"}, *records], indent=indent, ensure_ascii=plain)
    lines = "\n".join(json.dumps(record, ensure_ascii=plain) for record in [{"email": "a@example.com"}, *records])
    for made in (text, lines):
        cells = [row[1] for row in only(made, size).rows[1:] if len(row) > 1]
        assert cells == [cell(value) for value in values]


def cell(value: Any) -> str:
    match value:
        case None | [] | {}:
            return ""
        case str() as text:
            return text
        case [str() as text]:
            return text
    return json.dumps(value, ensure_ascii=False)


@settings(max_examples=300, deadline=None)
@given(st.randoms(use_true_random=False), st.sampled_from([1, 13, 100_000]))
def test_any_json_like_text_gives_rows_or_a_problem(pick: random.Random, size: int) -> None:
    """Tokens at random: there is never another exception."""
    tokens = [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        '"',
        '"email"',
        '"a@example.com"',
        "\\",
        "\n",
        " ",
        "1",
        "null",
        ANNA,
        "\ud83d",
    ]
    text = pick.choice(("[{", '{"', '["')) + "".join(pick.choices(tokens, k=pick.randrange(40)))
    with suppress(SourceProblem):
        found(text.encode("utf-8", "surrogatepass"), size)
