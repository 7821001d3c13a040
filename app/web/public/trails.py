"""Where the visitor in front of a form came from: told by the address of the page they stood on, and by the referrer
that its script copied into the form. No cookie, nothing kept in the browser."""

import re
from urllib.parse import parse_qsl, urlsplit

from flask import request

from app.guides.sources import read_source
from app.web.state import runtime


def read_origin() -> str:
    """The source of this sign-up, in the words of guides.sources."""
    own = runtime().settings.base_url
    try:
        page = urlsplit(request.referrer or "")
        same = f"{page.scheme}://{page.netloc}" == own
        said = dict(parse_qsl(page.query[:2000], max_num_fields=30)) if same else {}
    except ValueError:
        said = {}
    return read_source(said, request.form.get("referrer", "")[:500], own)


def stated_origin() -> str:
    """What a form says whose page was made with its source in it; "" for anything that is not one of those words."""
    said = request.form.get("source", "")
    return said if re.fullmatch(r"[a-z]{1,10}(?::[a-z0-9._/-]{1,100})?", said) else ""
