"""Opening a connection to a relay: smtplib does the greeting, EHLO, STARTTLS and AUTH; the conversation is ours."""

import smtplib
import socket
import ssl
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from app.delivery.answers import Answer, Step
from app.delivery.dialogue import Offer
from app.delivery.transport import Relay, RelayAway

CONNECT_SECONDS: Final = 30.0


@dataclass(frozen=True)
class Opened:
    """A socket that is past EHLO and login, and what the relay offers."""

    sock: socket.socket
    relay: Relay
    offer: Offer


def open_connection(relay: Relay, *, seconds: float = CONNECT_SECONDS) -> Opened:
    """A connection ready for MAIL. Raises RelayAway."""
    smtp = connect(relay, seconds=seconds)
    sock = smtp.sock
    if sock is None:
        raise RelayAway(f"{relay.name} closed the connection")
    offered = smtp.esmtp_features
    size = offered.get("size", "")
    offer = Offer(
        pipelining="pipelining" in offered,
        size="size" in offered,
        max_size=int(size) if size.isdigit() else 0,
        utf8="smtputf8" in offered,
        dsn="dsn" in offered,
    )
    if smtp.file is not None:
        smtp.file.close()
    smtp.sock = None
    return Opened(sock, relay, offer)


def connect(relay: Relay, *, seconds: float = CONNECT_SECONDS) -> smtplib.SMTP:
    """A connection that has said EHLO, is encrypted and logged in as the relay's URL asks.

    Raises RelayAway; with the relay's answer when it refused the login.
    """
    smtp: smtplib.SMTP | None = None
    try:
        if relay.tls == "implicit":
            smtp = smtplib.SMTP_SSL(relay.host, relay.port, _our_name(), timeout=seconds, context=_tls())
        else:
            smtp = smtplib.SMTP(relay.host, relay.port, _our_name(), timeout=seconds)
        smtp.ehlo_or_helo_if_needed()
        if relay.tls == "starttls":
            smtp.starttls(context=_tls())
            smtp.ehlo_or_helo_if_needed()
        if relay.user:
            smtp.login(relay.user, relay.password)
    except smtplib.SMTPResponseException as error:
        if smtp is not None:
            smtp.close()
        words = error.smtp_error if isinstance(error.smtp_error, bytes) else str(error.smtp_error).encode()
        step = Step.LOGIN if isinstance(error, smtplib.SMTPAuthenticationError) else Step.CONNECT
        answer = Answer(
            step, error.smtp_code, words.decode("utf-8", "replace").replace("\n", " ")[:500], relay.name
        )
        raise RelayAway(f"{relay.name} said {answer.code} {answer.text}", answer) from error
    except (OSError, smtplib.SMTPException) as error:
        if smtp is not None:
            smtp.close()
        raise RelayAway(f"{relay.name} cannot be reached: {error}") from error
    if smtp.sock is not None:
        smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return smtp


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    """Reading the certificate store takes longer than a hundred messages."""
    return ssl.create_default_context()


@lru_cache(maxsize=1)
def _our_name() -> str:
    """For EHLO; asks the resolver once and not for every connection."""
    name = socket.getfqdn()
    return name if "." in name else "[127.0.0.1]"
