"""How people call a column of addresses, in the languages that exports come in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from enum import IntEnum
from typing import Final


class Fit(IntEnum):
    """How well a heading says "the address is here"; more is better."""

    NONE = 0
    """Not at all, or something else about mail: "email status"."""
    REPEATED = 1
    """The same address once more: "confirm email". For want of a better one."""
    OTHERS = 2
    """The address of somebody else: "manager email", "friend's email"."""
    QUALIFIED = 3
    """An address, nobody knows whose: "backup contact's email"."""
    OWN = 4
    """An address of the person in this row, in one of several roles: "billing email", "employee email"."""
    PLAIN = 5
    """The address of the person in this row: "E-Mail", "email 2", "work email"."""


_EMAIL: Final = frozenset(
    # Folded as `_words` does it: no accents, no case, "e-mail" in one word.
    "email emails mail mails emailaddress emailaddresses mailaddress emailaddr emailid emailadresse"
    " emailadressen mailadresse emailadres mailadres emailadress mailadress epostadress epostadresse correo"
    " correos correoelectronico courriel courriels mel correio eposta epost epostasi sahkoposti"
    " sahkopostiosoite emailcim emailek imejl posta poczta".split()
)
_WITH_EMAIL: Final = frozenset(
    "address addresses adresse adressen adres adresi adress addr direccion direcciones endereco indirizzo"
    " adresa cim id value primary main first person personal private privat prive privee perso personnel"
    " pessoal home work business office professional professionnel company dienstlich geschaftlich beruflich"
    " arbeit arbeits buro firma firmen lavoro lavorativa travail bureau werk zakelijk praca sluzbowy prywatny job"
    " trabajo trabalho laboral particular secondary second secundario alternate alternative alternativ other"
    " another additional backup weitere zweite otro outro autre preferred contact contacto contato kontakt"
    " customer client cliente kunde kunden subscriber abonne recipient empfanger destinatario destinataire"
    " member mitglied miembro membre user usuario utilisateur required optional mandatory obligatorio obligatoria"
    " obbligatorio obligatoire requis pflichtfeld pflicht erforderlich verplicht your my de du da do di del la le el"
    " the of der die das des e".split()
)
_QUESTION: Final = frozenset(
    "what whats which please enter provide give your cual quelle quel qual welche wie bitte votre tu su sua seu ihre"
    " deine".split()
)
_IN_QUESTIONS: Final = _QUESTION | frozenset(
    "is are s us write fill in best can we reach you at lautet ist est sie ein angeben saisissez entrez indique ingrese"
    " informe e".split()
)
"""Where nothing else stands around "email": `What is your email?`"""
_ELECTRONIC: Final = frozenset(
    "electronic electronico electronica electronique eletronico eletronica elettronica elettronico"
    " elektroniczna elektroniczny elektronische elektronik".split()
)
_ADDRESS: Final = frozenset(
    "address adresse adres direccion endereco indirizzo mail posta poczta correo correio".split()
)
_OTHERWISE: Final = frozenset(
    "status state sent send sender date datum fecha data time at on opt optin optout in out opened opens open"
    " clicked clicks click count type typ tipo verified valid validated validity verification confirmed bounced"
    " bounce bounces subject betreff asunto assunto objet body text content template consent permission"
    " subscribed unsubscribed subscription preference preferences frequency format server domain provider hash"
    " md5 sha1 sha256 campaign display name nombre nome nom label language lang is has was allow allowed accept"
    " accepts accepted marketing newsletter statut estado etat score quality reason error message notification"
    " notifications street city zip code postal postale post mailing".split()
)
_AGAIN: Final = frozenset(
    "confirm confirmation confirmar confirmacion confirmacao confirmer confirme repeat repeated retype reenter"
    " verify again wiederholen wiederholung bestatigen bestatigung duplicate repetir".split()
)
_OTHERS: Final = frozenset(
    "manager managers supervisor boss owner rep reps representative salesrep salesperson seller vendor agent"
    " broker referrer referrers referer referral referred refers referring recommender friend friends inviter"
    " invited inviting sponsor parent parents guardian mother father mum mom dad spouse husband wife partner"
    " emergency buyer purchaser payer assignee assigned assistant secretary teacher coach advisor adviser"
    " recruiter approver organizer organiser host creator created author editor modified updated uploaded admin"
    " administrator leader lead colleague relative supplier head director vorgesetzter vorgesetzte vorgesetzten"
    " eltern mutter vater werber empfehler betreuer ansprechpartner berater inhaber jefe gerente padre madre"
    " tutor recomendado referido vendedor parrain responsable gestionnaire superieur conjoint parrainage"
    " responsavel pai mae indicado indicador gestor chefe supervisore genitore leidinggevende ouder ouders"
    " verkoper kierownik rodzic opiekun"
    " nominator nominators giver givers proposer proposers endorser endorsers"
    # Who teaches, treats, advises, represents, employs or lets.
    " mentor mentors mentorin counselor counsellor instructor trainer trainerin lecturer professor tutora tutrice"
    " tuteur teachers lehrer lehrerin lehrkraft klassenlehrer klassenlehrerin dozent dozentin ausbilder"
    " professeur enseignant enseignante formateur formatrice profesor profesora maestro maestra docente docent"
    " professora professore professoressa insegnante leraar lerares nauczyciel nauczycielka wychowawca ogretmen"
    " larare opettaja tanar entrenador treinador allenatore trener orientador encadrant handledare begeleider"
    " promotor doctor physician nurse therapist dentist caregiver carer caseworker arzt arztin hausarzt pfleger"
    " pflegerin medecin docteur infirmier infirmiere medico medica doctora enfermera enfermero enfermeiro"
    " enfermeira dottore infermiere arts huisarts verpleegkundige lekarz doktor lakare laakari orvos lawyer"
    " attorney solicitor notary accountant consultant anwalt anwaltin rechtsanwalt steuerberater avocat avocate"
    " abogado abogada advogado advogada avvocato advocaat prawnik adwokat avukat beraterin conseiller conseillere"
    " asesor asesora consejero conselheiro consulente adviseur doradca danisman landlord landlady lessor makler"
    " vermieter vermieterin courtier bailleur proprietaire corredor arrendador casero propietario corretor"
    " senhorio locador locatore makelaar verhuurder wynajmujacy maklare agente hr rrhh rh chief ceo executive"
    " coordinator foreman chef chefin leiter leiterin teamleiter abteilungsleiter personalabteilung personaler"
    " directeur directrice directora diretor direttore jefa capo baas szef przelozony mudur yonetici esimies"
    " fonok responsabile sender cc bcc dispatcher absender expediteur remitente remetente mittente afzender"
    " nadawca gonderen avsandare lahettaja felado reviewer reviewers interviewer examiner evaluator auditor"
    " inspector approvers gutachter genehmiger approbateur aprobador aprovador sachbearbeiter technician operator"
    " hosts gastgeber hote anfitrion anfitriao gastheer patrocinador marraine dealer reseller distributor"
    " verkaufer verkauferin vertreter vendeur vendeuse vendedora venditore beraterinnen betreuerin".split()
)
_ACTING: Final = frozenset("by from par por przez door".split())
"""Approved by, shared by: somebody else did it. In a longer heading they say nothing."""
_PARENTS: Final = frozenset(
    "parent parents guardian mother father mum mom dad eltern mutter vater padre madre pai mae genitore ouder".split()
)
_CHILDREN: Final = frozenset(
    "student students child children pupil kid kids schuler schulerin kind aluno alumno".split()
)
_OWN: Final = frozenset(
    "billing billed invoice invoicing shipping delivery paypal login account registered registration employee staff"
    " attendee attendees invitee participant guest student students child pupil applicant candidate patient donor"
    " learner resident respondent registrant passenger reader person people worker volunteer player tenant smtp list"
    " mitarbeiter teilnehmer rechnung rechnungs schuler kundin empleado alumno asistente participante facturacion"
    " facturation employe funcionario aluno faturamento cobranca".split()
)
_PERSON: Final = frozenset(
    "user users username contact contacts recipient recipients client clients customer customers subscriber"
    " member to mentee advisee coachee trainee intern renter lessee lodger borrower beneficiary invitee nominee"
    " prospect contractor kontakt kunde empfanger mieter mitglied abonnent destinataire membre abonne utilisateur"
    " locataire contacto cliente destinatario inquilino miembro usuario contato membro contatto paciente paziente"
    " ontvanger klant huurder odbiorca klient najemca alici musteri mottagare mottaker vastaanottaja cimzett".split()
)
"""Whose address it is, in a heading that says nothing of mail."""
_TO_ASK: Final = frozenset(
    "contact to questions question help support info export exported report prepared issued responsible kontakt fragen"
    " ruckfragen hilfe contacto preguntas ayuda contato perguntas ajuda contatto aide".split()
)
_SENDERS: Final = frozenset(
    (
        "from|sender|reply to|return path|von|absender|de|expediteur|remitente|remetente|da|mittente|van|afzender|od"
        "|nadawca|发件人|發件人|寄件人|寄件者|差出人|送信者|보낸 사람|보낸사람|от|отправитель|від"
    ).split("|")
)
_LOGINS: Final = frozenset(
    "login user username upn principal account contact kontakt contacto usuario identifiant".split()
)
_SENTENCE: Final = 5
"""From so many words on a heading is a question: "the email we should send the tickets to" speaks of sending, and is
the address. What stands below it decides."""

_STEM: Final = (
    # In scripts without spaces, or with endings, the stem is looked for anywhere in the heading.
    "邮箱|邮件|邮址|郵箱|郵件|電郵|电邮|信箱|e?メール|メアド|이메일|메일|전자우편|почт[аыеу]?|пошт[аиіу]?|[иеэ]-?м[еэ]ил|меил|мэил|email|"
    "بريد|ايميل|דואל|מייל|อีเมล|ईमेल|ηλεκτρονικο|ταχυδρομειο|thu đien tu"
)
_PLAIN_AROUND: Final = (
    "地址|地址信息|电子|電子|帳號|账号|帐号|号|号码|用户|企业|企業|客户|客戶|联系|聯絡|聯繫|联系人|个人|個人|私人|工作|公司|单位|單位|常用|备用|備用|收件人|主要|首选|您的|你的|请问|请|填写|输入|留下|提供|您|是|什么|必填|选填|選填|可选|"
    "アドレス|ご?連絡先|お客様|会員|の|用|주소|개인|회사|고객|адрес[аыу]?|электронн[а-я]+|электр|эл|рабоч[а-я]+|личн[а-я]+|"
    "контактн[а-я]+|клиента|ال[إا]لكتروني|ال|عنوان|כתובת|ที่อยู่|पता|[\\W\\d_]+"
)
_OTHERWISE_STEMS: Final = (
    "状态|狀態|时间|時間|日期|发送|發送|内容|內容|主题|主題|标题|標題|是否|次数|次數|类型|類型|验证|驗證|数量|數量|服务器|"
    "订阅|訂閱|退订|退訂|退信|拒收|黑名|密码|密碼|邮编|配信|送信|受信|件名|本文|日時|状況|種別|許可|マガジン|상태|날짜|시간|제목|내용|수신|발송|"
    "статус|дата|отправ|тема|текст|почтов|подписк|индекс|соглас"
)
_OTHERS_STEMS: Final = (
    "上级|上級|上司|主管|经理|經理|推荐|推薦|介绍人|介紹人|邀请|邀請|紧急|緊急|家长|家長|父母|父亲|母亲|监护|監護|配偶|朋友|同事|领导|領導|老师|"
    "老師|销售|銷售|业务员|業務員|顾问|創建人|创建人|修改人|审批|负责人|負責人|紹介|保護者|担当|추천|상사|관리자|보호자|담당|"
    "руковод|менеджер|родител|рекоменд|пригла|начальник|куратор|"
    "(?<![a-z])hr(?![a-z])|班主任|导师|導師|教练|教練|教师|教師|讲师|講師|教授|辅导员|輔導員|督导|督導|主任|校长|校長|医生|醫生|护士|護士|律师|律師|"
    "经纪|經紀|中介|房东|房東|人事|赞助|贊助|主持|评审|評審|审核|審核|审稿|審稿|批准|发件|發件|寄件|发起|發起|分享人|指派|对接人|接口人|客服|操作员|组长|組長|"
    "店长|抄送|担任|先生|指導|医師|看護|弁護士|仲介|大家|貸主|差出|送信者|承認|主催|コーチ|メンター|顧問|審査|査読|"
    "선생|교사|담임|멘토|코치|의사|간호|변호사|중개|임대인|보낸|발신|승인|주최|상담|인사|강사|교수|"
    "учител|преподав|врач|доктор|юрист|адвокат|агент|брокер|отправител|арендодат|наставн|тренер|консультант|спонсор|"
    "директор|ментор|вчител|лікар|керівник|مدير|معلم|طبيب|محام|مرسل|مشرف|مدرب|מנהל|מורה|רופא|שולח|הורה|ผู้จัดการ|ครู|แพทย์|ผู้ส่ง"
)
_PERSON_STEMS: Final = (
    "收件|客户|客戶|用户|用戶|联系人|聯絡人|会员|會員|患者|租客|租户|受信者|宛先|受取|お客様|顧客|借主|고객|수신|받는|환자|임차인|"
    "получател|клиент|пациент|арендатор"
)
_TO_ASK_STEMS: Final = "联系|聯絡|导出|匯出|制表|咨询|諮詢|问题|問い合わせ|連絡先|출력|문의|контакт|вопрос"
_OWN_STEMS: Final = (
    "本人|员工|員工|学生|學生|学员|學員|参会|參會|报名|報名|申请人|申請人|列表|账单|帳單|社員|参加者|申込|직원|학생|"
    "참가|сотрудник|участник|ученик"
)
_AGAIN_STEMS: Final = "确认|確認|重复|重複|再入力|再次|확인|подтвер|повтор|تأكيد"
"""Not compiled before they are needed, which takes 3 ms: most headings are ASCII, and most others hold no stem."""

_E_MAIL: Final = re.compile(r"\be[\W_]*((?:mail|post)(?:s\b)?)", re.IGNORECASE)
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORD: Final = re.compile(r"[^\W\d_]+")
_HEADING_CHARS: Final = 120
"""A longer cell is a sentence, not a heading."""


def fit(heading: str) -> Fit:
    """How well a heading names the address column."""
    if not heading or len(heading) > _HEADING_CHARS or "@" in heading:
        return Fit.NONE
    folded = _folded(heading)
    if folded.isascii():
        return _fit_of_words(set(_WORD.findall(folded)))
    return max(_fit_of_words(set(_WORD.findall(folded))), _fit_of_stems(folded))


def _folded(heading: str) -> str:
    """Full-width and accented letters as plain ones, camel case apart, "E-Mail" in one word."""
    text = unicodedata.normalize("NFKC", heading)
    text = _CAMEL.sub(" ", _E_MAIL.sub(lambda found: "e" + found[1].lower(), text))
    if text.isascii():
        return text.lower()
    # Only the accents of Latin, Greek and Cyrillic go: in Japanese and Korean what is composed is another letter.
    plain = "".join(char for char in unicodedata.normalize("NFD", text) if not "\u0300" <= char <= "\u036f")
    return unicodedata.normalize("NFC", plain).casefold()


def _words(heading: str) -> set[str]:
    """The words of a heading; none of what is too long for one."""
    return set(_WORD.findall(_folded(heading))) if len(heading) <= _HEADING_CHARS else set()


def _has_stem(heading: str, stems: str) -> bool:
    return not heading.isascii() and re.search(stems, _folded(heading)) is not None


def words_of(heading: str) -> str:
    """The words of a heading, folded, one space between them; nothing of what is too long for one."""
    return " ".join(_WORD.findall(_folded(heading))) if len(heading) <= _HEADING_CHARS else ""


def speaks_of_another(heading: str) -> bool:
    """Whether a heading, be it of an address or not, names somebody else than the person in the row."""
    words = _words(heading)
    return not words.isdisjoint(_OTHERS) or (
        bool(words)
        and ((len(words) < _SENTENCE and not words.isdisjoint(_ACTING)) or _has_stem(heading, _OTHERS_STEMS))
    )


def is_of_the_person(heading: str) -> bool:
    """Whether a heading that says nothing of mail names the row's person: the recipient, the patient, the tenant."""
    is_own = not _words(heading).isdisjoint(_OWN | _PERSON) or _has_stem(heading, f"{_OWN_STEMS}|{_PERSON_STEMS}")
    return is_own and not speaks_of_another(heading)


