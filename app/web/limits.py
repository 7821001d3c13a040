"""Slowing down whoever hurries too much: counted in Redis for all web processes, in memory while Redis is away."""

import logging
import time
from functools import lru_cache

import redis
from flask import current_app
from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter

from app.foundation.errors import TooMany

log = logging.getLogger(__name__)

RETRY_REDIS_AFTER = 30.0
"""Seconds for which memory is trusted after Redis did not answer."""


@lru_cache(maxsize=64)
def _parsed(rule: str) -> RateLimitItem:
    return parse(rule)


class Pace:
    """Counts per rule and key. Without Redis each process counts alone: laxer, never absent and never an error."""

    def __init__(self, connection: redis.Redis) -> None:
        shared = RedisStorage("redis://", connection_pool=connection.connection_pool, wrap_exceptions=True)
        self._shared = MovingWindowRateLimiter(shared)
        self._own = MovingWindowRateLimiter(MemoryStorage())
        self._alone_until = 0.0

    def hit(self, rule: str, *key: str) -> bool:
        """Count one; False when there were too many within the rule's time, such as `5 per minute`."""
        item = _parsed(rule)
        if time.monotonic() >= self._alone_until:
            try:
                return self._shared.hit(item, *key)
            except (StorageError, redis.RedisError) as error:
                log.warning("rate limits are counted in memory, the queue is away: %s", error)
                self._alone_until = time.monotonic() + RETRY_REDIS_AFTER
        return self._own.hit(item, *key)


def keep_pace(rule: str, *key: str, message: str = "That was a little too often.") -> None:
    """Count one for `key` under `rule`, such as `5 per minute`. Raises TooMany."""
    pace: Pace = current_app.extensions["handoff_pace"]
    if not pace.hit(rule, *key):
        raise TooMany(message, hint="Wait a few minutes, then try again.")
