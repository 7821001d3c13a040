"""`/hooks/<provider>`: proved, stored, answered; the work is done by a job.

Anything but 200 makes the provider try again, so 200 is said only after the commit.
"""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from app.conversation.providers.ses import Ses
from app.conversation.receiving import Envelope, keep_raw, register_raw
from app.conversation.webhooks import PROVIDERS, find_hook
from app.foundation.errors import NotFound
from app.web.limits import keep_pace
from app.web.state import client_ip, now, runtime, writer

bp = Blueprint("hooks", __name__)


@bp.post("/hooks/<provider>")
def take(provider: str) -> ResponseReturnValue:
    """404 for a provider that is not set up: nobody learns which ones are."""
    here = runtime()
    hook = find_hook(provider, here.settings, here.fetcher, here.storage) if provider in PROVIDERS else None
    if hook is None:
        raise NotFound("There is no page at this address.")
    keep_pace("6000 per minute", "hooks", client_ip())
    body = request.get_data(cache=False)
    hook.verify(dict(request.headers), body, now())
    if isinstance(hook, Ses) and hook.confirm(body):
        return "", 200
    session = writer()
    key = keep_raw(here.storage, body)
    register_raw(session, now(), Envelope(provider), raw=body, storage_key=key)
    session.commit()
    return "", 200
