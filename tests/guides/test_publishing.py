"""A built guide is stored first and named second; the same text is the same edition."""

import dataclasses
import shutil
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.cli.guide import build_guide, build_missing_guides
from app.foundation.errors import ContentError
from app.guides.models import GuideFile
from app.guides.publishing import cover_key
from app.guides.queries import newest_file
from app.wiring import Runtime

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_building_twice_is_one_edition(runtime: Runtime) -> None:
    first = build_guide(runtime, "cx-buy-in")
    again = build_guide(runtime, "cx-buy-in")
    assert first.sha256 == again.sha256
    assert "cx-buy-in" not in [guide.slug for guide in build_missing_guides(runtime)]
    assert build_missing_guides(runtime) == ()
    with runtime.database.reading() as session:
        assert session.scalar(select(func.count()).where(GuideFile.slug == "cx-buy-in")) == 1
        file = newest_file(session, "cx-buy-in")
        assert file is not None
        assert runtime.storage.get(file.storage_key).startswith(b"%PDF-")
        assert runtime.storage.get(cover_key(file)).startswith(b"\x89PNG")


def test_a_broken_source_takes_nothing_away(runtime: Runtime, tmp_path: Path) -> None:
    guides = tmp_path / "guides"
    shutil.copytree(runtime.settings.guides_dir, guides)
    here = dataclasses.replace(runtime, settings=runtime.settings.model_copy(update={"guides_dir": guides}))
    before = build_guide(here, "cx-buy-in")
    chapter = next(guides.glob("cx-buy-in/*.md"))
    chapter.write_text("no front matter")
    with pytest.raises(ContentError):
        build_guide(here, "cx-buy-in")
    with runtime.database.reading() as session:
        file = newest_file(session, "cx-buy-in")
        assert file is not None
        assert file.sha256 == before.sha256
