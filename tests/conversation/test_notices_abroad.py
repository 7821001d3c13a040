"""Notices without numbers in the languages of their servers, and robots and postmasters who write something else."""

import pytest

from app.conversation.inspecting import inspect_mail
from app.conversation.models import InboundKind
from app.delivery.models import BounceClass
from tests.conversation.letters import dsn
from tests.conversation.test_notices import Family, in_one_piece, mail

HARD, SOFT, POLICY = BounceClass.HARD, BounceClass.SOFT, BounceClass.POLICY
ANN, BEN = "ann@example.net", "ben@example.net"
DAEMON = "Mail Delivery System <MAILER-DAEMON@mx.example.net>"
POSTMASTER = "postmaster@example.net"
EXCHANGE = "Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@example.net>"

TOLD = [
    (
        "exchange in german",
        EXCHANGE,
        "Unzustellbar: Start with the waiting room",
        f"Fehler bei der Nachrichtenzustellung an folgende Empfänger oder Gruppen:\n\nAnn ({ANN})\nDie eingegebene "
        "E-Mail-Adresse konnte nicht gefunden werden. Überprüfen Sie die E-Mail-Adresse des Empfängers.\n",
        HARD,
    ),
    (
        "exchange in spanish",
        EXCHANGE,
        "No se puede entregar: Start with the waiting room",
        f"Error de entrega a estos destinatarios o grupos:\n\n{ANN}\nNo se encontró la dirección de correo que "
        "especificó. Compruebe la dirección e intente reenviar el mensaje.\n",
        HARD,
    ),
    (
        "exchange in dutch",
        EXCHANGE,
        "Onbestelbaar: Start with the waiting room",
        f"De bezorging is mislukt bij deze geadresseerden of groepen:\n\n{ANN}\nHet e-mailadres dat u hebt ingevoerd, "
        "is niet gevonden.\n",
        HARD,
    ),
    (
        "exchange in swedish, full",
        EXCHANGE,
        "Kan inte levereras: Start with the waiting room",
        f"Det gick inte att leverera till följande mottagare eller grupper:\n\n{ANN}\nMottagarens postlåda är full och "
        "kan inte ta emot meddelanden just nu.\n",
        SOFT,
    ),
    (
        "seznam",
        "MAILER-DAEMON@seznam.example",
        "Nedoručitelná zpráva",
        f"Vaši zprávu se nepodařilo doručit následujícím příjemcům:\n\n<{ANN}>: schránka neexistuje\n",
        HARD,
    ),
    (
        "naver",
        "Mail Delivery Subsystem <postmaster@naver.example>",
        "[발송실패안내] 메일이 전송되지 못했습니다.",
        f"메일이 정상적으로 발송되지 않았습니다.\n받는사람: {ANN}\n발송실패 사유: 존재하지 않는 사용자입니다.\n",
        HARD,
    ),
    (
        "qq, words joined to the address",
        "PostMaster <PostMaster@qq.example>",
        "来自qq.example的退信",
        f"抱歉，您的邮件被退回来了\n\n收件人 {ANN}\n\n退信原因：\n收件人邮件地址（{ANN}）不存在，邮件无法送达。\n",
        HARD,
    ),
    (
        "domino in german",
        POSTMASTER,
        "ZUSTELLFEHLER: Benutzer ann nicht im Verzeichnis",
        f"Ihre Nachricht\n\n  Betreff: The handoff\n\nwurde nicht zugestellt an:\n\n  {ANN}\n\nweil:\n\n  "
        f"Benutzer ann ({ANN}) nicht im Domino-Verzeichnis aufgeführt\n",
        HARD,
    ),
    (
        "gmail and a domain that is gone",
        "Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
        "Delivery Status Notification (Failure)",
        f"** Address not found **\n\nYour message wasn't delivered to {ANN} because the domain example.net couldn't be "
        "found. Check for typos or unnecessary spaces and try again.\n\nThe response was:\n\nDNS Error: DNS type 'mx' "
        "lookup of example.net responded with code NXDOMAIN\n",
        HARD,
    ),
    (
        "a session whose first answers are good",
        "MDaemon at mail.example.net <MDaemon@mail.example.net>",
        "Permanent Delivery Failure",
        f"The attached message had PERMANENT fatal delivery errors!\n\nFailed address: {ANN}\n\n--- Session Transcript "
        f"---\n --> MAIL From:<mark@letters.example.com>\n <-- 250 <mark@letters.example.com>, Sender ok\n --> RCPT "
        f"To:<{ANN}>\n <-- 550 <{ANN}>, Recipient unknown\n--- End Transcript ---\n",
        HARD,
    ),
    (
        "orange",
        DAEMON,
        "Undelivered Mail Returned to Sender",
        f"<{ANN}>: host smtp-in.orange.example[192.0.2.5] said: 550 5.2.0 Mail rejete. Mail rejected. ofr_506 [506]\n",
        POLICY,
    ),
    (
        "sendmail's transcript says less than its reason",
        DAEMON,
        "Returned mail: see transcript for details",
        f"   ----- The following addresses had permanent fatal errors -----\n<{ANN}>\n    (reason: 550 5.7.1 <{ANN}> "
        f"Access denied)\n\n   ----- Transcript of session follows -----\n>>> RCPT To:<{ANN}>\n<<< 550 5.7.1 <{ANN}>"
        f"... Access denied\n550 5.1.1 <{ANN}>... User unknown\n",
        POLICY,
    ),
    (
        "exim names the forwarding first",
        DAEMON,
        "Mail delivery failed: returning message to sender",
        "A message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. "
        f"The following address(es) failed:\n\n  cleo@elsewhere.example\n    (generated from {ANN})\n    mailbox is "
        "full\n",
        SOFT,
    ),
]  # fmt: skip


