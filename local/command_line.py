"""The command line: `python -m local replay|preview|send|emulator|doctor|policy`.

Exit codes: 0 fine, 1 the file or the import was refused, 2 usage or configuration, or nobody answers.
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

from handler.errors import ImportProblem, OperatorProblem, SourceProblem
from handler.reading import read
from handler.reading.tables import Hints
from handler.reporting.report import Report
from handler.reporting.words import in_english
from handler.settings import LANGUAGES, LARGEST_PORT, language_of
from handler.template_data import read_variables
from local import deployment, policy, summary
from local.doctor import doctor, unreached
from local.emulator import serve
from local.inputs import chosen, places, readable, regular
from local.output import OutputFolder, complain
from local.preview import Asked, addresses_in, group_on_account, preview
from local.progress import bar
from local.replay import replay, show
from local.sandbox import is_group
from local.send import send

OUT: Final = Path("out")
PREVIEWS: Final = OUT / "preview"
"""Below it, each previewed file has a folder with its report."""
ELSEWHERE: Final = deployment.PLACES | deployment.PREFIXES
"""What an event and its files have of their own."""


def _language(name: str) -> str:
    if language_of(name) is None:
        raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(LANGUAGES)}")
    return name


def _text(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError("it is not text") from None
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


def _named_file(name: str) -> str:
    if _file(name) == "-":
        raise argparse.ArgumentTypeError("what is sent needs a name")
    return name


def _port(number: str) -> int:
    if not (number.isdecimal() and int(number) <= LARGEST_PORT):
        raise argparse.ArgumentTypeError(f"a port is a number from 1 to {LARGEST_PORT}; 0 is any free one")
    return int(number)


def _group(number: str) -> int:
    if not is_group(number):
        raise argparse.ArgumentTypeError("a group is a number from 1 on, as the SES console shows it")
    return int(number)


def run(arguments: Sequence[str] | None = None, environ: Mapping[str, str] = os.environ) -> int:
    """Runs one command, with the function's settings from .env and from `environ`, which wins; its exit code."""
    _print_anything()
    options = _options(arguments, environ)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        code = command(options)
        sys.stdout.flush()
        return code
    except OperatorProblem as problem:
        complain(problem.message)
        return 2
    except BrokenPipeError:  # whoever read the output has seen enough
        _drop_output()
        return 128 + signal.SIGPIPE
    except OSError as problem:
        complain(f"{problem.filename or 'standard output'}: {problem.strerror}")
        if problem.filename is None:
            _drop_output()
        return 2
    except ImportProblem as problem:
        complain(f"{problem}. {unreached(problem.message) or 'Try again.'}")
        return 2
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _options(arguments: Sequence[str] | None, environ: Mapping[str, str]) -> argparse.Namespace:
    """What is asked for. What its command does not take is told with the usage of that command."""
    options, unknown = parser().parse_known_args(arguments, argparse.Namespace(environ=environ))
    if unknown:
        options.parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    return options


def _print_anything() -> None:
    """A file's name or cell that the terminal cannot show is no reason to stop."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _drop_output() -> None:
    """What could not be printed is not tried once more at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def parser() -> argparse.ArgumentParser:
    """What every command takes."""
    it = argparse.ArgumentParser("python -m local", description="What runs on your own machine.")
    commands = it.add_subparsers(required=True, metavar="COMMAND")
    _add_replay(commands.add_parser("replay", help="hand an event to the function, on an emulator of COS and SES"))
    _add_preview(commands.add_parser("preview", help="dry run: what would be sent, what would not, and why"))
    _add_send(commands.add_parser("send", help="drop files into the bucket, and see what becomes of them"))
    _add_emulator(commands.add_parser("emulator", help="COS, SES and the function on 127.0.0.1 until Ctrl-C"))
    _add_doctor(
        commands.add_parser("doctor", help="check a deployment before the first drop, with your own keys from .env")
    )
    commands.add_parser(
        "policy", help="print the permissions that the function's role needs, for the settings in .env"
    ).set_defaults(command=lambda options: policy.show(options.environ))
    for command in commands.choices.values():
        command.set_defaults(parser=command)
    return it


