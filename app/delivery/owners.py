"""Who holds a lease: a process on a machine since a boot, so that its death can be proved and not only supposed."""

import os
import socket
import time
from pathlib import Path
from typing import Final

_CLOCK: Final[int] = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def boot_id() -> str:
    """Changes with every start of the machine; empty where there is no /proc."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def boottime() -> float:
    """Seconds that go on while the machine sleeps, unlike time.monotonic() on Linux."""
    return time.clock_gettime(_CLOCK)


def is_here(owner: str) -> bool:
    """True for an owner on this machine, in this boot or an earlier one: its journals are on our disk."""
    return owner.split("~")[0] == _machine().split("~")[0]


def this_process(label: str = "") -> str:
    """`host.boot.pidspace/pid/start`, unique for ever; `label` tells several lanes of one process apart."""
    pid = os.getpid()
    return f"{_machine()}/{pid}/{_started(pid)}" + (f"/{label}" if label else "")


def is_dead(owner: str) -> bool:
    """True only when the process is provably gone: it was on this machine, and now it is not."""
    parts = owner.split("/")
    if len(parts) < 3:
        return False
    machine, pid, started = parts[:3]
    here = _machine()
    if machine != here:
        same_host = machine.split("~")[0] == here.split("~")[0]
        return same_host and machine.split("~")[1] != here.split("~")[1]
    return not pid.isdigit() or _started(int(pid)) != started


def _machine() -> str:
    try:
        space = os.readlink("/proc/self/ns/pid").strip("pid:[]")
    except OSError:
        space = "0"
    return f"{socket.gethostname()[:40]}.{space}~{boot_id()[:8]}"


def _started(pid: int) -> str:
    """Start time in clock ticks since boot, field 22 of /proc/PID/stat; empty when there is no such process."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in {"Z", "X"} else fields[19]
