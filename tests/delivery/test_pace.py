"""Not faster than the relay allows, and not on and on when the world says no."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
import redis

from app.delivery.answers import Answer, Step, Trouble, judge
from app.delivery.banks import Limit, LocalBank, SharedBank
from app.delivery.due import due_editions
from app.delivery.ledger import open_ledger
from app.delivery.models import Edition, EditionState
from app.delivery.office import Office
from app.delivery.pace import WHOLE, Plan, Unrest, per_hour, per_second, plan_of
from app.delivery.sending import send_edition
from app.foundation.db import Database
from app.foundation.errors import Misconfigured
from app.foundation.settings import Settings
from app.subscribers.models import Suppression
from tests.cast import ALICE, seed_cast, verified_reader
from tests.delivery.conftest import memory, open_letter, sent_by
from tests.delivery.post import KEY, add_readers, check_identity, freeze_letter
from tests.fixtures.clock import FrozenClock


class Seconds:
    """A stop-watch that the test moves."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


def taken(
    bank: LocalBank, seconds: Seconds, limits: tuple[Limit, ...], span: float, lane: str = WHOLE
) -> int:
    """How many messages leave in `span` seconds when there are always more."""
    number, until = 0, seconds.at + span
    while seconds.at < until:
        granted, wait = bank.take(lane, limits, 50)
        number += granted
        seconds.at += max(0.01, wait)
    return number


@pytest.mark.parametrize("workers", [1, 4])
def test_a_bucket_gives_its_rate_and_no_more(seconds: Seconds, workers: int) -> None:
    bank = LocalBank(workers, seconds)
    assert taken(bank, seconds, (per_second(20),), 100) == pytest.approx(2000 / workers, rel=0.02)


def test_in_no_hour_more_than_the_hour_s_number_leaves(seconds: Seconds) -> None:
    bank = LocalBank(1, seconds)
    seconds.at += 100_000  # a long rest gives no right to a rush
    assert taken(bank, seconds, (per_hour(500),), 3600) <= 500
    assert taken(bank, seconds, (per_hour(500),), 36_000) == pytest.approx(4500, rel=0.02)


def test_the_tighter_of_two_limits_holds(seconds: Seconds) -> None:
    bank = LocalBank(1, seconds)
    assert taken(bank, seconds, (per_second(100), per_second(2)), 100) == pytest.approx(200, rel=0.02)


def test_a_lane_that_was_asked_to_slow_down_halves_and_grows_back(seconds: Seconds) -> None:
    bank = LocalBank(1, seconds)
    bank.slow(WHOLE, 40.0)
    assert bank.slowed() == {WHOLE}
    speeds = [taken(bank, seconds, (), 10) / 10 for _ in range(6)]
    assert speeds[0] == pytest.approx(22, rel=0.15)
    assert speeds == sorted(speeds)
    assert bank.slowed() == frozenset()


def test_it_halves_again_when_it_is_asked_again_but_not_for_one_moment_s_echo(seconds: Seconds) -> None:
    bank = LocalBank(1, seconds)
    for _ in range(20):
        bank.slow(WHOLE, 40.0)
    assert taken(bank, seconds, (), 5) / 5 == pytest.approx(21, rel=0.2)
    seconds.at += 6
    bank.slow(WHOLE, 40.0)
    assert taken(bank, seconds, (), 5) / 5 == pytest.approx(13, rel=0.25)


def workers_of(redis_url: str, number: int) -> list[SharedBank]:
    return [SharedBank(redis.Redis.from_url(redis_url), f"worker {n}", 2) for n in range(number)]


def test_workers_share_one_bucket(redis_url: str) -> None:
    banks = workers_of(redis_url, 4)
    limits = (Limit(0.001, 40.0),)  # nothing to speak of comes back while this test runs
    with redis.Redis.from_url(redis_url) as connection:
        banks[0].take("lane", limits, 1)
        connection.hset("handoff:pace:lane:lane", "held1", "40")
    granted = [bank.take("lane", limits, 15)[0] for bank in banks]
    assert granted == [15, 15, 10, 0]


def test_one_worker_s_slowing_down_is_everybody_s(redis_url: str) -> None:
    first, second = workers_of(redis_url, 2)
    assert second.slowed() == frozenset()
    first.slow("gmail.com", 0.0)
    assert second.slowed() == {"gmail.com"}
    assert second.take("gmail.com", (), 500)[0] <= 1
    granted, wait = first.take("gmail.com", (), 500)
    assert granted == 0
    assert wait > 0


def test_without_the_queue_every_worker_keeps_to_its_share(redis_url: str, seconds: Seconds) -> None:
    banks = workers_of(redis_url, 5)
    limits = (per_second(1000),)
    for bank in banks:
        bank.take("lane", limits, 1)
    alone = SharedBank(redis.Redis.from_url("unix:///nowhere/at/all.sock"), "alone", 4)
    granted, wait = alone.take("lane", limits, 100)
    assert granted == 1
    assert wait == pytest.approx(1 / 250, rel=0.5)
    alone.slow("lane", 0.0)
    assert alone.slowed() == {"lane"}


