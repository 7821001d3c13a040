"""The reader's own words: over the collection of replies where it is present, and over replies of our own."""

import json
import os
import textwrap
import time
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from app.conversation.reply_text import reader_words, strip_quotes
from tests.conversation.cases import pairs, sections, squeezed
from tests.fixtures.pace import allowed

CORPORA = os.environ.get("HANDOFF_CORPORA")
OWN = "That one about the refunds was good.\nWe tried it too: it worked.\n\nMore please."
LETTER = "Most teams never make that mapping explicit.\n\nWho owns the refund where you work?\n- one\n- two"
QUOTED = "\n".join(f"> {line}".rstrip() for line in LETTER.split("\n"))


DIALECTS = dict(sections("dialects.txt"))
ATTRIBUTIONS = DIALECTS["attributions"].splitlines()
HEADER_BLOCKS = DIALECTS["header blocks"].split("\n\n")
SEPARATORS = DIALECTS["separators"].splitlines()
DEVICE_LINES = DIALECTS["device lines"].splitlines()
KEPT = [pytest.param(body, id=name) for name, body in sections("kept_replies.txt")]


@pytest.mark.parametrize(("raw", "said"), pairs("written_replies.txt"))
def test_what_a_mail_program_adds_is_taken_away(raw: str, said: str) -> None:
    assert squeezed(strip_quotes(raw)) == squeezed(said)


@pytest.mark.parametrize("raw", KEPT)
def test_ordinary_words_stay(raw: str) -> None:
    assert squeezed(strip_quotes(raw)) == squeezed(raw)


@pytest.mark.parametrize("width", [0, 72, 50])
@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
def test_an_attribution_is_known_in_any_language_and_however_it_wraps(attribution: str, width: int) -> None:
    led = "\n".join(textwrap.wrap(attribution, width, break_on_hyphens=False)) if width else attribution
    bodies = {
        "above a marked quote": f"{OWN}\n\n{led}\n\n{QUOTED}",
        "above an unmarked one": f"{OWN}\n\n{led}\n\n{LETTER}",
        "right under the words": f"{OWN}\n{led}\n{QUOTED}",
        "bottom posted": f"{led}\n{QUOTED}\n\n{OWN}",
    }
    assert {place: squeezed(strip_quotes(body)) for place, body in bodies.items()} == dict.fromkeys(
        bodies, squeezed(OWN)
    )


@pytest.mark.parametrize("block", HEADER_BLOCKS)
def test_translated_headers_end_the_words_under_any_separator(block: str) -> None:
    missed = [
        separator
        for separator in SEPARATORS
        if squeezed(strip_quotes(f"{OWN}\n\n{separator}\n{block}\n\n{LETTER}")) != squeezed(OWN)
    ]
    assert missed == []
    assert squeezed(strip_quotes(f"{OWN}\n{block}\n\n{LETTER}")) == squeezed(OWN)


@pytest.mark.parametrize("line", DEVICE_LINES)
def test_a_device_line_is_not_the_readers(line: str) -> None:
    outlook = f"________________________________\n{HEADER_BLOCKS[0]}"
    for body in (
        f"{OWN}\n\n{line}",
        f"{OWN}\n\n{line}\n\n{ATTRIBUTIONS[0]}\n{QUOTED}",
        f"{OWN}\n{line}\n{outlook}",
    ):
        assert squeezed(strip_quotes(body)) == squeezed(OWN)


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
    folder = Path(CORPORA or "") / "replies"
    cases = json.loads((folder / "cases.json").read_text(encoding="utf-8"))
    missed = []
    limit = allowed(0.05)
    for case in cases:
        text = (folder / case["file"]).read_bytes().decode("utf-8") if case["file"] else case["input"]
        message = EmailMessage()
        message.set_content(text)
        before = time.process_time()
        got = strip_quotes(text)
        assert time.process_time() - before < limit, case["id"]
        if not word_perfect(case, got) or not word_perfect(case, reader_words(message).text):
            missed.append(case["id"])
    assert len(missed) <= len(cases) // 10, missed
