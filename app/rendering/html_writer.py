"""The tree as HTML, once with tables around boxes for mail and once with plain elements for the web."""

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import escape

from app.rendering.blocks import Block, TitleStyle
from app.rendering.slots import Slot, defuse, defused
from app.rendering.tree import SLOT, block_of

_FIT: Final = '<table role="presentation" cellpadding="0" cellspacing="0" border="0" class="{}">'
_BOX: Final = '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" class="{}">'


_OWN_PICTURE: Final = re.compile(r"/pictures/[0-9a-f]{32}-(\d{1,4})x(\d{1,5})\.(?:jpg|png)$")
_LETTER: Final = 568


class HtmlWriter(RendererHTML):
    """The parser's renderer, whose methods are named after token types, with our own where ours differ."""

    def __init__(self, put: Callable[[Slot], str], resolve: Callable[[str], str], *, mail: bool) -> None:
        self._put = put
        self._resolve = resolve
        self._mail = mail
        self._open: list[Block] = []
        self._label = ""
        super().__init__()

    def image(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        """Images stand alone on their line, so that a missing one leaves readable words."""
        token = tokens[idx]
        alt = "".join(self._plain(child) for child in token.children or ())
        src = escape(defused(self._resolve(str(token.attrGet("src")))))
        return f'<img class="picture" src="{src}" alt="{alt}"{_size_of(src)}>'

    def _plain(self, token: Token) -> str:
        if token.type == SLOT:
            return self._put(token.meta["slot"])
        return str(escape(defuse(token.content))) + "".join(self._plain(c) for c in token.children or ())

    def text(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return str(escape(defuse(tokens[idx].content)))

    def code_inline(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return f"<code>{escape(defuse(tokens[idx].content))}</code>"

    def code_block(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return f"<pre><code>{escape(defuse(tokens[idx].content))}</code></pre>\n"

    def fence(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return self.code_block(tokens, idx, options, env)

    def slot(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return self._put(tokens[idx].meta["slot"])

    def link_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        href = escape(defused(self._resolve(str(tokens[idx].attrGet("href")))))
        return f'<a class="{"button-link" if self._in_button() else "link"}" href="{href}">'

    def heading_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        token = tokens[idx]
        tag = "h2" if token.tag == "h1" else token.tag  # the letter's title is the page's only h1
        return f"</{tag}>\n" if token.nesting < 0 else f"<{tag}>"

    def th_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        token = tokens[idx]
        side = str(token.attrGet("style") or "").removeprefix("text-align:")
        return f'<{token.tag} align="{side or "left"}">'

    heading_close = heading_open
    td_open = th_open

    def table_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return '<table class="grid" cellpadding="0" cellspacing="0" border="0">\n'

    def paragraph_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        if self._in_button():
            return ""  # Outlook adds a paragraph's margins to the button's height
        opening = self.renderToken(tokens, idx, options, env)
        label, self._label = self._label, ""
        return opening + label

    def paragraph_close(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return "" if self._in_button() else self.renderToken(tokens, idx, options, env)

    def container_block_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        block, title = block_of(tokens[idx])
        self._open.append(block)
        shown = self._title(block, title, runs_in=tokens[idx + 1].type == "paragraph_open")
        if not self._mail:
            return f'<{_web_tag(block)} class="block block-{block.name}">\n{shown}'
        table = _FIT if block.only_link else _BOX
        return f'{table.format(f"block block-{block.name}")}<tr><td class="cell cell-{block.name}">{shown}'

    def container_block_close(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        block = self._open.pop()
        return "</td></tr></table>\n" if self._mail else f"</{_web_tag(block)}>\n"

    def _in_button(self) -> bool:
        return bool(self._open) and self._open[-1].only_link

    def _title(self, block: Block, title: str, *, runs_in: bool) -> str:
        words = escape(defuse(title))
        if block.title_style is TitleStyle.HEADING:
            return f'<h3 class="block-title">{words}</h3>\n'
        if block.title_style is TitleStyle.RUN_IN and runs_in:
            self._label = f"<strong>{words}</strong> "
            return ""
        return f"<p><strong>{words}</strong></p>\n" if block.title_style is TitleStyle.RUN_IN else ""


def _size_of(address: str) -> str:
    """The size that the name of one of our own pictures tells, as wide as a letter at most."""
    found = _OWN_PICTURE.search(address)
    if found is None:
        return ""
    width, height = int(found[1]), int(found[2])
    shown = min(width, _LETTER)
    return f' width="{shown}" height="{max(1, round(height * shown / max(1, width)))}"'


def _web_tag(block: Block) -> str:
    if block.only_link:
        return "div"
    return "blockquote" if block.name == "quote" else "aside"
