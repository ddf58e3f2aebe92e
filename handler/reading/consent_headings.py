"""What headings, and the names of lists, say of who wants mail: patterns by meaning, a line for each language.

They are for the words of a heading as `words` gives them: no accents, no case, no digits or signs, camel case apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from functools import cache, lru_cache
from typing import Final

from handler.reading.consent_words import is_of_another_channel, is_of_another_matter, says_no_plainly, words


class Role(Enum):
    """What a heading says of the values below it."""

    WHEN = "when"
    """Anything means no: when, or why, somebody went."""
    NO = "no"
    """A yes, a date or a number means no."""
    YES = "yes"
    """A no means no."""
    BESIDE = "beside"
    """The same, in a table that has another such column."""
    NO_BESIDE = "no beside"
    """A yes means no, in such a table."""
    MAIL = "mail"
    """The values are states of somebody's mail."""
    STATUS = "status"
    """They are states of anything."""
    ELSE = "else"
    """They are states of something else: an order, a course."""


_PATTERNS: Final = {
    # Who left: nothing but mail, or a membership, is left so, whatever stands around it.
    "left": (
        r"\b(?:un ?subscri(?:bed?|bes|bers?|ptions?)|unsubs?|opt(?:ed|s)? ?outs?|hasoptedoutofemail"
        r"|do(?: not| ?n ?t) (?:e?mail|contact|mail|send|market|allow (?:bulk )?e?mails?)|donot(?:bulk)?email"
        r"|no (?:newsletters?|marketing|mailings?|promotions)",
        r"|abgemeldete?n?|abmeldung(?:en)?|abbestellt|abbestellung|werbewiderspruch|widerspruch werbung"
        r"|(?:werbe|e?mail|newsletter) ?sperre",
        r"|keine (?:werbung|newsletter|e?mails?)|(?:abmelde|abbestell|widerrufs)datum",
        r"|desinscrite?s?|desinscription|desabonnee?s?|desabonnement",
        r"|dad[oa]s? de baja|desuscrit[oa]s?|fecha (?:de )?baja|cancelar suscripcion|descadastr\w*",
        r"|disiscritt[oi]|disiscrizione|uitgeschreven|afgemeld|(?:uitschrijf|afmeld)datum|wypisan[yai]",
        r"|отписан[аы]?|отписал(?:ся|ась|ись)|отписк[аи]|отписавшиеся)\b",
        r"|退订|取消订阅|拒收|勿扰|免打扰|请勿|(?:拒绝|不接收|不接受|不愿).{0,4}(?:邮件|推广|营销|电子报)|黑名单",
        r"|配信停止|受信拒否|配信拒否|購読解除|退会者|수신 ?거부|구독 ?취소",
    ),
    # A wish with a no in it, where mail is spoken of as well.
    "refuses": (
        r"\b(?:(?:(?:do(?:es)?|would|rather|prefer|please|may|shall|will|wish|want) ?(?:not|n t)|don ?t|rather not)"
        r"(?! miss)"
        r"|not (?:want(?:ed)?|wish|interested|to|be|receive)|no longer|stop|exclud(?:e|ed|es|ing)"
        r"|(?:declin|refus|reject|den(?:y|ie)|revok)\w*|withdr[ae]w\w*|withheld",
        r"|kein(?:e|en|er)?|nicht|ne (?:pas|plus|(?:souhaite|veux|desire|accepte|m )\w*)|pas (?:recevoir|de)|refuse",
        r"|no (?:deseo|quiero|desea|quiere|acepto|acepta|autorizo|recibir|enviar|contactar)"
        r"|nao (?:quero|desejo|quer|deseja|aceito|aceita|autorizo|receber|enviar)",
        r"|non (?:desider|vogli|vuol|accett|accons|invi|ricev)\w*|geen|niet|nie (?:chc|wyraz|zgadz|wysyl|otrzym)\w*"
        r"|inte|ikke|не (?:хочу|хочет|желаю|желает|присылать|получать|отправлять|соглас\w*))\b",
        r"|不(?:想|再|希望|愿|要|同意|需要|接收|接受)|不要|希望しない|受け取らない|원하지 ?않|받지 ?않",
    ),
    "mail itself": (r"\bdm\b|メール|ニュースレター|メルマガ|뉴스레터|이메일|수신",),
    # "You can unsubscribe at any time" in a question that asks for a yes, to its end.
    "reassures": (
        r"(?:^| )we (?:will |do |would |shall |promise )*(?:never|not|n ?t|won ?t|don ?t)\b.*",
        r"|(?:^| )no spam\b.*",
        r"|(?:^| )(?:(?:you|i|we|and|which|that|this) )+(?:can|may|could|have the right to|are able to|understand)\b"
        r".*\b(?:un ?subscribe|opt out|withdraw|revoke|cancel|stop)\b.*",
        r"|(?:^| )(?:un ?subscribe|opt out|withdraw|revoke|cancel)\b.*\b(?:any ?time|whenever)\b.*",
        r"|(?:^| )(?:abmeldung|abmelden|widerruf\w*|abbestell\w*)\b.*\b(?:jederzeit|moglich)\b.*"
        r"|(?:^| )(?:und )?(?:kann|konnen|ich kann|sie konnen)\b.*\b(?:jederzeit|widerrufen|abmelden|abbestellen)\b.*",
        r"|(?:^| )(?:je peux|vous pouvez|puedo|puede|posso|pode)\b.*\b(?:desinscri|desabonn|darme|darse|cancel|retirer"
        r"|retirar|revoc|disiscri)\w*.*|[ ,，。（(]*(?:您?可|可以)?(?:随时)(?:可以?)?(?:退订|取消订阅|取消).*",
    ),
    # The same with nothing but plain words around it.
    "gone": (
        r"(?:hard)?bounced?|hard ?bounces|suppress(?:ed|ions?)|(?:block|black) ?list(?:ed)?|spam complain(?:ts?|ed)",
        r"|marked (?:e?mail )?as spam|reported (?:e?mail )?(?:as )?spam|spam ?reports?|abuse reports?|no e?mails?",
        r"|e?mails? (?:disabled|blocked|invalid)|(?:invalid|blocked|disabled) e?mails?|undeliverable|complaint?ed",
        r"|removed? (?:me )?from (?:the |our |mailing |e?mail )*lists?|excluded from campaigns|spam complaining",
        r"|bounce ?backs?|marketing suspended|e ?mail ?stop|dnc|nonsubscribed|non subscribed|(?:e?mail )?unconfirmed"
        r"|consent (?:with(?:drawn|drew)|revoked|refused|declined)"
        r"|(?:withdrew|withdrawn|revoked|refused|declined) (?:consent|permission)",
        r"|(?:是否|已)?(?:退信|拉黑)|是否投诉|opt ?in pending|pending opt ?in",
        r"|(?:listas? de )?bajas?|unzustellbare?|rebotes?|robinson ?liste?",
    ),
    "around": (
        r"(?:is|has|have|been|hs|users?|contacts?|customers?|subscribers?|members?|person|lists?|global|globally|all",
        r"|any|hard|e?mails?|address|addresses|newsletters?|mailings?|marketing|flag|last|of|on|from|the|our|me|status",
        r"|enum|profiles?|destinations?|my|final|ses|aws|amazon|brevo|klaviyo|mailchimp|mailgun|postmark|sendgrid|是否|已)",
    ),
    # When, or why: beside who left, or alone.
    "when": (
        r"\b(?:at|on|time|date|datetime|timestamp|reasons?|since|description|am|grund|\w*datum|fecha|data|op|le|em"
        r"|дата)\b|时间|日期|原因|日$|日時|理由",
    ),
    "bounced": (
        r"\b(?:bounced?|suppress(?:ed|ion)|complain(?:ed|t)|blocked|undeliverable"
        r"|with(?:drawn|drew)|revoked)\b|退信|拉黑|退会|解除",
    ),
    "when alone": (r"deaktiviert(?: am)?|(?:e?mail )?suppressions?(?: timestamp)?|email bounced(?:reason|date)",),
    # States of somebody's mail, and of anything.
    "state": (r"\b(?:status|state|preferences?|statut|estado|stato|situacao|статус)\b|状态|ステータス|상태|状況",),
    # Whose state, beside the words around it: somebody's, a mail's, or nobody knows whose.
    "whose": (
        r"person|people|account|profile|recipient|lead|prospect|reader|supporter|donor|audience|campaign|delivery",
        r"|send(?:ing)?|validation|signup|result|verification|current|overall|general|attributes|properties|fields|custom|data|merge|record|zb",
        r"|de[lr]?|des|du|d|la|le|el|do|da|di|della?|dello|\w*(?:subscri|suscri|abonn|inscri|iscri|assinat|contact",
        r"|kontakt|contat|member|miembro|membr|mitglied|kunde|customer|client|user|usuari|utente|mail|list",
        r"|подпис|контакт|клиент|пользоват)\w*|(?:当前|目前|用户|会员|客户|联系人|收件人|账号|账户|投递|送达|发送|名单",
        r"|ユーザー|会員|顧客|現在の?|お客様|회원|고객)+",
    ),
    "of mail": (
        r"\b(?:opt in|permission|consent|bounce|suppression|subscribe|unsubscribe|gdpr|подписки)\b",
        r"|订阅|邮件|邮箱|購読|配信|メルマガ|수신",
    ),
    "not of mail": (r"\b(?:sent|orders?|tickets?|payment)\b",),
    "state of mail alone": (
        r"bounce type|deliverability|(?:e?mail|newsletter|mailing) frequency",
        r"|e?mail (?:deliverability|delivery|validity|validation|quality|check|verdict)",
    ),
    # Headings that only tables of subscribers have: the states in them are those of their mail.
    "of subscribers": (
        r"unsubscribed (?:at|on|date)|date unsubscribed|unsubscription date",
        r"|subscription premium tier names|退订时间",
    ),
    "state alone": (
        r"subscription|event|result|delivery|suscripcion|abonnement|assinatura",
        r"|(?:subscriber|member|contact|list|user|e?mail) type",
    ),
    # Who wants mail: somebody does something, and mail is spoken of.
    "asks": (
        r"\b(?:accept(?:s|ed)?|allow(?:s|ed)?|receiv(?:e|es|ing)|wants?|agree[sd]?|consent(?:s|ed)?|permission"
        r"|permit(?:s|ted)?|subscri(?:be|bed|bers?|ptions?)|opt(?:ed)? ?ins?|join|like to|send|sign(?:ed)? ?up"
        r"|(?:can|may)(?: we| i| be)*(?= e?mail| contact)|ok(?:ay)? to|keep me (?:updated|posted|informed)"
        r"|add (?:me|us) to|interested in|(?:stay in touch|hear from us)(?= by| via))\b",
        r"|\b(?:mochten?|erhalten|bekommen|zusenden|einwilligung|erlaubnis|zustimmung|erlaubt|abonniert|erwunscht|gewunscht|angemeldet|empfang\w*"
        r"|anmeldung|abonnent)\b",
        r"|\b(?:accepte|souhaitez?|voulez|veux|recevoir|autorise|inscrite?|abonnement|consentement)\b",
        r"|\b(?:acept[ao]|dese[ao]|quier(?:e|es|o)|recibir|receber|gostaria|aceito|quero|desejo|autoriz[ao]|suscripcion|consentimiento|aceita|deseja|quer|recebe|inscrit[oa]s?"
        r"|consentimento)\b",
        r"|\b(?:iscritt[oa]|accett[ao]|ricevere|desider[ao]|vuoi|vuole|voglio|ontvangen|wilt?|chc\w+|otrzymywac"
        r"|хо(?:чу|чет|тите)|получать|vill|istiyor|ister|consenso|toestemming|ingeschreven|aangemeld|zgoda|zapisan\w|соглас\w+|подписк\w+)\b",
        r"|接受|接收|收到|同意|愿意|希望|允许|许可|订阅|授权|수신|받으",
    ),
    "mail": (
        r"\b(?:e?mails?|newsletters?|mailings?|mailing lists?|marketing|marketingowa|promotions?|promotional)\b",
        r"|\b(?:werbung|courriels?|infolettre|correos?|boletin|publicidad|promocoes|comunicacoes|nieuwsbrief)\b",
        r"|\b(?:newslettera|nyhetsbrev|bulten|bulteni|eposta)\b|рассылк\w+|邮件|电邮|推广|营销|电子报|行销|广告|메일|마케팅|광고|뉴스레터|ニュースレター",
    ),
    "yes alone": (
        r"(?:is |are |user |has |currently )*subscribed?(?: to)?|(?:double |single )?opt(?:ed)? ?ins?(?: .*)?",
        r"|subscribers?|newsletters?(?: ja nein| oui non| si no| sim nao| yes no| abo)?|mailing lists?|confirmed",
        r"|(?:e?mail|contact)able|e?mail ok(?:ay)?|e?mail me (?:about|with) .*",
        r"|doi(?: bestatigt| confirmed)?|consent|gdpr|(?:gdpr|dsgvo|rgpd) .*(?:consent|einwilligung).*",
        r"|marketing|(?:marketing|promotional) e?mails?|subscribe me",
        r"|e?mail (?:marketing|updates|promotions|me|notifications|confirmed)|on (?:the |our )?mailing list",
        r"|newsletter (?:subscribed|confirmed)|contact(?:able)? (?:by|via) e?mail|contactable",
        r"|contact (?:allowed|permission|consent|ok)|(?:allow|permission to|consent to|ok(?:ay)? to) contact(?: .*)?",
        r"|(?:can|may)(?: we| i| be)* contact(?:ed)?(?: .*)?|keep me (?:updated|posted|informed)",
        r"|(?:werbe ?|marketing )?(?:einwilligung|erlaubnis|zustimmung)|abonniert|abonnent(?:en)?",
        r"|abonnee?s?(?: .*)?|suscrit[oa]s?(?: .*)?|boletin|assinante|iscritt[oa]|nieuwsbrief(?: .*)?",
        r"|nyhetsbrev(?: .*)?|eposta izni",
        r"|consentement|consentimiento|consentimento|consenso|toestemming|zgoda",
        r"|подписан[аы]?|подписка|рассылка|подписчик",
        r"|(?:是否)?(?:已)?订阅(?:通讯|推送|newsletter|资讯)?|电子报",
        r"|(?:メルマガ|メールマガジン).*|(?:ご?案内|お知らせ)メール|メール(?:配信|受信)(?:希望|许可|可否|同意)?",
        r"|配信(?:可否|许可|希望|同意|フラグ)|購読|수신 ?(?:동의|여부).*|뉴스레터.*|구독",
    ),
    "beside alone": (r"enabled|accept",),
    "no beside alone": (r"(?:is )?(?:blocked|banned|gesperrt|bloque|bloqueado|bloccato|geblokkeerd)",),
    # What is beside consent: the link to unsubscribe, how often mail bounced, mail that nobody asks about.
    "not of consent": (
        r"\b(?:links?|urls?|tokens?|pages?|counts?|rates?|footer|text|codes?|hash|ids?|ip|number|total|score|sources?"
        r"|method|mode|(?<!from )campaigns?|title|template|language|lang|format|receipts?|invoices?|bills?|tickets?"
        r"|reminders?|orders?|statements?|quotes?|tax|channels?|soft|frequency|type of)\b|链接|次数|渠道",
    ),
    # Names of lists.
    "list of gone": (r"bounces|unsubscribers|undelivered|failed deliver(?:y|ies)|block(?:ed|s)|无效(?:地址|邮箱)",),
    "cleaned by Mailchimp": (r"cleaned (?:e?mail audience|members|segment) .*",),
    "behind": (
        r"(?:january|february|march|april|may|june|july|august|september|october|november|december)|csv|txt|xlsx|exports?|audience|reports?|and|bounces|blocks|spam|invalid|\w",
    ),
    "list of gone, in Chinese": (r"(?:退信|投诉)(?:名单|列表|用户|邮箱|客户|会员).*",),
    "not a list of no": (
        r"\b(?:without|excl\w*|minus|less|not? (?=un|opt|bounc)|ohne|bereinigt|sans|sin|sem|без|except|after|incl\w*"
        r"|subscribers|active|aktiv|(?<!non )(?<!not )subscribed|opt ?ins?|removed(?! from)|filtered|deleted|gone"
        r"|scrubbed|(?<=s )(?:cleaned|out)|(?<=bed )out|back|status|column|flag|test|survey)\b"
        r"|未退订|[非去]退|[非去]黑|不含|除|去掉|无退订|后$|제외",
    ),
    # Sentences about leaving, and conditions.
    "no name": (
        r"^(?:to|if|how to|you can|reply|click|um|zum|pour|para) |\b(?:reply (?:stop|to|with)",
        r"|click (?:here|on|the|below)|is (?:not|false|no))\b|回复|点击|请联系|联系我们|^(?:如需|若)",
    ),
    "list of yes": (
        r"subscribed|subscribers|active|opted in|newsletters?",
        r"|abonnenten|angemeldet|abonnes|suscritos|inscritos|подписчики|(?:已)?订阅.*|正常.*",
    ),
}
_WHEN: Final = frozenset(("CLEAN_TIME", "unsubscribedChannelIds"))
"""Of Mailchimp, which is when somebody cleaned a room if it is written otherwise, and of Iterable."""
_IS_NOT: Final = re.compile(
    r"(?:!=|<>)(?!\s*(?:no|false|0)\b)|(?<!!)[=:：]\s*(?:no|false|0|nein|non|n|否)\W*$", re.IGNORECASE
)
_FROM_CAMPAIGN: Final = re.compile(r"\bfrom (?:\w+ ){0,3}campaigns?\b")
_PIECES: Final = re.compile(r"\.|\s[-–—|/]\s|[:：(（)）\[\]]")


