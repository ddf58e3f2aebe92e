"""Decides what becomes of every row of a file: who is sent in which batch, who is not, and why.

Nothing is sent before the last row is read, so a file that does not fit, or is not a list of addresses at all, leaves
the group untouched. Memory holds where each different address stood first (`first_seen`), whom the service blocks,
and the group's members. Every row goes to a `RowListing` as it comes, and the addresses to send wait in /tmp.

A block of rows is decided upon as a whole: what is done row by row is one look into a set, or concerns rows that are
not simply good and new.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import repeat
from json.encoder import encode_basestring_ascii
from typing import Final, Literal, Protocol

from handler import limits
from handler.errors import SourceProblem
from handler.judging import check, keys, preferred
from handler.judging.verdicts import Rejection
from handler.planning.addresses import Addresses
from handler.planning.elsewhere import Elsewhere, most
from handler.planning.first_seen import FirstSeen
from handler.planning.noes import Label, Noes
from handler.planning.plan import Batch, GoodRows, Refusal, RowCounts
from handler.planning.template import Template
from handler.reading.columns import begins_another_list, several_lists
from handler.reading.tables import FileFacts, RowBlock, RowFault, Table, TableFacts
from handler.reading.wide import at_signs
from handler.said import Said, together


class RowListing(Protocol):
    """Where the rows go that somebody may want to look up later, as they are decided upon."""

    def open_table(self, table: Table) -> None:
        """The rows that follow are rows of this table."""

    def planned(self, rows: GoodRows) -> None:
        """Will be sent, unless the file as a whole is refused."""

    def rejected(self, line: int, cells: Sequence[str], why: Rejection | RowFault) -> None:
        """Cannot be sent."""

    def duplicate(
        self, line: int, cells: Sequence[str], first_line: int, first_table: str | None, *, differs: bool = False
    ) -> None:
        """The same address stands in an earlier row; `first_table` is the sheet or member it stands in, where the file
        has several. `differs`: it has other data for the template there."""

    def already_in_group(self, line: int, cells: Sequence[str], said: Said | None = None) -> None:
        """The group has this address; `said` is what else is to be told of it."""

    def over_capacity(self, rows: GoodRows) -> None:
        """New addresses that the group has no room for."""

    def no_consent(self, line: int, cells: Sequence[str], said: Said) -> None:
        """The person wants no mail."""

    def blocked(self, line: int, cells: Sequence[str]) -> None:
        """The service delivers nothing to this address."""

    def withdraw(self, addresses: Collection[str], left_out: Mapping[str, int]) -> None:
        """Planned ones, and the keys and lines of others that there is no room for: further on the file says of them
        that they want no mail."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What the deployer decided about files that are not quite right."""

    on_overflow: Literal["refuse", "fill", "split"] = "refuse"
    on_invalid: Literal["skip", "refuse"] = "skip"
    max_invalid_percent: float = 50.0
    on_no_consent: Literal["skip", "send"] = "skip"
    max_groups: int = 20
    """How many groups a series may come to."""
    is_continuation: bool = False
    """Whether the group continues another one, and is therefore continued by none itself."""