def _add_replay(it: argparse.ArgumentParser) -> None:
    it.add_argument("event", type=Path, metavar="EVENT", help="a JSON file such as events/object-created.json")
    it.add_argument("--files", type=Path, metavar="DIR", default=Path("events/bucket"), help="what is in the bucket")
    it.add_argument("--out", type=Path, metavar="DIR", help="where the reports are copied to: out unless given")
    it.add_argument("--blocked", type=Path, metavar="FILE", help="a list of the addresses that SES blocks already")
    _add_verbose(it)
    it.set_defaults(command=_replay)


def _add_preview(it: argparse.ArgumentParser) -> None:
    it.add_argument("files", metavar="FILE", type=_file, nargs="+", help="a file, a folder, or - for standard input")
    it.add_argument("--json", action="store_true", help="print report.json and nothing else; a list of several")
    it.add_argument("--out", type=Path, metavar="DIR", help="keep report and CSV files there, not in out/preview/FILE")
    group = it.add_mutually_exclusive_group()
    group.add_argument("--members", type=Path, metavar="FILE", help="a list of the addresses in the group already")
    group.add_argument(
        "--group", type=_text, metavar="ID_OR_NAME", help="compare with this group, by your own keys from .env"
    )
    _add_hints(it)
    _add_verbose(it)
    it.set_defaults(command=_preview)


def _add_hints(it: argparse.ArgumentParser) -> None:
    it.add_argument(
        "--email-column", metavar="NAME", type=_text, help="heading or number, as x-cos-meta-email-column says it"
    )
    it.add_argument("--delimiter", metavar="CHAR", type=_hint("delimiter"), help="as x-cos-meta-delimiter says it")
    it.add_argument("--encoding", metavar="NAME", type=_hint("encoding"), help="as x-cos-meta-encoding says it")
    it.add_argument(
        "--only", metavar="COLUMN=VALUES", type=_only, help="as x-cos-meta-only says it: Status=active|pending, or *"
    )
    it.add_argument(
        "--template-data",
        metavar="COLUMNS",
        type=_template_data,
        help="as x-cos-meta-template-data says it: name=Name,city=City, or *",
    )
    it.add_argument(
        "--language", metavar="NAME", type=_language, help="as x-cos-meta-language says it: en, zh-CN or pt"
    )


def _add_send(it: argparse.ArgumentParser) -> None:
    it.add_argument("files", metavar="FILE", type=_named_file, nargs="+", help="a file or a folder")
    it.add_argument("--group", metavar="ID_OR_NAME", type=_text, required=True, help="the group that they are for")
    it.add_argument("--emulator", action="store_true", help="try it without a cloud")
    it.add_argument("--port", type=_port, metavar="N", help="the same, on the emulator that listens on this port")
    it.add_argument("--out", type=Path, metavar="DIR", default=OUT, help="where the reports are copied to: out")
    _add_hints(it)
    _add_verbose(it)
    it.set_defaults(command=_send)


def _add_emulator(it: argparse.ArgumentParser) -> None:
    it.add_argument("--port", type=_port, metavar="N", default=0, help="any free one unless given")
    it.add_argument("--watch", type=Path, metavar="DIR", help="upload what is put into this folder")
    it.add_argument("--out", type=Path, metavar="DIR", help="copy the reports there as they are written")
    _add_verbose(it)
    it.set_defaults(command=_emulator)


def _add_doctor(it: argparse.ArgumentParser) -> None:
    it.add_argument("--group", type=_group, metavar="ID", help="the recipient group to look at; else all are listed")
    it.add_argument("--emulator", action="store_true", help="ask an emulator instead of the cloud")
    it.add_argument(
        "--probe",
        action="store_true",
        help="find out what nobody wrote down about SES, in a group that is made for it and deleted again",
    )
    it.set_defaults(
        command=lambda options: doctor(
            options.environ, options.group, on_emulator=options.emulator, probe=options.probe
        )
    )


