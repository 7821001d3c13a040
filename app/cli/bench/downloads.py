"""`handoff bench downloads`: the guide through its gate, against an open file of the same size from the same server.

A gated download is what a reader does: the press, which looks at the grant and records it durably, and the file behind
its short-lived address. `gate_per_second` counts the second half alone: key, grant and withdrawal looked at, file sent.
The copies are plain; one with the reader's name on its cover is made anew each time and takes longer.
"""

import http.client
import secrets
import socket
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from subprocess import DEVNULL

import click

from app.cli.bench.house import bench_house, environment_of
from app.cli.bench.static_site import OPEN_FILE, OPEN_PATH
from app.cli.opening import print_json
from app.foundation.addresses import parse_address
from app.foundation.errors import Unavailable
from app.foundation.tokens import Signer
from app.guides.access import Visit, download_token, grant_access, request_guide
from app.guides.models import GuideFile
from app.subscribers.consent import ensure_subscriber, verify_subscriber
from app.wiring import Runtime
from worker.children import spawn
from worker.processes import web_argv
from worker.valkey import stop

HOST = "127.0.0.1"
SLUG = "bench-guide"
IP_HEADER = "X-Bench-Peer"
ROUNDS = 3


@dataclass(frozen=True)
class Measured:
    """Downloads per second; `ratio` is gated over open, each the best of ROUNDS in turns."""

    downloads: int
    bytes: int
    open_per_second: float
    gated_per_second: float
    gate_per_second: float
    ratio: float
    gate_ratio: float


@click.command("downloads")
@click.option("--downloads", default=600, show_default=True, help="Of each sort, over all rounds.")
@click.option("--bytes", "size", default=1_000_000, show_default=True, help="How large the guide is.")
@click.option("--clients", default=4, show_default=True)
@click.option("--database", default="", help="A PostgreSQL server's URL; SQLite when absent.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def command(downloads: int, size: int, clients: int, database: str, as_json: bool) -> None:
    """Download a guide through its gate, and an open file beside it, from the same server in the same run."""
    with socket.create_server((HOST, 0)) as held:
        port = held.getsockname()[1]
    overrides: dict[str, object] = {"base_url": f"http://{HOST}:{port}", "client_ip_header": IP_HEADER}
    with bench_house(database, overrides, 1) as house:
        measured = _measure(house.runtime, port, downloads, size, clients)
    if as_json:
        print_json(asdict(measured))
        return
    for name, value in asdict(measured).items():
        click.echo(f"{name:20} {value}")


def _measure(runtime: Runtime, port: int, downloads: int, size: int, clients: int) -> Measured:
    data = secrets.token_bytes(size)
    (runtime.settings.data_dir / OPEN_FILE).write_bytes(data)
    each = max(clients, downloads // ROUNDS)
    paths = _grants(runtime, data, each * ROUNDS)
    argv = [part.replace("app.web.factory:", "app.cli.bench.static_site:") for part in web_argv(HOST, port)]
    server = spawn(tuple(argv), environment_of(runtime.settings), stdout=DEVNULL)
    try:
        _wait(port)
        best = {"open": 0.0, "gated": 0.0, "gate": 0.0}
        _timed(port, clients, [OPEN_PATH] * clients * 4, _open_file(size))  # warm
        for number in range(ROUNDS):
            mine = paths[number * each : (number + 1) * each]
            rates = {"open": _timed(port, clients, [OPEN_PATH] * each, _open_file(size))}
            rates["gated"] = _timed(port, clients, mine, _gated(size))
            # The press has been made for these: what is left is the file behind its key.
            rates["gate"] = _timed(port, clients, [_press(port, mine[0])] * each, _open_file(size))
            best = {name: max(best[name], rate) for name, rate in rates.items()}
    finally:
        stop(server)
    return Measured(
        downloads=each * ROUNDS,
        bytes=size,
        open_per_second=round(best["open"], 1),
        gated_per_second=round(best["gated"], 1),
        gate_per_second=round(best["gate"], 1),
        ratio=round(best["gated"] / best["open"], 3),
        gate_ratio=round(best["gate"] / best["open"], 3),
    )


def _grants(runtime: Runtime, data: bytes, count: int) -> list[str]:
    """A guide in storage and `count` readers who were granted it; their download paths."""
    now, signer = runtime.clock(), Signer(runtime.settings.secret_key.get_secret_value().encode())
    key = f"guides/{SLUG}/bench.pdf"
    runtime.storage.put(key, data)
    paths = []
    with runtime.database.writing() as session:
        session.add(
            GuideFile(
                slug=SLUG,
                edition="1",
                title="Bench",
                sha256=secrets.token_hex(32),
                storage_key=key,
                file_name="bench.pdf",
                pages=1,
                bytes=len(data),
                built_at=now,
            )
        )
        for number in range(count):
            address = parse_address(f"reader{number}@bench.example.com")
            reader = ensure_subscriber(session, now, address, runtime.address_key)
            verify_subscriber(reader, now)
            grant = request_guide(session, now, reader.id, SLUG, visit=Visit())
            grant_access(session, now, grant, visit=Visit())
            paths.append(f"/guides/{SLUG}/download/{download_token(signer, grant, now)}")
    return paths


Fetch = Callable[[http.client.HTTPConnection, str], None]


def _timed(port: int, clients: int, paths: Sequence[str], fetch: Fetch) -> float:
    """All paths by so many clients at once, each on one connection; how many a second."""

    def run(client: int) -> None:
        connection = http.client.HTTPConnection(HOST, port, timeout=60)
        for path in paths[client::clients]:
            fetch(connection, path)
        connection.close()

    began = time.monotonic()
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(run, range(clients)))
    return len(paths) / (time.monotonic() - began)


def _open_file(size: int) -> Fetch:
    def fetch(connection: http.client.HTTPConnection, path: str) -> None:
        connection.request("GET", path)
        _expect(connection.getresponse(), 200, size)

    return fetch


def _gated(size: int) -> Fetch:
    file = _open_file(size)

    def fetch(connection: http.client.HTTPConnection, path: str) -> None:
        file(connection, _pressed(connection, path))

    return fetch


def _press(port: int, path: str) -> str:
    connection = http.client.HTTPConnection(HOST, port, timeout=60)
    try:
        return _pressed(connection, path)
    finally:
        connection.close()


def _pressed(connection: http.client.HTTPConnection, path: str) -> str:
    """The address of the file; every press comes from a peer of its own, because one peer's are limited."""
    peer = ".".join(["10", *(str(part) for part in secrets.token_bytes(3))])
    form = {IP_HEADER: peer, "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", path, b"copy=plain", form)
    response = connection.getresponse()
    response.read()
    location = response.getheader("Location")
    if response.status != 303 or not location:
        raise Unavailable(f"The press was answered with {response.status}.")
    return location


def _expect(response: http.client.HTTPResponse, status: int, size: int) -> None:
    body = response.read()
    if response.status != status or len(body) != size:
        raise Unavailable(f"A download was answered with {response.status} and {len(body):,} bytes.")


def _wait(port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            with socket.create_connection((HOST, port), timeout=1):
                return
        except OSError:
            if time.monotonic() > deadline:
                raise Unavailable("The web server did not start.") from None
            time.sleep(0.1)
