"""Provider webhooks: proved at the door, counted once, and never more believed than they deserve (A45, A46, F25).

SendGrid's signature is checked against the example in its own libraries; Mailgun and Amazon publish none that can be
verified (their keys are not given), so those are signed here with keys of our own in the documented way.
"""

import base64
import hashlib
import hmac
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from flask.testing import FlaskClient
from pydantic import SecretStr
from sqlalchemy import func, select

from app.conversation.models import InboundKind, InboundMail
from app.conversation.providers.events import BadSignature
from app.conversation.providers.sendgrid import SIGNATURE, TIMESTAMP, SendGrid
from app.conversation.providers.ses import at_amazon, signed_text
from app.conversation.routing import process_inbound
from app.conversation.webhooks import find_hook
from app.delivery.models import Bounce, BounceClass
from app.delivery.verp import bounce_address
from app.foundation.settings import Settings
from app.foundation.tokens import Purpose
from app.issues.fetching import Fetched, LinkCheck, Want
from app.subscribers.models import Subscription, SubscriptionState, Suppression, SuppressionReason
from app.web.factory import create_app
from app.wiring import Runtime
from tests.conversation.letters import deliver
from tests.fixtures.clock import FrozenClock

ALICE = "alice@example.org"
MAILGUN_KEY = b"a signing key for tests"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:handoff"
CERTIFICATE = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-abc.pem"
EC_KEY = ec.generate_private_key(ec.SECP256R1())
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Amazon:
    """A fetcher that knows one certificate and remembers what it was asked for."""

    def __init__(self, pem: bytes) -> None:
        self.pem = pem
        self.asked: list[str] = []

    def fetch(self, url: str, want: Want, *, etag: str = "", last_modified: str = "") -> Fetched:
        self.asked.append(url)
        return Fetched(url, 200, {}, self.pem)

    def check_link(self, url: str) -> LinkCheck:
        return LinkCheck(200, url)


@dataclass
class House:
    """An application with every provider set up, and one letter that went to Alice."""

    runtime: Runtime
    client: FlaskClient
    amazon: Amazon
    clock: FrozenClock
    delivery_id: int
    subscriber_id: int

    def work(self) -> list[InboundKind | None]:
        """What the job does with everything that came in."""
        here = self.runtime
        with here.database.writing() as session:
            ids = list(session.scalars(select(InboundMail.id).order_by(InboundMail.id)))
            return [
                process_inbound(
                    session,
                    here.clock(),
                    one,
                    storage=here.storage,
                    signer=here.signer,
                    hook=lambda name: find_hook(name, here.settings, here.fetcher, here.storage),
                )
                for one in ids
            ]

    def bounces(self) -> list[tuple[BounceClass, str]]:
        with self.runtime.database.reading() as session:
            rows = session.execute(select(Bounce.bounce_class, Bounce.reason).order_by(Bounce.id)).all()
            return [(bounce_class, reason) for bounce_class, reason in rows]

    def suppressed(self) -> list[SuppressionReason]:
        with self.runtime.database.reading() as session:
            return list(session.scalars(select(Suppression.reason)))

    def message_id(self) -> str:
        return f"<{self.runtime.signer.sign(Purpose.REPLY, self.delivery_id)}@letters.example.com>"

    def mailgun(self, event: dict[str, Any], *, key: bytes = MAILGUN_KEY, age: float = 0) -> int:
        stamp = str(int((self.clock() - timedelta(hours=age)).timestamp()))
        signature = hmac.new(key, f"{stamp}token".encode(), hashlib.sha256).hexdigest()
        body = {
            "signature": {"timestamp": stamp, "token": "token", "signature": signature},
            "event-data": {"id": "event-1", "recipient": ALICE, **event},
        }
        return self.client.post("/hooks/mailgun", json=body).status_code

    def sendgrid(self, events: list[dict[str, Any]], *, age: float = 0, altered: bytes = b"") -> int:
        body = json.dumps(events).encode()
        stamp = str(int((self.clock() - timedelta(hours=age)).timestamp()))
        signature = EC_KEY.sign(stamp.encode() + body, ec.ECDSA(hashes.SHA256()))
        headers = {SIGNATURE: base64.b64encode(signature).decode(), TIMESTAMP: stamp}
        return self.client.post("/hooks/sendgrid", data=body + altered, headers=headers).status_code

    def ses(self, message: dict[str, Any], **changes: str) -> int:
        return self.client.post("/hooks/ses", data=json.dumps(self.sns(message, **changes))).status_code

    def sns(self, message: dict[str, Any], **changes: str) -> dict[str, str]:
        told = {
            "Type": "Notification",
            "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
            "TopicArn": TOPIC,
            "Message": json.dumps(message),
            "Timestamp": self.clock().strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "SignatureVersion": "2",
            "SigningCertURL": CERTIFICATE,
            **changes,
        }
        hashing = hashes.SHA256() if told["SignatureVersion"] == "2" else hashes.SHA1()
        signature = RSA_KEY.sign(signed_text(told), padding.PKCS1v15(), hashing)
        return {"Signature": base64.b64encode(signature).decode(), **told}

    def postmark(self, event: dict[str, Any], login: str = "hook:secret") -> int:
        authorization = "Basic " + base64.b64encode(login.encode()).decode()
        response = self.client.post(
            "/hooks/postmark",
            json={"ID": 7, "Email": ALICE, **event},
            headers={"Authorization": authorization},
        )
        return response.status_code


