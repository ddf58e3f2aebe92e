"""What values say of who wants mail: words by meaning, a row for each group of languages.

They are compared with the words of a value as `words` gives them: no accents, no case, no digits or signs, camel case
apart, simplified characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
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
    LOST = "lost"
    """The same, where every value of the column may be a state of somebody's mail: courses are dropped as well."""
    PERHAPS_NOT = "perhaps not"
    """No, where the column is certainly about mail."""
    OTHER = "other"
    """It speaks of orders, cheques or the like."""
    UNKNOWN = "unknown"


MEAN_NO: Final = frozenset((Verdict.NO, Verdict.GONE, Verdict.LOST, Verdict.PERHAPS_NOT))


_FALSE: Final = frozenset(
    "false no n f off never nein nao non nee not nie nej 否 不 未 нет いいえ 不可 拒否 아니오 아니요 미동의 비동의 안함"
    " 거부 ✕ ✗ ✘ × ❌ ✖ ☐ 关闭 hayır hayir しない".split()
)
_TRUE: Final = frozenset(
    "true yes y t on ja sim si oui tak x checked 是 已 要 可 好 да はい 済 希望する 配信する 许可 同意する 예 네 동의"
    " ○ 〇 ✓ ✔ √ ✅ ☑ 开启 evet する".split()
)
_REFUSES: Final = re.compile(
    r"(?:i do not|i don t|ich (?:mochte|will) kein\w*|je ne|no|not|never|dont|do not|non|nein|nao|nee|nie|не|нет) .*"
    r"|(?:否|不|未|非|拒|别|勿|没有).{0,8}|.*(?:しない|しません|안 ?함)"
)
_AGREES: Final = re.compile(
    r"(?:yes|ja|oui|si|sim|tak|да|i (?:do|want|agree|accept|would|consent)) .*|(?:是|接受|同意|愿意|允许|希望).{0,8}"
)
_SAYS_NOTHING: Final = re.compile(
    r"not (?:set|specified|applicable|available|provided|given|asked|known|recorded|answered|yet)"
    r"|non marketing|no (?:answer|data|info|information|preference|response|reply|value|record)"
    r"|未知|未填.?|不详|不明"
)

