"""How long a link opens a guide and how often: the operator's to choose (HANDOFF_LINK_DAYS and its neighbours)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final


@dataclass(frozen=True)
class GateRules:
    """What every download is held against."""

    link_lifetime: timedelta = timedelta(days=7)
    file_lifetime: timedelta = timedelta(minutes=15)
    downloads_per_link: int = 10
    downloads_a_day: int = 20
    quiet: timedelta = timedelta(hours=24)
    """How far from a letter a follow-up keeps."""


STANDARD: Final = GateRules()
"""What holds where nobody chose otherwise."""
