"""What a page is, in the words that search engines read (schema.org), made from what the page shows and no more."""

from datetime import datetime

from app.foundation.links import Links
from app.guides.content import GuideContent
from app.guides.models import GuideFile
from app.guides.prose import inline, plain
from app.rendering.card import HEIGHT, WIDTH
from app.web.public.letters import NEVER, Letter
from app.web.public.site import site


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


def article_data(letter: Letter, links: Links) -> list[dict[str, object]]:
    """A letter as an article of the publication, and where in the site it stands."""
    address = links.issue(letter.slug)
    article: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "Article",
        "@id": f"{address}#letter",
        "url": address,
        "mainEntityOfPage": address,
        "headline": letter.title[:110],
        "datePublished": _moment(letter.sent_at),
        "dateModified": _moment(letter.changed_at),
        "wordCount": letter.words,
        "timeRequired": f"PT{letter.minutes}M",
        "isAccessibleForFree": True,
        "inLanguage": "en",
        "image": {
            "@type": "ImageObject",
            "url": f"{address}/card.png?v={letter.card.mark}",
            "width": WIDTH,
            "height": HEIGHT,
        },
        "author": _author_of(letter),
        "publisher": _publisher(links),
    }
    if letter.canonical != address:
        article["isBasedOn"] = letter.canonical
    if letter.preheader:
        article["description"] = letter.preheader
    trail = [(site().name, links.home()), ("Letters", links.issues()), (letter.title, address)]
    crumbs = [
        {"@type": "ListItem", "position": number, "name": name, "item": item}
        for number, (name, item) in enumerate(trail, start=1)
    ]
    return [article, {"@context": "https://schema.org", "@type": "BreadcrumbList", "itemListElement": crumbs}]


def site_data(links: Links) -> list[dict[str, object]]:
    """The publication, and how its archive is searched."""
    return [
        {
            "@context": "https://schema.org",
            "@type": "WebSite",
            "@id": f"{links.home()}#site",
            "url": links.home(),
            "name": site().name,
            "description": site().tagline,
            "inLanguage": "en",
            "publisher": _publisher(links),
            "potentialAction": {
                "@type": "SearchAction",
                "target": {"@type": "EntryPoint", "urlTemplate": links.issues() + "?q={search_term_string}"},
                "query-input": "required name=search_term_string",
            },
        }
    ]


def _author_of(letter: Letter) -> dict[str, object]:
    guest = letter.guest
    if guest is None:
        return _author()
    person: dict[str, object] = {"@type": "Person", "name": guest.name}
    return person | ({"url": guest.link_url} if guest.link_url else {})


def _author() -> dict[str, object]:
    author: dict[str, object] = {"@type": "Person", "name": site().author_name or site().name}
    same = [url for url in (site().linkedin_url, site().site_url) if url]
    return author | ({"sameAs": same} if same else {})


def _publisher(links: Links) -> dict[str, object]:
    return {"@type": "Organization", "name": site().name, "url": links.home()}


def _moment(at: datetime | None) -> str:
    return (at or NEVER).isoformat(timespec="seconds")


def words(text: str) -> str:
    """A line of a guide as plain words with the typographer's quotes."""
    return plain(inline(text))
