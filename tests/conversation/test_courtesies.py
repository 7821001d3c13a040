"""What we write by ourselves: to the authors when servers refuse a letter, to a reader who left by mail. Never twice,
never to a robot, never because a stranger says so."""

import dataclasses
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.authors import create_author
from app.conversation.models import InboundKind
from app.conversation.providers.events import EventKind, ProviderEvent, judge_passing
from app.conversation.receiving import Envelope, keep_raw, register_raw
from app.conversation.routing import process_inbound
from app.delivery.carriers import ThreadedCarrier
from app.delivery.control import resume_edition
from app.delivery.letterhead import Letterhead
from app.delivery.message import load
from app.delivery.models import Delivery, Edition, EditionState, RecipientKind
from app.delivery.office import Office
from app.delivery.sending import send_edition
from app.delivery.transport import MemoryTransport
from app.delivery.verp import bounce_address, leave_address, reply_address
from app.foundation.tokens import Signer
from app.signup.desk import Desk
from app.subscribers.models import Suppression, SuppressionReason
from app.subscribers.suppression import suppress
from app.wiring import Runtime
from tests.cast import seed_dcx
from tests.conversation.letters import answer, deliver, dsn, subscriber, topic

DOMAIN = "mail.example.com"
ALICE = "alice@example.org"
BLOCKED = "550 5.7.1 message content rejected as spam"
DOMAINS = ("one.example", "two.example", "three.example", "four.example")


@pytest.fixture
def here(runtime: Runtime, session: Session, now: datetime) -> "House":
    seed_dcx(session)
    create_author(session, now, "mark@dcx.example", name="Mark")
    return House(runtime, session, now)


@dataclasses.dataclass
class House:
    runtime: Runtime
    session: Session
    now: datetime

    def take(
        self,
        raw: bytes,
        recipient: str,
        *,
        sender: str = ALICE,
        via: str = "lmtp",
        event: ProviderEvent | None = None,
    ) -> InboundKind | None:
        key = keep_raw(self.runtime.storage, raw)
        envelope = Envelope(via, sender, recipient)
        received = register_raw(self.session, self.now, envelope, raw=raw, storage_key=key)
        here = self.runtime
        return process_inbound(
            self.session,
            self.now,
            received.inbound_id,
            storage=here.storage,
            signer=here.signer,
            hook=lambda _name: Told(event) if event else None,
            desk=Desk(here.signer, here.links, here.address_key, here.settings.emails_dir),
        )

    def refuse(self, delivery: Delivery, status: str = "5.7.1", words: str = BLOCKED) -> None:
        raw = dsn(f"reader{delivery.recipient_id}@example.org", status=status, words=words)
        self.take(raw, bounce_address(self.runtime.signer, DOMAIN, delivery.id), sender="")

    def letters(self, domains: tuple[str, ...], *, apart: int = 1) -> list[Delivery]:
        """A letter that goes to one reader of each domain, with others between them in the ledger."""
        found = []
        for number, domain in enumerate(domains):
            found.append(deliver(self.session, self.now, f"reader{number}@{domain}"))
            for between in range(apart - 1):
                deliver(self.session, self.now, f"between{number}x{between}@example.org")
        return found

    def edition(self) -> Edition:
        self.session.expire_all()
        return self.session.scalars(select(Edition).where(Edition.key == "issue:1")).one()

    def written(self, kind: RecipientKind) -> list[str]:
        """The subjects of what we wrote to people of a kind."""
        self.session.flush()
        return list(
            self.session.scalars(
                select(Edition.subject)
                .join(Delivery, Delivery.edition_id == Edition.id)
                .where(Delivery.recipient_kind == kind, Edition.key != "issue:1")
            )
        )

    def left(self) -> list[str]:
        return self.written(RecipientKind.SUBSCRIBER)

    def told(self) -> list[str]:
        return self.written(RecipientKind.AUTHOR)


@dataclasses.dataclass
class Told:
    """A provider that has one thing to say."""

    event: ProviderEvent

    def verify(self, *_: object) -> None:
        return

    def read(self, _body: bytes) -> list[ProviderEvent]:
        return [self.event]


def test_four_refusals_from_three_domains_pause_the_letter_and_tell_the_author_once(here: House) -> None:
    for delivery in here.letters(DOMAINS)[:3]:
        here.refuse(delivery)
    assert here.edition().state is EditionState.SENDING
    for delivery in here.letters(("five.example", "six.example")):
        here.refuse(delivery)
    assert here.edition().state is EditionState.PAUSED
    assert "several domains refuse this letter" in here.edition().pause_reason
    assert "rejected as spam" in here.edition().pause_reason
    assert len(here.told()) == 1
    assert here.session.scalars(select(Suppression)).all() == []


