"""What is stopped is gone with everything it started."""

import os
import sys
from subprocess import PIPE

import pytest

from tests.fixtures.supervised import alive, eventually
from worker.children import spawn, stop

DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
PARENT = (
    "import subprocess, sys, time; "
    f"print(subprocess.Popen([sys.executable, '-c', {DEAF + 'time.sleep(600)'!r}]).pid, flush=True); "
    "time.sleep(600)"
)


@pytest.mark.parametrize("first", ["", DEAF])
def test_nothing_that_was_started_outlives_what_is_stopped(first: str) -> None:
    process = spawn((sys.executable, "-c", first + PARENT), os.environ, stdout=PIPE)
    assert process.stdout
    child = int(process.stdout.readline())
    stop(process, 0.2)
    process.stdout.close()
    assert eventually(lambda: not alive(child))
