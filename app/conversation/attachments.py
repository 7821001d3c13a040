"""What came with a mail: kept in the raw mail, described by its own bytes, handed out as a download only."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from sqlalchemy.orm import Session

from app.conversation.charsets import decode_header
from app.conversation.mime import MAX_BYTES, Mail, Part, parse_mail, read_value
from app.conversation.models import Attachment, InboundMail, Message
from app.conversation.receiving import read_raw
from app.conversation.sniffing import sniff
from app.foundation.errors import Gone, NotFound
from app.foundation.storage import Storage

MOST: Final = 50
_TEXTS: Final = frozenset({"text/plain", "text/html", "text/enriched", "text/watch-html", "text/x-amp-html"})


@dataclass(frozen=True)
class Download:
    """`name` is safe for a header and a file system."""

    name: str
    data: bytes


def keep_attachments(session: Session, message: Message, raw: bytes) -> None:
    """Describe the attachments of a filed mail. The mail is cut where it is too large, and then says so."""
    mail = parse_mail(raw)
    for number, part in _attached(mail)[:MOST]:
        data, name = part.content(), _name_of(part, number)
        found = sniff(data, name)
        cut = "The mail is too large to be taken apart; this is only its beginning. " if _is_cut(mail) else ""
        session.add(
            Attachment(
                message_id=message.id,
                part=number,
                name=name,
                claimed=part.content_type[:120],
                kind=found.kind,
                size=len(data),
                warning=(cut + found.warning)[:200].strip(),
                is_picture=found.is_picture,
            )
        )


def take_attachment(session: Session, storage: Storage, attachment_id: int) -> Download:
    """The bytes of an attachment. Raises NotFound, and Gone when the raw mail is no longer there."""
    attachment = session.get(Attachment, attachment_id)
    message = session.get(Message, attachment.message_id) if attachment else None
    if attachment is None or message is None:
        raise NotFound("There is no such attachment.")
    raw = read_mail_of(session, storage, message)
    part = next(
        (part for number, part in enumerate(parse_mail(raw).parts()) if number == attachment.part), None
    )
    if part is None:
        raise Gone("This attachment is no longer in the mail.")
    return Download(attachment.name, part.content())


def read_mail_of(session: Session, storage: Storage, message: Message) -> bytes:
    """The raw mail of a message. Raises Gone when it was erased."""
    inbound = message.inbound_mail_id and session.get(InboundMail, message.inbound_mail_id)
    if not inbound:
        raise NotFound("There is no mail behind this message.")
    try:
        return read_raw(storage, inbound.storage_key)
    except NotFound:
        raise Gone("The mail itself is no longer kept.") from None


def safe_name(name: str) -> str:
    """A file name without folders, control and direction characters, and short enough for every file system."""
    bare = re.split(r"[\\/]", name)[-1]
    kept = "".join(char for char in bare if unicodedata.category(char)[0] != "C" and char not in '<>:"|?*')
    kept = kept.strip(" .")
    stem, dot, ending = kept.rpartition(".")
    short = f"{stem[:80]}{dot}{ending[:12]}" if dot else kept[:90]
    return short or "attachment"


def _attached(mail: Mail) -> list[tuple[int, Part]]:
    """The parts that are not the words of the mail itself, with their number."""
    found = []
    inside: set[int] = set()
    for number, part in enumerate(mail.parts()):
        if id(part) in inside:
            inside.update(id(child) for child in part.children)
            continue
        if part.content_type.startswith("message/"):
            inside.update(id(child) for child in part.children)
        elif part.content_type.startswith("multipart/"):
            continue
        if part.is_attachment or part.content_type not in _TEXTS or "filename" in _disposition(part):
            found.append((number, part))
    return found


def _disposition(part: Part) -> dict[str, str]:
    return read_value(part.get("content-disposition"))[1]


def _name_of(part: Part, number: int) -> str:
    given = _disposition(part).get("filename") or part.parameters.get("name", "")
    if "''" in given:  # RFC 2231: charset'language'percent-encoded
        given = unquote(given.rpartition("''")[2])
    return safe_name(decode_header(given) or f"part-{number}")


def _is_cut(mail: Mail) -> bool:
    return mail.size > MAX_BYTES
