"""Drops the files, delivers their events, and sweeps until nothing is open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

from handler.planning.group import Group
from handler.planning.series import series
from local.cloud import Cloud
from local.platform import Attempt, Doom, Function, Platform, ScaledClock, created, timer
from local.platform.events import Event, merged
from local.platform.gate import Arrival
from local.soak.lists import AddressFile, Pool
from local.soak.trouble import Trouble, service

BUCKET: Final = "drops-1250000000"
FIRST_GROUP: Final = 1_001
BATCH_SIZE: Final = 200
"""Addresses in one request: small, so that files of a thousand rows have several batches."""
CONSOLE_DATA: Final = '{"name":"somebody"}'
"""Of those whom somebody has added at the console, where a group has such data."""
SECONDS_PER_FILE: Final = 1.0
"""How close upon each other the files are dropped."""
TIMER_SECONDS: Final = 300.0
SWEEPS: Final = 15
"""In the end: what is still open after so many is stuck."""
LOCK_SPARE: Final = 10.0
"""Seconds past the time limit, between the last sweeps: the lock of one that was killed has expired by then."""
SHARES: Final = {"lost": 0.04, "twice": 0.10, "late": 0.15, "merged": 0.06}
"""Of the events; the others are delivered at once, and once."""
MERGED: Final = 3
AGAIN_SHARE: Final = 0.08
"""Of the files: dropped again under the same name, one half with other content."""


@dataclass(frozen=True, slots=True)
class Options:
    """What is thrown at the function."""

    files: int = 500
    groups: int = 50
    seed: int = 1
    faults: float = 0.05
    kills: float = 0.03
    data: float = 0.3
    """Share of the groups whose mail calls everybody by name."""
    room: int = 500
    """How many a group takes; what has no room goes into the next one of its series."""
    scale: float = 20.0
    instances: int = 8
    time_limit: float = 300.0
    """Seconds that an invocation may take."""
    settle_seconds: float = 20.0
    latest: float = 300.0
    """Seconds that an event may be late, and that may pass before a file is dropped again."""
    logs: Path | None = None


class Version(NamedTuple):
    """One version of a dropped file, as a report names it."""

    key: str
    etag: str
    last_modified: str


@dataclass
class Run:
    """Everything that was thrown at the function, and the cloud as it is afterwards."""

    options: Options
    cloud: Cloud
    trouble: Trouble
    files: dict[Version, AddressFile] = field(default_factory=dict)
    """Every version that was dropped; of those with the same key the last one is what lies there."""
    drops: Counter[str] = field(default_factory=Counter)
    """By key."""
    members_before: dict[int, list[str]] = field(default_factory=dict)
    """By group; those whom somebody added in the console are among them."""
    added_by_hand: Counter[int] = field(default_factory=Counter)
    """By group, how many somebody added in the console meanwhile."""
    events: Counter[str] = field(default_factory=Counter)
    attempts: Sequence[Attempt] = ()
    arrivals: Sequence[Arrival] = ()
    sweeps: int = 0
    """Those it took in the end."""
    seconds: float = 0.0
    """Real ones."""

    def drop(self, key: str, file: AddressFile) -> Event:
        """Puts a file into the bucket; the event that COS sends for it."""
        version = self.cloud.objects.put(BUCKET, key, file.body, file.metadata)
        stamp = version.last_modified.strftime("%Y-%m-%dT%H:%M:%SZ")
        name = Version(key, version.etag.strip('"'), stamp)
        self.files.pop(name, None)  # the last one dropped is the last one in the order of this dictionary
        self.files[name] = file
        self.drops[key] += 1
        return created(BUCKET, key, self.cloud.clock.now(), self.drops.total(), version.etag)

    def contents(self, receiver_id: int) -> list[str]:
        """What has truly been accepted into a group and its continuations."""
        return [address for each in self.series(receiver_id) for address in self.cloud.groups.contents(each)]

    def series(self, receiver_id: int) -> Sequence[int]:
        """The ids of a group and its continuations."""
        there = [Group(each.receiver_id, each.name, 0, uploading=False) for each in self.cloud.groups.every()]
        (name,) = [group.name for group in there if group.receiver_id == receiver_id]
        return [group.receiver_id for group in series(name, there, 0).groups]


class Soak:
    """One run."""

    def __init__(self, options: Options) -> None:
        self._clock = ScaledClock(options.scale)
        cloud = Cloud(clock=self._clock)
        seconds = options.time_limit
        trouble = Trouble(options.seed, options.faults, options.kills, min(60.0, seconds / 4), seconds)
        self.run = Run(options, cloud, trouble)
        self._dice = Random(f"drops {options.seed}")  # noqa: S311 - repeatable, not secret
        self._held: list[Event] = []
        self._pools = [
            Pool(Random(f"pool {options.seed} {receiver_id}"), receiver_id, self._dice.random() < options.data)  # noqa: S311 - as above
            for receiver_id in range(FIRST_GROUP, FIRST_GROUP + options.groups)
        ]

    def carry_out(self, is_open: Callable[[Run], bool]) -> Run:
        """Until `is_open` says that nothing is, or it will not end."""
        run = self.run
        self._furnish()
        with Platform(run.cloud.app, self._function(), self._clock, self._doom) as platform:
            run.attempts = platform.attempts
            self._schedule(platform)
            run.trouble.befall(run.cloud)
            platform.start_timer(TIMER_SECONDS)
            platform.run_until_quiet()
            platform.stop_timer()
            while is_open(run) and run.sweeps < SWEEPS:
                pause = LOCK_SPARE + run.options.time_limit if run.sweeps else 0.0
                run.sweeps += 1
                platform.send(timer(self._clock.now()), after=pause)
                platform.run_until_quiet()
            run.arrivals = platform.arrivals
        run.seconds = self._clock.monotonic() / self._clock.scale
        return run

    def _doom(self) -> Doom | None:
        killed = sum(attempt.fate == "killed" for attempt in self.run.attempts)
        return self.run.trouble.doom(len(self.run.attempts), killed)

    def _furnish(self) -> None:
        cloud = self.run.cloud
        cloud.objects.create_bucket(BUCKET)
        cloud.behaviour = replace(service(self.run.options.seed), most_members=self.run.options.room)
        named = tuple(f"@group-{pool.receiver_id}.example.com" for pool in self._pools if pool.with_data)
        cloud.groups.console_data = lambda address: CONSOLE_DATA if address.endswith(named) else ""
        for pool in self._pools:
            members = [pool.draw() for _ in range(self._dice.choice((0, 0, 5, 150)))]
            known = list(dict.fromkeys(members))
            cloud.groups.create(f"group {pool.receiver_id}", pool.receiver_id, known)
            self.run.members_before[pool.receiver_id] = known

    def _function(self) -> Function:
        options, keys = self.run.options, self.run.cloud.credentials
        environment = {
            "TENCENTCLOUD_SECRETID": keys.secret_id,
            "TENCENTCLOUD_SECRETKEY": keys.secret_key,
            "TENCENTCLOUD_SESSIONTOKEN": keys.token or "",
            "TENCENTCLOUD_REGION": "ap-singapore",
            "BUCKET": BUCKET,
            "SETTLE_SECONDS": str(options.settle_seconds),
            "ON_OVERFLOW": "split",
            "MAX_GROUPS": "40",
        }
        limits = {"BATCH_SIZE": BATCH_SIZE, "GROUP_LIMIT": options.room}
        return Function(environment, options.time_limit, options.instances, limits, options.logs)

    def _schedule(self, platform: Platform) -> None:
        """Who drops what, and when."""
        dice, count = self._dice, self.run.options.files
        for number in range(count):
            pool = dice.choice(self._pools)
            file = pool.make_file()
            key = f"incoming/{pool.receiver_id}/list {number}{file.extension}"
            moment = dice.uniform(0, SECONDS_PER_FILE * count)
            platform.at(moment, self._dropping(platform, key, file))
            if dice.random() < AGAIN_SHARE:
                again = dice.choice((file, pool.make_file()))
                platform.at(moment + dice.uniform(1, self.run.options.latest), self._dropping(platform, key, again))
        platform.at(SECONDS_PER_FILE * count + self.run.options.latest, lambda: self._let_go(platform))

    def _dropping(self, platform: Platform, key: str, file: AddressFile) -> Callable[[], None]:
        return lambda: self._deliver(platform, self.run.drop(key, file), self._fate())

    def _fate(self) -> str:
        return self._dice.choices([*SHARES, "once"], [*SHARES.values(), 1 - sum(SHARES.values())])[0]

    def _deliver(self, platform: Platform, event: Event, fate: str) -> None:
        self.run.events[fate] += 1
        if fate == "merged":
            self._held.append(event)
            if len(self._held) == MERGED:
                self._let_go(platform)
        elif fate == "late":
            platform.send(event, self._dice.uniform(0, self.run.options.latest))
        elif fate == "twice":
            for _ in range(self._dice.choice((2, 2, 3, 4))):
                platform.send(event, self._dice.choice((0.0, self._dice.uniform(0, self.run.options.latest))))
        elif fate == "once":
            platform.send(event)

    def _let_go(self, platform: Platform) -> None:
        if self._held:
            platform.send(merged(self._held))
        self._held = []
