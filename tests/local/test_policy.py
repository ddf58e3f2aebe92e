"""The role's policy: all that the function needs, nothing that it does not. (Every flow test runs under it, too.)"""

from __future__ import annotations

import ast
import copy
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from handler.clouds import cos
from handler.errors import OperatorProblem
from handler.settings import Settings
from handler.state import ledger
from local import policy
from local.cloud import Fault
from local.cloud.policies import Policy
from local.policy import BLOCKED_ACTIONS, COS_ACTIONS, CREATING_ACTIONS, INCOMING, REPORTS, SES_ACTIONS, STATE
from tests.stage import BUCKET, GROUP, ROOT, Stage

CLOUDS = ROOT / "handler/clouds"
TIMER = {"Type": "Timer", "TriggerName": "sweep", "Time": "2026-11-23T00:00:00Z", "Message": ""}


def called(path: Path, *functions: str) -> set[str]:
    """The calls of a service that an adapter makes: what stands first in its calls of these functions."""
    nodes = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    return {
        str(node.args[0].value)
        for node in nodes
        if isinstance(node.func, ast.Attribute) and node.func.attr in functions and node.args
        if isinstance(node.args[0], ast.Constant)
    }


def import_a_list(stage: Stage) -> None:
    """A list for a group that has members: one of them and a new one."""
    stage.cloud.groups.add(GROUP, ["ann@example.com"])
    stage.clock.sleep(600)
    report = stage.run(b"email\nann@example.com\nbo@example.com\n")
    assert report["status"] == "imported"
    assert stage.members() == ["ann@example.com", "bo@example.com"]


def wide_rows() -> bytes:
    """A list so wide that its 800 rows, packed or not, are larger than a part of an upload."""
    noise = random.Random(7).randbytes(1_600_000).hex()
    rows = (f"p{n}@example.com,{noise[n * 4000 : n * 4000 + 4000]}\n" for n in range(800))
    return f"email,note\n{''.join(rows)}".encode()


def import_wide_rows(stage: Stage) -> None:
    """So much in each row that what is listed of them is written in parts."""
    assert stage.run(wide_rows() + b"nobody\n", ON_INVALID="refuse")["status"] == "refused"


def give_up_uploads(stage: Stage) -> None:
    """An upload in parts that cannot be completed: no parts are left."""
    stage.cloud.faults.script("CompleteMultipartUpload", Fault.refuse("InternalError", http_status=400))
    with pytest.raises(OperatorProblem):
        stage.run(wide_rows() + b"nobody\n", MAX_INVALID_PERCENT="0")
    assert stage.cloud.objects.uploads(BUCKET) == []
    assert stage.calls("AbortMultipartUpload") == 1


def import_many_rows(stage: Stage) -> None:
    """So many that those of the plan are written in parts."""
    assert stage.run(wide_rows())["status"] == "imported"


def give_up_rows(stage: Stage) -> None:
    """Rows of a plan that cannot be completed: nothing is sent, and no parts are left."""
    stage.cloud.faults.script("CompleteMultipartUpload", Fault.refuse("InternalError", http_status=400))
    with pytest.raises(OperatorProblem):
        stage.run(wide_rows())
    assert (stage.cloud.objects.uploads(BUCKET), stage.calls("CreateReceiverDetail")) == ([], 0)
    assert stage.calls("AbortMultipartUpload") == 1


def sweep(stage: Stage) -> None:
    """A file whose event was lost."""
    stage.drop(b"email\nann@example.com\n")
    (imported,) = stage.invoke(TIMER)["imports"]
    assert imported["status"] == "imported"


def answer_late(stage: Stage) -> None:
    """An event that comes when all but the report is forgotten."""
    event = stage.drop(b"email\nann@example.com\n")
    first = stage.invoke(event)
    stage.clock.sleep(9 * 86_400)
    stage.invoke(TIMER)
    assert stage.invoke(event) == first


