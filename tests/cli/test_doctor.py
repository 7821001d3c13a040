"""`handoff doctor` finds what is wrong and says how to mend it."""

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from click.testing import CliRunner

from app.cli import doctor
from app.cli.main import handoff
from app.delivery.holds import CLOCK
from app.delivery.models import Hold
from app.foundation.settings import Settings
from app.foundation.storage import LocalStorage
from app.wiring import Runtime
from tests.fixtures.clock import FrozenClock
from tests.fixtures.smtp_sink import SmtpSink
from worker.main import build_worker


@pytest.fixture
def settings(settings: Settings, redis_url: str, smtp_sink: SmtpSink) -> Settings:
    return settings.model_copy(update={"redis_url": redis_url, "smtp_url": smtp_sink.url})


@pytest.fixture
def healthy(runtime: Runtime, clock: FrozenClock) -> Iterator[Runtime]:
    """Everything runs: a worker is registered and the clock has just ticked."""
    with runtime.database.writing() as session:
        session.add(Hold(name=CLOCK, owner="test", until=0, taken_at=clock()))
    worker = build_worker(runtime, "doctor-test")
    worker.register_birth()  # type: ignore[no-untyped-call]
    yield runtime
    worker.register_death()  # type: ignore[no-untyped-call]


def look(runtime: Runtime) -> tuple[int, dict[str, dict[str, Any]]]:
    """Exit code and findings by name."""
    result = CliRunner().invoke(handoff, ["doctor", "--json"], obj=runtime)
    report = json.loads(result.stdout)
    assert report["ok"] == (result.exit_code == 0)
    return result.exit_code, {finding["name"]: finding for finding in report["findings"]}


def test_a_healthy_installation_has_nothing_bad(healthy: Runtime) -> None:
    code, findings = look(healthy)
    assert code == 0, findings
    assert findings["database"]["health"] == "good"
    assert findings["queue"]["health"] == "good"
    assert findings["workers"]["detail"] == "1 running"
    assert findings["address"]["health"] == "warning"
    assert findings["dns"]["health"] == "skipped"


def test_people_get_one_line_for_each_thing(healthy: Runtime) -> None:
    said = CliRunner().invoke(handoff, ["doctor"], obj=healthy).stdout
    assert "ok  queue: answers and keeps every ring" in said
    assert "      Set HANDOFF_BASE_URL to the public address" in said


def test_a_clock_that_stopped_is_bad(healthy: Runtime, clock: FrozenClock) -> None:
    clock.advance(minutes=4)
    code, findings = look(healthy)
    assert code == 1
    assert "has not ticked since 2026-11-16 12:00 UTC" in findings["clock"]["detail"]
    assert "handoff clock" in findings["clock"]["remedy"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_without_a_worker_nothing_is_sent(runtime: Runtime) -> None:
    assert look(runtime)[1]["workers"]["detail"] == "none is running, so nothing is sent"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_relay_that_is_away_is_named(healthy: Runtime, smtp_sink: SmtpSink) -> None:
    smtp_sink.stop()
    code, findings = look(healthy)
    assert code == 1
    assert findings[f"relay 127.0.0.1:{smtp_sink.port}"]["health"] == "bad"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_queue_that_is_away_is_named(runtime: Runtime, tmp_path: Path) -> None:
    away = redis.Redis.from_url(f"unix://{tmp_path}/nobody.sock")
    code, findings = look(dataclasses.replace(runtime, redis=away))
    assert code == 1
    assert findings["queue"]["health"] == "bad"
    assert findings["machine clock"]["health"] == "bad"


def test_tables_of_yesterday_are_named(healthy: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.cli.examination.is_current", lambda _: False)
    assert look(healthy)[1]["database"]["remedy"] == "Run: handoff migrate"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_storage_that_cannot_be_written_is_named(healthy: Runtime, tmp_path: Path) -> None:
    (tmp_path / "blocked").touch()
    code, findings = look(dataclasses.replace(healthy, storage=LocalStorage(tmp_path / "blocked" / "files")))
    assert code == 1
    assert "HANDOFF_STORAGE_URL" in findings["storage"]["remedy"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_public_address_without_tls_is_bad(healthy: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "look_up", lambda _name, _kind: [])
    public = healthy.settings.model_copy(update={"base_url": "http://letters.example.org"})
    findings = look(dataclasses.replace(healthy, settings=public))[1]
    assert findings["address"]["health"] == "bad"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_settings_that_cannot_work_are_the_only_finding(healthy: Runtime) -> None:
    public = healthy.settings.model_copy(
        update={"base_url": "https://letters.example.org", "demo": False, "smtp_url": ""}
    )
    code, findings = look(dataclasses.replace(healthy, settings=public))
    assert code == 1
    assert list(findings) == ["settings"]
    assert findings["settings"]["detail"].startswith("HANDOFF_SMTP_URL")
