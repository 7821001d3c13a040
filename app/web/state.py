"""What a view may reach for: the Runtime, the present, and this request's sessions.

A GET reads (`reader()`); a POST writes (`writer()`) and commits itself once its use case has returned.
"""

import ipaddress
from datetime import datetime
from wsgiref.types import WSGIEnvironment

from flask import current_app, g, request
from sqlalchemy.orm import Session
from werkzeug.datastructures import EnvironHeaders

from app.wiring import Runtime


def runtime() -> Runtime:
    """The Runtime of this application."""
    here: Runtime = current_app.extensions["handoff"]
    return here


def now() -> datetime:
    """The present, in UTC, by the Runtime's clock; one instant for the whole request."""
    if "now" not in g:
        g.now = runtime().clock()
    instant: datetime = g.now
    return instant


def reader() -> Session:
    """This request's reading session."""
    if "read_session" not in g:
        g.read_session = runtime().database.read()
    session: Session = g.read_session
    return session


def writer() -> Session:
    """This request's writing session; whoever asks for it commits it."""
    if "write_session" not in g:
        g.write_session = runtime().database.write()
    session: Session = g.write_session
    return session


def close_session(_error: BaseException | None = None) -> None:
    """At the end of the request: whatever was not committed is rolled back."""
    for name in ("read_session", "write_session"):
        session: Session | None = g.pop(name, None)
        if session is not None:
            session.rollback()
            session.close()


def client_ip() -> str:
    """Where the request came from, see `ip_of`."""
    return ip_of(request.environ, runtime().settings.client_ip_header)


def user_agent() -> str:
    """The browser's own words, see `agent_of`."""
    return agent_of(request.environ)


def ip_of(environ: WSGIEnvironment, header: str) -> str:
    """The peer, or what the proxy in front says in HANDOFF_CLIENT_IP_HEADER.

    The header is believed only where the operator names it: without a proxy anybody could write it.
    """
    peer: str = environ.get("REMOTE_ADDR") or ""
    said = EnvironHeaders(environ).get(header, "").strip() if header else ""
    try:
        return str(ipaddress.ip_address(said)) if said else peer
    except ValueError:
        return peer


def agent_of(environ: WSGIEnvironment) -> str:
    """The browser's own words, cut to what the columns hold."""
    said: str = environ.get("HTTP_USER_AGENT", "")
    return said[:400]
