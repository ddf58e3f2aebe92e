"""The published worked examples, and what the services refuse."""

from __future__ import annotations

from dataclasses import replace

import pytest

from local.cloud.signatures import (
    Credentials,
    SignatureRefused,
    Signed,
    cos_signature,
    tc3_signature,
    verify_cos,
    verify_tc3,
)

# https://www.tencentcloud.com/document/product/436/7778, "Use Case". The keys are the page's own.
COS_KEYS = Credentials("AKIDQjz3ltompVjBni5LitkWHFlFpwkn9U5q", "BQYIM75p8x0iWVFSIgqEKwFprpRSVHlz")
COS_HOST = "examplebucket-1250000000.cos.ap-beijing.myqcloud.com"
UPLOAD = Signed(
    "PUT",
    "/exampleobject(腾讯云)",
    {},
    {
        "date": "Thu, 16 May 2019 06:45:51 GMT",
        "host": COS_HOST,
        "content-type": "text/plain",
        "content-length": "13",
        "content-md5": "mQ/fVh815F3k6TAUm8m0eg==",
        "x-cos-acl": "private",
        "x-cos-grant-read": 'uin="100000000011"',
        "authorization": (
            "q-sign-algorithm=sha1&q-ak=AKIDQjz3ltompVjBni5LitkWHFlFpwkn9U5q&q-sign-time=1557989151;1557996351"
            "&q-key-time=1557989151;1557996351"
            "&q-header-list=content-length;content-md5;content-type;date;host;x-cos-acl;x-cos-grant-read"
            "&q-url-param-list=&q-signature=3b8851a11a569213c17ba8fa7dcf2abec6935172"
        ),
    },
)
DOWNLOAD = Signed(
    "GET",
    "/exampleobject(腾讯云)",
    {"response-content-type": "application/octet-stream", "response-cache-control": "max-age=600"},
    {
        "date": "Thu, 16 May 2019 06:55:53 GMT",
        "host": COS_HOST,
        "authorization": (
            "q-sign-algorithm=sha1&q-ak=AKIDQjz3ltompVjBni5LitkWHFlFpwkn9U5q&q-sign-time=1557989753;1557996953"
            "&q-key-time=1557989753;1557996953&q-header-list=date;host"
            "&q-url-param-list=response-cache-control;response-content-type"
            "&q-signature=01681b8c9d798a678e43b685a9f1bba0f6c0e012"
        ),
    },
)
COS_NOW = 1557990000.0

# "Signature v3" of API 3.0, the example DescribeInstances. The keys are the page's own.
TC3_KEYS = Credentials("AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE")
TC3_SIGNATURE = "72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"
DESCRIBE = Signed(
    "POST",
    "/",
    {},
    {
        "content-type": "application/json; charset=utf-8",
        "host": "cvm.tencentcloudapi.com",
        "x-tc-timestamp": "1551113065",
        "authorization": (
            "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/cvm/tc3_request,"
            f" SignedHeaders=content-type;host, Signature={TC3_SIGNATURE}"
        ),
    },
    rb'{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}',
)
TC3_NOW = 1551113065.0


def changed(signed: Signed, name: str, old: str, new: str) -> Signed:
    """The same request with one header written otherwise."""
    assert old in signed.headers[name]
    return replace(signed, headers={**signed.headers, name: signed.headers[name].replace(old, new)})


def test_cos_signs_as_the_published_upload_does() -> None:
    """The worked example of an upload comes out to the last digit."""
    names = ["content-length", "content-md5", "content-type", "date", "host", "x-cos-acl", "x-cos-grant-read"]
    signature = cos_signature(COS_KEYS.secret_key, "1557989151;1557996351", UPLOAD, names, [])
    assert signature == "3b8851a11a569213c17ba8fa7dcf2abec6935172"


def test_cos_signs_parameters_as_the_published_download_does() -> None:
    """The worked example of a download, with its two parameters, comes out to the last digit."""
    params = ["response-cache-control", "response-content-type"]
    signature = cos_signature(COS_KEYS.secret_key, "1557989753;1557996953", DOWNLOAD, ["date", "host"], params)
    assert signature == "01681b8c9d798a678e43b685a9f1bba0f6c0e012"


@pytest.mark.parametrize("signed", [UPLOAD, DOWNLOAD], ids=["upload", "download"])
def test_cos_takes_the_published_requests(signed: Signed) -> None:
    """The published requests are valid within their time."""
    verify_cos(signed, COS_KEYS, COS_NOW)


def test_tc3_signs_as_published() -> None:
    """The worked example DescribeInstances comes out to the last digit."""
    scope = "2019-02-25/cvm/tc3_request"
    found = tc3_signature(TC3_KEYS.secret_key, scope, "1551113065", DESCRIBE, ["content-type", "host"])
    assert found == TC3_SIGNATURE


def test_tc3_takes_the_published_request() -> None:
    """The published request is valid within five minutes, before and after."""
    for now in (TC3_NOW - 300, TC3_NOW, TC3_NOW + 300):
        verify_tc3(DESCRIBE, TC3_KEYS, "cvm", now)


