"""A reader's right to a guide: once, forward only, moved by people."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.foundation.errors import Gone, NotFound, TooMany
from app.foundation.straight import driver_of
from app.foundation.tokens import Purpose, Signer
from app.guides.access import (
    MOST_SEEN_EVENTS,
    Visit,
    download_token,
    grant_access,
    note_seen,
    read_download,
    request_guide,
)
from app.guides.downloading import LinkClosed, read_link, record_download
from app.guides.models import Grant, GrantEvent, GrantEventKind, GrantState, GuideFile
from app.guides.queries import count_grants, grant_page
from app.guides.rules import STANDARD
from tests.cast import Cast, seed_cast

SIGNER = Signer(b"a key for tests only")
VISIT = Visit("192.0.2.1", "a browser")


@pytest.fixture
def cast(session: Session, now: datetime) -> Cast:
    session.add(guide_file(now))
    return seed_cast(session, now, b"tests")


def guide_file(now: datetime, slug: str = "cx-buy-in", sha256: str = "1" * 64) -> GuideFile:
    return GuideFile(
        slug=slug,
        edition="2026.1",
        title="The Guide",
        sha256=sha256,
        storage_key=f"guides/{slug}/{sha256[:8]}.pdf",
        file_name=f"{slug}.pdf",
        pages=27,
        bytes=9,
        built_at=now,
    )


def granted(session: Session, now: datetime, subscriber_id: int) -> Grant:
    return grant_access(
        session, now, request_guide(session, now, subscriber_id, "cx-buy-in", visit=VISIT), visit=VISIT
    )


def kinds(session: Session) -> list[GrantEventKind]:
    session.flush()
    return list(session.scalars(select(GrantEvent.kind).order_by(GrantEvent.id)))


def test_asking_again_makes_no_second_grant(session: Session, now: datetime, cast: Cast) -> None:
    first = request_guide(session, now, cast.alice.id, "cx-buy-in", visit=VISIT)
    again = request_guide(session, now, cast.alice.id, "cx-buy-in", visit=VISIT)
    assert first.id == again.id
    assert session.scalar(select(func.count()).select_from(Grant)) == 1
    assert kinds(session) == [GrantEventKind.REQUESTED] * 2


def test_a_grant_walks_its_states_once_and_never_back(session: Session, now: datetime, cast: Cast) -> None:
    grant = granted(session, now, cast.alice.id)
    assert grant.state == GrantState.GRANTED
    token = download_token(SIGNER, grant, now)
    link = read_link(driver_of(session.connection()), SIGNER, "cx-buy-in", token)
    assert record_download(session, now, link, VISIT)
    later = now + timedelta(hours=1)
    assert not record_download(session, later, link, VISIT)
    assert grant.downloaded_at == now
    grant_access(session, later, grant, visit=VISIT)
    again = request_guide(session, later, cast.alice.id, "cx-buy-in", visit=VISIT)
    assert again.state == GrantState.DOWNLOADED
    assert kinds(session) == [
        GrantEventKind.REQUESTED,
        GrantEventKind.CONFIRMED,
        GrantEventKind.GRANTED,
        GrantEventKind.DOWNLOADED,
        GrantEventKind.DOWNLOADED,
        GrantEventKind.REQUESTED,
    ]


def test_opening_the_link_is_evidence_and_nothing_else(session: Session, now: datetime, cast: Cast) -> None:
    grant = granted(session, now, cast.alice.id)
    access = read_download(session, now, SIGNER, "cx-buy-in", download_token(SIGNER, grant, now))
    for _ in range(MOST_SEEN_EVENTS + 5):
        note_seen(session, now, access, VISIT)
        session.flush()
    assert grant.state == GrantState.GRANTED
    assert kinds(session).count(GrantEventKind.SEEN) == MOST_SEEN_EVENTS


def test_a_link_runs_out_and_says_so(session: Session, now: datetime, cast: Cast) -> None:
    grant = granted(session, now, cast.alice.id)
    token = download_token(SIGNER, grant, now)
    later = now + timedelta(days=8)
    access = read_download(session, later, SIGNER, "cx-buy-in", token)
    assert access.expired
    with pytest.raises(Gone):
        record_download(
            session, later, read_link(driver_of(session.connection()), SIGNER, "cx-buy-in", token), VISIT
        )


def test_a_token_opens_only_its_own_guide(session: Session, now: datetime, cast: Cast) -> None:
    grant = granted(session, now, cast.alice.id)
    other = guide_file(now, slug="other", sha256="2" * 64)
    session.add(other)
    session.flush()
    token = download_token(SIGNER, grant, now)
    with pytest.raises(NotFound):
        read_download(session, now, SIGNER, "other", token)
    swapped = SIGNER.sign(Purpose.DOWNLOAD, grant.id, other.id, 2_000_000_000)
    with pytest.raises(NotFound):
        read_download(session, now, SIGNER, "cx-buy-in", swapped)
    with pytest.raises(NotFound):
        read_download(session, now, SIGNER, "cx-buy-in", token[:-1] + ("a" if token[-1] != "a" else "b"))


def test_a_link_passed_to_a_crowd_is_limited(session: Session, now: datetime, cast: Cast) -> None:
    grant = granted(session, now, cast.alice.id)
    link = read_link(driver_of(session.connection()), SIGNER, "cx-buy-in", download_token(SIGNER, grant, now))
    for _ in range(STANDARD.downloads_per_link):
        record_download(session, now, link, VISIT)
    with pytest.raises(LinkClosed):
        record_download(session, now, link, VISIT)
    assert read_download(session, now, SIGNER, "cx-buy-in", download_token(SIGNER, grant, now)).used_up


def test_many_links_of_one_reader_are_limited_by_the_day(session: Session, now: datetime, cast: Cast) -> None:
    grant = granted(session, now, cast.alice.id)

    def take(number: int) -> None:
        token = download_token(SIGNER, grant, now + timedelta(seconds=number))
        record_download(
            session, now, read_link(driver_of(session.connection()), SIGNER, "cx-buy-in", token), VISIT
        )

    for number in range(STANDARD.downloads_a_day):
        take(number)
    with pytest.raises(TooMany):
        take(STANDARD.downloads_a_day)


def test_a_withdrawn_right_is_gone(session: Session, now: datetime, cast: Cast) -> None:
    grant = granted(session, now, cast.alice.id)
    token = download_token(SIGNER, grant, now)
    grant.revoked_at = now
    with pytest.raises(Gone):
        read_download(session, now, SIGNER, "cx-buy-in", token)
    with pytest.raises(Gone):
        grant_access(session, now, grant, visit=VISIT)


def test_a_guide_that_is_not_built_cannot_be_asked_for(session: Session, now: datetime, cast: Cast) -> None:
    with pytest.raises(NotFound):
        request_guide(session, now, cast.alice.id, "no-such-guide", visit=VISIT)


def test_the_author_sees_who_asked(session: Session, now: datetime, cast: Cast) -> None:
    granted(session, now, cast.alice.id)
    request_guide(session, now, cast.bob.id, "cx-buy-in", visit=VISIT)
    session.flush()
    assert count_grants(session, "cx-buy-in")[GrantState.GRANTED] == 1
    assert [row.address for row in grant_page(session, "cx-buy-in").items] == [
        "bob@example.com",
        "alice@example.com",
    ]
