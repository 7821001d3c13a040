"""`handoff dkim keygen` makes a key that signs and a record that verifies."""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli.dkim import command
from app.delivery.dkim import public_record, read_key
from app.foundation.errors import Conflict, Misconfigured


@pytest.fixture(autouse=True)
def _at_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("HANDOFF_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HANDOFF_DATA_DIR", str(tmp_path))


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_the_record_belongs_to_the_key(kind: str, tmp_path: Path) -> None:
    arguments = ["keygen", "--domain", "dcx.example", "--type", kind, "--json"]
    made = CliRunner().invoke(command, arguments, catch_exceptions=False)
    answer = json.loads(made.output)
    path = Path(answer["file"])
    assert public_record(read_key(path.read_bytes())) == answer["record"]
    assert answer["name"].endswith("._domainkey.dcx.example")
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_key_is_never_overwritten() -> None:
    arguments = ["keygen", "--domain", "dcx.example"]
    first = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert all(len(line.strip().strip('"')) <= 255 for line in first.output.splitlines())
    assert isinstance(CliRunner().invoke(command, arguments).exception, Conflict)


def test_without_a_domain_it_says_what_to_set() -> None:
    failed = CliRunner().invoke(command, ["keygen"])
    assert isinstance(failed.exception, Misconfigured)
    assert "HANDOFF_DKIM_DOMAIN" in str(failed.exception)
