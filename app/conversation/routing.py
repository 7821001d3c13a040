"""What each mail that came in leads to. Only a signed address of ours may change anybody's state.

A sender's claim proves nothing: a bounce that names a reader, a From header, an Authentication-Results line. The
token in the address we were written to does (A43, A44, A48).
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.conversation.acknowledging import acknowledge
from app.conversation.clippings import take_clippings
from app.conversation.courtesies import confirm_leaving, tell_of_refusal
from app.conversation.filing import file_reply, file_unproven
from app.conversation.inspecting import Inspection, inspect_mail
from app.conversation.models import InboundKind, InboundMail, InboundState
from app.conversation.proof import read_answered, read_proof, read_signed, written_to
from app.conversation.providers.events import Hook
from app.conversation.receiving import read_raw
from app.conversation.reports import Action, RecipientReport
from app.conversation.strangers import is_for_people
from app.conversation.webhooks import PROVIDERS, take_events
from app.delivery.bounces import record_bounce
from app.delivery.models import BounceClass, BounceSource, Delivery, RecipientKind
from app.delivery.refusals import Reason
from app.delivery.verp import SignedAddress, SignedKind
from app.foundation.storage import Storage
from app.foundation.tokens import Signer
from app.signup.desk import Desk
from app.subscribers.models import Subscriber
from app.subscribers.preferences import leave

FORM_MAILTO = "mail: List-Unsubscribe"
FORM_REPLY = "mail: reply"


def process_inbound(
    session: Session,
    now: datetime,
    inbound_id: int,
    *,
    storage: Storage,
    signer: Signer,
    hook: Callable[[str], Hook | None] = lambda _name: None,
    desk: Desk | None = None,
) -> InboundKind | None:
    """Work on one stored mail once; None when that was done before or it is quarantined.

    `hook` finds the provider that a stored webhook came from; without a `desk` nothing is written to anybody.
    """
    inbound = session.scalars(
        select(InboundMail).where(InboundMail.id == inbound_id).with_for_update()
    ).one_or_none()
    if inbound is None or inbound.state is not InboundState.RECEIVED:
        return None
    raw = read_raw(storage, inbound.storage_key)
    if inbound.via in PROVIDERS:
        provider = hook(inbound.via)
        events = provider.read(raw) if provider is not None else []
        inbound.kind = take_events(session, now, inbound, events, signer, desk)
        inbound.state = InboundState.DONE
        return inbound.kind
    found = inspect_mail(raw)
    if not (inbound.envelope_from or inbound.envelope_to):
        inbound.envelope_from = found.sender[:320]  # read by IMAP: all there is to find a person's mail again
    addresses = written_to(inbound, found)
    signed = read_signed(signer, addresses) or read_proof(signer, found) or read_answered(signer, found)
    if signed is not None and signed.kind is SignedKind.CLIP:
        inbound.kind = take_clippings(session, now, raw, found, signed.author_id)
    else:
        inbound.kind = _act(
            session, now, inbound, found, signed, _Post(raw, signer.key("address"), addresses, desk)
        )
    inbound.state = InboundState.DONE
    return inbound.kind


@dataclass(frozen=True)
class _Post:
    """What filing a mail needs beside what was found in it; `key` is that of the address hashes."""

    raw: bytes
    key: bytes
    written_to: tuple[str, ...]
    desk: Desk | None


def _act(
    session: Session,
    now: datetime,
    inbound: InboundMail,
    found: Inspection,
    signed: SignedAddress | None,
    post: _Post,
) -> InboundKind:
    """Draw the consequence; the kind as it was after all."""
    if signed is None:
        return _take_unproven(session, now, inbound, found, post)
    if signed.kind is SignedKind.BOUNCE:
        if found.kind in {InboundKind.BOUNCE, InboundKind.COMPLAINT}:
            _take_bounce(session, now, inbound, found, signed.delivery_id, post)
        return found.kind
    if found.kind in {InboundKind.BOUNCE, InboundKind.COMPLAINT, InboundKind.AUTO_REPLY}:
        return found.kind
    if signed.kind is SignedKind.LEAVE:
        _leave(session, now, inbound, signed.subscriber_id, signed.topic_id or None, FORM_MAILTO, post)
        return InboundKind.UNSUBSCRIBE
    if signed.kind is SignedKind.REPLY:
        return _take_reply(session, now, inbound, found, signed, post)
    return found.kind


def _take_unproven(
    session: Session, now: datetime, inbound: InboundMail, found: Inspection, post: _Post
) -> InboundKind:
    """A person wrote to the address for answers without any proof of who they are: read, and changes nothing."""
    if found.kind not in {InboundKind.REPLY, InboundKind.OTHER}:
        return found.kind
    if not is_for_people(session, post.raw, post.written_to):
        return found.kind
    file_unproven(session, now, inbound, found, post.raw, key=post.key)
    return InboundKind.REPLY


def _take_reply(
    session: Session,
    now: datetime,
    inbound: InboundMail,
    found: Inspection,
    signed: SignedAddress,
    post: _Post,
) -> InboundKind:
    delivery = session.get(Delivery, signed.delivery_id)
    if delivery is None or delivery.recipient_kind is RecipientKind.AUTHOR:
        return found.kind  # an author who answers a test or a notice talks to nobody
    if found.kind is InboundKind.UNSUBSCRIBE and delivery.recipient_kind is RecipientKind.SUBSCRIBER:
        _leave(session, now, inbound, delivery.recipient_id, None, FORM_REPLY, post)
        return InboundKind.UNSUBSCRIBE
    message = file_reply(session, now, inbound, delivery, found, post.raw, key=post.key, lane=signed.lane)
    if message is not None and post.desk is not None:
        acknowledge(session, now, post.desk, inbound, message, post.raw)
    return InboundKind.REPLY


def _leave(
    session: Session,
    now: datetime,
    inbound: InboundMail,
    subscriber_id: int,
    topic_id: int | None,
    form: str,
    post: _Post,
) -> None:
    if session.get(Subscriber, subscriber_id) is None:
        return
    gone = leave(session, now, subscriber_id, topic_id, form, detail={"inbound_mail": inbound.id})
    if post.desk is not None:
        confirm_leaving(session, now, post.desk, inbound, post.raw, subscriber_id, gone)


def _take_bounce(
    session: Session, now: datetime, inbound: InboundMail, found: Inspection, delivery_id: int, post: _Post
) -> None:
    """One piece of news about one delivery, whatever number of recipients the report speaks of."""
    if found.kind is InboundKind.COMPLAINT:
        bounce_class, reason, status = BounceClass.COMPLAINT, str(Reason.COMPLAINT), ""
        words = f"feedback report: {found.feedback}"
    else:
        report = _mildest(found.recipients)
        if report is None or report.bounce_class is None:
            return
        bounce_class, reason, status = report.bounce_class, report.reason, report.status
        words = report.words
    verdict = record_bounce(
        session,
        now,
        delivery_id=delivery_id,
        source=BounceSource.DSN,
        bounce_class=bounce_class,
        reason=reason,
        status=status,
        evidence=words,
        raw_key=inbound.storage_key,
        fingerprint=hashlib.sha256(
            f"{delivery_id} {bounce_class} {inbound.fingerprint}".encode()
        ).hexdigest(),
    )
    if verdict.refused is not None and post.desk is not None:
        tell_of_refusal(session, now, post.desk, verdict.refused)


_SEVERITY = (BounceClass.POLICY, BounceClass.SOFT, BounceClass.HARD)


def _mildest(reports: tuple[RecipientReport, ...]) -> RecipientReport | None:
    """A reader who forwards to two places has not gone because one of them has: the best news counts."""
    if any(report.action is not Action.FAILED for report in reports):
        return None
    return min(
        reports, key=lambda report: _SEVERITY.index(report.bounce_class or BounceClass.SOFT), default=None
    )
