"""Waiting: until a deadline, between tries, and for the service's rate."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handler.errors import NothingHappened, OutcomeUnknown, Throttled, TryLater
from handler.timing import Deadline, Pauses, RateLimit
from tests.stage import FakeClock


class Stubborn:
    """Fails so many times, then answers."""

    def __init__(self, failures: int) -> None:
        self.calls = 0
        self.failures = failures

    def __call__(self) -> str:
        self.calls += 1
        if self.calls <= self.failures:
            raise NothingHappened(f"failure {self.calls}")
        return "answer"


def test_a_deadline_counts_down(clock: FakeClock) -> None:
    """On the clock it was made by, below zero too."""
    deadline = Deadline.after(10, clock)
    clock.sleep(4)
    assert deadline.remaining() == pytest.approx(6)
    clock.sleep(10)
    assert deadline.remaining() == pytest.approx(-4)


def test_what_needs_more_time_than_there_is_is_not_begun(clock: FakeClock) -> None:
    """The message says what, and that it goes on."""
    deadline = Deadline.after(10, clock)
    deadline.require(10, "send the next batch")
    with pytest.raises(TryLater, match=r"^not enough time left to send the next batch: it goes on at the next invoc"):
        deadline.require(10.1, "send the next batch")


def test_waiting_keeps_the_reserve(clock: FakeClock) -> None:
    """A pause that would eat into it is not made at all."""
    deadline = Deadline.after(10, clock)
    deadline.wait(5, "try again", reserve=5)
    assert deadline.remaining() == pytest.approx(5)
    with pytest.raises(TryLater, match="try again"):
        deadline.wait(0.1, "try again", reserve=5)
    assert deadline.remaining() == pytest.approx(5)


def test_pauses_grow_to_their_longest() -> None:
    """None before the first try; then each up to twice the one before, with half of it left to chance."""
    pauses = Pauses(first=1, longest=10)
    assert pauses.before(1) == 0
    for attempt, pause in [(2, 1), (3, 2), (4, 4), (5, 8), (6, 10), (7, 10), (60, 10)]:
        drawn = {pauses.before(attempt) for _ in range(50)}
        assert pause / 2 <= min(drawn) < max(drawn) <= pause


def test_a_call_is_repeated_until_it_answers(clock: FakeClock) -> None:
    """Time passes only between the tries."""
    call = Stubborn(failures=2)
    deadline = Deadline.after(100, clock)
    assert Pauses(first=1, tries=3).retry(call, (NothingHappened,), deadline, "ask") == "answer"
    assert (call.calls, 1.5 <= clock.monotonic() <= 3) == (3, True)


def test_tries_are_limited_in_number(clock: FakeClock) -> None:
    """The last problem is what the caller gets; no pause follows the last try."""
    call = Stubborn(failures=9)
    with pytest.raises(NothingHappened, match="failure 3"):
        Pauses(first=1, tries=3).retry(call, (NothingHappened,), Deadline.after(100, clock), "ask")
    assert (call.calls, clock.monotonic() <= 3) == (3, True)


def test_tries_are_limited_in_time(clock: FakeClock) -> None:
    """What is kept back is not waited away."""
    call = Stubborn(failures=9)
    with pytest.raises(TryLater, match="ask"):
        Pauses(first=8, tries=9).retry(call, (NothingHappened,), Deadline.after(30, clock), "ask", reserve=15)
    assert call.calls < 5
    assert clock.monotonic() <= 15


def test_other_problems_are_not_repeated(clock: FakeClock) -> None:
    """Only what the caller names may be repeated."""
    call = Stubborn(failures=1)
    with pytest.raises(NothingHappened):
        Pauses().retry(call, (OutcomeUnknown,), Deadline.after(100, clock), "ask")
    assert call.calls == 1


@given(st.lists(st.floats(0, 2), max_size=80))
def test_no_second_has_more_calls_than_allowed(work: list[float]) -> None:
    """However long the caller is busy between two of them."""
    clock = FakeClock()
    rate = RateLimit(20, clock)
    at = []
    for busy in work:
        clock.sleep(busy)
        rate.wait()
        at.append(clock.monotonic())
    assert all(later - earlier >= 1 - 1e-9 for earlier, later in zip(at, at[20:], strict=False))


def test_an_idle_while_earns_no_burst(clock: FakeClock) -> None:
    """What was not used is lost: where the service's second begins is not known."""
    rate = RateLimit(20, clock)
    clock.sleep(100)
    for _ in range(21):
        rate.wait()
    assert clock.monotonic() == pytest.approx(101)


