"""Which group a file is meant for, and where its report goes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import quote, unquote

from handler.errors import SourceProblem
from handler.limits import KEY_BYTES, LARGEST_RECEIVER_ID
from handler.said import Said
from handler.settings import Prefixes

RECEIVER_ID_HEADER: Final = "x-cos-meta-receiver-id"
RECEIVER_NAME_HEADER: Final = "x-cos-meta-receiver-name"
LONGEST_REPORT_NAME: Final = len("/0123456789abcdef/remaining.csv")


@dataclass(frozen=True, slots=True)
class Routing:
    """What the settings say about it."""

    prefixes: Prefixes
    default: int | None = None
    """RECEIVER_ID: the group of files that nothing else says anything of."""
    folders: Literal["id", "name"] = "id"
    """What the first folder below the incoming prefix is."""
    by_metadata: bool = True
    """Whether a file's metadata win over its folder."""


@dataclass(frozen=True, slots=True)
class Route:
    """Which group a file is meant for, and where its report goes. There is a place for the report in any case."""

    receiver_id: int | None
    name: str | None
    """The group's name, where it is said instead of its id."""
    folder: str
    """`reports/1001/any/path/spring.csv/`"""

    def import_folder(self, import_id: str) -> str:
        """Where the files of one import's report lie."""
        return f"{self.folder}{import_id}/"


def route(key: str, metadata: Mapping[str, str], routing: Routing) -> Route:
    """The group for a file: its metadata win over its folder, its folder over the default."""
    in_folder, path = _split_folder(below(key, routing.prefixes.incoming) or key, routing.folders)
    by_id, by_name = _said(metadata, routing)
    receiver_id, name = routing.default, None
    if by_id is not None or by_name is not None:
        receiver_id = _receiver_id(by_id.strip()) if by_id is not None and by_name is None else None
        name = by_name if by_id is None else None
    elif in_folder is not None:
        receiver_id, name = (_receiver_id(in_folder), None) if routing.folders == "id" else (None, in_folder)
    return Route(receiver_id, name, _report_folder(routing.prefixes.reports, receiver_id, name, path))


def no_group(metadata: Mapping[str, str], routing: Routing) -> SourceProblem:
    """What to say of a file for which there is no group."""
    by_id, by_name = _said(metadata, routing)
    if by_id is not None and by_name is not None:
        return SourceProblem("no_group", Said("file.two_groups"))
    if by_id is not None:
        return SourceProblem("no_group", Said("file.no_number", header=RECEIVER_ID_HEADER))
    if routing.folders == "name":
        folder = f"{routing.prefixes.incoming}spring/"
        return SourceProblem("no_group", Said("file.no_name", folder=folder, header=RECEIVER_NAME_HEADER))
    folder = f"{routing.prefixes.incoming}1001/"
    return SourceProblem("no_group", Said("file.no_group", folder=folder, id="1001", header=RECEIVER_ID_HEADER))


def _said(metadata: Mapping[str, str], routing: Routing) -> tuple[str | None, str | None]:
    """The id, and the name, that a file's metadata give; percent-encoded where the name is not ASCII."""
    if not routing.by_metadata:
        return None, None
    given = {name.lower(): value for name, value in metadata.items()}
    name = unquote(given.get(RECEIVER_NAME_HEADER, "")).strip()
    return given.get(RECEIVER_ID_HEADER), name or None


def _split_folder(path: str, folders: Literal["id", "name"]) -> tuple[str | None, str]:
    """The group that the first folder names, by its id or its name, and the path below it."""
    first, slash, rest = path.partition("/")
    is_group = slash and (first.strip() if folders == "name" else _receiver_id(first))
    return (first, rest) if is_group else (None, path)


def _receiver_id(text: str) -> int | None:
    if not re.fullmatch(r"[0-9]{1,19}", text):
        return None
    return int(text) if 0 < int(text) <= LARGEST_RECEIVER_ID else None


def _report_folder(prefix: str, receiver_id: int | None, name: str | None, path: str) -> str:
    start = f"{prefix}{group_label(receiver_id, name)}/"
    path = "/".join(map(_reachable, path.split("/")))
    return f"{start}{_shortened(path, KEY_BYTES - len(start.encode()) - LONGEST_REPORT_NAME)}/"


def group_label(receiver_id: int | None, name: str | None) -> str:
    """What the folder of a group is called below the reports prefix: by its name where that is how it is said."""
    group = name.replace("/", "%2F") if name else str(receiver_id or "no-group")
    return _reachable(_shortened(group, KEY_BYTES // 2))


def _reachable(part: str) -> str:
    """HTTP clients resolve dots."""
    return "_" if unquote(part) in {".", ".."} else part


def _shortened(path: str, limit: int) -> str:
    """A report's key is longer than the file's: what would pass the limit is cut. The import id keeps it unique."""
    return path.encode("utf-8", "replace")[:limit].decode("utf-8", "ignore")


def below(key: str, prefix: str) -> str | None:
    """What follows the prefix, or `None`. Whether keys in events are percent-encoded is written down nowhere."""
    for form in (prefix, quote(prefix)):
        if key.startswith(form):
            return key[len(form) :]
    return None
