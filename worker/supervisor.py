"""Keeps a set of processes alive: starts them stage by stage, restarts what dies, stops all in reverse.

One thread, one loop: it sleeps until a child says something, ends, or a signal comes. Signals only set a flag and
wake the loop (signal.set_wakeup_fd), so that nothing is done twice or half.
"""

import contextlib
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from worker.children import Child, ChildSpec, adopt_orphans, children_of_this_process
from worker.readiness import READY_FILE

POLL = 0.05
"""Seconds between two questions to a child that is not ready yet."""


@dataclass(frozen=True)
class Backoff:
    """Seconds to wait before a restart: doubles from `first` to `longest`, forgotten after `steady` good seconds."""

    first: float = 0.5
    longest: float = 30.0
    steady: float = 60.0

    def delay(self, failures: int) -> float:
        return min(self.longest, self.first * 2.0 ** min(failures - 1, 16))


class StartFailed(Exception):
    """A child did not get ready; says which, why, and what it said last."""

    def __init__(self, name: str, reason: str, lines: Sequence[str]) -> None:
        said = "\n".join(f"  {line}" for line in lines) or "  (nothing)"
        super().__init__(f"{name} {reason}. Its last words:\n{said}")


class Supervisor:
    """Runs children until SIGINT or SIGTERM. `say` gets every line for the terminal."""

    def __init__(
        self, specs: Sequence[ChildSpec], say: Callable[[str], None], backoff: Backoff | None = None
    ) -> None:
        self.specs = specs
        self.say = say
        self.backoff = backoff or Backoff()
        self.children: dict[str, Child] = {}
        self.stopping = False
        self._failures: dict[str, int] = {}
        self._restart_at: dict[str, float] = {}
        self._selector = selectors.DefaultSelector()
        self._width = max((len(spec.name) for spec in specs), default=0)

    def run(self, on_ready: Callable[[], None]) -> None:
        """Start all, call `on_ready`, watch, and return when everything has stopped.

        Raises StartFailed when a child does not get ready; what had started is stopped first.
        """
        adopt_orphans()
        with self._signals():
            try:
                for stage in sorted({spec.stage for spec in self.specs}):
                    self._start_stage([spec for spec in self.specs if spec.stage == stage])
                if not self.stopping:
                    on_ready()
                while not self.stopping:
                    self._watch_once()
            finally:
                self._stop_all()

    def _start_stage(self, specs: Sequence[ChildSpec]) -> None:
        """Start the children of a stage together and return when all of them are ready.

        Raises StartFailed for the first that is not.
        """
        waiting = [] if self.stopping else [self._start(spec) for spec in specs]
        while waiting and not self.stopping:
            self._pump(POLL)
            self._reap()
            for child in waiting:
                self._check_start(child)
            waiting = [child for child in waiting if not child.ready]

    def _check_start(self, child: Child) -> None:
        spec = child.spec
        if not child.running:
            self._pump(0)
            raise StartFailed(spec.name, f"ended with {_ending(child)} before it was ready", child.lines)
        child.ready = spec.ready()
        if not child.ready and time.monotonic() > child.started_at + spec.start_timeout:
            raise StartFailed(spec.name, f"was not ready after {spec.start_timeout:.0f} s", child.lines)

    def _start(self, spec: ChildSpec) -> Child:
        if READY_FILE in spec.env:  # a word from its predecessor must not count
            Path(spec.env[READY_FILE]).unlink(missing_ok=True)
        child = Child(spec, time.monotonic())
        self.children[spec.name] = child
        self._selector.register(child.output, selectors.EVENT_READ, child)
        return child

    def _watch_once(self) -> None:
        self._pump(self._patience())
        self._reap()
        now = time.monotonic()
        for spec in self.specs:
            child = self.children[spec.name]
            if not child.running:
                self._revive(spec, now)
            elif not child.ready and spec.ready():
                child.ready = True
                self.say(f"{spec.name} is back (pid {child.pid})")
            elif child.ready and now - child.started_at > self.backoff.steady:
                self._failures.pop(spec.name, None)

    def _patience(self) -> float:
        """How long the loop may sleep: until the next restart, or a short while when a child is coming up."""
        if any(child.running and not child.ready for child in self.children.values()):
            return POLL
        due = min(self._restart_at.values(), default=time.monotonic() + 5)
        return max(0.0, due - time.monotonic())

    def _revive(self, spec: ChildSpec, now: float) -> None:
        """Schedule a restart for a child that died, and start it when its time has come."""
        if spec.name not in self._restart_at:
            child = self.children[spec.name]
            child.kill_group()
            failures = self._failures[spec.name] = self._failures.get(spec.name, 0) + 1
            delay = self.backoff.delay(failures)
            self._restart_at[spec.name] = now + delay
            self.say(f"{spec.name} ended with {_ending(child)}; starting it again in {delay:g} s")
        elif now >= self._restart_at[spec.name]:
            del self._restart_at[spec.name]
            self._start(spec)

    def _pump(self, timeout: float) -> None:
        """Pass on what children say; wakes at once when a signal or a line comes."""
        for key, _ in self._selector.select(timeout):
            child = key.data
            if child is None:
                with contextlib.suppress(BlockingIOError):
                    os.read(key.fd, 4096)
                continue
            lines = child.read_lines()
            if lines is None:
                self._selector.unregister(child.output)
                child.close()
                continue
            for line in lines:
                self.say(f"{child.spec.name:<{self._width}} | {line}")

    def _reap(self) -> None:
        """Collect every dead child, adopted ones too, so that none stays a zombie."""
        by_pid = {child.pid: child for child in self.children.values() if child.running}
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid in by_pid:
                by_pid[pid].process.returncode = os.waitstatus_to_exitcode(status)

    def _stop_all(self) -> None:
        """Stop stage by stage, the last started first; nothing of ours is left when this returns."""
        self.stopping = True
        running = [child for child in self.children.values() if child.running]
        for stage in sorted({child.spec.stage for child in running}, reverse=True):
            self._stop([child for child in running if child.spec.stage == stage])
        self._reap()
        for pid in children_of_this_process():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)

    def _stop(self, children: Sequence[Child]) -> None:
        for child in children:
            child.send(signal.SIGTERM)
        begun = time.monotonic()
        while any(child.running for child in children):
            self._pump(POLL)
            self._reap()
            for child in children:
                if child.running and time.monotonic() - begun > child.spec.stop_timeout:
                    self.say(f"{child.spec.name} did not stop in {child.spec.stop_timeout:.0f} s; killing it")
                    child.kill_group()
        self._pump(0)
        for child in children:
            child.kill_group()

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        """Wake the loop on signals; the handlers before are put back at the end."""
        reader, writer = socket.socketpair()
        reader.setblocking(False)
        writer.setblocking(False)
        self._selector.register(reader, selectors.EVENT_READ, None)
        before = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        handlers = {
            number: signal.signal(number, self._on_stop)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        }
        handlers[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        try:
            yield
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(before)
            self._selector.close()
            reader.close()
            writer.close()

    def _on_stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True


def _ending(child: Child) -> str:
    code = child.process.returncode
    return signal.Signals(-code).name if code is not None and code < 0 else f"exit code {code}"


def say_to_terminal(line: str) -> None:
    """One line on standard output; a reader who has gone does not stop the processes."""
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
