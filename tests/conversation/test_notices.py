"""Bounces in words, as the families of mail servers write them: who is concerned, and what it means."""

from dataclasses import dataclass

import pytest

from app.conversation.inspecting import inspect_mail
from app.conversation.models import InboundKind
from app.delivery.models import BounceClass

HARD, SOFT, POLICY = BounceClass.HARD, BounceClass.SOFT, BounceClass.POLICY
RETURNED = """
Received: from letters.example.com (letters.example.com [192.0.2.1])
\tby mx.example.net; Tue, 24 Nov 2026 13:15:04 +0000
Message-ID: <issue-1@letters.example.com>
From: Mark <mark@letters.example.com>
To: someone.else@example.info
Subject: Start with the waiting room

Hello there.
"""


@dataclass(frozen=True)
class Family:
    """One server's way of saying it. `late` means that it still tries."""

    name: str
    sender: str
    subject: str
    body: str
    address: str
    verdict: BounceClass | None
    header: str = ""
    late: bool = False
    others: tuple[str, ...] = ()


FAMILIES = [
    Family(
        "sendmail",
        "Mail Delivery Subsystem <MAILER-DAEMON@mx.example.net>",
        "Returned mail: see transcript for details",
        """The original message was received at Tue, 24 Nov 2026 13:15:04 GMT
from letters.example.com [192.0.2.1]

   ----- The following addresses had permanent fatal errors -----
<ann@example.net>
    (reason: 550 5.1.1 <ann@example.net>... User unknown)

   ----- Transcript of session follows -----
... while talking to mx2.example.net.:
>>> RCPT To:<ann@example.net>
<<< 550 5.1.1 <ann@example.net>... User unknown
550 5.1.1 <ann@example.net>... User unknown
""",
        "ann@example.net",
        HARD,
    ),
    Family(
        "sendmail warning",
        "Mail Delivery Subsystem <MAILER-DAEMON@mx.example.net>",
        "Warning: could not send message for past 4 hours",
        """    **********************************************
    **      THIS IS A WARNING MESSAGE ONLY      **
    **  YOU DO NOT NEED TO RESEND YOUR MESSAGE  **
    **********************************************

The original message was received at Tue, 24 Nov 2026 13:15:04 GMT

   ----- The following addresses had transient non-fatal errors -----
<ann@example.net>

   ----- Transcript of session follows -----
<ann@example.net>... Deferred: Connection timed out with mx2.example.net.
Warning: message still undelivered after 4 hours
Will keep trying until message is 5 days old
""",
        "ann@example.net",
        None,
        late=True,
    ),
    Family(
        "postfix",
        "MAILER-DAEMON@mx.example.net (Mail Delivery System)",
        "Undelivered Mail Returned to Sender",
        """This is the mail system at host mx.example.net.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

For further assistance, please send mail to postmaster.

If you do so, please include this problem report. You can
delete your own text from the attached returned message.

                   The mail system

<ann@example.org>: host mx.example.org[192.0.2.9] said: 552 5.2.2 <ann@example.org>
    Mailbox full (in reply to RCPT TO command)
<ben@example.org>: host mx.example.org[192.0.2.9] said: 550 5.1.1
    <ben@example.org>: Recipient address rejected: User unknown in virtual
    mailbox table (in reply to RCPT TO command)
""",
        "ann@example.org",
        SOFT,
        others=("ben@example.org",),
    ),
    Family(
        "exim",
        "Mail Delivery System <Mailer-Daemon@mx.example.net>",
        "Mail delivery failed: returning message to sender",
        """This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  ann@example.org
    host mx.example.org [192.0.2.9]
    SMTP error from remote mail server after RCPT TO:<ann@example.org>:
    550 5.7.1 Service unavailable; client [192.0.2.1] blocked using zen.spamhaus.org
""",
        "ann@example.org",
        POLICY,
        header="X-Failed-Recipients: ann@example.org\n",
    ),
    Family(
        "exim, local",
        "Mail Delivery System <Mailer-Daemon@mx.example.net>",
        "Mail delivery failed: returning message to sender",
        """This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  ann@example.net
    Unrouteable address
""",
        "ann@example.net",
        HARD,
    ),
    Family(
        "exim warning",
        "Mail Delivery System <Mailer-Daemon@mx.example.net>",
        "Warning: message 1kXyZa-0001Ab-Cd delayed 24 hours",
        """This message was created automatically by mail delivery software.
A message that you sent has not yet been delivered to one or more of its
recipients after more than 24 hours on the queue on mx.example.net.

The message identifier is:     1kXyZa-0001Ab-Cd
The subject of the message is: Start with the waiting room

The address to which the message has not yet been delivered is:

  ann@example.org
    Delay reason: connection timed out

No action is required on your part. Delivery attempts will continue for
some time, and this warning may be repeated at intervals if the message
remains undelivered.
""",
        "ann@example.org",
        None,
        late=True,
    ),
    Family(
        "qmail",
        "MAILER-DAEMON@mx.example.net",
        "failure notice",
        """Hi. This is the qmail-send program at mx.example.net.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<ann@example.org>:
192.0.2.9 does not like recipient.
Remote host said: 550 sorry, no mailbox here by that name (#5.1.1)
Giving up on 192.0.2.9.

--- Below this line is a copy of the message.

Return-Path: <bounce@letters.example.com>
""",
        "ann@example.org",
        HARD,
    ),
    Family(
        "qmail, host unknown",
        "MAILER-DAEMON@mx.example.net",
        "failure notice",
        """Hi. This is the qmail-send program at mx.example.net.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<ann@nowhere.example>:
Sorry, I couldn't find any host named nowhere.example. (#5.1.2)
""",
        "ann@nowhere.example",
        HARD,
    ),
    Family(
        "courier",
        '"Courier mail server at mx.example.net" <postmaster@mx.example.net>',
        "NOTICE: mail delivery status.",
        """This is a delivery status notification from mx.example.net,
running the Courier mail server, version 1.0.

The original message was received on Tue, 24 Nov 2026 13:15:04 +0000
from letters.example.com

---------------------------------------------------------------------------

                           UNDELIVERABLE MAIL

Your message to the following recipients cannot be delivered:

<ann@example.org>:
     mx.example.org [192.0.2.9]:
>>> RCPT TO:<ann@example.org>
<<< 550 5.1.1 unknown user

---------------------------------------------------------------------------
""",
        "ann@example.org",
        HARD,
    ),
    Family(
        "opensmtpd",
        "Mailer Daemon <MAILER-DAEMON@mx.example.net>",
        "Delivery status notification: error",
        """    Hi!

    This is the MAILER-DAEMON, please DO NOT REPLY to this email.

    An error has occurred while attempting to deliver a message for
    the following list of recipients:

ann@example.org: 550 5.2.1 mailbox disabled

    Below is a copy of the original message:
""",
        "ann@example.org",
        HARD,
    ),
    Family(
        "exchange 5.5",
        "System Administrator <postmaster@example.net>",
        "Undeliverable: Start with the waiting room",
        """Your message

  To:      mark@letters.example.com
  Subject: Start with the waiting room
  Sent:    Tue, 24 Nov 2026 08:15:04 -0500

did not reach the following recipient(s):

ann@example.net on Tue, 24 Nov 2026 08:15:09 -0500
    The recipient name is not recognized
\tThe MTS-ID of the original message is: c=us;a= ;p=example;l=MX-1
    MSEXCH:IMS:Example:SITE:MX 0 (000C05A6) Unknown Recipient
""",
        "ann@example.net",
        HARD,
    ),
    Family(
        "exchange online",
        "Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@example.net>",
        "Undeliverable: Start with the waiting room",
        """Your message to ann@example.net couldn't be delivered.

ann wasn't found at example.net.

letters.example.com     Office 365     ann
Action Required                        Recipient
Unknown To address

How to Fix It
The address may be misspelled or may not exist. Try one or more of the following:
Send the message again following these steps...
If you continue to have trouble, contact your email admin at admin@example.com.

Original Message Details
Created Date: 11/24/2026 1:15:04 PM
Sender Address: mark@letters.example.com
Recipient Address: ann@example.net
Subject: Start with the waiting room

Error Details
Reported error: 550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup
""",
        "ann@example.net",
        HARD,
    ),
    Family(
        "exchange 2010",
        "Microsoft Exchange <postmaster@example.net>",
        "Undeliverable: Start with the waiting room",
        """Delivery has failed to these recipients or distribution lists:

ann@example.net
The recipient's mailbox is full and can't accept messages now. Please try resending
this message later, or contact the recipient directly.

Diagnostic information for administrators:

Generating server: mail.example.net

ann@example.net
#550 5.2.2 STOREDRV.Deliver; mailbox full ##
""",
        "ann@example.net",
        SOFT,
    ),
    Family(
        "gmail",
        "Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
        "Delivery Status Notification (Failure)",
        """Delivery to the following recipient failed permanently:

     ann@example.org

Technical details of permanent failure:
Google tried to deliver your message, but it was rejected by the server for the
recipient domain example.org by mx.example.org. [192.0.2.9].

The error that the other server returned was:
550 5.1.1 <ann@example.org>: Recipient address rejected: User unknown in relay recipient table

----- Original message -----
""",
        "ann@example.org",
        HARD,
    ),
    Family(
        "gmail, new words",
        "Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
        "Delivery Status Notification (Failure)",
        """
** Address not found **

Your message wasn't delivered to ann@example.org because the address couldn't be found, or is unable to receive mail.

Learn more here: https://support.google.com/mail/?p=NoSuchUser

The response was:

550 5.1.1 The email account that you tried to reach does not exist.
""",
        "ann@example.org",
        HARD,
    ),
    Family(
        "yahoo",
        "MAILER-DAEMON@yahoo.com",
        "Failure Notice",
        """Sorry, we were unable to deliver your message to the following address.

<ann@example.org>:
554: delivery error: dd This user doesn't have a example.org account (ann@example.org) [0] - mta1234.mail.example.org

--- Below this line is a copy of the message.
""",
        "ann@example.org",
        HARD,
    ),
    Family(
        "domino",
        "postmaster@notes.example.net",
        "DELIVERY FAILURE: User ann (ann@notes.example.net) not listed in Domino Directory",
        """Your message

  Subject: Start with the waiting room

was not delivered to:

  ann@notes.example.net

because:

  User ann (ann@notes.example.net) not listed in Domino Directory
""",
        "ann@notes.example.net",
        HARD,
    ),
    Family(
        "groupwise",
        "Mailer-Daemon@gw.example.net",
        "Message status - undeliverable",
        """The message that you sent was undeliverable to the following:
\tann@gw.example.net (user not found)
""",
        "ann@gw.example.net",
        HARD,
    ),
    Family(
        "mdaemon",
        "MDaemon@mx.example.net",
        "Permanent Delivery Failure",
        """The attached message had PERMANENT fatal delivery errors!

After one or more unsuccessful delivery attempts the attached message has
been removed from the mail queue on this server.

Failed address: ann@example.org

--- Session Transcript ---
 Tue 2026-11-24 13:15:04: --> RCPT To:<ann@example.org>
 Tue 2026-11-24 13:15:05: <-- 550 5.1.1 ann@example.org... No such user
--- End Transcript ---
""",
        "ann@example.org",
        HARD,
    ),
    Family(
        "sun messaging server",
        "Internet Mail Delivery <postmaster@mx.example.net>",
        "Delivery Notification: Delivery has failed",
        """This report relates to a message you sent with the following header fields:

  Message-id: <issue-1@letters.example.com>
  Date: Tue, 24 Nov 2026 08:15:04 -0500
  From: Mark <mark@letters.example.com>
  To: readers@example.info
  Subject: Start with the waiting room

Your message cannot be delivered to the following recipients:

  Recipient address: ann@example.org
  Reason: Remote SMTP server has rejected address
  Diagnostic code: smtp;550 Unknown recipient
  Remote system: dns;mx.example.org (TCP|192.0.2.1|3265|192.0.2.9|25)
""",
        "ann@example.org",
        HARD,
    ),
    Family(
        "imail",
        '"Postmaster" <postmaster@mx.example.net>',
        "Undeliverable Mail",
        """Unknown user: ann@example.org

RCPT TO generated following response:
550 ann@example.org unknown user account

Original message follows.
""",
        "ann@example.org",
        HARD,
    ),
    Family(
        "communigate",
        "<MAILER-DAEMON@mx.example.net>",
        "Undeliverable mail: Start with the waiting room",
        """Failed to deliver to '<ann@example.org>'
SMTP module(domain example.org) reports:
 host mx.example.org says:
 550 5.7.1 Message rejected: our policy forbids it
""",
        "ann@example.org",
        POLICY,
    ),
    Family(
        "amazon ses",
        "MAILER-DAEMON@eu-west-1.amazonses.example",
        "Delivery Status Notification (Failure)",
        """An error occurred while trying to deliver the mail to the following recipients:
ann@example.org
""",
        "ann@example.org",
        SOFT,
    ),
    Family(
        "powermta",
        "postmaster@mta.example.net",
        "Delivery report",
        """Hello, this is the mail server on mta.example.net.

I am sending you this message to inform you on the delivery status of a
message you previously sent.  Immediately below you will find a list of
the affected recipients;  also attached is a Delivery Status Notification
(DSN) report in standard format, as well as the headers of the original
message.

  <ann@example.org>  delivery failed; will not continue trying
""",
        "ann@example.org",
        SOFT,
    ),
    Family(
        "messagelabs",
        "MAILER-DAEMON@messagelabs.example",
        "Mail Delivery Failure",
        """This is the mail delivery agent at messagelabs.example.
I was unable to deliver your message to the following addresses:

ann@example.org

Reason: 550 <ann@example.org>... User disabled

The message subject was: Start with the waiting room
""",
        "ann@example.org",
        HARD,
    ),
    Family(
        "mail.ru",
        "<mailer-daemon@corp.mail.example.ru>",
        "Mail failure.",
        """This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  ann@example.ru
    SMTP error from remote mail server after RCPT TO:<ann@example.ru>:
    550 Message was not accepted -- invalid mailbox.  Local mailbox ann@example.ru is unavailable: user not found
""",
        "ann@example.ru",
        HARD,
    ),
    Family(
        "german provider",
        "Mail Delivery System <mailer-daemon@provider.example.de>",
        "Ihre E-Mail konnte nicht zugestellt werden",
        """Ihre Nachricht an folgende Empfänger konnte nicht zugestellt werden:

  anna@example.de

Das Postfach des Empfängers ist voll.
""",
        "anna@example.de",
        SOFT,
    ),
    Family(
        "french exchange",
        "postmaster@example.fr",
        "Non remis : Start with the waiting room",
        """Échec de la remise pour ces destinataires ou groupes :

anne@example.fr
L'adresse de messagerie que vous avez entrée est introuvable.

Informations de diagnostic pour les administrateurs :

Serveur de génération : mail.example.fr

anne@example.fr
#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##
""",
        "anne@example.fr",
        HARD,
    ),
    Family(
        "spanish",
        "Mail Delivery Subsystem <postmaster@example.es>",
        "No se pudo entregar: Start with the waiting room",
        """No se pudo entregar el mensaje a los siguientes destinatarios:

ana@example.es

El buzón del destinatario no existe.
""",
        "ana@example.es",
        HARD,
    ),
    Family(
        "russian",
        "MAILER-DAEMON@mx.example.ru",
        "Недоставленное сообщение",
        """Ваше сообщение не может быть доставлено следующим получателям:

anna@example.ru: Почтовый ящик переполнен
""",
        "anna@example.ru",
        SOFT,
    ),
    Family(
        "chinese provider",
        "PostMaster <postmaster@mail.example.cn>",
        "系统退信",
        """抱歉,您的邮件被退回来了……

原邮件信息:
时间: 2026-11-24 21:15:04
主题: Start with the waiting room
收件人: ann@example.cn

退信原因:
收件人邮件地址不存在
""",
        "ann@example.cn",
        HARD,
    ),
    Family(
        "japanese provider",
        "MAILER-DAEMON@example.jp",
        "配信できませんでした",
        """次の宛先へのメールは配信できませんでした。

ann@example.jp
  550 5.1.1 User unknown
""",
        "ann@example.jp",
        HARD,
    ),
]


