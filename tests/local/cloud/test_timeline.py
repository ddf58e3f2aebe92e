"""Acts put off, on a clock that stands still but for those who sleep on it."""

from __future__ import annotations

import threading

import pytest

from local.cloud.timeline import Timeline
from tests.local.cloud.conftest import SteppedClock


@pytest.fixture
def timeline(clock: SteppedClock) -> Timeline:
    return Timeline(clock)


def test_deeds_are_done_in_order_and_see_their_own_time(timeline: Timeline, clock: SteppedClock) -> None:
    """Whatever the order in which they were put off, and however late somebody looks; what they put off, too."""
    done: list[tuple[str, float, int]] = []

    def act(name: str) -> None:
        done.append((name, timeline.monotonic(), timeline.now().second))

    def first() -> None:
        act("first")
        timeline.after(4, lambda: act("third"))

    timeline.after(5, lambda: act("second"))
    timeline.after(2, first)
    timeline.after(5, timeline.catch_up)
    timeline.after(0, lambda: act("at once"))
    clock.sleep(30)
    timeline.catch_up()
    assert done == [("at once", 0, 0), ("first", 2, 2), ("second", 5, 5), ("third", 6, 6)]
    assert (timeline.monotonic(), timeline.now()) == (30, clock.now())


def test_nothing_is_done_before_its_time(timeline: Timeline, clock: SteppedClock) -> None:
    """Until everything is, on demand."""
    done: list[float] = []
    timeline.after(5, lambda: done.append(timeline.monotonic()))
    timeline.sleep(4)
    timeline.catch_up()
    assert done == []
    timeline.finish()
    assert (done, clock.monotonic()) == ([5], 4)


def test_a_deed_that_fails_is_told_and_holds_up_nothing(timeline: Timeline, clock: SteppedClock) -> None:
    """Whoever catches up gets its exception; the time is theirs again, and the next act is done."""
    done: list[float] = []
    timeline.after(1, lambda: done[7])
    timeline.after(2, lambda: done.append(timeline.monotonic()))
    clock.sleep(3)
    with pytest.raises(IndexError):
        timeline.catch_up()
    assert timeline.monotonic() == 3
    timeline.catch_up()
    assert done == [2]


def test_other_threads_keep_their_time(timeline: Timeline, clock: SteppedClock) -> None:
    """The time of an act is that of its own thread alone."""
    seen: list[float] = []

    def act() -> None:
        other = threading.Thread(target=lambda: seen.append(timeline.monotonic()))
        other.start()
        other.join()

    timeline.after(1, act)
    clock.sleep(8)
    timeline.catch_up()
    assert seen == [8]
