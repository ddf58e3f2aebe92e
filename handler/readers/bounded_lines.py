"""Physical lines of a text that comes in pieces, in bounded memory: one that is too long loses its content, not its
number, and none of its neighbours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from handler.limits import RECORD_CHARS


@dataclass(frozen=True, slots=True)
class Line:
    """A line without its end."""

    number: int
    text: str
    too_long: bool = False


def bounded_lines(texts: Iterable[str]) -> Iterator[Line]:
    """The lines, as LF or CRLF end them; no empty line after the last end."""
    held, number, too_long = "", 1, False
    for text in texts:
        *ended, held = (held + text).split("\n")
        for content in ended:
            yield _line(number, content, too_long=too_long)
            number, too_long = number + 1, False
        if len(held) > RECORD_CHARS:
            held, too_long = "", True
    if held or too_long:
        yield _line(number, held, too_long=too_long)


def _line(number: int, content: str, *, too_long: bool) -> Line:
    if too_long or len(content) > RECORD_CHARS:
        return Line(number, "", too_long=True)
    return Line(number, content.removesuffix("\r"))
