"""What the views of signing up hand to their use cases."""

from flask import request

from app.guides.access import Visit
from app.signup.desk import Desk
from app.subscribers.consent import Evidence
from app.web.limits import keep_pace
from app.web.state import client_ip, runtime, user_agent
from app.wiring import desk_of


def desk() -> Desk:
    """The Desk of this application."""
    return desk_of(runtime())


def evidence(form: str) -> Evidence:
    """Who is at this form or link now."""
    return Evidence(form=form, ip=client_ip(), user_agent=user_agent())


def visit() -> Visit:
    """The same for a guide's events."""
    return Visit(client_ip(), user_agent())


def pace_signups() -> None:
    """One peer may type a handful of addresses, not a list of victims (A5). Raises TooMany."""
    keep_pace(
        f"{runtime().settings.signups_an_hour} per hour",
        "signup",
        client_ip(),
        message="There were too many sign-ups from your network just now.",
    )


def pace_posts() -> None:
    """A bound for buttons on personal pages. Raises TooMany."""
    keep_pace(f"{runtime().settings.presses_an_hour} per hour", request.endpoint or "", client_ip())
