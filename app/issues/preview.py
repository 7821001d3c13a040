"""What readers would see, before anybody does: an issue with a sample reader's values, and a test to oneself."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from markupsafe import Markup
from sqlalchemy.orm import Session

from app.accounts.models import Author
from app.delivery.branding import sender_of
from app.delivery.composing import FUNCTION_WORDS, Composer, Reader
from app.delivery.editions import freeze_edition
from app.delivery.head import Facts
from app.delivery.ledger import queue_delivery
from app.delivery.letterhead import Letterhead
from app.delivery.message import compile_mail
from app.delivery.models import Delivery, EditionClass, RecipientKind
from app.issues.composing import Press, Words, compose
from app.issues.models import Issue
from app.publication.settings import get_publication
from app.rendering.answering import Letterbox
from app.rendering.letter import render_web, web_line
from app.rendering.slots import RenderedMail, fill
from app.subscribers.models import Function

SAMPLE: Final = {"first_name": "Ada", "email": "ada@example.com"}
SAMPLE_FUNCTION: Final = Function.FINANCE
"""The reader of every preview, who works in finance unless the author asks for another. Links that carry a reader's
own token lead nowhere in a preview."""

SAMPLE_TOKEN: Final = "preview"  # noqa: S105


@dataclass(frozen=True)
class MailPreview:
    """The mail as the sample reader gets it; `bytes` is the size of its HTML."""

    subject: str
    preheader: str
    html: str
    text: str

    @property
    def bytes(self) -> int:
        return len(self.html.encode())


@dataclass(frozen=True)
class WebPreview:
    """What the archive page shows: no reader's values, merge tags by their fallbacks."""

    title: str
    body: Markup


def preview_mail(
    session: Session, words: Words, press: Press, function: Function | None = SAMPLE_FUNCTION
) -> MailPreview:
    """The mail of these words as a reader of this function gets it. Raises ContentError naming field and line."""
    seen = _filled(compose(session, words, press), function)
    return MailPreview(seen.subject, seen.preheader, seen.html, seen.text)


def preview_web(session: Session, words: Words, press: Press) -> WebPreview:
    """The archive page's words. Raises ContentError naming field and line."""
    title = web_line(words.title)
    body = render_web(
        words.markdown,
        kind=words.kind.value,
        base_url=press.links.base_url,
        guide_url=press.guide_url,
        letterbox=Letterbox(reply_address=get_publication(session).reply_address, about=title),
    )
    return WebPreview(title=title, body=body)


def preview_message(
    session: Session,
    now: datetime,
    words: Words,
    press: Press,
    letterhead: Letterhead,
    topic_id: int,
    function: Function | None = SAMPLE_FUNCTION,
) -> bytes:
    """The whole message as it would go over the wire to the sample reader, headers and all (not signed)."""
    facts = Facts(
        edition_id=0,
        key=f"preview:{words.slug}",
        edition_class=EditionClass.BULK,
        sender=sender_of(get_publication(session)),
        reply_to=get_publication(session).reply_address,
        date=now,
        topic_id=topic_id,
        topic_slug=words.kind.value,
        topic_name=words.kind.value,
    )
    reader = Reader(
        delivery_id=0,
        attempt=1,
        kind=RecipientKind.SUBSCRIBER,
        recipient_id=0,
        address=SAMPLE["email"],
        first_name=SAMPLE["first_name"],
        function=function.value if function else None,
    )
    outgoing = Composer(facts, compile_mail(compose(session, words, press)), letterhead).compose_for(reader)
    return outgoing.head + outgoing.body


def send_test(
    session: Session,
    now: datetime,
    issue: Issue,
    author: Author,
    press: Press,
    function: Function | None = None,
) -> Delivery:
    """Mail the issue as it stands to the author who asks, marked as a test; each asking sends one.

    It is the mail of a reader with this function.

    Raises ContentError or InvalidInput for what readers could not be sent either.
    """
    rendered = compose(
        session,
        Words(
            issue.kind, issue.slug, issue.title, f"[Test] {issue.subject}", issue.preheader, issue.markdown
        ),
        press,
    ).seen_by(function)
    digest = hashlib.sha256(f"{rendered.subject}\0{rendered.html}\0{rendered.text}".encode()).hexdigest()
    publication = get_publication(session)
    edition = freeze_edition(
        session,
        now,
        key=f"test:{issue.id}:{digest[:40]}",
        edition_class=EditionClass.AUTHOR,
        rendered=rendered,
        sender=sender_of(publication),
        reply_to=publication.reply_address,
    )
    return queue_delivery(
        session,
        now,
        edition_id=edition.id,
        recipient_kind=RecipientKind.AUTHOR,
        recipient_id=author.id,
        occasion=f"test:{now:%Y%m%dT%H%M%S.%f}",
        slots={"first_name": author.name.partition(" ")[0], "function": _called(function)},
    )


def _filled(rendered: RenderedMail, function: Function | None) -> RenderedMail:
    seen = rendered.seen_by(function)
    tokens = {slot.name: SAMPLE_TOKEN for slot in seen.slots if slot.name.endswith("_token")}
    return fill(seen, {**SAMPLE, "function": _called(function), **tokens})


def _called(function: Function | None) -> str:
    return FUNCTION_WORDS[function] if function else ""
