"""Whose column it is, in files as people have them: the row's own address is planned, or the file is refused."""

from __future__ import annotations

import io
import zipfile

import pytest

from handler.planning.decision import Decision, Policy, decide
from handler.reading import read
from handler.reading.tables import Hints
from tests.handler.planning.test_decision import Listing

ADA, BEN, CYD, DEE = (f"{name}@example.com" for name in ("ada", "ben", "cyd", "dee"))


def decided(text: str | bytes, listing: Listing | None = None) -> Decision:
    body = text if isinstance(text, bytes) else text.encode()
    return decide(read([body], Hints()), set(), 100, Policy(), listing or Listing())


def end(text: str | bytes) -> list[str] | str:
    """The addresses, or the code of the refusal."""
    decision = decided(text)
    return decision.refusal.code if decision.refusal else [*decision.addresses]


def suggested(listing: Listing) -> list[int]:
    return [line for line, reason, _ in listing.files.get("rejected", ()) if reason == "address_elsewhere"]


@pytest.mark.parametrize("heading", ["Emails:", "邮箱:", "Emails", "emails:"])
@pytest.mark.parametrize("bullet", ["- ", "  - ", "\t- ", "  * ", "  1. "])
def test_bullets_below_a_heading_are_no_part_of_an_address(heading: str, bullet: str) -> None:
    """Nor is what follows them another column."""
    assert end(f"{heading}\n{bullet}{ADA}\n{bullet}{BEN}\n") == [ADA, BEN]


@pytest.mark.parametrize(
    "text",
    [
        "Name,Email\nAda,,ada@example.com\nBen,,ben@example.com\n",
        "id;E-Mail\n1;;Ada;ada@example.com\n2;;Ben;ben@example.com\n",
        "Email list\n,,\n,Name,Address\n,Ada,ada@example.com\n,Ben,ben@example.com\n",
        "Name,Email\nAda,n/a,Oslo,ada@example.com\nBen,-,Bonn,ben@example.com\n",
    ],
)
def test_addresses_right_of_the_last_heading_are_not_sent_to(text: str) -> None:
    """Nobody knows whose they are: each row is listed with its own."""
    assert end(text) == "too_many_invalid"


def test_addresses_right_of_the_only_heading_are_a_list() -> None:
    """Nothing else is there."""
    assert end(f"Email\n,{ADA}\n,{BEN}\n") == [ADA, BEN]


@pytest.mark.parametrize(
    "text",
    [
        "Attendees\nname,email\nAda,ada@example.com\n\nSpeakers\ntopic,name,email\nx,Ben,ben@example.com\n",
        "email\nada@example.com\n\nid,name,email,city\n1,Ben,ben@example.com,x\n2,Cyd,cyd@example.com,y\n",
        "Email\nada@example.com\nEmail,Name\nben@example.com,Ben\ncyd@example.com,Cyd\n",
        "ada@example.com\nben@example.com\nName,Email\nCyd,cyd@example.com\nDee,dee@example.com\nEve,eve@example.com\n",
        "Ada,ada@example.com\nBen,ben@example.com\nName,Email,Phone\nCyd,cyd@example.com,1\nDee,dee@example.com,2\nE,,3",
        "name,email\nAda,ada@example.com\nBen,ben@example.com\n\nid,name,email\n1,Dee,dee@example.com\n",
        "Name,Email\nAda,ada@example.com\n\nManagers\nName,Manager Email\nZoe,zoe@example.org\n",
    ],
)
def test_lists_one_below_the_other_are_refused(text: str) -> None:
    """Those with other columns than the first: none is taken for titles, or for rows of another one."""
    assert end(text) == "ambiguous_column"


@pytest.mark.parametrize(
    ("headings", "wanted"),
    [
        ("manager email,name,email", "ambiguous_column"),
        ("id,name,email,city", "ambiguous_column"),
        ("email,name,manager email", "over_capacity"),
        ("Email,Name,", "over_capacity"),
    ],
)
def test_another_list_far_below_is_refused_too(headings: str, wanted: str) -> None:
    """Where the first rows of the file tell nothing of it; the same headings once more begin none, and the file has
    more addresses than there is room for here."""
    rows = "".join(f"{letter}{row}@example.com,Ann,zoe@example.org\n" for letter in "ab" for row in range(1_100))
    text = f"email,name,manager email\n{rows}\n{headings}\n"
    text += "".join(f"zoe@example.org,Ann,c{row}@example.com,x\n" for row in range(20))
    assert end(text) == wanted


