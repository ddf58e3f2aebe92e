"""CAM policies, as far as they are needed here: who may do what to which resource.

https://www.tencentcloud.com/document/product/598/10603 (syntax), https://www.tencentcloud.com/document/product/436/30580
(COS: actions and resources), https://www.tencentcloud.com/document/product/598/57150 (SES: by action only).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final

CONDITIONS: Final = {"string_like"}
"""The operators that are known here."""


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody is about to do."""

    action: str
    """Such as `name/cos:PutObject`."""
    resource: str
    """Such as `qcs::cos:ap-singapore:uid/1250000000:drops-1250000000/incoming/a.csv`, or `*` where there are none."""
    facts: Mapping[str, str]
    """What conditions may ask for, such as `cos:prefix`."""


class Policy:
    """A policy document, version 2.0: what it does not allow is refused."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        if document.get("version") != "2.0":
            raise ValueError("the version of a policy must be 2.0")
        self._statements: list[Mapping[str, Any]] = list(document["statement"])
        for statement in self._statements:
            _check(statement)

    def allows(self, deed: Deed) -> bool:
        """Whether a statement allows it. CAM's name for an action may be written with or without `name/`."""
        return any(
            _names(statement["action"], deed.action.removeprefix("name/"))
            and _covers(statement["resource"], deed.resource)
            and _holds(statement.get("condition", {}), deed.facts)
            for statement in self._statements
        )


def _check(statement: Mapping[str, Any]) -> None:
    if statement["effect"] != "allow" or statement.keys() - {"effect", "action", "resource", "condition"}:
        raise ValueError("only statements that allow are known here")
    if unknown := statement.get("condition", {}).keys() - CONDITIONS:
        raise ValueError(f"not known here: {unknown}")


def _names(actions: Iterable[str], action: str) -> bool:
    return any(fnmatchcase(action, named.removeprefix("name/")) for named in actions)


def _covers(resources: Iterable[str], resource: str) -> bool:
    """An action that knows no resources is allowed for `*` alone: CAM holds any narrower one for another resource."""
    return any(named == resource if resource == "*" else fnmatchcase(resource, named) for named in resources)


def _holds(condition: Mapping[str, Mapping[str, Iterable[str]]], facts: Mapping[str, str]) -> bool:
    return all(
        any(fnmatchcase(facts.get(name, ""), pattern) for pattern in patterns)
        for names in condition.values()
        for name, patterns in names.items()
    )
