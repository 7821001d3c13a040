"""The development mailbox: what would have gone out, kept as raw files with an index beside them.

It lives on the ground floor because three rooms meet in it: the catcher writes, the page at `/dev/mailbox` reads, and
`handoff demo` looks up what a reader was sent. It holds every token ever mailed, so it exists only in development.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from app.foundation.errors import NotFound
from app.foundation.settings import Settings

SCHEMA = """
CREATE TABLE IF NOT EXISTS mail (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    received_at TEXT NOT NULL,
    sender TEXT NOT NULL,
    subject TEXT NOT NULL,
    size INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS mail_recipient (
    address TEXT NOT NULL,
    mail_id INTEGER NOT NULL REFERENCES mail (id),
    PRIMARY KEY (address, mail_id)
) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class CaughtMail:
    """One line of the index. `sender` and `recipients` are those of the envelope."""

    id: int
    received_at: datetime
    sender: str
    recipients: tuple[str, ...]
    subject: str
    size: int


class Mailbox:
    """A folder of `.eml` files with `index.sqlite3`. Several processes may use it at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, sender: str, recipients: Sequence[str], data: bytes) -> int:
        """Keep one mail; gives its number. Numbers rise in the order of arrival."""
        subject = str(message_from_bytes(data[:65_536], policy=default).get("Subject", ""))[:300]
        with self._index() as index:
            row = (datetime.now(UTC).isoformat(), sender, subject, len(data))
            cursor = index.execute(
                "INSERT INTO mail (received_at, sender, subject, size) VALUES (?, ?, ?, ?)", row
            )
            number = int(cursor.lastrowid or 0)
            index.executemany(
                "INSERT OR IGNORE INTO mail_recipient (address, mail_id) VALUES (?, ?)",
                [(address.lower(), number) for address in recipients],
            )
            self._path(number).write_bytes(data)
        return number

    def count(self, address: str = "") -> int:
        """How many mails there are, in all or for one address."""
        with self._index() as index:
            where, arguments = _for_address(address)
            (found,) = index.execute(f"SELECT count(*) FROM mail{where}", arguments).fetchone()  # noqa: S608
            return int(found)

    def newest(self, limit: int = 50, offset: int = 0, address: str = "") -> list[CaughtMail]:
        """Newest first, for everybody or for one address."""
        with self._index() as index:
            where, arguments = _for_address(address)
            rows = index.execute(
                f"SELECT id, received_at, sender, subject, size FROM mail{where} ORDER BY id DESC LIMIT ? OFFSET ?",  # noqa: S608
                (*arguments, limit, offset),
            ).fetchall()
            return [_caught(index, row) for row in rows]

    def get(self, number: int) -> CaughtMail:
        """Raises NotFound."""
        with self._index() as index:
            row = index.execute(
                "SELECT id, received_at, sender, subject, size FROM mail WHERE id = ?", (number,)
            ).fetchone()
            if row is None:
                raise NotFound(f"There is no mail {number} in this mailbox.")
            return _caught(index, row)

    def raw(self, number: int) -> bytes:
        """The message as it was handed over. Raises NotFound."""
        try:
            return self._path(number).read_bytes()
        except FileNotFoundError:
            raise NotFound(f"There is no mail {number} in this mailbox.") from None

    def message(self, number: int) -> EmailMessage:
        """The message parsed. Raises NotFound."""
        return message_from_bytes(self.raw(number), policy=default)

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:08d}.eml"

    @contextmanager
    def _index(self) -> Iterator[sqlite3.Connection]:
        """The index, committed when the block ends well. No waiting for the disk: this is scratch."""
        self.folder.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self.folder / "index.sqlite3", timeout=15)
        try:
            connection.execute("PRAGMA synchronous = OFF")
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'mail_recipient'").fetchone():
                connection.execute("PRAGMA journal_mode = WAL")
                connection.executescript(SCHEMA)
            with connection:
                yield connection
        finally:
            connection.close()


def mailbox_of(settings: Settings) -> Mailbox:
    """The mailbox of an installation's data directory."""
    return Mailbox(settings.data_dir / "mailbox")


def _for_address(address: str) -> tuple[str, tuple[str, ...]]:
    if not address:
        return "", ()
    return " WHERE id IN (SELECT mail_id FROM mail_recipient WHERE address = ?)", (address.lower(),)


def _caught(index: sqlite3.Connection, row: tuple[int, str, str, str, int]) -> CaughtMail:
    number, received_at, sender, subject, size = row
    query = "SELECT address FROM mail_recipient WHERE mail_id = ? ORDER BY address"
    recipients = tuple(address for (address,) in index.execute(query, (number,)))
    return CaughtMail(number, datetime.fromisoformat(received_at), sender, recipients, subject, size)
