"""`handoff bench downloads`: the guide through its gate, against an open file of the same size from the same server.

`open` is the file as this server sends its static files, `bare` the same bytes out of memory with no question asked.
`file` is the gated file's own request: key, grant and withdrawal looked at, file sent; a reader's program repeats it
for each part. `press` is what a person adds once: the link is checked, counted and recorded durably. `gated` is both.
Each is the best of ROUNDS in turns, told in the web processes' CPU as well, which a busy machine blurs less.
The copies are plain; one with the reader's name on its cover is made at its first request and kept for the next.
"""

import http.client
import secrets
import socket
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from subprocess import DEVNULL, Popen

import click

from app.cli.bench.house import bench_house, children_of, cpu_of, environment_of, wait_for_web
from app.cli.bench.static_site import BARE_PATH, OPEN_FILE, OPEN_PATH
from app.cli.opening import print_json
from app.foundation.addresses import parse_address
from app.foundation.errors import Unavailable
from app.foundation.tokens import Signer
from app.guides.access import Visit, download_token, grant_access, request_guide
from app.guides.models import GuideFile
from app.subscribers.consent import ensure_subscriber, verify_subscriber
from app.wiring import Runtime
from worker.children import spawn, stop
from worker.processes import web_argv

HOST = "127.0.0.1"
SLUG = "bench-guide"
ROUNDS = 3


@dataclass(frozen=True)
class Measured:
    """Per second, and CPU milliseconds of the web processes each; a ratio is over `open`, as rates and as CPU."""

    downloads: int
    bytes: int
    open_per_second: float
    bare_per_second: float
    gated_per_second: float
    file_per_second: float
    press_per_second: float
    open_cpu_ms: float
    bare_cpu_ms: float
    gated_cpu_ms: float
    file_cpu_ms: float
    press_cpu_ms: float
    ratio: float
    file_ratio: float
    bare_ratio: float
    cpu_ratio: float
    file_cpu_ratio: float


@dataclass(frozen=True)
class Rate:
    """How many a second, and what one cost."""

    per_second: float
    cpu_ms: float


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
    overrides: dict[str, object] = {"base_url": f"http://{HOST}:{port}"}
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
    paths = _grants(runtime, data, each * ROUNDS * 2)
    argv = [part.replace("app.web.factory:", "app.cli.bench.static_site:") for part in web_argv(HOST, port)]
    server = spawn(tuple(argv), environment_of(runtime.settings), stdout=DEVNULL)
    try:
        wait_for_web(port)
        best = _rounds(Line(server, port, clients), paths, each, size)
    finally:
        stop(server)
    return _told(best, each * ROUNDS, size)


def _rounds(line: "Line", paths: Sequence[str], each: int, size: int) -> dict[str, Rate]:
    """Each sort in its turn, ROUNDS times: the best of each."""
    whole, best = _file(size), dict[str, Rate]()
    line.timed([OPEN_PATH, BARE_PATH] * line.clients * 4, whole)  # warm
    for number in range(ROUNDS):
        first, second = (paths[(2 * number + half) * each :][:each] for half in (0, 1))
        keys: list[str] = []
        rates = {
            "open": line.timed([OPEN_PATH] * each, whole),
            "bare": line.timed([BARE_PATH] * each, whole),
            "gated": line.timed(
                first, lambda connection, path: whole(connection, _pressed(connection, path))
            ),
            "press": line.timed(second, _presses(keys)),
        }
        rates["file"] = line.timed(keys, whole)
        for name, rate in rates.items():
            best[name] = max(best.get(name, rate), rate, key=lambda found: found.per_second)
    return best


def _told(best: dict[str, Rate], downloads: int, size: int) -> Measured:
    opened = best["open"]
    return Measured(
        downloads=downloads,
        bytes=size,
        **{f"{name}_per_second": round(rate.per_second, 1) for name, rate in best.items()},
        **{f"{name}_cpu_ms": round(rate.cpu_ms, 2) for name, rate in best.items()},
        ratio=round(best["gated"].per_second / opened.per_second, 3),
        file_ratio=round(best["file"].per_second / opened.per_second, 3),
        bare_ratio=round(best["file"].per_second / best["bare"].per_second, 3),
        cpu_ratio=round(opened.cpu_ms / max(best["gated"].cpu_ms, 0.01), 3),
        file_cpu_ratio=round(opened.cpu_ms / max(best["file"].cpu_ms, 0.01), 3),
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


@dataclass(frozen=True)
class Line:
    """The server under measurement and how many ask it at once."""

    server: Popen[bytes]
    port: int
    clients: int

    def timed(self, paths: Sequence[str], fetch: Fetch) -> Rate:
        """All paths by so many clients at once, each on one connection."""

        def run(client: int) -> None:
            connection = http.client.HTTPConnection(HOST, self.port, timeout=60)
            for path in paths[client :: self.clients]:
                fetch(connection, path)
            connection.close()

        spent, began = self._cpu(), time.monotonic()
        with ThreadPoolExecutor(self.clients) as pool:
            list(pool.map(run, range(self.clients)))
        took = time.monotonic() - began
        return Rate(len(paths) / took, (self._cpu() - spent) / len(paths) * 1000)

    def _cpu(self) -> float:
        """CPU seconds of the web processes."""
        return sum(cpu_of(int(pid)) for pid in children_of(self.server.pid).split())


def _file(size: int) -> Fetch:
    def fetch(connection: http.client.HTTPConnection, path: str) -> None:
        connection.request("GET", path)
        _expect(connection.getresponse(), 200, size)

    return fetch


def _pressed(connection: http.client.HTTPConnection, path: str) -> str:
    """A person's press; the address of the file."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", path, b"copy=plain", form)
    response = connection.getresponse()
    response.read()
    location = response.getheader("Location")
    if response.status != 303 or not location:
        raise Unavailable(f"The press was answered with {response.status}.")
    return location


def _presses(keys: list[str]) -> Fetch:
    """Press, and keep the address of the file for later."""
    return lambda connection, path: keys.append(_pressed(connection, path))


def _expect(response: http.client.HTTPResponse, status: int, size: int) -> None:
    body = response.read()
    if response.status != status or len(body) != size:
        raise Unavailable(f"A download was answered with {response.status} and {len(body):,} bytes.")
