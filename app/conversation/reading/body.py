"""The text and the HTML of a mail as its writer saw them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from app.conversation.mime import Mail, Part

MAX_TEXT_PARTS: Final = 20


@dataclass(frozen=True)
class Body:
    """What there is to read; either may be empty."""

    plain: str
    html: str


def read_body(mail: Mail) -> Body:
    """Every plain part in order (lists and phones add some), and the first HTML part."""
    plain: list[str] = []
    html = ""
    for part in _read_in_place(mail):
        if part.content_type == "text/html":
            html = html or part.text()
        elif part.content_type == "text/plain" and len(plain) < MAX_TEXT_PARTS:
            plain.append(_unflowed(part))
    return Body("\n".join(text.rstrip("\n") for text in plain), html)


def _read_in_place(mail: Mail) -> Iterator[Part]:
    for part in mail.own_parts():
        disposition = part.get("content-disposition").lower()
        named = "filename" in disposition and not disposition.startswith("inline")
        if not part.children and not part.is_attachment and not named:
            yield part


def _unflowed(part: Part) -> str:
    """RFC 3676: put together what was broken with a trailing space, outside quotes and signatures."""
    text = part.text()
    if part.parameters.get("format", "").lower() != "flowed":
        return text
    joint = "" if part.parameters.get("delsp", "").lower() == "yes" else " "
    lines: list[str] = []
    flows = False
    for line in text.split("\n"):
        marked = line.startswith(">")
        stuffed = line[1:] if line.startswith(" ") else line
        if flows and not marked and stuffed.strip():
            lines[-1] = lines[-1].rstrip(" ") + joint + stuffed
        else:
            lines.append(line if marked else stuffed)
        flows = not marked and line.endswith(" ") and line != "-- " and bool(line.strip())
    return "\n".join(lines)