_UNLABELLED: Final = Label()


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict on a whole file."""

    addresses: Addresses = field(repr=False)
    """All that can be sent, in file order, each once."""
    facts: FileFacts | None
    """What was detected in the file; `None` where not even that was possible."""
    counts: RowCounts
    """With everything that is to be sent under `not_attempted`: nothing has been sent yet."""
    rejected_by_reason: dict[str, int]
    refusal: Refusal | None
    """Why nothing of the file may be sent."""
    warnings: tuple[Said, ...] = ()
    """What is to be told beside what becomes of the rows."""


def decide(  # noqa: PLR0913, PLR0917 - file, group and rules, each as it is found
    tables: Iterable[Table],
    members: Container[str],
    room: int,
    policy: Policy,
    listing: RowListing,
    label: Label = _UNLABELLED,
    blocked: Container[str] = (),
    template: Template | None = None,
) -> Decision:
    """Reads a file to its end and decides upon every row of it.

    `members` are the comparison keys of the group's members, `room` is how many more the group takes. A file that
    cannot be read to its end is refused; what was read of it is accounted for all the same. `blocked` are the
    comparison keys of those whom the service delivers to no more. `template` is what goes into the mail.
    """
    noes = Noes(label, is_sent=policy.on_no_consent == "send")
    reading = _Reading(members, room, listing, noes, blocked, template or Template())
    problem: SourceProblem | None = None
    try:
        reading.take(tables)
    except SourceProblem as found:
        problem = found
    reading.withdraw()
    refusal = Refusal(problem.code, problem.said) if problem else _refusal(reading, policy, label)
    return Decision(
        addresses=reading.addresses,
        facts=reading.facts
        and replace(
            reading.facts,
            tables=tuple(reading.tables),
            consent_column=reading.noes.column,
            consent_values=dict(reading.noes.values),
            template_data=reading.template.headings,
        ),
        counts=RowCounts(**reading.counts, not_attempted=len(reading.addresses)),
        rejected_by_reason=dict(reading.reasons),
        refusal=refusal,
        warnings=together(
            (
                *_counted("warning.blocked", reading.blocked_count),
                *_counted("warning.data_errors", reading.error_count),
                *reading.noes.warnings(),
                *reading.elsewhere.warnings(),
                *reading.warnings,
            )
        ),
    )


def _counted(code: str, count: int) -> Collection[Said]:
    """What the counts do not say by themselves: of those whom the service blocks they tell together with those who want
    no mail."""
    return [Said(code, number=count)] if count else []


def in_batches(addresses: Addresses, rooms: Mapping[int, int]) -> tuple[Batch, ...]:
    """Cuts the addresses into as few requests as the service allows, by their number and by what they come to; `rooms`
    are those of the shares, in the order in which they are filled."""
    sizes = map(_wire_bytes, addresses, addresses.data) if addresses.data else repeat(0)
    batches: list[Batch] = []
    start = 0
    for share, room in rooms.items():
        for end in _cuts(start, min(len(addresses), start + room), sizes):
            batches.append(Batch(len(batches) + 1, start, end - start, share=share))
            start = end
    return tuple(batches)


def _cuts(start: int, end: int, sizes: Iterator[int]) -> Iterator[int]:
    """Where each request for one group ends. `sizes` are those of all that follow; those without data are small: 20,000
    addresses of 254 characters are 5.2 MB."""
    size = 0
    for at, more in zip(range(start, end), sizes, strict=False):
        if size + more > limits.BODY_BYTES or at - start == limits.BATCH_SIZE:
            yield at
            start, size = at, 0
        size += more
    if start < end:
        yield end


_FRAME: Final = len('{"Email": "", "TemplateData": }, ')


def _wire_bytes(address: str, data: str) -> int:
    """What a recipient comes to in a request, as the SDK writes it: all that is not ASCII is escaped."""
    return _FRAME + len(address) + len(encode_basestring_ascii(data))


class _Reading:
    """The rows decided upon so far."""

    def __init__(
        self,
        members: Container[str],
        room: int,
        listing: RowListing,
        noes: Noes,
        blocked: Container[str],
        template: Template,
    ) -> None:
        self.template = template
        self.addresses = Addresses(with_data=template.variables is not None)
        self.counts: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.facts: FileFacts | None = None
        self.warnings: list[Said] = []
        self._domains: set[str] = set()
        self.elsewhere = Elsewhere()
        self.noes = noes
        self.tables: list[TableFacts] = []
        """Those that have names, which they have where there are several."""
        self._members = members
        self._blocked = blocked
        self.blocked_count = 0
        """Rows that are left out for it."""
        self.error_count = 0
        """Values that are sent empty, being a spreadsheet's errors."""
        self._found_blocked: set[str] = set()
        """The keys of those whom the file names and the service blocks, the first 50,000 of them."""
        self._room = room
        self._listing = listing
        self._seen = FirstSeen()
        self._first_data: set[int] = set()
        """Hashes of the first 50,000 addresses, each with its data for the template."""
        self._table: str | None = None

    def take(self, tables: Iterable[Table]) -> None:
        for table in tables:
            self._table = table.name
            if table.email_columns:
                self.facts = self.facts or table.facts
                self._listing.open_table(table)
            before = self._row_count
            try:
                for block in table.blocks:
                    self._take_block(block, table)
                    self._refuse_idle_rows()
                self.noes.end()
            finally:
                self.warnings += table.warnings()
                self._name(table, self._row_count - before)

    def _refuse_idle_rows(self) -> None:
        """Raises `SourceProblem` (`too_large`) for rows upon rows without an address."""
        idle = self.counts["empty"] + self.counts["rejected"]
        if idle > limits.IDLE_ROWS and idle * 2 > self._row_count:
            raise SourceProblem(
                "too_large",
                Said("file.idle", number=limits.IDLE_ROWS),
            )

    def _refuse_many_domains(self, addresses: Sequence[str]) -> None:
        """Raises `SourceProblem` (`too_large`) for more international domains than any list of people has."""
        if "xn--" in "".join(addresses):
            self._domains.update(address.rpartition("@")[2] for address in addresses if "xn--" in address)
        if len(self._domains) > limits.INTERNATIONAL_DOMAINS:
            raise SourceProblem("too_large", Said("file.domains", number=limits.INTERNATIONAL_DOMAINS))

    @property
    def _row_count(self) -> int:
        return self.counts.total() + len(self.addresses)

    def _name(self, table: Table, rows: int) -> None:
        """Keeps what the report says of one table among several."""
        if table.name and len(self.tables) < limits.LISTED_TABLES:
            facts = table.facts
            self.tables.append(TableFacts(table.name, rows, facts.format, facts.header, facts.email_column))

    def _take_block(self, block: RowBlock, table: Table) -> None:
        judged = _judge(block, table, self.elsewhere)
        self._refuse_many_domains(judged.good.addresses)
        good = self._without_noes(judged.good, table)
        if any(good.addresses):
            self.template.begin(table)
        data = self.template.data_of(good)
        good = replace(good, data=data.json)
        fresh, faults = self._fresh(good, data.faults)
        fit = max(0, self._room - len(self.addresses))
        self._plan(good.at(fresh[:fit]))
        if data.errors:
            self.error_count += sum(data.errors.get(index, 0) for index in fresh[:fit])
        self._leave_out(good.at(fresh[fit:]))
        others = {**judged.others, **faults}
        for index in sorted(others):
            self._reject(judged.good.lines[index], judged.good.rows[index], others[index])
        if not table.is_settled:
            self._refuse_other_lists(judged, table)

    def _refuse_other_lists(self, judged: _Judged, table: Table) -> None:
        """Raises `SourceProblem` (`ambiguous_column`) where a list with other columns begins among the rows."""
        without = [index for index, why in judged.others.items() if isinstance(why, Rejection | None)]
        if begins_another_list(judged.good.rows, without, table.email_columns):
            raise several_lists()

    def _without_noes(self, good: GoodRows, table: Table) -> GoodRows:
        """The rows without the addresses of people who want no mail, be it that another row says so."""
        said = self.noes.look(good, table)
        if not self.noes.is_known:
            return good
        known, left = keys(good.addresses), [*good.addresses]
        for index, key in enumerate(known):
            if key and self.noes.has(key) and (index in said or key not in self._seen):
                left[index] = ""
                self.counts["no_consent"] += 1
                why = said.get(index, Said("row.no_elsewhere"))
                self._listing.no_consent(good.lines[index], good.rows[index], why)
        return replace(good, addresses=left)

    def withdraw(self) -> None:
        """Takes out whom the file calls people who want no mail further on."""
        if not self.noes.is_known:
            return
        gone: dict[str, str] = {}
        kept = Addresses(with_data=self.addresses.data is not None)
        data = self.addresses.data.blocks() if self.addresses.data is not None else repeat([])
        for block, of_block in zip(self.addresses.blocks(), data, strict=False):
            left = {address: key for address, key in zip(block, keys(block), strict=True) if self.noes.has(key)}
            kept.add(
                [address for address in block if address not in left],
                [each for address, each in zip(block, of_block, strict=False) if address not in left],
            )
            gone |= left
        withdrawn = {*filter(self.noes.has, self._seen.exact)} - self._found_blocked - {*gone.values()}
        left_out = {key: self._seen.exact[key] for key in withdrawn}
        if gone or left_out:
            self.addresses = kept
            self.counts["no_consent"] += len(gone) + len(left_out)
            self.counts["over_capacity"] -= len(left_out)
            self._listing.withdraw(gone, left_out)

    def _fresh(self, good: GoodRows, unfit: Mapping[int, RowFault]) -> tuple[list[int], dict[int, RowFault]]:
        """Which addresses are seen for the first time and not in the group, and which of those have data that are not
        fit to be sent; the others are skipped."""
        seen, exact, further = self._seen, self._seen.exact, self._seen.further
        members, blocked, most = self._members, self._blocked, limits.GROUP_LIMIT + len(self._found_blocked)
        fresh: list[int] = []
        is_fresh = fresh.append
        faults: dict[int, RowFault] = {}
        for index, (key, line) in enumerate(zip(keys(good.addresses), good.lines, strict=True)):
            if key in exact or key in members or (further and seen.has_further(key)):
                self._skip(line, good.rows[index], key, good.data[index] if good.data else "")
            elif key and key in blocked:
                self._block(line, good.rows[index], key)
                most = limits.GROUP_LIMIT + len(self._found_blocked)
            elif key and index in unfit:
                faults[index] = unfit[index]
            elif key:
                is_fresh(index)
                if good.data and len(exact) < most:
                    self._first_data.add(hash((key, good.data[index])))
                seen.add(key, line, self._table, exactly=len(exact) < most)
        return fresh, faults

    def _skip(self, line: int, cells: Sequence[str], key: str, data: str) -> None:
        first = self._seen.place(key)
        if first is None:
            self.counts["already_in_group"] += 1
            if data and (said := self.template.said_of_member(key, data)):
                self._listing.already_in_group(line, cells, said)
            else:
                self._listing.already_in_group(line, cells)
        else:
            self.counts["duplicate"] += 1
            is_known = bool(data) and key in self._seen.exact and key not in self._found_blocked
            differs = is_known and hash((key, data)) not in self._first_data
            self._listing.duplicate(line, cells, *first, differs=differs)

    def _block(self, line: int, cells: Sequence[str], key: str) -> None:
        self.counts["no_consent"] += 1
        self.blocked_count += 1
        self._listing.blocked(line, cells)
        if len(self._found_blocked) < limits.GROUP_LIMIT:  # those past it are told of in each of their rows
            self._found_blocked.add(key)
            self._seen.add(key, line, self._table, exactly=True)

    def _plan(self, rows: GoodRows) -> None:
        if rows.lines:
            self.addresses.add(rows.addresses, rows.data)
            self._listing.planned(rows)

    def _leave_out(self, rows: GoodRows) -> None:
        if rows.lines:
            self.counts["over_capacity"] += len(rows.lines)
            self._listing.over_capacity(rows)

    def _reject(self, line: int, cells: Sequence[str], why: Rejection | RowFault | None) -> None:
        if why is None:
            self.counts["empty"] += 1
            return
        self.counts["rejected"] += 1
        self.reasons[why.reason] += 1
        self._listing.rejected(line, cells, why)


