"""How the emulated service behaves where the documentation leaves it open: one switch each, in any combination.

The defaults are a service that is prompt and orderly. All seconds are those of the emulator's clock. `any_behaviour`
draws a combination. Faults of single calls are in `faults.py`, a person at the console is in `groups.py`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal
from zlib import crc32

from handler.limits import ADDRESS_BYTES, PAGE_SIZE, REQUESTS_PER_SECOND
from local.cloud.faults import Fault

Addresses = Container[str] | Callable[[str], bool]
Order = Literal["arrival", "newest_first", "shuffled", "reshuffled"]

LONGEST_DELAY: Final = 90.0
"""Of every delay that `any_behaviour` draws: so many seconds after the last request everything has held still."""


@dataclass(frozen=True, slots=True)
class Some:
    """This share of all addresses, told by a hash of the address in lower case: always the same ones for one name."""

    name: str
    share: float

    def __call__(self, address: str) -> bool:
        return crc32(f"{self.name} {address.lower()}".encode()) < self.share * 2**32


def among(address: str, addresses: Addresses) -> bool:
    return addresses(address) if callable(addresses) else address in addresses


@dataclass(frozen=True, slots=True)
class Behaviour:
    """The switches. Delays are seconds from the moment at which a request is accepted, each for itself.

    Cloud(clock=clock, behaviour=Behaviour(busy_after=1.5, upload_seconds=10, members_after=30))
    """

    # When it shows what was accepted
    busy_after: float = 0.0
    """Until the group's status goes to 2. It never does where `upload_seconds` is over by then."""
    upload_seconds: float = 0.0
    """Until it goes to 3."""
    shows: Literal["at_end", "at_once", "gradually"] = "at_end"
    """When members count and are listed: at the end of their upload, at its beginning, or little by little until then.
    """
    counts_after: float | None = None
    """Until `Count` includes all members of the request; None: as `shows` says."""
    members_after: float | None = None
    """Until ListReceiverDetails shows all of them; None: as `shows` says."""
    invalid_after: float = 0.0
    """Until those that it `refuses` have Status 2."""

    # What it takes
    admits_during_upload: bool = True
    """Whether further requests are taken meanwhile, or refused as `OperationDenied.ReceiverIsOperating`."""
    denies_before_busy: bool = False
    """Whether it refuses them from the acceptance on, and not only while the status is 2."""
    longest_address: int = ADDRESS_BYTES
    most_groups: int = 1_000
    most_members: int | None = None
    """Of a group; None for the service's own limit."""
    requests_per_second: int | None = REQUESTS_PER_SECOND
    """For each API, in any second of the clock; None for no limit."""

    # What becomes of addresses
    drops_repeats: Literal["never", "request", "group"] = "never"
    """Which repeats are not added: none; those within a request; those of what is in the group, too.
    `RepeatCount` counts them all either way; `ValidCount` counts what is added."""
    tells_case: bool = False
    """Whether addresses that differ in case only are different ones."""
    counts_repeats: bool = True
    """Whether `RepeatCount` says anything; else it is 0."""
    refuses: Addresses = frozenset()
    """The addresses that are added, but marked invalid: Status 2 and a Reason."""
    reason: str = "invalid address"
    """The Reason."""
    loses: Addresses = frozenset()
    """The addresses that are not added, without a word."""
    counts_lost: bool = False
    """Whether `ValidCount` counts the lost ones all the same."""
    hides: Addresses = frozenset()
    """The addresses that are added and counted, but never listed."""
    breaks: Addresses = frozenset()
    """The addresses that break the service: a request with one of them fails, whenever it is sent."""
    breaks_with: str = "InternalError"
    """How: this error code; or this HTTP status, such as "500"; or no answer at all for "drop"."""
    breaks_whole: bool = True
    """Whether such a request has no effect, or that of its other addresses."""

    # What it says of a group
    counts_invalid: bool = True
    """Whether `Count` includes invalid members."""
    groups_order: Order = "arrival"
    """Of ListReceivers."""
    passing_groups: int = 0
    """Up to so many groups of somebody else come and go between two requests to ListReceivers, ahead of all others."""

    # How it lists
    members_order: Order = "arrival"
    """Of ListReceiverDetails and ListBlackEmailAddress. `shuffled` stays as it is, new rows coming in between;
    `reshuffled` is another order for each request."""
    seed: int = 0
    """Of every order and every chance."""
    displaced: float = 0.0
    """This share of the members change places for one request: some are on two pages then, others on none."""
    page_size: int = PAGE_SIZE
    """Rows of one page: a larger Limit gets no more than this, of members and of groups."""
    short_pages: float = 0.0
    """This share of all pages, of members and of groups, is shorter by chance, but never empty."""
    listing_ends_at: int | None = None
    """ListReceiverDetails and ListBlackEmailAddress list no more than this; None for all."""
    total_goes_on: bool = False
    """Whether `TotalCount` counts those beyond the end of the listing, too."""
    blank_members: int = 0
    """So many members of every group that a test makes have no address; `Groups.upload` takes such ones, too."""
    leaves_blank_out: bool = False
    """Whether such a row has no Email at all, or an empty one."""
    filters_by_time: bool = True
    """Whether `CreateTimeBegin` and `CreateTimeEnd` are heeded."""
    zone_hours: float = 0.0
    """The time zone in which it writes `CreateTime`: hours ahead of UTC."""
    filter_zone_hours: float | None = None
    """The one in which it reads `CreateTimeBegin` and `CreateTimeEnd`; None: the same."""

    # The store
    store_ahead: float = 0.0
    """Seconds by which the clock of COS is ahead of the function's, negative for behind: `Date`, `Last-Modified`."""

    @property
    def breaking(self) -> Fault:
        """What `breaks_with` does to a request."""
        applied = not self.breaks_whole
        if self.breaks_with == "drop":
            return Fault.drop_after() if applied else Fault.drop_before()
        if self.breaks_with.isdigit():
            status = int(self.breaks_with)
            return Fault.status_after(status) if applied else Fault.status(status)
        return Fault.refuse(self.breaks_with, applied=applied)

    @property
    def counted_after(self) -> float:
        return self._shown(self.counts_after)

    @property
    def listed_after(self) -> float:
        return self._shown(self.members_after)

    @property
    def settles_after(self) -> float:
        """So many seconds after the last request took effect nothing changes any more, but what never holds still."""
        return max(self.upload_seconds, self.counted_after, self.listed_after, self.invalid_after)

    def _shown(self, seconds: float | None) -> float:
        if seconds is None:
            return 0.0 if self.shows == "at_once" else self.upload_seconds
        return seconds


