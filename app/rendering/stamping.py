"""Puts a line on the first page of a finished PDF: for one reader, in milliseconds, and still accessible.

The line comes as a small PDF of its own, set by the same typesetter, so that fonts are embedded and every script is
shaped. It becomes a tagged paragraph at the end of the first page, because a screen reader should say it too.
"""

import io
from dataclasses import dataclass
from typing import Any

import pikepdf

from app.rendering.increments import Increment, stream

RESOURCE = "/PersonalLine"


@dataclass(frozen=True)
class Place:
    """Where the line's lower left corner stands on the page, in points from the page's."""

    x: float
    y: float


def stamp_first_page(pdf: bytes, line: bytes, place: Place) -> bytes:
    """The PDF with the line's page laid over its first one. Both come from `rendering.pdf`.

    Raises ValueError for a PDF that is not made as ours are; whoever stamps then hands out the original.
    """
    try:
        with pikepdf.open(io.BytesIO(pdf)) as document, pikepdf.open(io.BytesIO(line)) as mark:
            page: Any = document.pages[0].obj
            increment = Increment(pdf, document)
            form = _form(increment, mark)
            number = _tag(increment, page)
            _lay_over(increment, page, form, number, place)
            return increment.finish()
    except (pikepdf.PdfError, AttributeError, KeyError, IndexError) as problem:
        raise ValueError(f"the PDF is not made as ours are: {problem}") from problem


def _form(increment: Increment, mark: pikepdf.Pdf) -> bytes:
    """The line's page as something that a page can show."""
    source: Any = mark.pages[0].obj
    content = source.Contents
    if not isinstance(content, pikepdf.Stream):
        raise ValueError("the line's page has more than one content stream")
    entries = b"/Type/XObject/Subtype/Form/BBox %b/Resources %b%b" % (
        increment.copy(source.MediaBox),
        increment.copy(source.Resources),
        b"/Filter " + increment.copy(content.Filter) if "/Filter" in content else b"",
    )
    return increment.add(stream(entries, content.read_raw_bytes()))


def _tag(increment: Increment, page: Any) -> int:
    """A paragraph in the tag tree after all that stands on the page; the number of its marked content."""
    tree = increment.document.Root.StructTreeRoot
    body, numbers = tree.K[0], tree.ParentTree.get("/Nums")
    if str(body.S) != "/Document" or numbers is None or not isinstance(body.K, pikepdf.Array):
        raise ValueError("the tag tree is not made as ours are")
    own = next((numbers[i + 1] for i in range(0, len(numbers), 2) if numbers[i] == page.StructParents), None)
    if own is None or not own.is_indirect:
        raise ValueError("the page has no list of tags of its own")
    number = len(own)
    element = increment.add(
        b"<</Type/StructElem/S/P/P %b/Pg %b/K[%d]>>" % (increment.own(body), increment.own(page), number)
    )
    children = [increment.own(child) for child in body.K]
    children.insert(_after(body.K, page), element)
    increment.replace(own, b"[%b]" % b" ".join([*(increment.own(each) for each in own), element]))
    entries = [(key, increment.own(value)) for key, value in body.items() if key != "/K"]
    written = b"".join(key.encode() + b" " + value for key, value in entries)
    increment.replace(body, b"<<%b/K[%b]>>" % (written, b" ".join(children)))
    return number


def _after(children: Any, page: Any) -> int:
    """Where what stands on this page ends, among the document's own children."""
    for index, child in enumerate(children):
        if "/Pg" in child and child.Pg.objgen != page.objgen:
            return index
    return len(children)


def _lay_over(increment: Increment, page: Any, form: bytes, number: int, place: Place) -> None:
    """Show the line after what the page shows, in coordinates that the page cannot have shifted."""
    before = increment.add(stream(b"", b"q"))
    drawn = b"Q /P <</MCID %d>> BDC q 1 0 0 1 %.2f %.2f cm %b Do Q EMC" % (
        number,
        place.x,
        place.y,
        RESOURCE.encode(),
    )
    after = increment.add(stream(b"", drawn))
    contents = page.Contents if isinstance(page.Contents, pikepdf.Array) else [page.Contents]
    shown = b" ".join([before, *(increment.own(each) for each in contents), after])
    kept = {key: increment.own(value) for key, value in page.Resources.items() if key != "/XObject"}
    pictures = {key: increment.own(value) for key, value in page.Resources.get("/XObject", {}).items()}
    kept["/XObject"] = _dictionary({**pictures, RESOURCE: form})
    entries = {key: increment.own(value) for key, value in page.items()}
    entries |= {"/Contents": b"[" + shown + b"]", "/Resources": _dictionary(kept)}
    increment.replace(page, _dictionary(entries))


def _dictionary(entries: dict[str, bytes]) -> bytes:
    return b"<<" + b"".join(key.encode() + b" " + value for key, value in sorted(entries.items())) + b">>"
