"""Not faster than the relay allows, and not on and on when the world says no."""

from dataclasses import replace

import pytest

from app.delivery.answers import Answer, Step
from app.delivery.models import Edition, EditionState
from app.delivery.office import Office
from app.delivery.pace import Pace, Unrest
from app.delivery.sending import send_edition
from app.foundation.db import Database
from app.subscribers.models import Suppression
from tests.cast import ALICE
from tests.delivery.conftest import memory, open_letter
from tests.delivery.post import check_identity
from tests.fixtures.clock import FrozenClock


def test_a_bucket_gives_its_rate_and_no_more() -> None:
    pace = Pace(10)
    sent = 0
    for tick in range(1001):
        pace.fill(tick / 100)
        while pace.free:
            pace.spend()
            sent += 1
    assert 99 <= sent <= 103


def test_no_rate_is_no_limit() -> None:
    pace = Pace(0)
    for _ in range(1000):
        assert pace.free
        pace.spend()


def test_one_domain_with_a_grudge_is_not_the_world() -> None:
    unrest = Unrest()
    for _ in range(50):
        unrest.note("grudge.example")
    assert not unrest.too_much


def test_two_in_a_hundred_over_three_domains_are() -> None:
    unrest = Unrest()
    for _ in range(196):
        unrest.note("")
    for domain in ("a.example", "b.example", "c.example"):
        unrest.note(domain)
        assert not unrest.too_much
    unrest.note("a.example")
    assert unrest.too_much


def policy(office: Office, *addresses: str) -> None:
    for address in addresses:
        memory(office).answers[address] = Answer(Step.RCPT, 550, "5.7.1 message refused by policy", "memory")


def test_refusals_on_policy_grounds_fail_their_readers_and_suppress_nobody(
    office: Office, database: Database, clock: FrozenClock
) -> None:
    edition_id = open_letter(database, clock, readers=9)
    policy(office, ALICE, "reader1@example.org")
    send_edition(office, edition_id)
    with database.reading() as session:
        counts = check_identity(session, edition_id)
        assert (counts.failed, counts.accepted) == (2, 8)
        assert session.query(Suppression).filter_by(released_at=None).count() == 0


@pytest.mark.parametrize(
    "words", ["550 5.7.515 Access denied, sending domain does not pass", "535 5.7.8 bad login"]
)
def test_words_about_ourselves_pause_the_edition_at_once(
    office: Office, database: Database, clock: FrozenClock, words: str
) -> None:
    edition_id = open_letter(database, clock, readers=50)
    code, _, text = words.partition(" ")
    memory(office).answers[ALICE] = Answer(Step.RCPT, int(code), text, "memory")
    sent = send_edition(office, edition_id)
    assert text in sent.paused
    with database.reading() as session:
        edition = session.get_one(Edition, edition_id)
        assert edition.state is EditionState.PAUSED
        assert text in edition.pause_reason
        counts = check_identity(session, edition_id)
        assert counts.queued == 50
        assert counts.failed == 1


def test_a_rate_is_kept_by_a_real_run(office: Office, database: Database, clock: FrozenClock) -> None:
    edition_id = open_letter(database, clock, readers=9)
    assert send_edition(replace(office, rate=200.0), edition_id).results.total() == 10