def import_with_a_state_bucket(stage: Stage) -> None:
    """A bucket with versioning, and another one for the state."""
    stage.cloud.objects.create_bucket("state-1250000000")
    stage.cloud.objects.set_versioning(BUCKET, "enabled")
    stage.settings["STATE_BUCKET"] = "state-1250000000"
    import_a_list(stage)
    sweep(stage)


def skip_who_is_blocked(stage: Stage) -> None:
    """With the service's own black list."""
    stage.settings["SKIP_BLOCKED"] = "true"
    stage.cloud.groups.black_list.put(["cyd@example.com"])
    report = stage.run(b"email\ncyd@example.com\nbo@example.com\n")
    assert (report["status"], report["rows"]["no_consent"]) == ("imported", 1)


def import_with_data(stage: Stage) -> None:
    """By the second of the service's two calls."""
    report = stage.report(stage.invoke(stage.drop(b"email,name\nann@example.com,Ann\n", template_data="*")))
    assert report["status"] == "imported"


def create_a_group(stage: Stage) -> None:
    """For a list that is for none that is there; a list for one that is full is for the next one of its series."""
    name = {"x-cos-meta-receiver-name": "autumn"}
    stage.cloud.objects.put(BUCKET, "incoming/autumn.csv", b"email\nann@example.com\n", name)
    stage.settings |= {"CREATE_GROUPS": "true"}
    (imported,) = stage.invoke(stage.event("incoming/autumn.csv"))["imports"]
    assert imported["status"] == "imported"


def continue_a_group(stage: Stage) -> None:
    """A list for one that is full."""
    stage.cloud.groups.create("winter", 1002, [f"m{number}@example.com" for number in range(50_000)])
    stage.settings |= {"ON_OVERFLOW": "split"}
    report = stage.run(b"email\nann@example.com\n", "incoming/1002/list.csv")
    assert [group["imported"] for group in report["groups"]] == [0, 1]


FLOWS: dict[str, Callable[[Stage], None]] = {
    flow.__name__: flow
    for flow in (
        import_a_list,
        import_wide_rows,
        give_up_uploads,
        import_many_rows,
        give_up_rows,
        sweep,
        answer_late,
        import_with_a_state_bucket,
        skip_who_is_blocked,
        import_with_data,
        create_a_group,
        continue_a_group,
    )
}

# What is taken out of the policy: an action and where it is given; then the flow that fails without it.
NEEDED = {
    ("name/cos:GetObject", "incoming/*"): "import_a_list",
    ("name/cos:GetObject", "reports/*"): "answer_late",
    ("name/cos:PutObject", "reports/*"): "import_a_list",
    ("name/cos:InitiateMultipartUpload", "reports/*"): "import_wide_rows",
    ("name/cos:UploadPart", "reports/*"): "import_wide_rows",
    ("name/cos:CompleteMultipartUpload", "reports/*"): "import_wide_rows",
    ("name/cos:AbortMultipartUpload", "reports/*"): "give_up_uploads",
    ("name/cos:GetObject", "state/*"): "answer_late",
    ("name/cos:PutObject", "state/*"): "import_a_list",
    ("name/cos:InitiateMultipartUpload", "state/*"): "import_many_rows",
    ("name/cos:UploadPart", "state/*"): "import_many_rows",
    ("name/cos:CompleteMultipartUpload", "state/*"): "import_many_rows",
    ("name/cos:AbortMultipartUpload", "state/*"): "give_up_rows",
    ("name/cos:DeleteObject", "state/*"): "sweep",
    ("name/cos:GetBucket", "incoming/*"): "sweep",
    ("name/cos:GetBucket", "state/*"): "import_a_list",
    ("name/cos:GetBucketVersioning", "*"): "import_a_list",
    ("ses:CreateReceiverDetail", "*"): "import_a_list",
    ("ses:CreateReceiverDetailWithData", "*"): "import_with_data",
    ("ses:ListReceivers", "*"): "import_a_list",
    ("ses:ListReceiverDetails", "*"): "import_a_list",
    ("ses:ListBlackEmailAddress", "*"): "skip_who_is_blocked",
    ("ses:CreateReceiver", "*"): "create_a_group",
}


