"""The author's Markdown, parsed once and checked: the one tree that mail, text part, web page and PDF are made from.

Everything that can be wrong with a letter is found here, with its line, so the writers that follow never fail.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.container import container_plugin

from app.foundation.errors import ContentError
from app.rendering.answering import AnswerLane, is_unknown_lane
from app.rendering.blocks import BLOCKS, Block
from app.rendering.bounds import MAX_DEPTH, check_bounds, too_deep
from app.rendering.functions import BLOCK as FOR_FUNCTION
from app.rendering.functions import FUNCTIONS, functions_in, named_in, spoken_to
from app.rendering.merge import problem_error, read_tag

GUIDE_URL: Final = "{guide_url}"
BLOCK_OPEN: Final = "container_block_open"
BLOCK_CLOSE: Final = "container_block_close"
SLOT: Final = "slot"

_SCHEME: Final = re.compile(r"(?i)(https?://|mailto:|tel:|#|/(?!/))")
_BARE_HOST: Final = re.compile(r"(?i)www\.[a-z0-9-]+\.")
_ENCODED_GUIDE_URL: Final = re.compile(r"(?i)%7Bguide_url%7D")
_ENCODED_TAG: Final = re.compile(r"(?i)%7B(?:first_name|email|function)(?:%7C|%7D)")


@dataclass(frozen=True)
class Document:
    """Checked Markdown. `uses_guide_url` says that a link still points to the placeholder `{guide_url}`.

    `function` is the reader's whom it is written for: without one, words for one function are left out.
    """

    tokens: tuple[Token, ...]
    field: str = "markdown"
    function: str | None = None

    @property
    def shown(self) -> tuple[Token, ...]:
        """What this reader is shown of it."""
        return spoken_to(self.tokens, self.function)

    @property
    def functions(self) -> frozenset[str]:
        """The functions it has words for."""
        return functions_in(self.tokens)

    @property
    def uses_guide_url(self) -> bool:
        return any(GUIDE_URL in str(t.attrGet("href")) for t, _ in walk(self.tokens) if t.type == "link_open")


def parse(markdown: str, *, field: str = "markdown", function: str | None = None) -> Document:
    """The tree of an author's text. Raises ContentError, with the line, for anything that could not be mailed."""
    source = markdown.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    source = source.encode("utf-8", "replace").decode("utf-8")  # lone surrogates cannot be mailed
    check_bounds(source, field=field)
    try:
        tokens = _parser().parse(source)
    except RecursionError:
        raise too_deep(None, field=field) from None
    _check_depth(tokens, field)
    _check_blocks(tokens, source.split("\n"), field)
    for token, line in walk(tokens):
        _check_token(token, line, field)
    return Document(tuple(tokens), field, function)


def walk(tokens: Sequence[Token], line: int | None = None) -> Iterator[tuple[Token, int | None]]:
    """Every token, inline ones too, with the 1-based line it begins on."""
    for token in tokens:
        here = token.map[0] + 1 if token.map else line
        yield token, here
        at = here
        for child in token.children or ():
            yield from walk([child], at)
            if child.type in {"softbreak", "hardbreak"} and at is not None:
                at += 1


def block_of(token: Token) -> tuple[Block, str]:
    """The block a container token opens, and the title it shows."""
    name, _, title = token.info.strip().partition(" ")
    block = BLOCKS[name]
    return block, title.strip() or block.title


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    options = {"html": False, "typographer": True, "maxNesting": 2 * MAX_DEPTH + 20}
    parser = MarkdownIt("commonmark", options).enable(["table", "strikethrough", "smartquotes"])
    parser.use(container_plugin, "block", validate=lambda params, _: bool(params.strip()))
    parser.inline.ruler.before("escape", "merge_tag", _merge_tag)
    parser.core.ruler.before("smartquotes", "dashes", _dashes)
    return parser


def _merge_tag(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] != "{":
        return False
    tag = read_tag(state.src, state.pos)
    if tag is None:
        if not state.src.startswith("{{", state.pos):
            return False
        if not silent:
            state.pending += "{{"
        state.pos += 2
        return True
    if not silent:
        token = state.push(SLOT, "", 0)
        token.content = state.src[state.pos : tag.end]
        token.meta = {"slot": tag.slot, "problem": tag.problem}
    state.pos = tag.end
    return True


def _dashes(state: StateCore) -> None:
    """Three dots and double hyphens only: the parser's own replacements also turn a list point (c) into ©."""
    for block in state.tokens:
        for token in block.children or () if block.type == "inline" else ():
            if token.type == "text" and ("..." in token.content or "--" in token.content):
                token.content = re.sub(r"\.{3,}", "…", token.content)
                token.content = re.sub(r"(?<!-)---(?!-)", "—", token.content)
                token.content = re.sub(r"(?<=\s)--(?=\s)|(?<=\w)--(?=\w)", "–", token.content)