def certificate() -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(RSA_KEY.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2027, 1, 1, tzinfo=UTC))
        .sign(RSA_KEY, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


@pytest.fixture
def house(runtime: Runtime, settings: Settings, clock: FrozenClock, now: datetime) -> House:
    public = EC_KEY.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    amazon = Amazon(certificate())
    known = settings.model_copy(
        update={
            "mailgun_signing_key": SecretStr(MAILGUN_KEY.decode()),
            "postmark_hook_login": SecretStr("hook:secret"),
            "sendgrid_public_key": base64.b64encode(public).decode(),
            "ses_topics": TOPIC,
        }
    )
    here = replace(runtime, settings=known, fetcher=amazon)
    with here.database.writing() as session:
        delivery = deliver(session, now, ALICE)
        ids = delivery.id, delivery.recipient_id
    return House(here, create_app(here).test_client(), amazon, clock, *ids)


FAILED = {
    "event": "failed",
    "severity": "permanent",
    "reason": "bounce",
    "delivery-status": {"code": 550, "message": "5.1.1 no such user", "enhanced-code": "5.1.1"},
}
BOUNCED = {
    "event": "bounce",
    "type": "bounce",
    "email": ALICE,
    "sg_event_id": "sg-1",
    "status": "5.1.1",
    "reason": "550 5.1.1 The email account that you tried to reach does not exist.",
}


def ses_bounce(house: House, kind: str = "Permanent", detail: str = "General", **one: str) -> dict[str, Any]:
    source = bounce_address(house.runtime.signer, "letters.example.com", house.delivery_id)
    recipient = {
        "emailAddress": ALICE,
        "status": "5.1.1",
        "diagnosticCode": "smtp; 550 5.1.1 unknown user",
        **one,
    }
    return {
        "notificationType": "Bounce",
        "bounce": {
            "bounceType": kind,
            "bounceSubType": detail,
            "bouncedRecipients": [recipient],
            "feedbackId": "feedback-1",
        },
        "mail": {"source": source, "messageId": "ses-1"},
    }


def test_a_hard_bounce_of_each_provider_suppresses_and_ten_times_is_once(house: House) -> None:
    for _ in range(10):
        assert house.mailgun({**FAILED, "message": {"headers": {"message-id": house.message_id()}}}) == 200
        assert house.sendgrid([{**BOUNCED, "smtp-id": house.message_id()}]) == 200
        assert house.ses(ses_bounce(house)) == 200
        assert (
            house.postmark({"RecordType": "Bounce", "Type": "HardBounce", "Details": "unknown user"}) == 200
        )
        house.clock.advance(minutes=3)
        house.work()
    assert house.bounces() == [(BounceClass.HARD, "user unknown")] * 4
    assert house.suppressed() == [SuppressionReason.HARD_BOUNCE]


@pytest.mark.parametrize(
    ("event", "verdict"),
    [
        ({**FAILED, "severity": "temporary"}, BounceClass.SOFT),
        (
            {**FAILED, "delivery-status": {"code": 550, "message": "blocked by spamhaus"}},
            BounceClass.POLICY,
        ),
        (
            {**FAILED, "delivery-status": {"code": 552, "message": "5.2.2 mailbox is full"}},
            BounceClass.SOFT,
        ),
    ],
)
def test_what_is_not_about_the_address_suppresses_nobody(
    house: House, event: dict[str, Any], verdict: BounceClass
) -> None:
    assert house.mailgun(event) == 200
    house.work()
    assert [bounce_class for bounce_class, _ in house.bounces()] == [verdict]
    assert house.suppressed() == []


@pytest.mark.parametrize("provider", ["mailgun", "sendgrid", "ses", "postmark"])
def test_a_complaint_of_each_provider_suppresses(house: House, provider: str) -> None:
    complaint = {
        "notificationType": "Complaint",
        "complaint": {"complainedRecipients": [{"emailAddress": ALICE}], "feedbackId": "c-1"},
        "mail": {"source": ""},
    }
    told: dict[str, Callable[[], int]] = {
        "mailgun": lambda: house.mailgun({"event": "complained"}),
        "sendgrid": lambda: house.sendgrid([{"event": "spamreport", "email": ALICE, "sg_event_id": "s"}]),
        "ses": lambda: house.ses(complaint),
        "postmark": lambda: house.postmark({"RecordType": "SpamComplaint"}),
    }
    assert told[provider]() == 200
    assert house.work() == [InboundKind.COMPLAINT]
    assert house.suppressed() == [SuppressionReason.COMPLAINT]


@pytest.mark.parametrize("feedback", ["not-spam", "auth-failure"])
def test_a_report_that_is_no_complaint_is_none(house: House, feedback: str) -> None:
    complaint = {"complainedRecipients": [{"emailAddress": ALICE}], "complaintFeedbackType": feedback}
    assert house.ses({"eventType": "Complaint", "complaint": complaint, "mail": {}}) == 200
    house.work()
    assert house.suppressed() == []


def test_unsubscribing_at_the_provider_leaves_everything(house: House) -> None:
    assert house.mailgun({"event": "unsubscribed"}) == 200
    assert house.work() == [InboundKind.UNSUBSCRIBE]
    with house.runtime.database.reading() as session:
        states = set(session.scalars(select(Subscription.state)))
    assert states == {SubscriptionState.LEFT}


def test_the_order_in_which_events_are_told_changes_nothing(house: House) -> None:
    tellings: list[Callable[[], int]] = [
        lambda: house.mailgun({**FAILED, "id": "m"}),
        lambda: house.sendgrid([{**BOUNCED, "type": "blocked", "reason": "rate limited, try later"}]),
        lambda: house.ses(ses_bounce(house)),
    ]
    outcomes = set()
    for order in itertools.permutations(tellings):
        for tell in order:
            assert tell() == 200
        house.work()
        outcomes.add((tuple(sorted(house.bounces())), tuple(house.suppressed())))
    assert len(outcomes) == 1


def test_nothing_unsigned_altered_or_stale_comes_in(house: House) -> None:
    attempts = [
        house.mailgun(FAILED, key=b"another key"),
        house.mailgun(FAILED, age=25),
        house.mailgun(FAILED, age=-1),
        house.client.post("/hooks/mailgun", data=b"no json").status_code,
        house.client.post("/hooks/mailgun", json=[1, 2]).status_code,
        house.sendgrid([BOUNCED], age=25),
        house.sendgrid([BOUNCED], altered=b" "),
        house.client.post("/hooks/sendgrid", json=[BOUNCED]).status_code,
        house.ses(ses_bounce(house), Timestamp="2026-11-01T00:00:00.000Z"),
        house.ses(ses_bounce(house), TopicArn="arn:aws:sns:eu-west-1:999:evil"),
        house.ses(ses_bounce(house), SigningCertURL="https://sns.eu-west-1.amazonaws.com.evil.example/x.pem"),
        house.ses(ses_bounce(house), SigningCertURL="https://evil.example/x.pem"),
        house.ses(ses_bounce(house), SigningCertURL="http://sns.eu-west-1.amazonaws.com/x.pem"),
        house.ses(ses_bounce(house), Signature=base64.b64encode(b"x" * 256).decode()),
        house.ses(ses_bounce(house), SignatureVersion="3"),
        house.postmark({"RecordType": "SpamComplaint"}, login="hook:guess"),
        house.client.post("/hooks/postmark", json={"RecordType": "SpamComplaint"}).status_code,
    ]
    assert set(attempts) == {401}
    assert all("evil" not in url for url in house.amazon.asked)
    with house.runtime.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(InboundMail)) == 0


