"""Which of the big providers keeps a mailbox, by the domain of its address: what one of them says is worth knowing."""

import re
from typing import Final

_FAMILIES: Final = (
    ("Gmail", r"(?:gmail|googlemail)\.com"),
    ("Microsoft", r"(?:outlook|hotmail|live|msn|passport|windowslive)\.[a-z.]{2,6}"),
    ("Yahoo and AOL", r"(?:yahoo|ymail|rocketmail|aol|aim|verizon)\.[a-z.]{2,6}"),
    ("Apple", r"(?:icloud|me|mac)\.com"),
    ("GMX and Web.de", r"(?:gmx|web|mail)\.(?:de|net|at|ch)|gmx\.com"),
    ("Proton", r"(?:proton|protonmail|pm)\.(?:me|com|ch)"),
    ("Mail.ru and Yandex", r"(?:mail|bk|inbox|list|yandex|ya)\.ru|yandex\.[a-z.]{2,6}"),
    ("Tencent and NetEase", r"(?:qq|foxmail|163|126)\.com|yeah\.net"),
    ("Orange, Free and SFR", r"(?:orange|wanadoo|free|sfr|laposte)\.(?:fr|net)"),
)
_KNOWN: Final = tuple((name, re.compile(pattern)) for name, pattern in _FAMILIES)

OTHERS: Final = "Others"


def provider_of(domain: str) -> str:
    """The provider's name; `Others` for a domain that is none of the big ones."""
    lowered = domain.lower()
    return next((name for name, pattern in _KNOWN if pattern.fullmatch(lowered)), OTHERS)
