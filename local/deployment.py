"""What a deployer decides: the names in `.env`, read and filled into `serverless.yml` as the deploying code does it."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from handler.errors import OperatorProblem
from handler.settings import Settings

ENV: Final = Path(".env")
SERVERLESS: Final = Path(__file__).parent.parent / "serverless.yml"
REQUIRED: Final = ("BUCKET", "REGION", "FUNCTION_NAME", "ROLE", "INCOMING_PREFIX", "REPORTS_PREFIX", "STATE_PREFIX")
OWN_KEYS: Final = {
    "TENCENTCLOUD_SECRETID": "TENCENT_SECRET_ID",
    "TENCENTCLOUD_SECRETKEY": "TENCENT_SECRET_KEY",
    "TENCENTCLOUD_SESSIONTOKEN": "TENCENT_TOKEN",
}
"""The deployer's own keys in the names that `scf` gives them; a token only where they are temporary."""

_LINE: Final = re.compile(r"\s*(?:export\s+)?(?P<name>\w+)\s*=\s*(?P<quote>['\"]?)(?P<value>.*?)(?P=quote)\s*")
_NAME: Final = re.compile(r"\$\{env:(\w+)\}")


def read(path: Path = ENV, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What the file says, and what the environment does; the environment wins, as it does with `scf`."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    matches = (_LINE.fullmatch(line) for line in lines if not line.lstrip().startswith("#"))
    return {match["name"]: match["value"] for match in matches if match} | dict(environ)


def settings_of(env: Mapping[str, str]) -> Settings:
    """The function's settings as they will be, with the deployer's own keys for those of the role.

    Raises `OperatorProblem`: a sentence for each wrong setting.
    """
    keys = {theirs: env.get(own) or "none" for theirs, own in OWN_KEYS.items()}
    region = {"TENCENTCLOUD_REGION": env.get("REGION", ""), "COS_REGION": env.get("REGION", "")}
    return Settings.read({**env, **region, **keys})


def deployed() -> set[str]:
    """Every name that `serverless.yml` takes from the environment."""
    return set(_NAME.findall(SERVERLESS.read_text(encoding="utf-8")))


def problems(env: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with it, a sentence each; before anything is deployed."""
    for name in REQUIRED:
        if not env.get(name, "").strip():
            yield f"{name} is missing in .env."
    prefix = env.get("INCOMING_PREFIX", "")
    if prefix and not prefix.endswith("/"):
        yield "INCOMING_PREFIX must end with a slash: the trigger takes it as it is, and would fire elsewhere, too."
    for name in ("CLS_LOGSET_ID", "CLS_TOPIC_ID"):
        if env.get(name) == "":
            yield f"{name} is empty, which turns the log off: put a # in front of it."
    try:
        settings_of(env)
    except OperatorProblem as problem:
        yield from problem.message.splitlines()


def main() -> int:
    """Says what is wrong with `.env`: 0 where nothing is, else 2."""
    found = list(problems(read()))
    for problem in found:
        print(f"error: {problem}", file=sys.stderr)
    return 2 if found else 0


if __name__ == "__main__":
    sys.exit(main())
