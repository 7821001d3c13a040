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
from typing import Final

POLITE: Final = 5
"""Niceness, as in nice(2)."""


@contextmanager
def core_of_its_own(folder: Path) -> Iterator[int | None]:
    """This thread and those it starts stay on one core that no other holder has; gives its number.

    None where all are taken, there is only one, or the system knows no such thing: then nothing is changed.
    """
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    with ExitStack() as stack:
        core = _take_one(stack, folder, sorted(allowed)) if len(allowed) > 1 else None
        if core is not None:
            os.sched_setaffinity(0, {core})
            stack.callback(os.sched_setaffinity, 0, allowed)
        yield core


@contextmanager
def politely() -> Iterator[None]:
    """This thread and those it starts leave the first turn to others."""
    before = os.getpriority(os.PRIO_PROCESS, 0)
    os.setpriority(os.PRIO_PROCESS, 0, max(before, POLITE))
    try:
        yield
    finally:
        with suppress(
            PermissionError
        ):  # only root may become more eager again; a job's process ends with its job
            os.setpriority(os.PRIO_PROCESS, 0, before)


def _take_one(stack: ExitStack, folder: Path, cores: list[int]) -> int | None:
    folder.mkdir(parents=True, exist_ok=True)
    for core in cores:
        file = (folder / f"{core}.lock").open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
        else:
            stack.enter_context(file)  # the kernel lets go of it too when the process dies
            return core
    return None
