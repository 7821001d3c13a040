"""`handoff bench archive`: the public archive with many issues, against a bare Flask page from the same server program.

Both are asked in turns, best of ROUNDS, by plain sockets that only count bytes, so that the asking costs little.
`archive_per_second` is what readers get: the page is kept until what it shows changes. `made_per_second` asks for an
address that nobody asked for before each time, so that every page has to be made.
"""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import timedelta
from itertools import count
from subprocess import DEVNULL

import click

from app.cli.bench.house import bench_house, environment_of, wait_for_web
from app.cli.opening import print_json
from app.foundation.errors import Unavailable
from app.issues.models import Issue, IssueKind, IssueState
from app.issues.themes import set_themes
from app.wiring import Runtime
from worker.children import spawn, stop
from worker.processes import web_argv

HOST = "127.0.0.1"
ROUNDS = 3
BARE = "app.cli.bench.bare_site:"
SITE = "app.web.factory:"
TEXT = "## A heading\n\n" + "A sentence of a letter that went out, about who owns what. " * 60


@dataclass(frozen=True)
class Measured:
    """Pages a second; `ratio` is the archive's over the bare page's."""

    issues: int
    bytes: int
    bare_per_second: float
    archive_per_second: float
    made_per_second: float
    ratio: float


@click.command("archive")
@click.option("--issues", default=1000, show_default=True)
@click.option("--requests", default=6000, show_default=True, help="Of each sort, over all rounds.")
@click.option("--clients", default=4, show_default=True)
@click.option("--database", default="", help="A PostgreSQL server's URL; SQLite when absent.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def command(issues: int, requests: int, clients: int, database: str, as_json: bool) -> None:
    """Ask for the archive's page and for a bare Flask page, in turns, in the same run."""
    with socket.create_server((HOST, 0)) as one, socket.create_server((HOST, 0)) as other:
        port, bare_port = one.getsockname()[1], other.getsockname()[1]
    with bench_house(database, {"base_url": f"http://{HOST}:{port}"}, 1) as house:
        _add_issues(house.runtime, issues)
        measured = _measure(house.runtime, port, bare_port, issues, requests // ROUNDS, clients)
    if as_json:
        print_json(asdict(measured))
        return
    for name, value in asdict(measured).items():
        click.echo(f"{name:20} {value}")


def _add_issues(runtime: Runtime, issues: int) -> None:
    now = runtime.clock()
    with runtime.database.writing() as session:
        for number in range(issues):
            at = now - timedelta(days=number)
            issue = Issue(
                kind=IssueKind.LINKS if number % 2 else IssueKind.LETTER,
                slug=f"issue-{number}",
                title=f"The letter about {number} things that fall between two teams",
                preheader="A line that says what it is about.",
                markdown=TEXT,
                state=IssueState.SENT,
                created_at=at,
                updated_at=at,
                sent_at=at,
            )
            session.add(issue)
            session.flush()
            set_themes(session, issue.id, f"Topic {number % 12}")


def _measure(runtime: Runtime, port: int, bare_port: int, issues: int, each: int, clients: int) -> Measured:
    with ExitStack() as stack:
        for module, at in ((SITE, port), (BARE, bare_port)):
            argv = tuple(part.replace(SITE, module) for part in web_argv(HOST, at))
            stack.callback(stop, spawn(argv, environment_of(runtime.settings), stdout=DEVNULL))
            wait_for_web(at)
        fresh = count()
        best = {"bare": 0.0, "archive": 0.0, "made": 0.0}
        size = 0
        for number in range(ROUNDS + 1):  # the first warms up
            sizes, bare = _timed(bare_port, clients, ["/"] * each)
            sizes, kept = _timed(port, clients, ["/issues"] * each)
            size = max(sizes)
            _, made = _timed(
                port, clients, [f"/issues?n={next(fresh)}" for _ in range(max(clients, each // 20))]
            )
            if number:
                rates = {"bare": bare, "archive": kept, "made": made}
                best = {name: max(best[name], rate) for name, rate in rates.items()}
    return Measured(
        issues=issues,
        bytes=size,
        bare_per_second=round(best["bare"], 1),
        archive_per_second=round(best["archive"], 1),
        made_per_second=round(best["made"], 1),
        ratio=round(best["archive"] / best["bare"], 3),
    )


def _timed(port: int, clients: int, paths: list[str]) -> tuple[set[int], float]:
    """Ask for all of them over so many kept-open connections; sizes of the bodies, and how many a second."""
    began = time.monotonic()
    with ThreadPoolExecutor(clients) as pool:
        sizes = set().union(*pool.map(lambda mine: _ask(port, paths[mine::clients]), range(clients)))
    return sizes, len(paths) / (time.monotonic() - began)


def _ask(port: int, paths: list[str]) -> set[int]:
    sizes = set()
    with socket.create_connection((HOST, port), timeout=60) as connection:
        for path in paths:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
            sizes.add(_answer(connection))
    return sizes


def _answer(connection: socket.socket) -> int:
    """Read one answer whole; the size of its body."""
    got = b""
    while b"\r\n\r\n" not in got:
        got += _more(connection)
    head, _, body = got.partition(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), -1)
    if b" 200" not in lines[0] or length < 0:
        raise Unavailable(f"A page was answered with {lines[0].decode()}.")
    missing = length - len(body)
    while missing > 0:
        missing -= len(_more(connection))
    return length


def _more(connection: socket.socket) -> bytes:
    data = connection.recv(65_536)
    if not data:
        raise Unavailable("The server hung up.")
    return data
