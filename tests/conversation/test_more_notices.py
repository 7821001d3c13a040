"""More families of mail servers, gateways and providers, and the languages they write in; one reader each.

Also what looks like a notice and is none: receipts, reports of success, warnings.
"""

import pytest

from app.conversation.inspecting import inspect_mail
from app.conversation.models import InboundKind
from app.delivery.models import BounceClass
from tests.conversation.letters import dsn
from tests.conversation.test_notices import Family, in_one_piece, mail

HARD, SOFT, POLICY = BounceClass.HARD, BounceClass.SOFT, BounceClass.POLICY
ANN = "ann@example.net"
DAEMON = "Mail Delivery System <MAILER-DAEMON@mx.example.net>"
POSTMASTER = "postmaster@example.net"
GOOGLE = "Mail Delivery Subsystem <mailer-daemon@googlemail.com>"
EXCHANGE = "Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@example.net>"

TOLD = [
    # Gateways and servers.
    (
        "mimecast",
        "postmaster@example.net",
        "[Postmaster] Email Delivery Failure",
        f"This is a delivery failure notification message indicating that\nan email you addressed to email address :\n"
        f"-- {ANN}\n\ncould not be delivered. The problem appears to be :\n-- Recipient email address is possibly "
        "incorrect\n\nAdditional information follows :\n-- 5.4.1 Recipient address rejected: Access denied.\n",
        HARD,
    ),
    (
        "proofpoint",
        "Mail Delivery Subsystem <MAILER-DAEMON@pps.example.net>",
        "Returned mail: see transcript for details",
        "   ----- The following addresses had permanent fatal errors -----\n"
        f"<{ANN}>\n    (reason: 554 Blocked - see https://ipcheck.proofpoint.example/?ip=192.0.2.1)\n",
        POLICY,
    ),
    (
        "barracuda",
        "Barracuda Spam Firewall <postmaster@example.net>",
        "**Message you sent blocked by our bulk email filter**",
        f"Your message to: {ANN}\nwas blocked by our Spam Firewall. The email you sent with the following subject has "
        "NOT BEEN DELIVERED:\n\nSubject: Start with the waiting room\n",
        POLICY,
    ),
    (
        "hmailserver",
        "<mailer-daemon@example.net>",
        "Message undeliverable: Start with the waiting room",
        "Your message did not reach some or all of the intended recipients.\n\n   Sent: Tue, 24 Nov 2026\n\n"
        f"The following recipient(s) could not be reached:\n\n{ANN}\n   Error Type: SMTP\n"
        f"   Remote server (192.0.2.7) issued an error.\n   Remote server replied: 550 5.1.1 <{ANN}> User unknown\n",
        HARD,
    ),
    (
        "mailenable",
        '"Delivery Subsystem" <POSTMASTER@example.net>',
        "Message Delivery Failure",
        "MailEnable: Message could not be delivered to some recipients.\n"
        f"The following recipient(s) could not be reached:\n\n   Recipient: [SMTP:{ANN}]\n"
        "   Reason: The mailbox has exceeded its quota\n",
        SOFT,
    ),
    (
        "smartermail",
        "System Administrator <postmaster@example.net>",
        "Delivery Failure",
        f"Could not deliver message to the following recipient(s):\n\nFailed Recipient: {ANN}\n"
        "Reason: Remote host said: 550 5.7.1 Message rejected due to its content, spam score too high\n",
        POLICY,
    ),
    (
        "kerio",
        "Mail Delivery Subsystem <mailer-daemon@example.net>",
        "Undeliverable Mail: Start with the waiting room",
        f"Your message could not be delivered to the following recipients:\n\n<{ANN}>; Mailbox does not exist\n",
        HARD,
    ),
    (
        "haraka",
        "MAILER-DAEMON@mx.example.net",
        "failure notice",
        "Hi. This is the Haraka Mailer program at mx.example.net.\nI'm afraid I wasn't able to deliver your message to "
        "the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n"
        f"Intended Recipients: <{ANN}>\nFailure Reason: 550 5.1.1 no such mailbox\n",
        HARD,
    ),
    (
        "james",
        POSTMASTER,
        "Re:Start with the waiting room",
        "Hi. This is the James mail server at mx.example.net.\nI'm afraid I wasn't able to deliver your message to the "
        "following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n"
        f"{ANN}\n552 5.2.2 Mailbox over quota\n",
        SOFT,
    ),
    (
        "zoho",
        "mailer-daemon@mail.zoho.example",
        "Undelivered Mail Returned to Sender",
        "This message was created automatically by mail delivery software.\n A message that you sent could not be "
        "delivered to one or more of its recipients. This is a permanent error.\n\n"
        f"{ANN}, ERROR CODE :550 - 5.1.1 The email account that you tried to reach does not exist.\n",
        HARD,
    ),
    (
        "zimbra",
        DAEMON,
        "Undelivered Mail Returned to Sender",
        "This is the mail system at host mbox.example.net.\n\nI'm sorry to have to inform you that your message could "
        f"not\nbe delivered to one or more recipients.\n\n<{ANN}>: host mbox.example.net[192.0.2.7] said: 552 5.2.2\n"
        "    Over quota (in reply to RCPT TO command)\n",
        SOFT,
    ),
    (
        "domino in german",
        "Mailer-Daemon@notes.example.net",
        "ZUSTELLUNGSFEHLER: Benutzer ann nicht im Domino-Verzeichnis",
        f"Ihre Nachricht\n\n  Betreff: Start with the waiting room\n\nkonnte nicht zugestellt werden an:\n\n  {ANN}\n\n"
        "weil:\n\n  Benutzer ann existiert nicht im Domino-Verzeichnis\n",
        HARD,
    ),
    (
        "exchange, html alone",
        EXCHANGE,
        "Undeliverable: Start with the waiting room",
        "Delivery has failed to these recipients or groups:\n\n"
        f"{ANN}\nThe recipient's mailbox is full and can't accept messages now.\n\nDiagnostic information for "
        "administrators:\n\n#550 5.2.2 STOREDRV.Deliver; mailbox full ##\n",
        SOFT,
    ),
    (
        "outlook.com",
        "postmaster@outlook.example",
        "Undeliverable: Start with the waiting room",
        f"Delivery has failed to these recipients or groups:\n\n{ANN}\nYour message wasn't delivered because the "
        "recipient's email provider rejected it.\n\nRemote server returned '550 5.7.1 Unfortunately, messages from "
        "[192.0.2.1] weren't sent. Your network is on our block list (S3140).'\n",
        POLICY,
    ),
    (
        "icloud",
        "MAILER-DAEMON@mx.example.net",
        "Undelivered Mail Returned to Sender",
        f"Sorry, your message could not be delivered.\n\n<{ANN}>:\n552 5.2.2 over quota; cannot receive new mail\n",
        SOFT,
    ),
    (
        "mailchannels",
        "MAILER-DAEMON@relay.example.net",
        "Undelivered Mail Returned to Sender",
        f"<{ANN}>: host mx.example.net[192.0.2.7] said: 550 5.7.1 [CS] Message blocked. Please visit the lookup page\n"
        "Your message could not be delivered.\n",
        POLICY,
    ),
    # Languages.
    (
        "gmail in german",
        GOOGLE,
        "Delivery Status Notification (Failure)",
        "** Adresse nicht gefunden **\n\n"
        f"Ihre Nachricht wurde nicht an {ANN} zugestellt, da die Adresse nicht gefunden wurde oder keine E-Mails "
        "empfangen kann.\n\nDie Antwort:\n\n550 5.1.1 The email account that you tried to reach does not exist.\n",
        HARD,
    ),
    (
        "gmail in french",
        GOOGLE,
        "Delivery Status Notification (Failure)",
        "** Boîte de réception du destinataire saturée **\n\n"
        f"Votre message n'a pas pu être remis à {ANN}, car la boîte de réception du destinataire est pleine.\n\n"
        "Voici la réponse :\n\n552 5.2.2 The recipient's inbox is out of storage space.\n",
        SOFT,
    ),
    (
        "gmail in spanish",
        GOOGLE,
        "Delivery Status Notification (Failure)",
        "** No se ha encontrado la dirección **\n\n"
        f"Tu mensaje no se ha entregado a {ANN} porque no se ha encontrado la dirección.\n\nLa respuesta fue:\n\n"
        "550 5.1.1 The email account that you tried to reach does not exist.\n",
        HARD,
    ),
    (
        "gmail in portuguese",
        GOOGLE,
        "Delivery Status Notification (Failure)",
        f"** Mensagem bloqueada **\n\nSua mensagem para {ANN} foi bloqueada.\n\nA resposta foi:\n\n"
        "550 5.7.1 Our system has detected that this message is likely unsolicited mail.\n",
        POLICY,
    ),
    (
        "exchange in german",
        EXCHANGE,
        "Unzustellbar: Start with the waiting room",
        f"Fehler bei der Nachrichtenzustellung an folgende Empfänger oder Gruppen:\n\n{ANN}\n"
        "Die eingegebene E-Mail-Adresse konnte nicht gefunden werden.\n\nDiagnoseinformationen für Administratoren:\n\n"
        "#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##\n",
        HARD,
    ),
    (
        "exchange in spanish",
        EXCHANGE,
        "No se puede entregar: Start with the waiting room",
        f"No se pudo entregar el mensaje a estos destinatarios o grupos:\n\n{ANN}\n"
        "No se encontró la dirección de correo que ha escrito.\n\n#550 5.1.10 RESOLVER.ADR.RecipientNotFound\n",
        HARD,
    ),
    (
        "exchange in italian",
        EXCHANGE,
        "Impossibile recapitare: Start with the waiting room",
        f"Recapito non riuscito per i seguenti destinatari o gruppi:\n\n{ANN}\nLa casella postale del destinatario è "
        "piena e al momento non può accettare messaggi.\n",
        SOFT,
    ),
    (
        "exchange in dutch",
        EXCHANGE,
        "Niet bezorgd: Start with the waiting room",
        f"Bezorging aan deze geadresseerden of groepen is mislukt:\n\n{ANN}\n"
        "Het e-mailadres dat u hebt ingevoerd, bestaat niet.\n\n#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found\n",
        HARD,
    ),
    (
        "exchange in portuguese",
        EXCHANGE,
        "Não entregue: Start with the waiting room",
        f"Falha na entrega a estes destinatários ou grupos:\n\n{ANN}\n"
        "O endereço de email inserido não foi encontrado.\n\n#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found\n",
        HARD,
    ),
    (
        "exchange in polish",
        EXCHANGE,
        "Nie można dostarczyć: Start with the waiting room",
        f"Dostarczenie wiadomości do następujących adresatów lub grup nie powiodło się:\n\n{ANN}\n"
        "Skrzynka pocztowa adresata jest pełna.\n",
        SOFT,
    ),
    (
        "exchange in japanese",
        EXCHANGE,
        "配信不能: Start with the waiting room",
        f"次の受信者またはグループへの配信に失敗しました:\n\n{ANN}\n入力したメール アドレスが見つかりませんでした。\n",
        HARD,
    ),
    (
        "exchange in chinese",
        EXCHANGE,
        "无法投递: Start with the waiting room",
        f"无法将邮件发送给以下收件人或组:\n\n{ANN}\n找不到您输入的电子邮件地址。\n",
        HARD,
    ),
    (
        "exchange in swedish",
        EXCHANGE,
        "Det gick inte att leverera: Start with the waiting room",
        f"Det gick inte att leverera till följande mottagare eller grupper:\n\n{ANN}\n"
        "#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found\n",
        HARD,
    ),
    (
        "qq",
        "PostMaster@qq.example",
        "来自qq.example的退信",
        f"抱歉，您的邮件被退回来了\n\n收件人\n{ANN}\n\n退信原因\n收件人的邮箱已满，无法接收\n",
        SOFT,
    ),
    (
        "french provider",
        "MAILER-DAEMON@smtp.example.fr",
        "Mail non remis : échec de remise",
        f"Votre message n'a pas pu être remis au destinataire suivant :\n\n{ANN}\n\n"
        "550 5.1.1 Adresse d au moins un destinataire invalide. Invalid recipient.\n",
        HARD,
    ),
    (
        "brazilian provider",
        "MAILER-DAEMON@smtp.example.br",
        "Falha na entrega da mensagem",
        f"A sua mensagem não pôde ser entregue ao destinatário:\n\n<{ANN}>: caixa postal cheia\n",
        SOFT,
    ),
    (
        "italian provider",
        "MAILER-DAEMON@smtp.example.it",
        "Mancata consegna del messaggio",
        f"Il messaggio non è stato consegnato al destinatario:\n\n<{ANN}>: utente sconosciuto\n",
        HARD,
    ),
    (
        "polish provider",
        "MAILER-DAEMON@smtp.example.pl",
        "Niedostarczona wiadomość",
        f"Wiadomość nie mogła zostać dostarczona do adresata:\n\n<{ANN}>: 550 5.1.1 nie ma takiego użytkownika\n",
        HARD,
    ),
    (
        "czech provider",
        "MAILER-DAEMON@smtp.example.cz",
        "Nedoručená zpráva",
        f"Zprávu nelze doručit příjemci:\n\n<{ANN}>: 550 5.1.1 uživatel neexistuje\n",
        HARD,
    ),
    (
        "yandex",
        "mailer-daemon@yandex.example",
        "Недоставленное сообщение",
        f"К сожалению, ваше письмо не может быть доставлено одному или нескольким адресатам.\n\n<{ANN}>: host "
        "mx.example.net said: 550 5.7.1 No such user!\n",
        HARD,
    ),
    (
        "korean provider",
        "postmaster@naver.example",
        "메일 전송 실패 안내",
        f"아래 수신자에게 메일 전송에 실패하였습니다.\n\n{ANN}\n\n존재하지 않는 사용자입니다. 550 5.1.1 No such user\n",
        HARD,
    ),
]
MORE = [Family(name, sender, subject, body, ANN, verdict) for name, sender, subject, body, verdict in TOLD]


