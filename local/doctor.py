"""`python -m local doctor`: what can be known before the first drop, checked with the deployer's own keys.

It writes two small objects below the state prefix, and removes them. Nothing is sent to a recipient group.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from handler import limits, log
from handler.clouds import cos, ses
from handler.delivering.memory import variables_of
from handler.errors import ImportProblem
from handler.planning.group import Group, Member
from handler.settings import Settings
from handler.state.blocked import days_until
from handler.timing import Clock, Deadline, Pauses, SystemClock
from local import deployment, sandbox
from local.cloud import Cloud

SECONDS: Final = 60.0
"""For everything that is asked of one bucket."""
LARGEST_SKEW: Final = 300.0
"""Seconds; SES refuses signatures that are off by more, COS by as much."""
SHOWN_GROUPS: Final = 10
NO_SES: Final = "Are SES_REGION and SES_ENDPOINT those of your site, and the keys good for SES?"
NO_BLACK_LIST: Final = (
    "Give your keys and the role the permission for ses:ListBlackEmailAddress (the policy has it with "
    "SKIP_BLOCKED=true), or set SKIP_BLOCKED to false: no file is imported without the list."
)
OTHER_VARIABLES: Final = (
    "TEMPLATE_DATA names other variables than these members have: its files would be refused. Name theirs, or use "
    "another group."
)
UNREACHED: Final = "It could not be reached: is there a way to SES_ENDPOINT from here?"
NO_ANSWER: Final = "Is REGION a region of COS, and is there a way to it from here?"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    says: str
    remedy: str = ""
    """What to do about it; empty where all is well."""

    @property
    def is_well(self) -> bool:
        return not self.remedy


class Doctor:
    """Looks at a deployment that is about to be made."""

    def __init__(self, settings: Settings, clock: Clock, group: int | None) -> None:
        """`settings` hold the deployer's own keys; `group` is the recipient group to look at, else all are listed."""
        self._settings = settings
        self._clock = clock
        self._group = settings.receiver_id if group is None else group
        self._region = settings.region_for(None)
        self._client = cos.connect(settings, self._region)

    def findings(self) -> Iterator[Finding]:
        """Everything that was looked at, one by one. After a bucket that cannot be reached its contents are skipped."""
        yield self._prefixes()
        bucket = self._bucket("bucket", str(self._settings.bucket))
        yield bucket
        state = bucket
        if self._settings.state_bucket:
            state = self._bucket("state bucket", self._settings.state_bucket)
            yield state
        if bucket.is_well and state.is_well:
            looks = {
                "permissions": self._permissions,
                "clock": self._skew,
                "versioning": self._versioning,
                "locks": self._create,
            }
            yield from (self._looked(name, look) for name, look in looks.items())
        yield from self._groups()

    def _prefixes(self) -> Finding:
        prefixes = self._settings.prefixes
        return Finding("prefixes", f"{prefixes.incoming}, {prefixes.reports} and {prefixes.state} lie apart")

    def _bucket(self, name: str, bucket: str) -> Finding:
        from qcloud_cos.cos_exception import CosClientError, CosServiceError

        try:
            self._client.head_bucket(Bucket=bucket)
        except CosServiceError as error:
            return Finding(name, f"{bucket}: HTTP {error.get_status_code()}", _remedy(error))
        except CosClientError:
            return Finding(name, f"{bucket}: no answer", NO_ANSWER)
        return Finding(name, f"{bucket} is there, in {self._region}, and the keys are good for it")

    def _skew(self) -> Finding:
        """By the time that COS puts on its answers."""
        with self._object() as key:
            answer = self._client.put_object(Bucket=self._state.name, Key=key, Body=b"doctor")
        skew = abs((_date(answer) - self._clock.now()).total_seconds())
        remedy = "Set the clock of this machine." if skew > LARGEST_SKEW else ""
        return Finding("clock", f"{skew:.0f} s off", remedy)

    def _permissions(self) -> Finding:
        """A harmless write, read, listing and removal below the state prefix."""
        with self._object() as key:
            self._state.write(key, b"doctor")
            read = self._state.read(key)
            listed = [entry.key for entry in self._state.list(key)]
            self._state.delete(key)
            left = self._state.read(key)
        if (read, left) != (b"doctor", None):
            return Finding(
                "permissions", "what was written was not read back", "Does anything else write to this prefix?"
            )
        if listed != [key]:
            return Finding(
                "permissions", "a new object is not listed yet", "Try again: listings of COS may lag behind."
            )
        return Finding(
            "permissions", f"an object below {self._settings.state_prefix} was written, read, listed and removed"
        )

    def _versioning(self) -> Finding:
        if self._state.is_versioned():
            return Finding(
                "versioning",
                f"{self._state.name} has versioning: COS would not refuse a second creation there",
                "Name a bucket without versioning in STATE_BUCKET; it must never have had it, suspended or not.",
            )
        return Finding("versioning", f"{self._state.name} has none")

    def _create(self) -> Finding:
        """What the locks stand on: whoever comes second must be refused."""
        with self._object() as key:
            created = [self._state.create(key, body) for body in (b"first", b"second")]
        if created != [True, False]:
            return Finding(
                "locks",
                f"{self._state.name} lets the same object be created twice",
                "Two imports could run at once: name another bucket, without versioning, in STATE_BUCKET.",
            )
        return Finding("locks", "a second creation of the same object was refused")

    def _groups(self) -> Iterator[Finding]:
        """The group that files will go into, or all there are; and whether members can be read."""
        from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException

        groups = ses.SesGroups(lambda: ses.connect(self._settings, self._clock), self._clock)
        try:
            found = [groups.find(self._group)] if self._group else [*self._all_groups()]
            splits = self._settings.on_overflow == "split"
            yield from (_fullness(group, self._group, splits=splits) for group in found[:SHOWN_GROUPS])
            if found and found[0]:
                _, page = groups.members_page(found[0].receiver_id, 0)
                yield self._members(found[0].receiver_id, page)
            if not found and self._settings.create_groups:
                yield Finding("group", "there is none yet: the first file for one creates it")
            elif not found:
                yield Finding("group", "there is none", "Create a recipient group in the SES console.")
        except (ImportProblem, TencentCloudSDKException) as problem:
            code = problem.message if isinstance(problem, ImportProblem) else f"SES: {problem.get_code()}"
            yield Finding("group", code, unreached(code) or NO_SES)
            return
        if self._settings.skip_blocked:
            yield self._black_list(groups)

    def _members(self, receiver_id: int, page: Sequence[Member]) -> Finding:
        """That they can be read, and whether files with the data that TEMPLATE_DATA names can be added to them."""
        says = f"those of group {receiver_id} can be read"
        theirs = variables_of(page)
        if names := sorted(name for variables in theirs for name in variables):
            says += f"; their variables for the template: {', '.join(names)}"
        wanted = self._settings.template_data
        is_fit = wanted is None or not wanted.named or theirs <= {frozenset(name for name, _ in wanted.named)}
        return Finding("members", says, "" if is_fit else OTHER_VARIABLES)

    def _black_list(self, groups: ses.SesGroups) -> Finding:
        """What SKIP_BLOCKED stands on, asked for as the function does when it knows nothing yet."""
        try:
            total, _ = groups.blocked_page(*days_until(self._clock.now()), 0)
        except ImportProblem as problem:
            return Finding("black list", problem.message, unreached(problem.message) or NO_BLACK_LIST)
        if total > limits.BLOCKED:
            return Finding("black list", f"{total:,} addresses: too many", "Set SKIP_BLOCKED to false.")
        return Finding("black list", f"it can be read, and has {total:,} on it")

    def _all_groups(self) -> Iterator[Group]:
        """A page of them: the function itself only ever asks for one."""
        from tencentcloud.ses.v20201002.models import ListReceiversRequest

        request = ListReceiversRequest()
        request.Offset, request.Limit = 0, limits.PAGE_SIZE
        for entry in ses.connect(self._settings, self._clock).ListReceivers(request).Data or []:
            yield Group(entry.ReceiverId, entry.ReceiversName, entry.Count or 0, uploading=False)

    @property
    def _state(self) -> cos.CosBucket:
        name = self._settings.state_bucket or self._settings.bucket
        return cos.CosBucket(self._client, str(name), Deadline.after(SECONDS, self._clock), Pauses(tries=2))

    @contextmanager
    def _object(self) -> Iterator[str]:
        """A key that nobody else has, and no object under it afterwards."""
        key = f"{self._settings.state_prefix}doctor/{secrets.token_hex(8)}"
        try:
            yield key
        finally:
            with suppress(ImportProblem):
                self._state.delete(key)

    def _looked(self, name: str, look: Callable[[], Finding]) -> Finding:
        from qcloud_cos.cos_exception import CosClientError, CosServiceError

        try:
            return look()
        except CosServiceError as error:
            return Finding(name, f"COS: HTTP {error.get_status_code()} {error.get_error_code()}", _remedy(error))
        except CosClientError:
            return Finding(name, "COS: no answer", NO_ANSWER)
        except ImportProblem as problem:
            return Finding(name, problem.message, "Your own keys need the permissions of the role, too.")


