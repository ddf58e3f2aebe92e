"""Small files as people have them, after public complaints about importers, and what each must come to.

`wanted.yml` says it: `planned`, exactly these addresses; `count`, so many; `refused`, with one of these codes;
`or_refused` and `or_rows` are right, too; `at_least`: further ones may be planned. An unknown word fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import yaml

from handler import limits
from handler.planning.decision import Decision, Policy, decide
from handler.planning.lists import RowFiles
from handler.reading import read
from handler.reading.tables import Hints
from handler.reporting.words import in_english

CASES = Path(__file__).parent / "cases"
WANTED: Mapping[str, Mapping[str, Any]] = yaml.safe_load((CASES / "wanted.yml").read_text(encoding="utf-8"))
WORDS = {"planned", "count", "refused", "or_refused", "or_rows", "rows", "at_least", "why"}
WORDS |= {"encoding", "delimiter", "email_column"}
NOT_YET = frozenset(
    """
    004-padded-columns.csv
    010-keila-status.csv
    011-ghost-members.csv
    016-backslash-quotes.csv
    017-space-after-comma.csv
    017b-space-after-comma-mixed.csv
    025-google-forms-long-heading.csv
    026-parent-student.csv
    027-manager-employee.csv
    028-buyer-attendee.csv
    029-referrer-and-login.csv
    030-woocommerce.csv
    085-mysql-box.txt
    086-sqlcmd-fixed.txt
    087b-single-quoted-comma-before.csv
    090-null-majority.csv
    091-placeholders.csv
    093-pasted-list.txt
    094-name-colon-address.txt
    095-name-space-address.txt
    096-name-paren-address.txt
    097-outlook-paste.txt
    097b-outlook-last-first.txt
    097e-headerless-several-columns.csv
    101-powershell-type.csv
    105-sendgrid-bounces.csv
    110-email-blank-rep-filled.csv
    117-short-gbk-names-only.txt
    118-cp932-halfwidth.csv
    119-big5-hkscs.csv
    121-cp850.csv
    130-tencent-form.csv
    133-foxmail.csv
    137-leading-apostrophe.csv
    171-row-of-addresses.csv
    charset-cp1250-row-lost.csv
    charset-cp866-rows-lost.csv
    charset-euc-jp-read-as-korean.csv
    charset-koi8-r-rows-lost.csv
    charset-macroman-row-lost.csv
    charset-pound-only.csv
    charset-stray-byte-in-note.csv
    csv-backslash-quote.csv
    csv-shifted-row-counts-as-empty.csv
    csv-space-after-multiline-quote.csv
    """.split()
)
"""Files that do not come to what they must."""


def decided(path: Path) -> Decision:
    """What becomes of a file."""
    with closing(RowFiles(in_english)) as rows:
        return decide(read(iter([path.read_bytes()]), Hints()), frozenset(), limits.GROUP_LIMIT, Policy(), rows)


def differences(found: Decision, wanted: Mapping[str, Any]) -> list[str]:
    """In which ways a file comes to something else."""
    code = found.refusal.code if found.refusal else None
    planned = [] if code else list(found.addresses)
    rows = asdict(found.counts)
    if code is not None and code in (*wanted.get("refused", ()), *wanted.get("or_refused", ())):
        return []
    if "or_rows" in wanted and all(rows[fate] == number for fate, number in wanted["or_rows"].items()):
        return []
    lines = []
    if "refused" in wanted:
        lines.append(f"{code}, and should be refused as {wanted['refused']}; {planned}")
    if "planned" in wanted:
        missing = [address for address in wanted["planned"] if address not in planned]
        others = [address for address in planned if address not in wanted["planned"]]
        if missing or (others and not wanted.get("at_least")):
            lines.append(f"{code}; missing {missing}, not wanted {others}")
    if wanted.get("count") is not None and len(planned) != wanted["count"]:
        lines.append(f"{code}; {len(planned)} and should be {wanted['count']}: {planned}")
    lines += [f"{rows[fate]} {fate}" for fate, number in wanted.get("rows", {}).items() if rows[fate] != number]
    facts = asdict(found.facts) if found.facts else {}
    for name in ("encoding", "delimiter", "email_column"):
        if name in wanted and facts.get(name) != wanted[name]:
            lines.append(f"{name} {facts.get(name)!r}")
    return lines


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.xfail(strict=True, reason="not yet")] if name in NOT_YET else [])
        for name in WANTED
    ],
)
def test_it_comes_to_what_it_must(name: str) -> None:
    """Neither more addresses nor fewer, and the refusal that says why."""
    assert set(WANTED[name]) <= WORDS
    assert differences(decided(CASES / name), WANTED[name]) == []


def test_every_file_is_wanted() -> None:
    """A file that nobody says anything about proves nothing."""
    assert {path.name for path in CASES.iterdir()} == {*WANTED, "wanted.yml"}