@pytest.mark.parametrize("as_mail", [mail, in_one_piece])
@pytest.mark.parametrize("family", MORE, ids=lambda family: family.name)
def test_their_notices_are_understood(family: Family, as_mail: object) -> None:
    found = inspect_mail(as_mail(family))  # type: ignore[operator]
    assert found.kind is InboundKind.BOUNCE
    assert [one.address for one in found.recipients] == [ANN]
    assert found.recipients[0].bounce_class is family.verdict, found.recipients[0]


DELAYS = [
    (
        "gmail, delay",
        GOOGLE,
        "Delivery Status Notification (Delay)",
        f"** Delivery incomplete **\n\nThere was a temporary problem delivering your message to {ANN}. Gmail will "
        "retry for 46 more hours. You'll be notified if the delivery fails permanently.\n",
    ),
    (
        "exchange, delay",
        EXCHANGE,
        "Delivery delayed: Start with the waiting room",
        f"Delivery to these recipients or groups is delayed:\n\n{ANN}\n\nThe server will keep trying to deliver "
        "this message for the next 1 days. You'll be notified if the message can't be delivered by that time.\n",
    ),
    (
        "exchange, delay in german",
        EXCHANGE,
        "Verzögerte Zustellung: Start with the waiting room",
        f"Die Zustellung an folgende Empfänger wurde verzögert:\n\n{ANN}\n\n"
        "Es wird weiterhin versucht, diese Nachricht zuzustellen.\n",
    ),
    (
        "a plain warning",
        DAEMON,
        "Warning: message not yet delivered",
        f"Your message has not yet been delivered to:\n\n<{ANN}>\n\n"
        "This is only a warning, you do not need to resend your message.\n",
    ),
]