def test_the_first_few_after_a_pause_need_not_wait(clock: FakeClock) -> None:
    """Three at once, then evenly, and three again once the pause was long enough."""
    rate = RateLimit(10, clock, at_once=3)
    at = []
    for pause in (0, 0, 0, 0, 0, 10, 0, 0, 0):
        clock.sleep(pause)
        rate.wait()
        at.append(clock.monotonic())
    assert at == pytest.approx([0, 0, 0, 0.1, 0.2, 10.2, 10.2, 10.2, 10.3])


@given(st.lists(st.floats(0, 2), max_size=80), st.integers(1, 4))
def test_what_goes_at_once_is_in_the_rate(work: list[float], at_once: int) -> None:
    """No second has more calls than the pace and those at once together, whenever the caller pauses."""
    clock = FakeClock()
    rate = RateLimit(16, clock, at_once)
    at = []
    for busy in work:
        clock.sleep(busy)
        rate.wait()
        at.append(clock.monotonic())
    most = 16 + at_once
    assert all(later - earlier >= 1 - 1e-9 for earlier, later in zip(at, at[most:], strict=False))


def test_several_threads_share_one_rate(clock: FakeClock) -> None:
    """41 calls take two seconds at least, whoever makes them."""
    rate = RateLimit(20, clock)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: rate.wait(), range(41)))
    assert clock.monotonic() >= 2 - 1e-9


def test_what_the_rate_refuses_is_no_try(clock: FakeClock) -> None:
    """It is called again as long as there is time, whoever asks."""
    refusals = iter([Throttled("RequestLimitExceeded")] * 9)

    def call() -> str:
        if refusal := next(refusals, None):
            raise refusal
        return "answer"

    assert Pauses(first=1, tries=3).retry(call, (NothingHappened,), Deadline.after(100, clock), "ask") == "answer"


def test_many_invocations_find_a_pace_that_the_account_allows() -> None:
    """Twelve of them ask a hundred pages each, and know nothing of each other: twenty requests a second are allowed to
    all of them together. Nobody gives up, and they are not much slower than somebody who knows would be."""
    clocks = [FakeClock() for _ in range(12)]
    rates = [RateLimit(16, clock, at_once=3) for clock in clocks]
    left, refused = [100] * len(clocks), 0
    granted: deque[float] = deque()
    for rate in rates:
        rate.wait()
    while any(left):
        _, which = min((clock.monotonic(), number) for number, clock in enumerate(clocks) if left[number])
        now = clocks[which].monotonic()
        while granted and now - granted[0] >= 1:
            granted.popleft()
        if is_refused := len(granted) >= 20:
            refused += 1
            clocks[which].sleep(1)  # the pause before it is asked once more
        else:
            granted.append(now)
            left[which] -= 1
        rates[which].answered(refused=is_refused)
        rates[which].wait()
    assert max(clock.monotonic() for clock in clocks) < 2 * 12 * 100 / 20
    assert refused < 12 * 100 / 3


def test_the_pace_comes_back(clock: FakeClock) -> None:
    """Once nothing is refused any more."""
    rate = RateLimit(16, clock)
    for _ in range(5):
        rate.answered(refused=True)
        clock.sleep(1)
    for _ in range(200):
        rate.wait()
        rate.answered(refused=False)
    before = clock.monotonic()
    for _ in range(16):
        rate.wait()
    assert clock.monotonic() - before == pytest.approx(1)
