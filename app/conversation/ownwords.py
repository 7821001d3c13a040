"""The reader's own words in an answer: without the quoted letter, the attribution line and the signature."""

import html
import re
from typing import Final

from app.conversation.mime import Mail, Part

MAX_WORDS: Final = 100_000

_SIGNATURE: Final = re.compile(r"^--\s?$")
_ATTRIBUTION: Final = re.compile(
    r"^(?:on|am|le|el|op|il|em|den|dnia|w dniu)\b.{4,300}"
    r"(?:wrote|schrieb|a écrit|escribió|schreef|ha scritto|escreveu|skrev|napisał\(?a?\)?)\s?:?\s*$",
    re.IGNORECASE | re.DOTALL,
)
_SEPARATOR: Final = re.compile(
    r"^(?:-{2,}\s*(?:original message|ursprüngliche nachricht|message d'origine|mensaje original|forwarded message)"
    r"\s*-{2,}|_{20,})\s*$",
    re.IGNORECASE,
)
_OUTLOOK: Final = re.compile(r"^(?:from|von|de|da|van|från|fra)\s?:\s.+$", re.IGNORECASE)
_OUTLOOK_NEXT: Final = re.compile(
    r"^(?:sent|date|gesendet|datum|envoyé|enviado|inviato|data|verzonden|skickat|sendt|to|an|à|para|a|aan|subject)\s?:\s",
    re.IGNORECASE,
)
_HIDDEN: Final = re.compile(r"<(script|style|head|title)\b.*?</\1\s*>|<!--.*?-->", re.IGNORECASE | re.DOTALL)
_QUOTE_HTML: Final = re.compile(
    r"""<blockquote\b|<div[^>]{0,300}(?:class|id)=["'](?:gmail_quote|yahoo_quoted|divRplyFwdMsg|moz-cite-prefix)""",
    re.IGNORECASE,
)
_BREAK: Final = re.compile(r"<(?:br|/p|/div|/tr|/li|/h[1-6]|hr)\b[^>]{0,500}>", re.IGNORECASE)
_TAG: Final = re.compile(r"<[^<>]{0,5000}>")


def readable_text(mail: Mail) -> str:
    """The text of a mail as a person would read it: its plain part, else its HTML."""
    plain = _first(mail, "text/plain")
    if plain is not None and (text := plain.text()).strip():
        return text
    page = _first(mail, "text/html")
    return html_to_text(page.text()) if page is not None else ""


def own_words(mail: Mail) -> str:
    """What the writer added, top-posted or between the quotes; at most `MAX_WORDS` characters."""
    plain = _first(mail, "text/plain")
    if plain is not None and (text := plain.text()).strip():
        return strip_quotes(text)[:MAX_WORDS]
    page = _first(mail, "text/html")
    if page is None:
        return ""
    source = page.text()
    quote = _QUOTE_HTML.search(source)
    return strip_quotes(html_to_text(source[: quote.start()] if quote else source))[:MAX_WORDS]


def strip_quotes(text: str) -> str:
    """Drop quoted lines, what leads them in, everything below a reply separator, and the signature."""
    lines = text.replace("\r\n", "\n").replace("\u00a0", " ").split("\n")
    kept: list[str] = []
    at = 0
    while at < len(lines):
        line = lines[at].strip()
        if _SIGNATURE.match(lines[at]) or _SEPARATOR.match(line) or _is_outlook_header(lines, at):
            break
        led = _attribution_length(lines, at)
        if led:
            at += led
            continue
        if not line.startswith(">"):
            kept.append(lines[at].rstrip())
        at += 1
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def html_to_text(source: str) -> str:
    """Readable text from HTML, by linear passes only: mail from strangers may nest a hundred thousand tags."""
    text = _BREAK.sub("\n", re.sub(r"\s+", " ", _HIDDEN.sub(" ", source)))
    text = html.unescape(_TAG.sub("", text))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.strip() for line in text.split("\n"))).strip()


def _first(mail: Mail, content_type: str) -> Part | None:
    return next(
        (
            part
            for part in mail.own_parts()
            if part.content_type == content_type and not part.children and not part.is_attachment
        ),
        None,
    )


def _attribution_length(lines: list[str], at: int) -> int:
    """How many lines "On …, … wrote:" takes from here; mail clients fold it over up to three."""
    for count in (1, 2, 3):
        joined = " ".join(line.strip() for line in lines[at : at + count])
        if _ATTRIBUTION.match(joined) and lines[at].strip():
            return count
    return 0


def _is_outlook_header(lines: list[str], at: int) -> bool:
    following = [line.strip().strip("*") for line in lines[at + 1 : at + 5] if line.strip()]
    return bool(
        _OUTLOOK.match(lines[at].strip().strip("*"))
        and sum(bool(_OUTLOOK_NEXT.match(x)) for x in following) >= 2
    )
