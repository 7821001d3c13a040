"""What the inbox does by itself: one weekly mail, and an acknowledgement where RFC 3834 allows one."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.authors import create_author
from app.conversation.acknowledging import acknowledge
from app.conversation.echo import hear_edition
from app.conversation.house_rules import change_rules, get_rules
from app.conversation.models import InboundMail, Lane, Message, ThreadState
from app.conversation.receiving import Envelope, keep_raw, register_raw
from app.conversation.routing import process_inbound
from app.conversation.themes import find_themes
from app.conversation.weekly import WEEKLY_KEY, tell_what_readers_said, week_to_tell
from app.delivery.editions import composer_of
from app.delivery.letterhead import Letterhead
from app.delivery.models import Delivery, Edition, RecipientKind
from app.delivery.readers import Deliveries, readers_of
from app.delivery.verp import reply_address
from app.foundation.errors import InvalidInput
from app.publication.settings import seed_publication
from app.signup.desk import Desk
from app.wiring import Runtime
from tests.conversation.letters import answer, deliver
from tests.conversation.post import DOMAIN, reply_to

ALICE = "alice@example.org"
SEED = Path(__file__).parents[2] / "publication.toml"
MONDAY = datetime(2026, 11, 23, 13, 5, tzinfo=UTC)
"""Five past eight in New York."""


@pytest.fixture
def desk(runtime: Runtime, session: Session) -> Desk:
    seed_publication(session, SEED)
    return Desk(runtime.signer, runtime.links, runtime.address_key, runtime.settings.emails_dir)


def switch_on(session: Session, **more: str) -> None:
    change_rules(session, {"weekly": "yes", "acknowledge": "yes", "acknowledge_words": "It is here.", **more})


def hear(
    runtime: Runtime, session: Session, now: datetime, desk: Desk, raw: bytes, *, envelope: str = ALICE
) -> list[Delivery]:
    """Alice's answer comes in by LMTP; the acknowledgements there are afterwards."""
    letter = deliver(session, now, ALICE, key=f"issue:{now.timestamp()}")
    to = reply_address(runtime.signer, DOMAIN, letter.id)
    kept = register_raw(
        session, now, Envelope("lmtp", envelope, to), raw=raw, storage_key=keep_raw(runtime.storage, raw)
    )
    process_inbound(session, now, kept.inbound_id, storage=runtime.storage, signer=runtime.signer, desk=desk)
    return list(session.scalars(select(Delivery).where(Delivery.occasion.startswith("acknowledgement:"))))


def test_nothing_is_acknowledged_until_the_author_wants_it(
    runtime: Runtime, session: Session, now: datetime, desk: Desk
) -> None:
    assert not get_rules(session).acknowledge
    assert hear(runtime, session, now, desk, answer("Hello.", sender=ALICE)) == []


def test_a_persons_answer_is_acknowledged_once_in_so_many_days(
    runtime: Runtime, session: Session, now: datetime, desk: Desk
) -> None:
    switch_on(session, acknowledge_days="7")
    (first,) = hear(runtime, session, now, desk, answer("Hello.", sender=ALICE))
    second = answer("Hello again.", sender=ALICE).replace(b"answer-1@", b"answer-2@")
    assert len(hear(runtime, session, now + timedelta(days=6), desk, second)) == 1
    third = answer("And again.", sender=ALICE).replace(b"answer-1@", b"answer-3@")
    assert len(hear(runtime, session, now + timedelta(days=8), desk, third)) == 2

    edition = session.get_one(Edition, first.edition_id)
    assert edition.auto_replied
    composer = composer_of(session, edition, Letterhead(runtime.links, runtime.signer))
    (reader,) = readers_of(session, edition.edition_class, None, Deliveries(edition.id, first.id, first.id))
    out = composer.compose_for(reader)
    assert out.sender == "", "the null return path: no machine can answer it"
    assert b"Auto-Submitted: auto-replied\r\n" in out.head
    assert b"In-Reply-To: <answer-1@example.org>\r\n" in out.head


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: auto-generated",
        "Precedence: bulk",
        "List-Id: <people.example.org>",
        "List-Unsubscribe: <https://lists.example.org>",
        "Return-Path: <>",
        "X-Auto-Response-Suppress: All",
    ],
)
def test_machines_and_lists_are_never_acknowledged(
    runtime: Runtime, session: Session, now: datetime, desk: Desk, header: str
) -> None:
    switch_on(session)
    raw = f"{header}\r\n".encode() + answer("A person could have written this.", sender=ALICE)
    assert hear(runtime, session, now, desk, raw) == []


