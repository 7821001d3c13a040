"""Every mail in emails/, rendered with its sample: what a reader, a screen reader and a mail provider need of it."""

import re
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from app.foundation.errors import ContentError, InvalidInput
from app.rendering.brand import Brand, contrast, palette
from app.rendering.mail import one_line, render_mail
from app.rendering.mjml import compile_mjml
from app.rendering.samples import mail_names, sample_context
from app.rendering.slots import MARK, RenderedMail, SlotRegistry
from app.rendering.templates import TemplateBroken, TemplateMissing

EMAILS = Path(__file__).parents[2] / "emails"
NAMES = mail_names(EMAILS)
BULK = ("letter", "links", "welcome", "followup", "series-part")
PERSONAL = ("answer",)
"""Written by one person to another: without the publication's frame."""
TOKEN_LINKS = {
    "confirm": "/confirm/{confirm_token}",
    "guide": "/guides/field-guide/download/{download_token}",
    "fresh-link": "/guides/field-guide/download/{download_token}",
    "login-link": "/admin/login/{login_token}",
}


def render(name: str) -> RenderedMail:
    registry = SlotRegistry()
    return render_mail(EMAILS, name, sample_context(EMAILS, name, registry), registry)


def named(rendered: RenderedMail, place: str) -> str:
    """The place with `{name}` where markers stand."""
    return MARK.sub(lambda found: "{" + rendered.slots[int(found.group(1))].name + "}", place)


def test_the_mails_that_the_product_sends_are_there() -> None:
    assert {
        "letter",
        "links",
        "confirm",
        "welcome",
        "guide",
        "fresh-link",
        "author-notice",
        "login-link",
    } <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
class TestEveryMail:
    def test_has_all_its_parts(self, name: str) -> None:
        mail = render(name)
        assert mail.subject == mail.subject.strip()
        assert "\n" not in mail.subject
        assert mail.preheader
        assert len(mail.text) > 100
        assert mail.text.endswith("\n")
        assert max(len(line) for line in mail.text.split("\n") if "://" not in line) <= 72

    def test_stays_well_under_the_size_that_providers_clip(self, name: str) -> None:
        assert len(render(name).html.encode()) < 30_000

    def test_says_its_language_and_title_and_works_in_both_schemes(self, name: str) -> None:
        page = LexborHTMLParser(render(name).html)
        root = page.css_first("html")
        title = page.css_first("title")
        assert root is not None
        assert title is not None
        assert root.attributes["lang"] == "en"
        assert title.text().strip()
        assert page.css_first('meta[name="color-scheme"]') is not None
        assert "prefers-color-scheme: dark" in render(name).html

    def test_hides_its_tables_from_screen_readers_unless_they_are_data(self, name: str) -> None:
        page = LexborHTMLParser(render(name).html)
        bare = [t for t in page.css("table") if t.attributes.get("role") != "presentation"]
        assert all("grid" in (t.attributes.get("class") or "") for t in bare)

    def test_describes_every_image_and_loads_nothing_else(self, name: str) -> None:
        html = render(name).html
        page = LexborHTMLParser(html)
        assert all(image.attributes.get("alt") for image in page.css("img"))
        assert not page.css("script, link, iframe, form")
        assert "@import" not in html
        assert "url(" not in html

    def test_leads_every_link_to_a_full_address(self, name: str) -> None:
        page = LexborHTMLParser(render(name).html)
        links = [anchor.attributes.get("href") or "" for anchor in page.css("a")]
        assert links or name in PERSONAL
        assert all(re.match(r"https://|mailto:", link) for link in links)

    def test_has_one_top_heading_and_says_who_sends_it_from_where(self, name: str) -> None:
        mail = render(name)
        page = LexborHTMLParser(mail.html)
        if name in PERSONAL:
            assert not page.css("h1")
            return
        assert len(page.css("h1")) == 1
        body = page.body
        assert body is not None
        for place in (body.text(), mail.text):
            assert "14 Harbour Row, Portland, ME 04101, USA" in place
            assert "Tideline" in place

    def test_leaves_no_template_or_placeholder_behind(self, name: str) -> None:
        mail = render(name)
        for place in (mail.subject, mail.preheader, mail.html, mail.text):
            assert not re.search(r"zqpart|\{\{|\{%|\{#", place)
            assert all(int(number) < len(mail.slots) for number in MARK.findall(place))


@pytest.mark.parametrize("name", BULK)
def test_bulk_mail_shows_how_to_leave_in_both_parts(name: str) -> None:
    mail = render(name)
    for place in (mail.html, mail.text):
        assert "https://letters.tideline.example/unsubscribe/{unsubscribe_token}" in named(mail, place)
        assert "https://letters.tideline.example/preferences/{preferences_token}" in named(mail, place)


@pytest.mark.parametrize("name", sorted(set(NAMES) - {*BULK, *PERSONAL}))
def test_mail_that_was_asked_for_offers_no_unsubscribing_and_says_why_it_came(name: str) -> None:
    mail = render(name)
    assert "unsubscribe" not in mail.html.lower() + mail.text.lower()
    assert re.search(r"You get this|Somebody typed this address", mail.text)


@pytest.mark.parametrize(("name", "link"), sorted(TOKEN_LINKS.items()))
def test_the_token_stands_in_the_link_of_both_parts(name: str, link: str) -> None:
    mail = render(name)
    for place in (mail.html, mail.text):
        assert "https://letters.tideline.example" + link in named(mail, place)


