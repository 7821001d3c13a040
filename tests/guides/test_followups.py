"""Thirty days after a guide: who gets which mail, on which day, and what ends it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.delivery.ledger import count
from app.delivery.models import Delivery, Edition, EditionClass, EditionState
from app.delivery.quiet import clear_quiet_window, set_quiet_window
from app.foundation.errors import Conflict, NotFound
from app.foundation.links import Links
from app.foundation.settings import Settings
from app.foundation.straight import driver_of
from app.foundation.tokens import Signer
from app.guides.access import (
    Visit,
    download_token,
    grant_access,
    read_download,
    request_guide,
)
from app.guides.catalogue import find_guide
from app.guides.content import GuideContent
from app.guides.downloading import read_link, record_download
from app.guides.following import Pen, render_followup, send_due_followups
from app.guides.followups import ensure_topic, go_on, in_order, plan_of, stop_all, stop_followups
from app.guides.models import FollowUpMail, Grant
from app.guides.rules import GateRules
from app.guides.stopping import read_steps, resume_step, skip_followup, stop_step
from app.subscribers.consent import turn_on
from app.subscribers.models import Function, Subscriber, SuppressionReason
from app.subscribers.preferences import leave
from app.subscribers.suppression import suppress
from tests.cast import Cast, seed_cast, seed_dcx, seed_guide

ROOT = Path(__file__).parents[2]
ALL = ["1-first-conversation", "3-the-case-against-you", "4-thirty-days"]


@dataclass
class Month:
    """A reader who took the guide today, and a clock that goes day by day."""

    session: Session
    start: datetime
    pen: Pen
    content: GuideContent
    cast: Cast
    grant: Grant
    topic_id: int

    def days(self, first: int, last: int) -> list[str]:
        """Tick every six hours from one day to another; the names of what was queued, in order."""
        before = self.sent()
        for hour in range(first * 24, last * 24 + 1, 6):
            send_due_followups(self.session, self.start + timedelta(hours=hour), self.pen, self.content)
        return self.sent()[len(before) :]

    def sent(self) -> list[str]:
        return list(self.session.scalars(select(FollowUpMail.name).order_by(FollowUpMail.queued_at)))


@pytest.fixture
def month(session: Session, now: datetime, settings: Settings) -> Month:
    seed_dcx(session)
    cast = seed_cast(session, now, b"tests")
    content = find_guide(ROOT / "guides", "cx-buy-in")
    seed_guide(session, now)
    signer = Signer(b"a key for tests only")
    grant = taken(session, now, signer, cast.alice)
    topic = ensure_topic(session, content)
    assert topic is not None
    turn_on(session, now, cast.alice.id, [topic.id])
    session.flush()
    pen = Pen(signer, Links("https://dcx.example"), settings.emails_dir)
    return Month(session, now, pen, content, cast, grant, topic.id)


def taken(
    session: Session, now: datetime, signer: Signer, reader: Subscriber, slug: str = "cx-buy-in"
) -> Grant:
    grant = request_guide(session, now, reader.id, slug, visit=Visit())
    grant_access(session, now, grant, visit=Visit())
    link = read_link(driver_of(session.connection()), signer, slug, download_token(signer, grant, now))
    record_download(session, now, link, Visit())
    return grant


def test_a_month_brings_three_mails_to_somebody_who_downloaded(month: Month) -> None:
    assert month.days(0, 1) == []
    assert month.days(2, 30) == ALL
    assert month.days(31, 60) == []
    editions = month.session.scalars(select(Edition)).all()
    assert {edition.edition_class for edition in editions} == {EditionClass.BULK}
    for edition in editions:
        assert edition.topic_id == month.topic_id
        assert count(month.session, edition.id).adds_up
        assert count(month.session, edition.id).queued == 1


def test_whoever_did_not_download_is_reminded_once(month: Month, now: datetime) -> None:
    month.grant.state, month.grant.downloaded_at = type(month.grant.state)("granted"), None
    month.session.flush()
    assert month.days(0, 30) == ["2-not-downloaded"]
    slots = month.session.scalars(select(Delivery.slots)).one()
    assert slots is not None
    assert (
        read_download(
            month.session, now + timedelta(days=4), month.pen.signer, "cx-buy-in", slots["download_token"]
        ).grant.id
        == month.grant.id
    )


def test_without_its_box_nobody_gets_any(month: Month) -> None:
    taken(month.session, month.start, month.pen.signer, month.cast.carol)
    month.days(0, 30)
    assert set(month.session.scalars(select(FollowUpMail.grant_id))) == {month.grant.id}


def leaves(month: Month, at: datetime) -> None:
    leave(month.session, at, month.cast.alice.id, month.topic_id, "unsubscribe page")


def complains(month: Month, at: datetime) -> None:
    suppress(month.session, at, month.cast.alice.address_hash, SuppressionReason.COMPLAINT)


def is_revoked(month: Month, at: datetime) -> None:
    month.grant.revoked_at = at


def replies(month: Month, at: datetime) -> None:
    assert stop_followups(month.session, at, month.cast.alice.id, "replied") == 1


def is_stopped_by_the_author(month: Month, at: datetime) -> None:
    stop_all(month.session, at, "cx-buy-in")


@pytest.mark.parametrize("stops", [leaves, complains, is_revoked, replies, is_stopped_by_the_author])
def test_each_stop_rule_ends_the_month(month: Month, stops: Callable[[Month, datetime], None]) -> None:
    assert month.days(0, 3) == ALL[:1]
    stops(month, month.start + timedelta(days=4))
    month.session.flush()
    assert month.days(4, 30) == []


def test_one_that_is_stopped_goes_to_nobody_and_the_others_go_on(month: Month) -> None:
    stop_step(month.session, month.start, month.content, ALL[1])
    assert month.days(0, 9) == [ALL[0]]
    resume_step(month.session, month.start, month.content, ALL[1])
    assert month.days(9, 30) == ALL[1:]


def test_stopping_one_also_holds_what_waits_in_the_ledger(month: Month) -> None:
    assert month.days(0, 2) == ALL[:1]
    edition = month.session.scalars(select(Edition)).one()
    stop_step(month.session, month.start, month.content, ALL[0])
    assert edition.state is EditionState.PAUSED
    resume_step(month.session, month.start, month.content, ALL[0])
    assert edition.state is not EditionState.PAUSED


def test_one_mail_can_be_kept_from_one_reader(month: Month) -> None:
    skip_followup(month.session, month.start, month.grant, month.content, ALL[1])
    assert month.days(0, 30) == [ALL[0], ALL[2]]
    with pytest.raises(Conflict):
        skip_followup(month.session, month.start, month.grant, month.content, ALL[0])
    with pytest.raises(NotFound):
        skip_followup(month.session, month.start, month.grant, month.content, "no-such-mail")


def test_the_author_sees_how_many_had_one_and_will(month: Month) -> None:
    at = month.start + timedelta(hours=1)
    steps = {step.mail.slug: step for step in read_steps(month.session, at, month.content)}
    assert [(steps[name].queued, steps[name].coming) for name in ALL] == [(0, 1), (0, 0), (0, 0)]
    month.days(0, 3)
    later = month.start + timedelta(days=3)
    steps = {step.mail.slug: step for step in read_steps(month.session, later, month.content)}
    assert [(steps[name].queued, steps[name].coming) for name in ALL] == [(1, 0), (0, 1), (0, 0)]


@pytest.mark.parametrize(("hours", "waits"), [(48, True), (6, False)])
def test_how_far_a_follow_up_keeps_from_a_letter_can_be_chosen(month: Month, hours: int, waits: bool) -> None:
    month.pen = replace(month.pen, rules=GateRules(quiet=timedelta(hours=hours)))
    set_quiet_window(
        month.session, "issue:1", month.cast.letter_id, month.start + timedelta(days=3, hours=13)
    )
    assert (month.days(2, 2) == []) is waits


def test_the_author_may_go_on_but_nothing_goes_weeks_late(month: Month) -> None:
    stop_all(month.session, month.start, "cx-buy-in")
    assert month.days(0, 20) == []
    go_on(month.session, "cx-buy-in")
    assert month.days(21, 30) == ALL[2:]


def test_near_a_letter_they_wait_and_away_from_it_they_go(month: Month) -> None:
    """The letter leaves on the day the first is due: it goes a day after."""
    letter = month.start + timedelta(days=2, hours=1)
    set_quiet_window(month.session, "issue:1", month.cast.letter_id, letter)
    assert month.days(2, 3) == []
    assert month.days(3, 4) == ALL[:1]
    at = month.session.scalars(select(FollowUpMail.queued_at)).one()
    assert at - letter >= timedelta(hours=23)
    set_quiet_window(month.session, "issue:2", month.cast.letter_id, month.start + timedelta(days=9))
    clear_quiet_window(month.session, "issue:2")
    assert month.days(9, 9) == ALL[1:2]


def test_somebody_who_does_not_read_the_letter_need_not_wait_for_it(month: Month) -> None:
    leave(month.session, month.start, month.cast.alice.id, month.cast.letter_id, "unsubscribe page")
    set_quiet_window(month.session, "issue:1", month.cast.letter_id, month.start + timedelta(days=2))
    assert month.days(2, 2) == ALL[:1]


def test_leaving_a_letter_brings_no_other_mail_at_once(month: Month) -> None:
    letter = month.start + timedelta(days=2)
    set_quiet_window(month.session, "issue:1", month.cast.letter_id, letter)
    leave(
        month.session,
        letter + timedelta(minutes=5),
        month.cast.alice.id,
        month.cast.letter_id,
        "unsubscribe page",
    )
    assert month.days(2, 2) == []
    assert month.days(3, 4) == ALL[:1]


def test_two_on_one_day_are_never_sent(month: Month) -> None:
    both = [
        replace(mail, matter=mail.matter.model_copy(update={"delay": "2d"}))
        for mail in month.content.followups
        if mail.slug in ALL
    ]
    month.content = replace(month.content, followups=tuple(both))
    month.days(0, 8)
    times = month.session.scalars(select(FollowUpMail.queued_at).order_by(FollowUpMail.queued_at)).all()
    assert len(times) == 3
    assert all(later - sooner >= timedelta(days=1) for sooner, later in pairwise(times))


def test_one_for_finance_goes_to_finance(month: Month) -> None:
    mail = month.content.followups[0]
    only = replace(
        mail, matter=type(mail.matter).model_validate({**mail.matter.model_dump(), "function": "finance"})
    )
    month.content = replace(month.content, followups=(only,))
    assert month.days(0, 4) == []
    month.cast.alice.function = Function.FINANCE
    month.session.flush()
    assert month.days(5, 6) == [mail.slug]


def test_a_text_that_is_changed_is_not_sent_again(month: Month) -> None:
    assert month.days(0, 2) == ALL[:1]
    mail = in_order(month.content)[0]
    changed = replace(mail, markdown="Other words.\n")
    month.content = replace(month.content, followups=(changed,))
    assert month.days(3, 9) == []


def test_reader_and_author_can_see_the_plan(month: Month) -> None:
    month.days(0, 2)
    plan = plan_of(month.session, month.grant, month.content)
    assert [mail.name for mail in plan] == [mail.slug for mail in in_order(month.content)]
    assert plan[0].sent_at == month.start + timedelta(days=2)
    assert plan[-1].due_at == month.start + timedelta(days=30)
    assert [mail.name for mail in plan if mail.unfit] == [
        mail.slug for mail in in_order(month.content) if mail.matter.condition.value == "not_downloaded"
    ]


def test_the_words_of_every_follow_up_make_a_mail(month: Month) -> None:
    for mail in month.content.followups:
        rendered = render_followup(month.session, month.pen, month.content, mail)
        assert "guide_link" not in rendered.html + rendered.text
        assert ("/download/" in rendered.text) == (mail.slug == "2-not-downloaded")
