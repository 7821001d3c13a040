"""Merge slots: the holes in a compiled mail where each reader's own words go.

A mail is compiled once per Edition and then spliced per reader, so whatever differs between readers must travel
through Markdown, MJML, the CSS inliner and the sanitiser as a word none of them wants to change. That word is the
marker: ASCII letters and digits only, safe inside an URL path, a header and a paragraph alike.
"""

import html
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Final, TypeVar

from markupsafe import Markup

from app.foundation.errors import ContentError

T = TypeVar("T")

MARK: Final = re.compile(r"zqslot(\d{4})qz")
_LOOKALIKE: Final = re.compile(r"zq(?:slot|part)(?=\d{4}qz)", re.IGNORECASE)
_JOINERS: Final = "\u200c\u200d"  # names in several scripts, and many emoji, cannot be written without them
_MOST_SLOTS: Final = 10_000

# What an author may write as {first_name|there}; the URL tokens below belong to our own templates only.
AUTHOR_SLOTS: Final = frozenset({"first_name", "email", "function"})
URL_SLOTS: Final = frozenset(
    {
        "unsubscribe_token",
        "preferences_token",
        "delivery_token",
        "confirm_token",
        "download_token",
        "login_token",
        "reply_token",
        "feedback_token",
        "stuck_token",
        "hello_token",
    }
)


@dataclass(frozen=True)
class Slot:
    """One hole: whose value goes in, and what stands there when the value is blank."""

    name: str
    fallback: str = ""


class Marked(str):
    """Plain text of our own making whose markers are meant; everything else a template is given is defused."""

    __slots__ = ()


class SlotRegistry:
    """Hands out one marker per (name, fallback); the number in the marker is the index into `slots`."""

    def __init__(self) -> None:
        self._numbers: dict[Slot, int] = {}

    def mark(self, name: str, fallback: str = "") -> str:
        """The marker for this slot: the same name and fallback always give the same one."""
        slot = Slot(name, fallback)
        number = self._numbers.setdefault(slot, len(self._numbers))
        if number >= _MOST_SLOTS:
            raise ContentError(f"There are more than {_MOST_SLOTS} different merge tags in one mail.")
        return f"zqslot{number:04d}qz"

    @property
    def slots(self) -> tuple[Slot, ...]:
        return tuple(self._numbers)


@dataclass(frozen=True)
class RenderedMail:
    """A mail ready to be frozen. Markers stand in subject, preheader, html and text; `slots[n]` belongs to marker n.

    `variants` are the whole mails of those functions that the letter has words for, each with slots of its own.
    """

    subject: str
    preheader: str
    html: str
    text: str
    slots: tuple[Slot, ...]
    variants: tuple[tuple[str, "RenderedMail"], ...] = ()

    def seen_by(self, function: str | None) -> "RenderedMail":
        """The one mail that a reader of this function gets."""
        return dict(self.variants).get(function or "", replace(self, variants=()))


def defuse(text: str) -> str:
    """Text from outside with anything that looks like a marker broken up, so that only our own markers splice.

    Lone surrogates, which no mail can carry, become question marks.
    """
    return _LOOKALIKE.sub(lambda found: found.group(0) + "-", text.encode("utf-8", "replace").decode("utf-8"))


def defused(text: str) -> str:
    """`defuse`, except for what we marked ourselves."""
    return text if isinstance(text, Marked) else defuse(text)


def defuse_all(value: T) -> T:
    """`defuse` through a template context: strings, and strings inside tuples, lists, mappings and dataclasses."""
    result: object = value
    if isinstance(value, (Markup, Marked)):
        return value
    if isinstance(value, str):
        result = defuse(value)
    elif isinstance(value, Mapping):
        result = {key: defuse_all(item) for key, item in value.items()}
    elif type(value) in (list, tuple):
        result = type(value)(defuse_all(item) for item in value)  # type: ignore[attr-defined,call-arg]
    elif is_dataclass(value) and not isinstance(value, type):
        result = replace(
            value, **{f.name: defuse_all(getattr(value, f.name)) for f in fields(value) if f.init}
        )
    return result  # type: ignore[return-value]


def clean_value(value: str) -> str:
    """A reader's value on one line: control and line-breaking characters become spaces, format characters go.

    The format characters include the direction overrides, with which a name could rewrite the words around it.
    """
    kept = []
    for char in value:
        category = unicodedata.category(char)
        if category in {"Cc", "Cs", "Zl", "Zp"}:
            kept.append(" ")
        elif category != "Cf" or char in _JOINERS:
            kept.append(char)
    return " ".join("".join(kept).split())


def fill(rendered: RenderedMail, values: Mapping[str, str]) -> RenderedMail:
    """The mail one reader would see, for previews: fallbacks where a value is blank, escaped in the HTML."""
    words = [clean_value(values.get(slot.name, "")) or slot.fallback for slot in rendered.slots]

    def raw(text: str) -> str:
        return MARK.sub(lambda found: words[int(found.group(1))], text)

    return RenderedMail(
        subject=raw(rendered.subject),
        preheader=raw(rendered.preheader),
        html=MARK.sub(lambda found: html.escape(words[int(found.group(1))]), rendered.html),
        text=raw(rendered.text),
        slots=rendered.slots,
    )
