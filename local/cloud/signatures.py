"""Request signatures, as the services verify them: COS (`q-sign-algorithm=sha1`) and API 3.0 (TC3-HMAC-SHA256).

Sources: https://www.tencentcloud.com/document/product/436/7778 (COS, "Request Signature") and
https://www.tencentcloud.com/document/product/1084/49482 (API 3.0, "Signature v3"). The worked examples on those pages
are this module's tests.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Final
from urllib.parse import quote

SKEW_SECONDS: Final = 300
"""API 3.0: "If the timestamp differs from the server time by more than 5 minutes, the signature expires"."""

_COS_FIELDS: Final = (
    "q-sign-algorithm",
    "q-ak",
    "q-sign-time",
    "q-key-time",
    "q-header-list",
    "q-url-param-list",
    "q-signature",
)


@dataclass(frozen=True, slots=True)
class Credentials:
    """The one pair of keys the emulator knows. Those with a token are temporary, and every request must carry it."""

    secret_id: str
    secret_key: str = field(repr=False)
    token: str | None = field(default=None, repr=False)


class SignatureRefused(Exception):
    """The service would not believe this request; `code` is its own error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Signed:
    """What a signature covers: the request as it arrived. Names of headers are in lower case."""

    method: str
    path: str
    """Decoded, with its leading `/`."""
    params: Mapping[str, str]
    headers: Mapping[str, str]
    payload: bytes = field(default=b"", repr=False)


# COS


def cos_signature(secret_key: str, key_time: str, signed: Signed, names: Iterable[str], params: Iterable[str]) -> str:
    """The value of `q-signature` over the headers and parameters named, both in the order in which they are listed."""
    lower_params = {_encoded(name).lower(): value for name, value in signed.params.items()}
    http_string = "\n".join(
        [
            signed.method.lower(),
            signed.path,
            "&".join(f"{name}={_encoded(lower_params[name])}" for name in params),
            "&".join(f"{name}={_encoded(signed.headers[name])}" for name in names),
            "",
        ]
    )
    string_to_sign = f"sha1\n{key_time}\n{_sha1(http_string)}\n"
    return _hmac_sha1(_hmac_sha1(secret_key, key_time), string_to_sign)


def verify_cos(signed: Signed, credentials: Credentials, now: float) -> None:
    """Raises `SignatureRefused` with the code COS gives; `now` is the real time in seconds since the epoch."""
    claims = _cos_claims(signed.headers.get("authorization", ""))
    if claims["q-ak"] != credentials.secret_id:
        raise SignatureRefused("InvalidAccessKeyId", "The Access Key Id you provided does not exist in our records.")
    _check_key_time(claims["q-key-time"], now)
    _check_cos_token(signed.headers.get("x-cos-security-token"), credentials.token)
    names, params = _listed(claims["q-header-list"]), _listed(claims["q-url-param-list"])
    present = {_encoded(name).lower() for name in signed.params}
    if not (set(names) <= set(signed.headers) and set(params) <= present):
        raise SignatureRefused("SignatureDoesNotMatch", "The signature lists headers or parameters that were not sent.")
    expected = cos_signature(credentials.secret_key, claims["q-key-time"], signed, names, params)
    if not hmac.compare_digest(expected, claims["q-signature"]):
        raise SignatureRefused(
            "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided."
        )


def _cos_claims(authorization: str) -> dict[str, str]:
    if not authorization:
        raise SignatureRefused("AccessDenied", "Access Denied: the request is not signed.")
    claims = {name: value for name, _, value in (part.partition("=") for part in authorization.split("&"))}
    if set(claims) != set(_COS_FIELDS) or claims["q-sign-algorithm"] != "sha1":
        raise SignatureRefused("InvalidArgument", "The Authorization header is malformed.")
    if claims["q-sign-time"] != claims["q-key-time"]:  # the page writes the same KeyTime into both
        raise SignatureRefused("InvalidArgument", "The validity of the signature is not that of its key.")
    return claims


def _check_key_time(key_time: str, now: float) -> None:
    begin, _, end = key_time.partition(";")
    if not (begin.isdigit() and end.isdigit()):
        raise SignatureRefused("InvalidArgument", "The validity of the signature is malformed.")
    if now > int(end):
        raise SignatureRefused("RequestIsExpired", "Request has expired.")
    if now < int(begin):
        raise SignatureRefused("RequestTimeTooSkewed", "The signature is not valid yet.")


