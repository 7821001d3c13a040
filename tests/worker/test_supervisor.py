"""The supervisor starts in order, mends what breaks, and leaves nothing behind."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures.supervised import ANNOUNCE, Supervised, alive, eventually
from worker.supervisor import Backoff

SERVE = f'{ANNOUNCE}; trap "exit 0" TERM; while :; do sleep 0.02; done'

UNTIL_TOLD = 'while [ ! -e "$FOLDER/told" ]; do sleep 0.02; done'


@pytest.fixture
def supervised(tmp_path: Path) -> Iterator[Supervised]:
    handle = Supervised(tmp_path)
    yield handle
    handle.close()


def test_a_stage_starts_when_the_one_before_it_is_ready(supervised: Supervised) -> None:
    script = (
        f'echo "{{}} starts" >> "$FOLDER/order"; sleep 0.05; echo "{{}} serves" >> "$FOLDER/order"; {SERVE}'
    )
    supervised.start(
        *(
            {"name": name, "stage": stage, "script": script.replace("{}", name)}
            for stage, name in enumerate(("queue", "web"))
        )
    )
    supervised.read_until("all ready")
    assert (supervised.folder / "order").read_text().splitlines() == [
        *("queue starts", "queue serves", "web starts", "web serves")
    ]


def test_the_children_of_a_stage_start_together(supervised: Supervised) -> None:
    """Each waits for the other before it says that it is ready: one after the other would never end."""
    script = f'touch "$FOLDER/{{}}-is-here"; until [ -e "$FOLDER/[]-is-here" ]; do sleep 0.02; done; {SERVE}'
    pair = ("one", "two")
    supervised.start(
        *(
            {"name": name, "script": script.replace("{}", name).replace("[]", other)}
            for name, other in (pair, pair[::-1])
        )
    )
    supervised.read_until("all ready")


def test_what_a_child_says_carries_its_name(supervised: Supervised) -> None:
    supervised.start({"name": "web", "script": f"echo hello; {SERVE}"})
    assert supervised.read_until("hello") == "web | hello\n"


@pytest.mark.fault
def test_a_dead_child_is_started_again(supervised: Supervised) -> None:
    supervised.start({"name": "web", "script": SERVE}, {"name": "clock", "script": SERVE})
    supervised.read_until("all ready")
    first, other = supervised.pid_of("web"), supervised.pid_of("clock")
    os.kill(first, signal.SIGKILL)
    supervised.read_until("web ended with SIGKILL; starting it again in 0.02 s")
    supervised.read_until("web is back")
    assert supervised.pid_of("web") != first
    assert supervised.pid_of("clock") == other
    assert not Path(f"/proc/{first}").exists(), "it was left as a zombie"


@pytest.mark.fault
def test_a_child_that_keeps_dying_is_waited_for_longer_and_longer(supervised: Supervised) -> None:
    script = (
        f'if [ -e "$FOLDER/once" ]; then exit 3; fi; touch "$FOLDER/once"; {ANNOUNCE}; {UNTIL_TOLD}; exit 4'
    )
    supervised.start({"name": "web", "script": script})
    supervised.read_until("all ready")
    (supervised.folder / "told").touch()
    supervised.read_until("web ended with exit code 4; starting it again in 0.02 s")
    supervised.read_until("web ended with exit code 3; starting it again in 0.04 s")
    supervised.read_until("web ended with exit code 3; starting it again in 0.08 s")


def test_the_wait_before_a_restart_is_bounded() -> None:
    backoff = Backoff()
    assert [backoff.delay(failures) for failures in (1, 2, 3, 7, 1_000_000)] == [0.5, 1, 2, 30, 30]


def test_a_child_that_cannot_start_is_named_with_its_last_words(supervised: Supervised) -> None:
    supervised.start(
        {"name": "queue", "stage": 0, "script": SERVE},
        {"name": "web", "stage": 1, "script": "echo no such module; exit 7"},
        {"name": "clock", "stage": 2, "script": SERVE},
    )
    supervised.read_until("web ended with exit code 7 before it was ready. Its last words:")
    supervised.read_until("  no such module")
    assert supervised.process.wait(10) == 1
    assert not alive(supervised.pid_of("queue"))
    assert not (supervised.folder / "clock").exists()


def test_a_child_that_never_gets_ready_is_given_up(supervised: Supervised) -> None:
    supervised.start({"name": "web", "script": "sleep 60", "start_timeout": 0.2})
    supervised.read_until("web was not ready after 0 s")
    assert supervised.process.wait(10) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_later_stages_stop_before_earlier_ones(supervised: Supervised, number: signal.Signals) -> None:
    script = f"{ANNOUNCE}; trap 'echo {{}} >> \"$FOLDER/order\"; exit 0' TERM; while :; do sleep 0.02; done"
    stages = {"queue": 0, "web": 1, "worker": 2}
    supervised.start(
        *(
            {"name": name, "stage": stage, "script": script.replace("{}", name)}
            for name, stage in stages.items()
        )
    )
    supervised.read_until("all ready")
    assert supervised.stop(number) == 0
    assert (supervised.folder / "order").read_text().split() == ["worker", "web", "queue"]
    assert supervised.lines[-1] == "all stopped"


def test_a_worker_may_finish_what_it_does(supervised: Supervised) -> None:
    script = f"{ANNOUNCE}; trap 'sleep 0.3; echo done > \"$FOLDER/work\"; exit 0' TERM; while :; do sleep 0.02; done"
    supervised.start({"name": "worker", "script": script})
    supervised.read_until("all ready")
    assert supervised.stop() == 0
    assert (supervised.folder / "work").read_text() == "done\n"


def test_a_child_that_will_not_stop_is_killed(supervised: Supervised) -> None:
    stubborn = f'{ANNOUNCE}; trap "" TERM; while :; do sleep 0.02; done'
    supervised.start({"name": "web", "script": stubborn, "stop_timeout": 0.2})
    supervised.read_until("all ready")
    pid = supervised.pid_of("web")
    assert supervised.stop() == 0
    assert "web did not stop in 0 s; killing it" in supervised.lines
    assert not alive(pid)


@pytest.mark.fault
def test_children_end_with_a_supervisor_that_was_killed(supervised: Supervised) -> None:
    supervised.start({"name": "web", "script": SERVE}, {"name": "clock", "script": SERVE})
    supervised.read_until("all ready")
    pids = [supervised.pid_of("web"), supervised.pid_of("clock")]
    supervised.process.kill()
    assert eventually(lambda: not any(alive(pid) for pid in pids))


@pytest.mark.fault
def test_the_orphans_of_a_killed_child_do_not_outlive_the_supervisor(supervised: Supervised) -> None:
    orphan = "setsid sh -c 'echo $$ > \"$FOLDER/orphan\"; exec sleep 600' &"
    supervised.start({"name": "worker", "script": f"{orphan} {SERVE}"})
    supervised.read_until("all ready")
    assert eventually(lambda: (supervised.folder / "orphan").exists())
    os.kill(supervised.pid_of("worker"), signal.SIGKILL)
    supervised.read_until("worker is back")
    pid = supervised.pid_of("orphan")
    assert alive(pid)
    supervised.stop()
    assert not alive(pid)