@pytest.mark.parametrize(("name", "sender", "subject", "body"), DELAYS, ids=[each[0] for each in DELAYS])
def test_a_warning_is_no_failure(name: str, sender: str, subject: str, body: str) -> None:
    found = inspect_mail(mail(Family(name, sender, subject, body, ANN, None)))
    assert [(one.address, one.action.value, one.hard) for one in found.recipients] == [
        (ANN, "delayed", False)
    ]


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded"])
def test_news_of_success_is_no_bounce(action: str) -> None:
    found = inspect_mail(dsn(ANN, action=action, status="2.0.0", words="250 ok"))
    assert found.kind is not InboundKind.BOUNCE
    assert not any(one.hard for one in found.recipients)


def receipt(disposition: str, subject: str) -> bytes:
    return f"""\
Return-Path: <>
From: Ann <{ANN}>
To: reply@letters.example.com
Subject: {subject}
MIME-Version: 1.0
Content-Type: multipart/report; report-type=disposition-notification; boundary="b"

--b
Content-Type: text/plain; charset=utf-8

Your message was {disposition}. This is no guarantee that it was read or understood.
--b
Content-Type: message/disposition-notification

Reporting-UA: mail.example.net; Thunderbird
Final-Recipient: rfc822;{ANN}
Original-Message-ID: <issue-1@letters.example.com>
Disposition: manual-action/MDN-sent-manually; {disposition}
--b--
""".encode()