_Why = Rejection | RowFault | None
"""Why a row has no address that can be sent; `None` where nothing stands in its place."""


@dataclass(frozen=True, slots=True)
class _Judged:
    """The rows of a block, one for each address."""

    good: GoodRows
    """The others stand among them, with "" for an address."""
    others: Mapping[int, _Why]
    """By index into `good`."""


def _judge(block: RowBlock, table: Table, elsewhere: Elsewhere) -> _Judged:
    columns = table.email_columns
    cells = _address_cells(block.rows, columns)
    others = elsewhere.look(block, cells, table)
    for index in block.faults:
        cells[index] = ""
    checked = check(cells)
    whys: dict[int, _Why] = {}
    several: dict[int, Sequence[str | Rejection]] = {}
    for index, found in checked.others.items():
        match found:
            case ():
                whys[index] = block.faults.get(index) or others.get(index)
            case (Rejection() as why,):
                whys[index] = None if _are_headings(block, index, cells[index], table) else others.get(index, why)
            case _:
                several[index] = found
    judged = _Judged(GoodRows(block.lines, checked.addresses, block.rows), whys)
    return _unfolded(judged, several, columns) if several else judged


def _are_headings(block: RowBlock, index: int, cell: str, table: Table) -> bool:
    """Whether a row is the headings once more, as where files were put one below the other; not below a line of its
    own, which says that what follows is another list."""
    if not table.facts.header or _folded(cell) not in {_folded(table.columns[at]) for at in table.email_columns}:
        return False
    before = next((row for row in reversed(block.rows[:index]) if any(map(str.strip, row))), ())
    return at_signs("".join(block.rows[index])) == 0 and (not before or at_signs("".join(before)) > 0)


