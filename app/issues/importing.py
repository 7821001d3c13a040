"""Bringing in what the author already wrote: plain text, Markdown or HTML becomes a draft in well-structured Markdown.

Nothing is thrown away in silence and nothing is invented: what was guessed, dropped or left open is said in `notes`.
"""

import codecs
import re
import unicodedata
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from app.foundation.errors import ContentError
from app.issues.guests import Guest
from app.issues.importing_guest import find_guest
from app.issues.importing_html import html_to_markdown
from app.issues.importing_links import find_links
from app.issues.importing_prose import Prose, structure
from app.rendering.bounds import MAX_BYTES, check_size
from app.rendering.digest import Digest, DigestLink, write_digest
from app.rendering.tree import parse

_HTML: Final = re.compile(
    r"(?i)<(?:!doctype|html|body|head|p|div|table|h[1-6]|ul|ol|li|br|article|section|span|strong|a href)\b[^>]*>"
)
_MARKDOWN: Final = re.compile(
    r"(?m)^#{1,6} \S|\]\((?:https?:|mailto:|/)|^:::+ +\w|^```|\*\*\S[^*\n]*\*\*|^> \S"
)
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_INVISIBLE: Final = dict.fromkeys(map(ord, "\u200b\u2060\ufeff\u00ad"))
_FIRST_HEADING: Final = re.compile(r"\A\s*#[ \t]+(?P<title>[^\n]+?)[ \t]*#*[ \t]*(?:\n|\Z)")
_GREETING: Final = re.compile(r"(?i)^(?:hi|hello|hey|dear|good (?:morning|day|evening))\b.{0,40}[,!.]$")
_MAX_TITLE: Final = 200


@dataclass(frozen=True)
class ImportedDraft:
    """A draft made from what was brought in. `notes` tell the author what to look at; `links` is for a digest
    only, `guest` for an article that somebody else wrote."""

    title: str
    subject: str
    preheader: str
    markdown: str
    notes: tuple[str, ...]
    links: tuple[DigestLink, ...] = ()
    guest: Guest | None = None


def import_text(
    raw: str | bytes, *, filename: str | None, guide_url: str | None = None, linkedin_url: str | None = None
) -> ImportedDraft:
    """A letter from plain text, Markdown or HTML, told apart by the file's name or by what is in it.

    A call to get the guide becomes a button to `guide_url`; without one it points to the placeholder `{guide_url}`.
    Raises ContentError for an empty or oversized text.
    """
    text, notes = _decode(raw)
    kind = _kind(text, filename)
    if kind == "html":
        page = html_to_markdown(text)
        prose = Prose(page.title, page.markdown, tuple(page.notes))
    elif kind == "markdown":
        prose = _from_markdown(text)
    else:
        prose = structure(text, guide_url=guide_url or "{guide_url}", linkedin_url=linkedin_url)
    if not prose.markdown.strip():
        raise ContentError(
            "There is nothing to read in it.", field="body", hint="Check that it is the right file."
        )
    title = _title(prose.title, filename)
    byline = find_guest(prose.markdown)
    if byline:
        prose = Prose(prose.title, byline.markdown, (*prose.notes, *byline.notes))
    notes += prose.notes
    if not prose.title:
        notes += (f"No title was found, so it is called “{title}” for now; give it one of its own.",)
    return ImportedDraft(
        title,
        title,
        _preheader(prose.markdown),
        prose.markdown,
        notes + _problems(prose.markdown),
        guest=byline.guest if byline else None,
    )


