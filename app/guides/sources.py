"""Where a visitor of a guide's page came from, in one short word that names no person.

`utm:google/cpc/spring`, `letter:issue:7`, `form:footer`, `site:example.org`, `page:/issues`, or `direct`.
"""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

DIRECT: Final = "direct"
OTHER: Final = "other"
LONGEST: Final = 120

_UNFIT: Final = re.compile(r"[^a-z0-9._/-]+")
_MACHINE: Final = re.compile(
    r"bot\b|bot/|crawl|spider|slurp|preview|scan|monitor|curl|wget|python|java/|go-http|headless|facebookexternalhit",
    re.IGNORECASE,
)


def read_source(args: Mapping[str, str], referrer: str, own_url: str) -> str:
    """The source of a visit, from what the link said (utm_*, from) and otherwise from the referring page."""
    campaign = [_word(args.get(f"utm_{part}", "")) for part in ("source", "medium", "campaign")]
    if campaign[0]:
        return f"utm:{'/'.join(campaign).rstrip('/')}"[:LONGEST]
    named = _word(args.get("from", ""))
    if named:
        return f"form:{named}"[:LONGEST]
    try:
        parts = urlsplit(referrer)
        host, own_host = parts.hostname or "", urlsplit(own_url).hostname or ""
    except ValueError:
        return DIRECT
    if not host or parts.scheme not in {"http", "https"}:
        return DIRECT
    if host == own_host:
        return f"page:/{_word(parts.path.strip('/').partition('/')[0])}"[:LONGEST]
    return f"site:{_word(host.removeprefix('www.'))}"[:LONGEST]


def is_machine(user_agent: str) -> bool:
    """Says of itself that it is a program; the others are counted as people."""
    return not user_agent or bool(_MACHINE.search(user_agent))


def _word(text: str) -> str:
    return _UNFIT.sub("-", text.strip().lower())[:60].strip("-")
