"""The whole story with the real processes: the demo that ships is also the widest test there is."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

CHAPTERS = [
    "start",
    "sign up",
    "confirm",
    "guide",
    "import readers",
    "schedule letter",
    "letter at 8:15",
    "digest on Sunday",
    "click",
    "reply",
    "bounce",
    "unsubscribe",
    "next letter",
    "stop",
]


@pytest.mark.timeout(180)
def test_the_whole_story_from_sign_up_to_the_letter_after_leaving() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "app.cli.main", "demo", "--json"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=170,
        check=False,
    )
    told = json.loads(ran.stdout)
    broken = {step["name"]: step["detail"] for step in told["steps"] if not step["ok"]}
    assert broken == {}, ran.stderr.decode("utf-8", "replace")[-4000:]
    assert [step["name"] for step in told["steps"]] == CHAPTERS
    assert ran.returncode == 0
