"""What the use cases of signing up need beside the session: keys, links and the folder of mails."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from app.foundation.links import Links
from app.foundation.tokens import Signer
from app.guides.rules import STANDARD, GateRules


@dataclass(frozen=True)
class Desk:
    """Handed in by whoever calls; the entry points make one from their Runtime."""

    signer: Signer
    links: Links
    address_key: bytes
    emails_dir: Path
    rules: GateRules = STANDARD
    confirm_within: timedelta = timedelta(days=7)
