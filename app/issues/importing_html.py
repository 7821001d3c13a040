"""HTML to Markdown, for letters that live in another newsletter tool or on a page."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from selectolax.lexbor import LexborHTMLParser

from app.foundation.errors import ContentError
from app.issues.importing_lines import escape, is_furniture
from app.issues.importing_prose import dress

_MAX_DEPTH: Final = 150
_DROPPED: Final = frozenset(
    (
        *("script", "style", "head", "template", "noscript", "iframe", "object", "embed", "svg", "canvas"),
        *("form", "input", "button", "select", "nav", "footer"),
    )
)
_BLOCKS: Final = frozenset(
    (
        *(
            "p",
            "div",
            "section",
            "article",
            "main",
            "header",
            "aside",
            "figure",
            "figcaption",
            "center",
            "address",
        ),
        *("table", "tbody", "thead", "tr", "td", "th", "dl", "dt", "dd"),
    )
)
_LINE_START: Final = re.compile(r"^(#{1,6}|>|[-+]|:::)(?=\s|$)|^(\d{1,9})(?=[.)]\s)")
_LEAVING_LINK: Final = re.compile(
    r"(?i)\[[^\]]{0,40}(?:unsubscribe|opt[ -]out"
    r"|(?:manage|update|change)[^\]]{0,20}(?:preferences|subscription|settings))"
)
_HIDDEN: Final = re.compile(r"(?i)display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all")
_TAG: Final = re.compile(r"<(/?)([a-zA-Z][\w-]*)")
_ADDRESS: Final = re.compile(r"(?i)^(?:https?://|mailto:|tel:)\S+$")


@dataclass
class Page:
    """What was found: its title, its Markdown, and what was left out."""

    title: str = ""
    markdown: str = ""
    notes: list[str] = field(default_factory=list)


def html_to_markdown(source: str) -> Page:
    """The page's words as Markdown. Raises ContentError for markup nested beyond any real page's depth."""
    if _looks_bottomless(source):
        raise ContentError("The HTML nests its elements too deep to be read.", field="body")
    parser = LexborHTMLParser(source)
    page = Page()
    body = parser.body
    if body is None:
        return page
    writer = _Writer(page)
    blocks = [block for block in writer.blocks(body, 0) if block.strip()]
    heading = parser.css_first("h1")
    named = parser.css_first("title")
    titled = heading or named
    page.title = " ".join(titled.text().split()) if titled else ""
    if heading:
        first = next((n for n, block in enumerate(blocks) if block.startswith("# ")), None)
        if first is not None:
            blocks.pop(first)
    kept = dress([block for block in blocks if not is_furniture(block)])
    ours = [block for block in kept if not _LEAVING_LINK.search(block)]
    if len(ours) < len(kept):
        page.notes.append(
            "Links for leaving or settings of the old mail were left out; every mail gets its own."
        )
    page.markdown = "\n\n".join(re.sub(r"^# ", "## ", block) for block in ours)
    return page


def _looks_bottomless(source: str) -> bool:
    depth = 0
    for found in _TAG.finditer(source):
        tag = found.group(2).lower()
        if tag in {"br", "img", "hr", "meta", "link", "input", "p", "li", "td", "tr", "th", "col"}:
            continue
        depth = max(0, depth - 1) if found.group(1) else depth + 1
        if depth > 2 * _MAX_DEPTH:
            return True
    return False


class _Writer:
    def __init__(self, page: Page) -> None:
        self._page = page

    def blocks(self, node: Any, depth: int) -> list[str]:
        """The node's children as Markdown blocks; loose inline runs between them become paragraphs."""
        if depth > _MAX_DEPTH:
            raise ContentError("The HTML nests its elements too deep to be read.", field="body")
        found: list[str] = []
        run: list[str] = []

        def close() -> None:
            words = _tidy("".join(run))
            if words:
                found.append(words)
            run.clear()

        for child in node.iter(include_text=True):
            if child.tag in _DROPPED or child.tag == "-comment" or _is_hidden(child):
                continue
            block = self._block(child, depth + 1)
            if block is None:
                run.append(self._inline(child, depth + 1))
            else:
                close()
                found += block
        close()
        return found

    def _block(self, node: Any, depth: int) -> list[str] | None:
        tag = node.tag
        if re.fullmatch(r"h[1-6]", tag):
            words = _tidy(self._children(node, depth)).replace("\\\n", " ")
            return [f"{'#' * int(tag[1])} {words}"] if words else []
        if tag in {"ul", "ol"}:
            return [self._list(node, depth)]
        if tag == "blockquote":
            inner = "\n\n".join(self.blocks(node, depth))
            return ["\n".join(f"> {line}".rstrip() for line in inner.split("\n"))] if inner else []
        if tag == "pre":
            return ["```\n" + node.text().replace("```", "'''").strip("\n") + "\n```"]
        if tag == "hr":
            return ["---"]
        if tag == "table" and (table := self._table(node, depth)):
            return [table]
        return self.blocks(node, depth) if tag in _BLOCKS else None

    def _table(self, node: Any, depth: int) -> str:
        """A table of data, which has header cells and no table inside; tables of layout give an empty string."""
        rows = [[cell for cell in row.iter() if cell.tag in {"td", "th"}] for row in node.css("tr")]
        rows = [row for row in rows if row]
        if not rows or not node.css("th") or len(node.css("table")) > 1 or len(rows[0]) < 2:
            return ""
        width = len(rows[0])
        cells = [[_tidy(self._children(cell, depth)).replace("\n", " ") for cell in row] for row in rows]
        even = [[cell.replace("|", "\\|") for cell in [*row, *[""] * width][:width]] for row in cells]
        lines = [f"| {' | '.join(row)} |" for row in even]
        return "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]])

    def _list(self, node: Any, depth: int) -> str:
        items = []
        for number, item in enumerate((child for child in node.iter() if child.tag == "li"), start=1):
            mark = f"{number}. " if node.tag == "ol" else "- "
            inner = "\n\n".join(self.blocks(item, depth + 1))
            inner = inner.replace("\n\n- ", "\n- ").replace("\n\n1. ", "\n1. ")
            items.append(mark + inner.replace("\n", "\n" + " " * len(mark)))
        return "\n".join(re.sub(r"[ ]+$", "", item, flags=re.MULTILINE) for item in items)

    def _children(self, node: Any, depth: int) -> str:
        if depth > _MAX_DEPTH:
            raise ContentError("The HTML nests its elements too deep to be read.", field="body")
        return "".join(self._inline(child, depth + 1) for child in node.iter(include_text=True))

    def _inline(self, node: Any, depth: int) -> str:
        tag = node.tag
        if tag == "-text":
            return _words(node.text(deep=False))
        if tag in _DROPPED or tag == "-comment":
            return ""
        if tag == "br":
            return "\\\n"
        writers: dict[str, Callable[[Any, str], str]] = {"a": self._link, "img": self._image}
        inside = "" if tag == "img" else self._children(node, depth)
        if tag in writers:
            return writers[tag](node, inside)
        if tag in {"strong", "b"}:
            return _around(inside, "**")
        if tag in {"em", "i"}:
            return _around(inside, "*")
        return inside

    def _link(self, node: Any, inside: str) -> str:
        address = (node.attributes.get("href") or "").strip()
        words = _tidy(inside)
        if not words or "](" in words:
            return inside
        if not _ADDRESS.match(address):
            if address and not address.startswith("#"):
                self._page.notes.append(
                    f"The link “{words[:60]}” had an address that cannot be used; it is text now."
                )
            return inside
        return f"[{words}](<{address.replace('<', '%3C').replace('>', '%3E')}>)"

    def _image(self, node: Any, _: str) -> str:
        address = (node.attributes.get("src") or "").strip()
        alt = " ".join((node.attributes.get("alt") or "").split())
        if not re.match(r"(?i)^https?://\S+$", address) or not alt:
            if alt:
                self._page.notes.append(f"The picture “{alt[:60]}” was left out; upload it and put it back.")
            return ""
        return f"![{escape(alt)}](<{address.replace('<', '%3C').replace('>', '%3E')}>)"


