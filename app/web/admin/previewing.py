"""Words as readers would see them, in the little frame beside a form: mail, inbox line, plain text, page or check."""

import re

from flask import Response, render_template, request

from app.foundation.errors import HandoffError
from app.issues.composing import Words
from app.issues.preflight import examine
from app.issues.preview import preview_mail
from app.publication.settings import get_publication
from app.web.admin.desk import kit, press, read_as
from app.web.admin.webpage import web_page
from app.web.state import now, reader

_SCRIPTS = re.compile(r"<script [^>]*\bsrc=[^>]*></script>")

PREVIEW_CSP = (
    "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "style-src 'unsafe-inline' 'self'; img-src 'self' data: https:; font-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'"
)
"""A35: nothing in a preview runs, whatever the text holds."""


def preview_page(words: Words) -> Response:
    """These words in the `form` the request asks for, read `as` somebody of a function; or what is wrong with them."""
    try:
        page, status = _page(words, request.values.get("form", "desktop")), 200
    except HandoffError as error:
        page, status = render_template("admin/preview_error.html", error=error), error.status
    return Response(page, status, {"Content-Security-Policy": PREVIEW_CSP})


def _page(words: Words, form: str) -> str:
    if form == "web":
        return _opening_elsewhere(web_page(words, press()))
    if form == "check":
        report = examine(reader(), now(), words, kit(words, asking=request.method == "POST"))
        return render_template("admin/preview_check.html", report=report)
    mail = preview_mail(reader(), words, press(), read_as())
    if form in {"text", "inbox"}:
        return render_template(f"admin/preview_{form}.html", mail=mail, publication=get_publication(reader()))
    return _opening_elsewhere(mail.html)


def _opening_elsewhere(html: str) -> str:
    """Links of a preview open beside the studio, not inside the little frame, and no script is asked for that the
    frame would refuse."""
    return _SCRIPTS.sub("", html).replace("<head>", '<head><base target="_blank">', 1)
