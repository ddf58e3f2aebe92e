from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handler.judging.cells import addresses_in

A, B, C = "a@x.com", "b@y.com", "c@z.com"

ONE = [
    # Spaces of all kinds, and what nobody sees.
    " a@x.com\t",
    "\u00a0\u3000a@x.com\u2009",
    "\ufeffa@x.com\u200b",
    "a\u200b@x\u00ad.com",
    "\u2068a@x.com\u2069\u200e",
    "\r\na@x.com\n",
    # Out of a link.
    "mailto:a@x.com",
    "MAILTO: a@x.com?subject=Hello, you&cc=b@y.com",
    "mailto:%61@x.com",
    "<mailto:a@x.com>",
    # Exchange's names of one mailbox.
    "SMTP:a@x.com smtp:other@x.com x500:/o=ex/cn=a",
    "smtp:other@x.com;SMTP:a@x.com",
    # Out of a mail program.
    "Anna <a@x.com>",
    "Smith, Anna <a@x.com>",
    '"Smith, Anna" <a@x.com>',
    '"Anna @ work; x" <a@x.com>',
    "张三 <a@x.com>",
    "a@x.com <a@x.com>",
    "A@X.com <a@x.com>",
    "Anna <a@x.com>;",
    # Brackets and quotes around it, and the comma of a list.
    "<a@x.com>",
    '"a@x.com"',
    "'a@x.com'",
    "“a@x.com”",
    "（a@x.com）",
    '"<a@x.com>",',
    "a@x.com;",
    "a@x.com，",
    # What is glued to it and can be no part of it.
    "`a@x.com`",
    "**a@x.com**",
    "_a@x.com_",
    "['a@x.com']",
    "('a@x.com',",
    "a@x.com.",
    "a@x.com。",
    "[Anna](mailto:a@x.com)",
    "[a@x.com](mailto:a@x.com)",
    "a@x.com<mailto:a@x.com>",
    "Anna <mailto:a@x.com>",
    "（3）a@x.com",
    "④a@x.com",
    "2)a@x.com",
    "•a@x.com",
    "邮箱a@x.com",
    "我的邮箱是a@x.com",
    ", a@x.com ,",
]


@pytest.mark.parametrize("cell", ONE)
def test_one_address_comes_out_bare(cell: str) -> None:
    """Nothing that was only around an address stays on it."""
    assert addresses_in(cell) == [A]


@pytest.mark.parametrize("cell", ["", " ", "\t\u00a0\u3000", "\u200b\ufeff", "\n\r\n"])
def test_blank(cell: str) -> None:
    """A cell in which nothing is to be seen holds nothing."""
    assert addresses_in(cell) == []


@pytest.mark.parametrize(
    ("cell", "addresses"),
    [
        ("a@x.com; b@y.com", [A, B]),
        ("a@x.com,b@y.com,c@z.com", [A, B, C]),
        ("a@x.com；b@y.com、c@z.com", [A, B, C]),
        ("a@x.com\nb@y.com\r\nc@z.com\n", [A, B, C]),
        ("a@x.com b@y.com\tc@z.com", [A, B, C]),
        ("a@x.com / b@y.com|c@z.com", [A, B, C]),
        ("a@x.com ::: b@y.com ::: c@z.com", [A, B, C]),
        ("a@x.com;;, b@y.com;", [A, B]),
        ("a@x.com and b@y.com", [A, B]),
        ("a@x.com & b@y.com 和 c@z.com", [A, B, C]),
        ("a@x.com <mailto:a@x.com>; b@y.com<mailto:b@y.com>", [A, B]),
        ("['a@x.com', 'b@y.com']", [A, B]),
        ('"a@x.com","b@y.com"', [A, B]),
        ("'a@x.com', 'b@y.com'", [A, B]),
        # The quotes are around the list: `'a@x.com` alone would be a good address, and a wrong one.
        ("'a@x.com, b@y.com'", [A, B]),
        ("<a@x.com>, <b@y.com>", [A, B]),
        ('Smith, Anna <a@x.com>, "Wei, Li" <b@y.com>; c@z.com', [A, B, C]),
        ("Anna <a@x.com> Li Wei <b@y.com>", [A, B]),
        # What stands in quotes is a name, whatever it looks like.
        ('"old: c@z.com, a" <a@x.com>, b@y.com', [A, B]),
        # The second has no name: the first address is none of it.
        ("a@x.com <b@y.com>", [A, B]),
        ("mailto:a@x.com,b@y.com?subject=x", [A, B]),
        ("smtp:a@x.com smtp:b@y.com", [A, B]),
        ("SMTP:a@x.com SMTP:b@y.com", [A, B]),
        ("mailto:a@x.com?subject=x; mailto:b@y.com", [A, B]),
        # Good and bad ones, each to be judged for itself.
        ("a@x.com, bob, b@y.com", [A, "bob", B]),
        ("a@x.com; b@; c@z.com", [A, "b@", C]),
        ("a＠x.com；b@y.com", ["a＠x.com", B]),
    ],
)
def test_several(cell: str, addresses: list[str]) -> None:
    """Several addresses in one cell come out in their order."""
    assert addresses_in(cell) == addresses


@pytest.mark.parametrize(
    "cell",
    [
        "Li Wei",
        "a/b@x.com",
        "a|b@x.com",
        "{a@x.com}",
        "a@@x.com",
        "a@b@x.com",
        "john smith@x.com",
        "a@x.com, bob",
        "ask a@x.com or b@y.com",
        "[b@y.com](mailto:a@x.com)",
        "# a@x.com, b@y.com",
        "//a@x.com",
        "张三a@x.com",
        '"a,b@c"@x.com',
        "a/b@x.com/c@y.com",
        "<<a@x.com>>",
        "a\u202eb@x.com",
        ";",
        "<>",
    ],
)
def test_what_is_not_certain_stays_whole(cell: str) -> None:
    """A cell that cannot be taken apart with certainty is judged as it stands."""
    assert addresses_in(cell) == [cell]


@given(st.text(alphabet="a@.,;/| <>\"'()\n\u200b＠", max_size=40))
def test_each_at_sign_is_found_again(cell: str) -> None:
    """No part of a cell that may be an address is lost, but for a display name that repeats its address."""
    parts = addresses_in(cell)
    assert all(parts)
    if "<" not in cell:
        assert sum(map(count, parts)) == count(cell)


def count(text: str) -> int:
    return text.count("@") + text.count("＠")