def _is_hidden(node: Any) -> bool:
    return node.tag != "-text" and bool(_HIDDEN.search(node.attributes.get("style") or ""))


def _words(text: str) -> str:
    collapsed = re.sub(r"\s+", " ", text)
    lead = " " if collapsed[:1] == " " else ""
    trail = " " if collapsed[-1:] == " " and len(collapsed) > 1 else ""
    return lead + re.sub(r"\[([^\]]+)\]\(<\1>\)", r"\1", _escape_html_words(collapsed.strip())) + trail


def _escape_html_words(text: str) -> str:
    return re.sub(r"([\\`*\[]|(?<!\w)_|_(?!\w)|<(?=[a-zA-Z/!?])|~(?=~))", r"\\\1", text)


def _around(inside: str, mark: str) -> str:
    words = inside.strip()
    if not words or "\n\n" in words:
        return inside
    lead, trail = inside[: len(inside) - len(inside.lstrip())], inside[len(inside.rstrip()) :]
    return f"{lead}{mark}{words}{mark}{trail}"


def _tidy(text: str) -> str:
    lines = [" ".join(line.split()) for line in text.split("\n")]
    joined = "\n".join(lines).strip()
    joined = re.sub(r"(?:\\\n){2,}", "\n\n", joined)
    joined = re.sub(r"^(?:\\\n)+|(?:\\\n?)+$", "", joined)
    return "\n\n".join(_line_start(part) for part in joined.split("\n\n") if part.strip())


def _line_start(text: str) -> str:
    return _LINE_START.sub(lambda found: f"{found[2]}\\" if found[2] else f"\\{found[1]}", text)
