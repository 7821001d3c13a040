"""Bringing a letter or a list of links in: what its shape says, what is kept, and what the author is told."""

import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.foundation.errors import ContentError
from app.issues.importing import ImportedDraft, import_links, import_text
from app.rendering.answering import Letterbox
from app.rendering.digest import DigestLink, read_digest
from app.rendering.markdown import Places, to_html, to_text
from app.rendering.slots import SlotRegistry
from app.rendering.tree import parse

ROOT = Path(__file__).parents[2]
SEEDS = Path(os.environ.get("HANDOFF_SEEDS") or ROOT.parent / "shared" / "seeds")
needs_seeds = pytest.mark.skipif(
    not SEEDS.is_dir(), reason=f"no seed texts at {SEEDS}; set HANDOFF_SEEDS to the folder that has them"
)
GUIDE = "https://letters.example/guides/field-guide"
TYPED = st.text(
    alphabet=st.one_of(st.sampled_from(list('ab A.:?!*_[]()<>#-+1\n\n"`~|\\&;/PS“”–•👉')), st.characters()),
    max_size=250,
)

# One line a paragraph, no blank lines: how letters come out of a newsletter tool's "copy as text".
STACCATO = """Nobody Reads the Handover
They read the room instead.
Night shift leaves a note.
It is a good note.
If it is long, it is skimmed.
If it is short, it is doubted.
If it is late, it is lost.
By noon three people have asked the patient the same thing, and each of them wrote the answer down somewhere else.
Where the Words Go
Between the ward and the lab they become a code—and the code is what travels.
Before your next round, ask the sister on duty:
“Which question have you answered more than twice today?”
She will know at once.
A handover that holds up says three things for each bed:
– what changed since yesterday
– who has been told
– what would make you worry
A good one also tells the next person, in their own terms:
What can wait
What cannot
And whom to wake when it turns out that you were wrong
Nothing else has to be on it.
If You Want It in One Place
I wrote it all down as a free workbook: The Two Minute Handover.
Take this workbook if:
Your notes are admired and not read
You hear yourself repeat things
Skip it if:
Your ward is quiet
You like the sound of your own voice
Otherwise, download the workbook.
PS: The sister's answer was “whether he may eat”.
Come and Say Hello
I answer every letter myself, usually on the train, sometimes twice.
Three ways to begin:
Disagree with me? Good, tell me where it went wrong on your ward.
Stuck in the middle? Describe the handover and I will draw it for you.
Only passing by? Wave; it is quieter here than you think.
www.handover.example
Follow me on LinkedIn
Thanks for reading, and see you on Tuesday.
👉 If this helped, please think about forwarding it to one colleague. New here? Sign up.
"""


def blocks(draft: ImportedDraft) -> list[str]:
    return re.findall(r"(?m)^::: ([\w-]+)", draft.markdown)


def headings(draft: ImportedDraft) -> list[str]:
    return re.findall(r"(?m)^## (.+)$", draft.markdown)


def sendable(draft: ImportedDraft) -> str:
    registry = SlotRegistry()
    places = Places("https://letters.example", GUIDE, Letterbox(reply_address="nora@letters.example"))
    assert to_html(draft.markdown, registry, places)
    return str(to_text(draft.markdown, registry, places))


