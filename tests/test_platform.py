"""Whatever the platform, the cloud and the people who drop files do to it, the function comes to the right end: nothing
is doubled, nothing lost, each file has its report, the sums are right, and nothing is left over.

Hypothesis makes up the stories. `pytest tests/test_platform.py --hypothesis-profile=default` tells others every time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from handler import limits, timing
from handler.delivering import pages
from handler.errors import TryLater
from handler.judging import keys
from local.cloud import Call, Cloud, Fault
from local.cloud import groups as service
from local.cloud.behaviour import Behaviour
from local.platform.events import Event, merged, timer
from local.soak.lists import INVALID, AddressFile
from local.soak.run import BUCKET, Options, Run
from local.soak.trouble import Trouble as Dice
from local.soak.trouble import choices
from local.soak.verdict import is_open, judge
from tests.platform import Killed, Platform, Request, Trouble, kill_after, kill_before
from tests.stage import FakeClock, Stage

LIMIT: Final = 60.0
"""Seconds that an invocation may take."""
ATTEMPTS: Final = 3
AGAIN: Final = 60.0
"""Seconds until a failed event is delivered again."""
SWEEPS: Final = 8
"""In the end, with nothing going wrong any more: what is still open after so many is stuck."""
GROUPS: Final = (1001, 1002)
FILES: Final = [f"incoming/{group}/{name}.csv" for group in GROUPS for name in ("spring", "autumn")]
PEOPLE: Final = [f"someone-{number}@example.com" for number in range(9)] + [f"{INVALID}1@example.com"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event on its way."""

    event: Event
    due: float
    attempt: int = 1


def make_file(people: Sequence[str], shouted: Sequence[str], faults: int) -> AddressFile:
    """A list of addresses; people who are shouted stand in it in capitals, too or only."""
    cells = [*people, *map(str.upper, shouted)]
    bad, empty = ["nobody"] * (faults % 2), [""] * (faults // 2)
    body = "".join(f'{cell},"Doe, Jo"\n' for cell in ("email", *cells, *bad, *empty))
    return AddressFile(".csv", body.encode(), [cell.lower() for cell in cells], len(bad), len(empty))


UNFIT: Final = AddressFile(".csv", b"date,amount\n2026-11-23,12.50\n", fit=False)
LISTS: Final = st.builds(
    make_file,
    st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=8),
    st.lists(st.sampled_from(PEOPLE), max_size=2),
    st.integers(0, 3),
)
ANY_FILE: Final = st.integers(0, 7).flatmap(lambda dice: LISTS if dice else st.just(UNFIT))
FAULTS: Final = 8
"""Kinds, of the dozen that may befall a request."""
Troubles = Mapping[int, str | int]
SERVICES: Final = st.builds(
    lambda upload, counts, members, **switches: Behaviour(
        upload_seconds=upload,
        counts_after=upload + counts,
        members_after=upload + members,
        refuses=lambda address: address.lower().startswith(INVALID),
        **switches,
    ),
    upload=st.sampled_from([0.0, 3.0, 45.0, 90.0]),
    counts=st.sampled_from([0.0, 0.0, 10.0]),
    members=st.sampled_from([0.0, 0.0, 15.0]),
    busy_after=st.sampled_from([0.0, 0.0, 1.5, 8.0]),
    shows=st.sampled_from(["at_end", "at_once", "gradually"]),
    admits_during_upload=st.booleans(),
    counts_invalid=st.booleans(),
    drops_repeats=st.sampled_from(["never", "request", "group"]),
    members_order=st.sampled_from(["arrival", "newest_first", "shuffled"]),
    groups_order=st.sampled_from(["arrival", "reshuffled"]),
    passing_groups=st.sampled_from([0, 2]),
    page_size=st.sampled_from([3, 100]),
    blank_members=st.sampled_from([0, 2]),
    filters_by_time=st.booleans(),
    filter_zone_hours=st.sampled_from([None, None, -8.0, 8.0]),
    store_ahead=st.sampled_from([-240.0, 0.0, 240.0]),
    seed=st.integers(0, 9),
)
"""Slow and odd ones; the first sign of a request comes well within the quiet that the function waits for."""
WHICH: Final = st.integers(0, 7)
TROUBLES: Final = st.dictionaries(
    st.integers(1, 25),
    st.sampled_from(["kill_before", "kill_after", "sweep", "deliver", *range(FAULTS)]),
    min_size=1,
    max_size=4,
)
"""What happens to an invocation, by the number of the request: a number is a fault of the cloud's."""


