"""The answer to "is this the real one?" where there is no browser."""

import json

import pytest
from click.testing import CliRunner, Result

from app.cli.main import handoff
from app.cli.seed import seed_installation
from app.delivery.witness import Evidence
from app.wiring import Runtime, sentry_of

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def run(runtime: Runtime, *arguments: str) -> Result:
    return CliRunner().invoke(handoff, ["installation", *arguments], obj=runtime, catch_exceptions=False)


def clone(runtime: Runtime) -> None:
    with runtime.database.writing() as session:
        seed_installation(session, runtime.clock(), runtime.settings)
    sentry_of(runtime).look()
    sentry_of(runtime).witness.write(Evidence("the real one", 99))
    sentry_of(runtime).look()


def test_it_says_whether_it_sends(runtime: Runtime) -> None:
    assert run(runtime).stdout.startswith("live:")
    clone(runtime)
    assert json.loads(run(runtime, "--json").stdout)["state"] == "held"


@pytest.mark.parametrize("how", ["--hold", "--send"])
def test_it_goes_on_when_told(runtime: Runtime, how: str) -> None:
    clone(runtime)
    assert run(runtime, "go-on", how).exit_code == 0
    assert sentry_of(runtime).look().may_send


def test_it_stays_quiet_when_told(runtime: Runtime) -> None:
    clone(runtime)
    run(runtime, "stay-quiet")
    assert not sentry_of(runtime).look().may_send
    assert run(runtime).stdout.startswith("quiet:")
