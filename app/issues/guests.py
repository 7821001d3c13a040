"""Guest articles: who wrote them, and where they appeared first."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.foundation.errors import InvalidInput
from app.issues.pictures import NAME
from app.issues.queries import get_issue
from app.issues.series import check_frame_open, touch_frame
from app.issues.series_models import GuestByline

LONGEST_BIO: Final = 900


@dataclass(frozen=True)
class Guest:
    """A guest as typed. `photo` is the name of a stored picture; with `original_url` the article is republished."""

    name: str
    bio: str = ""
    photo: str = ""
    link_url: str = ""
    link_words: str = ""
    original_url: str = ""
    original_place: str = ""


def set_guest(session: Session, issue_id: int, guest: Guest) -> GuestByline:
    """This issue is by a guest. Raises InvalidInput naming the field, Conflict while it is scheduled."""
    issue = get_issue(session, issue_id)
    check_frame_open(session, issue)
    checked = _checked(guest)
    byline = session.get(GuestByline, issue_id) or GuestByline(issue_id=issue_id)
    for field in Guest.__dataclass_fields__:
        setattr(byline, field, getattr(checked, field))
    session.add(byline)
    touch_frame(session, issue)
    return byline


def remove_guest(session: Session, issue_id: int) -> None:
    """The issue is the author's own. Raises Conflict while it is scheduled."""
    issue = get_issue(session, issue_id)
    check_frame_open(session, issue)
    session.execute(delete(GuestByline).where(GuestByline.issue_id == issue_id))
    touch_frame(session, issue)


def guest_of(session: Session, issue_id: int) -> Guest | None:
    """Who wrote it in the author's place."""
    byline = session.get(GuestByline, issue_id)
    if byline is None:
        return None
    return Guest(**{field: getattr(byline, field) for field in Guest.__dataclass_fields__})


def earlier_guests(session: Session, *, most: int = 12) -> list[tuple[int, str]]:
    """Guests of other issues by name, each with the latest issue that has their particulars."""
    query = (
        select(func.max(GuestByline.issue_id), GuestByline.name)
        .group_by(GuestByline.name)
        .order_by(func.max(GuestByline.issue_id).desc())
        .limit(most)
    )
    return [(issue_id, name) for issue_id, name in session.execute(query)]


def _checked(guest: Guest) -> Guest:
    name = _line(guest.name, "name", 120)
    if not name:
        raise InvalidInput("A guest needs a name.", field="name", hint="As it is to stand above the article.")
    bio = "\n\n".join(" ".join(each.split()) for each in guest.bio.split("\n\n") if each.strip())
    if len(bio) > LONGEST_BIO:
        raise InvalidInput(f"is too long; at most {LONGEST_BIO} characters.", field="bio")
    if guest.photo and not NAME.fullmatch(guest.photo):
        raise InvalidInput("is no picture of ours.", field="photo", hint="Upload it here.")
    return Guest(
        name,
        bio,
        guest.photo,
        _address(guest.link_url, "link_url"),
        _line(guest.link_words, "link_words", 80),
        _address(guest.original_url, "original_url"),
        _line(guest.original_place, "original_place", 120),
    )


def _line(value: str, field: str, most: int) -> str:
    line = " ".join(value.split())
    if len(line) > most or not line.isprintable():
        raise InvalidInput(f"must be one line of at most {most} characters.", field=field)
    return line


def _address(value: str, field: str) -> str:
    url = value.strip()
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        good = parts.scheme in {"http", "https"} and "." in (parts.hostname or "") and not parts.username
    except ValueError:
        good = False
    if not good or len(url) > 500 or not url.isprintable() or " " in url:
        raise InvalidInput("must be an address like https://example.com/article.", field=field)
    return url
