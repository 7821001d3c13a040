"""Stamps of forms that stand on other sites: proof that a form was fetched from us, a moment before, for one use; and,
while there are far more sign-ups than usual, that a computer worked for it.

A stamp is signed and names its time and how much work it asks for: so many leading zero bits of SHA-256 over
`<stamp>.<answer>`. Nothing is kept of a stamp until it is used.
"""

import hashlib
import re
import secrets
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.foundation.errors import NotFound
from app.foundation.tokens import Purpose, Signer
from app.signup.models import JoinRequest, SpentStamp

TOO_SOON: Final = timedelta(seconds=2)
GOOD_FOR: Final = timedelta(hours=2)
PATIENCE: Final = timedelta(seconds=15)
"""How long somebody without scripts waits while there is an attack."""
ALARM_WITHIN: Final = timedelta(minutes=10)
BITS: Final = 16
"""About 65,000 hashes: a fraction of a second for one reader, a day of computing for a million sign-ups."""
_ANSWER: Final = re.compile(r"[0-9]{1,15}", re.ASCII)


class Verdict(StrEnum):
    """What a stamp is worth."""

    GOOD = "good"
    MISSING = "missing"
    TOO_SOON = "too_soon"
    OLD = "old"
    UNSOLVED = "unsolved"
    SPENT = "spent"


def bits_asked(session: Session, now: datetime, alarm_signups: int) -> int:
    """How much work a sign-up takes now: none in peace, BITS while the last ten minutes saw `alarm_signups` or more."""
    recent = (
        select(func.count()).select_from(JoinRequest).where(JoinRequest.requested_at > now - ALARM_WITHIN)
    )
    return BITS if (session.scalar(recent) or 0) >= alarm_signups else 0


def make_stamp(signer: Signer, now: datetime, bits: int) -> str:
    """A fresh stamp that asks for so much work."""
    return signer.sign(Purpose.FORM, int(now.timestamp()), secrets.randbits(48), bits)


def use_stamp(
    session: Session,
    now: datetime,
    signer: Signer,
    stamp: str,
    answer: str,
    bits: int,
    *,
    patient: bool = False,
) -> Verdict:
    """Judge a stamp and, when it is good, spend it. `patient`: its owner may have waited instead of having worked."""
    try:
        made, _, promised = signer.read(Purpose.FORM, stamp[:128], 3)
        age = now - datetime.fromtimestamp(made, UTC)
    except (NotFound, OverflowError, OSError, ValueError):
        return Verdict.MISSING
    if age > GOOD_FOR:
        return Verdict.OLD
    if age < TOO_SOON:
        return Verdict.TOO_SOON
    waited = patient and age >= PATIENCE
    if bits and not waited and not (promised >= bits and solves(stamp, answer, bits)):
        return Verdict.UNSOLVED
    session.execute(delete(SpentStamp).where(SpentStamp.spent_at < now - GOOD_FOR - TOO_SOON))
    try:
        with session.begin_nested():
            session.add(SpentStamp(digest=hashlib.sha256(stamp.encode()).hexdigest(), spent_at=now))
    except IntegrityError:
        return Verdict.SPENT
    return Verdict.GOOD


def solves(stamp: str, answer: str, bits: int) -> bool:
    """Does the hash of stamp and answer begin with so many zero bits?"""
    if not _ANSWER.fullmatch(answer):
        return False
    digest = hashlib.sha256(f"{stamp}.{answer}".encode()).digest()
    return int.from_bytes(digest, "big") >> (256 - bits) == 0
