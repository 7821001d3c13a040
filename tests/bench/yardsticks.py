"""What the product is measured against, run beside it on the same machine: C programs, Postfix's smtp-source, OpenSSL.

The C sources stay outside the project (`HANDOFF_YARDSTICKS`, by default `../shared/bench`)
and are compiled into build/bench.
"""

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "bench"


class Missing(Exception):
    """A yardstick that is not to be had; the message says how to get it."""


def compiled(name: str) -> Path:
    """The C yardstick `name`, compiled when it is not yet. Raises Missing."""
    sources = Path(os.environ.get("HANDOFF_YARDSTICKS") or ROOT.parent / "shared" / "bench")
    target = BUILD / name
    if not target.exists():
        if not (sources / f"{name}.c").exists() or not shutil.which("gcc"):
            raise Missing(f"{name}: needs gcc and {name}.c in HANDOFF_YARDSTICKS ({sources})")
        BUILD.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            ["gcc", "-O2", "-w", "-o", str(target), str(sources / f"{name}.c")], check=True, cwd=BUILD
        )
    return target


def smtp_source() -> tuple[Path, dict[str, str]]:
    """Postfix's smtp-source and its environment, unpacked from Debian's package without installing it."""
    folder = BUILD / "postfix"
    program = folder / "usr" / "sbin" / "smtp-source"
    if not program.exists():
        BUILD.mkdir(parents=True, exist_ok=True)
        try:
            subprocess.run(
                ["apt-get", "download", "-q", "postfix"], check=True, cwd=BUILD, capture_output=True
            )
            package = next(BUILD.glob("postfix_*.deb"))
            subprocess.run(["dpkg", "-x", str(package), str(folder)], check=True)
        except (OSError, subprocess.CalledProcessError, StopIteration) as error:
            raise Missing("smtp-source: needs apt-get download postfix") from error
    return program, {**os.environ, "LD_LIBRARY_PATH": str(folder / "usr" / "lib" / "postfix")}


@contextmanager
def running_sink(delay_us: int = 0) -> Iterator[int]:
    """A fastsink on a free loopback port; stopped by its pid at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    sink = subprocess.Popen(
        [str(compiled("fastsink")), str(port), *([str(delay_us)] if delay_us else [])],
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port)
        yield port
    finally:
        sink.terminate()
        sink.wait(10)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.02)  # a benchmark, not a test: nothing to freeze
        else:
            return
    raise Missing("fastsink did not start")


def constant_rate(program: str, message: Path, connections: int, count: int) -> float:
    """Messages a second of `fastsource` or `smtp-source` with a constant body, to a sink of its own."""
    with running_sink() as port:
        if program == "fastsource":
            argv = [str(compiled(program)), str(port), str(connections), str(count), str(message)]
            environment = dict(os.environ)
        else:
            binary, environment = smtp_source()
            argv = [
                *(str(binary), "-d", "-s", str(connections), "-m", str(count), "-F", str(message)),
                *("-f", "a@example.org", "-t", "b@example.org", f"127.0.0.1:{port}"),
            ]
        started = time.monotonic()
        subprocess.run(argv, check=True, env=environment, stdout=subprocess.DEVNULL)
        return count / (time.monotonic() - started)


def openssl_signatures() -> float:
    """RSA-2048 signatures a second on two cores, as `openssl speed` says."""
    said = subprocess.run(
        ["openssl", "speed", "-seconds", "2", "-multi", "2", "rsa2048"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    found = re.search(r"^rsa\s+2048 bits\s+\S+\s+\S+\s+([\d.]+)", said, re.MULTILINE)
    if found is None:
        raise Missing("openssl speed said nothing we understand")
    return float(found.group(1))
