"""The three links of an answer: signed addresses in mail, the plain address where no mail comes in and on the web."""

import pytest

from app.delivery.verp import ReplyLane
from app.foundation.errors import ContentError
from app.rendering.answering import AnswerLane, Letterbox
from app.rendering.markdown import Places, to_html, to_text, to_web_html
from app.rendering.slots import URL_SLOTS, SlotRegistry

BOX = "::: reach-out\n- [Tell me](mailto:feedback)\n- [Describe it](mailto:stuck)\n- [Hello](MAILTO:hello)\n:::\n"
SIGNED = Places(letterbox=Letterbox("in.example", "mark@dcx.example", "Who pays? 100% & more"))
PLAIN = Places(letterbox=Letterbox("", "mark@dcx.example", "Who pays?"))


def test_each_lane_has_a_slot_and_a_number_of_its_own() -> None:
    assert {lane.slot for lane in AnswerLane} <= URL_SLOTS
    assert {lane.name for lane in AnswerLane} == {lane.name for lane in ReplyLane}


def test_the_links_of_a_mail_lead_to_three_signed_addresses() -> None:
    registry = SlotRegistry()
    html = to_html(BOX, registry, SIGNED)
    assert [slot.name for slot in registry.slots] == ["feedback_token", "stuck_token", "hello_token"]
    for number, words in enumerate(("Feedback", "Stuck", "Hello")):
        assert f'href="mailto:reply+zqslot000{number}qz@in.example?subject={words}%3A%20Who%20pays' in html
    assert "%26" in html


def test_the_text_part_shows_the_address_without_its_subject() -> None:
    text = to_text(BOX, SlotRegistry(), SIGNED)
    assert "Tell me (reply+zqslot0000qz@in.example)" in text
    assert "subject" not in text


def test_where_no_mail_comes_in_they_lead_to_the_authors_address_with_a_subject() -> None:
    html = to_html(BOX, SlotRegistry(), PLAIN)
    assert 'href="mailto:mark@dcx.example?subject=Stuck%3A%20Who%20pays%3F"' in html


def test_the_web_page_carries_no_signed_address() -> None:
    html = to_web_html(BOX, SIGNED)
    assert "reply+" not in html
    assert html.count("mailto:mark@dcx.example?subject=") == 3


def test_a_lane_without_any_address_is_told() -> None:
    with pytest.raises(ContentError, match="no address yet that mailto:feedback"):
        to_html(BOX, SlotRegistry(), Places())


def test_one_word_that_is_no_lane_is_told_with_the_line() -> None:
    with pytest.raises(ContentError, match="Line 3") as caught:
        to_html("Hello.\n\n[Stuck](mailto:stcuk)", SlotRegistry(), SIGNED)
    assert "mailto:stuck" in (caught.value.hint or "")


def test_a_reserved_word_in_an_address_is_not_taken_for_a_slot() -> None:
    registry = SlotRegistry()
    registry.mark("unsubscribe_token")
    typed = "[x](https://a.example/zqslot0000qz)\n\n::: button\n[y](https://a.example/zqslot0000qz)\n:::\n"
    assert "zqslot0000qz" not in to_text(typed, registry, SIGNED)
    assert "zqslot0000qz" not in to_html(typed, registry, SIGNED)


def test_a_subject_alone_shares_the_letter_and_shows_no_address() -> None:
    assert to_text("[Share it](mailto:?subject=Read%20this)", SlotRegistry(), SIGNED) == "Share it"
