from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handler.judging import check, keys
from handler.judging.cells import addresses_in
from handler.judging.verdicts import Checked, Rejection
from tests.handler.judging.judge import GOOD, mutated, verdict

CELL = st.one_of(
    mutated(),
    mutated().map(lambda address: f"  {address}\t"),
    mutated().map(lambda address: f"Anna <{address}>"),
    st.tuples(
        st.sampled_from(("", '"Li, Wei" ', "安娜 ", "a@b ", "mailto:", "x>", "\u200b", "'", "A\nB ")), mutated()
    ).map(lambda parts: f"{parts[0]}< {parts[1]} > "),
    st.tuples(mutated(), st.sampled_from(("\n", "; ", " ", "\r\n", "\u2028")), mutated()).map("".join),
    st.text(alphabet="a@.b-,; \n\r\u2028\x0b\x1c\x85é", max_size=12),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(CELL, max_size=12))
def test_the_column_is_the_sum_of_its_cells(cells: list[str]) -> None:
    """Whatever stands in the neighbours, each cell gets the verdict of email-validator on the addresses in it."""
    checked = check(cells)
    assert len(checked.addresses) == len(cells)
    for index, cell in enumerate(cells):
        assert verdicts(checked, index) == [verdict(address) for address in addresses_in(cell)], cell
        assert (checked.addresses[index] == "") == (index in checked.others)


def verdicts(checked: Checked, index: int) -> list[str | None]:
    found = checked.others.get(index, (checked.addresses[index],))
    return [entry if isinstance(entry, str) else None for entry in found]


def test_what_a_column_comes_to() -> None:
    """Good cells are in `addresses`; the blank, the bad and the manifold ones are in `others`."""
    checked = check(["Anna@Example.COM", "", "a@x.com; b", "no", "a@x.com; B@Y.com", " z@例子.中国 "])
    assert checked.addresses == ["Anna@example.com", "", "", "", "", "z@xn--fsqu00a.xn--fiqs8s"]
    assert checked.others == {
        1: (),
        2: (Rejection("domain", "a@x.com; b"),),
        3: (Rejection("missing_at", "no"),),
        4: ("a@x.com", "B@y.com"),
    }


def test_no_cells() -> None:
    """An empty column is an empty verdict."""
    assert check([]) == Checked([], {})
    assert keys([]) == []


@settings(deadline=None)
@given(st.lists(CELL, max_size=5))
def test_what_is_sent_is_sent_as_it_is(cells: list[str]) -> None:
    """A report dropped back in changes no address: checking what was checked changes nothing."""
    sent = [address for address in check(cells).addresses if address]
    assert check(sent) == Checked(sent, {})


def test_keys_tell_doubles() -> None:
    """Two addresses have one key when they differ in case only, or in how an international domain is written."""
    one, two, three, four = keys(["A.b@x.com", "a.B@X.com", "z@例子.中国", "Z@xn--fsqu00a.xn--fiqs8s"])
    assert one == two != three == four


def test_keys_stay_in_step() -> None:
    """There is a key for each address, even for what other programs may have put into a group."""
    assert keys(["", "A\nB@x.com", "jörg@X.com", "no"]) == ["", "a\nb@x.com", "jörg@x.com", "no"]


HOSTILE: dict[str, Callable[[int], str]] = {
    "at-signs": lambda n: "@" * n,
    "dots": lambda n: "." * n,
    "one endless local part": lambda n: "a." * n + "@x.com",
    "one endless domain": lambda n: "a@" + "b." * n,
    "hyphens": lambda n: "a@" + "b-" * n + ".com",
    "spaces before nothing": lambda n: " " * n + "x",
    "tabs before an at-sign": lambda n: "\t" * n + "@",
    "quotes": lambda n: '"@' * n,
    "quotes that close late": lambda n: 'x"@,' * n,
    "brackets": lambda n: "<" * n + "a@b" + ">" * n,
    "names": lambda n: "x, y <a@b.co>," * (n // 8),
    "schemes": lambda n: "mailto:" * n + "a@b?mailto:",
    "schemes and commas": lambda n: ",mailto:" * n + "@",
    "nothing to be seen": lambda n: "\u200b@" * n,
    "addresses": lambda n: "a@b.com " * (n // 8),
    "lines": lambda n: "a@b.com\n" * (n // 8),
    "Arabic digits": lambda n: "a@" + "\u0661" * n + ".com",
}


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_time_is_linear(hostile: Callable[[int], str]) -> None:
    """Eight times the cell takes about eight times as long, not 64 times."""
    small, large = (quickest(hostile(n)) for n in (4_096, 32_768))
    assert large < 24 * small


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_short_cells_are_quick_too(hostile: Callable[[int], str]) -> None:
    """The pattern works on up to 254 characters: no way of filling them takes it 200 times as long as a good address
    does."""
    assert quickest(hostile(300)[:254]) < 200 * quickest("a" * 60 + "@" + "b" * 60 + ".example.com")


def quickest(cell: str) -> float:
    """Seconds of this thread's own work, whatever else the machine does."""
    times = []
    for _ in range(5):
        start = time.thread_time()
        check([cell])
        times.append(time.thread_time() - start)
    return min(times)


def test_a_long_cell_is_not_kept() -> None:
    """A refused cell of 131,072 characters leaves no 131,072 characters behind: there may be 100,000 of them."""
    (rejection,) = check(["x" * 131_072]).others[0]
    assert isinstance(rejection, Rejection)
    assert len(rejection.value) < 2_000


def test_good_ones() -> None:
    """The addresses that the properties start from come through a column as email-validator gives them."""
    assert check(GOOD).addresses == [verdict(address) for address in GOOD]
