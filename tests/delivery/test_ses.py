"""Amazon SES by its API: the same promises as by SMTP, and never a request twice."""

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from unittest.mock import Mock

import boto3
import pytest
from botocore import exceptions
from botocore.stub import ANY, Stubber
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from app.delivery.answers import Answer, Step, Trouble, judge
from app.delivery.carriers import SmtpCarrier, ThreadedCarrier, carrier_of
from app.delivery.composing import Outgoing
from app.delivery.models import OutcomeState
from app.delivery.office import Office
from app.delivery.sending import send_edition
from app.delivery.ses import SesAccount, SesTransport, open_client, parse_ses
from app.delivery.transport import MemoryTransport, RelayAway
from app.foundation.db import Database
from app.foundation.errors import Misconfigured
from app.foundation.settings import Settings
from tests.cast import ALICE
from tests.delivery.conftest import open_letter
from tests.delivery.post import check_identity
from tests.fixtures.clock import FrozenClock

ACCOUNT = SesAccount("eu-west-1")
MESSAGE = Outgoing(1, 1, "bounce+1@b.example", ALICE, b"From: Mark <mark@dcx.example>\r\n\r\n", b"Hello\r\n")

ONE_AT_A_TIME = 1
"""moto answers within our process and is not made for several threads; those are tested with MemoryTransport."""

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")


@pytest.fixture
def amazon() -> Iterator[None]:
    with mock_aws():
        boto3.client("ses", region_name=ACCOUNT.region).verify_email_identity(EmailAddress="mark@dcx.example")
        yield


@ON_SQLITE
def test_a_letter_goes_out_once_to_everybody(
    office: Office, database: Database, clock: FrozenClock, amazon: None
) -> None:
    edition_id = open_letter(database, clock, readers=11)
    send_edition(replace(office, carrier=ThreadedCarrier(SesTransport(ACCOUNT), ONE_AT_A_TIME)), edition_id)
    with database.reading() as session:
        assert check_identity(session, edition_id).accepted == 12
    sent = ses_backends[DEFAULT_ACCOUNT_ID][ACCOUNT.region].sent_messages
    assert len({tuple(message.destinations) for message in sent}) == len(sent) == 12
    assert "Subject: The handoff" in sent[0].raw_data


@ON_SQLITE
def test_an_address_nobody_verified_stops_the_letter_and_tells_why(
    office: Office, database: Database, clock: FrozenClock
) -> None:
    with mock_aws():
        edition_id = open_letter(database, clock, readers=30)
        sent = send_edition(
            replace(office, carrier=ThreadedCarrier(SesTransport(ACCOUNT), ONE_AT_A_TIME)), edition_id
        )
    assert "MessageRejected" in sent.paused
    with database.reading() as session:
        assert check_identity(session, edition_id).accepted == 0


@pytest.mark.parametrize(
    ("code", "words", "status", "state", "trouble"),
    [
        ("TooManyRequestsException", "Maximum sending rate exceeded.", 429, "deferred", Trouble.SLOW_DOWN),
        ("SendingPausedException", "Sending is paused.", 400, "failed", Trouble.STOP),
        ("AccessDeniedException", "not authorized", 403, "failed", Trouble.STOP),
        ("BadRequestException", "Message length is more than 10485760 bytes", 400, "failed", Trouble.TOO_BIG),
        ("BadRequestException", "Illegal address", 400, "failed", Trouble.NONE),
        ("InternalServiceErrorException", "Try again.", 500, "deferred", Trouble.NONE),
    ],
)
def test_what_amazon_says_means_what_a_relay_would_have_said(
    clock: FrozenClock, code: str, words: str, status: int, state: str, trouble: Trouble
) -> None:
    client = open_client(ACCOUNT)
    with Stubber(client) as stub:
        stub.add_client_error("send_email", code, words, status)
        answer = SesTransport(ACCOUNT, client).send(MESSAGE)
    verdict = judge(answer, attempt=1, now=clock(), give_up_at=clock() + timedelta(days=5))
    assert (verdict.state, verdict.trouble) == (OutcomeState(state), trouble)


