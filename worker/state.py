"""What a job may reach for: the Runtime of its process.

A job is called by name with ids from the queue, so it cannot be handed the Runtime; `worker.main` puts it here once
at start, and a test puts its own:

    with using_runtime(runtime):
        send_chunk(7)
"""

from collections.abc import Iterator
from contextlib import contextmanager

from app.wiring import Runtime

_current: list[Runtime] = []


def runtime() -> Runtime:
    """The Runtime of this process."""
    if not _current:
        raise RuntimeError("no Runtime: jobs run in worker.main, or in a test inside using_runtime()")
    return _current[-1]


@contextmanager
def using_runtime(given: Runtime) -> Iterator[Runtime]:
    """Make `given` the Runtime of this process for the length of a `with` block."""
    _current.append(given)
    try:
        yield given
    finally:
        _current.pop()
