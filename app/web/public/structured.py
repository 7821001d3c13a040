"""What a guide is, in the words that search engines read (schema.org), made from what the page shows and no more."""

from app.foundation.links import Links
from app.guides.content import GuideContent
from app.guides.models import GuideFile
from app.guides.prose import inline, plain


def structured_data(file: GuideFile, content: GuideContent, links: Links) -> list[dict[str, object]]:
    """The book, and the questions the page answers."""
    address = links.guide(content.slug)
    book: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "Book",
        "@id": f"{address}#guide",
        "url": address,
        "name": words(content.title),
        "description": words(content.matter.subtitle),
        "author": {"@type": "Person", "name": content.matter.author},
        "inLanguage": content.matter.languages[0],
        "bookEdition": content.matter.edition,
        "datePublished": content.matter.published.isoformat(),
        "numberOfPages": file.pages,
        "bookFormat": "https://schema.org/EBook",
        "isAccessibleForFree": True,
        "accessibilityFeature": ["taggedPDF", "tableOfContents", "structuralNavigation"],
        "image": f"{address}/cover.png",
    }
    if content.matter.landing.sample:
        book["workExample"] = {"@type": "Chapter", "url": f"{address}/sample", "isPartOf": f"{address}#guide"}
    questions = [
        {
            "@type": "Question",
            "name": words(question.ask),
            "acceptedAnswer": {"@type": "Answer", "text": words(question.answer)},
        }
        for question in content.matter.landing.questions
    ]
    if not questions:
        return [book]
    return [book, {"@context": "https://schema.org", "@type": "FAQPage", "mainEntity": questions}]


def words(text: str) -> str:
    """A line of a guide as plain words with the typographer's quotes."""
    return plain(inline(text))