def test_one_domain_with_a_grudge_pauses_nothing(here: House) -> None:
    for delivery in here.letters(("corporate.example",) * 12):
        here.refuse(delivery)
    assert here.edition().state is EditionState.SENDING
    assert here.told() == []


def test_refusals_far_apart_in_the_ledger_pause_nothing(here: House) -> None:
    for delivery in here.letters(DOMAINS, apart=80):
        here.refuse(delivery)
    assert here.edition().state is EditionState.SENDING


def test_the_order_in_which_they_are_told_does_not_matter(here: House) -> None:
    letters = here.letters(DOMAINS, apart=30)
    for delivery in (letters[2], letters[0], letters[3], letters[1]):
        here.refuse(delivery)
    assert here.edition().state is EditionState.PAUSED


def test_the_same_refusal_told_ten_times_is_one(here: House) -> None:
    for delivery in here.letters(DOMAINS)[:3]:
        for number in range(10):
            here.refuse(delivery, words=f"{BLOCKED}, told {number} times")
    assert here.edition().state is EditionState.SENDING


def test_refusals_without_a_token_pause_nothing(here: House) -> None:
    forger = Signer(b"a stranger's key")
    for delivery in here.letters(DOMAINS):
        raw = dsn("x@example.org", status="5.7.1", words=BLOCKED)
        here.take(raw, bounce_address(forger, DOMAIN, delivery.id), sender="")
    assert here.edition().state is EditionState.SENDING


def test_a_refusal_of_us_altogether_pauses_at_once(here: House) -> None:
    words = "550 5.7.515 Access denied, sending domain does not meet the required authentication level"
    here.refuse(here.letters(DOMAINS)[0], "5.7.515", words)
    assert here.edition().state is EditionState.PAUSED
    assert len(here.told()) == 1


def test_one_mail_that_a_provider_or_a_forwarding_broke_pauses_nothing(here: House) -> None:
    first, second, *_ = here.letters(DOMAINS)
    here.refuse(first, "5.7.9", "554 5.7.9 Message not accepted for policy reasons")
    here.refuse(second, "5.7.26", "550 5.7.26 unauthenticated mail fails DMARC policy")
    assert here.edition().state is EditionState.SENDING


@pytest.mark.parametrize(
    ("status", "words"),
    [("5.2.2", "552 mailbox full"), ("5.3.4", "552 message too large"), ("5.1.1", "550 no such user")],
)
def test_news_about_the_reader_or_the_size_pauses_nothing(here: House, status: str, words: str) -> None:
    for delivery in here.letters((*DOMAINS, *DOMAINS)):
        here.refuse(delivery, status, words)
    assert here.edition().state is EditionState.SENDING


def test_a_letter_that_the_author_resumed_goes_on_until_there_is_as_much_news_again(here: House) -> None:
    for delivery in here.letters(DOMAINS):
        here.refuse(delivery)
    resume_edition(here.session, here.now, here.edition().id)
    here.now += timedelta(minutes=5)
    more = here.letters(("five.example", "six.example", "seven.example", "eight.example"))
    for delivery in more[:3]:
        here.refuse(delivery)
    assert here.edition().state is not EditionState.PAUSED
    here.refuse(more[3])
    assert here.edition().state is EditionState.PAUSED
    assert len(here.told()) == 2


def test_a_letter_that_has_gone_out_stays_done_and_the_author_hears_of_it_once(here: House) -> None:
    letters = here.letters((*DOMAINS, "five.example"))
    here.edition().state = EditionState.DONE
    here.session.flush()
    for delivery in letters:
        here.refuse(delivery)
    assert here.edition().state is EditionState.DONE
    assert here.told() == ["[DCX] Mail servers refuse a letter"]


def test_a_providers_webhooks_count_as_well(here: House) -> None:
    for number, delivery in enumerate(here.letters(DOMAINS)):
        event = ProviderEvent(
            EventKind.BOUNCE,
            f"event {number}",
            "",
            clues=(bounce_address(here.runtime.signer, DOMAIN, delivery.id),),
            verdict=judge_passing("5.7.1", BLOCKED),
            status="5.7.1",
            words=BLOCKED,
        )
        here.take(f"event {number}".encode(), "", via="sendgrid", event=event)
    assert here.edition().state is EditionState.PAUSED
    assert len(here.told()) == 1


# Leaving by mail.


def leave_mail(header: str = "") -> bytes:
    return f"From: {ALICE}\r\n{header}Subject: unsubscribe\r\n\r\n".encode()


def leaving(here: House) -> str:
    alice = subscriber(here.session, here.now, ALICE)
    return leave_address(here.runtime.signer, DOMAIN, alice.id, 0, 0)


