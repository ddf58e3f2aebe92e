"""What came out, held against what should have: every difference in a sentence, and no address in any of them."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from handler.judging import keys
from handler.limits import REQUESTS_PER_SECOND
from local.soak.lists import INVALID, AddressFile
from local.soak.run import BATCH_SIZE, BUCKET, CONSOLE_DATA, Run, Version

FINAL: Final = frozenset({"imported", "partial", "refused"})
NO_ROOM: Final = "LimitExceeded.ReceiverDetailCountLimit"
"""Why an import that was interrupted comes to nothing, or not to all: another one has taken its room meanwhile."""
JITTER: Final = 0.05
"""Real seconds between a request's turn and its arrival, more or less, on a machine that is busy."""

Report = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The differences; none, if all is well."""

    differences: Sequence[str]
    reports: Sequence[Report]
    busiest: int
    """The most requests of one kind that one invocation made within a second."""


def judge(run: Run) -> Verdict:
    """Everything that should be so and is not."""
    reports = read_reports(run)
    finds = [
        *_in_groups(run, reports),
        *_in_series(run),
        *_in_sums(run, reports),
        *_in_files(run, reports),
        *(line for report in reports for line in _in_report(run, report)),
        *_left_over(run),
        *_misbehaviour(run),
    ]
    return Verdict(finds, reports, _busiest(run))


def is_open(run: Run) -> bool:
    """Whether there is work left for a sweep."""
    reports = read_reports(run)
    unfinished = any(report["status"] not in FINAL for report in reports)
    plans = _plans(run)
    missing = set(_latest(run).values()) - {_version(report) for report in reports}
    return bool(unfinished or plans or missing or _marks(run))


def read_reports(run: Run) -> list[Report]:
    """Every report.json in the bucket."""
    names = [key for key in run.cloud.objects.keys(BUCKET, "reports/") if key.endswith("/report.json")]
    return [json.loads(run.cloud.objects.read(BUCKET, key)) for key in names]


def _version(report: Report) -> Version:
    source = report["source"]
    return Version(source["key"], source["etag"], source["last_modified"])


def _latest(run: Run) -> dict[str, Version]:
    """By key the version that lies there now."""
    return {version.key: version for version in run.files}


def _in_groups(run: Run, reports: Sequence[Report]) -> Iterator[str]:
    """Each group holds the union of its files' good addresses, once each; but for those that are left in a report's
    remaining.csv, for another import had taken the room that theirs was planned for."""
    short = [report for report in reports if _is_short_of_room(report)]
    imported = {_version(report) for report in reports if report["status"] == "imported" or report in short}
    left = {address for report in short for address in _remaining(run, report)}
    expected = {number: set(keys(members)) for number, members in run.members_before.items()}
    for version in run.files.keys() & (imported | set(_latest(run).values())):
        expected[int(version.key.split("/")[1])].update(run.files[version].addresses)
    for number, wanted in expected.items():
        held = Counter(filter(None, keys(run.contents(number))))
        twice = sum(count > 1 for count in held.values())
        missing = sum(address not in held for address in wanted - left)
        foreign = len(held.keys() - wanted)
        if twice or missing or foreign:
            yield f"group {number}: {twice} addresses more than once, {missing} missing, {foreign} not asked for"


def _is_short_of_room(report: Report) -> bool:
    return bool(report["reason"]) and report["reason"]["code"] == NO_ROOM


def _remaining(run: Run, report: Report) -> Sequence[str]:
    """The addresses of its remaining.csv."""
    lines = csv.reader(io.StringIO(run.cloud.objects.read(BUCKET, report["files"]["remaining"]).decode("utf-8-sig")))
    return keys([cell for line in lines for cell in line if "@" in cell])


def _in_series(run: Run) -> Iterator[str]:
    """Each address has the data of one of its files, or of the console."""
    given: defaultdict[str, set[str]] = defaultdict(set)
    for file in run.files.values():
        for address, name in file.names.items():
            given[address].add(json.dumps({"name": name}))
    if not given:
        return
    for number, before in run.members_before.items():
        of_console = {*keys(before)}
        for receiver_id in run.series(number):
            found = run.cloud.groups.data(receiver_id)
            wrong = sum(
                json.dumps(json.loads(data)) not in given[key]
                for key, data in zip(keys([*found]), found.values(), strict=True)
                if data and not (key in of_console and data == CONSOLE_DATA)
            )
            if wrong or len({bool(data) for address, data in found.items() if address}) > 1:
                yield f"group {receiver_id}: {wrong} members have other data than their files, or some have none"


def _in_sums(run: Run, reports: Sequence[Report]) -> Iterator[str]:
    """What the reports about a group call imported is what is new in it, the invalid ones excepted.

    Unless somebody added others at the same time: the count that an import waits for is then reached before the service
    names an address of its own invalid.
    """
    claimed: Counter[int] = Counter()
    for report in reports:
        if report["group"]:
            claimed[report["group"]["receiver_id"]] += report["rows"]["imported"]
    for number, members in run.members_before.items():
        new = set(keys(run.contents(number))) - {*keys(members), ""}
        invalid = sum(address.startswith(INVALID) for address in new)
        count = len(new) - invalid
        if not count <= claimed[number] <= count + min(invalid, run.added_by_hand[number]):
            yield f"group {number}: {claimed[number]} addresses are called imported, and {count} are new in it"


def _in_files(run: Run, reports: Sequence[Report]) -> Iterator[str]:
    """Each version that was not replaced at once has one finished report; no drop has more than one.

    Where the same bytes were dropped again nothing tells the late event of the first drop from that of the second: then
    there may be one report more, about nothing new.
    """
    by_version = Counter(_version(report) for report in reports)
    by_key = Counter(report["source"]["key"] for report in reports)
    for key, version in _latest(run).items():
        if not by_version[version]:
            yield f"{key}: no report about the version that lies there"
        contents = {dropped.etag for dropped in run.files if dropped.key == key}
        if by_key[key] > run.drops[key] and len(contents) == run.drops[key]:
            yield f"{key}: {by_key[key]} reports about {run.drops[key]} drops"
    for version in by_version.keys() - run.files.keys():
        yield f"{version.key}: a report about a version that nobody dropped"


def _in_report(run: Run, report: Report) -> Iterator[str]:
    """The rows add up, and to what the file holds."""
    rows, where = report["rows"], f"{report['source']['key']} {report['import_id']}"
    if rows["total"] != sum(count for fate, count in rows.items() if fate != "total"):
        yield f"{where}: the rows do not add up"
    version = _version(report)
    file = run.files.get(version)
    wanted = "imported" if file and file.fit else "refused"
    if _is_short_of_room(report):
        return
    if _came_too_late(report) and _latest(run).get(version.key) != version:
        return  # its import died before anything was sent, and then another version lay there
    if report["status"] != wanted:
        yield f"{where}: {report['status']} ({report['reason']}), and should be {wanted}"
    elif file and file.fit:
        yield from _in_rows(where, report, file)


def _came_too_late(report: Report) -> bool:
    return report["status"] == "refused" and report["reason"]["code"] == "unreadable" and not report["rows"]["total"]


def _in_rows(where: str, report: Report, file: AddressFile) -> Iterator[str]:
    rows = report["rows"]
    refused = report["rejected_by_reason"].get("refused_by_service", 0)
    good = rows["imported"] + rows["already_in_group"] + rows["duplicate"] + refused
    found = {"good": good, "rejected": rows["rejected"] - refused, "empty": rows["empty"]}
    wanted = {"good": len(file.addresses), "rejected": file.bad, "empty": file.empty}
    if found != wanted or refused > file.odd:
        yield f"{where}: rows {found}, and should be {wanted}; {refused} refused by the service of {file.odd}"
    batches = report["batches"]
    finished = all(group["upload_finished"] for group in report["groups"])
    if any(batch["outcome"] != "accepted" for batch in batches) or not finished:
        yield f"{where}: imported, and not all of its batches accepted"


def _plans(run: Run) -> list[str]:
    """The imports under way."""
    return [key for key in run.cloud.objects.keys(BUCKET, "state/imports/") if run.cloud.objects.read(BUCKET, key)]


def _marks(run: Run) -> list[str]:
    """What says that there is something to do: open imports, files that wait, what sweeps have died of."""
    return run.cloud.objects.keys(BUCKET, "state/todo/")


def _left_over(run: Run) -> Iterator[str]:
    """Nothing is under way any more."""
    if plans := _plans(run):
        yield f"{len(plans)} plans left"
    if marks := _marks(run):
        yield f"{len(marks)} marks left of what is to be done"
    if folders := lists_without_report(run):
        yield f"{folders} folders with lists and without a report"


def lists_without_report(run: Run) -> int:
    """How many imports died after they had written their lists, and were never finished."""
    folders: defaultdict[str, set[str]] = defaultdict(set)
    for key in run.cloud.objects.keys(BUCKET, "reports/"):
        folder, _, name = key.rpartition("/")
        folders[folder].add(name)
    return sum(names.isdisjoint({"report.json", "latest.json", "index.json"}) for names in folders.values())


def _misbehaviour(run: Run) -> Iterator[str]:
    """What a correct client does not do."""
    yield from sorted({f"{each.service}: {each.kind}: {each.message}" for each in run.cloud.problems})
    for attempt in run.attempts:
        if attempt.fate == "operator":
            yield f"invocation {attempt.invocation} blames the operator: {attempt.message}"
    if largest := [call.size for call in run.cloud.calls if call.service == "ses" and call.size > BATCH_SIZE]:
        yield f"{len(largest)} requests with more than {BATCH_SIZE} addresses"
    if (excess := _excess(run)) > JITTER * run.options.scale * REQUESTS_PER_SECOND:
        yield f"an invocation was {excess:.0f} requests ahead of {REQUESTS_PER_SECOND} a second"


def _series(run: Run) -> list[list[float]]:
    """When each invocation made its requests of each kind to SES."""
    series: defaultdict[tuple[int, str], list[float]] = defaultdict(list)
    for arrival in run.arrivals:
        if arrival.action:
            series[arrival.invocation, arrival.action].append(arrival.at)
    return list(series.values())


def _excess(run: Run) -> float:
    """The most requests that any series was ahead of the rate: the depth of the bucket that would have held them."""
    worst = 0.0
    for moments in _series(run):
        level, last = 0.0, moments[0]
        for moment in moments:
            level = max(0.0, level - (moment - last) * REQUESTS_PER_SECOND) + 1
            last = moment
            worst = max(worst, level)
    return worst


def _busiest(run: Run) -> int:
    busiest = 0
    for moments in _series(run):
        first = 0
        for place, moment in enumerate(moments):
            while moment - moments[first] >= 1:
                first += 1
            busiest = max(busiest, place - first + 1)
    return busiest
