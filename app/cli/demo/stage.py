"""The demo's stage: a throw-away data directory, the real processes, and a clock that is moved through a file."""

import contextlib
import http.client
import json
import os
import signal
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from typing import IO, Any, TypeVar
from urllib.parse import urlencode

from app.foundation.clock import move_clock
from app.foundation.db import Database, open_database
from app.foundation.mailbox import CaughtMail, Mailbox, mailbox_of
from app.foundation.settings import Settings, load_settings

T = TypeVar("T")

HOST = "127.0.0.1"
PATIENCE = 15.0
"""Seconds that a step waits for what it expects."""

START_PATIENCE = 45.0
"""Seconds for the processes to come up: guides are built, and the machine may be busy."""

ROOT = Path(__file__).resolve().parents[3]


class StepFailed(Exception):
    """A step did not see what it should have seen; says what."""


@dataclass(frozen=True)
class Answer:
    """An HTTP response; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


@dataclass
class Stage:
    """Everything a step may use."""

    folder: Path
    settings: Settings
    database: Database
    mailbox: Mailbox
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    seen: set[int] = field(default_factory=set)

    @property
    def port(self) -> int:
        return int(self.settings.base_url.rpartition(":")[2])

    def move_to(self, instant: datetime) -> None:
        assert self.settings.clock_file is not None
        move_clock(self.settings.clock_file, instant)

    def http(
        self, method: str, path: str, form: list[tuple[str, str]] | None = None, **headers: str
    ) -> Answer:
        """One request without cookies; redirects are not followed. `path` may be an absolute URL of this site."""
        path = path.removeprefix(self.settings.base_url)
        body = urlencode(form).encode() if form is not None else None
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            named.setdefault("Content-Type", "application/x-www-form-urlencoded")
        connection = http.client.HTTPConnection(HOST, self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, body, {"User-Agent": "Mozilla/5.0 (demo)", **named})
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, found, response.read())
        finally:
            connection.close()

    def command(self, *arguments: str) -> str:
        """Run `handoff …` as a person would; its standard output."""
        ran = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "app.cli.main", *arguments],
            env=self.environment,
            cwd=ROOT,
            capture_output=True,
            timeout=60,
            check=False,
        )
        if ran.returncode:
            said = (ran.stderr or ran.stdout).decode("utf-8", "replace").strip()
            raise StepFailed(f"handoff {' '.join(arguments[:2])} ended with {ran.returncode}: {said[-500:]}")
        return ran.stdout.decode("utf-8", "replace")

    def json_command(self, *arguments: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.command(*arguments))
        return found

    def next_mail(self, address: str, subject: str = "") -> tuple[CaughtMail, EmailMessage]:
        """The next mail for an address that no step has looked at; waits for it."""

        def look() -> CaughtMail | None:
            fresh = [mail for mail in self.mailbox.newest(100, address=address) if mail.id not in self.seen]
            return next((mail for mail in reversed(fresh) if subject in mail.subject), None)

        found = self.wait(look, f"a mail to {address}" + (f" about “{subject}”" if subject else ""))
        self.seen.add(found.id)
        return found, self.mailbox.message(found.id)

    def unseen(self, address: str) -> list[str]:
        """Subjects of mails to an address that no step expected."""
        return [
            mail.subject for mail in self.mailbox.newest(100, address=address) if mail.id not in self.seen
        ]

    def lmtp(self, sender: str, recipient: str, mail: bytes) -> None:
        """Hand a mail to the listener as the mail server does."""
        with smtplib.LMTP(HOST, self.settings.mail_in_port, timeout=PATIENCE) as client:
            refused = client.sendmail(sender, [recipient], mail)
        if refused:
            raise StepFailed(f"the listener refused mail for {recipient}: {refused}")

    def wait(self, look: Callable[[], T | None], what: str, seconds: float = PATIENCE) -> T:
        """Ask again and again until the answer is true."""
        deadline = time.monotonic() + seconds
        while True:
            found = look()
            if found:
                return found
            if time.monotonic() > deadline:
                raise StepFailed(f"waited {seconds:.0f} s for {what}")
            if self.process is not None and self.process.poll() is not None:
                raise StepFailed(f"handoff up ended with {self.process.returncode} while waiting for {what}")
            time.sleep(0.05)

    def stop(self) -> int:
        """Ask the processes to end, as Ctrl-C would; the exit code."""
        if self.process is None:
            return 0
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise StepFailed("handoff up did not stop within 30 s") from None

    def log(self) -> str:
        """The last words of the processes."""
        with contextlib.suppress(OSError):
            return (self.folder / "up.log").read_text("utf-8", "replace")[-4000:]
        return ""


@contextlib.contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    """A stage with nothing running on it yet; whatever is started is ended, whatever happens."""
    site, mail_in, catcher = free_ports(3)
    data_dir = folder / "data"
    data_dir.mkdir(parents=True, exist_ok=True)
    given = {
        "HANDOFF_DATA_DIR": str(data_dir),
        "HANDOFF_BASE_URL": f"http://{HOST}:{site}",
        "HANDOFF_CLOCK_FILE": str(data_dir / "clock"),
        "HANDOFF_DEMO": "1",
        "HANDOFF_MAIL_IN_PORT": str(mail_in),
        "HANDOFF_CATCHER_PORT": str(catcher),
        "HANDOFF_REPLY_DOMAIN": "reply.demo.example",
        "HANDOFF_BOUNCE_DOMAIN": "bounce.demo.example",
    }
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("HANDOFF_")}
    inherited["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))
    settings = load_settings(
        data_dir=data_dir,
        database_url="",
        redis_url="",
        smtp_url="",
        storage_url="",
        secret_key="",
        base_url=given["HANDOFF_BASE_URL"],
        clock_file=data_dir / "clock",
        demo=True,
        mail_in_port=mail_in,
        catcher_port=catcher,
        reply_domain=given["HANDOFF_REPLY_DOMAIN"],
        bounce_domain=given["HANDOFF_BOUNCE_DOMAIN"],
    )
    made = Stage(
        folder, settings, open_database(settings.database), mailbox_of(settings), {**inherited, **given}
    )
    try:
        yield made
    finally:
        made.database.engine.dispose()
        if made.process is not None and made.process.poll() is None:
            made.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                made.process.wait(30)
            made.process.kill()


def start(here: Stage) -> None:
    """`handoff up --demo` on the stage, in the background, its words in a file."""
    log: IO[bytes]
    with (here.folder / "up.log").open("wb") as log:
        here.process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "app.cli.main", "up", "--demo", "--port", str(here.port)],
            env=here.environment,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on at the moment."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((HOST, 0))
        return [each.getsockname()[1] for each in sockets]
