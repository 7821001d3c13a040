"""Series: issues that belong together, numbered by the author, and readers who want only the next part."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app.foundation.db import changed_rows
from app.foundation.errors import Conflict, InvalidInput, NotFound
from app.foundation.paging import Page
from app.issues.history import keep_version
from app.issues.models import Issue, IssueKind, IssueState
from app.issues.queries import OUT, get_issue
from app.issues.series_models import Series, SeriesPart
from app.issues.writing import EDITABLE, slugify
from app.subscribers.models import Topic, TopicKind

MOST_PARTS: Final = 99


@dataclass(frozen=True)
class SeriesForm:
    """What the author says about a series; `planned` as typed, empty when they would rather not say."""

    name: str
    about: str = ""
    planned: str = ""


@dataclass(frozen=True)
class Part:
    """One part, with the issue that it is."""

    number: int
    issue: Issue

    @property
    def is_public(self) -> bool:
        return self.issue.state in OUT and self.issue.withdrawn_at is None


@dataclass(frozen=True)
class Place:
    """Where an issue stands in its series. `before` and `after` are public parts, the nearest ones."""

    series: Series
    number: int
    before: Part | None
    after: Part | None

    @property
    def words(self) -> str:
        """Part 2 of 3, or Part 2 when nobody knows how many there will be."""
        total = self.series.planned
        return f"Part {self.number} of {total}" if total and total >= self.number else f"Part {self.number}"

    @property
    def is_last(self) -> bool:
        return self.series.planned == self.number

    @property
    def next_is_awaited(self) -> bool:
        """May a reader of this part ask to be told of the next?"""
        return self.after is None and not self.is_last


def create_series(session: Session, now: datetime, form: SeriesForm) -> Series:
    """A series and the topic of its reminders. Raises InvalidInput naming the field, Conflict for a name in use."""
    name, about, planned = _checked(form)
    slug = slugify(name)
    if session.scalar(select(Series.id).where(Series.slug == slug)) is not None:
        raise InvalidInput(
            f"There is a series “{name}” already.", field="name", hint="Give this one another name."
        )
    topic = _topic(session, slug)
    _tell(topic, name)
    series = Series(slug=slug, name=name, about=about, planned=planned, topic_id=topic.id, created_at=now)
    session.add(series)
    session.flush()
    return series


def change_series(session: Session, series_id: int, form: SeriesForm) -> Series:
    """Its name, line and number of parts; its address stays, because mails carry it.

    Raises InvalidInput naming the field, Conflict while a part is scheduled whose mail would say something else.
    """
    series = get_series(session, series_id)
    name, about, planned = _checked(form)
    newest = session.scalar(select(func.max(SeriesPart.number)).where(SeriesPart.series_id == series.id))
    if planned is not None and newest and planned < newest:
        raise InvalidInput(f"There is a part {newest} already.", field="planned", hint="Or leave it empty.")
    if (name, planned) != (series.name, series.planned):
        _touch_parts(session, series.id)
    series.name, series.about, series.planned = name, about, planned
    _tell(session.get_one(Topic, series.topic_id), name)
    session.flush()
    return series


def delete_series(session: Session, series_id: int) -> str:
    """The series goes, its issues stay; nobody is asked to sign up for it any more. Its name.

    Raises Conflict while a part is scheduled: its mail was approved as a part.
    """
    series = get_series(session, series_id)
    name = series.name
    _touch_parts(session, series.id)
    session.execute(update(Topic).where(Topic.id == series.topic_id).values(offered=False))
    session.execute(delete(SeriesPart).where(SeriesPart.series_id == series.id))
    session.execute(delete(Series).where(Series.id == series.id))
    return name


def place_in_series(session: Session, issue_id: int, series_id: int | None, number: str = "") -> None:
    """Make the issue a part of this series, or of none. An empty number is the next one.

    Raises InvalidInput naming `number`, Conflict for an issue that is scheduled: its mail was approved as it is.
    """
    issue = get_issue(session, issue_id)
    check_frame_open(session, issue)
    if series_id is not None:
        get_series(session, series_id)
        wanted = _number(session, series_id, issue_id, number)
    session.execute(delete(SeriesPart).where(SeriesPart.issue_id == issue_id))
    if series_id is not None:
        session.add(SeriesPart(issue_id=issue_id, series_id=series_id, number=wanted))
    touch_frame(session, issue)


def check_frame_open(session: Session, issue: Issue) -> None:
    """May what stands around the words still change? Nobody approves the issue before this is done. Raises Conflict."""
    session.refresh(issue, with_for_update=True)
    if issue.kind is IssueKind.LINKS:
        raise Conflict("The Sunday links belong to no series and have no guests.")
    if issue.state is IssueState.SCHEDULED:
        raise Conflict(
            "This issue is scheduled, and its mail is to go out as you approved it.",
            hint="Take it back to a draft first.",
        )


def touch_frame(session: Session, issue: Issue) -> None:
    """What stands around an unsent issue is part of what is approved, so its version moves on with it."""
    session.flush()
    keep_version(session, issue.updated_at, issue, None)  # tells a later save that the words did not move
    changed_rows(
        session,
        update(Issue)
        .where(Issue.id == issue.id, Issue.state.in_(EDITABLE))
        .values(version=Issue.version + 1),
    )
    session.refresh(issue)


def _touch_parts(session: Session, series_id: int) -> None:
    """Every mail of the series says something else from now on. Raises Conflict while one of them is approved."""
    for part in parts_of(session, series_id):
        session.refresh(part.issue, with_for_update=True)
        if part.issue.state is IssueState.SCHEDULED:
            raise Conflict(
                f"Part {part.number}, “{part.issue.title}”, is scheduled, and goes out as you approved it.",
                hint="Take it back to a draft first, or wait until it is out.",
            )
        touch_frame(session, part.issue)


def get_series(session: Session, series_id: int) -> Series:
    """Raises NotFound."""
    series = session.get(Series, series_id)
    if series is None:
        raise NotFound("There is no such series.", hint="The studio's list of series shows what there is.")
    return series


def list_series(session: Session, *, page: int = 1, per_page: int = 25) -> Page[tuple[Series, int]]:
    """Every series with how many parts it has, the newest first."""
    parts = select(func.count()).where(SeriesPart.series_id == Series.id).scalar_subquery()
    query = select(Series, parts).order_by(Series.created_at.desc(), Series.id.desc())
    total = session.scalar(select(func.count()).select_from(Series)) or 0
    rows = session.execute(query.limit(per_page).offset((page - 1) * per_page))
    return Page(tuple((series, count) for series, count in rows), page, per_page, total)


def parts_of(session: Session, series_id: int) -> tuple[Part, ...]:
    """All parts in their order, unsent ones as well."""
    rows = session.execute(
        select(SeriesPart.number, Issue)
        .join(Issue, Issue.id == SeriesPart.issue_id)
        .where(SeriesPart.series_id == series_id)
        .order_by(SeriesPart.number)
    )
    return tuple(Part(number, issue) for number, issue in rows)


def place_of(session: Session, issue_id: int) -> Place | None:
    """Where this issue stands in its series; None when it is in none."""
    own = session.execute(
        select(Series, SeriesPart.number)
        .join(SeriesPart, SeriesPart.series_id == Series.id)
        .where(SeriesPart.issue_id == issue_id)
    ).one_or_none()
    if own is None:
        return None
    series, number = own
    public = [part for part in parts_of(session, series.id) if part.is_public]
    before = [part for part in public if part.number < number]
    after = [part for part in public if part.number > number]
    return Place(series, number, before[-1] if before else None, after[0] if after else None)


def public_series(session: Session, slug: str) -> tuple[Series, tuple[Part, ...]]:
    """The series and what readers may see of it. Raises NotFound before its first part is out."""
    series = session.scalar(select(Series).where(Series.slug == slug))
    parts = tuple(part for part in parts_of(session, series.id) if part.is_public) if series else ()
    if series is None or not parts:
        raise NotFound(
            "There is no series at this address.", hint="The archive lists every letter that went out."
        )
    return series, parts


def is_complete(series: Series, parts: tuple[Part, ...]) -> bool:
    """Is the last of the parts that were announced among these, which are out?"""
    return series.planned is not None and parts[-1].number >= series.planned


def series_in_archive(session: Session) -> list[tuple[Series, int]]:
    """Every series that readers may see, with how many parts are out, the newest first."""
    query = (
        select(Series, func.count())
        .join(SeriesPart, SeriesPart.series_id == Series.id)
        .join(Issue, Issue.id == SeriesPart.issue_id)
        .where(Issue.state.in_(OUT), Issue.withdrawn_at.is_(None))
        .group_by(Series.id)
        .order_by(func.max(Issue.sent_at).desc(), Series.id)
    )
    return [(series, count) for series, count in session.execute(query)]


def _topic(session: Session, slug: str) -> Topic:
    """The topic of a series deleted earlier serves again: who left it stays out."""
    own = f"series-{slug}"[:64]
    topic = session.scalar(select(Topic).where(Topic.slug == own))
    if topic is None:
        last = session.scalar(select(func.max(Topic.position))) or 0
        topic = Topic(slug=own, kind=TopicKind.SERIES, name="", position=last + 1)
        session.add(topic)
    topic.offered = True
    session.flush()
    return topic


def _tell(topic: Topic, name: str) -> None:
    topic.name = f"The next part of “{name}”"
    topic.description = "A short mail when it is out, and no other letter."


def _checked(form: SeriesForm) -> tuple[str, str, int | None]:
    name, about = " ".join(form.name.split()), " ".join(form.about.split())
    if not name:
        raise InvalidInput("A series needs a name.", field="name", hint="Readers see it above every part.")
    for field, value, most in (("name", name, 80), ("about", about, 300)):
        if len(value) > most or not value.isprintable():
            raise InvalidInput(f"must be one line of at most {most} characters.", field=field)
    return name, about, _count(form.planned, "planned") if form.planned.strip() else None


def _number(session: Session, series_id: int, issue_id: int, typed: str) -> int:
    taken = {part.number: part.issue for part in parts_of(session, series_id) if part.issue.id != issue_id}
    if not typed.strip():
        return max(taken, default=0) + 1
    number = _count(typed, "number")
    if number in taken:
        raise InvalidInput(
            f"Part {number} is “{taken[number].title}”.",
            field="number",
            hint="Give that one another number first.",
        )
    return number


def _count(typed: str, field: str) -> int:
    text = typed.strip()
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MOST_PARTS):
        raise InvalidInput(f"must be a number from 1 to {MOST_PARTS}.", field=field)
    return int(text)