@cache
def _pattern(meaning: str, *, around: bool = False) -> re.Pattern[str]:
    """Compiled when it is first needed: all of them take 10 ms."""
    pattern = "".join(_PATTERNS[meaning])
    if around:
        words_around = "".join(_PATTERNS["around"])
        behind = "".join(_PATTERNS["behind"])
        pattern = rf"(?:{words_around} )*(?:{pattern})(?: (?:{pattern}|{words_around}|{behind}))*"
    return re.compile(pattern)


def _has(text: str, meaning: str) -> bool:
    return _pattern(meaning).search(text) is not None


def _is(text: str, meaning: str, *, around: bool = False) -> bool:
    return _pattern(meaning, around=around).fullmatch(text) is not None


@lru_cache(maxsize=1_000)
def role_of(heading: str) -> Role | None:
    """What a heading says of the values below it; `a.b.c` and `a: b` are asked by their parts, too."""
    if heading in _WHEN:
        return Role.WHEN
    whole = _without_reassurance(words(heading))
    if not whole or is_of_another_channel(whole) or is_of_another_matter(whole):
        return None
    pieces = [piece for piece in map(_without_reassurance, map(words, _PIECES.split(heading))) if piece]
    tails = (" ".join(pieces[at:]) for at in range(len(pieces)))
    roles = map(_role, dict.fromkeys((whole, *tails, *pieces)))
    role = next((role for role in roles if role), None)
    is_asked = role in {Role.NO, Role.YES, Role.BESIDE}
    return None if is_asked and _has(whole, "not of consent") else role


