"""The processes Handoff is made of and the command line of each.

`handoff up` starts all of them on one machine; `handoff web`, `worker`, `clock` and `mail-in` start one each, which is
what a many-machine deployment runs (fly.toml).
"""

import sys
from typing import Final

WEB: Final = "web"
WORKER: Final = "worker"
CLOCK: Final = "clock"
MAIL_IN: Final = "mail-in"
CATCHER: Final = "catcher"

MODULES: Final = {
    WORKER: "worker.main",
    CLOCK: "worker.clock",
    MAIL_IN: "worker.lmtp",
    CATCHER: "worker.catcher",
}

WEB_PROCESSES: Final = 2
WEB_THREADS: Final = 8
"""Requests worked on at once in each web process; SQLAlchemy's pool has room for more sessions than that."""


def module_argv(name: str) -> tuple[str, ...]:
    """The command of a process that is one of our modules."""
    return (sys.executable, "-m", MODULES[name])


def web_argv(host: str, port: int) -> tuple[str, ...]:
    """granian with our application factory; a request under way at SIGTERM has 10 seconds to end."""
    return (
        *(sys.executable, "-m", "granian", "app.web.factory:create_app", "--factory", "--interface", "wsgi"),
        *("--host", host, "--port", str(port), "--no-ws", "--log-level", "error"),
        *("--workers", str(WEB_PROCESSES), "--blocking-threads", str(WEB_THREADS)),
        *("--workers-kill-timeout", "10", "--respawn-failed-workers"),
    )
