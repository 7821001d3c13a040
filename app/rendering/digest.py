"""The Sunday digest's canonical Markdown: a numbered list of links with their source and why they matter.

    A line or two before the links, if wanted.

    1. [Title](https://example.org/article) — Source · by Ann Lee · 4 min
       ![Picture](/pictures/ab12.jpg)
       Why it matters.

Everything after the address may be missing. It is plain Markdown on purpose: an author can edit it by hand, and any
renderer shows it sensibly.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.foundation.errors import ContentError
from app.rendering.bounds import check_bounds

_ITEM: Final = re.compile(r"^ {0,2}\d{1,3}[.)][ \t]+(.*)$")
_HEAD: Final = re.compile(
    r"^\[(?P<title>(?:\\.|[^\[\]\\]|\[[^\[\]]*\])*)\]\((?:<(?P<angled>[^<>]*)>|(?P<url>[^\s()]*(?:\([^\s()]*\)[^\s()]*)*))\)"
    r"(?:[ \t]+(?:—|–|-)[ \t]+(?P<source>.*))?[ \t]*$"
)


_PICTURE: Final = re.compile(r"^[ \t]*!\[[^\[\]]*\]\((?P<url>[^\s()<>]+)\)[ \t]*$")
_MINUTES: Final = re.compile(r"^(\d{1,3})(?:[ -]?min(?:utes?)?(?:[ -]read)?)\.?$", re.IGNORECASE)
_DOT: Final = re.compile(r"(?:(?<=\s)|^)·\s+")


@dataclass(frozen=True)
class DigestLink:
    """One link: its title as plain text, and the author's line on why it matters (may hold Markdown).

    `byline` is who wrote it, `minutes` how long it takes to read, `picture` an address or a path of ours.
    """

    title: str
    url: str
    source: str = ""
    why: str = ""
    byline: str = ""
    minutes: int | None = None
    picture: str = ""


@dataclass(frozen=True)
class Digest:
    """The links, with the Markdown that stands before and after them."""

    links: tuple[DigestLink, ...]
    before: str = ""
    after: str = ""


def write_digest(digest: Digest) -> str:
    """The canonical Markdown; `read_digest` gives the same digest back."""
    items = [_item(number, link) for number, link in enumerate(digest.links, start=1)]
    return "\n\n".join(
        part for part in (digest.before.strip(), "\n\n".join(items), digest.after.strip()) if part
    )


def read_digest(markdown: str, *, field: str = "markdown") -> Digest:
    """The digest in canonical Markdown. Raises ContentError, with the line, when there is no list of links."""
    source = markdown.replace("\r\n", "\n").replace("\r", "\n")
    check_bounds(source, field=field)
    lines = source.split("\n")
    starts = [at for at, line in enumerate(lines) if _ITEM.match(line)]
    if not starts:
        raise ContentError(
            "There is no numbered list of links.",
            field=field,
            hint="Write each link as “1. [Title](https://…) — Source” with why it matters on the next line.",
        )
    links, after = [], ""
    for at, following in zip(starts, [*starts[1:], len(lines)], strict=True):
        link, rest = _read_item(lines[at:following], at + 1, field)
        links.append(link)
        if rest and following != len(lines):
            raise ContentError(
                f"Line {at + 1}: link {len(links)} has text under it that does not belong to it.",
                field=field,
                hint="Indent it by three spaces, or move it after the last link.",
                line=at + 1,
            )
        after = rest
    return Digest(tuple(links), "\n".join(lines[: starts[0]]).strip(), after)


def _item(number: int, link: DigestLink) -> str:
    title = re.sub(r"([\\\[\]])", r"\\\1", " ".join(link.title.split()))
    url = link.url if re.fullmatch(r"[^\s()<>]+", link.url) else f"<{link.url}>"
    tail = write_tail(link)
    lines = [f"{number}. [{title}]({url})" + (f" — {tail}" if tail else "")]
    if link.picture:
        lines.append(f"![Picture]({link.picture})")
    lines.append(" ".join(link.why.split()))
    return "\n   ".join(line for line in lines if line)


def write_tail(link: DigestLink) -> str:
    """What stands after the address: `Source · by Ann Lee · 4 min`, as far as it is known."""
    source = _kept_apart(link.source)
    if _MINUTES.match(source) or source.startswith("by "):
        source = f"\\{source}"
    byline, minutes = _kept_apart(link.byline), f"{link.minutes} min" if link.minutes else ""
    return " · ".join(part for part in (source, f"by {byline}" if byline else "", minutes) if part)


def read_tail(tail: str) -> tuple[str, str, int | None]:
    """Source, byline and minutes out of it; whatever is neither of the latter belongs to the source."""
    parts = [" ".join(part.split()) for part in _DOT.split(tail)]
    minutes = _MINUTES.match(parts[-1])
    if minutes and int(minutes[1]):
        parts.pop()
    byline = ""
    if parts and parts[-1].startswith("by ") and len(parts[-1]) > 3:
        byline = parts.pop()[3:]
    source = " · ".join(parts).removeprefix("\\")
    return source, byline, int(minutes[1]) if minutes and int(minutes[1]) else None


def _kept_apart(words: str) -> str:
    """One line without the mark that divides the tail."""
    return " ".join(_DOT.sub("- ", " ".join(words.split())).split()).removesuffix(" ·").removeprefix("\\")


def _read_item(lines: Sequence[str], number: int, field: str) -> tuple[DigestLink, str]:
    first = _ITEM.match(lines[0])
    head = _HEAD.match(first.group(1).strip()) if first else None
    if head is None:
        raise ContentError(
            f"Line {number}: this is not a link.",
            field=field,
            hint="Write it as “1. [Title](https://…) — Source”.",
            line=number,
        )
    own = 1
    while own < len(lines) and not (
        lines[own].strip() and lines[own][0] not in " \t" and not lines[own - 1].strip()
    ):
        own += 1
    picture, below = "", list(lines[1:own])
    if below and (shown := _PICTURE.match(below[0])):
        picture, below = shown["url"], below[1:]
    why = " ".join(" ".join(below).split())
    title = re.sub(r"\\([\\\[\]])", r"\1", head["title"]).strip()
    url = head["angled"] or head["url"] or ""
    source, byline, minutes = read_tail((head["source"] or "").strip())
    link = DigestLink(title, url, source, why, byline, minutes, picture)
    return link, "\n".join(lines[own:]).strip()
