"""An address that must not be mailed stays so until the author says why it may."""

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from app.foundation.errors import InvalidInput, NotAllowed
from app.subscribers.models import SuppressionReason
from app.subscribers.suppression import is_suppressed, reasons_in_force, release, suppress

HASH = "a" * 64


def test_a_reason_is_in_force_once_however_often_it_is_reported(session: Session, now: datetime) -> None:
    assert suppress(session, now, HASH, SuppressionReason.HARD_BOUNCE, "550 5.1.1")
    assert not suppress(session, now, HASH, SuppressionReason.HARD_BOUNCE, "550 5.1.1")
    assert suppress(session, now, HASH, SuppressionReason.COMPLAINT)
    assert reasons_in_force(session, HASH) == (SuppressionReason.HARD_BOUNCE, SuppressionReason.COMPLAINT)


def test_a_bounce_is_released_with_a_reason_and_may_come_back(session: Session, now: datetime) -> None:
    suppress(session, now, HASH, SuppressionReason.HARD_BOUNCE)
    with pytest.raises(InvalidInput):
        release(session, now, HASH, SuppressionReason.HARD_BOUNCE, "  ")
    release(session, now, HASH, SuppressionReason.HARD_BOUNCE, "the mailbox is back")
    session.flush()
    assert not is_suppressed(session, HASH)
    assert suppress(session, now, HASH, SuppressionReason.HARD_BOUNCE)
    assert is_suppressed(session, HASH)


@pytest.mark.parametrize("reason", [SuppressionReason.COMPLAINT, SuppressionReason.ERASED])
def test_complaint_and_erased_are_never_released(
    session: Session, now: datetime, reason: SuppressionReason
) -> None:
    suppress(session, now, HASH, reason)
    with pytest.raises(NotAllowed):
        release(session, now, HASH, reason, "please")
    assert is_suppressed(session, HASH)
