"""`make deploy` and `make undeploy`: with Terraform, or with `scf`, whichever is installed, and the settings in `.env`.

Terraform comes first: it makes the role, its permissions and the retries, too. `WAY=scf` asks for the other one.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from handler.errors import OperatorProblem
from local import deployment, package
from local.output import complain

ROOT: Final = Path(__file__).parent.parent
VARIABLES: Final = ROOT / "build/terraform.tfvars.json"
ZIP: Final = ROOT / "build/function.zip"
"""What deploy/main.tf reads, be it to destroy what it made."""
WAYS: Final = {
    "terraform": "https://developer.hashicorp.com/terraform/install",
    "scf": "npm install -g serverless-cloud-framework",
}
"""The programs, the better one first, and how to get them."""
OTHER_WAY: Final = "The third way is tccli: docs/deploy.md has its commands."
OWN_VARIABLES: Final = (
    "BUCKET",
    "REGION",
    "FUNCTION_NAME",
    "ROLE",
    "INCOMING_PREFIX",
    "REPORTS_PREFIX",
    "STATE_PREFIX",
)
"""What deploy/main.tf has a variable of its own for; all other settings are in its `settings`."""
ONLY_SCF: Final = ("CLS_LOGSET_ID", "CLS_TOPIC_ID")
PROVIDER_KEYS: Final = {
    "TENCENT_SECRET_ID": "TENCENTCLOUD_SECRET_ID",
    "TENCENT_SECRET_KEY": "TENCENTCLOUD_SECRET_KEY",
    "TENCENT_TOKEN": "TENCENTCLOUD_SECURITY_TOKEN",
}
"""The deployer's own keys, in the names that the provider reads."""


def variables(env: Mapping[str, str]) -> dict[str, Any]:
    """`.env` in the names of deploy/main.tf."""
    others = deployment.deployed() - {*OWN_VARIABLES, *ONLY_SCF}
    own = {name.lower(): env[name] for name in OWN_VARIABLES}
    return {**own, "settings": {name: env[name] for name in sorted(others) if name in env}}


def chosen(way: str | None) -> str:
    """The way that is asked for, or else the first one whose program is installed. Raises `OperatorProblem` where it is
    not, with how to get it, and for what is no way."""
    if way and way not in WAYS:
        raise OperatorProblem(f"there is no way {way}: WAY is {' or '.join(WAYS)}.\n{OTHER_WAY}")
    asked = {way: WAYS[way]} if way else WAYS
    if there := next(filter(shutil.which, asked), None):
        return there
    missing = "\n".join(f"{name} is not installed: {source}" for name, source in asked.items())
    raise OperatorProblem(f"{missing}\n{OTHER_WAY}")


def commands(way: str, *, undo: bool) -> list[list[str]]:
    """What is run, one after the other."""
    if way == "scf":
        return [["scf", "remove" if undo else "deploy"]]
    terraform = ["terraform", f"-chdir={ROOT / 'deploy'}"]
    verb = "destroy" if undo else "apply"
    return [[*terraform, "init", "-input=false"], [*terraform, verb, f"-var-file={VARIABLES}"]]


def run(way: str, env: Mapping[str, str], *, undo: bool) -> int:
    """Runs the program of this way with the deployer's keys; its exit code. Terraform shows its plan, and asks."""
    if way == "terraform":
        VARIABLES.parent.mkdir(exist_ok=True)
        VARIABLES.write_text(json.dumps(variables(env), indent=1, ensure_ascii=False), encoding="utf-8")
    keys = {theirs: env[own] for own, theirs in PROVIDER_KEYS.items() if env.get(own)}
    for command in commands(way, undo=undo):
        done = subprocess.run(command, env={**os.environ, **keys}, check=False)  # noqa: S603 - our own words
        if done.returncode:
            return 2
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Says which way it takes, checks `.env`, builds the package, deploys: 0, or 2 where something is wrong."""
    parser = argparse.ArgumentParser("python -m local.deploying", description=__doc__)
    parser.add_argument(
        "way", nargs="?", metavar="WAY", help="terraform or scf; the first of them that is installed unless given"
    )
    parser.add_argument("--undo", action="store_true", help="take back what was deployed that way")
    options = parser.parse_args(arguments)
    way, found = "", list[str]()
    try:
        way = chosen(options.way)
    except OperatorProblem as problem:
        found += problem.message.splitlines()
    found += _wrong_settings(way)
    complain("\n".join(found))
    if found:
        return 2
    env = deployment.read()
    what = "deploy/main.tf" if way == "terraform" else "serverless.yml"
    print(f"{'removing' if options.undo else 'deploying'} with {way}: {what}, and the settings in .env", flush=True)
    if not (options.undo and ZIP.exists()) and (code := package.main([])):
        return code
    return run(way, env, undo=options.undo)


def _wrong_settings(way: str) -> Iterator[str]:
    """All that is wrong with `.env`, a sentence each. `scf` asks for the keys itself where it is given none."""
    if not deployment.ENV.exists():
        yield f"{deployment.NO_ENV}: {deployment.FILL_IN}"
        return
    try:
        env = deployment.read()
        yield from deployment.complaints(env)
    except OperatorProblem as unreadable:
        yield from unreadable.message.splitlines()
        return
    if deployment.has_sample_bucket(env):
        yield deployment.SAMPLE_BUCKET
    if way == "terraform":
        if not any(map(os.environ.get, PROVIDER_KEYS.values())):
            yield from (f"{name} is missing. {deployment.PUT_KEY}" for name in deployment.missing_keys(env))
        if unread := [name for name in ONLY_SCF if env.get(name)]:
            yield f"{' and '.join(unread)}: only scf reads this, Terraform makes a log topic of its own."


if __name__ == "__main__":
    sys.exit(main())
