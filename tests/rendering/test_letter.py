"""An Issue as mail and archive page: the letter and the digest."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.foundation.errors import ContentError, InvalidInput
from app.rendering.brand import Brand
from app.rendering.digest import Digest, DigestLink, read_digest, write_digest
from app.rendering.letter import render_letter, render_web, web_line
from app.rendering.slots import MARK, RenderedMail, Slot, fill

EMAILS = Path(__file__).parents[2] / "emails"
BRAND = Brand(
    name="Tideline",
    tagline="Letters on making change stick",
    author_name="Nora Quist",
    postal_address="14 Harbour Row, Portland",
    site_url="https://tideline.example",
)
LINKS = """Good morning.

1. [The queue](https://a.example/queue?a=1&b=2) — The Ward Review
   They *fixed* it.

2. [The form](https://b.example/form)
   Three questions, {first_name|friend}.

See you on Tuesday.
"""


def letter(markdown: str = "Hello {first_name|there}.", kind: str = "letter", **changed: str) -> RenderedMail:
    words = {"title": "A title", "subject": "A subject", "preheader": "What is inside"} | changed
    return render_letter(
        EMAILS,
        kind,
        title=words["title"],
        subject=words["subject"],
        preheader=words["preheader"],
        markdown=markdown,
        brand=BRAND,
        base_url="https://letters.example",
        web_url="https://letters.example/issues/a-title",
        guide_url=words.get("guide_url"),
    )


class TestTheLetter:
    def test_carries_the_readers_name_in_every_place(self) -> None:
        mail = letter(
            subject="{first_name|Friend}, a word",
            preheader="For {first_name|you}",
            title="To {first_name|you}",
        )
        alice = fill(mail, {"first_name": "Alice"})
        assert alice.subject == "Alice, a word"
        assert alice.preheader == "For Alice"
        assert "Hello Alice." in alice.html
        assert "Hello Alice." in alice.text
        assert "To Alice" in alice.html
        assert fill(mail, {}).subject == "Friend, a word"

    def test_is_the_same_bytes_each_time(self) -> None:
        assert letter() == letter()

    def test_links_to_itself_on_the_web(self) -> None:
        mail = letter()
        assert mail.html.count('href="https://letters.example/issues/a-title"') == 2
        assert "https://letters.example/issues/a-title" in mail.text

    @pytest.mark.parametrize(("kind", "markdown"), [("letter", "Hello."), ("links", LINKS)])
    def test_is_passed_on_from_its_text_too_with_the_token_that_says_by_whom(
        self, kind: str, markdown: str
    ) -> None:
        mail = fill(letter(markdown, kind), {"delivery_token": "tok"})
        assert "/issues/a-title/forward/tok\nUnsubscribe: https://" in mail.text
        assert 'href="https://letters.example/issues/a-title/forward"' in mail.html

    @pytest.mark.parametrize("place", ["subject", "title", "preheader"])
    def test_a_broken_tag_is_refused_in_each_field_by_name(self, place: str) -> None:
        with pytest.raises(ContentError) as caught:
            letter(**{place: "Hello {first_nam}"})
        assert caught.value.field == place

    def test_what_the_author_types_is_never_a_template(self) -> None:
        mail = letter(
            "{{ config }} {{ ''.__class__ }} {% for x in y %}", subject="{{ 7*7 }}", title="{{ brand }}"
        )
        assert mail.subject == "{{ 7*7 }}"
        assert "{{ config }}" in mail.text
        assert "{% for x in y %}" in mail.text

    def test_mjml_in_the_letter_stays_words(self) -> None:
        mail = letter("</mj-text><mj-raw><b>x</b></mj-raw> <!-- a comment -->")
        assert "&lt;/mj-text&gt;" in mail.html

    def test_only_known_slots_are_in_it(self) -> None:
        assert set(letter().slots) == {
            Slot("first_name", "there"),
            Slot("unsubscribe_token"),
            Slot("preferences_token"),
            Slot("delivery_token"),
        }

    @pytest.mark.parametrize("kind", ["", "note", "Letter"])
    def test_an_unknown_kind_is_refused(self, kind: str) -> None:
        with pytest.raises(InvalidInput, match="kind"):
            letter(kind=kind)

    def test_fifty_links_and_a_long_text_stay_under_the_limit(self) -> None:
        section = "## A heading\n\n" + "Some words that fill the line and go on for a while. " * 8 + "\n\n"
        body = "".join(
            f"{section}[Link {n}](https://a.example/page/{n}?utm_source=letter)\n\n" for n in range(50)
        )
        assert len(letter(body).html.encode()) < 95_000


class TestTheDigest:
    def test_shows_number_title_source_and_reason(self) -> None:
        mail = fill(letter(LINKS, "links"), {"first_name": "Alice"})
        assert 'href="https://a.example/queue?a=1&amp;b=2"' in mail.html
        for words in ("1.", "The queue", "The Ward Review", "2.", "The form", "Three questions, Alice."):
            assert words in mail.html
            assert words in mail.text
        assert "<em>fixed</em>" in mail.html
        assert (
            mail.text.index("Good morning.")
            < mail.text.index("1. The queue")
            < mail.text.index("See you on Tuesday.")
        )

    def test_without_a_list_is_refused(self) -> None:
        with pytest.raises(ContentError, match="numbered list"):
            letter("Just words.", "links")

    @pytest.mark.parametrize(
        "url", ["javascript:alert(1)", "data:text/html,x", "example.org/x", "//evil.example"]
    )
    def test_an_address_no_mail_can_carry_is_refused(self, url: str) -> None:
        with pytest.raises(ContentError, match="link 1"):
            letter(f"1. [x]({url})\n   why", "links")

    def test_text_between_the_links_is_refused_with_its_line(self) -> None:
        with pytest.raises(ContentError) as caught:
            read_digest("1. [x](https://a.example)\n\nstray\n\n2. [y](https://b.example)\n")
        assert caught.value.line == 1

    @given(
        st.lists(
            st.builds(
                DigestLink,
                title=st.from_regex(r"[A-Za-z\[\]\\*é]{1,12}( [a-z()]{1,8}){0,3}", fullmatch=True),
                url=st.from_regex(r"https://[a-z]{1,8}\.example/[a-z0-9()?=&_-]{0,20}", fullmatch=True),
                source=st.from_regex(
                    r"([A-Z][a-z]{1,8}( [a-z-]{1,8}){0,2}|by [a-z]{2,5}|5 min)?", fullmatch=True
                ),
                byline=st.from_regex(r"([A-Z][a-z]{1,8}( [A-Za-z]{1,8}){0,2})?", fullmatch=True),
                minutes=st.one_of(st.none(), st.integers(1, 600)),
                picture=st.from_regex(r"(/pictures/[0-9a-f]{4}\.jpg)?", fullmatch=True),
                why=st.from_regex(r"([A-Z0-9][a-z.]{1,8}( [a-z1.)*-]{1,8}){0,6})?", fullmatch=True),
            ),
            min_size=1,
            max_size=8,
        )
    )
    def test_what_is_written_is_read_back_the_same(self, links: list[DigestLink]) -> None:
        digest = Digest(tuple(links), before="Before them.", after="After them.")
        assert read_digest(write_digest(digest)) == digest


class TestTheWebPage:
    def test_shows_fallbacks_and_nothing_of_any_reader(self) -> None:
        page = render_web("Hello {first_name|there}.", base_url="https://letters.example")
        assert "Hello there." in page
        assert not MARK.search(page)

    def test_shows_a_digest_as_a_list(self) -> None:
        assert render_web(LINKS, kind="links").count("<li>") == 2

    def test_a_title_shows_its_fallback(self) -> None:
        assert web_line("For {first_name|you}, with care") == "For you, with care"