EVERYTHING = {"SKIP_BLOCKED": "true", "CREATE_GROUPS": "true"}
"""Settings with which every right is needed."""


def rights(document: dict[str, Any]) -> list[tuple[int, str, str]]:
    """Every action of a policy: its statement, its name, and where it is given."""
    found = []
    for number, statement in enumerate(document["statement"]):
        (resource,) = statement["resource"]
        where = statement.get("condition", {}).get("string_like", {}).get("cos:prefix", [resource.rpartition("0/")[2]])
        found += [(number, action, where[0]) for action in statement["action"]]
    return found


def document_of(stage: Stage) -> dict[str, Any]:
    return policy.policy(Settings.read(stage.environment()))


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that files need not be large to be written in parts."""
    monkeypatch.setattr(cos, "PART_BYTES", 1024 * 1024)
    monkeypatch.setattr(ledger, "AT_ONCE_BYTES", 1024 * 1024)


@pytest.mark.parametrize("flow", FLOWS)
def test_it_is_enough(stage: Stage, flow: str) -> None:
    """Every flow works under the policy, and no call of it was refused."""
    FLOWS[flow](stage)
    assert [
        call for call in stage.cloud.calls if call.code in {"AccessDenied", "AuthFailure.UnauthorizedOperation"}
    ] == []


@pytest.mark.parametrize("right", NEEDED, ids=lambda right: f"{right[0].rpartition(':')[2]} {right[1]}")
def test_nothing_less_works(stage: Stage, right: tuple[str, str]) -> None:
    """Without any one of its rights a flow fails."""
    stage.settings |= EVERYTHING
    document = copy.deepcopy(document_of(stage))
    ((number, action),) = [(number, action) for number, action, where in rights(document) if (action, where) == right]
    document["statement"][number]["action"].remove(action)
    stage.enforced, stage.cloud.policy = False, Policy(document)
    with pytest.raises((OperatorProblem, AssertionError)):
        FLOWS[NEEDED[right]](stage)


def test_every_right_is_spoken_of(stage: Stage) -> None:
    """The table above names every right of the policy, and each one once; what few need only where it is asked for."""
    usual = {(action, where) for _, action, where in rights(document_of(stage))}
    stage.settings |= EVERYTHING
    assert set(NEEDED) - usual == {("ses:ListBlackEmailAddress", "*"), ("ses:CreateReceiver", "*")}
    assert sorted((action, where) for _, action, where in rights(document_of(stage))) == sorted(NEEDED)


def test_it_names_what_the_code_calls() -> None:
    """The policy's actions are those that the adapters call, and no others."""
    assert (
        called(CLOUDS / "cos.py", "_call", "_once")
        == set(COS_ACTIONS)
        == {*INCOMING, *REPORTS, *STATE}
        | {
            "list_objects",
            "get_bucket_versioning",
        }
    )
    assert called(CLOUDS / "ses.py", "_call") == {*SES_ACTIONS, *BLOCKED_ACTIONS, *CREATING_ACTIONS}


def test_what_is_written_is_encrypted_and_private(stage: Stage) -> None:
    """Whatever the function writes is encrypted at rest. That no call makes anything public the emulator sees to: it
    knows no ACL, and refuses what it does not know."""
    import_a_list(stage)
    import_wide_rows(stage)
    stage.drop(b"email\n" + b"nobody\n" * 3, f"incoming/{GROUP}/bad.csv")
    stage.invoke(TIMER)
    written = [*stage.keys("reports/"), *stage.keys("state/")]
    assert len(written) > 10
    for key in written:
        assert stage.cloud.objects.head(BUCKET, key).headers.system["x-cos-server-side-encryption"] == "AES256", key


def test_as_it_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What is printed is the policy for .env, as JSON."""
    (tmp_path / ".env").write_text((ROOT / ".env.example").read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert policy.show() == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["statement"][0] == {
        "effect": "allow",
        "action": ["name/cos:GetObject"],
        "resource": ["qcs::cos:ap-singapore:uid/1250000000:drops-1250000000/incoming/*"],
    }
    assert printed["statement"][-1]["resource"] == ["*"]
