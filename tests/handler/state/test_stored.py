"""What is kept as JSON comes back as it was, and nothing else passes for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handler.state.stored import from_json, to_json

texts = st.text(st.characters(exclude_categories=["Cs"]))
times = st.datetimes(timezones=st.just(timezone.utc))


@dataclass(frozen=True, slots=True)
class Inner:
    text: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Outer:
    kind: Literal["outer"] = "outer"
    number: float = 0.0
    several: tuple[Inner, ...] = ()
    by_name: Mapping[str, int] = field(default_factory=dict)


inners = st.builds(Inner, texts, st.none() | times)
outers = st.builds(
    Outer,
    number=st.floats(allow_nan=False, allow_infinity=False),
    several=st.lists(inners, max_size=3).map(tuple),
    by_name=st.dictionaries(texts, st.integers(-(2**63), 2**63 - 1), max_size=3),
)


@given(outers, st.none() | st.integers(0, 2))
def test_what_is_written_is_read(value: Outer, indent: int | None) -> None:
    """Values inside values, times to the microsecond, texts in any language."""
    assert from_json(Outer, to_json(value, indent)) == value


def test_as_others_read_it() -> None:
    """Names and texts as they are, times as ISO 8601 with a Z where they are in UTC."""
    zone = timezone(timedelta(hours=8))
    value = Outer(
        several=(
            Inner("春", datetime(2026, 11, 23, 8, tzinfo=timezone.utc)),
            Inner("", datetime(2026, 1, 1, tzinfo=zone)),
        )
    )
    assert to_json(value).decode() == (
        '{"kind":"outer","number":0.0,"several":[{"text":"春","at":"2026-11-23T08:00:00Z"},'
        '{"text":"","at":"2026-01-01T00:00:00+08:00"}],"by_name":{}}'
    )


def test_half_a_character_is_replaced() -> None:
    """A lone surrogate, which a file's name can hold and UTF-8 cannot, costs no report."""
    assert json.loads(to_json(Inner("a\ud800b"))) == {"text": "a?b", "at": None}


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"{}", b'{"text": 7}', b'{"text": "a", "at": "yesterday"}', b'{"text": "a"', b"\xff"]
)
def test_what_is_no_such_thing(body: bytes) -> None:
    """A `ValueError`, whatever stands there."""
    with pytest.raises(ValueError, match="validation error"):
        from_json(Inner, body)


def test_what_cannot_be_kept() -> None:
    """Is a mistake of ours, and said without its value."""
    with pytest.raises(TypeError, match="a set is not kept"):
        to_json(Outer(by_name={"a": {1, 2}}))  # type: ignore[dict-item]
