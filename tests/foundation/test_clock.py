"""A moved clock runs on from where it was put."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import time_machine

from app.foundation.clock import file_clock, move_clock

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def test_a_moved_clock_runs_on_from_there(tmp_path: Path) -> None:
    path = tmp_path / "clock"
    with time_machine.travel(START, tick=False) as traveller:
        move_clock(path, datetime(2026, 11, 24, 13, 15, tzinfo=UTC))
        os.utime(path, (START.timestamp(), START.timestamp()))
        traveller.shift(90)
        assert file_clock(path)() == datetime(2026, 11, 24, 13, 16, 30, tzinfo=UTC)


def test_without_a_file_it_is_the_machines_clock(tmp_path: Path) -> None:
    with time_machine.travel(START, tick=False):
        assert file_clock(tmp_path / "none")() == START


def test_half_a_date_is_not_believed(tmp_path: Path) -> None:
    (tmp_path / "clock").write_text("2026-1")
    with time_machine.travel(START, tick=False):
        assert abs(file_clock(tmp_path / "clock")() - START) < timedelta(seconds=1)
