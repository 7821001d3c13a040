"""Which relay gets the next connection: by weight among those that work, with a circuit breaker for each."""

import random
from dataclasses import dataclass
from typing import Final

from app.delivery.answers import Step
from app.delivery.transport import Relay, RelayAway

FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 60.0
HOPELESS_AFTER: Final = 3
"""Failures in a row after which a run of sending stops waiting for a relay."""


@dataclass
class _Health:
    failures: int = 0
    until: float = 0.0


class Switchboard:
    """Remembers which relays disappointed; times are those of time.monotonic()."""

    def __init__(
        self, relays: tuple[Relay, ...], *, first_pause: float = FIRST_PAUSE, seed: int | None = None
    ) -> None:
        self.relays = relays
        self._first_pause = first_pause
        self._health = {relay: _Health() for relay in relays}
        self._random = random.Random(seed)  # noqa: S311  (spreads load, keeps no secret)
        self.trouble = RelayAway("no relay has been tried")

    def choose(self, now: float) -> Relay | None:
        """A relay for one more connection; None while every one of them is being left alone."""
        ready = [relay for relay in self.relays if self._health[relay].until <= now]
        if not ready:
            return None
        return self._random.choices(ready, [relay.weight for relay in ready])[0]

    @property
    def hopeless(self) -> bool:
        """Every relay has failed several times in a row."""
        return all(health.failures >= HOPELESS_AFTER for health in self._health.values())

    def failed(self, relay: Relay, now: float, error: RelayAway) -> None:
        """It could not be reached or refused us: leave it alone, longer each time, with jitter."""
        health = self._health[relay]
        pause = min(LONGEST_PAUSE, self._first_pause * 2**health.failures) * self._random.uniform(1.0, 1.2)
        health.failures += 1
        if error.answer is not None and error.answer.step is Step.LOGIN and error.answer.code >= 500:
            health.failures = max(
                health.failures, HOPELESS_AFTER
            )  # the same password will not do next time either
        health.until = max(health.until, now + pause)
        self.trouble = error

    def disappointed(self, relay: Relay, now: float, error: RelayAway) -> None:
        """It cut a connection that was at work; once is an accident."""
        if self._health[relay].failures:
            self.failed(relay, now, error)
        else:
            self._health[relay].failures = 1
            self.trouble = error

    def succeeded(self, relay: Relay) -> None:
        """A connection was opened."""
        self._health[relay].until = 0.0

    def worked(self, relay: Relay) -> None:
        """It accepted a message: all is forgiven."""
        self._health[relay].failures = 0