def _without_reassurance(text: str) -> str:
    return _pattern("reassures").sub("", text)


def _role(text: str) -> Role | None:
    is_of_mail = _has(text, "mail") or _has(text, "of mail")
    is_refused = _has(text, "refuses") and (_has(text, "mail") or _has(text, "mail itself"))
    left = is_refused or _has(text, "left")
    if _is(text, "when alone") or ((left or _has(text, "bounced")) and _has(text, "when")):
        return Role.WHEN
    if left or _is(text, "gone", around=True):
        return Role.NO
    is_state = _has(text, "state")
    if _is(text, "state of mail alone") or (is_state and is_of_mail and not _has(text, "not of mail")):
        return Role.MAIL
    if is_state or _is(text, "state alone"):
        return Role.STATUS if not is_state or _is_of_somebody(text) else Role.ELSE
    if _is(text, "yes alone", around=True) or (_has(text, "asks") and _has(text, "mail")):
        return Role.YES
    return Role.BESIDE if _is(text, "beside alone") else Role.NO_BESIDE if _is(text, "no beside alone") else None


def _is_of_somebody(state: str) -> bool:
    """Whether a heading of states says nothing, or that they are of a person or an address."""
    words_beside = _pattern("state").sub(" ", state).split()
    return all(_is(word, "whose") or _is(word, "around") for word in words_beside)


