"""What of a message comes from the installation and not from the Edition: domains, origin, keys."""

from dataclasses import dataclass

from app.delivery.dkim import DkimKey, load_keys
from app.foundation.links import Links
from app.foundation.settings import Settings
from app.foundation.tokens import Signer


@dataclass(frozen=True)
class Letterhead:
    """Empty domains mean: no signed reply address, no VERP, no mailto for leaving."""

    links: Links
    signer: Signer
    reply_domain: str = ""
    bounce_domain: str = ""
    dkim: tuple[DkimKey, ...] = ()

    @property
    def leave_domain(self) -> str:
        """Where a mail to `leave+<token>@` is received."""
        return self.bounce_domain or self.reply_domain


def letterhead_of(settings: Settings, signer: Signer) -> Letterhead:
    """The Letterhead that the settings describe. Raises Misconfigured when mail cannot be signed as they ask."""
    return Letterhead(
        links=Links(settings.base_url),
        signer=signer,
        reply_domain=settings.reply_domain,
        bounce_domain=settings.bounce_domain,
        dkim=load_keys(settings),
    )
