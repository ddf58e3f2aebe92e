from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handler.errors import OperatorProblem
from handler.settings import Endpoint, Hook, Prefixes, Settings
from handler.template_data import Variables

ROLE = {
    "TENCENTCLOUD_SECRETID": "AKIDexample",
    "TENCENTCLOUD_SECRETKEY": "key-example",
    "TENCENTCLOUD_SESSIONTOKEN": "token-example",
}


def read(**given: str) -> Settings:
    return Settings.read(ROLE | given)


def complaint(**given: str) -> str:
    with pytest.raises(OperatorProblem) as caught:
        read(**given)
    return caught.value.message


def but(settings: Settings, *names: str) -> dict[str, object]:
    """All settings but these and the keys."""
    left_out = {"secret_id", "secret_key", "session_token", *names}
    return {name: value for name, value in settings if name not in left_out}


def test_defaults() -> None:
    """With nothing set but the role's keys, everything is as the documentation says."""
    settings = read()
    assert but(settings, "ses_endpoint") == {
        "function_region": None,
        "appid": None,
        "incoming_prefix": "incoming/",
        "reports_prefix": "reports/",
        "state_prefix": "state/",
        "bucket": None,
        "state_bucket": None,
        "receiver_id": None,
        "group_folders": "id",
        "create_groups": False,
        "on_overflow": "refuse",
        "max_groups": 20,
        "on_invalid": "skip",
        "max_invalid_percent": 50,
        "on_no_consent": "skip",
        "skip_blocked": False,
        "settle_seconds": 120,
        "settle_hours": 24,
        "group_by_metadata": True,
        "template_data": None,
        "list_imported": True,
        "sweep_days": 7,
        "dry_run": False,
        "report_language": "en",
        "notify_url": None,
        "ses_region": "ap-singapore",
        "cos_region": None,
        "cos_endpoint": None,
        "log_level": "INFO",
    }
    assert settings.ses_endpoint == Endpoint("https", "ses.intl.tencentcloudapi.com")


def test_every_setting_is_read() -> None:
    """Each name sets its own value, and spaces around it do not matter."""
    settings = read(
        TENCENTCLOUD_REGION="ap-tokyo",
        TENCENTCLOUD_APPID="1250000000",
        INCOMING_PREFIX="in/",
        REPORTS_PREFIX="out/",
        STATE_PREFIX="memory/",
        BUCKET="drops-1250000000",
        STATE_BUCKET="locks-1250000000",
        RECEIVER_ID="1001",
        GROUP_FOLDERS="Name",
        CREATE_GROUPS="true",
        ON_OVERFLOW="Fill",
        MAX_GROUPS="40",
        ON_INVALID="REFUSE",
        MAX_INVALID_PERCENT="12.5",
        ON_NO_CONSENT="Send",
        SKIP_BLOCKED="true",
        SETTLE_SECONDS=" 0 ",
        SETTLE_HOURS="6",
        GROUP_BY_METADATA="false",
        TEMPLATE_DATA="name=姓名,city=城市",
        LIST_IMPORTED="no",
        SWEEP_DAYS="30",
        DRY_RUN="yes",
        REPORT_LANGUAGE="zh_cn",
        NOTIFY_URL="https://Hooks.example.com/a/b?key=c",
        SES_REGION="ap-hongkong",
        SES_ENDPOINT="SES.tencentcloudapi.com",
        COS_REGION="ap-shanghai-fsi",
        COS_ENDPOINT="http://127.0.0.1:8080",
        LOG_LEVEL="debug",
    )
    assert but(settings, "ses_endpoint", "cos_endpoint", "notify_url") == {
        "function_region": "ap-tokyo",
        "appid": "1250000000",
        "incoming_prefix": "in/",
        "reports_prefix": "out/",
        "state_prefix": "memory/",
        "bucket": "drops-1250000000",
        "state_bucket": "locks-1250000000",
        "receiver_id": 1001,
        "group_folders": "name",
        "create_groups": True,
        "on_overflow": "fill",
        "max_groups": 40,
        "on_invalid": "refuse",
        "max_invalid_percent": 12.5,
        "on_no_consent": "send",
        "skip_blocked": True,
        "settle_seconds": 0,
        "settle_hours": 6,
        "group_by_metadata": False,
        "template_data": Variables((("name", "姓名"), ("city", "城市"))),
        "list_imported": False,
        "sweep_days": 30,
        "dry_run": True,
        "report_language": "zh-CN",
        "ses_region": "ap-hongkong",
        "cos_region": "ap-shanghai-fsi",
        "log_level": "DEBUG",
    }
    assert settings.ses_endpoint == Endpoint("https", "ses.tencentcloudapi.com")
    assert settings.cos_endpoint == Endpoint("http", "127.0.0.1", 8080)
    assert settings.notify_url == Hook("https", "hooks.example.com", 443, "/a/b?key=c")