def _check_cos_token(token: str | None, expected: str | None) -> None:
    if token == expected:
        return
    # COS does not know a temporary key id without its token.
    raise SignatureRefused("InvalidAccessKeyId", "The security token does not belong to this Access Key Id.")


def _listed(names: str) -> list[str]:
    return names.split(";") if names else []


def _encoded(value: str) -> str:
    """Percent-encoding of everything but letters, digits and `-_.~`."""
    return quote(value, safe="-_.~")


def _sha1(text: str) -> str:
    return hashlib.sha1(text.encode()).hexdigest()  # noqa: S324 - the service's own algorithm


def _hmac_sha1(key: str, message: str) -> str:
    return hmac.new(key.encode(), message.encode(), hashlib.sha1).hexdigest()


# API 3.0


def tc3_signature(secret_key: str, scope: str, timestamp: str, signed: Signed, names: Iterable[str]) -> str:
    """The value of `Signature`; `scope` is `<date>/<service>/tc3_request`, `names` the signed headers in order."""
    listed = list(names)
    canonical_request = "\n".join(
        [
            signed.method,
            "/",
            "",  # the query string: empty in a POST
            "".join(f"{name}:{signed.headers[name].strip().lower()}\n" for name in listed),
            ";".join(listed),
            hashlib.sha256(signed.payload).hexdigest(),
        ]
    )
    hashed = hashlib.sha256(canonical_request.encode()).hexdigest()
    string_to_sign = f"TC3-HMAC-SHA256\n{timestamp}\n{scope}\n{hashed}"
    date, service, ending = scope.split("/")
    key = ("TC3" + secret_key).encode()
    for part in (date, service, ending):
        key = _hmac_sha256(key, part)
    return _hmac_sha256(key, string_to_sign).hex()


def verify_tc3(signed: Signed, credentials: Credentials, service: str, now: float) -> None:
    """Raises `SignatureRefused` with the code API 3.0 gives; `now` is the real time in seconds since the epoch."""
    secret_id, scope, names, signature = _tc3_claims(signed.headers.get("authorization", ""))
    timestamp = signed.headers.get("x-tc-timestamp", "")
    if not timestamp.isdigit():
        raise SignatureRefused("MissingParameter", "X-TC-Timestamp is required.")
    if abs(now - int(timestamp)) > SKEW_SECONDS:
        raise SignatureRefused("AuthFailure.SignatureExpire", "The request has expired: check the clock.")
    if secret_id != credentials.secret_id:
        raise SignatureRefused("AuthFailure.SecretIdNotFound", "The SecretId is not found.")
    if signed.headers.get("x-tc-token") != credentials.token:
        raise SignatureRefused("AuthFailure.TokenFailure", "The token does not belong to this SecretId.")
    date = datetime.fromtimestamp(int(timestamp), timezone.utc).strftime("%Y-%m-%d")
    if scope != f"{date}/{service}/tc3_request" or not {"content-type", "host"} <= set(names) <= set(signed.headers):
        raise SignatureRefused("AuthFailure.SignatureFailure", "The credential scope or the signed headers are wrong.")
    expected = tc3_signature(credentials.secret_key, scope, timestamp, signed, names)
    if not hmac.compare_digest(expected, signature):
        raise SignatureRefused("AuthFailure.SignatureFailure", "The provided credentials could not be validated.")


def _tc3_claims(authorization: str) -> tuple[str, str, list[str], str]:
    algorithm, _, rest = authorization.partition(" ")
    claims = {name: value for name, _, value in (part.strip().partition("=") for part in rest.split(","))}
    if algorithm != "TC3-HMAC-SHA256" or set(claims) != {"Credential", "SignedHeaders", "Signature"}:
        raise SignatureRefused("AuthFailure.InvalidAuthorization", "The Authorization header is malformed.")
    secret_id, _, scope = claims["Credential"].partition("/")
    return secret_id, scope, claims["SignedHeaders"].split(";"), claims["Signature"]


def _hmac_sha256(key: bytes, message: str) -> bytes:
    return hmac.new(key, message.encode(), hashlib.sha256).digest()
