"""Reports of every kind, made by the function itself on an emulator: `python -m tests.pages DIR` writes them there.

They are what the tests of the page look at, in a browser, too, and what somebody who changes its design wants to see.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from local.cloud import Cloud
from local.cloud.faults import Fault
from tests.stage import BUCKET, GROUP, FakeClock, Stage

MANY: Final = 50_000
HOSTILE: Final = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)",
    '=HYPERLINK("http://evil.example/","click")',
    "\u202emoc.elpmaxe@eve\u202c",
    "{{ 7 * 7 }}{% raw %}",
    "</style><style>*{display:none}",
    "n" * 10_000,
)
"""Cells that want to be more than text."""

Prepare = Callable[[Stage], object]


def _nothing(stage: Stage) -> None:
    """The group is empty, and the service does what it is asked for."""


@dataclass(frozen=True)
class Scene:
    """One file, and what the function meets with it."""

    content: bytes
    settings: Mapping[str, str] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)
    prepare: Prepare = _nothing
    key: str = f"incoming/{GROUP}/spring list.csv"
    members: int = 0
    """Of the group, before."""
    group_name: str = "spring"


def addresses(count: int, start: int = 0) -> str:
    return "".join(f"person{number}@example.com,Name {number}\n" for number in range(start, start + count))


def _list(*rows: str) -> bytes:
    return "\n".join(("email,name", *rows, "")).encode()


MISTAKES: Final = [
    "ada@example.com,Ada",
    "ADA@example.com,Ada again",
    "person1@example.com,there already",
    ",nobody",
    "grace@gmial.com,Grace",
    "joan@gmial.com,Joan",
    "mary@hotmial.com,Mary",
    "linus@example,Linus",
    "ken@@example.com,Ken",
    "barbara.example.com,Barbara",
    "zhu.lin@example;com,Zhu Lin",
    "jörg@example.com,Jörg",
    "a..b@example.com,Two dots",
    "x" * 70 + "@example.com,Too long",
    *(f"number {number},Not an address" for number in range(30)),
    *(f"good{number}@example.org,Good {number}" for number in range(120)),
]


def _refuse_second_batch(stage: Stage) -> None:
    stage.cloud.faults.script("CreateReceiverDetail", Fault.refuse("InvalidParameterValue.EmailContentIsWrong"), 2)


def _take_long(stage: Stage) -> None:
    stage.cloud.groups.upload_seconds = 3600.0


def _block_some(stage: Stage) -> None:
    stage.cloud.groups.black_list.put(f"person{number}@example.com" for number in range(30, 42))


def _many_rejections() -> bytes:
    rows = (f"person{n}@example.com,Name" if n % 5 else f'bad {n} <{n}>,"\'&"' for n in range(MANY))
    return _list(*rows)


SCENES: Final[Mapping[str, Scene]] = {
    "all-good": Scene(_list(addresses(180).strip()), members=24),
    "nothing-new": Scene(_list(addresses(12).strip()), members=24),
    "some-rejected": Scene(_list(*MISTAKES), members=24),
    "some-rejected-zh-CN": Scene(
        _list(*MISTAKES), members=24, metadata={"language": "zh-CN"}, key=f"incoming/{GROUP}/春季名单.csv"
    ),
    "some-rejected-pt": Scene(_list(*MISTAKES), members=24, settings={"REPORT_LANGUAGE": "pt-BR"}),
    "over-capacity": Scene(_list(addresses(MANY, 5_000).strip()), members=3_000),
    "filled": Scene(_list(addresses(MANY, 5_000).strip()), members=3_000, settings={"ON_OVERFLOW": "fill"}),
    "series": Scene(_list(addresses(52_000).strip()), members=24, settings={"ON_OVERFLOW": "split"}),
    "series-dry-run": Scene(_list(addresses(51_000).strip()), settings={"ON_OVERFLOW": "split", "DRY_RUN": "true"}),
    "wrong-column": Scene(b"name,born\nAda,1815\nGrace,1906\n"),
    "too-many-invalid": Scene(_list("Ada,1815", "Grace,1906", "ada@example.com,1815")),
    "no-group": Scene(_list(addresses(3).strip()), key="incoming/spring.csv"),
    "partial": Scene(_list(addresses(30_000).strip()), prepare=_refuse_second_batch),
    "uploading": Scene(_list(addresses(25_000).strip()), prepare=_take_long, settings={"SETTLE_SECONDS": "30"}),
    "dry-run": Scene(_list(*MISTAKES), members=24, settings={"DRY_RUN": "true"}),
    "blocked": Scene(_list(addresses(60).strip()), members=24, prepare=_block_some, settings={"SKIP_BLOCKED": "true"}),
    "template-data": Scene(
        _list(
            'ada@example.com,"{{ 7 * 7 }} & ""<3"" \u202eadA"',
            "ada@example.com,Another",
            "grace@example.com,Hopper, Grace",
            "joan@example.com,<b>Joan</b>",
            f"mary@example.com,{'Mary ' * 200}",
            addresses(60).strip(),
        ),
        metadata={"template_data": "name=name"},
    ),
    "many-rejections": Scene(_many_rejections()),
    "hostile": Scene(
        _list(*(f'"{cell.replace(chr(34), chr(34) * 2)}",name' for cell in HOSTILE), *MISTAKES[-20:]),
        key=f"incoming/{GROUP}/javascript:alert(1)/\u202e<script>alert(1)<\u202c script>'\"&.csv",
        group_name="<script>alert(1)</script>\u202e",
    ),
}


PICTURED: Final = Scene(
    _list(
        addresses(9_400, 17_000).strip(),
        *("liu.wei@example.com,Liu Wei", '"zhu.lin@example,com",Zhu Lin', "hu.bin@@example.org,Hu Bin"),
        *("maria.example.com,Maria", "lin..feng@example.com,Lin Feng", "he.xue@example,He Xue", ",Nobody"),
        *("ana@gmial.com,Ana", "rui@hotmial.com,Rui", "eva@gmial.com,Eva"),
        *(f"person{number}@example.com,Name {number}" for number in range(26_000, 26_120)),
    ),
    key=f"incoming/{GROUP}/spring-list.csv",
    members=18_000,
    group_name="Spring newsletter",
)
"""What the pictures show: a file as most are, of invented people."""


HISTORY: Final = ("all-good", "wrong-column", "some-rejected-zh-CN", "hostile", "partial", "uploading")
"""Files that are dropped for the same group, one after the other."""


@contextmanager
def played(scene: Scene) -> Iterator[tuple[Stage, str]]:
    """The stage after a file was dropped, and the folder of its report."""
    with _set_up(scene) as stage:
        yield stage, _play(stage, scene)


@contextmanager
def played_in_a_row(language: str = "en", names: Sequence[str] = HISTORY) -> Iterator[Stage]:
    """The stage after many files were dropped."""
    scenes = [_in_language(SCENES[name], language) for name in names]
    with _set_up(scenes[0]) as stage:
        for hours, scene in enumerate(scenes, 1):
            _play(stage, scene)
            stage.clock.sleep(hours * 5000.0)
        yield stage


def _in_language(scene: Scene, language: str) -> Scene:
    return replace(scene, settings={**scene.settings, "REPORT_LANGUAGE": language})


@contextmanager
def _set_up(scene: Scene) -> Iterator[Stage]:
    clock = FakeClock()
    cloud = Cloud(clock=clock)
    cloud.objects.create_bucket(BUCKET)
    known = [f"person{number}@example.com" for number in range(scene.members)]
    cloud.groups.create(scene.group_name, receiver_id=GROUP, members=known)
    with cloud.serve() as endpoint:
        yield Stage(cloud, endpoint, clock)


def _play(stage: Stage, scene: Scene) -> str:
    """Drops the file and calls the function; the folder of the report."""
    scene.prepare(stage)
    event = stage.drop(scene.content, scene.key, **scene.metadata)
    (imported,) = stage.invoke(event, 900.0, **scene.settings)["imports"]
    return str(imported["report"]).removesuffix("report.json")


def write(folder: Path) -> Iterator[Path]:
    """Every scene in a folder of its own, as the bucket has it; the pages."""
    for name, scene in SCENES.items():
        with played(scene) as (stage, reports):
            for key in stage.keys(reports):
                path = folder / name / key.removeprefix(reports)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(stage.cloud.objects.read(BUCKET, key))
            for key in (*stage.keys(f"reports/{GROUP}/latest."), *stage.keys("reports/index.")):
                (folder / name / key.rpartition("/")[2]).write_bytes(stage.cloud.objects.read(BUCKET, key))
        yield folder / name / "report.html"


if __name__ == "__main__":
    for page in write(Path(sys.argv[1])):
        print(page)