def test_the_rows_of_other_lists_are_listed_with_their_address() -> None:
    """Where the owner names the column, or where there is but one such row, without headings."""
    listing = Listing()
    text = f"Email\n{ADA}\nid,name,Email\n1,Ben,{BEN}\n2,Cyd,{CYD}\n"
    found = decide(read([text.encode()], Hints(email_column="3")), set(), 100, Policy(), listing)
    assert tuple(found.addresses) == (BEN, CYD)
    assert suggested(listing) == [2]
    listing = Listing()
    assert tuple(decided(f"Ada,{ADA}\nName,Email,Phone\nBen,{BEN},1\nCyd,{CYD},2\n", listing).addresses) == (BEN, CYD)
    assert suggested(listing) == [1]


@pytest.mark.parametrize(
    "title", ["Contact:,zoe@example.org,", "CC,zoe@example.org", "Export by,zoe@example.org", "联系人,zoe@example.org"]
)
def test_a_line_that_says_whom_to_ask_is_a_title(title: str) -> None:
    """Its address is counted, be the line as wide as the rows."""
    found = decided(f"{title}\nName,Email,City\nBen,{BEN},X\nCyd,{CYD},Y\n")
    assert tuple(found.addresses) == (BEN, CYD)
    assert [warning.code for warning in found.warnings] == ["warning.addresses_elsewhere"]
    assert not found.rejected_by_reason


def test_a_row_in_the_midst_of_rows_is_no_heading() -> None:
    """What stands in it stands below it, too."""
    found = decided(f"{ADA},Ada\nmail,Ben,x\n{BEN},Ben,x\n{CYD},Cyd,y\n")
    assert tuple(found.addresses) == (ADA, BEN, CYD)


def test_headings_once_more_are_no_row() -> None:
    """Where files were put one below the other; a line above them says that another list begins."""
    again = f"Name,Email\nAda,{ADA}\nname,email\nBen,{BEN}\n"
    assert decided(again).counts.empty == 1
    assert decided(again.replace("name,", "\nGone,\nname,")).counts.rejected == 1


def test_full_width_addresses_are_addresses() -> None:
    """The first one is no heading."""
    found = decided(f"ａｄａ＠ｅｘａｍｐｌｅ．ｃｏｍ\nｂｅｎ＠example．com\n{CYD}\n{DEE}\n")
    assert found.facts
    assert not found.facts.header
    found = decided(f"email,note\n{ADA},ｚｏｅ＠example．org\n")
    assert [warning.code for warning in found.warnings] == ["warning.addresses_elsewhere"]


@pytest.mark.parametrize(
    "headings",
    [
        *("From,To", "sender,recipient", "SenderAddress,RecipientAddress", "Doctor,Patient", "Mentor,Mentee"),
        *("Approved by,Contact", "Landlord,Tenant", "发起人,收件人", "Shared by,User", "Assigned To,Customer"),
        *("Lehrkraft,Kind", "班主任邮箱,学生邮箱", "Counselor Email,Student Email", "HR Email,Employee Email"),
        *("Vermieter,Mieter", "Médecin,Patient", "Profesora,Alumno", "Врач,Пациент", "担任,お客様", "审批人,用户"),
    ],
)
def test_headings_tell_people_apart(headings: str) -> None:
    """That of the person whom the row is about, wherever it stands, and whether or not it speaks of mail."""
    rows = [f"{other}@example.org,{own}" for own, other in zip((ADA, BEN, CYD), "xyz", strict=True)]
    assert end("\n".join([headings, *rows])) == [ADA, BEN, CYD]


@pytest.mark.parametrize(
    ("headings", "wanted"),
    [
        ("User Name,User Email,Invitee Email", "own"),  # Calendly
        ("Name,Member Email,Customer Email", "own"),
        ("Name,To Email Address,From Email Address", "ambiguous_column"),  # PayPal
        ("Name,Shop Email,Buyer Email", "ambiguous_column"),
        ("Name,Email,Manager Email", "ambiguous_column"),
    ],
)
def test_few_addresses_in_many_rows_are_those_of_hosts_or_shops(headings: str, wanted: str) -> None:
    """Whatever the heading says: those beside them are taken, if they are the rows' own by their heading."""
    rows = "".join(f"Zoe,host{row % 2}@example.org,u{row}@example.com\n" for row in range(40))
    own = [f"u{row}@example.com" for row in range(40)]
    assert end(f"{headings}\n{rows}") == (own if wanted == "own" else wanted)


