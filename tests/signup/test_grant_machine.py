"""The life of a grant under any order of events, repeated and at once.

Never two grants, never a letter without consent, never a download without a grant, and numbers that add up.
"""

import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)
from hypothesis.strategies import booleans, integers, sampled_from
from sqlalchemy import func, select

from app.delivery.ledger import count
from app.delivery.models import Edition, EditionClass
from app.foundation.addresses import parse_address
from app.foundation.errors import Conflict, Gone, NotFound, TooMany
from app.foundation.straight import driver_of
from app.foundation.tokens import Purpose
from app.guides.access import Visit, download_token
from app.guides.downloading import read_link, record_download
from app.guides.models import Grant, GrantEvent, GrantEventKind, GrantState
from app.guides.queries import count_grants
from app.guides.rules import STANDARD
from app.guides.standing import restore_grant, revoke_grant
from app.schema import metadata
from app.signup.confirming import confirm
from app.signup.desk import Desk
from app.signup.handing import resend_guide
from app.signup.joining import JoinForm, ask_to_join
from app.signup.models import JoinRequest
from app.subscribers.consent import Evidence
from app.subscribers.models import (
    ConsentAction,
    ConsentRecord,
    Subscriber,
    Subscription,
    SubscriptionState,
    SuppressionReason,
)
from app.subscribers.preferences import leave
from app.subscribers.suppression import suppress
from app.wiring import Runtime
from tests.cast import seed_cast, seed_dcx, seed_guide
from tests.fixtures.clock import FrozenClock

START = datetime(2026, 11, 16, 12, tzinfo=UTC)
PEOPLE = ("alice@example.com", "bob@example.com", "carol@example.com", "dana@example.com")
SLUGS = ("cx-buy-in", "other")
SEEN = Evidence("a form", ip="192.0.2.1")


