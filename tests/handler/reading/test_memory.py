from __future__ import annotations

import subprocess
import sys

import pytest

_PEAK = """
import sys
from handler.errors import SourceProblem
from handler.reading import read
from handler.reading.tables import Hints
MEGABYTE = 1_000_000
def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
def chunks():
{content}
before = peak()
try:
    for table in read(chunks(), Hints()):
        for block in table.blocks:
            pass
except SourceProblem as problem:
    print(problem.code, end=" ")
print(peak() - before)
"""

CASES = {
    "JSON, an endless line": """
    yield b'{"email": "anna@example.com"}\\n{"email": "'
    for _ in range(60):
        yield b"x" * MEGABYTE
""",
    "JSON, an endless string in an array": """
    yield b'[{"email": "'
    for _ in range(60):
        yield b"x" * MEGABYTE
""",
    "JSON, large records": """
    yield b'['
    for _ in range(60):
        yield b'{"email": "anna@example.com", "x": "' + ("\\U0001f600" * 100_000).encode() + b'"},'
    yield b"null]"
""",
    "vCard, a photograph without end": """
    yield b"BEGIN:VCARD\\nEMAIL:anna@example.com\\nPHOTO:"
    for _ in range(60):
        yield (b"x" * 99 + b"\\n ") * 9_900
    yield b"\\nEND:VCARD\\n"
""",
    "gzip, a bomb": """
    import zlib
    packer = zlib.compressobj(wbits=31)
    for _ in range(60):
        yield packer.compress(b"\\0" * MEGABYTE)
    yield packer.flush()
""",
}


@pytest.mark.memory
@pytest.mark.parametrize("content", CASES.values(), ids=CASES)
def test_what_does_not_end_is_not_kept(content: str) -> None:
    """60 MB of it are read past, or refused, within 40 MB: a small function has room for that beside itself."""
    script = _PEAK.format(content=content)
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)
    assert int(ran.stdout.split()[-1]) < 40_000
