"""Passing a page on: plain links that tell nobody anything until they are followed."""

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True)
class Way:
    """One link under "Share"."""

    name: str
    href: str


def ways_to_share(address: str, title: str, text: str = "") -> tuple[Way, ...]:
    """LinkedIn first: that is where these readers are. `text` stands before the address, the title without it."""
    url, subject, words = quote(address, safe=""), quote(title, safe=""), quote(text or title, safe="")
    return (
        Way("LinkedIn", f"https://www.linkedin.com/sharing/share-offsite/?url={url}"),
        Way("Mail", f"mailto:?subject={subject}&body={words}%0A{url}"),
        Way("Bluesky", f"https://bsky.app/intent/compose?text={words}%20{url}"),
        Way("WhatsApp", f"https://wa.me/?text={words}%20{url}"),
    )
