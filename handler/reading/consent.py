"""Who said no: the columns of an export that tell who has unsubscribed, bounced, complained or never confirmed.

A heading and the values below it say it together: a `Status` of orders says nothing about mail. A column whose values
are not all known is left alone, and told of where it may matter. The forms are those of Mailchimp, Brevo, SendGrid,
Mailgun, HubSpot, Klaviyo, Shopify, Ghost, Substack, Keila, listmonk, Salesforce, Google Groups, SES and Chinese ones.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import Enum
from typing import Final

from handler.errors import SourceProblem
from handler.reading.blanks import is_blank
from handler.reading.headings import words_of
from handler.reading.own_csv import own_columns, without_mark
from handler.reading.tables import Table
from handler.said import Said

_LISTED: Final = 20
"""Headings named in a message."""
_SHOWN_CHARS: Final = 60
ANY_VALUE: Final = "…"
"""What a value is called that may be anything: a date, somebody's reason."""


class Verdict(Enum):
    """What a value says."""

    YES = "yes"
    NO = "no"
    """By itself, whatever stands below the heading otherwise."""
    PERHAPS_NOT = "perhaps not"
    """Where the column is certainly about mail."""
    UNKNOWN = "unknown"


_FALSE: Final = frozenset(
    "false no n 0 0.0 off f never nein nao não non 否 不 未 нет いいえ 아니오 아니요 ✗ ✘ ×".split()
)
_TRUE: Final = frozenset("true yes y 1 1.0 on t ja sim si sì sí oui 是 已 да はい 예 네 x ✓ ✔ √ checked".split())
_NO: Final = frozenset(
    "unsubscribed|unsubscribe|unsub|opted out|opt out|optout|optedout|cleaned|bounced|bounce|bouncing|hard bounce"
    "|hard bounced|hardbounce|hardbounced|complained|complaint|complainer|spam complaint|spam|abuse|reported spam"
    "|marked as spam|blocklisted|blacklisted|blacklist|suppressed|do not contact|do not email|no email|unreachable"
    "|not subscribed|non subscribed|nonsubscribed|never subscribed|unconfirmed|not confirmed|undeliverable"
    "|revoked|withdrawn"
    "|退订|已退订|取消订阅|已取消订阅|退訂|已退訂|取消訂閱|已取消訂閱|拒收|已拒收|未订阅|未訂閱|黑名单|黑名單|投诉|退信|硬退信|已退信"
    "|購読解除|配信停止|解除済み|수신거부|수신 거부|구독취소|отписан|отписался|отписалась"
    "|abgemeldet|ausgetragen|desuscrito|dado de baja|baja|desinscrito|descadastrado|cancelado|désabonné|desabonne"
    "|désinscrit|desinscrit|disiscritto|afgemeld|uitgeschreven|wypisany".split("|")
)
_PERHAPS_NOT: Final = frozenset(
    "pending|inactive|disabled|unverified|awaiting confirmation|待确认|未确认|未激活|停用|inactivo|inativo|inaktiv"
    "|inactif|pendiente|pendente".split("|")
)
_YES: Final = frozenset(
    "active|subscribed|enabled|confirmed|opted in|opt in|optin|single opt in|double opt in|ok|valid|verified"
    "|deliverable|member|engaged|explicit|implied|granted|given|email|each email|digest|abridged"
    "|已订阅|订阅|已訂閱|訂閱|正常|有效|启用|已确认|激活|購読中|配信中|구독|수신|수신동의|подписан|activo|ativo|aktiv|actif|abonné|abonne|inscrito"
    "|angemeldet|iscritto|confirmado|bestätigt|suscrito".split("|")
)

