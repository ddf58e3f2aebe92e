"""Tables as consoles and databases print them, made delimited text line by line: every line keeps its number.

Boxes (`mysql`, `psql`, Markdown), columns of a fixed width below a ruler (`sqlcmd`) or below their headings, headings
and cells with ` : ` or the like between them, cells in single quotes, and the `#TYPE` line of PowerShell. Addresses in
full-width signs are given plain ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import pairwise
from typing import Final

from handler.limits import RECORD_CHARS
from handler.reading.habit import habit_of, without_glued
from handler.reading.plain import cut
from handler.reading.streams import LINE_END, split, whole_lines

_HEAD_LINES: Final = 6
"""The line below the headings stands among these, if there is one."""
_FRAME: Final = str.maketrans("│║┃┆┊", "|||||")
_BOX_RULE: Final = re.compile(
    r"[ |+:=\-─━═┄┼┬┴├┤┌┐└┘╞╡╪╔╗╚╝╠╣╬╦╩╤╧╟╢╫]*(?:-{2}|[=─━═]{2}|-:|:-)[ |+:=\-─━═┄┼┬┴├┤┌┐└┘╞╡╪╔╗╚╝╠╣╬╦╩╤╧╟╢╫]*"
)
_RULER: Final = re.compile(r" *-{2,}(?: +-+)+ *")
_FOOTER: Final = re.compile(r"\(?\d+ (?:rows?|records?|行)\b[^@]*")
_SINGLE_OPEN: Final = re.compile(r"(?:(?<=[,;\t|])|^) *'(?=[^'])")
_SINGLE_CLOSE: Final = re.compile(r"(?<=[^'])' *(?=[,;\t|]|$)")
_SINGLE_EDGE: Final = re.compile(r"(?:(?<=[,;\t|])|^) *'|' *(?=[,;\t|]|$)")
_TYPE: Final = re.compile(r"#TYPE [\w.+`\[\], ]+")

_APART: Final = re.compile(r"(?<=\S)\s{2,}(?=\S)")
_HEADING: Final = re.compile(r"\S+(?:\s\S+)*")
_BETWEEN: Final = tuple(map(re.compile, (r"\s+:\s+", r"\s*::\s*", r"\s+[-–—]\s+", r"\s+[-=]>\s+", r"\s+[/~^]\s+")))
_LEAST_LINES: Final = 2
_FULL_WIDTH: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_FULL_WIDTH_ADDRESS: Final = re.compile(r"[^\s@＠,;，；、<>()（）:：\"|]+＠[^\s@＠,;，；、<>()（）:：\"|]+")

Rewrite = Callable[[str], str]
"""One line, without its end."""


def notation_of(start: str) -> Rewrite | None:
    """How the lines of a text that begins so are to be rewritten; `None` for text that is delimited, or a list."""
    if "＠" not in start:
        return _table_notation(start)
    rewrite = _table_notation(_with_plain_signs(start))
    return (lambda line: rewrite(_with_plain_signs(line))) if rewrite else _with_plain_signs


def _table_notation(start: str) -> Rewrite | None:
    head = start.splitlines()[: _HEAD_LINES + 1]
    for above, line in pairwise(head):
        if _RULER.fullmatch(line) and len(above.split()) >= len(line.split()):
            return _fixed_width(line)
        if _is_rule(line) and _BOX_RULE.fullmatch(line) and "|" in above.translate(_FRAME):
            return _boxed
    if head and _TYPE.fullmatch(head[0]):
        return lambda line: "" if _TYPE.fullmatch(line) else line
    return _single_quoted if _has_single_quotes(start) else _below_headings(start) or _glued(start)


def rewritten(texts: Iterable[str], rewrite: Rewrite) -> Iterator[str]:
    """The text with each of its lines rewritten."""
    rest = ""
    for piece in texts:
        text = rest + piece
        end = whole_lines(text) or (len(text) > RECORD_CHARS and len(text))  # a line without end is no row
        yield _lines(text[:end], rewrite)
        rest = text[end:]
    yield _lines(rest, rewrite)


def _lines(text: str, rewrite: Rewrite) -> str:
    ends = LINE_END.findall(text)
    return "".join(rewrite(line) + end for line, end in zip(LINE_END.split(text), [*ends, ""], strict=True))


def _is_rule(line: str) -> bool:
    return "|" in line.translate(_FRAME) or any(cross in line for cross in "+┼╪╬")


def _boxed(line: str) -> str:
    if _BOX_RULE.fullmatch(line) or _FOOTER.fullmatch(line):
        return ""
    line = line.translate(_FRAME).strip()
    framed = line.startswith("|") and line.endswith("|") and len(line) > 1
    return line[1:-1] if framed else line


def _fixed_width(ruler: str) -> Rewrite:
    starts = [match.start() for match in re.finditer("-+", ruler)]

    def rewrite(line: str) -> str:
        if not line.strip() or _RULER.fullmatch(line) or _FOOTER.fullmatch(line):
            return ""
        if any(line[start - 1 : start].strip() for start in starts[1:]):
            return line  # its columns are others: a row that cannot be read, and says so
        cells = (line[start:end].strip().replace("\t", " ") for start, end in pairwise([*starts, None]))
        return "\t".join(f'"{cell.replace(chr(34), 2 * chr(34))}"' if '"' in cell else cell for cell in cells)

    return rewrite


def _glued(start: str) -> Rewrite | None:
    """Lines that begin with an address and have something glued to it, as all of them do."""
    habit = habit_of(split(start), cut)
    return partial(without_glued, habit=habit) if habit.is_marked else None


def _below_headings(start: str) -> Rewrite | None:
    """Cells set apart by several spaces, or by a sign between spaces, in a row of headings and all rows below it."""
    lines = [line for line in start.splitlines() if line.strip()]
    if len(lines) < _LEAST_LINES or "@" in lines[0] or any(sign in start for sign in '\t"|;'):
        return None
    has_spaces_inside = len({len(line.split()) for line in lines}) > 1
    for mark in (_APART, *_BETWEEN) if has_spaces_inside else _BETWEEN:
        if mark.search(lines[0].strip()) and len({len(mark.findall(line.strip())) for line in lines}) == 1:
            return partial(_cut_at, mark)
    starts = [found.end() for found in _APART.finditer(lines[0])]
    if not starts or not has_spaces_inside or not start.isascii():
        return None
    is_even = not any(line[at - 1 : at].strip() for line in lines for at in starts)
    return _fixed_width(_HEADING.sub(lambda heading: "-" * len(heading[0]), lines[0])) if is_even else None


def _cut_at(mark: re.Pattern[str], line: str) -> str:
    return mark.sub("\t", line.strip())


def _with_plain_signs(line: str) -> str:
    return _FULL_WIDTH_ADDRESS.sub(lambda found: found[0].translate(_FULL_WIDTH), line)


def _has_single_quotes(start: str) -> bool:
    """In every line as many open as close, and each closes where a cell ends."""
    if "'" not in start or '"' in start:
        return False
    lines = [line for line in start.splitlines() if line.strip()]
    quoted = [line for line in lines if "'" in line]
    return all(map(_is_even, quoted)) and len(quoted) * 2 > len(lines)


def _is_even(line: str) -> bool:
    opening, closing = ([found.start() for found in edge.finditer(line)] for edge in (_SINGLE_OPEN, _SINGLE_CLOSE))
    in_turns = all(first < second for first, second in zip(opening, closing, strict=False))
    return len(opening) == len(closing) > 0 and in_turns


def _single_quoted(line: str) -> str:
    if "'" not in line:
        return line
    return _SINGLE_EDGE.sub('"', line.replace('"', '""')).replace("''", "'")
