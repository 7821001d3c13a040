"""Amazon SES by its own API (the `ses` extra): for accounts without SMTP credentials.

Our own retries are the only ones: boto3 would send again on a timeout, and then nobody knows how many copies there
are. SES writes its own Message-ID and return path; bounces come by its webhook or to the feedback address we name.
"""

from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from app.delivery.answers import Answer, Step
from app.delivery.composing import Outgoing
from app.delivery.headers import split_mailbox
from app.delivery.transport import RelayAway
from app.foundation.errors import Misconfigured

READ_SECONDS: Final = 60.0
CONNECT_SECONDS: Final = 10.0

# What SES calls things, as the answers that mail servers give for them.
_ABOUT_US: Final = frozenset(
    {
        "AccountSuspendedException",
        "SendingPausedException",
        "MailFromDomainNotVerifiedException",
        "AccessDeniedException",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "NotFoundException",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_TOO_FAST: Final = frozenset(
    {"TooManyRequestsException", "ThrottlingException", "Throttling", "LimitExceededException"}
)


@dataclass(frozen=True)
class SesAccount:
    """Where and how to send; `endpoint` is for stand-ins."""

    region: str
    configuration_set: str = ""
    endpoint: str = ""

    @property
    def name(self) -> str:
        return f"ses:{self.region}"


def parse_ses(url: str) -> SesAccount:
    """`ses://REGION?configuration_set=NAME`. Raises Misconfigured."""
    parts = urlsplit(url)
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    account = SesAccount(parts.netloc, query.pop("configuration_set", ""), query.pop("endpoint_url", ""))
    if parts.scheme != "ses" or not account.region or query or parts.path.strip("/"):
        raise Misconfigured(
            f"{url!r} is not an account of Amazon SES",
            field="HANDOFF_SMTP_URL",
            hint="Write ses://eu-west-1 or ses://eu-west-1?configuration_set=NAME; keys come from the AWS_ variables.",
        )
    return account


@dataclass
class SesTransport:
    """Any number of threads may send with one of these."""

    account: SesAccount
    _client: Any = field(default=None, repr=False)

    @property
    def name(self) -> str:
        return self.account.name

    def open(self) -> None:
        if self._client is None:
            self._client = open_client(self.account)

    def send(self, message: Outgoing) -> Answer:
        from botocore import exceptions

        given: dict[str, Any] = {
            "FromEmailAddress": _sender_of(message),
            "Destination": {"ToAddresses": [message.recipient]},
            "Content": {"Raw": {"Data": message.head + message.body}},
        }
        if message.sender and message.sender != given["FromEmailAddress"]:
            given["FeedbackForwardingEmailAddress"] = message.sender
        if self.account.configuration_set:
            given["ConfigurationSetName"] = self.account.configuration_set
        try:
            said = self._client.send_email(**given)
        except exceptions.ClientError as error:
            return _refusal(error.response, self.name)
        except (exceptions.ConnectionError, exceptions.NoCredentialsError) as error:
            raise RelayAway(f"{self.name}: {error}") from error
        except exceptions.HTTPClientError as error:
            return Answer(Step.DOT, 0, str(error)[:500], self.name, lost=True)
        except exceptions.BotoCoreError as error:
            return Answer(Step.MAIL, 554, f"5.5.4 {error}"[:500], self.name)
        return Answer(Step.DOT, 250, f"2.0.0 {said.get('MessageId', '')}", self.name)

    def close(self) -> None:
        return


def open_client(account: SesAccount) -> Any:
    """A client that never repeats a request by itself. Raises Misconfigured without the extra."""
    try:
        import boto3  # an extra: most installations send by SMTP
        from botocore.config import Config
    except ImportError:
        raise Misconfigured(
            "needs the ses extra, which brings boto3",
            field="HANDOFF_SMTP_URL",
            hint="pip install 'handoff[ses]'",
        ) from None
    config = Config(
        retries={"total_max_attempts": 1},
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        max_pool_connections=64,
    )
    return boto3.client(
        "sesv2", region_name=account.region, endpoint_url=account.endpoint or None, config=config
    )


def _refusal(response: Any, relay: str) -> Answer:
    """An error of the API as a mail server would have said it."""
    error = response.get("Error", {})
    name, words = str(error.get("Code", "")), str(error.get("Message", ""))
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) or 0)
    low = words.lower()
    if name in _TOO_FAST:
        code, enhanced, step = 421, "4.7.0", Step.DOT
    elif name in _ABOUT_US or "not verified" in low or "authority to send" in low or status in {401, 403}:
        code, enhanced, step = 535, "5.7.8", Step.MAIL
    elif ("length" in low and "message" in low) or "too large" in low:
        code, enhanced, step = 552, "5.3.4", Step.DOT
    elif status >= 500:
        code, enhanced, step = 451, "4.3.0", Step.DOT
    elif name == "BadRequestException":
        code, enhanced, step = 501, "5.5.4", Step.RCPT
    else:
        code, enhanced, step = 554, "5.6.0", Step.DATA  # about the mail, so several of them pause the letter
    return Answer(step, code, f"{enhanced} {name}: {words}"[:500], relay)


def _sender_of(message: Outgoing) -> str:
    """The address of the From header, which is what SES wants to know verified."""
    for line in message.head.replace(b"\r\n ", b" ").split(b"\r\n"):
        if line[:5].lower() == b"from:":
            return split_mailbox(line[5:].decode("utf-8", "replace").strip())[1]
    return message.sender