@pytest.mark.parametrize(
    "text",
    [
        f"First Name,Email Address [Required],Home Secondary Email,Manager Email\nx,{ADA},h@example.org,z@example.org\n"
        f"x,{BEN},,z@example.org\n",  # Google Workspace
        f"What is your email address?,Personal Email\n{ADA},h@example.org\n{BEN},\n",
        f"Email Address [Required],Recovery Email\n{ADA},h@example.org\n{BEN},g@example.org\n",
        f"Id,Email Address,What is your email?\n,,Open-Ended Response\n1,,{ADA}\n2,,{BEN}\n",  # SurveyMonkey
        f"邮箱,您的邮箱是？\n,{ADA}\n,{BEN}\n",
        f"邮箱地址,1. 请填写您的电子邮箱\n,{ADA}\n,{BEN}\n",
        f"{ADA}，{BEN}\n",
        f"{ADA}和{BEN}\n",
        f"{ADA} and {BEN}\n",
        f"Ada [mailto:{ADA}]; Ben B [mailto:{BEN}]\n",
    ],
)
def test_questions_and_marks_around_the_word_are_plain(text: str) -> None:
    """As forms and exports write headings; and addresses as people join them."""
    assert end(text) == [ADA, BEN]


@pytest.mark.parametrize(
    "text",
    [
        f"{ADA}; {BEN}, cyd@example\n",
        f"{ADA}, {BEN}, cyd@example\n",
        f"Ada <{ADA}>; {BEN}, cyd@example\n",
        f"{ADA}; cyd@example\n{BEN}; {ADA}\n",
    ],
)
def test_a_short_list_with_a_typing_mistake_is_a_list(text: str) -> None:
    """All of its addresses are read, whatever stands between them."""
    found = decided(text)
    assert (list(found.addresses), found.counts.rejected) == ([ADA, BEN], 1)


def test_a_table_in_doubt_is_no_list_of_all_its_addresses() -> None:
    """The heading that speaks of the row's person is above no address; those beside it are of other people."""
    text = f"Notes\tHR Email\tStudent Email\n{ADA}\t\t\n\t-\t?\n\t{BEN}\t\n\t{CYD}\t?\n"
    assert end(text) == "ambiguous_column"


def test_a_few_qualified_addresses_beside_those_of_buyers_are_in_doubt() -> None:
    """Amazon's orders: whom somebody gave something is in one row of two."""
    text = f"buyer-email,gift-recipient-email\n{ADA},\n{BEN},{CYD}\n"
    assert end(text) == "ambiguous_column"


@pytest.mark.parametrize("headings", ["A,B\n", "Alpha email,Beta email\n", "Author Email,Reviewer Email\n"])
def test_what_nothing_tells_apart_is_refused(headings: str) -> None:
    """The leftmost one is not taken for want of a reason."""
    assert end(f"{headings}{ADA},x@example.org\n{BEN},y@example.org\n") == "ambiguous_column"
    assert end(f"1,{ADA},x@example.org\n2,{BEN},y@example.org\n") == "ambiguous_column"


def test_an_address_that_stands_in_all_rows_is_nobodys_own() -> None:
    """Without headings, too."""
    assert end(f"1,boss@example.org,{ADA}\n2,boss@example.org,{BEN}\n3,boss@example.org,{CYD}\n") == [ADA, BEN, CYD]


@pytest.mark.parametrize(
    "headings",
    [
        *("Student Email,Counselor Email", "Participant Email,Mentor Email", "Employee Email,HR Email"),
        *("学生邮箱,班主任邮箱", "Email,Whoever's email", "Client Email,Lawyer Email", "Guest Email,Host Email"),
    ],
)
def test_another_persons_address_is_not_even_suggested(headings: str) -> None:
    """Where the row's own cell is blank."""
    found = decided(f"{headings}\n{ADA},x@example.org\n,y@example.org\n,z@example.org\n")
    assert tuple(found.addresses) == (ADA,)
    assert found.refusal is None
    assert found.counts.empty == 2
    assert [warning.code for warning in found.warnings] == ["warning.addresses_elsewhere"]


@pytest.mark.parametrize(
    ("groups", "planned"),
    [
        (",Employee,,Manager,", [ADA, CYD]),
        ("序号,学生信息,,家长信息,", [ADA, CYD]),
        (",,,,", [ADA, CYD]),
        (",Person,,,", [ADA, CYD]),
        (",Person,Person,Person,Person", [ADA, BEN, CYD]),
    ],
)
def test_the_heading_of_a_group_is_part_of_each_heading_below(groups: str, planned: list[str]) -> None:
    """It holds up to the next one. A heading once more stands in for the first only where both are one person's."""
    text = f"{groups}\n,Name,Email,Name,Email\n1,Ada,{ADA},Z,\n2,Ben,,Z,{BEN}\n3,Cyd,{CYD},Z,\n"
    assert end(text) == planned


