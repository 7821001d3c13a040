"""`/dev/mailbox`: the mails that the development catcher kept. Answers 404 wherever others could look."""

import re
from dataclasses import dataclass
from email.message import EmailMessage
from html.parser import HTMLParser

from flask import Blueprint, Response, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.foundation.mailbox import Mailbox, mailbox_of
from app.web.state import runtime

bp = Blueprint("mailbox", __name__, url_prefix="/dev/mailbox")

PAGE = 50
HTML_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src 'self' data: https: http:; font-src https: data:; frame-ancestors 'self'"
)


@bp.before_request
def _only_in_development() -> None:
    if not runtime().settings.catcher_allowed:
        abort(404)


def _mailbox() -> Mailbox:
    return mailbox_of(runtime().settings)


@dataclass(frozen=True)
class MailLink:
    """A link of the HTML part, with the words it stands on."""

    url: str
    words: str


@bp.get("")
def listing() -> ResponseReturnValue:
    """Newest first, fifty on a page; `?to=` for one address."""
    mailbox = _mailbox()
    address = request.args.get("to", "").strip()
    page = max(1, request.args.get("page", 1, type=int))
    total = mailbox.count(address)
    pages = max(1, -(-total // PAGE))
    mails = mailbox.newest(PAGE, (page - 1) * PAGE, address)
    return render_template(
        "dev/mailbox.html", mails=mails, total=total, page=page, pages=pages, address=address
    )


@bp.get("/newest")
def newest() -> ResponseReturnValue:
    """To the newest mail, of one address with `?to=`."""
    found = _mailbox().newest(1, 0, request.args.get("to", "").strip())
    if not found:
        abort(404)
    return redirect(f"/dev/mailbox/{found[0].id}")


@bp.get("/<int:number>")
def mail(number: int) -> ResponseReturnValue:
    mailbox = _mailbox()
    caught = mailbox.get(number)
    message = mailbox.message(number)
    html = _part(message, "html")
    return render_template(
        "dev/mail.html",
        mail=caught,
        headers=[(name, str(value)) for name, value in message.items()],
        html_size=len(html.encode()),
        text=_part(message, "plain"),
        links=_links(html),
    )


@bp.get("/<int:number>/html")
def html_part(number: int) -> ResponseReturnValue:
    """The HTML part alone, for the sandboxed frame: no script, no form, links open outside."""
    html = _part(_mailbox().message(number), "html")
    outside = re.sub(
        r"<head\b[^>]*>", lambda found: found[0] + '<base target="_blank">', html, count=1, flags=re.I
    )
    response = Response(outside, mimetype="text/html")
    response.headers["Content-Security-Policy"] = HTML_POLICY
    return response


@bp.get("/<int:number>/raw")
def raw(number: int) -> ResponseReturnValue:
    response = Response(_mailbox().raw(number), mimetype="message/rfc822")
    response.headers["Content-Disposition"] = f'attachment; filename="mail-{number}.eml"'
    return response


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    if part is None:
        return ""
    try:
        content = part.get_content()
    except (LookupError, UnicodeError):  # a charset nobody knows
        payload = part.get_payload(decode=True)
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    return content if isinstance(content, str) else ""


class _LinkReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[MailLink] = []
        self._url = ""
        self._words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._url, self._words = dict(attrs).get("href") or "", []
        elif tag == "img" and self._url:
            self._words.append(dict(attrs).get("alt") or "")

    def handle_data(self, data: str) -> None:
        if self._url:
            self._words.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._url:
            self.links.append(MailLink(self._url, " ".join(" ".join(self._words).split()) or self._url))
            self._url = ""


def _links(html: str) -> list[MailLink]:
    reader = _LinkReader()
    reader.feed(html)
    return [link for link in reader.links if link.url.startswith(("http://", "https://", "mailto:"))]
