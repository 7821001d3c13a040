"""Every reader's message written before anything is frozen: the same composing and the same rules as the gate."""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import String, func, select, type_coerce
from sqlalchemy.orm import Session

from app.delivery.composing import Composer, Reader, value_of
from app.delivery.eligibility import audience_of, exclusion_of
from app.delivery.head import Facts
from app.delivery.letterhead import Letterhead
from app.delivery.message import MAX_MESSAGE, Compiled, Use
from app.delivery.models import EditionClass, RecipientKind
from app.foundation.db import table_of
from app.rendering.slots import AUTHOR_SLOTS, clean_value
from app.subscribers.models import Subscriber, Subscription

_AT_ONCE: Final = 1000


@dataclass
class Rehearsal:
    """How writing the mail for its readers went. `whole` is false when the time was up before the last of them."""

    audience: int = 0
    checked: int = 0
    problems: int = 0
    first_problem: str = ""
    blanks: Counter[str] = field(default_factory=Counter)
    whole: bool = True
    seconds: float = 0.0


def rehearse(
    session: Session,
    facts: Facts,
    compiled: Compiled,
    letterhead: Letterhead,
    *,
    seconds: float | None = None,
) -> Rehearsal:
    """Write the mail for everybody who would get it now; reads only. `blanks` counts, for each merge tag without a
    fallback, the readers for whom nothing would stand there."""
    began = time.monotonic()
    told = Rehearsal(audience=_count(session, facts.topic_id))
    composer = Composer(facts, compiled, letterhead)
    bare = {"": _bare(compiled), **{function: _bare(each) for function, each in compiled.variants}}
    for readers in _readers(session, facts.topic_id):
        for letter in composer.prepare(readers):
            problem = letter.problem
            if not problem and sum(map(len, composer.pieces(letter))) > MAX_MESSAGE:
                problem = f"the message is longer than {MAX_MESSAGE:,} bytes"
            if problem:
                told.problems += 1
                told.first_problem = told.first_problem or f"{letter.recipient}: {problem}"
        for reader in readers:
            for name in bare.get(reader.function or "", bare[""]):
                told.blanks[name] += not clean_value(value_of(name, reader))
        told.checked += len(readers)
        if seconds is not None and time.monotonic() - began > seconds and told.checked < told.audience:
            told.whole = False
            break
    told.seconds = time.monotonic() - began
    return told


def _bare(compiled: Compiled) -> set[str]:
    """The merge tags that have nothing to fall back on."""
    return {
        piece.name
        for piece in (*compiled.subject, *compiled.body)
        if isinstance(piece, Use) and piece.name in AUTHOR_SLOTS and not piece.fallback
    }


_S = table_of(Subscriber).c


def _count(session: Session, topic_id: int) -> int:
    query = (
        select(func.count())
        .select_from(Subscriber)
        .join(Subscription, Subscription.subscriber_id == Subscriber.id)
        .where(audience_of(topic_id), exclusion_of(EditionClass.BULK, None).is_(None))
    )
    return session.scalar(query) or 0


def _readers(session: Session, topic_id: int) -> Iterator[list[Reader]]:
    after = 0
    query = (
        select(_S.id, _S.address, _S.first_name, type_coerce(_S.function, String))
        .join(Subscription, Subscription.subscriber_id == _S.id)
        .where(
            audience_of(topic_id), exclusion_of(EditionClass.BULK, None).is_(None), _S.address.is_not(None)
        )
        .order_by(_S.id)
        .limit(_AT_ONCE)
    )
    while True:
        rows = session.execute(query.where(_S.id > after)).all()
        if not rows:
            return
        after = rows[-1][0]
        yield [
            Reader(id_, 1, RecipientKind.SUBSCRIBER, id_, address, first_name or "", function)
            for id_, address, first_name, function in rows
        ]
