"""The emulator as a platform: what is put into the bucket calls the function, over the wire and with real events."""

from __future__ import annotations

import io
import json
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from handler.clouds import cos
from handler.timing import Deadline
from local.cloud import Fault
from local.emulator import Account, account, serve, told_of
from local.platform.live import TIMER_SECONDS, Called, StoppableClock
from local.sandbox import BUCKET, GROUP
from local.watch import STILL_SECONDS, Watch
from tests.local.test_main import local
from tests.stage import ROOT

KEY = f"incoming/{GROUP}/list.csv"
GOOD = b"email\na@example.com\nb@example.com\n"
PAGE = (ROOT / "docs/emulator.md").read_text(encoding="utf-8")


class FastClock(StoppableClock):
    """Time that passes whenever somebody waits, and hardly ever really. It begins just after a tick of the timer."""

    def __init__(self) -> None:
        super().__init__()
        self.ahead = 1.0 - super().now().timestamp() % TIMER_SECONDS

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self.ahead)

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead

    def sleep(self, seconds: float) -> None:
        super().sleep(0.0)
        self.ahead += seconds


@pytest.fixture
def here() -> Iterator[Account]:
    """An account with the group, whose function has no settings of its own."""
    with account({}, clock=FastClock()) as found:
        found.cloud.groups.create("spring", receiver_id=GROUP)
        yield found
    assert found.cloud.problems == []


def client(here: Account) -> Any:
    return cos.connect(here.settings, "ap-singapore")


def until_idle(here: Account) -> list[Called]:
    """Steps on until nobody works any more; the calls there were."""
    found: list[Called] = []
    while not here.platform.is_idle:
        if called := here.platform.step(0.05):
            found.append(called)
        elif not here.platform.is_busy:
            here.clock.sleep(5)  # nobody has anything to do before something is due
    return found


def shape(event: Any) -> Any:
    """What is in an event, without the values."""
    if isinstance(event, dict):
        return {name: shape(value) for name, value in event.items() if name != "requestParameters"}
    return [shape(each) for each in event] if isinstance(event, list) else type(event).__name__


def test_a_put_calls_the_function(here: Account) -> None:
    """Once, with an event like those that people have published; the file is imported and its report lies there. What
    the function writes itself calls nobody."""
    answer = client(here).put_object(BUCKET, GOOD, KEY, ContentType="text/csv")
    (called,) = until_idle(here)
    published = json.loads((ROOT / "events/as-published.json").read_text(encoding="utf-8"))
    assert shape(called.event) == shape(published)
    cos_object = called.event["Records"][0]["cos"]["cosObject"]
    assert cos_object["meta"] == {
        "x-cos-request-id": answer["x-cos-request-id"],
        "Content-Type": "text/csv",
        "ETag": answer["ETag"],
    }
    assert (cos_object["size"], cos_object["key"]) == (len(GOOD), f"/1250000000/drops/{KEY}")
    assert here.cloud.groups.members(GROUP) == ["a@example.com", "b@example.com"]
    lines = [*told_of(called, here)]
    assert re.search(rf"call 1 +cos:ObjectCreated:Put {KEY}, \d+\.\d s$", lines[0])
    assert re.search(rf"import +{KEY}  imported  2 rows = 2 imported  reports/1001/list.csv/\w+/report.json$", lines[1])


def test_only_what_is_below_the_prefix(here: Account) -> None:
    """As the trigger has it."""
    client(here).put_object(BUCKET, GOOD, "elsewhere/list.csv")
    client(here).put_object(BUCKET, GOOD, "incoming.csv")
    assert until_idle(here) == []
    client(here).put_object(BUCKET, GOOD, KEY)
    assert len(until_idle(here)) == 1


def test_an_upload_in_parts_and_a_file_dropped_again(here: Account) -> None:
    """The end of an upload in parts has an event of its own name; the same file twice is imported twice."""
    big = b"email\n" + b"".join(b"user%d@example.com\n" % (number % 9) for number in range(150_000))
    deadline = Deadline.after(600, here.clock)
    cos.CosBucket(client(here), BUCKET, deadline).upload(
        f"{KEY}.big", iter([big[:2_000_000], big[2_000_000:]]), "text/csv"
    )
    client(here).put_object(BUCKET, GOOD, KEY)
    client(here).put_object(BUCKET, GOOD, KEY)
    calls = until_idle(here)
    names = sorted(called.event["Records"][0]["event"]["eventName"] for called in calls)
    assert names == ["cos:ObjectCreated:CompleteMultipartUpload", *["cos:ObjectCreated:Put"] * 2]
    ids = {each["import_id"] for called in calls for each in called.result["imports"]}
    assert len(ids) == 3


def test_a_call_that_fails_is_made_again(here: Account) -> None:
    """A minute later, twice at most; each time a line says why."""
    here.cloud.faults.script("GetObject", Fault.refuse("AccessDenied", http_status=403), times=1_000)
    client(here).put_object(BUCKET, GOOD, KEY)
    began = here.clock.monotonic()
    calls = [called for called in until_idle(here) if "Records" in called.event]
    assert [called.attempt for called in calls] == [1, 2, 3]
    assert here.clock.monotonic() - began >= 120
    lines = [line for called in calls for line in told_of(called, here)]
    ends = [line.rpartition("; ")[2] for line in lines if " failed " in line]
    assert ends == [*["it is called again in a minute"] * 2, "it is given up"]


