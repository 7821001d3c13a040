"""Two workers that send do not get in each other's way, and neither in that of a reader's page."""

import os
from pathlib import Path

import pytest

from worker.cores import POLITE, core_of_its_own, politely

MANY = len(os.sched_getaffinity(0)) > 1


@pytest.mark.skipif(not MANY, reason="this machine has one core")
def test_two_that_send_have_different_cores_and_give_them_back(tmp_path: Path) -> None:
    before = os.sched_getaffinity(0)
    with core_of_its_own(tmp_path) as first:
        assert os.sched_getaffinity(0) == {first}
        os.sched_setaffinity(0, before)
        with core_of_its_own(tmp_path) as second:
            assert second is not None
            assert second != first
    assert os.sched_getaffinity(0) == before
    with core_of_its_own(tmp_path) as third:
        assert third == first


@pytest.mark.skipif(not MANY, reason="this machine has one core")
def test_with_no_core_left_nothing_is_changed(tmp_path: Path) -> None:
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:2])
    try:
        with core_of_its_own(tmp_path):
            os.sched_setaffinity(0, sorted(before)[:2])
            with core_of_its_own(tmp_path):
                os.sched_setaffinity(0, sorted(before)[:2])
                with core_of_its_own(tmp_path) as third:
                    assert third is None
                    assert os.sched_getaffinity(0) == set(sorted(before)[:2])
    finally:
        os.sched_setaffinity(0, before)


def test_whoever_sends_to_many_is_behind_others(tmp_path: Path) -> None:
    before = os.getpriority(os.PRIO_PROCESS, 0)
    with politely():
        assert os.getpriority(os.PRIO_PROCESS, 0) == max(before, POLITE)
        with politely():
            assert os.getpriority(os.PRIO_PROCESS, 0) == max(before, POLITE)


@pytest.mark.skipif(not MANY, reason="this machine has one core")
def test_installations_that_share_a_machine_do_not_all_begin_with_the_same_core(tmp_path: Path) -> None:
    taken = set()
    for number in range(40):
        with core_of_its_own(tmp_path / str(number)) as core:
            taken.add(core)
    assert len(taken) > 1


@pytest.mark.skipif(not MANY, reason="this machine has one core")
def test_where_no_core_can_be_had_nothing_is_changed_and_sending_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_args: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    before = os.sched_getaffinity(0)
    (tmp_path / "cores").write_text("not a folder")
    with core_of_its_own(tmp_path / "cores") as core:
        assert core is None
    monkeypatch.setattr(os, "sched_setaffinity", refused)
    monkeypatch.setattr(os, "setpriority", refused)
    with core_of_its_own(tmp_path) as core, politely():
        assert core is None
    assert os.sched_getaffinity(0) == before