def mail(family: Family) -> bytes:
    """As the server would send it: the notice, and the mail that came back as a part of its own."""
    text = f"""\
Return-Path: <>
From: {family.sender}
To: bounce+abc@letters.example.com
Subject: {family.subject}
{family.header}MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

{family.body}
--b
Content-Type: message/rfc822
{RETURNED}
--b--
"""
    return text.encode()


def in_one_piece(family: Family) -> bytes:
    """As old servers send it: one text with the returned mail below."""
    return (
        f"From: {family.sender}\nTo: bounce+abc@letters.example.com\nSubject: {family.subject}\n"
        f"{family.header}Content-Type: text/plain; charset=utf-8\n\n{family.body}\n{RETURNED}"
    ).encode()


@pytest.mark.parametrize("as_mail", [mail, in_one_piece])
@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_a_notice_in_words_is_understood(family: Family, as_mail: object) -> None:
    found = inspect_mail(as_mail(family))  # type: ignore[operator]
    assert found.kind is InboundKind.BOUNCE
    assert [one.address for one in found.recipients] == [family.address, *family.others]
    first = found.recipients[0]
    assert first.action.value == ("delayed" if family.late else "failed")
    assert first.bounce_class is family.verdict, first
    assert first.hard is (family.verdict is HARD)


