"""Lanes: what the words say, what the address says, and what the author's corrections teach."""

import json
from pathlib import Path

import pytest

from app.conversation.lanes import Correction, classify_lane
from app.conversation.models import Lane

CORPUS = json.loads((Path(__file__).parent / "lanes.json").read_text(encoding="utf-8"))["replies"]


def share_right(split: str) -> float:
    replies = [reply for reply in CORPUS if reply["split"] == split]
    right = sum(classify_lane(reply["text"]).lane == Lane(reply["lane"]) for reply in replies)
    return right / len(replies)


@pytest.mark.parametrize(("split", "floor"), [("dev", 0.95), ("held", 0.85)])
def test_most_replies_end_in_the_lane_their_writer_meant(split: str, floor: float) -> None:
    assert share_right(split) >= floor


def test_the_address_a_reader_chose_settles_the_lane() -> None:
    guess = classify_lane("How do I unsubscribe?", address_lane=Lane.HELLO)
    assert guess.lane is Lane.HELLO
    assert guess.confidence == 1.0
    assert guess.reasons == ("written to the address for it",)


def test_a_guess_says_how_sure_it_is_and_why() -> None:
    guess = classify_lane("The download link says it has expired. Can you help me?")
    assert guess.lane is Lane.STUCK
    assert 0.7 < guess.confidence < 1
    assert "something of ours does not work" in guess.reasons


@pytest.mark.parametrize("text", ["", "   \n ", "Zyx wvut srq."])
def test_words_that_say_nothing_are_other_and_we_are_not_sure(text: str) -> None:
    guess = classify_lane(text)
    assert guess.lane is Lane.OTHER
    assert guess.confidence <= 0.5


def test_the_authors_corrections_teach_the_vocabulary_of_this_publication() -> None:
    taught = [
        Correction(f"Heatwave workshop seat {word}", Lane.OTHER) for word in ("one", "two", "three", "four")
    ]
    text = "A seat in the heatwave workshop"
    assert classify_lane(text, corrections=taught).lane is Lane.OTHER
    assert any("your corrections" in why for why in classify_lane(text, corrections=taught).reasons)


def test_one_correction_does_not_overturn_what_the_words_plainly_say() -> None:
    once = [Correction("Please unsubscribe me from the letter", Lane.HELLO)]
    assert classify_lane("Please unsubscribe me", corrections=once).lane is Lane.OTHER
