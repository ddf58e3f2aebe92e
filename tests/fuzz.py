"""`make fuzz`: whatever bytes arrive, the readers give rows or a `SourceProblem`, never another exception.

Half of the inputs are real exports with some bytes changed, cut, doubled or spliced into each other; the rest is noise
made of what the formats are made of. The seed is printed; the same seed gives the same inputs.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from handler.errors import SourceProblem
from handler.judging import check, explain
from handler.judging.verdicts import Rejection
from handler.reading import read
from handler.reading.tables import Hints
from handler.reporting.words import in_english
from tests.handler.reading.exports import exports

TOKENS = (
    *(b'"', b"'", b",", b";", b"\t", b"|", b"\r\n", b"\n", b"\r", b"\0", b"@", b"a@b.co", b"email", b"sep=;\n", b" "),
    *(
        b"{",
        b"}",
        b"[",
        b"]",
        b'{"email":"a@b.co"}',
        b"\\u0000",
        b"\\ud800",
        b"null",
        b"1e999",
        b"<a@b.co>",
        b"mailto:",
    ),
    *(b"\x1f\x8b\x08\x00", b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"),
    *(b"<?xml", b"<row r='1'>", b"<c t='s'><v>0</v></c>", b"<!DOCTYPE", b"&#0;", b"BEGIN:VCARD\n", b"EMAIL:", b"\xd0"),
    *(
        b"\x81\x30\x81",
        b"\xe4\xb8",
        b"\xf0\x9f\x98\x80",
        b"\xe2\x80\xa8",
        b"\x85",
        b"\x0b",
        b"%PDF-",
        b"\xd0\xcf\x11\xe0",
    ),
)
LONGEST = 6_000
"""Bytes of an export that are used: more of it is more of the same."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    workers = os.cpu_count() or 1
    share = -(-options.inputs // workers)
    print(f"seed {options.seed}, {share * workers:,} inputs", flush=True)
    begun = time.monotonic()
    with ProcessPoolExecutor(workers) as pool:
        ends: Counter[str] = sum(
            pool.map(fuzz, range(options.seed, options.seed + workers), [share] * workers), Counter()
        )
    for end, count in ends.most_common():
        print(f"{count:>10,}  {end}")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    print(f"{ends.total():,} inputs in {time.monotonic() - begun:.0f} s, peak memory of a process {peak} MB")
    return 1 if any(end.startswith("CRASH") for end in ends) else 0


def fuzz(seed: int, inputs: int) -> Counter[str]:
    """How so many inputs ended; one that ends otherwise than it may is kept as a file."""
    dice = random.Random(seed)
    seeds = [export.data if export.data[:2] == b"PK" else export.data[:LONGEST] for export in exports()]
    ends: Counter[str] = Counter()
    for number in range(inputs):
        data = mutated(dice, seeds) if dice.random() < 0.5 else noise(dice)
        end = outcome(data, dice)
        ends[end] += 1
        if end.startswith("CRASH"):
            Path(f"crash-{seed}-{number}.bin").write_bytes(data)
    return ends


def outcome(data: bytes, dice: random.Random) -> str:
    """The code of the refusal, or that there were tables; anything else is a crash."""
    size = dice.choice((1, 7, 100, 65_536)) if len(data) < 2_000 else 65_536
    try:
        for table in read([data[at : at + size] for at in range(0, len(data), size)], Hints()):
            for block in table.blocks:
                _look_at(block.rows, table.email_columns[0])  # one without them has no blocks
    except SourceProblem as problem:
        return problem.code
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        return f"CRASH {type(error).__name__}"
    return "tables"


def _look_at(rows: object, column: int) -> None:
    cells = [row[column] if len(row) > column else "" for row in rows]  # type: ignore[attr-defined]
    for verdicts in check(cells).others.values():
        for verdict in verdicts[:1]:
            if isinstance(verdict, Rejection):
                in_english(explain(verdict).said).encode()
    "".join(cell for row in rows for cell in row).encode()  # type: ignore[attr-defined]


def mutated(dice: random.Random, seeds: list[bytes]) -> bytes:
    data = bytearray(dice.choice(seeds))
    for _ in range(dice.choice((1, 1, 2, 5, 20))):
        at = dice.randrange(len(data) + 1)
        match dice.randrange(6):
            case 0:
                data[at : at + 1] = bytes([dice.randrange(256)])
            case 1:
                data[at:at] = dice.choice(TOKENS)
            case 2:
                del data[at : at + dice.randrange(1, 200)]
            case 3:
                data[at:at] = data[at : at + dice.randrange(1, 300)]
            case 4:
                other = dice.choice(seeds)
                begin = dice.randrange(len(other) + 1)
                data[at:at] = other[begin : begin + dice.randrange(1, 500)]
            case 5:
                del data[at:]
    return bytes(data)


def noise(dice: random.Random) -> bytes:
    parts = [dice.choice(TOKENS) if dice.random() < 0.9 else dice.randbytes(3) for _ in range(dice.randrange(1, 80))]
    return b"".join(parts)


if __name__ == "__main__":
    sys.exit(main())
