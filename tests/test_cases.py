"""Small files as people have them, each with what must come of it: who is sent to, or why nobody is.

cases/wanted.yml says, of each file: `planned`, exactly these addresses (`at_least` these); `count`, so many; `refused`,
one of these codes; `or_refused` and `or_rows`, which are right as well; any other name is a fact of the file.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from handler.planning.decision import Decision, Policy, decide
from handler.planning.lists import RowFiles
from handler.reading import read
from handler.reading.tables import Hints
from handler.reporting.words import in_english

CASES = Path(__file__).parent / "cases"
WANTED: dict[str, dict[str, Any]] = yaml.safe_load((CASES / "wanted.yml").read_text(encoding="utf-8"))
NOT_FACTS = {"planned", "at_least", "count", "refused", "or_refused", "rows", "or_rows", "why"}
WARNED = {
    "066-hidden-rows.xlsx": "warning.hidden_rows",
    "167-json-two-emails.json": "warning.addresses_elsewhere",
}
"""What a file must be warned of."""

_LOCAL = re.compile(r"[a-z][\w.+-]*@", re.IGNORECASE)


@dataclass(frozen=True)
class Result:
    decision: Decision
    suggestions: list[str]


def result(name: str) -> Result:
    """What is decided about a file, as the function and a preview do it."""
    with closing(RowFiles(in_english)) as rows:
        decision = decide(read(iter([(CASES / name).read_bytes()]), Hints()), set(), 50_000, Policy(), rows)
        return Result(decision, [*_suggestions(rows)])


def _suggestions(rows: RowFiles) -> Iterator[str]:
    if "rejected" in rows.files:
        lines = b"".join(rows.files["rejected"].chunks()).decode("utf-8-sig").splitlines(keepends=True)
        at = next(iter(csv.reader(lines))).index("suggestion")
        yield from (row[at] for row in [*csv.reader(lines)][1:] if row[at])


def test_every_case_has_its_expectation() -> None:
    """No file without one, and none for a file that is not there."""
    files = {path.name for path in CASES.iterdir()} - {"wanted.yml", ".gitattributes"}
    assert files == WANTED.keys()


@pytest.mark.parametrize("name", sorted(WANTED))
def test_a_file_comes_to_what_it_must(name: str) -> None:
    """The addresses, or their number, or the refusal, and what is detected in the file; whatever is suggested for a row
    is an address with nothing glued to it."""
    wanted, found = WANTED[name], result(name)
    assert not [suggestion for suggestion in found.suggestions if not _LOCAL.match(suggestion)]
    decision = found.decision
    code = decision.refusal.code if decision.refusal else None
    allowed = [*wanted.get("refused", ()), *wanted.get("or_refused", ())]
    if code or "refused" in wanted:
        assert code in allowed
        return
    addresses = sorted(decision.addresses)
    counts = asdict(decision.counts)
    is_right = True
    if "planned" in wanted:
        planned = sorted(wanted["planned"])
        is_right = addresses == planned or (bool(wanted.get("at_least")) and {*planned} <= {*addresses})
    if wanted.get("count") is not None:
        is_right = is_right and len(addresses) == wanted["count"]
    if not is_right and "or_rows" in wanted:
        is_right = {*addresses} <= {*wanted["planned"]} and wanted["or_rows"].items() <= counts.items()
        assert {*wanted["planned"]} == {*addresses, *found.suggestions}
    assert is_right, (addresses, counts, found.suggestions)
    assert wanted.get("rows", {}).items() <= counts.items()
    facts = asdict(decision.facts) if decision.facts else {}
    detected = {fact: facts[fact] for fact in wanted.keys() - NOT_FACTS}
    assert detected == {fact: wanted[fact] for fact in detected}
    if name in WARNED:
        assert WARNED[name] in [warning.code for warning in decision.warnings]
