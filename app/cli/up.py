"""`handoff up`: everything on one machine, from migrations to the mail catcher, in one process tree."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click
from sqlalchemy.exc import OperationalError

from app.cli.guide import build_missing_guides
from app.cli.opening import address_note
from app.cli.seed import seed_installation, studio_login_link
from app.foundation.errors import HandoffError, Misconfigured, Unavailable
from app.foundation.migrations import upgrade
from app.foundation.settings import Settings, check_start, load_settings
from app.wiring import Runtime, build_runtime
from worker.children import ChildSpec
from worker.preflight import free_port, holding
from worker.processes import CATCHER, CLOCK, MAIL_IN, WEB, WORKER, module_argv, web_argv
from worker.readiness import READY_FILE, file_ready, http_ready, tcp_ready
from worker.supervisor import StartFailed, Supervisor, say_to_terminal
from worker.valkey import answers, valkey_argv, wait_for_predecessor

DEMO_MARK = "demo-data"
DEMO_DOMAINS = {"HANDOFF_REPLY_DOMAIN": "reply.demo.example", "HANDOFF_BOUNCE_DOMAIN": "bounce.demo.example"}
"""So that a demo shows signed addresses; .example can never be reached (RFC 2606)."""
DRAIN = 30.0
"""Seconds a worker has to finish the job in hand."""

QUEUE_STAGE, CATCHER_STAGE, WEB_STAGE, WORKER_STAGE, EDGE_STAGE = range(5)


@dataclass(frozen=True)
class Plan:
    """What is going to run: the settings in force and where the web listens."""

    settings: Settings
    host: str
    port: int
    catches: bool


@click.command("up")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where the web listens.")
@click.option("--port", default=8000, show_default=True, help="0 takes any free port.")
@click.option(
    "--demo", is_flag=True, help="A demo publication and author; mail goes to the mailbox page only."
)
def command(host: str, port: int, demo: bool) -> None:
    """Start everything on this machine and keep it running until Ctrl-C."""
    begun = time.monotonic()
    data_dir = Path(os.environ.get("HANDOFF_DATA_DIR") or "var").resolve()
    with holding(data_dir):
        plan = make_plan(host, port, demo, data_dir)
        runtime = build_runtime(plan.settings)
        prepare(runtime)
        supervisor = Supervisor(children(plan), say_to_terminal)
        try:
            address_note(data_dir).write_text(plan.settings.base_url)
            supervisor.run(lambda: greet(plan, runtime, time.monotonic() - begun))
        except StartFailed as failure:
            raise Unavailable(str(failure)) from failure
        finally:
            address_note(data_dir).unlink(missing_ok=True)
    say_to_terminal("Everything has stopped.")


def make_plan(host: str, port: int, demo: bool, data_dir: Path) -> Plan:
    """Settle the settings and ports, and write them to the environment for the children to read.

    Raises Misconfigured and Conflict before anything has started.
    """
    port = free_port(host, port, "--port")
    os.environ["HANDOFF_DATA_DIR"] = str(data_dir)
    os.environ.setdefault("HANDOFF_BASE_URL", f"http://127.0.0.1:{port}")
    if demo:
        os.environ["HANDOFF_DEMO"] = "true"
        for name, domain in DEMO_DOMAINS.items():
            os.environ.setdefault(name, domain)
    settings = load_settings()
    check_start(settings)
    keep_demo_apart(settings)
    ports = {
        "HANDOFF_MAIL_IN_PORT": free_port(
            settings.mail_in_host, settings.mail_in_port, "HANDOFF_MAIL_IN_PORT"
        )
    }
    catches = not settings.smtp_url
    if catches:
        catcher = ports["HANDOFF_CATCHER_PORT"] = free_port(
            "127.0.0.1", settings.catcher_port, "HANDOFF_CATCHER_PORT"
        )
        os.environ["HANDOFF_SMTP_URL"] = f"smtp://127.0.0.1:{catcher}?tls=none"
    os.environ.update({name: str(number) for name, number in ports.items()})
    return Plan(load_settings(), host, port, catches)


def keep_demo_apart(settings: Settings) -> None:
    """A data directory that has held the demo never mails the public.

    Raises Misconfigured.
    """
    mark = settings.data_dir / DEMO_MARK
    if settings.demo:
        mark.touch()
    elif mark.exists() and (settings.smtp_url or not settings.catcher_allowed):
        raise Misconfigured(
            f"{settings.data_dir} holds the demo, whose readers are made up",
            field="HANDOFF_DATA_DIR",
            hint="Give the real installation a directory of its own.",
        )


def prepare(runtime: Runtime) -> None:
    """Migrate, and fill in what a fresh installation needs.

    Raises Unavailable when the database cannot be reached.
    """
    try:
        upgrade(runtime.database.engine)
        with runtime.database.writing() as session:
            seed_installation(session, runtime.clock(), runtime.settings)
        _build_guides(runtime)
    except OperationalError as error:
        raise Unavailable(
            f"The database does not answer: {error.orig}", field="HANDOFF_DATABASE_URL"
        ) from error
    finally:
        runtime.database.engine.dispose()


def _build_guides(runtime: Runtime) -> None:
    """A guide whose source is broken is told and left out; it is no reason to keep the letter from going out."""
    try:
        for built in build_missing_guides(runtime):
            say_to_terminal(f"Built the guide {built.slug}: {built.pages} pages.")
    except HandoffError as error:
        say_to_terminal(f"A guide was not built: {error}")


def children(plan: Plan) -> list[ChildSpec]:
    """Every process in the order of starting."""
    settings = plan.settings
    specs: list[ChildSpec] = []
    if not settings.redis_url:
        wait_for_predecessor(settings.data_dir)
        specs.append(
            ChildSpec("valkey", valkey_argv(settings.data_dir), lambda: answers(settings.redis), QUEUE_STAGE)
        )
    if plan.catches:
        ready = tcp_ready("127.0.0.1", settings.catcher_port, b"220")
        specs.append(ChildSpec(CATCHER, module_argv(CATCHER), ready, CATCHER_STAGE))
    local = "127.0.0.1" if plan.host in {"0.0.0.0", "::"} else plan.host  # noqa: S104
    specs.append(
        ChildSpec(
            WEB,
            web_argv(plan.host, plan.port),
            http_ready(local, plan.port, "/healthz"),
            WEB_STAGE,
            stop_timeout=15,
        )
    )
    specs += [
        _announcing(settings, f"{WORKER}-{number}", module_argv(WORKER), WORKER_STAGE, DRAIN)
        for number in range(1, settings.workers + 1)
    ]
    specs.append(_announcing(settings, CLOCK, module_argv(CLOCK), EDGE_STAGE, 10))
    ready = tcp_ready(settings.mail_in_host, settings.mail_in_port, b"220")
    specs.append(ChildSpec(MAIL_IN, module_argv(MAIL_IN), ready, EDGE_STAGE))
    return specs


def _announcing(
    settings: Settings, name: str, argv: tuple[str, ...], stage: int, stop_timeout: float
) -> ChildSpec:
    """A process that says itself when it is ready, because nobody connects to it."""
    folder = settings.data_dir / "run"
    folder.mkdir(exist_ok=True)
    environment: Mapping[str, str] = {READY_FILE: str(folder / f"{name}.ready")}
    return ChildSpec(
        name, argv, file_ready(folder / f"{name}.ready"), stage, environment, stop_timeout=stop_timeout
    )


def greet(plan: Plan, runtime: Runtime, seconds: float) -> None:
    """Say where everything is. The way into the studio is only shown where nobody else reads along."""
    settings = plan.settings
    lines = [("Site", f"{settings.base_url}/")]
    if settings.catcher_allowed:
        lines.append(("Studio", f"{_login_link(runtime)}   (signs you in once, within 12 hours)"))
    else:
        lines.append(("Studio", f"{settings.base_url}/admin/"))
    if plan.catches:
        lines.append(("Mailbox", f"{settings.base_url}/dev/mailbox"))
    lines.append(("Data", str(settings.data_dir)))
    say_to_terminal(f"Handoff is ready after {seconds:.1f} s.")
    for name, value in lines:
        say_to_terminal(f"  {name:<8} {value}")
    say_to_terminal("Stop it with Ctrl-C.")


def _login_link(runtime: Runtime) -> str:
    try:
        with runtime.database.writing() as session:
            link = studio_login_link(session, runtime.clock(), runtime.settings)
    except (HandoffError, OperationalError) as error:
        return f"(no link: {error})"
    finally:
        runtime.database.engine.dispose()
    return link or f"{runtime.settings.base_url}/admin/"
