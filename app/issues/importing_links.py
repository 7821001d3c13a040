"""Finding the links of a digest in whatever list the author kept them in during the week."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit

from app.foundation.errors import ContentError
from app.issues.importing_lines import strip_bullet, strip_number
from app.rendering.digest import Digest, DigestLink, read_digest

_URL: Final = re.compile(r"(?i)https?://[^\s<>\"“”|]*[^\s<>\"“”|.,;:!?’'\]]")
_MARKDOWN_LINK: Final = re.compile(
    r"(?i)\[((?:\\.|[^\[\]\\])+)\]\(<?(https?://(?:[^\s()<>]|\([^\s()]*\))+)>?\)"
)
_JOINT: Final = re.compile(r"^[\s|]*(?:[-–—:|→]+\s+|[-–—:|→]+$)?|\s*(?:\s[-–—→]|[:|])\s*$")
_NAMED_SOURCE: Final = re.compile(r"^(.*\S)\s+\(([A-Z][^()\d]{2,40})\)$")
_HEADING: Final = re.compile(r"^#{1,3}\s+(.*)$")


@dataclass(frozen=True)
class FoundLinks:
    """The list's own title, if it has one, and the digest."""

    title: str
    digest: Digest


def find_links(text: str) -> FoundLinks:
    """Every link with its title and why it matters; text before and after the list is kept."""
    title, body = _take_title(text)
    try:
        ready = read_digest(body, field="body")
    except ContentError:
        return FoundLinks(title, _from_chunks(body))
    return FoundLinks(title, replace(ready, links=tuple(_reason_first(link) for link in ready.links)))


def _reason_first(link: DigestLink) -> DigestLink:
    """A sentence where the source would stand is why the link matters."""
    if link.why or not (len(link.source) > 60 or link.source.endswith((".", "!", "?", "…"))):
        return link
    return replace(link, source=_host(link.url), why=link.source)


def _from_chunks(body: str) -> Digest:
    chunks = _chunks(body.split("\n"))
    first = next((n for n, chunk in enumerate(chunks) if _address(chunk)), len(chunks))
    last = max((n for n, chunk in enumerate(chunks) if _address(chunk)), default=-1)
    links = tuple(_read(chunk) for chunk in chunks[first : last + 1] if _address(chunk))
    before = "\n\n".join(" ".join(chunk) for chunk in chunks[:first])
    after = "\n\n".join(" ".join(chunk) for chunk in chunks[last + 1 :]) if links else ""
    return Digest(links, before, after)


def _take_title(text: str) -> tuple[str, str]:
    lines = text.strip().split("\n")
    heading = _HEADING.match(lines[0])
    if heading:
        return heading.group(1).strip(), "\n".join(lines[1:])
    plain = lines[0].strip()
    is_title = (
        len(lines) > 1
        and 0 < len(plain) <= 90
        and plain[-1] not in ".,;"
        and not _URL.search(plain)
        and strip_number(plain) is None
        and strip_bullet(plain) is None
        and not lines[1].strip()
    )
    return (plain.rstrip(":"), "\n".join(lines[1:])) if is_title else ("", text)


def _chunks(lines: Sequence[str]) -> list[list[str]]:
    """The lines of each link together: a blank line, a bullet, a number or a second address begins the next."""
    chunks: list[list[str]] = [[]]
    apart = False
    for line in (raw.strip() for raw in lines):
        if not line:
            apart = True
            continue
        bare = strip_number(line) or strip_bullet(line)
        now = chunks[-1]
        begins = bare is not None or (apart and bool(_address(now) or not _is_title(now)))
        begins = begins or (bool(_URL.search(line)) and bool(_address(now)))
        if now and begins:
            chunks.append([])
        chunks[-1].append(bare or line)
        apart = False
    return [chunk for chunk in chunks if chunk]


def _is_title(chunk: Sequence[str]) -> bool:
    return len(chunk) == 1 and len(chunk[0]) <= 120 and chunk[0][-1] not in ".!:"


def _address(chunk: Sequence[str]) -> str:
    found = _URL.search("\n".join(chunk))
    return found.group(0) if found else ""


def _read(chunk: Sequence[str]) -> DigestLink:
    joined = "\n".join(chunk)
    marked = _MARKDOWN_LINK.search(joined)
    if marked:
        before, after = joined[: marked.start()], joined[marked.end() :]
        title, url = re.sub(r"\\(.)", r"\1", marked.group(1)), marked.group(2)
        lead = _clean(before)
        return _link(title, url, after if not lead else f"{lead}\n{after}")
    found = _URL.search(joined)
    url = found.group(0) if found else ""
    before, after = joined.split(url, 1)
    head = [_clean(line) for line in before.strip().strip("<(").split("\n") if _clean(line)]
    tail = [_clean(line) for line in after.strip().lstrip(">)").split("\n") if _clean(line)]
    if not head:
        head, tail = tail[:1], tail[1:]
    title = head[0] if head else _host(url)
    return _link(title, url, "\n".join([*head[1:], *tail]))


def _link(title: str, url: str, rest: str) -> DigestLink:
    """`rest` is why it matters, or its source on the link's own line with why on the lines under it."""
    same, _, under = rest.partition("\n")
    first, below = _clean(same), " ".join(_clean(line) for line in under.split("\n")).strip()
    source = ""
    if first and below and len(first) <= 60 and first[-1] not in ".!?":
        source, first = first.strip("()"), ""
    named = _NAMED_SOURCE.match(_clean(title)) if not source else None
    if named:
        title, source = named.group(1), named.group(2)
    why = " ".join(part for part in (first, below) if part)
    return DigestLink(_clean(title), url, source or _host(url), why)


def _clean(text: str) -> str:
    return _JOINT.sub("", " ".join(text.split())).strip(" *_|")


def _host(url: str) -> str:
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    return host.removeprefix("www.")
