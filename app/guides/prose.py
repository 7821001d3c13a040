"""A chapter's Markdown as a tree that print and web share, refused where a reader could not use it.

The checks are those of an accessible document: headings in order, pictures that exist and say what they show.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from mdit_py_plugins.container import container_plugin

from app.guides.frontmatter import GuideError

CALLOUTS = {"note": "Note", "try": "Try this", "watch": "Watch for"}
Node = dict[str, object]

_PART = re.compile(r"^\{([a-z]+)\}$")
_PICTURES = {".png", ".jpg", ".jpeg", ".svg"}


@dataclass(frozen=True)
class ProseSource:
    """Markdown, and where it stands on disk."""

    file: str
    text: str
    first_line: int
    folder: Path


@dataclass
class _Reading:
    """What is known half-way down the page."""

    source: ProseSource
    parts: tuple[str, ...]
    level: int = 1
    placed: list[str] = field(default_factory=list)

    def error(self, node: SyntaxTreeNode, message: str) -> GuideError:
        return GuideError(self.source.file, self.line(node), message)

    def line(self, node: SyntaxTreeNode) -> int:
        at: SyntaxTreeNode | None = node
        while at is not None and not at.is_root:
            if at.map:
                return self.source.first_line + at.map[0]
            at = at.parent
        return self.source.first_line


@cache
def markdown() -> MarkdownIt:
    """The Markdown a guide may use: CommonMark without HTML, tables, typographer's quotes, call-outs."""
    parser = MarkdownIt("commonmark", {"html": False, "typographer": True, "maxNesting": 20})
    parser.enable(["table", "replacements", "smartquotes"])
    for name in CALLOUTS:
        parser.use(container_plugin, name)
    return parser


def read_prose(source: ProseSource, parts: tuple[str, ...]) -> list[Node]:
    """The blocks of a chapter. `parts` are the structured parts it must place, each once, as {name}."""
    reading = _Reading(source, parts)
    tree = SyntaxTreeNode(markdown().parse(source.text))
    blocks = _blocks(tree.children, reading)
    for name in parts:
        if name not in reading.placed:
            message = f"the part {{{name}}} is placed nowhere: put it on a line of its own"
            raise GuideError(source.file, source.first_line, message, field=name)
    return blocks


@cache
def inline(text: str) -> list[Node]:
    """A single line of front matter as inline nodes. Treat the result as read-only: it is shared."""
    tree = SyntaxTreeNode(markdown().parseInline(text))
    return [node for child in tree.children for node in _inlines(child.children, None)]


def _blocks(nodes: Iterable[SyntaxTreeNode], reading: _Reading) -> list[Node]:
    return [_block(node, reading) for node in nodes]


def _block(node: SyntaxTreeNode, reading: _Reading) -> Node:
    kind = node.type.removeprefix("container_") if node.type.startswith("container_") else node.type
    if kind in CALLOUTS:
        return _callout(node, kind, reading)
    handler = _BLOCKS.get(kind)
    if handler is None:
        raise reading.error(node, f"“{kind}” has no place in a guide")
    return handler(node, reading)


def _callout(node: SyntaxTreeNode, kind: str, reading: _Reading) -> Node:
    title = node.info.strip().removeprefix(kind).strip() or CALLOUTS[kind]
    return {"t": "callout", "kind": kind, "title": inline(title), "c": _blocks(node.children, reading)}


def _heading(node: SyntaxTreeNode, reading: _Reading) -> Node:
    level = int(node.tag[1])
    if level == 1:
        raise reading.error(node, "the chapter's title is in its front matter; headings start at ##")
    if level > reading.level + 1:
        due = "#" * (reading.level + 1)
        raise reading.error(node, f"the heading skips a level: after level {reading.level} comes {due}")
    reading.level = level
    return {"t": "h", "level": level, "c": _children(node, reading)}


def _paragraph(node: SyntaxTreeNode, reading: _Reading) -> Node:
    content = node.children[0]
    if len(content.children) == 1 and content.children[0].type == "image":
        return _picture(content.children[0], reading)
    if part := _PART.match(content.content.strip()):
        return _part(node, part.group(1), reading)
    return {"t": "p", "c": _children(node, reading)}


def _part(node: SyntaxTreeNode, name: str, reading: _Reading) -> Node:
    if name not in reading.parts:
        known = ", ".join(f"{{{part}}}" for part in reading.parts) or "none"
        raise reading.error(node, f"the part {{{name}}} is not one of this chapter's: {known}")
    if name in reading.placed:
        raise reading.error(node, f"the part {{{name}}} is placed twice")
    reading.placed.append(name)
    return {"t": "part", "name": name}


