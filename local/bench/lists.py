"""Address files as shops export them: 3 % of the rows are bad, 1 % repeat an earlier one, the names are Chinese."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final

HEADINGS: Final = ("id", "姓名", "email", "手机", "城市", "注册时间")
COLUMN: Final = "email"
_NAMES: Final = [
    (f"{family}{given}", f"{a}.{b}")
    for family, a in zip("王李张刘陈杨赵黄周吴", "wang li zhang liu chen yang zhao huang zhou wu".split(), strict=True)
    for given, b in zip("伟芳娜敏静丽强磊洋勇", "wei fang na min jing li qiang lei yang yong".split(), strict=True)
]
_DOMAINS: Final = (
    *("qq.com", "163.com", "126.com", "gmail.com", "hotmail.com", "outlook.com", "sina.com", "foxmail.com"),
    *("example.com", "mail.example.org", "shop.example.com.cn", "firma.example.de", "example.net"),
)
_FOREIGN_DOMAINS: Final = ("例子.中国", "müller.example.de", "почта.example.com")
_CITIES: Final = ("上海", "北京", "广州", "深圳", "成都", "杭州", "武汉", "西安")
_BAD: Final[tuple[Callable[[str], str], ...]] = (
    lambda address: address.replace("@", "#"),
    lambda address: address.replace("@", "@@"),
    lambda address: address.replace(".", "..", 1),
    lambda address: address.replace(".", ",").replace("@", "@x,"),
    lambda address: address.partition("@")[0] + "@localhost",
    lambda address: address.replace(".", " ", 1),
    lambda address: "电话联系",  # noqa: ARG005 - "by telephone": no address at all
)
_SLICE: Final = 10_000
"""Rows that are written at a time."""

Row = tuple[str, ...]


def rows(count: int) -> Iterator[Row]:
    """The rows of every file; the first ones of a long file are those of a short one."""
    for number in range(count):
        dice = _dice(number)
        name, latin = _NAMES[dice % 100]
        hour, minute = dice % 24, dice % 60
        registered = f"2026-{dice % 12 + 1:02}-{dice % 28 + 1:02} {hour:02}:{minute:02}:00"
        yield (
            str(100_000 + number),
            name,
            _address(number, latin, dice),
            f"138{dice % 100_000_000:08}",
            _CITIES[dice % 8],
            registered,
        )


def _dice(number: int) -> int:
    """A number that looks like chance: Knuth's multiplicative hash, The Art of Computer Programming 6.4."""
    return ((number + 2) * 2_654_435_761) % 2**32 >> 4


def _address(number: int, latin: str, dice: int) -> str:
    share = dice // 100 % 1_000
    if share < 10 and number:  # noqa: PLR2004 - 1 %
        earlier = number // 2
        return _address(earlier, _NAMES[_dice(earlier) % 100][1], _dice(earlier))
    if share < 12:  # noqa: PLR2004 - 0.2 %
        return f"{latin}{number}@{_FOREIGN_DOMAINS[dice % 3]}"
    address = f"{latin}{number}@{_DOMAINS[dice % 13]}"
    if share < 22:  # noqa: PLR2004 - 1 %
        return address.title()
    return _BAD[dice % 7](address) if share < 52 else address  # noqa: PLR2004 - 3 %


def write_csv(path: Path, count: int) -> None:
    """A CSV, in the way of most shops: UTF-8, commas, CRLF."""
    found = rows(count)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        while some := list(islice(found, _SLICE)):
            writer.writerows(some)


def written(folder: Path, count: int) -> Path:
    """The file with so many rows, made unless an earlier run has left it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"csv-{count}"
    if not path.exists():
        write_csv(path.with_suffix(".part"), count)
        path.with_suffix(".part").rename(path)
    return path