def _add_verbose(it: argparse.ArgumentParser) -> None:
    it.add_argument("-v", "--verbose", action="store_true", help="show the function's log (LOG_LEVEL does, too)")


def _replay(options: argparse.Namespace) -> int:
    event = _event(options.event)
    if not options.files.is_dir():
        raise OperatorProblem(f"{options.files} is not a folder.")
    console, environ = summary.console(), deployment.settings_here(options.environ, ELSEWHERE)
    with OutputFolder.take(options.out or OUT, is_given=options.out is not None) as out:
        with _logging(options):
            blocked = addresses_in(options.blocked) if options.blocked else ()
            replayed = replay(event, options.files, out.path, environ, blocked)
        out.keep(replayed.written)
        show(replayed, console)
    return replayed.exit_code


def _event(path: Path) -> object:
    try:
        return json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise OperatorProblem(f"{path} is not JSON: {error}") from error


def _preview(options: argparse.Namespace) -> int:
    hints = _hints(options)
    environ, group = deployment.settings_here(options.environ), None
    if options.group:
        group = group_on_account(deployment.own_settings(environ), options.group)
        if group.receiver_id:
            environ["RECEIVER_ID"] = str(group.receiver_id)
    files = chosen(options.files)
    out = options.out or (None if options.json else PREVIEWS)
    folders = places(files, None if options.out else Path.cwd())
    told, console = [], summary.console()
    for file in files:
        with ExitStack() as stack:
            path = stack.enter_context(regular(file))
            whole = options.out if len(files) == 1 else out and out / folders[file]
            folder = whole or (out / folders[file] if out else Path(stack.enter_context(TemporaryDirectory())))
            progress = stack.enter_context(bar(path.stat().st_size, summary.console(stderr=True)))
            stack.enter_context(_logging(options))
            asked = Asked(path, readable(file), hints, options.members)
            told.append(preview(asked, folder, environ, progress, group, kept=out is not None))
        if len(files) > 1 and not options.json:
            summary.show_short(told[-1], console)
    if options.json:
        print(_as_json([each.report for each in told]), end="")
    elif len(files) == 1:
        summary.show_file(told[0], console)
    else:
        summary.show_sum([each.report for each in told], (), out, console)
    return 1 if any(each.report.status == "refused" for each in told) else 0


def _hints(options: argparse.Namespace) -> dict[str, str]:
    """What the owner says of the files, by the names that it has in their metadata."""
    names = ("email-column", "delimiter", "encoding", "only", "template-data", "language")
    return {name: value for name in names if (value := getattr(options, name.replace("-", "_")))}


def _as_json(reports: Sequence[Report]) -> str:
    """The only report; a list of several."""
    texts = [report.to_json().decode() for report in reports]
    return texts[0] if len(texts) == 1 else f"[\n{','.join(texts)}]\n"


def _emulator(options: argparse.Namespace) -> int:
    console = summary.console()
    with _logging(options):
        environ = deployment.settings_here(options.environ, deployment.PLACES)
        return serve(environ, options.port, options.watch, console, out=options.out)


def _send(options: argparse.Namespace) -> int:
    console, files = summary.console(), chosen(options.files)
    with _logging(options):
        return send(
            files,
            options.group,
            options.environ,
            options.out,
            console,
            hints=_hints(options),
            emulator=options.port or (0 if options.emulator else None),
        )


@contextmanager
def _logging(options: argparse.Namespace) -> Iterator[None]:
    """The function's own log is on standard output; here it is on standard error, and only where it is asked for."""
    is_wanted = options.verbose or "LOG_LEVEL" in options.environ
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stdout(sys.stderr if is_wanted else nowhere):
        yield
