"""What time it is. Everything asks a Clock, so that a demo or a test can move it."""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

Clock = Callable[[], datetime]
"""A function without arguments that answers the present as an aware datetime in UTC."""


def system_clock() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


def file_clock(path: Path) -> Clock:
    """A clock moved by a file: an ISO 8601 instant that holds at the file's mtime and runs on from there.

    A missing or unreadable file means the machine's clock: the demo creates the file when it first moves time.
    """

    def now() -> datetime:
        try:
            moved_at = path.stat().st_mtime
            instant = datetime.fromisoformat(path.read_text().strip())
        except (OSError, ValueError):
            return system_clock()
        return datetime.fromtimestamp(instant.timestamp() + time.time() - moved_at, UTC)

    return now


def move_clock(path: Path, instant: datetime) -> None:
    """Set the clock of `file_clock(path)`; atomic, so that no reader sees half a date."""
    draft = path.with_suffix(".new")
    draft.write_text(instant.astimezone(UTC).isoformat())
    os.replace(draft, path)
