"""The words of consent, by meaning and language: what headings, values and names say of who wants mail.

They are compared with the words of a text as `words` gives them: no accents, no case, no digits or signs, camel case
apart, simplified characters. A row of a table is one language, or one kind of program.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from functools import lru_cache
from typing import Final

from handler.reading.headings import words_of


class Verdict(Enum):
    """What a value says."""

    YES = "yes"
    SUBSCRIBED = "subscribed"
    """Yes; and nothing but mail is spoken of so."""
    NO = "no"
    """Whatever stands in the column otherwise."""
    GONE = "gone"
    """No, where no value of the column speaks of orders, cheques or the like."""
    PERHAPS_NOT = "perhaps not"
    """No, where the column is certainly about mail."""
    OTHER = "other"
    """It speaks of orders, cheques or the like."""
    UNKNOWN = "unknown"


class Role(Enum):
    """What a heading says of the values below it."""

    WHEN = "when"
    """Anything means no: when, or why, somebody went."""
    NO = "no"
    """"Yes", a date or a number means no."""
    YES = "yes"
    """"No" means no."""
    BESIDE = "beside"
    """The same, in a table that has another such column."""
    MAIL = "mail"
    """The values are states of somebody's mail."""
    STATUS = "status"
    """They are states of anything."""


_FALSE: Final = frozenset(
    "false no n f ✕ off never nein nao non nee not nie nej 否 不 未 нет いいえ 아니오 아니요 미동의 비동의 안함 거부 不可 拒否 ✗ ✘ × ❌ ✖"
    " ☐".split()
)
_TRUE: Final = frozenset(
    "true yes y t on ja sim si oui tak x checked 是 已 要 可 好 да はい ○ 〇 済 예 네 동의 ✓ ✔ √ ✅ ☑ 希望する 配信する 許可 同意する".split()
)
_REFUSES: Final = re.compile(
    r"(?:no|not|never|dont|do not|non|nein|nao|nee|nie|не|нет) .*|(?:否|不|未|非|拒|别|勿|没有).{0,8}|.*(?:しない|しません|안 ?함)"
)
_AGREES: Final = re.compile(
    r"(?:yes|ja|oui|si|sim|tak|да|i (?:do|want|agree|accept|would|consent)) .*|(?:是|接受|同意|愿意|允许|希望).{0,8}"
)
_SAYS_NOTHING: Final = re.compile(
    r"not (?:set|specified|applicable|available|provided|given|asked|known|recorded|answered|yet)"
    r"|non marketing|no (?:answer|data|info|information|preference|response|reply|value|record)|未知|未填.?|不详|不明|非renseigne"
)

