"""Our own signed links and addresses in what readers send back, made inert: whoever clicks one acts for the reader."""

import re
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

LINK_LEFT_OUT: Final = "[a personal link of ours, left out]"
ADDRESS_LEFT_OUT: Final = "[a signed address of ours, left out]"

_ADDRESS: Final = re.compile(r"\b(?:bounce|reply|leave|clip)\+[a-z2-7]{8,60}@[\w.-]{1,255}", re.IGNORECASE)
_TOKEN: Final = re.compile(r"/[a-z2-7]{16,128}(?=[/?#.&=]|$)", re.IGNORECASE)


def inert_text(text: str, base_url: str) -> str:
    """The text without our signed links and addresses; links to our open pages stay."""
    found = _own_urls(urlsplit(base_url).netloc).sub(_judge, text)
    return _ADDRESS.sub(ADDRESS_LEFT_OUT, found)


def is_signed(url: str, base_url: str) -> bool:
    """True for an address that does something for whoever holds it: ours with a token, or a mailto to one."""
    if _ADDRESS.search(url):
        return True
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return True
    return parts.netloc.lower() == urlsplit(base_url).netloc.lower() and bool(_TOKEN.search(parts.path))


def _judge(found: re.Match[str]) -> str:
    return LINK_LEFT_OUT if _TOKEN.search(found.group(1)) else found.group(0)


@lru_cache(maxsize=8)
def _own_urls(netloc: str) -> re.Pattern[str]:
    return re.compile(rf"(?:https?://)?{re.escape(netloc)}(/[^\s<>\"')\]]{{1,500}})", re.IGNORECASE)
