from __future__ import annotations

from typing import Any

import pytest

from local.cloud.policies import Deed, Policy

DROPS = "qcs::cos:ap-singapore:uid/1250000000:drops-1250000000/"


def statement(**changes: Any) -> dict[str, Any]:
    return {"effect": "allow", "action": ["name/cos:GetObject"], "resource": [f"{DROPS}incoming/*"], **changes}


def allows(deed: Deed, *statements: dict[str, Any]) -> bool:
    return Policy({"version": "2.0", "statement": list(statements)}).allows(deed)


@pytest.mark.parametrize(
    ("action", "resource", "allowed"),
    [
        ("name/cos:GetObject", f"{DROPS}incoming/a.csv", True),
        ("name/cos:GetObject", f"{DROPS}incoming/1001/a.csv", True),
        ("name/cos:GetObject", f"{DROPS}reports/a.csv", False),
        ("name/cos:GetObject", f"{DROPS.replace('drops', 'other')}incoming/a.csv", False),
        ("name/cos:GetObject", f"{DROPS.replace('singapore', 'jakarta')}incoming/a.csv", False),
        ("name/cos:PutObject", f"{DROPS}incoming/a.csv", False),
        ("ses:GetObject", f"{DROPS}incoming/a.csv", False),
    ],
)
def test_action_and_resource(action: str, resource: str, allowed: bool) -> None:
    """What is allowed is this action on these resources, and nothing else."""
    assert allows(Deed(action, resource, {}), statement()) is allowed


def test_nothing_is_allowed_by_itself() -> None:
    """A policy without statements allows nothing; one statement that allows it is enough."""
    deed = Deed("name/cos:GetObject", f"{DROPS}incoming/a.csv", {})
    assert not allows(deed)
    assert allows(deed, statement(action=["name/cos:PutObject"]), statement())


@pytest.mark.parametrize(
    ("prefix", "allowed"), [("incoming/", True), ("incoming/1001/", True), ("", False), ("in", False)]
)
def test_conditions(prefix: str, allowed: bool) -> None:
    """A statement with a condition allows only what meets it."""
    deed = Deed("name/cos:GetBucket", DROPS, {"cos:prefix": prefix})
    condition = {"string_like": {"cos:prefix": ["incoming/*"]}}
    assert (
        allows(deed, statement(action=["name/cos:GetBucket"], resource=[f"{DROPS}*"], condition=condition)) is allowed
    )


def test_actions_without_resources() -> None:
    """What knows no resources is allowed for all of them or not at all, as CAM has it."""
    deed = Deed("ses:ListReceivers", "*", {})
    assert allows(deed, statement(action=["ses:ListReceivers"], resource=["*"]))
    assert not allows(deed, statement(action=["ses:ListReceivers"], resource=["qcs::ses:*"]))


@pytest.mark.parametrize(
    "document",
    [
        {"version": "1.0", "statement": []},
        {"version": "2.0", "statement": [statement(effect="deny")]},
        {"version": "2.0", "statement": [statement(principal={})]},
        {"version": "2.0", "statement": [statement(condition={"ip_equal": {"qcs:ip": ["127.0.0.1"]}})]},
    ],
)
def test_what_is_not_known_is_said(document: dict[str, Any]) -> None:
    """A document with more in it than this understands is refused, for it may mean something else."""
    with pytest.raises(ValueError, match=r"version|known here"):
        Policy(document)