_VALUES: Final = {
    Verdict.NO: (
        "unsubscribed|unsubscriber|unsubscribe|unsubscribes|unsub|un subscribed|please unsubscribe|unsubscribe me|opted out|opt out"
        "|optout|optedout|opts out|hard bounce|hard bounced|hardbounce|hardbounced|bounced hard|spam complaint"
        "|spam complaints|spam report|spamreport|reported spam|reported as spam|marked as spam|marked spam"
        "|contact flagged as spam|flagged as spam|do not contact|do not email|do not mail|do not send|dont contact"
        "|dont email|no email|no emails|no mail|no mails|no longer subscribed|not subscribed|non subscribed"
        "|nonsubscribed|never subscribed|user suppressed|suppressed|blocklisted|spamtrap",
        "退订|已退订|主动退订|用户退订|取消订阅|已取消订阅|未订阅|不再订阅",
        "配信停止|エラー停止|購読解除|解除済み|受信拒否|配信拒否|配信不可|解除|수신거부|수신 거부|구독취소|구독 취소",
        "отписан|отписана|отписался|отписалась|отписка",
        "abbestellt|desuscrito|dado de baja|dada de baja|descadastrado|descadastrada|desabonne|desabonnee|desinscrit"
        "|desinscrite|disiscritto|disiscritta|uitgeschreven|wypisany|wypisana",
    ),
    Verdict.GONE: (
        "bounced|bounce|bounces|bouncing|dropped|complained|complaint|complainer|spam|abuse|blacklisted"
        "|blacklist|blocklist|unreachable|unconfirmed|not confirmed|undeliverable|unactivated|no consent|disabled by bounce|disabled due to bounces|nomail",
        "拒收|已拒收|黑名单|投诉|退信|硬退信|已退信|退回",
        "abgemeldet|ausgetragen|afgemeld|baja|desinscrito|nicht bestatigt|non confirme",
    ),
    Verdict.PERHAPS_NOT: (
        "cleaned|pending|inactive|disabled|unverified|not verified|awaiting confirmation|cancelled|canceled|deleted|removed"
        "|archived|blocked|banned|invalid|transactional|not activated|deactivated|declined|denied|rejected|refused"
        "|disallowed|do not allow|not allowed|revoked|withdrawn|hard|permanent|failed",
        "待确认|未确认|未激活|停用|已停用|已取消|取消|无效|失效|禁用|已拒绝|拒绝|注销|已注销|停止|停止中|无効|退会|退会済み",
        "inaktiv|geloscht|deaktiviert|gesperrt|widerrufen|abgelehnt|inactif|annule|supprime|inactivo|inativo|pendiente"
        "|pendente|cancelado|cancelada|eliminado|cancellato|inattivo|неактивен|удален",
    ),
    Verdict.SUBSCRIBED: (
        "subscribed|subscriber|opted in|opt in|optin|single opt in|double opt in|not unsubscribed|not opted out"
        "|已订阅|订阅|订阅中|未退订|購読中|配信中|구독|구독중|수신|수신동의|подписан|подписана|подписчик",
        "abonniert|abonnent|abonne|abonnee|suscrito|suscrita|iscritto|iscritta",
    ),
    Verdict.YES: (
        "active|enabled|confirmed|ok|valid|verified|deliverable|delivered|member|engaged|explicit|implied|granted"
        "|given|email|each email|individual|digest|abridged|normal|allow|allowed|accepted|regular|approved|agreed"
        "|正常|有效|启用|已确认|激活|已激活|有効|会员|投递成功|activo|activa|ativo|ativa|aktiv|actif|inscrit|inscrite|inscrito"
        "|angemeldet|confirmado|bestatigt|ingeschreven|aangemeld|активен",
    ),
    Verdict.OTHER: (
        "paid|unpaid|shipped|refunded|closed|resolved|cleared|deposited|cashed|completed|fulfilled|in progress"
        "|processing|past due|trialing|hired|interview|applied|checked in|checked out|booked|returned"
        "|bezahlt|versendet|enviado|entregado|pagado|pago|已付款|已发货|已完成|待付款|已签收|已支付|待发货",
    ),
}
_VERDICTS: Final = {word: verdict for verdict, rows in _VALUES.items() for word in "|".join(rows).split("|")}
_TAIL: Final = re.compile(r" (?:on|by|via|at|since|from|of|due|because|until|in|after|am|le|el|em|op|per|vom|seit)\b.*")
"""What follows a state: since when, by whom."""
_HEAD: Final = re.compile(
    r"(?:(?:auto|self|globally|manually|permanently|has|was|is|user|admin|list|email|marketing) )+"
)
"""What stands before one."""
_BRACKET: Final = re.compile(r"[(（\[].*", re.DOTALL)
_ANYWHERE: Final = re.compile(
    r"(?:please )?un ?subscribed?(?: me)?|opted out|opt out|hard ?bounced?|(?:spam complaint|reported as spam|marked as spam)"
    r"|(?:主动|用户|已)?(?:退订|取消订阅)|購読解除|配信停止|отписал(?:ся|ась)|отписан|desabonne|descadastrado"
)
"""What says no whatever the heading."""
_STEMS: Final = (
    "subscri", "unsub", "opt", "bounce", "spam", "退订", "退訂", "取消订阅", "取消訂閱", "解除", "停止", "отпис", "désabonn",
    "desabonn", "descadastr", "do not", "dont", "don't",
)  # fmt: skip
"""One of these is in every such text, in lower case."""

