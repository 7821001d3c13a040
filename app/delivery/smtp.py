"""SMTP to one relay: smtplib opens the connection (EHLO, STARTTLS, AUTH), the conversation is ours."""

import smtplib
import socket
import ssl
from collections.abc import Callable
from typing import Final

from app.delivery.answers import Answer, Step
from app.delivery.composing import Outgoing
from app.delivery.transport import Relay, RelayAway

CONNECT_SECONDS: Final = 30
ANSWER_SECONDS: Final = 600  # RFC 5321, 4.5.3.2.6: ten minutes after the dot


class SmtpTransport:
    """One connection to one relay, kept open between messages."""

    def __init__(self, relay: Relay, *, answer_seconds: float = ANSWER_SECONDS) -> None:
        self._relay = relay
        self._patience = answer_seconds
        self._smtp: smtplib.SMTP | None = None

    @property
    def name(self) -> str:
        return self._relay.name

    def open(self) -> None:
        if self._smtp is None:
            self._smtp = connect(self._relay)
            if self._smtp.sock is not None:
                self._smtp.sock.settimeout(self._patience)

    def send(self, message: Outgoing, about_to_hand_over: Callable[[], None]) -> Answer:
        self.open()
        smtp = self._smtp
        if smtp is None:
            raise RelayAway(f"{self.name} is not connected")
        try:
            refused = self._envelope(smtp, message)
            if refused:
                return refused
            about_to_hand_over()
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            raise RelayAway(f"{self.name} closed the connection: {error}") from error
        try:
            smtp.send(message.head + message.body + b".\r\n")
            return self._answer(Step.DOT, *smtp.getreply())
        except (OSError, smtplib.SMTPException):
            self._drop()
            return Answer(Step.DOT, 0, "the connection was lost before the answer", self.name, lost=True)

    def close(self) -> None:
        if self._smtp is not None:
            try:
                self._smtp.quit()
            except (OSError, smtplib.SMTPException):
                self._drop()
        self._smtp = None

    def _envelope(self, smtp: smtplib.SMTP, message: Outgoing) -> Answer | None:
        """MAIL, RCPT and DATA; an answer when the relay does not want the message."""
        options = ""
        if message.needs_utf8:
            if not smtp.has_extn("smtputf8"):
                return Answer(Step.RCPT, 553, "5.6.7 the relay cannot take this address", self.name)
            options = " SMTPUTF8"
        steps = (
            (Step.MAIL, f"MAIL FROM:<{message.sender}>{options}", 250),
            (Step.RCPT, f"RCPT TO:<{message.recipient}>", 250),
            (Step.DATA, "DATA", 354),
        )
        for step, command, good in steps:
            smtp.send(command.encode() + b"\r\n")
            code, text = smtp.getreply()
            if code != good and not (step is Step.RCPT and code == 251):
                if code == 421:
                    self._drop()
                else:
                    smtp.rset()
                return self._answer(step, code, text)
        return None

    def _answer(self, step: Step, code: int, text: bytes) -> Answer:
        if code == 421:
            self._drop()
        return Answer(step, code, text.decode("utf-8", "replace").replace("\n", " ")[:500], self.name)

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
        self._smtp = None


def connect(relay: Relay, *, seconds: float = CONNECT_SECONDS) -> smtplib.SMTP:
    """A connection that has said EHLO, is encrypted and logged in as the relay's URL asks.

    Raises RelayAway; with the relay's answer when it refused the login.
    """
    context = ssl.create_default_context()
    smtp: smtplib.SMTP | None = None
    try:
        if relay.tls == "implicit":
            smtp = smtplib.SMTP_SSL(relay.host, relay.port, timeout=seconds, context=context)
        else:
            smtp = smtplib.SMTP(relay.host, relay.port, timeout=seconds)
        smtp.ehlo_or_helo_if_needed()
        if relay.tls == "starttls":
            smtp.starttls(context=context)
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
