"""Mailgun: JSON with its own signature inside, HMAC-SHA256 over timestamp and token."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.conversation.providers.events import (
    BadSignature,
    EventKind,
    ProviderEvent,
    check_age,
    dict_of,
    judge_passing,
    judge_permanent,
    text_of,
)


@dataclass(frozen=True)
class Mailgun:
    """`signing_key` is the HTTP webhook signing key of the account."""

    signing_key: bytes

    def verify(self, _headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        signature = dict_of(_parsed(body).get("signature"))
        timestamp, token = text_of(signature.get("timestamp"), 20), text_of(signature.get("token"), 200)
        expected = hmac.new(self.signing_key, (timestamp + token).encode(), hashlib.sha256).hexdigest()
        given = text_of(signature.get("signature"), 200)
        if not token or not hmac.compare_digest(expected.encode(), given.encode()):
            raise BadSignature("This request is not signed by Mailgun.", field="signature")
        if not timestamp.isdigit():
            raise BadSignature("This request does not say when it was made.", field="timestamp")
        check_age(datetime.fromtimestamp(int(timestamp), UTC), now)

    def read(self, body: bytes) -> list[ProviderEvent]:
        data = dict_of(_parsed(body).get("event-data"))
        event = text_of(data.get("event"), 40)
        kind = {
            "failed": EventKind.BOUNCE,
            "complained": EventKind.COMPLAINT,
            "unsubscribed": EventKind.LEAVE,
        }.get(event)
        if kind is None:
            return []
        said = dict_of(data.get("delivery-status"))
        status = text_of(said.get("enhanced-code"), 12)
        words = " ".join(
            filter(None, (text_of(said.get(name)) for name in ("code", "message", "description")))
        )
        permanent = data.get("severity") == "permanent" and data.get("reason") != "generic"
        headers = dict_of(dict_of(data.get("message")).get("headers"))
        clues = (
            text_of(dict_of(data.get("envelope")).get("sender")),
            f"<{text_of(headers.get('message-id')).strip('<>')}>",
        )
        verdict = None
        if kind is EventKind.BOUNCE:
            verdict = judge_permanent(status, words) if permanent else judge_passing(status, words)
        return [
            ProviderEvent(
                kind,
                text_of(data.get("id"), 200),
                text_of(data.get("recipient"), 320),
                clues,
                verdict,
                status,
                words,
            )
        ]


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        return dict_of(json.loads(body))
    except (ValueError, RecursionError):
        return {}