_OTHER_CHANNELS: Final = re.compile(
    r"\b(?:sms|mms|text|texts|whats ?app|phone|phones|mobile|telephone|telefon|call|calls|fax|push|viber|telegram|wechat"
    r"|voice|postal|post)\b|短信|电话|手机|微信|推送|メール便|ショートメール|전화|문자|смс|звон"
)
_MAIL: Final = (
    r"(?:e?mails?|newsletters?|mailings?|mailing lists?|marketing|promotions?|promotional|courriels?|infolettre|lettre"
    r"|correos?|boletin|nieuwsbrief|nieuwsbrieven|werbung|publicidad|рассылк\w+)"
)
_IS_OF_MAIL: Final = re.compile(rf"\b(?:e?mails?|newsletters?|mailings?)\b|邮件|邮箱|メール|메일")
_NOT_OF_CONSENT: Final = re.compile(
    r"\b(?:links?|urls?|tokens?|pages?|counts?|rates?|footer|text|codes?|hash|ids?|ip|number|total|score|sources?|method"
    r"|mode|(?<!from )campaigns?|title|template|language|lang|format|receipts?|invoices?|bills?|tickets?|reminders?|orders?"
    r"|statements?|quotes?|tax|channel|channels|channel ids|soft|frequency|type of)\b|链接|次数|渠道"
)
"""What is beside consent: the link to unsubscribe, how often mail bounced, or mail that nobody asks about."""
_GONE: Final = (
    r"un ?subscri(?:bed?|bes|ptions?)|unsubs?|opt(?:ed|s)? ?outs?|do ?n ?t (?:e?mail|contact|mail|send)|no (?:newsletters?|marketing|mailings?|promotions)"
    r"|do not (?:e?mail|contact|mail|send|market|allow (?:bulk )?e?mails?)"
    r"|abgemeldet|abmeldung|abbestellt|abbestellung|werbewiderspruch|widerspruch werbung|keine (?:werbung|newsletter|e?mails?)"
    r"|desinscrite?s?|desinscription|desabonnee?s?|desabonnement|dad[oa]s? de baja|desuscrit[oa]s?|fecha (?:de )?baja|baja"
    r"|cancelar suscripcion|descadastr\w*|disiscritt[oi]|disiscrizione|uitgeschreven|afgemeld|wypisan[yai]"
    r"|отписан[аы]?|отписал(?:ся|ась|ись)|отписк[аи]|отписавшиеся"
)
"""Nothing but mail, or a membership, is left so; in a heading with any words around it."""
_GONE_STEMS: Final = r"退订|取消订阅|拒收|勿扰|请勿|(?:拒绝|不接收|不接受|不愿).{0,4}(?:邮件|推广|营销|电子报)|配信停止|受信拒否|配信拒否|購読解除|수신 ?거부|구독 ?취소"
_ALSO_GONE: Final = (
    r"bounced?|bounces|suppress(?:ed|ions?)|(?:block|black) ?list(?:ed)?|spam complain(?:ts?|ed)|complained"
    r"|marked (?:e?mail )?as spam|reported (?:e?mail )?(?:as )?spam|spam reports?|abuse reports?|dnc|no e?mails?|undeliverable"
    r"|e?mails? (?:disabled|blocked|invalid)|(?:invalid|blocked) e?mails?|disabled e?mails?|removed? (?:me )?from (?:the |our |mailing |e?mail )*lists?|excluded from campaigns"
    r"|nonsubscribed|non subscribed|黑名单|(?:是否|已)?退信"
)
_AROUND: Final = (
    r"(?:is|has|have|been|hs|user|users|contacts?|customers?|subscribers?|members?|person|list|lists|global|globally|all|any"
    r"|hard|e?mails?|address|addresses|newsletters?|mailings?|marketing|flag|last|of|on|from|the|our|me|status|enum|是否|已)"
)
_WHEN: Final = r"(?:at|on|time|date|datetime|timestamp|reasons?|since|description|am|datum|grund|op|le)"

