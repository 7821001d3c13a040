"""A page made harmless for the parser, in one pass: only the tags and attributes that tell something about it.

The parser is quick on what people write, and quadratic or worse on what nobody does: 50,000 nested lists take it two
minutes, one tag with 40,000 attributes half of one. So depth, attributes and tags are bounded here, scripts and
styles are left out (but for the ones that describe the page), and what remains is parsed in no time (A25, A26).
"""

import re
from html import escape, unescape
from typing import Final

MAX_DEPTH: Final = 200
MAX_TAGS: Final = 40_000
MAX_VALUE: Final = 4_000
MAX_DATA: Final = 400_000

_MARKUP: Final = re.compile(r"<(?=[A-Za-z!?/])")
"""Any other angle bracket is a word of the text."""
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9:-]*")
# Possessive: a tag without its end costs one look, not one for every way to cut it up.
_REST: Final = re.compile(r"(?:[^>=]++|=\s*+(?:\"[^\"]*+\"|'[^']*+')?+)*+>")
_ATTRIBUTE: Final = re.compile(
    r"([^\s\"'<>/=]++)(?:\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s\"'=<>`]++)))?+"
)
_WANTED: Final = frozenset(
    {
        *(
            "name",
            "property",
            "content",
            "itemprop",
            "itemtype",
            "itemscope",
            "rel",
            "href",
            "class",
            "id",
            "datetime",
        ),
        *(
            "title",
            "src",
            "data-src",
            "data-original",
            "srcset",
            "width",
            "height",
            "lang",
            "pubdate",
            "type",
        ),
        *("data-component", "data-testid", "aria-label"),
    }
)
_VOID: Final = frozenset(
    {"meta", "link", "img", "br", "hr", "input", "source", "wbr", "col", "area", "base", "embed"}
)
_LEFT_OUT: Final = frozenset(
    {
        *(
            "b",
            "i",
            "u",
            "s",
            "em",
            "strong",
            "font",
            "big",
            "small",
            "strike",
            "tt",
            "nobr",
            "code",
            "mark",
            "br",
            "wbr",
        ),
        *("input", "source", "col", "area", "base", "embed", "track", "param", "frame", "option", "optgroup"),
    }
)
"""Without them nothing is lost, and unclosed ones are copied by the parser into every paragraph that follows."""
_UNREAD: Final = frozenset(
    {"script", "style", "noscript", "template", "iframe", "svg", "math", "textarea", "select"}
)
_CLOSES_ITSELF: Final = frozenset(
    {"p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot", "html", "head", "body"}
)
_LINE_ENDS: Final = frozenset({"br"})


def thin(html: str) -> str:
    """The page with what tells something about it, safe to parse."""
    return _Thinner(html).run()


class _Thinner:
    def __init__(self, html: str) -> None:
        self._html = html
        self._out: list[str] = []
        self._depth = 0
        self._tags = 0
        self._dropped: dict[str, int] = {}

    def run(self) -> str:
        html, at = self._html, 0
        while self._tags < MAX_TAGS:
            found = _MARKUP.search(html, at)
            self._out.append(html[at : found.start() if found else len(html)].replace("<", "&lt;"))
            if found is None:
                break
            at = self._markup(found.start())
        return "".join(self._out)

    def _markup(self, start: int) -> int:
        """Deal with the markup at `start`; gives where to go on."""
        html = self._html
        if html.startswith("<!--", start):
            end = html.find("-->", start + 4)
            return end + 3 if end >= 0 else len(html)
        closing = html.startswith("</", start)
        name = _NAME.match(html, start + (2 if closing else 1))
        if name is None:
            end = html.find(">", start)
            return end + 1 if end >= 0 else len(html)
        rest = _REST.match(html, name.end())
        if rest is None:
            return len(html)
        tag = name.group(0).lower()
        if closing:
            self._close(tag)
            return rest.end()
        return self._open(tag, html[name.end() : rest.end() - 1], rest.end())

    def _open(self, tag: str, attributes: str, after: int) -> int:
        if tag in _UNREAD:
            return self._unread(tag, attributes, after)
        if tag in _LEFT_OUT:
            if tag in _LINE_ENDS:
                self._out.append("\n")
            return after
        counted = tag not in _VOID and tag not in _CLOSES_ITSELF
        if counted and self._depth >= MAX_DEPTH:
            self._dropped[tag] = self._dropped.get(tag, 0) + 1
            return after
        self._depth += counted
        self._tags += 1
        self._out.append(f"<{tag}{_kept(attributes)}>")
        return after

    def _close(self, tag: str) -> None:
        if tag in _LEFT_OUT or tag in _VOID or tag in _UNREAD:
            return
        if self._dropped.get(tag):
            self._dropped[tag] -= 1
            return
        if tag not in _CLOSES_ITSELF:
            self._depth = max(0, self._depth - 1)
        self._tags += 1
        self._out.append(f"</{tag}>")

    def _unread(self, tag: str, attributes: str, after: int) -> int:
        """Skip to the end tag; a script that describes the page is kept, as data."""
        end = re.compile(rf"</{tag}\b", re.IGNORECASE).search(self._html, after)
        stop = end.start() if end else len(self._html)
        if tag == "script" and "ld+json" in attributes.lower() and stop - after <= MAX_DATA:
            self._tags += 1
            data = escape(self._html[after:stop], quote=True)
            self._out.append(f'<meta name="x-ld-json" content="{data}">')
        if end is None:
            return stop
        close = self._html.find(">", stop)
        return close + 1 if close >= 0 else len(self._html)


def _kept(attributes: str) -> str:
    if len(attributes) > 200_000:
        return ""
    kept: dict[str, str] = {}
    for found in _ATTRIBUTE.finditer(attributes):
        name = found[1].lower()
        if name in _WANTED and name not in kept:
            value = found[2] or found[3] or found[4] or ""
            if len(value) <= MAX_VALUE:
                kept[name] = value
    return "".join(f' {name}="{escape(unescape(value))}"' for name, value in kept.items())
