"""Killing the listener and the worker at any point loses no mail and counts none twice."""

import os
import random
import signal
import smtplib
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.conversation.models import InboundMail, InboundState, Message
from app.conversation.receiving import read_raw
from app.delivery.models import Bounce
from app.delivery.verp import bounce_address, reply_address
from app.foundation.settings import Settings
from app.subscribers.models import Suppression
from app.wiring import Runtime
from tests.conversation.letters import answer, deliver, dsn

pytestmark = [pytest.mark.fault, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

ROOT = Path(__file__).resolve().parents[2]
HERE = "127.0.0.1"
DOMAIN = "mail.example.com"
MAILS = 40
WORK = """
from app.foundation.jobs import SilentDoorbell
from app.foundation.settings import load_settings
from app.wiring import build_runtime
from sqlalchemy import select
from app.conversation.models import InboundMail, InboundState
from worker.jobs.inbound import process
from worker.state import using_runtime
import time
with using_runtime(build_runtime(load_settings(), doorbell=SilentDoorbell())) as here:
    print("ready", flush=True)
    while True:
        with here.database.reading() as session:
            waiting = list(session.scalars(
                select(InboundMail.id).where(InboundMail.state == InboundState.RECEIVED).limit(1)
            ))
        for one in waiting:
            process(one)
        time.sleep(0.005)
"""


class Processes:
    """The real listener, and a loop around the real job; killed outright and started again."""

    def __init__(self, settings: Settings) -> None:
        self.port = free_port()
        known = {
            "HANDOFF_DATA_DIR": str(settings.data_dir),
            "HANDOFF_DATABASE_URL": settings.database_url,
            "HANDOFF_STORAGE_URL": settings.storage_url,
            "HANDOFF_SECRET_KEY": settings.secret_key.get_secret_value(),
            "HANDOFF_REPLY_DOMAIN": DOMAIN,
            "HANDOFF_MAIL_IN_PORT": str(self.port),
            "HANDOFF_REDIS_URL": f"redis://{HERE}:1/0",
            "HANDOFF_DEMO": "1",
            "PYTHONPATH": str(ROOT),
        }
        self.environment = {**os.environ, **known}
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str) -> None:
        command = {"listener": ["-m", "worker.lmtp"], "worker": ["-c", WORK]}[name]
        self.running[name] = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        if name == "worker":
            output = self.running[name].stdout
            assert output is not None
            assert output.readline() == b"ready\n"
            return
        deadline = time.monotonic() + 30
        while socket.socket().connect_ex((HERE, self.port)):
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def kill(self, name: str) -> None:
        process = self.running.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait(20)
        if process.stdout is not None:
            process.stdout.close()

    def kill_all(self) -> None:
        for name in list(self.running):
            self.kill(name)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HERE, 0))
        port: int = probe.getsockname()[1]
        return port


def kill_at_random(processes: Processes, chance: random.Random) -> None:
    """Ten kills, each at whatever the victim is doing at that moment."""
    for _ in range(10):
        time.sleep(chance.uniform(0.02, 0.4))
        victim = chance.choice(["listener", "worker"])
        processes.kill(victim)
        processes.start(victim)


def hand_over(port: int, recipient: str, raw: bytes) -> bool:
    """As a mail server does: True when the listener said yes; anything else means keep it and try again."""
    try:
        with smtplib.LMTP(HERE, port, timeout=10) as client:
            client.sendmail("", [recipient], raw)
    except (OSError, smtplib.SMTPException):
        return False
    return True


@pytest.mark.timeout(180)
def test_killing_the_listener_and_the_worker_loses_and_doubles_nothing(
    runtime: Runtime, settings: Settings
) -> None:
    chance = random.Random(7)
    with runtime.database.writing() as session:
        letters = [
            deliver(session, runtime.clock(), f"reader{number}@example.org").id for number in range(MAILS)
        ]
    waiting = []
    for number, letter in enumerate(letters):
        if number % 2:
            raw = dsn(f"reader{number}@example.org")
            waiting.append((bounce_address(runtime.signer, DOMAIN, letter), raw))
        else:
            raw = answer(f"Words number {number}").replace(b"answer-1", f"answer-{number}".encode())
            waiting.append((reply_address(runtime.signer, DOMAIN, letter), raw))
    sent = {raw for _, raw in waiting}
    delivered: list[tuple[str, bytes]] = []
    processes = Processes(settings)
    killer = threading.Thread(target=kill_at_random, args=(processes, chance))
    try:
        for name in ("listener", "worker"):
            processes.start(name)
        killer.start()
        while waiting or killer.is_alive():
            if not waiting:
                waiting.append(delivered.pop(0))  # sent again: the answer was lost on its way
            recipient, raw = waiting[0]
            if hand_over(processes.port, recipient, raw):
                delivered.append(waiting.pop(0))
        killer.join()
        wait_until_done(runtime)
    finally:
        killer.join()
        processes.kill_all()
    with runtime.database.reading() as session:
        keys = list(session.scalars(select(InboundMail.storage_key)))
        counts = [
            session.scalar(select(func.count()).select_from(table))
            for table in (InboundMail, Message, Bounce, Suppression)
        ]
    assert counts == [MAILS, MAILS // 2, MAILS // 2, MAILS // 2]
    assert {read_raw(runtime.storage, key) for key in keys} == sent


def wait_until_done(runtime: Runtime) -> None:
    deadline = time.monotonic() + 60
    while True:
        with runtime.database.reading() as session:
            open_ones = session.scalar(
                select(func.count(InboundMail.id)).where(InboundMail.state == InboundState.RECEIVED)
            )
        if not open_ones:
            return
        assert time.monotonic() < deadline, f"{open_ones} mails were not worked on"
        time.sleep(0.05)