def _folded(text: str) -> str:
    return text.strip().casefold()


def _unfolded(judged: _Judged, several: Mapping[int, Sequence[str | Rejection]], columns: tuple[int, ...]) -> _Judged:
    """The same with so many rows in place of each that has several addresses."""
    good = judged.good
    lines: list[int] = []
    verdicts: list[str | _Why] = []
    rows: list[Sequence[str]] = []
    for index, (line, address, cells) in enumerate(zip(good.lines, good.addresses, good.rows, strict=True)):
        found = several.get(index, ())
        lines += [line] * (len(found) or 1)
        verdicts += found or [judged.others.get(index, address)]
        rows += [_with_only(one, cells, columns) for one in found] or [cells]
    addresses = [verdict if isinstance(verdict, str) else "" for verdict in verdicts]
    others = {index: verdict for index, verdict in enumerate(verdicts) if not isinstance(verdict, str)}
    return _Judged(GoodRows(lines, addresses, rows), others)


def _address_cells(rows: Sequence[Sequence[str]], columns: tuple[int, ...]) -> list[str]:
    if len(columns) == 1:
        column = columns[0]
        try:
            return [row[column] for row in rows]
        except IndexError:
            return [row[column] if len(row) > column else "" for row in rows]
    return preferred([_picked(row, columns) for row in rows])


