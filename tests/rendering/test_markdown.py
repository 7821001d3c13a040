"""What an author types, as mail, web page and plain text; and what is refused, with its line."""

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.foundation.errors import ContentError
from app.rendering.blocks import BLOCKS
from app.rendering.markdown import Places, to_html, to_text, to_web_html
from app.rendering.slots import MARK, Slot, SlotRegistry
from app.rendering.tree import parse
from tests.fixtures.pace import allowed

PLACES = Places("https://letters.example", "https://letters.example/guides/field-guide")
TYPED = st.text(
    alphabet=st.one_of(st.sampled_from(list('ab A.:!*_[]()<>#-+1\n\n"`~|\\&;{}/“”–•')), st.characters()),
    max_size=200,
)


def mail_html(markdown: str) -> str:
    return str(to_html(markdown, SlotRegistry(), PLACES))


def mail_text(markdown: str) -> str:
    return str(to_text(markdown, SlotRegistry(), PLACES))


def refusal(markdown: str) -> ContentError:
    with pytest.raises(ContentError) as caught:
        parse(markdown)
    assert caught.value.field == "markdown"
    return caught.value


class TestMergeTags:
    def test_a_tag_becomes_a_slot_with_its_fallback(self) -> None:
        registry = SlotRegistry()
        html = to_html("Hello {first_name|there}, at {email}.", registry)
        assert registry.slots == (Slot("first_name", "there"), Slot("email", ""))
        assert len(MARK.findall(html)) == 2

    def test_the_text_part_shares_the_slots_of_the_html(self) -> None:
        registry = SlotRegistry()
        html = to_html("Hello {first_name|there}.", registry)
        assert MARK.findall(html) == MARK.findall(to_text("Hello {first_name|there}.", registry))
        assert len(registry.slots) == 1

    @pytest.mark.parametrize(
        "tag",
        [
            "{first_nam}",
            "{first_name|",
            "{first_name",
            "{{first_name}}",
            "{First Name|there}",
            "{nickname|you}",
            "{unsubscribe_token}",
        ],
    )
    def test_a_tag_we_do_not_know_is_refused_with_its_line_and_the_way_out(self, tag: str) -> None:
        error = refusal(f"Fine here.\n\n> quoted\n> and {tag} hello\n")
        assert error.line == 4
        assert tag.rstrip() in error.message
        assert "Line 4" in error.message
        assert "{first_name|there}" in (error.hint or "")

    def test_a_misspelt_tag_is_told_what_was_probably_meant(self) -> None:
        assert "did you mean {first_name}" in refusal("{frist_name}").message

    @pytest.mark.parametrize(
        "literal",
        [
            "{{ config }}",
            "{% include x %}",
            "{}",
            "{ }",
            "{1}",
            "{a, b}",
            '{"key": 1}',
            "a } b { c",
            "\\{first_nam}",
        ],
    )
    def test_braces_that_are_no_tag_stay_as_typed(self, literal: str) -> None:
        shown = literal.removeprefix("\\")
        assert shown.replace('"', "“", 1).replace('"', "”") in mail_text(literal)

    def test_braces_in_code_are_left_alone(self) -> None:
        assert "{first_nam}" in mail_html("`{first_nam}`")

    def test_the_web_shows_fallbacks_and_no_marker(self) -> None:
        html = to_web_html("Hello {first_name|there} {email}.", PLACES)
        assert "Hello there ." in html
        assert not MARK.search(html)

    def test_a_tag_inside_an_address_is_refused(self) -> None:
        assert "inside a link" in refusal("[x](https://site.example/?who={email})").message


class TestSafety:
    @pytest.mark.parametrize(
        "typed",
        [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "[x](javascript:alert(1))",
            "[x](JaVaScRiPt:alert(1))",
            "[x](&#106;avascript:alert(1))",
            "![x](data:image/svg+xml;base64,PHN2Zz4=)",
            "<javascript:alert(1)>",
            '[x](https://a.example "onmouseover=alert(1)")',
            "<style>body{display:none}</style>",
        ],
    )
    def test_active_content_never_comes_out_active(self, typed: str) -> None:
        try:
            html = mail_html(typed) + str(to_web_html(typed, PLACES))
        except ContentError:
            return
        for bad in (
            "<script",
            "<style",
            "<img src=x",
            'href="javascript',
            'href="JaVa',
            'src="data:',
            "onmouseover=",
        ):
            assert bad not in html

    @given(TYPED)
    def test_whatever_is_typed_is_written_or_refused_never_a_crash(self, typed: str) -> None:
        try:
            document = parse(typed)
        except ContentError:
            return
        html = to_html(document, SlotRegistry(), PLACES)
        to_text(document, SlotRegistry(), PLACES)
        assert "<script" not in html.lower()
        assert not MARK.search(to_web_html(document, PLACES))

    @given(st.text(alphabet=st.characters(categories=["L", "N"]), min_size=1, max_size=80))
    def test_the_text_part_is_never_empty_when_there_are_words(self, words: str) -> None:
        assert mail_text(words).strip()

    @pytest.mark.parametrize(
        "bottomless",
        [
            ">" * 10_000 + "a",
            "- " * 10_000 + "a",
            "1. " * 10_000 + "a",
            "[" * 10_000 + "a" + "](u)" * 10_000,
            "![" * 10_000 + "a" + "](u)" * 10_000,
            "*" * 10_000 + "a" + "*" * 10_000,
            "\n".join("  " * depth + "- a" for depth in range(400)),
            "\n".join(":" * (203 - depth) + " ps" for depth in range(200)),
            "*a **b " * 200 + "c" + "** a*" * 200,
        ],
        ids=["quotes", "bullets", "numbers", "links", "images", "stars", "indents", "blocks", "emphasis"],
    )
    def test_nesting_without_end_is_refused_at_once(self, bottomless: str) -> None:
        started = time.process_time()
        assert "deep" in refusal(bottomless).message
        assert time.process_time() - started < allowed(0.6)

    @pytest.mark.parametrize(
        "typed", ["{" * 100_000, "&" * 100_000, "`" * 100_000, "[a](" * 20_000, "a_" * 50_000]
    )
    def test_pathological_text_takes_no_more_than_moments(self, typed: str) -> None:
        started = time.process_time()
        with contextlib.suppress(ContentError):
            parse(typed)
        assert time.process_time() - started < allowed(3)

    def test_a_text_too_large_is_refused_with_its_size(self) -> None:
        assert "600 kB" in refusal("x" * 600_000).message

    @pytest.mark.parametrize("ruler", ["-" * 300, "* " * 200, "_" * 80])
    def test_a_long_divider_is_only_a_divider(self, ruler: str) -> None:
        assert mail_html(f"a\n\n{ruler}\n\nb").count("<hr>") == 1