def test_a_provider_that_is_not_set_up_is_not_there(runtime: Runtime) -> None:
    client = create_app(runtime).test_client()
    for provider in ("mailgun", "sendgrid", "ses", "postmark", "unheard-of"):
        assert client.post(f"/hooks/{provider}", json={}).status_code == 404
        assert client.get(f"/hooks/{provider}").status_code in {404, 405}


def test_a_subscription_is_confirmed_at_amazon_and_nowhere_else(house: House) -> None:
    good = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=abc"
    changes = {"Type": "SubscriptionConfirmation", "Token": "abc"}
    assert house.ses({}, SubscribeURL=good, **changes) == 200
    assert good in house.amazon.asked
    before = list(house.amazon.asked)
    for bad in (
        "https://evil.example/",
        "https://sns.eu-west-1.amazonaws.com@evil.example/",
        "http://127.0.0.1/",
    ):
        assert house.ses({}, SubscribeURL=bad, **changes) == 401
    assert house.amazon.asked == before


def test_the_older_signature_of_amazon_is_read_too(house: House) -> None:
    assert house.ses(ses_bounce(house), SignatureVersion="1") == 200


def test_amazons_certificate_is_fetched_once(house: House) -> None:
    for number in range(3):
        assert house.ses(ses_bounce(house), MessageId=str(number)) == 200
    assert house.amazon.asked == [CERTIFICATE]


