"""Which sites may carry the sign-up form: those the author names, and no other."""

import re
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.foundation.errors import InvalidInput
from app.signup.models import EmbedOrigin

MOST_ORIGINS: Final = 20
_HOST: Final = re.compile(r"[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*")
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1"})


def list_origins(session: Session) -> tuple[str, ...]:
    """The sites that may carry the form, in order."""
    return tuple(session.scalars(select(EmbedOrigin.origin).order_by(EmbedOrigin.origin)))


def allow_origin(session: Session, now: datetime, raw: str) -> str:
    """Let a site carry the form; the address of any of its pages will do. Raises InvalidInput."""
    origin = _origin_of(raw.strip())
    known = list_origins(session)
    if origin not in known:
        if len(known) >= MOST_ORIGINS:
            raise InvalidInput(
                f"More than {MOST_ORIGINS} sites are not taken.", field="site", hint="Remove one first."
            )
        session.add(EmbedOrigin(origin=origin, added_at=now))
    return origin


def forbid_origin(session: Session, origin: str) -> None:
    """Take the permission back; forms that stand there are refused from now on."""
    session.execute(delete(EmbedOrigin).where(EmbedOrigin.origin == origin))


def _origin_of(address: str) -> str:
    refusal = InvalidInput(
        "That is not the address of a site.", field="site", hint="Write it like https://www.example.com."
    )
    try:
        parts = urlsplit(address if "://" in address else f"https://{address}")
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
    except ValueError:
        raise refusal from None
    if not _HOST.fullmatch(host) or parts.username is not None or len(host) > 253:
        raise refusal
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _LOOPBACK):
        raise InvalidInput(
            "Only sites that begin with https:// may carry the form.",
            field="site",
            hint="Anybody on the way could change the others.",
        )
    usual = port is None or (parts.scheme, port) in {("https", 443), ("http", 80)}
    return f"{parts.scheme}://{host}" + ("" if usual else f":{port}")