def _check_depth(tokens: Sequence[Token], field: str) -> None:
    depth, line = 0, 1
    for token in tokens:
        line = token.map[0] + 1 if token.map else line
        depth += token.nesting
        inner = 0
        for child in token.children or ():
            inner += child.nesting
            if inner > MAX_DEPTH:
                raise too_deep(line, field=field)
        if depth > 2 * MAX_DEPTH:  # a list takes two levels: the list and its item
            raise too_deep(line, field=field)


def _check_blocks(tokens: Sequence[Token], lines: Sequence[str], field: str) -> None:
    for at, token in enumerate(tokens):
        if token.type != BLOCK_OPEN or token.map is None:
            continue
        start, end = token.map
        name = token.info.split()[0]
        if name not in BLOCKS:
            raise ContentError(
                f"Line {start + 1}: there is no block called “{name[:40]}”.",
                field=field,
                hint="The blocks are " + ", ".join(BLOCKS) + ".",
                line=start + 1,
            )
        if end >= len(lines) or not lines[end].strip(" \t>").startswith(token.markup):
            raise ContentError(
                f"Line {start + 1}: the block “{name}” is never closed.",
                field=field,
                hint=f"Put {token.markup} on a line of its own where it ends.",
                line=start + 1,
            )
        if name == FOR_FUNCTION:
            _check_functions(token.info, start + 1, field)
        if BLOCKS[name].only_link:
            _check_only_link(tokens[at + 1 : at + 5], name, start + 1, field)


def _check_functions(info: str, line: int, field: str) -> None:
    named = named_in(info)
    unknown = [name for name in named if name not in FUNCTIONS]
    if named and not unknown:
        return
    what = f"“{unknown[0][:40]}” is no function" if unknown else "no function is named"
    raise ContentError(
        f"Line {line}: {what} that words can be for.",
        field=field,
        hint="Write ::: for and one of "
        + ", ".join(FUNCTIONS)
        + ". What everybody should read stands outside of such blocks.",
        line=line,
    )


def _check_only_link(after: Sequence[Token], name: str, line: int, field: str) -> None:
    kinds = [token.type for token in after]
    children = (after[1].children or []) if kinds[1:2] == ["inline"] else []
    links = [child.nesting for child in children if child.type in {"link_open", "link_close"}]
    whole = bool(children) and children[0].type == "link_open" and children[-1].type == "link_close"
    if kinds != ["paragraph_open", "inline", "paragraph_close", BLOCK_CLOSE] or links != [1, -1] or not whole:
        raise ContentError(
            f"Line {line}: the block “{name}” must hold one link and nothing else.",
            field=field,
            hint="Write it as [What happens next](https://…).",
            line=line,
        )


def _check_token(token: Token, line: int | None, field: str) -> None:
    if token.type == SLOT and token.meta["problem"]:
        raise problem_error(token.meta["problem"], field=field, line=line)
    if token.type == "link_open":
        token.attrSet("href", checked_address(str(token.attrGet("href") or ""), "link", line, field))
    if token.type == "image":
        token.attrSet("src", checked_address(str(token.attrGet("src") or ""), "image", line, field))
        if not any(child.content.strip() for child in token.children or ()):
            raise ContentError(
                f"{_at(line)}this image has no description.",
                field=field,
                hint="Write ![what it shows](address): many readers see the words only.",
                line=line,
            )


def checked_address(address: str, kind: str, line: int | None, field: str) -> str:
    """The address as a mail can carry it. Raises ContentError for schemes and shapes that it cannot."""
    address = _ENCODED_GUIDE_URL.sub(GUIDE_URL, address)
    if _ENCODED_TAG.search(address):
        raise ContentError(
            f"{_at(line)}merge tags cannot stand inside a {kind}'s address.", field=field, line=line
        )
    if address == GUIDE_URL and kind == "link":
        return address
    if _BARE_HOST.match(address):
        return "https://" + address
    if is_unknown_lane(address):
        raise ContentError(
            f"{_at(line)}the {kind} address “{address[:80]}” is no mail address.",
            field=field,
            hint="Write the whole address, or one of "
            + ", ".join(f"mailto:{lane.value}" for lane in AnswerLane)
            + " for an answer to this letter.",
            line=line,
        )
    allowed = _SCHEME.match(address) and not (kind == "image" and address[:1].lower() in {"m", "t", "#"})
    if not allowed:
        raise ContentError(
            f"{_at(line)}the {kind} address “{address[:80]}” is not one a mail can carry.",
            field=field,
            hint="Begin it with https://" + (" or mailto:." if kind == "link" else "."),
            line=line,
        )
    return address


def _at(line: int | None) -> str:
    return f"Line {line}: " if line else "In one of the lines, "
