"""People of a file who want no mail: they are told by a column and its values, in the forms of real exports."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import yaml

from handler import limits
from handler.planning.decision import Decision, Policy, decide
from handler.planning.lists import RowFiles, read_planned
from handler.planning.noes import Label
from handler.reading import read
from handler.reading.tables import Hints
from handler.reporting.words import in_english


@contextmanager
def decided(
    content: str | bytes, only: str | None = None, *, name: str = "", room: int = 100, **policy: Any
) -> Iterator[tuple[Decision, RowFiles]]:
    body = content.encode() if isinstance(content, str) else content
    with closing(RowFiles(in_english)) as rows:
        yield decide(read([body], Hints()), set(), room, Policy(**policy), rows, Label(only, name)), rows


def sent(content: str | bytes, only: str | None = None, **policy: Any) -> list[str]:
    """Who of a file is sent, without the domain."""
    with decided(content, only, **policy) as (decision, _):
        return [address.partition("@")[0] for address in decision.addresses]


def skipped(rows: RowFiles) -> list[str]:
    return b"".join(rows.files["skipped"].chunks()).decode("utf-8-sig").splitlines()[1:]


def zipped(files: Mapping[str, str]) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return body.getvalue()


@pytest.mark.parametrize(
    ("heading", "yes", "no"),
    [
        ("Status", "active", "unsubscribed"),  # Keila
        ("Status", "Active", "Unreachable"),
        ("status", "enabled", "blocklisted"),  # listmonk
        ("subscription_status", "confirmed", "unconfirmed"),
        ("subscribed_to_emails", "true", "false"),  # Ghost
        ("email_disabled", "false", "true"),  # Substack
        ("Accepts Email Marketing", "yes", "no"),  # Shopify
        ("Accepts Marketing", "yes", "no"),
        ("Email Opt Out", "0", "1"),  # Salesforce
        ("HasOptedOutOfEmail", "false", "true"),
        ("Unsubscribed from all email", "", "true"),  # HubSpot
        ("Opted out of all email", "No", "Yes"),
        ("Email hard bounce reason", "", "UNKNOWN_USER"),
        ("Marketing Suspended", "false", "true"),  # Marketo
        ("Bounceback?", "No", "Yes"),  # Eloqua
        ("emailstop", "0", "1"),  # Moodle
        ("unsubscribedChannelIds", "[]", "[5]"),  # Iterable
        ("Email Marketing Consent", "SUBSCRIBED", "UNSUBSCRIBED"),  # Klaviyo
        ("Email Marketing Consent", "SUBSCRIBED", "NEVER_SUBSCRIBED"),
        ("UNSUB_TIME", "", "2021-01-01 10:00:00"),  # Mailchimp
        ("CLEAN_TIME", "", "2021-01-01 10:00:00"),
        ("EMAIL_BLACKLISTED", "No", "Yes"),  # Brevo
        ("unsubscribed_at", "", "2024-05-01T00:00:00Z"),
        ("Unsubscribed", "", "2024-05-01"),
        ("Do Not Email", "no", "yes"),
        ("doNotContact", "0", "1"),  # Mautic
        ("Email status", "ok", "bouncing"),  # Google Groups
        ("Email preference", "Each email", "No email"),
        ("UnsubscribeAll", "false", "true"),  # SES, contact lists
        ("Email permission status", "Explicit", "Unsubscribed"),  # Constant Contact
        ("newsletter_opt_in", "1", "0"),
        ("is_subscribed", "t", "f"),
        ("Opt-in", "ja", "nein"),
        ("退订", "否", "是"),
        ("是否订阅", "是", "否"),
        ("状态", "正常", "已退订"),
        ("订阅状态", "已订阅", "未订阅"),
        ("退订时间", "", "2024-05-01 10:00"),
        ("黑名单", "0", "1"),
        ("Estado", "activo", "dado de baja"),
        ("Статус", "подписан", "отписан"),
        ("配信停止", "いいえ", "はい"),
        ("properties.hs_email_optout", "", "true"),  # HubSpot
        ("attributes.subscriptions.email.marketing.consent", "SUBSCRIBED", "UNSUBSCRIBED"),  # Klaviyo
        ("Opted out of email: Marketing Information", "false", "true"),
        ("Email Suppressions", "", "USER_SUPPRESSED"),
        ("Person - Marketing status", "Subscribed", "No consent"),  # Pipedrive
        ("Email status - other", "Active", "Unsubscribed"),  # Constant Contact
        ("dnc", "", "Bounced"),
        ("ZB Status", "valid", "do_not_mail"),  # ZeroBounce
        ("is_excluded_from_campaigns", "false", "true"),  # Mailjet
        ("Do not allow Emails", "Allow", "Do Not Allow"),  # Dynamics
        ("Can contact?", "1", "0"),  # Gumroad
        ("Bounced", "0", "3"),  # CleverReach
        ("Unsubscribed", "", "43831"),  # a date of Excel
        ("unsubscribed", "Not unsubscribed", "Unsubscribed"),
        ("Subscribed?", "✅", "❌"),
        ("status", "active", "Unsubscribed on 2021-01-01"),
        ("status", "active", "Unsubscribed (by admin)"),
        ("status", "subscribed", "un-subscribed"),
        ("newsletter", "1", "0"),
        ("Would you like to receive our newsletter?", "Yes", "No thanks"),
        ("Bounce Type", "", "Hard"),
        ("Newsletter abgemeldet", "nein", "ja"),
        ("Abgemeldet am", "", "01.02.2020"),
        ("Werbung erlaubt", "ja", "nein"),
        ("Date de désinscription", "", "2020-01-01"),
        ("Abonné à la newsletter", "Oui", "Non"),
        ("Dado de baja", "no", "sí"),
        ("Data de descadastro", "", "2020-01-01"),
        ("Uitgeschreven", "nee", "ja"),
        ("Подписан", "Да", "Нет"),
        ("配信可否", "可", "不可"),
        ("メルマガ", "希望する", "希望しない"),
        ("是否愿意接收邮件", "是", "否"),
        ("訂閱電子報", "Y", "N"),
        ("수신 동의 여부", "동의", "거부"),
        ("DSGVO-Einwilligung", "ja", "nein"),
        ("Mailsperre", "0", "1"),
        ("donotbulkemail", "0", "1"),  # Dynamics
        ("邮件订阅", "开启", "关闭"),
        ("退订原因", "", "不感兴趣"),
        ("Unsubscribe reason", "", "No longer interested"),
        ("免打扰", "否", "是"),
        ("E-posta izni", "Evet", "Hayır"),
        ("Nyhetsbrev", "Ja", "Nej"),
        ("Terms and newsletter accepted by email", "yes", "no"),
        ("Opt-in for beta newsletter", "yes", "no"),
        ("Unsubscribed from beta list", "no", "yes"),
        # A yes to a wish with a no in it.
        ("I do not wish to receive emails", "No", "Yes"),
        ("I'd rather not receive emails", "No", "Yes"),
        ("Not interested in newsletter", "No", "Yes"),
        ("Exclude from mailing", "0", "1"),
        ("Stop emails", "", "x"),
        ("Declined marketing", "N", "Y"),
        ("Consent withdrawn", "No", "Yes"),
        ("Marketing consent withdrawn date", "", "2024-01-01"),
        ("I do not want to receive emails", "", "I do not want to receive emails"),
        ("Ich möchte keinen Newsletter erhalten", "nein", "ja"),
        ("Je ne souhaite pas recevoir la newsletter", "non", "oui"),
        ("No quiero recibir publicidad", "no", "sí"),
        ("Não quero receber e-mails", "não", "sim"),
        ("Ik wil geen nieuwsbrief ontvangen", "nee", "ja"),
        ("不想接收推广邮件", "否", "是"),
        ("メール配信を希望しない", "いいえ", "はい"),
        ("이메일 수신을 원하지 않음", "아니오", "예"),
        # Questions, in the words of forms.
        ("Can we stay in touch by email?", "Yes", "No"),
        ("Add me to your mailing list", "Yes", "No"),
        ("Möchten Sie unseren Newsletter erhalten?", "Ja", "Nein"),
        ("Souhaitez-vous recevoir notre newsletter ?", "Oui", "Non"),
        ("¿Quieres recibir novedades por correo?", "Sí", "No"),
        ("Vuoi ricevere la newsletter?", "Sì", "No"),
        ("ニュースレターの配信を希望しますか", "はい", "いいえ"),
        ("Email frequency", "weekly", "never"),
        ("Double-Opt-In", "bestätigt", "ausstehend"),
        # Whose mail, or whose anything, a state is of.
        ("Lead Status", "new", "do not contact"),
        ("Enrollment status", "active", "unsubscribed"),
        ("Contact Status", "ok", "bounced"),
        ("Estado del suscriptor", "Activo", "Rebotado"),
        ("用户状态", "正常", "退信"),
        ("attributes.status", "active", "bounced"),
        ("Status", "imported", "bounced"),
        ("Estado de suscripción", "Suscrito", "Bloqueado"),
        ("Statut de l'abonné", "Abonné", "Non confirmé"),
        ("Status subskrypcji e-mail", "aktywny", "niepotwierdzony"),
        ("Situação do e-mail", "Inscrito", "Cancelou inscrição"),
        ("Статус подписки", "Подписан", "Не подтверждён"),
        ("Статус подписки", "Подписан", "Заблокирован"),
        ("email_marketing_consent.state", "subscribed", "redacted"),  # Shopify
        # What one may do later is no question.
        ("I agree to receive emails. I can withdraw this any time.", "Yes", "No"),
        ("Join our newsletter. We will never share your email.", "Yes", "No"),
        ("Ich möchte den Newsletter (Abmeldung jederzeit möglich)", "Ja", "Nein"),
        ("我同意接收邮件，可随时退订", "是", "否"),
    ],
)
def test_who_said_no_is_not_sent(heading: str, yes: str, no: str) -> None:
    """Whatever stands first, in CSV and in JSON, with capitals and without."""
    rows = [("ada", yes), ("ben", no), ("cyd", yes), ("dee", no.upper())]
    for order in (rows, rows[::-1]):
        wanted = [name for name, value in order if value == yes]
        content = f"Email,{heading}\n" + "".join(f"{name}@example.com,{value}\n" for name, value in order)
        with decided(content) as (decision, files):
            assert [address.partition("@")[0] for address in decision.addresses] == wanted
            assert (decision.counts.no_consent, sum(asdict(decision.counts).values())) == (2, 4)
            assert decision.facts is not None
            assert (decision.facts.consent_column, sum(decision.facts.consent_values.values())) == (heading, 2)
            assert all(",no_consent," in row and f"“{heading}”" in row for row in skipped(files))


@pytest.mark.parametrize(
    ("heading", "values"),
    [
        ("Status", "paid shipped cancelled refunded"),
        ("Status", "open closed bounced pending"),  # of cheques
        ("Status", "active canceled past_due trialing"),  # Stripe
        ("active_subscription", "true false true false"),  # Substack: who pays
        ("Marketing contact status", "Marketing Non-marketing Marketing Non-marketing"),  # HubSpot: who is paid for
        ("Accepts SMS Marketing", "yes no yes no"),
        ("Tax Exempt", "yes no no no"),
        ("Member status", "active inactive active inactive"),
        ("State", "CA NY TX WA"),
        ("bounce count", "0 1 0 3"),
        ("Unsubscribe", "https://x.example/1 https://x.example/2 https://x.example/3 https://x.example/4"),
        ("confirmed_at", "2024-01-01 2024-01-02 2024-01-03 2024-01-04"),
        ("是否会员", "是 否 是 否"),
        ("状态", "已付款 已发货 已取消 已完成"),
        ("Cleaned", "yes no yes no"),  # of rooms
        ("Clean time", "10:00 11:00 10:30 12:00"),
        ("Room status", "Cleaned Dirty Cleaned Dirty"),
        ("Email sent", "yes no yes no"),
        ("Email opened", "yes no yes no"),
        ("是否已发送邮件", "是 否 是 否"),
        ("Photo consent", "yes no yes no"),
        ("SMS status", "subscribed unsubscribed subscribed unsubscribed"),
        ("unsubscribed_at", r"\N NULL \N 0000-00-00"),
        ("Status", "active blocked removed invalid"),
        ("Blocked", "true false true false"),
        ("Aktiviert", "1.1.2024 nein 1.1.2024 nein"),
        ("Pension scheme opt out", "yes no yes no"),
        ("Insurance", "in opted_out in opted_out"),
        ("Lunch", "opt_out veg opt_out meat"),
        ("Phone", "do_not_contact 123 124 125"),
        ("Status", "enrolled dropped enrolled dropped"),
        ("Status", "online unreachable online offline"),
        ("Enrollment Status", "Active Dropped Active Dropped"),
        ("Pledge Status", "collected dropped collected errored"),  # Kickstarter
        ("Booking status", "confirmed unconfirmed confirmed cancelled"),
        ("Payment status", "received bounced received bounced"),
        ("Shipment status", "delivered bounced delivered returned"),
        ("Ticket Status", "open spam open spam"),
        ("审核状态", "通过 退回 通过 退回"),
        ("工单状态", "咨询 投诉 咨询 投诉"),
        ("物流状态", "派送中 拒收 派送中 拒收"),
        ("unsubscribed_at", "1970-01-01 0001-01-01T00:00:00Z 1970-01-01T00:00:00+00:00 9999-12-31"),
        ("Unsubscribed", "1900-01-00 00/01/1900 00.00.0000 1899-12-30"),
        ("Wants receipt by email", "yes no yes no"),
        ("Do not ship before", "2024-01-01 no 2024-01-02 no"),
        ("Would you rather not join the dinner?", "yes no yes no"),
        ("Excluded from raffle", "yes no yes no"),
        ("Reject reason", "late no early no"),
        ("不要辣", "是 否 是 否"),
    ],
)
def test_what_says_nothing_about_mail_is_left_alone(heading: str, values: str) -> None:
    rows = zip("ada ben cyd dee".split(), values.split(), strict=True)
    content = f"Email,{heading}\n" + "".join(f"{name}@example.com,{value}\n" for name, value in rows)
    assert sent(content) == ["ada", "ben", "cyd", "dee"]


def test_a_column_that_might_matter_is_told_of() -> None:
    """Who certainly said no is left out; the warning names the column for the values nobody knows."""
    with decided("Email,Status\na@example.com,unsubscribed\nb@example.com,gold\n") as (decision, _):
        assert tuple(decision.addresses) == ("b@example.com",)
        assert [(said.code, said.fields["columns"]) for said in decision.warnings] == [
            ("warning.consent_unclear", ("Status",))
        ]


@pytest.mark.parametrize(
    ("values", "kept", "is_told"),
    [
        ("Subscribed|Unsubscribed|Bounced|Marked as spam|Unconfirmed|Soft bounced", "05", True),  # Sendy
        ("active|unsubscribed|imported|bounced", "02", True),
        ("active|cancelled|bounced", "0", False),  # ConvertKit
        ("Active|Deleted|Unconfirmed", "0", False),  # Campaign Monitor
        ("Normal|Bouncing|Banned", "0", False),  # groups.io
        ("subscribed|archived|cleaned", "0", False),  # Mailchimp's API
        ("active|unsubscribed, bounced|active", "02", False),
        ("配信中|配信停止|エラー停止", "0", False),
        ("|Unsubscribed|?", "02", True),
        ("enrolled|dropped|active", "012", True),
        ("online|unreachable", "01", True),
    ],
)
def test_values_nobody_knows_release_nobody_else(values: str, kept: str, is_told: bool) -> None:
    """Whatever the order; they are sent, and told of."""
    rows = [f'{at}@example.com,"{value}"\n' for at, value in enumerate(values.split("|"))]
    for order in (rows, rows[::-1]):
        with decided("Email,Status\n" + "".join(order)) as (decision, _):
            assert sorted(decision.addresses) == [f"{at}@example.com" for at in kept]
            assert [said.code for said in decision.warnings] == ["warning.consent_unclear"] * is_told


@pytest.mark.parametrize("value", ["pending", "deleted", "bounced"])
def test_what_a_column_is_about_may_show_late(value: str) -> None:
    """Who is in doubt until then is not sent, wherever the row that settles it stands."""
    between = "".join(f"u{number}@example.com,active\n" for number in range(3_000))
    rows = [f"ada@example.com,{value}\n", between, "zed@example.com,unsubscribed\n"]
    for order in (rows, rows[::-1]):
        with decided("Email,Status\n" + "".join(order), room=5_000) as (decision, _):
            assert (len(decision.addresses), decision.counts.no_consent) == (3_000, 2)


NAMED = [
    "Bounced",
    "Unsubscribed emails",
    "Do not contact",
    "Opt-outs",
    "Blacklist",
    "Abgemeldet",
    "Bitte nicht mehr anschreiben",
    "Ne plus contacter",
    "不要联系",
    "退订名单",
    "退訂邮箱",
    "退订联系人",
]


@pytest.mark.parametrize("name", NAMED)
def test_a_list_may_say_it_by_its_name(name: str) -> None:
    """By its heading, its title, the name of a member, a line between two blocks, the heading of a second column."""
    assert sent(f"{name}\nada@example.com\nben@example.com\n") == []
    assert sent(f"{name}\n\nEmail,Name\nada@example.com,Ada\nben@example.com,Ben\n") == []
    members = {
        "subscribers.csv": "Email\nada@example.com\nben@example.com\n",
        f"{name}.csv": "Email\nben@example.com\n",
    }
    assert sent(zipped(members)) == sent(zipped(dict([*members.items()][::-1]))) == ["ada"]
    assert sent(zipped({f"{name}.csv": "Email\nada@example.com\n"})) == []
    assert sent(zipped({f"{name}/a.csv": "Email\nben@example.com\n", "b.csv": "Email\nada@example.com\n"})) == ["ada"]
    assert sent(f"Subscribers\nada@example.com\nben@example.com\n\n{name}\ncyd@example.com\n") == ["ada", "ben"]
    assert sent(f"Email,Name\nada@example.com,Ada\n{name},\ncyd@example.com,Cyd\nSubscribed,\nben@example.com,\n") == [
        "ada",
        "ben",
    ]
    assert sent(f"Subscribers,{name}\nada@example.com,ben@example.com\nben@example.com,cyd@example.com\n") == ["ada"]


@pytest.mark.parametrize(
    "name", ["Subscribers", "cleaned contacts", "contacts without unsubscribed", "未退订", "Team A"]
)
def test_other_names_say_nothing(name: str) -> None:
    members = {"a.csv": "Email\nada@example.com\n", f"{name}.csv": "Email\nben@example.com\n"}
    assert sent(zipped(members)) == ["ada", "ben"]
    assert sent(f"Email,Name\nada@example.com,Ada\n{name},\nben@example.com,Ben\n") == ["ada", "ben"]


LIST = "Email,Name\nada@example.com,Ada\nben@example.com,Ben\n"


@pytest.mark.parametrize(
    "name",
    [
        "suppression_list.csv",
        "SES suppressed destinations.json",
        "hardbounces.csv.gz",
        "unsubscribed_members_export_abc.csv",
        "cleaned_segment_export_ab12.csv",
        "customers who opted out.csv",
        "Unsubscribes from Spring campaign.csv",
        "Hard bounces (May).csv",
        "Copy of do-not-email (2).csv",
        "blocklist-2024-01-02.txt",
        "Lista de bajas.xlsx",
        "退订名单.xlsx",
        "отписавшиеся.csv",
    ],
)
def test_a_file_may_say_it_by_its_own_name(name: str) -> None:
    """The refusal says how to overrule it."""
    with decided(LIST, name=name) as (decision, _):
        assert decision.refusal
        assert (decision.refusal.code, decision.counts.no_consent) == ("no_consent", 2)
        assert f"“{name}”" in in_english(decision.refusal.said)
    assert sent(LIST, "*", name=name) == sent(LIST, name=name, on_no_consent="send") == ["ada", "ben"]
    assert sent(zipped({"subscribers.csv": LIST, "gone.csv": "Email\ncyd@example.com\n"}), name=name) == ["ada", "ben"]


@pytest.mark.parametrize(
    "name",
    [
        *(
            "unsubscribed-removed.csv",
            "without_bounces.csv",
            "not unsubscribed.csv",
            "subscribers minus unsubscribes.csv",
            "How to unsubscribe.csv",
        ),
        *("list - no unsubs.csv", "bounces_cleaned.csv", "contacts_unsubscribed_out.csv", "dnc scrubbed.csv"),
        *("opt-in-opt-out.csv", "contacts_with_optout_flag.csv", "SMS opt outs.csv", "do-not-call.csv"),
        *(
            "cleaned_contacts.csv",
            "clean_list.csv",
            "bouncy-castle-customers.csv",
            "complaints.csv",
            "resubscribed.csv",
        ),
        *(
            "剔除退订.csv",
            "退订后.csv",
            "非黑名单客户.xlsx",
            "без отписок.csv",
            "Baja California.csv",
            "수신거부 제외.csv",
        ),
    ],
)
def test_a_file_whose_name_only_holds_such_a_word_is_sent(name: str) -> None:
    assert sent(LIST, name=name) == ["ada", "ben"]


@pytest.mark.parametrize(
    "title",
    [
        *(
            "To unsubscribe reply STOP",
            "Filter: Unsubscribed = No",
            "Unsubscribed != true",
            "If you want to opt out: ...",
        ),
        *("Unsubscribed is not Yes", "回复TD退订", "如需退订请联系我们"),
    ],
)
def test_a_sentence_above_the_headings_names_no_list(title: str) -> None:
    assert sent(f"{title},\n{LIST}") == ["ada", "ben"]


def test_a_row_without_an_address_begins_no_part() -> None:
    """What stands alone in it is a value like others."""
    assert sent("Status,Email\nunsubscribed,\nactive,ada@example.com\n") == ["ada"]
    assert sent("List,Email\nunsubscribed,\nnews,ada@example.com\nunsubscribed,ben@example.com\n") == ["ada"]


@pytest.mark.parametrize(
    "content",
    [
        "ben@example.com (unsubscribed)\nada@example.com\ncyd@example.com (bounced)\n",
        "ben@example.com（已退订）\nada@example.com\n",
        "Ben <ben@example.com> (opted out)\nada@example.com\n",
        "unsubscribed: ben@example.com\nada@example.com\n",
        "Ada Doe\nada@example.com\nUnsubscribed\nBen Roe\nben@example.com\nCyd\ncyd@example.com\n",
        "please remove: ben@example.com\nada@example.com\n",
        "Unsubscribed: ben@example.com, cyd@example.com\nSubscribed: ada@example.com\n",
        "Unsubscribed: ben@example.com; cyd@example.com; Subscribed: ada@example.com\n",
        "Ada <ada@example.com>; Ben (unsubscribed) <ben@example.com>",
        "Ada <ada@example.com>; Ben <ben@example.com> (bounced); Cyd (complained) <cyd@example.com>",
        "ada@example.com\nbounced: ben@example.com\n",
        "Name,Email\nAda,ada@example.com\nCyd - DO NOT EMAIL,cyd@example.com\n",
        "Name,Email\nAda,ada@example.com\nCyd (don't email),cyd@example.com\n",
        "Email,Notes\nada@example.com,asked about unsubscribe link\nben@example.com,asked to be removed from list\n",
        "Email,Notes\nada@example.com,wants no more tea\nben@example.com,wants no more emails\n",
        "Email,Notes\nada@example.com,take the train\nben@example.com,please take me off your list\n",
        "Email,Preferred contact method\nada@example.com,Email\nben@example.com,Do not contact\n",
        "Email,Preferred channel\nada@example.com,Email\nben@example.com,请勿联系\n",
        "Ada <ada@example.com> subscribed\nBen <ben@example.com> unsubscribed\n",
        "Email\nben@example.com (unsubscribed)\nada@example.com\nben@example.com\n",
        "ben@example.com,unsubscribed\nada@example.com,subscribed\ncyd@example.com,bounced\n",
        "email,\nada@example.com,subscribed\nben@example.com,unsubscribed\n",
        "email,Remarks\nada@example.com,regular\nben@example.com,Unsubscribed 3 May\n",
        "邮箱,备注\nada@example.com,老客户\nben@example.com,该客户已退订\n",
        'email,tags\nada@example.com,"vip,press"\nben@example.com,"vip,unsubscribed"\n',
        "E-Mail;Registriert;Aktiviert;Deaktiviert\nada@example.com;1.1.2024;1.1.2024;\nben@example.com;1.1.2024;;\n"
        "cyd@example.com;1.1.2024;1.1.2024;2.2.2024\n",  # CleverReach
        "Email,Unsubscribed,Blocked\nada@example.com,false,false\nben@example.com,false,true\n",
        "email,list\nada@example.com,Newsletter\nben@example.com,Unsubscribed\n",
        "email,Labels\nada@example.com,* myContacts\nben@example.com,* myContacts ::: Unsubscribed\n",  # Google
        '[{"email": "ada@example.com", "email_suppression": {"suppressed": false}},'
        ' {"email": "ben@example.com", "email_suppression": {"suppressed": true}}]',
        '[{"email": "ada@example.com", "consents": [{"type": "newsletter", "granted": true},'
        ' {"type": "sms", "granted": false}]},'
        ' {"email": "ben@example.com", "consents": [{"granted": false, "type": "newsletter"}]}]',
    ],
)
def test_a_no_is_unmistakable_whatever_the_heading(content: str) -> None:
    assert sent(content, max_invalid_percent=100) == ["ada"]


def test_a_label_goes_for_the_whole_line() -> None:
    """However long that is."""
    addresses = ", ".join(f"u{number}@example.com" for number in range(10_000))
    content = f"ada@example.com\nUnsubscribed: {addresses}; Subscribed: ben@example.com\n"
    assert len(content) > 2 * limits.PIECE_BYTES
    assert sent(content) == ["ada", "ben"]


@pytest.mark.parametrize(
    "remark",
    [
        "CATEGORIES:myContacts,Unsubscribed",
        "EMAIL:b2@example.com\nNOTE:met in May\\nUnsubscribed on 2024-01-01",
        "NOTE:Do not email",
        "CATEGORIES;CHARSET=GBK;ENCODING=QUOTED-PRINTABLE:=CD=CB=B6=A9",
    ],
)
def test_a_card_says_it_by_its_categories(remark: str) -> None:
    """Be it the first or the last of thousands."""
    card = "BEGIN:VCARD\nFN:Ben\nEMAIL:ben@example.com\n{}\nEND:VCARD\n"
    others = [f"BEGIN:VCARD\nEMAIL:u{number}@example.com\nCATEGORIES:a,b\nEND:VCARD\n" for number in range(2_000)]
    for order in ([card.format(remark), *others], [*others, card.format(remark)]):
        with decided("".join(order), room=5_000) as (decision, _):
            assert (len(decision.addresses), decision.counts.no_consent) == (2_000, 1)
    assert sent(card.format("NOTE:Asked how to unsubscribe")) == ["ben"]


@pytest.mark.parametrize(
    "content",
    [
        "Reason,Email,Created\nAsked for the brochure,ada@example.com,2020-01-01\n",
        "status,reason,email,created\nactive,signed up,ada@example.com,2020\n",
        "recipient,type,source,description\nada@example.com,customer,fair,VIP\n",
    ],
)
def test_the_headings_of_a_list_of_noes_alone_say_nothing(content: str) -> None:
    assert sent(content) == ["ada"]


def test_a_no_that_comes_late_counts() -> None:
    """A sheet may be sorted by it: the first thousand rows do not say all."""
    rows = [f"u{number}@example.com,{'active' if number < 2_500 else 'unsubscribed'}\n" for number in range(3_000)]
    with decided("Email,Status\n" + "".join(rows), room=5_000) as (decision, _):
        assert (len(decision.addresses), decision.counts.no_consent) == (2_500, 500)


@pytest.mark.parametrize("no", ["unsubscribed", "met in May; please unsubscribe me", "已退订"])
def test_one_no_among_thousands_of_notes_counts(no: str) -> None:
    """Below a heading that says nothing, where no two cells are alike."""
    notes = [f"met at fair {number}, wants the brochure" for number in range(5_000)]
    notes[4_321] = no
    rows = [f'u{number}@example.com,"{note}"\n' for number, note in enumerate(notes)]
    with decided("Email,Notes\n" + "".join(rows), room=5_000) as (decision, files):
        assert (len(decision.addresses), decision.counts.no_consent) == (4_999, 1)
        assert [row.split(",")[0] for row in skipped(files)] == ["u4321@example.com"]
        assert decision.facts is not None
        assert decision.facts.consent_column == "Notes"


def test_a_value_of_another_column_has_its_heading_behind_it() -> None:
    content = "Email,Status,Note\nada@example.com,unsubscribed,\nben@example.com,active,opted out\n"
    with decided(content) as (decision, _):
        assert decision.facts is not None
        assert decision.facts.consent_values == {"unsubscribed": 1, "opted out (Note)": 1}


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 1, 0)])
def test_a_no_anywhere_is_a_no(order: tuple[int, ...]) -> None:
    """In another row, whatever the case, before or after; in another member of a zip. All rows are accounted for."""
    rows = ["ada@example.com,active\n", "ADA@example.com,unsubscribed\n", "ben@example.com,active\n"]
    with decided("Email,Status\n" + "".join(rows[at] for at in order)) as (decision, files):
        assert tuple(decision.addresses) == ("ben@example.com",)
        assert sum(asdict(decision.counts).values()) == 3
        assert len(skipped(files)) == 2
        assert [row.address for row in read_planned(files.planned_body(), with_data=False)] == ["ben@example.com"]
        assert files.planned_count == decision.counts.not_attempted == 1
    members = {f"{at}.csv": "Email,Status\n" + rows[at] for at in order}
    assert sent(zipped(members)) == ["ben"]


def test_a_no_behind_one_there_is_no_room_for() -> None:
    """remaining.csv is dropped for another group: whoever said no further on is not in it, and is counted once."""
    rows = "".join(f'u{number}@example.com,active,"=1, ""x"""\n' for number in range(5))
    between = "u1@example.com,active,\n" * 5_000
    content = f'"Email",Status,"Note, or ""n"""\n{rows}{between}U4@example.com,unsubscribed,\nu0@example.com,bounced,\n'
    with decided(content, room=2, on_overflow="fill") as (decision, files):
        assert tuple(decision.addresses) == ("u1@example.com",)
        counts = decision.counts
        assert (counts.over_capacity, counts.no_consent, counts.duplicate) == (2, 4, 5_000)
        assert sum(asdict(counts).values()) == 5_007
        body = b"".join(files.files["remaining"].chunks()).decode("utf-8-sig")
        assert [row.split(",")[0] for row in body.splitlines()] == ["Email", "u2@example.com", "u3@example.com"]
        assert files.files["remaining"].rows == 2
        noes = [row.split(",")[0] for row in skipped(files) if ",no_consent," in row]
        assert sorted(noes) == ["U4@example.com", "u0@example.com", "u0@example.com", "u4@example.com"]
        assert [row.address for row in read_planned(files.planned_body(), with_data=False)] == ["u1@example.com"]
    assert sent(body.encode()) == ["u2", "u3"]