def test_leaving_by_mail_is_confirmed_by_one_mail_to_the_address_on_record(here: House) -> None:
    here.take(leave_mail(), leaving(here), sender="somebody@else.example")
    [subject] = here.left()
    assert subject == "You have left DCX"
    delivery = here.session.scalars(select(Delivery).order_by(Delivery.id.desc())).first()
    assert delivery is not None
    assert delivery.exclusion is None
    assert delivery.recipient_id == subscriber(here.session, here.now, ALICE).id


def test_asking_again_in_other_words_writes_nothing_more(here: House) -> None:
    delivery = deliver(here.session, here.now, ALICE)
    here.take(leave_mail(), leaving(here))
    here.take(leave_mail("X-Again: yes\r\n"), leaving(here))
    here.take(answer("unsubscribe"), reply_address(here.runtime.signer, DOMAIN, delivery.id))
    assert len(here.left()) == 1


def test_an_answer_that_says_unsubscribe_is_confirmed_too(here: House) -> None:
    delivery = deliver(here.session, here.now, ALICE)
    here.take(answer("Please unsubscribe me."), reply_address(here.runtime.signer, DOMAIN, delivery.id))
    assert here.left() == ["You have left DCX"]


def test_leaving_one_of_two_names_what_was_left(here: House) -> None:
    alice = subscriber(here.session, here.now, ALICE)
    links = topic(here.session, "links").id
    here.take(leave_mail(), leave_address(here.runtime.signer, DOMAIN, alice.id, links, 0))
    [subject] = here.left()
    assert subject.startswith("Done: no more of")


@pytest.mark.parametrize(
    ("header", "sender"),
    [
        ("", ""),
        ("Return-Path: <>\r\n", ALICE),
        ("Auto-Submitted: auto-generated\r\n", ALICE),
        ("Precedence: bulk\r\n", ALICE),
        ("X-Loop: x@example.org\r\n", ALICE),
        ("List-Id: <somewhere.example>\r\n", ALICE),
    ],
)
def test_a_robot_may_leave_but_is_never_answered(here: House, header: str, sender: str) -> None:
    here.take(leave_mail(header), leaving(here), sender=sender)
    assert here.left() == []


def test_two_robots_do_not_write_to_each_other(here: House) -> None:
    """Our confirmation says that it is automatic, and a vacation notice about it is answered by nobody."""
    here.take(leave_mail(), leaving(here))
    farewell = here.session.scalars(select(Edition).where(Edition.key.startswith("left:"))).one()
    confirmation = here.session.scalars(select(Delivery).where(Delivery.edition_id == farewell.id)).one()
    assert load(farewell.frozen)
    signer = here.runtime.signer
    for address in (
        bounce_address(signer, DOMAIN, confirmation.id),
        reply_address(signer, DOMAIN, confirmation.id),
        leaving(here),
    ):
        away = answer("I am away until Monday. unsubscribe", subject="Automatic reply: You have left DCX")
        here.take(b"Auto-Submitted: auto-replied\r\nX-To: " + address.encode() + b"\r\n" + away, address)
    assert len(here.left()) == 1


def test_our_own_mail_that_comes_back_to_us_is_answered_by_nobody(here: House, tmp_path: Path) -> None:
    """A reader who signed up with one of our own addresses: what we write to them lands in our listener."""
    at_leave = leaving(here)
    here.take(leave_mail(), at_leave)
    farewell = here.session.scalars(select(Edition).where(Edition.key.startswith("left:"))).one().id
    here.session.commit()
    post = MemoryTransport()
    runtime = here.runtime
    office = Office(
        database=runtime.database,
        clock=runtime.clock,
        letterhead=Letterhead(runtime.links, runtime.signer, reply_domain=DOMAIN, bounce_domain=DOMAIN),
        carrier=ThreadedCarrier(post, 1),
        owner="tests",
        journals=tmp_path / "journals",
    )
    send_edition(office, farewell)
    [sent] = post.sent
    raw = sent.head + sent.body
    assert b"\r\nAuto-Submitted: auto-generated\r\n" in raw
    for address in (at_leave, sent.sender, reply_address(runtime.signer, DOMAIN, 1)):
        here.take(raw, address, sender=sent.sender)
    assert len(here.left()) == 1
    assert here.told() == []


def test_who_must_not_be_mailed_is_not_mailed_for_this_either(here: House) -> None:
    alice = subscriber(here.session, here.now, ALICE)
    suppress(here.session, here.now, alice.address_hash, SuppressionReason.COMPLAINT, "")
    here.take(leave_mail(), leaving(here))
    delivery = here.session.scalars(select(Delivery)).one()
    assert delivery.exclusion is not None
