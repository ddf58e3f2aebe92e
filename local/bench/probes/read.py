"""Reads an address file and judges every address: `read.py CONTENDER FILE`.

The same work for everybody: which addresses can be sent, in the form to send, and how many rows hold none. Each makes
its libraries ready before the clock starts, and is told that it is a CSV in UTF-8; ours finds that out.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic
from typing import Final

COLUMN: Final = "email"
CHUNK_BYTES: Final = 1 << 18

Found = tuple[int, int]
"""How many rows hold an address, and how many do not."""
Reading = Callable[[Path], Found]


def ours() -> Reading:
    """This project, up to the verdict on each address."""
    import email_validator  # noqa: F401 - its loading is not what is measured

    from handler.judging import check
    from handler.reading import read
    from handler.reading.tables import Hints

    def run(path: Path) -> Found:
        good = rows = 0
        for table in read(_chunks(path), Hints()):
            (column,) = table.email_columns
            for block in table.blocks:
                rows += len(block.rows)
                good += sum(map(bool, check([row[column] for row in block.rows]).addresses))
        return good, rows - good

    return run


def usual() -> Reading:
    """The standard library row by row, and email-validator."""
    import csv

    from email_validator import EmailNotValidError, validate_email

    def judge(cell: str) -> str:
        """The address to send; nothing where there is none."""
        try:
            found = validate_email(cell.strip(), check_deliverability=False, allow_smtputf8=False, strict=True)
        except EmailNotValidError:
            return ""
        return found.ascii_email or ""

    def run(path: Path) -> Found:
        good = bad = 0
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                if judge(row[COLUMN]):
                    good += 1
                else:
                    bad += 1
        return good, bad

    return run


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


CONTENDERS: Final = {reading.__name__: reading for reading in (ours, usual)}


def main() -> None:
    name, path = sys.argv[1:]
    run = CONTENDERS[name]()
    began = monotonic()
    answer = run(Path(path))
    done = monotonic()

    from local.bench.probes.probe import tell

    tell(began, done, answer)


if __name__ == "__main__":
    main()