def test_the_sender_is_the_one_of_the_letter_and_bounces_go_to_the_signed_address(clock: FrozenClock) -> None:
    client = open_client(ACCOUNT)
    wanted = {
        "FromEmailAddress": "mark@dcx.example",
        "FeedbackForwardingEmailAddress": "bounce+1@b.example",
        "Destination": {"ToAddresses": [ALICE]},
        "Content": ANY,
        "ConfigurationSetName": "letters",
    }
    with Stubber(client) as stub:
        stub.add_response("send_email", {"MessageId": "abc"}, wanted)
        answer = SesTransport(replace(ACCOUNT, configuration_set="letters"), client).send(MESSAGE)
    assert (answer.code, answer.text) == (250, "2.0.0 abc")


class Broken:
    """A client whose network breaks."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def send_email(self, **_: object) -> None:
        raise self.error


def test_an_answer_that_never_came_is_uncertain_and_a_connection_that_never_was_is_not() -> None:
    silent = exceptions.ReadTimeoutError(endpoint_url="https://ses")
    assert SesTransport(ACCOUNT, Broken(silent)).send(MESSAGE).lost
    nobody = exceptions.EndpointConnectionError(endpoint_url="https://ses")
    with pytest.raises(RelayAway):
        SesTransport(ACCOUNT, Broken(nobody)).send(MESSAGE)


def test_a_request_is_never_repeated_behind_our_back() -> None:
    assert open_client(ACCOUNT).meta.config.retries["total_max_attempts"] == 1


@ON_SQLITE
def test_many_threads_answer_for_everybody_once(
    office: Office, database: Database, clock: FrozenClock
) -> None:
    edition_id = open_letter(database, clock, readers=40)
    transport = MemoryTransport(answers={ALICE: Answer(Step.DOT, 0, "gone", lost=True)})
    send_edition(replace(office, carrier=ThreadedCarrier(transport, 8)), edition_id)
    with database.reading() as session:
        counts = check_identity(session, edition_id)
    assert (counts.accepted, counts.uncertain, len(transport.sent)) == (40, 1, 40)


@ON_SQLITE
def test_an_endpoint_that_is_away_keeps_everybody_waiting(
    office: Office, database: Database, clock: FrozenClock
) -> None:
    edition_id = open_letter(database, clock, readers=5)
    sent = send_edition(replace(office, carrier=ThreadedCarrier(MemoryTransport(away=True), 3)), edition_id)
    assert "refuses connections" in sent.trouble
    with database.reading() as session:
        assert check_identity(session, edition_id).queued == 6


@pytest.mark.parametrize("breaks", [True, False])
def test_a_transport_is_closed_however_the_run_ends(breaks: bool) -> None:
    feed = Mock(
        wanting=0,
        finished=True,
        **{"turn.side_effect": KeyError if breaks else None, "turn.return_value": 0.0},
    )
    transport = Mock()
    with pytest.raises(KeyError) if breaks else nullcontext():
        ThreadedCarrier(transport, 2).carry(feed, 1)
    transport.close.assert_called_once_with()


def test_the_settings_name_the_way_out() -> None:
    found = carrier_of(Settings(smtp_url="ses://eu-west-1?configuration_set=letters"))
    assert isinstance(found, ThreadedCarrier)
    assert found.transport == SesTransport(SesAccount("eu-west-1", "letters"))
    assert isinstance(carrier_of(Settings(smtp_url="smtp://relay.example")), SmtpCarrier)
    for wrong in ("ses://", "ses://eu-west-1?rate=3", "ses://eu-west-1/path"):
        with pytest.raises(Misconfigured, match="Amazon SES"):
            parse_ses(wrong)
