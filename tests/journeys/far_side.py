"""The far side of a letter: mail servers that refuse it in every way they know, and the people and robots who answer.

Postfix plays the relay and most of the servers behind it, so that every notice is one that a mail server wrote. The
readers whose mail arrives answer what they received: nothing but the mail itself tells them where to.
"""

import pwd
import smtplib
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path

from tests.fixtures.postfix import HERE
from tests.fixtures.smtp_sink import Received

OURS = "mail.letters.example"
AUTHOR = "mark@author.example"


@dataclass(frozen=True)
class Post:
    """The far side's way back to us: its own mail server."""

    port: int

    def send(self, sender: str, recipient: str, raw: bytes) -> None:
        with smtplib.SMTP(HERE, self.port, timeout=30) as client:
            client.sendmail(sender, [recipient], raw)


Answer = Callable[[Post, str, Received], None]


@dataclass(frozen=True)
class Story:
    """What becomes of the letter at one domain: how it travels from the relay, what comes back, how the reader ends.

    `ends`: suppressed for what (or nothing), still reading the letter, messages in a thread, and the news recorded.
    """

    domain: str
    ends: tuple[str, bool, int, str]
    way: str = ""
    says: str = ""
    answers: tuple[Answer, ...] = ()


def mail(reader: str, recipient: str, subject: str, words: str, **fields: str) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = reader, recipient, subject
    message["Message-ID"] = f"<{subject.encode().hex()[:12]}.{reader.replace('@', '.')}.mail>"
    for name, value in fields.items():
        message[name.replace("_", "-")] = value
    message.set_content(words)
    return message.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def to_reply(letter: Received) -> str:
    return parseaddr(str(letter.message["Reply-To"]))[1]


def writes_back(post: Post, reader: str, letter: Received) -> None:
    said = mail(
        reader,
        to_reply(letter),
        f"Re: {letter.message['Subject']}",
        "We tried it on Monday and it worked.\n\nOn Tuesday Mark Levy wrote:\n> Hello\n",
        In_Reply_To=str(letter.message["Message-ID"]),
    )
    post.send(reader, to_reply(letter), said)


def writes_to_the_author(post: Post, reader: str, letter: Received) -> None:
    said = mail(
        reader,
        AUTHOR,
        f"Re: {letter.message['Subject']}",
        "I forwarded it to our head of service.",
        References=str(letter.message["Message-ID"]),
    )
    post.send(reader, AUTHOR, said)


def asks_to_be_taken_off(post: Post, reader: str, letter: Received) -> None:
    said = mail(
        reader,
        to_reply(letter),
        f"Re: {letter.message['Subject']}",
        "Please unsubscribe me. Thanks",
        In_Reply_To=str(letter.message["Message-ID"]),
    )
    post.send(reader, to_reply(letter), said)


def tells_the_author_to_stop(post: Post, reader: str, letter: Received) -> None:
    said = mail(reader, AUTHOR, "Re: handoff", "unsubscribe", In_Reply_To=str(letter.message["Message-ID"]))
    post.send(reader, AUTHOR, said)


def presses_leave(post: Post, reader: str, letter: Received) -> None:
    """What a mail program sends for the mailto of List-Unsubscribe."""
    mailto = str(letter.message["List-Unsubscribe"]).replace(" ", "").partition("<mailto:")[2]
    address, _, rest = mailto.partition("?subject=")
    post.send(reader, address, mail(reader, address, rest.rstrip(">"), ""))


def is_away(post: Post, reader: str, letter: Received) -> None:
    """RFC 3834: to the envelope's sender, from nobody."""
    said = mail(
        reader,
        letter.sender,
        f"Auto: {letter.message['Subject']}",
        "I am on leave until Monday.",
        Auto_Submitted="auto-replied (vacation)",
        In_Reply_To=str(letter.message["Message-ID"]),
    )
    post.send("", letter.sender, said)


def is_away_and_says_so_to_people(post: Post, reader: str, letter: Received) -> None:
    """As some mail programs do it: to Reply-To, with no header that tells."""
    said = mail(
        reader,
        to_reply(letter),
        "Automatic reply: out of office",
        "Thank you for your message. I am out of the office until 7 December with no access to mail. "
        "In urgent cases please write to service@example.org.",
    )
    post.send(reader, to_reply(letter), said)


