from __future__ import annotations

import contextvars
import json
import logging
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from handler import log
from handler.errors import OperatorProblem, RefusedForGood, SourceProblem, TryLater
from handler.said import Said


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    """What a test does to the loggers of the process is undone; pytest adds its own handlers anew for each phase."""
    loggers = [logging.getLogger(name) for name in (None, "handler", *log.FOREIGN, "handler.app", "someone")]
    before = [(each, each.level, each.propagate) for each in loggers]
    yield
    for each, level, propagate in before:
        each.handlers, each.propagate = [], propagate
        each.setLevel(level)


class Output:
    """What was written to standard output, line by line."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys

    def lines(self) -> list[dict[str, Any]]:
        written = self.capsys.readouterr()
        assert written.err == ""
        return [json.loads(line) for line in written.out.splitlines()]

    def line(self) -> dict[str, Any]:
        (only,) = self.lines()
        return only


@pytest.fixture
def output(capsys: pytest.CaptureFixture[str]) -> Output:
    log.setup("INFO")
    return Output(capsys)


def test_line(output: Output) -> None:
    """A fact is one JSON line: when, how bad, what, and its fields."""
    log.info("batch_accepted", number=1, size=20_000, seconds=0.5, resumed=False, request_ids=["a", "b"], left=None)
    line = output.line()
    assert list(line)[:3] == ["time", "level", "event"]
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "INFO",
        "event": "batch_accepted",
        "number": 1,
        "size": 20_000,
        "seconds": 0.5,
        "resumed": False,
        "request_ids": ["a", "b"],
        "left": None,
    }


def test_time(output: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time is in UTC, to the millisecond."""
    record = logging.makeLogRecord(
        {"name": "handler.app", "levelno": 20, "levelname": "INFO", "msg": "x", "created": 0}
    )
    logging.getLogger("handler").handle(record)
    assert output.line()["time"] == "1970-01-01T00:00:00.000Z"


@pytest.mark.parametrize(
    ("level", "written"),
    [
        ("DEBUG", ["debug", "info", "warning", "error"]),
        ("INFO", ["info", "warning", "error"]),
        ("WARNING", ["warning", "error"]),
        ("ERROR", ["error"]),
    ],
)
def test_level(output: Output, level: str, written: list[str]) -> None:
    """Nothing below the level is written."""
    log.setup(level)
    log.debug("debug")
    log.info("info")
    log.warning("warning")
    log.error("error")
    assert [line["event"] for line in output.lines()] == written


def test_loggers_of_our_modules(output: Output) -> None:
    """The ordinary loggers below `handler` write the same lines."""
    logging.getLogger("handler.app").warning("took %d s", 3)
    assert output.line() | {"time": ""} == {"time": "", "level": "WARNING", "event": "took 3 s"}


def test_setup_again(output: Output) -> None:
    """An instance that is used again writes each line once, to where standard output is now."""
    for _ in range(3):
        log.setup("INFO")
    log.info("once")
    assert output.line()["event"] == "once"


def test_handlers_of_the_platform(output: Output) -> None:
    """A handler that the platform has put on the root logger is replaced: no line twice, none in another shape."""
    logging.getLogger().addHandler(logging.StreamHandler(sys.stdout))
    logging.getLogger("handler").addHandler(logging.StreamHandler(sys.stdout))
    log.setup("INFO")
    log.info("once")
    logging.getLogger("someone").critical("someone@example.com")
    assert output.line()["event"] == "once"


def test_handlers_that_come_later(output: Output) -> None:
    """A handler on the root logger that is put there after the set-up does not write our lines a second time."""
    logging.getLogger().addHandler(logging.StreamHandler(sys.stdout))
    log.info("once")
    assert output.line()["event"] == "once"


@pytest.mark.parametrize("name", log.FOREIGN)
def test_foreign_handlers(output: Output, name: str) -> None:
    """A library that has given itself a handler and a level of its own is silenced all the same."""
    foreign = logging.getLogger(name)
    foreign.addHandler(logging.StreamHandler(sys.stdout))
    foreign.setLevel("DEBUG")
    log.setup("DEBUG")
    foreign.error("someone@example.com")
    assert output.lines() == []


@pytest.mark.parametrize("level", ["DEBUG", "INFO", "WARNING", "ERROR"])
@pytest.mark.parametrize("name", [*log.FOREIGN, "qcloud_cos.cos_client", "urllib3.connectionpool", "someone", None])
def test_foreign_loggers(output: Output, name: str | None, level: str) -> None:
    """What other libraries log is written at no level, whatever ours is, and not to standard error either."""
    log.setup(level)
    foreign = logging.getLogger(name)
    for say in (foreign.debug, foreign.info, foreign.warning, foreign.error, foreign.critical):
        say("q-signature=0123 someone@example.com")
    foreign.log(1_000, "someone@example.com")
    assert output.lines() == []


def test_sdks(output: Output) -> None:
    """The SDKs, loaded after the set-up as in the function, do not undo it."""
    log.setup("DEBUG")
    from qcloud_cos import cos_client
    from tencentcloud.common import abstract_client

    for module in (cos_client, abstract_client):
        module.logger.debug("someone@example.com")
        module.logger.error("someone@example.com")
    assert output.lines() == []


def test_bind(output: Output) -> None:
    """What is bound goes with every line inside, the nearest wins, and nothing stays behind."""
    with log.bind(import_id="a", request_id="r"):
        with log.bind(import_id="b"):
            log.info("inside")
        log.info("around", request_id="own")
    log.info("after")
    inside, around, after = output.lines()
    assert (inside["import_id"], inside["request_id"]) == ("b", "r")
    assert (around["import_id"], around["request_id"]) == ("a", "own")
    assert not {"import_id", "request_id"} & set(after)


