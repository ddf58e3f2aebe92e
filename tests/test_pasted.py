"""Lists as people paste them: who is sent to, and what is suggested for the others. Nothing glued to an address is
either."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import closing

import pytest

from handler.planning.decision import Decision, Policy, decide
from handler.planning.lists import RowFiles
from handler.reading import read
from handler.reading.tables import Hints
from handler.reporting.words import in_english

ABC = ["ada@example.com", "ben@example.com", "cyd@example.com"]


def decided(text: str) -> tuple[Decision, list[str]]:
    with closing(RowFiles(in_english)) as rows:
        decision = decide(read(iter([text.encode()]), Hints()), set(), 50_000, Policy(), rows)
        return decision, [*suggestions(rows)]


def suggestions(rows: RowFiles) -> Iterator[str]:
    if "rejected" in rows.files:
        lines = b"".join(rows.files["rejected"].chunks()).decode("utf-8-sig").splitlines(keepends=True)
        heading, *records = csv.reader(lines)
        yield from (record[heading.index("suggestion")] for record in records)


def each(form: str) -> str:
    """A line for each of them, `{}` being the address and `{n}` its number."""
    return "".join(form.format(address, n=n) + "\n" for n, address in enumerate(ABC, start=1))


ALL_THREE = {
    "names in turns below a title": "Members\n" + each("Zoe Doe\n{}"),
    "names in turns, one without an address": each("Ada Doe\n{}") + "Zoe\n",
    "names and telephones in turns": "Ada\n+49 30 12\nada@example.com\nBen\nben@example.com\nCyd\ncyd@example.com\n",
    "boxes": "[x] ada@example.com\n[ ] ben@example.com\n- [x] cyd@example.com\n",
    "an empty box first": "[ ] ada@example.com\n[x] ben@example.com\n[ ] cyd@example.com\n",
    "boxes without a space": "[ ]ada@example.com\n[x]ben@example.com\n[ ]cyd@example.com\n",
    "numbers, glued": each("{n}.{}"),
    "numbers with hyphens, glued": each("00{n}-{}"),
    "hyphens, glued": each("-{}"),
    "stars, glued": each("*{}"),
    "different marks, glued": "*ada@example.com\n·ben@example.com\n-cyd@example.com\n",
    "Chinese numbers": "1、ada@example.com\n（2）ben@example.com\n③cyd@example.com\n",
    "quoted mail": each(">{}"),
    "keys": each("email={}"),
    "form data": each("name=Ada&email={}"),
    "form data with more behind": each("email={}&name=Ada"),
    "a setting": "TO=ada@example.com,ben@example.com,cyd@example.com\n",
    "settings of several names": "ADMIN=ada@example.com\nSUPPORT=ben@example.com\nBOSS=cyd@example.com\n",
    "bullets below a heading": "Emails\n" + each("  * {}"),
    "numbers below a heading": "Emails\n" + each("  {n}. {}"),
    "glued numbers below a heading": "Email\n" + each("{n}.{}"),
    "glued hyphens below a heading": "Email\n" + each("-{}"),
    "glued numbers in a table": each("{n}.{},Ada {n},Oslo"),
    "glued hyphens in a table": "Email;Name\n" + each("-{};Ada {n}"),
    "glued numbers and a name": each("{n}.Ada Ames <{}>"),
    "hash signs on all": each("#Ada {}"),
    "an Outlook copy": "; ".join(f"{address} <mailto:{address}>" for address in ABC),
    "an Outlook copy, glued": " ".join(f"{address}<mailto:{address}>" for address in ABC),
    "an Outlook copy on lines": each("{0}<mailto:{0}>"),
    "one line of names and addresses": "Ada,ada@example.com,Ben,ben@example.com,Cyd,cyd@example.com\n",
    "the same with semicolons": "Ada;ada@example.com;Ben;ben@example.com;Cyd;cyd@example.com",
    "the same with tabs": "Ada\tada@example.com\tBen\tben@example.com\tCyd\tcyd@example.com\n",
    "the same on uneven lines": "Ada,ada@example.com,Ben,ben@example.com\nCyd,cyd@example.com\n",
    "bars between addresses": "ada@example.com | ben@example.com | cyd@example.com\n",
    "SQL values": "INSERT INTO `t` VALUES (1,'Ada','ada@example.com','x'),(2,'Ben','ben@example.com','x'),"
    "(3,'Cyd','cyd@example.com','x');\n",
    "an SQL list": "('ada@example.com','ben@example.com',\n'cyd@example.com')\n",
    "a Python list": "['ada@example.com', 'ben@example.com', 'cyd@example.com']\n",
    "a Python list on lines": "[\n  'ada@example.com',\n  'ben@example.com',\n  'cyd@example.com'\n]\n",
    "arrows": each("->{}"),
    "and at the end": "ada@example.com,\nben@example.com,\nand cyd@example.com\n",
    "and": "ada@example.com and ben@example.com\ncyd@example.com\n",
    "full-width at-signs": "ada＠example.com\nben＠example.com\ncyd@example.com\n",
    "full-width letters": "ａｄａ＠ｅｘａｍｐｌｅ．ｃｏｍ\nｂｅｎ＠example．com\ncyd@example.com\n",
    "full-width at-signs in a table": "姓名,邮箱\n" + each("张三,{}").replace("@", "＠"),
    "name, address and role": each("Ada Ames {} Organizer"),
    "name, address and role on lines": each("Ada Ames\n{}\nMember"),
    "the same with blank lines": each("Ada Ames\n{}\nMember\n"),
    "dashes": "Ada - ada@example.com\nBen Berg - ben@example.com\nCyd - cyd@example.com - left\n",
    "a log": "2024-01-01 10:00 ada@example.com\n2024-01-02 10:00 ben@example.com\n2024-01-03 cyd@example.com\n",
    "a log with keys": each("2024-01-01T10:00:00Z signup email={} ip=1.2.3.4"),
    "accounts": each("ada:x:1000:Ada Ames:{}"),
    "Markdown links": each("* [Ada](mailto:{})"),
    "a Markdown table": "| Name | Email |\n|---|---|\n| Ada | `ada@example.com` |\n| Ben | **ben@example.com** |\n"
    "| Cyd | [Cyd](mailto:cyd@example.com) |\n",
    "bold": each("**{}**"),
    "backticks": each("`{}`"),
    "glued labels": "邮箱ada@example.com\n邮箱：ben@example.com\n我的邮箱是cyd@example.com\n",
    "glued names": "张三ada@example.com\n李四ben@example.com\n王五cyd@example.com\n",
    "full stops": "ada@example.com.\nben@example.com。\ncyd@example.com（王五）\n",
    "some with names": "Ada ada@example.com\nben@example.com\nCyd Cole cyd@example.com\n",
    "some with other names": "Ames ada@example.com\nben@example.com\nCole cyd@example.com\n",
    "padded columns": each("Ada Ames      {}   Oslo"),
    "padded columns with headings": "NAME        EMAIL            CITY\nAda Ames    ada@example.com  Oslo\n"
    "Ben         ben@example.com  \nCyd         cyd@example.com  New York\n",
    "carets": "Name^Email^City\n" + each("Ada^{}^Oslo"),
    "carets without headings": each("Ada^{}^Oslo"),
    "colons between spaces": "Name : Email : City\n" + each("Ada Ames : {} : Oslo"),
}


@pytest.mark.parametrize("name", ALL_THREE)
def test_each_is_sent_to_once(name: str) -> None:
    """Whatever stands around the addresses, it is they that are planned, and no row is bad."""
    decision, _ = decided(ALL_THREE[name])
    assert [*decision.addresses] == ABC
    assert (decision.refusal, decision.counts.rejected, decision.counts.duplicate) == (None, 0, 0)


SOME = {
    "a comment": ("ada@example.com\n# ben@example.com\ncyd@example.com\n", [ABC[1]]),
    "a glued comment": ("ada@example.com\n#ben@example.com\ncyd@example.com\n", [ABC[1]]),
    "a comment as in programs": ("ada@example.com\n//ben@example.com\ncyd@example.com\n", [ABC[1]]),
    "a comment in a table": ("email,name\nada@example.com,Ada\n#ben@example.com,Ben\ncyd@example.com,Cyd\n", [ABC[1]]),
    "a comment with several": ("ada@example.com\n# ben@example.com, b@example.com\ncyd@example.com\n", [""]),
    "a hyphen on one": ("ada@example.com\n-ben@example.com\ncyd@example.com\n", [ABC[1]]),
    "a key on one": ("ada@example.com\nemail=ben@example.com\ncyd@example.com\n", [ABC[1]]),
    "a first half, perhaps": ("ada@example.com\njohn ben@example.com\ncyd@example.com\n", [""]),
    "the same with semicolons": ("ada@example.com;\njohn ben@example.com;\ncyd@example.com;\n", [""]),
    "a first half with a dot": ("ada@example.com\njohn. ben@example.com\ncyd@example.com\n", [""]),
    "digits set apart": ("ada@example.com\n12 34@example.com\ncyd@example.com\n", [""]),
    "a name, glued": ("ada@example.com\n张三ben@example.com\ncyd@example.com\n", [""]),
    "who said no": ("ada@example.com\nben@example.com (unsubscribed)\ncyd@example.com\n", []),
}


@pytest.mark.parametrize("name", SOME)
def test_what_is_doubtful_is_listed(name: str) -> None:
    """One line among others that has something before its address: it is not sent to, and no other mailbox is
    suggested."""
    text, suggested = SOME[name]
    decision, found = decided(text)
    assert [*decision.addresses] == [ABC[0], ABC[2]]
    assert (decision.refusal, found) == (None, suggested)


AS_THEY_ARE = {
    "a number at the head of some": ["1.wang@example.com", "2.li@example.com", "a@example.com", "b@example.com"],
    "numbers in no order": ["1.wang@example.com", "7.li@example.com"],
    "years": ["2023.report@example.com", "2023.sales@example.com"],
    "where mail comes back": ["ada=example.org@example.com", "ben=example.org@example.com"],
    "underscores": ["_ada@example.com", "_ben@example.com"],
}


@pytest.mark.parametrize("name", AS_THEY_ARE)
def test_what_belongs_to_an_address_stays(name: str) -> None:
    """What only looks like a mark is a part of it."""
    assert [*decided("\n".join(AS_THEY_ARE[name]))[0].addresses] == AS_THEY_ARE[name]


def test_comments_above_a_list_are_told_of() -> None:
    """An address that is commented out before the first row goes not unmentioned."""
    decision, _ = decided("# old:\n# zoe@example.com\nada@example.com\nben@example.com\n")
    assert [*decision.addresses] == ABC[:2]
    assert "warning.addresses_elsewhere" in [warning.code for warning in decision.warnings]
