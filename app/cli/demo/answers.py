"""Mails that readers and mail servers send back in the demo, as their programs write them."""

from email.message import EmailMessage
from email.utils import format_datetime

from app.foundation.clock import Clock


def reply_mail(letter: EmailMessage, sender: str, words: str, clock: Clock) -> bytes:
    """An answer to a letter, with the letter quoted below, as most mail programs do."""
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = str(letter["Reply-To"])
    mail["Subject"] = f"Re: {letter['Subject']}"
    mail["Date"] = format_datetime(clock())
    mail["Message-ID"] = "<answer.1@demo.example>"
    mail["In-Reply-To"] = str(letter["Message-ID"])
    plain = letter.get_body(("plain",))
    quoted = "".join(f"> {line}\n" for line in (plain.get_content() if plain else "").splitlines())
    mail.set_content(f"{words}\n\nOn {letter['Date']}, {letter['From']} wrote:\n{quoted}")
    return mail.as_bytes()


def bounce_mail(letter: EmailMessage, recipient: str, to: str, clock: Clock) -> bytes:
    """A delivery status notification (RFC 3464) about a mailbox that does not exist."""
    boundary = "demo-report"
    returned = "".join(f"{name}: {letter[name]}\r\n" for name in ("From", "To", "Subject", "Message-ID"))
    lines = [
        "From: Mail Delivery System <MAILER-DAEMON@mx.demo.example>",
        f"To: {to}",
        "Subject: Undelivered Mail Returned to Sender",
        f"Date: {format_datetime(clock())}",
        "Message-ID: <bounce.1@mx.demo.example>",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type=delivery-status; boundary="{boundary}"',
        "",
        f"--{boundary}",
        "Content-Type: text/plain; charset=us-ascii",
        "",
        f"Your message to {recipient} could not be delivered.",
        "",
        f"--{boundary}",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mx.demo.example",
        "",
        f"Final-Recipient: rfc822; {recipient}",
        "Action: failed",
        "Status: 5.1.1",
        "Remote-MTA: dns; mx.demo.example",
        f"Diagnostic-Code: smtp; 550 5.1.1 <{recipient}>: Recipient address rejected: User unknown",
        "",
        f"--{boundary}",
        "Content-Type: text/rfc822-headers",
        "",
        returned,
        f"--{boundary}--",
        "",
    ]
    return "\r\n".join(lines).encode()
