"""An Edition compiled once: wire-ready bytes with slots, and what stands in a slot depends on where it stands.

The frozen form is JSON: pieces that are text go out as they are, pieces that are numbers name a slot. Everything here
is pure; the database and the network know nothing of MIME.
"""

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final
from urllib.parse import quote

from app.delivery.quoted import QuotedWriter, encode_value
from app.foundation.errors import ContentError, InvalidInput
from app.rendering.slots import MARK, URL_SLOTS, RenderedMail, Slot, clean_value

VERSION: Final = 1
VERSION_WITH_VARIANTS: Final = 2  # a program that knows no variants must not send the common words to all
MAX_MESSAGE: Final = 400_000
MAX_HTML: Final = 95_000  # Gmail cuts what is longer than 102 KB, and the way out with it (S16)

_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")
_IN_URL: Final = re.compile(r"<[a-zA-Z][^<>]*\s(?:href|src|action)\s*=\s*(?:\"[^\"]*|'[^']*)$")


class Where(StrEnum):
    """The place a slot stands in, which decides how its value is written."""

    HTML = "html"
    URL = "url"
    TEXT = "text"
    TOKEN = "token"  # noqa: S105
    HEADER = "header"


@dataclass(frozen=True)
class Use:
    """One slot at one sort of place."""

    name: str
    fallback: str
    where: Where


Piece = bytes | Use


@dataclass(frozen=True)
class Compiled:
    """What `Edition.frozen` holds. `variants` are the messages of readers with one of these functions."""

    subject: tuple[str | Use, ...]
    body: tuple[Piece, ...]
    boundary: str
    variants: tuple[tuple[str, "Compiled"], ...] = ()

    def dump(self) -> bytes:
        frozen = self._frozen()
        if self.variants:
            variants = {function: each._frozen() for function, each in self.variants}
            frozen |= {"version": VERSION_WITH_VARIANTS, "variants": variants}
        return json.dumps(frozen, ensure_ascii=False, separators=(",", ":")).encode()

    def _frozen(self) -> dict[str, Any]:
        uses: dict[Use, int] = {}
        number = uses.setdefault
        return {
            "version": VERSION,
            "boundary": self.boundary,
            "subject": [p if isinstance(p, str) else number(p, len(uses)) for p in self.subject],
            "body": [p.decode("ascii") if isinstance(p, bytes) else number(p, len(uses)) for p in self.body],
            "slots": [[use.name, use.fallback, use.where.value] for use in uses],
        }


def load(frozen: bytes) -> Compiled:
    """Read what `dump` wrote."""
    data = json.loads(frozen)
    if data.get("version") not in {VERSION, VERSION_WITH_VARIANTS}:
        raise ContentError(f"This edition was frozen in form {data.get('version')}, which is not known here.")
    variants = tuple((function, _thaw(each)) for function, each in data.get("variants", {}).items())
    return replace(_thaw(data), variants=variants)


def _thaw(data: dict[str, Any]) -> Compiled:
    uses = [Use(name, fallback, Where(where)) for name, fallback, where in data["slots"]]
    return Compiled(
        subject=tuple(p if isinstance(p, str) else uses[p] for p in data["subject"]),
        body=tuple(p.encode("ascii") if isinstance(p, str) else uses[p] for p in data["body"]),
        boundary=data["boundary"],
    )


def compile_mail(rendered: RenderedMail) -> Compiled:
    """Freeze a rendered mail: multipart/alternative, plain text first, quoted-printable (S11).

    Raises ContentError when a part is empty or the HTML is longer than mail providers show.
    """
    variants = tuple((function, _compile(each, function)) for function, each in rendered.variants)
    return replace(_compile(rendered), variants=variants)


def _compile(rendered: RenderedMail, function: str = "") -> Compiled:
    if not rendered.subject.strip():
        raise ContentError("A mail needs a subject.", field="subject")
    if not rendered.text.strip() or not rendered.html.strip():
        raise ContentError("A mail needs a plain text and an HTML part.", field="body")
    size = len(rendered.html.encode())
    if size > MAX_HTML:
        raise ContentError(
            f"The HTML{f' for {function}' if function else ''} is {size:,} bytes long; "
            f"mail providers cut what is over {MAX_HTML:,}.",
            field="body",
            hint="Shorten the letter or take out an image block.",
        )
    boundary = "=_" + sha256(f"{rendered.subject}\0{rendered.html}".encode()).hexdigest()[:24]
    body = [
        *_part(boundary, "plain", rendered.text, rendered.slots),
        *_part(boundary, "html", rendered.html, rendered.slots),
        f"--{boundary}--\r\n".encode(),
    ]
    subject = tuple(_split(" ".join(rendered.subject.split()), rendered.slots, Where.HEADER))
    return Compiled(subject=subject, body=tuple(_joined(body)), boundary=boundary)


def write_value(use: Use, value: str) -> bytes:
    """A reader's value as the bytes that fill one slot of the body.

    Raises InvalidInput for a token that is missing or could break out of its URL.
    """
    if use.where is Where.TOKEN:
        if not _TOKEN.fullmatch(value):
            raise InvalidInput(f"There is no {use.name} to put into this mail.", field=use.name)
        return value.encode("ascii")
    words = clean_value(value) or use.fallback
    if use.where is Where.HTML:
        words = html.escape(words)
    elif use.where is Where.URL:
        words = quote(words, safe="")
    return encode_value(words)


def _part(boundary: str, subtype: str, text: str, slots: tuple[Slot, ...]) -> Iterator[Piece]:
    yield (
        f"--{boundary}\r\nContent-Type: text/{subtype}; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    ).encode()
    where = Where.HTML if subtype == "html" else Where.TEXT
    writer = QuotedWriter()
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    pieces = list(_split(lines.rstrip("\n") + "\n", slots, where))
    for number, piece in enumerate(pieces):
        if isinstance(piece, str):
            writer.write(piece)
            continue
        yield writer.hole()
        yield piece
        following = pieces[number + 1]
        writer.after_hole(following if isinstance(following, str) else "x")
    yield writer.take() + b"\r\n"  # this line break belongs to the boundary (RFC 2046, 5.1.1)


def _split(text: str, slots: tuple[Slot, ...], where: Where) -> Iterator[str | Use]:
    """The text between the markers, and the slots that stand there; ends with text except in headers."""
    at = 0
    for found in MARK.finditer(text):
        if found.start() > at:
            yield text[at : found.start()]
        slot = slots[int(found.group(1))]
        yield Use(slot.name, slot.fallback, _place(text, found.start(), slot, where))
        at = found.end()
    if at < len(text):
        yield text[at:]


def _place(text: str, at: int, slot: Slot, where: Where) -> Where:
    if slot.name in URL_SLOTS:
        return Where.TOKEN
    opened = text.rfind("<", 0, at)
    if where is Where.HTML and opened != -1 and _IN_URL.match(text, opened, at):
        return Where.URL
    return where


def _joined(pieces: list[Piece]) -> Iterator[Piece]:
    """Neighbouring bytes as one piece."""
    run = b""
    for piece in pieces:
        if isinstance(piece, bytes):
            run += piece
            continue
        if run:
            yield run
            run = b""
        yield piece
    if run:
        yield run
