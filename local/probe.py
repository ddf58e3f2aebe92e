"""`python -m local doctor --probe`: what nobody wrote down about SES, found out on the deployer's own account.

It makes a group of its own, and one for data for the template, adds a few addresses of domains that are reserved for
examples, watches twice a second how they show, and deletes the groups, whatever happens. Nobody gets any mail. The
black list is only read, and only where SKIP_BLOCKED is set.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any, Final

from handler import limits
from handler.clouds import ses
from handler.delivering.group import QUIET_SECONDS
from handler.settings import Settings
from handler.state.blocked import days_until
from handler.timing import Clock, RateLimit
from local.doctor import NO_BLACK_LIST, Finding

LOOKS_PER_SECOND: Final = 2
LONGEST_SECONDS: Final = 180.0
"""How long what was accepted is waited for."""
OFTEN_SECONDS: Final = 10.0
"""After a change; later it looks once a second."""
STILL_SECONDS: Final = 20.0
"""Nothing has changed for so long, and everything is there: then it is over."""
SHORT_PAGE: Final = 2
FIRST: Final = [f"probe-{number}@example.com" for number in range(5)]
REPEATED: Final = "PROBE-0@example.com"
SECOND: Final = [REPEATED, "probe-5@example.org"]
DATA: Final = '{"name":"Zoë \\"张\\"","city":""}'
"""For the template."""
UPLOADED: Final = 3
"""`ReceiversStatus`."""
OPERATING: Final = "OperationDenied.ReceiverIsOperating"
STAMP: Final = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True, slots=True)
class Look:
    """The group at one moment."""

    seconds: float
    """Since its last request was accepted."""
    status: int
    count: int
    total: int
    """`TotalCount` of the listing."""
    listed: int

    @property
    def shown(self) -> tuple[int, int, int, int]:
        return self.status, self.count, self.total, self.listed


class Probe:
    """One scratch group, and what it lets on."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._client = ses.connect(settings, clock)
        self._rates: defaultdict[str, RateLimit] = defaultdict(lambda: RateLimit(limits.PACE, clock, limits.AT_ONCE))
        self._receiver_id = 0

    def findings(self) -> Iterator[Finding]:
        """Each open fact as it was seen. A finding with a remedy: a setting that does not fit."""
        if self._settings.skip_blocked:
            yield from self._black_list()
        with self._scratch_group() as name:
            yield Finding("probe", f"made the group {name} ({self._receiver_id})")
            yield from self._first_request()
            yield from self._repeat()
            yield from self._listing()
            yield from self._times()
        yield Finding("probe", f"deleted the group {name} again")
        with self._scratch_group() as name:  # the service wants the same variables for all members of one
            yield Finding("probe", f"made the group {name} ({self._receiver_id})")
            yield from self._data()
        yield Finding("probe", f"deleted the group {name} again")

    def _first_request(self) -> Iterator[Finding]:
        self._add(FIRST)
        looks = self._watch(len(FIRST))
        begins = _begin(looks)
        yield Finding("status", _status(looks))
        counted = _since(looks, lambda look: look.count >= len(FIRST))
        listed = _since(looks, lambda look: look.listed >= len(FIRST))
        totalled = _since(looks, lambda look: look.total >= len(FIRST))
        yield Finding("count", f"has grown after {_seconds(counted)}", self._patience(counted))
        yield Finding("total", f"TotalCount of the members has grown after {_seconds(totalled)}")
        yield Finding("members", f"are listed after {_seconds(listed)}", self._patience(listed))
        signs = [each for each in (begins, counted, listed) if each is not None]
        first = min(signs, default=LONGEST_SECONDS)
        late = (
            f"the function waits for {QUIET_SECONDS:.0f} s only: tell its developers" if first > QUIET_SECONDS else ""
        )
        yield Finding("first sign", f"of a request after {first:.1f} s", late)

    def _repeat(self) -> Iterator[Finding]:
        """One address once more, in other case, and another request right behind."""
        answer = self._add(SECOND)
        said = f"ValidCount {answer.ValidCount}, RepeatCount {answer.RepeatCount} of {len(SECOND)}"
        yield Finding("counts", f"of a request with one repeat: {said}")
        yield Finding("at once", f"a request right behind another one is {self._add_at_once(['probe-6@example.net'])}")
        self._watch(len(FIRST) + len(SECOND))
        members = self._members()
        held = sum(member.Email.lower() == REPEATED.lower() for member in members)
        yield Finding("repeats", "are kept, so that members are doubled" if held > 1 else "in other case are dropped")
        group = self._group()
        invalid = group.InvalidCount or 0
        if not invalid:
            yield Finding("invalid", "no member was marked so: whether Count includes them was not seen")
        else:
            includes = "includes" if group.Count == len(members) else "leaves out"
            yield Finding("invalid", f"Count {includes} the {invalid} that were marked so")

    def _data(self) -> Iterator[Finding]:
        """Whether data for the template are taken as they are sent, and what the group shows then."""
        from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
        from tencentcloud.ses.v20201002.models import CreateReceiverDetailWithDataRequest

        request = CreateReceiverDetailWithDataRequest()
        request.ReceiverId = self._receiver_id
        request.Datas = [{"Email": address, "TemplateData": DATA} for address in FIRST]
        try:
            answer = self._ask("CreateReceiverDetailWithData", request)
        except TencentCloudSDKException as error:
            yield Finding("data", f"for the template are refused: {error.get_code()}")
            return
        said = f"ValidCount {answer.ValidCount}, RepeatCount {answer.RepeatCount} of {len(FIRST)}"
        yield Finding("data", f"for the template are taken: {said}; status: {_status(self._watch(len(FIRST)))}")
        shown = {member.TemplateData or "" for member in self._members()}
        same = "as they were sent" if shown == {DATA} else "in another form than they were sent"
        yield Finding("data", f"of members are listed {same if all(shown) else 'without what was sent'}")

    def _listing(self) -> Iterator[Finding]:
        whole = [member.EmailId for member in self._members()]
        pages = [self._page(offset, SHORT_PAGE) for offset in range(0, len(whole), SHORT_PAGE)]
        ids = [member.EmailId for page in pages for member in page.Data or []]
        sizes = {len(page.Data or []) for page in pages[:-1]}
        yield Finding("pages", f"of {SHORT_PAGE} have {', '.join(map(str, sorted(sizes)))} members")
        same = "the same for short and long pages" if ids == whole else "another one for short pages than for long ones"
        yield Finding("order", same)
        newest = "newest first" if whole == sorted(whole, reverse=True) else "oldest first"
        in_order = whole in (sorted(whole), sorted(whole, reverse=True))
        yield Finding("order", newest if in_order else "neither by age nor by number")

    def _times(self) -> Iterator[Finding]:
        created = [datetime.strptime(member.CreateTime, STAMP) for member in self._members()]  # noqa: DTZ007 - open
        now = self._clock.now().astimezone(timezone.utc).replace(tzinfo=None)
        hours = round((max(created) - now).total_seconds() / 3600)
        yield Finding("zone", f"CreateTime is in UTC{hours:+d}" if hours else "CreateTime is in UTC")
        begin = min(created)
        after = self._page(0, limits.PAGE_SIZE, begin=max(created) + timedelta(days=1)).TotalCount
        since = self._page(0, limits.PAGE_SIZE, begin=begin).TotalCount
        if after:
            yield Finding("filter", "CreateTimeBegin is not heeded")
        elif since == len(created):
            yield Finding("filter", "CreateTimeBegin goes by the time that is listed")
        else:
            yield Finding("filter", f"CreateTimeBegin goes by another time: {since} of {len(created)} since the first")

    def _black_list(self) -> Iterator[Finding]:
        """How long it is, how it is paged and in which order, and whether dates choose from it."""
        from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException

        first, last = days_until(self._clock.now())
        try:
            whole = self._blocked(first, last)
            if not whole.TotalCount:
                yield Finding("black list", "is empty: whether dates choose from it was not seen")
                return
            times = [str(entry.BounceTime) for entry in whole.BlackList or ()]
            order = {tuple(sorted(times)): "oldest first", tuple(sorted(times, reverse=True)): "newest first"}
            shown = (
                f"{len(times):,} of {whole.TotalCount:,} on a page, {order.get(tuple(times), 'in no order of time')}"
            )
            yield Finding("black list", shown)
            day = datetime.strptime(times[0], STAMP).date()  # noqa: DTZ007 - open
            on_day, before = self._blocked(day, day), self._blocked(first, first)
        except TencentCloudSDKException as error:
            yield Finding("black list", f"SES: {error.get_code()}", NO_BLACK_LIST)
            return
        except (ValueError, IndexError):
            yield Finding("black list", "BounceTime is not written as it is documented")
            return
        if before.TotalCount == whole.TotalCount:
            said = f"StartDate and EndDate are not heeded: all {whole.TotalCount:,} are of {first}"
        elif on_day.TotalCount:
            said = f"StartDate and EndDate go by the time that is listed: {on_day.TotalCount:,} are of {day}"
        else:
            said = f"StartDate and EndDate go by another time: none is of {day}, as the first one is"
        yield Finding("black list", said)

    def _patience(self, seconds: float | None) -> str:
        """What to do where SETTLE_SECONDS is less than the service needs; sweeps look again, so nothing is lost."""
        if seconds is not None and seconds <= self._settings.settle_seconds:
            return ""
        wanted = "more" if seconds is None else f"{seconds * 2:.0f} or more"
        return f"SETTLE_SECONDS={self._settings.settle_seconds:g} is less: reports say `uploading` first. Set {wanted}."

    # What is asked of the service

    @contextmanager
    def _scratch_group(self) -> Iterator[str]:
        from tencentcloud.ses.v20201002.models import CreateReceiverRequest

        request = CreateReceiverRequest()
        request.ReceiversName, request.Desc = f"probe-{secrets.token_hex(4)}", "made by a probe, which deletes it"
        self._receiver_id = self._ask("CreateReceiver", request).ReceiverId
        try:
            yield request.ReceiversName
        finally:
            self._delete()

    def _delete(self) -> None:
        from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
        from tencentcloud.ses.v20201002.models import DeleteReceiverRequest

        request = DeleteReceiverRequest()
        request.ReceiverId = self._receiver_id
        end = self._clock.monotonic() + LONGEST_SECONDS
        while True:
            try:
                self._ask("DeleteReceiver", request)
            except TencentCloudSDKException as error:
                if error.get_code() != OPERATING or self._clock.monotonic() > end:
                    raise
                self._clock.sleep(1)
            else:
                return

    def _add(self, addresses: Sequence[str]) -> Any:
        from tencentcloud.ses.v20201002.models import CreateReceiverDetailRequest

        request = CreateReceiverDetailRequest()
        request.ReceiverId, request.Emails = self._receiver_id, list(addresses)
        return self._ask("CreateReceiverDetail", request)

    def _add_at_once(self, addresses: Sequence[str]) -> str:
        from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException

        try:
            self._add(addresses)
        except TencentCloudSDKException as error:
            return f"refused: {error.get_code()}"
        return "accepted"

    def _watch(self, expected: int) -> list[Look]:
        """Looks until all is there and has held still for a while, or for as long as there is patience."""
        started = since = self._clock.monotonic()
        looks: list[Look] = []
        while (now := self._clock.monotonic()) - started < LONGEST_SECONDS:
            group, total = self._group(), self._page(0, 1).TotalCount
            look = Look(now - started, group.ReceiversStatus, group.Count or 0, total, len(self._members()))
            if looks and look.shown != looks[-1].shown:
                since = now
            looks.append(look)
            there = look.status != ses.UPLOADING and min(look.count, look.listed) >= expected
            if there and now - since >= STILL_SECONDS:
                break
            self._clock.sleep(1 / LOOKS_PER_SECOND if now - since < OFTEN_SECONDS else 1)
        return looks

    def _group(self) -> Any:
        from tencentcloud.ses.v20201002.models import ListReceiversRequest

        request = ListReceiversRequest()
        request.Offset, request.Limit = 0, limits.PAGE_SIZE
        while data := self._ask("ListReceivers", request).Data:
            for entry in data:
                if entry.ReceiverId == self._receiver_id:
                    return entry
            request.Offset += len(data)
        raise LookupError("the group that was just made is not listed")

    def _members(self) -> list[Any]:
        members: list[Any] = []
        while page := self._page(len(members), limits.PAGE_SIZE).Data:
            members += page
        return members

    def _blocked(self, first: date, last: date) -> Any:
        from tencentcloud.ses.v20201002.models import ListBlackEmailAddressRequest

        request = ListBlackEmailAddressRequest()
        request.StartDate, request.EndDate = first.isoformat(), last.isoformat()
        request.Offset, request.Limit = 0, limits.PAGE_SIZE
        return self._ask("ListBlackEmailAddress", request)

    def _page(self, offset: int, limit: int, begin: datetime | None = None) -> Any:
        from tencentcloud.ses.v20201002.models import ListReceiverDetailsRequest

        request = ListReceiverDetailsRequest()
        request.ReceiverId, request.Offset, request.Limit = self._receiver_id, offset, limit
        if begin:
            request.CreateTimeBegin = begin.strftime(STAMP)
        return self._ask("ListReceiverDetails", request)

    def _ask(self, action: str, request: Any) -> Any:
        self._rates[action].wait()
        return getattr(self._client, action)(request)


def _since(looks: Sequence[Look], holds: Callable[[Look], bool]) -> float | None:
    """When something was first seen."""
    return next((look.seconds for look in looks if holds(look)), None)


def _begin(looks: Sequence[Look]) -> float | None:
    """When the group was first seen to be uploading."""
    return _since(looks, lambda look: look.status == ses.UPLOADING)


def _status(looks: Sequence[Look]) -> str:
    begins = _begin(looks)
    ends = _since(looks, lambda look: look.status == UPLOADED and look.seconds >= (begins or 0))
    uploading = "never says that it is uploading" if begins is None else f"says so after {begins:.1f} s"
    return f"{uploading}; uploaded after {_seconds(ends)}"


def _seconds(seconds: float | None) -> str:
    return f"more than {LONGEST_SECONDS:.0f} s" if seconds is None else f"{seconds:.1f} s"
