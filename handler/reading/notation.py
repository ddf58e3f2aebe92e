"""Tables as consoles and databases print them, made delimited text line by line: every line keeps its number.

Boxes (`mysql`, `psql`, Markdown), columns of a fixed width below a ruler (`sqlcmd`), cells in single quotes, and the
`#TYPE` line of PowerShell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Final

from handler.limits import RECORD_CHARS
from handler.reading.streams import LINE_END, whole_lines

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

Rewrite = Callable[[str], str]
"""One line, without its end."""


def notation_of(start: str) -> Rewrite | None:
    """How the lines of a text that begins so are to be rewritten; `None` for text that is delimited, or a list."""
    head = start.splitlines()[: _HEAD_LINES + 1]
    for above, line in pairwise(head):
        if _RULER.fullmatch(line) and len(above.split()) >= len(line.split()):
            return _fixed_width(line)
        if _is_rule(line) and _BOX_RULE.fullmatch(line) and "|" in above.translate(_FRAME):
            return _boxed
    if head and _TYPE.fullmatch(head[0]):
        return lambda line: "" if _TYPE.fullmatch(line) else line
    return _single_quoted if _has_single_quotes(start) else None


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


def _has_single_quotes(start: str) -> bool:
    """In every line as many open as close, and each closes where a cell ends."""
    if "'" not in start or '"' in start:
        return False
    lines = [line for line in start.splitlines() if line.strip()]
    quoted = [line for line in lines if "'" in line]
    even = all(len(_SINGLE_OPEN.findall(line)) == len(_SINGLE_CLOSE.findall(line)) > 0 for line in quoted)
    return even and len(quoted) * 2 > len(lines)


def _single_quoted(line: str) -> str:
    if "'" not in line:
        return line
    return _SINGLE_EDGE.sub('"', line.replace('"', '""')).replace("''", "'")