@pytest.mark.parametrize("as_mail", [mail, in_one_piece])
@pytest.mark.parametrize(("name", "sender", "subject", "body", "verdict"), TOLD, ids=[one[0] for one in TOLD])
def test_a_notice_is_understood_in_its_language(
    name: str, sender: str, subject: str, body: str, verdict: BounceClass, as_mail: object
) -> None:
    found = inspect_mail(as_mail(Family(name, sender, subject, body, ANN, verdict)))  # type: ignore[operator]
    assert found.kind is InboundKind.BOUNCE
    assert [(one.address, one.bounce_class) for one in found.recipients] == [(ANN, verdict)]


ELSE = [
    (
        "a postmaster who is a person",
        "Paula Postmaster <postmaster@school.example>",
        "Staff addresses at our school",
        f"Dear Mark,\n\nwe closed the accounts of those who left: {ANN} does not exist any more, mail will come back "
        "with 550 5.1.1 user unknown. Everybody else reads on.\n\nPaula\n",
    ),
    (
        "a letter about bounces",
        "Postmaster Digest <postmaster@tool.example>",
        "Why is my mail undeliverable?",
        f"A message reading The following address failed: {ANN} - 550 user unknown means that there is no mailbox.\n",
    ),
    (
        "a helpdesk",
        "IT Helpdesk <postmaster@example.net>",
        "HELP-311 Undeliverable mail to the printer",
        f"{BEN} has commented:\n\nMail to {ANN} fails with 550 5.1.1 user unknown. Can you check the account?\n",
    ),
    (
        "a parcel",
        "Delivery Notification <notification@courier.example>",
        "Delivery failed: we could not reach you",
        f"Dear {ANN},\n\nyour parcel could not be delivered to the following address:\n\n  12 Mill Lane\n",
    ),
    (
        "a lure",
        "Mail Delivery Service <postmaster@lure.example>",
        "Mail delivery failed: 6 messages returned to sender",
        f"Dear {ANN},\n\nthe following messages could not be delivered because your mailbox is full:\n\nInvoice 331\n",
    ),
    (
        "a digest of what was held back",
        POSTMASTER,
        "Quarantine digest: 3 messages held for you",
        f"These messages addressed to {ANN} have been blocked as spam and were not delivered:\n\n  offers@shop.example"
        "   50 % off\n",
    ),
    (
        "a night's log",
        "Cron Daemon <root@mx.example.net>",
        "Cron <root@mx> mailstats",
        f"postfix/smtp[123]: to=<{ANN}>, dsn=5.1.1, status=bounced (said: 550 5.1.1 <{ANN}>: User unknown)\n",
    ),
    (
        "a gate",
        "Ann by way of the gate <verify@gate.example>",
        "Your message to ann@example.net was not delivered yet",
        f"Your message to {ANN} could not be delivered because you are not yet a trusted sender.\n\nVerify here\n",
    ),
    (
        "news of success",
        DAEMON,
        "Return receipt",
        "   ----- The following addresses had successful delivery notifications -----\n"
        f"<{ANN}>  (successfully delivered to mailbox)\n\n   ----- Transcript of session follows -----\n"
        f"<{ANN}>... Successfully delivered\n",
    ),
]


@pytest.mark.parametrize(("name", "sender", "subject", "body"), ELSE, ids=[one[0] for one in ELSE])
def test_who_writes_like_a_server_is_none_yet(name: str, sender: str, subject: str, body: str) -> None:
    more = "List-Id: <weekly.tool.example>\n" if "Digest" in sender else ""
    raw = f"From: {sender}\nTo: reply@letters.example.com\nSubject: {subject}\n{more}\n{body}"
    found = inspect_mail(raw.encode())
    assert found.kind not in {InboundKind.BOUNCE, InboundKind.COMPLAINT}, name
    assert found.recipients == ()


def test_a_report_that_a_person_passes_on_is_their_question() -> None:
    report = dsn(ANN).partition(b"message/delivery-status")[2].partition(b"\n--")[0].decode()
    raw = (
        "From: Dave <dave@reader.example>\nTo: reply@letters.example.com\nSubject: Fwd: Delivery failure\n"
        'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="z"\n\n--z\nContent-Type: text/plain\n\n'
        "My mail to you came back, see below. Why?\n--z\nContent-Type: message/delivery-status"
        f"{report}\n--z--\n"
    )
    assert "Final-Recipient" in raw
    found = inspect_mail(raw.encode())
    assert found.kind is not InboundKind.BOUNCE
    assert found.recipients == ()
    assert "Why?" in found.text
