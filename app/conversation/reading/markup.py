"""HTML as lines a person would see, with quoting made visible the way plain mail does it.

Mail programs leave the structure of a reply in their markup: quoted blocks become `>` lines here, and where a
program puts the whole old mail below a mark of its own, the line "-----Original Message-----" stands in for
    it.
Nothing is fetched and nothing is kept but text.
"""

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from app.conversation.reading.depth import without_abyss
from app.conversation.reading.lines import word_set

LARGEST = 600_000
MOST_NODES = 60_000
_BELOW = "-----Original Message-----"
_RULER = "________________________________"
_SILENT = frozenset(
    {
        "style",
        "script",
        "head",
        "title",
        "template",
        "noscript",
        "svg",
        "object",
        "select",
        "textarea",
        "-comment",
    }
)
_BLOCKS = word_set(
    """div p tr table ul ol li blockquote h1 h2 h3 h4 h5 h6 pre address article section header footer center hr dl dt dd
    fieldset figure main nav"""
)
_SPACED = frozenset({"p", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "blockquote"})
_QUOTE_NAMES = word_set(
    """gmail_quote protonmail_quote tutanota_quote yahoo_quoted zmail_extra blockquote_zmail front-blockquote cite
    freshdesk_quote mailcontainer moz-email-quote quoted_text mail-quote-collapse mailmate_quote quote"""
)
_BELOW_NAMES = word_set(
    """divrplyfwdmsg stopspelling outlookmessageheader moz-forward-container mail-editor-reference-message-container
    ms-outlook-mobile-reference-message olk_src_body_section isforwardcontent"""
)
_SIGNATURE_NAMES = word_set(
    """gmail_signature gmail_signature_prefix signature moz-signature ms-outlook-mobile-signature
    protonmail_signature_block
    applemailsignature yahoo_signature yahoo-signature zm-_id_-sgn sh-signature composer_signature
    mobileaddress
    tutanota_signature mailsignature gmail-signature"""
)
_HIDDEN = re.compile(
    r"display\s*:\s*none|mso-hide\s*:\s*all|visibility\s*:\s*hidden|font-size\s*:\s*0(?:px)?\s*(?:;|$)", re.I
)
_BELOW_BORDER = re.compile(r"border-top\s*:\s*solid\s*#?(?:e1e1e1|b5c4df|c4df)", re.I)
_SIDE_BORDER = re.compile(r"border-left(?:-width)?\s*:\s*[^;]*(?:solid|\d)", re.I)
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_HAS_QUOTE = re.compile(
    r"gmail_quote|type=[\"']?cite|divrplyfwdmsg|yahoo_quoted|stopspelling|protonmail_quote"
    r"|name=[\"']?quote|moz-cite"
    r"|mail-editor-reference|reference-message|border-top:\s?solid\s?#(?:e1e1e1|b5c4df)"
    r"|zmail_extra|tutanota_quote|border-left:",
    re.I,
)


def shows_quote(html: str) -> bool:
    """Does the markup name a quoted mail? (Cheap, for choosing between the parts.)"""
    return _HAS_QUOTE.search(html[:LARGEST]) is not None


class _Page:
    """The lines while they are being set, with the depth of quoting at the left."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._words: list[str] = []
        self.depth = 0

    def say(self, text: str) -> None:
        self._words.append(text)

    def end_line(self, *, blank: bool = False, always: bool = False) -> None:
        line = "".join(self._words).strip(" ")
        self._words.clear()
        if line or always:
            self.lines.append((">" * self.depth + " " + line).rstrip() if self.depth else line)
        if blank and self.lines and self.lines[-1].strip("> "):
            self.lines.append(">" * self.depth)


def html_lines(html: str, *, drop_signatures: bool = True) -> str:
    """The page as text: one line a line, quotes marked with `>`."""
    root = LexborHTMLParser(without_abyss(html[:LARGEST])).body
    if root is None:
        return ""
    page = _Page()
    node: LexborNode | None = root.child
    opened: list[tuple[LexborNode, bool]] = []
    for _ in range(MOST_NODES):
        if node is None:
            node = _climb(page, opened)
            if node is None:
                break
            if node is root:
                break
            continue
        below = _enter(page, node, opened, drop_signatures)
        node = below if below is not None else node.next
    while opened:
        _leave(page, *opened.pop())
    page.end_line()
    return "\n".join(page.lines)


def _climb(page: _Page, opened: list[tuple[LexborNode, bool]]) -> LexborNode | None:
    """Out of finished elements, to the next one beside them."""
    while opened:
        node, quoted = opened.pop()
        _leave(page, node, quoted)
        following: LexborNode | None = node.next
        if following is not None:
            return following
    return None


def _enter(
    page: _Page, node: LexborNode, opened: list[tuple[LexborNode, bool]], drop_signatures: bool
) -> LexborNode | None:
    """Set what the node says; its first child, when it is to be read next."""
    tag = node.tag or ""
    if tag == "-text":
        _say_text(page, node)
        return None
    if tag in _SILENT:
        return None
    if tag == "br":
        page.end_line(always=True)
        return None
    names, style = _names(node)
    if _HIDDEN.search(style) or (drop_signatures and names & _SIGNATURE_NAMES):
        return None
    if tag in _BLOCKS:
        page.end_line(blank=tag in _SPACED)
    if names & _BELOW_NAMES or (tag == "div" and _BELOW_BORDER.search(style)):
        page.end_line()
        page.say(_BELOW)
        page.end_line()
    if tag == "hr":
        page.say(_RULER)
        page.end_line()
        return None
    return _open(page, node, opened, _is_quote(tag, node, names, style))


def _open(
    page: _Page, node: LexborNode, opened: list[tuple[LexborNode, bool]], quoted: bool
) -> LexborNode | None:
    child: LexborNode | None = node.child
    if child is None:
        return None
    if quoted:
        page.end_line()
        page.depth += 1
    if node.tag == "li":
        page.say("- ")
    opened.append((node, quoted))
    return child


def _leave(page: _Page, node: LexborNode, quoted: bool) -> None:
    tag = node.tag
    if tag in _BLOCKS:
        page.end_line(blank=tag in _SPACED)
    elif tag in ("td", "th"):
        page.say(" ")
    if quoted:
        page.end_line()
        page.depth -= 1


def _say_text(page: _Page, node: LexborNode) -> None:
    text = node.text_content or ""
    parent = node.parent
    if parent is not None and parent.tag == "pre":
        for number, line in enumerate(text.split("\n")):
            if number:
                page.end_line(always=True)
            page.say(line)
        return
    page.say(_BLANKS.sub(" ", text))


def _names(node: LexborNode) -> tuple[set[str], str]:
    """Id, classes and name of an element, without the `x_` that Outlook puts before them."""
    attributes = node.attributes
    if not attributes:
        return set(), ""
    joined = " ".join(attributes.get(key) or "" for key in ("id", "class", "name", "data-smartmail"))
    names = set()
    for name in joined.casefold().split():
        while name.startswith("x_"):
            name = name[2:]
        names.add(name)
    return names, attributes.get("style") or ""


def _is_quote(tag: str, node: LexborNode, names: set[str], style: str) -> bool:
    if tag == "blockquote":
        kind = (node.attributes.get("type") or "").casefold()
        return (
            kind == "cite"
            or "cite" in node.attributes
            or bool(names & _QUOTE_NAMES)
            or _SIDE_BORDER.search(style) is not None
        )
    # Gmail's quote is a div around an attribution and the block that is really quoted.
    return tag == "div" and bool(names & (_QUOTE_NAMES - {"gmail_quote", "cite", "mailcontainer"}))
