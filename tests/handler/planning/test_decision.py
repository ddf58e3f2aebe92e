"""What is decided about every row of a file, before anything is sent."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handler import limits
from handler.errors import SourceProblem
from handler.judging.verdicts import Rejection
from handler.planning.addresses import Addresses
from handler.planning.decision import Decision, Policy, decide, in_batches
from handler.planning.plan import GoodRows, Refusal
from handler.reading.tables import FileFacts, RowBlock, RowFault, Table
from handler.reporting.words import in_english
from handler.said import Said
from local.cloud.ses_api import BODY_BYTES

FACTS = FileFacts("csv", None, "utf-8", ",", header=True, email_column="email")


@dataclass
class Listing:
    """Keeps what it is told."""

    files: dict[str, list[tuple[int, str, Sequence[str]]]] = field(default_factory=lambda: defaultdict(list))
    """Line, what was said of it, and its cells, by where they are listed: each in the order of the file."""
    tables: list[Table] = field(default_factory=list)

    @property
    def rows(self) -> list[tuple[int, str]]:
        """Lines and what was said of them, in the order of the file."""
        return sorted((line, what) for file in self.files.values() for line, what, _ in file)

    def open_table(self, table: Table) -> None:
        self.tables.append(table)

    def planned(self, rows: GoodRows) -> None:
        for line, address, cells in zip(rows.lines, rows.addresses, rows.rows, strict=True):
            self.files["planned"].append((line, f"planned {address}", cells))

    def rejected(self, line: int, cells: Sequence[str], why: Rejection | RowFault) -> None:
        self.files["rejected"].append((line, why.reason, cells))

    def duplicate(
        self, line: int, cells: Sequence[str], first_line: int, first_table: str | None, *, differs: bool = False
    ) -> None:
        place = f"{first_line} of {first_table}" if first_table else str(first_line)
        place += " with other data" if differs else ""
        self.files["skipped"].append((line, f"duplicate of {place}", cells))

    def already_in_group(self, line: int, cells: Sequence[str], said: Said | None = None) -> None:
        what = f"already_in_group: {said.code}" if said else "already_in_group"
        self.files["skipped"].append((line, what, cells))

    def over_capacity(self, rows: GoodRows) -> None:
        for line, cells in zip(rows.lines, rows.rows, strict=True):
            self.files["remaining"].append((line, "over_capacity", cells))

    def no_consent(self, line: int, cells: Sequence[str], said: Said) -> None:
        self.files["skipped"].append((line, said.code, cells))

    def blocked(self, line: int, cells: Sequence[str]) -> None:
        self.files["skipped"].append((line, "blocked", cells))

    def withdraw(self, addresses: Collection[str], left_out: Mapping[str, int]) -> None:
        assert not left_out
        planned = self.files.pop("planned")
        gone = {f"planned {address}" for address in addresses}
        self.files["planned"] = [row for row in planned if row[1] not in gone]
        self.files["skipped"] += [(line, "row.no_elsewhere", cells) for line, what, cells in planned if what in gone]


def table(rows: Sequence[Sequence[str]], columns: tuple[int, ...] = (0,), at_once: int = 1_000) -> Table:
    """A table whose rows begin in line 2."""

    def blocks() -> Iterator[RowBlock]:
        for start in range(0, len(rows), at_once):
            part = rows[start : start + at_once]
            yield RowBlock(range(start + 2, start + 2 + len(part)), part)

    width = max(map(len, rows), default=1)
    return Table(FACTS, tuple(f"column {number}" for number in range(width)), columns, blocks())


def decided(
    *cells: str, members: Iterable[str] = (), room: int = 100, **policy: object
) -> tuple[Decision, list[tuple[int, str]]]:
    """The decision about a file of one column, and what was listed."""
    listing = Listing()
    decision = decide([table([[cell] for cell in cells])], set(members), room, Policy(**policy), listing)  # type: ignore[arg-type]
    return decision, listing.rows


def nonzero(decision: Decision) -> dict[str, int]:
    return {fate: count for fate, count in asdict(decision.counts).items() if count}


def test_each_row_has_its_fate() -> None:
    """The first of the doubles is sent, in the order of the file; doubles are told without regard to case."""
    decision, listed = decided(
        "a@example.com",
        " A@EXAMPLE.com ",
        "",
        "b@example.com",
        "nobody",
        "member@example.com",
        members=["member@example.com"],
    )
    assert tuple(decision.addresses) == ("a@example.com", "b@example.com")
    assert listed == [
        (2, "planned a@example.com"),
        (3, "duplicate of 2"),
        (5, "planned b@example.com"),
        (6, "missing_at"),
        (7, "already_in_group"),
    ]
    assert nonzero(decision) == {"not_attempted": 2, "duplicate": 1, "empty": 1, "rejected": 1, "already_in_group": 1}
    assert (decision.rejected_by_reason, decision.refusal, decision.facts) == ({"missing_at": 1}, None, FACTS)


def test_tables_with_names_are_told_apart() -> None:
    """Each is named with its rows, the one without a list, too, and one whose end could not be read; a double says in
    which of them the first one stands."""

    def breaking() -> Iterator[RowBlock]:
        yield RowBlock([2], [["b@example.com"]])
        raise SourceProblem("damaged", Said("file.record_open"))

    listing = Listing()
    tables = [
        Table(replace(FACTS, header=False, email_column=None), (), (), iter(()), "Notes"),
        replace(table([["a@example.com"], [""], ["x@y.org; z@y.org"]]), name="March"),
        replace(table([["new@example.com"], ["A@example.com"]]), name="April"),
        replace(table([]), blocks=breaking(), name="May"),
    ]
    decision = decide(tables, set(), 10, Policy(), listing)
    assert decision.facts
    assert [(one.name, one.rows, one.header, one.email_column) for one in decision.facts.tables] == [
        ("Notes", 0, False, None),
        ("March", 4, True, "email"),
        ("April", 2, True, "email"),
        ("May", 1, True, "email"),
    ]
    assert replace(decision.facts, tables=()) == FACTS
    assert (3, "duplicate of 2 of March") in listing.rows
    assert len(listing.tables) == 3


def test_there_is_one_warning_of_each_kind() -> None:
    """Whatever the number of tables that have something to tell: the numbers add up, the first names are named."""

    def told(at: int) -> Sequence[Said]:
        left_out = Said("warning.members_left_out", number=1, names=(f"n{at // 2}",))
        return Said("warning.hidden_rows", number=at), left_out

    tables = [replace(table([["a@example.com"]]), warnings=partial(told, at)) for at in range(30)]
    decision = decide(tables, set(), 10, Policy(), Listing())
    assert [(said.code, said.fields["number"]) for said in decision.warnings] == [
        ("warning.hidden_rows", 435),
        ("warning.members_left_out", 30),
    ]
    assert decision.warnings[1].fields["names"] == tuple(f"n{at}" for at in range(10))


def test_few_of_many_tables_are_named() -> None:
    """The report stays small; every row is counted."""
    many = [replace(table([[f"a{number}@example.com"]]), name=str(number)) for number in range(300)]
    decision = decide(many, set(), 1_000, Policy(), Listing())
    assert decision.facts
    assert len(decision.facts.tables) == limits.LISTED_TABLES
    assert decision.counts.not_attempted == 300


def test_a_cell_with_several_addresses_is_several_rows() -> None:
    """Each has its own fate and is listed with but itself in the cell, so that it can be dropped again alone."""
    listing = Listing()
    rows = [["Ann", "a@example.com; nobody@; a@EXAMPLE.com, b@example.com", "x"]]
    decision = decide([table(rows, columns=(1,))], set(), 10, Policy(), listing)
    assert tuple(decision.addresses) == ("a@example.com", "b@example.com")
    assert nonzero(decision) == {"not_attempted": 2, "duplicate": 1, "rejected": 1}
    assert listing.files == {
        "planned": [
            (2, "planned a@example.com", ["Ann", "a@example.com", "x"]),
            (2, "planned b@example.com", ["Ann", "b@example.com", "x"]),
        ],
        "rejected": [(2, "domain", ["Ann", "nobody@", "x"])],
        "skipped": [(2, "duplicate of 2", ["Ann", "a@example.com", "x"])],
    }


def test_the_first_address_column_that_has_an_address_counts() -> None:
    """A row is one person, whatever else the later columns hold; a short row has what it has."""
    listing = Listing()
    rows = [["a@example.com", "x", "b@example.com"], ["  ", "x", "c@example.com"], ["", "x"], []]
    rows += [["none", "x", "d@example.com"], ["ask", "x", "none"], ["ask", "x"], ["b@", "x", "e@x.org; f@x.org"]]
    decision = decide([table(rows, columns=(0, 2))], set(), 10, Policy(), listing)
    assert tuple(decision.addresses) == ("a@example.com", "c@example.com", "d@example.com", "e@x.org", "f@x.org")
    assert nonzero(decision) == {"not_attempted": 5, "empty": 2, "rejected": 2}
    assert [cells for *_, cells in listing.files["rejected"]] == [["ask", "x", "none"], ["ask", "x"]]
    assert [cells for *_, cells in listing.files["planned"][-2:]] == [["", "x", "e@x.org"], ["", "x", "f@x.org"]]


def test_rows_shorter_than_the_address_column_are_empty() -> None:
    """They hold no address, and cost no other row its own."""
    decision = decide([table([["x", "a@example.com"], ["x"], []], columns=(1,))], set(), 10, Policy(), Listing())
    assert nonzero(decision) == {"not_attempted": 1, "empty": 2}


def test_a_row_that_could_not_be_read_is_rejected_as_the_reader_says() -> None:
    """Even where an address could be saved of it: what else it holds is not known."""
    fault = RowFault("malformed_row", Said("row.open_quote"))
    block = RowBlock([2, 3], [["a@example.com"], ["b@example.com"]], {0: fault})
    listing = Listing()
    decision = decide([Table(FACTS, ("email",), (0,), iter([block]))], set(), 10, Policy(), listing)
    assert listing.rows == [(2, "malformed_row"), (3, "planned b@example.com")]
    assert decision.rejected_by_reason == {"malformed_row": 1}


def test_several_tables_are_one_list() -> None:
    """Doubles are told across them, each table has its own address column, and the first one's facts are reported."""
    listing = Listing()
    second = table([["x", "A@example.com"], ["x", "b@example.com"]], columns=(1,))
    decision = decide([table([["a@example.com"]]), second], set(), 10, Policy(), listing)
    assert tuple(decision.addresses) == ("a@example.com", "b@example.com")
    assert len(listing.tables) == 2
    assert nonzero(decision) == {"not_attempted": 2, "duplicate": 1}


