from __future__ import annotations

from itertools import product

import pytest
from email_validator import SPECIAL_USE_DOMAIN_NAMES
from email_validator.rfc_constants import CASE_INSENSITIVE_MAILBOX_NAMES
from hypothesis import example, given, settings
from hypothesis import strategies as st

from handler.judging.syntax import judge
from handler.judging.verdicts import Rejection
from tests.handler.judging.judge import GOOD, about_as_long_as_allowed, mutated, verdict

E32 = ("é" * 32).encode("punycode").decode()


def sent(address: str) -> str | None:
    ours = judge(address)
    return ours if isinstance(ours, str) else None


@settings(max_examples=1500, deadline=None)
@given(mutated())
@example("a@b.com\n")
@example("a@b.c")
@example("a@ab--c.com")
@example("a@x.xn--p1ai")
@example("a@1.xn--4dbc.com")
@example("a@axn--b.com")
@example("'a@b.com")
@example("<a@b.com>")
@example('"a"@b.com')
def test_verdict_and_form_are_email_validators(address: str) -> None:
    """Whatever is done to a good address, we send what email-validator would send, or refuse as it does."""
    assert sent(address) == verdict(address)


@settings(max_examples=300, deadline=None)
@given(about_as_long_as_allowed())
def test_limits_of_length_are_email_validators(address: str) -> None:
    """Local part, label and address may be exactly as long as email-validator lets them be, in every script."""
    assert sent(address) == verdict(address)


@settings(max_examples=300, deadline=None)
@given(st.from_regex(r"\A[!-~]{1,8}@[!-~]{1,12}\.[A-Za-z]{2}\Z"))
def test_any_printable_characters(address: str) -> None:
    """The same for any characters of the keyboard around an @."""
    assert sent(address) == verdict(address)


@pytest.mark.parametrize("frame", ["{}@b.co", "a@{}.co", "a@b.{}"])
def test_every_arrangement_of_the_marks(frame: str) -> None:
    """All 3,905 texts of up to five letters, digits, dots, hyphens and at-signs, in each place of an address."""
    for length in range(1, 6):
        for letters in product("a1.-@", repeat=length):
            address = frame.format("".join(letters))
            assert sent(address) == verdict(address), address


def test_reserved_domains_are_email_validators() -> None:
    """No domain that email-validator holds to be reserved is sent to, in whatever case; `example.com` is none."""
    for name in (*SPECIAL_USE_DOMAIN_NAMES, "example"):
        for domain in (f"b.{name}", f"b.{name.upper()}", f"{name}.com", f"x{name}", f"b.x{name}", name):
            assert sent(f"a@{domain}") == verdict(f"a@{domain}"), domain
    assert sent("a@example.com") == "a@example.com"


def test_mailboxes_without_case_are_email_validators() -> None:
    """The mailboxes of RFC 2142 are lowered as email-validator does, every other local part keeps its case."""
    for name in (*CASE_INSENSITIVE_MAILBOX_NAMES, "Anna"):
        for local in (name.title(), name.upper(), f"{name.title()}x"):
            assert sent(f"{local}@B.Com") == verdict(f"{local}@B.Com")
    assert sent("Anna@B.Com") == "Anna@b.com"


@pytest.mark.parametrize("address", GOOD)
def test_the_good_ones_are_good(address: str) -> None:
    """What the other tests mutate is sent to begin with: they do not compare refusals only."""
    assert verdict(address) is not None
    assert sent(address) == verdict(address)


@settings(max_examples=400, deadline=None)
@given(st.one_of(mutated(), about_as_long_as_allowed()))
def test_reason_is_true(address: str) -> None:
    """Each code says what it means: with the blamed part mended, email-validator no longer refuses that part."""
    rejection = judge(address)
    if isinstance(rejection, str):
        return
    local, _, domain = address.partition("@")
    match rejection.reason:
        case "missing_at":
            assert "@" not in address
        case "too_long":
            assert len(local) > 64 or len(address.encode("utf-8", "replace")) > 254 or verdict(f"a@{domain}")
        case "domain":
            assert verdict(f"{local}@example.com")
            assert not verdict(f"a@{domain}")
        case "non_ascii_local":
            assert not local.isascii()
            assert not verdict(f"{local}@example.com")
        case "syntax":
            assert "@" in domain or not verdict(f"{local}@example.com")
        case reason:
            pytest.fail(reason)


@pytest.mark.parametrize(
    "address",
    [
        *("-a@b.com", "*a@b.com", "#a@b.com", "//a@b.com", "+a@b.com", "=a@b.com", "~a@b.com", "&a@b.com", "'a@b.com"),
        *(
            "email=a@b.com",
            "E-Mail=a@b.com",
            "TO=a@b.com",
            "admin=a@b.com",
            "name=Ada&email=a@b.com",
            "mail=a.li@b.com",
        ),
    ],
)
def test_what_is_glued_to_an_address_makes_it_another(address: str) -> None:
    """It is lawful, and hardly what anybody means."""
    assert judge(address) == Rejection("syntax", address)


@pytest.mark.parametrize("address", ["_a@b.com", "1.a@b.com", "a=b.com@c.org", "a-b@c.org", "a/b@c.org", "x'y=z@c.org"])
def test_what_is_part_of_an_address_stays(address: str) -> None:
    """What addresses do begin with, and where mail comes back that could not be delivered."""
    assert judge(address) == address


@pytest.mark.parametrize(
    ("address", "plain"),
    [
        ("a＠b.com", "a@b.com"),
        ("ａｄａ＠ｂ．ｃｏｍ", "ada@b.com"),
        ("ａ@b.com", "a@b.com"),
        ("a＠例子.中国", "a@xn--fsqu00a.xn--fiqs8s"),
        ("①a@b.com", None),
        ("－a@b.com", None),
    ],
)
def test_full_width_signs_are_plain_ones(address: str, plain: str | None) -> None:
    """They and no other compatibility characters: a number in a circle is none of the address."""
    assert sent(address) == plain


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("anna.example.com", "missing_at"),
        (f"{'a' * 65}@example.com", "too_long"),
        (f"a@{'b.' * 130}com", "too_long"),
        # 143 bytes as it is written, 268 in ASCII: it is the longest form that counts.
        (f"{'a' * 64}@{'é.' * 25}com", "too_long"),
        # 241 bytes as it is written, 370 as a reader would see it: that counts as well.
        (f"{'a' * 64}@{f'xn--{E32}.' * 3}com", "too_long"),
        (f"a@{'b' * 64}.com", "domain"),
        ("a@", "domain"),
        ("a@localhost", "domain"),
        ("a@[127.0.0.1]", "domain"),
        ("a@printer.local", "domain"),
        ("a@b..com", "domain"),
        ("jörg@example.com", "non_ascii_local"),
        ("张三@例子.中国", "non_ascii_local"),
        # A space is the first thing wrong here, not the script.
        ("张 三@example.com", "syntax"),
        ("@example.com", "syntax"),
        ("a@@example.com", "syntax"),
        ('"a b"@example.com', "syntax"),
    ],
)
def test_reasons(address: str, reason: str) -> None:
    """The code says which part is wrong, the leftmost where several are."""
    rejection = judge(address)
    assert isinstance(rejection, Rejection)
    assert (rejection.reason, rejection.value) == (reason, address)
