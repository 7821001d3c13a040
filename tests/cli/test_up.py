"""`handoff up` brings everything up, refuses a twin, mends itself, and leaves nothing running."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from app.cli.up import keep_demo_apart
from app.foundation.errors import Misconfigured
from app.foundation.settings import Settings
from tests.fixtures.supervised import alive, eventually

RUN = "from app.cli.main import main; main()"


class Up:
    """A `handoff up --demo` in its own data directory, on free ports."""

    def __init__(self, data_dir: Path, *options: str, **environment: str) -> None:
        self.data_dir = data_dir
        self.lines: list[str] = []
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("HANDOFF_")}
        self.process = subprocess.Popen(
            [sys.executable, "-c", RUN, "up", "--port", "0", *options],
            env={
                **inherited,
                "HANDOFF_DATA_DIR": str(data_dir),
                "HANDOFF_MAIL_IN_PORT": "0",
                "HANDOFF_CATCHER_PORT": "0",
                "PYTHONPATH": ".",
                **environment,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def read_until(self, wanted: str) -> "re.Match[str]":
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            if found := re.search(wanted, line):
                return found
        raise AssertionError(f"{wanted!r} did not come:\n" + "\n".join(self.lines))

    def wait_until_ready(self) -> "Up":
        self.base_url = self.read_until(r"Site +(http://127\.0\.0\.1:\d+)/")[1]
        self.read_until("Stop it with Ctrl-C")
        return self

    def get(self, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection(urlsplit(self.base_url).netloc, timeout=10)
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()

    def family(self) -> dict[str, int]:
        """Process ids of the children by a word of their command line."""
        found: dict[str, int] = {}
        listing = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        for pid in map(int, listing.split()):
            try:
                command = Path(f"/proc/{pid}/cmdline").read_bytes().decode().replace("\0", " ")
            except (FileNotFoundError, ProcessLookupError):
                continue
            word = re.search(r"valkey-server|granian|worker\.\w+", command)
            if word:  # a child that has not become its program yet has none
                found[word[0] if word[0] not in found else f"{word[0]}-2"] = pid
        return found

    def is_whole(self) -> bool:
        """Everything runs and answers."""
        try:
            return (
                len(self.family()) == 7
                and self.get("/readyz")[1] == '{"database":true,"ok":true,"queue":true}\n'
            )
        except OSError:
            return False

    def ended(self) -> str:
        """All it said, when it ends by itself."""
        return self.process.communicate(timeout=60)[0]

    def stop(self) -> str:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        rest, _ = self.process.communicate(timeout=60)
        self.lines += rest.splitlines()
        return "\n".join(self.lines)


def handoff_beside(up: Up, *arguments: str) -> str:
    """What a command says that is given the data directory alone, as an operator gives it in another terminal."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("HANDOFF_")}
    environment = {**inherited, "HANDOFF_DATA_DIR": str(up.data_dir), "PYTHONPATH": "."}
    command = [sys.executable, "-c", RUN, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    running = Up(tmp_path / "var", "--demo")
    yield running
    running.stop()


@pytest.mark.fault
def test_everything_comes_up_mends_itself_and_stops(up: Up, tmp_path: Path) -> None:
    up.wait_until_ready()
    assert up.get("/healthz")[0] == 200
    assert up.get("/readyz") == (200, '{"database":true,"ok":true,"queue":true}\n')
    assert "Nothing was sent yet" in up.get("/dev/mailbox")[1]
    studio = next(line for line in up.lines if "Studio" in line)
    assert re.search(r"/admin/enter/\S{40,}", studio)

    author = handoff_beside(up, "author", "list").split("\t")[0]
    assert handoff_beside(up, "author", "link", author).startswith(f"{up.base_url}/admin/enter/")

    twin = Up(up.data_dir, "--demo")
    said = twin.ended()
    assert twin.process.returncode == 2
    assert f"Handoff already runs on {up.data_dir} (process {up.process.pid})" in said

    family = up.family()
    assert {
        "valkey-server",
        "granian",
        "worker.main",
        "worker.main-2",
        "worker.lmtp",
        "worker.catcher",
    } <= set(family)
    for name in ("granian", "worker.main", "valkey-server"):
        os.kill(family[name], signal.SIGKILL)
    for _ in range(3):
        up.read_until("is back")
    assert eventually(lambda: up.get("/readyz") == (200, '{"database":true,"ok":true,"queue":true}\n'))

    said = up.stop()
    assert up.process.returncode == 0, said
    assert said.endswith("Everything has stopped.")
    assert not any(alive(pid) for pid in family.values())


@pytest.mark.soak
@pytest.mark.fault
def test_whatever_is_killed_comes_back(up: Up) -> None:
    """Every process in turn, ten rounds; a worker that quits over the lost queue comes back by itself as well."""
    up.wait_until_ready()
    for _ in range(10):
        for name in sorted(up.family()):
            family = up.family()
            if name not in family:
                continue
            os.kill(family[name], signal.SIGKILL)
            assert eventually(lambda gone=family[name]: not alive(gone))  # type: ignore[misc]
            assert eventually(up.is_whole, 60), f"after {name} was killed"
    said = up.stop()
    assert up.process.returncode == 0, said
    assert not any(alive(pid) for pid in family.values())


def test_a_busy_port_is_said_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        refused = Up(tmp_path, "--demo", "--port", str(port))
        assert f"--port: Port {port} on 127.0.0.1 cannot be used" in refused.ended()
    assert refused.process.returncode == 2
    assert not (tmp_path / "handoff.sqlite3").exists()


def test_a_public_installation_without_a_relay_is_refused(tmp_path: Path) -> None:
    refused = Up(tmp_path, HANDOFF_BASE_URL="https://letters.example.com")
    assert "HANDOFF_SMTP_URL: is not set, and mail to the public cannot go" in refused.ended()
    assert refused.process.returncode == 2


def test_postgresql_that_does_not_answer_is_said(tmp_path: Path) -> None:
    refused = Up(
        tmp_path,
        HANDOFF_DATABASE_URL=f"postgresql://nobody@/none?host={tmp_path}",
        HANDOFF_SECRET_KEY="a key for tests only",
        HANDOFF_STORAGE_URL=f"file://{tmp_path}",
    )
    assert "HANDOFF_DATABASE_URL: The database does not answer" in refused.ended()
    assert refused.process.returncode == 2


def test_a_directory_that_held_the_demo_never_mails_the_public(tmp_path: Path) -> None:
    keep_demo_apart(Settings(data_dir=tmp_path, demo=True))
    keep_demo_apart(Settings(data_dir=tmp_path))
    with pytest.raises(Misconfigured, match="holds the demo"):
        keep_demo_apart(Settings(data_dir=tmp_path, smtp_url="smtp://relay.example.com"))