@pytest.mark.parametrize(
    ("disposition", "subject"),
    [
        ("displayed", "Read: Start with the waiting room"),
        ("deleted", "Not read: Start with the waiting room"),
        ("displayed", "Gelesen: Start with the waiting room"),
        ("displayed/error", "Disposition notification (failure)"),
        ("dispatched", "Return receipt"),
    ],
)
def test_a_receipt_is_no_bounce(disposition: str, subject: str) -> None:
    found = inspect_mail(receipt(disposition, subject))
    assert found.kind is not InboundKind.BOUNCE
    assert found.recipients == ()


def test_of_two_recipients_each_has_a_verdict_of_their_own() -> None:
    more = (
        "\nFinal-Recipient: rfc822; ben@example.net\nAction: failed\nStatus: 5.2.2\n"
        "Diagnostic-Code: smtp; 552 mailbox full\n\n"
        "Final-Recipient: rfc822; cy@example.net\nAction: delayed\nStatus: 4.4.1\n\n"
        "Final-Recipient: rfc822; dee@example.net\nAction: delivered\nStatus: 2.0.0\n"
    )
    found = inspect_mail(dsn(ANN, more=more))
    told = {one.address: (one.action.value, one.hard) for one in found.recipients}
    assert told == {
        ANN: ("failed", True),
        "ben@example.net": ("failed", False),
        "cy@example.net": ("delayed", False),
        "dee@example.net": ("delivered", False),
    }


