"""Any names and words splice to the message that the standard library would have made, and hold every line length."""

import email
import email.policy
import html
import re
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.delivery.composing import Composer, Outgoing, Reader
from app.delivery.head import Facts
from app.delivery.letterhead import Letterhead
from app.delivery.message import compile_mail, load
from app.delivery.models import EditionClass, RecipientKind
from app.delivery.verp import ReplyLane, SignedAddress, SignedKind, read_address
from app.foundation.errors import ContentError, InvalidInput
from app.foundation.links import Links
from app.foundation.tokens import Purpose
from app.rendering.slots import RenderedMail, SlotRegistry, clean_value, fill
from tests.delivery.post import LETTERHEAD, SIGNER, rendered_letter

NOW = datetime(2026, 11, 24, 13, 15, tzinfo=UTC)

words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=120)
awkward = ["", " ", ".", "..", "From me", "=3D", "a" * 80, "é" * 80, "x\r\nBcc: y@z", "\t.\t"]
names = st.one_of(words, st.sampled_from(awkward))


def facts(**changes: object) -> Facts:
    given_: dict[str, object] = {
        "edition_id": 1,
        "key": "issue:1",
        "edition_class": EditionClass.BULK,
        "sender": "Mark Levy <mark@dcx.example>",
        "reply_to": "",
        "date": NOW,
        "topic_id": 3,
        "topic_slug": "letter",
        "topic_name": "The Tuesday letter",
    }
    return Facts(**{**given_, **changes})  # type: ignore[arg-type]


def compose(rendered: RenderedMail, letterhead: Letterhead = LETTERHEAD, **changes: object) -> Outgoing:
    reader = Reader(
        7, 1, RecipientKind.SUBSCRIBER, 9, "alice@example.com", str(changes.pop("first_name", "Alice"))
    )
    frozen = compile_mail(rendered).dump()
    composer = Composer(facts(**changes), load(frozen), letterhead)
    return composer.compose(composer.prepare([reader])[0])


def parsed(message: Outgoing) -> EmailMessage:
    read = email.message_from_bytes(message.head + message.body, policy=email.policy.default)
    assert not read.defects
    return read


def part(message: EmailMessage, kind: str) -> str:
    found = message.get_body((kind,))
    assert found is not None
    assert not found.defects
    content: str = found.get_content()
    return content.replace("\r\n", "\n")


def with_slots(before: str, after: str, fallback: str = "there") -> RenderedMail:
    registry = SlotRegistry()
    name, token = registry.mark("first_name", fallback), registry.mark("delivery_token")
    return RenderedMail(
        subject=f"{name}, the handoff",
        preheader="",
        html=f'<p title="{name}">{name}</p><a href="https://x.example/{token}/1?n={name}">y</a>',
        text=f"{before}{name}{after}{name}\n.{name}\n{token}",
        slots=registry.slots,
    )


@settings(deadline=None)
@given(name=names, before=words, after=words)
def test_any_words_decode_to_what_the_standard_library_would_say(name: str, before: str, after: str) -> None:
    rendered = with_slots(_defused(before), _defused(after))
    message = compose(rendered, first_name=name)
    values = {"first_name": name, "delivery_token": _delivery_token()}
    expected = EmailMessage(policy=email.policy.SMTP)
    text = fill(rendered, values).text.replace("\r\n", "\n").replace("\r", "\n")
    expected.set_content(text, cte="quoted-printable")
    theirs = email.message_from_bytes(expected.as_bytes(), policy=email.policy.default)
    assert part(parsed(message), "plain") == part(theirs, "plain").rstrip("\n") + "\n"


@settings(deadline=None)
@given(name=names)
def test_a_value_is_escaped_for_where_it_stands(name: str) -> None:
    message = parsed(compose(with_slots("a", "b"), first_name=name))
    shown = clean_value(name) or "there"
    found = re.fullmatch(
        r'<p title="([^"<>]*)">([^<>]*)</p><a href="https://x\.example/[a-z2-7]+/1\?n=([A-Za-z0-9_.~%-]*)">y</a>\n',
        part(message, "html"),
    )
    assert found is not None
    assert message["Subject"] == f"{shown}, the handoff".strip()
    assert email.message_from_string(f"X: {found[1]}")  # one line


