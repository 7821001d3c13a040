"""The mail with a one-time way into the studio, for an author who asked for it."""

import hashlib
from datetime import datetime

from sqlalchemy.orm import Session

from app.accounts.links import LOGIN_FOR, make_login_link
from app.accounts.queries import find_author
from app.delivery.branding import brand_of, sender_of
from app.delivery.editions import freeze_edition
from app.delivery.ledger import queue_delivery
from app.delivery.models import EditionClass, RecipientKind
from app.issues.words import span_words
from app.publication.settings import get_publication
from app.rendering.mail import render_mail
from app.wiring import Runtime


def mail_login_link(session: Session, now: datetime, email: str, runtime: Runtime) -> None:
    """Mail a link to the author with this address; for any other address nothing happens, and nobody can tell.

    The mail is rendered in either case, so that both take their time.
    """
    publication = get_publication(session)
    context = {
        "brand": brand_of(publication),
        "base_url": runtime.settings.base_url,
        "login_path": "/admin/enter/",
        "expires": span_words(LOGIN_FOR),
    }
    rendered = render_mail(runtime.settings.emails_dir, "login-link", context)
    author = find_author(session, email)
    if author is None or author.disabled_at is not None:
        return
    digest = hashlib.sha256(f"{rendered.subject}\0{rendered.html}\0{rendered.text}".encode()).hexdigest()
    edition = freeze_edition(
        session,
        now,
        key=f"login-link:{digest}",
        edition_class=EditionClass.AUTHOR,
        rendered=rendered,
        sender=sender_of(publication),
    )
    queue_delivery(
        session,
        now,
        edition_id=edition.id,
        recipient_kind=RecipientKind.AUTHOR,
        recipient_id=author.id,
        occasion=f"link:{now:%Y%m%dT%H%M%S.%f}",
        slots={"login_token": make_login_link(session, now, author)},
    )