_VALUES: Final = {
    Verdict.NO: (
        "unsubscribed|unsubscriber|unsubscribe|unsubscribes|unsub|un subscribed|please unsubscribe|unsubscribe me"
        "|opted out|opt out|optout|optedout|opts out|hard bounce|hard bounced|hardbounce|hardbounced|bounced hard"
        "|spam complaint|spam complaints|spam report|spamreport|reported spam|reported as spam|marked as spam"
        "|marked spam|contact flagged as spam|flagged as spam|do not contact|do not email|do not mail"
        "|do not send|dont contact"
        "|dont email|no email|no emails|no mail|no mails|no longer subscribed|not subscribed|non subscribed"
        "|nonsubscribed|never subscribed|user suppressed|suppressed|blocklisted|spamtrap|please remove|remove me",
        "退订|已退订|主动退订|用户退订|取消订阅|已取消订阅|未订阅|不再订阅",
        "配信停止|エラー停止|購読解除|解除済み|退会者|受信拒否|配信拒否|配信不可|解除",
        "수신거부|수신 거부|구독취소|구독 취소",
        "отписан|отписана|отписался|отписалась|отписка",
        "abbestellt|desuscrito|dado de baja|dada de baja|descadastrado|descadastrada|desabonne|desabonnee|desinscrit"
        "|desinscrite|disiscritto|disiscritta|uitgeschreven|wypisany|wypisana|zrezygnował|zrezygnowała"
        "|cancelou inscricao|cancelou a inscricao|inscricao cancelada|suscripcion cancelada|cancelo su suscripcion",
    ),
    Verdict.GONE: (
        "bounced|bounce|bounces|bouncing|complained|complainer|blacklisted|blacklist|blocklist|undeliverable"
        "|no consent|disabled by bounce|disabled due to bounces|nomail|by bounces|spammy",
        "已拉黑|黑名单|退信|硬退信|已退信",
        "abgemeldet|ausgetragen|afgemeld|baja|desinscrito|gebounct|gebounced|unzustellbar|rebotado|rebotada|rebote"
        "|rebote duro|rimbalzato|rimbalzata|marcado como spam|marcou como spam|signale comme spam|spam beschwerde",
    ),
    Verdict.LOST: (
        "dropped|complaint|spam|abuse|unreachable|unconfirmed|not confirmed|unactivated"
        "|validating",  # of beehiiv: the address is being checked
        "拒收|已拒收|投诉|退回",
        "nicht bestatigt|unbestatigt|beschwerde|non confirme|non confirmee|plainte|no confirmado|no confirmada"
        "|sin confirmar|queja|nao confirmado|nao confirmada|reclamacao|non confermato|non confermata|reclamo"
        "|niet bevestigd|onbevestigd|klacht|niepotwierdzony|niepotwierdzona|skarga"
        "|не подтвержден|не подтверждена|не подтвердил|не доставлено|недоставлено|жалоба|пожаловался",
    ),
    Verdict.PERHAPS_NOT: (
        "cleaned|pending|inactive|disabled|unverified|not verified|awaiting confirmation|cancelled|canceled|deleted"
        "|removed|archived|never|junk|blocked|banned|invalid|transactional|not activated|deactivated|declined|denied"
        "|redacted|rejected|refused|disallowed|do not allow|not allowed|revoked|withdrawn|hard|permanent|failed|held"
        "|by user",
        "待确认|未确认|未激活|停用|已停用|已取消|取消|无效|失效|禁用|已拒绝|拒绝|注销|已注销",
        "停止|停止中|无効|退会|退会済み",
        "inaktiv|gekundigt|ausstehend|geloscht|deaktiviert|gesperrt|widerrufen|abgelehnt|inactif|annule|supprime|inactivo|inativo|pendiente"
        "|pendente|cancelado|cancelada|eliminado|cancellato|inattivo"
        "|blockiert|bloque|bloquee|rejete|rejetee|annulee|bloqueado|bloqueada|devuelto|rechazado|devolvido|rejeitado"
        "|bloccato|bloccata|annullato|respinto|geblokkeerd|geannuleerd|geweigerd|zablokowany|zablokowana|odrzucony"
        "|odbity|anulowany|nieaktywny|неактивен|удален|удалена|заблокирован|заблокирована|отклонен|отменен"
        "|недеиствителен",
    ),
    Verdict.SUBSCRIBED: (
        "subscribed|subscriber|opted in|opt in|optin|single opt in|double opt in|not unsubscribed|not opted out",
        "已订阅|订阅|订阅中|未退订|購読中|配信中|구독|구독중|수신|수신동의|подписан|подписана|подписчик",
        "abonniert|abonnent|abonne|abonnee|suscrito|suscrita|iscritto|iscritta",
    ),
    Verdict.YES: (
        "active|enabled|confirmed|ok|valid|verified|deliverable|delivered|member|engaged|explicit|implied|granted"
        "|given|email|each email|individual|digest|abridged|normal|allow|allowed|accepted|regular|approved|agreed"
        "|marketing contact|non marketing contact",  # of HubSpot: who is paid for
        "正常|有效|启用|已确认|激活|已激活|有効|会员|投递成功",
        "activo|activa|ativo|ativa|aktiv|actif|inscrit|inscrite|inscrito"
        "|angemeldet|confirmado|bestatigt|ingeschreven|aangemeld|aktywny|aktywna|potwierdzony|attivo|confermato|actief"
        "|активен|активна|подтвержден",
    ),
    Verdict.OTHER: (
        "paid|unpaid|shipped|refunded|closed|resolved|cleared|deposited|cashed|completed|fulfilled|in progress"
        "|processing|past due|trialing|hired|interview|applied|checked in|checked out|booked|returned",
        "bezahlt|versendet|enviado|entregado|pagado|pago|已付款|已发货|已完成|待付款|已签收|已支付|待发货",
    ),
}
_VERDICTS: Final = {word: verdict for verdict, rows in _VALUES.items() for word in "|".join(rows).split("|")}
_TAIL: Final = re.compile(
    r" (?:(?:on|by|via|at|since|from|of|due|because|until|in|after|am|le|el|em|op|per|vom|seit)\b.*"
    r"|(?:th )?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w*)"
)
"""What follows a state: since when, by whom."""
_HEAD: Final = re.compile(
    r"(?:(?:auto|self|globally|manually|permanently|has|was|is|user|admin|list|email|newsletter|marketing) )+"
)
"""What stands before one."""
_BRACKET: Final = re.compile(r"[(（\[].*", re.DOTALL)
_ANYWHERE: Final = re.compile(
    r"(?:please )?un ?subscribed?(?: me)?|opted out|opt out|hard ?bounced?|spam complaint|reported as spam"
    r"|marked as spam|(?:(?:has |was )?(?:asked|wants?|wishes|requested) )?(?:please )?(?:to be )?removed? "
    r"(?:(?:me|him|her|them|us) )?(?:from|off) (?:(?:the|our|your|this|all|e?mail|mailing|newsletter) )*lists?"
    r"|(?:please )?take (?:me off"
    r"|(?:me|him|her|us|them) off (?:(?:the|our|your|this|all|e?mail|mailing|newsletter) )*lists?)"
    r"|(?:(?:wants?|wishes|wanted|please) )?no more (?:e?mails?|e?mailings?|newsletters?)(?: please)?"
    r"|(?:该|此)?(?:用户|客户|会员|本人)?(?:主动|要求|申请)?已?经?(?:退订|取消订阅)了?(?:邮件)?|購読解除|配信停止|отписал(?:ся|ась)|отписан|desabonne|descadastrado"
)
"""What says no whatever the heading."""
_IN_OBJECT: Final = re.compile(
    r'\{(?=[^{}]*"(?:type|name|kind|purpose|channel)": "(?:(?:e-?mail|newsletter|marketing)s?[ _-]?)+")'
    r'[^{}]*"(?:granted|given|consent(?:ed)?|accepted|allowed|subscribed|opted_?in)": (?:false|0|"(?:false|no)")',
    re.IGNORECASE,
)
"""`{"type": "newsletter", "granted": false}`"""
_PLAINLY: Final = re.compile(
    r"(?:please )?(?:do not|don ?t)(?: ever)? (?:(?:e ?mail|contact)|send (?:any )?(?:more )?e?mails?)"
    r"(?: (?:me|us|him|her|them|again|any ?more|please))*"
    r"|(?:请勿|不要|勿)(?:再?联系|再?发邮件|再?发送邮件)|(?:bitte )?nicht (?:mehr )?(?:kontaktieren|anschreiben)"
    r"|ne (?:pas|plus) contacter"
    r"|no contactar|nao contatar|non contattare|не писать"
)
"""What does even where a heading asks for something else: how somebody likes to be called."""
_STEMS: Final = (
    *(
        "subscri",
        "unsub",
        "opt",
        "bounce",
        "spam",
        "do not",
        "dont",
        "don't",
        "remove",
        "désabonn",
        "desabonn",
        "descadastr",
        '": false',
        '": "false',
        '": 0',
        '": "no',
        "don’t",
        "no more",
        "take me off",
        "take him off",
        "take her off",
        "take us off",
        "take them off",
        "pas contacter",
        "plus contacter",
        "no contactar",
        "o contatar",
        "non contattare",
        "nicht kontaktieren",
        "nicht anschreiben",
        "nicht mehr",
    ),
    *(
        "отпис",
        "не писать",
        "勿",
        "不要联系",
        "不要再",
        "不要发",
        "退订",
        "退訂",
        "取消订阅",
        "取消訂閱",
        "解除",
        "停止",
    ),
)
"""One of these is in every such text, in lower case."""