_GONE: Final = (
    r"(?:unsub(?:scribed?|scription)?|opt(?:ed)? ?out|bounced?|clean(?:ed)?|suppress(?:ed|ion)|complain(?:ed|t))"
)
_LISTS: Final = r"(?:block|black) ?list(?:ed)?"
_SAYS_NO: Final = re.compile(
    rf"(?:is |has |have |e?mail |user )*(?:{_GONE}|hard bounced?|{_LISTS}|unsubscribe all|unsubscribes)"
    r"(?: (?:of|from) (?:all )?(?:e?mails?|newsletters?|marketing)(?: e?mails?)?)?"
    r"|(?:spam )?complaint|do not (?:e?mail|contact)(?: me)?|dont (?:e?mail|contact)|emails? disabled"
    r"|(?:是否|已)?(?:退订|退訂|取消订阅|取消訂閱|拒收|拒收邮件)|(?:是否)?(?:黑名单|黑名單)|配信停止|수신 ?거부"
)
"""A heading below which "yes", or a date, means no."""
_WHEN_OR_WHY: Final = re.compile(
    rf"(?:e?mail )?(?:hard )?{_GONE} (?:at|on|time|date|datetime|timestamp|reason)"
    rf"|(?:date|time|reason)(?: of)? (?:unsubscribed?|unsubscription|{_GONE})"
    r"|(?:退订|退訂|取消订阅|拒收)(?:时间|時間|日期|原因)"
)
"""A heading below which whatever is there means no."""
_SAYS_YES: Final = re.compile(
    r"(?:is |e?mail )*subscribed(?: to)?(?: (?:e?mails?|newsletters?))?"
    r"|(?:accepts?|allows?|receives?|wants?) (?:e?mail marketing|marketing(?: e?mails?)?|e?mails?|newsletters?)"
    r"|(?:e?mail |newsletter |marketing )*(?:opt(?:ed)? ?in|consent|permission)"
    r"|newsletter subscri(?:bed|ption)"
    r"|(?:是否)?(?:订阅|訂閱)(?:邮件|郵件)?|(?:是否)?(?:接收|接受|同意接收)(?:营销|推广|行銷)?(?:邮件|郵件)|允许(?:发送)?邮件"
    r"|メルマガ(?:購読|配信|許可)?|配信許可|수신 ?동의"
)
"""A heading below which "no" means no."""
_ABOUT_MAIL: Final = re.compile(
    r"(?:e?mail|newsletter|mailing|opt in|marketing|permission)(?: marketing| subscription| consent| permission)*"
    r" (?:status|state|preference)|(?:订阅|訂閱|邮件|郵件|推送)(?:状态|狀態)|購読状況|配信状況"
    r"|수신 ?상태|статус подписки"
)
_STATUS: Final = re.compile(
    r"(?:subscription |subscriber |contact |member |user |list )?(?:status|state)|subscription|(?:group )?status"
    r"|estado|statut|stato|situacao|状态|狀態|ステータス|상태|статус"
)
_LISTS_OF_NO: Final = tuple(
    frozenset(headings.split())
    for headings in (
        "status reason email created",  # SendGrid: bounces, blocks
        "reason email created",  # SendGrid: invalid emails
        "ip email created",  # SendGrid: spam reports
        "address code error created_at",  # Mailgun: bounces
        "address tags created_at",  # Mailgun: unsubscribes
        "address created_at",  # Mailgun: complaints
        "emailaddress reason lastupdatetime",  # SES: the suppression list
        "emailaddress suppressionreason origin createdat",  # Postmark
        "recipient type source description",  # SparkPost
    )
)
"""The columns of exports that list nobody but people who said no."""


_LIST_OF_NO: Final = re.compile(
    rf"(?:e?mail |list |lists |of |the |all )*(?:{_GONE}|{_LISTS}|unsub(?:scribe)?s|unsubscribers|unsubscriptions"
    r"|opt ?outs|bounces|(?:hard|soft) bounce[sd]?|complaints|complainers|suppressions?|spam(?: reports?| complaints?)?"
    r"|abuse|(?:non|never|not) ?subscribe[dr]s?|do not (?:e?mail|contact|send|mail)|blocked|blocks|deny ?list|invalid"
    r"|removed)(?: (?:e?mails?|members?|contacts?|users?|subscribers?|people|customers?|address(?:es)?|lists?))*"
)


def names_no(name: str) -> bool:
    """Whether a list of this name is one of people who said no: `unsubscribed`, `bounces`, `黑名单`."""
    words = words_of(name)
    return bool(_LIST_OF_NO.fullmatch(words)) or words in _NO or words.removesuffix("名单").removesuffix("列表") in _NO


class Column:
    """One column that may say no."""

    def __init__(self, at: int, name: str) -> None:
        self.at = at
        self.name = name[:_SHOWN_CHARS]
        self.is_certain = True
        """Whether the heading alone says that it is about mail."""
        self.is_any = False
        """Whether any value at all means no, so that values are not told apart."""

    def judge(self, value: str) -> Verdict:
        """What a value says that is not blank."""
        raise NotImplementedError


class _Flag(Column):
    def __init__(self, at: int, name: str, *, true: Verdict) -> None:
        super().__init__(at, name)
        self._true = true
        self._false = Verdict.NO if true is Verdict.YES else Verdict.YES

    def judge(self, value: str) -> Verdict:
        plain = _plain(value)
        if plain in _FALSE:
            return self._false
        if plain in _TRUE:
            return self._true
        if self._true is Verdict.NO and _is_date(value):
            return Verdict.NO
        return _of_status(plain)


class _Reason(Column):
    def __init__(self, at: int, name: str) -> None:
        super().__init__(at, name)
        self.is_any = True

    def judge(self, value: str) -> Verdict:
        return Verdict.YES if _plain(value) in _FALSE or value.startswith("0000-00-00") else Verdict.NO


