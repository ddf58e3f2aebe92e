"""What users wait for: tables on a simulated clock, the same on every machine."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from math import ceil
from statistics import median
from types import MappingProxyType
from typing import Any, Final

from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException

from handler.intake.source import facts_of
from handler.limits import BATCH_SIZE, GROUP_LIMIT, REQUESTS_PER_SECOND
from handler.settings import Settings
from handler.state.ledger import Finished, Ledger
from handler.state.store import NoState
from local import sandbox
from local.bench.account import REQUEST_SECONDS, SWEEP_SECONDS, UPLOAD_SECONDS, Account, Figures
from local.bench.probes import plain_script
from local.bench.tables import OURS, SCRIPT, Table, clock_time, seconds, times

FEW: Final = 10
"""Rows of a small file."""
PAUSE: Final = 600.0
"""Between the first, the second and the third drop."""
SWEEPS: Final = 12
"""In an hour."""
LATELY: Final = 2 * 86_400.0
"""Within this, the files were imported that sweeps find nothing to do about."""
GIVEN_UP: Final = 3_600.0
"""After the last file of many came: what has no report by then is told of as such."""
ORDINALS: Final = ("the first time", "the second", "the third")
TIED: Final = {True: "takes writes during an upload", False: "refuses them meanwhile"}


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is simulated."""

    members: tuple[int, ...] = (0, 1_000, 10_000, GROUP_LIMIT - 3 * FEW)
    rows: int = GROUP_LIMIT
    files: tuple[int, ...] = (1, 10, 50)
    crowd: int = 5_000
    """Members of the groups that many files are for."""
    swept: tuple[int, ...] = (0, 5_000, 25_000)
    hours: float = 2.0
    busy_groups: int = 100
    busy_members: int = 20_000
    files_an_hour: int = 1_000


TINY: Final = Extent(
    members=(0, 200),
    rows=300,
    files=(1, 3),
    crowd=200,
    swept=(0, 30),
    hours=1.1,
    busy_groups=4,
    busy_members=200,
    files_an_hour=20,
)


def drops(extent: Extent) -> Table:
    """Small files into groups of all sizes."""
    rows = []
    for members in extent.members:
        with Account.open() as account:
            group = account.add_group(members)
            rows.append((f"{OURS}, {members:,} members", *(_a_drop(account, group) for _ in ORDINALS)))
    with Account.open() as account:
        group = account.add_group(0)
        script = [_told(account.call(plain_script.main_handler, account.drop(group, FEW))) for _ in ORDINALS]
    rows.append((f"{SCRIPT}, any group", *script))
    return Table(f"{FEW} new addresses", ("", *ORDINALS), rows)


def large(extent: Extent) -> Table:
    """One large file into an empty group, beside what cannot take less."""
    found: dict[str, list[str]] = {OURS: [], SCRIPT: [], "the writes and the uploads themselves": [], "ratio": []}
    writes = ceil(extent.rows / BATCH_SIZE)
    for tied in TIED:
        with Account.open(admits_during_upload=tied) as account:
            account.send(account.drop(account.add_group(0), extent.rows))
            ours = account.run()
        least = writes * REQUEST_SECONDS + (1 if tied else writes) * UPLOAD_SECONDS
        found[OURS].append(_told(ours))
        found[SCRIPT].append(_script(extent.rows, tied=tied))
        found["the writes and the uploads themselves"].append(f"{seconds(least)}, {writes} SES")
        found["ratio"].append(times(ours.billed / least))
    headings = ("", *(f"where SES {what}" for what in TIED.values()))
    return Table(
        f"{extent.rows:,} addresses into an empty group", headings, [(name, *cells) for name, cells in found.items()]
    )


def at_once(extent: Extent) -> Table:
    """Many files at the same time."""
    rows = []
    for files in extent.files:
        for groups in dict.fromkeys((1, files)):
            for together in (False, True) if files > 1 else (False,):
                where = "one group" if groups == 1 else f"{groups} groups"
                how = ", in one event" if together else ""
                rows.append((f"{files} for {where}{how}", *_at_once(extent.crowd, files, groups, together=together)))
    headings = ("", "last report after", "billed", "invocations", "SES", "COS")
    return Table(f"files at once, groups of {extent.crowd:,}", headings, rows)


def sweeps(extent: Extent) -> Table:
    """Sweeps with nothing to do, and with one lost event."""
    rows = []
    for files in extent.swept:
        with Account.open() as account:
            group = account.add_group(0)
            _import_lately(account, group, files)
            account.sweep()
            found = [account.sweep() for _ in range(SWEEPS)]
            account.clock.sleep(SWEEP_SECONDS / 3)
            account.drop(group, FEW)  # its event never comes
            account.run(sweeps=True)
            (first,), (last,) = account.first_waits.values(), account.waits.values()
        requests = sum(figures.requests.total() for figures in found) / SWEEPS
        billed = sum(figures.billed for figures in found) / SWEEPS
        rows.append((f"{files:,} files", f"{requests:.1f}", seconds(billed), clock_time(first), clock_time(last)))
    headings = ("", "requests", "billed", "lost event: first report after", "the one that stays")
    return Table("a sweep with nothing to do", headings, rows)


