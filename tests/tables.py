"""Generated tables: the column of the rows' own addresses among those of other people, shuffled, blanked, sorted.

`python -m tests.tables` tries many: either exactly the right addresses are planned, or the file is refused or warned
of.
"""

from __future__ import annotations

import argparse
import csv
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from io import StringIO

from handler.planning.decision import Decision, Policy, decide
from handler.reading import read
from handler.reading.tables import Hints
from tests.handler.planning.test_decision import Listing

OWN = (
    *("Email", "E-mail", "email_address", "Your email", "Work Email", "Employee Email", "Attendee Email", "邮箱"),
    *("您的邮箱（必填）", "Student Email", "Billing email", "Correo electrónico", "Please enter the email to send to"),
)
OTHERS = (
    *("Manager Email", "Owner", "Account manager", "Referrer E-mail", "Sales rep email", "Buyer Email", "推荐人邮箱"),
    *("上级邮箱", "Friend's email", "Assigned to", "Emergency contact email", "Created by", "Notes", "Spouse email"),
)
FILLING = {
    "Name": "Ada {}",
    "城市": "上海市浦东新区",
    "City": "Rome",
    "Email status": "ok",
    "Id": "{}",
    "Newsletter email sent": "yes",
}
BLANKS = ("", "", "", "n/a", "NULL", "-", "无")


@dataclass(frozen=True)
class Generated:
    body: bytes = field(repr=False)
    headings: list[str]
    own: str
    right: frozenset[str]


def generate(dice: random.Random) -> Generated:
    """One table."""
    count = dice.choice((1, 2, 3, 5, 8, 30, 700))
    own = dice.choice(OWN)
    columns = {own: _addresses(dice, "own", count, count)}
    for heading in dice.sample(OTHERS, dice.randrange(4)):
        people = dice.choice((1, 2, 3, count))
        columns[heading] = _addresses(dice, f"other{len(columns)}", people, count)
    for heading in dice.sample(sorted(FILLING), dice.randrange(len(FILLING) + 1)):
        columns[heading] = [FILLING[heading].format(number) for number in range(count)]
    headings = dice.sample(sorted(columns), len(columns))
    rows = [*zip(*(columns[heading] for heading in headings), strict=True)]
    if dice.random() < 0.5:
        key = headings.index(dice.choice(headings))
        rows.sort(key=lambda row: row[key], reverse=dice.random() < 0.3)
    text = StringIO(newline="")
    writer = csv.writer(text, delimiter=dice.choice((",", ";", "\t")), quoting=dice.choice((0, 1)))
    writer.writerows([headings, *rows])
    encoding = dice.choice(("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "gb18030"))
    right = frozenset(cell for cell in columns[own] if "@" in cell)
    return Generated(text.getvalue().encode(encoding), headings, own, right)


def _addresses(dice: random.Random, who: str, people: int, count: int) -> list[str]:
    """A cell for each row: everybody's own address, or some people's over and over, with blanks among them."""
    blank = dice.choice((0, 0, 0.2, 0.7, 1))
    return [
        dice.choice(BLANKS) if dice.random() < blank else f"{who}.{number % people}@example.com"
        for number in range(count)
    ]


def decided(table: Generated) -> Decision:
    return decide(read([table.body], Hints()), set(), 50_000, Policy(), Listing())


def end(table: Generated) -> str:
    """How it ended; `LOST` where wrong addresses are planned and nobody is told."""
    decision = decided(table)
    if decision.refusal:
        return f"refused {decision.refusal.code}"
    told = "and warned of" if decision.warnings else ""
    if frozenset(decision.addresses) == table.right:
        return f"right {told}"
    return f"wrong {told}" if told else "LOST"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    sys.stdout.write(f"seed {options.seed}, {options.tables:,} tables\n")
    dice = random.Random(options.seed)
    ends: Counter[str] = Counter()
    for _ in range(options.tables):
        table = generate(dice)
        found = end(table)
        ends[found] += 1
        if found == "LOST" and ends[found] <= 10:
            sys.stdout.write(f"{table.own} among {table.headings}\n")
    for found, count in ends.most_common():
        sys.stdout.write(f"{count:>10,}  {found}\n")
    return 1 if ends["LOST"] else 0


if __name__ == "__main__":
    sys.exit(main())
