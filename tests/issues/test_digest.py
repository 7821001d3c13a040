"""Six picks become the Sunday digest; five or seven never go out, and nothing is added to fill a slot."""

import quopri
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cli.seed import seed_installation
from app.delivery.models import Delivery, Edition, EditionClass
from app.foundation.errors import Conflict, ContentError, InvalidInput
from app.issues.arranging import move_clip, picked, write_why
from app.issues.calendar import skip_slot
from app.issues.clip_models import Clip, ClipState, ReminderDay, SentLink, SlotReminder
from app.issues.clipping import clip
from app.issues.composing import Words
from app.issues.digest import draft_digest
from app.issues.findings import Check, Level
from app.issues.importing import import_links
from app.issues.models import Issue, IssueKind, IssueState
from app.issues.preflight_digest import check_digest
from app.issues.publishing import send_now
from app.issues.queries import sent_earlier
from app.issues.reminders import due_occasion, remind
from app.issues.scheduling import schedule_issue, unschedule_issue
from app.issues.writing import Draft, create_issue, discard_issue, save_issue
from app.rendering.digest import read_digest
from app.wiring import Runtime, press_of
from tests.fixtures.clock import FrozenClock
from tests.issues.gathering import BY_PASTE, six_picks, titles
from worker.clock import tick
from worker.publishing import publish_due

SUNDAY = datetime(2026, 11, 22, 13, 15, tzinfo=UTC)
"""8:15 in New York."""


@pytest.fixture
def installed(runtime: Runtime) -> Runtime:
    with runtime.database.writing() as session:
        seed_installation(session, runtime.clock(), runtime.settings)
    return runtime


@pytest.fixture
def session(installed: Runtime) -> Iterator[Session]:
    with installed.database.write() as session:
        yield session


def markdown(count: int) -> str:
    return "\n\n".join(
        f"{n}. [Title {n}](https://a.example/{n}) — A\n   Why {n}." for n in range(1, count + 1)
    )


# -- drafting ------------------------------------------------------------------------------------------------


def test_six_picks_become_a_draft_with_everything_that_is_known(session: Session, now: datetime) -> None:
    picks = six_picks(session, now)
    picks[0].picture = "0" * 32 + "-480x320.jpg"
    drafted = draft_digest(session, now)
    issue = drafted.issue
    assert drafted.is_new
    assert (issue.kind, issue.state) == (IssueKind.LINKS, IssueState.DRAFT)
    assert issue.title == "Six links for Sunday 22 November"
    links = read_digest(issue.markdown).links
    assert [link.title for link in links] == titles(picks)
    assert (links[0].source, links[0].byline, links[0].minutes) == ("News", "Ann Lee", 1)
    assert (links[0].why, links[0].picture) == ("Because it pays.", "/pictures/" + "0" * 32 + "-480x320.jpg")


def test_a_draft_follows_its_picks_and_keeps_what_was_written_around_them(
    session: Session, now: datetime
) -> None:
    picks = six_picks(session, now)
    issue = draft_digest(session, now).issue
    words = Draft(
        "My own title", "My subject", "Mine", f"Good morning.\n\n{issue.markdown}\n\nSee you.", issue.slug
    )
    issue = save_issue(session, now, issue.id, issue.version, words)
    write_why(session, picks[2].id, "A better line.")
    with pytest.raises(Conflict, match="changed in the editor"):
        draft_digest(session, now)
    again = draft_digest(session, now, replace=True)
    assert (again.issue.id, again.is_new) == (issue.id, False)
    digest = read_digest(again.issue.markdown)
    assert (digest.before, digest.after, digest.links[2].why) == (
        "Good morning.",
        "See you.",
        "A better line.",
    )
    assert (again.issue.title, again.issue.subject) == ("My own title", "My subject")
    write_why(session, picks[2].id, "The best line.")
    assert read_digest(draft_digest(session, now).issue.markdown).links[2].why == "The best line."


