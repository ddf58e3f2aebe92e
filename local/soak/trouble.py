"""What goes wrong during a run: a share of all calls, of all invocations, and uploads that take their time."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, Final

from local.cloud import Call, Cloud, Fault
from local.cloud.behaviour import Behaviour
from local.platform import Doom
from local.soak.lists import INVALID

EVERYWHERE: Final = (Fault.drop_before(), Fault.drop_after(), Fault.status(503), Fault.status_after(500))
OF_COS: Final = (*EVERYWHERE, Fault.refuse("SlowDown"), Fault.refuse("InternalError"), Fault.slow(10))
OF_COS_READS: Final = (*OF_COS, Fault.cut(1), Fault.cut(40), Fault.cut(700))
"""An answer of COS that says 200 and is not COS's own is not among them: with it a write would be lost in silence."""
OF_SES: Final = (
    *EVERYWHERE,
    Fault.refuse("RequestLimitExceeded"),
    Fault.refuse("FailedOperation.ServiceNotAvailable"),
    Fault.refuse("InternalError"),
    Fault.refuse("FailedOperation"),
    Fault.not_json(),
    Fault.not_json(applied=True),
    Fault.charset_header("InternalError"),
    Fault.no_counts(),
    Fault.cut(10),
    Fault.slow(10),
    Fault.late(10),
)
READS: Final = frozenset({"GetObject", "ListObjects", "GetBucketVersioning"})
HANGING_SHARE: Final = 0.02
"""Of the faults: a call of SES that outlasts the time-out of a request and takes effect a little after it, or a read
from COS that outlasts the invocation, which is then killed at its time limit."""
PAST_TIME_OUT: Final = 3.0
"""Seconds. The service is given less than the quiet that the function waits for before it believes what it sees."""

LATEST_CALL: Final = 40
"""An invocation is killed at one of its first calls. A small import makes about 25: some get away, and others must die
in their place."""
SPARED: Final = 3.0
"""How much likelier a death becomes while too few have died."""

DELAYS: Final[Sequence[Mapping[str, Any]]] = (
    {"upload_seconds": 0.0},
    {"upload_seconds": 3.0, "busy_after": 1.5, "counts_after": 8.0, "members_after": 5.0},
    {"upload_seconds": 0.0, "counts_after": 10.0, "members_after": 15.0},
    {"upload_seconds": 12.0},
    {"upload_seconds": 45.0, "busy_after": 1.5, "counts_after": 50.0, "members_after": 60.0},
)
"""Of what a request did, by receiver id in turn: a quarter of an hour would be as right, and slower. The first sign of
it comes well within the quiet that the function waits for before it believes what it sees."""


@dataclass
class Trouble:
    """Repeatable, as far as the order of the calls is: that is up to the scheduling of processes."""

    seed: int
    faults: float
    """Share of all calls."""
    kills: float
    """Share of all invocations."""
    request_seconds: float
    """The time-out of a request to SES."""
    time_limit: float
    """Of an invocation."""
    struck: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._faults = Random(f"faults {self.seed}")  # noqa: S311 - repeatable, not secret
        self._dooms = Random(f"dooms {self.seed}")  # noqa: S311
        self._lock = threading.Lock()

    def befall(self, cloud: Cloud) -> None:
        """Has the cloud misbehave from now on."""

        def strike(call: Call) -> Fault | None:
            if call.is_called("CreateReceiverDetail"):
                self._set_mood(cloud, call.receiver_id or 0)
            return self.fault(call)

        cloud.faults.hook = strike

    def fault(self, call: Call) -> Fault | None:
        """What goes wrong with this call."""
        with self._lock:
            if self._faults.random() >= self.faults:
                return None
            fault = self._faults.choice(choices(call))
            if self._faults.random() < HANGING_SHARE:
                fault = self._hanging(call) or fault
            self.struck[f"{call.service} {_name(fault)}"] += 1
            return fault

    def doom(self, invocations: int, killed: int) -> Doom | None:
        """Whether, and when, the next invocation is killed, so many having been killed of so many."""
        with self._lock:
            share = self.kills * (SPARED if killed < self.kills * invocations else 1.0)
            if self._dooms.random() >= share:
                return None
            return Doom(self._dooms.randint(1, LATEST_CALL), applied=self._dooms.choice((False, True)))

    def _hanging(self, call: Call) -> Fault | None:
        if call.service == "ses":
            return Fault.slow(self.request_seconds + PAST_TIME_OUT)
        return Fault.slow(self.time_limit) if call.action in READS else None

    @staticmethod
    def _set_mood(cloud: Cloud, receiver_id: int) -> None:
        """How the service takes the next request. Two at once may meet each other's mood: either is allowed to it."""
        none: Mapping[str, Any] = {"busy_after": 0.0, "counts_after": None, "members_after": None}
        delays = {**none, **DELAYS[receiver_id % len(DELAYS)]}
        cloud.behaviour = replace(cloud.behaviour, **delays, admits_during_upload=receiver_id % 2 == 0)


def service(seed: int) -> Behaviour:
    """How the service lists and counts in this run."""
    dice = Random(f"service {seed}")  # noqa: S311 - repeatable, not secret
    return Behaviour(
        shows="gradually",
        refuses=lambda address: address.lower().startswith(INVALID),
        counts_invalid=dice.choice((False, True)),
        drops_repeats=dice.choice(("never", "request", "group")),
        members_order=dice.choice(("arrival", "newest_first", "shuffled")),
        groups_order=dice.choice(("arrival", "reshuffled")),
        passing_groups=dice.choice((0, 3)),
        page_size=dice.choice((37, 100)),
        blank_members=dice.choice((0, 2)),
        store_ahead=dice.choice((-240.0, 0.0, 240.0)),
        seed=seed,
    )


def _name(fault: Fault) -> str:
    if fault.kind == "slow":
        return f"slow {fault.seconds:.0f} s"
    return (
        f"{fault.http_status} {'after' if fault.applied else 'before'}"
        if fault.kind == "status"
        else (fault.code or fault.name)
    )


def choices(call: Call) -> tuple[Fault, ...]:
    """What can go wrong with a call."""
    if call.service == "ses":
        return OF_SES
    return OF_COS_READS if call.action in READS else OF_COS
