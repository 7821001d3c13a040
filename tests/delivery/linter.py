"""Looks at a captured message as a stranger would and names every rule that it breaks; knows none of our code.

The rules are those of RFC 5321, 5322, 2045, 2047, 2369, 2919, 3834, 6376, 8058 and of the large mailbox providers.
"""

import email
import email.policy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from html.parser import HTMLParser

ONCE = ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type")
LEFTOVERS = re.compile(r"zqslot|zzholezz|\{\{|\}\}|\{%|\{first_name|\{guide|%7Bfirst|None,|\bundefined\b")
SIGNED = ("from", "to", "subject", "date", "message-id", "mime-version", "content-type")
SIGNED_OF_LISTS = ("list-unsubscribe", "list-unsubscribe-post", "list-id", "feedback-id")
OVERSIGNED = ("from", "to", "subject", "date", "content-type")
MOST_HTML = 95 * 1024


@dataclass(frozen=True)
class Captured:
    """A message as a relay got it."""

    sender: str
    recipient: str
    data: bytes


@dataclass(frozen=True)
class Part:
    """A part without parts of its own."""

    kind: str
    charset: str
    encoding: str
    raw: str
    words: str


class Mail:
    """A message taken apart once; header values as the standard library decodes them."""

    def __init__(self, data: bytes) -> None:
        head = email.message_from_bytes(
            data.split(b"\r\n\r\n", 1)[0] + b"\r\n\r\n", policy=email.policy.default
        )
        self.headers = list(head.items())
        whole = email.message_from_bytes(data)
        walked = list(whole.walk())
        self.kinds = [part.get_content_type() for part in walked]
        self.boundary = whole.get_boundary() or ""
        self.defects = [defect for part in walked for defect in part.defects]
        self.defects += [each for _, value in self.headers for each in getattr(value, "defects", ())]
        self.parts = [_part(each) for each in walked if not each.is_multipart()]

    def all(self, name: str) -> list[str]:
        return [str(value) for known, value in self.headers if known.lower() == name.lower()]

    def get(self, name: str) -> str:
        found = self.all(name)
        return found[0] if found else ""

    def words(self, kind: str) -> str:
        return next((part.words for part in self.parts if part.kind == kind), "")


def _part(part: Message) -> Part:
    payload = part.get_payload(decode=True)
    words = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    return Part(
        part.get_content_type(),
        part.get_content_charset() or "",
        str(part["Content-Transfer-Encoding"]),
        str(part.get_payload()),
        words,
    )