def test_a_title_of_ours_names_the_slot_and_the_authors_own_stays(session: Session, now: datetime) -> None:
    picks = six_picks(session, now)
    issue = draft_digest(session, now).issue
    later = now + timedelta(days=7)
    move_clip(session, now, picks[0].id, ClipState.SHORTLISTED)
    issue = draft_digest(session, later).issue
    assert (issue.title, issue.subject) == ("Six links for Sunday 29 November",) * 2
    assert issue.slug == "six-links-for-sunday-29-november"
    assert issue.preheader == "Article 2, Article 3, Article 4", (
        "the preview line follows as long as it is ours"
    )
    words = Draft("Six of the best", "Mine", "Mine too", issue.markdown, issue.slug)
    save_issue(session, later, issue.id, issue.version, words)
    issue = draft_digest(session, later + timedelta(days=7)).issue
    assert (issue.title, issue.subject, issue.preheader) == ("Six of the best", "Mine", "Mine too")


def test_a_draft_whose_picks_are_the_same_is_left_alone(session: Session, now: datetime) -> None:
    six_picks(session, now)
    issue = draft_digest(session, now).issue
    version = issue.version
    assert draft_digest(session, now).issue.version == version


def test_a_draft_thrown_away_leaves_its_picks(session: Session, now: datetime) -> None:
    six_picks(session, now)
    issue_id = draft_digest(session, now).issue.id
    discard_issue(session, issue_id)
    session.expire_all()
    assert len(picked(session)) == 6
    assert draft_digest(session, now).is_new


def test_without_picks_there_is_no_digest(session: Session, now: datetime) -> None:
    with pytest.raises(InvalidInput, match="no picks"):
        draft_digest(session, now)


def test_a_title_with_brackets_and_a_source_with_dots_survive_the_text(
    session: Session, now: datetime
) -> None:
    (pick,) = six_picks(session, now, 1)
    pick.title, pick.source = "[Video] Who *owns* it? \\ (part 2)", "by the way · 5 min"
    pick.url = "https://a.example/x_(y)?a=1&b=*2*"
    link = read_digest(draft_digest(session, now).issue.markdown).links[0]
    assert (link.title, link.url) == (pick.title, pick.url)
    assert (link.source, link.byline) == ("by the way - 5 min", "Ann Lee")


# -- six, not five and not seven -----------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 5, 7, 12])
def test_only_six_can_be_scheduled_or_sent(session: Session, now: datetime, count: int) -> None:
    six_picks(session, now, count)
    issue = draft_digest(session, now).issue
    for attempt in (schedule_issue, send_now):
        with pytest.raises(InvalidInput, match="has six links") as caught:
            attempt(session, now, issue.id)
        assert caught.value.field == "markdown"
    assert issue.state is IssueState.DRAFT


@pytest.mark.parametrize("count", [5, 7])
def test_an_imported_list_is_held_to_six_as_well(session: Session, now: datetime, count: int) -> None:
    draft = import_links(markdown(count))
    issue = create_issue(session, now, IssueKind.LINKS, Draft(draft.title, markdown=draft.markdown))
    with pytest.raises(InvalidInput, match="has six links"):
        schedule_issue(session, now, issue.id)


def test_a_digest_without_a_list_is_no_digest(session: Session, now: datetime) -> None:
    issue = create_issue(session, now, IssueKind.LINKS, Draft("Words", markdown="Just words."))
    with pytest.raises(ContentError, match="numbered list"):
        schedule_issue(session, now, issue.id)


def test_a_digest_that_lost_a_link_after_it_was_approved_is_held_at_its_slot(
    installed: Runtime, clock: FrozenClock
) -> None:
    with installed.database.writing() as session:
        issue = create_issue(session, clock(), IssueKind.LINKS, Draft("Six", markdown=markdown(6)))
        schedule_issue(session, clock(), issue.id)
        issue.markdown = markdown(5)
        number = issue.id
    clock.move_to(SUNDAY)
    publish_due(installed, clock())
    with installed.database.reading() as session:
        held = session.get_one(Issue, number)
        assert held.state is IssueState.HELD
        assert "has six links" in held.held_reason


def test_the_check_points_out_what_is_missing_and_what_was_met_before(
    session: Session, now: datetime
) -> None:
    text = (
        markdown(5).replace("\n   Why 2.", "")
        + "\n\n6. [Again](http://www.a.example/1?utm_source=x) — A\n   Why."
    )
    session.add(issue_out(session, now))
    session.flush()
    found = list(check_digest(session, words(text)))
    assert [(each.check, each.level) for each in found] == [
        (Check.COMMENTARY, Level.WARNING),
        (Check.REPEATED, Level.WARNING),
        (Check.REPEATED, Level.WARNING),
    ]
    assert "Link 2" in found[0].message
    assert "went out before, in “Last week”" in found[1].message
    assert "Links 1 and 6" in found[2].message
    (only,) = [each for each in check_digest(session, words(markdown(5))) if each.level is Level.ERROR]
    assert "has 5 links" in only.message


