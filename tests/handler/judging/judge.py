"""email-validator as the judge, asked the slow way; and addresses to ask about.

It is overruled where a sign before an address is lawful in it and hardly a part of it (`-a@b`, `email=a@b`), and where
an address is written with full-width signs.
"""

from __future__ import annotations

import re
import unicodedata

from email_validator import EmailNotValidError, validate_email
from hypothesis import strategies as st

GOOD = (
    "anna@example.com",
    "First.Last+news@Mail.Example.co.uk",
    "123456789@qq.com",
    "o'neil_x=y@sub-domain.example.org",
    "INFO@EXAMPLE.COM",
    "a!#$%&'*/?^`{|}~@x.cn",
    "x@a-b-c.de",
    "a@xn--bcher-kva.example",
    "li@例子.中国",
    "y@bücher.de",
    "z@faß.de",
    "w@пример.рф",
    "u@مثال.com",
    "x@ｅｘａｍｐｌｅ．ｃｏｍ",
)

_INSERTED = (
    *"@.-_+'\"<>()[],;: \t\\/|aZ0",
    *("..", "@@", "--", "xn--", "ab--", ".-", "-.", ".local", ".TEST", ".invalid", "localhost", ".1", "。", "．", "＠"),
    *("é", "e\u0301", "ß", "İ", "ſ", "例", "٠", "א", "\u0338", "\u200d", "\u202e", "\ufe0f", "\ud800", "\x00", "\x7f"),
)


GLUED = re.compile(
    r"[^a-zA-Z0-9_]|([^@]*[?&])?([\w.-]*mail[\w.-]*|to|b?cc)=\w"
    r"|([^@]*[?&])?[a-z][\w.-]*=(?![^@]*\.(com|net|org|[a-z]{2})@)\w",
    re.IGNORECASE | re.ASCII,
)


def verdict(address: str) -> str | None:
    """The address in the form email-validator gives it for sending, `None` where it refuses."""
    address = re.sub("[！-～﹫]", lambda sign: unicodedata.normalize("NFKC", sign[0]), address)
    try:
        found = validate_email(address, strict=True, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        return None
    sent = found.ascii_email or ""
    return None if GLUED.match(sent) else sent


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A good address with up to five mistakes in it."""
    text = draw(st.sampled_from(GOOD))
    for _ in range(draw(st.integers(0, 5))):
        place = draw(st.integers(0, len(text)))
        length = draw(st.sampled_from((0, 0, 1, 2)))
        new = draw(st.sampled_from(("", *_INSERTED)))
        text = text[:place] + new + text[place + length :]
        if draw(st.sampled_from((False, False, False, True))):
            text = text.swapcase()
    return text


@st.composite
def about_as_long_as_allowed(draw: st.DrawFn) -> str:
    """An address whose parts end just before or just after each limit."""
    local = "a" * draw(st.sampled_from((1, 63, 64, 65)))
    letter = draw(st.sampled_from(("b", "B", "9", "é", "例", "e\u0301")))
    labels = [letter * draw(st.sampled_from((1, 20, 56, 58, 62, 63, 64)))] * draw(st.integers(1, 4))
    domain = ".".join((*labels, "com"))
    missing = 254 - len(local) - 1 - len(domain) - 1
    if missing > 0 and draw(st.booleans()):
        domain = f"{'c' * max(1, missing + draw(st.integers(-1, 1)))}.{domain}"
    return f"{local}@{domain}"
