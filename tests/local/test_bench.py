"""The benchmark does the same work with everybody, and its tables say what was measured."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from handler.limits import REQUESTS_PER_SECOND
from local.bench import __main__ as command
from local.bench import lists, processes
from local.bench.__main__ import CONDITIONS
from local.bench.account import REQUEST_SECONDS, Account
from local.bench.measurements import MEASURED
from local.bench.probes import plain_script
from local.bench.probes.read import CONTENDERS
from local.bench.processes import Measured, by_turns, measure
from local.bench.tables import Table, clock_time, megabytes, put_in, seconds, times
from local.bench.waits import SIMULATED, TINY
from local.bench.world import World
from local.cloud import Fault
from tests.stage import ROOT, Stage

PAGE = dict(
    re.findall(
        r"<!-- measured: (\w+) -->\n(.*?)<!-- end -->", (ROOT / "docs/speed.md").read_text(encoding="utf-8"), re.DOTALL
    )
)
PROBES = ROOT / "local/bench/probes"
CPYTHON = [sys.executable, "-c"]
ENVIRON = {"PYTHONPATH": str(ROOT)}
SAYS = "import json, time; print('a log line'); began = time.monotonic(); {}; " + (
    "from local.bench.probes.probe import tell; tell(began, time.monotonic(), 'done')"
)


def probe(work: str) -> Measured:
    return measure([*CPYTHON, SAYS.format(work)], ENVIRON)


def test_lists_are_what_they_are_said_to_be() -> None:
    """3 % of the rows are bad and 1 % repeat an earlier one, and every machine gets the same rows."""
    addresses = [row[lists.HEADINGS.index(lists.COLUMN)] for row in lists.rows(20_000)]
    assert addresses[:3] == ["li.jing0@foxmail.com", "chen.yong1@example.net", "zhang.yang2@163.com"]
    bad = sum(not re.fullmatch(r"[\w.]+@\w+(\.\w+)+", address) or ".." in address for address in addresses)
    assert 0.025 < bad / len(addresses) < 0.035
    addresses = [address for address in addresses if "@" in address]
    assert 0.008 < 1 - len(set(addresses)) / len(addresses) < 0.013


def test_everybody_does_the_same_work(tmp_path: Path) -> None:
    """The same rows hold an address, whoever reads it: else the times say nothing."""
    file = lists.written(tmp_path, 500)
    good, bad = CONTENDERS["usual"]()(file)
    assert good + bad == 500
    assert bad > 5
    assert CONTENDERS["ours"]()(file) == (good, bad)
    assert lists.written(tmp_path, 500) == file


def test_the_script_sends(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The script that whole imports are measured against puts every row's cell into the group, and has 40 lines."""
    for name, value in stage.environment().items():
        monkeypatch.setenv(name, value)
    event = stage.drop(lists.written(tmp_path, 300))
    plain_script.main_handler(event, None)
    assert len(stage.members()) == 300
    assert (PROBES / "plain_script.py").read_text(encoding="utf-8").count("\n") <= 40


def test_each_import_has_a_group_of_its_own(tmp_path: Path) -> None:
    """The events of two drops name two groups, and nothing of the first one is left."""
    file = tmp_path / "list.csv"
    file.write_text("email\nanna@example.com\n", encoding="utf-8")
    with World.open() as world:
        found = [json.loads(world.drop(file))["Records"][0]["cos"]["cosObject"]["key"] for _ in range(2)]
        assert [key.split("/")[-2] for key in found] == ["1001", "1002"]


def test_time_is_that_of_the_work() -> None:
    """What a process needs to start is told apart; the answer comes through behind any log."""
    found = probe("time.sleep(0.05)")
    assert 0.05 <= found.seconds < found.from_start
    assert found.answer == "done"


def test_peak_is_the_childs_own() -> None:
    """50 MB that a process held and gave back count; what the process that measures holds does not."""
    ballast = bytearray(200_000_000)
    little, much = probe("pass").peak, probe("bytearray(50_000_000)").peak
    assert 45e6 < much - little < 60e6
    assert little < len(ballast)


def test_a_contender_that_fails_ends_the_run() -> None:
    """No table is made of what did not work, and the message has what the process said."""
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        probe("1 / 0")


def test_turns() -> None:
    """In each round everybody has a turn, and the middle of the rounds counts."""
    order: list[str] = []
    times = {"one": iter([3.0, 1.0, 9.0]), "two": iter([5.0, 4.0, 6.0])}

    def run(name: str) -> processes.Measured:
        order.append(name)
        return Measured(next(times[name]), 0, 0)

    found = by_turns({"one": lambda: run("one"), "two": lambda: run("two")}, 3)
    assert order == ["one", "two"] * 3
    assert (found["one"].seconds, found["two"].seconds) == (3.0, 5.0)


def test_figures() -> None:
    """Three digits, whatever the size."""
    assert [seconds(each) for each in (0.1234, 12.34, 123.4, 7_944)] == ["0.12 s", "12.3 s", "123 s", "7,944 s"]
    assert [clock_time(each) for each in (59.94, 1_200, 9_000)] == ["59.9 s", "20 min", "2.5 h"]
    assert [megabytes(5.9e6), megabytes(51e6)] == ["5.9 MB", "51 MB"]
    assert [times(0.314), times(13.14), times(130.4)] == ["0.31 ×", "13.1 ×", "130 ×"]


