"""The header of an Edition's messages, put together once per send: what the installation knows is constant by then."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.delivery.dkim import canonical_header, signed_names
from app.delivery.headers import fold, mailbox, split_mailbox, text_header
from app.delivery.letterhead import Letterhead
from app.delivery.message import Compiled, Piece, Use, Where
from app.delivery.models import EditionClass

_HOLE: Final = "zzholezz"
_MESSAGE_IDS: Final = re.compile(r"<[!-;=?-~]{1,250}>")

ADDRESS: Final = Use("_address", "", Where.HEADER)
SUBJECT: Final = Use("_subject", "", Where.HEADER)
DATE: Final = Use("_date", "", Where.HEADER)


@dataclass(frozen=True)
class Ancestry:
    """The mails that this one answers (RFC 5322, 3.6.4): Message-IDs with brackets; references oldest first,
    separated by blanks."""

    in_reply_to: str = ""
    references: str = ""


@dataclass(frozen=True)
class Facts:
    """What a message needs to know of its Edition."""

    edition_id: int
    key: str
    edition_class: EditionClass
    sender: str
    reply_to: str
    date: datetime
    topic_id: int = 0
    topic_slug: str = ""
    topic_name: str = ""
    ancestry: Ancestry = Ancestry()
    auto_replied: bool = False

    @property
    def is_list(self) -> bool:
        """Mail one can leave carries the List- headers (RFC 2369, 2919, 8058)."""
        return self.topic_id != 0

    @property
    def is_automatic(self) -> bool:
        """Nobody wrote it to this person (RFC 3834, 5)."""
        return not self.is_list and self.edition_class in {EditionClass.REQUESTED, EditionClass.AUTHOR}

    @property
    def sender_domain(self) -> str:
        """The A-label domain of From: that of Message-ID and List-Id too."""
        return split_mailbox(self.sender)[1].rpartition("@")[2].encode("idna").decode()


def build_head(facts: Facts, compiled: Compiled, letterhead: Letterhead) -> list[Piece]:
    """All header lines and the empty line after them, with a slot for whatever differs between readers."""
    display, address = split_mailbox(facts.sender)
    head: list[Piece] = [b"From: " + mailbox(display, address) + b"\r\nTo: ", ADDRESS, b"\r\n"]
    if any(isinstance(piece, Use) for piece in compiled.subject):
        head += [b"Subject: ", SUBJECT, b"\r\n"]
    else:
        head.append(text_header("Subject", "".join(str(piece) for piece in compiled.subject)))
    # Signed as the Reply-To is: the References of an answer prove by themselves which delivery it answers.
    head += [b"Date: ", DATE, b"\r\nMessage-ID: <", _token("reply_token")]
    head.append(f"@{facts.sender_domain}>\r\n".encode())
    head += _reply_to(facts, letterhead, display)
    head += _ancestry(facts.ancestry)
    if facts.is_list:
        head += _list_headers(facts, letterhead)
    if facts.auto_replied:
        head.append(b"Auto-Submitted: auto-replied\r\n")
    elif facts.is_automatic:
        head.append(b"Auto-Submitted: auto-generated\r\n")
    head.append(
        b"MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n"
        b' boundary="' + compiled.boundary.encode() + b'"\r\n\r\n'
    )
    return head


def canonical_head(head: Sequence[Piece]) -> tuple[list[bytes], list[Piece]]:
    """The names of the headers of a head, and what of it is signed, as DKIM sees it, with the same slots.

    A slot's value must be in canonical form itself; only the subject's may be folded (see SUBJECT).
    """
    uses = [piece for piece in head if isinstance(piece, Use)]
    numbers = iter(range(len(uses)))
    marked = b"".join(piece if isinstance(piece, bytes) else b"\0%d\0" % next(numbers) for piece in head)
    lines = re.split(rb"\r\n(?![ \t])", marked.rstrip(b"\r\n"))
    by_name: dict[bytes, list[bytes]] = {}
    names = []
    for line in lines:
        canonical = canonical_header(line)
        names.append(canonical.partition(b":")[0])
        by_name.setdefault(names[-1], []).append(canonical)
    signed = b"".join(by_name[name].pop() for name in signed_names(names) if by_name.get(name))
    pieces: list[Piece] = []
    for number, part in enumerate(signed.split(b"\0")):
        pieces.append(uses[int(part)] if number % 2 else part)
    return names, pieces


def sender_id(domain: str) -> str:
    """The last field of Feedback-ID: 5 to 15 characters that name the sender to Gmail (S5)."""
    name = re.sub(r"[^a-z0-9]", "", domain.lower())[:15]
    return name if len(name) >= 5 else (name + "handoff")[:15]


def _token(name: str) -> Use:
    return Use(name, "", Where.TOKEN)


def _reply_to(facts: Facts, letterhead: Letterhead, display: str) -> list[Piece]:
    if letterhead.reply_domain:
        before, _, after = mailbox(display, f"reply+{_HOLE}@{letterhead.reply_domain}").partition(
            _HOLE.encode()
        )
        return [b"Reply-To: " + before, _token("reply_token"), after + b"\r\n"]
    if facts.reply_to:
        return [b"Reply-To: " + mailbox(*split_mailbox(facts.reply_to)) + b"\r\n"]
    return []


def _ancestry(ancestry: Ancestry) -> list[Piece]:
    ids = _MESSAGE_IDS.findall(ancestry.in_reply_to)[:1]
    references = _MESSAGE_IDS.findall(ancestry.references)
    head: list[Piece] = [fold("In-Reply-To", ids[0])] if ids else []
    return [*head, fold("References", " ".join(references))] if references else head


def _list_headers(facts: Facts, letterhead: Letterhead) -> list[Piece]:
    """RFC 2919, RFC 2369 and RFC 8058: one HTTPS address, a mailto beside it where mail comes in."""
    domain = facts.sender_domain
    name = text_header("List-Id", facts.topic_name).rstrip(b"\r\n")
    feedback = ":".join(
        re.sub(r"[^A-Za-z0-9_.-]", "-", word)[:40]
        for word in (facts.key, facts.topic_slug, facts.edition_class.value, sender_id(domain))
    )
    before, _, after = letterhead.links.unsubscribe(_HOLE).partition(_HOLE)
    pieces: list[Piece] = [name + f"\r\n <{facts.topic_slug}.{domain}>\r\n".encode()]
    pieces += [f"List-Unsubscribe: <{before}".encode(), _token("unsubscribe_token"), f"{after}>".encode()]
    if letterhead.leave_domain:
        pieces += [
            b",\r\n <mailto:leave+",
            _token("leave_token"),
            f"@{letterhead.leave_domain}?subject=unsubscribe>".encode(),
        ]
    pieces.append(
        b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" + fold("Feedback-ID", feedback)
    )
    return pieces
