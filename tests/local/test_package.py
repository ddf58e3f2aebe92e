"""The package is what runs: so it is the package, on its own Python, that does the main job here."""

from __future__ import annotations

import ast
import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from handler.reporting.history import History
from handler.settings import LANGUAGES, Settings
from handler.state.stored import to_json
from local import interpreters, package, sandbox
from local.cloud import Cloud
from local.package import LARGEST_ZIP, LEFT_OUT, ROOT, Package
from tests.handler.reporting.test_page import hostile_samples, report_of
from tests.pages import SCENES
from tests.stage import BUCKET, GROUP

EVENTS = [json.loads(path.read_text(encoding="utf-8")) for path in sorted((ROOT / "events").glob("*.json"))]
PUT = json.loads((ROOT / "events/object-created.json").read_text(encoding="utf-8"))["Records"][0]
SEVERAL = ("3.10", "3.11", "3.13")
OTHERS = [version for version in SEVERAL if interpreters.find(version) not in {None, Path(sys.executable)}]
# No certificate is good for as long: whatever is needed then is in uv's cache by that time.
IN_ANOTHER_YEAR = ("env", "UV_OFFLINE=1", "faketime", "2037-11-23 01:02:03") if shutil.which("faketime") else ()

CHILD = """
import json, os, sys
given = json.load(sys.stdin)
sys.path.insert(0, given["tree"])
os.environ.clear()
os.environ.update(given["environ"])
import index
answers = [index.main_handler(event, {"request_id": "from-zip"}) for event in given["events"]]
for name in given["imports"]:
    __import__(name)
files = filter(None, [getattr(module, "__file__", None) for module in list(sys.modules.values())])
print(json.dumps({"answers": answers, "files": list(files), "library": os.path.dirname(os.__file__)}))
"""

PAGES = """
import sys, json
given = json.load(sys.stdin)
sys.path[:0] = given["paths"]
import jinja2
from handler.planning.samples import Samples
from handler.reporting import history, index, page, report
from handler.state import stored
samples = stored.from_json(Samples, given["samples"])
reports = [report.Report.from_json(each) for each in given["reports"]]
found = history.read(given["history"].encode(), 1)
group = index.GroupImports(
    folder="1001", receiver_id=1001, name=None, page="reports/1001/latest.html", imports=found.imports
)
groups = index.Index(groups=(group,))
place = page.Place("reports/1001/a.csv/0123/", "incoming/", "1001", "reports/1001/latest.html")
compiled = []
sys.addaudithook(lambda name, told: name == "compile" and compiled.append(str(told[1])))
pages = []
for language in given["languages"]:
    pages += [page.render(each, samples, language, place).decode() for each in reports]
    pages.append(found.to_html(language, "reports/1001/").decode())
    pages.append(groups.to_html(language, "reports/").decode())
print(json.dumps({"pages": pages, "compiled": compiled, "from": page.__file__}))
"""


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkout as it is now, so that whoever works on it meanwhile does not make two builds differ."""
    return _copied(ROOT, tmp_path_factory.mktemp("source"))


@pytest.fixture(scope="session")
def built(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Package:
    """The package, built by the interpreter that runs the tests."""
    return package.build(tmp_path_factory.mktemp("build"), source)


@pytest.fixture(scope="session")
def unzipped(built: Package, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the platform makes of the zip."""
    target = tmp_path_factory.mktemp("function")
    with zipfile.ZipFile(built.zip) as archive:
        archive.extractall(target)
    return target


@pytest.fixture(scope="session")
def python() -> str:
    """The interpreter of the platform."""
    if not package.RUNS_HERE:
        pytest.skip("the package is for Linux on x86_64, and this machine is another")
    found = interpreters.find("3.10")
    if found is None:
        pytest.skip("there is no Python 3.10 on this machine, and the package is for no other")
    return str(found)