def test_an_audience_of_mailchimp() -> None:
    """It packs those who unsubscribed, and those whose addresses bounce, beside those who subscribed."""
    audience = {
        "subscribed.csv": "Email Address,First Name,OPTIN_TIME\nada@example.com,Ada,2020-01-01\n",
        "unsubscribed.csv": "Email Address,UNSUB_TIME\nben@example.com,2021-01-01\n",
        "cleaned.csv": "Email Address,CLEAN_TIME\ncyd@example.com,2021-01-01\n",
    }
    with decided(zipped(audience)) as (decision, _):
        assert tuple(decision.addresses) == ("ada@example.com",)
        assert decision.counts.no_consent == 2
    bare = {name: "Email\n" + content.split("\n")[1].partition(",")[0] for name, content in audience.items()}
    assert sent(zipped(bare)) == ["ada"]
    assert sent(zipped({name: bare[name] for name in ("cleaned.csv", "subscribed.csv")})) == ["ada"]
    assert sent(zipped({"cleaned.csv": LIST})) == ["ada", "ben"]
    with decided(zipped({"gone.csv": audience["unsubscribed.csv"]})) as (decision, _):
        assert decision.refusal
        assert (decision.refusal.code, tuple(decision.addresses)) == ("no_consent", ())


@pytest.mark.parametrize(
    "content",
    [
        "status,reason,email,created\n5.1.1,550 no such user,ada@example.com,1600000000\n",  # SendGrid
        "reason,email,created\nMail domain mentioned is unknown,ada@example.com,1600000000\n",
        "ip,email,created\n10.0.0.1,ada@example.com,1600000000\n",
        "address,code,error,created_at\nada@example.com,550,No such mailbox,2024-01-01\n",  # Mailgun
        "address,tags,created_at\nada@example.com,*,2024-01-01\n",
        "address,created_at\nada@example.com,2024-01-01\n",
        "EmailAddress,SuppressionReason,Origin,CreatedAt\nada@example.com,HardBounce,,2024-01-01\n",  # Postmark
        "recipient,type,source,description\nada@example.com,transactional,Bounce Rule,550\n",  # SparkPost
        "Email,Status\nada@example.com,unsubscribed\nben@example.com,bounced\n",
        "Email,Reason,Timestamp\nada@example.com,UNSUBSCRIBE,2020\nben@example.com,HARD_BOUNCE,2020\n",  # Klaviyo
        '{"results": [{"recipient": "ada@example.com", "type": "non_transactional", "source": "Bounce Rule",'
        ' "description": "x", "non_transactional": true}]}',  # SparkPost
        '{"SuppressedDestinationSummaries": [{"EmailAddress": "ada@example.com", "Reason": "BOUNCE",'
        ' "LastUpdateTime": "2024-01-01"}]}',  # SES
    ],
)
def test_a_list_of_people_who_said_no_is_refused(content: str) -> None:
    with decided(content) as (decision, _):
        assert decision.refusal
        assert (decision.refusal.code, tuple(decision.addresses)) == ("no_consent", ())


