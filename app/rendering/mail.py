"""One mail from its folder: subject.txt, body.mjml and body.txt become a RenderedMail with markers in place.

What authors wrote never passes through MJML. A template puts `{{ part(html) }}` where it belongs, a placeholder
goes through the compiler, and the styled HTML takes its place afterwards.
"""

import html
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from markupsafe import Markup

from app.foundation.errors import ContentError
from app.rendering import style, templates
from app.rendering.brand import Brand, Palette, palette
from app.rendering.mjml import compile_mjml
from app.rendering.slots import MARK, RenderedMail, SlotRegistry, defuse_all

_PART: Final = re.compile(r"zqpart(\d{4})qz")
_MAX_SUBJECT: Final = 250
_DEFAULT_ACCENT: Final = "#0B5D5B"


def render_mail(
    emails_dir: Path, name: str, context: Mapping[str, object], registry: SlotRegistry | None = None
) -> RenderedMail:
    """The mail `emails/<name>/` with `context`, which the top of each template documents.

    Beside the context a template may call `slot(name, fallback)` for a reader's value and `part(html)` for HTML that
    `markdown.to_html` made with the same registry. Raises TemplateMissing, TemplateBroken or ContentError.
    """
    frame = _Frame(emails_dir, name, context, registry or SlotRegistry())
    compiled = frame.parts.fill(compile_mjml(frame.mjml(), name=f"{name}/body.mjml"))
    rendered = RenderedMail(frame.subject, frame.preheader(), compiled, frame.text(), frame.slots.slots)
    _check_markers(rendered)
    return rendered


def compose_mjml(emails_dir: Path, name: str, context: Mapping[str, object]) -> str:
    """The MJML that would be compiled, for the template lint."""
    return _Frame(emails_dir, name, context, SlotRegistry()).mjml()


def one_line(subject: str) -> str:
    """The subject as a header can carry it. Raises ContentError when it is blank, too long or holds a line break."""
    line = subject.strip(" \n")
    if not line:
        raise ContentError(
            "There is no subject.", field="subject", hint="Write one line that says what is inside."
        )
    if any(not char.isprintable() and char not in "\u200c\u200d\u00a0\u202f" for char in line):
        raise ContentError(
            "The subject holds a line break or an invisible control character.",
            field="subject",
            hint="Type it again on one line.",
        )
    if len(line) > _MAX_SUBJECT:
        raise ContentError(f"The subject is longer than {_MAX_SUBJECT} characters.", field="subject")
    return line


class _Frame:
    """The three templates of one mail with everything they may call."""

    def __init__(
        self, emails_dir: Path, name: str, context: Mapping[str, object], slots: SlotRegistry
    ) -> None:
        brand = context.get("brand")
        colours = palette(brand.accent if isinstance(brand, Brand) else _DEFAULT_ACCENT)
        self.slots = slots
        self.parts = _Parts(colours)
        self._templates = (emails_dir, name)
        self._values: dict[str, object] = {key: defuse_all(value) for key, value in context.items()}
        self._values |= {"slot": slots.mark, "part": self.parts.place, "palette": colours, "fonts": style}
        self.subject = one_line(self._render("subject.txt"))
        self._values["subject"] = self.subject

    def mjml(self) -> str:
        return self._render("body.mjml")

    def preheader(self) -> str:
        body = templates.load(*self._templates, "body.mjml")
        return " ".join(html.unescape(templates.render_block(body, "preheader", self._values)).split())

    def text(self) -> str:
        return _tidy(self._render("body.txt"))

    def _render(self, file: str) -> str:
        return templates.render(templates.load(*self._templates, file), self._values)


class _Parts:
    """Finished HTML waiting outside while the frame around it is compiled."""

    def __init__(self, colours: Palette) -> None:
        self._colours = colours
        self._waiting: list[str] = []

    def place(self, fragment: Markup) -> str:
        self._waiting.append(style.style(str(fragment), self._colours))
        return f"zqpart{len(self._waiting) - 1:04d}qz"

    def fill(self, compiled: str) -> str:
        return _PART.sub(lambda found: self._waiting[int(found.group(1))], compiled)


def _tidy(text: str) -> str:
    lines = [line.rstrip() for line in text.replace("\r", "").split("\n")]
    return re.sub(r"\n{4,}", "\n\n\n", "\n".join(lines)).strip("\n") + "\n"


def _check_markers(rendered: RenderedMail) -> None:
    for place in (rendered.subject, rendered.preheader, rendered.html, rendered.text):
        for found in MARK.finditer(place):
            if int(found.group(1)) >= len(rendered.slots):
                raise ContentError(
                    "The text holds a word that is reserved for merging readers' names.",
                    hint=f"Remove “{found.group(0)}”.",
                )
