"""The sentences of the CSV files and of report.json, in the language of the page."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from string import Formatter
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handler.clouds.ses import SENTENCES, translate
from handler.judging import check, explain, explaining
from handler.judging.verdicts import Rejection
from handler.reading import signatures, workbook
from handler.reporting.translation import recognised, translated
from handler.reporting.words import words
from handler.settings import DEFAULT, LANGUAGES, Language
from tests.handler.judging.judge import mutated
from tests.handler.judging.test_explaining import CASES, Case
from tests.stage import ROOT

OTHERS: list[Language] = [language for language in LANGUAGES if language != DEFAULT]
each_other = pytest.mark.parametrize("language", OTHERS)

ANYTHING = "“7”"
"""What fills the fields of a sentence here."""
MAKERS = {"SourceProblem", "Refusal", "RowFault"}
MADE_ELSEWHERE = {
    *("problem.message", "answer.message", "message"),
    *("signatures.refusal(name)", "_no_such_column(rows, hint, top)"),
}
"""What is handed on, and what the tests below ask for by itself."""
ENGLISH = re.compile(r"\b(?:the|The|is|are|of|not|and|with|has|have|address|file|this|it|in)\b")


def parenthesised(sentences: Iterable[str]) -> set[str]:
    """What email-validator adds to some sentences has parentheses around it."""
    return {text.replace(f" {ANYTHING}.", f" ({ANYTHING}).") for text in sentences}


def fields(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


def written(node: ast.expr, tree: ast.Module, module: object) -> Iterator[str]:
    """The sentences that an expression stands for."""
    if isinstance(node, ast.Constant):
        yield str(node.value)
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else ANYTHING for part in node.values)
    elif isinstance(node, ast.BinOp):
        yield "".join(text for side in (node.left, node.right) for text in written(side, tree, module))
    elif isinstance(node, ast.IfExp):
        yield from (text for branch in (node.body, node.orelse) for text in written(branch, tree, module))
    elif isinstance(node, ast.Name):
        yield from named(node.id, tree, module)
    elif isinstance(node, ast.Call) and ast.unparse(node.func) in {"', '.join", "str"}:
        yield ANYTHING
    else:
        assert ast.unparse(node) in MADE_ELSEWHERE, ast.unparse(node)


def named(name: str, tree: ast.Module, module: object) -> Iterator[str]:
    """What a module's constant, or a variable, may be."""
    if isinstance(getattr(module, name, None), str):
        yield getattr(module, name)
    elif values := assigned(tree, name):
        yield from (text for value in values for text in written(value, tree, module))
    else:
        assert name in MADE_ELSEWHERE, name


def assigned(tree: ast.Module, name: str) -> list[ast.expr]:
    """What a variable is set to."""
    assignments = [node for node in ast.walk(tree) if isinstance(node, ast.Assign)]
    return [node.value for node in assignments if [ast.unparse(target) for target in node.targets] == [name]]


def made_in_handler() -> Iterator[str]:
    """The second argument of whatever says why a file or a row is refused."""
    for path in (ROOT / "handler").rglob("*.py"):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in MAKERS:
                yield from written(node.args[1], tree, import_module(name))


def made_in_email_validator() -> Iterator[str]:
    for name in ("syntax", "validate_email"):
        module = import_module(f"email_validator.{name}")
        tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                argument = node.exc.args[0]
                if ast.unparse(node.exc.func) == "EmailSyntaxError" and "_descr" not in ast.unparse(argument):
                    yield from written(argument, tree, module)


def spelt() -> Iterator[str]:
    """Every text in the code, ours and email-validator's."""
    validator = Path(str(import_module("email_validator").__file__)).parent
    for path in [*(ROOT / "handler").rglob("*.py"), *validator.glob("*.py")]:
        if "languages" not in path.parts:
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for node in ast.walk(tree):
                if isinstance(node, ast.JoinedStr | ast.BinOp) or isinstance(getattr(node, "value", None), str):
                    yield from spelt_by(node, tree)


def spelt_by(node: ast.AST, tree: ast.Module) -> Iterator[str]:
    with suppress(AssertionError):
        for text in written(cast("ast.expr", node), tree, None):
            yield text.replace("{}", ANYTHING)


def unknown(made: set[str]) -> list[str]:
    return sorted(sentence for sentence in made if not recognised(sentence))


@each_other
def test_every_language_has_every_sentence(language: Language) -> None:
    """The tables have the same names in the same order, and no field that the English sentence has not."""
    english, table = words(DEFAULT).sentences, words(language).sentences
    assert list(table) == list(english)
    for name, sentence in table.items():
        assert fields(sentence) <= fields(english[name]), name
        assert sentence != english[name] or name == "file.service", name
        assert not ENGLISH.search(re.sub("{.*?}", "", sentence)) or language == "pt", name