@settings(deadline=None)
@given(name=names, before=words, after=words)
def test_no_line_is_too_long_or_begins_with_a_dot(name: str, before: str, after: str) -> None:
    message = compose(with_slots(_defused(before), _defused(after)), first_name=name)
    wire = message.head + message.body
    assert wire.isascii()
    assert b"\n" not in wire.replace(b"\r\n", b"")
    assert b"\r" not in wire.replace(b"\r\n", b"")
    for line in message.body.split(b"\r\n"):
        assert len(line) <= 76
        assert not line.startswith((b".", b"From "))
        assert not line.endswith((b" ", b"\t"))
        assert b"  " not in line
    assert all(len(line) <= 998 for line in message.head.split(b"\r\n"))


@settings(deadline=None)
@given(first=names, second=names)
def test_a_name_cannot_add_a_header(first: str, second: str) -> None:
    registry = SlotRegistry()
    rendered = RenderedMail(
        registry.mark("first_name", _defused(second)), "", "<p>x</p>", "x", registry.slots
    )
    if not (clean_value(first) or " ".join(_defused(second).split())):
        return
    assert set(parsed(compose(rendered, first_name=first)).keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "Reply-To", "List-Id", "List-Unsubscribe",
        "List-Unsubscribe-Post", "Feedback-ID", "MIME-Version", "Content-Type",
    }  # fmt: skip


def test_a_letter_carries_the_headers_of_a_list() -> None:
    outgoing = compose(rendered_letter())
    message = parsed(outgoing)
    assert message["From"] == "Mark Levy <mark@dcx.example>"
    assert message["To"] == "alice@example.com"
    assert message["Date"] == "Tue, 24 Nov 2026 13:15:00 +0000"
    assert message["List-Id"] == "The Tuesday letter <letter.dcx.example>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    https, mailto = re.findall(r"<([^>]*)>", message["List-Unsubscribe"])
    assert https.startswith("https://letters.dcx.example/unsubscribe/")
    assert re.fullmatch(r"mailto:leave\+[a-z2-7]+@bounce\.dcx\.example\?subject=unsubscribe", mailto)
    assert message["Feedback-ID"] == "issue-1:letter:bulk:dcxexample"
    assert re.fullmatch(r"<[a-z2-7]+@dcx\.example>", message["Message-ID"])
    assert re.fullmatch(r"Mark Levy <reply\+[a-z2-7]+@reply\.dcx\.example>", message["Reply-To"])
    assert message["Auto-Submitted"] is None
    assert message.get_content_type() == "multipart/alternative"
    assert [p.get_content_type() for p in message.iter_parts()] == ["text/plain", "text/html"]
    assert re.fullmatch(r"bounce\+[a-z2-7]+@bounce\.dcx\.example", outgoing.sender)
    assert len(outgoing.sender.partition("@")[0]) <= 64


def test_a_confirmation_says_that_no_person_wrote_it() -> None:
    message = parsed(compose(rendered_letter(), edition_class=EditionClass.REQUESTED, topic_id=0))
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Unsubscribe"] is None


def test_without_domains_the_authors_own_address_takes_answers_and_bounces() -> None:
    plain = Letterhead(Links("https://letters.dcx.example"), SIGNER)
    outgoing = compose(rendered_letter(), plain, reply_to="Mark <mark@dcx.example>")
    assert outgoing.sender == "mark@dcx.example"
    assert parsed(outgoing)["Reply-To"] == "Mark <mark@dcx.example>"
    assert "mailto:" not in parsed(outgoing)["List-Unsubscribe"]


@pytest.mark.parametrize(
    ("sender", "shown"),
    [
        ("Márk Levy <mark@dcx.example>", "Márk Levy <mark@dcx.example>"),
        ('"Levy, Mark" <mark@dcx.example>', '"Levy, Mark" <mark@dcx.example>'),
        ("mark@dcx.example", "mark@dcx.example"),
    ],
)
def test_a_sender_is_encoded_as_its_letters_need(sender: str, shown: str) -> None:
    assert str(parsed(compose(rendered_letter(), sender=sender))["From"]) == shown


