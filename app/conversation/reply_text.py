"""The reader's own words, which are the point of the letter: no quotes, no signatures, no disclaimers.

Pure: no database, no network. Every step walks the lines once and every pattern looks at a bounded window, so a
mail made to be slow is read as fast as any other.
"""

import re
from dataclasses import dataclass
from email.message import Message

from app.conversation.mime import Mail, parse_mail
from app.conversation.reading.body import Body, read_body
from app.conversation.reading.boilerplate import strip_banners
from app.conversation.reading.lines import split_lines
from app.conversation.reading.markup import html_lines, shows_quote
from app.conversation.reading.quoting import read_quotes
from app.conversation.reading.signature import without_signature

MANY_PIECES = 40
_MANY_BLANKS = re.compile(r"\n{4,}")
_NO_TEXT = re.compile(
    r"\bhtml\b|does not support|cannot display|nicht (?:darstellen|unterstützt)", re.IGNORECASE
)


@dataclass(frozen=True)
class ReaderWords:
    """What the reader wrote, and how we came to it."""

    text: str
    html_only: bool = False
    quoted: bool = False
    forwarded: bool = False


def strip_quotes(text: str) -> str:
    """The writer's own words in a plain body: without quotes, signature, disclaimers and gateway banners."""
    return _words(text).text


def reader_words(message: Mail | Message | bytes) -> ReaderWords:
    """The reader's own words in a mail, from the plain part, or from the markup where that says more."""
    mail = as_mail(message)
    body = read_body(mail)
    if _readable(body):
        words = _words(body.plain)
        better = body.html and ((not words.quoted and shows_quote(body.html)) or not words.text)
        if not better:
            return words
        marked = _html_words(body.html, html_only=False)
        return marked if marked.text and marked.quoted else words
    return _html_words(body.html, html_only=True) if body.html else ReaderWords("")


def as_mail(message: Mail | Message | bytes) -> Mail:
    """Any form a mail comes in, taken apart the one way we do it."""
    if isinstance(message, Mail):
        return message
    return parse_mail(message if isinstance(message, bytes) else message.as_bytes())


def _readable(body: Body) -> bool:
    plain = body.plain.strip()
    if not plain:
        return False
    return not (body.html and len(plain) < 200 and _NO_TEXT.search(plain))


def _html_words(html: str, *, html_only: bool) -> ReaderWords:
    words = _words(html_lines(html))
    if not words.text:
        # Some people write inside the signature's element.
        words = _words(html_lines(html, drop_signatures=False))
    return ReaderWords(words.text, html_only, words.quoted, words.forwarded)


def _words(text: str) -> ReaderWords:
    reading = read_quotes(split_lines(text))
    pieces = [piece for piece in reading.pieces if any(piece)]
    if pieces:
        pieces[0] = strip_banners(pieces[0])
    kept: list[str] = []
    for number, piece in reversed(list(enumerate(pieces))):
        # Nobody signs between two answers; looking there would only cost time where thousands alternate.
        signed = not kept or number == 0 or len(pieces) < MANY_PIECES
        own = without_signature(piece, last=not kept) if signed else piece
        if any(own):
            kept.append("\n".join(own))
    said = _MANY_BLANKS.sub("\n\n\n", "\n\n".join(reversed(kept))).strip()
    return ReaderWords(said, quoted=reading.quoted, forwarded=reading.forwarded)