def words(text: str) -> Words:
    return Words(IssueKind.LINKS, "this", "This", "This", "", text)


def issue_out(session: Session, now: datetime) -> SentLink:
    last = create_issue(
        session, now - timedelta(days=7), IssueKind.LINKS, Draft("Last week", markdown=markdown(6))
    )
    known = clip(session, now, "https://a.example/3", BY_PASTE).clip
    return SentLink(issue_id=last.id, number=1, key_hash=known.key_hash, url=known.url, title="Title 3")


# -- going out -----------------------------------------------------------------------------------------------


def test_what_went_out_is_remembered_and_its_clips_are_used(installed: Runtime, clock: FrozenClock) -> None:
    with installed.database.writing() as session:
        picks = six_picks(session, clock())
        issue = draft_digest(session, clock()).issue
        text = issue.markdown.replace("https://news.example/article-6", "https://else.example/by-hand")
        issue = save_issue(
            session, clock(), issue.id, issue.version, Draft(issue.title, issue.subject, "", text)
        )
        schedule_issue(session, clock(), issue.id)
        assert picked(session) == [], "what is approved is nobody's to arrange"
        numbers, number = [pick.id for pick in picks], issue.id
    clock.move_to(SUNDAY)
    publish_due(installed, clock())
    with installed.database.reading() as session:
        states = [session.get_one(Clip, each).state for each in numbers]
        assert states == [ClipState.USED] * 5 + [ClipState.SHORTLISTED]
        sent = session.scalars(select(SentLink).order_by(SentLink.number)).all()
        assert [each.issue_id for each in sent] == [number] * 6
        assert sent[5].url == "https://else.example/by-hand"
        again = session.get_one(Clip, numbers[0])
        assert sent_earlier(session, [again.key_hash])[again.key_hash].issue_id == number
    with installed.database.writing() as session:
        assert (
            clip(session, clock(), "https://news.example/article-1?utm_source=x", BY_PASTE).outcome == "new"
        )
        with pytest.raises(Conflict, match="went out"):
            move_clip(session, clock(), numbers[0], ClipState.PICKED)


def test_an_issue_taken_back_gives_its_picks_back(session: Session, now: datetime) -> None:
    six_picks(session, now)
    issue = draft_digest(session, now).issue
    schedule_issue(session, now, issue.id)
    unschedule_issue(session, now, issue.id)
    assert len(picked(session)) == 6


# -- when Sunday comes near ----------------------------------------------------------------------------------


def told(runtime: Runtime) -> list[str]:
    """The subjects of the notices that wait for the author, in order."""
    with runtime.database.reading() as session:
        query = select(Edition.subject).join(Delivery, Delivery.edition_id == Edition.id)
        return list(
            session.scalars(query.where(Edition.edition_class == EditionClass.AUTHOR).order_by(Delivery.id))
        )


def pass_time(
    runtime: Runtime, clock: FrozenClock, until: datetime, step: timedelta = timedelta(hours=1)
) -> None:
    while clock() < until:
        clock.move_to(min(until, clock() + step))
        tick(runtime, clock())


