"""Which guides there are: a folder under guides/ is a guide, and nothing else has to be told about it."""

from pathlib import Path

from app.foundation.errors import NotFound
from app.guides.content import GUIDE_FILE, GuideContent, load_guide


def guide_folders(guides_dir: Path) -> tuple[Path, ...]:
    """The folders that are guides, by name. A folder that starts with _ or . is the author's own business."""
    if not guides_dir.is_dir():
        return ()
    return tuple(
        sorted(
            path for path in guides_dir.iterdir() if path.is_dir() and not path.name.startswith(("_", "."))
        )
    )


def list_guides(guides_dir: Path) -> tuple[GuideContent, ...]:
    """Every guide, loaded. Raises GuideError when one of them does not load."""
    return tuple(load_guide(folder) for folder in guide_folders(guides_dir))


def find_guide(guides_dir: Path, slug: str) -> GuideContent:
    """The guide of that name. Raises NotFound, which names the guides there are, or GuideError."""
    for folder in guide_folders(guides_dir):
        if folder.name == slug:
            return load_guide(folder)
    known = (
        ", ".join(folder.name for folder in guide_folders(guides_dir))
        or f"none (no folder with a {GUIDE_FILE})"
    )
    raise NotFound(f"there is no guide “{slug}”; the guides are: {known}")
