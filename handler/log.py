"""One JSON line per fact, on standard output; never an address, a key or a token.

Only what the loggers below `handler` say is written. Everybody else is silenced, whatever `LOG_LEVEL` says: the SES
SDK logs whole requests (every address), the COS SDK signatures and tokens, `urllib3` keys and queries, and not all of
it at debug level.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timezone
from pathlib import PurePath
from typing import Final

from handler.errors import ImportProblem, ServiceAnswer, SourceProblem

FOREIGN: Final = ("tencentcloud_sdk_common", "qcloud_cos", "urllib3", "requests", "charset_normalizer")
"""Whoever sets a level or a handler of their own: silencing the root logger alone would not reach them."""
LONGEST_TEXT: Final = 2_000
"""Characters of one field: a line is a fact, not a document."""
DEEPEST: Final = 4
"""Lists and mappings within each other in a field, and exceptions behind each other."""

_logger: Final = logging.getLogger("handler")
_bound: Final[ContextVar[Mapping[str, object]]] = ContextVar("bound")

_WORD: Final = re.compile(r"""[^\s/\\,;:<>"()\[\]]+""")
_AT: Final = re.compile("[@＠﹫]|%(25)*40")


def setup(level: str) -> None:
    """Makes this the only log of the process. Instances are reused: of many calls the last one counts."""
    for name in FOREIGN:
        _silence(logging.getLogger(name))
    _silence(logging.getLogger())
    lines = _Lines()
    lines.setFormatter(_JsonFormatter())
    _logger.handlers = [lines]
    _logger.setLevel(level)
    _logger.propagate = False


@contextmanager
def bind(**fields: object) -> Iterator[None]:
    """These fields go with every line written inside. A new thread starts with none: run it in a copied context."""
    token = _bound.set({**_bound.get({}), **fields})
    try:
        yield
    finally:
        _bound.reset(token)


def debug(event: str, /, **fields: object) -> None:
    """For whoever develops this."""
    _write(logging.DEBUG, event, fields)


def info(event: str, /, **fields: object) -> None:
    """A fact. `event` is a name such as `batch_accepted`; what differs from one to the next is in the fields."""
    _write(logging.INFO, event, fields)


def warning(event: str, /, **fields: object) -> None:
    """Something is wrong, and the import goes on."""
    _write(logging.WARNING, event, fields)


def error(event: str, /, **fields: object) -> None:
    """Something is wrong, and somebody must act."""
    _write(logging.ERROR, event, fields)


def failure(event: str, problem: BaseException, /, **fields: object) -> None:
    """An exception: our own with its message; any other with the places it came through, and never its message."""
    _write(logging.ERROR, event, {**_facts_of(problem), **fields})


@contextmanager
def forgiving(event: str, /) -> Iterator[None]:
    """For what an import can do without: neither a service that fails nor a mistake of ours there may cost it."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - the point of it
        failure(event, error)


def masked(text: str) -> str:
    """The text without whatever looks like an address, in an object's key for example: the last line of defence."""
    return _WORD.sub(lambda word: "<address>" if _AT.search(word[0]) else word[0], text)[:LONGEST_TEXT]


def _write(level: int, event: str, fields: Mapping[str, object]) -> None:
    if _logger.isEnabledFor(level):
        _logger.log(level, event, extra={"fields": {**_bound.get({}), **fields}})


def _silence(logger: logging.Logger) -> None:
    """A handler that does nothing keeps `logging` from falling back to standard error."""
    logger.handlers = [logging.NullHandler()]
    logger.setLevel(logging.CRITICAL + 1)
    logger.propagate = False


class _Lines(logging.StreamHandler):  # type: ignore[type-arg]  # not subscriptable at run time in Python 3.10
    def emit(self, record: logging.LogRecord) -> None:
        """Where standard output is now: the platform may put another one in its place for each invocation."""
        self.stream = sys.stdout
        super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  the library's name
        """Nothing: what `logging` prints here holds the whole record, unmasked."""


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        head = {
            "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds")[:-6] + "Z",
            "level": record.levelname,
            "event": masked(record.getMessage()),
        }
        problem = record.exc_info[1] if record.exc_info else None
        fields = {**(_facts_of(problem) if problem else {}), **getattr(record, "fields", {})}
        # Plain ASCII: which charset the platform reads standard output in is written down nowhere.
        return json.dumps({**head, **_plain(fields), **head})


def _facts_of(problem: BaseException) -> dict[str, object]:
    facts: dict[str, object] = {"error": type(problem).__name__}
    if isinstance(problem, SourceProblem | ServiceAnswer):
        facts["code"] = problem.code
    if isinstance(problem, ServiceAnswer):
        facts["service_request_id"] = problem.request_id
    if isinstance(problem, ImportProblem):
        return facts | {"message": problem.message}
    return facts | {"frames": _frames(problem), "causes": _causes(problem)}


def _frames(problem: BaseException) -> list[str]:
    places = traceback.extract_tb(problem.__traceback__)
    return ["/".join(PurePath(place.filename).parts[-2:]) + f":{place.lineno}" for place in places]


def _causes(problem: BaseException) -> list[str]:
    """The classes of what lies behind it; their messages may hold addresses, theirs and others."""
    names: list[str] = []
    cause = problem.__cause__ or problem.__context__
    while cause is not None and len(names) < DEEPEST:
        names.append(type(cause).__name__)
        cause = cause.__cause__ or cause.__context__
    return names


def _plain(fields: Mapping[str, object]) -> dict[str, object]:
    return {masked(name): _safe(value, DEEPEST) for name, value in fields.items()}


def _safe(value: object, depth: int) -> object:
    """A value as JSON; of what is neither text, number, list nor mapping only the class, be it a secret or a client."""
    if isinstance(value, str):
        return masked(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping) and depth:
        return {masked(str(name)): _safe(each, depth - 1) for name, each in value.items()}
    if isinstance(value, list | tuple) and depth:
        return [_safe(each, depth - 1) for each in value]
    return f"<{type(value).__name__}>"
