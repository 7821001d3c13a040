"""Mail to an author's address for clipping brings its links into the tray, and proves itself by its token."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.authors import create_author
from app.accounts.models import Author
from app.conversation.clippings import links_in
from app.conversation.models import InboundKind
from app.conversation.receiving import Envelope, keep_raw, register_raw
from app.conversation.routing import process_inbound
from app.delivery.verp import clip_address, read_address
from app.issues.clip_models import Clip, ClipOrigin
from app.wiring import Runtime

DOMAIN = "letters.example.com"

FORWARDED = b"""From: Mark Levy <mark@dcx.example>
To: clip
Subject: Fwd: This week in service
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="b"

--b
Content-Type: text/plain; charset=utf-8

See below.

---------- Forwarded message ---------
From: Desk Letter <desk@letter.example>
Subject: This week in service

Read it: https://news.example/in-the-plain-part

--b
Content-Type: text/html; charset=utf-8

<p>See below.</p><div class="gmail_quote"><p>From: Desk Letter</p>
<p><a href="https://news.example/queue?utm_source=desk&amp;id=7">The queue</a>
<a class=x href='https://news.example/refunds'>Refunds</a>
<a href="mailto:desk@letter.example">Write</a><a href="https://letter.example/unsubscribe/1">Unsubscribe</a>
<a href="https://news.example/queue?id=7&amp;fbclid=z">Once more</a><a href="http://[::1">broken</a></p></div>
--b--
"""


def take_in(
    runtime: Runtime, session: Session, now: datetime, raw: bytes, recipient: str
) -> InboundKind | None:
    key = keep_raw(runtime.storage, raw)
    received = register_raw(session, now, Envelope("lmtp", "", recipient), raw=raw, storage_key=key)
    return process_inbound(session, now, received.inbound_id, storage=runtime.storage, signer=runtime.signer)


def mark(runtime: Runtime, session: Session, now: datetime) -> tuple[Author, str]:
    author = create_author(session, now, "mark@dcx.example", name="Mark Levy")
    return author, clip_address(runtime.signer, DOMAIN, author.id)


def clips(session: Session) -> list[Clip]:
    return list(session.scalars(select(Clip).order_by(Clip.id)))


def test_a_forwarded_letter_brings_its_articles(runtime: Runtime, session: Session, now: datetime) -> None:
    author, address = mark(runtime, session, now)
    assert take_in(runtime, session, now, FORWARDED, address) is InboundKind.OTHER
    found = clips(session)
    assert [each.url for each in found] == ["https://news.example/queue?id=7", "https://news.example/refunds"]
    assert {each.origin for each in found} == {ClipOrigin.MAIL}
    assert {each.author_id for each in found} == {author.id}
    assert found[0].note == "See below."


def test_an_address_shared_from_a_phone_is_clipped_with_its_title(
    runtime: Runtime, session: Session, now: datetime
) -> None:
    _, address = mark(runtime, session, now)
    raw = b"From: a@b.example\nSubject: The queue nobody sees\n\nhttps://news.example/queue\n\nSent from my phone\n"
    take_in(runtime, session, now, raw, address.upper())
    (only,) = clips(session)
    assert (only.url, only.title) == ("https://news.example/queue", "The queue nobody sees")


def test_the_same_mail_again_clips_nothing_twice(runtime: Runtime, session: Session, now: datetime) -> None:
    _, address = mark(runtime, session, now)
    take_in(runtime, session, now, FORWARDED, address)
    take_in(
        runtime, session, now, FORWARDED.replace(b"this week", b"that week").replace(b"b@", b"c@"), address
    )
    assert len(clips(session)) == 2


def test_a_forged_address_and_a_claimed_sender_clip_nothing(
    runtime: Runtime, session: Session, now: datetime
) -> None:
    _, address = mark(runtime, session, now)
    local, _, domain = address.partition("@")
    forged = f"{local[:-2]}{'aa' if local[-2:] != 'aa' else 'bb'}@{domain}"
    assert read_address(runtime.signer, forged) is None
    take_in(runtime, session, now, FORWARDED, forged)
    take_in(runtime, session, now, FORWARDED, f"clip@{DOMAIN}")
    assert clips(session) == []


def test_an_author_who_left_clips_nothing(runtime: Runtime, session: Session, now: datetime) -> None:
    author, address = mark(runtime, session, now)
    author.disabled_at = now
    session.flush()
    take_in(runtime, session, now, FORWARDED, address)
    assert clips(session) == []


def test_a_mail_of_ten_thousand_links_is_cut() -> None:
    many = "".join(f'<a href="https://news.example/{n}">x</a>' for n in range(10_000))
    raw = b"Content-Type: text/html\n\n" + many.encode()
    assert len(links_in(raw)) == 400
    assert links_in(b"Content-Type: text/html\n\n" + b"<a " * 300_000) == []
