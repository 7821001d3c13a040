"""Rarer families: old sendmail, gateways of companies, mobile carriers, and programs that few run any more."""

import pytest

from app.conversation.inspecting import inspect_mail
from app.conversation.models import InboundKind
from app.delivery.models import BounceClass
from tests.conversation.test_notices import Family, mail

HARD, SOFT, POLICY = BounceClass.HARD, BounceClass.SOFT, BounceClass.POLICY
ANN = "ann@example.net"
DAEMON = "Mail Delivery Subsystem <MAILER-DAEMON@mx.example.net>"
POSTMASTER = "Postmaster <postmaster@mx.example.net>"

TOLD = [
    (
        "sendmail 5",
        DAEMON,
        "Returned mail: User unknown",
        "   ----- Transcript of session follows -----\nWhile talking to mx.example.net:\n>>> RCPT To:<{0}>\n"
        "<<< 550 <{0}>... User unknown\n550 <{0}>... User unknown\n",
        HARD,
    ),
    (
        "mailmarshal",
        POSTMASTER,
        "Undeliverable Mail: Start with the waiting room",
        "Your message:\n   From:    mark@letters.example.com\n   Subject: Start with the waiting room\n\n"
        "Could not be delivered because of\n\n550 5.1.1 User unknown\n\nThe following recipients were affected:\n"
        "    {0}\n",
        HARD,
    ),
    (
        "mcafee",
        POSTMASTER,
        "Mail delivery problems",
        "--- The following addresses had delivery problems ---\n\n<{0}>   (User unknown {0})\n",
        HARD,
    ),
    (
        "surfcontrol",
        POSTMASTER,
        "Undeliverable message",
        "Your message could not be sent.\nA transcript of the attempts to send the message follows.\n"
        "The number of attempts made: 1\nAddressed To: {0}\n\nFailed to send to identified host,\n{0}: [192.0.2.7], "
        "550 5.1.1 <{0}>... User Unknown\n",
        HARD,
    ),
    (
        "mobile carrier, quota",
        POSTMASTER,
        "Mail System Error - Returned Mail",
        "The user(s) account is temporarily over quota.\n\n<{0}>\n",
        SOFT,
    ),
    (
        "mobile carrier, refused",
        POSTMASTER,
        "Mail System Error - Returned Mail",
        "Each of the following recipients was rejected by a remote mail server.\n\n    Recipient: <{0}>\n"
        "    >>> RCPT TO:<{0}>\n    <<< 550 <{0}>: User unknown\n",
        HARD,
    ),
    (
        "kddi-like",
        DAEMON,
        "Mail could not be delivered",
        "Your mail sent on: Tue, 24 Nov 2026 08:15:03 -0500\nCould not be delivered to: <{0}>\n"
        "As their mailbox is full.\n",
        SOFT,
    ),
    (
        "m-filter",
        DAEMON,
        "failure notice",
        "-------server message\n550 5.1.1 unknown user <{0}>\n-------SMTP command\nRCPT TO:<{0}>\n",
        HARD,
    ),
    (
        "active hunter",
        DAEMON,
        "FAILURE NOTICE :",
        "  ----- The following addresses had permanent fatal errors -----\n\n>>> {0}\n\n"
        "550 sorry, no mailbox here by that name (#5.1.1 - chkusr)\n",
        HARD,
    ),
    (
        "delivery errors in brackets",
        POSTMASTER,
        "Returned Mail: Start with the waiting room",
        "The original message was received at Tue, 24 Nov 2026\nfrom mark@letters.example.com\n\n"
        "---The following addresses had delivery errors---\n\n{0} [User unknown]\n",
        HARD,
    ),
    (
        "trouble delivering",
        POSTMASTER,
        "There was an error sending your mail",
        "We had trouble delivering your message. Full details follow:\n\nSubject: Start with the waiting room\n\n"
        "1 error(s):\n\nSMTP Server <mx.example.net> rejected recipient <{0}>\n"
        "  (Error following RCPT command). It responded as follows: [550 5.1.1 User unknown]\n",
        HARD,
    ),
    (
        "old notes",
        "Postmaster@notes.example.net",
        "DELIVERY FAILURE: User not listed in public Name & Address Book",
        "------- Failure Reasons  --------\n\nUser not listed in public Name & Address Book\n{0}\n",
        HARD,
    ),
    (
        "gmx-like",
        DAEMON,
        "Mail delivery failed: returning message to sender",
        "This message was created automatically by mail delivery software.\nA message that you sent could not be "
        'delivered to one or more of its recipients.\nThe following address failed:\n\n"{0}":\nSMTP error from remote '
        "server after RCPT command:\nhost: mx.example.net\n5.1.1 <{0}>... User Unknown\n",
        HARD,
    ),
    (
        "mailfoundry",
        DAEMON,
        "Message delivery has failed",
        "Unable to deliver message to: <{0}>\nDelivery failed for the following reason:\nServer mx.example.net"
        "[192.0.2.7] failed with: 550 <{0}> No such user here\n\nThis has been a permanent failure. No further "
        "delivery attempts will be made.\n",
        HARD,
    ),
    (
        "japanese carrier",
        "MAILER-DAEMON@docomo.example",
        "メールが送信できませんでした",
        "次のあて先へのメッセージはエラーのため送信できませんでした。\n\n{0}\n\n550 Unknown user\n",
        HARD,
    ),
    (
        "a text message gateway",
        "post_master@mobile.example",
        "Undeliverable Message",
        "Error: Message could not be delivered to mobile.\nRCPT TO: {0}\n"
        "Error: 550 - Requested action not taken: no such user here\n",
        HARD,
    ),
    (
        "a server that lists columns",
        POSTMASTER,
        "Delivery failure report",
        "The following message could not be delivered:\n\nRecipient            Reason\n"
        "-------------------  -----------------------\n{0}      Mailbox does not exist\n",
        HARD,
    ),
    (
        "a server that gave up",
        POSTMASTER,
        "Message undeliverable",
        "Message to {0} was not delivered within 72 hours and has been returned.\n"
        "Last error: connection timed out\n",
        SOFT,
    ),
    (
        "a filter's notice",
        "Content Filter <postmaster@mx.example.net>",
        "Your message was rejected",
        "Your message to {0} was rejected by our content filter because it was classified as spam.\n",
        POLICY,
    ),
    (
        "mail relay of a host",
        DAEMON,
        "Undeliverable mail",
        "Failed to deliver to '{0}'\nSMTP module(domain example.net) reports:\n host mx.example.net says:\n"
        " 550 5.1.1 No such mailbox\n",
        HARD,
    ),
]


@pytest.mark.parametrize(("name", "sender", "subject", "body", "verdict"), TOLD, ids=[one[0] for one in TOLD])
def test_they_are_understood_too(
    name: str, sender: str, subject: str, body: str, verdict: BounceClass
) -> None:
    found = inspect_mail(mail(Family(name, sender, subject, body.format(ANN), ANN, verdict)))
    assert found.kind is InboundKind.BOUNCE
    assert [one.address for one in found.recipients] == [ANN]
    assert found.recipients[0].bounce_class is verdict, found.recipients[0]