_CURT: Final = 60

_OTHER_CHANNELS: Final = re.compile(
    r"\b(?:sms|mms|text|texts|whats ?app|phone|phones|mobile|telephone|telefon|call|calls|fax|push|viber|telegram"
    r"|wechat|voice|postal|post)\b|短信|电话|手机|微信|推送|メール便|ショートメール|전화|문자|смс|звон"
)
_IS_OF_MAIL: Final = re.compile(r"\b(?:e?mails?|newsletters?|mailings?)\b|邮件|邮箱|メール|메일")
_OTHER_MATTERS: Final = re.compile(
    r"\b(?:beta|cookies?|terms|tos|agb|nutzungsbedingungen|analytics|tracking|(?:early|preview) access"
    r"|pensions?|insurance|lunch|dinner|breakfast|meals?|catering|photos?|photographs?|photography|videos?|filming"
    r"|(?:data|information) sharing|share data|gift aid|vaccinations?|overtime|arbitration)\b"
    r"|条款|内测|公测|利用規約|약관|условия"
)
_IS_OF_MAIL_AFTER_ALL: Final = re.compile(
    r"subscri|\b(?:bounce|marketing (?!cookies?\b|analytics\b|tracking\b)|marketing$|promotion|advertis|contact|news)"
)
_SIMPLER: Final = str.maketrans(
    "訂閱郵電狀態絕願報單廣銷營發時間號為無確認啟選單資訊會員請許",
    "订阅邮电状态绝愿报单广销营发时间号为无确认启选单资讯会员请许",
)


