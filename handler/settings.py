"""The settings: environment variables, read anew at every invocation, every wrong one named in one error."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, Final, Literal, TypeVar

from handler.errors import OperatorProblem
from handler.limits import LARGEST_RECEIVER_ID

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


Number = TypeVar("Number", bound=float)

HOST_NAME: Final = r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+"
LOOPBACK: Final = (
    r"http://(?P<host>localhost|127(\.(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])){3}|\[::1\])(:(?P<port>[0-9]{1,5}))?/?"
)
HOOK: Final = r"(?i:https?)://(?P<host>[^/?#@:\s\[\]]+|\[::1\])(:(?P<port>[0-9]{1,5}))?(?P<target>([/?][!-~]*)?)"
"""No user, no password, nothing behind a `#`; the path in plain ASCII, as it goes over the wire. None of the three is
compiled before it is needed."""
HTTP_PORT: Final = 80
HTTPS_PORT: Final = 443
LARGEST_PORT: Final = 65_535
LONGEST_INVOCATION: Final = 900
"""Seconds. SCF allows no longer one: waiting past it is waiting for ever."""
TRUTHS: Final = {
    **dict.fromkeys(("true", "t", "yes", "y", "on", "1"), True),
    **dict.fromkeys(("false", "f", "no", "n", "off", "0"), False),
}


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


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError("must be a valid integer, unable to parse string as an integer") from None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError("must be a valid number, unable to parse string as a number") from None


def _within(read: Callable[[str], Number], least: float, most: float | None = None) -> Callable[[str], Number]:
    def read_within(text: str) -> Number:
        value = read(text)
        if value < least:
            raise ValueError(f"must be greater than or equal to {least}")
        if most is not None and not value <= most:  # nor is "nan"
            raise ValueError(f"must be less than or equal to {most}")
        return value

    return read_within


def _one_of(*names: str) -> Callable[[str], str]:
    """Whatever the case they are written in."""
    *others, last = map(repr, names)
    allowed = f"must be {', '.join(others)} or {last}"

    def read(text: str) -> str:
        for name in names:
            if text.lower() == name.lower():
                return name
        raise ValueError(allowed)

    return read


def _truth(text: str) -> bool:
    found = TRUTHS.get(text.lower())
    if found is None:
        raise ValueError("must be a valid boolean, unable to interpret input")
    return found


def _set(read: Callable[[str], object], default: object = MISSING, *, name: str = "") -> Any:
    """A setting: what makes a value of its text, raising `ValueError` for a wrong one with what it must be.

    `name` is the variable's, where that is not the field's name in capitals. Without a default it is one of the
    role's keys: those must be there, and are never shown.
    """
    metadata = {"read": read, "name": name}
    return field(default=default, repr=default is not MISSING, metadata=metadata)


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be set. `read` makes one; a name here is the variable's name in lower case, but for those of SCF.

    Read with the standard library: pydantic is a quarter of a cold start, and would do it in as many lines.
    """

    secret_id: str = _set(str, name="TENCENTCLOUD_SECRETID")
    secret_key: str = _set(str, name="TENCENTCLOUD_SECRETKEY")
    session_token: str = _set(str, name="TENCENTCLOUD_SESSIONTOKEN")
    function_region: str | None = _set(_region, None, name="TENCENTCLOUD_REGION")
    appid: str | None = _set(str, None, name="TENCENTCLOUD_APPID")

    incoming_prefix: str = _set(_prefix, "incoming/")
    reports_prefix: str = _set(_prefix, "reports/")
    state_prefix: str = _set(_prefix, "state/")
    bucket: str | None = _set(_bucket, None)
    """The bucket that files are dropped into: the sweep needs it, and events of other buckets are then ignored."""
    state_bucket: str | None = _set(_bucket, None)
    receiver_id: int | None = _set(_within(_whole, 1, LARGEST_RECEIVER_ID), None)

    on_overflow: Literal["refuse", "fill"] = _set(_one_of("refuse", "fill"), "refuse")
    on_invalid: Literal["skip", "refuse"] = _set(_one_of("skip", "refuse"), "skip")
    max_invalid_percent: float = _set(_within(_number, 0, 100), 50)
    settle_seconds: float = _set(_within(_number, 0, LONGEST_INVOCATION), 120)
    sweep_days: int = _set(_within(_whole, 1), 7)
    dry_run: bool = _set(_truth, False)
    report_language: Language = _set(_language, DEFAULT)
    notify_url: Hook | None = _set(_hook, None)

    ses_region: str = _set(_region, "ap-singapore")
    ses_endpoint: Endpoint = _set(_host_or_loopback, Endpoint("https", "ses.intl.tencentcloudapi.com"))
    cos_region: str | None = _set(_region, None)
    cos_endpoint: Endpoint | None = _set(_loopback, None)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = _set(_one_of("DEBUG", "INFO", "WARNING", "ERROR"), "INFO")

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Settings:
        """The settings in an environment. A variable that is empty, or nothing but spaces, counts as not set.

        Raises `OperatorProblem`: one sentence for each wrong setting, and never a value.
        """
        values: dict[str, Any] = {}
        complaints: list[str] = []
        for setting in fields(cls):
            name = variable(setting)
            text = environ.get(name, "").strip()
            try:
                if text:
                    values[setting.name] = setting.metadata["read"](text)
                elif setting.default is MISSING:
                    complaints.append(f"{name} is missing: bind an execution role to the function.")
                else:
                    values[setting.name] = setting.default
            except ValueError as wrong:
                complaints.append(f"{name} {wrong}.")
        complaints += _overlaps(values)
        if complaints:
            raise OperatorProblem("\n".join(complaints))
        return cls(**values)

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


def variable(setting: Field[Any]) -> str:
    """The name of the environment variable that a field of `Settings` is read from."""
    return setting.metadata["name"] or setting.name.upper()


def _overlaps(values: Mapping[str, str]) -> Iterator[str]:
    """What we write must never come back to us as a file that was dropped: a sentence for each prefix that lies wrong,
    of those that are none in themselves."""
    names = [name for name in ("incoming_prefix", "reports_prefix", "state_prefix") if name in values]
    for at, name in enumerate(names):
        for other in names[:at]:
            if values[name].startswith(values[other]) or values[other].startswith(values[name]):
                yield f"{name.upper()} must lie neither inside nor around {other.upper()}."
                break