def examine(
    env: Mapping[str, str],
    clock: Clock,
    group: int | None = None,
    *,
    probe: bool = False,
    misread: Sequence[str] = (),
) -> Iterator[Finding]:
    """All findings for what `.env` says. Wrong settings are named first, and then nothing is asked of anybody.

    `misread` is what `.env` says in vain. With `probe` SES is tried out, too, in a group that is made for it and
    deleted again.
    """
    wrong = [_wrong_setting(complaint) for complaint in (*misread, *deployment.problems(env))]
    wrong += [Finding("keys", f"{name} is missing", deployment.PUT_KEY) for name in deployment.missing_keys(env)]
    wrong += [_wrong_setting(deployment.SAMPLE_BUCKET)] * deployment.has_sample_bucket(env)
    yield from wrong
    if not wrong:
        own = deployment.as_deployer(env)
        yield Finding("settings", "all of them are fit for the function")
        yield from _probed(own, clock) if probe else Doctor(own, clock, group).findings()


def _wrong_setting(complaint: str) -> Finding:
    return Finding("settings", complaint, "Correct it in .env.")


def _probed(settings: Settings, clock: Clock) -> Iterator[Finding]:
    from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException

    from local.probe import Probe  # here: it speaks in findings

    try:
        yield from Probe(settings, clock).findings()
    except (TencentCloudSDKException, LookupError) as error:
        code = error.get_code() if isinstance(error, TencentCloudSDKException) else str(error)
        remedy = unreached(code) or "Do the keys have the permission to create and delete groups?"
        yield Finding("probe", f"SES: {code}", remedy)


