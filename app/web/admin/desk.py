"""What the studio's rooms share: reading the editor's form, the wall clock, and the press."""

from datetime import datetime
from zoneinfo import ZoneInfo

from flask import g, request

from app.foundation.errors import InvalidInput, NotFound
from app.issues.composing import Press, Words
from app.issues.preflight import Kit, outside_urls
from app.issues.preflight_links import ask, recall_looks
from app.issues.preview import SAMPLE_FUNCTION
from app.issues.writing import Draft
from app.publication.settings import get_publication
from app.rendering.functions import FUNCTIONS
from app.subscribers.models import Function
from app.web.public.forms import FUNCTION_NAMES
from app.web.state import now, reader, runtime
from app.web.typed import typed_number
from app.wiring import kit_of, press_of

FUNCTIONS_READ_AS = {name: words for name, words in FUNCTION_NAMES.items() if name in set(FUNCTIONS)}
"""The functions a letter can have words for, as the studio calls them."""


def read_as(usual: Function | None = SAMPLE_FUNCTION) -> Function | None:
    """The function of the reader as whom the author looks: `as` of the form, nobody's when it is blank."""
    given = request.values.get("as")
    if given is None:
        return usual
    return Function(given) if given in set(Function) else None


def draft_of_form() -> Draft:
    """The words of the editor's form."""
    return Draft(
        title=request.form.get("title", ""),
        subject=request.form.get("subject", ""),
        preheader=request.form.get("preheader", ""),
        markdown=request.form.get("markdown", ""),
        slug=request.form.get("slug", ""),
    )


def version_of_form() -> int:
    """The version the author had before them. Raises InvalidInput."""
    version = typed_number(request.form.get("version"))
    if version is None:
        raise InvalidInput("This form is not complete.", field="version", hint="Load the page again.")
    return version


def zone() -> ZoneInfo:
    """The zone in which the studio speaks of time: the publication's."""
    if "studio_zone" not in g:
        try:
            g.studio_zone = ZoneInfo(get_publication(reader()).time_zone)
        except NotFound:
            g.studio_zone = ZoneInfo("UTC")
    found: ZoneInfo = g.studio_zone
    return found


def local(at: datetime) -> datetime:
    """An instant on the studio's wall clock."""
    return at.astimezone(zone())


def press() -> Press:
    """The press of this request's Runtime."""
    return press_of(runtime())


def kit(words: Words, *, asking: bool = False) -> Kit:
    """What checking these words needs. `asking`: their links are fetched where nobody looked lately."""
    here, urls = runtime(), outside_urls(words, press())
    if asking:
        return kit_of(here, ask(here.database, here.fetcher, now(), urls))
    return kit_of(here, recall_looks(reader(), now(), urls))
