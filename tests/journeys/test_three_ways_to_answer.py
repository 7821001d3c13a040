"""From the link in a reader's mail to the lane of the author's inbox: what was chosen is what arrives."""

import re
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html import unescape
from urllib.parse import unquote

import pytest
from sqlalchemy import select

from app.cli.seed import seed_installation
from app.conversation.models import Lane, Thread
from app.conversation.receiving import Envelope, keep_raw, register_raw
from app.conversation.routing import process_inbound
from app.delivery.editions import composer_of
from app.delivery.letterhead import letterhead_of
from app.delivery.models import Delivery, Edition, EditionClass
from app.delivery.readers import Deliveries, readers_of
from app.issues.models import IssueKind
from app.issues.publishing import send_now
from app.issues.writing import Draft, create_issue
from app.wiring import Runtime
from tests.cast import seed_cast
from tests.conversation.letters import answer
from tests.fixtures.clock import FrozenClock
from worker.publishing import publish_due

DOMAIN = "in.letters.example.com"
TEXT = """Who holds it?

::: reach-out
- [Feedback](mailto:feedback)
- [Stuck](mailto:stuck)
- [Hello](mailto:hello)
:::
"""


def the_mail_of_alice(here: Runtime) -> EmailMessage:
    with here.database.reading() as session:
        edition = session.scalars(select(Edition)).one()
        delivery = session.scalars(select(Delivery).where(Delivery.edition_id == edition.id)).one()
        composer = composer_of(session, edition, letterhead_of(here.settings, here.signer))
        among = Deliveries(edition.id, delivery.id, delivery.id)
        (alice,) = readers_of(session, EditionClass.BULK, edition.topic_id, among)
    outgoing = composer.compose_for(alice)
    message = message_from_bytes(outgoing.head + outgoing.body, policy=default)
    assert isinstance(message, EmailMessage)
    return message


@pytest.mark.parametrize("lane", [Lane.FEEDBACK, Lane.STUCK, Lane.HELLO])
def test_an_answer_arrives_in_the_lane_of_the_link_that_was_taken(
    runtime: Runtime, clock: FrozenClock, lane: Lane
) -> None:
    here = replace(runtime, settings=runtime.settings.model_copy(update={"reply_domain": DOMAIN}))
    with here.database.writing() as session:
        seed_installation(session, clock(), here.settings)
        seed_cast(session, clock(), here.address_key)
        send_now(
            session,
            clock(),
            create_issue(session, clock(), IssueKind.LETTER, Draft("Holding", markdown=TEXT)).id,
        )
    publish_due(here, clock())

    mail = the_mail_of_alice(here)
    html, plain = (mail.get_body((kind,)) for kind in ("html", "plain"))
    assert html is not None
    assert plain is not None
    ways = re.findall(r'href="mailto:([^"?]+)\?subject=([^"]+)"', unescape(str(html.get_content())))
    address, subject = next(way for way in ways if unquote(way[1]).lower().startswith(lane.value))
    assert unquote(subject) == f"{lane.value.capitalize()}: Holding"
    assert address in str(plain.get_content())
    assert len({way[0] for way in ways} | {str(mail["Reply-To"])}) == 4

    raw = answer("It lies on my desk.", subject=unquote(subject)).replace(
        b"In-Reply-To: <issue-1@letters.example.com>\r\n", b""
    )
    with here.database.writing() as session:
        key = keep_raw(here.storage, raw)
        came = register_raw(
            session, clock.advance(hours=1), Envelope("lmtp", "", address), raw=raw, storage_key=key
        )
        process_inbound(session, clock(), came.inbound_id, storage=here.storage, signer=here.signer)
        thread = session.scalars(select(Thread)).one()
        assert (thread.lane, thread.edition_id) == (lane, session.scalars(select(Edition.id)).first())