def doctor(
    environ: Mapping[str, str], group: int | None = None, *, on_emulator: bool = False, probe: bool = False
) -> int:
    """Prints every finding as it is made: 0 where all is well, else 2."""
    log.setup("ERROR")
    clock, is_there = SystemClock(), deployment.ENV.exists()
    if not on_emulator:
        if not is_there:
            return show(iter([Finding("settings", deployment.NO_ENV, deployment.FILL_IN)]))
        misread = [*deployment.misread()]
        return show(examine(deployment.read(environ=environ), clock, group, probe=probe, misread=misread))
    env = deployment.read(deployment.ENV if is_there else deployment.EXAMPLE, environ)
    if wrong := deployment.complaints(env):  # before the emulator's own settings hide it
        return show(map(_wrong_setting, wrong))
    with emulated(env) as env:
        return show(examine(env, clock, group, probe=probe))


def unreached(says: str) -> str:
    """What to do where SES did not answer at all; empty where it did."""
    return UNREACHED if ses.NO_ANSWER in says else ""


@contextmanager
def emulated(env: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The same settings with an emulator of COS and SES behind them."""
    cloud = Cloud()
    cloud.groups.create(sandbox.group_name(sandbox.GROUP), receiver_id=sandbox.GROUP)
    for bucket in {env["BUCKET"], env.get("STATE_BUCKET", "")} - {""}:
        cloud.objects.create_bucket(bucket)
    with cloud.serve() as endpoint:
        access = sandbox.access(cloud, endpoint)
        keys = {own: access[theirs] for theirs, own in deployment.OWN_KEYS.items()}
        yield {**env, **keys, "COS_ENDPOINT": endpoint, "SES_ENDPOINT": endpoint}


def show(findings: Iterator[Finding]) -> int:
    console, well = Console(highlight=False, soft_wrap=True), True
    for finding in findings:
        well &= finding.is_well
        mark, style = ("ok  ", "green") if finding.is_well else ("FAIL", "bold red")
        console.print(Text.assemble((mark, style), f"  {finding.name:<12}  {finding.says}"))
        if finding.remedy:
            console.print(f"      {'':<12}  -> {finding.remedy}")
    return 0 if well else 2


def _fullness(group: Group | None, asked: int | None, *, splits: bool) -> Finding:
    if group is None:
        return Finding("group", f"there is no group {asked}", "Compare the number with the list in the SES console.")
    says = f"{group.receiver_id} {group.name}: {group.count:,} of {limits.GROUP_LIMIT:,} addresses"
    is_full = group.count >= limits.GROUP_LIMIT
    if is_full and splits:
        return Finding("group", f"{says}; its continuations take what comes")
    return Finding("group", says, "It is full: nothing more can be added. Use another group." if is_full else "")


def _remedy(error: Any) -> str:
    status, code = error.get_status_code(), error.get_error_code()
    if code in {"RequestTimeTooSkewed", "RequestIsExpired"}:
        return "Set the clock of this machine."
    if status == HTTPStatus.FORBIDDEN:
        return "Are the keys right, are they of the bucket's account, and do they have the permissions of the role?"
    if status == HTTPStatus.NOT_FOUND:
        return "Is there such a bucket in this region? Its name ends with the account's id."
    return "COS does not work as it should: try again."


def _date(answer: Mapping[str, str]) -> datetime:
    return parsedate_to_datetime(next(value for name, value in answer.items() if name.lower() == "date"))
