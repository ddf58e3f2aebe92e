"""Two invocations at once, one of them at the worst moment of the other."""

from __future__ import annotations

from collections.abc import Callable

from local.cloud import Call
from tests.stage import Stage


def once_at(stage: Stage, action: str, prefix: str, act: Callable[[], object]) -> None:
    """Has something happen just before the first such call is carried out."""

    def strike(call: Call) -> None:
        if call.action == action and (call.key or "").startswith(prefix):
            stage.cloud.faults.clear()
            act()

    stage.cloud.faults.hook = strike


def test_a_sweep_leaves_alone_what_an_event_has_finished_meanwhile(stage: Stage) -> None:
    """The sweep lists the files first and comes to them later: what is done by then is not done again."""
    event = stage.drop(b"email\nann@example.com\n")
    once_at(stage, "PutObject", "state/tried/", lambda: stage.invoke(event))
    (swept,) = stage.invoke({"Type": "Timer"})["imports"]
    (imported,) = stage.invoke(event)["imports"]
    assert swept == imported
    assert [key for key in stage.keys("reports/") if key.endswith("report.json")] == [imported["report"]]
    assert stage.members() == ["ann@example.com"]
