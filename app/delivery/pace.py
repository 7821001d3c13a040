"""How fast this process may send, and when refusals on policy grounds say that it should not send at all."""

from collections import deque
from typing import Final

LAST: Final = 200
AGREEING: Final = 4
"""Two in a hundred of the last two hundred."""
DOMAINS: Final = 3


class Pace:
    """A bucket that fills at `rate` messages a second and holds a quarter of a second's worth; 0 means no limit."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._most = max(1.0, rate / 4)
        self._tokens = 1.0
        self._at: float | None = None

    def fill(self, now: float) -> None:
        """Time has come to `now`, in seconds of any clock that only goes forward."""
        if self._at is not None:
            self._tokens = min(self._most, self._tokens + (now - self._at) * self._rate)
        self._at = now

    @property
    def free(self) -> bool:
        """May another message be begun with?"""
        return self._rate <= 0 or self._tokens >= 1

    def spend(self) -> None:
        self._tokens -= 1

    @property
    def wait(self) -> float:
        """Seconds until the next message may be begun with."""
        return 0.0 if self.free else (1 - self._tokens) / self._rate


class Unrest:
    """Refusals on policy grounds: one reader's server may have a grudge, three domains agreeing are about us."""

    def __init__(self) -> None:
        self._last: deque[str] = deque(maxlen=LAST)

    def note(self, domain: str) -> None:
        """An answer came; `domain` of the reader when it was a refusal on policy grounds, otherwise empty."""
        self._last.append(domain)

    @property
    def too_much(self) -> bool:
        refused = [domain for domain in self._last if domain]
        return len(refused) >= AGREEING and len(set(refused)) >= DOMAINS