def has_read_it(post: Post, reader: str, letter: Received) -> None:
    """A receipt (RFC 8098), which is no bounce."""
    said = (
        f"From: {reader}\r\nTo: {to_reply(letter)}\r\nSubject: Read: the handoff\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=disposition-notification; boundary="b"\r\n\r\n'
        f"--b\r\nContent-Type: text/plain\r\n\r\nYour message to {reader} was displayed.\r\n"
        "--b\r\nContent-Type: message/disposition-notification\r\n\r\n"
        f"Final-Recipient: rfc822; {reader}\r\nDisposition: manual-action/MDN-sent-manually; displayed\r\n"
        "--b--\r\n"
    )
    post.send(reader, to_reply(letter), said.encode())


def report(feedback: str, at: Callable[[Received], str]) -> Answer:
    """A provider's feedback report (RFC 5965) with the letter in it, the reader's name taken out."""

    def tell(post: Post, reader: str, letter: Received) -> None:
        returned = letter.data.replace(reader.encode(), b"redacted@example.net")
        head = (
            f"From: feedback@isp.example\r\nTo: {at(letter)}\r\nSubject: FW: the handoff\r\n"
            'MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=feedback-report; boundary="f"\r\n\r\n'
            "--f\r\nContent-Type: text/plain\r\n\r\nThis is an email feedback report.\r\n"
            f"--f\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: {feedback}\r\n"
            "User-Agent: IspReport/1.0\r\nVersion: 1\r\n"
            "\r\n--f\r\nContent-Type: message/rfc822\r\n\r\n"
        )
        post.send("feedback@isp.example", at(letter), head.encode() + returned + b"\r\n--f--\r\n")

    return tell


def desk(_letter: Received) -> str:
    """The address that was registered with the provider."""
    return f"fbl@{OURS}"


def bounces(letter: Received) -> str:
    return letter.sender


def is_named_by_a_stranger(post: Post, reader: str, letter: Received) -> None:
    """A notice about the reader with no token, or with one that was altered."""
    said = (
        "From: MAILER-DAEMON@evil.example\r\nSubject: Undelivered Mail Returned to Sender\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; evil.example\r\n\r\n"
        f"Final-Recipient: rfc822; {reader}\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 user unknown\r\n--b--\r\n"
    )
    local, _, domain = letter.sender.partition("@")
    altered = f"{local[:-1]}{'a' if local[-1] != 'a' else 'b'}@{domain}"
    for recipient in (altered, f"postmaster@{OURS}"):
        post.send("", recipient, said.encode())


GONE = ("hard_bounce", True, 0)
STAYS = ("", True, 0)
LEFT = ("", False, 0)

ANGRY = ("complaint", True, 0, "complaint complaint")
NO_HOST = "error:5.4.4 Host or domain name not found. Name service error for name=nohost.example"
NULL_MX = "error:5.1.10 Domain nullmx.example does not accept mail (nullMX)"

STORIES = (
    # Refused for good by the reader's own server.
    Story("unknown.example", (*GONE, "hard user unknown"), "mx"),
    Story("disabled.example", (*GONE, "hard mailbox disabled"), "mx", "550 5.2.1 This account has been disabled"),
    Story("full.example", (*STAYS, "soft mailbox full"), "mx", "552 5.2.2 Mailbox full"),
    Story("often-full.example", (*GONE, "soft mailbox full"), "mx", "552 5.2.2 User is over quota"),
    Story("spam.example", (*STAYS, "policy spam"), "mx", "554 5.7.1 Client host blocked using zen.spamhaus.org"),
    Story("dmarc.example", (*STAYS, "policy policy"), "mx", "550 5.7.26 Unauthenticated mail fails DMARC policy"),
    Story("norelay.example", (*STAYS, "policy policy"), "mx"),
    Story("small.example", (*STAYS, "policy too large"), "small"),
    # Refused without a conversation.
    Story("nohost.example", (*GONE, "hard domain unknown"), NO_HOST),
    Story("nullmx.example", (*GONE, "hard domain unknown"), NULL_MX),
    Story("program.example", (*GONE, "hard user unknown"), "nouser:"),
    Story("loop.example", (*STAYS, "soft loop"), "self"),
    Story("moved.example", (*GONE, "hard user unknown"), "alias"),
    # Tried for as long as the relay has patience: a warning, then the end.
    Story("grey.example", (*STAYS, "soft temporary"), "mx", "450 4.2.0 Greylisted, try again later"),
    Story("nospace.example", (*STAYS, "soft mailbox full"), "mx", "452 4.2.2 Mailbox is full at the moment"),
    Story("down.example", (*STAYS, "soft temporary"), "closed"),
    Story("hangup.example", (*STAYS, "soft temporary"), "hangup"),
    # Arrived.
    Story("silent.example", (*STAYS, "")),
    Story("talks.example", ("", True, 1, ""), answers=(writes_back,)),
    Story("direct.example", ("", True, 1, ""), answers=(writes_to_the_author,)),
    Story("away.example", (*STAYS, ""), answers=(is_away, is_away_and_says_so_to_people)),
    Story("receipt.example", (*STAYS, ""), answers=(has_read_it,)),
    Story("button.example", (*LEFT, ""), answers=(presses_leave,)),
    Story("enough.example", (*LEFT, ""), answers=(asks_to_be_taken_off,)),
    Story("stop.example", (*LEFT, ""), answers=(tells_the_author_to_stop,)),
    Story("angry.example", ANGRY, answers=(report("abuse", desk),)),
    Story("feedback.example", ANGRY, answers=(report("abuse", bounces),)),
    Story("notspam.example", (*STAYS, ""), answers=(report("not-spam", bounces),)),
    Story("framed.example", (*STAYS, ""), answers=(is_named_by_a_stranger,)),
)  # fmt: skip


