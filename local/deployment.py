"""What a deployer decides: the names in `.env`, read and filled into `serverless.yml` as the deploying code does it."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from handler.errors import OperatorProblem
from handler.settings import Settings

ENV: Final = Path(".env")
NO_ENV: Final = "there is no .env here"
FILL_IN: Final = "cp .env.example .env, and fill it in."
SERVERLESS: Final = Path(__file__).parent.parent / "serverless.yml"
REQUIRED: Final = ("BUCKET", "REGION", "FUNCTION_NAME", "ROLE", "INCOMING_PREFIX", "REPORTS_PREFIX", "STATE_PREFIX")
OWN_KEYS: Final = {
    "TENCENTCLOUD_SECRETID": "TENCENT_SECRET_ID",
    "TENCENTCLOUD_SECRETKEY": "TENCENT_SECRET_KEY",
    "TENCENTCLOUD_SESSIONTOKEN": "TENCENT_TOKEN",
}
"""The deployer's own keys in the names that `scf` gives them; a token only where they are temporary."""
FORMS: Final = {
    "FUNCTION_NAME": (
        "[A-Za-z][A-Za-z0-9_-]{0,58}[A-Za-z0-9]",
        "must be 2 to 60 letters, digits, - and _: a letter first, and last a letter or digit",
    ),
    "ROLE": (r"[A-Za-z0-9+=,.@_-]{1,128}", "must be a role's name: 1 to 128 letters, digits and +=,.@-_"),
    "CLS_LOGSET_ID": ("[A-Za-z0-9_-]{1,64}", "must be the id of a log set: letters, digits and -"),
    "CLS_TOPIC_ID": ("[A-Za-z0-9_-]{1,64}", "must be the id of a log topic: letters, digits and -"),
}
"""What the function knows nothing of. https://www.tencentcloud.com/document/product/583/18586 (CreateFunction) and
https://www.tencentcloud.com/document/product/598/33561 (CreateRole)."""
OTHERS: Final = frozenset(
    "TENCENT_APP_ID TENCENT_UIN SERVERLESS_PLATFORM_VENDOR SERVERLESS_PLATFORM_STAGE GLOBAL_ACCELERATOR_NA "
    "TENCENTCLOUD_SECRET_ID TENCENTCLOUD_SECRET_KEY TENCENTCLOUD_SECURITY_TOKEN "
    "HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy".split()
)
"""What `scf` and Terraform read from the environment beside it."""

_LINE: Final = re.compile(
    r"\s*(?:export\s+)?(?P<name>\w+)\s*=\s*(?P<quote>['\"]?)(?P<value>.*?)(?P=quote)\s*", re.ASCII
)
_LINE_END: Final = re.compile("\r\n|\n|\r")
_NAME: Final = re.compile(r"\$\{env:(\w+)\}")


def read(path: Path = ENV, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What the file says, and what the environment does; the environment wins, as it does with `scf`."""
    return {found["name"]: found["value"] for _, found in _lines(path) if found} | dict(environ)


def misread(path: Path = ENV) -> Iterator[str]:
    """What the file says in vain, a sentence each: lines that are none, and names that nobody reads."""
    known = _known()
    for number, found in _lines(path):
        if found is None:
            yield f"Line {number} of {path.name} cannot be read: write NAME=value."
        elif found["name"] not in known and not found["name"].startswith("TF_"):
            near = get_close_matches(found["name"].upper(), known, 1)
            meant = f"did you mean {near[0]}?" if near else "remove the line, or put a # in front of it."
            yield f"Line {number} of {path.name}: nobody reads {found['name']}; {meant}"


def _known() -> set[str]:
    own = {str(field.alias or name.upper()) for name, field in Settings.model_fields.items()}
    return own | deployed() | {*OWN_KEYS.values(), *OTHERS}


def _lines(path: Path) -> Iterator[tuple[int, re.Match[str] | None]]:
    """Each line that is to say something, with its number; `None` where it says nothing that can be read.

    Raises `OperatorProblem` for a file that is no text.
    """
    try:
        text = path.read_text(encoding="utf-8-sig") if path.exists() else ""
    except UnicodeDecodeError:
        text = "\0"
    except OSError as error:
        raise OperatorProblem(f"{path.name} cannot be read: {error.strerror}.") from None
    if "\0" in text:
        raise OperatorProblem(f"{path.name} is no text in UTF-8: save it as such.")
    for number, line in enumerate(_LINE_END.split(text), start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield number, _LINE.fullmatch(line)


def settings_of(env: Mapping[str, str]) -> Settings:
    """The function's settings as they will be, with the deployer's own keys for those of the role.

    Raises `OperatorProblem`: a sentence for each wrong setting.
    """
    keys = {theirs: env.get(own) or "none" for theirs, own in OWN_KEYS.items()}
    region = {"TENCENTCLOUD_REGION": "", "COS_REGION": env.get("REGION", "")}
    try:
        return Settings.read({**env, **region, **keys})
    except OperatorProblem as problem:  # which names the variables of the function
        raise OperatorProblem(re.sub("^COS_REGION", "REGION", problem.message, flags=re.MULTILINE)) from None


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
    yield from _misshapen(env)
    try:
        settings_of(env)
    except OperatorProblem as problem:
        yield from problem.message.splitlines()


def _misshapen(env: Mapping[str, str]) -> Iterator[str]:
    """Of what the function knows nothing of."""
    for name in ("CLS_LOGSET_ID", "CLS_TOPIC_ID"):
        if env.get(name) == "":
            yield f"{name} is empty, which turns the log off: put a # in front of it."
    for name, (form, rule) in FORMS.items():
        if (value := env.get(name, "").strip()) and not re.fullmatch(form, value):
            yield f"{name} {rule}."


def main() -> int:
    """Says what is wrong with `.env`: 0 where nothing is, else 2."""
    try:
        found = [*misread(), *problems(read())]
    except OperatorProblem as unreadable:
        found = [unreadable.message]
    for problem in found:
        print(f"error: {problem}", file=sys.stderr)
    return 2 if found else 0


if __name__ == "__main__":
    sys.exit(main())
