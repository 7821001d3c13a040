"""The witness: what stands outside the database about who we are and how far we came (promise 3).

A database cannot tell that it is yesterday's, nor that it is a copy. So its identity and its high-water mark are kept
a second time, with the files (and, where the queue keeps them, there as well: files may have been brought back
together with the database). Where files lie on a disk, a small anchor beside them is known by its place on that disk,
which no copy shares.
"""

import json
import logging
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Final

import redis
from sqlalchemy import make_url

from app.foundation.errors import HandoffError, NotFound, Unavailable
from app.foundation.settings import Settings
from app.foundation.storage import LocalStorage, Storage

log = logging.getLogger(__name__)

KEY: Final = "installation/witness.json"
_BESIDE: Final = "handoff:mark:"


@dataclass(frozen=True)
class Evidence:
    """What the witness says."""

    identity: str
    mark: int


@dataclass(frozen=True)
class Place:
    """Where an installation runs. All its machines, however many come and go, say the same; an empty part is unknown
    and proves nothing."""

    anchor: str = ""
    machine: str = ""
    database: str = ""
    address: str = ""

    def differs_from(self, other: "Place") -> str:
        """How this place is another than `other`, in words; empty when nothing speaks for it."""
        return next(
            (
                words
                for part, words in _DIFFERENCES.items()
                if getattr(self, part)
                and getattr(other, part)
                and getattr(self, part) != getattr(other, part)
            ),
            "",
        )


_DIFFERENCES: Final = {
    "machine": "This is another machine than the one it ran on.",
    "anchor": "Its files were copied: they are not the ones it wrote.",
    "database": "Its database lies somewhere else than it did.",
    "address": "It has another public address than it had.",
}


def place_of(settings: Settings) -> Place:
    """Where we run, as far as settings say it; the anchor is the witness's own to know."""
    url = make_url(settings.database)
    return Place(
        machine="" if settings.is_postgresql else settings.machine,
        database=f"{url.host or url.query.get('host', '')}:{url.port or ''}/{url.database}"
        if settings.is_postgresql
        else "",
        address="" if settings.is_loopback else settings.base_url,
    )


def as_place(stored: dict[str, str]) -> Place:
    """A Place as the database keeps it; parts that later versions added are left out."""
    return Place(**{field.name: str(stored.get(field.name, "")) for field in fields(Place)})


class Witness:
    """Reads and writes the evidence. `beside` is the queue's server, which may be away or have forgotten."""

    def __init__(self, storage: Storage, place: Place, beside: redis.Redis | None = None) -> None:
        self._storage = storage
        self._place = place
        self._beside = beside

    def read(self) -> Evidence | None:
        """What it says; None when there is none. Raises Unavailable when nobody can know."""
        try:
            said = json.loads(self._storage.get(KEY))
            found = Evidence(str(said["identity"]), int(said["mark"]))
        except NotFound:
            return None
        except (ValueError, KeyError, TypeError):
            return Evidence("", 0)  # it is there and says nothing we understand: another identity than ours
        except Exception as error:  # whatever a bucket's library raises
            raise Unavailable(f"The witness of this installation cannot be read: {error}") from error
        return Evidence(found.identity, max(found.mark, self._mark_beside(found.identity)))

    def write(self, evidence: Evidence) -> None:
        """Replace it. Raises Unavailable."""
        try:
            if self._anchor_path is not None:
                self._anchor_path.parent.mkdir(parents=True, exist_ok=True)
                self._anchor_path.touch()
            self._storage.put(KEY, json.dumps(asdict(evidence)).encode())
        except HandoffError:
            raise
        except Exception as error:
            raise Unavailable(f"The witness of this installation cannot be written: {error}") from error
        if self._beside is not None:
            try:
                self._beside.set(_BESIDE + evidence.identity, evidence.mark)
            except redis.RedisError as error:
                log.debug("the queue could not note the mark: %s", error)

    @property
    def place(self) -> Place:
        """Where we run now."""
        return Place(**{**asdict(self._place), "anchor": self._anchor()})

    @property
    def _anchor_path(self) -> Path | None:
        if not isinstance(self._storage, LocalStorage):
            return None
        return self._storage.path_of(KEY).with_name("anchor")

    def _anchor(self) -> str:
        path = self._anchor_path
        try:
            return f"{os.stat(path.parent).st_ino}/{os.stat(path).st_ino}" if path is not None else ""
        except OSError:
            return ""

    def _mark_beside(self, identity: str) -> int:
        if self._beside is None:
            return 0
        try:
            said = self._beside.get(_BESIDE + identity)
        except redis.RedisError:
            return 0
        return int(said) if isinstance(said, bytes) and said.isdigit() else 0
