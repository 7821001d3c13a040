"""The plain-text part: a letter in its own right for those who read mail as text, not a remainder of the HTML.

Wrapped at 72 columns. A link in running text becomes a number and its address stands below the paragraph's section;
a button's address stands under its label, because it is there to be followed.
"""

import textwrap
from collections.abc import Callable, Sequence
from typing import Final

from markdown_it.tree import SyntaxTreeNode

from app.rendering.blocks import TitleStyle
from app.rendering.slots import Marked, Slot, defuse, defused
from app.rendering.tree import SLOT, Document, block_of

WIDTH: Final = 72
_RULE: Final = "* * *"


def write_text(document: Document, *, put: Callable[[Slot], str], resolve: Callable[[str], str]) -> Marked:
    """The document as plain text; `put` gives a slot's word, `resolve` a link's full address."""
    writer = _TextWriter(put, resolve)
    body = writer.blocks(SyntaxTreeNode(list(document.shown)).children, WIDTH)
    return Marked("\n\n".join([*body, *writer.take_links()]).strip("\n"))


class _TextWriter:
    def __init__(self, put: Callable[[Slot], str], resolve: Callable[[str], str]) -> None:
        self._put = put
        self._resolve = resolve
        self._numbers: dict[str, int] = {}
        self._waiting: list[str] = []

    def blocks(self, nodes: Sequence[SyntaxTreeNode], width: int) -> list[str]:
        """Each block as one string without blank lines around it."""
        written: list[str] = []
        for node in nodes:
            if node.type == "heading":
                written += self.take_links()
            written += self._block(node, width)
        return [block for block in written if block.strip()]

    def take_links(self) -> list[str]:
        """The addresses numbered since the last time, as one block."""
        waiting, self._waiting = self._waiting, []
        return ["\n".join(waiting)] if waiting else []

    def _block(self, node: SyntaxTreeNode, width: int) -> list[str]:
        kind = node.type
        if kind == "paragraph":
            return [self._wrap(self._inline(node), width)]
        if kind == "heading":
            return [self._heading(node, width)]
        if kind in {"bullet_list", "ordered_list"}:
            return [self._list(node, width)]
        if kind == "blockquote":
            return [_prefixed("\n\n".join(self.blocks(node.children, width - 2)), "> ")]
        if kind in {"fence", "code_block"}:
            return [_prefixed(defuse(node.content.rstrip("\n")), "    ")]
        if kind == "hr":
            return [_RULE.center(width).rstrip()]
        if kind == "table":
            return [self._table(node)]
        return self._author_block(node, width)

    def _heading(self, node: SyntaxTreeNode, width: int) -> str:
        words = self._wrap(self._inline(node), width)
        line = {"h1": "=", "h2": "-"}.get(node.tag)
        if line is None:
            return words
        return words + "\n" + line * max(len(part) for part in words.split("\n"))

    def _list(self, node: SyntaxTreeNode, width: int) -> str:
        start = int(str(node.attrs.get("start", 1)))
        loose, items = False, []
        for number, item in enumerate(node.children, start=start):
            mark = "- " if node.type == "bullet_list" else f"{number}. "
            parts = self.blocks(item.children, width - len(mark))
            tight = all(child.hidden for child in item.children if child.type == "paragraph")
            loose = loose or not tight
            body = ("\n" if tight else "\n\n").join(parts)
            items.append(mark + _prefixed(body, " " * len(mark))[len(mark) :] if body else mark.rstrip())
        return ("\n\n" if loose else "\n").join(items)

    def _author_block(self, node: SyntaxTreeNode, width: int) -> list[str]:
        token = node.nester_tokens.opening if node.nester_tokens else None
        if token is None or not node.type.startswith("container"):
            return self.blocks(node.children, width)
        block, title = block_of(token)
        if block.only_link:
            return [self._button(node)]
        inside = self.blocks(node.children, width - len(block.text_prefix))
        if block.title_style is TitleStyle.HEADING:
            inside.insert(0, self._wrap(defuse(title), width))
            inside[:2] = ["\n".join(inside[:2])] if len(inside) > 1 and inside[1][:2] == "- " else inside[:2]
        if block.title_style is TitleStyle.RUN_IN:
            first = " ".join(inside[0].split("\n")) if inside else ""
            inside[:1] = [self._wrap(f"{defuse(title)} {first}", width)]
        return [_prefixed("\n\n".join(inside), block.text_prefix)] if block.text_prefix else inside

    def _button(self, node: SyntaxTreeNode) -> str:
        link = node.children[0].children[0].children[0]
        label = "".join(self._span(child) for child in link.children)
        return f"{label}:\n{_as_read(defused(self._resolve(str(link.attrs['href']))))}"

    def _table(self, node: SyntaxTreeNode) -> str:
        rows = [
            [self._wrap(self._inline(cell), 10_000) for cell in row.children]
            for part in node.children
            for row in part.children
        ]
        widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
        lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows]
        return "\n".join([lines[0], "  ".join("-" * w for w in widths), *lines[1:]])

    def _inline(self, node: SyntaxTreeNode) -> str:
        return "".join(self._span(child) for inline in node.children for child in inline.children)

    def _span(self, node: SyntaxTreeNode) -> str:
        if node.type == SLOT:
            slot = node.token.meta["slot"] if node.token else None
            return self._put(slot) if isinstance(slot, Slot) else ""
        if node.type == "softbreak":
            return " "
        if node.type == "hardbreak":
            return "\n"
        inside = "".join(self._span(child) for child in node.children)
        if node.type == "link":
            return self._link(inside, str(node.attrs["href"]))
        if node.type == "image":
            return f"[{inside}]"
        if node.type == "em":
            return f"_{inside}_"
        if node.type == "strong":
            return f"*{inside}*"
        return inside or defuse(node.content)

    def _link(self, words: str, address: str) -> str:
        full = defused(self._resolve(address))
        shown = _as_read(full)
        if words.strip().rstrip("/") in {shown, shown.partition("://")[2].rstrip("/")}:
            return shown
        if shown != full:
            return f"{words} ({shown})" if shown else words
        if full not in self._numbers:
            self._numbers[full] = len(self._numbers) + 1
            self._waiting.append(f"[{self._numbers[full]}] {full}")
        return f"{words} [{self._numbers[full]}]"

    def _wrap(self, words: str, width: int) -> str:
        return "\n".join(
            textwrap.fill(line, max(width, 24), break_long_words=False, break_on_hyphens=False)
            for line in words.split("\n")
        )


def _as_read(address: str) -> str:
    """A mail address or telephone number by itself; the subject behind it is for the program that opens the link."""
    if address.startswith("mailto:"):
        return address.removeprefix("mailto:").partition("?")[0]
    return address.removeprefix("tel:")


def _prefixed(body: str, prefix: str) -> str:
    return "\n".join((prefix + line).rstrip() for line in body.split("\n"))
