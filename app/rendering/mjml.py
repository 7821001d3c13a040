"""MJML to HTML, once per Edition.

The compiler is native code that exhausts the stack, and with it the process, on deep nesting: what goes in is
measured first.
"""

import re
from typing import Final

from mjml import mjml2html

from app.rendering.templates import TemplateBroken

MAX_BYTES: Final = 1_000_000
MAX_DEPTH: Final = 80

_TAG: Final = re.compile(r"<!--.*?-->|<(/?)([A-Za-z][\w-]*)(?:[^<>\"']|\"[^\"]*\"|'[^']*')*?(/?)>", re.DOTALL)
_VOID: Final = frozenset({"br", "hr", "img", "meta", "input", "link", "col", "wbr"})


def compile_mjml(source: str, *, name: str = "the mail") -> str:
    """The finished HTML. Raises TemplateBroken for MJML that is too large, too deep or not well formed."""
    if len(source.encode("utf-8", "replace")) > MAX_BYTES:
        raise TemplateBroken(f"{name}: the MJML is larger than {MAX_BYTES // 1000} kB.")
    if _depth(source) > MAX_DEPTH:
        raise TemplateBroken(f"{name}: the MJML nests its elements more than {MAX_DEPTH} deep.")
    try:
        html: str = mjml2html(source, fonts={}, disable_comments=False)
    except ValueError as error:
        raise TemplateBroken(f"{name}: the MJML cannot be compiled: {error}.") from error
    return html


def _depth(source: str) -> int:
    """The deepest nesting, counting an element that is never closed as open to the end."""
    deepest = depth = 0
    for found in _TAG.finditer(source):
        closing, tag, empty = found.groups()
        if tag is None or empty or tag.lower() in _VOID:
            continue
        depth = depth - 1 if closing else depth + 1
        deepest = max(deepest, depth)
    return deepest