def import_links(raw: str | bytes, *, filename: str | None = None) -> ImportedDraft:
    """A digest from a list of links: Markdown, HTML, or plain lines of title, address and why it matters.

    Raises ContentError when there is no link in it.
    """
    text, notes = _decode(raw)
    if _kind(text, filename) == "html":
        text = html_to_markdown(text).markdown
    found = find_links(text)
    if not found.digest.links:
        raise ContentError(
            "There is no link in it.",
            field="body",
            hint="Write one link a line: title - https://… - why it matters.",
        )
    count = len(found.digest.links)
    plural = "s" if count != 1 else ""
    if count != 6:
        notes += (f"{count} link{plural} found; a digest has six.",)
    notes += tuple(
        f"Link {n} has no line on why it matters." for n, x in enumerate(found.digest.links, 1) if not x.why
    )
    title = found.title or f"{count} link{plural} for Sunday"
    markdown = write_digest(Digest(found.digest.links, found.digest.before, found.digest.after))
    preheader = _clip(", ".join(link.title for link in found.digest.links[:3]))
    return ImportedDraft(title, title, preheader, markdown, notes + _problems(markdown), found.digest.links)


def _decode(raw: str | bytes) -> tuple[str, tuple[str, ...]]:
    if len(raw) > 4 * MAX_BYTES:
        check_size("x" * len(raw), field="body")
    notes: tuple[str, ...] = ()
    if isinstance(raw, bytes):
        encoding = next((name for bom, name in _BOMS if raw.startswith(bom)), "utf-8")
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            text = raw.decode("cp1252", "replace")
            notes = ("The file was not UTF-8; it was read as Windows-1252. Look at quotes and accents.",)
    else:
        text = raw.encode("utf-8", "replace").decode("utf-8")
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n\n")
    text = text.replace("\t", "    ").replace("\u00a0", " ").translate(_INVISIBLE)
    text = "".join(c for c in text if c == "\n" or unicodedata.category(c) not in {"Cc", "Cs"})
    check_size(text, field="body")
    if not text.strip():
        raise ContentError("It is empty.", field="body", hint="Paste the text, or pick another file.")
    return unicodedata.normalize("NFC", text), notes


def _kind(text: str, filename: str | None) -> str:
    suffix = PurePath(filename).suffix.lower() if filename else ""
    if suffix in {".html", ".htm", ".xhtml"}:
        return "html"
    if suffix in {".md", ".markdown", ".mdown"}:
        return "markdown"
    if len(_HTML.findall(text[:20_000])) >= 2:
        return "html"
    return "markdown" if _MARKDOWN.search(text) else "plain"


def _from_markdown(text: str) -> Prose:
    body = re.sub(r"\A\s*---\n(.*?)\n---\n", "", text, count=1, flags=re.DOTALL)
    found = _FIRST_HEADING.match(body)
    if found is None:
        return Prose("", body.strip(), ())
    return Prose(found["title"], body[found.end() :].strip(), ())


def _title(found: str, filename: str | None) -> str:
    title = " ".join(found.split())
    if not title and filename:
        title = re.sub(r"[-_]+", " ", PurePath(filename).stem).strip().capitalize()
    return title[:_MAX_TITLE].strip() or "Untitled"


def _preheader(markdown: str) -> str:
    """The first sentences after the greeting, as the inbox shows them: plain words, 40 to 140 characters."""
    plain = greeting = ""
    for block in re.split(r"\n\s*\n", markdown):
        if block.lstrip().startswith(("#", ":::", "-", "|", "!", "```", "<")):
            if plain:
                break
            continue
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", block)
        words = re.sub(r"\{\w+\|([^{}|]*)\}", r"\1", words)
        words = re.sub(r"\\\n", " ", words)
        words = re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", re.sub(r"(?<!\\)[*`]+", "", words))
        words = re.sub(r"(?m)^[>\s]+", "", words)
        words = " ".join(words.split())
        if not plain and _GREETING.match(words):
            greeting = words
            continue
        plain = f"{plain} {words}".strip()
        if len(plain) >= 40:
            break
    return _clip(plain or greeting)


def _clip(text: str, longest: int = 140) -> str:
    if len(text) <= longest:
        return text
    cut = text[:longest]
    sentence = max(cut.rfind(mark) for mark in (". ", "? ", "! "))
    return cut[: sentence + 1] if sentence >= 40 else cut[: cut.rfind(" ")].rstrip(" ,;:–—-") + "…"


def _problems(markdown: str) -> tuple[str, ...]:
    try:
        parse(markdown)
    except ContentError as error:
        return (f"To mend before it can go out: {error.message}",)
    return ()
