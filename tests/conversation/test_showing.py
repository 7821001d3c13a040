"""A stranger's mail is looked at without running, fetching or following anything of it."""

import io
from email.message import EmailMessage

import pytest
from PIL import Image

from app.conversation.attachments import safe_name
from app.conversation.inert import inert_text, is_signed
from app.conversation.showing import redraw, show_mail
from app.conversation.sniffing import PROGRAM, sniff
from app.issues.fetching import Fetched, FetchFailed, LinkCheck, Problem, Want

HERE = "https://letters.example.com"
TOKEN = "abcdefghijklmnop234567"


def drawn(form: str = "PNG", size: tuple[int, int] = (40, 30)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, form)
    return out.getvalue()


class Web:
    """Answers with a picture for one address and notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def fetch(self, url: str, want: Want, *, etag: str = "", last_modified: str = "") -> Fetched:
        self.asked.append(url)
        if "pics.example" not in url:
            raise FetchFailed(Problem.REFUSED, "That place is not for us.")
        return Fetched(url, 200, {"content-type": "image/png"}, drawn())

    def check_link(self, url: str) -> LinkCheck:
        raise AssertionError(url)


def mail(html: str, plain: str = "") -> bytes:
    message = EmailMessage()
    message["From"] = "Alice <alice@example.org>"
    message.set_content(plain or "See the HTML part.")
    message.add_alternative(html, subtype="html")
    return message.as_bytes()


HOSTILE = f"""<script>steal()</script><style>@import 'https://t.example/x.css'</style>
<p onclick="steal()" style="background:url(https://t.example/b.png)">Read {{{{ 7*7 }}}}</p>
<svg onload=steal()></svg><iframe src="https://t.example"></iframe><form action="https://t.example"><input></form>
<a href="javascript:steal()">one</a> <a href="{HERE}/unsubscribe/{TOKEN}">two</a>
<a href="mailto:reply+{TOKEN}@reply.example.com">three</a> <a href="https://other.example/page">four</a>
<a href="data:text/html,<script>steal()</script>">five</a> <a href="{HERE}/issues/one">six</a>
<img src="https://pics.example/a.png" alt="A wall"><img src="https://t.example/p.gif" width="1" height="1">
<img src="http://169.254.169.254/latest"><img src="data:image/svg+xml,<svg onload=steal()>"><base href="https://t.example">
<meta http-equiv="refresh" content="0;url=https://t.example"><object data="x"></object><math><mtext></mtext></math>"""


def test_nothing_of_a_hostile_mail_is_left_but_its_words() -> None:
    shown = show_mail(mail(HOSTILE), HERE)
    for bad in (
        "script",
        "steal",
        "style=",
        "<svg",
        "iframe",
        "<form",
        "<input",
        "javascript:",
        TOKEN,
        "t.example",
    ):
        assert bad not in shown.html, bad
    for bad in ("http-equiv", "<base", "<object", "data:", "169.254"):
        assert bad not in shown.html, bad
    assert "{{ 7*7 }}" in shown.html
    assert 'href="https://other.example/page"' in shown.html
    assert f'href="{HERE}/issues/one"' in shown.html
    assert "noreferrer" in shown.html
    assert (shown.remote, shown.trackers) == (2, 1)


def test_pictures_from_elsewhere_come_only_when_asked_for_and_trackers_never() -> None:
    web = Web()
    shown = show_mail(mail(HOSTILE), HERE, web)
    assert web.asked == ["https://pics.example/a.png", "http://169.254.169.254/latest"]
    assert shown.html.count("data:image/jpeg;base64,") == 1
    assert shown.remote == 1, "what could not be fetched is counted as left out"


def test_a_picture_inside_the_mail_is_drawn_anew() -> None:
    message = EmailMessage()
    message.set_content("words")
    message.add_alternative('<p>Look</p><img src="cid:wall@x" alt="Wall">', subtype="html")
    html_part = message.get_body(("html",))
    assert isinstance(html_part, EmailMessage)
    html_part.add_related(drawn("PNG") + b"<script>steal()</script>", "image", "png", cid="<wall@x>")
    shown = show_mail(message.as_bytes(), HERE)
    assert "data:image/jpeg;base64," in shown.html


@pytest.mark.parametrize(
    "html", ["<div>" * 100_000, "<b>" * 14_000 + "x", "<a href='", "<!--" * 50_000, "\0<p>"]
)
def test_markup_made_to_hurt_is_shown_all_the_same(html: str) -> None:
    assert len(show_mail(mail(html, "Plain words."), HERE).html) < 2_000_000


def test_a_polyglot_leaves_only_its_pixels() -> None:
    raw = drawn("GIF") + b"PK\x05\x06<script>steal()</script>%PDF-1.7"
    assert "hidden" in sniff(raw, "photo.gif").warning
    clean = redraw(raw)
    assert clean is not None
    assert b"steal" not in clean
    assert redraw(b"GIF89a<script>") is None
    assert redraw(b"") is None


@pytest.mark.parametrize(
    ("data", "name", "kind", "warned"),
    [
        (b"MZ\x90\0", "invoice.pdf", PROGRAM, True),
        (b"#!/bin/sh\nrm", "notes.txt", PROGRAM, True),
        (b"words", "macro.docm", "text", True),
        (b"<html><script>", "page.txt", "web page", True),
        (b"%PDF-1.7 ...", "paper.pdf", "PDF", False),
        (b"%PDF-1.7 ...", "photo.jpg", "PDF", True),
        (b"plain words", "notes.txt", "text", False),
        (b"PK\x03\x04 nothing", "things.zip", "ZIP archive", True),
        (b"PK\x03\x04[Content_Types].xml word/document.xml", "letter.docx", "Word document", False),
        (b"", "empty.bin", "empty", False),
        (b"\0\1\2\3", "blob", "unknown", False),
    ],
)
def test_a_file_is_what_its_bytes_say(data: bytes, name: str, kind: str, warned: bool) -> None:
    found = sniff(data, name)
    assert (found.kind, bool(found.warning)) == (kind, warned)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\a.exe", "a.exe"),
        ("gpj\u202efdp.exe", "gpjfdp.exe"),
        ("a\r\nSet-Cookie: x.txt", "aSet-Cookie x.txt"),
        ("...", "attachment"),
        ("n" * 300 + ".pdf", "n" * 80 + ".pdf"),
    ],
)
def test_a_file_name_can_do_no_harm(given: str, kept: str) -> None:
    assert safe_name(given) == kept


def test_signed_links_are_known_wherever_they_stand() -> None:
    assert is_signed(f"{HERE}/unsubscribe/{TOKEN}", HERE)
    assert is_signed(f"{HERE}/t/c/{TOKEN}/3", HERE)
    assert is_signed(f"mailto:leave+{TOKEN}@x.example?subject=unsubscribe", HERE)
    assert not is_signed(f"{HERE}/guides/cx-buy-in", HERE)
    assert not is_signed(f"https://other.example/{TOKEN}", HERE)
    text = f"> Leave: {HERE}/unsubscribe/{TOKEN}\nWrite reply+{TOKEN}@reply.example.com or see {HERE}/issues"
    assert TOKEN not in inert_text(text, HERE)
    assert f"{HERE}/issues" in inert_text(text, HERE)