@dataclass(frozen=True)
class Ports:
    """Where everybody listens on loopback."""

    relay: int
    mx: int
    small: int
    closed: int
    people: int
    hangup: int
    listener: int


def routes(ports: Ports) -> str:
    """How the relay reaches each domain (transport(5), texthash)."""
    ways = {
        "mx": f"smtp:[{HERE}]:{ports.mx}",
        "small": f"smtp:[{HERE}]:{ports.small}",
        "self": f"smtp:[{HERE}]:{ports.relay}",
        "closed": f"smtp:[{HERE}]:{ports.closed}",
        "hangup": f"smtp:[{HERE}]:{ports.hangup}",
        "alias": "error:5.1.6 nobody is left here",
        "": f"smtp:[{HERE}]:{ports.people}",
    }
    lines = [f"{story.domain} {ways.get(story.way, story.way)}" for story in STORIES]
    lines += [f"{OURS} lmtp:inet:{HERE}:{ports.listener}", "author.example virtual:"]
    return "\n".join(lines) + "\n"


def settings(conf: Path, mailboxes: Path, owner: str) -> dict[str, str]:
    """main.cf of the relay and of the servers behind it."""
    account = pwd.getpwnam(owner)
    return {
        "myhostname": "relay.letters.example",
        "transport_maps": f"texthash:{conf}/routes",
        "virtual_mailbox_domains": "author.example, unknown.example",
        "virtual_mailbox_maps": f"inline:{{ {{ {AUTHOR} = mark/ }} }}",
        "virtual_mailbox_base": str(mailboxes),
        "virtual_minimum_uid": "1",
        "virtual_uid_maps": f"static:{account.pw_uid}",
        "virtual_gid_maps": f"static:{account.pw_gid}",
        "virtual_alias_maps": "regexp:{ {/^(.*)@moved.example$$/ $$1@unknown.example} }",
        "relay_domains": " ".join(story.domain for story in STORIES if story.says),
        "relay_recipient_maps": "",
        "queue_run_delay": "1s",
        "minimal_backoff_time": "1s",
        "maximal_backoff_time": "1s",
        "delay_warning_time": "1s",
        "maximal_queue_lifetime": "6s",
        "smtp_connect_timeout": "5s",
        "smtp_destination_concurrency_limit": "10",
        "smtp_destination_concurrency_failed_cohort_limit": "1000",
        "transport_retry_time": "1s",
        "in_flow_delay": "0",
        "smtp_connection_cache_on_demand": "no",
        "lmtp_connection_cache_on_demand": "no",
        "fast_flush_domains": "",
    }


def services(ports: Ports, conf: Path) -> str:
    """master.cf: the relay, a server with rules of its own, one that takes small mail only, a delivery program.

    The relay does not know DSN (RFC 3461), so it also sends the warnings that we would rather not have.
    """
    return f"""
{HERE}:{ports.relay} inet n - n - - smtpd -o smtpd_reject_unlisted_recipient=no
  -o smtpd_discard_ehlo_keywords=dsn
{HERE}:{ports.mx} inet n - n - - smtpd -o myhostname=mx.example.net -o mynetworks=192.0.2.1
  -o smtpd_relay_restrictions=reject_unauth_destination
  -o smtpd_recipient_restrictions=check_recipient_access,texthash:{conf}/rules
{HERE}:{ports.small} inet n - n - - smtpd -o myhostname=small.example.net -o message_size_limit=1500
nouser unix - n n - - pipe user=nobody directory=/ argv=/bin/sh -c {{exit 67}}
"""


def rules() -> str:
    """What the server with rules says to whom (access(5), texthash)."""
    return "".join(f"{story.domain} {story.says}\n" for story in STORIES if story.says)