def _picked(row: Sequence[str], columns: tuple[int, ...]) -> list[str]:
    return [row[column] for column in columns if column < len(row)]


def _with_only(one: str | Rejection, cells: Sequence[str], columns: tuple[int, ...]) -> list[str]:
    """The record with but one of the several addresses in its cell, and no other one that would be taken in its place,
    so that what is listed can be dropped again."""
    (taken,) = _address_cells([cells], columns)
    holder = next(column for column in columns if column < len(cells) and cells[column] == taken)
    others = {column for column in columns if column < holder or isinstance(one, Rejection)}
    alone = ["" if column in others else cell for column, cell in enumerate(cells)]
    alone[holder] = one.value if isinstance(one, Rejection) else one
    return alone


def _refusal(reading: _Reading, policy: Policy, label: Label) -> Refusal | None:
    counts = reading.counts
    rejected, filled = counts["rejected"], counts.total() - counts["empty"] + len(reading.addresses)
    if not filled:
        return Refusal("empty_file", Said("file.no_addresses"))
    if counts["no_consent"] == filled - rejected > 0:
        return _no_consent(reading.noes.name, label)
    if reading.elsewhere.strange > filled - rejected - counts["duplicate"]:
        return Refusal("ambiguous_column", Said("file.elsewhere", columns=most(reading.elsewhere.strange_places)))
    return (
        reading.template.missing
        or _invalid(rejected, filled, policy, reading.reasons["template_data"])
        or (reading.template.refusal() if len(reading.addresses) else None)
        or (_overflow(reading, policy) if policy.on_overflow != "fill" else None)
    )


def _invalid(rejected: int, filled: int, policy: Policy, of_data: int) -> Refusal | None:
    """`of_data` of the rejected rows have good addresses."""
    if rejected * 100 > policy.max_invalid_percent * filled:
        if of_data * 2 > rejected:
            return Refusal("template_data", Said("file.data_rejected", rejected=of_data, filled=filled))
        percent = policy.max_invalid_percent
        said = Said("file.too_many_invalid", rejected=rejected, filled=filled, percent=percent)
        return Refusal("too_many_invalid", said)
    if rejected and policy.on_invalid == "refuse":
        return Refusal("invalid_rows", Said("file.invalid_rows", rejected=rejected))
    return None


def _no_consent(name: str | None, label: Label) -> Refusal:
    """Nobody is left; `name` is the file's, where that says it."""
    if label.only:
        return Refusal("unreadable", Said("file.only_none"))
    return Refusal("no_consent", Said("file.named_no", name=name) if name else Said("file.no_consent"))


def _overflow(reading: _Reading, policy: Policy) -> Refusal | None:
    over, fit = reading.counts["over_capacity"], len(reading.addresses)
    if not over:
        return None
    if policy.on_overflow == "split" and not policy.is_continuation:
        return Refusal(
            "over_capacity", Said("file.over_series", new=fit + over, fit=fit, excess=over, groups=policy.max_groups)
        )
    code = "file.over_continuation" if policy.is_continuation else "file.over_capacity"
    return Refusal("over_capacity", Said(code, new=fit + over, fit=fit, excess=over, limit=limits.GROUP_LIMIT))