ROOM = [f"user{number}@example.com" for number in range(4)]


def test_exactly_what_there_is_room_for_fits() -> None:
    """Members do not take up room again, and neither do doubles."""
    decision, _ = decided(*ROOM, *ROOM, "member@example.com", members=["member@example.com"], room=4)
    assert (decision.refusal, tuple(decision.addresses)) == (None, tuple(ROOM))


def test_one_too_many_and_nothing_is_sent() -> None:
    """The message says how many there are, how many fit and how many must go."""
    decision, listed = decided(*ROOM, room=3)
    assert decision.refusal is not None
    assert decision.refusal.code == "over_capacity"
    assert in_english(decision.refusal.said) == (
        "The file has 4 new addresses and the group has room for 3: remove 1 of them, or drop the rest into another "
        "group's folder; a group holds at most 50,000. With ON_OVERFLOW=split the list goes into several groups."
    )
    assert listed[-1] == (5, "over_capacity")
    assert nonzero(decision) == {"not_attempted": 3, "over_capacity": 1}


def test_the_room_is_filled_where_the_deployer_says_so() -> None:
    """The first that fit, in the order of the file; doubles of those that do not fit are still doubles."""
    decision, listed = decided(*ROOM, ROOM[3], room=3, on_overflow="fill")
    assert (decision.refusal, tuple(decision.addresses)) == (None, tuple(ROOM[:3]))
    assert listed[3:] == [(5, "over_capacity"), (6, "duplicate of 5")]