@pytest.mark.parametrize(
    ("signed", "keys", "now", "code"),
    [
        (replace(DOWNLOAD, path="/another"), COS_KEYS, COS_NOW, "SignatureDoesNotMatch"),
        (replace(DOWNLOAD, method="HEAD"), COS_KEYS, COS_NOW, "SignatureDoesNotMatch"),
        (
            replace(DOWNLOAD, params={**DOWNLOAD.params, "response-cache-control": "max-age=601"}),
            COS_KEYS,
            COS_NOW,
            "SignatureDoesNotMatch",
        ),
        (replace(DOWNLOAD, params={}), COS_KEYS, COS_NOW, "SignatureDoesNotMatch"),
        (changed(DOWNLOAD, "host", "beijing", "shanghai"), COS_KEYS, COS_NOW, "SignatureDoesNotMatch"),
        (
            changed(DOWNLOAD, "authorization", "date;host", "date;host;range"),
            COS_KEYS,
            COS_NOW,
            "SignatureDoesNotMatch",
        ),
        (DOWNLOAD, replace(COS_KEYS, secret_key="another"), COS_NOW, "SignatureDoesNotMatch"),
        (DOWNLOAD, replace(COS_KEYS, secret_id="another"), COS_NOW, "InvalidAccessKeyId"),
        (DOWNLOAD, replace(COS_KEYS, token="token"), COS_NOW, "InvalidAccessKeyId"),
        (DOWNLOAD, COS_KEYS, 1557996954.0, "RequestIsExpired"),
        (DOWNLOAD, COS_KEYS, 1557989752.0, "RequestTimeTooSkewed"),
        (changed(DOWNLOAD, "authorization", "=sha1", "=md5"), COS_KEYS, COS_NOW, "InvalidArgument"),
        (changed(DOWNLOAD, "authorization", "1557996953", "never"), COS_KEYS, COS_NOW, "InvalidArgument"),
        (
            changed(DOWNLOAD, "authorization", "q-sign-time=155", "q-sign-time=154"),
            COS_KEYS,
            COS_NOW,
            "InvalidArgument",
        ),
        (replace(DOWNLOAD, headers={"host": COS_HOST}), COS_KEYS, COS_NOW, "AccessDenied"),
    ],
)
def test_cos_refuses_what_was_not_signed_so(signed: Signed, keys: Credentials, now: float, code: str) -> None:
    """Every part of the signature counts, and each refusal has the service's own code."""
    with pytest.raises(SignatureRefused) as refused:
        verify_cos(signed, keys, now)
    assert refused.value.code == code


def test_cos_wants_the_token_of_temporary_keys() -> None:
    """With the token beside it the same request is taken."""
    signed = replace(DOWNLOAD, headers={**DOWNLOAD.headers, "x-cos-security-token": "token"})
    verify_cos(signed, replace(COS_KEYS, token="token"), COS_NOW)


@pytest.mark.parametrize(
    ("signed", "keys", "now", "code"),
    [
        (replace(DESCRIBE, payload=b"{}"), TC3_KEYS, TC3_NOW, "AuthFailure.SignatureFailure"),
        (changed(DESCRIBE, "host", "cvm", "cbs"), TC3_KEYS, TC3_NOW, "AuthFailure.SignatureFailure"),
        (
            changed(DESCRIBE, "authorization", "content-type;host", "host"),
            TC3_KEYS,
            TC3_NOW,
            "AuthFailure.SignatureFailure",
        ),
        (changed(DESCRIBE, "authorization", "02-25", "02-24"), TC3_KEYS, TC3_NOW, "AuthFailure.SignatureFailure"),
        (DESCRIBE, replace(TC3_KEYS, secret_key="another"), TC3_NOW, "AuthFailure.SignatureFailure"),
        (DESCRIBE, replace(TC3_KEYS, secret_id="another"), TC3_NOW, "AuthFailure.SecretIdNotFound"),
        (DESCRIBE, replace(TC3_KEYS, token="token"), TC3_NOW, "AuthFailure.TokenFailure"),
        (DESCRIBE, TC3_KEYS, TC3_NOW + 301, "AuthFailure.SignatureExpire"),
        (DESCRIBE, TC3_KEYS, TC3_NOW - 301, "AuthFailure.SignatureExpire"),
        (changed(DESCRIBE, "authorization", "TC3", "TC4"), TC3_KEYS, TC3_NOW, "AuthFailure.InvalidAuthorization"),
        (changed(DESCRIBE, "x-tc-timestamp", "1551113065", ""), TC3_KEYS, TC3_NOW, "MissingParameter"),
    ],
)
def test_tc3_refuses_what_was_not_signed_so(signed: Signed, keys: Credentials, now: float, code: str) -> None:
    """Every part of the signature counts, and each refusal has the service's own code."""
    with pytest.raises(SignatureRefused) as refused:
        verify_tc3(signed, keys, "cvm", now)
    assert refused.value.code == code


def test_tc3_wants_the_content_type_signed() -> None:
    """A signature over the host alone is refused, though it is right."""
    signature = tc3_signature(TC3_KEYS.secret_key, "2019-02-25/cvm/tc3_request", "1551113065", DESCRIBE, ["host"])
    signed = changed(DESCRIBE, "authorization", "content-type;host", "host")
    with pytest.raises(SignatureRefused, match="signed headers"):
        verify_tc3(changed(signed, "authorization", TC3_SIGNATURE, signature), TC3_KEYS, "cvm", TC3_NOW)


def test_keys_do_not_show() -> None:
    """Neither the key nor the token is in the representation of the credentials."""
    assert repr(Credentials("id", "secret-key", "some-token")) == "Credentials(secret_id='id')"
