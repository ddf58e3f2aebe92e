"""What is kept as JSON: written from dataclasses by `json`, read back by pydantic, which checks it field by field.
Where digests are kept, too, they stand behind its line, one after the other."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter

from handler.delivering.digests import DIGEST_BYTES

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


def with_digests(head: object, digests: Iterable[bytes]) -> bytes:
    """A dataclass on the first line, and digests behind it."""
    return to_json(head) + b"\n" + b"".join(digests)


def split_digests(kind: type[T], body: bytes) -> tuple[T, bytes]:
    """The dataclass that was written, and the digests behind it. Raises `ValueError` where it is no such thing."""
    line, _, packed = body.partition(b"\n")
    head = from_json(kind, line)
    if len(packed) % DIGEST_BYTES:
        raise ValueError("cut off")
    return head, packed


def each_digest(packed: bytes) -> Iterator[bytes]:
    """The digests one by one."""
    return (packed[at : at + DIGEST_BYTES] for at in range(0, len(packed), DIGEST_BYTES))


@cache
def _reader(kind: type[Any]) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    raise TypeError(f"a {type(value).__name__} is not kept")