class TestBlocks:
    @pytest.mark.parametrize("name", sorted(set(BLOCKS) - {"button", "for"}))
    def test_every_block_is_a_table_in_mail_and_an_element_on_the_web(self, name: str) -> None:
        markdown = f"::: {name}\nSome words.\n:::"
        assert f'class="block block-{name}"' in mail_html(markdown)
        assert "<table" in mail_html(markdown)
        assert f'class="block block-{name}"' in to_web_html(markdown, PLACES)
        assert "<table" not in to_web_html(markdown, PLACES)
        assert "Some words." in " ".join(mail_text(markdown).split())

    def test_a_button_is_one_link(self) -> None:
        html = mail_html("::: button\n[Get it]({guide_url})\n:::")
        assert 'href="https://letters.example/guides/field-guide"' in html
        assert "button-link" in html
        assert mail_text("::: button\n[Get it]({guide_url})\n:::") == f"Get it:\n{PLACES.guide_url}"

    @pytest.mark.parametrize(
        "inside", ["words", "[a](https://a.example) more", "", "- [a](https://a.example)"]
    )
    def test_a_button_holding_anything_else_is_refused(self, inside: str) -> None:
        assert "one link" in refusal(f"::: button\n{inside}\n:::").message

    def test_an_unknown_block_is_refused_and_the_known_ones_named(self) -> None:
        error = refusal("a\n\n::: sparkle\nb\n:::")
        assert error.line == 3
        assert "reach-out" in (error.hint or "")

    def test_a_block_that_is_never_closed_is_refused(self) -> None:
        assert "never closed" in refusal("::: ps\nthe whole rest\n\nof the letter").message

    def test_a_title_of_ones_own_replaces_the_usual_one(self) -> None:
        assert "Not for you if:" in mail_html("::: skip-if Not for you if:\n- a\n- b\n:::")
        assert "Skip it if:" in mail_html("::: skip-if\n- a\n- b\n:::")

    def test_the_postscript_names_itself(self) -> None:
        assert mail_text("::: ps\nOne more thing.\n:::") == "PS: One more thing."


class TestAddresses:
    @pytest.mark.parametrize("address", ["foo", "example.org/page", "ftp://a.example", "//evil.example"])
    def test_an_address_that_would_be_dead_in_mail_is_refused(self, address: str) -> None:
        assert refusal(f"a\n[x]({address})").line == 2

    def test_our_own_pages_are_written_out_in_full(self) -> None:
        assert 'href="https://letters.example/issues"' in mail_html("[x](/issues)")

    def test_the_guide_must_be_known_before_it_is_linked(self) -> None:
        with pytest.raises(ContentError, match="guide_url"):
            to_html("[x]({guide_url})", SlotRegistry(), Places("https://letters.example"))

    def test_an_image_needs_a_description(self) -> None:
        assert "description" in refusal("a\n\n![](https://a.example/x.png)").message
        assert 'alt="A cat"' in mail_html("![A cat](https://a.example/x.png)")


class TestPlainText:
    def test_lines_are_wrapped_at_72_columns(self) -> None:
        assert max(map(len, mail_text("many words " * 60).split("\n"))) <= 72

    def test_links_are_numbered_and_listed_under_their_section(self) -> None:
        text = mail_text(
            "See [this](https://a.example) and [that](https://b.example).\n\n## Next\n\n[this](https://a.example)"
        )
        assert "See this [1] and that [2]." in text
        assert text.index("[2] https://b.example") < text.index("Next")
        assert text.count("https://a.example") == 1

    def test_an_address_is_never_broken(self) -> None:
        address = "https://a.example/" + "x" * 200
        assert address in mail_text(f"Some words before it <{address}> and after.").split("\n")

    def test_headings_are_underlined_and_lists_keep_their_marks(self) -> None:
        text = mail_text("## A heading\n\n- one\n- two\n  - deeper\n\n3. three\n4. four")
        assert "A heading\n---------" in text
        assert "- one\n- two\n  - deeper" in text
        assert "3. three\n4. four" in text
