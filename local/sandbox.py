"""A cloud of one's own: what lies in it, and the environment variables that make the function speak to it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from handler.errors import OperatorProblem
from handler.intake.route import Routing, route
from handler.intake.source import METADATA
from handler.limits import LARGEST_RECEIVER_ID
from handler.settings import Settings
from local.cloud import Cloud
from local.cloud.group import GroupProblem

BUCKET: Final = "drops-1250000000"
"""The bucket that the sample events speak of."""
REGION: Final = "ap-singapore"
GROUP: Final = 1001
"""The group whose folder the sample files lie in."""

Metadata = Mapping[str, Mapping[str, str]]
"""What the owners of files say about them, by key: `x-cos-meta-` headers."""


def is_group(number: str) -> bool:
    """Whether this can be a group's id."""
    return number.isascii() and number.isdecimal() and 1 <= int(number) <= LARGEST_RECEIVER_ID


def access(cloud: Cloud, endpoint: str) -> dict[str, str]:
    """The settings by which the function finds the emulator, and no other cloud."""
    return {
        "TENCENTCLOUD_SECRETID": cloud.credentials.secret_id,
        "TENCENTCLOUD_SECRETKEY": cloud.credentials.secret_key,
        "TENCENTCLOUD_SESSIONTOKEN": cloud.credentials.token or "",
        "TENCENTCLOUD_REGION": REGION,
        "TENCENTCLOUD_APPID": "",
        "COS_ENDPOINT": endpoint,
        "SES_ENDPOINT": endpoint,
    }


def group_name(receiver_id: int) -> str:
    """What a group is called that somebody knows by its id alone."""
    return f"newsletter {receiver_id}"


def fill(cloud: Cloud, buckets: Collection[str], files: Path, metadata: Metadata, settings: Settings) -> None:
    """Loads a folder into each of the buckets, and creates the recipient groups that its files are for."""
    for path in files.rglob("*"):
        require_text(path.relative_to(files))
    paths = {path.relative_to(files).as_posix(): path for path in sorted(files.rglob("*")) if path.is_file()}
    for bucket in {*buckets, *filter(None, [settings.state_bucket])}:
        cloud.objects.create_bucket(bucket)
    for bucket in buckets:
        for key, path in paths.items():
            cloud.objects.put(bucket, key, path, metadata.get(key, {}))
    _create_groups(cloud, paths, metadata, settings)


def _create_groups(cloud: Cloud, keys: Iterable[str], metadata: Metadata, settings: Settings) -> None:
    by_metadata = settings.group_by_metadata
    routing = Routing(settings.prefixes, settings.receiver_id, settings.group_folders, by_metadata=by_metadata)
    routes = [route(key, metadata.get(key, {}), routing) for key in keys]
    for receiver_id in sorted({found.receiver_id for found in routes if found.receiver_id}):
        cloud.groups.create(group_name(receiver_id), receiver_id=receiver_id)
    for name in sorted({found.name for found in routes if found.name and not settings.create_groups}):
        with suppress(GroupProblem):  # the service takes no such name
            cloud.groups.create(name)


def require_text(path: Path) -> None:
    """Raises `OperatorProblem` for a name that cannot be a key's."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        shown = ascii(str(path)).strip("'")
        raise OperatorProblem(
            f"{shown} has a name that is no UTF-8, which no key in a bucket has: rename it."
        ) from None


def metadata_in(event: object) -> dict[str, dict[str, str]]:
    """The `x-cos-meta-` headers that the records of an event name, by the key of the file."""
    found = {}
    for record in _records(event):
        match record:
            case {"cos": {"cosObject": {"key": str(key), "meta": {**meta}}}}:
                named = {str(name): str(value) for name, value in meta.items()}
                said = {name: value for name, value in named.items() if name.lower().startswith(METADATA)}
                found[unquote(key.split("/", 3)[-1])] = said
    return found


def _records(event: object) -> Sequence[object]:
    match event:
        case {"Records": [*records]}:
            return records
        case _:
            return ()
