"""The doorbell: jobs rung by name, after commit, with ids as JSON.

The database is the truth and the queue only a doorbell: when Redis is away a ring is lost, and the clock's next
tick finds the same work in SQL.
"""

import logging
from dataclasses import dataclass
from typing import Protocol

import redis
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction, sessionmaker

log = logging.getLogger(__name__)

HIGH = "high"
DEFAULT = "default"
BULK = "bulk"
QUEUES = (HIGH, DEFAULT, BULK)

JOB_SECONDS = 3600
"""RQ would cut a job short after three minutes; a relay may take ten to answer (RFC 5321, 4.5.3.2.6)."""

_PENDING = "handoff_rings"
_Pending = dict["Ring", SessionTransaction | None]
"""What is asked for, and in which savepoint."""


@dataclass(frozen=True)
class Ring:
    """One ring: the dotted name of a function in `worker.jobs`, and the ids it needs."""

    job: str
    arguments: tuple[int | str, ...] = ()
    queue: str = DEFAULT


class Doorbell(Protocol):
    """Where rings go. Never raises: a lost ring is found by the clock."""

    def ring(self, ring: Ring) -> None: ...


class RedisDoorbell:
    """RQ on Redis or Valkey, JSON only: a pickle written to Redis is refused by the reader (A39)."""

    def __init__(self, connection: redis.Redis) -> None:
        self.connection = connection

    def ring(self, ring: Ring) -> None:
        try:
            queue = Queue(ring.queue, connection=self.connection, serializer=JSONSerializer)
            queue.enqueue(
                f"worker.jobs.{ring.job}",
                args=ring.arguments,
                result_ttl=0,
                failure_ttl=86_400,
                job_timeout=JOB_SECONDS,
            )
        except redis.RedisError as error:
            log.warning("the queue is away, the clock will find %s%s: %s", ring.job, ring.arguments, error)


class SilentDoorbell:
    """Keeps rings in a list: for commands that run without a queue, and for tests."""

    def __init__(self) -> None:
        self.rings: list[Ring] = []

    def ring(self, ring: Ring) -> None:
        self.rings.append(ring)


def ring_after_commit(session: Session, job: str, *arguments: int | str, queue: str = DEFAULT) -> None:
    """Ask for a job once this session has committed; forgotten when it rolls back."""
    pending: _Pending = session.info.setdefault(_PENDING, {})
    pending.setdefault(Ring(job, arguments, queue), session.get_nested_transaction())


def connect_doorbell(sessions: sessionmaker[Session], doorbell: Doorbell) -> None:
    """Make every session of this factory ring `doorbell` after it commits.

    SQLAlchemy tells of savepoints too. What one releases nobody else can see yet, so its rings wait for the whole; what
    one takes back are its own rings only.
    """

    def after_commit(session: Session) -> None:
        savepoint = session.get_nested_transaction()
        if savepoint is None:
            for ring in session.info.pop(_PENDING, {}):
                doorbell.ring(ring)
            return
        outer = savepoint.parent if savepoint.parent is not None and savepoint.parent.nested else None
        pending: _Pending = session.info.get(_PENDING, {})
        pending.update({ring: outer for ring, asked_in in pending.items() if asked_in is savepoint})

    def after_rollback(session: Session) -> None:
        savepoint = session.get_nested_transaction()
        pending: _Pending = session.info.pop(_PENDING, {})
        if savepoint is not None:
            kept = {ring: asked_in for ring, asked_in in pending.items() if asked_in is not savepoint}
            session.info[_PENDING] = kept

    event.listen(sessions, "after_commit", after_commit)
    event.listen(sessions, "after_rollback", after_rollback)