_ROLES: Final = tuple(
    (role, re.compile(pattern))
    for role, pattern in (
        (
            Role.WHEN,
            rf"(?:.* )?(?:{_GONE}|(?:hard )?bounced?|suppress(?:ed|ion)|complain(?:ed|t)|blocked) (?:e?mail )?{_WHEN}(?: enum)?"
            rf"|(?:e?mail )?suppressions?(?: timestamp)?"
            rf"|(?:date|time|reason|datum|fecha|data)(?: of| for| de la| de| du| di)? (?:\w+ )?(?:{_GONE}|bounced?)"
            r"|fecha (?:de )?baja|дата отписки|(?:abmelde|abbestell|widerrufs|uitschrijf|afmeld)datum|.{0,4}(?:退订|取消订阅|拒收|退信|拉黑).{0,2}(?:时间|日期|原因)|(?:退会|配信停止|解除)(?:日|日時|理由)",
        ),
        (
            Role.NO,
            rf"(?:{_AROUND} )*(?:{_ALSO_GONE})(?: {_AROUND})*|(?:.* )?(?:{_GONE})(?: .*)?|.*(?:{_GONE_STEMS}|黑名单).*",
        ),
        (
            Role.MAIL,
            rf"(?!.*\b(?:sent|orders?|tickets?|payment)\b)"
            rf"(?:.* )?(?:{_MAIL}|opt in|permission|consent|bounce|suppression|subscribe|unsubscribe|gdpr)"
            r"(?: \w+)* (?:status|state|preferences?|statut|estado)(?: .*)?"
            r"|bounce type|e?mail (?:deliverability|delivery|validity|validation|quality|check|verdict)|newsletter ?status|gdpr status"
            r"|.*(?:订阅|邮件|邮箱).{0,2}状态|(?:購読|配信|メルマガ).{0,2}(?:状況|状態|状态|ステータス)|수신 ?상태|статус (?:подписки|рассылки)",
        ),
        (
            Role.STATUS,
            r"(?:.* )?(?:status|state|estado|statut|stato|situacao|статус)(?: .*)?|subscription|event|result|delivery"
            r"|suscripcion|abonnement|assinatura|(?:subscriber|member|contact|list|user|e?mail) type|.*(?:状态|ステータス|상태).*",
        ),
        (
            Role.YES,
            # Alone, or with what is said around it.
            rf"(?:is |are |e?mail |newsletter |marketing |user |has |currently )*subscribed?(?: to)?(?: (?:the |our |your )?{_MAIL}(?: .*)?)?"
            rf"|(?:{_AROUND} )*(?:subscribers?|newsletters?(?: ja nein| oui non| si no| sim nao| yes no| abo)?|mailing lists?|confirmed|consent"
            r"|(?:double |single )?opt(?:ed)? ?ins?(?: .*)?)"
            rf"|(?:can|may) (?:we |i |be )*(?:e?mail|contact(?:ed)?)(?: .*)?|ok(?:ay)? to (?:e?mail|contact|mail)(?: .*)?"
            r"|contact (?:allowed|permission|consent|ok)|(?:allow|permission to|consent to) contact"
            r"|marketing e?mails?|promotional e?mails?|e?mail (?:marketing|updates|promotions)|(?:gdpr|dsgvo|rgpd) .*consent.*|gdpr|marketing"
            r"|keep me (?:updated|posted|informed)|subscribe me|e?mail me|on (?:the |our )?mailing list|e?mail notifications"
            r"|contact(?:able)?(?: (?:by|via) e?mail)|contactable"
            # Somebody does something about mail.
            r"|(?:.* )?(?:accepts?|allow(?:s|ed)?|receiv(?:e|es|ing)|wants?|agrees?|agreed|consent(?:s|ed)?|permission|permit(?:s|ted)?"
            rf"|subscri(?:be|bed|bers?|ptions?)|opt(?:ed)? ?ins?|join|like to|send|sign(?:ed)? ?up|recebe|aceita|acepta|accetta"
            rf"|inscrit\w*|ingeschreven|aangemeld|angemeldet|iscritt\w|zapisan\w) (?:.* )?{_MAIL}(?: .*)?"
            rf"|(?:.* )?{_MAIL} (?:.* )?(?:accepted|allowed|consent(?:ed)?|permission|permitted|subscri(?:be|bed|bers?|ptions?)|opt(?:ed)? ?ins?|ok)(?: .*)?"
            rf"|(?:werbe ?|newsletter |e?mail |marketing )?(?:einwilligung|erlaubnis|zustimmung)(?: .*{_MAIL}.*)?|werbung erlaubt|abonniert|abonnent(?:en)?"
            r"|(?:newsletter|e?mail) (?:abonniert|erlaubt|erwunscht|gewunscht|angemeldet|empfang\w*|anmeldung)"
            rf"|abonnee?s?(?: .*)?|inscrite? .*(?:newsletter|infolettre)"
            rf"|(?:consentement|consentimiento|consentimento|consenso|toestemming|zgoda)(?: .*{_MAIL}.*| rgpd| gdpr)?"
            r"|(?:accepte|souhaite|autorise) .*(?:newsletter|e?mails?|courriels?|infolettre)"
            r"|suscrit[oa]s?(?: .*)?|suscripcion(?: al)? (?:boletin|newsletter)|boletin"
            r"|(?:acepta|desea|quiere|autoriza) .*(?:correos?|e?mails?|publicidad|boletin|newsletter)"
            r"|assinante|(?:aceita|deseja|quer|autoriza) .*(?:e?mails?|newsletter|promocoes|comunicacoes)"
            r"|iscritt[oa](?: alla newsletter)?|nieuwsbrief(?: .*)?"
            r"|подписан[аы]?|подписка(?: на рассылку)?|рассылка|соглас\w+ на рассылку|подписчик"
            r"|(?:是否)?(?:已)?订阅(?:邮件|电子报|通讯|推送|newsletter|资讯)?|电子报"
            r"|.*(?:接受|接收|同意|愿意|允许|许可|订阅).*(?:邮件|电邮|推广|营销|电子报|行销|广告).*|(?:邮件|营销|推广).{0,4}(?:接受|接收|许可|同意|订阅|授权)"
            r"|(?:メルマガ|メールマガジン).*|(?:ご?案内|お知らせ)メール|メール(?:配信|受信)(?:希望|许可|可否|同意)?|配信(?:可否|许可|希望|同意|フラグ)|購読|수신 ?(?:동의|여부).*|(?:마케팅|이메일|메일|광고) ?수신.*|뉴스레터.*|구독",
        ),
        (Role.BESIDE, r"enabled|accept"),
    )
)
_OF_MAILCHIMP: Final = "CLEAN_TIME"
"""Written otherwise, it is when somebody cleaned a room."""
_PIECES: Final = re.compile(r"\.|\s[-–—|/]\s|[:：(（)）\[\]]")

