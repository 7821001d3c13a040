"""The development mail catcher: an SMTP server on loopback that keeps every mail and delivers none.

Started by `handoff up` only where nobody else can look (`--demo` or a loopback base URL): its page shows every token.
"""

import argparse
import asyncio
import logging
import signal
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from app.foundation.errors import Misconfigured
from app.foundation.mailbox import Mailbox, mailbox_of
from app.foundation.settings import load_settings

log = logging.getLogger(__name__)

SIZE_LIMIT = 64 * 1024 * 1024
HOST = "127.0.0.1"


class Catcher:
    """Takes every message and answers as a relay would (aiosmtpd's handler protocol)."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        content = envelope.content
        data = content if isinstance(content, bytes) else (content or "").encode()
        try:
            number = self.mailbox.add((envelope.mail_from or "").removeprefix("<>"), envelope.rcpt_tos, data)
        except OSError as error:
            log.error("cannot keep a mail: %s", error)
            return "452 4.3.1 cannot keep it now"
        return f"250 2.0.0 kept as {number}"


async def serve(mailbox: Mailbox, host: str, port: int) -> None:
    """Listen until SIGTERM or SIGINT."""
    loop = asyncio.get_running_loop()
    done = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, done.set)

    def conversation() -> SMTP:
        return SMTP(
            Catcher(mailbox), data_size_limit=SIZE_LIMIT, enable_SMTPUTF8=True, hostname="catcher.localhost"
        )

    server = await loop.create_server(conversation, host, port)
    log.info("keeping mail on %s:%d", host, server.sockets[0].getsockname()[1])
    await done.wait()
    server.close()


def main() -> None:
    """Serve the mailbox of the data directory on HANDOFF_CATCHER_PORT."""
    parser = argparse.ArgumentParser(prog="worker.catcher", description=__doc__)
    parser.add_argument("--port", type=int)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd tells every command
    settings = load_settings()
    if not settings.catcher_allowed:
        raise Misconfigured(
            "the mail catcher shows every token and stays off in public",
            field="HANDOFF_BASE_URL",
            hint="Use a loopback address or --demo, or set HANDOFF_SMTP_URL to a real relay.",
        )
    mailbox = Mailbox(options.folder) if options.folder else mailbox_of(settings)
    port = settings.catcher_port if options.port is None else options.port
    asyncio.run(serve(mailbox, HOST, port))


if __name__ == "__main__":
    main()