def run(python: str, tree: Path, **given: Any) -> dict[str, Any]:
    """Runs the function in a process that knows the standard library and the tree, and nothing else."""
    given = {"environ": {}, "events": [], "imports": [], **given, "tree": str(tree)}
    command = [python, "-I", "-S", "-B", "-c", CHILD]
    done = subprocess.run(command, input=json.dumps(given), capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    strangers = [file for file in answer["files"] if not file.startswith((str(tree), answer["library"]))]
    assert strangers == []
    return answer


def event(key: str) -> dict[str, Any]:
    """What COS sends for a file with this key."""
    url = f"http://{BUCKET}.cos.ap-singapore.myqcloud.com/{key}"
    shown = {**PUT["cos"]["cosObject"], "key": f"/1250000000/drops/{key}", "url": url, "meta": {}}
    return {"Records": [{**PUT, "cos": {**PUT["cos"], "cosObject": shown}}]}


def imports(folder: Path) -> Iterator[str]:
    """Every module that the function's own code names in an import, whether it is loaded at once or later."""
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module


def test_every_event_works_from_the_zip_alone(python: str, unzipped: Path) -> None:
    """Python 3.10 with the unzipped package, and without site-packages, does the whole job for every sample event."""
    cloud = Cloud()
    metadata = {key: said for each in EVENTS for key, said in sandbox.metadata_in(each).items()}
    with cloud.serve() as endpoint:
        environ = {"BUCKET": BUCKET, **sandbox.access(cloud, endpoint)}
        sandbox.fill(cloud, [BUCKET], ROOT / "events/bucket", metadata, Settings.read(environ))
        answer = run(python, unzipped, environ=environ, events=EVENTS)
    assert cloud.problems == []
    imported = [each for result in answer["answers"] for each in result["imports"]]
    assert {each["status"] for each in imported} == {"imported"}
    assert {each["key"] for each in imported} == set(cloud.objects.keys(BUCKET, "incoming/"))
    pages = [each["report"].replace("report.json", "report.html") for each in imported]
    assert {cloud.objects.read(BUCKET, page)[:15] for page in pages} == {b"<!doctype html>"}
    assert len(set(cloud.groups.members(GROUP))) == len(cloud.groups.members(GROUP)) > 0


def loaded(answer: Mapping[str, Any], tree: Path) -> set[str]:
    """What of the package is loaded when a process ends: `jinja2`, `handler/sweep.py`."""
    names = {Path(file).relative_to(tree).as_posix() for file in answer["files"] if file.startswith(str(tree))}
    return {name if name.startswith("handler/") else name.partition("/")[0] for name in names}


def test_an_event_with_nothing_to_do_loads_no_sdk(python: str, unzipped: Path) -> None:
    """They are most of a cold start, and such events are frequent: our own reports make some."""
    cloud = Cloud()
    cloud.objects.create_bucket(BUCKET)
    with cloud.serve() as endpoint:
        environ = {"BUCKET": BUCKET, **sandbox.access(cloud, endpoint)}
        idle = run(python, unzipped, environ=environ, events=[event("reports/a.csv")])
    assert loaded(idle, unzipped) & {"qcloud_cos", "tencentcloud", "requests"} == set()


def test_awkward_files_from_the_zip_alone(python: str, unzipped: Path) -> None:
    """Other charsets, international domains and compressed files need what is loaded only for them: it is there."""
    chinese = "邮箱,姓名,城市\na@example.com,李雷,北京市海淀区\nb@example.com,韩梅梅,上海市浦东新区\n" * 20
    files = {
        f"incoming/{GROUP}/gb18030.csv": chinese.encode("gb18030"),
        f"incoming/{GROUP}/domains.txt": "c@bücher.example.com\nd@例子.example.org\n".encode(),
        f"incoming/{GROUP}/packed.jsonl.gz": gzip.compress(b'{"email": "e@example.com"}\n'),
    }
    cloud = Cloud()
    cloud.objects.create_bucket(BUCKET)
    cloud.groups.create("spring", receiver_id=GROUP)
    for key, content in files.items():
        cloud.objects.put(BUCKET, key, content)
    with cloud.serve() as endpoint:
        environ = {"BUCKET": BUCKET, **sandbox.access(cloud, endpoint)}
        answer = run(python, unzipped, environ=environ, events=[event(key) for key in files])
    assert [[each["status"] for each in result["imports"]] for result in answer["answers"]] == [["imported"]] * 3
    expected = ["a@example.com", "b@example.com", "c@xn--bcher-kva.example.com", "d@xn--fsqu00a.example.org"]
    assert cloud.groups.members(GROUP) == [*expected, "e@example.com"]


def test_the_pages_of_the_package(python: str, source: Path, unzipped: Path) -> None:
    """Every kind of page is the same from the package as from the checkout, byte for byte; only that the package has
    its templates compiled, and reads and compiles nothing for a page."""
    reports = [report_of(name) for name in SCENES]
    past = History(receiver_id=GROUP)
    for number, report in enumerate(reports):
        past = past.with_report(report, f"reports/{GROUP}/{number}.csv/{number:016x}/")
    given = {
        "reports": [report.to_json().decode() for report in reports],
        "history": past.to_json().decode(),
        "samples": to_json(hostile_samples("ada@gmial<com")).decode(),
        "languages": list(LANGUAGES),
    }
    checkout = _rendered(python, given, source, unzipped)
    packaged = _rendered(python, given, unzipped)
    assert packaged["from"].startswith(str(unzipped))
    assert checkout["from"].startswith(str(source))
    assert packaged["pages"] == checkout["pages"]
    assert len(set(packaged["pages"])) == len(LANGUAGES) * (len(SCENES) + 2)
    assert packaged["compiled"] == []
    templates = {str(path) for path in (source / "handler/reporting/templates").glob("*.j2")}
    assert set(checkout["compiled"]) >= templates


def test_nothing_is_missing(python: str, unzipped: Path) -> None:
    """Whatever the function's code imports, also on paths that no sample takes, is in the package."""
    names = sorted(set(imports(unzipped / "handler")))
    assert {"qcloud_cos", "fastcrc.crc64", "handler.errors"} <= set(names)
    run(python, unzipped, imports=names)


def test_left_out_is_left_out(built: Package) -> None:
    """Everything that is said to be left out would have been there, and is not; nor is what never runs in the cloud."""
    names = zipfile.ZipFile(built.zip).namelist()
    assert [name for name in names for pattern in LEFT_OUT if fnmatchcase(name, pattern)] == []
    needs_a_compiler = {"crcmod/*.so"}
    assert LEFT_OUT.keys() - built.left_out.keys() <= needs_a_compiler
    assert not {name.partition("/")[0] for name in names} & {"tests", "local", "werkzeug", "rich", "pytest"}


def test_shape(built: Package) -> None:
    """What the platform calls stands in the root; the zip is small enough to be sent and holds what the tree holds;
    every entry is a readable file without a time of its own."""
    with zipfile.ZipFile(built.zip) as archive:
        assert archive.testzip() is None
        entries = archive.infolist()
    names = [entry.filename for entry in entries]
    assert {"index.py", "handler/app.py"} <= set(names)
    assert names == sorted(names)
    assert set(names) == {path.relative_to(built.tree).as_posix() for path in built.tree.rglob("*") if path.is_file()}
    assert {(entry.date_time, entry.external_attr) for entry in entries} == {((1980, 1, 1, 0, 0, 0), 0o100644 << 16)}
    assert built.zip.stat().st_size < LARGEST_ZIP


def test_the_table_of_the_docs(python: str, built: Package) -> None:
    """docs/deploy.md names all that takes the room, and its figures are right to 0.3 MB."""
    text = (ROOT / "docs/deploy.md").read_text(encoding="utf-8").partition("## The package\n")[2]
    rows = re.findall(r"^\| ([\d.]+) \| ((?:`\S+`,? ?)+) \|", text, re.MULTILINE)
    told = {tuple(re.findall(r"`(\S+)`", names)): float(size) for size, names in rows}
    assert {name for name, size in built.sizes.items() if size > 100_000} - {"__pycache__"} <= set(chain(*told))
    for names, size in told.items():
        assert sum(built.sizes[name] for name in names) / 1e6 == pytest.approx(size, abs=0.3), names
    ((unpacked, zipped),) = re.findall(r"Together ([\d.]+) MB, and ([\d.]+) MB zipped", text)
    assert sum(built.sizes.values()) / 1e6 == pytest.approx(float(unpacked), rel=0.05)
    assert built.zip.stat().st_size / 1e6 == pytest.approx(float(zipped), rel=0.05)


def test_bytecode(python: str, built: Package) -> None:
    """Every source has its bytecode, which Python 3.10 takes without a look at the source, and which tells nothing of
    the machine that built it."""
    sources = list(built.tree.rglob("*.py"))
    for path in sources:
        compiled = (path.parent / "__pycache__" / f"{path.stem}.cpython-310.pyc").read_bytes()
        assert compiled[4:8] == (1).to_bytes(4, "little")
        assert str(built.tree).encode() not in compiled
    assert len(sources) == len(list(built.tree.rglob("*.pyc")))


def test_without_python_3_10(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A machine without Python 3.10 builds a package that works as well, and is told what it lacks."""
    monkeypatch.setattr(package, "find", lambda _: None)
    assert package.main(["--out", str(tmp_path), "--source", str(source)]) == 0
    assert list((tmp_path / "package").rglob("*.pyc")) == []
    printed = capsys.readouterr()
    assert f"no Python 3.10 on this machine, so {tmp_path / 'function.zip'} holds no bytecode" in printed.err
    assert printed.out.endswith(f"made {tmp_path / 'function.zip'}, with no bytecode\n")


@pytest.mark.skipif(not OTHERS, reason="there is only one Python on this machine")
@pytest.mark.parametrize("version", OTHERS[-1:])
def test_the_same_everywhere(source: Path, built: Package, tmp_path: Path, version: str) -> None:
    """Another Python, in another folder, with other file times and in another time zone, builds the same bytes; where
    `faketime` is on the machine, in another year, too."""
    elsewhere = _copied(source, tmp_path / "a folder elsewhere")
    for path in elsewhere.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    python = f"--python={interpreters.find(version)}"
    command = [interpreters.uv(), "run", "--quiet", "--isolated", "--no-project", python, *IN_ANOTHER_YEAR]
    programs = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    env = {**os.environ, "TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "7", "PATH": programs, "LC_ALL": "C"}
    subprocess.run([*command, "python", "-m", "local.package", "--out", tmp_path], cwd=elsewhere, env=env, check=True)
    assert hashlib.sha256((tmp_path / "function.zip").read_bytes()).hexdigest() == built.sha256


def test_what_two_packages_bring(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where two packages bring the same file, it is chance which of them is there: no zip is built that way."""
    monkeypatch.setattr(package, "SHARES_FILES", "six")
    with pytest.raises(RuntimeError, match=re.escape("tencentcloud/__init__.py")):
        package.build(tmp_path, source)


def _rendered(python: str, given: dict[str, Any], *paths: Path) -> dict[str, Any]:
    """The pages as this Python makes them with the code in these folders, the first of them first."""
    command = [python, "-I", "-S", "-B", "-c", PAGES]
    told = json.dumps({**given, "paths": [str(path) for path in paths]})
    done = subprocess.run(command, input=told, stdout=subprocess.PIPE, text=True, check=True, timeout=100)
    return dict(json.loads(done.stdout))


def _copied(source: Path, target: Path) -> Path:
    """What building a package needs of a checkout."""
    for name in ("handler", "local"):
        shutil.copytree(source / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "uv.lock"):
        shutil.copy(source / name, target)
    return target
