"""Addresses in lists of people who said no that lie beside the list in its document: they come as a table of their own
behind it, so that nobody of them is sent to for standing in both."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Final

from handler.reading.allowance import Allowance, Scratch
from handler.reading.outside import addresses_in
from handler.reading.tables import FileFacts, RowBlock, Table
from handler.reading.tabulation import Gathering

NAME: Final = "unsubscribed"
"""What such a table is called: the name of its first list need not say it by itself."""
_STEP: Final = 65_536


class SaidNo:
    """Kept in a temporary file, for there may be more of them than of the others."""

    def __init__(self, allowance: Allowance) -> None:
        self._scratch = Scratch(allowance)
        self._name: str | None = None

    def keep(self, text: str, name: str, line: int) -> None:
        """The addresses in a string of the list of this name."""
        for address in addresses_in(text):
            self._name = self._name or name
            self._scratch.append(f"{line} {address}\n".encode())

    def tables(self, file_format: str, encoding: str) -> Iterator[Table]:
        """The table of them, if there are any."""
        if self._name:
            facts = FileFacts(file_format, None, encoding, None, header=True, email_column="email", records=self._name)
            yield Table(facts, ("email",), (0,), self._blocks(), title=NAME)

    def _blocks(self) -> Iterator[RowBlock]:
        self._scratch.seek(0)
        gathering, held = Gathering(), b""
        while piece := self._scratch.read(_STEP):
            *lines, held = (held + piece).split(b"\n")
            for line in lines:
                number, _, address = line.decode().partition(" ")
                gathering.add(int(number), [address], len(address), None)
            if gathering.lines:
                yield gathering.take()

    def __enter__(self) -> SaidNo:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._scratch.close()
