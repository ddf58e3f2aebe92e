"""Which group a file is meant for, and where its report goes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote

from handler.errors import SourceProblem
from handler.limits import KEY_BYTES, LARGEST_RECEIVER_ID
from handler.said import Said
from handler.settings import Prefixes

RECEIVER_ID_HEADER: Final = "x-cos-meta-receiver-id"
LONGEST_REPORT_NAME: Final = len("/0123456789abcdef/remaining.csv")


@dataclass(frozen=True, slots=True)
class Route:
    """Which group a file is meant for, and where its report goes. There is a place for the report in any case."""

    receiver_id: int | None
    folder: str
    """`reports/1001/any/path/spring.csv/`"""

    def import_folder(self, import_id: str) -> str:
        """Where the files of one import's report lie."""
        return f"{self.folder}{import_id}/"


def route(key: str, metadata: Mapping[str, str], prefixes: Prefixes, default: int | None) -> Route:
    """The group for a file: its metadata wins over its folder, its folder over `default` (`RECEIVER_ID`)."""
    in_folder, path = _split_folder(below(key, prefixes.incoming) or key)
    named = _named(metadata)
    receiver_id = _receiver_id(named.strip()) if named is not None else in_folder or default
    return Route(receiver_id, _report_folder(prefixes.reports, receiver_id, path))


def no_group(metadata: Mapping[str, str], prefixes: Prefixes) -> SourceProblem:
    """What to say of a file for which there is no group."""
    if _named(metadata) is not None:
        return SourceProblem("no_group", Said("file.no_number", header=RECEIVER_ID_HEADER))
    folder = f"{prefixes.incoming}1001/"
    return SourceProblem("no_group", Said("file.no_group", folder=folder, id="1001", header=RECEIVER_ID_HEADER))


def _named(metadata: Mapping[str, str]) -> str | None:
    return {name.lower(): value for name, value in metadata.items()}.get(RECEIVER_ID_HEADER)


def _split_folder(path: str) -> tuple[int | None, str]:
    """The group that the first folder names, and the path below it."""
    first, slash, rest = path.partition("/")
    receiver_id = _receiver_id(first) if slash else None
    return (None, path) if receiver_id is None else (receiver_id, rest)


def _receiver_id(text: str) -> int | None:
    if not re.fullmatch(r"[0-9]{1,19}", text):
        return None
    return int(text) if 0 < int(text) <= LARGEST_RECEIVER_ID else None


def _report_folder(prefix: str, receiver_id: int | None, path: str) -> str:
    start = f"{prefix}{receiver_id or 'no-group'}/"
    path = "/".join("_" if unquote(part) in {".", ".."} else part for part in path.split("/"))  # clients resolve them
    return f"{start}{_shortened(path, KEY_BYTES - len(start.encode()) - LONGEST_REPORT_NAME)}/"


def _shortened(path: str, limit: int) -> str:
    """A report's key is longer than the file's: what would pass the limit is cut. The import id keeps it unique."""
    return path.encode("utf-8", "replace")[:limit].decode("utf-8", "ignore")


def below(key: str, prefix: str) -> str | None:
    """What follows the prefix, or `None`. Whether keys in events are percent-encoded is written down nowhere."""
    for form in (prefix, quote(prefix)):
        if key.startswith(form):
            return key[len(form) :]
    return None
