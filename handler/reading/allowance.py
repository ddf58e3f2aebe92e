"""What one file may take of the machine, however it is wrapped: inflated bytes, room in /tmp, layers."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType

from handler.errors import SourceProblem
from handler.limits import (
    IDLE_TAGS,
    INFLATE_FREE,
    INFLATE_RATIO,
    INFLATED_BYTES,
    LAYERS,
    MOST_MALFORMED_ROWS,
    ROWS,
    SCRATCH_BYTES,
    SCRATCH_MEMORY,
    STEPS,
    SWALLOWED_LINES,
    TAGS_OF_A_VALUE,
    XML_TAGS,
)
from handler.said import Said


@dataclass(slots=True)
class Allowance:
    """One for each file, shared by all its layers and members, and drawn from as they are unwrapped."""

    inflated: int = INFLATED_BYTES
    """Bytes that may still come out of what is compressed."""
    scratch: int = SCRATCH_BYTES
    """Bytes that may still be put into temporary files."""
    tags: int = XML_TAGS
    """XML tags that may still be read."""
    idle_tags: int = IDLE_TAGS
    """And those of them that may lead to nothing."""
    rows: int = ROWS
    """Rows that may still be read."""
    malformed: int = MOST_MALFORMED_ROWS
    """And those of them that may still be malformed."""
    swallowed: int = SWALLOWED_LINES
    """Lines that may still be read again, for a quote before them was none."""
    steps: int = STEPS
    """Tokens of JSON that may still be read, or so many lines of vCards."""
    layers: int = LAYERS
    """How much deeper compressed files may lie inside compressed files."""

    def draw_inflated(self, size: int) -> None:
        """Raises `SourceProblem` (`too_large`) once the file has grown past all reason."""
        self.inflated -= size
        if self.inflated < 0:
            raise SourceProblem("too_large", Said("file.unpacked"))

    def draw_tags(self, count: int) -> None:
        """Raises `SourceProblem` (`too_large`) for more XML than anybody should wait for."""
        self.tags -= count
        self.idle_tags -= count
        if self.tags < 0 or self.idle_tags < 0:
            raise SourceProblem("too_large", Said("file.cells"))

    def earn_tags(self, values: int) -> None:
        """So many values were found: what led to them was not idle."""
        self.idle_tags += values * TAGS_OF_A_VALUE

    def draw_rows(self, count: int) -> None:
        """Raises `SourceProblem` (`too_large`) for more rows than anybody should wait for."""
        self.rows -= count
        if self.rows < 0:
            raise SourceProblem("too_large", Said("file.rows", number=ROWS))

    def draw_steps(self, count: int) -> None:
        """Raises `SourceProblem` (`too_large`) for what is not made of records with addresses."""
        self.steps -= count
        if self.steps < 0:
            raise SourceProblem("too_large", Said("file.steps"))

    def draw_malformed(self, count: int) -> None:
        """Raises `SourceProblem` (`damaged`) for more broken rows than anybody would mend."""
        self.malformed -= count
        if self.malformed < 0:
            raise SourceProblem("damaged", Said("file.broken"))

    def draw_swallowed(self, lines: int) -> None:
        """Raises `SourceProblem` (`damaged`) for quotes that nobody meant."""
        self.swallowed -= lines
        if self.swallowed < 0:
            raise SourceProblem("damaged", Said("file.quotes"))

    def draw_scratch(self, size: int) -> None:
        """Raises `SourceProblem` (`too_large`) when there is no more room for temporary files."""
        self.scratch -= size
        if self.scratch < 0:
            raise SourceProblem("too_large", Said("file.room"))

    @contextmanager
    def layer(self) -> Iterator[None]:
        """Held while what lies inside a compressed file is read."""
        if not self.layers:
            raise SourceProblem("too_large", Said("file.layers"))
        self.layers -= 1
        try:
            yield
        finally:
            self.layers += 1


def check_ratio(inflated: int, compressed: int) -> None:
    """Raises `SourceProblem` (`too_large`) for what inflates as no list of people does."""
    if inflated > max(INFLATE_FREE, INFLATE_RATIO * compressed):
        raise SourceProblem("too_large", Said("file.ratio", number=INFLATE_RATIO))


class Scratch:
    """A temporary file within the allowance, in memory while it is small. Closing it gives its room back."""

    def __init__(self, allowance: Allowance) -> None:
        self._allowance = allowance
        self._file = tempfile.SpooledTemporaryFile(max_size=SCRATCH_MEMORY)  # noqa: SIM115 - closed by `close`
        self.size = 0

    def append(self, data: bytes) -> None:
        """Writes at the end, wherever was read last."""
        self._allowance.draw_scratch(len(data))
        self._file.seek(self.size)
        self._file.write(data)
        self.size += len(data)

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self._file.seek(offset, whence)
        return self._file.tell()

    def tell(self) -> int:
        return self._file.tell()

    def read(self, size: int = -1) -> bytes:
        return self._file.read(size)

    def close(self) -> None:
        self._file.close()
        self._allowance.scratch += self.size
        self.size = 0

    def __enter__(self) -> Scratch:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
