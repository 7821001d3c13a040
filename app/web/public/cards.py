"""The pictures that go with links to our pages on other people's: drawn once, then kept in storage."""

import hashlib

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from app.foundation.errors import NotFound
from app.issues.queries import sent_issue
from app.rendering.card import Card, draw_card
from app.web.public.letters import letter_of
from app.web.public.site import site
from app.web.state import reader, runtime

bp = Blueprint("cards", __name__)


@bp.get("/card.png")
def home() -> ResponseReturnValue:
    return _answer(home_card())


@bp.get("/issues/<slug>/card.png")
def issue(slug: str) -> ResponseReturnValue:
    return _answer(letter_of(sent_issue(reader(), slug), with_guest=True).card)


def home_card() -> Card:
    """The publication's own."""
    here = site()
    return Card(here.name, here.tagline or here.name, "", here.author_name, "", here.card_accent)


def _answer(card: Card) -> ResponseReturnValue:
    response = Response(_kept(card), mimetype="image/png")
    named = request.args.get("v") == card.mark
    response.headers["Cache-Control"] = f"public, max-age={31_536_000 if named else 3600}"
    response.set_etag(card.mark)
    return response.make_conditional(request)


def _kept(card: Card) -> bytes:
    key = f"cards/{hashlib.sha256(card.mark.encode()).hexdigest()[:32]}.png"
    try:
        return runtime().storage.get(key)
    except NotFound:
        drawn = draw_card(card)
        runtime().storage.put(key, drawn)
        return drawn