_LIST_OF_NO: Final = re.compile(
    rf"(?:.* )?(?:{_GONE})(?: .*)?"
    rf"|(?:{_AROUND} )*(?:{_ALSO_GONE}|unsubscribers|blocked)(?: (?:{_AROUND}|csv|txt|xlsx|exports?|audience|report|and|\w))*"
    r"|cleaned (?:e?mail audience|members|contacts) .*|cleaned (?:members|contacts|export)|.*(?:退订|取消订阅|黑名单|拒收|退信)(?:名单|列表|用户|邮箱|客户|会员)?.*"
    r"|配信停止.*|수신 ?거부.*"
)
_LIST_OF_YES: Final = re.compile(
    rf"(?:{_AROUND} )*(?:subscribed|subscribers|active|opted in|newsletters?|abonnenten|angemeldet|abonnes|suscritos|inscritos)"
    rf"(?: {_AROUND})*|(?:已)?订阅.*|正常.*|подписчики"
)
_NOT_A_LIST_OF_NO: Final = re.compile(
    r"\b(?:without|excl\w*|minus|not (?=un|opt|bounc)|ohne|sans|sin|sem|except|after|incl\w*|subscribers|active|aktiv"
    r"|(?<!non )(?<!not )subscribed|removed(?! from)|filtered)\b|未退订|非退订|不含|除|剔除|去掉|无退订"
)
_SIMPLER: Final = str.maketrans(
    "訂閱郵電狀態絕願報單廣銷營發時間號為無確認啟選單資訊會員請許",
    "订阅邮电状态绝愿报单广销营发时间号为无确认启选单资讯会员请许",
)


