"""What an event asks for: files to import, or a sweep. Nothing is looked up here; the event is all there is to go by.

The shapes of the events: https://www.tencentcloud.com/document/product/583/31439 (and events/README.md).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from handler.errors import OperatorProblem
from handler.intake.route import below
from handler.intake.source import SourceFacts
from handler.settings import FULL_REGION, Prefixes

REGION_IN_HOST: Final = re.compile(rf"(?:.*\.)?cos(?:-internal)?\.({FULL_REGION.pattern})\.[a-z.]+")
ANY_BUCKET: Final = re.compile(r"/[0-9]+/[^/]+/")
"""What an event puts in front of an object's key: the account's id and the bucket's name without it."""


_SURROGATE: Final = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Drop:
    """One file to import: one record of a COS event, or one object that the sweep found."""

    bucket: str
    """With the account's id: `drops-1250000000`."""
    region: str | None
    """The full name, `ap-singapore`; `None` where the event does not tell."""
    key: str
    """As the event has it, neither decoded nor encoded, without the leading `/<appid>/<bucket>/`."""
    version_id: str | None
    """`None` in a bucket without versioning."""
    import_id: str
    """16 hex digits: the same for every delivery of one event, another one when the file is dropped anew."""
    etag: str | None = None
    """Of the version that was dropped, without its quotes, where the event tells."""


@dataclass(frozen=True, slots=True)
class Ignored:
    """A record that asks for nothing, and why."""

    key: str
    why: str


@dataclass(frozen=True, slots=True)
class Drops:
    """A COS event: every record of it is in one of the two, in the order of the event."""

    drops: tuple[Drop, ...]
    ignored: tuple[Ignored, ...]


@dataclass(frozen=True, slots=True)
class Sweep:
    """A timer event."""

    only: str | None
    """The timer's message: one key, or a prefix, to take on demand."""


Needed = Annotated[str, Field(min_length=1)]
Given = str | None


class _Part(BaseModel):
    """Real events carry more keys than are documented, and numbers where the documents have strings."""

    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=True, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nothing(cls, part: object) -> object:
        """What is null is as good as missing, as is what can be missing and is of no use."""
        if not isinstance(part, dict):
            return part
        return {name: value for name, value in part.items() if cls._is_of_use(str(name), value)}

    @classmethod
    def _is_of_use(cls, name: str, value: object) -> bool:
        field = cls.model_fields.get(name)
        if field is None or field.is_required() or field.annotation is Any:
            return value is not None
        return isinstance(value, str | int | float) and not isinstance(value, bool)


class Context(_Part):
    """What the platform says of a call. Any of it may be missing."""

    request_id: str = "unknown"
    time_limit_in_ms: str | float = 900_000
    """Of the invocation; SCF allows no more than the default."""
    tencentcloud_appid: Given = None

    @classmethod
    def read(cls, given: object) -> Context:
        """What can be understood of it: none of it is worth an error."""
        return cls.model_validate(given if isinstance(given, dict) else {})

    @property
    def seconds(self) -> float:
        """How long the invocation may take."""
        try:
            seconds = float(self.time_limit_in_ms) / 1000
        except ValueError:
            seconds = 0.0
        return seconds if 0 < seconds < inf else 900.0


class _Object(_Part):
    key: Needed
    """With the account's id and the bucket's name in front."""
    url: str = ""
    vid: Given = None
    meta: Any = None
    """Hardly documented: nothing in it can cost the record."""


class _Bucket(_Part):
    name: Needed
    appid: Needed
    region: Given = None


class _Cos(_Part):
    cosObject: _Object  # noqa: N815 - the event's own name
    cosBucket: _Bucket  # noqa: N815


class _Event(_Part):
    eventName: Needed  # noqa: N815
    eventTime: Given = None  # noqa: N815
    """Seconds."""
    reqid: Given = None


class _Record(_Part):
    """What matters of one record of a COS event."""

    cos: _Cos
    event: _Event

    @property
    def bare_bucket(self) -> str:
        bucket = self.cos.cosBucket
        return bucket.name.removesuffix(f"-{bucket.appid}")

    @property
    def bucket(self) -> str:
        return f"{self.bare_bucket}-{self.cos.cosBucket.appid}"

    @property
    def key(self) -> str:
        return self.cos.cosObject.key.removeprefix(f"/{self.cos.cosBucket.appid}/{self.bare_bucket}/")

    def meta(self, name: str) -> str | None:
        """What tells two drops of one second apart in the events that people have published, `reqid` being 0 there."""
        meta = self.cos.cosObject.meta
        value = meta.get(name) if isinstance(meta, dict) else None
        return value.strip('"') or None if isinstance(value, str) else None


