"""Long lists, read page by page."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from handler.delivering.pages import Page, read_pages


def service(total: Callable[[int], int], size: int, asked: list[int]) -> Callable[[int], Page[int, int]]:
    """A list of numbers; `total` says how many it has at the time of each request, 0 being the first."""

    def page(offset: int) -> Page[int, int]:
        asked.append(offset)
        now = total(len(asked) - 1)
        return now, [(number, number) for number in range(offset, min(offset + size, now))]

    return page


@pytest.mark.parametrize(("total", "size"), [(0, 100), (1, 100), (100, 100), (101, 100), (250, 100), (20, 7)])
def test_every_page_once(total: int, size: int) -> None:
    """By the number that the service gives, whatever the size of its pages."""
    found: dict[int, int] = {}
    asked: list[int] = []
    passed = read_pages(service(lambda _: total, size, asked), found)
    assert (len(found), passed.shown, passed.total, passed.is_steady) == (total, total, total, True)
    assert sorted(asked) == [*range(0, max(total, 1), size)]


def test_pages_that_turn_shorter() -> None:
    """What a page leaves out is asked for again."""
    found: dict[int, int] = {}

    def page(offset: int) -> Page[int, int]:
        return 30, [(number, number) for number in range(offset, min(offset + (10 if offset == 0 else 3), 30))]

    assert read_pages(page, found).shown == len(found) == 30


def test_a_list_that_grows_is_read_to_its_new_end_once() -> None:
    """And no further: it may grow with every request."""
    found: dict[int, int] = {}
    asked: list[int] = []
    passed = read_pages(service(lambda request: 250 + request, 100, asked), found)
    assert (passed.total, passed.is_steady) == (250, False)
    assert len(asked) == 4
    assert len(found) >= 251


def test_a_list_that_ends_before_its_number() -> None:
    """Empty pages are the end."""
    passed = read_pages(lambda _: (300, ()), {})
    assert (passed.total, passed.shown) == (300, 0)