def test_a_forged_or_empty_sender_is_never_acknowledged(
    runtime: Runtime, session: Session, now: datetime, desk: Desk
) -> None:
    switch_on(session)
    assert hear(runtime, session, now, desk, answer("Hi", sender="bob@example.net")) == []
    later = now + timedelta(minutes=1)
    second = answer("Hi", sender=ALICE).replace(b"answer-1@", b"answer-2@")
    assert hear(runtime, session, later, desk, second, envelope="") == []
    stored = session.scalars(select(Message).order_by(Message.id.desc())).first()
    assert stored is not None
    inbound = session.get_one(InboundMail, stored.inbound_mail_id)
    assert acknowledge(session, now, desk, inbound, stored, second) is None


def test_the_rules_are_checked(session: Session) -> None:
    for typed in ({"acknowledge_days": "0"}, {"acknowledge_days": "x"}, {"acknowledge": "yes"}):
        with pytest.raises(InvalidInput):
            change_rules(session, {"acknowledge_words": "", **typed})


def test_on_monday_the_authors_hear_what_readers_said_once(
    runtime: Runtime, session: Session, now: datetime, desk: Desk
) -> None:
    create_author(session, now, "mark@letters.example.com")
    said = MONDAY - timedelta(days=2)
    reply_to(runtime, session, said, deliver(session, said, ALICE), "The wall list changed our Mondays.")
    assert week_to_tell(session, MONDAY - timedelta(minutes=10)) is None
    week = week_to_tell(session, MONDAY)
    assert week is not None
    assert week.name == "2026-11-23"
    for _ in range(2):
        assert tell_what_readers_said(session, MONDAY, desk, week) == 1
    assert week_to_tell(session, MONDAY + timedelta(minutes=1)) is None
    edition = session.scalars(select(Edition).where(Edition.key == WEEKLY_KEY + "2026-11-23")).one()
    assert b"wall list changed our Mondays" in edition.frozen
    mails = session.scalars(select(Delivery).where(Delivery.edition_id == edition.id)).all()
    assert [mail.recipient_kind for mail in mails] == [RecipientKind.AUTHOR]


def test_a_quiet_week_and_a_closed_switch_send_nothing(
    runtime: Runtime, session: Session, now: datetime, desk: Desk
) -> None:
    create_author(session, now, "mark@letters.example.com")
    week = week_to_tell(session, MONDAY)
    assert week is not None
    assert tell_what_readers_said(session, MONDAY, desk, week) == 0
    said = MONDAY - timedelta(days=1)
    reply_to(runtime, session, said, deliver(session, said, ALICE), "Hello!")
    change_rules(session, {"acknowledge_words": "x"})
    assert tell_what_readers_said(session, MONDAY, desk, week) == 0
    assert week_to_tell(session, MONDAY + timedelta(days=2)) is None, "too late to be news"
    assert session.scalar(select(func.count()).where(Edition.key.startswith(WEEKLY_KEY))) == 0


def test_an_issue_knows_its_echo(runtime: Runtime, session: Session, now: datetime, desk: Desk) -> None:
    words = (
        "The waiting room again.",
        "Our waiting room has a clock, which helps a lot.",
        "I am stuck, help?",
    )
    threads = [
        reply_to(runtime, session, now, deliver(session, now, f"r{n}@example.org"), text)
        for n, text in enumerate(words)
    ]
    for thread, lane in zip(threads, (Lane.FEEDBACK, Lane.FEEDBACK, Lane.STUCK), strict=True):
        thread.lane = lane
    for hours, thread in zip((1, 5), threads, strict=False):
        thread.answered_at, thread.state = now + timedelta(hours=hours), ThreadState.ANSWERED
    session.flush()
    assert threads[0].edition_id is not None
    echo = hear_edition(session, threads[0].edition_id)
    assert (echo.threads, echo.waiting, echo.answered) == (3, 1, 2)
    assert echo.first_answer == timedelta(hours=3)
    assert echo.by_lane == {Lane.FEEDBACK: 2, Lane.STUCK: 1, Lane.HELLO: 0, Lane.OTHER: 0}
    assert [(theme.word, theme.threads) for theme in echo.themes] == [("room", 2), ("waiting", 2)]


def test_a_theme_is_a_word_that_several_use() -> None:
    assert find_themes([]) == ()
    assert find_themes(["gazebo gazebo gazebo", "about that this would"]) == ()
    assert [each.word for each in find_themes(["Der Zaun und das Tor.", "Unser Zaun!"])] == ["zaun"]