def test_the_settings_make_a_plan() -> None:
    settings = Settings(
        send_rate=50, send_per_hour=1000, domain_rates="gmail.com=10, corporate=2", warm_up="2026-11-20:100"
    )
    plan = plan_of(settings, date(2026, 11, 22))
    assert plan.whole == (per_second(50), per_hour(1000))
    assert plan.lanes["gmail.com"] == (per_second(10), per_hour(400 / 12))
    assert plan.lanes["outlook.com"] == (per_hour(400 / 12),)
    assert [plan.lane_of(domain) for domain in ("googlemail.com", "hotmail.co.uk", "dcx.example")] == [
        "gmail.com",
        "outlook.com",
        "corporate",
    ]
    assert not plan_of(Settings(warm_up="2026-11-01"), date(2026, 11, 22)).limited


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("domain_rates", "gmail.com"),
        ("domain_rates", "gmail.com=fast"),
        ("warm_up", "tomorrow"),
        ("warm_up", "2026-11-20:0"),
    ],
)
def test_a_plan_that_cannot_be_read_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(Misconfigured, match=f"HANDOFF_{name.upper()}"):
        plan_of(Settings.model_validate({name: value}), date(2026, 11, 22))


def open_mixed_letter(database: Database, clock: FrozenClock, slow: int, others: int) -> int:
    """A letter to Alice and others at example.org, but first of all to readers at a slow provider."""
    with database.writing() as session:
        cast = seed_cast(session, clock(), KEY)
        for n in range(slow):
            verified_reader(session, clock(), KEY, f"slow{n}@gmail.com", cast.letter_id)
        add_readers(session, clock(), cast.letter_id, others)
        edition = freeze_letter(session, clock(), cast.letter_id)
        open_ledger(session, clock(), edition.id)
        return edition.id


def test_readers_at_a_slow_provider_hold_nobody_else_up(
    office: Office, database: Database, clock: FrozenClock
) -> None:
    edition_id = open_mixed_letter(database, clock, slow=12, others=30)
    plan = Plan(lanes={"gmail.com": (per_second(40),)})
    send_edition(replace(office, plan=plan), edition_id)
    order = [address.partition("@")[2] for address in sent_by(office)]
    assert order.count("gmail.com") == 12
    assert order[-6:] == ["gmail.com"] * 6
    with database.reading() as session:
        assert check_identity(session, edition_id).accepted == 43


def test_readers_whose_turn_is_far_away_wait_in_the_ledger(
    office: Office, database: Database, clock: FrozenClock
) -> None:
    edition_id = open_mixed_letter(database, clock, slow=12, others=30)
    slow = replace(office, plan=Plan(lanes={"gmail.com": (per_hour(20),)}))
    send_edition(slow, edition_id)
    with database.reading() as session:
        counts = check_identity(session, edition_id)
        assert counts.accepted == 32
        assert counts.queued == 11
        assert due_editions(session, clock()) == []
        assert len(due_editions(session, clock() + timedelta(minutes=6))) == 1


def test_a_relay_that_asks_for_patience_is_given_it(
    office: Office, database: Database, clock: FrozenClock, seconds: Seconds
) -> None:
    edition_id = open_letter(database, clock, readers=4)
    bank = LocalBank(1)
    memory(office).answers[ALICE] = Answer(Step.DOT, 421, "4.7.0 too fast", "memory")
    memory(office).answers["reader3@example.org"] = Answer(Step.RCPT, 450, "4.7.1 greylisted", "memory")
    send_edition(replace(office, bank=bank), edition_id)
    assert bank.slowed() == {WHOLE, "example.org"}
    with database.reading() as session:
        counts = check_identity(session, edition_id)
    assert (counts.accepted, counts.deferred) == (3, 2)


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


def test_refusals_on_policy_grounds_fail_their_readers_and_suppress_nobody(
    office: Office, database: Database, clock: FrozenClock
) -> None:
    """As Gmail and as Yahoo word them: both count towards the share that pauses a letter, neither is it."""
    edition_id = open_letter(database, clock, readers=9)
    gmail = Answer(Step.RCPT, 550, "5.7.1 message refused by policy", "memory")
    yahoo = Answer(Step.DOT, 554, "5.7.9 Message not accepted for policy reasons", "memory")
    memory(office).answers |= {ALICE: gmail, "reader1@example.org": yahoo}
    for answer in (gmail, yahoo):
        assert judge(answer, attempt=1, now=clock(), give_up_at=clock()).trouble is Trouble.POLICY
    send_edition(office, edition_id)
    with database.reading() as session:
        counts = check_identity(session, edition_id)
        assert (counts.failed, counts.accepted) == (2, 8)
        assert session.query(Suppression).filter_by(released_at=None).count() == 0


@pytest.mark.parametrize(
    "words",
    [
        "550 5.7.515 Access denied, sending domain does not pass",
        "535 5.7.8 bad login",
        "534 5.7.9 Authentication mechanism is too weak",
    ],
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
    assert send_edition(replace(office, plan=Plan((per_second(200),))), edition_id).results.total() == 10