def test_the_message_id_is_the_same_at_every_attempt() -> None:
    composer = Composer(facts(), compile_mail(rendered_letter()), LETTERHEAD)
    readers = [Reader(7, attempt, RecipientKind.SUBSCRIBER, 9, "alice@example.com") for attempt in (1, 2)]
    first, second = (composer.compose(letter) for letter in composer.prepare(readers))
    assert first.head == second.head
    assert first.body == second.body


def test_a_slot_without_a_token_is_an_error_of_this_reader() -> None:
    registry = SlotRegistry()
    text = f"https://x.example/{registry.mark('download_token')}"
    rendered = RenderedMail("x", "", f'<a href="{text}">x</a>', text, registry.slots)
    with pytest.raises(InvalidInput, match="download_token"):
        compose(rendered)


def test_html_that_mail_providers_would_cut_is_refused() -> None:
    with pytest.raises(ContentError, match="95,000"):
        compile_mail(RenderedMail("x", "", "x" * 95_001, "x", ()))


def _delivery_token() -> str:
    from_letter = compose(with_slots("", ""))
    return part(parsed(from_letter), "plain").strip().rpartition("\n")[2]


def _defused(text: str) -> str:
    return text.replace("zqslot", "zq-slot")


def test_each_reader_has_three_addresses_of_their_own_to_answer_to() -> None:
    registry = SlotRegistry()
    marks = [registry.mark(f"{lane.name.lower()}_token") for lane in ReplyLane]
    said = " ".join(f"reply+{mark}@in.example" for mark in marks)
    message = parsed(compose(RenderedMail("Hello", "", f"<p>{said}</p>", said, registry.slots)))
    found = re.findall(r"reply\+[a-z2-7]+@in\.example", part(message, "plain"))
    assert [read_address(SIGNER, address) for address in found] == [
        SignedAddress(SignedKind.REPLY, delivery_id=7, lane=lane) for lane in ReplyLane
    ]
    assert part(message, "html").count("reply+") == 3


_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,20}"
addresses = st.from_regex(
    rf"{_ATOM}(\.{_ATOM})?@[a-z0-9]([a-z0-9-]{{0,20}}[a-z0-9])?\.example", fullmatch=True
)
link_paths = st.lists(
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp")))
)


@settings(deadline=None)
@given(name=names, address=addresses, paths=link_paths)
def test_names_addresses_and_links_make_the_message_that_the_standard_library_would(
    name: str, address: str, paths: list[str]
) -> None:
    registry = SlotRegistry()
    shown, token = registry.mark("first_name", "there"), registry.mark("delivery_token")
    urls = [f"https://x.example/{token}/{number}?{_defused(path)}" for number, path in enumerate(paths)]
    links = "".join(
        f'<p>Dear {shown}: <a href="{html.escape(url)}">{html.escape(url)}</a></p>\n' for url in urls
    )
    rendered = RenderedMail(
        f"{shown}, look",
        "",
        f"<h1>{shown}</h1>\n{links}",
        f"Dear {shown},\n" + "\n".join(urls),
        registry.slots,
    )
    reader = Reader(7, 1, RecipientKind.SUBSCRIBER, 9, address, name)
    composer = Composer(facts(), load(compile_mail(rendered).dump()), LETTERHEAD)
    ours = parsed(composer.compose(composer.prepare([reader])[0]))
    filled = fill(rendered, {"first_name": name, "delivery_token": SIGNER.sign(Purpose.DELIVERY, 7)})
    made = EmailMessage(policy=email.policy.SMTP)
    made["To"], made["Subject"] = address, filled.subject
    made.set_content(filled.text, cte="quoted-printable")
    made.add_alternative(filled.html, subtype="html", cte="quoted-printable")
    theirs = email.message_from_bytes(made.as_bytes(), policy=email.policy.default)
    assert ours["To"] == theirs["To"] == address
    assert ours["Subject"] == filled.subject
    for kind in ("plain", "html"):
        assert part(ours, kind) == part(theirs, kind).rstrip("\n") + "\n"
