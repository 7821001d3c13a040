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
from sqlalchemy.orm import Session, sessionmaker

log = logging.getLogger(__name__)

HIGH = "high"
DEFAULT = "default"
BULK = "bulk"
QUEUES = (HIGH, DEFAULT, BULK)

JOB_SECONDS = 3600
"""RQ would cut a job short after three minutes; a relay may take ten to answer (RFC 5321, 4.5.3.2.6)."""

_PENDING = "handoff_rings"


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
    pending: list[Ring] = session.info.setdefault(_PENDING, [])
    ring = Ring(job, arguments, queue)
    if ring not in pending:
        pending.append(ring)


def connect_doorbell(sessions: sessionmaker[Session], doorbell: Doorbell) -> None:
    """Make every session of this factory ring `doorbell` after it commits."""

    def after_commit(session: Session) -> None:
        for ring in session.info.pop(_PENDING, []):
            doorbell.ring(ring)

    def after_rollback(session: Session) -> None:
        session.info.pop(_PENDING, None)

    event.listen(sessions, "after_commit", after_commit)
    event.listen(sessions, "after_rollback", after_rollback)