@pytest.mark.parametrize(
    "url",
    [
        "https://sns.eu-west-1.amazonaws.com:444/x.pem",
        "https://user@sns.eu-west-1.amazonaws.com/x.pem",
        "https://sns.eu-west-1.amazonaws.com.evil.example/x.pem",
        "https://snsxeu-west-1.amazonaws.com/x.pem",
        "https://bucket.s3.amazonaws.com/x.pem",
        "//sns.eu-west-1.amazonaws.com/x.pem",
        "https://[/x.pem",
        "",
    ],
)
def test_only_amazons_own_host_is_amazon(url: str) -> None:
    assert not at_amazon(url)


def test_sendgrids_own_published_example_is_accepted() -> None:
    hook = SendGrid(
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEDr2LjtURuePQzplybdC+u4CwrqDqBaWjcMMsTbhdbcwHBcepxo7yAQGhHPTnlvFYPAZFceEu"
        "/1FwCM/QmGUhA=="
    )
    signature = (
        "MEUCIQCtIHJeH93Y+qpYeWrySphQgpNGNr/U+UyUlBkU6n7RAwIgJTz2C+8a8xonZGi6BpSzoQsbVRamr2nlxFDWYNH2j/0="
    )
    body = b'{"category":"example_payload","event":"test_event","message_id":"message_id"}'
    then = datetime.fromtimestamp(1588788367, UTC)
    hook.verify({SIGNATURE: signature, TIMESTAMP: "1588788367"}, body, then)
    with pytest.raises(BadSignature):
        hook.verify({SIGNATURE: signature, TIMESTAMP: "1588788368"}, body, then)
    with pytest.raises(BadSignature, match="too old"):
        hook.verify({SIGNATURE: signature, TIMESTAMP: "1588788367"}, body, then + timedelta(days=2))
