"""HTML as lines a person would see, with quoting made visible the way plain mail does it.

Mail programs leave the structure of a reply in their markup: a quoted block becomes one `>` line here, and where a
program puts the whole old mail below a mark of its own, the line "-----Original Message-----" stands in for it.
One pass over the tags, without a tree: a hundred thousand nested elements cost what as many flat ones do. Nothing
is fetched and nothing is kept but text.
"""

import re
from html import unescape

from app.conversation.reading.lines import word_set

LARGEST = 600_000
MOST_TAGS = 12_000
_BELOW = "-----Original Message-----"
_RULER = "________________________________"
_SILENT = word_set("style script head title template noscript svg object select textarea xml")
_BLOCKS = word_set(
    """div p tr table ul ol li blockquote h1 h2 h3 h4 h5 h6 pre address article section header footer center dl dt dd
    fieldset figure main nav body"""
)
_SPACED = word_set("p ul ol h1 h2 h3 h4 h5 h6 pre blockquote")
_QUOTE_NAMES = word_set(
    """protonmail_quote tutanota_quote yahoo_quoted zmail_extra blockquote_zmail front-blockquote freshdesk_quote
    moz-email-quote quoted_text mail-quote-collapse mailmate_quote quote messagereplysection"""
)
_BELOW_NAMES = word_set(
    """divrplyfwdmsg stopspelling outlookmessageheader moz-forward-container mail-editor-reference-message-container
    ms-outlook-mobile-reference-message olk_src_body_section isforwardcontent"""
)
_SIGNATURE_NAMES = word_set(
    """gmail_signature gmail_signature_prefix signature moz-signature ms-outlook-mobile-signature front-signature
    protonmail_signature_block applemailsignature yahoo_signature yahoo-signature zm-_id_-sgn sh-signature
    composer_signature mobileaddress tutanota_signature mailsignature gmail-signature messagesignaturesection"""
)
# Outlook puts x_ before the names of a mail it shows, Yahoo an id of its own.
_FOREIGN_PREFIX = re.compile(r"\A(?:x_){1,9}|\Aydp[0-9a-f]{1,12}(?=yahoo)")
_HIDDEN = re.compile(
    r"display\s?:\s?none|mso-hide\s?:\s?all|visibility\s?:\s?hidden|font-size\s?:\s?0(?:px)?\s?(?:;|\Z)",
    re.IGNORECASE,
)
_BELOW_BORDER = re.compile(r"border-top\s?:\s?solid\s?#?(?:e1e1e1|b5c4df|c4df)", re.IGNORECASE)
_SIDE_BORDER = re.compile(r"border-left(?:-width)?\s?:[^;]{0,60}(?:solid|\d)", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_TOKEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<[!?][^>]*+>?|<(/?)([a-zA-Z][\w:-]{0,30})((?:[^<>\"']++|\"[^\"]*+\"|'[^']*+')*+)>?|([^<]++)|<",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(
    r"\b(id|class|name|style|type|cite|data-smartmail)\s{0,3}=\s{0,3}(?:\"([^\"]{0,2000})|'([^']{0,2000})|([^\s\"'>]{1,500}))",
    re.IGNORECASE,
)
_HAS_QUOTE = re.compile(
    r"gmail_quote|type=[\"']?cite|divrplyfwdmsg|yahoo_quoted|stopspelling|protonmail_quote|name=[\"']?quote|moz-cite"
    r"|mail-editor-reference|reference-message|border-top:\s?solid\s?#(?:e1e1e1|b5c4df)|zmail_extra|tutanota_quote"
    r"|border-left:",
    re.IGNORECASE,
)


def shows_quote(html: str) -> bool:
    """Does the markup name a quoted mail? (Cheap, for choosing between the parts.)"""
    return _HAS_QUOTE.search(html[:LARGEST]) is not None


def html_lines(html: str, *, drop_signatures: bool = True) -> str:
    """The page as text: one line a line, a quoted block as a `>` line."""
    page = _Page(html[:LARGEST], drop_signatures)
    page.read()
    return "\n".join(page.lines)


class _Page:
    """The lines while they are being set."""

    def __init__(self, html: str, drop_signatures: bool) -> None:
        self.html = html
        self.drop_signatures = drop_signatures
        self.lines: list[str] = []
        self._words: list[str] = []
        self._preformatted = 0

    def read(self) -> None:
        at = 0
        for _ in range(MOST_TAGS):
            token = _TOKEN.match(self.html, at)
            if token is None:
                break
            at = token.end()
            tag = token.group(2)
            if tag is not None:
                at = self._tag(tag.casefold(), token.group(1) == "/", token.group(3), at)
            elif token.group(4) is not None:
                self._text(unescape(token.group(4)))
            elif token.group() == "<":
                self._words.append("<")
        self._end_line()

    def _tag(self, tag: str, closes: bool, attributes: str, at: int) -> int:
        """Set what the tag says; where to read on, past the element if it is not the writer's."""
        if closes:
            self._close(tag)
            return at
        if tag in _SILENT:
            return self._past(tag, at)
        if tag == "br":
            self._end_line(always=True)
            return at
        names, values = _attributes(attributes)
        style = values.get("style", "")
        if _HIDDEN.search(style) or (self.drop_signatures and names & _SIGNATURE_NAMES):
            return self._past(tag, at)
        if _is_quote(tag, names, values):
            self._end_line()
            self.lines.append("> quoted")
            return self._past(tag, at)
        if tag in _BLOCKS:
            self._end_line(blank=tag in _SPACED)
            self._preformatted += tag == "pre"
        if names & _BELOW_NAMES or (tag == "div" and _BELOW_BORDER.search(style)):
            self._line(_BELOW)
            return len(self.html)
        if tag == "hr":
            self._line(_RULER)
        elif tag == "li":
            self._words.append("- ")
        return at

    def _close(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._end_line(blank=tag in _SPACED)
            if tag == "pre":
                self._preformatted = max(0, self._preformatted - 1)
        elif tag in ("td", "th"):
            self._words.append(" ")

    def _past(self, tag: str, at: int) -> int:
        """The end of the element just opened, by counting its own kind of tags only."""
        depth = 1
        for number, found in enumerate(
            re.finditer(rf"<(/?){re.escape(tag)}\b", self.html[at:], re.IGNORECASE)
        ):
            depth += -1 if found.group(1) else 1
            if depth == 0 or number > MOST_TAGS:
                end = self.html.find(">", at + found.end())
                return len(self.html) if end < 0 else end + 1
        return at if tag in ("br", "img", "hr", "p") else len(self.html)

    def _text(self, text: str) -> None:
        if not self._preformatted:
            self._words.append(_BLANKS.sub(" ", text))
            return
        first, *others = text.split("\n")
        self._words.append(first)
        for line in others:
            self._end_line(always=True)
            self._words.append(line)

    def _line(self, line: str) -> None:
        self._end_line()
        self.lines.append(line)

    def _end_line(self, *, blank: bool = False, always: bool = False) -> None:
        line = "".join(self._words)
        self._words.clear()
        line = line.rstrip() if self._preformatted else line.strip(" ")
        if line or always:
            self.lines.append(line)
        if blank and self.lines and self.lines[-1]:
            self.lines.append("")


def _attributes(source: str) -> tuple[set[str], dict[str, str]]:
    """What an element is called (id, classes, name), and the values of its attributes."""
    if "=" not in source:
        return set(), {}
    values: dict[str, str] = {}
    names: set[str] = set()
    for found in _ATTRIBUTE.finditer(source[:6000]):
        key = found.group(1).casefold()
        value = found.group(2) or found.group(3) or found.group(4) or ""
        values.setdefault(key, value)
        if key in ("id", "class", "name", "data-smartmail"):
            names.update(_FOREIGN_PREFIX.sub("", name) for name in value.casefold().split()[:40])
    return names, values


def _is_quote(tag: str, names: set[str], values: dict[str, str]) -> bool:
    if tag == "blockquote":
        cited = "cite" in values or values.get("type", "").casefold() == "cite"
        side = _SIDE_BORDER.search(values.get("style", "")) is not None
        return cited or side or "gmail_quote" in names or bool(names & _QUOTE_NAMES)
    # Gmail's own quote is a div around an attribution and the block that is really quoted.
    return tag in ("div", "section") and bool(names & _QUOTE_NAMES)
