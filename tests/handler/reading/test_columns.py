"""Which column, and where the rows begin."""

from __future__ import annotations

import pytest

from handler.errors import SourceProblem
from handler.reading.columns import Layout, locate
from handler.reading.headings import Fit, fit
from handler.reading.own_csv import strip_guard
from handler.reading.tables import Hints
from handler.reporting.words import in_english


def layout(*rows: list[str], hint: str | None = None) -> Layout | None:
    return locate(rows, Hints(email_column=hint))


@pytest.mark.parametrize(
    "heading",
    [
        *("email", "E-Mail", "e-mail address", "EmailAddress", "userEmail", "EMAIL_ADDRESS", "E-mail 1 - Value"),
        *(
            "work_email",
            "Email Arbeit",
            "E-mail werk",
            "私人邮箱",
            "#email",
            "Adresse e-mail",
            "Adresse électronique",
            "Courriel",
            "Correo electrónico",
        ),
        *("Dirección de correo", "Endereço de e-mail", "E-Mail-Adresse", "Posta elettronica", "E-posta"),
        *("Sähköposti", "E-mailcím", "Adres e-mail", "邮箱", "电子邮箱", "客户邮箱", "邮箱(Email)", "电子邮件地址"),
        *("備用信箱", "メールアドレス", "Eメール", "ﾒｰﾙｱﾄﾞﾚｽ", "이메일", "이메일 주소", "Почта", "Электронная почта"),
        *("Адрес электронной почты", "البريد الإلكتروني", "ηλεκτρονικό ταχυδρομείο", "อีเมล", "Thư điện tử"),
    ],
)
def test_a_heading_says_that_the_address_is_here(heading: str) -> None:
    """As people call it, in the languages that lists come in."""
    assert fit(heading) is Fit.PLAIN


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("Manager email", Fit.OTHERS),
        ("推荐人邮箱", Fit.OTHERS),
        ("Email of the friend who told you about us", Fit.OTHERS),
        ("Backup server email", Fit.NONE),
        ("Please enter the email we should send the tickets to", Fit.QUALIFIED),
        ("Billing Email Address", Fit.OWN),
        ("Employee Email", Fit.OWN),
        ("Confirm e-mail", Fit.REPEATED),
        ("確認用メールアドレス", Fit.REPEATED),
        ("email sent at", Fit.NONE),
        ("Email status", Fit.NONE),
        ("E-mail Display Name", Fit.NONE),
        ("Email opt-in", Fit.NONE),
        ("邮件状态", Fit.NONE),
        ("почтовый индекс", Fit.NONE),
        ("Mailing address", Fit.NONE),
        ("Name", Fit.NONE),
        ("a@x.com", Fit.NONE),
        ("", Fit.NONE),
        ("email " * 50, Fit.NONE),
    ],
)
def test_a_heading_says_something_else(heading: str, expected: Fit) -> None:
    """Somebody else's address, the same once more, or no address at all."""
    assert fit(heading) is expected


def test_no_column_holds_addresses() -> None:
    """Nothing is guessed."""
    assert layout() is None
    assert layout([], [""]) is None
    assert layout(["name", "city"], ["Ann", "Rome"]) is None


def test_rows_above_the_headings_are_skipped() -> None:
    """Titles, blank rows, an address of whoever made the export."""
    found = layout(
        ["Export by", "admin@corp.com"],
        [],
        ["Name", "City", "E-Mail"],
        ["Ann", "Rome", "a@x.com"],
        ["B", "Oslo", "b@x.com"],
    )
    assert found == Layout(3, header=True, columns=("Name", "City", "E-Mail"), email_columns=(2,), is_told=True)


def test_a_word_in_a_row_of_data_is_no_heading() -> None:
    """ "email" as the preferred way of contact, in a row without an address."""
    found = layout(["Ann", "a@x.com", "email"], ["Bob", "", "email"], ["Cid", "c@x.com", "phone"])
    assert found == Layout(0, header=False, columns=("column 1", "email", "column 3"), email_columns=(1,))


def test_made_up_headings_are_found_again() -> None:
    """A table written with them, and with our own columns behind, is read the same."""
    first = layout(["1", "a@x.com", "b@x.com"], ["2", "c@x.com", ""])
    assert first
    again = layout(
        [*first.columns, "line", "reason", "message", "suggestion"],
        ["1", "ax.com", "", "1", "missing_at", "", "a@x.com"],
    )
    assert again
    assert again.email_columns == first.email_columns


def test_wider_rows_than_headings_get_headings() -> None:
    """So that what is written below them has a place."""
    found = layout(["email"], ["a@x.com", "x"], ["b@x.com", "y"])
    assert found
    assert found.columns == ("email", "column 2")


def test_the_owner_names_the_column() -> None:
    """By heading, however written, or by number; a number may be a heading too."""
    rows = ["Mail", "2", "Other  Address"], ["a@x.com", "b@x.com", "c@x.com"]
    for hint, column in (("other address", 2), ("2", 1), ("1", 0), ("3", 2)):
        found = layout(*rows, hint=hint)
        assert found
        assert found.email_columns == (column,)


@pytest.mark.parametrize("hint", ["0", "4", "-1", "²", "nowhere", "a@x.com"])
def test_a_column_that_is_not_there_is_refused(hint: str) -> None:
    """The sentence lists the headings and holds no address."""
    with pytest.raises(SourceProblem) as refused:
        layout(["Mail", "Name", "City"], ["a@x.com", "Ann", "Rome"], hint=hint)
    assert refused.value.code == "no_email_column"
    message = in_english(refused.value.said)
    assert "it has: Mail, Name, City" in message
    assert "@" not in message


def test_a_guard_is_one_apostrophe_before_certain_characters() -> None:
    """Everything else is data."""
    assert [strip_guard(cell) for cell in ("'=1", "'\t", "''=1", "'a", "=1", "'", "")] == [
        "=1",
        "\t",
        "'=1",
        "'a",
        "=1",
        "'",
        "",
    ]
