"""The sentences of report.json and of the CSV files are English, and a page says them in its own language.

Each is recognised by its English form, as gettext does it, so that what makes a sentence need not know of languages.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from string import Formatter
from typing import Final

from handler.reporting.words import Words, words
from handler.settings import DEFAULT, Language

NESTED: Final = frozenset({"sentence", "there"})
"""Fields that hold a sentence of their own."""
PHRASES: Final = frozenset({"characters", "sign", "what", "why"})
"""Fields that may hold words of ours; what stands in the others is data, and a name may be `period`."""
NAMES: Final = frozenset({"columns", "name"})
"""Fields with what somebody called something: no number there is grouped anew."""
_GROUPED: Final = r"\d{1,3}(?:,\d{3})+"


class Recognised:
    """Which sentence of `handler.reporting.languages` it is, and what stands in its fields."""

    def __init__(self, name: str, fields: Mapping[str, str]) -> None:
        self.name = name
        self.fields = fields


def recognised(sentence: str) -> Recognised | None:
    """The sentence as the tables have it; what was cut at its end is known all the same."""
    sentence = sentence.removesuffix(".")
    if name := _without_fields().get(sentence):
        return Recognised(name, {})
    for name, parts, template in _with_fields():
        if all(part in sentence for part in parts) and (found := _pattern(template).fullmatch(sentence)):
            return Recognised(name, found.groupdict())
    return None


def translated(sentence: str, language: Language) -> str | None:
    """The sentence in this language; `None` for one that is not in the tables."""
    if language == DEFAULT:
        return sentence
    found = recognised(sentence)
    if found is None:
        return None
    own = words(language)
    fields = {name: _in_words(name, value, own) for name, value in found.fields.items()}
    return None if None in fields.values() else own.sentences[found.name].format(**fields)


def _in_words(name: str, value: str, own: Words) -> str | None:
    if name in NESTED:
        return translated(value, own.language)
    if name in PHRASES:
        return ", ".join(own.sentences.get(_phrases().get(part, ""), part) for part in value.split(", "))
    return own.number(int(value.replace(",", ""))) if name not in NAMES and re.fullmatch(_GROUPED, value) else value


@cache
def _phrases() -> Mapping[str, str]:
    """The names of what may stand in a sentence."""
    return {text: name for name, text in words(DEFAULT).sentences.items() if name.startswith("what.")}


@cache
def _without_fields() -> Mapping[str, str]:
    """The names of the English sentences that are always the same."""
    sentences = words(DEFAULT).sentences.items()
    return {text.removesuffix("."): name for name, text in sentences if "{" not in text}


@cache
def _with_fields() -> Sequence[tuple[str, Sequence[str], str]]:
    """The others, each with its parts between the fields; the one with the most words of its own first."""
    templates = {name: text.removesuffix(".") for name, text in words(DEFAULT).sentences.items() if "{" in text}
    parts = {name: [part for part, *_ in Formatter().parse(text)] for name, text in templates.items()}
    first = sorted(templates, key=lambda name: -len("".join(parts[name])))
    return [(name, parts[name], templates[name]) for name in first]


@cache
def _pattern(template: str) -> re.Pattern[str]:
    parts = Formatter().parse(template)
    return re.compile(
        "".join(re.escape(text) + (f"(?P<{name}>.+?)" if name else "") for text, name, _, _ in parts), re.DOTALL
    )