class TestAPlainLetter:
    draft = import_text(STACCATO, filename="issue.txt", guide_url=GUIDE)

    def test_its_first_line_is_the_title_and_the_next_words_the_preheader(self) -> None:
        assert self.draft.title == self.draft.subject == "Nobody Reads the Handover"
        assert self.draft.preheader.startswith("They read the room instead. Night shift leaves a note.")
        assert len(self.draft.preheader) <= 140

    @pytest.mark.parametrize("name", ["a.txt", "a.md"])
    def test_the_marks_of_a_quotation_are_no_part_of_the_preview_line(self, name: str) -> None:
        draft = import_text(
            "A Title\n\n>>>>>>>>\n\n>>>> Words of yours\n>> that I quote.\n\nMine.\n", filename=name
        )
        assert ">" not in draft.preheader
        assert "Words of yours that I quote. Mine." in draft.preheader

    def test_short_lines_in_title_case_are_headings(self) -> None:
        assert headings(self.draft) == ["Where the Words Go", "If You Want It in One Place"]

    def test_lines_stay_paragraphs_but_a_refrain_is_kept_together(self) -> None:
        assert "\n\nIt is a good note.\n\n" in self.draft.markdown
        assert (
            "If it is long, it is skimmed.\\\nIf it is short, it is doubted.\\\nIf it is late"
            in self.draft.markdown
        )

    def test_dashes_make_a_list(self) -> None:
        assert "- what changed since yesterday\n- who has been told\n- what" in self.draft.markdown

    def test_bare_lines_under_a_colon_make_a_list_that_ends_at_the_next_sentence(self) -> None:
        assert "- What can wait\n- What cannot\n- And whom to wake" in self.draft.markdown
        assert "- Nothing else" not in self.draft.markdown

    def test_the_blocks_come_in_their_order(self) -> None:
        assert blocks(self.draft) == ["question", "download-if", "skip-if", "button", "ps", "reach-out"]

    def test_the_choice_keeps_the_authors_own_words(self) -> None:
        assert "::: download-if Take this workbook if:\n- Your notes are admired" in self.draft.markdown
        assert "::: skip-if\n- Your ward is quiet" in self.draft.markdown

    def test_the_call_to_action_is_a_button_to_the_guide(self) -> None:
        assert f"::: button\n[Download the workbook]({GUIDE})\n:::" in self.draft.markdown
        assert f"[The Two Minute Handover]({GUIDE})." in self.draft.markdown

    def test_without_a_guide_the_button_says_what_to_fill_in(self) -> None:
        draft = import_text(STACCATO, filename="issue.txt")
        assert "[Download the workbook]({guide_url})" in draft.markdown
        assert any("{guide_url}" in note for note in draft.notes)
        assert parse(draft.markdown).uses_guide_url

    def test_the_postscript_loses_its_label_to_the_block(self) -> None:
        assert "::: ps\nThe sister's answer" in self.draft.markdown

    def test_the_invitation_to_write_is_one_block_with_its_ways(self) -> None:
        inside = self.draft.markdown.partition("::: reach-out Come and Say Hello\n")[2].partition("\n:::")[0]
        assert "- **Disagree with me?** Good, tell me" in inside
        assert "- **[Stuck in the middle?](mailto:stuck)** Describe the handover" in inside
        assert "handover.example" not in inside

    @pytest.mark.parametrize(
        ("asked", "lane"),
        [
            ("Any feedback?", "feedback"),
            ("Need help?", "stuck"),
            ("Just to say hi?", "hello"),
            ("Hither?", ""),
        ],
    )
    def test_each_way_to_write_leads_to_an_address_of_its_own(self, asked: str, lane: str) -> None:
        opening = STACCATO.partition("Stuck in the middle?")
        markdown = import_text(f"{opening[0]}{asked}{opening[2]}", filename=None).markdown
        assert (f"**[{asked}](mailto:{lane})** Describe" in markdown) is bool(lane)
        assert markdown.count("mailto:") == bool(lane)

    def test_addresses_become_links_and_missing_ones_are_named(self) -> None:
        assert "https://www.handover.example" in self.draft.markdown
        assert any("Follow me on LinkedIn" in note for note in self.draft.notes)
        known = import_text(STACCATO, filename=None, linkedin_url="https://linkedin.example/in/nora")
        assert "[Follow me on LinkedIn](https://linkedin.example/in/nora)" in known.markdown

    def test_the_closing_promotion_is_set_off(self) -> None:
        assert "---\n\n👉 If this helped" in self.draft.markdown
        assert "[Sign up](/)" in self.draft.markdown

    def test_it_can_be_sent_as_it_is(self) -> None:
        text = sendable(self.draft)
        assert "PS: The sister’s answer" in text
        assert f"Download the workbook:\n{GUIDE}" in text

    def test_no_word_is_lost(self) -> None:
        kept = sendable(self.draft)
        for word in re.findall(
            r"[A-Za-z]{4,}", STACCATO.partition("\n")[2].replace("Otherwise, download", "Download")
        ):
            assert word in kept, word


