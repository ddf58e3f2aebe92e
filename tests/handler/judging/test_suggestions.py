from __future__ import annotations

import pytest

from handler.judging import likely_typo


@pytest.mark.parametrize(
    ("domain", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("gamil.com", "gmail.com"),
        ("gmai.com", "gmail.com"),
        ("gmaill.com", "gmail.com"),
        ("gnail.com", "gmail.com"),
        ("GMIAL.COM", "gmail.com"),
        ("hotmial.com", "hotmail.com"),
        ("outlok.com", "outlook.com"),
        ("yaho.com", "yahoo.com"),
        ("iclould.com", None),  # two letters away from anything we know
        ("gmail.con", "gmail.com"),
        ("gmial.con", "gmail.com"),
        ("qq.con", "qq.com"),
        ("qq.co", "qq.com"),
        ("163.cm", "163.com"),
        ("acme.con", "acme.com"),
        ("acme.cmo", "acme.com"),
    ],
)
def test_slips_of_well_known_domains(domain: str, meant: str | None) -> None:
    """One wrong, missing, doubled or swapped letter of a well-known domain is seen, and `.con` in any."""
    assert likely_typo(domain) == meant


@pytest.mark.parametrize(
    "domain",
    [
        *("gmail.com", "hotmail.com", "outlook.com", "yahoo.com", "qq.com", "163.com", "126.com", "sina.com"),
        # Others that exist, a letter away from one of the providers.
        *("mail.com", "email.com", "ymail.com", "cloud.com", "sina.cn", "163.net", "yahoo.co.jp", "googlemail.com"),
        # Top-level domains that exist, a letter away from `com`.
        *("acme.co", "acme.cm", "acme.om", "acme.cn", "yahoo.co"),
        # Not domains at all.
        *("", "com", ".con", "con", "."),
    ],
)
def test_what_exists_is_no_slip(domain: str) -> None:
    """A domain that exists is not called a mistake."""
    assert likely_typo(domain) is None
