from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handler.judging import check, explain
from handler.judging.verdicts import Rejection
from handler.reading.tables import AddressFault
from handler.reporting.words import in_english
from tests.handler.judging.judge import mutated


@dataclass(frozen=True)
class Case:
    cell: str
    reason: AddressFault
    message: str
    suggestion: str = ""


NO_AT = "There is no @ in it: an address looks like name@example.com."
NOT_SO = "This is not how an email address is written."
FULL_WIDTH = 'The sign "＠" is not the at-sign of an address: that is "@".'
TWO_AT = "There is more than one @ in it."
NO_PERIOD = "The part after the @-sign is not valid. It should have a period."
RESERVED = "The part after the @-sign is a special-use or reserved name that cannot be used with email."
CONTROLS = "".join(map(chr, range(0x0E, 0x1C)))
TWO_PERIODS = "An email address cannot have two periods in a row."


def before(characters: str) -> str:
    return f"The email address contains invalid characters before the @-sign: {characters}."


def after(characters: str) -> str:
    return f"The part after the @-sign contains invalid characters: {characters}."


CASES = [
    # No @ at all: nothing there, a name, another column's content.
    Case("Li Wei", "missing_at", NO_AT),
    Case("+86 138 0000 0000", "missing_at", NO_AT),
    Case("www.gmail.com", "missing_at", NO_AT),
    # The @ is written in words.
    Case("john(at)gmail.com", "missing_at", NO_AT, "john@gmail.com"),
    Case("john [at] example [dot] org", "missing_at", NO_AT, "john@example.org"),
    Case("john at gmail dot com", "missing_at", NO_AT, "john@gmail.com"),
    # The @ was left out before a provider everybody knows.
    Case("johngmail.com", "missing_at", NO_AT, "john@gmail.com"),
    Case("123456qq.com", "missing_at", NO_AT, "123456@qq.com"),
    # Full-width signs, as a Chinese or Japanese keyboard writes them. In a domain alone they are mended by IDNA.
    Case("john＠gmail", "missing_at", FULL_WIDTH, "john@gmail.com"),
    Case("ｊｏｈｎ＠ｑｑ，ｃｏｍ", "missing_at", FULL_WIDTH, "john@qq.com"),
    # One @ too many: which of them counts is plain only where they stand together.
    Case("john@@gmail.com", "syntax", TWO_AT, "john@gmail.com"),
    Case("a@b@c.com", "syntax", TWO_AT),
    # A letter that is not ASCII may be right, but cannot be sent; an accent taken off would be another address.
    Case(
        "jörg@example.com",
        "non_ascii_local",
        'Before the @ there are characters other than ASCII: "ö". Mail cannot be sent there.',
    ),
    Case(
        "张三@qq.com",
        "non_ascii_local",
        'Before the @ there are characters other than ASCII: "张", "三". Mail cannot be sent there.',
    ),
    # A character that shows the rest backwards is named, not shown.
    Case(
        "a\u202eb@x.com",
        "non_ascii_local",
        "Before the @ there are characters other than ASCII: U+202E. Mail cannot be sent there.",
    ),
    # Commas for dots, with a second slip behind it, and where the comma ends the address.
    Case("john@gmail,com", "domain", after("','"), "john@gmail.com"),
    Case("x@gmial,com", "domain", after("','"), "x@gmail.com"),
    Case("x@gmail,con", "domain", after("','"), "x@gmail.com"),
    Case("x@acme,cmo", "domain", after("','"), "x@acme.com"),
    Case("john,doe@example.com", "syntax", before("','"), "john.doe@example.com"),
    Case("john;doe@example.com", "syntax", before("';'"), "john.doe@example.com"),
    Case("a@example.com, bob", "domain", after("',', SPACE"), "a@example.com"),
    # `gmail.co.m` would pass, but nobody means it.
    Case("a@gmail.co,m", "domain", after("','")),
    # Dots too many, or in the wrong place.
    Case("a@b..com", "domain", TWO_PERIODS, "a@b.com"),
    Case("a..b@example.com", "syntax", TWO_PERIODS, "a.b@example.com"),
    Case(".a@b.com", "syntax", "An email address cannot start with a period.", "a@b.com"),
    Case("a.@b.com", "syntax", "An email address cannot have a period immediately before the @-sign.", "a@b.com"),
    Case("a@.b.com", "domain", "An email address cannot have a period immediately after the @-sign.", "a@b.com"),
    Case("a@b.com..", "domain", "An email address cannot end with a period.", "a@b.com"),
    # Dots too few.
    Case("john@gmailcom", "domain", NO_PERIOD, "john@gmail.com"),
    Case("john@gmail", "domain", NO_PERIOD, "john@gmail.com"),
    Case("123456@qq", "domain", NO_PERIOD, "123456@qq.com"),
    Case("john@examplecom", "domain", NO_PERIOD, "john@example.com"),
    Case("john@telecom", "domain", NO_PERIOD),
    Case("john@localhost", "domain", NO_PERIOD),
    # Spaces: beside a sign they are slips; a capital letter before one makes the first word a name. Of two words in
    # small letters nobody knows.
    Case("john @gmail.com", "syntax", before("SPACE"), "john@gmail.com"),
    Case("john@gmail. com", "domain", after("SPACE"), "john@gmail.com"),
    Case("john@g mail.com", "domain", after("SPACE"), "john@gmail.com"),
    Case("john smith@gmail.com", "syntax", before("SPACE")),
    Case("john. smith@gmail.com", "syntax", before("SPACE")),
    Case("123 456@qq.com", "syntax", before("SPACE")),
    Case("Dr. a@example.com", "syntax", before("SPACE"), "a@example.com"),
    Case("a@example.co m", "domain", after("SPACE")),
    Case("a@example.com. Thanks", "domain", after("SPACE"), "a@example.com"),
    Case("John smith@gmail.com", "syntax", before("SPACE"), "smith@gmail.com"),
    Case("Li Wei a@example.com", "syntax", before("SPACE"), "a@example.com"),
    Case("a@example.com bob", "domain", after("SPACE"), "a@example.com"),
    # More than an address.
    Case("E-mail: a@example.com", "syntax", before("':', SPACE"), "a@example.com"),
    Case("a@example.com (Li Wei)", "domain", after("'(', ')', SPACE"), "a@example.com"),
    Case("<<a@example.com>>", "syntax", before("'<'"), "a@example.com"),
    Case("John <john@gmail,com>", "domain", after("','"), "john@gmail.com"),
    Case("ask a@example.com or b@example.com", "syntax", TWO_AT),
    Case("https://example.com/@bob", "syntax", before("':'")),
    Case("2024-01-03 cyd@example.com", "syntax", before("SPACE"), "cyd@example.com"),
    Case("1. ada@example.com", "syntax", before("SPACE"), "ada@example.com"),
    Case("Ada,ada@example.com", "syntax", before("','"), "ada@example.com"),
    # Signs that are lawful in an address and no part of it.
    Case("#ada@example.com", "syntax", NOT_SO, "ada@example.com"),
    Case("# ada@example.com", "syntax", before("SPACE"), "ada@example.com"),
    Case("//ada@example.com", "syntax", NOT_SO, "ada@example.com"),
    Case("-ada@example.com", "syntax", NOT_SO, "ada@example.com"),
    Case("*ada@example.com", "syntax", NOT_SO, "ada@example.com"),
    Case("=ada@example.com", "syntax", NOT_SO, "ada@example.com"),
    Case("email=ada@example.com", "syntax", NOT_SO, "ada@example.com"),
    Case("name=Ada&email=ada@example.com", "syntax", NOT_SO, "ada@example.com"),
    # A part is missing.
    Case("@example.com", "syntax", "There must be something before the @-sign."),
    Case("john@", "domain", "There must be something after the @-sign."),
    # Domains that cannot be.
    Case(
        "a@-example.com",
        "domain",
        "An email address cannot have a hyphen immediately after the @-sign.",
        "a@example.com",
    ),
    Case("a@my_company.com", "domain", after("'_'")),
    Case("a@printer.local", "domain", RESERVED),
    Case("a@example.test", "domain", RESERVED),
    Case("a@[192.0.2.1]", "domain", "A bracketed IP address after the @-sign is not allowed here."),
    Case("a@192.0.2.1", "domain", "The part after the @-sign is not valid. It is not within a valid top-level domain."),
    # What decodes to a control character is spelled out.
    Case(
        "a@xn--a.de",
        "domain",
        "The part after the @-sign is not valid IDNA (Codepoint U+0080 at position 1 of '\\x80' not allowed).",
    ),
    # A sentence that lists too much is cut at 200 characters.
    Case(
        f"{CONTROLS}()[]:;@x.com",
        "syntax",
        before("'(', ')', ':', ';', '[', ']', " + ", ".join(f"U+{ord(c):04X}" for c in CONTROLS))[:199] + "…",
    ),
    # Quoted local parts are lawful, but email-validator refuses them unless told otherwise.
    Case('"john doe"@example.com', "syntax", 'There is a quotation mark (") before the @.'),
    Case('"john@example.com', "syntax", 'There is a quotation mark (") before the @.', "john@example.com"),
    # Too long, in each of the ways.
    Case(f"{'a' * 65}@example.com", "too_long", "Before the @ there are more than 64 characters."),
    # A page of text with an address in it is no address with a mistake.
    Case(f"{'word ' * 110}a@example.com", "too_long", "Before the @ there are more than 64 characters."),
    Case(f"a@{'b.' * 130}com", "too_long", "The address is longer than 254 bytes."),
    Case(
        f"{'a' * 64}@{'é.' * 25}com",
        "too_long",
        "The address is longer than 254 bytes in one of the two ways to write its domain.",
    ),
    Case(
        f"a@{'b' * 64}.com",
        "domain",
        "After the @-sign, periods cannot be separated by so many characters (1 character too many).",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.cell[:40])
def test_each_mistake_is_named(case: Case) -> None:
    """Each kind of mistake has its code, its sentence and, where one is likely, its suggestion."""
    (rejection,) = check([case.cell]).others[0]
    assert isinstance(rejection, Rejection)
    explanation = explain(rejection)
    assert (rejection.reason, in_english(explanation.said), explanation.suggestion) == (
        case.reason,
        case.message,
        case.suggestion,
    )


@pytest.mark.parametrize("reason", get_args(AddressFault))
def test_every_reason_has_a_sentence(reason: AddressFault) -> None:
    """Whatever the value, there is something to say about it."""
    for value in ("", "anna@example.com", "@"):
        assert in_english(explain(Rejection(reason, value)).said)


@settings(max_examples=400, deadline=None)
@given(
    st.one_of(mutated(), mutated().map(lambda text: text * 9), st.text(), st.text().map(lambda text: f"{text}@{text}")),
    st.sampled_from(get_args(AddressFault)),
)
def test_any_text_can_be_explained(value: str, reason: AddressFault) -> None:
    """No text makes `explain` fail; sentences are short and can be shown; suggestions are good as they stand."""
    explanation = explain(Rejection(reason, value))
    message = in_english(explanation.said)
    assert 0 < len(message) <= 200
    assert message.isprintable()
    if explanation.suggestion:
        assert check([explanation.suggestion]).addresses == [explanation.suggestion]