class GrantLife(RuleBasedStateMachine):
    """Readers, authors and forwarded links, in any order; a few of them at the same moment."""

    runtime: Runtime
    clock: FrozenClock

    def __init__(self) -> None:
        super().__init__()
        here = self.runtime
        self.desk = Desk(here.signer, here.links, here.address_key, here.settings.emails_dir)
        self.clock.move_to(START)
        with here.database.writing() as session:
            for table in reversed(metadata.sorted_tables):
                session.execute(table.delete())
            seed_dcx(session)
            for slug in SLUGS:
                seed_guide(session, self.clock(), slug)
            seed_cast(session, self.clock(), here.address_key)

    def twice(self, act: Callable[[], None], at_once: bool) -> None:
        """Do it, and perhaps do it in two threads at the same moment; refusals are answers, not failures."""

        def attempt(_: int) -> None:
            with contextlib.suppress(Conflict, Gone, NotFound, TooMany):
                act()

        if at_once:
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(attempt, range(2)))
        else:
            attempt(0)

    @rule(who=sampled_from(PEOPLE), slug=sampled_from(SLUGS), letter=booleans(), at_once=booleans())
    def asks(self, who: str, slug: str, letter: bool, at_once: bool) -> None:
        def act() -> None:
            with self.runtime.database.writing() as session:
                form = JoinForm(parse_address(who), SEEN, frozenset({"letter"} if letter else ()), slug)
                ask_to_join(session, self.clock(), self.desk, form)

        self.twice(act, at_once)

    @rule(number=integers(0, 30), at_once=booleans())
    def confirms(self, number: int, at_once: bool) -> None:
        with self.runtime.database.reading() as session:
            ids = session.scalars(select(JoinRequest.id).order_by(JoinRequest.id)).all()
        if not ids:
            return
        token = self.runtime.signer.sign(Purpose.CONFIRM, ids[number % len(ids)])

        def act() -> None:
            with self.runtime.database.writing() as session:
                confirm(session, self.clock(), self.desk, token, SEEN)

        self.twice(act, at_once)

    @rule(number=integers(0, 30), at_once=booleans(), late=booleans())
    def takes(self, number: int, at_once: bool, late: bool) -> None:
        """Through the link of any grant; a forwarded one is no different."""
        with self.runtime.database.reading() as session:
            grants = session.scalars(select(Grant).order_by(Grant.id)).all()
            if not grants:
                return
            grant = grants[number % len(grants)]
            slug = grant.slug
            try:
                token = download_token(self.runtime.signer, grant, self.clock() - timedelta(days=8 * late))
            except NotFound:
                assert grant.state in {GrantState.REQUESTED, GrantState.CONFIRMED}
                return

        def act() -> None:
            with self.runtime.database.writing() as session:
                link = read_link(driver_of(session.connection()), self.runtime.signer, slug, token)
                record_download(session, self.clock(), link, Visit())

        self.twice(act, at_once)

    @rule(number=integers(0, 30), what=sampled_from((revoke_grant, restore_grant)), at_once=booleans())
    def author_acts(self, number: int, what: Callable[..., bool], at_once: bool) -> None:
        def act() -> None:
            with self.runtime.database.writing() as session:
                grants = session.scalars(select(Grant).order_by(Grant.id)).all()
                if grants:
                    what(session, self.clock(), grants[number % len(grants)], by="mark")

        self.twice(act, at_once)

    @rule(number=integers(0, 30))
    def author_resends(self, number: int) -> None:
        def act() -> None:
            with self.runtime.database.writing() as session:
                grants = session.scalars(select(Grant).order_by(Grant.id)).all()
                if grants:
                    resend_guide(session, self.clock(), self.desk, grants[number % len(grants)], by="mark")

        self.twice(act, at_once=False)

    @rule(who=sampled_from(PEOPLE), complains=booleans())
    def leaves(self, who: str, complains: bool) -> None:
        with self.runtime.database.writing() as session:
            reader = session.scalars(select(Subscriber).where(Subscriber.canonical == who)).one_or_none()
            if reader is None:
                return
            leave(session, self.clock(), reader.id, None, "one-click")
            if complains:
                suppress(session, self.clock(), reader.address_hash, SuppressionReason.COMPLAINT)

    @rule(minutes=integers(-90, 3000))
    def time_passes(self, minutes: int) -> None:
        """Clocks are set back, too."""
        self.clock.move_to(self.clock() + timedelta(minutes=minutes))

    @invariant()
    def there_is_one_grant_for_each_reader_and_guide(self) -> None:
        with self.runtime.database.reading() as session:
            pairs = [tuple(row) for row in session.execute(select(Grant.subscriber_id, Grant.slug))]
            assert len(pairs) == len(set(pairs))
            for slug in SLUGS:
                assert sum(count_grants(session, slug).values()) == sum(pair[1] == slug for pair in pairs)

    @invariant()
    def nothing_was_downloaded_without_a_grant(self) -> None:
        with self.runtime.database.reading() as session:
            for grant in session.scalars(select(Grant)):
                kinds = session.scalars(
                    select(GrantEvent.kind).where(GrantEvent.grant_id == grant.id).order_by(GrantEvent.id)
                ).all()
                assert kinds[0] is GrantEventKind.REQUESTED
                for once in (GrantEventKind.CONFIRMED, GrantEventKind.GRANTED):
                    assert kinds.count(once) <= 1
                if GrantEventKind.DOWNLOADED in kinds:
                    assert kinds.index(GrantEventKind.GRANTED) < kinds.index(GrantEventKind.DOWNLOADED)
                    assert grant.state is GrantState.DOWNLOADED
                    assert grant.guide_file_id is not None
                assert (GrantEventKind.GRANTED in kinds) == (grant.granted_at is not None)
            per_link = session.scalars(
                select(func.count())
                .where(GrantEvent.kind == GrantEventKind.DOWNLOADED)
                .group_by(GrantEvent.grant_id, GrantEvent.link)
            ).all()
            assert all(number <= STANDARD.downloads_per_link for number in per_link)

    @invariant()
    def nobody_reads_a_letter_without_having_confirmed_it(self) -> None:
        with self.runtime.database.reading() as session:
            for row in session.scalars(
                select(Subscription).where(Subscription.state == SubscriptionState.ON)
            ):
                proof = session.scalars(
                    select(ConsentRecord.action)
                    .where(
                        ConsentRecord.subscriber_id == row.subscriber_id,
                        ConsentRecord.topic_id == row.topic_id,
                        ConsentRecord.action.in_((ConsentAction.CONFIRMED, ConsentAction.LEFT)),
                    )
                    .order_by(ConsentRecord.id)
                ).all()
                assert proof
                assert proof[-1] is ConsentAction.CONFIRMED

    @invariant()
    def the_ledger_adds_up(self) -> None:
        with self.runtime.database.reading() as session:
            for edition in session.scalars(select(Edition)):
                assert edition.edition_class is EditionClass.REQUESTED
                assert count(session, edition.id).adds_up


def test_no_order_of_events_breaks_the_life_of_a_grant(runtime: Runtime, clock: FrozenClock) -> None:
    life = type("Life", (GrantLife,), {"runtime": runtime, "clock": clock})
    run_state_machine_as_test(
        life,
        settings=settings(
            max_examples=12,
            phases=(Phase.generate,),
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
