"""Which groups take a file: who belongs to a series, in which order, and what is never guessed."""

from __future__ import annotations

import pytest

from handler.errors import SourceProblem
from handler.planning.group import Group
from handler.planning.series import named, series


def groups(*names: str) -> list[Group]:
    return [Group(number, name, 0, uploading=False) for number, name in enumerate(names, start=1001)]


@pytest.mark.parametrize(
    ("there", "found", "further"),
    [
        ([], [], ["spring", "spring (2)", "spring (3)", "spring (4)"]),
        (["spring"], ["spring"], ["spring (2)", "spring (3)", "spring (4)"]),
        (["spring (10)", "spring (2)", "spring"], ["spring", "spring (2)", "spring (10)"], ["spring (3)"]),
        # One that a person has deleted is made anew, after those that are there.
        (["spring", "spring (3)"], ["spring", "spring (3)"], ["spring (2)", "spring (4)"]),
        (["spring (2)"], ["spring (2)"], ["spring", "spring (3)", "spring (4)"]),
        # What only looks like a continuation.
        (
            ["spring", "spring(2)", "spring (1)", "spring (02)", "spring (two)", "spring (2) ", "springs (2)"],
            ["spring"],
            ["spring (2)", "spring (3)", "spring (4)"],
        ),
        # More of them than may be made all belong to it.
        (
            [*(f"spring ({number})" for number in range(2, 8)), "spring"],
            ["spring", *(f"spring ({n})" for n in range(2, 8))],
            [],
        ),
    ],
)
def test_who_belongs_to_a_series(there: list[str], found: list[str], further: list[str]) -> None:
    """In the order of their numbers, whatever that of the listing; four groups are the most here."""
    taken = series("spring", groups(*there), 4)
    assert ([group.name for group in taken.groups], [*taken.names]) == (found, further)


@pytest.mark.parametrize("name", ["spring (2)", "spring (3)"])
def test_a_continuation_is_continued_by_none(name: str) -> None:
    """A file that names it is for it alone; without a first group it is a group like any other."""
    there = groups("spring", "spring (2)", "spring (3)", "spring (2) (2)")
    taken = series(name, there, 20)
    assert ([group.name for group in taken.groups], taken.names) == ([name], ())
    taken = series(name, there[:1], 20)
    assert (taken.groups, taken.names) == ((), (name,))
    taken = series("spring (2)", there[1:], 3)
    assert ([group.name for group in taken.groups], taken.names) == (
        ["spring (2)", "spring (2) (2)"],
        ("spring (2) (3)",),
    )


@pytest.mark.parametrize("name", ["Spring", "spring ", " spring", "SPRING", "ｓｐｒｉｎｇ"])
def test_a_name_that_is_nearly_anothers_is_refused(name: str) -> None:
    """Nobody can tell whether that one is meant, or a new one."""
    with pytest.raises(SourceProblem) as refused:
        named(name, groups("autumn", "spring"))
    assert (refused.value.code, refused.value.said.fields) == ("group_not_found", {"name": name, "there": "spring"})


def test_names_are_told_apart_where_they_are_exact() -> None:
    """Whatever others there are beside; accents as a Mac writes them are the same."""
    there = groups("Spring", "spring", "spring  list", "spring list", "é")
    assert [named(group.name, there) for group in there] == there
    assert named("e\N{COMBINING ACUTE ACCENT}", there) == there[-1]
    assert named("winter", there) is None
    with pytest.raises(SourceProblem):
        named("é", [*there, *groups("e\N{COMBINING ACUTE ACCENT}")])
