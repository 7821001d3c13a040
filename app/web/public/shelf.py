"""Copies of guides that were handed out a moment ago, kept in memory: a reader's program asks for many parts of one
file, and setting a name on a cover takes some 20 ms. A copy never changes, so nothing here can be out of date; whether
its edition is still in storage is asked each time.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

MOST_BYTES = 64 * 1024 * 1024
"""In each web process."""
LARGEST = MOST_BYTES // 8
"""What is larger is read from storage each time."""


@dataclass(frozen=True)
class Shelved:
    """One copy and what names its content (RFC 9110, section 8.8.3)."""

    data: bytes
    etag: str


class Shelf:
    """The copies asked for last, up to `most` bytes in all."""

    def __init__(self, most: int = MOST_BYTES, largest: int = LARGEST) -> None:
        self.most, self.largest = most, largest
        self._kept: OrderedDict[tuple[str, ...], Shelved] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def take(self, key: tuple[str, ...], make: Callable[[], bytes]) -> Shelved:
        """The copy under this key, made when it is not here. Two who ask at once may both make it."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found
        data = make()
        copy = Shelved(data, hashlib.sha256(data).hexdigest()[:32])
        if len(data) <= self.largest:
            self._put(key, copy)
        return copy

    def drop(self, storage_key: str) -> None:
        """Forget every copy of an edition whose file is not in storage any more."""
        with self._lock:
            for key in [key for key in self._kept if key[0] == storage_key]:
                self._bytes -= len(self._kept.pop(key).data)

    def _put(self, key: tuple[str, ...], copy: Shelved) -> None:
        with self._lock:
            if key in self._kept:
                return
            self._kept[key] = copy
            self._bytes += len(copy.data)
            while self._bytes > self.most:
                _, oldest = self._kept.popitem(last=False)
                self._bytes -= len(oldest.data)
