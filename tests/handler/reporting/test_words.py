"""The languages of a report: the same sentences in each, and numbers as each writes them."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from string import Formatter
from typing import get_args

import pytest

from handler.planning.plan import RowCounts
from handler.reading.tables import RejectionReason
from handler.reporting.words import words
from handler.settings import DEFAULT, LANGUAGES, SPOKEN, Language, language_of
from handler.state.ledger import Status
from tests.stage import ROOT

each_language = pytest.mark.parametrize("language", LANGUAGES)


def fields(sentence: str) -> list[set[str]]:
    """The names of the fields in each form of a sentence."""
    return [{name for _, name, _, _ in Formatter().parse(form) if name} for form in sentence.split("|")]


@each_language
def test_every_language_says_the_same(language: Language) -> None:
    """Each table has the sentences of the English one, in its order, with the same fields."""
    english, table = words(DEFAULT).texts, words(language).texts
    assert list(table) == list(english)
    for name, sentence in table.items():
        assert fields(sentence)[-1] == fields(english[name])[-1], name
        assert all(form.strip() == form != "" for form in sentence.split("|")), name


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != DEFAULT])
def test_nothing_is_left_in_english(language: Language) -> None:
    """No sentence of a translation is the English one, but for names and signs."""
    english, table = words(DEFAULT).texts, words(language).texts
    same = {
        name
        for name in table
        if table[name] == english[name] and re.search("[a-z]{2}", re.sub("{.*?}", "", table[name]))
    }
    assert same == set()


@each_language
def test_sentences_hold_no_markup(language: Language) -> None:
    """A table is text: what looks like HTML in it would be shown as it stands."""
    assert [name for name, text in words(language).texts.items() if re.search("[<>&]", text)] == []


def test_many_is_said_where_one_would_be_wrong() -> None:
    """A form for one needs no number, and has every other field that the form for many has."""
    for language in LANGUAGES:
        for name, text in words(language).texts.items():
            if "|" in text:
                one, many = fields(text)
                assert one == many - {"n"}, name


@each_language
def test_every_code_has_its_words(language: Language) -> None:
    """Each status, each fate of a row and each reason of a rejection has its sentence."""
    table = words(language).texts
    assert {f"status.{status}" for status in get_args(Status)} <= set(table)
    assert {f"fate.{fate}" for fate in RowCounts.__slots__} <= set(table)
    for reason in get_args(RejectionReason):
        assert {f"reason.{reason}", f"explain.{reason}"} <= set(table)


def test_every_sentence_is_said() -> None:
    """No table has a sentence that nothing in handler/ asks for, by its whole name or by a family's."""
    paths = [path for path in (ROOT / "handler").rglob("*.*") if path.suffix in {".py", ".j2"}]
    code = "\n".join(path.read_text(encoding="utf-8") for path in paths if "languages" not in path.parts)
    named = set(re.findall(r"""["']([a-z_]+(?:\.[a-z_]+)?)["']""", code))
    families = set(re.findall(r'f?"([a-z]+)\.(?:\{|"\s*~)', code))
    unsaid = [name for name in words(DEFAULT).texts if name not in named and name.partition(".")[0] not in families]
    assert unsaid == []
    assert {"status", "fate", "reason", "explain", "outcome"} <= families
    assert "history" not in families


def test_languages_are_named_in_many_ways() -> None:
    """What people and browsers write is understood; what is not ours is not taken for something else."""
    for name in ("zh-CN", "zh_CN", "zh", "ZH-Hans-CN"):
        assert language_of(name) == "zh-CN"
    assert language_of("pt-BR") == language_of(" PT ") == "pt"
    assert language_of("en-GB") == "en"
    assert [language_of(name) for name in ("", "fr", "english", "e", "z-h")] == [None] * 5
    assert set(SPOKEN.values()) == set(LANGUAGES) == set(get_args(Language))


@pytest.mark.parametrize(
    ("language", "number", "decimal", "share", "time"),
    [
        ("en", "48,211", "1,006.4", "12.5 %", "23 Nov 2026, 08:05"),
        ("zh-CN", "48,211", "1,006.4", "12.5 %", "2026-11-23 08:05"),
        ("pt", "48.211", "1.006,4", "12,5 %", "23/11/2026, 08:05"),
    ],
)
def test_numbers_and_times(language: Language, number: str, decimal: str, share: str, time: str) -> None:
    """Each language groups digits and writes moments as its readers expect."""
    say = words(language)
    assert say.number(48_211) == number
    assert say.number(1006.44) == decimal
    assert say.share(1, 8) == share
    assert say.time(datetime(2026, 11, 23, 8, 5, 59, tzinfo=timezone.utc)) == time


def test_shares_are_honest() -> None:
    """A little is not nothing, and nearly all is not all."""
    share = words("en").share
    assert [share(0, 9), share(9, 9), share(1, 50_000), share(49_999, 50_000), share(0, 0)] == [
        *("0 %", "100 %"),
        *("< 0.1 %", "> 99.9 %"),
        "0 %",
    ]


def test_sizes() -> None:
    """Sizes have a unit that keeps them short."""
    assert [words("en").bytes(size) for size in (0, 999, 1_834_021, 2_500_000_000)] == [
        *("0 B", "999 B"),
        *("1.8 MB", "2.5 GB"),
    ]


def test_one_and_many() -> None:
    """The number decides the form; what has only one form says the number in it."""
    assert words("en").say("verdict.imported", n=1, group="group 7") == "One address was added to group 7."
    assert words("en").say("verdict.imported", n=2000, group="group 7") == "2,000 addresses were added to group 7."
    assert words("en").say("batches.attempts", n=0) == "0 attempts"
    assert words("zh-CN").say("batches.attempts", n=1) == "尝试 1 次"
    assert words("pt").say("batches.attempts", n=2) == "2 tentativas"