class TestOtherShapes:
    def test_hard_wrapped_paragraphs_are_joined(self) -> None:
        wrapped = (
            "A Quiet Word\n\nThis text was wrapped by a mail program at some seventy columns, which\n"
            "is how such programs do it, and it should be read as one paragraph and\nnot as three.\n\nA second one."
        )
        draft = import_text(wrapped, filename=None)
        assert draft.markdown.count("\n\n") == 1
        assert "columns, which is how" in draft.markdown

    def test_three_title_like_lines_in_a_row_are_not_headings(self) -> None:
        draft = import_text(
            "Title\nThe speakers were these.\nAda Byron\nGrace Hopper\nMary Cartwright\nAll came.",
            filename=None,
        )
        assert headings(draft) == []

    def test_an_underlined_line_is_a_heading(self) -> None:
        assert headings(import_text("Title\n\nWhat we saw\n-----------\nIt was green.", filename=None)) == [
            "What we saw"
        ]

    def test_a_sentence_case_heading_between_blank_lines_is_one(self) -> None:
        long = "This paragraph is long enough to show that the short line above it announces it."
        assert headings(import_text(f"Title\n\nFirst.\n\nWhat we saw there\n\n{long}", filename=None)) == [
            "What we saw there"
        ]

    def test_page_furniture_is_left_out_and_named(self) -> None:
        draft = import_text(
            "Title\n\nShare on Facebook\n\nA word.\n\nPlease enter your name here", filename=None
        )
        assert draft.markdown == "A word."
        assert "Share on Facebook" in draft.notes[0]

    @pytest.mark.parametrize(
        "mark", ["*", "_", "#", ">", "`", "[", "<", "&amp;", "1.", "+", ":::", "|", "~~"]
    )
    def test_signs_that_markdown_would_read_are_shown_as_typed(self, mark: str) -> None:
        draft = import_text(f"Title\n\nA word.\n\n{mark}plain{mark} words here.", filename="a.txt")
        assert f"{mark}plain{mark} words here." in sendable(draft)

    def test_markdown_is_taken_as_it_is_less_its_title(self) -> None:
        draft = import_text(
            "# The *title*\n\nHello {first_name|there}.\n\n## Next\n\n- a\n", filename="letter.md"
        )
        assert draft.title == "The *title*"
        assert draft.markdown == "Hello {first_name|there}.\n\n## Next\n\n- a"
        assert draft.preheader == "Hello there."

    def test_a_broken_merge_tag_is_imported_and_said(self) -> None:
        draft = import_text("# T\n\nHello {first_nam}.", filename="letter.md")
        assert any("{first_nam}" in note for note in draft.notes)

    def test_html_becomes_markdown(self) -> None:
        page = (
            "<html><head><title>Site</title><script>x()</script></head><body><nav>Menu</nav><h1>The title</h1>"
            "<p>Hello <b>you</b> &amp; <a href='https://a.example/?x=1&amp;y=2'>a *link*</a>.</p>"
            "<ul><li>one</li><li>two<ol><li>deep</li></ol></li></ul><blockquote><p>said</p></blockquote>"
            "<img src='https://a.example/i.png' alt='A cat'><p><a href='javascript:x()'>bad</a></p></body></html>"
        )
        draft = import_text(page, filename=None)
        assert draft.title == "The title"
        assert "Hello **you** & [a \\*link\\*](<https://a.example/?x=1&y=2>)." in draft.markdown
        assert "- one\n- two\n  1. deep" in draft.markdown
        assert "> said" in draft.markdown
        assert "![A cat]" in draft.markdown
        assert "javascript" not in draft.markdown
        assert any("bad" in note for note in draft.notes)
        for word in ("Menu", "x()", "Site"):
            assert word not in draft.markdown

    def test_html_of_an_old_letter_keeps_its_parts_and_loses_its_ways_out(self) -> None:
        page = (
            "<html><body><div style='display:none'>Preview text</div><h1>T</h1><p>A word.</p>"
            "<table><tr><td><table><tr><th>Who</th><th>What</th></tr><tr><td>a|b</td><td><b>c</b></td></tr></table>"
            "</td></tr></table><h3>Download it if:</h3><ul><li>one</li><li>two</li></ul>"
            "<p><a href='https://a.example/guide'>Get the free field guide</a></p>"
            "<p><strong>P.S.</strong> One <em>more</em>.</p>"
            "<p><a href='https://old.example/u/secret'>Unsubscribe</a></p></body></html>"
        )
        draft = import_text(page, filename="old.html")
        assert "| Who | What |\n| --- | --- |\n| a\\|b | **c** |" in draft.markdown
        assert "::: download-if\n- one\n- two\n:::" in draft.markdown
        assert "::: button\n[Get the free field guide](<https://a.example/guide>)\n:::" in draft.markdown
        assert "::: ps\nOne *more*.\n:::" in draft.markdown
        assert "secret" not in draft.markdown
        assert "Preview text" not in draft.markdown
        assert any("leaving" in note for note in draft.notes)
        sendable(draft)