def test_bind_around_a_failure(output: Output) -> None:
    """A failure inside leaves nothing bound either."""
    with pytest.raises(ZeroDivisionError), log.bind(import_id="a"):
        _ = 1 / 0
    log.info("after")
    assert "import_id" not in output.line()


def test_bind_in_threads(output: Output) -> None:
    """A thread started in a copy of the context has the fields."""
    with log.bind(import_id="a"):
        thread = threading.Thread(target=contextvars.copy_context().run, args=(log.info, "page_read"))
        thread.start()
        thread.join()
    assert output.line()["import_id"] == "a"


def test_fields_hide_nothing(output: Output) -> None:
    """A field cannot take the place of the time, the level or the event."""
    log.info("fact", level="x", time="y")
    assert output.line()["level"] == "INFO"


def test_our_own_problem(output: Output) -> None:
    """A problem of ours has a message that is safe to write."""
    log.failure("record_failed", OperatorProblem("BUCKET must be set"), key="incoming/a.csv")
    assert output.line() | {"time": ""} == {
        "time": "",
        "level": "ERROR",
        "event": "record_failed",
        "error": "OperatorProblem",
        "message": "BUCKET must be set",
        "key": "incoming/a.csv",
    }


def test_codes(output: Output) -> None:
    """Problems with a code have it in the line, answers of the service their request id as well."""
    log.failure("x", SourceProblem("no_group", Said("file.no_number", header="m")))
    log.failure("x", RefusedForGood("FailedOperation", "r-1"))
    log.failure("x", TryLater("m"))
    source, answer, later = output.lines()
    assert source["code"] == "no_group"
    assert (answer["code"], answer["service_request_id"]) == ("FailedOperation", "r-1")
    assert "code" not in later


def ask_the_service() -> None:
    try:
        _ = dict[str, int]()["someone@example.com"]
    except KeyError as error:
        raise RuntimeError("https://example.com/?token=0123") from error


@pytest.mark.parametrize("way", ["failure", "exception"])
def test_foreign_problem(output: Output, way: str) -> None:
    """Of anybody else's exception only the classes and the places are written: its message may hold anything."""
    with pytest.raises(RuntimeError) as caught:
        ask_the_service()
    problem = caught.value
    if way == "failure":
        log.failure("crashed", problem)
    else:
        logging.getLogger("handler.app").error("crashed", exc_info=problem)
    line = output.line()
    assert [frame.split(":")[0] for frame in line["frames"]] == ["handler/test_log.py"] * 2
    assert (line["event"], line["error"], line["causes"]) == ("crashed", "RuntimeError", ["KeyError"])
    assert not any(secret in json.dumps(line) for secret in ("example", "token", "0123"))


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("incoming/1001/spring.csv", "incoming/1001/spring.csv"),
        ("incoming/1001/jane.doe@example.com.csv", "incoming/1001/<address>"),
        ("incoming/jane%40example.com/a.csv", "incoming/<address>/a.csv"),
        ("incoming/jane%2540example.com/a.csv", "incoming/<address>/a.csv"),
        ("o'brien+x=y@example.com", "<address>"),
        ("名字@例子.中国", "<address>"),
        ("jane＠example.com", "<address>"),
        ("Jane <jane@example.com>, Bob <bob@example.com>", "Jane <<address>>, Bob <<address>>"),
        ("mailto:jane@example.com", "mailto:<address>"),
        ("100%4", "100%4"),
    ],
)
def test_addresses_are_masked(output: Output, text: str, masked: str) -> None:
    """What looks like an address is masked wherever it stands: in the event, in a field, deep inside one, in a name."""
    log.info(text, key=text, deep={text: [text, {"a": (text,)}]})
    line = output.line()
    assert line["event"] == line["key"] == masked
    assert line["deep"] == {masked: [masked, {"a": [masked]}]}


@given(
    local=st.text("abc.+-_'=&?{}|!#$%^*~`名", min_size=1, max_size=20),
    around=st.tuples(st.sampled_from(["", " ", "/", "<", '"', ",x "]), st.sampled_from(["", " ", "/", ">", '"', ";x"])),
)
def test_no_local_part_is_left(local: str, around: tuple[str, str]) -> None:
    """No part of an address survives, whatever is allowed in one and whatever stands around it."""
    record = logging.makeLogRecord({"msg": "x", "fields": {"key": f"{around[0]}{local}@example.com{around[1]}"}})
    log.setup("INFO")
    (handler,) = logging.getLogger("handler").handlers
    assert json.loads(handler.format(record))["key"] == f"{around[0]}<address>{around[1]}"


def test_other_values(output: Output) -> None:
    """Of a value that is no plain data only the class is written, and what is long or deep is cut."""
    endless: list[object] = []
    endless.append(endless)
    log.info("x", key=SecretStr("0123"), data=b"someone@example.com", text="a" * 5_000, endless=endless)
    line = output.line()
    assert (line["key"], line["data"]) == ("<SecretStr>", "<bytes>")
    assert len(line["text"]) == log.LONGEST_TEXT
    assert line["endless"] == [[[["<list>"]]]]


def test_ascii(capsys: pytest.CaptureFixture[str]) -> None:
    """Lines are ASCII, so that the charset of standard output can break none of them; half a character included."""
    log.setup("INFO")
    log.info("x", key="incoming/春\ud800.csv")
    written = capsys.readouterr().out
    assert written.isascii()
    assert json.loads(written)["key"] == "incoming/春\ud800.csv"


def test_broken_call(output: Output) -> None:
    """A log call that is itself wrong writes nothing: least of all its arguments, to standard error."""
    log.setup("INFO")  # once more, for pytest's own handler would raise
    logging.getLogger("handler.app").warning("%d", "someone@example.com")
    assert output.lines() == []
