"""The languages a report can be in: which one is asked for, its sentences, and how it writes numbers and times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib import import_module
from typing import Any, Final, NamedTuple

from handler.said import Said, Value
from handler.settings import DEFAULT, LANGUAGES, Language

KILO: Final = 1000
TENTHS: Final = 1000
"""Of a percent, in all."""


class Words(NamedTuple):
    """One language's ways to say things."""

    language: Language
    texts: Mapping[str, str]
    sentences: Mapping[str, str]
    """By the code of a `Said`."""
    time_format: str
    grouping: str
    point: str

    def pattern(self, name: str, n: int | None = None) -> str:
        """A sentence with its fields unfilled, in the form for `n`."""
        forms = self.texts[name].split("|")
        return forms[0 if n is None or self._is_one(n) else -1]

    def say(self, name: str, /, **values: Any) -> str:
        """A sentence as plain text; numbers are written as the language does."""
        return self.pattern(name, values.get("n")).format(**self.written(values))

    def sentence(self, said: Said) -> str:
        """What is said of a file or of a row, as plain text."""
        return self.sentences[said.code].format(**{name: self._value(value) for name, value in said.fields.items()})

    def _value(self, value: Value) -> str:
        match value:
            case Said():
                return self.sentence(value)
            case str():
                return value
            case tuple():
                return ", ".join(value)
            case _:
                return self._marked(f"{value:,}" if isinstance(value, int) else f"{value:,g}")

    def written(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values of a sentence's fields, the numbers among them as text."""
        return {name: self.number(value) if type(value) in {int, float} else value for name, value in values.items()}

    def number(self, value: float) -> str:
        """`48,211`, `6.4`."""
        return self._marked(f"{value:,}" if isinstance(value, int) else f"{value:,.1f}")

    def _marked(self, text: str) -> str:
        return text.translate({ord(","): self.grouping, ord("."): self.point})

    def shares(self, parts: Sequence[int]) -> list[str]:
        """`12.5 %` for each part, which together are 100 %: those are rounded up that lose most by rounding down. What
        is little is not said to be nothing, nor what is nearly everything to be all."""
        whole = sum(parts)
        if not whole:
            return [self._percent(0, 0) for _ in parts]
        exact = [TENTHS * part / whole for part in parts]
        shown = [max(1, int(tenths)) if tenths else 0 for tenths in exact]
        by_loss = sorted(range(len(parts)), key=lambda at: shown[at] - exact[at])
        for at in by_loss[: max(0, TENTHS - sum(shown))]:
            shown[at] += 1
        shown[shown.index(max(shown))] -= max(0, sum(shown) - TENTHS)
        return [self._percent(tenths, number) for tenths, number in zip(exact, shown, strict=True)]

    def _percent(self, exact: float, tenths: int) -> str:
        sign = "< " if 0 < exact < 1 else "> " if TENTHS - 1 < exact < TENTHS else ""
        return f"{sign}{self.number(tenths / 10)} %".replace(f"{self.point}0 ", " ")

    def bytes(self, size: int) -> str:
        """`1.8 MB`."""
        amount, unit = float(size), "B"
        for unit in ("B", "KB", "MB", "GB"):  # noqa: B007 - the last one stays
            if amount < KILO:
                break
            amount /= KILO
        return f"{self.number(size)} B" if unit == "B" else f"{self.number(amount)} {unit}"

    def time(self, at: datetime) -> str:
        """A moment, to the minute."""
        return at.strftime(self.time_format)

    def _is_one(self, n: int) -> bool:
        """https://www.unicode.org/cldr/charts/latest/supplemental/language_plural_rules.html"""
        return n == 1 or (n == 0 and self.language == "pt")


@cache
def words(language: Language) -> Words:
    """The words of a language, loaded when they are first needed."""
    table = import_module(f"handler.reporting.languages.{LANGUAGES[language]}")
    return Words(language, table.TEXTS, table.SENTENCES, table.TIME, table.GROUPING, table.POINT)


def in_english(said: Said) -> str:
    """As report.json and the CSV files have it, whatever language the page is in."""
    return words(DEFAULT).sentence(said)
