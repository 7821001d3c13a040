"""A real site on loopback, a real mail server behind it, and the system's Chromium in front."""

import queue
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from pydantic import SecretStr
from werkzeug.serving import make_server

from app.cli.guide import build_missing_guides
from app.cli.seed import seed_installation
from app.foundation.jobs import Ring
from app.foundation.settings import Settings
from app.web.factory import create_app
from app.wiring import Runtime
from tests.fixtures.smtp_sink import SmtpSink
from worker.jobs.sending import send_edition
from worker.state import using_runtime

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
AS_A_PERSON = "--disable-blink-features=AutomationControlled"
"""Without it the browser says of itself that a program drives it, which the pages believe."""


class SendingDoorbell:
    """Rings are answered by one worker thread that really sends."""

    def __init__(self) -> None:
        self.rings: queue.Queue[Ring | None] = queue.Queue()

    def ring(self, ring: Ring) -> None:
        if ring.job == "sending.send_edition":
            self.rings.put(ring)

    def work(self) -> None:
        while (ring := self.rings.get()) is not None:
            send_edition(int(ring.arguments[0]))


@dataclass(frozen=True)
class LiveSite:
    """A site that readers can visit: where it is, what it knows, what it mailed."""

    url: str
    runtime: Runtime
    sink: SmtpSink

    def mail_to(self, address: str, count: int = 1) -> str:
        """The text of the newest mail to this address, once there are `count` of them."""
        for _ in range(200):
            if len(self.sink.to(address)) >= count:
                break
            threading.Event().wait(0.05)
        received = self.sink.to(address)
        assert len(received) == count
        body = received[-1].message.get_body(("plain",))
        assert body is not None
        return str(body.get_content())


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A free port, held, so that the settings can name it before the server is there."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        yield held


@pytest.fixture
def settings(tmp_path: Path, database_url: str, listener: socket.socket, smtp_sink: SmtpSink) -> Settings:
    return Settings(
        data_dir=tmp_path,
        database_url=database_url,
        secret_key=SecretStr("a key for tests only"),
        storage_url=f"file://{tmp_path / 'files'}",
        base_url=f"http://127.0.0.1:{listener.getsockname()[1]}",
        smtp_url=f"smtp://127.0.0.1:{smtp_sink.port}?tls=none",
        demo=True,
    )


@pytest.fixture
def doorbell() -> SendingDoorbell:
    return SendingDoorbell()


@pytest.fixture
def site(
    runtime: Runtime, doorbell: SendingDoorbell, listener: socket.socket, smtp_sink: SmtpSink
) -> Iterator[LiveSite]:
    """The whole site with its publication and a built guide, answering on `site.url`."""
    with runtime.database.writing() as session:
        seed_installation(session, runtime.clock(), runtime.settings)
    build_missing_guides(runtime)
    host, port = listener.getsockname()
    server = make_server(host, port, create_app(runtime), threaded=True, fd=listener.fileno())
    serving = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    sending = threading.Thread(target=doorbell.work, daemon=True)
    with using_runtime(runtime):
        serving.start()
        sending.start()
        yield LiveSite(runtime.settings.base_url, runtime, smtp_sink)
        server.shutdown()
        doorbell.rings.put(None)
        sending.join(10)
        serving.join(10)


@pytest.fixture(scope="session")
def launch() -> Iterator[Callable[..., Browser]]:
    """Starts Chromium with the given extra flags; each set of flags once for the test run."""
    started: dict[tuple[str, ...], Browser] = {}
    with sync_playwright() as playwright:

        def start(*extra: str) -> Browser:
            if extra not in started:
                started[extra] = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *extra])
            return started[extra]

        yield start
        for browser in started.values():
            browser.close()


@pytest.fixture
def visit(launch: Callable[..., Browser]) -> Iterator[Callable[..., Page]]:
    """A fresh visitor: `visit()` is a person, `visit(person=False)` a program; options as for a browser context."""
    contexts: list[BrowserContext] = []

    def fresh(*, person: bool = True, **options: object) -> Page:
        browser = launch(AS_A_PERSON) if person else launch()
        context = browser.new_context(**options)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        return page

    yield fresh
    for context in contexts:
        context.close()
