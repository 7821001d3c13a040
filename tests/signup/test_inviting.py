"""An invitation thanks whoever made it, once for each new reader, and tells nobody who they are."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.foundation.addresses import parse_address
from app.foundation.errors import InvalidInput, NotFound
from app.foundation.tokens import Purpose
from app.privacy.forget import erase_subscriber
from app.reports.growth import Sorting, read_inviters, read_sources
from app.signup.confirming import confirm
from app.signup.desk import Desk
from app.signup.inviting import (
    CREDIT_FOR,
    clean_note,
    count_credits,
    make_invitation,
    read_forward_link,
    read_invitation,
)
from app.signup.joining import JoinForm, Trail, ask_to_join
from app.signup.models import InvitationCredit, JoinRequest
from app.subscribers.consent import Evidence
from app.subscribers.queries import find_subscriber
from tests.cast import ALICE, BOB, CAROL, Cast

SEEN = Evidence("invitation")


def come(session: Session, now: datetime, desk: Desk, email: str, invitation_id: int) -> None:
    """Sign up by an invitation and confirm."""
    trail = Trail("site:example.org", "ownership", invitation_id)
    ask_to_join(session, now, desk, JoinForm(parse_address(email), SEEN, frozenset({"letter"}), trail=trail))
    newest = session.scalar(select(func.max(JoinRequest.id)))
    assert newest is not None
    confirm(session, now, desk, desk.signer.sign(Purpose.CONFIRM, newest), SEEN)


def invitation(session: Session, now: datetime, inviter_id: int | None, first_name: str = "") -> int:
    return make_invitation(session, now, inviter_id=inviter_id, issue_id=None, first_name=first_name).id


def test_a_person_counts_once_and_for_the_first_who_invited_them(
    session: Session, now: datetime, desk: Desk, cast: Cast
) -> None:
    by_alice, by_carol = invitation(session, now, cast.alice.id), invitation(session, now, cast.carol.id)
    come(session, now, desk, "dana@example.com", by_alice)
    come(session, now + timedelta(days=2), desk, "dana@example.com", by_carol)
    come(session, now, desk, BOB, by_alice)
    assert (count_credits(session, cast.alice.id), count_credits(session, cast.carol.id)) == (2, 0)


@pytest.mark.parametrize("email", [ALICE, "a.lice+work@example.com", CAROL])
def test_inviting_oneself_or_a_reader_counts_nothing(
    session: Session, now: datetime, desk: Desk, cast: Cast, email: str
) -> None:
    """A dot or a plus makes another reader of the same mailbox; Carol was a reader before."""
    come(session, now, desk, email, invitation(session, now, cast.alice.id))
    assert count_credits(session, cast.alice.id) == 0


def test_an_old_invitation_still_opens_and_counts_no_more(
    session: Session, now: datetime, desk: Desk, cast: Cast
) -> None:
    made = make_invitation(session, now, inviter_id=cast.alice.id, issue_id=None, first_name="")
    assert read_invitation(session, now, made.code).counts
    assert not read_invitation(session, now + CREDIT_FOR, made.code).counts
    come(session, now + CREDIT_FOR, desk, "dana@example.com", made.id)
    assert count_credits(session, cast.alice.id) == 0


@pytest.mark.parametrize(
    "code", ["", "abc", "aaaaaaaaaaa", "' OR 1=1 --", "a" * 5000, "abcdefgh\x00jk", "ａ" * 11]
)
def test_a_code_that_was_never_given_out_opens_nothing(
    session: Session, now: datetime, cast: Cast, code: str
) -> None:
    invitation(session, now, cast.alice.id)
    with pytest.raises(NotFound):
        read_invitation(session, now, code)


def test_a_reader_has_one_link_for_a_letter_and_strangers_share_theirs(
    session: Session, now: datetime, cast: Cast
) -> None:
    assert invitation(session, now, cast.alice.id, "Alice") == invitation(session, now, cast.alice.id)
    assert invitation(session, now, None) == invitation(session, now, None)
    assert invitation(session, now, None, "Dana") != invitation(session, now, None)


@pytest.mark.parametrize(
    "note",
    [
        "Buy at https://spam.example/now",
        "buy at spam.example today",
        "WWW.spam",
        "write to me@spam.example",
        "x" * 301,
        "hidden \u200bword",
        "a bell \x07",
    ],
)
def test_a_line_with_a_link_or_too_much_in_it_is_refused(note: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        clean_note(note)
    assert refused.value.field == "note"


def test_a_line_may_say_anything_else_and_braces_mean_nothing() -> None:
    assert clean_note(" You said so\n on Monday. {{ 7*7 }} ${x} {first_name} 100 % ") == (
        "You said so on Monday. {{ 7*7 }} ${x} {first_name} 100 %"
    )


@pytest.mark.parametrize(
    "name", ["Buy cheap watches", "Call 555 0100", "x" * 31, "<b>A</b>", "A\nB", "spam.example"]
)
def test_a_first_name_is_no_place_for_an_advertisement(
    session: Session, now: datetime, cast: Cast, name: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        invitation(session, now, cast.alice.id, name)
    assert refused.value.field == "first_name"


@pytest.mark.parametrize("name", ["Ana-María", "J. P.", "D’Arcy", "李雷", "Ḥasan"])
def test_a_first_name_may_be_anybodys(session: Session, now: datetime, cast: Cast, name: str) -> None:
    made = make_invitation(session, now, inviter_id=cast.alice.id, issue_id=None, first_name=name)
    assert read_invitation(session, now, made.code).first_name == name


def test_the_link_of_a_mail_says_whose_it_is_until_they_are_erased(
    session: Session, now: datetime, desk: Desk, cast: Cast
) -> None:
    ask_to_join(session, now, desk, JoinForm(parse_address(BOB), SEEN, frozenset({"letter"})))
    token = desk.signer.sign(Purpose.DELIVERY, 1)
    assert read_forward_link(session, desk.signer, token) is cast.bob
    for forged in (token[:-2] + "aa", desk.signer.sign(Purpose.PREFERENCES, 1), "x"):
        with pytest.raises(NotFound):
            read_forward_link(session, desk.signer, forged)
    erase_subscriber(session, now, cast.bob, desk.signer)
    assert read_forward_link(session, desk.signer, token) is None


def test_erasing_unties_both_ends_and_the_link_goes_on_without_a_name(
    session: Session, now: datetime, desk: Desk, cast: Cast
) -> None:
    made = make_invitation(session, now, inviter_id=cast.alice.id, issue_id=None, first_name="Alice")
    come(session, now, desk, "dana@example.com", made.id)
    session.flush()
    dana = find_subscriber(session, "dana@example.com")
    assert dana is not None
    erase_subscriber(session, now, dana, desk.signer)
    session.expire_all()
    assert count_credits(session, cast.alice.id) == 1
    assert session.scalars(select(InvitationCredit.subscriber_id)).all() == [None]
    erase_subscriber(session, now, cast.alice, desk.signer)
    session.expire_all()
    invited = read_invitation(session, now, made.code)
    assert (invited.first_name, invited.counts, made.inviter_id) == ("", False, None)


def test_the_author_sees_sources_and_inviters(
    session: Session, now: datetime, desk: Desk, cast: Cast
) -> None:
    by_alice = invitation(session, now, cast.alice.id)
    come(session, now, desk, "dana@example.com", by_alice)
    come(session, now, desk, "erin@example.com", invitation(session, now, None))
    form = JoinForm(parse_address("fred@example.com"), Evidence("home"), frozenset({"links"}))
    ask_to_join(session, now, desk, form)
    origins = read_sources(session, now, Sorting.ORIGIN, days=30)
    assert [(row.name, row.asked, row.confirmed) for row in origins.items] == [
        ("site:example.org", 2, 2),
        ("", 1, 0),
    ]
    forms = read_sources(session, now, Sorting.FORM, days=30, per_page=1, page=2)
    assert [(row.name, forms.total) for row in forms.items] == [("home", 2)]
    assert read_sources(session, now + timedelta(days=31), Sorting.ISSUE, days=30).items == ()
    rows = read_inviters(session).items
    assert [(row.address, row.links, row.asked, row.joined) for row in rows] == [
        (ALICE, 1, 1, 1),
        ("", 1, 1, 0),
    ]
