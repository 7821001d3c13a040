"""Merge slots: markers that survive everything, and values that cannot harm."""

import html
from pathlib import Path

import nh3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from app.rendering.brand import palette
from app.rendering.mjml import compile_mjml
from app.rendering.slots import (
    MARK,
    Marked,
    RenderedMail,
    Slot,
    SlotRegistry,
    clean_value,
    defuse,
    defuse_all,
    fill,
)
from app.rendering.style import style


def mail(place: str, slots: tuple[Slot, ...]) -> RenderedMail:
    return RenderedMail(subject=place, preheader=place, html=f"<p>{place}</p>", text=place, slots=slots)


def test_the_same_name_and_fallback_share_a_marker_and_others_do_not() -> None:
    registry = SlotRegistry()
    first = registry.mark("first_name", "there")
    assert registry.mark("first_name", "there") == first
    assert registry.mark("first_name", "friend") != first
    assert registry.slots == (Slot("first_name", "there"), Slot("first_name", "friend"))
    assert MARK.fullmatch(first)


def test_a_marker_survives_the_compiler_the_inliner_and_the_sanitiser() -> None:
    marker = SlotRegistry().mark("unsubscribe_token")
    link = f'<a class="link" href="https://letters.example/unsubscribe/{marker}">{marker}</a>'
    assert nh3.clean(link).count(marker) == 2
    assert style(link, palette("#0B5D5B")).count(marker) == 2
    framed = compile_mjml(
        f"<mjml><mj-body><mj-section><mj-column><mj-text>{link}</mj-text></mj-column></mj-section></mj-body></mjml>"
    )
    assert framed.count(marker) == 2


@pytest.mark.parametrize(
    "typed", ["zqslot0000qz", "ZQSLOT0001QZ", "zqpart0000qz", "azqslot0000qzqslot0000qz"]
)
def test_a_marker_that_an_author_types_is_broken_up(typed: str) -> None:
    assert not MARK.search(defuse(typed))
    assert not MARK.search(defuse(typed).lower())


def test_only_our_own_kinds_of_text_keep_their_markers_in_a_context() -> None:
    marker = SlotRegistry().mark("email")
    cleaned = defuse_all({"typed": [marker], "ours": Marked(marker), "html": Markup(marker)})
    assert not MARK.search(cleaned["typed"][0])
    assert cleaned["ours"] == marker == cleaned["html"]


@given(st.text(max_size=60))
def test_any_name_splices_safely(name: str) -> None:
    registry = SlotRegistry()
    marker = registry.mark("first_name", "there")
    filled = fill(mail(f"Dear {marker}!", registry.slots), {"first_name": name})
    shown = filled.subject.removeprefix("Dear ").removesuffix("!")
    assert shown
    assert not any(ord(char) < 32 or ord(char) == 127 for char in filled.subject + filled.text)
    assert len(filled.subject.splitlines()) == 1
    assert "<" not in filled.html.removeprefix("<p>").removesuffix("</p>")
    assert html.unescape(filled.html) == f"<p>{filled.text}</p>"


@given(st.text(max_size=60))
def test_cleaning_a_value_twice_changes_nothing_more(value: str) -> None:
    assert clean_value(clean_value(value)) == clean_value(value)


@pytest.mark.parametrize("blank", ["", "   ", "\r\n", "\u200b", "\u202e", "\x00"])
def test_a_blank_value_gives_the_fallback(blank: str) -> None:
    registry = SlotRegistry()
    marker = registry.mark("first_name", "there")
    assert fill(mail(marker, registry.slots), {"first_name": blank}).text == "there"
    assert fill(mail(marker, registry.slots), {}).text == "there"


def test_a_header_cannot_be_smuggled_in_through_a_name() -> None:
    registry = SlotRegistry()
    marker = registry.mark("first_name")
    filled = fill(mail(marker, registry.slots), {"first_name": "Eve\r\nBcc: victim@example.org"})
    assert filled.subject == "Eve Bcc: victim@example.org"


def test_markup_in_a_name_is_shown_as_typed() -> None:
    registry = SlotRegistry()
    filled = fill(
        mail(registry.mark("first_name"), registry.slots), {"first_name": "<script>alert('x')</script>"}
    )
    assert "<script" not in filled.html
    assert filled.text == "<script>alert('x')</script>"


def test_a_family_emoji_keeps_its_joiners() -> None:
    assert clean_value("👩‍💻") == "👩‍💻"


def test_the_emails_folder_holds_no_marker() -> None:
    emails = Path(__file__).parents[2] / "emails"
    assert not [path for path in emails.rglob("*.*") if MARK.search(path.read_text("utf-8"))]
