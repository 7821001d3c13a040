"""The guide on the web: each chapter as HTML, and the data of the function map and the handoff map.

The tree is the one the PDF is set from, so print and web cannot drift apart. Every string is escaped by the
template; there is no path by which a chapter's Markdown becomes markup that was not in the tree.
"""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from app.guides.anatomy import FUNCTION_LABELS
from app.guides.building import marked, marked_pairs
from app.guides.content import Chapter, GuideContent
from app.guides.prose import inline, plain

HTML_FOLDER = Path(__file__).parent / "html"


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(HTML_FOLDER), autoescape=True, undefined=StrictUndefined, auto_reload=False
    )
    return environment.get_template("chapter.html")


def chapter_html(
    content: GuideContent, chapter: Chapter, image_base: str, chapter_base: str | None = None
) -> str:
    """One chapter without its title, from h2 down, to stand inside a page that has the h1.

    `image_base` is put before the name of each picture and `chapter_base` before the name of each chapter:
    addresses that end in a slash. Without a `chapter_base` nothing leads to other chapters.
    """
    cards = sorted(content.function_chapters, key=lambda pair: pair[1].map.order)
    return _template().render(
        chapter_body=chapter.body,
        matter=marked(chapter.matter),
        cards=[{"slug": card.slug, "title": card.title, "matter": marked(matter)} for card, matter in cards],
        pairs=marked_pairs(content),
        image_base=image_base,
        chapter_base=chapter_base,
    )


def map_data(content: GuideContent) -> dict[str, object]:
    """The interactive map as JSON values in plain text: functions in the customer's order, and every pair."""
    cards = sorted(content.function_chapters, key=lambda pair: pair[1].map.order)
    return {
        "functions": [
            {
                "id": matter.function.value,
                "label": FUNCTION_LABELS[matter.function],
                "chapter": chapter.slug,
                "question": plain(inline(matter.question)),
                "moment": plain(inline(matter.map.moment)),
                "decides": plain(inline(matter.map.decides)),
                "measured": plain(inline(matter.map.measured)),
                "felt": plain(inline(matter.map.felt)),
            }
            for chapter, matter in cards
        ],
        "pairs": [
            {
                "between": [function.value for function in pair.between],
                "title": pair.title,
                "breaks": plain(inline(pair.breaks)),
                "ask": plain(inline(pair.ask)),
                "phrase": plain(inline(pair.phrase)),
            }
            for pair in content.pairs
        ],
    }
