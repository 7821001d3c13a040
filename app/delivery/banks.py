"""Where permission to send comes from: buckets that all workers share in Redis, or a safe share of them without it.

A bucket fills at its rate and holds its burst. Whoever is asked to slow down gets a cap: half of what it was, growing
back in even steps until it hinders nobody (additive increase, multiplicative decrease, as in RFC 5681).
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

import redis

log = logging.getLogger(__name__)

LOWEST: Final = 0.1
"""Messages a second: slower than one in ten seconds is not slowing down but stopping."""
FIRST: Final = 4.0
"""A lane of which we do not know how fast it went: its cap begins at half of this."""
RECOVERY: Final = 120.0
"""Seconds in which a cap grows by what the lane did before."""
ONE_EVENT: Final = 5.0
"""Many answers within so many seconds are one request to slow down."""
ALONE_SECONDS: Final = 5.0
"""How long Redis is left alone after it did not answer."""
ACTIVE_SECONDS: Final = 60
TIMEOUT: Final = 0.25


@dataclass(frozen=True)
class Limit:
    """So many messages a second in the long run, so many at once."""

    rate: float
    burst: float

    def share(self, workers: int) -> "Limit":
        """What one of so many may do alone."""
        return Limit(self.rate / workers, max(1.0, self.burst / workers))


class Bank(Protocol):
    """Keeps lanes by name."""

    def take(self, lane: str, limits: tuple[Limit, ...], wanted: int) -> tuple[int, float]:
        """How many of `wanted` messages may be begun with, and the seconds until more may be asked for."""
        ...

    def slow(self, lane: str, speed: float) -> None:
        """This lane was asked to slow down while it did `speed` messages a second here; 0 for not known."""
        ...

    def slowed(self) -> frozenset[str]:
        """Lanes that have a cap now."""
        ...


@dataclass
class _Cap:
    """How fast a lane may go after it was slowed; `peak` is what it did before."""

    start: float
    peak: float
    at: float

    def now(self, at: float) -> float:
        return self.start + (at - self.at) * self.peak / RECOVERY


class LocalBank:
    """The buckets of one process that works beside `workers - 1` others and cannot ask them."""

    def __init__(self, workers: int = 1, seconds: Callable[[], float] = time.monotonic) -> None:
        self.workers = workers
        self._seconds = seconds
        self._buckets: dict[tuple[str, int], tuple[float, float]] = {}
        self._caps: dict[str, _Cap] = {}

    def take(self, lane: str, limits: tuple[Limit, ...], wanted: int) -> tuple[int, float]:
        now = self._seconds()
        mine = [limit.share(self.workers) for limit in limits]
        cap = self._cap(lane, now)
        if cap:
            mine.append(Limit(cap, max(1.0, cap / 4)))
        filled = []
        for number, limit in enumerate(mine):
            held, at = self._buckets.get((lane, number), (1.0, now))
            filled.append(min(limit.burst, held + (now - at) * limit.rate))
        granted = int(min([float(wanted), *filled]))
        wait = 0.0
        for number, (limit, held) in enumerate(zip(mine, filled, strict=True)):
            self._buckets[lane, number] = (held - granted, now)
            wait = max(wait, (1 - held + granted) / limit.rate)
        return granted, max(0.0, wait)

    def slow(self, lane: str, speed: float) -> None:
        now = self._seconds()
        known = self._caps.get(lane)
        if known is not None and now - known.at < ONE_EVENT:
            return
        before = self._cap(lane, now) or speed or FIRST
        peak = max(known.peak if known and self._cap(lane, now) else 0.0, before)
        self._caps[lane] = _Cap(max(LOWEST, before / 2), peak, now)

    def slowed(self) -> frozenset[str]:
        now = self._seconds()
        return frozenset(lane for lane in list(self._caps) if self._cap(lane, now))

    def _cap(self, lane: str, now: float) -> float:
        """0 when it hinders nobody any more."""
        cap = self._caps.get(lane)
        if cap is None or cap.now(now) >= cap.peak:
            return 0.0
        return cap.now(now)


_TAKE: Final = """
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local wanted, count = tonumber(ARGV[1]), tonumber(ARGV[2])
redis.call('ZADD', KEYS[2], now, ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - tonumber(ARGV[4]))
local rates, bursts = {}, {}
for n = 1, count do
  rates[n], bursts[n] = tonumber(ARGV[3 + 2 * n]), tonumber(ARGV[4 + 2 * n])
