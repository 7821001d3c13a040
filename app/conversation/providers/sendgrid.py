"""SendGrid: a list of events, signed with ECDSA over timestamp and body."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from app.conversation.providers.events import (
    BadSignature,
    EventKind,
    ProviderEvent,
    check_age,
    dict_of,
    judge_passing,
    judge_permanent,
    list_of,
    text_of,
)
from app.delivery.verdicts import Verdict
from app.foundation.errors import Misconfigured

SIGNATURE: Final = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP: Final = "X-Twilio-Email-Event-Webhook-Timestamp"

_KINDS: Final = {
    "bounce": EventKind.BOUNCE,
    "dropped": EventKind.BOUNCE,
    "spamreport": EventKind.COMPLAINT,
    "unsubscribe": EventKind.LEAVE,
    "group_unsubscribe": EventKind.LEAVE,
}
# Why SendGrid did not even try: only the first two say anything about the address.
_DROPPED_HARD: Final = frozenset({"bounced address", "invalid"})


@dataclass(frozen=True)
class SendGrid:
    """`public_key` is the verification key of the signed event webhook, base64 as the account page shows it."""

    public_key: str

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        timestamp = headers.get(TIMESTAMP, "")
        try:
            signature = base64.b64decode(headers.get(SIGNATURE, ""), validate=True)
            self._key().verify(signature, timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
        except (InvalidSignature, binascii.Error, ValueError):
            raise BadSignature("This request is not signed by SendGrid.", field=SIGNATURE) from None
        if not timestamp.isdigit():
            raise BadSignature("This request does not say when it was made.", field=TIMESTAMP)
        check_age(datetime.fromtimestamp(int(timestamp), UTC), now)

    def read(self, body: bytes) -> list[ProviderEvent]:
        try:
            told = list_of(json.loads(body))
        except (ValueError, RecursionError):
            return []
        return [event for one in told[:1000] if (event := _read(dict_of(one))) is not None]

    def _key(self) -> ec.EllipticCurvePublicKey:
        try:
            key = load_der_public_key(base64.b64decode(self.public_key))
        except (ValueError, binascii.Error):
            key = None
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise Misconfigured("is not the key that SendGrid shows", field="HANDOFF_SENDGRID_PUBLIC_KEY")
        return key


def _read(data: dict[str, Any]) -> ProviderEvent | None:
    kind = _KINDS.get(text_of(data.get("event"), 40))
    if kind is None:
        return None
    status, words = (
        text_of(data.get("status"), 12),
        text_of(data.get("reason")) or text_of(data.get("response")),
    )
    return ProviderEvent(
        kind=kind,
        event_id=text_of(data.get("sg_event_id"), 200),
        recipient=text_of(data.get("email"), 320),
        clues=(text_of(data.get("smtp-id")),),
        verdict=_verdict(data, status, words) if kind is EventKind.BOUNCE else None,
        status=status,
        words=words,
    )


def _verdict(data: dict[str, Any], status: str, words: str) -> Verdict:
    if data.get("event") == "dropped":
        known = words.strip().lower() in _DROPPED_HARD
        return judge_permanent("", "") if known else judge_passing(status, words)
    if text_of(data.get("type"), 20) == "blocked":
        return judge_passing(status, words)
    return judge_permanent(status, words)
