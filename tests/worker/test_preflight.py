"""Nothing starts where it could not run: the refusal says what is in the way and how to go round it."""

import shutil
import socket
from pathlib import Path
from types import SimpleNamespace

import pytest

from app.foundation.errors import Conflict, Misconfigured
from worker.preflight import check_writable, free_port, holding


def test_a_second_handoff_on_the_same_directory_is_refused_with_the_first_ones_process(
    tmp_path: Path,
) -> None:
    with holding(tmp_path):
        pid = (tmp_path / "handoff.lock").read_text()
        with (
            pytest.raises(Conflict, match=rf"already runs on {tmp_path} \(process {pid}\)"),
            holding(tmp_path),
        ):
            pass
    with holding(tmp_path):
        pass


def test_a_data_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Misconfigured, match="Not a directory") as refused:
        check_writable(tmp_path / "file" / "var")
    assert refused.value.field == "HANDOFF_DATA_DIR"


def test_a_disk_that_is_nearly_full_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=3 * 1024**2))
    with pytest.raises(Misconfigured, match="has only 3 MB free"):
        check_writable(tmp_path)


def test_a_full_disk_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(Misconfigured, match="No space left on device"):
        check_writable(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_busy_port_is_refused_with_the_option_that_chooses_another() -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        with pytest.raises(Conflict, match=f"Port {port} on 127.0.0.1 cannot be used") as refused:
            free_port("127.0.0.1", port, "--port")
    assert refused.value.field == "--port"


def test_port_zero_finds_a_free_one() -> None:
    assert free_port("127.0.0.1", 0, "--port") > 0
