"""Amazon SES through SNS: JSON in JSON, signed with a certificate that lies at Amazon and nowhere else (A46)."""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

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
from app.foundation.errors import HandoffError, NotFound, Unavailable
from app.foundation.storage import Storage
from app.issues.fetching import Fetcher, Want

_HOST: Final = re.compile(r"sns\.[a-z0-9-]{3,30}\.amazonaws\.com(?:\.cn)?")
_SIGNED: Final = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": (
        "Message",
        "MessageId",
        "SubscribeURL",
        "Timestamp",
        "Token",
        "TopicArn",
        "Type",
    ),
    "UnsubscribeConfirmation": (
        "Message",
        "MessageId",
        "SubscribeURL",
        "Timestamp",
        "Token",
        "TopicArn",
        "Type",
    ),
}
# What a complaint report calls itself when no person complained.
_NO_COMPLAINT: Final = frozenset({"not-spam", "auth-failure"})


@dataclass(frozen=True)
class Ses:
    """`topics` are the ARNs we take from; Amazon signs everybody's messages with the same key."""

    topics: frozenset[str]
    fetcher: Fetcher
    storage: Storage

    def verify(self, _headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        told = _parsed(body)
        if text_of(told.get("TopicArn"), 300) not in self.topics:
            raise BadSignature("This topic is not one of ours.", field="TopicArn")
        signed = signed_text(told)
        hashing = {"1": hashes.SHA1, "2": hashes.SHA256}.get(text_of(told.get("SignatureVersion"), 4))
        if hashing is None or not signed:
            raise BadSignature("This request is not signed in a way we know.", field="SignatureVersion")
        key = self._key(text_of(told.get("SigningCertURL"), 500), now)
        try:
            signature = base64.b64decode(text_of(told.get("Signature"), 2000), validate=True)
            key.verify(signature, signed, padding.PKCS1v15(), hashing())
        except (InvalidSignature, binascii.Error, ValueError):
            raise BadSignature("This request is not signed by Amazon SNS.", field="Signature") from None
        try:
            made = datetime.fromisoformat(text_of(told.get("Timestamp"), 40))
        except ValueError:
            raise BadSignature("This request does not say when it was made.", field="Timestamp") from None
        check_age(made if made.tzinfo else made.replace(tzinfo=UTC), now)

    def read(self, body: bytes) -> list[ProviderEvent]:
        told = _parsed(body)
        if told.get("Type") != "Notification":
            return []
        message = _parsed(text_of(told.get("Message"), 1_000_000).encode())
        kind = text_of(message.get("notificationType") or message.get("eventType"), 40)
        mail = dict_of(message.get("mail"))
        if kind == "Bounce":
            return _bounces(dict_of(message.get("bounce")), _clues(mail))
        if kind == "Complaint":
            return _complaints(dict_of(message.get("complaint")), _clues(mail))
        return []

    def confirm(self, body: bytes) -> bool:
        """Answer a subscription's confirmation; True when the body was one. Only Amazon's own address is visited."""
        told = _parsed(body)
        if told.get("Type") != "SubscriptionConfirmation":
            return False
        url = text_of(told.get("SubscribeURL"), 2000)
        if not at_amazon(url):
            raise BadSignature("This subscription does not lead to Amazon.", field="SubscribeURL")
        self.fetcher.fetch(url, Want.PAGE)
        return True

    def _key(self, url: str, now: datetime) -> rsa.RSAPublicKey:
        """The key of the certificate at Amazon; kept in storage once it has been fetched."""
        if not at_amazon(url) or not urlsplit(url).path.endswith(".pem"):
            raise BadSignature("The certificate does not lie at Amazon.", field="SigningCertURL")
        name = f"providers/sns/{hashlib.sha256(url.encode()).hexdigest()}.pem"
        try:
            pem = self.storage.get(name)
        except NotFound:
            pem = self._fetch(url)
            self.storage.put(name, pem)
        try:
            certificate = x509.load_pem_x509_certificate(pem)
        except ValueError:
            self.storage.delete(name)
            raise BadSignature("The certificate cannot be read.", field="SigningCertURL") from None
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            raise BadSignature("The certificate is not valid now.", field="SigningCertURL")
        key = certificate.public_key()
        if not isinstance(key, rsa.RSAPublicKey):
            raise BadSignature("The certificate is of another kind.", field="SigningCertURL")
        return key

    def _fetch(self, url: str) -> bytes:
        try:
            answer = self.fetcher.fetch(url, Want.PAGE)
        except HandoffError as error:
            raise Unavailable(f"Amazon's certificate cannot be fetched: {error.message}") from error
        if answer.status != 200 or answer.cut or not at_amazon(answer.url):
            raise Unavailable(f"Amazon's certificate cannot be fetched: status {answer.status}.")
        return answer.body


def at_amazon(url: str) -> bool:
    """An https address of SNS itself, without a port, a user or anything else to hide behind."""
    try:
        parts = urlsplit(url)
        return parts.scheme == "https" and _HOST.fullmatch(parts.netloc) is not None
    except ValueError:
        return False


def signed_text(told: Mapping[str, Any]) -> bytes:
    """The bytes that SNS signs: names and values by line, in the order its documentation gives."""
    names = _SIGNED.get(text_of(told.get("Type"), 40), ())
    lines = [f"{name}\n{told[name]}\n" for name in names if isinstance(told.get(name), str)]
    return "".join(lines).encode()


def _bounces(bounce: dict[str, Any], clues: tuple[str, ...]) -> list[ProviderEvent]:
    events = []
    for one in map(dict_of, list_of(bounce.get("bouncedRecipients"))[:1000]):
        status, words = text_of(one.get("status"), 12), text_of(one.get("diagnosticCode"))
        recipient = text_of(one.get("emailAddress"), 320)
        events.append(
            ProviderEvent(
                kind=EventKind.BOUNCE,
                event_id=f"{text_of(bounce.get('feedbackId'), 200)} {recipient}",
                recipient=recipient,
                clues=clues,
                verdict=_verdict(bounce, status, words),
                status=status,
                words=words or f"{bounce.get('bounceType')} {bounce.get('bounceSubType')}",
            )
        )
    return events


def _verdict(bounce: dict[str, Any], status: str, words: str) -> Verdict:
    """A Transient/General bounce is as often a holiday notice as a fault, so it is never more than soft."""
    detail = {
        "MailboxFull": "mailbox full",
        "MessageTooLarge": "message too large",
        "ContentRejected": "message content rejected",
        "AttachmentRejected": "message content rejected",
    }.get(text_of(bounce.get("bounceSubType"), 40), "")
    said = f"{words} {detail}".strip()
    if bounce.get("bounceType") == "Permanent":
        return judge_permanent(status, said)
    return judge_passing(status, said)


def _complaints(complaint: dict[str, Any], clues: tuple[str, ...]) -> list[ProviderEvent]:
    feedback = text_of(complaint.get("complaintFeedbackType"), 40) or "abuse"
    if feedback in _NO_COMPLAINT:
        return []
    number = text_of(complaint.get("feedbackId"), 200)
    return [
        ProviderEvent(
            EventKind.COMPLAINT,
            f"{number} {address}",
            address,
            clues,
            words=f"{feedback} {text_of(complaint.get('userAgent'), 200)}".strip(),
        )
        for one in map(dict_of, list_of(complaint.get("complainedRecipients"))[:1000])
        if (address := text_of(one.get("emailAddress"), 320))
    ]


def _clues(mail: dict[str, Any]) -> tuple[str, ...]:
    """The envelope sender is our VERP address; the header fields are those we sent."""
    wanted = {"message-id", "return-path", "reply-to", "list-unsubscribe"}
    fields = [dict_of(one) for one in list_of(mail.get("headers"))[:100]]
    named = [text_of(one.get("value")) for one in fields if text_of(one.get("name")).lower() in wanted]
    return (text_of(mail.get("source"), 320), *named)


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        return dict_of(json.loads(body))
    except (ValueError, RecursionError):
        return {}
