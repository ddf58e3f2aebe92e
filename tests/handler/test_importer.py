"""One file from its drop to its report: what the flows through every event and every failure do not show."""

from __future__ import annotations

import json

import pytest

from local.cloud.faults import Fault
from tests.stage import Stage


@pytest.mark.parametrize(
    ("key", "content", "settings"),
    [
        ("incoming/list.csv", b"email\nann@example.com\n", {}),
        ("incoming/1002/list.csv", b"email\nann@example.com\n", {}),
        ("incoming/1001/list.csv", b"email\nno address\n", {}),
        ("incoming/1001/list.csv", b"email\nann@example.com\n", {"DRY_RUN": "true"}),
    ],
    ids=["no group", "not this group", "bad rows", "dry run"],
)
def test_a_service_that_was_sent_nothing_has_nothing_left_to_finish(
    stage: Stage, key: str, content: bytes, settings: dict[str, str]
) -> None:
    """Whoever reads the report must not wait for an upload that never began."""
    report = stage.run(content, key, **settings)
    assert report["group"] is None or report["group"]["upload_finished"]


def test_the_log_gives_the_code_of_a_refusal(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    """When the file is judged and when it is reported; a file that is not refused has none."""
    stage.run(b"email\nno address\n")
    stage.cloud.faults.script("CreateReceiverDetail", Fault.refuse("InvalidParameter"))
    stage.run(b"email\nann@example.com\n", "incoming/1001/refused by the service.csv")
    stage.run(b"email\nann@example.com\n", "incoming/1001/good.csv")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    codes = [(line["event"], line.get("refusal", line.get("reason"))) for line in lines]
    assert [code for code in codes if code[0] in {"planned", "reported"}] == [
        ("planned", "too_many_invalid"),
        ("reported", "too_many_invalid"),
        ("planned", None),
        ("reported", "InvalidParameter"),
        ("planned", None),
        ("reported", None),
    ]
