"""The languages of a report: the same sentences in each, and numbers as each writes them."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from string import Formatter
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handler.planning.plan import RowCounts
from handler.reading.tables import RejectionReason
from handler.reporting.words import in_english, words
from handler.said import FIELDS, Said
from handler.settings import DEFAULT, LANGUAGES, SPOKEN, Language, language_of
from handler.state.ledger import Status

ENGLISH = re.compile(r"\b(?:the|The|is|are|of|not|and|with|has|have|address|file|this|it|in)\b")
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


@each_language
def test_every_language_has_words_for_all_that_is_said(language: Language) -> None:
    """Each table has every sentence of `handler.said`, no other, with the same fields; and a text is no markup."""
    table = words(language).sentences
    assert {code: set().union(*fields(text)) for code, text in table.items()} == FIELDS
    assert list(table) == list(words(DEFAULT).sentences)


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != DEFAULT])
def test_no_sentence_is_left_in_english(language: Language) -> None:
    """A translation differs from the English sentence, but for names and signs."""
    english, table = words(DEFAULT).sentences, words(language).sentences
    same = {code for code in table if table[code] == english[code]}
    assert same <= {"row.in_table", "file.service", "what.member"}
    assert not [text for text in table.values() if ENGLISH.search(re.sub("{.*?}", "", text))]


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
    assert say.shares([1, 7])[0] == share
    assert say.time(datetime(2026, 11, 23, 8, 5, 59, tzinfo=timezone.utc)) == time


@pytest.mark.parametrize(
    ("parts", "shown"),
    [
        ([0, 9], ["0 %", "100 %"]),
        ([1, 49_999], ["< 0.1 %", "> 99.9 %"]),
        ([0], ["0 %"]),
        ([1, 1, 1], ["33.4 %", "33.3 %", "33.3 %"]),
        ([1, 2, 3, 1], ["14.3 %", "28.6 %", "42.8 %", "14.3 %"]),
        ([1, 1, 1, 49_997], ["< 0.1 %", "< 0.1 %", "< 0.1 %", "> 99.7 %"]),
        ([333_335, 333_335, 333_330], ["33.4 %", "33.3 %", "33.3 %"]),
    ],
)
def test_shares_are_honest(parts: list[int], shown: list[str]) -> None:
    """A little is not nothing, nearly all is not all, and together they are 100 %."""
    assert words("en").shares(parts) == shown


@given(st.lists(st.integers(0, 6_000_000), min_size=1, max_size=9).filter(any))
def test_shares_add_up(parts: list[int]) -> None:
    """Whatever they are, and none is more than the number of parts away from what it is."""
    shown = [round(float(share.strip("<> %")) * 10) for share in words("en").shares(parts)]
    assert sum(shown) == 1000
    exact = [1000 * part / sum(parts) for part in parts]
    assert all(abs(tenths - share) < len(parts) for tenths, share in zip(exact, shown, strict=True))
    assert all(bool(part) == bool(share) for part, share in zip(parts, shown, strict=True))


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


SENTENCES = [
    # Numbers are written as the language does; what somebody called something stays as it is.
    (
        Said("row.too_wide", number=1_000),
        "This row has more than 1,000 cells.",
        "该行超过 1,000 个单元格。",
        "Esta linha tem mais de 1.000 células.",
    ),
    (
        Said("file.too_many_invalid", rejected=9, filled=1_000, percent=12.5),
        "9 of 1,000 rows hold no good address, more than 12.5 %: check that it is the right file and that the address "
        "column was found; rejected.csv has the rows.",
        "1,000 行中有 9 行没有有效地址，超过 12.5 %：请确认文件无误，且找到的地址列正确；这些行见 rejected.csv。",
        "9 de 1.000 linhas não têm um endereço válido, mais de 12,5 %: verifique se o arquivo é o certo e se a coluna "
        "de endereços foi encontrada; rejected.csv tem essas linhas.",
    ),
    # A sentence may stand inside of another one.
    (
        Said("file.member", name="1,000", sentence=Said("file.zip_empty")),
        "“1,000” in the zip: The zip holds no file.",
        "zip 中的“1,000”：zip 中没有文件。",
        "“1,000” no zip: O zip não contém nenhum arquivo.",
    ),
    (
        Said("file.no_such_column", what='"that"', there=Said("file.has_columns", columns=("period", "1,000"))),
        'The file has no column "that", which its metadata (x-cos-meta-email-column) names: it has: period, 1,000. '
        "Name one of them, or its number.",
        '文件的元数据（x-cos-meta-email-column）指明的列"that"不存在，文件中有：period, 1,000。'
        "请填写其中一列的名称或序号。",
        'O arquivo não tem a coluna "that", que os metadados (x-cos-meta-email-column) indicam; ele tem: period, '
        "1,000. Indique uma delas, ou o seu número.",
    ),
    (
        Said("file.service", what=Said("what.not_accepted"), code="InvalidParameterValue.period"),
        "SES: the request was not accepted (InvalidParameterValue.period)",
        "SES：请求未被接受，错误码 InvalidParameterValue.period",
        "SES: a requisição não foi aceita (InvalidParameterValue.period)",
    ),
    # What email-validator says is English.
    (
        Said("row.domain_why", why="An email address cannot end with a hyphen."),
        "An email address cannot end with a hyphen.",
        "@ 之后不是能接收邮件的域名（An email address cannot end with a hyphen.）",
        "O que vem depois do @ não é um domínio que recebe e-mail (An email address cannot end with a hyphen.)",
    ),
]


@pytest.mark.parametrize(
    ("said", "english", "chinese", "portuguese"),
    SENTENCES,
    ids=lambda part: part.code if isinstance(part, Said) else "",
)
def test_said_in_each_language(said: Said, english: str, chinese: str, portuguese: str) -> None:
    """A sentence is what somebody who speaks the language would write."""
    assert [words(language).sentence(said) for language in ("en", "zh-CN", "pt")] == [english, chinese, portuguese]
    assert in_english(said) == english
