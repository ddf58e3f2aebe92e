"""Our dataclasses do what those of the standard library do."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handler.dataclass import dataclass


def made(by: Callable[..., Any], **options: bool) -> Any:
    class Value:
        """A value."""

        number: int
        secret: str = field(repr=False)
        note: str = field(default="", compare=False)
        several: Mapping[str, int] = field(default_factory=dict)

        @property
        def twice(self) -> int:
            return self.number * 2

    return by(**options)(Value)


OURS, THEIRS = (made(by, frozen=True, slots=True) for by in (dataclass, dataclasses.dataclass))
arguments = st.tuples(st.integers(0, 1), st.sampled_from("ab"), st.sampled_from("xy"))


@given(arguments, arguments)
def test_equality(one: tuple[Any, ...], two: tuple[Any, ...]) -> None:
    """Two are equal when their fields are, but for those that are not to be compared; equal ones have one hash."""
    ours, theirs = [OURS(*one), OURS(*two)], [THEIRS(*one), THEIRS(*two)]
    assert (ours[0] == ours[1]) == (theirs[0] == theirs[1])
    hashable = [type(each)(each.number, each.secret, each.note, None) for each in (*ours, *theirs)]
    assert (hash(hashable[0]) == hash(hashable[1])) == (hash(hashable[2]) == hash(hashable[3]))


def test_two_classes_are_never_equal() -> None:
    """Be their fields the same."""
    assert OURS(1, "a") != made(dataclass, frozen=True)(1, "a")
    assert OURS(1, "a") != (1, "a", {})


def test_what_is_printed() -> None:
    """The name and the fields, but for those that are not to be shown."""
    assert repr(OURS(1, "a", several={"b": 2})) == repr(THEIRS(1, "a", several={"b": 2}))
    assert "secret" not in repr(OURS(1, "a"))


def test_they_are_dataclasses() -> None:
    """What the standard library does with dataclasses, it does with ours."""
    value: Any = dataclasses.replace(OURS(1, "a"), number=3)
    assert dataclasses.is_dataclass(OURS)
    assert dataclasses.asdict(value) == {"number": 3, "secret": "a", "note": "", "several": {}}
    assert value.twice == 6
    assert not hasattr(value, "__dict__")
    assert [each.name for each in dataclasses.fields(OURS)] == [each.name for each in dataclasses.fields(THEIRS)]


def test_by_name_only() -> None:
    """As `kw_only` says."""
    with pytest.raises(TypeError):
        made(dataclass, frozen=True, kw_only=True)(1, "a")


def test_what_can_change_has_no_hash() -> None:
    """Its hash would change with it."""
    with pytest.raises(TypeError, match="unhashable"):
        hash(made(dataclass, slots=True)(1, "a"))
