"""Whoever asks gets all that is held about them, nothing of anybody else, and no key to a door."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import event, select
from sqlalchemy.orm import Session

import app.schema
from app.conversation.models import Direction, Lane, Message, Thread, ThreadState
from app.delivery.models import Correspondent, Delivery
from app.foundation.addresses import address_hash
from app.foundation.tokens import Purpose
from app.guides.access import Visit, request_guide
from app.privacy.export import export_person
from app.signup.models import Invitation, InvitationCredit
from app.subscribers.models import Subscriber
from tests.cast import ALICE, BOB, CAROL, seed_cast, seed_guide
from tests.privacy.traces import KEY, SIGNER, leave_traces

ABOUT_SOMEBODY = {
    *("subscriber_id", "delivery_id", "recipient_id", "grant_id", "thread_id", "message_id"),
    *("address_hash", "inviter_id", "envelope_from"),
}


def exported(session: Session, now: datetime, person: Subscriber | Correspondent) -> Any:
    """As it stands in the file."""
    return json.loads(json.dumps(export_person(session, now, person, SIGNER)))


def test_alice_gets_what_every_table_holds_of_her(session: Session, now: datetime) -> None:
    cast = seed_cast(session, now, KEY)
    leave_traces(session, now, cast.alice.id)
    seed_guide(session, now)
    request_guide(session, now, cast.alice.id, "cx-buy-in", source="utm:x", visit=Visit("192.0.2.7"))
    invitation = session.scalars(select(Invitation)).one()
    session.add(InvitationCredit(invitation_id=invitation.id, subscriber_id=cast.carol.id, credited_at=now))
    delivery = session.scalars(select(Delivery).order_by(Delivery.id)).first()
    assert delivery is not None
    token = SIGNER.sign(Purpose.CONFIRM, 1)
    delivery.slots = {"first_name": "Alice", "confirm_token": token}
    session.flush()
    asked: list[str] = []
    event.listen(session.get_bind(), "before_cursor_execute", lambda *seen: asked.append(seen[2]))
    found = exported(session, now, cast.alice)

    tables = {each.name for each in app.schema.metadata.sorted_tables if ABOUT_SOMEBODY & {*each.c.keys()}}
    unread = {name for name in tables if not any(f"FROM {name}" in sql for sql in asked)}
    assert unread == {"subscriber"}, "a table about people that no export reads; their own row it is given"
    words = json.dumps(found, ensure_ascii=False)
    for held in (
        "Hi",
        "Alice.pdf",
        "Ask Alice",
        "alice@example.com",
        "Alice said so",
        "granted",
        "192.0.2.7",
    ):
        assert held in words, held
    (conversation,) = found["conversations"]
    assert [each["direction"] for each in conversation["messages"]] == ["in", "out"]
    assert conversation["messages"][0]["attachments"][0]["name"] == "Alice.pdf"
    assert conversation["leave_to_quote"][0]["words"] == "Alice said so"
    assert found["invitations"]["made"][0]["brought"] == 1
    assert [mail["via"] for mail in found["mail_received"]] == ["lmtp", "lmtp"]
    for other in (token, CAROL, BOB, "bounce+"):
        assert other not in words, other


def test_bob_and_carol_get_their_own(session: Session, now: datetime) -> None:
    cast = seed_cast(session, now, KEY)
    leave_traces(session, now, cast.alice.id)
    bob, carol = (exported(session, now, each) for each in (cast.bob, cast.carol))
    assert (bob["person"]["state"], bob["topics"], bob["conversations"]) == ("unverified", [], [])
    assert {each["state"] for each in carol["topics"]} == {"left"}
    assert [each["action"] for each in carol["consent"]][-1] == "left"
    assert ALICE not in json.dumps([bob, carol])


def test_somebody_who_only_wrote_to_us_gets_their_words(session: Session, now: datetime) -> None:
    dan = Correspondent(
        address="dan@example.net",
        canonical="dan@example.net",
        address_hash=address_hash("dan@example.net", KEY),
        name="Dan",
        created_at=now,
    )
    session.add(dan)
    session.flush()
    thread = Thread(
        correspondent_id=dan.id, lane=Lane.HELLO, state=ThreadState.WAITING, opened_at=now, last_at=now
    )
    session.add(thread)
    session.flush()
    session.add(Message(thread_id=thread.id, direction=Direction.IN, at=now, text="I am Dan"))
    session.flush()
    found = exported(session, now, dan)
    assert found["person"]["kind"] == "correspondent"
    assert found["conversations"][0]["messages"][0]["text"] == "I am Dan"
    assert found["topics"] == found["requests"] == found["guides"] == []