def test_a_full_group_takes_nothing() -> None:
    """Refused, or, filled to the brim, nothing to send: both say so in the counts."""
    refused, _ = decided(*ROOM, room=0)
    filled, _ = decided(*ROOM, room=0, on_overflow="fill")
    assert refused.refusal
    assert "room for 0" in in_english(refused.refusal.said)
    assert (filled.refusal, tuple(filled.addresses), nonzero(filled)) == (None, (), {"over_capacity": 4})


@pytest.mark.parametrize(("different", "doubles"), [(3, 3), (0, 1)], ids=["all", "the first ones"])
def test_doubles_are_told(monkeypatch: pytest.MonkeyPatch, different: int, doubles: int) -> None:
    """Also of rows that do not fit, past all that a group takes; not past all that any series takes, where memory would
    not stay bounded."""
    monkeypatch.setattr(limits, "GROUP_LIMIT", 3)
    monkeypatch.setattr(limits, "DIFFERENT_ADDRESSES", different)
    decision, rows = decided(*ROOM, ROOM[0], ROOM[3], ROOM[3].upper(), room=2, on_overflow="fill")
    assert nonzero(decision) == {"not_attempted": 2, "over_capacity": 5 - doubles, "duplicate": doubles}
    assert [what for _, what in rows[4:]][:1] == ["duplicate of 2"]
    assert [what for _, what in rows[5:]] == ["duplicate of 5" if different else "over_capacity"] * 2


