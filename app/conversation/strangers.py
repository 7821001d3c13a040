"""Which mail without a signed address is meant for the author: written by a person, to an address for people."""

from typing import Final

from sqlalchemy.orm import Session

from app.conversation.mime import parse_mail
from app.publication.models import Publication

_HEADER_BYTES: Final = 256 * 1024
_FOR_PEOPLE: Final = frozenset({"reply", "feedback", "stuck", "hello"})
_SENT_TO_MANY: Final = ("list-id", "list-unsubscribe", "feedback-id", "list-post", "x-mailing-list")


def is_for_people(session: Session, raw: bytes, written_to: tuple[str, ...]) -> bool:
    """True for mail to the publication's own addresses, or to `reply@` and the lanes' names wherever we take mail,
    that is no bulk mail itself. An address for answers whose token is spoilt, or was signed with a key that was
    replaced since, proves nothing and is still where somebody answered a letter."""
    publication = session.get(Publication, 1)
    ours = {publication.reply_address.lower(), publication.sender_address.lower()} if publication else set()
    local_parts = {address.lower().partition("@")[0].partition("+")[0] for address in written_to}
    if not ours & {address.lower() for address in written_to} and not local_parts & _FOR_PEOPLE:
        return False
    mail = parse_mail(raw[:_HEADER_BYTES])
    if any(mail.get(name) for name in _SENT_TO_MANY):
        return False
    return mail.get("precedence").strip().lower() not in {"bulk", "list", "junk"}
