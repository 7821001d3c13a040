"""The mail-in listener: LMTP (and SMTP) on loopback or behind the mail server.

250 is said only after the raw mail is stored and its row committed, and to each recipient by itself when the peer
speaks LMTP (RFC 2033): a mail we said yes to survives any crash, a mail we could not keep stays with the sender.
"""

import asyncio
import contextlib
import logging
import signal
import threading
from dataclasses import dataclass
from typing import Any, Final

from aiosmtpd.smtp import SMTP, Envelope, Session, syntax
from sqlalchemy.exc import SQLAlchemyError

from app.conversation.receiving import MAX_MAIL_BYTES, keep_raw, register_raw
from app.conversation.receiving import Envelope as Came
from app.foundation.errors import HandoffError, InvalidInput
from app.foundation.settings import Settings, check_start, load_settings
from app.wiring import Runtime, build_runtime
from worker.imap import read_account, watch

log = logging.getLogger(__name__)

MAX_CONNECTIONS: Final = 50
MAX_RECIPIENTS: Final = 100
IDLE_SECONDS: Final = 120
LONGEST_LINE: Final = 1024 * 1024

OK: Final = "250 2.0.0 kept"
LATER: Final = "451 4.3.0 cannot keep it now, please try again"


def our_domains(settings: Settings) -> frozenset[str]:
    """The domains we take mail for."""
    given = (settings.reply_domain, settings.bounce_domain, settings.host)
    return frozenset(domain.lower() for domain in given if domain)


@dataclass
class Handler:
    """What aiosmtpd asks us. Blocking work (disk, database) happens in threads."""

    runtime: Runtime

    async def handle_EHLO(
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", "250 ENHANCEDSTATUSCODES"]

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if len(envelope.rcpt_tos) >= MAX_RECIPIENTS:
            return "452 4.5.3 too many recipients at once"
        if len(address) > 320 or address.rpartition("@")[2].lower() not in our_domains(self.runtime.settings):
            return "550 5.7.1 we take no mail for that domain"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server: "Listener", _session: Session, envelope: Envelope) -> str:
        raw = bytes(envelope.original_content or b"")
        sender, recipients = (envelope.mail_from or "").strip("<>"), list(envelope.rcpt_tos)
        answers = await asyncio.to_thread(self.keep, raw, sender, recipients, server.via)
        if server.speaks_lmtp:
            return "\r\n".join(answers)
        return next((answer for answer in answers if answer != OK), OK)

    def keep(self, raw: bytes, sender: str, recipients: list[str], via: str) -> list[str]:
        """Store the mail, then one row and one commit for each recipient; their answers in order."""
        try:
            key = keep_raw(self.runtime.storage, raw)
        except InvalidInput as error:
            return [f"554 5.6.0 {error.message}"] * len(recipients)
        except (HandoffError, OSError) as error:
            log.error("mail cannot be stored: %s", error)
            return [LATER] * len(recipients)
        return [self._register(raw, key, Came(via, sender, recipient)) for recipient in recipients]

    def _register(self, raw: bytes, key: str, came: Came) -> str:
        try:
            with self.runtime.database.writing() as session:
                register_raw(session, self.runtime.clock(), came, raw=raw, storage_key=key)
        except (SQLAlchemyError, OSError) as error:
            log.error("mail for %s cannot be registered: %s", came.recipient, error)
            return LATER
        return OK

    async def handle_exception(self, error: Exception) -> str:
        log.error("the session broke: %s", error, exc_info=error)
        return "451 4.3.0 something went wrong on our side, please try again"


class Listener(SMTP):
    """One protocol for both: LHLO makes it LMTP, with an answer for each recipient after the dot."""

    line_length_limit = LONGEST_LINE
    command_size_limit = 2048

    def __init__(self, handler: Handler, open_connections: set["Listener"], **options: Any) -> None:
        super().__init__(handler, **options)
        self.open_connections = open_connections
        self.speaks_lmtp = False
        self._after_dot = False

    @property
    def via(self) -> str:
        return "lmtp" if self.speaks_lmtp else "smtp"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if len(self.open_connections) >= MAX_CONNECTIONS:
            transport.write(b"421 4.3.2 too many connections, please come back\r\n")  # type: ignore[attr-defined]
            transport.close()
            self.turned_away = True
            return
        self.open_connections.add(self)
        super().connection_made(transport)

    turned_away = False

    def connection_lost(self, error: Exception | None) -> None:
        self.open_connections.discard(self)
        if not self.turned_away:
            super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        if not self.turned_away:
            super().data_received(data)

    def eof_received(self) -> bool | None:
        return False if self.turned_away else super().eof_received()

    @syntax("LHLO hostname")
    async def smtp_LHLO(self, arg: str) -> None:
        self.speaks_lmtp = True
        await super().smtp_EHLO(arg)

    async def smtp_DATA(self, arg: str) -> None:
        self._after_dot = False
        try:
            await super().smtp_DATA(arg)
        finally:
            self._after_dot = False

    async def push(self, status: str | bytes) -> None:
        """After the dot every recipient gets an answer, a refusal for size or line length as well (RFC 2033 4.2)."""
        text = status if isinstance(status, str) else status.decode("utf-8", "replace")
        if text.startswith("354"):
            self._after_dot = True
        elif self._after_dot and self.speaks_lmtp and "\r\n" not in text and self.envelope is not None:
            self._after_dot = False
            text = "\r\n".join([text] * max(1, len(self.envelope.rcpt_tos)))
        await super().push(text)


async def serve(runtime: Runtime, host: str, port: int, stop: asyncio.Event) -> None:
    """Listen until `stop` is set; connections in hand may finish their mail for ten seconds."""
    loop = asyncio.get_running_loop()
    handler = Handler(runtime)
    connections: set[Listener] = set()

    def protocol() -> Listener:
        return Listener(
            handler,
            connections,
            loop=loop,
            data_size_limit=MAX_MAIL_BYTES,
            enable_SMTPUTF8=True,
            hostname=runtime.settings.host,
            ident="Handoff",
            timeout=IDLE_SECONDS,
        )

    server = await loop.create_server(protocol, host, port)
    log.info("mail-in listens on %s:%s", *server.sockets[0].getsockname()[:2])
    await stop.wait()
    server.close()
    for _ in range(100):
        if not any(one.envelope and one.envelope.rcpt_tos for one in connections):
            break
        await asyncio.sleep(0.1)


async def _until_told(runtime: Runtime) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    reading = _read_mailbox(runtime)
    await serve(runtime, runtime.settings.mail_in_host, runtime.settings.mail_in_port, stop)
    reading.set()


def _read_mailbox(runtime: Runtime) -> threading.Event:
    """Beside the listener, the mailbox that the settings name is read; set the event to end that."""
    stop = threading.Event()
    url = runtime.settings.imap_url.get_secret_value()
    if url:
        account = read_account(url)
        threading.Thread(target=watch, args=(runtime, account, stop), name="imap", daemon=True).start()
    return stop


def main() -> None:
    """Serve until SIGTERM."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    settings = load_settings()
    check_start(settings)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_until_told(build_runtime(settings)))


if __name__ == "__main__":
    main()
