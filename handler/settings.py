"""The settings: environment variables, read anew at every invocation, every wrong one named in one error."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import ErrorDetails

from handler.errors import OperatorProblem, SourceProblem
from handler.limits import LARGEST_RECEIVER_ID, LARGEST_SERIES
from handler.template_data import Variables, read_variables

FULL_REGION: Final = re.compile(r"[a-z]{2}-[a-z0-9-]+")
"""`ap-singapore`, `ap-shanghai-fsi`; a short code such as `gz` is no part of any host name."""


@dataclass(frozen=True, slots=True)
class Prefixes:
    """Where in the bucket things lie. Each ends with `/`; none lies inside another."""

    incoming: str
    reports: str
    state: str


Language = Literal["en", "zh-CN", "pt"]

LANGUAGES: Final[Mapping[Language, str]] = {"en": "en", "zh-CN": "zh_cn", "pt": "pt"}
"""Each language, and the module in `handler.reporting.languages` with its sentences."""
DEFAULT: Final[Language] = "en"
SPOKEN: Final[Mapping[str, Language]] = {"en": "en", "zh": "zh-CN", "pt": "pt"}


def language_of(name: str) -> Language | None:
    """The language somebody means by `zh_CN`, `pt-BR` or `en`, if it is one of ours."""
    return SPOKEN.get(name.strip().lower().replace("_", "-").partition("-")[0])


HOST_NAME: Final = r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+"
LOOPBACK: Final = (
    r"http://(?P<host>localhost|127(\.(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])){3}|\[::1\])(:(?P<port>[0-9]{1,5}))?/?"
)
HOOK: Final = r"(?i:https?)://(?P<host>[^/?#@:\s\[\]]+|\[::1\])(:(?P<port>[0-9]{1,5}))?(?P<target>([/?][!-~]*)?)"
"""No user, no password, nothing behind a `#`; the path in plain ASCII, as it goes over the wire."""
HTTP_PORT: Final = 80
HTTPS_PORT: Final = 443
LARGEST_PORT: Final = 65_535
LONGEST_INVOCATION: Final = 900
"""Seconds. SCF allows no longer one: waiting past it is waiting for ever."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a service listens."""

    scheme: Literal["http", "https"]
    host: str
    port: int | None = None

    @property
    def netloc(self) -> str:
        """`host:port`, as a URL has it; the port only where one was given."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Hook:
    """Where messages about imports go. The path is a secret: with most services whoever knows it can send."""

    scheme: Literal["http", "https"]
    host: str
    port: int
    target: str = field(repr=False)
    """Path and query."""

    @property
    def netloc(self) -> str:
        """`host` or `host:port`, as the header has it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.scheme == "https" and self.port == HTTPS_PORT else f"{host}:{self.port}"


def _loopback(text: str) -> Endpoint:
    found = re.fullmatch(LOOPBACK, text.lower())
    if not found or int(found["port"] or 0) > LARGEST_PORT:
        raise ValueError("must be http://127.0.0.1:PORT: plain HTTP is for loopback addresses only")
    return Endpoint("http", found["host"].strip("[]"), int(found["port"]) if found["port"] else None)


def _host_or_loopback(text: str) -> Endpoint:
    if re.fullmatch(HOST_NAME, text.lower()):
        return Endpoint("https", text.lower())
    if text.lower().startswith("http://"):
        return _loopback(text)
    raise ValueError("must be a host name such as ses.intl.tencentcloudapi.com, or http://127.0.0.1:PORT")


def _hook(text: str) -> Hook:
    found = re.fullmatch(HOOK, text)
    if found and int(found["port"] or 0) <= LARGEST_PORT:
        host, port, path = found["host"].lower(), int(found["port"] or 0), found["target"].removeprefix("/")
        if text.lower().startswith("https:") and re.fullmatch(HOST_NAME, host) and not re.fullmatch("[0-9.]+", host):
            return Hook("https", host, port or HTTPS_PORT, f"/{path}")
        if text.lower().startswith("http:") and re.fullmatch(LOOPBACK, f"http://{host}") and host != "localhost":
            return Hook("http", host.strip("[]"), port or HTTP_PORT, f"/{path}")
    raise ValueError("must be https:// and a host name, not numbers; or http://127.0.0.1:PORT for tests")


def _variables(text: str) -> Variables | None:
    try:
        return read_variables(text)
    except SourceProblem:
        raise ValueError("must be * or pairs such as name=姓名,city=城市: each variable once, and a name") from None


def _shaped(pattern: str, rule: str) -> AfterValidator:
    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(rule)
        return text

    return AfterValidator(check)


Prefix = Annotated[
    str,
    _shaped("(?s)[^/].*", "must not begin with a slash: no key in a bucket does"),
    _shaped(r"[^\x00-\x1f\x7f]*", "must hold no control characters"),
    AfterValidator(lambda text: text if text.endswith("/") else f"{text}/"),
    Field(validate_default=True),
]
Region = Annotated[str, _shaped(FULL_REGION.pattern, "must be a region's full name, such as ap-singapore")]
Bucket = Annotated[
    str,
    _shaped("[a-z0-9][a-z0-9-]*-[0-9]+", "must be a bucket's name with the account's id, such as drops-1250000000"),
]
ReceiverId = Annotated[int, Field(ge=1, le=LARGEST_RECEIVER_ID)]
Percent = Annotated[float, Field(ge=0, le=100)]
Seconds = Annotated[float, Field(ge=0, le=LONGEST_INVOCATION)]
LowerCase: Final = BeforeValidator(str.lower)
UpperCase: Final = BeforeValidator(str.upper)