def test_the_timer_sweeps(here: Account) -> None:
    """At every fifth minute; a file whose event was lost is found by it."""
    here.cloud.objects.put(BUCKET, KEY, GOOD)  # behind COS's back
    here.clock.sleep(600)  # listings are not trusted about what is new
    found: list[Called] = []
    while len(found) < 2:
        here.clock.sleep(300)
        assert here.platform.step(0) is None
        found += until_idle(here)
    times = [datetime.fromisoformat(called.event["Time"].replace("Z", "+00:00")) for called in found]
    assert [(time.minute % 5, time.second) for time in times] == [(0, 0)] * len(times)
    assert times[-1] > times[0]
    assert here.cloud.groups.members(GROUP) == ["a@example.com", "b@example.com"]


class TestWatch:
    """A folder that is watched."""

    @pytest.fixture
    def put(self, tmp_path: Path) -> Callable[..., list[tuple[str, bytes]]]:
        """Writes a file, if one is given, lets so many seconds pass; what was uploaded then."""
        clock, uploaded = FastClock(), list[tuple[str, bytes]]()
        watch = Watch(tmp_path, lambda name, path: uploaded.append((name, path.read_bytes())), clock)

        def change(name: str = "", content: bytes = b"", seconds: float = 0.0) -> list[tuple[str, bytes]]:
            if name:
                (tmp_path / name).parent.mkdir(exist_ok=True)
                (tmp_path / name).write_bytes(content)
            clock.sleep(seconds)
            uploaded.clear()
            assert [*watch.look()] == [path for path, _ in uploaded]
            return list(uploaded)

        return change

    def test_whole_files_only(self, put: Callable[..., list[tuple[str, bytes]]]) -> None:
        """A file that still grows is left, however long it takes; then it is uploaded, once."""
        for length in range(1, 9):
            assert put("1001/list.csv", b"a" * length, STILL_SECONDS) == []
        assert put(seconds=STILL_SECONDS / 2) == []
        assert put(seconds=STILL_SECONDS) == [("1001/list.csv", b"a" * 8)]
        assert put(seconds=STILL_SECONDS * 9) == []

    def test_again_when_it_has_changed(self, put: Callable[..., list[tuple[str, bytes]]]) -> None:
        """Another content is another drop."""
        put("list.csv", b"one")
        assert put(seconds=STILL_SECONDS) == [("list.csv", b"one")]
        put("list.csv", b"other")
        assert put(seconds=STILL_SECONDS) == [("list.csv", b"other")]

    @pytest.mark.parametrize(
        "name", [".hidden.csv", ".git/list.csv", "list.csv.part", "~$list.xlsx", "list.crdownload"]
    )
    def test_what_is_nobodys_list(self, put: Callable[..., list[tuple[str, bytes]]], name: str) -> None:
        """What programs keep beside files is left."""
        put(name, b"a")
        assert put(seconds=STILL_SECONDS) == []


class UntilAnImport(io.StringIO):
    """Presses Ctrl-C once an import has been told of."""

    def write(self, text: str) -> int:
        super().write(text)
        if "  import  " in text:
            raise KeyboardInterrupt
        return len(text)


class Leaping(FastClock):
    """Time of which some passes whenever somebody looks."""

    def monotonic(self) -> float:
        self.ahead += 0.1
        return super().monotonic()


@pytest.mark.parametrize("name", ["1001/list.csv", "list.csv"])
def test_the_folder_is_uploaded(tmp_path: Path, name: str) -> None:
    """What lies in the folder that is watched is put below the incoming prefix and imported; reports are copied."""
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(GOOD)
    printed, terminated = UntilAnImport(), signal.getsignal(signal.SIGTERM)
    try:
        console, out = Console(file=printed, width=1_000), tmp_path / ".out"
        assert serve({"RECEIVER_ID": "1001"}, 0, tmp_path, console, Leaping(), out) == 0
    finally:
        signal.signal(signal.SIGTERM, terminated)
    lines = [line[10:] for line in printed.getvalue().splitlines() if not line.startswith(("#", "export"))]
    assert lines[0] == f"upload    {name}"
    assert f"incoming/{name}  imported  2 rows = 2 imported" in lines[-1]
    page = Path(lines[-1].rpartition("  ")[2])
    assert page.is_relative_to(out / "reports/1001/list.csv")
    assert "<html" in page.read_text(encoding="utf-8")
    assert {path.name for path in out.rglob("*.json")} == {"report.json", "latest.json", "index.json"}


def test_both_sdks_as_the_page_shows_them() -> None:
    """The command as somebody would start it, and the example of the page against it: a line for the call and one for
    the import; Ctrl-C ends it without a word."""
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    with subprocess.Popen(
        local("emulator"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        head = "".join(iter(child.stdout.readline, "# Ctrl-C ends it, and forgets everything.\n"))
        (port,) = re.findall(r"export COS_ENDPOINT=http://127\.0\.0\.1:(\d+)", head)
        said: dict[str, Any] = {"print": lambda text: said.update(json.loads(text))}
        exec(example.replace("8080", port), said)  # noqa: S102 - our own page
        assert said["Data"][0]["ReceiverId"] == GROUP
        lines = (
            line for line in iter(child.stdout.readline, "") if "  timer, " not in line
        )  # which comes when it will
        assert [next(lines)[10:17].strip("0123456789 ") for _ in range(2)] == ["call", "import"]
        child.send_signal(signal.SIGINT)
        assert (child.wait(timeout=30), child.stderr.read()) == (0, "")
