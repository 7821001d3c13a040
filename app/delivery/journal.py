"""What was in flight when a process died: a small file per lease, mapped into memory, written before the wire.

It is there before the lease is committed, so that there is no lease without one. One byte per delivery, set before a
message's last bytes go out and again when its answer came. A write to a shared mapping is in the kernel's hands at
once, so it survives `kill -9`; it need not survive a power cut: a journal of another boot is not believed, nor that of
another owner, whose lease was never committed. Then everything of the lease without an outcome is uncertain.
The owner is part of the name too: who meets the same lease after a rollback makes, and removes, a file of its own.
"""

import mmap
import os
import struct
from array import array
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from hashlib import blake2b
from pathlib import Path
from typing import Final, Protocol

from app.delivery.owners import boot_id

_HEADER: Final = struct.Struct("<8s40s120sI")
_MAGIC: Final = b"handoff2"


ORPHANED: Final = timedelta(days=7)


class Mark(IntEnum):
    """How far one delivery of the lease has come."""

    UNTOUCHED = 0
    IN_FLIGHT = 1
    ACCEPTED = 2
    REFUSED = 3


class Journal(Protocol):
    """Where a sender notes its steps; `number` is the place of the reader in the lease."""

    def mark(self, number: int, mark: Mark) -> None: ...

    def close(self) -> None: ...


class FileJournal:
    """The journal of one lease. Raises OSError when there is no room: then nothing must be sent."""

    def __init__(
        self, folder: Path, chunk_id: int, fence: int, delivery_ids: list[int], *, owner: str
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = journal_path(folder, chunk_id, fence, owner)
        self._marks = _HEADER.size + 8 * len(delivery_ids)
        content = _HEADER.pack(_MAGIC, boot_id().encode(), owner.encode(), len(delivery_ids))
        content += array("q", delivery_ids).tobytes() + bytes(len(delivery_ids))
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            if os.write(descriptor, content) != len(content):
                raise OSError(28, "no room for the journal")
            self._map = mmap.mmap(descriptor, len(content))
        finally:
            os.close(descriptor)

    def mark(self, number: int, mark: Mark) -> None:
        self._map[self._marks + number] = mark

    def close(self) -> None:
        """The lease is closed and every outcome is in the database."""
        self._map.close()
        self.path.unlink(missing_ok=True)


@dataclass(frozen=True)
class Recovered:
    """What a dead owner's journal says, by delivery id."""

    marks: dict[int, Mark]


def journal_path(folder: Path, chunk_id: int, fence: int, owner: str) -> Path:
    return folder / f"{chunk_id}-{fence}-{blake2b(owner.encode(), digest_size=8).hexdigest()}.journal"


def read_journal(folder: Path, chunk_id: int, fence: int, *, owner: str) -> Recovered | None:
    """The journal of a lease of this owner; None when there is none to be believed."""
    try:
        content = journal_path(folder, chunk_id, fence, owner).read_bytes()
        size = _HEADER.unpack_from(content)[-1]
    except (OSError, struct.error):
        return None
    marks_at = _HEADER.size + 8 * size
    ours = _HEADER.pack(_MAGIC, boot_id().encode(), owner.encode(), size)
    if content[: _HEADER.size] != ours or len(content) != marks_at + size:
        return None
    ids, marks = array("q", content[_HEADER.size : marks_at]), content[marks_at:]
    if max(marks, default=0) > max(Mark):
        return None
    return Recovered({delivery: Mark(mark) for delivery, mark in zip(ids, marks, strict=True)})


def drop_journal(folder: Path, chunk_id: int, fence: int, *, owner: str) -> None:
    """After recovery."""
    journal_path(folder, chunk_id, fence, owner).unlink(missing_ok=True)


def drop_orphans(folder: Path, now: datetime) -> None:
    """Journals whose lease was never committed: nobody comes for them. A week is longer than any lease."""
    oldest = (now - ORPHANED).timestamp()
    for path in folder.glob("*.journal"):
        with suppress(FileNotFoundError):  # its owner was just done with it
            if path.stat().st_mtime < oldest:
                path.unlink()