SERVICES: dict[str, dict[str, str]] = yaml.safe_load(
    (Path(__file__).parent / "services.yml").read_text(encoding="utf-8")
)
NAMED_AFTER_IT = re.compile(r"\b(?:yes|no)\d@example\.com\b")


@pytest.mark.parametrize("service", SERVICES)
def test_exports_of_a_service_come_to_those_who_want_mail(service: str) -> None:
    """Whoever's address begins with "yes" is sent to, and nobody else; a list of nobody but the others is refused."""
    assert len(SERVICES[service]) >= 3
    for name, content in SERVICES[service].items():
        yes = sorted({address for address in NAMED_AFTER_IT.findall(content) if address.startswith("yes")})
        with decided(content) as (decision, _):
            assert sorted(decision.addresses) == yes, name
            assert decision.refusal is None if yes else decision.refusal is not None, name


def test_the_deployer_may_have_them_sent() -> None:
    """Then a warning says how many."""
    with decided("Email,Status\na@example.com,active\nb@example.com,unsubscribed\n", on_no_consent="send") as (
        decision,
        _,
    ):
        assert (len(decision.addresses), decision.counts.no_consent) == (2, 0)
        assert [(said.code, said.fields["number"]) for said in decision.warnings] == [("warning.consent_sent", 1)]


