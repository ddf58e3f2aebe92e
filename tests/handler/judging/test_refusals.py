"""What is said of an address is what email-validator says, whether it is asked or not."""

from __future__ import annotations

import subprocess
import sys
from itertools import product

import pytest
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from hypothesis import example, given, settings

from handler.judging.refusals import refusal
from tests.handler.judging.judge import GOOD, about_as_long_as_allowed, mutated


def sentence(address: str) -> str | None:
    """email-validator's own, `None` where it takes the address."""
    try:
        validate_email(address, strict=True, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as problem:
        return str(problem)
    return None


@settings(max_examples=1500, deadline=None)
@given(mutated())
@example("")
@example("nobody")
@example("@")
@example("a@@b.com")
@example('"a@b.com')
@example("Anna <a@b..com>")
@example("a@b.com<\u0338")
@example("a@\u0338b.com")
@example("a@[")
@example("a@[b].com")
@example("a@ab--c.com")
@example("a@b.co-m.-")
def test_the_sentence_is_email_validators(address: str) -> None:
    """Whatever is done to a good address."""
    assert refusal(address) == sentence(address)


@settings(max_examples=300, deadline=None)
@given(about_as_long_as_allowed())
def test_what_is_too_long_is_said_as_email_validator_says_it(address: str) -> None:
    """Local part, label and address, by one character and by several."""
    assert refusal(address) == sentence(address)


@pytest.mark.parametrize("frame", ["{}@b.co", "a@{}", "a@{}.co", "a@b.{}"])
@pytest.mark.parametrize("character", [pytest.param(chr(code), id=f"{code:02X}") for code in range(128)])
def test_every_ascii_character_is_named_as_email_validator_names_it(frame: str, character: str) -> None:
    """Alone, beside another one, and twice."""
    for text in (character, f"{character} a", f"x{character}{character}\\"):
        assert refusal(frame.format(text)) == sentence(frame.format(text))


@pytest.mark.parametrize("frame", ["{}@b.co", "a@{}.co", "a@b.{}", "a@{}"])
def test_every_arrangement_of_the_marks(frame: str) -> None:
    """The first fault is named where there are several: 5,460 texts of up to six letters, digits, dots and hyphens."""
    for length in range(7):
        for letters in product("a1.-", repeat=length):
            address = frame.format("".join(letters))
            assert refusal(address) == sentence(address), address


@pytest.mark.parametrize("name", SPECIAL_USE_DOMAIN_NAMES)
def test_reserved_names_are_email_validators(name: str) -> None:
    """In any case, with something before them or without."""
    for domain in (name, name.upper(), f"b.{name.title()}", f"x{name}", f"b.x{name}", f"{name}.com"):
        assert refusal(f"a@{domain}") == sentence(f"a@{domain}")


def test_nothing_is_said_of_a_good_address() -> None:
    """In whatever script its domain is."""
    assert [refusal(address) for address in GOOD] == [None] * len(GOOD)


def test_good_addresses_need_no_explaining() -> None:
    """A list without a mistake pays neither for the sentences nor for taking cells apart."""
    script = (
        "import sys; from handler.judging import check\n"
        "check(['a@b.com', 'A@B.com', ' a@b.com'])\n"
        "sys.exit(sum(f'handler.judging.{name}' in sys.modules for name in ('cells', 'sentences', 'suggestions')))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_ascii_is_explained_without_the_library() -> None:
    """A list with common mistakes in it does not pay for loading email-validator."""
    cells = ["a@b", "x", "ö@b.com", "a b@c.de", "a..b@c.de", "a@b,com", ".a@b.com", "a@b.com.", "a@x.local", "@b.c"]
    script = (
        "import sys; from handler.judging import check, explain\n"
        f"for (why,) in check({cells}).others.values(): assert explain(why).message\n"
        "sys.exit(sum(name in sys.modules for name in ('email_validator', 'idna')))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