class TestBadInput:
    @pytest.mark.parametrize("raw", ["", " \n\t", b"", b"\x00\x00", b"\xef\xbb\xbf", "\u200b"])
    def test_nothing_is_refused_by_name(self, raw: str | bytes) -> None:
        with pytest.raises(ContentError) as caught:
            import_text(raw, filename="empty.txt")
        assert caught.value.field == "body"

    @pytest.mark.parametrize("size", [600_000, 5_000_000])
    def test_too_much_is_refused(self, size: int) -> None:
        with pytest.raises(ContentError, match="500 kB"):
            import_text(b"x" * size, filename="big.txt")

    @pytest.mark.parametrize(
        "raw",
        [
            "Café au lait\r\n\r\nCrème et sucre.".encode("latin-1"),
            "Café au lait\r\rCrème et sucre.".encode(),
            b"\xef\xbb\xbf" + "Café au lait\n\nCrème et sucre.".encode(),
            "Café au lait\n\nCrème et sucre.".encode("utf-16"),
            "Cafe\u0301 au lait\n\nCre\u0300me\x00 et\u200b sucre.",
        ],
        ids=["latin-1", "old Mac", "BOM", "UTF-16", "decomposed"],
    )
    def test_whatever_the_encoding_the_words_are_the_same(self, raw: str | bytes) -> None:
        draft = import_text(raw, filename="a.txt")
        assert draft.title == "Café au lait"
        assert draft.markdown == "Crème et sucre."

    @pytest.mark.parametrize("tag", ["div", "blockquote", "b", "ul", "a href='https://a.example'"])
    def test_html_nested_without_end_is_refused(self, tag: str) -> None:
        with pytest.raises(ContentError, match="deep"):
            import_text(f"<html><body>{f'<{tag}>' * 10_000}x", filename="a.html")

    def test_a_title_is_made_from_the_file_when_there_is_none(self) -> None:
        draft = import_text("Just a sentence.", filename="my-first_letter.txt")
        assert draft.title == "My first letter"
        assert any("title" in note for note in draft.notes)

    @given(TYPED)
    def test_any_plain_text_becomes_markdown_that_can_be_sent(self, typed: str) -> None:
        try:
            draft = import_text(typed, filename="a.txt", guide_url=GUIDE)
        except ContentError:
            return
        assert not [note for note in draft.notes if note.startswith("To mend")]
        sendable(draft)