ANSWER_WITH_A_BOUNCE = """Mark, your last letter to my colleague came back:

> From: MAILER-DAEMON@mx.example.net
> Subject: Undelivered Mail Returned to Sender
>
> <ann@example.net>: host mx.example.net said: 550 5.1.1 User unknown

Can you look into it?
"""

PEOPLE = [
    ("Ben <ben@example.org>", "Re: Start with the waiting room", ANSWER_WITH_A_BOUNCE),
    (
        "Ben <ben@example.org>",
        "Fwd: Undelivered Mail Returned to Sender",
        "FYI\n\nBegin forwarded message:\n\nYour message could not be delivered to <ann@example.net>: user unknown\n",
    ),
    (
        "Ben <ben@example.org>",
        "Delivery failure",
        "My parcel could not be delivered to ann@example.net, as the user was unknown to them. Funny story!\n",
    ),
    (
        "Shop <orders@shop.example.com>",
        "Delivery status notification for your order",
        "Your order could not be delivered to ben@example.org today. We will try again tomorrow.\n",
    ),
    (
        "Mark's Letter <letter@news.example.com>",
        "Why mail is returned to sender",
        "Last week 550 5.1.1 user unknown was said to us by ann@example.net. Here is what we learned.\n",
    ),
    (
        "postmaster@example.net",
        "Planned maintenance of the mail system",
        "On Sunday mail will be delayed. Questions go to helpdesk@example.net.\n",
    ),
    (
        "Ann <ann@example.org>",
        "Automatic reply: Start with the waiting room",
        "I am out of office until Monday and will not receive mail. Write to ben@example.org instead.\n",
    ),
]


@pytest.mark.parametrize(("sender", "subject", "body"), PEOPLE)
def test_nobodys_ordinary_mail_is_taken_for_a_bounce(sender: str, subject: str, body: str) -> None:
    raw = f"From: {sender}\nTo: mark@letters.example.com\nSubject: {subject}\nMessage-ID: <1@x>\n\n{body}"
    assert inspect_mail(raw.encode()).kind is not InboundKind.BOUNCE