def test_every_sentence_of_ours() -> None:
    """Whatever is said in handler/ of a file or a row that is refused is in the tables."""
    made = {*made_in_handler(), *vars(explaining)["_SENTENCES"].values()}
    assert len(made) > 60
    assert unknown(made) == []


def test_every_sentence_of_email_validator() -> None:
    """So is whatever email-validator says; of a newer version, too, or this fails."""
    made = parenthesised(made_in_email_validator())
    assert len(made) > 40
    assert unknown(made) == []


def test_every_sentence_is_made() -> None:
    """The tables have no sentence that nobody says any more."""
    said = {found.name for text in parenthesised(spelt()) if (found := recognised(text))}
    asked_for = [name for name in words(DEFAULT).sentences if not name.startswith("what.") and name != "file.known"]
    assert [name for name in asked_for if name not in said] == []


@each_other
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.cell[:30])
def test_sentences_about_addresses(language: Language, case: Case) -> None:
    """What is said about a bad address is said in the page's language, and has in it what the English sentence has."""
    (rejection,) = check([case.cell]).others[0]
    assert isinstance(rejection, Rejection)
    message = explain(rejection).message
    said = translated(message, language)
    assert said
    assert not ENGLISH.search(said)
    if "characters: " in message:
        assert re.findall(r"'.'", said) == re.findall(r"'.'", message)


@settings(max_examples=300, deadline=None)
@given(st.one_of(mutated(), st.text().map(lambda text: f"{text}@{text}.com")))
def test_any_address(text: str) -> None:
    """There is no text about which nothing could be said."""
    for verdicts in check([text]).others.values():
        for rejection in verdicts:
            if isinstance(rejection, Rejection):
                assert all(translated(explain(rejection).message, language) for language in OTHERS)


@each_other
def test_what_a_file_is(language: Language) -> None:
    """Each kind of document that is refused, and each answer of the service, has its name in the language."""
    known = [signatures.refusal(name) for _, name in signatures.MAGIC]
    known += [signatures.refusal(name) for name in ("a web page or an XML document", "a mail message")]
    known += [f"The file is {what}." for what in vars(workbook)["_OTHERS"].values()]
    known += [
        translate(code, "id").message for code in (*SENTENCES, "InvalidParameter") if code[:4] not in {"Auth", "Unau"}
    ]
    for sentence in known:
        said = translated(sentence, language)
        assert said
        assert not ENGLISH.search(said), said


SAID: list[tuple[str, str, str]] = [
    # Numbers are written as the language does; what somebody called something stays as it is.
    ("This row has more than 1,000 cells.", "该行超过 1,000 个单元格。", "Esta linha tem mais de 1.000 células."),
    (
        "“1,000” in the zip: The zip holds no file.",
        "zip 中的“1,000”：zip 中没有文件。",
        "“1,000” no zip: O zip não contém nenhum arquivo.",
    ),
    (
        "An email address cannot start with a hyphen.",
        "地址不能以连字符开头。",
        "Um endereço não pode começar com um hífen.",
    ),
    (
        "The part after the @-sign contains invalid characters: SPACE, '(', '<'.",
        "@ 之后含有无效字符：空格, '(', '<'。",
        "Depois do @ há caracteres inválidos: espaço, '(', '<'.",
    ),
    (
        'The file has no column "that", which its metadata (x-cos-meta-email-column) names: it has: period, 1,000. '
        "Name one of them, or its number.",
        '文件的元数据（x-cos-meta-email-column）指明的列"that"不存在，文件中有：period, 1,000。'
        "请填写其中一列的名称或序号。",
        'O arquivo não tem a coluna "that", que os metadados (x-cos-meta-email-column) indicam; ele tem: period, '
        "1,000. Indique uma delas, ou o seu número.",
    ),
    # What was cut is known all the same.
    (
        "The part after the @-sign contains invalid characters: 'a', 'b…",
        "@ 之后含有无效字符：'a', 'b…。",
        "Depois do @ há caracteres inválidos: 'a', 'b….",
    ),
    (
        "SES: the request was not accepted (InvalidParameterValue.period)",
        "SES：请求未被接受，错误码 InvalidParameterValue.period",
        "SES: a requisição não foi aceita (InvalidParameterValue.period)",
    ),
]


@pytest.mark.parametrize(("english", "chinese", "portuguese"), SAID)
def test_said_in_each_language(english: str, chinese: str, portuguese: str) -> None:
    """A sentence is what somebody who speaks the language would write."""
    assert [translated(english, language) for language in ("en", "zh-CN", "pt")] == [english, chinese, portuguese]


def test_what_is_not_ours() -> None:
    """What is in no table is not translated, by itself or inside a sentence of ours."""
    for sentence in ("", ".", "Mailbox full", "“a.csv” in the zip: Mailbox full", "{name}", "There is no @ in it: no."):
        assert translated(sentence, "zh-CN") is translated(sentence, "pt") is None
        assert translated(sentence, "en") == sentence
