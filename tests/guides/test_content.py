"""A guide's folder loads whole or says which file, line and field to mend."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app.guides.anatomy import BusinessFunction, FollowUpCondition, Sum
from app.guides.arithmetic import shown_number, work_out
from app.guides.content import GuideContent, all_text, load_guide, word_count
from app.guides.frontmatter import GuideError
from app.guides.prose import inline, plain

GUIDE = Path(__file__).resolve().parents[2] / "guides" / "cx-buy-in"


@pytest.fixture(scope="module")
def buy_in() -> GuideContent:
    return load_guide(GUIDE)


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_a_guide_loads_with_its_chapters_in_the_order_of_guide_toml(small_guide: Path) -> None:
    content = load_guide(small_guide)
    assert [(chapter.number, chapter.title) for chapter in content.chapters] == [(1, "One"), (2, "Two")]
    assert content.published.isoformat() == "2026-11-17T00:00:00+00:00"


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("one.md", 'strapline = "The first"\n', "", "one.md:2: the field “strapline” is missing"),
        (
            "one.md",
            "strapline",
            "straplne",
            "one.md:4: the field “straplne” is not known; did you mean “strapline”?",
        ),
        (
            "one.md",
            'kind = "prose"',
            'kind = "poem"',
            "one.md:2: the field “kind” must be one of prose, function",
        ),
        ("one.md", 'title = "One"', 'title = "One', "one.md:3: is not TOML"),
        ("one.md", "+++\nkind", "kind", "one.md:1: a chapter starts with a line of +++"),
        (
            "one.md",
            "### A smaller",
            "#### A smaller",
            "one.md:13: the heading skips a level: after level 2 comes ###",
        ),
        ("one.md", "## A heading", "# A heading", "one.md:9: the chapter's title is in its front matter"),
        (
            "one.md",
            "- an item",
            "![](lost.png)",
            "one.md:11: the image “lost.png” is not in the guide's folder",
        ),
        (
            "one.md",
            "- an item",
            "![x](../../up.png)",
            "one.md:11: the image “../../up.png” is not in the guide's",
        ),
        ("one.md", "- an item", "{groups}", "one.md:11: the part {groups} is not one of this chapter's"),
        (
            "one.md",
            "*stress*",
            "[a](http://plain.example)",
            "one.md:7: the link “http://plain.example” must start",
        ),
        ("one.md", "- an item", "```\ncode\n```", "one.md:11: “fence” has no place in a guide"),
        ("two.md", 'items = ["Breathe out"]', "", "two.md:11: the field “groups[2].items” is missing"),
        (
            "two.md",
            'items = ["Breathe out"]',
            'items = [""]',
            "two.md:13: the field “groups[2].items[1]” is wrong",
        ),
        ("two.md", "{groups}", "", "the part {groups} is placed nowhere"),
        ("two.md", "{groups}", "{groups}\n\n{groups}", "two.md:19: the part {groups} is placed twice"),
        (
            "guide.toml",
            'slug = "small"',
            'slug = "large"',
            "guide.toml:3: the field “slug” is “large”, but the folder",
        ),
        ("guide.toml", '"two"]', '"three"]', "guide.toml:10: the field “chapters” names “three”"),
        ("guide.toml", '"two"]', '"one"]', "names a chapter twice"),
        ("guide.toml", "#0B5D5B", "teal", "guide.toml:8: the field “accent” is wrong"),
        (
            "guide.toml",
            "promise",
            "promis",
            "guide.toml:13: the field “landing.promis” is not known; did you mean",
        ),
    ],
)
def test_a_mistake_is_named_with_file_and_line(
    small_guide: Path, file: str, old: str, new: str, said: str
) -> None:
    change(small_guide / file, old, new)
    with pytest.raises(GuideError) as caught:
        load_guide(small_guide)
    assert said in str(caught.value)
    assert str(caught.value).startswith(f"guides/small/{file}:")


def test_every_mistake_in_one_front_matter_is_told_at_once(small_guide: Path) -> None:
    change(small_guide / "one.md", 'strapline = "The first"\nsummary = "It comes before the second."\n', "")
    with pytest.raises(GuideError) as caught:
        load_guide(small_guide)
    assert "“strapline” is missing" in str(caught.value)
    assert "“summary” is missing" in str(caught.value)


def test_a_picture_without_alt_text_is_refused(small_guide: Path) -> None:
    (small_guide / "dot.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg' width='1' height='1'/>")
    change(small_guide / "one.md", "- an item", "![](dot.svg)")
    with pytest.raises(GuideError, match=r"one\.md:11: the image “dot\.svg” has no alt text"):
        load_guide(small_guide)


def test_a_file_that_is_not_utf_8_is_named_with_the_line(small_guide: Path) -> None:
    (small_guide / "one.md").write_bytes(b'+++\nkind = "prose"\ntitle = "caf\xe9"\n+++\n')
    with pytest.raises(GuideError, match=r"one\.md:3: is not UTF-8"):
        load_guide(small_guide)


@pytest.mark.parametrize(
    "break_it", [lambda f: (f / "guide.toml").unlink(), lambda f: (f / "one.md").unlink()]
)
def test_a_missing_file_is_named(small_guide: Path, break_it: Callable[[Path], None]) -> None:
    break_it(small_guide)
    with pytest.raises(GuideError, match=r"guides/small/guide\.toml"):
        load_guide(small_guide)


def test_markup_and_dangerous_links_stay_the_words_they_were_written_in(small_guide: Path) -> None:
    assert plain(inline("<script>alert(1)</script> & *stress*")) == "<script>alert(1)</script> & stress"
    change(small_guide / "one.md", "*stress*", "[a](javascript:x)")
    assert "[a](javascript:x)" in plain(load_guide(small_guide).chapters[0].body)


@pytest.mark.parametrize(
    ("working", "value"),
    [
        ("36 contracts × 25%", 9.0),
        ("9 × $48,000 ÷ 12", 36000.0),
        ("($52,000 + $8,000) ÷ 40 write-offs", 1500.0),
        ("1,000 − 250", 750.0),
    ],
)
def test_a_working_is_worked_out_past_its_words(working: str, value: float) -> None:
    assert work_out(working) == pytest.approx(value)


@pytest.mark.parametrize("working", ["", "no numbers", "3 ×", "1 ÷ 0", "2 2", "(" * 400 + "1" + ")" * 400])
def test_a_working_that_is_no_sum_is_refused(working: str) -> None:
    with pytest.raises(ValueError, match="worked out"):
        work_out(working)


def test_a_shown_result_allows_half_a_unit_of_its_last_digit() -> None:
    assert shown_number("$1,170") == pytest.approx((1170.0, 0.5))
    assert shown_number("12.5%") == pytest.approx((0.125, 0.0005))


def test_a_sum_that_does_not_add_up_is_refused() -> None:
    with pytest.raises(ValueError, match="comes to 9"):
        Sum(what="contracts", working="36 × 25%", result="8 contracts")


def test_the_buy_in_guide_is_a_book_with_a_chapter_for_each_function(buy_in: GuideContent) -> None:
    print(f"{word_count(buy_in):,} words")
    assert word_count(buy_in) >= 12_000
    assert [chapter.function for chapter in buy_in.chapters if chapter.function] == list(BusinessFunction)


def test_no_paragraph_stands_in_two_places(buy_in: GuideContent) -> None:
    seen: dict[str, int] = {}
    for text in all_text(buy_in):
        words = " ".join(text.lower().split())
        if len(words.split()) >= 8:
            seen[words] = seen.get(words, 0) + 1
    assert [words for words, count in seen.items() if count > 1] == []


def test_every_function_meets_every_other_on_the_map(buy_in: GuideContent) -> None:
    for one in BusinessFunction:
        for other in BusinessFunction:
            assert (buy_in.pair(one, other) is None) == (one is other)


def test_a_map_that_lacks_a_pair_is_refused(small_guide: Path) -> None:
    text = (GUIDE / "map.toml").read_text()
    (small_guide / "map.toml").write_text(text.replace('["hr", "executive"]', '["hr", "sales"]'))
    with pytest.raises(
        GuideError, match=r"map\.toml:\d+: the pair sales and hr must be there once; it is there 2"
    ):
        load_guide(small_guide)


def test_the_readers_own_function_comes_first_among_the_functions(buy_in: GuideContent) -> None:
    order = [chapter.slug for chapter in buy_in.chapters_for("legal")]
    assert order[:5] == ["agreement", "handoff", "question", "legal", "sales"]
    assert sorted(order) == sorted(chapter.slug for chapter in buy_in.chapters)
    assert buy_in.chapters_for("cx") == buy_in.chapters_for(None) == buy_in.chapters


def test_four_mails_may_follow_the_guide(buy_in: GuideContent) -> None:
    assert [(mail.matter.delay, mail.matter.condition) for mail in buy_in.followups] == [
        ("2d", FollowUpCondition.DOWNLOADED),
        ("3d", FollowUpCondition.NOT_DOWNLOADED),
        ("9d", FollowUpCondition.DOWNLOADED),
        ("30d", FollowUpCondition.DOWNLOADED),
    ]
