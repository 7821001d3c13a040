"""What a page says about itself: title, source, author, day, picture, address, minutes of reading.

Pages say it in many places that disagree. For each question the places are asked in order of how seldom they are
wrong, and the answers are tidied; what the page does not say stays empty, for the author to fill in by hand.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final
from urllib.parse import urljoin

from selectolax.lexbor import LexborHTMLParser, LexborNode

from app.foundation.errors import InvalidInput
from app.issues.canonical import best_canonical, clean_url, is_somewhere
from app.issues.page.dates import day_in_path, find_day, read_day
from app.issues.page.decoding import decode_page
from app.issues.page.jsonld import Data, address_of, read_data, text_of
from app.issues.page.people import data_names, joined, names_in, names_in_lines
from app.issues.page.thinning import thin
from app.issues.page.titles import choose_title, named_like_host, source_of, title_from_path
from app.issues.page.words import LONGEST_EXCERPT, one_line, shortened
from app.issues.targets import read_target

WORDS_A_MINUTE: Final = 230
SIGNS_A_MINUTE: Final = 500
_LEAST_WORDS: Final = 25

_ASIDE: Final = re.compile(
    r"(?i)comment|related|sidebar|recommend|promo|newsletter-?sign|about-author|cookie|share"
)
_NO_PICTURE: Final = re.compile(r"(?i)logo|avatar|icon|sprite|pixel|spacer|badge|gravatar|emoji|blank\.")
_DOORS: Final = re.compile(
    r"(?i)^(?:just a moment|attention required|access denied|are you a (?:robot|human)|robot check|security check"
    r"|verify(?:ing)? you are human|please verify|pardon our interruption|checking your browser|403 forbidden"
    r"|one more step|ddos-guard|human verification|error 40[34])\b"
)
_MINUTES: Final = re.compile(r"(?i)\b(\d{1,3})\s*-?\s*min")


@dataclass(frozen=True)
class Metadata:
    """Every field may be empty. `at_the_door` says that robots were sent away: what follows is not the page."""

    title: str = ""
    source: str = ""
    author: str = ""
    published_on: date | None = None
    canonical_url: str = ""
    image_url: str = ""
    minutes: int | None = None
    excerpt: str = ""
    at_the_door: bool = False


def read_metadata(url: str, content_type: str, body: bytes, *, today: date) -> Metadata:
    """Read a page that was fetched from `url`; never raises for anything a page may hold.

    `today` bounds the dates that are believed. Raises InvalidInput when `url` is no web address.
    """
    page = _Page(url, thin(decode_page(body, content_type)), today)
    if page.is_door():
        return Metadata(source=page.source(), canonical_url=clean_url(url), at_the_door=True)
    return Metadata(
        title=page.title(),
        source=page.source(),
        author=page.author(),
        published_on=page.day(),
        canonical_url=page.canonical(),
        image_url=page.image(),
        minutes=page.minutes(),
        excerpt=page.excerpt(),
    )


class _Page:
    """A parsed page and the questions put to it."""

    def __init__(self, url: str, html: str, today: date) -> None:
        self._url = url
        self._target = read_target(url)
        self._today = today
        self._tree = LexborHTMLParser(html or "<html></html>")
        self._meta: dict[str, list[str]] = {}
        scripts: list[str] = []
        for node in self._tree.css("meta"):
            name = (node.attributes.get("property") or node.attributes.get("name") or "").strip().lower()
            content = (node.attributes.get("content") or "").strip()
            if name == "x-ld-json":
                scripts.append(content)
            elif name and content:
                self._meta.setdefault(name, []).append(content)
        self._data: Data = read_data(scripts)
        self._outside: dict[int, bool] = {}
        self._paragraphs = [
            text
            for node in self._tree.css("p")[:4000]
            if not self._is_aside(node) and (text := node.text().strip())
        ]
        self._lines = self._first_lines()

    # -- title and source --

    def title(self) -> str:
        chosen = choose_title(self._stated_titles(), self._heading(), self._element(), self._names())
        return chosen or title_from_path(self._target.path_and_query.partition("?")[0])

    def source(self) -> str:
        title = choose_title(self._stated_titles(), self._heading(), self._element(), self._names())
        return source_of(
            self._stated_sources(), "" if self.is_door() else self._element(), title, self._target.host
        )

    def is_door(self) -> bool:
        """A challenge instead of the page, which robots are shown with the status of success."""
        return bool(_DOORS.match(self._element())) and sum(map(_length, self._paragraphs)) < 150

    def _stated_titles(self) -> list[str]:
        article = self._data.article
        return [
            one_line(each)
            for each in (
                *self._all("og:title"),
                text_of(article.get("headline") or article.get("name")),
                *self._all("twitter:title", "citation_title", "dc.title", "dcterms.title", "parsely-title"),
            )
            if each
        ]

    def _stated_sources(self) -> list[str]:
        publishers = [
            text_of(node.get("name"))
            for node in self._data.resolved(self._data.article.get("publisher"))
            if isinstance(node, dict)
        ]
        sites = [text_of(node.get("name")) for node in self._data.of_type("WebSite")]
        stated = (*self._all("og:site_name", "citation_journal_title"), *publishers, *sites)
        return [one_line(each) for each in (*stated, *self._all("application-name")) if each]

    def _names(self) -> list[str]:
        return [
            *self._stated_sources(),
            named_like_host(self._element(), self._target.host),
            *(joined(self._authors()), *self._authors()),
        ]

    def _element(self) -> str:
        node = self._tree.css_first("title")
        return one_line(node.text()) if node else ""

    def _heading(self) -> str:
        for query in (
            "[itemprop~=headline]",
            ".entry-title",
            ".post-title",
            ".p-name",
            "article h1",
            "main h1",
            "h1",
        ):
            for node in self._tree.css(query)[:3]:
                text = one_line(node.text())
                if text and not self._is_aside(node):
                    return text
        return ""

    # -- author --

    def author(self) -> str:
        return joined(self._authors())

    def _authors(self) -> list[str]:
        return next((names for names in self._author_places() if names), [])

    def _author_places(self) -> Iterator[list[str]]:
        yield data_names(self._data)
        for name in (
            "author",
            "byl",
            "sailthru.author",
            "parsely-author",
            "citation_author",
            "dcterms.creator",
        ):
            yield [found for raw in self._all(name) for found in names_in(raw)]
        for name in ("dc.creator", "article:author", "article:author_name"):
            yield [found for raw in self._all(name) if "://" not in raw for found in names_in(raw)]
        if any("written by" in label.lower() for label in self._all("twitter:label1")):
            yield [found for raw in self._all("twitter:data1") for found in names_in(raw)]
        for query in (
            "[itemprop~=author] [itemprop~=name]",
            *("[itemprop~=author]", "[rel~=author]", ".p-author", "[class*=author]", "[class*=byline]"),
            "[data-component*=byline]",
        ):
            yield self._names_at(query)
        yield names_in_lines(line for line in self._lines if len(line) <= 120)

    def _names_at(self, query: str) -> list[str]:
        """The names in the first place that matches and holds any; its first line counts."""
        for node in self._tree.css(query)[:10]:
            if self._is_aside(node):
                continue
            stated = node.attributes.get("content")
            lines = (
                [stated]
                if stated
                else [line for line in node.text(separator="\n").split("\n") if line.strip()]
            )
            names = names_in(lines[0]) or names_in(" ".join(lines[:2])) if lines else []
            if names:
                return names
        return []

    # -- day, picture, address --

    def day(self) -> date | None:
        return next((day for day in map(self._day, self._day_places()) if day), None) or self._day_in_words()

    def _day_places(self) -> Iterator[str]:
        article = self._data.article
        yield text_of(article.get("datePublished") or article.get("dateCreated") or article.get("uploadDate"))
        yield from self._all(
            *(
                "article:published_time",
                "citation_publication_date",
                "citation_date",
                "dcterms.date",
                "dc.date",
            ),
            *(
                "dcterms.created",
                "dc.date.issued",
                "sailthru.date",
                "parsely-pub-date",
                "date",
                "pubdate",
                "pdate",
            ),
            *("itemdate", "publish-date", "publication_date", "og:published_time", "datepublished"),
        )
        for query in (
            "[itemprop~=datePublished]",
            ".dt-published",
            "time.published",
            "time[pubdate]",
            "time",
        ):
            for node in self._tree.css(query)[:5]:
                if not self._is_aside(node):
                    said = node.attributes
                    yield said.get("content") or said.get("datetime") or said.get("title") or node.text()

    def _day(self, raw: str) -> date | None:
        return read_day(raw, self._today) if raw else None

    def _day_in_words(self) -> date | None:
        for line in self._lines:
            if len(line) <= 80 and (day := find_day(line, self._today)):
                return day
        return day_in_path(self._target.path_and_query, self._today)

    def canonical(self) -> str:
        own = clean_url(self._url)
        links = [node.attributes.get("href") or "" for node in self._tree.css("link[rel~=canonical]")[:2]]
        for declared in (
            *links,
            *self._all("og:url"),
            address_of(self._data.article.get("mainEntityOfPage")),
        ):
            address = self._joined(declared)
            chosen = best_canonical(self._url, address) if address and declared else own
            if chosen != own or address == own:
                return chosen
        return own

    def image(self) -> str:
        stated = (
            *self._all(
                "og:image", "og:image:secure_url", "og:image:url", "twitter:image", "twitter:image:src"
            ),
            *map(address_of, self._data.resolved(self._data.article.get("image"))),
            *(node.attributes.get("href") or "" for node in self._tree.css("link[rel~=image_src]")[:1]),
        )
        return next(filter(None, (self._public(each) for each in (*stated, *self._pictures()))), "")

    def _pictures(self) -> Iterator[str]:
        """Pictures of the text itself that are large enough to mean something."""
        for node in self._tree.css("img")[:60]:
            said = node.attributes
            src = said.get("data-src") or said.get("data-original") or said.get("src") or ""
            sizes = [int(size) for size in (said.get("width"), said.get("height")) if size and size.isdigit()]
            telling = f"{src} {said.get('class') or ''}"
            if src.startswith("data:") or _NO_PICTURE.search(telling) or any(size < 150 for size in sizes):
                continue
            if not self._is_aside(node):
                yield src

    def _public(self, address: str) -> str:
        try:
            target = read_target(self._joined(address)) if address else None
        except InvalidInput:
            return ""
        own = target is not None and target.host == self._target.host
        return target.url if target and (own or is_somewhere(target.host)) else ""

    def _joined(self, address: str) -> str:
        try:
            return urljoin(self._url, address.strip())
        except ValueError:
            return ""

    # -- length and gist --

    def minutes(self) -> int | None:
        """As the page states it, or counted; None when there is hardly anything to read."""
        return self._stated_minutes() or self._counted_minutes()

    def _stated_minutes(self) -> int | None:
        for number in "12":
            if any("read" in label.lower() for label in self._all(f"twitter:label{number}")):
                found = _MINUTES.search(" ".join(self._all(f"twitter:data{number}")))
                if found and 0 < int(found[1]) < 300:
                    return int(found[1])
        return None

    def _counted_minutes(self) -> int | None:
        words = sum(map(_length, self._paragraphs))
        if words < _LEAST_WORDS:
            words = _length(" ".join(self._lines))
        signs = sum(sum(char > "\u2e7f" for char in text) for text in self._paragraphs)
        if signs > words:
            return max(1, round(signs / SIGNS_A_MINUTE)) if signs >= 2 * _LEAST_WORDS else None
        return max(1, round(words / WORDS_A_MINUTE)) if words >= _LEAST_WORDS else None

    def excerpt(self) -> str:
        stated = self._all("og:description", "description", "twitter:description")
        first = next((text for text in self._paragraphs if len(text) > 60), "")
        return shortened(one_line(next(iter(stated), "") or first, 2 * LONGEST_EXCERPT), LONGEST_EXCERPT)

    # -- looking around --

    def _all(self, *names: str) -> list[str]:
        return [value for name in names for value in self._meta.get(name, [])[:10]]

    def _first_lines(self) -> list[str]:
        """The short lines at the head of the text, where bylines and dates stand."""
        root = self._tree.css_first("article:not(.card)") or self._tree.css_first("main") or self._tree.body
        if root is None or self._is_aside(root):
            return []
        lines = [" ".join(line.split()) for line in root.text(separator="\n")[:6000].split("\n")]
        return [line for line in lines if line][:12]

    def _is_aside(self, node: LexborNode) -> bool:
        """Within a comment, a sidebar or a list of other articles."""
        seen: list[int] = []
        here: LexborNode | None = node
        verdict = False
        while here is not None and here.tag not in {"body", "html", "-undef"}:
            known = self._outside.get(here.mem_id)
            if known is None:
                mark = " ".join(here.attributes.get(name) or "" for name in ("class", "id"))
                known = True if here.tag in {"aside", "nav", "footer"} or _ASIDE.search(mark) else None
            if known is not None:
                verdict = known
                break
            seen.append(here.mem_id)
            here = here.parent
        for each in seen:
            self._outside[each] = verdict
        return verdict


def _length(text: str) -> int:
    return len(text.split())
