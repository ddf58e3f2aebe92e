"""What the service makes of the addresses and the data of one request to add members."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from local.cloud.behaviour import Behaviour, among
from local.cloud.group import GroupProblem

TEMPLATE_BYTES: Final = 800
"""`TemplateData`: "the whole JSON structure is limited to 800 bytes" (the SDK's documentation of the field)."""
_TAG: Final = re.compile(r"</?[a-zA-Z][^>]*>|<!--")
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True, slots=True)
class Counts:
    """What the service says about one request to add members."""

    total: int
    valid: int
    too_long: int
    empty: int
    repeat: int


def key_of(behaviour: Behaviour) -> Callable[[str], str]:
    """By which the service tells repeats."""
    return str.strip if behaviour.tells_case else lambda address: address.strip().lower()


def sort_out(behaviour: Behaviour, addresses: Sequence[str], known: Container[str]) -> tuple[Counts, list[int]]:
    """The counts, and the places of the addresses that are added to a group in which these keys are known."""
    too_long = empty = repeat = lost = 0
    key = key_of(behaviour)
    seen: set[str] = set()
    kept: list[int] = []
    for place, address in enumerate(addresses):
        name = key(address)
        if not name:
            empty += 1
            continue
        if len(address.encode()) > behaviour.longest_address:
            too_long += 1
            continue
        drops = _drops(behaviour, name, seen, known)
        repeat += name in seen or name in known
        seen.add(name)
        if drops:
            continue
        if among(address, behaviour.loses):
            lost += 1
            continue
        kept.append(place)
    valid = len(kept) + (lost if behaviour.counts_lost else 0)
    return Counts(len(addresses), valid, too_long, empty, repeat if behaviour.counts_repeats else 0), kept


def _drops(behaviour: Behaviour, name: str, seen: Collection[str], known: Container[str]) -> bool:
    if behaviour.drops_repeats == "never":
        return False
    return name in seen or (behaviour.drops_repeats == "group" and name in known)


def template_variables(templates: Sequence[str] | None) -> frozenset[str]:
    """The names that every template of a request has; none where there are no templates."""
    if not templates:
        return frozenset()
    if any(len(template.encode()) > TEMPLATE_BYTES for template in templates):
        raise GroupProblem("InvalidParameterValue.TemplateDataLenLimit", "TemplateData is limited to 800 bytes.")
    loaded = [*map(_loaded, templates)]
    if any(_TAG.search(str(value)) for data in loaded for value in data.values()):
        raise GroupProblem(
            "InvalidParameterValue.InValidTemplateData", "Template parameters must not contain HTML tags."
        )
    names = {*map(frozenset, loaded)}
    if len(names) > 1:
        raise inconsistent_templates()
    return names.pop()


def refuse_no_emails(addresses: Iterable[str]) -> None:
    """Raises `ReceiverEmailInvalid`, which only CreateReceiverDetailWithData knows: what makes an address invalid to it
    is written nowhere."""
    if not all(map(_EMAIL.fullmatch, addresses)):
        raise GroupProblem("InvalidParameterValue.ReceiverEmailInvalid", "The recipient address is invalid.")


def inconsistent_templates() -> GroupProblem:
    return GroupProblem(
        "InvalidParameterValue.TemplateDataInconsistent",
        "The name of a template parameter variable is not the same as the original name.",
    )


def _loaded(template: str) -> Mapping[str, object]:
    try:
        data = json.loads(template or "{}")
    except ValueError:
        data = None
    if not isinstance(data, dict):
        raise GroupProblem("InvalidParameterValue.TemplateDataError", "Template parameters must be in JSON format.")
    return data
