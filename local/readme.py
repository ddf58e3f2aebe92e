"""What README.md and docs/ show of real output: `python -m local.readme` writes it anew, a test compares.

What differs from run to run (times, the service's request ids) is put in a fixed form.
"""

from __future__ import annotations

import io
import random
import re
import uuid
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from handler.timing import SystemClock
from local import doctor
from local.command_line import PREVIEWS
from local.command_line import run as main
from local.deployment import EXAMPLE, read
from local.sandbox import GROUP

ROOT: Final = Path(__file__).parent.parent
PAGES: Final = (ROOT / "README.md", ROOT / "docs/deploy.md")
"""Those with generated blocks."""
EVENT: Final = "events/object-created.json"
PREVIEWED: Final = "events/bucket/incoming/1001/excel-semicolons.csv"

_BLOCK: Final = re.compile(r"(<!-- generated: ([a-z]+) -->\n).*?(<!-- end -->)", re.DOTALL)
_SECONDS: Final = re.compile(r"\b[\d,]+\.\d s(?:, [\d,]+ rows a second)?$", re.MULTILINE)
_SECONDS_OFF: Final = re.compile(r"\d+ s off")
_REQUEST_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def renewed(page: str) -> str:
    """The text of a page with every generated block made anew."""
    return _BLOCK.sub(lambda block: f"{block[1]}```console\n{BLOCKS[block[2]]()}```\n{block[3]}", page)


def fixed(output: str) -> str:
    """The output of a command, the same for every run."""
    dice = random.Random(1001)  # noqa: S311 - no secret: something that looks like a request id
    output = _SECONDS.sub("0.1 s", output)
    return _REQUEST_ID.sub(lambda _: str(uuid.UUID(int=dice.getrandbits(128), version=4)), output)


def _replay() -> str:
    with TemporaryDirectory() as out:
        printed = _printed("replay", str(ROOT / EVENT), "--files", str(ROOT / "events/bucket"), "--out", out)
        return "$ make replay\n" + printed.replace(out, "out")


def _preview() -> str:
    with TemporaryDirectory() as out:
        printed = _printed("preview", str(ROOT / PREVIEWED), "--out", out)
        printed = printed.replace(f"{ROOT}/", "").replace(out, str(PREVIEWS / PREVIEWED))
    return f"$ .venv/bin/python -m local preview {PREVIEWED}\n{printed}"


def _doctor() -> str:
    """Whatever `.env` is on this machine."""
    with redirect_stdout(io.StringIO()) as output, doctor.emulated(read(EXAMPLE, {})) as env:
        doctor.show(doctor.examine(env, SystemClock(), GROUP))
    printed = _SECONDS_OFF.sub("0 s off", output.getvalue())
    return f"$ .venv/bin/python -m local doctor --group {GROUP} --emulator\n{printed}"


def _printed(*arguments: str) -> str:
    with redirect_stdout(io.StringIO()) as output:
        main(arguments, environ={})
    return fixed(output.getvalue()).rstrip("\n") + "\n"


BLOCKS: Final[dict[str, Callable[[], str]]] = {"replay": _replay, "preview": _preview, "doctor": _doctor}


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(renewed(page.read_text(encoding="utf-8")), encoding="utf-8")
