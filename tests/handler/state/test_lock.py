"""The lock: at most one holder whatever the order of events, and the next one as soon as it is gone.

The first half explores every order in which contenders, their crashes, lost answers, late requests, stale listings and
the passing of time can meet. What is explored is the real code: it is run again from its beginning with the answers it
had so far, up to the call to which it has no answer yet, and that call is what may happen next.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import Any, Literal, cast

import pytest

from handler.clouds.cos import CosBucket, connect
from handler.errors import OperatorProblem, TryLater
from handler.settings import Settings
from handler.state.lock import CLEAN_UP_EVERY, KEPT, GroupLocks, Lease
from handler.state.store import Bucket, Fetched
from handler.timing import Deadline
from local.cloud.faults import Fault
from local.platform.events import merged
from tests.stage import BUCKET, GROUP, FakeClock, Stage

EPOCH = datetime(2026, 1, 1, tzinfo=timezone.utc)
STEP = timedelta(seconds=20)
"""More than the grace."""
TRIES = [(1, 1, 1), (2, 2)]
"""How often each contender may take the lock. With `LOCK_MODEL=full` (and `--timeout=0`) what takes minutes, too:
up to 2,459,998 worlds."""
if os.environ.get("LOCK_MODEL") == "full":
    TRIES += [(2, 1, 1), (1, 1, 1, 1), (2, 2, 2)]

Written = tuple[bytes, int]
"""The body of an object, and the step of time in which it was written."""
Answer = int | bool | tuple[Written, int] | None


@dataclass(frozen=True)
class Entry:
    """A lock in a listing; a young one."""

    key: str
    last_modified: datetime = EPOCH


@dataclass(frozen=True)
class Call:
    """What a contender waits for."""

    kind: Literal["list", "read", "create", "write", "now"]
    generation: int = 0
    body: bytes = b""


@dataclass(frozen=True)
class Contender:
    """One invocation: `answers` are those to the calls of its present try."""

    phase: Literal["taking", "holding", "releasing", "over"] = "taking"
    tries: int = 0
    answers: tuple[Answer, ...] = ()
    lease: Lease | None = None


@dataclass(frozen=True)
class World:
    """Everything there is. The generation of an object is its place in `objects`, 1 being the first."""

    time: int
    objects: tuple[Written, ...]
    contenders: tuple[Contender, ...]
    late: frozenset[Call] = frozenset()
    """Requests that nobody waits for any more, and that may still arrive, or never."""

    @property
    def holders(self) -> int:
        return sum(contender.phase == "holding" for contender in self.contenders)


class Asks(BaseException):
    """The code has come to a call that has no answer yet."""

    def __init__(self, call: Call) -> None:
        self.call = call


class Replay:
    """Store and clock that give the answers of before, in their order."""

    name = "model"

    def __init__(self, answers: tuple[Answer, ...]) -> None:
        self._answers = iter(answers)

    def list(self, _prefix: str) -> Iterator[Entry]:
        return iter([Entry(key_of(number)) for number in range(1, 1 + self._answer(Call("list")))])

    def fetch(self, key: str) -> Any:
        found = self._answer(Call("read", int(key[-10:])))
        return found and read(found[0], moment(found[1]))

    def create(self, key: str, body: bytes) -> Any:
        return self._answer(Call("create", int(key[-10:]), body))

    def write(self, key: str, body: bytes) -> None:
        self._answer(Call("write", int(key[-10:]), body))

    def delete(self, key: str) -> None:
        raise NotImplementedError

    def is_versioned(self) -> bool:
        return False

    def now(self) -> datetime:
        """Nobody's clock is right, but the store's."""
        return EPOCH + timedelta(days=1000)

    def monotonic(self) -> float:
        return STEP.total_seconds() * int(self._answer(Call("now")))

    def sleep(self, seconds: float) -> None:
        raise NotImplementedError

    def _answer(self, call: Call) -> Any:
        for answer in self._answers:
            return answer
        raise Asks(call)


def key_of(generation: int) -> str:
    return f"locks/7/{generation:010d}"


def moment(time: int) -> datetime:
    return EPOCH + time * STEP


def read(written: Written, now: datetime) -> Fetched:
    """An object, as the store gives it."""
    body, time = written
    return Fetched(body, moment(time), now, {})


@cache
def proceed(number: int, contender: Contender, token: str) -> Call | Lease | None:
    """Runs the code up to the call it has no answer to, or to its end.

    Contender 0 has to be done by moment 0, contender 1 by moment 1, and so on.
    """
    replay = Replay(contender.answers)
    deadline = Deadline(replay, STEP.total_seconds() * number)
    locks = GroupLocks(cast("Bucket", replay), "locks/", f"owner {number}", deadline, deadline, new_token=lambda: token)
    try:
        if contender.lease:
            locks.release(contender.lease)
            return None
        view = locks.look("7")
        return locks.take(view) if view.held_by is None else None
    except Asks as asks:
        return asks.call


Follow = Iterator[World]


@dataclass
class Exploration:
    """Every world that can follow from the first one."""

    tries: tuple[int, ...]
    """How often each contender may take the lock."""
    overwrites: bool = False
    """A store that knows no create-if-absent: to see that the exploration would find two holders."""
    outlives: bool = False
    """A platform that lets an invocation live on for ever: likewise."""
    one_token: bool = False
    """Invocations that use the same token again: likewise."""
    seen: set[World] = field(default_factory=set)

    def run(self) -> None:
        """Raises `AssertionError` at the first world with two holders."""
        first = World(0, (), tuple(Contender() for _ in self.tries))
        self.seen, todo = {first}, [first]
        while todo:
            for world in self._after(todo.pop()):
                assert world.holders <= 1, str(world)
                if world not in self.seen:
                    self.seen.add(world)
                    todo.append(world)

    def _after(self, world: World) -> Follow:
        yield from self._time(world)
        for call in world.late:
            yield self._applied(replace(world, late=world.late - {call}), call)
        for number, contender in enumerate(world.contenders):
            if contender.phase != "over":
                yield from self._steps(world, number, contender)

    def _time(self, world: World) -> Follow:
        """Time passes, but the platform does not let anybody live past the grace after the end of its time."""
        outstayed = any(
            contender.phase != "over" and number <= world.time for number, contender in enumerate(world.contenders)
        )
        if world.time <= len(world.contenders) and (self.outlives or not outstayed):
            yield replace(world, time=world.time + 1)

    def _steps(self, world: World, number: int, contender: Contender) -> Follow:
        dead = Contender("over")
        yield _with(world, number, dead)
        if contender.phase == "holding":
            yield _with(world, number, replace(contender, phase="releasing"))
            return
        call = self._proceed(number, contender)
        assert isinstance(call, Call)
        for given, then in self._answers(world, call):
            yield self._answered(then, number, replace(contender, answers=(*contender.answers, given)))
        yield self._given_up(world, number, contender)  # no answer, and nothing done
        if call.kind in {"create", "write"}:
            sent = replace(world, late=world.late | {call})
            yield _with(sent, number, dead)
            yield self._given_up(sent, number, contender)

    def _answered(self, world: World, number: int, contender: Contender) -> World:
        """The world after a contender has had one more answer."""
        end = self._proceed(number, contender)
        if isinstance(end, Call):
            return _with(world, number, contender)
        if isinstance(end, Lease):
            return _with(world, number, replace(contender, phase="holding", answers=(), lease=end))
        if contender.lease:
            return self._given_up(world, number, contender)
        return _with(world, number, replace(contender, answers=()))

    def _given_up(self, world: World, number: int, contender: Contender) -> World:
        """The world after a contender has ended one try, well or not."""
        tries = contender.tries + 1
        return _with(world, number, Contender("over" if tries == self.tries[number] else "taking", tries))

    def _proceed(self, number: int, contender: Contender) -> Call | Lease | None:
        token = f"{number}" if self.one_token else f"{number}.{contender.tries}"
        return proceed(number, contender, token)

    def _answers(self, world: World, call: Call) -> Iterator[tuple[Answer, World]]:
        """What the store may answer."""
        there = world.objects[call.generation - 1] if 0 < call.generation <= len(world.objects) else None
        if call.kind == "now":
            yield world.time, world
        elif call.kind == "list":
            yield from ((seen, world) for seen in range(len(world.objects) + 1))
        elif call.kind == "read":
            yield there and (there, world.time), world
        elif call.kind == "create" and there is not None and not self.overwrites:
            yield False, world
        else:
            yield True, self._applied(world, call)
            if call.kind == "create":
                yield False, self._applied(world, call)  # the answer was lost, and the second try met the first one's

    def _applied(self, world: World, call: Call) -> World:
        before, after = world.objects[: call.generation - 1], world.objects[call.generation :]
        if call.kind == "create" and call.generation <= len(world.objects) and not self.overwrites:
            return world
        return replace(world, objects=(*before, (call.body, world.time), *after))


def _with(world: World, number: int, contender: Contender) -> World:
    others = world.contenders
    return replace(world, contenders=(*others[:number], contender, *others[number + 1 :]))


@pytest.fixture(scope="module", params=TRIES, ids=str)
def explored(request: pytest.FixtureRequest) -> Exploration:
    exploration = Exploration(request.param)
    exploration.run()
    return exploration


def test_at_most_one_holder(explored: Exploration) -> None:
    """Whatever crashes, is lost, comes late, is listed stale or lasts too long: nobody has the lock beside another."""
    assert {world.holders for world in explored.seen} == {0, 1}
    assert max(len(world.objects) for world in explored.seen) == sum(explored.tries), "everybody had it in their turn"


@pytest.mark.parametrize(
    "defective",
    [
        Exploration((2, 2), overwrites=True),
        Exploration((2, 2), outlives=True),
        Exploration((2, 2), one_token=True),
    ],
)
def test_the_exploration_finds_two_holders(defective: Exploration) -> None:
    """Where the store overwrites, the platform does not kill, or a token is used twice, there are two holders."""
    with pytest.raises(AssertionError, match="World"):
        defective.run()


class Store:
    """A store that does what it is told, at once, at one moment."""

    name = "model"

    def __init__(self, objects: Sequence[Written], now: datetime) -> None:
        self.objects = {key_of(number): written for number, written in enumerate(objects, start=1)}
        self.now = now
        self.deleted: list[str] = []

    def list(self, _prefix: str) -> Iterator[Entry]:
        return iter([Entry(key) for key in self.objects])

    def fetch(self, key: str) -> Fetched | None:
        return read(self.objects[key], self.now) if key in self.objects else None

    def create(self, key: str, body: bytes) -> bool:
        return self.objects.setdefault(key, (body, 0))[0] is body

    def delete(self, key: str) -> None:
        self.deleted.append(key)

    def is_versioned(self) -> bool:
        return False


def newcomer(store: Store) -> GroupLocks:
    deadline = Deadline.after(STEP.total_seconds(), FakeClock())
    return GroupLocks(cast("Bucket", store), "locks/", "newcomer", deadline, deadline)


def test_somebody_gets_it_once_the_holder_is_gone(explored: Exploration) -> None:
    """From every world that can be: once all are gone and their time is over, who comes gets the lock at once."""
    now = moment(len(explored.tries) + 1)
    for objects in {world.objects for world in explored.seen}:
        locks = newcomer(Store(objects, now))
        assert locks.take(locks.look("7")), objects


def test_a_released_lock_is_free_at_once(explored: Exploration) -> None:
    """Nobody waits for the end of an invocation that has given its lock back."""
    given_back = {
        world.objects for world in explored.seen if all(json.loads(body)["released"] for body, _ in world.objects)
    }
    assert any(given_back)
    for objects in given_back:
        locks = newcomer(Store(objects, EPOCH))
        assert locks.take(locks.look("7")), objects


def old_locks(number: int) -> list[Written]:
    """So many generations, all of them released."""
    return [(json.dumps({"owner": "old", "token": "old", "released": True}).encode(), 0)] * number


@pytest.mark.parametrize(("number", "deleted"), [(CLEAN_UP_EVERY, 0), (CLEAN_UP_EVERY + 1, CLEAN_UP_EVERY)])
def test_old_generations_are_removed_but_for_the_highest(number: int, deleted: int) -> None:
    """The lower ones go, many at a time, so that the listing stays short; without the highest all would begin anew."""
    store = Store(old_locks(number), EPOCH + KEPT + STEP)
    locks = newcomer(store)
    lease = locks.take(locks.look("7"))
    assert lease
    assert lease.key == key_of(number + 1)
    assert store.deleted == [key_of(generation) for generation in range(1, deleted + 1)]


def test_young_generations_stay() -> None:
    """A listing may be stale: what it has not shown for a day yet could be created anew."""
    store = Store(old_locks(3 * CLEAN_UP_EVERY), EPOCH + KEPT - STEP)
    locks = newcomer(store)
    assert locks.take(locks.look("7"))
    assert store.deleted == []


def test_a_failing_clean_up_leaves_no_lock_behind() -> None:
    """Who cannot remove what is old has not taken the lock: nobody waits for one that nobody knows of."""

    class Failing(Store):
        def delete(self, _key: str) -> None:
            raise TryLater("COS: no answer")

    store = Failing(old_locks(CLEAN_UP_EVERY + 1), EPOCH + KEPT + STEP)
    locks = newcomer(store)
    with pytest.raises(TryLater):
        locks.take(locks.look("7"))
    assert key_of(CLEAN_UP_EVERY + 2) not in store.objects


# Over the wire


@pytest.fixture
def locks(stage: Stage) -> Callable[[], GroupLocks]:
    """Makes the locks of one more invocation, on the emulator."""

    def make(bucket: str = BUCKET) -> GroupLocks:
        settings = Settings.read(stage.environment())
        deadline = Deadline.after(900, stage.clock)
        objects = CosBucket(connect(settings, "ap-singapore"), bucket, deadline)
        return GroupLocks(objects, "state/locks/", "somebody", deadline, deadline)

    return make


def test_one_after_the_other(stage: Stage, locks: Callable[[], GroupLocks]) -> None:
    """Who looks while it is held sees by whom; once it is given back it is free, and each taking is a generation."""
    first, second = locks(), locks()
    lease = first.take(first.look("7"))
    assert lease
    assert second.look("7").held_by == "somebody"
    assert second.look("8").held_by is None
    first.release(lease)
    assert second.take(second.look("7"))
    assert stage.keys("state/") == ["state/locks/7/0000000001", "state/locks/7/0000000002"]


def test_two_take_the_same_view(locks: Callable[[], GroupLocks]) -> None:
    """Both saw it free: one of them has it."""
    first, second = locks(), locks()
    views = first.look("7"), second.look("7")
    assert first.take(views[0])
    assert second.take(views[1]) is None


def test_the_answer_to_the_create_is_lost(stage: Stage, locks: Callable[[], GroupLocks]) -> None:
    """The second try meets the object of the first, and its token says whose it is."""
    stage.cloud.faults.script("PutObject", Fault.drop_after(), key="state/locks/*")
    first, second = locks(), locks()
    lease = first.take(first.look("7"))
    assert lease
    assert stage.calls("PutObject") == 2
    assert second.look("7").held_by == "somebody"


def test_a_holder_that_was_killed(stage: Stage, locks: Callable[[], GroupLocks]) -> None:
    """Its lock is free once its time, and the grace after it, are over; not before."""
    first = locks()
    assert first.take(first.look("7"))
    stage.clock.sleep(909)
    assert locks().look("7").held_by == "somebody"
    stage.clock.sleep(2)  # COS tells its time in whole seconds
    second = locks()
    assert second.take(second.look("7"))


@pytest.mark.parametrize(("released", "free_after"), [(True, 0), (False, 912)])
def test_a_lock_of_a_former_version(
    stage: Stage, locks: Callable[[], GroupLocks], released: bool, free_after: int
) -> None:
    """It does not say for how long it holds: no longer than the longest invocation."""
    former = {"token": "t", "owner": "o", "expires_at": "2026-11-26T00:00:00+00:00", "released": released}
    stage.cloud.objects.put(BUCKET, "state/locks/7/0000000004", json.dumps(former).encode())
    if free_after:
        assert locks().look("7").held_by == "o"
    stage.clock.sleep(free_after)
    assert locks().look("7").held_by is None


def test_a_lock_that_cannot_be_read(stage: Stage) -> None:
    """It is named, with what to do; files for other groups go on."""
    stage.cloud.groups.create("autumn", receiver_id=1002)
    stage.cloud.objects.put(BUCKET, "state/locks/1001/0000000004", b"not a lock")
    events = [stage.drop(b"email\nann@example.com\n", f"incoming/{group}/list.csv") for group in (1001, 1002)]
    with pytest.raises(OperatorProblem, match=r"state/locks/1001/0000000004 .* remove it when no invocation"):
        stage.invoke(merged(events))
    assert (stage.members(1001), stage.members(1002)) == ([], ["ann@example.com"])


@pytest.mark.parametrize("name", ["", "note.txt", "0000000009.bak"])
def test_an_object_that_is_no_generation_is_no_lock(stage: Stage, name: str) -> None:
    """A folder made in the console, or a copy."""
    stage.cloud.objects.put(BUCKET, f"state/locks/{GROUP}/{name}", b"")
    assert stage.run(b"email\nann@example.com\n")["status"] == "imported"


def test_a_stale_listing(stage: Stage, locks: Callable[[], GroupLocks]) -> None:
    """A listing that does not show the newest lock leads to no second one."""
    first, second, third = locks(), locks(), locks()
    lease = first.take(first.look("7"))
    assert lease
    first.release(lease)
    stage.clock.sleep(60)
    stage.cloud.objects.listing_lag_seconds = 30
    assert second.take(second.look("7"))
    assert third.look("7").held_by is None
    assert third.take(third.look("7")) is None


@pytest.mark.parametrize("versioning", ["enabled", "suspended"])
def test_a_bucket_with_versioning_is_refused(stage: Stage, versioning: Literal["enabled", "suspended"]) -> None:
    """There create-if-absent overwrites: nothing is sent, and the error names the way out."""
    stage.cloud.objects.set_versioning(BUCKET, versioning)
    with pytest.raises(OperatorProblem, match="STATE_BUCKET"):
        stage.invoke(stage.drop(b"a@example.com\n"))
    assert stage.members() == []
    assert stage.keys("state/") == stage.keys("reports/") == []


def test_state_bucket(stage: Stage) -> None:
    """The way out: everything that is remembered lies in `STATE_BUCKET`, and the versions of the files do no harm."""
    stage.cloud.objects.set_versioning(BUCKET, "enabled")
    stage.cloud.objects.create_bucket("state-1250000000")
    assert stage.run(b"a@example.com\n", STATE_BUCKET="state-1250000000")["status"] == "imported"
    assert stage.members() == ["a@example.com"]
    assert stage.keys("state/") == []
    kinds = {key.split("/")[1] for key in stage.cloud.objects.keys("state-1250000000", "state/")}
    assert kinds == {"groups", "imports", "locks", "members"}