def read_event(
    event: object, prefixes: Prefixes, *, appid: str | None = None, only_bucket: str | None = None
) -> Drops | Sweep:
    """What is to be done.

    `appid` is the account the function belongs to, `only_bucket` the one bucket it serves (with the account's id),
    each where known: files of others are ignored.

    Raises `OperatorProblem` for an event that comes neither from COS nor from a timer.
    """
    match event:
        case {"Records": [*records]}:
            return _read_records(records, _Home(prefixes, appid, only_bucket))
        case {"Type": "Timer", "Message": str(message)}:
            if _SURROGATE.search(message):
                raise OperatorProblem("The timer's message is no key, nor the beginning of one: correct or remove it.")
            return Sweep(message.strip() or None)
        case {"Type": "Timer"}:
            return Sweep(None)
        case _:
            raise OperatorProblem(
                "This event comes neither from COS nor from a timer: "
                "bind a COS trigger (and a timer for the sweep) to the function, and nothing else."
            )


def import_id_of(*facts: str | None) -> str:
    """The id of an import, from all that tells one drop of a file from another: what its event says of it."""
    return hashlib.sha256(json.dumps(facts).encode("ascii")).hexdigest()[:16]


def import_id_of_version(facts: SourceFacts) -> str:
    """The id of an import that is not due to the event of its own drop: of whatever version lies there."""
    return import_id_of(facts.bucket, facts.key, None, facts.etag, facts.last_modified)


@dataclass(frozen=True, slots=True)
class _Home:
    """What the function calls its own."""

    prefixes: Prefixes
    appid: str | None
    bucket: str | None

    def objection(self, record: _Record) -> str | None:
        """Why a record asks for nothing; `None` for a file to import."""
        if not record.event.eventName.startswith("cos:ObjectCreated:"):
            return f"not a creation: {record.event.eventName}"
        return self._foreign(record) or self._misplaced(record.key)

    def _foreign(self, record: _Record) -> str | None:
        if self.appid not in {None, record.cos.cosBucket.appid}:
            return f"the bucket {record.bucket} belongs to another account"
        if self.bucket not in {None, record.bucket}:
            return f"the bucket {record.bucket} is not the one this function serves"
        if ANY_BUCKET.match(record.key):
            return f"the key begins with the name of another bucket than {record.bucket}"
        return None

    def _misplaced(self, key: str) -> str | None:
        if key.endswith("/"):
            return "a folder, not a file"
        if any(below(key, prefix) is not None for prefix in (self.prefixes.reports, self.prefixes.state)):
            return "our own"
        if below(key, self.prefixes.incoming) is None:
            return f"not below {self.prefixes.incoming}"
        return None


def _read_records(records: Sequence[object], home: _Home) -> Drops:
    drops: dict[str, Drop] = {}
    ignored: list[Ignored] = []
    for record in records:
        found = _read_record(record, home)
        if isinstance(found, Ignored):
            ignored.append(found)
        elif found.import_id in drops:
            ignored.append(Ignored(found.key, "the same record twice"))
        else:
            drops[found.import_id] = found
    return Drops(tuple(drops.values()), tuple(ignored))


def _read_record(given: object, home: _Home) -> Drop | Ignored:
    try:
        record = _Record.model_validate(given)
    except ValidationError as wrong:
        return Ignored(_key_of(given), "; ".join(map(_complaint, wrong.errors(include_url=False))))
    if why := home.objection(record):
        return Ignored(record.key, why)
    version, event = record.cos.cosObject.vid or None, record.event
    etag, request = record.meta("ETag"), record.meta("x-cos-request-id")
    import_id = import_id_of(record.bucket, record.key, version, event.eventTime, event.reqid, etag, request)
    return Drop(record.bucket, _region(record), record.key, version, import_id, etag)


def _complaint(error: ErrorDetails) -> str:
    """What is wrong with a record, and where; never a value."""
    what = {"missing": "is missing", "string_too_short": "is empty"}.get(error["type"], "is not what it should be")
    return f"{'.'.join(map(str, error['loc'])) or 'the record'} {what}"


def _key_of(given: object) -> str:
    """The key of a record that cannot be read, where it has one."""
    for name in ("cos", "cosObject", "key"):
        given = given.get(name) if isinstance(given, dict) else None
    return given if isinstance(given, str) else ""


def _region(record: _Record) -> str | None:
    """The bucket's region may be a short code; the host of the file's own address has the full name."""
    in_host = REGION_IN_HOST.fullmatch(_host(record.cos.cosObject.url))
    if in_host:
        return in_host[1]
    region = record.cos.cosBucket.region or ""
    return region if FULL_REGION.fullmatch(region) else None


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
