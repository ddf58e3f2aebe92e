"""XML, a piece at a time, with expat kept from hoarding: what it keeps in memory is bounded here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Final
from xml.parsers import expat

from handler.errors import SourceProblem
from handler.limits import PART_BYTES, PARTS, XML_DEPTH, XML_NAMES, XML_TOKEN_BYTES
from handler.said import Said

Attributes = dict[str, str]

DAMAGED: Final = Said("file.workbook_damaged")
_TOO_LARGE: Final = Said("file.workbook_odd")


def parse(chunks: Iterable[bytes], handler: Nested) -> Iterator[None]:
    """Tells `handler`, and stops after each chunk, so that what it found can be handed on before more is read.

    Raises `SourceProblem`: `damaged` for what is no XML, or has a document type (no Office file has, and entities need
    one); `too_large` for what would make expat grow without end.
    """
    names: dict[str, str] = {}
    parser = expat.ParserCreate(None, None, names)
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = handler.open
    parser.EndElementHandler = handler.close
    parser.CharacterDataHandler = handler.text
    fed = 0
    for chunk in chain(filter(None, chunks), (b"",)):
        _feed(parser, chunk, last=not chunk)
        fed += len(chunk)
        if len(names) > XML_NAMES or fed - parser.CurrentByteIndex > XML_TOKEN_BYTES:
            raise SourceProblem("too_large", _TOO_LARGE)
        yield


def _feed(parser: expat.XMLParserType, data: bytes, *, last: bool) -> None:
    try:
        parser.Parse(data, last)
    except (expat.ExpatError, LookupError, ValueError) as error:  # the last two: an encoding that nobody knows
        raise SourceProblem("damaged", DAMAGED) from error


def _refuse_doctype(*_: object) -> None:
    raise SourceProblem("damaged", DAMAGED)


class Nested:
    """A handler that counts the elements which are open: expat remembers each of them."""

    def __init__(self) -> None:
        self._depth = 0
        self._openers = ByLocalName()
        self._closers = ByLocalName()

    def open(self, name: str, attributes: Attributes) -> None:
        self._depth += 1
        if self._depth > XML_DEPTH:
            raise SourceProblem("too_large", _TOO_LARGE)
        self._openers[name](attributes)

    def close(self, name: str) -> None:
        self._depth -= 1
        self._closers[name]()

    def text(self, text: str) -> None:
        """Not asked for, unless a subclass does."""


class ByLocalName(dict[str, Callable[..., None]]):
    """Callbacks by element name, whatever the prefix: `row` and `x:row` mean the same, in the transitional namespace
    and in the strict one. The names that are added are those expat has let through, and counted."""

    def __missing__(self, name: str) -> Callable[..., None]:
        self[name] = found = self.get(name.rpartition(":")[2], _ignore)
        return found


def _ignore(*_: object) -> None:
    """For the elements nobody asks about."""


class _Elements(Nested):
    """Keeps attributes, which is where the small parts say everything."""

    def __init__(self, wanted: Iterable[str]) -> None:
        super().__init__()
        self.found: list[Attributes] = []
        self._openers.update(dict.fromkeys(wanted, self._keep))

    def _keep(self, attributes: Attributes) -> None:
        self.found.append(attributes)
        if len(self.found) > PARTS:
            raise SourceProblem("too_large", _TOO_LARGE)


def elements(chunks: Iterable[bytes], *wanted: str) -> list[Attributes]:
    """The attributes of all elements of these local names in a small part, in order.

    Raises `SourceProblem`: `damaged`, or `too_large` for a part that is not small.
    """
    handler = _Elements(wanted)
    for _ in parse(_small(chunks), handler):
        pass
    return handler.found


def _small(chunks: Iterable[bytes]) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > PART_BYTES:
            raise SourceProblem("too_large", _TOO_LARGE)
        yield chunk


def local(name: str) -> str:
    return name.rpartition(":")[2]