class TestBrokenTemplates:
    def test_a_missing_folder_or_file_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(TemplateMissing, match=r"nowhere/subject\.txt"):
            render_mail(EMAILS, "nowhere", {})
        (tmp_path / "note").mkdir()
        (tmp_path / "note" / "subject.txt").write_text("Hello")
        with pytest.raises(TemplateMissing, match=r"note/body\.mjml"):
            render_mail(tmp_path, "note", {})

    @pytest.mark.parametrize("name", ["../secrets", "/etc", "a/b", "", "."])
    def test_a_name_cannot_lead_out_of_the_folder(self, name: str) -> None:
        with pytest.raises(TemplateMissing):
            render_mail(EMAILS, name, {})

    def test_a_value_that_was_not_given_is_named(self) -> None:
        with pytest.raises(TemplateBroken, match="guide_title"):
            render_mail(EMAILS, "guide", {})

    @pytest.mark.parametrize("source", ["", "words", "<mjml>", "<mjml><mj-body></mjml>"])
    def test_mjml_that_is_not_well_formed_is_refused(self, source: str) -> None:
        with pytest.raises(TemplateBroken, match="cannot be compiled"):
            compile_mjml(source)

    @pytest.mark.parametrize("tag", ["mj-section", "div", "b"])
    def test_mjml_nested_without_end_never_reaches_the_compiler(self, tag: str) -> None:
        source = f"<mjml><mj-body>{f'<{tag}>' * 10_000}{f'</{tag}>' * 10_000}</mj-body></mjml>"
        with pytest.raises(TemplateBroken, match="deep"):
            compile_mjml(source)

    def test_mjml_too_large_is_refused(self) -> None:
        with pytest.raises(TemplateBroken, match="larger"):
            compile_mjml("<mjml>" + "x" * 1_100_000)


class TestHostileValues:
    def test_values_cannot_become_markup_templates_or_markers(self) -> None:
        context = sample_context(EMAILS, "guide", SlotRegistry())
        context["guide_title"] = "<script>{{ config }}</script> zqslot0000qz zqpart0000qz"
        mail = render_mail(EMAILS, "guide", context)
        assert "<script" not in mail.html
        assert "{{ config }}" in mail.text
        assert len(MARK.findall(mail.subject)) == 0
        assert mail.html.count("zqslot-0000qz") == mail.html.count("zqpart-0000qz") > 0

    @pytest.mark.parametrize("break_", ["\r\n", "\n", "\r", "\x00", "\x0b", "\u2028", "\u202e", "\x85"])
    def test_a_line_break_in_the_subject_is_refused(self, break_: str) -> None:
        with pytest.raises(ContentError) as caught:
            one_line(f"Hello{break_}Bcc: everybody@example.org")
        assert caught.value.field == "subject"

    @pytest.mark.parametrize("blank", ["", "  ", "\n"])
    def test_a_blank_subject_is_refused(self, blank: str) -> None:
        with pytest.raises(ContentError, match="no subject"):
            one_line(blank)

    def test_the_sandbox_keeps_templates_from_reaching_python(self, tmp_path: Path) -> None:
        (tmp_path / "note").mkdir()
        (tmp_path / "note" / "subject.txt").write_text("{{ ''.__class__.__mro__ }}")
        with pytest.raises(TemplateBroken):
            render_mail(tmp_path, "note", {})


class TestColours:
    @pytest.mark.parametrize(
        "accent", ["#0B5D5B", "#ffcc00", "#000000", "#ffffff", "#ff0000", "#777777", "#3355ff"]
    )
    def test_words_are_readable_whatever_the_accent(self, accent: str) -> None:
        colours = palette(accent)
        assert contrast(colours.on_accent, colours.accent) >= 4.5
        assert contrast(colours.link, "#fffdf9") >= 4.5
        assert contrast(colours.dark_link, "#1c2322") >= 4.5
        assert contrast(colours.dark_on_accent, colours.dark_accent) >= 4.5

    @pytest.mark.parametrize("accent", ["red", "#fff", "#12345g", "#0B5D5B; x", ""])
    def test_an_accent_that_is_no_colour_is_refused(self, accent: str) -> None:
        context = sample_context(EMAILS, "guide", SlotRegistry())
        brand = context["brand"]
        assert isinstance(brand, Brand)
        context["brand"] = Brand(**{**brand.__dict__, "accent": accent})
        with pytest.raises(InvalidInput, match="accent"):
            render_mail(EMAILS, "guide", context)

    @pytest.mark.parametrize(
        ("words", "ground"),
        [
            ("#1d1c19", "#fffdf9"),
            ("#1d1c19", "#e4ede8"),
            ("#1d1c19", "#f5f0e6"),
            ("#5a564d", "#fffdf9"),
            ("#5a564d", "#f0eadf"),
            ("#e9e3d6", "#1c2322"),
            ("#e9e3d6", "#252e2c"),
            ("#b0a99a", "#1c2322"),
            ("#b0a99a", "#141918"),
        ],
    )
    def test_the_layouts_own_pairs_have_enough_contrast(self, words: str, ground: str) -> None:
        layout = (EMAILS / "_layout.mjml").read_text("utf-8")
        style = (EMAILS.parent / "app" / "rendering" / "style.py").read_text("utf-8")
        assert words in layout + style
        assert ground in layout + style
        assert contrast(words, ground) >= 4.5
