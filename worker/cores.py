"""Where and how eagerly a letter to many is sent: on a core of its own, and behind whoever waits for a page.

Processes that talk to each other are drawn onto one core, and the kernel finds out at its next tick that another one
is idle: four milliseconds, in which eighty messages could have gone. So each worker takes a core while it sends, as
long as there are enough. Whatever else runs there goes first, because a page is waited for and a letter is not.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Final
from zlib import crc32

POLITE: Final = 10
"""Niceness, as in nice(2), and what nice(1) gives untold: relay and database go first too, and keep us waiting less."""


@contextmanager
def core_of_its_own(folder: Path) -> Iterator[int | None]:
    """This thread and those it starts stay on one core that no other holder has; gives its number.

    None where all are taken, there is only one, the system knows or allows no such thing, or the folder cannot be
    written: then nothing is changed. Mail is never kept back for want of a core.
    """
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    with ExitStack() as stack:
        core = _take_one(stack, folder, sorted(allowed)) if len(allowed) > 1 else None
        if core is not None and not _stay_on({core}):
            core = None
        if core is not None:
            stack.callback(_stay_on, allowed)
        yield core


@contextmanager
def politely() -> Iterator[None]:
    """This thread and those it starts leave the first turn to others."""
    before = os.getpriority(os.PRIO_PROCESS, 0)
    with suppress(OSError):  # some containers allow no change at all
        os.setpriority(os.PRIO_PROCESS, 0, max(before, POLITE))
    try:
        yield
    finally:
        with suppress(OSError):  # only root may become more eager again; a job's process ends with its job
            os.setpriority(os.PRIO_PROCESS, 0, before)


def _stay_on(cores: set[int]) -> bool:
    """False when it is not allowed, or the machine has lost those cores meanwhile."""
    try:
        os.sched_setaffinity(0, cores)
    except OSError:
        return False
    return True


def _take_one(stack: ExitStack, folder: Path, cores: list[int]) -> int | None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Several installations on one machine must not all take the first.
        begin = crc32(b"%d" % folder.stat().st_ino) % len(cores)
    except OSError:
        return None
    for core in cores[begin:] + cores[:begin]:
        file = _locked(folder / f"{core}.lock")
        if file is not None:
            stack.enter_context(file)  # the kernel lets go of it too when the process dies
            return core
    return None


def _locked(path: Path) -> IO[str] | None:
    """None when another has it, or when it is not ours to write."""
    try:
        file = path.open("w")
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file
