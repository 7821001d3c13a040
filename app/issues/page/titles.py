"""The article's own title and the name of the place it stands in, told apart from each other.

`<title>` and often `og:title` carry both, with a dash or a bar between and in either order.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final
from urllib.parse import unquote

from app.issues.canonical import site_of
from app.issues.page.words import LONGEST_TITLE, folded, one_line

_JOINT: Final = re.compile(r"\s+[|\-–—·•»:/]{1,2}\s+|\s*[|·•»]\s+|\s*::\s*|:\s+|\s+[–—]\s*")
_AFTER: Final = r"\s*(?:\s[-–—:/]+|[|·•»:]+|[–—])\s*(?:by\s+)?{}\s*$"
_BEFORE: Final = r"^\s*{}\s*(?:[-–—/]+\s|[|·•»:]+)\s*"
_ADDED: Final = re.compile(r"\s*\(Published \d{4}\)$")
_PILCROW: Final = re.compile(r"\s*[¶#§🔗]+$")
_PLATFORMS: Final = {
    "linkedin.com": "LinkedIn",
    "youtube.com": "YouTube",
    "youtu.be": "YouTube",
    "medium.com": "Medium",
    "substack.com": "Substack",
    "notion.site": "Notion",
    "x.com": "X",
    "twitter.com": "X",
    "github.com": "GitHub",
    "reddit.com": "Reddit",
    "buttondown.com": "Buttondown",
    "vimeo.com": "Vimeo",
}
LONGEST_SOURCE: Final = 80


def choose_title(stated: Sequence[str], heading: str, element: str, names: Iterable[str]) -> str:
    """The first of what the page states, without the names of site and writer around it. `heading` is believed where
    `element` (the `<title>`) repeats it; a title without end is passed over while there is another."""
    known = [name for name in names if name]
    heading = _PILCROW.sub("", heading)
    candidates = [each for each in stated if each]
    if heading and (not element or len(element) > LONGEST_TITLE - 2 or folded(heading) in folded(element)):
        candidates.append(heading)
    candidates += [each for each in (element, heading) if each]
    bare = [each for each in (without_names(each, known) for each in candidates) if each]
    short = [each for each in bare if not each.endswith("…")] or bare
    if not short:
        return ""
    chosen = short[0]
    for other in short[1:]:
        if other != chosen and without_names(chosen, [_rest(chosen, other)]) == other:
            return other
    return chosen


def without_names(title: str, names: Iterable[str]) -> str:
    """The title without the given names at its ends; what consists of nothing else stays as it is."""
    bare = _ADDED.sub("", title)
    for name in sorted({*names, *_PLATFORMS.values()} - {""}, key=len, reverse=True):
        for pattern in (_AFTER, _BEFORE):
            shorter = re.sub(pattern.format(re.escape(name)), "", bare, flags=re.IGNORECASE)
            bare = shorter if len(shorter) > 1 else bare
    return bare


def source_of(stated: Sequence[str], element: str, title: str, host: str) -> str:
    """What the place is called: as it says itself, as its platform is called, as `<title>` adds to the article's, or
    else its host."""
    names = [name for name in stated if name and len(name) <= LONGEST_SOURCE]
    if names:
        same = [name for name in names if folded(name) == folded(names[0])]
        return next((name for name in same if name[:1].isupper()), names[0])
    site = site_of(host)
    for domain, name in _PLATFORMS.items():
        if site == domain or site.endswith(f".{domain}"):
            return name
    rest = _rest(element, title) if title else ""
    pieces = [piece.strip() for piece in _JOINT.split(rest) if piece.strip()]
    if pieces and len(pieces[-1]) <= LONGEST_SOURCE:
        return pieces[-1]
    return site


def named_like_host(element: str, host: str) -> str:
    """The piece at either end of a `<title>` that the host is named after; "" when there is none."""
    pieces = [piece.strip() for piece in _JOINT.split(element) if piece.strip()]
    labels = [folded(label) for label in site_of(host).split(".")[:-1] if len(label) > 3]
    for piece in (pieces[-1:] + pieces[:1]) if len(pieces) > 1 else []:
        if any(
            label in folded(piece) or folded(piece) in label for label in labels if len(folded(piece)) > 3
        ):
            return piece
    return ""


def title_from_path(path: str) -> str:
    """Words out of `/notes/2026-03-12-a-bell-and-a-book`; "" when there are none."""
    last = unquote(path.rstrip("/").rpartition("/")[2])
    words = re.sub(r"\.\w{2,5}$|^\d{4}-\d{2}-\d{2}-", "", last)
    words = re.sub(r"[-_+]+", " ", words).strip()
    if not re.search(r"[^\W\d_]{2}", words):
        return ""
    return one_line(words[:1].upper() + words[1:])


def _rest(whole: str, part: str) -> str:
    """What stands beside `part` at one end of `whole`; "" when it is not one of its ends."""
    one, two = whole.casefold(), part.casefold()
    if two and one != two and one.startswith(two):
        return _trimmed(whole[len(part) :])
    if two and one != two and one.endswith(two):
        return _trimmed(whole[: -len(part)])
    return ""


def _trimmed(rest: str) -> str:
    bare = rest.strip()
    return bare.strip("|-–—·•»:/ ") if bare and (bare[0] in "|-–—·•»:/" or bare[-1] in "|-–—·•»:/") else ""
