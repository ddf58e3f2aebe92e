"""Dataclasses for a third of their price.

Python 3.10 compiles up to seven functions for each of them, in half a millisecond, and a cold start loads seventy
classes. Here one function is compiled, `__init__`, and all classes share the others. That nobody assigns to a field of
a frozen one is for mypy to see: it takes them for what the standard library makes.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import dataclass

__all__ = ["dataclass"]


def _compared(value: Any) -> tuple[object, ...]:
    return tuple([getattr(value, field.name) for field in dataclasses.fields(value) if field.compare])


def _eq(self: object, other: object) -> bool:
    return _compared(self) == _compared(other) if other.__class__ is self.__class__ else NotImplemented


def _hash(self: object) -> int:
    return hash(_compared(self))


def _repr(self: Any) -> str:
    shown = [f"{field.name}={getattr(self, field.name)!r}" for field in dataclasses.fields(self) if field.repr]
    return f"{self.__class__.__qualname__}({', '.join(shown)})"


def _dataclass(*, frozen: bool = False, slots: bool = False, kw_only: bool = False) -> Callable[[Any], Any]:
    def make(cls: Any) -> Any:
        made: Any = dataclasses.dataclass(eq=False, repr=False, slots=slots, kw_only=kw_only)(cls)
        made.__eq__, made.__repr__ = _eq, _repr
        made.__hash__ = _hash if frozen else None
        return made

    return make


if not TYPE_CHECKING:
    dataclass = _dataclass
