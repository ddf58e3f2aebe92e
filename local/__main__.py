"""The command line: `python -m local replay|preview|emulator|doctor|policy`.

Exit codes: 0 fine, 1 the file or the import was refused, 2 usage or configuration.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from handler.errors import OperatorProblem, SourceProblem, TryLater
from handler.limits import LARGEST_RECEIVER_ID
from handler.reading import read
from handler.reading.tables import Hints
from handler.reporting.words import in_english
from handler.settings import LANGUAGES, language_of
from handler.template_data import read_variables
from local import deployment, policy, summary
from local.doctor import doctor
from local.emulator import serve
from local.preview import Asked, addresses_in, preview, regular
from local.progress import bar
from local.replay import replay, show

PREVIEWS: Final = Path("out/preview")
"""Below it, each previewed file has a folder with its report."""


def _language(name: str) -> str:
    if language_of(name) is None:
        raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(LANGUAGES)}")
    return name


def _text(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError("it is no text") from None
    return value


def _file(name: str) -> str:
    if not name:
        raise argparse.ArgumentTypeError("a name is needed, or - for standard input")
    return name


def _hint(name: str) -> Callable[[str], str]:
    """Metadata that a reader refuses, whatever the file is."""

    def check(value: str) -> str:
        given = {"\t": "tab", " ": "space"}.get(value, _text(value))  # no metadata ends with a space
        hints: dict[str, Any] = {name: given}
        try:
            for table in read(iter([b"a@example.com\n"]), Hints(**hints)):
                deque(table.blocks, 0)
        except SourceProblem as problem:
            if problem.said.code in {"file.charset", "file.delimiter_none"}:
                raise argparse.ArgumentTypeError(in_english(problem.said)) from None
        return given

    return check


def _only(value: str) -> str:
    column, _, values = _text(value).partition("=")
    if value.strip() != "*" and not (column.strip() and values.replace("|", "").strip()):
        raise argparse.ArgumentTypeError("write Column=value|value, or *")
    return value


def _template_data(value: str) -> str:
    try:
        read_variables(_text(value))
    except SourceProblem as problem:
        raise argparse.ArgumentTypeError(in_english(problem.said)) from None
    return value


def _group(number: str) -> int:
    if not (number.isdecimal() and 1 <= int(number) <= LARGEST_RECEIVER_ID):
        raise argparse.ArgumentTypeError("a group is a number from 1 on, as the SES console shows it")
    return int(number)


def main(arguments: Sequence[str] | None = None, environ: Mapping[str, str] = os.environ) -> int:
    """Runs one command, with the function's settings from `environ`, and from .env but for `replay`; its exit code."""
    _print_anything()
    options = _parser().parse_args(arguments, argparse.Namespace(environ=environ))
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        code = command(options)
        sys.stdout.flush()
        return code
    except OperatorProblem as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # whoever read the output has seen enough
        _drop_output()
        return 128 + signal.SIGPIPE
    except OSError as problem:
        print(f"error: {problem.filename or 'standard output'}: {problem.strerror}", file=sys.stderr)
        if problem.filename is None:
            _drop_output()
        return 2
    except TryLater as problem:
        print(f"error: {problem}; try again", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _print_anything() -> None:
    """A file's name or cell that the terminal cannot show is no reason to stop."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _drop_output() -> None:
    """What could not be printed is not tried once more at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser() -> argparse.ArgumentParser:  # noqa: PLR0915 - a statement for each option
    parser = argparse.ArgumentParser("python -m local", description="What runs on your own machine, without a cloud.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    one = commands.add_parser("replay", help="hand an event to the function, on an emulator of COS and SES")
    one.add_argument("event", type=Path, metavar="EVENT", help="a JSON file such as events/object-created.json")
    one.add_argument("--files", type=Path, metavar="DIR", default=Path("events/bucket"), help="what is in the bucket")
    one.add_argument("--out", type=Path, metavar="DIR", default=Path("out"), help="where the reports are copied to")
    one.add_argument("--blocked", type=Path, metavar="FILE", help="a list of the addresses that SES blocks already")
    one.add_argument("-v", "--verbose", action="store_true", help="show the function's log (LOG_LEVEL does, too)")
    one.set_defaults(command=_replay)

    two = commands.add_parser("preview", help="dry run of one file: what would be sent, what would not, and why")
    two.add_argument("file", metavar="FILE", type=_file, help="the file, or - for standard input")
    two.add_argument("--json", action="store_true", help="print report.json and nothing else")
    two.add_argument("--out", type=Path, metavar="DIR", help="keep report and CSV files there, not in out/preview/FILE")
    two.add_argument("--members", type=Path, metavar="FILE", help="a list of the addresses in the group already")
    two.add_argument(
        "--email-column", metavar="NAME", type=_text, help="heading or number, as x-cos-meta-email-column says it"
    )
    two.add_argument("--delimiter", metavar="CHAR", type=_hint("delimiter"), help="as x-cos-meta-delimiter says it")
    two.add_argument("--encoding", metavar="NAME", type=_hint("encoding"), help="as x-cos-meta-encoding says it")
    two.add_argument(
        "--only", metavar="COLUMN=VALUES", type=_only, help="as x-cos-meta-only says it: Status=active|pending, or *"
    )
    two.add_argument(
        "--template-data",
        metavar="COLUMNS",
        type=_template_data,
        help="as x-cos-meta-template-data says it: name=Name,city=City, or *",
    )
    two.add_argument(
        "--language", metavar="NAME", type=_language, help="as x-cos-meta-language says it: en, zh-CN or pt"
    )
    two.add_argument("-v", "--verbose", action="store_true", help="show the function's log (LOG_LEVEL does, too)")
    two.set_defaults(command=_preview)

    three = commands.add_parser("emulator", help="COS and SES on 127.0.0.1 until Ctrl-C")
    three.add_argument("--port", type=int, metavar="N", default=0, help="any free one unless given")
    three.set_defaults(command=lambda options: serve(options.port))

    four = commands.add_parser("doctor", help="check a deployment before the first drop, with your own keys from .env")
    four.add_argument("--group", type=_group, metavar="ID", help="the recipient group to look at; else all are listed")
    four.add_argument("--emulator", action="store_true", help="ask an emulator instead of the cloud")
    four.add_argument(
        "--probe",
        action="store_true",
        help="find out what nobody wrote down about SES, in a group that is made for it and deleted again",
    )
    four.set_defaults(command=lambda options: doctor(options.group, on_emulator=options.emulator, probe=options.probe))

    commands.add_parser(
        "policy", help="print the rights that the function's role needs, for the settings in .env"
    ).set_defaults(command=lambda _: policy.show())
    return parser


def _replay(options: argparse.Namespace) -> int:
    event = _event(options.event)
    if not options.files.is_dir():
        raise OperatorProblem(f"{options.files} is no folder.")
    with _logging(options):
        blocked = addresses_in(options.blocked) if options.blocked else ()
        replayed = replay(event, options.files, options.out, options.environ, blocked)
    show(replayed, summary.console())
    return replayed.exit_code


def _event(path: Path) -> object:
    try:
        return json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise OperatorProblem(f"{path} is not JSON: {error}") from error


def _preview(options: argparse.Namespace) -> int:
    hints = {
        name: getattr(options, name.replace("-", "_"))
        for name in ("email-column", "delimiter", "encoding", "only", "template-data", "language")
    }
    given = {name: value for name, value in hints.items() if value}
    environ = deployment.read(environ=options.environ)
    if misread := [*deployment.misread()]:
        raise OperatorProblem("\n".join(misread))
    # A name may hold bytes that are no text, which no report can hold.
    name = "stdin" if options.file == "-" else os.fsencode(options.file).decode(errors="replace")
    with ExitStack() as stack:
        path = stack.enter_context(regular(options.file))
        kept = options.out or (None if options.json else PREVIEWS / Path(name).name)
        folder = kept or Path(stack.enter_context(TemporaryDirectory()))
        with bar(path.stat().st_size, summary.console(stderr=True)) as progress, _logging(options):
            asked = Asked(path, name, given, options.members)
            told = preview(asked, folder, environ, progress, kept=kept is not None)
        if options.json:
            print(told.report.to_json().decode(), end="")
        else:
            summary.show_file(told, summary.console())
    return 1 if told.report.status == "refused" else 0


@contextmanager
def _logging(options: argparse.Namespace) -> Iterator[None]:
    """The function's own log is on standard output; here it is on standard error, and only where it is asked for."""
    is_wanted = options.verbose or "LOG_LEVEL" in options.environ
    with redirect_stdout(sys.stderr if is_wanted else io.StringIO()):
        yield


if __name__ == "__main__":
    sys.exit(main())
