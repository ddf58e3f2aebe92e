"""The limits fit each other."""

from __future__ import annotations

import re
from pathlib import Path

from handler import limits

PAGE = (Path(__file__).parents[2] / "docs/report.md").read_text(encoding="utf-8")


def test_everything_that_one_import_puts_on_disk_fits_there_together() -> None:
    """Each file may be at its limit at once, the last block of rows included."""
    assert limits.TMP_AT_ONCE < limits.TMP_BYTES


def test_what_remains_is_listed_up_to_what_is_promised() -> None:
    """By docs/report.md."""
    promised = re.search(r"up\s+to (\d+) MB", PAGE)
    assert promised
    assert int(promised[1]) * 1_000_000 == limits.REMAINING_BYTES


def test_a_request_of_the_longest_addresses_is_one_that_the_service_reads() -> None:
    """Bodies of up to 10 MB: https://www.tencentcloud.com/document/product/1084/49489."""
    assert limits.BATCH_SIZE * (limits.ADDRESS_BYTES + len('"",')) < 10_000_000


def test_our_requests_fit_into_the_services_second() -> None:
    """Those that go at once on top of the pace."""
    assert limits.PACE + limits.AT_ONCE <= limits.REQUESTS_PER_SECOND