def test_keys_of_the_role() -> None:
    """The keys are there for whoever asks, and in no printed form of the settings."""
    settings = read()
    keys = (settings.secret_id, settings.secret_key, settings.session_token)
    assert [key.get_secret_value() for key in keys] == list(ROLE.values())
    assert not re.search("example", f"{settings} {settings!r}")


def test_empty_is_not_set() -> None:
    """A variable that is empty or blank leaves the default; the console cannot remove a variable's value otherwise."""
    assert read(RECEIVER_ID="", INCOMING_PREFIX=" ", DRY_RUN="", SES_ENDPOINT="") == read()


def test_the_environment_passed_in_is_all_that_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the process's own environment nor a variable that means nothing to us changes a setting."""
    monkeypatch.setenv("RECEIVER_ID", "1")
    assert read(PATH="/usr/bin", receiver_id="2", _env_file="x") == read()
    assert read().receiver_id is None


def test_a_name_without_its_underscores() -> None:
    """Whoever writes `DRYRUN=true` does not want the addresses sent. Names of other programs are left alone."""
    assert complaint(DRYRUN="true", _ON_INVALID="no") == (
        "DRYRUN is no setting: did you mean DRY_RUN?\n_ON_INVALID is no setting: did you mean ON_INVALID?"
    )
    assert read(LOGLEVEL="x", TENCENTCLOUD_SECRET_ID="x") == read()


@pytest.mark.parametrize("name", ROLE)
def test_missing_role(name: str) -> None:
    """Without keys the role is missing, and the error says so."""
    assert complaint(**{name: ""}) == f"{name} is missing: bind an execution role to the function."


def test_all_wrong_ones_at_once() -> None:
    """One error has a line for each wrong setting, and none of the values."""
    wrong = {
        "TENCENTCLOUD_SECRETKEY": " ",
        "INCOMING_PREFIX": "/oops/",
        "REPORTS_PREFIX": "state/oops",
        "BUCKET": "oops",
        "RECEIVER_ID": "oops",
        "ON_OVERFLOW": "oops",
        "TEMPLATE_DATA": "oops",
        "MAX_INVALID_PERCENT": "oops",
        "DRY_RUN": "oops",
        "SES_ENDPOINT": "https://oops",
        "COS_ENDPOINT": "http://127.0.0.1:oops",
        "LOG_LEVEL": "oops",
    }
    lines = complaint(**wrong).splitlines()
    assert {line.split()[0] for line in lines} == {*wrong, "STATE_PREFIX"} - {"REPORTS_PREFIX"}
    assert len(lines) == len(wrong)
    assert "oops" not in "".join(lines)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("RECEIVER_ID", "0", "must be greater than or equal to 1."),
        ("RECEIVER_ID", "9223372036854775808", "must be less than or equal to 9223372036854775807."),
        ("RECEIVER_ID", "spring", "must be a valid integer, unable to parse string as an integer."),
        ("ON_OVERFLOW", "skip", "must be 'refuse', 'fill' or 'split'."),
        ("GROUP_FOLDERS", "both", "must be 'id' or 'name'."),
        ("MAX_GROUPS", "0", "must be greater than or equal to 1."),
        ("MAX_GROUPS", "41", "must be less than or equal to 40."),
        ("ON_INVALID", "fill", "must be 'skip' or 'refuse'."),
        ("MAX_INVALID_PERCENT", "-1", "must be greater than or equal to 0."),
        ("MAX_INVALID_PERCENT", "100.1", "must be less than or equal to 100."),
        ("MAX_INVALID_PERCENT", "nan", "must be less than or equal to 100."),
        ("SETTLE_SECONDS", "-1", "must be greater than or equal to 0."),
        ("SETTLE_SECONDS", "inf", "must be less than or equal to 900."),
        ("SWEEP_DAYS", "0", "must be greater than or equal to 1."),
        ("DRY_RUN", "perhaps", "must be a valid boolean, unable to interpret input."),
        ("LOG_LEVEL", "loud", "must be 'DEBUG', 'INFO', 'WARNING' or 'ERROR'."),
        ("SES_REGION", "sg", "must be a region's full name, such as ap-singapore."),
        ("COS_REGION", "ap-tokyo.example.com", "must be a region's full name, such as ap-singapore."),
        ("TENCENTCLOUD_REGION", "ap-tokyo/", "must be a region's full name, such as ap-singapore."),
        ("BUCKET", "drops", "must be a bucket's name with the account's id, such as drops-1250000000."),
        ("STATE_BUCKET", "a.b-1", "must be a bucket's name with the account's id, such as drops-1250000000."),
        ("INCOMING_PREFIX", "/in", "must not begin with a slash: no key in a bucket does."),
        ("STATE_PREFIX", "/", "must not begin with a slash: no key in a bucket does."),
    ],
)
def test_what_is_allowed(name: str, value: str, message: str) -> None:
    """A wrong value is answered with what is allowed."""
    assert complaint(**{name: value}) == f"{name} {message}"