def test_the_address_we_wrote_to_counts_and_not_where_it_was_forwarded_to() -> None:
    raw = dsn("moved@elsewhere.example").replace(
        b"Original-Recipient: rfc822;moved@elsewhere.example", f"Original-Recipient: rfc822;{ANN}".encode()
    )
    assert [one.address for one in inspect_mail(raw).recipients] == [ANN]


def test_failed_recipients_named_in_a_header_alone_are_found() -> None:
    raw = (
        f"From: {DAEMON}\r\nX-Failed-Recipients: {ANN}, ben@example.net\r\n"
        "Subject: Mail delivery failed: returning message to sender\r\n\r\n"
        "A message that you sent could not be delivered. This is a permanent error.\r\n"
    )
    assert {one.address for one in inspect_mail(raw.encode()).recipients} == {ANN, "ben@example.net"}


def test_a_report_that_a_gateway_wrapped_keeps_its_reason() -> None:
    """Some gateways put the report of the server behind them into an attachment and add their own disclaimer."""
    inner = dsn(ANN, status="5.1.1", words="")
    raw = (
        (
            b"Return-Path: <>\r\nFrom: postmaster@example.net\r\nSubject: Delivery Status Notification (Failure)\r\n"
            b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="outer"\r\n\r\n'
            b"--outer\r\nContent-Type: message/rfc822\r\n\r\n"
        )
        + inner
        + (
            f"\r\n--outer\r\nContent-Type: text/plain\r\n\r\nDelivery to {ANN} failed. This mail is confidential.\r\n"
            "--outer--\r\n"
        ).encode()
    )
    [one] = inspect_mail(raw).recipients
    assert (one.address, one.hard) == (ANN, True)
