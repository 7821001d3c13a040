"""Runs typst on a template and data: pure, offline, and the same bytes for the same input on every machine.

System fonts are ignored because a font that happens to be installed would change line breaks, page numbers and
bytes; the fonts that typst carries itself are enough. Packages need the network, so a template uses none.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
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
    with _explained():
        pdf, warnings = _compiler(source).compile_with_warnings(
            source.template.encode(), format="pdf", timestamp=published, pdf_standards=["ua-1"]
        )
    return _pages(pdf, warnings)[0]


def compile_line(source: TypstSource, published: datetime) -> bytes:
    """One page to be laid over another: untagged, every font inside, and PDF/A-2b because that refuses text
    which no font can show. Raises ContentError."""
    with _explained():
        pdf, warnings = _compiler(source).compile_with_warnings(
            source.template.encode(),
            format="pdf",
            timestamp=published,
            pdf_standards=["a-2b"],
            pdf_tags=False,
        )
    return _pages(pdf, warnings)[0]


def compile_png(source: TypstSource, pixels_per_inch: float) -> bytes:
    """The first page as a PNG. Raises ContentError."""
    with _explained():
        png, warnings = _compiler(source).compile_with_warnings(
            source.template.encode(), format="png", ppi=pixels_per_inch
        )
    return _pages(png, warnings)[0]


def count_pages(pdf: bytes) -> int:
    """Pages of a PDF that `compile_pdf` made; its page objects are never compressed."""
    return len(_PAGE.findall(pdf))


def _compiler(source: TypstSource) -> typst.Compiler:
    data = json.dumps(source.data, ensure_ascii=False, sort_keys=True)
    return typst.Compiler(root=source.root, ignore_system_fonts=True, sys_inputs={"data": data})


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except typst.TypstError as problem:
        hints = "; ".join(problem.hints)
        raise ContentError(f"the page cannot be set: {problem.message}", hint=hints or None) from problem


def _pages(made: bytes | list[bytes] | None, warnings: list[typst.TypstWarning]) -> list[bytes]:
    if warnings:
        # A warning is a page that does not look as it was meant to: a missing font, a layout that never settles.
        raise ContentError(f"the page cannot be set as it was meant: {warnings[0].message}")
    if made is None:
        raise ContentError("the page cannot be set: nothing came of it")
    return made if isinstance(made, list) else [made]
