"""What a month costs, by the figures of docs/speed.md and the memory and timer of serverless.yml."""

from __future__ import annotations

import re
from typing import Final

from handler.settings import Settings
from local.bench.tables import OURS, cells
from local.package import ROOT

FILES: Final = 1_000
"""In a month."""
DAYS: Final = 30
GB_SECOND: Final = 0.0000167
INVOCATION: Final = 0.002 / 10_000
"""USD: https://www.tencentcloud.com/document/product/583/17299."""


def costs(page: str) -> str:
    """The table of docs/deploy.md, from the page with the figures. `KeyError` where it lacks one."""
    config = (ROOT / "serverless.yml").read_text(encoding="utf-8")
    gigabytes = int(re.findall(r"memorySize: (\d+)", config)[0]) / 1_024
    (minutes,) = map(int, re.findall(r"cronExpression: 0 \*/(\d+) \* \* \* \* \*", config))
    times = DAYS * 24 * 60 // minutes
    one = _seconds(page, "drops", f"{OURS}, 10,000 members", 1)
    crowd = _seconds(page, "at_once", "50 for one group", 2) / 50
    patience = float(Settings.model_fields["settle_seconds"].default)
    load = _seconds(page, "cold_starts", f"{OURS}, a file with one row", 1)
    idle = _seconds(page, "sweeps", "5,000 files", 2) + _seconds(
        page, "cold_starts", f"{OURS}, a sweep that finds nothing", 1
    )
    lines = [
        ("the sweeps that find nothing to do, 5,000 files lying there", times, idle),
        ("the imports, each alone, into groups of 10,000 members", FILES, one + load),
        ("or fifty at once, always for one group of 5,000", FILES, crowd + load),
        ("or each waiting for a slow SES as long as `SETTLE_SECONDS` lets it", FILES, one + load + patience),
    ]
    rows = [
        f"| {what} | {count:,} × {seconds:.2f} s × {gigabytes:g} GB = {count * seconds * gigabytes:,.0f} GB-s "
        f"| {count * (seconds * gigabytes * GB_SECOND + INVOCATION):.2f} |\n"
        for what, count, seconds in lines
    ]
    return f"| | GB-seconds | USD |\n| --- | --- | ---: |\n{''.join(rows)}"


def _seconds(page: str, table: str, row: str, column: int) -> float:
    return float(cells(page, table)[row][column - 1].split(" s")[0].replace(",", ""))
