"""One child process: how it is started, watched and ended.

A child runs in a session of its own, so that Ctrl-C at the terminal reaches only the supervisor, which then
stops everything in order; and the kernel asks it to end when its parent dies (prctl(2), PR_SET_PDEATHSIG), so that
a supervisor killed outright leaves nothing behind.
"""

import ctypes
import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
LAST_LINES = 20

_prctl = ctypes.CDLL(None, use_errno=True).prctl if sys.platform == "linux" else None


@dataclass(frozen=True)
class ChildSpec:
    """What to start and how to tell that it serves. Times are seconds.

    `ready` is asked again and again until it answers True; it must answer within a second or so.
    Children of one `stage` start and stop together; lower stages start first and stop last.
    """

    name: str
    argv: tuple[str, ...]
    ready: Callable[[], bool]
    stage: int = 0
    env: Mapping[str, str] = field(default_factory=dict)
    start_timeout: float = 30.0
    stop_timeout: float = 10.0


class Child:
    """A running process of a spec, its output pipe, and the last lines it said."""

    def __init__(self, spec: ChildSpec, now: float) -> None:
        self.spec = spec
        self.started_at = now
        self.ready = False
        self.lines: deque[str] = deque(maxlen=LAST_LINES)
        self._rest = b""
        self.process = spawn(spec.argv, {**os.environ, **spec.env}, stdout=subprocess.PIPE)
        assert self.process.stdout is not None
        os.set_blocking(self.process.stdout.fileno(), False)

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def output(self) -> int:
        """File descriptor of its standard output and error, for a selector."""
        assert self.process.stdout is not None
        return self.process.stdout.fileno()

    @property
    def running(self) -> bool:
        return self.process.returncode is None

    def read_lines(self) -> list[str] | None:
        """Whole lines that came since the last call; None when the pipe has closed."""
        try:
            data = os.read(self.output, 65_536)
        except BlockingIOError:
            return []
        if not data:
            self._rest, last = b"", self._rest
            return self._keep([last]) if last else None
        *whole, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > 65_536:  # a line without an end must not fill our memory
            whole, self._rest = [*whole, self._rest], b""
        return self._keep(whole)

    def _keep(self, raw: list[bytes]) -> list[str]:
        lines = [line.decode("utf-8", "replace").rstrip() for line in raw]
        self.lines.extend(line for line in lines if line)
        return lines

    def send(self, number: signal.Signals) -> None:
        """Signal the child alone; it ends its own children, as granian and RQ do."""
        if self.running:
            os.kill(self.pid, number)

    def kill_group(self) -> None:
        """End it and everything left of its process group, now."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    def close(self) -> None:
        assert self.process.stdout is not None
        self.process.stdout.close()


def spawn(
    argv: tuple[str, ...], env: Mapping[str, str], stdout: int | None = None
) -> subprocess.Popen[bytes]:
    """Start a process that ends with its parent, in its own session, without a standard input.

    Must be called from the main thread: the kernel's promise is tied to the thread that forks.
    """
    parent = os.getpid()

    def tie_to_parent() -> None:
        if _prctl is None:
            return
        _prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before the kernel knew
            os._exit(1)

    return subprocess.Popen(  # noqa: S603  (the command is ours)
        argv,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.STDOUT if stdout == subprocess.PIPE else None,
        start_new_session=True,
        preexec_fn=tie_to_parent,
    )


def adopt_orphans() -> None:
    """Make this process the parent of grandchildren whose own parent died, so that none is lost."""
    if _prctl is not None:
        _prctl(PR_SET_CHILD_SUBREAPER, 1)


def children_of_this_process() -> list[int]:
    """Process ids of our direct children, adopted ones among them (proc(5))."""
    try:
        with open(f"/proc/self/task/{os.getpid()}/children") as listing:
            return [int(pid) for pid in listing.read().split()]
    except OSError:
        return []


def stop(process: subprocess.Popen[bytes], seconds: float = 5.0) -> None:
    """Ask a process to save and end, then insist after so many seconds; nothing of a group of its own outlives it."""
    leads = process.poll() is None and os.getpgid(process.pid) == process.pid
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if leads:  # a web server that was ended in the middle of ending its own processes
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
