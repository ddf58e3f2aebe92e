"""What a deployer decides: the names in `.env`, read once for all commands, and filled into `serverless.yml`."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from io import StringIO
from pathlib import Path
from typing import Final

from dotenv.parser import Binding, parse_stream
from pydantic import SecretStr

from handler.errors import OperatorProblem
from handler.settings import Settings, misspelt
from local.output import complain

ENV: Final = Path(".env")
EXAMPLE: Final = Path(__file__).parent.parent / ".env.example"
NO_ENV: Final = "there is no .env here"
FILL_IN: Final = "cp .env.example .env, and fill it in."
PUT_KEY: Final = "Put your own key into .env: console, Access Management, API keys."
SAMPLE_BUCKET: Final = "BUCKET is still the one of .env.example: put your own bucket's name there."
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

PLACES: Final = frozenset(
    "BUCKET STATE_BUCKET REGION COS_REGION COS_ENDPOINT SES_REGION SES_ENDPOINT NOTIFY_URL".split()
)
"""Where things are on the account: what runs on the emulator is told other ones, and tells nobody of its imports."""
PREFIXES: Final = frozenset({"INCOMING_PREFIX", "REPORTS_PREFIX", "STATE_PREFIX"})

_COMMENT: Final = re.compile(r"""[^=]*=\s*(?:'[^']*'|"[^"]*"|[^'"\s].*?)?\s+#.*\s*""", re.DOTALL)
"""A comment behind a value, which `scf` takes for a part of it."""
_NAME: Final = re.compile(r"\$\{env:(\w+)\}")


def read(path: Path = ENV, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What the file says, and what the environment does; the environment wins, as it does with `scf`. Misspelt names
    in the file are not among it: `misread` tells of them, with their lines."""
    said = {line.key: line.value for line in _lines(path) if line.key and line.value is not None}
    wrong = {name for name, _ in misspelt(said)}
    return {name: value for name, value in said.items() if name not in wrong} | dict(environ)


def misread(path: Path = ENV) -> Iterator[str]:
    """What the file says in vain, a sentence each: lines that are none, and names that are no settings."""
    known = _known()
    for line in _lines(path):
        number = line.original.line + _blank_lines(line.original.string)
        if line.key is None or line.value is None:
            yield f"Line {number} of {path.name} cannot be read: write NAME=value."
        elif _COMMENT.fullmatch(line.original.string):
            yield f"Line {number} of {path.name}: write the comment on a line of its own."
        elif line.key not in known and not line.key.startswith("TF_"):
            near = get_close_matches(line.key.upper(), known, 1)
            meant = f"did you mean {near[0]}?" if near else "remove the line, or put a # in front of it."
            yield f"Line {number} of {path.name}: there is no setting {line.key}; {meant}"


def complaints(env: Mapping[str, str]) -> list[str]:
    """All that is wrong with `.env`, a sentence each; `env` is what was read of it."""
    return [*misread(), *problems(env)]


def settings_here(environ: Mapping[str, str], without: frozenset[str] = frozenset()) -> dict[str, str]:
    """What `.env` says, but for these names, and what the environment does: for a command that runs the function here.

    Raises `OperatorProblem` for what `.env` says in vain.
    """
    if wrong := [*misread()]:
        raise OperatorProblem("\n".join(wrong))
    said = {name: value for name, value in read(environ={}).items() if name not in without}
    return said | dict(environ)


def own_settings(env: Mapping[str, str], needed: Sequence[str] = ()) -> Settings:
    """The settings for a command that asks the cloud with the deployer's own keys.

    Raises `OperatorProblem`: a sentence for each of the `needed` names that is missing, and for all that is wrong.
    """
    missing = [f"{name} is missing in .env." for name in needed if not env.get(name, "").strip()]
    missing += [f"{name} is missing. {PUT_KEY}" for name in missing_keys(env)]
    missing += [SAMPLE_BUCKET] * ("BUCKET" in needed and has_sample_bucket(env))
    if wrong := [*misread(), *missing]:
        raise OperatorProblem("\n".join(wrong) if ENV.exists() else f"{NO_ENV}: {FILL_IN}")
    return as_deployer(env)


def as_deployer(env: Mapping[str, str]) -> Settings:
    """The same settings as `settings_of` gives, good for calling the cloud: the deployer's keys may have no token."""
    return settings_of(env).model_copy(update={"session_token": SecretStr(env.get("TENCENT_TOKEN", ""))})


def missing_keys(env: Mapping[str, str]) -> list[str]:
    """The names of the deployer's own keys that say nothing."""
    return [name for name in ("TENCENT_SECRET_ID", "TENCENT_SECRET_KEY") if not env.get(name, "").strip()]


def has_sample_bucket(env: Mapping[str, str]) -> bool:
    """Whether the bucket is still that of the example, which an emulator may well have."""
    return env.get("BUCKET", "").strip() == read(EXAMPLE, {})["BUCKET"] and not env.get("COS_ENDPOINT")


def _known() -> set[str]:
    own = {str(field.alias or name.upper()) for name, field in Settings.model_fields.items()}
    return own | deployed() | {*OWN_KEYS.values(), *OTHERS}


def _lines(path: Path) -> list[Binding]:
    """Each line that is to say something; without a name or a value where it says nothing that can be read.

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
    return [line for line in parse_stream(StringIO(text)) if line.key or line.error]


def _blank_lines(text: str) -> int:
    """Lines before the one that says something: the parser counts them with it."""
    return text[: len(text) - len(text.lstrip())].count("\n")


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
        env = read()
        found = complaints(env) + [SAMPLE_BUCKET] * has_sample_bucket(env)
    except OperatorProblem as unreadable:
        found = [unreadable.message]
    complain("\n".join(found))
    return 2 if found else 0


if __name__ == "__main__":
    sys.exit(main())
