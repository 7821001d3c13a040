"""The templates under `emails/`: composed by a sandboxed Jinja, strict about names, blind to what authors type.

Authors' words only ever arrive as values; no text of theirs is compiled as a template.
"""

import re
import textwrap
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

from jinja2 import (
    FileSystemLoader,
    StrictUndefined,
    Template,
    TemplateNotFound,
    TemplateSyntaxError,
    UndefinedError,
)
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from app.foundation.errors import Misconfigured

_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,60}")
_WIDTH: Final = 72


class TemplateMissing(Misconfigured):
    """A file under `emails/` is not there; the message names it."""


class TemplateBroken(Misconfigured):
    """A file under `emails/` cannot be used: its syntax, a value it was not given, or its MJML."""


def load(emails_dir: Path, name: str, file: str) -> Template:
    """The template `emails/<name>/<file>`. Raises TemplateMissing or TemplateBroken, naming the file."""
    if not _NAME.fullmatch(name):
        raise TemplateMissing(f"“{name[:60]}” is not the name of a mail.")
    path = f"{name}/{file}"
    try:
        return _environment(emails_dir).get_template(path)
    except TemplateNotFound as missing:
        raise TemplateMissing(
            f"The mail template {emails_dir.name}/{missing.name} is missing.",
            hint=f"Put the file back into {emails_dir}.",
        ) from None
    except TemplateSyntaxError as error:
        raise TemplateBroken(f"{path}, line {error.lineno}: {error.message}.") from error


def render(template: Template, context: Mapping[str, object]) -> str:
    """The template filled in. Raises TemplateBroken when it uses a value that was not given."""
    try:
        return template.render(context)
    except TemplateNotFound as missing:
        raise TemplateMissing(
            f"{template.name} needs the template {missing.name}, which is missing."
        ) from None
    except (UndefinedError, SecurityError, TemplateSyntaxError) as error:
        raise TemplateBroken(f"{template.name}: {error}.") from error


def render_block(template: Template, block: str, context: Mapping[str, object]) -> str:
    """One block of the template by itself; empty when the template does not have it."""
    writer = template.blocks.get(block)
    if writer is None:
        return ""
    try:
        return "".join(writer(template.new_context(dict(context))))
    except (UndefinedError, SecurityError) as error:
        raise TemplateBroken(f"{template.name}: {error}.") from error


@lru_cache(maxsize=8)
def _environment(emails_dir: Path) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(emails_dir),
        autoescape=lambda name: name is not None and name.endswith(".mjml"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    environment.filters["wrap"] = _wrap
    environment.filters["listed"] = _listed
    return environment


def _wrap(text: str) -> str:
    """Each paragraph of a text template at 72 columns; addresses keep their own line whole."""
    return "\n\n".join(
        textwrap.fill(" ".join(paragraph.split()), _WIDTH, break_long_words=False, break_on_hyphens=False)
        for paragraph in re.split(r"\n[ \t]*\n", text.strip())
    )


def _listed(words: Sequence[str]) -> str:
    """Words as a sentence lists them: a, b and c."""
    return " and ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)