class TestALinkList:
    @pytest.mark.parametrize(
        "raw",
        [
            "1. The queue - https://a.example/queue - They fixed it.\n"
            "2. The form - https://b.example/f - Three questions.",
            "- [The queue](https://a.example/queue) - They fixed it.\n"
            "- [The form](https://b.example/f): Three questions.",
            "The queue\nhttps://a.example/queue\nThey fixed it.\n\nThe form\nhttps://b.example/f\nThree questions.",
            "The queue | https://a.example/queue | They fixed it.\nThe form | https://b.example/f | Three questions.",
            "https://a.example/queue The queue\nThey fixed it.\n\nhttps://b.example/f The form\nThree questions.",
            "<ol><li><a href='https://a.example/queue'>The queue</a> – They fixed it.</li>"
            "<li><a href='https://b.example/f'>The form</a> – Three questions.</li></ol>",
        ],
        ids=["dashes", "markdown", "stacked", "bars", "address first", "html"],
    )
    def test_is_read_however_it_was_kept(self, raw: str) -> None:
        draft = import_links(raw)
        assert draft.links == (
            DigestLink("The queue", "https://a.example/queue", "a.example", "They fixed it."),
            DigestLink("The form", "https://b.example/f", "b.example", "Three questions."),
        )
        assert read_digest(draft.markdown).links == draft.links

    def test_keeps_its_title_its_introduction_and_its_close(self) -> None:
        items = "\n".join(f"{n}. Title {n} - https://a.example/{n} - Why {n}." for n in range(1, 7))
        draft = import_links(f"Six for Sunday\n\nA word before.\n\n{items}\n\nUntil Tuesday.")
        assert draft.title == "Six for Sunday"
        assert draft.notes == ()
        digest = read_digest(draft.markdown)
        assert (digest.before, len(digest.links), digest.after) == ("A word before.", 6, "Until Tuesday.")

    def test_what_was_canonical_stays_as_it_was(self) -> None:
        canonical = (
            "Before.\n\n1. [A \\[b\\]](https://a.example/x) — The Source\n   Why *it* matters.\n\nAfter."
        )
        assert import_links(canonical).markdown == canonical

    def test_says_when_there_are_not_six_and_which_has_no_reason(self) -> None:
        draft = import_links("1. One - https://a.example\n2. Two - https://b.example - why")
        assert "2 links found; a digest has six." in draft.notes
        assert "Link 1 has no line on why it matters." in draft.notes

    @pytest.mark.parametrize("raw", ["words only", "see ftp://a.example", "mailto:a@b.example"])
    def test_without_a_link_is_refused(self, raw: str) -> None:
        with pytest.raises(ContentError, match="no link"):
            import_links(raw)

    @given(TYPED)
    def test_any_text_around_a_link_can_be_read_back(self, typed: str) -> None:
        draft = import_links(f"A title https://a.example/x\n{typed}")
        assert read_digest(draft.markdown).links


@needs_seeds
class TestTheSeedTexts:
    """Texts as authors really keep them; only their structure is looked at here."""

    def read(self, name: str) -> ImportedDraft:
        path = SEEDS / name
        if not path.is_file():
            pytest.skip(f"{path} is not there")
        return import_text(path.read_bytes(), filename=name, guide_url=GUIDE)

    def test_a_letter_imports_with_its_structure(self) -> None:
        draft = self.read("newsletter-issue.txt")
        assert len(headings(draft)) == 7
        assert blocks(draft) == ["question", "download-if", "skip-if", "button", "ps", "reach-out"]
        assert len(re.findall(r"(?m)^- ", draft.markdown)) == 16
        assert len(draft.notes) <= 5
        sendable(draft)

    def test_an_article_imports_as_paragraphs_without_its_page(self) -> None:
        draft = self.read("guest-article.txt")
        assert headings(draft) == []
        assert blocks(draft) == []
        assert len(draft.notes) == 3
        assert draft.guest
        assert len(draft.guest.name.split()) == 2
        assert 100 < len(draft.guest.bio) < 400
        assert draft.guest.bio not in draft.markdown
        assert draft.markdown.count("\n\n") >= 15
        sendable(draft)