def hours(extent: Extent) -> Table:
    """Many files for many groups, for hours: in the first one nobody has read the groups before."""
    spans = {"the first": min(1.0, extent.hours), "after it": extent.hours - 1}
    found: dict[str, dict[str, str]] = {}
    dice = random.Random(1_001)  # noqa: S311 - the same arrivals every time
    with Account.open() as account:
        groups = [account.add_group(extent.busy_members) for _ in range(extent.busy_groups)]
        for name, length in spans.items():
            if length > 0:
                files = round(length * extent.files_an_hour)
                found[f"{length:g} h, {name}"] = _hours(account, groups, files, length * 3_600, dice)
    title = f"{extent.files_an_hour:,} files an hour into {extent.busy_groups} groups of {extent.busy_members:,}"
    (names, *_) = found.values()
    return Table(title, ("", *found), [(name, *(each[name] for each in found.values())) for name in names])


def _hours(account: Account, groups: list[int], files: int, length: float, dice: random.Random) -> dict[str, str]:
    """What comes of so many files within so many seconds."""
    before = {*account.waits}
    for _ in range(files):
        group, moment = dice.choice(groups), dice.uniform(0, length)
        account.after(moment, partial(_drop_and_deliver, account, group))
    figures = account.run(sweeps=True, longest=length + GIVEN_UP)
    waits = sorted(wait for key, wait in account.waits.items() if key not in before)
    late = f"{files - len(waits)} files have none {clock_time(GIVEN_UP)} after the last one came"
    requests = (f"{figures.requests[service] / files:.0f} {service.upper()}" for service in ("ses", "cos"))
    peaks = {
        f"the most {name}, of {REQUESTS_PER_SECOND} allowed": f"{peak} a second, {figures.throttled[name]:,} refused"
        for name, peak in sorted(figures.peaks.items())
    }
    return {
        "the longest time until a report": late if len(waits) < files else clock_time(waits[-1]),
        "half of them within": clock_time(median(waits)) if waits else "-",
        "billed for each file": seconds(figures.billed / files),
        "requests for each file": ", ".join(requests),
        "invocations, called again": f"{figures.invocations:,}, {figures.raised:,}",
        **peaks,
    }


def _a_drop(account: Account, group: int) -> str:
    account.clock.sleep(PAUSE)
    account.send(account.drop(group, FEW))
    return _told(account.run())


def _drop_and_deliver(account: Account, group: int) -> None:
    account.deliver(account.drop(group, FEW))


def _script(rows: int, *, tied: bool) -> str:
    with Account.open(admits_during_upload=tied) as account:
        try:
            return _told(account.call(plain_script.main_handler, account.drop(account.add_group(0), rows)))
        except TencentCloudSDKException:
            return "fails"


def _at_once(crowd: int, files: int, groups: int, *, together: bool) -> tuple[str, ...]:
    with Account.open() as account:
        numbers = [account.add_group(crowd) for _ in range(groups)]
        events = [account.drop(numbers[file % groups], FEW) for file in range(files)]
        for some in [events] if together else [[event] for event in events]:
            account.send(*some)
        figures = account.run(sweeps=True)
        late = f"{account.unreported} have none" if account.unreported else clock_time(max(account.waits.values()))
    requests = (f"{figures.requests[service]:,}" for service in ("ses", "cos"))
    return (late, seconds(figures.billed), str(figures.invocations), *requests)


def _import_lately(account: Account, group: int, files: int) -> None:
    """Leaves what so many imports leave that a sweep looks at: the files, and that they are finished. Going through
    them would take an hour, so it is noted by the function's own ledger, and nothing else."""
    bucket: Any = _Noted(account)
    ledger = Ledger(bucket, Settings.read(account.environment).state_prefix)
    for _ in range(files):
        account.clock.sleep(LATELY / files)
        file = account.put(group, 1)
        ledger.finish(facts_of(sandbox.BUCKET, file), Finished("0" * 16, "event", group, "imported", "reports/x"))


class _Noted(NoState):
    """The bucket, written to without a request."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def write(
        self,
        key: str,
        body: bytes,
        content_type: str = "",  # noqa: ARG002 - a listing does not tell it
        metadata: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._account.cloud.objects.put(sandbox.BUCKET, key, body, metadata)


def _told(figures: Figures) -> str:
    return f"{seconds(figures.billed)}, {figures.requests['ses']:,} SES, {figures.requests['cos']:,} COS"


SIMULATED: Final[Mapping[str, Callable[[Extent], Table]]] = {
    "drops": drops,
    "large": large,
    "at_once": at_once,
    "sweeps": sweeps,
    "hours": hours,
}
