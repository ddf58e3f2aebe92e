"""What a call of the function takes from its event and its context, and what it returns."""

from __future__ import annotations

import json
import math

import pytest

from handler.app import Invocation
from handler.errors import TryLater
from local.cloud import Call, Fault
from local.platform.events import merged
from tests.stage import GROUP, Stage

BODY = b"email\nann@example.com\n"


NO_LIMITS: tuple[object, ...] = ("x", "", 0, -5, math.nan, math.inf, True, [])


@pytest.mark.parametrize(
    "context",
    [
        {"tencentcloud_appid": 1250000000, "time_limit_in_ms": "300000", "request_id": 7},
        {"tencentcloud_appid": "1250000000", "time_limit_in_ms": 300000, "request_id": "7"},
        {"tencentcloud_appid": None, "time_limit_in_ms": None, "request_id": None},
        *({"time_limit_in_ms": limit} for limit in NO_LIMITS),
        {"tencentcloud_appid": {}, "request_id": []},
        {},
        None,
        5,
        "context",
    ],
)
def test_contexts(stage: Stage, context: object) -> None:
    """Numbers for texts, texts for numbers, nonsense and nothing at all: the function works with each."""
    event = stage.drop(BODY)
    result = Invocation(stage.environment(), context, stage.clock).handle(event)
    assert stage.report(result)["status"] == "imported"


def test_another_account(stage: Stage) -> None:
    """The account that the context names is compared with the bucket's, as a number, too."""
    event = stage.drop(BODY)
    result = Invocation(stage.environment(), {"tencentcloud_appid": 1250000001}, stage.clock).handle(event)
    assert [each["why"] for each in result["ignored"]] == ["the bucket drops-1250000000 belongs to another account"]


def test_no_address_in_what_is_returned(stage: Stage) -> None:
    """The platform logs it, and people name files after people; the report keeps the file's own name."""
    event = stage.drop(BODY, f"incoming/{GROUP}/ann@example.com/list of bo%40example.com.csv")
    result = stage.invoke(event)
    assert "example.com" not in json.dumps(result)
    (imported,) = result["imports"]
    assert imported["key"] == f"incoming/{GROUP}/<address>/list of <address>"
    (report,) = [key for key in stage.keys("reports/") if key.endswith(f"{imported['import_id']}/report.json")]
    assert json.loads(stage.text(report))["source"]["key"].startswith(f"incoming/{GROUP}/ann@example.com/")


def test_what_comes_after_the_time_is_left_to_the_next_delivery(stage: Stage) -> None:
    """A record is not begun with so little time that it could not be brought to an end."""
    events = [stage.drop(BODY, f"incoming/{GROUP}/{name}.csv") for name in "abc"]

    def strike(call: Call) -> Fault | None:
        return Fault.slow(100) if call.action == "CreateReceiverDetail" else None

    stage.cloud.faults.hook = strike
    with pytest.raises(TryLater, match="2 files of this event"):
        stage.invoke(merged(events), seconds=150)
    touched = {call.key for call in stage.cloud.calls if call.key and call.key.startswith("incoming/")}
    assert touched == {f"incoming/{GROUP}/a.csv"}
    stage.cloud.faults.clear()
    assert [each["status"] for each in stage.invoke(merged(events))["imports"]] == ["imported"] * 3
