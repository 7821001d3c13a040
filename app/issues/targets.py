"""Reading a web address: one reading, whose parts are used everywhere, so that no two readers can disagree.

Only the spelling is judged here (scheme, no credentials, a host that can be one). Where it leads is judged by IP, in
dialling.
"""

import re
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Final
from urllib.parse import quote, urlsplit

import idna

from app.foundation.errors import InvalidInput

LONGEST: Final = 2000
PORTS: Final = {"http": 80, "https": 443}

_HOST: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_][a-z0-9_-]{0,62})*")
_PATH: Final = "/%:@!$&'()*+,;=~-._|[]{}^"


@dataclass(frozen=True)
class Target:
    """A web address taken apart; `host` is ASCII, without brackets and without a final dot."""

    scheme: str
    host: str
    port: int
    path_and_query: str

    @property
    def url(self) -> str:
        """The address put together again, without a fragment."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.path_and_query}"


def read_target(url: str) -> Target:
    """Raises InvalidInput naming `url` for whatever is not an http or https address of a host."""
    text = url.strip()
    if not text or len(text) > LONGEST:
        raise _wrong(f"must be a web address of at most {LONGEST:,} characters.")
    if any(char.isspace() or not char.isprintable() for char in text) or "\\" in text.partition("?")[0]:
        raise _wrong("holds characters that no web address has.")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise _wrong("is not a web address.") from None
    scheme = parts.scheme.lower()
    if scheme not in PORTS:
        raise _wrong("must begin with https:// or http://.")
    if "@" in parts.netloc:
        raise _wrong("holds a user name or password; we never send any.")
    if port == 0:
        raise _wrong("names port 0.")
    path = quote(parts.path or "/", safe=_PATH)
    query = f"?{quote(parts.query, safe=_PATH + '?')}" if parts.query else ""
    return Target(scheme, _host(parts.hostname or ""), port or PORTS[scheme], path + query)


def _host(raw: str) -> str:
    if ":" in raw:
        try:
            return str(IPv6Address("" if "%" in raw else raw))
        except ValueError:
            raise _wrong("names no host that could be asked.") from None
    try:
        host = idna.encode(raw.rstrip("."), uts46=True).decode("ascii").lower() if raw else ""
    except (idna.IDNAError, UnicodeError):
        host = raw.rstrip(".").lower()  # names with an underscore exist, though IDNA knows none
    if len(host) > 253 or not _HOST.fullmatch(host):
        raise _wrong("names no host that could be asked.")
    return host


def _wrong(message: str) -> InvalidInput:
    return InvalidInput(message, field="url", hint="Copy it from the browser's address bar.")
