"""index.html: the last imports of every group on one page, below the reports prefix; index.json is for programs.

Many invocations write these two, and COS has no compare-and-swap, yet no import may be lost on them. So each group has
an object of its own below the state prefix, written with its history under its lock, and the page is made of those.
Whoever has written the page lists them, and writes it again as long as one of them has changed. So the last one to
write it has seen afterwards that nothing was missing, and whoever notes a group later writes it later.

An invocation does this once, when its locks are given back. Where nobody else does, it is four requests: the page of
the last time is taken over. Whoever is killed before leaves it to the next attempt, or to the next import.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import md5
from itertools import islice
from typing import TYPE_CHECKING, Final, Literal

from handler import limits
from handler.reporting.history import Entry, History, Row
from handler.reporting.html import HTML_TYPE, Html, link_to
from handler.reporting.words import words
from handler.settings import Language
from handler.state.store import Bucket
from handler.state.stored import from_json, to_json
from handler.timing import Deadline

if TYPE_CHECKING:
    from markupsafe import Markup

JSON_TYPE: Final = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupImports:
    """The last imports of one group."""

    folder: str
    """Below the reports prefix: by what the group is called there, its id or its name."""
    receiver_id: int | None
    """`None` for a group that is not there yet."""
    name: str | None
    page: str
    """The key of latest.html."""
    imports: tuple[Entry, ...]
    """The newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """The whole of index.json."""

    index_version: Literal[1] = 1
    groups: tuple[GroupImports, ...] = ()
    """The one with the newest import first."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """What the page is made of: the ETag of each group's object, by its folder. More groups than are shown."""

    def with_group(self, folder: str, version: str, group: GroupImports | None) -> Index:
        """The index with later news of one group; `None` where there is nothing to show of it."""
        others = [other for other in self.groups if other.folder != folder]
        groups = [*others, group] if group and group.imports else others
        newest_first = sorted(groups, key=lambda each: each.imports[0].started_at, reverse=True)
        return replace(
            self, groups=tuple(newest_first[: limits.INDEX_GROUPS]), versions={**self.versions, folder: version}
        )

    def to_json(self) -> bytes:
        """As it is written into the bucket."""
        return to_json(self, indent=1) + b"\n"

    def to_html(self, language: Language, prefix: str) -> bytes:
        """The page; `prefix` is the folder that it lies in."""
        html = Html(words(language))
        shown = [_Shown(group, html, prefix) for group in self.groups]
        return html.fill("index", groups=shown, further=len(self.versions) - len(shown))


class _Shown:
    """What the template asks for about one group."""

    def __init__(self, group: GroupImports, html: Html, prefix: str) -> None:
        self.link = link_to(group.page.removeprefix(prefix))
        self.name: Markup = html.group(str(group.receiver_id or ""), group.name)
        self.rows = [Row(entry, html, prefix, self.name) for entry in group.imports]


@dataclass(slots=True)
class IndexPage:
    """The page of one bucket, as one invocation writes it."""

    state: Bucket
    files: Bucket
    folder: str
    """Of the groups' objects, such as `state/groups/drops-1250000000/`."""
    reports: str
    """The prefix."""
    language: Language
    deadline: Deadline
    reserve: float = 0.0
    """Seconds that it leaves untouched."""
    _noted: dict[str, tuple[str, GroupImports]] = field(default_factory=dict, repr=False)
    """What this invocation has written of groups, with its version, by their folders."""

    def note(self, history: History, folder: str, page: str) -> None:
        """Writes down what there is to show of a group. To be called by the holder of its lock."""
        imports = history.imports[: limits.INDEX_IMPORTS]
        group = GroupImports(
            folder=folder, receiver_id=history.receiver_id, name=history.name, page=page, imports=imports
        )
        body = to_json(group)
        self.state.write(f"{self.folder}{folder}", body, JSON_TYPE)
        # An ETag is the MD5 of what was written, in most buckets; where it is not, the listing says so.
        self._noted[folder] = md5(body, usedforsecurity=False).hexdigest(), group

    def write(self) -> None:
        """Writes the page until all groups are on it as they are. To be called by nobody who holds a lock."""
        index = written = self._read()
        for folder, (version, group) in self._noted.items():
            index = index.with_group(folder, version, group)
        if not self._noted:  # an event that has come again, perhaps of somebody who was killed before this
            index = self._with_news(index)
        while index != written and self.deadline.remaining() > self.reserve:
            self.files.write(f"{self.reports}index.html", index.to_html(self.language, self.reports), HTML_TYPE)
            self.files.write(f"{self.reports}index.json", index.to_json(), JSON_TYPE)
            written, index = index, self._with_news(index)

    def _with_news(self, index: Index) -> Index:
        """The index with the groups that are listed with another version than it has, so many at a time."""
        named = ((entry.key.removeprefix(self.folder), entry) for entry in self.state.list(self.folder))
        changed = ((name, entry) for name, entry in named if index.versions.get(name) != entry.etag)
        for name, entry in [*islice(changed, limits.INDEX_GROUPS)]:
            index = index.with_group(name, entry.etag, self._group(entry.key))
        return index

    def _group(self, key: str) -> GroupImports | None:
        try:
            return from_json(GroupImports, self.state.read(key) or b"")
        except ValueError:
            return None

    def _read(self) -> Index:
        """The index that was written before, or the beginning of one."""
        try:
            return from_json(Index, self.files.read(f"{self.reports}index.json") or b"")
        except ValueError:
            return Index()
