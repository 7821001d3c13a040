"""A republished article tells at its end who wrote it; a letter's own end is never taken for that."""

import pytest

from app.issues.importing import import_text

ARTICLE = """Why nobody reads the handover

Every ward writes one. Nobody can say who opened it last.

So we stopped writing it for a week, and waited for somebody to miss it.

"""
BIO = "Ines runs the post room of a hospital and answers what nobody else will."


@pytest.mark.parametrize(
    "end",
    [
        f"Republished with the author's permission from the original post.\n\nInes Okafor\n{BIO}",
        f"Originally published at The Ward Review.\n\nInes Okafor\n\n{BIO}",
        f"This article first appeared in The Ward Review.\n\nBy Ines Okafor\n\n{BIO}",
        f"About the author: Ines Okafor\n\n{BIO}",
        f"About the author\n\nInes Okafor\n\n{BIO}",
        f"About our guest author\n\nInes Okafor {BIO.removeprefix('Ines ')}",
    ],
)
def test_name_and_bio_leave_the_text_and_stand_around_it(end: str) -> None:
    draft = import_text(ARTICLE + end + "\n", filename="article.txt")
    assert draft.guest
    assert draft.guest.name == "Ines Okafor"
    assert draft.guest.bio.endswith("answers what nobody else will.")
    assert "post room" not in draft.markdown
    assert "miss it" in draft.markdown
    assert any("Ines Okafor" in note for note in draft.notes)


def test_the_original_is_linked_when_the_line_says_where_it_is() -> None:
    end = (
        "*Republished with permission from the [original post](https://wards.example/handover).*\n\n## Ines Okafor\n\n"
        "She keeps [notes from the wards](https://wards.example/ines)."
    )
    draft = import_text("# " + ARTICLE + end, filename="article.md")
    assert draft.guest
    assert draft.guest.original_url == "https://wards.example/handover"
    assert (draft.guest.link_url, draft.guest.link_words) == (
        "https://wards.example/ines",
        "notes from the wards",
    )
    assert draft.guest.bio == "She keeps notes from the wards."
    assert "Republished" not in draft.markdown


def test_a_permission_without_an_address_stays_in_the_text() -> None:
    end = f"Republished with the author's permission from the original post.\n\nInes Okafor\n{BIO}"
    draft = import_text(ARTICLE + end, filename=None)
    assert draft.markdown.rstrip().endswith("from the original post.")
    assert any("where it appeared first" in note for note in draft.notes)


@pytest.mark.parametrize(
    "end",
    [
        "Published every Tuesday.\n\nSee you next week.",
        "See you on Tuesday,\n\nMark Levy",
        "PS: This appeared in my notes first.\n\nThank you.",
        "About the author of that letter I know nothing.\n\nNor does she.",
        "Republished with permission from the original post.",
        "",
    ],
)
def test_the_end_of_a_letter_is_left_as_it_is(end: str) -> None:
    draft = import_text(ARTICLE + end, filename=None)
    assert draft.guest is None
