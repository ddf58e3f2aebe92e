from __future__ import annotations

import json
import re
from collections.abc import Iterator
from hashlib import md5
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import pytest

from handler.intake.event import Drops, Sweep, read_event
from handler.settings import Prefixes

EVENTS = Path(__file__).parent.parent / "events"
BUCKET = EVENTS / "bucket"
PREFIXES = Prefixes(incoming="incoming/", reports="reports/", state="state/")
DOCUMENTED = {
    "cos": {
        "cosSchemaVersion": str,
        "cosObject": {"url": str, "meta": {"x-cos-request-id": str, "Content-Type": str}, "vid": str, "key": str}
        | {"size": int},
        "cosBucket": {"region": str, "name": str, "appid": str},
        "cosNotificationId": str,
    },
    "event": {
        "eventName": str,
        "eventVersion": str,
        "eventTime": int,
        "eventSource": str,
        "requestParameters": {"requestSourceIP": str, "requestHeaders": {"Authorization": str}},
        "eventQueue": str,
        "reservedInfo": str,
        "reqid": int,
    },
}
"""https://www.tencentcloud.com/document/product/583/31439"""


def load(name: str) -> dict[str, Any]:
    event = json.loads((EVENTS / name).read_text(encoding="utf-8"))
    assert isinstance(event, dict)
    return event


def told() -> dict[str, str]:
    """The table of the README: what each event is read as."""
    readme = (EVENTS / "README.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^\| `([a-z-]+\.json)` \| .* \| (.*) \|$", readme, re.MULTILINE))


def retold(found: Drops | Sweep) -> str:
    """What an event is read as, in the words of the README."""
    if isinstance(found, Sweep):
        return f"sweeps {found.only or 'everything'}"
    imports = ", ".join(f"`{drop.key}`" for drop in found.drops)
    ignores = ", ".join(f"`{ignored.key}`: {ignored.why}" for ignored in found.ignored)
    return "; ".join([f"imports {imports}"] * bool(imports) + [f"ignores {ignores}"] * bool(ignores))


def records() -> Iterator[tuple[str, dict[str, Any]]]:
    return ((name, record) for name in told() for record in load(name).get("Records", []))


def fits(value: object, shape: object) -> bool:
    if isinstance(shape, dict):
        return isinstance(value, dict) and all(name in value and fits(value[name], shape[name]) for name in shape)
    return type(value) is shape


def test_all_are_told_of() -> None:
    """The README tells of every event, and of no other."""
    assert set(told()) == {path.name for path in EVENTS.glob("*.json")}
    assert len(told()) >= 8


@pytest.mark.parametrize("name", sorted(path.name for path in EVENTS.glob("*.json")))
def test_is_read_as_told(name: str) -> None:
    """Each event is read as the README says."""
    found = read_event(load(name), PREFIXES, appid="1250000000", only_bucket="drops-1250000000")
    assert retold(found) == told()[name]
    if isinstance(found, Drops):
        assert {(drop.bucket, drop.region) for drop in found.drops} <= {("drops-1250000000", "ap-singapore")}


def test_shapes() -> None:
    """Every record has all that the documentation shows, each of the kind it shows."""
    assert [name for name, record in records() if not fits(record, DOCUMENTED)] == []
    assert [list(load("timer.json"))] == [["Type", "TriggerName", "Time", "Message"]]


def test_records_agree_with_the_bucket() -> None:
    """Each record speaks of a file in the bucket, gives its size, perhaps its ETag, and its name in URL and key."""
    for name, record in records():
        cos_object = record["cos"]["cosObject"]
        key = unquote(cos_object["key"].removeprefix("/1250000000/drops/"))
        assert urlsplit(cos_object["url"]).path == f"/{quote(key)}", name
        if "ObjectCreated" in record["event"]["eventName"]:
            content = (BUCKET / key).read_bytes()
            assert cos_object["size"] == len(content), name
            assert cos_object["meta"].get("ETag") in {None, f'"{md5(content, usedforsecurity=False).hexdigest()}"'}, (
                name
            )


def test_no_two_are_the_same_drop() -> None:
    """Replayed one after another, none of the events is taken for another delivery of one before."""
    found = [read_event(load(name), PREFIXES) for name in told()]
    ids = [drop.import_id for each in found if isinstance(each, Drops) for drop in each.drops]
    assert len(ids) == len(set(ids))


def test_every_file_is_spoken_of() -> None:
    """Every file in the bucket is in some event, and in the README."""
    files = {path.relative_to(BUCKET).as_posix() for path in BUCKET.rglob("*") if path.is_file()}
    assert files == {unquote(record["cos"]["cosObject"]["key"].split("/drops/")[1]) for _, record in records()}
    readme = (EVENTS / "README.md").read_text(encoding="utf-8")
    assert [file for file in files if f"| `{file.rpartition('/')[2]}` |" not in readme] == []


def test_nobody_is_real() -> None:
    """Only domains that are reserved for examples are in the samples (RFC 2606)."""
    texts = [path.read_text(encoding="utf-8-sig") for path in BUCKET.rglob("*.csv")]
    domains = {domain.lower() for text in texts for domain in re.findall(r"@([\w.-]+)", text)}
    assert [each for each in domains if not re.fullmatch(r"(.+\.)?example\.(com|net|org)", each)] == ["example"]
    assert domains >= {"example.com", "example.net", "example.org"}
