"""Files as the programs of this world write them: who is sent to, and what becomes of the other rows.

Each stands in samples/ byte for byte, and samples.yml says what must come out of it.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import yaml

from handler.planning.decision import Policy, decide
from handler.reading import read
from handler.reading.tables import Hints
from tests.handler.planning.test_decision import Listing

SAMPLES = Path(__file__).parent / "samples"
CASES: list[dict[str, Any]] = yaml.safe_load((SAMPLES / "samples.yml").read_text(encoding="utf-8"))
KEYS = {"file", "shows", "facts", "sent", "rejected", "skipped", "empty", "tables"}


def test_every_sample_has_its_expectation() -> None:
    """And more than 25 of them there are."""
    files = {path.name for path in SAMPLES.iterdir()} - {"samples.yml", ".gitattributes"}
    assert sorted(case["file"] for case in CASES) == sorted(files)
    assert len(files) > 25


@pytest.mark.parametrize("size", [1, 1_000_000])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["file"])
def test_a_file_from_the_field_is_read_as_it_was_meant(case: dict[str, Any], size: int) -> None:
    """What was detected, each address that is sent with its line, each row that is not with the reason; whole and byte
    by byte."""
    assert case.keys() <= KEYS
    data = (SAMPLES / case["file"]).read_bytes()
    listing = Listing()
    chunks = (data[at : at + size] for at in range(0, len(data), size))
    decision = decide(read(chunks, Hints()), set(), 1_000, Policy(max_invalid_percent=100), listing)
    assert decision.refusal is None
    assert decision.facts
    facts = dataclasses.asdict(decision.facts)
    assert {name: facts[name] for name in case["facts"]} == case["facts"]
    assert [table["name"] for table in facts["tables"]] == case.get("tables", [])
    planned = [[line, what.removeprefix("planned ")] for line, what, _ in listing.files["planned"]]
    assert planned == case["sent"]
    assert {line: reason for line, reason, _ in listing.files["rejected"]} == case.get("rejected", {})
    assert {line: what for line, what, _ in listing.files["skipped"]} == case.get("skipped", {})
    assert decision.counts.empty == case.get("empty", 0)
