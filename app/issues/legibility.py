"""Words on their ground, by day and by night: the colours a mail really shows, computed from its own styles.

Only what mail programs use is read: inline styles, `bgcolor`, and the rules of the style sheet, those for dark mode
with their `!important`. A pair that cannot be read is found here and not in somebody's mailbox.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from app.rendering.brand import contrast

READABLE: Final = 4.5
LEAST: Final = 3.0
PAPER: Final = "#ffffff"
INK: Final = "#000000"
NIGHT: Final = "#121212"

_HEX: Final = re.compile(r"#(?:[0-9a-f]{6}|[0-9a-f]{3})\b", re.IGNORECASE)
_DECLARED: Final = re.compile(r"(?:^|;)\s*(color|background-color|background)\s*:\s*([^;]+)", re.IGNORECASE)
_RULE: Final = re.compile(r"([^{}]+)\{([^{}]*)\}")
_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
_DARK: Final = re.compile(r"@media[^{]*prefers-color-scheme\s*:\s*dark[^{]*\{")
_NAMES: Final = {"white": "#ffffff", "black": "#000000"}
_SILENT: Final = {"style", "script", "head", "title", "-comment", "_comment"}


@dataclass(frozen=True)
class Pair:
    """Some words that are hard to read, their colours and the ratio between these."""

    words: str
    colour: str
    ground: str
    ratio: float


@dataclass(frozen=True)
class _Colours:
    colour: str | None = None
    ground: str | None = None
    weight: tuple[int, int] = (0, 0)


def weak_pairs(html: str, *, dark: bool, below: float = READABLE) -> list[Pair]:
    """Every piece of words whose contrast is under `below`, the weakest first; one for each pair of colours."""
    tree = LexborHTMLParser(html)
    if tree.body is None:
        return []
    ruled = _ruled(tree, html, dark)
    worst: dict[tuple[str, str], Pair] = {}
    for pair in _walk(tree.body, ruled, INK, PAPER):
        if pair.ratio < below:
            worst.setdefault((pair.colour, pair.ground), pair)
    return sorted(worst.values(), key=lambda pair: pair.ratio)


def has_dark_rules(html: str) -> bool:
    """Does the mail say how it looks by night?"""
    return bool(_DARK.search(html)) and "color-scheme" in html


def _walk(node: Any, ruled: dict[int, _Colours], colour: str, ground: str) -> Iterator[Pair]:
    """Depth first without recursion: letters may nest deeply."""
    waiting = [(node, colour, ground)]
    while waiting:
        each, colour, ground = waiting.pop()
        own = _of_style(each.attributes)
        rule = ruled.get(each.mem_id, _Colours())
        colour = rule.colour or own.colour or colour
        ground = rule.ground or own.ground or ground
        hidden = "display:none" in (each.attributes.get("style") or "").replace(" ", "").lower()
        if hidden:
            continue
        for child in each.iter(include_text=True):
            if child.tag == "-text":
                words = " ".join((child.text_content or "").split())
                if any(char.isalnum() for char in words):
                    yield Pair(words[:60], colour, ground, contrast(colour, ground))
            elif child.tag not in _SILENT:
                waiting.append((child, colour, ground))


def _ruled(tree: LexborHTMLParser, html: str, dark: bool) -> dict[int, _Colours]:
    """Colours that the style sheet puts over the inline ones: in mail only `!important` rules can."""
    found: dict[int, _Colours] = {}
    for selector, body in _rules(html, dark):
        colours = _of_text(body)
        if colours.colour is None and colours.ground is None:
            continue
        weight = (len(re.findall(r"[.\[:#]", selector)), len(re.findall(r"(?:^|[ >])[a-z]", selector)))
        try:
            matched = tree.css(selector)
        except (SelectolaxError, ValueError):
            continue
        for node in matched:
            before = found.get(node.mem_id, _Colours())
            if weight >= before.weight:
                found[node.mem_id] = _Colours(
                    colours.colour or before.colour, colours.ground or before.ground, weight
                )
    return found


def _rules(html: str, dark: bool) -> Iterator[tuple[str, str]]:
    """Selector and declarations of each rule that counts over inline styles."""
    for sheet in re.findall(r"<style[^>]*>(.*?)</style>", html, re.DOTALL | re.IGNORECASE):
        text = _COMMENT.sub("", sheet)
        for block in _dark_blocks(text) if dark else ():
            for selectors, body in _RULE.findall(block):
                if "!important" in body:
                    yield from ((each.strip(), body) for each in selectors.split(","))


def _dark_blocks(text: str) -> Iterator[str]:
    for opened in _DARK.finditer(text):
        depth, at = 1, opened.end()
        while at < len(text) and depth:
            depth += {"{": 1, "}": -1}.get(text[at], 0)
            at += 1
        yield text[opened.end() : at - 1]


def _of_style(attributes: Any) -> _Colours:
    colours = _of_text(attributes.get("style") or "")
    return _Colours(colours.colour, colours.ground or _hex(attributes.get("bgcolor") or ""))


def _of_text(style: str) -> _Colours:
    colour = ground = None
    for name, value in _DECLARED.findall(style):
        if name.lower() == "color":
            colour = _hex(value) or colour
        else:
            ground = _hex(value) or ground
    return _Colours(colour, ground)


def _hex(value: str) -> str | None:
    word = value.replace("!important", "").strip().lower()
    if word in _NAMES:
        return _NAMES[word]
    found = _HEX.search(word)
    if found is None:
        return None
    digits = found[0][1:]
    return "#" + ("".join(2 * digit for digit in digits) if len(digits) == 3 else digits)
