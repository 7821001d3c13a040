"""Answers as the mail programs of readers write them: how they quote, sign and thread is what matters here."""

import html
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime


@dataclass(frozen=True)
class Answer:
    """One reader's answer to a mail they received."""

    reader: str
    name: str
    words: str
    to: str
    subject: str
    answers: str
    quoted: str
    number: int


def _mail(answer: Answer, program: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = f"{answer.name} <{answer.reader}>"
    mail["To"] = answer.to
    mail["Subject"] = f"Re: {answer.subject}"
    mail["Date"] = format_datetime(datetime(2026, 11, 17, 15, 0, tzinfo=UTC))
    mail["Message-ID"] = f"<{program}.{answer.number}@{answer.reader.partition('@')[2]}>"
    mail["In-Reply-To"] = answer.answers
    mail["References"] = answer.answers
    return mail


def _quote(text: str, before: str = "> ") -> str:
    return "\n".join(f"{before}{line}".rstrip() for line in text.splitlines()[:14])


def _lines(text: str) -> str:
    return html.escape(text).replace("\n", "<br>")


def gmail(answer: Answer) -> bytes:
    mail = _mail(answer, "CAF")
    head = "On Tue, Nov 17, 2026 at 8:15 AM Mark Levy <mark@letters.example.com> wrote:"
    mail.set_content(f"{answer.words}\n\n{head}\n\n{_quote(answer.quoted)}\n")
    mail.add_alternative(
        f'<div dir="ltr">{_lines(answer.words)}</div><br><div class="gmail_quote gmail_quote_container">'
        f'<div dir="ltr" class="gmail_attr">{html.escape(head)}<br></div><blockquote class="gmail_quote" '
        f'style="margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex">'
        f"<div>{_lines(answer.quoted)}</div></blockquote></div>",
        subtype="html",
    )
    return mail.as_bytes()


def outlook(answer: Answer) -> bytes:
    mail = _mail(answer, "AM0PR")
    mail["Thread-Topic"], mail["Thread-Index"] = answer.subject, "AQHbNxAAAAAAAAAAAAAAAAAAAAAA"
    head = (
        "From: Mark Levy <mark@letters.example.com>\nSent: Tuesday, November 17, 2026 8:15 AM\n"
        f"To: {answer.reader}\nSubject: {answer.subject}"
    )
    mail.set_content(f"{answer.words}\n\n________________________________\n{head}\n\n{answer.quoted}\n")
    bold = "<br>".join(
        f"<b>{name}:</b>{rest}" for name, _, rest in (x.partition(":") for x in head.splitlines())
    )
    mail.add_alternative(
        '<html><body dir="ltr"><div class="elementToProof" style="font-family:Aptos; font-size:12pt">'
        f'{_lines(answer.words)}</div><hr style="display:inline-block; width:98%"><div id="divRplyFwdMsg" dir="ltr">'
        f'<font face="Calibri, sans-serif">{bold}</font><div> </div></div><div>{_lines(answer.quoted)}</div>'
        "</body></html>",
        subtype="html",
    )
    return mail.as_bytes()


def apple_mail(answer: Answer) -> bytes:
    mail = _mail(answer, "8A1F")
    mail["X-Mailer"] = "Apple Mail (2.3826.300.87.4.3)"
    head = "On Nov 17, 2026, at 8:15\u202fAM, Mark Levy <mark@letters.example.com> wrote:"
    mail.set_content(f"{answer.words}\n\n{_quote(head, '> ')}\n>\n{_quote(answer.quoted)}\n")
    mail.add_alternative(
        f'<html><body style="overflow-wrap: break-word;">{_lines(answer.words)}<br><div><br>'
        f'<blockquote type="cite"><div>{html.escape(head)}</div><br class="Apple-interchange-newline"><div>'
        f"{_lines(answer.quoted)}</div></blockquote></div></body></html>",
        subtype="html",
    )
    return mail.as_bytes()


def plain(answer: Answer) -> bytes:
    mail = _mail(answer, "2026")
    mail["User-Agent"] = "Mutt/2.2.13"
    head = "On Tue, Nov 17, 2026 at 01:15:00PM +0000, Mark Levy wrote:"
    mail.set_content(
        f"{head}\n{_quote(answer.quoted)}\n\n{answer.words}\n\n-- \n{answer.name}\nhttps://example.net\n"
    )
    return mail.as_bytes()


def vacation(answer: Answer) -> bytes:
    mail = _mail(answer, "vacation")
    mail.replace_header("Subject", f"Out of office: {answer.subject}")
    mail["Auto-Submitted"] = "auto-replied"
    mail["Precedence"] = "bulk"
    mail.set_content("I am away until Monday and read mail now and then.\n")
    return mail.as_bytes()


CLIENTS: tuple[Callable[[Answer], bytes], ...] = (gmail, outlook, apple_mail, plain)
