"""The benchmark does the same work with everybody, and its tables say what was measured."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from pathlib import Path

import pytest

from local.bench import lists, processes
from local.bench.measurements import FORMATS
from local.bench.probes import plain_script
from local.bench.processes import Measured, by_turns, measure
from local.bench.tables import Table, megabytes, put_in, seconds, times
from local.bench.world import World
from tests.stage import ROOT, Stage

README = (ROOT / "README.md").read_text(encoding="utf-8")
PROBES = ROOT / "local/bench/probes"
KINDS = ["csv", *FORMATS]
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


def test_clean_lists_have_nothing_to_list() -> None:
    """Their rows are those of the others, but that each address is good, and there once."""
    clean, dirty = [[*lists.rows(5_000, clean=clean)] for clean in (True, False)]
    addresses = [row[lists.HEADINGS.index(lists.COLUMN)] for row in clean]
    assert all(re.fullmatch(r"[a-z]+\.[a-z]+\d+@[a-z0-9.]+", address) for address in addresses)
    assert len(set(addresses)) == len(addresses)
    assert [row[0] for row in clean] == [row[0] for row in dirty]


@pytest.mark.parametrize("kind", KINDS)
def test_everybody_does_the_same_work(kind: str, tmp_path: Path) -> None:
    """From every format the same rows hold an address, whoever reads it: else the times say nothing."""
    from local.bench.probes.read import CONTENDERS

    file = lists.written(tmp_path, kind, 500)
    good, bad = CONTENDERS["usual"](kind)(file)
    assert good + bad == 500
    assert bad > 5
    assert CONTENDERS["ours"](kind)(file) == CONTENDERS["decision"](kind)(file) == (good, bad)
    assert lists.written(tmp_path, kind, 500) == file


def test_junk_is_read_to_its_end(stage: Stage, tmp_path: Path) -> None:
    """What the memory is measured with is refused for its rows, so nobody stops early."""
    report = stage.run(lists.written(tmp_path, "junk", 1_000_000))
    assert report["reason"]["code"] == "too_many_invalid"
    assert report["rows"]["total"] > 3_000


def test_the_script_sends(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The script that whole imports are measured against puts every row's cell into the group, and has 40 lines."""
    for name, value in stage.environment().items():
        monkeypatch.setenv(name, value)
    event = stage.drop(lists.written(tmp_path, "csv", 300))
    plain_script.main_handler(event, None)
    assert len(stage.members()) == 300
    assert (PROBES / "plain_script.py").read_text(encoding="utf-8").count("\n") <= 40


def test_each_import_has_a_group_of_its_own(tmp_path: Path) -> None:
    """The events of two drops name two groups, and the requests of what came before are forgotten."""
    file = tmp_path / "list.csv"
    file.write_text("email\nanna@example.com\n", encoding="utf-8")
    with World.open() as world:
        keys = [json.loads(event)["Records"][0]["cos"]["cosObject"]["key"] for event in world.drop(file, file)]
        assert [key.split("/")[-2] for key in keys] == ["1001", "1002"]
        assert world.requests() == {"ses": Counter(), "cos": Counter()}


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
    assert [seconds(0.1234), seconds(12.34), seconds(123.4)] == ["0.12 s", "12.3 s", "123 s"]
    assert [megabytes(5.9e6), megabytes(51e6)] == ["5.9 MB", "51 MB"]
    assert [times(0.314), times(13.14), times(130.4)] == ["0.31 ×", "13.1 ×", "130 ×"]


def test_writing_replaces() -> None:
    """The README's tables are replaced, and nothing around them."""
    table = Table("speed of", ("", "time"), [("**ours**", "1 s"), ("theirs", "2 s")])
    text = "before\n<!-- measured: speed -->\nold\n<!-- end -->\nafter <!-- end -->\n"
    written = put_in(text, [table], "On a machine.")
    assert written == (
        "before\n<!-- measured: speed -->\n| speed of | time |\n| --- | ---: |\n| **ours** | 1 s |\n| theirs | 2 s |\n"
        "\nOn a machine.\n<!-- end -->\nafter <!-- end -->\n"
    )
    assert put_in(written, [table], "On a machine.") == written


def test_readme_tables_are_whole() -> None:
    """Every row of the README's measured tables has as many cells as its headings."""
    (block,) = re.findall(r"<!-- measured: speed -->\n(.*?)<!-- end -->", README, re.DOTALL)
    tables = [table.splitlines() for table in block.split("\n\n") if table.startswith("|")]
    for heading, *rows in tables:
        assert {row.count("|") for row in rows} == {heading.count("|")}
