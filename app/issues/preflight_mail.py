"""Checks on the mail itself, as it will leave: its size, what must and must not stand in it, can it be read."""

import re
from collections.abc import Iterator
from typing import Final

from selectolax.lexbor import LexborHTMLParser

from app.delivery.message import MAX_HTML
from app.issues.findings import Check, Finding, error, warning
from app.issues.legibility import LEAST, has_dark_rules, weak_pairs
from app.rendering.slots import RenderedMail

NEARLY: Final = 0.85
THIN_WORDS: Final = 20

_MARKUP: Final = (
    "script",
    "iframe",
    "object",
    "embed",
    "form",
    "input",
    "video",
    "audio",
    "svg",
    "link[rel=stylesheet]",
)
_HANDLER: Final = re.compile(r"<[a-z][^<>]*\son[a-z]+\s*=", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"https?://\S+|\[\d+\]")


def check_mail(rendered: RenderedMail, postal_address: str) -> Iterator[Finding]:
    """Findings on a rendered mail with its slots open."""
    tree = LexborHTMLParser(rendered.html)
    yield from _size(rendered)
    yield from _required(rendered, tree, postal_address)
    yield from _forbidden(rendered, tree)
    yield from _pictures(tree)
    yield from _legible(rendered)
    yield from _text_part(rendered, tree)


def _size(rendered: RenderedMail) -> Iterator[Finding]:
    size = len(rendered.html.encode())
    if size > MAX_HTML:
        yield error(
            Check.HTML_SIZE,
            f"The HTML has {size / 1000:.0f} kB; Gmail cuts what is over {MAX_HTML / 1000:.0f}, the way out too.",
            "Put the long part on the web and link to it.",
        )
    elif size > NEARLY * MAX_HTML:
        yield warning(
            Check.HTML_SIZE,
            f"The HTML has {size / 1000:.0f} kB of the {MAX_HTML / 1000:.0f} that Gmail shows.",
            "A little shorter would be safer.",
        )


def _required(rendered: RenderedMail, tree: LexborHTMLParser, postal_address: str) -> Iterator[Finding]:
    names = {f"zqslot{n:04d}qz" for n, slot in enumerate(rendered.slots) if slot.name == "unsubscribe_token"}
    for part, text in (("HTML", rendered.html), ("plain text", rendered.text)):
        if not any(name in text for name in names):
            yield error(
                Check.UNSUBSCRIBE,
                f"The {part} part has no way to unsubscribe.",
                "Put the line back into emails/_bulk.",
                field="template",
            )
    seen = tree.body.text() if tree.body else ""
    for part, text in (("HTML", seen), ("plain text", rendered.text)):
        if not postal_address.strip() or _squeezed(postal_address) not in _squeezed(text):
            yield error(
                Check.POSTAL_ADDRESS,
                f"The {part} part does not show the postal address that the law asks for.",
                "It belongs into Settings and into emails/_layout.",
                field="postal_address",
            )


def _forbidden(rendered: RenderedMail, tree: LexborHTMLParser) -> Iterator[Finding]:
    found = [selector for selector in _MARKUP if tree.css_first(selector) is not None]
    if _HANDLER.search(rendered.html):
        found.append("an event handler")
    for what in found:
        yield error(
            Check.MARKUP,
            f"The mail holds {what}, which mail programs remove and filters punish.",
            "Take it out of the template.",
            field="template",
        )
    for image in tree.css("img, a"):
        address = (image.attributes.get("src") or image.attributes.get("href") or "").lower()
        if address.startswith(("cid:", "data:")):
            yield error(
                Check.ATTACHMENT,
                "The mail carries a file inside itself; ours carry none.",
                "Upload the picture and link to it.",
            )
        elif address.startswith(("javascript:", "vbscript:", "file:")):
            yield error(Check.MARKUP, f"The mail holds the address {address[:40]}.", "Take it out.")


def _pictures(tree: LexborHTMLParser) -> Iterator[Finding]:
    for image in tree.css("img"):
        address = (image.attributes.get("src") or "")[:100]
        if image.attributes.get("alt") is None:
            yield error(
                Check.ALT,
                f"The picture {address} has no words for those who do not see it.",
                "Write ![what it shows](address).",
            )
        if not (image.attributes.get("width") or "").isdigit():
            yield warning(
                Check.IMAGE_SIZE,
                f"The size of the picture {address} is not known, so the text jumps when it arrives.",
                "Upload it here: its size is written into the mail then.",
            )


def _legible(rendered: RenderedMail) -> Iterator[Finding]:
    for pair in weak_pairs(rendered.html, dark=False)[:3]:
        say = error if pair.ratio < LEAST else warning
        yield say(
            Check.CONTRAST,
            f"“{pair.words}” is hard to read: {pair.colour} on {pair.ground} is {pair.ratio:.1f} to 1, not 4.5.",
            "Choose a stronger colour in Settings or in the template.",
            field="template",
        )
    if not has_dark_rules(rendered.html):
        yield warning(
            Check.DARK_MODE,
            "The mail does not say how it looks by night; programs will turn its colours as they like.",
            "Put the dark rules back into emails/_layout.mjml.",
            field="template",
        )
        return
    for pair in weak_pairs(rendered.html, dark=True)[:3]:
        yield warning(
            Check.DARK_MODE,
            f"By night “{pair.words}” is hard to read: {pair.colour} on {pair.ground} is {pair.ratio:.1f} to 1.",
            "Mend the dark rules of the template.",
            field="template",
        )


def _text_part(rendered: RenderedMail, tree: LexborHTMLParser) -> Iterator[Finding]:
    words = len(_ADDRESS.sub(" ", rendered.text.partition("-" * 60)[0]).split())
    shown = len(tree.body.text(separator=" ").split()) if tree.body else 0
    if words < THIN_WORDS:
        yield warning(
            Check.TEXT_PART,
            f"The mail has {words} words: filters mistrust that, and who reads it as text gets nothing.",
            "Say in words what the pictures say.",
        )
    elif words < 0.4 * shown:
        yield warning(
            Check.TEXT_PART,
            f"The plain text has {words} words and the HTML {shown}.",
            "The two should say the same; look at emails/letter/body.txt.",
            field="template",
        )


def _squeezed(text: str) -> str:
    return " ".join(text.split())