def test_writing_replaces() -> None:
    """The tables that there are new figures of are replaced, and nothing around them."""
    table = Table("speed of", ("", "time"), [("**ours**", "1 s"), ("theirs", "2 s")])
    after = "<!-- end -->\n<!-- measured: two -->\nold\n<!-- end -->\nafter <!-- end -->\n"
    text = f"before\n<!-- measured: one -->\nold\n{after}"
    written = put_in(text, {"one": table.as_markdown()})
    assert written == (
        "before\n<!-- measured: one -->\n| speed of | time |\n| --- | ---: |\n| **ours** | 1 s |\n| theirs | 2 s |\n"
        f"{after}"
    )
    assert put_in(written, {"one": table.as_markdown()}) == written


def shape(text: str) -> str:
    """A text whose numbers do not matter."""
    return re.sub(r"\d[\d,.]*", "#", text)


def shapes(table: str) -> tuple[str, set[str]]:
    """The headings of a table as Markdown, and the names of its rows."""
    headings, _, *rows = table.splitlines()
    return shape(headings), {shape(row.split(" | ")[0]) for row in rows}


def test_the_page_is_that_of_the_bench() -> None:
    """It has every table, each of them whole."""
    assert PAGE.keys() == {*SIMULATED, *MEASURED, CONDITIONS}
    for name in {*PAGE} - {CONDITIONS}:
        heading, *rows = PAGE[name].splitlines()
        assert {row.count("|") for row in rows} == {heading.count("|")}


@pytest.mark.parametrize("name", SIMULATED)
def test_simulated_tables(name: str) -> None:
    """Each works on tiny numbers, and is the one that the page shows."""
    assert shapes(SIMULATED[name](TINY).as_markdown()) == shapes(PAGE[name])


def test_a_simulation_comes_to_the_same() -> None:
    """In every run, however the threads of its invocations are scheduled."""
    found = [SIMULATED["at_once"](TINY) for _ in range(2)]
    assert found[0] == found[1]


def test_the_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It shows what it is asked for, and writes that, what follows from it, and nothing else."""
    costs = tmp_path / "deploy.md"
    costs.write_text("<!-- measured: costs -->\n<!-- end -->\n", encoding="utf-8")
    monkeypatch.setattr(command, "COSTS", costs)
    monkeypatch.setattr(command, "costs", lambda page: f"{page.count('|')}\n")
    page = tmp_path / "speed.md"
    page.write_text(
        "".join(f"<!-- measured: {name} -->\n<!-- end -->\n" for name in ("large", "drops")), encoding="utf-8"
    )
    monkeypatch.setattr(command, "PAGE", page)
    monkeypatch.setattr(command, "Extent", lambda: TINY)
    assert command.main(["--only", "large", "--write"]) == 0
    assert "into an empty group" in capsys.readouterr().out
    large, drops = page.read_text(encoding="utf-8").split("<!-- measured: drops -->\n")
    assert large.count("|\n") == 6
    assert drops == "<!-- end -->\n"
    assert costs.read_text(encoding="utf-8") == "<!-- measured: costs -->\n24\n<!-- end -->\n"
    with pytest.raises(SystemExit):
        command.main(["--write", "--quick"])


def test_every_address_arrives_once() -> None:
    """However many files come at once, each address is in its group once, and each file has one report that stays."""
    with Account.open() as account:
        groups = [account.add_group(150) for _ in range(2)]
        for number in range(6):
            account.send(account.drop(groups[number % 2], 5))
        figures = account.run(sweeps=True)
        for group in groups:
            found = account.cloud.groups.contents(group)
            assert len(found) == len(set(found)) == 165
        assert len(account.waits) == 6
        assert account.unreported == 0
        assert figures.invocations >= 6
        assert figures.billed > max(account.waits.values()) > 1 + 10 * REQUEST_SECONDS
        assert account.cloud.problems == []


def test_what_raises_is_called_again() -> None:
    """A minute later, and twice; after that a sweep finds the file. Each call is billed."""
    with Account.open() as account:
        group = account.add_group(0)
        account.cloud.faults.script("ListReceivers", Fault.refuse("InternalError"), times=1_000)
        account.send(account.drop(group, 5))
        account.after(1_500, account.cloud.faults.clear)
        figures = account.run(sweeps=True)
        assert figures.raised >= 3
        assert account.waits.popitem()[1] > 1_500


def test_rates_are_those_of_the_account() -> None:
    """What all invocations call within a second is counted together, and what SES refuses for it."""
    with Account.open() as account:
        for _ in range(15):
            account.send(account.drop(account.add_group(300), 5))
        figures = account.run(sweeps=True)
        assert figures.peaks["ListReceiverDetails"] > REQUESTS_PER_SECOND
        assert figures.throttled["ListReceiverDetails"] > 0
        assert figures.requests["ses"] > 15 * 4