def words(text: str) -> str:
    """The words of a text as the tables here have them."""
    return words_of(text if text.isascii() else text.translate(_SIMPLER))


@lru_cache(maxsize=1_000)
def role_of(heading: str) -> Role | None:
    """What a heading says of the values below it; `a.b.c` and `a: b` are asked by their parts, too."""
    if heading == _OF_MAILCHIMP:
        return Role.WHEN
    whole = words(heading)
    if not whole or _is_of_another_channel(whole):
        return None
    pieces = [piece for piece in map(words, _PIECES.split(heading)) if piece]
    tails = (" ".join(pieces[at:]) for at in range(len(pieces)))
    for text in dict.fromkeys((whole, *tails, *pieces)):
        for role, pattern in _ROLES:
            if pattern.fullmatch(text) and (role in _OF_ANYTHING or not _NOT_OF_CONSENT.search(whole)):
                return role
    return None


_OF_ANYTHING: Final = frozenset((Role.WHEN, Role.MAIL, Role.STATUS))


def may_say_no(heading: str) -> bool:
    """Whether what stands below a heading that says nothing of consent may say it all the same."""
    text = words(heading)
    return not _is_of_another_channel(text) and not _NOT_OF_CONSENT.search(text)


def _is_of_another_channel(text: str) -> bool:
    return _OTHER_CHANNELS.search(text) is not None and not _IS_OF_MAIL.search(text)


def names_no(name: str) -> bool:
    """Whether what is called so, a list or a sheet, is of nobody but people who said no."""
    text = words(name)
    return (
        bool(_LIST_OF_NO.fullmatch(text))
        and not _NOT_A_LIST_OF_NO.search(text)
        and not _NOT_OF_CONSENT.search(text)
        and not _is_of_another_channel(text)
    )


def names_yes(name: str) -> bool:
    """Whether it is of people who get mail."""
    return _LIST_OF_YES.fullmatch(words(name)) is not None


def state_of(value: str) -> Verdict:
    """What a value says where a state is said."""
    text = words(value)
    bare = _TAIL.sub("", words(_BRACKET.sub("", value)))
    return _VERDICTS.get(text) or _VERDICTS.get(bare) or _VERDICTS.get(_HEAD.sub("", bare)) or Verdict.UNKNOWN


def may_hold_no(values: Iterable[str]) -> bool:
    """Whether one of them could say no whatever the heading: soon known, and seldom wrong."""
    text = "\n".join(values).lower()
    return any(stem in text for stem in _STEMS)


def says_no_anywhere(value: str) -> bool:
    """Whether it says no whatever the heading."""
    text = words(value)
    return (
        not _is_of_another_channel(text)
        and (_ANYWHERE.fullmatch(text) or _ANYWHERE.fullmatch(_TAIL.sub("", text))) is not None
    )


def agrees(value: str) -> bool | None:
    """Whether it says yes, or no, where a question is asked; `None` for neither."""
    text, bare = words(value), value.strip().casefold().removesuffix("\ufe0f")
    if _SAYS_NOTHING.fullmatch(text):
        return None
    if bare in _FALSE or text in _FALSE or _REFUSES.fullmatch(text):
        return False
    return True if bare in _TRUE or text in _TRUE or _AGREES.fullmatch(text) else None
