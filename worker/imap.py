"""Reading a mailbox by IMAP: told at once where the server can (IDLE), asked every minute where it cannot.

Each mail once (F29): the raw mail is stored, and its row and the position are committed together; a mail that is seen
again, because the connection broke or the server renumbered everything, is known by its bytes. The folder is opened
for reading only, so an author's own mailbox shows no sign of us.
"""

import imaplib
import logging
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError
from sqlalchemy.exc import SQLAlchemyError

from app.conversation.mailbox import concerns_us, move_position, position_of
from app.conversation.receiving import MAX_MAIL_BYTES, Envelope, keep_raw, register_raw
from app.foundation.errors import HandoffError, Misconfigured
from app.wiring import Runtime

log = logging.getLogger(__name__)

LOOK_BACK: Final = timedelta(days=7)
"""What is read of a mailbox seen for the first time, or renumbered by its server."""
IDLE_SECONDS: Final = 60
TIMEOUT: Final = 60
LONGEST_PAUSE: Final = 300

BROKEN: Final = (OSError, imaplib.IMAP4.error, ImapToolsError, SQLAlchemyError, HandoffError)
_BOXES: Final = {"implicit": MailBox, "starttls": MailBoxStartTls, "none": MailBoxUnencrypted}


@dataclass(frozen=True)
class Account:
    """Where the mailbox is and how to get in."""

    host: str
    port: int
    user: str
    password: str
    folder: str
    tls: str

    @property
    def name(self) -> str:
        return f"{self.user}@{self.host}:{self.port}/{self.folder}"[:300]


def read_account(url: str) -> Account:
    """`imaps://user:password@host[:993][/folder]`, or `imap://…[:143]…?tls=starttls|none`.

    Raises Misconfigured.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    default = "implicit" if parts.scheme == "imaps" else "starttls"
    tls = parse_qs(parts.query).get("tls", [default])[0]
    if parts.scheme not in {"imap", "imaps"} or not parts.hostname or not parts.username or tls not in _BOXES:
        raise Misconfigured(
            "does not say where a mailbox is",
            field="HANDOFF_IMAP_URL",
            hint="For example imaps://user:password@imap.example.com/INBOX",
        )
    return Account(
        host=parts.hostname,
        port=port or (993 if tls == "implicit" else 143),
        user=unquote(parts.username),
        password=unquote(parts.password or ""),
        folder=unquote(parts.path.strip("/")) or "INBOX",
        tls=tls,
    )


def watch(runtime: Runtime, account: Account, stop: threading.Event) -> None:
    """Read the mailbox until told to stop; a server that is away is tried again, more and more patiently."""
    pause = 1.0
    while not stop.is_set():
        try:
            with _open(account) as mailbox:
                while not stop.is_set():
                    catch_up(runtime, account, mailbox)
                    pause = 1.0
                    _wait(mailbox, stop)
        except BROKEN as error:
            log.warning("the mailbox %s cannot be read, trying again: %s", account.name, error)
            stop.wait(pause)
            pause = min(LONGEST_PAUSE, pause * 2)


def catch_up(runtime: Runtime, account: Account, mailbox: BaseMailBox) -> int:
    """Take in everything new that concerns us; how many mails."""
    validity = int(mailbox.folder.status(account.folder, ["UIDVALIDITY"])["UIDVALIDITY"])
    mailbox.folder.set(account.folder, readonly=True)
    taken, last = 0, 0
    for uid in _new_uids(runtime, account, mailbox, validity):
        last = uid
        header, size = _fetch_header(mailbox, uid)
        if size > MAX_MAIL_BYTES or not concerns_us(header, runtime.signer):
            continue
        raw = _fetch(mailbox, uid, "(BODY.PEEK[])")
        if raw:
            _take(runtime, account, validity, uid, raw)
            taken += 1
    if last:
        with runtime.database.writing() as session:
            move_position(session, runtime.clock(), account.name, validity, last)
    return taken


def _open(account: Account) -> BaseMailBox:
    box: BaseMailBox = _BOXES[account.tls](account.host, account.port, timeout=TIMEOUT)
    return box.login(account.user, account.password, initial_folder=None)


def _wait(mailbox: BaseMailBox, stop: threading.Event) -> None:
    """Until the server says that something changed; a minute at most, so that a silent server is asked as well."""
    _, said = mailbox.client.capability()  # after login: many servers name IDLE only then
    if b"IDLE" in bytes(said[0] or b"").upper().split():
        mailbox.idle.wait(timeout=IDLE_SECONDS)
    else:
        stop.wait(IDLE_SECONDS)


def _new_uids(runtime: Runtime, account: Account, mailbox: BaseMailBox, validity: int) -> list[int]:
    """Everything after the position; everything of the last days when the numbers have lost their meaning."""
    with runtime.database.reading() as session:
        position = position_of(session, account.name)
        known = position is not None and position.uid_validity == validity
        last = position.last_uid if position is not None and known else 0
        since = position.read_at if position is not None else runtime.clock()
    criteria = f"UID {last + 1}:*" if known else f"SINCE {_imap_date(since - LOOK_BACK)}"
    return sorted(uid for uid in map(int, mailbox.uids(criteria)) if uid > last)


def _take(runtime: Runtime, account: Account, validity: int, uid: int, raw: bytes) -> None:
    """The mail into storage, then its row and the position in one commit."""
    key = keep_raw(runtime.storage, raw)
    now = runtime.clock()
    with runtime.database.writing() as session:
        register_raw(session, now, Envelope("imap"), raw=raw, storage_key=key)
        move_position(session, now, account.name, validity, uid)


def _fetch_header(mailbox: BaseMailBox, uid: int) -> tuple[bytes, int]:
    """The header, and the size of the whole mail; empty when the mail has gone meanwhile."""
    answer = list(_answers(mailbox, uid, "(RFC822.SIZE BODY.PEEK[HEADER])"))
    said = b" ".join(part if isinstance(part, bytes) else part[0] for part in answer)
    size = re.search(rb"RFC822\.SIZE (\d+)", said)
    header = next((part[1] for part in answer if isinstance(part, tuple)), b"")
    return header, int(size.group(1)) if size else 0


def _fetch(mailbox: BaseMailBox, uid: int, what: str) -> bytes:
    """The bytes of one mail as the server keeps them."""
    return next((part[1] for part in _answers(mailbox, uid, what) if isinstance(part, tuple)), b"")


def _answers(mailbox: BaseMailBox, uid: int, what: str) -> Iterator[bytes | tuple[bytes, bytes]]:
    kind, answer = mailbox.client.uid("FETCH", str(uid), what)
    if kind != "OK":
        raise imaplib.IMAP4.error(f"FETCH answered {kind}")
    for part in answer:
        if isinstance(part, (bytes, tuple)):
            yield part


def _imap_date(instant: datetime) -> str:
    """RFC 3501 wants English months whatever the locale."""
    months = "JanFebMarAprMayJunJulAugSepOctNovDec"
    return f"{instant.day}-{months[3 * instant.month - 3 : 3 * instant.month]}-{instant.year}"
