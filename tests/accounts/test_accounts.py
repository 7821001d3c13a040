"""Accounts: passwords, sessions that die when they should, and links that work once."""

from datetime import datetime, timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.authors import create_author
from app.accounts.links import look_at_link, make_login_link, make_password_link, use_link
from app.accounts.models import Author, AuthorSession, LinkPurpose, OneTimeLink, Role
from app.accounts.passwords import HASHER, NOBODY, check_password, set_password
from app.accounts.queries import active_authors, find_author
from app.accounts.roles import Action, may, require
from app.accounts.sessions import IDLE, LONGEST, end_session, find_session, open_session, touch_session
from app.foundation.db import Database
from app.foundation.errors import Conflict, Gone, InvalidInput, NotAllowed

SENTENCE = "the kettle is always on"


def test_one_address_has_one_account(session: Session, now: datetime, mark: Author) -> None:
    with pytest.raises(Conflict):
        create_author(session, now, "mark@letters.example.com")
    assert find_author(session, "MARK@letters.example.com") == mark
    assert find_author(session, "not an address") is None
    assert active_authors(session) == [mark]


def test_the_right_password_opens_and_everything_else_sounds_the_same(
    session: Session, now: datetime, mark: Author
) -> None:
    ada = create_author(session, now, "ada@letters.example.com")
    set_password(session, now, mark, SENTENCE)
    assert check_password(session, "mark@letters.example.com", SENTENCE) == mark
    said = set()
    for email, password in (
        ("mark@letters.example.com", "not the kettle at all"),
        ("nobody@letters.example.com", SENTENCE),
        (ada.email, ""),
        ("not an address", SENTENCE),
        ("mark@letters.example.com", "x" * 1_000_000),
    ):
        with pytest.raises(NotAllowed) as caught:
            check_password(session, email, password)
        said.add(str(caught.value))
    assert len(said) == 1


def test_an_unknown_address_costs_the_same_work(
    session: Session, now: datetime, mark: Author, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_password(session, now, mark, SENTENCE)
    verified: list[str] = []
    genuine = PasswordHasher.verify

    def counting(self: PasswordHasher, stored: str, password: str) -> bool:
        verified.append(stored)
        return bool(genuine(self, stored, password))

    monkeypatch.setattr(PasswordHasher, "verify", counting)
    for email in ("mark@letters.example.com", "nobody@letters.example.com", "rubbish"):
        with pytest.raises(NotAllowed):
            check_password(session, email, "wrong wrong wrong")
    assert verified == [mark.password_hash, NOBODY, NOBODY]
    assert not HASHER.check_needs_rehash(NOBODY), "the stand-in must cost what a real hash costs"


@pytest.mark.parametrize("password", ["short", "x" * 257, "password123", "aaaaaaaaaaaa", "Newsletter2026!"])
def test_a_poor_password_is_refused_by_name(
    session: Session, now: datetime, mark: Author, password: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        set_password(session, now, mark, password)
    assert caught.value.field == "password"
    assert mark.password_hash == ""


def test_a_new_password_ends_every_session_and_voids_every_link(
    session: Session, now: datetime, mark: Author
) -> None:
    cookie = open_session(session, now, mark.id)
    link = make_login_link(session, now, mark)
    set_password(session, now, mark, SENTENCE)
    assert find_session(session, now, cookie) is None
    with pytest.raises(Gone):
        use_link(session, now, link)


def test_signing_out_kills_the_cookie(session: Session, now: datetime, mark: Author) -> None:
    one, other = open_session(session, now, mark.id), open_session(session, now, mark.id)
    end_session(session, one)
    assert find_session(session, now, one) is None
    found = find_session(session, now, other)
    assert found is not None
    assert found.author == mark


def test_the_secret_itself_is_nowhere_in_the_database(session: Session, now: datetime, mark: Author) -> None:
    cookie, link = open_session(session, now, mark.id), make_login_link(session, now, mark)
    stored = {
        *session.scalars(select(AuthorSession.secret_hash)),
        *session.scalars(select(OneTimeLink.secret_hash)),
    }
    assert len(stored) == 2
    assert not stored & {cookie, link}


def test_a_session_slides_while_it_is_used_and_ends_after_sixty_days_all_the_same(
    session: Session, now: datetime, mark: Author
) -> None:
    cookie = open_session(session, now, mark.id)
    assert find_session(session, now + IDLE, cookie) is None
    day, opened = timedelta(days=1), now
    while now < opened + LONGEST - day:
        now += 10 * day if now + 10 * day < opened + LONGEST else day
        found = find_session(session, now, cookie)
        assert found is not None
        assert found.stale
        touch_session(session, now, found.session_id)
        again = find_session(session, now, cookie)
        assert again is not None
        assert not again.stale
    assert find_session(session, opened + LONGEST, cookie) is None


def test_a_disabled_author_is_out_at_once(session: Session, now: datetime, mark: Author) -> None:
    set_password(session, now, mark, SENTENCE)
    cookie, link = open_session(session, now, mark.id), make_login_link(session, now, mark)
    mark.disabled_at = now
    session.flush()
    assert find_session(session, now, cookie) is None
    with pytest.raises(NotAllowed):
        check_password(session, mark.email, SENTENCE)
    with pytest.raises(Gone):
        look_at_link(session, now, link)


def test_looking_at_a_link_changes_nothing_and_using_it_works_once(
    session: Session, now: datetime, mark: Author
) -> None:
    link = make_password_link(session, now, mark)
    for _ in range(3):
        assert look_at_link(session, now, link).purpose is LinkPurpose.SET_PASSWORD
    assert use_link(session, now, link).author == mark
    with pytest.raises(Gone):
        use_link(session, now, link)


def test_an_old_link_and_an_invented_one_sound_the_same(
    session: Session, now: datetime, mark: Author
) -> None:
    link = make_login_link(session, now, mark)
    said = set()
    for secret, at in ((link, now + timedelta(hours=2)), ("invented", now)):
        with pytest.raises(Gone) as caught:
            look_at_link(session, at, secret)
        said.add(str(caught.value))
    assert len(said) == 1


def test_of_two_who_press_at_once_one_gets_in(database: Database, now: datetime) -> None:
    with database.writing() as session:
        link = make_login_link(session, now, create_author(session, now, "two@letters.example.com"))
    with database.reading() as late:
        look_at_link(late, now, link)
        with database.writing() as early:
            use_link(early, now, link)
    with database.writing() as session, pytest.raises(Gone):
        use_link(session, now, link)


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (Role.OWNER, set(Action)),
        (Role.EDITOR, {Action.SEE, Action.WRITE, Action.SEND, Action.OWN_ACCOUNT}),
        (Role.VIEWER, {Action.SEE, Action.OWN_ACCOUNT}),
    ],
)
def test_a_role_grants_just_its_actions(role: Role, allowed: set[Action], now: datetime) -> None:
    author = Author(email="a@example.com", canonical="a@example.com", role=role, created_at=now)
    assert {action for action in Action if may(author, action)} == allowed
    for action in set(Action) - allowed:
        with pytest.raises(NotAllowed):
            require(author, action)