class Settings(BaseModel):
    """What can be set. `read` makes one; a name here is the variable's name in lower case, but for those of SCF."""

    model_config = ConfigDict(frozen=True, alias_generator=str.upper, hide_input_in_errors=True)

    secret_id: SecretStr = Field(alias="TENCENTCLOUD_SECRETID")
    secret_key: SecretStr = Field(alias="TENCENTCLOUD_SECRETKEY")
    session_token: SecretStr = Field(alias="TENCENTCLOUD_SESSIONTOKEN")
    function_region: Region | None = Field(None, alias="TENCENTCLOUD_REGION")
    appid: str | None = Field(None, alias="TENCENTCLOUD_APPID")

    incoming_prefix: Prefix = "incoming/"
    reports_prefix: Prefix = "reports/"
    state_prefix: Prefix = "state/"
    bucket: Bucket | None = None
    """The bucket that files are dropped into: the sweep needs it, and events of other buckets are then ignored."""
    state_bucket: Bucket | None = None
    receiver_id: ReceiverId | None = None
    group_by_metadata: bool = True
    """Without it the folder alone decides, so that permissions on folders are permissions on groups."""
    group_folders: Annotated[Literal["id", "name"], LowerCase] = "id"
    """What the first folder below the incoming prefix is."""
    create_groups: bool = False
    """Whether a group that is named and not there is created."""

    on_overflow: Annotated[Literal["refuse", "fill", "split"], LowerCase] = "refuse"
    max_groups: Annotated[int, Field(ge=1, le=LARGEST_SERIES)] = 20
    """How many groups a series may come to."""
    on_invalid: Annotated[Literal["skip", "refuse"], LowerCase] = "skip"
    max_invalid_percent: Percent = 50
    on_no_consent: Annotated[Literal["skip", "send"], LowerCase] = "skip"
    skip_blocked: bool = False
    """Whether whom the service's own black list holds is left out."""
    template_data: Annotated[Variables | None, PlainValidator(_variables)] = None
    """For files whose metadata say nothing of it."""
    settle_seconds: Seconds = 120
    settle_hours: Annotated[int, Field(ge=1, le=24 * 30)] = 24
    list_imported: bool = True
    """Whether imported.csv names the rows that an import has added."""
    sweep_days: Annotated[int, Field(ge=1, le=366)] = 7
    dry_run: bool = False
    report_language: Annotated[Language, BeforeValidator(language_of)] = DEFAULT
    notify_url: Annotated[Hook, PlainValidator(_hook)] | None = None

    ses_region: Region = "ap-singapore"
    ses_endpoint: Annotated[Endpoint, PlainValidator(_host_or_loopback)] = Endpoint(
        "https", "ses.intl.tencentcloudapi.com"
    )
    cos_region: Region | None = None
    cos_endpoint: Annotated[Endpoint, PlainValidator(_loopback)] | None = None
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], UpperCase] = "INFO"

    @field_validator("reports_prefix", "state_prefix")
    @classmethod
    def _lies_apart(cls, prefix: str, info: ValidationInfo) -> str:
        """What we write must never come back to us as a file that was dropped."""
        for name in ("incoming_prefix", "reports_prefix"):
            other = info.data.get(name)
            if other and (prefix.startswith(other) or other.startswith(prefix)):
                raise ValueError(f"must lie neither inside nor around {name.upper()}")
        return prefix

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Settings:
        """The settings in an environment. A variable that is empty, or nothing but spaces, counts as not set.

        Raises `OperatorProblem`: one sentence for each wrong setting, and never a value.
        """
        given = {name: text.strip() for name, text in environ.items() if text.strip()}
        complaints = [f"{name} is no setting: did you mean {meant}?" for name, meant in misspelt(given)]
        try:
            settings = cls.model_validate(given)
        except ValidationError as wrong:
            errors = wrong.errors(include_url=False, include_context=False, include_input=False)
            complaints += map(_complaint, errors)
        if complaints:  # outside of the handler: pydantic's exception holds the values, and with them the keys
            raise OperatorProblem("\n".join(complaints))
        return settings

    @property
    def prefixes(self) -> Prefixes:
        """Where in the bucket things lie."""
        return Prefixes(incoming=self.incoming_prefix, reports=self.reports_prefix, state=self.state_prefix)

    def region_for(self, in_event: str | None) -> str:
        """The region of the bucket: as set, else as the event tells, else the function's own.

        Raises `OperatorProblem` where none of them says.
        """
        region = self.cos_region or in_event or self.function_region
        if region is None:
            raise OperatorProblem("COS_REGION is missing: neither the event nor TENCENTCLOUD_REGION names the region.")
        return region


def misspelt(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Names that differ from a setting's in nothing but underscores, each with the one that is meant: with `DRYRUN`
    everything would be sent. `LOGLEVEL` and `TENCENTCLOUD_SECRET_ID` are those of other programs."""
    ours = {str(field.alias) for field in Settings.model_fields.values()} - {"LOG_LEVEL"}
    by_letters = {name.replace("_", ""): name for name in ours if not name.startswith("TENCENTCLOUD_")}
    for name in names:
        meant = by_letters.get(name.replace("_", ""), name)
        if meant != name:
            yield name, meant


def _complaint(error: ErrorDetails) -> str:
    variable = str(error["loc"][0]).upper()  # of a default that is wrong it is the field's name
    if error["type"] == "missing":  # only the role's keys have no default
        return f"{variable} is missing: bind an execution role to the function."
    return f"{variable} {error['msg'].removeprefix('Value error, ').replace('Input should', 'must', 1)}."
