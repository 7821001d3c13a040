"""A folder is a guide."""

import shutil
from pathlib import Path

import pytest

from app.foundation.errors import NotFound
from app.guides.catalogue import find_guide, list_guides

GUIDES = Path(__file__).resolve().parents[2] / "guides"


def test_the_guides_we_ship_all_load() -> None:
    assert [guide.slug for guide in list_guides(GUIDES)] == ["cx-buy-in", "handoff-checklist"]


def test_a_copied_folder_is_a_second_guide_and_nothing_else_is_needed(small_guide: Path) -> None:
    second = small_guide.parent / "second"
    shutil.copytree(small_guide, second)
    path = second / "guide.toml"
    path.write_text(path.read_text().replace('slug = "small"', 'slug = "second"'))
    assert [guide.slug for guide in list_guides(small_guide.parent)] == ["second", "small"]


def test_a_folder_that_starts_with_an_underscore_is_no_guide(small_guide: Path) -> None:
    small_guide.rename(small_guide.parent / "_small")
    assert list_guides(small_guide.parent) == ()


def test_a_guides_folder_that_is_not_there_holds_no_guides(tmp_path: Path) -> None:
    assert list_guides(tmp_path / "nowhere") == ()


def test_an_unknown_guide_is_answered_with_those_there_are(small_guide: Path) -> None:
    with pytest.raises(NotFound, match=r"no guide “large”; the guides are: small"):
        find_guide(small_guide.parent, "large")
    assert find_guide(small_guide.parent, "small").title == "A Small Guide"


@pytest.mark.parametrize("slug", ["", "..", "../small", "small/", "_small"])
def test_a_slug_is_a_name_and_never_a_path(small_guide: Path, slug: str) -> None:
    with pytest.raises(NotFound):
        find_guide(small_guide.parent, slug)
