"""A stamp is good once, for a while, and under attack only with work done for it."""

from datetime import datetime, timedelta
from itertools import count

import pytest
from sqlalchemy.orm import Session

from app.foundation.addresses import parse_address
from app.foundation.errors import InvalidInput
from app.foundation.tokens import Purpose
from app.signup.desk import Desk
from app.signup.embedding import allow_origin, forbid_origin, list_origins
from app.signup.joining import JoinForm, ask_to_join
from app.signup.stamps import (
    BITS,
    GOOD_FOR,
    PATIENCE,
    TOO_SOON,
    Verdict,
    bits_asked,
    make_stamp,
    solves,
    use_stamp,
)
from app.subscribers.consent import Evidence
from tests.cast import Cast

WORK = 8


def worked(stamp: str, bits: int = WORK) -> str:
    return next(str(n) for n in count() if solves(stamp, str(n), bits))


def test_a_stamp_is_good_once_and_neither_at_once_nor_for_ever(
    session: Session, now: datetime, desk: Desk
) -> None:
    stamp = make_stamp(desk.signer, now, 0)

    def use(at: datetime, given: str = stamp) -> Verdict:
        return use_stamp(session, at, desk.signer, given, "", 0)

    assert use(now + TOO_SOON / 2) is Verdict.TOO_SOON
    assert use(now + TOO_SOON) is Verdict.GOOD
    assert use(now + TOO_SOON) is Verdict.SPENT
    later = make_stamp(desk.signer, now + GOOD_FOR + TOO_SOON * 3, 0)
    assert use(now + GOOD_FOR + TOO_SOON * 6, later) is Verdict.GOOD
    assert use(now + GOOD_FOR + TOO_SOON * 6) is Verdict.OLD
    for forged in ("", "x" * 4000, stamp[:-1], desk.signer.sign(Purpose.CLIP, 1, 2, 3), "ü"):
        assert use(now + TOO_SOON, forged) is Verdict.MISSING


def test_under_attack_work_is_asked_for_and_cannot_be_replayed(
    session: Session, now: datetime, desk: Desk
) -> None:
    stamp, other = make_stamp(desk.signer, now, WORK), make_stamp(desk.signer, now, WORK)
    easy, answer, at = make_stamp(desk.signer, now, 0), worked(stamp), now + TOO_SOON
    wrong = next(str(n) for n in count() if not solves(other, str(n), WORK))
    for given, said in ((stamp, ""), (other, wrong), (stamp, "-1"), (stamp, "٣"), (easy, worked(easy))):
        assert use_stamp(session, at, desk.signer, given, said, WORK) is Verdict.UNSOLVED
    assert use_stamp(session, at, desk.signer, stamp, answer, WORK) is Verdict.GOOD
    assert use_stamp(session, at, desk.signer, stamp, answer, WORK) is Verdict.SPENT


def test_who_has_no_scripts_waits_instead(session: Session, now: datetime, desk: Desk) -> None:
    stamp = make_stamp(desk.signer, now, WORK)
    for at, verdict in ((PATIENCE / 2, Verdict.UNSOLVED), (PATIENCE, Verdict.GOOD)):
        assert use_stamp(session, now + at, desk.signer, stamp, "", WORK, patient=True) is verdict


def test_only_far_more_sign_ups_than_usual_are_an_attack(
    session: Session, now: datetime, desk: Desk, cast: Cast
) -> None:
    for number in range(3):
        form = JoinForm(parse_address(f"r{number}@example.com"), Evidence("home"), frozenset({"letter"}))
        ask_to_join(session, now, desk, form)
    assert [bits_asked(session, now, alarm) for alarm in (4, 3)] == [0, BITS]
    assert bits_asked(session, now + timedelta(minutes=10), 3) == 0


def test_a_site_is_named_as_browsers_name_it(session: Session, now: datetime) -> None:
    for typed in (
        "https://WWW.Example.com/a?b",
        "bücher.example",
        "https://example.com:8443",
        "http://127.0.0.1:9",
    ):
        allow_origin(session, now, typed)
        allow_origin(session, now, typed)
    assert list_origins(session) == (
        "http://127.0.0.1:9",
        "https://example.com:8443",
        "https://www.example.com",
        "https://xn--bcher-kva.example",
    )
    forbid_origin(session, "https://www.example.com")
    assert len(list_origins(session)) == 3


@pytest.mark.parametrize(
    "typed",
    ["", "*", "https://*.example.com", "http://example.com", "javascript:alert(1)", "https://a b", "null",
     "https://me@example.com", "https://x.example; script-src *", "https://a.example:99999", "x" * 400],
)  # fmt: skip
def test_what_is_no_site_is_refused(session: Session, now: datetime, typed: str) -> None:
    if typed == "null":
        typed = "https://null'"
    with pytest.raises(InvalidInput) as refused:
        allow_origin(session, now, typed)
    assert refused.value.field == "site"
