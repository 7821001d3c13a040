"""Passing a letter on: a link of one's own to hand to a colleague, and the thanks for whoever comes by it.

We never mail the colleague. The reader gets words and a link and sends them by their own means; what they write is
used for that one page and never kept, so an invitation cannot carry anybody's advertisement. The link's code is
random and says nothing of its owner.
"""

import logging
import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.delivery.models import Delivery, RecipientKind
from app.foundation.addresses import abuse_key, parse_address
from app.foundation.errors import InvalidInput, NotFound
from app.foundation.tokens import Purpose, Signer
from app.issues.models import Issue
from app.issues.queries import OUT
from app.signup.models import Invitation, InvitationCredit, JoinRequest
from app.subscribers.models import Subscriber
from app.subscribers.names import clean_name

log = logging.getLogger(__name__)

CREDIT_FOR: Final = timedelta(days=365)
LONGEST_NOTE: Final = 300
LONGEST_NAME: Final = 30
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_CODE_LENGTH: Final = 11  # 54 bits: nobody finds one by trying
_CODE: Final = re.compile(f"[{_ALPHABET}]{{{_CODE_LENGTH}}}")
_LINK: Final = re.compile(r"://|\bwww\.|@|[a-z0-9-]{2,}\.[a-z]{2,}\b|\\", re.IGNORECASE)


@dataclass(frozen=True)
class Invited:
    """What an invitation shows to whoever opens it: the letter, unless it was taken back, and a first name if its owner
    wished it. `counts` while there is somebody to thank."""

    id: int
    code: str
    issue: Issue | None
    first_name: str
    counts: bool


def read_forward_link(session: Session, signer: Signer, token: str) -> Subscriber | None:
    """Whose letter this link stood in; None once they were erased, or when it was no reader's.

    Raises NotFound for a token that is not ours.
    """
    (delivery_id,) = signer.read(Purpose.DELIVERY, token, 1)
    delivery = session.get(Delivery, delivery_id)
    if delivery is None or delivery.recipient_kind is not RecipientKind.SUBSCRIBER:
        return None
    return session.get(Subscriber, delivery.recipient_id)


def make_invitation(
    session: Session, now: datetime, *, inviter_id: int | None, issue_id: int | None, first_name: str
) -> Invitation:
    """The link to hand on. A reader has one for each letter; whoever is nobody to us and gives no name shares one with
    all such, so that pressing the button often fills nothing.

    Raises InvalidInput for a first name that is more than one.
    """
    shown = _shown_name(first_name)
    known = _known(session, inviter_id, issue_id, shown)
    if known is None:
        known = Invitation(
            code="".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH)),
            inviter_id=inviter_id,
            issue_id=issue_id,
            first_name=shown,
            made_at=now,
        )
        try:
            with session.begin_nested():
                session.add(known)
        except IntegrityError:  # the same button pressed twice at once
            known = _known(session, inviter_id, issue_id, shown)
            if known is None:
                raise
    known.first_name = shown
    return known


def clean_note(raw: str) -> str:
    """The reader's own line, on one line. Raises InvalidInput: too long, links, addresses, or invisible characters."""
    if len(raw) > LONGEST_NOTE * 4:
        raise _bad_note("That is too long for a line.", f"At most {LONGEST_NOTE} characters.")
    text = " ".join(unicodedata.normalize("NFC", raw).split())
    if any(
        unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co"} and char not in "\u200c\u200d" for char in text
    ):
        raise _bad_note("That contains invisible characters.", "Type it anew instead of pasting it.")
    if len(text) > LONGEST_NOTE:
        raise _bad_note("That is too long for a line.", f"At most {LONGEST_NOTE} characters.")
    if _LINK.search(text):
        raise _bad_note(
            "Links and addresses cannot stand here.", "The invitation has its own link. Say it in your words."
        )
    return text


def read_invitation(session: Session, now: datetime, code: str) -> Invited:
    """What stands behind a code. Raises NotFound for one that was never given out."""
    found = (
        session.scalar(select(Invitation).where(Invitation.code == code)) if _CODE.fullmatch(code) else None
    )
    if found is None:
        raise NotFound(
            "This invitation is not one of ours, or its link was cut short.",
            hint="The letters can be read without one.",
        )
    issue = session.get(Issue, found.issue_id) if found.issue_id else None
    public = issue is not None and issue.state in OUT and issue.withdrawn_at is None
    counts = found.inviter_id is not None and now < found.made_at + CREDIT_FOR
    return Invited(found.id, found.code, issue if public else None, found.first_name, counts)


def credit_invitation(session: Session, now: datetime, request: JoinRequest, subscriber: Subscriber) -> None:
    """Thank whoever invited this person, who is about to be confirmed for the first time. A reader who was one before
    is no newcomer, and nobody invites themselves, under another spelling of their mailbox neither."""
    if request.invitation_id is None or subscriber.verified_at is not None:
        return
    invitation = session.get(Invitation, request.invitation_id)
    inviter = session.get(Subscriber, invitation.inviter_id) if invitation and invitation.inviter_id else None
    if invitation is None or inviter is None or request.requested_at >= invitation.made_at + CREDIT_FOR:
        return
    if _mailbox(inviter) == _mailbox(subscriber):
        return
    taken = select(InvitationCredit.id).where(InvitationCredit.subscriber_id == subscriber.id)
    if session.scalar(taken) is not None:
        return
    try:
        with session.begin_nested():
            session.add(
                InvitationCredit(invitation_id=invitation.id, subscriber_id=subscriber.id, credited_at=now)
            )
    except IntegrityError:
        log.info("two links of one reader were confirmed at once; the other one counted")


def count_credits(session: Session, inviter_id: int) -> int:
    """How many people have come through this reader's invitations."""
    query = (
        select(func.count())
        .select_from(InvitationCredit)
        .join(Invitation, Invitation.id == InvitationCredit.invitation_id)
        .where(Invitation.inviter_id == inviter_id)
    )
    return session.scalar(query) or 0


def count_credits_of(session: Session, inviter_id: int) -> dict[int, int]:
    """The same for each of their invitations that brought somebody."""
    query = (
        select(InvitationCredit.invitation_id, func.count())
        .join(Invitation, Invitation.id == InvitationCredit.invitation_id)
        .where(Invitation.inviter_id == inviter_id)
        .group_by(InvitationCredit.invitation_id)
    )
    return dict(session.execute(query).all())


def _known(session: Session, inviter_id: int | None, issue_id: int | None, shown: str) -> Invitation | None:
    query = select(Invitation).where(
        Invitation.inviter_id.is_not_distinct_from(inviter_id),
        Invitation.issue_id.is_not_distinct_from(issue_id),
    )
    if inviter_id is None:
        query = query.where(Invitation.first_name == shown)
    return session.scalar(query.order_by(Invitation.id).limit(1))


def _shown_name(raw: str) -> str:
    name = clean_name(raw, field="first_name")
    fits = len(name) <= LONGEST_NAME and name.count(" ") <= 1
    if not fits or any(
        not (char.isalpha() or unicodedata.category(char)[0] == "M" or char in " -'’.") for char in name
    ):
        raise InvalidInput(
            "That is more than a first name.",
            field="first_name",
            hint=f"At most two words and {LONGEST_NAME} letters, or leave it empty.",
        )
    return name


def _bad_note(message: str, hint: str) -> InvalidInput:
    return InvalidInput(message, field="note", hint=hint)


def _mailbox(subscriber: Subscriber) -> str:
    return abuse_key(parse_address(subscriber.canonical))
