"""The collections of real mail, which lie outside the project: HANDOFF_CORPORA says where.

The collection of bounces has no truth about classes; ours is in `bounce_classes.tsv`, by file name alone: read mail by
mail, before looking at what the product says. What gives no reason is soft: a false suppression is worse than a miss.
"""

import csv
import os
import time
import tracemalloc
from pathlib import Path

import pytest

from app.conversation.inspecting import inspect_mail
from app.conversation.models import InboundKind
from app.conversation.reports import Action, RecipientReport

CORPORA = os.environ.get("HANDOFF_CORPORA", "")
pytestmark = pytest.mark.skipif(
    not CORPORA, reason="HANDOFF_CORPORA is not set: it names the folder with the collections of real mail"
)
ROOT = Path(CORPORA or ".")
CLASSES = Path(__file__).with_name("bounce_classes.tsv")
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


def class_of(report: RecipientReport) -> str:
    if report.action is Action.DELAYED:
        return "delayed"
    return report.bounce_class.value if report.bounce_class else report.action.value


def test_the_class_is_right_in_95_of_100_bounces() -> None:
    with CLASSES.open(newline="") as file:
        truth = {row["file"]: row["class"] for row in csv.DictReader(file, delimiter="\t")}
    found = {
        path.name: {class_of(one) for one in inspect_mail(path.read_bytes()).recipients} or {"none"}
        for path, _ in bounces()
    }
    assert set(found) == set(truth)
    wrong = {name: classes for name, classes in found.items() if classes != {truth[name]}}
    assert len(wrong) <= 0.05 * len(truth), wrong
    suppressed = [name for name, classes in wrong.items() if "hard" in classes]
    assert len(suppressed) <= 0.02 * len(truth), suppressed


def test_no_reply_is_taken_for_a_bounce() -> None:
    """Each body as a mail that a person sends, under a subject that invites the mistake."""
    bodies = sorted(path for path in (ROOT / "replies").rglob("*") if path.suffix in {".txt", ".eml", ""})
    bodies = [path for path in bodies if path.is_file() and path.name not in {"LICENSE", "README"}]
    assert bodies
    for subject in ("Re: Start with the waiting room", "Re: Undelivered Mail Returned to Sender"):
        head = f"From: Ann <ann@example.org>\r\nTo: mark@example.com\r\nSubject: {subject}\r\n\r\n".encode()
        taken = [path.name for path in bodies if inspect_mail(head + path.read_bytes()).recipients]
        assert taken == []


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
