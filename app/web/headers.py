"""What every answer says to the browser, whoever made it: a view, or the gate in front of the views."""

import secrets

from werkzeug.wrappers import Response


def new_nonce() -> str:
    """For one answer: what its own scripts and styles are known by."""
    return secrets.token_urlsafe(16)


def protection(scripts: str, styles: str, *, https: bool, cacheable: bool = False) -> dict[str, str]:
    """A strict policy, and no copy of a page that belongs to one person in anybody's cache (A37)."""
    said = {
        "Content-Security-Policy": f"default-src 'self'; script-src {scripts}; style-src 'self' {styles}; "
        "img-src 'self' data: https:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "strict-origin-when-cross-origin",
        "Permissions-Policy": "interest-cohort=()",
    }
    if https:
        said["Strict-Transport-Security"] = "max-age=31536000"
    if not cacheable:
        said["Cache-Control"] = "no-store"
    return said


def protection_by(nonce: str, *, https: bool, cacheable: bool = False) -> dict[str, str]:
    """`protection` of an answer that is made for one request."""
    return protection(
        f"'nonce-{nonce}' 'strict-dynamic'", f"'nonce-{nonce}'", https=https, cacheable=cacheable
    )


def protect(response: Response, said: dict[str, str]) -> None:
    """What a view has said itself stays."""
    for name, value in said.items():
        response.headers.setdefault(name, value)
