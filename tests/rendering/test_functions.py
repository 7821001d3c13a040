"""`::: for finance`: words that one function reads and nobody else is shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.foundation.errors import ContentError
from app.rendering.functions import FUNCTIONS
from app.rendering.letter import functions_of, render_letter, render_web
from app.rendering.markdown import to_html, to_text, to_web_html
from app.rendering.slots import RenderedMail, SlotRegistry
from app.rendering.tree import parse
from app.subscribers.models import Function
from tests.rendering.test_letter import BRAND, EMAILS, LINKS

LETTER = """Dear {first_name|reader},

For everybody.

::: for finance
The quarter closes on Friday. [Ask before that](https://example.org/finance).
:::

:::: for sales, legal
::: quote
Signed is not sold.
:::
::::

Yours for all.
"""


def rendered(markdown: str = LETTER, kind: str = "letter") -> RenderedMail:
    return render_letter(
        EMAILS,
        kind,
        title="T",
        subject="{first_name|S}",
        preheader="P",
        markdown=markdown,
        brand=BRAND,
        base_url="https://letters.example",
        web_url="https://letters.example/issues/t",
    )


def test_the_functions_are_those_a_reader_can_have_less_the_one_that_is_none() -> None:
    assert {*FUNCTIONS, "other"} == {function.value for function in Function}


def test_each_function_is_shown_its_own_words_and_no_others() -> None:
    seen = {
        function: (str(to_html(parse(LETTER, function=function), SlotRegistry())))
        for function in (None, "finance", "sales", "legal", "hr")
    }
    assert {function for function, html in seen.items() if "quarter" in html} == {"finance"}
    assert {function for function, html in seen.items() if "not sold" in html} == {"sales", "legal"}
    for html in seen.values():
        assert "For everybody." in html
        assert "Yours for all." in html
        assert ":::" not in html
        assert html.count("<table") == html.count("</table>")


def test_whoever_asks_for_no_function_is_shown_the_common_words() -> None:
    for shown in (to_html(LETTER, SlotRegistry()), to_text(LETTER, SlotRegistry()), to_web_html(LETTER)):
        assert "quarter" not in shown
        assert "example.org/finance" not in shown
    assert "quarter" not in render_web(LETTER)


def test_the_text_part_numbers_only_the_links_that_it_shows() -> None:
    letter = LETTER + "\n[One more](https://example.org/more)\n"
    assert "One more [1]" in to_text(letter, SlotRegistry())
    assert "One more [2]" in to_text(parse(letter, function="finance"), SlotRegistry())


def test_a_letter_has_one_whole_mail_for_each_function_it_speaks_to() -> None:
    mail = rendered()
    assert [function for function, _ in mail.variants] == ["finance", "legal", "sales"]
    assert "quarter" not in mail.html + mail.text
    assert "quarter" in mail.seen_by("finance").html
    assert "quarter" in mail.seen_by("finance").text
    for function in (None, "", "hr", "other"):
        assert mail.seen_by(function).html == mail.html
        assert mail.seen_by(function).variants == ()


def test_the_sunday_links_may_have_such_words_before_and_after_the_list() -> None:
    words = f"::: for it\nSix for the server room.\n:::\n\n{LINKS}\n\n::: for hr\nSee you.\n:::\n"
    mail = rendered(words, kind="links")
    assert functions_of("links", words) == ["hr", "it"]
    assert "server room" in mail.seen_by("it").text
    assert "server room" not in mail.text + mail.seen_by("hr").text
    assert "server room" not in render_web(words, kind="links")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("::: for\nx\n:::", "no function is named"),
        ("::: for finanse\nx\n:::", "“finanse” is no function"),
        ("::: for other\nx\n:::", "“other” is no function"),
    ],
)
def test_a_function_that_there_is_not_is_told_with_its_line(typed: str, said: str) -> None:
    with pytest.raises(ContentError, match=f"Line 3: {said}") as caught:
        parse(f"Hello.\n\n{typed}\n")
    assert "finance" in (caught.value.hint or "")


pieces = st.recursive(
    st.sampled_from(["common", "- item", "> quoted"]).map(lambda words: words + "\n"),
    lambda inner: st.tuples(st.sampled_from(["for finance", "for sales", "ps", "author"]), inner),
    max_leaves=1,
)


@given(st.lists(pieces, max_size=5), st.sampled_from([None, "finance", "sales", "hr"]))
def test_boxes_of_any_nesting_stay_whole_and_show_what_is_meant(
    given_pieces: list[object], function: str | None
) -> None:
    typed, meant = [], 0
    for piece in given_pieces:
        text, depth, shown = piece, 3, True
        marks = []
        while isinstance(text, tuple):
            marks.append(text[0])
            shown = shown and (not text[0].startswith("for ") or text[0] == f"for {function}")
            text = text[1]
        words = str(text)
        for mark in reversed(marks):
            words = f"{':' * depth} {mark}\n{words}{':' * depth}\n"
            depth += 1
        typed.append(words)
        meant += shown
    html = to_html(parse("\n\n".join(typed), function=function), SlotRegistry())
    assert sum(html.count(word) for word in ("common", "item", "quoted")) == meant
    assert html.count("<td") == html.count("</td>")