def says_whom_to_ask(words: str) -> bool:
    """Whether these are the words before an address in a line above the headings."""
    return bool(words) and (
        words.endswith((":", "："))
        or speaks_of_another(words)
        or not _words(words).isdisjoint(_TO_ASK)
        or _has_stem(words, _TO_ASK_STEMS)
    )


def is_of_a_sender(label: str) -> bool:
    """Whether a line of a mail's head that begins so says who sent it, and not who got it."""
    return words_of(label) in _SENDERS


def is_of_a_login(heading: str) -> bool:
    """Whether a heading that says nothing of mail names what somebody logs in with, which may be an address."""
    return not _LOGINS.isdisjoint(_words(heading))


def are_parent_and_child(headings: Iterable[str]) -> bool:
    """Whether one speaks of parents and another of their child: who of the two gets the mail, nobody can tell."""
    words = {word for heading in headings for word in _WORD.findall(_folded(heading))}
    return not words.isdisjoint(_PARENTS) and not words.isdisjoint(_CHILDREN)


def _fit_of_words(words: set[str]) -> Fit:
    if not (words & _EMAIL or (words & _ELECTRONIC and words & _ADDRESS)):
        return Fit.NONE
    is_question = not words.isdisjoint(_QUESTION) and words <= _EMAIL | _WITH_EMAIL | _ELECTRONIC | _IN_QUESTIONS
    if words & _OTHERWISE and len(words) < _SENTENCE and not is_question:
        return Fit.NONE
    if words & _AGAIN:
        return Fit.REPEATED
    if words & _OTHERS or ("from" in words and len(words) < _SENTENCE):
        return Fit.OTHERS
    if is_question or words <= _EMAIL | _WITH_EMAIL | _ELECTRONIC:
        return Fit.PLAIN
    return Fit.OWN if words & _OWN else Fit.QUALIFIED


def _fit_of_stems(folded: str) -> Fit:
    if not re.search(_STEM, folded) or re.search(_OTHERWISE_STEMS, folded):
        return Fit.NONE
    if re.search(_AGAIN_STEMS, folded):
        return Fit.REPEATED
    if re.search(_OTHERS_STEMS, folded):
        return Fit.OTHERS
    if not re.sub(_PLAIN_AROUND, "", re.sub(_STEM, " ", folded)):
        return Fit.PLAIN
    return Fit.OWN if re.search(_OWN_STEMS, folded) else Fit.QUALIFIED