@pytest.mark.parametrize(("new", "refused"), [(6, False), (7, True)])
def test_a_list_for_more_than_a_series_is_refused(new: int, refused: bool) -> None:
    """`room` is that of all of its groups."""
    decision, _ = decided(
        *[f"a{number}@example.com" for number in range(new)], room=6, on_overflow="split", max_groups=2
    )
    said = Said("file.over_series", new=7, fit=6, excess=1, groups=2)
    assert decision.refusal == (Refusal("over_capacity", said) if refused else None)


def test_batches_are_cut_group_by_group(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first one is filled first; one without room takes none."""
    monkeypatch.setattr(limits, "BATCH_SIZE", 20)
    batches = in_batches(Addresses(["a@b.cd"] * 100), dict(enumerate([45, 0, 30, 50, 50])))
    assert [(batch.share, batch.size) for batch in batches] == [
        (0, 20),
        (0, 20),
        (0, 5),
        (2, 20),
        (2, 10),
        (3, 20),
        (3, 5),
    ]
    assert [index for batch in batches for index in batch.indices] == list(range(100))


@pytest.mark.parametrize(("percent", "refused"), [(50, False), (49.9, True), (50.1, False), (100, False), (0, True)])
def test_the_share_of_bad_rows_may_reach_the_limit_and_not_pass_it(percent: float, refused: bool) -> None:
    """Two of four are 50 %; empty rows count neither way."""
    decision, _ = decided("a@example.com", "b@example.com", "x", "y", "", "", max_invalid_percent=percent)
    assert (decision.refusal is not None) == refused
    if decision.refusal:
        assert decision.refusal.code == "too_many_invalid"
        assert in_english(decision.refusal.said) == (
            f"2 of 4 rows hold no good address, more than {percent:g} %: check that it is the right file and that the "
            "address column was found; rejected.csv has the rows."
        )


def test_no_bad_row_is_allowed_where_the_deployer_says_so() -> None:
    """ON_INVALID=refuse: one bad row and nothing is sent; none, and all is."""
    refused, _ = decided("a@example.com", "x", on_invalid="refuse")
    accepted, _ = decided("a@example.com", "", on_invalid="refuse")
    assert refused.refusal
    assert refused.refusal.code == "invalid_rows"
    assert in_english(refused.refusal.said) == (
        "Rows without a good address: 1, and this importer is set to send nothing then. Correct or remove the rows "
        "listed in rejected.csv and drop the file again."
    )
    assert accepted.refusal is None


@pytest.mark.parametrize("cells", [(), ("",), (" ", "\u200b", "\ufeff")])
def test_a_file_without_an_address_is_refused(cells: tuple[str, ...]) -> None:
    """Its rows are counted as empty."""
    decision, _ = decided(*cells)
    assert decision.refusal
    assert decision.refusal.code == "empty_file"
    assert decision.counts.empty == len(cells)


@pytest.mark.parametrize("idle", ["", "nobody"])
def test_rows_without_addresses_are_not_read_without_end(idle: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blank or bad, and as many as no list has: given up. Where as many rows are good, they are read to their end."""
    monkeypatch.setattr(limits, "IDLE_ROWS", 1_500)
    some = ["anna@example.com"] * 10
    few, _ = decided(*some, *[idle] * 1_500)
    many, _ = decided(*some, *[idle] * 4_000)
    beside_good_ones, _ = decided(*["anna@example.com", idle] * 2_000, max_invalid_percent=100)
    assert few.refusal is None or few.refusal.code == "too_many_invalid"
    assert many.refusal
    assert many.refusal.code == "too_large"
    assert "1,500 rows" in in_english(many.refusal.said)
    assert sum(nonzero(many).values()) == 2_000
    assert (beside_good_ones.refusal, sum(nonzero(beside_good_ones).values())) == (None, 4_000)


def test_a_file_of_members_and_doubles_alone_is_fine() -> None:
    """Nothing to send is no fault."""
    decision, _ = decided("a@example.com", "A@example.com", members=["a@example.com"])
    assert (decision.refusal, tuple(decision.addresses)) == (None, ())
    assert nonzero(decision) == {"already_in_group": 2}


def test_a_file_that_cannot_be_read_to_its_end_is_refused_with_its_rows_accounted_for() -> None:
    """What was read of it is in the counts, and nothing may be sent."""

    def breaking() -> Iterator[RowBlock]:
        yield RowBlock([2, 3], [["a@example.com"], ["x"]])
        raise SourceProblem("damaged", Said("file.record_open"))

    decision = decide([Table(FACTS, ("email",), (0,), breaking())], set(), 10, Policy(), Listing())
    assert decision.refusal
    assert decision.refusal == Refusal("damaged", Said("file.record_open"))
    assert nonzero(decision) == {"not_attempted": 1, "rejected": 1}


def test_a_file_that_is_no_table_has_no_facts() -> None:
    """Refused before the first row."""

    class Broken:
        def __iter__(self) -> Iterator[Table]:
            raise SourceProblem("unreadable", Said("file.binary"))

    decision = decide(Broken(), set(), 10, Policy(), Listing())
    assert (decision.facts, decision.counts.not_attempted) == (None, 0)
    assert decision.refusal


@pytest.mark.parametrize(
    ("count", "sizes"),
    [
        (0, []),
        (1, [1]),
        (19_999, [19_999]),
        (20_000, [20_000]),
        (20_001, [20_000, 1]),
        (50_000, [20_000, 20_000, 10_000]),
    ],
)
def test_batches_are_as_few_as_the_service_allows(count: int, sizes: list[int]) -> None:
    """They cover every address once, in order."""
    batches = in_batches(Addresses(["a@b.cd"] * count), {0: count})
    assert [batch.size for batch in batches] == sizes
    assert [index for batch in batches for index in batch.indices] == list(range(count))
    assert [batch.number for batch in batches] == list(range(1, len(sizes) + 1))


@pytest.mark.parametrize("sign", ["x", "\u540d", "\U0001f600", '"', "\n"])
def test_batches_are_as_large_as_a_request_may_be(sign: str) -> None:
    """As the SDK writes it, with all escapes: none is longer than 10 MB, and one recipient more would be too much."""
    data = json.dumps({"name": sign * 100}, ensure_ascii=False)
    size = len(json.dumps({"Email": "a@b.cd", "TemplateData": data})) + 2
    count = 2 * limits.BODY_BYTES // size + 1_000
    addresses = Addresses(with_data=True)
    addresses.add(["a@b.cd"] * count, [data] * count)
    batches = in_batches(addresses, {0: count})
    most = min(limits.BODY_BYTES // size, limits.BATCH_SIZE)
    assert {batch.size for batch in batches[:-1]} == {most}
    assert [index for batch in batches for index in batch.indices] == list(range(count))
    written = len(json.dumps({"ReceiverId": 2**63, "Datas": [{"Email": "a@b.cd", "TemplateData": data}] * most}))
    assert written < BODY_BYTES


CELLS = st.sampled_from(
    [
        "a@example.com",
        "A@Example.com",
        "b@example.com",
        "c@example.com; d@example.com",
        "member@example.com",
        "MEMBER@example.com ",
        "nobody",
        "x@",
        "",
        "  ",
        "e@example.com,, ,x@,f@example.com",
    ]
)


BLOCKED = {"gone@example.com", "late@example.com"}


def kept_from(*cells: str, members: Iterable[str] = (), room: int = 100) -> tuple[Decision, list[str]]:
    """The decision about a file of one column with the service's black list, and what was listed of each row."""
    listing = Listing()
    tables = [table([[cell] for cell in cells])]
    decision = decide(tables, set(members), room, Policy(on_no_consent="send"), listing, blocked=BLOCKED)
    assert sum(asdict(decision.counts).values()) == len(cells)
    return decision, [what for _, what in listing.rows]


def test_whom_the_service_blocks_is_left_out() -> None:
    """Whatever the case; counted with those who want no mail, listed by its own name, and told of. What the deployer
    says of those who want no mail has no say in it."""
    decision, rows = kept_from("a@example.com", "Gone@Example.com", "", "late@example.com")
    assert rows == ["planned a@example.com", "blocked", "blocked"]
    assert (tuple(decision.addresses), decision.counts.no_consent) == (("a@example.com",), 2)
    assert decision.warnings == (Said("warning.blocked", number=2),)
    assert decision.refusal is None


def test_a_member_stays_a_member_and_a_duplicate_a_duplicate() -> None:
    """Also where the service blocks them: only the first row of somebody new is blocked."""
    decision, rows = kept_from(
        "gone@example.com", "late@example.com", "LATE@example.com", "b@example.com", members=["gone@example.com"]
    )
    assert rows == ["already_in_group", "blocked", "duplicate of 3", "planned b@example.com"]
    assert (decision.counts.already_in_group, decision.counts.duplicate, decision.counts.no_consent) == (1, 1, 1)


def test_they_take_no_room() -> None:
    """In the group, nor among the addresses by which duplicates are told."""
    decision, rows = kept_from("gone@example.com", "a@example.com", "late@example.com", "a@example.com", room=1)
    assert rows == ["blocked", "planned a@example.com", "blocked", "duplicate of 3"]
    assert decision.refusal is None


def test_more_of_them_than_a_group_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory holds no more of them, and those that are sent are still told apart."""
    monkeypatch.setattr(limits, "GROUP_LIMIT", 1)
    _, rows = kept_from(
        "gone@example.com", "late@example.com", "late@example.com", "gone@example.com", *["a@b.com"] * 2
    )
    assert rows == ["blocked", "blocked", "blocked", "duplicate of 2", "planned a@b.com", "duplicate of 6"]


def test_a_list_of_nobody_else_is_refused() -> None:
    """As one of people who want no mail is."""
    decision, _ = kept_from("gone@example.com", "late@example.com", "no address")
    assert decision.refusal == Refusal("no_consent", Said("file.no_consent"))


def test_a_list_with_nobody_on_it_says_nothing() -> None:
    assert kept_from("a@example.com", "b@example.com")[0].warnings == ()


@given(
    st.lists(st.lists(CELLS, max_size=3), max_size=30),
    st.integers(0, 6),
    st.sampled_from(["refuse", "fill"]),
    st.integers(1, 7),
    st.sampled_from([(0,), (1,), (0, 1)]),
    st.sampled_from([(), ("a@example.com",)]),
)
def test_the_rows_always_add_up(
    rows: list[list[str]],
    room: int,
    on_overflow: str,
    at_once: int,
    columns: tuple[int, ...],
    blocked: tuple[str, ...],
) -> None:
    """Every row and every address of a cell has one fate, whatever the blocks; what is sent is new, once and fits."""
    listing = Listing()
    policy = Policy(on_overflow=on_overflow)  # type: ignore[arg-type]
    decision = decide([table(rows, columns, at_once)], {"member@example.com"}, room, policy, listing, blocked=blocked)
    fates = Counter(what.split()[0] for _, what in listing.rows)
    counts = decision.counts
    assert fates["planned"] == counts.not_attempted == len(decision.addresses) <= room
    assert (fates["duplicate"], fates["already_in_group"]) == (counts.duplicate, counts.already_in_group)
    assert fates["over_capacity"] == counts.over_capacity
    assert sum(decision.rejected_by_reason.values()) == counts.rejected
    assert sum(asdict(counts).values()) == len(listing.rows) + counts.empty >= len(rows)
    assert fates["blocked"] == counts.no_consent
    lowered = [address.lower() for address in decision.addresses]
    assert len({*lowered, "member@example.com", *blocked}) == len(lowered) + 1 + len(blocked)
    row_by_row = Listing()
    again = decide([table(rows, columns, 1)], {"member@example.com"}, room, policy, row_by_row, blocked=blocked)
    assert [*again.addresses] == [*decision.addresses]
    assert replace(again, addresses=decision.addresses) == decision
    assert row_by_row.files == listing.files


def test_more_international_domains_than_any_list_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of them costs a thousand times what another one costs to judge; many addresses at few of them are fine."""
    monkeypatch.setattr(limits, "INTERNATIONAL_DOMAINS", 20)
    few, _ = decided(*[f"user{number}@bücher{number % 20}.example" for number in range(3_000)])
    many, _ = decided(*[f"user@bücher{number}.example" for number in range(3_000)])
    assert few.refusal is None or few.refusal.code == "over_capacity"
    assert many.refusal
    assert (many.refusal.code, many.refusal.said.code) == ("too_large", "file.domains")