def is_of_subscribers(heading: str) -> bool:
    """Whether only a table of people who get mail, or did, has such a column."""
    return _is(words(heading), "of subscribers")


def is_bare_state(heading: str) -> bool:
    """Whether it says that the values are states, and of nothing."""
    return _is(words(heading), "state")


def may_say_no(heading: str) -> bool:
    """Whether what stands below a heading that says nothing of consent may say it all the same."""
    text = words(heading)
    return not is_of_another_channel(text) and not _has(text, "not of consent")


def names_no(name: str) -> bool:
    """Whether what is called so, a list or a sheet, is of nobody but people who said no."""
    text = words(name)
    is_one = (
        _has(text, "left")
        or _is(text, "gone", around=True)
        or _is(text, "list of gone", around=True)
        or _is(text, "cleaned by Mailchimp")
        or _is(text, "list of gone, in Chinese")
        or says_no_plainly(name)
    )
    is_another = _has(text, "not a list of no") or _has(text, "no name") or _IS_NOT.search(name) is not None
    return is_one and may_say_no(_FROM_CAMPAIGN.sub("", text)) and not is_another


def names_no_beside(name: str, others: Iterable[str]) -> bool:
    """Whether a name says so for those beside it: `cleaned` beside `unsubscribed`, as Mailchimp calls whose mail
    bounces."""
    return name.strip().casefold() == "cleaned" and any(
        words(other) == "subscribed" or names_no(other) for other in others
    )


def names_yes(name: str) -> bool:
    """Whether it is of people who get mail."""
    return _is(words(name), "list of yes", around=True)
