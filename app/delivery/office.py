"""What a sending process needs, put together once: by the job, the bench, or a test."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from app.delivery.banks import Bank
from app.delivery.feed import Carrier
from app.delivery.letterhead import Letterhead
from app.delivery.outcomes import LEASE_SECONDS
from app.delivery.pace import Plan
from app.delivery.sentry import Sentry
from app.foundation.clock import Clock
from app.foundation.db import Database


@dataclass(frozen=True)
class Office:
    """`stopping` is asked often and says that the process is to end: then everything under way is drained."""

    database: Database
    clock: Clock
    letterhead: Letterhead
    carrier: Carrier
    owner: str
    journals: Path
    stopping: Callable[[], bool] = bool
    relay_pause: timedelta = timedelta(seconds=60)
    lease_seconds: float = LEASE_SECONDS
    plan: Plan = field(default_factory=Plan)
    bank: Bank | None = None
    """Shares the pace among workers and learns from relays that ask for patience."""
    sentry: Sentry | None = None
    """Without one nothing is compared with a witness: only for benches and tests."""
    slice_seconds: float | None = None
    """Stop after this long although there is more, so that mail somebody waits for gets its turn."""
