"""The PDF: tagged, reproducible, small, and never a half-built one."""

import io
import itertools
import json
import re
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from pdfua import validate
from PIL import Image

from app.foundation.errors import InvalidInput
from app.guides.building import BuiltGuide, build_pdf, render_cover
from app.guides.content import GuideContent, load_guide
from app.guides.web_edition import chapter_html, map_data
from tests.guides.pdftags import marked_content, tag_tree

GUIDES = Path(__file__).resolve().parents[2] / "guides"


@pytest.fixture(scope="module")
def content() -> GuideContent:
    return load_guide(GUIDES / "cx-buy-in")


@pytest.fixture(scope="module")
def built(content: GuideContent) -> BuiltGuide:
    return build_pdf(content)


def test_two_builds_of_the_same_source_are_the_same_bytes(content: GuideContent, built: BuiltGuide) -> None:
    again = build_pdf(load_guide(content.folder))
    print(f"{again.pages} pages, {len(again.pdf):,} bytes, {again.seconds:.2f} s")
    assert again.sha256 == built.sha256
    assert again.pdf == built.pdf


def test_the_pdf_says_what_it_is_and_that_it_is_accessible(built: BuiltGuide) -> None:
    with pikepdf.open(io.BytesIO(built.pdf)) as pdf:
        metadata = pdf.open_metadata()
        assert metadata["pdfuaid:part"] == "1"
        assert metadata["dc:title"] == "A CX Leader's Guide to Organizational Buy-in"
        assert str(pdf.Root.Lang) == "en-US"
        assert pdf.Root.MarkInfo.Marked
        assert pdf.Root.ViewerPreferences.DisplayDocTitle
        assert str(pdf.docinfo["/CreationDate"]).startswith("D:20261117")
        assert len(pdf.pages) == built.pages


def test_headings_tables_and_lists_are_tagged(built: BuiltGuide) -> None:
    with pikepdf.open(io.BytesIO(built.pdf)) as pdf:
        found = [tag.kind for tag in tag_tree(pdf)]
    for tag in ("/H1", "/H2", "/P", "/L", "/LI", "/Table", "/TH", "/TD", "/Link"):
        assert tag in found, tag


def test_everything_drawn_is_tagged_or_decoration(built: BuiltGuide) -> None:
    with pikepdf.open(io.BytesIO(built.pdf)) as pdf:
        numbers = pdf.Root.StructTreeRoot.ParentTree.Nums
        parents: dict[int, Any] = {int(numbers[i]): numbers[i + 1] for i in range(0, len(numbers), 2)}
        for page in pdf.pages:
            marks, outside = marked_content(page)
            assert outside == []
            assert marks == set(range(len(parents[int(page.obj.StructParents)])))


def test_headings_skip_no_level_and_say_something(built: BuiltGuide) -> None:
    with pikepdf.open(io.BytesIO(built.pdf)) as pdf:
        headings = [tag for tag in tag_tree(pdf) if re.fullmatch(r"/H[1-6]", tag.kind)]
    levels = [int(tag.kind[2]) for tag in headings]
    assert all(later <= earlier + 1 for earlier, later in itertools.pairwise(levels))
    assert levels[0] == 1
    assert all(tag.title for tag in headings)


def test_every_table_has_headers(built: BuiltGuide) -> None:
    with pikepdf.open(io.BytesIO(built.pdf)) as pdf:
        found = [tag.kind for tag in tag_tree(pdf)]
    starts = [index for index, kind in enumerate(found) if kind == "/Table"]
    assert starts
    for start, end in zip(starts, [*starts[1:], len(found)], strict=True):
        assert "/TH" in found[start:end]


def test_an_independent_checker_finds_nothing(built: BuiltGuide, tmp_path: Path) -> None:
    (tmp_path / "guide.pdf").write_bytes(built.pdf)
    report = validate(str(tmp_path / "guide.pdf"))
    assert report.findings == ()
    # It cannot read an explicit destination in an outline item; headings are checked above.
    assert {outcome.rule_id for outcome in report.skipped} <= {"UA-14-001"}


def test_every_chapter_has_a_bookmark(content: GuideContent, built: BuiltGuide) -> None:
    with pikepdf.open(io.BytesIO(built.pdf)) as pdf, pdf.open_outline() as outline:
        titles = [item.title for item in outline.root]
        seams = next(item for item in outline.root if item.title == "Where two functions meet")
        assert len(seams.children) == 36
    assert titles == ["Contents", *(chapter.title for chapter in content.chapters)]


def test_the_guide_is_a_book_and_small_enough_for_a_phone(built: BuiltGuide) -> None:
    assert built.pages >= 35
    assert len(built.pdf) < 3_000_000


def test_the_checklist_is_one_page_with_its_boxes_as_a_list() -> None:
    sheet = build_pdf(load_guide(GUIDES / "handoff-checklist"))
    assert sheet.pages == 1
    with pikepdf.open(io.BytesIO(sheet.pdf)) as pdf:
        assert [tag.kind for tag in tag_tree(pdf)].count("/LI") == 16


def test_every_font_is_inside_the_file(built: BuiltGuide) -> None:
    names = set(re.findall(rb"/FontName\s*/[A-Z]{6}\+([A-Za-z]+)", built.pdf))
    assert names == {b"LibertinusSerif"}


def test_the_cover_is_a_picture_of_the_width_asked_for(content: GuideContent) -> None:
    with Image.open(io.BytesIO(render_cover(content, 400))) as cover:
        assert cover.format == "PNG"
        assert cover.width == 400
        assert cover.height == pytest.approx(400 * 11 / 8.5, abs=1)


def test_a_cover_of_no_width_is_refused(content: GuideContent) -> None:
    with pytest.raises(InvalidInput, match="16 to 4,000"):
        render_cover(content, 0)


def test_text_that_looks_like_the_template_language_is_set_as_text(small_guide: Path) -> None:
    path = small_guide / "one.md"
    path.write_text(path.read_text().replace("*stress*", '#panic("no") $x$ <b>bold</b> @ref'))
    assert build_pdf(load_guide(small_guide)).pages == 4


def test_the_web_edition_shows_every_chapter_and_leaves_no_placeholder(content: GuideContent) -> None:
    for chapter in content.chapters:
        html = chapter_html(content, chapter, "/guides/cx-buy-in/")
        assert len(html) > 500
        assert "<h1" not in html
        assert "{" not in html


def test_the_web_edition_escapes_what_a_chapter_says(small_guide: Path) -> None:
    path = small_guide / "one.md"
    path.write_text(path.read_text().replace("*stress*", "<script>alert(1)</script>"))
    small = load_guide(small_guide)
    assert "&lt;script&gt;" in chapter_html(small, small.chapters[0], "/")


def test_the_map_is_plain_json(content: GuideContent) -> None:
    data = json.loads(json.dumps(map_data(content)))
    assert [function["id"] for function in data["functions"]][:2] == ["marketing", "sales"]
    assert len(data["functions"]) == 9
    assert len(data["pairs"]) == 36
