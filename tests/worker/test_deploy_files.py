"""The files one deploys with agree with the commands and timings of the code they deploy."""

import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import click
import pytest

from app.cli.main import handoff
from app.cli.up import Plan, children
from app.foundation.settings import Settings
from worker.processes import CLOCK, MAIL_IN, WEB, WORKER

ROOT = Path(__file__).resolve().parents[2]
FLY_LONGEST_KILL_TIMEOUT = 300
LONGEST_CHUNK = 10


def read(name: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / name).read_text())


@pytest.fixture(params=["fly.toml", "fly.single.toml"])
def fly(request: pytest.FixtureRequest) -> dict[str, Any]:
    return read(request.param)


def parse(command: str) -> tuple[str, dict[str, Any]]:
    """The `handoff` command that a line runs, with its options; fails as the shell would."""
    program, name, *arguments = shlex.split(command)
    assert program == "handoff"
    found = handoff.get_command(click.Context(handoff), name)
    assert found is not None, f"there is no `handoff {name}`"
    return name, found.make_context(name, arguments).params


def test_the_many_machine_shape_runs_one_group_for_each_process() -> None:
    commands = {group: parse(command)[0] for group, command in read("fly.toml")["processes"].items()}
    assert commands == {WEB: WEB, WORKER: WORKER, CLOCK: CLOCK, MAIL_IN: MAIL_IN}


def test_the_many_machine_shape_migrates_before_a_release() -> None:
    assert parse(read("fly.toml")["deploy"]["release_command"])[0] == "migrate"


def test_the_one_machine_shape_runs_up_and_migrates_there() -> None:
    fly = read("fly.single.toml")
    assert [parse(command)[0] for command in fly["processes"].values()] == ["up"]
    assert "release_command" not in fly["deploy"], "a release machine would not see the volume"
    assert fly["mounts"]["destination"] == fly["env"]["HANDOFF_DATA_DIR"]


def test_both_shapes_run_the_same_processes(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, smtp_url="smtp://relay.example.com", workers=1)
    together = {spec.name for spec in children(Plan(settings, "0.0.0.0", 8080, catches=False))}
    apart = set(read("fly.toml")["processes"])
    assert {name.removesuffix("-1") for name in together} == apart | {"valkey"}


def test_every_setting_named_is_one_that_exists(fly: dict[str, Any]) -> None:
    known = {f"HANDOFF_{name.upper()}" for name in Settings.model_fields}
    assert set(fly["env"]) <= known


def test_services_go_to_groups_and_ports_that_exist(fly: dict[str, Any]) -> None:
    ports = {8080, int(fly["env"]["HANDOFF_MAIL_IN_PORT"])}
    for service in [fly["http_service"], *fly["services"]]:
        assert set(service["processes"]) <= set(fly["processes"])
        assert service["internal_port"] in ports
    assert {group for vm in fly["vm"] for group in vm["processes"]} == set(fly["processes"])


def test_the_web_listens_where_the_proxy_looks(fly: dict[str, Any]) -> None:
    [group] = fly["http_service"]["processes"]
    _, options = parse(fly["processes"][group])
    assert options["port"] == fly["http_service"]["internal_port"]
    assert options["host"] == "0.0.0.0"
    assert fly["env"]["HANDOFF_MAIL_IN_HOST"] == "0.0.0.0"


def test_health_is_asked_of_the_web(fly: dict[str, Any]) -> None:
    assert "/healthz" in {check["path"] for check in fly["http_service"]["checks"]}
    assert all(service["tcp_checks"] for service in fly["services"])


def test_machines_do_not_sleep_while_mail_is_due(fly: dict[str, Any]) -> None:
    for service in [fly["http_service"], *fly["services"]]:
        assert service["auto_stop_machines"] == "off"


def test_sigterm_leaves_time_to_drain(fly: dict[str, Any]) -> None:
    assert fly["kill_signal"] == "SIGTERM"
    assert LONGEST_CHUNK < fly["kill_timeout"] <= FLY_LONGEST_KILL_TIMEOUT


def test_the_one_machine_shape_waits_for_every_stage(tmp_path: Path) -> None:
    specs = children(Plan(Settings(data_dir=tmp_path), "0.0.0.0", 8080, catches=True))
    stages = {spec.stage for spec in specs}
    longest = sum(max(spec.stop_timeout for spec in specs if spec.stage == stage) for stage in stages)
    assert longest < read("fly.single.toml")["kill_timeout"]


def test_the_image_runs_the_one_machine_shape_without_root_and_without_test_tools() -> None:
    text = (ROOT / "Dockerfile").read_text()
    assert "requirements-dev.lock" not in text
    command = re.search(r"^CMD (\[.*\])$", text, re.MULTILINE)
    assert command
    assert eval(command[1]) == shlex.split(read("fly.single.toml")["processes"]["app"])
    assert "setpriv --reuid=handoff" in (ROOT / "tools" / "entrypoint").read_text()


def test_the_image_carries_everything_the_code_reads() -> None:
    text = (ROOT / "Dockerfile").read_text()
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    copied = {
        name for line in re.findall(r"^COPY (?!--)(.+) \S+$", text, re.MULTILINE) for name in line.split()
    }
    assert {
        "app",
        "worker",
        "migrations",
        "emails",
        "guides",
        "publication.toml",
        "requirements.lock",
    } <= copied
    assert {f"!{name}" for name in copied} <= set(ignored), "the build could not see these"


def test_what_servers_run_is_what_was_tested() -> None:
    pin = re.compile(r"^([a-z0-9._-]+)==(\S+)", re.MULTILINE)
    runtime = dict(pin.findall((ROOT / "requirements.lock").read_text()))
    tested = dict(pin.findall((ROOT / "requirements-dev.lock").read_text()))
    assert runtime
    assert {name: tested.get(name) for name in runtime} == runtime
