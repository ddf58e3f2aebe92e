"""Reads an address file and judges every address: `read.py CONTENDER KIND FILE`.

The same work for everybody: which addresses can be sent, in the form to send, and how many rows hold none. Each makes
its libraries ready before the clock starts, and is told what kind of file it is; ours finds that out.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from time import monotonic
from typing import Any, Final

COLUMN: Final = "email"
CHUNK_BYTES: Final = 1 << 18
ENCODINGS: Final = {"gb18030": "gb18030", "utf-16": "utf-16"}

Found = tuple[int, int]
"""How many rows hold an address, and how many do not."""
Reading = Callable[[Path], Found]


def ours(_: str) -> Reading:
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


def decision(_: str) -> Reading:
    """This project, up to the whole plan: doubles told, rejected.csv and the rows to send written to /tmp."""
    import email_validator  # noqa: F401

    from handler.planning.decision import Policy, decide
    from handler.planning.lists import RowFiles
    from handler.reading import read
    from handler.reading.tables import Hints
    from handler.reporting.words import in_english

    def run(path: Path) -> Found:
        with closing(RowFiles(in_english)) as rows:
            counts = decide(read(_chunks(path), Hints()), set(), 50_000, Policy(), rows).counts
        return counts.not_attempted + counts.duplicate + counts.over_capacity, counts.rejected + counts.empty

    return run


def limit(kind: str) -> Reading:
    """`csv.reader` over the same file, and nothing else."""
    import csv

    def run(path: Path) -> Found:
        with path.open(encoding=ENCODINGS.get(kind, "utf-8"), newline="") as file:
            return sum(1 for _ in csv.reader(file)) - 1, 0

    return run


def usual(kind: str) -> Reading:
    """The standard library row by row (for workbooks openpyxl), and email-validator."""
    judge = _judge()
    cells = {"xlsx": _workbook, "json lines": _json_lines, "gzip": _gzip}.get(kind) or _csv(ENCODINGS.get(kind))

    def run(path: Path) -> Found:
        return _counted(map(judge, cells(path)))

    return run


def pandas(kind: str) -> Reading:
    """pandas, and email-validator."""
    import pandas as pd

    judge = _judge()

    def frame(path: Path) -> Any:
        if kind == "xlsx":
            return pd.read_excel(path, dtype=str, usecols=[COLUMN])
        if kind == "json lines":
            return pd.read_json(path, lines=True, dtype=str)
        packed: Any = "gzip" if kind == "gzip" else None
        return pd.read_csv(path, dtype=str, usecols=[COLUMN], compression=packed, encoding=ENCODINGS.get(kind))

    def run(path: Path) -> Found:
        return _counted(frame(path)[COLUMN].fillna("").map(judge))

    return run


def polars(_: str) -> Reading:
    """polars, with the same checks as expressions; email-validator for international domains only, as ours does."""
    import polars as pl

    judge = _judge()
    address = pl.col(COLUMN).str.strip_chars()
    atom, label = r"[a-zA-Z0-9!#$%&'*+\-/=?^_`{|}~]+", "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
    domain, top = address.str.extract("@(.*)$"), address.str.extract(r"\.([^.]*)$").str.to_lowercase()
    is_ascii = (
        address.str.contains(rf"^{atom}(?:\.{atom})*@(?:{label}\.)+{label}$")
        & ~domain.str.contains("--", literal=True)
        & address.str.contains("[a-zA-Z]$")
        & (address.str.len_bytes() <= 254)  # noqa: PLR2004 - ADDRESS_BYTES
        & (address.str.extract("^([^@]*)").str.len_bytes() <= 64)  # noqa: PLR2004 - LOCAL_PART_BYTES
        & ~top.is_in(["arpa", "invalid", "local", "localhost", "onion", "test"])
    )
    may_be_foreign = address.str.contains("@[^@]*[^\x00-\x7f]|@[^@]*--")

    def run(path: Path) -> Found:
        frame = pl.scan_csv(path, infer_schema=False).select(address.alias(COLUMN)).collect()
        frame = frame.select(
            pl.concat_str(address.str.extract("^([^@]*@)"), domain.str.to_lowercase()).alias("sent"),
            is_ascii.fill_null(value=False).alias("good"),
            pl.when(may_be_foreign).then(address).alias("foreign"),
        )
        foreign = frame.filter(~pl.col("good"))["foreign"].drop_nulls()
        good = frame["good"].sum() + sum(map(bool, map(judge, foreign)))
        return good, frame.height - good

    return run


def _judge() -> Callable[[str], str]:
    from email_validator import EmailNotValidError, validate_email

    def judge(cell: str) -> str:
        """The address to send; nothing where there is none."""
        try:
            found = validate_email(cell.strip(), check_deliverability=False, allow_smtputf8=False, strict=True)
        except EmailNotValidError:
            return ""
        return found.ascii_email or ""

    return judge


def _counted(verdicts: Iterable[str]) -> Found:
    good = bad = 0
    for verdict in verdicts:
        if verdict:
            good += 1
        else:
            bad += 1
    return good, bad


def _csv(encoding: str | None) -> Callable[[Path], Iterator[str]]:
    import csv

    def cells(path: Path) -> Iterator[str]:
        with path.open(encoding=encoding or "utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                yield row[COLUMN]

    return cells


def _gzip(path: Path) -> Iterator[str]:
    import csv
    import gzip

    with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            yield row[COLUMN]


def _json_lines(path: Path) -> Iterator[str]:
    import json

    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)[COLUMN]


def _workbook(path: Path) -> Iterator[str]:
    from openpyxl import load_workbook

    with path.open("rb") as file:
        (sheet,) = load_workbook(file, read_only=True).worksheets
        found = sheet.iter_rows(values_only=True)
        column = next(found).index(COLUMN)
        for row in found:
            yield str(row[column] or "")


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


CONTENDERS: Final = {reading.__name__: reading for reading in (ours, decision, limit, usual, pandas, polars)}


def main() -> None:
    name, kind, path = sys.argv[1:]
    run = CONTENDERS[name](kind)
    began = monotonic()
    answer = run(Path(path))
    done = monotonic()

    from local.bench.probes.probe import tell

    tell(began, done, answer)


if __name__ == "__main__":
    main()