def _picture(node: SyntaxTreeNode, reading: _Reading) -> Node:
    name = str(node.attrs.get("src", ""))
    path = (reading.source.folder / name).resolve()
    if not path.is_relative_to(reading.source.folder.resolve()) or not path.is_file():
        raise reading.error(node, f"the image “{name}” is not in the guide's folder")
    if path.suffix.lower() not in _PICTURES:
        raise reading.error(node, f"the image “{name}” must be one of {', '.join(sorted(_PICTURES))}")
    alt = "".join(child.content for child in node.walk() if child.type == "text").strip()
    if not alt:
        raise reading.error(node, f"the image “{name}” has no alt text: ![what it shows]({name})")
    return {"t": "image", "src": name, "alt": alt, "caption": str(node.attrs.get("title", ""))}


def _list(node: SyntaxTreeNode, reading: _Reading) -> Node:
    items = [_blocks(item.children, reading) for item in node.children]
    if node.type == "bullet_list":
        return {"t": "ul", "items": items}
    return {"t": "ol", "start": int(node.attrs.get("start", 1)), "items": items}


def _quote(node: SyntaxTreeNode, reading: _Reading) -> Node:
    return {"t": "quote", "c": _blocks(node.children, reading)}


def _table(node: SyntaxTreeNode, reading: _Reading) -> Node:
    rows = [
        [_children(cell, reading) for cell in row.children] for part in node.children for row in part.children
    ]
    return {"t": "table", "head": rows[0], "rows": rows[1:], "weights": _weights(rows)}


def _weights(rows: list[list[list[Node]]]) -> list[float]:
    """Column widths by what they hold, softened so that a short column keeps room for its heading."""
    sizes = [max(len(plain(cell)) for cell in column) for column in zip(*rows, strict=True)]
    return [round(max(size, 6) ** 0.5, 2) for size in sizes]


def _rule(_node: SyntaxTreeNode, _reading: _Reading) -> Node:
    return {"t": "hr"}


_BLOCKS: dict[str, Callable[[SyntaxTreeNode, _Reading], Node]] = {
    "heading": _heading,
    "paragraph": _paragraph,
    "bullet_list": _list,
    "ordered_list": _list,
    "blockquote": _quote,
    "table": _table,
    "hr": _rule,
}


def _children(node: SyntaxTreeNode, reading: _Reading) -> list[Node]:
    return [item for child in node.children for item in _inlines(child.children, reading)]


def _inlines(nodes: Iterable[SyntaxTreeNode], reading: _Reading | None) -> list[Node]:
    found: list[Node] = []
    for node in nodes:
        match node.type:
            case "text":
                found.append({"t": "text", "v": node.content})
            case "code_inline":
                found.append({"t": "code", "v": node.content})
            case "softbreak":
                found.append({"t": "text", "v": " "})
            case "hardbreak":
                found.append({"t": "br"})
            case "em" | "strong":
                found.append({"t": node.type, "c": _inlines(node.children, reading)})
            case "link":
                found.append(_link(node, reading))
            case _ if reading is not None:
                raise reading.error(
                    node, f"“{node.type}” stands alone on its line or has no place in a guide"
                )
            case _:
                found.append({"t": "text", "v": node.content})
    return found


def _link(node: SyntaxTreeNode, reading: _Reading | None) -> Node:
    href = str(node.attrs.get("href", ""))
    if reading is not None and not href.startswith(("https://", "mailto:")):
        raise reading.error(node, f"the link “{href}” must start with https:// or mailto:")
    return {"t": "link", "href": href, "c": _inlines(node.children, reading)}


def plain(nodes: Iterable[Node]) -> str:
    """The words of inline or block nodes, for counting and for places that show text only."""
    words: list[str] = []
    for node in nodes:
        for value in node.values():
            if isinstance(value, list):
                flat = value if all(isinstance(item, dict) for item in value) else _flatten(value)
                words.append(plain(flat))
        if node["t"] in ("text", "code"):
            words.append(str(node["v"]))
    return "".join(words) if all(node["t"] in _INLINE for node in nodes) else "\n".join(words)


_INLINE = {"text", "code", "em", "strong", "link", "br"}


def _flatten(value: list[object]) -> list[Node]:
    flat: list[Node] = []
    for item in value:
        if isinstance(item, list):
            flat.extend(_flatten(item))
        elif isinstance(item, dict):
            flat.append(item)
    return flat
