"""The limits fit each other."""

from __future__ import annotations

from handler import limits

SMALLER_TMP = 500_000_000
"""What one page of the documentation says of /tmp; the others say 512 MB."""


def test_everything_that_one_import_puts_on_disk_fits_there_together() -> None:
    """Each file may be at its limit at once, and there is still room for what is compressed less well than most."""
    report = limits.REMAINING_BYTES + 2 * limits.LISTED_BYTES
    assert report + limits.PLANNED_BYTES + limits.SCRATCH_BYTES <= 0.98 * SMALLER_TMP < limits.TMP_BYTES


def test_what_remains_is_listed_up_to_what_is_promised() -> None:
    """README: "up to 400 MB"."""
    assert limits.REMAINING_BYTES == 400_000_000


def test_a_request_of_the_longest_addresses_is_one_that_the_service_reads() -> None:
    """Bodies of up to 10 MB: https://www.tencentcloud.com/document/product/1084/49489."""
    assert limits.BATCH_SIZE * (limits.ADDRESS_BYTES + len('"",')) < 10_000_000
