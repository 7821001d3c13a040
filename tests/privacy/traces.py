"""What a reader leaves behind in every table that has room for it."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.conversation.inbox_models import (
    Acknowledgement,
    LaneCorrection,
    PermissionState,
    QuotePermission,
    ThreadNote,
    ThreadTag,
)
from app.conversation.models import (
    Attachment,
    Direction,
    InboundKind,
    InboundMail,
    InboundState,
    Lane,
    Message,
    Thread,
    ThreadState,
)
from app.conversation.weekly import WEEKLY_KEY
from app.delivery.models import (
    Bounce,
    BounceClass,
    BounceSource,
    Correspondent,
    Delivery,
    Edition,
    EditionClass,
    EditionState,
    Outcome,
    OutcomeState,
    RecipientKind,
)
from app.delivery.verp import bounce_address
from app.foundation.addresses import address_hash
from app.foundation.tokens import Signer
from app.signup.models import Invitation, JoinRequest
from app.subscribers.models import Suppression, SuppressionReason
from app.tracking.models import Click, Open
from tests.cast import ALICE

KEY = b"tests"
SIGNER = Signer(KEY)


def leave_traces(session: Session, now: datetime, subscriber_id: int) -> None:
    """What each table can hold of somebody."""
    edition = Edition(
        key="issue:1",
        edition_class=EditionClass.BULK,
        subject="One",
        sender="mark@dcx.example",
        frozen=b"",
        state=EditionState.DONE,
        pause_reason=f"550 5.7.1 <{ALICE}>: not today",
        created_at=now,
    )
    session.add(edition)
    session.flush()
    delivery = Delivery(
        edition_id=edition.id,
        recipient_kind=RecipientKind.SUBSCRIBER,
        recipient_id=subscriber_id,
        occasion="",
        slots={"first_name": "Alice"},
    )
    mail = InboundMail(
        fingerprint="f" * 64,
        received_at=now,
        via="lmtp",
        envelope_from=ALICE,
        size=1,
        storage_key="mail/1.eml",
        state=InboundState.DONE,
    )
    thread = Thread(
        subscriber_id=subscriber_id, lane=Lane.HELLO, state=ThreadState.WAITING, opened_at=now, last_at=now
    )
    request = JoinRequest(subscriber_id=subscriber_id, requested_at=now, expires_at=now)
    digest = address_hash(ALICE, KEY)
    earlier = Correspondent(address=ALICE, canonical=ALICE, address_hash=digest, name="Alice", created_at=now)
    held = Suppression(
        address_hash=digest,
        reason=SuppressionReason.MANUAL,
        at=now,
        evidence=f"{ALICE} asked for it",
        released_at=now,
        release_reason="Alice asked again",
    )
    session.add_all([delivery, mail, thread, request, earlier, held])
    session.add(Acknowledgement(address_hash=digest, at=now))
    session.add(Invitation(code="k2", inviter_id=subscriber_id, first_name="Alice", made_at=now))
    session.flush()
    session.add_all(
        [
            InboundMail(
                fingerprint="e" * 64,
                received_at=now,
                via="lmtp",
                envelope_to=bounce_address(SIGNER, "bounce.dcx.example", delivery.id),
                size=1,
                storage_key="mail/away.eml",
                state=InboundState.DONE,
                kind=InboundKind.AUTO_REPLY,
            ),
            Outcome(
                delivery_id=delivery.id, attempt=1, state=OutcomeState.FAILED, at=now, reply=f"no {ALICE}"
            ),
            Click(
                delivery_id=delivery.id, number=1, at=now, method="GET", ip="192.0.2.1", user_agent="Alice's"
            ),
            Open(delivery_id=delivery.id, at=now, ip="192.0.2.1", user_agent="Alice's"),
            Bounce(
                fingerprint="b" * 64,
                at=now,
                delivery_id=delivery.id,
                address_hash=digest,
                source=BounceSource.DSN,
                bounce_class=BounceClass.SOFT,
                evidence=f"no {ALICE}",
            ),
            message := Message(
                thread_id=thread.id,
                direction=Direction.IN,
                at=now,
                sender=ALICE,
                inbound_mail_id=mail.id,
                text="Hi",
            ),
        ]
    )
    session.flush()
    session.add_all(
        [
            ThreadNote(thread_id=thread.id, at=now, text="Ask Alice"),
            ThreadTag(thread_id=thread.id, name="alice@example.com"),
            LaneCorrection(thread_id=thread.id, lane=Lane.HELLO, at=now),
            QuotePermission(
                thread_id=thread.id,
                words="Alice said so",
                state=PermissionState.GRANTED,
                asked_at=now,
                evidence_id=message.id,
            ),
            Attachment(message_id=message.id, part=1, name="Alice.pdf", claimed="", kind="PDF", size=1),
            _answer_to(session, now, thread.id, subscriber_id),
        ]
    )
    session.flush()


def _answer_to(session: Session, now: datetime, thread_id: int, subscriber_id: int) -> Message:
    """Our own mail, and the weekly one, repeat what she wrote."""
    ours, weekly = (
        Edition(
            key=key,
            edition_class=kind,
            subject="Re: Alice",
            sender="mark@dcx.example",
            frozen=b"Alice wrote: Hi",
            state=EditionState.OPEN,
            created_at=now,
        )
        for key, kind in (("answer:1:x", EditionClass.PERSONAL), (f"{WEEKLY_KEY}1", EditionClass.AUTHOR))
    )
    session.add_all([ours, weekly])
    session.flush()
    delivery = Delivery(
        edition_id=ours.id,
        recipient_kind=RecipientKind.SUBSCRIBER,
        recipient_id=subscriber_id,
        occasion="answer:x",
    )
    session.add(delivery)
    session.flush()
    return Message(
        thread_id=thread_id,
        direction=Direction.OUT,
        at=now,
        sender=ALICE,
        delivery_id=delivery.id,
        text="Alice!",
    )
