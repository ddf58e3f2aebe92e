"""The settings: environment variables, read anew at every invocation, every wrong one named in one error."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from handler.errors import OperatorProblem
from handler.trigger import FULL_REGION, LARGEST_RECEIVER_ID, Prefixes
from handler.wording import DEFAULT, LANGUAGES, Language, language_of

HOST_NAME: Final = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+")
LOOPBACK: Final = re.compile(
    r"http://(?P<host>localhost|127(\.(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])){3}|\[::1\])(:(?P<port>[0-9]{1,5}))?/?"
)
HOOK: Final = re.compile(
    r"(?i:https?)://(?P<host>[^/?#@:\s\[\]]+|\[::1\])(:(?P<port>[0-9]{1,5}))?(?P<target>([/?][!-~]*)?)"
)
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


def _prefix(text: str) -> str:
    if text.startswith("/"):
        raise ValueError("must not begin with a slash: no key in a bucket does")
    return text if text.endswith("/") else f"{text}/"


def _loopback(text: str) -> Endpoint:
    found = LOOPBACK.fullmatch(text.lower())
    if not found or int(found["port"] or 0) > LARGEST_PORT:
        raise ValueError("must be http://127.0.0.1:PORT: plain HTTP is for loopback addresses only")
    return Endpoint("http", found["host"].strip("[]"), int(found["port"]) if found["port"] else None)


def _host_or_loopback(text: str) -> Endpoint:
    if HOST_NAME.fullmatch(text.lower()):
        return Endpoint("https", text.lower())
    if text.lower().startswith("http://"):
        return _loopback(text)
    raise ValueError("must be a host name such as ses.intl.tencentcloudapi.com, or http://127.0.0.1:PORT")


def _hook(text: str) -> Hook:
    found = HOOK.fullmatch(text)
    if found and int(found["port"] or 0) <= LARGEST_PORT:
        host, port, path = found["host"].lower(), int(found["port"] or 0), found["target"].removeprefix("/")
        if text.lower().startswith("https:") and HOST_NAME.fullmatch(host) and not re.fullmatch("[0-9.]+", host):
            return Hook("https", host, port or HTTPS_PORT, f"/{path}")
        if text.lower().startswith("http:") and LOOPBACK.fullmatch(f"http://{host}") and host != "localhost":
            return Hook("http", host.strip("[]"), port or HTTP_PORT, f"/{path}")
    raise ValueError("must be https:// and a host name, not numbers; or http://127.0.0.1:PORT for tests")


def _region(text: str) -> str:
    if not FULL_REGION.fullmatch(text):
        raise ValueError("must be a region's full name, such as ap-singapore")
    return text


def _bucket(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*-[0-9]+", text):
        raise ValueError("must be a bucket's name with the account's id, such as drops-1250000000")
    return text


def _language(text: str) -> Language:
    found = language_of(text)
    if found is None:
        raise ValueError(f"must be one of {', '.join(LANGUAGES)}")
    return found


_Prefix = Annotated[str, AfterValidator(_prefix)]
_Region = Annotated[str, AfterValidator(_region)]
_Bucket = Annotated[str, AfterValidator(_bucket)]
_Lower = BeforeValidator(lambda text: text.lower())  # pydantic takes 15 ms to find out the signature of `str.lower`
_Upper = BeforeValidator(lambda text: text.upper())


class Settings(BaseModel):
    """What can be set. `read` makes one; a name here is the variable's name in lower case, but for those of SCF."""

    model_config = ConfigDict(
        alias_generator=str.upper, extra="ignore", frozen=True, hide_input_in_errors=True, validate_default=False
    )

    secret_id: SecretStr = Field(alias="TENCENTCLOUD_SECRETID")
    secret_key: SecretStr = Field(alias="TENCENTCLOUD_SECRETKEY")
    session_token: SecretStr = Field(alias="TENCENTCLOUD_SESSIONTOKEN")
    function_region: _Region | None = Field(None, alias="TENCENTCLOUD_REGION")
    appid: str | None = Field(None, alias="TENCENTCLOUD_APPID")

    incoming_prefix: _Prefix = "incoming/"
    reports_prefix: _Prefix = Field("reports/", validate_default=True)
    state_prefix: _Prefix = Field("state/", validate_default=True)
    bucket: _Bucket | None = None
    """The bucket that files are dropped into: the sweep needs it, and events of other buckets are then ignored."""
    state_bucket: _Bucket | None = None
    receiver_id: Annotated[int, Field(ge=1, le=LARGEST_RECEIVER_ID)] | None = None

    on_overflow: Annotated[Literal["refuse", "fill"], _Lower] = "refuse"
    on_invalid: Annotated[Literal["skip", "refuse"], _Lower] = "skip"
    max_invalid_percent: Annotated[float, Field(ge=0, le=100)] = 50
    settle_seconds: Annotated[float, Field(ge=0, le=LONGEST_INVOCATION)] = 120
    sweep_days: Annotated[int, Field(ge=1)] = 7
    dry_run: bool = False
    report_language: Annotated[Language, BeforeValidator(_language)] = DEFAULT
    notify_url: Annotated[Hook, BeforeValidator(_hook)] | None = None

    ses_region: _Region = "ap-singapore"
    ses_endpoint: Annotated[Endpoint, BeforeValidator(_host_or_loopback)] = Endpoint(
        "https", "ses.intl.tencentcloudapi.com"
    )
    cos_region: _Region | None = None
    cos_endpoint: Annotated[Endpoint, BeforeValidator(_loopback)] | None = None
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], _Upper] = "INFO"

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Settings:
        """The settings in an environment. A variable that is empty, or nothing but spaces, counts as not set.

        Raises `OperatorProblem`: one sentence for each wrong setting, and never a value.
        """
        names = {field.alias for field in cls.model_fields.values()}
        given = {name: value.strip() for name, value in environ.items() if name in names and value.strip()}
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            raise OperatorProblem("\n".join(_complaints(error))) from None

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

    @field_validator("reports_prefix", "state_prefix")
    @classmethod
    def _lies_apart(cls, prefix: str, info: ValidationInfo) -> str:
        """What we write must never come back to us as a file that was dropped."""
        for name in ("incoming_prefix", "reports_prefix"):
            other = info.data.get(name)
            if other and (prefix.startswith(other) or other.startswith(prefix)):
                raise ValueError(f"must lie neither inside nor around {name.upper()}")
        return prefix


def _complaints(error: ValidationError) -> Iterator[str]:
    for detail in error.errors(include_url=False, include_input=False):
        name = str(detail["loc"][0]).upper()
        if detail["type"] == "missing":
            yield f"{name} is missing: bind an execution role to the function."
        elif detail["type"] == "value_error":
            yield f"{name} {detail['ctx']['error']}."
        else:
            yield f"{name} must be {detail['msg'].removeprefix('Input should be ')}."
