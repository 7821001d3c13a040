"""Public pages, sheets and scripts travel compressed; pages that hold a secret of one reader or author never do.

What an attacker may write into a page beside a secret betrays the secret by the length of the compressed whole
(BREACH), so only blueprints without secrets are named here, and static files.
"""

import gzip
from functools import lru_cache
from typing import Final

from flask import Response, request

PUBLIC: Final = frozenset({"home", "archive", "about", "guides", "guide_map", "feeds"})
TYPES: Final = frozenset(
    {"text/html", "text/css", "text/javascript", "application/javascript", "image/svg+xml"}
)
LEAST: Final = 700


def compress(response: Response) -> Response:
    """The answer compressed, where that is safe and worth it."""
    is_static = request.endpoint == "static"
    if not is_static and (request.blueprint not in PUBLIC or request.method == "POST"):
        return response
    if (
        response.mimetype not in TYPES
        or response.status_code != 200
        or "Content-Encoding" in response.headers
    ):
        return response
    response.vary.add("Accept-Encoding")
    if "gzip" not in request.headers.get("Accept-Encoding", "") or "Range" in request.headers:
        return response
    response.direct_passthrough = False
    body = response.get_data()
    if len(body) < LEAST:
        return response
    response.set_data(_static(body) if is_static else gzip.compress(body, 5, mtime=0))
    response.headers["Content-Encoding"] = "gzip"
    if etag := response.headers.get("ETag"):
        response.headers["ETag"] = etag if etag.startswith("W/") else f"W/{etag}"
    return response


@lru_cache(maxsize=32)
def _static(body: bytes) -> bytes:
    return gzip.compress(body, 9, mtime=0)
