"""The collections of real mail, which lie outside the project: HANDOFF_CORPORA says where."""

import csv
import os
import time
import tracemalloc
from pathlib import Path

import pytest

from app.conversation.inspecting import inspect_mail
from app.conversation.models import InboundKind

CORPORA = os.environ.get("HANDOFF_CORPORA", "")
pytestmark = pytest.mark.skipif(
    not CORPORA, reason="HANDOFF_CORPORA is not set: it names the folder with the collections of real mail"
)
ROOT = Path(CORPORA or ".")
SLOWEST = 0.1
MOST_MEMORY = 50 * 1024 * 1024


def bounces() -> list[tuple[Path, set[str]]]:
    folder = ROOT / "bounces"
    with (folder / "index.tsv").open(newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return [
        (
            folder / row["file"],
            {
                address.lower()
                for column in ("permanent_recipients", "temporary_recipients")
                for address in (row[column] or "").replace(";", " ").split()
            },
        )
        for row in rows
    ]


def hard_messages() -> list[Path]:
    return sorted(path for path in (ROOT / "mime").rglob("*") if path.is_file() and path.name != "index.json")


def test_the_exact_recipients_are_found_in_97_of_100_bounces() -> None:
    wrong = [
        path.name
        for path, recipients in bounces()
        if {one.address.lower() for one in inspect_mail(path.read_bytes()).recipients} != recipients
    ]
    assert len(wrong) <= 0.03 * len(bounces()), wrong


def test_no_hard_message_raises_and_none_is_slow() -> None:
    assert hard_messages()
    slow = []
    for path in hard_messages():
        raw = path.read_bytes()
        begun = time.process_time()
        inspect_mail(raw)
        if time.process_time() - begun > SLOWEST:
            begun = time.process_time()  # once more: the first may have paid for something else
            inspect_mail(raw)
            if time.process_time() - begun > SLOWEST:
                slow.append(path.name)
    assert slow == []


def test_no_message_takes_much_memory() -> None:
    tracemalloc.start()
    try:
        for path in hard_messages():
            inspect_mail(path.read_bytes())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MOST_MEMORY


def test_no_ordinary_mail_is_taken_for_a_bounce() -> None:
    """A mail of the hard collection that counts as a bounce must be a report, or come from a mail server."""
    for path in hard_messages():
        raw = path.read_bytes()
        if inspect_mail(raw).kind is InboundKind.BOUNCE:
            head = raw[:20_000].lower()
            assert b"report" in head or b"mailer-daemon" in head or b"postmaster" in head, path.name
