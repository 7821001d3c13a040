"""Sending one Edition: lease, compose, hand over, write down, until nothing is due.

The one use case that takes a session factory: no transaction may stay open while a relay thinks.
"""

import time
from collections.abc import Callable

from app.delivery.desk import Desk
from app.delivery.editions import composer_of, get_edition
from app.delivery.gate import pass_gate
from app.delivery.installation import APART_MS
from app.delivery.models import EditionClass
from app.delivery.office import Office
from app.delivery.shift import Sent, Shift
from app.foundation.errors import Unavailable


def send_edition(
    office: Office, edition_id: int, *, call: Callable[[], None] | None = None, called: bool = False
) -> Sent:
    """Send what is due of one Edition; several processes may do so at once. Raises NotFound.

    `call` is called once, when other workers can be of use. Who was `called` waits while the Edition is checked.
    """
    with office.database.reading() as session:
        edition = get_edition(session, edition_id)
        composer = composer_of(session, edition, office.letterhead)
        many = edition.edition_class is EditionClass.BULK
    doubt = _doubt(office, 0 if many else APART_MS)
    if doubt:
        return Sent(trouble=doubt)
    gate = pass_gate(office, edition_id, composer, nearly=call, sleep=time.sleep if called else None)
    if not gate.open:
        return Sent(trouble=gate.first, paused=gate.first if gate.problems else "")
    if call is not None and not gate.checked:
        call()
    shift = Shift(office, composer, Desk(office, edition_id, composer))
    try:
        office.carrier.carry(shift, composer.size)
    finally:
        shift.close()
    return shift.sent


def _doubt(office: Office, at_least_ms: int) -> str:
    """Why nothing may be sent from here, as far as the witness can say."""
    if office.sentry is None:
        return ""
    try:
        standing = office.sentry.look(at_least_ms=at_least_ms)
    except Unavailable as error:
        return str(error)
    return "" if standing.may_send else standing.reason or "This installation stays quiet."
