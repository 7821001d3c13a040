"""Reading the structured data that pages carry as JSON-LD, as it is found rather than as it should be."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

_WRAPPING: Final = re.compile(
    r"^\s*(?:/\*\s*)?(?://\s*)?<!\[CDATA\[(?:\s*\*/)?|(?:/\*\s*)?(?://\s*)?\]\]>(?:\s*\*/)?\s*$|^\s*<!--|-->\s*$"
)
_TRAILING_COMMA: Final = re.compile(r",(\s*[}\]])")
_ARTICLES: Final = re.compile(
    r"(?i)(?:\w*Article|BlogPosting|SocialMediaPosting|DiscussionForumPosting|Report|VideoObject|PodcastEpisode)"
)
_MOST_NODES: Final = 3000

Node = dict[str, Any]


@dataclass(frozen=True)
class Data:
    """Every object of a page's JSON-LD, in order, and the same by their `@id`."""

    nodes: tuple[Node, ...] = ()
    by_id: dict[str, Node] = field(default_factory=dict)

    @property
    def article(self) -> Node:
        """The first object that is an article of some sort; empty when there is none."""
        return next((node for node in self.nodes if any(map(_ARTICLES.fullmatch, types_of(node)))), {})

    def of_type(self, *wanted: str) -> Iterator[Node]:
        return (node for node in self.nodes if set(types_of(node)) & set(wanted))

    def resolved(self, value: Any) -> list[Any]:
        """A property as a list, with references followed to what they refer to."""
        items = value if isinstance(value, list) else [value]
        return [self._follow(item) for item in items[:20] if item]

    def _follow(self, item: Any) -> Any:
        if isinstance(item, dict) and isinstance(item.get("@id"), str):
            return {**self.by_id.get(item["@id"], {}), **item}
        return item


def read_data(scripts: list[str]) -> Data:
    """What the scripts hold; the ones that cannot be read count as empty."""
    nodes: list[Node] = []
    for script in scripts[:20]:
        for node in _walk(_loads(script)):
            nodes.append(node)
            if len(nodes) >= _MOST_NODES:
                break
    by_id: dict[str, Node] = {}
    for node in nodes:
        if isinstance(node.get("@id"), str) and len(node) > 1:
            known = by_id.setdefault(node["@id"], node)
            if len(node) > len(known):
                by_id[node["@id"]] = node
    return Data(tuple(nodes), by_id)


def types_of(node: Node) -> list[str]:
    """The bare names of its types."""
    raw = node.get("@type", [])
    found = raw if isinstance(raw, list) else [raw]
    return [each.rpartition("/")[2].rpartition(":")[2] for each in found if isinstance(each, str)]


def text_of(value: Any) -> str:
    """A text property, which may be a list, a language-tagged value or a number."""
    if isinstance(value, list):
        return next(filter(None, map(text_of, value[:5])), "")
    if isinstance(value, dict):
        return text_of(value.get("@value"))
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def address_of(value: Any) -> str:
    """A property that holds an address, or an object with one."""
    if isinstance(value, list):
        return next(filter(None, map(address_of, value[:5])), "")
    if isinstance(value, dict):
        return next((text_of(value[key]) for key in ("url", "contentUrl", "@id") if value.get(key)), "")
    return value if isinstance(value, str) else ""


def _loads(script: str) -> Any:
    text = _WRAPPING.sub("", _WRAPPING.sub("", script.strip())).strip().rstrip(";")
    for attempt in (text, _TRAILING_COMMA.sub(r"\1", text)):
        try:
            return json.loads(attempt, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _walk(value: Any, depth: int = 0) -> Iterator[Node]:
    """Objects in order, graphs and lists opened up; what hangs on an article's properties comes after it."""
    if depth > 12:
        return
    if isinstance(value, list):
        for item in value[:500]:
            yield from _walk(item, depth + 1)
    elif isinstance(value, dict):
        yield value
        for item in list(value.values())[:100]:
            if isinstance(item, dict | list):
                yield from _walk(item, depth + 1)