@pytest.mark.parametrize("text", ["true", "True", "TRUE", "1", "yes", "Y", "on", " t "])
def test_yes(text: str) -> None:
    """Yes, as people write it."""
    assert read(DRY_RUN=text).dry_run is True


@pytest.mark.parametrize("text", ["false", "False", "0", "no", "N", "off", " f "])
def test_no(text: str) -> None:
    """No, as people write it: least of all may "false" be taken for a yes because it is not empty."""
    assert read(DRY_RUN=text).dry_run is False


def test_prefixes_end_with_a_slash() -> None:
    """A slash that was forgotten is added, so that `incoming` is not also `incoming-old/`."""
    settings = read(INCOMING_PREFIX="lists/in", REPORTS_PREFIX="lists/out", STATE_PREFIX="in")
    assert settings.prefixes == Prefixes(incoming="lists/in/", reports="lists/out/", state="in/")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"REPORTS_PREFIX": "incoming/reports/"}, "REPORTS_PREFIX must lie neither inside nor around INCOMING_PREFIX."),
        ({"INCOMING_PREFIX": "reports/in"}, "REPORTS_PREFIX must lie neither inside nor around INCOMING_PREFIX."),
        ({"STATE_PREFIX": "incoming"}, "STATE_PREFIX must lie neither inside nor around INCOMING_PREFIX."),
        ({"INCOMING_PREFIX": "state"}, "STATE_PREFIX must lie neither inside nor around INCOMING_PREFIX."),
        ({"STATE_PREFIX": "reports/state"}, "STATE_PREFIX must lie neither inside nor around REPORTS_PREFIX."),
        ({"REPORTS_PREFIX": "state/reports"}, "STATE_PREFIX must lie neither inside nor around REPORTS_PREFIX."),
    ],
)
def test_prefixes_lie_apart(given: dict[str, str], message: str) -> None:
    """No prefix holds another, be it the default one: a report would be taken for a dropped file, without end."""
    assert complaint(**given) == message


@given(st.lists(st.text("ab/", min_size=1, max_size=4), min_size=3, max_size=3))
def test_no_key_is_below_two_prefixes(given: list[str]) -> None:
    """Whatever the prefixes are called: either they are refused, or none of them is the beginning of another."""
    try:
        prefixes = read(**dict(zip(["INCOMING_PREFIX", "REPORTS_PREFIX", "STATE_PREFIX"], given, strict=True))).prefixes
    except OperatorProblem:
        return
    names = [prefixes.incoming, prefixes.reports, prefixes.state]
    assert all(name.endswith("/") and not name.startswith("/") for name in names)
    assert not [1 for one in names for other in names if one is not other and one.startswith(other)]


@pytest.mark.parametrize(
    ("text", "endpoint", "netloc"),
    [
        ("http://127.0.0.1:8080", Endpoint("http", "127.0.0.1", 8080), "127.0.0.1:8080"),
        ("http://127.255.0.9:1/", Endpoint("http", "127.255.0.9", 1), "127.255.0.9:1"),
        ("HTTP://LocalHost:65535", Endpoint("http", "localhost", 65535), "localhost:65535"),
        ("http://[::1]:80", Endpoint("http", "::1", 80), "[::1]:80"),
        ("http://localhost", Endpoint("http", "localhost"), "localhost"),
    ],
)
def test_loopback(text: str, endpoint: Endpoint, netloc: str) -> None:
    """Both services may be on this machine, over plain HTTP."""
    settings = read(SES_ENDPOINT=text, COS_ENDPOINT=text)
    assert settings.ses_endpoint == settings.cos_endpoint == endpoint
    assert endpoint.netloc == netloc


