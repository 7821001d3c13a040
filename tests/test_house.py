"""The house keeps its own rules, beyond what the linters see."""

import re
import subprocess

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from app.foundation.migrations import FOLDER
from app.foundation.settings import Settings

ROOT = FOLDER.parent
TRACKED = [
    ROOT / name
    for name in subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    if name
]
PYTHON = [path for path in TRACKED if path.suffix == ".py" and path.exists()]


def test_there_is_one_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    assert len(ScriptDirectory.from_config(config).get_heads()) == 1


NOTHING_TO_LOSE = {
    "0002_chunks_are_ranges.py": "no code before it wrote a chunk or a delivery",
    "0004_holds.py": "the clock's lease of a minute, taken anew at the next tick",
}


def test_no_migration_drops_data() -> None:
    for path in (FOLDER / "versions").glob("*.py"):
        if path.name in NOTHING_TO_LOSE:
            continue
        assert "drop_table" not in path.read_text(), path
        assert "drop_column" not in path.read_text(), path


def test_packages_say_nothing_at_import() -> None:
    full = [path for path in PYTHON if path.name == "__init__.py" and path.read_text().strip()]
    assert full == []


def test_no_module_is_two_rooms() -> None:
    rooms = [path for path in PYTHON if path.relative_to(ROOT).parts[0] in {"app", "worker"}]
    assert rooms
    assert [path for path in rooms if len(path.read_text().splitlines()) > 400] == []


def test_every_module_says_why_it_exists() -> None:
    silent = [
        path
        for path in PYTHON
        if path.name != "__init__.py"
        and path.relative_to(ROOT).parts[0] in {"app", "worker"}
        and not path.read_text().lstrip().startswith(('"""', 'r"""'))
    ]
    assert silent == []


LOCKS = (
    "requirements.lock",
    "requirements-dev.lock",
    "package-lock.json",
    "tools/lighthouse/package-lock.json",
)


@pytest.mark.parametrize("name", LOCKS)
def test_locks_carry_hashes_and_no_addresses(name: str) -> None:
    lock = (ROOT / name).read_text()
    assert "sha256:" in lock or '"integrity": "sha512-' in lock
    assert '"resolved"' not in lock
    assert "--index-url" not in lock
    assert "registry" not in lock


def test_the_manual_lists_every_setting_and_no_other() -> None:
    listed = set(re.findall(r"HANDOFF_[A-Z0-9_]+", (ROOT / "docs" / "deploy.md").read_text()))
    assert listed == {f"HANDOFF_{name.upper()}" for name in Settings.model_fields}
