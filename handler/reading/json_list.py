"""Where in a JSON file the list is: at its root, wrapped in an object, or an object itself, keyed by id.

Judged by the beginning of the file. A list is what has the most addresses under one and the same key of its records;
what the objects around it say of themselves, and an address of theirs, is no part of it; nor is a list whose key says
that its people want no mail. An object whose keys come again in the next one is a record, not a list keyed by id.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from handler.limits import JSON_DEPTH
from handler.reading.consent_headings import names_no, names_no_beside
from handler.reading.headings import Fit, fit, speaks_of_another, words_of

Path = tuple[str | None, ...]
"""The keys from the root down to the list; None for each of several: any element, or any key."""

_DEEPEST: Final = 8
_ENOUGH: Final = 0.9
"""A list may have so much less than another one and still be the one that is meant, for it is not scattered."""
_FEW: Final = 3
"""Addresses of one person; a record with more is a list."""
_SHORT: Final = 2
"""A key of so few characters says nothing."""
_OF_A_MESSAGE: Final = frozenset({"to", "from", "cc", "bcc", "sender"})
_SAYS_WHAT: Final = frozenset(
    "status state name list type kind title group segment category label 状态 名称 名字 类型 列表 分组".split()
)
"""Keys below which an object says what it is."""
_BLACKLIST_OF_MAILTRAIN: Final = frozenset({"start", "limit", "total", "emails"})
_MARK: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[{}\[\],]', re.DOTALL)
"""A string that the text cuts off goes to its end: a quote in it begins no other string."""
_CLOSING: Final = {"{": "}", "[": "]"}
_ENDS: Final = frozenset("}],")
_ADDRESS: Final = re.compile(r"[^\s@]@[^\s@]+\.[^\s@]")


@dataclass(frozen=True, slots=True)
class Finding:
    """What the beginning of a document says about its list."""

    path: Path | None
    """None where the document is one record, or no list has shown so far."""
    is_whole: bool
    """Whether the document has ended, and so nothing more can be found out."""
    plain: bool = False
    """Whether the values under the keys of the list are plain, as in `{"Anna": "anna@example.com"}`."""
    is_followed: bool = False
    """Whether another document stands behind it."""
    title: str | None = None
    """What the list is called elsewhere, where it is known by what stands around it."""
    noes: frozenset[str] = frozenset()
    """Keys of people who said no that do not say so by themselves."""

    @property
    def name(self) -> str | None:
        """What the report calls the list: `hits.hits`; None for one at the root."""
        return ".".join("*" if key is None else key for key in self.path or ()) or None


@dataclass(frozen=True, slots=True)
class _Candidate:
    path: Path
    is_array: bool
    records: list[object]

    def rank(self, most: int, covered: int, holding: int) -> tuple[bool, bool, bool, int, int]:
        """The higher, the likelier. `covered` addresses lie in so many of its records."""
        return (
            covered >= _ENOUGH * most,
            holding > 1 or self.is_array,
            covered <= _FEW * holding,
            -len(self.path),
            -self.path.count(None),
        )


def find_list(head: str) -> Finding:
    """Looks at a document that begins like this. One behind which another one follows has no list."""
    root, end = _beginning(head)
    is_followed = end is not None and head[end:].strip() != ""
    if root is None or is_followed:
        return Finding(None, is_whole=end is not None, is_followed=is_followed)
    containers = [*_containers(root, ())]
    groups = {path for path, node in containers if isinstance(node, dict) and is_group_of_no(node)}
    candidates = [one for one in _candidates(containers) if not any(one.path[: len(path)] == path for path in groups)]
    for is_none in (_is_of_no, _is_of_others):
        candidates = [one for one in candidates if not is_none(one.path)] or candidates
    noes = _noes_beside(containers)
    candidates = [one for one in candidates if noes.isdisjoint(filter(None, one.path))] or candidates
    counts = {candidate.path: _common(candidate.records) for candidate in candidates}
    most = max((covered for covered, _ in counts.values()), default=0)
    best = max(candidates, key=lambda candidate: candidate.rank(most, *counts[candidate.path]), default=None)
    if not most or not best or (not best.is_array and _is_one_record(root, counts[best.path][1])):
        return Finding(_without_addresses(root), is_whole=end is not None)
    plain = not best.is_array and not any(isinstance(value, dict) for value in best.records)
    around = next((node for path, node in containers if path == best.path[:-1]), None)
    is_blacklist = isinstance(around, dict) and around.keys() == _BLACKLIST_OF_MAILTRAIN
    return Finding(best.path, end is not None, plain, title="blacklist" if is_blacklist else None, noes=noes)


def _noes_beside(containers: Iterable[tuple[Path, object]]) -> frozenset[str]:
    """The keys that are of people who said no for what lies beside them."""
    objects = [node for _, node in containers if isinstance(node, dict)]
    return frozenset(key for node in objects for key in node if names_no_beside(key, node))


def _without_addresses(root: object) -> Path | None:
    """The list of `{"owner": "boss@example.com", "contacts": []}`: the owner is nobody's contact. In a record that says
    "email" there are lists of other things."""
    if not isinstance(root, dict) or not any(isinstance(value, str) and "@" in value for value in root.values()):
        return None
    if any(fit(key) is Fit.PLAIN for key in root):
        return None
    lists = (
        key for key, value in root.items() if isinstance(value, list) and all(isinstance(one, dict) for one in value)
    )
    return next(((key,) for key in lists), None)


def _is_one_record(root: object, holding: int) -> bool:
    """`{"email": ..., "manager": {"email": ...}}` is no list of managers."""
    return isinstance(root, dict) and holding <= 1 and not all(isinstance(value, dict) for value in root.values())


def _beginning(head: str) -> tuple[object, int | None]:
    """What a text that may be cut anywhere holds, None where it is no JSON; and where it ends, if it does."""
    cut, open_marks, is_whole = _last_value(head)
    end = cut if is_whole else None
    try:
        return json.loads(head[:cut] + "".join(_CLOSING[mark] for mark in reversed(open_marks)), parse_int=str), end
    except json.JSONDecodeError as error:
        # What stands before a bad record tells as much.
        return (_beginning(head[: error.pos])[0] if 0 < error.pos < cut else None), end


def _last_value(head: str) -> tuple[int, str, bool]:
    """Where the last value ends of which that is certain, the brackets that are open there, and whether it is all."""
    open_marks: list[str] = []
    cut, kept = 0, ""
    for mark in _MARK.finditer(head):
        char = mark[0]
        if char in _CLOSING:
            open_marks.append(char)
        elif char in _CLOSING.values():
            if not open_marks:
                break
            open_marks.pop()
        if char in _ENDS:
            cut, kept = (mark.start() if char == "," else mark.end()), "".join(open_marks)
        if not open_marks or len(open_marks) > JSON_DEPTH:
            break
    return (0, "", True) if len(open_marks) > JSON_DEPTH else (cut, kept, bool(cut and not open_marks))


def is_group_of_no(node: dict[str, object]) -> bool:
    """Whether an object says of itself that its people want no mail: `{"list": "Unsubscribed", "members": ...}`."""
    said = [value for key, value in node.items() if key.casefold() in _SAYS_WHAT and isinstance(value, str)]
    is_person = any(isinstance(value, str) and _ADDRESS.search(value) for value in node.values())
    return not is_person and any(map(names_no, said))


def _candidates(containers: Sequence[tuple[Path, object]]) -> list[_Candidate]:
    records = _paths_of_records(containers)
    lists = _merged(
        _Candidate(path, isinstance(node, list), _records(node))
        for path, node in containers
        if isinstance(node, list) or path not in records
    )
    alike: dict[tuple[Path, frozenset[str]], list[_Candidate]] = {}
    for one in lists:
        for path in _generalised(one.path) if one.is_array and not _is_of_no(one.path) else ():
            alike.setdefault((path, _shape(one.records)), []).append(one)
    several = [replace(one, path=path) for (path, _), ones in alike.items() if len(ones) > 1 for one in ones]
    return [one for one in (*lists, *_merged(several)) if one.records]


def _is_of_no(path: Path) -> bool:
    """Whether the people of a list there are said to want no mail."""
    return any(map(names_no, filter(None, path)))


def _is_of_others(path: Path) -> bool:
    """Whether a list there is what each of several records says of other people."""
    return None in path and any(map(speaks_of_another, filter(None, path[path.index(None) :])))


def _paths_of_records(containers: Iterable[tuple[Path, object]]) -> set[Path]:
    """Where the objects are records, or parts of some: most keys of people in them come again in another one there, or
    say who somebody is (`{"employee": ..., "manager": ...}`), or one says that its people want no mail. The keys of a
    list are ids."""
    times: dict[Path, Counter[str]] = defaultdict(Counter)
    for path, node in containers:
        if isinstance(node, dict):
            times[path].update(_keys_of_people(node))
    return {
        path
        for path, keys in times.items()
        if (keys and 2 * sum(count > 1 or _is_role(key) for key, count in keys.items()) >= len(keys))
        or any(map(names_no, keys))
    }


def _keys_of_people(node: dict[str, object]) -> list[str]:
    """The keys of objects with addresses; of addresses, where there are no such objects."""
    keys = [key for key, value in node.items() if _has_address(value)]
    return [key for key in keys if isinstance(node[key], dict)] or [key for key in keys if isinstance(node[key], str)]


def _has_address(value: object) -> bool:
    return next(_keys_of_addresses(value, ""), None) is not None


def _is_role(key: str) -> bool:
    """Whether a key says who somebody is: `user`, `billing`, `manager`. An id may be any letters and digits."""
    if speaks_of_another(key) or key.casefold() in _OF_A_MESSAGE:
        return True
    words = words_of(key).split()
    if len(key) <= _SHORT or any(map(str.isdigit, key)) or not words:
        return False
    return all(fit(f"{word} email" if word.isascii() else f"{word}邮箱") in {Fit.OWN, Fit.PLAIN} for word in words)


def _merged(lists: Iterable[_Candidate]) -> list[_Candidate]:
    """One candidate for each path: those in each element of an array have the same."""
    by_path: dict[Path, _Candidate] = {}
    for one in lists:
        by_path.setdefault(one.path, replace(one, records=[])).records.extend(one.records)
    return [*by_path.values()]


def _shape(records: Iterable[object]) -> frozenset[str]:
    """The keys that records have: lists of people who bought have others than lists of people who work here."""
    return frozenset(key for record in records if isinstance(record, dict) for key in record)


def _containers(node: object, path: Path) -> Iterator[tuple[Path, object]]:
    if len(path) > _DEEPEST or not isinstance(node, (dict, list)):
        return
    # Plain values in an array that lies in each of several records are the addresses of one person.
    if isinstance(node, dict) or None not in path or any(isinstance(item, dict) for item in node):
        yield path, node
    for key, value in node.items() if isinstance(node, dict) else ((None, item) for item in node):
        yield from _containers(value, (*path, key))


def _records(node: object) -> list[object]:
    """The records that a list has, or an object, where those under its keys are some: objects, or what an address is
    the key of, or nothing but addresses."""
    if isinstance(node, list):
        return node
    if not isinstance(node, dict):
        return []
    if len(node) > 1 and all(isinstance(value, str) and _ADDRESS.search(value) for value in node.values()):
        return [] if any(map(fit, node)) else [*node.values()]
    return [
        {"": key, **value} if isinstance(value, dict) else key
        for key, value in node.items()
        if isinstance(value, dict) or _ADDRESS.search(key)
    ]


def _generalised(path: Path) -> Iterator[Path]:
    """Any list beside this one, unless they lie in each of several records: those hold what it says of its people."""
    for at, key in enumerate(path):
        if key is not None and None not in path[:at]:
            yield (*path[:at], None, *path[at + 1 :])


def _common(records: Sequence[object]) -> tuple[int, int]:
    """How many addresses the records have under the key that has the most, and how many records have any there."""
    covered: Counter[str] = Counter()
    holding: Counter[str] = Counter()
    for record in records:
        found = Counter(_keys_of_addresses(record, ""))
        covered += found
        holding.update(found.keys())
    key = max(covered, key=lambda key: (covered[key], holding[key]), default="")
    return covered[key], holding[key]


def _keys_of_addresses(value: object, key: str) -> Iterator[str]:
    if isinstance(value, str):
        if _ADDRESS.search(value):
            yield key
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _keys_of_addresses(item, f"{key}.{name}")
    elif isinstance(value, list):
        for item in value:
            yield from _keys_of_addresses(item, key)
