"""Runs typst on a template and data: pure, offline, and the same bytes for the same input on every machine.

System fonts are ignored because a font that happens to be installed would change line breaks, page numbers and
bytes; the fonts that typst carries itself are enough. Packages need the network, so a template uses none.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import typst

from app.foundation.errors import ContentError

_PAGE = re.compile(rb"/Type\s*/Page\b")


@dataclass(frozen=True)
class TypstSource:
    """A template, the data it reads as `sys.inputs.data`, and the folder that its images are relative to."""

    template: str
    data: Mapping[str, object]
    root: Path


def compile_pdf(source: TypstSource, published: datetime) -> bytes:
    """A tagged PDF/UA-1 file dated `published`, whenever it is built. Raises ContentError."""
    return b"".join(_compile(source, "pdf", timestamp=published, pdf_standards=["ua-1"]))


def compile_png(source: TypstSource, pixels_per_inch: float) -> bytes:
    """The first page as a PNG. Raises ContentError."""
    return _compile(source, "png", ppi=pixels_per_inch)[0]


def count_pages(pdf: bytes) -> int:
    """Pages of a PDF that `compile_pdf` made; its page objects are never compressed."""
    return len(_PAGE.findall(pdf))


def _compile(source: TypstSource, output: str, **options: object) -> list[bytes]:
    data = json.dumps(source.data, ensure_ascii=False, sort_keys=True)
    try:
        made, warnings = typst.compile_with_warnings(
            source.template.encode(),
            root=str(source.root),
            ignore_system_fonts=True,
            format=output,
            sys_inputs={"data": data},
            **options,
        )
    except typst.TypstError as problem:
        hints = "; ".join(problem.hints)
        raise ContentError(f"the page cannot be set: {problem.message}", hint=hints or None) from problem
    if warnings:
        # A warning is a page that does not look as it was meant to: a missing glyph, a layout that never settles.
        raise ContentError(f"the page cannot be set as it was meant: {warnings[0].message}")
    return made if isinstance(made, list) else [made]