class Life(RuleBasedStateMachine):
    """Files are dropped, events delivered, lost and doubled, sweeps made, and nearly everything goes wrong."""

    def __init__(self, platform: Platform, seen: Counter[str], settings: Mapping[str, str]) -> None:
        super().__init__()
        self.platform = platform
        self.seen = seen
        self.pending: list[Delivery] = []
        self.resources = ExitStack()
        self.clock = FakeClock()
        cloud = Cloud(clock=self.clock)
        self.run = Run(Options(), cloud, Dice(1, 0, 0, LIMIT / 4, LIMIT))
        self.stage = Stage(
            cloud, self.resources.enter_context(cloud.serve()), self.clock, {"SETTLE_SECONDS": "20", **settings}
        )

    @initialize(behaviour=SERVICES, members=st.sets(st.sampled_from(PEOPLE[:3])), with_data=st.booleans())
    def furnish(self, behaviour: Behaviour, members: set[str], with_data: bool) -> None:
        cloud = self.run.cloud
        if with_data:
            self.stage.use_data()
        cloud.objects.create_bucket(BUCKET)
        cloud.behaviour = behaviour
        for number in GROUPS:
            self.run.members_before[number] = sorted(members)
            cloud.groups.create(f"group {number}", number, sorted(members))

    @rule(key=st.sampled_from(FILES), file=ANY_FILE, troubles=st.none() | TROUBLES)
    def drop(self, key: str, file: AddressFile, troubles: Troubles | None) -> None:
        """A file is dropped, over another one perhaps. Its event arrives at once, or some time."""
        self.seen["overwritten"] += key in self.run.drops
        self.pending.append(Delivery(self.run.drop(key, file), self.clock.monotonic()))
        if troubles:
            self.deliver(-1, troubles)

    @precondition(lambda self: self.pending)
    @rule(which=WHICH, troubles=TROUBLES)
    def deliver(self, which: int, troubles: Troubles) -> None:
        """An event arrives, whatever those before it do."""
        delivery = self.pending.pop(which % len(self.pending))
        self.clock.sleep(delivery.due - self.clock.monotonic())
        fate = self._call(delivery.event, troubles)
        if fate != "returned" and delivery.attempt < ATTEMPTS:
            self.pending.append(Delivery(delivery.event, self.clock.monotonic() + AGAIN, delivery.attempt + 1))

    @precondition(lambda self: self.pending)
    @rule(which=WHICH)
    def lose(self, which: int) -> None:
        """An event never arrives."""
        self.pending.pop(which % len(self.pending))

    @precondition(lambda self: self.pending)
    @rule(which=WHICH)
    def double(self, which: int) -> None:
        """An event arrives once more."""
        self.pending.append(self.pending[which % len(self.pending)])

    @precondition(lambda self: len(self.pending) > 1)
    @rule()
    def merge(self) -> None:
        """All events that are under way arrive as one."""
        self.pending = [Delivery(merged([each.event for each in self.pending]), self.clock.monotonic())]

    @rule(troubles=TROUBLES)
    def sweep(self, troubles: Troubles) -> None:
        """The timer ticks."""
        self._call(timer(self.clock.now()), troubles)

    @rule(group=st.sampled_from(GROUPS), seconds=st.sampled_from([0.0, 5.0, 40.0, None]))
    def visit_the_console(self, group: int, seconds: float | None) -> None:
        """Somebody uploads a stranger."""
        stranger = f"stranger-{len(self.run.members_before[group])}@example.com"
        self.run.members_before[group].append(stranger)
        self.run.added_by_hand[group] += 1
        self.run.cloud.groups.upload(group, [stranger], seconds)

    @rule(seconds=st.sampled_from([1.0, 20.0, 61.0, 400.0]))
    def wait(self, seconds: float) -> None:
        """Nothing happens."""
        self.clock.sleep(seconds)

    @invariant()
    def nothing_is_doubled(self) -> None:
        """Not even for a while."""
        for number in self.run.members_before:
            held = Counter(filter(None, keys(self.run.contents(number))))
            assert [count for count in held.values() if count > 1] == []

    @invariant()
    def everybody_has_their_own_data(self) -> None:
        """Where there are any for the mail's template."""
        for number in self.run.members_before:
            self.stage.assert_data(number)

    def teardown(self) -> None:
        """Everything comes to its end."""
        with self.resources:
            if self.run.drops:
                self._end()

    def _end(self) -> None:
        while self.pending:
            self.deliver(0, {})
        for _ in range(SWEEPS):
            if not is_open(self.run):
                break
            self.sweep({})
            self.clock.sleep(LIMIT + 10)
        verdict = judge(self.run)
        assert verdict.differences == []
        self.seen.update(f"report {report['status']}" for report in verdict.reports)
        self.seen["created"] += sum(group["created"] for report in verdict.reports for group in report["groups"])
        last = [
            self.run.drop(f"incoming/{group}/last.csv", make_file([f"last@{group}.example"], [], 0)) for group in GROUPS
        ]
        self.clock.sleep(2 * LIMIT)
        assert self._call(merged(last), {}) == "returned"  # no lock is left that keeps the next file out
        self.clock.sleep(2 * LIMIT)
        self.sweep({})
        assert judge(self.run).differences == []

    # Inside

    def _call(self, event: Event, troubles: Troubles) -> str:
        """Calls the function; how that ended."""
        try:
            self.platform.call(self.stage, event, {at: self._trouble(what) for at, what in troubles.items()}, LIMIT)
        except Killed:
            fate = "killed"
        except TryLater:
            fate = "raised"
        else:
            fate = "returned"
        self.seen[fate] += 1
        return fate

    def _trouble(self, what: str | int) -> Trouble:
        if isinstance(what, int):
            return partial(self._strike, what)
        if what in {"kill_before", "kill_after"}:
            return kill_before if what == "kill_before" else kill_after
        return partial(self._meet, what)

    def _strike(self, which: int, request: Request) -> Any:
        """The cloud misbehaves."""

        def strike(call: Call) -> Fault:
            self.seen["fault"] += 1
            possible = choices(call)
            return possible[which * len(possible) // FAULTS]

        faults = self.run.cloud.faults
        faults.hook = strike
        try:
            return request()
        finally:
            faults.clear()

    def _meet(self, what: str, request: Request) -> Any:
        """Another instance of the function does its work meanwhile."""
        self.seen["met"] += 1
        if what == "sweep" or not self.pending:
            self.sweep({})
        else:
            self.deliver(0, {})
        return request()


@pytest.mark.timeout(900)  # they are many: on a busy machine they take minutes
@pytest.mark.parametrize("settings_of", [{}, {"ON_OVERFLOW": "split"}], ids=["groups", "series"])
@pytest.mark.parametrize(
    "stories", [6, pytest.param(1_000, marks=[pytest.mark.soak, pytest.mark.timeout(0)])], ids=["some", "many"]
)
def test_every_story_ends_well(monkeypatch: pytest.MonkeyPatch, stories: int, settings_of: dict[str, str]) -> None:
    """And they are no harmless stories. With series, a group holds four members."""
    seen: Counter[str] = Counter()
    if settings_of:
        stories //= 2
        for module in (limits, service):
            monkeypatch.setattr(module, "GROUP_LIMIT", 4)
    platform = Platform.install(monkeypatch)
    monkeypatch.setattr(timing, "SIDE_BY_SIDE", 1)
    monkeypatch.setattr(pages, "PAGES_AT_ONCE", 1)  # threads would make each story another one the next time
    run_state_machine_as_test(
        partial(Life, platform, seen, settings_of),  # type: ignore[arg-type]  # it takes whatever makes one
        settings=settings(max_examples=stories, stateful_step_count=20, phases=[Phase.generate], deadline=None),
    )
    assert all(seen[what] for what in ("returned", "killed", "fault", "met", "overwritten", "report imported")), seen
    assert bool(seen["created"]) == bool(settings_of), seen
