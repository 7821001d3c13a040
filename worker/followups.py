"""Follow-ups that are due go into the ledger. Run by the clock."""

import logging
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from app.foundation.errors import HandoffError
from app.guides.following import Pen, send_due_followups
from app.guides.publishing import published_content
from app.guides.queries import published_guides
from app.wiring import Runtime

log = logging.getLogger(__name__)


def send_followups(here: Runtime, now: datetime) -> None:
    """Each guide in a transaction of its own; one whose texts are broken does not keep the others back."""
    chosen = here.settings
    pen = Pen(here.signer, here.links, chosen.emails_dir, chosen.reply_domain, here.gate_rules)
    with here.database.reading() as session:
        guides = [(guide.slug, guide.source_sha256) for guide in published_guides(session)]
    for slug, source in guides:
        try:
            content = published_content(here.storage, slug, source)
            if content.followups:
                with here.database.writing() as session:
                    send_due_followups(session, now, pen, content)
        except SQLAlchemyError:
            raise
        except HandoffError as error:
            log.error("the follow-ups of guide %s wait: %s", slug, error)