_DELAYS: Final = (0.5, 1.5, 10.0, 45.0, LONGEST_DELAY)
_ORDERS: Final = ("newest_first", "shuffled")
_CHOICES: Final[Mapping[str, Sequence[Any]]] = {
    "busy_after": _DELAYS,
    "upload_seconds": _DELAYS,
    "shows": ("at_once", "gradually"),
    "counts_after": (0.0, *_DELAYS),
    "members_after": (0.0, *_DELAYS),
    "invalid_after": _DELAYS,
    "admits_during_upload": (False,),
    "denies_before_busy": (True,),
    "drops_repeats": ("request", "group"),
    "tells_case": (True,),
    "counts_repeats": (False,),
    "refuses": (Some("refused", 0.05),),
    "loses": (Some("lost", 0.05),),
    "counts_lost": (True,),
    "hides": (Some("hidden", 0.05),),
    "counts_invalid": (False,),
    "groups_order": (*_ORDERS, "reshuffled"),
    "passing_groups": (1, 3),
    "members_order": _ORDERS,
    "page_size": (7, 50),
    "short_pages": (0.2, 1.0),
    "blank_members": (1, 3),
    "leaves_blank_out": (True,),
    "filters_by_time": (False,),
    "zone_hours": (8.0, -5.0),
    "filter_zone_hours": (0.0, 8.0),
    "store_ahead": (-240.0, -7.0, 240.0),
}
_RARELY: Final[Mapping[str, Sequence[Any]]] = {
    "breaks": (Some("broken", 0.005),),
    "breaks_with": ("FailedOperation", "500", "drop"),
    "breaks_whole": (False,),
    "members_order": ("reshuffled",),
    "displaced": (0.02, 0.2),
    "listing_ends_at": (150, 10_000),
    "total_goes_on": (True,),
}
"""What can keep an import from ever being sure."""


def any_behaviour(dice: random.Random) -> Behaviour:
    """A combination of switches, the same for the same state of the dice.

    Each switch is turned in a third of all cases; those that can keep an import from ever being sure, in a tenth each.
    """
    turned = {name: dice.choice(choices) for name, choices in _CHOICES.items() if dice.random() < 1 / 3}
    turned |= {name: dice.choice(choices) for name, choices in _RARELY.items() if dice.random() < 1 / 10}
    return Behaviour(**turned, seed=dice.randrange(2**32))
