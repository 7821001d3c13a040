"""A setting that is missing or wrong is named before anything starts."""

import stat
from pathlib import Path

import pytest

from app.foundation.errors import Misconfigured
from app.foundation.settings import check_start, load_settings, valkey_socket


def test_the_secret_is_made_once_and_kept_private(tmp_path: Path) -> None:
    first = load_settings(data_dir=tmp_path)
    second = load_settings(data_dir=tmp_path)
    assert first.secret_key == second.secret_key
    assert len(first.secret_key.get_secret_value()) > 40
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


def test_postgresql_without_a_secret_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as caught:
        load_settings(data_dir=tmp_path, database_url="postgresql://db/handoff")
    assert caught.value.field == "HANDOFF_SECRET_KEY"


def test_postgresql_without_shared_storage_is_refused(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path, database_url="postgresql://db/handoff", secret_key="k" * 40)
    with pytest.raises(Misconfigured) as caught:
        check_start(settings)
    assert caught.value.field == "HANDOFF_STORAGE_URL"


def test_a_public_site_without_a_relay_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as caught:
        check_start(load_settings(data_dir=tmp_path, base_url="https://letters.example.com"))
    assert caught.value.field == "HANDOFF_SMTP_URL"


def test_the_clock_file_is_for_demos_only(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as caught:
        check_start(load_settings(data_dir=tmp_path, clock_file=tmp_path / "clock"))
    assert caught.value.field == "HANDOFF_CLOCK_FILE"


def test_a_bad_value_names_its_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDOFF_WORKERS", "many")
    with pytest.raises(Misconfigured) as caught:
        load_settings(data_dir=tmp_path)
    assert caught.value.field == "HANDOFF_WORKERS"


@pytest.mark.parametrize(
    ("base_url", "loopback"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://localhost:8000", True),
        ("http://[::1]:8000", True),
        ("https://letters.example.com", False),
        ("http://10.0.0.1", False),
        ("http://localhost.example.com", False),
    ],
)
def test_the_catcher_is_for_loopback_only(tmp_path: Path, base_url: str, loopback: bool) -> None:
    assert load_settings(data_dir=tmp_path, base_url=base_url).catcher_allowed is loopback


def test_a_deep_data_directory_still_gets_a_socket(tmp_path: Path) -> None:
    assert len(str(valkey_socket(tmp_path / ("deep" * 40)))) < 108