end
local start, peak, slowed = unpack(redis.call('HMGET', KEYS[1], 'start', 'peak', 'slowed'))
if start then
  local cap = start + (now - slowed) * peak / tonumber(ARGV[5 + 2 * count])
  if cap >= tonumber(peak) then
    redis.call('HDEL', KEYS[1], 'start', 'peak', 'slowed')
    redis.call('ZREM', KEYS[3], ARGV[6 + 2 * count])
  else
    count = count + 1
    rates[count], bursts[count] = cap, math.max(1, cap / 4)
  end
end
local granted, held = wanted, {}
for n = 1, count do
  local known = redis.call('HMGET', KEYS[1], 'held' .. n, 'at' .. n)
  held[n] = known[1] and math.min(bursts[n], known[1] + math.max(0, now - known[2]) * rates[n]) or 1
  granted = math.min(granted, math.floor(held[n]))
end
local wait = 0
for n = 1, count do
  redis.call('HSET', KEYS[1], 'held' .. n, held[n] - granted, 'at' .. n, now)
  wait = math.max(wait, (1 - held[n] + granted) / rates[n])
end
redis.call('EXPIRE', KEYS[1], 7200)
return {granted, tostring(wait), redis.call('ZCARD', KEYS[2])}
"""

_SLOW: Final = """
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local speed, first, lowest = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local start, peak, slowed = unpack(redis.call('HMGET', KEYS[1], 'start', 'peak', 'slowed'))
local before, most = 0, 0
if start then
  if now - slowed < tonumber(ARGV[4]) then return 0 end
  local cap = start + (now - slowed) * peak / tonumber(ARGV[5])
  if cap < tonumber(peak) then before, most = cap, tonumber(peak) end
end
if before == 0 then before = speed > 0 and speed or first end
redis.call('HSET', KEYS[1], 'start', math.max(lowest, before / 2), 'peak', math.max(most, before), 'slowed', now)
redis.call('EXPIRE', KEYS[1], 7200)
redis.call('ZADD', KEYS[2], now + 2 * tonumber(ARGV[5]), ARGV[6])
return 1
"""


class SharedBank:
    """Buckets in Redis or Valkey, by its clock. While it is away every worker keeps to its share of the pace: that of
    as many workers as were last seen at work, or as are set."""

    def __init__(
        self, connection: redis.Redis, worker: str, workers: int, *, prefix: str = "handoff:pace:"
    ) -> None:
        pool = connection.connection_pool
        given = {**pool.connection_kwargs, "socket_timeout": TIMEOUT, "socket_connect_timeout": TIMEOUT}
        own = redis.ConnectionPool(connection_class=pool.connection_class, max_connections=4, **given)
        self._redis = redis.Redis(connection_pool=own)
        self._worker, self._prefix = worker, prefix
        self._take = self._redis.register_script(_TAKE)
        self._slow = self._redis.register_script(_SLOW)
        self._least = workers
        self._own = LocalBank(workers)
        self._alone_until = 0.0

    def take(self, lane: str, limits: tuple[Limit, ...], wanted: int) -> tuple[int, float]:
        numbers: list[float] = [value for limit in limits for value in (limit.rate, limit.burst)]
        arguments: list[str | int | float] = [
            wanted,
            len(limits),
            self._worker,
            ACTIVE_SECONDS,
            *numbers,
            RECOVERY,
            lane,
        ]
        keys = [self._key(lane), f"{self._prefix}workers", f"{self._prefix}slowed"]
        said = self._ask(lambda: self._take(keys, arguments))
        if said is None:
            return self._own.take(lane, limits, wanted)
        granted, wait, workers = said
        self._own.workers = max(self._least, int(workers))
        return int(granted), float(wait)

    def slow(self, lane: str, speed: float) -> None:
        arguments: list[str | int | float] = [
            speed * self._own.workers,
            FIRST,
            LOWEST,
            ONE_EVENT,
            RECOVERY,
            lane,
        ]
        self._ask(lambda: self._slow([self._key(lane), f"{self._prefix}slowed"], arguments))
        self._own.slow(lane, speed)

    def slowed(self) -> frozenset[str]:
        def known() -> Any:
            seconds, _ = self._redis.time()
            return self._redis.zrangebyscore(f"{self._prefix}slowed", seconds, "+inf")

        said = self._ask(known)
        return self._own.slowed() if said is None else frozenset(lane.decode() for lane in said)

    def _key(self, lane: str) -> str:
        return f"{self._prefix}lane:{lane}"

    def _ask(self, question: Callable[[], Any]) -> Any:
        """The answer, or None while Redis is away."""
        if time.monotonic() < self._alone_until:
            return None
        try:
            return question()
        except redis.RedisError as error:
            log.warning("the pace is kept alone, the queue is away: %s", error)
            self._alone_until = time.monotonic() + ALONE_SECONDS
            return None