def test_with_five_picks_the_author_is_told_on_friday_and_saturday_and_the_slot_is_held(
    installed: Runtime, clock: FrozenClock
) -> None:
    with installed.database.writing() as session:
        six_picks(session, clock(), 5)
        number = draft_digest(session, clock()).issue.id
    friday, saturday = datetime(2026, 11, 20, 14, 0, tzinfo=UTC), datetime(2026, 11, 21, 14, 0, tzinfo=UTC)
    pass_time(installed, clock, friday - timedelta(minutes=1))
    assert told(installed) == []
    pass_time(installed, clock, friday)
    assert told(installed) == ["[DCX] Sunday’s links: five of six, and it is in two days"]
    with installed.database.writing() as session:
        move_clip(session, clock(), picked(session)[0].id, ClipState.SHORTLISTED)
    pass_time(installed, clock, saturday - timedelta(minutes=1))
    assert len(told(installed)) == 1, "told once, whatever changes"
    pass_time(installed, clock, saturday)
    assert told(installed)[1] == "[DCX] Sunday’s links: four of six, and it is tomorrow"
    pass_time(installed, clock, SUNDAY + timedelta(hours=5))
    assert len(told(installed)) == 2
    with installed.database.reading() as session:
        issue = session.get_one(Issue, number)
        assert (issue.state, issue.edition_id) == (IssueState.HELD, None)
        assert issue.title == "Six links for Sunday 29 November", "it waits for the next one"
        assert "has four of six links. Nothing went out, and nothing was added." in issue.held_reason
        assert not session.scalars(select(Edition).where(Edition.edition_class == EditionClass.BULK)).all()
        rows = session.scalars(select(SlotReminder).order_by(SlotReminder.at)).all()
        assert [(row.slot, row.day, row.picked) for row in rows] == [
            ("2026-11-22", ReminderDay.TWO_DAYS_BEFORE, 5),
            ("2026-11-22", ReminderDay.DAY_BEFORE, 4),
            ("2026-11-22", ReminderDay.HELD, 4),
        ]


def test_a_scheduled_digest_is_nothing_to_be_told_about(installed: Runtime, clock: FrozenClock) -> None:
    with installed.database.writing() as session:
        six_picks(session, clock())
        schedule_issue(session, clock(), draft_digest(session, clock()).issue.id)
    pass_time(installed, clock, SUNDAY + timedelta(hours=3))
    assert told(installed) == []
    with installed.database.reading() as session:
        assert session.scalars(select(SlotReminder)).all() == []


def test_six_picks_that_nobody_scheduled_are_worth_a_word(installed: Runtime, clock: FrozenClock) -> None:
    with installed.database.writing() as session:
        six_picks(session, clock(), why="")
    clock.move_to(datetime(2026, 11, 21, 20, 0, tzinfo=UTC))
    tick(installed, clock())
    with installed.database.reading() as session:
        (edition,) = session.scalars(
            select(Edition).where(Edition.edition_class == EditionClass.AUTHOR)
        ).all()
        words = quopri.decodestring(edition.frozen).decode("utf-8", "replace")
        assert "still has to be scheduled" in words
        assert "Six of them still have no line" in words


@pytest.mark.parametrize(
    ("at", "day"),
    [
        ("2026-11-20T13:59", None),
        ("2026-11-20T14:00", ReminderDay.TWO_DAYS_BEFORE),
        ("2026-11-21T04:59", ReminderDay.TWO_DAYS_BEFORE),
        ("2026-11-21T05:00", None),
        ("2026-11-21T14:00", ReminderDay.DAY_BEFORE),
        ("2026-11-22T04:59", ReminderDay.DAY_BEFORE),
        ("2026-11-22T05:00", None),
        ("2026-11-22T13:14", None),
        ("2026-11-22T13:15", ReminderDay.HELD),
        ("2026-11-23T13:14", ReminderDay.HELD),
        ("2026-11-23T13:16", None),
        ("2026-11-19T20:00", None),
    ],
)
def test_each_occasion_has_its_hours_on_the_cadences_wall_clock(
    session: Session, now: datetime, at: str, day: ReminderDay | None
) -> None:
    six_picks(session, now, 2)
    found = due_occasion(session, datetime.fromisoformat(at).replace(tzinfo=UTC))
    assert (found.day if found else None) == day


def test_who_never_clips_is_left_in_peace_and_so_is_a_skipped_sunday(session: Session, now: datetime) -> None:
    saturday = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
    assert due_occasion(session, saturday) is None
    six_picks(session, now, 2)
    assert due_occasion(session, saturday) is not None
    skip_slot(session, now, IssueKind.LINKS, "2026-11-22")
    assert due_occasion(session, saturday) is None


def test_two_clocks_tell_once(installed: Runtime, clock: FrozenClock) -> None:
    with installed.database.writing() as session:
        six_picks(session, clock(), 3)
    clock.move_to(datetime(2026, 11, 21, 20, 0, tzinfo=UTC))
    told_by = []
    for _ in range(2):
        with installed.database.writing() as session:
            told_by.append(remind(session, clock(), press_of(installed)))
    assert [each is not None for each in told_by] == [True, False]
    assert len(told(installed)) == 1
