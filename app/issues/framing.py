"""What stands around an issue's words, from the database to the renderer's terms."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.foundation.links import Links
from app.issues.guests import Guest, guest_of
from app.issues.models import Issue
from app.issues.series import Place, place_of
from app.rendering.around import NOTHING, Around, GuestLine, SeriesLine
from app.rendering.letter import web_line


def around_of(session: Session, slug: str, links: Links) -> Around:
    """The series and the guest of the issue at this address; nothing for one that has neither."""
    issue_id = issue_id_of(session, slug)
    if issue_id is None:
        return NOTHING
    place, guest = place_of(session, issue_id), guest_of(session, issue_id)
    return Around(series_line(place, links) if place else None, guest_line(guest, links) if guest else None)


def issue_id_of(session: Session, slug: str) -> int | None:
    """Words in an editor know their address only."""
    return session.scalar(select(Issue.id).where(Issue.slug == slug))


def series_line(place: Place, links: Links) -> SeriesLine:
    """The place in a series as a mail says it."""
    before = place.before.issue if place.before else None
    return SeriesLine(
        name=place.series.name,
        words=place.words,
        url=links.series(place.series.slug),
        before_title=web_line(before.title) if before else "",
        before_url=links.issue(before.slug) if before else "",
        is_last=place.is_last,
    )


def guest_line(guest: Guest, links: Links) -> GuestLine:
    """The guest as mail and page say it."""
    return GuestLine(
        name=guest.name,
        bio=tuple(guest.bio.split("\n\n")) if guest.bio else (),
        photo_url=f"{links.base_url}/pictures/{guest.photo}" if guest.photo else "",
        link_url=guest.link_url,
        link_words=guest.link_words,
        original_url=guest.original_url,
        original_place=guest.original_place,
    )