class Page(HTMLParser):
    """What an HTML part holds."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.title = ""
        self._in_title = False
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._in_title = tag == "title"

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data
            self._in_title = False

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def lint(captured: Captured, *, bulk: bool) -> list[str]:
    """Every rule it breaks; `bulk` for mail to a list."""
    mail = Mail(captured.data)
    return [
        *_bytes(captured.data),
        *_envelope(captured, mail),
        *_headers(mail),
        *(_list_headers(mail) if bulk else _no_list(mail)),
        *_structure(mail),
        *_text(mail, bulk),
        *_html(mail, bulk),
        *_signatures(mail, bulk),
    ]


def _bytes(data: bytes) -> Iterator[str]:
    if re.search(rb"(?<!\r)\n|\r(?!\n)", data):
        yield "RFC 5322 2.3: a bare CR or LF"
    if not data.isascii():
        yield "RFC 2045: bytes above 127, which relays may change"
    if any(len(line) > 998 for line in data.split(b"\r\n")):
        yield "RFC 5322 2.1.1: a line of more than 998 characters"
    head = data.split(b"\r\n\r\n", 1)[0]
    for line in head.split(b"\r\n"):
        if len(line) > 200:
            yield f"RFC 5322 2.1.1: a header line of {len(line)} characters"
    for word in re.findall(rb"=\?[^ ?]+\?[bBqQ]\?[^ ?]*\?=", head):
        if len(word) > 75:
            yield "RFC 2047 2: an encoded word of more than 75 characters"
        for part, charset in decode_header(word.decode()):
            try:
                part.decode(charset or "ascii") if isinstance(part, bytes) else part
            except UnicodeDecodeError:
                yield "RFC 2047 5: a character split between two encoded words"


def _envelope(captured: Captured, mail: Mail) -> Iterator[str]:
    for address in (captured.sender, captured.recipient):
        local, _, domain = address.rpartition("@")
        if not local or len(local) > 64 or not domain or len(domain) > 255 or len(address) > 254:
            yield f"RFC 5321 4.5.3.1: envelope address {address!r}"
    to = [address for _, address in getaddresses(mail.all("To"))]
    if to != [captured.recipient]:
        yield f"the To header says {to}, the envelope {captured.recipient}"


def _headers(mail: Mail) -> Iterator[str]:
    for name in ONCE:
        if len(mail.all(name)) != 1:
            yield f"RFC 5322 3.6: {name} must stand there once"
    for name in (
        "Reply-To",
        "List-Id",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "Feedback-ID",
        "Auto-Submitted",
    ):
        if len(mail.all(name)) > 1:
            yield f"{name} stands there more than once"
    if len(getaddresses(mail.all("From"))) != 1:
        yield "more than one address in From"
    for name in ("Bcc", "Precedence", "X-Mailer", "Received"):
        if mail.all(name):
            yield f"{name} has no place in a mail of ours"
    if parsedate_to_datetime(mail.get("Date")).tzinfo is None:
        yield "RFC 5322 3.3: the date has no zone"
    domain = mail.get("From").rpartition("@")[2].strip("> ")
    if not re.fullmatch(rf"<[A-Za-z0-9._-]+@{re.escape(domain)}>", mail.get("Message-ID").strip()):
        yield f"RFC 5322 3.6.4: Message-ID {mail.get('Message-ID')}"
    if not mail.get("Subject").strip() or mail.get("Subject").lower().startswith("re:"):
        yield "a subject that is empty or pretends to be an answer"


def _list_headers(mail: Mail) -> Iterator[str]:
    found = re.findall(r"<([^>]+)>", mail.get("List-Unsubscribe"))
    if [uri.partition(":")[0] for uri in found] not in (
        ["https"],
        ["https", "mailto"],
        ["http"],
        ["http", "mailto"],
    ):
        yield f"RFC 8058 3.1: List-Unsubscribe {found}"
    if mail.get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click":
        yield "RFC 8058 3.1: List-Unsubscribe-Post"
    if not re.search(r"<[a-z0-9-]+(\.[a-z0-9-]+)+>$", mail.get("List-Id")) or len(mail.get("List-Id")) > 255:
        yield f"RFC 2919 2: List-Id {mail.get('List-Id')}"
    fields = mail.get("Feedback-ID").split(":")
    if len(fields) != 4 or not 5 <= len(fields[-1]) <= 15:
        yield f"Gmail's Feedback-ID has four fields, the last of 5 to 15 characters: {mail.get('Feedback-ID')}"
    if mail.all("Auto-Submitted"):
        yield "RFC 3834: a letter was written by a person"


def _no_list(mail: Mail) -> Iterator[str]:
    if mail.all("List-Unsubscribe-Post"):
        yield "one-click unsubscribing on mail that is no list"
    if mail.get("Auto-Submitted") not in ("auto-generated", "auto-replied"):
        yield "RFC 3834 5: automatic mail must say so"


def _structure(mail: Mail) -> Iterator[str]:
    if mail.kinds != ["multipart/alternative", "text/plain", "text/html"]:
        yield f"RFC 2046 5.1.4: plain first, HTML last, not {mail.kinds}"
    if len(mail.boundary) > 70:
        yield "RFC 2046 5.1.1: a boundary of more than 70 characters"
    for defect in mail.defects:
        yield f"a defect: {defect!r}"
    for part in mail.parts:
        if part.charset != "utf-8":
            yield f"{part.kind} is not UTF-8"
        if part.encoding not in ("quoted-printable", "base64", "7bit"):
            yield f"an encoding that relays may change: {part.encoding}"
        if any(len(line) > 76 for line in part.raw.splitlines()):
            yield "RFC 2045 6.7: an encoded line of more than 76 characters"


def _text(mail: Mail, bulk: bool) -> Iterator[str]:
    words = mail.words("text/plain")
    if len(words) < 120:
        yield "the text part is too short to be real"
    if re.search(r"<(p|div|td|a|span|br)\b", words, re.IGNORECASE) or "&nbsp;" in words or "&amp;" in words:
        yield "HTML in the text part"
    if LEFTOVERS.search(words):
        yield f"something was not filled in: {LEFTOVERS.search(words)}"
    if bulk and "/unsubscribe/" not in words:
        yield "no way out in the text part"


def _html(mail: Mail, bulk: bool) -> Iterator[str]:
    source = mail.words("text/html")
    page = Page(source)
    if len(source.encode()) > MOST_HTML:
        yield f"{len(source.encode())} bytes of HTML, which Gmail would clip"
    if not any(each.get("lang") for each in page.all("html")):
        yield "no lang on <html>"
    if not page.title.strip():
        yield "no title"
    if any("alt" not in each for each in page.all("img")):
        yield "a picture without alt"
    if any(each.get("role") not in ("presentation", "none") for each in page.all("table")):
        yield "a layout table that is read aloud as a table"
    if not any(each.get("name") == "color-scheme" for each in page.all("meta")):
        yield "no color-scheme"
    for tag in ("script", "form", "iframe", "object"):
        if page.all(tag):
            yield f"<{tag}> in a mail"
    links = [str(each.get("href") or "") for each in page.all("a")]
    if any(not re.match(r"(https?|mailto|tel):", link) for link in links):
        yield f"a link to nowhere: {[link for link in links if not link.startswith(('http', 'mailto', 'tel'))]}"
    if LEFTOVERS.search(re.sub(r"<style.*?</style>", "", source, flags=re.DOTALL)):
        yield f"something was not filled in: {LEFTOVERS.search(source)}"
    if bulk and not any("/unsubscribe/" in link for link in links):
        yield "no way out in the HTML part"


def _signatures(mail: Mail, bulk: bool) -> Iterator[str]:
    signatures = mail.all("DKIM-Signature")
    if not signatures:
        yield "RFC 6376: not signed"
    domain = mail.get("From").rpartition("@")[2].strip("> ")
    for signature in signatures:
        tags = dict(tag.split("=", 1) for tag in re.sub(r"\s+", "", str(signature)).split(";") if "=" in tag)
        names = tags.get("h", "").lower().split(":")
        if tags.get("a") not in ("rsa-sha256", "ed25519-sha256") or tags.get("c") != "relaxed/relaxed":
            yield f"RFC 8301: {tags.get('a')} {tags.get('c')}"
        if tags.get("d") != domain:
            yield f"DMARC: signed by {tags.get('d')}, from {domain}"
        if "l" in tags:
            yield "RFC 6376 8.2: a body length"
        wanted = (
            *SIGNED,
            *(SIGNED_OF_LISTS if bulk else ()),
            *(("reply-to",) if mail.all("Reply-To") else ()),
        )
        for name in (name for name in wanted if name not in names):
            yield f"{name} is not signed"
        for name in (name for name in OVERSIGNED if names.count(name) < 2):
            yield f"{name} could be added unnoticed"