@pytest.mark.parametrize(
    ("text", "planned"),
    [
        (f"Email,Name,Email\n{ADA},Ada,\n,Ben,{BEN}\n", [ADA, BEN]),
        (f'[{{"Email": "{ADA}"}}, {{"email": "{BEN}"}}, {{"EMAIL": "{CYD}"}}]', [ADA, BEN, CYD]),
        (f"Email,Name,Email\n{ADA},Ada,z@example.org\n,Ben,{BEN}\n", [ADA]),
    ],
)
def test_a_heading_that_comes_again_is_the_same_persons_where_no_row_has_both(text: str, planned: list[str]) -> None:
    """In JSON as well, where each record has its own way to write it."""
    assert end(text) == planned


@pytest.mark.parametrize(
    ("headings", "planned"),
    [
        ("Subscriber,Reply email", [ADA, BEN]),
        ("Subscriber,From email", [ADA, BEN]),
    ],
)
def test_an_address_that_stands_in_every_row_is_nobodys_own(headings: str, planned: list[str] | str) -> None:
    """Where another column has one for each row, whatever its heading says."""
    assert end(f"{headings}\n{ADA},z@example.org\n{BEN},z@example.org\n") == planned
    assert end("Order,Email,Note\n" + f"1,{ADA},\n" * 3 + f"2,{ADA},ask z@example.org\n") == [ADA]


def test_a_key_that_comes_late_is_another_cell_of_its_row() -> None:
    """The row is listed with the address under it, not only counted."""
    records = [f'{{"email": "u{number}@example.com"}}' for number in range(2_000)]
    found = decided("\n".join([*records, f'{{"mail": "{ADA}"}}', f'{{"contact": {{"e": "{BEN}"}}}}', '{"x": 1}']))
    assert (found.counts.empty, found.rejected_by_reason) == (1, {"address_elsewhere": 2})
    assert [warning.fields["number"] for warning in found.warnings] == [2]


@pytest.mark.parametrize("mark", "，；")
def test_a_table_may_be_typed_on_a_chinese_keyboard(mark: str) -> None:
    """With headings and without; a list of addresses stays one."""
    assert end(f"姓名,邮箱\n张三,{ADA}\n李四,{BEN}\n".replace(",", mark)) == [ADA, BEN]
    assert end(f"张三,13800000000,{ADA}\n李四,,{BEN}\n".replace(",", mark)) == [ADA, BEN]
    assert end(f"{ADA},{BEN}\n{CYD},x@example.com\n".replace(",", mark)) == [ADA, BEN, CYD, "x@example.com"]


def test_the_sender_of_a_mail_is_not_one_of_its_recipients() -> None:
    """A copied head is refused."""
    assert end(f"From: zoe@example.org\nTo: {ADA}; {BEN}\n") == "ambiguous_column"
    assert end(f"发件人: 周 <zoe@example.org>\n收件人: 张 <{ADA}>; 李 <{BEN}>\n") == "ambiguous_column"


@pytest.mark.parametrize("own", ["x", "?", "ОЮ", "missing"])
def test_a_column_named_as_the_rows_own_is_not_overruled_in_silence(own: str) -> None:
    """Be it that its cells say nothing anybody understands. Numbers are no addresses for certain."""
    assert end(f"Your email,Notes\n{own},{ADA}\n{own},{BEN}\n") == "ambiguous_column"
    assert end(f"Emails,Notes\n3,{ADA}\n5,{BEN}\n") == [ADA, BEN]


def test_what_people_log_in_with_counts_where_the_column_is_blank() -> None:
    """That another column was taken is told."""
    found = decided(f"Email,Username\n,{ADA}\n,{BEN}\n")
    assert tuple(found.addresses) == (ADA, BEN)
    assert [warning.code for warning in found.warnings] == ["warning.several_columns"]


@pytest.mark.parametrize("note", ["Questions? Write to zoe@example.org", "如有问题请联系 zoe@example.org"])
def test_sentences_beside_a_list_are_no_list(note: str) -> None:
    """Their address is counted, and the file named."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as package:
        package.writestr("README.txt", note)
        package.writestr("list.csv", f"email\n{ADA}\n{BEN}\n")
    found = decided(body.getvalue())
    assert tuple(found.addresses) == (ADA, BEN)
    assert {warning.code for warning in found.warnings} == {"warning.addresses_elsewhere", "warning.members_left_out"}
