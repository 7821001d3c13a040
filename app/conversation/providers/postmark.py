"""Postmark: one event a request, and no signature; the login we chose for the hook's address is the proof."""

import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from app.conversation.providers.events import (
    BadSignature,
    EventKind,
    ProviderEvent,
    dict_of,
    judge_passing,
    judge_permanent,
    list_of,
    text_of,
)
from app.delivery.models import BounceClass
from app.delivery.refusals import Reason
from app.delivery.verdicts import Verdict

_HARD: Final = frozenset({"HardBounce", "BadEmailAddress", "AddressChange"})
_POLICY: Final = frozenset(
    {
        "SpamNotification",
        "Blocked",
        "DMARCPolicy",
        "TemplateRenderingFailed",
        "VirusNotification",
    }
)
_NO_NEWS: Final = frozenset(
    {
        "Transient",
        "AutoResponder",
        "Subscribe",
        "OpenRelayTest",
        "ChallengeVerification",
        "SMTPApiError",
        "InboundError",
    }
)


@dataclass(frozen=True)
class Postmark:
    """`login` is `user:password` as it stands in the hook's address at Postmark."""

    login: str

    def verify(self, headers: Mapping[str, str], _body: bytes, _now: datetime) -> None:
        expected = b"Basic " + base64.b64encode(self.login.encode())
        if not hmac.compare_digest(expected, headers.get("Authorization", "").encode()):
            raise BadSignature("This request does not carry the login of the hook.", field="Authorization")

    def read(self, body: bytes) -> list[ProviderEvent]:
        try:
            data = dict_of(json.loads(body))
        except (ValueError, RecursionError):
            return []
        record = text_of(data.get("RecordType"), 40)
        if record == "SpamComplaint":
            return [_event(EventKind.COMPLAINT, data)]
        if record == "SubscriptionChange" and data.get("SuppressSending") is True:
            wanted = data.get("SuppressionReason") == "ManualSuppression"
            return [_event(EventKind.LEAVE, data)] if wanted else []
        kind = text_of(data.get("Type"), 40)
        if record != "Bounce" or kind in _NO_NEWS:
            return []
        if kind == "SpamComplaint":
            return [_event(EventKind.COMPLAINT, data)]
        if kind in {"Unsubscribe", "ManuallyDeactivated"}:
            return [_event(EventKind.LEAVE, data)] if kind == "Unsubscribe" else []
        return [_event(EventKind.BOUNCE, data, kind)]


def _event(kind: EventKind, data: dict[str, Any], bounce: str = "") -> ProviderEvent:
    words = " ".join(filter(None, (text_of(data.get(name)) for name in ("Details", "Description"))))
    number = text_of(data.get("ID"), 40) or f"{text_of(data.get('MessageID'), 80)} {kind.value}"
    headers = [dict_of(one) for one in list_of(data.get("Headers"))]
    clues = [text_of(one.get("Value")) for one in headers if text_of(one.get("Name")).lower() == "message-id"]
    return ProviderEvent(
        kind=kind,
        event_id=number,
        recipient=text_of(data.get("Email") or data.get("Recipient"), 320),
        clues=tuple(clues),
        verdict=_verdict(bounce, words) if kind is EventKind.BOUNCE else None,
        words=words,
    )


def _verdict(kind: str, words: str) -> Verdict:
    if kind in _POLICY:
        return Verdict(BounceClass.POLICY, Reason.SPAM if "Spam" in kind else Reason.POLICY)
    return judge_permanent("", words) if kind in _HARD else judge_passing("", words)