@pytest.mark.parametrize(
    "text",
    [
        "http://ses.tencentcloudapi.com",
        "http://10.0.0.1:80",
        "http://128.0.0.1",
        "http://127.0.0.256",
        "http://127.1",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://user:word@127.0.0.1:80",
        "http://127.0.0.1:80@example.com",
        "http://127.0.0.1#@example.com",
        "http://127.0.0.1:80/path",
        "http://127.0.0.1:80?query",
        "http://127.0.0.1:65536",
        "http://127.0.0.1:１",
        "http://127.0.0.1\n.example.com",
        "https://127.0.0.1:80",
        "ftp://127.0.0.1",
        "127.0.0.1:80",
        "127.0.0.1:80/",
    ],
)
def test_no_loopback(text: str) -> None:
    """Anything that would take plain HTTP off this machine, or is no loopback address at all, is refused."""
    message = complaint(COS_ENDPOINT=text, SES_ENDPOINT=text)
    assert [line.split(" must be ")[0] for line in message.splitlines()] == ["SES_ENDPOINT", "COS_ENDPOINT"]


def test_ses_endpoint_is_a_host_name() -> None:
    """A host name is reached over HTTPS; a URL, a path or a single label is no host name."""
    assert read(SES_ENDPOINT="ses.ap-hongkong.tencentcloudapi.com").ses_endpoint.scheme == "https"
    for text in (
        "https://ses.tencentcloudapi.com",
        "ses.tencentcloudapi.com/",
        "ses",
        "-a.b",
        "a..b",
        "a." * 150 + "b",
    ):
        assert complaint(SES_ENDPOINT=text).startswith("SES_ENDPOINT must be a host name such as")


def test_cos_endpoint_is_no_host_name() -> None:
    """COS's hosts follow from bucket and region: the setting is for the emulator only."""
    assert complaint(COS_ENDPOINT="cos.ap-tokyo.myqcloud.com").startswith("COS_ENDPOINT must be http://127.0.0.1:PORT")


@pytest.mark.parametrize(
    ("given", "in_event", "region"),
    [
        ({"COS_REGION": "ap-seoul", "TENCENTCLOUD_REGION": "ap-tokyo"}, "ap-bangkok", "ap-seoul"),
        ({"TENCENTCLOUD_REGION": "ap-tokyo"}, "ap-bangkok", "ap-bangkok"),
        ({"TENCENTCLOUD_REGION": "ap-tokyo"}, None, "ap-tokyo"),
    ],
)
def test_region(given: dict[str, str], in_event: str | None, region: str) -> None:
    """What is set wins over the event, the event over the function's own region."""
    assert read(**given).region_for(in_event) == region


def test_no_region() -> None:
    """Where nothing names the region, the error names the setting."""
    with pytest.raises(OperatorProblem, match="COS_REGION is missing"):
        read().region_for(None)


@pytest.mark.parametrize(
    ("url", "hook"),
    [
        ("https://hooks.slack.com/services/T0/B0/x", Hook("https", "hooks.slack.com", 443, "/services/T0/B0/x")),
        ("HTTPS://Example.COM:8443?key=%20", Hook("https", "example.com", 8443, "/?key=%20")),
        ("http://127.0.0.1:8080/hook", Hook("http", "127.0.0.1", 8080, "/hook")),
        ("http://[::1]:8080", Hook("http", "::1", 8080, "/")),
    ],
)
def test_where_messages_go(url: str, hook: Hook) -> None:
    """A host name with https, or for tests a loopback address with http; the path stays as it is, and is not shown."""
    found = read(NOTIFY_URL=url).notify_url
    assert found == hook
    assert hook.target == "/" or hook.target not in repr(found)


@pytest.mark.parametrize(
    "url",
    [
        *("http://hooks.example.com/", "ftp://hooks.example.com/", "hooks.example.com/a", "https:///a"),
        *("https://10.0.0.1/", "https://127.0.0.1/", "https://[::1]/", "https://localhost/", "https://2130706433/"),
        *("http://10.0.0.1/", "http://localhost:8080/", "http://127.0.0.1.example.com/", "http://169.254.169.254/"),
        *("https://user:password@hooks.example.com/", "https://hooks.example.com:99999/", "https://a b.example.com/"),
        *("https://hooks.example.com/\u00e4", "https://hooks.example.com/a b", "https://hooks.example.com\\@10.0.0.1/"),
        "https://hooks.example.com/\r\nHost: x",
    ],
)
def test_where_no_message_goes(url: str) -> None:
    """Anything else is a wrong setting, and is not quoted in what is said about it."""
    said = complaint(NOTIFY_URL=url)
    assert said.startswith("NOTIFY_URL must be https://")
    assert url not in said