def words(text: str) -> str:
    """The words of a text as the tables here have them."""
    return words_of(text if text.isascii() else text.translate(_SIMPLER))


def is_of_another_channel(text: str) -> bool:
    """Whether these words speak of text messages or calls, and not of mail."""
    return _OTHER_CHANNELS.search(text) is not None and not _IS_OF_MAIL.search(text)


def is_of_another_matter(text: str) -> bool:
    """Whether a text plainly speaks of what else people are asked for: `Opt-in for beta`, `Accepts cookies`. What
    might be about mail as well is not: `Terms and newsletter`."""
    text = words(text)
    return (
        _OTHER_MATTERS.search(text) is not None
        and not _IS_OF_MAIL.search(text)
        and not _IS_OF_MAIL_AFTER_ALL.search(text)
    )


def state_of(value: str) -> Verdict:
    """What a value says where a state is said."""
    text = words(value)
    bare = _TAIL.sub("", words(_BRACKET.sub("", value)))
    return _VERDICTS.get(text) or _VERDICTS.get(bare) or _VERDICTS.get(_HEAD.sub("", bare)) or Verdict.UNKNOWN


def says_no(value: str) -> bool:
    """Whether it says no where a state is said of somebody with mail."""
    return state_of(value) in MEAN_NO


def may_hold_no(values: Iterable[str]) -> bool:
    """Whether one of them could say no whatever the heading: soon known, and seldom wrong."""
    text = "\n".join(values).lower()
    return any(stem in text for stem in _STEMS)


def says_no_anywhere(value: str) -> bool:
    """Whether it says no whatever the heading."""
    text = words(value)
    return (
        not is_of_another_channel(text)
        and not is_of_another_matter(text)
        and any(says.fullmatch(said) for says in (_ANYWHERE, _PLAINLY) for said in (text, _TAIL.sub("", text)))
    )


def says_no_within(cell: str) -> bool:
    """Whether one of several objects in a cell of a JSON document does."""
    return _IN_OBJECT.search(cell) is not None


def says_no_plainly(value: str) -> bool:
    """Whether it does even below a heading that is of something else."""
    return len(value) <= _CURT and "/" not in value and _PLAINLY.fullmatch(words(value)) is not None


def is_a_no(value: str) -> bool:
    """Whether it is the word no, or another for it, and nothing more."""
    return value.strip().casefold().removesuffix("\ufe0f") in _FALSE or words(value) in _FALSE


def agrees(value: str) -> bool | None:
    """Whether it says yes, or no, where a question is asked; `None` for neither."""
    text, bare = words(value), value.strip().casefold().removesuffix("\ufe0f")
    if _SAYS_NOTHING.fullmatch(text):
        return None
    if is_a_no(value) or _REFUSES.fullmatch(text):
        return False
    return True if bare in _TRUE or text in _TRUE or _AGREES.fullmatch(text) else None