def test_the_owner_says_who_is_sent() -> None:
    """Fewer than are recognised, or more; whatever is set; a column that is not there sends nobody."""
    content = "Email,Status,Plan\na@example.com,active,gold\nb@example.com,unsubscribed,gold\nc@example.com,pending,\n"
    assert sent(content) == ["a"]
    assert sent(content, "*") == ["a", "b", "c"]
    assert sent(content, " status = Active|PENDING") == ["a", "c"]
    assert sent(content, "Plan=gold") == ["a", "b"]
    assert sent(content, "Plan=gold", on_no_consent="send") == ["a", "b"]
    with decided(content, "Tier=gold") as (decision, _):
        assert decision.refusal
        assert decision.refusal.code == "unreadable"
        assert "Email, Status, Plan" in in_english(decision.refusal.said)


def test_what_is_listed_says_no_again() -> None:
    """skipped.csv, dropped again, sends nobody either."""
    with decided("Email,Status\na@example.com,active\nb@example.com,unsubscribed\n") as (_, files):
        again = b"".join(files.files["skipped"].chunks())
    assert sent(again) == []


def test_more_noes_than_memory_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rather than that one of them is forgotten."""
    monkeypatch.setattr(limits, "NOES", 5)
    rows = "".join(f"u{number}@example.com,unsubscribed\n" for number in range(6))
    with decided(f"Email,Status\nada@example.com,active\n{rows}") as (decision, _):
        assert decision.refusal
        assert (decision.refusal.code, decision.refusal.said.code) == ("too_large", "file.noes")


def test_who_is_blocked_and_says_no_further_on() -> None:
    """Each row says its own: nobody was planned, so nobody is withdrawn."""
    between = "".join(f"p{number}@example.com,active\n" for number in range(5_000))
    body = f"Email,Status\ngone@example.com,active\n{between}GONE@example.com,unsubscribed\n".encode()
    with closing(RowFiles(in_english)) as rows:
        blocked = {"gone@example.com"}
        decision = decide(read([body], Hints()), set(), 4_000, Policy(), rows, blocked=blocked)
        told = skipped(rows)
    counts = decision.counts
    assert (counts.no_consent, counts.over_capacity, len(decision.addresses)) == (2, 1_000, 4_000)
    assert [row.split(",")[:4] for row in told] == [
        ["gone@example.com", "active", "2", "blocked"],
        ["GONE@example.com", "unsubscribed", "5003", "no_consent"],
    ]
    assert "delivers no more to it" in told[0]
