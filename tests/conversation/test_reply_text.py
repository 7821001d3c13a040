"""The reader's own words, over the collection of replies where it is present."""

import json
import os
import time
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from app.conversation.reply_text import reader_words, strip_quotes

CORPORA = os.environ.get("HANDOFF_CORPORA")
FOLDER = Path(CORPORA or "/nowhere") / "replies"


def squeezed(text: str) -> str:
    return "".join(text.split())


def mail(text: str, *, sender: str = "reader@example.com") -> EmailMessage:
    message = EmailMessage()
    message["From"] = sender
    message.set_content(text)
    return message


def word_perfect(case: dict[str, Any], got: str) -> bool:
    said = squeezed(got)
    return (
        (case["exact"] is None or squeezed(case["exact"]) == said)
        and all(squeezed(part) in said for part in case["must_contain"])
        and not any(squeezed(part) in said for part in case["must_not_contain"])
    )


@pytest.mark.skipif(
    CORPORA is None, reason="HANDOFF_CORPORA is not set: the collection of replies is not here"
)
def test_nine_of_ten_replies_of_the_collection_are_word_perfect_and_fast() -> None:
    cases = json.loads((FOLDER / "cases.json").read_text(encoding="utf-8"))
    missed = []
    for case in cases:
        text = case["input"]
        if case["file"]:
            text = (FOLDER / case["file"]).read_bytes().decode("utf-8")
        before = time.process_time()
        got = strip_quotes(text)
        seconds = time.process_time() - before
        assert seconds < 0.05, case["id"]
        if not word_perfect(case, got) or not word_perfect(case, reader_words(mail(text)).text):
            missed.append(case["id"])
    assert len(missed) <= len(cases) // 10, missed
