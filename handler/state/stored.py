"""What is kept as JSON: written from dataclasses by `json`, read back by pydantic, which checks it field by field."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")


def to_json(value: object, indent: int | None = None) -> bytes:
    """A dataclass as a JSON object; a time in UTC ends in `Z`."""
    separators = (",", ":") if indent is None else None
    text = json.dumps(value, default=_plain, ensure_ascii=False, indent=indent, separators=separators)
    return text.encode("utf-8", "replace")


def from_json(kind: type[T], body: bytes) -> T:
    """The dataclass that was written. Raises `ValueError` where the body is no such thing."""
    found: T = _reader(kind).validate_json(body, strict=True)  # type: ignore[arg-type]  # no class is hashable to mypy
    return found


@cache
def _reader(kind: type[Any]) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    raise TypeError(f"a {type(value).__name__} is not kept")
