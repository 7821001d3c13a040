"""Checks on what the author typed: the lines of the inbox, headings, links and pictures, each with its line."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from markdown_it.token import Token

from app.foundation.errors import HandoffError
from app.issues.composing import Words
from app.issues.findings import Check, Finding, error, warning
from app.rendering.letter import web_line
from app.rendering.tree import Document, walk

LONGEST_SUBJECT: Final = 70
LONGEST_PREHEADER: Final = 130
MANY_LINKS: Final = 60

_SHORTENERS: Final = {
    *("bit.ly", "tinyurl.com", "t.co", "goo.gl", "ow.ly", "is.gd", "buff.ly", "rebrand.ly", "cutt.ly"),
}
_EMPTY_WORDS: Final = {"here", "click here", "click", "this", "link", "this link", "read more", "more"}
_LURES: Final = re.compile(
    r"\b(act now|100% free|risk[- ]free|no obligation|winner|congratulations|urgent(?:ly)?|cash bonus|"
    r"limited time|click here|guaranteed|you have been selected|double your)\b|[$€£]{2,}|!{2,}",
    re.IGNORECASE,
)
_FALSE_REPLY: Final = re.compile(r"^\s*(re|fw|fwd|aw|wg)\s*:", re.IGNORECASE)
_LEFTOVER: Final = re.compile(r"\b(TODO|TBD|FIXME|XXX+|lorem ipsum)\b|\[(?:link|insert[^\]]*|name)\](?!\()")
_FILE_NAME: Final = re.compile(
    r"\S+\.(?:png|jpe?g|gif|webp|heic|svg)|(?:IMG|DSC|image|screenshot)[_ -]?\d+", re.I
)


@dataclass(frozen=True)
class Address:
    """Somewhere the text leads: a link or a picture, as typed, with its words and its line."""

    url: str
    words: str
    line: int | None
    image: bool = False


def check_lines(words: Words) -> Iterator[Finding]:
    """Subject and preview line, as the inbox shows them."""
    subject, preheader = _plain(words.subject), _plain(words.preheader)
    if not subject:
        yield error(
            Check.SUBJECT, "There is no subject.", "Write one line that says what is inside.", field="subject"
        )
        return
    if len(subject) > LONGEST_SUBJECT:
        yield warning(
            Check.SUBJECT,
            f"The subject has {len(subject)} characters; phones show about 40, desktops about {LONGEST_SUBJECT}.",
            "Say the most important thing first, or shorten it.",
            field="subject",
        )
    yield from _spam_in_subject(subject)
    yield from _preheader(subject, preheader)


def check_tree(document: Document, addresses: list[Address], home: str) -> Iterator[Finding]:
    """Headings, leftovers, links and pictures of the text. Our own site (`home`) is as it is: no letter mends it."""
    yield from _headings(document)
    yield from _leftovers(document)
    for address in addresses:
        yield from _picture(address) if address.image else _link(address, ours=address.url.startswith(home))
    links = sum(not address.image for address in addresses)
    if links > MANY_LINKS:
        yield warning(
            Check.SPAM, f"There are {links} links; spam filters count them.", "Keep those that readers need."
        )


def addresses_of(document: Document) -> list[Address]:
    """Every link and picture of the text, in order."""
    found: list[Address] = []
    for token, line in walk(document.tokens):
        if token.type != "inline":
            continue
        opened: tuple[str, int | None] | None = None
        words, at = "", line
        for child in token.children or ():
            at = at + 1 if child.type in {"softbreak", "hardbreak"} and at is not None else at
            if child.type == "link_open":
                opened, words = (str(child.attrGet("href") or ""), at), ""
            elif child.type == "link_close" and opened:
                found.append(Address(opened[0], words.strip(), opened[1]))
                opened = None
            elif child.type == "image":
                found.append(Address(str(child.attrGet("src") or ""), _words_in(child), at, image=True))
                words += _words_in(child)
            else:
                words += child.content
    return found


def _words_in(token: Token) -> str:
    return token.content or "".join(child.content for child in token.children or ())


def _plain(line: str) -> str:
    """The line with its merge tags by their fallbacks; a broken tag is told with the mail."""
    try:
        return web_line(line)
    except HandoffError:
        return line.strip()


def _spam_in_subject(subject: str) -> Iterator[Finding]:
    letters = [char for char in subject if char.isalpha()]
    if len(letters) > 8 and sum(char.isupper() for char in letters) > 0.7 * len(letters):
        yield warning(Check.SPAM, "The subject is all capitals; filters take it for spam.", field="subject")
    lure = _LURES.search(subject)
    if lure:
        yield warning(
            Check.SPAM,
            f"“{lure[0]}” in a subject is what spam filters look for.",
            "Say it in other words.",
            field="subject",
        )
    if _FALSE_REPLY.match(subject):
        yield warning(
            Check.SPAM,
            "The subject looks like an answer, and it is none: readers and filters mind.",
            "Begin with the words that matter.",
            field="subject",
        )


def _preheader(subject: str, preheader: str) -> Iterator[Finding]:
    way_out = "Write a line that goes on where the subject stops."
    if not preheader:
        yield warning(
            Check.PREHEADER,
            "There is no preview line; inboxes show the first words of the text.",
            way_out,
            field="preheader",
        )
    elif preheader.casefold() == subject.casefold():
        yield warning(Check.PREHEADER, "The preview line repeats the subject.", way_out, field="preheader")
    elif len(preheader) > LONGEST_PREHEADER:
        yield warning(
            Check.PREHEADER,
            f"The preview line has {len(preheader)} characters; no inbox shows more than about {LONGEST_PREHEADER}.",
            "Shorten it.",
            field="preheader",
        )


def _headings(document: Document) -> Iterator[Finding]:
    before = 1  # the title of the letter is the page's h1
    tokens = document.tokens
    for number, token in enumerate(tokens):
        if token.type != "heading_open":
            continue
        line = token.map[0] + 1 if token.map else None
        level = max(2, int(token.tag[1:]))
        if not tokens[number + 1].content.strip():
            yield warning(
                Check.HEADINGS, "This heading is empty.", "Give it words, or take it out.", line=line
            )
        if level > before + 1:
            yield warning(
                Check.HEADINGS,
                f"A heading of level {level} follows one of level {before}; screen readers announce a gap.",
                f"Begin it with {'#' * (before + 1)}.",
                line=line,
            )
        before = level


def _leftovers(document: Document) -> Iterator[Finding]:
    for token, line in walk(document.tokens):
        found = _LEFTOVER.search(token.content) if token.type == "text" else None
        if found:
            yield warning(
                Check.LEFTOVER,
                f"“{found[0]}” looks like a note to yourself.",
                "Finish it, or take it out.",
                line=line,
            )


def _picture(address: Address) -> Iterator[Finding]:
    if _FILE_NAME.fullmatch(address.words):
        yield warning(
            Check.ALT,
            f"“{address.words}” is the name of a file, and readers without pictures see only that.",
            "Write what the picture shows.",
            line=address.line,
        )
    if address.url.lower().startswith("http://"):
        yield warning(
            Check.LINK_INSECURE,
            "This picture comes over http; many programs will not show it.",
            "Use its https address, or upload it here.",
            line=address.line,
        )


def _link(address: Address, *, ours: bool) -> Iterator[Finding]:
    url, line = address.url, address.line
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    if parts.scheme == "http" and not ours:
        yield warning(
            Check.LINK_INSECURE, f"{url[:80]} is an http address.", "Use https if the site has it.", line=line
        )
    if (host in _SHORTENERS or _is_ip(host)) and not ours:
        yield warning(
            Check.SPAM,
            f"Links by way of {host} are what spam filters look for.",
            "Link to the page itself; clicks are counted here anyway.",
            line=line,
        )
    shown = re.fullmatch(
        r"(?:https?://)?(?:www\.)?([a-z0-9-]+(?:\.[a-z0-9-]+)+)(?:/\S*)?", address.words, re.I
    )
    if shown and host and shown[1].lower() != host:
        yield warning(
            Check.SPAM,
            f"The words say {shown[1]} and the link leads to {host}: filters take that for a trap.",
            "Let the words say what is there.",
            line=line,
        )
    if address.words.casefold().strip(" .!→»") in _EMPTY_WORDS:
        yield warning(
            Check.LINK_WORDS,
            f"“{address.words}” does not say where the link leads.",
            "Link the words that name the thing.",
            line=line,
        )


def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