class _Status(Column):
    def __init__(self, at: int, name: str, *, is_certain: bool) -> None:
        super().__init__(at, name)
        self.is_certain = is_certain

    def judge(self, value: str) -> Verdict:
        return _of_status(_plain(value))


class Only(Column):
    """The column that `x-cos-meta-only` names: no other value than those it lists is sent."""

    def __init__(self, at: int, name: str, values: Collection[str]) -> None:
        super().__init__(at, name)
        self._values = {value.strip().casefold() for value in values}

    def judge(self, value: str) -> Verdict:
        return Verdict.YES if value.strip().casefold() in self._values else Verdict.NO


def columns_of(table: Table, sample: Sequence[Sequence[str]]) -> tuple[list[Column], list[str]]:
    """The columns of a table that may say no, judged by its first rows; and the headings of those that may mean it and
    have values nobody knows: these are left alone."""
    end = own_columns(table.columns)
    found, unclear = [], []
    for at, heading in enumerate(table.columns[:end]):
        if at in table.email_columns or (column := _column(at, without_mark(heading).strip())) is None:
            continue
        values = {row[at] for row in sample if at < len(row) and not is_blank(row[at])}
        verdicts = {*map(column.judge, values)}
        says_no = Verdict.NO in verdicts
        if Verdict.UNKNOWN in verdicts:
            if says_no or column.is_certain:
                unclear.append(column.name)
            continue
        column.is_certain = column.is_certain or says_no
        found.append(column)
    return found, unclear


def lists_nobody_else(table: Table) -> bool:
    """Whether the table is an export of nobody but people who said no, or a list of their name."""
    if any(map(names_no, (table.facts.records or "").split("."))):
        return True
    return frozenset(heading.strip().casefold().replace(" ", "") for heading in table.columns) in _LISTS_OF_NO


def only_column(table: Table, said: str) -> Only | None:
    """The column that the owner names, and the values that are sent: `Status=active|subscribed`. `*` sends every row,
    for which there is no column.

    Raises `SourceProblem` (`unreadable`) where the table has none of this name.
    """
    if said.strip() == "*":
        return None
    name, _, values = said.partition("=")
    wanted = " ".join(name.casefold().split())
    for at, heading in enumerate(table.columns[: own_columns(table.columns)]):
        if " ".join(without_mark(heading).casefold().split()) == wanted:
            return Only(at, without_mark(heading).strip(), values.split("|"))
    columns = tuple(
        heading.strip()[:_SHOWN_CHARS] for heading in table.columns if heading.strip() and "@" not in heading
    )
    raise SourceProblem("unreadable", Said("file.only", columns=columns[:_LISTED]))


def no_in(rows: Sequence[Sequence[str]], columns: Iterable[Column]) -> Mapping[int, tuple[Column, str]]:
    """The rows that say no, by index, with the column and the value that say it."""
    found: dict[int, tuple[Column, str]] = {}
    for column in columns:
        values = [row[column.at] if column.at < len(row) else "" for row in rows]
        noes = {value for value in {*values} if _is_no(column, value)}
        if noes:
            for index, value in enumerate(values):
                if value in noes:
                    found.setdefault(index, (column, ANY_VALUE if column.is_any else value.strip()[:_SHOWN_CHARS]))
    return found


def _is_no(column: Column, value: str) -> bool:
    if is_blank(value):
        return isinstance(column, Only)
    verdict = column.judge(value)
    return verdict is Verdict.NO or (verdict is Verdict.PERHAPS_NOT and column.is_certain)


def _column(at: int, heading: str) -> Column | None:
    words = words_of(heading)
    if not words or "sms" in words.split():
        return None
    if _WHEN_OR_WHY.fullmatch(words):
        return _Reason(at, heading)
    if _SAYS_NO.fullmatch(words):
        return _Flag(at, heading, true=Verdict.NO)
    if _SAYS_YES.fullmatch(words):
        return _Flag(at, heading, true=Verdict.YES)
    if _ABOUT_MAIL.fullmatch(words) or _STATUS.fullmatch(words):
        return _Status(at, heading, is_certain=_ABOUT_MAIL.fullmatch(words) is not None)
    return None


def _of_status(plain: str) -> Verdict:
    if plain in _NO:
        return Verdict.NO
    if plain in _YES:
        return Verdict.YES
    return Verdict.PERHAPS_NOT if plain in _PERHAPS_NOT else Verdict.UNKNOWN


def _plain(value: str) -> str:
    return " ".join(value.casefold().replace("_", " ").replace("-", " ").split())


def _is_date(value: str) -> bool:
    return (
        re.match(r"\s*(?:\d{4}[-/.年]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{10}(?:\d{3})?\s*$)", value) is not None
    )
